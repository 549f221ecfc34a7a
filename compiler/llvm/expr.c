/* Expressions: the dispatch by kind, and what is not worth a file of its own: literals, variables, parts of values, blocks,
 * conditions. */
#include "compiler/llvm/expr.h"
#include "compiler/llvm/straight.h"

#include <stddef.h>

/* ---- small steps */

LLVMValueRef gen_bool(Frame *frame, LLVMValueRef flag) {
    return LLVMBuildZExt(frame->builder, flag, frame->gen->i8, "");
}

LLVMValueRef gen_test(Frame *frame, LLVMValueRef boolean) {
    return LLVMBuildICmp(frame->builder, LLVMIntNE, boolean, gen_byte(frame->gen, 0), "");
}

LLVMValueRef gen_field_address(Frame *frame, const CoreType *type, LLVMValueRef address, unsigned field) {
    return LLVMBuildStructGEP2(frame->builder, gen_type(frame->gen, type), address, field, "");
}

LLVMValueRef gen_load(Frame *frame, const CoreType *type, LLVMValueRef address) {
    return LLVMBuildLoad2(frame->builder, gen_type(frame->gen, type), address, "");
}

LLVMValueRef gen_result(Frame *frame, const CoreType *type) {
    return frame_variable(frame, gen_type(frame->gen, type), "result");
}

LLVMValueRef gen_at(Frame *frame, LLVMValueRef address, size_t offset) {
    if (!offset) return address;
    LLVMValueRef index = gen_int(frame->gen, (int64_t)offset);
    return LLVMBuildInBoundsGEP2(frame->builder, frame->gen->i8, address, &index, 1, "");
}

LLVMValueRef gen_load_at(Frame *frame, LLVMTypeRef type, LLVMValueRef address, size_t offset) {
    return LLVMBuildLoad2(frame->builder, type, gen_at(frame, address, offset), "");
}

void gen_store_at(Frame *frame, LLVMValueRef value, LLVMValueRef address, size_t offset) {
    LLVMBuildStore(frame->builder, value, gen_at(frame, address, offset));
}

/* ---- scopes and sequences */

/* Before a scope ends: a value that lies in it, or that something in it keeps alive, becomes the holder's own. */
static Value value_leaving(Frame *frame, Value value) {
    bool depends = value.ownership == VALUE_PARKED || (value.ownership == VALUE_BORROWED && frame->scope->slots.len > 0);
    return depends ? value_owned(value_take(frame, value), value.type) : value;
}

/* An expression that leaves (`return`, `break`) may stand where a value is wanted: nothing ever looks at it. */
static Value value_of_type(Frame *frame, Value value, const CoreType *type) {
    if (value.type == type) return value;
    return value_trivial(LLVMGetUndef(gen_type(frame->gen, type)), type);
}

Value gen_scoped(Frame *frame, const CoreExpr *expr) {
    Scope scope;
    scope_enter(frame, &scope);
    Value value = value_leaving(frame, gen_expr(frame, expr));
    scope_leave(frame);
    return value;
}

void gen_statement(Frame *frame, const CoreExpr *expr) {
    Scope scope;
    scope_enter(frame, &scope);
    Value value = gen_expr(frame, expr);
    value_hold(frame, &value);
    scope_leave(frame);
}

LLVMValueRef gen_condition(Frame *frame, const CoreExpr *expr) {
    return gen_test(frame, gen_scoped(frame, expr).llvm);
}

/* The numbers of the operands in the order in which they are evaluated. */
static size_t *operand_order(Frame *frame, CoreExpr *const *exprs, size_t count) {
    size_t *order = arena_array(frame->gen->arena, size_t, count + 1), len = 0;
    bool *waits = arena_array(frame->gen->arena, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        waits[i] = core_operand_waits(exprs, count, i);
        if (!waits[i]) order[len++] = i;
    }
    for (size_t i = 0; i < count && len < count; i++)
        if (waits[i]) order[len++] = i;
    return order;
}

void gen_operands(Frame *frame, CoreExpr *const *exprs, size_t count, Value *values) {
    const size_t *order = operand_order(frame, exprs, count);
    for (size_t i = 0; i < count; i++) {
        Value *value = &values[order[i]];
        *value = gen_expr(frame, exprs[order[i]]);
        if (value->ownership == VALUE_TRIVIAL) continue;
        bool rest_is_simple = true, is_disturbed = false;
        for (size_t j = i + 1; j < count && !is_disturbed; j++) {
            const CoreExpr *later = exprs[order[j]];
            rest_is_simple = rest_is_simple && expr_is_simple(later);
            is_disturbed = value->ownership == VALUE_BORROWED && expr_disturbs(later, exprs[order[i]]);
        }
        if (is_disturbed) value_secure(frame, value);
        if (!rest_is_simple) value_hold(frame, value);
    }
}

static Value gen_block(Frame *frame, const CoreExpr *expr) {
    Scope scope;
    scope_enter(frame, &scope);
    Value value = value_unit(frame, expr->type);
    for (size_t i = 0; i < expr->args.len; i++) {
        const CoreExpr *part = expr->args.items[i];
        /* What a `let` binds belongs to the block, not to the statement. */
        if (i + 1 == expr->args.len || part->kind == CORE_LET) {
            value = gen_expr(frame, part);
        } else {
            gen_statement(frame, part);
        }
    }
    value = value_leaving(frame, value);
    scope_leave(frame);
    return value_of_type(frame, value, expr->type);
}

/* ---- literals and variables */

static Value gen_string(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    if (!expr->text_len) return value_trivial(LLVMConstNull(gen->string), expr->type);
    LLVMValueRef fields[] = {gen_string_bytes(gen, expr->text, expr->text_len), gen_int(gen, (int64_t)expr->text_len),
                             gen->immortal};
    return value_trivial(LLVMConstStructInContext(gen->llvm, fields, 3, 0), expr->type);
}

/* Where a variable or a part of one lies, or NULL where it is not in memory. */
static LLVMValueRef part_address(Frame *frame, const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_LOCAL: return frame_binding(frame, expr->var)->address;
    case CORE_GLOBAL: return gen_global_address(frame, expr->global);
    case CORE_FIELD:
    case CORE_UNWRAP: {
        const CoreExpr *whole = expr->args.items[0];
        LLVMValueRef address = part_address(frame, whole);
        if (!address) return NULL;
        unsigned field = expr->kind == CORE_FIELD ? (unsigned)expr->integer : 1;
        return gen_field_address(frame, whole->type, address, field);
    }
    case CORE_UNBOX: {
        const CoreExpr *box = expr->args.items[0];
        LLVMValueRef address = part_address(frame, box), cell = NULL;
        if (address)
            cell = gen_load(frame, box->type, address);
        else if (box->kind == CORE_LOCAL)
            cell = frame_binding(frame, box->var)->value;
        return cell ? gen_at(frame, cell, offsetof(MrBox, content)) : NULL;
    }
    default: return NULL;
    }
}

/* The same for a part that may be taken out: of what the frame owns. The cells on the way may have other owners: *is_ours says
 * whether none has; NULL: there are no cells on the way. */
static LLVMValueRef owned_address(Frame *frame, const CoreExpr *expr, LLVMValueRef *is_ours) {
    const CoreExpr *whole = expr->args.len > 0 ? expr->args.items[0] : NULL;
    LLVMBuilderRef b = frame->builder;
    if (expr->kind == CORE_LOCAL) {
        const Binding *binding = frame_binding(frame, expr->var);
        return binding->is_owned ? binding->address : NULL;
    }
    if (expr->kind != CORE_FIELD && expr->kind != CORE_UNWRAP && expr->kind != CORE_UNBOX) return NULL;
    LLVMValueRef address = owned_address(frame, whole, is_ours);
    if (!address) return NULL;
    if (expr->kind == CORE_FIELD) return gen_field_address(frame, whole->type, address, (unsigned)expr->integer);
    if (expr->kind == CORE_UNWRAP) return gen_field_address(frame, whole->type, address, 1);
    LLVMValueRef cell = gen_load(frame, whole->type, address);
    LLVMValueRef count = gen_load_at(frame, frame->gen->i64, cell, offsetof(MrCell, count));
    LLVMValueRef is_unique = LLVMBuildICmp(b, LLVMIntEQ, count, gen_int(frame->gen, 1), "");
    *is_ours = *is_ours ? LLVMBuildAnd(b, *is_ours, is_unique, "") : is_unique;
    return gen_at(frame, cell, offsetof(MrBox, content));
}

/* Takes a part out, leaving zero: what is in a cell that others hold too gets one owner more instead. */
static bool gen_take_part(Frame *frame, const CoreExpr *expr, Value *value) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef is_ours = NULL, address = owned_address(frame, expr, &is_ours);
    if (!address) return false;
    LLVMBasicBlockRef ours = NULL, shared = NULL, taken = NULL;
    LLVMValueRef part = gen_load(frame, expr->type, address);
    if (is_ours) {
        ours = frame_block(frame, "ours");
        shared = frame_block(frame, "shared");
        taken = frame_block(frame, "taken");
        frame_branch(frame, is_ours, ours, shared);
        frame_enter(frame, ours);
    }
    LLVMBuildStore(b, LLVMConstNull(gen_type(frame->gen, expr->type)), address);
    if (is_ours) {
        frame_jump(frame, taken);
        frame_enter(frame, shared);
        value_take(frame, value_borrowed(part, expr->type));
        frame_jump(frame, taken);
        frame_enter(frame, taken);
    }
    *value = value_owned(part, expr->type);
    return true;
}

/* A variable or a part of one that is in memory: read, or taken out where this is the last use. */
static bool gen_in_place(Frame *frame, const CoreExpr *expr, Value *value) {
    bool is_move = expr->is_move && !expr->type->is_flat;
    if (is_move && expr_is_element(expr)) {
        *value = gen_take_element(frame, expr);
        return true;
    }
    if (is_move && gen_take_part(frame, expr, value)) return true;
    LLVMValueRef address = part_address(frame, expr);
    if (!address) return false;
    *value = value_borrowed(gen_load(frame, expr->type, address), expr->type);
    return true;
}

static Value gen_local(Frame *frame, const CoreExpr *expr) {
    Value value;
    if (gen_in_place(frame, expr, &value)) return value;
    return value_borrowed(frame_binding(frame, expr->var)->value, expr->type);
}

/* A field of a tuple, or what is in an optional. */
static Value gen_part(Frame *frame, const CoreExpr *expr, unsigned field) {
    Value value;
    if (gen_in_place(frame, expr, &value)) return value;
    Value whole = gen_expr(frame, expr->args.items[0]);
    LLVMValueRef part = LLVMBuildExtractValue(frame->builder, value_read(frame, &whole), field, "");
    return value_borrowed(part, expr->type);
}

static Value gen_is_some(Frame *frame, const CoreExpr *expr) {
    const CoreExpr *optional = expr->args.items[0];
    LLVMValueRef address = part_address(frame, optional);
    if (address) return value_trivial(LLVMBuildLoad2(frame->builder, frame->gen->i8, address, "tag"), expr->type);
    Value value = gen_expr(frame, optional);
    return value_trivial(LLVMBuildExtractValue(frame->builder, value_read(frame, &value), 0, "tag"), expr->type);
}

static Value gen_let(Frame *frame, const CoreExpr *expr) {
    CoreVar *var = expr->var;
    const CoreExpr *init = expr->args.items[0];
    bool is_lent = init->kind == CORE_PRIM && init->flag; /* what a lent list holds on to lives as long as the variable */
    Scope temporaries;
    if (!is_lent) scope_enter(frame, &temporaries);
    Value value = gen_expr(frame, init);
    LLVMValueRef taken = var->is_mutable ? value_settle(frame, value) : value_take(frame, value);
    if (!is_lent) scope_leave(frame);
    if (!var->is_mutable && (var->type->is_flat || LLVMIsConstant(taken))) {
        frame_bind_value(frame, var, taken);
        return value_unit(frame, expr->type);
    }
    LLVMValueRef address = var->type->is_flat ? frame_variable(frame, gen_type(frame->gen, var->type), var->name)
                                              : frame_slot(frame, var->type)->address;
    LLVMBuildStore(frame->builder, taken, address);
    frame_bind_address(frame, var, address, true);
    return value_unit(frame, expr->type);
}

/* ---- tuples and optionals */

static Value gen_tuple_value(Frame *frame, const CoreExpr *expr) {
    Value *values = arena_array(frame->gen->arena, Value, expr->args.len + 1);
    gen_operands(frame, expr->args.items, expr->args.len, values);
    LLVMValueRef tuple = LLVMConstNull(gen_type(frame->gen, expr->type));
    for (size_t i = 0; i < expr->args.len; i++) {
        tuple = LLVMBuildInsertValue(frame->builder, tuple, value_take(frame, values[i]), (unsigned)i, "");
    }
    return value_owned(tuple, expr->type);
}

/* Constants are boxed once, in a constant that nobody counts. */
static Value box_constant(Frame *frame, const CoreExpr *expr, LLVMValueRef content) {
    LLVMValueRef fields[] = {gen_int(frame->gen, -1), content};
    return value_trivial(gen_constant(frame->gen, "box", LLVMConstStructInContext(frame->gen->llvm, fields, 2, 0)), expr->type);
}

/* The fields of a tuple go into the cell one by one: it may be large. */
static Value gen_box(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    CoreExpr *const *exprs = expr->args.items;
    const CoreType *content = exprs[0]->type;
    bool is_tuple = exprs[0]->kind == CORE_TUPLE && exprs[0]->args.len > 0;
    size_t count = is_tuple ? exprs[0]->args.len : 1;
    Value *values = arena_array(gen->arena, Value, count);
    LLVMValueRef *constants = arena_array(gen->arena, LLVMValueRef, count);
    bool is_constant = true;
    gen_operands(frame, is_tuple ? exprs[0]->args.items : exprs, count, values);
    for (size_t i = 0; i < count; i++) {
        constants[i] = values[i].llvm;
        is_constant = is_constant && LLVMIsConstant(constants[i]);
    }
    if (is_constant && !is_tuple) return box_constant(frame, expr, constants[0]);
    if (is_constant) return box_constant(frame, expr, LLVMConstStructInContext(gen->llvm, constants, (unsigned)count, 0));
    for (size_t i = 0; i < count; i++) constants[i] = value_keep(frame, values[i]);
    LLVMValueRef cell = frame_runtime(frame, RUNTIME_mr_box_make, (LLVMValueRef[]){gen_descriptor(gen, expr->type)});
    LLVMValueRef address = gen_at(frame, cell, offsetof(MrBox, content));
    for (size_t i = 0; i < count; i++) {
        LLVMValueRef place = is_tuple ? gen_field_address(frame, content, address, (unsigned)i) : address;
        LLVMBuildStore(frame->builder, constants[i], place);
    }
    return value_owned(cell, expr->type);
}

static Value gen_unbox(Frame *frame, const CoreExpr *expr) {
    Value value;
    if (gen_in_place(frame, expr, &value)) return value;
    Value box = gen_expr(frame, expr->args.items[0]);
    LLVMValueRef content = gen_at(frame, value_read(frame, &box), offsetof(MrBox, content));
    return value_borrowed(gen_load(frame, expr->type, content), expr->type);
}

static Value gen_some(Frame *frame, const CoreExpr *expr) {
    LLVMValueRef inner = value_take(frame, gen_expr(frame, expr->args.items[0]));
    LLVMValueRef optional = LLVMConstNull(gen_type(frame->gen, expr->type));
    optional = LLVMBuildInsertValue(frame->builder, optional, gen_byte(frame->gen, 1), 0, "");
    return value_owned(LLVMBuildInsertValue(frame->builder, optional, inner, 1, ""), expr->type);
}

/* ---- conditions and ways out */

static Value gen_if(Frame *frame, const CoreExpr *expr) {
    if (straight_fits(frame, expr)) return straight_if(frame, expr);
    LLVMBasicBlockRef blocks[2] = {frame_block(frame, "then"), frame_block(frame, "else")}, ends[2];
    LLVMBasicBlockRef merge = frame_block(frame, "merge");
    LLVMValueRef results[2];
    Value values[2];
    frame_branch(frame, gen_condition(frame, expr->args.items[0]), blocks[0], blocks[1]);
    for (int i = 0; i < 2; i++) {
        frame_enter(frame, blocks[i]);
        values[i] = value_of_type(frame, gen_scoped(frame, expr->args.items[i + 1]), expr->type);
        ends[i] = LLVMGetInsertBlock(frame->builder);
    }
    bool is_owned = values[0].ownership == VALUE_OWNED || values[1].ownership == VALUE_OWNED;
    for (int i = 0; i < 2; i++) {
        frame_enter(frame, ends[i]);
        results[i] = is_owned ? value_take(frame, values[i]) : values[i].llvm;
        frame_jump(frame, merge);
    }
    frame_enter(frame, merge);
    if (gen_is_unit(expr->type)) return value_unit(frame, expr->type);
    LLVMValueRef phi = LLVMBuildPhi(frame->builder, gen_type(frame->gen, expr->type), "");
    LLVMAddIncoming(phi, results, ends, 2);
    return is_owned ? value_owned(phi, expr->type) : value_borrowed(phi, expr->type);
}

/* What fails in the body goes to the handler, with everything dropped that the body had made. */
static Value gen_try(Frame *frame, const CoreExpr *expr) {
    Scope attempt, scope;
    LLVMBasicBlockRef merge = frame_block(frame, "merge"), ends[2];
    LLVMValueRef results[2];
    scope_enter(frame, &attempt);
    attempt.catches = true;
    results[0] = value_take(frame, value_of_type(frame, gen_scoped(frame, expr->args.items[0]), expr->type));
    ends[0] = LLVMGetInsertBlock(frame->builder);
    frame_jump(frame, merge);
    scope_leave(frame);
    frame_enter(frame, attempt.fail ? attempt.fail : frame_block(frame, "unreached"));
    scope_enter(frame, &scope);
    const CoreType *error = expr->var->type;
    LLVMValueRef address = frame_slot(frame, error)->address;
    LLVMValueRef parts[] = {gen_field_address(frame, error, address, 0), gen_field_address(frame, error, address, 1)};
    frame_runtime(frame, RUNTIME_mr_error_take, parts);
    frame_bind_address(frame, expr->var, address, true);
    results[1] = value_take(frame, value_of_type(frame, gen_scoped(frame, expr->args.items[1]), expr->type));
    scope_leave(frame);
    ends[1] = LLVMGetInsertBlock(frame->builder);
    frame_jump(frame, merge);
    frame_enter(frame, merge);
    if (gen_is_unit(expr->type)) return value_unit(frame, expr->type);
    LLVMValueRef phi = LLVMBuildPhi(frame->builder, gen_type(frame->gen, expr->type), "");
    LLVMAddIncoming(phi, results, ends, 2);
    return value_owned(phi, expr->type);
}

/* Goes on in a block that nothing reaches, with a value that nothing reads. */
static Value gen_unreached(Frame *frame, const CoreType *type) {
    frame_enter(frame, frame_block(frame, "unreached"));
    return value_trivial(LLVMGetUndef(gen_type(frame->gen, type)), type);
}

void gen_return(Frame *frame, Value value) {
    LLVMValueRef result = frame->walks_text ? value_keep(frame, value) : value_take(frame, value);
    LLVMBuildStore(frame->builder, result, frame->out);
    gen_return_nothing(frame);
}

void gen_return_nothing(Frame *frame) {
    if (frame->sink) {
        gen_sink_leave(frame, CORE_RETURN, 0);
        return;
    }
    scope_unwind(frame, NULL);
    LLVMBuildRet(frame->builder, gen_flag(frame->gen, false));
}

static Value gen_return_expr(Frame *frame, const CoreExpr *expr) {
    CoreExpr *value = expr->args.len ? expr->args.items[0] : NULL;
    if (value && value->kind == CORE_CALL && value->flag && !frame->sink) {
        gen_tail_call(frame, value);
    } else if (value) {
        gen_return(frame, gen_expr(frame, value));
    } else {
        gen_return_nothing(frame);
    }
    return gen_unreached(frame, expr->type);
}

void gen_jump(Frame *frame, CoreKind kind, uint32_t id) {
    Loop *loop = frame->loop;
    while (loop && loop->id != id) loop = loop->outer;
    if (!loop) {
        gen_sink_leave(frame, kind, id);
        return;
    }
    bool is_break = kind == CORE_BREAK;
    scope_unwind(frame, is_break ? loop->break_scope : loop->continue_scope);
    frame_jump(frame, is_break ? loop->break_to : loop->continue_to);
}

static Value gen_leave_loop(Frame *frame, const CoreExpr *expr) {
    gen_jump(frame, expr->kind, expr->loop);
    return gen_unreached(frame, expr->type);
}

/* ---- the dispatch */

static Value gen_kind(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    switch (expr->kind) {
    case CORE_INT: return value_trivial(gen_int(gen, expr->integer), expr->type);
    case CORE_FLOAT: return value_trivial(LLVMConstReal(gen->f64, expr->number), expr->type);
    case CORE_BOOL: return value_trivial(gen_byte(gen, expr->flag), expr->type);
    case CORE_STRING: return gen_string(frame, expr);
    case CORE_LOCAL: return gen_local(frame, expr);
    case CORE_GLOBAL: return value_borrowed(gen_load(frame, expr->type, gen_global_address(frame, expr->global)), expr->type);
    case CORE_LET: return gen_let(frame, expr);
    case CORE_ASSIGN: return gen_assign(frame, expr);
    case CORE_BLOCK: return gen_block(frame, expr);
    case CORE_IF: return gen_if(frame, expr);
    case CORE_TRY: return gen_try(frame, expr);
    case CORE_WHILE: return gen_while(frame, expr);
    case CORE_FOR: return gen_for(frame, expr);
    case CORE_BREAK:
    case CORE_CONTINUE: return gen_leave_loop(frame, expr);
    case CORE_RETURN: return gen_return_expr(frame, expr);
    case CORE_OP: return gen_op(frame, expr);
    case CORE_CALL: return gen_call(frame, expr);
    case CORE_CALL_VALUE: return gen_call_value(frame, expr);
    case CORE_PRIM: return gen_prim(frame, expr);
    case CORE_FOREIGN: return gen_foreign(frame, expr);
    case CORE_UPDATE: return gen_update(frame, expr);
    case CORE_CLOSURE: return gen_closure(frame, expr);
    case CORE_TUPLE: return gen_tuple_value(frame, expr);
    case CORE_FIELD: return gen_part(frame, expr, (unsigned)expr->integer);
    case CORE_SOME: return gen_some(frame, expr);
    case CORE_BOX: return gen_box(frame, expr);
    case CORE_UNBOX: return gen_unbox(frame, expr);
    case CORE_NONE:
    case CORE_ZERO: return value_trivial(LLVMConstNull(gen_type(gen, expr->type)), expr->type);
    case CORE_IS_SOME: return gen_is_some(frame, expr);
    case CORE_UNWRAP: return gen_part(frame, expr, 1);
    case CORE_LIST: return gen_list(frame, expr);
    case CORE_MAP:
    case CORE_SET: return gen_map(frame, expr);
    case CORE_RANGE: return gen_range(frame, expr);
    case CORE_INDEX: return gen_index(frame, expr);
    case CORE_SLICE: return gen_slice(frame, expr);
    case CORE_CONCAT: return gen_concat(frame, expr);
    case CORE_FORMAT: return gen_format(frame, expr);
    case CORE_JOB: return gen_job(frame, expr);
    case CORE_CHUNK: return gen_chunk(frame, expr);
    case CORE_YIELD: return gen_yield(frame, expr);
    }
    return gen_unreached(frame, expr->type);
}

Value gen_expr(Frame *frame, const CoreExpr *expr) {
    LLVMMetadataRef place = debug_save(frame->gen);
    debug_place(frame->gen, expr->span);
    Span outer = frame->place;
    if (!gen_is_library(frame->gen, expr->span)) frame->place = expr->span;
    Value value = gen_kind(frame, expr);
    frame->place = outer;
    debug_restore(frame->gen, place);
    return value;
}
