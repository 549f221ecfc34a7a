/* list_test.c: lists, changed in place where one reference holds them and copied where several do; sorting; ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/ints.h"

static void assert_error(const char *part) {
    assert_true(context.error.is_set);
    if (!strstr(context.error.message, part)) fail_msg("\"%s\" lacks \"%s\"", context.error.message, part);
    mr_error_clear(&context.error);
}

/* Does the list, which is dropped, look like this? */
static void assert_list(MrList *list, const MrType *type, const char *expected) {
    Buf shown = {0};
    value_show(&shown, &list, type);
    mr_drop(&context, &list, type);
    assert_string_equal(buf_text(&shown), expected);
    buf_free(&shown);
}

static MrList *ints_of(int64_t count) {
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) mr_prim_push(&context, NULL, &list, &i, &type_int);
    return list;
}

static void test_push(void **state) {
    (void)state;
    MrList *list = ints_of(1000);
    assert_int_equal(list->len, 1000);
    assert_true(list->cap < 2048);
    assert_int_equal((uintptr_t)list->data % 64, 0);
    for (int64_t i = 0; i < 1000; i++) assert_int_equal(((int64_t *)list->data)[i], i);
    mr_drop(&context, &list, ints);
}

static void test_shared(void **state) {
    (void)state;
    MrList *list = ints_of(3), *other = list;
    const int64_t nine = 9;
    void *place;
    mr_retain(&context, &other, ints);
    mr_prim_push(&context, NULL, &list, &nine, &type_int);
    assert_ptr_not_equal(list, other);
    assert_int_equal(other->cell.count, 1);
    MrList *before = other;
    assert_false(mr_list_at(&context, &place, &other, 1, ints)); /* now unique: changed in place */
    *(int64_t *)place = 7;
    assert_ptr_equal(other, before);
    assert_list(list, ints, "[0, 1, 2, 9]");
    assert_list(other, ints, "[0, 7, 2]");
}

/* What is put in may lie in the list itself. */
static void test_own_elements(void **state) {
    (void)state;
    MrList *list = NULL;
    MrString first = string_of("first");
    list_push_take(&list, &first, &type_string);
    for (int i = 0; i < 20; i++) mr_prim_push(&context, NULL, &list, list->data + i * (int)sizeof(MrString), &type_string);
    assert_int_equal(((MrString *)list->data)->owner->count, 21);
    for (int i = 0; i < 20; i++)
        mr_prim_insert(&context, NULL, &list, i / 2, list->data + (list->len - 1) * (int64_t)sizeof(MrString), &type_string);
    assert_int_equal(list->len, 41);
    assert_int_equal(((MrString *)list->data)->owner->count, 41);
    mr_drop(&context, &list, &type_string_list);
}

static void test_insert_pop(void **state) {
    (void)state;
    MrList *list = NULL;
    const int64_t x[] = {1, 2, 3};
    assert_false(mr_prim_insert(&context, NULL, &list, 0, &x[1], &type_int));
    assert_false(mr_prim_insert(&context, NULL, &list, 0, &x[0], &type_int));
    assert_false(mr_prim_insert(&context, NULL, &list, 2, &x[2], &type_int));
    assert_true(mr_prim_insert(&context, NULL, &list, 4, &x[2], &type_int));
    assert_error("no place to insert at in a list of 3");
    assert_true(mr_prim_insert(&context, NULL, &list, -1, &x[2], &type_int));
    assert_error("index -1");
    assert_false(mr_prim_pop(&context, NULL, &list, &type_int));
    MrList *copy = list;
    mr_retain(&context, &copy, ints);
    assert_list(copy, ints, "[1, 2]");
    mr_prim_pop(&context, NULL, &list, &type_int);
    mr_prim_pop(&context, NULL, &list, &type_int);
    assert_true(mr_prim_pop(&context, NULL, &list, &type_int));
    assert_error("the list is empty");
    assert_list(list, ints, "[]");
}

static void test_get(void **state) {
    (void)state;
    MrList *list = ints_of(3);
    const void *element;
    assert_false(mr_list_get(&context, &element, list, 2, ints));
    assert_int_equal(*(const int64_t *)element, 2);
    assert_true(mr_list_get(&context, &element, list, 5, ints));
    assert_error("index 5 is past the end of a list of 3 elements");
    assert_true(mr_list_get(&context, &element, list, -1, ints));
    assert_error("index -1 is negative");
    assert_true(mr_list_get(&context, &element, NULL, 0, ints));
    assert_error("an empty list");
    struct {
        bool is_some;
        int64_t value;
    } got;
    int64_t i = 1;
    mr_prim_get(&context, &got, &list, &i, ints, &type_int, &type_int);
    assert_true(got.is_some && got.value == 1);
    i = 3;
    mr_prim_get(&context, &got, &list, &i, ints, &type_int, &type_int);
    assert_false(got.is_some);
    mr_drop(&context, &list, ints);
}

/* A list that has one owner grows in place, and any other is copied with room for what is added. */
static void test_extend(void **state) {
    (void)state;
    MrList *list = NULL, *more = ints_of(3);
    mr_list_extend(&context, &list, more, ints);
    assert_ptr_equal(list, more); /* nothing and a list is that list */
    mr_list_extend(&context, &list, more, ints);
    assert_ptr_not_equal(list, more);
    const MrList *before = list;
    for (int i = 0; i < 1000; i++) mr_list_extend(&context, &list, more, ints);
    assert_ptr_equal(list, before);
    assert_int_equal(list_len(list), 3006);
    mr_list_extend(&context, &list, NULL, ints);
    assert_int_equal(list_len(list), 3006);
    mr_drop(&context, &list, ints);
    assert_list(more, ints, "[0, 1, 2]");
}

static void test_parts(void **state) {
    (void)state;
    MrList *list = ints_of(4), *part;
    assert_false(mr_list_slice(&context, &part, list, 1, 2, ints));
    assert_list(part, ints, "[1, 2]");
    assert_false(mr_list_slice(&context, &part, list, 4, MR_OPEN, ints));
    assert_null(part);
    assert_true(mr_list_slice(&context, &part, list, 2, 3, ints));
    assert_error("past the end of a list of 4");
    assert_true(mr_list_slice(&context, &part, list, 5, 0, ints));
    assert_error("not in a list of 4");
    mr_list_concat(&context, &part, list, list, ints);
    assert_list(part, ints, "[0, 1, 2, 3, 0, 1, 2, 3]");
    mr_list_concat(&context, &part, NULL, list, ints);
    assert_ptr_equal(part, list);
    mr_drop(&context, &part, ints);
    mr_list_concat(&context, &part, NULL, NULL, ints);
    assert_null(part);
    mr_prim_reverse(&context, &part, &list, &type_int);
    assert_list(part, ints, "[3, 2, 1, 0]");
    const int64_t three = 3, four = 4;
    assert_true(mr_list_contains(&context, list, &three, ints));
    assert_false(mr_list_contains(&context, list, &four, ints));
    mr_drop(&context, &list, ints);
    int64_t moved[] = {5, 6};
    mr_list_make(&context, &list, moved, 2, ints);
    assert_list(list, ints, "[5, 6]");
    mr_list_make(&context, &list, NULL, 0, ints);
    assert_null(list);
}

/* Sorted is ascending, has the same elements, and equal ones keep their order. */
static void test_sort(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        Random random = {seed};
        Arena *own = arena_new();
        const MrType *key = random_type(&random, own, 2), *element = type_of(own, MR_TUPLE, key, &type_int);
        const MrType *type = type_of(own, MR_LIST, element, NULL);
        MrList *list = NULL, *sorted;
        int64_t count = random_below(&random, 60);
        for (int64_t i = 0; i < count; i++) {
            char *pair = arena_alloc(own, element->size);
            random_value(&random, &context, pair, key);
            memcpy(pair + element->offsets[1], &i, sizeof i);
            list_push_take(&list, pair, element);
        }
        int64_t order[60] = {0}, seen = 0;
        sort_order(order, list ? list->data : NULL, element->size, count, key); /* by the keys alone */
        for (int64_t i = 0; i < count; i++) {
            seen |= INT64_C(1) << order[i];
            if (!i) continue;
            int64_t step =
                mr_compare(&context, list->data + order[i - 1] * element->size, list->data + order[i] * element->size, key);
            assert_true(step < 0 || (step == 0 && order[i - 1] < order[i]));
        }
        assert_int_equal(seen, (INT64_C(1) << count) - 1);
        mr_prim_sort(&context, &sorted, &list, element);
        for (int64_t i = 1; i < count; i++)
            assert_true(mr_compare(&context, sorted->data + (i - 1) * element->size, sorted->data + i * element->size, element) <
                        0);
        mr_drop(&context, &list, type);
        mr_drop(&context, &sorted, type);
        arena_free(&own);
    }
}

/* ---- ranges */

static void test_ranges(void **state) {
    (void)state;
    MrRange range;
    int64_t len;
    assert_false(mr_range_make(&context, &range, 1, 10, false));
    assert_true(range.count == 10 && range.step == 1);
    assert_true(mr_range_contains(&context, &range, 10) && !mr_range_contains(&context, &range, 11));
    assert_false(mr_range_make(&context, &range, 5, 5, true));
    assert_int_equal(range.count, 0);
    assert_false(mr_range_contains(&context, &range, 5));
    assert_true(mr_range_make(&context, &range, INT64_MIN, 0, false));
    assert_error("more elements than an int can count");
    assert_false(mr_range_make(&context, &range, INT64_MAX - 1, INT64_MAX, false));
    assert_int_equal(range.count, 2);
    assert_int_equal(mr_range_room(&context, 5, 7, 1), 7);
    assert_int_equal(mr_range_room(&context, INT64_MAX - 1, MR_OPEN, 1), 2);
    assert_int_equal(mr_range_room(&context, INT64_MAX - 9, MR_OPEN, 5), 2);
    assert_int_equal(mr_range_room(&context, INT64_MIN, MR_OPEN, 1), MR_OPEN);
    range = (MrRange){3, MR_OPEN, 1};
    assert_true(mr_range_contains(&context, &range, INT64_MAX));
    assert_true(mr_prim_len(&context, &len, &range, &type_range));
    assert_error("no length");
    mr_range_make(&context, &range, 1, 10, false);
    MrRange stepped;
    assert_false(mr_prim_step(&context, &stepped, &range, 3));
    assert_true(stepped.first == 1 && stepped.count == 4 && stepped.step == 3);
    assert_true(mr_range_contains(&context, &stepped, 10) && !mr_range_contains(&context, &stepped, 9));
    assert_false(mr_prim_step(&context, &stepped, &range, -4));
    assert_true(stepped.first == 10 && stepped.count == 3 && stepped.step == -4);
    assert_true(mr_range_contains(&context, &stepped, 2) && !mr_range_contains(&context, &stepped, -2));
    assert_true(mr_prim_step(&context, &stepped, &range, 0));
    assert_error("step of 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push),       cmocka_unit_test(test_shared), cmocka_unit_test(test_own_elements),
        cmocka_unit_test(test_insert_pop), cmocka_unit_test(test_get),    cmocka_unit_test(test_parts),
        cmocka_unit_test(test_extend),     cmocka_unit_test(test_sort),   cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
