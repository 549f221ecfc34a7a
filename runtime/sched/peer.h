/* peer.h: the worker's side of the protocol as a pure state machine: peer_step(state, event) → actions.
 *
 * It runs on the worker's communicating thread; the compute thread is behind the actions OPEN, COMPUTE, MERGE, ENCODE and DROP,
 * which the caller hands to it through a queue that keeps their order, and behind the events that answer them. No sockets, no
 * clock.
 *
 * For each job: JOB_START → the captures are pulled once (unless they came inline), and the object code that is not there (LOAD) →
 * OPEN; each RANGE → its slices of the root's
 * lists are pulled, unless these are lent → COMPUTE → (PEER_COMPUTED) RANGE_DONE; MERGE → the other bag is pulled → MERGE →
 * (PEER_MERGED) MERGE_DONE; a GET of a bag of ours → ENCODE, once → (PEER_ENCODED) PIECEs; JOB_END → DROP. Of a job BY_RANGES each
 * range's bag comes with PEER_COMPUTED, is told of at once and kept for its owner until JOB_END. What cannot be had is complained
 * of (UNREACHABLE). What concerns the jobs that this worker owns itself is its Owner's (owner.h). Late, repeated and unknown
 * messages are ignored and counted. */
#ifndef RUNTIME_SCHED_PEER_H
#define RUNTIME_SCHED_PEER_H

#include "base/buf.h"
#include "base/held.h"
#include "runtime/sched/code.h"
#include "runtime/sched/owner.h"

typedef struct Peer Peer;

/* Zero means the default, named beside each. Times in nanoseconds. */
typedef struct PeerConfig {
    uint8_t program[MESSAGE_HASH_SIZE];
    const char *data_endpoint, *name; /* copied */
    uint32_t host;                    /* see MsgHello */
    int64_t pid, wish;                /* the same */
    Codes *codes;                     /* where the code is put that this worker has pulled; NULL: all code is there already */
    uint64_t heartbeat_every;         /* 1 s */
    uint64_t dead_after; /* silence of the scheduler until this worker gives up; 30 s (the launcher's pipe is quicker) */
} PeerConfig;

typedef enum PeerEventKind {
    PEER_START = 1, /* the connections are open: once, first; says HELLO */
    PEER_TICK,      /* time has passed: at least every heartbeat_every / 2; `progress` and `memory` are for the heartbeat */
    PEER_CONTROL,   /* `message` came from the scheduler */
    PEER_GET,       /* `message` (a GET) came to our data socket from `route` */
    PEER_PIECE,     /* `message` (a PIECE) came from a data endpoint that we asked */
    PEER_COMPUTED,  /* the compute thread has done a COMPUTE: `job`, `range_done` without `pulled`, `credits` and `bag_size`; of a
                       job BY_RANGES `data`, the range's bag (moved) */
    PEER_UNLENT,    /* ... could not: the lists of the `job`, which its owner lends, are not to be had here; `range_done.range` */
    PEER_MERGED,    /* ... a MERGE: `job`, `merge_done` without `merged` and `size` */
    PEER_ENCODED,   /* ... an ENCODE: `job`, `bag`, and `held` or else `data` (moved: the peer owns it now) */
    PEER_FAILED,    /* something of our own went wrong that ends the run: `text` (not an error of the program: that is a value) */
} PeerEventKind;

typedef struct PeerEvent {
    PeerEventKind kind;
    uint64_t now;
    uint64_t job;
    uint32_t bag;           /* PEER_ENCODED */
    const Message *message; /* borrowed during the step */
    uint32_t route;         /* PEER_GET: the transport's number for whom to answer */
    uint64_t progress, memory;
    MsgRangeDone range_done;
    MsgMergeDone merge_done;
    Buf *data;        /* PEER_ENCODED: taken over, left empty */
    Held **held;      /* the same; NULL, or left NULL */
    const char *text; /* PEER_FAILED: borrowed */
} PeerEvent;

typedef enum PeerActionKind {
    PEER_SEND_CONTROL = 1, /* `message` to the scheduler */
    PEER_SEND_DATA,        /* `message` (a GET) to the data socket at `endpoint`; the connection may be kept for later ones */
    PEER_SEND_ANSWER,      /* `message` (a PIECE) from our data socket to `route`; with `held`, its bytes are still to be read */
    PEER_OPEN,             /* compute thread: get ready for `job` of `spec`, with captures blob `data` */
    PEER_COMPUTE, /* compute thread: run chunks `first` … of `job`, `count` of them, with slices[0 … spec.lists-1] unless
                     the job LENDS (then there are none until PEER_UNLENT was answered), into bag `bag`,
                     which is made when it is not there; answer with `range` */
    PEER_LIMIT,   /* not queued, at once: chunks ≥ `limit` of `job` are not needed; those queued or next need not be run */
    PEER_REVOKE,  /* not queued, at once: range `range` of `job` is not needed: if it is not finished yet, nothing of it shall be in
                     its bag, and it is answered with done = 0 */
    PEER_MERGE,  /* compute thread: decode the bag `data` and merge it into bag `bag`, made when it is not there; answer with `step`
                  */
    PEER_ENCODE, /* compute thread: encode bag `bag` of `job`; it will not be used here any more */
    PEER_DROP,   /* compute thread: forget `job` */
    PEER_LOAD,   /* compute thread: load `code`, which jobs that come will need */
    PEER_UNLOAD, /* compute thread: that is over */
    PEER_IDLE,   /* at once: `count` workers have nothing to do */
    PEER_EXIT,   /* the last action: end this worker with `status`; `text` is empty, or why */
} PeerActionKind;

typedef struct PeerAction {
    PeerActionKind kind;
    Message message; /* its bytes are valid until the next step */
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    uint32_t route;
    const Held *held; /* SEND_ANSWER: the bytes are those of part name.list of name.count at `offset`, as many as the message has;
                         NULL: they are there. Valid until the next step */
    uint64_t job;
    JobSpec spec;   /* OPEN */
    Buf data;       /* OPEN, MERGE: the caller owns it */
    uint64_t range; /* COMPUTE, REVOKE */
    uint32_t bag;   /* COMPUTE, MERGE, ENCODE; of a job BY_RANGES each COMPUTE has one of its own, which goes into the answer */
    uint32_t part, parts; /* MERGE: what is merged, and bag `bag`, is this part of the whole, by the hashes of keys; ENCODE: parts
                             of the bag will be asked for unless `parts` is 0 */
    uint64_t first, count, limit;
    Buf *slices; /* COMPUTE: spec.lists buffers, array and content are the caller's (free each, then the array); NULL for none */
    uint32_t slice_count;
    Code *code; /* LOAD, UNLOAD: the caller releases it */
    uint32_t step;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
} PeerAction;

typedef struct PeerActions {
    PeerAction *items; /* to be done in order */
    size_t len, cap;
} PeerActions;

Peer *peer_new(const PeerConfig *config);
void peer_free(Peer **peer);

/* Appends to `out`, and to `owned` what its Owner has to say; the caller does the actions, sets both len = 0 and calls again. After
 * PEER_EXIT every event is ignored. */
void peer_step(Peer *peer, const PeerEvent *event, PeerActions *out, OwnerActions *owned);
Owner *peer_owner(Peer *peer);
void peer_actions_free(PeerActions *actions); /* frees the buffers of those not done yet, too */

uint64_t peer_ignored(const Peer *peer);
int64_t peer_number(const Peer *peer); /* the worker number from WELCOME, -1 before it */

#endif
