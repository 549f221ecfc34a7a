/* stacks.h: one table for the elements of many chunks, in which each key's states still meet as the tree of chunks says.
 *
 * A reducer whose result depends on the order of its elements has a state for each key and chunk; of neighbouring chunks these are
 * merged along a binary tree. To make a table for each chunk and merge whole tables would take longer than adding the elements. So
 * the chunks of a node of the tree go into one table: each entry has the state of the chunk that it was last seen in, and a stack
 * of states of chunks before that. When the key is seen in another chunk, those states are merged that lie in a node without it;
 * the others wait. So each state meets the same others in the same order as it would have done in tables of their own: a merge of
 * chunks a and b happens before one of b and c if and only if a smaller node holds a and b than b and c.
 *
 * All of it belongs to one thread. */
#ifndef RUNTIME_VALUE_STACKS_H
#define RUNTIME_VALUE_STACKS_H

#include "runtime/value/map.h"

/* What a table's entries hold. Chunks go by their numbers in the node, plus STACKS_FIRST, which tells them from none at all. What a
 * stack's top is of is known without a look at it, which would cost a miss in the cache. */
typedef struct StackEntry {
    uint16_t chunk, top_chunk; /* of the state, and of the piece on top */
    uint32_t top;              /* 0, or 1 more than the number of the piece on top */
    char state[];
} StackEntry;

/* A state that waits. */
typedef struct StackPiece {
    uint32_t below; /* 0, or 1 more than the number of the piece below */
    uint32_t below_chunk;
    char state[];
} StackPiece;

typedef struct Stacks {
    MrStacks head;
    const MrType *type; /* of the table: from keys to pairs of an int and a state */
    MrMerge *merge;
    const void *captures;
    uint16_t chunk;  /* the one that is being added */
    bool has_failed; /* merging two states has: what is in here is not the result */
    char *pieces;
    size_t piece_size;
    uint32_t piece_count, piece_cap;
    uint32_t *free; /* the pieces of which nothing is needed any more, beside them so that nobody has to wait for their memory */
    uint32_t free_count;
} Stacks;
enum { STACKS_FIRST = 1 << 15, STACKS_CHUNKS = 1 << 14 }; /* a node has STACKS_CHUNKS at most */

void stacks_init(Stacks *stacks, const MrType *type, MrMerge *merge, const void *captures); /* MR_AHEAD elements may wait */

static inline StackPiece *stack_piece(const Stacks *stacks, uint32_t number) { /* from 1 */
    return (StackPiece *)(void *)(stacks->pieces + (number - 1) * stacks->piece_size);
}

/* Is the smallest node that holds chunks a and b smaller than that of b and c? Only the highest bits that differ count. */
static inline bool stack_is_lower(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t left = a ^ b, right = b ^ c;
    return left < right && left < (left ^ right);
}

/* An entry's state goes onto its stack, as far as it is not merged with what is there; the entry is then zero but for the stack. */
void stacks_turn(MrContext *context, Stacks *stacks, StackEntry *entry);

/* The table from keys to states, of type `type`: the value of the node whose chunks were added. The stacks are empty afterwards.
 * True: merging two states failed, at whichever chunk; there is then no table, nor an error in the context. */
bool stacks_finish(MrContext *context, Stacks *stacks, MrMap **out, const MrType *type);

void stacks_drop(MrContext *context, Stacks *stacks); /* without a result; all-zero afterwards */

#endif
