/* compute.h: a worker's compute thread: it owns the values and runs the kernels, while the communicating thread owns the sockets.
 *
 * The two hand over orders and answers in queues, under a mutex; shares_wake is readable when there are answers. Orders are
 * done one after another. All functions here are called by the communicating thread. */
#ifndef RUNTIME_WORKER_COMPUTE_H
#define RUNTIME_WORKER_COMPUTE_H

#include "runtime/io/state.h"
#include "runtime/sched/peer.h"
#include "runtime/value/neighbours.h"
#include "runtime/worker/blackbox.h"
#include "runtime/worker/programs.h"
#include "runtime/worker/share.h"
#include "runtime/worker/spill.h"

typedef struct Compute Compute;

typedef struct ComputeConfig {
    Programs *programs;
    const ProgramLoader *loader; /* of object code; NULL: none comes */
    IoState io;                  /* `io.name` must stay */
    Memory memory;               /* how much its values may take */
    BlackBox *box;               /* where the thread notes what it is at; NULL: nowhere */
    Lender *lender;              /* of the process, where others share it; else NULL */
    Neighbours *neighbours;      /* where others do not, those of its host; else NULL */
} ComputeConfig;

Compute *compute_new(const ComputeConfig *config, char **error); /* NULL: failed, *error malloc'ed */

/* One of PEER_OPEN, PEER_COMPUTE, PEER_MERGE, PEER_ENCODE, PEER_DROP; takes over the buffers of the action. PEER_LIMIT and
 * PEER_REVOKE are not queued but seen at once. */
void compute_order(Compute *compute, PeerAction *action);

/* What the thread has done: PEER_COMPUTED, PEER_MERGED, PEER_ENCODED or PEER_FAILED, without a time. False: nothing new. The
 * event's `data` and `text` are valid until the next call. */
bool compute_answer(Compute *compute, PeerEvent *event);

Shares *compute_shares(const Compute *compute); /* the worker's own jobs; its eventfd tells of answers, too */
uint64_t compute_progress(const Compute *compute);

/* Ends the thread as soon as the element that it is at is done. False: that took longer than `milliseconds`, and everything stays
 * as it is; the process must then end. */
bool compute_stop(Compute **compute, unsigned milliseconds);

#endif
