/* show.c: see show.h. */
#include "tools/kernel/show.h"

#include <string.h>

#include "tools/kernel/message.h"

enum { SHOWN = 2000 /* bytes of a value as text */ };

static const char *type_of_it(Workbench *workbench) {
    CellName known;
    for (size_t i = 0; cells_name(workbench_cells(workbench), i, &known); i++)
        if (strcmp(known.name, "it") == 0) return known.type;
    return "";
}

json_t *show_value(Workbench *workbench, const volatile sig_atomic_t *interrupt) {
    (void)interrupt;
    Buf text = {0};
    if (!workbench_show(workbench, "it", SHOWN, &text)) return NULL;
    buf_printf(&text, " : %s", type_of_it(workbench));
    json_t *shown = json_pack("{s:o}", "text/plain", json_bytes(text.data, text.len));
    buf_free(&text);
    return shown;
}
