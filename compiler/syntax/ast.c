/* ast.c: nodes: making, walking and verifying them, driven by the table that is made of ast.def. */
#include "compiler/syntax/ast.h"

#include <assert.h>
#include <string.h>

#include "compiler/syntax/ast_table.h"

/* For each kind a function that returns its fields: inside it, Self names the kind's struct, which the field macros need. */
#define CHILD(f) {FIELD_CHILD, offsetof(Self, f), #f},
#define MAYBE(f) {FIELD_MAYBE, offsetof(Self, f), #f},
#define LIST(f)  {FIELD_LIST, offsetof(Self, f), #f},
#define NAME(f)  {FIELD_NAME, offsetof(Self, f), #f},
#define TEXT(f)  {FIELD_TEXT, offsetof(Self, f), #f},
#define INT(f)   {FIELD_INT, offsetof(Self, f), #f},
#define FLOAT(f) {FIELD_FLOAT, offsetof(Self, f), #f},
#define FLAG(f)  {FIELD_FLAG, offsetof(Self, f), #f},
#define OP(f)    {FIELD_OP, offsetof(Self, f), #f},
#define NOTHING
#define NODE(kind, Struct, label, field_list)                                                                                      \
    static const AstField *fields_of_##Struct(void) {                                                                              \
        typedef Ast##Struct Self;                                                                                                  \
        static const AstField fields[] = {field_list{FIELD_END, sizeof(Self), NULL}};                                              \
        return fields;                                                                                                             \
    }
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

static const AstShape shapes[AST_KIND_COUNT] = {
#define NODE(kind, Struct, label, fields) {label, sizeof(Ast##Struct), fields_of_##Struct},
#include "compiler/syntax/ast.def"
#undef NODE
};

static const char *const op_spellings[AST_OP_COUNT] = {
#define OPERATOR(op, spelling) spelling,
#include "compiler/syntax/op.def"
#undef OPERATOR
};

const AstShape *ast_shape(AstKind kind) {
    return &shapes[kind];
}

const char *ast_label(AstKind kind) {
    return shapes[kind].label;
}

const char *ast_op_spelling(AstOp op) {
    return op_spellings[op];
}

Ast *ast_new(Arena *arena, AstKind kind, Span span) {
    size_t size = shapes[kind].size;
    Ast *node = arena_alloc(arena, size > sizeof(AstError) ? size : sizeof(AstError)); /* any node can become an ERROR in place */
    node->kind = kind;
    node->span = span;
    return node;
}

Ast *ast_expect(Ast *node, size_t struct_size) {
    assert(node && shapes[node->kind].size == struct_size);
    (void)struct_size; /* without assertions nothing looks at it */
    return node;
}

size_t ast_run_of_fns(Ast *const *nodes, size_t count) {
    size_t fns = 0;
    while (fns < count && nodes[fns]->kind == AST_FN) fns++;
    return fns;
}

bool ast_is_pattern(const Ast *node) {
    return (node->kind >= AST_PAT_WILDCARD && node->kind <= AST_PAT_ALTERNATIVES) || node->kind == AST_ERROR;
}

bool ast_is_type(const Ast *node) {
    return (node->kind >= AST_TYPE_NAME && node->kind <= AST_TYPE_FN) || node->kind == AST_ERROR;
}

bool ast_is_statement(const Ast *node) {
    switch (node->kind) {
    case AST_LET:
    case AST_VAR:
    case AST_ASSIGN:
    case AST_FOR:
    case AST_WHILE:
    case AST_BREAK:
    case AST_CONTINUE:
    case AST_RETURN:
    case AST_FN: return true;
    default: return false;
    }
}

bool ast_field_repeats(const Ast *node, const AstField *field) {
    if (node->kind != AST_PIPE || field->kind != FIELD_CHILD) return false;
    const AstPipe *pipe = (const AstPipe *)node;
    return pipe->op == OP_REDUCE && pipe->function == pipe->reduce;
}

void ast_each_child(const Ast *node, void (*visit)(Ast *child, void *context), void *context) {
    for (const AstField *field = shapes[node->kind].fields(); field->kind != FIELD_END; field++) {
        if (ast_field_repeats(node, field)) continue;
        if (field->kind == FIELD_CHILD || field->kind == FIELD_MAYBE) {
            Ast *child = ast_field(node, field, Ast *);
            if (child) visit(child, context);
        } else if (field->kind == FIELD_LIST) {
            AstList list = ast_field(node, field, AstList);
            for (size_t i = 0; i < list.len; i++) visit(list.items[i], context);
        }
    }
}

/* ---- verification */

typedef struct Verify {
    const SourceMap *sources;
    Arena *arena;
    const char *trouble; /* the first thing found wrong */
} Verify;

static bool is_statement_only(AstKind kind) {
    return kind >= AST_FN && kind <= AST_RETURN && kind != AST_PARAM;
}

/* Anything that may stand in a statement list: declarations, statements, expressions. */
static bool may_be_statement(const Ast *node) {
    bool part = node->kind == AST_FILE || node->kind == AST_CONSTRUCTOR || node->kind == AST_FIELD_DECL ||
                node->kind == AST_MEMBER || node->kind == AST_PARAM || node->kind == AST_HOLE || node->kind == AST_ENTRY ||
                node->kind == AST_ARG || node->kind == AST_ARM;
    return node->kind == AST_ERROR || (node->kind < AST_PAT_WILDCARD && !part);
}

static bool is_expression(const Ast *node) {
    return may_be_statement(node) && !is_statement_only(node->kind);
}

/* True if `child` is what `field` of `parent` admits. Lists of nodes that stand nowhere else are named by their parent. */
static bool is_admitted(const Ast *parent, const AstField *field, const Ast *child) {
    const char *name = field->name;
    if (child->kind == AST_ERROR) return true;
    switch (parent->kind) {
    case AST_FILE:
    case AST_BLOCK: return may_be_statement(child);
    case AST_FN:
    case AST_EXTERN:
    case AST_REDUCER:
    case AST_MEMBER:
    case AST_LAMBDA:
        if (strcmp(name, "params") == 0) return child->kind == AST_PARAM;
        if (strcmp(name, "members") == 0) return child->kind == AST_MEMBER;
        return strcmp(name, "result") == 0 ? ast_is_type(child) : is_expression(child);
    case AST_TYPE_DECL: return child->kind == (strcmp(name, "params") == 0 ? AST_TYPE_NAME : AST_CONSTRUCTOR);
    case AST_CONSTRUCTOR: return child->kind == AST_FIELD_DECL;
    case AST_IMPORT:
    case AST_ERROR: return child->kind == AST_NAME_REF;
    case AST_CALL:
    case AST_METHOD:
    case AST_WITH: return field->kind == FIELD_LIST ? child->kind == AST_ARG : is_expression(child);
    case AST_INTERPOLATION: return child->kind == AST_STRING_LIT || child->kind == AST_HOLE;
    case AST_MAP_LIT: return child->kind == AST_ENTRY;
    case AST_MATCH: return field->kind == FIELD_LIST ? child->kind == AST_ARM : is_expression(child);
    case AST_ARM:
        return strcmp(name, "body") == 0 ? may_be_statement(child) : strcmp(name, "pattern") != 0 || ast_is_pattern(child);
    case AST_PAT_CONSTRUCTOR: return child->kind == AST_PAT_ARG;
    case AST_PAT_LITERAL:
    case AST_PAT_RANGE: return is_expression(child);
    case AST_PAT_SOME:
    case AST_PAT_TUPLE:
    case AST_PAT_LIST:
    case AST_PAT_ARG:
    case AST_PAT_ALTERNATIVES: return ast_is_pattern(child);
    case AST_TYPE_NAME:
    case AST_TYPE_TUPLE:
    case AST_TYPE_LIST:
    case AST_TYPE_MAP:
    case AST_TYPE_OPTIONAL:
    case AST_TYPE_FN:
    case AST_FIELD_DECL: return ast_is_type(child);
    default:
        if (strcmp(name, "pattern") == 0) return ast_is_pattern(child);
        return strcmp(name, "type_expr") == 0 ? ast_is_type(child) : is_expression(child);
    }
}

static void verify_child(Verify *v, const Ast *node, const AstField *field, const Ast *child) {
    if (v->trouble) return;
    if (!child) {
        v->trouble = arena_printf(v->arena, "%s without its %s", ast_label(node->kind), field->name);
    } else if (!is_admitted(node, field, child)) {
        v->trouble = arena_printf(v->arena, "%s with a %s as its %s", ast_label(node->kind), ast_label(child->kind), field->name);
    }
}

static void verify_node(Verify *v, const Ast *node);

static void verify_visit(Ast *child, void *context) {
    Verify *v = context;
    if (!v->trouble) verify_node(v, child);
}

static void verify_node(Verify *v, const Ast *node) {
    const SourceFile *file = source_file(v->sources, node->span.file);
    if (!file || node->span.from > node->span.to || node->span.to > file->len) {
        v->trouble = arena_printf(v->arena, "%s at %u to %u, which is no place in its file", ast_label(node->kind), node->span.from,
                                  node->span.to);
        return;
    }
    for (const AstField *field = shapes[node->kind].fields(); field->kind != FIELD_END; field++) {
        if (field->kind == FIELD_CHILD || (field->kind == FIELD_MAYBE && ast_field(node, field, Ast *))) {
            verify_child(v, node, field, ast_field(node, field, Ast *));
        } else if (field->kind == FIELD_LIST) {
            AstList list = ast_field(node, field, AstList);
            for (size_t i = 0; i < list.len; i++) verify_child(v, node, field, list.items[i]);
        }
    }
    if (!v->trouble) ast_each_child(node, verify_visit, v);
}

const char *ast_verify(const Ast *node, const SourceMap *sources, Arena *arena) {
    Verify v = {.sources = sources, .arena = arena};
    verify_node(&v, node);
    return v.trouble;
}
