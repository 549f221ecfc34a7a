/* lower_scan.c: `scan g`: the stream of running combinations.
 *
 * Where one loop walks the elements, a scan is a variable that each of them goes into. A job's chunks are walked apart from each
 * other: a first job finds what the elements of each chunk combine to, the library's `prefixes` (stdlib/prelude/passes.mr) puts
 * these together along the tree over the chunks, and in the job proper each chunk's variable starts from what stands before the
 * chunk.
 *
 * The value of a scan is the same wherever it is walked: a plain loop over a sequence starts from such a prefix too wherever a job
 * over it would begin a chunk, unless the reducer is associative to the last bit. */
#include "compiler/core/lower_loop.h"

#include <stddef.h>

/* ---- what combines */

/* A reducer over elements of this type, in its plain form. Its code is made anew each time: it stands in one place only. */
static CoreReducer reducer_pieces(Lower *l, const ReducerUse *use, const CoreType *element, Span span) {
    CoreJob job = {.span = span, .key = core_simple(l, CORE_TYPE_INT)};
    ReducerUse plain = reducer_plain(l, use, element);
    reducer_build(l, &job, &plain, element);
    return job.reducer;
}

/* The code with its parameters bound to these values. */
static CoreExpr *apply_code(Lower *l, const CoreCode *code, CoreExpr *first, CoreExpr *second, Span span) {
    CoreExpr *const values[2] = {first, second};
    CoreExprs statements = {0};
    for (size_t i = 0; i < 2 && code->params[i] && values[i]; i++) {
        code->params[i]->is_owned = code->params[i]->is_borrowed = false;
        vec_push(l->arena, &statements, make_let(l, code->params[i], values[i]));
    }
    return make_block(l, &statements, code->body, span);
}

/* What combines two states, as a function value for the library. */
static CoreExpr *merge_function(Lower *l, const Stream *stage, const CoreType *element) {
    Span span = stage->reducer->span;
    Body body = {0}, *outer = l->body;
    l->body = &body;
    CoreReducer pieces = reducer_pieces(l, stage->reducer, element, span);
    CoreFn *fn = fn_new(l, position_name(l, "merge", span), pieces.state, span);
    CoreExpr *values[2];
    fn->is_closure = true;
    for (size_t i = 0; i < 2; i++) {
        CoreVar *param = var_new(l, NULL, pieces.state, span);
        param->is_borrowed = true;
        vec_push(l->arena, &fn->params, param);
        values[i] = core_local(l->arena, param, span);
    }
    fn->body = apply_code(l, &pieces.merge, values[0], values[1], span);
    core_give_type(fn->body, fn->result);
    l->body = outer;
    const CoreType *const types[] = {pieces.state, pieces.state, pieces.state};
    CoreExpr *closure = core_node(l->arena, CORE_CLOSURE, core_type(l->program->types, CORE_TYPE_FN, types, 3), span);
    closure->fn = fn;
    capture_fn(l, fn, &fn->captures, &closure->args);
    return closure;
}

/* ---- a state that elements go into */

typedef struct Folding {
    CoreVar *has;   /* whether anything is in it */
    CoreVar *state; /* with its init where there is nothing in it and the reducer has one */
} Folding;

CoreVar *mutable_new(Lower *l, const char *name, const CoreType *type, Span span) {
    CoreVar *var = var_new(l, name, type, span);
    var->is_mutable = var->is_hidden = true;
    return var;
}

CoreExpr *make_assign(Lower *l, CoreVar *var, CoreExpr *value) {
    CorePlace *place = arena_make(l->arena, CorePlace);
    place->var = var;
    place->type = var->type;
    CoreExpr *expr = make(l, CORE_ASSIGN, core_unit_type(l), value->span, 1, &value);
    expr->place = place;
    return expr;
}

static Folding folding_new(Lower *l, const char *name, const CoreType *state, Span span) {
    const CoreType *flag = core_simple(l, CORE_TYPE_BOOL);
    return (Folding){mutable_new(l, "has", flag, span), mutable_new(l, name, state, span)};
}

/* The state of nothing. */
static CoreExpr *state_of_nothing(Lower *l, const ReducerUse *use, const CoreType *element, const CoreType *state, Span span) {
    CoreExpr *init = reducer_pieces(l, use, element, span).init;
    return init ? init : core_node(l->arena, CORE_ZERO, state, span);
}

static void fold_in(Lower *l, const Folding *folding, const CoreReducer *pieces, CoreExpr *element, CoreExprs *out) {
    Span span = element->span;
    CoreExpr *state = core_local(l->arena, folding->state, span);
    CoreExpr *set = make_assign(l, folding->has, make_bool(l, true, span));
    if (pieces->kind != CORE_REDUCE_FOLD) {
        vec_push(l->arena, out, make_assign(l, folding->state, apply_code(l, &pieces->add, state, element, span)));
        vec_push(l->arena, out, set);
        return;
    }
    CoreExprs first = {0};
    vec_push(l->arena, &first, make_assign(l, folding->state, core_copy(l->arena, element)));
    vec_push(l->arena, &first, set);
    CoreExpr *joined = make_assign(l, folding->state, apply_code(l, &pieces->merge, state, element, span));
    CoreExpr *has = core_local(l->arena, folding->has, span);
    vec_push(l->arena, out, make_if(l, has, joined, make_block(l, &first, NULL, span), core_unit_type(l), span));
}

/* What is in the state, as an optional. */
static CoreExpr *folding_content(Lower *l, const Folding *folding, Span span) {
    const CoreType *type = core_type1(l, CORE_TYPE_OPTIONAL, folding->state->type);
    CoreExpr *state = core_local(l->arena, folding->state, span);
    CoreExpr *some = make(l, CORE_SOME, type, span, 1, &state);
    return make_if(l, core_local(l->arena, folding->has, span), some, core_node(l->arena, CORE_NONE, type, span), type, span);
}

/* ---- a scan that is being emitted */

struct Running {
    Consumer base; /* of the elements below */
    LoopHook hook;
    Stream *stage;
    Consumer *next;
    CoreExpr *prefixes; /* in a job: of its chunks; NULL: in a plain loop */
    const CoreType *element;
    bool by_tree;   /* the shape of the tree shows in the result */
    Folding all;    /* of all elements before */
    Folding part;   /* by_tree, in a plain loop: of what would be the current chunk */
    CoreVar *nodes; /* likewise: of what would be the chunks before, as prefix_next keeps them */
    CoreVar *chunk; /* likewise: their number */
};

static const CoreType *nodes_type(Lower *l, const CoreType *state) {
    const CoreType *part = core_type1(l, CORE_TYPE_OPTIONAL, state);
    return core_type1(l, CORE_TYPE_LIST, core_pair_type(l, part, part));
}

/* The base whose loop is the outermost. */
static const Stream *outermost_base(const Stream *stream) {
    while (stream->kind != STREAM_BASE) stream = stream->operands.items[stream->operands.len > 1 ? together_driver(stream) : 0];
    return stream;
}

/* With the first element the types are known. The pieces of a string are one chunk. */
static void running_start(Lower *l, Running *running, const CoreReducer *pieces, const CoreType *element) {
    if (running->element) return;
    Span span = running->stage->span;
    running->element = element;
    running->by_tree = !pieces->is_associative;
    running->all = folding_new(l, "running", pieces->state, span);
    CoreSourceKind base = outermost_base(running->stage)->source;
    bool is_one_chunk = base == CORE_SOURCE_WORDS_IN || base == CORE_SOURCE_LINES_IN;
    if (running->prefixes || !running->by_tree || is_one_chunk) return;
    running->part = folding_new(l, "part", pieces->state, span);
    running->nodes = mutable_new(l, "nodes", nodes_type(l, pieces->state), span);
    running->chunk = mutable_new(l, "chunk", core_simple(l, CORE_TYPE_INT), span);
}

/* The element goes in; the value at its place. */
CoreExpr *scan_value(Lower *l, Running *running, CoreExpr *element, CoreExprs *out) {
    const ReducerUse *use = running->stage->reducer;
    Span span = running->stage->span;
    CoreReducer pieces = reducer_pieces(l, use, element->type, span);
    if (l->has_failed) return element;
    running_start(l, running, &pieces, element->type);
    element = hold(l, element, NULL, out);
    fold_in(l, &running->all, &pieces, core_copy(l->arena, element), out);
    if (running->part.state) {
        CoreReducer again = reducer_pieces(l, use, element->type, span);
        fold_in(l, &running->part, &again, element, out);
    }
    CoreExpr *state = core_local(l->arena, running->all.state, span);
    if (pieces.finish.body) state = apply_code(l, &pieces.finish, state, NULL, span);
    return hold(l, state, NULL, out);
}

static void running_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    Running *running = (Running *)self;
    CoreExpr *value = scan_value(l, running, element, out);
    if (!l->has_failed) running->next->push(l, running->next, value, out);
}

/* ---- the code around its loop */

static void declare(Lower *l, CoreVar *var, CoreExpr *value, CoreExprs *out) {
    vec_push(l->arena, out, make_let(l, var, value));
}

/* (state or none, message or none), as the library gives it: the scan goes on from the state, the message is an error. */
static void start_from(Lower *l, const Running *running, CoreExpr *before, bool declares, CoreExprs *out) {
    Span span = running->stage->reducer->span;
    const CoreType *flag = core_simple(l, CORE_TYPE_BOOL), *state = running->all.state->type;
    before = hold(l, before, NULL, out);
    CoreExpr *trouble = hold(l, make_field(l, core_copy(l->arena, before), 1, span), NULL, out);
    CoreExpr *message = make(l, CORE_UNWRAP, trouble->type->args[0], span, 1, (CoreExpr *[]){core_copy(l->arena, trouble)});
    CoreExpr *failure = make_failure(l, message, span);
    CoreExpr *is_trouble = make(l, CORE_IS_SOME, flag, span, 1, &trouble);
    vec_push(l->arena, out, make_if(l, is_trouble, failure, make_unit(l, span), core_unit_type(l), span));
    CoreExpr *start = hold(l, make_field(l, before, 0, span), NULL, out);
    CoreExpr *has = make(l, CORE_IS_SOME, flag, span, 1, (CoreExpr *[]){core_copy(l->arena, start)});
    CoreExpr *content = make(l, CORE_UNWRAP, state, span, 1, (CoreExpr *[]){core_copy(l->arena, start)});
    CoreExpr *condition = make(l, CORE_IS_SOME, flag, span, 1, &start);
    CoreExpr *nothing = state_of_nothing(l, running->stage->reducer, running->element, state, span);
    CoreExpr *value = make_if(l, condition, content, nothing, state, span);
    vec_push(l->arena, out, declares ? make_let(l, running->all.has, has) : make_assign(l, running->all.has, has));
    vec_push(l->arena, out, declares ? make_let(l, running->all.state, value) : make_assign(l, running->all.state, value));
}

/* In a job: the chunk's prefix is one of its sources. */
static void close_in_job(Lower *l, Running *running, LoopEnds *ends) {
    CoreExpr *prefixes = running->prefixes;
    CoreVar *before = var_new(l, "before", prefixes->type->args[0], running->stage->span);
    before->is_borrowed = true;
    CoreSource source = {.kind = CORE_SOURCE_BEFORE, .expr = core_copy(l->arena, prefixes), .var = before};
    source.span = running->stage->span;
    vec_push(l->arena, ends->job, source);
    start_from(l, running, core_local(l->arena, before, source.span), true, &ends->before);
}

/* In a plain loop, where a chunk would begin: what went into `part` is that of the chunk before. */
static void chunk_begins(Lower *l, const Running *running, CoreExprs *out) {
    Span span = running->stage->span;
    const CoreType *state = running->part.state->type;
    CoreExprs args = {0};
    vec_push(l->arena, &args, core_local(l->arena, running->nodes, span));
    vec_push(l->arena, &args, core_local(l->arena, running->chunk, span));
    vec_push(l->arena, &args, folding_content(l, &running->part, span));
    vec_push(l->arena, &args, merge_function(l, running->stage, running->element));
    CoreExpr *next =
        hold(l,
             call_prelude(l, "prefix_next", reducer_state(l, running->stage->reducer, running->stage->element, running->element),
                          args, span),
             NULL, out);
    vec_push(l->arena, out, make_assign(l, running->nodes, make_field(l, core_copy(l->arena, next), 0, span)));
    CoreExpr *chunk = core_local(l->arena, running->chunk, span);
    vec_push(l->arena, out,
             make_assign(l, running->chunk, make_op(l, CORE_OP_ADD_WRAP, chunk->type, span, chunk, make_int(l, 1, span))));
    vec_push(l->arena, out, make_assign(l, running->part.has, make_bool(l, false, span)));
    CoreExpr *nothing = state_of_nothing(l, running->stage->reducer, running->element, state, span);
    vec_push(l->arena, out, make_assign(l, running->part.state, nothing));
    start_from(l, running, make_field(l, next, 1, span), false, out);
}

static void close_in_loop(Lower *l, Running *running, LoopEnds *ends) {
    Span span = running->stage->span;
    const ReducerUse *use = running->stage->reducer;
    const CoreType *state = running->all.state->type;
    declare(l, running->all.has, make_bool(l, false, span), &ends->before);
    declare(l, running->all.state, state_of_nothing(l, use, running->element, state, span), &ends->before);
    if (!running->part.state) return;
    declare(l, running->part.has, make_bool(l, false, span), &ends->before);
    declare(l, running->part.state, state_of_nothing(l, use, running->element, state, span), &ends->before);
    declare(l, running->nodes, core_node(l->arena, CORE_LIST, running->nodes->type, span), &ends->before);
    declare(l, running->chunk, make_int(l, 0, span), &ends->before);
    CoreExpr *begins = ends_chunk_begins(l, ends, span);
    if (!begins) return;
    CoreExprs statements = {0};
    chunk_begins(l, running, &statements);
    CoreExpr *then = make_block(l, &statements, NULL, span);
    vec_push(l->arena, &ends->begin, make_if(l, begins, then, make_unit(l, span), core_unit_type(l), span));
}

static void running_close(Lower *l, LoopHook *hook, LoopEnds *ends) {
    Running *running = (Running *)((char *)hook - offsetof(Running, hook));
    if (!running->element || l->has_failed) return;
    if (running->prefixes)
        close_in_job(l, running, ends);
    else
        close_in_loop(l, running, ends);
}

Running *scan_begin(Lower *l, Stream *stage, Nest *nest) {
    Running *running = arena_make(l->arena, Running);
    running->base.push = running_push;
    running->hook.close = running_close;
    running->stage = stage;
    if (nest->sources && !nest->is_open) running->prefixes = nest_prepared(l, nest, stage);
    vec_push(l->arena, &nest->hooks, &running->hook);
    return running;
}

/* Whether the result depends on where chunks begin, as far as it is known before the elements are. */
static bool may_be_by_tree(const ReducerUse *use, const Type *value) {
    bool is_int = value->kind == TYPE_INT;
    for (size_t i = 0; i < use->members.len; i++) {
        if (may_be_by_tree(&use->members.items[i], type_prune(value->args[i]))) return true;
    }
    if (use->members.len > 0) return false;
    if (!use->symbol) return !is_int || callable_operator(&use->function) != OP_ADD;
    return !reducer_is_associative(use->symbol) && !(is_int && reducer_is_prelude(use->symbol, "sum"));
}

void scan_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    bool is_loop = !nest->sources || nest->is_open;
    if (is_loop && stream_is_value(outermost_base(stage)) && may_be_by_tree(stage->reducer, stage->element)) {
        /* Where its chunks begin is seen by a job only. */
        CoreExpr *list = gather(l, stage, out);
        if (!l->has_failed) stream_emit(l, stream_of_value(l, list, out), consumer, nest, out);
        return;
    }
    Running *running = scan_begin(l, stage, nest);
    running->next = consumer;
    stream_emit(l, stage->operands.items[0], &running->base, nest, out);
}

/* ---- the first pass */

typedef struct PartConsumer {
    Pass pass;
    Stream *stage;
    Folding folding;
    const CoreType *element;
} PartConsumer;

static void part_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    PartConsumer *part = (PartConsumer *)self;
    Span span = part->stage->span;
    CoreReducer pieces = reducer_pieces(l, part->stage->reducer, element->type, span);
    if (l->has_failed) return;
    part->element = element->type;
    part->pass.type =
        type_node(l, TYPE_OPTIONAL, reducer_state(l, part->stage->reducer, part->stage->element, element->type), NULL);
    part->folding = folding_new(l, "part", pieces.state, span);
    declare(l, part->folding.has, make_bool(l, false, span), &part->pass.declared);
    CoreExpr *nothing = state_of_nothing(l, part->stage->reducer, element->type, pieces.state, span);
    declare(l, part->folding.state, nothing, &part->pass.declared);
    fold_in(l, &part->folding, &pieces, hold(l, element, NULL, out), out);
}

static CoreExpr *part_content(Lower *l, Pass *self, Span span) {
    return folding_content(l, &((PartConsumer *)self)->folding, span);
}

CoreExpr *scan_prefixes(Lower *l, Stream *stage, Stream *below, const Nest *nest, CoreExprs *out) {
    PartConsumer part = {.pass = {.base = {part_push}, .content = part_content}, .stage = stage};
    CoreExpr *parts = pass_job(l, below, &part.pass, nest, stage->span);
    if (l->has_failed) return parts;
    CoreExprs args = {0};
    vec_push(l->arena, &args, hold(l, parts, NULL, out));
    vec_push(l->arena, &args, merge_function(l, stage, part.element));
    Type *state = reducer_state(l, stage->reducer, stage->element, part.element);
    return hold(l, call_prelude(l, "prefixes", state, args, stage->span), "prefixes", out);
}
