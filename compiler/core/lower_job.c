/* lower_job.c: map … reduce as a job: its sources, the code for an element, its reducer, what it captures. */
#include "compiler/core/lower_loop.h"

#include <string.h>

enum { JOB_NAME_LIMIT = 72 };

/* The pipeline as it is written, on one line. */
static const char *job_name(Lower *l, Span span) {
    const SourceFile *file = source_file(l->sources, span.file);
    Buf name = {0};
    for (uint32_t i = span.from; i < span.to && i < file->len; i++) {
        char c = file->text[i];
        bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (is_space && (name.len == 0 || name.data[name.len - 1] == ' ')) continue;
        if (name.len >= JOB_NAME_LIMIT && ((unsigned char)c & 0xc0) != 0x80) {
            buf_add_text(&name, " …");
            break;
        }
        buf_add_char(&name, is_space ? ' ' : c);
    }
    const char *copy = arena_strndup(l->arena, name.data ? name.data : "", name.len);
    buf_free(&name);
    return copy;
}

typedef struct YieldConsumer {
    Consumer base;
    CoreJob *job;
    const ReducerUse *reducer;
    const Callable *by; /* NULL: no `by`, or `by key` */
    bool by_key;
} YieldConsumer;

/* A reducer of ints that only adds is their sum: what is yielded is what it would have added. */
static CoreExpr *yield_addends(Lower *l, YieldConsumer *consumer, CoreExpr *element, CoreExprs *out) {
    CoreJob *job = consumer->job;
    CoreReducer *reducer = &job->reducer;
    const CoreType *type = core_simple(l, CORE_TYPE_INT);
    if (job->key && element->kind != CORE_TUPLE) element = hold(l, element, NULL, out);
    if (job->key) {
        bool is_tuple = element->kind == CORE_TUPLE;
        CoreExpr *key = is_tuple ? element->args.items[0] : make_field(l, core_copy(l->arena, element), 0, element->span);
        CoreExpr *value = is_tuple ? element->args.items[1] : make_field(l, core_copy(l->arena, element), 1, element->span);
        CoreExpr *const pair[] = {key, reducer_addend(l, consumer->reducer, value)};
        element = make(l, CORE_TUPLE, core_pair_type(l, job->key, type), element->span, 2, pair);
    } else {
        element = reducer_addend(l, consumer->reducer, element);
    }
    *reducer = (CoreReducer){.name = reducer->name, .element = type, .result = type};
    reducer_build_sum(l, job, job->span);
    return element;
}

static void yield_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    YieldConsumer *consumer = (YieldConsumer *)self;
    CoreJob *job = consumer->job;
    const CoreType *reduced = element->type;
    if (consumer->by_key) {
        if (element->type->kind != CORE_TYPE_TUPLE || element->type->arg_count != 2) {
            lower_refuse(l, element->span, "`by key` of this");
            return;
        }
        job->key = element->type->args[0];
        reduced = element->type->args[1];
    } else if (consumer->by) {
        CoreExprs args = {0};
        element = hold(l, element, NULL, out);
        vec_push(l->arena, &args, core_copy(l->arena, element));
        CoreExpr *const pair[] = {callable_apply(l, consumer->by, args, consumer->by->span, out), element};
        job->key = pair[0]->type;
        element = make(l, CORE_TUPLE, core_pair_type(l, pair[0]->type, element->type), element->span, 2, pair);
    }
    reducer_build(l, job, consumer->reducer, reduced);
    if (!l->has_failed && !l->checked->checks_laws && reducer_only_adds(&job->reducer))
        element = yield_addends(l, consumer, element, out);
    vec_push(l->arena, out, make(l, CORE_YIELD, core_unit_type(l), element->span, 1, &element));
    if (l->checked->checks_laws && !l->has_failed) reducer_laws(l, job, consumer->reducer, reduced);
}

CoreJob *job_new(Lower *l, Span span) {
    CoreJob *job = arena_make(l->arena, CoreJob);
    job->index = (uint32_t)l->program->jobs.len;
    job->name = job_name(l, span);
    job->span = span;
    vec_push(l->arena, &l->program->jobs, job);
    return job;
}

CoreExpr *job_end(Lower *l, CoreJob *job, const Nest *nest, CoreExprs *statements, Span span) {
    if (l->has_failed) return make_unit(l, span);
    job->body = as_unit(l, make_block(l, statements, NULL, span));
    job->by_chunk = nest->by_chunk;
    const CoreType *const entry[] = {job->key, job->reducer.result};
    job->result = job->key ? core_type(l->program->types, CORE_TYPE_MAP, entry, 2) : job->reducer.result;
    capture_job(l, job);
    CoreExpr *expr = core_node(l->arena, CORE_JOB, job->result, span);
    expr->job = job;
    return expr;
}

/* The job that walks the stream; what is evaluated before it goes to `out`. */
CoreExpr *job_of_stream(Lower *l, Stream *stream, const ReducerUse *reducer, const Callable *by, bool by_key, CoreExprs *out,
                        Span span) {
    Nest nest = {0};
    /* For one element the input is not walked as a whole before. */
    if (reducer_takes_one(reducer) && stream_needs_pass(stream)) stream = stream_of_value(l, stream_value(l, stream), out);
    stream_prepare(l, stream, &nest, out);
    CoreJob *job = job_new(l, span);
    Body body = {0}, *outer = l->body;
    CoreExprs statements = {0};
    nest.sources = &job->sources;
    YieldConsumer consumer = {.base = {yield_push}, .job = job, .reducer = reducer, .by = by, .by_key = by_key};
    l->body = &body;
    stream_emit(l, stream, &consumer.base, &nest, &statements);
    l->body = outer;
    return job_end(l, job, &nest, &statements, span);
}

CoreExpr *lower_pipe(Lower *l, Env *env, AstPipe *pipe) {
    Span span = pipe->base.span;
    CoreExprs statements = {0};
    Stream *stream = stream_of_pipe(l, env, pipe, &statements);
    if (!pipe->reduce) return make_block(l, &statements, stream_value(l, stream), span);
    ReducerUse reducer = reducer_use_of(l, env, pipe->reduce, &statements);
    Callable by;
    if (pipe->from) reducer.from = hold(l, lower_expr(l, env, pipe->from), NULL, &statements);
    if (pipe->by && !pipe->by_key) by = callable_of(l, env, pipe->by, &statements);
    if (l->has_failed) return make_unit(l, span);
    CoreExpr *job = job_of_stream(l, stream, &reducer, pipe->by && !pipe->by_key ? &by : NULL, pipe->by_key, &statements, span);
    return make_block(l, &statements, job, span);
}

/* mean(xs), xs.mean(): the sequence is what the reducer's own parameters leave over. */
CoreExpr *lower_reducer_call(Lower *l, Env *env, Ast *call) {
    CoreExprs statements = {0};
    Ast *sequence = reduced_sequence(call);
    if (!sequence) return lower_refuse(l, call->span, "this use of a reducer");
    Stream *stream = stream_of(l, env, sequence, &statements);
    ReducerUse reducer = reducer_use_of(l, env, call, &statements);
    if (l->has_failed) return make_unit(l, call->span);
    CoreExpr *job = job_of_stream(l, stream, &reducer, NULL, false, &statements, call->span);
    return make_block(l, &statements, job, call->span);
}
