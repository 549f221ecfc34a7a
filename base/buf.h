/* buf.h: a growing buffer of bytes on the heap, for output, messages and frames.
 *
 * All-zero is the empty buffer. A buffer belongs to whoever holds it; buf_free gives its memory back. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Buf {
    char *data; /* not ended by a NUL; NULL when nothing was ever added */
    size_t len, cap;
} Buf;

void buf_reserve(Buf *buf, size_t more); /* room for `more` bytes past len */
void buf_add(Buf *buf, const void *bytes, size_t len);
void buf_add_text(Buf *buf, const char *text);
void buf_add_char(Buf *buf, char c);
void buf_add_number(Buf *buf, uint64_t number);               /* 8 bytes, in the machine's order */
void buf_add_counted(Buf *buf, const char *text, size_t len); /* its length as such a number, and then itself: see input.h */
void buf_printf(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(Buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
const char *buf_text(Buf *buf); /* the content with a NUL after it, valid until the next change */
void buf_free(Buf *buf);        /* empty again */

#endif
