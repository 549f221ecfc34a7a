/* input.h: reading numbers and texts from bytes that may be anybody's: nothing is read past their end.
 *
 * They were written by buf_add_number and buf_add_counted (buf.h). What is read stays where it is, valid as long as the bytes are.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Input {
    const char *at, *end;
    bool is_bad; /* it ended too early: what is read from then on is 0, or empty */
} Input;

Input input_of(const void *bytes, size_t size);
uint64_t input_number(Input *in);
const char *input_text(Input *in, size_t *len); /* not ended by a NUL; never NULL where the bytes are not */

#endif
