/* walk.c: opening runs. */
#include "runtime/value/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void walk_end(Walk *walk) {
    if (walk->runs != walk->few) free(walk->runs);
}

static void walk_grow(Walk *walk) {
    size_t cap = walk->cap * 2;
    Run *runs = xmalloc(cap * sizeof *runs);
    memcpy(runs, walk->runs, walk->len * sizeof *runs);
    walk_end(walk);
    walk->runs = runs;
    walk->cap = cap;
}

static const uint32_t first_offset[] = {0};

Run *walk_push(Walk *walk, const void *value, const MrType *type) {
    if (walk->len == walk->cap) walk_grow(walk);
    Run *run = &walk->runs[walk->len++];
    *run = (Run){.type = type, .fields = type->fields, .offsets = type->offsets, .field_count = type->field_count};
    if (type->kind == MR_TUPLE || type->kind == MR_OPTIONAL) {
        run->base = (char *)value;
        run->count = type->kind == MR_TUPLE || *run->base ? 1 : 0;
        return run;
    }
    MrCell *cell = run->cell = *(MrCell *const *)value;
    if (!cell) return run;
    switch (type->kind) {
    case MR_LIST: {
        const MrList *list = (MrList *)cell;
        run->base = list->data;
        run->offsets = first_offset;
        run->stride = type->fields[0]->size;
        run->count = list->len;
        break;
    }
    case MR_MAP:
    case MR_SET: {
        const MrMap *map = (MrMap *)cell;
        run->base = map->entries;
        run->stride = type->stride;
        run->field_count = type->kind == MR_MAP ? 2 : 1;
        run->count = map->len;
        break;
    }
    case MR_BOX: { /* a box and what is in it are one run */
        const MrType *content = type->fields[0];
        run->base = ((MrBox *)cell)->content;
        run->fields = content->fields;
        run->offsets = content->offsets;
        run->field_count = content->field_count;
        run->count = 1;
        break;
    }
    default: {
        MrClosure *closure = (MrClosure *)cell;
        const MrType *env = closure->function->env;
        run->base = closure->env;
        run->fields = env->fields;
        run->offsets = env->offsets;
        run->field_count = env->field_count;
        run->count = 1;
    }
    }
    return run;
}
