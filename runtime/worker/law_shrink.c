/* law_shrink.c: from a case that breaks a law to a small one (delta debugging: Zeller and Hildebrandt 2002): first fewer elements,
 * then smaller ones, as long as the law stays broken. */
#include <stdlib.h>
#include <string.h>

#include "runtime/net/link.h"
#include "runtime/value/value.h"
#include "runtime/worker/law_try.h"

/* Cases that are tried at most, and for how many nanoseconds: a case that is not as small as can be is better than a long wait. */
enum { MOST_TRIES = 4000 };
#define MOST_TIME ((uint64_t)4000000000)

typedef struct Shrink {
    Trial *trial;
    Case *c;
    int left; /* tries */
    uint64_t deadline;
} Shrink;

void case_free(const Trial *trial, Case *c) {
    for (size_t p = 0; p < CASE_PARTS; p++) {
        MrList *list = c->parts[p];
        for (int64_t i = 0; i < list_len(list); i++)
            mr_drop(trial->context, list->data + i * (int64_t)trial->law->element->size, trial->law->element);
        if (list) list_free(list);
        c->parts[p] = NULL;
    }
}

/* The list without `count` elements from `first` on. */
static MrList *list_without(const Shrink *shrink, const MrList *list, int64_t first, int64_t count) {
    const MrType *element = shrink->trial->law->element;
    MrList *rest = list_new(list->len - count, element);
    for (int64_t i = 0; i < list->len; i++) {
        if (i >= first && i < first + count) continue;
        char *place = rest->data + rest->len++ * (int64_t)element->size;
        memcpy(place, list->data + i * (int64_t)element->size, element->size);
        mr_retain(shrink->trial->context, place, element);
    }
    return rest;
}

static bool has_time(Shrink *shrink) {
    if (clock_now() > shrink->deadline) shrink->left = 0;
    return shrink->left > 0;
}

/* Puts the list in the place of part p where the law is still broken with it; else gives it up. */
static bool keep_if_broken(Shrink *shrink, size_t p, MrList *list) {
    Case smaller = *shrink->c, old = {{list}};
    smaller.parts[p] = list;
    bool is_broken = has_time(shrink) && law_breaks(shrink->trial, &smaller, NULL);
    shrink->left -= shrink->left > 0;
    if (is_broken) {
        old.parts[0] = shrink->c->parts[p];
        shrink->c->parts[p] = list;
    }
    case_free(shrink->trial, &old);
    return is_broken;
}

/* Large pieces first. A part keeps one element at least. */
static bool leave_out(Shrink *shrink, size_t p) {
    bool is_smaller = false;
    for (int64_t size = shrink->c->parts[p]->len / 2; size > 0; size /= 2) {
        for (int64_t i = 0; i + size <= shrink->c->parts[p]->len && shrink->c->parts[p]->len > size;) {
            if (keep_if_broken(shrink, p, list_without(shrink, shrink->c->parts[p], i, size)))
                is_smaller = true;
            else
                i += size;
        }
    }
    return is_smaller;
}

static bool make_smaller(Shrink *shrink, size_t p, int64_t i) {
    const MrType *element = shrink->trial->law->element;
    bool is_smaller = false;
    for (int64_t way = 0; shrink->left > 0;) {
        MrList *copy = list_without(shrink, shrink->c->parts[p], 0, 0);
        bool is_way = value_smaller(shrink->trial->context, copy->data + i * (int64_t)element->size, element, way);
        bool is_broken = keep_if_broken(shrink, p, copy);
        if (!is_way) break;
        if (is_broken) is_smaller = true;
        way = is_broken ? 0 : way + 1;
    }
    return is_smaller;
}

void law_shrink(Trial *trial, Case *c) {
    Shrink shrink = {.trial = trial, .c = c, .left = MOST_TRIES, .deadline = clock_now() + MOST_TIME};
    uint64_t count = trial->count;
    bool is_smaller = true;
    while (is_smaller && shrink.left > 0) {
        is_smaller = false;
        for (size_t p = 0; p < law_parts(trial->kind); p++) is_smaller |= leave_out(&shrink, p);
        for (size_t p = 0; p < law_parts(trial->kind); p++)
            for (int64_t i = 0; i < c->parts[p]->len; i++) is_smaller |= make_smaller(&shrink, p, i);
    }
    trial->count = count;
}
