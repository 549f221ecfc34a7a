/* table_test.c: a table holds what a plain array does, whatever is put in and taken out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/sched/table.h"

enum { NUMBERS = 300, ROUNDS = 100000 };

static void it_finds_what_is_there(void **state) {
    (void)state;
    Table table = {0};
    static int values[NUMBERS];
    void *expected[NUMBERS] = {0};
    uint64_t random = 1;
    size_t len = 0;
    assert_null(table_find(&table, 7));
    table_remove(&table, 7);
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t i = random >> 33 & 0xffff;
        i %= round % 1000 < 500 ? NUMBERS : NUMBERS / 10; /* at times nearly full, at times nearly empty */
        uint64_t number = i * 0x100000001u;
        assert_ptr_equal(table_find(&table, number), expected[i]);
        if (expected[i])
            table_remove(&table, number), expected[i] = NULL, len--;
        else
            table_put(&table, number, expected[i] = &values[i]), len++;
        assert_int_equal(table.len, len);
    }
    table_free(&table);
    assert_null(table_find(&table, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_finds_what_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
