/* stats.c: the statistics of jobs as text and as JSON, on standard error: standard output is the program's. */
#include "tools/mrrun/stats.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void *copy_of(const void *items, size_t size) {
    void *copy = xmalloc(size ? size : 1);
    if (size) memcpy(copy, items, size);
    return copy;
}

void stats_add(Stats *stats, const JobStats *job) {
    if (stats->count == stats->cap) {
        stats->cap = stats->cap ? stats->cap * 2 : 4;
        stats->jobs = xrealloc(stats->jobs, stats->cap * sizeof *stats->jobs);
    }
    JobStats *copy = &stats->jobs[stats->count++];
    *copy = *job;
    copy->workers = copy_of(job->workers, job->worker_count * sizeof *job->workers);
    copy->edges = copy_of(job->edges, job->edge_count * sizeof *job->edges);
}

void stats_free(Stats *stats) {
    for (size_t i = 0; i < stats->count; i++) free(stats->jobs[i].workers), free(stats->jobs[i].edges);
    free(stats->jobs);
    *stats = (Stats){0};
}

static double seconds_of(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e9;
}

/* "job 3" is the program's third, "job 3 of worker 2" the third that worker 2 shared with others. */
static void show_name(uint64_t number) {
    fprintf(stderr, "job %llu", (unsigned long long)JOB_COUNT(number));
    if (JOB_OWNER(number)) fprintf(stderr, " of worker %llu", (unsigned long long)JOB_OWNER(number) - 1);
}

void stats_show_shares(const JobStats *job) {
    show_name(job->job);
    fprintf(stderr, ": %llu chunks in %.3f s\n", (unsigned long long)job->spec.chunks, seconds_of(job->ended - job->started));
    for (uint32_t i = 0; i < job->worker_count; i++) {
        const WorkerStats *worker = &job->workers[i];
        double share = job->spec.chunks ? 100.0 * (double)worker->chunks / (double)job->spec.chunks : 0;
        fprintf(stderr, "  worker %u: %llu chunks (%.1f %%) in %llu ranges, %.3f s\n", i, (unsigned long long)worker->chunks, share,
                (unsigned long long)worker->ranges, seconds_of(worker->nanoseconds));
    }
}

/* ---- text */

/* How many values reached the reducer. */
static uint64_t elements_of(const JobStats *job) {
    uint64_t elements = 0;
    for (uint32_t i = 0; i < job->worker_count; i++) elements += job->workers[i].elements;
    return elements;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void show_job(const JobStats *job) {
    fputc('\n', stderr);
    show_name(job->job);
    fprintf(stderr, ": %llu chunks, %llu elements", (unsigned long long)job->spec.chunks, (unsigned long long)elements_of(job));
    if (job->spec.size) fprintf(stderr, ", %llu bytes", (unsigned long long)job->spec.size);
    fprintf(stderr, ", %llu bytes of captured values, %.3f s\n", (unsigned long long)job->spec.blob_size,
            seconds_of(job->ended - job->started));
    fprintf(stderr, "  %-8s %8s %8s %12s %14s %9s %9s %12s %12s %12s\n", "worker", "ranges", "chunks", "elements", "bytes read",
            "map s", "merge s", "captures", "list bytes", "table bytes");
    for (uint32_t i = 0; i < job->worker_count; i++) {
        const WorkerStats *w = &job->workers[i];
        fprintf(stderr, "  %-8u %8llu %8llu %12llu %14llu %9.3f %9.3f %12llu %12llu %12llu\n", i, (unsigned long long)w->ranges,
                (unsigned long long)w->chunks, (unsigned long long)w->elements, (unsigned long long)w->size,
                seconds_of(w->nanoseconds), seconds_of(w->merge_nanoseconds), (unsigned long long)w->captures,
                (unsigned long long)w->slices, (unsigned long long)w->table);
    }
    for (uint32_t i = 0; i < job->edge_count; i++) {
        const EdgeStats *edge = &job->edges[i];
        fprintf(stderr, "  worker %u -> worker %u: %llu partial result%s, %llu bytes\n", edge->from, edge->to,
                (unsigned long long)edge->nodes, plural(edge->nodes), (unsigned long long)edge->size);
    }
    if (JOB_OWNER(job->job)) return; /* its results went back range by range */
    fprintf(stderr, "  root received %llu partial result%s, %llu bytes\n", (unsigned long long)job->root_nodes,
            plural(job->root_nodes), (unsigned long long)job->root_size);
}

void stats_show(const Stats *stats, double seconds) {
    fprintf(stderr, "\n%zu job%s on the workers, %.3f s from start to end\n", stats->count, plural(stats->count), seconds);
    for (size_t i = 0; i < stats->count; i++) show_job(&stats->jobs[i]);
    if (stats->dropped)
        fprintf(stderr, "\n%llu datagram%s dropped that were no messages\n", (unsigned long long)stats->dropped,
                plural(stats->dropped));
    if (stats->refused)
        fprintf(stderr, "\n%llu connection%s refused that showed no key of the run\n", (unsigned long long)stats->refused,
                plural(stats->refused));
}

/* ---- JSON */

static json_t *json_of(uint64_t number) {
    return json_integer((json_int_t)number);
}

static json_t *worker_json(const WorkerStats *worker, uint32_t number) {
    return json_pack("{s:o s:o s:o s:o s:o s:f s:f s:o s:o s:o}", "worker", json_of(number), "ranges", json_of(worker->ranges),
                     "chunks", json_of(worker->chunks), "elements", json_of(worker->elements), "bytes", json_of(worker->size),
                     "seconds", seconds_of(worker->nanoseconds), "merge_seconds", seconds_of(worker->merge_nanoseconds),
                     "captured_bytes", json_of(worker->captures), "list_bytes", json_of(worker->slices), "table_bytes",
                     json_of(worker->table));
}

static json_t *job_json(const JobStats *job) {
    json_t *workers = json_array(), *edges = json_array();
    for (uint32_t i = 0; i < job->worker_count; i++) json_array_append_new(workers, worker_json(&job->workers[i], i));
    for (uint32_t i = 0; i < job->edge_count; i++) {
        const EdgeStats *edge = &job->edges[i];
        json_array_append_new(edges, json_pack("{s:o s:o s:o s:o}", "from", json_of(edge->from), "to", json_of(edge->to), "nodes",
                                               json_of(edge->nodes), "bytes", json_of(edge->size)));
    }
    json_t *owner = JOB_OWNER(job->job) ? json_of(JOB_OWNER(job->job) - 1) : json_null(); /* a worker, or the program */
    return json_pack("{s:o s:o s:o s:o s:o s:o s:o s:f s:o s:o s:o s:o}", "job", json_of(JOB_COUNT(job->job)), "owner", owner,
                     "chunks", json_of(job->spec.chunks), "chunks_from_journal", json_of(job->stored), "elements",
                     json_of(elements_of(job)), "bytes", json_of(job->spec.size), "captured_bytes", json_of(job->spec.blob_size),
                     "seconds", seconds_of(job->ended - job->started), "workers", workers, "edges", edges, "root_nodes",
                     json_of(job->root_nodes), "root_bytes", json_of(job->root_size));
}

bool stats_show_json(const Stats *stats, uint32_t workers, double seconds) {
    json_t *jobs = json_array();
    for (size_t i = 0; i < stats->count; i++) json_array_append_new(jobs, job_json(&stats->jobs[i]));
    json_t *all = json_pack("{s:o s:f s:o s:o s:o}", "workers", json_of(workers), "seconds", seconds, "jobs", jobs, "dropped",
                            json_of(stats->dropped), "refused", json_of(stats->refused));
    bool is_done = all && json_dumpf(all, stderr, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0;
    fputc('\n', stderr);
    json_decref(all);
    return is_done;
}
