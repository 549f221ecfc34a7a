/* frame.c: combining and encoding frames.
 *
 * An ordered combine: what has ended absorbs all to its right. In a commutative bag there is no left and right; there the earlier
 * end wins, and output is merged by chunk. A combine that fails becomes a frame that failed at the last chunk it covers. */
#include "runtime/worker/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/input.h"
#include "runtime/value/codec.h"
#include "runtime/value/front.h"
#include "runtime/value/part.h"
#include "runtime/worker/follow.h"
#include "runtime/worker/results.h"

Frame *frame_new(const MrTask *task) {
    Frame *frame = xcalloc(1, sizeof *frame);
    frame->state = xaligned(task->state->align > 16 ? task->state->align : 16, task->state->size);
    return frame;
}

static void segments_free(Frame *frame) {
    for (size_t i = 0; i < frame->segment_count; i++) free(frame->segments[i].text);
    free(frame->segments);
    frame->segments = NULL;
    frame->segment_count = frame->segment_cap = 0;
}

void frame_settle(const Frame *frame, const FrameContext *of) {
    if (frame->has_value && of->task->flags & MR_TASK_KEYED) front_settle(*(MrMap **)frame->state);
}

static void drop_state(Frame *frame, const FrameContext *of) {
    if (frame->has_value) mr_drop(of->context, frame->state, of->task->state);
    frame->has_value = false;
}

void frame_free(Frame *frame, const FrameContext *of) {
    drop_state(frame, of);
    follow_free(frame, of);
    segments_free(frame);
    mr_error_clear(&frame->error);
    free(frame->state);
    free(frame);
}

bool frame_is_empty(const Frame *frame) {
    return !frame->has_value && frame->end == END_NONE && frame->segment_count == 0;
}

static void segment_push(Frame *frame, Segment segment) {
    if (frame->segment_count == frame->segment_cap) {
        frame->segment_cap = frame->segment_cap ? frame->segment_cap * 2 : 1;
        frame->segments = xrealloc(frame->segments, frame->segment_cap * sizeof *frame->segments);
    }
    frame->segments[frame->segment_count++] = segment;
}

void frame_take_output(Frame *frame, const FrameContext *of, size_t from, uint64_t chunk) {
    MrContext *context = of->context;
    if (of->in_order || context->out_len == from) return;
    size_t len = context->out_len - from;
    char *text = xmalloc(len);
    memcpy(text, context->out + from, len);
    context->out_len = from;
    segment_push(frame, (Segment){chunk, text, len});
    /* Ranges of chunks may come in any order. */
    for (size_t i = frame->segment_count - 1; i > 0 && frame->segments[i - 1].chunk > chunk; i--) {
        Segment later = frame->segments[i - 1];
        frame->segments[i - 1] = frame->segments[i];
        frame->segments[i] = later;
    }
}

void frame_fail(Frame *frame, MrContext *context, uint64_t chunk, const char *input) {
    frame->end = END_FAILED;
    frame->end_chunk = chunk;
    mr_error_clear(&frame->error);
    frame->error = context->error;
    context->error = (MrError){0};
    if (!input) return;
    char *inner = frame->error.input;
    frame->error.input = inner ? io_message("%s, in it %s", input, inner) : strdup(input);
    free(inner);
}

void frame_cut(Frame *frame, uint64_t limit) {
    while (frame->segment_count > 0 && frame->segments[frame->segment_count - 1].chunk >= limit) {
        free(frame->segments[--frame->segment_count].text);
    }
}

/* Moves the output of `from` into `to`; of the same chunk, what `to` has comes first. */
static void merge_output(Frame *to, Frame *from) {
    if (from->segment_count == 0) return;
    size_t left = to->segment_count, total = left + from->segment_count, i = 0, k = 0;
    if (left == 0 || to->segments[left - 1].chunk <= from->segments[0].chunk) {
        for (k = 0; k < from->segment_count; k++) segment_push(to, from->segments[k]);
    } else {
        Segment *merged = xmalloc(total * sizeof *merged);
        for (size_t n = 0; n < total; n++) {
            bool takes_left = k == from->segment_count || (i < left && to->segments[i].chunk <= from->segments[k].chunk);
            merged[n] = takes_left ? to->segments[i++] : from->segments[k++];
        }
        free(to->segments);
        to->segments = merged;
        to->segment_count = to->segment_cap = total;
    }
    free(from->segments);
    from->segments = NULL;
    from->segment_count = from->segment_cap = 0;
}

/* Combines the states of two frames into the left one. True: failed, and neither has a value. */
static bool merge_states(const FrameContext *of, Frame *left, Frame *right, uint64_t last_chunk) {
    if (!right->has_value) return false;
    if (!left->has_value) {
        memcpy(left->state, right->state, of->task->state->size);
        left->has_value = true;
        right->has_value = false;
        return false;
    }
    size_t printed = of->context->out_len;
    bool failed = of->task->merge(of->context, of->captures, left->state, right->state);
    right->has_value = false;
    left->is_uneven |= of->is_cut && (failed || of->context->out_len > printed);
    frame_take_output(left, of, printed, last_chunk);
    if (!failed) return false;
    left->has_value = false;
    frame_fail(left, of->context, last_chunk, NULL);
    return true;
}

static void move_end(Frame *to, Frame *from) {
    mr_error_clear(&to->error);
    to->end = from->end;
    to->end_chunk = from->end_chunk;
    to->error = from->error;
    from->error = (MrError){0};
}

/* Of two frames of a commutative bag that hold chunks in any order. After a failure only the output still counts; but one that
 * comes after the chunk that has decided the result is none: then the state that was decided counts, and that of the other does
 * not. */
static bool combine_any(const FrameContext *of, Frame *left, Frame *right, uint64_t last_chunk) {
    merge_output(left, right);
    left->is_uneven |= right->is_uneven;
    bool is_right = right->end != END_NONE && (left->end == END_NONE || right->end_chunk < left->end_chunk);
    const Frame *earliest = is_right ? right : left;
    if (left->end == END_FAILED || right->end == END_FAILED) {
        if (earliest != left || left->end == END_FAILED) drop_state(left, of);
        if (earliest != right || right->end == END_FAILED) drop_state(right, of);
    }
    if (merge_states(of, left, right, last_chunk)) return true;
    if (is_right) move_end(left, right);
    if (left->end != END_NONE) frame_cut(left, left->end_chunk + 1);
    return false;
}

static bool combine_ordered(const FrameContext *of, Frame *left, Frame *right, uint64_t last_chunk) {
    if (left->end != END_NONE) return false;
    merge_output(left, right);
    left->is_uneven |= right->is_uneven;
    if (right->end == END_FAILED) {
        drop_state(left, of);
        move_end(left, right);
        return false;
    }
    if (merge_states(of, left, right, last_chunk)) return true;
    if (right->end != END_NONE) move_end(left, right);
    return false;
}

static bool combine_frames(void *context, TreeNode node, BagValue left_value, BagValue right_value, BagValue *out) {
    const FrameContext *of = context;
    Frame *left = frame_of(left_value), *right = frame_of(right_value);
    Range span = tree_span(node, of->chunks);
    uint64_t last_chunk = span.first + span.count - 1;
    bool failed =
        of->task->flags & MR_TASK_EXACT ? combine_any(of, left, right, last_chunk) : combine_ordered(of, left, right, last_chunk);
    frame_free(right, of);
    *out = left_value;
    return !failed;
}

static void drop_frame(void *context, BagValue value) {
    frame_free(frame_of(value), context);
}

BagOps frame_ops(FrameContext *of) {
    return (BagOps){combine_frames, drop_frame, of};
}

/* ---- frames as bytes */

static void put_name(Buf *out, const char *text) {
    buf_add_counted(out, text ? text : "", text ? strlen(text) : 0);
}

/* Each bag is decoded once, by whoever goes on with it. Tables are cut into parts, which are encoded in a way of their own. */
static Lending frame_lending(const FrameContext *of) {
    Lending lending = of->lending;
    lending.takes = true;
    if (of->task->flags & MR_TASK_KEYED) lending.lender = NULL;
    return lending;
}

/* Whole, or with an order the part that lies in this cell; what was printed lies in the first one. */
static void frame_encode(const Frame *frame, const FrameContext *of, const PartOrder *order, uint32_t cell, Buf *out) {
    size_t segments = cell == 0 ? frame->segment_count : 0;
    buf_add_number(out, (uint64_t)frame->has_value | (uint64_t)frame->is_uneven << 1);
    buf_add_number(out, cell == 0 ? frame->left_out : 0);
    follow_encode(frame, of, cell == 0, out);
    buf_add_number(out, frame->end);
    buf_add_number(out, frame->end_chunk);
    if (frame->end == END_FAILED) {
        put_name(out, frame->error.message);
        put_name(out, frame->error.input);
        put_name(out, frame->error.where.file);
        buf_add_number(out, (uint64_t)(uint32_t)frame->error.where.line << 32 | (uint32_t)frame->error.where.column);
    }
    buf_add_number(out, segments);
    for (size_t i = 0; i < segments; i++) {
        buf_add_number(out, frame->segments[i].chunk);
        buf_add_counted(out, frame->segments[i].text, frame->segments[i].len);
    }
    if (!frame->has_value) return;
    frame_settle(frame, of);
    if (of->task->flags & MR_TASK_PLACES) {
        results_encode(frame, of, frame_lending(of), out);
        return;
    }
    if (!order) {
        codec_encode_lent(out, frame->state, of->task->state, of->context->program, frame_lending(of));
        return;
    }
    uint32_t first = order->starts[cell];
    codec_encode_entries(out, *(MrMap *const *)frame->state, order->numbers + first, order->starts[cell + 1] - first,
                         of->context->program);
}

static char *take_copy(Input *in) {
    size_t len;
    const char *text = input_text(in, &len);
    return strndup(text, len);
}

static void decode_error(Frame *frame, const FrameContext *of, Input *in) {
    frame->error.is_set = true;
    frame->error.message = take_copy(in);
    frame->error.input = take_copy(in);
    if (!*frame->error.input) free(frame->error.input), frame->error.input = NULL;
    size_t len;
    const char *file = input_text(in, &len);
    uint64_t place = input_number(in);
    if (len == 0) return;
    frame->error.where =
        (MrLocation){runtime_file_name(runtime_of(of->context), file, len), (int32_t)(place >> 32), (int32_t)place};
}

static Frame *frame_decode(const FrameContext *of, Input *in) {
    Frame *frame = frame_new(of->task);
    uint64_t flags = input_number(in), left_out = input_number(in);
    bool has_value = flags & 1;
    frame->is_uneven = flags >> 1;
    frame->left_out = left_out & INT64_MAX;
    follow_decode(frame, of, in);
    uint64_t end = input_number(in);
    frame->end_chunk = input_number(in);
    if (flags > 3 || end > END_FAILED || frame->end_chunk >= MESSAGE_CHUNKS) in->is_bad = true;
    if (!in->is_bad) frame->end = (EndKind)end;
    if (frame->end == END_FAILED) decode_error(frame, of, in);
    uint64_t segments = input_number(in);
    for (uint64_t i = 0; i < segments && !in->is_bad; i++) {
        Segment segment = {.chunk = input_number(in)};
        const char *text = input_text(in, &segment.len);
        segment.text = xmalloc(segment.len + 1);
        memcpy(segment.text, text, segment.len);
        segment_push(frame, segment);
    }
    if (has_value && !in->is_bad && of->task->flags & MR_TASK_PLACES) {
        frame->has_value = results_decode(frame, of, frame_lending(of), in);
        in->is_bad |= !frame->has_value;
    } else if (has_value && !in->is_bad) {
        in->is_bad =
            codec_decode_lent(&in->at, in->end, frame->state, of->task->state, of->context->program, frame_lending(of)) != NULL;
        frame->has_value = !in->is_bad;
    }
    return frame;
}

static void value_encode(BagValue value, const FrameContext *of, const PartOrder *order, uint32_t cell, Buf *out) {
    buf_add_number(out, value != VALUE_NONE);
    if (value != VALUE_NONE) frame_encode(frame_of(value), of, order, cell, out);
}

void bag_encode_cell(const Bag *bag, const FrameContext *of, const PartOrder *orders, uint32_t cell, Buf *out) {
    if (bag->commutative) {
        buf_add_number(out, bag->covered.len);
        for (size_t i = 0; i < bag->covered.len; i++)
            buf_add_number(out, bag->covered.items[i].first), buf_add_number(out, bag->covered.items[i].count);
        value_encode(bag->value, of, orders, cell, out);
        return;
    }
    buf_add_number(out, bag->len);
    for (size_t i = 0; i < bag->len; i++) {
        buf_add_number(out, bag->nodes[i].node.level);
        buf_add_number(out, bag->nodes[i].node.index);
        value_encode(bag->nodes[i].value, of, orders ? &orders[i] : NULL, cell, out);
    }
}

void bag_encode(const Bag *bag, const FrameContext *of, Buf *out) {
    bag_encode_cell(bag, of, NULL, 0, out);
}

static void decode_commutative(Bag *bag, const FrameContext *of, Input *in) {
    uint64_t ranges = input_number(in);
    for (uint64_t i = 0; i < ranges && !in->is_bad; i++) {
        uint64_t first = input_number(in), count = input_number(in);
        if (first > of->chunks || count > of->chunks - first) in->is_bad = true;
        if (!in->is_bad) bag_cover(bag, first, count, VALUE_NONE);
    }
    if (input_number(in) != 0 && !in->is_bad) bag->value = frame_value(frame_decode(of, in));
}

bool bag_decode(Bag *bag, const FrameContext *of, const void *bytes, size_t size) {
    Input in = input_of(bytes, size);
    bag_init(bag, of->chunks, of->task->flags & MR_TASK_EXACT, frame_ops((FrameContext *)(uintptr_t)of));
    if (bag->commutative) {
        decode_commutative(bag, of, &in);
    } else {
        uint64_t nodes = input_number(&in);
        for (uint64_t i = 0; i < nodes && !in.is_bad; i++) {
            uint64_t level = input_number(&in), index = input_number(&in), has_value = input_number(&in);
            if (level > 63 || level > tree_height(of->chunks) || index > of->chunks || index << level >= of->chunks)
                in.is_bad = true;
            BagValue value = has_value && !in.is_bad ? frame_value(frame_decode(of, &in)) : VALUE_NONE;
            if (!in.is_bad)
                bag_insert(bag, (TreeNode){index, (uint32_t)level}, value);
            else if (value != VALUE_NONE)
                frame_free(frame_of(value), of);
        }
    }
    if (!in.is_bad && in.at == in.end) return false;
    bag_free(bag);
    return true;
}

uint64_t bag_encoded_count(bool is_commutative, const void *bytes, size_t size) {
    Input in = input_of(bytes, size);
    uint64_t count = input_number(&in);
    return is_commutative ? count > 0 : count;
}
