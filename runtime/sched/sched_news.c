/* sched_news.c: the scheduler says what happens, where somebody listens. */
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

void sched_tell_news(Sched *sched, bool is_wanted) {
    sched->tells_news = is_wanted;
}

/* To be filled in before the next call; NULL: nobody listens. */
static News *news_add(Sched *sched, NewsKind kind) {
    if (!sched->tells_news || !sched->out) return NULL;
    NewsList *list = &sched->out->news;
    if (list->len == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 64;
        list->items = xrealloc(list->items, list->cap * sizeof *list->items);
    }
    News *news = &list->items[list->len++];
    *news = (News){.kind = kind, .worker = NEWS_NOBODY, .of = NEWS_NOBODY, .at = sched->now};
    return news;
}

static News *news_of_job(const Job *job, NewsKind kind) {
    News *news = news_add(job->sched, kind);
    if (!news) return NULL;
    news->job = job->number;
    news->limit = job->limit;
    news->done = job->covered.total < job->limit ? job->covered.total : job->limit;
    return news;
}

void news_worker(Sched *sched, NewsKind kind, const SchedPeer *peer, const char *text) {
    News *news = peer->role == ROLE_WORKER ? news_add(sched, kind) : NULL;
    if (!news) return;
    news->worker = peer->worker;
    news->host = peer->host;
    news->pid = peer->pid;
    news->size = peer->memory;
    news->number = peer->progress;
    news->text = text;
}

void news_start(Sched *sched, NewsKind kind, uint32_t host, const char *text) {
    News *news = news_add(sched, kind);
    if (!news) return;
    news->host = host;
    news->text = text;
}

void news_job(const Job *job, NewsKind kind) {
    News *news = news_of_job(job, kind);
    if (!news) return;
    const JobStats *stats = &job->stats;
    news->end = job->end;
    news->is_good = job->phase == JOB_DELIVERED;
    if (JOB_OWNER(job->number)) news->worker = (uint32_t)JOB_OWNER(job->number) - 1;
    if (kind == NEWS_JOB_SUBMITTED) {
        news->elements = job->spec.elements;
        news->size = job->spec.size;
        news->count = job->spec.chunks;
        news->number = job->spec.blob_size;
    }
    for (uint32_t i = 0; kind == NEWS_JOB_FINISHED && i < stats->worker_count; i++) {
        news->elements += stats->workers[i].elements;
        news->size += stats->workers[i].size;
        news->count += stats->workers[i].ranges;
    }
}

/* ---- ranges */

static void news_fill_range(News *news, const HandedRange *handed) {
    news->worker = handed->worker;
    news->number = handed->number;
    news->first = handed->range.first;
    news->count = handed->range.count;
    news->original = handed->copy_of;
}

void news_range(const Job *job, NewsKind kind, const HandedRange *handed) {
    News *news = news_of_job(job, kind);
    if (news) news_fill_range(news, handed);
}

void news_orphan(Sched *sched, NewsKind kind, const Orphan *orphan) {
    News *news = news_add(sched, kind);
    if (!news) return;
    news->job = orphan->job;
    news_fill_range(news, &orphan->handed);
}

void news_range_done(const Job *job, Sched *sched, const HandedRange *handed, const Message *message) {
    News *news = job ? news_of_job(job, NEWS_RANGE_DONE) : news_add(sched, NEWS_RANGE_DONE);
    if (!news) return;
    const MsgRangeDone *done = &message->as.range_done;
    news->job = message->job;
    news_fill_range(news, handed);
    news->part = done->done;
    news->elements = done->elements;
    news->size = done->size;
    news->nanoseconds = done->nanoseconds;
    news->ended = done->ended;
    news->end = done->end;
    news->is_good = job != NULL;
}

void news_again(const Job *job, Range range) {
    News *news = news_of_job(job, NEWS_CHUNKS_AGAIN);
    if (!news) return;
    news->first = range.first;
    news->count = range.count;
}

/* ---- merges */

void news_merge(const Job *job, uint32_t worker, const MsgMerge *merge) {
    News *news = news_of_job(job, NEWS_MERGE_BEGUN);
    if (!news) return;
    news->worker = worker;
    news->of = merge->from;
    news->number = merge->step;
    news->part = merge->part;
    news->count = merge->parts;
}

void news_merge_over(const Job *job, uint32_t worker, uint32_t from, uint32_t step, const MsgMergeDone *done) {
    News *news = news_of_job(job, done ? NEWS_MERGE_DONE : NEWS_MERGE_DROPPED);
    if (!news) return;
    news->worker = worker;
    news->of = from;
    news->number = step;
    if (!done) return;
    news->is_good = done->merged;
    news->count = done->nodes;
    news->size = done->size;
    news->nanoseconds = done->nanoseconds;
    news->ended = done->ended;
}

void news_merges_dropped(const Job *job) {
    if (!job->sched->tells_news) return;
    for (uint32_t i = 0; i < job->merge_count; i++) {
        const Merge *merge = &job->merges[i];
        news_merge_over(job, job_bag(job, merge->into)->worker, job_bag(job, merge->from)->worker, merge->step, NULL);
    }
    exchange_news_dropped(job);
}

/* ---- names */

const char *news_kind_name(NewsKind kind) {
    static const char *const names[NEWS_KINDS] = {
        [NEWS_WORKER_JOINED] = "worker.joined", [NEWS_WORKER_BEAT] = "worker.beat",     [NEWS_WORKER_LOST] = "worker.lost",
        [NEWS_WORKER_LEFT] = "worker.left",     [NEWS_WORKER_WANTED] = "worker.wanted", [NEWS_WORKER_FAILED] = "worker.failed",
        [NEWS_JOB_SUBMITTED] = "job.submitted", [NEWS_JOB_STARTED] = "job.started",     [NEWS_JOB_LIMITED] = "job.limited",
        [NEWS_JOB_DELIVERED] = "job.delivered", [NEWS_JOB_FINISHED] = "job.finished",   [NEWS_RANGE_HANDED] = "range.handed",
        [NEWS_RANGE_DONE] = "range.done",       [NEWS_RANGE_DROPPED] = "range.dropped", [NEWS_RANGE_REVOKED] = "range.revoked",
        [NEWS_CHUNKS_AGAIN] = "chunks.again",   [NEWS_MERGE_BEGUN] = "merge.begun",     [NEWS_MERGE_DONE] = "merge.done",
        [NEWS_MERGE_DROPPED] = "merge.dropped",
    };
    return kind > 0 && kind < NEWS_KINDS ? names[kind] : "?";
}
