/* shown.c: what a character of a source file looks like on a terminal, and how many columns it takes. */
#include "compiler/source/shown.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

enum { TAB_WIDTH = 4 };

size_t utf8_length(const char *p, const char *end) {
    unsigned char c = (unsigned char)p[0];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (len == 0 || (size_t)(end - p) < len) return 0;
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80) return 0;
    }
    unsigned char d = len > 1 ? (unsigned char)p[1] : 0;
    bool overlong = (c == 0xe0 && d < 0xa0) || (c == 0xf0 && d < 0x90);
    bool surrogate = c == 0xed && d >= 0xa0, beyond = c == 0xf4 && d >= 0x90;
    return overlong || surrogate || beyond ? 0 : len;
}

static void add(Buf *out, const char *text, size_t len) {
    if (out) buf_add(out, text, len);
}

size_t shown_add(Buf *out, const char *p, const char *end, unsigned *width) {
    size_t len = utf8_length(p, end);
    *width = 1;
    if (*p == '\t') {
        *width = TAB_WIDTH;
        add(out, "    ", TAB_WIDTH);
        return 1;
    }
    bool control = len == 1 && ((unsigned char)*p < 0x20 || *p == 0x7f);
    control |= len == 2 && (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
    if (len == 0 || control) {
        add(out, "\xef\xbf\xbd", 3);
        return len ? len : 1;
    }
    if (len > 1) {
        utf8proc_int32_t point;
        utf8proc_iterate((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)len, &point);
        *width = (unsigned)utf8proc_charwidth(point);
    }
    add(out, p, len);
    return len;
}
