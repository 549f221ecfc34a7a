/* sema_test.c: resolution and checking: the files of tests/types (the types of what a program declares), found by folder; the
 * machinery of types; and what must not be slow or deep. (tests/errors is run through mrc: some of its messages come from
 * lowering.)
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "compiler/sema/infer.h"
#include "compiler/sema/sema.h"

typedef struct Check {
    Arena *arena;
    SourceMap *sources;
    DiagSink *diags;
    Interner *names;
    CheckedProgram program;
    bool is_good;
    Buf out;
} Check;

static Check check_start(void) {
    Check c = {.arena = arena_new()};
    c.sources = source_map_new(c.arena);
    c.diags = diag_sink_new(c.arena, c.sources);
    c.names = interner_new(c.arena);
    return c;
}

static void check_source(Check *c, uint32_t file) {
    ParseInput parse = {c->arena, c->names, c->sources, c->diags, file};
    SemaInput sema = {.arena = c->arena, .names = c->names, .sources = c->sources, .diags = c->diags};
    c->is_good = sema_check(&sema, parse_file(&parse), &c->program);
    const char *trouble = c->is_good ? sema_verify(&c->program, c->sources, c->arena) : NULL;
    if (trouble) fail_msg("%s", trouble);
}

static Check check_text(const char *text) {
    Check c = check_start();
    check_source(&c, source_add(c.sources, "t.mr", text, strlen(text)));
    return c;
}

static void check_end(Check *c) {
    buf_free(&c->out);
    arena_free(&c->arena);
}

static const char *messages(Check *c, DiagFormat format) {
    c->out.len = 0;
    diag_render(c->diags, format, false, &c->out);
    return buf_text(&c->out);
}

static const char *types(Check *c) {
    c->out.len = 0;
    sema_print_types(&c->program, &c->out);
    return buf_text(&c->out);
}

/* ---- files by folder */

typedef void (*FileTest)(const char *path);

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void each_source(const char *folder, FileTest test) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, compare_names), tested = 0;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(entries[i]->d_name);
        if (len > 3 && strcmp(entries[i]->d_name + len - 3, ".mr") == 0) {
            char path[512];
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            test(path);
            tested++;
        }
        free(entries[i]);
    }
    free(entries);
    assert_true(tested > 0);
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("cannot read %s", path);
    char *text = calloc(1, 1 << 16);
    size_t len = fread(text, 1, (1 << 16) - 1, file);
    assert_true(len < (1 << 16) - 1);
    fclose(file);
    return text;
}

static void check_path(Check *c, const char *path) {
    uint32_t file;
    const char *reason;
    if (!source_read(c->sources, path, &file, &reason)) fail_msg("%s: %s", path, reason);
    check_source(c, file);
}

/* ---- tests/types and what must be accepted */

static void types_file(const char *path) {
    char golden[512];
    snprintf(golden, sizeof golden, "%.*s.types", (int)(strlen(path) - 3), path);
    Check c = check_start();
    check_path(&c, path);
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    char *expected = read_file(golden);
    assert_string_equal(types(&c), expected);
    free(expected);
    check_end(&c);
}

static void test_types(void **state) {
    (void)state;
    each_source("tests/types", types_file);
}

static void good_file(const char *path) {
    Check c = check_start();
    check_path(&c, path);
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    check_end(&c);
}

static void test_examples(void **state) {
    (void)state;
    each_source("examples", good_file);
}

/* Importing each module of the library checks it. */
static void good_module(const char *path) {
    char program[256];
    const char *name = strrchr(path, '/') + 1;
    if (strcmp(name, "prelude.mr") == 0) return;
    snprintf(program, sizeof program, "import %.*s\n", (int)(strlen(name) - 3), name);
    Check c = check_text(program);
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    check_end(&c);
}

static void test_library(void **state) {
    (void)state;
    each_source("stdlib", good_module);
}

/* ---- what lowering relies on */

static const Ast *find_node(const Ast *node, AstKind kind);

typedef struct Finding {
    AstKind kind;
    const Ast *found;
} Finding;

static void find_child(Ast *child, void *context) {
    Finding *finding = context;
    if (!finding->found) finding->found = find_node(child, finding->kind);
}

static const Ast *find_node(const Ast *node, AstKind kind) {
    if (node->kind == kind) return node;
    Finding finding = {kind, NULL};
    ast_each_child(node, find_child, &finding);
    return finding.found;
}

static const Ast *last_item(const Check *c) {
    return vec_last(&c->program.main->file->items);
}

static const char *text_of(Check *c, const Type *type) {
    c->out.len = 0;
    type_print(type, &c->out);
    return buf_text(&c->out);
}

static void test_use_of_calls(void **state) {
    (void)state;
    Check c = check_text("fn f(a, b = 2, c = x => x) = c(a + b)\nprint(f(1.5, c: y => y + 1))\n");
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    const Ast *print = find_node(last_item(&c), AST_CALL);
    assert_int_equal(print->use->args.len, 1);
    const Ast *call = print->use->args.items[0];
    assert_int_equal(call->use->args.len, 3);
    assert_ptr_equal(call->use->symbol, call->symbol);
    assert_string_equal(text_of(&c, call->use->args.items[0]->type), "float");
    assert_string_equal(text_of(&c, call->use->args.items[1]->type),
                        "float"); /* the default's literal becomes what this call needs */
    assert_int_equal(call->use->args.items[1]->kind, AST_INT_LIT);
    assert_string_equal(text_of(&c, call->use->args.items[2]->type), "float -> float");
    assert_int_equal(call->use->types.len, call->symbol->scheme->vars.len);
    check_end(&c);
}

static void test_use_of_reducers(void **state) {
    (void)state;
    Check c = check_text("let best = map (k, v) => (k, v) over [\"a\": 1.5] reduce top(2, key: (k, v) => v)\n");
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    const AstPipe *pipe = (const AstPipe *)find_node(last_item(&c), AST_PIPE);
    assert_string_equal(text_of(&c, pipe->function->type), "((string, float)) -> (string, float)"); /* takes a tuple apart */
    assert_int_equal(pipe->reduce->use->symbol->kind, SYMBOL_REDUCER);
    assert_int_equal(pipe->reduce->use->args.len, 2);
    assert_string_equal(text_of(&c, pipe->reduce->type), "((string, float), [(float, (string, float))], [(string, float)])");
    assert_string_equal(text_of(&c, pipe->base.type), "[(string, float)]");
    check_end(&c);
}

static void test_recursion_is_one_instance(void **state) {
    (void)state;
    Check c = check_text(
        "fn length(xs, n) = if len(xs) == n { n } else { length(xs, n + 1) }\nprint(length([1], 0), length(\"a\", 0))\n");
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    Symbol *symbol = c.program.main->file->items.items[0]->symbol;
    assert_true(symbol->is_recursive);
    const AstIf *branch = (const AstIf *)find_node(symbol->decl, AST_IF);
    const Ast *call = find_node(branch->else_branch, AST_CALL);
    assert_int_equal(call->use->types.len, symbol->scheme->vars.len);
    for (size_t i = 0; i < call->use->types.len; i++)
        assert_ptr_equal(type_prune(call->use->types.items[i]), type_prune(symbol->scheme->vars.items[i]));
    check_end(&c);
}

static void test_hints(void **state) {
    (void)state;
    Check c = check_text("let counts = [\"a\": 1]\nfor (w, n) in counts.most_comon(3) { print(w, n) }\nimport rndom\n");
    const char *text = messages(&c, DIAG_FORMAT_TEXT);
    assert_non_null(strstr(text, "did you mean `most_common`?"));
    assert_non_null(strstr(text, "did you mean `random`?"));
    check_end(&c);
    c = check_text("var n = 1\nlet f = x => x + n\n");
    assert_non_null(strstr(messages(&c, DIAG_FORMAT_TEXT), "copy the value to a let"));
    check_end(&c);
}

/* What is called otherwise elsewhere, what stands in a module that is not imported, and what a newcomer forgets. */
static void test_hints_for_newcomers(void **state) {
    (void)state;
    const struct {
        const char *program, *hint;
    } slips[] = {
        {"print(length([1]))\n", "`len(x)`"},
        {"print([1].length)\n", "`len(x)`"},
        {"let x = null\n", "is `none`"},
        {"print([1].map(x => x))\n", "`map f over xs`"},
        {"print(sqrt(2.0))\n", "`import math` brings in `math.sqrt`"},
        {"let lines_read = 1\nprint(line_read)\n", "did you mean `lines_read`?"},
        {"fn f(x: boolean) = x\n", "`bool`"},
        {"fn f(x, y = x) = y\n", "what stands around the function, not its parameters"},
        {"print(windows([1], 1))\n", "`import lists` brings in `lists.windows`"},
        {"import strings\n", "it has lists, maps, math"},
        {"map x => (x, 1) over [1] reduce sum\n", "`reduce sum by key`"},
        {"print(map x => x over 1..3, 4)\n", "in parentheses, the map ends before the comma"},
        {"map x => x over 1..3\n", "nothing walks this stream"},
        {"fn f(n) { if n > 3 { return 1 } }\n", "that of its last expression"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        Check c = check_text(slips[i].program);
        const char *text = messages(&c, DIAG_FORMAT_TEXT);
        if (!strstr(text, slips[i].hint)) fail_msg("for:\n%sgot:\n%s", slips[i].program, text);
        check_end(&c);
    }
    Check c = check_text("let x: Point = 3\n"); /* nothing is near */
    assert_null(strstr(messages(&c, DIAG_FORMAT_TEXT), "did you mean"));
    check_end(&c);
}

static void test_shadowing(void **state) {
    (void)state;
    Check c = check_text("fn sum(x, y) = x + y\nfn len(x) = \"{x}\"\nlet total = reduce sum over 1..3\nlet text = len(3)\n");
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_TEXT));
    assert_string_equal(
        types(&c),
        "sum : (A, A) -> A, where A can be added\nlen : A -> string, where A can be printed\ntotal : int\ntext : string\n");
    check_end(&c);
}

/* ---- the machinery of types */

static void test_unify(void **state) {
    (void)state;
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    Infer infer;
    UnifyResult result;
    infer_init(&infer, arena, diag_sink_new(arena, sources));
    Type *a = type_var(&infer, CLASS_ORDER), *b = type_var(&infer, 0);
    assert_true(type_unify(&infer, a, b, &result));
    assert_ptr_equal(type_prune(a), type_prune(b));
    Type *list = type_one(&infer, TYPE_LIST, type_var(&infer, 0));
    assert_true(type_unify(&infer, b, list, &result));
    Type *fn = type_pair(&infer, TYPE_FN, type_basic(&infer, TYPE_INT), type_basic(&infer, TYPE_INT));
    assert_false(type_unify(&infer, list->args[0], fn, &result)); /* the order is asked of the elements too */
    assert_int_equal(result.status, UNIFY_CLASS);
    assert_int_equal(result.class, CLASS_ORDER);
    Type *c = type_var(&infer, 0);
    assert_false(type_unify(&infer, c, type_one(&infer, TYPE_LIST, c), &result));
    assert_int_equal(result.status, UNIFY_INFINITE);
    Type *literal = type_literal(&infer);
    assert_true(type_unify(&infer, literal, type_basic(&infer, TYPE_FLOAT), &result));
    assert_false(type_unify(&infer, type_literal(&infer), type_basic(&infer, TYPE_STRING), &result));
    assert_int_equal(result.status, UNIFY_MISMATCH);
    assert_true(type_unify(&infer, type_basic(&infer, TYPE_ERROR), fn, &result));
    Type *rigid = type_rigid(&infer, "T");
    assert_false(type_unify(&infer, rigid, type_basic(&infer, TYPE_INT), &result));
    assert_int_equal(result.status, UNIFY_RIGID);
    arena_free(&arena);
}

static void test_large_types(void **state) {
    (void)state;
    Buf program = {0};
    buf_add_text(&program, "let a0 = (1, 2)\n");
    for (int i = 1; i < 64; i++) buf_printf(&program, "let a%d = (a%d, a%d)\n", i, i - 1, i - 1);
    buf_add_text(&program, "fn pair(x) = (x, x)\nlet b = ");
    for (int i = 0; i < 100; i++) buf_add_text(&program, "pair(");
    buf_add_text(&program, "1");
    for (int i = 0; i < 100; i++) buf_add_text(&program, ")");
    buf_add_text(&program, "\nfn f0(x) = (x, x)\n");
    for (int i = 1; i < 64; i++) buf_printf(&program, "fn f%d(x) = f%d(f%d(x))\n", i, i - 1, i - 1);
    buf_add_text(&program, "fn g0(x) = x + 1\n"); /* here it is the predicates that double: x.0 and x.1 are asked for */
    for (int i = 1; i < 64; i++) buf_printf(&program, "fn g%d(x) = g%d(x.0) + g%d(x.1)\n", i, i - 1, i - 1);
    for (int i = 0; i < 64; i++)
        buf_printf(&program, "fn h%d(x = h%d() + h%d()) = x\n", i, i + 1, i + 1); /* and the copies of defaults */
    buf_add_text(&program, "fn h64(x = 1) = x\nprint(h0())\n");
    clock_t start = clock();
    Check c = check_text(buf_text(&program));
    assert_false(c.is_good);
    assert_non_null(strstr(messages(&c, DIAG_FORMAT_SHORT), "E0305"));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5.0);
    check_end(&c);
    buf_free(&program);
}

static void test_long_chains(void **state) {
    (void)state;
    enum { LENGTH = 3000 };
    Buf program = {0};
    for (int i = 0; i < LENGTH; i++) buf_printf(&program, "fn f%d(x) = f%d(x) + 1\n", i, i + 1);
    buf_printf(&program, "fn f%d(x) = x\nlet y0 = [1]\n", LENGTH);
    for (int i = 1; i < LENGTH; i++) buf_printf(&program, "let y%d = y%d\n", i, i - 1);
    Check c = check_text(buf_text(&program));
    if (!c.is_good) fail_msg("%s", messages(&c, DIAG_FORMAT_SHORT));
    check_end(&c);
    buf_free(&program);
}

static void test_circular_defaults(void **state) {
    (void)state;
    Check c = check_text("fn f(x = g()) = 1\nfn g(y = f()) = 2\nprint(f())\n");
    assert_false(c.is_good);
    assert_non_null(strstr(messages(&c, DIAG_FORMAT_SHORT), "without an end"));
    check_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_library),
        cmocka_unit_test(test_use_of_calls),
        cmocka_unit_test(test_use_of_reducers),
        cmocka_unit_test(test_recursion_is_one_instance),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_hints_for_newcomers),
        cmocka_unit_test(test_shadowing),
        cmocka_unit_test(test_unify),
        cmocka_unit_test(test_large_types),
        cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_circular_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
