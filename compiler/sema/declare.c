/* declare.c: what the top level of a module declares, and the resolution of a whole module. */
#include "compiler/sema/prims.h"
#include "compiler/sema/scope.h"

#include <string.h>

static bool is_function_kind(SymbolKind kind) {
    return kind == SYMBOL_FN || kind == SYMBOL_EXTERN;
}

static bool is_value_kind(SymbolKind kind) {
    return kind == SYMBOL_GLOBAL || kind == SYMBOL_VAR;
}

/* A let or var of an earlier cell, which a new one may hide. */
static bool is_given(const Symbol *symbol) {
    if (!is_value_kind(symbol->kind)) return false;
    const Ast *value = symbol->decl->kind == AST_LET   ? ((const AstLet *)symbol->decl)->value
                       : symbol->decl->kind == AST_VAR ? ((const AstVar *)symbol->decl)->value
                                                       : NULL;
    return value && value->kind == AST_GIVEN;
}

void module_declare(Sema *sema, Module *module, Symbol *symbol) {
    bool is_type = symbol->kind == SYMBOL_TYPE;
    Symbol **slot = (Symbol **)map_slot_pointer(is_type ? &module->types : &module->values, symbol->name);
    Symbol *other = *slot;
    if (!other) {
        *slot = symbol;
    } else if (is_given(other) && is_value_kind(symbol->kind)) {
        symbol->before = other;
        *slot = symbol;
    } else if (other->kind == SYMBOL_REDUCER && is_function_kind(symbol->kind) && !other->also) {
        other->also = symbol;
    } else if (is_function_kind(other->kind) && symbol->kind == SYMBOL_REDUCER) {
        symbol->also = other;
        *slot = symbol;
    } else {
        Diag *diag = diag_add(sema->diags, E0202, symbol->span, "`%s` is declared twice", symbol->name);
        diag_label(diag, other->span, "it is declared here first");
        if (is_value_kind(other->kind) && is_value_kind(symbol->kind))
            diag_hint(
                diag,
                "choose another name for one of them; a name whose value changes is declared by `var` once, and then assigned");
        else
            diag_hint(diag, "choose another name for one of them");
    }
}

static Symbol *declare(Sema *sema, Module *module, Item *item, SymbolKind kind, Name name, Span span, Ast *decl) {
    Symbol *symbol = arena_make(sema->arena, Symbol);
    *symbol = (Symbol){.kind = kind, .name = name, .span = span, .decl = decl, .module = module, .item = item};
    module_declare(sema, module, symbol);
    return symbol;
}

typedef struct PatternContext {
    Sema *sema;
    Module *module;
    Item *item;
    Resolver *resolver;
} PatternContext;

static void declare_pattern(Ast *pattern, void *context) {
    const PatternContext *c = context;
    if (pattern->kind == AST_PAT_NAME) {
        const AstLet *let = (const AstLet *)c->item->node;
        Ast *decl = let->pattern == pattern ? c->item->node : pattern;
        pattern->symbol = declare(c->sema, c->module, c->item, SYMBOL_GLOBAL, ast_as(PatName, pattern)->name, pattern->span, decl);
    } else if (pattern->kind == AST_PAT_REST && ast_as(PatRest, pattern)->name) {
        pattern->symbol =
            declare(c->sema, c->module, c->item, SYMBOL_GLOBAL, ast_as(PatRest, pattern)->name, pattern->span, pattern);
    } else if (pattern->kind == AST_PAT_ALTERNATIVES) {
        AstPatAlternatives *alternatives = ast_as(PatAlternatives, pattern);
        declare_pattern(alternatives->items.items[0], context);
        alternatives_share(c->resolver, alternatives);
    } else if (ast_is_pattern(pattern)) {
        ast_each_child(pattern, declare_pattern, context);
    }
}

/* A field as a parameter of the constructor, so that arguments find their fields as those of a function find their parameters. */
static Ast *field_param(Sema *sema, AstFieldDecl *field) {
    AstParam *param = ast_make(sema->arena, PARAM, Param, field->base.span);
    param->type_expr = field->type_expr;
    if (field->name) {
        AstPatName *name = ast_make(sema->arena, PAT_NAME, PatName, field->base.span);
        name->name = field->name;
        param->pattern = &name->base;
    } else {
        param->pattern = &ast_make(sema->arena, PAT_WILDCARD, PatWildcard, field->base.span)->base;
    }
    return &param->base;
}

static void declare_fields(Sema *sema, Symbol *symbol, const AstList *fields) {
    for (size_t i = 0; i < fields->len; i++) {
        if (fields->items[i]->kind != AST_FIELD_DECL) continue;
        AstFieldDecl *field = ast_as(FieldDecl, fields->items[i]);
        for (size_t j = 0; field->name && j < i; j++) {
            if (fields->items[j]->kind != AST_FIELD_DECL || ast_as(FieldDecl, fields->items[j])->name != field->name) continue;
            Diag *diag =
                diag_add(sema->diags, E0202, field->base.span, "`%s` has two fields called `%s`", symbol->name, field->name);
            diag_note(diag, fields->items[j]->span, "the first one is here");
        }
        vec_push(sema->arena, &symbol->fields, field_param(sema, field));
    }
}

/* The constructors have no item: a function may mention one wherever its type is declared. */
static void declare_type(Sema *sema, Module *module, Item *item, AstTypeDecl *type) {
    Span span = span_of_name(sema, &type->base, type->base.span.from, type->name);
    type->base.symbol = declare(sema, module, item, SYMBOL_TYPE, type->name, span, &type->base);
    if (type->name[1] == '\0') {
        Diag *diag = diag_add(sema->diags, E0313, span, "`%s` cannot be the name of a type", type->name);
        diag_hint(diag, "a single upper-case letter stands for any type: choose a longer name");
    }
    for (size_t i = 0; i < type->constructors.len; i++) {
        if (type->constructors.items[i]->kind != AST_CONSTRUCTOR) continue;
        AstConstructor *node = ast_as(Constructor, type->constructors.items[i]);
        span = type->is_record ? span : span_of_name(sema, &node->base, node->base.span.from, node->name);
        Symbol *symbol = declare(sema, module, NULL, SYMBOL_CONSTRUCTOR, node->name, span, &node->base);
        symbol->type = type->base.symbol;
        node->base.symbol = symbol;
        declare_fields(sema, symbol, &node->fields);
    }
}

static void declare_extern(Sema *sema, Module *module, Item *item, AstExtern *external) {
    Span span = span_of_name(sema, &external->base, external->base.span.from, external->name);
    external->base.symbol = declare(sema, module, item, SYMBOL_EXTERN, external->name, span, &external->base);
    bool is_prim = module->is_library && external->library && strcmp(external->library, "mr") == 0;
    if (is_prim) external->base.symbol->prim = prim_find(external->name);
}

static void report_statement(Sema *sema, const Ast *node) {
    Diag *diag = diag_add(sema->diags, E0604, node->span, "a module holds declarations and lets only, no %s",
                          node->kind == AST_VAR ? "var" : "statements");
    diag_hint(diag, "put it into a function, which the program that imports the module calls");
}

static void declare_item(Resolver *r, Item *item) {
    Sema *sema = r->sema;
    Module *module = r->module;
    Ast *node = item->node;
    uint32_t from = node->span.from;
    switch (node->kind) {
    case AST_FN: {
        Name name = ast_as(Fn, node)->name;
        node->symbol = declare(sema, module, item, SYMBOL_FN, name, span_of_name(sema, node, from, name), node);
        break;
    }
    case AST_REDUCER: {
        Name name = ast_as(Reducer, node)->name;
        node->symbol = declare(sema, module, item, SYMBOL_REDUCER, name, span_of_name(sema, node, from, name), node);
        break;
    }
    case AST_VAR: {
        if (!module->is_main) report_statement(sema, node);
        Name name = ast_as(Var, node)->name;
        node->symbol = declare(sema, module, item, SYMBOL_VAR, name, span_of_name(sema, node, from, name), node);
        break;
    }
    case AST_EXTERN: declare_extern(sema, module, item, ast_as(Extern, node)); break;
    case AST_TYPE_DECL: declare_type(sema, module, item, ast_as(TypeDecl, node)); break;
    case AST_LET: {
        PatternContext context = {sema, module, item, r};
        declare_pattern(ast_as(Let, node)->pattern, &context);
        break;
    }
    case AST_TEST: break;
    case AST_ERROR: scope_skipped(module, ast_as(Error, node)); break;
    case AST_IMPORT: break;
    default:
        if (!module->is_main) report_statement(sema, node);
    }
}

void resolve_module(Sema *sema, Module *module, Items *items) {
    Resolver r = {.sema = sema, .module = module};
    const AstList *nodes = &module->file->items;
    for (size_t i = 0; i < nodes->len; i++) {
        Item *item = arena_make(sema->arena, Item);
        item->node = nodes->items[i];
        item->position = (uint32_t)i;
        vec_push(sema->arena, items, item);
        declare_item(&r, item);
    }
    for (size_t i = 0; i < items->len; i++) {
        r.item = items->items[i];
        resolve_node(&r, r.item->node);
    }
}
