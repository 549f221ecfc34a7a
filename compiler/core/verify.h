/* verify.h: what the two files of core_verify share: the state of a check, and what an expression by itself must look like.
 *
 * The state lives for one check; one thread. The first problem that is found is kept, and ends the check. */
#ifndef COMPILER_CORE_VERIFY_H
#define COMPILER_CORE_VERIFY_H

#include "compiler/core/core_internal.h"

typedef struct Scope {
    struct Scope *outer; /* of the loop around */
    uint32_t loop;
} Scope;

typedef struct Verify {
    const CoreProgram *program;
    const char *where;   /* the function or job */
    const char *problem; /* the first one found */
    Map in_scope;        /* variable -> itself while it can be read */
    Scope *loops;
    const CoreType *result; /* of the function; NULL in a job */
    const CoreJob *job;     /* in its body */
    bool walks_chunk;       /* its elements are walked */
    const CoreFn *walk;     /* in the body of a walk function */
} Verify;

/* Notes the problem, unless there is one already; `expr`, if not NULL, is shown with it. */
void verify_fail(Verify *v, const CoreExpr *expr, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool verify_is_kind(const CoreType *type, CoreTypeKind kind);
bool verify_is_unit(const CoreType *type);
/* `expr`, an operand of `in`, must be of the type, or of one of the kind, unless it never gives a value. */
void verify_expect(Verify *v, const CoreExpr *in, const CoreExpr *expr, const CoreType *type);
void verify_expect_kind(Verify *v, const CoreExpr *in, const CoreExpr *expr, CoreTypeKind kind);

/* ---- one expression, whose operands have types (verify_node.c) */

bool verify_arity(const CoreExpr *expr); /* it has as many operands as its kind has */
void verify_op(Verify *v, const CoreExpr *expr);
void verify_node(Verify *v, const CoreExpr *expr); /* values and parts of them: kinds that ask for nothing but types */

#endif
