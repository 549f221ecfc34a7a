/* cluster.h: the root's connection to the scheduler and the workers.
 *
 * A thread of its own owns the sockets and the root's side of the protocol; the program's thread hands it jobs through Shares. */
#ifndef RUNTIME_WORKER_CLUSTER_H
#define RUNTIME_WORKER_CLUSTER_H

#include "runtime/net/link.h"
#include "runtime/worker/share.h"

typedef struct Cluster Cluster;

typedef struct ClusterConfig {
    Net *net;
    const MrProgram *program;
    Shares *shares;
    Codes *codes;         /* that workers may ask for; NULL: all is in the executable */
    const char *control;  /* the scheduler's endpoint */
    const LinkKeys *keys; /* over a network; else NULL. Only looked at until cluster_connect returns. */
    const char *data;     /* where the root's data socket shall listen */
    uint32_t host;        /* where it runs, for the launcher: see MsgHello */
    void (*on_end)(void *data,
                   int status); /* the run ends before the program does (a worker was lost, an interrupt), for a reason that
                                   the scheduler tells: must end the process. Called on the cluster's own thread. */
    void *data_of_end;
} ClusterConfig;

Cluster *cluster_connect(const ClusterConfig *config, char **error); /* NULL: failed, *error malloc'ed */

/* The program is over with this exit status: takes leave of the scheduler, and waits until that has been sent. */
void cluster_finish(Cluster **cluster, int status);

#endif
