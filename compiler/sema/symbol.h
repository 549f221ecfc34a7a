/* symbol.h: what names mean: symbols, modules and the uses of symbols, made by resolution and completed by checking. */
#ifndef COMPILER_SEMA_SYMBOL_H
#define COMPILER_SEMA_SYMBOL_H

#include "base/map.h"
#include "compiler/sema/type.h"
#include "compiler/syntax/ast.h"

typedef struct Symbol Symbol;
typedef struct Module Module;

typedef enum SymbolKind {
    SYMBOL_LOCAL,  /* a parameter, a `let` inside a block, a name bound by a pattern */
    SYMBOL_VAR,    /* declared by `var`, at the top level too */
    SYMBOL_GLOBAL, /* a top-level `let` of any module */
    SYMBOL_FN,
    SYMBOL_EXTERN, /* primitives: library "mr"; others are foreign functions */
    SYMBOL_REDUCER,
    SYMBOL_TYPE,
    SYMBOL_CONSTRUCTOR,
    SYMBOL_MODULE,
} SymbolKind;

struct Symbol {
    SymbolKind kind;
    Name name;
    Span span;      /* of the name where it is declared */
    Ast *decl;      /* FN, EXTERN, REDUCER, LET, VAR, PARAM, TYPE_DECL, CONSTRUCTOR, or the binding pattern */
    Ast *owner;     /* the FN, LAMBDA, ASYNC, REDUCER or MEMBER whose name a LOCAL or VAR is; NULL: the top level, also inside its
                       blocks */
    Module *module; /* where it is declared; MODULE: the module that it names */
    Scheme *scheme; /* once checked. REDUCER: a function from its parameters to the tuple (element, state, result) */
    Symbol *also;   /* REDUCER: the function of the same name in the same module (min(a, b)), or NULL */
    struct Item *item;       /* resolution's: the top-level item that declares it; NULL for locals */
    const struct Prim *prim; /* EXTERN from "mr": what the checker knows of it, or NULL */
    Symbol *before;          /* GLOBAL, VAR of a cell: the one that was given, which this one hides from here on; or NULL */
    Symbol *type;            /* CONSTRUCTOR: the declared type that it makes */
    AstList fields;          /* CONSTRUCTOR: a PARAM for each field, with its name where it has one, and its type */
    TypeList params;         /* TYPE: its type parameters, which are the scheme variables of its constructors */
    bool is_used;
    bool is_assigned;  /* VAR: after its declaration */
    bool is_recursive; /* FN: takes part in a cycle of calls. TYPE: its values may hold values of the same type */
    bool is_opaque;    /* TYPE: holds functions, so that it has neither equality nor order and cannot be printed */
};

/* How one place uses a symbol: on NAME_REF, and on CALL and METHOD for the function that is called. */
typedef struct Use {
    Symbol *symbol;
    TypeList types; /* what the scheme's vars are here; concrete once the enclosing function is instantiated */
    AstList args; /* CALL, METHOD: one for each parameter of a declared function or reducer, in its order; the receiver of a METHOD
                     first; where an argument is left out, the parameter's default_value. Of a reducer called as a function its
                     parameters' arguments, then the sequence */
} Use;

struct Module {
    Name name; /* "prelude", "math", or the program's path */
    const char
        *mark; /* the name, or "name-2" where another module has the same: before the names of what it declares, in the core */
    AstFile *file;
    Map values;    /* Name -> Symbol *: what it declares (and imports by name) */
    Map types;     /* Name -> Symbol * */
    Map skipped;   /* Names, to no matter what: unknown, but declared by statements that could not be parsed, or reported already */
    Map mentioned; /* names that it imports one by one and mentions */
    VEC(Symbol *) unused; /* of its blocks, to be reported at its end */
    const char *path;     /* of a file, made absolute: its identity; NULL for the library and for a program that is in no file */
    bool is_library;
    bool is_main;
    bool is_missing; /* could not be imported: whatever it is asked for was reported */
};

typedef VEC(Module *) Modules;

/* Whether a program is one of the cells of an experiment (session/cells.h): what its top level declares is for those that follow,
 * and the lets and vars of those before it stand at its beginning, with GIVEN as their values. */
typedef enum CellKind {
    CELL_NONE,
    CELL_STATEMENTS, /* nothing becomes of its last statement's value, as in a program */
    CELL_VALUE,      /* where the last statement is an expression, its value is wanted */
} CellKind;

/* What checking hands on to lowering. */
typedef struct CheckedProgram {
    Modules modules; /* in the order of initialisation: the prelude first, the program itself last */
    Module *main;
    bool checks_laws; /* asks lowering for the laws of each job */
    bool runs_tests;  /* asks lowering for the program's tests in place of its statements */
    CellKind cell;
    Ast *value; /* of a CELL_VALUE: its last statement, an expression whose type is not unit; else NULL */
} CheckedProgram;

/* The type as a declaration in the module would write it; false where it cannot: it is of a module that this one does not import.
 */
bool type_write(const Type *type, const Module *reader, Buf *out);

#endif
