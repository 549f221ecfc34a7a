/* journal.c: the journal's file: the lock, reading it once at the start, and appending. */
#include "runtime/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"

#define FILE_NAME "journal"

enum { SYNC_SECONDS = 1 };

/* Where the data of a record lie. */
typedef struct Place {
    uint64_t at, size;
} Place;

struct Journal {
    char *directory;
    JournalMode mode;
    int folder, file; /* the lock is on the folder */
    uint64_t end;     /* of the last whole record */
    Place *places;    /* by number */
    size_t count, cap;
    char *failure; /* why it is off, or NULL */

    pthread_t thread; /* that hands what was written to the disk */
    bool has_thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool is_dirty, is_closing;
    int sync_reason; /* an errno: what was written may not be on the disk */
};

static char *message(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *message(const char *format, ...) {
    Buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_text(&text);
    return text.data;
}

/* ---- opening */

static bool open_folder(Journal *journal, char **error) {
    const char *name = journal->directory;
    if (mkdir(name, 0700) != 0 && errno != EEXIST) {
        *error = message("cannot make the directory %s for the journal: %s; make the folder above it, or name another directory",
                         name, strerror(errno));
        return false;
    }
    journal->folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->folder < 0) {
        *error = message("cannot keep a journal in %s: %s; name another directory", name, strerror(errno));
        return false;
    }
    if (flock(journal->folder, LOCK_EX | LOCK_NB) == 0) return true;
    *error = errno == EWOULDBLOCK
                 ? message("another run keeps its journal in %s at this moment: wait for its end, or name another directory", name)
                 : message("cannot lock %s: %s", name, strerror(errno));
    return false;
}

/* Is there something in the file that must not be lost? A record that was not even begun to the end is nothing. */
static bool has_records(Journal *journal, EntryScan *scan, Entry *first) {
    bool is_there = entry_scan_start(scan, journal->file) && entry_scan_next(scan, first);
    return is_there || scan->reason || scan->is_damaged || scan->skipped;
}

/* Its sums show damage, not lies: what somebody else has written, or could, is not believed. */
static bool is_own(const Journal *journal, char **error) {
    struct stat status;
    bool is_known = fstat(journal->file, &status) == 0;
    if (is_known && S_ISREG(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH))) return true;
    *error = message("%s/" FILE_NAME " is no file that only you may write to: name another directory", journal->directory);
    return false;
}

static bool open_file(Journal *journal, char **error) {
    EntryScan scan;
    Entry first;
    journal->file = openat(journal->folder, FILE_NAME, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->file < 0) {
        *error = message("cannot open %s/" FILE_NAME ": %s; name another directory", journal->directory, strerror(errno));
        return false;
    }
    if (!is_own(journal, error)) return false;
    if (journal->mode != JOURNAL_RESUME && !entry_may_begin(journal->file)) {
        *error = message("%s/" FILE_NAME " is no journal of mr: name another directory", journal->directory);
        return false;
    }
    bool is_taken = journal->mode == JOURNAL_BEGIN && has_records(journal, &scan, &first);
    if (journal->mode == JOURNAL_BEGIN) entry_scan_end(&scan);
    if (is_taken)
        *error =
            message("%s holds the journal of an earlier run: go on with it with --resume, drop it and begin anew with --fresh, "
                    "or name another directory",
                    journal->directory);
    return !is_taken;
}

Journal *journal_open(const char *directory, JournalMode mode, char **error) {
    Journal *journal = xcalloc(1, sizeof *journal);
    journal->directory = strdup(directory);
    journal->mode = mode;
    journal->folder = journal->file = -1;
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_cond_init(&journal->changed, NULL);
    if (!journal->directory) out_of_memory(strlen(directory));
    if (!open_folder(journal, error) || !open_file(journal, error)) journal_close(&journal);
    return journal;
}

void journal_close(Journal **journal) {
    Journal *self = *journal;
    if (!self) return;
    if (self->has_thread) {
        pthread_mutex_lock(&self->mutex);
        self->is_closing = true;
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->mutex);
        pthread_join(self->thread, NULL);
    }
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    if (self->file >= 0) close(self->file);
    if (self->folder >= 0) close(self->folder); /* and with it goes the lock */
    free(self->directory);
    free(self->places);
    free(self->failure);
    free(self);
    *journal = NULL;
}

void journal_remove(Journal *journal) {
    unlinkat(journal->folder, FILE_NAME, 0);
}

/* ---- reading */

static uint64_t add_place(Journal *journal, uint64_t at, uint64_t size) {
    if (journal->count == journal->cap) {
        journal->cap = journal->cap ? 2 * journal->cap : 16;
        journal->places = xrealloc(journal->places, journal->cap * sizeof *journal->places);
    }
    journal->places[journal->count] = (Place){at, size};
    return journal->count++;
}

/* What people should know of a journal that is not whole. */
static char *describe_scan(const EntryScan *scan, uint64_t senseless) {
    Buf text = {0};
    if (scan->skipped) buf_printf(&text, "; %llu damaged records are left out", (unsigned long long)scan->skipped);
    if (senseless) buf_printf(&text, "; %llu records that make no sense are left out", (unsigned long long)senseless);
    if (scan->is_damaged)
        buf_printf(&text, "; it is damaged at byte %llu, and what follows is dropped", (unsigned long long)scan->at);
    if (scan->is_cut) buf_printf(&text, "; its last record was not written to the end");
    if (text.len) buf_text(&text);
    return text.data;
}

/* Reads the first record, and when it is this run's, all others. */
static char *read_records(Journal *journal, EntryScan *scan, const JournalFact *facts, size_t count, Stored *stored,
                          uint64_t *senseless) {
    Entry record = {.kind = ENTRY_KINDS};
    if (!has_records(journal, scan, &record)) return NULL;
    bool is_whole =
        !scan->reason && scan->from == 0 && scan->meta.data && scan->at > 0 && scan->skipped == 0 && record.kind == ENTRY_RUN;
    if (scan->reason) return message("it cannot be read: %s", strerror(scan->reason));
    if (!is_whole) return message("its first record is damaged");
    char *difference = entry_compare_run(&record, facts, count);
    while (!difference && entry_scan_next(scan, &record))
        *senseless += !entry_read(&record, add_place(journal, record.data_at, record.data_size), stored);
    if (!difference && scan->reason) difference = message("it cannot be read: %s", strerror(scan->reason));
    return difference;
}

static bool resume(Journal *journal, const JournalFact *facts, size_t count, Stored *stored, char **note, char **error) {
    EntryScan scan;
    uint64_t senseless = 0;
    char *difference = read_records(journal, &scan, facts, count, stored, &senseless);
    uint64_t end = scan.at;
    bool must_cut = scan.end > end;
    char *damage = difference ? NULL : describe_scan(&scan, senseless);
    entry_scan_end(&scan);
    if (difference) {
        *error = message(
            "the journal in %s cannot be gone on with: %s. Name another directory with --checkpoint, or drop this journal and "
            "begin anew with --fresh",
            journal->directory, difference);
    } else if (must_cut && ftruncate(journal->file, (off_t)end) != 0) {
        *error = message("cannot shorten the journal in %s to what is whole: %s", journal->directory, strerror(errno));
    }
    free(difference);
    if (!*error && damage) *note = message("the journal in %s%s", journal->directory, damage);
    free(damage);
    journal->end = end;
    return !*error;
}

bool journal_bind(Journal *journal, const JournalFact *facts, size_t count, Stored *stored, char **note, char **error) {
    *note = *error = NULL;
    if (journal->mode == JOURNAL_RESUME) {
        if (!resume(journal, facts, count, stored, note, error)) return false;
    } else if (ftruncate(journal->file, 0) != 0) {
        *error = message("cannot begin the journal in %s: %s", journal->directory, strerror(errno));
        return false;
    }
    if (journal->end > 0) return true;
    Buf meta = {0};
    entry_run(&meta, facts, count);
    int64_t id = journal_add(journal, ENTRY_RUN, &meta, NULL);
    buf_free(&meta);
    if (id < 0) *error = message("cannot begin the journal in %s: %s", journal->directory, journal->failure);
    if (id >= 0) fsync(journal->folder); /* the file's name; what the disk does not take of it shows at the first record */
    return id >= 0;
}

uint64_t journal_size(const Journal *journal, uint64_t id) {
    return id < journal->count ? journal->places[id].size : 0;
}

bool journal_read(const Journal *journal, uint64_t id, uint64_t offset, void *into, size_t size) {
    uint64_t all = journal_size(journal, id);
    if (offset > all || size > all - offset) return false;
    for (size_t got = 0; got < size;) {
        ssize_t count = pread(journal->file, (char *)into + got, size - got, (off_t)(journal->places[id].at + offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        got += (size_t)count;
    }
    return true;
}

/* ---- writing */

static void *sync_thread(void *argument) {
    Journal *journal = argument;
    pthread_mutex_lock(&journal->mutex);
    while (!journal->is_closing) {
        if (!journal->is_dirty) {
            pthread_cond_wait(&journal->changed, &journal->mutex);
            continue;
        }
        journal->is_dirty = false;
        pthread_mutex_unlock(&journal->mutex);
        int reason = fdatasync(journal->file) == 0 ? 0 : errno;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += SYNC_SECONDS;
        pthread_mutex_lock(&journal->mutex);
        if (reason) journal->sync_reason = reason;
        while (!journal->is_closing && pthread_cond_timedwait(&journal->changed, &journal->mutex, &until) == 0) {}
    }
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

/* Without the thread the file is as good as the system makes it. */
static void ask_for_sync(Journal *journal) {
    if (!journal->has_thread) journal->has_thread = pthread_create(&journal->thread, NULL, sync_thread, journal) == 0;
    pthread_mutex_lock(&journal->mutex);
    journal->is_dirty = true;
    if (journal->sync_reason && !journal->failure) journal->failure = message("%s", strerror(journal->sync_reason));
    pthread_cond_signal(&journal->changed);
    pthread_mutex_unlock(&journal->mutex);
}

/* Writes all of it; 0, or an errno. */
static int write_all(int file, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t written = write(file, (const char *)bytes + done, size - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? errno : EIO;
        done += (size_t)written;
    }
    return 0;
}

int64_t journal_add(Journal *journal, EntryKind kind, const Buf *meta, const Buf *data) {
    const Buf nothing = {0};
    char head[ENTRY_HEAD];
    if (!data) data = &nothing;
    if (journal->failure) return -1;
    entry_head(head, kind, journal->end, meta, data);
    int reason = write_all(journal->file, head, sizeof head);
    if (!reason) reason = write_all(journal->file, meta->data, meta->len);
    if (!reason) reason = write_all(journal->file, data->data, data->len);
    if (reason) {
        journal->failure = message("%s", strerror(reason));
        while (ftruncate(journal->file, (off_t)journal->end) != 0 && errno == EINTR) {} /* else it is found cut */
        return -1;
    }
    journal->end += sizeof head + meta->len;
    uint64_t id = add_place(journal, journal->end, data->len);
    journal->end += data->len;
    ask_for_sync(journal);
    return (int64_t)id;
}

const char *journal_failure(const Journal *journal) {
    return journal->failure;
}

uint64_t journal_bytes(const Journal *journal) {
    return journal->end;
}
