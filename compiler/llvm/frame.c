/* The frame: blocks, calls of the runtime, variables, scopes and the ways out. */
#include "compiler/llvm/frame.h"
#include "compiler/llvm/quick.h"

#include <assert.h>
#include <string.h>

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

/* Where a failure goes from here: to the innermost scope that holds something. What a scope comes to hold later is zero now. */
static LLVMBasicBlockRef fail_block(Frame *frame) {
    LLVMBasicBlockRef *block = &frame->fail;
    for (Scope *scope = frame->scope; scope; scope = scope->outer) {
        if (!scope->slots.len && !scope->catches) continue;
        block = &scope->fail;
        break;
    }
    if (!*block) *block = frame_block(frame, "fail");
    return *block;
}

static LLVMBasicBlockRef fail_at_block(Frame *frame, Span span) {
    Arena *arena = frame->gen->arena;
    Scope *scope = frame->scope;
    if (!scope->fail_at) scope->fail_at = frame_block(frame, "fail_at");
    vec_push(arena, &scope->fail_blocks, LLVMGetInsertBlock(frame->builder));
    vec_push(arena, &scope->fail_places, gen_location(frame->gen, span));
    return scope->fail_at;
}

static Span visible_place(const Frame *frame, Span span) {
    return gen_is_library(frame->gen, span) ? frame->place : span;
}

void frame_raise(Frame *frame, Span span, LLVMBasicBlockRef otherwise) {
    span = visible_place(frame, span);
    frame_jump(frame, gen_is_library(frame->gen, span) ? fail_block(frame) : fail_at_block(frame, span));
    frame_enter(frame, otherwise);
}

/* Nothing fails in a quick loop. */
static bool is_put_off(Frame *frame, LLVMValueRef failed) {
    if (frame->doubt) quick_doubt(frame, failed);
    return frame->doubt != NULL;
}

static void check(Frame *frame, LLVMValueRef failed, LLVMBasicBlockRef fail) {
    LLVMBasicBlockRef usual = frame_block(frame, "usual");
    branch_rare(frame, failed, fail, usual);
    frame_enter(frame, usual);
}

void frame_check(Frame *frame, LLVMValueRef failed) {
    if (!is_put_off(frame, failed)) check(frame, failed, fail_block(frame));
}

void frame_check_at(Frame *frame, LLVMValueRef failed, Span span) {
    if (is_put_off(frame, failed)) return;
    span = visible_place(frame, span);
    check(frame, failed, gen_is_library(frame->gen, span) ? fail_block(frame) : fail_at_block(frame, span));
}

/* ---- calls */

LLVMValueRef frame_runtime(Frame *frame, RuntimeFunction name, const LLVMValueRef *args) {
    const Callee *callee = gen_runtime(frame->gen, name);
    LLVMValueRef all[8] = {frame->context};
    unsigned count = (unsigned)gen_runtime_arity(name);
    for (unsigned i = 0; i < count; i++) all[i + 1] = args[i];
    return LLVMBuildCall2(frame->builder, callee->type, callee->function, all, count + 1, "");
}

static void call_attribute(Frame *frame, LLVMValueRef call, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAttributeRef attribute = LLVMCreateEnumAttribute(frame->gen->llvm, kind, 0);
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

void frame_inline(Frame *frame, LLVMValueRef call) {
    call_attribute(frame, call, "alwaysinline");
}

/* Else a long top level would take LLVM minutes. */
void frame_keep_call(Frame *frame, LLVMValueRef call) {
    if (frame->is_failing || (frame->runs_once && !frame->loop)) call_attribute(frame, call, "noinline");
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

static Slot *slot_new(Frame *frame, const CoreType *type) {
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
    Slot *slot = slot_new(frame, type);
    vec_push(frame->gen->arena, &frame->scope->slots, slot);
    return slot;
}

Slot *frame_own_slot(Frame *frame, const CoreType *type) {
    Slot *slot = slot_new(frame, type);
    vec_push(frame->gen->arena, &frame->own_slots, slot);
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

/* What is in the slot, if anything, is given up; the slot itself is left as it is. */
static void slot_drop(Frame *frame, const Slot *slot) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef value = LLVMBuildLoad2(b, slot->type ? gen_type(gen, slot->type) : gen->ptr, slot->address, "");
    if (slot->type) {
        value_drop(frame, value, slot->type);
        return;
    }
    LLVMBasicBlockRef open = frame_block(frame, "open"), closed = frame_block(frame, "closed");
    frame_branch(frame, LLVMBuildIsNull(b, value, ""), closed, open);
    frame_enter(frame, open);
    frame_runtime(frame, RUNTIME_mr_text_close, (LLVMValueRef[]){value});
    frame_jump(frame, closed);
    frame_enter(frame, closed);
}

/* Afterwards they are zero, on the ways to fail too: a slot that is free again may belong to an outer scope as well by now. */
static void slots_drop(Frame *frame, const Scope *scope) {
    for (size_t i = scope->slots.len; i > 0; i--) {
        const Slot *slot = scope->slots.items[i - 1];
        slot_drop(frame, slot);
        LLVMTypeRef type = slot->type ? gen_type(frame->gen, slot->type) : frame->gen->ptr;
        LLVMBuildStore(frame->builder, LLVMConstNull(type), slot->address);
    }
}

/* Writes the scope's ways to fail, and leaves it. */
static void scope_close(Frame *frame) {
    Scope *scope = frame->scope;
    if (scope->fail_at) {
        frame_enter(frame, scope->fail_at);
        LLVMValueRef place = LLVMBuildPhi(frame->builder, frame->gen->ptr, "place");
        LLVMAddIncoming(place, scope->fail_places.items, scope->fail_blocks.items, (unsigned)scope->fail_blocks.len);
        frame_runtime(frame, RUNTIME_mr_fail_at, (LLVMValueRef[]){place});
        frame_jump(frame, fail_block(frame));
    }
    frame->scope = scope->outer;
    if (scope->fail && !scope->catches) {
        frame_enter(frame, scope->fail);
        frame->is_failing = true;
        slots_drop(frame, scope);
        frame->is_failing = false;
        frame_jump(frame, fail_block(frame));
    }
}

void scope_leave(Frame *frame) {
    Scope *scope = frame->scope;
    slots_drop(frame, scope);
    LLVMBasicBlockRef here = LLVMGetInsertBlock(frame->builder);
    scope_close(frame);
    for (size_t i = 0; i < scope->slots.len; i++) scope->slots.items[i]->is_free = true;
    frame_enter(frame, here);
}

void scope_unwind(Frame *frame, const Scope *until) {
    for (const Scope *scope = frame->scope; scope != until; scope = scope->outer) slots_drop(frame, scope);
}

/* ---- the last way out */

static void frame_fail(Frame *frame) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    frame_enter(frame, frame->fail);
    for (size_t i = 0; i < frame->own_slots.len; i++) slot_drop(frame, frame->own_slots.items[i]);
    if (frame->keeps_position) {
        LLVMValueRef offset = gen_int(gen, (int64_t)offsetof(MrContext, failed_element));
        LLVMValueRef place = LLVMBuildInBoundsGEP2(b, gen->i8, frame->context, &offset, 1, "");
        LLVMBuildStore(b, LLVMBuildLoad2(b, gen->i64, frame->position, ""), place);
    }
    LLVMBuildRet(b, gen_flag(gen, true));
}

void frame_end(Frame *frame) {
    debug_place(frame->gen, frame->span);
    while (frame->scope) scope_close(frame);
    if (frame->fail) frame_fail(frame);
    LLVMBuildBr(frame->variables, LLVMGetNextBasicBlock(frame->entry));
    LLVMDisposeBuilder(frame->variables);
}
