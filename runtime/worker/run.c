/* run.c: mr_job_run, the door from generated code: here, or on the workers?
 *
 * A job of the root's is mapped on the calling thread when it has fewer than two chunks or is small. What a task takes for an
 * element is known from its earlier jobs. Of a new task a job is tried here first if it has many elements for each worker, so that
 * a long first element costs little, or if it is nested in a job that is mapped here. A job that turns out to take longer than a
 * small one may is given up and handed to the workers. Both ways run the same kernels over the same tree, so that the result is the
 * same to the last bit. What a worker does with nested jobs is in nest.c. */
#include "runtime/worker/run.h"

#include "runtime/net/link.h"
#include "runtime/value/value.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/laws.h"
#include "runtime/worker/nest.h"

/* Chunks for each worker that make a try worth while; how much longer than MR_LOCAL_MS a job may take of which that is then known.
 */
enum { TRY_CHUNKS = 8, MORE_TIME = 4 };
/* How long (nanoseconds) a job inside of a chunk is mapped here at least, before it is handed to the workers. */
enum { NESTED_PATIENCE = 1000000 };

/* ---- what futures share */

RunGuard run_enter(MrContext *context) {
    MrRuntime *runtime = runtime_of(context);
    RunGuard guard = {context->out_is_direct, context->mapped};
    runtime->depth++;
    runtime->io.in_job = true;
    context->out_is_direct = false;
    context->mapped = NULL; /* here as on any other worker */
    return guard;
}

void run_leave(MrContext *context, RunGuard guard) {
    MrRuntime *runtime = runtime_of(context);
    context->out_is_direct = guard.was_direct;
    context->mapped = guard.around;
    runtime->depth--;
    runtime->io.in_job = runtime->depth > 0;
}

bool run_connect(MrContext *context) {
    MrRuntime *runtime = runtime_of(context);
    return !runtime->cluster && runtime->start(context);
}

bool run_take(Job *job, Share **share, void *result) {
    Shares *shares = runtime_of(job->of.context)->shares;
    uint64_t limit;
    bool is_uneven;
    if (share_wait(shares, *share, job) || share_take(*share, job, &limit, &is_uneven)) return true;
    if (is_uneven) {
        bag_free(&job->bag);
        share_end(shares, share);
        *share = share_submit(shares, job, (ShareTerms){.is_whole = true});
        if (share_wait(shares, *share, job) || share_take(*share, job, &limit, &is_uneven)) return true;
    }
    return job_finish(job, limit, result);
}

/* ---- here or there */

/* A single worker in the same process would only do what this thread can do, unless its memory is limited. 0 workers: it is not
 * known yet how many there will be. */
static bool may_distribute(const MrRuntime *runtime, const Job *job) {
    bool is_use = runtime->workers != 1 || runtime->local_nanoseconds == 0 || runtime->memory > 0;
    bool has_workers = runtime->cluster || (runtime->start && is_use);
    return has_workers && !runtime->is_trying && job->plan.chunks >= 2;
}

/* Nothing that a journal may have is to be mapped again. */
static bool may_be_known(const MrRuntime *runtime) {
    return runtime->cluster && runtime->depth == 1 && shares_is_resumed(runtime->shares);
}

/* Text of a new task is not worth a try: its chunks are known to be large. Nor is a job that a journal may know. */
static bool may_be_small(MrRuntime *runtime, const Job *job) {
    if (runtime->local_nanoseconds == 0 || runtime->local_always) return runtime->local_always;
    double estimate = cost_estimate(runtime, job->plan.task, job->plan.elements);
    if (estimate >= 0) return estimate <= (double)(MORE_TIME * runtime->local_nanoseconds);
    bool has_many = !plan_is_text(&job->plan) && job->plan.chunks >= TRY_CHUNKS * (uint64_t)runtime->workers;
    return has_many && !may_be_known(runtime);
}

/* Maps chunks until `deadline` (0: all), and goes on when it is seen then that little is left. */
static void map_here(Job *job, JobRun *run, uint64_t start, uint64_t patience) {
    run->count = job->plan.chunks;
    run->deadline = patience ? start + patience : 0;
    job_map(job, run);
    uint64_t done = run->done, all = run->count;
    if (patience == 0 || run->end != END_NONE || done == all || done == 0) return;
    if ((double)(clock_now() - start) * (double)all > (double)done * (double)(MORE_TIME * patience)) return;
    run->first = done;
    run->count = all - done;
    run->deadline = start + MORE_TIME * patience;
    job_map(job, run);
    run->done += done;
    run->count = all;
}

/* Maps the job on this thread. *is_given_up: it took longer than it may, and nothing of it is left. */
static bool run_here(Job *job, uint64_t patience, bool *is_given_up, void *result) {
    MrContext *context = job->of.context;
    MrRuntime *runtime = runtime_of(context);
    size_t printed = context->out_len;
    uint64_t start = clock_now();
    JobRun run = {.limit = runtime->limit};
    bool was_trying = runtime->is_trying;
    job->of.in_order = true;
    runtime->is_trying = was_trying || patience > 0;
    map_here(job, &run, start, patience);
    runtime->is_trying = was_trying;
    job->of.in_order = false;
    *is_given_up = run.done < run.count && run.end == END_NONE;
    if (*is_given_up && value_is_interrupted(context)) {
        *is_given_up = false;
        bag_free(&job->bag);
        return mr_fail_depth(context);
    }
    if (may_distribute(runtime, job)) {
        cost_learn(runtime, job->plan.task, clock_now() - start, plan_element_count(&job->plan, 0, run.done));
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
    context->out_is_direct = runtime->depth == 1; /* what was printed before comes out before the long wait */
    bool failed = io_flush(context) || run_connect(context);
    context->out_is_direct = false;
    if (failed) return true;
    uint64_t start = clock_now();
    Share *share = share_submit(runtime->shares, job, (ShareTerms){0});
    failed = run_take(job, &share, result);
    uint64_t spent = may_be_known(runtime) ? share_nanoseconds(share) : clock_now() - start; /* by whom does not matter then */
    share_end(runtime->shares, &share);
    if (spent) cost_learn(runtime, job->plan.task, spent, job->plan.elements);
    return failed;
}

/* A program that checks laws runs its jobs here. */
static bool run_watched(Job *job, void *result) {
    LawWatch watch;
    bool is_given_up;
    laws_begin(job->of.context, &watch, job->plan.task);
    bool failed = run_here(job, 0, &is_given_up, result);
    laws_end(job->of.context, &watch, job->of.captures, failed);
    return failed;
}

static bool run_job(Job *job, void *result) {
    MrRuntime *runtime = runtime_of(job->of.context);
    bool is_given_up = false;
    if (runtime->laws) return run_watched(job, result);
    if (runtime_nests(runtime)) return nest_run(job, result);
    if (!may_distribute(runtime, job)) return run_here(job, 0, &is_given_up, result);
    int64_t patience = runtime->local_nanoseconds;
    if (runtime->depth > 1) { /* inside of a chunk there may be many such jobs */
        double estimate = cost_estimate(runtime, job->plan.task, job->plan.elements);
        bool is_small = estimate >= 0 && estimate < NESTED_PATIENCE;
        if (is_small || plan_is_text(&job->plan)) /* not all text can be read twice */
            return run_here(job, 0, &is_given_up, result);
        if (patience < NESTED_PATIENCE) patience = NESTED_PATIENCE;
    }
    if (runtime->depth > 1 || may_be_small(runtime, job)) {
        bool failed = run_here(job, (uint64_t)patience, &is_given_up, result);
        if (!is_given_up) return failed;
    }
    return run_there(job, result);
}

bool mr_job_run(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, void *result) {
    Job job;
    if (job_init(&job, context, task, captures, sources)) return true;
    RunGuard guard = run_enter(context);
    bool failed = run_job(&job, result);
    run_leave(context, guard);
    job_close(&job);
    return failed;
}
