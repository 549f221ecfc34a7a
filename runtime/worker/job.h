/* job.h: one map … reduce on one thread: its input, its captured values, and the bag of what was mapped so far.
 *
 * The root's thread maps a whole job with it when it is small or nested; a worker's compute thread maps the ranges that it is
 * given. A Job belongs to the thread of its context. */
#ifndef RUNTIME_WORKER_JOB_H
#define RUNTIME_WORKER_JOB_H

#include <stdatomic.h>

#include "runtime/sched/owner.h"
#include "runtime/worker/blackbox.h"
#include "runtime/worker/frame.h"
#include "runtime/worker/plan.h"

typedef struct Job {
    Plan plan;
    FrameContext of;
    Bag bag;
    void *own_captures;            /* worker: what `of.captures` points to */
    bool is_lent;                  /* worker: the lists of the plan are here as a whole, lent, and the job's */
    struct Neighbours *neighbours; /* the runtime's */
    bool is_over;                  /* worker: it ended before it was opened, and what was lent for it is not to be had any more */
} Job;

/* ---- the root and nested jobs */
bool job_init(Job *job, MrContext *context, const MrTask *task, const void *captures, const MrSource *sources); /* as a primitive */
/* Plan, captured values and globals: all that a worker needs, but for its lists. */
void job_encode_blob(const Job *job, Lending lending, Buf *out);
/* Adds to the blob where the lists lie as a whole: for the threads of this process (LOANS), or for the processes of this host
 * (PLACES), which must be able to ask for slices all the same. With `has_results` also where all put the results of a task that
 * PLACES, if these are large: memory for them is made, and is the job's. */
typedef enum JobLists { LISTS_ASKED_FOR, LISTS_LOANS, LISTS_PLACES } JobLists;
JobLists job_encode_lent(Job *job, Lending lending, bool has_results, Buf *out);

/* The elements of all list sources, encoded by chunk; nothing when there are none. Each must be cut into chunks that follow one
 * another (job_has_plain_lists). */
bool job_has_plain_lists(const Job *job);
void job_encode_lists(const Job *job, OwnerLists *lists);

/* Consumes the bag, of whose chunks those before `limit` count: the job's result, or its error. Fails as a primitive does. */
bool job_finish(Job *job, uint64_t limit, void *result);

/* ---- workers */
bool job_open(Job *job, MrContext *context, const MrTask *task, uint64_t number, const void *blob,
              size_t size);                                                      /* true: not a job of this program */
bool job_merge_encoded(Job *job, const void *bag, size_t size, uint64_t *nodes); /* true: not a bag of this job */

/* The encoded elements of list source `list` in a range of chunks, and back; decoding makes an owned list of them. */
bool job_encode_slice(const Job *job, uint32_t list, uint64_t first, uint64_t count, Buf *out);
bool job_decode_slice(const Job *job, uint32_t list, uint64_t first, uint64_t count, const Buf *in, MrList **out);
void job_drop_slice(const Job *job, uint32_t list, MrList *slice);

/* ---- both */

/* What makes room when the bag has become large. Called between chunks, on the job's thread; true: it cannot, and mapping stops. */
typedef struct JobRelief JobRelief;
struct JobRelief {
    bool (*relieve)(JobRelief *relief);
};

typedef struct JobRun {
    uint64_t first, count;         /* chunks */
    const PlanLists *lists;        /* worker: the elements of list sources; root: NULL */
    const _Atomic uint64_t *limit; /* chunks from here on need not be mapped any more; NULL: all are needed */
    _Atomic uint64_t *progress;    /* grows with each chunk, written by this thread alone; may be NULL */
    BlackBox *box;                 /* where the chunks are noted that are being mapped; may be NULL */
    uint64_t deadline;             /* nanoseconds: stop between chunks when it has passed; 0: none */
    bool is_patient;               /* it is no matter whether that is seen somewhat late: batches double up to some milliseconds */
    uint64_t batch;                /* in, out: chunks to be taken at a time; 0: begin with one */
    uint64_t reached;      /* out, all the time: the end of the chunks that are being mapped; `count` may be lowered to there */
    JobRelief *relief;     /* may be NULL */
    bool is_unrelieved;    /* out */
    struct Stacks *stacks; /* the table of the node that is being mapped, of a task that has such; NULL: none */
    bool is_single;        /* chunks of such a task get a node each: among several, merging has failed */
    uint64_t done, elements, size; /* out: chunks mapped, values that reached the reducer, bytes of text */
    uint64_t nanoseconds;          /* out: spent */
    EndKind end;                   /* out */
    int64_t end_chunk;             /* out; -1: none */
} JobRun;

/* Maps the chunks of a range, in order, up to one that fails or decides the result; errors of the program are frames in the bag. */
void job_map(Job *job, JobRun *run);

void job_close(Job *job); /* all-zero afterwards */

#endif
