/* gen_job_test.c: code generation for jobs: kernels, merging and finishing, for every kind of reducer, with and without keys. */
#include "tests/unit/gen/cores.h"

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

/* The lanes of a float sum are vector registers, without any licence to reassociate. */
static void test_lanes_are_vectors(void **state) {
    (void)state;
    start();
    CoreVar *x = var("x", F), *xs = var("xs", type(CORE_TYPE_LIST, 1, F));
    E sum = lanes_job(source(CORE_SOURCE_LIST, local(xs), x), yield(op(CORE_OP_MUL, F, local(x), local(x))));
    E list = with(node(CORE_LIST, xs->type), 1, number(1));
    Buf out = assembly_of(block(U, 2, let(xs, list), show(sum)), &(GenOptions){.level = 2});
    assert_non_null(strstr(out.data, "mulpd"));
    assert_non_null(strstr(out.data, "addpd"));
    buf_free(&out);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_error_in_kernel),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_general),
        cmocka_unit_test(test_by_key),
        cmocka_unit_test(test_lanes_are_vectors),
    };
    return cmocka_run_group_tests(tests, find_build, NULL);
}
