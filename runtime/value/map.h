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
    StringPool pool;        /* of keys that were slices */
    struct MapFront *front; /* front.h; or NULL */
};

#define MAP_NUMBER ((UINT64_C(1) << 40) - 1) /* the bits of a slot that hold a number */

MrMap *map_new(const MrType *key, const MrType *value, int64_t cap);      /* empty, with room for cap entries; the layout of mr.h */
MrMap *map_copy(const MrMap *map);                                        /* keys and values retained */
MrMap *map_some(const MrMap *map, const int64_t *numbers, int64_t count); /* the same of these entries, in this order */
void map_free(MrMap *map);                                                /* the memory of a map whose entries are gone */
void map_unique(MrMap **place); /* the place holds the only reference (a NULL stays NULL) */
bool map_index(MrMap *map);     /* makes the slots from the entries' hashes; false: two keys are equal */

/* A map of other types with the same slots, the same order and no entries yet: they must then be made with the same hashes in the
 * same places. */
MrMap *map_like(const MrMap *map, const MrType *key, const MrType *value);

/* Inserts a key that is not there (copied in by mr_own) with a value of zeros; returns the value's address. The place's map is
 * unique, or NULL and then made. */
void *map_insert(MrMap **place, const void *key, uint64_t hash, const MrType *type);
void *map_upsert_hashed(MrMap **place, const void *key, uint64_t hash, const MrType *type, bool *is_new); /* as mr_map_upsert */
void *map_insert_take(MrMap *map, const void *key, uint64_t hash); /* the same, for an owned key that is moved in */

/* The numbers of the n entries with the largest values, the largest first, of equal ones those with the smaller keys; *found of
 * them, malloc'ed (NULL: none). */
int64_t *map_most_common(const MrMap *map, int64_t n, int64_t *found);

MrList *map_pairs(const MrMap *map, const int64_t *numbers, int64_t count); /* pairs of key and value, by the entries' numbers */

bool map_key_is_equal(const void *a, const void *b, const MrType *type); /* in the total order */

static inline char *map_entry(const MrMap *map, int64_t i) {
    return map->entries + i * (int64_t)map->stride;
}

/* ---- looking for a key. What is known of its type at compile time is passed on, so that inlined copies get short. */

typedef struct MapKey {
    const void *at;
    uint64_t hash;
    Bytes bytes, mask; /* of a short string: its bytes, zeros after them, and its short_mask */
} MapKey;

static inline bool key_is_short(const MapKey *key, const MrType *type) {
    return type->kind == MR_STRING && LIKELY(is_short(((const MrString *)key->at)->len));
}

static inline void map_key_load(MapKey *key, const MrType *type) {
    if (!key_is_short(key, type)) return;
    const MrString *string = key->at;
    key->mask = short_mask(string->len);
    key->bytes = load_bytes(string->data) & key->mask;
}

static inline MapKey map_key(const void *at, const MrType *type) {
    MapKey key = {.at = at};
    map_key_load(&key, type);
    if (key_is_short(&key, type))
        key.hash = hash_short(key.bytes, ((const MrString *)at)->len);
    else if (type->kind == MR_STRING)
        key.hash = hash_bytes(((const MrString *)at)->data, ((const MrString *)at)->len);
    else if (type->kind == MR_INT)
        key.hash = hash_int(*(const uint64_t *)at);
    else
        key.hash = value_hash(at, type);
    return key;
}

/* The same where the hash is known already. */
static inline MapKey map_key_hashed(const void *at, uint64_t hash, const MrType *type) {
    MapKey key = {.at = at, .hash = hash};
    map_key_load(&key, type);
    return key;
}

/* Is the key that lies at `at`, whose hash is the same, equal to this short string? Of most words length and hash say it all. These
 * are compared with themselves: their bytes need not be fetched from memory, nor a branch be foreseen that depends on the length.
 */
static inline bool short_key_matches(const MrString *at, const MapKey *key) {
    const MrString *string = key->at;
    uintptr_t mine = (uintptr_t)string->data, theirs = (uintptr_t)at->data;
    uintptr_t against = mine ^ ((mine ^ theirs) & -(uintptr_t)(string->len > PACKED_BYTES));
    return at->len == string->len && bytes_are_zero((load_bytes((const char *)against) & key->mask) ^ key->bytes);
}

static inline bool map_key_matches(const void *at, const MapKey *key, const MrType *type) {
    if (key_is_short(key, type)) return short_key_matches(at, key);
    if (type->kind == MR_STRING) {
        const MrString *theirs = at, *mine = key->at;
        return theirs->len == mine->len && (!mine->len || memcmp(theirs->data, mine->data, (size_t)mine->len) == 0);
    }
    if (type->kind == MR_INT) return *(const int64_t *)at == *(const int64_t *)key->at;
    return map_key_is_equal(at, key->at, type);
}

static inline bool map_entry_matches(const char *entry, const MapKey *key, const MrType *type) {
    return LIKELY(load64(entry) == key->hash && map_key_matches(entry + type->offsets[0], key, type->fields[0]));
}

/* The entry with this key, or NULL. */
static inline char *map_lookup(const MrMap *map, const MapKey *key, const MrType *type) {
    uint64_t hash = key->hash;
    for (uint64_t i = hash & map->mask, slot; (slot = map->slots[i]) != 0; i = (i + 1) & map->mask) {
        if ((slot ^ hash) & ~MAP_NUMBER) continue;
        char *entry = map->entries + ((slot & MAP_NUMBER) - 1) * type->stride;
        if (map_entry_matches(entry, key, type)) return entry;
    }
    return NULL;
}

#endif
