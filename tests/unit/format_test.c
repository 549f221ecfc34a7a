/* format_test.c: format specs, floats as text, and values as literals. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/value/inline.h"

static MrContext context;

/* Does the string, which is dropped, say this? */
static void assert_text(MrString string, const char *expected) {
    char got[512];
    snprintf(got, sizeof got, "%.*s", (int)string.len, string.len ? string.data : "");
    mr_string_drop(&context, &string);
    assert_string_equal(got, expected);
}

static void check_format(const void *value, const MrType *type, const char *spec, const char *expected) {
    MrString out;
    assert_false(mr_format(&context, &out, value, type, spec, (int64_t)strlen(spec)));
    assert_text(out, expected);
}

static void check_int(int64_t x, const char *spec, const char *expected) {
    check_format(&x, &type_int, spec, expected);
}

static void check_float(double x, const char *spec, const char *expected) {
    check_format(&x, &type_float, spec, expected);
}

static void check_string(const char *text, const char *spec, const char *expected) {
    const MrString s = {text, (int64_t)strlen(text), NULL};
    check_format(&s, &type_string, spec, expected);
}

static void check_error(const void *value, const MrType *type, const char *spec, const char *part) {
    MrString out;
    assert_true(mr_format(&context, &out, value, type, spec, (int64_t)strlen(spec)));
    assert_non_null(strstr(context.error.message, part));
    mr_error_clear(&context.error);
}

static void test_ints(void **state) {
    (void)state;
    check_int(42, "", "42");
    check_int(42, ">8", "      42");
    check_int(42, "<8", "42      ");
    check_int(42, "^8", "   42   ");
    check_int(42, "8", "      42");
    check_int(-42, "08", "-0000042");
    check_int(-42, "*=8", "-*****42");
    check_int(42, "+", "+42");
    check_int(42, " d", " 42");
    check_int(1234567, ",", "1,234,567");
    check_int(123, ",", "123");
    check_int(-1234, "010,", "-0,001,234");
    check_int(1234, "08,", "0,001,234");
    check_int(1234, ">10,", "     1,234");
    check_int(1234, "09,", "0,001,234");
    check_int(255, "x", "ff");
    check_int(255, "X", "FF");
    check_int(-255, "o", "-377");
    check_int(5, "b", "101");
    check_int(5, "08b", "00000101");
    check_int(INT64_MIN, "", "-9223372036854775808");
    check_int(INT64_MIN, "x", "-8000000000000000");
    check_int(5, ".2f", "5.00");
    check_int(1, "%", "100.000000%");
    check_int(7, "→^5", "→→7→→");
    check_int(7, "<05", "70000");
}

static void test_floats(void **state) {
    (void)state;
    check_float(3.14159, ".2f", "3.14");
    check_float(3.14159, "8.2f", "    3.14");
    check_float(-3.14159, "08.2f", "-0003.14");
    check_float(0.5, ".0%", "50%");
    check_float(0.123, "%", "12.300000%");
    check_float(1234567.891, ",.1f", "1,234,567.9");
    check_float(1e10, "e", "1.000000e+10");
    check_float(1e-10, ".2E", "1.00E-10");
    check_float(100.0, "g", "100");
    check_float(1e6, "g", "1e+06");
    check_float(0.0001, "g", "0.0001");
    check_float(0.00001, "G", "1E-05");
    check_float(100.0, ".3g", "100");
    check_float(100.0, ".3", "1e+02");
    check_float(3.0, ".3", "3.0");
    check_float(2.5, ".0f", "2");
    check_float(INFINITY, "", "inf");
    check_float(-INFINITY, "F", "-INF");
    check_float(NAN, "6", "   nan");
    check_float(1.5, "", "1.5");
    check_float(1.0, "+", "+1.0");
    check_float(0.1, ".20f", "0.10000000000000000555");
    check_float(1e23, ".0f", "99999999999999991611392");
}

static void test_texts(void **state) {
    (void)state;
    check_string("abc", "6", "abc   ");
    check_string("abc", ">6", "   abc");
    check_string("abc", "^6", " abc  ");
    check_string("abc", ".2", "ab");
    check_string("abc", "5.2s", "ab   ");
    check_string("abc", "é>5", "ééabc");
    check_string("naïve", ">7", "  naïve");
    check_string("naïve", ".3", "naï");
    check_string("\xff\xfe", "4", "\xff\xfe  ");
    check_string("", "", "");
    const bool yes = true;
    check_format(&yes, &type_bool, ">6", "  true");
}

static void test_errors(void **state) {
    (void)state;
    const int64_t x = 1;
    const double d = 1;
    const MrString s = {"a", 1, NULL};
    check_error(&x, &type_int, "q", "is no format");
    check_error(&x, &type_int, ".", "no digits");
    check_error(&x, &type_int, "d5", "is no format");
    check_error(&x, &type_int, ".3", "no precision");
    check_error(&x, &type_int, ",x", "commas");
    check_error(&x, &type_int, "999999999999", "more than");
    check_error(&x, &type_int, ".999999f", "more than");
    check_error(&x, &type_int, "s", "'s'");
    check_error(&d, &type_float, "x", "not for floats");
    check_error(&s, &type_string, "d", "type string");
    check_error(&s, &type_string, "+", "for numbers");
}

static void check_show(double x, const char *expected) {
    Buf buf = {0};
    float_show(&buf, x);
    assert_string_equal(buf_text(&buf), expected);
    buf_free(&buf);
}

static void test_shortest(void **state) {
    (void)state;
    check_show(0.0, "0.0");
    check_show(-0.0, "-0.0");
    check_show(1, "1.0");
    check_show(0.1, "0.1");
    check_show(0.1 + 0.2, "0.30000000000000004");
    check_show(1.0 / 3, "0.3333333333333333");
    check_show(1e15, "1000000000000000.0");
    check_show(1e16, "1e+16");
    check_show(123456789012345680.0, "1.2345678901234568e+17");
    check_show(0.0001, "0.0001");
    check_show(0.00001, "1e-05");
    check_show(5e-324, "5e-324");
    check_show(DBL_MIN, "2.2250738585072014e-308");
    check_show(DBL_MAX, "1.7976931348623157e+308");
    check_show(NAN, "nan");
    check_show(-NAN, "nan");
    check_show(-INFINITY, "-inf");
}

static void test_round_trip(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        double x, back;
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&x, &bits, sizeof x);
        if (isnan(x)) continue;
        Buf buf = {0};
        float_show(&buf, x);
        assert_true(float_parse(buf.data, buf.len, &back));
        assert_memory_equal(&x, &back, sizeof x);
        assert_true(isinf(x) || strpbrk(buf_text(&buf), ".e"));
        buf_free(&buf);
    }
}

static void test_parse(void **state) {
    (void)state;
    static const char *const bad[] = {"", " 1", "1 ", "0x10", "1e", "e5", ".", "-", "infinity", "1_0", "1,5", "--1", "nanx"};
    double x;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(float_parse(bad[i], strlen(bad[i]), &x));
    assert_false(float_parse("1\0002", 3, &x));
    assert_true(float_parse("-.5e+1", 6, &x) && x == -5);
    assert_true(float_parse("7.", 2, &x) && x == 7);
    assert_true(float_parse("-inf", 4, &x) && x == -INFINITY);
}

/* What the C library reads, bit for bit; by the short way too. */
static void check_read(const char *text, size_t len) {
    char room[400] = {0};
    MrOptionalFloat quick;
    double plain = 0, expected;
    memcpy(room, text, len);
    expected = strtod(room, NULL);
    const MrString s = {room, (int64_t)len, NULL};
    assert_true(float_parse(room, len, &plain));
    assert_memory_equal(&plain, &expected, sizeof plain);
    assert_false(mr_prim_parse_float(NULL, &quick, &s));
    assert_true(quick.is_some);
    assert_memory_equal(&quick.value, &expected, sizeof expected);
}

/* Halves between two floats and their neighbours, cut digits, the ends of the range. */
static void test_parse_hard(void **state) {
    (void)state;
    static const char *const hard[] = {"0",
                                       "-0",
                                       "0.0",
                                       "-.0",
                                       "7.",
                                       ".5",
                                       "+12.25",
                                       "9007199254740993",
                                       "9007199254740993.0",
                                       "9007199254740992.99999999999999999",
                                       "9007199254740993.00000000000000000001",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "9999999999999999999e27",
                                       "1e23",
                                       "8.5e22",
                                       "1e-27",
                                       "1e-28",
                                       "9999999999999999999e-27",
                                       "9999999999999999999e-28",
                                       "1e28",
                                       "2.2250738585072011e-308",
                                       "4.9406564584124654e-324",
                                       "2.4703282292062327e-324",
                                       "1.7976931348623157e308",
                                       "1.7976931348623159e308",
                                       "1e400",
                                       "1e-400",
                                       "0e99999999999",
                                       "1e99999999999999999999",
                                       "0.1e-99999999999999999999",
                                       "123456789012345678901234567890",
                                       "1000000000000000000000000",
                                       "0.000000000000000000000000000000000000000001",
                                       "179769313486231580793e289",
                                       "6929495644600919.5",
                                       "3.5844466002796428e298",
                                       "12345678",
                                       "1234567.",
                                       ".1234567",
                                       "1.234567",
                                       "-1234567.8",
                                       "123456.78",
                                       "0000000000000000000000.5"};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) check_read(hard[i], strlen(hard[i]));
}

static void test_parse_random(void **state) {
    (void)state;
    uint64_t bits = 7;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t digits = (bits >> 1) >> (bits >> 58);
        int power = (int)(bits >> 20) % 40, decimals = (int)(bits >> 32) & 15, len;
        if (i % 4 == 0) {
            len = snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, power);
        } else if (i % 4 == 1) {
            len = snprintf(text, sizeof text, "%.*f", decimals, (double)(int64_t)digits / 1e6);
        } else if (i % 4 == 2) {
            len = snprintf(text, sizeof text, "%.*f", decimals & 3, (double)(int32_t)digits / 1e3);
        } else {
            len = snprintf(text, sizeof text, "%.*g", 15 + decimals % 4, (double)digits * 0x1p-60);
        }
        check_read(text, (size_t)len);
    }
}

/* Whatever a program's C code does to the locale, numbers look the same. */
static void test_locale(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip();
    test_floats(NULL);
    test_shortest(NULL);
    test_parse(NULL);
    setlocale(LC_ALL, "C");
}

static void test_literals(void **state) {
    (void)state;
    MrString out;
    static const MrType *const fields[] = {&type_int, &type_string};
    static const uint32_t offsets[] = {0, 8};
    const MrType pair = {.kind = MR_TUPLE, .size = 32, .align = 8, .field_count = 2, .fields = fields, .offsets = offsets};
    const struct {
        int64_t number;
        MrString text;
    } value = {3, {"a\"b{c}\n\x01é", 10, NULL}};
    mr_to_string(&context, &out, &value, &pair);
    assert_text(out, "(3, \"a\\\"b\\{c\\}\\n\\u{01}é\")");
    mr_to_string(&context, &out, &value, &type_unit);
    assert_text(out, "()");
    mr_to_string(&context, &out, &value.text, &type_string);
    assert_text(out, "a\"b{c}\n\x01é");
    static const struct {
        MrRange range;
        const char *expected;
    } ranges[] = {{{1, 10, 1}, "1..10"},
                  {{5, 0, 1}, "5..<5"},
                  {{0, MR_OPEN, 1}, "0.."},
                  {{1, 5, 2}, "step(1..9, 2)"},
                  {{9, 2, -4}, "step(9..5, -4)"}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        mr_to_string(&context, &out, &ranges[i].range, &type_range);
        assert_text(out, ranges[i].expected);
    }
    const MrList *none = NULL;
    mr_to_string(&context, &out, &none, &type_string_list);
    assert_text(out, "[]");
}

static int teardown(void **state) {
    (void)state;
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints),   cmocka_unit_test(test_floats),     cmocka_unit_test(test_texts),
        cmocka_unit_test(test_errors), cmocka_unit_test(test_shortest),   cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_parse),  cmocka_unit_test(test_parse_hard), cmocka_unit_test(test_parse_random),
        cmocka_unit_test(test_locale), cmocka_unit_test(test_literals),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
