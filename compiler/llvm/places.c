/* Places: the variables and parts of variables that assignments and updating primitives change.
 *
 * The indices of the steps and the new value are evaluated before the way to the place is walked: an address within a list or map
 * is good only until that changes. What is on the way is made unique by the runtime. */
#include "compiler/llvm/expr.h"

#include <stddef.h>

LLVMValueRef gen_global_address(Frame *frame, const CoreGlobal *global) {
    Gen *gen = frame->gen;
    size_t count = gen->program->globals.len;
    const CoreType **types = arena_array(gen->arena, const CoreType *, count);
    for (size_t i = 0; i < count; i++) types[i] = gen->program->globals.items[i]->type;
    LLVMValueRef globals = gen_load_at(frame, gen->ptr, frame->context, offsetof(MrContext, globals));
    return gen_field_address(frame, gen_tuple(gen, types, count), globals, global->index);
}

/* The operands of the steps, in order, with room after them for `more` values that belong to the statement. */
static Value *evaluate(Frame *frame, const CoreExpr *expr, size_t *step_count) {
    Arena *arena = frame->gen->arena;
    const CorePlace *place = expr->place;
    size_t most = place->steps.len + expr->args.len, count = 0;
    CoreExpr **exprs = arena_array(arena, CoreExpr *, most + 1);
    for (size_t i = 0; i < place->steps.len; i++) {
        if (place->steps.items[i].index) exprs[count++] = place->steps.items[i].index;
    }
    *step_count = count;
    for (size_t i = 0; i < expr->args.len; i++) exprs[count++] = expr->args.items[i];
    Value *values = arena_array(arena, Value, count + 1);
    gen_operands(frame, exprs, count, values);
    /* Walking the way to the place may fail, so that all that is owned must lie in slots. */
    if (place->steps.len) {
        for (size_t i = 0; i < count; i++) value_hold(frame, &values[i]);
    }
    return values;
}

/* What is in a cell, and an element of a list or map: what they lie in is made unique. */
static LLVMValueRef cell_address(Frame *frame, LLVMValueRef address, const CoreType *box) {
    return frame_runtime(frame, RUNTIME_mr_box_at, (LLVMValueRef[]){address, gen_descriptor(frame->gen, box)});
}

static LLVMValueRef element_address(Frame *frame, LLVMValueRef address, const CoreType *type, LLVMValueRef index, Span span) {
    Gen *gen = frame->gen;
    LLVMValueRef out = frame_variable(frame, gen->ptr, "place");
    bool is_list = type->kind == CORE_TYPE_LIST;
    LLVMValueRef args[] = {out, address, is_list ? index : frame_address(frame, index), gen_descriptor(gen, type)};
    frame_runtime_check(frame, is_list ? RUNTIME_mr_list_at : RUNTIME_mr_map_at, args, span);
    return LLVMBuildLoad2(frame->builder, gen->ptr, out, "");
}

/* The address after the first `steps` steps; uses up the indices from *values on. */
static LLVMValueRef place_address(Frame *frame, const CoreExpr *expr, size_t steps, Value **values) {
    const CorePlace *place = expr->place;
    LLVMValueRef address = place->var ? frame_binding(frame, place->var)->address : gen_global_address(frame, place->global);
    for (size_t i = 0; i < steps; i++) {
        const CoreStep *step = &place->steps.items[i];
        if (step->container->kind == CORE_TYPE_BOX) {
            address = cell_address(frame, address, step->container);
        } else if (step->index) {
            address = element_address(frame, address, step->container, value_read(frame, (*values)++), expr->span);
        } else {
            address = gen_field_address(frame, step->container, address, step->field);
        }
    }
    return address;
}

/* ---- taking out */

static LLVMValueRef part_address(Frame *frame, const CoreExpr *expr) {
    if (expr->kind == CORE_LOCAL) return frame_binding(frame, expr->var)->address;
    const CoreExpr *whole = expr->args.items[0];
    LLVMValueRef address = part_address(frame, whole);
    if (expr->kind == CORE_FIELD) return gen_field_address(frame, whole->type, address, (unsigned)expr->integer);
    if (expr->kind == CORE_UNWRAP) return gen_field_address(frame, whole->type, address, 1);
    if (expr->kind == CORE_UNBOX) return cell_address(frame, address, whole->type);
    Value index = gen_expr(frame, expr->args.items[1]);
    return element_address(frame, address, whole->type, value_read(frame, &index), expr->span);
}

Value gen_take_element(Frame *frame, const CoreExpr *expr) {
    LLVMValueRef address = part_address(frame, expr);
    Value value = value_owned(gen_load(frame, expr->type, address), expr->type);
    LLVMBuildStore(frame->builder, LLVMConstNull(gen_type(frame->gen, expr->type)), address);
    return value;
}

/* ---- changes */

/* m[k] = v inserts where there is no k yet. */
static void assign_entry(Frame *frame, const CoreExpr *expr, Value *values, size_t step_count) {
    Gen *gen = frame->gen;
    const CorePlace *place = expr->place;
    const CoreType *map = place->steps.items[place->steps.len - 1].container;
    Value *next = values;
    LLVMValueRef address = place_address(frame, expr, place->steps.len - 1, &next);
    LLVMValueRef key = frame_address(frame, value_read(frame, next));
    LLVMValueRef value = frame_address(frame, value_keep(frame, values[step_count]));
    frame_runtime_check(frame, RUNTIME_mr_map_set, (LLVMValueRef[]){address, key, value, gen_descriptor(gen, map)}, expr->span);
}

Value gen_assign(Frame *frame, const CoreExpr *expr) {
    const CorePlace *place = expr->place;
    size_t step_count;
    Value *values = evaluate(frame, expr, &step_count);
    const CoreStep *last = place->steps.len ? &place->steps.items[place->steps.len - 1] : NULL;
    if (last && last->index && last->container->kind == CORE_TYPE_MAP) {
        assign_entry(frame, expr, values, step_count);
        return value_unit(frame, expr->type);
    }
    Value *next = values;
    LLVMValueRef address = place_address(frame, expr, place->steps.len, &next);
    bool is_whole = place->var && place->steps.len == 0;
    LLVMValueRef fresh = is_whole ? value_settle(frame, values[step_count]) : value_keep(frame, values[step_count]);
    LLVMValueRef old = place->type->is_flat ? NULL : gen_load(frame, place->type, address);
    LLVMBuildStore(frame->builder, fresh, address);
    if (old) value_drop(frame, old, place->type);
    return value_unit(frame, expr->type);
}

Value gen_update(Frame *frame, const CoreExpr *expr) {
    size_t step_count;
    Value *values = evaluate(frame, expr, &step_count), *next = values;
    LLVMValueRef address = place_address(frame, expr, expr->place->steps.len, &next);
    return gen_prim_call(frame, expr, address, values + step_count);
}
