/* unused.c: warnings about what a program declares, or imports, and never mentions (W0102).
 *
 * They wait for the end of the module, and are not said at all after an error: a name that is misspelt in one place seems unused in
 * the other. A name that begins with `_` says that it is meant. Parameters, and what a `for` binds, are no slips: often only their
 * number counts. Of a module only what stands in its blocks is looked at, since others may use the rest. */
#include <string.h>

#include "compiler/sema/scope.h"

void unused_collect(Resolver *r, const Scope *scope) {
    for (size_t i = 0; i < scope->symbols.len && !r->module->is_library; i++) {
        Symbol *symbol = scope->symbols.items[i];
        if (!symbol->is_used && symbol->name[0] != '_') vec_push(r->sema->arena, &r->module->unused, symbol);
    }
}

/* From the beginning of the name to that of the next one, so that the list stays whole. */
static void fix_names(const AstImport *import, size_t index, Diag *diag) {
    Span span = import->names.items[index]->span;
    if (import->names.len == 1) return;
    if (index + 1 < import->names.len)
        span.to = import->names.items[index + 1]->span.from;
    else
        span.from = import->names.items[index - 1]->span.to;
    diag_fix(diag, span, "%s", "");
}

static void warn_import(Sema *sema, const Module *module, const AstImport *import) {
    if (import->names.len == 0) {
        const Symbol *symbol = import->base.symbol;
        if (!symbol || symbol->is_used || symbol->module->is_missing) return;
        Diag *diag = diag_add(sema->diags, W0102, import->base.span, "the import `%s` is never used", symbol->name);
        diag_hint(diag, "it can go; names of a module are used as `%s.name`", symbol->name);
        return;
    }
    for (size_t i = 0; i < import->names.len; i++) {
        const Ast *node = import->names.items[i];
        Name name = node->kind == AST_NAME_REF ? ((const AstNameRef *)node)->name : NULL;
        if (!name || map_get_pointer(&module->mentioned, name)) continue;
        Diag *diag = diag_add(sema->diags, W0102, node->span, "the import `%s` is never used", name);
        fix_names(import, i, diag);
    }
}

static void warn_symbol(Sema *sema, const Symbol *symbol) {
    const char *problem = symbol->is_assigned ? "is assigned, but never read" : "is never used";
    Diag *diag = diag_add(sema->diags, W0102, symbol->span, "`%s` %s", symbol->name, problem);
    diag_hint(diag, "a name that begins with `_` says that this is meant, as does `_` alone");
    diag_fix(diag, (Span){symbol->span.file, symbol->span.from, symbol->span.from}, "_");
}

/* Functions, reducers and lets of the program's own top level. */
static void warn_top_level(Sema *sema, const Module *module) {
    for (size_t i = 0; i < module->values.len; i++) {
        const Symbol *symbol = module->values.entries[i].value;
        if (!symbol || symbol->module != module || symbol->kind == SYMBOL_CONSTRUCTOR || symbol->kind == SYMBOL_MODULE) continue;
        if (!symbol->is_used && symbol->name[0] != '_') warn_symbol(sema, symbol);
    }
}

/* Whether the file does anything: one that holds only what a module may hold is meant to be imported, or tested. */
static bool acts(const Module *module) {
    for (size_t i = 0; i < module->file->items.len; i++) {
        switch (module->file->items.items[i]->kind) {
        case AST_FN:
        case AST_REDUCER:
        case AST_EXTERN:
        case AST_TYPE_DECL:
        case AST_IMPORT:
        case AST_LET:
        case AST_TEST: break;
        default: return true;
        }
    }
    return false;
}

/* `fn main()` in a file without statements, of one who thinks that it is called. */
static void warn_main(Sema *sema, const Module *module) {
    for (size_t i = 0; i < module->values.len; i++) {
        const Symbol *symbol = module->values.entries[i].value;
        bool is_main = symbol && symbol->module == module && symbol->kind == SYMBOL_FN && strcmp(symbol->name, "main") == 0;
        if (!is_main || symbol->is_used) continue;
        Diag *diag = diag_add(sema->diags, W0102, symbol->span, "nothing calls `main`");
        diag_hint(diag,
                  "a program is what the top level of its file says, from top to bottom: statements stand there, or call `main()`");
    }
}

void unused_report(Sema *sema, const Module *module) {
    if (module->is_library || diag_has_errors(sema->diags)) return;
    bool is_cell = module->is_main && sema->cell != CELL_NONE; /* whose names others may mention */
    for (size_t i = 0; i < module->file->items.len && !is_cell; i++)
        if (module->file->items.items[i]->kind == AST_IMPORT)
            warn_import(sema, module, ast_as(Import, module->file->items.items[i]));
    for (size_t i = 0; i < module->unused.len; i++) warn_symbol(sema, module->unused.items[i]);
    if (is_cell) return;
    if (module->is_main && acts(module))
        warn_top_level(sema, module);
    else if (module->is_main)
        warn_main(sema, module);
}
