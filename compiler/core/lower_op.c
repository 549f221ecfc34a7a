/* lower_op.c: operators, comparisons, text put together. */
#include "compiler/core/lower_internal.h"

#include <string.h>

static bool op_to_core(AstOp op, CoreOp *core) {
    static const struct {
        AstOp ast;
        CoreOp core;
    } ops[] = {
        {OP_ADD, CORE_OP_ADD},
        {OP_SUB, CORE_OP_SUB},
        {OP_MUL, CORE_OP_MUL},
        {OP_ADD_WRAP, CORE_OP_ADD_WRAP},
        {OP_SUB_WRAP, CORE_OP_SUB_WRAP},
        {OP_MUL_WRAP, CORE_OP_MUL_WRAP},
        {OP_DIV, CORE_OP_DIV},
        {OP_FLOOR_DIV, CORE_OP_FLOOR_DIV},
        {OP_MOD, CORE_OP_MOD},
        {OP_POW, CORE_OP_POW},
        {OP_BIT_AND, CORE_OP_BIT_AND},
        {OP_BIT_OR, CORE_OP_BIT_OR},
        {OP_BIT_XOR, CORE_OP_BIT_XOR},
        {OP_SHL, CORE_OP_SHL},
        {OP_SHR, CORE_OP_SHR},
        {OP_EQ, CORE_OP_EQ},
        {OP_NE, CORE_OP_NE},
        {OP_LT, CORE_OP_LT},
        {OP_LE, CORE_OP_LE},
        {OP_GT, CORE_OP_GT},
        {OP_GE, CORE_OP_GE},
        {OP_IN, CORE_OP_IN},
    };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (ops[i].ast != op) continue;
        *core = ops[i].core;
        return true;
    }
    return false;
}

/* ---- text: pieces are put together at once, constants beside each other while compiling */

static void concat_add(Lower *l, CoreExpr *whole, CoreExpr *part) {
    if (part->kind == CORE_CONCAT) {
        for (size_t i = 0; i < part->args.len; i++) concat_add(l, whole, part->args.items[i]);
        return;
    }
    if (part->kind == CORE_STRING && part->text_len == 0) return;
    CoreExpr *last = whole->args.len > 0 ? vec_last(&whole->args) : NULL;
    if (part->kind == CORE_STRING && last && last->kind == CORE_STRING) {
        char *text = arena_alloc(l->arena, last->text_len + part->text_len + 1);
        memcpy(text, last->text, last->text_len);
        memcpy(text + last->text_len, part->text, part->text_len);
        vec_last(&whole->args) = make_string(l, text, last->text_len + part->text_len, last->span);
        return;
    }
    vec_push(l->arena, &whole->args, part);
}

static CoreExpr *make_concat(Lower *l, CoreExpr *const *parts, size_t count, Span span) {
    CoreExpr *whole = core_node(l->arena, CORE_CONCAT, core_simple(l, CORE_TYPE_STRING), span);
    for (size_t i = 0; i < count; i++) concat_add(l, whole, parts[i]);
    if (whole->args.len == 0) return make_string(l, "", 0, span);
    return whole->args.len == 1 ? whole->args.items[0] : whole;
}

CoreExpr *make_format(Lower *l, CoreExpr *value, AstText spec, Span span) {
    if (spec.len == 0 && value->type->kind == CORE_TYPE_STRING) return value;
    CoreExpr *expr = make(l, CORE_FORMAT, core_simple(l, CORE_TYPE_STRING), span, 1, &value);
    expr->text = spec.bytes ? spec.bytes : "";
    expr->text_len = spec.len;
    return expr;
}

CoreExpr *lower_interpolation(Lower *l, Env *env, AstInterpolation *ast) {
    CoreExprs parts = {0};
    for (size_t i = 0; i < ast->parts.len; i++) {
        Ast *part = ast->parts.items[i];
        if (part->kind == AST_HOLE) {
            AstHole *hole = ast_as(Hole, part);
            vec_push(l->arena, &parts, make_format(l, lower_expr(l, env, hole->value), hole->spec, part->span));
        } else {
            vec_push(l->arena, &parts, lower_expr(l, env, part));
        }
    }
    return make_concat(l, parts.items, parts.len, ast->base.span);
}

CoreExpr *apply_print(Lower *l, const char *name, CoreExprs values, Span span) {
    CoreExprs parts = {0};
    for (size_t i = 0; i < values.len; i++) {
        if (i > 0) vec_push(l->arena, &parts, make_string(l, " ", 1, span));
        vec_push(l->arena, &parts, make_format(l, values.items[i], (AstText){0}, values.items[i]->span));
    }
    CoreExpr *text = make_concat(l, parts.items, parts.len, span);
    CoreExpr *expr = make(l, CORE_PRIM, core_unit_type(l), span, 1, &text);
    expr->text = name;
    return expr;
}

/* ---- operators */

CoreExpr *apply_operator(Lower *l, AstOp op, CoreExpr *left, CoreExpr *right, const CoreType *type, Span span) {
    CoreOp core;
    if (op == OP_NEG || op == OP_NOT) return make_op(l, op == OP_NEG ? CORE_OP_NEG : CORE_OP_NOT, left->type, span, left, NULL);
    if (!right) return lower_refuse(l, span, "the operator `%s` here", ast_op_spelling(op));
    if (op == OP_AND) return make_if(l, left, right, make_bool(l, false, span), type, span);
    if (op == OP_OR) return make_if(l, left, make_bool(l, true, span), right, type, span);
    if (op == OP_ADD && left->type->kind == CORE_TYPE_STRING) {
        CoreExpr *const parts[] = {left, right};
        return make_concat(l, parts, 2, span);
    }
    if (op == OP_ADD && left->type->kind == CORE_TYPE_LIST) return make_op(l, CORE_OP_CONCAT_LISTS, type, span, left, right);
    if (!op_to_core(op, &core)) return lower_refuse(l, span, "the operator `%s` here", ast_op_spelling(op));
    bool is_bool = core >= CORE_OP_EQ && core <= CORE_OP_IN && core != CORE_OP_COMPARE_TOTAL;
    return make_op(l, core, is_bool ? core_simple(l, CORE_TYPE_BOOL) : left->type, span, left, right);
}

static CoreExpr *lower_coalesce(Lower *l, Env *env, AstBinary *ast) {
    CoreExprs statements = {0};
    Span span = ast->base.span;
    CoreExpr *optional = hold(l, lower_expr(l, env, ast->left), NULL, &statements);
    if (optional->type->kind != CORE_TYPE_OPTIONAL) return lower_refuse(l, span, "`??` here");
    const CoreType *type = optional->type->args[0];
    CoreExpr *is_some = make(l, CORE_IS_SOME, core_simple(l, CORE_TYPE_BOOL), span, 1, &optional);
    CoreExpr *again = core_copy(l->arena, optional);
    CoreExpr *unwrap = make(l, CORE_UNWRAP, type, span, 1, &again);
    CoreExpr *result = make_if(l, is_some, unwrap, lower_expr(l, env, ast->right), type, span);
    return make_block(l, &statements, result, span);
}

/* `e?` is `if is_some(e) then unwrap(e) else return none`. */
CoreExpr *lower_question(Lower *l, Env *env, AstQuestion *ast) {
    CoreExprs statements = {0};
    Span span = ast->base.span;
    const CoreType *result = l->body->result;
    if (!result) return lower_refuse(l, span, "`?` here");
    CoreExpr *optional = hold(l, lower_expr(l, env, ast->value), NULL, &statements);
    if (optional->type->kind != CORE_TYPE_OPTIONAL) return lower_refuse(l, span, "`?` here");
    const CoreType *type = optional->type->args[0];
    CoreExpr *is_some = make(l, CORE_IS_SOME, core_simple(l, CORE_TYPE_BOOL), span, 1, &optional);
    CoreExpr *again = core_copy(l->arena, optional), *none = core_node(l->arena, CORE_NONE, result, span);
    CoreExpr *unwrap = make(l, CORE_UNWRAP, type, span, 1, &again);
    CoreExpr *leave = make(l, CORE_RETURN, type, span, 1, &none);
    return make_block(l, &statements, make_if(l, is_some, unwrap, leave, type, span), span);
}

CoreExpr *lower_binary(Lower *l, Env *env, AstBinary *ast) {
    if (ast->op == OP_COALESCE) return lower_coalesce(l, env, ast);
    CoreExpr *left = lower_expr(l, env, ast->left);
    CoreExpr *right = lower_expr(l, env, ast->right);
    return apply_operator(l, ast->op, left, right, ast_core_type(l, env, &ast->base), ast->base.span);
}

/* A negative literal is one constant, so that the smallest int can be written. */
CoreExpr *lower_unary(Lower *l, Env *env, AstUnary *ast) {
    CoreExpr *operand = lower_expr(l, env, ast->operand);
    if (ast->op == OP_NEG && operand->kind == CORE_INT && ast_strip(ast->operand)->kind == AST_INT_LIT) {
        operand->integer = (int64_t)(0 - (uint64_t)operand->integer);
        operand->span = ast->base.span;
        return operand;
    }
    if (ast->op == OP_NEG && operand->kind == CORE_FLOAT) {
        operand->number = -operand->number;
        operand->span = ast->base.span;
        return operand;
    }
    return apply_operator(l, ast->op, operand, NULL, operand->type, ast->base.span);
}
