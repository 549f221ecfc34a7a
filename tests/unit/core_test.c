/* core_test.c: the core below lowering: types, last uses, tidying, verification, recursion, hashes, on cores made by hand. What
 * lowering makes of programs is tested by the golden files in tests/core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/core/core_internal.h"

/* ---- a small program that the tests fill */

typedef struct Fixture {
    Arena *arena;
    CoreProgram program;
    const CoreType *type_int, *type_bool, *type_string, *type_unit, *type_list;
    uint32_t next_var;
} Fixture;

static const Span nowhere;

static int setup(void **state) {
    Arena *arena = arena_new();
    Fixture *f = arena_make(arena, Fixture);
    f->arena = arena;
    f->program.arena = arena;
    f->program.sources = source_map_new(arena);
    f->program.types = core_types_new(arena);
    f->type_int = core_type(f->program.types, CORE_TYPE_INT, NULL, 0);
    f->type_bool = core_type(f->program.types, CORE_TYPE_BOOL, NULL, 0);
    f->type_string = core_type(f->program.types, CORE_TYPE_STRING, NULL, 0);
    f->type_unit = core_type(f->program.types, CORE_TYPE_TUPLE, NULL, 0);
    f->type_list = core_type(f->program.types, CORE_TYPE_LIST, &f->type_int, 1);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    Arena *arena = ((Fixture *)*state)->arena;
    arena_free(&arena);
    return 0;
}

static CoreVar *var(Fixture *f, const char *name, const CoreType *type) {
    CoreVar *made = arena_make(f->arena, CoreVar);
    made->name = name;
    made->id = f->next_var++;
    made->type = type;
    return made;
}

static CoreExpr *node(Fixture *f, CoreKind kind, const CoreType *type, size_t count, ...) {
    CoreExpr *expr = core_node(f->arena, kind, type, nowhere);
    va_list args;
    va_start(args, count);
    for (size_t i = 0; i < count; i++) vec_push(f->arena, &expr->args, va_arg(args, CoreExpr *));
    va_end(args);
    return expr;
}

static CoreExpr *read(Fixture *f, CoreVar *of) {
    return core_local(f->arena, of, nowhere);
}

static CoreExpr *number(Fixture *f, int64_t value) {
    CoreExpr *expr = node(f, CORE_INT, f->type_int, 0);
    expr->integer = value;
    return expr;
}

static CoreExpr *truth(Fixture *f) {
    CoreExpr *expr = node(f, CORE_BOOL, f->type_bool, 0);
    expr->flag = true;
    return expr;
}

static CoreExpr *unit(Fixture *f) {
    return node(f, CORE_TUPLE, f->type_unit, 0);
}

static CoreExpr *let(Fixture *f, CoreVar *of, CoreExpr *value) {
    CoreExpr *expr = node(f, CORE_LET, f->type_unit, 1, value);
    expr->var = of;
    return expr;
}

static CoreExpr *change(Fixture *f, CoreKind kind, CoreVar *of, CoreExpr *arg) {
    CoreExpr *expr = node(f, kind, f->type_unit, 1, arg);
    expr->place = arena_make(f->arena, CorePlace);
    expr->place->var = of;
    expr->place->type = of->type;
    expr->text = "push";
    return expr;
}

static CoreExpr *jump(Fixture *f, CoreKind kind, uint32_t loop) {
    CoreExpr *expr = node(f, kind, f->type_unit, 0);
    expr->loop = loop;
    return expr;
}

static CoreExpr *prim(Fixture *f, const char *name, const CoreType *type, CoreExpr *arg) {
    CoreExpr *expr = node(f, CORE_PRIM, type, 1, arg);
    expr->text = name;
    return expr;
}

static CoreExpr *loop_while(Fixture *f, uint32_t id, CoreExpr *body) {
    CoreExpr *expr = node(f, CORE_WHILE, f->type_unit, 2, truth(f), body);
    expr->loop = id;
    return expr;
}

static CoreFn *function(Fixture *f, const char *name, const CoreType *result, CoreExpr *body) {
    CoreFn *fn = arena_make(f->arena, CoreFn);
    fn->name = name;
    fn->result = result;
    fn->body = body;
    vec_push(f->arena, &f->program.fns, fn);
    return fn;
}

static CoreExpr *call(Fixture *f, CoreFn *fn) {
    CoreExpr *expr = node(f, CORE_CALL, fn->result, 0);
    expr->fn = fn;
    return expr;
}

static void finish(Fixture *f) {
    f->program.top_level = function(f, "top level", f->type_unit, unit(f));
}

static void assert_text(Fixture *f, CoreFn *fn, const char *expected) {
    Buf text = {0};
    core_print_expr(fn->body, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_free(&text);
    (void)f;
}

/* ---- types */

static void types_are_interned_and_named(void **state) {
    Fixture *f = *state;
    CoreTypes *types = f->program.types;
    const CoreType *const entry[] = {f->type_string, f->type_list};
    const CoreType *map = core_type(types, CORE_TYPE_MAP, entry, 2);
    assert_ptr_equal(map, core_type(types, CORE_TYPE_MAP, entry, 2));
    assert_string_equal(map->name, "[string: [int]]");
    const CoreType *pair = core_type(types, CORE_TYPE_TUPLE, entry, 2);
    assert_string_equal(pair->name, "(string, [int])");
    const CoreType *const of_pair[] = {pair, f->type_int}, *const of_two[] = {f->type_string, f->type_list, f->type_int};
    const CoreType *one = core_type(types, CORE_TYPE_FN, of_pair, 2), *two = core_type(types, CORE_TYPE_FN, of_two, 3);
    assert_string_equal(one->name, "((string, [int])) -> int");
    assert_string_equal(two->name, "(string, [int]) -> int");
    assert_ptr_not_equal(one, two);
    assert_string_equal(core_type(types, CORE_TYPE_OPTIONAL, &one, 1)->name, "(((string, [int])) -> int)?");
}

static void flat_types_hold_nothing_counted(void **state) {
    Fixture *f = *state;
    const CoreType *const flat[] = {f->type_int, f->type_bool}, *const text[] = {f->type_int, f->type_string};
    assert_true(core_type(f->program.types, CORE_TYPE_TUPLE, flat, 2)->is_flat);
    assert_false(core_type(f->program.types, CORE_TYPE_TUPLE, text, 2)->is_flat);
    assert_true(core_type(f->program.types, CORE_TYPE_OPTIONAL, &f->type_int, 1)->is_flat);
    assert_false(f->type_list->is_flat);
}

/* ---- last uses */

/* { var ys = xs; push ys; ys } with an owned xs: both moves happen, so that the list is changed in place. */
static void an_owned_parameter_is_updated_in_place(void **state) {
    Fixture *f = *state;
    CoreVar *xs = var(f, "xs", f->type_list), *ys = var(f, "ys", f->type_list);
    xs->is_owned = true;
    ys->is_mutable = true;
    CoreExpr *body =
        node(f, CORE_BLOCK, f->type_list, 3, let(f, ys, read(f, xs)), change(f, CORE_UPDATE, ys, number(f, 1)), read(f, ys));
    CoreFn *fn = function(f, "add", f->type_list, body);
    vec_push(f->arena, &fn->params, xs);
    finish(f);
    core_own(&f->program);
    assert_null(core_verify(&f->program));
    assert_text(f, fn, "block\n    var ys: [int] = move xs\n    update push ys (1)\n    move ys");
}

/* A parameter that is only looked at is borrowed; one that is given back is the function's own. */
static void a_borrowed_parameter_is_never_moved(void **state) {
    Fixture *f = *state;
    CoreVar *xs = var(f, "xs", f->type_list), *ys = var(f, "ys", f->type_list);
    CoreFn *fn = function(f, "size", f->type_int, prim(f, "len", f->type_int, read(f, xs)));
    CoreFn *same = function(f, "same", f->type_list, read(f, ys));
    vec_push(f->arena, &fn->params, xs);
    vec_push(f->arena, &same->params, ys);
    finish(f);
    core_own(&f->program);
    assert_text(f, fn, "prim len(xs)");
    assert_text(f, same, "move ys");
}

static void only_the_last_of_two_uses_moves(void **state) {
    Fixture *f = *state;
    CoreVar *s = var(f, "s", f->type_string);
    const CoreType *const two[] = {f->type_string, f->type_string};
    const CoreType *pair = core_type(f->program.types, CORE_TYPE_TUPLE, two, 2);
    CoreExpr *value = prim(f, "lower", f->type_string, node(f, CORE_STRING, f->type_string, 0));
    CoreFn *fn = function(f, "twice", pair,
                          node(f, CORE_BLOCK, pair, 2, let(f, s, value), node(f, CORE_TUPLE, pair, 2, read(f, s), read(f, s))));
    finish(f);
    core_own(&f->program);
    assert_text(f, fn, "block\n    let s: string = prim lower(\"\")\n    (s, move s)");
}

static void fields_of_a_tuple_are_moved_one_by_one(void **state) {
    Fixture *f = *state;
    const CoreType *const two[] = {f->type_string, f->type_string};
    const CoreType *pair = core_type(f->program.types, CORE_TYPE_TUPLE, two, 2);
    CoreVar *t = var(f, "t", pair);
    t->is_owned = true;
    CoreExpr *second = node(f, CORE_FIELD, f->type_string, 1, read(f, t)),
             *first = node(f, CORE_FIELD, f->type_string, 1, read(f, t));
    second->integer = 1;
    CoreFn *fn = function(f, "swap", pair, node(f, CORE_TUPLE, pair, 2, second, first));
    vec_push(f->arena, &fn->params, t);
    finish(f);
    core_own(&f->program);
    assert_text(f, fn, "(move t.1, move t.0)");
}

/* What is read in a loop and was made outside it is needed again; what is assigned before it is read is not. */
static void a_loop_keeps_what_it_reads_again(void **state) {
    Fixture *f = *state;
    CoreVar *outer = var(f, "outer", f->type_list), *inner = var(f, "inner", f->type_list), *all = var(f, "all", f->type_list);
    all->is_mutable = true;
    CoreExpr *body =
        node(f, CORE_BLOCK, f->type_unit, 2, let(f, inner, read(f, outer)), change(f, CORE_ASSIGN, all, read(f, inner)));
    CoreFn *fn = function(f, "loop", f->type_list,
                          node(f, CORE_BLOCK, f->type_list, 4, let(f, outer, node(f, CORE_LIST, f->type_list, 0)),
                               let(f, all, node(f, CORE_LIST, f->type_list, 0)), loop_while(f, 1, body), read(f, all)));
    finish(f);
    core_own(&f->program);
    assert_null(core_verify(&f->program));
    assert_text(
        f, fn,
        "block\n    let outer: [int] = []\n    var all: [int] = []\n    loop 1 while true\n        let inner: [int] = outer\n"
        "        all = move inner\n    move all");
}

/* After a break the variable is read; on the way back to the loop's head it is not: the read before the break must not move. */
static void a_break_keeps_what_is_read_after_the_loop(void **state) {
    Fixture *f = *state;
    CoreVar *xs = var(f, "xs", f->type_list), *copy = var(f, "copy", f->type_list);
    CoreExpr *body = node(f, CORE_BLOCK, f->type_unit, 2, let(f, copy, read(f, xs)), jump(f, CORE_BREAK, 1));
    CoreFn *fn = function(
        f, "leave", f->type_list,
        node(f, CORE_BLOCK, f->type_list, 3, let(f, xs, node(f, CORE_LIST, f->type_list, 0)), loop_while(f, 1, body), read(f, xs)));
    finish(f);
    core_own(&f->program);
    assert_text(f, fn,
                "block\n    let xs: [int] = []\n    loop 1 while true\n        let copy: [int] = xs\n        break 1\n    move xs");
}

/* prim(xs, (xs,)): the primitive still borrows xs when the tuple has been made. */
static void what_is_borrowed_stays_while_other_operands_are_made(void **state) {
    Fixture *f = *state;
    const CoreType *one = core_type(f->program.types, CORE_TYPE_LIST, &f->type_list, 1);
    CoreVar *xs = var(f, "xs", f->type_list);
    CoreExpr *both = prim(f, "both", f->type_unit, read(f, xs));
    vec_push(f->arena, &both->args, node(f, CORE_LIST, one, 1, read(f, xs)));
    CoreFn *fn = function(f, "both", f->type_unit,
                          node(f, CORE_BLOCK, f->type_unit, 2, let(f, xs, node(f, CORE_LIST, f->type_list, 0)), both));
    finish(f);
    core_own(&f->program);
    assert_text(f, fn, "block\n    let xs: [int] = []\n    prim both(xs, [xs])");
}

static void each_branch_moves_for_itself(void **state) {
    Fixture *f = *state;
    CoreVar *xs = var(f, "xs", f->type_list);
    CoreExpr *choice = node(f, CORE_IF, f->type_list, 3, truth(f), read(f, xs), node(f, CORE_LIST, f->type_list, 0));
    CoreFn *fn = function(f, "choose", f->type_list,
                          node(f, CORE_BLOCK, f->type_list, 2, let(f, xs, node(f, CORE_LIST, f->type_list, 0)), choice));
    finish(f);
    core_own(&f->program);
    assert_text(f, fn, "block\n    let xs: [int] = []\n    (if true then move xs else [])");
}

/* ---- tidying */

static void a_hidden_variable_that_is_read_once_disappears(void **state) {
    Fixture *f = *state;
    CoreVar *t = var(f, "t", f->type_list);
    t->is_hidden = true;
    CoreExpr *used = prim(f, "len", f->type_int, read(f, t));
    CoreFn *fn =
        function(f, "size", f->type_int, node(f, CORE_BLOCK, f->type_int, 2, let(f, t, node(f, CORE_LIST, f->type_list, 0)), used));
    finish(f);
    core_tidy(&f->program);
    assert_null(core_verify(&f->program));
    assert_text(f, fn, "prim len([])");
}

/* Another call comes first: it must stay first. */
static void tidying_keeps_the_order_of_evaluation(void **state) {
    Fixture *f = *state;
    CoreVar *t = var(f, "t", f->type_int);
    t->is_hidden = true;
    CoreExpr *used = prim(f, "mix", f->type_int, prim(f, "clock", f->type_int, number(f, 1)));
    vec_push(f->arena, &used->args, read(f, t));
    CoreFn *fn = function(f, "keep", f->type_int,
                          node(f, CORE_BLOCK, f->type_int, 2, let(f, t, prim(f, "log", f->type_int, number(f, 2))), used));
    finish(f);
    core_tidy(&f->program);
    assert_text(f, fn, "block\n    let t: int = prim log(2)\n    prim mix(prim clock(1), t)");
}

/* ---- verification: what is wrong is named */

static void assert_wrong(Fixture *f, const char *part) {
    finish(f);
    const char *problem = core_verify(&f->program);
    assert_non_null(problem);
    if (!strstr(problem, part)) fail_msg("\"%s\" does not say \"%s\"", problem, part);
}

static void a_read_outside_its_scope_is_found(void **state) {
    Fixture *f = *state;
    CoreVar *x = var(f, "x", f->type_int);
    CoreExpr *inner = node(f, CORE_BLOCK, f->type_unit, 1, let(f, x, number(f, 1)));
    function(f, "scope", f->type_int, node(f, CORE_BLOCK, f->type_int, 2, inner, read(f, x)));
    assert_wrong(f, "scope: the variable x");
}

static void a_wrong_type_is_found(void **state) {
    Fixture *f = *state;
    function(f, "type", f->type_string, number(f, 1));
    assert_wrong(f, "int where string belongs");
}

static void a_jump_out_of_no_loop_is_found(void **state) {
    Fixture *f = *state;
    function(f, "jump", f->type_unit, jump(f, CORE_BREAK, 7));
    assert_wrong(f, "a jump out of no loop");
}

static void a_yield_outside_a_job_is_found(void **state) {
    Fixture *f = *state;
    function(f, "yield", f->type_unit, node(f, CORE_YIELD, f->type_unit, 1, number(f, 1)));
    assert_wrong(f, "a yield outside a job");
}

static void a_change_of_what_is_no_var_is_found(void **state) {
    Fixture *f = *state;
    CoreVar *x = var(f, "x", f->type_int);
    function(f, "change", f->type_unit,
             node(f, CORE_BLOCK, f->type_unit, 2, let(f, x, number(f, 1)), change(f, CORE_ASSIGN, x, number(f, 2))));
    assert_wrong(f, "which is not a var");
}

static void a_call_with_missing_operands_is_found(void **state) {
    Fixture *f = *state;
    CoreVar *x = var(f, "x", f->type_int);
    CoreFn *callee = function(f, "callee", f->type_int, number(f, 1));
    vec_push(f->arena, &callee->params, x);
    function(f, "caller", f->type_int, call(f, callee));
    assert_wrong(f, "0 operands for callee, which has 1");
}

/* ---- recursion and content */

static void cycles_of_calls_are_recursive(void **state) {
    Fixture *f = *state;
    CoreFn *even = function(f, "even", f->type_int, NULL);
    CoreFn *odd = function(f, "odd", f->type_int, call(f, even));
    even->body = call(f, odd);
    CoreFn *user = function(f, "user", f->type_int, call(f, even));
    CoreFn *self = function(f, "self", f->type_int, NULL);
    self->body = call(f, self);
    finish(f);
    core_mark_recursive(&f->program);
    assert_true(even->is_recursive && odd->is_recursive && self->is_recursive);
    assert_false(user->is_recursive || f->program.top_level->is_recursive);
}

/* A function that is a value may be called by whoever calls values. */
static void a_call_of_a_value_may_come_back(void **state) {
    Fixture *f = *state;
    const CoreType *type = core_type(f->program.types, CORE_TYPE_FN, &f->type_int, 1);
    CoreVar *g = var(f, "g", type);
    g->is_borrowed = true;
    CoreFn *apply = function(f, "apply", f->type_int, node(f, CORE_CALL_VALUE, f->type_int, 1, read(f, g)));
    vec_push(f->arena, &apply->params, g);
    CoreFn *closure = function(f, "closure", f->type_int, NULL);
    closure->is_closure = true;
    CoreExpr *value = node(f, CORE_CLOSURE, type, 0), *applied = call(f, apply);
    value->fn = closure;
    vec_push(f->arena, &applied->args, value);
    closure->body = applied;
    finish(f);
    assert_null(core_verify(&f->program));
    core_mark_recursive(&f->program);
    assert_true(apply->is_recursive && closure->is_recursive);
}

static CoreJob *job_over(Fixture *f, CoreFn *mapped, const char *name) {
    CoreJob *job = arena_make(f->arena, CoreJob);
    const CoreType *const halves[] = {f->type_int, f->type_int};
    CoreVar *x = var(f, "x", f->type_int);
    x->is_borrowed = true;
    CoreSource source = {.kind = CORE_SOURCE_RANGE, .var = x};
    vec_push(f->arena, &job->sources, source);
    job->index = (uint32_t)f->program.jobs.len;
    job->name = name;
    job->reducer = (CoreReducer){.kind = CORE_REDUCE_SUM_INT, .name = name, .element = f->type_int, .result = f->type_int};
    job->reducer.is_exact = job->reducer.is_associative = true;
    job->reducer.state = core_type(f->program.types, CORE_TYPE_TUPLE, halves, 2);
    job->result = f->type_int;
    job->body = node(f, CORE_YIELD, f->type_unit, 1, call(f, mapped));
    vec_push(f->arena, &f->program.jobs, job);
    return job;
}

static void hashes_are_of_the_content_alone(void **state) {
    Fixture *f = *state;
    CoreFn *one = function(f, "one", f->type_int, number(f, 1)), *same = function(f, "same", f->type_int, number(f, 1));
    CoreFn *two = function(f, "two", f->type_int, number(f, 2));
    CoreJob *first = job_over(f, one, "first"), *second = job_over(f, same, "second"), *third = job_over(f, two, "third");
    finish(f);
    core_hash(&f->program);
    assert_memory_equal(first->hash, second->hash, sizeof first->hash);
    assert_memory_not_equal(first->hash, third->hash, sizeof first->hash);
}

static void a_job_knows_the_globals_of_what_it_calls(void **state) {
    Fixture *f = *state;
    CoreGlobal globals[2] = {{.name = "a", .index = 0, .type = f->type_int}, {.name = "b", .index = 1, .type = f->type_int}};
    for (size_t i = 0; i < 2; i++) vec_push(f->arena, &f->program.globals, &globals[i]);
    CoreExpr *reads[2];
    for (size_t i = 0; i < 2; i++) {
        reads[i] = node(f, CORE_GLOBAL, f->type_int, 0);
        reads[i]->global = &globals[i];
    }
    CoreFn *inner = function(f, "inner", f->type_int, reads[0]);
    CoreExpr *sum = node(f, CORE_OP, f->type_int, 2, reads[1], call(f, inner));
    CoreJob *job = job_over(f, function(f, "outer", f->type_int, sum), "job");
    finish(f);
    core_find_globals(&f->program);
    assert_int_equal(job->globals.len, 2);
    assert_ptr_equal(job->globals.items[0], &globals[0]);
    assert_ptr_equal(job->globals.items[1], &globals[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(types_are_interned_and_named),
        TEST(flat_types_hold_nothing_counted),
        TEST(an_owned_parameter_is_updated_in_place),
        TEST(a_borrowed_parameter_is_never_moved),
        TEST(only_the_last_of_two_uses_moves),
        TEST(fields_of_a_tuple_are_moved_one_by_one),
        TEST(a_loop_keeps_what_it_reads_again),
        TEST(a_break_keeps_what_is_read_after_the_loop),
        TEST(what_is_borrowed_stays_while_other_operands_are_made),
        TEST(each_branch_moves_for_itself),
        TEST(a_hidden_variable_that_is_read_once_disappears),
        TEST(tidying_keeps_the_order_of_evaluation),
        TEST(a_read_outside_its_scope_is_found),
        TEST(a_wrong_type_is_found),
        TEST(a_jump_out_of_no_loop_is_found),
        TEST(a_yield_outside_a_job_is_found),
        TEST(a_change_of_what_is_no_var_is_found),
        TEST(a_call_with_missing_operands_is_found),
        TEST(cycles_of_calls_are_recursive),
        TEST(a_call_of_a_value_may_come_back),
        TEST(hashes_are_of_the_content_alone),
        TEST(a_job_knows_the_globals_of_what_it_calls),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
