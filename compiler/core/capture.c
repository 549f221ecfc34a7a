/* capture.c: the free variables of a piece of code become its captures: closures, lifted functions and jobs.
 *
 * Each variable is bound in one place of the program only, so that "free" needs no scopes: it is what is bound nowhere inside. What
 * is nested inside was treated before, and takes part with the values that it captures only. */
#include "compiler/core/lower_internal.h"

typedef struct Capture {
    Lower *l;
    Map known; /* variable -> itself where it is bound inside, else the capture that stands for it */
    CoreVars *captures;
    CoreExprs *captured;
} Capture;

static void capture_bind(Capture *capture, CoreVar *var) {
    *map_slot_pointer(&capture->known, var) = var;
}

static void bind_sources(Capture *capture, const CoreSources *sources) {
    for (size_t i = 0; i < sources->len; i++) capture_bind(capture, sources->items[i].var);
}

static void bind_visit(CoreExpr *expr, void *context) {
    Capture *capture = context;
    if (expr->kind == CORE_LET || expr->kind == CORE_TRY) capture_bind(capture, expr->var);
    if (expr->kind == CORE_FOR) bind_sources(capture, &expr->sources);
    core_each_child(expr, bind_visit, capture);
}

static CoreVar *capture_new(Capture *capture, CoreVar *var) {
    CoreVar *inner = var_new(capture->l, var->name, var->type, var->span);
    inner->is_hidden = var->is_hidden;
    inner->is_borrowed = true;
    *map_slot_pointer(&capture->known, var) = inner;
    vec_push(capture->l->arena, capture->captures, inner);
    capture_bind(capture, inner);
    return inner;
}

static CoreVar *capture_var(Capture *capture, CoreVar *var, Span span) {
    CoreVar *known = map_get_pointer(&capture->known, var);
    if (known) return known;
    vec_push(capture->l->arena, capture->captured, core_local(capture->l->arena, var, span));
    return capture_new(capture, var);
}

static void rename_visit(CoreExpr *expr, void *context) {
    Capture *capture = context;
    if (expr->kind == CORE_LOCAL) expr->var = capture_var(capture, expr->var, expr->span);
    if (expr->place && expr->place->var) expr->place->var = capture_var(capture, expr->place->var, expr->span);
    core_each_child(expr, rename_visit, capture);
}

void capture_fn(Lower *l, CoreFn *fn, CoreVars *captures, CoreExprs *captured) {
    Capture capture = {.l = l, .captures = captures, .captured = captured};
    map_init(&capture.known, l->arena);
    for (size_t i = 0; i < captured->len; i++) capture_new(&capture, captured->items[i]->var);
    for (size_t i = 0; i < fn->params.len; i++) capture_bind(&capture, fn->params.items[i]);
    bind_visit(fn->body, &capture);
    rename_visit(fn->body, &capture);
}

/* ---- what a function in a block may read */

typedef struct Foresee {
    Lower *l;
    Env *env;
    Map seen; /* bindings and variables */
    CoreExprs captured;
} Foresee;

static bool foresee_is_new(Foresee *foresee, const void *thing) {
    void **slot = map_slot_pointer(&foresee->seen, thing);
    bool is_new = !*slot;
    *slot = foresee;
    return is_new;
}

static void foresee_value(Foresee *foresee, CoreExpr *value) {
    while (value && value->kind == CORE_FIELD) value = value->args.items[0];
    if (!value || value->kind != CORE_LOCAL || !foresee_is_new(foresee, value->var)) return;
    vec_push(foresee->l->arena, &foresee->captured, core_local(foresee->l->arena, value->var, value->span));
}

static void foresee_visit(Ast *ast, void *context);

static void foresee_tree(Foresee *foresee, Ast *tree, Env *env) {
    Env *outer = foresee->env;
    foresee->env = env;
    foresee_visit(tree, foresee);
    foresee->env = outer;
}

static void foresee_callable(Foresee *foresee, const Callable *callable) {
    if (callable->kind == CALLABLE_TREE && callable->tree) foresee_tree(foresee, callable->tree, callable->env);
    if (callable->kind == CALLABLE_VALUE) foresee_value(foresee, callable->value);
}

static void foresee_reducer(Foresee *foresee, const ReducerUse *use) {
    foresee_callable(foresee, &use->function);
    if (use->symbol) foresee_tree(foresee, use->symbol->decl, use->env);
    for (size_t i = 0; i < use->members.len; i++) foresee_reducer(foresee, &use->members.items[i]);
}

static void foresee_stream(Foresee *foresee, const Stream *stream) {
    foresee_value(foresee, stream->value);
    foresee_callable(foresee, &stream->function);
    if (stream->has_where) foresee_callable(foresee, &stream->where);
    if (stream->reducer) foresee_reducer(foresee, stream->reducer);
    for (size_t i = 0; i < stream->operands.len; i++) foresee_stream(foresee, stream->operands.items[i]);
}

static void foresee_visit(Ast *ast, void *context) {
    Foresee *foresee = context;
    bool declares = ast_is_pattern(ast) || ast->kind == AST_PARAM || ast->kind == AST_FN;
    Binding *binding = ast->symbol && !declares ? env_find(foresee->l, foresee->env, ast->symbol) : NULL;
    if (binding && foresee_is_new(foresee, binding)) {
        if (binding->value) foresee_value(foresee, binding->value);
        if (binding->stream) foresee_stream(foresee, binding->stream);
        if (binding->ast) foresee_tree(foresee, binding->ast, binding->env);
    }
    ast_each_child(ast, foresee_visit, context);
}

CoreExprs capture_foreseen(Lower *l, Ast *tree, Env *env) {
    Foresee foresee = {.l = l};
    map_init(&foresee.seen, l->arena);
    foresee_tree(&foresee, tree, env);
    return foresee.captured;
}

void capture_job(Lower *l, CoreJob *job) {
    Capture capture = {.l = l, .captures = &job->captures, .captured = &job->captured};
    map_init(&capture.known, l->arena);
    bind_sources(&capture, &job->sources);
    for (size_t r = 0; r < core_reducer_count(job); r++) {
        for (size_t i = 0; i < CORE_REDUCER_CODES; i++) {
            CoreCode *code = core_reducer_code(core_reducer(job, r), i, NULL);
            for (size_t p = 0; p < 2 && code->params[p]; p++) capture_bind(&capture, code->params[p]);
        }
    }
    core_each_job_code(job, bind_visit, &capture);
    core_each_job_code(job, rename_visit, &capture);
}
