/* words.c: word boundaries in full generality. Of ASCII, which blocks.c looks through, only what is special comes here. */
#include "runtime/value/words.h"

#include <stddef.h>
#include <utf8proc.h>

#include "runtime/value/blocks.h"
#include "runtime/value/text.h"

static bool is_ascii_word(char byte) {
    unsigned char c = (unsigned char)byte;
    return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

static bool is_word_code(int32_t code) {
    if (code < 0x80) return code >= 0 && is_ascii_word((char)code);
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND: return true;
    default: return false;
    }
}

static bool is_apostrophe(int32_t code) {
    return code == '\'' || code == 0x2019;
}

/* The length of the letter or digit at p, 0 when there is something else or nothing. */
static int word_unit(const char *p, const char *end) {
    int32_t code;
    if (p >= end) return 0;
    int len = text_decode(p, end, &code);
    return is_word_code(code) ? len : 0;
}

const char *words_begin(const char *p, const char *end) {
    while (p < end) {
        int32_t code;
        int len = text_decode(p, end, &code);
        if (is_word_code(code)) break;
        p += len;
    }
    return p;
}

const char *words_end(const char *at, const char *end) {
    for (;;) {
        while (at < end && is_ascii_word(*at)) at++;
        if (at == end) return at;
        int32_t code;
        int len = text_decode(at, end, &code);
        if (is_apostrophe(code)) {
            int next = word_unit(at + len, end);
            if (!next) return at;
            len += next;
        } else if (!is_word_code(code)) {
            return at;
        }
        at += len;
    }
}

/* The start of the unit that the byte at p is part of. */
static const char *unit_start(const char *begin, const char *p, const char *end) {
    if (((unsigned char)*p & 0xc0) != 0x80) return p;
    for (const char *lead = p - 1; lead >= begin && p - lead < 4; lead--) {
        if (((unsigned char)*lead & 0xc0) == 0x80) continue;
        return lead + text_unit(lead, end) > p ? lead : p;
    }
    return p;
}

/* Is the unit before `start`, if there is one, a letter or digit? */
static bool is_after_word_unit(const char *begin, const char *start, const char *end) {
    return start > begin && word_unit(unit_start(begin, start - 1, end), end);
}

bool words_is_inside(const char *begin, const char *p, const char *end) {
    if (p <= begin || p >= end) return false;
    const char *start = unit_start(begin, p, end);
    int32_t code;
    int len = text_decode(start, end, &code);
    bool is_split = start < p; /* p is within this unit, so that all of it must be of the word */
    if (is_apostrophe(code)) return is_after_word_unit(begin, start, end) && word_unit(start + len, end);
    if (!is_word_code(code)) return false;
    if (is_split || is_after_word_unit(begin, start, end)) return true;
    if (start == begin) return false;
    const char *before = unit_start(begin, start - 1, end);
    text_decode(before, end, &code);
    return is_apostrophe(code) && is_after_word_unit(begin, before, end);
}

const char *words_cut(const char *begin, const char *p, const char *end) {
    while (p < end && words_is_inside(begin, p, end)) {
        p++;
        while (p < end && is_ascii_word(p[-1]) && is_ascii_word(*p)) p++;
    }
    return p;
}

/* ---- looking ahead */

enum { SPAN_MOST = UINT16_MAX };

static const char *word_begin(const void *context, const char *p, const char *end) {
    (void)context;
    return words_begin(p, end);
}

static const char *word_end(const void *context, const char *at, const char *end) {
    (void)context;
    return words_end(at, end);
}

WordsFound words_look(MrCursor *cursor, const char *end, MrString *out) {
    static const WordsKind kind = {NULL, word_begin, word_end, NULL};
    return words_look_for(&kind, cursor, end, out);
}

WordsFound words_look_for(const WordsKind *kind, MrCursor *cursor, const char *end, MrString *out) {
    Blocks blocks = {.base = cursor->next, .next = cursor->next, .spans = cursor->room, .class = kind->class};
    while (blocks.next < end) {
        bool is_full = blocks_find(&blocks, end);
        if (blocks.next == end || (is_full && blocks.count)) break;
        /* What comes next is not ASCII, or longer than all that blocks_find looks at. */
        const char *begin = kind->begin(kind->context, blocks.next, end);
        const char *stop = begin < end ? kind->end(kind->context, begin, end) : end;
        bool fits = stop - blocks.base <= SPAN_MOST && blocks.count < MR_SPANS;
        if (!fits && blocks.count) break;
        blocks.next = stop;
        if (begin == end) break;
        if (!fits) {
            cursor->next = stop;
            *out = (MrString){begin, stop - begin, NULL};
            return WORDS_ONE;
        }
        blocks.spans->starts[blocks.count] = (uint16_t)(begin - blocks.base);
        blocks.spans->ends[blocks.count++] = (uint16_t)(stop - blocks.base);
    }
    cursor->next = blocks.next;
    cursor->base = blocks.base;
    cursor->at = cursor->room->starts;
    cursor->stop = cursor->at + blocks.count;
    return blocks.count ? WORDS_MANY : WORDS_NONE;
}
