/* journal_fuzz.c: a journal's file out of any bytes. The first byte chooses whether they are the file as it is, or the fields of a
 * record that is written around them with right sums, behind a record that a run's own would be. What is read must make sense, and
 * must be the same when it is read again. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/journal/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

static void check_kept(const Stored *stored) {
    for (size_t i = 0; i < stored->count; i++) {
        const StoredJob *job = stored->jobs[i];
        RangeSet seen = {0};
        check(job->limit <= job->head.chunks && job->head.chunks <= MESSAGE_CHUNKS);
        for (size_t k = 0; k < job->count; k++) {
            const RangeSet *chunks = &job->bags[k].chunks;
            check(chunks->total > 0);
            for (size_t r = 0; r < chunks->len; r++) {
                check(chunks->items[r].first + chunks->items[r].count <= job->head.chunks);
                check(!ranges_has_any(&seen, chunks->items[r].first, chunks->items[r].count));
                ranges_add(&seen, chunks->items[r].first, chunks->items[r].count);
            }
        }
        ranges_free(&seen);
    }
}

static uint64_t read_all(int file) {
    static const JournalFact facts[] = {{"program", "abc"}};
    EntryScan scan;
    Entry record;
    Stored stored = {0};
    uint64_t records = 0;
    check(entry_scan_start(&scan, file));
    while (entry_scan_next(&scan, &record)) {
        if (record.kind == ENTRY_RUN)
            free(entry_compare_run(&record, facts, 1));
        else
            entry_read(&record, records, &stored);
        check(record.data_at + record.data_size <= scan.end);
        records++;
    }
    check(scan.reason == 0 && scan.at <= scan.end);
    check_kept(&stored);
    stored_clear(&stored);
    entry_scan_end(&scan);
    return records;
}

static void add_record(int file, uint64_t *place, EntryKind kind, Buf meta) {
    const Buf nothing = {0};
    char head[ENTRY_HEAD];
    entry_head(head, kind, *place, &meta, &nothing);
    check(write(file, head, sizeof head) == (ssize_t)sizeof head);
    check(write(file, meta.data, meta.len) == (ssize_t)meta.len);
    *place += sizeof head + meta.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    int file = memfd_create("journal", MFD_CLOEXEC);
    check(file >= 0);
    Buf bytes = {.data = (char *)(uintptr_t)(data + 1), .len = size - 1};
    unsigned kind = data[0] % ENTRY_KINDS;
    if (kind == 0) {
        check(write(file, bytes.data, bytes.len) == (ssize_t)bytes.len);
    } else {
        uint64_t place = 0;
        StoredHead head = {.chunks = 1000};
        memset(head.name.name, 'n', sizeof head.name.name);
        Buf meta = {0};
        entry_job(&meta, &head);
        add_record(file, &place, ENTRY_JOB, meta);
        add_record(file, &place, (EntryKind)kind, bytes);
        buf_free(&meta);
        check(read_all(file) == 2);
    }
    check(read_all(file) == read_all(file));
    close(file);
    return 0;
}
