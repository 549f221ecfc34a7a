/* foreign.c: strings on their way to the program's C functions and back. */
#include <inttypes.h>
#include <string.h>

#include "runtime/value/value.h"

bool mr_foreign_argument(MrContext *context, MrString *out, const MrString *string) {
    const char *nul = string->len ? memchr(string->data, '\0', (size_t)string->len) : NULL;
    if (nul)
        return mr_failf(context, "a C function takes no string with a NUL in it: this one has one at byte %" PRIdPTR,
                        nul - string->data);
    char *bytes;
    *out = string_alloc(string->len + 1, &bytes);
    if (string->len) memcpy(bytes, string->data, (size_t)string->len);
    bytes[string->len] = '\0';
    out->len = string->len;
    return false;
}

bool mr_foreign_result(MrContext *context, MrString *out, const char *text) {
    if (!text) return mr_failf(context, "the C function returned NULL, which is no string");
    *out = string_of(text);
    return false;
}
