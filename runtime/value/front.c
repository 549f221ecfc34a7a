/* front.c: making a map's front, as large as the map asks for, and emptying it into the map. */
#include "runtime/value/front.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/arena.h"

/* The least and the most lines: as many as one huge page holds. More than that are no nearer than the map itself. There are no
 * fewer than LINES_LEAST for each entry of the map, and LINES_NEW when there have become too few. */
enum { FRONT_FIRST = 1024, FRONT_MOST = 65536, LINES_LEAST = 1, LINES_NEW = 4 };

/* A map that has a front will hardly be small: it begins with room for so many entries, memory that is not touched before it is
 * needed. */
enum { FIRST_ENTRIES = 1536 };

/* The most lines there are lie in one huge page, where the system has any. */
static FrontLine *lines_new(uint64_t count) {
    size_t size = count * sizeof(FrontLine);
    FrontLine *lines = aligned_alloc(count == FRONT_MOST ? size : 2 * sizeof(FrontLine), size);
    if (!lines) out_of_memory(size);
    if (count == FRONT_MOST) madvise(lines, size, MADV_HUGEPAGE);
    memset(lines, 0, size);
    return lines;
}

void front_drop(MrMap *map) {
    if (!map->front) return;
    free(map->front->lines);
    free(map->front);
    map->front = NULL;
}

/* Gives the front new lines where it has too few for its map. What waits stays in the queue. */
static void front_grow(MrMap *map) {
    MapFront *front = map->front;
    uint64_t lines = front->mask + 1, entries = (uint64_t)map->len;
    if (lines == FRONT_MOST || (front->lines && lines >= LINES_LEAST * entries)) return;
    while (lines < FRONT_MOST && lines < LINES_NEW * entries) lines *= 2;
    front_settle(map);
    free(front->lines);
    front->lines = lines_new(lines);
    front->mask = lines - 1;
}

static void front_make(MrMap *map) {
    if (!map->front) {
        map->front = xaligned(_Alignof(MapFront), sizeof(MapFront));
        map->front->mask = FRONT_FIRST - 1;
        map->front->fresh = map->front->next = map->front->queue;
        map->front->limit = map->front->queue + FRONT_BATCH;
    }
    front_grow(map);
}

void *mr_front_open(MrContext *context, MrMap **place, const MrType *type) {
    (void)context;
    if (!*place) *place = map_new(type->fields[0], type->fields[1], FIRST_ENTRIES);
    front_make(*place);
    return (*place)->front;
}

/* A value is a count in 64 bits or a sum in 128, the lower half first. */
static void value_add(void *value, bool is_wide, int64_t number) {
    uint64_t *halves = value, low = halves[0] + (uint64_t)number;
    if (is_wide) halves[1] += (number < 0 ? UINT64_MAX : 0) + (low < (uint64_t)number);
    halves[0] = low;
}

static inline FrontLine *line_of(MapFront *front, const FrontItem *item) {
    FrontLine *line = front_line(front, item->hash);
    if (LIKELY(bytes_are_zero(line->key ^ item->known))) return line;
    line = front_beside(front, line);
    return bytes_are_zero(line->key ^ item->known) ? line : NULL;
}

/* Adds what came last to the lines' sums; what has no line, or a sum that it does not fit into, moves to the front of the queue. */
static void add_to_lines(MapFront *front) {
    FrontItem *left = front->fresh;
    for (const FrontItem *item = left; item < front->next; item++) {
        FrontLine *line = line_of(front, item);
        int64_t sum;
        if (LIKELY(line && !__builtin_add_overflow(line->sum, item->number, &sum)))
            line->sum = sum;
        else
            *left++ = *item;
    }
    front->fresh = left;
}

bool front_put_string(MapFront *front, const MrString *key, int64_t number) {
    FrontItem *item = front->next++;
    bool is_long = !front_has_room(key->len);
    item->known = is_long ? front_key_elsewhere(key) : front_key_short(load_bytes(key->data) & short_mask(key->len), key->len);
    item->hash = hash_bytes(key->data, key->len);
    item->number = number;
    __builtin_prefetch(front_line(front, item->hash));
    front->has_owners = front->has_owners || (is_long && key->owner && key->owner->count > 0);
    return front->next == front->limit || front->has_owners;
}

/* The item's key as the map has it. A string lies in the item or elsewhere. */
static const void *item_key(const FrontItem *item, const MrType *type, MrString *string) {
    Halves halves = (Halves)item->known;
    if (type->kind == MR_INT) return &item->known;
    if (front_is_elsewhere(item->known))
        *string = (MrString){(const char *)(uintptr_t)halves[0], (int64_t)(halves[1] & ~UINT64_C(0) >> 8), NULL};
    else
        *string = (MrString){(const char *)&item->known, (int64_t)(halves[1] >> 56), NULL};
    return string;
}

/* A line for the item's key, where one is free. */
static void note(MapFront *front, const FrontItem *item, int64_t entry) {
    FrontLine *line = front_line(front, item->hash);
    if (line->sum) line = front_beside(front, line);
    if (line->sum || front_is_elsewhere(item->known)) return;
    line->key = item->known;
    line->number = entry;
}

/* Adds what has no line to the map. */
static void add_to_map(MrContext *context, MrMap **place, const MrType *type) {
    MrMap *map = *place;
    MapFront *front = map->front;
    bool is_wide = type->fields[1]->size > sizeof(int64_t), is_new;
    int64_t entries[2 * FRONT_BATCH]; /* those of the map that may have the keys */
    const FrontItem *items = front->queue;
    size_t count = (size_t)(front->fresh - items);
    for (size_t i = 0; i < count; i++) __builtin_prefetch(&map->slots[items[i].hash & map->mask]);
    for (size_t i = 0; i < count; i++) entries[i] = mr_map_entry_ahead(context, map, (int64_t)items[i].hash, type);
    for (size_t i = 0; i < count; i++) {
        const char *key = entries[i] < 0 ? NULL : map_entry(map, entries[i]) + map->key_offset;
        if (key && map->key->kind == MR_STRING) __builtin_prefetch(((const MrString *)key)->data);
    }
    for (size_t i = 0; i < count; i++) {
        MrString string;
        const void *key = item_key(&items[i], map->key, &string);
        char *value = mr_map_upsert_at(context, place, key, (int64_t)items[i].hash, entries[i], type, &is_new);
        value_add(value, is_wide, items[i].number);
        note(front, &items[i], (value - type->offsets[1] - map->entries) / (int64_t)type->stride);
    }
    front->fresh = front->queue;
    front_grow(map);
}

void mr_front_flush(MrContext *context, MrMap **place, bool is_all, const MrType *type) {
    MapFront *front = (*place)->front;
    front->has_sums = true;
    add_to_lines(front);
    is_all = is_all || front->has_owners;
    front->has_owners = false;
    if (is_all || front->fresh > front->queue + FRONT_BATCH) add_to_map(context, place, type);
    front->next = front->fresh;
    front->limit = front->fresh + FRONT_BATCH;
}

void mr_front_close(MrContext *context, MrMap **place, const MrType *type) {
    mr_front_flush(context, place, true, type);
    if ((*place)->len) return;
    mr_drop(context, place, type);
    *place = NULL;
}

void front_settle(MrMap *map) {
    if (!map || !map->front || !map->front->has_sums) return;
    MapFront *front = map->front;
    bool is_wide = map->value->size > sizeof(int64_t);
    for (uint64_t i = 0; i <= front->mask; i++) {
        FrontLine *line = &front->lines[i];
        if (!line->sum) continue;
        value_add(map_entry(map, line->number) + map->value_offset, is_wide, line->sum);
        line->sum = 0;
    }
    front->has_sums = false;
}
