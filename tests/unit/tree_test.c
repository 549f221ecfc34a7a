/* tree_test.c: the tree over chunks, and bags in every order of arrival. A value is a text with the brackets of the combines that
 * made it, so that a wrong tree is seen at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "runtime/sched/tree.h"

typedef struct Text {
    int64_t bad_level; /* combines of this level fail; -1: none */
    int live;
} Text;

static BagValue text_new(Text *context, const char *text) {
    context->live++;
    return (BagValue)(uintptr_t)strdup(text);
}

static char *text_of(BagValue value) {
    return (char *)(uintptr_t)value;
}

static void text_drop(void *opaque, BagValue value) {
    Text *context = opaque;
    context->live--;
    free(text_of(value));
}

static bool text_combine(void *opaque, TreeNode node, BagValue left, BagValue right, BagValue *out) {
    Text *context = opaque;
    bool is_bad = (int64_t)node.level == context->bad_level;
    if (text_of(left)[0] == '!') { /* an error absorbs what stands to its right */
        text_drop(context, right);
        *out = left;
        return true;
    }
    Buf joined = {0};
    if (is_bad)
        buf_add_text(&joined, "!");
    else
        buf_printf(&joined, "(%s %s)", text_of(left), text_of(right));
    *out = text_new(context, buf_text(&joined));
    buf_free(&joined);
    text_drop(context, left);
    text_drop(context, right);
    return !is_bad;
}

static BagOps text_ops(Text *context) {
    return (BagOps){.combine = text_combine, .drop = text_drop, .context = context};
}

static BagValue leaf(Text *context, uint64_t chunk) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)chunk);
    return text_new(context, text);
}

/* The bracketed text of [first, first+size) clipped to n, by definition. */
static void expect_tree(Buf *out, uint64_t first, uint64_t size, uint64_t n) {
    if (size == 1) {
        buf_printf(out, "%llu", (unsigned long long)first);
        return;
    }
    if (first + size / 2 >= n) {
        expect_tree(out, first, size / 2, n);
        return;
    }
    buf_printf(out, "(");
    expect_tree(out, first, size / 2, n);
    buf_printf(out, " ");
    expect_tree(out, first + size / 2, size / 2, n);
    buf_printf(out, ")");
}

static void expect_finish(Bag *bag, uint64_t n) {
    Buf expected = {0};
    BagValue value;
    expect_tree(&expected, 0, (uint64_t)1 << tree_height(n), n);
    assert_int_equal(bag_count(bag), 1);
    assert_true(bag_finish(bag, n, &value));
    assert_string_equal(text_of(value), buf_text(&expected));
    text_drop(bag->ops.context, value);
    buf_free(&expected);
}

static void node_arithmetic(void **state) {
    (void)state;
    assert_int_equal(tree_height(0), 0);
    assert_int_equal(tree_height(1), 0);
    assert_int_equal(tree_height(2), 1);
    assert_int_equal(tree_height(5), 3);
    assert_int_equal(tree_height(65536), 16);
    Range span = tree_span((TreeNode){.index = 1, .level = 2}, 5);
    assert_true(span.first == 4 && span.count == 1);
    assert_int_equal(tree_span((TreeNode){.index = 2, .level = 2}, 5).count, 0);
    TreeNode canonical = tree_canonical((TreeNode){.index = 4}, 5);
    assert_true(canonical.level == 2 && canonical.index == 1);
    canonical = tree_canonical((TreeNode){.index = 3}, 5);
    assert_true(canonical.level == 0 && canonical.index == 3);
}

static void ranges_fall_into_maximal_nodes(void **state) {
    (void)state;
    /* 3 … 12 of 13 chunks: 3, 4-7, and 8-12, which is the top's right half because nothing follows. */
    Range range = {3, 10};
    const Range expected[] = {{3, 1}, {4, 4}, {8, 5}};
    for (size_t i = 0; i < 3; i++) {
        TreeNode node = tree_first(range, 13);
        Range span = tree_span(node, 13);
        assert_true(span.first == expected[i].first && span.count == expected[i].count);
        TreeNode canonical = tree_canonical(node, 13);
        assert_true(canonical.level == node.level && canonical.index == node.index);
        range.first += span.count;
        range.count -= span.count;
    }
    assert_int_equal(range.count, 0);
    assert_int_equal(tree_first((Range){0, 13}, 13).level, 4);
}

static void chunks_in_order_need_little_memory(void **state) {
    (void)state;
    for (uint64_t n = 1; n < 70; n++) {
        Text context = {.bad_level = -1};
        Bag bag;
        bag_init(&bag, n, false, text_ops(&context));
        for (uint64_t chunk = 0; chunk < n; chunk++) {
            bag_push(&bag, chunk, leaf(&context, chunk));
            assert_true(bag.len <= tree_height(n) + 1);
        }
        assert_int_equal(bag.combines, n - 1);
        expect_finish(&bag, n);
        bag_free(&bag);
        assert_int_equal(context.live, 0);
    }
}

static void any_order_and_any_split_give_the_same_tree(void **state) {
    (void)state;
    uint64_t random = 99;
    for (int round = 0; round < 300; round++) {
        uint64_t n = 1 + (uint64_t)round % 50, order[50], bags = 1 + (uint64_t)round % 4;
        Text context = {.bad_level = -1};
        Bag bag[4];
        for (uint64_t i = 0; i < bags; i++) bag_init(&bag[i], n, false, text_ops(&context));
        for (uint64_t i = 0; i < n; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            uint64_t j = (random >> 33) % (i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (uint64_t i = 0; i < n; i++) bag_push(&bag[order[i] * 7 % bags], order[i], leaf(&context, order[i]));
        for (uint64_t i = 1; i < bags; i++) {
            assert_true(bag_merge(&bag[0], &bag[i]));
            assert_int_equal(bag_count(&bag[i]), 0);
        }
        expect_finish(&bag[0], n);
        for (uint64_t i = 0; i < bags; i++) bag_free(&bag[i]);
        assert_int_equal(context.live, 0);
    }
}

static void what_comes_twice_is_dropped(void **state) {
    (void)state;
    Text context = {.bad_level = -1};
    Bag bag;
    bag_init(&bag, 8, false, text_ops(&context));
    bag_push(&bag, 1, leaf(&context, 1));
    bag_push(&bag, 1, leaf(&context, 1));
    assert_int_equal(context.live, 1);
    bag_push(&bag, 3, leaf(&context, 3));
    /* A larger node takes the place of what lies in it. */
    bag_insert(&bag, (TreeNode){.index = 0, .level = 2}, text_new(&context, "((0 1) (2 3))"));
    assert_int_equal(context.live, 1);
    bag_push(&bag, 2, leaf(&context, 2));
    assert_int_equal(context.live, 1);
    assert_true(bag_covers(&bag, 0, 4));
    assert_false(bag_covers(&bag, 3, 2));
    for (uint64_t chunk = 4; chunk < 8; chunk++) bag_push(&bag, chunk, leaf(&context, chunk));
    expect_finish(&bag, 8);
    bag_free(&bag);
    assert_int_equal(context.live, 0);
}

static void empty_chunks_never_meet_combine(void **state) {
    (void)state;
    Text context = {.bad_level = -1};
    Bag bag;
    BagValue value;
    bag_init(&bag, 6, false, text_ops(&context));
    for (uint64_t chunk = 0; chunk < 6; chunk++)
        bag_push(&bag, chunk, chunk == 1 || chunk == 5 ? leaf(&context, chunk) : VALUE_NONE);
    assert_int_equal(bag.combines, 1);
    assert_true(bag_finish(&bag, 6, &value));
    assert_string_equal(text_of(value), "(1 5)");
    text_drop(&context, value);
    bag_free(&bag);
    bag_init(&bag, 0, false, text_ops(&context));
    assert_true(bag_finish(&bag, 0, &value));
    assert_int_equal(value, VALUE_NONE);
    bag_free(&bag);
    assert_int_equal(context.live, 0);
}

static void a_failed_combine_is_named_and_absorbs(void **state) {
    (void)state;
    Text context = {.bad_level = 1};
    Bag bag;
    BagValue value;
    bag_init(&bag, 8, false, text_ops(&context));
    assert_true(bag_push(&bag, 6, leaf(&context, 6)));
    assert_false(bag_push(&bag, 7, leaf(&context, 7)));
    assert_int_equal(bag.failed, 7);
    bag_push(&bag, 2, leaf(&context, 2));
    assert_false(bag_push(&bag, 3, leaf(&context, 3)));
    assert_int_equal(bag.failed, 3);
    for (uint64_t chunk = 0; chunk < 6; chunk++) bag_push(&bag, chunk, leaf(&context, chunk));
    assert_int_equal(bag.failed, 1);
    assert_true(bag_finish(&bag, 2, &value));
    assert_string_equal(text_of(value), "!");
    text_drop(&context, value);
    bag_free(&bag);
    assert_int_equal(context.live, 0);
}

static void chunks_past_the_limit_may_be_missing(void **state) {
    (void)state;
    Text context = {.bad_level = -1};
    Bag bag;
    BagValue value;
    bag_init(&bag, 100, false, text_ops(&context));
    bag_push(&bag, 0, leaf(&context, 0));
    assert_false(bag_finish(&bag, 2, &value));
    assert_int_equal(bag_count(&bag), 1);
    bag_push(&bag, 1, leaf(&context, 1));
    bag_push(&bag, 60, leaf(&context, 60));
    assert_true(bag_finish(&bag, 2, &value));
    assert_string_equal(text_of(value), "((0 1) 60)");
    text_drop(&context, value);
    bag_free(&bag);
    assert_int_equal(context.live, 0);
}

static void commutative_bags_hold_one_value(void **state) {
    (void)state;
    Text context = {.bad_level = -1};
    Bag bag, other;
    BagValue value;
    bag_init(&bag, 10, true, text_ops(&context));
    bag_init(&other, 10, true, text_ops(&context));
    bag_push(&bag, 9, leaf(&context, 9));
    bag_push(&bag, 2, leaf(&context, 2));
    bag_push(&bag, 2, leaf(&context, 2));
    bag_insert(&bag, (TreeNode){.index = 1, .level = 2}, text_new(&context, "4-7"));
    assert_int_equal(bag_count(&bag), 1);
    assert_string_equal(text_of(bag.value), "((9 2) 4-7)");
    bag_cover(&other, 0, 2, text_new(&context, "0-1"));
    bag_cover(&other, 3, 1, VALUE_NONE);
    assert_true(bag_merge(&bag, &other));
    assert_false(bag_finish(&bag, 10, &value));
    bag_push(&bag, 8, VALUE_NONE);
    assert_true(bag_finish(&bag, 10, &value));
    assert_string_equal(text_of(value), "(((9 2) 4-7) 0-1)");
    text_drop(&context, value);
    bag_free(&bag);
    bag_free(&other);
    assert_int_equal(context.live, 0);
}

/* Where merging is adding in order, a value goes on from its left sibling. */
static void values_grow_to_the_right(void **state) {
    (void)state;
    Text context = {.bad_level = -1};
    Bag bag;
    BagValue value;
    bag_init(&bag, 5, false, text_ops(&context));
    assert_null(bag_left_of(&bag, (TreeNode){.index = 1}));
    for (uint64_t chunk = 0; chunk < 5; chunk++) {
        TreeNode node = {.index = chunk};
        BagValue *left = bag_left_of(&bag, node);
        assert_int_equal(left != NULL, chunk % 2);
        if (!left) {
            assert_true(bag_push(&bag, chunk, leaf(&context, chunk)));
            continue;
        }
        Buf longer = {0};
        buf_printf(&longer, "%s %llu", text_of(*left), (unsigned long long)chunk);
        free(text_of(*left));
        *left = (BagValue)(uintptr_t)buf_text(&longer);
        assert_true(bag_grow(&bag, node));
    }
    assert_true(bag_finish(&bag, 5, &value));
    assert_string_equal(text_of(value), "((0 1 2 3) 4)");
    text_drop(&context, value);
    bag_free(&bag);
    assert_int_equal(context.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_arithmetic),
        cmocka_unit_test(ranges_fall_into_maximal_nodes),
        cmocka_unit_test(chunks_in_order_need_little_memory),
        cmocka_unit_test(any_order_and_any_split_give_the_same_tree),
        cmocka_unit_test(what_comes_twice_is_dropped),
        cmocka_unit_test(values_grow_to_the_right),
        cmocka_unit_test(empty_chunks_never_meet_combine),
        cmocka_unit_test(a_failed_combine_is_named_and_absorbs),
        cmocka_unit_test(chunks_past_the_limit_may_be_missing),
        cmocka_unit_test(commutative_bags_hold_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
