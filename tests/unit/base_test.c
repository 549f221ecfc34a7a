/* base_test.c: the compiler's own containers: arenas, buffers, vectors, maps, interned names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/input.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"

static int arena_setup(void **state) {
    *state = arena_new();
    return 0;
}

static int arena_teardown(void **state) {
    Arena *arena = *state;
    arena_free(&arena);
    assert_null(arena);
    return 0;
}

static void arena_gives_zeroed_aligned_memory(void **state) {
    Arena *arena = *state;
    for (size_t size = 1; size < 3000; size += 7) {
        unsigned char *p = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    size_t large = 5 << 20;
    unsigned char *p = arena_alloc(arena, large);
    assert_int_equal(p[0] | p[large - 1], 0);
    assert_true(arena_size(arena) > large);
}

static void arena_realloc_keeps_the_old_block(void **state) {
    Arena *arena = *state;
    char *old = arena_strndup(arena, "abcdef", 3);
    assert_string_equal(old, "abc");
    char *longer = arena_realloc(arena, old, 4, 100);
    assert_string_equal(longer, "abc");
    assert_int_equal(longer[99], 0);
    assert_string_equal(old, "abc");
    assert_string_equal(arena_printf(arena, "%s-%d", longer, 7), "abc-7");
}

static void buffers_grow(void **state) {
    (void)state;
    Buf buf = {0};
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++) buf_add_char(&buf, (char)('a' + i % 26));
    buf_add(&buf, NULL, 0);
    buf_add_text(&buf, "end");
    buf_printf(&buf, "%05d", 42);
    assert_int_equal(buf.len, 1008);
    assert_string_equal(buf_text(&buf) + 1000, "end00042");
    buf_free(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
}

static void vectors_push_and_pop(void **state) {
    Arena *arena = *state;
    VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++) vec_push(arena, &numbers, i * i);
    assert_int_equal(numbers.len, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(numbers.items[i], i * i);
    assert_int_equal(vec_last(&numbers), 999 * 999);
    assert_int_equal(vec_pop(&numbers), 999 * 999);
    assert_int_equal(numbers.len, 999);
}

static void maps_find_what_was_put_in(void **state) {
    Arena *arena = *state;
    Map map;
    map_init(&map, arena);
    assert_null(map_get(&map, "x", 1));
    char keys[2000][8];
    for (int i = 0; i < 2000; i++) {
        int len = snprintf(keys[i], sizeof keys[i], "k%d", i);
        *map_slot(&map, keys[i], (size_t)len) = keys[i];
    }
    assert_int_equal(map.len, 2000);
    for (int i = 0; i < 2000; i++) assert_ptr_equal(map_get(&map, keys[i], strlen(keys[i])), keys[i]);
    for (int i = 0; i < 2000; i++) assert_string_equal(map.entries[i].key, keys[i]); /* in the order of insertion */
    assert_null(map_get(&map, "k2000", 5));
    assert_null(map_get(&map, "k1", 1));
    *map_slot(&map, "", 0) = keys[0];
    assert_ptr_equal(map_get(&map, "", 0), keys[0]);
    *map_slot_pointer(&map, &map) = keys[1];
    assert_ptr_equal(map_get_pointer(&map, &map), keys[1]);
    assert_null(map_get_pointer(&map, keys));
}

static void equal_names_are_one(void **state) {
    Arena *arena = *state;
    Interner *names = interner_new(arena);
    Name a = intern_text(names, "word"), b = intern(names, "words", 4), c = intern_text(names, "Word");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_string_equal(intern(names, "", 0), "");
}

static void hashes_differ_and_repeat(void **state) {
    (void)state;
    assert_int_equal(hash_bytes("abc", 3), hash_bytes("abcd", 3));
    assert_int_not_equal(hash_bytes("abc", 3), hash_bytes("abd", 3));
    assert_int_not_equal(hash_bytes("", 0), hash_bytes("\0", 1));
}

static void an_input_is_not_read_past_its_end(void **state) {
    (void)state;
    Buf buf = {0};
    buf_add_number(&buf, UINT64_C(0x0123456789abcdef));
    buf_add_counted(&buf, "text", 4);
    buf_add_counted(&buf, NULL, 0);
    for (size_t size = 0; size <= buf.len; size++) {
        Input in = input_of(buf.data, size);
        size_t len;
        assert_true(input_number(&in) == (size >= 8 ? UINT64_C(0x0123456789abcdef) : 0));
        const char *text = input_text(&in, &len);
        assert_true(size >= 20 ? len == 4 && memcmp(text, "text", 4) == 0 : len == 0);
        input_text(&in, &len);
        assert_true(len == 0 && in.is_bad == (size < buf.len) && in.at <= in.end);
    }
    uint64_t huge = UINT64_MAX;
    size_t len;
    Input in = input_of(&huge, sizeof huge);
    input_text(&in, &len);
    assert_true(in.is_bad && len == 0);
    buf_free(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arena_gives_zeroed_aligned_memory, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(arena_realloc_keeps_the_old_block, arena_setup, arena_teardown),
        cmocka_unit_test(buffers_grow),
        cmocka_unit_test_setup_teardown(vectors_push_and_pop, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(maps_find_what_was_put_in, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(equal_names_are_one, arena_setup, arena_teardown),
        cmocka_unit_test(hashes_differ_and_repeat),
        cmocka_unit_test(an_input_is_not_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
