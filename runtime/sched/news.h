/* news.h: what happens in a run, as the scheduler sees it, for those who watch: progress displays, traces, dashboards.
 *
 * sched_step appends to SchedActions.news when somebody listens (sched_tell_news); nobody has to, and then nothing is spent on it.
 * The order is that in which things happened; docs/protocol.md has the same as lines of JSON (tools/watch/feed.h).
 *
 * A range that was handed out ends in exactly one way: NEWS_RANGE_DONE or NEWS_RANGE_DROPPED; so does a merge that was begun. What
 * is open when the run ends, ends with it. */
#ifndef RUNTIME_SCHED_NEWS_H
#define RUNTIME_SCHED_NEWS_H

#include "runtime/sched/message.h"

typedef enum NewsKind {
    NEWS_WORKER_JOINED = 1, /* worker, host, pid; text: its name */
    NEWS_WORKER_BEAT,       /* worker, size: bytes resident; number: its progress counter */
    NEWS_WORKER_LOST,       /* worker; text: how. What it had is dropped, and mapped again, in what follows */
    NEWS_WORKER_LEFT,       /* worker: it has said goodbye */
    NEWS_WORKER_WANTED,     /* one more is asked for in place of a lost one; host: where that was */
    NEWS_WORKER_FAILED,     /* one that was awaited has ended before it took part; host, text: how */
    NEWS_JOB_SUBMITTED,     /* elements, size: of its input, where known; count: chunks; number: captured bytes; worker: its owner,
                               NEWS_NOBODY: the program's main process */
    NEWS_JOB_STARTED,       /* its first range is about to be handed out */
    NEWS_JOB_LIMITED,       /* chunks from `limit` on are not needed: `end` */
    NEWS_JOB_DELIVERED,     /* its owner was told that the result is complete. Once more, when it is lost before it was received */
    NEWS_JOB_FINISHED,      /* is_good: with its result; else it was given up. elements, size: read; count: ranges */
    NEWS_RANGE_HANDED,      /* number, worker, first, count; of: the range that it is a copy of, because that takes long */
    NEWS_RANGE_DONE,        /* the same; part: chunks that were mapped; elements, size: read by these; nanoseconds, ended: as in
                               MsgRangeDone; end; is_good: its job still wanted it */
    NEWS_RANGE_DROPPED,     /* the same; nobody will answer it: its worker is lost; or it was the owner's, and its job has ended */
    NEWS_RANGE_REVOKED,     /* the same; it is not needed any more, which its worker is told; it will be done or dropped */
    NEWS_CHUNKS_AGAIN,      /* first, count: chunks that were handed out or mapped are to be handed out once more */
    NEWS_MERGE_BEGUN,       /* number, worker; of: whose bag it pulls (MESSAGE_JOURNAL: the journal's); part, count: of so many */
    NEWS_MERGE_DONE,        /* number, worker, of; is_good: merged; count: nodes; size: bytes pulled; nanoseconds, ended */
    NEWS_MERGE_DROPPED,     /* number, worker, of: its worker is lost, or its job has ended */
    NEWS_KINDS              /* one more than the last kind */
} NewsKind;

#define NEWS_NOBODY UINT32_MAX

typedef struct News {
    NewsKind kind;
    uint32_t worker, of; /* NEWS_RANGE_*: `number` of the original is in `original` */
    uint32_t host;
    uint64_t at;  /* the scheduler's clock, in nanoseconds */
    uint64_t job; /* JOB_NUMBER; 0: it is about none */
    /* Of news about a job: chunks that are covered now, of those that count, which are `limit`. */
    uint64_t done, limit;
    uint64_t number, first, count, part;
    uint64_t original;
    uint64_t elements, size, nanoseconds, ended;
    int64_t pid;
    EndKind end;
    bool is_good;
    const char *text; /* valid until the next step; NULL where there is none */
} News;

typedef struct NewsList {
    News *items;
    size_t len, cap;
} NewsList;

/* Who wants to know: news as they come, on the scheduler's thread. `take` NULL: nobody. */
typedef struct NewsListener {
    void (*take)(void *data, const News *news, size_t count);
    void (*leave)(void *data); /* of programs that run in the listener's own process: it is about to end at once; NULL: no matter */
    void *data;
} NewsListener;

const char *news_kind_name(NewsKind kind); /* "range.handed"; "?" for a number that is no kind */

#endif
