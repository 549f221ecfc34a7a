/* sched_state.h: the scheduler's state, shared by sched.c (peers, health, the run), sched_job.c (jobs, early ends), sched_bag.c
 * (where partial results lie, and who merges with whom), sched_hand.c (who maps what next) and sched_lost.c (what is lost with a
 * worker, and run again). */
#ifndef RUNTIME_SCHED_SCHED_STATE_H
#define RUNTIME_SCHED_SCHED_STATE_H

#include "base/buf.h"
#include "runtime/sched/ranges.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/table.h"

/* A control connection. Its place in sched->peers is the transport's number for it. */
typedef struct SchedPeer {
    bool is_known; /* has said HELLO */
    bool has_left; /* said BYE, or was lost: what it says is answered with SHUTDOWN, once, and otherwise ignored */
    bool is_told;  /* that was sent */
    bool is_suspect;
    Role role;
    uint32_t worker; /* its number */
    uint32_t host;   /* where it runs */
    int64_t pid;     /* there */
    uint64_t heard_at;
    bool is_gone;   /* PEER_LOST came, at lost_at; it counts from lost_grace later on. No goodbye is expected. */
    bool is_reaped; /* the end of its process was reported: that comes once */
    uint64_t lost_at;
    char lost_how[160];
    uint64_t at_job; /* as in SchedEvent */
    int64_t at_chunk;
    uint64_t at_count;
    uint32_t complaints;  /* of others that could not get what it holds */
    uint32_t held;        /* ranges that it was given and has not answered */
    uint64_t answered_at; /* when it last answered one: it has begun the next since */
    uint32_t credits;     /* ranges that it may hold */
    uint64_t starts;      /* jobs that it was told of */
    uint64_t last_job;    /* that it submitted */
    uint32_t told_idle;   /* the last IDLE */
    /* sched_queue.c's: its neighbours in a list of workers that hold `queued_at` ranges; how it is counted. */
    bool has_joined, is_queued, is_idle, is_stale;
    uint32_t before, after, queued_at;
    uint64_t progress, memory;
    char name[MESSAGE_NAME_SIZE], endpoint[MESSAGE_ENDPOINT_SIZE];
} SchedPeer;

/* A process that ended although nothing was heard of it: its first words may still be on their way. */
typedef struct Stranger {
    uint32_t host;
    int64_t pid;
    Role role;
    uint64_t lost_at;
    char how[160];
} Stranger;

typedef struct HandedRange {
    uint64_t number; /* MsgRange.range */
    uint64_t serial; /* counts all ranges that were handed out */
    uint64_t at;     /* when */
    uint32_t worker;
    uint32_t bag; /* into which it goes; BY_RANGES, that of its part; 0: it is the owner's */
    Range range;
    uint64_t copy_of; /* the number of the range that it is a part of a copy of; 0: of none */
    bool has_copies;  /* it takes long, and others map it, too */
    bool is_revoked;  /* they were first, at `at`; its answer is awaited */
} HandedRange;

/* A range that was revoked, or whose job has ended. Its worker is not free before it has answered. */
typedef struct Orphan {
    uint64_t job, ended_at; /* ended_at: 0: the job goes on */
    HandedRange handed;
} Orphan;

/* What the scheduler knows of a bag of partial results. Bag number b of a job is job->bags[b - 1]; 0 is no bag.
 *
 * A bag that was merged into another lives on inside of it: `into`. The others are tops; at the end one top has everything. What is
 * in a bag is its own chunks and those of the bags that it took in. A copy of a bag that was taken in stays at its holder, frozen,
 * until the job ends, so that a bag that is lost costs its own chunks only: those that it had taken in become tops again. */
/* A bag on its way into the journal: it waits for the last of its ranges; it was asked for. */
typedef enum StoreState { STORE_NONE, STORE_WAITS, STORE_RUNS } StoreState;

typedef struct BagRecord {
    uint32_t worker; /* who holds it */
    uint32_t into;   /* the bag that took it in; 0: it is a top */
    uint32_t step;   /* the merge under way that it is part of; 0: none */
    bool is_there;   /* its holder lives and has it */
    bool is_frozen;  /* it was asked for, or may have been: nothing goes into it any more */
    bool is_void;    /* nobody may use it any more: its own chunks count as not mapped */
    uint32_t took;   /* how many merges deep it is */
    StoreState store;
    uint64_t stored; /* the journal's number for it plus one; 0: it is not in the journal */
    uint64_t weight; /* of a job by keys: about how many bytes it takes */
    uint32_t handed; /* ranges that were handed out to go into it */
    bool is_listed;  /* among the job's tops */
    uint64_t copies; /* it has nothing but copies of that range; 0: it has none */
    uint64_t first;  /* the first chunk of what is in it; UINT64_MAX: nothing yet */
    RangeSet own;    /* chunks that were mapped into it */
} BagRecord;

typedef struct Merge {
    uint32_t step, from, into;
    bool is_void; /* MERGE_VOID was sent: its MERGE_DONE decides */
} Merge;

/* One of these two workers could not get what the other has. */
typedef struct Strain {
    uint32_t a, b;
} Strain;

/* BY_RANGES: what a worker has mapped, while the owner pulls it. */
typedef struct PartRecord {
    uint32_t bag, worker;
    Range range;
} PartRecord;

/* Workers have died of one of these chunks, one after another, as far as is known. */
typedef struct Blame {
    Range range;
    uint32_t deaths;
} Blame;

/* MAPS: there are chunks that nobody has mapped. REDUCES: bags are merged. DELIVERED: the owner was told where the result is. When
 * something is lost, a job goes back to MAPS. */
typedef enum JobPhase { JOB_MAPS, JOB_REDUCES, JOB_DELIVERED } JobPhase;

/* What a worker has to do with a job. */
typedef struct JobWorker {
    bool knows;        /* it was told of the job */
    bool has_needless; /* while an early end is told: it holds chunks that are not needed */
    uint32_t bag;      /* the bag into which its next range goes; 0: a new one */
    uint64_t next;     /* the chunk behind the last range that it was given; 0: it was given none */
} JobWorker;

typedef struct Exchange Exchange;

typedef struct Job Job;
struct Job {
    Job *next;    /* in the order of submission */
    Sched *sched; /* whose it is: for the news, in functions that need nothing else of it */
    uint64_t number;
    uint32_t owner; /* peer */
    JobPhase phase;
    JobSpec spec;
    void *blob; /* inline captures, spec.blob_size bytes; NULL when they are pulled from the root */
    RangeSet todo, covered;
    uint64_t most_covered; /* chunks that were covered at any one time */
    RangeSet copies;       /* chunks of stragglers that are to be mapped a second time */
    uint64_t limit;        /* chunks from here on are not needed */
    EndKind end;
    HandedRange *handed;
    size_t handed_len, handed_cap;
    Table handed_at;                    /* by number: the place in `handed` plus one */
    size_t revoked;                     /* of those that were handed out */
    uint64_t largest, chunk_time;       /* chunks of the largest range that was answered; what one took, by the last answers */
    bool is_known;                      /* chunk_time was known before the first answer, from a job of the same task */
    uint64_t last_range;                /* MsgRange.range of the last that was handed out */
    JobWorker *workers;                 /* by worker number, stats.worker_count of them */
    BagRecord *bags;                    /* not of a job BY_RANGES */
    uint32_t bag_count;                 /* the last number of a bag */
    uint32_t *tops, top_count, top_cap; /* bags that may be ready to be merged; all that are, are among them */
    Exchange *exchange;                 /* of a large table; NULL: none */
    uint32_t delivered;                 /* the bag that the owner was told of; 0: none */
    Merge *merges;                      /* under way */
    uint32_t merge_count, last_step;
    PartRecord *parts; /* BY_RANGES: that the owner has not got yet */
    uint32_t part_count;
    JobName name;                                    /* all zero: it is not kept */
    uint32_t *store_waiting, store_waits, store_cap; /* bags that STORE_WAIT, and some that do no more */
    uint64_t store_at, store_size; /* when it may be kept again; how much was fetched of it so far (sched_store.c) */
    bool is_received;              /* the owner has the result; workers keep it until it is in the journal */
    Blame *blames;
    uint32_t blame_count;
    bool is_poisoned;              /* the owner was told of a chunk of which too many died: nothing is handed out any more */
    bool is_joined;                /* BY_RANGES: the owner waits for it */
    uint32_t owner_holds;          /* the same: ranges that the owner has and has not answered */
    uint64_t told_at, told_chunks; /* of the last JOB_PROGRESS */
    JobStats stats;
};

typedef struct JobList {
    Job *first, **last; /* in the order of submission; where the next one is linked in */
} JobList;

/* Workers that hold as many ranges as each other and may hold more, by peer; who has waited longest is first. */
typedef struct WorkerList {
    uint32_t first, last;
} WorkerList;

/* What a job of a task took. */
typedef struct TaskPace {
    uint8_t task[MESSAGE_HASH_SIZE];
    uint64_t work, nanoseconds; /* elements, or bytes; 0: there is none */
} TaskPace;

enum { SCHED_PACES = 32 }; /* tasks that are remembered: a loop has few */

typedef enum RunPhase { RUN_GOES, RUN_ENDS, RUN_ENDED } RunPhase;

struct Sched {
    SchedConfig config;
    RunPhase phase;
    uint64_t now, started, last_tick, last_heartbeat, first_hello, ends_at;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
    SchedPeer *peers;
    uint32_t peer_count;
    uint32_t *workers; /* by worker number: the peer, or SCHED_NO_PEER */
    uint32_t worker_count;
    uint32_t root;          /* peer, or SCHED_NO_PEER */
    uint32_t coming;        /* workers that were started, or asked for, and have not said HELLO */
    uint64_t lost_at;       /* when a worker was lost last; 0: none was */
    uint32_t failed_starts; /* workers that ended before they said HELLO, one after another */
    Stranger *strangers;
    size_t stranger_count;
    Strain *strains;
    uint32_t strain_count;
    bool tells_news;
    bool knows_program;
    uint8_t program[MESSAGE_HASH_SIZE];
    JobList jobs, nested; /* the root's; the workers' */
    Table jobs_by_number;
    Job *finished; /* its statistics may be read until the next step; NULL: none has */
    TaskPace paces[SCHED_PACES];
    uint32_t next_pace;                    /* where the next one goes, modulo SCHED_PACES */
    Job *ended;                            /* jobs that have ended in this step: messages of it may point into them */
    uint32_t live;                         /* workers */
    uint32_t gone;                         /* peers that are gone (is_gone) and have not left */
    WorkerList hungry[SCHED_MOST_CREDITS]; /* by how many ranges they hold */
    uint64_t hungry_rounds;                /* bit h: hungry[h] has somebody; else what it says means nothing */
    uint32_t idle;                         /* workers that have nothing to do */
    uint32_t idle_told;                    /* what busy workers were told last, all but `stale` of them */
    uint32_t stale;
    uint64_t tell_idle_at; /* when the busy ones shall hear of it; 0: they know */
    Buf part;              /* the bytes of a PART that goes out with this step */
    Orphan *orphans;
    size_t orphan_count, orphan_cap;
    bool has_journal, keeps; /* keeps: and it can still be written */
    SchedJournal journal;
    char journal_endpoint[MESSAGE_ENDPOINT_SIZE];
    uint64_t store_at, store_round; /* when the next round is due; when the last one began */
    uint64_t store_cost;            /* of the bags of this round, by and by, in nanoseconds of somebody's time */
    uint64_t random;
    uint64_t copied;           /* copies of ranges handed out so far */
    uint64_t copy_at;          /* when the next range becomes a straggler; 0: none does */
    uint64_t looked_at;        /* when that was found out; 0: it is to be */
    uint64_t stop_at;          /* when the next worker is at what has ended for too long; 0: nobody is at such */
    uint64_t give_up_at;       /* when a straggler's bag is not waited for any longer; 0: none is */
    uint64_t handed;           /* ranges handed out so far */
    uint32_t lost_in_vain;     /* workers that were lost since a job last got further than ever before */
    uint64_t lonely_since;     /* when the last worker was lost */
    char last_loss[480];       /* who that was, and how; empty: nobody was lost */
    uint64_t ignored, refused; /* refused: processes of other programs or versions that said HELLO */
    SchedActions *out;         /* of the step that runs */
};

/* ---- sched.c */
SchedAction *sched_action(Sched *sched, SchedActionKind kind);
Message *sched_send(Sched *sched, uint32_t peer, MessageKind kind); /* an empty message to be filled in before the next call */
void sched_log(Sched *sched, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sched_end(Sched *sched, int32_t status, const char *format, ...) __attribute__((format(printf, 3, 4)));
void peer_describe(const SchedPeer *peer, char *text, size_t size); /* "worker 3 (host, pid 77)" */
SchedPeer *sched_live_worker(Sched *sched, uint32_t worker);        /* NULL when nobody has the number, or has left */
uint32_t sched_live_workers(const Sched *sched);
bool sched_is_ready(const Sched *sched); /* ranges may be handed out */

/* ---- sched_news.c: each says that it has happened, if somebody listens */
void news_worker(Sched *sched, NewsKind kind, const SchedPeer *peer, const char *text);
void news_start(Sched *sched, NewsKind kind, uint32_t host, const char *text); /* of a worker that is not there */
void news_job(const Job *job, NewsKind kind);
void news_range(const Job *job, NewsKind kind, const HandedRange *handed);
void news_orphan(Sched *sched, NewsKind kind, const Orphan *orphan);
/* A range was answered; job NULL: it was an orphan. */
void news_range_done(const Job *job, Sched *sched, const HandedRange *handed, const Message *message);
void news_again(const Job *job, Range range);
void news_merge(const Job *job, uint32_t worker, const MsgMerge *merge);
void news_merge_over(const Job *job, uint32_t worker, uint32_t from, uint32_t step, const MsgMergeDone *done); /* NULL: dropped */
void news_merges_dropped(const Job *job);                                                                      /* all of its */

/* ---- sched_job.c: the first ones are each called with a message from the right role, whose job is still unchecked. */
void jobs_submit(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_join(Sched *sched, const SchedPeer *peer, const Message *message);
void jobs_range_done(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_part_taken(Sched *sched, const SchedPeer *peer, const Message *message);
void jobs_stats(Sched *sched, SchedPeer *peer, const Message *message);
void jobs_end(Sched *sched, const SchedPeer *peer, const Message *message);
void jobs_tick(Sched *sched);
void job_free(Job **job);
Job *job_of(Sched *sched, const Message *message); /* that a message speaks of; NULL, and counted, when it is unknown */
Message *job_send(Sched *sched, const Job *job, uint32_t peer, MessageKind kind);
void job_know_worker(Job *job, uint32_t worker); /* makes room for what is kept for each worker, up to that number */
void job_end_after(Sched *sched, Job *job, int64_t chunk, EndKind end); /* it stopped or failed there */
void job_deliver(Sched *sched, Job *job, uint32_t bag);                 /* 0: there is none */
void job_deliver_parts(Sched *sched, Job *job, uint32_t parts);         /* of which the owner was told */
/* Whatever the job can do now, after each change: when all chunks that count are covered it is reduced, at last delivered. */
void job_settle(Sched *sched, Job *job);
void jobs_finish(Sched *sched, Job *job); /* its owner is done with it, and so is the journal */
void job_over(Sched *sched, Job *job);    /* takes the job out of everything, tells workers to drop it; it stays until the next
                                                                              step */
bool handed_is(const HandedRange *handed, uint32_t worker, const MsgRangeDone *done); /* is that the answer to it? */
Range range_common(Range a, Range b);

/* ---- sched_bag.c */
void bag_list(Job *job, uint32_t number);            /* something has changed because of which it may be merged now */
uint32_t bag_new(Job *job, uint32_t worker);         /* its number; it is empty and open */
BagRecord *job_bag(const Job *job, uint32_t number); /* 1 … bag_count */
uint32_t bag_for_range(Job *job, uint32_t worker);   /* the number of the bag into which its next range goes */
void bag_add_range(Job *job, uint32_t number, uint64_t first, uint64_t count); /* these chunks are in it now, and covered */
void job_plan_merges(Sched *sched, Job *job); /* has ready bags merged; delivers when there is but one */
void jobs_merge_done(Sched *sched, SchedPeer *peer, const Message *message);
/* A top's copy is lost, or is not to be used: its own chunks are to be mapped again, and the bags that it had taken in are tops
 * again, or lost in the same way. Returns how many chunks are to be mapped again. */
uint64_t bag_void(Job *job, uint32_t number);
uint64_t job_bags_lose_worker(Sched *sched, Job *job, uint32_t worker); /* the same for all that a worker held; chunks again */
void job_todo_again(Job *job, Range range); /* chunks that count, and that nobody has any more, are to be mapped again */

/* ---- sched_store.c */
const char *bag_endpoint(Sched *sched, const BagRecord *bag);      /* where it can be pulled from; NULL: nowhere */
void job_find_stored(Sched *sched, Job *job, const JobName *name); /* a new job: what is kept of it need not be mapped */
void jobs_store_tick(Sched *sched);
void job_store_ready(Sched *sched, Job *job);                        /* a range was answered, or will never be */
void job_store_result(Sched *sched, Job *job);                       /* it was delivered */
bool job_result_is_awaited(const Job *job);                          /* by the journal: workers must keep it */
bool bag_lose_holder(Sched *sched, const Job *job, uint32_t number); /* true: the journal has it, and is its holder now */
void sched_stored(Sched *sched, const SchedEvent *event);
uint64_t job_most_chunks(const Sched *sched, const Job *job); /* in a range, so that it can be kept soon */
/* ---- sched_lost.c */
void sched_lose(Sched *sched, uint32_t number, const char *how); /* a peer: the root ends the run, a worker's work is run again */
void sched_stop_worker(Sched *sched, uint32_t number);           /* the same for a worker that does not stop at what nobody needs */
void sched_start_failed(Sched *sched, uint32_t host, const char *who, const char *how); /* a worker never came to say HELLO */
void sched_unreachable(Sched *sched, SchedPeer *peer, const Message *message);
bool job_has_suspects(const Job *job);             /* workers have died of chunks that nobody has mapped since */
Range job_cut_blamed(const Job *job, Range range); /* the first part of a range, if workers have died of some of its chunks */
/* May one more worker map this at the same time, or would more than `retries` be lost, should all of them die of it? */
bool job_may_risk(const Sched *sched, const Job *job, Range range);

void job_add_edge(Job *job, EdgeStats edge);

/* ---- sched_reach.c */
bool workers_reach(const Sched *sched, uint32_t a, uint32_t b); /* as far as is known; the journal is reached by all */
bool sched_add_strain(Sched *sched, uint32_t a, uint32_t b);    /* false: that was known */
bool worker_between(Sched *sched, uint32_t a, uint32_t b, uint32_t *between); /* a live one that reaches both; false: none */

/* ---- sched_exchange.c */
bool exchange_is_owned_by(const Job *job, uint32_t worker); /* one is under way, and the worker has parts of it */
/* Begins the exchange of a table that is large, or goes on. False: it is none, or not yet one, and *most pairs of bags may meet. */
bool job_exchanges(Sched *sched, Job *job, uint32_t *most);
bool exchange_merge_done(Job *job, uint32_t worker, const MsgMergeDone *done); /* false: it is no merge of one */
void exchange_news_dropped(const Job *job);        /* news_merge_over for each merge of one that is under way */
void exchange_lose_bag(Job *job, uint32_t number); /* when the exchange needs it, or is made of it, all parts are void */
void exchange_free(Exchange **exchange);
/* ---- sched_copy.c */
void jobs_hand_copies(Sched *sched); /* to workers that have nothing to do */
/* A range was answered: does what its worker says it has mapped count? */
bool job_original_done(Sched *sched, Job *job, HandedRange original, const MsgRangeDone *done);
void job_take_back(Job *job, size_t at); /* a range that was handed out is nobody's; where it has copies, these count */
void job_copy_done(Sched *sched, Job *job, uint64_t of); /* a part of a copy of that range is covered */
bool bag_is_held_up(const Job *job, uint32_t number);    /* a straggler may still put something into it */
void jobs_give_up_bags(Sched *sched);                    /* those that are held up for too long */

/* ---- sched_late.c */
void sched_add_orphan(Sched *sched, Orphan orphan);
bool sched_take_orphan(Sched *sched, uint32_t worker, const Message *range_done); /* it was answered; false: none was */
void orphans_lose_worker(Sched *sched, uint32_t worker);
void orphans_end_job(Sched *sched, const Job *job); /* with what is under way */
void orphans_tick(Sched *sched);                    /* ends workers that do not stop */

/* ---- sched_queue.c */
void worker_joins(Sched *sched, SchedPeer *peer);
void peer_leaves(Sched *sched, SchedPeer *peer);           /* whoever it is; once and for all */
void worker_requeue(Sched *sched, SchedPeer *peer);        /* it holds more or fewer ranges, or may */
uint32_t workers_round(const Sched *sched, uint32_t from); /* the least that one holds who may hold more, from there on;
                                                              SCHED_MOST_CREDITS: nobody does */
SchedPeer *workers_first(Sched *sched, uint32_t round);    /* of those; NULL: there is none */
SchedPeer *workers_next(Sched *sched, const SchedPeer *peer);
uint32_t sched_idle(const Sched *sched); /* workers that have nothing to do, as far as it shall be known */
void worker_tells_idle(Sched *sched, SchedPeer *peer, uint32_t idle); /* it believes that so many have nothing to do */
void jobs_note_idle(Sched *sched);                                    /* the busy ones shall hear of it, soon */
void jobs_tell_idle(Sched *sched);                                    /* now, when it is time */

/* ---- sched_take.c */
void job_note_time(Job *job, const MsgRangeDone *done);        /* what a range has taken */
void job_recall_pace(Sched *sched, Job *job);                  /* before its first range: by what its task took the last time */
void job_note_pace(Sched *sched, const Job *job);              /* when it has ended */
uint64_t job_shares(const Sched *sched);                       /* how many ranges what is left should make at least */
uint64_t job_usual_chunks(const Sched *sched, const Job *job); /* how many chunks the next range has, if its place admits it */
Range job_take(Sched *sched, Job *job, uint32_t worker);       /* takes the next range for a worker out of what is to do */

/* ---- sched_hand.c */
void job_hand_range(Sched *sched, Job *job, SchedPeer *peer, HandedRange handed); /* with range and bag, and copy_of */
void sched_revoke(Sched *sched, const Job *job, const HandedRange *handed);       /* not in the job's list any more */
void jobs_hand_out(Sched *sched);
void job_start_at(Sched *sched, Job *job, SchedPeer *peer); /* tells a worker of the job, once */
void job_add_handed(Job *job, HandedRange handed);
void job_drop_handed(Job *job, size_t at);                                     /* the last one takes its place */
size_t job_find_handed(const Job *job, uint64_t range);                        /* handed_len: there is none */
bool job_is_owners(const Sched *sched, const Job *job, const SchedPeer *peer); /* a job of a worker, and this is the worker */

#endif
