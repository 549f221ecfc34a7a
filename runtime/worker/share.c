/* share.c: requests of the thread that runs the program to its communicating thread, and what that has for it. */
#include "runtime/worker/share.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/sched/table.h"
#include "runtime/value/value.h"

typedef enum RequestKind { REQUEST_SUBMIT, REQUEST_SLICED, REQUEST_RECEIVED, REQUEST_CANCEL } RequestKind;

typedef struct Request Request;
struct Request {
    Request *next;
    RequestKind kind;
    uint64_t job;
    JobSpec spec;
    Buf data;
    OwnerLists lists;
    uint32_t list;
    uint64_t first, count; /* SLICED; RECEIVED: `count` nodes */
};

/* A slice of a list that the thread with the values has to encode. */
typedef struct Wanted Wanted;
struct Wanted {
    Wanted *next;
    uint32_t list;
    uint64_t first, count;
};

struct Share {
    uint64_t number;
    bool is_exact;
    _Atomic uint64_t arrived;
    /* Written before `arrived` is, and by nobody since. */
    bool has_bag;
    Buf bag;
    uint64_t limit, nanoseconds;
    /* Guarded by the mutex. */
    Wanted *wanted;
    double progress;
};

struct Shares {
    pthread_mutex_t mutex; /* guards the lists and the requests */
    pthread_cond_t changed;
    int wake;
    _Atomic uint64_t *ended;
    Request *requests, **last_request;
    Table all; /* Shares by number */
    uint64_t last_number;
};

/* ---- both threads */

static void wake_up(const Shares *shares) {
    uint64_t one = 1;
    while (write(shares->wake, &one, sizeof one) < 0 && errno == EINTR) {}
}

static Request *request_new(RequestKind kind, uint64_t job) {
    Request *request = xcalloc(1, sizeof *request);
    request->kind = kind;
    request->job = job;
    return request;
}

static void request_free(Request *request) {
    buf_free(&request->data);
    owner_lists_free(&request->lists);
    free(request);
}

static void shares_request(Shares *shares, Request *request) {
    pthread_mutex_lock(&shares->mutex);
    *shares->last_request = request;
    shares->last_request = &request->next;
    pthread_mutex_unlock(&shares->mutex);
    wake_up(shares);
}

Shares *shares_new(_Atomic uint64_t *ended, char **error) {
    Shares *shares = xcalloc(1, sizeof *shares);
    pthread_condattr_t monotonic;
    shares->ended = ended;
    shares->last_request = &shares->requests;
    shares->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shares->wake < 0) {
        *error = io_message("cannot make an event descriptor: %s", strerror(errno));
        free(shares);
        return NULL;
    }
    pthread_mutex_init(&shares->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&shares->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return shares;
}

void shares_free(Shares **shares) {
    Shares *self = *shares;
    if (!self) return;
    for (Request *request = self->requests, *next; request; request = next) {
        next = request->next;
        request_free(request);
    }
    table_free(&self->all);
    close(self->wake);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    free(self);
    *shares = NULL;
}

/* ---- the thread that runs the program */

Share *share_submit(Shares *shares, const Job *job, bool is_watched) {
    const MrTask *task = job->plan.task;
    Share *share = xcalloc(1, sizeof *share);
    share->number = ++shares->last_number;
    share->is_exact = task->flags & MR_TASK_EXACT;
    Request *request = request_new(REQUEST_SUBMIT, share->number);
    JobSpec *spec = &request->spec;
    *spec = (JobSpec){.chunks = job->plan.chunks, .elements = job->plan.elements, .size = job->plan.size, .lists = job->plan.lists};
    memcpy(spec->task, task->hash, sizeof spec->task);
    if (task->flags & MR_TASK_EXACT) spec->flags |= JOB_EXACT_COMMUTATIVE;
    if (task->flags & MR_TASK_STOPS) spec->flags |= JOB_MAY_STOP_EARLY;
    if (is_watched) spec->flags |= JOB_IS_WATCHED;
    job_encode_blob(job, &request->data);
    if (is_watched) job_encode_lists(job, &request->lists);
    pthread_mutex_lock(&shares->mutex);
    table_put(&shares->all, share->number, share);
    pthread_mutex_unlock(&shares->mutex);
    shares_request(shares, request);
    return share;
}

uint64_t share_arrived(const Share *share) {
    return atomic_load_explicit(&share->arrived, memory_order_acquire);
}

double share_progress(Shares *shares, const Share *share) {
    if (share_arrived(share)) return 1.0;
    pthread_mutex_lock(&shares->mutex);
    double progress = share->progress;
    pthread_mutex_unlock(&shares->mutex);
    return progress;
}

static void serve_slice(Shares *shares, const Share *share, const Job *job, const Wanted *wanted) {
    Request *request = request_new(REQUEST_SLICED, share->number);
    request->list = wanted->list;
    request->first = wanted->first;
    request->count = wanted->count;
    if (job_encode_slice(job, wanted->list, wanted->first, wanted->count, &request->data)) buf_free(&request->data);
    shares_request(shares, request);
}

void share_wait(Shares *shares, Share *share, const Job *job) {
    for (;;) {
        pthread_mutex_lock(&shares->mutex);
        while (!share_arrived(share) && !share->wanted) pthread_cond_wait(&shares->changed, &shares->mutex);
        Wanted *wanted = share->wanted;
        if (wanted) share->wanted = wanted->next;
        pthread_mutex_unlock(&shares->mutex);
        if (!wanted) return;
        serve_slice(shares, share, job, wanted);
        free(wanted);
    }
}

void shares_wait_any(Shares *shares, uint64_t seen, uint64_t until) {
    struct timespec time = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    pthread_mutex_lock(&shares->mutex);
    int reason = 0;
    while (atomic_load(shares->ended) == seen && reason == 0)
        reason = until ? pthread_cond_timedwait(&shares->changed, &shares->mutex, &time)
                       : pthread_cond_wait(&shares->changed, &shares->mutex);
    pthread_mutex_unlock(&shares->mutex);
}

bool share_take(Share *share, Job *job, uint64_t *limit) {
    uint64_t nodes;
    *limit = share->limit;
    bool failed = share->has_bag && job_merge_encoded(job, share->bag.data, share->bag.len, &nodes);
    buf_free(&share->bag);
    return failed && mr_failf(job->of.context, "the result of a job cannot be read");
}

uint64_t share_nanoseconds(const Share *share) {
    return share->nanoseconds;
}

void share_end(Shares *shares, Share **share) {
    Share *self = *share;
    if (!self) return;
    *share = NULL;
    pthread_mutex_lock(&shares->mutex);
    table_remove(&shares->all, self->number);
    pthread_mutex_unlock(&shares->mutex);
    if (!share_arrived(self)) shares_request(shares, request_new(REQUEST_CANCEL, self->number));
    for (Wanted *wanted = self->wanted, *next; wanted; wanted = next) {
        next = wanted->next;
        free(wanted);
    }
    buf_free(&self->bag);
    free(self);
}

/* ---- the communicating thread */

int shares_wake(const Shares *shares) {
    return shares->wake;
}

void shares_heed(const Shares *shares) {
    uint64_t count;
    while (read(shares->wake, &count, sizeof count) < 0 && errno == EINTR) {}
}

void shares_rouse(Shares *shares) {
    wake_up(shares);
}

bool shares_step(Shares *shares, Owner *owner, uint64_t now, OwnerActions *out) {
    pthread_mutex_lock(&shares->mutex);
    Request *request = shares->requests;
    if (request) shares->requests = request->next;
    if (!shares->requests) shares->last_request = &shares->requests;
    pthread_mutex_unlock(&shares->mutex);
    if (!request) return false;
    owner_begin(owner, now, out);
    switch (request->kind) {
    case REQUEST_SUBMIT: owner_submit(owner, request->job, &request->spec, &request->data, &request->lists); break;
    case REQUEST_SLICED: owner_sliced(owner, request->job, request->list, request->first, request->count, &request->data); break;
    case REQUEST_RECEIVED: owner_received(owner, request->job, request->count); break;
    case REQUEST_CANCEL: owner_cancel(owner, request->job); break;
    }
    request_free(request);
    return true;
}

static void add_wanted(Share *share, const OwnerAction *action) {
    Wanted *wanted = xcalloc(1, sizeof *wanted), **last = &share->wanted;
    *wanted = (Wanted){.list = action->list, .first = action->first, .count = action->count};
    while (*last) last = &(*last)->next;
    *last = wanted;
}

/* The result is kept here, so that workers can forget the job at once, whenever the program comes to look. */
static Request *add_result(Shares *shares, Share *share, OwnerAction *action) {
    Request *received = request_new(REQUEST_RECEIVED, share->number);
    share->has_bag = action->has_bag;
    share->bag = action->data;
    action->data = (Buf){0};
    share->limit = action->limit;
    share->nanoseconds = action->nanoseconds;
    received->count = share->has_bag ? bag_encoded_count(share->is_exact, share->bag.data, share->bag.len) : 0;
    atomic_store_explicit(&share->arrived, atomic_fetch_add(shares->ended, 1) + 1, memory_order_release);
    return received;
}

void shares_act(Shares *shares, OwnerAction *action) {
    Request *received = NULL;
    pthread_mutex_lock(&shares->mutex);
    Share *share = table_find(&shares->all, action->job);
    if (share && action->kind == OWNER_SLICE) add_wanted(share, action);
    if (share && action->kind == OWNER_PROGRESS && action->limit)
        share->progress = (double)action->count / (double)(action->limit + 1); /* it is 1 when the result is there */
    if (share && action->kind == OWNER_RESULT) received = add_result(shares, share, action);
    pthread_cond_broadcast(&shares->changed);
    pthread_mutex_unlock(&shares->mutex);
    buf_free(&action->data);
    if (received) shares_request(shares, received);
}
