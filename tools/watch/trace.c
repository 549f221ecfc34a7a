/* trace.c: one line of JSON for each event. Processes of the trace are hosts, the first of them the program and its jobs; threads
 * are workers. Times are in microseconds since the run began. */
#include "tools/watch/trace.h"

#include <stdio.h>
#include <string.h>

enum { PROGRAM = 0 }; /* the process of the trace; host h is h + 1 */

typedef struct TraceWorker {
    bool is_here;
    uint32_t host;
    uint64_t joined;
} TraceWorker;

typedef struct TraceHost {
    bool is_named, is_known; /* known: its clock */
    int64_t offset;          /* to be added to its times to have the scheduler's */
} TraceHost;

/* The place of `number` in a table of things of `size` bytes, zero at first. */
static void *place_of(Buf *table, uint32_t number, size_t size) {
    size_t needed = ((size_t)number + 1) * size;
    if (table->len < needed) {
        size_t more = needed - table->len;
        buf_reserve(table, more);
        memset(table->data + table->len, 0, more);
        table->len = needed;
    }
    return table->data + number * size;
}

static TraceWorker *worker_of(Trace *trace, uint32_t worker) {
    return worker < MESSAGE_WORKERS ? place_of(&trace->workers, worker, sizeof(TraceWorker)) : NULL;
}

/* ---- events */

static void add_time(Buf *out, const char *name, uint64_t nanoseconds) {
    buf_printf(out, ",\"%s\":%llu.%03llu", name, (unsigned long long)(nanoseconds / 1000),
               (unsigned long long)(nanoseconds % 1000));
}

/* An event of the kind `phase` in thread `thread` of process `process`; what it has beside that is added, and event_end called. */
static Buf *event_begin(Trace *trace, char phase, uint32_t process, uint32_t thread, const char *name) {
    Buf *out = sink_line(trace->sink);
    if (trace->is_continued) buf_add_char(out, ',');
    trace->is_continued = true;
    buf_printf(out, "{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"name\":\"%s\"", phase, process, thread, name);
    return out;
}

static void event_end(Trace *trace) {
    buf_add_char(sink_line(trace->sink), '}');
    sink_end_line(trace->sink);
}

static uint64_t since(const Trace *trace, uint64_t at) {
    return at > trace->began ? at - trace->began : 0;
}

static void add_name(Trace *trace, const char *kind, uint32_t process, uint32_t thread, const char *text, int order) {
    Buf *out = event_begin(trace, 'M', process, thread, kind);
    buf_add_text(out, ",\"args\":{\"name\":");
    json_add_text(out, text);
    buf_add_char(out, '}');
    event_end(trace);
    if (order < 0) return;
    out = event_begin(trace, 'M', process, thread, "thread_sort_index");
    buf_printf(out, ",\"args\":{\"sort_index\":%d}", order);
    event_end(trace);
}

static uint32_t computes(uint32_t worker) {
    return 2 * worker + 1;
}

static uint32_t says(uint32_t worker) {
    return 2 * worker + 2;
}

/* Something of no length in a worker's second track. */
static void add_moment(Trace *trace, const News *news, const char *name) {
    const TraceWorker *worker = worker_of(trace, news->worker);
    if (!worker || !worker->is_here) return;
    Buf *out = event_begin(trace, 'i', worker->host + 1, says(news->worker), name);
    add_time(out, "ts", since(trace, news->at));
    buf_printf(out, ",\"s\":\"t\",\"args\":{\"job\":%llu,\"number\":%llu", (unsigned long long)JOB_COUNT(news->job),
               (unsigned long long)news->number);
    if (news->kind == NEWS_RANGE_HANDED) buf_printf(out, ",\"chunks\":%llu", (unsigned long long)news->count);
    buf_add_char(out, '}');
    event_end(trace);
}

/* When something was over that the host's clock says `ended` of, and that was heard of at `at`. */
static uint64_t end_of(Trace *trace, uint32_t number, uint64_t ended, uint64_t at) {
    if (number == 0) return ended; /* it is the scheduler's own clock */
    TraceHost *host = place_of(&trace->hosts, number, sizeof *host);
    if (!host->is_known) host->offset = (int64_t)(at - ended);
    host->is_known = true;
    return ended + (uint64_t)host->offset;
}

/* What a worker has computed: a span that ended then. What makes no sense is not shown. */
static Buf *span_begin(Trace *trace, const News *news, const char *name) {
    const TraceWorker *worker = worker_of(trace, news->worker);
    if (!worker || !worker->is_here) return NULL;
    uint64_t end = end_of(trace, worker->host, news->ended, news->at);
    if (news->ended == 0 || end < trace->began || end - trace->began < news->nanoseconds) return NULL;
    Buf *out = event_begin(trace, 'X', worker->host + 1, computes(news->worker), name);
    add_time(out, "ts", end - trace->began - news->nanoseconds);
    add_time(out, "dur", news->nanoseconds);
    buf_printf(out, ",\"args\":{\"job\":%llu", (unsigned long long)JOB_COUNT(news->job));
    if (JOB_OWNER(news->job)) buf_printf(out, ",\"owner\":%llu", (unsigned long long)JOB_OWNER(news->job) - 1);
    return out;
}

/* ---- the news */

static void worker_joined(Trace *trace, const News *news) {
    char text[64];
    TraceWorker *worker = worker_of(trace, news->worker);
    if (!worker || news->host >= MESSAGE_WORKERS) return;
    *worker = (TraceWorker){.is_here = true, .host = news->host, .joined = news->at};
    TraceHost *host = place_of(&trace->hosts, news->host, sizeof *host);
    if (!host->is_named) add_name(trace, "process_name", news->host + 1, 0, news->text ? news->text : "", -1);
    host->is_named = true;
    snprintf(text, sizeof text, "worker %u", news->worker);
    add_name(trace, "thread_name", news->host + 1, computes(news->worker), text, (int)computes(news->worker));
    snprintf(text, sizeof text, "worker %u: messages", news->worker);
    add_name(trace, "thread_name", news->host + 1, says(news->worker), text, (int)says(news->worker));
}

/* The time in which it took part, around its messages. */
static void worker_over(Trace *trace, uint32_t number, uint64_t at) {
    TraceWorker *worker = worker_of(trace, number);
    if (!worker || !worker->is_here) return;
    worker->is_here = false;
    Buf *out = event_begin(trace, 'X', worker->host + 1, says(number), "here");
    add_time(out, "ts", since(trace, worker->joined));
    add_time(out, "dur", at > worker->joined ? at - worker->joined : 0);
    event_end(trace);
}

static void range_done(Trace *trace, const News *news) {
    add_moment(trace, news, "RANGE_DONE");
    Buf *out = span_begin(trace, news, "map");
    if (!out) return;
    buf_printf(out, ",\"range\":%llu,\"first\":%llu,\"chunks\":%llu", (unsigned long long)news->number,
               (unsigned long long)news->first, (unsigned long long)news->part);
    buf_printf(out, ",\"elements\":%llu,\"bytes\":%llu", (unsigned long long)news->elements, (unsigned long long)news->size);
    if (!news->is_good) buf_add_text(out, ",\"counts\":false");
    buf_add_char(out, '}');
    event_end(trace);
}

static void merge_done(Trace *trace, const News *news) {
    add_moment(trace, news, "MERGE_DONE");
    Buf *out = span_begin(trace, news, "merge");
    if (!out) return;
    if (news->of != MESSAGE_JOURNAL) buf_printf(out, ",\"from\":%u", news->of);
    buf_printf(out, ",\"nodes\":%llu,\"bytes\":%llu}", (unsigned long long)news->count, (unsigned long long)news->size);
    event_end(trace);
}

/* Jobs go on side by side: each has a track of its own, as long as it goes on. */
static void job_event(Trace *trace, const News *news, char phase) {
    char name[64];
    int len = snprintf(name, sizeof name, "job %llu", (unsigned long long)JOB_COUNT(news->job));
    if (JOB_OWNER(news->job))
        snprintf(name + len, sizeof name - (size_t)len, " of worker %llu", (unsigned long long)JOB_OWNER(news->job) - 1);
    Buf *out = event_begin(trace, phase, PROGRAM, 0, name);
    buf_printf(out, ",\"cat\":\"job\",\"id\":\"%llx\"", (unsigned long long)news->job);
    add_time(out, "ts", since(trace, news->at));
    if (phase == 'b') buf_printf(out, ",\"args\":{\"chunks\":%llu}", (unsigned long long)news->count);
    event_end(trace);
}

void trace_news(Trace *trace, const News *news) {
    switch (news->kind) {
    case NEWS_WORKER_JOINED: worker_joined(trace, news); break;
    case NEWS_WORKER_LOST: add_moment(trace, news, "lost"); break;
    case NEWS_WORKER_LEFT: worker_over(trace, news->worker, news->at); break;
    case NEWS_JOB_SUBMITTED: job_event(trace, news, 'b'); break;
    case NEWS_JOB_FINISHED: job_event(trace, news, 'e'); break;
    case NEWS_RANGE_HANDED: add_moment(trace, news, "RANGE"); break;
    case NEWS_RANGE_REVOKED: add_moment(trace, news, "REVOKE"); break;
    case NEWS_RANGE_DONE: range_done(trace, news); break;
    case NEWS_MERGE_BEGUN: add_moment(trace, news, "MERGE"); break;
    case NEWS_MERGE_DONE: merge_done(trace, news); break;
    default: break;
    }
}

void trace_begin(Trace *trace, Sink *sink, uint64_t began, const char *program) {
    *trace = (Trace){.sink = sink, .began = began};
    buf_add_char(sink_line(sink), '[');
    add_name(trace, "process_name", PROGRAM, 0, program, -1);
    add_name(trace, "thread_name", PROGRAM, 1, "run", 0);
}

void trace_end(Trace *trace, uint64_t now) {
    for (uint32_t worker = 0; worker < trace->workers.len / sizeof(TraceWorker); worker++) worker_over(trace, worker, now);
    Buf *out = event_begin(trace, 'X', PROGRAM, 1, "run");
    buf_add_text(out, ",\"ts\":0");
    add_time(out, "dur", since(trace, now));
    event_end(trace);
    buf_add_char(sink_line(trace->sink), ']');
    sink_end_line(trace->sink);
}

void trace_free(Trace *trace) {
    buf_free(&trace->workers);
    buf_free(&trace->hosts);
}
