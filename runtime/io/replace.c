/* replace.c: files that are written appear whole or not at all. */
#include "runtime/io/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/io/state.h"
#include "runtime/value/value.h"

enum { REPLACE_BUFFER = 256 * 1024 };

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

static void note(ReplaceFile *file, bool is_good) {
    if (!is_good && file->reason == 0) file->reason = errno;
}

bool replace_open(ReplaceFile *file, MrContext *context, const MrString *path) {
    *file = (ReplaceFile){.fd = -1};
    if (path->len == 0) return mr_failf(context, "a path cannot be empty");
    if (memchr(path->data ? path->data : "", 0, (size_t)path->len)) return mr_failf(context, "a path cannot contain a NUL byte");
    file->path = strndup(path->data ? path->data : "", (size_t)path->len);
    file->target = realpath(file->path, NULL);
    if (!file->target) file->target = strdup(file->path);
    struct stat status;
    bool is_there = stat(file->path, &status) == 0;
    file->is_special = is_there && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
    if (file->is_special) {
        note(file, (file->fd = open(file->path, O_WRONLY | O_CLOEXEC)) >= 0);
        return false;
    }
    int fd = open_nameless(file->target);
    if (fd < 0) file->name = name_beside(file->target, &fd);
    file->fd = fd;
    note(file, fd >= 0);
    /* A file that is there keeps its permissions. */
    if (file->fd >= 0 && is_there) note(file, fchmod(file->fd, status.st_mode & 07777) == 0);
    return false;
}

static void put(ReplaceFile *file, const char *bytes, size_t len) {
    for (size_t done = 0; done < len && file->reason == 0;) {
        ssize_t wrote = write(file->fd, bytes + done, len - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            note(file, false);
    }
}

void replace_add(ReplaceFile *file, const char *bytes, size_t len) {
    if (file->buf.len + len > REPLACE_BUFFER) {
        put(file, file->buf.data, file->buf.len);
        file->buf.len = 0;
    }
    if (len > REPLACE_BUFFER)
        put(file, bytes, len);
    else if (len > 0)
        buf_add(&file->buf, bytes, len);
}

bool replace_close(ReplaceFile *file, MrContext *context, bool gives_up) {
    if (!gives_up) put(file, file->buf.data, file->buf.len);
    bool appears = !gives_up && !file->is_special;
    if (appears && file->reason == 0 && !file->name) note(file, (file->name = name_beside(file->target, &file->fd)) != NULL);
    if (file->fd >= 0) note(file, close(file->fd) == 0 || gives_up);
    if (appears && file->reason == 0) note(file, rename(file->name, file->target) == 0);
    if (file->name && (gives_up || file->reason != 0)) unlink(file->name);
    bool failed = !gives_up && file->reason != 0 &&
                  mr_failf(context, "cannot write %s: %s", file->path ? file->path : "", strerror(file->reason));
    buf_free(&file->buf);
    if (appears && !failed) io_state(context)->written++;
    free(file->name);
    free(file->target);
    free(file->path);
    *file = (ReplaceFile){.fd = -1};
    return failed;
}

bool mr_prim_write(MrContext *context, void *out, const MrString *path, const MrString *text) {
    (void)out;
    ReplaceFile file;
    if (io_flush(context) || replace_open(&file, context, path)) return true;
    replace_add(&file, text->data, (size_t)text->len);
    return replace_close(&file, context, false);
}
