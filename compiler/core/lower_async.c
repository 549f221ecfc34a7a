/* lower_async.c: futures: `async e` as a job that is started, and what is asked of one.
 *
 * Where e is a map … reduce, also as the end of blocks and of functions that are known, that job is started itself, so that its
 * progress can be seen. What a function or block does before it must be quick then, since the caller does it. Any other e is
 * evaluated by a job of one element. Work that is started inside of work sees through no calls: functions that each start the one
 * before twice would double forever. */
#include "compiler/core/lower_internal.h"

#include <string.h>

enum { ENDING_DEPTH_LIMIT = 20 };

/* ---- expressions that end in a job */

/* The declared function that the call is of, when it can stand in the place of the call. */
static const Symbol *known_function(Lower *l, Env *env, Ast *call) {
    const Use *use = call_use(call);
    const Symbol *symbol = use ? use->symbol : NULL;
    if (!symbol || l->async_depth > 1 || symbol->kind != SYMBOL_FN || symbol->is_recursive || env_find(l, env, symbol)) return NULL;
    if (!symbol->decl || symbol->decl->kind != AST_FN || !tree_is_inlined(l, symbol->decl)) return NULL;
    return symbol;
}

/* The function value that the call is of, when it is written in a `let` and can stand in the place of the call. */
static bool known_lambda(Lower *l, Env *env, Ast *call, Callable *callable) {
    Ast *callee = call->kind == AST_CALL ? ast_strip(ast_as(Call, call)->callee) : NULL;
    Binding *binding = callee && callee->kind == AST_NAME_REF && callee->symbol ? env_find(l, env, callee->symbol) : NULL;
    Ast *tree = binding && binding->kind == BINDING_CALLABLE ? ast_strip(binding->ast) : NULL;
    if (!tree || l->async_depth > 1 || tree->kind != AST_LAMBDA || !tree_is_inlined(l, tree)) return false;
    CoreExprs unused = {0};
    *callable = called(l, env, call, &unused);
    callable->is_direct = true;
    return callable->kind == CALLABLE_TREE;
}

static bool ends_in_job(Lower *l, Env *env, Ast *ast, int depth) {
    ast = ast_strip(ast);
    if (depth >= ENDING_DEPTH_LIMIT) return false;
    switch (ast->kind) {
    case AST_PIPE: return ast_as(Pipe, ast)->reduce != NULL;
    case AST_BLOCK: {
        const AstList *statements = &ast_as(Block, ast)->statements;
        return statements->len > 0 && ends_in_job(l, env, vec_last(statements), depth + 1);
    }
    case AST_CALL:
    case AST_METHOD: {
        const Use *use = call_use(ast);
        if (use && use->symbol->kind == SYMBOL_REDUCER) return true;
        const Symbol *symbol = known_function(l, env, ast);
        if (symbol) return ends_in_job(l, NULL, ast_as(Fn, symbol->decl)->body, depth + 1);
        Callable callable;
        return known_lambda(l, env, ast, &callable) && ends_in_job(l, callable.env, tree_body(callable.tree), depth + 1);
    }
    default: return false;
    }
}

/* As lower_expr, with known functions that end in a job in the places of their calls. */
static CoreExpr *lower_ending(Lower *l, Env *env, Ast *ast) {
    ast = ast_strip(ast);
    if (ast->kind == AST_BLOCK && ast_as(Block, ast)->statements.len > 0) {
        const AstList *items = &ast_as(Block, ast)->statements;
        CoreExprs statements = {0};
        for (size_t i = 0; i + 1 < items->len; i++) lower_statement(l, env, items->items[i], &statements);
        return make_block(l, &statements, lower_ending(l, env, vec_last(items)), ast->span);
    }
    bool is_call = (ast->kind == AST_CALL || ast->kind == AST_METHOD) && ends_in_job(l, env, ast, 0);
    const Symbol *symbol = is_call ? known_function(l, env, ast) : NULL;
    Callable callable;
    if (is_call && !symbol && known_lambda(l, env, ast, &callable)) {
        CoreExprs statements = {0};
        CoreExpr *value = callable_apply(l, &callable, lower_args(l, env, ast), ast->span, &statements);
        return make_block(l, &statements, value, ast->span);
    }
    if (!symbol) return lower_expr(l, env, ast);
    return inline_call(l, env, ast, symbol, subst_for_use(l, env, symbol, call_use(ast), NULL), lower_ending);
}

/* ---- what the caller may do before the job starts */

static bool prim_is_quick(const char *name) {
    static const char *const names[] = {"arguments", "paths_of", "step", "len", "env", "to_int", "to_float", "window_of"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) return true;
    }
    return false;
}

/* How long what comes before a job may take. */
typedef enum Delay { DELAY_NONE, DELAY_CALL, DELAY_JOB } Delay;

static void delay_visit(CoreExpr *expr, void *context) {
    Delay *delay = context, own = DELAY_NONE;
    switch (expr->kind) {
    case CORE_CALL:
    case CORE_CALL_VALUE:
    case CORE_UPDATE:
    case CORE_FOR:
    case CORE_WHILE:
    case CORE_TRY: own = DELAY_CALL; break;
    case CORE_JOB: own = DELAY_JOB; break;
    case CORE_PRIM: own = prim_is_quick(expr->text) ? DELAY_NONE : DELAY_CALL; break;
    default: break;
    }
    if (own > *delay) *delay = own;
    core_each_child(expr, delay_visit, context);
}

/* The job that the expression ends in; NULL where there is none. */
static CoreExpr *final_job(CoreExpr *expr, Delay *delay) {
    while (expr->kind == CORE_BLOCK && expr->args.len > 0) {
        for (size_t i = 0; i + 1 < expr->args.len; i++) delay_visit(expr->args.items[i], delay);
        expr = vec_last(&expr->args);
    }
    if (expr->kind != CORE_JOB) return NULL;
    core_each_child(expr, delay_visit, delay);
    return expr;
}

/* ---- starting */

static CoreExpr *start_job(Lower *l, CoreExpr *job, Span span) {
    job->type = core_type1(l, CORE_TYPE_FUTURE, job->job->result);
    job->flag = true;
    l->program->has_futures = true;
    job->span = span;
    return job;
}

/* The blocks around a job that is only started give the future. */
static void retype_blocks(CoreExpr *expr, const CoreType *type) {
    for (; expr->kind == CORE_BLOCK; expr = vec_last(&expr->args)) expr->type = type;
}

/* A job of one element whose result is the value of the expression: its reducer has nothing to combine. */
static CoreExpr *start_single(Lower *l, CoreExpr *value, Span span) {
    CoreJob *job = job_new(l, span);
    CoreReducer *reducer = &job->reducer;
    CoreExpr *const ends[] = {make_int(l, 0, span), make_int(l, 0, span)};
    CoreSource source = {.kind = CORE_SOURCE_RANGE, .var = var_new(l, NULL, core_simple(l, CORE_TYPE_INT), span), .span = span};
    source.expr = make(l, CORE_RANGE, core_simple(l, CORE_TYPE_RANGE), span, 2, ends);
    source.var->is_borrowed = true;
    vec_push(l->arena, &job->sources, source);
    job->is_single = true;
    job->body = make(l, CORE_YIELD, core_unit_type(l), span, 1, &value);
    job->result = reducer->element = reducer->state = reducer->result = value->type;
    reducer->kind = CORE_REDUCE_FOLD;
    reducer->name = "the only one";
    reducer->merge.params[0] = state_var(l, "left", value->type, true, span);
    reducer->merge.params[1] = state_var(l, "right", value->type, true, span);
    reducer->merge.body = core_local(l->arena, reducer->merge.params[0], span);
    capture_job(l, job);
    CoreExpr *expr = core_node(l->arena, CORE_JOB, job->result, span);
    expr->job = job;
    return start_job(l, expr, span);
}

/* The work has a body of its own, whose loops are numbered on from those around: its beginning may stay in the enclosing function.
 * What a pipeline that is written here walks is for the caller to make, unless that takes jobs. */
CoreExpr *lower_async(Lower *l, Env *env, AstAsync *ast) {
    Span span = ast->base.span;
    Ast *work = ast_strip(ast->value);
    Delay delay = DELAY_NONE, patience = work->kind == AST_PIPE ? DELAY_CALL : DELAY_NONE;
    Body *outer = l->body, body = {.loop_count = outer->loop_count};
    l->body = &body;
    l->async_depth++;
    CoreExpr *value = ends_in_job(l, env, work, 0) ? lower_ending(l, env, work) : lower_expr(l, env, work);
    l->async_depth--;
    l->body = outer;
    outer->loop_count = body.loop_count;
    if (l->has_failed) return make_unit(l, span);
    CoreExpr *job = final_job(value, &delay);
    if (!job || delay > patience) return start_single(l, value, span);
    start_job(l, job, span);
    retype_blocks(value, job->type);
    return value;
}

/* ---- what is asked of a future: primitives that the runtime has, not the library */

static CoreExpr *future_prim(Lower *l, const char *name, CoreExpr *future, const CoreType *type, Span span) {
    if (future->type->kind != CORE_TYPE_FUTURE) return lower_refuse(l, span, "this future");
    CoreExpr *prim = make(l, CORE_PRIM, type, span, 1, &future);
    prim->text = name;
    prim->type_args = future->type->args;
    prim->type_arg_count = 1;
    return prim;
}

CoreExpr *lower_await(Lower *l, Env *env, AstAwait *ast) {
    CoreExpr *future = lower_expr(l, env, ast->value);
    const CoreType *type = future->type->kind == CORE_TYPE_FUTURE ? future->type->args[0] : core_unit_type(l);
    return future_prim(l, "await", future, type, ast->base.span);
}

CoreExpr *lower_future_field(Lower *l, Env *env, AstDot *ast) {
    bool is_done = strcmp(ast->name, "done") == 0;
    const CoreType *type = core_simple(l, is_done ? CORE_TYPE_BOOL : CORE_TYPE_FLOAT);
    return future_prim(l, is_done ? "future_done" : "future_progress", lower_expr(l, env, ast->value), type, ast->base.span);
}
