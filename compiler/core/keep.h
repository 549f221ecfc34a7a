/* keep.h: what is asked of the results of keyed jobs: shared by keep.c, which looks for it, and keep_follow.c, which knows of jobs
 * that can be done where the parts of a table are. Everything lives in the program's arena. */
#ifndef COMPILER_CORE_KEEP_H
#define COMPILER_CORE_KEEP_H

#include "compiler/core/core_internal.h"

/* A job over a table. */
typedef struct FollowUse {
    CoreExpr *use;
    uint32_t region;
} FollowUse;

/* What a variable, a global, or the value of a job that has no name is used for. */
typedef struct Uses {
    CoreJob *job;     /* the keyed job whose table it is; NULL: it is something else */
    CoreExpr *bind;   /* the LET or ASSIGN; NULL: it has no name */
    size_t at;        /* when the job is evaluated: see Keep.clock */
    uint32_t region;  /* where it is */
    uint32_t piece;   /* likewise: a piece is code that is evaluated for itself, with all regions in it */
    bool is_top;      /* at the top level */
    bool is_other;    /* something else is done with it */
    int64_t most;     /* the largest n of `ranks` */
    CoreExprs ranks;  /* the calls of `most_common` */
    CoreExprs counts; /* those of `len` */
    VEC(FollowUse) follows;
} Uses;

/* A variable or global that gets a value. */
typedef struct Bound {
    size_t at;
    CoreExpr *value; /* of a LET; else NULL */
} Bound;

typedef struct Keep {
    CoreProgram *program;
    uint32_t *next_var;
    Map uses;         /* CoreVar, CoreGlobal, or the CoreExpr of a job without a name -> Uses */
    Map bounds;       /* CoreVar, CoreGlobal -> Bound; parameters and captures have none */
    size_t clock;     /* counts what is evaluated, in its order within each piece of code */
    uint32_t region;  /* what is in the same region is evaluated equally often, each time one after the other */
    uint32_t regions; /* so far */
    uint32_t piece;
    bool is_top;
} Keep;

void keep_bound(Keep *keep, const void *name, CoreExpr *value); /* it gets its value now */
CoreVar *keep_new_var(Keep *keep, const char *name, const CoreType *type, Span span);

/* The place of the table that a job walks, if it may be done on parts of it in any order: it walks nothing else, and its reducer is
 * exact. NULL: it may not. */
CoreExpr **follow_table(CoreExpr *expr);
/* The same value, evaluated when the table's job is; NULL: it cannot be. */
CoreExpr *evaluate_early(Keep *keep, const Uses *uses, const CoreExpr *expr);
CoreVar *keep_capture(Keep *keep, CoreJob *job, CoreExpr *value); /* the job gets one more capture, of this value */
/* Is everything that the job needs there when the table's is evaluated, and are both evaluated if one is? */
bool follow_is_possible(Keep *keep, const Uses *uses, const FollowUse *use);
void follow_add(Keep *keep, const Uses *uses, CoreJob *follow); /* makes it follow the table's job */

#endif
