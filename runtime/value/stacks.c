/* stacks.c: what happens to a key's states between chunks. */
#include "runtime/value/stacks.h"

#include <stdlib.h>

#include "base/arena.h"

enum { FIRST_PIECES = 64 };

static const MrType *state_type(const Stacks *stacks) {
    return stacks->type->fields[1]->fields[1];
}

void stacks_init(Stacks *stacks, const MrType *type, MrMerge *merge, const void *captures) {
    *stacks = (Stacks){.head.ahead = MR_AHEAD, .type = type, .merge = merge, .captures = captures, .chunk = STACKS_FIRST};
    stacks->piece_size = align_up(sizeof(StackPiece) + state_type(stacks)->size, sizeof(uint64_t));
}

/* The number of a piece of which nothing is set, from 1. */
static uint32_t piece_new(Stacks *stacks) {
    if (stacks->free_count) return stacks->free[--stacks->free_count];
    if (stacks->piece_count == stacks->piece_cap) {
        stacks->piece_cap = stacks->piece_cap ? 2 * stacks->piece_cap : FIRST_PIECES;
        stacks->pieces = xrealloc(stacks->pieces, stacks->piece_cap * stacks->piece_size);
        stacks->free = xrealloc(stacks->free, stacks->piece_cap * sizeof *stacks->free);
    }
    return ++stacks->piece_count;
}

/* state = merge(the state on top of the stack, state) */
static void merge_top(MrContext *context, Stacks *stacks, StackEntry *entry) {
    StackPiece *piece = stack_piece(stacks, entry->top);
    size_t size = state_type(stacks)->size;
    if (stacks->merge(context, stacks->captures, piece->state, entry->state)) {
        mr_error_clear(&context->error);
        stacks->has_failed = true;
        memset(entry->state, 0, size);
    } else {
        memcpy(entry->state, piece->state, size);
    }
    uint32_t number = entry->top;
    entry->top = piece->below;
    entry->top_chunk = (uint16_t)piece->below_chunk;
    stacks->free[stacks->free_count++] = number;
}

void stacks_turn(MrContext *context, Stacks *stacks, StackEntry *entry) {
    while (entry->top && stack_is_lower(entry->top_chunk, entry->chunk, stacks->chunk)) merge_top(context, stacks, entry);
    uint32_t number = piece_new(stacks);
    StackPiece *piece = stack_piece(stacks, number);
    size_t size = state_type(stacks)->size;
    piece->below = entry->top;
    piece->below_chunk = entry->top_chunk;
    memcpy(piece->state, entry->state, size);
    memset(entry->state, 0, size);
    entry->top = number;
    entry->top_chunk = entry->chunk;
}

static StackEntry *entry_of(const MrMap *map, int64_t number) {
    return (StackEntry *)(void *)(map_entry(map, number) + map->value_offset);
}

bool stacks_finish(MrContext *context, Stacks *stacks, MrMap **out, const MrType *type) {
    MrMap *map = stacks->head.map;
    for (int64_t i = 0; map && i < map->len && !stacks->has_failed; i++) {
        StackEntry *entry = entry_of(map, i);
        while (entry->top) merge_top(context, stacks, entry);
    }
    *out = NULL;
    bool has_failed = stacks->has_failed;
    if (map && !has_failed) {
        MrMap *states = map_like(map, type->fields[0], type->fields[1]);
        for (int64_t i = 0; i < map->len; i++) {
            const char *entry = map_entry(map, i);
            char *to = map_entry(states, states->len++);
            memcpy(to, entry, map->value_offset); /* the hash and the key */
            memcpy(to + states->value_offset, entry_of(map, i)->state, states->value->size);
        }
        StringPool pool = states->pool; /* the keys have moved, and their blocks with them */
        states->pool = map->pool;
        map->pool = pool;
        *out = states;
        map_free(map);
        stacks->head.map = NULL;
    }
    stacks_drop(context, stacks);
    return has_failed;
}

void stacks_drop(MrContext *context, Stacks *stacks) {
    const MrType *state = state_type(stacks);
    for (int64_t i = 0; stacks->head.map && i < stacks->head.map->len && !state->is_flat; i++) {
        uint32_t number = entry_of(stacks->head.map, i)->top;
        for (; number; number = stack_piece(stacks, number)->below) mr_drop(context, stack_piece(stacks, number)->state, state);
    }
    mr_drop(context, &stacks->head.map, stacks->type);
    free(stacks->pieces);
    free(stacks->free);
    *stacks = (Stacks){0};
}
