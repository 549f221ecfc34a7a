/* lend.c: lists that are only looked at.
 *
 * What `split` gives is, in most programs, taken apart at once: its elements are read by number, counted, or walked, and the list
 * itself goes nowhere. Such a list need not be made on the heap: it may lie in the frame of who looks at it, and its elements may
 * be slices that own nothing, as long as the text that was split is held. Where moreover only elements with constant numbers are
 * looked at, no more separators need be found than there are before the last of these.
 *
 * A list is lent where each use of it is one of these: an element by its number, its length, a walk, or a call of a function with a
 * parameter that is lent too, which is found to a fixed point over the graph of calls. Everything else makes it escape. This runs
 * after own.c: who takes an element out of a list that is lent gets a copy of it instead. */
#include "compiler/core/core_internal.h"

#include <string.h>

enum { LOOK_ALL = INT32_MAX, LOOK_MOST = 64 }; /* with more than LOOK_MOST wanted, all are */

/* What is done with a list: a variable, or a call of `split` that stands where something looks at it. */
typedef struct Looked {
    CoreExpr *split; /* the call whose value it is, or NULL */
    bool escapes;
    int64_t most;             /* the elements before this one are all that is looked at */
    VEC(CoreVar *) lent_to;   /* parameters that it is given to */
    VEC(CoreExpr *) is_moved; /* elements of it, or it as a source, that are marked as moves */
} Looked;

typedef struct Lend {
    CoreProgram *program;
    Map looked; /* CoreVar or CoreExpr -> Looked */
} Lend;

static bool is_prim(const CoreExpr *expr, const char *name) {
    return expr->kind == CORE_PRIM && strcmp(expr->text, name) == 0;
}

static bool is_list_name(const CoreExpr *expr) {
    return expr->kind == CORE_LOCAL && expr->type->kind == CORE_TYPE_LIST;
}

static Looked *looked_at(Lend *lend, const void *what) {
    void **slot = map_slot_pointer(&lend->looked, what);
    if (!*slot) *slot = arena_make(lend->program->arena, Looked);
    return *slot;
}

static void visit(CoreExpr *expr, void *context);

/* The list that stands here, to be looked at; NULL: it is none that could be lent, and has been visited. */
static Looked *look(Lend *lend, CoreExpr *expr) {
    if (is_list_name(expr)) return looked_at(lend, expr->var);
    if (!is_prim(expr, "split")) {
        visit(expr, lend);
        return NULL;
    }
    Looked *looked = looked_at(lend, expr);
    looked->split = expr;
    core_each_child(expr, visit, lend);
    return looked;
}

static void look_until(Looked *looked, int64_t most) {
    if (looked && most > looked->most) looked->most = most;
}

/* How many elements it takes to know element `index`, or whether there are so many. */
static int64_t until_index(const CoreExpr *index) {
    if (index->kind != CORE_INT || index->integer >= LOOK_MOST) return LOOK_ALL;
    return index->integer < 0 ? 1 : index->integer + 1;
}

static void visit_element(Lend *lend, CoreExpr *expr) {
    Looked *looked = look(lend, expr->args.items[0]);
    look_until(looked, until_index(expr->args.items[1]));
    if (looked && expr->is_move) vec_push(lend->program->arena, &looked->is_moved, expr);
    visit(expr->args.items[1], lend);
}

static void visit_sources(Lend *lend, CoreExpr *loop) {
    for (size_t i = 0; i < loop->sources.len; i++) {
        CoreExpr *list = loop->sources.items[i].expr;
        if (loop->sources.items[i].kind != CORE_SOURCE_LIST) {
            visit(list, lend);
            continue;
        }
        Looked *looked = look(lend, list);
        look_until(looked, LOOK_ALL);
        if (looked && list->is_move) vec_push(lend->program->arena, &looked->is_moved, list);
    }
    for (size_t i = 0; i < loop->args.len; i++) visit(loop->args.items[i], lend);
}

static void visit_call(Lend *lend, CoreExpr *call) {
    for (size_t i = 0; i < call->args.len; i++) {
        CoreExpr *arg = call->args.items[i];
        CoreVar *param = call->fn->params.items[i];
        bool may_lend = !call->flag && !param->is_owned && arg->type->kind == CORE_TYPE_LIST;
        Looked *looked = NULL;
        if (may_lend)
            looked = look(lend, arg);
        else
            visit(arg, lend);
        if (looked) vec_push(lend->program->arena, &looked->lent_to, param);
    }
}

static bool is_length(const CoreExpr *expr) {
    return is_prim(expr, "len") && expr->args.items[0]->type->kind == CORE_TYPE_LIST;
}

static bool compares(const CoreExpr *expr) {
    return expr->kind == CORE_OP && expr->op >= CORE_OP_EQ && expr->op <= CORE_OP_GE;
}

static void visit(CoreExpr *expr, void *context) {
    Lend *lend = context;
    if (is_list_name(expr)) {
        looked_at(lend, expr->var)->escapes = true;
    } else if (expr->kind == CORE_INDEX && expr->args.items[0]->type->kind == CORE_TYPE_LIST) {
        visit_element(lend, expr);
    } else if (is_length(expr)) {
        look_until(look(lend, expr->args.items[0]), LOOK_ALL);
    } else if (is_prim(expr, "get") && expr->args.items[0]->type->kind == CORE_TYPE_LIST) {
        visit_element(lend, expr);
    } else if (compares(expr) && is_length(expr->args.items[0]) && expr->args.items[1]->kind == CORE_INT) {
        look_until(look(lend, expr->args.items[0]->args.items[0]), until_index(expr->args.items[1]));
    } else if (expr->kind == CORE_FOR) {
        visit_sources(lend, expr);
    } else if (expr->kind == CORE_CALL) {
        visit_call(lend, expr);
    } else {
        if (expr->kind == CORE_LET && is_prim(expr->args.items[0], "split") && !expr->var->is_mutable)
            looked_at(lend, expr->var)->split = expr->args.items[0];
        if (expr->place && expr->place->var) looked_at(lend, expr->place->var)->escapes = true;
        core_each_child(expr, visit, lend);
    }
}

/* A list is looked at as its parameters are. */
static bool spread(Lend *lend, Looked *looked) {
    Looked before = *looked;
    for (size_t i = 0; i < looked->lent_to.len; i++) {
        const Looked *param = looked_at(lend, looked->lent_to.items[i]);
        looked->escapes |= param->escapes;
        look_until(looked, param->most);
    }
    return looked->escapes != before.escapes || looked->most != before.most;
}

static void settle(Looked *looked) {
    if (!looked->split || looked->escapes) return;
    looked->split->flag = true;
    looked->split->integer = looked->most > LOOK_MOST ? 0 : looked->most > 0 ? looked->most : 1;
    for (size_t i = 0; i < looked->is_moved.len; i++) looked->is_moved.items[i]->is_move = false;
}

void core_lend(CoreProgram *program) {
    Lend lend = {.program = program};
    map_init(&lend.looked, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) visit(program->fns.items[i]->body, &lend);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], visit, &lend);
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (size_t i = 0; i < lend.looked.len; i++) goes_on |= spread(&lend, lend.looked.entries[i].value);
    }
    for (size_t i = 0; i < lend.looked.len; i++) settle(lend.looked.entries[i].value);
}
