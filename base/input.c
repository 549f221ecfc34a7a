/* input.c: a cursor over bytes that remembers whether it ever came to their end. */
#include "base/input.h"

#include <string.h>

Input input_of(const void *bytes, size_t size) {
    return (Input){bytes, (const char *)bytes + size, false};
}

/* The next `size` bytes; NULL: there are not so many. */
static const char *input_take(Input *in, uint64_t size) {
    if (size > (uint64_t)(in->end - in->at)) in->is_bad = true;
    if (in->is_bad) return NULL;
    const char *taken = in->at;
    in->at += size;
    return taken;
}

uint64_t input_number(Input *in) {
    uint64_t number = 0;
    const char *taken = input_take(in, sizeof number);
    if (taken) memcpy(&number, taken, sizeof number);
    return number;
}

const char *input_text(Input *in, size_t *len) {
    uint64_t size = input_number(in);
    const char *taken = input_take(in, size);
    *len = taken ? (size_t)size : 0;
    return taken ? taken : in->at;
}
