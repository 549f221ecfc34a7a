/* text.h: code points in bytes that are UTF-8 by convention only.
 *
 * A *unit* is a well-formed UTF-8 sequence (no overlong form, no surrogate, nothing past U+10FFFF), or a single byte that starts
 * none. Every text is a sequence of units in exactly one way, and where a unit starts can be told from the three bytes before it.
 */
#ifndef RUNTIME_VALUE_TEXT_H
#define RUNTIME_VALUE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Decodes the unit at p < end: returns its length in bytes, 1 to 4; *code is its code point, or -1 for a byte that is not UTF-8. */
static inline int text_decode(const char *p, const char *end, int32_t *code) {
    const unsigned char *s = (const unsigned char *)p;
    int32_t lead = s[0];
    *code = lead;
    if (lead < 0x80) return 1;
    int len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    *code = -1;
    if (lead < 0xc2 || lead > 0xf4 || end - p < len) return 1;
    int32_t point = lead & (0x7f >> len);
    for (int i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return 1;
        point = point << 6 | (s[i] & 0x3f);
    }
    if ((len == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) || (len == 4 && (point < 0x10000 || point > 0x10ffff)))
        return 1;
    *code = point;
    return len;
}

static inline int text_unit(const char *p, const char *end) {
    int32_t code;
    return text_decode(p, end, &code);
}

bool text_is_utf8(const char *text, int64_t len);
int64_t text_count(const char *text, int64_t len);                 /* the number of units */
int64_t text_prefix(const char *text, int64_t len, int64_t units); /* the bytes of the first so many units */
int text_encode(int32_t code, char out[4]);                        /* a code point as UTF-8: returns its length */

#endif
