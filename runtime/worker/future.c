/* future.c: jobs that are started, and awaited later.
 *
 * `async e` copies what the job mentions and returns at once. At the root's top level the job is handed to the workers, unless it
 * is known to be tiny. In a mapped function it is put off, and handed over later if other workers have nothing to do (nest.h). A
 * future that nobody has started is run on the spot where it is first asked about, so that asking always
 * ends. What its job prints appears at the first await. */
#include "runtime/worker/future.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/inline.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/nest.h"
#include "runtime/worker/run.h"

/* A job that is known to take less (nanoseconds) is not worth the messages. */
enum { TINY = 50000 };

static Future *future_of(MrFuture *future) {
    return (Future *)future;
}

/* Its place in the order in which futures ended; 0: it has not. */
static uint64_t place_of(const Future *future) {
    return future->state == FUTURE_UNDER_WAY ? share_arrived(future->share) : future->ended;
}

static bool has_ended(const Future *future) {
    return place_of(future) > 0;
}

/* ---- making and freeing */

/* Everything lies in one block: captures, sources, the lists of the sources, and the result. */
static Future *future_new(const MrTask *task) {
    enum { ALIGN = 16 };
    size_t captures = align_up(sizeof(Future), ALIGN), sources = align_up(captures + task->captures->size, ALIGN);
    size_t lists = sources + task->source_count * sizeof(MrSource);
    size_t result = align_up(lists + task->source_count * sizeof(MrList *), ALIGN);
    char *block = mr_alloc(result + task->result->size);
    Future *future = (Future *)block;
    future->task = task;
    future->captures = block + captures;
    future->sources = (MrSource *)(block + sources);
    future->lists = (MrList **)(block + lists);
    future->result = block + result;
    return future;
}

/* ---- those that a worker has put off */

static void queue_add(MrRuntime *runtime, Future *future) {
    future->is_queued = true;
    future->older = runtime->put_off.last;
    if (future->older)
        future->older->newer = future;
    else
        runtime->put_off.first = future;
    runtime->put_off.last = future;
}

static void queue_remove(MrRuntime *runtime, Future *future) {
    if (!future->is_queued) return;
    if (future->older)
        future->older->newer = future->newer;
    else
        runtime->put_off.first = future->newer;
    if (future->newer)
        future->newer->older = future->older;
    else
        runtime->put_off.last = future->older;
    future->older = future->newer = NULL;
    future->is_queued = false;
}

/* The job is over: what it was made of is given up. */
static void future_end(MrContext *context, Future *future, FutureState state) {
    const MrTask *task = future->task;
    queue_remove(runtime_of(context), future);
    if (future->share) {
        future->ended = share_arrived(future->share);
        share_end(runtime_of(context)->shares, &future->share);
        job_close(future->job);
        free(future->job);
        future->job = NULL;
    }
    mr_drop(context, future->captures, task->captures);
    for (uint32_t i = 0; i < task->source_count; i++) {
        if (future->lists[i]) mr_drop(context, &future->lists[i], task->sources[i].list);
    }
    future->state = state;
    if (!future->ended) future->ended = atomic_fetch_add(&runtime_of(context)->futures_ended, 1) + 1;
}

static void future_free(MrContext *context, MrFuture *head) {
    Future *future = future_of(head);
    if (future->state <= FUTURE_UNDER_WAY) future_end(context, future, FUTURE_CANCELLED);
    if (future->state == FUTURE_DONE) mr_drop(context, future->result, future->task->result);
    mr_error_clear(&future->error);
    free(future->printed);
    mr_free(future);
}

/* The context's error becomes the future's. */
static void future_fail(MrContext *context, Future *future) {
    future->error = context->error;
    context->error = (MrError){0};
    future_end(context, future, FUTURE_FAILED);
}

/* Makes the job; NULL: that is an error of the work, a file that is missing, lengths that differ. */
static Job *future_make_job(MrContext *context, Future *future) {
    Job *job = xmalloc(sizeof *job);
    if (!job_init(job, context, future->task, future->captures, future->sources)) return job;
    free(job);
    future_fail(context, future);
    return NULL;
}

static void future_hand_over(MrContext *context, Future *future, Job *job, ShareTerms terms) {
    future->job = job;
    future->share = share_submit(runtime_of(context)->shares, job, terms);
    future->state = FUTURE_UNDER_WAY;
}

static void drop_job(Job *job) {
    job_close(job);
    free(job);
}

void future_offer(MrContext *context, Future *future) {
    int64_t failed_element = context->failed_element;
    queue_remove(runtime_of(context), future);
    Job *job = future_make_job(context, future);
    context->failed_element = failed_element;
    if (job && (job->plan.chunks == 0 || !job_has_plain_lists(job)))
        drop_job(job);
    else if (job)
        future_hand_over(context, future, job, (ShareTerms){.by_ranges = true});
}

/* At the root's top level: hands the job to the workers, where there are any and it may be worth it. True: they could not be
 * started. */
static bool future_begin(MrContext *context, Future *future) {
    MrRuntime *runtime = runtime_of(context);
    if (runtime->depth > 0 || runtime->local_always || runtime->laws || !(runtime->cluster || runtime->start)) return false;
    Job *job = future_make_job(context, future);
    if (!job) return false;
    double estimate = cost_estimate(runtime, future->task, job->plan.elements);
    bool is_put_off =
        job->plan.chunks == 0 || !job_has_plain_lists(job) || (estimate >= 0 && estimate < TINY && runtime->local_nanoseconds > 0);
    bool failed = !is_put_off && run_connect(context);
    if (is_put_off || failed)
        drop_job(job);
    else
        future_hand_over(context, future, job, (ShareTerms){.is_watched = true});
    return failed;
}

bool mr_job_start(MrContext *context, MrFuture **out, const MrTask *task, const void *captures, const MrSource *sources) {
    Future *future = future_new(task);
    future->head.free = future_free;
    if (task->captures->size) memcpy(future->captures, captures, task->captures->size);
    mr_own(context, future->captures, task->captures);
    for (uint32_t i = 0; i < task->source_count; i++) {
        future->sources[i] = sources[i];
        if (task->sources[i].kind == MR_SOURCE_RANGE) continue;
        future->lists[i] = (MrList *)(uintptr_t)sources[i].value;
        mr_own(context, &future->lists[i], task->sources[i].list);
    }
    if (future_begin(context, future)) {
        future_free(context, &future->head);
        return true;
    }
    if (runtime_nests(runtime_of(context))) {
        nest_look(context);
        queue_add(runtime_of(context), future);
    }
    *out = &future->head;
    return false;
}

/* ---- running */

/* Runs the job here. What it prints is left in the context. */
static void future_run(MrContext *context, Future *future) {
    queue_remove(runtime_of(context), future); /* nobody else shall begin it now */
    int64_t failed_element = context->failed_element;
    bool failed = mr_job_run(context, future->task, future->captures, future->sources, future->result);
    context->failed_element = failed_element;
    if (failed)
        future_fail(context, future);
    else
        future_end(context, future, FUTURE_DONE);
}

/* Waits for what the workers make of the job. The same. */
static void future_take(MrContext *context, Future *future) {
    int64_t failed_element = context->failed_element;
    RunGuard guard = run_enter(context);
    bool failed = run_take(future->job, &future->share, future->result);
    run_leave(context, guard);
    context->failed_element = failed_element;
    cost_learn(runtime_of(context), future->task, share_nanoseconds(future->share), future->job->plan.elements);
    if (failed)
        future_fail(context, future);
    else
        future_end(context, future, FUTURE_DONE);
}

/* Does it depend on this thread whether the job gets done? */
static bool is_ours(const MrContext *context, const Future *future) {
    bool is_shared = future->state == FUTURE_UNDER_WAY && runtime_nests(context->runtime);
    return future->state == FUTURE_PUT_OFF || (is_shared && !has_ended(future));
}

/* Has such a job done before somebody awaits it: what it prints is kept. */
static void future_settle(MrContext *context, Future *future) {
    if (!is_ours(context, future)) return;
    char *out = context->out;
    size_t len = context->out_len, cap = context->out_cap;
    context->out = NULL;
    context->out_len = context->out_cap = 0;
    if (future->state == FUTURE_PUT_OFF)
        future_run(context, future);
    else
        future_take(context, future);
    future->printed = context->out;
    future->printed_len = context->out_len;
    context->out = out;
    context->out_len = len;
    context->out_cap = cap;
}

/* ---- asking */

static bool fail_absent(MrContext *context) {
    return mr_failf(context, "a future can be awaited only where it was made: await it there, and hand on its value");
}

static void raise_again(MrContext *context, const MrError *error) {
    mr_error_clear(&context->error);
    context->error = *error;
    context->error.message = strdup(error->message ? error->message : "");
    if (error->input) context->error.input = strdup(error->input);
}

bool future_await(MrContext *context, void *result, MrFuture *head, const MrType *type) {
    if (!head) return fail_absent(context);
    Future *future = future_of(head);
    if (future->state == FUTURE_UNDER_WAY) {
        if (!has_ended(future) && io_flush(context)) return true; /* before the long wait */
        future_take(context, future);
    }
    if (future->state == FUTURE_PUT_OFF) future_run(context, future);
    if (future->printed) {
        io_out_add(context, future->printed, future->printed_len);
        free(future->printed);
        future->printed = NULL;
    }
    if (future->state == FUTURE_CANCELLED) return mr_failf(context, "the future was cancelled");
    if (future->state == FUTURE_FAILED) {
        raise_again(context, &future->error);
        return true;
    }
    if (type->size) memcpy(result, future->result, type->size);
    mr_own(context, result, type);
    return false;
}

bool future_done(MrContext *context, MrFuture *head) {
    if (!head) return true;
    Future *future = future_of(head);
    if (future->state == FUTURE_PUT_OFF) future_settle(context, future);
    if (is_ours(context, future) && share_help(runtime_of(context)->shares, future->share, future->job))
        mr_error_clear(&context->error); /* the run is about to end */
    return has_ended(future_of(head));
}

double future_progress(MrContext *context, MrFuture *head) {
    if (future_done(context, head)) return 1.0;
    return share_progress(runtime_of(context)->shares, future_of(head)->share);
}

void future_cancel(MrContext *context, MrFuture *head) {
    if (head && !has_ended(future_of(head))) future_end(context, future_of(head), FUTURE_CANCELLED);
}

static MrFuture *future_at(const MrList *futures, int64_t i) {
    return ((MrFuture **)futures->data)[i];
}

/* How many of the futures have not ended. Those that nobody has started are run here, as long as there is time. */
static int64_t settle_all(MrContext *context, const MrList *futures, uint64_t until) {
    int64_t missing = 0;
    for (int64_t i = 0; i < list_len(futures); i++) {
        MrFuture *head = future_at(futures, i);
        if (!head || has_ended(future_of(head))) continue;
        bool is_late = until && clock_now() >= until;
        if (!is_late) future_settle(context, future_of(head));
        missing += !has_ended(future_of(head));
    }
    return missing;
}

bool future_wait(MrContext *context, bool *all_done, MrList *futures, double seconds) {
    const double longest = 1e9; /* seconds: thirty years are for ever */
    MrRuntime *runtime = runtime_of(context);
    uint64_t until = seconds >= 0.0 && seconds < longest ? clock_now() + (uint64_t)(seconds * 1e9) : 0, seen;
    int64_t missing;
    if (io_flush(context)) return true;
    do {
        seen = atomic_load(&runtime->futures_ended);
        missing = settle_all(context, futures, until);
        bool is_early = missing && (!until || clock_now() < until);
        if (is_early && shares_wait_any(runtime->shares, context, seen, until)) return true;
    } while (missing && (!until || clock_now() < until));
    *all_done = missing == 0;
    return false;
}

/* ---- the order in which futures end */

typedef struct Ended {
    uint64_t place;
    int64_t index;
} Ended;

static bool ended_before(Ended a, Ended b) {
    return a.place != b.place ? a.place < b.place : a.index < b.index;
}

/* The rank-th of `count` different items in their order (Hoare's selection); they change places. */
static Ended select_ended(Ended *items, int64_t count, int64_t rank) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        Ended pivot = items[low + (high - low) / 2];
        int64_t i = low, k = high;
        while (i <= k) {
            while (ended_before(items[i], pivot)) i++;
            while (ended_before(pivot, items[k])) k--;
            if (i > k) break;
            Ended swapped = items[i];
            items[i++] = items[k];
            items[k--] = swapped;
        }
        if (rank <= k)
            high = k;
        else if (rank >= i)
            low = i;
        else
            break;
    }
    return items[rank];
}

/* The index of the ended future that has `rank` others before it; -1: so many have not ended yet. */
static int64_t find_ended(const MrList *futures, int64_t rank) {
    Ended *items = xmalloc((size_t)list_len(futures) * sizeof *items);
    int64_t count = 0, found = -1;
    for (int64_t i = 0; i < list_len(futures); i++) {
        const Future *future = future_of(future_at(futures, i));
        uint64_t place = future ? place_of(future) : 0;
        if (!future || place > 0) items[count++] = (Ended){place, i};
    }
    if (rank < count) found = select_ended(items, count, rank).index;
    free(items);
    return found;
}

/* The first future that waits for this thread; NULL: there is none. */
static Future *find_ours(const MrContext *context, const MrList *futures) {
    for (int64_t i = 0; i < list_len(futures); i++) {
        MrFuture *head = future_at(futures, i);
        if (head && is_ours(context, future_of(head))) return future_of(head);
    }
    return NULL;
}

bool future_next(MrContext *context, int64_t *index, MrList *futures, int64_t rank) {
    MrRuntime *runtime = runtime_of(context);
    if (rank < 0 || rank >= list_len(futures)) return mr_fail_index(context, rank, list_len(futures));
    if (io_flush(context)) return true;
    for (;;) {
        uint64_t seen = atomic_load(&runtime->futures_ended);
        *index = find_ended(futures, rank);
        if (*index >= 0) return false;
        Future *ours = find_ours(context, futures);
        if (ours)
            future_settle(context, ours);
        else if (shares_wait_any(runtime->shares, context, seen, 0)) /* the workers have the rest */
            return true;
    }
}
