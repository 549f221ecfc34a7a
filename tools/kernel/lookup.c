/* lookup.c: what a client asks about text that is being written: how a name goes on, what it is, whether a cell is whole. */
#include <string.h>

#include "tools/kernel/answers.h"
#include "tools/workbench/complete.h"
#include "tools/workbench/describe.h"

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

static bool is_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Where the innermost parenthesis is that is open at the cursor; the cursor, where there is none. */
static size_t open_before(const char *code, size_t cursor) {
    int depth = 0;
    for (size_t at = cursor; at > 0; at--) {
        depth += code[at - 1] == ')' ? 1 : code[at - 1] == '(' ? -1 : 0;
        if (depth < 0) return at - 1;
    }
    return cursor;
}

/* The name at the cursor, or else of the function whose arguments it is among, with what stands before dots. */
static void name_at(const char *code, size_t cursor, Buf *out) {
    bool is_name = is_part(code[cursor]) || (cursor > 0 && is_part(code[cursor - 1]));
    size_t to = is_name ? cursor : open_before(code, cursor);
    while (is_name && is_part(code[to])) to++;
    size_t from = to;
    while (from > 0 && (is_part(code[from - 1]) || (code[from - 1] == '.' && from < to))) from--;
    buf_add(out, code + from, to - from);
}

json_t *answer_inspect(Seat *seat, const Request *request) {
    const char *code = request_text(request, "code");
    Buf name = {0}, text = {0};
    name_at(code, cursor_of(request, code), &name);
    const char *whole = buf_text(&name), *dot = strrchr(whole, '.');
    bool is_found = *whole && describe(seat->workbench, seat_library(seat), whole, &text);
    if (!is_found && dot) is_found = describe(seat->workbench, seat_library(seat), dot + 1, &text); /* x.f */
    json_t *data = json_object();
    if (is_found) json_object_set_new(data, "text/plain", json_bytes(text.data, text.len));
    buf_free(&name);
    buf_free(&text);
    return json_pack("{s:s, s:b, s:o, s:{}}", "status", "ok", "found", is_found, "data", data, "metadata");
}

json_t *answer_is_complete(Seat *seat, const Request *request) {
    const char *code = request_text(request, "code");
    (void)seat;
    switch (cells_shape(code, request_length(request, "code"))) {
    case CELL_OPEN: return json_pack("{s:s, s:s}", "status", "incomplete", "indent", "    ");
    case CELL_WRONG: return json_pack("{s:s}", "status", "invalid");
    default: return json_pack("{s:s}", "status", "complete");
    }
}
