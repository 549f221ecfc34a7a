/* sink.c: two buffers: one is filled, while the other is written. */
#include "tools/watch/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"

/* Bytes that wait at most, and that are worth waking up the thread before its time, which comes every so many nanoseconds. */
enum { MOST = 64 << 20, MUCH = 256 << 10, PAUSE = 50000000, END_PATIENCE = 5 /* seconds */ };

struct Sink {
    char *path;
    int fd;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, but not `line` */
    pthread_cond_t changed;
    Buf filled;
    bool is_closing;
    int reason; /* errno of what went wrong; 0: nothing */
    Buf line;   /* of the thread that says */
    uint64_t left_out;
};

static int write_all(int fd, const Buf *bytes) {
    for (size_t done = 0; done < bytes->len;) {
        ssize_t put = write(fd, bytes->data + done, bytes->len - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        done += (size_t)put;
    }
    return 0;
}

static struct timespec after_pause(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += PAUSE;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static void *sink_thread(void *argument) {
    Sink *sink = argument;
    Buf writing = {0};
    pthread_mutex_lock(&sink->mutex);
    while (!sink->is_closing || sink->filled.len > 0) {
        struct timespec until = after_pause();
        if (!sink->is_closing && sink->filled.len < MUCH) pthread_cond_timedwait(&sink->changed, &sink->mutex, &until);
        Buf full = sink->filled;
        sink->filled = writing;
        writing = full;
        pthread_mutex_unlock(&sink->mutex);
        int reason = write_all(sink->fd, &writing);
        writing.len = 0;
        pthread_mutex_lock(&sink->mutex);
        if (reason && !sink->reason) sink->reason = reason;
    }
    pthread_mutex_unlock(&sink->mutex);
    buf_free(&writing);
    return NULL;
}

static void sink_free(Sink *sink) {
    close(sink->fd);
    pthread_mutex_destroy(&sink->mutex);
    pthread_cond_destroy(&sink->changed);
    buf_free(&sink->filled);
    buf_free(&sink->line);
    free(sink->path);
    free(sink);
}

Sink *sink_open(const char *path, char **error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (asprintf(error, "cannot write %s: %s", path, strerror(errno)) < 0) *error = NULL;
        return NULL;
    }
    Sink *sink = xcalloc(1, sizeof *sink);
    sigset_t all, old;
    sink->fd = fd;
    sink->path = strdup(path);
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->changed, NULL);
    sigfillset(&all); /* signals are for other threads */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int reason = pthread_create(&sink->thread, NULL, sink_thread, sink);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (reason == 0) return sink;
    *error = strdup("cannot start a thread");
    sink_free(sink);
    return NULL;
}

Buf *sink_line(Sink *sink) {
    return &sink->line;
}

void sink_end_line(Sink *sink) {
    buf_add_char(&sink->line, '\n');
    pthread_mutex_lock(&sink->mutex);
    bool has_room = sink->filled.len + sink->line.len <= MOST;
    if (has_room) buf_add(&sink->filled, sink->line.data, sink->line.len);
    bool is_much = sink->filled.len >= MUCH;
    pthread_mutex_unlock(&sink->mutex);
    if (!has_room) sink->left_out++;
    if (is_much) pthread_cond_signal(&sink->changed);
    sink->line.len = 0;
}

uint64_t sink_left_out(const Sink *sink) {
    return sink->left_out;
}

bool sink_close(Sink **sink, char **error) {
    Sink *self = *sink;
    *error = NULL;
    if (!self) return true;
    *sink = NULL;
    pthread_mutex_lock(&self->mutex);
    self->is_closing = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    struct timespec until = after_pause();
    until.tv_sec += END_PATIENCE;
    if (pthread_timedjoin_np(self->thread, NULL, &until) != 0) { /* its reader does not read: the thread ends with the process */
        if (asprintf(error, "cannot write %s: nobody reads it", self->path) < 0) *error = NULL;
        return false;
    }
    int reason = self->reason;
    if (reason && asprintf(error, "cannot write %s: %s", self->path, strerror(reason)) < 0) *error = NULL;
    sink_free(self);
    return reason == 0;
}

/* ---- JSON */

void json_add_text(Buf *out, const char *text) {
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    buf_add_text(out, quoted ? quoted : "\"?\"");
    free(quoted);
    json_decref(value);
}

void json_add_seconds(Buf *out, uint64_t nanoseconds) {
    buf_printf(out, "%llu.%09llu", (unsigned long long)(nanoseconds / 1000000000), (unsigned long long)(nanoseconds % 1000000000));
}
