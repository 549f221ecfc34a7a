/* hot.c: the functions that generated loops call for every element.
 *
 * They are compiled twice: into the runtime's library, and by clang to bitcode that is linked into programs before optimisation, so
 * that they are inlined and specialised for the types at hand. Hence no variables, nothing but short ways; whatever is rare (a
 * collision of the general kind, an allocation, a character that is not ASCII, an error) is a call to an ordinary function. It gets
 * copies of what it is given by address, so that the loop's own variables can stay in registers. */
#include "runtime/value/front.h"
#include "runtime/value/number.h"
#include "runtime/value/parts.h"
#include "runtime/value/rare.h"
#include "runtime/value/stacks.h"
#include "runtime/value/words.h"

/* ---- strings */

void mr_string_own(MrContext *context, MrString *string) {
    (void)context;
    if (string->owner)
        cell_retain(string->owner);
    else if (string->len)
        *string = string_new(string->data, string->len);
}

void mr_string_retain(MrContext *context, MrString *string) {
    (void)context;
    cell_retain(string->owner);
}

void mr_string_drop(MrContext *context, MrString *string) {
    (void)context;
    if (cell_release(string->owner)) mr_free(string->owner);
}

bool mr_string_equal(MrContext *context, const MrString *a, const MrString *b) {
    (void)context;
    return string_is_equal(a, b);
}

bool mr_string_slice(MrContext *context, MrString *out, const MrString *string, int64_t first, int64_t count) {
    int64_t left = (int64_t)((uint64_t)string->len - (uint64_t)first);
    if (count == MR_OPEN) count = left;
    if (count < 0) count = 0;
    if (UNLIKELY(first < 0 || left < 0 || count > left)) return string_slice_fail(context, string->len, first, count);
    *out = (MrString){0};
    if (count) {
        cell_retain(string->owner);
        *out = (MrString){string->data + first, count, string->owner};
    }
    return false;
}

static inline bool append_rare(MrContext *context, MrString *place, const MrString *parts, int64_t count) {
    MrString grown = *place;
    bool failed = string_append(context, &grown, parts, count);
    *place = grown;
    return failed;
}

/* What is added to nothing, or lies behind what is there, is not copied: so a text that is put together of the characters of
 * another, one after the other, is a slice of that. */
bool mr_string_append(MrContext *context, MrString *place, const MrString *parts, int64_t count) {
    if (count == 1) {
        MrString part = parts[0];
        if (!part.len) return false;
        if (!place->len) {
            cell_retain(part.owner);
            mr_string_drop(context, place);
            *place = part;
            return false;
        }
        if (part.owner == place->owner && part.data == place->data + place->len) {
            place->len += part.len;
            return false;
        }
    }
    return append_rare(context, place, parts, count);
}

/* ---- lists */

bool mr_list_get(MrContext *context, const void **element, MrList *list, int64_t index, const MrType *type) {
    if (UNLIKELY(!list || (uint64_t)index >= (uint64_t)list->len)) return mr_fail_index(context, index, list_len(list));
    *element = list->data + index * (int64_t)type->fields[0]->size;
    return false;
}

static inline void retain_one(MrContext *context, void *value, const MrType *type) {
    if (type->is_flat) return;
    if (type->kind == MR_STRING)
        cell_retain(((MrString *)value)->owner);
    else
        mr_retain(context, value, type);
}

bool mr_prim_get(MrContext *context, void *out, const void *m, const void *k, const MrType *type, const MrType *key,
                 const MrType *value) {
    const void *found = NULL;
    char *result = out;
    (void)key;
    if (type->kind == MR_LIST) {
        const MrList *list = *(MrList *const *)m;
        int64_t i = *(const int64_t *)k;
        if ((uint64_t)i < (uint64_t)list_len(list)) found = list->data + i * (int64_t)value->size;
    } else {
        found = mr_map_find(context, *(MrMap *const *)m, k, type);
    }
    *result = found != NULL;
    if (!found) return false;
    char *payload = result + value->align;
    memcpy(payload, found, value->size);
    retain_one(context, payload, value);
    return false;
}

bool mr_prim_len(MrContext *context, int64_t *out, const void *xs, const MrType *type) {
    switch (type->kind) {
    case MR_STRING: *out = ((const MrString *)xs)->len; return false;
    case MR_LIST: *out = list_len(*(MrList *const *)xs); return false;
    case MR_MAP:
    case MR_SET: *out = mr_map_len(context, *(MrMap *const *)xs); return false;
    default: return range_len(context, out, xs);
    }
}

/* ---- maps */

int64_t mr_map_len(MrContext *context, MrMap *map) {
    (void)context;
    return map ? map->len : 0;
}

void *mr_map_find(MrContext *context, MrMap *map, const void *key, const MrType *type) {
    (void)context;
    if (!map || !map->len) return NULL;
    MapKey sought = map_key(key, type->fields[0]);
    char *entry = map_lookup(map, &sought, type);
    return entry ? entry + type->offsets[1] : NULL;
}

static inline void *insert_string(MrMap **map, MrString key, uint64_t hash, const MrType *type) {
    return map_insert(map, &key, hash, type);
}

void *mr_map_upsert(MrContext *context, MrMap **place, const void *key, const MrType *type, bool *is_new) {
    (void)context;
    MrMap *map = *place;
    MapKey sought = map_key(key, type->fields[0]);
    char *entry = LIKELY(map != NULL) ? map_lookup(map, &sought, type) : NULL;
    *is_new = !entry;
    if (LIKELY(entry != NULL)) return entry + type->offsets[1];
    MrMap *grown = map;
    void *value = type->fields[0]->kind == MR_STRING ? insert_string(&grown, *(const MrString *)key, sought.hash, type)
                                                     : map_insert(&grown, key, sought.hash, type);
    *place = grown;
    return value;
}

/* The same in three steps, for those who have other things to do while memory answers: the slot, the entry, the value. */

int64_t mr_map_hash_ahead(MrContext *context, MrMap *map, const void *key, const MrType *type) {
    (void)context;
    uint64_t hash = map_key(key, type->fields[0]).hash;
    if (LIKELY(map != NULL)) __builtin_prefetch(&map->slots[hash & map->mask]);
    return (int64_t)hash;
}

int64_t mr_map_entry_ahead(MrContext *context, MrMap *map, int64_t key_hash, const MrType *type) {
    (void)context;
    uint64_t hash = (uint64_t)key_hash, slot;
    if (UNLIKELY(!map)) return -1;
    uint64_t i = hash & map->mask;
    while (slot = map->slots[i], UNLIKELY(slot && (slot ^ hash) & ~MAP_NUMBER)) i = (i + 1) & map->mask;
    int64_t number = (int64_t)(slot & MAP_NUMBER) - 1;
    const char *entry = map->entries + number * (int64_t)type->stride;
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + type->stride - 1);
    return number;
}

static inline void *upsert_at(MrMap **place, const void *key, int64_t hash, int64_t number, const MrType *type, bool *is_new) {
    MapKey sought = map_key_hashed(key, (uint64_t)hash, type->fields[0]);
    if (LIKELY(number >= 0)) {
        char *entry = (*place)->entries + number * (int64_t)type->stride;
        if (LIKELY(map_entry_matches(entry, &sought, type))) {
            *is_new = false;
            return entry + type->offsets[1];
        }
    }
    return map_upsert_hashed(place, key, (uint64_t)hash, type, is_new);
}

void *mr_map_upsert_at(MrContext *context, MrMap **place, const void *key, int64_t hash, int64_t number, const MrType *type,
                       bool *is_new) {
    (void)context;
    return upsert_at(place, key, hash, number, type, is_new);
}

/* ---- the front of a map of sums */

static inline bool front_put_rare(MapFront *front, MrString key, int64_t number) {
    return front_put_string(front, &key, number);
}

bool mr_front_put(MrContext *context, void *into, const void *key, int64_t number, const MrType *type) {
    (void)context;
    MapFront *front = into;
    Bytes known;
    uint64_t hash;
    if (type->fields[0]->kind == MR_INT) {
        known = front_key_int(*(const uint64_t *)key);
        hash = hash_int(*(const uint64_t *)key);
    } else {
        MrString string = *(const MrString *)key;
        if (UNLIKELY(string.owner != NULL)) return front_put_rare(front, string, number);
        if (UNLIKELY(!front_has_room(string.len))) return front_put_rare(front, (MrString){string.data, string.len, NULL}, number);
        Bytes bytes = load_bytes(string.data) & short_mask(string.len);
        known = front_key_short(bytes, string.len);
        hash = hash_short(bytes, string.len);
    }
    FrontItem *item = front->next;
    *item = (FrontItem){known, hash, number};
    __builtin_prefetch(front_line(front, hash));
    front->next = item + 1;
    return item + 1 == front->limit;
}

/* ---- the table that the chunks of a node share */

/* The state that the key of an entry has in the chunk at hand. */
static inline void *stack_state(MrContext *context, Stacks *stacks, StackEntry *entry, bool is_added, bool *is_new) {
    *is_new = entry->chunk != stacks->chunk;
    if (*is_new) {
        if (!is_added) stacks_turn(context, stacks, entry);
        entry->chunk = stacks->chunk;
    }
    return entry->state;
}

void *mr_stacks_upsert(MrContext *context, MrStacks *stacks, const void *key, const MrType *type, bool *is_new) {
    bool is_added;
    StackEntry *entry = mr_map_upsert(context, &stacks->map, key, type, &is_added);
    return stack_state(context, (Stacks *)stacks, entry, is_added, is_new);
}

void mr_stacks_ahead(MrContext *context, MrStacks *stacks, int64_t number, const MrType *type) {
    (void)context;
    const Stacks *whole = (const Stacks *)stacks;
    if (UNLIKELY(number < 0)) return;
    const char *entry = stacks->map->entries + number * (int64_t)type->stride;
    if (type->fields[0]->kind == MR_STRING) __builtin_prefetch(((const MrString *)(entry + type->offsets[0]))->data);
    const StackEntry *stacked = (const StackEntry *)(entry + type->offsets[1]);
    if (stacked->top && stack_is_lower(stacked->top_chunk, stacked->chunk, whole->chunk))
        __builtin_prefetch(stack_piece(whole, stacked->top));
}

void *mr_stacks_upsert_at(MrContext *context, MrStacks *stacks, const void *key, int64_t hash, int64_t number, const MrType *type,
                          bool *is_new) {
    bool is_added;
    StackEntry *entry = upsert_at(&stacks->map, key, hash, number, type, &is_added);
    return stack_state(context, (Stacks *)stacks, entry, is_added, is_new);
}

/* ---- text */

/* The next of the places that were found. */
static inline bool cursor_take(MrCursor *cursor, MrString *out) {
    if (UNLIKELY(cursor->at == cursor->stop)) return false;
    const uint16_t *at = cursor->at++;
    *out = (MrString){cursor->base + at[0], at[MR_SPANS_ROOM] - (int64_t)at[0], NULL}; /* the ends lie behind the starts */
    return true;
}

bool mr_next_word(MrContext *context, MrCursor *cursor, const char *end, MrString *out) {
    (void)context;
    if (UNLIKELY(!cursor_take(cursor, out))) {
        MrCursor look = *cursor;
        MrString one = {0};
        WordsFound found = words_look(&look, end, &one);
        *cursor = look;
        if (found != WORDS_MANY) {
            *out = one;
            return found == WORDS_ONE;
        }
        cursor_take(cursor, out);
    }
    return true;
}

bool mr_next_line_field(MrContext *context, MrCursor *cursor, const char *end, MrString *out) {
    (void)context;
    if (UNLIKELY(!cursor_take(cursor, out))) {
        MrCursor look = *cursor;
        MrString one = {0};
        WordsFound found = text_fields_look(&look, end, &one);
        *cursor = look;
        if (found != WORDS_MANY) {
            *out = one;
            return found == WORDS_ONE;
        }
        cursor_take(cursor, out);
    }
    return true;
}

bool mr_next_line_cut(MrContext *context, MrCursor *cursor, const char *end, const MrString *separator, MrString *out) {
    (void)context;
    if (UNLIKELY(!cursor_take(cursor, out))) {
        MrCursor look = *cursor;
        MrString one = {0};
        WordsFound found = text_line_parts_look(&look, end, *separator->data, &one);
        *cursor = look;
        if (found != WORDS_MANY) {
            *out = one;
            return found == WORDS_ONE;
        }
        cursor_take(cursor, out);
    }
    return true;
}

bool mr_next_found(MrContext *context, MrMatches *matches, MrString *out) {
    (void)context;
    return cursor_take(&matches->found, out);
}

bool mr_next_line(MrContext *context, MrCursor *cursor, const char *end, MrString *out) {
    (void)context;
    if (UNLIKELY(!cursor_take(cursor, out))) {
        MrCursor look = *cursor;
        MrString one = {0};
        WordsFound found = text_line_parts_look(&look, end, '\n', &one);
        *cursor = look;
        if (found != WORDS_MANY) {
            *out = one;
            return found == WORDS_ONE;
        }
        cursor_take(cursor, out);
    }
    return true;
}

bool mr_next_field(MrContext *context, MrParts *parts, const char *end, MrString *out) {
    (void)context;
    return parts_next_field(parts, end, out);
}

bool mr_next_char(MrContext *context, MrParts *parts, const char *end, MrString *out) {
    (void)context;
    return parts_next_char(parts, end, out);
}

bool mr_next_part(MrContext *context, MrParts *parts, const char *end, const MrString *separator, MrString *out) {
    (void)context;
    return parts_next(parts, end, separator, out);
}

bool mr_next_line_part(MrContext *context, MrParts *parts, const char *end, const MrString *separator, MrString *out) {
    (void)context;
    return parts_next_of_line(parts, end, separator, out);
}

/* Those of a block's bytes that end a run, and all bits behind the text's end. Loads as block_find does. */
static inline uint64_t block_stops(const char *p, int64_t len, const MrString *ranges, bool is_among) {
    int64_t last = len < BLOCK_BYTES ? len - 1 : BLOCK_BYTES - 1;
    uint64_t stops = is_among ? ~UINT64_C(0) : 0;
    UNROLLED
    for (int64_t i = 0; i < BLOCK_BYTES; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(p + (i < last ? i : last)), among = {0};
        UNROLLED
        for (int64_t range = 0; range < ranges->len; range += 2)
            among |= (Bytes)(bytes - (uint8_t)ranges->data[range] <= (uint8_t)(ranges->data[range + 1] - ranges->data[range]));
        stops ^= (uint64_t)flag_bits((Flags)among) << i;
    }
    return stops | ~(~UINT64_C(0) >> (BLOCK_BYTES - 1 - last));
}

/* A position within the block that was seen last takes no load. */
bool mr_prim_bytes_run(MrContext *context, MrRun *out, const MrString *s, int64_t from, const MrString *ranges, bool is_among,
                       const MrRun *seen) {
    (void)context;
    uint64_t ahead = (uint64_t)from - (uint64_t)seen->base;
    uint64_t stops = ahead < BLOCK_BYTES ? (uint64_t)seen->stops >> ahead : 0;
    if (LIKELY(stops)) {
        *out = (MrRun){from + __builtin_ctzll(stops), seen->base, seen->stops};
        return false;
    }
    *out = (MrRun){from, from, 0};
    if ((uint64_t)from >= (uint64_t)s->len) return false;
    int64_t base = from;
    while (stops = block_stops(s->data + base, s->len - base, ranges, is_among), UNLIKELY(!stops) && s->len - base > BLOCK_BYTES)
        base += BLOCK_BYTES;
    *out = (MrRun){stops ? base + __builtin_ctzll(stops) : s->len, base, (int64_t)stops};
    return false;
}

bool mr_prim_byte_among(MrContext *context, bool *out, const MrString *s, int64_t at, const MrString *ranges, bool is_among) {
    if (UNLIKELY((uint64_t)at >= (uint64_t)s->len)) return string_slice_fail(context, s->len, at, 1);
    uint8_t byte = (uint8_t)s->data[at];
    bool is_there = false;
    UNROLLED
    for (int64_t i = 0; i < ranges->len; i += 2)
        is_there |= (uint8_t)(byte - (uint8_t)ranges->data[i]) <= (uint8_t)(ranges->data[i + 1] - ranges->data[i]);
    *out = is_there == is_among;
    return false;
}

bool mr_prim_char_end(MrContext *context, int64_t *out, const MrString *s, int64_t from) {
    (void)context;
    const char *p = s->data + from;
    *out = from + (LIKELY(!(*p & 0x80)) ? 1 : text_unit_len(p, s->data + s->len));
    return false;
}

/* Where the parts of a text begin and end, up to `most` of them; returns their number, or -1 where there are more parts than that
 * and all are wanted. */
static inline int64_t parts_find(MrString *parts, int64_t most, bool wants_all, const MrString *s, const MrString *separator) {
    const char *p = s->data, *from = p, *end = p + s->len;
    int64_t count = 0, width = separator->len;
    for (const char *block = p; block < end; block += BLOCK_BYTES) {
        for (uint64_t found = block_find(block, end - block, *separator->data); found; found &= found - 1) {
            const char *at = block + __builtin_ctzll(found);
            if (width > 1 && (at < from || end - at < width || !bytes_equal(at, separator->data, width))) continue;
            parts[count++] = (MrString){from, at - from, s->owner};
            from = at + width;
            if (count == most) return wants_all ? -1 : count;
        }
    }
    parts[count++] = (MrString){from, end - from, s->owner};
    return count;
}

static inline bool split_rare(MrContext *context, MrList **out, MrString s, MrString separator) {
    MrList *list = NULL;
    bool failed = mr_prim_split(context, &list, &s, &separator);
    *out = list;
    return failed;
}

bool mr_split_lent(MrContext *context, MrList **out, const MrString *s, const MrString *separator, MrList *list, int64_t room,
                   int64_t wanted) {
    MrString *parts = (MrString *)(list + 1);
    int64_t count = LIKELY(separator->len) ? parts_find(parts, room, !wanted, s, separator) : -1;
    if (UNLIKELY(count < 0)) return split_rare(context, out, *s, *separator);
    *list = (MrList){.cell.count = -1, .len = count, .cap = room, .data = (char *)parts};
    *out = list;
    return false;
}

static inline void lower_rare(MrScratch *scratch, MrString *out, MrString s) {
    MrString lower = text_lower_slice(scratch, &s);
    *out = lower;
}

/* A copy in small letters is always made: a branch that depends on whether there are capitals would often be foreseen wrongly. So a
 * slice of the chunk becomes another thing of the chunk. */
static inline bool lower_slice(MrScratch *scratch, MrString *out, const MrString *s) {
    Bytes bytes = load_bytes(s->data) & short_mask(s->len);
    char *to = scratch->at;
    if (UNLIKELY(flag_bits((Flags)bytes))) return false; /* not ASCII */
    bytes |= (Bytes)(bytes - 'A' < 26) & 0x20;
    scratch->at += s->len;
    scratch->left -= s->len;
    memcpy(to, &bytes, sizeof bytes);
    *out = (MrString){to, s->len, NULL};
    return true;
}

bool mr_prim_lower(MrContext *context, MrString *out, const MrString *s) {
    MrScratch *scratch = &context->scratch;
    if (LIKELY(!s->owner && front_has_room(s->len) && scratch->left >= SHORT_BYTES && lower_slice(scratch, out, s))) return false;
    lower_rare(scratch, out, *s);
    return false;
}

static inline bool is_ascii_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline void trim_rare(MrString *out, MrString s) {
    MrString trimmed = text_trim(&s);
    *out = trimmed;
}

/* Bytes of ASCII are characters of their own: one that is no space ends the search. */
bool mr_prim_trim(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    const char *begin = s->data, *end = begin + s->len;
    while (begin < end && is_ascii_space(*begin)) begin++;
    while (begin < end && is_ascii_space(end[-1])) end--;
    if (UNLIKELY(begin == end)) {
        *out = (MrString){0};
    } else if (UNLIKELY((*begin | end[-1]) & 0x80)) {
        trim_rare(out, *s);
    } else {
        *out = (MrString){begin, end - begin, s->owner};
        cell_retain(out->owner);
    }
    return false;
}

/* ---- numbers */

bool mr_prim_parse_int(MrContext *context, MrOptionalInt *out, const MrString *s) {
    (void)context;
    int64_t value = 0;
    bool is_some = s->len && int_read(s->data, s->len, &value);
    out->is_some = is_some;
    out->value = is_some ? value : 0;
    return false;
}

bool mr_prim_parse_float(MrContext *context, MrOptionalFloat *out, const MrString *s) {
    (void)context;
    double value = 0;
    bool is_some = s->len && float_read(s->data, s->len, &value);
    out->is_some = is_some;
    out->value = is_some ? value : 0;
    return false;
}
