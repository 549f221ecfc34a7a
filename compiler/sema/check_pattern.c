/* check_pattern.c: patterns of let, for and parameters, which must match whatever comes: names, `_` and tuples of such. */
#include "compiler/sema/check.h"

static void check_tuple(Checker *c, AstPatTuple *pattern, Type *type) {
    TypeList fields = {0};
    Type *known = type_prune(type);
    bool fits = known->kind == TYPE_TUPLE && known->arg_count == pattern->items.len;
    for (size_t i = 0; i < pattern->items.len; i++) vec_push(c->arena, &fields, fits ? known->args[i] : type_var(&c->infer, 0));
    if (!fits) {
        Type *tuple = type_of_kind(&c->infer, TYPE_TUPLE, fields.items, fields.len);
        UnifyResult result;
        if (!type_unify(&c->infer, type, tuple, &result)) {
            diag_add(c->diags, E0301, pattern->base.span, "this pattern takes a tuple of %zu apart, but the value is %s",
                     fields.len, type_text(&c->infer, type));
            for (size_t i = 0; i < fields.len; i++) fields.items[i] = error_type(c);
        }
    }
    for (size_t i = 0; i < pattern->items.len; i++) check_pattern(c, pattern->items.items[i], fields.items[i]);
}

void check_pattern(Checker *c, Ast *pattern, Type *type) {
    pattern->type = type;
    switch (pattern->kind) {
    case AST_PAT_NAME:
        if (pattern->symbol) pattern->symbol->scheme = scheme_of(&c->infer, type);
        return;
    case AST_PAT_TUPLE: check_tuple(c, ast_as(PatTuple, pattern), type); return;
    case AST_PAT_WILDCARD:
    case AST_ERROR: return;
    case AST_PAT_CONSTRUCTOR: not_supported(c, pattern, "taking a record apart"); return;
    case AST_PAT_ALTERNATIVES: not_supported(c, pattern, "a pattern with alternatives"); return;
    default: {
        Diag *diag = diag_add(c->diags, E0309, pattern->span, "this pattern may not match, and here is no other case");
        diag_hint(diag, "names, `_` and tuples of them always match");
    }
    }
}
