/* sim.h: a run of mr in one process, with a virtual clock, a virtual network and virtual workers, all drawn from one seed.
 *
 * The state machines are the real ones (sched.c, peer.c, root.c); everything around them is simulated: messages are delayed, and
 * overtake each other between different pairs of processes, some come twice; computing takes virtual time; processes crash, sleep,
 * and are interrupted. A value is a hash of the tree that made it, so that a node that is wrong, lost or counted twice shows. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/buf.h"
#include "runtime/sched/peer.h"
#include "runtime/sched/root.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/tree.h"
#include "runtime/sim/queue.h"
#include "tests/sim/network.h"

#define MICROSECOND ((uint64_t)1000)
#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

/* Each nested job is there twice: the second one is run where the owner of the first has died. */
enum { SIM_JOBS = 3, SIM_NESTED = 4, SIM_ALL_JOBS = SIM_JOBS + 2 * SIM_NESTED };
/* Spares are the nodes of workers that replace lost ones. */
enum { SIM_WORKERS = 40, SIM_SPARES = 20, SIM_SLEEPS = 3, SIM_CRASHES = 24 };
enum { NODE_SCHED = 0, NODE_ROOT = 1, NODE_WORKER = 2, SIM_NODES = NODE_WORKER + SIM_WORKERS + SIM_SPARES };

/* ---- what is run (plan.c draws it from the seed) */
typedef struct JobPlan {
    uint64_t chunks, blob;
    bool is_commutative, may_stop, remembers;
    uint32_t lists;
    uint32_t ends;             /* chunks in a million that fail or stop */
    uint32_t empty;            /* chunks in a hundred without elements */
    uint32_t bad_combines;     /* combines in a million that fail */
    bool is_keyed;             /* its bags are heavy: they are exchanged in parts, of which each is the whole here */
    uint32_t lent;             /* workers in a hundred that read its lists where they lie; 0: nobody is told where */
    bool is_watched;           /* its lists are encoded beforehand, and its progress is told */
    uint64_t cancel_after;     /* the program cancels it then; 0: never */
    uint64_t host, host_chunk; /* of a nested job: the job and the chunk of it that run it; host 0: there is none */
    uint64_t mapped, kept;     /* the same: chunks that its owner has mapped when it shares it; the end of those it maps then */
    uint64_t grain;
    uint32_t costs; /* 0 even, 1 rising, 2 a few very long ones */
} JobPlan;

typedef struct Crash {
    int node; /* -1: some worker that lives then */
    uint64_t at;
    bool is_seen; /* the supervisor reports it; otherwise silence must do */
} Crash;

/* A process does nothing for a while, as if stopped. */
typedef struct Sleep {
    int node;
    uint64_t from, until;
} Sleep;

typedef struct SimPlan {
    uint64_t seed;
    uint32_t workers, job_count;
    JobPlan jobs[SIM_ALL_JOBS]; /* the root's, and from SIM_JOBS on those that run inside of others */
    bool is_concurrent;         /* all jobs are submitted at once */
    uint64_t shuffle_seed, range_chunks;
    uint64_t delay;      /* of a message, at most */
    uint32_t repeats;    /* messages in a thousand that come twice */
    uint64_t late_start; /* processes start within this time */
    Crash crashes[SIM_CRASHES];
    uint32_t crash_count;
    Sleep sleeps[SIM_SLEEPS];
    uint32_t sleep_count;
    bool may_replace;      /* lost workers are replaced */
    bool kills;            /* who was taken for dead is killed; otherwise it may come back */
    uint64_t interrupt_at; /* 0: never */
    int32_t status;        /* the program's */
    bool lingers;          /* it ends long after its last job */
} SimPlan;

JobSpec job_spec(const JobPlan *plan);
SimPlan plan_draw(uint64_t seed);
void plan_print(const SimPlan *plan);
uint64_t mix(uint64_t a, uint64_t b); /* a hash of two numbers */
uint64_t chunk_cost(const SimPlan *plan, uint64_t job, uint64_t chunk);

/* ---- symbolic values (value.c) */
typedef struct SimValue {
    EndKind end;       /* END_NONE: an ordinary value; else it absorbs what stands to its right */
    int64_t end_chunk; /* where it ended */
    uint64_t hash;     /* of the tree that made it; in a commutative job a sum */
    uint64_t chunks;   /* how many went into it */
} SimValue;

typedef struct ValueContext {
    const SimPlan *plan;
    uint64_t job;  /* from 1 */
    int64_t *live; /* values that exist: 0 at the end */
} ValueContext;

BagOps value_ops(ValueContext *context);
BagValue value_of_chunk(ValueContext *context, uint64_t chunk);
void value_free(ValueContext *context, BagValue value);
BagValue value_expected(ValueContext *context); /* computed by plain recursion over the whole tree, without a Bag */
bool value_equal(ValueContext *context, BagValue a, BagValue b);
void value_print(BagValue value);
void bag_encode(const Bag *bag, Buf *out);
bool bag_decode(ValueContext *context, Bag *bag, const Buf *data); /* into an empty bag that was not initialised */
void slice_encode(uint64_t job, uint32_t list, uint64_t first, uint64_t count, Buf *out);
void lists_encode(uint64_t job, const JobPlan *plan, OwnerLists *lists);
void captures_encode(uint64_t job, uint64_t size, Buf *out);
bool buf_equal(const Buf *a, const Buf *b);

/* ---- the world (world.c): events in the order of time */
typedef enum Lane { CHANNEL_CONTROL, CHANNEL_GET, CHANNEL_PIECE, CHANNELS } Lane;

typedef enum EventKind {
    EVENT_START = 1, /* a process begins */
    EVENT_MESSAGE,
    EVENT_TICK,
    EVENT_COMPUTE,     /* a virtual compute thread gets on */
    EVENT_EXITED,      /* the supervisor saw process `from` end */
    EVENT_CRASH,       /* of the plan's crash `from` */
    EVENT_NOT_STARTED, /* there is no spare node for one more worker */
    EVENT_CANCEL,      /* the program does not want job `from` any more */
    EVENT_INTERRUPT,
    EVENT_CHANNEL, /* a deadline of the node's control channel */
    EVENT_FINISH,  /* the program, which had nothing to do, ends */
} EventKind;

struct Event {
    EventKind kind;
    int node, from;
    Lane lane;
    Message message; /* its bytes belong to the event */
};

/* What the news say that the ranges of a job have read. */
typedef struct SimRead {
    uint64_t elements, ranges;
} SimRead;

typedef struct Process Process; /* actors.c: a virtual worker or root */

struct Sim {
    const SimPlan *plan;
    bool is_verbose;
    uint64_t now, random, events;
    Queue queue;                                            /* of Events */
    uint64_t last_delivery[SIM_NODES][SIM_NODES][CHANNELS]; /* messages of one pair keep their order */
    Sched *sched;
    SchedActions actions;
    Process *processes[SIM_NODES];
    int64_t live_values;
    RangeSet mapped[SIM_ALL_JOBS];    /* chunks that some worker has run: none may run twice before somebody is lost */
    bool is_unread;                   /* somebody was cut off from the journal for so long that it was done without a part of it */
    uint64_t copies;                  /* ranges that were handed out although others had them */
    uint64_t again;                   /* chunks that did */
    uint32_t losses, crashed, spares; /* workers that were lost, crashes that came in time, spare nodes in use */
    bool is_over;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
    uint64_t ended_at;
    uint32_t exchanged; /* tables that came in parts */
    uint32_t audited;   /* the scheduler's books were looked at in the end */
    uint32_t results;   /* jobs whose result was right, or that were cancelled */
    bool is_cancelled[SIM_ALL_JOBS], is_begun[SIM_ALL_JOBS];
    int owners[SIM_ALL_JOBS];       /* of nested jobs: the nodes that began them */
    uint64_t numbers[SIM_ALL_JOBS]; /* what the protocol knows them by; 0: not begun */
    char *failure;                  /* what the simulation found wrong; NULL: nothing yet */
    Network network;
    struct SimJournal *journal; /* borrowed; NULL: the run has none */
    Buf open;                   /* what has begun by the news, and not ended (news.c) */
    SimRead read[SIM_ALL_JOBS];
    uint32_t here;    /* workers, by the news */
    uint64_t told;    /* ranges and merges that the news told of */
    uint64_t dies_at; /* with a journal: when everything ends at once; 0: it does not */
    bool is_killed;   /* everything ended at once, and only the journal is left */
};

uint64_t sim_random(Sim *sim, uint64_t below); /* 0 ≤ it < below */
void sim_post(Sim *sim, Event event, uint64_t time);
void sim_send(Sim *sim, int from, int to, Lane lane, const Message *message);
void sim_fail(Sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(Sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_run(Sim *sim); /* until the run is over, something is wrong, or time is up */
void sim_free(Sim *sim);
uint64_t sim_job(const Sim *sim, uint64_t number); /* the job's place in the plan, from 1 */
int endpoint_node(const char *endpoint);           /* "sim:7" → 7 */

/* ---- ledger.c */
void ledger_check(Sim *sim);     /* at any time */
void ledger_check_end(Sim *sim); /* when all that was to be done has been done for long */

/* ---- news.c */
void news_take(Sim *sim); /* what the scheduler has told in the last step; after each of its steps */

/* ---- actors.c */
Process *process_new(Sim *sim, int node);
void process_free(Sim *sim, Process **process);
void process_event(Sim *sim, Process *process, const Event *event);
void process_kill(Process *process);
bool process_is_alive(const Process *process); /* NULL: not */

#endif
