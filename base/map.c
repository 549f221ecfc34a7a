/* map.c: entries in order of insertion, found through an index with linear probing that is at most half full. */
#include "base/map.h"

#include <string.h>

uint64_t hash_bytes(const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) h = (h ^ p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

void map_init(Map *map, Arena *arena) {
    *map = (Map){.arena = arena};
}

/* The place in the index where the key is, or where it belongs. */
static size_t probe(const Map *map, const void *key, size_t len, uint64_t hash) {
    size_t mask = map->index_size - 1, i = (size_t)hash & mask;
    for (; map->index[i]; i = (i + 1) & mask) {
        const MapEntry *e = &map->entries[map->index[i] - 1];
        if (e->hash == hash && e->len == len && (!len || memcmp(e->key, key, len) == 0)) break;
    }
    return i;
}

void *map_get(const Map *map, const void *key, size_t len) {
    if (!map->len) return NULL;
    size_t i = probe(map, key, len, hash_bytes(key, len));
    return map->index[i] ? map->entries[map->index[i] - 1].value : NULL;
}

static void grow(Map *map) {
    size_t cap = map->cap ? map->cap * 2 : 8;
    map->entries = arena_realloc(map->arena, map->entries, map->cap * sizeof(MapEntry), cap * sizeof(MapEntry));
    map->cap = cap;
    map->index_size = cap * 2;
    map->index = arena_array(map->arena, uint32_t, map->index_size);
    for (size_t i = 0; i < map->len; i++) {
        size_t at = (size_t)map->entries[i].hash & (map->index_size - 1);
        while (map->index[at]) at = (at + 1) & (map->index_size - 1);
        map->index[at] = (uint32_t)i + 1;
    }
}

void **map_slot(Map *map, const void *key, size_t len) {
    if (map->len == map->cap) grow(map);
    uint64_t hash = hash_bytes(key, len);
    size_t i = probe(map, key, len, hash);
    if (!map->index[i]) {
        map->entries[map->len] = (MapEntry){.key = arena_strndup(map->arena, key, len), .len = len, .hash = hash};
        map->index[i] = (uint32_t)++map->len;
    }
    return &map->entries[map->index[i] - 1].value;
}

void *map_get_pointer(const Map *map, const void *key) {
    return map_get(map, &key, sizeof key);
}

void **map_slot_pointer(Map *map, const void *key) {
    return map_slot(map, &key, sizeof key);
}
