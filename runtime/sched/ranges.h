/* ranges.h: a set of chunk numbers, kept as sorted intervals that neither touch nor overlap.
 *
 * All-zero is the empty set. A set belongs to one thread and to whoever holds it; ranges_free gives its memory back.
 * Ranges are (first, count); a range whose count is 0 is empty and changes nothing. first + count must not overflow. */
#ifndef RUNTIME_SCHED_RANGES_H
#define RUNTIME_SCHED_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Range {
    uint64_t first, count;
} Range;

typedef struct RangeSet {
    Range *items; /* ascending; there is a gap after each */
    size_t len, cap;
    uint64_t total; /* how many numbers are in the set */
} RangeSet;

void ranges_add(RangeSet *set, uint64_t first, uint64_t count);
void ranges_remove(RangeSet *set, uint64_t first, uint64_t count);
void ranges_clear(RangeSet *set);
void ranges_free(RangeSet *set); /* empty again */

bool ranges_has(const RangeSet *set, uint64_t first, uint64_t count);      /* all of them; true for count 0 */
bool ranges_has_any(const RangeSet *set, uint64_t first, uint64_t count);  /* at least one of them */
Range ranges_next_gap(const RangeSet *set, uint64_t from, uint64_t limit); /* the first gap in [from, limit); count 0: none */
uint64_t ranges_select(const RangeSet *set, uint64_t rank);                /* the rank-th number, from 0; rank < total */

#endif
