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

static CoreVar *capture_var(Capture *capture, CoreVar *var, Span span) {
    CoreVar **slot = (CoreVar **)map_slot_pointer(&capture->known, var);
    if (!*slot) {
        CoreVar *inner = var_new(capture->l, var->name, var->type, var->span);
        inner->is_hidden = var->is_hidden;
        inner->is_borrowed = true;
        *slot = inner;
        vec_push(capture->l->arena, capture->captures, inner);
        vec_push(capture->l->arena, capture->captured, core_local(capture->l->arena, var, span));
        capture_bind(capture, inner);
        return inner;
    }
    return *slot;
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
    for (size_t i = 0; i < fn->params.len; i++) capture_bind(&capture, fn->params.items[i]);
    bind_visit(fn->body, &capture);
    rename_visit(fn->body, &capture);
}

void capture_job(Lower *l, CoreJob *job) {
    Capture capture = {.l = l, .captures = &job->captures, .captured = &job->captured};
    map_init(&capture.known, l->arena);
    bind_sources(&capture, &job->sources);
    for (size_t i = 0; i < CORE_REDUCER_CODES; i++) {
        CoreCode *code = core_reducer_code(&job->reducer, i, NULL);
        for (size_t p = 0; p < 2 && code->params[p]; p++) capture_bind(&capture, code->params[p]);
    }
    core_each_job_code(job, bind_visit, &capture);
    core_each_job_code(job, rename_visit, &capture);
}
