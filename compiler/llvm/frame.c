/* The frame: blocks, calls of the runtime, variables, scopes and the ways out. */
#include "compiler/llvm/frame.h"

#include <assert.h>

enum { MANY_WAYS = 100 }; /* to fail: a function of some hundred lines */

void frame_begin(Frame *frame, Gen *gen, LLVMValueRef function, const char *name, Span span) {
    *frame = (Frame){.gen = gen, .builder = gen->builder, .function = function, .span = span, .place = span};
    frame->context = LLVMGetParam(function, 0);
    frame->entry = LLVMAppendBasicBlockInContext(gen->llvm, function, "entry");
    frame->variables = LLVMCreateBuilderInContext(gen->llvm);
    LLVMPositionBuilderAtEnd(frame->variables, frame->entry);
    frame_enter(frame, frame_block(frame, "code"));
    debug_function(gen, function, name, span);
}

/* ---- blocks */

LLVMBasicBlockRef frame_block(Frame *frame, const char *name) {
    return LLVMAppendBasicBlockInContext(frame->gen->llvm, frame->function, name);
}

void frame_enter(Frame *frame, LLVMBasicBlockRef block) {
    LLVMPositionBuilderAtEnd(frame->builder, block);
}

void frame_jump(Frame *frame, LLVMBasicBlockRef block) {
    LLVMBuildBr(frame->builder, block);
}

void frame_branch(Frame *frame, LLVMValueRef flag, LLVMBasicBlockRef yes, LLVMBasicBlockRef no) {
    LLVMBuildCondBr(frame->builder, flag, yes, no);
}

static void branch_rare(Frame *frame, LLVMValueRef flag, LLVMBasicBlockRef rare, LLVMBasicBlockRef usual) {
    LLVMValueRef branch = LLVMBuildCondBr(frame->builder, flag, rare, usual);
    LLVMSetMetadata(branch, frame->gen->profile_kind, frame->gen->unlikely);
}

LLVMBasicBlockRef frame_if_rare(Frame *frame, LLVMValueRef flag) {
    LLVMBasicBlockRef rare = frame_block(frame, "rare"), usual = frame_block(frame, "usual");
    branch_rare(frame, flag, rare, usual);
    frame_enter(frame, rare);
    return usual;
}

static void add_failure(Frame *frame, Span span) {
    Arena *arena = frame->gen->arena;
    if (!frame->fail_at) frame->fail_at = frame_block(frame, "fail_at");
    vec_push(arena, &frame->fail_blocks, LLVMGetInsertBlock(frame->builder));
    vec_push(arena, &frame->fail_places, gen_location(frame->gen, span));
}

static LLVMBasicBlockRef fail_block(Frame *frame) {
    if (!frame->fail) frame->fail = frame_block(frame, "fail");
    return frame->fail;
}

static Span visible_place(const Frame *frame, Span span) {
    return gen_is_library(frame->gen, span) ? frame->place : span;
}

void frame_raise(Frame *frame, Span span, LLVMBasicBlockRef otherwise) {
    span = visible_place(frame, span);
    if (gen_is_library(frame->gen, span)) {
        frame_jump(frame, fail_block(frame));
    } else {
        add_failure(frame, span);
        frame_jump(frame, frame->fail_at);
    }
    frame_enter(frame, otherwise);
}

void frame_check(Frame *frame, LLVMValueRef failed) {
    LLVMBasicBlockRef usual = frame_block(frame, "usual");
    branch_rare(frame, failed, fail_block(frame), usual);
    frame_enter(frame, usual);
}

void frame_check_at(Frame *frame, LLVMValueRef failed, Span span) {
    span = visible_place(frame, span);
    if (gen_is_library(frame->gen, span)) {
        frame_check(frame, failed);
        return;
    }
    add_failure(frame, span);
    LLVMBasicBlockRef usual = frame_block(frame, "usual");
    branch_rare(frame, failed, frame->fail_at, usual);
    frame_enter(frame, usual);
}

/* ---- calls */

LLVMValueRef frame_runtime(Frame *frame, RuntimeFunction name, const LLVMValueRef *args) {
    const Callee *callee = gen_runtime(frame->gen, name);
    LLVMValueRef all[8] = {frame->context};
    unsigned count = (unsigned)gen_runtime_arity(name);
    for (unsigned i = 0; i < count; i++) all[i + 1] = args[i];
    return LLVMBuildCall2(frame->builder, callee->type, callee->function, all, count + 1, "");
}

void frame_inline(Frame *frame, LLVMValueRef call) {
    unsigned kind = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             LLVMCreateEnumAttribute(frame->gen->llvm, kind, 0));
}

void frame_runtime_check(Frame *frame, RuntimeFunction name, const LLVMValueRef *args, Span span) {
    frame_check_at(frame, frame_runtime(frame, name, args), span);
}

/* ---- variables */

LLVMValueRef frame_variable(Frame *frame, LLVMTypeRef type, const char *name) {
    return LLVMBuildAlloca(frame->variables, type, name);
}

LLVMValueRef frame_zero_variable(Frame *frame, LLVMTypeRef type, const char *name) {
    LLVMValueRef address = LLVMBuildAlloca(frame->variables, type, name);
    LLVMBuildStore(frame->variables, LLVMConstNull(type), address);
    return address;
}

LLVMValueRef frame_address(Frame *frame, LLVMValueRef value) {
    LLVMValueRef address = frame_variable(frame, LLVMTypeOf(value), "");
    LLVMBuildStore(frame->builder, value, address);
    return address;
}

Slot *frame_own_slot(Frame *frame, const CoreType *type) {
    for (size_t i = 0; i < frame->slots.len; i++) {
        Slot *slot = frame->slots.items[i];
        if (slot->is_free && slot->type == type) {
            slot->is_free = false;
            return slot;
        }
    }
    Slot *slot = arena_make(frame->gen->arena, Slot);
    slot->type = type;
    slot->address = frame_zero_variable(frame, type ? gen_type(frame->gen, type) : frame->gen->ptr, "slot");
    vec_push(frame->gen->arena, &frame->slots, slot);
    return slot;
}

Slot *frame_slot(Frame *frame, const CoreType *type) {
    Slot *slot = frame_own_slot(frame, type);
    vec_push(frame->gen->arena, &frame->scope->slots, slot);
    return slot;
}

static Binding *binding_new(Frame *frame, const CoreVar *var) {
    void **place = map_slot_pointer(&frame->gen->bindings, var);
    if (!*place) *place = arena_make(frame->gen->arena, Binding);
    return *place;
}

void frame_bind_value(Frame *frame, const CoreVar *var, LLVMValueRef value) {
    *binding_new(frame, var) = (Binding){.value = value};
}

void frame_bind_address(Frame *frame, const CoreVar *var, LLVMValueRef address, bool is_owned) {
    *binding_new(frame, var) = (Binding){.address = address, .is_owned = is_owned};
}

const Binding *frame_binding(Frame *frame, const CoreVar *var) {
    const Binding *binding = map_get_pointer(&frame->gen->bindings, var);
    assert(binding && "core_verify lets no variable be read outside its scope");
    return binding;
}

/* ---- scopes */

void scope_enter(Frame *frame, Scope *scope) {
    *scope = (Scope){.outer = frame->scope};
    frame->scope = scope;
}

static void slot_drop(Frame *frame, const Slot *slot) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef type = slot->type ? gen_type(gen, slot->type) : gen->ptr;
    LLVMValueRef value = LLVMBuildLoad2(b, type, slot->address, "");
    if (slot->type) {
        value_drop(frame, value, slot->type);
    } else {
        LLVMBasicBlockRef open = frame_block(frame, "open"), closed = frame_block(frame, "closed");
        frame_branch(frame, LLVMBuildIsNull(b, value, ""), closed, open);
        frame_enter(frame, open);
        frame_runtime(frame, RUNTIME_mr_text_close, (LLVMValueRef[]){value});
        frame_jump(frame, closed);
        frame_enter(frame, closed);
    }
    LLVMBuildStore(b, LLVMConstNull(type), slot->address);
}

void scope_leave(Frame *frame) {
    Scope *scope = frame->scope;
    for (size_t i = scope->slots.len; i > 0; i--) {
        slot_drop(frame, scope->slots.items[i - 1]);
        scope->slots.items[i - 1]->is_free = true;
    }
    frame->scope = scope->outer;
}

void scope_unwind(Frame *frame, const Scope *until) {
    for (const Scope *scope = frame->scope; scope != until; scope = scope->outer) {
        for (size_t i = scope->slots.len; i > 0; i--) slot_drop(frame, scope->slots.items[i - 1]);
    }
}

/* ---- the ways out */

static void frame_fail_at(Frame *frame) {
    Gen *gen = frame->gen;
    frame_enter(frame, frame->fail_at);
    LLVMValueRef place = LLVMBuildPhi(frame->builder, gen->ptr, "place");
    LLVMAddIncoming(place, frame->fail_places.items, frame->fail_blocks.items, (unsigned)frame->fail_blocks.len);
    frame_runtime(frame, RUNTIME_mr_fail_at, (LLVMValueRef[]){place});
    frame_jump(frame, fail_block(frame));
}

/* In a function with very many ways to fail, slots in registers would make LLVM merge each slot from each of these ways: work by
 * the square of the function's length. There the slots stay in memory, which handing out their addresses achieves. */
static void slot_drop_by_address(Frame *frame, const Slot *slot) {
    frame_runtime(frame, RUNTIME_mr_drop, (LLVMValueRef[]){slot->address, gen_descriptor(frame->gen, slot->type)});
}

static void frame_fail(Frame *frame) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    bool has_many_ways = frame->fail_blocks.len > MANY_WAYS;
    frame_enter(frame, frame->fail);
    for (size_t i = frame->slots.len; i > 0; i--) {
        const Slot *slot = frame->slots.items[i - 1];
        if (has_many_ways && slot->type)
            slot_drop_by_address(frame, slot);
        else
            slot_drop(frame, slot);
    }
    if (frame->position) {
        LLVMValueRef offset = gen_int(gen, (int64_t)offsetof(MrContext, failed_element));
        LLVMValueRef place = LLVMBuildInBoundsGEP2(b, gen->i8, frame->context, &offset, 1, "");
        LLVMBuildStore(b, LLVMBuildLoad2(b, gen->i64, frame->position, ""), place);
    }
    LLVMBuildRet(b, gen_flag(gen, true));
}

void frame_end(Frame *frame) {
    debug_place(frame->gen, frame->span);
    if (frame->fail_at) frame_fail_at(frame);
    if (frame->fail) frame_fail(frame);
    LLVMBuildBr(frame->variables, LLVMGetNextBasicBlock(frame->entry));
    LLVMDisposeBuilder(frame->variables);
}
