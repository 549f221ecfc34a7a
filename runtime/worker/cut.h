/* cut.h: the bag of a keyed job as bytes that are cut by the hashes of keys, so that parts of it can be written, sent and merged
 * each for itself.
 *
 * The bytes of a keyed bag begin with a number. CUT_PLAIN: what follows is bag_encode's. CUT_CELLS: stretches follow, each of which
 * is one cell of one *run*: a bag of its own, whose nodes are those of the run, with the entries whose keys lie in the cell. Runs
 * are parts of a bag that were written one after another; cells ascend within a run. A stretch is a head (its name, the length and
 * the checksum of what follows) and the bytes of bag_encode_cell. So neighbouring cells are neighbouring bytes, what is left out of
 * a run is as if it had no such keys, and damage is noticed wherever the bytes have been.
 *
 * A part (p of n) is the cells from 256·p/n up to 256·(p+1)/n. All functions belong to the thread of the bag. */
#ifndef RUNTIME_WORKER_CUT_H
#define RUNTIME_WORKER_CUT_H

#include "runtime/value/part.h"
#include "runtime/worker/frame.h"

enum { CUT_PLAIN, CUT_CELLS };

typedef struct Part {
    uint32_t number, count; /* count 0: the whole */
} Part;

static inline uint32_t part_first(Part part) {
    return part.count ? (uint32_t)((uint64_t)PART_CELLS * part.number / part.count) : 0;
}
static inline uint32_t part_end(Part part) {
    return part.count ? (uint32_t)((uint64_t)PART_CELLS * (part.number + 1) / part.count) : PART_CELLS;
}

/* Is the task's state a map of keys, so that its bags can be cut? */
static inline bool task_is_keyed(const MrTask *task) {
    return task->flags & MR_TASK_KEYED;
}

/* Takes one stretch, with its head, as it shall be written. True: failed, and no more are wanted. */
typedef bool CutSink(void *data, uint32_t cell, const Buf *stretch);

/* Cuts a keyed bag into its cells at a level of part.h, as run number `run`, and gives them to `sink` in order. The bag stays as it
 * is. True: the sink has failed. */
bool bag_cut(const Bag *bag, const FrameContext *of, uint32_t level, uint32_t run, CutSink *sink, void *data);

/* Merges the bytes of a bag of the same job into `bag`, of a keyed one without the keys outside of `part`. True: they are not such
 * bytes; what the bag holds then is of no use. *nodes is added to. */
bool bag_merge_bytes(Bag *bag, const FrameContext *of, Part part, const void *bytes, size_t size, uint64_t *nodes);

/* Puts the whole together out of all its parts, of which chunks before `limit` count, as the top of the empty `bag`. True: they are
 * not the parts of a whole. *is_uneven: a combine of some part has failed or printed. What the whole would show then, parts cannot
 * tell: keys are merged in ascending order, up to the first that fails. The bag is of no use, and the job is to be done without
 * parts. */
bool bag_gather(Bag *bag, const FrameContext *of, const Buf *parts, uint32_t count, uint64_t limit, bool *is_uneven);

bool bag_is_uneven(const Bag *bag); /* some frame in it is */

/* Any bag of a job as bytes that travel, uncut; how many values there are at most in such bytes. */
void bag_to_bytes(const Bag *bag, const FrameContext *of, Buf *out);
uint64_t bag_bytes_count(const MrTask *task, const void *bytes, size_t size);

/* Moves the keys of `from`, which has the same nodes and other keys, into `bag`, and frees it. True: the nodes differ. */
bool bag_join(Bag *bag, Bag *from, const FrameContext *of);

/* About how many bytes of memory a bag of any job takes, and the heaviest of its values. */
typedef struct BagWeight {
    uint64_t all, heaviest;
} BagWeight;

BagWeight bag_weight(const Bag *bag, const FrameContext *of);

#endif
