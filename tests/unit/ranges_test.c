/* ranges_test.c: sets of ranges against a plain array of flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "runtime/sched/ranges.h"

enum { UNIVERSE = 64 };

static void expect_flags(const RangeSet *set, const bool *flags) {
    uint64_t total = 0, rank = 0;
    for (uint64_t i = 0; i < UNIVERSE; i++) {
        total += flags[i];
        assert_int_equal(ranges_has(set, i, 1), flags[i]);
        if (flags[i]) assert_int_equal(ranges_select(set, rank++), i);
    }
    assert_int_equal(set->total, total);
    for (size_t i = 0; i < set->len; i++) {
        assert_true(set->items[i].count > 0);
        if (i) assert_true(set->items[i - 1].first + set->items[i - 1].count < set->items[i].first);
    }
}

static void ranges_grow_touch_and_split(void **state) {
    (void)state;
    RangeSet set = {0};
    ranges_add(&set, 10, 5);
    ranges_add(&set, 20, 5);
    ranges_add(&set, 15, 5);
    assert_int_equal(set.len, 1);
    assert_int_equal(set.total, 15);
    ranges_remove(&set, 12, 2);
    assert_int_equal(set.len, 2);
    assert_true(ranges_has(&set, 14, 11));
    assert_false(ranges_has(&set, 11, 2));
    assert_true(ranges_has_any(&set, 11, 2));
    assert_false(ranges_has_any(&set, 12, 2));
    ranges_add(&set, 30, 0);
    assert_int_equal(set.total, 13);
    assert_true(ranges_has(&set, 99, 0));
    ranges_free(&set);
    assert_int_equal(set.total, 0);
}

static void gaps_are_found(void **state) {
    (void)state;
    RangeSet set = {0};
    Range gap = ranges_next_gap(&set, 0, 7);
    assert_true(gap.first == 0 && gap.count == 7);
    ranges_add(&set, 0, 3);
    ranges_add(&set, 5, 2);
    gap = ranges_next_gap(&set, 1, 10);
    assert_true(gap.first == 3 && gap.count == 2);
    gap = ranges_next_gap(&set, 5, 10);
    assert_true(gap.first == 7 && gap.count == 3);
    assert_int_equal(ranges_next_gap(&set, 5, 7).count, 0);
    ranges_free(&set);
}

static void random_changes_agree_with_flags(void **state) {
    (void)state;
    uint64_t random = 12345;
    for (int round = 0; round < 50; round++) {
        RangeSet set = {0};
        bool flags[UNIVERSE] = {0};
        for (int change = 0; change < 60; change++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            uint64_t first = (random >> 33) % UNIVERSE, count = (random >> 50) % (UNIVERSE - first + 1);
            bool adds = random >> 63;
            memset(flags + first, adds, count);
            if (adds)
                ranges_add(&set, first, count);
            else
                ranges_remove(&set, first, count);
            expect_flags(&set, flags);
        }
        ranges_free(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_grow_touch_and_split),
        cmocka_unit_test(gaps_are_found),
        cmocka_unit_test(random_changes_agree_with_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
