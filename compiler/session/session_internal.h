/* session_internal.h: what a session is, for those that compose the program that it compiles. See session.h. */
#ifndef COMPILER_SESSION_SESSION_INTERNAL_H
#define COMPILER_SESSION_SESSION_INTERNAL_H

#include "base/intern.h"
#include "compiler/core/lower.h"
#include "compiler/llvm/gen.h"
#include "compiler/sema/sema.h"
#include "compiler/session/session.h"
#include "compiler/session/trace.h"
#include "compiler/syntax/parse.h"

/* A value that a cell leaves beside those of its lets and vars. */
typedef struct CellValue {
    const char *name;
    Type *type;
} CellValue;

/* A let of a cell, or its last value, that is kept as what makes it (recipe.h). */
typedef struct Recipe {
    const char *name, *own; /* the program's; and one that goes on meaning it when that means something else */
    const AstLet *let;      /* NULL: the last value */
    Type *type;
    const char *text;        /* of an expression */
    const char *const *uses; /* the names of values and other recipes in it */
    size_t use_count;
    bool is_general; /* its type is decided where it is used */
} Recipe;

struct Session {
    Arena *arena;
    Interner *names;
    SourceMap *sources;
    DiagSink *diags;
    SessionOptions options;
    uint32_t file;
    AstFile *tree;          /* after parsing */
    CheckedProgram checked; /* after checking: main is set */
    CoreProgram *core;      /* after lowering */
    GenModule *module;      /* after generation */
    CellKind cell;
    AstList own_items; /* of a cell: what its own text says; the tree has more */
    VEC(Recipe) recipes;
    VEC(CellValue) kept;
    Trace trace;
    bool is_loaded;
    bool is_first, is_better; /* what session_is_first says; of a program that replaces one that is */
};

ParseInput session_parse_input(const Session *session);

/* Each of these makes sure that its phase has run, and says whether there were no errors up to it. */
bool session_reach_checked(Session *session);
bool session_reach_core(Session *session);

#endif
