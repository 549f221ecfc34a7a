/* lookup.c: what a client asks about text that is being written: how a name goes on, what it is, whether a cell is whole. */
#include <string.h>

#include "tools/kernel/answers.h"
#include "tools/workbench/complete.h"

/* Clients count characters, everything here counts bytes. */
static size_t bytes_of(const char *text, int64_t characters) {
    size_t at = 0;
    while (text[at] && characters > 0) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80) at++;
        characters--;
    }
    return at;
}

static int64_t characters_of(const char *text, size_t bytes) {
    int64_t count = 0;
    for (size_t i = 0; i < bytes; i++) count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static size_t cursor_of(const Request *request, const char *code) {
    return bytes_of(code, request_number(request, "cursor_pos", characters_of(code, strlen(code))));
}

json_t *answer_complete(Seat *seat, const Request *request) {
    const char *code = request_text(request, "code");
    size_t cursor = cursor_of(request, code);
    Completions found = complete(seat->workbench, seat_library(seat), code, cursor);
    json_t *matches = json_array(), *types = json_array();
    int64_t start = characters_of(code, found.from), end = characters_of(code, cursor);
    for (size_t i = 0; i < found.len; i++) {
        const Completion *item = &found.items[i];
        bool is_function = strstr(item->type, "->") != NULL, is_word = !*item->type;
        json_array_append_new(matches, json_string(item->name));
        json_array_append_new(types, json_pack("{s:s, s:s, s:s, s:I, s:I}", "text", item->name, "type",
                                               is_function ? "function"
                                               : is_word   ? "keyword"
                                                           : "instance",
                                               "signature", item->type, "start", start, "end", end));
    }
    completions_free(&found);
    return json_pack("{s:s, s:o, s:I, s:I, s:{s:o}}", "status", "ok", "matches", matches, "cursor_start", start, "cursor_end", end,
                     "metadata", "_jupyter_types_experimental", types);
}

json_t *answer_inspect(Seat *seat, const Request *request) {
    (void)seat, (void)request;
    return json_pack("{s:s, s:b, s:{}, s:{}}", "status", "ok", "found", 0, "data", "metadata");
}

json_t *answer_is_complete(Seat *seat, const Request *request) {
    const char *code = request_text(request, "code");
    (void)seat;
    if (cells_is_open(code, strlen(code))) return json_pack("{s:s, s:s}", "status", "incomplete", "indent", "    ");
    return json_pack("{s:s}", "status", "complete");
}
