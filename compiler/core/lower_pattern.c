/* lower_pattern.c: irrefutable patterns: names, `_` and tuples, of lets, parameters and loops.
 *
 * A tuple that owns its fields is bound to a hidden variable first, so that each field can be moved out of it. */
#include "compiler/core/lower_internal.h"

static CoreExpr *tuple_part(Lower *l, CoreExpr *tuple, size_t index) {
    if (tuple->kind == CORE_TUPLE) return tuple->args.items[index];
    return make_field(l, core_copy(l->arena, tuple), index, tuple->span);
}

/* An element that has no name yet gets the first one that the program gives it. */
static void name_element(CoreExpr *value, const char *name) {
    if (value->kind != CORE_LOCAL || !value->var->is_borrowed || !value->var->is_hidden) return;
    value->var->name = name;
    value->var->is_hidden = false;
}

void bind_pattern(Lower *l, Env *env, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    switch (pattern->kind) {
    case AST_PAT_NAME:
        name_element(value, ast_as(PatName, pattern)->name);
        env_bind_value(l, env, pattern->symbol, hold(l, value, ast_as(PatName, pattern)->name, out));
        break;
    case AST_PAT_WILDCARD:
        if (!is_atom(value) && value->kind != CORE_FIELD) vec_push(l->arena, out, as_unit(l, value));
        break;
    case AST_PAT_TUPLE: {
        AstList *items = &ast_as(PatTuple, pattern)->items;
        if (value->kind != CORE_TUPLE) value = hold(l, value, NULL, out);
        if (value->type->kind != CORE_TYPE_TUPLE || value->type->arg_count != items->len) {
            lower_refuse(l, pattern->span, "this pattern here");
            break;
        }
        for (size_t i = 0; i < items->len; i++) bind_pattern(l, env, items->items[i], tuple_part(l, value, i), out);
        break;
    }
    default: lower_refuse(l, pattern->span, "this pattern here"); break;
    }
}

CoreVar *pattern_var(Lower *l, Ast *pattern, const CoreType *type) {
    const char *name = pattern->kind == AST_PAT_NAME ? ast_as(PatName, pattern)->name : NULL;
    return var_new(l, name, type, pattern->span);
}

/* ---- top-level lets: their names are globals */

static void assign_global(Lower *l, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    CoreGlobal *global = arena_make(l->arena, CoreGlobal);
    const Symbol *symbol = pattern->symbol;
    global->name =
        symbol->module == l->checked->main ? symbol->name : arena_printf(l->arena, "%s.%s", symbol->module->name, symbol->name);
    global->index = (uint32_t)l->program->globals.len;
    global->type = value->type;
    global->span = pattern->span;
    vec_push(l->arena, &l->program->globals, global);
    CorePlace *place = arena_make(l->arena, CorePlace);
    place->global = global;
    place->type = global->type;
    CoreExpr *assign = make(l, CORE_ASSIGN, core_unit_type(l), value->span, 1, &value);
    assign->place = place;
    vec_push(l->arena, out, assign);
    CoreExpr *read = core_node(l->arena, CORE_GLOBAL, global->type, pattern->span);
    read->global = global;
    env_bind_value(l, NULL, symbol, read);
}

static void bind_global_pattern(Lower *l, Ast *pattern, CoreExpr *value, CoreExprs *out) {
    if (pattern->kind == AST_PAT_NAME) {
        assign_global(l, pattern, value, out);
    } else if (pattern->kind == AST_PAT_WILDCARD) {
        vec_push(l->arena, out, as_unit(l, value));
    } else if (pattern->kind == AST_PAT_TUPLE && value->type->kind == CORE_TYPE_TUPLE) {
        AstList *items = &ast_as(PatTuple, pattern)->items;
        if (value->kind != CORE_TUPLE) value = hold(l, value, NULL, out);
        for (size_t i = 0; i < items->len; i++) bind_global_pattern(l, items->items[i], tuple_part(l, value, i), out);
    } else {
        lower_refuse(l, pattern->span, "this pattern here");
    }
}

void bind_global_let(Lower *l, Env *env, AstLet *let, CoreExprs *out) {
    bool is_name = let->pattern->kind == AST_PAT_NAME;
    if (is_name && ast_is_function_literal(l, env, let->value)) {
        env_bind_callable(l, NULL, let->pattern->symbol, let->value, NULL);
    } else if (is_name && type_is_stream(ast_type(l, env, let->value))) {
        l->holds_globals = true;
        Stream *stream = stream_of(l, env, let->value, out);
        l->holds_globals = false;
        env_bind_stream(l, NULL, let->pattern->symbol, stream);
    } else {
        CoreExprs statements = {0};
        bind_global_pattern(l, let->pattern, lower_expr(l, env, let->value), &statements);
        if (statements.len == 1) {
            vec_push(l->arena, out, statements.items[0]);
        } else if (statements.len > 1) {
            vec_push(l->arena, out, make_block(l, &statements, NULL, let->base.span));
        }
    }
}
