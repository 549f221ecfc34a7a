/* history.c: see history.h. Only this session is known, which is number 0 in requests and 1 in replies. */
#include "tools/kernel/history.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void history_add(History *history, int64_t number, const char *code, const char *shown) {
    if (history->len == history->cap) {
        history->cap = history->cap ? 2 * history->cap : 16;
        history->items = xrealloc(history->items, history->cap * sizeof *history->items);
    }
    history->items[history->len++] = (Past){number, strdup(code), shown ? strdup(shown) : NULL};
}

void history_free(History *history) {
    for (size_t i = 0; i < history->len; i++) {
        free(history->items[i].code);
        free(history->items[i].shown);
    }
    free(history->items);
    *history = (History){0};
}

/* [session, number, code], or with what was shown [session, number, [code, shown]]. */
static json_t *entry(const Past *past, bool has_output) {
    if (!has_output) return json_pack("[i, I, s]", 1, past->number, past->code);
    return json_pack("[i, I, [s, s?]]", 1, past->number, past->code, past->shown);
}

/* Whether a later cell has the same text, so that this one is left out where each is wanted once. */
static bool comes_again(const History *history, size_t index) {
    for (size_t i = index + 1; i < history->len; i++)
        if (strcmp(history->items[i].code, history->items[index].code) == 0) return true;
    return false;
}

json_t *history_answer(const History *history, const Request *request) {
    const char *kind = request_text(request, "hist_access_type"), *pattern = request_text(request, "pattern");
    bool has_output = request_flag(request, "output", false), is_unique = request_flag(request, "unique", false);
    bool is_range = strcmp(kind, "range") == 0, is_search = strcmp(kind, "search") == 0;
    int64_t start = request_number(request, "start", 0), stop = request_number(request, "stop", INT64_MAX);
    int64_t most = is_range ? INT64_MAX : request_number(request, "n", INT64_MAX);
    json_t *found = json_array();
    for (size_t i = history->len; i-- > 0 && (int64_t)json_array_size(found) < most;) {
        const Past *past = &history->items[i];
        if (is_range && (past->number < start || past->number >= stop)) continue;
        if (is_search && fnmatch(pattern, past->code, 0) != 0) continue;
        if (is_search && is_unique && comes_again(history, i)) continue;
        json_array_insert_new(found, 0, entry(past, has_output));
    }
    return json_pack("{s:s, s:o}", "status", "ok", "history", found);
}
