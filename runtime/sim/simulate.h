/* simulate.h: how a run that was profiled would go with another number of workers.
 *
 * The scheduler, the root's and the workers' sides of the protocol are the real ones, under a virtual clock. What is simulated: a
 * worker's ranges cost what they cost in the real run; partial results have the sizes that the profile makes likely; merging and
 * encoding cost what they did for each byte; the program submits its jobs at the same distances; and messages travel over a network
 * in which each process sends and receives so many bytes a second, with a latency between any two. Nothing is lost.
 * One thread; the same profile and settings give the same answer. */
#ifndef RUNTIME_SIM_SIMULATE_H
#define RUNTIME_SIM_SIMULATE_H

#include "runtime/sim/profile.h"

enum { SIMULATE_MOST_WORKERS = 10000 };

typedef struct SimulateConfig {
    uint32_t workers;
    uint64_t latency;        /* nanoseconds from one process to another */
    double bytes_per_second; /* that a process sends, and receives, at most */
    uint64_t message_cost;   /* nanoseconds that the scheduler spends on a message that it gets or sends */
} SimulateConfig;

typedef struct SimulatedJob {
    uint64_t number;
    bool is_over, is_exchanged; /* exchanged: a table, put together in parts by the hashes of keys, and not along a tree */
    uint64_t started, ended;    /* virtual nanoseconds */
    uint64_t work;              /* nanoseconds of mapping, on all workers */
    uint32_t workers;           /* that mapped something of it */
    uint64_t ranges;
    uint32_t edges, depth; /* merges of one worker's results into another's; the longest chain of them */
    uint64_t edge_bytes, largest_edge;
    uint64_t root_bytes;                 /* of the result */
    uint64_t capture_bytes, slice_bytes; /* sent by the root to all workers together */
} SimulatedJob;

typedef struct Simulated {
    SimulatedJob *jobs; /* malloc'ed */
    size_t count;
    uint64_t time;                /* from the first job's start to the last one's end, with what the program did between them */
    uint64_t sched_busy;          /* of that */
    uint64_t messages;            /* of the scheduler */
    char text[MESSAGE_TEXT_SIZE]; /* why the run would have failed; empty: it would not */
} Simulated;

/* False: what is simulated did not end; see `text`. */
bool simulate(const Profile *profile, const SimulateConfig *config, Simulated *result);
void simulated_free(Simulated *result);

#endif
