/* process.h: what actors.c (processes, their compute threads, the root's program) and nested.c (jobs inside of jobs) share. Jobs
 * are named by their place in the plan, from 1; sim->numbers has the numbers that the protocol knows them by. */
#ifndef TESTS_SIM_PROCESS_H
#define TESTS_SIM_PROCESS_H

#include "tests/sim/sim.h"

/* What waits for the compute thread. For the root: a slice to be encoded. */
typedef struct Task Task;
struct Task {
    Task *next;
    PeerActionKind kind;
    uint64_t job;
    uint64_t first, count, done;
    uint64_t began, range;
    uint32_t step, list, bag, parts;
    bool is_revoked, is_without; /* ... slices of the job's lists */
    Buf data;
};

enum { RANGE_BAG = UINT32_MAX }; /* where a range is mapped until it is finished */

typedef struct OtherBag OtherBag; /* one that is not in use */
struct OtherBag {
    OtherBag *next;
    uint32_t number;
    Bag bag;
};

typedef struct WorkerJob {
    bool is_open;
    uint64_t limit;
    uint32_t number; /* of the bag in use */
    Bag bag;
    OtherBag *others;
    ValueContext context;
} WorkerJob;

typedef struct Nested Nested; /* a job that the compute thread runs inside of a chunk */

struct Process {
    int node;
    bool is_alive, has_started, is_computing;
    Peer *peer;
    Root *root;
    PeerActions peer_actions;
    OwnerActions owned; /* a worker's, of the step that runs */
    Task *tasks;
    WorkerJob jobs[SIM_ALL_JOBS];
    Nested *nested; /* the innermost */
    uint64_t own_jobs;
    uint32_t submitted, over;
    bool is_over[SIM_JOBS];
    uint64_t progress_of[SIM_JOBS]; /* as the root has heard of it */
    uint64_t progress;
};

/* ---- actors.c */

/* Maps a chunk into the process's bag of the job, and notes in *done how it ended, if it did. False: it runs a job inside first,
 * and is to be mapped when that is over. */
bool map_chunk(Sim *sim, Process *process, uint64_t job, uint64_t chunk, MsgRangeDone *done);
void map_plain_chunk(Sim *sim, Process *process, uint64_t job, uint64_t chunk, MsgRangeDone *done); /* without anything inside */
void process_wake(Sim *sim, Process *process); /* has the compute thread go on, if there is something to do */

/* ---- nested.c */
void nested_begin(Sim *sim, Process *process, uint64_t job);
bool nested_has_work(const Process *process);
uint64_t nested_cost(Sim *sim, const Process *process); /* of what it does next */
void nested_event(Sim *sim, Process *process);          /* does that */
void nested_acts(Sim *sim, Process *process, OwnerActions *actions);
void nested_free(Process *process);

#endif
