/* record.h: the records that a journal consists of, as bytes of a file.
 *
 * A record is a head of ENTRY_HEAD bytes, its fields (`meta`, up to ENTRY_META bytes) and its data, of any size:
 *
 *     magic 4, kind 4, size of the fields 8, size of the data 8, sum of the fields 8, sum of the data 16, sum of all this 8
 *
 * in the machine's order of bytes (little-endian). Each sum takes the record's place in the file into account, directly or through
 * the head's. So three cases can be told apart: a head that is not as it was written, behind which nothing can be trusted, because
 * nothing says where the next record begins; fields or data that are not, of a record that is skipped; and a file that ends before
 * the record does, because who wrote it was killed.
 *
 * Scanning needs a bounded amount of memory, whatever the file says. */
#ifndef RUNTIME_JOURNAL_RECORD_H
#define RUNTIME_JOURNAL_RECORD_H

#include <stdbool.h>

#include "base/buf.h"

enum { ENTRY_HEAD = 56, ENTRY_META = 4 << 20 };
/* Data of this size or more is not written: nobody would hold so much of it in memory. */
#define ENTRY_DATA ((uint64_t)1 << 31)

typedef enum EntryKind {
    ENTRY_RUN = 1, /* the first: what the journal is about */
    ENTRY_JOB,     /* a job has begun */
    ENTRY_BAG,     /* partial results of a job: the data */
    ENTRY_DONE,    /* a job has ended */
    ENTRY_KINDS    /* one more than the last kind */
} EntryKind;

typedef struct Entry {
    EntryKind kind;
    const char *meta; /* valid until the next record is read */
    size_t meta_size;
    uint64_t data_at, data_size; /* where in the file */
} Entry;

/* Writes the head of a record that is to stand at `place` of the file. */
void entry_head(char out[ENTRY_HEAD], EntryKind kind, uint64_t place, const Buf *meta, const Buf *data);

/* Could the file be a journal, if only a damaged one? What somebody else has written does not begin as one. */
bool entry_may_begin(int fd);

typedef struct EntryScan {
    int fd;
    uint64_t at;   /* where the next record begins */
    uint64_t end;  /* of the file, when the scan was begun */
    uint64_t from; /* of the record that was read last */
    Buf meta;
    uint64_t skipped; /* records whose fields or data are not as they were written */
    bool is_cut;      /* the file ends within a record, which begins at `at` */
    bool is_damaged;  /* at `at` there is no head as it was written */
    int reason;       /* an errno: the file could not be read any further */
} EntryScan;

bool entry_scan_start(EntryScan *scan, int fd);       /* false: the file cannot be asked for its size; see reason */
bool entry_scan_next(EntryScan *scan, Entry *record); /* false: there is no more */
void entry_scan_end(EntryScan *scan);

#endif
