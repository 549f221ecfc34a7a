/* buf.c: growing buffers; the capacity doubles, so that adding n bytes one by one costs O(n). */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void buf_reserve(Buf *buf, size_t more) {
    if (buf->cap - buf->len >= more) return;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap - buf->len < more) cap *= 2;
    buf->data = xrealloc(buf->data, cap);
    buf->cap = cap;
}

void buf_add(Buf *buf, const void *bytes, size_t len) {
    if (!len) return;
    buf_reserve(buf, len);
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void buf_add_text(Buf *buf, const char *text) {
    buf_add(buf, text, strlen(text));
}

void buf_add_char(Buf *buf, char c) {
    buf_add(buf, &c, 1);
}

void buf_add_number(Buf *buf, uint64_t number) {
    buf_add(buf, &number, sizeof number);
}

void buf_add_counted(Buf *buf, const char *text, size_t len) {
    buf_add_number(buf, len);
    buf_add(buf, text, len);
}

void buf_vprintf(Buf *buf, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0) {
        buf_reserve(buf, (size_t)len + 1);
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void buf_printf(Buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

const char *buf_text(Buf *buf) {
    buf_reserve(buf, 1);
    buf->data[buf->len] = '\0';
    return buf->data;
}

void buf_free(Buf *buf) {
    free(buf->data);
    *buf = (Buf){0};
}
