/* lower_chunk.c: where, in a plain loop over some sequences, a job over the same ones would begin its chunks
 * (runtime/worker/plan.h). */
#include "compiler/core/lower_loop.h"

CoreExpr *make_prim_of_any(Lower *l, const char *name, const CoreType *type, CoreExpr *value, Span span) {
    const CoreType **types = arena_array(l->arena, const CoreType *, 1);
    CoreExpr *prim = make(l, CORE_PRIM, type, span, 1, &value);
    types[0] = value->type;
    prim->text = name;
    prim->type_args = types;
    prim->type_arg_count = 1;
    prim->generic_args = 1;
    return prim;
}

CoreExpr *make_extent(Lower *l, const CoreExpr *sequence, Span span) {
    return make_prim_of_any(l, "extent", core_simple(l, CORE_TYPE_INT), core_copy(l->arena, sequence), span);
}

CoreExpr *make_least(Lower *l, const CoreExprs *numbers, Span span, CoreExprs *out) {
    CoreExpr *least = hold(l, numbers->items[0], NULL, out);
    for (size_t i = 1; i < numbers->len; i++) {
        CoreExpr *other = hold(l, numbers->items[i], NULL, out);
        CoreExpr *is_less =
            make_op(l, CORE_OP_LT, core_simple(l, CORE_TYPE_BOOL), span, core_copy(l->arena, other), core_copy(l->arena, least));
        least = hold(l, make_if(l, is_less, other, least, other->type, span), NULL, out);
    }
    return least;
}

/* The number of elements in a chunk of a job over the loop's sources. The open ranges among them are the longest. */
static void count_chunk(Lower *l, LoopEnds *ends, Span span) {
    const CoreType *number = core_simple(l, CORE_TYPE_INT);
    CoreExprs extents = {0};
    for (size_t i = 0; i < ends->sources->len; i++) {
        const CoreSource *source = &ends->sources->items[i];
        vec_push(l->arena, &extents, make_extent(l, source->expr, source->span));
    }
    CoreExpr *least = make_least(l, &extents, span, &ends->before);
    CoreExpr *size = make(l, CORE_PRIM, number, span, 1, &least);
    size->text = "chunk_size";
    ends->size = var_new(l, NULL, number, span);
    vec_push(l->arena, &ends->before, make_let(l, ends->size, size));
    CoreSource index = {.kind = CORE_SOURCE_RANGE, .span = span};
    CoreExpr *zero = make_int(l, 0, span);
    index.expr = make(l, CORE_RANGE, core_simple(l, CORE_TYPE_RANGE), span, 1, &zero);
    index.var = ends->index = var_new(l, NULL, number, span);
    index.var->is_borrowed = true;
    vec_push(l->arena, ends->sources, index);
}

/* Files come chunk by chunk: each round but the first. */
static CoreExpr *begins_with_round(Lower *l, LoopEnds *ends, Span span) {
    if (!ends->begun) {
        CoreExprs before = {0};
        ends->begun = mutable_new(l, "begun", core_simple(l, CORE_TYPE_INT), span);
        vec_push(l->arena, &ends->before, make_let(l, ends->begun, make_int(l, -1, span)));
        CoreExpr *next =
            make_op(l, CORE_OP_ADD_WRAP, ends->begun->type, span, core_local(l->arena, ends->begun, span), make_int(l, 1, span));
        vec_push(l->arena, &before, make_assign(l, ends->begun, next));
        for (size_t i = 0; i < ends->begin.len; i++) vec_push(l->arena, &before, ends->begin.items[i]);
        ends->begin = before;
    }
    return make_op(l, CORE_OP_GT, core_simple(l, CORE_TYPE_BOOL), span, core_local(l->arena, ends->begun, span),
                   make_int(l, 0, span));
}

CoreExpr *ends_chunk_begins(Lower *l, LoopEnds *ends, Span span) {
    CoreSourceKind kind = ends->sources->items[0].kind;
    const CoreType *number = core_simple(l, CORE_TYPE_INT), *flag = core_simple(l, CORE_TYPE_BOOL);
    if (kind == CORE_SOURCE_WORDS_IN || kind == CORE_SOURCE_LINES_IN) return NULL;
    if (kind == CORE_SOURCE_TEXT_WORDS || kind == CORE_SOURCE_TEXT_LINES) return begins_with_round(l, ends, span);
    if (!ends->size) count_chunk(l, ends, span);
    CoreExpr *mask = make_op(l, CORE_OP_SUB_WRAP, number, span, core_local(l->arena, ends->size, span), make_int(l, 1, span));
    CoreExpr *rest = make_op(l, CORE_OP_BIT_AND, number, span, core_local(l->arena, ends->index, span), mask);
    CoreExpr *is_first = make_op(l, CORE_OP_EQ, flag, span, rest, make_int(l, 0, span));
    CoreExpr *is_later = make_op(l, CORE_OP_GT, flag, span, core_local(l->arena, ends->index, span), make_int(l, 0, span));
    return make_if(l, is_later, is_first, make_bool(l, false, span), flag, span);
}
