/* neighbours.h: large lists that the processes of one host read where they lie.
 *
 * Who has such a list tells where: a sealed file without a name, which others of the same user open through /proc (payload.h,
 * runtime/net/segment.h does the same for pieces of values). Nothing of it has a name that could be left behind. Who is told
 * believes nothing: the file must be the user's own, have the inode that was told, be large enough, and sealed against becoming
 * smaller. What was mapped stays mapped for a while, for the next job over the same list, unless its owner has it no more. Any
 * thread may call any of these functions; telling is for the thread whose value the payload is. */
#ifndef RUNTIME_VALUE_NEIGHBOURS_H
#define RUNTIME_VALUE_NEIGHBOURS_H

#include "runtime/value/payload.h"

/* As it travels: numbers of the sender's byte order, which is that of all. */
typedef struct NeighbourPlace {
    uint64_t host;      /* which processes can open it: those that have the same number; see segments_this_host */
    uint64_t pid, file; /* it is that descriptor of that process */
    uint64_t inode, size;
} NeighbourPlace;

typedef struct Neighbours Neighbours;

/* `host` 0: nobody can open ours. `are_all`: there is nobody else in the run. */
Neighbours *neighbours_new(uint64_t host, bool are_all);
bool neighbours_are_all(const Neighbours *neighbours);
void neighbours_free(Neighbours **neighbours);

/* Where the first `bytes` of the payload can be found until it is changed or gone. False: they cannot be shown to others. */
bool neighbours_tell(const Neighbours *neighbours, Payload *payload, size_t bytes, NeighbourPlace *place);

/* A new payload, zeroed, that others write to (see payload_new_published), and where they find it. NULL: as above. */
Payload *neighbours_offer(const Neighbours *neighbours, size_t bytes, NeighbourPlace *place);

/* At least `bytes` of a payload at a place that somebody told, with a reference, the caller's. NULL: they cannot be had. */
Payload *neighbours_find(Neighbours *neighbours, const NeighbourPlace *place, size_t bytes);
/* The same of one that was offered: what is written goes there. It may be found for reading afterwards. */
Payload *neighbours_find_offered(Neighbours *neighbours, const NeighbourPlace *place, size_t bytes);

void neighbours_rest(Neighbours *neighbours); /* now and then: gives up what was not used since the last few calls; NULL is fine */

#endif
