/* gen_test.c: code generation, on cores built by hand: each program is generated without and with optimisation, linked with a
 * harness (gen/harness.c) and the runtime's value library, run, and its output compared. The harness also reports memory not given
 * back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/llvm/gen.h"

typedef const CoreType *T;
typedef CoreExpr *E;

static Arena *arena;
static CoreProgram *program;
static SourceMap *sources;
static T I, F, B, S, U, R;
static uint32_t next_id, next_line;
static char build_dir[512];

/* ---- making cores */

static T type(CoreTypeKind kind, size_t count, ...) {
    T args[8];
    va_list list;
    va_start(list, count);
    for (size_t i = 0; i < count; i++) args[i] = va_arg(list, T);
    va_end(list);
    return core_type(program->types, kind, args, count);
}

/* Each node has a line of its own in the source, so that positions in messages can be told apart. */
static Span next_span(void) {
    uint32_t at = next_line < 199 ? next_line++ : 199;
    return (Span){0, at * 2, at * 2 + 1};
}

static E node(CoreKind kind, T of) {
    E expr = arena_make(arena, CoreExpr);
    expr->kind = kind;
    expr->type = of;
    expr->span = next_span();
    return expr;
}

static E add_args(E expr, size_t count, va_list list) {
    for (size_t i = 0; i < count; i++) {
        E arg = va_arg(list, E);
        vec_push(arena, &expr->args, arg);
    }
    return expr;
}

static E with(E expr, size_t count, ...) {
    va_list list;
    va_start(list, count);
    add_args(expr, count, list);
    va_end(list);
    return expr;
}

static CoreVar *var(const char *name, T of) {
    CoreVar *made = arena_make(arena, CoreVar);
    *made = (CoreVar){.name = name, .id = next_id++, .type = of};
    return made;
}

static CoreVar *mutable_var(const char *name, T of) {
    CoreVar *made = var(name, of);
    made->is_mutable = true;
    return made;
}

static E integer(int64_t value) {
    E expr = node(CORE_INT, I);
    expr->integer = value;
    return expr;
}

static E number(double value) {
    E expr = node(CORE_FLOAT, F);
    expr->number = value;
    return expr;
}

static E text(const char *value) {
    E expr = node(CORE_STRING, S);
    expr->text = value;
    expr->text_len = strlen(value);
    return expr;
}

static E local(CoreVar *of) {
    E expr = node(CORE_LOCAL, of->type);
    expr->var = of;
    return expr;
}

static E move(CoreVar *of) {
    E expr = local(of);
    expr->is_move = true;
    return expr;
}

static E let(CoreVar *of, E value) {
    E expr = with(node(CORE_LET, U), 1, value);
    expr->var = of;
    return expr;
}

static E block(T of, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_BLOCK, of), count, list);
    va_end(list);
    return expr;
}

static E unit(void) {
    return node(CORE_TUPLE, U);
}

static E op(CoreOp what, T of, E left, E right) {
    E expr = with(node(CORE_OP, of), right ? 2 : 1, left, right);
    expr->op = what;
    return expr;
}

static E add(E left, E right) {
    return op(CORE_OP_ADD, left->type, left, right);
}

static E iff(E condition, E yes, E no) {
    return with(node(CORE_IF, yes->type), 3, condition, yes, no);
}

static E field(E tuple, int index) {
    E expr = with(node(CORE_FIELD, tuple->type->args[index]), 1, tuple);
    expr->integer = index;
    return expr;
}

static E pair(E left, E right) {
    return with(node(CORE_TUPLE, type(CORE_TYPE_TUPLE, 2, left->type, right->type)), 2, left, right);
}

static E format(E value) {
    E expr = with(node(CORE_FORMAT, S), 1, value);
    expr->text = "";
    return expr;
}

static E concat(E left, E right) {
    return with(node(CORE_CONCAT, S), 2, left, right);
}

static E prim(const char *name, T of, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_PRIM, of), count, list);
    va_end(list);
    expr->text = name;
    return expr;
}

static E show(E value) {
    return prim("test_show", U, 1, format(value));
}

static E range(E first, E last) {
    return with(node(CORE_RANGE, R), last ? 2 : 1, first, last);
}

static CoreFn *function(const char *name, T result, size_t count, ...) {
    CoreFn *fn = arena_make(arena, CoreFn);
    *fn = (CoreFn){.name = name, .result = result, .span = next_span()};
    va_list list;
    va_start(list, count);
    for (size_t i = 0; i < count; i++) {
        CoreVar *param = va_arg(list, CoreVar *);
        vec_push(arena, &fn->params, param);
    }
    va_end(list);
    vec_push(arena, &program->fns, fn);
    return fn;
}

static E call(CoreFn *fn, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_CALL, fn->result), count, list);
    va_end(list);
    expr->fn = fn;
    return expr;
}

static CorePlace *place_of(CoreVar *root) {
    CorePlace *place = arena_make(arena, CorePlace);
    place->var = root;
    place->type = root->type;
    return place;
}

static E assign(CoreVar *to, E value) {
    E expr = with(node(CORE_ASSIGN, U), 1, value);
    expr->place = place_of(to);
    return expr;
}

static E push(CoreVar *to, E value) {
    E expr = with(node(CORE_UPDATE, U), 1, value);
    expr->text = "push";
    expr->place = place_of(to);
    expr->type_args = arena_array(arena, T, 1);
    expr->type_args[0] = value->type;
    expr->type_arg_count = 1;
    return expr;
}

static CoreSource source(CoreSourceKind kind, E expr, CoreVar *element) {
    return (CoreSource){kind, expr, element, next_span()};
}

static E loop(CoreSource over, E body) {
    E expr = with(node(CORE_FOR, U), 1, body);
    vec_push(arena, &expr->sources, over);
    expr->loop = next_id++;
    return expr;
}

static E yield(E value) {
    return with(node(CORE_YIELD, U), 1, value);
}

static CoreJob *job(CoreReduceKind kind, T element, T state, T result, CoreSource over, E body) {
    CoreJob *made = arena_make(arena, CoreJob);
    *made = (CoreJob){.index = (uint32_t)program->jobs.len, .name = "job", .span = next_span(), .body = body, .result = result};
    made->reducer = (CoreReducer){.kind = kind, .name = "g", .element = element, .state = state, .result = result};
    vec_push(arena, &made->sources, over);
    vec_push(arena, &program->jobs, made);
    return made;
}

static E run(CoreJob *of) {
    E expr = node(CORE_JOB, of->result);
    expr->job = of;
    return expr;
}

/* ---- running them */

static void start(void) {
    arena = arena_new();
    program = arena_make(arena, CoreProgram);
    sources = source_map_new(arena);
    char lines[400];
    for (size_t i = 0; i < sizeof lines; i++) lines[i] = i % 2 ? '\n' : 'x';
    source_add(sources, "test.mr", lines, sizeof lines);
    program->arena = arena;
    program->sources = sources;
    program->types = core_types_new(arena);
    next_id = next_line = 0;
    I = type(CORE_TYPE_INT, 0), F = type(CORE_TYPE_FLOAT, 0), B = type(CORE_TYPE_BOOL, 0), S = type(CORE_TYPE_STRING, 0);
    R = type(CORE_TYPE_RANGE, 0), U = type(CORE_TYPE_TUPLE, 0);
}

static char *output_of(const char *command) {
    Buf out = {0};
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, pipe)) > 0;) buf_add(&out, piece, n);
    pclose(pipe);
    buf_text(&out);
    return out.data;
}

static void check_at(unsigned level, const char *expected) {
    char hot[600], object[] = "/tmp/mr-gen-XXXXXX", command[2400];
    snprintf(hot, sizeof hot, "%s/lib/mr/hot.bc", build_dir);
    GenOptions options = {.level = level, .is_debug = level == 0, .hot_bitcode = access(hot, R_OK) ? NULL : hot};
    DiagSink *sink = diag_sink_new(arena, sources);
    GenModule *module = gen_program(program, &options, sink);
    Buf messages = {0};
    diag_render(sink, DIAG_FORMAT_TEXT, false, &messages);
    if (!module) fail_msg("%s", buf_text(&messages));
    assert_true(mkstemp(object) >= 0);
    assert_true(gen_emit_object(module, object, sink));
    if (getenv("GEN_TEST_IR")) {
        Buf ir = {0};
        gen_print_ir(module, &ir);
        fprintf(stderr, "%s\n", buf_text(&ir));
        buf_free(&ir);
    }
    gen_free(&module);
#ifdef __SANITIZE_ADDRESS__ /* the library is then built so too */
    const char *sanitize = "-fsanitize=address,undefined";
#else
    const char *sanitize = "";
#endif
    snprintf(command, sizeof command,
             "cc -w %s -I. -o %s.exe tests/unit/gen/harness.c %s -Wl,--gc-sections %s/lib/mr/libmrt.a -lzmq -lutf8proc -lsleef "
             "-lm -pthread 2>&1 && GLIBC_TUNABLES=glibc.malloc.tcache_count=0 timeout 20 %s.exe 2>&1",
             sanitize, object, object, build_dir, object);
    char *output = output_of(command);
    snprintf(command, sizeof command, "%s.exe", object);
    unlink(command);
    unlink(object);
    assert_string_equal(output, expected);
    free(output);
    buf_free(&messages);
}

/* Runs the statements as a program's top level. */
static void check(E body, const char *expected) {
    program->top_level = function("top level", U, 0);
    program->top_level->body = body;
    check_at(0, expected);
    check_at(2, expected);
    arena_free(&arena);
}

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

/* ---- jobs */

static void test_sum(void **state) {
    (void)state;
    start();
    T sums = type(CORE_TYPE_TUPLE, 2, I, I);
    CoreVar *x = var("x", I);
    CoreJob *sum = job(CORE_REDUCE_SUM_INT, I, sums, I, source(CORE_SOURCE_RANGE, range(integer(1), integer(100)), x),
                       yield(op(CORE_OP_MUL, I, local(x), add(local(x), integer(100)))));
    sum->reducer.nothing = integer(0);
    CoreVar *y = var("y", I);
    CoreJob *large = job(CORE_REDUCE_SUM_INT, I, sums, I, source(CORE_SOURCE_RANGE, range(integer(1), integer(4)), y),
                         yield(add(integer(INT64_MAX - 4), local(y))));
    large->span = (Span){0, 30, 31};
    check(block(U, 2, show(run(sum)), show(run(large))), "843350\nerror: integer overflow at 16:1, element -1\n");
}

static void test_error_in_kernel(void **state) {
    (void)state;
    start();
    CoreVar *x = var("x", I), *kept = var("kept", S);
    E divide = op(CORE_OP_FLOOR_DIV, I, integer(1), op(CORE_OP_SUB, I, local(x), integer(17)));
    divide->span = (Span){0, 22, 23};
    CoreJob *made = job(CORE_REDUCE_COUNT, I, I, I, source(CORE_SOURCE_RANGE, range(integer(0), integer(30)), x),
                        block(U, 2, let(kept, format(local(x))), yield(divide)));
    check(show(run(made)), "error: division by zero at 12:1, element 17\n");
}

static E lanes_job(CoreSource over, E body) {
    CoreJob *made = job(CORE_REDUCE_LANES, F, F, F, over, body);
    made->reducer.lane_op = CORE_OP_ADD;
    made->reducer.nothing = number(0);
    return run(made);
}

static void test_lanes(void **state) {
    (void)state;
    start();
    CoreVar *x = var("x", F), *y = var("y", F), *i = var("i", I);
    T floats = type(CORE_TYPE_LIST, 1, F);
    E list =
        with(node(CORE_LIST, floats), 7, number(1e16), number(1), number(-1e16), number(3), number(0.5), number(2), number(-0.0));
    E nothing = lanes_job(source(CORE_SOURCE_LIST, node(CORE_LIST, floats), y), yield(local(y)));
    E flat = lanes_job(source(CORE_SOURCE_RANGE, range(integer(1), integer(2)), i),
                       loop(source(CORE_SOURCE_RANGE, range(integer(1), local(i)), var("j", I)), yield(number(1.5))));
    check(block(U, 3, show(lanes_job(source(CORE_SOURCE_LIST, list, x), yield(local(x)))), show(nothing), show(flat)),
          "6.0\n0.0\n4.5\n");
}

/* Concatenation is not commutative, keeps strings as states, and shows the tree's shape. */
static void test_fold(void **state) {
    (void)state;
    start();
    CoreVar *x = var("x", I), *left = var("left", S), *right = var("right", S), *prefix = var("prefix", S),
            *outer = var("outer", S);
    CoreJob *made = job(CORE_REDUCE_FOLD, S, S, S, source(CORE_SOURCE_RANGE, range(integer(1), integer(7)), x),
                        yield(concat(local(prefix), format(local(x)))));
    made->reducer.merge =
        (CoreCode){{left, right}, concat(concat(text("("), local(left)), concat(text(" "), concat(local(right), text(")"))))};
    left->is_owned = right->is_owned = true;
    vec_push(arena, &made->captures, prefix);
    E captured = local(outer);
    vec_push(arena, &made->captured, captured);
    CoreVar *z = var("z", I), *a = var("a", I), *b = var("b", I);
    CoreJob *empty = job(CORE_REDUCE_FOLD, I, I, I, source(CORE_SOURCE_RANGE, range(integer(1), integer(0)), z), yield(local(z)));
    empty->reducer.merge = (CoreCode){{a, b}, op(CORE_OP_MUL, I, local(a), local(b))};
    empty->span = (Span){0, 6, 7};
    check(block(U, 3, let(outer, concat(text("n"), text("o"))), show(run(made)), show(run(empty))),
          "(((((no1 no2) no3) no4) no5) (no6 no7))\n"
          "error: there is nothing to reduce at 4:1, element -1\n");
}

/* A list as the state, pushed to in place, with slices of a captured text as elements. */
static void test_general(void **state) {
    (void)state;
    start();
    T list = type(CORE_TYPE_LIST, 1, S);
    CoreVar *x = var("x", I), *w = var("w", S), *all = var("all", S), *outer = var("outer", S);
    CoreVar *so_far = var("so_far", list), *changed = mutable_var("changed", list), *e = var("e", S), *l = var("l", list),
            *r = var("r", list);
    so_far->is_owned = l->is_owned = r->is_owned = true;
    CoreJob *made = job(CORE_REDUCE_GENERAL, S, list, list, source(CORE_SOURCE_RANGE, range(integer(1), integer(6)), x),
                        loop(source(CORE_SOURCE_WORDS_IN, local(all), w), yield(local(w))));
    made->reducer.init = node(CORE_LIST, list);
    made->reducer.nothing = node(CORE_LIST, list);
    made->reducer.add = (CoreCode){{so_far, e}, block(list, 3, let(changed, move(so_far)), push(changed, local(e)), move(changed))};
    made->reducer.merge = (CoreCode){{l, r}, op(CORE_OP_CONCAT_LISTS, list, local(l), local(r))};
    CoreVar *seen = var("seen", list);
    made->reducer.done = (CoreCode){{seen, NULL}, op(CORE_OP_GE, B, prim("len", I, 1, local(seen)), integer(7))};
    vec_push(arena, &made->captures, all);
    E captured = local(outer);
    vec_push(arena, &made->captured, captured);
    check(block(U, 2, let(outer, concat(text("some "), text("words"))), show(run(made))),
          "[\"some\", \"words\", \"some\", \"words\", \"some\", \"words\", \"some\"]\n");
}

static void test_by_key(void **state) {
    (void)state;
    start();
    CoreVar *x = var("x", I), *y = var("y", I), *a = var("a", S), *b = var("b", S);
    T map = type(CORE_TYPE_MAP, 2, S, I), texts = type(CORE_TYPE_MAP, 2, I, S);
    E key = concat(text("k"), format(op(CORE_OP_MOD, I, local(x), integer(3))));
    CoreJob *sums = job(CORE_REDUCE_SUM_INT, I, type(CORE_TYPE_TUPLE, 2, I, I), I,
                        source(CORE_SOURCE_RANGE, range(integer(1), integer(20)), x), yield(pair(key, local(x))));
    sums->key = S;
    sums->result = map;
    CoreJob *joined = job(CORE_REDUCE_FOLD, S, S, S, source(CORE_SOURCE_RANGE, range(integer(1), integer(12)), y),
                          yield(pair(op(CORE_OP_MOD, I, local(y), integer(2)), format(local(y)))));
    joined->key = I;
    joined->result = texts;
    joined->reducer.merge = (CoreCode){{a, b}, concat(local(a), local(b))};
    a->is_owned = b->is_owned = true;
    check(block(U, 2, show(run(sums)), show(run(joined))),
          "[\"k0\": 63, \"k1\": 70, \"k2\": 77]\n[0: \"24681012\", 1: \"1357911\"]\n");
}

static int find_build(void **state) {
    (void)state;
    ssize_t len = readlink("/proc/self/exe", build_dir, sizeof build_dir - 1);
    if (len < 0) return -1;
    build_dir[len] = '\0';
    for (int i = 0; i < 3; i++) *strrchr(build_dir, '/') = '\0'; /* tests/unit/gen_test */
    return 0;
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
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_error_in_kernel),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_general),
        cmocka_unit_test(test_by_key),
    };
    return cmocka_run_group_tests(tests, find_build, NULL);
}
