/* codec.h: values as bytes, to travel between threads, processes and machines, and back.
 *
 * The form follows the type, which is not sent; numbers are little-endian. int, float: 8 bytes; bool: 1; range: 24; string, list,
 * map, set: the length as a varint, then the bytes, elements or entries (those of numbers, or of a string and numbers, with ints as
 * varints, see numbers.h); optional: 0, or 1 and the payload; function: 0, or its
 * place in program->functions + 1 as a varint, and its environment; future: 0, none; tuple: the fields.
 *
 * Encoding may sort maps, so the values must belong to the calling thread. Decoding makes values of the calling thread, and takes
 * bytes from anybody: lengths are checked against what is there before anything is allocated. */
#ifndef RUNTIME_VALUE_CODEC_H
#define RUNTIME_VALUE_CODEC_H

#include "base/buf.h"
#include "runtime/include/mr.h"
#include "runtime/value/lender.h"

/* Adds the value's bytes to `out`, the entries of maps in ascending order of their keys: equal values have equal bytes (but for the
 * kinds of NaN), so that bytes can be hashed and compared instead of values. The program may be NULL when no functions are in the
 * value. */
void codec_encode(Buf *out, const void *value, const MrType *type, const MrProgram *program);

/* The same, but the entries of maps come in the order in which they lie, which is quicker. What is decoded is an equal value. */
void codec_encode_as_is(Buf *out, const void *value, const MrType *type, const MrProgram *program);

/* Between threads of a process: large lists of flat elements are lent, and the bytes name the loans. Both sides must do so; a
 * lender that is NULL lends nothing, and bytes and values are those of codec_encode_as_is and codec_decode. */
typedef struct Lending {
    Lender *lender;
    uint64_t job; /* encoding: with which the loans end */
    bool takes;   /* decoding: each loan ends here, so that the list may be changed in place; else it is borrowed */
} Lending;

void codec_encode_lent(Buf *out, const void *value, const MrType *type, const MrProgram *program, Lending lending);
/* Where a loan has ended before it was borrowed, what is wrong is `codec_is_over`: so has the job. */
const char *codec_decode_lent(const char **at, const char *end, void *value, const MrType *type, const MrProgram *program,
                              Lending lending);
extern const char codec_is_over[];

/* Adds the elements [first, first + count) of a list, which are all there, without their number: what is added for neighbouring
 * stretches, one after another, is the same as for both at once. */
void codec_encode_elements(Buf *out, const MrList *list, int64_t first, int64_t count, const MrType *list_type,
                           const MrProgram *program);

/* Adds what is a map of these entries of `map`, by their numbers, in this order. */
void codec_encode_entries(Buf *out, const MrMap *map, const uint32_t *numbers, size_t count, const MrProgram *program);

/* Reads one value from *at, which moves behind it, into `value`: memory of type->size zero bytes, then owned by the caller. Returns
 * NULL, or what is wrong with the bytes, a constant text; `value` is all zeros then, and nothing is left allocated. */
const char *codec_decode(const char **at, const char *end, void *value, const MrType *type, const MrProgram *program);

/* The same for what codec_encode_elements has added for `count` elements: they become a list. */
const char *codec_decode_elements(const char **at, const char *end, uint64_t count, MrList **list, const MrType *list_type,
                                  const MrProgram *program);

#endif
