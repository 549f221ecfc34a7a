/* type.h: the types of Hindley–Milner inference: variables, unification, constraints, schemes, printing.
 *
 * A type variable carries constraints from a closed list (a set of classes) and may appear in predicates that relate several types
 * (a sequence of E; indexing). Levels mark what may be generalised (Rémy 1992). Types live in the compile's arena; one thread. */
#ifndef COMPILER_SEMA_TYPE_H
#define COMPILER_SEMA_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/vec.h"
#include "compiler/source/source.h"

typedef struct Type Type;
struct Symbol;

typedef enum TypeKind {
    TYPE_ERROR, /* of what was reported already: unifies with everything */
    TYPE_VAR,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_BOOL,
    TYPE_STRING,
    TYPE_RANGE,
    TYPE_TUPLE,    /* args: the fields; none: unit */
    TYPE_OPTIONAL, /* args[0] */
    TYPE_LIST,
    TYPE_MAP, /* key, value */
    TYPE_SET,
    TYPE_STREAM,
    TYPE_FUTURE,
    TYPE_FN,   /* args: the parameters, then the result */
    TYPE_DATA, /* a declared record or sum type: symbol, args */
} TypeKind;

/* Classes that a single type can be asked to belong to. */
typedef enum TypeClass {
    CLASS_NUMBER = 1 << 0, /* int float: arithmetic, and what an int literal may become */
    CLASS_ADD = 1 << 1,    /* int float string list */
    CLASS_ORDER = 1 << 2,
    CLASS_EQUAL = 1 << 3, /* equality and hashing */
    CLASS_PRINT = 1 << 4,
    CLASS_LENGTH = 1 << 5,   /* string list map set range */
    CLASS_PATHS = 1 << 6,    /* string [string] */
    CLASS_CONVERT = 1 << 7,  /* int float bool: what int(x) and float(x) take */
    CLASS_LITERAL = 1 << 8,  /* came from an int literal: becomes int where nothing decides */
    CLASS_SLICE = 1 << 9,    /* string list */
    CLASS_DEFAULT = 1 << 10, /* met an int literal in a general function: becomes int where no use decides */
} TypeClass;

/* Where the program asks a type variable to belong to classes, or a container to be one, and what asked for it in turn: in the body
 * of a function that is called there. */
typedef struct Demand {
    uint32_t classes; /* 0: of a predicate */
    Span span;
    const struct Demand *inner; /* or NULL */
    const struct Demand *next;  /* of the same variable */
} Demand;

struct Type {
    TypeKind kind;
    Type **args;
    size_t arg_count;
    struct Symbol *symbol; /* DATA */
    /* VAR: */
    Type *link;  /* what it was unified with, or NULL */
    uint32_t id; /* for printing: A, B, … in the order of appearance */
    uint32_t level;
    uint32_t classes;      /* TypeClass bits */
    const Demand *demands; /* where they come from, as far as that is known */
    Name name;             /* from an annotation, else NULL */
    bool is_rigid;         /* stands for any type in the body of what declared it: unifies with itself only */
};

/* Relations between types that are solved once the head of the first is known. */
typedef enum PredKind {
    PRED_SEQUENCE, /* types[0] can be walked and has elements types[1] */
    PRED_INDEX,    /* types[0][types[1]] is a types[2]: lists by int, maps by key */
    PRED_KEYED,    /* types[0] is a map or set with keys types[1] */
    PRED_IN,       /* types[0] in types[1] */
    PRED_FIELD,    /* types[0] has the field `name` of types[1]; tuples: field `index` */
} PredKind;

typedef struct Pred {
    PredKind kind;
    Type *types[3];
    Name name;
    uint64_t index;
    Span span;
    const Demand *inner; /* where the function asks for it that is called at the span; or NULL */
    bool is_written;     /* the span is that of the container's expression */
} Pred;

typedef VEC(Pred) Preds;
typedef VEC(Type *) TypeList;

/* For all vars such that preds hold: type. Without vars: just the type. */
typedef struct Scheme {
    TypeList vars;
    Preds preds;
    Type *type;
} Scheme;

Type *type_prune(Type *type);                              /* follows links */
void type_print_marked(const Type *type, Buf *out);        /* with the modules of declared types: different for different types */
void type_print(const Type *type, Buf *out);               /* "[string: int]", "(A, A) -> A" */
void scheme_print(const Scheme *scheme, Buf *out);         /* "biggest : [T] -> T, where T has an order" without the name */
void scheme_print_reducer(const Scheme *scheme, Buf *out); /* "reducer of A giving [A]": from (element, state, result) */

#endif
