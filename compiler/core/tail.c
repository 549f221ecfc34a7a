/* tail.c: calls that a function ends in need no stack.
 *
 * A function that ends in a call of itself becomes a loop over its parameters. Among functions that call one another in a circle
 * such calls are marked, and generated as jumps; their parameters belong to the callee, since nothing of the caller is left to keep
 * them alive. A call inside `try` is no such call: what it fails with is caught. */
#include "compiler/core/core_internal.h"

typedef struct Tail {
    Arena *arena;
    uint32_t *next_var;
    CoreFn *fn;
    CoreVars vars; /* what the parameters become in the loop; empty: there is none */
    uint32_t last_loop, loop;
} Tail;

/* ---- the loop */

static CoreVar *var_like(Tail *tail, const CoreVar *like, bool is_mutable) {
    CoreVar *var = arena_make(tail->arena, CoreVar);
    *var = (CoreVar){.name = like->name, .id = (*tail->next_var)++, .type = like->type, .span = like->span};
    var->is_mutable = is_mutable;
    var->is_hidden = !is_mutable;
    return var;
}

static CoreExpr *node_with(Tail *tail, CoreKind kind, const CoreType *type, Span span, CoreExpr *arg) {
    CoreExpr *expr = core_node(tail->arena, kind, type, span);
    if (arg) vec_push(tail->arena, &expr->args, arg);
    return expr;
}

static CoreExpr *let(Tail *tail, CoreVar *var, CoreExpr *value, const CoreType *unit) {
    CoreExpr *expr = node_with(tail, CORE_LET, unit, value->span, value);
    expr->var = var;
    return expr;
}

static CoreExpr *assign(Tail *tail, CoreVar *var, CoreVar *from, Span span, const CoreType *unit) {
    CoreExpr *expr = node_with(tail, CORE_ASSIGN, unit, span, core_local(tail->arena, from, span));
    expr->place = arena_make(tail->arena, CorePlace);
    expr->place->var = var;
    expr->place->type = var->type;
    return expr;
}

static void loop_begin(Tail *tail) {
    if (tail->loop > 0) return;
    tail->loop = tail->last_loop + 1;
    for (size_t i = 0; i < tail->fn->params.len; i++)
        vec_push(tail->arena, &tail->vars, var_like(tail, tail->fn->params.items[i], true));
}

/* All arguments are known before the first parameter changes; one that is passed on as it is does not. */
static void call_to_jump(Tail *tail, CoreExpr *call, const CoreType *unit) {
    loop_begin(tail);
    CoreExpr *block = core_node(tail->arena, CORE_BLOCK, call->type, call->span);
    CoreExprs changes = {0};
    for (size_t i = 0; i < call->args.len; i++) {
        CoreExpr *arg = call->args.items[i];
        if (arg->kind == CORE_LOCAL && arg->var == tail->fn->params.items[i]) continue;
        CoreVar *next = var_like(tail, tail->fn->params.items[i], false);
        vec_push(tail->arena, &block->args, let(tail, next, arg, unit));
        vec_push(tail->arena, &changes, assign(tail, tail->vars.items[i], next, call->span, unit));
    }
    for (size_t i = 0; i < changes.len; i++) vec_push(tail->arena, &block->args, changes.items[i]);
    CoreExpr *again = core_node(tail->arena, CORE_CONTINUE, call->type, call->span);
    again->loop = tail->loop;
    vec_push(tail->arena, &block->args, again);
    *call = *block;
}

static void rename_visit(CoreExpr *expr, void *context) {
    const Tail *tail = context;
    for (size_t i = 0; expr->kind == CORE_LOCAL && i < tail->vars.len; i++) {
        if (expr->var == tail->fn->params.items[i]) expr->var = tail->vars.items[i];
    }
    core_each_child(expr, rename_visit, context);
}

static void make_loop(Tail *tail, const CoreType *unit, const CoreType *boolean) {
    CoreFn *fn = tail->fn;
    rename_visit(fn->body, tail);
    CoreExpr *block = core_node(tail->arena, CORE_BLOCK, fn->result, fn->span);
    for (size_t i = 0; i < tail->vars.len; i++) {
        CoreExpr *param = core_local(tail->arena, fn->params.items[i], fn->span);
        vec_push(tail->arena, &block->args, let(tail, tail->vars.items[i], param, unit));
    }
    CoreExpr *forever = core_node(tail->arena, CORE_BOOL, boolean, fn->span);
    forever->flag = true;
    CoreExpr *loop = node_with(tail, CORE_WHILE, unit, fn->span, forever);
    vec_push(tail->arena, &loop->args, node_with(tail, CORE_RETURN, unit, fn->span, fn->body));
    loop->loop = tail->loop;
    loop->flag = true;
    vec_push(tail->arena, &block->args, loop);
    fn->body = block;
}

/* ---- calls of others */

static void call_to_tail(Tail *tail, CoreExpr *call) {
    CoreExpr *copy = arena_make(tail->arena, CoreExpr);
    *copy = *call;
    copy->flag = true;
    CoreExpr *leave = node_with(tail, CORE_RETURN, call->type, call->span, copy);
    tail->fn->is_tail = call->fn->is_tail = true;
    for (size_t i = 0; i < call->fn->params.len; i++) {
        call->fn->params.items[i]->is_owned = true;
        call->fn->params.items[i]->is_borrowed = false;
    }
    *call = *leave;
}

/* ---- the walk */

typedef struct TailVisit {
    Tail *tail;
    const CoreType *unit;
} TailVisit;

static void visit(const TailVisit *v, CoreExpr *expr, bool is_last);

static void visit_part(CoreExpr *expr, void *context) {
    visit(context, expr, false);
}

/* `is_last`: the expression's value is the function's result. */
static void visit(const TailVisit *v, CoreExpr *expr, bool is_last) {
    const CoreFn *fn = v->tail->fn;
    switch (expr->kind) {
    case CORE_CALL:
        if (is_last && expr->fn == fn && expr->type == fn->result)
            call_to_jump(v->tail, expr, v->unit);
        else if (is_last && expr->fn->group == fn->group && fn->group > 0 && expr->type == fn->result)
            call_to_tail(v->tail, expr);
        else
            core_each_child(expr, visit_part, (void *)v);
        break;
    case CORE_BLOCK:
        for (size_t i = 0; i < expr->args.len; i++) visit(v, expr->args.items[i], is_last && i + 1 == expr->args.len);
        break;
    case CORE_IF:
        visit(v, expr->args.items[0], false);
        visit(v, expr->args.items[1], is_last);
        visit(v, expr->args.items[2], is_last);
        break;
    case CORE_TRY: visit(v, expr->args.items[1], is_last); break;
    case CORE_RETURN:
        if (expr->args.len > 0) visit(v, expr->args.items[0], true);
        break;
    default: core_each_child(expr, visit_part, (void *)v); break;
    }
}

static void last_loop_visit(CoreExpr *expr, void *context) {
    uint32_t *last = context;
    if ((expr->kind == CORE_FOR || expr->kind == CORE_WHILE || expr->kind == CORE_CHUNK) && expr->loop > *last) *last = expr->loop;
    core_each_child(expr, last_loop_visit, context);
}

void core_tail(CoreProgram *program, uint32_t *next_var) {
    const CoreType *unit = core_type(program->types, CORE_TYPE_TUPLE, NULL, 0);
    const CoreType *boolean = core_type(program->types, CORE_TYPE_BOOL, NULL, 0);
    for (size_t i = 0; i < program->fns.len; i++) {
        CoreFn *fn = program->fns.items[i];
        if (!fn->is_recursive) continue;
        Tail tail = {.arena = program->arena, .next_var = next_var, .fn = fn};
        last_loop_visit(fn->body, &tail.last_loop);
        visit(&(TailVisit){&tail, unit}, fn->body, true);
        if (tail.loop > 0) make_loop(&tail, unit, boolean);
    }
}
