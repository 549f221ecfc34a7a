/* variants.h: kernels that are made for several levels of the processor, of which one is chosen when the program starts.
 *
 * All code is made for one level that every machine is expected to have. A kernel whose time goes into plain arithmetic is made
 * again for higher levels, where wider registers help, and with it the functions that it calls. Such kernels differ in their
 * instructions only: nothing is reassociated or contracted, so that their results are the same to the last bit. */
#ifndef COMPILER_LLVM_VARIANTS_H
#define COMPILER_LLVM_VARIANTS_H

#include "compiler/llvm/module.h"

/* What is being made again. */
typedef struct Variant {
    const TargetLevel *level; /* NULL: the program's */
    bool is_quick;            /* the functions put off their checks, and give up to be put in line (quick.h) */
    bool is_steady;           /* the job is plain arithmetic without loops (plain.h) */
    Map functions;            /* CoreFn * -> Callee *: those that are made again */
    VEC(const CoreFn *) todo;
} Variant;

/* The kernels for the levels of the target's variants, made now; null pointers where there are none. */
void gen_kernel_variants(Gen *gen, const CoreJob *job, LLVMValueRef kernels[MR_KERNEL_VARIANTS]);

/* Writes the functions that the variant being made has come to need. */
void gen_variant_finish(Gen *gen);

/* While a variant is made: where it keeps the function, which is NULL before it was declared. Else the same of the program's. */
Callee **gen_function_place(Gen *gen, const CoreFn *fn);
/* The name of a function that is about to be made, and once it is declared, its attributes. */
const char *gen_variant_name(Gen *gen, const char *name);
void gen_variant_mark(Gen *gen, LLVMValueRef function);

#endif
