/* map.h: maps and sets: an index of hashes over an array of entries.
 *
 * Entries lie densely, in the order of insertion until somebody needs them ascending; then they are sorted in place, the index is
 * made anew, and `is_sorted` says so until the next insertion or removal. The order of insertion and the hashes show in no result.
 * A map's bytes belong to one thread; a map with count 1 is changed in place, any other is copied first. */
#ifndef RUNTIME_VALUE_MAP_H
#define RUNTIME_VALUE_MAP_H

#include "runtime/value/inline.h"

struct MrMap {
    MrCell cell;
    char *entries;   /* `len` of `cap` entries: uint64_t hash, key, value */
    uint64_t *slots; /* mask + 1 of them: 0, or the hash's upper 24 bits and below them the entry's number + 1 */
    int64_t len, cap;
    uint64_t mask;
    const MrType *key, *value;
    uint32_t key_offset, value_offset, stride;
    bool is_sorted;
};

#define MAP_NUMBER ((UINT64_C(1) << 40) - 1) /* the bits of a slot that hold a number */

MrMap *map_new(const MrType *key, const MrType *value, int64_t cap); /* empty, with room for cap entries; the layout of mr.h */
MrMap *map_copy(const MrMap *map);                                   /* keys and values retained */
void map_free(MrMap *map);                                           /* the memory of a map whose entries are gone */
void map_unique(MrMap **place);                                      /* the place holds the only reference (a NULL stays NULL) */
void map_reindex(MrMap *map);                                        /* makes the slots anew from the entries' hashes */

/* Inserts a key that is not there (copied in by mr_own) with a value of zeros; returns the value's address. The place's map is
 * unique, or NULL and then made. */
void *map_insert(MrMap **place, const void *key, uint64_t hash, const MrType *type);
void *map_insert_take(MrMap *map, const void *key, uint64_t hash); /* the same, for an owned key that is moved in */

bool map_key_is_equal(const void *a, const void *b, const MrType *type); /* in the total order */

static inline char *map_entry(const MrMap *map, int64_t i) {
    return map->entries + i * (int64_t)map->stride;
}

static inline uint64_t map_hash(const void *key, const MrType *type) {
    if (type->kind == MR_STRING) return hash_bytes(((const MrString *)key)->data, ((const MrString *)key)->len);
    if (type->kind == MR_INT) return hash_int(*(const uint64_t *)key);
    return value_hash(key, type);
}

/* Are two keys equal, whose hashes are? Most strings are so short that their hash and length say it all: such a one is compared
 * with itself, as a branch that words of all lengths pass would often be foreseen wrongly. */
static inline bool map_key_matches(const void *a, const void *b, const MrType *type) {
    if (type->kind == MR_STRING) {
        const MrString *left = a, *right = b;
        int64_t len = right->len;
        if (left->len != len) return false;
        if (UNLIKELY(!is_short(len))) return len == 0 || memcmp(left->data, right->data, (size_t)len) == 0;
        return short_is_equal(len <= PACKED_BYTES ? right->data : left->data, right->data, len);
    }
    if (type->kind == MR_INT) return *(const int64_t *)a == *(const int64_t *)b;
    return map_key_is_equal(a, b, type);
}

/* The entry with this key, or NULL. What is known of the type at compile time is passed, so that inlined copies get short. */
static inline char *map_lookup(const MrMap *map, const void *key, uint64_t hash, const MrType *type) {
    for (uint64_t i = hash & map->mask, slot; (slot = map->slots[i]) != 0; i = (i + 1) & map->mask) {
        if ((slot ^ hash) & ~MAP_NUMBER) continue;
        char *entry = map->entries + ((slot & MAP_NUMBER) - 1) * type->stride;
        if (LIKELY(load64(entry) == hash && map_key_matches(entry + type->offsets[0], key, type->fields[0]))) return entry;
    }
    return NULL;
}

#endif
