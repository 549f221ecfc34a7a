/* future.c: jobs that are started, and awaited later.
 *
 * `async e` copies what the job mentions and returns at once. At the root's top level the job is handed to the workers, unless it
 * is known to be tiny. A future that nobody has started is run on the spot where it is first asked about, so that asking always
 * ends. What its job prints appears at the first await. */
#include "runtime/worker/future.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/inline.h"
#include "runtime/worker/cost.h"
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

/* The job is over: what it was made of is given up. */
static void future_end(MrContext *context, Future *future, FutureState state) {
    const MrTask *task = future->task;
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

/* Hands the job to the workers, where there are any and it may be worth it. True: they could not be started. */
static bool future_begin(MrContext *context, Future *future) {
    MrRuntime *runtime = runtime_of(context);
    if (runtime->depth > 0 || runtime->local_always || runtime->laws || !(runtime->cluster || runtime->start)) return false;
    Job *job = xmalloc(sizeof *job);
    if (job_init(job, context, future->task, future->captures, future->sources)) {
        free(job);
        future_fail(context, future); /* a file that is missing, lengths that differ: errors of the work */
        return false;
    }
    double estimate = cost_estimate(runtime, future->task, job->plan.elements);
    bool is_put_off =
        job->plan.chunks == 0 || !job_has_plain_lists(job) || (estimate >= 0 && estimate < TINY && runtime->local_nanoseconds > 0);
    bool failed = !is_put_off && run_connect(context);
    if (is_put_off || failed) {
        job_close(job);
        free(job);
        return failed;
    }
    future->job = job;
    future->share = share_submit(runtime->shares, job, true);
    future->state = FUTURE_UNDER_WAY;
    return false;
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
    *out = &future->head;
    return false;
}

/* ---- running */

/* Runs the job here. What it prints is left in the context. */
static void future_run(MrContext *context, Future *future) {
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
    bool failed = run_take(future->job, future->share, future->result);
    run_leave(context, guard);
    context->failed_element = failed_element;
    cost_learn(runtime_of(context), future->task, share_nanoseconds(future->share), future->job->plan.elements);
    if (failed)
        future_fail(context, future);
    else
        future_end(context, future, FUTURE_DONE);
}

/* Has a job that nobody has started run before somebody awaits it: what it prints is kept. */
static void future_settle(MrContext *context, Future *future) {
    if (future->state != FUTURE_PUT_OFF) return;
    char *out = context->out;
    size_t len = context->out_len, cap = context->out_cap;
    context->out = NULL;
    context->out_len = context->out_cap = 0;
    future_run(context, future);
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
    future_settle(context, future_of(head));
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
        if (missing && (!until || clock_now() < until)) shares_wait_any(runtime->shares, seen, until);
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

/* The first future that nobody has started; NULL: there is none. */
static Future *find_put_off(const MrList *futures) {
    for (int64_t i = 0; i < list_len(futures); i++) {
        MrFuture *head = future_at(futures, i);
        if (head && future_of(head)->state == FUTURE_PUT_OFF) return future_of(head);
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
        Future *put_off = find_put_off(futures);
        if (put_off)
            future_settle(context, put_off);
        else
            shares_wait_any(runtime->shares, seen, 0); /* the workers have the rest */
    }
}
