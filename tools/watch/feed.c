/* feed.c: news as JSON. A line has what its kind has, by names that are the same wherever they mean the same. */
#include "tools/watch/feed.h"

static uint64_t since(uint64_t began, uint64_t at) {
    return at > began ? at - began : 0;
}

static void add_head(Buf *out, const char *event, uint64_t time) {
    buf_printf(out, "{\"event\":\"%s\",\"time\":", event);
    json_add_seconds(out, time);
}

static void add_number(Buf *out, const char *name, uint64_t number) {
    buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)number);
}

static void add_worker(Buf *out, const char *name, uint32_t worker) {
    if (worker == NEWS_NOBODY || worker == MESSAGE_JOURNAL)
        buf_printf(out, ",\"%s\":null", name);
    else
        add_number(out, name, worker);
}

static void add_text(Buf *out, const char *name, const char *text) {
    buf_printf(out, ",\"%s\":", name);
    json_add_text(out, text ? text : "");
}

static void add_truth(Buf *out, const char *name, bool is_true) {
    buf_printf(out, ",\"%s\":%s", name, is_true ? "true" : "false");
}

static void add_end(Buf *out, EndKind end) {
    static const char *const names[] = {"null", "\"stopped\"", "\"failed\""};
    buf_printf(out, ",\"end\":%s", names[end <= END_FAILED ? end : END_NONE]);
}

/* "job" and "owner" name a job, as in --stats=json: the number counts the owner's jobs, which is a worker or the program. */
static void add_job(Buf *out, const News *news) {
    if (news->job == 0) return;
    add_number(out, "job", JOB_COUNT(news->job));
    add_worker(out, "owner", JOB_OWNER(news->job) ? (uint32_t)JOB_OWNER(news->job) - 1 : NEWS_NOBODY);
    if (news->limit == 0) return;
    add_number(out, "done", news->done);
    add_number(out, "of", news->limit);
}

static void add_range(Buf *out, const News *news) {
    add_number(out, "range", news->number);
    add_worker(out, "worker", news->worker);
    add_number(out, "first", news->first);
    add_number(out, "chunks", news->count);
    if (news->original) add_number(out, "copy_of", news->original);
    if (news->kind != NEWS_RANGE_DONE) return;
    add_number(out, "mapped", news->part);
    add_number(out, "elements", news->elements);
    add_number(out, "bytes", news->size);
    buf_add_text(out, ",\"seconds\":");
    json_add_seconds(out, news->nanoseconds);
    add_end(out, news->end);
    add_truth(out, "counts", news->is_good);
}

static void add_merge(Buf *out, const News *news) {
    add_number(out, "merge", news->number);
    add_worker(out, "worker", news->worker);
    add_worker(out, "from", news->of);
    if (news->kind == NEWS_MERGE_BEGUN && news->count > 1) {
        add_number(out, "part", news->part);
        add_number(out, "parts", news->count);
    }
    if (news->kind != NEWS_MERGE_DONE) return;
    add_truth(out, "merged", news->is_good);
    add_number(out, "nodes", news->count);
    add_number(out, "bytes", news->size);
    buf_add_text(out, ",\"seconds\":");
    json_add_seconds(out, news->nanoseconds);
}

static void add_of_job(Buf *out, const News *news) {
    switch (news->kind) {
    case NEWS_JOB_SUBMITTED:
        add_number(out, "chunks", news->count);
        if (news->elements) add_number(out, "elements", news->elements);
        if (news->size) add_number(out, "bytes", news->size);
        add_number(out, "captured_bytes", news->number);
        break;
    case NEWS_JOB_LIMITED:
    case NEWS_JOB_DELIVERED: add_end(out, news->end); break;
    case NEWS_JOB_FINISHED:
        add_number(out, "elements", news->elements);
        add_number(out, "bytes", news->size);
        add_number(out, "ranges", news->count);
        add_end(out, news->end);
        add_truth(out, "has_result", news->is_good);
        break;
    default: break;
    }
}

static void add_of_worker(Buf *out, const News *news) {
    if (news->worker != NEWS_NOBODY) add_number(out, "worker", news->worker);
    if (news->kind == NEWS_WORKER_BEAT) {
        add_number(out, "memory", news->size);
        return;
    }
    add_number(out, "host", news->host);
    if (news->kind == NEWS_WORKER_JOINED) {
        buf_printf(out, ",\"pid\":%lld", (long long)news->pid);
        add_text(out, "name", news->text);
    }
    if (news->kind == NEWS_WORKER_LOST || news->kind == NEWS_WORKER_FAILED) add_text(out, "how", news->text);
}

void feed_news(Sink *sink, uint64_t began, const News *news) {
    Buf *out = sink_line(sink);
    add_head(out, news_kind_name(news->kind), since(began, news->at));
    add_job(out, news);
    switch (news->kind) {
    case NEWS_RANGE_HANDED:
    case NEWS_RANGE_DONE:
    case NEWS_RANGE_DROPPED:
    case NEWS_RANGE_REVOKED: add_range(out, news); break;
    case NEWS_CHUNKS_AGAIN:
        add_number(out, "first", news->first);
        add_number(out, "chunks", news->count);
        break;
    case NEWS_MERGE_BEGUN:
    case NEWS_MERGE_DONE:
    case NEWS_MERGE_DROPPED: add_merge(out, news); break;
    default:
        if (news->job)
            add_of_job(out, news);
        else
            add_of_worker(out, news);
    }
    buf_add_char(out, '}');
    sink_end_line(sink);
}

void feed_begin(Sink *sink, const char *program, uint32_t workers) {
    Buf *out = sink_line(sink);
    add_head(out, "run.began", 0);
    add_number(out, "format", FEED_FORMAT);
    add_text(out, "program", program);
    add_number(out, "workers", workers);
    buf_add_char(out, '}');
    sink_end_line(sink);
}

void feed_end(Sink *sink, uint64_t began, uint64_t now, int status) {
    Buf *out = sink_line(sink);
    add_head(out, "run.ended", since(began, now));
    buf_printf(out, ",\"status\":%d", status);
    if (sink_left_out(sink)) add_number(out, "left_out", sink_left_out(sink));
    buf_add_char(out, '}');
    sink_end_line(sink);
}
