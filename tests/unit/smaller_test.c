/* smaller_test.c: counterexamples are shrunk by values that get smaller step by step, and compared with a tolerance; and strings on
 * their way to C functions and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/values.h"

static MrContext context;

enum { MOST_STEPS = 100000 };

/* Goes on with the first way until there is none; the number of steps. */
static int shrink(void *value, const MrType *type) {
    int steps = 0;
    while (steps < MOST_STEPS && value_smaller(&context, value, type, 0)) steps++;
    return steps;
}

static void test_numbers(void **state) {
    (void)state;
    static const int64_t ints[] = {5, -5, 1, -1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        int64_t x = ints[i], y = ints[i];
        assert_true(value_smaller(&context, &x, &type_int, 0));
        assert_int_equal(x, 0); /* the largest step comes first */
        for (int64_t way = 0; y = ints[i], value_smaller(&context, &y, &type_int, way); way++) {
            bool is_nearer = llabs(y / 2) <= llabs(ints[i] / 2);
            assert_true(is_nearer && y != ints[i]);
        }
        assert_int_equal(y, ints[i]); /* where there is no way, nothing has changed */
    }
    int64_t nothing = 0;
    assert_false(value_smaller(&context, &nothing, &type_int, 0));
    static const double floats[] = {2.5, -1e300, INFINITY, NAN, -0.0, 1e-300};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        double x = floats[i];
        assert_true(shrink(&x, &type_float) < MOST_STEPS);
        assert_true(x == 0.0);
    }
}

static void test_texts(void **state) {
    (void)state;
    MrString text = string_of("\xc3\xa9lan vital"), copy = text;
    mr_own(&context, &copy, &type_string);
    int64_t ways = 0;
    for (MrString part = text;; ways++) {
        part = text;
        mr_own(&context, &part, &type_string);
        bool is_way = value_smaller(&context, &part, &type_string, ways);
        if (is_way) assert_true(part.len < text.len && (!part.len || ((unsigned char)part.data[0] & 0xc0) != 0x80));
        mr_drop(&context, &part, &type_string);
        if (!is_way) break;
    }
    assert_int_equal(ways, 5);
    mr_drop(&context, &text, &type_string);
    assert_int_equal(copy.len, 11);
    mr_drop(&context, &copy, &type_string);
}

/* Any value gets to its end, through values of its type; who shares it sees nothing of that. */
static void test_any(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        Random random = {seed};
        Arena *arena = arena_new();
        const MrType *type = random_type(&random, arena, 3);
        void *value = arena_alloc(arena, type->size), *shared = arena_alloc(arena, type->size),
             *again = arena_alloc(arena, type->size);
        random_value(&random, &context, value, type);
        random = (Random){seed};
        random_type(&random, arena, 3);
        random_value(&random, &context, again, type);
        memcpy(shared, value, type->size);
        mr_own(&context, shared, type);
        assert_true(shrink(value, type) < MOST_STEPS);
        assert_int_equal(mr_compare(&context, value, value, type), 0);
        assert_int_equal(mr_compare(&context, shared, again, type), 0);
        mr_drop(&context, value, type);
        mr_drop(&context, shared, type);
        mr_drop(&context, again, type);
        arena_free(&arena);
    }
}

static void test_near(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *pair = type_of(arena, MR_TUPLE, &type_int, &type_float), *type = type_of(arena, MR_LIST, pair, NULL);
    struct {
        int64_t number;
        double x;
    } a = {1, 1000.0}, b = {1, 1000.0 + 1e-7};
    MrList *left = NULL, *right = NULL;
    mr_prim_push(&context, NULL, &left, &a, pair);
    mr_prim_push(&context, NULL, &right, &b, pair);
    assert_true(value_scale(&left, type) == 1000.0);
    assert_true(value_is_near(&left, &right, type, 1e-9 * 1000.0));
    assert_false(value_is_near(&left, &right, type, 1e-12 * 1000.0));
    mr_prim_push(&context, NULL, &right, &b, pair);
    assert_false(value_is_near(&left, &right, type, 1.0)); /* lengths are exact, as are ints */
    a.number = 2;
    mr_prim_push(&context, NULL, &left, &a, pair);
    assert_false(value_is_near(&left, &right, type, 1.0));
    mr_drop(&context, &left, type);
    mr_drop(&context, &right, type);
    const double odd[] = {NAN, INFINITY, -INFINITY, 1e300};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) assert_true(value_is_near(&odd[i], &odd[j], &type_float, 1.0) == (i == j));
    arena_free(&arena);
}

static void test_foreign(void **state) {
    (void)state;
    MrString text = {.data = "shout!", .len = 5}, out, bad = {.data = "a\0b", .len = 3}, nothing = {0};
    assert_false(mr_foreign_argument(&context, &out, &text));
    assert_string_equal(out.data, "shout");
    assert_int_equal(out.len, 5);
    mr_drop(&context, &out, &type_string);
    assert_false(mr_foreign_argument(&context, &out, &nothing));
    assert_string_equal(out.data, "");
    mr_drop(&context, &out, &type_string);
    assert_true(mr_foreign_argument(&context, &out, &bad));
    assert_non_null(strstr(context.error.message, "at byte 1"));
    mr_error_clear(&context.error);
    assert_true(mr_foreign_result(&context, &out, NULL));
    mr_error_clear(&context.error);
    assert_false(mr_foreign_result(&context, &out, ""));
    assert_int_equal(out.len, 0);
    mr_drop(&context, &out, &type_string);
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), cmocka_unit_test(test_texts), cmocka_unit_test(test_any),
                                       cmocka_unit_test(test_near), cmocka_unit_test(test_foreign)};
    return cmocka_run_group_tests(tests, NULL, teardown);
}
