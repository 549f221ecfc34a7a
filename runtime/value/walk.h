/* walk.h: how values are walked without recursion.
 *
 * Every compound value is a *run*: `count` records of `stride` bytes, each with the same fields. A list is a run of its elements, a
 * map one of its entries, a tuple a single record, an optional none or one, a closure its environment. Dropping, comparing,
 * printing, hashing and encoding each keep a stack of open runs, so that the depth of a value costs heap, never C stack. */
#ifndef RUNTIME_VALUE_WALK_H
#define RUNTIME_VALUE_WALK_H

#include "runtime/value/map.h"
#include "runtime/value/value.h"

typedef struct Run {
    const MrType *type; /* of the whole value */
    MrCell *cell;       /* what holds the records: a list, map or closure; NULL for inline parts */
    char *base;         /* the first record */
    const MrType *const *fields;
    const uint32_t *offsets;
    int64_t index, count; /* records: the current one, all */
    uint32_t field, field_count;
    uint32_t stride;
} Run;

typedef struct Walk {
    Run *runs;
    size_t len, cap;
    Run few[6]; /* where runs lies until it grows */
} Walk;

static inline void walk_start(Walk *walk) {
    walk->runs = walk->few;
    walk->len = 0;
    walk->cap = sizeof walk->few / sizeof walk->few[0];
}

void walk_end(Walk *walk);

/* Opens the run of a value that is not a number, bool, string or range. A map's entries come in the order in which they lie:
 * callers who need them ascending call mr_map_sorted first. The runs of a walk move when it grows. */
Run *walk_push(Walk *walk, const void *value, const MrType *type);

static inline Run *walk_top(Walk *walk) {
    return &walk->runs[walk->len - 1];
}

static inline void walk_pop(Walk *walk) {
    walk->len--;
}

/* The next field of the run, false at its end. While a field is visited, `index` is its record and `field - 1` its number. */
static inline bool run_next(Run *run, char **place, const MrType **type) {
    for (;; run->index++, run->field = 0) {
        if (run->index >= run->count) return false;
        if (run->field < run->field_count) break;
    }
    *place = run->base + run->index * (int64_t)run->stride + run->offsets[run->field];
    *type = run->fields[run->field++];
    return true;
}

/* The field that run_next gave was the last one of the last record. */
static inline bool run_is_done(const Run *run) {
    return run->field == run->field_count && run->index + 1 >= run->count;
}

/* Closes the runs that have come to their end, once their last field is known: a chain in which each link is the last field of the
 * one before is then walked in constant memory, however long it is. */
static inline void walk_close(Walk *walk) {
    while (walk->len && run_is_done(walk_top(walk))) walk_pop(walk);
}

static inline bool kind_is_compound(uint8_t kind) {
    return kind >= MR_TUPLE;
}

#endif
