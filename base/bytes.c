/* bytes.c: a cursor over bytes that remembers whether it ever came to their end. */
#include "base/bytes.h"

#include <string.h>

void bytes_put_number(Buf *out, uint64_t number) {
    buf_add(out, &number, sizeof number);
}

void bytes_put_text(Buf *out, const char *text, size_t len) {
    bytes_put_number(out, len);
    buf_add(out, text, len);
}

Bytes bytes_of(const void *bytes, size_t size) {
    return (Bytes){bytes, (const char *)bytes + size, false};
}

/* The next `size` bytes; NULL: there are not so many. */
static const char *bytes_take(Bytes *in, uint64_t size) {
    if (size > (uint64_t)(in->end - in->at)) in->is_bad = true;
    if (in->is_bad) return NULL;
    const char *taken = in->at;
    in->at += size;
    return taken;
}

uint64_t bytes_number(Bytes *in) {
    uint64_t number = 0;
    const char *taken = bytes_take(in, sizeof number);
    if (taken) memcpy(&number, taken, sizeof number);
    return number;
}

const char *bytes_text(Bytes *in, size_t *len) {
    uint64_t size = bytes_number(in);
    const char *taken = bytes_take(in, size);
    *len = taken ? (size_t)size : 0;
    return taken ? taken : in->at;
}
