/* cpu.h: which of a kernel's variants runs on this machine.
 *
 * A program's code is made for a level that all machines are expected to have; kernels that gain from it are made for higher levels
 * too (MrTask.variants). Each process asks its own machine (value/cpu.h), so that the hosts of a run may differ: all variants give
 * the same bits. Functions here may be called by any thread. */
#ifndef RUNTIME_WORKER_CPU_H
#define RUNTIME_WORKER_CPU_H

#include "runtime/include/mr.h"
#include "runtime/value/cpu.h"

/* NULL, or why the program cannot run here, or not as MR_CPU says: an allocated message. To be asked before anything else runs. */
char *cpu_objection(const MrProgram *program);

/* The best of the task's kernels that this process may use. */
static inline MrKernel *cpu_kernel(const MrTask *task) {
    for (int i = MR_KERNEL_VARIANTS - 1; i >= 0; i--) {
        MrKernel *kernel = task->variants[i].kernel;
        if (kernel && cpu_level() >= (MrCpu)(MR_CPU_X86_64_V3 + i)) return kernel;
    }
    return task->kernel;
}

#endif
