/* journal.h: the file in which a run keeps partial results, so that another run can go on where it was killed.
 *
 * DIR/journal is only ever appended to; each record has a checksum (record.h). A Journal holds a lock on DIR, so that no two runs
 * write to one. It belongs to one thread; what is appended is handed to the disk (fdatasync) by a thread of its own, at most once a
 * second, because a disk may take seconds. That is soon enough: what a process has written outlives the process in any case, and
 * only a crash of the whole machine can take the last second, whose records are then found cut or damaged and computed again.
 *
 * What cannot be written any more turns the journal off: the record that was begun is taken back, the file stays whole, and the run
 * goes on without. Nothing is ever overwritten, unless that is asked for (JOURNAL_AFRESH). */
#ifndef RUNTIME_JOURNAL_JOURNAL_H
#define RUNTIME_JOURNAL_JOURNAL_H

#include "runtime/journal/entry.h"

typedef enum JournalMode {
    JOURNAL_BEGIN,  /* there must be no journal yet */
    JOURNAL_RESUME, /* go on with the one that is there, or begin when there is none */
    JOURNAL_AFRESH, /* begin, and drop the one that is there; a file that is no journal is left alone, and the run refused */
} JournalMode;

typedef struct Journal Journal;

/* Makes the directory where it is missing, and locks it. NULL: failed, *error malloc'ed. Nothing is changed that was there. */
Journal *journal_open(const char *directory, JournalMode mode, char **error);
void journal_close(Journal **journal);

/* Before anything is added: says by which facts this run is told from others. To resume, they must be those of the journal; what it
 * holds is then added to `stored`, and what cannot be read any more is dropped from the file's end. `note` gets what is to be told
 * about that, malloc'ed, or NULL. False: failed, *error malloc'ed, and the file is as it was. */
bool journal_bind(Journal *journal, const JournalFact *facts, size_t count, Stored *stored, char **note, char **error);

/* Appends a record. Returns the number of its data, or -1 when the journal is off. `data` may be NULL. */
int64_t journal_add(Journal *journal, EntryKind kind, const Buf *meta, const Buf *data);

/* The data with number `id`: their size, 0 for numbers that are none; and `size` bytes of them from `offset` on. */
uint64_t journal_size(const Journal *journal, uint64_t id);
bool journal_read(const Journal *journal, uint64_t id, uint64_t offset, void *into, size_t size);

/* Why the journal was turned off; NULL: it is not. */
const char *journal_failure(const Journal *journal);
uint64_t journal_bytes(const Journal *journal); /* of the file */

/* The run is over, and nothing of it will be needed: removes the file. The directory stays. */
void journal_remove(Journal *journal);

/* Lists what a journal holds, for people and tests. False: failed, *error malloc'ed. The lock is not needed. */
bool journal_show(const char *directory, Buf *out, char **error);

#endif
