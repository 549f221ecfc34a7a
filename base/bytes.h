/* bytes.h: numbers and texts as bytes, and back from bytes that may be anybody's: nothing is read past their end.
 *
 * A text is its length and then itself. What is read stays where it is, and is valid as long as the bytes are. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>

#include "base/buf.h"

void bytes_put_number(Buf *out, uint64_t number); /* 8 bytes, in the machine's order */
void bytes_put_text(Buf *out, const char *text, size_t len);

typedef struct Bytes {
    const char *at, *end;
    bool is_bad; /* they ended too early: what is read from then on is 0, or empty */
} Bytes;

Bytes bytes_of(const void *bytes, size_t size);
uint64_t bytes_number(Bytes *in);
const char *bytes_text(Bytes *in, size_t *len); /* never NULL where the bytes are not */

#endif
