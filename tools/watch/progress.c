/* progress.c: keeps count of jobs and workers by the news of a run. */
#include "tools/watch/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SPACING    ((uint64_t)100000000) /* nanoseconds between samples, at first */
#define LEAST_PACE 0.2                   /* seconds that a pace is taken of, at least */

void progress_free(Progress *progress) {
    free(progress->jobs);
    buf_free(&progress->held);
    *progress = (Progress){0};
}

void progress_begin(Progress *progress, uint64_t now) {
    progress->began = now;
    progress->lost = 0;
    progress->again = progress->finished = 0;
}

/* ---- how far */

/* Chunks of elements have as many of them as each other; those of text, about as many bytes, but for the ends of files. What was
 * read of chunks that were lost since is taken out by their number. */
double progress_share(const ProgressJob *job) {
    if (job->limit == 0) return 1;
    if (job->limit < job->chunks || job->size == 0 || job->done == job->limit) return (double)job->done / (double)job->limit;
    double share = progress_bytes(job) / (double)job->size;
    return share > 1 ? 1 : share;
}

static double of_covered(const ProgressJob *job, uint64_t read) {
    return job->mapped > job->done ? (double)read * (double)job->done / (double)job->mapped : (double)read;
}

double progress_elements(const ProgressJob *job) {
    if (job->elements == 0 || job->chunks == 0) return of_covered(job, job->values);
    return (double)job->elements * (double)job->done / (double)job->chunks;
}

double progress_bytes(const ProgressJob *job) {
    return of_covered(job, job->read);
}

/* ---- how fast */

static void add_sample(ProgressJob *job, uint64_t now) {
    if (job->sample_count > 0 && now - job->samples[job->sample_count - 1].at < job->spacing) return;
    if (job->sample_count == PROGRESS_SAMPLES) {
        for (uint32_t i = 0; i < PROGRESS_SAMPLES / 2; i++) job->samples[i] = job->samples[2 * i];
        job->sample_count = PROGRESS_SAMPLES / 2;
        job->spacing *= 2;
    }
    job->samples[job->sample_count++] =
        (ProgressSample){.at = now, .share = progress_share(job), .elements = progress_elements(job), .size = progress_bytes(job)};
}

/* Over the second half of the time that the job has run so far. */
ProgressPace progress_pace(const ProgressJob *job, uint64_t now) {
    ProgressPace pace = {.left = -1};
    if (job->sample_count == 0) return pace;
    uint64_t first = job->samples[0].at, half = first + (now > first ? now - first : 0) / 2;
    uint32_t since = 0;
    while (since + 1 < job->sample_count && job->samples[since + 1].at <= half) since++;
    const ProgressSample *from = &job->samples[since];
    double seconds = now > from->at ? (double)(now - from->at) / 1e9 : 0;
    if (seconds < LEAST_PACE) return pace;
    double share = progress_share(job);
    pace.share = (share - from->share) / seconds;
    pace.elements = (progress_elements(job) - from->elements) / seconds;
    pace.size = (progress_bytes(job) - from->size) / seconds;
    if (pace.elements < 0) pace.elements = 0; /* more was lost than was done */
    if (pace.size < 0) pace.size = 0;
    if (pace.share > 0) pace.left = (1 - share) / pace.share;
    return pace;
}

/* ---- the news */

static ProgressJob *find_job(Progress *progress, uint64_t number) {
    for (size_t i = 0; i < progress->count; i++)
        if (progress->jobs[i].number == number) return &progress->jobs[i];
    return NULL;
}

static void add_job(Progress *progress, const News *news) {
    if (progress->count == progress->cap) {
        progress->cap = progress->cap ? 2 * progress->cap : 4;
        progress->jobs = xrealloc(progress->jobs, progress->cap * sizeof *progress->jobs);
    }
    ProgressJob *job = &progress->jobs[progress->count++];
    *job = (ProgressJob){.number = news->job, .submitted = news->at, .spacing = SPACING};
    job->chunks = news->count;
    job->elements = news->elements;
    job->size = news->size;
}

static void end_job(Progress *progress, ProgressJob *job) {
    size_t after = progress->count - (size_t)(job + 1 - progress->jobs);
    memmove(job, job + 1, after * sizeof *job);
    progress->count--;
    progress->finished++;
}

static void take_of_job(Progress *progress, const News *news) {
    if (JOB_OWNER(news->job)) {
        progress->inner += news->kind == NEWS_JOB_SUBMITTED;
        progress->inner -= news->kind == NEWS_JOB_FINISHED;
        return;
    }
    if (news->kind == NEWS_JOB_SUBMITTED) add_job(progress, news);
    ProgressJob *job = find_job(progress, news->job);
    if (!job) return;
    if (news->kind == NEWS_RANGE_DONE && news->is_good) {
        job->mapped += news->part;
        job->read += news->size;
        job->values += news->elements;
    }
    if (news->kind == NEWS_RANGE_DONE && !news->is_good) return; /* it says nothing about the job */
    job->done = news->done;
    job->limit = news->limit;
    switch (news->kind) {
    case NEWS_JOB_STARTED: job->started = news->at; break;
    case NEWS_RANGE_HANDED: job->phase = PROGRESS_MAPS; break;
    case NEWS_MERGE_BEGUN: job->phase = PROGRESS_MERGES; break;
    case NEWS_JOB_DELIVERED: job->phase = PROGRESS_DELIVERS; break;
    case NEWS_JOB_FINISHED: end_job(progress, job); return;
    default: break;
    }
    bool is_change = news->kind == NEWS_JOB_STARTED || news->kind == NEWS_RANGE_DONE || news->kind == NEWS_CHUNKS_AGAIN;
    if (is_change) add_sample(job, news->at);
}

/* What a worker has is one more, or one less. */
static void hold(Progress *progress, uint32_t worker, int change) {
    size_t needed = ((size_t)worker + 1) * sizeof(uint32_t);
    if (worker >= MESSAGE_WORKERS) return;
    if (progress->held.len < needed) {
        size_t more = needed - progress->held.len;
        buf_reserve(&progress->held, more);
        memset(progress->held.data + progress->held.len, 0, more);
        progress->held.len = needed;
    }
    uint32_t *held = (uint32_t *)(void *)progress->held.data + worker, before = *held;
    *held += (uint32_t)change;
    progress->busy += before == 0;
    progress->busy -= *held == 0;
}

/* A worker's range of its own job is part of the range that it is at anyway. */
static bool is_own(const News *news) {
    return JOB_OWNER(news->job) == (uint64_t)news->worker + 1;
}

void progress_take(Progress *progress, const News *news, size_t count) {
    for (const News *end = news + count; news < end; news++) {
        if (!progress->began) progress->began = news->at;
        switch (news->kind) {
        case NEWS_WORKER_JOINED: progress->here++; break;
        case NEWS_WORKER_LEFT: progress->here -= progress->here > 0; break;
        case NEWS_WORKER_LOST: progress->lost++; break;
        case NEWS_CHUNKS_AGAIN: progress->again += news->count; break;
        case NEWS_RANGE_HANDED:
        case NEWS_MERGE_BEGUN:
            if (!is_own(news)) hold(progress, news->worker, 1);
            break;
        case NEWS_RANGE_DONE:
        case NEWS_RANGE_DROPPED:
        case NEWS_MERGE_DONE:
        case NEWS_MERGE_DROPPED:
            if (!is_own(news)) hold(progress, news->worker, -1);
            break;
        default: break;
        }
        if (news->job) take_of_job(progress, news);
    }
}

/* ---- instead of news */

void progress_set_jobs(Progress *progress, const ProgressJob *jobs, size_t count, uint64_t now) {
    ProgressJob *items = xcalloc(count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        ProgressJob *job = &items[i];
        const ProgressJob *before = find_job(progress, jobs[i].number);
        *job = jobs[i];
        job->spacing = SPACING;
        if (before) {
            memcpy(job->samples, before->samples, sizeof job->samples);
            job->sample_count = before->sample_count;
            job->spacing = before->spacing;
        }
        if (job->started) add_sample(job, now);
    }
    free(progress->jobs);
    progress->jobs = items;
    progress->count = count;
    progress->cap = count + 1;
}
