/* ways.c: see ways.h. In a first program, what everybody knows as a function is a jump through the table, and its code has another
 * name. */
#include "compiler/llvm/ways.h"

#include <string.h>

#include "compiler/llvm/module.h"

typedef VEC(LLVMValueRef) Functions;

static Functions own_functions(Gen *gen) {
    Functions functions = {0};
    for (LLVMValueRef f = LLVMGetFirstFunction(gen->module); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f) && LLVMGetLinkage(f) == LLVMInternalLinkage) vec_push(gen->arena, &functions, f);
    return functions;
}

/* "fn tally: i1 (ptr, ptr, { ptr, i64, ptr })": what has the same name here and there has the same type, or is none. */
static LLVMValueRef way_name(Gen *gen, LLVMValueRef function) {
    size_t len;
    const char *name = LLVMGetValueName2(function, &len);
    char *type = LLVMPrintTypeToString(LLVMGlobalGetValueType(function));
    LLVMValueRef text = gen_text(gen, arena_printf(gen->arena, "%.*s: %s", (int)len, name, type));
    LLVMDisposeMessage(type);
    return text;
}

static void copy_attributes(Gen *gen, LLVMValueRef from, LLVMValueRef to, LLVMAttributeIndex where, bool is_call) {
    unsigned count = LLVMGetAttributeCountAtIndex(from, where);
    LLVMAttributeRef *attributes = arena_array(gen->arena, LLVMAttributeRef, count + 1);
    LLVMGetAttributesAtIndex(from, where, attributes);
    for (unsigned i = 0; i < count; i++) {
        if (is_call)
            LLVMAddCallSiteAttribute(to, where, attributes[i]);
        else
            LLVMAddAttributeAtIndex(to, where, attributes[i]);
    }
}

/* A function in the place of `function` that goes on at what the table's entry says. */
static LLVMValueRef way_to(Gen *gen, LLVMValueRef function, LLVMValueRef entry) {
    LLVMTypeRef type = LLVMGlobalGetValueType(function);
    LLVMValueRef way = LLVMAddFunction(gen->module, "", type);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(gen->llvm);
    unsigned count = LLVMCountParams(function);
    LLVMValueRef *arguments = arena_array(gen->arena, LLVMValueRef, count + 1);
    LLVMSetLinkage(way, LLVMInternalLinkage);
    LLVMSetFunctionCallConv(way, LLVMGetFunctionCallConv(function));
    LLVMReplaceAllUsesWith(function, way);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(gen->llvm, way, ""));
    LLVMValueRef place = LLVMBuildStructGEP2(
        builder, LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->ptr, gen->ptr, gen->ptr}, 3, 0), entry, 2, "");
    LLVMValueRef leads = LLVMBuildLoad2(builder, gen->ptr, place, "");
    LLVMSetVolatile(leads, 1);
    LLVMGetParams(way, arguments);
    LLVMValueRef call = LLVMBuildCall2(builder, type, leads, arguments, count, "");
    LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(function));
    LLVMSetTailCall(call, 1); /* of functions that call each other in the end, whose convention sees to it that no stack is taken */
    for (unsigned i = 0; i <= count; i++) {
        copy_attributes(gen, function, way, i, false);
        copy_attributes(gen, function, call, i, true);
    }
    if (LLVMGetTypeKind(LLVMGetReturnType(type)) == LLVMVoidTypeKind)
        LLVMBuildRetVoid(builder);
    else
        LLVMBuildRet(builder, call);
    LLVMDisposeBuilder(builder);
    return way;
}

static void give_name(Gen *gen, LLVMValueRef function, LLVMValueRef way) {
    size_t len;
    const char *name = LLVMGetValueName2(function, &len);
    char *copy = arena_strndup(gen->arena, name, len), *own = arena_printf(gen->arena, "%s, quickly made", copy);
    LLVMSetValueName2(function, own, strlen(own));
    LLVMSetValueName2(way, copy, len);
}

void gen_ways(Gen *gen, bool is_first) {
    LLVMTypeRef shape = LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->ptr, gen->ptr, gen->ptr}, 3, 0);
    Functions functions = own_functions(gen);
    LLVMTypeRef type = LLVMArrayType2(shape, functions.len + 1);
    LLVMValueRef table = LLVMAddGlobal(gen->module, type, WAYS_TABLE);
    LLVMValueRef *entries = arena_array(gen->arena, LLVMValueRef, functions.len + 1);
    for (size_t i = 0; i < functions.len; i++) {
        LLVMValueRef function = functions.items[i], name = way_name(gen, function), known = function;
        LLVMValueRef at[] = {gen_int(gen, 0), gen_int(gen, (int64_t)i)};
        if (is_first) {
            known = way_to(gen, function, LLVMConstInBoundsGEP2(type, table, at, 2));
            give_name(gen, function, known);
        }
        LLVMValueRef fields[] = {name, known, is_first ? function : LLVMConstNull(gen->ptr)};
        entries[i] = LLVMConstStructInContext(gen->llvm, fields, 3, 0);
    }
    entries[functions.len] = LLVMConstNull(shape);
    LLVMSetInitializer(table, LLVMConstArray2(shape, entries, functions.len + 1));
}
