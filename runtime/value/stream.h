/* stream.h: the streams that the runtime itself makes of others: a beginning (take), a rest (skip), a window, and
 * one whose values are kept (cache).
 *
 * Such a stream is a closure as any other, of a walk function that is written in C; it lies among the layers between a stream and
 * its base. Which values it lets pass is counted along a walk that begins at the first element. Where chunks are walked one by one,
 * by whomever, the place of the cut in the base is found beforehand (worker/stream.h). */
#ifndef RUNTIME_VALUE_STREAM_H
#define RUNTIME_VALUE_STREAM_H

#include "runtime/value/value.h"

extern const MrFunction stream_take, stream_skip, stream_window;
extern const MrFunction stream_cached; /* worker/cache.c, where the values are kept */

/* Those of the runtime's own functions that values may hold, for the codec. */
enum { STREAM_FUNCTIONS = 4 };
extern const MrFunction *const stream_functions[STREAM_FUNCTIONS];

static inline bool stream_is_part(const MrClosure *stream) {
    return stream->function == &stream_take || stream->function == &stream_skip;
}

MrClosure *stream_source(const MrClosure *stream);     /* what a stream of streams (MR_WALK_STREAM) walks; borrowed */
int64_t stream_part_len(const MrClosure *part);        /* how many are taken or skipped; of a cached one, what it is known by */
const MrType *stream_element(const MrClosure *stream); /* the type of its values */

/* Of the sources of the runtime's own streams: any stream, whatever its values. Whoever reads bytes asks for those of the outer
 * one. */
extern const MrType stream_any;

/* A beginning, a rest or a cached stream. */
extern const MrType stream_part_env;
MrClosure *stream_part_make(MrContext *context, const MrFunction *function, MrClosure *source, int64_t len);

/* A window: what some units of a stream's base give. It is always the outermost layer, and knows where the cuts inside are. */
typedef struct StreamWindow {
    MrClosure *source;
    MrList *cuts;       /* ints: the number of units, then unit and count of each cut inside, the outermost first */
    int64_t first, end; /* units */
    int64_t origin;     /* the unit of the whole that is unit 0 of `source`, where that has been cut down to the window */
} StreamWindow;

static inline const StreamWindow *stream_window_of(const MrClosure *stream) {
    return stream->function == &stream_window ? (const StreamWindow *)stream->env : NULL;
}

#endif
