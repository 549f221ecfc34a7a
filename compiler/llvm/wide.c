/* wide.c: code for several elements side by side: the core's expressions once more, on vectors and under masks.
 *
 * `active` says for which places what is being written is done. A condition takes places out of it for the length of a branch;
 * `break`, `continue` and `return` take them out until the loop's end, the loop's next turn, or the function's end. A variable
 * keeps its value in the places that are not active. All branches are walked; only a loop ends when nobody needs it. */
#include "compiler/llvm/wide.h"
#include "compiler/llvm/loops.h"

#include <string.h>

typedef struct WideVar {
    LLVMValueRef value, address; /* one of them; a vector */
} WideVar;

typedef struct Wide {
    Frame *frame;
    Gen *gen;
    LLVMBuilderRef b;
    unsigned lanes;
    LLVMTypeRef flags;             /* a bool for each place */
    LLVMValueRef active, doubt;    /* variables, flags */
    LLVMValueRef returned, result; /* variables: of the function that is in line */
    LLVMValueRef continued;        /* variable: of the innermost loop */
    WideYield yielded;
    Map vars; /* CoreVar * -> WideVar * */
} Wide;

static LLVMValueRef wide_expr(Wide *wide, const CoreExpr *expr);

/* ---- vectors and masks */

static LLVMTypeRef wide_type(const Wide *wide, const CoreType *type) {
    if (type->kind == CORE_TYPE_BOOL) return wide->flags;
    return LLVMVectorType(type->kind == CORE_TYPE_FLOAT ? wide->gen->f64 : wide->gen->i64, wide->lanes);
}

static LLVMValueRef splat(const Wide *wide, LLVMValueRef value) {
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(value), wide->lanes), mask = LLVMVectorType(wide->gen->i32, wide->lanes);
    LLVMValueRef first = LLVMBuildInsertElement(wide->b, LLVMGetPoison(type), value, gen_int(wide->gen, 0), "");
    return LLVMBuildShuffleVector(wide->b, first, LLVMGetPoison(type), LLVMConstNull(mask), "");
}

static LLVMValueRef read_flags(const Wide *wide, LLVMValueRef variable) {
    return LLVMBuildLoad2(wide->b, wide->flags, variable, "");
}

static LLVMValueRef is_any(const Wide *wide, LLVMValueRef flags) {
    LLVMTypeRef bits = LLVMIntTypeInContext(wide->gen->llvm, wide->lanes);
    return LLVMBuildIsNotNull(wide->b, LLVMBuildBitCast(wide->b, flags, bits, ""), "");
}

static void doubt_where(const Wide *wide, LLVMValueRef flags) {
    LLVMValueRef here = LLVMBuildAnd(wide->b, flags, read_flags(wide, wide->active), "");
    LLVMBuildStore(wide->b, LLVMBuildOr(wide->b, read_flags(wide, wide->doubt), here, ""), wide->doubt);
}

static LLVMValueRef flags_variable(const Wide *wide, const char *name, LLVMValueRef value) {
    LLVMValueRef variable = frame_variable(wide->frame, wide->flags, name);
    LLVMBuildStore(wide->b, value, variable);
    return variable;
}

/* ---- operations */

static void doubt_sign(const Wide *wide, LLVMValueRef bits) {
    doubt_where(wide, LLVMBuildICmp(wide->b, LLVMIntSLT, bits, LLVMConstNull(LLVMTypeOf(bits)), ""));
}

static LLVMValueRef wide_sum(const Wide *wide, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = wide->b;
    const CoreExpr *right = expr->args.items[1];
    LLVMValueRef sum = LLVMBuildAdd(b, l, r, "");
    if (right->kind == CORE_INT && right->integer >= 0) {
        LLVMValueRef most = splat(wide, gen_int(wide->gen, INT64_MAX - right->integer));
        doubt_where(wide, LLVMBuildICmp(b, LLVMIntSGT, l, most, ""));
    } else {
        doubt_sign(wide, LLVMBuildAnd(b, LLVMBuildXor(b, l, sum, ""), LLVMBuildXor(b, r, sum, ""), ""));
    }
    return sum;
}

static LLVMValueRef wide_difference(const Wide *wide, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = wide->b;
    LLVMValueRef difference = LLVMBuildSub(b, l, r, "");
    doubt_sign(wide, LLVMBuildAnd(b, LLVMBuildXor(b, l, r, ""), LLVMBuildXor(b, l, difference, ""), ""));
    return difference;
}

static LLVMValueRef magnitude(const Wide *wide, LLVMValueRef value) {
    return LLVMBuildXor(wide->b, value, LLVMBuildAShr(wide->b, value, splat(wide, gen_int(wide->gen, 63)), ""), "");
}

static LLVMValueRef wide_product(const Wide *wide, LLVMValueRef l, LLVMValueRef r) {
    LLVMValueRef bits = LLVMBuildOr(wide->b, magnitude(wide, l), magnitude(wide, r), "");
    doubt_where(wide, LLVMBuildICmp(wide->b, LLVMIntUGT, bits, splat(wide, gen_int(wide->gen, INT32_MAX)), ""));
    return LLVMBuildMul(wide->b, l, r, "");
}

/* Divisors that nothing can be divided by become 1. */
static LLVMValueRef wide_quotient(const Wide *wide, CoreOp op, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = wide->b;
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(l)), one = splat(wide, gen_int(wide->gen, 1));
    LLVMValueRef is_negation = LLVMBuildICmp(b, LLVMIntEQ, r, LLVMConstAllOnes(LLVMTypeOf(l)), "");
    LLVMValueRef is_least = LLVMBuildICmp(b, LLVMIntEQ, l, splat(wide, gen_int(wide->gen, INT64_MIN)), "");
    LLVMValueRef is_bad = LLVMBuildICmp(b, LLVMIntEQ, r, zero, "");
    is_bad = LLVMBuildOr(b, is_bad, LLVMBuildAnd(b, is_negation, is_least, ""), "");
    doubt_where(wide, is_bad);
    r = LLVMBuildSelect(b, is_bad, one, r, "");
    LLVMValueRef rest = LLVMBuildSRem(b, l, r, "");
    LLVMValueRef differs = LLVMBuildICmp(b, LLVMIntSLT, LLVMBuildXor(b, rest, r, ""), zero, "");
    LLVMValueRef adjusts = LLVMBuildAnd(b, LLVMBuildICmp(b, LLVMIntNE, rest, zero, ""), differs, "");
    if (op == CORE_OP_MOD) return LLVMBuildSelect(b, adjusts, LLVMBuildAdd(b, rest, r, ""), rest, "");
    return LLVMBuildAdd(b, LLVMBuildSDiv(b, l, r, ""), LLVMBuildSExt(b, adjusts, LLVMTypeOf(l), ""), "");
}

static LLVMValueRef wide_int_op(const Wide *wide, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = wide->b;
    switch (expr->op) {
    case CORE_OP_ADD: return wide_sum(wide, expr, l, r);
    case CORE_OP_SUB: return wide_difference(wide, l, r);
    case CORE_OP_MUL: return wide_product(wide, l, r);
    case CORE_OP_FLOOR_DIV:
    case CORE_OP_MOD: return wide_quotient(wide, expr->op, l, r);
    case CORE_OP_NEG: return wide_difference(wide, LLVMConstNull(LLVMTypeOf(l)), l);
    case CORE_OP_ADD_WRAP: return LLVMBuildAdd(b, l, r, "");
    case CORE_OP_SUB_WRAP: return LLVMBuildSub(b, l, r, "");
    case CORE_OP_MUL_WRAP: return LLVMBuildMul(b, l, r, "");
    case CORE_OP_BIT_AND: return LLVMBuildAnd(b, l, r, "");
    case CORE_OP_BIT_OR: return LLVMBuildOr(b, l, r, "");
    default: return LLVMBuildXor(b, l, r, ""); /* op_fits leaves no others */
    }
}

static LLVMValueRef wide_float_op(const Wide *wide, const CoreExpr *expr, LLVMValueRef l, LLVMValueRef r) {
    LLVMBuilderRef b = wide->b;
    switch (expr->op) {
    case CORE_OP_ADD:
    case CORE_OP_MUL: return gen_add_floats(wide->frame, expr->op, l, r);
    case CORE_OP_SUB: return LLVMBuildFSub(b, l, r, "");
    case CORE_OP_DIV: return LLVMBuildFDiv(b, l, r, "");
    default: return LLVMBuildFNeg(b, l, "");
    }
}

static LLVMValueRef wide_comparison(const Wide *wide, CoreOp op, const CoreType *type, LLVMValueRef l, LLVMValueRef r) {
    static const LLVMRealPredicate floats[] = {LLVMRealOEQ, LLVMRealUNE, LLVMRealOLT, LLVMRealOLE, LLVMRealOGT, LLVMRealOGE};
    static const LLVMIntPredicate ints[] = {LLVMIntEQ, LLVMIntNE, LLVMIntSLT, LLVMIntSLE, LLVMIntSGT, LLVMIntSGE};
    static const LLVMIntPredicate bools[] = {LLVMIntEQ, LLVMIntNE, LLVMIntULT, LLVMIntULE, LLVMIntUGT, LLVMIntUGE};
    size_t which = (size_t)(op - CORE_OP_EQ);
    if (type->kind == CORE_TYPE_FLOAT) return LLVMBuildFCmp(wide->b, floats[which], l, r, "");
    return LLVMBuildICmp(wide->b, type->kind == CORE_TYPE_BOOL ? bools[which] : ints[which], l, r, "");
}

static LLVMValueRef wide_op(Wide *wide, const CoreExpr *expr) {
    const CoreType *type = expr->args.items[0]->type;
    LLVMValueRef l = wide_expr(wide, expr->args.items[0]), r = expr->args.len > 1 ? wide_expr(wide, expr->args.items[1]) : NULL;
    if (expr->op >= CORE_OP_EQ && expr->op <= CORE_OP_GE) return wide_comparison(wide, expr->op, type, l, r);
    if (expr->op == CORE_OP_NOT) return LLVMBuildNot(wide->b, l, "");
    return type->kind == CORE_TYPE_FLOAT ? wide_float_op(wide, expr, l, r) : wide_int_op(wide, expr, l, r);
}

static LLVMValueRef wide_prim(Wide *wide, const CoreExpr *expr) {
    const CoreExpr *arg = expr->args.items[0];
    LLVMValueRef value = wide_expr(wide, arg);
    LLVMTypeRef type = LLVMVectorType(wide->gen->f64, wide->lanes);
    const char *name = wide_intrinsic(expr);
    if (!*name) return arg->type->kind == CORE_TYPE_FLOAT ? value : LLVMBuildSIToFP(wide->b, value, type, "");
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(wide->gen->module, id, &type, 1);
    return LLVMBuildCall2(wide->b, LLVMIntrinsicGetType(wide->gen->llvm, id, &type, 1), function, &value, 1, "");
}

/* ---- variables */

static void wide_bind(Wide *wide, const CoreVar *var, LLVMValueRef value, bool is_variable) {
    WideVar *known = arena_make(wide->gen->arena, WideVar);
    *known = (WideVar){.value = value};
    if (is_variable) {
        *known = (WideVar){.address = frame_variable(wide->frame, LLVMTypeOf(value), var->name)};
        LLVMBuildStore(wide->b, value, known->address);
    }
    *map_slot_pointer(&wide->vars, var) = known;
}

/* A value that is the same for all elements. */
static LLVMValueRef same_for_all(const Wide *wide, const CoreExpr *expr) {
    LLVMValueRef value = gen_scoped(wide->frame, expr).llvm;
    return splat(wide, expr->type->kind == CORE_TYPE_BOOL ? gen_test(wide->frame, value) : value);
}

static LLVMValueRef wide_local(Wide *wide, const CoreExpr *expr) {
    const WideVar *known = map_get_pointer(&wide->vars, expr->var);
    if (!known) return same_for_all(wide, expr);
    return known->value ? known->value : LLVMBuildLoad2(wide->b, wide_type(wide, expr->type), known->address, "");
}

static void wide_assign(Wide *wide, const CoreExpr *expr) {
    LLVMValueRef value = wide_expr(wide, expr->args.items[0]);
    const WideVar *known = map_get_pointer(&wide->vars, expr->place->var);
    LLVMValueRef before = LLVMBuildLoad2(wide->b, LLVMTypeOf(value), known->address, "");
    value = LLVMBuildSelect(wide->b, read_flags(wide, wide->active), value, before, "");
    LLVMBuildStore(wide->b, value, known->address);
}

/* ---- the flow of control */

static LLVMValueRef wide_if(Wide *wide, const CoreExpr *expr) {
    LLVMBuilderRef b = wide->b;
    LLVMValueRef condition = wide_expr(wide, expr->args.items[0]), before = read_flags(wide, wide->active);
    LLVMBuildStore(b, LLVMBuildAnd(b, before, condition, ""), wide->active);
    LLVMValueRef yes = wide_expr(wide, expr->args.items[1]), after = read_flags(wide, wide->active);
    LLVMBuildStore(b, LLVMBuildAnd(b, before, LLVMBuildNot(b, condition, ""), ""), wide->active);
    LLVMValueRef no = wide_expr(wide, expr->args.items[2]);
    LLVMBuildStore(b, LLVMBuildOr(b, after, read_flags(wide, wide->active), ""), wide->active);
    if (!yes || !no) return yes ? yes : no; /* one of them leaves, or there is no value */
    return LLVMBuildSelect(b, condition, yes, no, "");
}

/* A loop that is being written. */
typedef struct WideLoop {
    LLVMValueRef entered, outer;
    LLVMBasicBlockRef head, done;
} WideLoop;

static WideLoop loop_begin(Wide *wide) {
    WideLoop loop = {.entered = read_flags(wide, wide->active), .outer = wide->continued};
    loop.head = frame_block(wide->frame, "loop");
    loop.done = frame_block(wide->frame, "done");
    wide->continued = flags_variable(wide, "continued", LLVMConstNull(wide->flags));
    frame_jump(wide->frame, loop.head);
    frame_enter(wide->frame, loop.head);
    return loop;
}

/* Goes on with the loop's body. Places with doubt leave the loop: what it would do to them may have no end. */
static void loop_body(Wide *wide, const WideLoop *loop, LLVMValueRef condition) {
    LLVMBuilderRef b = wide->b;
    LLVMBasicBlockRef body = frame_block(wide->frame, "body");
    LLVMValueRef sure = LLVMBuildNot(b, read_flags(wide, wide->doubt), "");
    LLVMValueRef going = LLVMBuildAnd(b, LLVMBuildAnd(b, read_flags(wide, wide->active), condition, ""), sure, "");
    LLVMBuildStore(b, going, wide->active);
    frame_branch(wide->frame, is_any(wide, going), body, loop->done);
    frame_enter(wide->frame, body);
}

/* The end of a turn: here go on those that have left it by `continue`, too. */
static void loop_turn(const Wide *wide) {
    LLVMValueRef next = LLVMBuildOr(wide->b, read_flags(wide, wide->active), read_flags(wide, wide->continued), "");
    LLVMBuildStore(wide->b, next, wide->active);
    LLVMBuildStore(wide->b, LLVMConstNull(wide->flags), wide->continued);
}

static void loop_end(Wide *wide, const WideLoop *loop) {
    LLVMBuilderRef b = wide->b;
    frame_jump(wide->frame, loop->head);
    frame_enter(wide->frame, loop->done);
    LLVMValueRef here = wide->returned ? LLVMBuildNot(b, read_flags(wide, wide->returned), "") : LLVMConstAllOnes(wide->flags);
    LLVMBuildStore(b, LLVMBuildAnd(b, loop->entered, here, ""), wide->active);
    wide->continued = loop->outer;
}

static void wide_while(Wide *wide, const CoreExpr *expr) {
    WideLoop loop = loop_begin(wide);
    loop_body(wide, &loop, wide_expr(wide, expr->args.items[0]));
    wide_expr(wide, expr->args.items[1]);
    loop_turn(wide);
    loop_end(wide, &loop);
}

/* Ranges so long that their length is no int are in doubt, and so are those that have the last of all ints. */
static void wide_for(Wide *wide, const CoreExpr *expr) {
    LLVMBuilderRef b = wide->b;
    const CoreSource *source = &expr->sources.items[0];
    const CoreExpr *range = source->expr;
    LLVMValueRef first = wide_expr(wide, range->args.items[0]), last = wide_expr(wide, range->args.items[1]);
    LLVMTypeRef type = LLVMTypeOf(first);
    LLVMValueRef greatest = splat(wide, gen_int(wide->gen, INT64_MAX)), next = frame_variable(wide->frame, type, "next");
    wide_difference(wide, last, first);
    doubt_where(wide, LLVMBuildICmp(b, LLVMIntEQ, last, greatest, ""));
    LLVMBuildStore(b, first, next);
    WideLoop loop = loop_begin(wide);
    LLVMValueRef at = LLVMBuildLoad2(b, type, next, "");
    loop_body(wide, &loop, LLVMBuildICmp(b, range->flag ? LLVMIntSLT : LLVMIntSLE, at, last, ""));
    wide_bind(wide, source->var, at, false);
    wide_expr(wide, expr->args.items[0]);
    loop_turn(wide);
    LLVMBuildStore(b, LLVMBuildAdd(b, at, splat(wide, gen_int(wide->gen, 1)), ""), next);
    loop_end(wide, &loop);
}

static void wide_return(Wide *wide, const CoreExpr *expr) {
    LLVMBuilderRef b = wide->b;
    LLVMValueRef value = wide_expr(wide, expr->args.items[0]), active = read_flags(wide, wide->active);
    LLVMValueRef before = LLVMBuildLoad2(b, LLVMTypeOf(value), wide->result, "");
    LLVMBuildStore(b, LLVMBuildSelect(b, active, value, before, ""), wide->result);
    LLVMBuildStore(b, LLVMBuildOr(b, read_flags(wide, wide->returned), active, ""), wide->returned);
    LLVMBuildStore(b, LLVMConstNull(wide->flags), wide->active);
}

static void wide_continue(Wide *wide) {
    LLVMBuilderRef b = wide->b;
    LLVMValueRef all = LLVMBuildOr(b, read_flags(wide, wide->continued), read_flags(wide, wide->active), "");
    LLVMBuildStore(b, all, wide->continued);
    LLVMBuildStore(b, LLVMConstNull(wide->flags), wide->active);
}

static LLVMValueRef wide_call(Wide *wide, const CoreExpr *expr) {
    LLVMBuilderRef b = wide->b;
    const CoreFn *fn = expr->fn;
    LLVMTypeRef type = wide_type(wide, fn->result);
    LLVMValueRef *args = arena_array(wide->gen->arena, LLVMValueRef, fn->params.len + 1), returned = wide->returned,
                 result = wide->result, active = read_flags(wide, wide->active);
    for (size_t i = 0; i < fn->params.len; i++) args[i] = wide_expr(wide, expr->args.items[i]);
    for (size_t i = 0; i < fn->params.len; i++) wide_bind(wide, fn->params.items[i], args[i], fn->params.items[i]->is_mutable);
    wide->returned = flags_variable(wide, "returned", LLVMConstNull(wide->flags));
    wide->result = frame_variable(wide->frame, type, "result");
    LLVMBuildStore(b, LLVMConstNull(type), wide->result);
    LLVMValueRef value = wide_expr(wide, fn->body), last = LLVMBuildLoad2(b, type, wide->result, "");
    value = value ? LLVMBuildSelect(b, read_flags(wide, wide->returned), last, value, "") : last;
    LLVMBuildStore(b, active, wide->active);
    wide->returned = returned;
    wide->result = result;
    return value;
}

static LLVMValueRef wide_block(Wide *wide, const CoreExpr *expr) {
    LLVMValueRef value = NULL;
    for (size_t i = 0; i < expr->args.len; i++) value = wide_expr(wide, expr->args.items[i]);
    return value;
}

/* NULL: there is no value. */
static LLVMValueRef wide_expr(Wide *wide, const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_TUPLE: return NULL;
    case CORE_LOCAL: return wide_local(wide, expr);
    case CORE_LET: wide_bind(wide, expr->var, wide_expr(wide, expr->args.items[0]), expr->var->is_mutable); return NULL;
    case CORE_ASSIGN: wide_assign(wide, expr); return NULL;
    case CORE_BLOCK: return wide_block(wide, expr);
    case CORE_IF: return wide_if(wide, expr);
    case CORE_WHILE: wide_while(wide, expr); return NULL;
    case CORE_FOR: wide_for(wide, expr); return NULL;
    case CORE_BREAK: LLVMBuildStore(wide->b, LLVMConstNull(wide->flags), wide->active); return NULL;
    case CORE_CONTINUE: wide_continue(wide); return NULL;
    case CORE_RETURN: wide_return(wide, expr); return NULL;
    case CORE_OP: return wide_op(wide, expr);
    case CORE_CALL: return wide_call(wide, expr);
    case CORE_PRIM: return wide_prim(wide, expr);
    case CORE_YIELD:
        wide->yielded.values = wide_expr(wide, expr->args.items[0]);
        wide->yielded.which = read_flags(wide, wide->active);
        return NULL;
    default: return same_for_all(wide, expr); /* numbers and globals */
    }
}

/* ---- elements */

static LLVMValueRef wide_walk(const Wide *wide, const Walk *walk, const CoreType *type, LLVMValueRef index) {
    LLVMBuilderRef b = wide->b;
    LLVMTypeRef vector = wide_type(wide, type);
    if (walk->kind != CORE_SOURCE_RANGE) {
        LLVMValueRef place = LLVMBuildInBoundsGEP2(b, gen_type(wide->gen, type), walk->data, &index, 1, "");
        LLVMValueRef elements = LLVMBuildLoad2(b, vector, place, "elements");
        LLVMSetAlignment(elements, sizeof(int64_t));
        return elements;
    }
    LLVMValueRef *places = arena_array(wide->gen->arena, LLVMValueRef, wide->lanes);
    for (unsigned i = 0; i < wide->lanes; i++) places[i] = gen_int(wide->gen, i);
    LLVMValueRef numbers = LLVMBuildAdd(b, splat(wide, index), LLVMConstVector(places, wide->lanes), "");
    return LLVMBuildAdd(b, splat(wide, walk->first), LLVMBuildMul(b, numbers, splat(wide, walk->step), ""), "elements");
}

WideYield wide_yield(Frame *frame, const Kernel *kernel, LLVMValueRef index) {
    const CoreJob *job = kernel->job;
    Gen *gen = frame->gen;
    Wide wide = {.frame = frame, .gen = gen, .b = frame->builder, .lanes = kernel->wide_lanes};
    wide.flags = LLVMVectorType(gen->i1, wide.lanes);
    wide.active = flags_variable(&wide, "active", LLVMConstAllOnes(wide.flags));
    wide.doubt = flags_variable(&wide, "doubt", LLVMConstNull(wide.flags));
    map_init(&wide.vars, gen->arena);
    for (size_t i = 0; i < job->sources.len; i++) {
        const CoreVar *var = job->sources.items[i].var;
        wide_bind(&wide, var, wide_walk(&wide, &kernel->walks[i], var->type, index), false);
    }
    wide_expr(&wide, job->body);
    wide.yielded.is_sure = LLVMBuildNot(wide.b, is_any(&wide, read_flags(&wide, wide.doubt)), "");
    return wide.yielded;
}
