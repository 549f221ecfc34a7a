/* data_test.c: values of declared types: shown, compared, hashed, encoded, changed and dropped, flat and in cells.
 *
 * The type is `type Chain = End | Link(bool, Chain)`: the tuple (int, bool, Chain), in a cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/value/codec.h"
#include "tests/unit/values.h"

static MrContext context;

typedef struct Link {
    int64_t tag;
    bool flag;
    MrBox *next;
} Link;

static const uint32_t link_slots[] = {1, 2};
static const MrConstructor constructors[] = {{.name = "End"}, {.name = "Link", .field_count = 2, .slots = link_slots}};
static const MrData data = {.constructor_count = 2, .has_tag = true, .constructors = constructors};
static const MrType chain_type;
static const MrType *const link_fields[] = {&type_int, &type_bool, &chain_type};
static const uint32_t link_offsets[] = {offsetof(Link, tag), offsetof(Link, flag), offsetof(Link, next)};
static const MrType link_type = {.kind = MR_TUPLE,
                                 .size = sizeof(Link),
                                 .align = 8,
                                 .field_count = 3,
                                 .fields = link_fields,
                                 .offsets = link_offsets,
                                 .name = "cell of Chain",
                                 .data = &data};
static const MrType *const chain_fields[] = {&link_type};
static const uint32_t chain_offsets[] = {0};
static const MrType chain_type = {
    .kind = MR_BOX, .size = 8, .align = 8, .field_count = 1, .fields = chain_fields, .offsets = chain_offsets, .name = "Chain"};

static MrBox *link_new(int64_t tag, bool flag, MrBox *next) {
    MrBox *box = mr_box_make(&context, &chain_type);
    memset(box->content, 0, sizeof(Link));
    *(Link *)box->content = (Link){.tag = tag, .flag = flag, .next = next};
    return box;
}

static MrBox *chain_new(int64_t len) {
    MrBox *chain = link_new(0, false, NULL);
    for (int64_t i = 0; i < len; i++) chain = link_new(1, i % 2, chain);
    return chain;
}

static void assert_shown(MrBox *const *chain, const char *text) {
    MrString shown = {0};
    assert_false(mr_to_string(&context, &shown, chain, &chain_type));
    assert_int_equal(shown.len, strlen(text));
    assert_memory_equal(shown.data, text, strlen(text));
    mr_string_drop(&context, &shown);
}

static void test_show(void **state) {
    (void)state;
    MrBox *chain = chain_new(0);
    assert_shown(&chain, "End");
    mr_drop(&context, &chain, &chain_type);
    chain = chain_new(2);
    assert_shown(&chain, "Link(true, Link(false, End))");
    mr_drop(&context, &chain, &chain_type);
}

static void test_order(void **state) {
    (void)state;
    MrBox *chains[] = {chain_new(0), chain_new(1), chain_new(2), chain_new(3)};
    static const int order[] = {0, 1, 3, 2}; /* End, Link(false, End), Link(false, Link(true, …)), Link(true, …) */
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            int64_t result = mr_compare(&context, &chains[order[i]], &chains[order[j]], &chain_type);
            assert_int_equal((result > 0) - (result < 0), (i > j) - (i < j));
        }
    }
    MrBox *same = chain_new(3);
    assert_true(mr_equal(&context, &same, &chains[3], &chain_type));
    assert_true(value_hash(&same, &chain_type) == value_hash(&chains[3], &chain_type));
    assert_true(value_hash(&same, &chain_type) != value_hash(&chains[2], &chain_type));
    mr_drop(&context, &same, &chain_type);
    for (int i = 0; i < 4; i++) mr_drop(&context, &chains[i], &chain_type);
}

static void test_change(void **state) {
    (void)state;
    MrBox *chain = chain_new(2), *copy = chain;
    mr_retain(&context, &copy, &chain_type);
    ((Link *)mr_box_at(&context, &copy, &chain_type))->flag = false;
    assert_ptr_not_equal(chain, copy);
    assert_shown(&chain, "Link(true, Link(false, End))");
    assert_shown(&copy, "Link(false, Link(false, End))");
    MrBox *before = copy;
    mr_box_at(&context, &copy, &chain_type);
    assert_ptr_equal(copy, before); /* its only owner changes it where it is */
    mr_drop(&context, &chain, &chain_type);
    mr_drop(&context, &copy, &chain_type);
}

/* As deep as memory goes, on any stack; and no constructor that the type does not have. */
static void test_codec(void **state) {
    (void)state;
    enum { DEPTH = 300000 };
    MrBox *chain = chain_new(DEPTH), *back = NULL;
    Buf bytes = {0};
    codec_encode(&bytes, &chain, &chain_type, NULL);
    const char *at = bytes.data;
    assert_null(codec_decode(&at, at + bytes.len, &back, &chain_type, NULL));
    assert_true(mr_equal(&context, &chain, &back, &chain_type));
    mr_drop(&context, &chain, &chain_type);
    mr_drop(&context, &back, &chain_type);
    bytes.data[1] = 2;
    at = bytes.data;
    assert_string_equal(codec_decode(&at, at + bytes.len, &back, &chain_type, NULL),
                        "a value has a constructor that its type does not have");
    assert_null(back);
    at = bytes.data;
    assert_non_null(codec_decode(&at, at + bytes.len / 2, &back, &chain_type, NULL));
    assert_null(back);
    buf_free(&bytes);
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_codec),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
