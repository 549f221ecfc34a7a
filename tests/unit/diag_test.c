/* diag_test.c: places in sources, and how diagnostics are rendered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "compiler/source/diag.h"

typedef struct Fixture {
    Arena *arena;
    SourceMap *sources;
    DiagSink *sink;
    Buf out;
} Fixture;

static int setup(void **state) {
    Fixture *f = xcalloc(1, sizeof *f);
    f->arena = arena_new();
    f->sources = source_map_new(f->arena);
    f->sink = diag_sink_new(f->arena, f->sources);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    buf_free(&f->out);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static uint32_t add(Fixture *f, const char *path, const char *text) {
    return source_add(f->sources, path, text, strlen(text));
}

/* The span of the first occurrence of `part` in the file. */
static Span span_of(const Fixture *f, uint32_t file, const char *part) {
    const char *text = source_file(f->sources, file)->text, *at = strstr(text, part);
    assert_non_null(at);
    uint32_t from = (uint32_t)(at - text);
    return (Span){file, from, from + (uint32_t)strlen(part)};
}

static const char *rendered(Fixture *f, DiagFormat format) {
    buf_free(&f->out);
    diag_render(f->sink, format, false, &f->out);
    return buf_text(&f->out);
}

static void positions_count_lines_and_code_points(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "a.mr", "one\ntwö x\n\nlast");
    const struct {
        uint32_t offset, line, column;
    } cases[] = {{0, 1, 1}, {3, 1, 4}, {4, 2, 1}, {8, 2, 4}, {9, 2, 5}, {11, 3, 1}, {12, 4, 1}, {16, 4, 5}, {99, 4, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LineColumn at = source_position(f->sources, file, cases[i].offset);
        assert_int_equal(at.line, cases[i].line);
        assert_int_equal(at.column, cases[i].column);
    }
    uint32_t empty = add(f, "empty.mr", "");
    assert_int_equal(source_position(f->sources, empty, 0).line, 1);
    assert_null(source_file(f->sources, SPAN_NONE.file));
    Span joined = span_join((Span){0, 5, 9}, (Span){0, 2, 6});
    assert_int_equal(joined.from, 2);
    assert_int_equal(joined.to, 9);
}

static void sources_end_in_two_nuls(void **state) {
    Fixture *f = *state;
    const SourceFile *file = source_file(f->sources, source_add(f->sources, "nul.mr", "a\0b", 3));
    assert_int_equal(file->len, 3);
    assert_memory_equal(file->text, "a\0b\0\0", 5);
}

static void missing_files_have_a_reason(void **state) {
    Fixture *f = *state;
    uint32_t file = 7;
    const char *reason = NULL;
    assert_false(source_read(f->sources, "/nowhere/x.mr", &file, &reason));
    assert_string_equal(reason, "No such file or directory");
    assert_false(source_read(f->sources, "/", &file, &reason));
    assert_string_equal(reason, "Is a directory");
    assert_int_equal(file, 7);
}

static void text_shows_the_line_and_a_caret(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "wordcount.mr", "let n = 1\nlet counts = map tally over wrds\n");
    Diag *d = diag_add(f->sink, E0201, span_of(f, file, "wrds"), "there is no `%s`", "wrds");
    diag_note(d, span_of(f, file, "n"), "this is one");
    diag_hint(d, "did you mean `words`?");
    assert_string_equal(rendered(f, DIAG_FORMAT_TEXT), "error[E0201]: there is no `wrds`\n"
                                                       "  --> wordcount.mr:2:29\n"
                                                       "   |\n"
                                                       " 2 | let counts = map tally over wrds\n"
                                                       "   |                             ^^^^\n"
                                                       "note: this is one\n"
                                                       "  --> wordcount.mr:1:5\n"
                                                       "   |\n"
                                                       " 1 | let n = 1\n"
                                                       "   |     ^\n"
                                                       "   = hint: did you mean `words`?\n");
    assert_string_equal(rendered(f, DIAG_FORMAT_SHORT), "wordcount.mr:2:29: error[E0201]: there is no `wrds`\n");
}

static void odd_text_is_shown_safely(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "odd.mr", "\tx = \x1b\xff é y\r\nz");
    diag_add(f->sink, E0105, span_of(f, file, "y"), "here");
    diag_add(f->sink, E0105, (Span){file, 12, 12}, "and at the end of the line");
    const char *text = rendered(f, DIAG_FORMAT_TEXT);
    assert_non_null(strstr(text, "1 |     x = \xef\xbf\xbd\xef\xbf\xbd é y\n   |              ^\n"));
    assert_non_null(strstr(text, "   |               ^\n"));
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, " \n"));
    diag_render(f->sink, DIAG_FORMAT_TEXT, true, &f->out);
    assert_non_null(strchr(buf_text(&f->out), '\x1b'));
}

static void long_lines_are_cut(void **state) {
    Fixture *f = *state;
    char line[5001];
    memset(line, 'x', 5000);
    line[5000] = '\0';
    line[3000] = '!';
    uint32_t file = add(f, "long.mr", line);
    diag_add(f->sink, E0105, span_of(f, file, "!"), "here");
    const char *text = rendered(f, DIAG_FORMAT_TEXT);
    assert_true(strlen(text) < 500);
    const char *shown = strstr(text, "1 | ..."), *caret = strstr(text, "   | ");
    assert_non_null(shown);
    assert_non_null(caret);
    assert_int_equal(strchr(shown, '!') - shown, strchr(caret, '^') - caret - 1); /* the same column */
}

static void messages_are_sorted_and_said_once(void **state) {
    Fixture *f = *state;
    uint32_t a = add(f, "a.mr", "a b c\n"), b = add(f, "b.mr", "d\n");
    diag_add(f->sink, E0201, span_of(f, b, "d"), "four");
    diag_add(f->sink, E0201, span_of(f, a, "c"), "three");
    diag_add(f->sink, W0101, span_of(f, a, "a"), "one");
    diag_add(f->sink, E0301, span_of(f, a, "c"), "three");
    diag_add(f->sink, E0201, span_of(f, a, "c"), "three");
    diag_add(f->sink, E0701, SPAN_NONE, "nowhere");
    assert_string_equal(rendered(f, DIAG_FORMAT_SHORT), "a.mr:1:1: warning[W0101]: one\n"
                                                        "a.mr:1:5: error[E0201]: three\n"
                                                        "a.mr:1:5: error[E0301]: three\n"
                                                        "b.mr:1:1: error[E0201]: four\n"
                                                        "error[E0701]: nowhere\n");
    assert_int_equal(diag_count(f->sink, SEVERITY_ERROR), 5);
    assert_int_equal(diag_count(f->sink, SEVERITY_WARNING), 1);
    assert_true(diag_has_errors(f->sink));
    assert_string_equal(strstr(rendered(f, DIAG_FORMAT_TEXT), "error[E0701]"), "error[E0701]: nowhere\n");
}

static void json_is_one_object_a_line(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "q\".mr", "x = 1\n");
    Diag *d = diag_add(f->sink, E0204, span_of(f, file, "x"), "tab\t and \xff");
    diag_note(d, SPAN_NONE, "n");
    diag_hint(d, "h");
    assert_string_equal(
        rendered(f, DIAG_FORMAT_JSON),
        "{\"severity\":\"error\",\"code\":\"E0204\",\"message\":\"tab\\u0009 and \\ufffd\",\"file\":\"q\\u0022.mr\","
        "\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":2,\"offset\":0,\"endOffset\":1,\"labels\":[],"
        "\"notes\":[{\"message\":\"n\"}],\"fixes\":[],\"hint\":\"h\"}\n");
}

static void labels_stand_below_what_they_mark(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "ages.mr", "let age = 42\nprint(\"age: \" + age)\n");
    Diag *d = diag_add(f->sink, E0301, span_of(f, file, "+"), "these do not fit");
    diag_label(d, span_of(f, file, "\"age: \""), "string");
    diag_label(d, span_of(f, file, "age)"), "int");
    diag_label(d, span_of(f, file, "42"), "because of this");
    diag_fix(d, (Span){file, 32, 32}, ")");
    diag_fix(d, (Span){file, 29, 29}, "string(");
    assert_string_equal(rendered(f, DIAG_FORMAT_TEXT), "error[E0301]: these do not fit\n"
                                                       "  --> ages.mr:2:15\n"
                                                       "   |\n"
                                                       " 1 | let age = 42\n"
                                                       "   |           -- because of this\n"
                                                       " 2 | print(\"age: \" + age)\n"
                                                       "   |       ------- ^ ---- int\n"
                                                       "   |       |\n"
                                                       "   |       string\n"
                                                       " 2 + print(\"age: \" + string(age))\n"
                                                       "   |                 +++++++   +\n");
    assert_non_null(strstr(rendered(f, DIAG_FORMAT_JSON), "\"labels\":[{\"message\":\"string\",\"file\":\"ages.mr\",\"line\":2"));
    assert_non_null(strstr(rendered(f, DIAG_FORMAT_JSON), "\"fixes\":[{\"replacement\":\"string(\",\"file\":\"ages.mr\""));
    assert_non_null(strstr(rendered(f, DIAG_FORMAT_JSON), "\"offset\":29,\"endOffset\":29}"));
}

/* Of all lengths, those among them at which the buffer with the mended line is full. */
static void long_lines_are_mended(void **state) {
    Fixture *f = *state;
    for (uint32_t len = 150; len < 300; len++) {
        char text[301];
        memset(text, 'x', len);
        memcpy(text + len - 9, " aera(3)\n", 10);
        uint32_t file = add(f, "long.mr", text);
        Diag *d = diag_add(f->sink, E0201, span_of(f, file, "aera"), "no aera");
        diag_fix(d, span_of(f, file, "aera"), "area");
        const char *shown = strstr(rendered(f, DIAG_FORMAT_TEXT), " 1 + ...x");
        assert_non_null(shown);
        assert_non_null(strstr(shown, "x area(3)\n"));
        f->sink = diag_sink_new(f->arena, f->sources);
    }
}

/* Wide characters take two columns, combining ones none. */
static void columns_are_those_of_a_terminal(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "wide.mr", "\t\"\u65e5\u672c e\u0301\" x\n");
    Diag *d = diag_add(f->sink, E0201, span_of(f, file, "x"), "here");
    diag_label(d, span_of(f, file, "\u65e5\u672c"), "wide");
    diag_label(d, span_of(f, file, "e\u0301"), "combined");
    assert_non_null(strstr(rendered(f, DIAG_FORMAT_TEXT), "   |      ---- -  ^\n"
                                                          "   |      |    |\n"
                                                          "   |      |    combined\n"
                                                          "   |      wide\n"));
}

static void causes_replace_what_follows_from_them(void **state) {
    Fixture *f = *state;
    uint32_t file = add(f, "a.mr", "abc\n");
    diag_add(f->sink, E0101, (Span){file, 1, 2}, "inside");
    diag_add(f->sink, E0102, (Span){file, 1, 2}, "another");
    diag_add(f->sink, E0101, (Span){file, 0, 1}, "before");
    diag_withdraw(f->sink, E0101, (Span){file, 1, 3});
    assert_string_equal(rendered(f, DIAG_FORMAT_SHORT), "a.mr:1:1: error[E0101]: before\na.mr:1:2: error[E0102]: another\n");
}

static void codes_have_names_and_titles(void **state) {
    (void)state;
    assert_string_equal(diag_code_name(E0203), "E0203");
    for (int code = 0; code < DIAG_CODE_COUNT; code++) {
        assert_int_equal(strlen(diag_code_name((DiagCode)code)), 5);
        assert_true(strlen(diag_code_title((DiagCode)code)) > 5);
    }
}

static void near_names_are_found(void **state) {
    (void)state;
    const char *const names[] = {"words", "lines", "most_common", "len", "x", "parse_int"};
    const struct {
        const char *name, *nearest;
    } cases[] = {{"wrods", "words"},        {"word", "words"}, {"Words", "words"}, {"most_comon", "most_common"},
                 {"parseint", "parse_int"}, {"lan", "len"},    {"y", NULL},        {"something", NULL},
                 {"words", NULL},           {"", NULL},        {"l", NULL},        {"lien", "len"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = nearest_name(cases[i].name, names, sizeof names / sizeof *names);
        if (cases[i].nearest) {
            assert_non_null(got);
            assert_string_equal(got, cases[i].nearest);
        } else {
            assert_null(got);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(positions_count_lines_and_code_points, setup, teardown),
        cmocka_unit_test_setup_teardown(sources_end_in_two_nuls, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_files_have_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(text_shows_the_line_and_a_caret, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_text_is_shown_safely, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_are_sorted_and_said_once, setup, teardown),
        cmocka_unit_test_setup_teardown(json_is_one_object_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(labels_stand_below_what_they_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(columns_are_those_of_a_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(causes_replace_what_follows_from_them, setup, teardown),
        cmocka_unit_test(codes_have_names_and_titles),
        cmocka_unit_test(near_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
