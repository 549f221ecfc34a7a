/* Streams as values: walk functions, and the loops that call them.
 *
 * A walk function pushes the elements of a part of a stream, one after another, to the sink that its caller names (mr.h: MrWalk).
 * The caller's loop body becomes that sink: a function of its own, which finds what it mentions of the function around it in a
 * record, by address where it may change. A way out of the body (`break`, `return`, a reducer that is done) ends the walk like a
 * failure, which drops what the walk holds; it is told from one by a number in the record, and then taken in the function around.
 */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/loops.h"

#include <stddef.h>

/* ---- ways out of a sink */

typedef struct SinkExit {
    CoreKind kind; /* BREAK, CONTINUE, RETURN; YIELD: the kernel's reducer is done */
    uint32_t loop;
} SinkExit;

struct Sink {
    LLVMValueRef code; /* in the record: which exit was taken, from 1; 0: none */
    VEC(SinkExit) exits;
};

static size_t exit_number(Frame *frame, CoreKind kind, uint32_t loop) {
    Sink *sink = frame->sink;
    for (size_t i = 0; i < sink->exits.len; i++) {
        if (sink->exits.items[i].kind == kind && sink->exits.items[i].loop == loop) return i + 1;
    }
    SinkExit exit = {kind, loop};
    vec_push(frame->gen->arena, &sink->exits, exit);
    return sink->exits.len;
}

void gen_sink_leave(Frame *frame, CoreKind kind, uint32_t loop) {
    size_t number = exit_number(frame, kind, loop);
    scope_unwind(frame, NULL);
    LLVMBuildStore(frame->builder, gen_int(frame->gen, (int64_t)number), frame->sink->code);
    LLVMBuildRet(frame->builder, gen_flag(frame->gen, true));
}

void kernel_leave(Frame *frame) {
    if (frame->sink) {
        gen_sink_leave(frame, CORE_YIELD, 0);
        return;
    }
    scope_unwind(frame, frame->kernel->scope);
    frame_jump(frame, frame->kernel->leave);
}

/* Takes the exit in the function around the loop. */
static void exit_take(Frame *frame, const CoreExpr *loop, SinkExit exit, LLVMBasicBlockRef done) {
    if (exit.kind == CORE_BREAK && exit.loop == loop->loop) {
        frame_jump(frame, done);
    } else if (exit.kind == CORE_RETURN) {
        gen_return_nothing(frame);
    } else if (exit.kind == CORE_YIELD) {
        kernel_leave(frame);
    } else {
        gen_jump(frame, exit.kind, exit.loop);
    }
}

/* ---- the record: what the sink knows of the function around it */

typedef struct Record {
    Gen *gen;
    VEC(LLVMValueRef) values; /* of the function around; NULL: there is no such thing */
    LLVMTypeRef type;
    LLVMValueRef address; /* in the function around, then in the sink */
} Record;

enum { RECORD_CODE, RECORD_OUT, RECORD_WALK, RECORD_POSITION, RECORD_KERNEL };
enum { KERNEL_PARTS = 7 };

static void record_add(Record *record, LLVMValueRef value) {
    vec_push(record->gen->arena, &record->values, value);
}

static void kernel_parts(Kernel *kernel, LLVMValueRef *parts[KERNEL_PARTS]) {
    LLVMValueRef *all[KERNEL_PARTS] = {&kernel->chunk, &kernel->elements, &kernel->has,        &kernel->sum,
                                       &kernel->lanes, &kernel->straight, &kernel->state_place};
    for (size_t i = 0; i < KERNEL_PARTS; i++) parts[i] = all[i];
}

static void record_make(Frame *frame, Record *record) {
    Gen *gen = frame->gen;
    size_t count = record->values.len;
    LLVMTypeRef *types = arena_array(gen->arena, LLVMTypeRef, count);
    for (size_t i = 0; i < count; i++) types[i] = record->values.items[i] ? LLVMTypeOf(record->values.items[i]) : gen->i8;
    record->type = LLVMStructTypeInContext(gen->llvm, types, (unsigned)count, 0);
    record->address = frame_variable(frame, record->type, "record");
    for (size_t i = 0; i < count; i++) {
        if (!record->values.items[i]) continue;
        LLVMValueRef place = LLVMBuildStructGEP2(frame->builder, record->type, record->address, (unsigned)i, "");
        LLVMBuildStore(frame->builder, record->values.items[i], place);
    }
}

static LLVMValueRef record_read(Frame *frame, const Record *record, size_t index) {
    LLVMValueRef value = record->values.items[index];
    if (!value || LLVMIsConstant(value)) return value;
    LLVMValueRef place = LLVMBuildStructGEP2(frame->builder, record->type, record->address, (unsigned)index, "");
    return LLVMBuildLoad2(frame->builder, LLVMTypeOf(value), place, "");
}

/* ---- the variables that the body mentions */

typedef struct Mentioned {
    const CoreVar *var;
    Binding *binding;
    Binding outer; /* while the sink is written */
    size_t place;  /* in the record */
} Mentioned;

typedef struct Mentions {
    Gen *gen;
    Map seen; /* variables: bound in the body, or in `all` */
    VEC(Mentioned) all;
} Mentions;

static void mention_sources(Mentions *mentions, const CoreSources *sources) {
    for (size_t i = 0; i < sources->len; i++) *map_slot_pointer(&mentions->seen, sources->items[i].var) = mentions;
}

static void mention_bound(const CoreExpr *expr, void *context) {
    Mentions *mentions = context;
    if (expr->kind == CORE_LET || expr->kind == CORE_TRY) *map_slot_pointer(&mentions->seen, expr->var) = mentions;
    if (expr->kind == CORE_FOR) mention_sources(mentions, &expr->sources);
}

static void mention_read(const CoreExpr *expr, void *context) {
    Mentions *mentions = context;
    const CoreVar *var = expr->kind == CORE_LOCAL ? expr->var : expr->place ? expr->place->var : NULL;
    if (!var) return;
    void **seen = map_slot_pointer(&mentions->seen, var);
    Binding *binding = map_get_pointer(&mentions->gen->bindings, var);
    if (*seen || !binding) return;
    *seen = mentions;
    Mentioned mentioned = {.var = var, .binding = binding, .outer = *binding};
    vec_push(mentions->gen->arena, &mentions->all, mentioned);
}

/* What the code of a reducer mentions comes with the YIELDs: it is put in their place. */
static void mention_reducer(Mentions *mentions, const CoreReducer *reducer) {
    const CoreCode *codes[] = {&reducer->add, &reducer->merge, &reducer->done};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (size_t p = 0; p < 2 && codes[i]->params[p]; p++) *map_slot_pointer(&mentions->seen, codes[i]->params[p]) = mentions;
        if (codes[i]->body) expr_each(codes[i]->body, mention_bound, mentions);
    }
    if (reducer->init) expr_each(reducer->init, mention_bound, mentions);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i]->body) expr_each(codes[i]->body, mention_read, mentions);
    }
    if (reducer->init) expr_each(reducer->init, mention_read, mentions);
}

static void mentions_find(Frame *frame, const CoreExpr *loop, Mentions *mentions) {
    *mentions = (Mentions){.gen = frame->gen};
    map_init(&mentions->seen, frame->gen->arena);
    mention_sources(mentions, &loop->sources);
    expr_each(loop->args.items[0], mention_bound, mentions);
    expr_each(loop->args.items[0], mention_read, mentions);
    if (frame->kernel) mention_reducer(mentions, &frame->kernel->job->reducer);
}

/* ---- the sink: bool sink(context, record, value) */

/* In the sink each variable is what the record says; afterwards (`back`) it is again what it was. */
static void mentions_bind(Frame *frame, const Mentions *mentions, const Record *record, bool back) {
    for (size_t i = 0; i < mentions->all.len; i++) {
        const Mentioned *mentioned = &mentions->all.items[i];
        *mentioned->binding = mentioned->outer;
        if (back) continue;
        LLVMValueRef value = record_read(frame, record, mentioned->place);
        if (mentioned->outer.address) {
            mentioned->binding->address = value;
        } else {
            mentioned->binding->value = value;
        }
    }
}

static void sink_body(Frame *frame, const CoreExpr *loop) {
    Scope scope;
    Loop own;
    LLVMBasicBlockRef next = frame_block(frame, "next"), stop = frame_block(frame, "stop");
    const CoreVar *var = loop->sources.items[0].var;
    scope_enter(frame, &scope);
    loop_enter(frame, &own, loop, stop, next);
    frame_bind_value(frame, var, gen_load(frame, var->type, LLVMGetParam(frame->function, 2)));
    gen_statement(frame, loop->args.items[0]);
    loop_leave(frame);
    frame_jump(frame, next);
    frame_enter(frame, stop);
    gen_sink_leave(frame, CORE_BREAK, loop->loop);
    frame_enter(frame, next);
    scope_leave(frame);
    LLVMBuildRet(frame->builder, gen_flag(frame->gen, false));
}

static LLVMValueRef sink_make(Frame *outer, const CoreExpr *loop, const Mentions *mentions, const Record *record, Sink *sink) {
    Gen *gen = outer->gen;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(gen->builder);
    DebugFunction debug = debug_function_save(gen);
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr};
    Callee callee = gen_internal(gen, "sink", LLVMFunctionType(gen->i1, params, 3, 0), false, true);
    gen_attribute_bool(gen, callee.function, LLVMAttributeReturnIndex);
    Frame frame;
    frame_begin(&frame, gen, callee.function, "loop", loop->span);
    Record inner = *record;
    inner.address = LLVMGetParam(callee.function, 1);
    sink->code = LLVMBuildStructGEP2(frame.builder, record->type, inner.address, RECORD_CODE, "exit");
    frame.place = outer->place;
    frame.sink = sink;
    frame.out = record_read(&frame, &inner, RECORD_OUT);
    frame.walk = record_read(&frame, &inner, RECORD_WALK);
    frame.position = record_read(&frame, &inner, RECORD_POSITION);
    frame.walks_text = outer->walks_text || !loop->is_chunk;
    Kernel kernel;
    Slot state;
    if (outer->kernel) {
        LLVMValueRef *parts[KERNEL_PARTS];
        kernel = *outer->kernel;
        kernel_parts(&kernel, parts);
        for (size_t i = 0; i < KERNEL_PARTS; i++) *parts[i] = record_read(&frame, &inner, RECORD_KERNEL + i);
        if (kernel.state) {
            state = *kernel.state;
            state.address = kernel.state_place;
            kernel.state = &state;
        }
        frame.kernel = &kernel;
    }
    mentions_bind(&frame, mentions, &inner, false);
    sink_body(&frame, loop);
    frame_end(&frame);
    mentions_bind(&frame, mentions, &inner, true);
    LLVMPositionBuilderAtEnd(gen->builder, here);
    debug_function_restore(gen, debug);
    return callee.function;
}

static void record_fill(Frame *frame, Record *record, Mentions *mentions) {
    *record = (Record){.gen = frame->gen};
    record_add(record, gen_int(frame->gen, 0));
    record_add(record, frame->out);
    record_add(record, frame->walk);
    record_add(record, frame->position);
    if (frame->kernel) {
        LLVMValueRef *parts[KERNEL_PARTS];
        frame->kernel->state_place = frame->kernel->state ? frame->kernel->state->address : NULL;
        kernel_parts(frame->kernel, parts);
        for (size_t i = 0; i < KERNEL_PARTS; i++) record_add(record, *parts[i]);
    }
    for (size_t i = 0; i < mentions->all.len; i++) {
        Mentioned *mentioned = &mentions->all.items[i];
        mentioned->place = record->values.len;
        record_add(record, mentioned->outer.address ? mentioned->outer.address : mentioned->outer.value);
    }
    record_make(frame, record);
}

/* ---- the loop */

/* Walks the chunk that the kernel or walk function around is at. */
static LLVMValueRef walk_chunk(Frame *frame, LLVMValueRef stream, LLVMValueRef sink, LLVMValueRef record) {
    Gen *gen = frame->gen;
    LLVMTypeRef bytes = LLVMArrayType2(gen->i64, sizeof(MrWalk) / sizeof(int64_t));
    LLVMValueRef walk = frame_variable(frame, bytes, "walk");
    if (frame->kernel) {
        LLVMValueRef chunk = frame->kernel->chunk;
        LLVMValueRef slice = gen_load_at(frame, gen->ptr, chunk, offsetof(MrChunk, slices));
        LLVMBuildStore(frame->builder, LLVMConstNull(bytes), walk);
        gen_store_at(frame, gen_load_at(frame, gen->i64, chunk, offsetof(MrChunk, first)), walk, offsetof(MrWalk, first));
        gen_store_at(frame, gen_load_at(frame, gen->i64, chunk, offsetof(MrChunk, count)), walk, offsetof(MrWalk, count));
        size_t text = offsetof(MrWalk, text);
        gen_store_at(frame, gen_load_at(frame, gen->ptr, slice, offsetof(MrSlice, data)), walk, text + offsetof(MrString, data));
        gen_store_at(frame, gen_load_at(frame, gen->i64, slice, offsetof(MrSlice, first)), walk, text + offsetof(MrString, len));
        gen_store_at(frame, frame->position, walk, offsetof(MrWalk, position));
        gen_store_at(frame, gen_load_at(frame, gen->ptr, chunk, offsetof(MrChunk, cuts)), walk, offsetof(MrWalk, cuts));
        gen_store_at(frame, gen_load_at(frame, gen->i64, chunk, offsetof(MrChunk, block)), walk, offsetof(MrWalk, block));
    } else {
        LLVMBuildStore(frame->builder, LLVMBuildLoad2(frame->builder, bytes, frame->walk, ""), walk);
    }
    gen_store_at(frame, sink, walk, offsetof(MrWalk, sink));
    gen_store_at(frame, record, walk, offsetof(MrWalk, env));
    /* A job's chunk and its stream come from elsewhere, and are compared before they are believed. */
    if (frame->kernel)
        return frame_runtime(frame, RUNTIME_mr_stream_walk_chunk, (LLVMValueRef[]){stream, walk, frame->kernel->chunk});
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr};
    LLVMValueRef function = gen_load_at(frame, gen->ptr, stream, offsetof(MrClosure, function));
    LLVMValueRef code = gen_load_at(frame, gen->ptr, function, offsetof(MrFunction, code));
    LLVMValueRef args[] = {frame->context, walk, stream};
    LLVMTypeRef type = LLVMFunctionType(gen->i1, params, 3, 0);
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, type, code, args, 3, "");
    gen_call_attribute_bool(gen, failed, LLVMAttributeReturnIndex);
    return failed;
}

void gen_for_stream(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const CoreSource *source = &expr->sources.items[0];
    LLVMValueRef stream = walk_source(frame, source->expr);
    Mentions mentions;
    Record record;
    Sink sink = {0};
    mentions_find(frame, expr, &mentions);
    record_fill(frame, &record, &mentions);
    LLVMValueRef function = sink_make(frame, expr, &mentions, &record, &sink), failed;
    if (expr->is_chunk) {
        failed = walk_chunk(frame, stream, function, record.address);
    } else {
        failed = frame_runtime(frame, RUNTIME_mr_stream_walk, (LLVMValueRef[]){stream, function, record.address});
    }
    LLVMBasicBlockRef done = frame_if_rare(frame, failed);
    LLVMValueRef place = LLVMBuildStructGEP2(frame->builder, record.type, record.address, RECORD_CODE, "");
    LLVMValueRef code = LLVMBuildLoad2(frame->builder, gen->i64, place, "exit");
    for (size_t i = 0; i < sink.exits.len; i++) {
        LLVMBasicBlockRef taken = frame_block(frame, "exit"), other = frame_block(frame, "other");
        LLVMValueRef is_this = LLVMBuildICmp(frame->builder, LLVMIntEQ, code, gen_int(gen, (int64_t)i + 1), "");
        frame_branch(frame, is_this, taken, other);
        frame_enter(frame, taken);
        exit_take(frame, expr, sink.exits.items[i], done);
        frame_enter(frame, other);
    }
    frame_raise(frame, source->span, done);
}

/* ---- walk functions: bool walk(context, MrWalk *, closure) */

MrWalkKind gen_walk_kind(const CoreFn *fn) {
    switch (fn->body->sources.items[0].kind) {
    case CORE_SOURCE_TEXT_LINES: return MR_WALK_LINES;
    case CORE_SOURCE_TEXT_WORDS: return MR_WALK_WORDS;
    case CORE_SOURCE_STREAM: return MR_WALK_STREAM;
    default: return MR_WALK_ELEMENTS;
    }
}

bool gen_walk_is_straight(const CoreFn *fn) {
    MrWalkKind kind = gen_walk_kind(fn);
    return kind != MR_WALK_LINES && kind != MR_WALK_WORDS && !expr_has_yield_in_loop(fn->body->args.items[0]);
}

/* The YIELD stands under no condition. */
static bool always_yields(const CoreExpr *expr) {
    if (expr->kind == CORE_YIELD) return true;
    for (size_t i = 0; expr->kind == CORE_BLOCK && i < expr->args.len; i++) {
        if (always_yields(expr->args.items[i])) return true;
    }
    return false;
}

bool gen_walk_is_total(const CoreFn *fn) {
    return gen_walk_is_straight(fn) && always_yields(fn->body->args.items[0]);
}

void gen_walk_yield(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    Scope scope;
    scope_enter(frame, &scope);
    Value value = gen_expr(frame, expr->args.items[0]);
    LLVMValueRef address = frame_address(frame, value_read(frame, &value));
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr};
    LLVMValueRef sink = gen_load_at(frame, gen->ptr, frame->walk, offsetof(MrWalk, sink));
    LLVMValueRef args[] = {frame->context, gen_load_at(frame, gen->ptr, frame->walk, offsetof(MrWalk, env)), address};
    LLVMTypeRef type = LLVMFunctionType(gen->i1, params, 3, 0);
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, type, sink, args, 3, "");
    gen_call_attribute_bool(gen, failed, LLVMAttributeReturnIndex);
    frame_check(frame, failed); /* the sink knows where */
    scope_leave(frame);
}

static void walk_elements(Frame *frame, const CoreExpr *loop) {
    Gen *gen = frame->gen;
    size_t count = loop->sources.len;
    Walk *walks = arena_array(gen->arena, Walk, count);
    for (size_t i = 0; i < count; i++) walks[i] = walk_begin(frame, &loop->sources.items[i]);
    LLVMValueRef first = gen_load_at(frame, gen->i64, frame->walk, offsetof(MrWalk, first));
    Count counted = count_begin(frame, gen_load_at(frame, gen->i64, frame->walk, offsetof(MrWalk, count)));
    LLVMValueRef index = LLVMBuildAdd(frame->builder, first, counted.index, "element");
    LLVMBuildStore(frame->builder, counted.index, frame->position);
    for (size_t i = 0; i < count; i++) {
        frame_bind_value(frame, loop->sources.items[i].var, walk_element(frame, &walks[i], index));
    }
    gen_statement(frame, loop->args.items[0]);
    count_end(frame, &counted);
}

static void walk_text(Frame *frame, const CoreExpr *loop) {
    Gen *gen = frame->gen;
    const CoreType *string = loop->sources.items[0].var->type;
    LLVMValueRef text = gen_load(frame, string, gen_at(frame, frame->walk, offsetof(MrWalk, text)));
    LLVMBuildStore(frame->builder, gen_int(gen, 0), frame->position);
    frame_bind_value(frame, loop->sources.items[0].var, text);
    gen_statement(frame, loop->args.items[0]);
}

void gen_walk_body(Gen *gen, const CoreFn *fn) {
    LLVMValueRef function = gen_function_code(gen, fn);
    const CoreExpr *loop = fn->body;
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, function, fn->name, fn->span);
    frame.walk = LLVMGetParam(function, 1);
    frame.position = gen_load_at(&frame, gen->ptr, frame.walk, offsetof(MrWalk, position));
    scope_enter(&frame, &scope);
    gen_bind_captures(&frame, fn, LLVMGetParam(function, 2));
    if (fn->is_recursive) gen_check_depth(&frame, fn);
    switch (gen_walk_kind(fn)) {
    case MR_WALK_STREAM: gen_for_stream(&frame, loop); break;
    case MR_WALK_LINES:
    case MR_WALK_WORDS: walk_text(&frame, loop); break;
    default: walk_elements(&frame, loop); break;
    }
    scope_leave(&frame);
    LLVMBuildRet(frame.builder, gen_flag(gen, false));
    frame_end(&frame);
}
