/* infer.h: the machinery of inference below the tree: making types, unifying them, constraints, schemes.
 *
 * An Infer holds what is still open: predicates that wait for a type, and literals that nothing has decided yet. Types are shared
 * and live in the arena; only variables change. Sizes are bounded (TYPE_SIZE_LIMIT), so that no program makes these functions slow
 * or deep. One thread; internal to sema. */
#ifndef COMPILER_SEMA_INFER_H
#define COMPILER_SEMA_INFER_H

#include "compiler/sema/type.h"
#include "compiler/source/diag.h"

enum {
    TYPE_SIZE_LIMIT = 4096,   /* nodes of a type written out as a tree */
    SCHEME_SIZE_LIMIT = 2048, /* variables and predicates of a scheme */
    TYPE_KIND_COUNT = TYPE_DATA + 1,
};
#define LEVEL_GENERIC UINT32_MAX /* the level of a scheme's variables */

typedef struct Infer {
    Arena *arena;
    DiagSink *diags;
    uint32_t level; /* variables made now may be generalised when the checker is back below this level */
    uint32_t next_id;
    Preds pending;     /* not solved yet, because the type that decides is not known */
    Span place;        /* of what is being asked of types just now; SPAN_NONE: nobody knows */
    TypeList literals; /* variables of int literals that may still have to become int */
    Type *basic[TYPE_KIND_COUNT];
} Infer;

void infer_init(Infer *infer, Arena *arena, DiagSink *diags);

/* ---- making types (type.c) */
Type *type_basic(Infer *infer, TypeKind kind); /* ERROR INT FLOAT BOOL STRING RANGE, and unit as TUPLE */
Type *type_var(Infer *infer, uint32_t classes);
Type *type_literal(Infer *infer); /* of an int literal */
Type *type_rigid(Infer *infer, Name name);
Type *type_of_kind(Infer *infer, TypeKind kind, Type *const *args, size_t count); /* copies the array of args */
Type *type_one(Infer *infer, TypeKind kind, Type *arg);
Type *type_data(Infer *infer, struct Symbol *symbol, Type *const *args, size_t count);
Type *type_pair(Infer *infer, TypeKind kind, Type *first, Type *second);
Type *type_fn_result(const Type *fn);
size_t type_fn_arity(const Type *fn);
bool type_is(Type *type, TypeKind kind); /* after pruning */
bool type_is_unit(Type *type);
bool type_is_error(Type *type);
Scheme *scheme_of(Infer *infer, Type *type); /* without variables */

/* ---- unification (unify.c) */
typedef enum UnifyStatus {
    UNIFY_OK,
    UNIFY_MISMATCH,
    UNIFY_CLASS, /* a type lacks what is asked of it */
    UNIFY_RIGID, /* a declared type variable would have to be something else */
    UNIFY_INFINITE,
    UNIFY_TOO_LARGE,
} UnifyStatus;

typedef struct UnifyResult {
    UnifyStatus status;
    Type *left, *right;   /* the innermost types that do not go together */
    uint32_t class;       /* CLASS: the one that `left` lacks … */
    const Demand *demand; /* … and where a function that is called asks for it; or NULL */
} UnifyResult;

bool type_unify(Infer *infer, Type *a, Type *b, UnifyResult *result);

/* Makes the type belong to the classes. */
bool type_constrain(Infer *infer, Type *type, uint32_t classes, UnifyResult *result);

/* Lowers the levels of the variables in the type to `level` at most. False: the type is too large. */
bool type_lower(Type *type, uint32_t level);
/* False when the type has more than TYPE_SIZE_LIMIT nodes. */
bool type_is_small(Type *type);

/* ---- constraints (constraint.c) */
const char *class_complaint(uint32_t class); /* "has no order" */
/* Labels the places, inside the functions that are called at `span`, which ask for what a type has not. */
void demand_labels(Diag *diag, Span span, const Demand *demand, const char *what);
bool demand_is_at(const Demand *demand, Span span); /* one of the two places is part of the other */
const char *class_demand(uint32_t class);           /* "an order is needed here" */
const char *class_requirement(uint32_t class);      /* "has an order", for schemes; NULL for what is not shown */

/* Asks for a predicate: solves it now, or keeps it. Reports what cannot hold, at pred.span. */
void pred_require(Infer *infer, Pred pred);
/* Solves what can be solved by now. */
void pred_solve_pending(Infer *infer);

/* ---- schemes (scheme.c) */
/* A fresh copy of the scheme's type; the types that its variables became are appended to *types. The predicates are asked for at
 * `span`. */
Type *scheme_instantiate(Infer *infer, const Scheme *scheme, Span span, TypeList *types);

/* Makes all of `types` general over the variables made above the current level; all get the same variables, in the order in which
 * they appear in `deciding`, then in `types`, and the same predicates. `deciding` are the types that a use decides (parameters, the
 * element of a reducer): a literal's type that does not depend on them becomes int. `schemes` has room for one a type.
 * False when the schemes would be too large: then they are errors. */
bool scheme_generalise(Infer *infer, const TypeList *types, const TypeList *deciding, Scheme **schemes);

/* Literals that were made above the current level and that nothing decided become int; the others wait for the enclosing statement.
 */
void literals_default(Infer *infer, size_t from);

/* ---- text (type_print.c) */
const char *type_text(Infer *infer, Type *type);                                           /* shortened where it is very long */
void type_texts(Infer *infer, Type *a, Type *b, const char **text_a, const char **text_b); /* with the same names of variables */

#endif
