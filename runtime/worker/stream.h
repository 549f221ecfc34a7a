/* stream.h: streams as values: what lies at the bottom of one, for whoever cuts it into chunks or walks all of it.
 *
 * A stream is a closure of a walk function (mr.h: MrWalk). It walks sequences, which are the first values in its environment, or
 * another stream. All here is borrowed from the stream. */
#ifndef RUNTIME_WORKER_STREAM_H
#define RUNTIME_WORKER_STREAM_H

#include "runtime/include/abi.h"

typedef struct StreamBase {
    MrWalkKind kind;  /* ELEMENTS, LINES or WORDS */
    int64_t elements; /* ELEMENTS; MR_OPEN: endless */
    int64_t room;     /* ELEMENTS: how many there are before an open range comes to the end of the ints */
    MrList *paths;    /* LINES, WORDS */
    bool is_straight; /* the stream and all between it and its base are */
    bool is_total;    /* likewise: as many values as elements, but for cuts */
    bool is_kept;     /* its files are walked more than once */
    bool is_cached;   /* there is a cached stream between */
    uint32_t cuts;    /* how many beginnings and rests (take, skip) lie between */
    uint64_t first;   /* the unit (element of the base, or chunk of its text) that the stream begins with: not 0 in a window */
    uint64_t end;     /* units from here on are not in it */
    int64_t origin;   /* what a unit's number is to be added to, for people */
} StreamBase;

/* Fails as a primitive does where sequences that are walked together have different lengths. */
bool stream_base(MrContext *context, const MrClosure *stream, StreamBase *base);

/* The places in the base where the stream's `base->cuts` beginnings and rests are cut, found by walking what comes before:
 * malloc'ed (NULL: there are none). *limit: units of the base (elements, chunks of text) from here on give nothing. Errors on the
 * way are left to be met by who maps these elements. Fails only as stream_base does. */
bool stream_find_cuts(MrContext *context, const MrClosure *stream, const StreamBase *base, MrCut **cuts, uint64_t *limit);

#endif
