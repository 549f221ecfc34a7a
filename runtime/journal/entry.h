/* entry.h: what the fields of a journal's records say (record.h has their frame).
 *
 * RUN is a list of facts, by which one run is told from another: a label and a text each. The other kinds speak of a job by its
 * name. Reading checks everything; what does not make sense is left out and counted. */
#ifndef RUNTIME_JOURNAL_ENTRY_H
#define RUNTIME_JOURNAL_ENTRY_H

#include "runtime/journal/record.h"
#include "runtime/sched/stored.h"

typedef struct JournalFact {
    const char *label, *text; /* "argument 2", "plays/" */
} JournalFact;

void entry_run(Buf *meta, const JournalFact *facts, size_t count);
void entry_job(Buf *meta, const StoredHead *head);
/* The bag's data are the record's; `limit` and `end` are what is known of the job by then. */
void entry_bag(Buf *meta, const uint8_t name[MESSAGE_JOB_NAME_SIZE], uint64_t limit, EndKind end, const RangeSet *chunks);
void entry_done(Buf *meta, const uint8_t name[MESSAGE_JOB_NAME_SIZE], uint64_t limit, EndKind end);

/* Compares the facts of a RUN record with those of this run. NULL: they are the same; else what differs, malloc'ed: "argument 2 was
 * "a" and is "b"". */
char *entry_compare_run(const Entry *record, const JournalFact *facts, size_t count);

/* Adds what a JOB, BAG or DONE record says, whose data have the number `id`. False: it says nothing that can be used. */
bool entry_read(const Entry *record, uint64_t id, Stored *stored);

#endif
