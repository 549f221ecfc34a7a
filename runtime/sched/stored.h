/* stored.h: what a journal holds of the jobs of a run, as the scheduler knows it: names and chunks, no data.
 *
 * A job is found by its full name, which its owner has made of all that its result depends on. Its `work` is the same without what
 * tells the contents of the files that it walks: two jobs of one work and different names are one job over files that have changed.
 *
 * A bag that holds all the chunks of others takes their place; one that overlaps with another in part is left out. So the bags of a
 * job never overlap. Stored belongs to one thread and owns what is added. */
#ifndef RUNTIME_SCHED_STORED_H
#define RUNTIME_SCHED_STORED_H

#include "runtime/sched/message.h"
#include "runtime/sched/ranges.h"
#include "runtime/sched/table.h"

typedef struct StoredBag {
    uint64_t id, size; /* the journal's number for it; bytes of its data */
    RangeSet chunks;
} StoredBag;

typedef struct StoredHead {
    JobName name;
    uint64_t chunks;
    uint32_t flags; /* JOB_* */
} StoredHead;

typedef struct StoredJob {
    StoredHead head;
    uint64_t limit; /* chunks that count, as far as is known, and why */
    EndKind end;
    bool is_done;
    StoredBag *bags;
    size_t count, cap;
    RangeSet chunks; /* of all bags */
} StoredJob;

typedef struct Stored {
    StoredJob **jobs; /* in the order in which they were added */
    size_t count, cap;
    Table by_name, by_work; /* by hashes of those; by_work: the last that was added */
} Stored;

void stored_clear(Stored *stored); /* empty again */

StoredJob *stored_find(const Stored *stored, const uint8_t name[MESSAGE_JOB_NAME_SIZE]); /* NULL: there is none */
StoredJob *stored_find_work(const Stored *stored, const uint8_t work[MESSAGE_JOB_NAME_SIZE]);
StoredJob *stored_add(Stored *stored, const StoredHead *head); /* the job of that name, which may be there already */

/* Takes over `chunks` (empty afterwards), which lie in the job. False: the bag was left out. */
bool stored_add_bag(StoredJob *job, uint64_t id, uint64_t size, RangeSet *chunks);
void stored_limit(StoredJob *job, uint64_t limit, EndKind end); /* the chunks from `limit` on are not needed */

#endif
