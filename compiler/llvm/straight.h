/* straight.h: conditions without branches.
 *
 * What stands under a condition is done only where the condition holds, and LLVM moves what is needed for nothing else there too:
 * the load of a list's element, say. In a loop over vectors that is a load with a mask, which waits for all that the condition is
 * computed from, so that memory is no longer asked for in time. Where elements are a few steps of plain arithmetic that nothing
 * can fail for, both sides of a condition are computed, and the one that counts is selected. What has an effect (a value that is
 * yielded, a doubt that is noted) has it where the frame's `only` holds. */
#ifndef COMPILER_LLVM_STRAIGHT_H
#define COMPILER_LLVM_STRAIGHT_H

#include "compiler/llvm/jobs.h"

/* Whether the IF shall be computed so: few steps on both sides, of which none can fail here or has another effect than a yield
 * that can be left out. */
bool straight_fits(const Frame *frame, const CoreExpr *expr);
Value straight_if(Frame *frame, const CoreExpr *expr);

/* The value where what is being written counts, else `other`: as long as there is no condition, the value. */
LLVMValueRef straight_only(Frame *frame, LLVMValueRef value, LLVMValueRef other);

#endif
