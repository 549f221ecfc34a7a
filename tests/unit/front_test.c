/* front_test.c: sums that go through a map's front, against sums that are added to the map one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/include/abi.h"
#include "runtime/value/front.h"
#include "tests/unit/values.h"

static MrContext context;

enum { LONGEST = 40, TEXTS = 1 << 16 };

/* The bytes of keys, which stay where they are. */
typedef struct Texts {
    char *bytes;
    int64_t len;
} Texts;

/* Strings of all lengths around those that have a line, some of which differ in zeros at their ends alone. */
static MrString random_key(Random *random, Texts *texts, int64_t kinds) {
    Random of = {(uint64_t)random_below(random, kinds)};
    int64_t len = random_below(&of, 4) ? random_below(&of, 8) : random_below(&of, LONGEST);
    if (texts->len + LONGEST + MR_STRING_SLACK > TEXTS * LONGEST) texts->len = 0;
    MrString key = {texts->bytes + texts->len, len, NULL};
    for (int64_t i = 0; i < len; i++) texts->bytes[texts->len++] = (char)(random_below(&of, 3) ? 'a' + random_below(&of, 26) : 0);
    if (len && len < SHORT_BYTES) texts->bytes[texts->len++] = (char)random_below(random, 256); /* what follows is not the key's */
    return key;
}

static void add_plainly(MrMap **map, const void *key, int64_t number, const MrType *type, bool is_wide) {
    bool is_new;
    int64_t *value = mr_map_upsert(&context, map, key, type, &is_new);
    __int128 sum = value[0];
    if (is_wide) sum = (__int128)((unsigned __int128)(uint64_t)value[1] << 64 | (uint64_t)value[0]);
    sum += number;
    value[0] = (int64_t)sum;
    if (is_wide) value[1] = (int64_t)(sum >> 64);
}

/* As a job does it: some chunks, in each of which keys come together, and the sums in the end. */
static void check_front(uint64_t seed, const MrType *key_type, bool is_wide, int64_t kinds, int64_t pairs) {
    Arena *arena = arena_new();
    const MrType *sum = is_wide ? type_of(arena, MR_TUPLE, &type_int, &type_int) : &type_int;
    const MrType *type = type_of(arena, MR_MAP, key_type, sum);
    Random random = {seed};
    Texts texts = {malloc((size_t)TEXTS * LONGEST), 0};
    MrMap *map = NULL, *plain = NULL;
    int64_t chunks = 1 + random_below(&random, 4);
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        void *front = mr_front_open(&context, &map, type);
        int64_t count = random_below(&random, pairs);
        texts.len = 0;
        for (int64_t i = 0; i < count; i++) {
            int64_t number = random_below(&random, 8) ? random_below(&random, 5) - 2 : (int64_t)random_next(&random);
            int64_t integer = random_below(&random, kinds) - kinds / 2;
            MrString string = key_type->kind == MR_STRING ? random_key(&random, &texts, kinds) : (MrString){0};
            const void *key = key_type->kind == MR_STRING ? (const void *)&string : &integer;
            add_plainly(&plain, key, number, type, is_wide);
            bool is_full = mr_front_put(&context, front, key, number, type), ends_now = random_below(&random, 500) == 0;
            if (is_full || ends_now) mr_front_flush(&context, &map, ends_now, type);
        }
        mr_front_close(&context, &map, type);
        if (random_below(&random, 2)) front_settle(map);
    }
    front_settle(map);
    assert_true(mr_equal(&context, &map, &plain, type));
    mr_drop(&context, &map, type);
    mr_drop(&context, &plain, type);
    free(texts.bytes);
    arena_free(&arena);
}

static void test_sums(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        int64_t kinds = (int64_t)1 << seed % 13;
        check_front(seed, &type_string, true, kinds, 3000);
        check_front(seed, &type_string, false, kinds, 3000);
        check_front(seed, &type_int, true, kinds, 3000);
        check_front(seed, &type_int, false, kinds, 3000);
    }
    check_front(301, &type_string, true, 60000, 60000); /* as many keys as the largest front has lines */
    check_front(302, &type_int, true, 200000, 200000);
}

/* A chunk without pairs makes no map. */
static void test_nothing(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const MrType *type = type_of(arena, MR_MAP, &type_string, &type_int);
    MrMap *map = NULL;
    mr_front_open(&context, &map, type);
    mr_front_close(&context, &map, type);
    assert_null(map);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
