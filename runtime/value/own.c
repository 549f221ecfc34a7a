/* own.c: dropping, owning and retaining values of any type.
 *
 * Owning and retaining look at the inline parts of a value only (fields of tuples, payloads of optionals): what a list, map or
 * closure holds is owned already. Dropping goes as deep as references end. */
#include "runtime/value/walk.h"

/* Takes a reference to one inline part, or opens it. */
static void own_part(MrContext *context, Walk *walk, void *place, const MrType *type, bool is_copying) {
    if (type->is_flat) return;
    switch (type->kind) {
    case MR_STRING:
        if (is_copying)
            mr_string_own(context, place);
        else
            mr_string_retain(context, place);
        break;
    case MR_LIST:
    case MR_MAP:
    case MR_SET:
    case MR_FUNCTION:
    case MR_FUTURE:
    case MR_BOX: cell_retain(*(MrCell **)place); break;
    default: walk_push(walk, place, type);
    }
}

static void own_parts(MrContext *context, void *value, const MrType *type, bool is_copying) {
    Walk walk;
    char *place;
    walk_start(&walk);
    own_part(context, &walk, value, type, is_copying);
    while (walk.len) {
        const MrType *field;
        if (run_next(walk_top(&walk), &place, &field))
            own_part(context, &walk, place, field, is_copying);
        else
            walk_pop(&walk);
    }
    walk_end(&walk);
}

void mr_own(MrContext *context, void *value, const MrType *type) {
    own_parts(context, value, type, true);
}

void mr_retain(MrContext *context, void *value, const MrType *type) {
    own_parts(context, value, type, false);
}

static void free_cell(MrCell *cell, const MrType *type) {
    switch (type->kind) {
    case MR_LIST: list_free((MrList *)cell); break;
    case MR_MAP:
    case MR_SET: map_free((MrMap *)cell); break;
    default: mr_free(cell);
    }
}

/* Strings that lie `stride` bytes apart. */
static void drop_strings(MrContext *context, char *first, size_t stride, int64_t count) {
    for (int64_t i = 0; i < count; i++) mr_string_drop(context, (MrString *)(first + (size_t)i * stride));
}

/* A list or map whose last reference is gone: lists of strings and tables from strings to numbers need no walk. */
static void drop_content(MrContext *context, Walk *walk, void *place, const MrType *type) {
    const MrType *first = type->fields[0];
    bool is_map = type->kind != MR_LIST, is_rest_flat = !is_map || type->fields[1]->is_flat;
    MrCell *cell = *(MrCell **)place;
    if (!is_rest_flat || (!first->is_flat && first->kind != MR_STRING)) {
        walk_push(walk, place, type);
        return;
    }
    if (first->kind == MR_STRING && is_map) {
        MrMap *map = (MrMap *)cell;
        drop_strings(context, map->entries + map->key_offset, map->stride, map->len);
    } else if (first->kind == MR_STRING) {
        drop_strings(context, ((MrList *)cell)->data, sizeof(MrString), ((MrList *)cell)->len);
    }
    free_cell(cell, type);
}

/* Gives up what one inline part refers to, or opens it. A cell whose last reference goes is freed at the end of its run. */
static void drop_part(MrContext *context, Walk *walk, void *place, const MrType *type) {
    if (type->is_flat) return;
    switch (type->kind) {
    case MR_STRING: mr_string_drop(context, place); break;
    case MR_TUPLE:
    case MR_OPTIONAL: walk_push(walk, place, type); break;
    case MR_LIST:
    case MR_MAP:
    case MR_SET:
        if (cell_release(*(MrCell **)place)) drop_content(context, walk, place, type);
        break;
    case MR_FUTURE: /* its job's values hold no futures, so this does not nest */
        if (cell_release(*(MrCell **)place)) (*(MrFuture **)place)->free(context, *(MrFuture **)place);
        break;
    default:
        if (cell_release(*(MrCell **)place)) walk_push(walk, place, type);
    }
}

/* The cell in the last field of the run: what is above it on the stack and at its end is freed first, so that a long chain goes
 * link by link. */
static void drop_last(MrContext *context, Walk *walk, MrCell *cell, const MrType *type) {
    while (walk->len && run_is_done(walk_top(walk))) {
        const Run *run = walk_top(walk);
        if (run->cell) free_cell(run->cell, run->type);
        walk_pop(walk);
    }
    drop_part(context, walk, &cell, type);
}

void mr_drop(MrContext *context, void *value, const MrType *type) {
    Walk walk;
    char *place;
    walk_start(&walk);
    drop_part(context, &walk, value, type);
    while (walk.len) {
        Run *run = walk_top(&walk);
        const MrType *field;
        if (run_next(run, &place, &field)) {
            bool is_last = run_is_done(run) && field->kind >= MR_LIST;
            if (is_last)
                drop_last(context, &walk, *(MrCell **)place, field);
            else
                drop_part(context, &walk, place, field);
        } else {
            if (run->cell) free_cell(run->cell, run->type);
            walk_pop(&walk);
        }
    }
    walk_end(&walk);
}
