/* straight.c: which conditions are computed without branches, and how. */
#include "compiler/llvm/straight.h"
#include "compiler/llvm/wide.h"

#include <string.h>

/* Expressions on both sides together, with all that is called: beyond these a branch costs less than what it saves. */
enum { STRAIGHT_SIZE = 40 };

static bool fits(const Frame *frame, const CoreExpr *expr, size_t *size);

static bool all_fit(const Frame *frame, const CoreExpr *expr, size_t *size) {
    for (size_t i = 0; i < expr->args.len; i++) {
        if (!fits(frame, expr->args.items[i], size)) return false;
    }
    return true;
}

/* Ints are checked by branches but in quick loops. Division of ints takes longer than a branch that was foreseen wrongly. */
static bool op_fits(const Frame *frame, const CoreExpr *expr) {
    const CoreType *type = expr->args.items[0]->type;
    if (!gen_is_scalar(type)) return false;
    bool is_float = type->kind == CORE_TYPE_FLOAT;
    switch (expr->op) {
    case CORE_OP_ADD:
    case CORE_OP_SUB:
    case CORE_OP_MUL:
    case CORE_OP_NEG: return is_float || frame->doubt;
    case CORE_OP_SHL:
    case CORE_OP_SHR: return frame->doubt;
    case CORE_OP_FLOOR_DIV:
    case CORE_OP_MOD:
    case CORE_OP_POW:
    case CORE_OP_IN:
    case CORE_OP_CONCAT_LISTS: return false;
    default: return true;
    }
}

/* An instruction or two. */
static bool prim_fits(const CoreExpr *expr) {
    static const char *const short_ones[] = {"compare", "float_bits", "float_of_bits"};
    if (!gen_is_scalar(expr->args.items[0]->type)) return false;
    for (size_t i = 0; i < sizeof short_ones / sizeof *short_ones; i++) {
        if (strcmp(expr->text, short_ones[i]) == 0) return true;
    }
    return wide_intrinsic(expr) != NULL;
}

/* Of a sum, what does not count is zero; lanes by position have places for values that are left out. */
static bool yield_fits(const Frame *frame) {
    const Kernel *kernel = frame->kernel;
    return kernel && (kernel->sum || (kernel->lanes && kernel->lane));
}

static bool fits(const Frame *frame, const CoreExpr *expr, size_t *size) {
    if (++*size > STRAIGHT_SIZE || !expr->type->is_flat) return false;
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_NONE:
    case CORE_ZERO:
    case CORE_LOCAL:
    case CORE_GLOBAL: return true;
    case CORE_LET: return expr->var->type->is_flat && all_fit(frame, expr, size);
    case CORE_BLOCK:
    case CORE_IF:
    case CORE_TUPLE:
    case CORE_FIELD:
    case CORE_SOME:
    case CORE_IS_SOME:
    case CORE_UNWRAP: return all_fit(frame, expr, size);
    case CORE_OP: return op_fits(frame, expr) && all_fit(frame, expr, size);
    case CORE_PRIM: return prim_fits(expr) && all_fit(frame, expr, size);
    case CORE_CALL: return !expr->flag && all_fit(frame, expr, size) && fits(frame, expr->fn->body, size);
    case CORE_YIELD: return yield_fits(frame) && all_fit(frame, expr, size);
    default: return false;
    }
}

bool straight_fits(const Frame *frame, const CoreExpr *expr) {
    size_t size = 0;
    return frame->is_steady && expr->type->is_flat && fits(frame, expr->args.items[1], &size) &&
           fits(frame, expr->args.items[2], &size);
}

/* Field by field, so that nothing is left of a tuple that is taken apart. */
static LLVMValueRef select_parts(Frame *frame, LLVMValueRef flag, LLVMValueRef yes, LLVMValueRef no) {
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef type = LLVMTypeOf(yes);
    if (LLVMGetTypeKind(type) != LLVMStructTypeKind) return LLVMBuildSelect(b, flag, yes, no, "");
    LLVMValueRef all = LLVMGetUndef(type);
    for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++) {
        LLVMValueRef parts[] = {LLVMBuildExtractValue(b, yes, i, ""), LLVMBuildExtractValue(b, no, i, "")};
        all = LLVMBuildInsertValue(b, all, select_parts(frame, flag, parts[0], parts[1]), i, "");
    }
    return all;
}

Value straight_if(Frame *frame, const CoreExpr *expr) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef flag = gen_condition(frame, expr->args.items[0]), around = frame->only, results[2];
    for (size_t i = 0; i < 2; i++) {
        LLVMValueRef here = i == 0 ? flag : LLVMBuildNot(b, flag, "");
        frame->only = around ? LLVMBuildAnd(b, around, here, "") : here;
        results[i] = gen_scoped(frame, expr->args.items[i + 1]).llvm;
    }
    frame->only = around;
    if (gen_is_unit(expr->type)) return value_unit(frame, expr->type);
    return value_trivial(select_parts(frame, flag, results[0], results[1]), expr->type);
}

LLVMValueRef straight_only(Frame *frame, LLVMValueRef value, LLVMValueRef other) {
    return frame->only ? LLVMBuildSelect(frame->builder, frame->only, value, other, "") : value;
}
