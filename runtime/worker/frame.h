/* frame.h: the value of a node of the reduction tree: a reduction's state, what was printed on the way, and how it ended.
 *
 * Frames are the BagValues of runtime/sched/tree.h; a chunk without a value, output or end is VALUE_NONE and has no frame. Output
 * is kept by chunk, so that it comes out in the order of the input also where states are combined in any order. A frame's state is
 * a value of its thread, so a frame belongs to one thread. */
#ifndef RUNTIME_WORKER_FRAME_H
#define RUNTIME_WORKER_FRAME_H

#include "runtime/sched/message.h"
#include "runtime/value/codec.h"
#include "runtime/sched/tree.h"
#include "runtime/worker/runtime.h"

struct PartOrder;
struct FollowState;

typedef struct Segment {
    uint64_t chunk; /* its last one: what a combine prints belongs after the last chunk that it covers */
    char *text;     /* malloc'ed */
    size_t len;
} Segment;

typedef struct Frame {
    void *state; /* of task->state; what it holds counts only with has_value */
    bool has_value;
    bool is_uneven; /* of a cut bag: a combine has failed or printed, so that this part alone does not show what the whole would */
    uint64_t left_out; /* entries of a keyed state that are not in it any more (thin.h) */
    struct FollowState
        *follows; /* what the tasks that follow have made of all entries, left out or not; NULL: nothing yet (follow.h) */
    EndKind end;
    uint64_t end_chunk; /* where it ended, if it did */
    MrError error;      /* END_FAILED */
    Segment *segments;  /* ascending by chunk */
    size_t segment_count, segment_cap;
} Frame;

/* What frames of a job need to be combined and encoded. */
typedef struct FrameContext {
    MrContext *context;
    const MrTask *task;
    const void *captures;
    uint64_t chunks;
    Payload *results; /* of a task that PLACES: of the whole job (results.h); NULL: states have lists of their own */
    Lending lending;  /* of lists that travel as parts of a job's values; its `job` is that of the bags */
    bool is_cut;      /* the frames combined are parts of frames, cut by the hashes of keys (cut.h) */
    bool
        in_order; /* chunks are mapped in order on this thread: their output stays in the context, in the order in which it comes */
} FrameContext;

Frame *frame_new(const MrTask *task); /* without a value */
void frame_free(Frame *frame, const FrameContext *of);

/* Moves what the context has printed since it had `from` bytes into the frame, unless the job is mapped in order. */
void frame_take_output(Frame *frame, const FrameContext *of, size_t from, uint64_t chunk);

/* Moves the context's error into a frame that has failed at `chunk`; `input` says what was being mapped (NULL: no element was). */
void frame_fail(Frame *frame, MrContext *context, uint64_t chunk, const char *input);

/* Brings what a keyed state still has in its map's front into the map's entries: before these are looked at otherwise than by the
 * task's kernel and merge. */
void frame_settle(const Frame *frame, const FrameContext *of);

bool frame_is_empty(const Frame *frame);
BagOps frame_ops(FrameContext *of); /* `of` must stay where it is */
static inline Frame *frame_of(BagValue value) {
    return (Frame *)(uintptr_t)value;
}
static inline BagValue frame_value(Frame *frame) {
    return (BagValue)(uintptr_t)frame;
}

/* Drops the output of the chunks from `limit` on. */
void frame_cut(Frame *frame, uint64_t limit);

/* A bag as bytes. Decoding gives a bag of the same job, or fails (true) when the bytes are not one. */
void bag_encode(const Bag *bag, const FrameContext *of, Buf *out);
void bag_encode_cell(const Bag *bag, const FrameContext *of, const struct PartOrder *orders, uint32_t cell,
                     Buf *out); /* the same of one cell of a keyed bag (cut.h); one order for each node, or for the value */
bool bag_decode(Bag *bag, const FrameContext *of, const void *bytes, size_t size);
uint64_t bag_encoded_count(bool is_commutative, const void *bytes, size_t size); /* bag_count of what was encoded */

#endif
