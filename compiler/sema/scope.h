/* scope.h: the resolver's state and the scopes of local names. Internal to resolution. */
#ifndef COMPILER_SEMA_SCOPE_H
#define COMPILER_SEMA_SCOPE_H

#include "compiler/sema/resolve.h"

typedef struct Scope {
    struct Scope *outer;
    VEC(Symbol *) symbols;
} Scope;

typedef struct VarMention {
    const Ast *owner;
    const Symbol *var;
} VarMention;

typedef struct Resolver {
    Sema *sema;
    Module *module;
    Scope *scope;             /* NULL: only what the module declares is seen */
    Scope *around_default;    /* inside a default value: what is not seen there, though it stands around */
    Ast *owner;               /* the FN, LAMBDA, ASYNC, REDUCER or MEMBER that is being resolved; NULL: the top level */
    Item *item;               /* the item that is being resolved; NULL for a default's copy */
    unsigned loops;           /* around the place, inside the owner */
    const char *clause;       /* "map", "where" …: inside an operand that should be a function and is none; else NULL */
    bool is_clause_reported;  /* … and that was said */
    bool is_by;               /* in the operand of `by` */
    const Ast *target;        /* the name whose value an assignment changes */
    bool is_first_value;      /* … which may be meant to declare it: it is `=` */
    VEC(VarMention) reported; /* one E0203 for a var and function is enough */
} Resolver;

/* A new local name in the innermost scope; a second one of the same name there is an error. */
Symbol *scope_declare(Resolver *r, SymbolKind kind, Name name, Span span, Ast *decl);

/* What the name means here, or NULL after an error; records the use. */
Symbol *scope_lookup(Resolver *r, Name name, Span span);

/* The module that the expression names, or NULL. */
Module *scope_module(Resolver *r, const Ast *expr);

/* Whether `name.member` must mean a module of the library that is not imported: that is reported. */
bool scope_lacks_import(Resolver *r, const Ast *expr, Name member);

/* What a module declares under the name; reports where it does not. */
Symbol *scope_member(Resolver *r, Module *module, Name name, Span span);

/* `module.name`, where no expression stands for the module: in a pattern. NULL after an error. */
Symbol *scope_qualified(Resolver *r, Name module, Name name, Span span);

/* Keeps quiet about the names that a statement would have declared if it could have been parsed. */
void scope_skipped(Module *module, const AstError *error);

/* Gives the names of the other alternatives the symbols of those of the first one, which are declared (alternatives.c). */
void alternatives_share(Resolver *r, AstPatAlternatives *pattern);

/* At the end of a block: which of its names nothing has mentioned (unused.c). */
void unused_collect(Resolver *r, const Scope *scope);

void resolve_node(Resolver *r, Ast *node);

#endif
