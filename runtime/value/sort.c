/* sort.c: stable sorting of values of any type.
 *
 * What is sorted are pairs of a value's number and a prefix: an integer that never contradicts the order (all of an int or float,
 * the first eight bytes of a string). Most comparisons see prefixes only; the values themselves move once, when the order is known.
 * A merge sort from the bottom up, over runs that are already ascending, takes linear time for input in order. */
#include "runtime/value/inline.h"

#include <stdlib.h>

#include "base/arena.h"

typedef struct Item {
    uint64_t prefix;
    int64_t number;
} Item;

typedef struct Sorting {
    const char *values;
    size_t stride;
    const MrType *type;
    bool is_exact; /* equal prefixes are equal values */
} Sorting;

static uint64_t string_prefix(const MrString *string) {
    if (string->len >= 8) return __builtin_bswap64(load64(string->data));
    uint64_t prefix = 0;
    for (int64_t i = 0; i < string->len; i++) prefix |= (uint64_t)(unsigned char)string->data[i] << (56 - 8 * i);
    return prefix;
}

static uint64_t prefix_of(const void *value, const MrType *type) {
    const uint64_t sign = UINT64_C(1) << 63;
    switch (type->kind) {
    case MR_INT: return *(const uint64_t *)value ^ sign;
    case MR_FLOAT: return (uint64_t)float_rank(*(const double *)value) ^ sign;
    case MR_BOOL: return *(const uint8_t *)value;
    case MR_STRING: return string_prefix(value);
    default: return 0;
    }
}

/* Does b come before a, which precedes it in the input? */
static inline bool is_after(const Sorting *sorting, const Item *a, const Item *b) {
    if (a->prefix != b->prefix) return a->prefix > b->prefix;
    if (sorting->is_exact) return false;
    const char *values = sorting->values;
    size_t stride = sorting->stride;
    return mr_compare(NULL, values + (size_t)a->number * stride, values + (size_t)b->number * stride, sorting->type) > 0;
}

/* The end of the ascending run that starts at `from`. */
static int64_t run_end(const Sorting *sorting, const Item *items, int64_t from, int64_t count) {
    int64_t end = from + 1;
    while (end < count && !is_after(sorting, &items[end - 1], &items[end])) end++;
    return end;
}

/* Merges the runs [from, middle) and [middle, end) of `items` into `out`. */
static void merge_runs(const Sorting *sorting, const Item *items, Item *out, int64_t from, int64_t middle, int64_t end) {
    int64_t left = from, right = middle;
    for (int64_t i = from; i < end; i++) {
        bool takes_right = left == middle || (right < end && is_after(sorting, &items[left], &items[right]));
        out[i] = takes_right ? items[right++] : items[left++];
    }
}

void sort_order(int64_t *order, const char *values, size_t stride, int64_t count, const MrType *type) {
    const Sorting sorting = {values, stride, type, type->kind <= MR_BOOL};
    Item *items = xmalloc((size_t)count * 2 * sizeof *items + 1), *spare = items + count, *block = items;
    for (int64_t i = 0; i < count; i++) items[i] = (Item){prefix_of(values + (size_t)i * stride, type), i};
    for (bool is_merging = true; is_merging;) {
        is_merging = false;
        for (int64_t from = 0, middle, end; from < count; from = end) {
            middle = end = run_end(&sorting, items, from, count);
            if (middle < count) end = run_end(&sorting, items, middle, count);
            merge_runs(&sorting, items, spare, from, middle, end);
            is_merging |= end - from < count;
        }
        Item *sorted = spare;
        spare = items;
        items = sorted;
    }
    for (int64_t i = 0; i < count; i++) order[i] = items[i].number;
    free(block);
}
