/* string_test.c: primitives on strings, and what of them shares memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/value/inline.h"
#include "runtime/value/text.h"
#include "tests/unit/values.h"

static MrContext context;
static Arena *texts;

/* A borrowed string, with what MR_STRING_SLACK promises behind it. */
static MrString text(const char *bytes) {
    size_t len = strlen(bytes);
    return (MrString){memcpy(arena_alloc(texts, len + MR_STRING_SLACK), bytes, len), (int64_t)len, NULL};
}

/* Does the string, which is dropped, say this? */
static void assert_text(MrString string, const char *expected) {
    char got[512];
    snprintf(got, sizeof got, "%.*s", (int)string.len, string.len ? string.data : "");
    mr_string_drop(&context, &string);
    assert_string_equal(got, expected);
}

static void assert_list(MrList *list, const char *expected) {
    MrString shown;
    mr_to_string(&context, &shown, &list, &type_string_list);
    mr_drop(&context, &list, &type_string_list);
    assert_text(shown, expected);
}

static void assert_error(const char *part) {
    assert_true(context.error.is_set);
    if (!strstr(context.error.message, part)) fail_msg("\"%s\" lacks \"%s\"", context.error.message, part);
    mr_error_clear(&context.error);
}

/* ---- ownership */

static void test_ownership(void **state) {
    (void)state;
    MrString s = text("borrowed"), copy;
    mr_string_retain(&context, &s);
    assert_null(s.owner);
    mr_string_own(&context, &s);
    assert_int_equal(s.owner->count, 1);
    copy = s;
    mr_string_own(&context, &copy);
    assert_int_equal(s.owner->count, 2);
    mr_string_drop(&context, &copy);
    assert_int_equal(s.owner->count, 1);
    mr_string_drop(&context, &s);
    MrString constant = {"x", 1, &mr_immortal};
    mr_string_own(&context, &constant);
    mr_string_drop(&context, &constant);
    assert_int_equal(mr_immortal.count, -1);
    MrString empty = {0};
    mr_string_own(&context, &empty);
    assert_null(empty.owner);
}

static void test_slices(void **state) {
    (void)state;
    MrString whole = string_of("hello world"), part;
    assert_false(mr_string_slice(&context, &part, &whole, 6, MR_OPEN));
    assert_ptr_equal(part.owner, whole.owner);
    mr_string_drop(&context, &whole);
    assert_text(part, "world");
    whole = text("abc");
    assert_false(mr_string_slice(&context, &part, &whole, 3, 0));
    assert_int_equal(part.len, 0);
    assert_true(mr_string_slice(&context, &part, &whole, 4, MR_OPEN));
    assert_error("byte 4 is not in a string of 3 bytes");
    assert_true(mr_string_slice(&context, &part, &whole, 1, 5));
    assert_error("past the end of a string of 3 bytes");
    assert_true(mr_string_slice(&context, &part, &whole, -1, 1));
    assert_error("byte -1");
}

static void test_concat(void **state) {
    (void)state;
    MrString out, parts[] = {text(""), string_of("one"), text(""), text(" two")};
    mr_string_concat(&context, &out, parts, 4);
    assert_text(out, "one two");
    mr_string_concat(&context, &out, parts, 3); /* a single part is shared */
    assert_ptr_equal(out.owner, parts[1].owner);
    mr_string_drop(&context, &out);
    mr_string_drop(&context, &parts[1]);
    mr_string_concat(&context, &out, parts, 0);
    assert_int_equal(out.len, 0);
}

/* A string that is alone in its block grows there; what others see stays as it is. */
static void test_append(void **state) {
    (void)state;
    const MrString parts[] = {text("abc"), text(""), text("defgh")};
    MrString grown = {0};
    for (int64_t i = 0; i < 1000; i++) mr_string_append(&context, &grown, parts, 3);
    assert_int_equal(grown.len, 8000);
    assert_memory_equal(grown.data + 7992, "abcdefgh", 8);
    const char *before = grown.data;
    MrString shared = string_slice(&grown, 0, 4);
    mr_string_append(&context, &grown, parts, 1);
    assert_ptr_not_equal(grown.data, before);
    assert_memory_equal(grown.data + 7999, "habc", 4);
    mr_string_drop(&context, &grown);
    mr_string_append(&context, &shared, parts, 1); /* the rest of the block is its own now */
    assert_ptr_equal(shared.data, before);
    assert_text(shared, "abcdabc");
    MrString slice = text("of a chunk"), constant = {"literal", 7, &mr_immortal};
    mr_string_append(&context, &slice, parts, 2);
    mr_string_append(&context, &constant, parts, 3);
    assert_text(slice, "of a chunkabc");
    assert_text(constant, "literalabcdefgh");
}

/* ---- comparing: all lengths around the borders of the short ways */

static void test_equality(void **state) {
    (void)state;
    for (int64_t len = 0; len < 40; len++) {
        char *a = malloc((size_t)len + MR_STRING_SLACK), *b = malloc((size_t)len + MR_STRING_SLACK);
        for (int64_t i = 0; i < len; i++) a[i] = b[i] = (char)('a' + i % 26);
        const MrString left = {a, len, NULL}, right = {b, len, NULL};
        assert_true(mr_string_equal(&context, &left, &right));
        assert_int_equal(hash_bytes(a, len), hash_bytes(b, len));
        for (int64_t i = 0; i < len; i++) {
            b[i] ^= 1;
            assert_false(mr_string_equal(&context, &left, &right));
            assert_int_not_equal(hash_bytes(a, len), hash_bytes(b, len));
            int64_t order = mr_string_compare(&context, &left, &right);
            assert_true((order < 0) == ((unsigned char)a[i] < (unsigned char)b[i]) && order != 0);
            b[i] ^= 1;
        }
        const MrString shorter = {b, len ? len - 1 : 0, NULL};
        assert_int_equal(mr_string_compare(&context, &left, &shorter) > 0, len > 0);
        free(a);
        free(b);
    }
    const MrString high = text("\xff"), low = text("a");
    assert_true(mr_string_compare(&context, &low, &high) < 0);
    assert_true(mr_string_contains(&context, &low, &(MrString){0}));
    assert_false(mr_string_contains(&context, &low, &high));
}

/* ---- case, white space, characters */

static void check_lower(const char *from, const char *to) {
    char bytes[64 + MR_STRING_SLACK] = {0};
    memcpy(bytes, from, strlen(from));
    MrString s = text(bytes), out;
    mr_prim_lower(&context, &out, &s);
    if (*from && !strcmp(from, to)) assert_ptr_equal(out.data, s.data); /* nothing changes: nothing is copied */
    assert_text(out, to);
}

static void test_lower(void **state) {
    (void)state;
    static const char *const same[] = {
        "", "a", "@[`{", "abc", "word", "don't", "sixteen bytes it", "seventeen bytes i", "\xc3\xa9t\xc3\xa9", "\xff"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) check_lower(same[i], same[i]);
    check_lower("ABC", "abc");
    check_lower("Z", "z");
    check_lower("\xc3\x89T\xc3\x89", "\xc3\xa9t\xc3\xa9");
    check_lower("\xd0\x96\xff"
                "A",
                "\xd0\xb6\xff"
                "a");
    /* A capital at each place of strings of each length, and the bytes next to the letters. */
    for (size_t len = 1; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char from[41] = {0}, to[41] = {0};
            memset(from, '[', len);
            memset(to, '[', len);
            from[at] = (char)('A' + (char)(at % 26));
            to[at] = (char)('a' + (char)(at % 26));
            check_lower(from, to);
        }
    }
}

/* Changed slices of a chunk lie in the chunk's scratch while there is room; other strings never do. */
static void test_scratch(void **state) {
    (void)state;
    char room[40 + MR_STRING_SLACK];
    MrString slice = TEXT_OF("Capital"), owned = string_of("Capital"), out;
    context.scratch = (MrScratch){room, 40};
    for (int i = 0; i < 5; i++) {
        mr_prim_lower(&context, &out, &slice);
        assert_ptr_equal(out.data, room + 7 * i);
        assert_null(out.owner);
        assert_text(out, "capital");
    }
    for (int i = 0; i < 2; i++) {
        mr_prim_lower(&context, &out, i ? &owned : &slice);
        assert_non_null(out.owner);
        assert_text(out, "capital");
        context.scratch = (MrScratch){room, 40};
    }
    context.scratch = (MrScratch){0};
    mr_string_drop(&context, &owned);
}

static void test_text(void **state) {
    (void)state;
    MrString s = text("stra\xc3\x9f"
                      "e \xc3\xa9"),
             out;
    mr_prim_upper(&context, &out, &s);
    assert_text(out, "STRA\xe1\xba\x9e"
                     "E \xc3\x89");
    s = text(" \t\xc2\xa0 a b \n\xe2\x80\x83");
    mr_prim_trim(&context, &out, &s);
    assert_text(out, "a b");
    s = text(" \n");
    mr_prim_trim(&context, &out, &s);
    assert_int_equal(out.len, 0);
    MrList *list;
    s = text("a\xc3\xa9\xff\xe4\xb8\xad");
    mr_prim_chars(&context, &list, &s);
    assert_list(list, "[\"a\", \"\xc3\xa9\", \"\xff\", \"\xe4\xb8\xad\"]");
    int64_t len;
    mr_prim_len(&context, &len, &s, &type_string);
    assert_int_equal(len, 7);
}

/* Decoding is the reverse of encoding, and takes nothing that encoding does not make. */
static void test_units(void **state) {
    (void)state;
    for (int32_t code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
        char bytes[4];
        int32_t back;
        int len = text_encode(code, bytes);
        bool is_surrogate = code >= 0xd800 && code < 0xe000;
        assert_int_equal(text_decode(bytes, bytes + len, &back), is_surrogate ? 1 : len);
        assert_int_equal(back, is_surrogate ? -1 : code);
        if (len > 1) assert_int_equal(text_decode(bytes, bytes + len - 1, &back), 1);
    }
    static const char *const bad[] = {"\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\x80",         "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int32_t code;
        assert_int_equal(text_decode(bad[i], bad[i] + strlen(bad[i]), &code), 1);
        assert_int_equal(code, -1);
    }
}

/* ---- cutting and joining */

static void check_split(const char *s, const char *separator, const char *expected) {
    MrList *list;
    const MrString whole = text(s), by = text(separator);
    assert_false(mr_prim_split(&context, &list, &whole, &by));
    assert_list(list, expected);
}

static void test_split(void **state) {
    (void)state;
    check_split("a,b,c", ",", "[\"a\", \"b\", \"c\"]");
    check_split(",a,,b,", ",", "[\"\", \"a\", \"\", \"b\", \"\"]");
    check_split("", ",", "[\"\"]");
    check_split("abc", "--", "[\"abc\"]");
    check_split("a--b", "--", "[\"a\", \"b\"]");
    MrList *list;
    MrString s = string_of("x y"), none = {0}, space = text(" "), out;
    assert_true(mr_prim_split(&context, &list, &s, &none));
    assert_error("empty separator");
    mr_prim_split(&context, &list, &s, &space); /* parts of an owned string share it */
    assert_int_equal(s.owner->count, 3);
    mr_prim_join(&context, &out, &list, &s);
    assert_text(out, "xx yy");
    mr_drop(&context, &list, &type_string_list);
    mr_string_drop(&context, &s);
}

static void check_replace(const char *s, const char *old, const char *with, const char *expected) {
    MrString out;
    const MrString whole = text(s), from = text(old), to = text(with);
    assert_false(mr_prim_replace(&context, &out, &whole, &from, &to));
    assert_text(out, expected);
}

static void test_search(void **state) {
    (void)state;
    check_replace("banana", "an", "-", "b--a");
    check_replace("aaa", "a", "aa", "aaaaaa");
    check_replace("aaa", "b", "c", "aaa");
    check_replace("", "b", "c", "");
    check_replace("ab", "ab", "", "");
    MrOptionalInt at;
    const MrString s = text("banana"), part = text("na"), absent = text("x"), none = {0};
    mr_prim_find(&context, &at, &s, &part);
    assert_true(at.is_some && at.value == 2);
    mr_prim_find(&context, &at, &s, &absent);
    assert_false(at.is_some);
    mr_prim_find(&context, &at, &none, &none);
    assert_true(at.is_some && at.value == 0);
    bool is_it;
    assert_false(mr_prim_starts_with(&context, &is_it, &s, &part));
    assert_false(is_it);
    mr_prim_ends_with(&context, &is_it, &s, &part);
    assert_true(is_it);
    mr_prim_ends_with(&context, &is_it, &part, &s);
    assert_false(is_it);
    mr_prim_starts_with(&context, &is_it, &none, &none);
    assert_true(is_it);
}

static void test_repeat(void **state) {
    (void)state;
    MrString out;
    const MrString s = text("abc");
    mr_prim_repeat(&context, &out, &s, 5);
    assert_text(out, "abcabcabcabcabc");
    mr_prim_repeat(&context, &out, &s, 0);
    assert_int_equal(out.len, 0);
    assert_true(mr_prim_repeat(&context, &out, &s, -1));
    assert_error("-1 times");
    assert_true(mr_prim_repeat(&context, &out, &s, INT64_MAX));
    assert_error("does not fit in memory");
}

/* ---- numbers */

static void check_int(const char *s, bool is_some, int64_t value) {
    MrOptionalInt out;
    const MrString digits = text(s);
    mr_prim_parse_int(&context, &out, &digits);
    assert_int_equal(out.is_some, is_some);
    assert_true(!is_some || out.value == value);
}

static void test_numbers(void **state) {
    (void)state;
    check_int("0", true, 0);
    check_int("+12", true, 12);
    check_int("-12345678", true, -12345678);
    check_int("123456789", true, 123456789);
    check_int("0000000000000000000000012", true, 12);
    check_int("12:45678", false, 0);
    check_int("12/45678", false, 0);
    check_int("1234567\xb0", false, 0);
    check_int("\xb1", false, 0);
    check_int("+-1", false, 0);
    check_int("-9223372036854775808", true, INT64_MIN);
    check_int("9223372036854775807", true, INT64_MAX);
    check_int("9223372036854775808", false, 0);
    check_int("-9223372036854775809", false, 0);
    check_int("", false, 0);
    check_int("-", false, 0);
    check_int("1 ", false, 0);
    check_int("1_0", false, 0);
    int64_t i;
    double x = -2.7;
    assert_false(mr_prim_to_int(&context, &i, &x, &type_float));
    assert_int_equal(i, -2);
    x = -0x1p63;
    assert_false(mr_prim_to_int(&context, &i, &x, &type_float));
    assert_true(i == INT64_MIN);
    x = 0x1p63;
    assert_true(mr_prim_to_int(&context, &i, &x, &type_float));
    assert_error("9.223372036854776e+18 cannot be made an int");
    x = NAN;
    assert_true(mr_prim_to_int(&context, &i, &x, &type_float));
    assert_error("nan cannot be made an int");
}

static int setup(void **state) {
    (void)state;
    texts = arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&texts);
    return mr_live_values() != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ownership), cmocka_unit_test(test_slices),   cmocka_unit_test(test_concat),
        cmocka_unit_test(test_append),    cmocka_unit_test(test_equality), cmocka_unit_test(test_lower),
        cmocka_unit_test(test_scratch),   cmocka_unit_test(test_text),     cmocka_unit_test(test_units),
        cmocka_unit_test(test_split),     cmocka_unit_test(test_search),   cmocka_unit_test(test_repeat),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
