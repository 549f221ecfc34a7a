/* lower_together.c: several sequences walked together.
 *
 * Where each of them has as many elements as its bases, one loop walks all their bases, and each operand's element is computed from
 * the variables of its own. Else the first whose length is not known beforehand drives: its elements come as they do, a variable
 * counts them, and the others' elements are found by that number. In a job a first pass counts the driver's elements in each chunk;
 * each chunk begins to count where the one before it ends, and is sent its share of the lists. Whatever else is of unknown length
 * is gathered into a list before. */
#include "compiler/core/lower_loop.h"

#include <stddef.h>

#include "runtime/include/mr.h"

/* ---- what is known of a sequence */

/* Its element i can be computed from the bases' elements i alone. */
static bool is_indexable(const Stream *stream) {
    if (stream->kind == STREAM_BASE) return stream->source <= CORE_SOURCE_OPTIONAL;
    if (stream->kind == STREAM_SCAN || stream->is_flat || stream->has_where) return false;
    for (size_t i = 0; i < stream->operands.len; i++) {
        if (!is_indexable(stream->operands.items[i])) return false;
    }
    return true;
}

/* It has one element for each of its bases' elements. */
bool stream_is_in_step(const Stream *stream) {
    if (stream->kind == STREAM_BASE) return is_indexable(stream);
    if (stream->is_flat || stream->has_where) return false;
    for (size_t i = 0; i < stream->operands.len; i++) {
        if (!stream_is_in_step(stream->operands.items[i])) return false;
    }
    return true;
}

/* Their number where there is none. */
static size_t find_driver(const Stream *stage) {
    size_t i = 0;
    while (i < stage->operands.len && stream_is_in_step(stage->operands.items[i])) i++;
    return i;
}

size_t together_driver(const Stream *stage) {
    size_t driver = find_driver(stage);
    return driver < stage->operands.len ? driver : 0;
}

bool stream_needs_pass(const Stream *stream) {
    if (stream->kind == STREAM_SCAN || (stream->operands.len > 1 && find_driver(stream) < stream->operands.len)) return true;
    for (size_t i = 0; i < stream->operands.len; i++) {
        if (stream_needs_pass(stream->operands.items[i])) return true;
    }
    return false;
}

/* ---- in step: one loop over all the bases */

typedef struct Steps {
    CoreSources sources;
    VEC(CoreVar *) vars;    /* of the bases, in order */
    VEC(Running *) running; /* of the scans, in order */
    size_t next_var, next_running;
} Steps;

static void steps_add(Lower *l, Stream *stream, Nest *nest, Steps *steps) {
    if (stream->kind == STREAM_BASE) {
        vec_push(l->arena, &steps->vars, add_source(l, &steps->sources, stream));
        return;
    }
    for (size_t i = 0; i < stream->operands.len; i++) steps_add(l, stream->operands.items[i], nest, steps);
    if (stream->kind == STREAM_SCAN) vec_push(l->arena, &steps->running, scan_begin(l, stream, nest));
}

/* The operand's element; takes its variables in the order in which steps_add made them. */
static CoreExpr *steps_element(Lower *l, const Stream *stream, Steps *steps, CoreExprs *out) {
    if (stream->kind == STREAM_BASE) return core_local(l->arena, steps->vars.items[steps->next_var++], stream->span);
    CoreExprs args = {0};
    for (size_t i = 0; i < stream->operands.len; i++) {
        CoreExpr *element = steps_element(l, stream->operands.items[i], steps, out);
        vec_push(l->arena, &args, stream->operands.len > 1 ? hold(l, element, NULL, out) : element);
    }
    if (l->has_failed) return args.items[0];
    if (stream->kind == STREAM_SCAN) return scan_value(l, steps->running.items[steps->next_running++], args.items[0], out);
    if (stream->is_identity) return args.items[0];
    return callable_apply(l, &stream->function, args, stream->span, out);
}

static void emit_in_step(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    Steps steps = {0};
    for (size_t i = 0; i < stage->operands.len; i++) steps_add(l, stage->operands.items[i], nest, &steps);
    if (l->has_failed) return;
    OpenLoop open = loop_open(l, nest, steps.sources, stage->span);
    CoreExprs args = {0};
    for (size_t i = 0; i < stage->operands.len; i++) {
        CoreExpr *element = steps_element(l, stage->operands.items[i], &steps, &open.statements);
        vec_push(l->arena, &args, hold(l, element, NULL, &open.statements));
    }
    stage_apply(l, stage, args, consumer, nest, &open.statements);
    loop_close(l, &open, out);
}

static void collect_bases(Lower *l, Stream *stream, Streams *bases) {
    if (stream->kind == STREAM_BASE) vec_push(l->arena, bases, stream);
    for (size_t i = 0; i < stream->operands.len; i++) collect_bases(l, stream->operands.items[i], bases);
}

/* A scan that is walked together with others is cut into chunks as all of them are: so is its first pass. */
static void prepare_in_step(Lower *l, Stream *stream, const Streams *bases, Nest *nest, CoreExprs *out) {
    for (size_t i = 0; i < stream->operands.len; i++) prepare_in_step(l, stream->operands.items[i], bases, nest, out);
    if (stream->kind != STREAM_SCAN || l->has_failed) return;
    Stream *below = arena_make(l->arena, Stream);
    below->kind = STREAM_PIPE;
    below->is_identity = true; /* gives the first operand's elements */
    below->span = stream->span;
    vec_push(l->arena, &below->operands, stream->operands.items[0]);
    for (size_t i = 0; i < bases->len; i++) vec_push(l->arena, &below->operands, bases->items[i]);
    nest_prepare(l, nest, stream, scan_prefixes(l, stream, below, nest, out));
}

/* ---- by number */

/* A sequence whose elements are found by their number: a range, or a list. */
typedef struct Leaf {
    const Stream *stream;
    CoreExpr *list; /* NULL: the stream is a range */
    CoreVar *share; /* in a job: the chunk's part of the list */
} Leaf;

typedef VEC(Leaf) Leaves;

typedef struct Counted {
    Consumer base; /* of the driver's elements */
    LoopHook hook;
    Stream *stage;
    size_t driver;
    Consumer *next;
    Nest *nest;
    Leaves leaves;
    CoreExpr *starts;  /* in a job: the number with which each chunk begins; else NULL */
    CoreVar *start;    /* in a job: the chunk's */
    CoreVar *position; /* of the element that comes next */
    CoreExpr *limit;   /* in a plain loop: as many elements as the others have */
} Counted;

static const CoreType *number_type(Lower *l) {
    return core_simple(l, CORE_TYPE_INT);
}

static CoreExpr *primitive(Lower *l, const char *name, const CoreType *type, size_t count, CoreExpr *const *args, Span span) {
    CoreExpr *expr = make(l, CORE_PRIM, type, span, count, args);
    expr->text = name;
    return expr;
}

CoreExpr *gather(Lower *l, Stream *stream, CoreExprs *out) {
    if (!stream->element) return lower_refuse(l, stream->span, "this sequence of unknown length here");
    ReducerUse list = reducer_list(l, stream->element);
    CoreExpr *job = job_of_stream(l, stream, &list, NULL, false, out, stream->span);
    return hold(l, job, NULL, out);
}

/* The elements of a map, set or optional. */
static CoreExpr *elements_of(Lower *l, const Stream *stream, CoreExprs *out) {
    CoreExpr *value = core_copy(l->arena, stream->value);
    const CoreType *element =
        stream->source == CORE_SOURCE_MAP ? core_pair_type(l, value->type->args[0], value->type->args[1]) : value->type->args[0];
    const CoreType *type = core_type1(l, CORE_TYPE_LIST, element);
    return hold(l, make_prim_of_any(l, "elements", type, value, stream->span), NULL, out);
}

/* The leaves of an operand; what must be computed goes to `out`, unless it was prepared. */
static void add_leaves(Lower *l, Stream *stream, const Nest *nest, Leaves *leaves, CoreExprs *out) {
    if (l->has_failed) return;
    Leaf leaf = {.stream = stream, .list = nest_find(nest, stream)};
    bool is_base = stream->kind == STREAM_BASE && is_indexable(stream);
    if (!is_base && is_indexable(stream)) {
        for (size_t i = 0; i < stream->operands.len; i++) add_leaves(l, stream->operands.items[i], nest, leaves, out);
        return;
    }
    if (!leaf.list && !is_base) leaf.list = gather(l, stream, out);
    if (!leaf.list && stream->source == CORE_SOURCE_LIST) leaf.list = stream->value;
    if (!leaf.list && stream->source != CORE_SOURCE_RANGE) leaf.list = elements_of(l, stream, out);
    vec_push(l->arena, leaves, leaf);
}

static CoreExpr *leaf_len(Lower *l, const Leaf *leaf) {
    return make_extent(l, leaf->list ? leaf->list : leaf->stream->value, leaf->stream->span);
}

static CoreExpr *leaf_element(Lower *l, const Counted *counted, const Leaf *leaf, Span span) {
    CoreExpr *position = core_local(l->arena, counted->position, span);
    if (!leaf->list) {
        CoreExpr *const args[] = {core_copy(l->arena, leaf->stream->value), position};
        return primitive(l, "range_at", number_type(l), 2, args, span);
    }
    CoreExpr *list = leaf->share ? core_local(l->arena, leaf->share, span) : core_copy(l->arena, leaf->list);
    if (leaf->share)
        position = make_op(l, CORE_OP_SUB_WRAP, position->type, span, position, core_local(l->arena, counted->start, span));
    CoreExpr *const args[] = {list, position};
    return make(l, CORE_INDEX, list->type->args[0], span, 2, args);
}

/* The operand's element; takes leaves in the order in which add_leaves made them. */
static CoreExpr *counted_element(Lower *l, const Counted *counted, const Stream *stream, size_t *next, CoreExprs *out) {
    const Leaf *leaf = &counted->leaves.items[*next];
    if (leaf->stream == stream) {
        ++*next;
        return leaf_element(l, counted, leaf, stream->span);
    }
    CoreExprs args = {0};
    for (size_t i = 0; i < stream->operands.len; i++)
        vec_push(l->arena, &args, hold(l, counted_element(l, counted, stream->operands.items[i], next, out), NULL, out));
    return callable_apply(l, &stream->function, args, stream->span, out);
}

static CoreExpr *count_one(Lower *l, CoreVar *position, Span span) {
    CoreExpr *next = make_op(l, CORE_OP_ADD_WRAP, position->type, span, core_local(l->arena, position, span), make_int(l, 1, span));
    return make_assign(l, position, next);
}

/* The stage's code around the driver's element and those of the others with its number. */
static void counted_apply(Lower *l, Counted *counted, CoreExpr *element, CoreExprs *out) {
    CoreExprs args = {0};
    size_t next = 0;
    for (size_t i = 0; i < counted->stage->operands.len; i++) {
        const Stream *operand = counted->stage->operands.items[i];
        CoreExpr *arg = i == counted->driver ? element : counted_element(l, counted, operand, &next, out);
        vec_push(l->arena, &args, hold(l, arg, NULL, out));
    }
    vec_push(l->arena, out, count_one(l, counted->position, counted->stage->span));
    stage_apply(l, counted->stage, args, counted->next, counted->nest, out);
}

/* The sequences whose loop is the driver's outermost. */
static void outermost_bases(Lower *l, Stream *stream, Streams *bases) {
    while (stream->kind != STREAM_BASE && (stream->operands.len == 1 || find_driver(stream) < stream->operands.len))
        stream = stream->operands.items[together_driver(stream)];
    collect_bases(l, stream, bases);
}

/* One element more than the others have, of a driver without an end: else the loop would go on counting for ever. NULL: it ends. */
static CoreExpr *check_end(Lower *l, const Counted *counted, Span span) {
    const CoreType *flag = core_simple(l, CORE_TYPE_BOOL), *unit = core_unit_type(l);
    CoreExpr *limit = core_copy(l->arena, counted->limit);
    CoreExpr *check = primitive(l, "no_end", unit, 1, &limit, span);
    Streams bases = {0};
    outermost_bases(l, counted->stage->operands.items[counted->driver], &bases);
    for (size_t i = 0; i < bases.len; i++) {
        const Leaf range = {.stream = bases.items[i]};
        if (range.stream->source != CORE_SOURCE_RANGE) return NULL;
        CoreExpr *is_open = make_op(l, CORE_OP_EQ, flag, span, leaf_len(l, &range), make_int(l, MR_OPEN, span));
        check = make_if(l, is_open, check, make_unit(l, span), unit, span);
    }
    return check;
}

/* In a plain loop, elements for which the others have none are only counted. */
static void counted_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    Counted *counted = (Counted *)self;
    Span span = counted->stage->span;
    if (!counted->limit) {
        counted_apply(l, counted, element, out);
        return;
    }
    CoreExprs inner = {0};
    element = hold(l, element, NULL, out);
    CoreExpr *position = core_local(l->arena, counted->position, span), *limit = core_copy(l->arena, counted->limit);
    CoreExpr *is_there = make_op(l, CORE_OP_LT, core_simple(l, CORE_TYPE_BOOL), span, position, limit);
    counted_apply(l, counted, element, &inner);
    CoreExpr *then = as_unit(l, make_block(l, &inner, NULL, span)), *check = check_end(l, counted, span);
    CoreExprs more = {0};
    if (check) vec_push(l->arena, &more, check);
    vec_push(l->arena, &more, count_one(l, counted->position, span));
    CoreExpr *otherwise = make_block(l, &more, NULL, span);
    vec_push(l->arena, out, make_if(l, is_there, then, otherwise, core_unit_type(l), span));
}

/* In a job: where the chunk begins, and its shares of the lists. */
static void counted_close(Lower *l, LoopHook *hook, LoopEnds *ends) {
    Counted *counted = (Counted *)((char *)hook - offsetof(Counted, hook));
    Span span = counted->stage->span;
    CoreSource before = {
        .kind = CORE_SOURCE_BEFORE, .expr = core_copy(l->arena, counted->starts), .var = counted->start, .span = span};
    vec_push(l->arena, ends->job, before);
    for (size_t i = 0; i < counted->leaves.len; i++) {
        const Leaf *leaf = &counted->leaves.items[i];
        if (!leaf->share) continue;
        CoreSource share = {.kind = CORE_SOURCE_SHARE, .expr = core_copy(l->arena, leaf->list), .var = leaf->share, .span = span};
        vec_push(l->arena, ends->job, share);
    }
    vec_push(l->arena, &ends->before, make_let(l, counted->position, core_local(l->arena, counted->start, span)));
}

static Counted *counted_new(Lower *l, Stream *stage, Nest *nest, CoreExprs *out) {
    Counted *counted = arena_make(l->arena, Counted);
    counted->base.push = counted_push;
    counted->hook.close = counted_close;
    counted->stage = stage;
    counted->driver = find_driver(stage);
    counted->nest = nest;
    counted->position = mutable_new(l, "position", number_type(l), stage->span);
    for (size_t i = 0; i < stage->operands.len; i++) {
        if (i != counted->driver) add_leaves(l, stage->operands.items[i], nest, &counted->leaves, out);
    }
    return counted;
}

static void emit_in_job(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    Counted *counted = counted_new(l, stage, nest, out);
    counted->starts = nest_prepared(l, nest, stage);
    if (l->has_failed) return;
    counted->next = consumer;
    counted->start = var_new(l, "start", number_type(l), stage->span);
    counted->start->is_borrowed = true;
    for (size_t i = 0; i < counted->leaves.len; i++) {
        Leaf *leaf = &counted->leaves.items[i];
        if (!leaf->list) continue;
        leaf->share = var_new(l, "share", leaf->list->type, stage->span);
        leaf->share->is_borrowed = true;
    }
    vec_push(l->arena, &nest->hooks, &counted->hook);
    stream_emit(l, stage->operands.items[counted->driver], &counted->base, nest, out);
}

/* ---- lengths */

/* Fails unless the leaf has as many elements as the driver, in the order in which they are walked. */
static CoreExpr *check_length(Lower *l, const Counted *counted, size_t leaf, CoreExpr *count) {
    const Stream *driver = counted->stage->operands.items[counted->driver];
    CoreExpr *len = leaf_len(l, &counted->leaves.items[leaf]);
    bool comes_first = leaf < counted->driver; /* each operand before the driver has a leaf at least */
    CoreExpr *const args[] = {comes_first ? len : count, comes_first ? count : len};
    return primitive(l, "same_length", core_unit_type(l), 2, args, driver->span);
}

/* The least number of elements of the others. */
static CoreExpr *count_limit(Lower *l, const Counted *counted, CoreExprs *out) {
    CoreExprs lengths = {0};
    for (size_t i = 0; i < counted->leaves.len; i++) vec_push(l->arena, &lengths, leaf_len(l, &counted->leaves.items[i]));
    return make_least(l, &lengths, counted->stage->span, out);
}

/* The loop stands in another that runs once: a `break` of the program leaves both, and what the lengths are does not matter then.
 */
static void emit_in_loop(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    Counted *counted = counted_new(l, stage, nest, out);
    if (l->has_failed) return;
    Span span = stage->span;
    counted->next = consumer;
    counted->limit = count_limit(l, counted, out);
    vec_push(l->arena, out, make_let(l, counted->position, make_int(l, 0, span)));
    CoreExprs inner = {0};
    bool is_outermost = nest->outermost == 0 && !nest->sources;
    if (is_outermost) nest->outermost = ++l->body->loop_count;
    uint32_t once = nest->outermost;
    stream_emit(l, stage->operands.items[counted->driver], &counted->base, nest, is_outermost ? &inner : out);
    CoreExprs *after = is_outermost ? &inner : out;
    for (size_t i = 0; i < counted->leaves.len; i++)
        vec_push(l->arena, after, check_length(l, counted, i, core_local(l->arena, counted->position, span)));
    if (!is_outermost) return;
    CoreExpr *leave = core_node(l->arena, CORE_BREAK, core_unit_type(l), span);
    leave->loop = once;
    vec_push(l->arena, &inner, leave);
    CoreExpr *const parts[] = {make_bool(l, true, span), as_unit(l, make_block(l, &inner, NULL, span))};
    CoreExpr *loop = make(l, CORE_WHILE, core_unit_type(l), span, 2, parts);
    loop->loop = once;
    vec_push(l->arena, out, loop);
}

/* ---- the first pass: how many elements the driver has in each chunk */

typedef struct CountConsumer {
    Pass pass;
    CoreVar *count;
} CountConsumer;

static void count_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    vec_push(l->arena, out, count_one(l, ((CountConsumer *)self)->count, element->span));
}

static CoreExpr *count_content(Lower *l, Pass *self, Span span) {
    return core_local(l->arena, ((CountConsumer *)self)->count, span);
}

/* The library's (starts, total, whether an element failed). */
static CoreExpr *count_chunks(Lower *l, Stream *driver, const Nest *nest, CoreExprs *out) {
    Span span = driver->span;
    CountConsumer count = {.pass = {.base = {count_push}, .content = count_content, .counts_failed = true}};
    count.pass.type = type_node(l, TYPE_INT, NULL, NULL);
    count.count = mutable_new(l, "count", number_type(l), span);
    vec_push(l->arena, &count.pass.declared, make_let(l, count.count, make_int(l, 0, span)));
    CoreExpr *counts = pass_job(l, driver, &count.pass, nest, span);
    if (l->has_failed) return counts;
    CoreExprs args = {0};
    vec_push(l->arena, &args, hold(l, counts, NULL, out));
    return hold(l, call_prelude(l, "chunk_starts", NULL, args, span), NULL, out);
}

/* Where an element fails, those after it were not counted: the others have to be as long as what was. */
static void check_lengths(Lower *l, const Counted *counted, const CoreExpr *counts, CoreExprs *out) {
    const CoreType *flag = core_simple(l, CORE_TYPE_BOOL), *unit = core_unit_type(l);
    Span span = counted->stage->span;
    CoreExpr *total = hold(l, make_field(l, core_copy(l->arena, counts), 1, span), NULL, out);
    CoreExpr *has_failed = hold(l, make_field(l, core_copy(l->arena, counts), 2, span), NULL, out);
    for (size_t i = 0; i < counted->leaves.len; i++) {
        CoreExpr *len = leaf_len(l, &counted->leaves.items[i]);
        CoreExpr *suffices = make_op(l, CORE_OP_GE, flag, span, len, core_copy(l->arena, total));
        CoreExpr *is_right = make_if(l, core_copy(l->arena, has_failed), suffices, make_bool(l, false, span), flag, span);
        CoreExpr *check = check_length(l, counted, i, core_copy(l->arena, total));
        vec_push(l->arena, out, make_if(l, is_right, make_unit(l, span), check, unit, span));
    }
}

static void prepare_counted(Lower *l, Stream *stage, Nest *nest, CoreExprs *out) {
    Stream *driver = stage->operands.items[find_driver(stage)];
    stream_prepare(l, driver, nest, out);
    Counted *counted = counted_new(l, stage, nest, out);
    if (l->has_failed) return;
    for (size_t i = 0; i < counted->leaves.len; i++) {
        const Leaf *leaf = &counted->leaves.items[i];
        if (leaf->list) nest_prepare(l, nest, leaf->stream, leaf->list);
    }
    CoreExpr *counts = count_chunks(l, driver, nest, out);
    if (l->has_failed) return;
    check_lengths(l, counted, counts, out);
    nest_prepare(l, nest, stage, hold(l, make_field(l, counts, 0, stage->span), "starts", out));
}

/* ---- both */

void together_prepare(Lower *l, Stream *stage, Nest *nest, CoreExprs *out) {
    if (find_driver(stage) < stage->operands.len) {
        prepare_counted(l, stage, nest, out);
        return;
    }
    Streams bases = {0};
    collect_bases(l, stage, &bases);
    for (size_t i = 0; i < stage->operands.len; i++) prepare_in_step(l, stage->operands.items[i], &bases, nest, out);
}

void together_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out) {
    if (find_driver(stage) == stage->operands.len)
        emit_in_step(l, stage, consumer, nest, out);
    else if (nest->sources && !nest->is_open)
        emit_in_job(l, stage, consumer, nest, out);
    else
        emit_in_loop(l, stage, consumer, nest, out);
}
