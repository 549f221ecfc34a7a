/* node.c: making and walking nodes of the core. */
#include "compiler/core/core_internal.h"

CoreExpr *core_node(Arena *arena, CoreKind kind, const CoreType *type, Span span) {
    CoreExpr *expr = arena_make(arena, CoreExpr);
    expr->kind = kind;
    expr->type = type;
    expr->span = span;
    return expr;
}

CoreExpr *core_local(Arena *arena, CoreVar *var, Span span) {
    CoreExpr *expr = core_node(arena, CORE_LOCAL, var->type, span);
    expr->var = var;
    return expr;
}

CoreExpr *core_copy(Arena *arena, const CoreExpr *expr) {
    CoreExpr *copy = arena_make(arena, CoreExpr);
    *copy = *expr;
    switch (expr->kind) {
    case CORE_FIELD:
    case CORE_UNBOX:
    case CORE_UNWRAP:
    case CORE_INDEX: /* the paths into a value: each reading has nodes of its own */
        copy->args = (CoreExprs){0};
        for (size_t i = 0; i < expr->args.len; i++) vec_push(arena, &copy->args, core_copy(arena, expr->args.items[i]));
        break;
    default: break;
    }
    return copy;
}

bool core_source_is_whole(const CoreSource *source) {
    return source->kind == CORE_SOURCE_BEFORE || source->kind == CORE_SOURCE_SHARE;
}

bool core_diverges(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_BREAK:
    case CORE_CONTINUE:
    case CORE_RETURN: return true;
    case CORE_BLOCK:
        for (size_t i = 0; i < expr->args.len; i++) {
            if (core_diverges(expr->args.items[i])) return true;
        }
        return false;
    case CORE_WHILE: return expr->flag;
    case CORE_TRY: return core_diverges(expr->args.items[0]) && core_diverges(expr->args.items[1]);
    case CORE_IF:
        return core_diverges(expr->args.items[0]) || (core_diverges(expr->args.items[1]) && core_diverges(expr->args.items[2]));
    default: return false;
    }
}

void core_give_type(CoreExpr *expr, const CoreType *type) {
    if (expr->type == type || !core_diverges(expr)) return;
    expr->type = type;
    if (expr->kind == CORE_BLOCK && expr->args.len > 0) core_give_type(vec_last(&expr->args), type);
    if (expr->kind == CORE_TRY) {
        core_give_type(expr->args.items[0], type);
        core_give_type(expr->args.items[1], type);
    }
    if (expr->kind == CORE_IF) {
        core_give_type(expr->args.items[1], type);
        core_give_type(expr->args.items[2], type);
    }
}

CoreCode *core_reducer_code(CoreReducer *reducer, size_t index, const char **label) {
    CoreCode *const codes[CORE_REDUCER_CODES] = {&reducer->add, &reducer->merge, &reducer->finish, &reducer->done, &reducer->from};
    static const char *const labels[CORE_REDUCER_CODES] = {"add", "merge", "finish", "done", "from"};
    if (label) *label = labels[index];
    return codes[index];
}

const CoreType *core_job_state(const CoreProgram *program, const CoreJob *job) {
    if (!job->key) return job->reducer.state;
    const CoreType *args[] = {job->key, job->reducer.state};
    return core_type(program->types, CORE_TYPE_MAP, args, 2);
}

const CoreType *core_job_captures(const CoreProgram *program, const CoreJob *job) {
    size_t count = job->captures.len;
    const CoreType **types = arena_array(program->arena, const CoreType *, count + 1);
    for (size_t i = 0; i < count; i++) types[i] = job->captures.items[i]->type;
    return core_type(program->types, CORE_TYPE_TUPLE, types, count);
}

size_t core_reducer_count(const CoreJob *job) {
    return 1 + job->laws.len;
}

CoreReducer *core_reducer(CoreJob *job, size_t index) {
    return index ? &job->laws.items[index - 1].reducer : &job->reducer;
}

void core_each_child(CoreExpr *expr, CoreVisit *visit, void *context) {
    for (size_t i = 0; i < expr->sources.len; i++) visit(expr->sources.items[i].expr, context);
    if (expr->kind == CORE_JOB) {
        for (size_t i = 0; i < expr->job->sources.len; i++) visit(expr->job->sources.items[i].expr, context);
        for (size_t i = 0; i < expr->job->captured.len; i++) visit(expr->job->captured.items[i], context);
    }
    if (expr->place) {
        for (size_t i = 0; i < expr->place->steps.len; i++) {
            if (expr->place->steps.items[i].index) visit(expr->place->steps.items[i].index, context);
        }
    }
    for (size_t i = 0; i < expr->args.len; i++) visit(expr->args.items[i], context);
}

static void each_reducer_code(CoreReducer *reducer, CoreVisit *visit, void *context) {
    if (reducer->init) visit(reducer->init, context);
    for (size_t i = 0; i < CORE_REDUCER_CODES; i++) {
        CoreCode *code = core_reducer_code(reducer, i, NULL);
        if (code->body) visit(code->body, context);
    }
    if (reducer->nothing) visit(reducer->nothing, context);
}

void core_each_job_code(CoreJob *job, CoreVisit *visit, void *context) {
    visit(job->body, context);
    for (size_t i = 0; i < core_reducer_count(job); i++) each_reducer_code(core_reducer(job, i), visit, context);
}
