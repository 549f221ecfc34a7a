/* cost.h: what tasks take for an element, learned from their earlier jobs. It belongs to the thread of the runtime. */
#ifndef RUNTIME_WORKER_COST_H
#define RUNTIME_WORKER_COST_H

#include "runtime/worker/runtime.h"

void cost_learn(MrRuntime *runtime, const MrTask *task, uint64_t nanoseconds, uint64_t elements);

/* How many nanoseconds so many elements are likely to take; negative: nothing is known of the task. */
double cost_estimate(const MrRuntime *runtime, const MrTask *task, uint64_t elements);

void cost_forget(MrRuntime *runtime, const MrProgram *program); /* whose tasks are about to go */

#endif
