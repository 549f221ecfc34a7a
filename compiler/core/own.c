/* own.c: marks last uses as moves, by walking each function backwards with the set of what is still to be read.
 *
 * Liveness is kept for the fields of a tuple one by one, so that a tuple can be taken apart without copying. An operation that
 * borrows an operand reads it when the operation itself happens: what it borrows stays live while its other operands are evaluated.
 * A variable from outside a loop that is read in it counts as live throughout the loop, unless an assignment comes first. */
#include "compiler/core/core_internal.h"

#include <stdlib.h>
#include <string.h>

typedef uint64_t Live; /* one bit a field; the last one stands for all further fields */
#define LIVE_ALL UINT64_MAX

typedef struct LoopLive {
    struct LoopLive *outer;
    uint32_t loop;
    const Live *after, *again; /* what is live where break and continue go */
} LoopLive;

/* What a failure in a `try` may still read: nothing in its body takes that. */
typedef struct TryLive {
    struct TryLive *outer;
    const Live *handler;
} TryLive;

typedef struct Own {
    Map indices; /* variable that owns its value -> its index plus one */
    size_t count;
    LoopLive *loops;
    TryLive *tries;
} Own;

static Live *live_of(Own *own, Live *live, const CoreVar *var) {
    uintptr_t index = (uintptr_t)map_get_pointer(&own->indices, var);
    return index > 0 ? &live[index - 1] : NULL;
}

/* On the heap, and freed by who made it: a function with many branches would otherwise hold one for each. */
static Live *live_copy(const Own *own, const Live *live) {
    Live *copy = xmalloc((own->count + 1) * sizeof *copy);
    memcpy(copy, live, own->count * sizeof *copy);
    return copy;
}

static void live_join(Own *own, Live *live, const Live *other) {
    for (size_t i = 0; i < own->count; i++) live[i] |= other[i];
}

static Live field_bit(const CoreExpr *field) {
    return (Live)1 << (field->integer < 63 ? field->integer : 63);
}

/* ---- which variables */

static void own_declare(Own *own, const CoreVar *var) {
    if (!var || var->is_borrowed) return;
    void **slot = map_slot_pointer(&own->indices, var);
    if (!*slot) *slot = (void *)(uintptr_t)++own->count;
}

static void declare_visit(CoreExpr *expr, void *context) {
    if (expr->kind == CORE_LET || expr->kind == CORE_TRY) own_declare(context, expr->var);
    core_each_child(expr, declare_visit, context);
}

/* ---- loops */

typedef struct LoopReads {
    Own *own;
    Live *live;
    bool clears; /* second round: variables that are declared inside */
} LoopReads;

static void reads_visit(CoreExpr *expr, void *context) {
    LoopReads *reads = context;
    const CoreVar *var = expr->kind == CORE_LOCAL ? expr->var : expr->place ? expr->place->var : NULL;
    if (reads->clears) var = expr->kind == CORE_LET || expr->kind == CORE_TRY ? expr->var : NULL;
    Live *live = var ? live_of(reads->own, reads->live, var) : NULL;
    if (live) *live = reads->clears ? 0 : LIVE_ALL;
    core_each_child(expr, reads_visit, reads);
}

/* Adds what the loop's parts read from outside to the live set. */
static void add_loop_reads(Own *own, CoreExpr *loop, Live *live) {
    LoopReads reads = {.own = own, .live = live};
    for (size_t i = 0; i < loop->args.len; i++) reads_visit(loop->args.items[i], &reads);
    reads.clears = true;
    for (size_t i = 0; i < loop->args.len; i++) reads_visit(loop->args.items[i], &reads);
}

/* ---- what an operation borrows */

static void mark_roots(Own *own, CoreExpr *expr, Live *live) {
    Live *var;
    switch (expr->kind) {
    case CORE_LOCAL:
        var = live_of(own, live, expr->var);
        if (var) *var = LIVE_ALL;
        break;
    case CORE_FIELD:
        if (expr->args.items[0]->kind == CORE_LOCAL) {
            var = live_of(own, live, expr->args.items[0]->var);
            if (var) *var |= field_bit(expr);
            break;
        }
        mark_roots(own, expr->args.items[0], live);
        break;
    case CORE_UNWRAP:
    case CORE_UNBOX:
    case CORE_INDEX: mark_roots(own, expr->args.items[0], live); break;
    case CORE_IF:
        mark_roots(own, expr->args.items[1], live);
        mark_roots(own, expr->args.items[2], live);
        break;
    case CORE_BLOCK:
        if (expr->args.len > 0) mark_roots(own, vec_last(&expr->args), live);
        for (size_t i = 0; i < expr->args.len; i++) {
            var = expr->args.items[i]->kind == CORE_LET ? live_of(own, live, expr->args.items[i]->var) : NULL;
            if (var) *var = 0;
        }
        break;
    default: break;
    }
}

/* ---- the walk. `takes`: the value is consumed where it stands. Branches and blocks always give an owned value: where one stands
 * as an operand that is borrowed, what it may not take was marked as live before. */

static void own_expr(Own *own, CoreExpr *expr, Live *live, bool takes);

static void own_read(Own *own, CoreExpr *expr, const CoreVar *var, Live bits, Live *live, bool takes) {
    Live *mask = live_of(own, live, var);
    if (!mask) return;
    Live needed = *mask;
    for (const TryLive *attempt = own->tries; attempt; attempt = attempt->outer) needed |= attempt->handler[mask - live];
    if (takes && !expr->type->is_flat && (needed & bits) == 0) expr->is_move = true;
    *mask |= bits;
}

static void own_args(Own *own, CoreExprs *args, Live *live, bool take) {
    for (size_t i = 0; !take && i < args->len; i++) mark_roots(own, args->items[i], live);
    for (size_t i = args->len; i-- > 0;) own_expr(own, args->items[i], live, take);
}

static void own_call(Own *own, CoreExpr *expr, Live *live) {
    const CoreVars *params = &expr->fn->params;
    for (size_t i = 0; i < expr->args.len; i++) {
        if (!params->items[i]->is_owned) mark_roots(own, expr->args.items[i], live);
    }
    for (size_t i = expr->args.len; i-- > 0;) own_expr(own, expr->args.items[i], live, params->items[i]->is_owned);
}

/* ASSIGN and UPDATE: indices first, then the operands, then the change. */
static void own_change(Own *own, CoreExpr *expr, Live *live) {
    CorePlace *place = expr->place;
    bool is_whole = expr->kind == CORE_ASSIGN && place->steps.len == 0;
    Live *var = place->var ? live_of(own, live, place->var) : NULL;
    if (var) *var = is_whole ? 0 : LIVE_ALL;
    for (size_t i = 0; i < place->steps.len; i++) {
        if (place->steps.items[i].index) mark_roots(own, place->steps.items[i].index, live);
    }
    own_args(own, &expr->args, live, expr->kind == CORE_ASSIGN);
    for (size_t i = place->steps.len; i-- > 0;) {
        if (place->steps.items[i].index) own_expr(own, place->steps.items[i].index, live, false);
    }
}

static void own_loop(Own *own, CoreExpr *expr, Live *live) {
    Live *after = live_copy(own, live);
    add_loop_reads(own, expr, live);
    Live *again = live_copy(own, live);
    LoopLive loop = {.outer = own->loops, .loop = expr->loop, .after = after, .again = again};
    own->loops = &loop;
    Live *inside = live_copy(own, live);
    own_expr(own, vec_last(&expr->args), inside, false);
    own->loops = loop.outer;
    live_join(own, live, inside);
    free(inside);
    free(again);
    free(after);
    if (expr->kind == CORE_WHILE) own_expr(own, expr->args.items[0], live, false);
    for (size_t i = expr->sources.len; i-- > 0;) own_expr(own, expr->sources.items[i].expr, live, true);
}

static void own_if(Own *own, CoreExpr *expr, Live *live) {
    Live *otherwise = live_copy(own, live);
    own_expr(own, expr->args.items[1], live, true);
    own_expr(own, expr->args.items[2], otherwise, true);
    live_join(own, live, otherwise);
    free(otherwise);
    own_expr(own, expr->args.items[0], live, false);
}

/* The body may fail anywhere: what the handler or the code after it reads is live throughout, whatever the body assigns. */
static void own_try(Own *own, CoreExpr *expr, Live *live) {
    Live *handler = live_copy(own, live);
    own_expr(own, expr->args.items[1], handler, true);
    Live *var = live_of(own, handler, expr->var);
    if (var) *var = 0;
    TryLive attempt = {.outer = own->tries, .handler = handler};
    own->tries = &attempt;
    own_expr(own, expr->args.items[0], live, true);
    own->tries = attempt.outer;
    live_join(own, live, handler);
    free(handler);
}

static void own_jump(Own *own, const CoreExpr *expr, Live *live) {
    for (const LoopLive *loop = own->loops; loop; loop = loop->outer) {
        if (loop->loop == expr->loop) memcpy(live, expr->kind == CORE_BREAK ? loop->after : loop->again, own->count * sizeof *live);
    }
}

/* What a job walks and captures is held until it ends. */
static void own_job(Own *own, CoreExpr *expr, Live *live) {
    CoreJob *job = expr->job;
    for (size_t i = 0; i < job->sources.len; i++) mark_roots(own, job->sources.items[i].expr, live);
    own_args(own, &job->captured, live, true);
    for (size_t i = job->sources.len; i-- > 0;) own_expr(own, job->sources.items[i].expr, live, true);
}

static void own_block(Own *own, CoreExpr *expr, Live *live) {
    for (size_t i = expr->args.len; i-- > 0;) own_expr(own, expr->args.items[i], live, i + 1 == expr->args.len);
}

static void own_part(Own *own, CoreExpr *expr, Live *live, bool takes) {
    CoreExpr *base = expr->args.items[0];
    if (base->kind == CORE_LOCAL) {
        own_read(own, expr, base->var, expr->kind == CORE_FIELD ? field_bit(expr) : LIVE_ALL, live, takes);
    } else {
        own_expr(own, base, live, false);
    }
}

static void own_expr(Own *own, CoreExpr *expr, Live *live, bool takes) {
    Live *var;
    switch (expr->kind) {
    case CORE_LOCAL: own_read(own, expr, expr->var, LIVE_ALL, live, takes); break;
    case CORE_FIELD:
    case CORE_UNWRAP: own_part(own, expr, live, takes); break;
    case CORE_LET:
        var = live_of(own, live, expr->var);
        if (var) *var = 0;
        own_args(own, &expr->args, live, true);
        break;
    case CORE_ASSIGN:
    case CORE_UPDATE: own_change(own, expr, live); break;
    case CORE_BLOCK: own_block(own, expr, live); break;
    case CORE_IF: own_if(own, expr, live); break;
    case CORE_TRY: own_try(own, expr, live); break;
    case CORE_WHILE:
    case CORE_FOR: own_loop(own, expr, live); break;
    case CORE_BREAK:
    case CORE_CONTINUE: own_jump(own, expr, live); break;
    case CORE_RETURN:
        memset(live, 0, own->count * sizeof *live);
        own_args(own, &expr->args, live, true);
        break;
    case CORE_CALL: own_call(own, expr, live); break;
    case CORE_CLOSURE:
    case CORE_TUPLE:
    case CORE_SOME:
    case CORE_BOX:
    case CORE_LIST:
    case CORE_MAP:
    case CORE_SET:
    case CORE_YIELD: own_args(own, &expr->args, live, true); break;
    case CORE_JOB: own_job(own, expr, live); break;
    default: own_args(own, &expr->args, live, false); break;
    }
}

static void own_code(Arena *arena, CoreExpr *body, CoreVar *const *params, size_t param_count) {
    if (!body) return;
    Own own = {0};
    map_init(&own.indices, arena);
    for (size_t i = 0; i < param_count; i++) {
        if (params[i] && params[i]->is_owned) own_declare(&own, params[i]);
    }
    declare_visit(body, &own);
    if (own.count == 0) return;
    own_expr(&own, body, arena_array(arena, Live, own.count), true);
}

void core_own(CoreProgram *program) {
    Arena *scratch = arena_new();
    for (size_t i = 0; i < program->fns.len; i++) {
        own_code(scratch, program->fns.items[i]->body, program->fns.items[i]->params.items, program->fns.items[i]->params.len);
    }
    for (size_t i = 0; i < program->jobs.len; i++) {
        CoreReducer *reducer = &program->jobs.items[i]->reducer;
        own_code(scratch, program->jobs.items[i]->body, NULL, 0);
        own_code(scratch, reducer->init, NULL, 0);
        own_code(scratch, reducer->nothing, NULL, 0);
        for (size_t c = 0; c < CORE_REDUCER_CODES; c++) {
            CoreCode *code = core_reducer_code(reducer, c, NULL);
            own_code(scratch, code->body, code->params, 2);
        }
    }
    arena_free(&scratch);
}
