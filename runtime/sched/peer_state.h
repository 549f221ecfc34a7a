/* peer_state.h: a worker's protocol state, shared by peer.c (jobs, ranges, the run) and peer_bag.c (bags, merges). */
#ifndef RUNTIME_SCHED_PEER_STATE_H
#define RUNTIME_SCHED_PEER_STATE_H

#include "runtime/sched/peer.h"
#include "runtime/sched/pull.h"

/* A range that was handed to us and is not answered yet. */
typedef struct PeerRange PeerRange;
struct PeerRange {
    PeerRange *next; /* in the order of arrival */
    uint64_t number; /* MsgRange.range */
    uint64_t first, count;
    uint32_t bag;
    Pull *slices;     /* one for each list of the job; NULL: they need not be pulled */
    uint32_t missing; /* slices not complete yet */
    uint64_t pulled;
    bool is_computing;
};

/* A MERGE's way: the other bag is pulled, waits for the job to be open, is merged on the compute thread. */
typedef enum MergeState { MERGE_IS_PULLED, MERGE_WAITS, MERGE_RUNS } MergeState;

typedef struct PeerMerge PeerMerge;
struct PeerMerge {
    PeerMerge *next;
    MsgMerge order;
    MergeState state;
    Pull pull;
};

/* A bag of ours. It is open as long as nobody has asked for it. */
typedef enum BagState { BAG_OPEN, BAG_BEING_ENCODED, BAG_ENCODED } BagState;

typedef struct PeerBag PeerBag;
struct PeerBag {
    PeerBag *next;
    uint32_t number;
    BagState state;
    Held *data; /* ENCODED */
    WaitingGets waiting;
};

typedef struct PeerFetch PeerFetch; /* object code that is on its way */
typedef struct PeerCode PeerCode;   /* that is there */

typedef struct PeerJob PeerJob;
struct PeerJob {
    PeerJob *next;
    uint64_t number;
    JobSpec spec;
    char owner_endpoint[MESSAGE_ENDPOINT_SIZE];
    bool has_captures, is_open; /* the compute thread has been told of it */
    uint32_t lists;             /* of which slices are pulled: those of `spec`, or none as long as they are there as a whole */
    Pull captures;
    PeerFetch *fetches;              /* of code that the job needs and is not there yet */
    PeerRange *ranges, **ranges_end; /* where the next one is linked in */
    uint64_t last_range;             /* what is not newer is a repetition */
    uint64_t limit;
    PeerMerge *merges; /* under way */
    uint32_t last_step;
    PeerBag *bags;
};

/* A range that was still being computed when its job ended: that it is over must be said, too. */
typedef struct LateRange LateRange;
struct LateRange {
    LateRange *next;
    uint64_t job, range;
    uint64_t first, count;
};

struct Peer {
    PeerConfig config;
    char endpoint[MESSAGE_ENDPOINT_SIZE], name[MESSAGE_NAME_SIZE];
    uint64_t now, heard_at, last_tick, last_heartbeat;
    bool is_started, is_over;
    int64_t number;
    uint32_t last_pull;
    uint64_t range_time; /* nanoseconds that ranges have taken of late, on average; 0: none has been computed */
    uint64_t last_start; /* JOB_STARTs that are not newer than this one are repetitions */
    PeerJob *jobs;
    PeerCode *codes; /* those used last come first */
    LateRange *late;
    Owner *owner;
    uint64_t ignored;
    PeerActions *out;
};

/* ---- peer.c */
Message *peer_say(Peer *peer, const PeerJob *job, MessageKind kind); /* to the scheduler; to be filled in before the next call */
PeerAction *peer_order(Peer *peer, const PeerJob *job, PeerActionKind kind); /* for the compute thread */
void peer_answer(Peer *peer, uint32_t route, Message piece);
void peer_pull(Peer *peer, const PeerJob *job, Pull *pull, DataName name, const char *endpoint);
void peer_request(Peer *peer, Pull *pull, const char *endpoint); /* asks for the next pieces */
/* Says that something of the job cannot be had: bag `bag` of `worker`, or (-1, 0) what its owner has. */
void peer_complain(Peer *peer, const PeerJob *job, int64_t worker, uint32_t bag);
PeerJob *peer_job_of(Peer *peer, const Message *message); /* that a message speaks of; NULL, and counted, when unknown */
PeerJob *peer_find_job(Peer *peer, uint64_t number);

void peer_code_order(Peer *peer, PeerActionKind kind, Code *code); /* for the compute thread, which gets the code, too */

/* ---- peer_code.c */
void peer_want_codes(Peer *peer, PeerJob *job); /* of a new job: pulls what is not there */
typedef enum CodeCame {
    CODE_IS_ELSE, /* the piece is of no code */
    CODE_COMES,
    CODE_IS_BAD, /* what came is not what was asked for */
} CodeCame;
CodeCame peer_code_piece(Peer *peer, PeerJob *job, const Message *piece);
void peer_each_fetch(Peer *peer, PeerJob *job, void (*visit)(Peer *peer, PeerJob *job, Pull *pull));
void job_free_fetches(PeerJob *job);
void peer_free_codes(Peer *peer);

/* ---- peer_bag.c */
PeerBag *job_find_bag(const PeerJob *job, uint32_t number);    /* NULL: there is none */
PeerBag *job_open_bag(PeerJob *job, uint32_t number);          /* made if need be; NULL: it is not open any more */
void job_free_bags(PeerJob *job);                              /* and merges */
void peer_keep_part(PeerJob *job, uint32_t number, Buf *data); /* BY_RANGES: what was mapped is kept, encoded already */
void peer_refuse_gets(Peer *peer, const PeerJob *job);         /* the job ends: nobody shall wait for its bags */
void peer_merge(Peer *peer, const Message *message);
void peer_merge_void(Peer *peer, const Message *message);
void peer_pump_merges(Peer *peer, PeerJob *job);                       /* hands to the compute thread what was pulled */
bool peer_merge_piece(Peer *peer, PeerJob *job, const Message *piece); /* false: it is of no merge */
void peer_tick_merges(Peer *peer, PeerJob *job);
void peer_forgive_merges(Peer *peer, PeerJob *job);
void peer_merged(Peer *peer, const PeerEvent *event);
void peer_get_bag(Peer *peer, PeerJob *job, uint32_t route, const Message *get);
void peer_encoded(Peer *peer, const PeerEvent *event);

#endif
