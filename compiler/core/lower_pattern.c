/* lower_pattern.c: patterns: what they ask of a value, and the names that they give to its parts.
 *
 * A value that is taken apart is bound to a hidden variable first, so that each part can be moved out of it. A test reads the parts
 * where they lie. */
#include "compiler/core/lower_internal.h"

#include <string.h>

/* A pattern inside of another, with what it is for. */
typedef struct PatternPart {
    Ast *pattern;
    CoreExpr *value;
} PatternPart;

typedef VEC(PatternPart) PatternParts;

static void add_part(Lower *l, PatternParts *parts, Ast *pattern, CoreExpr *value) {
    PatternPart part = {pattern, value};
    vec_push(l->arena, parts, part);
}

static CoreExpr *tuple_part(Lower *l, CoreExpr *tuple, size_t index) {
    if (tuple->kind == CORE_TUPLE) return tuple->args.items[index];
    return make_field(l, core_copy(l->arena, tuple), index, tuple->span);
}

/* ---- lists */

static CoreExpr *list_length(Lower *l, CoreExpr *list) {
    CoreExpr *length = make(l, CORE_PRIM, core_simple(l, CORE_TYPE_INT), list->span, 1, &list);
    length->text = "len";
    length->type_args = arena_array(l->arena, const CoreType *, 1);
    length->type_args[0] = list->type;
    length->type_arg_count = 1;
    length->generic_args = 1;
    return length;
}

/* The position that is `back` elements before the end. */
static CoreExpr *list_end(Lower *l, CoreExpr *list, size_t back) {
    CoreExpr *length = list_length(l, core_copy(l->arena, list));
    return make_op(l, CORE_OP_SUB, length->type, list->span, length, make_int(l, (int64_t)back, list->span));
}

static CoreExpr *list_rest(Lower *l, CoreExpr *list, size_t before, size_t after) {
    CoreExpr *slice = core_node(l->arena, CORE_SLICE, list->type, list->span);
    vec_push(l->arena, &slice->args, core_copy(l->arena, list));
    vec_push(l->arena, &slice->args, make_int(l, (int64_t)before, list->span));
    vec_push(l->arena, &slice->args, list_end(l, list, after));
    slice->flag = true;
    return slice;
}

static void list_parts(Lower *l, const AstPatList *pattern, CoreExpr *list, PatternParts *parts) {
    size_t count = pattern->items.len, rest = count;
    for (size_t i = 0; i < count; i++) {
        Ast *item = pattern->items.items[i];
        if (item->kind == AST_PAT_REST) {
            rest = i;
            if (item->symbol) add_part(l, parts, item, list_rest(l, list, i, count - i - 1));
            continue;
        }
        CoreExpr *index = i < rest ? make_int(l, (int64_t)i, item->span) : list_end(l, list, count - i);
        CoreExpr *const args[] = {core_copy(l->arena, list), index};
        add_part(l, parts, item, make(l, CORE_INDEX, list->type->args[0], item->span, 2, args));
    }
}

static CoreExpr *list_test(Lower *l, const AstPatList *pattern, CoreExpr *list) {
    bool has_rest = false;
    size_t count = pattern->items.len;
    for (size_t i = 0; i < count; i++) has_rest = has_rest || pattern->items.items[i]->kind == AST_PAT_REST;
    if (has_rest && count == 1) return NULL;
    CoreExpr *least = make_int(l, (int64_t)(has_rest ? count - 1 : count), pattern->base.span);
    return make_op(l, has_rest ? CORE_OP_GE : CORE_OP_EQ, core_simple(l, CORE_TYPE_BOOL), pattern->base.span,
                   list_length(l, core_copy(l->arena, list)), least);
}

/* ---- all patterns */

/* What the pattern looks into; nothing where it has no parts, or is refused. */
static PatternParts pattern_parts(Lower *l, Ast *pattern, CoreExpr *value) {
    PatternParts parts = {0};
    CoreTypeKind kind = value->type->kind;
    if (pattern->kind == AST_PAT_TUPLE && kind == CORE_TYPE_TUPLE &&
        value->type->arg_count == ast_as(PatTuple, pattern)->items.len) {
        const AstList *items = &ast_as(PatTuple, pattern)->items;
        for (size_t i = 0; i < items->len; i++) add_part(l, &parts, items->items[i], tuple_part(l, value, i));
    } else if (pattern->kind == AST_PAT_SOME && kind == CORE_TYPE_OPTIONAL) {
        CoreExpr *const args[] = {core_copy(l->arena, value)};
        add_part(l, &parts, ast_as(PatSome, pattern)->pattern, make(l, CORE_UNWRAP, value->type->args[0], pattern->span, 1, args));
    } else if (pattern->kind == AST_PAT_LIST && kind == CORE_TYPE_LIST) {
        list_parts(l, ast_as(PatList, pattern), value, &parts);
    } else if (pattern->kind == AST_PAT_CONSTRUCTOR && pattern->symbol && pattern->use && core_type_content(value->type)) {
        const AstList *fields = &pattern->use->args;
        for (size_t i = 0; i < fields->len; i++) {
            if (!fields->items[i]) continue;
            add_part(l, &parts, fields->items[i], data_field(l, core_copy(l->arena, value), pattern->symbol, i, pattern->span));
        }
    } else if (pattern->kind != AST_PAT_NONE && pattern->kind != AST_PAT_LITERAL && pattern->kind != AST_PAT_RANGE &&
               pattern->kind != AST_PAT_ALTERNATIVES && pattern->kind != AST_PAT_WILDCARD) {
        lower_refuse(l, pattern->span, "this pattern here");
    }
    return parts;
}

static void find_name(Ast *pattern, void *context) {
    bool *found = context;
    if (pattern->kind == AST_PAT_NAME || (pattern->kind == AST_PAT_REST && pattern->symbol)) *found = true;
    if (!*found && ast_is_pattern(pattern)) ast_each_child(pattern, find_name, context);
}

static bool pattern_has_names(Ast *pattern) {
    bool found = false;
    find_name(pattern, &found);
    return found;
}

static const char *pattern_name(Ast *pattern) {
    if (pattern->kind == AST_PAT_NAME) return ast_as(PatName, pattern)->name;
    return pattern->kind == AST_PAT_REST ? ast_as(PatRest, pattern)->name : NULL;
}

/* ---- tests */

static CoreExpr *both(Lower *l, CoreExpr *left, CoreExpr *right) {
    if (!left || !right) return left ? left : right;
    return make_if(l, left, right, make_bool(l, false, right->span), core_simple(l, CORE_TYPE_BOOL), left->span);
}

static CoreExpr *compare(Lower *l, Env *env, CoreOp op, const CoreExpr *value, Ast *with) {
    return make_op(l, op, core_simple(l, CORE_TYPE_BOOL), with->span, core_copy(l->arena, value), lower_expr(l, env, with));
}

static CoreExpr *test_range(Lower *l, Env *env, const AstPatRange *range, const CoreExpr *value) {
    CoreExpr *low = compare(l, env, CORE_OP_GE, value, range->first);
    return range->last ? both(l, low, compare(l, env, range->is_exclusive ? CORE_OP_LT : CORE_OP_LE, value, range->last)) : low;
}

static CoreExpr *test_alternatives(Lower *l, Env *env, const AstPatAlternatives *pattern, CoreExpr *value) {
    CoreExpr *any = NULL;
    for (size_t i = pattern->items.len; i-- > 0;) {
        CoreExpr *test = pattern_test(l, env, pattern->items.items[i], value);
        if (!test) return NULL;
        CoreExpr *yes = make_bool(l, true, test->span);
        any = any ? make_if(l, test, yes, any, test->type, test->span) : test;
    }
    return any;
}

CoreExpr *pattern_test(Lower *l, Env *env, Ast *pattern, CoreExpr *value) {
    CoreExpr *test = NULL;
    CoreExpr *copy = core_copy(l->arena, value);
    switch (pattern->kind) {
    case AST_PAT_NAME:
    case AST_PAT_REST:
    case AST_PAT_WILDCARD: return NULL;
    case AST_PAT_LITERAL: return compare(l, env, CORE_OP_EQ, value, ast_as(PatLiteral, pattern)->value);
    case AST_PAT_RANGE: return test_range(l, env, ast_as(PatRange, pattern), value);
    case AST_PAT_ALTERNATIVES: return test_alternatives(l, env, ast_as(PatAlternatives, pattern), value);
    case AST_PAT_SOME:
    case AST_PAT_NONE:
        test = make(l, CORE_IS_SOME, core_simple(l, CORE_TYPE_BOOL), pattern->span, 1, &copy);
        if (pattern->kind == AST_PAT_NONE) return make_op(l, CORE_OP_NOT, test->type, pattern->span, test, NULL);
        break;
    case AST_PAT_LIST: test = list_test(l, ast_as(PatList, pattern), value); break;
    case AST_PAT_CONSTRUCTOR: test = pattern->symbol ? data_test(l, copy, pattern->symbol, pattern->span) : NULL; break;
    default: break;
    }
    PatternParts parts = pattern_parts(l, pattern, value);
    CoreExpr *inner = NULL;
    for (size_t i = parts.len; i-- > 0;) inner = both(l, pattern_test(l, env, parts.items[i].pattern, parts.items[i].value), inner);
    return both(l, test, inner);
}

/* ---- names */

typedef struct PatternNames {
    Arena *arena;
    AstList patterns; /* that bind one */
} PatternNames;

/* An element that has no name yet gets the first one that the program gives it. */
static void name_element(CoreExpr *value, const char *name) {
    if (value->kind != CORE_LOCAL || !value->var->is_borrowed || !value->var->is_hidden) return;
    value->var->name = name;
    value->var->is_hidden = false;
}

/* Only what is computed has to be evaluated where nothing of it is bound. */
static void drop_value(Lower *l, CoreExpr *value, CoreExprs *out) {
    if (!is_atom(value) && value->kind != CORE_FIELD && value->kind != CORE_UNWRAP) vec_push(l->arena, out, as_unit(l, value));
}

static void collect_symbols(Ast *pattern, void *context) {
    PatternNames *names = context;
    if (pattern_name(pattern) && pattern->symbol)
        vec_push(names->arena, &names->patterns, pattern);
    else if (pattern->kind == AST_PAT_ALTERNATIVES)
        collect_symbols(ast_as(PatAlternatives, pattern)->items.items[0], context);
    else if (ast_is_pattern(pattern))
        ast_each_child(pattern, collect_symbols, context);
}

static CoreExpr *values_tuple(Lower *l, const CoreExprs *values, Span span) {
    const CoreType **types = arena_array(l->arena, const CoreType *, values->len);
    for (size_t i = 0; i < values->len; i++) types[i] = values->items[i]->type;
    const CoreType *type = core_type(l->program->types, CORE_TYPE_TUPLE, types, values->len);
    return make(l, CORE_TUPLE, type, span, values->len, values->items);
}

/* The values of the names, in their order, as this alternative binds them: one as it is, several as a tuple. */
static CoreExpr *alternative_values(Lower *l, Env *env, const AstList *names, Ast *alternative, CoreExpr *value) {
    Env *inner = env_new(l, env, env ? env->subst : NULL);
    CoreExprs statements = {0}, values = {0};
    bind_pattern(l, inner, alternative, core_copy(l->arena, value), &statements);
    for (size_t i = 0; i < names->len; i++) {
        const Binding *binding = env_find(l, inner, names->items[i]->symbol);
        vec_push(l->arena, &values, core_copy(l->arena, binding->value));
    }
    CoreExpr *all = values.len == 1 ? values.items[0] : values_tuple(l, &values, alternative->span);
    return make_block(l, &statements, all, alternative->span);
}

/* What matches decides where the names' values come from; the last alternative is not tested. */
static CoreExpr *alternatives_value(Lower *l, Env *env, const AstList *names, const AstPatAlternatives *pattern, CoreExpr *value) {
    CoreExpr *chosen = NULL;
    for (size_t i = pattern->items.len; i-- > 0;) {
        Ast *item = pattern->items.items[i];
        CoreExpr *test = chosen ? pattern_test(l, env, item, value) : NULL;
        CoreExpr *values = alternative_values(l, env, names, item, value);
        chosen = test ? make_if(l, test, values, chosen, values->type, item->span) : values;
    }
    return chosen;
}

/* The names and where their values are: for those who bind them as variables or as globals. */
static void alternatives_parts(Lower *l, Env *env, AstPatAlternatives *pattern, CoreExpr *value, PatternParts *parts,
                               CoreExprs *out) {
    PatternNames names = {.arena = l->arena};
    collect_symbols(pattern->items.items[0], &names);
    CoreExpr *values = hold(l, alternatives_value(l, env, &names.patterns, pattern, value), NULL, out);
    for (size_t i = 0; i < names.patterns.len; i++)
        add_part(l, parts, names.patterns.items[i], names.patterns.len == 1 ? values : tuple_part(l, values, i));
}

static PatternParts parts_with_names(Lower *l, Env *env, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    if (pattern->kind != AST_PAT_ALTERNATIVES) return pattern_parts(l, pattern, value);
    PatternParts parts = {0};
    alternatives_parts(l, env, ast_as(PatAlternatives, pattern), value, &parts, out);
    return parts;
}

void bind_pattern(Lower *l, Env *env, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    const char *name = pattern_name(pattern);
    if (name) {
        name_element(value, name);
        env_bind_value(l, env, pattern->symbol, hold(l, value, name, out));
    } else if (!pattern_has_names(pattern)) {
        drop_value(l, value, out);
    } else {
        if (value->kind != CORE_TUPLE || pattern->kind != AST_PAT_TUPLE) value = hold(l, value, NULL, out);
        PatternParts parts = parts_with_names(l, env, pattern, value, out);
        for (size_t i = 0; i < parts.len; i++) bind_pattern(l, env, parts.items[i].pattern, parts.items[i].value, out);
    }
}

CoreVar *pattern_var(Lower *l, Ast *pattern, const CoreType *type) {
    const char *name = pattern->kind == AST_PAT_NAME ? ast_as(PatName, pattern)->name : NULL;
    return var_new(l, name, type, pattern->span);
}

/* ---- top-level lets: their names are globals */

static void assign_global(Lower *l, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    const Symbol *symbol = pattern->symbol;
    bool is_main = symbol->module == l->checked->main;
    const char *name = is_main ? symbol->name : arena_printf(l->arena, "%s.%s", symbol->module->mark, symbol->name);
    env_bind_value(l, NULL, symbol, make_global(l, name, value, pattern->span, out));
}

static void bind_global_pattern(Lower *l, Env *env, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    if (pattern_name(pattern)) {
        assign_global(l, pattern, value, out);
    } else if (!pattern_has_names(pattern)) {
        vec_push(l->arena, out, as_unit(l, value));
    } else {
        if (value->kind != CORE_TUPLE || pattern->kind != AST_PAT_TUPLE) value = hold(l, value, NULL, out);
        PatternParts parts = parts_with_names(l, env, pattern, value, out);
        for (size_t i = 0; i < parts.len; i++) bind_global_pattern(l, env, parts.items[i].pattern, parts.items[i].value, out);
    }
}

void bind_global_let(Lower *l, Env *env, AstLet *let, CoreExprs *out) {
    bool is_name = let->pattern->kind == AST_PAT_NAME, is_given = let->value->kind == AST_GIVEN;
    Ast *definition = is_given ? ast_as(Given, let->value)->definition : NULL, *value = definition ? definition : let->value;
    if (is_name && is_given && !definition) {
        bind_given(l, env, let, out);
    } else if (is_name && ast_is_function_literal(l, env, value)) {
        env_bind_callable(l, NULL, let->pattern->symbol, value, NULL);
    } else if (is_name && type_is_stream(ast_type(l, env, value))) {
        l->body->holds_globals = true;
        Stream *stream = stream_of(l, env, value, out);
        l->body->holds_globals = false;
        env_bind_stream(l, NULL, let->pattern->symbol, stream);
    } else {
        CoreExprs statements = {0};
        bind_global_pattern(l, env, let->pattern, lower_expr(l, env, value), &statements);
        if (statements.len == 1) {
            vec_push(l->arena, out, statements.items[0]);
        } else if (statements.len > 1) {
            vec_push(l->arena, out, make_block(l, &statements, NULL, let->base.span));
        }
    }
}
