/* run.c: mr_job_run, the door from generated code: here, or on the workers?
 *
 * A job is mapped on the calling thread when it is nested in another, has fewer than two chunks, or is known to be small: what a
 * task takes for an element is learned from its earlier jobs, so that a long element never holds up the root. A job that turns out
 * to take longer than a small one may is given up and handed to the workers. Both ways run the same kernels over the same tree, so
 * that the result is the same to the last bit. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/value.h"
#include "runtime/worker/cluster.h"
#include "runtime/worker/job.h"

static TaskCost *find_cost(MrRuntime *runtime, const MrTask *task) {
    for (size_t i = 0; i < runtime->cost_count; i++) {
        if (runtime->costs[i].task == task) return &runtime->costs[i];
    }
    return NULL;
}

static void learn_cost(MrRuntime *runtime, const MrTask *task, uint64_t nanoseconds, uint64_t elements) {
    TaskCost *cost = find_cost(runtime, task);
    if (!cost) {
        runtime->costs = xrealloc(runtime->costs, (runtime->cost_count + 1) * sizeof *runtime->costs);
        cost = &runtime->costs[runtime->cost_count++];
        cost->task = task;
    }
    cost->per_element = (double)nanoseconds / 1e9 / (double)(elements ? elements : 1);
}

static bool may_distribute(const MrRuntime *runtime, const Job *job) {
    return runtime->depth == 1 && (runtime->cluster || runtime->start) && job->plan.chunks >= 2;
}

static bool is_small(MrRuntime *runtime, const Job *job) {
    if (runtime->local_nanoseconds == 0 || runtime->local_always) return runtime->local_always;
    const TaskCost *cost = find_cost(runtime, job->plan.task);
    return cost && cost->per_element * (double)job->plan.elements * 1e9 <= (double)runtime->local_nanoseconds;
}

/* Maps the job on this thread. *is_given_up: it took longer than it may, and nothing of it is left. */
static bool run_here(Job *job, uint64_t patience, bool *is_given_up, void *result) {
    MrContext *context = job->of.context;
    size_t printed = context->out_len;
    uint64_t start = clock_now();
    JobRun run = {.count = job->plan.chunks, .deadline = patience ? start + patience : 0};
    job->of.in_order = true;
    job_map(job, &run);
    job->of.in_order = false;
    *is_given_up = run.done < run.count && run.end == END_NONE;
    MrRuntime *runtime = runtime_of(context);
    if (may_distribute(runtime, job)) {
        learn_cost(runtime, job->plan.task, clock_now() - start, plan_element_count(&job->plan, 0, run.done));
    }
    if (*is_given_up) {
        bag_free(&job->bag);
        context->out_len = printed;
        return false;
    }
    return job_finish(job, run.end == END_NONE ? job->plan.chunks : (uint64_t)run.end_chunk + 1, result);
}

static bool run_there(Job *job, void *result) {
    MrContext *context = job->of.context;
    MrRuntime *runtime = runtime_of(context);
    context->out_is_direct = true; /* what was printed before comes out before the long wait */
    bool failed = io_flush(context) || (!runtime->cluster && runtime->start(context));
    context->out_is_direct = false;
    if (failed) return true;
    uint64_t limit = 0, start = clock_now();
    if (cluster_run(runtime->cluster, job, ++runtime->job_count, &limit)) return true;
    learn_cost(runtime, job->plan.task, clock_now() - start, job->plan.elements);
    return job_finish(job, limit, result);
}

static bool run_job(Job *job, void *result) {
    MrRuntime *runtime = runtime_of(job->of.context);
    bool is_given_up = false;
    if (!may_distribute(runtime, job)) return run_here(job, 0, &is_given_up, result);
    if (is_small(runtime, job)) {
        bool failed = run_here(job, (uint64_t)runtime->local_nanoseconds, &is_given_up, result);
        if (!is_given_up) return failed;
    }
    return run_there(job, result);
}

bool mr_job_run(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, void *result) {
    MrRuntime *runtime = runtime_of(context);
    bool was_direct = context->out_is_direct;
    Job job;
    if (job_init(&job, context, task, captures, sources)) return true;
    runtime->depth++;
    runtime->io.in_job = true;
    context->out_is_direct = false;
    bool failed = run_job(&job, result);
    context->out_is_direct = was_direct;
    runtime->depth--;
    runtime->io.in_job = runtime->depth > 0;
    job_close(&job);
    return failed;
}
