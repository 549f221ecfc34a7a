/* rare.h: what the hot functions call when their short way ends. */
#ifndef RUNTIME_VALUE_RARE_H
#define RUNTIME_VALUE_RARE_H

#include "runtime/include/mr.h"

bool range_len(MrContext *context, int64_t *out, const MrRange *range); /* an error for an open range (range.c) */
MrString text_trim(const MrString *s);                                  /* a part of it, retained (text.c) */
/* In small letters: owned, or the string itself retained when nothing changes; a slice of the chunk may become another thing of the
 * chunk (text.c). */
MrString text_lower_slice(MrScratch *scratch, const MrString *s);

/* The error of a slice that is not within a string of `len` bytes (string.c). */
bool string_slice_fail(MrContext *context, int64_t len, int64_t first, int64_t count);

/* mr_string_append where bytes must be copied (string.c). */
bool string_append(MrContext *context, MrString *place, const MrString *parts, int64_t count);

#endif
