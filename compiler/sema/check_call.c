/* check_call.c: calls: of declared functions, of reducers, of function values, and `x.f(y)`. */
#include "compiler/sema/check.h"

#include <string.h>

static Ast *arg_value(Ast *arg) {
    return arg->kind == AST_ARG ? ast_as(Arg, arg)->value : arg;
}

static void check_values(Checker *c, Ast *receiver, const AstList *args) {
    if (receiver) check_expr(c, receiver, NULL);
    for (size_t i = 0; i < args->len; i++) check_expr(c, arg_value(args->items[i]), NULL);
}

static Reason argument_reason(Checker *c, size_t position, const char *name) {
    const char *of = name ? arena_printf(c->arena, "`%s`", name) : "this function";
    return (Reason){.what = arena_printf(c->arena, "argument %zu of %s", position, of), .span = SPAN_NONE};
}

/* ---- print and log: any number of printable values */

static Type *check_print(Checker *c, Ast *node, Symbol *symbol, Ast *receiver, const AstList *args) {
    Use *use = arena_make(c->arena, Use);
    use->symbol = symbol;
    node->use = use;
    if (receiver) vec_push(c->arena, &use->args, receiver);
    for (size_t i = 0; i < args->len; i++) {
        const AstArg *arg = args->items[i]->kind == AST_ARG ? ast_as(Arg, args->items[i]) : NULL;
        if (arg && arg->label) diag_add(c->diags, E0303, arg->base.span, "the arguments of `%s` have no names", symbol->name);
        vec_push(c->arena, &use->args, arg_value(args->items[i]));
    }
    for (size_t i = 0; i < use->args.len; i++) {
        Ast *value = use->args.items[i];
        Type *type = check_expr(c, value, NULL);
        if (!check_class(c, value->span, type, CLASS_PRINT, arena_printf(c->arena, "`%s` shows values", symbol->name)))
            value->type = error_type(c);
    }
    return unit_type(c);
}

/* ---- declared functions */

static Type *check_declared(Checker *c, Ast *node, Symbol *symbol, Ast *receiver, const AstList *args) {
    Type *type;
    Use *use = use_new(c, symbol, node->span, &type);
    type = type_prune(type);
    if (type->kind != TYPE_FN) {
        check_values(c, receiver, args);
        return error_type(c);
    }
    node->use = use;
    return check_args(c, node, use, type->args, receiver, args) ? type_fn_result(type) : error_type(c);
}

static Type *report_update(Checker *c, Ast *node, const Symbol *symbol, Ast *receiver, const AstList *args) {
    check_values(c, receiver, args);
    Diag *diag = diag_add(c->diags, E0301, node->span, "`%s` changes a variable and has no value", symbol->name);
    diag_hint(diag, "write it as a statement of its own: `xs.%s(…)`", symbol->name);
    return error_type(c);
}

/* ---- function values */

static Type *check_value_call(Checker *c, Ast *node, Type *callee, const char *name, Ast *receiver, const AstList *args) {
    callee = type_prune(callee);
    TypeList types = {0};
    size_t given = args->len + (receiver ? 1 : 0);
    if (callee->kind == TYPE_VAR) {
        for (size_t i = 0; i < given + 1; i++) vec_push(c->arena, &types, type_var(&c->infer, 0));
        Reason reason = {.what = "what is called", .span = SPAN_NONE};
        Type *fn = type_of_kind(&c->infer, TYPE_FN, types.items, types.len);
        callee = check_fits(c, node->span, callee, fn, &reason) ? fn : error_type(c);
    }
    if (callee->kind != TYPE_FN) {
        check_values(c, receiver, args);
        if (callee->kind == TYPE_ERROR) return callee;
        Diag *diag = diag_add(c->diags, E0307, node->span, "%s%s%s is %s, which is no function", name ? "`" : "",
                              name ? name : "this", name ? "`" : "", type_text(&c->infer, callee));
        if (name && name[0] >= 'A' && name[0] <= 'Z' && given == 0)
            diag_hint(diag, "a constructor without fields stands by itself: `%s`", name);
        return error_type(c);
    }
    if (type_fn_arity(callee) != given) {
        check_values(c, receiver, args);
        size_t arity = type_fn_arity(callee);
        diag_add(c->diags, E0303, node->span, "%s%s%s takes %zu argument%s, but %zu %s given", name ? "`" : "",
                 name ? name : "this function", name ? "`" : "", arity, arity == 1 ? "" : "s", given, given == 1 ? "is" : "are");
        return error_type(c);
    }
    size_t next = 0;
    if (receiver) {
        Reason reason = argument_reason(c, 1, name);
        check_against(c, receiver, callee->args[next++], &reason);
    }
    for (size_t i = 0; i < args->len; i++) {
        const AstArg *arg = args->items[i]->kind == AST_ARG ? ast_as(Arg, args->items[i]) : NULL;
        if (arg && arg->label) diag_add(c->diags, E0303, arg->base.span, "a function value's parameters have no names");
        Reason reason = argument_reason(c, next + 1, name);
        check_against(c, arg_value(args->items[i]), callee->args[next++], &reason);
    }
    return type_fn_result(callee);
}

/* ---- what is called */

/* The declared function, primitive or reducer that a callee names; NULL: a function value. */
static Symbol *declared_callee(const Ast *callee) {
    const Symbol *symbol = callee->kind == AST_NAME_REF || callee->kind == AST_DOT ? callee->symbol : NULL;
    return symbol && params_of(symbol) ? callee->symbol : NULL;
}

static Type *check_symbol_call(Checker *c, Ast *node, Symbol *symbol, Ast *receiver, const AstList *args) {
    if (symbol->kind == SYMBOL_REDUCER && (!symbol->also || args->len + (receiver ? 1 : 0) == 1))
        return check_reducer_call(c, node, symbol, receiver, args);
    if (symbol->kind == SYMBOL_REDUCER) symbol = symbol->also;
    if (symbol->prim && symbol->prim->kind == PRIM_PRINTS) return check_print(c, node, symbol, receiver, args);
    if (symbol->prim && symbol->prim->kind == PRIM_UPDATES) return report_update(c, node, symbol, receiver, args);
    warn_descending_step(c, symbol, receiver, args);
    return check_declared(c, node, symbol, receiver, args);
}

Type *check_call(Checker *c, AstCall *call) {
    Symbol *symbol = declared_callee(call->callee);
    if (symbol) {
        Type *type = check_symbol_call(c, &call->base, symbol, NULL, &call->args);
        call->callee->use = call->base.use;
        call->callee->symbol = call->base.symbol = call->base.use ? call->base.use->symbol : symbol;
        return type;
    }
    Type *callee = check_expr(c, call->callee, NULL);
    const char *name = call->callee->kind == AST_NAME_REF ? ast_as(NameRef, call->callee)->name : NULL;
    return check_value_call(c, &call->base, callee, name, NULL, &call->args);
}

Type *check_method(Checker *c, AstMethod *method) {
    Symbol *symbol = method->base.symbol;
    bool is_qualified =
        method->receiver->symbol && method->receiver->symbol->kind == SYMBOL_MODULE && method->receiver->kind == AST_NAME_REF;
    Ast *receiver = is_qualified ? NULL : method->receiver;
    if (!symbol) {
        check_values(c, receiver, &method->args);
        return error_type(c);
    }
    if (symbol->prim && symbol->prim->kind == PRIM_UPDATES) return check_update(c, method);
    if (params_of(symbol)) {
        Type *type = check_symbol_call(c, &method->base, symbol, receiver, &method->args);
        if (method->base.use) method->base.symbol = method->base.use->symbol;
        return type;
    }
    Ast name = {.kind = AST_NAME_REF, .span = method->base.span, .symbol = symbol};
    Type *callee = check_name(c, &name, NULL);
    Type *type = check_value_call(c, &method->base, callee, method->name, receiver, &method->args);
    Use *use = name.use ? name.use : arena_make(c->arena, Use);
    use->symbol = symbol;
    if (receiver) vec_push(c->arena, &use->args, receiver);
    for (size_t i = 0; i < method->args.len; i++) vec_push(c->arena, &use->args, arg_value(method->args.items[i]));
    method->base.use = use;
    return type;
}
