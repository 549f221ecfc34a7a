/* keep.c: what is wanted of the results of keyed jobs.
 *
 * A table may be large, and what the program makes of it small. Where a job's table is only ever asked for its most common entries,
 * or for its length, the job says so: whoever holds a part of the table then passes on what can matter of it, and no one gets the
 * whole. The most common n of all are among the most common n of each part, so that the table that comes is as good as the whole
 * one for every such question with an n that is not larger. A length is the sum of the parts'; the job's value is then an int
 * itself.
 *
 * That is seen where the table is the operand itself, or a variable, or a top-level `let`, that is used for nothing else in the
 * program. An n that is not written as a number says nothing. */
#include "compiler/core/core_internal.h"

#include <string.h>

/* What a variable or global is used for. */
typedef struct Uses {
    CoreJob *job;   /* the keyed job whose table it is; NULL: it is something else */
    CoreExpr *bind; /* the LET or ASSIGN */
    bool is_other;  /* something else is done with it */
    bool is_ranked, is_counted;
    int64_t most;           /* the largest n */
    VEC(CoreExpr *) counts; /* the calls of `len` */
} Uses;

typedef struct Keep {
    CoreProgram *program;
    Map uses; /* CoreVar or CoreGlobal -> Uses */
} Keep;

static Uses *uses_of(Keep *keep, const void *name) {
    void **slot = map_slot_pointer(&keep->uses, name);
    if (!*slot) *slot = arena_make(keep->program->arena, Uses);
    return *slot;
}

static const void *name_read(const CoreExpr *expr) {
    return expr->kind == CORE_LOCAL ? (void *)expr->var : expr->kind == CORE_GLOBAL ? (void *)expr->global : NULL;
}

static CoreJob *keyed_job(const CoreExpr *expr) {
    return expr->kind == CORE_JOB && expr->job->key && !expr->flag ? expr->job : NULL;
}

static bool is_prim(const CoreExpr *expr, const char *name) {
    return expr->kind == CORE_PRIM && strcmp(expr->text, name) == 0;
}

/* The n of a call of most_common; -1: it is not known here. */
static int64_t rank_wanted(const CoreExpr *call) {
    const CoreExpr *n = call->args.items[1];
    if (n->kind != CORE_INT) return -1;
    return n->integer < 0 ? 0 : n->integer;
}

static void job_rank(CoreJob *job, int64_t most) {
    job->keep = CORE_KEEP_MOST_COMMON;
    job->keep_most = most;
}

/* The call asks the table itself for what is wanted: its operand is a job, or a name. */
static void visit_question(Keep *keep, CoreExpr *call) {
    CoreExpr *table = call->args.items[0];
    bool ranks = is_prim(call, "most_common");
    int64_t most = ranks ? rank_wanted(call) : 0;
    CoreJob *job = keyed_job(table);
    if (job && ranks && most >= 0) job_rank(job, most);
    if (job && !ranks) {
        job->keep = CORE_KEEP_COUNT;
        table->type = call->type;
        *call = *table;
    }
    const void *name = name_read(table);
    if (!name) return;
    Uses *uses = uses_of(keep, name);
    if (ranks) {
        uses->is_ranked = true;
        if (most < 0) uses->is_other = true;
        if (most > uses->most) uses->most = most;
    } else {
        uses->is_counted = true;
        vec_push(keep->program->arena, &uses->counts, call);
    }
}

static void visit(CoreExpr *expr, void *context) {
    Keep *keep = context;
    bool is_question = is_prim(expr, "most_common") || (is_prim(expr, "len") && expr->args.items[0]->type->kind == CORE_TYPE_MAP);
    if (is_question && name_read(expr->args.items[0])) {
        for (size_t i = 1; i < expr->args.len; i++) visit(expr->args.items[i], keep);
        visit_question(keep, expr);
        return;
    }
    core_each_child(expr, visit, keep);
    if (is_question) {
        visit_question(keep, expr);
        return;
    }
    const void *name = name_read(expr);
    if (name) uses_of(keep, name)->is_other = true;
    if (!expr->place) {
        if (expr->kind != CORE_LET || !keyed_job(expr->args.items[0])) return;
        Uses *uses = uses_of(keep, expr->var);
        uses->bind = expr;
        uses->job = keyed_job(expr->args.items[0]);
        uses->is_other |= expr->var->is_mutable;
        return;
    }
    Uses *uses = uses_of(keep, expr->place->var ? (void *)expr->place->var : (void *)expr->place->global);
    bool is_bound = expr->kind == CORE_ASSIGN && expr->place->global && expr->place->steps.len == 0 && !uses->bind;
    if (is_bound) {
        uses->bind = expr;
        uses->job = keyed_job(expr->args.items[0]);
    } else {
        uses->is_other = true;
    }
}

/* The name is that of the length from here on. */
static void count_instead(const Uses *uses) {
    CoreExpr *bind = uses->bind;
    const CoreType *type = uses->counts.items[0]->type;
    uses->job->keep = CORE_KEEP_COUNT;
    bind->args.items[0]->type = type;
    if (bind->place) {
        bind->place->type = bind->place->global->type = type;
    } else {
        bind->var->type = type;
    }
    for (size_t i = 0; i < uses->counts.len; i++) {
        CoreExpr *call = uses->counts.items[i];
        CoreExpr read = *call->args.items[0];
        read.type = type;
        *call = read;
    }
}

void core_keep(CoreProgram *program) {
    Keep keep = {.program = program};
    if (program->checks_laws) return;
    map_init(&keep.uses, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) visit(program->fns.items[i]->body, &keep);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], visit, &keep);
    for (size_t i = 0; i < keep.uses.len; i++) {
        const Uses *uses = keep.uses.entries[i].value;
        if (!uses->job || uses->is_other || uses->is_ranked == uses->is_counted) continue;
        if (uses->is_ranked)
            job_rank(uses->job, uses->most);
        else
            count_instead(uses);
    }
}
