/* segment.h: the bytes of pieces through shared memory, between processes of one host.
 *
 * A holder writes a piece into a segment of its own, a sealed memfd, and the datagram says where it lies and what its checksum is.
 * The consumer opens the segment through /proc and maps it for reading. So a segment has no name, and nothing of it is left behind
 * when its process ends, however that ends. A consumer believes nothing: the file must be the user's own, large enough, and sealed
 * against becoming smaller, so that reading it cannot fail; and who reads copies first and checks the copy's checksum after that,
 * because the holder may write there again. What cannot be opened comes without bytes, and is asked for again (pull.h).
 *
 * Each pull has a region of PULL_WINDOW slots at its holder, in which its pieces take turns: a consumer asks for a piece only when
 * the one that was in its slot has come. Regions are used again by later pulls; there are few, and when all are in use a piece
 * travels by itself. What was not used for SEGMENT_REST is given up. A Segments belongs to the thread of its Link. */
#ifndef RUNTIME_NET_SEGMENT_H
#define RUNTIME_NET_SEGMENT_H

#include "runtime/sched/message.h"

enum { SEGMENT_LEAST = 64 << 10, SEGMENT_REGIONS = 16, SEGMENT_VIEWS = 64 };
#define SEGMENT_REST ((uint64_t)2000000000)

typedef struct Segments Segments;

Segments *segments_new(void);
void segments_free(Segments **segments);

/* Which processes can open each other's segments: those of the same user, with the same /proc, since the same start of the machine.
 * 0: nobody can open ours. */
uint64_t segments_host(const Segments *segments);
uint64_t segments_this_host(void); /* the same, found out anew */

/* Writes the bytes of `piece`, the answer to `peer`, into a segment, and fills in where. False: there is no room, or it is not
 * worth it. */
bool segments_put(Segments *segments, uint32_t peer, const Message *piece, uint64_t now, SegmentPlace *place);

/* The bytes at a place that somebody told; valid until the next call. NULL: they cannot be had. */
const void *segments_find(Segments *segments, const SegmentPlace *place, uint64_t now);

void segments_rest(Segments *segments, uint64_t now); /* now and then: gives up what was not used for a while */

#endif
