/* stream_value.c: streams as values, where a recipe is stored, passed or returned instead of being consumed where it is seen.
 *
 * The recipe's loops are lowered as a job's are, into a walk function: the outermost loop walks the chunk that its caller names,
 * and each element is yielded to whoever called. The value is a closure over the base sequences and what the stages mention. A
 * consumer sees it as one more base sequence, of the kind STREAM. */
#include "compiler/core/lower_loop.h"

bool stream_is_value(const Stream *stream) {
    return stream->kind == STREAM_BASE && stream->source == CORE_SOURCE_STREAM;
}

typedef struct WalkConsumer {
    Consumer base;
    const CoreType *element;
} WalkConsumer;

static void walk_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    ((WalkConsumer *)self)->element = element->type;
    vec_push(l->arena, out, make(l, CORE_YIELD, core_unit_type(l), element->span, 1, &element));
}

/* The loop over the bases that stands for a chunk of them. Over another stream's elements it stands in the statements already. */
static CoreExpr *chunk_loop(Lower *l, CoreSources *sources, CoreExprs *statements, Span span) {
    if (sources->items[0].kind == CORE_SOURCE_STREAM) return statements->items[0];
    CoreExpr *loop = core_node(l->arena, CORE_FOR, core_unit_type(l), span);
    CoreExpr *body = as_unit(l, make_block(l, statements, NULL, span));
    loop->sources = *sources;
    loop->loop = ++l->body->loop_count;
    loop->is_chunk = true;
    vec_push(l->arena, &loop->args, body);
    return loop;
}

/* Chunks of a scan, or of sequences of unknown length, cannot be walked by themselves. Such a stream is all of one element: a walk
 * of that is a plain loop over the whole, which whoever takes the values may leave. */
static void walk_as_one(Lower *l, Nest *nest, Span span) {
    const CoreType *number = core_simple(l, CORE_TYPE_INT);
    CoreExpr *const ends[] = {make_int(l, 0, span), make_int(l, 1, span)};
    CoreSource one = {.kind = CORE_SOURCE_RANGE, .var = var_new(l, NULL, number, span), .span = span};
    one.expr = make(l, CORE_RANGE, core_simple(l, CORE_TYPE_RANGE), span, 2, ends);
    one.expr->flag = true;
    one.var->is_borrowed = true;
    vec_push(l->arena, nest->sources, one);
    nest->is_open = true;
}

CoreExpr *stream_value(Lower *l, Stream *stream) {
    if (l->has_failed) return make_unit(l, stream->span);
    if (stream_is_value(stream)) return core_copy(l->arena, stream->value);
    Span span = stream->span;
    CoreFn *fn = fn_new(l, position_name(l, "stream", span), core_unit_type(l), span);
    Body body = {0}, *outer = l->body;
    CoreSources sources = {0};
    CoreExprs statements = {0};
    Nest nest = {.is_value = true, .sources = &sources};
    WalkConsumer consumer = {.base = {walk_push}};
    fn->is_closure = true;
    l->body = &body;
    if (stream_needs_pass(stream)) walk_as_one(l, &nest, span);
    stream_emit(l, stream, &consumer.base, &nest, &statements);
    if (!l->has_failed) fn->body = chunk_loop(l, &sources, &statements, span);
    l->body = outer;
    if (l->has_failed) return make_unit(l, span);
    fn->element = consumer.element;
    CoreExpr *closure = core_node(l->arena, CORE_CLOSURE, core_type1(l, CORE_TYPE_STREAM, fn->element), span);
    closure->fn = fn;
    CoreSources *walked = &fn->body->sources;
    for (size_t i = 0; i < walked->len; i++) {
        CoreVar *base = var_new(l, NULL, walked->items[i].expr->type, walked->items[i].span);
        base->is_borrowed = true;
        vec_push(l->arena, &closure->args, walked->items[i].expr);
        vec_push(l->arena, &fn->params, base);
        walked->items[i].expr = core_local(l->arena, base, walked->items[i].span);
    }
    /* The bases are bound as parameters while the rest is found, and become the first captures then. */
    CoreVars captures = {0};
    CoreExprs captured = {0};
    capture_fn(l, fn, &captures, &captured);
    fn->captures = fn->params;
    fn->params = (CoreVars){0};
    for (size_t i = 0; i < captures.len; i++) {
        vec_push(l->arena, &fn->captures, captures.items[i]);
        vec_push(l->arena, &closure->args, captured.items[i]);
    }
    return closure;
}
