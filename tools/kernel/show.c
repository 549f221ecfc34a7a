/* show.c: see show.h.
 *
 * Pictures have no names here: a value of a declared type is shown as what a function makes of it that stands beside the type, in
 * its module or among the cells, and has the name of a form: `svg` of a `plot.Picture`, and of any type of whoever writes such a
 * function. */
#include "tools/kernel/show.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tools/kernel/message.h"
#include "tools/kernel/table.h"
#include "tools/workbench/values.h"

enum {
    SHOWN = 2000, /* bytes of a value as text */
    MOST_NAMES = 64,
};

typedef struct Form {
    const char *function, *mime;
} Form;

static const Form forms[] = {{"svg", "image/svg+xml"}, {"html", "text/html"}};

/* The type of `it`, as a program writes it. */
static char *type_of_it(Workbench *workbench) {
    CellName known;
    for (size_t i = 0; cells_name(workbench_cells(workbench), i, &known); i++)
        if (strcmp(known.name, "it") == 0) return strdup(known.type);
    return strdup("");
}

static bool is_known(Workbench *workbench, const char *name) {
    CellName known;
    for (size_t i = 0; cells_name(workbench_cells(workbench), i, &known); i++)
        if (strcmp(known.name, name) == 0) return true;
    return false;
}

/* `plot.svg(it)` for a plot.Picture, `svg(it)` for a Tree[int]. */
static void add_forms(Workbench *workbench, const char *type, const volatile sig_atomic_t *interrupt, json_t *shown) {
    size_t module = strcspn(type, ".[(-"); /* up to the dot behind a module's name, which only declared types have */
    module = type[module] == '.' ? module + 1 : 0;
    if (type[module] < 'A' || type[module] > 'Z' || strstr(type, "->")) return;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        Buf expression = {0}, text = {0};
        buf_printf(&expression, "%.*s%s(it)", (int)module, type, forms[i].function);
        bool may_be = module > 0 || is_known(workbench, forms[i].function);
        if (may_be && workbench_text(workbench, buf_text(&expression), interrupt, &text))
            json_object_set_new(shown, forms[i].mime, json_bytes(text.data, text.len));
        buf_free(&expression);
        buf_free(&text);
    }
}

/* What shows HTML prefers it to pictures, and some of it (nbconvert up to 6.5) takes drawings in it to pieces: what has a picture
 * and no other HTML has an image of it. */
static void add_image(json_t *shown) {
    const char *svg = json_string_value(json_object_get(shown, "image/svg+xml"));
    if (!svg || json_object_get(shown, "text/html")) return;
    size_t len = strlen(svg), size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    char *encoded = xmalloc(size);
    sodium_bin2base64(encoded, size, (const unsigned char *)svg, len, sodium_base64_VARIANT_ORIGINAL);
    json_object_set_new(shown, "text/html", json_sprintf("<img src=\"data:image/svg+xml;base64,%s\">", encoded));
    free(encoded);
}

static void add_table(Workbench *workbench, json_t *shown) {
    const Value *value = workbench_value(workbench, "it");
    if (!table_fits(value->type)) return;
    const char *names[MOST_NAMES];
    size_t count = 0;
    Session *cell = cells_compile(workbench_cells(workbench), "table", "it", strlen("it"), true);
    while (!session_has_errors(cell) && count < MOST_NAMES && cell_column(cell, count, &names[count])) count++;
    Buf table = {0};
    table_write(value->bytes, value->type, names, count, &table);
    json_object_set_new(shown, "text/html", json_bytes(table.data, table.len));
    buf_free(&table);
    session_free(&cell);
}

json_t *show_value(Workbench *workbench, const volatile sig_atomic_t *interrupt) {
    Buf text = {0};
    if (!workbench_show(workbench, "it", SHOWN, &text)) return NULL;
    char *type = type_of_it(workbench);
    buf_printf(&text, " : %s", type);
    json_t *shown = json_pack("{s:o}", "text/plain", json_bytes(text.data, text.len));
    add_table(workbench, shown);
    add_forms(workbench, type, interrupt, shown);
    add_image(shown);
    buf_free(&text);
    free(type);
    return shown;
}
