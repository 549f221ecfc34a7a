/* spill.h: a worker's bags under a limit of memory, and bags as bytes to be given away.
 *
 * A keyed bag that has become too large is written to a temporary file as one more run of cells (cut.h), and goes on empty. What it
 * consists of then are its runs and what is in memory; they are combined by whoever takes the bag in, cell by cell or whole, along
 * the same tree. So the result is the same to the last bit, whenever and how often something was written. Bags of other reductions
 * stay in memory.
 *
 * Belongs to the compute thread, but for a Held that was given away. Errors are texts on the heap. */
#ifndef RUNTIME_WORKER_SPILL_H
#define RUNTIME_WORKER_SPILL_H

#include "base/held.h"
#include "runtime/worker/cut.h"

/* A worker's memory. A bag may grow by as much again before the next look at it, its tables double, and what is cut needs buffers:
 * so bags together may take a quarter of the limit. */
typedef struct Memory {
    uint64_t limit;        /* bytes; 0: none */
    const char *directory; /* for temporary files; stays */
} Memory;

enum { MEMORY_SHARES = 4, MEMORY_LEAST = 1 << 18 };

/* A run has a head for each node in each of its cells, together some 16 KiB: a bag whose nodes are lighter than this, on average,
 * would take much more room in a file than it does in memory. */
enum { SPILL_NODE = 4 << 10 };

Memory memory_of(uint64_t limit); /* with temporary files in $TMPDIR, else /tmp */

/* Bytes that all bags of a worker may take; UINT64_MAX without a limit. */
static inline uint64_t memory_share(const Memory *memory) {
    return memory->limit ? memory->limit / MEMORY_SHARES : UINT64_MAX;
}

/* A bag and what of it was written. */
typedef struct KeptBag {
    Bag bag;
    Part part;        /* of which it is; count 0 or 1: it is whole */
    Held *spilled;    /* NULL: nothing */
    BagWeight weight; /* as of the last look at it */
    uint64_t unseen;  /* changes since then */
} KeptBag;

void kept_init(KeptBag *kept, const FrameContext *of, Part part);
void kept_free(KeptBag *kept);

/* The bag has changed: looks at its weight, which takes time for each of its nodes, and so is done the more rarely the more of them
 * there are. kept_spill writes the bag, if it is a keyed one (else nothing happens). True: failed. */
void kept_weigh(KeptBag *kept, const FrameContext *of);
bool kept_pays(const KeptBag *kept); /* Is it worth writing, as it was weighed last? */
bool kept_spill(KeptBag *kept, const FrameContext *of, const Memory *memory, char **error);

/* Merges the bytes of another bag of the job, or of the part of it, in. True: they are no such bytes. */
bool kept_merge(KeptBag *kept, const FrameContext *of, const void *bytes, size_t size, uint64_t *nodes);

/* The bag as bytes, which it does not need any more; it is empty then. `is_cut`: parts of it will be asked for. NULL: failed. */
Held *kept_freeze(KeptBag *kept, const FrameContext *of, const Memory *memory, bool is_cut, char **error);

#endif
