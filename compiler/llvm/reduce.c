/* Reduction: what a yielded value does to the state, and the functions that merge two states and turn the last one into the result.
 *
 * A state lies at an address: a slot of the kernel, or the value's place in a map. Code of the program (g, add, merge, finish)
 * takes the state out, leaving zero, and its result is stored back as an owner of all that is in it: no slice of a chunk outlives
 * the chunk. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/straight.h"

#include <stddef.h>
#include <string.h>

LLVMValueRef sum_load(Frame *frame, LLVMValueRef address) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef low = LLVMBuildZExt(b, gen_load_at(frame, gen->i64, address, 0), gen->i128, "");
    LLVMValueRef high = LLVMBuildZExt(b, gen_load_at(frame, gen->i64, address, 8), gen->i128, "");
    return LLVMBuildOr(b, LLVMBuildShl(b, high, LLVMConstInt(gen->i128, 64, 0), ""), low, "");
}

void sum_store(Frame *frame, LLVMValueRef sum, LLVMValueRef address) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef high = LLVMBuildLShr(b, sum, LLVMConstInt(gen->i128, 64, 0), "");
    gen_store_at(frame, LLVMBuildTrunc(b, sum, gen->i64, ""), address, 0);
    gen_store_at(frame, LLVMBuildTrunc(b, high, gen->i64, ""), address, 8);
}

/* ---- exact sums in halves
 *
 * `low` is the sum modulo 2^64, `high` that of the values' upper halves (v >> 32), which cannot overflow. The sum of the lower
 * halves is the whole minus high * 2^32, and less than 2^64 as long as there are fewer than 2^32 values: so it is known exactly
 * from low, and so is the whole. Where LLVM knows that the values are small and not negative, nothing is left of `high`. */

void halves_begin(Frame *frame, Kernel *kernel) {
    kernel->low = frame_variable(frame, frame->gen->i64, "low");
    kernel->high = frame_variable(frame, frame->gen->i64, "high");
    LLVMBuildStore(frame->builder, gen_int(frame->gen, 0), kernel->low);
    LLVMBuildStore(frame->builder, gen_int(frame->gen, 0), kernel->high);
}

static void variable_add(Frame *frame, LLVMValueRef variable, LLVMValueRef value) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef before = LLVMBuildLoad2(b, LLVMTypeOf(value), variable, "");
    LLVMBuildStore(b, LLVMBuildAdd(b, before, value, ""), variable);
}

void halves_end(Frame *frame, Kernel *kernel) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef low = LLVMBuildLoad2(b, gen->i64, kernel->low, ""), high = LLVMBuildLoad2(b, gen->i64, kernel->high, "");
    LLVMValueRef lower = LLVMBuildSub(b, low, LLVMBuildShl(b, high, gen_int(gen, 32), ""), "lower");
    LLVMValueRef upper = LLVMBuildShl(b, LLVMBuildSExt(b, high, gen->i128, ""), LLVMConstInt(gen->i128, 32, 0), "upper");
    variable_add(frame, kernel->sum, LLVMBuildAdd(b, upper, LLVMBuildZExt(b, lower, gen->i128, ""), ""));
    kernel->low = kernel->high = NULL;
}

static void sum_add(Frame *frame, const Kernel *kernel, LLVMValueRef value) {
    LLVMBuilderRef b = frame->builder;
    value = straight_only(frame, value, gen_int(frame->gen, 0));
    if (!kernel->low) {
        variable_add(frame, kernel->sum, LLVMBuildSExt(b, value, frame->gen->i128, ""));
        return;
    }
    variable_add(frame, kernel->low, value);
    variable_add(frame, kernel->high, LLVMBuildAShr(b, value, gen_int(frame->gen, 32), ""));
}

/* ---- running the program's code on states */

/* Binds a parameter to a value that the code may use up. */
static void bind_owned(Frame *frame, const CoreVar *var, Value value) {
    if (value.type->is_flat) {
        frame_bind_value(frame, var, value.llvm);
        return;
    }
    LLVMValueRef taken = value_take(frame, value), address = frame_slot(frame, value.type)->address;
    LLVMBuildStore(frame->builder, taken, address);
    frame_bind_address(frame, var, address, true);
}

/* Takes what lies at the address. Nothing may fail before it is bound. */
static Value take_state(Frame *frame, LLVMValueRef address, const CoreType *type) {
    LLVMValueRef state = gen_load(frame, type, address);
    if (!type->is_flat) LLVMBuildStore(frame->builder, LLVMConstNull(gen_type(frame->gen, type)), address);
    return value_owned(state, type);
}

/* *address = code(*address, right); the right one is used up where it is an owner. */
static void run_code(Frame *frame, const CoreCode *code, LLVMValueRef address, const CoreType *state, const Value *right) {
    Scope scope;
    scope_enter(frame, &scope);
    bind_owned(frame, code->params[0], take_state(frame, address, state));
    if (right && right->ownership == VALUE_BORROWED) {
        frame_bind_value(frame, code->params[1], right->llvm);
    } else if (right) {
        bind_owned(frame, code->params[1], *right);
    }
    LLVMValueRef result = value_keep(frame, gen_expr(frame, code->body));
    scope_leave(frame);
    LLVMBuildStore(frame->builder, result, address);
}

static void store_scoped(Frame *frame, const CoreExpr *expr, LLVMValueRef address) {
    Scope scope;
    scope_enter(frame, &scope);
    LLVMValueRef result = value_keep(frame, gen_expr(frame, expr));
    scope_leave(frame);
    LLVMBuildStore(frame->builder, result, address);
}

/* ---- one value into a state */

static void add_fold(Frame *frame, const CoreReducer *reducer, LLVMValueRef address, LLVMValueRef is_new, Value value) {
    LLVMBasicBlockRef first = frame_block(frame, "first"), more = frame_block(frame, "more"), done = frame_block(frame, "added");
    frame_branch(frame, is_new, first, more);
    frame_enter(frame, first);
    LLVMBuildStore(frame->builder, value_keep(frame, value), address);
    frame_jump(frame, done);
    frame_enter(frame, more);
    run_code(frame, &reducer->merge, address, reducer->state, &value);
    frame_jump(frame, done);
    frame_enter(frame, done);
}

static void add_general(Frame *frame, const CoreReducer *reducer, LLVMValueRef address, LLVMValueRef is_new, Value value) {
    LLVMBasicBlockRef first = frame_block(frame, "first"), more = frame_block(frame, "more");
    value_hold(frame, &value); /* init may fail */
    frame_branch(frame, is_new, first, more);
    frame_enter(frame, first);
    store_scoped(frame, reducer->init, address);
    frame_jump(frame, more);
    frame_enter(frame, more);
    run_code(frame, &reducer->add, address, reducer->state, &value);
}

void state_init(Frame *frame, const CoreReducer *reducer, LLVMValueRef address) {
    store_scoped(frame, reducer->init, address);
}

void state_add(Frame *frame, const CoreReducer *reducer, LLVMValueRef address, LLVMValueRef is_new, Value value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    switch (reducer->kind) {
    case CORE_REDUCE_FOLD: add_fold(frame, reducer, address, is_new, value); break;
    case CORE_REDUCE_GENERAL: add_general(frame, reducer, address, is_new, value); break;
    case CORE_REDUCE_SUM_INT:
        sum_store(frame, LLVMBuildAdd(b, sum_load(frame, address), LLVMBuildSExt(b, value.llvm, gen->i128, ""), ""), address);
        break;
    case CORE_REDUCE_COUNT:
        value_hold(frame, &value); /* nobody wants it */
        LLVMBuildStore(b, LLVMBuildAdd(b, LLVMBuildLoad2(b, gen->i64, address, ""), gen_int(gen, 1), ""), address);
        break;
    case CORE_REDUCE_LANES: {
        LLVMValueRef neutral = LLVMConstReal(gen->f64, reducer->lane_op == CORE_OP_MUL ? 1.0 : -0.0);
        LLVMValueRef before = LLVMBuildSelect(b, is_new, neutral, LLVMBuildLoad2(b, gen->f64, address, ""), "");
        LLVMBuildStore(b, gen_add_floats(frame, reducer->lane_op, before, value.llvm), address);
        break;
    }
    }
}

/* ---- yield */

static void yield_keyed(Frame *frame, const CoreExpr *pair) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const Kernel *kernel = frame->kernel;
    LLVMValueRef key;
    Value value;
    if (pair->kind == CORE_TUPLE) {
        Value values[2];
        gen_operands(frame, pair->args.items, 2, values);
        key = value_read(frame, &values[0]);
        value = values[1];
    } else {
        Value both = gen_expr(frame, pair);
        LLVMValueRef whole = value_read(frame, &both);
        key = LLVMBuildExtractValue(b, whole, 0, "key");
        value = value_borrowed(LLVMBuildExtractValue(b, whole, 1, "value"), pair->type->args[1]);
    }
    if (kernel->job->laws.len) law_show(frame, key, &value);
    if (kernel->pending) {
        pending_yield(frame, key, &value);
        return;
    }
    LLVMValueRef fresh = frame_variable(frame, gen->i8, "is_new");
    const CoreType *type = kernel->stacks ? job_stacks_type(gen, kernel->job) : kernel->state->type;
    LLVMValueRef table = kernel->stacks ? kernel->stacks : kernel->state->address;
    LLVMValueRef args[] = {table, frame_address(frame, key), gen_descriptor(gen, type), fresh};
    LLVMValueRef place = frame_runtime(frame, kernel->stacks ? RUNTIME_mr_stacks_upsert : RUNTIME_mr_map_upsert, args);
    frame_inline(frame, place);
    LLVMValueRef is_new = gen_test(frame, LLVMBuildLoad2(b, gen->i8, fresh, ""));
    state_add(frame, &kernel->job->reducer, place, is_new, value);
}

static void yield_lanes(Frame *frame, const Kernel *kernel, LLVMValueRef number, LLVMValueRef value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    if (kernel->straight) {
        LLVMValueRef position = LLVMBuildLoad2(b, gen->i64, frame->position, "");
        number = LLVMBuildSelect(b, LLVMBuildLoad2(b, gen->i1, kernel->straight, ""), position, number, "");
    }
    LLVMValueRef lane = kernel->lane ? kernel->lane : LLVMBuildAnd(b, number, gen_int(gen, LANE_COUNT - 1), "lane");
    LLVMValueRef place = LLVMBuildInBoundsGEP2(b, gen->f64, kernel->lanes, &lane, 1, "");
    LLVMValueRef before = LLVMBuildLoad2(b, gen->f64, place, "");
    LLVMValueRef after = gen_add_floats(frame, kernel->job->reducer.lane_op, before, value);
    LLVMBuildStore(b, straight_only(frame, after, before), place);
}

/* Leaves the kernel's loops where the state says that nothing can change the result any more. */
static void yield_done(Frame *frame, const Kernel *kernel) {
    const CoreReducer *reducer = &kernel->job->reducer;
    LLVMBasicBlockRef decided = frame_block(frame, "decided"), open = frame_block(frame, "open");
    Scope scope;
    scope_enter(frame, &scope);
    frame_bind_value(frame, reducer->done.params[0], gen_load(frame, reducer->state, kernel->state->address));
    LLVMValueRef is_done = gen_condition(frame, reducer->done.body);
    scope_leave(frame);
    frame_branch(frame, is_done, decided, open);
    frame_enter(frame, decided);
    gen_store_at(frame, gen_byte(frame->gen, 1), kernel->chunk, offsetof(MrChunk, is_decided));
    kernel_leave(frame);
    frame_enter(frame, open);
}

/* One after another, as in a list. */
static void yield_place(Frame *frame, const Kernel *kernel, Value value) {
    LLVMValueRef result = value_read(frame, &value), index = kernel->index;
    LLVMTypeRef type = gen_type(frame->gen, value.type);
    LLVMBuildStore(frame->builder, result, LLVMBuildInBoundsGEP2(frame->builder, type, kernel->places, &index, 1, ""));
}

static void yield_plain(Frame *frame, const Kernel *kernel, LLVMValueRef number, Value value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    if (kernel->places) {
        yield_place(frame, kernel, value);
    } else if (kernel->sum) {
        sum_add(frame, kernel, value.llvm);
    } else if (kernel->lanes) {
        yield_lanes(frame, kernel, number, value.llvm);
    } else {
        LLVMValueRef is_new = LLVMBuildNot(b, LLVMBuildLoad2(b, gen->i1, kernel->has, ""), "");
        LLVMBuildStore(b, gen_flag(gen, true), kernel->has);
        state_add(frame, &kernel->job->reducer, kernel->state->address, is_new, value);
        if (kernel->job->reducer.kind == CORE_REDUCE_GENERAL && kernel->job->reducer.done.body) yield_done(frame, kernel);
    }
}

Value gen_yield(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const Kernel *kernel = frame->kernel;
    if (!kernel) {
        gen_walk_yield(frame, expr);
        return value_unit(frame, expr->type);
    }
    if (kernel->job->key) {
        yield_keyed(frame, expr->args.items[0]);
    } else {
        Value value = gen_expr(frame, expr->args.items[0]);
        if (kernel->job->laws.len) law_show(frame, NULL, &value);
        LLVMValueRef number = LLVMBuildLoad2(frame->builder, gen->i64, kernel->elements, "");
        yield_plain(frame, kernel, number, value);
    }
    LLVMValueRef number = LLVMBuildLoad2(frame->builder, gen->i64, kernel->elements, "");
    LLVMValueRef one = straight_only(frame, gen_int(gen, 1), gen_int(gen, 0));
    LLVMBuildStore(frame->builder, LLVMBuildAdd(frame->builder, number, one, ""), kernel->elements);
    return value_unit(frame, expr->type);
}

/* ---- merge: bool merge(context, captures, left, right) */

void state_merge(Frame *frame, const CoreReducer *reducer, LLVMValueRef left, LLVMValueRef right) {
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef i64 = frame->gen->i64, f64 = frame->gen->f64;
    switch (reducer->kind) {
    case CORE_REDUCE_FOLD:
    case CORE_REDUCE_GENERAL: {
        Value taken = take_state(frame, right, reducer->state);
        run_code(frame, &reducer->merge, left, reducer->state, &taken);
        break;
    }
    case CORE_REDUCE_SUM_INT: sum_store(frame, LLVMBuildAdd(b, sum_load(frame, left), sum_load(frame, right), ""), left); break;
    case CORE_REDUCE_COUNT:
        LLVMBuildStore(b, LLVMBuildAdd(b, LLVMBuildLoad2(b, i64, left, ""), LLVMBuildLoad2(b, i64, right, ""), ""), left);
        break;
    case CORE_REDUCE_LANES: {
        LLVMValueRef values[] = {LLVMBuildLoad2(b, f64, left, ""), LLVMBuildLoad2(b, f64, right, "")};
        LLVMBuildStore(b, gen_add_floats(frame, reducer->lane_op, values[0], values[1]), left);
        break;
    }
    }
}

static Callee code_declare(Gen *gen, const CoreJob *job, const char *what, bool is_finish) {
    LLVMTypeRef merge[] = {gen->ptr, gen->ptr, gen->ptr, gen->ptr}, finish[] = {gen->ptr, gen->ptr, gen->ptr, gen->i1, gen->ptr};
    LLVMTypeRef type = LLVMFunctionType(gen->i1, is_finish ? finish : merge, is_finish ? 5 : 4, 0);
    Callee callee = gen_internal(gen, arena_printf(gen->arena, "%s %u", what, job->index), type, false, true);
    gen_attribute_bool(gen, callee.function, LLVMAttributeReturnIndex);
    if (is_finish) gen_attribute_bool(gen, callee.function, 4);
    return callee;
}

static void code_end(Frame *frame) {
    scope_leave(frame);
    LLVMBuildRet(frame->builder, gen_flag(frame->gen, false));
    frame_end(frame);
}

static Callee merge_plain(Gen *gen, const CoreJob *job) {
    Callee callee = code_declare(gen, job, job->key ? "merge value" : "merge", false);
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    scope_enter(&frame, &scope);
    job_bind_captures(&frame, job, LLVMGetParam(callee.function, 1));
    state_merge(&frame, &job->reducer, LLVMGetParam(callee.function, 2), LLVMGetParam(callee.function, 3));
    code_end(&frame);
    return callee;
}

Callee gen_merge(Gen *gen, const CoreJob *job, Callee *value) {
    Callee values = merge_plain(gen, job);
    if (!job->key) return values;
    *value = values;
    const CoreType *type = job_state_type(gen, job);
    Callee callee = code_declare(gen, job, "merge", false);
    gen_cold(gen, callee.function); /* the work is done by the runtime, and by the function that merges values */
    LLVMValueRef left = LLVMGetParam(callee.function, 2), right = LLVMGetParam(callee.function, 3);
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    scope_enter(&frame, &scope);
    /* The maps go through a slot: what is left of the left one is dropped when merging fails. */
    Slot *slot = frame_slot(&frame, type);
    LLVMBuildStore(frame.builder, take_state(&frame, left, type).llvm, slot->address);
    LLVMValueRef taken = take_state(&frame, right, type).llvm;
    LLVMValueRef args[] = {slot->address, taken, gen_descriptor(gen, type), values.function, LLVMGetParam(callee.function, 1)};
    frame_runtime_check(&frame, RUNTIME_mr_map_merge, args, job->span);
    LLVMBuildStore(frame.builder, take_state(&frame, slot->address, type).llvm, left);
    code_end(&frame);
    return callee;
}

/* ---- finish: bool finish(context, captures, state, has_value, result) */

static bool finish_is_identity(const CoreReducer *reducer) {
    switch (reducer->kind) {
    case CORE_REDUCE_FOLD:
    case CORE_REDUCE_LANES: return !reducer->from.body;
    case CORE_REDUCE_GENERAL: return !reducer->finish.body;
    case CORE_REDUCE_SUM_INT: return false;
    default: return true;
    }
}

static void finish_code(Frame *frame, const CoreCode *code, Value state, LLVMValueRef result) {
    Scope scope;
    scope_enter(frame, &scope);
    bind_owned(frame, code->params[0], state);
    LLVMValueRef value = value_keep(frame, gen_expr(frame, code->body));
    scope_leave(frame);
    LLVMBuildStore(frame->builder, value, result);
}

static void finish_sum(Frame *frame, const CoreReducer *reducer, Span span, LLVMValueRef state, LLVMValueRef result) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef low = gen_load_at(frame, gen->i64, state, 0), high = gen_load_at(frame, gen->i64, state, 8);
    LLVMValueRef sign = LLVMBuildAShr(b, low, gen_int(gen, 63), "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildICmp(b, LLVMIntNE, sign, high, ""));
    frame_runtime(frame, RUNTIME_mr_fail_sum, (LLVMValueRef[]){low, high});
    frame_raise(frame, span, usual);
    if (reducer->from.body)
        finish_code(frame, &reducer->from, value_trivial(low, reducer->result), result);
    else
        LLVMBuildStore(b, low, result);
}

void state_finish(Frame *frame, const CoreReducer *reducer, Span span, LLVMValueRef state, LLVMValueRef result) {
    if (finish_is_identity(reducer)) {
        LLVMBuildStore(frame->builder, take_state(frame, state, reducer->state).llvm, result);
    } else if (reducer->kind == CORE_REDUCE_SUM_INT) {
        finish_sum(frame, reducer, span, state, result);
    } else {
        const CoreCode *code = reducer->kind == CORE_REDUCE_GENERAL ? &reducer->finish : &reducer->from;
        finish_code(frame, code, take_state(frame, state, reducer->state), result);
    }
}

static void finish_nothing(Frame *frame, const CoreJob *job, LLVMValueRef result) {
    if (job->key) {
        LLVMBuildStore(frame->builder, LLVMConstNull(frame->gen->ptr), result);
    } else if (job->reducer.nothing) {
        store_scoped(frame, job->reducer.nothing, result);
    } else {
        frame_check_at(frame, frame_runtime(frame, RUNTIME_mr_fail_nothing, NULL), job->span);
    }
}

/* One key's state to its result, for mr_map_finish. */
static Callee finish_each(Gen *gen, const CoreJob *job) {
    Callee callee = code_declare(gen, job, "finish value", true);
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    scope_enter(&frame, &scope);
    job_bind_captures(&frame, job, LLVMGetParam(callee.function, 1));
    state_finish(&frame, &job->reducer, job->span, LLVMGetParam(callee.function, 2), LLVMGetParam(callee.function, 4));
    code_end(&frame);
    return callee;
}

static void finish_map(Frame *frame, const CoreJob *job, Callee each, LLVMValueRef state, LLVMValueRef result) {
    Gen *gen = frame->gen;
    const CoreType *type = job_state_type(gen, job);
    LLVMValueRef taken = take_state(frame, state, type).llvm;
    if (finish_is_identity(&job->reducer)) {
        LLVMBuildStore(frame->builder, taken, result);
        return;
    }
    LLVMValueRef out = gen_result(frame, job->result);
    if (!each.function) {
        LLVMValueRef args[] = {out, taken, gen_descriptor(gen, type), gen_descriptor(gen, job->result)};
        frame_runtime_check(frame, RUNTIME_mr_map_finish_sums, args, job->span);
        LLVMBuildStore(frame->builder, gen_load(frame, job->result, out), result);
        return;
    }
    LLVMValueRef args[] = {
        out, taken, gen_descriptor(gen, type), gen_descriptor(gen, job->result), each.function, LLVMGetParam(frame->function, 1)};
    frame_runtime_check(frame, RUNTIME_mr_map_finish, args, job->span);
    LLVMBuildStore(frame->builder, gen_load(frame, job->result, out), result);
}

Callee gen_finish(Gen *gen, const CoreJob *job) {
    Callee each = {0};
    if (job->key && !finish_is_identity(&job->reducer) && job->reducer.kind != CORE_REDUCE_SUM_INT) each = finish_each(gen, job);
    Callee callee = code_declare(gen, job, "finish", true);
    if (job->key) gen_cold(gen, callee.function);
    LLVMValueRef state = LLVMGetParam(callee.function, 2), result = LLVMGetParam(callee.function, 4);
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee.function, job->name, job->span);
    scope_enter(&frame, &scope);
    job_bind_captures(&frame, job, LLVMGetParam(callee.function, 1));
    LLVMBasicBlockRef some = frame_block(&frame, "some"), none = frame_block(&frame, "none"), done = frame_block(&frame, "done");
    frame_branch(&frame, LLVMGetParam(callee.function, 3), some, none);
    frame_enter(&frame, some);
    if (job->key) {
        finish_map(&frame, job, each, state, result);
    } else {
        state_finish(&frame, &job->reducer, job->span, state, result);
    }
    frame_jump(&frame, done);
    frame_enter(&frame, none);
    finish_nothing(&frame, job, result);
    frame_jump(&frame, done);
    frame_enter(&frame, done);
    code_end(&frame);
    return callee;
}
