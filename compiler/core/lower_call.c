/* lower_call.c: calls: arguments in the order of the parameters, methods, primitives, print. */
#include "compiler/core/lower_internal.h"

#include <string.h>

const Use *call_use(const Ast *call) {
    return call->use && call->use->symbol ? call->use : NULL;
}

static bool is_module_name(const Ast *ast) {
    return ast->kind == AST_NAME_REF && ast->symbol && ast->symbol->kind == SYMBOL_MODULE;
}

/* The arguments as they are written, the receiver of a method first. */
static AstList written_args(Lower *l, Ast *call) {
    AstList trees = {0};
    if (call->kind == AST_METHOD && !is_module_name(ast_as(Method, call)->receiver)) {
        vec_push(l->arena, &trees, ast_as(Method, call)->receiver);
    }
    const AstList *args = call->kind == AST_METHOD ? &ast_as(Method, call)->args : &ast_as(Call, call)->args;
    for (size_t i = 0; i < args->len; i++) {
        Ast *arg = args->items[i];
        vec_push(l->arena, &trees, arg->kind == AST_ARG ? ast_as(Arg, arg)->value : arg);
    }
    return trees;
}

CallArgs call_args(Lower *l, Env *env, Ast *call, const Symbol *symbol, const Subst *subst, const AstList *params) {
    CallArgs args = {0};
    const Use *use = call_use(call);
    bool is_call = call->kind == AST_CALL || call->kind == AST_METHOD;
    AstList trees = use && use->args.len >= params->len ? use->args : is_call ? written_args(l, call) : (AstList){0};
    Type *type = symbol->scheme ? type_concrete(l, subst, symbol->scheme->type) : NULL;
    for (size_t i = 0; i < params->len; i++) {
        AstParam *param = ast_as(Param, params->items[i]);
        CallArg arg = {.ast = i < trees.len ? trees.items[i] : NULL, .env = env};
        arg.type = type && type->kind == TYPE_FN && i + 1 < type->arg_count ? type->args[i]
                                                                            : type_concrete(l, subst, param->pattern->type);
        if (!arg.ast) {
            lower_refuse(l, call->span, "this call");
            break;
        }
        vec_push(l->arena, &args, arg);
    }
    return args;
}

/* ---- externs */

static void collect_vars(Lower *l, Type *type, TypeList *vars) {
    type = type_prune(type);
    if (type->kind == TYPE_VAR) {
        for (size_t i = 0; i < vars->len; i++) {
            if (vars->items[i] == type) return;
        }
        vec_push(l->arena, vars, type);
    }
    for (size_t i = 0; i < type->arg_count; i++) collect_vars(l, type->args[i], vars);
}

static const CoreType *scheme_result(Lower *l, const Symbol *symbol, const Subst *subst, Span span) {
    Type *type = type_concrete(l, subst, symbol->scheme->type);
    return type_lower_concrete(l, type->kind == TYPE_FN ? type->args[type->arg_count - 1] : type, span);
}

/* Which of the parameters from `first` on are declared by a type variable, a bit each. */
static uint64_t generic_params(const Symbol *symbol, size_t first) {
    const Type *type = type_prune(symbol->scheme->type);
    uint64_t bits = 0;
    if (type->kind != TYPE_FN) return bits;
    for (size_t i = first; i + 1 < type->arg_count && i - first < 64; i++) {
        if (type_prune(type->args[i])->kind == TYPE_VAR) bits |= (uint64_t)1 << (i - first);
    }
    return bits;
}

CoreExpr *make_prim(Lower *l, const Symbol *symbol, const Subst *subst, CoreExprs args, Span span) {
    CoreExpr *expr = make(l, CORE_PRIM, scheme_result(l, symbol, subst, span), span, args.len, args.items);
    TypeList vars = {0};
    collect_vars(l, symbol->scheme->type, &vars);
    expr->text = symbol->name;
    expr->type_args = arena_array(l->arena, const CoreType *, vars.len + 1);
    for (size_t i = 0; i < vars.len; i++) expr->type_args[i] = type_lower_concrete(l, type_concrete(l, subst, vars.items[i]), span);
    expr->type_arg_count = vars.len;
    expr->generic_args = generic_params(symbol, 0);
    return expr;
}

static bool is_primitive(const Symbol *symbol) {
    const AstExtern *decl = (const AstExtern *)symbol->decl;
    return decl->library && strcmp(decl->library, "mr") == 0;
}

static bool is_print(const Symbol *symbol) {
    return symbol->kind == SYMBOL_EXTERN && is_primitive(symbol) &&
           (strcmp(symbol->name, "print") == 0 || strcmp(symbol->name, "log") == 0);
}

static bool same_library(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A symbol of C is one function, however many declarations the program's modules have of it: they must agree. */
static void add_foreign(Lower *l, const CoreForeign *foreign) {
    bool is_known = false;
    for (size_t i = 0; i < l->program->foreign.len; i++) {
        const CoreForeign *other = &l->program->foreign.items[i];
        if (strcmp(other->name, foreign->name) != 0) continue;
        if (other->type != foreign->type) {
            Diag *diag = diag_add(l->diags, E0606, foreign->span, "the C function `%s` is declared here as %s", foreign->name,
                                  foreign->type->name);
            diag_note(diag, other->span, "and here as %s", other->type->name);
            diag_hint(diag, "a program has one C function of a name: declare it in one module, and import it from there");
            l->has_failed = true;
            return;
        }
        is_known = is_known || same_library(other->library, foreign->library);
    }
    if (!is_known) vec_push(l->arena, &l->program->foreign, *foreign);
}

static CoreExpr *make_foreign(Lower *l, const Symbol *symbol, CoreExprs args, Span span) {
    const AstExtern *decl = (const AstExtern *)symbol->decl;
    CoreForeign foreign = {.name = symbol->name, .library = decl->library && *decl->library ? decl->library : NULL};
    foreign.type = type_lower_concrete(l, type_concrete(l, NULL, symbol->scheme->type), span);
    foreign.span = symbol->span;
    add_foreign(l, &foreign);
    CoreExpr *expr = make(l, CORE_FOREIGN, scheme_result(l, symbol, NULL, span), span, args.len, args.items);
    expr->text = symbol->name;
    return expr;
}

/* Primitives that the core has nodes for are these. */
static CoreExpr *apply_extern(Lower *l, const Symbol *symbol, const Subst *subst, CoreExprs args, Span span) {
    if (!is_primitive(symbol)) return make_foreign(l, symbol, args, span);
    if (fn_is_inlined(l, symbol, subst) && args.len == 1) {
        CoreExprs statements = {0};
        Stream *stream = stream_of_primitive(l, symbol, args.items[0], span, &statements);
        return make_block(l, &statements, stream_value(l, stream), span);
    }
    if (is_print(symbol)) return apply_print(l, symbol->name, args, span);
    if (strcmp(symbol->name, "compare") == 0 && args.len == 2 && args.items) {
        return make_op(l, CORE_OP_COMPARE_TOTAL, core_simple(l, CORE_TYPE_INT), span, args.items[0], args.items[1]);
    }
    if (strcmp(symbol->name, "empty_set") == 0) return core_node(l->arena, CORE_SET, scheme_result(l, symbol, subst, span), span);
    return make_prim(l, symbol, subst, args, span);
}

CoreExpr *apply_declared(Lower *l, const Symbol *symbol, const Subst *subst, CoreExprs args, Span span) {
    if (symbol->kind == SYMBOL_CONSTRUCTOR) return data_make(l, scheme_result(l, symbol, subst, span), symbol, &args, span);
    if (symbol->kind == SYMBOL_EXTERN) return apply_extern(l, symbol, subst, args, span);
    CoreFn *fn = fn_instance(l, symbol, subst);
    CoreExpr *call = make(l, CORE_CALL, fn->result, span, args.len, args.items);
    call->fn = fn;
    return call;
}

/* ---- calls */

CoreExpr *call_declared(Lower *l, Env *env, Ast *call, const Symbol *symbol) {
    const Subst *subst = subst_for_use(l, env, symbol, call->use, NULL);
    if (is_print(symbol)) return apply_print(l, symbol->name, lower_args(l, env, call), call->span);
    if (symbol->kind == SYMBOL_FN && fn_is_inlined(l, symbol, subst)) return inline_call(l, env, call, symbol, subst, lower_expr);
    const AstList *params = symbol->kind == SYMBOL_CONSTRUCTOR ? &symbol->fields
                            : symbol->kind == SYMBOL_FN        ? &ast_as(Fn, symbol->decl)->params
                                                               : &ast_as(Extern, symbol->decl)->params;
    CallArgs args = call_args(l, env, call, symbol, subst, params);
    CoreExprs values = {0};
    for (size_t i = 0; i < args.len; i++) vec_push(l->arena, &values, lower_expr(l, args.items[i].env, args.items[i].ast));
    if (values.len != params->len) return make_unit(l, call->span);
    return apply_declared(l, symbol, subst, values, call->span);
}

Callable called(Lower *l, Env *env, Ast *call, CoreExprs *out) {
    const Use *use = call_use(call);
    if (use) return callable_of_symbol(l, env, use->symbol, use, call->span);
    if (call->kind == AST_CALL) return callable_of(l, env, ast_as(Call, call)->callee, out);
    return (Callable){.kind = CALLABLE_VALUE, .value = lower_refuse(l, call->span, "this call"), .span = call->span};
}

/* As a declaration that stands in a block asks for them, else as they are written. */
CoreExprs lower_args(Lower *l, Env *env, Ast *call) {
    const Use *use = call_use(call);
    bool is_local = use && use->symbol->kind == SYMBOL_FN;
    AstList trees = is_local && use->args.len > 0 ? use->args : written_args(l, call);
    CoreExprs values = {0};
    for (size_t i = 0; i < trees.len; i++) vec_push(l->arena, &values, lower_expr(l, env, trees.items[i]));
    return values;
}

/* A call of a function value, known or not. */
static CoreExpr *call_local(Lower *l, Env *env, Ast *call) {
    CoreExprs statements = {0};
    Callable callable = called(l, env, call, &statements);
    CoreExpr *value = callable_apply(l, &callable, lower_args(l, env, call), call->span, &statements);
    return make_block(l, &statements, value, call->span);
}

CoreExpr *lower_call(Lower *l, Env *env, Ast *call) {
    const Use *use = call_use(call);
    const Symbol *symbol = use ? use->symbol : NULL;
    if (symbol && symbol->kind == SYMBOL_REDUCER) return lower_reducer_call(l, env, call);
    if (call->type && type_is_stream(ast_type(l, env, call))) {
        CoreExprs statements = {0};
        Stream *stream = stream_of_call(l, env, call, &statements);
        return make_block(l, &statements, stream_value(l, stream), call->span);
    }
    bool is_declared = symbol &&
                       (symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN || symbol->kind == SYMBOL_CONSTRUCTOR) &&
                       !env_find(l, env, symbol);
    return is_declared ? call_declared(l, env, call, symbol) : call_local(l, env, call);
}
