/* extent.c: sizes and places that the compiler asks for where sequences are walked together or cut into chunks. */
#include <inttypes.h>

#include "runtime/value/value.h"

enum { MOST_CHUNKS = 65536 };

unsigned chunk_shift(uint64_t elements) {
    unsigned shift = 0;
    while (elements > MOST_CHUNKS && ((elements - 1) >> shift) >= MOST_CHUNKS) shift++;
    return shift;
}

bool mr_prim_chunk_size(MrContext *context, int64_t *out, int64_t n) {
    (void)context;
    *out = INT64_C(1) << (n == MR_OPEN ? 62u : chunk_shift((uint64_t)n));
    return false;
}

bool mr_prim_extent(MrContext *context, int64_t *out, const void *xs, const MrType *type) {
    switch (type->kind) {
    case MR_RANGE: *out = ((const MrRange *)xs)->count; break;
    case MR_OPTIONAL: *out = *(const bool *)xs; break;
    case MR_LIST: *out = list_len(*(MrList *const *)xs); break;
    default: *out = mr_map_len(context, *(MrMap *const *)xs); break;
    }
    return false;
}

bool mr_prim_elements(MrContext *context, MrList **out, const void *xs, const MrType *type) {
    return mr_elements(context, out, xs, type);
}

bool mr_prim_range_at(MrContext *context, int64_t *out, const MrRange *r, int64_t i) {
    if (i >= mr_range_room(context, r->first, r->count, r->step)) return mr_fail_overflow(context, '+', INT64_MAX, 1);
    *out = (int64_t)((uint64_t)r->first + (uint64_t)i * (uint64_t)r->step);
    return false;
}

bool mr_prim_same_length(MrContext *context, void *out, int64_t a, int64_t b) {
    (void)out;
    return a != b && a != MR_OPEN && b != MR_OPEN && mr_fail_lengths(context, a, b);
}

bool mr_prim_no_end(MrContext *context, void *out, int64_t n) {
    (void)out;
    return mr_failf(
        context, "sequences that are walked together must be equally long: one has %" PRId64 " elements and another has no end", n);
}
