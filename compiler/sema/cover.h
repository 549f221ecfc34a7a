/* cover.h: which values patterns cover: Maranget, "Warnings for pattern matching" (2007). Internal to sema.
 *
 * Requires: patterns of one type that were checked without errors. Changes nothing. The question is exponential in the worst case;
 * patterns for which it takes too long are refused, so that no program makes the compiler slow. */
#ifndef COMPILER_SEMA_COVER_H
#define COMPILER_SEMA_COVER_H

#include "base/arena.h"
#include "compiler/syntax/ast.h"

typedef enum CoverAnswer {
    COVER_NO,
    COVER_YES,
    COVER_TOO_COMPLEX,
} CoverAnswer;

/* Is there a value that `pattern` matches, and none of the `count` rows before it? A NULL pattern matches everything; *example is
 * then such a value as a pattern would name it, "some((_, 0))". What the answer costs is taken from the budget, which begins with
 * COVER_BUDGET. */
enum { COVER_BUDGET = 4000000 };
CoverAnswer cover_is_useful(Arena *arena, Ast *const *rows, size_t count, Ast *pattern, size_t *budget, const char **example);

#endif
