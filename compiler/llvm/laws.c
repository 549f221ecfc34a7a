/* Laws: in a program that checks them, the parts of a reducer as functions by themselves, which the runtime tries on elements that
 * it has seen: those that kernels show it. */
#include "compiler/llvm/jobs.h"

/* Ends the frame that law_begin has begun. */
static void law_end(Frame *frame) {
    scope_leave(frame);
    LLVMBuildRet(frame->builder, gen_flag(frame->gen, false));
    frame_end(frame);
}

/* bool f(context, captures, ...): the first of the other parameters is the state. */
static LLVMValueRef law_begin(Frame *frame, Scope *scope, Gen *gen, const CoreJob *job, const char *what, LLVMTypeRef *params,
                              unsigned count) {
    LLVMTypeRef type = LLVMFunctionType(gen->i1, params, count, 0);
    Callee callee = gen_internal(gen, arena_printf(gen->arena, "law %s %u", what, job->index), type, false, true);
    gen_attribute_bool(gen, callee.function, LLVMAttributeReturnIndex);
    for (unsigned i = 0; i < count; i++) {
        if (params[i] == gen->i1) gen_attribute_bool(gen, callee.function, i + 1);
    }
    frame_begin(frame, gen, callee.function, job->name, job->span);
    scope_enter(frame, scope);
    job_bind_captures(frame, job, LLVMGetParam(callee.function, 1));
    return callee.function;
}

static LLVMValueRef law_init(Gen *gen, const CoreJob *job, const CoreReducer *reducer) {
    if (reducer->kind != CORE_REDUCE_GENERAL) return LLVMConstNull(gen->ptr);
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr};
    Frame frame;
    Scope scope;
    LLVMValueRef function = law_begin(&frame, &scope, gen, job, "init", params, 3);
    state_init(&frame, reducer, LLVMGetParam(function, 2));
    law_end(&frame);
    return function;
}

static LLVMValueRef law_add(Gen *gen, const CoreJob *job, const CoreReducer *reducer) {
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr, gen->i1, gen->ptr};
    Frame frame;
    Scope scope;
    LLVMValueRef function = law_begin(&frame, &scope, gen, job, "add", params, 5);
    Value element = value_borrowed(gen_load(&frame, reducer->element, LLVMGetParam(function, 4)), reducer->element);
    state_add(&frame, reducer, LLVMGetParam(function, 2), LLVMGetParam(function, 3), element);
    law_end(&frame);
    return function;
}

static LLVMValueRef law_merge(Gen *gen, const CoreJob *job, const CoreReducer *reducer) {
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr, gen->ptr};
    Frame frame;
    Scope scope;
    LLVMValueRef function = law_begin(&frame, &scope, gen, job, "merge", params, 4);
    state_merge(&frame, reducer, LLVMGetParam(function, 2), LLVMGetParam(function, 3));
    law_end(&frame);
    return function;
}

static LLVMValueRef law_finish(Gen *gen, const CoreJob *job, const CoreReducer *reducer) {
    if (reducer->kind != CORE_REDUCE_GENERAL || !reducer->finish.body) return LLVMConstNull(gen->ptr);
    LLVMTypeRef params[] = {gen->ptr, gen->ptr, gen->ptr, gen->i1, gen->ptr};
    Frame frame;
    Scope scope;
    LLVMValueRef function = law_begin(&frame, &scope, gen, job, "finish", params, 5);
    state_finish(&frame, reducer, job->span, LLVMGetParam(function, 2), LLVMGetParam(function, 4));
    law_end(&frame);
    return function;
}

LLVMValueRef gen_laws(Gen *gen, const CoreJob *job) {
    size_t count = job->laws.len;
    if (!count) return LLVMConstNull(gen->ptr);
    LLVMValueRef *laws = arena_array(gen->arena, LLVMValueRef, count);
    for (size_t i = 0; i < count; i++) {
        const CoreLaw *law = &job->laws.items[i];
        const CoreReducer *reducer = &law->reducer;
        LLVMValueRef fields[] = {
            gen_text(gen, law->name),
            gen_location_value(gen, law->span),
            job->key ? gen_descriptor(gen, job->key) : LLVMConstNull(gen->ptr),
            gen_descriptor(gen, reducer->element),
            gen_descriptor(gen, reducer->state),
            gen_descriptor(gen, reducer->result),
            law_init(gen, job, reducer),
            law_add(gen, job, reducer),
            law_merge(gen, job, reducer),
            law_finish(gen, job, reducer),
        };
        laws[i] = LLVMConstStructInContext(gen->llvm, fields, sizeof fields / sizeof *fields, 0);
    }
    return gen_constant(gen, "laws", LLVMConstArray2(LLVMTypeOf(laws[0]), laws, count));
}

void law_show(Frame *frame, LLVMValueRef key, Value *element) {
    LLVMValueRef value = frame_address(frame, value_read(frame, element));
    LLVMValueRef keyed = key ? frame_address(frame, key) : LLVMConstNull(frame->gen->ptr);
    frame_runtime(frame, RUNTIME_mr_law_show, (LLVMValueRef[]){keyed, value});
}
