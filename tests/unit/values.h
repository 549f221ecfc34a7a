/* values.h: types and values made at random from a seed, for tests of properties that hold for all of them.
 *
 * Types live in an arena of the test's; values are owned by the caller. */
#ifndef TESTS_UNIT_VALUES_H
#define TESTS_UNIT_VALUES_H

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/map.h"

typedef struct Random {
    uint64_t state;
} Random;

static inline uint64_t random_next(Random *random) {
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 29;
}

static inline int64_t random_below(Random *random, int64_t limit) {
    return (int64_t)(random_next(random) % (uint64_t)limit);
}

/* ---- types, laid out as mr.h says */

static inline MrType *type_of(Arena *arena, MrKind kind, const MrType *first, const MrType *second) {
    MrType *type = arena_make(arena, MrType);
    const MrType **fields = arena_array(arena, const MrType *, 2);
    uint32_t *offsets = arena_array(arena, uint32_t, 2);
    *type =
        (MrType){.kind = (uint8_t)kind, .size = 8, .align = 8, .fields = fields, .offsets = offsets, .name = "a type of the tests"};
    fields[0] = first;
    fields[1] = second;
    type->field_count = second ? 2 : first ? 1 : 0;
    if (kind == MR_MAP || kind == MR_SET) {
        offsets[0] = (uint32_t)align_up(8, first->align);
        offsets[1] = (uint32_t)align_up(offsets[0] + first->size, second->align);
        type->stride = (uint32_t)align_up(offsets[1] + second->size, 8);
    } else if (kind == MR_TUPLE) {
        type->align = first->align > second->align ? first->align : second->align;
        offsets[1] = (uint32_t)align_up(first->size, second->align);
        type->size = (uint32_t)align_up(offsets[1] + second->size, type->align);
        type->is_flat = first->is_flat && second->is_flat;
    } else if (kind == MR_OPTIONAL) {
        type->align = first->align;
        offsets[0] = (uint32_t)align_up(1, first->align);
        type->size = (uint32_t)align_up(offsets[0] + first->size, type->align);
        type->is_flat = first->is_flat;
    }
    return type;
}

/* A type of anything but functions, nested at most `depth` deep. */
static inline const MrType *random_type(Random *random, Arena *arena, int depth) {
    static const MrType *const simple[] = {&type_int, &type_float, &type_bool, &type_string, &type_range, &type_unit};
    int64_t kind = random_below(random, depth > 0 ? 12 : 6);
    if (kind < 6) return simple[kind];
    const MrType *first = random_type(random, arena, depth - 1);
    switch (kind) {
    case 6:
    case 7: return type_of(arena, MR_LIST, first, NULL);
    case 8: return type_of(arena, MR_MAP, first, random_type(random, arena, depth - 1));
    case 9: return type_of(arena, MR_SET, first, &type_unit);
    case 10: return type_of(arena, MR_OPTIONAL, first, NULL);
    default: return type_of(arena, MR_TUPLE, first, random_type(random, arena, depth - 1));
    }
}

/* ---- values */

static inline double random_float(Random *random) {
    static const double special[] = {0.0, -0.0, 1.0, -1.0, INFINITY, -INFINITY, NAN, 5e-324, 1e300};
    int64_t i = random_below(random, 12);
    return i < 9 ? special[i] : (double)(int64_t)random_next(random) / 1e9;
}

/* A string that owns nothing, with the slack that strings have. */
#define TEXT_OF(literal) ((MrString){literal "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof(literal) - 1, NULL})

static inline MrString random_string(Random *random) {
    char bytes[40];
    int64_t len = random_below(random, random_below(random, 4) ? 4 : 40);
    for (int64_t i = 0; i < len; i++) bytes[i] = "abAB'{ \n\xc3\xa9\xff"[random_below(random, 11)];
    return string_new(bytes, len);
}

static inline MrRange random_range(Random *random) {
    return (MrRange){random_below(random, 5) - 2, random_below(random, 4), random_below(random, 2) ? 1 : -3};
}

/* Writes an owned value into `place`, which is zeroed memory of the type's size. */
static inline void random_value(Random *random, MrContext *context, void *place, const MrType *type) {
    char *bytes = place;
    switch (type->kind) {
    case MR_INT: *(int64_t *)place = random_below(random, 4) ? random_below(random, 7) - 3 : (int64_t)random_next(random); return;
    case MR_FLOAT: *(double *)place = random_float(random); return;
    case MR_BOOL: *(bool *)place = random_below(random, 2); return;
    case MR_STRING: *(MrString *)place = random_string(random); return;
    case MR_RANGE: *(MrRange *)place = random_range(random); return;
    case MR_TUPLE:
        for (uint32_t i = 0; i < type->field_count; i++) random_value(random, context, bytes + type->offsets[i], type->fields[i]);
        return;
    case MR_OPTIONAL:
        *bytes = (char)random_below(random, 2);
        if (*bytes) random_value(random, context, bytes + type->offsets[0], type->fields[0]);
        return;
    default: break;
    }
    int64_t count = random_below(random, 5);
    void *key = xcalloc(1, type->fields[0]->size), *value = xcalloc(1, type->field_count > 1 ? type->fields[1]->size : 1);
    for (int64_t i = 0; i < count; i++) {
        random_value(random, context, key, type->fields[0]);
        if (type->kind == MR_LIST) {
            list_push_take(place, key, type->fields[0]);
        } else {
            random_value(random, context, value, type->fields[1]);
            mr_map_set(context, place, key, value, type);
            mr_drop(context, key, type->fields[0]);
        }
        memset(key, 0, type->fields[0]->size);
        memset(value, 0, type->field_count > 1 ? type->fields[1]->size : 1);
    }
    free(key);
    free(value);
}

#endif
