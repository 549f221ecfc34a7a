/* Calls: of known functions, of function values, of the library's primitives; and the making of closures. */
#include "compiler/llvm/expr.h"
#include "compiler/llvm/quick.h"

#include <stddef.h>
#include <string.h>

Value gen_call(Frame *frame, const CoreExpr *expr) {
    size_t count = expr->args.len;
    Arena *arena = frame->gen->arena;
    Value *values = arena_array(arena, Value, count + 1);
    LLVMValueRef *args = arena_array(arena, LLVMValueRef, count + 3);
    gen_operands(frame, expr->args.items, count, values);
    LLVMValueRef out = gen_result(frame, expr->type);
    args[0] = frame->context;
    args[1] = out;
    for (size_t i = 0; i < count; i++) {
        bool is_owned = expr->fn->params.items[i]->is_owned;
        args[i + 2] = is_owned ? value_take(frame, values[i]) : value_read(frame, &values[i]);
    }
    unsigned given = (unsigned)count + 2;
    if (frame->doubt) args[given++] = quick_callee_doubt(frame);
    const Callee *callee = gen_function(frame->gen, expr->fn);
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, callee->type, callee->function, args, given, "");
    LLVMSetInstructionCallConv(failed, gen_convention(expr->fn));
    if (frame->doubt) {
        quick_called(frame, args[given - 1]);
        return value_owned(gen_load(frame, expr->type, out), expr->type);
    }
    frame_keep_call(frame, failed);
    /* A function of the program has noted the place itself. */
    if (gen_is_library(frame->gen, expr->fn->span)) {
        frame_check_at(frame, failed, expr->span);
    } else {
        frame_check(frame, failed);
    }
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* Nothing of this function is left when the other one begins: the arguments are its own, and it writes this one's result. */
void gen_tail_call(Frame *frame, const CoreExpr *expr) {
    size_t count = expr->args.len;
    Arena *arena = frame->gen->arena;
    Value *values = arena_array(arena, Value, count + 1);
    LLVMValueRef *args = arena_array(arena, LLVMValueRef, count + 2);
    gen_operands(frame, expr->args.items, count, values);
    args[0] = frame->context;
    args[1] = frame->out;
    for (size_t i = 0; i < count; i++)
        args[i + 2] = frame->walks_text ? value_keep(frame, values[i]) : value_take(frame, values[i]);
    scope_unwind(frame, NULL);
    const Callee *callee = gen_function(frame->gen, expr->fn);
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, callee->type, callee->function, args, (unsigned)count + 2, "");
    LLVMSetInstructionCallConv(failed, gen_convention(expr->fn));
    LLVMSetTailCallKind(failed, LLVMTailCallKindMustTail);
    LLVMBuildRet(frame->builder, failed);
}

/* ---- the C side's convention: scalars by value, all else by address */

/* The same for a function value, which owns what it is called with. */
static LLVMValueRef given_argument(Frame *frame, Value value) {
    LLVMValueRef llvm = value_take(frame, value);
    if (value.type->kind == CORE_TYPE_BOOL) return gen_test(frame, llvm);
    return gen_is_scalar(value.type) ? llvm : frame_address(frame, llvm);
}

static LLVMValueRef c_argument(Frame *frame, Value *value) {
    LLVMValueRef llvm = value_read(frame, value);
    if (value->type->kind == CORE_TYPE_BOOL) return gen_test(frame, llvm);
    return gen_is_scalar(value->type) ? llvm : frame_address(frame, llvm);
}

typedef struct CCall {
    LLVMTypeRef *types;
    LLVMValueRef *args;
    unsigned count;
} CCall;

static CCall c_call_new(Frame *frame, size_t most) {
    Arena *arena = frame->gen->arena;
    CCall call = {arena_array(arena, LLVMTypeRef, most), arena_array(arena, LLVMValueRef, most), 0};
    return call;
}

static void c_call_add(CCall *call, LLVMValueRef arg) {
    call->types[call->count] = LLVMTypeOf(arg);
    call->args[call->count++] = arg;
}

static LLVMTypeRef c_call_type(Frame *frame, const CCall *call) {
    return LLVMFunctionType(frame->gen->i1, call->types, call->count, 0);
}

/* Marks what is a bool; `on` is the call itself or the declaration. */
static void c_call_bools(Gen *gen, const CCall *call, LLVMValueRef on, bool is_call) {
    for (unsigned i = 0; i <= call->count; i++) {
        if (i > 0 && call->types[i - 1] != gen->i1) continue; /* index 0 is the result */
        if (is_call) {
            gen_call_attribute_bool(gen, on, i);
        } else {
            gen_attribute_bool(gen, on, i);
        }
    }
}

Value gen_call_value(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    size_t count = expr->args.len;
    Value *values = arena_array(gen->arena, Value, count + 1);
    gen_operands(frame, expr->args.items, count, values);
    LLVMValueRef closure = value_read(frame, &values[0]), out = gen_result(frame, expr->type);
    CCall call = c_call_new(frame, count + 3);
    c_call_add(&call, frame->context);
    c_call_add(&call, out);
    c_call_add(&call, closure);
    for (size_t i = 1; i < count; i++) c_call_add(&call, given_argument(frame, values[i]));
    LLVMValueRef function = gen_load_at(frame, gen->ptr, closure, offsetof(MrClosure, function));
    LLVMValueRef code = gen_load_at(frame, gen->ptr, function, offsetof(MrFunction, code));
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, c_call_type(frame, &call), code, call.args, call.count, "");
    c_call_bools(gen, &call, failed, true);
    frame_check_at(frame, failed, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* ---- closures */

Value gen_closure(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    LLVMValueRef function = gen_function_constant(gen, expr->fn);
    size_t count = expr->args.len;
    if (!count) {
        LLVMValueRef fields[] = {gen_int(gen, -1), function}; /* immortal */
        LLVMValueRef closure = LLVMConstStructInContext(gen->llvm, fields, 2, 0);
        return value_trivial(gen_constant(gen, "closure", closure), expr->type);
    }
    Value *values = arena_array(gen->arena, Value, count);
    const CoreType **types = arena_array(gen->arena, const CoreType *, count);
    gen_operands(frame, expr->args.items, count, values);
    for (size_t i = 0; i < count; i++) types[i] = expr->fn->captures.items[i]->type;
    LLVMTypeRef env_type = gen_type(gen, gen_tuple(gen, types, count));
    LLVMValueRef closure = frame_runtime(frame, RUNTIME_mr_closure_make, (LLVMValueRef[]){function});
    LLVMValueRef env = gen_at(frame, closure, offsetof(MrClosure, env));
    for (size_t i = 0; i < count; i++) {
        LLVMValueRef place = LLVMBuildStructGEP2(frame->builder, env_type, env, (unsigned)i, "");
        LLVMBuildStore(frame->builder, value_keep(frame, values[i]), place);
    }
    return value_owned(closure, expr->type);
}

/* ---- primitives */

Value gen_prim_call(Frame *frame, const CoreExpr *expr, LLVMValueRef place, Value *values) {
    Gen *gen = frame->gen;
    LLVMValueRef out = gen_result(frame, expr->type);
    CCall call = c_call_new(frame, expr->args.len + expr->type_arg_count + 3);
    c_call_add(&call, frame->context);
    c_call_add(&call, out);
    if (place) c_call_add(&call, place);
    for (size_t i = 0; i < expr->args.len; i++) {
        bool by_address = i < 64 && (expr->generic_args >> i & 1);
        c_call_add(&call, by_address ? frame_address(frame, value_read(frame, &values[i])) : c_argument(frame, &values[i]));
    }
    for (size_t i = 0; i < expr->type_arg_count; i++) c_call_add(&call, gen_descriptor(gen, expr->type_args[i]));
    const char *name = arena_printf(gen->arena, "mr_prim_%s", expr->text);
    LLVMTypeRef type = c_call_type(frame, &call);
    LLVMValueRef function = LLVMGetNamedFunction(gen->module, name);
    if (!function) {
        function = LLVMAddFunction(gen->module, name, type);
        gen_attribute(gen, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
        c_call_bools(gen, &call, function, false);
    }
    LLVMValueRef failed = LLVMBuildCall2(frame->builder, type, function, call.args, call.count, "");
    c_call_bools(gen, &call, failed, true);
    frame_inline(frame, failed); /* which has an effect where the primitive is one of the hot functions */
    frame_check_at(frame, failed, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

static LLVMValueRef float_intrinsic(Frame *frame, const char *name, LLVMValueRef arg) {
    Gen *gen = frame->gen;
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(gen->module, id, &gen->f64, 1);
    return LLVMBuildCall2(frame->builder, LLVMIntrinsicGetType(gen->llvm, id, &gen->f64, 1), function, &arg, 1, "");
}

static LLVMValueRef scramble(Frame *frame, LLVMValueRef z) {
    static const struct {
        int shift;
        uint64_t factor;
    } steps[] = {{30, UINT64_C(0xbf58476d1ce4e5b9)}, {27, UINT64_C(0x94d049bb133111eb)}};
    LLVMBuilderRef b = frame->builder;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        z = LLVMBuildXor(b, z, LLVMBuildLShr(b, z, gen_int(frame->gen, steps[i].shift), ""), "");
        z = LLVMBuildMul(b, z, gen_int(frame->gen, (int64_t)steps[i].factor), "");
    }
    return LLVMBuildXor(b, z, LLVMBuildLShr(b, z, gen_int(frame->gen, 31), ""), "");
}

/* mr_prim_mix, in a form that LLVM may turn into vectors: which pays where these can be multiplied (runtime/value/random.c). */
static LLVMValueRef gen_mix(Frame *frame, LLVMValueRef seed, LLVMValueRef i) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef gamma = gen_int(frame->gen, (int64_t)UINT64_C(0x9e3779b97f4a7c15));
    LLVMValueRef number = LLVMBuildMul(b, LLVMBuildAdd(b, i, gen_int(frame->gen, 1), ""), gamma, "");
    return scramble(frame, LLVMBuildAdd(b, scramble(frame, LLVMBuildAdd(b, seed, gamma, "")), number, ""));
}

/* Primitives that are an instruction or two; NULL for all others. Only such whose result is the same on every machine. */
static LLVMValueRef inline_prim(Frame *frame, const CoreExpr *expr, Value *values) {
    static const char *const rounded[][2] = {{"sqrt", "llvm.sqrt"},
                                             {"floor", "llvm.floor"},
                                             {"ceil", "llvm.ceil"},
                                             {"trunc", "llvm.trunc"},
                                             {"round", "llvm.roundeven"}};
    if (!expr->args.len) return NULL;
    const CoreType *type = values[0].type;
    LLVMBuilderRef b = frame->builder;
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++) {
        if (strcmp(expr->text, rounded[i][0]) == 0) return float_intrinsic(frame, rounded[i][1], values[0].llvm);
    }
    if (strcmp(expr->text, "to_float") == 0 && type->kind == CORE_TYPE_INT) {
        return LLVMBuildSIToFP(b, values[0].llvm, frame->gen->f64, "");
    }
    if (strcmp(expr->text, "to_float") == 0 && type->kind == CORE_TYPE_FLOAT) return values[0].llvm;
    if (strcmp(expr->text, "to_int") == 0 && type->kind == CORE_TYPE_INT) return values[0].llvm;
    if (strcmp(expr->text, "len") == 0 && type->kind == CORE_TYPE_LIST) {
        return gen_list_len(frame, value_read(frame, &values[0]));
    }
    if (strcmp(expr->text, "len") == 0 && type->kind == CORE_TYPE_STRING) {
        return LLVMBuildExtractValue(b, value_read(frame, &values[0]), 1, "len");
    }
    if (strcmp(expr->text, "mix") == 0 && gen_level_made(frame->gen)->multiplies_vectors) {
        return gen_mix(frame, values[0].llvm, values[1].llvm);
    }
    if (strcmp(expr->text, "compare") == 0) {
        LLVMValueRef left = value_read(frame, &values[0]), right = value_read(frame, &values[1]);
        return gen_compare_total(frame, type, left, right);
    }
    return NULL;
}

Value gen_prim(Frame *frame, const CoreExpr *expr) {
    Value *values = arena_array(frame->gen->arena, Value, expr->args.len + 1);
    gen_operands(frame, expr->args.items, expr->args.len, values);
    if (expr->flag) return gen_lent_split(frame, expr, values);
    LLVMValueRef quick = inline_prim(frame, expr, values);
    return quick ? value_trivial(quick, expr->type) : gen_prim_call(frame, expr, NULL, values);
}
