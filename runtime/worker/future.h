/* future.h: what stands behind an MrFuture: a job that was started.
 *
 * A future keeps what its job needs (captures and sources), until the job has been run; then its result or its error. The functions
 * that generated code calls are in abi.h. A future belongs to one thread, as all values do. */
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
    uint64_t ended; /* its place in the order in which futures of this role ended, from 1; not used while under way */
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

#endif
