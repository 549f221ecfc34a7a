/* runs_change.c: what becomes of the bodies of loops over bytes (runs.c). */
#include "compiler/core/runs.h"

CoreVar *run_text(const RunLoop *loop) {
    return (CoreVar *)(uintptr_t)loop->bytes.text;
}

/* The position behind the run that goes on behind the byte at hand, or of its last byte. */
static CoreExpr *position_behind(RunLoop *loop, RunEnd *end, CoreVar *at, bool is_behind) {
    Runs *runs = loop->runs;
    Span span = end->at->span;
    CoreExpr *from = run_local(runs, at, span);
    if (is_behind) return run_end(runs, run_text(loop), from, &end->bytes);
    from = run_binary(runs, CORE_OP_ADD_WRAP, from, run_number(runs, 1, span));
    CoreExpr *stop = run_end(runs, run_text(loop), from, &end->bytes);
    return run_binary(runs, CORE_OP_SUB_WRAP, stop, run_number(runs, 1, span));
}

static void change_end(RunLoop *loop, RunEnd *end, CoreVar *at, CoreVar *element_at, bool is_behind) {
    Runs *runs = loop->runs;
    Span span = end->at->span;
    CoreExpr *block = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span);
    CoreVar *begin = run_variable(runs, "begin", CORE_TYPE_INT, false, span);
    if (end->grown) run_add(runs, block, run_let(runs, begin, run_local(runs, element_at, span)));
    run_add(runs, block, run_assign(runs, at, position_behind(loop, end, at, is_behind)));
    if (end->grown) {
        CoreExpr *grow = core_node(runs->program->arena, end->at->kind, end->at->type, span), *value = end->at->args.items[0];
        CoreExpr *first = run_local(runs, begin, span), *last = run_local(runs, at, span);
        value->args.items[1] = run_slice(runs, run_text(loop), first, last, is_behind);
        *grow = *end->at;
        run_add(runs, block, grow);
    }
    *end->at = *block;
}

void run_change_ends(RunLoop *loop, CoreVar *at, CoreVar *element_at, bool is_behind) {
    for (size_t i = 0; i < loop->ends.len; i++) change_end(loop, &loop->ends.items[i], at, element_at, is_behind);
}

/* ---- conditions that depend on the byte alone */

typedef struct Test {
    RunLoop *loop;
    CoreVar *at; /* where the byte is */
} Test;

/* What the condition says of each byte; false: that is not known, or there is nothing to know. */
static bool find_answers(RunLoop *loop, const CoreExpr *condition, bool *in) {
    Arena *scratch = arena_new();
    bool is_known = true, differs = false;
    loop->bytes.is_assumed = false;
    for (unsigned byte = 0; byte < loop->byte_count && is_known; byte++) {
        ByteAnswer answer = byte_test(scratch, &loop->bytes, condition, (uint8_t)byte);
        is_known = answer != BYTE_UNKNOWN && !loop->bytes.is_assumed;
        in[byte] = answer == BYTE_YES;
        differs |= in[byte] != in[0];
    }
    arena_free(&scratch);
    return is_known && differs;
}

typedef struct Found {
    ByteLoop *bytes;
    const CoreExpr *element;
} Found;

static void element_visit(CoreExpr *expr, void *context) {
    Found *found = context;
    if (!found->element && byte_is_element(found->bytes, expr)) found->element = expr;
    if (!found->element) core_each_child(expr, element_visit, found);
}

/* Whether the byte at hand is one of these. It fails as `at_fault` did, the slice. */
static CoreExpr *byte_among(const Test *test, const RunBytes *bytes, const CoreExpr *at_fault) {
    Runs *runs = test->loop->runs;
    Span span = at_fault->span;
    CoreExpr *expr = run_prim(runs, "byte_among", CORE_TYPE_BOOL, run_local(runs, run_text(test->loop), span));
    run_add(runs, expr, run_local(runs, test->at, span));
    run_add(runs, expr, bytes->ranges);
    run_add(runs, expr, run_flag(runs, bytes->is_among, span));
    return expr;
}

/* Characters beyond ASCII are compared as before. */
static void test_change(const Test *test, CoreExpr *expr, const RunBytes *bytes) {
    static const char ascii[] = {0, (char)(RUN_ASCII - 1)};
    Runs *runs = test->loop->runs;
    Found found = {.bytes = &test->loop->bytes};
    element_visit(expr, &found);
    const CoreExpr *at_fault = found.element && found.element->kind == CORE_SLICE ? found.element : expr;
    CoreExpr *answer = byte_among(test, bytes, at_fault);
    if (test->loop->byte_count == RUN_ASCII) {
        RunBytes all = {run_node(runs, CORE_STRING, CORE_TYPE_STRING, expr->span), true, NULL};
        all.ranges->text = ascii;
        all.ranges->text_len = sizeof ascii;
        CoreExpr *whole = run_node(runs, CORE_IF, CORE_TYPE_BOOL, expr->span), *rest = arena_make(runs->program->arena, CoreExpr);
        *rest = *expr;
        run_add(runs, whole, byte_among(test, &all, at_fault));
        run_add(runs, whole, answer);
        run_add(runs, whole, rest);
        answer = whole;
    }
    *expr = *answer;
}

static void test_visit(CoreExpr *expr, void *context) {
    const Test *test = context;
    bool in[RUN_BYTES] = {false};
    bool is_test = expr->type->kind == CORE_TYPE_BOOL && expr->kind != CORE_LOCAL && find_answers(test->loop, expr, in);
    RunBytes bytes = is_test ? run_bytes(test->loop, in) : (RunBytes){0};
    if (bytes.ranges)
        test_change(test, expr, &bytes);
    else
        core_each_child(expr, test_visit, context);
}

void run_change_tests(RunLoop *loop, CoreExpr *body, CoreVar *at) {
    Test test = {loop, at};
    test_visit(body, &test);
}
