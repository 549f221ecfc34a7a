/* number.h: numbers read from text: the short ones in line, for loops that parse fields; all others in number.c.
 *
 * Eight characters are looked at as one word. The text is right-aligned in it, so that its length costs no branch: the last
 * character is in the highest byte, and zeros, which count for nothing, are below the first. Three multiplications then sum eight
 * decimal digits, by pairs, by fours and all. A load reads past the text's end: see MR_STRING_SLACK in mr.h. */
#ifndef RUNTIME_VALUE_NUMBER_H
#define RUNTIME_VALUE_NUMBER_H

#include "runtime/value/inline.h"

#define EACH_BYTE UINT64_C(0x0101010101010101)

enum { NUMBER_SHORT = 8, POINT_BYTE = '.' ^ '0' };

/* Decimal digits with an optional sign, and nothing else. False: the text is something else, or too large. */
bool int_parse(const char *text, int64_t len, int64_t *out);

/* 1 to 8 characters as above, each less '0' where it is a digit. */
static inline uint64_t number_load(const char *p, int64_t len) {
    return (load64(p) ^ EACH_BYTE * '0') << (64 - 8 * len);
}

/* The highest bit of each byte that is no digit, of bytes that were loaded so. */
static inline uint64_t number_others(uint64_t bytes) {
    return (((bytes & EACH_BYTE * 0x7f) + EACH_BYTE * (0x7f - 9)) | bytes) & EACH_BYTE * 0x80;
}

/* The value of eight digits, the first in the lowest byte. */
static inline uint64_t number_sum(uint64_t digits) {
    const uint64_t mask = UINT64_C(0x000000ff000000ff);
    digits = digits * 10 + (digits >> 8);
    uint64_t outer = (digits & mask) * (100 + (UINT64_C(1000000) << 32));
    uint64_t inner = (digits >> 16 & mask) * (1 + (UINT64_C(10000) << 32));
    return (outer + inner) >> 32;
}

static inline bool number_has_sign(const char *p, int64_t len) {
    return len > 1 && (*p == '-' || *p == '+');
}

static inline bool int_read(const char *p, int64_t len, int64_t *out) {
    bool has_sign = number_has_sign(p, len);
    int64_t count = len - has_sign;
    if (LIKELY((uint64_t)count - 1 < NUMBER_SHORT)) {
        uint64_t digits = number_load(p + has_sign, count);
        int64_t value = (int64_t)number_sum(digits);
        *out = has_sign && *p == '-' ? -value : value;
        return !number_others(digits);
    }
    return int_parse(p, len, out);
}

/* A whole number of at most 2^53 and a power of ten of at most 10^22 are floats themselves, so that their quotient is rounded once,
 * and right (W. D. Clinger: How to Read Floating Point Numbers Accurately, PLDI 1990). */
static inline bool float_read(const char *p, int64_t len, double *out) {
    static const double powers[NUMBER_SHORT] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    bool has_sign = number_has_sign(p, len);
    int64_t count = len - has_sign;
    if (LIKELY((uint64_t)count - 1 < NUMBER_SHORT)) {
        uint64_t bytes = number_load(p + has_sign, count), others = number_others(bytes);
        double value = 0;
        bool is_read = !others;
        if (!others) {
            value = (double)(int64_t)number_sum(bytes);
        } else {
            int at = __builtin_ctzll(others) & ~7; /* where the point may be */
            uint64_t before = bytes & ((UINT64_C(1) << at) - 1), point = UINT64_C(0xff) << at;
            is_read = !(others & (others - 1)) && (bytes & point) == (uint64_t)POINT_BYTE << at && count > 1;
            value = (double)(int64_t)number_sum((bytes & ~(point | (point - 1))) | before << 8) / powers[7 - at / 8];
        }
        *out = has_sign && *p == '-' ? -value : value;
        if (LIKELY(is_read)) return true;
    }
    return float_parse(p, (size_t)len, out);
}

#endif
