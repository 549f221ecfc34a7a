/* Reference counting for each type: small internal functions that take values, not addresses, so that the variables that they are
 * used on can live in registers whether or not LLVM inlines them. Counts are changed here; the runtime is called only to free and
 * to copy.
 *
 * drop gives a value up; retain makes a second owner, leaving slices of a chunk as they are; own does so too, but copies such
 * slices; detach copies the slices of a value that is owned already. Lists, maps and closures hold nothing borrowed: only strings
 * in the value itself (alone, in a tuple, in an optional) can be slices. */
#include "compiler/llvm/module.h"

typedef enum OwnerAction { OWNER_DROP, OWNER_RETAIN, OWNER_OWN, OWNER_DETACH } OwnerAction;

typedef struct Helper {
    Gen *gen;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    OwnerAction action;
    LLVMValueRef context, value; /* the context is NULL for retain */
    LLVMTypeRef type;
    LLVMValueRef place; /* where the value lies when the runtime wants its address; in the entry block, so that inlining is free */
} Helper;

static LLVMBasicBlockRef helper_block(Helper *helper, const char *name) {
    return LLVMAppendBasicBlockInContext(helper->gen->llvm, helper->function, name);
}

static LLVMBasicBlockRef helper_enter(Helper *helper, LLVMBasicBlockRef block) {
    LLVMPositionBuilderAtEnd(helper->builder, block);
    return block;
}

static LLVMValueRef helper_runtime(Helper *helper, RuntimeFunction name, LLVMValueRef place, const CoreType *type) {
    const Callee *callee = gen_runtime(helper->gen, name);
    LLVMValueRef args[] = {helper->context, place, type ? gen_descriptor(helper->gen, type) : NULL};
    return LLVMBuildCall2(helper->builder, callee->type, callee->function, args, type ? 3 : 2, "");
}

/* The end of a path: `value` is what own and detach give back. */
static void helper_return(Helper *helper, LLVMValueRef value) {
    if (helper->action == OWNER_OWN || helper->action == OWNER_DETACH) {
        LLVMBuildRet(helper->builder, value);
    } else {
        LLVMBuildRetVoid(helper->builder);
    }
}

static LLVMValueRef helper_spill(Helper *helper) {
    LLVMBuildStore(helper->builder, helper->value, helper->place);
    return helper->place;
}

/* Counts `cell`, which is not NULL, up by one unless it is immortal, and returns. */
static void helper_count_up(Helper *helper, LLVMValueRef cell) {
    Gen *gen = helper->gen;
    LLVMBasicBlockRef counted = helper_block(helper, "counted"), done = helper_block(helper, "done");
    LLVMValueRef count = LLVMBuildLoad2(helper->builder, gen->i64, cell, "count");
    LLVMBuildCondBr(helper->builder, LLVMBuildICmp(helper->builder, LLVMIntSGE, count, gen_int(gen, 0), ""), counted, done);
    helper_enter(helper, counted);
    LLVMBuildStore(helper->builder, LLVMBuildAdd(helper->builder, count, gen_int(gen, 1), ""), cell);
    LLVMBuildBr(helper->builder, done);
    helper_enter(helper, done);
    helper_return(helper, helper->value);
}

/* Counts down; the last owner leaves the freeing to the runtime. */
static void helper_count_down(Helper *helper, LLVMValueRef cell, RuntimeFunction last, const CoreType *type) {
    Gen *gen = helper->gen;
    LLVMBuilderRef b = helper->builder;
    LLVMBasicBlockRef shared = helper_block(helper, "shared"), rest = helper_block(helper, "rest");
    LLVMBasicBlockRef unique = helper_block(helper, "unique"), done = helper_block(helper, "done");
    LLVMValueRef count = LLVMBuildLoad2(b, gen->i64, cell, "count");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntSGT, count, gen_int(gen, 1), ""), shared, rest);
    helper_enter(helper, shared);
    LLVMBuildStore(b, LLVMBuildSub(b, count, gen_int(gen, 1), ""), cell);
    LLVMBuildBr(b, done);
    helper_enter(helper, rest);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntSGE, count, gen_int(gen, 0), ""), unique, done);
    helper_enter(helper, unique);
    helper_runtime(helper, last, helper_spill(helper), type);
    LLVMBuildBr(b, done);
    helper_enter(helper, done);
    LLVMBuildRetVoid(b);
}

static void helper_string(Helper *helper) {
    Gen *gen = helper->gen;
    LLVMBuilderRef b = helper->builder;
    LLVMBasicBlockRef owned = helper_block(helper, "owned"), borrowed = helper_block(helper, "borrowed");
    LLVMValueRef owner = LLVMBuildExtractValue(b, helper->value, 2, "owner");
    LLVMBuildCondBr(b, LLVMBuildIsNull(b, owner, ""), borrowed, owned);
    helper_enter(helper, owned);
    switch (helper->action) {
    case OWNER_DROP: helper_count_down(helper, owner, RUNTIME_mr_string_drop, NULL); break;
    case OWNER_RETAIN:
    case OWNER_OWN: helper_count_up(helper, owner); break;
    case OWNER_DETACH: helper_return(helper, helper->value); break;
    }
    helper_enter(helper, borrowed);
    if (helper->action == OWNER_DROP || helper->action == OWNER_RETAIN) {
        helper_return(helper, helper->value);
        return;
    }
    LLVMBasicBlockRef slice = helper_block(helper, "slice"), empty = helper_block(helper, "empty");
    LLVMValueRef len = LLVMBuildExtractValue(b, helper->value, 1, "len");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, len, gen_int(gen, 0), ""), empty, slice);
    helper_enter(helper, empty);
    helper_return(helper, LLVMConstNull(helper->type));
    helper_enter(helper, slice);
    LLVMValueRef place = helper_spill(helper);
    helper_runtime(helper, RUNTIME_mr_string_own, place, NULL);
    helper_return(helper, LLVMBuildLoad2(b, helper->type, place, ""));
}

static void helper_pointer(Helper *helper, const CoreType *type) {
    LLVMBuilderRef b = helper->builder;
    LLVMBasicBlockRef some = helper_block(helper, "some"), none = helper_block(helper, "none");
    LLVMBuildCondBr(b, LLVMBuildIsNull(b, helper->value, ""), none, some);
    helper_enter(helper, some);
    if (helper->action == OWNER_DROP) {
        helper_count_down(helper, helper->value, RUNTIME_mr_drop, type);
    } else {
        helper_count_up(helper, helper->value);
    }
    helper_enter(helper, none);
    helper_return(helper, helper->value);
}

static const Callee *owner_function(Gen *gen, const CoreType *type, OwnerAction action);

/* Does the action to one part of a tuple or optional; returns the whole with the part replaced. */
static LLVMValueRef helper_part(Helper *helper, LLVMValueRef whole, unsigned field, const CoreType *type) {
    if (type->is_flat || (helper->action == OWNER_DETACH && !gen_has_strings(helper->gen, type))) return whole;
    const Callee *callee = owner_function(helper->gen, type, helper->action);
    LLVMValueRef part = LLVMBuildExtractValue(helper->builder, whole, field, "");
    LLVMValueRef args[] = {helper->context, part};
    bool is_retain = helper->action == OWNER_RETAIN;
    LLVMValueRef call =
        LLVMBuildCall2(helper->builder, callee->type, callee->function, is_retain ? args + 1 : args, is_retain ? 1 : 2, "");
    LLVMSetInstructionCallConv(call, LLVMFastCallConv);
    if (helper->action == OWNER_DROP || is_retain) return whole;
    return LLVMBuildInsertValue(helper->builder, whole, call, field, "");
}

static void helper_optional(Helper *helper, const CoreType *type) {
    LLVMBuilderRef b = helper->builder;
    LLVMBasicBlockRef some = helper_block(helper, "some"), none = helper_block(helper, "none");
    LLVMValueRef tag = LLVMBuildExtractValue(b, helper->value, 0, "tag");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, tag, gen_byte(helper->gen, 0), ""), none, some);
    helper_enter(helper, some);
    helper_return(helper, helper_part(helper, helper->value, 1, type->args[0]));
    helper_enter(helper, none);
    helper_return(helper, helper->value);
}

static void helper_body(Helper *helper, const CoreType *type) {
    helper_enter(helper, helper_block(helper, "entry"));
    bool has_parts = type->kind == CORE_TYPE_TUPLE || type->kind == CORE_TYPE_OPTIONAL;
    if (!has_parts && helper->context) helper->place = LLVMBuildAlloca(helper->builder, helper->type, "place");
    switch (type->kind) {
    case CORE_TYPE_STRING: helper_string(helper); break;
    case CORE_TYPE_OPTIONAL: helper_optional(helper, type); break;
    case CORE_TYPE_TUPLE: {
        LLVMValueRef whole = helper->value;
        for (size_t i = 0; i < type->arg_count; i++) whole = helper_part(helper, whole, (unsigned)i, type->args[i]);
        helper_return(helper, whole);
        break;
    }
    default: helper_pointer(helper, type); break;
    }
}

static const char *const ACTION_NAMES[] = {"drop", "retain", "own", "detach"};

static const Callee *owner_function(Gen *gen, const CoreType *type, OwnerAction action) {
    GenType *info = gen_type_info(gen, type);
    Callee *places[] = {&info->drop, &info->retain, &info->own, &info->detach};
    Callee *callee = places[action];
    if (callee->function) return callee;
    LLVMTypeRef value = gen_type(gen, type);
    bool gives_back = action == OWNER_OWN || action == OWNER_DETACH, has_context = action != OWNER_RETAIN;
    LLVMTypeRef params[] = {gen->ptr, value};
    LLVMTypeRef signature =
        LLVMFunctionType(gives_back ? value : gen->void_type, has_context ? params : params + 1, has_context ? 2 : 1, 0);
    *callee = gen_internal(gen, arena_printf(gen->arena, "%s %s", ACTION_NAMES[action], type->name), signature, true, has_context);
    /* The parts' functions are made while this one's body is written: each has a builder of its own. */
    Helper helper = {gen, LLVMCreateBuilderInContext(gen->llvm), callee->function, action, NULL, NULL, value, NULL};
    helper.context = has_context ? LLVMGetParam(callee->function, 0) : NULL;
    helper.value = LLVMGetParam(callee->function, has_context ? 1 : 0);
    helper_body(&helper, type);
    LLVMDisposeBuilder(helper.builder);
    return callee;
}

const Callee *gen_drop_function(Gen *gen, const CoreType *type) {
    return owner_function(gen, type, OWNER_DROP);
}

const Callee *gen_retain_function(Gen *gen, const CoreType *type) {
    return owner_function(gen, type, OWNER_RETAIN);
}

const Callee *gen_own_function(Gen *gen, const CoreType *type) {
    return owner_function(gen, type, OWNER_OWN);
}

const Callee *gen_detach_function(Gen *gen, const CoreType *type) {
    return owner_function(gen, type, OWNER_DETACH);
}
