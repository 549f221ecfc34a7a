/* scope.c: local scopes, and what a name means: a local, what the module declares or imports, or what the prelude has. */
#include "compiler/sema/scope.h"

#include <string.h>

#include "base/nearest.h"

static Symbol *find_here(const Scope *scope, Name name) {
    for (size_t i = scope->symbols.len; i-- > 0;)
        if (scope->symbols.items[i]->name == name) return scope->symbols.items[i];
    return NULL;
}

Symbol *scope_declare(Resolver *r, SymbolKind kind, Name name, Span span, Ast *decl) {
    Symbol *other = find_here(r->scope, name);
    if (other) {
        other->is_used = true; /* nothing can mention it any more */
        Diag *diag = diag_add(r->sema->diags, E0202, span, "`%s` is declared twice in the same block", name);
        diag_label(diag, other->span, "it is declared here first");
        diag_hint(diag, "choose another name for one of them");
    }
    Symbol *symbol = arena_make(r->sema->arena, Symbol);
    *symbol = (Symbol){.kind = kind, .name = name, .span = span, .decl = decl, .owner = r->owner, .module = r->module};
    vec_push(r->sema->arena, &r->scope->symbols, symbol);
    return symbol;
}

static const char *nearest_visible(Resolver *r, Name name) {
    if (!is_worth_searching(r->sema)) return NULL;
    VEC(const char *) candidates = {0};
    for (const Scope *scope = r->scope; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->symbols.len; i++) vec_push(r->sema->arena, &candidates, scope->symbols.items[i]->name);
    const char *outer = nearest_in(r->sema, name, &r->module->values, r->sema->prelude ? &r->sema->prelude->values : NULL);
    if (outer) vec_push(r->sema->arena, &candidates, outer);
    return nearest_name(name, candidates.items, candidates.len);
}

/* The record type of the module that has a field of this name; NULL where there is none. */
static const Symbol *record_with(const Module *module, Name name) {
    for (size_t i = 0; i < module->types.len; i++) {
        const Symbol *type = module->types.entries[i].value;
        const AstList *constructors = type ? &((const AstTypeDecl *)type->decl)->constructors : NULL;
        const Symbol *record = constructors && constructors->len == 1 ? constructors->items[0]->symbol : NULL;
        for (size_t j = 0; record && j < record->fields.len; j++) {
            const Ast *field = ((const AstParam *)record->fields.items[j])->pattern;
            if (field->kind == AST_PAT_NAME && ((const AstPatName *)field)->name == name) return type;
        }
    }
    return NULL;
}

void scope_skipped(Module *module, const AstError *error) {
    for (size_t i = 0; i < error->names.len; i++) {
        const AstNameRef *ref = ast_as(NameRef, error->names.items[i]);
        *map_slot_pointer(&module->skipped, ref->name) = error->names.items[i];
    }
}

static void hint_unknown(Resolver *r, Diag *diag, Name name, Span span) {
    const char *hint = foreign_name_hint(r->sema, name), *near = nearest_visible(r, name);
    const Symbol *record = record_with(r->module, name);
    bool is_target = r->target && r->target->span.from == span.from;
    for (const Scope *scope = r->around_default; scope; scope = scope->outer)
        if (find_here(scope, name)) hint = "a default value mentions what stands around the function, not its parameters";
    if (hint) {
        diag_hint(diag, "%s", hint);
        const char *instead = foreign_name_fix(name);
        if (instead) diag_fix(diag, span, "%s", instead);
    } else if (r->clause) {
        bool is_reduce = strcmp(r->clause, "reduce") == 0;
        diag_hint(diag, is_reduce ? "`%s` takes a reducer or a function: `%s (a, b) => …`" : "`%s` takes a function: `%s %s => …`",
                  r->clause, r->clause, name);
        r->is_clause_reported = true;
    } else if (near) {
        diag_hint(diag, "did you mean `%s`?", near);
        diag_fix(diag, span, "%s", near);
    } else if (r->is_by) {
        diag_hint(diag, "`by` takes a function of the result, `by x => …`, or the word `key`: the first of each pair");
    } else if (name[0] >= 'A' && name[0] <= 'Z') {
        diag_hint(diag, "a record is declared by `type %s(x: float)`, alternatives by `type Name = %s(float) | Other`", name, name);
    } else if (is_target && r->is_first_value) {
        diag_hint(diag, "a name is declared by `let %s = …`, or, where its value changes later, by `var %s = …`", name, name);
        diag_fix(diag, (Span){span.file, span.from, span.from}, "let ");
    } else if (is_target) {
        diag_hint(diag, "what changes is declared first: `var %s = …`", name);
    } else if (record) {
        diag_hint(diag, "a value of `%s` has a field of this name: `(p.%s)(…)` calls what is in it", record->name, name);
    }
}

/* Once for each name: a misspelt declaration would otherwise be reported wherever the right spelling is used. */
static void report_unknown(Resolver *r, Name name, Span span) {
    void **skipped = map_slot_pointer(&r->module->skipped, name);
    if (*skipped || (r->clause && r->is_clause_reported)) return;
    *skipped = (void *)(uintptr_t)name;
    Diag *diag = diag_add(r->sema->diags, E0201, span, "nothing is called `%s` here", name);
    hint_unknown(r, diag, name, span);
}

static void report_var(Resolver *r, const Symbol *var, Span span) {
    for (size_t i = 0; i < r->reported.len; i++)
        if (r->reported.items[i].owner == r->owner && r->reported.items[i].var == var) return;
    vec_push(r->sema->arena, &r->reported, ((VarMention){r->owner, var}));
    bool is_async = r->owner && r->owner->kind == AST_ASYNC;
    const char *what = is_async ? "the work that `async` starts" : "a function";
    Diag *diag =
        diag_add(r->sema->diags, E0203, span, "%s cannot mention the var `%s`, which is declared outside of it", what, var->name);
    diag_label(diag, var->span, "the var is declared here");
    if (is_async)
        diag_hint(diag, "the work may run on another machine, later: copy the value to a let before the `async`, and mention that");
    else if (r->target && r->target->span.from == span.from)
        diag_hint(diag, "let the function give a value instead; `map f over xs reduce g` combines what it gives for each element");
    else
        diag_hint(diag, "functions may travel to other machines: copy the value to a let before the function, and mention that");
}

/* A mention of something that the same module declares at its top level. */
static void record_mention(Resolver *r, Symbol *symbol, Span span) {
    Item *user = r->item, *used = symbol->item;
    if (used->mark != user->position + 1) {
        used->mark = user->position + 1;
        vec_push(r->sema->arena, &user->uses, used);
    }
    if (user->node->kind == AST_FN || user->node->kind == AST_REDUCER || user->node->kind == AST_TEST) return;
    if (symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_REDUCER) {
        Mention mention = {symbol, span};
        vec_push(r->sema->arena, &user->functions, mention);
    } else if ((symbol->kind == SYMBOL_GLOBAL || symbol->kind == SYMBOL_VAR) && used->position >= user->position) {
        Diag *diag = diag_add(r->sema->diags, E0205, span, "`%s` is read before it has a value", symbol->name);
        diag_label(diag, symbol->span, "it gets its value here");
        bool is_own = used == user && r->sema->prelude && map_get_pointer(&r->sema->prelude->values, symbol->name);
        if (is_own)
            diag_hint(diag, "the new name hides what the library calls `%s`: choose another one", symbol->name);
        else
            diag_hint(diag, "statements run from top to bottom: move the declaration up");
    }
}

static Symbol *find(Resolver *r, Name name) {
    for (const Scope *scope = r->scope; scope; scope = scope->outer) {
        Symbol *symbol = find_here(scope, name);
        if (symbol) return symbol;
    }
    Symbol *symbol = map_get_pointer(&r->module->values, name);
    /* What could not be parsed would have hidden what the library has. */
    bool is_skipped = !symbol && map_get_pointer(&r->module->skipped, name);
    if (!symbol && !is_skipped && r->sema->prelude) symbol = map_get_pointer(&r->sema->prelude->values, name);
    return symbol;
}

/* A statement of a cell that stands above the let or var that hides a given one, or is it, means the given one. */
static Symbol *as_it_was(const Resolver *r, Symbol *symbol) {
    bool is_statement = r->item && r->item->node->kind != AST_FN && r->item->node->kind != AST_REDUCER;
    if (is_statement && symbol->before && symbol->item->position >= r->item->position) return symbol->before;
    return symbol;
}

/* For unused.c. */
static void note_mention(Resolver *r, Symbol *symbol, Name name, Span span) {
    bool is_target = r->target && r->target->span.from == span.from;
    if (symbol->kind == SYMBOL_VAR && is_target)
        symbol->is_assigned = true;
    else
        symbol->is_used = true;
    if (symbol->also) symbol->also->is_used = true;
    if (symbol->module != r->module) *map_slot_pointer(&r->module->mentioned, name) = symbol;
}

Symbol *scope_lookup(Resolver *r, Name name, Span span) {
    Symbol *symbol = find(r, name);
    if (!symbol) {
        report_unknown(r, name, span);
        return NULL;
    }
    symbol = as_it_was(r, symbol);
    note_mention(r, symbol, name, span);
    if (symbol->kind == SYMBOL_VAR && symbol->owner != r->owner) {
        report_var(r, symbol, span);
        return NULL;
    }
    if (r->item && symbol->item && symbol->module == r->module) {
        record_mention(r, symbol, span);
        if (symbol->also) record_mention(r, symbol->also, span);
    }
    return symbol;
}

Module *scope_module(Resolver *r, const Ast *expr) {
    if (expr->kind != AST_NAME_REF) return NULL;
    const Symbol *symbol = find(r, ((const AstNameRef *)expr)->name);
    return symbol && symbol->kind == SYMBOL_MODULE ? symbol->module : NULL;
}

bool scope_lacks_import(Resolver *r, const Ast *expr, Name member) {
    if (expr->kind != AST_NAME_REF) return false;
    Name name = ((const AstNameRef *)expr)->name;
    if (find(r, name) || map_get_pointer(&r->module->skipped, name) || !embedded_has(name, member)) return false;
    Diag *diag = diag_add(r->sema->diags, E0201, expr->span, "nothing is called `%s` here", name);
    diag_hint(diag, "`import %s`, at the beginning of the file, brings the library's module in", name);
    return true;
}

/* What the module is called here. */
static Name written_name(const Resolver *r, const Module *module) {
    for (size_t i = 0; i < r->module->values.len; i++) {
        const Symbol *symbol = r->module->values.entries[i].value;
        if (symbol && symbol->kind == SYMBOL_MODULE && symbol->module == module) return symbol->name;
    }
    return module->name;
}

Symbol *scope_member(Resolver *r, Module *module, Name name, Span span) {
    Symbol *symbol = map_get_pointer(&module->values, name);
    if (symbol && symbol->module == module && symbol->kind != SYMBOL_MODULE) return symbol;
    if (module->is_missing || map_get_pointer(&module->skipped, name)) return NULL; /* reported */
    Diag *diag = diag_add(r->sema->diags, E0602, span, "the module `%s` has nothing called `%s`", module->name, name);
    const char *near = nearest_in(r->sema, name, &module->values, NULL);
    if (near) {
        diag_hint(diag, "did you mean `%s.%s`?", written_name(r, module), near);
        diag_fix(diag, span, "%s", near);
    }
    return NULL;
}

Symbol *scope_qualified(Resolver *r, Name module, Name name, Span span) {
    const Symbol *symbol = scope_lookup(r, module, span);
    if (symbol && symbol->kind == SYMBOL_MODULE) return scope_member(r, symbol->module, name, span);
    if (symbol) diag_add(r->sema->diags, E0201, span, "`%s` is not a module", module);
    return NULL;
}
