/* parse_test.c: the front end up to the tree: the golden files of tests/lex and tests/parse, found by folder, and what golden
 * files show badly: places, messages, recovery, limits, and that the source stays as it was. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/syntax/parse.h"

typedef struct Parse {
    Arena *arena;
    SourceMap *sources;
    DiagSink *diags;
    ParseInput input;
    AstFile *tree;
    Buf out; /* what the last of the functions below made */
} Parse;

static Parse parse_start(const char *text, size_t len) {
    Parse p = {.arena = arena_new()};
    p.sources = source_map_new(p.arena);
    p.diags = diag_sink_new(p.arena, p.sources);
    uint32_t file = source_add(p.sources, "t.mr", text, len);
    p.input = (ParseInput){p.arena, interner_new(p.arena), p.sources, p.diags, file};
    return p;
}

static Parse parse_bytes(const char *text, size_t len) {
    Parse p = parse_start(text, len);
    p.tree = parse_file(&p.input);
    const char *trouble = ast_verify(&p.tree->base, p.sources, p.arena);
    if (trouble) fail_msg("%s", trouble);
    assert_memory_equal(source_file(p.sources, 0)->text, text, len);
    return p;
}

static Parse parse_text(const char *text) {
    return parse_bytes(text, strlen(text));
}

static void parse_end(Parse *p) {
    buf_free(&p->out);
    arena_free(&p->arena);
}

static const char *printed(Parse *p, bool with_places) {
    p->out.len = 0;
    ast_print(&p->tree->base, with_places ? p->sources : NULL, NULL, &p->out);
    return buf_text(&p->out);
}

static const char *messages(Parse *p, DiagFormat format) {
    p->out.len = 0;
    diag_render(p->diags, format, false, &p->out);
    return buf_text(&p->out);
}

/* ---- golden files */

static bool file_read(const char *path, Buf *content) {
    FILE *stream = fopen(path, "rb");
    if (!stream) return false;
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof block, stream)) > 0) buf_add(content, block, got);
    fclose(stream);
    return true;
}

/* Compares the output for each x.mr of the folder with x.<phase>; returns how many there were. */
static int golden_compare(const char *folder, const char *phase, void (*make)(Parse *p)) {
    int count = 0;
    DIR *dir = opendir(folder);
    if (!dir) fail_msg("there is no %s: run this test at the top of the source tree", folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (len < 4 || strcmp(entry->d_name + len - 3, ".mr") != 0) continue;
        char path[600];
        Buf source = {0}, expected = {0};
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_true(file_read(path, &source));
        snprintf(path, sizeof path, "%s/%.*s.%s", folder, (int)len - 3, entry->d_name, phase);
        if (!file_read(path, &expected)) fail_msg("there is no %s", path);
        Parse p = parse_start(buf_text(&source), source.len);
        make(&p);
        if (strcmp(buf_text(&p.out), buf_text(&expected)) != 0) fail_msg("%s differs; now it is:\n%s", path, buf_text(&p.out));
        parse_end(&p);
        buf_free(&source);
        buf_free(&expected);
        count++;
    }
    closedir(dir);
    return count;
}

static void make_tokens(Parse *p) {
    parse_print_tokens(&p->input, &p->out);
}

static void make_tree(Parse *p) {
    p->tree = parse_file(&p->input);
    assert_null(ast_verify(&p->tree->base, p->sources, p->arena));
    printed(p, false);
}

static void golden_files_agree(void **state) {
    (void)state;
    assert_true(golden_compare("tests/lex", "tokens", make_tokens) >= 2);
    assert_true(golden_compare("tests/parse", "ast", make_tree) >= 9);
}

/* ---- places */

static void nodes_know_where_they_stand(void **state) {
    (void)state;
    Parse p = parse_text("let a = 1 + x.f(2)\n\nfor i in 1..3 {\n  s\n}\n");
    assert_string_equal(printed(&p, true), "(file@1:1-6:1\n"
                                           "  (let@1:1-19\n"
                                           "    (pat-name@1:5-6 a)\n"
                                           "    (binary@1:9-19 +\n"
                                           "      (int@1:9-10 1)\n"
                                           "      (method@1:13-19 f (name@1:13-14 x) (arg@1:17-18 (int@1:17-18 2)))))\n"
                                           "  (for@3:1-5:2\n"
                                           "    (pat-name@3:5-6 i)\n"
                                           "    (range@3:10-14 (int@3:10-11 1) last: (int@3:13-14 3))\n"
                                           "    (block@3:15-5:2\n"
                                           "      (name@4:3-4 s))))\n");
    parse_end(&p);
}

static void line_ends_and_marks_do_not_matter(void **state) {
    (void)state;
    const char *with[] = {"let a = f(\r\n  1)\r\nlet b = \"\"\"\r\n  x\r\n    y\r\n  \"\"\"\r\n## doc\r\nfn f(x) = x\r\n",
                          "\xef\xbb\xbfx\n", "x"};
    const char *without[] = {"let a = f(\n  1)\nlet b = \"\"\"\n  x\n    y\n  \"\"\"\n## doc\nfn f(x) = x\n", "x\n", "x\n"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        Parse a = parse_text(with[i]), b = parse_text(without[i]);
        assert_string_equal(messages(&a, DIAG_FORMAT_SHORT), "");
        assert_string_equal(printed(&a, false), printed(&b, false));
        parse_end(&a);
        parse_end(&b);
    }
}

/* ---- messages */

typedef struct Mistake {
    const char *program, *messages; /* short, a line each, without the file's name */
} Mistake;

static const Mistake mistakes[] = {
    {"let x = 1 2\n", "1:11: error[E0101]: expected an operator or the end of the line, found `2`\n"},
    {"f(a b)\n", "1:5: error[E0101]: expected `)` or `,`, found `b`\n"},
    {"let = 3\n", "1:5: error[E0101]: expected a pattern, found `=`\n"},
    {"let x: = 3\n", "1:8: error[E0101]: expected a type, found `=`\n"},
    {"let x =\n", "1:8: error[E0101]: expected an expression, found the end of the file\n"},
    {"let x = 5 +\nlet y = 1\n", "1:12: error[E0101]: expected an expression, found the end of the line\n"},
    {"if x then y\n", "1:6: error[E0101]: expected an operator or `{`, found `then`\n"},
    {"x + $y\n", "1:5: error[E0105]: no token starts with `$`\n"},
    {"x && !y\n", "1:3: error[E0101]: `&&` is not an operator of mr\n1:6: error[E0101]: `!` is not an operator of mr\n"},
    {"let s = \"abc\nlet t = 1\n", "1:9: error[E0103]: this string has no end\n"},
    {"let s = \"abc {x\nlet t = 1\n", "1:9: error[E0103]: this string has no end\n"},
    {"let s = \"\"\"\n{x\n", "1:9: error[E0103]: this string has no end\n"},
    {"let s = r\"abc\nlet t = 1\n", "1:9: error[E0103]: this string has no end\n"},
    {"let s = \"\\q \\u{110000} \\u{zz\"\n", "1:10: error[E0102]: unknown escape in a string\n1:13: error[E0102]: this is not a "
                                             "character's number\n1:24: error[E0102]: this is not a character's number\n"},
    {"\"{x:>>>8} {x:.} {x:99999} {x:5?}\"\n",
     "1:7: error[E0111]: this does not fit into a format\n1:15: error[E0111]: this does not fit into a format\n"
     "1:20: error[E0111]: this does not fit into a format\n1:31: error[E0111]: this does not fit into a format\n"},
    {"f(1, 2\nlet y = 3\n", "1:2: error[E0104]: this `(` is never closed\n"},
    {"f([1, 2)\nx\n", "1:3: error[E0104]: this `[` is never closed\n"},
    {"[1, 2)\nx\n", "1:6: error[E0104]: this `)` does not fit\n"},
    {"f(x))\n}\n", "1:5: error[E0104]: this `)` closes nothing\n2:1: error[E0104]: this `}` closes nothing\n"},
    {"fn f() {\n  x\n", "1:8: error[E0104]: this `{` is never closed\n"},
    {"{ f(x }\ny\n", "1:4: error[E0104]: this `(` is never closed\n"},
    {"a < b == c\n", "1:1: error[E0106]: comparisons cannot be chained\n"},
    {"f(x) = 3\n1 += 2\n(a, b) = c\n",
     "1:1: error[E0107]: this cannot be assigned to\n2:1: error[E0107]: this cannot be assigned to\n"
     "3:1: error[E0107]: this cannot be assigned to\n"},
    {"x + 1 => x\n(x = 1) => x\n",
     "1:1: error[E0108]: this is not a parameter\n2:2: error[E0108]: a parameter of a function value has no default\n"},
    {"(x: int)\n[...a]\n(x = 3)\n",
     "1:2: error[E0108]: a type can stand only behind a parameter or a name that is declared\n"
     "2:2: error[E0108]: `...` can stand only in a pattern\n3:2: error[E0108]: an assignment cannot stand inside an expression\n"},
    {"match x { \"{y}\" => 1 }\n", "1:11: error[E0108]: a string in a pattern cannot have `{...}` in it\n"},
    {"map f over a reduce g where p\nmap f over a by k\nmap f over a where p where q\nmap f over a scan g reduce h\n"
     "map f over a reduce g by key by key\nreduce g over a reduce h\n",
     "1:23: error[E0110]: this `where` stands in the wrong place\n"
     "2:14: error[E0110]: this `by` belongs to a `reduce`, which must stand before it\n"
     "3:22: error[E0110]: this `where` stands here twice\n"
     "4:21: error[E0110]: this `reduce` cannot follow another `reduce` or `scan`\n"
     "5:30: error[E0110]: this `by` stands here twice\n"
     "6:17: error[E0110]: this `reduce` stands here twice\n"},
    {"map f over map g over a\n", "1:12: error[E0101]: expected an expression, found `map`\n"},
    {"{ import m }\nif x { type T = A }\n",
     "1:3: error[E0112]: `import` cannot stand inside a block\n2:8: error[E0112]: `type` cannot stand inside a block\n"},
    {"import \"./{x}.mr\"\n", "1:8: error[E0112]: this string cannot have `{...}` in it\n"},
    {"import a with b\nimport a is b\n", "1:10: error[E0101]: expected the end of the line, a name or `:`, found `with`\n2:1: "
                                         "error[E0101]: expected `as`, found `is`\n"},
    {"let x = 99999999999999999999\nlet y = 1e999\nlet z = 12ab\n",
     "1:9: error[E0102]: this integer is too large\n2:9: error[E0102]: this float is too large\n3:9: error[E0102]: `12ab` is not a "
     "number\n"},
    {"match x {\n 1 -> 2\n 3 => 4\n}\n", "2:4: error[E0101]: expected `=>`, found `->`\n"},
    {"fn f(x) {\n  g(\n  }\nh(x\n", "2:4: error[E0104]: this `(` is never closed\n4:2: error[E0104]: this `(` is never closed\n"},
    {"let a = foo(1\n  2)\nlet b = )\n",
     "2:3: error[E0101]: expected `)` or `,`, found `2`\n3:9: error[E0104]: this `)` closes nothing\n"},
};

static void mistakes_have_their_messages(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        Parse p = parse_text(mistakes[i].program);
        char got[4000] = "";
        size_t len = 0;
        for (const char *line = messages(&p, DIAG_FORMAT_SHORT); *line; line = strchr(line, '\n') + 1) {
            int line_len = (int)strcspn(line, "\n") + 1;
            len += (size_t)snprintf(got + len, sizeof got - len, "%.*s", line_len - 5, line + 5); /* without "t.mr:" */
        }
        if (strcmp(got, mistakes[i].messages) != 0) fail_msg("for:\n%sgot:\n%s", mistakes[i].program, got);
        parse_end(&p);
    }
}

static void slips_have_hints(void **state) {
    (void)state;
    const struct {
        const char *program, *hint;
    } slips[] = {
        {"def f(x) = x\n", "declared by `fn"},
        {"print \"x\"\n", "called with parentheses"},
        {"let s = 'x'\n", "double quotes"},
        {"let from = 3\n", "cannot be a name"},
        {"type foo = A\n", "capital letter"},
        {"fn Foo() = 1\n", "small letter"},
        {"let x = .5\n", "0.5"},
        {"if x = 3 { }\n", "`==` compares"},
        {"while x: f()\n", "in braces"},
        {"match x { [..r] => 1 }\n", "...rest"},
        {"\"{}\"\n", "\\{"},
        {"if x { }\nelif y { }\n", "else if"},
        {"x || y\n", "write `or`"},
        {"x++\n", "x += 1"},
        {"c ? a : b\n", "if c { a } else { b }"},
        {"let f = fn(x) { x }\n", "function value"},
        {"let m = {\"a\": 1}\n", "square brackets"},
        {"fn f(x): int = 3\n", "behind `->`"},
        {"let x, y = p\n", "let (x, y)"},
        {"let p = P{x: 1}\n", "is built by"},
        {"a <> b\n", "`!=`"},
        {"map some over xs\n", "some(x)"},
        {"map f where p over xs\n", "the order is"},
        {"print(x if x > 1 else 2)\n", "if c { a } else { b }"},
        {"throw \"x\"\n", "fail("},
        {"for i = 0; i < 3; i += 1 { }\n", "for i in 0..<n"},
        {"let x = 1.\n", "1.0"},
        {"1 \u2013 2\n", "minus"},
        {"x \u2265 2\n", "`>=`"},
        {"f(\u201cx\u201d)\n", "double quotes"},
        {"1\u00a0+ 2\n", "space"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        Parse p = parse_text(slips[i].program);
        const char *hint = strstr(messages(&p, DIAG_FORMAT_TEXT), "= hint: ");
        if (!hint || !strstr(hint, slips[i].hint)) fail_msg("for:\n%sgot:\n%s", slips[i].program, buf_text(&p.out));
        parse_end(&p);
    }
}

static void an_open_bracket_is_shown(void **state) {
    (void)state;
    Parse p = parse_text("let a = [1,\n  2\nprint(a)\nlet b = 3\n");
    const char *text = messages(&p, DIAG_FORMAT_TEXT);
    assert_non_null(strstr(text, "note: this `[` is still open\n --> t.mr:1:9\n") ? text : strstr(text, "this `[` is still open"));
    assert_int_equal(diag_count(p.diags, SEVERITY_ERROR), 1);
    assert_int_equal(p.tree->items.len, 2);
    parse_end(&p);
}

/* ---- limits */

static char *repeated(const char *first, const char *middle, size_t times, const char *last) {
    size_t len = strlen(middle);
    char *text = xcalloc(1, strlen(first) + len * times + strlen(last) + 1), *p = text;
    p = stpcpy(p, first);
    for (size_t i = 0; i < times; i++) p = stpcpy(p, middle);
    stpcpy(p, last);
    return text;
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    const struct {
        const char *first, *middle, *last;
    } cases[] = {
        {"", "(", ""},
        {"", "[(", "1"},
        {"", "{\n", ""},
        {"", "-", "1"},
        {"", "not ", "1"},
        {"", "x => ", "1"},
        {"1", " + 1", ""},
        {"1", " ** 1", ""},
        {"1", " ?? 1", ""},
        {"f", "()", ""},
        {"x", ".a", ""},
        {"", "\"{", ""},
        {"", "\"\"\"{", ""},
        {"let x: ", "[", "int"},
        {"let x: ", "int -> ", "int"},
        {"if a {}", " else if b {}", ""},
        {"match x { ", "some(", ""},
        {"let x: int", "?", " = 1"},
        {"", "if a { ", ""},
        {"", "await ", "x"},
        {"", "async ", "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeated(cases[i].first, cases[i].middle, 20000, cases[i].last);
        Parse p = parse_text(text);
        if (!strstr(messages(&p, DIAG_FORMAT_SHORT), "error[E0109]")) fail_msg("no E0109 for many of %s", cases[i].middle);
        if (diag_count(p.diags, SEVERITY_ERROR) != 1) fail_msg("for many of %s:\n%s", cases[i].middle, buf_text(&p.out));
        parse_end(&p);
        free(text);
    }
    char *text = repeated("", "(", 900, "1"), *whole = repeated(text, ")", 900, "\n");
    Parse p = parse_text(whole);
    assert_string_equal(messages(&p, DIAG_FORMAT_SHORT), "");
    parse_end(&p);
    free(text);
    free(whole);
}

static void many_errors_end_the_parse(void **state) {
    (void)state;
    const char *lines[] = {"let let\n", ")\n", "$\n", "f(\nlet x = 1\n", "}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *text = repeated("", lines[i], 10000, "");
        Parse p = parse_text(text);
        size_t count = diag_count(p.diags, SEVERITY_ERROR);
        if (count < 40 || count > 60) fail_msg("%zu errors for many of %s", count, lines[i]);
        assert_non_null(strstr(messages(&p, DIAG_FORMAT_SHORT), "too many errors"));
        parse_end(&p);
        free(text);
    }
}

static void any_bytes_are_survived(void **state) {
    (void)state;
    char bytes[512];
    for (int i = 0; i < 512; i++) bytes[i] = (char)i;
    Parse p = parse_bytes(bytes, sizeof bytes);
    assert_true(diag_has_errors(p.diags));
    parse_end(&p);
    Parse empty = parse_bytes("", 0);
    assert_int_equal(empty.tree->items.len, 0);
    assert_false(diag_has_errors(empty.diags));
    parse_end(&empty);
    Parse nul = parse_bytes("x\0y", 3);
    assert_true(diag_has_errors(nul.diags));
    parse_end(&nul);
}

/* ---- what recovery leaves for later phases */

static void skipped_statements_know_their_names(void **state) {
    (void)state;
    Parse p = parse_text(
        "let (a, b) = )\nlet (c, d) = 1 2\nvar e = = 1\nfn f(x y) = 1\ntype T = A | B | 3\nextern fn g(1 2) -> int\nlet ok = 1\n");
    assert_string_equal(printed(&p, false), "(file\n"
                                            "  (error (name a) (name b))\n"
                                            "  (error (name c) (name d))\n"
                                            "  (error (name e))\n"
                                            "  (error (name f))\n"
                                            "  (error (name T) (name A) (name B))\n"
                                            "  (error (name g))\n"
                                            "  (let (pat-name ok) (int 1)))\n");
    parse_end(&p);
}

static void verification_finds_a_wrong_tree(void **state) {
    (void)state;
    Parse p = parse_text("let a = 1\n");
    AstLet *let = ast_as(Let, p.tree->items.items[0]);
    Ast *value = let->value;
    let->value = NULL;
    assert_string_equal(ast_verify(&p.tree->base, p.sources, p.arena), "let without its value");
    let->value = let->pattern;
    assert_string_equal(ast_verify(&p.tree->base, p.sources, p.arena), "let with a pat-name as its value");
    let->value = value;
    value->span.to = 1000;
    assert_non_null(ast_verify(&p.tree->base, p.sources, p.arena));
    parse_end(&p);
}

static void trees_are_drawn(void **state) {
    (void)state;
    Parse p = parse_text("f(\"a\")\n");
    ast_print_dot(&p.tree->base, &p.out);
    assert_string_equal(buf_text(&p.out), "digraph ast {\n  node [shape=box, fontname=monospace];\n"
                                          "  n1 [label=\"file\"];\n  n2 [label=\"call\"];\n  n1 -> n2;\n  n3 [label=\"name f\"];\n"
                                          "  n2 -> n3;\n  n4 [label=\"arg\"];\n  n2 -> n4;\n  n5 [label=\"string \\\"a\\\"\"];\n"
                                          "  n4 -> n5;\n}\n");
    parse_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_agree),
        cmocka_unit_test(nodes_know_where_they_stand),
        cmocka_unit_test(line_ends_and_marks_do_not_matter),
        cmocka_unit_test(mistakes_have_their_messages),
        cmocka_unit_test(slips_have_hints),
        cmocka_unit_test(an_open_bracket_is_shown),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(many_errors_end_the_parse),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(skipped_statements_know_their_names),
        cmocka_unit_test(verification_finds_a_wrong_tree),
        cmocka_unit_test(trees_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
