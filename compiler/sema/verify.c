/* verify.c: what sema promises to lowering, checked in tests, by the fuzzer and in debug builds: that names mean something, and
 * that all expressions and patterns have types without errors, whose variables are general. */
#include "compiler/sema/infer.h"
#include "compiler/sema/sema.h"

typedef struct Verify {
    const SourceMap *sources;
    Arena *arena;
    const char *trouble; /* the first thing found wrong */
} Verify;

static void complain(Verify *v, const Ast *node, const char *what) {
    if (v->trouble) return;
    const SourceFile *file = source_file(v->sources, node->span.file);
    LineColumn at = source_position(v->sources, node->span.file, node->span.from);
    v->trouble =
        arena_printf(v->arena, "%s:%u:%u: %s %s", file ? file->path : "?", at.line, at.column, ast_label(node->kind), what);
}

static bool is_good_type(Type *type, size_t *budget) {
    type = type_prune(type);
    if (*budget == 0) return true;
    --*budget;
    if (type->kind == TYPE_ERROR || (type->kind == TYPE_VAR && type->level != LEVEL_GENERIC)) return false;
    for (size_t i = 0; i < type->arg_count; i++)
        if (!is_good_type(type->args[i], budget)) return false;
    return true;
}

static void verify_type(Verify *v, const Ast *node, Type *type) {
    size_t budget = TYPE_SIZE_LIMIT;
    if (!type)
        complain(v, node, "has no type");
    else if (!is_good_type(type, &budget))
        complain(v, node, "has an open type, or an error's");
}

static void verify_use(Verify *v, const Ast *node) {
    const Use *use = node->use;
    if (!use) return;
    for (size_t i = 0; i < use->types.len; i++) verify_type(v, node, use->types.items[i]);
    if (!use->symbol || !use->symbol->scheme)
        complain(v, node, "uses a symbol without a type");
    else if (use->types.len != 0 && use->types.len != use->symbol->scheme->vars.len)
        complain(v, node, "has another number of types than its symbol");
}

static void verify_node(Verify *v, Ast *node);

static void verify_child(Ast *child, void *context) {
    verify_node(context, child);
}

static void verify_list(Verify *v, const AstList *list) {
    for (size_t i = 0; i < list->len; i++) verify_node(v, list->items[i]);
}

/* The arguments are those of the use, defaults included; a callee that is called directly is no value. */
static void verify_call(Verify *v, Ast *node) {
    if (node->use)
        verify_list(v, &node->use->args);
    else
        ast_each_child(node, verify_child, v);
}

static void verify_name(Verify *v, const Ast *node) {
    if (!node->symbol || node->symbol->kind == SYMBOL_MODULE || node->symbol->kind == SYMBOL_TYPE)
        complain(v, node, "means no value");
}

static bool has_type(const Ast *node) {
    if (ast_is_pattern(node)) return true;
    switch (node->kind) {
    case AST_FILE:
    case AST_FN:
    case AST_EXTERN:
    case AST_REDUCER:
    case AST_MEMBER:
    case AST_IMPORT:
    case AST_PARAM:
    case AST_ARG: return false;
    default: return !ast_is_type(node);
    }
}

static void verify_node(Verify *v, Ast *node) {
    if (v->trouble || ast_is_type(node) || node->kind == AST_TYPE_DECL || node->kind == AST_IMPORT || node->kind == AST_EXTERN)
        return;
    if (has_type(node)) verify_type(v, node, node->type);
    verify_use(v, node);
    switch (node->kind) {
    case AST_NAME_REF: verify_name(v, node); break;
    case AST_DOT: node->symbol ? verify_name(v, node) : ast_each_child(node, verify_child, v); break;
    case AST_CALL:
    case AST_METHOD: verify_call(v, node); break;
    case AST_PARAM: verify_node(v, ast_as(Param, node)->pattern); break; /* the default is typed where it is used */
    default: ast_each_child(node, verify_child, v);
    }
}

const char *sema_verify(const CheckedProgram *program, const SourceMap *sources, Arena *arena) {
    Verify v = {.sources = sources, .arena = arena};
    for (size_t i = 0; i < program->modules.len && !v.trouble; i++) verify_node(&v, &program->modules.items[i]->file->base);
    return v.trouble;
}
