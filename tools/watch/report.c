/* report.c: see report.h. */
#include "tools/watch/report.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"

enum { EVERY = 100 /* milliseconds */, MOST_JOBS = 1000 };

struct Report {
    int fd, wake; /* wake: an eventfd: it is to end */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the rest */
    Progress progress;
};

/* ---- a line */

static const char *const phases[] = {
    [PROGRESS_WAITS] = "waits", [PROGRESS_MAPS] = "maps", [PROGRESS_MERGES] = "merges", [PROGRESS_DELIVERS] = "delivers"};

static void add_number(Buf *out, const char *name, uint64_t number) {
    buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)number);
}

static double seconds_since(uint64_t from, uint64_t now) {
    return now > from ? (double)(now - from) / 1e9 : 0;
}

static void add_job(const ProgressJob *job, uint64_t now, Buf *out) {
    buf_printf(out, "{\"job\":%llu,\"phase\":\"%s\",\"seconds\":%.3f", (unsigned long long)job->number, phases[job->phase],
               seconds_since(job->submitted, now));
    add_number(out, "chunks", job->chunks);
    add_number(out, "done", job->done);
    add_number(out, "of", job->limit);
    add_number(out, "elements", job->elements);
    add_number(out, "bytes", job->size);
    add_number(out, "chunks_mapped", job->mapped);
    add_number(out, "bytes_read", job->read);
    add_number(out, "values", job->values);
    buf_add_char(out, '}');
}

void report_line(const Progress *progress, uint64_t now, Buf *out) {
    buf_printf(out, "{\"event\":\"progress\",\"time\":%.3f", seconds_since(progress->began, now));
    add_number(out, "workers", progress->here);
    add_number(out, "busy", progress->busy);
    add_number(out, "lost", progress->lost);
    add_number(out, "chunks_again", progress->again);
    add_number(out, "jobs_inside", progress->inner);
    add_number(out, "jobs_finished", progress->finished);
    buf_add_text(out, ",\"jobs\":[");
    for (size_t i = 0; i < progress->count && i < MOST_JOBS; i++) {
        if (i > 0) buf_add_char(out, ',');
        add_job(&progress->jobs[i], now, out);
    }
    buf_add_text(out, "]}");
}

/* ---- reading */

static uint64_t number_of(const json_t *object, const char *name) {
    json_int_t number = json_integer_value(json_object_get(object, name));
    return number > 0 ? (uint64_t)number : 0;
}

static ProgressJob read_job(const json_t *object, uint64_t now) {
    ProgressJob job = {.number = number_of(object, "job")};
    const char *phase = json_string_value(json_object_get(object, "phase"));
    for (size_t i = 0; phase && i < sizeof phases / sizeof *phases; i++)
        if (strcmp(phase, phases[i]) == 0) job.phase = (ProgressPhase)i;
    double seconds = json_number_value(json_object_get(object, "seconds"));
    uint64_t age = seconds > 0 && seconds < 1e9 ? (uint64_t)(seconds * 1e9) : 0;
    job.submitted = age < now ? now - age : 0;
    job.started = job.phase == PROGRESS_WAITS ? 0 : job.submitted;
    job.chunks = number_of(object, "chunks");
    job.done = number_of(object, "done");
    job.limit = number_of(object, "of");
    job.elements = number_of(object, "elements");
    job.size = number_of(object, "bytes");
    job.mapped = number_of(object, "chunks_mapped");
    job.read = number_of(object, "bytes_read");
    job.values = number_of(object, "values");
    if (job.done > job.limit) job.done = job.limit;
    return job;
}

bool report_read(Progress *progress, uint64_t now, const char *line, size_t len) {
    json_t *all = json_loadb(line, len, 0, NULL);
    const json_t *list = json_object_get(all, "jobs");
    size_t count = json_array_size(list);
    bool is_good = json_is_array(list) && count <= MOST_JOBS;
    if (is_good) {
        ProgressJob *jobs = xcalloc(count + 1, sizeof *jobs);
        for (size_t i = 0; i < count; i++) jobs[i] = read_job(json_array_get(list, i), now);
        progress_set_jobs(progress, jobs, count, now);
        free(jobs);
        progress->here = (uint32_t)number_of(all, "workers");
        progress->busy = (uint32_t)number_of(all, "busy");
        progress->lost = (uint32_t)number_of(all, "lost");
        progress->again = number_of(all, "chunks_again");
        progress->inner = number_of(all, "jobs_inside");
        progress->finished = number_of(all, "jobs_finished");
    }
    json_decref(all);
    return is_good;
}

/* ---- writing, now and then */

static uint64_t now_is(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time); /* as the scheduler's */
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bool is_over(const Report *report) {
    struct pollfd item = {.fd = report->wake, .events = POLLIN};
    return poll(&item, 1, EVERY) > 0;
}

/* Nothing while no job is under way, but for once when the last has ended. */
static void *report_thread(void *argument) {
    Report *report = argument;
    Buf line = {0};
    for (bool was_busy = false; !is_over(report);) {
        line.len = 0;
        pthread_mutex_lock(&report->mutex);
        bool is_busy = report->progress.count > 0;
        if (is_busy || was_busy) report_line(&report->progress, now_is(), &line);
        pthread_mutex_unlock(&report->mutex);
        if (line.len == 0) continue;
        buf_add_char(&line, '\n');
        bool is_written = write(report->fd, line.data, line.len) == (ssize_t)line.len;
        was_busy = is_busy || !is_written;
    }
    buf_free(&line);
    return NULL;
}

static void report_free(Report *report) {
    if (report->fd >= 0) close(report->fd);
    if (report->wake >= 0) close(report->wake);
    pthread_mutex_destroy(&report->mutex);
    progress_free(&report->progress);
    free(report);
}

Report *report_open(const char *path, char **error) {
    Report *report = xcalloc(1, sizeof *report);
    sigset_t all, old;
    pthread_mutex_init(&report->mutex, NULL);
    report->wake = eventfd(0, EFD_CLOEXEC);
    report->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    int reason = report->fd < 0 || report->wake < 0 ? errno : 0;
    sigfillset(&all); /* signals are for other threads */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (!reason) reason = pthread_create(&report->thread, NULL, report_thread, report);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!reason) return report;
    if (asprintf(error, "cannot write %s: %s", path, strerror(reason)) < 0) *error = NULL;
    report_free(report);
    return NULL;
}

void report_news(Report *report, const News *news, size_t count) {
    pthread_mutex_lock(&report->mutex);
    progress_take(&report->progress, news, count);
    pthread_mutex_unlock(&report->mutex);
}

void report_close(Report **report) {
    uint64_t one = 1;
    if (!*report) return;
    while (write((*report)->wake, &one, sizeof one) < 0 && errno == EINTR) {}
    pthread_join((*report)->thread, NULL);
    report_free(*report);
    *report = NULL;
}
