/* wide.h: several elements side by side.
 *
 * Where an element has a loop of its own, as long as its values say, LLVM cannot turn the kernel's loop into one over vectors. Such
 * kernels take as many elements at a time as a vector has places: each operation is done for all of them, what is done under a
 * condition changes only the places that it holds for, and a loop goes on until no place needs it any more. Operations are those
 * of one element, so that the results are the same to the last bit.
 *
 * It is done for processors with masks for their vectors, and for jobs that are arithmetic on single numbers, whose loops compute
 * with floats, and whose reducer can neither fail nor end: then no element can tell that others came before their turn. Where an
 * int may have overflowed there is doubt, and these elements are done again one after another, with all checks. */
#ifndef COMPILER_LLVM_WIDE_H
#define COMPILER_LLVM_WIDE_H

#include "compiler/llvm/jobs.h"

/* wide_fit.c: how many elements the job's kernel shall take side by side; 0: they come one after another. */
unsigned wide_lanes(Gen *gen, const CoreJob *job);

/* wide_fit.c: the intrinsic that a primitive is; "": it is its argument, or a conversion of it; NULL: neither. */
const char *wide_intrinsic(const CoreExpr *expr);

/* What the job's body yields for some elements. */
typedef struct WideYield {
    LLVMValueRef values;  /* a vector */
    LLVMValueRef which;   /* a vector of i1: for which elements there is a value */
    LLVMValueRef is_sure; /* i1: false where something may have failed; then the rest means nothing */
} WideYield;

WideYield wide_yield(Frame *frame, const Kernel *kernel, LLVMValueRef index); /* from the index-th on */

#endif
