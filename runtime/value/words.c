/* words.c: word boundaries: in full generality, and the short way for ASCII, 64 bytes at a time. */
#include "runtime/value/words.h"

#include <stddef.h>
#include <utf8proc.h>

#include "runtime/value/inline.h"
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

/* ---- blocks of 64 bytes, each byte a bit */

enum { BLOCK = 64 };

#define LAST_BYTE (UINT64_C(1) << 63)

typedef struct BlockBits {
    uint64_t words;       /* letters, digits, and what is not ASCII */
    uint64_t apostrophes; /* ASCII's */
    uint64_t beyond;      /* what is not ASCII */
} BlockBits;

static BlockBits classify(const char *p) {
    BlockBits bits = {0};
    for (int i = 0; i < BLOCK; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(p + i);
        Flags is_word = (Flags)(((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10));
        bits.words |= (uint64_t)flag_bits(is_word | (Flags)bytes) << i;
        bits.apostrophes |= (uint64_t)flag_bits((Flags)(bytes == '\'')) << i;
        bits.beyond |= (uint64_t)flag_bits((Flags)bytes) << i;
    }
    return bits;
}

/* The words of the block at p that are ASCII, whole and known to be so; cursor->next is where the others begin. */
static uint64_t block_words(MrCursor *cursor, const char *p, int64_t left) {
    char last[BLOCK] = {0};
    if (left < BLOCK) memcpy(last, p, (size_t)left);
    BlockBits bits = classify(left < BLOCK ? last : p);
    uint64_t words = bits.words | (bits.apostrophes & bits.words << 1 & bits.words >> 1);
    cursor->next = p + (left < BLOCK ? left : BLOCK);
    if (left >= BLOCK) {
        /* A word that reaches the block's end may go on; an apostrophe there may be part of one. */
        uint64_t open = words | (bits.apostrophes & words << 1 & LAST_BYTE);
        int size = ~open ? __builtin_clzll(~open) : BLOCK;
        cursor->next -= size;
        words = size == BLOCK ? 0 : words & ~UINT64_C(0) >> size;
    }
    if (UNLIKELY(bits.beyond & words)) {
        uint64_t before = ~words & ((bits.beyond & -bits.beyond) - 1);
        int start = before ? BLOCK - __builtin_clzll(before) : 0;
        cursor->next = p + start;
        words &= (UINT64_C(1) << start) - 1;
    }
    return words;
}

/* The next word of any kind from p on, where a block has none to give. */
static WordsFound look_closely(MrCursor *cursor, const char *p, const char *end, MrString *out) {
    const char *begin = words_begin(p, end);
    cursor->next = end;
    if (begin == end) return WORDS_NONE;
    cursor->next = words_end(begin, end);
    *out = (MrString){begin, cursor->next - begin, NULL};
    return WORDS_ONE;
}

WordsFound words_look(MrCursor *cursor, const char *end, MrString *out) {
    while (cursor->next < end) {
        const char *p = cursor->next;
        cursor->words = block_words(cursor, p, end - p);
        cursor->block = p;
        if (cursor->words) return WORDS_MANY;
        if (cursor->next == p) return look_closely(cursor, p, end, out);
    }
    return WORDS_NONE;
}
