/* verify.c: checks that the core is what core.h promises: types, scopes, loops, yields. A failure is a bug of the compiler. */
#include "compiler/core/verify.h"

#include <stdarg.h>

void verify_fail(Verify *v, const CoreExpr *expr, const char *format, ...) {
    if (v->problem) return;
    Buf text = {0};
    va_list args;
    buf_printf(&text, "%s: ", v->where);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    if (expr) {
        buf_add_text(&text, " in ");
        core_print_expr(expr, &text);
    }
    v->problem = arena_strndup(v->program->arena, text.data, text.len);
    buf_free(&text);
}

bool verify_is_kind(const CoreType *type, CoreTypeKind kind) {
    return type && type->kind == kind;
}

bool verify_is_unit(const CoreType *type) {
    return verify_is_kind(type, CORE_TYPE_TUPLE) && type->arg_count == 0;
}

void verify_expect(Verify *v, const CoreExpr *in, const CoreExpr *expr, const CoreType *type) {
    if (expr->type != type && !core_diverges(expr)) {
        verify_fail(v, in, "%s where %s belongs", expr->type ? expr->type->name : "value without a type", type->name);
    }
}

void verify_expect_kind(Verify *v, const CoreExpr *in, const CoreExpr *expr, CoreTypeKind kind) {
    if (!verify_is_kind(expr->type, kind) && !core_diverges(expr))
        verify_fail(v, in, "an operand of type %s", expr->type ? expr->type->name : "?");
}

static void check_expr(Verify *v, CoreExpr *expr);

static void enter(Verify *v, CoreVar *var) {
    *map_slot_pointer(&v->in_scope, var) = var;
}

static void leave(Verify *v, CoreVar *var) {
    *map_slot_pointer(&v->in_scope, var) = NULL;
}

static void check_var(Verify *v, const CoreExpr *expr, CoreVar *var) {
    if (!var) {
        verify_fail(v, expr, "no variable");
    } else if (!map_get_pointer(&v->in_scope, var)) {
        verify_fail(v, NULL, "the variable %s (%u) is read outside its scope", var->name, var->id);
    }
}

/* ---- places, calls, loops */

static void check_place(Verify *v, CoreExpr *expr) {
    CorePlace *place = expr->place;
    if (!place || !place->var == !place->global) {
        verify_fail(v, expr, "a place that is not one variable");
        return;
    }
    if (place->var) {
        check_var(v, expr, place->var);
        if (!place->var->is_mutable) verify_fail(v, expr, "a change of %s, which is not a var", place->var->name);
    }
    const CoreType *type = place->var ? place->var->type : place->global->type;
    for (size_t i = 0; i < place->steps.len && !v->problem; i++) {
        const CoreStep *step = &place->steps.items[i];
        if (step->container != type) verify_fail(v, expr, "a step into %s, which is a %s", step->container->name, type->name);
        if (step->index) check_expr(v, step->index);
        type = step->index ? type->args[type->arg_count - 1] : type->args[step->field];
    }
    if (!v->problem && type != place->type) verify_fail(v, expr, "a place of type %s", type->name);
}

static void check_call(Verify *v, CoreExpr *expr) {
    CoreFn *fn = expr->fn;
    bool is_closure = expr->kind == CORE_CLOSURE;
    if (!fn || fn->is_closure != is_closure) {
        verify_fail(v, expr, "a function that is called and made a value of");
        return;
    }
    const CoreVars *vars = is_closure ? &fn->captures : &fn->params;
    if (expr->args.len != vars->len) {
        verify_fail(v, expr, "%zu operands for %s, which has %zu", expr->args.len, fn->name, vars->len);
        return;
    }
    for (size_t i = 0; i < vars->len; i++) verify_expect(v, expr, expr->args.items[i], vars->items[i]->type);
    if (is_closure && expr->type != core_closure_type(v->program, fn))
        verify_fail(v, expr, "a closure of type %s", expr->type->name);
    if (!is_closure && expr->type != fn->result) verify_fail(v, expr, "a call of type %s", expr->type->name);
}

static void check_call_value(Verify *v, CoreExpr *expr) {
    const CoreType *type = expr->args.items[0]->type;
    if (!verify_is_kind(type, CORE_TYPE_FN) || type->arg_count != expr->args.len) {
        verify_fail(v, expr, "a call of what is no such function");
        return;
    }
    for (size_t i = 1; i < expr->args.len; i++) verify_expect(v, expr, expr->args.items[i], type->args[i - 1]);
    if (expr->type != type->args[type->arg_count - 1]) verify_fail(v, expr, "a call of type %s", expr->type->name);
}

/* The type of the source's variable. */
static const CoreType *source_element(const Verify *v, const CoreExpr *expr, const CoreSource *source) {
    const CoreType *type = source->expr->type;
    CoreTypes *types = v->program->types;
    switch (source->kind) {
    case CORE_SOURCE_RANGE: return core_type(types, CORE_TYPE_INT, NULL, 0);
    case CORE_SOURCE_MAP: return core_type(types, CORE_TYPE_TUPLE, type->args, 2);
    case CORE_SOURCE_STREAM: return expr->kind == CORE_JOB ? core_type(types, CORE_TYPE_TUPLE, NULL, 0) : type->args[0];
    case CORE_SOURCE_LIST:
    case CORE_SOURCE_SET:
    case CORE_SOURCE_OPTIONAL:
    case CORE_SOURCE_BEFORE: return type->args[0];
    case CORE_SOURCE_SHARE: return type;
    default: return core_type(types, CORE_TYPE_STRING, NULL, 0);
    }
}

/* A source for the chunk as a whole stands behind those that make the chunks, and a share behind the numbers that it is cut by. */
static void check_whole(Verify *v, const CoreExpr *expr, const CoreSources *sources, size_t index) {
    size_t before = index;
    while (before > 0 && sources->items[before].kind == CORE_SOURCE_SHARE) before--;
    const CoreSource *cut = &sources->items[before];
    bool is_cut = cut->kind == CORE_SOURCE_BEFORE && verify_is_kind(cut->var->type, CORE_TYPE_INT);
    if (expr->kind != CORE_JOB || !expr->job->by_chunk)
        verify_fail(v, expr, "what a chunk has as a whole outside of a job by chunks");
    else if (index == 0 || (before < index && !is_cut))
        verify_fail(v, expr, "a share of what nothing cuts");
}

static void check_sources(Verify *v, const CoreExpr *expr, const CoreSources *sources) {
    static const CoreTypeKind kinds[] = {
        [CORE_SOURCE_RANGE] = CORE_TYPE_RANGE,       [CORE_SOURCE_LIST] = CORE_TYPE_LIST,
        [CORE_SOURCE_MAP] = CORE_TYPE_MAP,           [CORE_SOURCE_SET] = CORE_TYPE_SET,
        [CORE_SOURCE_OPTIONAL] = CORE_TYPE_OPTIONAL, [CORE_SOURCE_WORDS_IN] = CORE_TYPE_STRING,
        [CORE_SOURCE_LINES_IN] = CORE_TYPE_STRING,   [CORE_SOURCE_PARTS] = CORE_TYPE_LIST,
        [CORE_SOURCE_TEXT_WORDS] = CORE_TYPE_LIST,   [CORE_SOURCE_TEXT_LINES] = CORE_TYPE_LIST,
        [CORE_SOURCE_STREAM] = CORE_TYPE_STREAM,     [CORE_SOURCE_BEFORE] = CORE_TYPE_LIST,
        [CORE_SOURCE_SHARE] = CORE_TYPE_LIST,
    };
    if (sources->len == 0) verify_fail(v, expr, "nothing to walk");
    for (size_t i = 0; i < sources->len; i++) {
        const CoreSource *source = &sources->items[i];
        check_expr(v, source->expr);
        if (v->problem) return;
        verify_expect_kind(v, expr, source->expr, kinds[source->kind]);
        if (!source->var || !source->var->is_borrowed) {
            verify_fail(v, expr, "a source without a borrowed variable");
        } else if (source->var->type != source_element(v, expr, source)) {
            verify_fail(v, expr, "a source whose variable is a %s", source->var->type->name);
        }
        bool is_alone = source->kind > CORE_SOURCE_OPTIONAL || sources->items[0].kind > CORE_SOURCE_OPTIONAL;
        if (core_source_is_whole(source))
            check_whole(v, expr, sources, i);
        else if (i > 0 && is_alone)
            verify_fail(v, expr, "text or a stream walked together with something");
    }
}

static void check_loop(Verify *v, CoreExpr *expr) {
    Scope scope = {.outer = v->loops, .loop = expr->loop};
    if (expr->kind == CORE_FOR) check_sources(v, expr, &expr->sources);
    if (v->problem) return;
    bool is_stream = v->job && expr->sources.len > 0 && expr->sources.items[0].kind == CORE_SOURCE_STREAM;
    bool may_be_chunk = v->walk ? expr == v->walk->body : is_stream;
    if (expr->is_chunk && !may_be_chunk) verify_fail(v, expr, "a walk of a chunk where there is none");
    if (expr->kind == CORE_WHILE) {
        check_expr(v, expr->args.items[0]);
        if (!v->problem) verify_expect_kind(v, expr, expr->args.items[0], CORE_TYPE_BOOL);
    }
    for (size_t i = 0; i < expr->sources.len; i++) enter(v, expr->sources.items[i].var);
    v->loops = &scope;
    check_expr(v, vec_last(&expr->args));
    v->loops = scope.outer;
    for (size_t i = 0; i < expr->sources.len; i++) leave(v, expr->sources.items[i].var);
    if (!v->problem && !verify_is_unit(vec_last(&expr->args)->type)) verify_fail(v, expr, "a loop's body that has a value");
}

static void check_try(Verify *v, CoreExpr *expr) {
    check_expr(v, expr->args.items[0]);
    if (v->problem) return;
    if (!expr->var || !verify_is_kind(expr->var->type, CORE_TYPE_TUPLE) || expr->var->type->arg_count != 2) {
        verify_fail(v, expr, "a try without a variable for the error");
        return;
    }
    enter(v, expr->var);
    check_expr(v, expr->args.items[1]);
    leave(v, expr->var);
    if (v->problem) return;
    verify_expect(v, expr, expr->args.items[0], expr->type);
    verify_expect(v, expr, expr->args.items[1], expr->type);
}

static void check_jump(Verify *v, const CoreExpr *expr) {
    for (const Scope *scope = v->loops; scope; scope = scope->outer) {
        if (scope->loop == expr->loop) return;
    }
    verify_fail(v, expr, "a jump out of no loop");
}

static void check_chunk(Verify *v, CoreExpr *expr) {
    if (!v->job || !v->job->by_chunk || v->walks_chunk) {
        verify_fail(v, expr, "a walk of no chunk, or its second walk");
        return;
    }
    v->walks_chunk = true;
    check_loop(v, expr);
}

static void check_job_use(Verify *v, CoreExpr *expr) {
    CoreJob *job = expr->job;
    check_sources(v, expr, &job->sources);
    if (v->problem) return;
    if (job->captures.len != job->captured.len) {
        verify_fail(v, expr, "%zu captures with %zu values", job->captures.len, job->captured.len);
        return;
    }
    for (size_t i = 0; i < job->captured.len && !v->problem; i++) {
        check_expr(v, job->captured.items[i]);
        if (!v->problem) verify_expect(v, expr, job->captured.items[i], job->captures.items[i]->type);
    }
    const CoreType *type = expr->type;
    if (expr->flag && !verify_is_kind(type, CORE_TYPE_FUTURE)) verify_fail(v, expr, "a job that is started, but no future");
    const CoreType *value = job->answers && !expr->flag ? job->answers : job->result;
    if (!v->problem && (expr->flag ? type->args[0] : type) != value) verify_fail(v, expr, "a job of type %s", value->name);
    for (size_t i = 0; i < expr->args.len && !v->problem; i++) check_expr(v, expr->args.items[i]);
    if (expr->args.len == 0 || v->problem) return;
    const CoreType *state = core_job_state(v->program, job);
    verify_expect_kind(v, expr, expr->args.items[0], CORE_TYPE_BOOL);
    verify_expect(v, expr, expr->args.items[1], core_type(v->program->types, CORE_TYPE_OPTIONAL, &state, 1));
}

static void check_yield(Verify *v, const CoreExpr *expr) {
    const CoreType *type = expr->args.items[0]->type;
    if (v->walk) {
        if (type != v->walk->element) verify_fail(v, expr, "a yield of %s in a stream of %s", type->name, v->walk->element->name);
        return;
    }
    if (!v->job) {
        verify_fail(v, expr, "a yield outside a job's body");
        return;
    }
    const CoreType *element = v->job->reducer.element;
    if (v->job->key) {
        if (!verify_is_kind(type, CORE_TYPE_TUPLE) || type->arg_count != 2 || type->args[0] != v->job->key) {
            verify_fail(v, expr, "a yield of what is no pair");
            return;
        }
        type = type->args[1];
    }
    if (type != element) verify_fail(v, expr, "a yield of %s to a reducer of %s", type->name, element->name);
}

/* ---- expressions */

static void check_block(Verify *v, CoreExpr *expr) {
    for (size_t i = 0; i < expr->args.len && !v->problem; i++) {
        CoreExpr *statement = expr->args.items[i];
        check_expr(v, statement);
        if (statement->kind == CORE_LET) enter(v, statement->var);
    }
    for (size_t i = 0; i < expr->args.len; i++) {
        if (expr->args.items[i]->kind == CORE_LET) leave(v, expr->args.items[i]->var);
    }
    if (v->problem) return;
    if (expr->args.len == 0 && !verify_is_unit(expr->type)) verify_fail(v, expr, "an empty block with a value");
    if (expr->args.len > 0) verify_expect(v, expr, vec_last(&expr->args), expr->type);
}

static void check_node(Verify *v, CoreExpr *expr) {
    CoreExpr *first = expr->args.len > 0 ? expr->args.items[0] : NULL;
    switch (expr->kind) {
    case CORE_LOCAL:
        if (v->problem) break;
        if (expr->type != expr->var->type) verify_fail(v, expr, "a variable of type %s", expr->var->type->name);
        if (expr->is_move && expr->var->is_borrowed) verify_fail(v, expr, "a move out of what is borrowed");
        break;
    case CORE_GLOBAL:
        if (!expr->global || expr->type != expr->global->type) verify_fail(v, expr, "a global of another type");
        break;
    case CORE_LET: verify_expect(v, expr, first, expr->var->type); break;
    case CORE_ASSIGN: verify_expect(v, expr, first, expr->place->type); break;
    case CORE_IF:
        verify_expect_kind(v, expr, first, CORE_TYPE_BOOL);
        verify_expect(v, expr, expr->args.items[1], expr->type);
        verify_expect(v, expr, expr->args.items[2], expr->type);
        break;
    case CORE_BREAK:
    case CORE_CONTINUE: check_jump(v, expr); break;
    case CORE_RETURN:
        if (!v->result)
            verify_fail(v, expr, "a return in a job");
        else if (first)
            verify_expect(v, expr, first, v->result);
        else if (!verify_is_unit(v->result))
            verify_fail(v, expr, "a return without a value");
        break;
    case CORE_OP: verify_op(v, expr); break;
    case CORE_CALL:
    case CORE_CLOSURE: check_call(v, expr); break;
    case CORE_CALL_VALUE: check_call_value(v, expr); break;
    case CORE_YIELD: check_yield(v, expr); break;
    default: verify_node(v, expr); break;
    }
}

static void check_expr(Verify *v, CoreExpr *expr) {
    if (v->problem) return;
    if (!expr || !expr->type || !verify_arity(expr)) {
        verify_fail(v, NULL, "a node of kind %d is malformed", expr ? (int)expr->kind : -1);
        return;
    }
    switch (expr->kind) {
    case CORE_BLOCK: check_block(v, expr); return;
    case CORE_WHILE:
    case CORE_FOR: check_loop(v, expr); return;
    case CORE_CHUNK: check_chunk(v, expr); return;
    case CORE_JOB: check_job_use(v, expr); return;
    case CORE_TRY: check_try(v, expr); return;
    case CORE_LOCAL: check_var(v, expr, expr->var); break;
    case CORE_LET:
        if (!expr->var) verify_fail(v, NULL, "a let without a variable");
        break;
    case CORE_ASSIGN:
    case CORE_UPDATE: check_place(v, expr); break;
    default: break;
    }
    for (size_t i = 0; i < expr->args.len && !v->problem; i++) check_expr(v, expr->args.items[i]);
    if (!v->problem) check_node(v, expr);
}

/* ---- functions and jobs */

static void check_code(Verify *v, CoreExpr *body, CoreVar *const *params, const CoreType *type) {
    if (!body || v->problem) return;
    for (size_t i = 0; i < 2 && params[i]; i++) enter(v, params[i]);
    check_expr(v, body);
    if (!v->problem) verify_expect(v, body, body, type);
    for (size_t i = 0; i < 2 && params[i]; i++) leave(v, params[i]);
}

static void check_fn(Verify *v, CoreFn *fn) {
    v->where = fn->name;
    v->result = fn->element ? NULL : fn->result;
    v->walk = fn->element ? fn : NULL;
    map_init(&v->in_scope, v->in_scope.arena);
    for (size_t i = 0; i < fn->captures.len; i++) enter(v, fn->captures.items[i]);
    for (size_t i = 0; i < fn->params.len; i++) enter(v, fn->params.items[i]);
    check_expr(v, fn->body);
    v->walk = NULL;
    if (!v->problem) verify_expect(v, fn->body, fn->body, fn->result);
    if (!v->problem && fn->element && (fn->body->kind != CORE_FOR || !fn->body->is_chunk || fn->params.len > 0)) {
        verify_fail(v, NULL, "a walk function that walks nothing");
    }
}

static void check_reducer(Verify *v, CoreReducer *reducer) {
    static CoreVar *const none[2] = {NULL, NULL};
    const CoreType *types[CORE_REDUCER_CODES] = {reducer->state, reducer->state, reducer->result, NULL, reducer->result};
    if (reducer->is_exact && !reducer->is_associative) verify_fail(v, NULL, "an exact reducer that is not associative");
    for (size_t i = 0; i < CORE_REDUCER_CODES && !v->problem; i++) {
        CoreCode *code = core_reducer_code(reducer, i, NULL);
        if (code->body) check_code(v, code->body, code->params, types[i] ? types[i] : code->body->type);
    }
    check_code(v, reducer->init, none, reducer->state);
    check_code(v, reducer->nothing, none, reducer->result);
}

static void check_job(Verify *v, CoreJob *job) {
    v->where = job->name;
    v->result = NULL;
    map_init(&v->in_scope, v->in_scope.arena);
    for (size_t i = 0; i < job->captures.len; i++) enter(v, job->captures.items[i]);
    for (size_t i = 0; i < core_reducer_count(job); i++) check_reducer(v, core_reducer(job, i));
    for (size_t i = 0; i < job->sources.len; i++) enter(v, job->sources.items[i].var);
    v->job = job;
    v->walks_chunk = job->sources.items[0].kind == CORE_SOURCE_STREAM; /* by a FOR */
    check_expr(v, job->body);
    v->job = NULL;
    if (v->problem) return;
    const CoreType *const entry[] = {job->key, job->reducer.result};
    const CoreType *result = job->key ? core_type(v->program->types, CORE_TYPE_MAP, entry, 2) : job->reducer.result;
    if (job->result != result) verify_fail(v, NULL, "a job that gives a %s", job->result->name);
    if (job->by_chunk && !v->walks_chunk) verify_fail(v, NULL, "a job by chunks that walks none");
    if ((job->answers || job->follows.len > 0) && (!job->key || job->keep == CORE_KEEP_ALL))
        verify_fail(v, NULL, "answers of what is no table, or all of one");
    for (size_t i = 0; i < job->follows.len && !v->problem; i++) {
        const CoreJob *follow = job->follows.items[i].job;
        if (follow->sources.len != 1 || follow->sources.items[0].kind != CORE_SOURCE_MAP || !follow->reducer.is_exact)
            verify_fail(v, NULL, "a job that follows in whatever order");
    }
    if (job->is_single && (job->sources.len != 1 || job->by_chunk || job->key))
        verify_fail(v, NULL, "a job of more than one element");
}

const char *core_verify(const CoreProgram *program) {
    Arena *scratch = arena_new();
    Verify v = {.program = program, .where = "program"};
    map_init(&v.in_scope, scratch);
    if (!program->top_level) verify_fail(&v, NULL, "no top level");
    for (size_t i = 0; i < program->fns.len && !v.problem; i++) check_fn(&v, program->fns.items[i]);
    for (size_t i = 0; i < program->jobs.len && !v.problem; i++) check_job(&v, program->jobs.items[i]);
    arena_free(&scratch);
    return v.problem;
}
