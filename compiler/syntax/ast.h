/* ast.h: the abstract syntax tree.
 *
 * One struct a kind (AstCall for AST_CALL), all beginning with Ast; ast.def says which fields each has. The parser makes the
 * tree, resolution binds its names (`symbol`), checking gives it types (`type`); nothing after lowering to core sees it.
 * Nodes live in the compile's arena and are never freed one by one. */
#ifndef COMPILER_SYNTAX_AST_H
#define COMPILER_SYNTAX_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/vec.h"
#include "compiler/source/source.h"

typedef struct Ast Ast;
typedef VEC(Ast *) AstList;
typedef struct AstText {
    const char *bytes; /* may hold NULs; a NUL follows */
    size_t len;
} AstText;

typedef enum AstOp {
#define OPERATOR(op, spelling) OP_##op,
#include "compiler/syntax/op.def"
#undef OPERATOR
    AST_OP_COUNT
} AstOp;

typedef enum AstKind {
#define NODE(kind, Struct, label, fields) AST_##kind,
#include "compiler/syntax/ast.def"
#undef NODE
    AST_KIND_COUNT
} AstKind;

struct Symbol; /* compiler/sema/symbol.h */
struct Type;   /* compiler/sema/type.h */
struct Use;    /* compiler/sema/symbol.h: how a generic name is instantiated here */

struct Ast {
    AstKind kind;
    Span span;
    struct Type *type;     /* of an expression or a pattern, once checked */
    struct Symbol *symbol; /* what a name means, or what a declaration or binding pattern declares, once resolved */
    struct Use *use;       /* of NAME_REF, METHOD, CALL, OPERATOR_REF, PIPE …: instantiation, once checked */
};

#define CHILD(f) Ast *f;
#define MAYBE(f) Ast *f;
#define LIST(f)  AstList f;
#define NAME(f)  Name f;
#define TEXT(f)  AstText f;
#define INT(f)   uint64_t f;
#define FLOAT(f) double f;
#define FLAG(f)  bool f;
#define OP(f)    AstOp f;
#define NOTHING
#define NODE(kind, Struct, label, fields)                                                                                          \
    typedef struct Ast##Struct {                                                                                                   \
        Ast base;                                                                                                                  \
        fields                                                                                                                     \
    } Ast##Struct;
#include "compiler/syntax/ast.def"
#undef NODE
#undef CHILD
#undef MAYBE
#undef LIST
#undef NAME
#undef TEXT
#undef INT
#undef FLOAT
#undef FLAG
#undef OP
#undef NOTHING

/* ast_as(Call, node): the node as its own type; a wrong kind is a bug of ours and stops a debug build. */
#define ast_as(Struct, node) ((Ast##Struct *)ast_expect((node), sizeof(Ast##Struct)))
Ast *ast_expect(Ast *node, size_t struct_size);

Ast *ast_new(Arena *arena, AstKind kind, Span span); /* all fields zero */

/* AstCall *call = ast_make(arena, CALL, Call, span); */
#define ast_make(arena, KIND, Struct, span) ((Ast##Struct *)ast_new((arena), AST_##KIND, (span)))

const char *ast_label(AstKind kind);   /* "call" */
const char *ast_op_spelling(AstOp op); /* "+" */

size_t ast_run_of_fns(Ast *const *nodes, size_t count); /* how many FNs it begins with */
bool ast_is_pattern(const Ast *node);                   /* PAT_…, or ERROR */
bool ast_is_type(const Ast *node);                      /* TYPE_…, or ERROR */
bool ast_is_statement(const Ast *node); /* what stands among statements and has no value: LET VAR ASSIGN … RETURN, FN */

/* Calls visit(child, context) for each child node in source order; the table-driven way to walk any node. The reducer of a
 * `reduce g over a`, which its PIPE holds twice, is visited once. */
void ast_each_child(const Ast *node, void (*visit)(Ast *child, void *context), void *context);

/* Shows a type, for ast_print; sema has one. */
typedef void (*AstTypePrinter)(const struct Type *type, Buf *out);

/* The tree as indented S-expressions, stable enough for golden tests: --emit=ast. With `sources`, each node says where it
 * stands (`call@3:14-20`); with `print_type`, nodes that have a type show it. Both may be NULL. */
void ast_print(const Ast *node, const SourceMap *sources, AstTypePrinter print_type, Buf *out);
void ast_print_dot(const Ast *node, Buf *out); /* the same as Graphviz */

/* The shape that ast.def promises: required children are there, kinds are what their place admits, spans lie in the file.
 * Returns NULL, or what is wrong, in the arena. Run after each phase in debug builds. */
const char *ast_verify(const Ast *node, const SourceMap *sources, Arena *arena);

#endif
