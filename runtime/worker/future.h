/* future.h: what stands behind an MrFuture: a job that was started.
 *
 * A future keeps what its job needs (captures and sources), until the job has been run; then its result or its error. Generated
 * code starts it by mr_job_start and asks by the primitives of future_prim.c. A future belongs to one thread, as all values do.
 * NULL, which a future becomes that has travelled, has ended and cannot be awaited. */
#ifndef RUNTIME_WORKER_FUTURE_H
#define RUNTIME_WORKER_FUTURE_H

#include "runtime/worker/share.h"

typedef enum FutureState {
    FUTURE_PUT_OFF,   /* nobody has started the job: it is run where the future is first asked about */
    FUTURE_UNDER_WAY, /* the workers have the job, or its result is there and has not been looked at */
    FUTURE_DONE,      /* there is a result */
    FUTURE_FAILED,    /* there is an error */
    FUTURE_CANCELLED, /* nothing is left */
} FutureState;

typedef struct Future {
    MrFuture head;
    FutureState state;
    uint64_t ended;               /* its place in the order in which futures of this role ended, from 1; not used while under way */
    struct Future *older, *newer; /* FUTURE_PUT_OFF on a worker: in runtime->put_off */
    bool is_queued;               /* the same */
    uint64_t started;             /* the same: when somebody first looked for what may be handed over (clock_now) */
    const MrTask *task;
    Job *job;          /* FUTURE_UNDER_WAY */
    Share *share;      /* the same */
    void *captures;    /* owned while the job is not over */
    MrSource *sources; /* the same */
    MrList **lists;    /* what the sources point to */
    void *result;      /* FUTURE_DONE */
    MrError error;     /* FUTURE_FAILED */
    char *printed;     /* malloc'ed: what the job printed, until the first await shows it */
    size_t printed_len;
} Future;

/* Waits, and gives the result (owned) or raises the job's error; as often as one likes. */
bool future_await(MrContext *context, void *result, MrFuture *head, const MrType *type);
bool future_done(MrContext *context, MrFuture *head);       /* it has a result or an error, or was cancelled */
double future_progress(MrContext *context, MrFuture *head); /* 0.0 … 1.0 */
/* Nobody needs it any more; awaiting it is an error, unless it was done already. */
void future_cancel(MrContext *context, MrFuture *head);
/* Whether all have ended, after so many seconds at most (negative: without limit). Fails as a primitive does. */
bool future_wait(MrContext *context, bool *all_done, MrList *futures, double seconds);
/* The index of that one of the futures which is the rank-th to end, from 0; waits for it; fails past the end. */
bool future_next(MrContext *context, int64_t *index, MrList *futures, int64_t rank);

/* Hands a future that is put off to the workers; it is one of runtime->put_off. */
void future_offer(MrContext *context, Future *future);

#endif
