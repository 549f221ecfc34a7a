/* part.c: cutting maps by the hashes of their keys, and estimating what values weigh.
 *
 * Where the entries of a map are written cell by cell, their numbers are sorted by cell first, by counting, so that the map itself
 * stays as it is. */
#include "runtime/value/part.h"

#include <stdlib.h>

#include "base/arena.h"

bool part_order(PartOrder *order, const MrMap *map, uint32_t level) {
    *order = (PartOrder){0};
    if (!map || map->len == 0) return true;
    if (map->len > UINT32_MAX) return false;
    uint32_t *starts = order->starts;
    for (int64_t i = 0; i < map->len; i++) starts[part_cell(load64(map_entry(map, i)), level) + 1]++;
    for (uint32_t cell = 0; cell < PART_CELLS; cell++) starts[cell + 1] += starts[cell];
    uint32_t next[PART_CELLS];
    memcpy(next, starts, sizeof next);
    order->numbers = xmalloc((size_t)map->len * sizeof *order->numbers);
    for (int64_t i = 0; i < map->len; i++) order->numbers[next[part_cell(load64(map_entry(map, i)), level)]++] = (uint32_t)i;
    return true;
}

void part_order_free(PartOrder *order) {
    free(order->numbers);
    *order = (PartOrder){0};
}

static bool is_within(uint64_t hash, uint32_t level, uint32_t first, uint32_t count) {
    return part_cell(hash, level) - first < count; /* what lies before `first` wraps around */
}

bool part_holds(const MrMap *map, uint32_t level, uint32_t first, uint32_t count) {
    for (int64_t i = 0; map && i < map->len; i++)
        if (!is_within(load64(map_entry(map, i)), level, first, count)) return false;
    return true;
}

void part_keep(MrContext *context, MrMap **place, uint32_t level, uint32_t first, uint32_t count) {
    MrMap *map = *place, *kept = NULL;
    if (part_holds(map, level, first, count)) return;
    map_unique(place);
    map = *place;
    for (int64_t i = 0; i < map->len; i++) {
        char *entry = map_entry(map, i), *key = entry + map->key_offset, *value = entry + map->value_offset;
        if (is_within(load64(entry), level, first, count)) {
            if (!kept) kept = map_new(map->key, map->value, 0);
            memcpy(map_insert_take(kept, key, load64(entry)), value, map->value->size);
        } else {
            mr_drop(context, key, map->key);
            mr_drop(context, value, map->value);
        }
    }
    map_free(map);
    *place = kept;
}

void part_join(MrMap **to, MrMap *from) {
    if (!from) return;
    if (!*to || (*to)->len == 0) {
        if (*to) map_free(*to);
        *to = from;
        return;
    }
    map_unique(to);
    map_unique(&from);
    for (int64_t i = 0; i < from->len; i++) {
        const char *entry = map_entry(from, i);
        memcpy(map_insert_take(*to, entry + from->key_offset, load64(entry)), entry + from->value_offset, from->value->size);
    }
    map_free(from); /* all that it held is elsewhere */
}

/* ---- weight */

/* How many elements of a sequence are looked at, how many places in all, and what a block of memory costs beside its bytes. */
enum { WEIGHT_SAMPLE = 32, WEIGHT_PLACES = 512, WEIGHT_BLOCK = 16 };

static uint64_t weigh(const void *value, const MrType *type, int *places);

/* Of `count` records, with these fields. */
static uint64_t weigh_records(const char *records, int64_t count, size_t stride, const MrType *const *fields,
                              const uint32_t *offsets, uint32_t field_count, int *places) {
    int64_t step = count > WEIGHT_SAMPLE ? count / WEIGHT_SAMPLE : 1, seen = 0;
    uint64_t sum = 0;
    for (int64_t i = 0; i<count && * places> 0; i += step, seen++)
        for (uint32_t f = 0; f < field_count; f++)
            if (!fields[f]->is_flat) sum += weigh(records + (size_t)i * stride + offsets[f], fields[f], places);
    return seen ? sum * (uint64_t)count / (uint64_t)seen : 0;
}

static uint64_t weigh_map(const MrMap *map, int *places) {
    if (!map) return 0;
    const MrType *fields[] = {map->key, map->value};
    const uint32_t offsets[] = {map->key_offset, map->value_offset};
    return sizeof *map + (map->mask + 1) * sizeof *map->slots + (uint64_t)map->cap * map->stride +
           weigh_records(map->entries, map->len, map->stride, fields, offsets, 2, places);
}

static uint64_t weigh(const void *value, const MrType *type, int *places) {
    if (type->is_flat || --*places < 0) return 0;
    switch (type->kind) {
    case MR_STRING: return (uint64_t)((const MrString *)value)->len;
    case MR_LIST: {
        const MrList *list = *(MrList *const *)value;
        if (!list) return 0;
        return sizeof *list + WEIGHT_BLOCK + (uint64_t)list->cap * type->fields[0]->size +
               weigh_records(list->data, list->len, type->fields[0]->size, type->fields, &(uint32_t){0}, 1, places);
    }
    case MR_MAP:
    case MR_SET: return weigh_map(*(MrMap *const *)value, places);
    case MR_TUPLE: return weigh_records(value, 1, type->size, type->fields, type->offsets, type->field_count, places);
    case MR_OPTIONAL: return *(const bool *)value ? weigh((const char *)value + type->offsets[0], type->fields[0], places) : 0;
    default: return WEIGHT_BLOCK; /* cells and closures: what recurs in them is not followed */
    }
}

uint64_t value_weight(const void *value, const MrType *type) {
    int places = WEIGHT_PLACES;
    return weigh(value, type, &places);
}
