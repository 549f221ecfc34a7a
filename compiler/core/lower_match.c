/* lower_match.c: `match` as a chain of conditions, in the order of its arms; a long one as a loop that is left after the arm that
 * is taken, so that later phases do not recurse as deep as it has arms.
 *
 * Checking has seen that every value has an arm, so the last one is not tested. The names of a pattern with a condition are bound
 * twice: for the condition, and for the arm. */
#include "compiler/core/lower_internal.h"

enum { CHAIN_LIMIT = 64 };

/* When the arm is taken; NULL: always. */
static CoreExpr *arm_condition(Lower *l, Env *env, AstArm *arm, CoreExpr *subject) {
    CoreExpr *test = pattern_test(l, env, arm->pattern, subject);
    if (!arm->guard) return test;
    Env *inner = env_new(l, env, env ? env->subst : NULL);
    CoreExprs statements = {0};
    bind_pattern(l, inner, arm->pattern, core_copy(l->arena, subject), &statements);
    CoreExpr *guard = make_block(l, &statements, lower_expr(l, inner, arm->guard), arm->guard->span);
    if (!test) return guard;
    return make_if(l, test, guard, make_bool(l, false, arm->base.span), core_simple(l, CORE_TYPE_BOOL), arm->base.span);
}

static CoreExpr *arm_body(Lower *l, Env *env, AstArm *arm, CoreExpr *subject) {
    Env *inner = env_new(l, env, env ? env->subst : NULL);
    CoreExprs statements = {0};
    bind_pattern(l, inner, arm->pattern, core_copy(l->arena, subject), &statements);
    return make_block(l, &statements, lower_expr(l, inner, arm->body), arm->body->span);
}

/* The type of the arms that give a value; unit where they give different ones, which are dropped then. */
static const CoreType *arms_type(Lower *l, const CoreExprs *bodies) {
    const CoreType *type = NULL;
    for (size_t i = 0; i < bodies->len; i++) {
        if (core_diverges(bodies->items[i])) continue;
        if (type && bodies->items[i]->type != type) return core_unit_type(l);
        type = bodies->items[i]->type;
    }
    return type ? type : core_unit_type(l);
}

/* Conditions and bodies; the last condition, and it alone, may be NULL: always. */
typedef struct Arms {
    CoreExprs conditions, bodies;
    const CoreType *type;
    Span span;
} Arms;

static CoreExpr *arms_chain(Lower *l, const Arms *arms) {
    CoreExpr *value = NULL;
    for (size_t i = arms->bodies.len; i-- > 0;) {
        CoreExpr *body = arms->bodies.items[i];
        value = value ? make_if(l, arms->conditions.items[i], body, value, arms->type, arms->span) : body;
    }
    return value;
}

/* What an arm does in the loop: it sets the result, if there is one, and leaves. */
static CoreExpr *arm_in_loop(Lower *l, const Arms *arms, CoreExpr *body, CoreVar *result, uint32_t loop) {
    CoreExprs statements = {0};
    const CoreType *unit = core_unit_type(l);
    if (core_diverges(body) || !result) {
        core_give_type(body, unit);
        vec_push(l->arena, &statements, body);
    } else {
        CoreExpr *assign = make(l, CORE_ASSIGN, unit, body->span, 1, &body);
        assign->place = arena_make(l->arena, CorePlace);
        assign->place->var = result;
        assign->place->type = result->type;
        vec_push(l->arena, &statements, assign);
    }
    CoreExpr *leave = core_node(l->arena, CORE_BREAK, unit, arms->span);
    leave->loop = loop;
    vec_push(l->arena, &statements, leave);
    return make_block(l, &statements, NULL, arms->span);
}

static CoreExpr *arms_loop(Lower *l, const Arms *arms, CoreExprs *out) {
    const CoreType *unit = core_unit_type(l);
    uint32_t loop = ++l->body->loop_count;
    CoreVar *result = NULL;
    if (arms->type != unit) {
        result = var_new(l, NULL, arms->type, arms->span);
        result->is_mutable = true;
        vec_push(l->arena, out, make_let(l, result, core_node(l->arena, CORE_ZERO, arms->type, arms->span)));
    }
    CoreExprs statements = {0};
    for (size_t i = 0; i < arms->bodies.len; i++) {
        CoreExpr *arm = arm_in_loop(l, arms, arms->bodies.items[i], result, loop), *condition = arms->conditions.items[i];
        if (condition && i + 1 < arms->bodies.len) arm = make_if(l, condition, arm, make_unit(l, arms->span), unit, arms->span);
        vec_push(l->arena, &statements, arm);
    }
    CoreExpr *body = make_block(l, &statements, NULL, arms->span);
    core_give_type(body, unit);
    CoreExpr *const args[] = {make_bool(l, true, arms->span), body};
    CoreExpr *repeat = make(l, CORE_WHILE, unit, arms->span, 2, args);
    repeat->loop = loop;
    vec_push(l->arena, out, repeat);
    return result ? core_local(l->arena, result, arms->span) : make_unit(l, arms->span);
}

CoreExpr *lower_match(Lower *l, Env *env, AstMatch *ast) {
    CoreExprs statements = {0};
    Arms arms = {.span = ast->base.span};
    CoreExpr *subject = hold(l, lower_expr(l, env, ast->subject), NULL, &statements);
    for (size_t i = 0; i < ast->arms.len; i++) {
        AstArm *arm = ast_as(Arm, ast->arms.items[i]);
        CoreExpr *condition = i + 1 == ast->arms.len ? NULL : arm_condition(l, env, arm, subject);
        vec_push(l->arena, &arms.conditions, condition);
        vec_push(l->arena, &arms.bodies, arm_body(l, env, arm, subject));
        if (!condition) break; /* what follows is never reached */
    }
    if (arms.bodies.len == 0) return lower_refuse(l, ast->base.span, "a match without arms");
    arms.type = arms_type(l, &arms.bodies);
    for (size_t i = 0; i < arms.bodies.len; i++) {
        if (arms.type == core_unit_type(l)) arms.bodies.items[i] = as_unit(l, arms.bodies.items[i]);
        core_give_type(arms.bodies.items[i], arms.type);
    }
    CoreExpr *value = arms.bodies.len > CHAIN_LIMIT ? arms_loop(l, &arms, &statements) : arms_chain(l, &arms);
    return make_block(l, &statements, value, ast->base.span);
}
