/* Operators: checked arithmetic on ints, IEEE arithmetic on floats, comparisons and membership. */
#include "compiler/llvm/expr.h"
#include "compiler/llvm/quick.h"

#include <string.h>

static LLVMValueRef intrinsic(Frame *frame, const char *name, LLVMTypeRef type, LLVMValueRef *args, unsigned count) {
    Gen *gen = frame->gen;
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(gen->module, id, &type, 1);
    LLVMTypeRef signature = LLVMIntrinsicGetType(gen->llvm, id, &type, 1);
    return LLVMBuildCall2(frame->builder, signature, function, args, count, "");
}

/* ---- ints */

/* Whether the operands are such that this cannot overflow is left to LLVM; sums of indices and constants mostly prove themselves.
 */
static LLVMValueRef gen_checked(Frame *frame, const CoreExpr *expr, const char *name, char sign, LLVMValueRef l, LLVMValueRef r) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    if (frame->doubt) return quick_int(frame, expr->op, l, r);
    LLVMValueRef pair = intrinsic(frame, name, gen->i64, (LLVMValueRef[]){l, r}, 2);
    LLVMValueRef result = LLVMBuildExtractValue(b, pair, 0, "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildExtractValue(b, pair, 1, ""));
    LLVMValueRef left = sign == 'n' ? r : l;
    frame_runtime(frame, RUNTIME_mr_fail_overflow, (LLVMValueRef[]){gen_int(gen, sign), left, r});
    frame_raise(frame, expr->span, usual);
    return result;
}

/* Division and remainder towards minus infinity: the machine rounds towards zero, which differs where the signs do. */
static LLVMValueRef gen_floor(Frame *frame, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    bool is_division = expr->op == CORE_OP_FLOOR_DIV;
    LLVMValueRef zero = gen_int(gen, 0), minus_one = gen_int(gen, -1);
    LLVMValueRef is_bad = LLVMBuildICmp(b, LLVMIntEQ, r, zero, "");
    LLVMValueRef is_negation = LLVMBuildICmp(b, LLVMIntEQ, r, minus_one, "");
    if (is_division) {
        LLVMValueRef is_least = LLVMBuildICmp(b, LLVMIntEQ, l, gen_int(gen, INT64_MIN), "");
        is_bad = LLVMBuildOr(b, is_bad, LLVMBuildAnd(b, is_least, is_negation, ""), "");
    } else {
        /* x % -1 is 0, but the machine traps for the least int: divide by 1 instead. */
        r = LLVMBuildSelect(b, is_negation, gen_int(gen, 1), r, "");
    }
    if (frame->doubt) {
        r = quick_operand(frame, is_bad, r, gen_int(gen, 1));
    } else {
        LLVMBasicBlockRef usual = frame_if_rare(frame, is_bad);
        frame_runtime(frame, RUNTIME_mr_fail_division, (LLVMValueRef[]){gen_int(gen, is_division ? '/' : '%'), l});
        frame_raise(frame, expr->span, usual);
    }
    LLVMValueRef rest = LLVMBuildSRem(b, l, r, "");
    LLVMValueRef differs = LLVMBuildICmp(b, LLVMIntSLT, LLVMBuildXor(b, rest, r, ""), zero, "");
    LLVMValueRef adjusts = LLVMBuildAnd(b, LLVMBuildICmp(b, LLVMIntNE, rest, zero, ""), differs, "");
    if (!is_division) return LLVMBuildSelect(b, adjusts, LLVMBuildAdd(b, rest, r, ""), rest, "");
    return LLVMBuildAdd(b, LLVMBuildSDiv(b, l, r, ""), LLVMBuildSExt(b, adjusts, gen->i64, ""), "");
}

static LLVMValueRef gen_shift(Frame *frame, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMValueRef is_bad = LLVMBuildICmp(frame->builder, LLVMIntUGT, r, gen_int(frame->gen, 63), "");
    if (frame->doubt) {
        r = quick_operand(frame, is_bad, r, gen_int(frame->gen, 0));
    } else {
        LLVMBasicBlockRef usual = frame_if_rare(frame, is_bad);
        frame_runtime(frame, RUNTIME_mr_fail_shift, (LLVMValueRef[]){r});
        frame_raise(frame, expr->span, usual);
    }
    return expr->op == CORE_OP_SHL ? LLVMBuildShl(frame->builder, l, r, "") : LLVMBuildAShr(frame->builder, l, r, "");
}

static LLVMValueRef gen_power(Frame *frame, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMValueRef out = gen_result(frame, expr->type);
    frame_runtime_check(frame, RUNTIME_mr_pow_int, (LLVMValueRef[]){out, l, r}, expr->span);
    return gen_load(frame, expr->type, out);
}

static LLVMValueRef gen_int_op(Frame *frame, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = frame->builder;
    switch (expr->op) {
    case CORE_OP_ADD: return gen_checked(frame, expr, "llvm.sadd.with.overflow", '+', l, r);
    case CORE_OP_SUB: return gen_checked(frame, expr, "llvm.ssub.with.overflow", '-', l, r);
    case CORE_OP_MUL: return gen_checked(frame, expr, "llvm.smul.with.overflow", '*', l, r);
    case CORE_OP_NEG: return gen_checked(frame, expr, "llvm.ssub.with.overflow", 'n', gen_int(frame->gen, 0), l);
    case CORE_OP_ADD_WRAP: return LLVMBuildAdd(b, l, r, "");
    case CORE_OP_SUB_WRAP: return LLVMBuildSub(b, l, r, "");
    case CORE_OP_MUL_WRAP: return LLVMBuildMul(b, l, r, "");
    case CORE_OP_FLOOR_DIV:
    case CORE_OP_MOD: return gen_floor(frame, expr, l, r);
    case CORE_OP_POW: return gen_power(frame, expr, l, r);
    case CORE_OP_BIT_AND: return LLVMBuildAnd(b, l, r, "");
    case CORE_OP_BIT_OR: return LLVMBuildOr(b, l, r, "");
    case CORE_OP_BIT_XOR: return LLVMBuildXor(b, l, r, "");
    case CORE_OP_SHL:
    case CORE_OP_SHR: return gen_shift(frame, expr, l, r);
    default: return NULL;
    }
}

/* ---- floats: nothing is reassociated or contracted, so that every machine gives the same bits */

LLVMValueRef gen_add_floats(Frame *frame, CoreOp op, LLVMValueRef left, LLVMValueRef right) {
    return op == CORE_OP_MUL ? LLVMBuildFMul(frame->builder, left, right, "") : LLVMBuildFAdd(frame->builder, left, right, "");
}

static LLVMValueRef gen_float_op(Frame *frame, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = frame->builder;
    switch (expr->op) {
    case CORE_OP_ADD:
    case CORE_OP_MUL: return gen_add_floats(frame, expr->op, l, r);
    case CORE_OP_SUB: return LLVMBuildFSub(b, l, r, "");
    case CORE_OP_DIV: return LLVMBuildFDiv(b, l, r, "");
    case CORE_OP_NEG: return LLVMBuildFNeg(b, l, "");
    case CORE_OP_MOD: return frame_runtime(frame, RUNTIME_mr_mod_float, (LLVMValueRef[]){l, r});
    case CORE_OP_POW: return frame_runtime(frame, RUNTIME_mr_pow_float, (LLVMValueRef[]){l, r});
    default: return NULL;
    }
}

/* ---- comparisons */

static LLVMValueRef three_way(Frame *frame, LLVMValueRef greater, LLVMValueRef less) {
    LLVMTypeRef type = frame->gen->i64;
    return LLVMBuildSub(frame->builder, LLVMBuildZExt(frame->builder, greater, type, ""),
                        LLVMBuildZExt(frame->builder, less, type, ""), "");
}

/* Floats in the total order: -0.0 before 0.0, NaN last. Mapped to ints that compare alike: for negative ones the other bits are
 * turned over; every NaN becomes the greatest. */
static LLVMValueRef float_rank(Frame *frame, LLVMValueRef value) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef bits = LLVMBuildBitCast(b, value, gen->i64, "");
    LLVMValueRef sign = LLVMBuildAShr(b, bits, gen_int(gen, 63), "");
    LLVMValueRef rank = LLVMBuildXor(b, bits, LLVMBuildLShr(b, sign, gen_int(gen, 1), ""), "");
    LLVMValueRef is_nan = LLVMBuildFCmp(b, LLVMRealUNO, value, value, "");
    return LLVMBuildSelect(b, is_nan, gen_int(gen, INT64_MAX), rank, "");
}

/* A tuple of a few numbers and strings is compared field by field; what else there is, by the runtime. */
static bool is_simple_tuple(const CoreType *type) {
    enum { FIELDS_MOST = 4 };
    bool is_simple = type->kind == CORE_TYPE_TUPLE && type->arg_count > 0 && type->arg_count <= FIELDS_MOST;
    for (size_t i = 0; is_simple && i < type->arg_count; i++)
        is_simple = gen_is_scalar(type->args[i]) || type->args[i]->kind == CORE_TYPE_STRING;
    return is_simple;
}

static LLVMValueRef gen_equal(Frame *frame, const CoreType *type, LLVMValueRef left, LLVMValueRef right);

/* The first fields that differ decide: as their order, or (`is_equal`) whether there are none. */
static LLVMValueRef compare_fields(Frame *frame, const CoreType *type, LLVMValueRef left, LLVMValueRef right, bool is_equal) {
    LLVMBuilderRef b = frame->builder;
    size_t count = type->arg_count;
    LLVMBasicBlockRef done = frame_block(frame, "compared"), *ends = arena_array(frame->gen->arena, LLVMBasicBlockRef, count);
    LLVMValueRef *answers = arena_array(frame->gen->arena, LLVMValueRef, count);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef a = LLVMBuildExtractValue(b, left, i, ""), c = LLVMBuildExtractValue(b, right, i, "");
        answers[i] = (is_equal ? gen_equal : gen_compare_total)(frame, type->args[i], a, c);
        ends[i] = LLVMGetInsertBlock(b);
        LLVMBasicBlockRef next = i + 1 < count ? frame_block(frame, "same") : done;
        if (next == done) {
            frame_jump(frame, done);
        } else {
            frame_branch(frame, is_equal ? answers[i] : LLVMBuildIsNull(b, answers[i], ""), next, done);
        }
        frame_enter(frame, next);
    }
    LLVMValueRef phi = LLVMBuildPhi(b, is_equal ? frame->gen->i1 : frame->gen->i64, "compared");
    LLVMAddIncoming(phi, answers, ends, (unsigned)count);
    return phi;
}

LLVMValueRef gen_compare_total(Frame *frame, const CoreType *type, LLVMValueRef left, LLVMValueRef right) {
    LLVMBuilderRef b = frame->builder;
    if (is_simple_tuple(type)) return compare_fields(frame, type, left, right, false);
    switch (type->kind) {
    case CORE_TYPE_FLOAT:
        left = float_rank(frame, left);
        right = float_rank(frame, right);
        return three_way(frame, LLVMBuildICmp(b, LLVMIntSGT, left, right, ""), LLVMBuildICmp(b, LLVMIntSLT, left, right, ""));
    case CORE_TYPE_INT:
        return three_way(frame, LLVMBuildICmp(b, LLVMIntSGT, left, right, ""), LLVMBuildICmp(b, LLVMIntSLT, left, right, ""));
    case CORE_TYPE_BOOL:
        return three_way(frame, LLVMBuildICmp(b, LLVMIntUGT, left, right, ""), LLVMBuildICmp(b, LLVMIntULT, left, right, ""));
    case CORE_TYPE_STRING:
        return frame_runtime(frame, RUNTIME_mr_string_compare,
                             (LLVMValueRef[]){frame_address(frame, left), frame_address(frame, right)});
    default:
        return frame_runtime(
            frame, RUNTIME_mr_compare,
            (LLVMValueRef[]){frame_address(frame, left), frame_address(frame, right), gen_descriptor(frame->gen, type)});
    }
}

static LLVMValueRef gen_equal(Frame *frame, const CoreType *type, LLVMValueRef left, LLVMValueRef right) {
    LLVMBuilderRef b = frame->builder;
    switch (type->kind) {
    case CORE_TYPE_INT:
    case CORE_TYPE_BOOL: return LLVMBuildICmp(b, LLVMIntEQ, left, right, "");
    case CORE_TYPE_FLOAT: return LLVMBuildFCmp(b, LLVMRealOEQ, left, right, "");
    case CORE_TYPE_STRING:
        return frame_runtime(frame, RUNTIME_mr_string_equal,
                             (LLVMValueRef[]){frame_address(frame, left), frame_address(frame, right)});
    default:
        if (is_simple_tuple(type)) return compare_fields(frame, type, left, right, true);
        return frame_runtime(
            frame, RUNTIME_mr_equal,
            (LLVMValueRef[]){frame_address(frame, left), frame_address(frame, right), gen_descriptor(frame->gen, type)});
    }
}

static LLVMValueRef gen_comparison(Frame *frame, CoreOp op, const CoreType *type, LLVMValueRef left, LLVMValueRef right) {
    LLVMBuilderRef b = frame->builder;
    if (op == CORE_OP_EQ) return gen_equal(frame, type, left, right);
    if (op == CORE_OP_NE) return LLVMBuildNot(b, gen_equal(frame, type, left, right), "");
    size_t which = (size_t)(op - CORE_OP_LT);
    if (type->kind == CORE_TYPE_FLOAT) {
        static const LLVMRealPredicate predicates[] = {LLVMRealOLT, LLVMRealOLE, LLVMRealOGT, LLVMRealOGE};
        return LLVMBuildFCmp(b, predicates[which], left, right, "");
    }
    if (type->kind == CORE_TYPE_BOOL) {
        static const LLVMIntPredicate predicates[] = {LLVMIntULT, LLVMIntULE, LLVMIntUGT, LLVMIntUGE};
        return LLVMBuildICmp(b, predicates[which], left, right, "");
    }
    static const LLVMIntPredicate predicates[] = {LLVMIntSLT, LLVMIntSLE, LLVMIntSGT, LLVMIntSGE};
    if (type->kind != CORE_TYPE_INT) {
        left = gen_compare_total(frame, type, left, right);
        right = gen_int(frame->gen, 0);
    }
    return LLVMBuildICmp(b, predicates[which], left, right, "");
}

static LLVMValueRef gen_in(Frame *frame, const CoreType *type, LLVMValueRef element, LLVMValueRef container) {
    Gen *gen = frame->gen;
    switch (type->kind) {
    case CORE_TYPE_MAP:
    case CORE_TYPE_SET: {
        LLVMValueRef args[] = {container, frame_address(frame, element), gen_descriptor(gen, type)};
        LLVMValueRef found = frame_runtime(frame, RUNTIME_mr_map_find, args);
        if (frame->loop || frame->kernel) frame_inline(frame, found);
        return LLVMBuildIsNotNull(frame->builder, found, "");
    }
    case CORE_TYPE_LIST:
        return frame_runtime(frame, RUNTIME_mr_list_contains,
                             (LLVMValueRef[]){container, frame_address(frame, element), gen_descriptor(gen, type)});
    case CORE_TYPE_RANGE:
        return frame_runtime(frame, RUNTIME_mr_range_contains, (LLVMValueRef[]){frame_address(frame, container), element});
    default:
        return frame_runtime(frame, RUNTIME_mr_string_contains,
                             (LLVMValueRef[]){frame_address(frame, container), frame_address(frame, element)});
    }
}

/* ---- all */

/* A left list that is given up lies in a slot by now, and grows there. */
static Value gen_concat_lists(Frame *frame, const CoreExpr *expr, Value *values) {
    LLVMValueRef left = values[0].llvm, right = values[1].llvm, type = gen_descriptor(frame->gen, expr->type);
    if (values[0].ownership == VALUE_PARKED) {
        LLVMValueRef place = values[0].slot->address;
        frame_runtime_check(frame, RUNTIME_mr_list_extend, (LLVMValueRef[]){place, right, type}, expr->span);
        values[0].llvm = gen_load(frame, expr->type, place);
        return values[0];
    }
    LLVMValueRef out = gen_result(frame, expr->type);
    frame_runtime_check(frame, RUNTIME_mr_list_concat, (LLVMValueRef[]){out, left, right, type}, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

Value gen_op(Frame *frame, const CoreExpr *expr) {
    Value values[2] = {{0}, {0}};
    size_t count = expr->args.len;
    gen_operands(frame, expr->args.items, count, values);
    LLVMValueRef left = value_read(frame, &values[0]), right = count > 1 ? value_read(frame, &values[1]) : NULL;
    const CoreType *type = expr->args.items[0]->type;
    if (expr->op >= CORE_OP_EQ && expr->op <= CORE_OP_GE) {
        return value_trivial(gen_bool(frame, gen_comparison(frame, expr->op, type, left, right)), expr->type);
    }
    switch (expr->op) {
    case CORE_OP_NOT: return value_trivial(LLVMBuildXor(frame->builder, left, gen_byte(frame->gen, 1), ""), expr->type);
    case CORE_OP_COMPARE_TOTAL: return value_trivial(gen_compare_total(frame, type, left, right), expr->type);
    case CORE_OP_IN: return value_trivial(gen_bool(frame, gen_in(frame, expr->args.items[1]->type, left, right)), expr->type);
    case CORE_OP_CONCAT_LISTS: return gen_concat_lists(frame, expr, values);
    default: break;
    }
    LLVMValueRef result =
        type->kind == CORE_TYPE_FLOAT ? gen_float_op(frame, expr, left, right) : gen_int_op(frame, expr, left, right);
    return value_trivial(result, expr->type);
}
