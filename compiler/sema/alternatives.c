/* alternatives.c: the names inside of alternatives, `(x, 1) | (1, x)`: each of them binds the same names.
 *
 * The names of the first one were declared; those of the others stand for the same symbols. */
#include "compiler/sema/scope.h"

static Name name_of(const Ast *pattern) {
    if (pattern->kind == AST_PAT_NAME) return ((const AstPatName *)pattern)->name;
    return pattern->kind == AST_PAT_REST ? ((const AstPatRest *)pattern)->name : NULL;
}

typedef struct NameWalk {
    Arena *arena;
    AstList names; /* the patterns that bind one */
} NameWalk;

/* Of alternatives further inside, those of the first one. */
static void collect_names(Ast *pattern, void *context) {
    NameWalk *walk = context;
    if (name_of(pattern))
        vec_push(walk->arena, &walk->names, pattern);
    else if (pattern->kind == AST_PAT_ALTERNATIVES)
        collect_names(ast_as(PatAlternatives, pattern)->items.items[0], context);
    else if (ast_is_pattern(pattern))
        ast_each_child(pattern, collect_names, context);
}

static const Ast *find_name(const AstList *names, Name name, size_t limit) {
    for (size_t i = 0; i < limit; i++)
        if (name_of(names->items[i]) == name) return names->items[i];
    return NULL;
}

static void report_difference(const Resolver *r, const Ast *pattern, const Ast *other, Name name) {
    Diag *diag = diag_add(r->sema->diags, E0314, pattern->span, "the name `%s` is missing in one of these alternatives", name);
    diag_note(diag, other->span, "this one does not bind it");
    diag_hint(diag, "whichever alternative matches, the same names have values: name the same in each, or write `_`");
    *map_slot_pointer(&r->module->skipped, name) = (void *)(uintptr_t)name;
}

static void report_twice(const Resolver *r, const Ast *pattern, const Ast *first) {
    Diag *diag = diag_add(r->sema->diags, E0202, pattern->span, "`%s` is declared twice in the same pattern", name_of(pattern));
    diag_note(diag, first->span, "`%s` is declared here first", name_of(pattern));
    diag_hint(diag, "choose another name for one of them");
}

static void share_inside(Ast *pattern, void *context);

static void share_with(Resolver *r, Ast *first, const AstList *names, Ast *other) {
    NameWalk walk = {.arena = r->sema->arena};
    collect_names(other, &walk);
    for (size_t i = 0; i < walk.names.len; i++) {
        Ast *pattern = walk.names.items[i];
        const Ast *same = find_name(names, name_of(pattern), names->len), *twice = find_name(&walk.names, name_of(pattern), i);
        if (twice)
            report_twice(r, pattern, twice);
        else if (!same)
            report_difference(r, pattern, first, name_of(pattern));
        else
            pattern->symbol = same->symbol;
    }
    for (size_t i = 0; i < names->len; i++)
        if (!find_name(&walk.names, name_of(names->items[i]), walk.names.len))
            report_difference(r, names->items[i], other, name_of(names->items[i]));
    share_inside(other, r);
}

void alternatives_share(Resolver *r, AstPatAlternatives *pattern) {
    NameWalk walk = {.arena = r->sema->arena};
    collect_names(pattern->items.items[0], &walk);
    for (size_t i = 1; i < pattern->items.len; i++) share_with(r, pattern->items.items[0], &walk.names, pattern->items.items[i]);
}

static void share_inside(Ast *pattern, void *context) {
    if (pattern->kind == AST_PAT_ALTERNATIVES) {
        share_inside(ast_as(PatAlternatives, pattern)->items.items[0], context);
        alternatives_share(context, ast_as(PatAlternatives, pattern));
    } else if (ast_is_pattern(pattern)) {
        ast_each_child(pattern, share_inside, context);
    }
}
