/* value_test.c: what holds for values of every type: the order is total, equal values hash alike, what is owned is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/values.h"

static MrContext context;

enum { SAMPLES = 8 };

static int sign(int64_t x) {
    return (x > 0) - (x < 0);
}

static void test_order(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        Random random = {seed};
        Arena *arena = arena_new();
        const MrType *type = random_type(&random, arena, 3);
        void *v[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) random_value(&random, &context, v[i] = arena_alloc(arena, type->size), type);
        for (int a = 0; a < SAMPLES; a++) {
            assert_int_equal(mr_compare(&context, v[a], v[a], type), 0);
            for (int b = 0; b < SAMPLES; b++) {
                int64_t order = mr_compare(&context, v[a], v[b], type);
                assert_int_equal(sign(order), -sign(mr_compare(&context, v[b], v[a], type)));
                if (order == 0) assert_int_equal(value_hash(v[a], type), value_hash(v[b], type));
                for (int c = 0; c < SAMPLES; c++)
                    if (order <= 0 && mr_compare(&context, v[b], v[c], type) <= 0)
                        assert_true(mr_compare(&context, v[a], v[c], type) <= 0);
            }
        }
        for (int i = 0; i < SAMPLES; i++) mr_drop(&context, v[i], type);
        arena_free(&arena);
    }
}

static void test_floats(void **state) {
    (void)state;
    static const double ascending[] = {-INFINITY, -1.5, -5e-324, -0.0, 0.0, 5e-324, 1.5, INFINITY, NAN};
    for (size_t i = 0; i + 1 < sizeof ascending / sizeof ascending[0]; i++)
        assert_true(mr_compare(&context, &ascending[i], &ascending[i + 1], &type_float) < 0);
    const double nan[] = {NAN, -NAN}, zero[] = {0.0, -0.0};
    assert_int_equal(mr_compare(&context, &nan[0], &nan[1], &type_float), 0);
    assert_false(mr_equal(&context, &nan[0], &nan[0], &type_float));
    assert_true(mr_equal(&context, &zero[0], &zero[1], &type_float));
    Arena *arena = arena_new();
    const MrType *list_type = type_of(arena, MR_LIST, &type_float, NULL);
    MrList *list = NULL;
    mr_prim_push(&context, NULL, &list, &nan[0], &type_float);
    assert_false(mr_equal(&context, &list, &list, list_type)); /* as in the list, so outside of it */
    assert_int_equal(mr_compare(&context, &list, &list, list_type), 0);
    mr_drop(&context, &list, list_type);
    arena_free(&arena);
}

/* The parts of one value that are told apart by where its sequences end. */
static void test_lengths(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *inner = type_of(arena, MR_LIST, &type_unit, NULL), *type = type_of(arena, MR_TUPLE, inner, inner);
    MrList *a[2] = {0}, *b[2] = {0};
    const char unit = 0;
    mr_prim_push(&context, NULL, &a[0], &unit, &type_unit);
    mr_prim_push(&context, NULL, &b[1], &unit, &type_unit);
    assert_false(mr_equal(&context, a, b, type));
    assert_true(mr_compare(&context, a, b, type) > 0);
    assert_int_not_equal(value_hash(a, type), value_hash(b, type));
    mr_drop(&context, a, type);
    mr_drop(&context, b, type);
    arena_free(&arena);
}

/* Retaining and dropping again leaves a value as it was; owning makes borrowed strings in tuples and optionals safe to keep. */
static void test_ownership(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *optional = type_of(arena, MR_OPTIONAL, &type_string, NULL),
                 *type = type_of(arena, MR_TUPLE, optional, &type_string_list);
    char chunk[] = "borrowed";
    struct {
        MrOptionalString optional;
        MrList *list;
    } value = {{true, {chunk, 8, NULL}}, NULL}, copy;
    assert_int_equal(type->size, sizeof value);
    mr_prim_push(&context, NULL, &value.list, &value.optional.value, &type_string);
    copy = value;
    mr_own(&context, &copy, type);
    assert_int_equal(value.list->cell.count, 2);
    mr_drop(&context, &value.list, &type_string_list);
    memset(chunk, '?', sizeof chunk);
    Buf shown = {0};
    value_show(&shown, &copy, type);
    assert_string_equal(buf_text(&shown), "(some(\"borrowed\"), [\"borrowed\"])");
    buf_free(&shown);
    copy.optional.is_some = false;
    mr_string_drop(&context, &copy.optional.value);
    mr_drop(&context, &copy, type); /* the payload of a none is not looked at */
    arena_free(&arena);
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        int64_t op, left, right;
        const char *message;
    } overflows[] = {
        {'+', INT64_MAX, 1, "integer overflow: 9223372036854775807 + 1 does not fit in 64 bits"},
        {'n', INT64_MIN, 0, "integer overflow: -(-9223372036854775808) does not fit in 64 bits"},
    };
    for (size_t i = 0; i < 2; i++) {
        assert_true(mr_fail_overflow(&context, overflows[i].op, overflows[i].left, overflows[i].right));
        assert_string_equal(context.error.message, overflows[i].message);
        mr_error_clear(&context.error);
    }
    assert_true(mr_fail_sum(&context, 0, 1));
    assert_string_equal(context.error.message, "integer overflow: the sum, 18446744073709551616, does not fit in 64 bits");
    assert_true(mr_fail_nothing(&context)); /* the first error stays */
    assert_non_null(strstr(context.error.message, "the sum"));
    const MrLocation here = {"a.mr", 1, 2}, there = {"b.mr", 3, 4};
    mr_fail_at(&context, &here);
    mr_fail_at(&context, &there);
    assert_string_equal(context.error.where.file, "a.mr");
    mr_error_clear(&context.error);
    mr_fail_sum(&context, -1, INT64_MIN);
    assert_non_null(strstr(context.error.message, "-170141183460469231713240559642174554113"));
    mr_error_clear(&context.error);
    mr_fail_division(&context, '/', 7);
    assert_string_equal(context.error.message, "division by zero: 7 // 0");
    mr_error_clear(&context.error);
    Arena *arena = arena_new();
    char *long_key = arena_alloc(arena, 300);
    memset(long_key, 'k', 300);
    const MrString key = {long_key, 300, NULL};
    mr_fail_key(&context, &key, &type_string);
    assert_true(strlen(context.error.message) < 160);
    mr_error_clear(&context.error);
    arena_free(&arena);
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),     cmocka_unit_test(test_floats), cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_ownership), cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
