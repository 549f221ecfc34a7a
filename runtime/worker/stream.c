/* stream.c: finding the base of a stream, and walking all of it on one thread, as `for` does. */
#include "runtime/worker/stream.h"

#include "runtime/value/value.h"

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
    *base = (StreamBase){.is_straight = stream->function->is_straight};
    while (stream->function->walk == MR_WALK_STREAM) {
        stream = *(MrClosure *const *)(stream->env + stream->function->env->offsets[0]);
        base->is_straight = base->is_straight && stream->function->is_straight;
    }
    base->kind = (MrWalkKind)stream->function->walk;
    if (base->kind == MR_WALK_ELEMENTS) return measure(context, stream, base);
    base->paths = *(MrList *const *)(stream->env + stream->function->env->offsets[0]);
    return false;
}

static bool walk_part(MrContext *context, const MrClosure *stream, MrWalk *walk) {
    return ((MrWalkCode *)stream->function->code)(context, walk, stream);
}

static bool walk_text(MrContext *context, const MrClosure *stream, const StreamBase *base, MrWalk *walk) {
    void *cursor = NULL;
    bool is_there = false;
    if (mr_text_open(context, &cursor, base->paths, base->kind == MR_WALK_LINES)) return true;
    bool failed = mr_text_next(context, cursor, &walk->text, &is_there);
    while (!failed && is_there) {
        failed = walk_part(context, stream, walk) || mr_text_next(context, cursor, &walk->text, &is_there);
    }
    mr_text_close(context, cursor);
    return failed;
}

bool mr_stream_walk(MrContext *context, const MrClosure *stream, bool (*sink)(MrContext *, void *, const void *), void *env) {
    StreamBase base;
    int64_t position = 0;
    MrWalk walk = {.sink = sink, .env = env, .position = &position};
    if (stream_base(context, stream, &base)) return true;
    if (base.kind != MR_WALK_ELEMENTS) return walk_text(context, stream, &base, &walk);
    walk.count = base.room;
    if (walk_part(context, stream, &walk)) return true;
    return base.room < base.elements && mr_fail_overflow(context, '+', INT64_MAX, 1);
}
