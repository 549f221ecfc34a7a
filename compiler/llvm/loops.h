/* loops.h: walking sequences, for loops and kernels alike. */
#ifndef COMPILER_LLVM_LOOPS_H
#define COMPILER_LLVM_LOOPS_H

#include "compiler/llvm/expr.h"

/* A sequence whose elements are found by their index. */
typedef struct Walk {
    CoreSourceKind kind; /* RANGE, LIST, SET, MAP or OPTIONAL */
    const CoreType *type;
    LLVMValueRef count;       /* MR_OPEN: endless */
    LLVMValueRef first, step; /* RANGE */
    LLVMValueRef data;        /* LIST: its elements; SET, MAP: its entries in order; OPTIONAL: what is in it, as a value */
    bool may_be_open;         /* RANGE: it may be endless */
} Walk;

Walk walk_begin(Frame *frame, const CoreSource *source);
/* What is walked; where the body may change it under the loop, it is kept as it was: assignments then work on a copy. */
LLVMValueRef walk_source(Frame *frame, const CoreExpr *expr);

/* Element i as a value that is borrowed from the sequence. */
LLVMValueRef walk_element(Frame *frame, const Walk *walk, LLVMValueRef index);

void loop_enter(Frame *frame, Loop *loop, const CoreExpr *expr, LLVMBasicBlockRef break_to, LLVMBasicBlockRef continue_to);
void loop_leave(Frame *frame);

/* The parts of a counted loop that is being written: `index` runs from 0 to count - 1. */
typedef struct Count {
    LLVMBasicBlockRef body, next, done;
    LLVMValueRef index;
} Count;

Count count_begin(Frame *frame, LLVMValueRef count); /* goes on in the body */
void count_end(Frame *frame, const Count *count);    /* goes on behind the loop */

void for_parts(Frame *frame, const CoreExpr *expr); /* parts.c: the parts of a text, one by one */

#endif
