/* lower_expr.c: expressions: literals, names, containers, conditions; what is larger has a file of its own. */
#include "compiler/core/lower_internal.h"

enum { LOWER_DEPTH_LIMIT = 3000 };

Ast *ast_strip(Ast *ast) {
    while (ast->kind == AST_PAREN) ast = ast_as(Paren, ast)->value;
    return ast;
}

static CoreExpr *lower_number(Lower *l, Env *env, Ast *ast) {
    bool is_int = ast->kind == AST_INT_LIT;
    const CoreType *type = ast_core_type(l, env, ast);
    if (is_int && type->kind != CORE_TYPE_FLOAT) return make_int(l, (int64_t)ast_as(IntLit, ast)->value, ast->span);
    CoreExpr *expr = core_node(l->arena, CORE_FLOAT, core_simple(l, CORE_TYPE_FLOAT), ast->span);
    expr->number = is_int ? (double)ast_as(IntLit, ast)->value : ast_as(FloatLit, ast)->value;
    return expr;
}

/* Tuples, lists and the like: the items in order. A tuple's type is that of its items, so that constants need no other. */
static CoreExpr *lower_items(Lower *l, Env *env, Ast *ast, CoreKind kind, const AstList *items) {
    CoreExpr *expr = core_node(l->arena, kind, ast_core_type(l, env, ast), ast->span);
    for (size_t i = 0; i < items->len; i++) {
        Ast *item = items->items[i];
        if (item->kind == AST_ENTRY) {
            vec_push(l->arena, &expr->args, lower_expr(l, env, ast_as(Entry, item)->key));
            item = ast_as(Entry, item)->value;
        }
        vec_push(l->arena, &expr->args, lower_expr(l, env, item));
    }
    return expr;
}

CoreExpr *lower_name(Lower *l, Env *env, Ast *ast) {
    const Symbol *symbol = ast->symbol;
    if (!symbol) return lower_refuse(l, ast->span, "this name here");
    Binding *binding = env_find(l, env, symbol);
    if (binding && binding->kind == BINDING_VALUE) {
        CoreExpr *value = core_copy(l->arena, binding->value);
        value->span = ast->span;
        return value;
    }
    if (binding && binding->kind == BINDING_STREAM) return stream_value(l, binding->stream);
    if (symbol->kind == SYMBOL_CONSTRUCTOR && symbol->fields.len == 0) {
        CoreExprs none = {0};
        return data_make(l, ast_core_type(l, env, ast), symbol, &none, ast->span);
    }
    if (binding || symbol->kind == SYMBOL_CONSTRUCTOR || symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN) {
        CoreExprs unused = {0};
        Callable callable = callable_of(l, env, ast, &unused);
        return callable_value(l, &callable, ast_core_type(l, env, ast), ast->span);
    }
    return lower_refuse(l, ast->span, "`%s` here", symbol->name);
}

static CoreExpr *lower_range(Lower *l, Env *env, AstRange *ast) {
    CoreExpr *expr = core_node(l->arena, CORE_RANGE, core_simple(l, CORE_TYPE_RANGE), ast->base.span);
    vec_push(l->arena, &expr->args, lower_expr(l, env, ast->first));
    if (ast->last) vec_push(l->arena, &expr->args, lower_expr(l, env, ast->last));
    expr->flag = ast->is_exclusive;
    return expr;
}

static CoreExpr *lower_index(Lower *l, Env *env, AstIndex *ast) {
    Ast *index = ast_strip(ast->index);
    bool is_slice = index->kind == AST_RANGE;
    CoreExpr *expr = core_node(l->arena, is_slice ? CORE_SLICE : CORE_INDEX, ast_core_type(l, env, &ast->base), ast->base.span);
    vec_push(l->arena, &expr->args, lower_expr(l, env, ast->sequence));
    if (!is_slice) {
        vec_push(l->arena, &expr->args, lower_expr(l, env, index));
        return expr;
    }
    AstRange *range = ast_as(Range, index);
    vec_push(l->arena, &expr->args, lower_expr(l, env, range->first));
    if (range->last) vec_push(l->arena, &expr->args, lower_expr(l, env, range->last));
    expr->flag = range->is_exclusive;
    return expr;
}

static CoreExpr *lower_if(Lower *l, Env *env, AstIf *ast) {
    CoreExpr *condition = lower_expr(l, env, ast->condition);
    CoreExpr *then = lower_expr(l, env, ast->then_branch);
    if (!ast->else_branch) {
        return make_if(l, condition, as_unit(l, then), make_unit(l, ast->base.span), core_unit_type(l), ast->base.span);
    }
    CoreExpr *otherwise = lower_expr(l, env, ast->else_branch);
    const CoreType *type = core_diverges(then) ? otherwise->type : then->type;
    if (!core_diverges(otherwise) && otherwise->type != type) {
        type = core_unit_type(l);
        then = as_unit(l, then);
        otherwise = as_unit(l, otherwise);
    }
    return make_if(l, condition, then, otherwise, type, ast->base.span);
}

/* Branches that do not agree drop their values, as a statement's do. */
static CoreExpr *lower_try(Lower *l, Env *env, AstTry *ast) {
    CoreExpr *string[2] = {make_string(l, "", 0, ast->base.span), make_string(l, "", 0, ast->base.span)};
    CoreVar *error = var_new(l, ast->name, core_pair_type(l, string[0]->type, string[1]->type), ast->base.span);
    Env *inner = env_new(l, env, env ? env->subst : NULL);
    if (ast->base.symbol) env_bind_value(l, inner, ast->base.symbol, core_local(l->arena, error, ast->base.span));
    CoreExpr *body = lower_expr(l, env, ast->body), *handler = lower_expr(l, inner, ast->handler);
    const CoreType *type = ast_core_type(l, env, &ast->base);
    core_give_type(body, type);
    core_give_type(handler, type);
    if (type == core_unit_type(l)) {
        body = as_unit(l, body);
        handler = as_unit(l, handler);
    }
    CoreExpr *expr = make(l, CORE_TRY, type, ast->base.span, 2, (CoreExpr *const[]){body, handler});
    expr->var = error;
    return expr;
}

/* `e.message` and `e.where`, of the error that a `catch` names. */
static CoreExpr *lower_name_or_field(Lower *l, Env *env, AstDot *ast) {
    if (ast->base.symbol) return lower_name(l, env, &ast->base);
    if (ast_type(l, env, ast->value)->kind == TYPE_FUTURE) return lower_future_field(l, env, ast);
    const Ast *value = ast_strip(ast->value);
    const Symbol *symbol = value->kind == AST_NAME_REF ? value->symbol : NULL;
    if (!symbol || !symbol->decl || symbol->decl->kind != AST_TRY) return lower_dot(l, env, ast);
    return make_field(l, lower_name(l, env, ast_strip(ast->value)), ast->name[0] == 'm' ? 0 : 1, ast->base.span);
}

static CoreExpr *lower_statement_value(Lower *l, Env *env, Ast *ast) {
    CoreExprs statements = {0};
    lower_statement(l, env, ast, &statements);
    if (statements.len == 1 && statements.items[0]->kind != CORE_LET) return statements.items[0];
    return make_block(l, &statements, NULL, ast->span);
}

static CoreExpr *lower_compound(Lower *l, Env *env, Ast *ast) {
    switch (ast->kind) {
    case AST_TUPLE: return lower_items(l, env, ast, CORE_TUPLE, &ast_as(Tuple, ast)->items);
    case AST_LIST_LIT: return lower_items(l, env, ast, CORE_LIST, &ast_as(ListLit, ast)->items);
    case AST_MAP_LIT: return lower_items(l, env, ast, CORE_MAP, &ast_as(MapLit, ast)->entries);
    case AST_SOME: {
        CoreExpr *value = lower_expr(l, env, ast_as(Some, ast)->value);
        return make(l, CORE_SOME, core_type1(l, CORE_TYPE_OPTIONAL, value->type), ast->span, 1, &value);
    }
    case AST_GIVEN: return lower_given(l, env, ast_as(Given, ast));
    case AST_KEPT: return lower_kept(l, env, ast_as(Kept, ast));
    case AST_NONE: return core_node(l->arena, CORE_NONE, ast_core_type(l, env, ast), ast->span);
    case AST_RANGE: return lower_range(l, env, ast_as(Range, ast));
    case AST_INDEX: return lower_index(l, env, ast_as(Index, ast));
    case AST_TUPLE_DOT: {
        CoreExpr *tuple = lower_expr(l, env, ast_as(TupleDot, ast)->value);
        return make_field(l, tuple, (size_t)ast_as(TupleDot, ast)->index, ast->span);
    }
    case AST_DOT: return lower_name_or_field(l, env, ast_as(Dot, ast));
    case AST_ASYNC: return lower_async(l, env, ast_as(Async, ast));
    case AST_AWAIT: return lower_await(l, env, ast_as(Await, ast));
    case AST_TRY: return lower_try(l, env, ast_as(Try, ast));
    case AST_WITH: return lower_with(l, env, ast_as(With, ast));
    case AST_MATCH: return lower_match(l, env, ast_as(Match, ast));
    case AST_IF: return lower_if(l, env, ast_as(If, ast));
    default: return ast_is_statement(ast) ? lower_statement_value(l, env, ast) : lower_refuse(l, ast->span, "this construct");
    }
}

static CoreExpr *lower_node(Lower *l, Env *env, Ast *ast) {
    switch (ast->kind) {
    case AST_INT_LIT:
    case AST_FLOAT_LIT: return lower_number(l, env, ast);
    case AST_BOOL_LIT: return make_bool(l, ast_as(BoolLit, ast)->value, ast->span);
    case AST_STRING_LIT: return make_string(l, ast_as(StringLit, ast)->value.bytes, ast_as(StringLit, ast)->value.len, ast->span);
    case AST_INTERPOLATION: return lower_interpolation(l, env, ast_as(Interpolation, ast));
    case AST_NAME_REF: return lower_name(l, env, ast);
    case AST_UNARY: return lower_unary(l, env, ast_as(Unary, ast));
    case AST_QUESTION: return lower_question(l, env, ast_as(Question, ast));
    case AST_BINARY: return lower_binary(l, env, ast_as(Binary, ast));
    case AST_CALL: return lower_call(l, env, ast);
    case AST_METHOD: return ast_is_update(ast) ? lower_statement_value(l, env, ast) : lower_call(l, env, ast);
    case AST_BLOCK: return lower_block(l, env, ast_as(Block, ast));
    case AST_PIPE: return lower_pipe(l, env, ast_as(Pipe, ast));
    case AST_LAMBDA:
    case AST_OPERATOR_REF: {
        CoreExprs unused = {0};
        Callable callable = callable_of(l, env, ast, &unused);
        return callable_value(l, &callable, ast_core_type(l, env, ast), ast->span);
    }
    default: return lower_compound(l, env, ast);
    }
}

/* The parser bounds the depth of a tree; functions that are put in the place of their calls multiply it. */
CoreExpr *lower_expr(Lower *l, Env *env, Ast *ast) {
    ast = ast_strip(ast);
    if (l->depth >= LOWER_DEPTH_LIMIT)
        return lower_refuse(l, ast->span, "an expression that is nested so deeply, with the functions in it,");
    l->depth++;
    CoreExpr *expr = lower_node(l, env, ast);
    l->depth--;
    return expr;
}
