/* Quick loops: a block of elements without checks, and what makes up for them. */
#include "compiler/llvm/quick.h"
#include "compiler/llvm/loops.h"
#include "compiler/llvm/plain.h"
#include "compiler/llvm/straight.h"
#include "compiler/llvm/variants.h"

#include <string.h>

/* Elements of a block: so many that their doubt is asked for seldom, so few that doing them again is no matter. A multiple of the
 * lanes. */
enum { QUICK_BLOCK = 4096 };

/* Elements of ranges are less than 2^QUICK_BITS in quick loops, and not negative: most of what is computed from them then cannot
 * overflow, which LLVM finds out. They follow one another, so that none has to be multiplied for. */
enum { QUICK_BITS = 47 };

bool kernel_is_quick(Gen *gen, const CoreJob *job) {
    if (gen->options.level < 2 || job->by_chunk || job->sources.items[0].kind == CORE_SOURCE_STREAM) return false;
    if (job->reducer.kind == CORE_REDUCE_GENERAL && job->reducer.done.body) return false;
    Plainness plainness = gen_job_plainness(gen, job);
    return plainness.is_steady && plainness.is_checked;
}

/* ---- doubt
 *
 * It is a number, of which bits are set where something may have happened, and never taken back, so that adding to it is one
 * operation on vectors: whatever reaches the DOUBT_BITth bit or one above is doubt. That is what a product of ints asks for: if
 * the magnitudes of both factors have fewer bits, it fits. */

enum { DOUBT_BIT = 31 };

static void doubt_bits(Frame *frame, LLVMValueRef bits) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef before = LLVMBuildLoad2(b, frame->gen->i64, frame->doubt, "");
    bits = straight_only(frame, bits, gen_int(frame->gen, 0));
    LLVMBuildStore(b, LLVMBuildOr(b, before, bits, ""), frame->doubt);
}

/* All bits of the value from one on. */
static LLVMValueRef bits_from(Frame *frame, LLVMValueRef value, unsigned bit) {
    return LLVMBuildAnd(frame->builder, value, gen_int(frame->gen, (int64_t)(UINT64_MAX << bit)), "");
}

void quick_doubt(Frame *frame, LLVMValueRef flag) {
    doubt_bits(frame, LLVMBuildSelect(frame->builder, flag, gen_int(frame->gen, INT64_MIN), gen_int(frame->gen, 0), ""));
}

static LLVMValueRef is_doubtful(Frame *frame, LLVMValueRef doubt) {
    LLVMValueRef bits = LLVMBuildLoad2(frame->builder, frame->gen->i64, doubt, "");
    return LLVMBuildIsNotNull(frame->builder, bits_from(frame, bits, DOUBT_BIT), "");
}

LLVMValueRef quick_callee_doubt(Frame *frame) {
    LLVMValueRef doubt = frame_variable(frame, frame->gen->i64, "doubt");
    LLVMBuildStore(frame->builder, gen_int(frame->gen, 0), doubt);
    return doubt;
}

void quick_called(Frame *frame, LLVMValueRef doubt) {
    doubt_bits(frame, LLVMBuildLoad2(frame->builder, frame->gen->i64, doubt, ""));
}

static void doubt_sign(Frame *frame, LLVMValueRef bits) {
    doubt_bits(frame, bits_from(frame, bits, 63));
}

/* The value's bits, all of them turned over where it is negative. */
static LLVMValueRef magnitude(Frame *frame, LLVMValueRef value) {
    LLVMBuilderRef b = frame->builder;
    return LLVMBuildXor(b, value, LLVMBuildAShr(b, value, gen_int(frame->gen, 63), ""), "");
}

/* Doubt where the magnitude is 2^n or more, for the greatest n that is enough for it not to be above the limit. */
static void doubt_above(Frame *frame, LLVMValueRef bits, uint64_t limit) {
    unsigned n = 0;
    while (n < 63 && (UINT64_C(1) << (n + 1)) - 1 <= limit) n++;
    if (n >= DOUBT_BIT)
        doubt_bits(frame, bits_from(frame, bits, n));
    else
        quick_doubt(frame, LLVMBuildICmp(frame->builder, LLVMIntUGT, bits, gen_int(frame->gen, (int64_t)limit), ""));
}

static void doubt_product(Frame *frame, LLVMValueRef l, LLVMValueRef r) {
    if (LLVMIsAConstantInt(l) && LLVMIsAConstantInt(r)) l = LLVMBuildOr(frame->builder, l, r, "");
    LLVMValueRef constant = LLVMIsAConstantInt(r) ? r : LLVMIsAConstantInt(l) ? l : NULL;
    if (!constant) {
        doubt_bits(frame, LLVMBuildOr(frame->builder, magnitude(frame, l), magnitude(frame, r), ""));
        return;
    }
    int64_t factor = LLVMConstIntGetSExtValue(constant);
    uint64_t size = factor < 0 ? -(uint64_t)factor : (uint64_t)factor;
    if (size > 1) doubt_above(frame, magnitude(frame, constant == r ? l : r), (uint64_t)INT64_MAX / size - 1);
    if (factor == -1) doubt_above(frame, magnitude(frame, constant == r ? l : r), (uint64_t)INT64_MAX - 1);
}

LLVMValueRef quick_int(Frame *frame, CoreOp op, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef result;
    switch (op) {
    case CORE_OP_ADD:
        result = LLVMBuildAdd(b, l, r, "");
        doubt_sign(frame, LLVMBuildAnd(b, LLVMBuildXor(b, l, result, ""), LLVMBuildXor(b, r, result, ""), ""));
        return result;
    case CORE_OP_MUL: doubt_product(frame, l, r); return LLVMBuildMul(b, l, r, "");
    default:
        result = LLVMBuildSub(b, l, r, "");
        doubt_sign(frame, LLVMBuildAnd(b, LLVMBuildXor(b, l, r, ""), LLVMBuildXor(b, l, result, ""), ""));
        return result;
    }
}

LLVMValueRef quick_operand(Frame *frame, LLVMValueRef is_bad, LLVMValueRef r, LLVMValueRef other) {
    quick_doubt(frame, is_bad);
    return LLVMBuildSelect(frame->builder, is_bad, other, r, "");
}

/* ---- ranges */

static LLVMValueRef range_element(Frame *frame, const Walk *walk, LLVMValueRef index) {
    LLVMBuilderRef b = frame->builder;
    return LLVMBuildAdd(b, walk->first, LLVMBuildMul(b, index, walk->step, ""), "");
}

static LLVMValueRef is_usual(Frame *frame, LLVMValueRef element) {
    return LLVMBuildICmp(frame->builder, LLVMIntULT, element, gen_int(frame->gen, INT64_C(1) << QUICK_BITS), "");
}

/* Whether all elements of the block, of every range that is walked, are so that the quick loop may count on it. */
static LLVMValueRef ranges_are_usual(Frame *frame, const Kernel *kernel, LLVMValueRef base, LLVMValueRef count) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef all = gen_flag(frame->gen, true);
    LLVMValueRef last = LLVMBuildSub(b, LLVMBuildAdd(b, base, count, ""), gen_int(frame->gen, 1), "");
    for (size_t i = 0; i < kernel->job->sources.len; i++) {
        const Walk *walk = &kernel->walks[i];
        if (walk->kind != CORE_SOURCE_RANGE) continue;
        all = LLVMBuildAnd(b, all, LLVMBuildICmp(b, LLVMIntEQ, walk->step, gen_int(frame->gen, 1), ""), "");
        all = LLVMBuildAnd(b, all, is_usual(frame, range_element(frame, walk, base)), "");
        all = LLVMBuildAnd(b, all, is_usual(frame, range_element(frame, walk, last)), "");
    }
    return all;
}

static const Walk *walks_by_one(Frame *frame, const Kernel *kernel) {
    size_t count = kernel->job->sources.len;
    Walk *walks = arena_array(frame->gen->arena, Walk, count + 1);
    for (size_t i = 0; i < count; i++) {
        walks[i] = kernel->walks[i];
        if (walks[i].kind == CORE_SOURCE_RANGE) walks[i].step = gen_int(frame->gen, 1);
    }
    return walks;
}

void quick_assume(Frame *frame, LLVMValueRef element) {
    Gen *gen = frame->gen;
    unsigned id = LLVMLookupIntrinsicID("llvm.assume", strlen("llvm.assume"));
    LLVMValueRef assume = LLVMGetIntrinsicDeclaration(gen->module, id, NULL, 0), flag = is_usual(frame, element);
    LLVMBuildCall2(frame->builder, LLVMIntrinsicGetType(gen->llvm, id, NULL, 0), assume, &flag, 1, "");
}

/* ---- what a block starts from */

enum { STATE_PARTS = 5 };

typedef struct Saved {
    LLVMValueRef place, value;
    LLVMTypeRef type;
} Saved;

static size_t state_save(Frame *frame, const Kernel *kernel, Saved saved[STATE_PARTS]) {
    Gen *gen = frame->gen;
    size_t count = 0;
    saved[count++] = (Saved){.place = kernel->elements, .type = gen->i64};
    saved[count++] = (Saved){.place = kernel->has, .type = gen->i1};
    if (kernel->sum) saved[count++] = (Saved){.place = kernel->sum, .type = gen->i128};
    if (kernel->lanes) saved[count++] = (Saved){.place = kernel->lanes, .type = LLVMArrayType2(gen->f64, LANE_COUNT)};
    if (kernel->state) saved[count++] = (Saved){.place = kernel->state->address, .type = gen_type(gen, kernel->state->type)};
    for (size_t i = 0; i < count; i++) saved[i].value = LLVMBuildLoad2(frame->builder, saved[i].type, saved[i].place, "");
    return count;
}

/* What is in doubt must not be where others may look: results of a block are stored aside until it is sure. Returns where they
 * belong. */
static LLVMValueRef quick_places(Frame *frame, Kernel *kernel) {
    LLVMValueRef places = kernel->places;
    if (!places) return NULL;
    LLVMTypeRef type = gen_type(frame->gen, kernel->job->reducer.element);
    kernel->places = frame_variable(frame, LLVMArrayType2(type, QUICK_BLOCK), "block");
    kernel->block = true;
    return places;
}

static void places_copy(Frame *frame, const Kernel *kernel, LLVMValueRef from, LLVMValueRef base, LLVMValueRef count) {
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef type = gen_type(frame->gen, kernel->job->reducer.element);
    LLVMValueRef to = LLVMBuildInBoundsGEP2(b, type, kernel->places, &base, 1, ""), end;
    end = LLVMBuildInBoundsGEP2(b, type, from, &count, 1, "");
    LLVMValueRef size =
        LLVMBuildSub(b, LLVMBuildPtrToInt(b, end, frame->gen->i64, ""), LLVMBuildPtrToInt(b, from, frame->gen->i64, ""), "");
    LLVMBuildMemCpy(b, to, 1, from, 1, size);
}

/* ---- the blocks */

void kernel_quick(Frame *frame, Kernel *kernel, const CoreExpr *body, KernelLoop *run) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    Variant *around = gen->variant, *quick = arena_make(gen->arena, Variant);
    if (around) *quick = (Variant){.level = around->level};
    quick->is_quick = quick->is_steady = true;
    map_init(&quick->functions, gen->arena);
    kernel->quick = quick;

    LLVMValueRef most = gen_int(gen, QUICK_BLOCK), doubt = frame_variable(frame, gen->i64, "doubt");
    LLVMValueRef rounded = LLVMBuildAdd(b, kernel->count, gen_int(gen, QUICK_BLOCK - 1), "");
    LLVMBasicBlockRef fast = frame_block(frame, "quick"), bad = frame_block(frame, "doubt"),
                      careful = frame_block(frame, "careful"), next = frame_block(frame, "block");
    Count blocks = count_begin(frame, LLVMBuildUDiv(b, rounded, most, "blocks"));
    LLVMValueRef base = LLVMBuildMul(b, blocks.index, most, "base"), left = LLVMBuildSub(b, kernel->count, base, "left");
    LLVMValueRef count = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntSLT, left, most, ""), left, most, "");
    frame_branch(frame, ranges_are_usual(frame, kernel, base, count), fast, careful);

    frame_enter(frame, fast);
    Saved saved[STATE_PARTS];
    size_t parts = state_save(frame, kernel, saved);
    LLVMBuildStore(b, gen_int(gen, 0), doubt);
    frame->doubt = doubt;
    LLVMValueRef places = quick_places(frame, kernel);
    gen->variant = quick;
    const Walk *walks = kernel->walks;
    kernel->walks = walks_by_one(frame, kernel);
    run(frame, kernel, body, base, count);
    kernel->walks = walks;
    gen->variant = around;
    frame->doubt = NULL;
    LLVMValueRef made = kernel->places;
    kernel->places = places;
    kernel->block = false;
    LLVMValueRef is_sure = LLVMBuildNot(b, is_doubtful(frame, doubt), "");
    LLVMBasicBlockRef sure = frame_block(frame, "sure");
    frame_branch(frame, is_sure, sure, bad);
    frame_enter(frame, sure);
    if (places) places_copy(frame, kernel, made, base, count);
    frame_jump(frame, next);

    frame_enter(frame, bad);
    for (size_t i = 0; i < parts; i++) LLVMBuildStore(b, saved[i].value, saved[i].place);
    frame_jump(frame, careful);
    frame_enter(frame, careful);
    run(frame, kernel, body, base, count);
    frame_jump(frame, next);
    frame_enter(frame, next);
    count_end(frame, &blocks);
}

void kernel_quick_finish(Frame *frame, Kernel *kernel) {
    Gen *gen = frame->gen;
    Variant *around = gen->variant;
    if (!kernel->quick) return;
    gen->variant = kernel->quick;
    gen_variant_finish(gen);
    gen->variant = around;
}
