/* map.c: making, changing and ordering maps and sets. Lookup itself is in map.h and hot.c. */
#include "runtime/value/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/value/block.h"
#include "runtime/value/front.h"

enum { FIRST_SLOTS = 8 };

/* At most three quarters of the slots are taken, so that probes stay short. */
static int64_t entries_for(uint64_t slots) {
    return (int64_t)(slots / 4 * 3);
}

static uint64_t slots_for(int64_t entries) {
    uint64_t slots = FIRST_SLOTS;
    while (entries_for(slots) < entries) slots *= 2;
    return slots;
}

static uint64_t slot_of(uint64_t hash, int64_t number) {
    return (hash & ~MAP_NUMBER) | (uint64_t)(number + 1);
}

static uint64_t entry_hash(const MrMap *map, int64_t i) {
    return load64(map_entry(map, i));
}

MrMap *map_new(const MrType *key, const MrType *value, int64_t cap) {
    MrMap *map = mr_alloc(sizeof *map);
    uint64_t slots = slots_for(cap);
    size_t value_offset = align_up(align_up(sizeof(uint64_t), key->align) + key->size, value->align);
    map->key = key;
    map->value = value;
    map->key_offset = (uint32_t)align_up(sizeof(uint64_t), key->align);
    map->value_offset = (uint32_t)value_offset;
    map->stride = (uint32_t)align_up(value_offset + value->size, sizeof(uint64_t));
    map->is_sorted = true;
    map->mask = slots - 1;
    map->cap = entries_for(slots);
    map->slots = block_new(slots * sizeof *map->slots);
    map->entries = block_new((size_t)map->cap * map->stride);
    return map;
}

void map_free(MrMap *map) {
    front_drop(map);
    pool_close(&map->pool);
    block_free(map->entries, (size_t)map->cap * map->stride);
    block_free(map->slots, (map->mask + 1) * sizeof *map->slots);
    mr_free(map);
}

enum { SLOTS_AHEAD = 16 };

/* Has memory bring in the slot of an entry that will be looked up soon: in order of the entries slots lie anywhere. */
static void slot_ahead(const MrMap *map, int64_t i) {
    if (i + SLOTS_AHEAD < map->len) __builtin_prefetch(&map->slots[entry_hash(map, i + SLOTS_AHEAD) & map->mask], 1);
}

/* The slots are all empty. */
static void map_fill_slots(MrMap *map) {
    for (int64_t n = 0; n < map->len; n++) {
        slot_ahead(map, n);
        uint64_t hash = entry_hash(map, n), i = hash & map->mask;
        while (map->slots[i]) i = (i + 1) & map->mask;
        map->slots[i] = slot_of(hash, n);
    }
}

static void map_reindex(MrMap *map) {
    memset(map->slots, 0, (map->mask + 1) * sizeof *map->slots);
    map_fill_slots(map);
}

/* Makes an index of the entries, which are those of another map, and keeps what they hold. */
static void map_retain_entries(MrMap *map) {
    map_fill_slots(map);
    for (int64_t i = 0; i < map->len && !(map->key->is_flat && map->value->is_flat); i++) {
        mr_retain(NULL, map_entry(map, i) + map->key_offset, map->key);
        mr_retain(NULL, map_entry(map, i) + map->value_offset, map->value);
    }
}

MrMap *map_copy(const MrMap *map) {
    MrMap *copy = map_new(map->key, map->value, map->len);
    memcpy(copy->entries, map->entries, (size_t)map->len * map->stride);
    copy->len = map->len;
    copy->is_sorted = map->is_sorted;
    map_retain_entries(copy);
    return copy;
}

MrMap *map_some(const MrMap *map, const int64_t *numbers, int64_t count) {
    MrMap *some = map_new(map->key, map->value, count);
    for (; some->len < count; some->len++) memcpy(map_entry(some, some->len), map_entry(map, numbers[some->len]), map->stride);
    some->is_sorted = count < 2;
    map_retain_entries(some);
    return some;
}

void map_unique(MrMap **place) {
    MrMap *shared = *place;
    if (!shared || cell_is_unique(&shared->cell)) return;
    *place = map_copy(shared);
    cell_release(&shared->cell); /* never the last */
}

/* Doubles the slots. */
static void map_grow(MrMap *map) {
    uint64_t old = map->mask + 1, slots = 2 * old;
    int64_t cap = entries_for(slots);
    map->entries = block_grow(map->entries, (size_t)map->cap * map->stride, (size_t)cap * map->stride);
    block_free(map->slots, old * sizeof *map->slots);
    map->cap = cap;
    map->mask = slots - 1;
    map->slots = block_new(slots * sizeof *map->slots);
    map_fill_slots(map);
}

/* Adds an entry with a hash, zeros for a value, and no key yet, where there is room. */
static char *map_append(MrMap *map, uint64_t hash) {
    uint64_t i = hash & map->mask;
    while (map->slots[i]) i = (i + 1) & map->mask;
    map->slots[i] = slot_of(hash, map->len);
    map->is_sorted = map->len == 0;
    char *entry = map_entry(map, map->len++);
    memcpy(entry, &hash, sizeof hash);
    memset(entry + map->value_offset, 0, map->stride - map->value_offset);
    return entry;
}

/* The key is the caller's to make owned. It may be one of the map's own. */
static char *map_insert_key(MrMap *map, const void *key, uint64_t hash) {
    void *kept = NULL;
    if (map->len == map->cap) {
        kept = xmalloc(map->key->size + 1);
        memcpy(kept, key, map->key->size);
        key = kept;
        map_grow(map);
    }
    char *entry = map_append(map, hash);
    memcpy(entry + map->key_offset, key, map->key->size);
    free(kept);
    return entry;
}

void *map_insert_take(MrMap *map, const void *key, uint64_t hash) {
    return map_insert_key(map, key, hash) + map->value_offset;
}

/* Slices that become keys are copied one behind the other into blocks that they own together. */
static void key_own(MrMap *map, void *key) {
    MrString *string = key;
    if (map->key->kind == MR_STRING && !string->owner)
        *string = pool_string(&map->pool, string->data, string->len);
    else
        mr_own(NULL, key, map->key);
}

static void *map_insert_copy(MrMap *map, const void *key, uint64_t hash) {
    char *entry = map_insert_key(map, key, hash);
    key_own(map, entry + map->key_offset);
    return entry + map->value_offset;
}

void *map_insert(MrMap **place, const void *key, uint64_t hash, const MrType *type) {
    if (!*place) *place = map_new(type->fields[0], type->fields[1], 0);
    assert((*place)->stride == type->stride);
    return map_insert_copy(*place, key, hash);
}

void *map_upsert_hashed(MrMap **place, const void *key, uint64_t hash, const MrType *type, bool *is_new) {
    MapKey sought = map_key_hashed(key, hash, type->fields[0]);
    char *entry = *place ? map_lookup(*place, &sought, type) : NULL;
    *is_new = !entry;
    return entry ? entry + type->offsets[1] : map_insert(place, key, hash, type);
}

/* As map_lookup, for a map whose type is not at hand. */
static char *map_seek(const MrMap *map, const MapKey *key) {
    for (uint64_t i = key->hash & map->mask, slot; (slot = map->slots[i]) != 0; i = (i + 1) & map->mask) {
        if ((slot ^ key->hash) & ~MAP_NUMBER) continue;
        char *entry = map_entry(map, (int64_t)(slot & MAP_NUMBER) - 1);
        if (load64(entry) == key->hash && map_key_matches(entry + map->key_offset, key, map->key)) return entry;
    }
    return NULL;
}

bool map_index(MrMap *map) {
    memset(map->slots, 0, (map->mask + 1) * sizeof *map->slots);
    for (int64_t n = 0; n < map->len; n++) {
        slot_ahead(map, n);
        uint64_t hash = entry_hash(map, n), i = hash & map->mask;
        for (uint64_t slot; (slot = map->slots[i]) != 0; i = (i + 1) & map->mask) {
            if ((slot ^ hash) & ~MAP_NUMBER) continue;
            const char *other = map_entry(map, (int64_t)(slot & MAP_NUMBER) - 1);
            if (load64(other) != hash) continue;
            MapKey key = map_key_hashed(map_entry(map, n) + map->key_offset, hash, map->key);
            if (map_key_matches(other + map->key_offset, &key, map->key)) return false;
        }
        map->slots[i] = slot_of(hash, n);
    }
    return true;
}

MrMap *map_like(const MrMap *map, const MrType *key, const MrType *value) {
    MrMap *like = map_new(key, value, map->cap);
    assert(like->mask == map->mask && like->cap == map->cap);
    memcpy(like->slots, map->slots, (map->mask + 1) * sizeof *map->slots);
    like->is_sorted = map->is_sorted;
    return like;
}

/* The slot that holds the number of an entry which is there. */
static uint64_t slot_index(const MrMap *map, int64_t number) {
    uint64_t hash = entry_hash(map, number), i = hash & map->mask;
    while (map->slots[i] != slot_of(hash, number)) i = (i + 1) & map->mask;
    return i;
}

/* Frees a slot and moves back those after it that it stood in the way of. */
static void slot_free(MrMap *map, uint64_t hole) {
    map->slots[hole] = 0;
    for (uint64_t i = (hole + 1) & map->mask; map->slots[i]; i = (i + 1) & map->mask) {
        uint64_t home = entry_hash(map, (int64_t)(map->slots[i] & MAP_NUMBER) - 1) & map->mask;
        if (((i - home) & map->mask) < ((i - hole) & map->mask)) continue;
        map->slots[hole] = map->slots[i];
        map->slots[i] = 0;
        hole = i;
    }
}

/* The last entry takes the place of the one that goes. */
static void map_remove_entry(MrContext *context, MrMap *map, char *entry) {
    int64_t number = (entry - map->entries) / map->stride, last = map->len - 1;
    front_drop(map);
    mr_drop(context, entry + map->key_offset, map->key);
    mr_drop(context, entry + map->value_offset, map->value);
    slot_free(map, slot_index(map, number));
    char *end = map_entry(map, last);
    if (number != last) {
        map->slots[slot_index(map, last)] = slot_of(entry_hash(map, last), number);
        memcpy(entry, end, map->stride);
        map->is_sorted = false;
    }
    memset(end, 0, map->stride);
    map->len--;
}

/* ---- order */

void *mr_map_sorted(MrContext *context, MrMap *map, const MrType *type) {
    (void)context;
    (void)type;
    if (!map || !map->len) return NULL;
    if (map->is_sorted) return map->entries;
    front_drop(map);
    size_t stride = map->stride;
    int64_t *order = xmalloc((size_t)map->len * sizeof *order);
    sort_order(order, map->entries + map->key_offset, stride, map->len, map->key);
    char *sorted = block_new((size_t)map->cap * stride);
    for (int64_t i = 0; i < map->len; i++) memcpy(sorted + (size_t)i * stride, map_entry(map, order[i]), stride);
    free(order);
    block_free(map->entries, (size_t)map->cap * stride);
    map->entries = sorted;
    map->is_sorted = true;
    map_reindex(map);
    return sorted;
}

/* ---- the functions of generated code */

bool mr_map_make(MrContext *context, MrMap **out, void *keys, void *values, int64_t count, const MrType *type) {
    const MrType *key_type = type->fields[0], *value_type = type->fields[1];
    MrMap *map = count ? map_new(key_type, value_type, count) : NULL;
    for (int64_t i = 0; i < count; i++) {
        char *key = (char *)keys + (size_t)i * key_type->size;
        char *value = values ? (char *)values + (size_t)i * value_type->size : NULL, *to;
        MapKey sought = map_key(key, key_type);
        char *entry = map_seek(map, &sought);
        if (entry) {
            to = entry + map->value_offset;
            mr_drop(context, key, key_type);
            mr_drop(context, to, value_type);
        } else {
            to = map_insert_take(map, key, sought.hash);
        }
        if (value) memcpy(to, value, value_type->size);
    }
    *out = map;
    return false;
}

bool mr_map_get(MrContext *context, const void **value, MrMap *map, const void *key, const MrType *type) {
    const void *found = mr_map_find(context, map, key, type);
    if (!found) return mr_fail_key(context, key, type->fields[0]);
    *value = found;
    return false;
}

bool mr_map_at(MrContext *context, void **value, MrMap **map, const void *key, const MrType *type) {
    if (!mr_map_find(context, *map, key, type)) return mr_fail_key(context, key, type->fields[0]);
    map_unique(map);
    *value = mr_map_find(context, *map, key, type);
    return false;
}

bool mr_map_set(MrContext *context, MrMap **map, const void *key, void *value, const MrType *type) {
    bool is_new;
    map_unique(map);
    void *to = mr_map_upsert(context, map, key, type, &is_new);
    if (!is_new) mr_drop(context, to, type->fields[1]);
    memcpy(to, value, type->fields[1]->size);
    return false;
}

/* ---- elements as lists */

/* The layout of a pair (a, b). */
static uint32_t pair_layout(const MrType *a, const MrType *b, uint32_t *second) {
    size_t align = a->align > b->align ? a->align : b->align;
    *second = (uint32_t)align_up(a->size, b->align);
    return (uint32_t)align_up(*second + b->size, align);
}

/* Copies one part of each entry, in order, to `to` and on, `stride` bytes apart; takes references. */
static void parts_copy(char *to, size_t stride, MrMap *map, uint32_t offset, const MrType *type) {
    mr_map_sorted(NULL, map, NULL);
    for (int64_t i = 0; i < map->len; i++, to += stride) {
        memcpy(to, map_entry(map, i) + offset, type->size);
        if (!type->is_flat) mr_retain(NULL, to, type);
    }
}

static MrList *parts_list(MrMap *map, uint32_t offset, const MrType *type) {
    MrList *list = list_new(map->len, type);
    parts_copy(list->data, type->size, map, offset, type);
    list->len = map->len;
    return list;
}

static MrList *pairs_list(MrMap *map) {
    uint32_t second;
    const MrType pair = {.size = pair_layout(map->key, map->value, &second)};
    MrList *list = list_new(map->len, &pair);
    parts_copy(list->data, pair.size, map, map->key_offset, map->key);
    parts_copy(list->data + second, pair.size, map, map->value_offset, map->value);
    list->len = map->len;
    return list;
}

MrList *map_pairs(const MrMap *map, const int64_t *numbers, int64_t count) {
    uint32_t second;
    const MrType pair = {.size = pair_layout(map->key, map->value, &second)};
    if (!count) return NULL;
    MrList *list = list_new(count, &pair);
    for (; list->len < count; list->len++) {
        const char *entry = map_entry(map, numbers[list->len]);
        char *to = list->data + (size_t)list->len * pair.size;
        memcpy(to, entry + map->key_offset, map->key->size);
        memcpy(to + second, entry + map->value_offset, map->value->size);
        if (!map->key->is_flat) mr_retain(NULL, to, map->key);
        if (!map->value->is_flat) mr_retain(NULL, to + second, map->value);
    }
    return list;
}

bool mr_elements(MrContext *context, MrList **out, const void *value, const MrType *type) {
    MrList *list = NULL;
    if (type->kind == MR_OPTIONAL) {
        if (*(const bool *)value) mr_prim_push(context, NULL, &list, (const char *)value + type->offsets[0], type->fields[0]);
    } else {
        MrMap *map = *(MrMap *const *)value;
        if (mr_map_len(context, map)) list = type->kind == MR_MAP ? pairs_list(map) : parts_list(map, map->key_offset, map->key);
    }
    *out = list;
    return false;
}

/* ---- primitives */

bool mr_prim_keys(MrContext *context, MrList **out, MrMap *const *m, const MrType *key, const MrType *value) {
    (void)value;
    *out = mr_map_len(context, *m) ? parts_list(*m, (*m)->key_offset, key) : NULL;
    return false;
}

bool mr_prim_values(MrContext *context, MrList **out, MrMap *const *m, const MrType *key, const MrType *value) {
    (void)key;
    *out = mr_map_len(context, *m) ? parts_list(*m, (*m)->value_offset, value) : NULL;
    return false;
}

bool mr_prim_empty_set(MrContext *context, MrMap **out, const MrType *element) {
    (void)context;
    (void)element;
    *out = NULL;
    return false;
}

bool mr_prim_remove(MrContext *context, void *out, MrMap **place, const void *k, const MrType *type, const MrType *key) {
    (void)out;
    (void)key;
    if (!*place || !mr_map_find(context, *place, k, type)) return false;
    map_unique(place);
    MrMap *map = *place;
    MapKey sought = map_key(k, map->key);
    map_remove_entry(context, map, map_seek(map, &sought));
    return false;
}

bool mr_prim_add(MrContext *context, void *out, MrMap **place, const void *x, const MrType *element) {
    (void)context;
    (void)out;
    MapKey sought = map_key(x, element);
    if (!*place) *place = map_new(element, &type_unit, 0);
    if (map_seek(*place, &sought)) return false;
    map_unique(place);
    map_insert_copy(*place, x, sought.hash);
    return false;
}
