/* close.c: function values and streams of a cell read no globals.
 *
 * They outlive their cell: others call and walk them, whose globals are others, and so do workers. So what they read of the
 * globals, themselves or in what they call, becomes captures of theirs, and parameters of the functions that they call. What else
 * calls these functions passes the globals. */
#include "compiler/core/core_internal.h"

/* A function that is a value, or that such a one reaches by calls. */
typedef struct Closed {
    CoreFn *fn;
    VEC(CoreGlobal *) globals; /* that it needs */
    VEC(CoreFn *) callees;     /* functions that it calls, and makes values of */
    Map known;                 /* globals and callees */
    Map vars;                  /* global -> CoreVar that stands for it */
} Closed;

typedef struct Closing {
    CoreProgram *program;
    uint32_t *next_var;
    VEC(Closed *) closed;
    Map by_fn;
    Closed *finding;
} Closing;

/* ---- what is needed */

static Closed *find_closed(const Closing *closing, const CoreFn *fn) {
    return map_get_pointer(&closing->by_fn, fn);
}

static void add_closed(Closing *closing, CoreFn *fn) {
    if (find_closed(closing, fn)) return;
    Closed *closed = arena_make(closing->program->arena, Closed);
    closed->fn = fn;
    map_init(&closed->known, closing->program->arena);
    map_init(&closed->vars, closing->program->arena);
    *map_slot_pointer(&closing->by_fn, fn) = closed;
    vec_push(closing->program->arena, &closing->closed, closed);
}

static bool is_new(Closed *closed, const void *thing) {
    void **slot = map_slot_pointer(&closed->known, thing);
    bool is_known = *slot;
    *slot = closed;
    return !is_known;
}

static bool need_global(Closing *closing, Closed *closed, CoreGlobal *global) {
    if (!is_new(closed, global)) return false;
    vec_push(closing->program->arena, &closed->globals, global);
    return true;
}

static void find_visit(CoreExpr *expr, void *context) {
    Closing *closing = context;
    Closed *closed = closing->finding;
    if (expr->kind == CORE_GLOBAL) need_global(closing, closed, expr->global);
    if (expr->fn && is_new(closed, expr->fn)) {
        vec_push(closing->program->arena, &closed->callees, expr->fn);
        add_closed(closing, expr->fn);
    }
    if (expr->kind == CORE_JOB) core_each_job_code(expr->job, find_visit, closing);
    core_each_child(expr, find_visit, closing);
}

static void find_needs(Closing *closing) {
    for (size_t i = 0; i < closing->closed.len; i++) { /* which grows meanwhile */
        closing->finding = closing->closed.items[i];
        find_visit(closing->finding->fn->body, closing);
    }
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (size_t i = 0; i < closing->closed.len; i++) {
            Closed *closed = closing->closed.items[i];
            for (size_t k = 0; k < closed->callees.len; k++) {
                const Closed *callee = find_closed(closing, closed->callees.items[k]);
                for (size_t g = 0; g < callee->globals.len; g++)
                    has_changed |= need_global(closing, closed, callee->globals.items[g]);
            }
        }
    }
}

/* ---- passing it on */

/* A piece of code with variables of its own: a function, or a job in one. */
typedef struct Scope {
    Closing *closing;
    struct Scope *outer; /* of a job */
    CoreJob *job;
    Map *vars; /* global -> the variable that stands for it; NULL: globals are read */
    Map *seen;
} Scope;

static CoreVar *new_var(Scope *scope, const CoreGlobal *global) {
    CoreVar *var = arena_make(scope->closing->program->arena, CoreVar);
    *var = (CoreVar){.name = global->name, .id = (*scope->closing->next_var)++, .type = global->type, .span = global->span};
    var->is_borrowed = var->is_hidden = true;
    *map_slot_pointer(scope->vars, global) = var;
    return var;
}

static CoreExpr *read_global(Scope *scope, CoreGlobal *global, Span span);

static CoreVar *var_of(Scope *scope, CoreGlobal *global, Span span) {
    CoreVar *var = map_get_pointer(scope->vars, global);
    if (var) return var;
    var = new_var(scope, global); /* of a job: functions have theirs */
    vec_push(scope->closing->program->arena, &scope->job->captures, var);
    vec_push(scope->closing->program->arena, &scope->job->captured, read_global(scope->outer, global, span));
    return var;
}

static CoreExpr *read_global(Scope *scope, CoreGlobal *global, Span span) {
    Arena *arena = scope->closing->program->arena;
    if (scope->vars) return core_local(arena, var_of(scope, global, span), span);
    CoreExpr *read = core_node(arena, CORE_GLOBAL, global->type, span);
    read->global = global;
    return read;
}

static void pass_visit(CoreExpr *expr, void *context) {
    Scope *scope = context;
    void **seen = map_slot_pointer(scope->seen, expr);
    if (*seen) return;
    *seen = scope;
    core_each_child(expr, pass_visit, scope);
    if (expr->kind == CORE_JOB) {
        Map vars;
        map_init(&vars, scope->closing->program->arena);
        Scope inner = {scope->closing, scope, expr->job, scope->vars ? &vars : NULL, scope->seen};
        core_each_job_code(expr->job, pass_visit, &inner);
    }
    if (expr->kind == CORE_GLOBAL && scope->vars) {
        expr->var = var_of(scope, expr->global, expr->span);
        expr->global = NULL;
        expr->kind = CORE_LOCAL;
    }
    const Closed *callee = expr->fn ? find_closed(scope->closing, expr->fn) : NULL;
    for (size_t i = 0; callee && i < callee->globals.len; i++)
        vec_push(scope->closing->program->arena, &expr->args, read_global(scope, callee->globals.items[i], expr->span));
}

static void pass_globals(Closing *closing) {
    Map seen;
    map_init(&seen, closing->program->arena);
    for (size_t i = 0; i < closing->closed.len; i++) {
        Closed *closed = closing->closed.items[i];
        Scope scope = {.closing = closing, .vars = &closed->vars};
        CoreVars *into = closed->fn->is_closure ? &closed->fn->captures : &closed->fn->params;
        for (size_t g = 0; g < closed->globals.len; g++)
            vec_push(closing->program->arena, into, new_var(&scope, closed->globals.items[g]));
    }
    for (size_t i = 0; i <= closing->program->fns.len; i++) {
        CoreFn *fn = i < closing->program->fns.len ? closing->program->fns.items[i] : closing->program->top_level;
        Closed *closed = find_closed(closing, fn);
        Scope scope = {.closing = closing, .vars = closed ? &closed->vars : NULL, .seen = &seen};
        pass_visit(fn->body, &scope);
    }
}

void core_close(CoreProgram *program, uint32_t *next_var) {
    Closing closing = {.program = program, .next_var = next_var};
    map_init(&closing.by_fn, program->arena);
    for (size_t i = 0; i < program->fns.len; i++)
        if (program->fns.items[i]->is_closure) add_closed(&closing, program->fns.items[i]);
    find_needs(&closing);
    pass_globals(&closing);
}
