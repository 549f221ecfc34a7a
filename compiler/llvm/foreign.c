/* Calls of C functions that the program declares: ints, floats, bools and pointers to text, each in a register of its own or on the
 * stack, as LLVM places them; nothing that would need C's rules for structs. */
#include "compiler/llvm/expr.h"

#include <stddef.h>

/* The module's names are made unique by numbers, which the linker must not see in these. */
void gen_foreign_names(Gen *gen) {
    for (size_t i = 0; i < gen->program->foreign.len; i++) {
        const char *name = gen->program->foreign.items[i].name;
        if (LLVMGetNamedFunction(gen->module, name)) continue;
        LLVMAddFunction(gen->module, name, LLVMFunctionType(gen->void_type, NULL, 0, 0));
    }
}

static LLVMTypeRef foreign_type(Gen *gen, const CoreType *type) {
    return gen_is_unit(type) ? gen->void_type : gen_argument_type(gen, type);
}

/* A copy with a NUL at its end; the statement owns it. */
static LLVMValueRef foreign_string(Frame *frame, Value *value, Span span) {
    LLVMValueRef out = gen_result(frame, value->type), string = frame_address(frame, value_read(frame, value));
    frame_runtime_check(frame, RUNTIME_mr_foreign_argument, (LLVMValueRef[]){out, string}, span);
    Value copy = value_owned(gen_load(frame, value->type, out), value->type);
    return LLVMBuildExtractValue(frame->builder, value_read(frame, &copy), 0, "text");
}

static LLVMValueRef foreign_argument(Frame *frame, Value *value, Span span) {
    if (value->type->kind == CORE_TYPE_STRING) return foreign_string(frame, value, span);
    LLVMValueRef llvm = value_read(frame, value);
    return value->type->kind == CORE_TYPE_BOOL ? gen_test(frame, llvm) : llvm;
}

static Value foreign_result(Frame *frame, const CoreExpr *expr, LLVMValueRef result) {
    if (gen_is_unit(expr->type)) return value_unit(frame, expr->type);
    if (expr->type->kind == CORE_TYPE_BOOL) return value_trivial(gen_bool(frame, result), expr->type);
    if (expr->type->kind != CORE_TYPE_STRING) return value_trivial(result, expr->type);
    LLVMValueRef out = gen_result(frame, expr->type);
    frame_runtime_check(frame, RUNTIME_mr_foreign_result, (LLVMValueRef[]){out, result}, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

Value gen_foreign(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    size_t count = expr->args.len;
    Value *values = arena_array(gen->arena, Value, count + 1);
    LLVMValueRef *args = arena_array(gen->arena, LLVMValueRef, count + 1);
    LLVMTypeRef *types = arena_array(gen->arena, LLVMTypeRef, count + 1);
    gen_operands(frame, expr->args.items, count, values);
    for (size_t i = 0; i < count; i++) {
        types[i] = foreign_type(gen, values[i].type);
        args[i] = foreign_argument(frame, &values[i], expr->span);
    }
    LLVMTypeRef type = LLVMFunctionType(foreign_type(gen, expr->type), types, (unsigned)count, 0);
    LLVMValueRef function = LLVMGetNamedFunction(gen->module, expr->text);
    LLVMValueRef result = LLVMBuildCall2(frame->builder, type, function, args, (unsigned)count, "");
    for (unsigned i = 0; i < count; i++)
        if (types[i] == gen->i1) gen_call_attribute_bool(gen, result, i + 1);
    if (expr->type->kind == CORE_TYPE_BOOL) gen_call_attribute_bool(gen, result, LLVMAttributeReturnIndex);
    return foreign_result(frame, expr, result);
}
