/* nest.c: what a worker does with a job that a mapped function runs.
 *
 * It maps the chunks in order, and looks up now and then. When other workers are idle, it hands over the later chunks of that job
 * which it began first, the outermost: they are likely to be the most work. The chunks that are being mapped, and some after them,
 * it keeps. When it has come to their end it joins: it maps ranges that nobody has begun, takes in what others have mapped, and
 * waits only for what others are mapping. Same chunks, same tree, so the same result, to the last bit. */
#include "runtime/worker/nest.h"

#include "runtime/net/link.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/future.h"

/* Nanoseconds. STEP: how often a job looks up; PATIENCE: what was begun so long ago may be handed over; WORTH: what is expected to
 * take longer is worth the messages, and GRAIN so is a range. */
enum { STEP = 500000, PATIENCE = 300000, WORTH = 1000000, GRAIN = 500000 };

/* How many workers would take what is shared now. */
static uint32_t idle_workers(const MrRuntime *runtime) {
    return runtime_nests(runtime) && !runtime->is_merging ? shares_idle(runtime->shares) : 0;
}

static uint64_t nest_left(const Nest *nest) {
    return nest->run->first + nest->run->count - nest->run->reached;
}

/* Hands over what is left of the job, but for some chunks. */
static void nest_offer(MrRuntime *runtime, Nest *nest, uint32_t idle) {
    JobRun *run = nest->run;
    uint64_t spent = clock_now() - nest->started;
    nest->mapped = run->first + run->done;
    nest->kept = run->reached + nest_left(nest) / (2 * ((uint64_t)idle + 1));
    ShareTerms terms = {.by_ranges = true, .mapped = nest->mapped, .kept = nest->kept};
    terms.grain = 1 + (spent ? (uint64_t)((double)GRAIN * (double)nest->mapped / (double)spent) : 0);
    if (terms.grain > nest->job->plan.chunks) terms.grain = nest->job->plan.chunks;
    nest->share = share_submit(runtime->shares, nest->job, terms);
    run->count = nest->kept - run->first;
    run->limit = share_limit(nest->share);
    run->deadline = 0;
    MR_FAULT("nested.after_offer");
}

void nest_look(MrContext *context) {
    MrRuntime *runtime = runtime_of(context);
    uint32_t idle = idle_workers(runtime);
    if (idle == 0) return;
    uint64_t now = clock_now();
    Nest *oldest = NULL;
    for (Nest *nest = runtime->nests; nest; nest = nest->outer) {
        bool is_fit = !nest->share && nest_left(nest) > 0 && job_has_plain_lists(nest->job);
        if (is_fit && !nest->started) nest->started = now;
        if (is_fit && now - nest->started >= PATIENCE) oldest = nest;
    }
    Future *future = runtime->put_off.first;
    if (future && !future->started) future->started = now;
    if (future && now - future->started >= PATIENCE && (!oldest || future->started < oldest->started))
        future_offer(context, future);
    else if (oldest)
        nest_offer(runtime, oldest, idle);
}

/* Maps the chunks in order: all, or those that were kept. */
static void nest_map(MrRuntime *runtime, Nest *nest, bool is_small) {
    JobRun *run = nest->run;
    uint64_t chunks = run->count, elements = 0;
    for (bool is_over = false; !is_over;) {
        run->deadline = is_small || nest->share ? 0 : clock_now() + STEP;
        run->is_patient = idle_workers(runtime) == 0;
        run->reached = run->first;
        job_map(nest->job, run);
        elements += run->elements;
        uint64_t done = run->first + run->done;
        is_over = nest->share || run->end != END_NONE || done == chunks;
        if (is_over) break;
        *run = (JobRun){.first = done, .count = chunks - done, .reached = done, .batch = run->batch, .end_chunk = -1};
        uint32_t idle = idle_workers(runtime);
        double spent = (double)(clock_now() - nest->started);
        bool is_worth = done == 0 || spent / (double)done * (double)(chunks - done) >= (double)WORTH;
        if (idle > 0 && is_worth && job_has_plain_lists(nest->job)) nest_offer(runtime, nest, idle);
        is_over = nest->share && run->count == 0;
    }
    run->elements = elements;
}

/* Tells what was kept, and finishes the job together with those who help. */
static bool nest_join(MrRuntime *runtime, Nest *nest, void *result) {
    JobRun kept = *nest->run;
    uint64_t limit;
    bool is_uneven; /* never: it comes in whole bags */
    kept.done = kept.first + kept.done - nest->mapped;
    kept.first = nest->mapped;
    kept.count = nest->kept - nest->mapped;
    kept.nanoseconds = clock_now() - nest->started;
    MR_FAULT("nested.before_join");
    share_mapped(runtime->shares, nest->share, &kept);
    bool failed = share_wait(runtime->shares, nest->share, nest->job) || share_take(nest->share, nest->job, &limit, &is_uneven) ||
                  job_finish(nest->job, limit, result);
    MR_FAULT("nested.before_end");
    share_end(runtime->shares, &nest->share);
    return failed;
}

bool nest_run(Job *job, void *result) {
    MrContext *context = job->of.context;
    MrRuntime *runtime = runtime_of(context);
    nest_look(context);
    JobRun run = {.count = job->plan.chunks, .end_chunk = -1};
    Nest nest = {.outer = runtime->nests, .job = job, .run = &run};
    double estimate = cost_estimate(runtime, job->plan.task, job->plan.elements);
    bool is_small = job->plan.chunks < 2 || (idle_workers(runtime) == 0 && estimate >= 0 && estimate < (double)WORTH);
    if (!is_small) nest.started = clock_now();
    runtime->nests = &nest;
    job->of.in_order = true;
    nest_map(runtime, &nest, is_small);
    job->of.in_order = false;
    runtime->nests = nest.outer;
    if (nest.share) return nest_join(runtime, &nest, result);
    if (!is_small)
        cost_learn(runtime, job->plan.task, clock_now() - nest.started, plan_element_count(&job->plan, 0, run.first + run.done));
    return job_finish(job, run.end == END_NONE ? job->plan.chunks : (uint64_t)run.end_chunk + 1, result);
}
