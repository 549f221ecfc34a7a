/* target.h: the kinds of machines that programs are compiled for, and the levels of each: everything that code generation knows of
 * them stands in the tables of target.c. Constant; any thread may read. Private to this folder. */
#ifndef COMPILER_LLVM_TARGET_H
#define COMPILER_LLVM_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/include/mr.h"

typedef struct TargetLevel {
    MrCpu cpu;
    const char *name;         /* as --cpu and MR_CPU say it */
    const char *llvm;         /* the processor that stands for it in LLVM */
    unsigned vector_bits;     /* of its widest registers */
    const char *vector_width; /* the same, where LLVM has to be told to use all of it; else NULL */
    bool multiplies_vectors;  /* of ints, in one instruction */
} TargetLevel;

typedef struct Target {
    const char *machine; /* as `uname -m` names it */
    const char *triple;  /* as LLVM does */
    const char *stack;   /* the register that points to the stack's end */
    const TargetLevel *levels;
    size_t level_count;
    size_t base;           /* the index of the level that programs are compiled for, unless --cpu says otherwise */
    size_t variants;       /* and of those from which on kernels are made again (variants.h): there are `variant_count` */
    size_t variant_count;  /* at most MR_KERNEL_VARIANTS */
    bool extends_bools;    /* who passes a bool, or gives one back, fills the register */
    void (*prepare)(void); /* LLVM's part for it */
} Target;

/* "aarch64-linux-gnu", or the same with a vendor, or "aarch64"; NULL: that of the machine that mrc itself is for. NULL: not known.
 */
const Target *target_named(const char *name);
const TargetLevel *target_level_named(const Target *target, const char *name); /* NULL: it has none of that name */

#endif
