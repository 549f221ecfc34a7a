/* math_test.c: arithmetic, elementary functions bit for bit, and random numbers. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/value/value.h"

static MrContext context;

static void test_pow_int(void **state) {
    (void)state;
    int64_t out;
    static const int64_t good[][3] = {{2, 10, 1024},
                                      {0, 0, 1},
                                      {-3, 3, -27},
                                      {2, 62, INT64_C(1) << 62},
                                      {-2, 63, INT64_MIN},
                                      {1, INT64_MAX, 1},
                                      {-1, INT64_MAX, -1},
                                      {0, 5, 0},
                                      {3037000499, 2, INT64_C(9223372030926249001)}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_false(mr_pow_int(&context, &out, good[i][0], good[i][1]));
        assert_true(out == good[i][2]);
    }
    static const int64_t bad[][2] = {{2, 63}, {2, -1}, {3037000500, 2}, {10, INT64_MAX}, {-2, 64}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(mr_pow_int(&context, &out, bad[i][0], bad[i][1]));
        mr_error_clear(&context.error);
    }
}

static void test_mod_float(void **state) {
    (void)state;
    static const double cases[][3] = {{7, 3, 1}, {-7, 3, 2}, {7, -3, -2}, {-7, -3, -1}, {6, 3, 0}, {5.5, 2, 1.5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(mr_mod_float(&context, cases[i][0], cases[i][1]) == cases[i][2]);
    assert_true(signbit(mr_mod_float(&context, 6, -3)));
    assert_true(isnan(mr_mod_float(&context, 1, 0)));
}

/* Bits that were written down once: whatever CPU this runs on has to give them again. */
static void test_same_bits(void **state) {
    (void)state;
    double sum = 0, y;
    uint64_t bits;
    bool (*const functions[])(MrContext *, double *, double) = {mr_prim_sin,  mr_prim_cos,  mr_prim_tan,   mr_prim_exp,
                                                                mr_prim_ln,   mr_prim_log2, mr_prim_log10, mr_prim_atan,
                                                                mr_prim_asin, mr_prim_acos};
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        for (int i = 1; i < 1000; i++) {
            assert_false(functions[f](&context, &y, i / 1000.0));
            sum = sum * 0.999 + y;
        }
    }
    for (int i = 1; i < 1000; i++) sum = sum * 0.999 + mr_pow_float(&context, i / 1000.0, 1.7);
    memcpy(&bits, &sum, sizeof bits);
    assert_int_equal(bits, UINT64_C(0x40818986348160e6));
}

static void test_values(void **state) {
    (void)state;
    double y;
    mr_prim_exp(&context, &y, 1);
    assert_true(fabs(y - 2.718281828459045) < 1e-15);
    mr_prim_ln(&context, &y, y);
    assert_true(fabs(y - 1) < 1e-15);
    mr_prim_atan2(&context, &y, 1, -1);
    assert_true(fabs(y - 2.356194490192345) < 1e-15);
    mr_prim_sqrt(&context, &y, 2);
    assert_true(y == 1.4142135623730951);
    mr_prim_floor(&context, &y, -1.5);
    assert_true(y == -2);
    mr_prim_ceil(&context, &y, -1.5);
    assert_true(y == -1);
    mr_prim_round(&context, &y, 2.5);
    assert_true(y == 2);
    mr_prim_round(&context, &y, -3.5);
    assert_true(y == -4);
    mr_prim_trunc(&context, &y, -1.5);
    assert_true(y == -1);
    assert_true(mr_pow_float(&context, 2, 0.5) == 1.4142135623730951);
}

static void test_random(void **state) {
    (void)state;
    int64_t a, b;
    double sum = 0, unit;
    mr_prim_mix(&context, &a, 42, 0);
    mr_prim_mix(&context, &b, 42, 0);
    assert_int_equal(a, b);
    mr_prim_mix(&context, &b, 43, 0);
    assert_int_not_equal(a, b);
    for (int64_t i = 0; i < 10000; i++) {
        mr_prim_mix(&context, &a, 7, i);
        mr_prim_unit_float(&context, &unit, a);
        assert_true(unit >= 0 && unit < 1);
        sum += unit;
    }
    assert_true(fabs(sum / 10000 - 0.5) < 0.02);
    mr_prim_unit_float(&context, &unit, -1);
    assert_true(unit == 1 - DBL_EPSILON / 2);
    double first, second;
    mr_prim_clock(&context, &first);
    mr_prim_clock(&context, &second);
    assert_true(second >= first);
    mr_prim_now(&context, &first);
    assert_true(first > 1.7e9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pow_int), cmocka_unit_test(test_mod_float), cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_values),  cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
