/* merge.c: combining the values of two maps key by key, and finishing them: what a keyed reduction does with its partial results.
 *
 * Each key's values meet exactly once, left before right, whatever the order of keys in memory, so that the result does not depend
 * on it. Neither do the error and what is printed: it is as if the keys had been merged in ascending order up to the first that
 * failed. */
#include "runtime/value/front.h"

#include <stdlib.h>

#include "base/arena.h"

/* What the merge of one key's values printed: where it lies in the context's output. */
typedef struct Printed {
    int64_t number; /* of the key, in the kept map */
    size_t from, len;
} Printed;

typedef struct Merging {
    MrContext *context;
    MrMap *kept;        /* the larger map, which takes in the other */
    bool is_kept_right; /* it is the right one */
    MrMerge *merge;
    const void *captures;
    int64_t failed;   /* the number of the smallest key that failed, in the kept map; -1: none */
    MrError error;    /* its error */
    Printed *printed; /* in the order of merging */
    size_t printed_count, printed_cap;
} Merging;

static const char *key_of(const MrMap *map, int64_t number) {
    return map_entry(map, number) + map->key_offset;
}

static void merging_fail(Merging *merging, int64_t number) {
    MrMap *map = merging->kept;
    MrError *error = &merging->context->error;
    if (merging->failed < 0 || mr_compare(merging->context, key_of(map, number), key_of(map, merging->failed), map->key) < 0) {
        mr_error_clear(&merging->error);
        merging->error = *error;
        merging->failed = number;
    } else {
        mr_error_clear(error);
    }
    *error = (MrError){0};
}

static void note_printed(Merging *merging, int64_t number, size_t from) {
    if (merging->context->out_len <= from) return;
    if (merging->printed_count == merging->printed_cap) {
        merging->printed_cap = merging->printed_cap ? 2 * merging->printed_cap : 16;
        merging->printed = xrealloc(merging->printed, merging->printed_cap * sizeof *merging->printed);
    }
    merging->printed[merging->printed_count++] = (Printed){number, from, merging->context->out_len - from};
}

static int compare_printed(const void *a, const void *b, void *data) {
    const Merging *merging = data;
    const MrMap *map = merging->kept;
    const Printed *one = a, *other = b;
    return mr_compare(merging->context, key_of(map, one->number), key_of(map, other->number), map->key);
}

/* Puts what was printed into the order of the keys, without that of the keys after the one that failed. */
static void order_printed(Merging *merging) {
    if (merging->printed_count == 0) return;
    MrContext *context = merging->context;
    size_t from = merging->printed[0].from, len = context->out_len - from;
    char *text = xmalloc(len);
    memcpy(text, context->out + from, len);
    context->out_len = from;
    qsort_r(merging->printed, merging->printed_count, sizeof *merging->printed, compare_printed, merging);
    Printed failed = {.number = merging->failed};
    for (size_t i = 0; i < merging->printed_count; i++) {
        const Printed *printed = &merging->printed[i];
        if (merging->failed >= 0 && compare_printed(printed, &failed, merging) > 0) break;
        memcpy(context->out + context->out_len, text + (printed->from - from), printed->len);
        context->out_len += printed->len;
    }
    free(text);
    free(merging->printed);
}

/* Both maps have this key: the two values become one, in the kept map. */
static void merge_values(Merging *merging, char *kept_entry, char *entry) {
    MrMap *map = merging->kept;
    int64_t number = (kept_entry - map->entries) / map->stride;
    size_t printed = merging->context->out_len;
    char *kept = kept_entry + map->value_offset, *other = entry + map->value_offset;
    char *left = merging->is_kept_right ? other : kept, *right = merging->is_kept_right ? kept : other;
    bool has_failed = merging->merge(merging->context, merging->captures, left, right);
    if (has_failed)
        memset(kept, 0, map->value->size);
    else if (left != kept)
        memcpy(kept, left, map->value->size);
    mr_drop(merging->context, entry + map->key_offset, map->key);
    note_printed(merging, number, printed);
    if (has_failed) merging_fail(merging, number);
}

/* Tables are larger than caches. Has memory bring in what the entries to come will be looked up in: a slot first, what it names
 * some entries later, and then the bytes of the key there. */
enum { SLOTS_AHEAD = 24, ENTRIES_AHEAD = 12, KEYS_AHEAD = 6 };

static char *entry_named(const MrMap *map, const MrMap *other, int64_t i) {
    uint64_t slot = map->slots[load64(map_entry(other, i)) & map->mask];
    return slot ? map_entry(map, (int64_t)(slot & MAP_NUMBER) - 1) : NULL;
}

static void prefetch(const MrMap *map, const MrMap *other, int64_t i) {
    if (i + SLOTS_AHEAD >= other->len) return;
    __builtin_prefetch(&map->slots[load64(map_entry(other, i + SLOTS_AHEAD)) & map->mask]);
    const char *entry = entry_named(map, other, i + ENTRIES_AHEAD), *near = entry_named(map, other, i + KEYS_AHEAD);
    if (entry) __builtin_prefetch(entry);
    if (near && map->key->kind == MR_STRING) __builtin_prefetch(((const MrString *)(near + map->key_offset))->data);
}

static bool merge_entries(Merging *merging, MrMap *other, const MrType *type) {
    for (int64_t i = 0; i < other->len; i++) {
        prefetch(merging->kept, other, i);
        char *entry = map_entry(other, i), *key = entry + other->key_offset;
        uint64_t hash = load64(entry);
        MapKey sought = map_key_hashed(key, hash, type->fields[0]);
        char *kept = map_lookup(merging->kept, &sought, type);
        if (kept)
            merge_values(merging, kept, entry);
        else
            memcpy(map_insert_take(merging->kept, key, hash), entry + other->value_offset, other->value->size);
    }
    map_free(other); /* all that it held is elsewhere */
    return merging->failed >= 0;
}

bool mr_map_merge(MrContext *context, MrMap **left, MrMap *right, const MrType *type, MrMerge *merge, const void *captures) {
    if (!mr_map_len(context, right) || !mr_map_len(context, *left)) {
        if (mr_map_len(context, right)) {
            MrMap *empty = *left;
            *left = right;
            right = empty;
        }
        mr_drop(context, &right, type);
        return false;
    }
    front_settle(*left);
    front_settle(right);
    map_unique(left);
    map_unique(&right);
    bool is_kept_right = right->len > (*left)->len;
    Merging merging = {.context = context,
                       .kept = is_kept_right ? right : *left,
                       .is_kept_right = is_kept_right,
                       .merge = merge,
                       .captures = captures,
                       .failed = -1};
    bool has_failed = merge_entries(&merging, is_kept_right ? *left : right, type);
    order_printed(&merging);
    *left = merging.kept;
    if (has_failed) {
        context->error = merging.error;
        mr_drop(context, left, type);
        *left = NULL;
    }
    return has_failed;
}

bool mr_map_finish(MrContext *context, MrMap **out, MrMap *in, const MrType *in_type, const MrType *out_type, MrFinish *finish,
                   const void *captures) {
    bool has_failed = false;
    MrMap *map = NULL;
    front_settle(in);
    if (mr_map_len(context, in)) {
        map_unique(&in);
        mr_map_sorted(context, in, in_type);
        map = map_like(in, out_type->fields[0], out_type->fields[1]);
    }
    /* What is moved out is zeroed, so that both maps can be dropped whole when a value fails. */
    for (int64_t i = 0; i < mr_map_len(context, in) && !has_failed; i++) {
        char *entry = map_entry(in, i), *key = entry + in->key_offset, *state = entry + in->value_offset;
        char *to = map_entry(map, map->len++);
        memcpy(to, entry, sizeof(uint64_t));
        memcpy(to + map->key_offset, key, in->key->size);
        memset(key, 0, in->key->size);
        has_failed = finish(context, captures, state, true, to + map->value_offset);
        memset(state, 0, in->value->size);
    }
    mr_drop(context, &in, in_type);
    if (has_failed) mr_drop(context, &map, out_type);
    *out = has_failed ? NULL : map;
    return has_failed;
}

/* Exact sums print nothing on their way and are told apart by their keys, so that the entries may stay in the order in which they
 * lie. */
bool mr_map_finish_sums(MrContext *context, MrMap **out, MrMap *in, const MrType *in_type, const MrType *out_type) {
    *out = NULL;
    if (!mr_map_len(context, in)) {
        mr_drop(context, &in, in_type);
        return false;
    }
    front_settle(in);
    map_unique(&in);
    int64_t failed = -1;
    MrMap *map = map_like(in, out_type->fields[0], out_type->fields[1]);
    for (int64_t i = 0; i < in->len; i++) {
        const char *entry = map_entry(in, i), *key = entry + in->key_offset;
        int64_t sum[2];
        memcpy(sum, entry + in->value_offset, sizeof sum);
        bool fits = sum[1] == (sum[0] < 0 ? -1 : 0);
        if (!fits && (failed < 0 || mr_compare(context, key, map_entry(in, failed) + in->key_offset, in->key) < 0)) failed = i;
        char *to = map_entry(map, map->len++);
        memcpy(to, entry, sizeof(uint64_t));
        memcpy(to + map->key_offset, key, in->key->size);
        memcpy(to + map->value_offset, &sum[0], sizeof sum[0]);
    }
    StringPool pool = in->pool; /* the keys have moved, and their blocks with them */
    in->pool = map->pool;
    map->pool = pool;
    int64_t sum[2] = {0};
    if (failed >= 0) memcpy(sum, map_entry(in, failed) + in->value_offset, sizeof sum);
    map_free(in);
    if (failed < 0) {
        *out = map;
        return false;
    }
    mr_drop(context, &map, out_type);
    return mr_fail_sum(context, sum[0], sum[1]);
}
