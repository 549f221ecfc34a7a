/* progress.h: how far a run is, made of its news: what displays show.
 *
 * Pure: the time is that of the news, or given. A Progress belongs to one thread. All-zero is empty, before the run begins. */
#ifndef TOOLS_WATCH_PROGRESS_H
#define TOOLS_WATCH_PROGRESS_H

#include "base/buf.h"
#include "runtime/sched/news.h"

enum { PROGRESS_SAMPLES = 32 };

/* What was done of a job by some time. */
typedef struct ProgressSample {
    uint64_t at;
    double share, elements, size;
} ProgressSample;

typedef enum ProgressPhase { PROGRESS_WAITS, PROGRESS_MAPS, PROGRESS_MERGES, PROGRESS_DELIVERS } ProgressPhase;

/* A job of the program that is under way. Jobs inside of jobs are part of the elements that they are in. */
typedef struct ProgressJob {
    uint64_t number;
    ProgressPhase phase;
    uint64_t submitted, started;     /* when; 0: not yet */
    uint64_t chunks, elements, size; /* of its input; 0: elements or bytes are not known */
    uint64_t done, limit;            /* chunks that are covered, of those that count */
    uint64_t mapped, read, values;   /* by all answers: chunks, bytes of input, values that reached the reducer */
    /* Over all the time that the job runs: when there is no room, every second one is dropped. */
    ProgressSample samples[PROGRESS_SAMPLES];
    uint32_t sample_count;
    uint64_t spacing; /* nanoseconds between two */
} ProgressJob;

typedef struct Progress {
    ProgressJob *jobs; /* in the order of their submission */
    size_t count, cap;
    uint64_t began;      /* when the first news came, or progress_begin was called; 0: not yet */
    uint32_t here, busy; /* workers that take part; that have ranges, or merge */
    uint32_t lost;       /* so far */
    uint64_t again;      /* chunks that had to be handed out once more, so far */
    uint64_t inner;      /* jobs inside of jobs that are under way */
    uint64_t finished;   /* jobs of the program, so far */
    Buf held;            /* uint32_t for each worker: ranges and merges that it has */
} Progress;

void progress_begin(Progress *progress, uint64_t now); /* counts losses from here on, and the run's time */
void progress_take(Progress *progress, const News *news, size_t count);
/* Instead of news: these jobs are under way now, of which all is known but the samples. */
void progress_set_jobs(Progress *progress, const ProgressJob *jobs, size_t count, uint64_t now);
void progress_free(Progress *progress);

double progress_share(const ProgressJob *job);    /* 0 … 1 of the mapping, by bytes or elements of the input */
double progress_elements(const ProgressJob *job); /* done: of the input, or values where those are not known */
double progress_bytes(const ProgressJob *job);    /* the same; 0: no text is read */

/* For a second, lately; 0: not known yet. */
typedef struct ProgressPace {
    double share, elements, size;
    double left; /* seconds until the mapping is over; negative: not known */
} ProgressPace;

ProgressPace progress_pace(const ProgressJob *job, uint64_t now);

#endif
