/* ast_table.h: ast.def as data: for each kind its label, its size and its fields. Private to compiler/syntax, where making,
 * walking, printing and verifying nodes all read this one table. */
#ifndef COMPILER_SYNTAX_AST_TABLE_H
#define COMPILER_SYNTAX_AST_TABLE_H

#include <stddef.h>

#include "compiler/syntax/ast.h"

typedef enum AstFieldKind {
    FIELD_END, /* after the last field of a kind */
    FIELD_CHILD,
    FIELD_MAYBE,
    FIELD_LIST,
    FIELD_NAME,
    FIELD_TEXT,
    FIELD_INT,
    FIELD_FLOAT,
    FIELD_FLAG,
    FIELD_OP
} AstFieldKind;

typedef struct AstField {
    AstFieldKind kind;
    size_t offset; /* in the kind's struct */
    const char *name;
} AstField;

typedef struct AstShape {
    const char *label;
    size_t size;
    const AstField *(*fields)(void); /* up to FIELD_END */
} AstShape;

const AstShape *ast_shape(AstKind kind);

/* The field of a node as a `T`; the shape says which fields there are. */
#define ast_field(node, field, T) (*(T const *)((const char *)(node) + (field)->offset))

/* True for the field of a node that repeats another one: the function of `reduce g over a`, which is its `reduce` too. */
bool ast_field_repeats(const Ast *node, const AstField *field);

#endif
