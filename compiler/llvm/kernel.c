/* Kernels: the loop over a chunk's elements with the job's body inside, and the state before and after it. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/loops.h"
#include "compiler/llvm/plain.h"
#include "compiler/llvm/quick.h"
#include "compiler/llvm/variants.h"
#include "compiler/llvm/wide.h"

#include <assert.h>
#include <stddef.h>

/* bool kernel(context, captures, chunk, state, has_value) */
static Callee kernel_declare(Gen *gen, const CoreJob *job) {
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr, gen->ptr, gen->ptr};
    const char *name = gen_variant_name(gen, arena_printf(gen->arena, "kernel %u", job->index));
    Callee callee = gen_internal(gen, name, LLVMFunctionType(gen->i1, params, 5, 0), false, true);
    gen_variant_mark(gen, callee.function);
    gen_attribute_bool(gen, callee.function, LLVMAttributeReturnIndex);
    return callee;
}

/* ---- the elements of a chunk */

static LLVMValueRef slice_at(Frame *frame, const Kernel *kernel, size_t source) {
    LLVMValueRef slices = gen_load_at(frame, frame->gen->ptr, kernel->chunk, offsetof(MrChunk, slices));
    return gen_at(frame, slices, source * sizeof(MrSlice));
}

/* What the chunk has as a whole: a value for all its elements, or its share of a list. */
static void bind_once(Frame *frame, const CoreSource *source, LLVMValueRef data) {
    frame_bind_value(frame, source->var, source->kind == CORE_SOURCE_SHARE ? data : gen_load(frame, source->var->type, data));
}

static void walk_chunk(Frame *frame, const Kernel *kernel, Walk *walks) {
    Gen *gen = frame->gen;
    const CoreJob *job = kernel->job;
    for (size_t i = 0; i < job->sources.len; i++) {
        const CoreSource *source = &job->sources.items[i];
        LLVMValueRef slice = slice_at(frame, kernel, i);
        LLVMValueRef first = gen_load_at(frame, gen->i64, slice, offsetof(MrSlice, first));
        LLVMValueRef data = gen_load_at(frame, gen->ptr, slice, offsetof(MrSlice, data));
        if (source->kind == CORE_SOURCE_RANGE) {
            LLVMValueRef step = gen_load_at(frame, gen->i64, slice, offsetof(MrSlice, step));
            walks[i] = (Walk){.kind = CORE_SOURCE_RANGE, .first = first, .step = step};
        } else if (source->kind == CORE_SOURCE_TEXT_WORDS || source->kind == CORE_SOURCE_TEXT_LINES) {
            LLVMValueRef text = LLVMConstNull(gen->string); /* without an owner: the chunk outlives the kernel */
            text = LLVMBuildInsertValue(frame->builder, text, data, 0, "");
            text = LLVMBuildInsertValue(frame->builder, text, first, 1, "");
            walks[i] = (Walk){.kind = CORE_SOURCE_OPTIONAL, .data = text};
        } else if (core_source_is_whole(source)) {
            bind_once(frame, source, data);
        } else {
            walks[i] = (Walk){.kind = CORE_SOURCE_LIST, .type = gen_list_of(gen, source->var->type), .data = data};
        }
    }
}

/* One loop over `count` elements from the one on that stands `offset` behind the base-th; NULL: from the base-th on. */
static void kernel_one_by_one(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef offset,
                              LLVMValueRef count) {
    const CoreJob *job = kernel->job;
    Count counted = count_begin(frame, count);
    LLVMValueRef number = offset ? LLVMBuildAdd(frame->builder, offset, counted.index, "number") : counted.index;
    LLVMValueRef index = LLVMBuildAdd(frame->builder, base, number, "element");
    if (!frame->doubt) LLVMBuildStore(frame->builder, index, frame->position);
    kernel->lane = kernel->counts_lanes ? NULL : number;
    kernel->index = kernel->block ? number : index;
    for (size_t i = 0; i < job->sources.len; i++) {
        const CoreSource *source = &job->sources.items[i];
        if (core_source_is_whole(source)) continue;
        LLVMValueRef element = walk_element(frame, &kernel->walks[i], index);
        if (frame->doubt && source->kind == CORE_SOURCE_RANGE) quick_assume(frame, element);
        frame_bind_value(frame, source->var, element);
    }
    gen_statement(frame, body);
    count_end(frame, &counted);
}

/* Yields what lies in a vector, in order. */
static void yield_each(Frame *frame, Kernel *kernel, LLVMValueRef offset, const WideYield *yielded) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    CoreExpr *yield = arena_make(gen->arena, CoreExpr), *read = arena_make(gen->arena, CoreExpr);
    CoreVar *var = arena_make(gen->arena, CoreVar);
    const CoreType *type = kernel->job->reducer.element;
    *var = (CoreVar){.name = "yielded", .type = type, .is_hidden = true};
    *read = (CoreExpr){.kind = CORE_LOCAL, .type = type, .span = kernel->job->span, .var = var};
    *yield = (CoreExpr){.kind = CORE_YIELD, .type = gen_tuple(gen, NULL, 0), .span = kernel->job->span};
    vec_push(gen->arena, &yield->args, read);
    Count counted = count_begin(frame, gen_int(gen, kernel->wide_lanes));
    LLVMBasicBlockRef some = frame_block(frame, "some");
    frame_branch(frame, LLVMBuildExtractElement(b, yielded->which, counted.index, ""), some, counted.next);
    frame_enter(frame, some);
    LLVMValueRef value = LLVMBuildExtractElement(b, yielded->values, counted.index, "");
    kernel->lane = kernel->counts_lanes ? NULL : LLVMBuildAdd(b, offset, counted.index, "");
    frame_bind_value(frame, var, type->kind == CORE_TYPE_BOOL ? gen_bool(frame, value) : value);
    gen_statement(frame, yield);
    count_end(frame, &counted);
}

/* The same loop, over elements side by side: these are done one by one where there is doubt, and where too few are left. */
static void kernel_side_by_side(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef count) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef lanes = gen_int(frame->gen, kernel->wide_lanes);
    LLVMBasicBlockRef wide = frame_block(frame, "wide"), sure = frame_block(frame, "sure"), careful = frame_block(frame, "careful"),
                      next = frame_block(frame, "group");
    LLVMValueRef rounded = LLVMBuildAdd(b, count, gen_int(frame->gen, kernel->wide_lanes - 1), "");
    Count groups = count_begin(frame, LLVMBuildUDiv(b, rounded, lanes, "groups"));
    LLVMValueRef offset = LLVMBuildMul(b, groups.index, lanes, "offset"), left = LLVMBuildSub(b, count, offset, "left");
    LLVMValueRef is_last = LLVMBuildICmp(b, LLVMIntSLT, left, lanes, "");
    frame_branch(frame, is_last, careful, wide);
    frame_enter(frame, wide);
    WideYield yielded = wide_yield(frame, kernel, LLVMBuildAdd(b, base, offset, ""));
    frame_branch(frame, yielded.is_sure, sure, careful);
    frame_enter(frame, sure);
    yield_each(frame, kernel, offset, &yielded);
    frame_jump(frame, next);
    frame_enter(frame, careful);
    kernel_one_by_one(frame, kernel, body, base, offset, LLVMBuildSelect(b, is_last, left, lanes, ""));
    frame_jump(frame, next);
    frame_enter(frame, next);
    count_end(frame, &groups);
}

/* One loop over `count` elements from the base-th on. Lanes: the base is a multiple of their number. */
static void kernel_loop(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef count) {
    if (kernel->wide_lanes)
        kernel_side_by_side(frame, kernel, body, base, count);
    else
        kernel_one_by_one(frame, kernel, body, base, NULL, count);
}

/* An exact sum in blocks, in which halves of 64 bits are enough: adding these up is a loop that LLVM turns into vectors. */
static void kernel_sums(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef from, LLVMValueRef count) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef most = gen_int(gen, SUM_BLOCK);
    LLVMValueRef rounded = LLVMBuildAdd(b, count, gen_int(gen, SUM_BLOCK - 1), "");
    Count blocks = count_begin(frame, LLVMBuildUDiv(b, rounded, most, "blocks"));
    LLVMValueRef base = LLVMBuildMul(b, blocks.index, most, "base"), left = LLVMBuildSub(b, count, base, "left");
    LLVMValueRef is_last = LLVMBuildICmp(b, LLVMIntSLT, left, most, "");
    halves_begin(frame, kernel);
    kernel_loop(frame, kernel, body, LLVMBuildAdd(b, from, base, ""), LLVMBuildSelect(b, is_last, left, most, ""));
    halves_end(frame, kernel);
    count_end(frame, &blocks);
}

/* `count` elements from the base-th on, one after another. */
static void kernel_elements(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef count) {
    if (kernel->sum && !expr_has_yield_in_loop(body)) {
        kernel_sums(frame, kernel, body, base, count);
    } else {
        kernel_loop(frame, kernel, body, base, count);
    }
}

Value gen_chunk(Frame *frame, const CoreExpr *expr) {
    kernel_elements(frame, frame->kernel, expr->args.items[0], gen_int(frame->gen, 0), frame->kernel->count);
    LLVMBuildStore(frame->builder, gen_int(frame->gen, -1), frame->position);
    return value_unit(frame, expr->type);
}

static void lanes_copy(Frame *frame, LLVMValueRef from, LLVMValueRef to) {
    for (size_t i = 0; i < LANE_COUNT; i++) {
        LLVMValueRef lane = gen_load_at(frame, frame->gen->f64, from, i * sizeof(double));
        gen_store_at(frame, lane, to, i * sizeof(double));
    }
}

/* Lanes by position: whole blocks, whose inner loop has a constant length that LLVM turns into vectors, and the rest. Lanes that
 * are found by a variable index cannot live in registers: the rest has a copy of them in a place of its own. */
static void kernel_blocks(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef count) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef lanes = gen_int(gen, LANE_COUNT);
    Count blocks = count_begin(frame, LLVMBuildUDiv(b, count, lanes, "blocks"));
    kernel_loop(frame, kernel, body, LLVMBuildAdd(b, base, LLVMBuildMul(b, blocks.index, lanes, ""), "base"), lanes);
    count_end(frame, &blocks);
    LLVMValueRef rest = LLVMBuildURem(b, count, lanes, "rest");
    LLVMValueRef lanes_of_blocks = kernel->lanes;
    kernel->lanes = frame_variable(frame, LLVMArrayType2(gen->f64, LANE_COUNT), "rest");
    lanes_copy(frame, lanes_of_blocks, kernel->lanes);
    kernel_loop(frame, kernel, body, LLVMBuildAdd(b, base, LLVMBuildSub(b, count, rest, ""), ""), rest);
    lanes_copy(frame, kernel->lanes, lanes_of_blocks);
    kernel->lanes = lanes_of_blocks;
}

/* ---- the state */

static bool uses_blocks(const CoreJob *job) {
    const CoreSource *source = &job->sources.items[0];
    if (job->key || job->by_chunk || job->reducer.kind != CORE_REDUCE_LANES) return false;
    bool is_text = source->kind == CORE_SOURCE_TEXT_WORDS || source->kind == CORE_SOURCE_TEXT_LINES;
    return !is_text && !expr_has_yield_in_loop(job->body);
}

/* -0.0 and 1.0 change nothing that they are combined with. */
static void lanes_clear(Frame *frame, Kernel *kernel) {
    Gen *gen = frame->gen;
    LLVMValueRef neutral = LLVMConstReal(gen->f64, kernel->job->reducer.lane_op == CORE_OP_MUL ? 1.0 : -0.0), all[LANE_COUNT];
    for (int i = 0; i < LANE_COUNT; i++) all[i] = neutral;
    kernel->lanes = frame_variable(frame, LLVMArrayType2(gen->f64, LANE_COUNT), "lanes");
    LLVMBuildStore(frame->builder, LLVMConstArray2(gen->f64, all, LANE_COUNT), kernel->lanes);
}

static LLVMValueRef lanes_combine(Frame *frame, const Kernel *kernel) {
    LLVMValueRef lanes[LANE_COUNT];
    for (int i = 0; i < LANE_COUNT; i++) lanes[i] = gen_load_at(frame, frame->gen->f64, kernel->lanes, (size_t)i * sizeof(double));
    for (int half = LANE_COUNT / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) lanes[i] = gen_add_floats(frame, kernel->job->reducer.lane_op, lanes[i], lanes[i + half]);
    }
    return lanes[0];
}

/* Takes over the state that an associative reduction goes on from. From here on the caller's is empty, also after a failure. */
static void state_begin(Frame *frame, Kernel *kernel, LLVMValueRef state, LLVMValueRef has_value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const CoreReducer *reducer = &kernel->job->reducer;
    const CoreType *type = job_state_type(gen, kernel->job);
    LLVMTypeRef llvm = gen_type(gen, type);
    kernel->elements = frame_zero_variable(frame, gen->i64, "elements");
    kernel->has = frame_zero_variable(frame, gen->i1, "has");
    if (kernel->places) return;
    if (job_has_plain_state(kernel->job) || reducer->kind == CORE_REDUCE_COUNT) kernel->state = frame_own_slot(frame, type);
    if (kernel->state && !reducer->is_associative) return;
    if (reducer->kind == CORE_REDUCE_LANES && !kernel->state) {
        lanes_clear(frame, kernel);
        return;
    }
    LLVMBasicBlockRef some = frame_block(frame, "go_on"), none = frame_block(frame, "start");
    LLVMValueRef had = gen_test(frame, LLVMBuildLoad2(b, gen->i8, has_value, ""));
    if (!kernel->state) kernel->sum = frame_zero_variable(frame, gen->i128, "sum");
    frame_branch(frame, had, some, none);
    frame_enter(frame, some);
    if (kernel->sum) {
        LLVMBuildStore(b, sum_load(frame, state), kernel->sum);
    } else {
        assert(kernel->state); /* every kind of state but a sum has its slot */
        LLVMBuildStore(b, gen_load(frame, type, state), kernel->state->address);
    }
    LLVMBuildStore(b, LLVMConstNull(llvm), state);
    LLVMBuildStore(b, gen_flag(gen, true), kernel->has);
    LLVMBuildStore(b, gen_byte(gen, 0), has_value);
    frame_jump(frame, none);
    frame_enter(frame, none);
}

static void state_end(Frame *frame, const Kernel *kernel, LLVMValueRef state, LLVMValueRef has_value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef elements = LLVMBuildLoad2(b, gen->i64, kernel->elements, "");
    LLVMValueRef before = gen_load_at(frame, gen->i64, kernel->chunk, offsetof(MrChunk, elements));
    gen_store_at(frame, LLVMBuildAdd(b, before, elements, ""), kernel->chunk, offsetof(MrChunk, elements));
    if (kernel->places) {
        LLVMBuildRet(b, gen_flag(gen, false));
        return;
    }
    LLVMBasicBlockRef some = frame_block(frame, "some"), none = frame_block(frame, "none");
    LLVMValueRef had = LLVMBuildLoad2(b, gen->i1, kernel->has, "");
    LLVMValueRef has = LLVMBuildOr(b, had, LLVMBuildICmp(b, LLVMIntNE, elements, gen_int(gen, 0), ""), "");
    frame_branch(frame, has, some, none);
    frame_enter(frame, some);
    if (kernel->sum) {
        sum_store(frame, LLVMBuildLoad2(b, gen->i128, kernel->sum, ""), state);
    } else if (kernel->lanes) {
        LLVMBuildStore(b, lanes_combine(frame, kernel), state);
    } else {
        LLVMBuildStore(b, gen_load(frame, kernel->state->type, kernel->state->address), state);
    }
    LLVMBuildStore(b, gen_byte(gen, 1), has_value);
    frame_jump(frame, none);
    frame_enter(frame, none);
    LLVMBuildRet(b, gen_flag(gen, false));
}

/* Over a stream the body has the loop. Whether lanes go by position is known when the program runs. */
static void kernel_stream(Frame *frame, Kernel *kernel) {
    Gen *gen = frame->gen;
    const CoreJob *job = kernel->job;
    kernel->counts_lanes = true;
    if (kernel->lanes && !expr_has_yield_in_loop(job->body)) {
        LLVMValueRef slice = slice_at(frame, kernel, 0);
        LLVMValueRef step = gen_load_at(frame, gen->i64, slice, offsetof(MrSlice, step));
        kernel->straight = frame_variable(frame, gen->i1, "straight");
        LLVMBuildStore(frame->builder, LLVMBuildICmp(frame->builder, LLVMIntNE, step, gen_int(gen, 0), ""), kernel->straight);
    }
    gen_statement(frame, job->body);
}

Callee gen_kernel(Gen *gen, const CoreJob *job) {
    Callee callee = kernel_declare(gen, job);
    LLVMValueRef state = LLVMGetParam(callee.function, 3), has_value = LLVMGetParam(callee.function, 4);
    Pending *pending = job_puts_off(job) ? pending_new(gen, job) : NULL;
    Frame frame;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    Kernel kernel = {.job = job, .pending = pending};
    kernel.captures = LLVMGetParam(callee.function, 1);
    kernel.chunk = LLVMGetParam(callee.function, 2);
    Scope scope;
    scope_enter(&frame, &scope);
    kernel.scope = frame.scope;
    frame.kernel = &kernel;
    frame.position = frame_variable(&frame, gen->i64, "position");
    frame.keeps_position = true;
    LLVMBuildStore(frame.variables, gen_int(gen, -1), frame.position);
    if (job->catches) gen_store_at(&frame, frame.position, kernel.chunk, offsetof(MrChunk, position));
    job_bind_captures(&frame, job, LLVMGetParam(callee.function, 1));
    if (job_places(job)) kernel.places = gen_load_at(&frame, gen->ptr, kernel.chunk, offsetof(MrChunk, places));
    state_begin(&frame, &kernel, state, has_value);
    if (job_stacks(job)) kernel.stacks = gen_load_at(&frame, gen->ptr, kernel.chunk, offsetof(MrChunk, stacks));
    if (pending) pending_begin(&frame, &kernel);
    kernel.leave = frame_block(&frame, "leave");

    bool is_stream = job->sources.items[0].kind == CORE_SOURCE_STREAM;
    Walk *walks = arena_array(gen->arena, Walk, job->sources.len);
    walk_chunk(&frame, &kernel, walks);
    kernel.walks = walks;
    kernel.count = gen_load_at(&frame, gen->i64, kernel.chunk, offsetof(MrChunk, count));
    kernel.counts_lanes = !uses_blocks(job);
    kernel.wide_lanes = wide_lanes(gen, job);
    KernelLoop *loop = kernel.counts_lanes ? kernel_elements : kernel_blocks;
    frame.is_steady = gen->options.level > 1 && gen_job_plainness(gen, job).is_steady;
    if (is_stream)
        kernel_stream(&frame, &kernel);
    else if (job->by_chunk)
        gen_statement(&frame, job->body);
    else if (kernel_is_quick(gen, job))
        kernel_quick(&frame, &kernel, job->body, loop);
    else
        loop(&frame, &kernel, job->body, gen_int(gen, 0), kernel.count);
    frame_jump(&frame, kernel.leave);
    frame_enter(&frame, kernel.leave);
    scope_leave(&frame);
    if (pending) pending_end(&frame, &kernel);
    state_end(&frame, &kernel, state, has_value);
    frame_end(&frame);
    kernel_quick_finish(&frame, &kernel);
    return callee;
}
