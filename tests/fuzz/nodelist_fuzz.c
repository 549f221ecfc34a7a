/* nodelist_fuzz.c: any text as a list of nodes and as a list of counts. What is accepted is bounded, and expands to itself. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/launch/nodelist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

/* The names, separated by commas, are a list of these names. */
static void check_names(const NodeList *list) {
    Buf text = {0};
    for (size_t i = 0; i < list->count; i++) buf_printf(&text, i ? ",%s" : "%s", list->names[i]);
    NodeList again;
    char *error = NULL;
    check(nodelist_parse(buf_text(&text), &again, &error));
    check(again.count == list->count);
    for (size_t i = 0; i < list->count; i++) check(strcmp(again.names[i], list->names[i]) == 0);
    nodelist_free(&again);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { NODES = 5 };
    char *text = strndup((const char *)data, size), *error = NULL;
    NodeList list;
    uint32_t counts[NODES];
    bool is_list = nodelist_parse(text, &list, &error);
    check(is_list == !error);
    free(error);
    error = NULL;
    if (is_list) {
        check(list.count <= NODELIST_MOST);
        check_names(&list);
        nodelist_free(&list);
    }
    check(nodelist_counts(text, NODES, counts, &error) == !error);
    free(error);
    free(text);
    return 0;
}
