/* runs_make.c: the nodes that loops over bytes become (runs.c). */
#include "compiler/core/runs.h"

#include <string.h>

static const CoreType *simple(Runs *runs, CoreTypeKind kind) {
    return core_type(runs->program->types, kind, NULL, 0);
}

CoreExpr *run_node(Runs *runs, CoreKind kind, CoreTypeKind type, Span span) {
    return core_node(runs->program->arena, kind, simple(runs, type), span);
}

void run_add(Runs *runs, CoreExpr *to, CoreExpr *arg) {
    vec_push(runs->program->arena, &to->args, arg);
}

CoreExpr *run_local(Runs *runs, CoreVar *var, Span span) {
    return core_local(runs->program->arena, var, span);
}

CoreExpr *run_number(Runs *runs, int64_t value, Span span) {
    CoreExpr *expr = run_node(runs, CORE_INT, CORE_TYPE_INT, span);
    expr->integer = value;
    return expr;
}

CoreExpr *run_flag(Runs *runs, bool value, Span span) {
    CoreExpr *expr = run_node(runs, CORE_BOOL, CORE_TYPE_BOOL, span);
    expr->flag = value;
    return expr;
}

CoreExpr *run_binary(Runs *runs, CoreOp op, CoreExpr *left, CoreExpr *right) {
    CoreExpr *expr = run_node(runs, CORE_OP, op == CORE_OP_LT || op == CORE_OP_LE ? CORE_TYPE_BOOL : CORE_TYPE_INT, left->span);
    expr->op = op;
    run_add(runs, expr, left);
    run_add(runs, expr, right);
    return expr;
}

CoreVar *run_variable(Runs *runs, const char *name, CoreTypeKind type, bool is_mutable, Span span) {
    CoreVar *var = arena_make(runs->program->arena, CoreVar);
    *var = (CoreVar){.name = name, .id = (*runs->next_var)++, .type = simple(runs, type), .is_mutable = is_mutable, .span = span};
    var->is_hidden = true;
    return var;
}

CoreExpr *run_let(Runs *runs, CoreVar *var, CoreExpr *value) {
    CoreExpr *expr = run_node(runs, CORE_LET, CORE_TYPE_TUPLE, value->span);
    expr->var = var;
    run_add(runs, expr, value);
    return expr;
}

CoreExpr *run_assign(Runs *runs, CoreVar *var, CoreExpr *value) {
    CoreExpr *expr = run_node(runs, CORE_ASSIGN, CORE_TYPE_TUPLE, value->span);
    expr->place = arena_make(runs->program->arena, CorePlace);
    *expr->place = (CorePlace){.var = var, .type = var->type};
    run_add(runs, expr, value);
    return expr;
}

CoreExpr *run_prim(Runs *runs, const char *name, CoreTypeKind type, CoreExpr *text) {
    CoreExpr *expr = run_node(runs, CORE_PRIM, type, text->span);
    expr->text = name;
    expr->text_len = strlen(name);
    run_add(runs, expr, text);
    return expr;
}

CoreExpr *run_length(Runs *runs, CoreVar *text, Span span) {
    CoreExpr *expr = run_prim(runs, "len", CORE_TYPE_INT, run_local(runs, text, span));
    const CoreType **types = arena_array(runs->program->arena, const CoreType *, 1);
    types[0] = text->type;
    expr->type_args = types;
    expr->type_arg_count = 1;
    expr->generic_args = 1;
    return expr;
}

CoreExpr *run_slice(Runs *runs, CoreVar *text, CoreExpr *first, CoreExpr *last, bool is_exclusive) {
    CoreExpr *expr = run_node(runs, CORE_SLICE, CORE_TYPE_STRING, first->span);
    expr->flag = is_exclusive;
    run_add(runs, expr, run_local(runs, text, first->span));
    run_add(runs, expr, first);
    run_add(runs, expr, last);
    return expr;
}

/* The variable lies before the outermost loop in which the text stays the same. */
static CoreVar *run_seen(Runs *runs, const CoreVar *text, Span span) {
    const CoreType *number = core_type(runs->program->types, CORE_TYPE_INT, NULL, 0);
    CoreVar *seen = run_variable(runs, "seen", CORE_TYPE_INT, true, span);
    seen->type = core_type(runs->program->types, CORE_TYPE_TUPLE, (const CoreType *[]){number, number, number}, 3);
    RunSeen entry = {text, run_let(runs, seen, core_node(runs->program->arena, CORE_ZERO, seen->type, span))};
    vec_push(runs->program->arena, &runs->seen, entry);
    return seen;
}

CoreExpr *run_end(Runs *runs, CoreVar *text, CoreExpr *from, RunBytes *bytes) {
    Span span = from->span;
    if (!bytes->seen) bytes->seen = run_seen(runs, text, span);
    CoreVar *seen = bytes->seen;
    CoreExpr *look = run_prim(runs, "bytes_run", CORE_TYPE_INT, run_local(runs, text, span));
    look->type = seen->type;
    run_add(runs, look, from);
    run_add(runs, look, bytes->ranges);
    run_add(runs, look, run_flag(runs, bytes->is_among, span));
    run_add(runs, look, run_local(runs, seen, span));
    CoreExpr *at = run_node(runs, CORE_FIELD, CORE_TYPE_INT, span), *block = run_node(runs, CORE_BLOCK, CORE_TYPE_INT, span);
    run_add(runs, at, run_local(runs, seen, span));
    run_add(runs, block, run_assign(runs, seen, look));
    run_add(runs, block, at);
    return block;
}
