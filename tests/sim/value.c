/* value.c: symbolic values. What a chunk or a combine gives is a hash of its place and of what went in, so that two runs agree only
 * when they computed the same tree. Which chunks fail or stop, and which combines fail, is a function of the seed alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/sim/sim.h"

static SimValue *value_at(BagValue value) {
    return (SimValue *)(uintptr_t)value;
}

static BagValue value_new(ValueContext *context, SimValue content) {
    SimValue *value = xmalloc(sizeof *value);
    *value = content;
    ++*context->live;
    return (BagValue)(uintptr_t)value;
}

void value_free(ValueContext *context, BagValue value) {
    if (value == VALUE_NONE) return;
    free(value_at(value));
    --*context->live;
}

static void value_drop(void *context, BagValue value) {
    value_free(context, value);
}

BagValue value_of_chunk(ValueContext *context, uint64_t chunk) {
    const JobPlan *job = &context->plan->jobs[context->job - 1];
    uint64_t luck = mix(mix(context->plan->seed, context->job), chunk);
    SimValue value = {.end_chunk = -1, .hash = mix(luck, 5), .chunks = 1};
    if (luck % 1000000 < job->ends) {
        value.end = job->may_stop && (luck >> 40) % 2 ? END_STOPPED : END_FAILED;
        value.end_chunk = (int64_t)chunk;
    } else if ((luck >> 20) % 100 < job->empty) {
        return VALUE_NONE;
    }
    return value_new(context, value);
}

/* Order does not matter: of two that ended the earlier counts, and sums are sums. */
static void combine_commutative(SimValue *left, const SimValue *right) {
    bool takes_right = right->end != END_NONE && (left->end == END_NONE || right->end_chunk < left->end_chunk);
    if (left->end == END_NONE && right->end == END_NONE) {
        left->hash += right->hash;
        left->chunks += right->chunks;
    } else if (takes_right) {
        *left = *right;
    }
}

static bool value_combine(void *opaque, TreeNode node, BagValue left_value, BagValue right_value, BagValue *out) {
    ValueContext *context = opaque;
    const JobPlan *job = &context->plan->jobs[context->job - 1];
    SimValue *left = value_at(left_value), *right = value_at(right_value);
    bool is_good = true;
    if (job->is_commutative) {
        combine_commutative(left, right);
    } else if (left->end == END_NONE) {
        uint64_t place = mix(node.level, node.index), luck = mix(mix(context->plan->seed, context->job + 100), place);
        left->hash = mix(mix(left->hash, right->hash), place);
        left->chunks += right->chunks;
        left->end = right->end;
        left->end_chunk = right->end_chunk;
        if (right->end == END_NONE && luck % 1000000 < job->bad_combines) {
            Range span = tree_span(node, job->chunks);
            left->end = END_FAILED;
            left->end_chunk = (int64_t)(span.first + span.count - 1);
            is_good = false;
        }
    }
    value_free(context, right_value);
    *out = left_value;
    return is_good;
}

BagOps value_ops(ValueContext *context) {
    return (BagOps){.combine = value_combine, .drop = value_drop, .context = context};
}

static BagValue expected_node(ValueContext *context, uint32_t level, uint64_t index) {
    uint64_t first = index << level, n = context->plan->jobs[context->job - 1].chunks;
    if (first >= n) return VALUE_NONE;
    if (level == 0) return value_of_chunk(context, index);
    BagValue left = expected_node(context, level - 1, 2 * index), right = expected_node(context, level - 1, 2 * index + 1), out;
    if (left == VALUE_NONE) return right;
    if (right == VALUE_NONE) return left;
    value_combine(context, (TreeNode){.index = index, .level = level}, left, right, &out);
    return out;
}

BagValue value_expected(ValueContext *context) {
    uint32_t level = 0;
    while (((uint64_t)1 << level) < context->plan->jobs[context->job - 1].chunks) level++;
    return expected_node(context, level, 0);
}

bool value_equal(ValueContext *context, BagValue a, BagValue b) {
    if (a == VALUE_NONE || b == VALUE_NONE) return a == b;
    const SimValue *x = value_at(a), *y = value_at(b);
    if (x->end != y->end || x->end_chunk != y->end_chunk) return false;
    /* An ended commutative job has only its end for a result: which others were added before is of no account. */
    bool is_settled = context->plan->jobs[context->job - 1].is_commutative && x->end != END_NONE;
    return is_settled || (x->hash == y->hash && x->chunks == y->chunks);
}

void value_print(BagValue value) {
    const SimValue *v = value_at(value);
    if (!v)
        printf("nothing\n");
    else
        printf("end %d at %lld, hash %016llx of %llu chunks\n", (int)v->end, (long long)v->end_chunk, (unsigned long long)v->hash,
               (unsigned long long)v->chunks);
}

/* ---- encoded forms; they never leave this process, so they are the structs' bytes */
static void encode_value(Buf *out, BagValue value) {
    SimValue none = {.chunks = 0};
    buf_add(out, value == VALUE_NONE ? &none : value_at(value), sizeof none);
}

void bag_encode(const Bag *bag, Buf *out) {
    uint64_t head[] = {bag->n, bag->commutative, bag->len, bag->covered.len};
    buf_add(out, head, sizeof head);
    for (size_t i = 0; i < bag->len; i++) {
        buf_add(out, &bag->nodes[i].node, sizeof bag->nodes[i].node);
        encode_value(out, bag->nodes[i].value);
    }
    if (bag->covered.len) buf_add(out, bag->covered.items, bag->covered.len * sizeof *bag->covered.items);
    encode_value(out, bag->value);
}

static bool take(const Buf *data, size_t *at, void *out, size_t size) {
    if (data->len - *at < size) return false;
    memcpy(out, data->data + *at, size);
    *at += size;
    return true;
}

static bool take_value(ValueContext *context, const Buf *data, size_t *at, BagValue *out) {
    SimValue value;
    if (!take(data, at, &value, sizeof value)) return false;
    *out = value.chunks ? value_new(context, value) : VALUE_NONE;
    return true;
}

bool bag_decode(ValueContext *context, Bag *bag, const Buf *data) {
    uint64_t head[4];
    size_t at = 0;
    if (!take(data, &at, head, sizeof head)) return false;
    bag_init(bag, head[0], head[1], value_ops(context));
    bool is_good = true;
    for (uint64_t i = 0; i < head[2] && is_good; i++) {
        TreeNode node;
        BagValue value = VALUE_NONE;
        is_good = take(data, &at, &node, sizeof node) && take_value(context, data, &at, &value);
        if (is_good) bag_insert(bag, node, value);
    }
    for (uint64_t i = 0; i < head[3] && is_good; i++) {
        Range range;
        is_good = take(data, &at, &range, sizeof range);
        if (is_good) bag_cover(bag, range.first, range.count, VALUE_NONE);
    }
    return is_good && take_value(context, data, &at, &bag->value) && at == data->len;
}

static void elements_encode(uint64_t job, uint32_t list, uint64_t first, uint64_t count, Buf *out) {
    for (uint64_t i = first; i < first + count; i++) {
        uint64_t element = mix(mix(job, list), i);
        buf_add(out, &element, sizeof element);
    }
}

void slice_encode(uint64_t job, uint32_t list, uint64_t first, uint64_t count, Buf *out) {
    buf_add(out, &count, sizeof count);
    elements_encode(job, list, first, count, out);
}

void lists_encode(uint64_t job, const JobPlan *plan, OwnerLists *lists) {
    if (plan->lists == 0) return;
    *lists = (OwnerLists){xcalloc(plan->lists, sizeof *lists->items), plan->lists};
    for (uint32_t i = 0; i < plan->lists; i++) {
        OwnerList *list = &lists->items[i];
        list->ends = xcalloc(plan->chunks + 1, sizeof *list->ends);
        elements_encode(job, i, 0, plan->chunks, &list->data);
        for (uint64_t chunk = 1; chunk <= plan->chunks; chunk++) list->ends[chunk] = (OwnerEnd){chunk * sizeof chunk, chunk};
    }
}

void captures_encode(uint64_t job, uint64_t size, Buf *out) {
    buf_reserve(out, size);
    for (uint64_t i = 0; i < size; i++) out->data[i] = (char)(job + 7 * i + (i >> 8));
    out->len = size;
}

bool buf_equal(const Buf *a, const Buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}
