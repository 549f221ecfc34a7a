/* clone.c: deep copies of trees. A default value is copied for each call that leaves its argument out, because each call may give
 * it other types. */
#include "compiler/sema/resolve.h"

#include <string.h>

static AstList clone_list(Arena *arena, const AstList *list, size_t *budget) {
    AstList copy = {0};
    for (size_t i = 0; i < list->len; i++) vec_push(arena, &copy, ast_clone(arena, list->items[i], budget));
    return copy;
}

/* One copying function for each kind of node: what is no node is copied with the struct. */
#define CHILD(f) copy->f = ast_clone(arena, from->f, budget);
#define MAYBE(f) copy->f = ast_clone(arena, from->f, budget);
#define LIST(f)  copy->f = clone_list(arena, &from->f, budget);
#define NAME(f)
#define TEXT(f)
#define INT(f)
#define FLOAT(f)
#define FLAG(f)
#define OP(f)
#define NOTHING
#define NODE(kind, Struct, label, fields)                                                                                          \
    static Ast *clone_##Struct(Arena *arena, const Ast *node, size_t *budget) {                                                    \
        const Ast##Struct *from = (const Ast##Struct *)node;                                                                       \
        Ast##Struct *copy = arena_make(arena, Ast##Struct);                                                                        \
        *copy = *from;                                                                                                             \
        (void)budget;                                                                                                              \
        fields return &copy->base;                                                                                                 \
    }
#include "compiler/syntax/ast.def"
#undef NODE

typedef Ast *(*CloneFunction)(Arena *arena, const Ast *node, size_t *budget);

static const CloneFunction clone_functions[AST_KIND_COUNT] = {
#define NODE(kind, Struct, label, fields) clone_##Struct,
#include "compiler/syntax/ast.def"
#undef NODE
};

Ast *ast_clone(Arena *arena, const Ast *node, size_t *budget) {
    if (!node) return NULL;
    if (*budget == 0) return ast_new(arena, AST_ERROR, node->span);
    --*budget;
    Ast *copy = clone_functions[node->kind](arena, node, budget);
    copy->symbol = NULL;
    copy->type = NULL;
    copy->use = NULL;
    if (copy->kind == AST_PIPE && ast_as(Pipe, copy)->op == OP_REDUCE) ast_as(Pipe, copy)->function = ast_as(Pipe, copy)->reduce;
    return copy;
}
