/* map_test.c: maps and sets against a plain array under random operations; merging and finishing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/values.h"

static MrContext context;

static void assert_shown(const void *value, const MrType *type, const char *expected) {
    Buf shown = {0};
    value_show(&shown, value, type);
    assert_string_equal(buf_text(&shown), expected);
    buf_free(&shown);
}

/* The reference: keys and values side by side, searched from the first to the last. */
enum { REFERENCE = 256 };
typedef struct Reference {
    void *keys[REFERENCE];
    int64_t values[REFERENCE];
    int len;
} Reference;

static int reference_find(const Reference *reference, const void *key, const MrType *type) {
    for (int i = 0; i < reference->len; i++)
        if (mr_compare(&context, reference->keys[i], key, type) == 0) return i;
    return -1;
}

/* The map has what the reference has, in ascending order. */
static void check_same(MrMap *map, const Reference *reference, const MrType *type) {
    assert_int_equal(mr_map_len(&context, map), reference->len);
    char *entries = mr_map_sorted(&context, map, type);
    for (int i = 0; i < reference->len; i++) {
        char *entry = entries + (size_t)i * type->stride, *key = entry + type->offsets[0];
        if (i) assert_true(mr_compare(&context, key - type->stride, key, type->fields[0]) < 0);
        int found = reference_find(reference, key, type->fields[0]);
        assert_true(found >= 0);
        assert_int_equal(*(int64_t *)(entry + type->offsets[1]), reference->values[found]);
        assert_ptr_equal(mr_map_find(&context, map, reference->keys[i], type) != NULL, true);
    }
}

static void reference_set(Reference *reference, Arena *arena, const void *key, int64_t value, const MrType *type) {
    int at = reference_find(reference, key, type);
    if (at < 0) {
        at = reference->len++;
        reference->keys[at] = arena_alloc(arena, type->size);
        memcpy(reference->keys[at], key, type->size);
        mr_own(&context, reference->keys[at], type);
    }
    reference->values[at] = value;
}

static void reference_remove(Reference *reference, const void *key, const MrType *type) {
    int at = reference_find(reference, key, type);
    if (at < 0) return;
    mr_drop(&context, reference->keys[at], type);
    reference->len--;
    reference->keys[at] = reference->keys[reference->len];
    reference->values[at] = reference->values[reference->len];
}

/* One random change to both; now and then a second reference to the map keeps it as it was. */
static void change(Random *random, Arena *arena, MrMap **map, Reference *reference, const MrType *type) {
    const MrType *key_type = type->fields[0];
    void *key = arena_alloc(arena, key_type->size);
    random_value(random, &context, key, key_type);
    if (reference->len && random_below(random, 3) == 0) { /* a key that is there */
        mr_drop(&context, key, key_type);
        memcpy(key, reference->keys[random_below(random, reference->len)], key_type->size);
        mr_own(&context, key, key_type);
    }
    MrMap *shared = *map;
    if (shared) mr_retain(&context, &shared, type);
    int64_t before = mr_map_len(&context, shared), value = random_below(random, 1000);
    bool is_new;
    switch (random_below(random, 4)) {
    case 0:
        mr_prim_remove(&context, NULL, map, key, type, key_type);
        reference_remove(reference, key, key_type);
        break;
    case 1:
        map_unique(map);
        int64_t *place = mr_map_upsert(&context, map, key, type, &is_new);
        assert_int_equal(is_new, reference_find(reference, key, key_type) < 0);
        assert_true(!is_new || *place == 0);
        *place += value;
        reference_set(reference, arena, key, *place, key_type);
        break;
    default: reference_set(reference, arena, key, value, key_type); mr_map_set(&context, map, key, &value, type);
    }
    assert_int_equal(mr_map_len(&context, shared), before);
    mr_drop(&context, &shared, type);
    mr_drop(&context, key, key_type);
}

static void test_reference(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Random random = {seed};
        Arena *arena = arena_new();
        const MrType *key = seed % 3 == 0 ? &type_int : seed % 3 == 1 ? &type_string : random_type(&random, arena, 3);
        const MrType *type = type_of(arena, MR_MAP, key, &type_int);
        MrMap *map = NULL;
        Reference reference = {.len = 0};
        for (int step = 0; step < 200; step++) {
            change(&random, arena, &map, &reference, type);
            if (step % 20 == 0) check_same(map, &reference, type);
        }
        check_same(map, &reference, type);
        mr_drop(&context, &map, type);
        while (reference.len) reference_remove(&reference, reference.keys[0], key);
        arena_free(&arena);
    }
}

static void test_large(void **state) {
    (void)state;
    enum { COUNT = 50000 };
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_int, &type_int);
    MrMap *map = NULL;
    for (int64_t i = 0; i < COUNT; i++) {
        int64_t key = (i * 7919) % COUNT, value = i;
        mr_map_set(&context, &map, &key, &value, type);
    }
    assert_int_equal(mr_map_len(&context, map), COUNT);
    char *entries = mr_map_sorted(&context, map, type);
    for (int64_t i = 0; i < COUNT; i++) assert_int_equal(*(int64_t *)(entries + (size_t)i * type->stride + type->offsets[0]), i);
    for (int64_t i = 0; i < COUNT; i += 2) mr_prim_remove(&context, NULL, &map, &i, type, &type_int);
    for (int64_t i = 0; i < COUNT; i++) assert_int_equal(mr_map_find(&context, map, &i, type) != NULL, i % 2);
    mr_drop(&context, &map, type);
    arena_free(&arena);
}

/* A key that lies in the map itself, while the map grows. */
static void test_own_key(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_string, &type_int), *set = type_of(arena, MR_SET, &type_string, &type_unit);
    MrMap *map = NULL, *seen = NULL;
    for (int64_t i = 0; i < 100; i++) {
        char name[16];
        MrString key = {name, snprintf(name, sizeof name, "%d", (int)i), NULL};
        mr_map_set(&context, &map, &key, &i, type);
        mr_prim_add(&context, NULL, &seen, &key, &type_string);
        char *last = map_entry(seen, seen->len - 1) + seen->key_offset;
        mr_prim_add(&context, NULL, &seen, last, &type_string);
    }
    assert_int_equal(mr_map_len(&context, seen), 100);
    mr_drop(&context, &map, type);
    mr_drop(&context, &seen, set);
    arena_free(&arena);
}

static void test_make(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_string, &type_string);
    MrString keys[] = {string_of("b"), string_of("a"), string_of("b")}, values[] = {string_of("1"), string_of("2"), string_of("3")};
    MrMap *map;
    mr_map_make(&context, &map, keys, values, 3, type);
    assert_shown(&map, type, "[\"a\": \"2\", \"b\": \"3\"]");
    const void *found;
    const MrString absent = TEXT_OF("nobody");
    assert_true(mr_map_get(&context, &found, map, &absent, type));
    assert_non_null(strstr(context.error.message, "no key \"nobody\""));
    mr_error_clear(&context.error);
    mr_drop(&context, &map, type);
    arena_free(&arena);
}

static void test_elements(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_bool, &type_string),
                 *pair = type_of(arena, MR_TUPLE, &type_bool, &type_string);
    const MrType *pairs = type_of(arena, MR_LIST, pair, NULL), *bools = type_of(arena, MR_LIST, &type_bool, NULL);
    bool keys[] = {true, false};
    MrString values[] = {string_of("t"), string_of("f")};
    MrMap *map;
    MrList *list, *part;
    mr_map_make(&context, &map, keys, values, 2, type);
    mr_elements(&context, &list, &map, type);
    assert_shown(&list, pairs, "[(false, \"f\"), (true, \"t\")]");
    mr_drop(&context, &list, pairs);
    mr_prim_keys(&context, &part, &map, &type_bool, &type_string);
    assert_shown(&part, bools, "[false, true]");
    mr_drop(&context, &part, bools);
    mr_prim_values(&context, &part, &map, &type_bool, &type_string);
    assert_shown(&part, &type_string_list, "[\"f\", \"t\"]");
    mr_drop(&context, &part, &type_string_list);
    struct {
        bool is_some;
        MrString value;
    } got;
    mr_prim_get(&context, &got, &map, &keys[0], type, &type_bool, &type_string);
    assert_true(got.is_some && got.value.data[0] == 't');
    mr_drop(&context, &got.value, &type_string);
    mr_drop(&context, &map, type);
    arena_free(&arena);
}

/* ---- merging: the values are strings that say in which order they were put together */

static bool merge_texts(MrContext *ctx, const void *captures, void *left, void *right) {
    const MrString *limit = captures;
    MrString parts[] = {*(MrString *)left, *(MrString *)right}, joined = {0};
    bool has_failed = limit->len && parts[1].len >= limit->len && mr_failf(ctx, "too long: %.*s", (int)parts[1].len, parts[1].data);
    if (!has_failed) mr_string_concat(ctx, &joined, parts, 2);
    mr_string_drop(ctx, &parts[0]);
    mr_string_drop(ctx, &parts[1]);
    memset(right, 0, sizeof(MrString));
    *(MrString *)left = joined;
    return has_failed;
}

static MrMap *map_of(const char *keys, const char *value, const MrType *type) {
    MrMap *map = NULL;
    for (const char *p = keys; *p; p++) {
        const char bytes[1 + MR_STRING_SLACK] = {*p};
        const MrString key = {bytes, 1, NULL};
        char text[16];
        snprintf(text, sizeof text, "%s%c", value, *p);
        MrString owned = string_of(text);
        mr_map_set(&context, &map, &key, &owned, type);
    }
    return map;
}

static void check_merge(const char *left_keys, const char *right_keys, bool is_shared, const char *expected) {
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_string, &type_string);
    const MrString no_limit = {0};
    MrMap *left = map_of(left_keys, "l", type), *right = map_of(right_keys, "r", type), *other = is_shared ? right : NULL;
    if (other) mr_retain(&context, &other, type);
    assert_false(mr_map_merge(&context, &left, right, type, merge_texts, &no_limit));
    assert_shown(&left, type, expected);
    mr_drop(&context, &left, type);
    mr_drop(&context, &other, type);
    arena_free(&arena);
}

static void test_merge(void **state) {
    (void)state;
    check_merge("", "", false, "[:]");
    check_merge("a", "", false, "[\"a\": \"la\"]");
    check_merge("", "a", true, "[\"a\": \"ra\"]");
    for (int shared = 0; shared < 2; shared++) {
        check_merge("ab", "b", shared, "[\"a\": \"la\", \"b\": \"lbrb\"]");
        check_merge("b", "cba", shared, "[\"a\": \"ra\", \"b\": \"lbrb\", \"c\": \"rc\"]");
        check_merge("ba", "ab", shared, "[\"a\": \"lara\", \"b\": \"lbrb\"]");
    }
}

/* Whatever lies where, the error is that of the smallest key. */
static void test_merge_error(void **state) {
    (void)state;
    static const char *const keys[][2] = {{"abcd", "dbc"}, {"cb", "dcba"}, {"dcb", "bcd"}};
    for (size_t i = 0; i < 3; i++) {
        Arena *arena = arena_new();
        const MrType *type = type_of(arena, MR_MAP, &type_string, &type_string);
        const MrString limit = TEXT_OF("rr");
        MrMap *left = map_of(keys[i][0], "l", type), *right = map_of(keys[i][1], "r", type);
        assert_true(mr_map_merge(&context, &left, right, type, merge_texts, &limit));
        assert_null(left);
        assert_string_equal(context.error.message, "too long: rb");
        mr_error_clear(&context.error);
        arena_free(&arena);
    }
}

static bool finish_length(MrContext *ctx, const void *captures, void *state, bool has_value, void *result) {
    const char *forbidden = captures;
    MrString text = *(MrString *)state;
    assert_true(has_value);
    bool has_failed = forbidden && text.data[1] == *forbidden && mr_failf(ctx, "forbidden");
    if (!has_failed) *(int64_t *)result = text.len;
    mr_string_drop(ctx, &text);
    return has_failed;
}

static void test_finish(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *in = type_of(arena, MR_MAP, &type_string, &type_string), *out = type_of(arena, MR_MAP, &type_string, &type_int);
    MrMap *map, *result, *shared;
    map = shared = map_of("cab", "x", in);
    mr_retain(&context, &shared, in);
    assert_false(mr_map_finish(&context, &result, map, in, out, finish_length, NULL));
    assert_int_equal(mr_map_len(&context, result), 3);
    const MrString key = TEXT_OF("b");
    assert_int_equal(*(int64_t *)mr_map_find(&context, result, &key, out), 2);
    mr_drop(&context, &result, out);
    assert_true(mr_map_finish(&context, &result, shared, in, out, finish_length, "b"));
    mr_error_clear(&context.error);
    assert_false(mr_map_finish(&context, &result, NULL, in, out, finish_length, NULL));
    assert_null(result);
    arena_free(&arena);
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),   cmocka_unit_test(test_large),    cmocka_unit_test(test_own_key),
        cmocka_unit_test(test_make),        cmocka_unit_test(test_elements), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_merge_error), cmocka_unit_test(test_finish),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
