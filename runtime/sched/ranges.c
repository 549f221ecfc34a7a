/* ranges.c: a set of numbers as a sorted array of intervals. Adding and removing move the array's tail: sets here have few
 * intervals, because chunks are handed out in ranges. */
#include "runtime/sched/ranges.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static uint64_t range_end(Range range) {
    return range.first + range.count;
}

/* The position of the first interval that ends after `number`; set->len when none does. */
static size_t ranges_find(const RangeSet *set, uint64_t number) {
    size_t low = 0, high = set->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (range_end(set->items[middle]) > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Replaces `old` intervals from position `at` on by `new_count` others. */
static void ranges_splice(RangeSet *set, size_t at, size_t old, const Range *items, size_t new_count) {
    size_t len = set->len - old + new_count;
    if (len > set->cap) {
        set->cap = len < 4 ? 4 : 2 * len;
        set->items = xrealloc(set->items, set->cap * sizeof *set->items);
    }
    if (set->len > at + old && old != new_count)
        memmove(set->items + at + new_count, set->items + at + old, (set->len - at - old) * sizeof *set->items);
    for (size_t i = 0; i < new_count; i++) set->items[at + i] = items[i];
    set->len = len;
}

void ranges_add(RangeSet *set, uint64_t first, uint64_t count) {
    if (count == 0) return;
    uint64_t end = first + count;
    /* Intervals that touch the new one become part of it; so the search starts one number before. */
    size_t at = ranges_find(set, first ? first - 1 : 0), past = at;
    uint64_t already = 0;
    while (past < set->len && set->items[past].first <= end) {
        Range old = set->items[past++];
        already += old.count;
        if (old.first < first) first = old.first;
        if (range_end(old) > end) end = range_end(old);
    }
    set->total += end - first - already;
    ranges_splice(set, at, past - at, &(Range){first, end - first}, 1);
}

void ranges_remove(RangeSet *set, uint64_t first, uint64_t count) {
    uint64_t end = first + count;
    size_t at = ranges_find(set, first), past = at, left = 0;
    Range rest[2];
    uint64_t before = 0, after = 0;
    while (count && past < set->len && set->items[past].first < end) {
        Range old = set->items[past++];
        before += old.count;
        if (old.first < first) rest[left++] = (Range){old.first, first - old.first};
        if (range_end(old) > end) rest[left++] = (Range){end, range_end(old) - end};
    }
    if (past == at) return;
    for (size_t i = 0; i < left; i++) after += rest[i].count;
    set->total -= before - after;
    ranges_splice(set, at, past - at, rest, left);
}

void ranges_clear(RangeSet *set) {
    set->len = 0;
    set->total = 0;
}

void ranges_free(RangeSet *set) {
    free(set->items);
    *set = (RangeSet){0};
}

bool ranges_has(const RangeSet *set, uint64_t first, uint64_t count) {
    if (count == 0) return true;
    size_t at = ranges_find(set, first);
    return at < set->len && set->items[at].first <= first && range_end(set->items[at]) >= first + count;
}

bool ranges_has_any(const RangeSet *set, uint64_t first, uint64_t count) {
    if (count == 0) return false;
    size_t at = ranges_find(set, first);
    return at < set->len && set->items[at].first < first + count;
}

Range ranges_next_gap(const RangeSet *set, uint64_t from, uint64_t limit) {
    size_t at = ranges_find(set, from);
    if (at < set->len && set->items[at].first <= from) from = range_end(set->items[at++]);
    if (from >= limit) return (Range){limit, 0};
    uint64_t end = at < set->len && set->items[at].first < limit ? set->items[at].first : limit;
    return (Range){from, end - from};
}

uint64_t ranges_select(const RangeSet *set, uint64_t rank) {
    assert(rank < set->total);
    size_t at = 0;
    while (rank >= set->items[at].count) rank -= set->items[at++].count;
    return set->items[at].first + rank;
}
