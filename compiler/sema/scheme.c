/* scheme.c: instantiation and generalisation.
 *
 * What a type variable's container decides belongs to it: in `map f over xs`, with a general xs, the element type is general
 * although it need not stand in the function's own type; it is then one of the scheme's variables too, decided by a predicate at
 * each use. */
#include "compiler/sema/infer.h"

/* ---- instantiation */

typedef struct Substitution {
    Infer *infer;
    const TypeList *vars;
    Type *const *types;
    size_t budget;
} Substitution;

static Type *substitute(Substitution *s, Type *type) {
    type = type_prune(type);
    if (type->kind == TYPE_VAR) {
        for (size_t i = 0; i < s->vars->len; i++)
            if (type == s->vars->items[i]) return s->types[i];
        return type;
    }
    if (type->arg_count == 0 || s->budget == 0) return type;
    s->budget--;
    Type **args = arena_array(s->infer->arena, Type *, type->arg_count);
    bool changed = false;
    for (size_t i = 0; i < type->arg_count; i++) {
        args[i] = substitute(s, type->args[i]);
        changed = changed || args[i] != type->args[i];
    }
    if (!changed) return type;
    Type *copy = arena_make(s->infer->arena, Type);
    *copy = *type;
    copy->args = args;
    return copy;
}

/* What the use of a scheme at this place asks of a variable. */
static const Demand *demand_at(Infer *infer, const Type *var, Span span) {
    if (!(var->classes & ~(uint32_t)(CLASS_LITERAL | CLASS_DEFAULT))) return NULL;
    Demand *demand = arena_make(infer->arena, Demand);
    *demand = (Demand){.classes = var->classes, .span = span, .inner = var->demands};
    return demand;
}

Type *scheme_instantiate(Infer *infer, const Scheme *scheme, Span span, TypeList *types) {
    if (scheme->vars.len == 0) return scheme->type;
    size_t first = types->len;
    for (size_t i = 0; i < scheme->vars.len; i++) {
        Type *var = type_var(infer, scheme->vars.items[i]->classes);
        var->demands = demand_at(infer, scheme->vars.items[i], span);
        vec_push(infer->arena, types, var);
        if (var->classes & CLASS_DEFAULT) vec_push(infer->arena, &infer->literals, var);
    }
    Substitution s = {.infer = infer, .vars = &scheme->vars, .types = types->items + first, .budget = (size_t)16 * TYPE_SIZE_LIMIT};
    Type *type = substitute(&s, scheme->type);
    for (size_t i = 0; i < scheme->preds.len; i++) {
        Pred pred = scheme->preds.items[i];
        Demand *inner = arena_make(infer->arena, Demand);
        *inner = (Demand){.span = pred.span, .inner = pred.inner};
        pred.inner = inner;
        pred.span = span;
        pred.is_written = false;
        for (size_t j = 0; j < 3; j++)
            if (pred.types[j]) pred.types[j] = substitute(&s, pred.types[j]);
        pred_require(infer, pred);
    }
    return type;
}

/* ---- generalisation */

/* Appends the variables of the type that may be generalised, in order of appearance, and marks them by the generic level. */
static void collect(Infer *infer, Type *type, TypeList *vars, size_t *budget) {
    type = type_prune(type);
    if (*budget == 0) return;
    --*budget;
    if (type->kind == TYPE_VAR && type->level > infer->level && type->level != LEVEL_GENERIC) {
        type->level = LEVEL_GENERIC;
        vec_push(infer->arena, vars, type);
    }
    for (size_t i = 0; i < type->arg_count; i++) collect(infer, type->args[i], vars, budget);
}

static void collect_all(Infer *infer, Type *type, TypeList *vars) {
    size_t budget = (size_t)16 * TYPE_SIZE_LIMIT;
    collect(infer, type, vars, &budget);
}

static Type *container_of(const Pred *pred) {
    return type_prune(pred->types[pred->kind == PRED_IN ? 1 : 0]);
}

/* What an outer variable decides is not general either. */
static void lower_what_is_decided(Infer *infer) {
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < infer->pending.len; i++) {
            Pred *pred = &infer->pending.items[i];
            Type *container = container_of(pred);
            if (container->kind != TYPE_VAR || container->level > infer->level) continue;
            for (size_t j = 0; j < 3; j++) {
                Type *type = pred->types[j] ? type_prune(pred->types[j]) : NULL;
                if (type && type != container && type->kind == TYPE_VAR && !type->is_rigid && type->level > container->level) {
                    type->level = container->level;
                    again = true;
                } else if (type && type != container) {
                    type_lower(type, container->level);
                }
            }
        }
    }
}

/* The place in pred->types of what is looked for: a position, a key, an element. */
static size_t key_place(PredKind kind) {
    return kind == PRED_INDEX || kind == PRED_KEYED ? 1 : kind == PRED_IN ? 0 : SIZE_MAX;
}

/* Adds what the variables found so far decide through predicates; `with_keys` also the types of positions and keys. */
static void close_over_preds(Infer *infer, TypeList *vars, bool with_keys) {
    for (size_t before = vars->len + 1; before != vars->len;) {
        before = vars->len;
        for (size_t i = 0; i < infer->pending.len; i++) {
            Pred *pred = &infer->pending.items[i];
            Type *container = container_of(pred);
            for (size_t j = 0; container->kind == TYPE_VAR && container->level == LEVEL_GENERIC && j < 3; j++)
                if (pred->types[j] && (with_keys || j != key_place(pred->kind))) collect_all(infer, pred->types[j], vars);
        }
    }
}

/* Variables of the current generalisation that came from literals and that no parameter decides are ints. The others are what each
 * use decides, or ints there too. */
static void default_literals(Infer *infer, const TypeList *decided) {
    for (size_t i = 0; i < decided->len; i++) {
        Type *var = decided->items[i];
        if (var->classes & CLASS_LITERAL) var->classes = (var->classes & ~(uint32_t)CLASS_LITERAL) | CLASS_DEFAULT;
    }
    literals_default(infer, 0);
}

void literals_default(Infer *infer, size_t from) {
    UnifyResult ignored;
    size_t kept = from;
    for (size_t i = from; i < infer->literals.len; i++) {
        Type *type = type_prune(infer->literals.items[i]);
        if (type->kind != TYPE_VAR || !(type->classes & (CLASS_LITERAL | CLASS_DEFAULT)) || type->level == LEVEL_GENERIC) continue;
        if (type->level > infer->level)
            type_unify(infer, type, type_basic(infer, TYPE_INT), &ignored);
        else
            infer->literals.items[kept++] = type;
    }
    infer->literals.len = kept;
}

/* The same predicate may have been asked for twice before it was known that both were about one type. */
static void drop_repeated_preds(Infer *infer) {
    Preds preds = infer->pending;
    infer->pending = (Preds){0};
    for (size_t i = 0; i < preds.len; i++) pred_require(infer, preds.items[i]);
}

bool scheme_generalise(Infer *infer, const TypeList *types, const TypeList *deciding, Scheme **schemes) {
    pred_solve_pending(infer);
    drop_repeated_preds(infer);
    lower_what_is_decided(infer);
    TypeList decided = {0}, vars = {0};
    for (size_t i = 0; i < deciding->len; i++) collect_all(infer, deciding->items[i], &decided);
    close_over_preds(infer, &decided, false); /* the 0 of xs[0] is an int, whatever xs may be */
    default_literals(infer, &decided);
    pred_solve_pending(infer);
    /* The order of the variables is that of their appearance in the types, which collecting from the parameters first keeps. */
    for (size_t i = 0; i < decided.len; i++)
        if (type_prune(decided.items[i])->kind == TYPE_VAR) vec_push(infer->arena, &vars, decided.items[i]);
    for (size_t i = 0; i < types->len; i++) collect_all(infer, types->items[i], &vars);
    close_over_preds(infer, &vars, true);

    Preds own = {0};
    size_t kept = 0;
    for (size_t i = 0; i < infer->pending.len; i++) {
        Type *container = container_of(&infer->pending.items[i]);
        if (container->level == LEVEL_GENERIC)
            vec_push(infer->arena, &own, infer->pending.items[i]);
        else
            infer->pending.items[kept++] = infer->pending.items[i];
    }
    infer->pending.len = kept;
    bool is_small = vars.len + own.len <= SCHEME_SIZE_LIMIT;
    for (size_t i = 0; i < types->len; i++) {
        schemes[i] = scheme_of(infer, is_small ? types->items[i] : type_basic(infer, TYPE_ERROR));
        if (is_small) *schemes[i] = (Scheme){.vars = vars, .preds = own, .type = types->items[i]};
    }
    return is_small;
}
