/* cost.c: a program has few tasks, so they are looked up one after another. */
#include "runtime/worker/cost.h"

#include "base/arena.h"

static TaskCost *find_cost(const MrRuntime *runtime, const MrTask *task) {
    for (size_t i = 0; i < runtime->cost_count; i++) {
        if (runtime->costs[i].task == task) return &runtime->costs[i];
    }
    return NULL;
}

void cost_learn(MrRuntime *runtime, const MrTask *task, uint64_t nanoseconds, uint64_t elements) {
    TaskCost *cost = find_cost(runtime, task);
    if (!cost) {
        runtime->costs = xrealloc(runtime->costs, (runtime->cost_count + 1) * sizeof *runtime->costs);
        cost = &runtime->costs[runtime->cost_count++];
        cost->task = task;
    }
    cost->per_element = (double)nanoseconds / 1e9 / (double)(elements ? elements : 1);
}

double cost_estimate(const MrRuntime *runtime, const MrTask *task, uint64_t elements) {
    const TaskCost *cost = find_cost(runtime, task);
    return cost ? cost->per_element * (double)elements * 1e9 : -1.0;
}

void cost_forget(MrRuntime *runtime, const MrProgram *program) {
    for (uint32_t i = 0; i < program->task_count; i++) {
        TaskCost *cost = find_cost(runtime, program->tasks[i]);
        if (cost) *cost = runtime->costs[--runtime->cost_count];
    }
}
