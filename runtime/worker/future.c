/* future.c: jobs that are started, and awaited later.
 *
 * `async e` copies what the job mentions and returns at once. A future that nobody else has started is run on the spot where it is
 * first asked about, so that asking always ends. What its job prints appears at the first await. */
#include "runtime/worker/future.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/inline.h"
#include "runtime/worker/runtime.h"

static Future *future_of(MrFuture *future) {
    return (Future *)future;
}

static bool has_ended(const Future *future) {
    return future->state != FUTURE_PUT_OFF;
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
    mr_drop(context, future->captures, task->captures);
    for (uint32_t i = 0; i < task->source_count; i++) {
        if (future->lists[i]) mr_drop(context, &future->lists[i], task->sources[i].list);
    }
    future->state = state;
    future->ended = ++runtime_of(context)->futures_ended;
}

static void future_free(MrContext *context, MrFuture *head) {
    Future *future = future_of(head);
    if (!has_ended(future)) future_end(context, future, FUTURE_CANCELLED);
    if (future->state == FUTURE_DONE) mr_drop(context, future->result, future->task->result);
    mr_error_clear(&future->error);
    free(future->printed);
    mr_free(future);
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
    *out = &future->head;
    return false;
}

/* ---- running */

/* Runs the job here. What it prints is left in the context. */
static void future_run(MrContext *context, Future *future) {
    int64_t failed_element = context->failed_element;
    bool failed = mr_job_run(context, future->task, future->captures, future->sources, future->result);
    context->failed_element = failed_element;
    if (failed) {
        future->error = context->error;
        context->error = (MrError){0};
    }
    future_end(context, future, failed ? FUTURE_FAILED : FUTURE_DONE);
}

/* Has the job run, if need be, before somebody awaits it: what it prints is kept. True: what was printed before could not be
 * written. */
static bool future_settle(MrContext *context, Future *future) {
    if (has_ended(future)) return false;
    if (io_flush(context)) return true;
    size_t printed = context->out_len;
    future_run(context, future);
    if (context->out_len == printed) return false;
    future->printed_len = context->out_len - printed;
    future->printed = xmalloc(future->printed_len);
    memcpy(future->printed, context->out + printed, future->printed_len);
    context->out_len = printed;
    return false;
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

bool mr_future_await(MrContext *context, void *result, MrFuture *head, const MrType *type) {
    if (!head) return fail_absent(context);
    Future *future = future_of(head);
    if (!has_ended(future)) future_run(context, future);
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

bool mr_future_done(MrContext *context, MrFuture *head) {
    return !head || !future_settle(context, future_of(head));
}

double mr_future_progress(MrContext *context, MrFuture *head) {
    return mr_future_done(context, head) ? 1.0 : 0.0;
}

void mr_future_cancel(MrContext *context, MrFuture *head) {
    if (head && !has_ended(future_of(head))) future_end(context, future_of(head), FUTURE_CANCELLED);
}

static MrFuture *future_at(const MrList *futures, int64_t i) {
    return ((MrFuture **)futures->data)[i];
}

bool mr_future_wait(MrContext *context, bool *all_done, MrList *futures, double seconds) {
    uint64_t start = clock_now();
    *all_done = true;
    for (int64_t i = 0; i < list_len(futures); i++) {
        MrFuture *head = future_at(futures, i);
        if (!head || has_ended(future_of(head))) continue;
        if (seconds >= 0.0 && (double)(clock_now() - start) >= seconds * 1e9)
            *all_done = false;
        else if (future_settle(context, future_of(head)))
            return true;
    }
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
        if (!future || has_ended(future)) items[count++] = (Ended){future ? future->ended : 0, i};
    }
    if (rank < count) found = select_ended(items, count, rank).index;
    free(items);
    return found;
}

bool mr_future_next(MrContext *context, int64_t *index, MrList *futures, int64_t rank) {
    if (rank < 0 || rank >= list_len(futures)) return mr_fail_index(context, rank, list_len(futures));
    for (int64_t at = 0; (*index = find_ended(futures, rank)) < 0;) {
        while (!future_at(futures, at) || has_ended(future_of(future_at(futures, at)))) at++;
        if (future_settle(context, future_of(future_at(futures, at)))) return true;
    }
    return false;
}
