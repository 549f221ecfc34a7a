/* describe.c: see describe.h. What the session has comes first: it hides what the library calls so. */
#include "tools/workbench/describe.h"

#include <string.h>

static void add_line(Buf *out, const char *name, const char *type) {
    buf_printf(out, "%s%s%s\n", name, *type ? " : " : "", type);
}

static void add_indented(Buf *out, const char *text) {
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        buf_printf(out, "  %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

bool describe(Workbench *workbench, const Library *library, const char *name, Buf *out) {
    CellName known;
    LibraryName found;
    for (size_t i = 0; cells_name(workbench_cells(workbench), i, &known); i++) {
        if (strcmp(known.name, name) != 0) continue;
        add_line(out, known.name, known.type);
        return true;
    }
    if (!library_find(library, name, &found)) return false;
    add_line(out, found.name, found.type);
    add_indented(out, found.doc);
    return true;
}
