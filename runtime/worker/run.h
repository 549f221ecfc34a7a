/* run.h: jobs between generated code and what runs them: here, or on the workers. */
#ifndef RUNTIME_WORKER_RUN_H
#define RUNTIME_WORKER_RUN_H

#include "runtime/worker/share.h"

/* While a job runs on this thread, what it prints is kept apart and it counts as nested. */
typedef struct RunGuard {
    bool was_direct;
    const MrMapped *around;
} RunGuard;

RunGuard run_enter(MrContext *context);
void run_leave(MrContext *context, RunGuard guard);

/* Makes the connection to the workers, if there is none yet. True: failed, with the context's error set. */
bool run_connect(MrContext *context);

/* Waits for a job that the workers have, and makes its result, or its error. Fails as a primitive does. Where it shows that a keyed
 * result must not come in parts, the job is handed to them once more, as a whole; *share is then that. */
bool run_take(Job *job, Share **share, void *result);

#endif
