/* expr.h: generation of expressions. All write into the frame's function at the builder's place, and go on where the value is
 * known.
 *
 * After an expression that never gives a value (`return`, `break` …) generation goes on in a block that nothing reaches. */
#ifndef COMPILER_LLVM_EXPR_H
#define COMPILER_LLVM_EXPR_H

#include "compiler/llvm/frame.h"

/* ---- expr.c */

Value gen_expr(Frame *frame, const CoreExpr *expr);
Value gen_scoped(Frame *frame, const CoreExpr *expr);           /* in a scope of its own: never PARKED */
void gen_statement(Frame *frame, const CoreExpr *expr);         /* for its effect */
LLVMValueRef gen_condition(Frame *frame, const CoreExpr *expr); /* a bool as i1 */
/* Several in order; what is owned is parked, and what a later one changes is secured. */
void gen_operands(Frame *frame, CoreExpr *const *exprs, size_t count, Value *values);

LLVMValueRef gen_bool(Frame *frame, LLVMValueRef flag);    /* i1 as it lies in memory */
LLVMValueRef gen_test(Frame *frame, LLVMValueRef boolean); /* and back */
LLVMValueRef gen_field_address(Frame *frame, const CoreType *type, LLVMValueRef address,
                               unsigned field); /* of a tuple or optional */
LLVMValueRef gen_load(Frame *frame, const CoreType *type, LLVMValueRef address);
LLVMValueRef gen_result(Frame *frame, const CoreType *type); /* a variable for a runtime function to write its result to */
/* Reads at a constant offset of a struct of mr.h. */
LLVMValueRef gen_at(Frame *frame, LLVMValueRef address, size_t offset);
LLVMValueRef gen_load_at(Frame *frame, LLVMTypeRef type, LLVMValueRef address, size_t offset);
void gen_store_at(Frame *frame, LLVMValueRef value, LLVMValueRef address, size_t offset);

void gen_return(Frame *frame, Value value);
void gen_return_nothing(Frame *frame);
void gen_jump(Frame *frame, CoreKind kind, uint32_t id); /* BREAK or CONTINUE */

/* ---- analyse.c: questions about core expressions */

bool expr_is_simple(const CoreExpr *expr);                          /* cannot fail or leave, has no effect */
bool expr_disturbs(const CoreExpr *later, const CoreExpr *earlier); /* changes a variable that the earlier one reads */
void expr_each(const CoreExpr *expr, void (*visit)(const CoreExpr *, void *), void *context); /* it and all in it, as below */
bool expr_has_busy_loop(const CoreExpr *expr); /* other than loops that print a line each time, which takes longer than the rest */
bool expr_walks_stream(const CoreExpr *expr);  /* has a loop over a stream as a value */
bool expr_stands_alone(const CoreExpr *expr, const Map *locals); /* has to do with none of these variables, and does not return */
bool expr_yields_once(const CoreExpr *expr);                     /* whatever happens, unless it fails */
bool expr_has_yield_in_loop(const CoreExpr *expr);               /* a loop over a chunk of a stream is none */
const CoreVar *expr_root(const CoreExpr *expr);                  /* the variable of which this reads a part, or NULL */
bool expr_is_element(const CoreExpr *expr);                      /* an element of a list or map, or a part of one */

/* ---- ops.c, containers.c, calls.c, places.c, loops.c, jobs.c */

Value gen_op(Frame *frame, const CoreExpr *expr);
LLVMValueRef gen_add_floats(Frame *frame, CoreOp op, LLVMValueRef left, LLVMValueRef right); /* ADD or MUL */
LLVMValueRef gen_compare_total(Frame *frame, const CoreType *type, LLVMValueRef left, LLVMValueRef right);

Value gen_list(Frame *frame, const CoreExpr *expr);
Value gen_map(Frame *frame, const CoreExpr *expr);
Value gen_range(Frame *frame, const CoreExpr *expr);
Value gen_index(Frame *frame, const CoreExpr *expr);
Value gen_slice(Frame *frame, const CoreExpr *expr);
Value gen_concat(Frame *frame, const CoreExpr *expr);
Value gen_lent_split(Frame *frame, const CoreExpr *expr, Value *values); /* a PRIM with `flag` */
Value gen_format(Frame *frame, const CoreExpr *expr);
LLVMValueRef gen_list_len(Frame *frame, LLVMValueRef list);

Value gen_call(Frame *frame, const CoreExpr *expr);
void gen_tail_call(Frame *frame, const CoreExpr *expr); /* leaves the function */
Value gen_call_value(Frame *frame, const CoreExpr *expr);
Value gen_closure(Frame *frame, const CoreExpr *expr);
Value gen_prim(Frame *frame, const CoreExpr *expr);
/* Calls mr_prim_<name>; the first argument may be an address (updates). Gives the result's owner. */
Value gen_prim_call(Frame *frame, const CoreExpr *expr, LLVMValueRef place, Value *values);

Value gen_foreign(Frame *frame, const CoreExpr *expr); /* foreign.c */

Value gen_assign(Frame *frame, const CoreExpr *expr);
Value gen_update(Frame *frame, const CoreExpr *expr);
LLVMValueRef gen_global_address(Frame *frame, const CoreGlobal *global);
Value gen_take_element(Frame *frame, const CoreExpr *expr); /* out of the container, which a `var` holds; zero stays behind */

Value gen_while(Frame *frame, const CoreExpr *expr);
Value gen_for(Frame *frame, const CoreExpr *expr);

void gen_bind_captures(Frame *frame, const CoreFn *fn, LLVMValueRef closure); /* functions.c */
void gen_check_depth(Frame *frame, const CoreFn *fn);
/* In a cell, outside of kernels: a loop's next round fails where the thread is interrupted. */
void gen_check_interrupt(Frame *frame, Span span);

void gen_for_stream(Frame *frame, const CoreExpr *expr); /* streams.c: FOR over a stream as a value */
void gen_walk_yield(Frame *frame, const CoreExpr *expr); /* a YIELD in a walk function */
/* Leaves the body of such a FOR, which is a function of its own, for the place that a jump or `return` of the function around it
 * means; `loop` is 0 for `return`. The frame's scopes are given up. */
void gen_sink_leave(Frame *frame, CoreKind kind, uint32_t loop);

Value gen_job(Frame *frame, const CoreExpr *expr);
Value gen_yield(Frame *frame, const CoreExpr *expr);
Value gen_chunk(Frame *frame, const CoreExpr *expr); /* kernel.c */

#endif
