/* block_test.c: blocks, small and large, begin with zeros and keep what is in them when they grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/value/block.h"

#define MIB ((size_t)1 << 20)

static void check_zero(const char *block, size_t from, size_t to) {
    for (size_t i = from; i < to; i += 1021) assert_int_equal(block[i], 0);
    if (to > from) assert_int_equal(block[to - 1], 0);
}

static void blocks_grow(void **state) {
    static const size_t sizes[] = {1, 100, 4096, 3 * MIB, 8 * MIB - 1, 8 * MIB, 9 * MIB, 10 * MIB - 5, 33 * MIB, 100 * MIB};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    (void)state;
    for (size_t start = 0; start < COUNT; start++) {
        char *block = block_new(sizes[start]);
        check_zero(block, 0, sizes[start]);
        block[0] = block[sizes[start] - 1] = (char)(start + 1);
        for (size_t i = start + 1; i < COUNT; i++) {
            block = block_grow(block, sizes[i - 1], sizes[i]);
            assert_int_equal(block[sizes[i - 1] - 1], i);
            assert_int_equal(block[0], start + 1);
            block[sizes[i] - 1] = (char)(i + 1);
        }
        block_free(block, sizes[COUNT - 1]);
    }
    block_free(NULL, 100);
    block_free(NULL, 100 * MIB);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
