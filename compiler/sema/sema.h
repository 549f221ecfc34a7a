/* sema.h: resolution and checking: from trees to typed trees.
 *
 * Requires: the program's AST. Loads the prelude and the imported modules (parsing them), binds every name to its Symbol, infers
 * every type, and reports what is wrong. Changes the trees: `symbol`, `use` and `type` of their nodes are filled in. When it
 * returns true, every expression and pattern has a type, whose variables are those of the scheme of the enclosing generic function,
 * and lowering cannot meet a user's mistake any more; constructs that the compiler cannot do were reported (E0501).
 *
 * What a node's type says beyond its own shape: a LAMBDA or a NAME_REF of a declared function with n > 1 parameters whose type is a
 * function of one parameter takes a tuple of n apart. A BLOCK or an IF of type unit drops the value of its last expression,
 * whatever its type is. The operand of `reduce` that is a reducer has the type (element, state, result), a tuple of reducers that
 * of its result. */
#ifndef COMPILER_SEMA_SEMA_H
#define COMPILER_SEMA_SEMA_H

#include "compiler/sema/symbol.h"
#include "compiler/syntax/parse.h"

typedef struct SemaInput {
    Arena *arena;
    Interner *names;
    SourceMap *sources; /* modules that are imported are added to it */
    DiagSink *diags;
    CellKind cell; /* whether other cells follow the file */
} SemaInput;

/* Returns false when there was an error, which the sink then holds. */
bool sema_check(const SemaInput *input, AstFile *file, CheckedProgram *out);

/* --emit=types: each declaration and top-level let of the program with its type, one a line. */
void sema_print_types(const CheckedProgram *program, Buf *out);

/* Checks what is promised above of a program without errors. Returns NULL, or what is wrong, in the arena. */
const char *sema_verify(const CheckedProgram *program, const SourceMap *sources, Arena *arena);

/* The library that is embedded in the compiler: names and texts, ended by a NULL name. */
typedef struct EmbeddedModule {
    const char *name, *text;
    size_t len;
} EmbeddedModule;
extern const EmbeddedModule mr_embedded_modules[];

#endif
