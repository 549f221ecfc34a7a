/* keep_follow.c: jobs over a table that are done where the parts of the table are.
 *
 * Such a job follows the one that makes the table: whoever has a part of it runs the follower's kernel over the part, and passes on
 * its state. Parts are cut by the hashes of keys, so that only a reducer that is exact in any order can follow; it must not see
 * which element it is at, either. What it captures, and the globals that it reads, must be there before the table is made: they
 * travel with the table's job. */
#include "compiler/core/keep.h"

#include <string.h>

void keep_bound(Keep *keep, const void *name, CoreExpr *value) {
    Bound *bound = arena_make(keep->program->arena, Bound);
    *bound = (Bound){++keep->clock, value};
    *map_slot_pointer(&keep->bounds, name) = bound;
}

CoreVar *keep_new_var(Keep *keep, const char *name, const CoreType *type, Span span) {
    CoreVar *var = arena_make(keep->program->arena, CoreVar);
    *var = (CoreVar){.name = name, .id = (*keep->next_var)++, .type = type, .is_hidden = true, .span = span};
    return var;
}

/* ---- what is walked */

/* Of a call of `keys` or `values` the field of a pair that it is a list of; -1: it is something else. */
static int64_t listed_field(const CoreExpr *expr) {
    if (expr->kind != CORE_PRIM) return -1;
    return strcmp(expr->text, "keys") == 0 ? 0 : strcmp(expr->text, "values") == 0 ? 1 : -1;
}

CoreExpr **follow_table(CoreExpr *expr) {
    CoreJob *job = expr->job;
    if (expr->flag || expr->args.len > 0 || job->sources.len != 1 || job->by_chunk || job->is_silent || job->is_single) return NULL;
    CoreSource *source = &job->sources.items[0];
    if (!job->reducer.is_exact) return NULL;
    if (source->kind == CORE_SOURCE_MAP) return &source->expr;
    return source->kind == CORE_SOURCE_LIST && listed_field(source->expr) >= 0 ? &source->expr->args.items[0] : NULL;
}

/* The keys or values of a table are walked as its pairs. */
static void walk_pairs(Keep *keep, CoreJob *job) {
    Arena *arena = keep->program->arena;
    CoreSource *source = &job->sources.items[0];
    if (source->kind == CORE_SOURCE_MAP) return;
    CoreExpr *table = source->expr->args.items[0], *body = job->body;
    CoreVar *element = source->var;
    const CoreType *pair_type = core_type(keep->program->types, CORE_TYPE_TUPLE, table->type->args, 2);
    CoreVar *pair = keep_new_var(keep, NULL, pair_type, element->span);
    pair->is_borrowed = true;
    element->is_borrowed = false;
    CoreExpr *field = core_node(arena, CORE_FIELD, element->type, element->span);
    field->integer = listed_field(source->expr);
    vec_push(arena, &field->args, core_local(arena, pair, element->span));
    CoreExpr *let = core_node(arena, CORE_LET, body->type, element->span);
    let->var = element;
    vec_push(arena, &let->args, field);
    job->body = core_node(arena, CORE_BLOCK, body->type, body->span);
    vec_push(arena, &job->body->args, let);
    vec_push(arena, &job->body->args, body);
    *source = (CoreSource){.kind = CORE_SOURCE_MAP, .expr = table, .var = pair, .span = source->span};
}

/* ---- what is there already */

static bool is_there(const Keep *keep, const Uses *uses, const void *name) {
    const Bound *bound = map_get_pointer(&keep->bounds, name);
    return !bound || bound->at < uses->at;
}

CoreVar *keep_capture(Keep *keep, CoreJob *job, CoreExpr *value) {
    CoreVar *var = keep_new_var(keep, NULL, value->type, value->span);
    var->is_borrowed = true;
    vec_push(keep->program->arena, &job->captures, var);
    vec_push(keep->program->arena, &job->captured, value);
    return var;
}

CoreExpr *evaluate_early(Keep *keep, const Uses *uses, const CoreExpr *expr) {
    Arena *arena = keep->program->arena;
    CoreExpr *early;
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_NONE: return core_copy(arena, expr);
    case CORE_GLOBAL: return !uses->is_top || is_there(keep, uses, expr->global) ? core_copy(arena, expr) : NULL;
    case CORE_LOCAL: {
        if (expr->var->is_mutable) return NULL;
        if (is_there(keep, uses, expr->var)) return core_copy(arena, expr);
        const Bound *bound = map_get_pointer(&keep->bounds, expr->var);
        return bound->value ? evaluate_early(keep, uses, bound->value) : NULL;
    }
    case CORE_FIELD:
    case CORE_TUPLE:
    case CORE_SOME:
    case CORE_CLOSURE:
        early = arena_make(arena, CoreExpr);
        *early = *expr;
        early->args = (CoreExprs){0};
        for (size_t i = 0; i < expr->args.len; i++) {
            CoreExpr *arg = evaluate_early(keep, uses, expr->args.items[i]);
            if (!arg) return NULL;
            vec_push(arena, &early->args, arg);
        }
        return early;
    default: return NULL;
    }
}

bool follow_is_possible(Keep *keep, const Uses *uses, const FollowUse *use) {
    CoreJob *follow = use->use->job;
    if (use->region != uses->region) return false;
    for (size_t i = 0; i < follow->captured.len; i++)
        if (!evaluate_early(keep, uses, follow->captured.items[i])) return false;
    Arena *scratch = arena_new();
    CoreReach reach = {0};
    core_reach_job(keep->program, follow, scratch, &reach);
    bool is_possible = !reach.catches; /* an error that is caught says which element it was */
    for (size_t i = 0; i < reach.globals.len && uses->is_top; i++)
        if (!is_there(keep, uses, reach.globals.items[i])) is_possible = false;
    arena_free(&scratch);
    return is_possible;
}

void follow_add(Keep *keep, const Uses *uses, CoreJob *follow) {
    Arena *arena = keep->program->arena;
    CoreFollow added = {.job = follow};
    walk_pairs(keep, follow);
    if (follow->captures.len > 0) {
        const CoreType *type = core_job_captures(keep->program, follow);
        CoreExpr *tuple = core_node(arena, CORE_TUPLE, type, follow->span);
        for (size_t i = 0; i < follow->captured.len; i++)
            vec_push(arena, &tuple->args, evaluate_early(keep, uses, follow->captured.items[i]));
        added.captures = keep_capture(keep, uses->job, tuple);
    }
    vec_push(arena, &uses->job->follows, added);
}
