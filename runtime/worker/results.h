/* results.h: where the results of a task that PLACES lie: each where it belongs in the list that the job makes.
 *
 * Where several map the job there is one payload for all of it, which threads and processes write to side by side, each the results
 * of its own chunks. A state is then a list within that payload, and states of neighbours are one as soon as they meet. Who maps a
 * chunk that another has mapped, too, writes what is there already. Without such a payload each state is a list of its own. All of
 * it belongs to the thread of the frames. */
#ifndef RUNTIME_WORKER_RESULTS_H
#define RUNTIME_WORKER_RESULTS_H

#include "base/input.h"
#include "runtime/worker/frame.h"

/* Before and after a call of the kernel for a chunk: it takes its places, and what it has stored there joins the state (NULL: there
 * is none yet), or where it has failed goes with it. Returns whether there is a state then. */
void results_begin(const FrameContext *of, MrList **state, MrChunk *chunk);
bool results_end(const FrameContext *of, MrList **state, const MrChunk *chunk, bool failed);

/* The state of such a task as bytes, and back: only where it lies, if it is within the job's payload. False: they are none. */
void results_encode(const Frame *frame, const FrameContext *of, Lending lending, Buf *out);
bool results_decode(const Frame *frame, const FrameContext *of, Lending lending, Input *in);

#endif
