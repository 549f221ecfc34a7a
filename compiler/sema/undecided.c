/* undecided.c: types that nothing has decided by the end of the file (E0304).
 *
 * The variables of schemes are general, and stand for the types of each use. Any other variable that is left is reported, once for
 * each item, at the first value whose type shows it: rather `[]` than the function that it is given to. */
#include "compiler/sema/check.h"

typedef struct Walk {
    Checker *c;
    bool takes_functions; /* function values and uses of functions too: looked at where no other value shows a variable */
    bool is_reported;
} Walk;

static bool is_open(Type *type, size_t *budget) {
    type = type_prune(type);
    if (*budget == 0) return false;
    --*budget;
    if (type->kind == TYPE_VAR) return type->level != LEVEL_GENERIC;
    for (size_t i = 0; i < type->arg_count; i++)
        if (is_open(type->args[i], budget)) return true;
    return false;
}

static bool is_open_type(Type *type) {
    size_t budget = TYPE_SIZE_LIMIT;
    return is_open(type, &budget);
}

/* What was reported is an error from here on: its other uses say nothing more. */
static void settle(Checker *c, Type *type, size_t *budget) {
    type = type_prune(type);
    if (*budget == 0) return;
    --*budget;
    if (type->kind == TYPE_VAR && type->level != LEVEL_GENERIC) type->link = error_type(c);
    for (size_t i = 0; i < type->arg_count; i++) settle(c, type->args[i], budget);
}

static bool has_open_use(const Ast *node) {
    for (size_t i = 0; node->use && i < node->use->types.len; i++)
        if (is_open_type(node->use->types.items[i])) return true;
    return false;
}

/* Whether the value was dropped by a statement: of one who forgot `return`. That is said in one message. */
static bool withdraw_dropped(Checker *c, const Ast *node) {
    size_t before = diag_count(c->diags, SEVERITY_WARNING);
    diag_withdraw(c->diags, W0101, node->span);
    return diag_count(c->diags, SEVERITY_WARNING) < before;
}

static void report(Walk *walk, const Ast *node) {
    Checker *c = walk->c;
    walk->is_reported = true;
    Diag *diag;
    if (node->kind == AST_PAT_NAME)
        diag = diag_add(c->diags, E0304, node->span, "nothing decides the type of `%s`, which is %s",
                        ((const AstPatName *)node)->name, type_text(&c->infer, node->type));
    else if (node->type)
        diag = diag_add(c->diags, E0304, node->span, "nothing decides the type of this value, which is %s",
                        type_text(&c->infer, node->type));
    else
        diag = diag_add(c->diags, E0304, node->span, "nothing decides the types in this use");
    const Symbol *called = node->kind == AST_CALL ? node->symbol : NULL;
    if (called && called->kind == SYMBOL_FN && called->is_recursive)
        diag_hint(diag, "what `%s` gives comes from calls of itself alone: is a `return`, or an `else`, missing?", called->name);
    else if (withdraw_dropped(c, node))
        diag_hint(diag, "a statement drops its value: `return …` leaves the function with it");
    else
        diag_hint(diag, "write the type down, as in `let xs: [int] = []`");
    size_t budget = TYPE_SIZE_LIMIT;
    if (node->type) settle(c, node->type, &budget);
    for (size_t i = 0; node->use && i < node->use->types.len; i++) settle(c, node->use->types.items[i], &budget);
}

static void visit(Ast *node, void *context) {
    Walk *walk = context;
    if (walk->is_reported || ast_is_type(node)) return;
    if (node->kind == AST_PARAM) { /* the default is checked anew at each use */
        visit(ast_as(Param, node)->pattern, context);
        return;
    }
    bool is_open_value = node->type && is_open_type(node->type) && (walk->takes_functions || !type_is(node->type, TYPE_FN));
    if (is_open_value || (walk->takes_functions && has_open_use(node)))
        report(walk, node);
    else
        ast_each_child(node, visit, walk);
}

void report_undecided(Checker *c, const Items *items) {
    if (diag_has_errors(c->diags)) /* it would most often be a consequence */
        return;
    for (size_t i = 0; i < items->len; i++) {
        Walk walk = {.c = c};
        visit(items->items[i]->node, &walk);
        walk.takes_functions = true;
        visit(items->items[i]->node, &walk);
    }
}
