/* part.h: maps cut into parts by the hashes of their keys, and put together again.
 *
 * There are 256 cells, of which the upper bits of a key's hash choose one: so cells do not depend on the map, on who holds it or on
 * how many workers there are. Each cell can be cut into 256 once more (`level` 1), by the next bits. The table's slots go by the
 * lower bits, so that the map of a single cell probes as well as any other. */
#ifndef RUNTIME_VALUE_PART_H
#define RUNTIME_VALUE_PART_H

#include "runtime/value/map.h"

enum { PART_CELLS = 256, PART_LEVELS = 2 };

static inline uint32_t part_cell(uint64_t hash, uint32_t level) {
    return (uint32_t)(hash >> (56 - 8 * level)) & (PART_CELLS - 1);
}

/* The entries of a map by cell. All-zero is that of an empty map. */
typedef struct PartOrder {
    uint32_t *numbers;               /* of the entries, by cell */
    uint32_t starts[PART_CELLS + 1]; /* where each cell begins in `numbers` */
} PartOrder;

/* False: the map has so many entries that their numbers do not fit; the order is empty then. */
bool part_order(PartOrder *order, const MrMap *map, uint32_t level);
void part_order_free(PartOrder *order);

/* Are all keys of the map (NULL: empty) in these cells? */
bool part_holds(const MrMap *map, uint32_t level, uint32_t first, uint32_t count);

/* Drops the entries whose keys lie in other cells. The map at the place is the caller's own. */
void part_keep(MrContext *context, MrMap **place, uint32_t level, uint32_t first, uint32_t count);

/* Moves all entries of `from`, none of whose keys *to has, behind those of *to. Either may be NULL. */
void part_join(MrMap **to, MrMap *from);

/* About how many bytes of memory a value holds beside its own type->size, without looking at more than some hundred places of it.
 */
uint64_t value_weight(const void *value, const MrType *type);

#endif
