/* lower_make.c: making core nodes while lowering: the shapes that several files need. */
#include "compiler/core/lower_internal.h"

const CoreType *core_simple(Lower *l, CoreTypeKind kind) {
    return core_type(l->program->types, kind, NULL, 0);
}

const CoreType *core_unit_type(Lower *l) {
    return core_simple(l, CORE_TYPE_TUPLE);
}

const CoreType *core_type1(Lower *l, CoreTypeKind kind, const CoreType *arg) {
    return core_type(l->program->types, kind, &arg, 1);
}

const CoreType *core_pair_type(Lower *l, const CoreType *first, const CoreType *second) {
    const CoreType *const args[] = {first, second};
    return core_type(l->program->types, CORE_TYPE_TUPLE, args, 2);
}

CoreVar *var_new(Lower *l, const char *name, const CoreType *type, Span span) {
    CoreVar *var = arena_make(l->arena, CoreVar);
    var->name = name ? name : "t";
    var->is_hidden = !name;
    var->id = l->next_var++;
    var->type = type;
    var->span = span;
    return var;
}

CoreExpr *make(Lower *l, CoreKind kind, const CoreType *type, Span span, size_t count, CoreExpr *const *args) {
    CoreExpr *expr = core_node(l->arena, kind, type, span);
    for (size_t i = 0; i < count; i++) vec_push(l->arena, &expr->args, args[i]);
    return expr;
}

CoreExpr *make_unit(Lower *l, Span span) {
    return core_node(l->arena, CORE_TUPLE, core_unit_type(l), span);
}

CoreExpr *make_int(Lower *l, int64_t value, Span span) {
    CoreExpr *expr = core_node(l->arena, CORE_INT, core_simple(l, CORE_TYPE_INT), span);
    expr->integer = value;
    return expr;
}

CoreExpr *make_bool(Lower *l, bool value, Span span) {
    CoreExpr *expr = core_node(l->arena, CORE_BOOL, core_simple(l, CORE_TYPE_BOOL), span);
    expr->flag = value;
    return expr;
}

CoreExpr *make_string(Lower *l, const char *text, size_t len, Span span) {
    CoreExpr *expr = core_node(l->arena, CORE_STRING, core_simple(l, CORE_TYPE_STRING), span);
    expr->text = text;
    expr->text_len = len;
    return expr;
}

CoreExpr *make_op(Lower *l, CoreOp op, const CoreType *type, Span span, CoreExpr *left, CoreExpr *right) {
    CoreExpr *const args[] = {left, right};
    CoreExpr *expr = make(l, CORE_OP, type, span, right ? 2 : 1, args);
    expr->op = op;
    return expr;
}

CoreExpr *make_let(Lower *l, CoreVar *var, CoreExpr *value) {
    core_give_type(value, var->type);
    CoreExpr *expr = make(l, CORE_LET, core_unit_type(l), value->span, 1, &value);
    expr->var = var;
    return expr;
}

CoreExpr *make_field(Lower *l, CoreExpr *tuple, size_t index, Span span) {
    if (tuple->type->kind != CORE_TYPE_TUPLE || index >= tuple->type->arg_count) {
        return lower_refuse(l, span, "taking a value of this shape apart");
    }
    CoreExpr *expr = make(l, CORE_FIELD, tuple->type->args[index], span, 1, &tuple);
    expr->integer = (int64_t)index;
    return expr;
}

CoreExpr *make_if(Lower *l, CoreExpr *condition, CoreExpr *then, CoreExpr *otherwise, const CoreType *type, Span span) {
    core_give_type(then, type);
    core_give_type(otherwise, type);
    CoreExpr *const args[] = {condition, then, otherwise};
    return make(l, CORE_IF, type, span, 3, args);
}

/* A block at the end of a block is part of it. */
static void block_add_last(Lower *l, CoreExpr *block, CoreExpr *last) {
    if (last->kind != CORE_BLOCK || last->type != block->type || last->args.len == 0) {
        vec_push(l->arena, &block->args, last);
        return;
    }
    for (size_t i = 0; i < last->args.len; i++) vec_push(l->arena, &block->args, last->args.items[i]);
}

/* What follows an expression that never gives a value is never run and left out. */
CoreExpr *make_block(Lower *l, CoreExprs *statements, CoreExpr *result, Span span) {
    if (statements->len == 0 && result) return result;
    CoreExpr *block = core_node(l->arena, CORE_BLOCK, result ? result->type : core_unit_type(l), span);
    for (size_t i = 0; i < statements->len; i++) {
        CoreExpr *statement = statements->items[i];
        if (core_diverges(statement)) {
            core_give_type(statement, block->type);
            block_add_last(l, block, statement);
            return block;
        }
        if (i + 1 == statements->len && !result) {
            block_add_last(l, block, statement);
        } else {
            vec_push(l->arena, &block->args, statement);
        }
    }
    bool ends_in_unit = block->args.len > 0 && vec_last(&block->args)->type == block->type;
    if (result) {
        block_add_last(l, block, result);
    } else if (!ends_in_unit) {
        vec_push(l->arena, &block->args, make_unit(l, span));
    }
    return block;
}

CoreExpr *as_unit(Lower *l, CoreExpr *expr) {
    const CoreType *unit = core_unit_type(l);
    core_give_type(expr, unit);
    if (expr->type == unit) return expr;
    CoreExprs statements = {0};
    vec_push(l->arena, &statements, expr);
    return make_block(l, &statements, NULL, expr->span);
}

/* A part of what somebody else keeps alive. */
static bool is_borrowed_path(const CoreExpr *expr) {
    while (expr->kind == CORE_FIELD || expr->kind == CORE_UNBOX) expr = expr->args.items[0];
    return expr->kind == CORE_LOCAL && expr->var->is_borrowed;
}

bool is_atom(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_GLOBAL: return true;
    case CORE_LOCAL: return !expr->var->is_mutable;
    case CORE_TUPLE: return expr->args.len == 0;
    case CORE_FIELD: {
        /* A path is read where it stands: only what does not own its value stays whole. */
        const CoreExpr *base = expr->args.items[0];
        return is_borrowed_path(base) || (base->kind != CORE_LOCAL && is_atom(base));
    }
    default: return false;
    }
}

static bool is_constant(const CoreExpr *expr) {
    return is_atom(expr) && expr->kind != CORE_LOCAL && expr->kind != CORE_FIELD;
}

CoreExpr *make_global(Lower *l, const char *name, CoreExpr *value, Span span, CoreExprs *out) {
    CoreGlobal *global = arena_make(l->arena, CoreGlobal);
    global->name = name;
    global->index = (uint32_t)l->program->globals.len;
    global->type = value->type;
    global->span = span;
    vec_push(l->arena, &l->program->globals, global);
    CorePlace *place = arena_make(l->arena, CorePlace);
    place->global = global;
    place->type = global->type;
    CoreExpr *assign = make(l, CORE_ASSIGN, core_unit_type(l), value->span, 1, &value);
    assign->place = place;
    vec_push(l->arena, out, assign);
    CoreExpr *read = core_node(l->arena, CORE_GLOBAL, global->type, span);
    read->global = global;
    return read;
}

/* What a top-level stream holds must be reachable from functions too. */
static CoreExpr *hold_globally(Lower *l, CoreExpr *expr, const char *name, CoreExprs *out) {
    const char *own = arena_printf(l->arena, "%s.%zu", name ? name : "held", l->program->globals.len);
    return make_global(l, own, expr, expr->span, out);
}

CoreExpr *hold(Lower *l, CoreExpr *expr, const char *name, CoreExprs *out) {
    bool is_global = l->body && l->body->holds_globals;
    if (is_global ? is_constant(expr) : is_atom(expr)) return expr;
    if (is_global) return hold_globally(l, expr, name, out);
    CoreVar *var = var_new(l, name, expr->type, expr->span);
    vec_push(l->arena, out, make_let(l, var, expr));
    return core_local(l->arena, var, expr->span);
}
