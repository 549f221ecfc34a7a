/* gen_test.c: code generation: expressions, ownership, places, loops; and what cannot be generated or written. */
#include "tests/unit/gen/cores.h"

/* ---- expressions */

static void test_arithmetic(void **state) {
    (void)state;
    start();
    check(block(U, 9, show(add(integer(40), integer(2))), show(op(CORE_OP_FLOOR_DIV, I, integer(-7), integer(2))),
                show(op(CORE_OP_MOD, I, integer(-7), integer(2))), show(op(CORE_OP_MOD, I, integer(INT64_MIN), integer(-1))),
                show(op(CORE_OP_DIV, F, number(1), number(3))), show(op(CORE_OP_POW, I, integer(2), integer(62))),
                show(op(CORE_OP_LT, B, text("a"), text("b"))), show(op(CORE_OP_COMPARE_TOTAL, I, number(-0.0), number(0.0))),
                unit()),
          "42\n-4\n1\n0\n0.3333333333333333\n4611686018427387904\ntrue\n-1\n");
}

static void test_overflow(void **state) {
    (void)state;
    start();
    CoreVar *x = mutable_var("x", I), *kept = var("kept", S);
    next_line = 40;
    E sum = add(local(x), integer(1));
    sum->span = (Span){0, 20, 21};
    check(block(U, 4, let(x, integer(INT64_MAX)), let(kept, format(local(x))), assign(x, sum), show(local(x))),
          "error: integer overflow at 11:1, element -1\n");
}

static void test_strings(void **state) {
    (void)state;
    start();
    CoreVar *a = var("a", S), *b = mutable_var("b", S), *i = var("i", I);
    E twice = loop(source(CORE_SOURCE_RANGE, range(integer(1), integer(3)), i),
                   assign(b, concat(local(b), concat(text(","), format(local(i))))));
    check(block(U, 6, let(a, concat(text("x"), format(integer(7)))), let(b, local(a)), twice, show(local(b)),
                show(op(CORE_OP_EQ, B, local(a), text("x7"))), show(move(a))),
          "x7,1,2,3\ntrue\nx7\n");
}

static void test_if_and_tuples(void **state) {
    (void)state;
    start();
    T pairs = type(CORE_TYPE_TUPLE, 2, S, I);
    CoreVar *p = var("p", pairs), *q = var("q", pairs);
    E fresh = pair(concat(text("left"), format(integer(1))), integer(1));
    E some = with(node(CORE_SOME, type(CORE_TYPE_OPTIONAL, 1, pairs)), 1, local(p));
    E unwrapped = with(node(CORE_UNWRAP, pairs), 1, some);
    check(block(U, 5, let(p, fresh),
                let(q, iff(op(CORE_OP_GT, B, field(local(p), 1), integer(0)), local(p), pair(text("none"), integer(0)))),
                show(local(q)), show(field(unwrapped, 0)), show(field(pair(format(integer(5)), local(q)), 1))),
          "(\"left1\", 1)\nleft1\n(\"left1\", 1)\n");
}

static void test_recursion(void **state) {
    (void)state;
    start();
    CoreVar *n = var("n", I);
    CoreFn *fib = function("fib", I, 1, n);
    fib->is_recursive = true;
    fib->body =
        iff(op(CORE_OP_LT, B, local(n), integer(2)), local(n),
            add(call(fib, 1, op(CORE_OP_SUB, I, local(n), integer(1))), call(fib, 1, op(CORE_OP_SUB, I, local(n), integer(2)))));
    CoreVar *m = var("m", I);
    CoreFn *endless = function("endless", I, 1, m);
    endless->is_recursive = true;
    endless->span = (Span){0, 8, 9};
    endless->body = add(integer(1), call(endless, 1, add(local(m), integer(1))));
    program->top_level = NULL;
    next_line = 60;
    check(block(U, 2, show(call(fib, 1, integer(20))), show(call(endless, 1, integer(0)))),
          "6765\nerror: the recursion is too deep at 5:1, element -1\n");
}

static void test_closures(void **state) {
    (void)state;
    start();
    T unary = type(CORE_TYPE_FN, 2, S, S);
    CoreVar *prefix = var("prefix", S), *x = var("x", S), *f = var("f", unary), *outer = var("outer", S);
    CoreFn *lambda = function("lambda", S, 1, x);
    vec_push(arena, &lambda->captures, prefix);
    lambda->body = concat(local(prefix), local(x));
    CoreVar *y = var("y", S);
    CoreFn *plain = function("plain", S, 1, y);
    plain->body = local(y);
    E make = with(node(CORE_CLOSURE, unary), 1, local(outer));
    make->fn = lambda;
    E constant = node(CORE_CLOSURE, unary);
    constant->fn = plain;
    E call_it = with(node(CORE_CALL_VALUE, S), 2, local(f), text("!"));
    check(block(U, 4, let(outer, concat(text("a"), text("b"))), let(f, make), show(call_it),
                show(with(node(CORE_CALL_VALUE, S), 2, constant, format(integer(3))))),
          "ab!\n3\n");
}

/* ---- containers and places */

static void test_lists(void **state) {
    (void)state;
    start();
    T list = type(CORE_TYPE_LIST, 1, S);
    CoreVar *xs = mutable_var("xs", list), *ys = var("ys", list), *x = var("x", S);
    E first = with(node(CORE_LIST, list), 2, concat(text("a"), text("b")), text("c"));
    E index = with(node(CORE_INDEX, S), 2, local(xs), integer(2));
    E place = with(node(CORE_ASSIGN, U), 1, concat(text("n"), text("ew")));
    place->place = place_of(xs);
    CoreStep step = {integer(0), 0, list};
    vec_push(arena, &place->place->steps, step);
    place->place->type = S;
    E bad = with(node(CORE_INDEX, S), 2, local(xs), integer(3));
    bad->span = (Span){0, 10, 11};
    check(block(U, 8, let(xs, first), let(ys, local(xs)), push(xs, format(integer(9))), place, show(local(xs)), show(local(ys)),
                loop(source(CORE_SOURCE_LIST, local(xs), x), show(concat(local(x), format(prim("len", I, 1, local(xs)))))),
                block(U, 2, show(index), show(bad))),
          "[\"new\", \"c\", \"9\"]\n[\"ab\", \"c\"]\nnew3\nc3\n93\n9\nerror: index 3 is past the end of a list of 3 elements (the "
          "first has index 0) at 6:1, element -1\n");
}

static void test_maps(void **state) {
    (void)state;
    start();
    T map = type(CORE_TYPE_MAP, 2, S, I);
    CoreVar *m = mutable_var("m", map), *w = var("w", S), *kv = var("kv", type(CORE_TYPE_TUPLE, 2, S, I));
    E counted = with(
        node(CORE_ASSIGN, U), 1,
        iff(op(CORE_OP_IN, B, local(w), local(m)), add(with(node(CORE_INDEX, I), 2, local(m), local(w)), integer(1)), integer(1)));
    counted->place = place_of(m);
    CoreStep step = {local(w), 0, map};
    vec_push(arena, &counted->place->steps, step);
    counted->place->type = I;
    check(block(U, 4, let(m, node(CORE_MAP, map)),
                loop(source(CORE_SOURCE_WORDS_IN, concat(text("to be or not "), text("to be")), w), counted), show(local(m)),
                loop(source(CORE_SOURCE_MAP, local(m), kv), show(field(local(kv), 0)))),
          "[\"be\": 2, \"not\": 1, \"or\": 1, \"to\": 2]\nbe\nnot\nor\nto\n");
}

static void test_leaving_loops(void **state) {
    (void)state;
    start();
    CoreVar *text_param = var("text", S), *w = var("w", S), *kept = var("kept", S);
    CoreFn *find = function("find", S, 1, text_param);
    E leave = with(node(CORE_RETURN, U), 1, local(w));
    E over = loop(source(CORE_SOURCE_WORDS_IN, local(text_param), w), NULL);
    E skip = node(CORE_CONTINUE, U);
    skip->loop = over->loop;
    over->args.len = 0;
    with(over, 1,
         block(U, 3, let(kept, concat(local(w), text("."))),
               iff(op(CORE_OP_LT, B, prim("len", I, 1, local(kept)), integer(5)), skip, unit()),
               iff(op(CORE_OP_EQ, B, local(kept), text("short.")), leave, unit())));
    find->body = block(S, 2, over, text("none"));
    check(block(U, 2, show(call(find, 1, concat(text("a very "), text("short text")))), show(call(find, 1, text("a b")))),
          "short\nnone\n");
}

/* ---- sequences walked together, and other sources */

static E loop_over_two(CoreSource first, CoreSource second, E body) {
    E expr = loop(first, body);
    vec_push(arena, &expr->sources, second);
    return expr;
}

static E strings(size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_LIST, type(CORE_TYPE_LIST, 1, S)), count, list);
    va_end(list);
    return expr;
}

static void test_walked_together(void **state) {
    (void)state;
    start();
    CoreVar *i = var("i", I), *s = var("s", S), *j = var("j", I), *t = var("t", S);
    E open = loop_over_two(source(CORE_SOURCE_RANGE, range(integer(7), NULL), i),
                           source(CORE_SOURCE_LIST, strings(2, concat(text("a"), text("b")), text("c")), s),
                           show(concat(format(local(i)), local(s))));
    E uneven = loop_over_two(source(CORE_SOURCE_RANGE, range(integer(1), integer(3)), j),
                             source(CORE_SOURCE_LIST, strings(2, concat(text("a"), text("b")), text("c")), t), show(local(t)));
    uneven->sources.items[1].span = (Span){0, 50, 51};
    check(block(U, 2, open, uneven),
          "7ab\n8c\nerror: sequences that are walked together must be equally long at 26:1, element -1\n");
}

static void test_sets_and_optionals(void **state) {
    (void)state;
    start();
    T set = type(CORE_TYPE_SET, 1, S), maybe = type(CORE_TYPE_OPTIONAL, 1, S);
    CoreVar *x = var("x", S), *y = var("y", S), *z = var("z", S), *o = var("o", maybe);
    E elements = with(node(CORE_SET, set), 3, concat(text("b"), text("")), text("a"), text("b"));
    check(block(U, 5, loop(source(CORE_SOURCE_SET, elements, x), show(local(x))),
                let(o, with(node(CORE_SOME, maybe), 1, concat(text("so"), text("me")))),
                loop(source(CORE_SOURCE_OPTIONAL, local(o), y), show(local(y))),
                loop(source(CORE_SOURCE_OPTIONAL, node(CORE_NONE, maybe), z), show(local(z))),
                show(iff(with(node(CORE_IS_SOME, B), 1, local(o)), with(node(CORE_UNWRAP, S), 1, move(o)), text("nothing")))),
          "a\nb\nsome\nsome\n");
}

/* Errors in the library are placed where the program called it. */
static void test_place_of_library(void **state) {
    (void)state;
    start();
    source_add(sources, "<prelude>", "x\n", 2);
    CoreVar *x = var("x", I);
    CoreFn *inverse = function("inverse", I, 1, x);
    inverse->body = op(CORE_OP_FLOOR_DIV, I, integer(1), local(x));
    inverse->span = inverse->body->span = (Span){1, 0, 1};
    E called = call(inverse, 1, integer(0));
    called->span = (Span){0, 14, 15};
    check(show(called), "error: division by zero at 8:1, element -1\n");
}

/* ---- what comes out, and what cannot */

static void test_line_table(void **state) {
    (void)state;
    start();
    Buf out = assembly_of(show(integer(1)), &(GenOptions){.is_debug = true});
    assert_non_null(strstr(out.data, "test.mr"));
    assert_non_null(strstr(out.data, ".loc\t"));
    buf_free(&out);
    arena_free(&arena);
}

static void check_refused(const GenOptions *options, const char *message) {
    DiagSink *sink = diag_sink_new(arena, sources);
    assert_null(gen_program(program, options, sink));
    Buf out = {0};
    diag_render(sink, DIAG_FORMAT_SHORT, false, &out);
    assert_non_null(strstr(buf_text(&out), message));
    buf_free(&out);
}

static void test_refusals(void **state) {
    (void)state;
    start();
    program->top_level = function("top level", U, 0);
    program->top_level->body = unit();
    check_refused(&(GenOptions){.cpu = "abacus"}, "unknown processor 'abacus'");
    check_refused(&(GenOptions){.level = 1, .hot_bitcode = "/nowhere/hot.bc"}, "cannot read the runtime's bitcode /nowhere/hot.bc");
    check_refused(&(GenOptions){.level = 1, .hot_bitcode = "Makefile"}, "Makefile is not bitcode");
    DiagSink *sink = diag_sink_new(arena, sources);
    GenModule *module = gen_program(program, &(GenOptions){0}, sink);
    assert_false(gen_emit_object(module, "/dev/full", sink));
    assert_true(diag_has_errors(sink));
    gen_free(&module);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_if_and_tuples),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_closures),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_leaving_loops),
        cmocka_unit_test(test_walked_together),
        cmocka_unit_test(test_sets_and_optionals),
        cmocka_unit_test(test_place_of_library),
        cmocka_unit_test(test_line_table),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, find_build, NULL);
}
