/* plan.h: what a job maps: its sources, and how they are cut into chunks.
 *
 * The number of chunks is a function of the input alone (docs/protocol.md): one element a chunk up to 65,536 elements,
 * above that 2^k elements a chunk with the smallest k that gives at most 65,536 chunks; text by bytes, see io/text.h.
 *
 * The root makes a plan from the program's sources, whose lists it borrows; a worker decodes it, and is given the elements of the
 * lists for each range of chunks. A plan belongs to one thread. */
#ifndef RUNTIME_WORKER_PLAN_H
#define RUNTIME_WORKER_PLAN_H

#include "runtime/include/abi.h"
#include "runtime/io/text.h"

typedef struct PlanSource {
    MrSourceKind kind; /* of a STREAM that which its base is cut as: RANGE or TEXT */
    bool is_straight;  /* STREAM: lanes go by position */
    MrCut *cuts;       /* STREAM: of its beginnings and rests */
    uint32_t cut_count;
    int64_t origin;     /* STREAM: what an element's number is to be added to, for people */
    bool is_kept;       /* STREAM: its files are walked more than once */
    bool is_cached;     /* STREAM, in the root: it keeps what it made */
    uint64_t first;     /* STREAM: the first element, or chunk of text, of those that are walked ... */
    uint64_t limit;     /* ... and those from here on give nothing */
    MrRange range;      /* RANGE */
    MrList *list;       /* LIST, BEFORE, SHARE, in the root: borrowed */
    uint32_t list_rank; /* LIST, BEFORE, SHARE: how many such sources stand before it */
    uint32_t before;    /* SHARE: the number of the BEFORE source that cuts it */
    MrList share;       /* SHARE: the part of the chunk that plan_read read last */
    bool has_text;
    TextSource text; /* TEXT */
    TextReader *reader;
} PlanSource;

typedef struct Plan {
    const MrTask *task;
    uint64_t elements; /* of the whole input; TEXT: chunks */
    uint64_t chunks;
    unsigned shift; /* chunk i holds elements [i << shift, (i + 1) << shift) */
    uint32_t lists; /* LIST, BEFORE and SHARE sources */
    uint64_t size;  /* bytes of text */
    bool remembers; /* in the root: a stream keeps what it made (cache) */
    PlanSource *sources;
    MrSlice *slices; /* room for plan_read */
} Plan;

/* Fails as a primitive does: a file that cannot be read, lengths that differ. */
bool plan_init(Plan *plan, MrContext *context, const MrTask *task, const MrSource *sources);
void plan_encode(const Plan *plan, Buf *out);
size_t plan_decode(Plan *plan, const MrTask *task, const void *bytes, size_t size); /* bytes read; 0: not a plan of that task */
void plan_free(Plan *plan);

bool plan_is_text(const Plan *plan);
uint64_t plan_first_element(const Plan *plan, uint64_t chunk);
uint64_t plan_element_count(const Plan *plan, uint64_t first, uint64_t count); /* in a range of chunks */

bool plan_is_list(const Plan *plan, uint32_t source); /* LIST, BEFORE, SHARE */
/* Which elements of the root's list source `source` a range of chunks needs: `len` of them from `from` on. */
void plan_share(const Plan *plan, uint32_t source, uint64_t first, uint64_t count, int64_t *from, int64_t *len);
/* Whether a worker may have been given `len` elements of the source for so many chunks. */
bool plan_share_fits(const Plan *plan, uint32_t source, uint64_t first, uint64_t count, int64_t len);

/* The elements of a range of chunks that a worker was given: lists[list_rank], NULL in the root, which has them all. */
typedef struct PlanLists {
    MrList *const *lists;
    uint64_t first; /* the chunk they begin with */
} PlanLists;

/* Fills in a chunk that covers chunks `first` … of the plan, `count` of them (text, tasks by chunk: 1). It borrows from the plan
 * until the next call. Fails as a primitive does. */
bool plan_read(Plan *plan, MrContext *context, const PlanLists *given, uint64_t first, uint64_t count, MrChunk *chunk);
/* From a chunk that plan_read has read by itself to the next one, which there is: of a job over ranges and lists alone. */
void plan_next(const Plan *plan, MrChunk *chunk);

/* What was being mapped when element `failed` of a chunk of plan_read's failed: "element 12", "plays/hamlet.txt, byte 4096". */
void plan_locate(const Plan *plan, const MrChunk *chunk, int64_t failed, Buf *out);

/* Where a chunk lies in the input, without reading it: "elements 1000–1999", "plays/hamlet.txt, bytes 4096–8192". */
void plan_locate_chunk(const Plan *plan, uint64_t chunk, Buf *out);

#endif
