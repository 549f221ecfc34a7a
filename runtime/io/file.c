/* file.c: identities of files, spools for what cannot be read at an offset, and a small cache of open files.
 *
 * A spool is a temporary file that was unlinked as soon as it was made, so that nothing is left behind however the run ends. Others
 * open it as /proc/PID/fd/N, which Linux allows to every process of the same user while the owner lives. */
#include "runtime/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/input.h"

enum { OPEN_FILES = 4, SPOOL_PIECE = 256 * 1024 };

struct FileReader {
    const FileList *list;
    bool is_home; /* the list was made on this host */
    struct {
        int fd;
        size_t file;
        uint64_t used; /* when, in opens */
    } open[OPEN_FILES];
    uint64_t clock;
};

char *io_message(const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) text = NULL;
    va_end(args);
    return text;
}

static int64_t modified_of(const struct stat *status) {
    return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

/* ---- lists */

static bool spool_copy(int from, int to, const char *path, char **error) {
    char *piece = xmalloc(SPOOL_PIECE);
    bool failed = false;
    while (!failed) {
        ssize_t got = read(from, piece, SPOOL_PIECE);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) *error = io_message("cannot read %s: %s", path, strerror(errno)), failed = true;
        if (got <= 0) break;
        for (ssize_t done = 0; done < got && !failed;) {
            ssize_t put = write(to, piece + done, (size_t)(got - done));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0)
                *error = io_message("cannot keep a copy of %s: %s", path, strerror(errno)), failed = true;
            else
                done += put;
        }
    }
    free(piece);
    return failed;
}

/* Copies what `fd` gives to a nameless file, whose descriptor the list keeps. */
static bool spool_make(FileList *list, int fd, const char *path, char **real_path, char **error) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = "/tmp";
    char *name = io_message("%s/mr-XXXXXX", folder);
    int spool = mkostemp(name, O_CLOEXEC);
    if (spool < 0) {
        *error = io_message("cannot keep a copy of %s in %s: %s", path, folder, strerror(errno));
        free(name);
        return true;
    }
    unlink(name);
    free(name);
    if (spool_copy(fd, spool, path, error)) {
        close(spool);
        return true;
    }
    list->spools = xrealloc(list->spools, (list->spool_count + 1) * sizeof *list->spools);
    list->spools[list->spool_count++] = spool;
    *real_path = io_message("/proc/%ld/fd/%d", (long)getpid(), spool);
    return false;
}

static void name_host(char name[FILE_HOST_SIZE]) {
    if (gethostname(name, FILE_HOST_SIZE - 1) != 0) name[0] = '\0';
    name[FILE_HOST_SIZE - 1] = '\0';
    if (!name[0]) snprintf(name, FILE_HOST_SIZE, "this host");
}

static void list_append(FileList *list, FileEntry entry) {
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->files = xrealloc(list->files, list->cap * sizeof *list->files);
    }
    if (!list->host[0]) name_host(list->host);
    entry.start = list->size;
    list->size += entry.size;
    list->files[list->count++] = entry;
}

static bool fail_read(const char *shown, char **error) {
    *error = io_message("cannot read %s: %s", shown, strerror(errno));
    return true;
}

/* Files that the kernel makes up as they are read (/proc) have size 0 too. */
static bool is_empty(const char *path) {
    char byte;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_empty = fd >= 0 && read(fd, &byte, 1) == 0;
    if (fd >= 0) close(fd);
    return is_empty;
}

/* What cannot be read at an offset is spooled: *status is then the spool's. */
static bool spool_if_needed(FileList *list, const char *path, const char *shown, struct stat *status, char **real_path,
                            char **error) {
    bool is_standard_input = strcmp(path, "-") == 0;
    if (!is_standard_input && S_ISREG(status->st_mode) && (status->st_size > 0 || is_empty(path))) return false;
    if (S_ISDIR(status->st_mode)) {
        *error = io_message("cannot read %s: it is a directory", shown);
        return true;
    }
    int fd = is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_read(shown, error);
    bool failed = spool_make(list, fd, shown, real_path, error);
    if (!is_standard_input) close(fd);
    if (failed || fstat(list->spools[list->spool_count - 1], status) == 0) return failed;
    free(*real_path);
    return fail_read(shown, error);
}

bool file_list_add(FileList *list, const char *path, char **error) {
    bool is_standard_input = strcmp(path, "-") == 0;
    const char *shown = is_standard_input ? "standard input" : path;
    struct stat status;
    if ((is_standard_input ? fstat(STDIN_FILENO, &status) : stat(path, &status)) != 0) return fail_read(shown, error);
    FileEntry entry = {0};
    if (spool_if_needed(list, path, shown, &status, &entry.real_path, error)) return true;
    entry.path = strdup(shown);
    entry.size = (uint64_t)status.st_size;
    entry.modified = modified_of(&status);
    list_append(list, entry);
    return false;
}

static FileEntry entry_copy(const FileEntry *entry) {
    FileEntry copy = {.path = strdup(entry->path), .size = entry->size, .modified = entry->modified};
    if (entry->real_path) copy.real_path = strdup(entry->real_path);
    return copy;
}

bool file_list_add_kept(FileList *list, const FileList *kept, const char *path) {
    for (size_t i = 0; i < kept->count; i++) {
        if (strcmp(kept->files[i].path, path) != 0) continue;
        list_append(list, entry_copy(&kept->files[i]));
        return true;
    }
    return false;
}

void file_list_keep(FileList *kept, FileList *list) {
    for (size_t i = 0; i < list->count && list->spool_count > 0; i++) {
        if (list->files[i].real_path) list_append(kept, entry_copy(&list->files[i]));
    }
    if (list->spool_count == 0) return;
    kept->spools = xrealloc(kept->spools, (kept->spool_count + list->spool_count) * sizeof *kept->spools);
    memcpy(kept->spools + kept->spool_count, list->spools, list->spool_count * sizeof *list->spools);
    kept->spool_count += list->spool_count;
    list->spool_count = 0;
}

size_t file_list_find(const FileList *list, uint64_t offset) {
    size_t low = 0, high = list->count; /* the last file that starts at or before offset; empty files have the start of the next */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (list->files[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void put_path(Buf *out, const char *path) {
    buf_add_counted(out, path, path ? strlen(path) : 0);
}

void file_list_encode(const FileList *list, Buf *out) {
    put_path(out, list->host);
    buf_add_number(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const FileEntry *file = &list->files[i];
        put_path(out, file->path);
        put_path(out, file->real_path);
        buf_add_number(out, file->size);
        buf_add_number(out, (uint64_t)file->modified);
    }
}

/* NULL: there is none. */
static char *take_path(Input *in) {
    size_t len;
    const char *path = input_text(in, &len);
    return len ? strndup(path, len) : NULL;
}

size_t file_list_decode(FileList *list, const void *bytes, size_t size) {
    *list = (FileList){0};
    Input in = input_of(bytes, size);
    size_t len;
    const char *host = input_text(&in, &len);
    if (len >= sizeof list->host) in.is_bad = true;
    if (!in.is_bad) memcpy(list->host, host, len);
    uint64_t count = input_number(&in);
    for (uint64_t i = 0; i < count && !in.is_bad; i++) {
        FileEntry entry = {.path = take_path(&in)};
        entry.real_path = take_path(&in);
        entry.size = input_number(&in);
        entry.modified = (int64_t)input_number(&in);
        if (!entry.path || entry.size > (UINT64_MAX >> 1) - list->size) in.is_bad = true;
        if (!entry.path) entry.path = strdup("");
        list_append(list, entry);
    }
    if (!in.is_bad) return (size_t)(in.at - (const char *)bytes);
    file_list_free(list);
    return 0;
}

void file_list_free(FileList *list) {
    for (size_t i = 0; i < list->count; i++) free(list->files[i].path), free(list->files[i].real_path);
    for (size_t i = 0; i < list->spool_count; i++) close(list->spools[i]);
    free(list->files);
    free(list->spools);
    *list = (FileList){0};
}

/* ---- reading */

FileReader *file_reader_new(const FileList *list) {
    FileReader *reader = xcalloc(1, sizeof *reader);
    char host[FILE_HOST_SIZE];
    name_host(host);
    reader->list = list;
    reader->is_home = !list->host[0] || strcmp(host, list->host) == 0;
    for (int i = 0; i < OPEN_FILES; i++) reader->open[i].fd = -1;
    return reader;
}

void file_reader_free(FileReader **reader) {
    if (!*reader) return;
    for (int i = 0; i < OPEN_FILES; i++) {
        if ((*reader)->open[i].fd >= 0) close((*reader)->open[i].fd);
    }
    free(*reader);
    *reader = NULL;
}

/* ": 12 bytes of 2026-11-22 23:45:01 UTC" */
static void describe_version(uint64_t size, int64_t modified, char text[96]) {
    time_t seconds = (time_t)(modified / 1000000000);
    struct tm parts;
    char when[32] = "";
    if (gmtime_r(&seconds, &parts)) strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text, 96, "%llu bytes of %s UTC", (unsigned long long)size, when);
}

static bool fail_changed(const FileEntry *entry, char **error) {
    *error = io_message("%s changed while it was being read", entry->path);
    return true;
}

static bool fail_different(const FileReader *reader, const FileEntry *entry, const struct stat *here, char **error) {
    if (reader->is_home) return fail_changed(entry, error);
    char host[FILE_HOST_SIZE], there[96], now[96];
    name_host(host);
    describe_version(entry->size, entry->modified, there);
    describe_version((uint64_t)here->st_size, modified_of(here), now);
    *error = io_message("%s is not the same file on all hosts: on %s it has %s, on %s %s", entry->path, reader->list->host, there,
                        host, now);
    return true;
}

static bool fail_open(const FileReader *reader, const FileEntry *entry, char **error) {
    char host[FILE_HOST_SIZE];
    int reason = errno;
    name_host(host);
    *error = reader->is_home ? io_message("cannot read %s: %s", entry->path, strerror(reason))
                             : io_message("host %s: cannot read %s: %s", host, entry->path, strerror(reason));
    return true;
}

/* What is no file that others could open by its name was copied by the process that made the list, on its host. */
static bool fail_elsewhere(const FileReader *reader, const FileEntry *entry, char **error) {
    char host[FILE_HOST_SIZE];
    name_host(host);
    *error = io_message("host %s: cannot read %s, which is on %s only: name a file that all hosts have", host, entry->path,
                        reader->list->host);
    return true;
}

/* The tools that copy files to other hosts keep their time to the second, at least. */
static bool is_same_version(const FileReader *reader, const FileEntry *entry, const struct stat *status) {
    int64_t here = modified_of(status), second = 1000000000;
    if ((uint64_t)status->st_size != entry->size) return false;
    bool is_rounded = !reader->is_home && (here % second == 0 || entry->modified % second == 0);
    return is_rounded ? here / second == entry->modified / second : here == entry->modified;
}

/* The descriptor of a file: one that is open, else in the place of the one that was not used for longest. */
static bool reader_open(FileReader *reader, size_t file, int *fd, char **error) {
    int oldest = 0;
    for (int i = 0; i < OPEN_FILES; i++) {
        if (reader->open[i].fd >= 0 && reader->open[i].file == file) {
            reader->open[i].used = ++reader->clock;
            *fd = reader->open[i].fd;
            return false;
        }
        if (reader->open[i].used < reader->open[oldest].used) oldest = i;
    }
    const FileEntry *entry = &reader->list->files[file];
    if (entry->real_path && !reader->is_home) return fail_elsewhere(reader, entry, error);
    /* O_NONBLOCK: the file may have become a pipe to which nobody writes. */
    int opened = open(entry->real_path ? entry->real_path : entry->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (opened < 0 || fstat(opened, &status) != 0) {
        fail_open(reader, entry, error);
        if (opened >= 0) close(opened);
        return true;
    }
    if (!is_same_version(reader, entry, &status)) {
        close(opened);
        return fail_different(reader, entry, &status, error);
    }
    if (reader->open[oldest].fd >= 0) close(reader->open[oldest].fd);
    reader->open[oldest].fd = *fd = opened;
    reader->open[oldest].file = file;
    reader->open[oldest].used = ++reader->clock;
    return false;
}

bool file_read(FileReader *reader, size_t file, uint64_t offset, void *into, size_t count, char **error) {
    int fd = -1;
    if (reader_open(reader, file, &fd, error)) return true;
    const FileEntry *entry = &reader->list->files[file];
    for (size_t done = 0; done < count;) {
        ssize_t got = pread(fd, (char *)into + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_open(reader, entry, error);
        if (got == 0) return fail_changed(entry, error);
        done += (size_t)got;
    }
    return false;
}
