/* gather.h: pulling the parts of a table from those who own them.
 *
 * The owner of the job is told of all parts (PART), and then that these are all (JOB_DONE); a few are pulled at a time. When one
 * cannot be had, none is of use: the owner will be told of others. All-zero is a table without parts. Pure; belongs to one thread.
 */
#ifndef RUNTIME_SCHED_GATHER_H
#define RUNTIME_SCHED_GATHER_H

#include "runtime/sched/pull.h"

enum { GATHER_WINDOW = 4, GATHER_PARTS = 256 };

typedef struct GatherPart {
    uint32_t worker, bag;
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    Pull pull;
    bool is_pulled, is_here;
} GatherPart;

typedef struct Gather {
    GatherPart *parts;
    uint32_t count, told; /* told: the first ones are known */
    uint64_t size;        /* bytes that have come */
} Gather;

void gather_free(Gather *gather); /* all-zero again */

/* One part was told of; the first of a table begins a new one. False: it is not the next one. */
bool gather_tell(Gather *gather, const MsgPart *told);
bool gather_is_told(const Gather *gather, uint32_t count); /* of all */

/* The next part that is to be pulled now, which counts as pulled from here on; NULL: there is none, for now. */
GatherPart *gather_next(Gather *gather);
GatherPart *gather_find(Gather *gather, uint32_t pull); /* that is being pulled under this number; NULL: none */
bool gather_is_complete(const Gather *gather);
bool gather_needs(const Gather *gather, uint32_t worker); /* some part lies there */

Buf *gather_take(Gather *gather); /* all parts, an array on the heap; nothing is left */

#endif
