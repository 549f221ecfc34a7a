/* lower_pieces.c: streams that come in pieces: `unordered`, and what is written to a file.
 *
 * In a plain loop the pieces are jobs that are started, some at a time, and awaited; which and when is the business of three
 * functions of the library (`pieces_begin` and its neighbours), around which the loop is made here. It stands inside of a loop that
 * is run once, which is left where the whole is. A job over such a stream is one over the stream itself. */
#include "compiler/core/lower_loop.h"

#include <string.h>

bool is_pieces(const Symbol *symbol) {
    return symbol->kind == SYMBOL_EXTERN && symbol->module && symbol->module->is_library && strcmp(symbol->name, "pieces_of") == 0;
}

Stream *stream_of_pieces(Lower *l, Env *env, Ast *call, const CallArgs *args, CoreExprs *out) {
    Stream *stream = arena_make(l->arena, Stream), *source = stream_of(l, args->items[0].env, args->items[0].ast, out);
    stream->kind = STREAM_PIECES;
    stream->is_flat = true;
    stream->span = call->span;
    stream->element = type_prune(ast_type(l, env, call)->args[0]);
    stream->value = lower_expr(l, args->items[1].env, args->items[1].ast);
    stream->size = source->size + 1;
    stream->passes = source->passes;
    vec_push(l->arena, &stream->operands, source);
    return stream;
}

static CoreExpr *call_with(Lower *l, const Stream *stage, const char *name, size_t count, CoreExpr *const *values) {
    CoreExprs args = {0};
    for (size_t i = 0; i < count; i++) vec_push(l->arena, &args, values[i]);
    return call_prelude(l, name, stage->element, args, stage->span);
}

static OpenLoop open_once(Lower *l, const Stream *stage, Nest *nest) {
    CoreSources sources = {0};
    Stream once = {.kind = STREAM_BASE, .source = CORE_SOURCE_RANGE, .span = stage->span};
    CoreExpr *const ends[] = {make_int(l, 0, stage->span), make_int(l, 0, stage->span)};
    once.value = make(l, CORE_RANGE, core_simple(l, CORE_TYPE_RANGE), stage->span, 2, ends);
    add_source(l, &sources, &once);
    return loop_open(l, nest, sources, stage->span);
}

void pieces_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    Span span = stage->span;
    if (nest->sources && !nest->is_open && !nest->is_value) {
        stream_emit(l, stage->operands.items[0], consumer, nest, out);
        return;
    }
    OpenLoop open = open_once(l, stage, nest);
    CoreExprs inner = {0};
    CoreExpr *source = hold(l, stream_value(l, stage->operands.items[0]), NULL, &open.statements);
    CoreExpr *begin = call_with(l, stage, "pieces_begin", 1, &(CoreExpr *){core_copy(l->arena, source)});
    CoreVar *state = mutable_new(l, "pieces", begin->type, span);
    vec_push(l->arena, &open.statements, make_let(l, state, begin));
    CoreExpr *condition = call_with(l, stage, "pieces_left", 1, &(CoreExpr *){core_local(l->arena, state, span)});
    CoreExpr *const args[] = {source, stage->value, core_local(l->arena, state, span)};
    CoreExpr *next = hold(l, call_with(l, stage, "pieces_next", 3, args), NULL, &inner);
    if (l->has_failed) return;
    vec_push(l->arena, &inner, make_assign(l, state, make_field(l, core_copy(l->arena, next), 0, span)));
    Stream *piece = stream_of_value(l, make_field(l, core_copy(l->arena, next), 1, span), &inner);
    stream_emit(l, piece, consumer, nest, &inner);
    CoreExpr *const parts[] = {condition, as_unit(l, make_block(l, &inner, NULL, span))};
    CoreExpr *loop = make(l, CORE_WHILE, core_unit_type(l), span, 2, parts);
    loop->loop = ++l->body->loop_count;
    vec_push(l->arena, &open.statements, loop);
    loop_close(l, &open, out);
}
