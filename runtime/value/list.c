/* list.c: lists are arrays of unboxed elements behind a counted header. A list with count 1 is changed in place, any other is
 * copied first; capacity doubles, so that pushing n elements costs O(n). Payloads lie on 64-byte boundaries for vector loads; large
 * ones are mapped (payload.h). */
#include "runtime/value/inline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/value/payload.h"

enum { PAYLOAD_ALIGN = 64 };

/* Gives the list zeroed memory for cap elements; never NULL, so that an empty payload has an address too. */
static void list_allot(MrList *list, int64_t cap, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow((size_t)cap, size, &bytes) || bytes > PTRDIFF_MAX) out_of_memory(PTRDIFF_MAX);
    list->cap = cap;
    list->payload = bytes >= PAYLOAD_LEAST ? payload_new(bytes) : NULL;
    list->data = list->payload ? payload_data(list->payload) : xaligned(PAYLOAD_ALIGN, bytes);
}

MrList *list_new(int64_t cap, const MrType *element) {
    MrList *list = mr_alloc(sizeof *list);
    list_allot(list, cap, element->size);
    return list;
}

MrList *list_over(Payload *payload, int64_t len) {
    MrList *list = mr_alloc(sizeof *list);
    list->len = list->cap = len;
    list->payload = payload;
    list->data = payload_data(payload);
    return list;
}

MrList *list_within(Payload *payload, char *data, int64_t len) {
    MrList *list = list_over(payload, len);
    payload_retain(payload);
    list->data = data;
    return list;
}

Payload *list_payload(const MrList *list) {
    return list->payload && list->data == payload_data(list->payload) ? list->payload : NULL;
}

void list_free(MrList *list) {
    if (list->payload)
        payload_release(list->payload);
    else
        free(list->data);
    mr_free(list);
}

/* May it be changed in place? Then nobody else sees what is written there, and nobody is told of it as it was. */
static bool list_claim(const MrList *list) {
    if (!cell_is_unique(&list->cell)) return false;
    if (list->payload && (payload_is_shared(list->payload) || !list_payload(list))) return false;
    if (list->payload) payload_withdraw(list->payload);
    return true;
}

/* Copies `count` elements, which as those of every list are owned, and takes references to what they hold. */
static void elements_copy(char *to, const char *from, int64_t count, const MrType *element) {
    size_t size = element->size;
    if (!count || !size) return;
    memcpy(to, from, (size_t)count * size);
    if (element->is_flat) return;
    for (int64_t i = 0; i < count; i++) mr_retain(NULL, to + (size_t)i * size, element);
}

/* A list of the elements in [first, first + count), which are all there; the empty list is NULL. */
static MrList *list_part(const MrList *list, int64_t first, int64_t count, const MrType *element) {
    if (!count) return NULL;
    MrList *part = list_new(count, element);
    elements_copy(part->data, list->data + first * (int64_t)element->size, count, element);
    part->len = count;
    return part;
}

/* Gives up a reference to a list that others hold, or whose elements, then flat ones, others read. */
static void list_leave(MrList *list, const MrType *element) {
    if (!cell_release(&list->cell)) return;
    assert(element->is_flat);
    (void)element;
    list_free(list);
}

void list_unique(MrList **list, const MrType *element) {
    MrList *shared = *list;
    if (!shared || list_claim(shared)) return;
    *list = list_part(shared, 0, shared->len, element);
    list_leave(shared, element);
}

/* Room for at least `least` elements, and for twice as many as before. The memory that was outgrown is returned, to be freed; where
 * the list has moved in another way, and *x lies in it, *x moves along. */
static char *list_widen(MrList *list, int64_t least, const MrType *element, const void **x) {
    char *old = list->data;
    int64_t cap = list->cap < 4 ? 4 : list->cap > INT64_MAX / 2 ? INT64_MAX : list->cap * 2;
    cap = cap > least ? cap : least;
    size_t used = (size_t)list->len * element->size, bytes;
    if (!list->payload) {
        list_allot(list, cap, element->size);
        memcpy(list->data, old, used);
        return old;
    }
    if (__builtin_mul_overflow((size_t)cap, (size_t)element->size, &bytes) || bytes > PTRDIFF_MAX) out_of_memory(PTRDIFF_MAX);
    uintptr_t offset = x ? (uintptr_t)*x - (uintptr_t)old : used;
    list->payload = payload_grow(list->payload, bytes);
    list->data = payload_data(list->payload);
    list->cap = cap;
    if (offset < used) *x = list->data + offset;
    return NULL;
}

char *list_room(MrList **list, int64_t more, const MrType *element) {
    list_unique(list, element);
    if (!*list) *list = list_new(more, element);
    MrList *grown = *list;
    if (more > grown->cap - grown->len) free(list_widen(grown, grown->len + more, element, NULL));
    return grown->data + grown->len * (int64_t)element->size;
}

/* Makes the list unique, with room for one more element. What is returned is to be freed when *x, which is pushed and may lie in
 * it, has been copied. */
static char *list_grow(MrList **list, const MrType *element, const void **x) {
    list_unique(list, element);
    if (!*list) *list = list_new(4, element);
    MrList *grown = *list;
    return grown->len < grown->cap ? NULL : list_widen(grown, 0, element, x);
}

void list_push_take(MrList **list, void *x, const MrType *element) {
    const void *from = x;
    char *old = list_grow(list, element, &from);
    MrList *grown = *list;
    memcpy(grown->data + grown->len++ * (int64_t)element->size, from, element->size);
    free(old);
}

/* ---- the functions of generated code */

bool mr_list_make(MrContext *context, MrList **out, void *elements, int64_t count, const MrType *type) {
    (void)context;
    const MrType *element = type->fields[0];
    MrList *list = NULL;
    if (count) {
        list = list_new(count, element);
        memcpy(list->data, elements, (size_t)count * element->size);
        list->len = count;
    }
    *out = list;
    return false;
}

bool mr_list_slice(MrContext *context, MrList **out, MrList *list, int64_t first, int64_t count, const MrType *type) {
    int64_t len = list_len(list);
    if (first < 0 || first > len)
        return mr_failf(context, "a slice that starts at index %" PRId64 " is not in a list of %" PRId64 " elements", first, len);
    if (count == MR_OPEN) count = len - first;
    if (count < 0) count = 0;
    if (count > len - first)
        return mr_failf(
            context, "a slice of %" PRId64 " elements from index %" PRId64 " goes past the end of a list of %" PRId64 " elements",
            count, first, len);
    *out = list_part(list, first, count, type->fields[0]);
    return false;
}

bool mr_list_concat(MrContext *context, MrList **out, MrList *left, MrList *right, const MrType *type) {
    (void)context;
    const MrType *element = type->fields[0];
    int64_t left_len = list_len(left), right_len = list_len(right);
    if (!left_len || !right_len) {
        *out = left_len ? left : right_len ? right : NULL;
        if (*out) cell_retain(&(*out)->cell);
        return false;
    }
    MrList *list = list_new(left_len + right_len, element);
    elements_copy(list->data, left->data, left_len, element);
    elements_copy(list->data + left_len * (int64_t)element->size, right->data, right_len, element);
    list->len = left_len + right_len;
    *out = list;
    return false;
}

bool mr_list_extend(MrContext *context, MrList **place, MrList *more, const MrType *type) {
    const MrType *element = type->fields[0];
    MrList *list = *place;
    int64_t len = list_len(list), added = list_len(more);
    if (!added) return false;
    if (!len) {
        cell_retain(&more->cell);
        mr_drop(context, place, type);
        *place = more;
        return false;
    }
    bool is_next = list->payload && list->payload == more->payload && more->data == list->data + len * (int64_t)element->size;
    if (is_next && cell_is_unique(&list->cell)) {
        list->len = list->cap = len + added;
        return false;
    }
    if (list_claim(list)) {
        if (added > list->cap - len) free(list_widen(list, added > INT64_MAX - len ? INT64_MAX : len + added, element, NULL));
    } else {
        *place = list_new(len + added, element);
        elements_copy((*place)->data, list->data, len, element);
        list_leave(list, element);
        list = *place;
    }
    elements_copy(list->data + len * (int64_t)element->size, more->data, added, element);
    list->len = len + added;
    return false;
}

bool mr_list_contains(MrContext *context, MrList *list, const void *x, const MrType *type) {
    const MrType *element = type->fields[0];
    for (int64_t i = 0; i < list_len(list); i++)
        if (mr_equal(context, list->data + i * (int64_t)element->size, x, element)) return true;
    return false;
}

bool mr_list_at(MrContext *context, void **out, MrList **list, int64_t index, const MrType *type) {
    if (index < 0 || index >= list_len(*list)) return mr_fail_index(context, index, list_len(*list));
    list_unique(list, type->fields[0]);
    *out = (*list)->data + index * (int64_t)type->fields[0]->size;
    return false;
}

/* ---- primitives */

bool mr_prim_push(MrContext *context, void *out, MrList **place, const void *x, const MrType *element) {
    (void)out;
    char *old = list_grow(place, element, &x);
    MrList *list = *place;
    char *end = list->data + list->len * (int64_t)element->size;
    memcpy(end, x, element->size);
    mr_own(context, end, element);
    list->len++;
    free(old);
    return false;
}

bool mr_prim_pop(MrContext *context, void *out, MrList **place, const MrType *element) {
    (void)out;
    if (!list_len(*place)) return mr_failf(context, "there is nothing to pop: the list is empty");
    list_unique(place, element);
    MrList *list = *place;
    char *end = list->data + --list->len * (int64_t)element->size;
    mr_drop(context, end, element);
    memset(end, 0, element->size);
    return false;
}

bool mr_prim_insert(MrContext *context, void *out, MrList **place, int64_t i, const void *x, const MrType *element) {
    int64_t len = list_len(*place);
    if (i < 0 || i > len)
        return mr_failf(context,
                        "index %" PRId64 " is no place to insert at in a list of %" PRId64 " elements (0 to %" PRId64 " are)", i,
                        len, len);
    size_t size = element->size;
    /* Pushing twice makes room for the new element at both ends of the move: x may lie in what is moved. */
    mr_prim_push(context, out, place, x, element);
    char *old = list_grow(place, element, NULL);
    MrList *list = *place;
    char *at = list->data + (size_t)i * size, *last = list->data + (size_t)len * size, *spare = last + size;
    if (size) {
        memcpy(spare, last, size);
        memmove(at + size, at, (size_t)(last - at));
        memcpy(at, spare, size);
        memset(spare, 0, size);
    }
    free(old);
    return false;
}

bool mr_prim_reverse(MrContext *context, MrList **out, MrList *const *xs, const MrType *element) {
    (void)context;
    MrList *list = list_part(*xs, 0, list_len(*xs), element);
    size_t size = element->size;
    const MrList *from = *xs;
    for (int64_t i = 0; i < list_len(list); i++)
        memcpy(list->data + (size_t)i * size, from->data + (size_t)(from->len - 1 - i) * size, size);
    *out = list;
    return false;
}

bool mr_prim_sort(MrContext *context, MrList **out, MrList *const *xs, const MrType *element) {
    (void)context;
    const MrList *from = *xs;
    MrList *list = list_part(from, 0, list_len(from), element);
    size_t size = element->size;
    if (list) {
        int64_t *order = xmalloc((size_t)from->len * sizeof *order);
        sort_order(order, from->data, size, from->len, element);
        for (int64_t i = 0; i < list->len; i++) memcpy(list->data + (size_t)i * size, from->data + (size_t)order[i] * size, size);
        free(order);
    }
    *out = list;
    return false;
}
