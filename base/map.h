/* map.h: a hash map from bytes to pointers, in an arena, for the compiler's own tables.
 *
 * Keys are copied. Iteration is in the order of insertion, so that all output that depends on it is repeatable. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct MapEntry {
    const char *key; /* `len` bytes and a NUL */
    size_t len;
    uint64_t hash;
    void *value;
} MapEntry;

typedef struct Map {
    Arena *arena;
    MapEntry *entries; /* in the order of insertion */
    size_t len, cap;
    uint32_t *index; /* open addressing: position in `entries` plus one, 0 where free */
    size_t index_size;
} Map;

void map_init(Map *map, Arena *arena);
void *map_get(const Map *map, const void *key, size_t len); /* NULL where there is none */
void **map_slot(Map *map, const void *key, size_t len); /* the value's place, made with NULL in it; valid until the next map_slot */
void *map_get_pointer(const Map *map, const void *key); /* the pointer itself is the key (a Name, a node) */
void **map_slot_pointer(Map *map, const void *key);

uint64_t hash_bytes(const void *bytes, size_t len); /* FNV-1a with a final mix; the same on every machine */

#endif
