/* Cells that follow one another: what they are given, what they leave, and what they say of mistakes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "compiler/session/cells.h"

static Cells *cells_make(void) {
    return cells_new(&(SessionOptions){0});
}

static Session *compile(Cells *cells, const char *text) {
    return cells_compile(cells, "cell", text, strlen(text), true);
}

/* Compiles, expects no error, and keeps. */
static void run(Cells *cells, const char *text) {
    Session *cell = compile(cells, text);
    if (session_has_errors(cell)) {
        Buf out = {0};
        session_diagnostics(cell, DIAG_FORMAT_SHORT, false, &out);
        fail_msg("%s: %s", text, buf_text(&out));
    }
    cells_keep(cells, cell);
    session_free(&cell);
}

static void expect_error(Cells *cells, const char *text, const char *message) {
    Session *cell = compile(cells, text);
    Buf out = {0};
    session_diagnostics(cell, DIAG_FORMAT_SHORT, false, &out);
    if (!session_has_errors(cell) || !strstr(buf_text(&out), message))
        fail_msg("%s: expected %s, not %s", text, message, buf_text(&out));
    buf_free(&out);
    session_free(&cell);
}

static void expect_known(const Cells *cells, const char *name, const char *type) {
    CellName known;
    for (size_t i = 0; cells_name(cells, i, &known); i++) {
        if (strcmp(known.name, name) != 0) continue;
        if (!type) fail_msg("%s is known", name);
        assert_string_equal(known.type, type);
        return;
    }
    if (type) fail_msg("%s is not known", name);
}

/* The names that the cell is given and leaves: "x y > z it". */
static void expect_names(Cells *cells, const char *text, const char *names) {
    Session *cell = compile(cells, text);
    CellName name;
    Buf out = {0};
    assert_false(session_has_errors(cell));
    for (size_t i = 0; cell_given(cell, i, &name); i++) buf_printf(&out, "%s ", name.name);
    buf_add_char(&out, '>');
    for (size_t i = 0; cell_export(cell, i, &name); i++) buf_printf(&out, " %s", name.name);
    assert_string_equal(buf_text(&out), names);
    buf_free(&out);
    session_free(&cell);
}

static void test_values(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "let a = 6\nlet words = [\"x\", \"yy\"]\nvar total = 0.5");
    expect_known(cells, "a", "int");
    expect_known(cells, "words", "[string]");
    expect_known(cells, "total", "float");
    expect_names(cells, "a * 7", "a > it");
    expect_names(cells, "let b = words.len() + a", "a words > b");
    expect_names(cells, "total += 1.0", "total > total");
    expect_names(cells, "print(1)", ">");
    run(cells, "a * 7");
    expect_known(cells, "it", "int");
    run(cells, "map w => (w, 1) over words reduce sum by key");
    expect_known(cells, "it", "[string: int]");
    cells_free(&cells);
}

static void test_declarations(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "fn twice(x) = 2 * x\nfn four(x) = twice(twice(x))");
    run(cells, "type Point(x: float, y: float)\nlet origin = Point(0.0, 0.0)\nlet bigger = x => x + 1");
    expect_known(cells, "four", "A -> A, where A is a number");
    expect_known(cells, "origin", "Point");
    expect_names(cells, "four(3)", "> it");
    expect_names(cells, "origin.x + 1.0", "origin > it");
    expect_names(cells, "bigger(3)", "> it");
    run(cells, "let p = origin with (x: 1.0)\nlet ps = [p]");
    expect_known(cells, "ps", "[Point]");
    cells_free(&cells);
}

static void test_redefinition(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "fn f(x) = x + 1\nfn g(x) = f(x)");
    run(cells, "fn f(x) = \"{x}!\"");
    run(cells, "let s = g(3)");
    expect_known(cells, "s", "string");
    run(cells, "let x = 1");
    run(cells, "let x = \"{x + 1}\"");
    expect_known(cells, "x", "string");
    run(cells, "type Tee(a: int)\nlet t = Tee(3)\nlet ts = [t]\nlet n = 3");
    run(cells, "type Tee(a: string)");
    expect_known(cells, "t", NULL);
    expect_known(cells, "ts", NULL);
    expect_known(cells, "n", "int");
    cells_free(&cells);
}

static void test_errors(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "let a = 1");
    expect_error(cells, "a + \"x\"", "E03");
    expect_error(cells, "let b = nothing_such", "E0201");
    expect_error(cells, "let b = 1\nlet b = 2", "E0202");
    expect_error(cells, "a = 3", "E0204");
    expect_known(cells, "a", "int");
    expect_known(cells, "b", NULL);
    cells_free(&cells);
}

static void test_modules_and_streams(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "import stats\nlet m = stats.median([1.0, 2.0])");
    run(cells, "stats.median([3.0])");
    run(cells, "let evens = map x => 2 * x over 1..10");
    expect_known(cells, "evens", "stream[int]");
    expect_names(cells, "reduce sum over evens", "__1_1 > it");
    run(cells, "let fs = [x => x + 1, x => x * 2]");
    expect_names(cells, "(fs[1])(4)", "> it");
    cells_free(&cells);
}

/* What a recipe is made of is kept as long as it, or one that is made of it. */
static void test_recipes(void **state) {
    (void)state;
    Cells *cells = cells_make();
    run(cells, "let k = 2\nlet s = map x => k * x over [k, 3]");
    assert_true(cells_has_value(cells, "__1_k") && cells_has_value(cells, "__1_2"));
    run(cells, "let k = 5\nlet t = map x => x + k over s");
    expect_names(cells, "sum(t)", "__1_k __1_2 __2_k > it");
    run(cells, "let s = 1");
    assert_true(cells_has_value(cells, "__1_k"));
    expect_names(cells, "sum(t)", "__1_k __1_2 __2_k > it");
    run(cells, "let t = 1");
    assert_false(cells_has_value(cells, "__1_k") || cells_has_value(cells, "__1_2") || cells_has_value(cells, "__2_k"));
    expect_known(cells, "__1_k", NULL);
    expect_names(cells, "let o = if k > 1 { map x => x over 1..3 } else { map x => x over 1..2 }", "k > o"); /* no recipe */
    cells_free(&cells);
}

static void test_objects(void **state) {
    (void)state;
    Cells *cells = cells_make();
    Buf object = {0};
    run(cells, "let xs = [1, 2, 3]");
    Session *cell = compile(cells, "map x => x * x over xs reduce sum");
    assert_true(session_object(cell, &object));
    assert_true(object.len > 100 && memcmp(object.data, "\177ELF", 4) == 0);
    buf_free(&object);
    session_free(&cell);
    cells_free(&cells);
}

static void test_open(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_open;
    } cases[] = {
        {"", false},
        {"1 + 2", false},
        {"fn f(x) {", true},
        {"fn f(x) {\n  x\n}", false},
        {"1 +", true},
        {"f(1,", true},
        {"map f over xs", false},
        {"map f over", true},
        {"let a = ", true},
        {"let a = 1 2", false},
        {"if a { 1 } else {", true},
        {"print(\"{a", false},
        {"[1,\n 2,\n", true},
        {"\"no end", false},
        {"let t = \"\"\"\n a", true},
        {"\"\"\"{f(", true},
        {"type T = A | ", true},
        {")", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cells_is_open(cases[i].text, strlen(cases[i].text)) != cases[i].is_open)
            fail_msg("%s: expected %s", cases[i].text, cases[i].is_open ? "open" : "whole");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_declarations),
        cmocka_unit_test(test_redefinition),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_modules_and_streams),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_recipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
