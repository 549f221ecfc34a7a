/* cluster.h: the root's connection to the scheduler and the workers.
 *
 * A thread of its own owns the sockets and the root's side of the protocol. The functions here are called by the program's thread,
 * which encodes what workers ask for while it waits for a job. */
#ifndef RUNTIME_WORKER_CLUSTER_H
#define RUNTIME_WORKER_CLUSTER_H

#include "runtime/net/link.h"
#include "runtime/worker/job.h"

typedef struct Cluster Cluster;

typedef struct ClusterConfig {
    Net *net;
    const MrProgram *program;
    const char *control; /* the scheduler's endpoint */
    const char *data;    /* where the root's data socket shall listen */
    void (*on_end)(void *data,
                   int status); /* the run ends before the program does (a worker was lost, an interrupt), for a reason that
                                   the scheduler tells: must end the process. Called on the cluster's own thread. */
    void *data_of_end;
} ClusterConfig;

Cluster *cluster_connect(const ClusterConfig *config, char **error); /* NULL: failed, *error malloc'ed */

/* Has the workers map `job` (number `number`, greater than all before), and puts what they give into its empty bag, of whose chunks
 * those before *limit count. True: failed, with the context's error set. */
bool cluster_run(Cluster *cluster, Job *job, uint64_t number, uint64_t *limit);

/* The program is over with this exit status: takes leave of the scheduler, and waits until that has been sent. */
void cluster_finish(Cluster **cluster, int status);

#endif
