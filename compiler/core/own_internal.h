/* own_internal.h: what the files of the ownership pass share (own.c tells what it does): liveness, paths into variables, and the
 * one place at a time that is about to be assigned.
 *
 * Everything lives for the analysis of one piece of code; one thread. */
#ifndef COMPILER_CORE_OWN_INTERNAL_H
#define COMPILER_CORE_OWN_INTERNAL_H

#include "compiler/core/core_internal.h"

/* One bit for each leaf of a variable's value: its fields, those of tuples inside, of what is in an optional, and of the variable's
 * own cell. The last bit stands for all further ones. */
typedef uint64_t Live;
#define LIVE_ALL UINT64_MAX

/* What the code does with the value of an expression. */
typedef enum Take {
    TAKE_NOT,    /* looks at it */
    TAKE_LET,    /* owns it, without any need to be the only owner: a name for a part of something */
    TAKE_RESULT, /* gives it to the caller */
    TAKE,        /* stores, captures or changes it, or passes it on to who does */
} Take;

typedef struct LoopLive {
    struct LoopLive *outer;
    uint32_t loop;
    const Live *after, *again; /* what is live where break and continue go */
    const Live *walked;        /* what the loop's sources lie in: it stays where it is until the loop has ended */
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
    const CorePlace *hole; /* the part of a variable that is assigned when the code being walked has been run; NULL: none */
    bool *wanted;          /* looking for parameters: which variables should own what they are given; NULL: marking moves */
} Own;

/* Sets of what is live are arrays of count + 1: the last one is not zero once the hole's variable was mentioned. */
Live *own_live(const Own *own, Live *live, const CoreVar *var); /* NULL: a variable that owns nothing */

/* ---- own_path.c */

/* The bits of a part of a variable, named by a path of FIELD, UNWRAP and UNBOX; false: the expression is no such path. */
bool own_path(const CoreExpr *expr, CoreVar **var, Live *bits);

bool own_hole_is_possible(const CoreExpr *assign); /* the place means the same before and after the value is computed */
bool own_hole_is(const Own *own, const CoreExpr *expr);
void own_hole_mention(const Own *own, const CoreExpr *expr, Live *live); /* `expr` names a variable or a part of one */

/* ---- own.c */

void own_mark(Arena *arena, CoreExpr *body, CoreVar *const *params, size_t param_count);
/* Makes owned those parameters that the function would move on if they were its own. True: there were any. */
bool own_find(Arena *arena, CoreFn *fn);

#endif
