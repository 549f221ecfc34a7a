/* follow.h: tasks over the entries of a table that are done where the parts of the table are (MrFollow), and what a keyed task's
 * result is made of them.
 *
 * Whoever has all chunks of a table, or of a part of it, runs the kernels of the tasks that follow over the entries. Their states
 * go with the frame from then on, and are merged when parts are put together; what they are states of may be left out. Everything
 * belongs to the thread of the frame. */
#ifndef RUNTIME_WORKER_FOLLOW_H
#define RUNTIME_WORKER_FOLLOW_H

#include "base/input.h"
#include "runtime/worker/frame.h"

/* Of one task that follows, as a frame has it for its own. */
typedef struct FollowState {
    void *state;
    bool has_value;
} FollowState;

/* All tasks that follow, on their way over the entries of a table, some of them at a time. */
typedef struct Follower {
    Frame *frame;
    const FrameContext *of;
    uint64_t start, budget;
    int64_t left, batch; /* entries that are still to come; how many are made pairs of at a time */
    bool is_wanted;      /* there are such tasks, and they were not run before */
} Follower;

/* `len` entries will come; `budget`: nanoseconds that all together may take; 0: there is none. */
void follow_begin(Follower *follower, Frame *frame, const FrameContext *of, int64_t len, uint64_t budget);

/* Runs the tasks over these entries. True: one has failed or printed, or it takes too long; then it is as if nothing was done. */
bool follow_go_on(Follower *follower, const MrMap *finished);

/* Moves the states of `from` into those of `frame`. True: merging failed or printed; they are of no use then. */
bool follow_join(Frame *frame, Frame *from, const FrameContext *of);
void follow_free(Frame *frame, const FrameContext *of);

/* As a part of the frame's bytes. In what is cut, they lie in the first cell. */
void follow_encode(const Frame *frame, const FrameContext *of, bool is_first, Buf *out);
void follow_decode(Frame *frame, const FrameContext *of, Input *in);

/* A task's result, or its answers, of a state, which is consumed; the frame that it is of may be NULL. Fails as a primitive does.
 */
bool answers_finish(const FrameContext *of, Frame *frame, void *state, bool has_value, void *result);

#endif
