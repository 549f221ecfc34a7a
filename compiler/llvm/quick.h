/* quick.h: loops that put off their checks.
 *
 * A loop in which each step may fail cannot be turned into vectors: it has a way out for each. Where a job is steady arithmetic
 * (plain.h), its kernel takes the elements in blocks, and each block first in a quick loop: ints wrap around, a divisor of zero
 * becomes another, and whether anything of that kind may have happened is noted in one variable, the frame's `doubt`. It errs on
 * the safe side only. Where there is doubt at the end of a block, the state is put back to what it was, and the block is done again
 * with all checks: the loop that fails, if any, is the careful one, and says where. */
#ifndef COMPILER_LLVM_QUICK_H
#define COMPILER_LLVM_QUICK_H

#include "compiler/llvm/jobs.h"

bool kernel_is_quick(Gen *gen, const CoreJob *job);

/* Puts code for all elements of the chunk: `run` writes a loop over `count` elements from the base-th on. */
typedef void KernelLoop(Frame *frame, Kernel *kernel, const CoreExpr *body, LLVMValueRef base, LLVMValueRef count);
void kernel_quick(Frame *frame, Kernel *kernel, const CoreExpr *body, KernelLoop *run);
void kernel_quick_finish(Frame *frame, Kernel *kernel); /* when the kernel's frame has ended: writes the functions that it calls */

/* ---- in a quick loop, where frame->doubt is set */

void quick_assume(Frame *frame, LLVMValueRef element);                           /* of a range */
void quick_doubt(Frame *frame, LLVMValueRef flag);                               /* i1 */
LLVMValueRef quick_callee_doubt(Frame *frame);                                   /* where a function that is called notes its own */
void quick_called(Frame *frame, LLVMValueRef doubt);                             /* … and when it was called */
LLVMValueRef quick_int(Frame *frame, CoreOp op, LLVMValueRef l, LLVMValueRef r); /* ADD SUB MUL NEG: of 0 and r */
/* A divisor or a distance of a shift that nothing fails for: r, or `other` where is_bad. */
LLVMValueRef quick_operand(Frame *frame, LLVMValueRef is_bad, LLVMValueRef r, LLVMValueRef other);

#endif
