/* copy.h: code of the core once more, with other variables: for putting what a function or a job does in the place of its use.
 *
 * Copies live in the program's arena; one thread. */
#ifndef COMPILER_CORE_COPY_H
#define COMPILER_CORE_COPY_H

#include "compiler/core/core_internal.h"

typedef struct CoreCopy CoreCopy;

/* What stands for an expression in the copy; NULL: a copy of it. */
typedef CoreExpr *CoreCopyReplace(CoreCopy *copy, const CoreExpr *expr);

struct CoreCopy {
    CoreProgram *program;
    uint32_t *next_var, *next_loop;
    Map meanings;             /* variable -> CoreExpr, what stands for it in the copy */
    Map loops;                /* number of a loop -> its number in the copy */
    CoreCopyReplace *replace; /* or NULL */
    void *context;            /* of replace */
    bool keeps_free;          /* variables without a meaning, and YIELDs, stay as they are; else they cannot be copied */
    Span span;                /* of everything in the copy, where `has_span` says so: what fails in the library fails at its call */
    bool has_span;
    bool has_failed; /* there was something that is not copied: a job, a return, the chunk of a job */
};

void core_copy_begin(CoreCopy *copy, CoreProgram *program, uint32_t *next_var, uint32_t *next_loop);
CoreExpr *core_copy_code(CoreCopy *copy, const CoreExpr *expr);

/* A new variable that is given the value by a LET, which is appended; `of` means it from now on. */
void core_copy_let(CoreCopy *copy, const CoreVar *of, CoreExpr *value, CoreExprs *statements);

/* Lets `of` mean the value, which is evaluated before, where it is not a variable or constant. */
void core_copy_bind(CoreCopy *copy, const CoreVar *of, CoreExpr *value, CoreExprs *statements);

bool core_is_steady(const CoreExpr *expr); /* means the same wherever it stands in its scope, and costs nothing */

#endif
