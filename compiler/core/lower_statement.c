/* lower_statement.c: blocks and the statements in them. */
#include "compiler/core/lower_internal.h"

static void lower_let(Lower *l, Env *env, AstLet *let, CoreExprs *out) {
    bool is_name = let->pattern->kind == AST_PAT_NAME;
    if (is_name && ast_is_function_literal(l, env, let->value)) {
        env_bind_callable(l, env, let->pattern->symbol, let->value, env);
    } else if (is_name && type_is_stream(ast_type(l, env, let->value))) {
        env_bind_stream(l, env, let->pattern->symbol, stream_of(l, env, let->value, out));
    } else {
        bind_pattern(l, env, let->pattern, lower_expr(l, env, let->value), out);
    }
}

static void lower_var(Lower *l, Env *env, AstVar *ast, CoreExprs *out) {
    CoreExpr *value = lower_expr(l, env, ast->value);
    CoreVar *var = var_new(l, ast->name, value->type, ast->base.span);
    var->is_mutable = true;
    vec_push(l->arena, out, make_let(l, var, value));
    env_bind_value(l, env, ast->base.symbol, core_local(l->arena, var, ast->base.span));
}

static CoreExpr *lower_while(Lower *l, Env *env, AstWhile *ast) {
    uint32_t loop = ++l->body->loop_count;
    LoopTarget target = {.outer = l->body->target, .break_loop = loop, .continue_loop = loop};
    CoreExpr *condition = lower_expr(l, env, ast->condition);
    l->body->target = &target;
    CoreExpr *body = as_unit(l, lower_expr(l, env, ast->body));
    l->body->target = target.outer;
    CoreExpr *const args[] = {condition, body};
    CoreExpr *expr = make(l, CORE_WHILE, core_unit_type(l), ast->base.span, 2, args);
    expr->loop = loop;
    return expr;
}

static CoreExpr *lower_jump(Lower *l, Ast *ast) {
    LoopTarget *target = l->body->target;
    if (!target) return lower_refuse(l, ast->span, "leaving a loop from here");
    CoreExpr *expr = core_node(l->arena, ast->kind == AST_BREAK ? CORE_BREAK : CORE_CONTINUE, core_unit_type(l), ast->span);
    expr->loop = ast->kind == AST_BREAK ? target->break_loop : target->continue_loop;
    return expr;
}

static CoreExpr *lower_return(Lower *l, Env *env, AstReturn *ast) {
    if (!l->body->result) return lower_refuse(l, ast->base.span, "`return` here");
    CoreExpr *expr = core_node(l->arena, CORE_RETURN, core_unit_type(l), ast->base.span);
    if (ast->value) {
        CoreExpr *value = lower_expr(l, env, ast->value);
        core_give_type(value, l->body->result);
        vec_push(l->arena, &expr->args, value);
    }
    return expr;
}

void lower_statement(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    switch (ast->kind) {
    case AST_LET: lower_let(l, env, ast_as(Let, ast), out); break;
    case AST_VAR: lower_var(l, env, ast_as(Var, ast), out); break;
    case AST_ASSIGN: lower_assign(l, env, ast_as(Assign, ast), out); break;
    case AST_FOR: vec_push(l->arena, out, lower_for(l, env, ast_as(For, ast))); break;
    case AST_WHILE: vec_push(l->arena, out, lower_while(l, env, ast_as(While, ast))); break;
    case AST_BREAK:
    case AST_CONTINUE: vec_push(l->arena, out, lower_jump(l, ast)); break;
    case AST_FN: env_bind_callable(l, env, ast->symbol, ast, env); break;
    case AST_RETURN: vec_push(l->arena, out, lower_return(l, env, ast_as(Return, ast))); break;
    default:
        if (ast_is_update(ast)) {
            lower_update(l, env, ast_as(Method, ast), out);
        } else if (ast->type && type_is_stream(ast_type(l, env, ast))) {
            stream_of(l, env, ast, out);
        } else {
            vec_push(l->arena, out, lower_expr(l, env, ast));
        }
        break;
    }
}

CoreExpr *lower_block(Lower *l, Env *env, AstBlock *block) {
    CoreExprs statements = {0};
    CoreExpr *result = NULL;
    size_t count = block->statements.len;
    for (size_t i = 0; i < count; i++) {
        Ast *ast = block->statements.items[i];
        if (i + 1 < count || ast_is_statement(ast) || ast_is_update(ast)) {
            lower_statement(l, env, ast, &statements);
        } else {
            result = lower_expr(l, env, ast);
        }
    }
    return make_block(l, &statements, result, block->base.span);
}
