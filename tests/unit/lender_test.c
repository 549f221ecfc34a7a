/* lender_test.c: large lists grow where they are, and are lent from one owner to another, each of whom may go on alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/value/codec.h"
#include "tests/unit/ints.h"

enum { LARGE = 400000 };

static MrList *ints_of(int64_t count) {
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) mr_prim_push(&context, NULL, &list, &i, &type_int);
    return list;
}

static int64_t at(const MrList *list, int64_t i) {
    return ((const int64_t *)(const void *)list->data)[i];
}

static void test_growth(void **state) {
    (void)state;
    MrList *list = ints_of(LARGE);
    assert_non_null(list->payload);
    for (int64_t i = 0; i < LARGE; i++) assert_int_equal(at(list, i), i);
    /* What is pushed may lie in the list that moves. */
    while (list->len < list->cap) mr_prim_push(&context, NULL, &list, list->data, &type_int);
    mr_prim_push(&context, NULL, &list, list->data + 7 * sizeof(int64_t), &type_int);
    assert_int_equal(at(list, list->len - 1), 7);
    for (int64_t i = 0; i < LARGE; i++) assert_int_equal(at(list, i), i);
    mr_drop(&context, &list, ints);
}

/* What somebody else reads too is copied before it changes, though the list has one reference. */
static void test_shared(void **state) {
    (void)state;
    MrList *list = ints_of(LARGE);
    Payload *payload = list->payload;
    payload_retain(payload);
    assert_true(payload_is_shared(payload));
    void *place;
    assert_false(mr_list_at(&context, &place, &list, 5, ints));
    *(int64_t *)place = -1;
    assert_ptr_not_equal(list->payload, payload);
    assert_false(payload_is_shared(payload));
    assert_int_equal(((const int64_t *)(const void *)payload_data(payload))[5], 5);
    payload_release(payload);
    assert_int_equal(at(list, 5), -1);
    mr_drop(&context, &list, ints);
}

static MrList *decoded(const Buf *bytes, Lending lending, const char *problem) {
    MrList *list = NULL;
    const char *from = bytes->data, *end = from + bytes->len;
    const char *wrong = codec_decode_lent(&from, end, &list, ints, NULL, lending);
    assert_ptr_equal(wrong, problem);
    if (!problem) assert_ptr_equal(from, end);
    return list;
}

static void test_loans(void **state) {
    (void)state;
    Lender *lender = lender_new();
    MrList *list = ints_of(LARGE), *small = ints_of(3);
    Buf bytes = {0}, others = {0}, few = {0};
    codec_encode_lent(&bytes, &list, ints, NULL, (Lending){lender, 7, false});
    codec_encode_lent(&others, &list, ints, NULL, (Lending){lender, 8, false});
    codec_encode_lent(&few, &small, ints, NULL, (Lending){lender, 7, false});
    assert_true(bytes.len < 16);
    MrList *borrowed = decoded(&bytes, (Lending){lender, 0, false}, NULL),
           *again = decoded(&bytes, (Lending){lender, 0, false}, NULL);
    MrList *copied = decoded(&few, (Lending){lender, 0, false}, NULL);
    assert_ptr_equal(borrowed->data, list->data);
    assert_ptr_equal(again->data, list->data);
    assert_ptr_not_equal(copied->data, small->data);
    lender_end(lender, 7);
    assert_null(decoded(&bytes, (Lending){lender, 0, false}, codec_is_over));
    /* A loan that is taken is the taker's, once the others have gone. */
    MrList *taken = decoded(&others, (Lending){lender, 0, true}, NULL);
    assert_null(decoded(&others, (Lending){lender, 0, true}, codec_is_over));
    mr_drop(&context, &list, ints);
    mr_drop(&context, &borrowed, ints);
    mr_drop(&context, &again, ints);
    assert_false(payload_is_shared(taken->payload));
    assert_int_equal(at(taken, LARGE - 1), LARGE - 1);
    mr_drop(&context, &taken, ints);
    mr_drop(&context, &copied, ints);
    mr_drop(&context, &small, ints);
    buf_free(&bytes);
    buf_free(&others);
    buf_free(&few);
    lender_free(&lender);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_loans),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
