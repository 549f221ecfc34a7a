/* tree.h: the binary tree over chunk numbers, and the bag of its nodes that a reduction keeps.
 *
 * A job has chunks 0 … n-1. Node (level, index) covers the chunks from index·2^level to (index+1)·2^level, clipped to n. The tree
 * depends on n alone, and a node's value on its place alone: so any two ways to compute a node give the same value, bit for bit.
 * A node whose right half lies past the end is its left half: no combine happens there, and both names mean the same value.
 *
 * A Bag holds the partial results that a worker (or the root, or a plain loop over all chunks) has at one time. Chunks may come in
 * any order. Siblings are combined as soon as both are there, left before right, until nothing more combines; pushing the chunks in
 * order therefore needs memory for log2(n) values. When all n chunks have come, the bag is exactly one node: the top.
 *
 * Values are opaque: 64 bits, a pointer or an index of the owner's. VALUE_NONE is the value of a chunk without elements: combined
 * with x it gives x, without a call of `combine`.
 *
 * In a job marked exact-commutative the order does not matter, and a bag is one value and the set of chunks that it covers.
 *
 * Errors and early stops are values. A frame that holds an error, or after which no chunk is needed (first, any, all), absorbs what
 * stands to its right: `combine` must then return the left frame and drop the right one. With the chunks past the limit taken for
 * VALUE_NONE this makes the result the same whichever of the needless chunks happened to be computed. (In an exact-commutative bag
 * there is no left: `combine` keeps, of two frames that end, the one that ends at the earlier chunk.)
 *
 * A bag belongs to one thread. */
#ifndef RUNTIME_SCHED_TREE_H
#define RUNTIME_SCHED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/sched/ranges.h"

typedef struct TreeNode {
    uint64_t index;
    uint32_t level;
} TreeNode;

unsigned tree_height(uint64_t n);           /* the level of the top: the least L with 2^L ≥ n; 0 for n = 0 and 1 */
Range tree_span(TreeNode node, uint64_t n); /* the chunks that it covers; count 0 when it lies past the end */
TreeNode tree_canonical(TreeNode node,
                        uint64_t n); /* the highest name of the same value: upwards while the right sibling is past the end */

/* The maximal node that starts at `first` and stays within [first, first+count): walk a range with it.
 *     for (Range r = …; r.count;) { TreeNode t = tree_first(r, n); use(t); Range s = tree_span(t, n); r.first += s.count, r.count
 * -= s.count; } */
TreeNode tree_first(Range range, uint64_t n);

typedef uint64_t BagValue;
#define VALUE_NONE ((BagValue)0)

typedef struct BagOps {
    /* Consumes `left` and `right` (neither is VALUE_NONE) and stores the value of `node` in *out. false when combining failed with
     * an error of the program: *out must then be a frame that holds the error (see above), and the bag goes on with it. */
    bool (*combine)(void *context, TreeNode node, BagValue left, BagValue right, BagValue *out);
    void (*drop)(void *context, BagValue value); /* consumes a value that is not needed; never VALUE_NONE */
    void *context;
} BagOps;

typedef struct BagNode {
    TreeNode node; /* canonical */
    BagValue value;
} BagNode;

typedef struct Bag {
    uint64_t n;
    bool commutative;
    BagOps ops;
    BagNode *nodes; /* ordered by first chunk, maximal, no two siblings; in a commutative bag none */
    size_t len, cap;
    BagValue value;    /* of a commutative bag; VALUE_NONE at first */
    RangeSet covered;  /* of a commutative bag */
    uint64_t combines; /* calls of `combine` so far */
    int64_t failed;    /* the last chunk of the earliest node whose combine failed, or -1 */
} Bag;

void bag_init(Bag *bag, uint64_t n, bool commutative, BagOps ops);
void bag_free(Bag *bag); /* drops what it holds */

/* Puts a node's value in, and consumes it. What the bag has already (a repeated or re-run chunk) is dropped: both copies are equal.
 * false when a combine failed, whose error the bag now holds. The node must lie in the tree. In a commutative bag a node may not
 * cover only some chunks that are there already: its value could not be taken apart, and it is dropped. */
bool bag_insert(Bag *bag, TreeNode node, BagValue value);
/* Where the value of the node's left sibling lies, to be changed into that of their parent; NULL: it is no right half, or its
 * sibling has no value here. bag_grow then takes the sibling for the parent. */
BagValue *bag_left_of(Bag *bag, TreeNode node);
bool bag_grow(Bag *bag, TreeNode node); /* false when a combine failed */

bool bag_push(Bag *bag, uint64_t chunk, BagValue value); /* a leaf */

/* For a commutative bag whose owner folded these chunks into bag->value itself, or merges another bag's value: the chunks are
 * marked as covered and `value` (VALUE_NONE: it is in bag->value already) is combined. False as above; dropped when a chunk was
 * there. */
bool bag_cover(Bag *bag, uint64_t first, uint64_t count, BagValue value);

bool bag_covers(const Bag *bag, uint64_t first, uint64_t count);
size_t bag_count(const Bag *bag); /* how many values it holds, at most: nodes, or 1 for a commutative bag that covers something */

/* Moves everything out of `from` (same n and kind; it is empty then) into `bag`. False when a combine failed. */
bool bag_merge(Bag *bag, Bag *from);

/* Ends the job: chunks from `limit` on that are not there count as empty. Returns the value of the top, which the caller owns, in
 * *out (VALUE_NONE when no chunk had a value) and leaves the bag empty (bag_free is still needed). False, and nothing changes, when
 * a chunk before `limit` is missing. A combine that fails here shows in bag->failed. */
bool bag_finish(Bag *bag, uint64_t limit, BagValue *out);

#endif
