/* check_pattern.c: patterns, against the type of what they take apart.
 *
 * A pattern whose type does not fit was reported and has the type of an error, as have all patterns around it, so that nobody asks
 * what it covers. */
#include "compiler/sema/check.h"
#include "compiler/sema/cover.h"

static bool check_part(Checker *c, Ast *pattern, Type *type);

/* In alternatives, a name has the type that the first one gave it. */
static bool bind_name(Checker *c, const Ast *pattern, Type *type) {
    Symbol *symbol = pattern->symbol;
    if (!symbol) return true;
    if (symbol->span.from == pattern->span.from || !symbol->scheme) {
        symbol->scheme = scheme_of(&c->infer, type);
        return true;
    }
    UnifyResult result;
    if (type_is_error(type) || type_unify(&c->infer, type, symbol->scheme->type, &result)) return true;
    const char *here = type_text(&c->infer, type), *first = type_text(&c->infer, symbol->scheme->type);
    Diag *diag =
        diag_add(c->diags, E0301, pattern->span, "`%s` is %s in this alternative, and %s in another", symbol->name, here, first);
    diag_note(diag, symbol->span, "here it is %s", first);
    return false;
}

/* The type must have this shape; false after an error. */
static bool fits_shape(Checker *c, const Ast *pattern, Type *type, Type *shape, const char *what) {
    UnifyResult result;
    if (type_unify(&c->infer, type, shape, &result)) return true;
    Diag *diag = diag_add(c->diags, E0301, pattern->span, "this pattern %s, but the value is %s", what, type_text(&c->infer, type));
    if (pattern->kind == AST_PAT_TUPLE && type_is(type, TYPE_LIST))
        diag_hint(diag, "a list may have any length: its elements are `xs[0]`, `xs[1]`, or `match xs { [a, b] => …, _ => … }`");
    else if (type_is(type, TYPE_OPTIONAL))
        diag_hint(diag, "`some(p)` and `none` are the patterns of an optional");
    return false;
}

static bool check_parts(Checker *c, const AstList *patterns, Type *const *types, bool is_good) {
    bool all = is_good;
    for (size_t i = 0; i < patterns->len; i++)
        if (patterns->items[i]) all = check_part(c, patterns->items[i], is_good ? types[i] : error_type(c)) && all;
    return all;
}

static bool check_tuple(Checker *c, AstPatTuple *pattern, Type *type) {
    TypeList fields = {0};
    Type *known = type_prune(type);
    bool fits = known->kind == TYPE_TUPLE && known->arg_count == pattern->items.len;
    for (size_t i = 0; i < pattern->items.len; i++) vec_push(c->arena, &fields, fits ? known->args[i] : type_var(&c->infer, 0));
    if (!fits) {
        Type *tuple = type_of_kind(&c->infer, TYPE_TUPLE, fields.items, fields.len);
        fits = fits_shape(c, &pattern->base, type, tuple, arena_printf(c->arena, "takes a tuple of %zu apart", fields.len));
    }
    return check_parts(c, &pattern->items, fields.items, fits);
}

static bool check_optional(Checker *c, Ast *pattern, Ast *inner, Type *type) {
    Type *value = type_var(&c->infer, 0);
    bool fits = fits_shape(c, pattern, type, type_one(&c->infer, TYPE_OPTIONAL, value), "is one of an optional");
    if (!inner) return fits;
    return check_part(c, inner, fits ? value : error_type(c)) && fits;
}

static bool check_list(Checker *c, AstPatList *pattern, Type *type) {
    Type *element = type_var(&c->infer, 0);
    bool fits = fits_shape(c, &pattern->base, type, type_one(&c->infer, TYPE_LIST, element), "takes a list apart");
    bool all = fits, has_rest = false;
    for (size_t i = 0; i < pattern->items.len; i++) {
        Ast *item = pattern->items.items[i];
        if (item->kind != AST_PAT_REST) {
            all = check_part(c, item, fits ? element : error_type(c)) && all;
            continue;
        }
        item->type = fits ? type : error_type(c);
        all = bind_name(c, item, item->type) && all;
        if (has_rest) diag_add(c->diags, E0301, item->span, "a list pattern has one `...` at most");
        all = all && !has_rest;
        has_rest = true;
    }
    return all;
}

static bool check_literal(Checker *c, Ast *pattern, Ast *value, Type *type) {
    Reason reason = {.what = "this pattern", .span = SPAN_NONE};
    pattern->type = type;
    return check_against(c, value, type, &reason);
}

static bool check_range(Checker *c, AstPatRange *pattern, Type *type) {
    Type *number = type_basic(&c->infer, TYPE_INT);
    if (!fits_shape(c, &pattern->base, type, number, "is a range of ints")) return false;
    Reason reason = {.what = "an end of a range", .span = SPAN_NONE};
    bool is_good = check_against(c, pattern->first, number, &reason);
    if (pattern->last) is_good = check_against(c, pattern->last, number, &reason) && is_good;
    return is_good;
}

static bool check_alternatives(Checker *c, AstPatAlternatives *pattern, Type *type) {
    bool all = true;
    for (size_t i = 0; i < pattern->items.len; i++) all = check_part(c, pattern->items.items[i], type) && all;
    return all;
}

/* ---- constructors */

/* Puts the patterns of the fields in their order into use->args, NULL where a pattern by name leaves one out. */
static bool place_fields(Checker *c, const AstPatConstructor *pattern, const Symbol *constructor, Use *use) {
    size_t count = constructor->fields.len, next = 0;
    bool named = false;
    for (size_t i = 0; i < count; i++) vec_push(c->arena, &use->args, (Ast *)NULL);
    for (size_t i = 0; i < pattern->args.len; i++) {
        if (pattern->args.items[i]->kind != AST_PAT_ARG) return false;
        AstPatArg *arg = ast_as(PatArg, pattern->args.items[i]);
        size_t field = next++;
        if (arg->label) {
            named = true;
            for (field = 0; field < count; field++) {
                const Ast *name = ast_as(Param, constructor->fields.items[field])->pattern;
                if (name->kind == AST_PAT_NAME && ((const AstPatName *)name)->name == arg->label) break;
            }
            if (field == count) {
                diag_add(c->diags, E0306, arg->base.span, "`%s` has no field `%s`", constructor->name, arg->label);
                return false;
            }
        }
        if (field < count && use->args.items[field]) {
            diag_add(c->diags, E0303, arg->base.span, "this field of `%s` is matched twice", constructor->name);
            return false;
        }
        if (field < count) use->args.items[field] = arg->pattern;
    }
    if (named || pattern->args.len == count) return true;
    Diag *diag = diag_add(c->diags, E0303, pattern->base.span, "`%s` has %zu field%s, and this pattern names %zu",
                          constructor->name, count, count == 1 ? "" : "s", pattern->args.len);
    diag_note(diag, constructor->span, "`%s` is declared here", constructor->name);
    diag_hint(diag, "`_` stands for a field that does not matter, and a pattern with names (`x: p`) may leave fields out");
    return false;
}

static bool check_constructor(Checker *c, AstPatConstructor *pattern, Type *type) {
    Symbol *constructor = pattern->base.symbol;
    bool is_good = constructor && constructor->scheme;
    Type *made = NULL;
    Use *use = is_good ? use_new(c, constructor, pattern->base.span, &made) : NULL;
    if (is_good) {
        made = type_prune(made);
        const char *what = arena_printf(c->arena, "is one of `%s`", constructor->type->name);
        is_good = fits_shape(c, &pattern->base, type, made->kind == TYPE_FN ? type_fn_result(made) : made, what) &&
                  place_fields(c, pattern, constructor, use);
    }
    for (size_t i = 0; i < pattern->args.len; i++) {
        if (pattern->args.items[i]->kind != AST_PAT_ARG) continue;
        AstPatArg *arg = ast_as(PatArg, pattern->args.items[i]);
        Type *field = error_type(c);
        for (size_t j = 0; is_good && j < use->args.len; j++)
            if (use->args.items[j] == arg->pattern) field = made->args[j];
        is_good = check_part(c, arg->pattern, field) && is_good;
        arg->base.type = arg->pattern->type;
    }
    if (is_good) pattern->base.use = use;
    return is_good;
}

/* ---- all of them */

/* False after an error, in the pattern or before it. */
static bool check_part(Checker *c, Ast *pattern, Type *type) {
    bool is_good = !type_is_error(type);
    pattern->type = type;
    switch (pattern->kind) {
    case AST_PAT_NAME: is_good = bind_name(c, pattern, type) && is_good; break;
    case AST_PAT_WILDCARD: break;
    case AST_PAT_TUPLE: is_good = check_tuple(c, ast_as(PatTuple, pattern), type) && is_good; break;
    case AST_PAT_SOME: is_good = check_optional(c, pattern, ast_as(PatSome, pattern)->pattern, type) && is_good; break;
    case AST_PAT_NONE: is_good = check_optional(c, pattern, NULL, type) && is_good; break;
    case AST_PAT_LIST: is_good = check_list(c, ast_as(PatList, pattern), type) && is_good; break;
    case AST_PAT_LITERAL: is_good = check_literal(c, pattern, ast_as(PatLiteral, pattern)->value, type) && is_good; break;
    case AST_PAT_RANGE: is_good = check_range(c, ast_as(PatRange, pattern), type) && is_good; break;
    case AST_PAT_CONSTRUCTOR: is_good = check_constructor(c, ast_as(PatConstructor, pattern), type) && is_good; break;
    case AST_PAT_ALTERNATIVES: is_good = check_alternatives(c, ast_as(PatAlternatives, pattern), type) && is_good; break;
    default: is_good = false;
    }
    if (!is_good && pattern->kind != AST_PAT_NAME) pattern->type = error_type(c);
    return is_good;
}

void check_case(Checker *c, Ast *pattern, Type *type) {
    if (!check_part(c, pattern, type)) pattern->type = error_type(c);
}

void check_pattern(Checker *c, Ast *pattern, Type *type) {
    const char *example = NULL;
    if (pattern->kind == AST_PAT_NAME || pattern->kind == AST_PAT_WILDCARD) {
        check_part(c, pattern, type);
        return;
    }
    check_case(c, pattern, type);
    if (type_is_error(pattern->type)) return;
    size_t budget = COVER_BUDGET;
    if (cover_is_useful(c->arena, &pattern, 1, NULL, &budget, &example) == COVER_NO) return;
    Diag *diag = diag_add(c->diags, E0309, pattern->span, "this pattern may not match, and here is no other case");
    if (pattern->kind == AST_PAT_LIST)
        diag_hint(diag, "a list may have any length: `match` chooses between cases; a tuple, `(a, b)`, always has its parts");
    else
        diag_hint(diag, "names, `_` and tuples of them always match; `match` chooses between cases");
}
