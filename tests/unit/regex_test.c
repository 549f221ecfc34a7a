/* regex_test.c: machine code and the interpreter find the same matches; patterns are kept, up to a number, and given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "runtime/value/regex.c"
#include "tests/unit/values.h"

static MrString text_of_buf(const Buf *buf) {
    return (MrString){buf->len ? buf->data : NULL, (int64_t)buf->len, NULL};
}

static void context_close(MrContext *context) {
    if (context->patterns) context->patterns->free(context->patterns);
    context->patterns = NULL;
    mr_error_clear(&context->error);
}

/* Without room for machine code's stack, every pattern is interpreted. */
static void context_interpret(MrContext *context) {
    Patterns *patterns = patterns_of(context);
    pcre2_jit_stack_free(patterns->stack);
    patterns->stack = NULL;
}

/* ---- patterns and texts made at random */

static void add_piece(Buf *out, Random *random, int depth);

static void add_sequence(Buf *out, Random *random, int depth) {
    for (int64_t n = 1 + random_below(random, 3); n > 0; n--) add_piece(out, random, depth);
}

static void add_piece(Buf *out, Random *random, int depth) {
    static const char *const atoms[] = {"a", "b", "é", ".",   "\\w",   "[ab]", "[^a]", "\\b",
                                        "^", "$", "x", "\\d", "[a-é]", "\\pL", "\\X"};
    static const char *const repeats[] = {"*", "+", "?", "{2}", "{1,3}", "*?", "+?", "*+"};
    int64_t kind = random_below(random, depth > 0 ? 8 : 4);
    if (kind < 4) {
        buf_add_text(out, atoms[random_below(random, (int64_t)(sizeof atoms / sizeof *atoms))]);
    } else {
        static const char *const opens[] = {"(", "(?:", "(?=", "(?<=a|b)(?:"};
        buf_add_text(out, opens[kind - 4]);
        add_sequence(out, random, depth - 1);
        if (random_below(random, 2)) {
            buf_add_char(out, '|');
            add_sequence(out, random, depth - 1);
        }
        buf_add_char(out, ')');
    }
    if (kind < 6 && random_below(random, 2)) buf_add_text(out, repeats[random_below(random, 8)]);
}

static void add_subject(Buf *out, Random *random) {
    static const char *const pieces[] = {"a", "b", "ab", "é", "x", " ", "1", "\n", "\xff", "\xc3", "e\xcc\x81", "\xf0\x9f\x87\xa9"};
    for (int64_t n = random_below(random, 16); n > 0; n--) buf_add_text(out, pieces[random_below(random, 12)]);
}

/* The spans as text, or the error. */
static void add_spans(Buf *out, MrContext *context, const MrString *subject, const MrString *pattern) {
    MrList *spans = NULL;
    if (mr_prim_regex_spans(context, &spans, subject, pattern, INT64_MAX)) {
        buf_add_text(out, context->error.message);
        mr_error_clear(&context->error);
        return;
    }
    value_show(out, &spans, &type_int_list);
    mr_drop(context, &spans, &type_int_list);
}

static void test_both_ways(void **state) {
    (void)state;
    MrContext quick = {0}, slow = {0};
    context_interpret(&slow);
    Random random = {7};
    int compiled = 0;
    for (int i = 0; i < 3000; i++) {
        Buf pattern = {0}, subject = {0}, one = {0}, other = {0};
        add_sequence(&pattern, &random, 3);
        add_subject(&subject, &random);
        MrString p = text_of_buf(&pattern), s = text_of_buf(&subject);
        add_spans(&one, &quick, &s, &p);
        add_spans(&other, &slow, &s, &p);
        if (strcmp(buf_text(&one), buf_text(&other)) != 0)
            fail_msg("`%s` on `%s`: %s compiled, %s interpreted", buf_text(&pattern), buf_text(&subject), one.data, other.data);
        compiled += one.data[0] == '[';
        buf_free(&pattern);
        buf_free(&subject);
        buf_free(&one);
        buf_free(&other);
    }
    assert_true(compiled > 1000);
    context_close(&quick);
    context_close(&slow);
}

/* What one way gives up, so does the other. */
static void test_limits(void **state) {
    (void)state;
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "(a*)*b\\d", "^(?:a?){30}a{30}$", "^(a|b)*$", "^(.)*?x"};
    Buf subject = {0};
    for (int i = 0; i < 30; i++) buf_add_char(&subject, 'a');
    buf_add_char(&subject, '!');
    MrString s = text_of_buf(&subject);
    MrContext quick = {0}, slow = {0};
    context_interpret(&slow);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        MrString p = {patterns[i], (int64_t)strlen(patterns[i]), NULL};
        Buf one = {0}, other = {0};
        add_spans(&one, &quick, &s, &p);
        add_spans(&other, &slow, &s, &p);
        assert_string_equal(buf_text(&one), buf_text(&other));
        buf_free(&one);
        buf_free(&other);
    }
    buf_free(&subject);
    context_close(&quick);
    context_close(&slow);
}

static void test_kept(void **state) {
    (void)state;
    MrContext context = {0};
    for (int i = 0; i < 100; i++) {
        char pattern[32], subject[32];
        snprintf(pattern, sizeof pattern, "^a{%d}$", i % 50);
        snprintf(subject, sizeof subject, "%.*s", i % 50 > 30 ? 30 : i % 50, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        MrString p = {pattern, (int64_t)strlen(pattern), NULL}, s = {subject, (int64_t)strlen(subject), NULL};
        bool matches = false;
        assert_false(mr_prim_regex_matches(&context, &matches, &s, &p));
        assert_int_equal(matches, i % 50 <= 30);
        assert_true(patterns_of(&context)->count <= PATTERNS_MOST);
    }
    const Patterns *patterns = patterns_of(&context);
    assert_int_equal(patterns->count, PATTERNS_MOST);
    context_close(&context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
