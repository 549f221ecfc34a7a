/* Keyed reductions: insertions are put off for a while, so that memory can be asked in time for the places that they need.
 *
 * A table of many keys is larger than the caches, and each key's place is unknown until its slot has been read. So yields gather
 * PENDING_COUNT pairs, each with its hash, having asked for its slot; then the slots are read and the entries asked for; then the
 * values are added, in the order in which they came. Reducers take part that cannot fail, so that nothing shows of it; and those
 * whose elements go into stacks, as the runtime begins anew with PENDING_COUNT at one where anything has failed (MrStacks.ahead).
 *
 * What is pending owns nothing. A key that has an owner ends the waiting at once, while the owner still holds it.
 *
 * Exact sums and counts go through the map's front (runtime/value/front.h), which does the same, and adds up what frequent keys
 * get. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/loops.h"

#include <stddef.h>

enum { PENDING_COUNT = MR_AHEAD };

struct Pending {
    const CoreType *value;
    LLVMTypeRef key_type;
    LLVMValueRef keys, hashes, values; /* arrays */
    LLVMValueRef count;                /* variable, i64 */
    LLVMValueRef most;                 /* so many are put off, i64 */
    Callee flush;                      /* bool (context, captures, table, keys, hashes, values, count) */
    bool has_front;                    /* then there is nothing of these, but: */
    LLVMValueRef front;
};

bool job_puts_off(const CoreJob *job) {
    if (!job->key || (job->key->kind != CORE_TYPE_STRING && job->key->kind != CORE_TYPE_INT)) return false;
    if (expr_walks_stream(job->body)) return false; /* the walk's values are gone before their turn */
    if (job_stacks(job)) return job->reducer.element->is_flat;
    CoreReduceKind kind = job->reducer.kind;
    return kind == CORE_REDUCE_SUM_INT || kind == CORE_REDUCE_COUNT || kind == CORE_REDUCE_LANES;
}

static LLVMValueRef item(Frame *frame, LLVMTypeRef type, LLVMValueRef array, LLVMValueRef index) {
    return LLVMBuildInBoundsGEP2(frame->builder, type, array, &index, 1, "");
}

/* The entries are on their way: asks for what stands behind those that the elements go to. */
static void stacks_ahead(Frame *frame, LLVMValueRef table, LLVMValueRef numbers, LLVMValueRef count, LLVMValueRef type) {
    Count ahead = count_begin(frame, count);
    LLVMValueRef number = LLVMBuildLoad2(frame->builder, frame->gen->i64, item(frame, frame->gen->i64, numbers, ahead.index), "");
    LLVMValueRef call = frame_runtime(frame, RUNTIME_mr_stacks_ahead, (LLVMValueRef[]){table, number, type});
    frame_inline(frame, call);
    count_end(frame, &ahead);
}

/* Adds all that is pending to the map at `table`, or the stacks, which begin with their map. */
static void flush_body(Frame *frame, const CoreJob *job, const Pending *pending) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef table = LLVMGetParam(frame->function, 2), keys = LLVMGetParam(frame->function, 3);
    LLVMValueRef hashes = LLVMGetParam(frame->function, 4), values = LLVMGetParam(frame->function, 5);
    LLVMValueRef count = LLVMGetParam(frame->function, 6);
    bool has_stacks = job_stacks(job);
    LLVMValueRef type = gen_descriptor(gen, has_stacks ? job_stacks_type(gen, job) : job_state_type(gen, job));
    LLVMValueRef map = LLVMBuildLoad2(b, gen->ptr, table, "map");
    LLVMValueRef numbers = frame_variable(frame, LLVMArrayType2(gen->i64, PENDING_COUNT), "numbers");
    Count ahead = count_begin(frame, count);
    LLVMValueRef hash = LLVMBuildLoad2(b, gen->i64, item(frame, gen->i64, hashes, ahead.index), "hash");
    LLVMValueRef number = frame_runtime(frame, RUNTIME_mr_map_entry_ahead, (LLVMValueRef[]){map, hash, type});
    frame_inline(frame, number);
    LLVMBuildStore(b, number, item(frame, gen->i64, numbers, ahead.index));
    count_end(frame, &ahead);
    if (has_stacks) stacks_ahead(frame, table, numbers, count, type);
    LLVMValueRef fresh = frame_variable(frame, gen->i8, "is_new");
    Count adding = count_begin(frame, count);
    LLVMValueRef key = item(frame, pending->key_type, keys, adding.index);
    hash = LLVMBuildLoad2(b, gen->i64, item(frame, gen->i64, hashes, adding.index), "hash");
    number = LLVMBuildLoad2(b, gen->i64, item(frame, gen->i64, numbers, adding.index), "number");
    LLVMValueRef args[] = {table, key, hash, number, type, fresh};
    LLVMValueRef place = frame_runtime(frame, has_stacks ? RUNTIME_mr_stacks_upsert_at : RUNTIME_mr_map_upsert_at, args);
    frame_inline(frame, place);
    LLVMValueRef is_new = gen_test(frame, LLVMBuildLoad2(b, gen->i8, fresh, ""));
    LLVMTypeRef value_type = gen_type(gen, pending->value);
    LLVMValueRef value = LLVMBuildLoad2(b, value_type, item(frame, value_type, values, adding.index), "value");
    state_add(frame, &job->reducer, place, is_new, value_trivial(value, pending->value));
    count_end(frame, &adding);
}

static Callee flush_new(Gen *gen, const CoreJob *job, const Pending *pending) {
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr, gen->ptr, gen->ptr, gen->ptr, gen->i64};
    LLVMTypeRef type = LLVMFunctionType(gen->i1, params, 7, 0);
    Callee callee = gen_internal(gen, arena_printf(gen->arena, "flush %u", job->index), type, false, true);
    gen_attribute(gen, callee.function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "noinline");
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    scope_enter(&frame, &scope);
    job_bind_captures(&frame, job, LLVMGetParam(callee.function, 1));
    flush_body(&frame, job, pending);
    scope_leave(&frame);
    LLVMBuildRet(frame.builder, gen_flag(gen, false));
    frame_end(&frame);
    return callee;
}

Pending *pending_new(Gen *gen, const CoreJob *job) {
    Pending *pending = arena_make(gen->arena, Pending);
    pending->has_front = job->reducer.kind == CORE_REDUCE_SUM_INT || job->reducer.kind == CORE_REDUCE_COUNT;
    if (pending->has_front) return pending;
    pending->value = job->reducer.element;
    pending->key_type = gen_type(gen, job->key);
    pending->flush = flush_new(gen, job, pending);
    return pending;
}

void pending_begin(Frame *frame, const Kernel *kernel) {
    Gen *gen = frame->gen;
    Pending *pending = kernel->pending;
    if (pending->has_front) {
        LLVMValueRef args[] = {kernel->state->address, gen_descriptor(gen, kernel->state->type)};
        pending->front = frame_runtime(frame, RUNTIME_mr_front_open, args);
        return;
    }
    pending->most = gen_int(gen, PENDING_COUNT);
    if (kernel->stacks) pending->most = gen_load_at(frame, gen->i64, kernel->stacks, offsetof(MrStacks, ahead));
    LLVMTypeRef value_type = gen_type(gen, pending->value);
    pending->keys = frame_variable(frame, LLVMArrayType2(pending->key_type, PENDING_COUNT), "keys");
    pending->hashes = frame_variable(frame, LLVMArrayType2(gen->i64, PENDING_COUNT), "hashes");
    pending->values = frame_variable(frame, LLVMArrayType2(value_type, PENDING_COUNT), "values");
    pending->count = frame_zero_variable(frame, gen->i64, "pending");
}

static void pending_flush(Frame *frame, const Kernel *kernel) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const Pending *pending = kernel->pending;
    LLVMValueRef count = LLVMBuildLoad2(b, gen->i64, pending->count, "");
    LLVMValueRef table = kernel->stacks ? kernel->stacks : kernel->state->address;
    LLVMValueRef args[] = {frame->context, kernel->captures, table, pending->keys, pending->hashes, pending->values, count};
    frame_check(frame, LLVMBuildCall2(b, pending->flush.type, pending->flush.function, args, 7, ""));
    LLVMBuildStore(b, gen_int(gen, 0), pending->count);
}

void pending_end(Frame *frame, const Kernel *kernel) {
    LLVMValueRef args[] = {kernel->state->address, gen_descriptor(frame->gen, kernel->state->type)};
    if (kernel->pending->has_front)
        frame_runtime(frame, RUNTIME_mr_front_close, args);
    else
        pending_flush(frame, kernel);
}

/* Does the key need its owner, who may be gone before the pair's turn comes? */
static LLVMValueRef key_has_owner(Frame *frame, const CoreJob *job, LLVMValueRef key) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    if (frame->walks_text) return gen_flag(gen, true); /* or the text that it is a slice of */
    if (job->key->kind != CORE_TYPE_STRING) return gen_flag(gen, false);
    LLVMValueRef owner = LLVMBuildExtractValue(b, key, 2, "owner");
    LLVMValueRef is_constant = LLVMBuildICmp(b, LLVMIntEQ, owner, gen->immortal, "");
    return LLVMBuildNot(b, LLVMBuildOr(b, LLVMBuildIsNull(b, owner, ""), is_constant, ""), "");
}

static void front_yield(Frame *frame, LLVMValueRef key, Value *value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const Kernel *kernel = frame->kernel;
    LLVMValueRef type = gen_descriptor(gen, kernel->state->type), number = value->llvm;
    if (kernel->job->reducer.kind == CORE_REDUCE_COUNT) {
        value_hold(frame, value); /* nobody wants it */
        number = gen_int(gen, 1);
    }
    LLVMValueRef args[] = {kernel->pending->front, frame_address(frame, key), number, type};
    LLVMValueRef is_full = frame_runtime(frame, RUNTIME_mr_front_put, args);
    LLVMValueRef is_lent = gen_flag(gen, frame->walks_text); /* by the text that it is a slice of, which may be gone soon */
    frame_inline(frame, is_full);
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildOr(b, is_full, is_lent, ""));
    frame_runtime(frame, RUNTIME_mr_front_flush, (LLVMValueRef[]){kernel->state->address, is_lent, type});
    frame_jump(frame, usual);
    frame_enter(frame, usual);
}

void pending_yield(Frame *frame, LLVMValueRef key, Value *value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const Kernel *kernel = frame->kernel;
    const Pending *pending = kernel->pending;
    if (pending->has_front) {
        front_yield(frame, key, value);
        return;
    }
    LLVMValueRef number = LLVMBuildLoad2(b, gen->i64, pending->count, "");
    LLVMValueRef map = LLVMBuildLoad2(b, gen->ptr, kernel->stacks ? kernel->stacks : kernel->state->address, "map");
    LLVMValueRef args[] = {map, frame_address(frame, key), gen_descriptor(gen, kernel->state->type)};
    LLVMValueRef hash = frame_runtime(frame, RUNTIME_mr_map_hash_ahead, args);
    frame_inline(frame, hash);
    LLVMBuildStore(b, key, item(frame, pending->key_type, pending->keys, number));
    LLVMBuildStore(b, hash, item(frame, gen->i64, pending->hashes, number));
    LLVMBuildStore(b, value->llvm, item(frame, gen_type(gen, pending->value), pending->values, number));
    LLVMValueRef more = LLVMBuildAdd(b, number, gen_int(gen, 1), "");
    LLVMBuildStore(b, more, pending->count);
    LLVMValueRef is_full = LLVMBuildICmp(b, LLVMIntSGE, more, pending->most, "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildOr(b, is_full, key_has_owner(frame, kernel->job, key), ""));
    pending_flush(frame, kernel);
    frame_jump(frame, usual);
    frame_enter(frame, usual);
}
