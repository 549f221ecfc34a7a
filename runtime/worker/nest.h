/* nest.h: jobs inside of mapped functions, on a worker: a plain loop as long as everybody has something to do; what is left of it
 * is shared when somebody has not. All of it belongs to the thread that maps. */
#ifndef RUNTIME_WORKER_NEST_H
#define RUNTIME_WORKER_NEST_H

#include "runtime/worker/share.h"

/* A job that the thread is running, as those see it that run inside of it. It lives in nest_run's frame. */
typedef struct Nest {
    struct Nest *outer;
    Job *job;
    JobRun *run;
    uint64_t started;      /* clock_now; 0: it is likely to be small, and nobody has looked at it yet */
    Share *share;          /* NULL: it is not shared */
    uint64_t mapped, kept; /* as in ShareTerms */
} Nest;

/* Is this the thread of a worker, which may share what it does? It does so only inside of a range. A worker that merges bags holds
 * none, and may be handed ranges of others' jobs, which then lie behind the merge: if it waited for somebody inside of the merge,
 * two such workers could wait for each other. */
static inline bool runtime_nests(const MrRuntime *runtime) {
    return runtime->shares && !runtime->io.is_root;
}

bool nest_run(Job *job, void *result); /* fails as a primitive does */

/* To be called now and then, on any thread: when other workers have nothing to do, hands over the oldest thing that this one has
 * begun and will come to later: the rest of a job, or a future that nobody has started. */
void nest_look(MrContext *context);

#endif
