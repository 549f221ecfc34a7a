/* process.c: the program and its surroundings: whole files, arguments, environment, time, the end. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/io/state.h"
#include "runtime/value/value.h"

enum { READ_PIECE = 64 * 1024 };

static bool read_all(MrContext *context, int fd, const char *name, Buf *text) {
    for (size_t piece = READ_PIECE;; piece = text->len < READ_PIECE ? READ_PIECE : text->len) {
        buf_reserve(text, piece);
        ssize_t got = read(fd, text->data + text->len, piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return io_fail_read(context, name);
        if (got == 0) return false;
        text->len += (size_t)got;
    }
}

bool mr_prim_read(MrContext *context, MrString *out, const MrString *path) {
    if (io_flush(context)) return true;
    if (path->len == 0) return mr_failf(context, "a path cannot be empty");
    if (memchr(path->data, 0, (size_t)path->len)) return mr_failf(context, "a path cannot contain a NUL byte");
    IoState *state = io_state(context);
    char *name = strndup(path->data, (size_t)path->len);
    bool is_input = strcmp(name, "-") == 0, failed = false;
    if (is_input && (!state->is_root || state->in_job))
        failed = mr_failf(context, "standard input can be read at the top level only");
    int fd = failed ? -1 : is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (!failed && fd < 0) failed = io_fail_read(context, name);
    Buf text = {0};
    failed = failed || read_all(context, fd, is_input ? "standard input" : name, &text);
    if (!failed) *out = string_from_buf(&text);
    buf_free(&text);
    if (fd >= 0 && !is_input) close(fd);
    free(name);
    return failed;
}

bool mr_prim_arguments(MrContext *context, MrList **out) {
    const IoState *state = io_state(context);
    MrList *list = NULL;
    for (int i = 0; i < state->argc; i++) {
        MrString argument = string_of(state->argv[i]);
        list_push_take(&list, &argument, &type_string);
    }
    *out = list;
    return false;
}

bool mr_prim_env(MrContext *context, MrOptionalString *out, const MrString *name) {
    (void)context;
    *out = (MrOptionalString){0};
    if (name->len == 0 || memchr(name->data, 0, (size_t)name->len)) return false;
    char *key = strndup(name->data, (size_t)name->len);
    const char *value = getenv(key);
    free(key);
    if (value) *out = (MrOptionalString){.is_some = true, .value = string_of(value)};
    return false;
}

bool mr_prim_exit(MrContext *context, void *out, int64_t code) {
    (void)out;
    IoState *state = io_state(context);
    if (code < 0 || code > 255) return mr_failf(context, "an exit status is from 0 to 255, not %lld", (long long)code);
    if (!state->is_root || state->in_job) return mr_failf(context, "exit can be called at the top level only, not while mapping");
    if (!state->leave) return mr_failf(context, "exit ends a program, and this is none");
    state->leave(context, (int)code);
    return false;
}

enum { SLEEP_STEP = 100000000 }; /* nanoseconds */

bool mr_prim_sleep(MrContext *context, void *out, double seconds) {
    (void)out;
    if (io_flush(context)) return true;
    if (!(seconds >= 0) || isinf(seconds)) return mr_failf(context, "cannot sleep for %g seconds", seconds);
    if (seconds > 1e9) seconds = 1e9;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)seconds;
    end.tv_nsec += (long)((seconds - floor(seconds)) * 1e9);
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    while (!value_is_interrupted(context)) { /* looks up now and then */
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        if (next.tv_sec > end.tv_sec || (next.tv_sec == end.tv_sec && next.tv_nsec >= end.tv_nsec)) return false;
        next.tv_nsec += SLEEP_STEP;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        bool is_last = next.tv_sec > end.tv_sec || (next.tv_sec == end.tv_sec && next.tv_nsec >= end.tv_nsec);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, is_last ? &end : &next, NULL);
    }
    return mr_fail_depth(context);
}
