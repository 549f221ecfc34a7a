/* sched.h: the scheduler as a pure state machine: sched_step(state, event) → actions.
 *
 * It welcomes root and workers, cuts jobs into ranges of chunks and hands these out, watches everybody's health, and plans the tree
 * of workers along which partial results are merged. No sockets, no clock, no globals: what happens comes in as an event with the
 * time in it, what is to be done goes out as actions. The same code runs under ZeroMQ, in unit tests and in the simulator.
 *
 * A control connection is a `peer`: a small number (0, 1, 2, …; below SCHED_PEERS) that the transport gives to each sender it has
 * not seen before and never gives to another. A Sched belongs to one thread.
 *
 * A worker that is lost is fenced (SCHED_KILL where its process may live) and replaced (SCHED_REPLACE, with `may_replace`), and
 * what it had alone is run again by others. The run goes on as long as one worker lives, or one is awaited: of the `workers` that
 * are started at first, and of those asked for by SCHED_REPLACE, each either says HELLO or is reported (SCHED_PEER_LOST with its
 * pid, SCHED_NOT_STARTED); else start_deadline is the end. */
#ifndef RUNTIME_SCHED_SCHED_H
#define RUNTIME_SCHED_SCHED_H

#include "runtime/sched/message.h"
#include "runtime/sched/news.h"
#include "runtime/sched/stored.h"

/* CREDITS: ranges that a worker holds at a time, at first, and up to how many when they take next to no time. */
enum {
    SCHED_PEERS = 2 * MESSAGE_WORKERS,
    SCHED_CREDITS = 2,
    SCHED_MOST_CREDITS = 64,
    SCHED_EXCHANGE_FROM = 8 << 20,
    SCHED_EXCHANGE_BAGS = 64
};
#define SCHED_NO_PEER UINT32_MAX

typedef struct Sched Sched;

/* Zero means the default, named beside each. Times in nanoseconds. */
typedef struct SchedConfig {
    uint32_t workers;         /* N; 1 */
    uint64_t shuffle_seed;    /* not 0: ranges are handed out in an order drawn from this seed (a testing option) */
    uint64_t range_chunks;    /* not 0: every range has this many chunks (with shuffle_seed: a 512th of all) */
    uint64_t range_share;     /* not 0: no range has more than the range_share-th part of a job's chunks */
    bool keeps_nested;        /* nobody hears that others are idle, so that jobs inside of jobs stay where they are (SchedConfig for
                                 measuring what ranges cost) */
    uint32_t retries;         /* workers that die of a chunk, one after another, until the run ends because of it; 3 */
    uint64_t exchange;        /* bytes of a table from which on it is put together in parts by the hashes of keys; 8 MiB */
    uint64_t exchange_bags;   /* so many at most are exchanged; of more, pairs are merged before; 64 */
    bool may_replace;         /* lost workers are replaced (SCHED_REPLACE); else the others do their work */
    uint64_t hello_wait;      /* from the first worker's HELLO until ranges are handed out without the rest; 100 ms */
    uint64_t start_deadline;  /* until root and one worker must have said HELLO; also after the last one was lost; 30 s */
    bool root_has_time;       /* the root may come at any time: whoever has started it sees to its end */
    uint64_t heartbeat_every; /* 1 s; also the longest time between two TICKs that is taken for normal, times two */
    uint64_t suspect_after;   /* silence until a peer is suspected (a log line); 3 s */
    uint64_t dead_after;      /* silence until it is lost; 5 s */
    uint64_t lost_grace;      /* from PEER_LOST until it counts: a last word may still be on its way; 200 ms */
    uint64_t end_deadline;    /* from SHUTDOWN until the run counts as ended although somebody has not said BYE; 2 s */
} SchedConfig;

typedef enum SchedEventKind {
    SCHED_TICK = 1,    /* time has passed; see sched_next_tick */
    SCHED_MESSAGE,     /* `message` came from `peer` */
    SCHED_PEER_LOST,   /* `peer` disconnected (SCHED_NO_PEER: see pid), or its process `pid` exited; `text` says how ("killed by
                          signal 9") */
    SCHED_NOT_STARTED, /* what SCHED_REPLACE asked for could not be started on `host`: `text` says why */
    SCHED_FAIL,        /* something outside of the protocol went wrong, `text`: the run ends with status 1 */
    SCHED_STORED,      /* the answer to SCHED_STORE: `stored` */
    SCHED_INTERRUPT,   /* the user wants the run to end (Ctrl-C) */
} SchedEventKind;

typedef struct SchedEvent {
    SchedEventKind kind;
    uint64_t now; /* nanoseconds of a clock that never goes back */
    uint32_t peer;
    const Message *message; /* borrowed during the step */
    uint32_t host;          /* SCHED_PEER_LOST: whose process, with pid: the launcher's number for it, 0 for this machine */
    int64_t pid;            /* SCHED_PEER_LOST: the process that ended, 0 when it is the connection that went */
    Role role;              /* SCHED_PEER_LOST: with pid, what it was started for */
    uint64_t at_job;        /* SCHED_PEER_LOST: the job that it was at, as its parent saw it; 0: unknown, or none */
    int64_t at_chunk;       /* the same: the chunk that it was mapping, -1: something else (it merged, encoded, …) */
    uint64_t at_count;      /* with at_chunk: it was mapping so many at once, from there on: any of them may be to blame */
    const char
        *text; /* SCHED_PEER_LOST: borrowed; who and how, when no HELLO told us a name: "worker 3 (pid 77)" is added where known */
    uint64_t job; /* SCHED_STORED, with bag: which was asked for */
    uint32_t bag;
    uint64_t size;     /* SCHED_STORED: bytes that were fetched for it */
    uint64_t stored;   /* SCHED_STORED: the journal's number for it plus one; 0: it could not be had, or not be written. With a
                          text: nothing can be written any more */
    bool all_are_gone; /* SCHED_FAIL: nobody is there to say goodbye */
} SchedEvent;

typedef enum SchedActionKind {
    SCHED_SEND = 1,     /* send `message` to `peer` */
    SCHED_LOG,          /* a line for people, `text`; level 0: always (warnings), 1: with -v */
    SCHED_REPLACE,      /* start one more worker on `host`, with the wish -1: one that was there is lost */
    SCHED_KILL,         /* end process `pid` of `host`: it counts as lost, though it may live */
    SCHED_STORE,        /* fetch bag `bag` of `job` (sched_bag) and put it into the journal; to be answered with SCHED_STORED */
    SCHED_UNSTORE,      /* its holder is gone: SCHED_STORED can be answered at once */
    SCHED_JOB_FINISHED, /* `job` is over; its statistics are there until the next step (sched_job_stats) */
    SCHED_END,          /* the run is over, `status`; `text` is the error or empty. The last action ever, once. */
} SchedActionKind;

typedef struct SchedAction {
    SchedActionKind kind;
    uint32_t peer;
    uint32_t host; /* REPLACE, KILL: as in HELLO */
    int64_t pid;   /* KILL */
    int level;
    int32_t status; /* 0, the program's own, 1 after an error, 130 after an interrupt */
    uint64_t job;
    uint32_t bag;    /* STORE, UNSTORE */
    Message message; /* its bytes are valid until the next step */
    char text[MESSAGE_TEXT_SIZE];
} SchedAction;

typedef struct SchedActions {
    SchedAction *items; /* to be done in order */
    size_t len, cap;
    NewsList news; /* what has happened, see sched_tell_news; the caller empties it, too */
} SchedActions;

Sched *sched_new(const SchedConfig *config, uint64_t now);
void sched_free(Sched **sched);

/* Only processes of this program, by its hash, may take part. Without it, those of the program that is heard of first. */
void sched_expect_program(Sched *sched, const uint8_t program[MESSAGE_HASH_SIZE]);

/* A journal that keeps bags beyond their workers, and beyond the run. Before anybody has said HELLO. */
typedef struct SchedJournal {
    const Stored *stored; /* what it holds from earlier runs; borrowed, for as long as the scheduler lives; NULL: nothing */
    const char *endpoint; /* where its bags can be pulled from; copied */
    uint64_t every;       /* how often bags that have grown are kept, in nanoseconds */
} SchedJournal;

void sched_use_journal(Sched *sched, const SchedJournal *journal);

/* What is to be written down of a bag. */
typedef struct SchedBag {
    StoredHead head; /* of its job */
    uint64_t limit;  /* of the job, as it is known by now, and why; all its chunks where there is no end */
    EndKind end;
    bool is_last;                         /* it has all of the job */
    RangeSet chunks;                      /* in it; owned by whoever asked */
    char endpoint[MESSAGE_ENDPOINT_SIZE]; /* where it can be pulled from */
} SchedBag;

bool sched_bag(const Sched *sched, uint64_t number, uint32_t bag, SchedBag *out); /* false: there is none */
uint64_t sched_bag_stored(const Sched *sched, uint64_t number, uint32_t bag); /* as in SchedEvent; 0: it is not in the journal */

/* From now on, or no longer, each step appends what has happened to its actions' news. */
void sched_tell_news(Sched *sched, bool is_wanted);

/* Appends to `out`; the caller does the actions, sets out->len = 0 and calls again. After SCHED_END every event is ignored. */
void sched_step(Sched *sched, const SchedEvent *event, SchedActions *out);
void sched_actions_free(SchedActions *actions);

/* When the next SCHED_TICK is wanted, at the latest: wait for messages no longer than until then. */
uint64_t sched_next_tick(const Sched *sched);

/* ---- what happened, for --stats, the dashboard and tests */
typedef struct WorkerStats {
    uint64_t ranges, chunks, elements, size, nanoseconds; /* mapped; size in bytes of input */
    uint64_t captures;                                    /* bytes of captures received */
    uint64_t slices;                                      /* bytes of slices of the root's lists received */
    uint64_t table;                                       /* of a job by keys: about the bytes of the largest that it had */
    uint64_t merge_nanoseconds;
} WorkerStats;

typedef struct EdgeStats {
    uint32_t from, to; /* workers; `to` pulled the bag of `from` */
    uint64_t nodes, size;
} EdgeStats;

typedef struct JobStats {
    uint64_t job;
    JobSpec spec;
    uint64_t started, ended; /* time of JOB_SUBMIT and JOB_END; ended 0 while it runs */
    uint64_t limit;          /* chunks that count */
    EndKind end;
    WorkerStats *workers; /* by worker number */
    uint32_t worker_count;
    EdgeStats *edges; /* in the order in which they were finished */
    uint32_t edge_count;
    uint64_t root_nodes, root_size; /* what the root received */
    uint64_t stored;                /* chunks that came from the journal */
} JobStats;

typedef struct WorkerInfo {
    const char *name;          /* from HELLO; "" for a number that nobody has */
    uint32_t host;             /* where it runs ... */
    int64_t pid;               /* ... and its process there; 0 for a number that nobody has */
    bool has_left;             /* it is lost, or has taken leave */
    uint64_t progress, memory; /* of the last heartbeat */
} WorkerInfo;

const JobStats *sched_job_stats(const Sched *sched,
                                uint64_t number); /* of job `number`, which runs or has just finished; NULL: unknown */
uint32_t sched_worker_count(const Sched *sched);  /* one more than the highest worker number */
WorkerInfo sched_worker(const Sched *sched, uint32_t worker);
/* What the run is at, for people: "in job 3, 120 of 500 chunks were mapped, with 8 workers". */
void sched_describe(const Sched *sched, char *text, size_t size);
uint64_t sched_copies(const Sched *sched);  /* ranges that were handed out because whoever had them took long */
uint64_t sched_ignored(const Sched *sched); /* messages that were late, repeated, or from nobody we know */

#endif
