/* sched_state.h: the scheduler's state, shared by sched.c (peers, health, the run), sched_job.c (jobs, early ends, the reduction)
 * and sched_hand.c (who maps what next). */
#ifndef RUNTIME_SCHED_SCHED_STATE_H
#define RUNTIME_SCHED_SCHED_STATE_H

#include "base/buf.h"
#include "runtime/sched/ranges.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/table.h"

/* A control connection. Its place in sched->peers is the transport's number for it. */
typedef struct SchedPeer {
    bool is_known; /* has said HELLO */
    bool has_left; /* said BYE, or was lost: nothing is sent to it any more */
    bool is_suspect;
    Role role;
    uint32_t worker; /* its number */
    uint32_t host;   /* where it runs */
    int64_t pid;     /* there */
    uint64_t heard_at;
    bool is_gone; /* PEER_LOST came, at lost_at; it counts from lost_grace later on. No goodbye is expected. */
    uint64_t lost_at;
    char lost_how[160];
    uint32_t held;      /* ranges that it was given and has not answered */
    uint32_t credits;   /* ranges that it may hold */
    uint64_t starts;    /* jobs that it was told of */
    uint64_t last_job;  /* that it submitted */
    uint32_t told_idle; /* the last IDLE */
    uint64_t progress, memory;
    char name[MESSAGE_NAME_SIZE], endpoint[MESSAGE_ENDPOINT_SIZE];
} SchedPeer;

/* A process that ended although nothing was heard of it: its first words may still be on their way. */
typedef struct Stranger {
    uint32_t host;
    int64_t pid;
    uint64_t lost_at;
    char how[160];
} Stranger;

typedef struct HandedRange {
    uint32_t worker;
    Range range;
} HandedRange;

/* A range of a job that has ended. Its worker is not free before it has answered. */
typedef struct Orphan {
    uint64_t job;
    HandedRange handed;
} Orphan;

/* A worker's place in the tree of workers. It pulls the bags of the workers 1, 2, 4, … places to its right, as long as these
 * strides do not reach beyond its own subtree, and is then ready to be pulled itself. */
typedef struct MergeSlot {
    uint32_t worker, stride, step; /* `step` names the merge under way */
    bool is_busy, is_ready;
} MergeSlot;

typedef enum JobPhase { JOB_MAPS, JOB_REDUCES, JOB_DELIVERED } JobPhase;

typedef struct Job Job;
struct Job {
    Job *next; /* in the order of submission */
    uint64_t number;
    uint32_t owner; /* peer */
    uint32_t epoch;
    JobPhase phase;
    JobSpec spec;
    void *blob; /* inline captures, spec.blob_size bytes; NULL when they are pulled from the root */
    RangeSet todo, covered;
    uint64_t limit; /* chunks from here on are not needed */
    EndKind end;
    HandedRange *handed;
    size_t handed_len, handed_cap;
    RangeSet *holds;               /* by worker number, stats.worker_count of them: the chunks whose values are in its bag */
    bool *knows;                   /* the same: it was told of the job */
    bool is_joined;                /* BY_RANGES: the owner waits for it */
    uint32_t owner_holds;          /* the same: ranges that the owner has and has not answered */
    uint64_t told_at, told_chunks; /* of the last JOB_PROGRESS */
    MergeSlot *slots;
    uint32_t slot_count, last_step;
    JobStats stats;
};

typedef struct JobList {
    Job *first, **last; /* in the order of submission; where the next one is linked in */
} JobList;

typedef enum RunPhase { RUN_GOES, RUN_ENDS, RUN_ENDED } RunPhase;

struct Sched {
    SchedConfig config;
    RunPhase phase;
    uint64_t now, started, last_tick, last_heartbeat, first_hello, ends_at;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
    uint32_t epoch;
    SchedPeer *peers;
    uint32_t peer_count;
    uint32_t *workers; /* by worker number: the peer, or SCHED_NO_PEER */
    uint32_t worker_count;
    uint32_t root; /* peer, or SCHED_NO_PEER */
    Stranger *strangers;
    size_t stranger_count;
    bool knows_program;
    uint8_t program[MESSAGE_HASH_SIZE];
    JobList jobs, nested; /* the root's; the workers' */
    Table jobs_by_number;
    Job *finished;         /* its statistics may be read until the next step */
    uint32_t idle;         /* workers that have nothing to do */
    uint64_t tell_idle_at; /* when the busy ones shall hear of it; 0: they know */
    Buf part;              /* the bytes of a PART that goes out with this step */
    Orphan *orphans;
    size_t orphan_count, orphan_cap;
    uint64_t random;
    uint64_t ignored, refused; /* refused: processes of other programs or versions that said HELLO */
    SchedActions *out;         /* of the step that runs */
};

/* ---- sched.c */
SchedAction *sched_action(Sched *sched, SchedActionKind kind);
Message *sched_send(Sched *sched, uint32_t peer, MessageKind kind); /* an empty message to be filled in before the next call */
void sched_log(Sched *sched, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sched_end(Sched *sched, int32_t status, const char *format, ...) __attribute__((format(printf, 3, 4)));
SchedPeer *sched_live_worker(Sched *sched, uint32_t worker); /* NULL when nobody has the number, or has left */
uint32_t sched_live_workers(const Sched *sched);
bool sched_is_ready(const Sched *sched); /* ranges may be handed out */

/* ---- sched_job.c: each is called with a message from the right role, whose job and epoch are still unchecked. */
void jobs_submit(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_join(Sched *sched, const SchedPeer *peer, const Message *message);
void jobs_range_done(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_merge_done(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_stats(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_end(Sched *sched, const SchedPeer *peer, const Message *message);
void jobs_tick(Sched *sched);
void job_free(Job **job);
Message *job_send(Sched *sched, const Job *job, uint32_t peer, MessageKind kind);
void job_know_worker(Job *job, uint32_t worker); /* makes room for what is kept for each worker, up to that number */

/* ---- sched_hand.c */
void jobs_hand_out(Sched *sched);
void jobs_tell_idle(Sched *sched);
void job_add_handed(Job *job, HandedRange handed);
bool job_is_owners(const Sched *sched, const Job *job, const SchedPeer *peer); /* a job of a worker, and this is the worker */

#endif
