/* alone.h: a program that runs by itself: scheduler and workers as threads of its process, talking over inproc. */
#ifndef RUNTIME_LAUNCH_ALONE_H
#define RUNTIME_LAUNCH_ALONE_H

#include "runtime/sched/news.h"
#include "runtime/worker/cluster.h"
#include "runtime/worker/programs.h"

typedef struct Alone Alone;

typedef struct AloneConfig {
    Programs *programs;
    int argc; /* the program's arguments, without its name */
    char **argv;
    uint32_t workers;
    uint64_t memory; /* bytes for each worker's values; 0: no limit */
    Shares *shares;
    NewsListener listener; /* of the scheduler's news */
    Lender *lender;        /* of all threads, the root's too; NULL: there is none */
} AloneConfig;

/* Starts the threads. *cluster: the root's connection to them. NULL: failed, *error malloc'ed. */
Alone *alone_start(const AloneConfig *config, Cluster **cluster, char **error);

/* After cluster_finish: waits for the threads. False: one is in a long element that nobody needs any more, and still has its
 * values; the process must end. */
bool alone_finish(Alone **alone);

#endif
