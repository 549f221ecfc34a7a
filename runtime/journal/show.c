/* show.c: what a journal holds, as text: mrrun --show-journal. It reads a file that a run may be writing at the same time, which
 * then looks as if it had been cut. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "runtime/journal/journal.h"

static void show_run(const Entry *record, Buf *out) {
    Input in = input_of(record->meta, record->meta_size);
    for (uint64_t left = input_number(&in); left > 0 && !in.is_bad; left--) {
        size_t label_len, len;
        const char *label = input_text(&in, &label_len), *text = input_text(&in, &len);
        if (!in.is_bad) buf_printf(out, "%.*s: %.*s\n", (int)label_len, label, (int)len, text);
    }
}

static void show_job(const StoredJob *job, Buf *out) {
    static const char *const ends[] = {"", ", stopped early", ", failed"};
    buf_printf(out, "job ");
    for (size_t i = 0; i < sizeof job->head.name.name; i++) buf_printf(out, "%02x", job->head.name.name[i]);
    buf_printf(out, ": %" PRIu64 " chunks, %" PRIu64 " count%s%s%s%s\n", job->head.chunks, job->limit, ends[job->end],
               job->is_done ? ", done" : "", job->head.name.inputs[0] ? ", over " : "", job->head.name.inputs);
    for (size_t i = 0; i < job->count; i++) {
        const StoredBag *bag = &job->bags[i];
        buf_printf(out, "  bag %" PRIu64 ": %" PRIu64 " bytes, %" PRIu64 " chunks:", bag->id, bag->size, bag->chunks.total);
        for (size_t k = 0; k < bag->chunks.len; k++)
            buf_printf(out, " %" PRIu64 "-%" PRIu64, bag->chunks.items[k].first,
                       bag->chunks.items[k].first + bag->chunks.items[k].count - 1);
        buf_add_char(out, '\n');
    }
}

/* False: the file does not begin as journals do. */
static bool show_records(EntryScan *scan, Buf *out) {
    Stored stored = {0};
    Entry record;
    uint64_t senseless = 0, id = 0;
    while (entry_scan_next(scan, &record)) {
        if (record.kind == ENTRY_RUN)
            show_run(&record, out);
        else
            senseless += !entry_read(&record, id++, &stored);
    }
    for (size_t i = 0; i < stored.count; i++) show_job(stored.jobs[i], out);
    stored_clear(&stored);
    if (scan->end == 0) buf_printf(out, "nothing is in it\n");
    if (scan->skipped + senseless) buf_printf(out, "%" PRIu64 " records cannot be used\n", scan->skipped + senseless);
    if (scan->is_damaged) buf_printf(out, "damaged at byte %" PRIu64 "\n", scan->at);
    if (scan->is_cut) buf_printf(out, "the record at byte %" PRIu64 " was not written to the end\n", scan->at);
    return !scan->is_damaged || scan->at > 0;
}

/* The descriptor, or -1 and why there is none. Nobody is waited for who might write to a pipe of that name. */
static int open_journal(const char *path, const char **reason) {
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0)
        *reason = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        *reason = S_ISDIR(status.st_mode) ? strerror(EISDIR) : "it is not a file";
    if (file >= 0 && *reason) close(file);
    return *reason ? -1 : file;
}

bool journal_show(const char *directory, Buf *out, char **error) {
    Buf path = {0}, text = {0};
    EntryScan scan;
    const char *reason = NULL, *remedy = "";
    buf_printf(&path, "%s/journal", directory);
    errno = 0;
    int file = open_journal(buf_text(&path), &reason);
    if (reason && (errno == ENOENT || errno == ENOTDIR)) remedy = "; --show-journal takes the directory that --checkpoint named";
    if (file >= 0 && !entry_scan_start(&scan, file)) reason = strerror(scan.reason);
    if (reason) {
        buf_printf(&text, "cannot read %s: %s%s", buf_text(&path), reason, remedy);
    } else {
        if (!show_records(&scan, out)) buf_printf(&text, "%s is no journal, or its beginning is damaged", buf_text(&path));
        entry_scan_end(&scan);
    }
    if (file >= 0) close(file);
    buf_free(&path);
    if (text.len == 0) return true;
    buf_text(&text);
    *error = text.data;
    return false;
}
