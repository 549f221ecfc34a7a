/* held.c: values in memory or in a file without a name, and reading parts of them. */
#include "base/held.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { WRITE_SIZE = 1 << 18 };
#define FILE_PREFIX "mr-spill-"

typedef struct HeldRun {
    uint64_t starts[HELD_CELLS + 1]; /* of the cells, in the data or the file */
} HeldRun;

struct Held {
    bool is_cut;
    uint64_t form;
    Buf data; /* in a spool: what is not written yet */
    int file; /* -1: the value is in memory */
    char *directory;
    uint64_t size; /* of what was added */
    HeldRun *runs;
    uint32_t run_count;
    uint32_t next_cell; /* of the run that is being written */
};

static void report(char **error, const char *directory, const char *what, int reason) {
    if (asprintf(error, "cannot %s a temporary file in %s: %s (TMPDIR says where such files are made)", what, directory,
                 strerror(reason)) < 0)
        *error = NULL;
}

/* ---- making */

static Held *held_new(bool is_cut, uint64_t form) {
    Held *held = xcalloc(1, sizeof *held);
    held->is_cut = is_cut;
    held->form = form;
    held->file = -1;
    return held;
}

Held *held_plain(Buf *data) {
    Held *held = held_new(false, 0);
    held->data = *data;
    held->size = data->len;
    *data = (Buf){0};
    return held;
}

Held *held_cut(uint64_t form) {
    return held_new(true, form);
}

/* Removes the files of processes that were killed between making one and taking away its name. */
static void sweep(const char *directory) {
    DIR *entries = opendir(directory);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strncmp(entry->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) != 0) continue;
        long pid = strtol(entry->d_name + strlen(FILE_PREFIX), NULL, 10);
        if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH) unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
}

/* A file without a name; -1: failed, with errno. */
static int open_file(const char *directory) {
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
    sweep(directory);
    char *name;
    if (asprintf(&name, "%s/" FILE_PREFIX "%ld-XXXXXX", directory, (long)getpid()) < 0) return -1;
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0) unlink(name);
    free(name);
    return file;
}

Held *held_spool(uint64_t form, const char *directory, char **error) {
    int file = open_file(directory);
    if (file < 0) {
        report(error, directory, "make", errno);
        return NULL;
    }
    Held *held = held_new(true, form);
    held->file = file;
    held->directory = strdup(directory);
    return held;
}

void held_free(Held **held) {
    if (!*held) return;
    if ((*held)->file >= 0) close((*held)->file);
    buf_free(&(*held)->data);
    free((*held)->directory);
    free((*held)->runs);
    free(*held);
    *held = NULL;
}

/* ---- writing */

static bool write_out(Held *held, char **error) {
    if (held->file < 0) return false;
    for (size_t done = 0; done < held->data.len;) {
        ssize_t count = write(held->file, held->data.data + done, held->data.len - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            report(error, held->directory, "write partial results to", errno);
            return true;
        }
        done += (size_t)count;
    }
    held->data.len = 0;
    return false;
}

void held_begin(Held *held) {
    held->runs = xrealloc(held->runs, (held->run_count + 1) * sizeof *held->runs);
    held->run_count++;
    held->next_cell = 0;
}

/* The cells up to this one begin here, if they have not begun. */
static void begin_cells(Held *held, uint32_t cell) {
    HeldRun *run = &held->runs[held->run_count - 1];
    while (held->next_cell <= cell) run->starts[held->next_cell++] = held->size;
}

bool held_add(Held *held, uint32_t cell, const void *bytes, size_t size, char **error) {
    begin_cells(held, cell);
    buf_add(&held->data, bytes, size);
    held->size += size;
    return held->data.len >= WRITE_SIZE && write_out(held, error);
}

bool held_end(Held *held, char **error) {
    begin_cells(held, HELD_CELLS);
    return write_out(held, error);
}

uint32_t held_runs(const Held *held) {
    return held->run_count;
}

/* ---- reading */

static uint64_t first_cell(uint32_t part, uint32_t parts) {
    return parts ? (uint64_t)HELD_CELLS * part / parts : part ? HELD_CELLS : 0;
}

/* The bytes of a run that belong to the part. */
static void run_bounds(const Held *held, uint32_t run, uint32_t part, uint32_t parts, uint64_t *from, uint64_t *to) {
    const uint64_t *starts = held->runs[run].starts;
    *from = starts[first_cell(part, parts)];
    *to = starts[first_cell(part + 1, parts)];
}

uint64_t held_size(const Held *held, uint32_t part, uint32_t parts) {
    if (!held->is_cut) return held->size;
    uint64_t size = sizeof held->form;
    for (uint32_t i = 0; i < held->run_count; i++) {
        uint64_t from, to;
        run_bounds(held, i, part, parts, &from, &to);
        size += to - from;
    }
    return size;
}

const void *held_bytes(const Held *held) {
    static const char nothing;
    if (held->is_cut) return NULL;
    return held->data.data ? held->data.data : &nothing;
}

static bool read_at(const Held *held, uint64_t at, char *to, size_t size, char **error) {
    if (held->file < 0) {
        memcpy(to, held->data.data + at, size);
        return false;
    }
    while (size > 0) {
        ssize_t count = pread(held->file, to, size, (off_t)at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            report(error, held->directory, "read partial results from", count < 0 ? errno : EIO);
            return true;
        }
        to += count;
        at += (uint64_t)count;
        size -= (size_t)count;
    }
    return false;
}

/* Copies what of the stretch [from, from + len) of the file or the data lies in the wanted window, of which *offset bytes are
 * still to be skipped. */
static bool read_stretch(const Held *held, uint64_t from, uint64_t len, uint64_t *offset, char **to, size_t *size, char **error) {
    if (*offset >= len) {
        *offset -= len;
        return false;
    }
    uint64_t count = len - *offset < *size ? len - *offset : *size;
    if (count && read_at(held, from + *offset, *to, count, error)) return true;
    *to += count;
    *size -= count;
    *offset = 0;
    return false;
}

bool held_read(const Held *held, uint32_t part, uint32_t parts, uint64_t offset, void *to, size_t size, char **error) {
    char *at = to;
    if (!held->is_cut) return read_stretch(held, 0, held->size, &offset, &at, &size, error);
    const char *form = (const char *)&held->form;
    for (; offset < sizeof held->form && size > 0; offset++, size--) *at++ = form[offset];
    offset -= sizeof held->form;
    for (uint32_t i = 0; i < held->run_count && size > 0; i++) {
        uint64_t from, end;
        run_bounds(held, i, part, parts, &from, &end);
        if (read_stretch(held, from, end - from, &offset, &at, &size, error)) return true;
    }
    return false;
}
