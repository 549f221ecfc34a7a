/* declare.c: what the top level of a module declares, and the resolution of a whole module. */
#include "compiler/sema/prims.h"
#include "compiler/sema/scope.h"

#include <string.h>

static bool is_function_kind(SymbolKind kind) {
    return kind == SYMBOL_FN || kind == SYMBOL_EXTERN;
}

void module_declare(Sema *sema, Module *module, Symbol *symbol) {
    bool is_type = symbol->kind == SYMBOL_TYPE;
    Symbol **slot = (Symbol **)map_slot_pointer(is_type ? &module->types : &module->values, symbol->name);
    Symbol *other = *slot;
    if (!other) {
        *slot = symbol;
    } else if (other->kind == SYMBOL_REDUCER && is_function_kind(symbol->kind) && !other->also) {
        other->also = symbol;
    } else if (is_function_kind(other->kind) && symbol->kind == SYMBOL_REDUCER) {
        symbol->also = other;
        *slot = symbol;
    } else {
        Diag *diag = diag_add(sema->diags, E0202, symbol->span, "`%s` is declared twice", symbol->name);
        diag_note(diag, other->span, "`%s` is declared here first", symbol->name);
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
} PatternContext;

static void declare_pattern(Ast *pattern, void *context) {
    const PatternContext *c = context;
    if (pattern->kind == AST_PAT_NAME) {
        const AstLet *let = (const AstLet *)c->item->node;
        Ast *decl = let->pattern == pattern ? c->item->node : pattern;
        pattern->symbol = declare(c->sema, c->module, c->item, SYMBOL_GLOBAL, ast_as(PatName, pattern)->name, pattern->span, decl);
    } else if (ast_is_pattern(pattern)) {
        ast_each_child(pattern, declare_pattern, context);
    }
}

/* Types come with a later version of the language; that they were declared is known, so that their uses say nothing more. */
static void declare_type(Sema *sema, Module *module, Item *item, AstTypeDecl *type) {
    diag_add(sema->diags, E0501, type->base.span, "the declaration of a type is not supported yet");
    type->base.symbol = declare(sema, module, item, SYMBOL_TYPE, type->name, type->base.span, &type->base);
    for (size_t i = 0; i < type->constructors.len; i++) {
        Ast *constructor = type->constructors.items[i];
        if (constructor->kind == AST_CONSTRUCTOR)
            constructor->symbol = declare(sema, module, item, SYMBOL_CONSTRUCTOR, ast_as(Constructor, constructor)->name,
                                          constructor->span, constructor);
    }
}

static void declare_extern(Sema *sema, Module *module, Item *item, AstExtern *external) {
    Span span = span_of_name(sema, &external->base, external->base.span.from, external->name);
    external->base.symbol = declare(sema, module, item, SYMBOL_EXTERN, external->name, span, &external->base);
    bool is_prim = module->is_library && external->library && strcmp(external->library, "mr") == 0;
    if (is_prim)
        external->base.symbol->prim = prim_find(external->name);
    else
        diag_add(sema->diags, E0501, external->base.span, "foreign functions are not supported yet");
}

static void declare_item(Sema *sema, Module *module, Item *item) {
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
        Name name = ast_as(Var, node)->name;
        node->symbol = declare(sema, module, item, SYMBOL_VAR, name, span_of_name(sema, node, from, name), node);
        break;
    }
    case AST_EXTERN: declare_extern(sema, module, item, ast_as(Extern, node)); break;
    case AST_TYPE_DECL: declare_type(sema, module, item, ast_as(TypeDecl, node)); break;
    case AST_LET: {
        PatternContext context = {sema, module, item};
        declare_pattern(ast_as(Let, node)->pattern, &context);
        break;
    }
    case AST_TEST: diag_add(sema->diags, E0501, node->span, "`test` blocks are not supported yet"); break;
    case AST_ERROR: scope_skipped(module, ast_as(Error, node)); break;
    case AST_IMPORT: break;
    default:
        if (module->is_library)
            diag_add(sema->diags, E0604, node->span, "a module holds declarations and lets only, no statements");
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
        declare_item(sema, module, item);
    }
    for (size_t i = 0; i < items->len; i++) {
        r.item = items->items[i];
        resolve_node(&r, r.item->node);
    }
}
