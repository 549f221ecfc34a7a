/* annotate.c: types that the program writes down.
 *
 * A single upper-case letter is a type variable of the declaration around it, and stands for any type inside it. */
#include "compiler/sema/check.h"

#include <string.h>

#include "base/nearest.h"

typedef struct NamedType {
    const char *name;
    TypeKind kind;
    size_t arg_count;
} NamedType;

static const NamedType named_types[] = {
    {"int", TYPE_INT, 0},     {"float", TYPE_FLOAT, 0}, {"bool", TYPE_BOOL, 0},     {"string", TYPE_STRING, 0},
    {"range", TYPE_RANGE, 0}, {"set", TYPE_SET, 1},     {"stream", TYPE_STREAM, 1}, {"future", TYPE_FUTURE, 1},
};

static Type *type_variable(Checker *c, Name name) {
    Type **slot = (Type **)map_slot_pointer(c->type_vars, name);
    if (!*slot) *slot = type_rigid(&c->infer, name);
    return *slot;
}

static Type *unknown_type(Checker *c, const AstTypeName *node) {
    /* in a statement that could not be parsed, or reported already */
    void **skipped = map_slot_pointer(&c->module->skipped, node->name);
    if (*skipped) return error_type(c);
    *skipped = (void *)(uintptr_t)node->name;
    Diag *diag = diag_add(c->diags, E0206, node->base.span, "no type is called `%s`", node->name);
    VEC(const char *) names = {0};
    for (size_t i = 0; i < sizeof named_types / sizeof *named_types; i++) vec_push(c->arena, &names, named_types[i].name);
    for (size_t i = 0; i < c->module->types.len; i++)
        if (c->module->types.entries[i].value)
            vec_push(c->arena, &names, ((const Symbol *)c->module->types.entries[i].value)->name);
    const char *near = is_worth_searching(c->sema) ? nearest_name(node->name, names.items, names.len) : NULL;
    const char *hint = foreign_type_hint(node->name);
    Span word = node->base.span;
    word.to = word.from + (uint32_t)strlen(node->name);
    if (hint) {
        diag_hint(diag, "%s", hint);
    } else if (near) {
        diag_hint(diag, "did you mean `%s`?", near);
        diag_fix(diag, word, "%s", near);
    } else
        diag_hint(diag, node->name[0] >= 'a' ? "a field or parameter and its type are written `x: float`"
                                             : "it is declared by `type`; a single upper-case letter stands for any type");
    return error_type(c);
}

static Type *unknown_module(Checker *c, const AstTypeName *node) {
    void **skipped = map_slot_pointer(&c->module->skipped, node->module);
    if (*skipped) return error_type(c);
    *skipped = (void *)(uintptr_t)node->module;
    Diag *diag = diag_add(c->diags, E0201, node->base.span, "no module is called `%s` here", node->module);
    diag_hint(diag, "`import %s`, or `import \"./%s.mr\"`, brings one in", node->module, node->module);
    return error_type(c);
}

static Type *annotate_data(Checker *c, AstTypeName *node, Symbol *symbol) {
    size_t count = ((const AstTypeDecl *)symbol->decl)->params.len;
    if (node->args.len != count) {
        diag_add(c->diags, E0206, node->base.span, "`%s` takes %zu type%s in brackets, and here it has %zu", symbol->name, count,
                 count == 1 ? "" : "s", node->args.len);
        return error_type(c);
    }
    TypeList args = {0};
    for (size_t i = 0; i < count; i++) {
        Type *arg = annotate(c, node->args.items[i]);
        uint32_t classes = i < symbol->params.len ? symbol->params.items[i]->classes : 0;
        check_class(c, node->args.items[i]->span, arg, classes, "this type does not fit");
        vec_push(c->arena, &args, arg);
    }
    return type_data(&c->infer, symbol, args.items, count);
}

/* `util.Point`: a type that an imported module declares. */
static Type *annotate_member(Checker *c, AstTypeName *node) {
    Symbol *symbol = map_get_pointer(&c->module->values, node->module);
    if (symbol) symbol->is_used = true;
    Module *module = symbol && symbol->kind == SYMBOL_MODULE ? symbol->module : NULL;
    if (!module) return unknown_module(c, node);
    Symbol *type = map_get_pointer(&module->types, node->name);
    if (type && type->module == module) return annotate_data(c, node, type);
    if (module->is_missing || map_get_pointer(&module->skipped, node->name)) return error_type(c); /* reported */
    Diag *diag = diag_add(c->diags, E0602, node->base.span, "the module `%s` has no type called `%s`", module->name, node->name);
    const char *near = nearest_in(c->sema, node->name, &module->types, NULL);
    if (near) diag_hint(diag, "did you mean `%s.%s`?", node->module, near);
    return error_type(c);
}

static Type *annotate_name(Checker *c, AstTypeName *node) {
    if (node->module) return annotate_member(c, node);
    Symbol *declared = map_get_pointer(&c->module->types, node->name);
    if (declared) {
        *map_slot_pointer(&c->module->mentioned, node->name) = declared;
        return annotate_data(c, node, declared);
    }
    for (size_t i = 0; i < sizeof named_types / sizeof *named_types; i++) {
        const NamedType *named = &named_types[i];
        if (strcmp(node->name, named->name) != 0) continue;
        if (node->args.len != named->arg_count) {
            diag_add(c->diags, E0206, node->base.span, "`%s` takes %zu type%s in brackets, and here it has %zu", named->name,
                     named->arg_count, named->arg_count == 1 ? "" : "s", node->args.len);
            return error_type(c);
        }
        if (named->arg_count == 0) return type_basic(&c->infer, named->kind);
        Type *arg = annotate(c, node->args.items[0]);
        if (named->kind == TYPE_SET)
            check_class(c, node->base.span, arg, CLASS_ORDER | CLASS_EQUAL, "the elements of a set need an order");
        return type_one(&c->infer, named->kind, arg);
    }
    bool is_letter = node->name[0] >= 'A' && node->name[0] <= 'Z' && node->name[1] == '\0';
    if (is_letter && node->args.len == 0 && !map_get_pointer(&c->module->types, node->name)) return type_variable(c, node->name);
    return unknown_type(c, node);
}

static Type *annotate_list(Checker *c, TypeKind kind, const AstList *list, Ast *last) {
    TypeList types = {0};
    for (size_t i = 0; i < list->len; i++) vec_push(c->arena, &types, annotate(c, list->items[i]));
    if (last) vec_push(c->arena, &types, annotate(c, last));
    return type_of_kind(&c->infer, kind, types.items, types.len);
}

static Type *annotate_keyed(Checker *c, AstTypeMap *map) {
    Type *key = annotate(c, map->key);
    Type *type = type_pair(&c->infer, TYPE_MAP, key, annotate(c, map->value));
    check_class(c, map->key->span, key, CLASS_ORDER | CLASS_EQUAL, "the keys of a map need an order");
    return type;
}

static Type *annotate_kind(Checker *c, Ast *node) {
    switch (node->kind) {
    case AST_TYPE_NAME: return annotate_name(c, ast_as(TypeName, node));
    case AST_TYPE_TUPLE: {
        const AstList *items = &ast_as(TypeTuple, node)->items;
        return items->len == 1 ? annotate(c, items->items[0]) : annotate_list(c, TYPE_TUPLE, items, NULL);
    }
    case AST_TYPE_LIST: return type_one(&c->infer, TYPE_LIST, annotate(c, ast_as(TypeList, node)->element));
    case AST_TYPE_MAP: return annotate_keyed(c, ast_as(TypeMap, node));
    case AST_TYPE_OPTIONAL: return type_one(&c->infer, TYPE_OPTIONAL, annotate(c, ast_as(TypeOptional, node)->element));
    case AST_TYPE_FN: return annotate_list(c, TYPE_FN, &ast_as(TypeFn, node)->params, ast_as(TypeFn, node)->result);
    default: return error_type(c);
    }
}

Type *annotate(Checker *c, Ast *type_expr) {
    return type_expr->type = annotate_kind(c, type_expr);
}
