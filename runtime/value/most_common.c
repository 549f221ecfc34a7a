/* most_common.c: the pairs of a map with the largest values, without putting all of its entries in order.
 *
 * The best so far are a heap whose root is the one that the next better entry drives out, so that a large map is looked through
 * once and hardly any of its entries is compared more than once. */
#include "runtime/value/map.h"

#include <stdlib.h>

#include "base/arena.h"

/* Does entry a come before entry b: a larger value, or the same one and a smaller key? */
static bool comes_before(const MrMap *map, int64_t a, int64_t b) {
    const char *left = map_entry(map, a), *right = map_entry(map, b);
    int64_t order = mr_compare(NULL, right + map->value_offset, left + map->value_offset, map->value);
    if (!order) order = mr_compare(NULL, left + map->key_offset, right + map->key_offset, map->key);
    return order < 0;
}

/* Puts an entry where it belongs in the heap below place i, which is free. No entry comes before one that is below it. */
static void sink(const MrMap *map, int64_t *heap, int64_t count, int64_t i, int64_t entry) {
    for (int64_t below; (below = 2 * i + 1) < count; i = below) {
        if (below + 1 < count && comes_before(map, heap[below], heap[below + 1])) below++;
        if (!comes_before(map, entry, heap[below])) break;
        heap[i] = heap[below];
    }
    heap[i] = entry;
}

int64_t *map_most_common(const MrMap *map, int64_t n, int64_t *found) {
    int64_t len = map ? map->len : 0, count = n < 0 ? 0 : n < len ? n : len;
    *found = count;
    if (!count) return NULL;
    int64_t *heap = xmalloc((size_t)count * sizeof *heap);
    for (int64_t i = 0; i < count; i++) heap[i] = i;
    for (int64_t i = count / 2; i-- > 0;) sink(map, heap, count, i, heap[i]);
    for (int64_t i = count; i < len; i++) {
        if (comes_before(map, i, heap[0])) sink(map, heap, count, 0, i);
    }
    /* The last of all is at the root: it goes to the end, and what is left is a smaller heap. */
    for (int64_t left = count - 1; left > 0; left--) {
        int64_t last = heap[0];
        sink(map, heap, left, 0, heap[left]);
        heap[left] = last;
    }
    return heap;
}

bool mr_prim_most_common(MrContext *context, MrList **out, MrMap *const *m, int64_t n, const MrType *key, const MrType *value) {
    (void)context, (void)key, (void)value;
    int64_t count, *numbers = map_most_common(*m, n, &count);
    *out = count ? map_pairs(*m, numbers, count) : NULL;
    free(numbers);
    return false;
}
