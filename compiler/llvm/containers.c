/* Lists, maps, sets, ranges, and texts put together: making them and looking into them. */
#include "compiler/llvm/expr.h"

#include <stddef.h>

/* The same as a constant, where all of them are constants: literals of thousands of numbers or texts cost no code. NULL: they are
 * not, or so few that storing them is as good. */
static LLVMValueRef gather_constants(Frame *frame, const Value *values, size_t first, size_t stride, size_t count) {
    enum { FEW = 16 };
    if (count / stride < FEW) return NULL;
    size_t len = 0;
    LLVMValueRef *all = arena_array(frame->gen->arena, LLVMValueRef, count);
    for (size_t i = first; i < count; i += stride) {
        if (!LLVMIsConstant(values[i].llvm)) return NULL;
        all[len++] = values[i].llvm;
    }
    return gen_constant(frame->gen, "elements", LLVMConstArray2(gen_type(frame->gen, values[first].type), all, len));
}

/* Takes every stride-th of the values, from `first`, into an array that a runtime function moves them out of. */
static LLVMValueRef gather(Frame *frame, Value *values, size_t first, size_t stride, size_t count) {
    if (first >= count) return LLVMConstNull(frame->gen->ptr);
    LLVMValueRef constant = gather_constants(frame, values, first, stride, count);
    if (constant) return constant;
    LLVMTypeRef type = gen_type(frame->gen, values[first].type);
    size_t len = (count - first + stride - 1) / stride;
    LLVMTypeRef array_type = LLVMArrayType2(type, len);
    LLVMValueRef array = frame_variable(frame, array_type, "elements");
    for (size_t i = first; i < count; i += stride) {
        LLVMValueRef index[] = {gen_int(frame->gen, 0), gen_int(frame->gen, (int64_t)((i - first) / stride))};
        LLVMValueRef place = LLVMBuildInBoundsGEP2(frame->builder, array_type, array, index, 2, "");
        LLVMBuildStore(frame->builder, value_keep(frame, values[i]), place);
    }
    return array;
}

static Value *evaluate(Frame *frame, const CoreExpr *expr) {
    Value *values = arena_array(frame->gen->arena, Value, expr->args.len + 1);
    gen_operands(frame, expr->args.items, expr->args.len, values);
    return values;
}

Value gen_list(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    if (!expr->args.len) return value_trivial(LLVMConstNull(gen->ptr), expr->type);
    Value *values = evaluate(frame, expr);
    LLVMValueRef elements = gather(frame, values, 0, 1, expr->args.len), out = gen_result(frame, expr->type);
    LLVMValueRef args[] = {out, elements, gen_int(gen, (int64_t)expr->args.len), gen_descriptor(gen, expr->type)};
    frame_runtime_check(frame, RUNTIME_mr_list_make, args, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

Value gen_map(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    if (!expr->args.len) return value_trivial(LLVMConstNull(gen->ptr), expr->type);
    Value *values = evaluate(frame, expr);
    bool is_map = expr->kind == CORE_MAP;
    size_t stride = is_map ? 2 : 1, count = expr->args.len;
    LLVMValueRef keys = gather(frame, values, 0, stride, count);
    LLVMValueRef mapped = is_map ? gather(frame, values, 1, stride, count) : keys; /* a set's values have no size */
    LLVMValueRef out = gen_result(frame, expr->type);
    LLVMValueRef args[] = {out, keys, mapped, gen_int(gen, (int64_t)(count / stride)), gen_descriptor(gen, expr->type)};
    frame_runtime_check(frame, RUNTIME_mr_map_make, args, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* ---- ranges */

static LLVMValueRef range_value(Frame *frame, LLVMValueRef first, LLVMValueRef count) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef range = LLVMConstNull(frame->gen->range);
    range = LLVMBuildInsertValue(b, range, first, 0, "");
    range = LLVMBuildInsertValue(b, range, count, 1, "");
    return LLVMBuildInsertValue(b, range, gen_int(frame->gen, 1), 2, "");
}

/* In line, so that loops know their bounds; only a range of 2^63 elements or more, which is an error, is left to the runtime. */
Value gen_range(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    Value values[2];
    gen_operands(frame, expr->args.items, expr->args.len, values);
    LLVMValueRef first = values[0].llvm;
    if (expr->args.len < 2) return value_trivial(range_value(frame, first, gen_int(gen, MR_OPEN)), expr->type);
    LLVMValueRef last = values[1].llvm;
    LLVMValueRef distance = LLVMBuildSub(b, last, first, "");
    LLVMValueRef is_empty = LLVMBuildICmp(b, LLVMIntSLT, last, first, "");
    LLVMValueRef is_long = LLVMBuildICmp(b, LLVMIntUGE, distance, gen_int(gen, INT64_MAX - 1), "");
    LLVMValueRef is_bad = LLVMBuildAnd(b, LLVMBuildNot(b, is_empty, ""), is_long, "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, is_bad);
    LLVMValueRef out = gen_result(frame, expr->type);
    frame_runtime_check(frame, RUNTIME_mr_range_make, (LLVMValueRef[]){out, first, last, gen_flag(gen, expr->flag)}, expr->span);
    LLVMValueRef made = gen_load(frame, expr->type, out);
    LLVMBasicBlockRef made_in = LLVMGetInsertBlock(b), merge = frame_block(frame, "range");
    frame_jump(frame, merge);
    frame_enter(frame, usual);
    LLVMValueRef some = expr->flag ? distance : LLVMBuildAdd(b, distance, gen_int(gen, 1), "");
    LLVMValueRef quick = range_value(frame, first, LLVMBuildSelect(b, is_empty, gen_int(gen, 0), some, ""));
    frame_jump(frame, merge);
    frame_enter(frame, merge);
    LLVMValueRef range = LLVMBuildPhi(b, gen->range, "range");
    LLVMAddIncoming(range, (LLVMValueRef[]){made, quick}, (LLVMBasicBlockRef[]){made_in, usual}, 2);
    return value_trivial(range, expr->type);
}

/* ---- elements */

/* The empty list is NULL. */
LLVMValueRef gen_list_len(Frame *frame, LLVMValueRef list) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(b), some = frame_block(frame, "some"), done = frame_block(frame, "len");
    frame_branch(frame, LLVMBuildIsNull(b, list, ""), done, some);
    frame_enter(frame, some);
    LLVMValueRef len = gen_load_at(frame, gen->i64, list, offsetof(MrList, len));
    frame_jump(frame, done);
    frame_enter(frame, done);
    LLVMValueRef phi = LLVMBuildPhi(b, gen->i64, "len");
    LLVMAddIncoming(phi, (LLVMValueRef[]){gen_int(gen, 0), len}, (LLVMBasicBlockRef[]){before, some}, 2);
    return phi;
}

/* The bounds are checked in line; the runtime is asked only to say what is wrong. */
static LLVMValueRef list_element(Frame *frame, const CoreExpr *expr, LLVMValueRef list, LLVMValueRef index) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const CoreType *type = expr->args.items[0]->type;
    LLVMValueRef is_bad = LLVMBuildICmp(b, LLVMIntUGE, index, gen_list_len(frame, list), "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, is_bad);
    LLVMValueRef out = frame_variable(frame, gen->ptr, "element");
    frame_runtime(frame, RUNTIME_mr_list_get, (LLVMValueRef[]){out, list, index, gen_descriptor(gen, type)});
    frame_raise(frame, expr->span, usual);
    LLVMValueRef data = gen_load_at(frame, gen->ptr, list, offsetof(MrList, data));
    LLVMValueRef place = LLVMBuildInBoundsGEP2(b, gen_type(gen, expr->type), data, &index, 1, "");
    return gen_load(frame, expr->type, place);
}

Value gen_index(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const CoreType *type = expr->args.items[0]->type;
    if (expr->is_move) return gen_take_element(frame, expr);
    Value values[2];
    gen_operands(frame, expr->args.items, 2, values);
    LLVMValueRef container = value_read(frame, &values[0]), index = value_read(frame, &values[1]);
    if (type->kind == CORE_TYPE_LIST) return value_borrowed(list_element(frame, expr, container, index), expr->type);
    LLVMValueRef out = frame_variable(frame, gen->ptr, "element");
    LLVMValueRef args[] = {out, container, frame_address(frame, index), gen_descriptor(gen, type)};
    frame_runtime_check(frame, RUNTIME_mr_map_get, args, expr->span);
    return value_borrowed(gen_load(frame, expr->type, LLVMBuildLoad2(frame->builder, gen->ptr, out, "")), expr->type);
}

/* ---- slices */

static LLVMValueRef saturating(Frame *frame, const char *name, size_t name_len, LLVMValueRef left, LLVMValueRef right) {
    Gen *gen = frame->gen;
    unsigned id = LLVMLookupIntrinsicID(name, name_len);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(gen->module, id, &gen->i64, 1);
    return LLVMBuildCall2(frame->builder, LLVMIntrinsicGetType(gen->llvm, id, &gen->i64, 1), function,
                          (LLVMValueRef[]){left, right}, 2, "");
}

/* How many elements first..last are: none where last comes before first, and never MR_OPEN, which would mean "to the end". */
static LLVMValueRef slice_count(Frame *frame, LLVMValueRef first, LLVMValueRef last, bool is_exclusive) {
    Gen *gen = frame->gen;
    LLVMValueRef count = saturating(frame, "llvm.ssub.sat", 13, last, first);
    count = saturating(frame, "llvm.smin", 9, count, gen_int(gen, MR_OPEN - 2));
    if (!is_exclusive) count = LLVMBuildAdd(frame->builder, count, gen_int(gen, 1), "");
    return saturating(frame, "llvm.smax", 9, count, gen_int(gen, 0));
}

static LLVMValueRef string_slice(Frame *frame, const CoreExpr *expr, LLVMValueRef whole, LLVMValueRef first, LLVMValueRef count) {
    LLVMValueRef out = gen_result(frame, expr->type);
    LLVMValueRef args[] = {out, frame_address(frame, whole), first, count};
    frame_runtime_check(frame, RUNTIME_mr_string_slice, args, expr->span);
    return gen_load(frame, expr->type, out);
}

/* In a loop: a part of a string that is within it, and not empty, is made at once. Comparisons without a sign see to both ends. */
static LLVMValueRef string_slice_quick(Frame *frame, const CoreExpr *expr, LLVMValueRef whole, LLVMValueRef first,
                                       LLVMValueRef last) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef stop = expr->flag ? last : LLVMBuildAdd(b, last, gen_int(gen, 1), "");
    LLVMValueRef is_outside = LLVMBuildICmp(b, LLVMIntUGT, stop, LLVMBuildExtractValue(b, whole, 1, "len"), "");
    LLVMValueRef is_empty = LLVMBuildICmp(b, LLVMIntUGE, first, stop, "");
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildOr(b, is_outside, is_empty, "")), done = frame_block(frame, "slice");
    LLVMValueRef slices[2];
    LLVMBasicBlockRef ends[2];
    slices[0] = string_slice(frame, expr, whole, first, slice_count(frame, first, last, expr->flag));
    ends[0] = LLVMGetInsertBlock(b);
    frame_jump(frame, done);
    frame_enter(frame, usual);
    LLVMValueRef data = LLVMBuildExtractValue(b, whole, 0, "data");
    LLVMValueRef slice = LLVMBuildInsertValue(b, whole, LLVMBuildInBoundsGEP2(b, gen->i8, data, &first, 1, ""), 0, "");
    slice = LLVMBuildInsertValue(b, slice, LLVMBuildSub(b, stop, first, ""), 1, "");
    slices[1] = value_take(frame, value_borrowed(slice, expr->type));
    ends[1] = LLVMGetInsertBlock(b);
    frame_jump(frame, done);
    frame_enter(frame, done);
    LLVMValueRef phi = LLVMBuildPhi(b, gen->string, "");
    LLVMAddIncoming(phi, slices, ends, 2);
    return phi;
}

Value gen_slice(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const CoreType *type = expr->args.items[0]->type;
    Value values[3];
    gen_operands(frame, expr->args.items, expr->args.len, values);
    LLVMValueRef whole = value_read(frame, &values[0]), first = values[1].llvm, last = expr->args.len > 2 ? values[2].llvm : NULL;
    if (type->kind == CORE_TYPE_STRING && last && (frame->loop || frame->kernel))
        return value_owned(string_slice_quick(frame, expr, whole, first, last), expr->type);
    LLVMValueRef count = last ? slice_count(frame, first, last, expr->flag) : gen_int(gen, MR_OPEN);
    if (type->kind == CORE_TYPE_STRING) return value_owned(string_slice(frame, expr, whole, first, count), expr->type);
    LLVMValueRef out = gen_result(frame, expr->type);
    LLVMValueRef args[] = {out, whole, first, count, gen_descriptor(gen, type)};
    frame_runtime_check(frame, RUNTIME_mr_list_slice, args, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* ---- texts */

/* The parts of a text as a list in the frame, which is only looked at (core/lend.c): they own nothing, and the text is held along
 * with them. A list that turns out to be too long for that lies on the heap, as any other. */
Value gen_lent_split(Frame *frame, const CoreExpr *expr, Value *values) {
    enum { USUAL_PARTS = 64 };
    Gen *gen = frame->gen;
    int64_t wanted = expr->integer, room = wanted ? wanted : USUAL_PARTS;
    LLVMValueRef text = frame_slot(frame, expr->args.items[0]->type)->address;
    LLVMBuildStore(frame->builder, value_take(frame, values[0]), text);
    LLVMTypeRef fields[] = {LLVMArrayType2(gen->i64, sizeof(MrList) / 8), LLVMArrayType2(gen->string, (uint64_t)room)};
    LLVMValueRef list = frame_variable(frame, LLVMStructTypeInContext(gen->llvm, fields, 2, 0), "parts");
    LLVMValueRef separator = frame_address(frame, value_read(frame, &values[1])), out = gen_result(frame, expr->type);
    LLVMValueRef args[] = {out, text, separator, list, gen_int(gen, room), gen_int(gen, wanted)};
    LLVMValueRef failed = frame_runtime(frame, RUNTIME_mr_split_lent, args);
    frame_inline(frame, failed);
    frame_check_at(frame, failed, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* The strings one after the other, where the runtime can look at them. */
static LLVMValueRef string_array(Frame *frame, Value *values, size_t count) {
    Gen *gen = frame->gen;
    LLVMTypeRef type = LLVMArrayType2(gen->string, count);
    LLVMValueRef parts = frame_variable(frame, type, "parts");
    for (size_t i = 0; i < count; i++) {
        LLVMValueRef index[] = {gen_int(gen, 0), gen_int(gen, (int64_t)i)};
        LLVMValueRef place = LLVMBuildInBoundsGEP2(frame->builder, type, parts, index, 2, "");
        LLVMBuildStore(frame->builder, value_read(frame, &values[i]), place);
    }
    return parts;
}

static bool is_moved(const CoreExpr *expr) {
    return expr->is_move || (expr->kind == CORE_FORMAT && is_moved(expr->args.items[0]));
}

/* What begins with a variable that is not needed any more is appended to that. */
Value gen_concat(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    size_t count = expr->args.len;
    if (!count) return value_trivial(LLVMConstNull(gen->string), expr->type);
    Value *values = evaluate(frame, expr);
    if (count == 1) return values[0];
    if (is_moved(expr->args.items[0])) value_hold(frame, &values[0]);
    if (is_moved(expr->args.items[0]) && values[0].ownership == VALUE_PARKED) {
        LLVMValueRef more = string_array(frame, values + 1, count - 1), place = values[0].slot->address;
        LLVMValueRef args[] = {place, more, gen_int(gen, (int64_t)count - 1)};
        LLVMValueRef failed = frame_runtime(frame, RUNTIME_mr_string_append, args);
        if (frame->loop || frame->kernel) frame_inline(frame, failed);
        frame_check_at(frame, failed, expr->span);
        values[0].llvm = gen_load(frame, expr->type, place);
        return values[0];
    }
    LLVMValueRef parts = string_array(frame, values, count), out = gen_result(frame, expr->type);
    frame_runtime_check(frame, RUNTIME_mr_string_concat, (LLVMValueRef[]){out, parts, gen_int(gen, (int64_t)count)}, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

Value gen_format(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const CoreType *type = expr->args.items[0]->type;
    Value value = gen_expr(frame, expr->args.items[0]);
    if (!expr->text_len && type->kind == CORE_TYPE_STRING) return value;
    LLVMValueRef address = frame_address(frame, value_read(frame, &value)), out = gen_result(frame, expr->type);
    if (expr->text_len) {
        LLVMValueRef args[] = {out, address, gen_descriptor(gen, type), gen_bytes(gen, expr->text, expr->text_len),
                               gen_int(gen, (int64_t)expr->text_len)};
        frame_runtime_check(frame, RUNTIME_mr_format, args, expr->span);
    } else {
        frame_runtime_check(frame, RUNTIME_mr_to_string, (LLVMValueRef[]){out, address, gen_descriptor(gen, type)}, expr->span);
    }
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}
