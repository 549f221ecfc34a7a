/* hash.c: hashing values of any type, such that values that are equal in the total order hash alike. */
#include "runtime/value/walk.h"

static uint64_t range_hash(const MrRange *range) {
    if (range->count <= 0) return HASH_K0;
    uint64_t step = range->count > 1 ? (uint64_t)range->step : 1; /* a single element has no step */
    return hash_mix(hash_mix((uint64_t)range->first ^ HASH_K0, HASH_K1) ^ (uint64_t)range->count, step ^ HASH_K1);
}

/* True when the value has no parts to be walked. */
static bool hash_scalar(uint64_t *hash, const void *value, const MrType *type) {
    switch (type->kind) {
    case MR_INT: *hash = hash_int(*(const uint64_t *)value); return true;
    case MR_FLOAT: *hash = hash_int((uint64_t)float_rank(*(const double *)value)); return true;
    case MR_BOOL: *hash = hash_int(*(const uint8_t *)value); return true;
    case MR_STRING: *hash = hash_bytes(((const MrString *)value)->data, ((const MrString *)value)->len); return true;
    case MR_RANGE: *hash = range_hash(value); return true;
    case MR_LIST: /* of units: their number */
        *hash = hash_int((uint64_t)list_len(*(MrList *const *)value));
        return type->fields[0]->size == 0;
    case MR_FUNCTION: *hash = HASH_K0; return true; /* functions are no keys; see compare.c */
    default: return false;
    }
}

uint64_t value_hash(const void *value, const MrType *type) {
    uint64_t hash;
    if (hash_scalar(&hash, value, type)) return hash;
    /* The parts in order, and the length of each sequence, so that ([1], [2]) and ([1, 2], []) differ. */
    Walk walk;
    walk_start(&walk);
    if (type->kind == MR_MAP || type->kind == MR_SET) mr_map_sorted(NULL, *(MrMap *const *)value, type);
    hash = HASH_K0 ^ (uint64_t)walk_push(&walk, value, type)->count;
    while (walk.len) {
        char *place;
        const MrType *field;
        uint64_t part;
        if (!run_next(walk_top(&walk), &place, &field)) {
            walk_pop(&walk);
        } else if (hash_scalar(&part, place, field)) {
            hash = hash_mix(hash ^ part, HASH_K1);
        } else {
            walk_close(&walk);
            if (field->kind == MR_MAP || field->kind == MR_SET) mr_map_sorted(NULL, *(MrMap *const *)place, field);
            hash = hash_mix(hash ^ (uint64_t)walk_push(&walk, place, field)->count, HASH_K1);
        }
    }
    walk_end(&walk);
    return hash;
}

bool mr_prim_hash(MrContext *context, int64_t *out, const void *value, const MrType *type) {
    (void)context;
    *out = (int64_t)value_hash(value, type);
    return false;
}
