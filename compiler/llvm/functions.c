/* Functions: their declarations and bodies, and what makes them function values: a wrapper with the C convention and an MrFunction.
 *
 * bool f(context, result *, [closure,] arguments as values ...), internal and fastcc; the closure where there are captures.
 * Functions of quick loops do not fail, and have one argument more: where their doubt is noted (quick.h). */
#include "compiler/llvm/expr.h"
#include "compiler/llvm/variants.h"
#include "compiler/llvm/ways.h"

#include <stddef.h>
#include <string.h>

enum { TAIL_CALL_CONVENTION = 18 }; /* llvm::CallingConv::Tail, which the C API does not name */

unsigned gen_convention(const CoreFn *fn) {
    return fn->is_tail ? TAIL_CALL_CONVENTION : LLVMFastCallConv;
}

Callee *gen_function(Gen *gen, const CoreFn *fn) {
    Callee **known = gen_function_place(gen, fn);
    if (*known) return *known;
    Callee *callee = arena_make(gen->arena, Callee);
    *known = callee;
    unsigned count = 0;
    LLVMTypeRef *params = arena_array(gen->arena, LLVMTypeRef, fn->params.len + 4);
    params[count++] = gen->ptr;
    params[count++] = gen->ptr;
    if (fn->captures.len) params[count++] = gen->ptr;
    for (size_t i = 0; i < fn->params.len; i++) params[count++] = gen_type(gen, fn->params.items[i]->type);
    if (gen->variant && gen->variant->is_quick) params[count++] = gen->ptr;
    const char *name = gen_variant_name(gen, arena_printf(gen->arena, "fn %s", fn->name));
    *callee = gen_internal(gen, name, LLVMFunctionType(gen->i1, params, count, 0), true, true);
    gen_variant_mark(gen, callee->function);
    LLVMSetFunctionCallConv(callee->function, gen_convention(fn));
    gen_attribute(gen, callee->function, 2, "noalias"); /* callers pass a variable that nothing else knows */
    gen_attribute(gen, callee->function, 2, "nonnull");
    return callee;
}

static const CoreType *env_type(Gen *gen, const CoreFn *fn) {
    const CoreType **types = arena_array(gen->arena, const CoreType *, fn->captures.len + 1);
    for (size_t i = 0; i < fn->captures.len; i++) types[i] = fn->captures.items[i]->type;
    return gen_tuple(gen, types, fn->captures.len);
}

/* Fails where the address is below the limit. */
static void fail_below_limit(Frame *frame, LLVMValueRef here, Span span) {
    Gen *gen = frame->gen;
    LLVMValueRef limit = gen_load_at(frame, gen->i64, frame->context, offsetof(MrContext, stack_limit));
    LLVMSetVolatile(limit, gen->options.may_be_interrupted);
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildICmp(frame->builder, LLVMIntULT, here, limit, ""));
    frame_runtime(frame, RUNTIME_mr_fail_depth, NULL);
    frame_raise(frame, span, usual);
}

void gen_check_interrupt(Frame *frame, Span span) {
    Gen *gen = frame->gen;
    if (gen->options.may_be_interrupted && !frame->kernel) fail_below_limit(frame, gen_int(gen, (int64_t)(UINTPTR_MAX - 1)), span);
}

/* Where the stack pointer has passed the limit, the program fails instead of the machine. Calls in the function stay calls: made
 * into a loop, an endless recursion would never be noticed, and what fails would depend on the level of optimisation. */
void gen_check_depth(Frame *frame, const CoreFn *fn) {
    Gen *gen = frame->gen;
    LLVMAddAttributeAtIndex(frame->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateStringAttribute(gen->llvm, "disable-tail-calls", 18, "true", 4));
    LLVMMetadataRef name = LLVMMDStringInContext2(gen->llvm, gen->target->stack, strlen(gen->target->stack));
    LLVMValueRef stack = LLVMMetadataAsValue(gen->llvm, LLVMMDNodeInContext2(gen->llvm, &name, 1));
    unsigned id = LLVMLookupIntrinsicID("llvm.read_register", 18);
    LLVMValueRef read = LLVMGetIntrinsicDeclaration(gen->module, id, &gen->i64, 1);
    LLVMValueRef here = LLVMBuildCall2(frame->builder, LLVMIntrinsicGetType(gen->llvm, id, &gen->i64, 1), read, &stack, 1, "stack");
    fail_below_limit(frame, here, fn->span);
}

void gen_bind_captures(Frame *frame, const CoreFn *fn, LLVMValueRef closure) {
    const CoreType *type = env_type(frame->gen, fn);
    LLVMValueRef env = gen_at(frame, closure, offsetof(MrClosure, env));
    for (size_t i = 0; i < fn->captures.len; i++) {
        CoreVar *var = fn->captures.items[i];
        frame_bind_value(frame, var, gen_load(frame, var->type, gen_field_address(frame, type, env, (unsigned)i)));
    }
}

/* Parameters that the caller gave away lie in slots of the outermost scope, the others are only looked at. */
static void bind_param(Frame *frame, const CoreVar *var, LLVMValueRef param) {
    if (!var->is_owned || var->type->is_flat) {
        frame_bind_value(frame, var, param);
        return;
    }
    LLVMValueRef address = frame_slot(frame, var->type)->address;
    LLVMBuildStore(frame->builder, param, address);
    frame_bind_address(frame, var, address, true);
}

void gen_function_body(Gen *gen, const CoreFn *fn, bool runs_once) {
    const Callee *callee = gen_function(gen, fn);
    Frame frame;
    Scope scope;
    frame_begin(&frame, gen, callee->function, fn->name, fn->span);
    frame.out = LLVMGetParam(callee->function, 1);
    frame.runs_once = runs_once;
    frame.is_steady = gen->variant && gen->variant->is_steady;
    if (gen->variant && gen->variant->is_quick) frame.doubt = LLVMGetLastParam(callee->function);
    scope_enter(&frame, &scope);
    unsigned next = 2;
    if (fn->captures.len) gen_bind_captures(&frame, fn, LLVMGetParam(callee->function, next++));
    for (size_t i = 0; i < fn->params.len; i++) bind_param(&frame, fn->params.items[i], LLVMGetParam(callee->function, next++));
    if (fn->is_recursive) gen_check_depth(&frame, fn);
    Value result = gen_expr(&frame, fn->body);
    /* A body that always leaves by `return` may have another type. */
    if (result.type != fn->result) result = value_unit(&frame, fn->result);
    gen_return(&frame, result);
    frame_end(&frame);
}

/* ---- functions as values */

static LLVMValueRef wrapper_argument(Frame *frame, const CoreVar *var, LLVMValueRef param) {
    if (var->type->kind == CORE_TYPE_BOOL) return gen_bool(frame, param);
    if (gen_is_scalar(var->type)) return param;
    return gen_load(frame, var->type, param);
}

/* bool code(context, result *, closure, arguments as C has them). The caller gives the arguments away; what the function merely
 * borrows, the wrapper drops. */
static LLVMValueRef declare_wrapper(Gen *gen, const CoreFn *fn) {
    unsigned count = 3;
    LLVMTypeRef *types = arena_array(gen->arena, LLVMTypeRef, fn->params.len + 3);
    for (unsigned i = 0; i < count; i++) types[i] = gen->ptr;
    for (size_t i = 0; i < fn->params.len; i++) types[count++] = gen_argument_type(gen, fn->params.items[i]->type);
    Callee wrapper =
        gen_internal(gen, arena_printf(gen->arena, "code %s", fn->name), LLVMFunctionType(gen->i1, types, count, 0), false, true);
    gen_attribute_bool(gen, wrapper.function, LLVMAttributeReturnIndex);
    for (unsigned i = 3; i < count; i++) {
        if (types[i] == gen->i1) gen_attribute_bool(gen, wrapper.function, i + 1);
    }
    return wrapper.function;
}

static void wrapper_body(Gen *gen, const CoreFn *fn, LLVMValueRef wrapper) {
    const Callee *callee = gen_function(gen, fn);
    LLVMValueRef *args = arena_array(gen->arena, LLVMValueRef, fn->params.len + 3);
    unsigned count = 0;
    Frame frame;
    frame_begin(&frame, gen, wrapper, fn->name, fn->span);
    args[count++] = frame.context;
    args[count++] = LLVMGetParam(wrapper, 1);
    if (fn->captures.len) args[count++] = LLVMGetParam(wrapper, 2);
    size_t first = count;
    for (size_t i = 0; i < fn->params.len; i++) {
        args[count++] = wrapper_argument(&frame, fn->params.items[i], LLVMGetParam(wrapper, (unsigned)i + 3));
    }
    LLVMValueRef failed = LLVMBuildCall2(gen->builder, callee->type, callee->function, args, count, "");
    LLVMSetInstructionCallConv(failed, gen_convention(fn));
    for (size_t i = 0; i < fn->params.len; i++) {
        const CoreVar *param = fn->params.items[i];
        if (!param->is_owned) value_drop(&frame, args[first + i], param->type);
    }
    LLVMBuildRet(gen->builder, failed);
    frame_end(&frame);
}

LLVMValueRef gen_function_constant(Gen *gen, const CoreFn *fn) {
    FunctionValue *known = map_get_pointer(&gen->function_values, fn);
    if (known) return known->constant;
    LLVMTypeRef layout[] = {gen->ptr, gen->ptr, gen->ptr, gen->i32, gen->i32, gen->i8, gen->i8, gen->ptr, gen->ptr};
    LLVMTypeRef type = LLVMStructTypeInContext(gen->llvm, layout, 9, 0);
    FunctionValue *value = arena_make(gen->arena, FunctionValue);
    *map_slot_pointer(&gen->function_values, fn) = value;
    value->fn = fn;
    value->constant = LLVMAddGlobal(gen->module, type, arena_printf(gen->arena, "function %s", fn->name));
    value->code = declare_wrapper(gen, fn);
    if (gen->options.part == GEN_BETTER) { /* function values stay those of the first program, and lead here from there */
        LLVMSetValueName2(value->constant, ways_symbol(fn->name).text, WAYS_SYMBOL);
        return value->constant;
    }
    LLVMSetGlobalConstant(value->constant, 1);
    LLVMSetLinkage(value->constant, LLVMPrivateLinkage);
    LLVMValueRef fields[] = {
        value->code,
        gen_descriptor(gen, env_type(gen, fn)),
        gen_text(gen, fn->name),
        gen_small(gen, fn->element ? gen_walk_kind(fn) : MR_WALK_NONE),
        gen_small(gen, fn->element ? (uint32_t)fn->body->sources.len : 0),
        gen_byte(gen, fn->element && gen_walk_is_straight(fn)),
        gen_byte(gen, fn->element && gen_walk_is_total(fn)),
        fn->element ? gen_descriptor(gen, fn->element) : LLVMConstNull(gen->ptr),
        gen_descriptor(gen, core_closure_type(gen->program, (CoreFn *)(uintptr_t)fn)),
    };
    LLVMSetInitializer(value->constant, LLVMConstStructInContext(gen->llvm, fields, 9, 0));
    return value->constant;
}

LLVMValueRef gen_function_code(Gen *gen, const CoreFn *fn) {
    gen_function_constant(gen, fn);
    const FunctionValue *value = map_get_pointer(&gen->function_values, fn);
    return value->code;
}

LLVMValueRef gen_function_values(Gen *gen, size_t *count) {
    const Map *all = &gen->function_values;
    LLVMValueRef *constants = arena_array(gen->arena, LLVMValueRef, all->len + 1);
    for (size_t i = 0; i < all->len; i++) {
        const FunctionValue *value = all->entries[i].value;
        if (!value->fn->element) wrapper_body(gen, value->fn, value->code);
        constants[i] = value->constant;
    }
    *count = all->len;
    return gen_pointer_array(gen, "functions", constants, all->len);
}
