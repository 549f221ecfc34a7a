/* complete.c: see complete.h. */
#include "tools/workbench/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void add(Completions *found, const char *name, const char *type, const char *prefix, size_t len) {
    if (strncmp(name, prefix, len) != 0 || !*name) return;
    for (size_t i = 0; i < found->len; i++)
        if (strcmp(found->items[i].name, name) == 0) return;
    if (found->len == found->cap) {
        found->cap = found->cap ? 2 * found->cap : 32;
        found->items = xrealloc(found->items, found->cap * sizeof *found->items);
    }
    found->items[found->len++] = (Completion){strdup(name), strdup(type)};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Completion *)a)->name, ((const Completion *)b)->name);
}

/* What stands before a dot: a name, a call, what is in brackets. */
static size_t operand_begin(const char *text, size_t end) {
    size_t at = end;
    while (at > 0) {
        char c = text[at - 1];
        if (is_letter(c) || c == '.') {
            at--;
        } else if (c == ')' || c == ']') {
            int depth = 0;
            do {
                at--;
                depth += text[at] == ')' || text[at] == ']' ? 1 : text[at] == '(' || text[at] == '[' ? -1 : 0;
            } while (at > 0 && depth > 0);
        } else {
            break;
        }
    }
    return at;
}

/* The fields of the record that the operand is. */
static void add_fields(Workbench *workbench, const char *operand, size_t size, const char *prefix, size_t len, Completions *found) {
    const char *name, *type;
    Session *cell = cells_compile(workbench_cells(workbench), "completion", operand, size, true);
    for (size_t i = 0; !session_has_errors(cell) && cell_field(cell, i, &name, &type); i++) add(found, name, type, prefix, len);
    session_free(&cell);
}

static void add_known(Workbench *workbench, const char *prefix, size_t len, Completions *found) {
    CellName known;
    for (size_t i = 0; cells_name(workbench_cells(workbench), i, &known); i++) add(found, known.name, known.type, prefix, len);
}

/* Functions of the module, or of the prelude for "". */
static void add_library(const Library *library, const char *module, size_t module_len, const char *prefix, size_t len,
                        Completions *found) {
    for (size_t i = 0; i < library_count(library); i++) {
        LibraryName name = library_name(library, i);
        const char *dot = strchr(name.name, '.');
        bool is_meant =
            module_len ? dot && (size_t)(dot - name.name) == module_len && strncmp(name.name, module, module_len) == 0 : !dot;
        if (is_meant) add(found, dot ? dot + 1 : name.name, name.type, prefix, len);
    }
}

static void add_words(const char *prefix, size_t len, Completions *found) {
    static const char *const words[] = {"and",     "async", "await", "break", "by",   "catch",  "continue", "else",  "false",
                                        "flatmap", "fn",    "for",   "from",  "if",   "import", "in",       "key",   "let",
                                        "map",     "match", "none",  "not",   "or",   "over",   "reduce",   "scan",  "reducer",
                                        "return",  "some",  "true",  "try",   "type", "var",    "where",    "while", "with"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) add(found, words[i], "", prefix, len);
}

Completions complete(Workbench *workbench, const Library *library, const char *text, size_t cursor) {
    Completions found = {.from = cursor};
    while (found.from > 0 && is_letter(text[found.from - 1])) found.from--;
    const char *prefix = text + found.from;
    size_t len = cursor - found.from, dot = found.from;
    bool is_member = dot > 0 && text[dot - 1] == '.';
    size_t begin = is_member ? operand_begin(text, dot - 1) : dot, size = is_member ? dot - 1 - begin : 0;
    if (size > 0) add_library(library, text + begin, size, prefix, len, &found); /* a module, whether it is imported or not */
    bool is_module = found.len > 0;
    if (size > 0 && !is_module) add_fields(workbench, text + begin, size, prefix, len, &found);
    if (!is_member) add_words(prefix, len, &found);
    if (!is_module) add_known(workbench, prefix, len, &found);
    if (!is_module) add_library(library, "", 0, prefix, len, &found); /* x.f(y) is f(x, y) */
    if (found.len > 1) qsort(found.items, found.len, sizeof *found.items, by_name);
    return found;
}

void completions_free(Completions *completions) {
    for (size_t i = 0; i < completions->len; i++) {
        free(completions->items[i].name);
        free(completions->items[i].type);
    }
    free(completions->items);
    *completions = (Completions){0};
}

size_t completions_common(const Completions *completions) {
    if (completions->len == 0) return 0;
    const char *first = completions->items[0].name, *last = completions->items[completions->len - 1].name;
    size_t common = 0;
    while (first[common] && first[common] == last[common]) common++;
    return common;
}
