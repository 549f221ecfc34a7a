/* cut.c: keyed bags cut into cells, and merged from bytes.
 *
 * The cells of a run are put together before they are merged with anything, so that what is combined are nodes of whole tables, or
 * of the part that is asked for; an error of the program, or what a combine prints, is then the same as if nothing had been cut, as
 * long as the whole is asked for. */
#include "runtime/worker/cut.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "base/input.h"
#include "runtime/sched/guard.h"
#include "runtime/worker/follow.h"

enum { HEAD_SIZE = 3 * sizeof(uint64_t), RUN_SHIFT = 16, LEVEL_SHIFT = 8 };

static MrMap *frame_map(const Frame *frame) {
    return frame->has_value ? *(MrMap *const *)frame->state : NULL;
}

/* ---- cutting */

static void orders_free(PartOrder *orders, size_t count) {
    for (size_t i = 0; i < count; i++) part_order_free(&orders[i]);
    free(orders);
}

/* The order of each node's map; *count of them. */
static PartOrder *orders_new(const Bag *bag, const FrameContext *of, uint32_t level, size_t *count) {
    *count = bag->commutative ? 1 : bag->len;
    PartOrder *orders = xcalloc(*count + 1, sizeof *orders);
    for (size_t i = 0; i < *count; i++) {
        BagValue value = bag->commutative ? bag->value : bag->nodes[i].value;
        if (value != VALUE_NONE) frame_settle(frame_of(value), of);
        if (value != VALUE_NONE && !part_order(&orders[i], frame_map(frame_of(value)), level))
            out_of_memory(SIZE_MAX); /* a table of more than 2^32 entries on one worker */
    }
    return orders;
}

bool bag_cut(const Bag *bag, const FrameContext *of, uint32_t level, uint32_t run, CutSink *sink, void *data) {
    size_t count;
    PartOrder *orders = orders_new(bag, of, level, &count);
    Buf stretch = {0};
    bool failed = false;
    for (uint32_t cell = 0; cell < PART_CELLS && !failed; cell++) {
        uint64_t head[3] = {(uint64_t)run << RUN_SHIFT | level << LEVEL_SHIFT | cell};
        stretch.len = 0;
        buf_add(&stretch, head, sizeof head);
        bag_encode_cell(bag, of, orders, cell, &stretch);
        head[1] = stretch.len - HEAD_SIZE;
        if (IS_GUARDED) head[2] = checksum64(stretch.data + HEAD_SIZE, stretch.len - HEAD_SIZE, head[0]);
        memcpy(stretch.data, head, sizeof head);
        failed = sink(data, cell, &stretch);
    }
    buf_free(&stretch);
    orders_free(orders, count);
    return failed;
}

/* ---- joining */

static void frame_join(Frame *frame, Frame *from, const FrameContext *of) {
    frame->is_uneven |= from->is_uneven;
    frame->left_out = (frame->left_out + from->left_out) & INT64_MAX;
    frame->is_uneven |= follow_join(frame, from, of);
    if (frame->has_value && from->has_value) {
        frame_settle(frame, of);
        frame_settle(from, of);
        part_join(frame->state, *(MrMap **)from->state);
        from->has_value = false;
    }
    frame_free(from, of);
}

static bool values_match(BagValue a, BagValue b) {
    if (a == VALUE_NONE || b == VALUE_NONE) return a == b;
    const Frame *left = frame_of(a), *right = frame_of(b);
    return left->has_value == right->has_value && left->end == right->end && left->end_chunk == right->end_chunk;
}

static bool ranges_match(const RangeSet *a, const RangeSet *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->items, b->items, a->len * sizeof *a->items) == 0);
}

static bool bags_match(const Bag *a, const Bag *b) {
    if (a->len != b->len || !ranges_match(&a->covered, &b->covered) || !values_match(a->value, b->value)) return false;
    for (size_t i = 0; i < a->len; i++) {
        TreeNode one = a->nodes[i].node, other = b->nodes[i].node;
        if (one.level != other.level || one.index != other.index || !values_match(a->nodes[i].value, b->nodes[i].value))
            return false;
    }
    return true;
}

bool bag_join(Bag *bag, Bag *from, const FrameContext *of) {
    bool is_bad = !bags_match(bag, from);
    if (!is_bad && bag->value != VALUE_NONE) {
        frame_join(frame_of(bag->value), frame_of(from->value), of);
        from->value = VALUE_NONE;
    }
    for (size_t i = 0; i < bag->len && !is_bad; i++)
        if (bag->nodes[i].value != VALUE_NONE) frame_join(frame_of(bag->nodes[i].value), frame_of(from->nodes[i].value), of);
    if (!is_bad) from->len = 0;
    bag_free(from);
    return is_bad;
}

/* ---- merging */

typedef void FrameVisitor(Frame *frame, const FrameContext *of, void *data);

static void bag_each_frame(const Bag *bag, const FrameContext *of, FrameVisitor *visit, void *data) {
    if (bag->value != VALUE_NONE) visit(frame_of(bag->value), of, data);
    for (size_t i = 0; i < bag->len; i++)
        if (bag->nodes[i].value != VALUE_NONE) visit(frame_of(bag->nodes[i].value), of, data);
}

static void keep_part(Frame *frame, const FrameContext *of, void *data) {
    const Part *part = data;
    uint32_t first = part_first(*part), count = part_end(*part) - first;
    frame_settle(frame, of);
    if (frame->has_value) part_keep(of->context, (MrMap **)frame->state, 0, first, count);
    if (first == 0) return;
    frame_cut(frame, 0); /* the output lies in the first part, and what was left out counts there */
    frame->left_out = 0;
    follow_free(frame, of);
}

static bool merge_plain(Bag *bag, const FrameContext *of, Part part, const char *bytes, size_t size, uint64_t *nodes) {
    Bag other;
    if (bag_decode(&other, of, bytes, size)) return true;
    if (part.count > 1) bag_each_frame(&other, of, keep_part, &part);
    *nodes += bag_count(&other);
    bag_merge(bag, &other);
    return false;
}

typedef struct Stretch {
    uint32_t run, level, cell;
    const char *bytes;
    size_t size;
} Stretch;

/* True: what is left of the bytes does not begin with a stretch that is as it was written. */
static bool take_stretch(Input *in, Stretch *stretch) {
    uint64_t name = input_number(in), size = input_number(in), sum = input_number(in);
    *stretch = (Stretch){(uint32_t)(name >> RUN_SHIFT), (name >> LEVEL_SHIFT) & 0xff, name & 0xff, in->at, size};
    if (in->is_bad || stretch->level >= PART_LEVELS || size > (size_t)(in->end - in->at)) return true;
    in->at += size;
    return IS_GUARDED && checksum64(stretch->bytes, size, name) != sum;
}

typedef struct Bounds {
    uint32_t level, cell;
    bool is_bad;
} Bounds;

static void check_cell(Frame *frame, const FrameContext *of, void *data) {
    Bounds *bounds = data;
    (void)of;
    if (!part_holds(frame_map(frame), bounds->level, bounds->cell, 1)) bounds->is_bad = true;
}

/* A bag of the keys of one cell. True: the bytes are none. */
static bool decode_cell(Bag *cell, const FrameContext *of, const Stretch *stretch) {
    if (bag_decode(cell, of, stretch->bytes, stretch->size)) return true;
    Bounds bounds = {.level = stretch->level, .cell = stretch->cell};
    bag_each_frame(cell, of, check_cell, &bounds);
    if (bounds.is_bad) bag_free(cell);
    return bounds.is_bad;
}

/* The bag of all cells of one run that come next. True: failed, and there is none. */
static bool take_run(Input *in, const FrameContext *of, Part part, Bag *run) {
    Stretch stretch, first = {0};
    bool has_run = false;
    while (in->at < in->end) {
        const char *before = in->at;
        Bag cell;
        bool is_bad = take_stretch(in, &stretch);
        if (!is_bad && has_run && stretch.run != first.run) {
            in->at = before;
            return false;
        }
        is_bad = is_bad || (has_run && (stretch.level != first.level || stretch.cell <= first.cell));
        bool is_wanted = stretch.level > 0 || (stretch.cell >= part_first(part) && stretch.cell < part_end(part));
        if (!is_bad && (!is_wanted || !(is_bad = decode_cell(&cell, of, &stretch)))) {
            if (is_wanted && has_run) is_bad = bag_join(run, &cell, of);
            if (is_wanted && !has_run) *run = cell;
            has_run |= is_wanted;
            if (is_wanted) first = stretch;
        }
        if (!is_bad) continue;
        if (has_run) bag_free(run);
        return true;
    }
    if (!has_run) bag_init(run, of->chunks, of->task->flags & MR_TASK_EXACT, frame_ops((FrameContext *)(uintptr_t)of));
    return false;
}

bool bag_merge_bytes(Bag *bag, const FrameContext *of, Part part, const void *bytes, size_t size, uint64_t *nodes) {
    Input in = input_of(bytes, size);
    uint64_t form = task_is_keyed(of->task) ? input_number(&in) : CUT_PLAIN;
    if (in.is_bad || form > CUT_CELLS) return true;
    if (form == CUT_PLAIN) return merge_plain(bag, of, part, in.at, (size_t)(in.end - in.at), nodes);
    while (in.at < in.end) {
        Bag run;
        if (take_run(&in, of, part, &run)) return true;
        *nodes += bag_count(&run);
        bag_merge(bag, &run);
    }
    return false;
}

/* The top of a part, VALUE_NONE if no chunk has a value. True: failed. */
static bool part_top(const FrameContext *of, Part part, const Buf *bytes, uint64_t limit, BagValue *top) {
    Bag bag;
    uint64_t nodes = 0;
    bag_init(&bag, of->chunks, of->task->flags & MR_TASK_EXACT, frame_ops((FrameContext *)(uintptr_t)of));
    bool is_bad = bag_merge_bytes(&bag, of, (Part){0}, bytes->data, bytes->len, &nodes) || !bag_finish(&bag, limit, top);
    bag_free(&bag);
    if (is_bad || *top == VALUE_NONE) return is_bad;
    const MrMap *map = frame_map(frame_of(*top));
    if (part_holds(map, 0, part_first(part), part_end(part) - part_first(part))) return false;
    frame_free(frame_of(*top), of);
    return true;
}

bool bag_gather(Bag *bag, const FrameContext *of, const Buf *parts, uint32_t count, uint64_t limit, bool *is_uneven) {
    FrameContext cut = *of;
    BagValue whole = VALUE_NONE;
    bool is_bad = false;
    cut.is_cut = true;
    *is_uneven = false;
    for (uint32_t i = 0; i < count && !is_bad && !*is_uneven; i++) {
        BagValue top = VALUE_NONE;
        is_bad = part_top(&cut, (Part){i, count}, &parts[i], limit, &top);
        if (is_bad) break;
        *is_uneven = top != VALUE_NONE && frame_of(top)->is_uneven;
        is_bad = i > 0 && !*is_uneven && !values_match(whole, top);
        if (i == 0)
            whole = top;
        else if (top != VALUE_NONE && (is_bad || *is_uneven))
            frame_free(frame_of(top), of);
        else if (top != VALUE_NONE)
            frame_join(frame_of(whole), frame_of(top), of);
    }
    if (!is_bad && !*is_uneven && of->chunks > 0)
        bag_insert(bag, (TreeNode){.level = tree_height(of->chunks)}, whole);
    else if (whole != VALUE_NONE)
        frame_free(frame_of(whole), of);
    return is_bad;
}

bool bag_is_uneven(const Bag *bag) {
    bool is_uneven = bag->value != VALUE_NONE && frame_of(bag->value)->is_uneven;
    for (size_t i = 0; i < bag->len; i++)
        is_uneven |= bag->nodes[i].value != VALUE_NONE && frame_of(bag->nodes[i].value)->is_uneven;
    return is_uneven;
}

void bag_to_bytes(const Bag *bag, const FrameContext *of, Buf *out) {
    if (task_is_keyed(of->task)) buf_add_number(out, CUT_PLAIN);
    bag_encode(bag, of, out);
}

uint64_t bag_bytes_count(const MrTask *task, const void *bytes, size_t size) {
    Input in = input_of(bytes, size);
    if (task_is_keyed(task) && input_number(&in) == CUT_CELLS) in.at += in.end - in.at < HEAD_SIZE ? in.end - in.at : HEAD_SIZE;
    return bag_encoded_count(task->flags & MR_TASK_EXACT, in.at, (size_t)(in.end - in.at));
}

/* ---- weight */

enum { FRAME_WEIGHT = 256 }; /* a frame without its value, and what malloc needs for it */

static void add_weight(Frame *frame, const FrameContext *of, void *data) {
    BagWeight *sum = data;
    uint64_t weight = FRAME_WEIGHT + of->task->state->size;
    if (frame->has_value) weight += value_weight(frame->state, of->task->state);
    for (size_t i = 0; i < frame->segment_count; i++) weight += sizeof(Segment) + frame->segments[i].len;
    sum->all += weight;
    if (weight > sum->heaviest) sum->heaviest = weight;
}

BagWeight bag_weight(const Bag *bag, const FrameContext *of) {
    BagWeight weight = {.all = bag->cap * sizeof *bag->nodes + bag->covered.cap * sizeof *bag->covered.items};
    bag_each_frame(bag, of, add_weight, &weight);
    return weight;
}
