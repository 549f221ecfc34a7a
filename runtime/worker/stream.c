/* stream.c: finding the base of a stream and the places where it is cut, and walking all of it on one thread, as `for` does. */
#include "runtime/worker/stream.h"

#include <stdlib.h>

#include "base/arena.h"
#include "runtime/io/replace.h"
#include "runtime/io/state.h"
#include "runtime/io/text.h"
#include "runtime/value/stream.h"
#include "runtime/worker/run.h"
#include "runtime/worker/runtime.h"

/* ---- the base */

/* The length of a sequence in the environment of a walk function. */
static int64_t sequence_len(MrContext *context, const void *value, const MrType *type) {
    switch (type->kind) {
    case MR_RANGE: return ((const MrRange *)value)->count;
    case MR_LIST: return list_len(*(MrList *const *)value);
    case MR_OPTIONAL: return *(const bool *)value ? 1 : 0;
    default: return mr_map_len(context, *(MrMap *const *)value);
    }
}

static bool measure(MrContext *context, const MrClosure *stream, StreamBase *base) {
    const MrType *env = stream->function->env;
    base->elements = base->room = MR_OPEN;
    for (uint32_t i = 0; i < stream->function->source_count; i++) {
        const char *value = stream->env + env->offsets[i];
        int64_t len = sequence_len(context, value, env->fields[i]);
        if (env->fields[i]->kind == MR_RANGE) {
            const MrRange *range = (const MrRange *)value;
            int64_t room = mr_range_room(context, range->first, range->count, range->step);
            if (room < base->room) base->room = room;
        }
        if (len == MR_OPEN) continue;
        if (base->elements != MR_OPEN && base->elements != len) return mr_fail_lengths(context, base->elements, len);
        base->elements = len;
    }
    if (base->elements < base->room) base->room = base->elements;
    return false;
}

bool stream_base(MrContext *context, const MrClosure *stream, StreamBase *base) {
    const StreamWindow *window = stream_window_of(stream);
    *base = (StreamBase){.is_straight = true, .is_total = true, .end = UINT64_MAX};
    if (window) base->first = (uint64_t)window->first, base->end = (uint64_t)window->end, base->origin = window->origin;
    for (;; stream = stream_source(stream)) {
        const MrFunction *function = stream->function;
        base->is_straight = base->is_straight && function->is_straight;
        base->is_total = base->is_total && (function->is_total || stream_is_part(stream));
        if (stream_is_part(stream)) base->cuts++;
        if (function == &stream_cached) base->is_cached = true;
        if (function->walk != MR_WALK_STREAM) break;
    }
    base->kind = (MrWalkKind)stream->function->walk;
    base->is_kept = window || base->cuts > 0;
    if (base->kind == MR_WALK_ELEMENTS) return measure(context, stream, base);
    base->paths = *(MrList *const *)(stream->env + stream->function->env->offsets[0]);
    return false;
}

/* ---- walking all of it */

/* For a walk from the first element on: each cut counts by itself. */
static MrCut *cuts_counting(const MrClosure *stream, uint32_t count) {
    MrCut *cuts = count ? xmalloc(count * sizeof *cuts) : NULL;
    for (uint32_t i = 0; i < count; stream = stream_source(stream)) {
        if (stream_is_part(stream)) cuts[i++] = (MrCut){.unit = -1, .left = stream_part_len(stream)};
    }
    return cuts;
}

/* Those that a window knows; NULL: the stream is none, or has none. */
static MrCut *window_cuts(const MrClosure *stream, uint32_t count) {
    const StreamWindow *window = stream_window_of(stream);
    if (!window || count == 0 || list_len(window->cuts) != 1 + 2 * (int64_t)count) return NULL;
    const int64_t *known = (const int64_t *)(const void *)window->cuts->data;
    MrCut *cuts = xmalloc(count * sizeof *cuts);
    for (uint32_t i = 0; i < count; i++) cuts[i] = (MrCut){.unit = known[1 + 2 * i], .count = known[2 + 2 * i]};
    return cuts;
}

/* A beginning that is complete: nothing more can come of what is walked. */
static bool is_complete(const MrClosure *stream, const MrCut *cuts, uint32_t count) {
    for (uint32_t i = 0; i < count; stream = stream_source(stream)) {
        if (!stream_is_part(stream)) continue;
        if (stream->function == &stream_take && cuts[i].unit < 0 && cuts[i].left <= 0) return true;
        i++;
    }
    return false;
}

static bool walk_part(MrContext *context, const MrClosure *stream, MrWalk *walk) {
    return ((MrWalkCode *)stream->function->code)(context, walk, stream);
}

/* Chunk by chunk; walk->first is the number of the chunk. */
static bool walk_text(MrContext *context, const MrClosure *stream, const StreamBase *base, MrWalk *walk) {
    FileList files;
    TextSource source;
    if (io_flush(context) || io_file_list(context, base->paths, base->is_kept, &files)) return true;
    text_source_init(&source, files, base->kind == MR_WALK_LINES ? TEXT_LINES : TEXT_WORDS, 0);
    TextReader *reader = text_reader_new(&source);
    bool failed = false;
    for (uint64_t chunk = base->first; chunk < source.chunks && chunk < base->end && !failed; chunk++) {
        size_t size = 0;
        char *error = NULL;
        if (is_complete(stream, walk->cuts, base->cuts)) break;
        walk->first = (int64_t)chunk;
        failed = text_reader_chunk(reader, chunk, &walk->text.data, &size, &error);
        walk->text.len = (int64_t)size;
        failed = failed ? io_fail_take(context, error) : size > 0 && walk_part(context, stream, walk);
    }
    text_reader_free(&reader);
    text_source_free(&source);
    return failed;
}

/* Fills in all of `walk` but for its sink. */
static bool walk_all(MrContext *context, const MrClosure *stream, const StreamBase *base, MrWalk *walk) {
    MrCut *cuts = window_cuts(stream, base->cuts);
    bool failed;
    uint64_t limit;
    /* What comes from a cache is not counted below it. */
    if (!cuts && base->is_cached && base->cuts && stream_find_cuts(context, stream, base, &cuts, &limit)) return true;
    if (!cuts) cuts = cuts_counting(stream, base->cuts);
    walk->cuts = cuts;
    if (base->kind == MR_WALK_ELEMENTS) {
        uint64_t end = base->end < (uint64_t)base->room ? base->end : (uint64_t)base->room;
        walk->first = (int64_t)base->first;
        mr_prim_chunk_size(context, &walk->block, base->room);
        walk->count = end > base->first ? (int64_t)(end - base->first) : 0;
        failed = walk_part(context, stream, walk);
        if (!failed && base->room < base->elements && end == (uint64_t)base->room && !is_complete(stream, cuts, base->cuts))
            failed = mr_fail_overflow(context, '+', INT64_MAX, 1);
    } else {
        failed = walk_text(context, stream, base, walk);
    }
    free(cuts);
    return failed;
}

bool mr_stream_walk(MrContext *context, const MrClosure *stream, MrSink *sink, void *env) {
    StreamBase base;
    int64_t position = 0;
    MrWalk walk = {.sink = sink, .env = env, .position = &position};
    return stream_base(context, stream, &base) || walk_all(context, stream, &base, &walk);
}

/* Do all layers down to the base have a source? */
static bool is_whole(const MrClosure *stream) {
    while (stream && stream->function->walk == MR_WALK_STREAM) stream = stream_source(stream);
    return stream != NULL;
}

bool mr_stream_walk_chunk(MrContext *context, const MrClosure *stream, const MrWalk *walk, const MrChunk *chunk) {
    StreamBase base;
    if (!is_whole(stream))
        return mr_failf(context,
                        "this stream's code is not here: what a cell has made by other than a pipeline or a call does not travel");
    if (stream_base(context, stream, &base)) return true;
    bool fits = base.kind == (MrWalkKind)chunk->walk && base.cuts == chunk->cut_count;
    if (fits && base.kind == MR_WALK_ELEMENTS)
        fits = chunk->first >= 0 && chunk->first <= base.room && chunk->count >= 0 && chunk->count <= base.room - chunk->first;
    if (!fits) return mr_failf(context, "a job that came from elsewhere does not fit the stream that it maps");
    return ((MrWalkCode *)stream->function->code)(context, walk, stream);
}

/* ---- cuts */

typedef struct Count {
    const MrWalk *walk;
    int64_t wanted;
    int64_t unit, seen; /* as in MrCut */
} Count;

static int64_t unit_of(const MrWalk *walk) {
    return walk->text.data ? walk->first : *walk->position;
}

static bool count_value(MrContext *context, void *env, const void *value) {
    (void)context;
    (void)value;
    Count *count = env;
    int64_t unit = unit_of(count->walk);
    count->seen = unit == count->unit ? count->seen + 1 : 1;
    count->unit = unit;
    return --count->wanted == 0;
}

/* Where the first `len` values of the stream end. */
static bool find_cut(MrContext *context, const MrClosure *stream, int64_t len, MrCut *cut) {
    StreamBase base;
    int64_t position = 0;
    if ((const char *)__builtin_frame_address(0) < context->stack_limit) return mr_fail_depth(context);
    if (stream_base(context, stream, &base)) return true;
    *cut = (MrCut){0};
    if (len <= 0) return false;
    if (base.kind == MR_WALK_ELEMENTS && base.is_total && base.cuts == 0) {
        cut->unit = len;
        return false;
    }
    base.is_kept = true;
    MrWalk walk = {.position = &position};
    Count count = {.walk = &walk, .wanted = len, .unit = -1};
    walk.sink = count_value;
    walk.env = &count;
    bool in_job = io_state(context)->in_job;
    RunGuard guard = run_enter(context); /* as in a job: a job in an element sends nothing out before it */
    io_state(context)->in_job = in_job;  /* but standard input may be walked where it may be outside */
    size_t printed = context->out_len;
    bool has_ended = walk_all(context, stream, &base, &walk);
    context->out_len = printed; /* it will be printed when these elements are mapped */
    run_leave(context, guard);
    if (count.wanted == 0) {
        *cut = (MrCut){.unit = count.unit, .count = count.seen};
    } else if (has_ended) {
        mr_error_clear(&context->error);
        *cut = (MrCut){.unit = unit_of(&walk), .count = INT64_MAX};
    } else {
        *cut = (MrCut){.unit = INT64_MAX, .count = INT64_MAX};
    }
    return false;
}

bool stream_find_cuts(MrContext *context, const MrClosure *stream, const StreamBase *base, MrCut **cuts, uint64_t *limit) {
    *limit = base->end;
    *cuts = window_cuts(stream, base->cuts);
    if (*cuts) return false; /* the window ends with them, or before */
    *cuts = base->cuts ? xcalloc(base->cuts, sizeof **cuts) : NULL;
    for (uint32_t i = 0; i < base->cuts; stream = stream_source(stream)) {
        if (!stream_is_part(stream)) continue;
        MrCut *cut = &(*cuts)[i++];
        if (find_cut(context, stream_source(stream), stream_part_len(stream), cut)) {
            free(*cuts);
            *cuts = NULL;
            return true;
        }
        if (stream->function != &stream_take || cut->unit == INT64_MAX) continue;
        uint64_t end = (uint64_t)cut->unit + (cut->count > 0);
        if (end < *limit) *limit = end;
    }
    return false;
}

/* ---- pieces */

static uint64_t count_units(const StreamBase *base, const FileList *files) {
    if (base->kind == MR_WALK_ELEMENTS) return (uint64_t)base->elements;
    TextSource source;
    text_source_init(&source, *files, base->kind == MR_WALK_LINES ? TEXT_LINES : TEXT_WORDS, 0);
    return source.chunks;
}

bool mr_prim_cuts_of(MrContext *context, MrList **out, MrClosure *const *s, const MrType *element) {
    (void)element;
    *out = NULL;
    StreamBase base;
    MrCut *cuts;
    FileList files = {0};
    uint64_t limit;
    if (stream_base(context, *s, &base)) return true;
    if (base.kind != MR_WALK_ELEMENTS && io_file_list(context, base.paths, true, &files)) return true;
    uint64_t units = count_units(&base, &files);
    file_list_free(&files);
    if (stream_find_cuts(context, *s, &base, &cuts, &limit)) return true;
    int64_t all = (int64_t)(limit < units ? limit : units);
    list_push_take(out, &all, &type_int);
    for (uint32_t i = 0; i < base.cuts; i++) {
        list_push_take(out, &cuts[i].unit, &type_int);
        list_push_take(out, &cuts[i].count, &type_int);
    }
    free(cuts);
    return false;
}

bool mr_prim_worker_count(MrContext *context, int64_t *out) {
    uint32_t workers = runtime_of(context)->workers;
    *out = workers > 0 ? workers : 1;
    return false;
}

/* ---- writing */

static bool write_line(MrContext *context, void *env, const void *value) {
    (void)context;
    const MrString *line = value;
    replace_add(env, line->data, (size_t)line->len);
    replace_add(env, "\n", 1);
    return replace_has_failed(env);
}

bool mr_prim_write_stream(MrContext *context, void *out, const MrString *path, MrClosure *const *s) {
    (void)out;
    ReplaceFile file;
    if (io_flush(context) || replace_open(&file, context, path)) return true;
    bool failed = mr_stream_walk(context, *s, write_line, &file) && !replace_has_failed(&file);
    return replace_close(&file, context, failed) || failed;
}
