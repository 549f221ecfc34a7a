/* check_fn.c: function values: lambdas against what is expected of them, and names as values. */
#include "compiler/sema/check.h"

#include <assert.h>

/* The parameters of the function type that is wanted, spread over `count` parameters, into types: a function of one parameter may
 * be asked of a lambda with several, which then takes a tuple apart. True when it does. */
static bool spread_hint(Checker *c, const AstLambda *lambda, Type *hint, TypeList *types) {
    size_t count = lambda->params.len;
    bool apart = hint && type_fn_arity(hint) == 1 && count > 1;
    bool fits = hint && type_fn_arity(hint) == count;
    Type *whole = apart ? type_prune(hint->args[0]) : NULL;
    bool is_known = whole && whole->kind == TYPE_TUPLE && whole->arg_count == count;
    for (size_t i = 0; i < count; i++)
        vec_push(c->arena, types, is_known ? whole->args[i] : fits ? hint->args[i] : type_var(&c->infer, 0));
    return apart;
}

static void check_param(Checker *c, AstParam *param, Type *type) {
    if (param->type_expr) {
        Reason reason = {.what = "this parameter", .span = SPAN_NONE};
        check_fits(c, param->type_expr->span, annotate(c, param->type_expr), type, &reason);
    }
    if (param->default_value)
        diag_add(c->diags, E0303, param->default_value->span, "only the parameters of declared functions have defaults");
    check_pattern(c, param->pattern, type);
    param->base.type = type;
}

/* The last expression of a body: where its value comes from, for messages. */
static Span value_span(const Ast *body) {
    while (body->kind == AST_BLOCK && ((const AstBlock *)body)->statements.len > 0)
        body = vec_last(&((const AstBlock *)body)->statements);
    return body->span;
}

static void check_lambda_body(Checker *c, AstLambda *lambda, Type *result) {
    FnContext context = {.result = result};
    FnContext *outer = c->fn;
    c->fn = &context;
    Type *type = check_expr(c, lambda->body, result);
    Reason reason = {.what = "the result of this function", .span = SPAN_NONE};
    check_fits(c, value_span(lambda->body), type, result, &reason);
    c->fn = outer;
}

Type *check_lambda(Checker *c, AstLambda *lambda, Type *hint) {
    hint = hint && type_is(hint, TYPE_FN) ? type_prune(hint) : NULL;
    TypeList types = {0};
    bool apart = spread_hint(c, lambda, hint, &types);
    for (size_t i = 0; i < lambda->params.len; i++)
        if (lambda->params.items[i]->kind == AST_PARAM) check_param(c, ast_as(Param, lambda->params.items[i]), types.items[i]);
    if (apart) {
        assert(hint);
        Type *tuple = type_of_kind(&c->infer, TYPE_TUPLE, types.items, types.len);
        UnifyResult result;
        if (!type_unify(&c->infer, tuple, hint->args[0], &result)) {
            diag_add(c->diags, E0301, lambda->base.span, "this function takes a tuple of %zu apart, but here it gets %s", types.len,
                     type_text(&c->infer, hint->args[0]));
            for (size_t i = 0; i < types.len; i++) type_unify(&c->infer, types.items[i], error_type(c), &result);
        }
        types = (TypeList){0};
        vec_push(c->arena, &types, hint->args[0]);
    }
    Type *result = hint && type_fn_arity(hint) == types.len ? type_fn_result(hint) : type_var(&c->infer, 0);
    check_lambda_body(c, lambda, result);
    vec_push(c->arena, &types, result);
    return type_of_kind(&c->infer, TYPE_FN, types.items, types.len);
}

/* ---- names */

const AstList *params_of(const Symbol *symbol) {
    switch (symbol->kind) {
    case SYMBOL_FN: return &((const AstFn *)symbol->decl)->params;
    case SYMBOL_EXTERN: return &((const AstExtern *)symbol->decl)->params;
    case SYMBOL_REDUCER: return &((const AstReducer *)symbol->decl)->params;
    case SYMBOL_CONSTRUCTOR: return symbol->fields.len > 0 ? &symbol->fields : NULL;
    default: return NULL;
    }
}

Use *use_new(Checker *c, Symbol *symbol, Span span, Type **type) {
    Use *use = arena_make(c->arena, Use);
    use->symbol = symbol;
    if (!symbol->scheme) { /* its declaration was not understood, or it is read before it has a value: reported there */
        *type = error_type(c);
        return use;
    }
    *type = scheme_instantiate(&c->infer, symbol->scheme, span, &use->types);
    if (symbol->item && symbol->item->is_checking) vec_push(c->arena, &c->group_uses, use);
    return use;
}

static Type *report_reducer(Checker *c, const Ast *node, const Symbol *symbol) {
    Diag *diag = diag_add(c->diags, E0208, node->span, "`%s` is a reducer, and reducers are not values", symbol->name);
    diag_note(diag, symbol->span, "`%s` is declared here", symbol->name);
    diag_hint(diag, "`reduce %s over xs` uses it, and so does `%s(xs)`", symbol->name, symbol->name);
    return error_type(c);
}

/* A declared function of several parameters, where a function of one is wanted, takes a tuple apart. */
static Type *take_apart(Checker *c, Type *type, Type *hint) {
    hint = hint ? type_prune(hint) : NULL;
    if (!hint || hint->kind != TYPE_FN || type_fn_arity(hint) != 1 || type->kind != TYPE_FN || type_fn_arity(type) < 2) return type;
    Type *tuple = type_of_kind(&c->infer, TYPE_TUPLE, type->args, type_fn_arity(type));
    return type_pair(&c->infer, TYPE_FN, tuple, type_fn_result(type));
}

Type *check_name(Checker *c, Ast *node, Type *hint) {
    Symbol *symbol = node->symbol;
    if (!symbol) return error_type(c);
    if (symbol->kind == SYMBOL_REDUCER && symbol->also) node->symbol = symbol = symbol->also;
    switch (symbol->kind) {
    case SYMBOL_REDUCER: return report_reducer(c, node, symbol);
    case SYMBOL_TYPE: return error_type(c);
    case SYMBOL_MODULE: {
        Diag *diag = diag_add(c->diags, E0301, node->span, "`%s` is a module, not a value", symbol->name);
        diag_hint(diag, "name what you want of it: `%s.name`", symbol->name);
        return error_type(c);
    }
    default: break;
    }
    if (symbol->prim && symbol->prim->kind == PRIM_UPDATES) {
        Diag *diag = diag_add(c->diags, E0301, node->span, "`%s` changes a variable and is no function value", symbol->name);
        diag_hint(diag, "it is written as a statement: `xs.%s(…)`", symbol->name);
        return error_type(c);
    }
    if (symbol->decl && symbol->decl->kind == AST_TRY) {
        Diag *diag = diag_add(c->diags, E0301, node->span, "`%s` is an error, whose parts are values, not itself", symbol->name);
        diag_hint(diag, "`%s.message` says what happened, `%s.where` where", symbol->name, symbol->name);
        return error_type(c);
    }
    Type *type;
    Use *use = use_new(c, symbol, node->span, &type);
    type = type_prune(type);
    bool is_declared = symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN || symbol->kind == SYMBOL_CONSTRUCTOR;
    if (is_declared || use->types.len > 0) node->use = use;
    return is_declared ? take_apart(c, type, hint) : type;
}
