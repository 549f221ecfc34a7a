/* tidy.c: hidden variables that are read once, in what is evaluated right after them, are replaced by their values. */
#include "compiler/core/core_internal.h"

#include <string.h>

typedef struct Tidy {
    Map reads; /* variable -> how often it is read in the program */
} Tidy;

static void count_visit(CoreExpr *expr, void *context) {
    Tidy *tidy = context;
    CoreVar *var = expr->kind == CORE_LOCAL ? expr->var : expr->place ? expr->place->var : NULL;
    if (var) {
        void **count = map_slot_pointer(&tidy->reads, var);
        *count = (void *)((uintptr_t)*count + 1);
    }
    core_each_child(expr, count_visit, tidy);
}

/* Whether an expression may be evaluated after another instead of before it, and does nothing itself. */
static bool is_constant(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_GLOBAL: return true;
    case CORE_LOCAL: return !expr->var->is_mutable;
    default: return false;
    }
}

static CoreExpr **first_read(CoreExpr **slot, const CoreVar *var, bool *stop);

static CoreExpr **first_of(CoreExprs *exprs, const CoreVar *var, bool *stop) {
    for (size_t i = 0; i < exprs->len && !*stop; i++) {
        CoreExpr **found = first_read(&exprs->items[i], var, stop);
        if (found) return found;
    }
    return NULL;
}

static CoreExpr **first_source(CoreSources *sources, const CoreVar *var, bool *stop) {
    for (size_t i = 0; i < sources->len && !*stop; i++) {
        CoreExpr **found = first_read(&sources->items[i].expr, var, stop);
        if (found) return found;
    }
    return NULL;
}

/* The place at which the variable is read, when nothing but constants is evaluated before it; sets *stop when something is. */
static CoreExpr **first_read(CoreExpr **slot, const CoreVar *var, bool *stop) {
    CoreExpr *expr = *slot;
    if (expr->kind == CORE_LOCAL && expr->var == var) return slot;
    if (is_constant(expr)) return NULL;
    CoreExpr **found = NULL;
    switch (expr->kind) {
    case CORE_WHILE:
    case CORE_CHUNK:
    case CORE_UPDATE:
    case CORE_TRY: break; /* what is evaluated inside fails inside */
    case CORE_FOR: found = first_source(&expr->sources, var, stop); break;
    case CORE_JOB:
        found = first_source(&expr->job->sources, var, stop);
        if (!found && !*stop) found = first_of(&expr->job->captured, var, stop);
        break;
    case CORE_IF: found = first_read(&expr->args.items[0], var, stop); break;
    case CORE_ASSIGN:
        if (expr->place->steps.len == 0) found = first_of(&expr->args, var, stop);
        break;
    default: found = first_of(&expr->args, var, stop); break;
    }
    *stop = true;
    return found;
}

static void remove_statement(CoreExprs *statements, size_t index) {
    memmove(&statements->items[index], &statements->items[index + 1], (statements->len - index - 1) * sizeof *statements->items);
    statements->len--;
}

static void tidy_block(Tidy *tidy, CoreExpr *block) {
    for (size_t i = block->args.len; i-- > 1;) {
        CoreExpr *let = block->args.items[i - 1];
        if (let->kind != CORE_LET || !let->var->is_hidden || let->var->is_mutable) continue;
        if (i >= block->args.len || (uintptr_t)map_get_pointer(&tidy->reads, let->var) != 1) continue;
        bool stop = false;
        CoreExpr **slot = first_read(&block->args.items[i], let->var, &stop);
        if (!slot) continue;
        *slot = let->args.items[0];
        remove_statement(&block->args, i - 1);
    }
    if (block->args.len == 1 && block->args.items[0]->kind != CORE_LET && block->args.items[0]->type == block->type) {
        *block = *block->args.items[0];
    }
}

static void tidy_visit(CoreExpr *expr, void *context) {
    core_each_child(expr, tidy_visit, context);
    if (expr->kind == CORE_BLOCK) tidy_block(context, expr);
}

void core_tidy(CoreProgram *program) {
    Tidy tidy;
    map_init(&tidy.reads, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) count_visit(program->fns.items[i]->body, &tidy);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], count_visit, &tidy);
    for (size_t i = 0; i < program->fns.len; i++) tidy_visit(program->fns.items[i]->body, &tidy);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], tidy_visit, &tidy);
}
