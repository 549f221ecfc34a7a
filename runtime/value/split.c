/* split.c: primitives that cut, join and search strings by their bytes. */
#include "runtime/value/parts.h"

#include <inttypes.h>

/* A slice as an element of a list. */
static void push_slice(MrList **list, const MrString *whole, const char *from, const char *to) {
    MrString slice = string_slice(whole, from - whole->data, to - from);
    list_push_take(list, &slice, &type_string);
}

bool mr_split_begin(MrContext *context, const MrString *separator) {
    if (separator->len) return false;
    return mr_failf(context, "an empty separator splits nothing; chars(s) gives the characters of a string");
}

/* "a,,b" split at "," has the three parts "a", "" and "b"; "" has one part, "". */
bool mr_prim_split(MrContext *context, MrList **out, const MrString *s, const MrString *separator) {
    if (mr_split_begin(context, separator)) return true;
    MrList *list = NULL;
    MrString whole = *s;
    mr_string_own(context, &whole); /* a slice of a chunk is copied once for all its parts */
    const char *from = whole.data, *end = from + whole.len, *at;
    for (; whole.len && (at = bytes_find(from, end, separator)); from = at + separator->len) push_slice(&list, &whole, from, at);
    push_slice(&list, &whole, from, end);
    mr_string_drop(context, &whole);
    *out = list;
    return false;
}

bool mr_prim_fields(MrContext *context, MrList **out, const MrString *s) {
    MrList *list = NULL;
    MrString whole = *s, field;
    mr_string_own(context, &whole);
    MrParts parts = parts_of(&whole);
    while (parts_next_field(&parts, whole.data + whole.len, &field)) push_slice(&list, &whole, field.data, field.data + field.len);
    mr_string_drop(context, &whole);
    *out = list;
    return false;
}

/* ---- the parts of lines, some hundreds at a time */

/* The end of a part from `at` on, and in *next where the one after it begins; `end` where there is none. */
static const char *line_part_end(const char *at, const char *end, char separator, const char **next) {
    while (at < end && *at != separator && *at != '\n') at++;
    *next = at < end ? at + 1 : end;
    return at;
}

WordsFound text_line_parts_look(MrCursor *cursor, const char *end, char separator, MrString *out) {
    const char *base = cursor->next;
    MrSpans *room = cursor->room;
    room->starts[0] = 0;
    /* `lines`: the part given last was not the last one of its line. */
    Cuts cuts = {.base = base, .spans = room, .separator = separator, .is_within = cursor->lines};
    cuts_find(&cuts, end);
    const char *block = base + cuts.at, *from = base + room->starts[cuts.count];
    uint32_t count = cuts.count;
    uint64_t is_within = cuts.is_within;
    cursor->base = base;
    cursor->at = room->starts;
    if (block < end && count == 0) { /* a part for which there is no room */
        const char *stop = line_part_end(block, end, separator, &cursor->next);
        bool is_line = stop < end && *stop == '\n';
        cursor->lines = stop < end && !is_line;
        cursor->stop = cursor->at;
        *out = (MrString){base, stop - (is_line && stop[-1] == '\r') - base, NULL};
        return WORDS_ONE;
    }
    if (block >= end && (from < end || is_within)) {
        room->starts[count] = (uint16_t)(from - base);
        room->ends[count++] = (uint16_t)(end - base);
        from = end;
        is_within = false;
    }
    cursor->next = from;
    cursor->lines = is_within;
    cursor->stop = cursor->at + count;
    return count ? WORDS_MANY : WORDS_NONE;
}

bool mr_prim_join(MrContext *context, MrString *out, MrList *const *parts, const MrString *separator) {
    const MrList *list = *parts;
    Buf buf = {0};
    (void)context;
    for (int64_t i = 0; i < list_len(list); i++) {
        const MrString *part = (const MrString *)list->data + i;
        if (i) buf_add(&buf, separator->data, (size_t)separator->len);
        buf_add(&buf, part->data, (size_t)part->len);
    }
    *out = string_from_buf(&buf);
    buf_free(&buf);
    return false;
}

bool mr_prim_starts_with(MrContext *context, bool *out, const MrString *s, const MrString *part) {
    (void)context;
    *out = part->len <= s->len && bytes_equal(s->data, part->data, part->len);
    return false;
}

bool mr_prim_ends_with(MrContext *context, bool *out, const MrString *s, const MrString *part) {
    (void)context;
    *out = !part->len || (part->len <= s->len && bytes_equal(s->data + (s->len - part->len), part->data, part->len));
    return false;
}

bool mr_prim_replace(MrContext *context, MrString *out, const MrString *s, const MrString *old, const MrString *with) {
    if (!old->len) return mr_failf(context, "an empty string cannot be replaced: it is everywhere");
    const char *from = s->data, *end = s->data + s->len, *at = s->len ? bytes_find(from, end, old) : NULL;
    if (!at) {
        *out = string_slice(s, 0, s->len);
        return false;
    }
    Buf buf = {0};
    for (; at; at = bytes_find(from, end, old)) {
        buf_add(&buf, from, (size_t)(at - from));
        buf_add(&buf, with->data, (size_t)with->len);
        from = at + old->len;
    }
    buf_add(&buf, from, (size_t)(end - from));
    *out = string_from_buf(&buf);
    buf_free(&buf);
    return false;
}

bool mr_prim_find(MrContext *context, MrOptionalInt *out, const MrString *s, const MrString *part) {
    (void)context;
    const char *at = !part->len ? s->data : s->len ? bytes_find(s->data, s->data + s->len, part) : NULL;
    bool is_found = at || !part->len;
    *out = (MrOptionalInt){is_found, is_found && at ? at - s->data : 0};
    return false;
}

bool mr_prim_repeat(MrContext *context, MrString *out, const MrString *s, int64_t n) {
    int64_t len;
    if (n < 0) return mr_failf(context, "a string cannot be repeated %" PRId64 " times", n);
    if (__builtin_mul_overflow(s->len, n, &len) || len > INT64_MAX / 4)
        return mr_failf(context, "a string of %" PRId64 " bytes repeated %" PRId64 " times does not fit in memory", s->len, n);
    if (!len) {
        *out = (MrString){0};
        return false;
    }
    char *bytes;
    MrString repeated = string_alloc(len, &bytes);
    memcpy(bytes, s->data, (size_t)s->len);
    for (int64_t done = s->len; done < len;) { /* doubles what is there */
        int64_t more = done < len - done ? done : len - done;
        memcpy(bytes + done, bytes, (size_t)more);
        done += more;
    }
    *out = repeated;
    return false;
}
