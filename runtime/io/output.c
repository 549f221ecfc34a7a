/* output.c: print, log and write.
 *
 * What an element prints is part of its chunk's value: there print only collects. At the root's top level it collects too, so that
 * many small prints are few writes; io_flush is called when enough has come together, before anything that takes long, before an
 * error is shown, and at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/value/value.h"

enum { OUT_ENOUGH = 64 * 1024 };

bool io_fail_take(MrContext *context, char *message) {
    mr_failf(context, "%s", message ? message : "out of memory");
    free(message);
    return true;
}

static bool write_all(int fd, const char *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t put = write(fd, bytes + done, len - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        done += (size_t)put;
    }
    return true;
}

bool io_flush(MrContext *context) {
    if (!context->out_is_direct || context->out_len == 0) return false;
    bool is_done = write_all(STDOUT_FILENO, context->out, context->out_len);
    int reason = errno;
    context->out_len = 0;
    if (!is_done && reason == EPIPE) {
        IoState *state = io_state(context);
        state->reader_is_gone = true;
        if (state->leave) state->leave(context, STATUS_READER_GONE);
    }
    return !is_done && mr_failf(context, "cannot write to standard output: %s", strerror(reason));
}

void io_out_add(MrContext *context, const char *bytes, size_t len) {
    if (context->out_cap - context->out_len < len) {
        size_t cap = context->out_cap ? context->out_cap : 256;
        while (cap - context->out_len < len) cap *= 2;
        context->out = xrealloc(context->out, cap);
        context->out_cap = cap;
    }
    if (len) memcpy(context->out + context->out_len, bytes, len);
    context->out_len += len;
}

bool mr_prim_print(MrContext *context, void *out, const MrString *text) {
    (void)out;
    io_out_add(context, text->data, (size_t)text->len);
    io_out_add(context, "\n", 1);
    bool is_due = context->out_is_direct && (context->out_len >= OUT_ENOUGH || io_state(context)->has_terminal);
    return is_due && io_flush(context);
}

bool mr_prim_log(MrContext *context, void *out, const MrString *text) {
    (void)out;
    Buf line = {0};
    buf_printf(&line, "[%s] ", io_state(context)->name);
    buf_add(&line, text->data, (size_t)text->len);
    buf_add_char(&line, '\n');
    bool is_done = write_all(STDERR_FILENO, line.data, line.len); /* one write, so that lines of several workers do not mix */
    int reason = errno;
    buf_free(&line);
    return !is_done && mr_failf(context, "cannot write to standard error: %s", strerror(reason));
}

/* ---- write */

/* Opens a file without a name in the folder of `path`: of it nothing is left if the process ends here. -1: that is not possible. */
static int open_nameless(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : strdup(".");
    int fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    free(folder);
    return fd;
}

/* Gives a nameless file a name beside `path`, or makes a new one (*fd < 0). NULL: failed. */
static char *name_beside(const char *path, int *fd) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char *name = io_message("%s.mr-%ld-%u", path, (long)gettid(), attempt), place[32];
        snprintf(place, sizeof place, "/proc/self/fd/%d", *fd);
        bool is_new = *fd < 0;
        if (is_new) *fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (is_new ? *fd >= 0 : linkat(AT_FDCWD, place, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) return name;
        free(name);
        if (errno != EEXIST) break;
    }
    return NULL;
}

/* Writes beside the place and renames, so that the file appears whole or not at all. A file that is there keeps its permissions. */
static bool write_renamed(const char *path, const MrString *text) {
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    int fd = open_nameless(path);
    char *name = fd < 0 ? name_beside(path, &fd) : NULL;
    bool is_done =
        fd >= 0 && (!is_there || fchmod(fd, status.st_mode & 07777) == 0) && write_all(fd, text->data, (size_t)text->len);
    if (is_done && !name) is_done = (name = name_beside(path, &fd)) != NULL;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && is_done) is_done = false, reason = errno;
    if (is_done && rename(name, path) != 0) is_done = false, reason = errno;
    if (!is_done && name) unlink(name);
    free(name);
    errno = reason;
    return is_done;
}

/* Devices and pipes are written to as they are. */
static bool write_through(const char *path, const MrString *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool is_done = write_all(fd, text->data, (size_t)text->len);
    int reason = errno;
    if (close(fd) != 0 && is_done) return false;
    errno = reason;
    return is_done;
}

bool mr_prim_write(MrContext *context, void *out, const MrString *path, const MrString *text) {
    (void)out;
    if (io_flush(context)) return true;
    if (memchr(path->data ? path->data : "", 0, (size_t)path->len)) return mr_failf(context, "a path cannot contain a NUL byte");
    char *name = strndup(path->data ? path->data : "", (size_t)path->len);
    char *target = realpath(name, NULL); /* through symbolic links: it is the file that is replaced, not the link */
    struct stat status;
    bool is_special = stat(name, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
    bool is_done = is_special ? write_through(name, text) : write_renamed(target ? target : name, text);
    bool failed = !is_done && mr_failf(context, "cannot write %s: %s", name, strerror(errno));
    free(target);
    free(name);
    return failed;
}
