/* makers.c: lists that a function or a job makes for a single walk.
 *
 *     fn tokens(line) {                         for word in tokens(line) { … }
 *         var out: [string] = []
 *         … out.push(word) …                    flatmap line => list(map lower over fields(line) where is_long) …
 *         out
 *     }
 *
 * Where such a list is walked at once, nobody needs it: the function's code takes the place of the loop, and where it adds an
 * element the loop's body stands (Wadler 1990 calls it deforestation). Of jobs this holds where they gather a list of a text's
 * parts; others may be worth sharing with other workers. It must not show: neither side may print or do anything else that is seen
 * from outside. When both fail for one element, the error is that which comes first in this order. Who calls is core_parts. */
#include "compiler/core/makers.h"

#include <string.h>

enum { PUSHES_MOST = 4, BODY_MOST = 200, DEPTH_MOST = 3 };

/* ---- what may be put elsewhere */

typedef struct Quiet {
    Map seen;
    bool is_quiet;
} Quiet;

static bool is_seen_outside(const char *prim) {
    static const char *const names[] = {
        "print", "log",         "write",  "write_stream",    "exit",           "sleep",       "read", "await", "now",
        "clock", "future_done", "cancel", "future_progress", "next_completed", "wait_futures"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], prim) == 0) return true;
    return false;
}

static void quiet_visit(CoreExpr *expr, void *context) {
    Quiet *quiet = context;
    bool is_loud = expr->kind == CORE_FOREIGN || expr->kind == CORE_CALL_VALUE || expr->kind == CORE_JOB ||
                   (expr->kind == CORE_PRIM && is_seen_outside(expr->text)) ||
                   (expr->kind == CORE_FOR && expr->sources.items[0].kind > CORE_SOURCE_PARTS);
    if (is_loud) quiet->is_quiet = false;
    if (!quiet->is_quiet) return;
    core_each_child(expr, quiet_visit, quiet);
    if (expr->kind != CORE_CALL) return;
    void **seen = map_slot_pointer(&quiet->seen, expr->fn);
    if (*seen) return;
    *seen = expr->fn;
    quiet_visit(expr->fn->body, quiet);
}

static bool is_quiet(const CoreProgram *program, CoreExpr *expr) {
    Quiet quiet = {.is_quiet = true};
    map_init(&quiet.seen, program->arena);
    quiet_visit(expr, &quiet);
    return quiet.is_quiet;
}

/* ---- the loop's body, for one element */

typedef struct Made {
    CoreExpr *loop;      /* whose body consumes the elements */
    const CoreVar *list; /* of a function: what it adds to; else NULL */
    size_t count;        /* elements that are added: places */
} Made;

typedef struct LoopUse {
    uint32_t loop;
    size_t size;
    bool is_left; /* by a break or continue, whose place would be another */
} LoopUse;

static void use_visit(CoreExpr *expr, void *context) {
    LoopUse *use = context;
    use->size++;
    use->is_left |= (expr->kind == CORE_BREAK || expr->kind == CORE_CONTINUE) && expr->loop == use->loop;
    use->is_left |= expr->kind == CORE_RETURN;
    core_each_child(expr, use_visit, use);
}

/* The body with the element as a variable of its own. */
static CoreExpr *body_for(CoreCopy *outer, const Made *made, CoreExpr *element) {
    CoreCopy copy;
    CoreExprs statements = {0};
    core_copy_begin(&copy, outer->program, outer->next_var, outer->next_loop);
    copy.keeps_free = true;
    core_copy_let(&copy, made->loop->sources.items[0].var, element, &statements);
    CoreExpr *body = core_copy_code(&copy, made->loop->args.items[0]);
    outer->has_failed |= copy.has_failed;
    vec_push(outer->program->arena, &statements, body);
    CoreExpr *block = core_node(outer->program->arena, CORE_BLOCK, body->type, body->span);
    block->args = statements;
    return block;
}

/* In the function's code, or the job's: the loop's body for each element that is added. */
static CoreExpr *replace_addition(CoreCopy *copy, const CoreExpr *expr) {
    Made *made = copy->context;
    bool adds = made->list ? expr->kind == CORE_UPDATE && expr->place->var == made->list : expr->kind == CORE_YIELD;
    if (!adds) {
        if (expr->kind == CORE_LOCAL && expr->var == made->list) copy->has_failed = true; /* it is looked at */
        if (expr->kind == CORE_ASSIGN && expr->place->var == made->list) copy->has_failed = true;
        return NULL;
    }
    copy->has_failed |= expr->kind == CORE_UPDATE && (expr->place->steps.len > 0 || strcmp(expr->text, "push") != 0);
    if (copy->has_failed || ++made->count > PUSHES_MOST) {
        copy->has_failed = true;
        return NULL;
    }
    return body_for(copy, made, core_copy_code(copy, expr->args.items[0]));
}

/* ---- functions that push */

static bool is_empty_list(const CoreExpr *expr) {
    return expr->kind == CORE_LIST && expr->args.len == 0;
}

/* The variable that a function's body makes empty, and gives in the end; NULL: there is none. */
static const CoreVar *made_list(const CoreExpr *body) {
    if (body->kind != CORE_BLOCK || body->args.len < 2) return NULL;
    const CoreExpr *value = vec_last(&body->args);
    for (size_t i = 0; value->kind == CORE_LOCAL && i + 1 < body->args.len; i++) {
        const CoreExpr *let = body->args.items[i];
        if (let->kind == CORE_LET && let->var == value->var) return is_empty_list(let->args.items[0]) ? let->var : NULL;
    }
    return NULL;
}

static bool copy_function(CoreCopy *copy, const Made *made, const CoreExpr *call, CoreExprs *statements) {
    const CoreExpr *body = call->fn->body;
    for (size_t i = 0; i < call->args.len; i++) core_copy_bind(copy, call->fn->params.items[i], call->args.items[i], statements);
    for (size_t i = 0; i + 1 < body->args.len && !copy->has_failed; i++) {
        const CoreExpr *statement = body->args.items[i];
        if (statement->kind == CORE_LET && statement->var == made->list) continue;
        vec_push(copy->program->arena, statements, core_copy_code(copy, statement));
    }
    return !copy->has_failed;
}

/* ---- jobs that gather a list of parts */

static const CoreJob *gathering_job(const CoreExpr *expr) {
    const CoreJob *job = expr->kind == CORE_JOB && !expr->flag && expr->args.len == 0 ? expr->job : NULL;
    if (!job || job->key || job->by_chunk || job->is_single || job->is_silent || job->laws.len > 0 || job->sources.len != 1)
        return NULL;
    const CoreReducer *reducer = &job->reducer;
    bool is_list = strcmp(reducer->name, "list") == 0 && reducer->init && is_empty_list(reducer->init) && reducer->is_associative &&
                   !reducer->finish.body && !reducer->done.body && job->result == reducer->state;
    return is_list && job->sources.items[0].kind == CORE_SOURCE_LIST ? job : NULL;
}

/* The loop over the job's source with its body around the loop's. */
static bool copy_job(CoreCopy *copy, const CoreJob *job, CoreExprs *statements) {
    Arena *arena = copy->program->arena;
    for (size_t i = 0; i < job->captures.len; i++)
        core_copy_bind(copy, job->captures.items[i], core_copy_code(copy, job->captured.items[i]), statements);
    CoreExpr loop = *core_node(arena, CORE_FOR, job->body->type, job->span);
    CoreExpr *body = job->body;
    vec_push(arena, &loop.sources, job->sources.items[0]);
    vec_push(arena, &loop.args, body);
    copy->keeps_free = true; /* for YIELDs, all of which are replaced */
    vec_push(arena, statements, core_copy_code(copy, &loop));
    return !copy->has_failed;
}

/* The job that a function's value is, seen through what it evaluates first. */
static bool copy_job_of(CoreCopy *copy, const CoreExpr *value, bool (*gives_parts)(const CoreExpr *), CoreExprs *statements) {
    for (int depth = 0; value->kind == CORE_CALL && depth < DEPTH_MOST; depth++) {
        const CoreFn *fn = value->fn;
        for (size_t i = 0; i < value->args.len; i++) {
            CoreExpr *arg = value->args.items[i]; /* of the first call: it stands here already */
            core_copy_bind(copy, fn->params.items[i], depth > 0 ? core_copy_code(copy, arg) : arg, statements);
        }
        value = fn->body;
        if (value->kind != CORE_BLOCK) continue;
        for (size_t i = 0; i + 1 < value->args.len && !copy->has_failed; i++) {
            copy->has_failed |= value->args.items[i]->kind != CORE_LET;
            vec_push(copy->program->arena, statements, core_copy_code(copy, value->args.items[i]));
        }
        if (value->args.len > 0) value = vec_last(&value->args);
    }
    const CoreJob *job = gathering_job(value);
    return job && !copy->has_failed && gives_parts(job->sources.items[0].expr) && copy_job(copy, job, statements);
}

static bool is_job_quiet(const CoreProgram *program, const CoreExpr *value) {
    for (int depth = 0; value->kind == CORE_CALL && depth < DEPTH_MOST; depth++) {
        value = value->fn->body;
        if (value->kind == CORE_BLOCK && value->args.len > 0) value = vec_last(&value->args);
    }
    const CoreJob *job = gathering_job(value);
    return job && is_quiet(program, job->body);
}

bool core_unmake(const CoreMakers *makers, CoreExpr *loop) {
    CoreExpr *value = loop->sources.items[0].expr;
    if ((value->kind != CORE_CALL && value->kind != CORE_JOB) || makers->depth > DEPTH_MOST) return false;
    Made made = {.loop = loop};
    LoopUse use = {.loop = loop->loop};
    use_visit(loop->args.items[0], &use);
    if (use.is_left || use.size > BODY_MOST || !is_quiet(makers->program, loop->args.items[0])) return false;
    CoreCopy copy;
    CoreExprs statements = {0};
    core_copy_begin(&copy, makers->program, makers->next_var, makers->next_loop);
    copy.replace = replace_addition;
    copy.context = &made;
    if (value->kind == CORE_CALL) {
        made.list = made_list(value->fn->body);
        copy.has_span = source_file(makers->program->sources, value->fn->span.file)->is_library;
        copy.span = value->span;
    }
    if (made.list) {
        LoopUse size = {0};
        use_visit(value->fn->body, &size);
        if (size.size > BODY_MOST || !is_quiet(makers->program, value->fn->body)) return false;
        if (!copy_function(&copy, &made, value, &statements)) return false;
    } else {
        copy.keeps_free = value->kind == CORE_JOB;
        if (!is_job_quiet(makers->program, value) || !copy_job_of(&copy, value, makers->gives_parts, &statements)) return false;
    }
    CoreExpr *whole = statements.items[0];
    if (statements.len > 1 || whole->kind == CORE_LET) {
        whole = core_node(makers->program->arena, CORE_BLOCK, loop->type, loop->span);
        whole->args = statements;
    }
    *loop = *whole;
    return true;
}
