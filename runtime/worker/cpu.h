/* cpu.h: which of a kernel's variants runs on this machine.
 *
 * A program's code is made for a level that all machines are expected to have; kernels that gain from it are made for higher levels
 * too (MrTask.variants). Each process asks its own machine, so that the hosts of a run may differ: all variants give the same bits.
 * The environment variable MR_CPU names a level to use in place of the best one. Functions here may be called by any thread. */
#ifndef RUNTIME_WORKER_CPU_H
#define RUNTIME_WORKER_CPU_H

#include "runtime/include/mr.h"

/* The level that the program's kernels run at here (MrCpu). False: the program cannot run here, or not as MR_CPU says; *error is
 * then an allocated message. */
bool cpu_choose(const MrProgram *program, uint32_t *level, char **error);

/* The best of the task's kernels that the level allows. */
static inline MrKernel *cpu_kernel(const MrTask *task, uint32_t level) {
    for (uint32_t i = MR_CPU_X86_64_V4; i >= MR_CPU_X86_64_V3; i--) {
        MrKernel *kernel = task->variants[i - MR_CPU_X86_64_V3].kernel;
        if (i <= level && kernel) return kernel;
    }
    return task->kernel;
}

#endif
