/* lower_callable.c: functions that are known while lowering, and what can be done with them: apply them, make values of them.
 *
 * A function literal that stands where it is applied (the lambda of a map) is put there. One that has a name and may be applied in
 * many places is lifted: it becomes a function whose first parameters are its free variables. */
#include "compiler/core/lower_internal.h"

#include <assert.h>
#include <string.h>

AstList *tree_params(Ast *tree) {
    return tree->kind == AST_LAMBDA ? &ast_as(Lambda, tree)->params : &ast_as(Fn, tree)->params;
}

Ast *tree_body(Ast *tree) {
    return tree->kind == AST_LAMBDA ? ast_as(Lambda, tree)->body : ast_as(Fn, tree)->body;
}

static void find_return(Ast *ast, void *context) {
    bool *found = context;
    if (ast->kind == AST_RETURN || ast->kind == AST_QUESTION) *found = true;
    if (*found || ast->kind == AST_LAMBDA || ast->kind == AST_FN) return;
    ast_each_child(ast, find_return, context);
}

bool tree_returns(Ast *tree) {
    bool found = false;
    find_return(tree_body(tree), &found);
    return found;
}

bool ast_is_function_literal(Lower *l, Env *env, Ast *ast) {
    ast = ast_strip(ast);
    if (ast->kind == AST_LAMBDA || ast->kind == AST_OPERATOR_REF) return true;
    if ((ast->kind != AST_NAME_REF && ast->kind != AST_DOT) || !ast->symbol) return false;
    if (ast->symbol->kind == SYMBOL_CONSTRUCTOR) return ast->symbol->fields.len > 0;
    if (ast->symbol->kind == SYMBOL_FN || ast->symbol->kind == SYMBOL_EXTERN) return true;
    Binding *binding = env_find(l, env, ast->symbol);
    return binding && binding->kind == BINDING_CALLABLE;
}

Callable callable_of_symbol(Lower *l, Env *env, const Symbol *symbol, const Use *use, Span span) {
    Binding *binding = env_find(l, env, symbol);
    if (binding && binding->kind == BINDING_CALLABLE) {
        Env *inner = binding->env;
        const Subst *outer = inner ? inner->subst : NULL;
        const Subst *subst = subst_for_use(l, env, symbol, use, outer);
        if (subst != outer) inner = env_new(l, inner, subst);
        CoreExprs unused = {0};
        Callable callable = callable_of(l, inner, binding->ast, &unused);
        callable.is_direct = false;
        if (callable.tree == ast_strip(binding->ast)) callable.home = binding->env;
        return callable;
    }
    if (binding && binding->kind == BINDING_VALUE) {
        return (Callable){.kind = CALLABLE_VALUE, .value = core_copy(l->arena, binding->value), .span = span};
    }
    if (symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN || symbol->kind == SYMBOL_CONSTRUCTOR) {
        return (Callable){
            .kind = CALLABLE_DECLARED, .symbol = symbol, .subst = subst_for_use(l, env, symbol, use, NULL), .span = span};
    }
    return (Callable){.kind = CALLABLE_VALUE, .value = lower_refuse(l, span, "`%s` as a function", symbol->name), .span = span};
}

Callable callable_of(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    ast = ast_strip(ast);
    Callable callable = {.kind = CALLABLE_VALUE, .span = ast->span};
    if (ast->kind == AST_LAMBDA || ast->kind == AST_FN) {
        callable.kind = CALLABLE_TREE;
        callable.tree = ast;
        callable.env = callable.home = env;
        callable.is_direct = ast->kind == AST_LAMBDA;
    } else if (ast->kind == AST_OPERATOR_REF) {
        callable.kind = CALLABLE_OPERATOR;
        callable.op = ast_as(OperatorRef, ast)->op;
    } else if (ast_is_function_literal(l, env, ast)) {
        callable = callable_of_symbol(l, env, ast->symbol, ast->use, ast->span);
    } else {
        callable.value = hold(l, lower_expr(l, env, ast), NULL, out);
    }
    return callable;
}

size_t callable_arity(const Callable *callable) {
    switch (callable->kind) {
    case CALLABLE_TREE: return tree_params(callable->tree)->len;
    case CALLABLE_DECLARED: {
        const Ast *decl = callable->symbol->decl;
        if (callable->symbol->kind == SYMBOL_CONSTRUCTOR) return callable->symbol->fields.len;
        return decl->kind == AST_FN ? ((const AstFn *)decl)->params.len : ((const AstExtern *)decl)->params.len;
    }
    case CALLABLE_OPERATOR: return callable->op == OP_NEG || callable->op == OP_NOT ? 1 : 2;
    case CALLABLE_VALUE: break;
    }
    return callable->value->type->kind == CORE_TYPE_FN ? callable->value->type->arg_count - 1 : 0;
}

/* ---- lifted functions */

typedef struct Lifted {
    CoreFn *fn;
    CoreExprs captured; /* reads of the free variables, in the order of the first parameters */
} Lifted;

/* The free variables become the first parameters. */
static void lifted_close(Lower *l, Lifted *lifted) {
    CoreVars captures = {0};
    capture_fn(l, lifted->fn, &captures, &lifted->captured);
    CoreVars params = lifted->fn->params;
    lifted->fn->params = captures;
    for (size_t i = 0; i < params.len; i++) vec_push(l->arena, &lifted->fn->params, params.items[i]);
}

static Type *tree_result_type(Lower *l, const Callable *callable) {
    const Subst *subst = callable->env ? callable->env->subst : NULL;
    Ast *tree = callable->tree;
    Type *type = type_concrete(l, subst, tree->kind == AST_FN ? tree->symbol->scheme->type : tree->type);
    return type->kind == TYPE_FN ? type->args[type->arg_count - 1] : type;
}

/* A function of the top level has no free variables: its body can wait, which keeps chains of them off the C stack. */
static Lifted *lift(Lower *l, const Callable *callable) {
    const Subst *subst = callable->env ? callable->env->subst : NULL;
    const char *key = arena_printf(l->arena, "%p %p %s", (void *)callable->tree, (void *)callable->home, subst_text(l, subst));
    Lifted **slot = (Lifted **)map_slot(&l->lifted, key, strlen(key));
    if (*slot) return *slot;
    Lifted *lifted = *slot = arena_make(l->arena, Lifted);
    const CoreType *result = type_lower_concrete(l, tree_result_type(l, callable), callable->tree->span);
    bool is_lambda = callable->tree->kind == AST_LAMBDA;
    const char *name = is_lambda ? position_name(l, "lambda", callable->tree->span) : ast_as(Fn, callable->tree)->name;
    lifted->fn = fn_new(l, name, result, callable->tree->span);
    if (!callable->home) {
        PendingFn pending = {.fn = lifted->fn, .tree = callable->tree, .env = callable->env};
        vec_push(l->arena, &l->pending, pending);
        return lifted;
    }
    /* A function with a name may call itself: what it captures is known before its body is lowered, and more than that it has not.
     */
    if (!is_lambda) lifted->captured = capture_foreseen(l, callable->tree, callable->home);
    size_t foreseen = lifted->captured.len;
    Body body = {.result = result}, *outer = l->body;
    l->body = &body;
    lower_tree_into(l, lifted->fn, callable->env, callable->tree);
    l->body = outer;
    lifted_close(l, lifted);
    if (!is_lambda && lifted->captured.len != foreseen && !l->has_failed)
        lower_refuse(l, callable->tree->span, "this function here");
    return lifted;
}

static CoreExpr *call_lifted(Lower *l, const Callable *callable, const CoreExprs *args, Span span) {
    Lifted *lifted = lift(l, callable);
    CoreExpr *call = core_node(l->arena, CORE_CALL, lifted->fn->result, span);
    call->fn = lifted->fn;
    for (size_t i = 0; i < lifted->captured.len; i++)
        vec_push(l->arena, &call->args, core_copy(l->arena, lifted->captured.items[i]));
    for (size_t i = 0; i < args->len; i++) vec_push(l->arena, &call->args, args->items[i]);
    return call;
}

/* ---- applying */

static void arity_split(Lower *l, CoreExprs *args, size_t arity, Span span, CoreExprs *out) {
    CoreExpr *tuple = args->items[0];
    *args = (CoreExprs){0};
    if (tuple->kind != CORE_TUPLE) tuple = hold(l, tuple, NULL, out);
    if (tuple->type->kind != CORE_TYPE_TUPLE || tuple->type->arg_count != arity) {
        lower_refuse(l, span, "calling this function here");
        return;
    }
    for (size_t i = 0; i < arity; i++) {
        bool is_literal = tuple->kind == CORE_TUPLE && tuple->args.len == arity;
        CoreExpr *part = is_literal ? tuple->args.items[i] : make_field(l, core_copy(l->arena, tuple), i, span);
        vec_push(l->arena, args, part);
    }
}

CoreExprs callable_args(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out) {
    size_t arity = callable_arity(callable);
    if (args.len == 1 && arity > 1) arity_split(l, &args, arity, span, out);
    if (args.len > 1 && arity == 1) {
        const CoreType **types = arena_array(l->arena, const CoreType *, args.len);
        for (size_t i = 0; i < args.len; i++) types[i] = args.items[i]->type;
        const CoreType *type = core_type(l->program->types, CORE_TYPE_TUPLE, types, args.len);
        CoreExpr *tuple = make(l, CORE_TUPLE, type, span, args.len, args.items);
        args = (CoreExprs){0};
        vec_push(l->arena, &args, tuple);
    }
    if (args.len != arity) lower_refuse(l, span, "calling this function here");
    return args;
}

void bind_params(Lower *l, Env *env, Ast *tree, const CoreExprs *args, CoreExprs *out) {
    AstList *params = tree_params(tree);
    for (size_t i = 0; i < params->len && i < args->len; i++) {
        bind_pattern(l, env, ast_as(Param, params->items[i])->pattern, args->items[i], out);
    }
}

static CoreExpr *apply_tree(Lower *l, const Callable *callable, const CoreExprs *args, Span span, CoreExprs *out) {
    if (!callable->is_direct || !tree_is_inlined(l, callable->tree)) return call_lifted(l, callable, args, span);
    inline_enter(l, callable->tree);
    Env *env = env_new(l, callable->env, callable->env ? callable->env->subst : NULL);
    LoopTarget *target = l->body->target;
    l->body->target = NULL;
    bind_params(l, env, callable->tree, args, out);
    CoreExpr *value = lower_expr(l, env, tree_body(callable->tree));
    l->body->target = target;
    inline_leave(l);
    return value;
}

CoreExpr *callable_apply(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out) {
    args = callable_args(l, callable, args, span, out);
    if (l->has_failed) return make_unit(l, span);
    switch (callable->kind) {
    case CALLABLE_TREE: return apply_tree(l, callable, &args, span, out);
    case CALLABLE_DECLARED: return apply_declared(l, callable->symbol, callable->subst, args, span);
    case CALLABLE_OPERATOR: {
        assert(args.items); /* an operator has operands */
        CoreExpr *right = args.len > 1 ? args.items[1] : NULL;
        return apply_operator(l, callable->op, args.items[0], right, args.items[0]->type, span);
    }
    case CALLABLE_VALUE: break;
    }
    const CoreType *type = callable->value->type;
    CoreExpr *call = core_node(l->arena, CORE_CALL_VALUE, type->args[type->arg_count - 1], span);
    vec_push(l->arena, &call->args, core_copy(l->arena, callable->value));
    for (size_t i = 0; i < args.len; i++) vec_push(l->arena, &call->args, args.items[i]);
    return call;
}

/* ---- values */

static const char *closure_name(Lower *l, const Callable *callable) {
    if (callable->kind == CALLABLE_OPERATOR) return arena_printf(l->arena, "(%s)", ast_op_spelling(callable->op));
    if (callable->kind == CALLABLE_DECLARED) return arena_printf(l->arena, "%s.value", callable->symbol->name);
    return position_name(l, "lambda", callable->tree->span);
}

CoreExpr *callable_value(Lower *l, const Callable *callable, const CoreType *type, Span span) {
    if (callable->kind == CALLABLE_VALUE || type->kind != CORE_TYPE_FN) {
        return callable->value ? core_copy(l->arena, callable->value) : lower_refuse(l, span, "this function as a value");
    }
    CoreFn *fn = fn_new(l, closure_name(l, callable), type->args[type->arg_count - 1], span);
    fn->is_closure = true;
    Body body = {.result = fn->result}, *outer = l->body;
    l->body = &body;
    CoreExprs args = {0}, statements = {0};
    for (size_t i = 0; i + 1 < type->arg_count; i++) {
        bool is_named = callable->kind == CALLABLE_TREE && tree_params(callable->tree)->len == type->arg_count - 1;
        CoreVar *var = is_named ? pattern_var(l, ast_as(Param, tree_params(callable->tree)->items[i])->pattern, type->args[i])
                                : var_new(l, NULL, type->args[i], span);
        var->is_borrowed = true;
        vec_push(l->arena, &fn->params, var);
        vec_push(l->arena, &args, core_local(l->arena, var, span));
    }
    CoreExpr *value;
    if (callable->kind == CALLABLE_TREE && callable->is_direct) {
        Env *env = env_new(l, callable->env, callable->env ? callable->env->subst : NULL);
        args = callable_args(l, callable, args, span, &statements);
        bind_params(l, env, callable->tree, &args, &statements);
        value = lower_expr(l, env, tree_body(callable->tree));
    } else {
        value = callable_apply(l, callable, args, span, &statements);
    }
    fn->body = make_block(l, &statements, value, span);
    core_give_type(fn->body, fn->result);
    if (fn->result == core_unit_type(l)) fn->body = as_unit(l, fn->body);
    l->body = outer;
    CoreExpr *closure = core_node(l->arena, CORE_CLOSURE, type, span);
    closure->fn = fn;
    capture_fn(l, fn, &fn->captures, &closure->args);
    return closure;
}

/* ---- what a function is made of */

AstOp callable_operator(const Callable *callable) {
    if (callable->kind == CALLABLE_OPERATOR) return callable->op;
    Ast *tree = callable->kind == CALLABLE_TREE       ? callable->tree
                : callable->kind == CALLABLE_DECLARED ? callable->symbol->decl
                                                      : NULL;
    if (!tree || (tree->kind != AST_FN && tree->kind != AST_LAMBDA)) return OP_NONE;
    AstList *params = tree_params(tree);
    Ast *body = ast_strip(tree_body(tree));
    if (body->kind == AST_BLOCK && ast_as(Block, body)->statements.len == 1)
        body = ast_strip(ast_as(Block, body)->statements.items[0]);
    if (params->len != 2 || body->kind != AST_BINARY) return OP_NONE;
    const Symbol *names[2], *operands[2];
    Ast *const sides[2] = {ast_strip(ast_as(Binary, body)->left), ast_strip(ast_as(Binary, body)->right)};
    for (size_t i = 0; i < 2; i++) {
        Ast *pattern = ast_as(Param, params->items[i])->pattern;
        if (pattern->kind != AST_PAT_NAME || sides[i]->kind != AST_NAME_REF) return OP_NONE;
        names[i] = pattern->symbol;
        operands[i] = sides[i]->symbol;
    }
    bool is_straight = operands[0] == names[0] && operands[1] == names[1];
    bool is_swapped = operands[0] == names[1] && operands[1] == names[0];
    return is_straight || is_swapped ? ast_as(Binary, body)->op : OP_NONE;
}
