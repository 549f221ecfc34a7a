/* smaller.c: values that are like another one, but smaller: fewer elements, shorter texts, numbers that are nearer to zero or
 * round. They are what counterexamples are shrunk to. Each way leads downwards, so that going on while there is one comes to an
 * end. */
#include <math.h>

#include "runtime/value/inline.h"
#include "runtime/value/map.h"

/* Of how many elements the single ones are left out or made smaller; how many cells of a recursive type are entered. */
enum { MOST_ELEMENTS = 12, MOST_CELLS = 6 };

typedef struct Ways {
    MrContext *context;
    int64_t left; /* ways before the one that is meant: counted down as they are met */
    int cells;    /* that may still be entered */
} Ways;

static bool is_meant(Ways *ways) {
    return ways->left-- == 0;
}

static bool set_int(int64_t *x, int64_t value) {
    *x = value;
    return true;
}

static bool set_float(double *x, double value) {
    *x = value;
    return true;
}

static bool smaller_int(int64_t *x, Ways *ways) {
    int64_t old = *x;
    if (old == 0) return false;
    int64_t towards = old > 0 ? -1 : 1;
    if (is_meant(ways)) return set_int(x, 0);
    if (old != 1 && old != -1 && is_meant(ways)) return set_int(x, 1);
    if (old < 0 && old != INT64_MIN && is_meant(ways)) return set_int(x, -old);
    if ((old > 3 || old < -3) && is_meant(ways)) return set_int(x, old / 2);
    if ((old > 1 || old < -1) && is_meant(ways)) return set_int(x, old + towards);
    return false;
}

/* First round, then near zero: a fraction is never the way to a smaller number. */
static bool smaller_float(double *x, Ways *ways) {
    double old = *x, whole = trunc(old);
    if (old == 0.0 && !signbit(old)) return false;
    if (is_meant(ways)) return set_float(x, 0.0);
    if (old == 1.0) return false;
    if (is_meant(ways)) return set_float(x, 1.0);
    if (!isfinite(old)) return false;
    if (old < 0.0 && is_meant(ways)) return set_float(x, -old);
    if (whole != old && is_meant(ways)) return set_float(x, whole);
    if (whole != old || fabs(old) <= 1.0) return false;
    if (fabs(old) > 3.0 && is_meant(ways)) return set_float(x, trunc(old / 2.0));
    if (fabs(old) < 1e6 && is_meant(ways)) return set_float(x, old > 0.0 ? old - 1.0 : old + 1.0);
    return false;
}

static int64_t first_character(const MrString *string) {
    int64_t len = 1;
    while (len < string->len && ((unsigned char)string->data[len] & 0xc0) == 0x80) len++;
    return len;
}

static int64_t character_before(const MrString *string, int64_t at) {
    do at--;
    while (at > 0 && ((unsigned char)string->data[at] & 0xc0) == 0x80);
    return at;
}

static bool smaller_string(MrString *string, Ways *ways) {
    int64_t len = string->len, from = 0, to = len;
    if (len == 0) return false;
    if (is_meant(ways)) {
        to = 0;
    } else if (len > 3 && is_meant(ways)) {
        to = character_before(string, len / 2 + 1);
    } else if (len > 3 && is_meant(ways)) {
        from = character_before(string, len / 2 + 1);
    } else if (is_meant(ways)) {
        from = first_character(string);
    } else if (is_meant(ways)) {
        to = character_before(string, len);
    } else {
        return false;
    }
    MrString part = string_new(string->data + from, to > from ? to - from : 0);
    mr_drop(ways->context, string, &type_string);
    *string = part;
    return true;
}

static bool smaller_part(void *place, const MrType *type, Ways *ways);

/* The list without `count` elements from `first` on. */
static bool list_without(MrContext *context, MrList **place, int64_t first, int64_t count, const MrType *type) {
    MrList *head = NULL, *tail = NULL, *both = NULL;
    bool failed = mr_list_slice(context, &head, *place, 0, first, type) ||
                  mr_list_slice(context, &tail, *place, first + count, MR_OPEN, type) ||
                  mr_list_concat(context, &both, head, tail, type);
    mr_drop(context, &head, type);
    mr_drop(context, &tail, type);
    if (failed) return false;
    mr_drop(context, place, type);
    *place = both;
    return true;
}

static bool smaller_list(MrList **place, const MrType *type, Ways *ways) {
    const MrType *element = type->fields[0];
    int64_t len = list_len(*place);
    if (len == 0) return false;
    if (len > 3 && is_meant(ways)) return list_without(ways->context, place, 0, len / 2, type);
    if (len > 3 && is_meant(ways)) return list_without(ways->context, place, len / 2, len - len / 2, type);
    for (int64_t i = 0; i < len && i < MOST_ELEMENTS; i++)
        if (is_meant(ways)) return list_without(ways->context, place, i, 1, type);
    list_unique(place, element);
    for (int64_t i = 0; i < len && i < MOST_ELEMENTS; i++)
        if (smaller_part((*place)->data + i * (int64_t)element->size, element, ways)) return true;
    return false;
}

static bool smaller_map(MrMap **place, const MrType *type, Ways *ways) {
    int64_t len = mr_map_len(ways->context, *place);
    for (int64_t i = 0; i < len && i < MOST_ELEMENTS; i++) {
        if (!is_meant(ways)) continue;
        map_unique(place);
        const char *entries = mr_map_sorted(ways->context, *place, type);
        return !mr_prim_remove(ways->context, NULL, place, entries + i * (int64_t)type->stride + type->offsets[0], type,
                               type->fields[0]);
    }
    return false;
}

/* A declared type keeps its constructor, whose fields are the only ones that are not zero. */
static bool smaller_tuple(char *place, const MrType *type, Ways *ways) {
    for (uint32_t i = type->data && type->data->has_tag ? 1 : 0; i < type->field_count; i++)
        if (smaller_part(place + type->offsets[i], type->fields[i], ways)) return true;
    return false;
}

static bool smaller_optional(char *place, const MrType *type, Ways *ways) {
    if (!*place) return false;
    if (!is_meant(ways)) return smaller_part(place + type->offsets[0], type->fields[0], ways);
    mr_drop(ways->context, place, type);
    memset(place, 0, type->size);
    return true;
}

static bool smaller_box(MrBox **place, const MrType *type, Ways *ways) {
    if (ways->cells == 0 || !*place) return false; /* a field that the constructor does not have */
    ways->cells--;
    bool is_smaller = smaller_tuple(mr_box_at(ways->context, place, type), type->fields[0], ways);
    ways->cells++;
    return is_smaller;
}

/* Ranges and functions stay as they are. */
static bool smaller_part(void *place, const MrType *type, Ways *ways) {
    switch (type->kind) {
    case MR_INT: return smaller_int(place, ways);
    case MR_FLOAT: return smaller_float(place, ways);
    case MR_BOOL:
        if (!*(uint8_t *)place || !is_meant(ways)) return false;
        *(uint8_t *)place = 0;
        return true;
    case MR_STRING: return smaller_string(place, ways);
    case MR_TUPLE: return smaller_tuple(place, type, ways);
    case MR_OPTIONAL: return smaller_optional(place, type, ways);
    case MR_LIST: return smaller_list(place, type, ways);
    case MR_MAP:
    case MR_SET: return smaller_map(place, type, ways);
    case MR_BOX: return smaller_box(place, type, ways);
    default: return false;
    }
}

bool value_smaller(MrContext *context, void *place, const MrType *type, int64_t which) {
    Ways ways = {.context = context, .left = which, .cells = MOST_CELLS};
    return smaller_part(place, type, &ways);
}
