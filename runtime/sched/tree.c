/* tree.c: node arithmetic, and bags of nodes that are kept maximal. The nodes of a bag are an array ordered by first chunk: when
 * chunks come in order it never has more than log2(n) entries, and a bag of a worker has that many for each range it was given. */
#include "runtime/sched/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* ---- nodes */
unsigned tree_height(uint64_t n) {
    unsigned level = 0;
    while (level < 63 && ((uint64_t)1 << level) < n) level++;
    return level;
}

Range tree_span(TreeNode node, uint64_t n) {
    uint64_t first = node.index << node.level, size = (uint64_t)1 << node.level;
    if (first >= n) return (Range){n, 0};
    return (Range){first, n - first < size ? n - first : size};
}

TreeNode tree_canonical(TreeNode node, uint64_t n) {
    unsigned height = tree_height(n);
    while (node.level < height && node.index % 2 == 0 && (node.index + 1) << node.level >= n) {
        node.level++;
        node.index /= 2;
    }
    return node;
}

TreeNode tree_first(Range range, uint64_t n) {
    TreeNode node = {.index = range.first};
    uint64_t end = range.first + range.count;
    /* The parent will do when this node is its left half and its right half is in the range or past the end. */
    while (node.level < tree_height(n) && node.index % 2 == 0) {
        TreeNode parent = {.index = node.index / 2, .level = node.level + 1};
        Range span = tree_span(parent, n);
        if (span.first + span.count > end) break;
        node = parent;
    }
    return node;
}

static bool tree_same(TreeNode a, TreeNode b) {
    return a.level == b.level && a.index == b.index;
}

/* ---- bags */
void bag_init(Bag *bag, uint64_t n, bool commutative, BagOps ops) {
    *bag = (Bag){.n = n, .commutative = commutative, .ops = ops, .failed = -1};
}

static void bag_drop(const Bag *bag, BagValue value) {
    if (value != VALUE_NONE) bag->ops.drop(bag->ops.context, value);
}

void bag_free(Bag *bag) {
    for (size_t i = 0; i < bag->len; i++) bag_drop(bag, bag->nodes[i].value);
    bag_drop(bag, bag->value);
    free(bag->nodes);
    ranges_free(&bag->covered);
    bag_init(bag, bag->n, bag->commutative, bag->ops);
}

/* Combines two values, of which either may be none. False when the program's combine failed; *out then holds the error's frame. */
static bool bag_combine(Bag *bag, TreeNode node, int64_t last_chunk, BagValue left, BagValue right, BagValue *out) {
    if (left == VALUE_NONE || right == VALUE_NONE) {
        *out = left == VALUE_NONE ? right : left;
        return true;
    }
    bag->combines++;
    if (bag->ops.combine(bag->ops.context, node, left, right, out)) return true;
    if (bag->failed < 0 || last_chunk < bag->failed) bag->failed = last_chunk;
    return false;
}

/* The position of the first node that ends after `chunk`. */
static size_t bag_find(const Bag *bag, uint64_t chunk) {
    size_t low = 0, high = bag->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        Range span = tree_span(bag->nodes[middle].node, bag->n);
        if (span.first + span.count > chunk)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void bag_remove(Bag *bag, size_t at, size_t count) {
    if (count == 0) return;
    memmove(bag->nodes + at, bag->nodes + at + count, (bag->len - at - count) * sizeof *bag->nodes);
    bag->len -= count;
}

static void bag_store(Bag *bag, size_t at, BagNode node) {
    if (bag->len == bag->cap) {
        bag->cap = bag->cap ? 2 * bag->cap : 8;
        bag->nodes = xrealloc(bag->nodes, bag->cap * sizeof *bag->nodes);
    }
    memmove(bag->nodes + at + 1, bag->nodes + at, (bag->len - at) * sizeof *bag->nodes);
    bag->nodes[at] = node;
    bag->len++;
}

bool bag_insert(Bag *bag, TreeNode place, BagValue value) {
    Range span = tree_span(place, bag->n);
    assert(span.count > 0);
    if (bag->commutative) return bag_cover(bag, span.first, span.count, value);

    size_t at = bag_find(bag, span.first), past = at;
    if (at < bag->len) {
        Range there = tree_span(bag->nodes[at].node, bag->n);
        if (there.first <= span.first && there.first + there.count >= span.first + span.count) {
            bag_drop(bag, value);
            return true;
        }
    }
    /* What lies inside the new node was computed twice, and the larger node makes the smaller ones needless. */
    while (past < bag->len && tree_span(bag->nodes[past].node, bag->n).first < span.first + span.count)
        bag_drop(bag, bag->nodes[past++].value);
    bag_remove(bag, at, past - at);

    bool good = true;
    BagNode node = {tree_canonical(place, bag->n), value};
    for (unsigned height = tree_height(bag->n); node.node.level < height;) {
        bool is_left = node.node.index % 2 == 0;
        TreeNode sibling = {.index = node.node.index ^ 1, .level = node.node.level};
        size_t other = is_left ? at : at - 1;
        if ((!is_left && at == 0) || other >= bag->len || !tree_same(bag->nodes[other].node, sibling)) break;
        BagValue left = is_left ? node.value : bag->nodes[other].value, right = is_left ? bag->nodes[other].value : node.value;
        TreeNode parent = {.index = node.node.index / 2, .level = node.node.level + 1};
        Range whole = tree_span(parent, bag->n);
        good &= bag_combine(bag, parent, (int64_t)(whole.first + whole.count - 1), left, right, &node.value);
        node.node = tree_canonical(parent, bag->n);
        bag_remove(bag, other, 1);
        at = other;
    }
    bag_store(bag, at, node);
    return good;
}

/* The position of the node's left sibling; bag->len: it is not there. */
static size_t bag_find_left(const Bag *bag, TreeNode node) {
    TreeNode left = {.index = node.index - 1, .level = node.level};
    if (bag->commutative || node.index % 2 == 0) return bag->len;
    size_t at = bag_find(bag, tree_span(left, bag->n).first);
    return at < bag->len && tree_same(bag->nodes[at].node, left) ? at : bag->len;
}

BagValue *bag_left_of(Bag *bag, TreeNode node) {
    size_t at = bag_find_left(bag, node);
    return at < bag->len && bag->nodes[at].value != VALUE_NONE ? &bag->nodes[at].value : NULL;
}

bool bag_grow(Bag *bag, TreeNode node) {
    size_t at = bag_find_left(bag, node);
    assert(at < bag->len);
    BagValue value = bag->nodes[at].value;
    bag_remove(bag, at, 1);
    return bag_insert(bag, (TreeNode){.index = node.index / 2, .level = node.level + 1}, value);
}

bool bag_push(Bag *bag, uint64_t chunk, BagValue value) {
    return bag_insert(bag, (TreeNode){.index = chunk}, value);
}

bool bag_cover(Bag *bag, uint64_t first, uint64_t count, BagValue value) {
    assert(bag->commutative);
    if (ranges_has_any(&bag->covered, first, count)) {
        bag_drop(bag, value);
        return true;
    }
    ranges_add(&bag->covered, first, count);
    TreeNode top = {.level = tree_height(bag->n)};
    return bag_combine(bag, top, (int64_t)(first + count) - 1, bag->value, value, &bag->value);
}

bool bag_covers(const Bag *bag, uint64_t first, uint64_t count) {
    if (bag->commutative) return ranges_has(&bag->covered, first, count);
    uint64_t end = first + count;
    for (size_t at = bag_find(bag, first); first < end; at++) {
        if (at == bag->len) return false;
        Range span = tree_span(bag->nodes[at].node, bag->n);
        if (span.first > first) return false;
        first = span.first + span.count;
    }
    return true;
}

size_t bag_count(const Bag *bag) {
    return bag->commutative ? bag->covered.len > 0 : bag->len;
}

bool bag_merge(Bag *bag, Bag *from) {
    assert(bag->n == from->n && bag->commutative == from->commutative);
    bool good = true;
    if (bag->commutative) {
        bool overlaps = false;
        for (size_t i = 0; i < from->covered.len; i++)
            overlaps |= ranges_has_any(&bag->covered, from->covered.items[i].first, from->covered.items[i].count);
        if (!overlaps && from->covered.len) {
            Range last = from->covered.items[from->covered.len - 1];
            for (size_t i = 0; i < from->covered.len; i++)
                ranges_add(&bag->covered, from->covered.items[i].first, from->covered.items[i].count);
            TreeNode top = {.level = tree_height(bag->n)};
            good = bag_combine(bag, top, (int64_t)(last.first + last.count) - 1, bag->value, from->value, &bag->value);
            from->value = VALUE_NONE;
        }
    }
    for (size_t i = 0; i < from->len; i++) good &= bag_insert(bag, from->nodes[i].node, from->nodes[i].value);
    from->len = 0;
    bag_free(from);
    return good;
}

/* The first chunks from `from` on that the bag lacks; count 0 when it lacks none. */
static Range bag_gap(const Bag *bag, uint64_t from) {
    if (bag->commutative) return ranges_next_gap(&bag->covered, from, bag->n);
    size_t at = bag_find(bag, from);
    for (; at < bag->len; at++) {
        Range span = tree_span(bag->nodes[at].node, bag->n);
        if (span.first > from) return (Range){from, span.first - from};
        from = span.first + span.count;
    }
    return (Range){from, bag->n - from};
}

bool bag_finish(Bag *bag, uint64_t limit, BagValue *out) {
    if (!bag_covers(bag, 0, limit)) return false;
    for (Range gap = bag_gap(bag, limit); gap.count; gap = bag_gap(bag, gap.first)) {
        TreeNode node = tree_first(gap, bag->n);
        bag_insert(bag, node, VALUE_NONE);
    }
    *out = bag->commutative ? bag->value : bag->len ? bag->nodes[0].value : VALUE_NONE;
    bag->len = 0;
    bag->value = VALUE_NONE;
    ranges_clear(&bag->covered);
    return true;
}
