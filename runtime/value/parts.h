/* parts.h: the parts of a text, one after the other: what stands between white space, between separators, and characters.
 *
 * For hot.c, whose loops they are inlined into, and for the primitives that make lists of them. A block is 64 bytes of the text,
 * and has a bit for each of its bytes. Nothing is kept but in the caller's MrParts; any thread may call them. */
#ifndef RUNTIME_VALUE_PARTS_H
#define RUNTIME_VALUE_PARTS_H

#include "runtime/value/inline.h"
#include "runtime/value/words.h"

/* Those of a block's bytes that are of white space beyond ASCII; begin ≤ block < end are the text's (text.c). */
uint64_t text_blanks_beyond(const char *begin, const char *block, const char *end);

/* As words_look, for what stands between white space (text.c). */
WordsFound text_fields_look(MrCursor *cursor, const char *end, MrString *out);

/* The same for the parts of the text's lines between separators of one byte (split.c); where that is \n, for the lines. */
WordsFound text_line_parts_look(MrCursor *cursor, const char *end, char separator, MrString *out);

/* The length of the character at p < end, a byte that is not UTF-8 being one (text.c). */
int text_unit_len(const char *p, const char *end);

static inline MrParts parts_of(const MrString *s) {
    return (MrParts){.begin = s->data, .from = s->data, .next = s->data};
}

/* Those of a block's bytes that are of a field, not of white space. Loads as block_find does. */
static inline uint64_t parts_solid(const char *begin, const char *block, const char *end) {
    int64_t len = end - block, last = len < BLOCK_BYTES ? len - 1 : BLOCK_BYTES - 1;
    uint64_t blank = 0, beyond = 0, there = ~UINT64_C(0) >> (BLOCK_BYTES - 1 - last);
    UNROLLED
    for (int64_t i = 0; i < BLOCK_BYTES; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(block + (i < last ? i : last));
        blank |= (uint64_t)flag_bits((Flags)((bytes == ' ') | (bytes - '\t' < 5))) << i;
        beyond |= (uint64_t)flag_bits((Flags)bytes) << i;
    }
    if (UNLIKELY(beyond & there)) blank |= text_blanks_beyond(begin, block, end);
    return ~blank & there;
}

/* The end of a field that goes on beyond the block in which it began. */
static inline const char *parts_field_end(MrParts *parts, const char *end) {
    while (parts->next < end) {
        const char *block = parts->next;
        uint64_t solid = parts_solid(parts->begin, block, end);
        parts->next = block + BLOCK_BYTES;
        if (!~solid) continue;
        parts->found = solid & (solid + 1); /* without those from the first one on */
        return block + __builtin_ctzll(~solid);
    }
    parts->found = 0;
    return end;
}

/* Adding the lowest bit of a run clears the run, and sets the bit behind it: so both its ends are found without a loop. */
static inline bool parts_next_field(MrParts *parts, const char *end, MrString *out) {
    while (!parts->found) {
        if (parts->next >= end) return false;
        parts->found = parts_solid(parts->begin, parts->next, end);
        parts->next += BLOCK_BYTES;
    }
    const char *block = parts->next - BLOCK_BYTES, *from = block + __builtin_ctzll(parts->found), *stop;
    uint64_t behind = parts->found + (parts->found & -parts->found);
    if (LIKELY(behind)) {
        stop = block + __builtin_ctzll(behind);
        parts->found &= behind;
    } else {
        stop = parts_field_end(parts, end);
    }
    *out = (MrString){from, stop - from, NULL};
    return true;
}

/* The next part of a text that is split; the separator is not empty. */
static inline bool parts_next(MrParts *parts, const char *end, const MrString *separator, MrString *out) {
    if (parts->is_done) return false;
    const char *from = parts->from;
    for (;;) {
        while (!parts->found) {
            if (parts->next >= end) {
                parts->is_done = true;
                *out = (MrString){from, end - from, NULL};
                return true;
            }
            parts->found = block_find(parts->next, end - parts->next, *separator->data);
            parts->next += BLOCK_BYTES;
        }
        const char *at = parts->next - BLOCK_BYTES + __builtin_ctzll(parts->found);
        int64_t width = separator->len;
        parts->found &= parts->found - 1;
        if (width > 1 && (at < from || end - at < width || !bytes_equal(at, separator->data, width))) continue;
        parts->from = at + width;
        *out = (MrString){from, at - from, NULL};
        return true;
    }
}

/* The same of each line of the text: ends of lines separate too, behind the last one there is nothing, and none is in the
 * separator. */
static inline bool parts_next_of_line(MrParts *parts, const char *end, const MrString *separator, MrString *out) {
    const char *from = parts->from;
    int64_t width = separator->len;
    for (;;) {
        while (!parts->found) {
            if (parts->next >= end) {
                bool is_there = !parts->is_done && (from < end || parts->is_within);
                parts->is_done = true;
                *out = (MrString){from, end - from, NULL};
                return is_there;
            }
            parts->found = block_find_two(parts->next, end - parts->next, *separator->data, '\n');
            parts->next += BLOCK_BYTES;
        }
        const char *at = parts->next - BLOCK_BYTES + __builtin_ctzll(parts->found);
        bool is_line = *at == '\n';
        parts->found &= parts->found - 1;
        if (!is_line && width > 1 && (at < from || end - at < width || !bytes_equal(at, separator->data, width))) continue;
        parts->from = at + (is_line ? 1 : width);
        parts->is_within = !is_line;
        bool has_return = is_line & (at[-(at > from)] == '\r'); /* without a branch: lines are of all lengths */
        *out = (MrString){from, at - has_return - from, NULL};
        return true;
    }
}

static inline bool parts_next_char(MrParts *parts, const char *end, MrString *out) {
    const char *p = parts->next;
    if (p >= end) return false;
    int64_t len = LIKELY(!(*p & 0x80)) ? 1 : text_unit_len(p, end);
    parts->next = p + len;
    *out = (MrString){p, len, NULL};
    return true;
}

#endif
