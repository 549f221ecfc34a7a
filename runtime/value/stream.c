/* stream.c: take and skip: the first values of a stream, and the others; windows. */
#include "runtime/value/stream.h"

#include <string.h>

/* What a part holds; `stream_part_env` describes it. */
typedef struct Part {
    MrClosure *source;
    int64_t len;
} Part;

const MrType stream_any = {.kind = MR_FUNCTION, .size = 8, .align = 8, .name = "stream"};
static const MrType *const part_fields[] = {&stream_any, &type_int};
static const uint32_t part_offsets[] = {offsetof(Part, source), offsetof(Part, len)};
const MrType stream_part_env = {.kind = MR_TUPLE,
                                .size = sizeof(Part),
                                .align = 8,
                                .field_count = 2,
                                .fields = part_fields,
                                .offsets = part_offsets,
                                .name = "(stream, int)"};

static const Part *part_of(const MrClosure *part) {
    return (const Part *)part->env;
}

MrClosure *stream_source(const MrClosure *stream) {
    return *(MrClosure *const *)(stream->env + stream->function->env->offsets[0]);
}

int64_t stream_part_len(const MrClosure *part) {
    return part_of(part)->len;
}

const MrType *stream_element(const MrClosure *stream) {
    while (!stream->function->element) stream = stream_source(stream);
    return stream->function->element;
}

/* ---- the walk */

typedef struct Passing {
    const MrWalk *outer, *inner;
    MrCut *cut;
    bool is_take, is_over;
    int64_t unit, seen; /* the unit that values come from now, and how many of them did */
} Passing;

/* One more value has come: does it belong to the first ones? */
static bool is_before(Passing *passing) {
    MrCut *cut = passing->cut;
    if (cut->unit < 0) return cut->left > 0 && cut->left-- > 0;
    const MrWalk *walk = passing->inner;
    int64_t unit = walk->text.data ? walk->first : walk->first + *walk->position;
    passing->seen = unit == passing->unit ? passing->seen + 1 : 1;
    passing->unit = unit;
    return unit < cut->unit || (unit == cut->unit && passing->seen <= cut->count);
}

static bool pass_value(MrContext *context, void *env, const void *value) {
    Passing *passing = env;
    const MrWalk *outer = passing->outer;
    bool is_first = is_before(passing);
    if (is_first != passing->is_take) {
        passing->is_over = passing->is_take;
        return passing->is_over;
    }
    if (outer->sink(context, outer->env, value)) return true;
    const MrCut *cut = passing->cut;
    bool was_last = cut->unit < 0 ? cut->left == 0 : passing->unit == cut->unit && passing->seen == cut->count;
    passing->is_over = passing->is_take && was_last;
    return passing->is_over;
}

/* Nothing of this part of the base belongs to the first values. */
static bool is_behind(const MrWalk *walk) {
    const MrCut *cut = walk->cuts;
    if (cut->unit < 0) return cut->left <= 0;
    return walk->first > cut->unit || (walk->first == cut->unit && cut->count == 0);
}

static bool walk_passing(MrContext *context, const MrWalk *walk, const MrClosure *part, bool is_take) {
    if ((const char *)__builtin_frame_address(0) < context->stack_limit) return mr_fail_depth(context);
    if (is_take && is_behind(walk)) return false;
    const MrClosure *source = part_of(part)->source;
    MrWalk inner = *walk;
    Passing passing = {.outer = walk, .inner = &inner, .cut = walk->cuts, .is_take = is_take, .unit = -1};
    inner.sink = pass_value;
    inner.env = &passing;
    inner.cuts = walk->cuts + 1;
    return ((MrWalkCode *)source->function->code)(context, &inner, source) && !passing.is_over;
}

static bool walk_take(MrContext *context, const MrWalk *walk, const MrClosure *part) {
    return walk_passing(context, walk, part, true);
}

static bool walk_skip(MrContext *context, const MrWalk *walk, const MrClosure *part) {
    return walk_passing(context, walk, part, false);
}

/* Which units are walked is the business of who walks. */
static bool walk_window(MrContext *context, const MrWalk *walk, const MrClosure *window) {
    const MrClosure *source = stream_source(window);
    return ((MrWalkCode *)source->function->code)(context, walk, source);
}

/* ---- making them */

const MrFunction stream_take = {.code = (void *)walk_take,
                                .env = &stream_part_env,
                                .name = "take",
                                .walk = MR_WALK_STREAM,
                                .source_count = 1,
                                .is_straight = true};
const MrFunction stream_skip = {.code = (void *)walk_skip,
                                .env = &stream_part_env,
                                .name = "skip",
                                .walk = MR_WALK_STREAM,
                                .source_count = 1,
                                .is_straight = true};

static const MrType *const window_fields[] = {&stream_any, &type_int_list, &type_int, &type_int, &type_int};
static const uint32_t window_offsets[] = {offsetof(StreamWindow, source), offsetof(StreamWindow, cuts),
                                          offsetof(StreamWindow, first), offsetof(StreamWindow, end),
                                          offsetof(StreamWindow, origin)};
static const MrType window_env = {.kind = MR_TUPLE,
                                  .size = sizeof(StreamWindow),
                                  .align = 8,
                                  .field_count = 5,
                                  .fields = window_fields,
                                  .offsets = window_offsets,
                                  .name = "(stream, [int], int, int, int)"};
const MrFunction stream_window = {.code = (void *)walk_window,
                                  .env = &window_env,
                                  .name = "window",
                                  .walk = MR_WALK_STREAM,
                                  .source_count = 1,
                                  .is_straight = true};
const MrFunction *const stream_functions[STREAM_FUNCTIONS] = {&stream_take, &stream_skip, &stream_window, &stream_cached};

MrClosure *stream_part_make(MrContext *context, const MrFunction *function, MrClosure *source, int64_t len) {
    mr_retain(context, &source, &stream_any);
    MrClosure *part = mr_closure_make(context, function);
    *(Part *)part->env = (Part){source, len};
    return part;
}

bool mr_prim_take_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t n, const MrType *element) {
    (void)element;
    *out = stream_part_make(context, &stream_take, *s, n);
    return false;
}

bool mr_prim_skip_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t n, const MrType *element) {
    (void)element;
    *out = stream_part_make(context, &stream_skip, *s, n);
    return false;
}

/* ---- windows that are cut down: they travel without the lists' other elements */

/* The base's sequences can be cut, and no layer counts its units. */
static bool can_cut_down(const MrClosure *stream) {
    for (; stream->function->walk == MR_WALK_STREAM; stream = stream_source(stream)) {
        if (!stream->function->element) return false; /* one of the runtime's own */
    }
    bool has_list = false;
    for (uint32_t i = 0; i < stream->function->source_count; i++) {
        uint8_t kind = stream->function->env->fields[i]->kind;
        if (kind != MR_RANGE && kind != MR_LIST) return false;
        has_list = has_list || kind == MR_LIST;
    }
    return has_list && stream->function->walk == MR_WALK_ELEMENTS;
}

static bool cut_sources(MrContext *context, MrClosure *base, int64_t first, int64_t count) {
    const MrType *env = base->function->env;
    bool failed = false;
    for (uint32_t i = 0; i < base->function->source_count && !failed; i++) {
        char *place = base->env + env->offsets[i];
        if (env->fields[i]->kind == MR_RANGE) {
            MrRange *range = (MrRange *)place;
            *range = (MrRange){.first = range->first + first * range->step, .count = count, .step = range->step};
            continue;
        }
        MrList *part = NULL, *whole = *(MrList **)place;
        failed = mr_list_slice(context, &part, whole, first, count, env->fields[i]);
        if (failed) break;
        mr_drop(context, place, env->fields[i]);
        *(MrList **)place = part;
    }
    return failed;
}

/* A copy of the stream whose base has only these elements. */
static bool cut_down(MrContext *context, MrClosure **out, const MrClosure *stream, int64_t first, int64_t count) {
    MrClosure **place = out;
    for (;; stream = stream_source(stream)) {
        const MrType *env = stream->function->env;
        MrClosure *copy = *place = mr_closure_make(context, stream->function);
        memcpy(copy->env, stream->env, env->size);
        mr_retain(context, copy->env, env);
        if (stream->function->walk != MR_WALK_STREAM) break;
        place = (MrClosure **)(void *)(copy->env + env->offsets[0]);
        mr_drop(context, place, &stream_any);
        *place = NULL;
    }
    if (!cut_sources(context, *place, first, count)) return false;
    mr_drop(context, out, &stream_any);
    return true;
}

bool mr_prim_window_of(MrContext *context, MrClosure **out, MrClosure *const *s, MrList *const *cuts, int64_t first, int64_t end,
                       const MrType *element) {
    (void)element;
    StreamWindow env = {.source = *s, .cuts = *cuts, .first = first, .end = end};
    bool is_cut = can_cut_down(*s);
    if (is_cut) {
        env = (StreamWindow){.cuts = *cuts, .end = end - first, .origin = first};
        if (cut_down(context, &env.source, *s, first, end - first)) return true;
    }
    MrClosure *own = env.source;
    mr_retain(context, &env, &window_env);
    if (is_cut) mr_drop(context, &own, &stream_any);
    *out = mr_closure_make(context, &stream_window);
    *(StreamWindow *)(*out)->env = env;
    return false;
}
