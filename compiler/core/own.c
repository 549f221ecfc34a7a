/* own.c: marks last uses as moves, by walking each function backwards with the set of what is still to be read.
 *
 * Values are counted. Who reads a variable for the last time takes its value, count and all, instead of making a second reference
 * and dropping the first one later; so what has one owner keeps one, through names, tuples and calls, and an update that finds the
 * count at one changes the value in place. This is the method of Perceus (A. Reinking, N. Xie, L. de Moura, D. Leijen: Perceus:
 * Garbage Free Reference Counting with Reuse, PLDI 2021) on a structured language with variables that change, where "the last use"
 * is what a backward analysis of liveness finds.
 *
 * Liveness is kept for the parts of a variable one by one (own_path.c), so that a tuple can be taken apart without copying. What
 * lies in a cell is taken out if the cell turns out to have no other owner, which code generation tests, and else shared. An
 * operation that borrows an operand reads it when the operation itself happens: what it borrows stays live while its other operands
 * are evaluated, and what a loop walks stays live until the loop has ended. A variable from outside a loop that is read in it
 * counts as live throughout the loop, unless an assignment comes first. While `a[i] = f(a[i])` computes the value, the old element
 * is a hole to be: its last use may take it as if it were a variable of its own.
 *
 * Parameters are borrowed: the caller keeps them alive, and mere looking costs nothing. A parameter that the function stores,
 * captures, changes or passes on to who does is owned instead: the caller gives a reference away, its own where it can
 * (S. Ullrich, L. de Moura: Counting Immutable Beans, IFL 2019). own_params.c finds these to a fixed point over the graph of calls,
 * with the same walk: `wanted` collects what would be moved. Returning a part of a parameter, or giving a name to it, is no reason
 * to own the whole. Who calls a function value does not know what it does with its parameters, and gives all of them away. */
#include "compiler/core/own_internal.h"

#include <stdlib.h>
#include <string.h>

Live *own_live(const Own *own, Live *live, const CoreVar *var) {
    uintptr_t index = (uintptr_t)map_get_pointer(&own->indices, var);
    return index > 0 ? &live[index - 1] : NULL;
}

/* On the heap, and freed by who made it: a function with many branches would otherwise hold one for each. */
static Live *live_copy(const Own *own, const Live *live) {
    Live *copy = xmalloc((own->count + 1) * sizeof *copy);
    memcpy(copy, live, (own->count + 1) * sizeof *copy);
    return copy;
}

static void live_join(Own *own, Live *live, const Live *other) {
    for (size_t i = 0; i <= own->count; i++) live[i] |= other[i];
}

/* ---- which variables */

static void own_declare(Own *own, const CoreVar *var) {
    void **slot = map_slot_pointer(&own->indices, var);
    if (!*slot) *slot = (void *)(uintptr_t)++own->count;
}

static void declare_visit(CoreExpr *expr, void *context) {
    if ((expr->kind == CORE_LET || expr->kind == CORE_TRY) && !expr->var->is_borrowed) own_declare(context, expr->var);
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
    if (var && !reads->clears && reads->own->hole && reads->own->hole->var == var) reads->live[reads->own->count] = LIVE_ALL;
    if (reads->clears) var = expr->kind == CORE_LET || expr->kind == CORE_TRY ? expr->var : NULL;
    Live *live = var ? own_live(reads->own, reads->live, var) : NULL;
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
    Live *mask, bits;
    CoreVar *var;
    switch (expr->kind) {
    case CORE_LOCAL:
    case CORE_FIELD:
    case CORE_UNWRAP:
    case CORE_UNBOX:
        if (!own_path(expr, &var, &bits)) {
            mark_roots(own, expr->args.items[0], live);
            break;
        }
        mask = own_live(own, live, var);
        if (mask) *mask |= bits;
        own_hole_mention(own, expr, live);
        break;
    case CORE_INDEX:
    case CORE_FORMAT: mark_roots(own, expr->args.items[0], live); break;
    case CORE_IF:
        mark_roots(own, expr->args.items[1], live);
        mark_roots(own, expr->args.items[2], live);
        break;
    case CORE_BLOCK:
        if (expr->args.len > 0) mark_roots(own, vec_last(&expr->args), live);
        for (size_t i = 0; i < expr->args.len; i++) {
            mask = expr->args.items[i]->kind == CORE_LET ? own_live(own, live, expr->args.items[i]->var) : NULL;
            if (mask) *mask = 0;
        }
        break;
    default: break;
    }
}

/* What a loop walks: of a text whose parts are found one by one, the text. */
static void mark_walked(Own *own, const CoreSource *source, Live *live) {
    if (source->kind != CORE_SOURCE_PARTS) mark_roots(own, source->expr, live);
    for (size_t i = 0; source->kind == CORE_SOURCE_PARTS && i < source->expr->args.len; i++)
        mark_roots(own, source->expr->args.items[i], live);
}

/* ---- the walk. Branches and blocks always give an owned value: where one stands as an operand that is borrowed, what it may not
 * take was marked as live before. */

static void own_expr(Own *own, CoreExpr *expr, Live *live, Take take);

static Take take_of_branch(Take take) {
    return take == TAKE_NOT ? TAKE_LET : take;
}

/* The value may be taken from where it lies. A part that goes to the caller, or just gets a name, may as well be shared. */
static void own_move(Own *own, CoreExpr *expr, const Live *mask, const Live *live, Take take) {
    if (!own->wanted) {
        expr->is_move = true;
    } else if (take == TAKE || (take == TAKE_RESULT && expr->kind == CORE_LOCAL)) {
        own->wanted[mask - live] = true;
    }
}

/* Reads the part of a variable that the path `expr` names. */
static void own_read(Own *own, CoreExpr *expr, const CoreVar *var, Live bits, Live *live, Take take) {
    Live *mask = own_live(own, live, var);
    own_hole_mention(own, expr, live);
    if (!mask) return;
    size_t index = (size_t)(mask - live);
    Live needed = *mask;
    for (const TryLive *attempt = own->tries; attempt; attempt = attempt->outer) needed |= attempt->handler[index];
    for (const LoopLive *loop = own->loops; loop; loop = loop->outer) needed |= loop->walked[index];
    if (take != TAKE_NOT && !expr->type->is_flat && (needed & bits) == 0) own_move(own, expr, mask, live, take);
    *mask |= bits;
}

/* The last use of the part that is assigned next. */
static bool own_takes_hole(Own *own, CoreExpr *expr, const Live *live) {
    if (live[own->count] != 0 || !own_hole_is(own, expr)) return false;
    uintptr_t index = (uintptr_t)map_get_pointer(&own->indices, own->hole->var);
    for (const TryLive *attempt = own->tries; attempt && index > 0; attempt = attempt->outer)
        if (attempt->handler[index - 1] != 0) return false;
    return true;
}

/* What an operation does with each of its operands. */
typedef Take TakeOf(const CoreExpr *expr, size_t index);

static Take take_first(const CoreExpr *expr, size_t index) {
    (void)expr;
    return index == 0 ? TAKE : TAKE_NOT; /* it is added to in place where it has no other owner */
}

static Take take_rest(const CoreExpr *expr, size_t index) {
    (void)expr;
    return index == 0 ? TAKE_NOT : TAKE; /* the function that is called, and what is given to it */
}

static Take take_params(const CoreExpr *expr, size_t index) {
    return expr->fn->params.items[index]->is_owned ? TAKE : TAKE_NOT;
}

static Take take_of(const CoreExpr *expr, size_t index, TakeOf *takes, Take all) {
    return takes ? takes(expr, index) : all;
}

/* Backwards: first the operands that wait for the others, then those. */
static void own_operands(Own *own, CoreExpr *expr, CoreExprs *args, Live *live, TakeOf *takes, Take all) {
    for (size_t i = 0; i < args->len; i++)
        if (take_of(expr, i, takes, all) == TAKE_NOT) mark_roots(own, args->items[i], live);
    for (int round = 0; round < 2; round++) {
        for (size_t i = args->len; i-- > 0;)
            if (core_operand_waits(args->items, args->len, i) == (round == 0))
                own_expr(own, args->items[i], live, take_of(expr, i, takes, all));
    }
}

static void own_args(Own *own, CoreExprs *args, Live *live, Take take) {
    own_operands(own, NULL, args, live, NULL, take);
}

/* ASSIGN and UPDATE: indices first, then the operands, then the change. */
static void own_change(Own *own, CoreExpr *expr, Live *live) {
    CorePlace *place = expr->place;
    const CorePlace *outer = own->hole;
    bool is_whole = expr->kind == CORE_ASSIGN && place->steps.len == 0;
    Live *var = place->var ? own_live(own, live, place->var) : NULL;
    if (var) *var = is_whole ? 0 : LIVE_ALL;
    for (size_t i = 0; i < place->steps.len; i++) {
        if (place->steps.items[i].index) mark_roots(own, place->steps.items[i].index, live);
    }
    own->hole = expr->kind == CORE_ASSIGN && own_hole_is_possible(expr) ? place : NULL;
    live[own->count] = 0;
    own_args(own, &expr->args, live, TAKE);
    own->hole = outer;
    live[own->count] = LIVE_ALL; /* an outer hole is none any more: what was done here may have to do with it */
    for (size_t i = place->steps.len; i-- > 0;) {
        if (place->steps.items[i].index) own_expr(own, place->steps.items[i].index, live, TAKE_NOT);
    }
}

static void own_loop(Own *own, CoreExpr *expr, Live *live) {
    Live *after = live_copy(own, live);
    add_loop_reads(own, expr, live);
    Live *again = live_copy(own, live);
    Live *walked = xcalloc(own->count + 1, sizeof *walked);
    for (size_t i = 0; i < expr->sources.len; i++) mark_walked(own, &expr->sources.items[i], walked);
    LoopLive loop = {.outer = own->loops, .loop = expr->loop, .after = after, .again = again, .walked = walked};
    own->loops = &loop;
    Live *inside = live_copy(own, live);
    own_expr(own, vec_last(&expr->args), inside, TAKE_NOT);
    own->loops = loop.outer;
    live_join(own, live, inside);
    free(inside);
    free(walked);
    free(again);
    free(after);
    if (expr->kind == CORE_WHILE) own_expr(own, expr->args.items[0], live, TAKE_NOT);
    for (size_t i = expr->sources.len; i-- > 0;) own_expr(own, expr->sources.items[i].expr, live, TAKE_LET);
}

static void own_if(Own *own, CoreExpr *expr, Live *live, Take take) {
    Live *otherwise = live_copy(own, live);
    own_expr(own, expr->args.items[1], live, take);
    own_expr(own, expr->args.items[2], otherwise, take);
    live_join(own, live, otherwise);
    free(otherwise);
    own_expr(own, expr->args.items[0], live, TAKE_NOT);
}

/* The body may fail anywhere: what the handler or the code after it reads is live throughout, whatever the body assigns. */
static void own_try(Own *own, CoreExpr *expr, Live *live, Take take) {
    Live *handler = live_copy(own, live);
    own_expr(own, expr->args.items[1], handler, take);
    Live *var = own_live(own, handler, expr->var);
    if (var) *var = 0;
    TryLive attempt = {.outer = own->tries, .handler = handler};
    own->tries = &attempt;
    own_expr(own, expr->args.items[0], live, take);
    own->tries = attempt.outer;
    live_join(own, live, handler);
    free(handler);
}

/* The way out passes by the assignment that a hole waits for. */
static void own_jump(Own *own, const CoreExpr *expr, Live *live) {
    for (const LoopLive *loop = own->loops; loop; loop = loop->outer) {
        if (loop->loop == expr->loop) memcpy(live, expr->kind == CORE_BREAK ? loop->after : loop->again, own->count * sizeof *live);
    }
    live[own->count] = LIVE_ALL;
}

/* What a job walks and captures is held until it ends. */
static void own_job(Own *own, CoreExpr *expr, Live *live) {
    CoreJob *job = expr->job;
    for (size_t i = 0; i < job->sources.len; i++) mark_roots(own, job->sources.items[i].expr, live);
    own_args(own, &expr->args, live, TAKE_NOT);
    own_args(own, &job->captured, live, TAKE_LET);
    for (size_t i = job->sources.len; i-- > 0;) own_expr(own, job->sources.items[i].expr, live, TAKE_LET);
}

static void own_block(Own *own, CoreExpr *expr, Live *live, Take take) {
    for (size_t i = expr->args.len; i-- > 0;) own_expr(own, expr->args.items[i], live, i + 1 == expr->args.len ? take : TAKE_NOT);
}

static void own_let(Own *own, CoreExpr *expr, Live *live) {
    Live *var = own_live(own, live, expr->var);
    bool is_wanted = var && own->wanted && own->wanted[var - live];
    if (var) *var = 0;
    own_args(own, &expr->args, live, is_wanted || expr->var->is_mutable ? TAKE : TAKE_LET);
}

static void own_part(Own *own, CoreExpr *expr, Live *live, Take take) {
    CoreVar *var;
    Live bits;
    if (take != TAKE_NOT && own_takes_hole(own, expr, live)) {
        if (!own->wanted) expr->is_move = true;
        live[own->count] = LIVE_ALL;
    } else if (own_path(expr, &var, &bits)) {
        own_read(own, expr, var, bits, live, take);
    } else {
        own_args(own, &expr->args, live, TAKE_NOT);
    }
}

static void own_expr(Own *own, CoreExpr *expr, Live *live, Take take) {
    switch (expr->kind) {
    case CORE_LOCAL:
    case CORE_FIELD:
    case CORE_UNWRAP:
    case CORE_UNBOX:
    case CORE_INDEX: own_part(own, expr, live, take); break;
    case CORE_LET: own_let(own, expr, live); break;
    case CORE_ASSIGN:
    case CORE_UPDATE: own_change(own, expr, live); break;
    case CORE_BLOCK: own_block(own, expr, live, take_of_branch(take)); break;
    case CORE_IF: own_if(own, expr, live, take_of_branch(take)); break;
    case CORE_TRY: own_try(own, expr, live, take_of_branch(take)); break;
    case CORE_WHILE:
    case CORE_CHUNK:
    case CORE_FOR: own_loop(own, expr, live); break;
    case CORE_BREAK:
    case CORE_CONTINUE: own_jump(own, expr, live); break;
    case CORE_RETURN:
        memset(live, 0, (own->count + 1) * sizeof *live);
        own_args(own, &expr->args, live, TAKE_RESULT);
        break;
    case CORE_CALL: own_operands(own, expr, &expr->args, live, take_params, TAKE_NOT); break;
    case CORE_CALL_VALUE: own_operands(own, expr, &expr->args, live, take_rest, TAKE_NOT); break;
    case CORE_CLOSURE:
    case CORE_TUPLE:
    case CORE_SOME:
    case CORE_BOX:
    case CORE_LIST:
    case CORE_MAP:
    case CORE_SET:
    case CORE_YIELD: own_args(own, &expr->args, live, TAKE); break;
    case CORE_JOB: own_job(own, expr, live); break;
    case CORE_CONCAT: own_operands(own, expr, &expr->args, live, take_first, TAKE_NOT); break;
    case CORE_FORMAT: /* of a string without a format is the string itself */
        if (expr->text_len == 0 && expr->args.items[0]->type == expr->type) {
            own_expr(own, expr->args.items[0], live, take);
        } else {
            own_args(own, &expr->args, live, TAKE_NOT);
        }
        break;
    case CORE_OP: own_operands(own, expr, &expr->args, live, expr->op == CORE_OP_CONCAT_LISTS ? take_first : NULL, TAKE_NOT); break;
    default: own_args(own, &expr->args, live, TAKE_NOT); break;
    }
}

/* ---- the entries */

void own_mark(Arena *arena, CoreExpr *body, CoreVar *const *params, size_t param_count) {
    if (!body) return;
    Own own = {0};
    map_init(&own.indices, arena);
    for (size_t i = 0; i < param_count; i++) {
        if (params[i] && params[i]->is_owned) own_declare(&own, params[i]);
    }
    declare_visit(body, &own);
    if (own.count == 0) return;
    own_expr(&own, body, arena_array(arena, Live, own.count + 1), TAKE_RESULT);
}

bool own_find(Arena *arena, CoreFn *fn) {
    Own own = {0};
    bool found = false;
    map_init(&own.indices, arena);
    for (size_t i = 0; i < fn->params.len; i++) own_declare(&own, fn->params.items[i]);
    declare_visit(fn->body, &own);
    own.wanted = arena_array(arena, bool, own.count + 1);
    own_expr(&own, fn->body, arena_array(arena, Live, own.count + 1), TAKE_RESULT);
    for (size_t i = 0; i < fn->params.len; i++) {
        CoreVar *param = fn->params.items[i];
        if (param->is_owned || !own.wanted[i]) continue;
        param->is_owned = found = true;
        param->is_borrowed = false;
    }
    return found;
}
