/* kept.h: what a journal holds of the jobs of a run, as the scheduler knows it: names and chunks, no data.
 *
 * A job is found by its full name, which its owner has made of all that its result depends on. Its `work` is the same without what
 * tells the contents of the files that it walks: two jobs of one work and different names are one job over files that have changed.
 *
 * A bag that holds all the chunks of others takes their place; one that overlaps with another in part is left out. So the bags of a
 * job never overlap. Kept belongs to one thread and owns what is added. */
#ifndef RUNTIME_SCHED_KEPT_H
#define RUNTIME_SCHED_KEPT_H

#include "runtime/sched/message.h"
#include "runtime/sched/ranges.h"

enum { KEPT_INPUTS_SIZE = 256 };

typedef struct KeptBag {
    uint64_t id, size; /* the journal's number for it; bytes of its data */
    RangeSet chunks;
} KeptBag;

typedef struct KeptHead {
    uint8_t name[MESSAGE_JOB_NAME_SIZE], work[MESSAGE_JOB_NAME_SIZE];
    uint64_t chunks;
    uint32_t flags;                /* JOB_* */
    char inputs[KEPT_INPUTS_SIZE]; /* for people: the files that it walks */
} KeptHead;

typedef struct KeptJob {
    KeptHead head;
    uint64_t limit; /* chunks that count, as far as is known, and why */
    EndKind end;
    bool is_done;
    KeptBag *bags;
    size_t count, cap;
} KeptJob;

typedef struct Kept {
    KeptJob **jobs; /* in the order in which they were added */
    size_t count, cap;
} Kept;

void kept_clear(Kept *kept); /* empty again */

KeptJob *kept_find(const Kept *kept, const uint8_t name[MESSAGE_JOB_NAME_SIZE]); /* NULL: there is none */
KeptJob *kept_find_work(const Kept *kept, const uint8_t work[MESSAGE_JOB_NAME_SIZE]);
KeptJob *kept_add(Kept *kept, const KeptHead *head); /* the job of that name, which may be there already */

/* Takes over `chunks` (empty afterwards), which lie in the job. False: the bag was left out. */
bool kept_add_bag(KeptJob *job, uint64_t id, uint64_t size, RangeSet *chunks);
void kept_limit(KeptJob *job, uint64_t limit, EndKind end); /* the chunks from `limit` on are not needed */

#endif
