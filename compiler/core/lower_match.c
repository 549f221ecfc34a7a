/* lower_match.c: `match` as a chain of conditions, in the order of its arms.
 *
 * Checking has seen that every value has an arm, so the last one is not tested. The names of a pattern with a condition are bound
 * twice: for the condition, and for the arm. */
#include "compiler/core/lower_internal.h"

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

CoreExpr *lower_match(Lower *l, Env *env, AstMatch *ast) {
    CoreExprs statements = {0}, bodies = {0}, conditions = {0};
    CoreExpr *subject = hold(l, lower_expr(l, env, ast->subject), NULL, &statements);
    for (size_t i = 0; i < ast->arms.len; i++) {
        AstArm *arm = ast_as(Arm, ast->arms.items[i]);
        bool is_last = i + 1 == ast->arms.len;
        CoreExpr *condition = is_last ? NULL : arm_condition(l, env, arm, subject);
        vec_push(l->arena, &conditions, condition);
        vec_push(l->arena, &bodies, arm_body(l, env, arm, subject));
        if (!condition) break; /* what follows is never reached */
    }
    if (bodies.len == 0) return lower_refuse(l, ast->base.span, "a match without arms");
    const CoreType *type = arms_type(l, &bodies);
    CoreExpr *value = NULL;
    for (size_t i = bodies.len; i-- > 0;) {
        CoreExpr *body = bodies.items[i];
        if (type == core_unit_type(l)) body = as_unit(l, body);
        core_give_type(body, type);
        value = value ? make_if(l, conditions.items[i], body, value, type, ast->base.span) : body;
    }
    return make_block(l, &statements, value, ast->base.span);
}
