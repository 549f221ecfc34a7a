/* size_test.c: amounts of memory as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/size.h"

static void amounts(void **state) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"65536", 65536},
                {"64K", 65536},
                {"64 KiB", 65536},
                {"1kb", 1024},
                {"512M", 512u << 20},
                {"2G", UINT64_C(2) << 30},
                {"3t", UINT64_C(3) << 40},
                {"100 B", 100},
                {"16777215T", UINT64_C(16777215) << 40}};
    static const char *const bad[] = {"", "-1", " 1", "1X", "M", "1.5G", "16777216T", "99999999999999999999", "2GG", "2 G ", "1iB"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t bytes = 1;
        assert_true(size_parse(good[i].text, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t bytes;
        assert_false(size_parse(bad[i], &bytes));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(amounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
