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
#include "runtime/value/neighbours.h"
#include "runtime/value/value.h"
#include "runtime/worker/name.h"
#include "runtime/worker/cut.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/programs.h"

typedef enum RequestKind {
    REQUEST_SUBMIT,
    REQUEST_SLICED,
    REQUEST_JOIN,
    REQUEST_COMPUTED,
    REQUEST_RECEIVED,
    REQUEST_CANCEL
} RequestKind;

typedef struct Request Request;
struct Request {
    Request *next;
    RequestKind kind;
    uint64_t job;
    MsgJobSubmit submit;
    MsgRangeDone done;
    Buf data;
    OwnerLists lists;
    uint32_t list;
    uint64_t first, count; /* SLICED; RECEIVED: `count` nodes */
};

/* What the thread with the values has to do for a job: encode a slice of a list, map a range, take in what others have mapped. */
typedef enum WorkKind { WORK_SLICE, WORK_MAP, WORK_PART } WorkKind;

typedef struct Work Work;
struct Work {
    Work *next;
    WorkKind kind;
    uint32_t list;
    uint64_t first, count;
    Buf data;
};

struct Share {
    uint64_t number;
    const MrTask *task;
    Lender *lender; /* of what was lent for it */
    bool by_ranges;
    bool is_joined;          /* the owner's own */
    _Atomic uint64_t lowest; /* chunks from here on are not needed */
    _Atomic uint64_t arrived;
    /* Written before `arrived` is, and by nobody since. */
    bool has_bag;
    Buf bag;
    Buf *parts; /* of a table that came in parts */
    uint32_t part_count;
    uint64_t limit, nanoseconds;
    uint64_t poison_chunk; /* `deaths` workers died of it, the last as `death` says; the job fails */
    uint64_t deaths;
    char *death;
    /* Guarded by the mutex. */
    Work *work, **last_work;
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
    _Atomic uint64_t owner; /* JOB_OWNER */
    _Atomic uint32_t idle;
    bool is_stopping;                            /* guarded by the mutex */
    bool knows_journal, has_journal, is_resumed; /* the same: a WELCOME has said whether there is one */
    JobNames *names;                             /* the program's thread's: given to a journal's jobs; NULL: none so far */
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
    job_names_free(&self->names);
    close(self->wake);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    free(self);
    *shares = NULL;
}

/* ---- the thread that runs the program */

/* Whether there is a journal is known when the scheduler has welcomed us; jobs are held back until then in any case. */
static void await_welcome(Shares *shares) {
    while (!shares->knows_journal && !shares->is_stopping) pthread_cond_wait(&shares->changed, &shares->mutex);
}

bool shares_is_resumed(Shares *shares) {
    pthread_mutex_lock(&shares->mutex);
    await_welcome(shares);
    bool is_resumed = shares->is_resumed;
    pthread_mutex_unlock(&shares->mutex);
    return is_resumed;
}

static bool shares_has_journal(Shares *shares) {
    pthread_mutex_lock(&shares->mutex);
    await_welcome(shares);
    bool has_journal = shares->has_journal;
    pthread_mutex_unlock(&shares->mutex);
    return has_journal;
}

static void give_name(Shares *shares, const Job *job, const Buf *blob, JobName *name) {
    if (!shares_has_journal(shares)) return;
    if (!shares->names) shares->names = job_names_new();
    job_names_give(shares->names, job, blob, name);
}

Share *share_submit(Shares *shares, Job *job, ShareTerms terms) {
    const MrTask *task = job->plan.task;
    Share *share = xcalloc(1, sizeof *share);
    share->number = JOB_NUMBER(atomic_load(&shares->owner), ++shares->last_number);
    share->task = task;
    share->lender = job->of.lending.lender;
    share->by_ranges = terms.by_ranges;
    share->last_work = &share->work;
    atomic_init(&share->lowest, job->plan.chunks);
    Request *request = request_new(REQUEST_SUBMIT, share->number);
    JobSpec *spec = &request->submit.spec;
    *spec = (JobSpec){.chunks = job->plan.chunks, .elements = job->plan.elements, .size = job->plan.size, .lists = job->plan.lists};
    memcpy(spec->task, task->hash, sizeof spec->task);
    const MrRuntime *runtime = runtime_of(job->of.context);
    if (runtime->programs) programs_code_of(runtime->programs, job->of.context->program, spec->code);
    spec->grain = terms.grain;
    if (task->flags & MR_TASK_EXACT) spec->flags |= JOB_EXACT_COMMUTATIVE;
    if (task->flags & MR_TASK_STOPS) spec->flags |= JOB_MAY_STOP_EARLY;
    if (terms.is_watched) spec->flags |= JOB_IS_WATCHED;
    if (job->plan.remembers) spec->flags |= JOB_REMEMBERS;
    if (terms.by_ranges) spec->flags |= JOB_BY_RANGES;
    if (task_is_keyed(task) && !terms.by_ranges && !terms.is_whole) spec->flags |= JOB_BY_KEY;
    request->submit.mapped = terms.mapped;
    request->submit.kept = terms.kept;
    Lending lending = {job->of.lending.lender, share->number, false};
    job_encode_blob(job, lending, &request->data);
    if (!terms.by_ranges) give_name(shares, job, &request->data, &request->submit.name);
    JobLists lists = job_encode_lent(job, lending, !terms.by_ranges && !shares_has_journal(shares), &request->data);
    bool may_ask = lists == LISTS_ASKED_FOR || (lists == LISTS_PLACES && !neighbours_are_all(job->neighbours));
    if (lists == LISTS_LOANS) spec->lists = 0; /* who has them need not ask */
    if (lists == LISTS_PLACES) spec->flags |= JOB_LENDS;
    if ((terms.is_watched || terms.by_ranges) && may_ask) job_encode_lists(job, &request->lists);
    pthread_mutex_lock(&shares->mutex);
    table_put(&shares->all, share->number, share);
    pthread_mutex_unlock(&shares->mutex);
    atomic_store_explicit(&shares->idle, 0, memory_order_relaxed);
    shares_request(shares, request);
    return share;
}

uint32_t shares_idle(const Shares *shares) {
    return atomic_load_explicit(&shares->idle, memory_order_relaxed);
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

const _Atomic uint64_t *share_limit(const Share *share) {
    return &share->lowest;
}

static void lower_limit(Share *share, uint64_t limit) {
    uint64_t now = atomic_load_explicit(&share->lowest, memory_order_relaxed);
    while (limit < now && !atomic_compare_exchange_weak(&share->lowest, &now, limit)) {}
}

void share_mapped(Shares *shares, Share *share, const JobRun *run) {
    if (run->count == 0) return;
    if (run->end != END_NONE) lower_limit(share, (uint64_t)run->end_chunk + 1);
    Request *request = request_new(REQUEST_COMPUTED, share->number);
    request->done = (MsgRangeDone){.first = run->first,
                                   .count = run->count,
                                   .done = run->done,
                                   .elements = run->elements,
                                   .size = run->size,
                                   .nanoseconds = run->nanoseconds,
                                   .ended = clock_now(),
                                   .end_chunk = run->end_chunk,
                                   .end = run->end};
    shares_request(shares, request);
}

static void serve_slice(Shares *shares, const Share *share, const Job *job, const Work *work) {
    Request *request = request_new(REQUEST_SLICED, share->number);
    request->list = work->list;
    request->first = work->first;
    request->count = work->count;
    if (job_encode_slice(job, work->list, work->first, work->count, &request->data)) buf_free(&request->data);
    shares_request(shares, request);
}

static bool do_work(Shares *shares, Share *share, Job *job, const Work *work) {
    uint64_t nodes;
    JobRun run = {.first = work->first, .count = work->count, .limit = &share->lowest};
    switch (work->kind) {
    case WORK_SLICE:
        MR_FAULT("owner.before_slice");
        serve_slice(shares, share, job, work);
        return false;
    case WORK_MAP:
        MR_FAULT("owner.before_map");
        job_map(job, &run);
        share_mapped(shares, share, &run);
        return false;
    default:
        MR_FAULT("owner.before_part");
        return job_merge_encoded(job, work->data.data, work->data.len, &nodes) &&
               mr_failf(job->of.context, "what another worker has mapped cannot be read");
    }
}

static void work_free(Work *work) {
    buf_free(&work->data);
    free(work);
}

/* The next thing to do; NULL: there is none, and the result is there, or nothing was to be waited for, or the run is over. */
static Work *next_work(Shares *shares, Share *share, const MrContext *context, bool waits, bool *is_stopping) {
    pthread_mutex_lock(&shares->mutex);
    while (waits && !share_arrived(share) && !share->work && !shares->is_stopping && !value_is_interrupted(context))
        pthread_cond_wait(&shares->changed, &shares->mutex);
    *is_stopping = shares->is_stopping;
    bool is_ending = shares->is_stopping || value_is_interrupted(context);
    Work *work = is_ending ? NULL : share->work;
    if (work) share->work = work->next;
    if (!share->work) share->last_work = &share->work;
    pthread_mutex_unlock(&shares->mutex);
    return work;
}

static bool share_do(Shares *shares, Share *share, Job *job, bool waits) {
    if (share->by_ranges && !share->is_joined) {
        share->is_joined = true;
        shares_request(shares, request_new(REQUEST_JOIN, share->number));
    }
    bool failed = false, is_stopping = false;
    for (Work *work; !failed && (work = next_work(shares, share, job->of.context, waits, &is_stopping));) {
        failed = do_work(shares, share, job, work);
        work_free(work);
    }
    if (!failed && waits && value_is_interrupted(job->of.context)) return mr_fail_depth(job->of.context);
    return failed || (is_stopping && mr_failf(job->of.context, "the run is over"));
}

bool share_wait(Shares *shares, Share *share, Job *job) {
    return share_do(shares, share, job, true);
}

bool share_help(Shares *shares, Share *share, Job *job) {
    return share_do(shares, share, job, false);
}

bool shares_wait_any(Shares *shares, MrContext *context, uint64_t seen, uint64_t until) {
    struct timespec time = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    pthread_mutex_lock(&shares->mutex);
    int reason = 0;
    while (atomic_load(shares->ended) == seen && reason == 0 && !value_is_interrupted(context))
        reason = until ? pthread_cond_timedwait(&shares->changed, &shares->mutex, &time)
                       : pthread_cond_wait(&shares->changed, &shares->mutex);
    pthread_mutex_unlock(&shares->mutex);
    return value_is_interrupted(context) && mr_fail_depth(context);
}

/* There is no result: workers died of a part of the input. Which one is known here, where the plan is. */
static bool share_fail(const Share *share, const Job *job) {
    Buf where = {0};
    plan_locate_chunk(&job->plan, share->poison_chunk, &where);
    mr_failf(job->of.context, "%s: %llu workers died of this part of the input, one after another; the last: %s", buf_text(&where),
             (unsigned long long)share->deaths, share->death);
    buf_free(&where);
    return true;
}

static void share_free_parts(Share *share) {
    for (uint32_t i = 0; share->parts && i < share->part_count; i++) buf_free(&share->parts[i]);
    free(share->parts);
    share->parts = NULL;
}

bool share_take(Share *share, Job *job, uint64_t *limit, bool *is_uneven) {
    uint64_t nodes;
    if (share->death) return share_fail(share, job);
    *limit = share->limit;
    bool failed = share->has_bag && job_merge_encoded(job, share->bag.data, share->bag.len, &nodes);
    *is_uneven = bag_is_uneven(&job->bag);
    if (share->parts) failed = bag_gather(&job->bag, &job->of, share->parts, share->part_count, share->limit, is_uneven);
    buf_free(&share->bag);
    share_free_parts(share);
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
    lender_end(self->lender, self->number);
    if (!share_arrived(self)) shares_request(shares, request_new(REQUEST_CANCEL, self->number));
    for (Work *work = self->work, *next; work; work = next) {
        next = work->next;
        work_free(work);
    }
    share_free_parts(self);
    buf_free(&self->bag);
    free(self->death);
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

void shares_look(Shares *shares) {
    pthread_mutex_lock(&shares->mutex);
    pthread_cond_broadcast(&shares->changed);
    pthread_mutex_unlock(&shares->mutex);
}

void shares_stop(Shares *shares) {
    pthread_mutex_lock(&shares->mutex);
    shares->is_stopping = true;
    pthread_cond_broadcast(&shares->changed);
    pthread_mutex_unlock(&shares->mutex);
}

void shares_set_journal(Shares *shares, bool has_journal, bool is_resumed) {
    pthread_mutex_lock(&shares->mutex);
    shares->knows_journal = true;
    shares->has_journal = has_journal;
    shares->is_resumed = is_resumed;
    pthread_cond_broadcast(&shares->changed);
    pthread_mutex_unlock(&shares->mutex);
}

void shares_set_idle(Shares *shares, uint64_t owner, uint32_t idle) {
    atomic_store(&shares->owner, owner);
    atomic_store(&shares->idle, idle);
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
    case REQUEST_SUBMIT: owner_submit(owner, request->job, &request->submit, &request->data, &request->lists); break;
    case REQUEST_SLICED: owner_sliced(owner, request->job, request->list, request->first, request->count, &request->data); break;
    case REQUEST_JOIN: owner_join(owner, request->job); break;
    case REQUEST_COMPUTED: owner_computed(owner, request->job, &request->done); break;
    case REQUEST_RECEIVED: owner_received(owner, request->job, request->count); break;
    case REQUEST_CANCEL: owner_cancel(owner, request->job); break;
    }
    request_free(request);
    return true;
}

static void add_work(Share *share, WorkKind kind, OwnerAction *action) {
    Work *work = xcalloc(1, sizeof *work);
    *work = (Work){.kind = kind, .list = action->list, .first = action->first, .count = action->count, .data = action->data};
    action->data = (Buf){0};
    *share->last_work = work;
    share->last_work = &work->next;
}

/* The result is kept here, so that workers can forget the job at once, whenever the program comes to look. */
static Request *add_result(Shares *shares, Share *share, OwnerAction *action) {
    Request *received = request_new(REQUEST_RECEIVED, share->number);
    share->has_bag = action->has_bag;
    share->bag = action->data;
    share->parts = action->parts;
    share->part_count = action->part_count;
    action->data = (Buf){0};
    action->parts = NULL;
    share->limit = action->limit;
    share->nanoseconds = action->nanoseconds;
    if (action->kind == OWNER_POISON) {
        share->death = strdup(action->text);
        share->poison_chunk = action->first;
        share->deaths = action->count;
    }
    received->count = share->has_bag ? bag_bytes_count(share->task, share->bag.data, share->bag.len) : 0;
    atomic_store_explicit(&share->arrived, atomic_fetch_add(shares->ended, 1) + 1, memory_order_release);
    return received;
}

/* Under the mutex. Returns what the owner is to be told. */
static Request *share_act(Shares *shares, Share *share, OwnerAction *action) {
    switch (action->kind) {
    case OWNER_SLICE: add_work(share, WORK_SLICE, action); return NULL;
    case OWNER_COMPUTE: add_work(share, WORK_MAP, action); return NULL;
    case OWNER_PART: add_work(share, WORK_PART, action); return NULL;
    case OWNER_LIMIT: lower_limit(share, action->limit); return NULL;
    case OWNER_PROGRESS: /* it is 1 when the result is there */
        if (action->limit) share->progress = (double)action->count / (double)(action->limit + 1);
        return NULL;
    case OWNER_RESULT:
    case OWNER_POISON: return add_result(shares, share, action);
    default: return NULL;
    }
}

void shares_act(Shares *shares, OwnerAction *action) {
    Request *received = NULL;
    pthread_mutex_lock(&shares->mutex);
    Share *share = table_find(&shares->all, action->job);
    if (share) received = share_act(shares, share, action);
    pthread_cond_broadcast(&shares->changed);
    pthread_mutex_unlock(&shares->mutex);
    buf_free(&action->data);
    owner_parts_free(action);
    if (received) shares_request(shares, received);
}
