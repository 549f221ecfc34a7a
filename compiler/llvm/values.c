/* Values and who owns them: the moves between borrowed, owned and parked. */
#include "compiler/llvm/frame.h"

Value value_trivial(LLVMValueRef llvm, const CoreType *type) {
    return (Value){.llvm = llvm, .type = type, .ownership = VALUE_TRIVIAL};
}

Value value_borrowed(LLVMValueRef llvm, const CoreType *type) {
    /* What LLVM knows as a constant is a literal: immortal, or zero. */
    Ownership ownership = type->is_flat || LLVMIsConstant(llvm) ? VALUE_TRIVIAL : VALUE_BORROWED;
    return (Value){.llvm = llvm, .type = type, .ownership = ownership};
}

Value value_owned(LLVMValueRef llvm, const CoreType *type) {
    Value value = value_borrowed(llvm, type);
    if (value.ownership == VALUE_BORROWED) value.ownership = VALUE_OWNED;
    return value;
}

Value value_unit(Frame *frame, const CoreType *type) {
    return value_trivial(LLVMConstNull(gen_type(frame->gen, type)), type);
}

static LLVMValueRef call_owner(Frame *frame, const Callee *callee, LLVMValueRef value, bool has_context) {
    LLVMValueRef args[] = {frame->context, value};
    LLVMValueRef call =
        LLVMBuildCall2(frame->builder, callee->type, callee->function, has_context ? args : args + 1, has_context ? 2 : 1, "");
    LLVMSetInstructionCallConv(call, LLVMFastCallConv);
    frame_keep_call(frame, call);
    return call;
}

void value_drop(Frame *frame, LLVMValueRef value, const CoreType *type) {
    if (!type->is_flat) call_owner(frame, gen_drop_function(frame->gen, type), value, true);
}

LLVMValueRef value_detach(Frame *frame, LLVMValueRef value, const CoreType *type) {
    if (!gen_has_strings(frame->gen, type)) return value;
    return call_owner(frame, gen_detach_function(frame->gen, type), value, true);
}

static void value_park(Frame *frame, Value *value) {
    value->slot = frame_slot(frame, value->type);
    LLVMBuildStore(frame->builder, value->llvm, value->slot->address);
    value->ownership = VALUE_PARKED;
}

void value_hold(Frame *frame, Value *value) {
    if (value->ownership == VALUE_OWNED) value_park(frame, value);
}

LLVMValueRef value_read(Frame *frame, Value *value) {
    value_hold(frame, value);
    return value->llvm;
}

static LLVMValueRef value_unpark(Frame *frame, Value value) {
    LLVMBuildStore(frame->builder, LLVMConstNull(LLVMTypeOf(value.llvm)), value.slot->address);
    return value.llvm;
}

LLVMValueRef value_take(Frame *frame, Value value) {
    switch (value.ownership) {
    case VALUE_TRIVIAL:
    case VALUE_OWNED: break;
    case VALUE_BORROWED: call_owner(frame, gen_retain_function(frame->gen, value.type), value.llvm, false); break;
    case VALUE_PARKED: return value_unpark(frame, value);
    }
    return value.llvm;
}

void value_secure(Frame *frame, Value *value) {
    if (value->ownership == VALUE_BORROWED) {
        value->llvm = value_take(frame, *value);
        value->ownership = VALUE_OWNED;
    }
    value_hold(frame, value);
}

LLVMValueRef value_keep(Frame *frame, Value value) {
    switch (value.ownership) {
    case VALUE_TRIVIAL: return value.llvm;
    case VALUE_BORROWED: return call_owner(frame, gen_own_function(frame->gen, value.type), value.llvm, true);
    case VALUE_OWNED: return value_detach(frame, value.llvm, value.type);
    case VALUE_PARKED: return value_detach(frame, value_unpark(frame, value), value.type);
    }
    return value.llvm;
}

LLVMValueRef value_settle(Frame *frame, Value value) {
    bool outlives = frame->kernel && !frame->walks_text && !frame->sink && value.type->kind == CORE_TYPE_STRING;
    return outlives ? value_take(frame, value) : value_keep(frame, value);
}
