/* split.h: a large program as two modules, so that two threads can optimise and emit it.
 *
 * Almost all of a compile's time is LLVM's, in proportion to the code. An LLVM context belongs to one thread, so the finished
 * module is copied into a second context by way of its bitcode, and each copy gives up what the other keeps. Where the cut is
 * depends on the program alone: the same source gives the same bytes on every machine. */
#ifndef COMPILER_LLVM_SPLIT_H
#define COMPILER_LLVM_SPLIT_H

#include "compiler/llvm/module.h"

/* Moves about half of a module's functions into gen->other where the module is large enough to be worth it; else that stays NULL.
 * Before optimisation. False: reported. */
bool gen_split(Gen *gen);

size_t gen_module_size(LLVMModuleRef module); /* instructions */

/* Does `work` for gen and for gen->other, if there is one, at the same time. True where both did; what the second half had to
 * report is in gen's sink afterwards. */
bool gen_for_each_half(Gen *gen, bool (*work)(Gen *half));

#endif
