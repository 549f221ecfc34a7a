/* mentions.h: which names a tree mentions, and which an item of a cell declares. */
#ifndef COMPILER_SESSION_MENTIONS_H
#define COMPILER_SESSION_MENTIONS_H

#include "compiler/syntax/ast.h"
#include "compiler/syntax/parse.h"

typedef VEC(Name) Names;

typedef struct Mentions {
    Arena *arena;
    Names *names; /* get those that are mentioned, some more than once */
} Mentions;

/* For ast_each_child, too; `context` is a Mentions. A local name is taken for a mention of what is called so outside. */
void mentions_add(Ast *node, void *context);

/* Whether the item is kept as text, and the names that it declares: of a type its constructors', of an import what it brings in. */
bool mentions_declared(const ParseInput *input, const Ast *item, Names *names);

/* A function literal, perhaps in parentheses: a let of one is a declaration, as an fn is, and its type may be general. */
bool mentions_is_function(const Ast *value);

#endif
