/* codec_test.c: what was encoded decodes to the same value; what is broken is refused, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/value/codec.h"
#include "runtime/value/numbers.h"
#include "runtime/value/value.h"
#include "tests/unit/values.h"

static MrContext context;

enum { ROUNDS = 3000 };

/* decode(encode(v)) is v, in whatever order the entries of maps come, takes all the bytes, and encodes to the same bytes again. */
static void test_identity(void **state) {
    (void)state;
    Random random = {1};
    for (int round = 0; round < ROUNDS; round++) {
        Arena *arena = arena_new();
        const MrType *type = random_type(&random, arena, 4);
        void *value = arena_alloc(arena, type->size), *back = arena_alloc(arena, type->size);
        Buf bytes = {0}, again = {0};
        random_value(&random, &context, value, type);
        codec_encode_as_is(&bytes, value, type, NULL);
        const char *at = bytes.data, *end = at + bytes.len;
        assert_null(codec_decode(&at, end, back, type, NULL));
        assert_ptr_equal(at, end);
        assert_int_equal(mr_compare(&context, value, back, type), 0);
        bytes.len = 0;
        codec_encode(&bytes, value, type, NULL);
        codec_encode(&again, back, type, NULL);
        assert_int_equal(bytes.len, again.len);
        if (bytes.len) assert_memory_equal(bytes.data, again.data, bytes.len);
        mr_drop(&context, value, type);
        mr_drop(&context, back, type);
        buf_free(&bytes);
        buf_free(&again);
        arena_free(&arena);
    }
}

/* Every proper prefix is refused, or a value of fewer bytes; random damage is refused, or another value: never a crash. */
static void test_damage(void **state) {
    (void)state;
    Random random = {2};
    for (int round = 0; round < ROUNDS; round++) {
        Arena *arena = arena_new();
        const MrType *type = random_type(&random, arena, 3);
        void *value = arena_alloc(arena, type->size), *back = arena_alloc(arena, type->size);
        Buf bytes = {0};
        random_value(&random, &context, value, type);
        codec_encode(&bytes, value, type, NULL);
        mr_drop(&context, value, type);
        for (size_t cut = 0; cut < bytes.len && cut < 64; cut++) {
            char *piece = malloc(cut + 1); /* exactly what may be read, so that a sanitiser sees more */
            memcpy(piece, bytes.data, cut);
            const char *at = piece;
            assert_non_null(codec_decode(&at, piece + cut, back, type, NULL));
            for (uint32_t i = 0; i < type->size; i++) assert_int_equal(((char *)back)[i], 0);
            free(piece);
        }
        for (int damage = 0; damage < 8 && bytes.len; damage++) {
            bytes.data[random_below(&random, (int64_t)bytes.len)] = (char)random_next(&random);
            const char *at = bytes.data;
            if (!codec_decode(&at, at + bytes.len, back, type, NULL)) mr_drop(&context, back, type);
            memset(back, 0, type->size);
        }
        buf_free(&bytes);
        arena_free(&arena);
    }
}

static void test_elements(void **state) {
    (void)state;
    Random random = {3};
    for (int round = 0; round < ROUNDS / 10; round++) {
        Arena *arena = arena_new();
        const MrType *type = type_of(arena, MR_LIST, random_type(&random, arena, 2), NULL);
        MrList *list = NULL, *part, *back = NULL;
        Buf bytes = {0};
        random_value(&random, &context, &list, type);
        int64_t first = random_below(&random, list_len(list) + 1), count = random_below(&random, list_len(list) - first + 1);
        codec_encode_elements(&bytes, list, first, count, type, NULL);
        mr_list_slice(&context, &part, list, first, count, type);
        const char *at = bytes.data;
        assert_null(codec_decode_elements(&at, at + bytes.len, (uint64_t)count, &back, type, NULL));
        assert_ptr_equal(at, bytes.data + bytes.len);
        assert_int_equal(list_len(back), count);
        assert_int_equal(mr_compare(&context, &part, &back, type), 0);
        mr_drop(&context, &list, type);
        mr_drop(&context, &part, type);
        mr_drop(&context, &back, type);
        buf_free(&bytes);
        arena_free(&arena);
    }
}

static const char *decode_text(const char *text, size_t len, const MrType *type) {
    static char place[64];
    memset(place, 0, sizeof place);
    return codec_decode(&text, text + len, place, type, NULL);
}

static void test_refused(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *ints = type_of(arena, MR_LIST, &type_int, NULL), *set = type_of(arena, MR_SET, &type_string, &type_unit);
    const MrType *units = type_of(arena, MR_SET, &type_unit, &type_unit), *function = type_of(arena, MR_FUNCTION, NULL, NULL);
    assert_string_equal(decode_text("\2", 1, &type_bool), "a bool is neither 0 nor 1");
    assert_string_equal(decode_text("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, ints), "a length goes past the end of the value");
    assert_string_equal(decode_text("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, ints), "a length is malformed");
    assert_string_equal(decode_text("\x80\x80", 2, &type_string), "a length is malformed");
    assert_string_equal(decode_text("\2\1a\1a", 5, set), "a key is there twice");
    assert_string_equal(decode_text("\3\1b\1a\1b", 7, set), "a key is there twice");
    assert_string_equal(decode_text("\3\1b\1a\5", 6, set), "the value ends too early");
    assert_string_equal(decode_text("\xff\xff\xff\xff\x7f", 5, units), "a key is there twice");
    assert_string_equal(decode_text("\1", 1, function), "the program has no such function");
    assert_string_equal(decode_text("\5abcd", 5, &type_string), "the value ends too early");
    static const MrRange wrong[] = {{0, -1, 1},        {0, MR_OPEN, 0},   {0, MR_OPEN, -1}, {1, INT64_MAX - 1, 2},
                                    {INT64_MAX, 2, 1}, {INT64_MIN, 2, -1}};
    static const MrRange right[] = {
        {0}, {5, 0, INT64_MIN}, {1, MR_OPEN, 7}, {INT64_MAX, 1, INT64_MAX}, {INT64_MIN, INT64_MAX - 1, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_string_equal(decode_text((const char *)&wrong[i], sizeof *wrong, &type_range), "a range leaves the ints");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_null(decode_text((const char *)&right[i], sizeof *right, &type_range));
    arena_free(&arena);
}

/* Bytes that name a function of another type than is asked for, or put a function where a stream belongs, are no value: calling it
 * would take its arguments for what they are not. */
static void test_functions_of_other_types(void **state) {
    (void)state;
    Arena *arena = arena_new();
    MrType *asked = type_of(arena, MR_FUNCTION, NULL, NULL), *other = type_of(arena, MR_FUNCTION, NULL, NULL);
    MrType *stream = type_of(arena, MR_FUNCTION, NULL, NULL);
    asked->name = "int -> int";
    other->name = "int -> string";
    stream->name = "stream[int]";
    MrType *alike = type_of(arena, MR_FUNCTION, NULL, NULL); /* of another cell */
    alike->name = asked->name;
    const MrFunction right = {.env = &type_unit, .name = "right", .type = asked};
    const MrFunction wrong = {.env = &type_unit, .name = "wrong", .type = other};
    const MrFunction walk = {.env = &type_unit, .name = "walk", .walk = MR_WALK_ELEMENTS, .element = &type_int, .type = stream};
    const MrFunction unknown = {.env = &type_unit, .name = "unknown"};
    const MrFunction of_other_cell = {.env = &type_unit, .name = "right", .type = alike};
    const MrFunction *const functions[] = {&right, &wrong, &walk, &unknown, &of_other_cell};
    const MrProgram program = {.function_count = 5, .functions = functions};
    /* A number: 1 … 5 are the program's, 6 is take, whose source follows and then how many. */
    static const struct {
        const char *bytes;
        size_t size;
        bool is_stream;
        const char *problem;
    } cases[] = {
        {"\1", 1, false, NULL},
        {"\2", 1, false, "a function is of another type"},
        {"\3", 1, false, "a function is of another type"},
        {"\4", 1, false, "a function is of another type"},
        {"\5", 1, false, NULL},
        {"\1", 1, true, "a function is of another type"},
        {"\3", 1, true, NULL},
        {"\6\3\7\0\0\0\0\0\0\0", 10, true, NULL},
        {"\6\6\3\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0", 19, true, NULL},
        {"\6\3\7\0\0\0\0\0\0\0", 10, false, "a function is of another type"},
        {"\6\1\7\0\0\0\0\0\0\0", 10, false, "a function is of another type"},
        {"\6\1\7\0\0\0\0\0\0\0", 10, true, "a function is of another type"},
        {"\6\0\7\0\0\0\0\0\0\0", 10, true, "a stream has no source"},
        {"\6\0\7\0\0\0\0\0\0\0", 10, false, "a stream has no source"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MrClosure *value = NULL;
        const MrType *type = cases[i].is_stream ? stream : asked;
        const char *at = cases[i].bytes;
        const char *problem = codec_decode(&at, at + cases[i].size, &value, type, &program);
        if (cases[i].problem) assert_non_null(problem);
        if (cases[i].problem) assert_string_equal(problem, cases[i].problem);
        if (!cases[i].problem) assert_null(problem);
        mr_drop(&context, &value, type);
    }
    arena_free(&arena);
}

/* A chain of closures, each capturing the one before it: as deep as memory goes, on any stack. */
static void test_deep(void **state) {
    (void)state;
    enum { DEPTH = 300000 };
    Arena *arena = arena_new();
    MrType *function_type = type_of(arena, MR_FUNCTION, NULL, NULL);
    const MrType *env = type_of(arena, MR_TUPLE, &type_int, function_type);
    const MrFunction function = {.env = env, .name = "link", .type = function_type};
    const MrFunction last = {.env = &type_unit, .name = "last", .type = function_type};
    const MrFunction *const functions[] = {&last, &function};
    const MrProgram program = {.function_count = 2, .functions = functions};
    MrClosure *chain = mr_closure_make(&context, &last), *back = NULL;
    for (int64_t i = 0; i < DEPTH; i++) {
        MrClosure *next = mr_closure_make(&context, &function);
        memcpy(next->env, &i, sizeof i);
        memcpy(next->env + 8, &chain, sizeof(void *));
        chain = next;
    }
    Buf bytes = {0}, again = {0};
    codec_encode(&bytes, &chain, function_type, &program);
    assert_int_equal(bytes.len, DEPTH * 9 + 1);
    const char *at = bytes.data;
    assert_null(codec_decode(&at, at + bytes.len, &back, function_type, &program));
    codec_encode(&again, &back, function_type, &program);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    mr_drop(&context, &chain, function_type);
    mr_drop(&context, &back, function_type);
    at = bytes.data;
    back = NULL;
    assert_non_null(codec_decode(&at, at + bytes.len - 1, &back, function_type, &program));
    assert_null(back);
    buf_free(&bytes);
    buf_free(&again);
    arena_free(&arena);
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

/* Small ints take few bytes; all come back, and no byte of one may be missing. */
static void test_numbers(void **state) {
    (void)state;
    static const struct {
        int64_t x;
        long size;
    } cases[] = {{0, 1},    {-1, 1},   {63, 1},      {-64, 1},        {64, 2},         {-65, 2},
                 {8191, 2}, {8192, 3}, {1000000, 3}, {INT64_MAX, 10}, {INT64_MIN, 10}, {INT64_MAX - 1, 10}};
    Numbers numbers;
    assert_true(numbers_of(&numbers, &type_int));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char bytes[NUMBER_SIZE];
        int64_t back = 0;
        char *end = numbers_put(&numbers, &cases[i].x, bytes);
        assert_int_equal(end - bytes, cases[i].size);
        assert_ptr_equal(numbers_take(&numbers, &back, bytes, end), end);
        assert_true(back == cases[i].x);
        assert_null(numbers_take(&numbers, &back, bytes, end - 1));
    }
    const char endless[NUMBER_SIZE + 1] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    int64_t x = 0;
    assert_null(numbers_take(&numbers, &x, endless, endless + sizeof endless));
    assert_false(numbers_of(&numbers, &type_string));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_functions_of_other_types),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
