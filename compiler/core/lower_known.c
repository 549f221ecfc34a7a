/* lower_known.c: declared reducers that are something which the compiler knows, by what their code says.
 *
 * Who writes a reducer of ints that only adds, or only keeps the larger, has written `sum` or `max`: it is as exact, so that no
 * order shows and one table serves all chunks of a worker. What is asked is the lowered code, whatever its names are. */
#include "compiler/core/lower_loop.h"

static bool is_var(const CoreExpr *expr, const CoreVar *var) {
    return expr->kind == CORE_LOCAL && expr->var == var;
}

/* Is the variable mentioned? Of what has parts that are not expressions (jobs, closures, places) it is taken to be. */
static bool may_mention(const CoreExpr *expr, const CoreVar *var) {
    if (is_var(expr, var) || expr->job || expr->place || expr->sources.len || expr->kind == CORE_CLOSURE) return true;
    for (size_t i = 0; i < expr->args.len; i++) {
        if (expr->args.items[i] && may_mention(expr->args.items[i], var)) return true;
    }
    return false;
}

/* ---- sums: init = 0, add(state, x) = state + something, merge(a, b) = a + b */

static bool is_sum_of(const CoreExpr *expr, const CoreVar *a, const CoreVar *b) {
    if (expr->kind != CORE_OP || expr->op != CORE_OP_ADD) return false;
    const CoreExpr *left = expr->args.items[0], *right = expr->args.items[1];
    return (is_var(left, a) && is_var(right, b)) || (is_var(left, b) && is_var(right, a));
}

/* Is the expression the state, or the state and something added to it, whichever way is taken? */
static bool adds_to(const CoreExpr *expr, const CoreVar *state) {
    switch (expr->kind) {
    case CORE_LOCAL: return expr->var == state;
    case CORE_OP: {
        if (expr->op != CORE_OP_ADD) return false;
        const CoreExpr *left = expr->args.items[0], *right = expr->args.items[1];
        return (adds_to(left, state) && !may_mention(right, state)) || (adds_to(right, state) && !may_mention(left, state));
    }
    case CORE_IF:
        return expr->args.len == 3 && !may_mention(expr->args.items[0], state) && adds_to(expr->args.items[1], state) &&
               adds_to(expr->args.items[2], state);
    case CORE_BLOCK: {
        if (!expr->args.len) return false;
        for (size_t i = 0; i + 1 < expr->args.len; i++) {
            const CoreExpr *statement = expr->args.items[i];
            if (statement->kind != CORE_LET || may_mention(statement, state)) return false;
        }
        return adds_to(expr->args.items[expr->args.len - 1], state);
    }
    default: return false;
    }
}

static bool is_of_ints(const CoreReducer *reducer) {
    return reducer->kind == CORE_REDUCE_GENERAL && !reducer->finish.body && !reducer->done.body &&
           reducer->state->kind == CORE_TYPE_INT && reducer->result->kind == CORE_TYPE_INT && reducer->init &&
           reducer->init->kind == CORE_INT && reducer->add.body && reducer->merge.body && reducer->add.params[0] &&
           reducer->merge.params[0] && reducer->merge.params[1];
}

bool reducer_only_adds(const CoreReducer *reducer) {
    return is_of_ints(reducer) && reducer->init->integer == 0 && adds_to(reducer->add.body, reducer->add.params[0]) &&
           is_sum_of(reducer->merge.body, reducer->merge.params[0], reducer->merge.params[1]);
}

CoreExpr *reducer_addend(Lower *l, const ReducerUse *use, CoreExpr *element) {
    CoreExprs args = {0};
    vec_push(l->arena, &args, make_int(l, 0, element->span));
    vec_push(l->arena, &args, element);
    return reducer_member(l, use, "add", &args, core_simple(l, CORE_TYPE_INT));
}

/* ---- the larger, or the smaller, of two ints */

/* 1: of the two variables the code gives the larger, -1: the smaller, 0: neither, or it is not known. */
static int extreme_of(const CoreCode *code) {
    const CoreVar *a = code->params[0], *b = code->params[1];
    const CoreExpr *body = code->body;
    if (!a || !b || body->kind != CORE_IF || body->args.len != 3) return 0;
    const CoreExpr *condition = body->args.items[0], *yes = body->args.items[1], *no = body->args.items[2];
    if (condition->kind != CORE_OP || condition->args.len != 2) return 0;
    bool is_greater = condition->op == CORE_OP_GT || condition->op == CORE_OP_GE;
    if (!is_greater && condition->op != CORE_OP_LT && condition->op != CORE_OP_LE) return 0;
    const CoreExpr *left = condition->args.items[0], *right = condition->args.items[1];
    bool is_straight = is_var(left, a) && is_var(right, b), is_crossed = is_var(left, b) && is_var(right, a);
    if (!is_straight && !is_crossed) return 0;
    const CoreVar *first = is_straight ? a : b, *second = is_straight ? b : a;
    if (is_var(yes, first) && is_var(no, second)) return is_greater ? 1 : -1;
    if (is_var(yes, second) && is_var(no, first)) return is_greater ? -1 : 1;
    return 0;
}

bool reducer_is_extreme(const CoreReducer *reducer) {
    if (!is_of_ints(reducer) || reducer->element->kind != CORE_TYPE_INT) return false;
    int way = extreme_of(&reducer->add);
    return way != 0 && extreme_of(&reducer->merge) == way;
}
