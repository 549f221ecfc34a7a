/* unify.c: making two types equal (Robinson), with levels (Rémy) and classes on variables.
 *
 * Binding a variable walks the type that it is bound to, for the occurs check, the levels and the size; a type that would be too
 * large is refused there, which keeps every later walk short and its recursion shallow. */
#include "compiler/sema/infer.h"
#include "compiler/sema/symbol.h"

static bool fail(UnifyResult *result, UnifyStatus status, Type *left, Type *right) {
    result->status = status;
    result->left = left;
    result->right = right;
    return false;
}

static bool fail_class(UnifyResult *result, Type *type, uint32_t class) {
    fail(result, UNIFY_CLASS, type, NULL);
    result->class = class;
    return false;
}

/* ---- walks over one type */

/* Prepares binding `var` to `type`: no occurrence of the one in the other, levels lowered to the variable's. */
static UnifyStatus adjust(const Type *var, Type *type, uint32_t level, size_t *budget) {
    type = type_prune(type);
    if (type == var) return UNIFY_INFINITE;
    if (*budget == 0) return UNIFY_TOO_LARGE;
    --*budget;
    if (type->kind == TYPE_VAR && type->level > level) {
        if (type->is_rigid || type->level == LEVEL_GENERIC) return UNIFY_RIGID;
        type->level = level;
    }
    for (size_t i = 0; i < type->arg_count; i++) {
        UnifyStatus status = adjust(var, type->args[i], level, budget);
        if (status != UNIFY_OK) return status;
    }
    return UNIFY_OK;
}

bool type_lower(Type *type, uint32_t level) {
    size_t budget = TYPE_SIZE_LIMIT;
    return adjust(NULL, type, level, &budget) != UNIFY_TOO_LARGE;
}

bool type_is_small(Type *type) {
    return type_lower(type, LEVEL_GENERIC);
}

/* ---- classes */

static uint32_t classes_of_kind(TypeKind kind) {
    const uint32_t compared = CLASS_ORDER | CLASS_EQUAL | CLASS_PRINT;
    switch (kind) {
    case TYPE_INT:
    case TYPE_FLOAT: return compared | CLASS_NUMBER | CLASS_ADD | CLASS_CONVERT | CLASS_LITERAL | CLASS_DEFAULT;
    case TYPE_BOOL: return compared | CLASS_CONVERT;
    case TYPE_STRING: return compared | CLASS_ADD | CLASS_LENGTH | CLASS_PATHS | CLASS_SLICE;
    case TYPE_RANGE:
    case TYPE_MAP:
    case TYPE_SET: return compared | CLASS_LENGTH;
    case TYPE_LIST: return compared | CLASS_ADD | CLASS_LENGTH | CLASS_PATHS | CLASS_SLICE;
    case TYPE_TUPLE:
    case TYPE_OPTIONAL:
    case TYPE_DATA: return compared;
    case TYPE_ERROR:
    case TYPE_VAR: return ~0u;
    case TYPE_STREAM:
    case TYPE_FUTURE:
    case TYPE_FN: return 0;
    }
    return 0;
}

/* Is there any type that has all of the classes? */
static bool is_possible(uint32_t classes) {
    for (int kind = TYPE_INT; kind <= TYPE_DATA; kind++)
        if ((classes & ~classes_of_kind((TypeKind)kind)) == 0) return true;
    return false;
}

static const Demand *demand_for(const Demand *demands, uint32_t class) {
    while (demands && !(demands->classes & class)) demands = demands->next;
    return demands;
}

bool demand_is_at(const Demand *demand, Span span) {
    Span own = demand->span;
    return own.file == span.file && own.from < span.to && span.from < own.to;
}

/* The classes are new to the variable: from here on it is known that this place asks for them, or what it was bound to. */
static void demand_add(Infer *infer, Type *var, uint32_t classes, const Demand *demands) {
    const Demand *inner = demand_for(demands, classes & (~classes + 1));
    bool is_placed = infer->place.file != UINT32_MAX && !(inner && demand_is_at(inner, infer->place));
    if (!is_placed && !inner) return;
    Demand *demand = arena_make(infer->arena, Demand);
    *demand = (Demand){.classes = classes, .span = is_placed ? infer->place : inner->span, .next = var->demands};
    demand->inner = is_placed ? inner : inner->inner;
    var->demands = demand;
}

/* What is asked of the type: `demands` say where that comes from. */
typedef struct Constraint {
    Infer *infer;
    const Demand *demands;
    size_t budget;
    UnifyResult *result;
} Constraint;

static bool lacks(const Constraint *c, Type *type, uint32_t classes) {
    uint32_t class = classes & (~classes + 1);
    c->result->demand = demand_for(c->demands, class);
    return fail_class(c->result, type, class);
}

static bool constrain(Constraint *c, Type *type, uint32_t classes) {
    type = type_prune(type);
    if (c->budget == 0) return fail(c->result, UNIFY_TOO_LARGE, type, NULL);
    --c->budget;
    if (type->kind == TYPE_VAR) {
        uint32_t all = type->classes | (type->is_rigid ? classes & ~(uint32_t)(CLASS_LITERAL | CLASS_DEFAULT) : classes);
        if (!is_possible(all)) return lacks(c, type, classes);
        uint32_t shown = all & ~type->classes & ~(uint32_t)(CLASS_LITERAL | CLASS_DEFAULT);
        if (shown) demand_add(c->infer, type, shown, c->demands);
        type->classes = all;
        return true;
    }
    uint32_t own = type->kind == TYPE_DATA && type->symbol->is_opaque ? 0 : classes_of_kind(type->kind);
    if (classes & ~own) return lacks(c, type, classes & ~own);
    if ((classes & CLASS_PATHS) && type->kind == TYPE_LIST &&
        !type_unify(c->infer, type->args[0], type_basic(c->infer, TYPE_STRING), c->result))
        return false;
    uint32_t inherited = classes & (CLASS_ORDER | CLASS_EQUAL | CLASS_PRINT);
    for (size_t i = 0; inherited && i < type->arg_count; i++)
        if (!constrain(c, type->args[i], inherited)) return false;
    return true;
}

static bool constrain_for(Infer *infer, Type *type, uint32_t classes, const Demand *demands, UnifyResult *result) {
    Constraint constraint = {.infer = infer, .demands = demands, .budget = TYPE_SIZE_LIMIT, .result = result};
    result->status = UNIFY_OK;
    result->demand = NULL;
    return constrain(&constraint, type, classes);
}

bool type_constrain(Infer *infer, Type *type, uint32_t classes, UnifyResult *result) {
    return constrain_for(infer, type, classes, NULL, result);
}

/* ---- unification */

static bool bind(Infer *infer, Type *var, Type *type, UnifyResult *result) {
    /* Rigid variables stay, and so do those of literals, which are known to the list of what may become int. */
    bool keeps = var->is_rigid || ((var->classes & CLASS_LITERAL) && !(type->classes & CLASS_LITERAL));
    if (type->kind == TYPE_VAR && !type->is_rigid && keeps) {
        Type *other = var;
        var = type;
        type = other;
    }
    if (type->kind == TYPE_ERROR) {
        if (!var->is_rigid) var->link = type;
        return true;
    }
    if (var->is_rigid) return fail(result, UNIFY_RIGID, var, type);
    if (type->kind != TYPE_VAR && (var->classes & CLASS_LITERAL) && !(classes_of_kind(type->kind) & CLASS_NUMBER))
        return fail(result, UNIFY_MISMATCH, var, type); /* a plain mismatch reads better than "is not a number" */
    size_t budget = TYPE_SIZE_LIMIT;
    UnifyStatus status = adjust(var, type, var->level, &budget);
    if (status != UNIFY_OK) return fail(result, status, var, type);
    uint32_t classes = var->classes;
    var->link = type;
    if (constrain_for(infer, type, classes, var->demands, result)) return true;
    var->link = type_basic(infer, TYPE_ERROR); /* what has its type from here says nothing more */
    return false;
}

static bool unify(Infer *infer, Type *a, Type *b, size_t *budget, UnifyResult *result) {
    a = type_prune(a);
    b = type_prune(b);
    if (a == b) return true;
    if (*budget == 0) return fail(result, UNIFY_TOO_LARGE, a, b);
    --*budget;
    if (a->kind == TYPE_VAR) return bind(infer, a, b, result);
    if (b->kind == TYPE_VAR) return bind(infer, b, a, result);
    if (a->kind == TYPE_ERROR || b->kind == TYPE_ERROR) return true;
    if (a->kind != b->kind || a->arg_count != b->arg_count || a->symbol != b->symbol) return fail(result, UNIFY_MISMATCH, a, b);
    for (size_t i = 0; i < a->arg_count; i++)
        if (!unify(infer, a->args[i], b->args[i], budget, result)) return false;
    return true;
}

bool type_unify(Infer *infer, Type *a, Type *b, UnifyResult *result) {
    size_t budget = (size_t)4 * TYPE_SIZE_LIMIT;
    result->status = UNIFY_OK;
    return unify(infer, a, b, &budget, result);
}
