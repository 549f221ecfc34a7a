/* own_path.c: parts of variables: which bits of liveness they are, and whether two of them are the same or have to do with each
 * other. */
#include "compiler/core/own_internal.h"

#include <string.h>

enum { LEAVES = 64, STEPS = 16 };

/* ---- bits */

static unsigned leaf_count(const CoreType *type) {
    unsigned count = 0;
    if (type->kind == CORE_TYPE_OPTIONAL) return leaf_count(type->args[0]);
    if (type->kind != CORE_TYPE_TUPLE) return 1;
    for (size_t i = 0; i < type->arg_count && count < LEAVES; i++) count += leaf_count(type->args[i]);
    return count == 0 ? 1 : count < LEAVES ? count : LEAVES;
}

typedef struct Leaves {
    CoreVar *var;
    unsigned first, count;
    bool is_closed; /* in a cell inside the value, all of which is one leaf */
} Leaves;

static bool path_leaves(const CoreExpr *expr, Leaves *leaves) {
    const CoreExpr *base = expr->args.len > 0 ? expr->args.items[0] : NULL;
    switch (expr->kind) {
    case CORE_LOCAL: {
        const CoreType *type = expr->var->type;
        *leaves = (Leaves){.var = expr->var};
        leaves->count = leaf_count(type->kind == CORE_TYPE_BOX ? type->args[0] : type);
        return true;
    }
    case CORE_UNWRAP: return path_leaves(base, leaves);
    case CORE_UNBOX:
        if (!path_leaves(base, leaves)) return false;
        if (base->kind != CORE_LOCAL) leaves->is_closed = true;
        return true;
    case CORE_FIELD:
        if (!path_leaves(base, leaves)) return false;
        if (leaves->is_closed) return true;
        for (int64_t i = 0; i < expr->integer && leaves->first < LEAVES; i++) leaves->first += leaf_count(base->type->args[i]);
        leaves->count = leaf_count(expr->type);
        return true;
    default: return false;
    }
}

bool own_path(const CoreExpr *expr, CoreVar **var, Live *bits) {
    Leaves leaves;
    if (!path_leaves(expr, &leaves)) return false;
    *var = leaves.var;
    unsigned first = leaves.first < LEAVES - 1 ? leaves.first : LEAVES - 1;
    Live from = LIVE_ALL << first;
    *bits = expr->kind == CORE_LOCAL         ? LIVE_ALL
            : first + leaves.count >= LEAVES ? from
                                             : from & ~(LIVE_ALL << (first + leaves.count));
    return true;
}

/* ---- the order of operands */

typedef struct Changes {
    const CoreVar *var;
    bool found;
} Changes;

static void change_visit(CoreExpr *expr, void *context) {
    Changes *changes = context;
    if (expr->place && expr->place->var == changes->var) changes->found = true;
    if (!changes->found) core_each_child(expr, change_visit, changes);
}

static bool is_changed(CoreExpr *expr, const CoreVar *var) {
    Changes changes = {.var = var};
    change_visit(expr, &changes);
    return changes.found;
}

static const CoreVar *path_root(const CoreExpr *expr) {
    while (expr->kind == CORE_FIELD || expr->kind == CORE_UNWRAP || expr->kind == CORE_UNBOX) expr = expr->args.items[0];
    return expr->kind == CORE_LOCAL ? expr->var : NULL;
}

bool core_operand_waits(CoreExpr *const *exprs, size_t count, size_t index) {
    const CoreVar *var = exprs[index]->type->is_flat ? NULL : path_root(exprs[index]);
    bool matters = false;
    if (!var) return false;
    for (size_t i = index + 1; i < count; i++) {
        if (exprs[i]->args.len == 0 || path_root(exprs[i])) continue;
        if (var->is_mutable && is_changed(exprs[i], var)) return false;
        matters = true;
    }
    return matters;
}

/* ---- the hole */

/* A step as places have them. */
typedef struct Step {
    CoreKind kind;
    uint32_t field;
    const CoreExpr *index;
} Step;

/* The steps of a path in which elements of lists and maps may occur too; SIZE_MAX: it is none, or a long one. */
static size_t path_steps(const CoreExpr *expr, Step *steps, const CoreVar **var) {
    if (expr->kind == CORE_LOCAL) {
        *var = expr->var;
        return 0;
    }
    bool is_step = expr->kind == CORE_FIELD || expr->kind == CORE_UNBOX || expr->kind == CORE_UNWRAP || expr->kind == CORE_INDEX;
    size_t count = is_step ? path_steps(expr->args.items[0], steps, var) : SIZE_MAX;
    if (count >= STEPS) return SIZE_MAX;
    steps[count] = (Step){.kind = expr->kind, .field = (uint32_t)expr->integer};
    if (expr->kind == CORE_INDEX) steps[count].index = expr->args.items[1];
    return count + 1;
}

static CoreKind step_kind(const CoreStep *step) {
    if (step->index) return CORE_INDEX;
    return step->container->kind == CORE_TYPE_BOX ? CORE_UNBOX : CORE_FIELD;
}

/* Whether both have the same value, given that no variable changes in between. */
static bool is_same(const CoreExpr *a, const CoreExpr *b) {
    if (a->kind != b->kind || a->type != b->type || a->args.len != b->args.len) return false;
    for (size_t i = 0; i < a->args.len; i++)
        if (!is_same(a->args.items[i], b->args.items[i])) return false;
    switch (a->kind) {
    case CORE_INT:
    case CORE_FIELD: return a->integer == b->integer;
    case CORE_BOOL: return a->flag == b->flag;
    case CORE_STRING: return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
    case CORE_LOCAL: return a->var == b->var;
    case CORE_GLOBAL: return a->global == b->global;
    case CORE_OP: return a->op == b->op;
    case CORE_TUPLE:
    case CORE_UNBOX:
    case CORE_UNWRAP: return true;
    default: return false;
    }
}

bool own_hole_is(const Own *own, const CoreExpr *expr) {
    Step steps[STEPS];
    const CoreVar *var = NULL;
    if (!own->hole || path_steps(expr, steps, &var) != own->hole->steps.len || var != own->hole->var) return false;
    for (size_t i = 0; i < own->hole->steps.len; i++) {
        const CoreStep *step = &own->hole->steps.items[i];
        if (step_kind(step) != steps[i].kind) return false;
        if (step->index ? !is_same(step->index, steps[i].index) : steps[i].kind == CORE_FIELD && step->field != steps[i].field)
            return false;
    }
    return true;
}

/* Two different fields, wherever they lie, are not the same part. */
static bool is_elsewhere(const CorePlace *hole, const Step *steps, size_t count) {
    for (size_t i = 0; i < count && i < hole->steps.len; i++) {
        CoreKind kind = step_kind(&hole->steps.items[i]);
        if (kind != steps[i].kind) return false;
        if (kind == CORE_FIELD && steps[i].field != hole->steps.items[i].field) return true;
    }
    return false;
}

void own_hole_mention(const Own *own, const CoreExpr *expr, Live *live) {
    Step steps[STEPS];
    const CoreVar *var = NULL;
    if (!own->hole) return;
    size_t count = path_steps(expr, steps, &var);
    if (count != SIZE_MAX && (var != own->hole->var || is_elsewhere(own->hole, steps, count))) return;
    live[own->count] = LIVE_ALL;
}

/* ---- whether the indices stay what they are */

static void index_visit(CoreExpr *expr, void *context) {
    const CoreExpr **assign = context;
    if (*assign && expr->kind == CORE_LOCAL && expr->var->is_mutable && is_changed((*assign)->args.items[0], expr->var))
        *assign = NULL;
    core_each_child(expr, index_visit, context);
}

bool own_hole_is_possible(const CoreExpr *assign) {
    const CorePlace *place = assign->place;
    const CoreExpr *stable = assign;
    if (!place->var || place->steps.len == 0 || place->type->is_flat) return false;
    for (size_t i = 0; i < place->steps.len; i++)
        if (place->steps.items[i].index) index_visit(place->steps.items[i].index, &stable);
    return stable != NULL;
}
