/* ints.h: what tests of lists of ints share: a context, a type, and that nothing is left at the end. Included once, after
 * cmocka.h. */
#ifndef TESTS_UNIT_INTS_H
#define TESTS_UNIT_INTS_H

#include "tests/unit/values.h"

static MrContext context;
static Arena *arena;
static const MrType *ints;

static int setup(void **state) {
    (void)state;
    arena = arena_new();
    ints = type_of(arena, MR_LIST, &type_int, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&arena);
    return mr_live_values() != 0;
}

#endif
