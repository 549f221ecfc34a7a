/* mentions.c: see mentions.h. */
#include "compiler/session/mentions.h"

#include <string.h>

static void add_name(Mentions *mentions, Name name) {
    if (name) vec_push(mentions->arena, mentions->names, name);
}

void mentions_add(Ast *node, void *context) {
    Mentions *mentions = context;
    switch (node->kind) {
    case AST_NAME_REF: add_name(mentions, ast_as(NameRef, node)->name); break;
    case AST_METHOD: add_name(mentions, ast_as(Method, node)->name); break;
    case AST_TYPE_NAME:
        add_name(mentions, ast_as(TypeName, node)->module);
        add_name(mentions, ast_as(TypeName, node)->name);
        break;
    case AST_PAT_CONSTRUCTOR:
        add_name(mentions, ast_as(PatConstructor, node)->module);
        add_name(mentions, ast_as(PatConstructor, node)->name);
        break;
    case AST_PAT_NAME: add_name(mentions, ast_as(PatName, node)->name); break; /* may be a constructor without fields */
    default: break;
    }
    ast_each_child(node, mentions_add, context);
}

/* "./my/util.mr" is the module util. */
static Name import_name(const ParseInput *input, const AstImport *import) {
    if (import->alias) return import->alias;
    const char *path = import->path.bytes ? import->path.bytes : "";
    const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
    return intern(input->names, stem, strcspn(stem, "."));
}

bool mentions_is_function(const Ast *value) {
    while (value->kind == AST_PAREN) value = ((const AstParen *)value)->value;
    return value->kind == AST_LAMBDA;
}

static bool is_function_let(const Ast *item) {
    if (item->kind != AST_LET || ((const AstLet *)item)->pattern->kind != AST_PAT_NAME) return false;
    return mentions_is_function(((const AstLet *)item)->value);
}

bool mentions_declared(const ParseInput *input, const Ast *item, Names *names) {
    Mentions out = {input->arena, names};
    switch (item->kind) {
    case AST_FN: add_name(&out, ((const AstFn *)item)->name); return true;
    case AST_EXTERN: add_name(&out, ((const AstExtern *)item)->name); return true;
    case AST_REDUCER: add_name(&out, ((const AstReducer *)item)->name); return true;
    case AST_LET:
        if (is_function_let(item)) add_name(&out, ((const AstPatName *)((const AstLet *)item)->pattern)->name);
        return is_function_let(item);
    case AST_TYPE_DECL: {
        const AstTypeDecl *type = (const AstTypeDecl *)item;
        add_name(&out, type->name);
        for (size_t i = 0; i < type->constructors.len; i++)
            if (!type->is_record && type->constructors.items[i]->kind == AST_CONSTRUCTOR)
                add_name(&out, ((const AstConstructor *)type->constructors.items[i])->name);
        return true;
    }
    case AST_IMPORT: {
        const AstImport *import = (const AstImport *)item;
        if (import->names.len == 0) add_name(&out, import_name(input, import));
        for (size_t i = 0; i < import->names.len; i++)
            if (import->names.items[i]->kind == AST_NAME_REF) add_name(&out, ((const AstNameRef *)import->names.items[i])->name);
        return true;
    }
    default: return false;
    }
}
