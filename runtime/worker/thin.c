/* thin.c: leaving out of tables what nobody asks for. */
#include "runtime/worker/thin.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/value/value.h"
#include "runtime/worker/follow.h"

/* Where one worker has the whole table, tasks that follow may take here about as long as sending the table would: a task that takes
 * longer is better off with many workers. Nanoseconds; a table that was cut is followed by many as it is. */
#define FOLLOW_LEAST  ((uint64_t)10000000)
#define FOLLOW_A_BYTE ((uint64_t)50)

/* ---- one state */

/* A map of the states whose keys are those of these entries of the finished map. The rest is dropped. */
static MrMap *states_of(MrContext *context, MrMap *states, const MrMap *finished, const int64_t *numbers, int64_t count,
                        const MrType *type) {
    MrMap *kept = NULL;
    for (int64_t i = 0; i < count; i++) {
        const char *entry = map_entry(finished, numbers[i]);
        uint64_t hash;
        memcpy(&hash, entry, sizeof hash);
        MapKey key = map_key_hashed(entry + finished->key_offset, hash, type->fields[0]);
        char *state = map_lookup(states, &key, type), *value = state + states->value_offset;
        memcpy(map_insert(&kept, state + states->key_offset, hash, type), value, states->value->size);
        memset(value, 0, states->value->size);
    }
    mr_drop(context, &states, type);
    return kept;
}

/* How many entries are wanted. */
static int64_t most_wanted(const FrameContext *of) {
    const MrTask *task = of->task;
    int64_t most = task->keep_most;
    if (task->keep_also == MR_NO_CAPTURES) return most;
    const MrType *numbers = task->captures->fields[task->keep_also];
    const char *at = (const char *)of->captures + task->captures->offsets[task->keep_also];
    for (uint32_t i = 0; i < numbers->field_count; i++) {
        int64_t n;
        memcpy(&n, at + numbers->offsets[i], sizeof n);
        if (n > most) most = n;
    }
    return most;
}

static void leave_out(Frame *frame, const FrameContext *of, const MrMap *finished) {
    const MrTask *task = of->task;
    MrMap **states = (MrMap **)frame->state;
    int64_t count, *numbers = map_most_common(finished, most_wanted(of), &count);
    frame->left_out += (uint64_t)((finished ? finished->len : 0) - count);
    map_unique(states);
    *states = *states ? states_of(of->context, *states, finished, numbers, count, task->state) : NULL;
    free(numbers);
}

/* True: finishing or following failed, printed, or (budget: nanoseconds, 0: none) took too long, and the frame is as it was. */
static bool frame_thin(Frame *frame, const FrameContext *of, uint64_t budget) {
    MrContext *context = of->context;
    const MrTask *task = of->task;
    if (!frame->has_value) return false;
    frame_settle(frame, of);
    MrMap *states = *(MrMap **)frame->state, *copy = states ? map_copy(states) : NULL, *finished = NULL;
    size_t printed = context->out_len;
    bool failed = task->finish(context, of->captures, &copy, true, &finished), is_whole = failed || context->out_len > printed;
    context->out_len = printed;
    if (failed) {
        mr_error_clear(&context->error);
        return true;
    }
    is_whole = is_whole || follow_run(frame, of, finished, budget);
    if (!is_whole) leave_out(frame, of, finished);
    mr_drop(context, &finished, task->result);
    return is_whole;
}

/* ---- a bag */

static TreeNode top_node(const FrameContext *of) {
    return (TreeNode){.level = tree_height(of->chunks)};
}

/* Thins the top of a bag that has all chunks; leaves it as it is when it has ended. True: it needs the whole. */
static bool thin_top(Bag *bag, const FrameContext *of, uint64_t budget, bool *is_ended) {
    BagValue top;
    *is_ended = !bag_finish(bag, of->chunks, &top);
    if (*is_ended) return false;
    Frame *frame = top == VALUE_NONE ? NULL : frame_of(top);
    *is_ended = frame && frame->end != END_NONE;
    bool needs_whole = frame && !*is_ended && frame_thin(frame, of, budget);
    bag_insert(bag, top_node(of), top);
    return needs_whole;
}

/* A cell of what was written, with all chunks of it combined. True: failed. */
static bool read_cell(const KeptBag *kept, const FrameContext *of, uint32_t cell, Bag *bag, char **error) {
    Buf bytes = {0};
    uint64_t size = held_size(kept->spilled, cell, PART_CELLS), nodes = 0;
    buf_reserve(&bytes, size);
    bag_init(bag, of->chunks, of->task->flags & MR_TASK_EXACT, frame_ops((FrameContext *)(uintptr_t)of));
    bool failed = held_read(kept->spilled, cell, PART_CELLS, 0, bytes.data, size, error);
    if (!failed && bag_merge_bytes(bag, of, (Part){0}, bytes.data, size, &nodes)) {
        *error = strdup("what was written to a temporary file is not what is read from it");
        failed = true;
    }
    buf_free(&bytes);
    if (failed) bag_free(bag);
    return failed;
}

/* Cell by cell, so that no more of the table than a cell is in memory. */
static bool thin_cells(KeptBag *kept, const FrameContext *of, char **error) {
    Bag thin = {0};
    bool is_ended = false, failed = false;
    for (uint32_t cell = 0; cell < PART_CELLS && !failed && !is_ended; cell++) {
        Bag bag;
        failed = read_cell(kept, of, cell, &bag, error);
        if (failed) break;
        bool needs_whole = thin_top(&bag, of, 0, &is_ended);
        if (needs_whole && bag.len + (bag.value != VALUE_NONE) > 0)
            frame_of(bag.commutative ? bag.value : bag.nodes[0].value)->is_uneven = true;
        if (cell == 0)
            thin = bag;
        else if (is_ended || bag_join(&thin, &bag, of))
            bag_free(&bag), is_ended = true;
        else
            thin_top(&thin, of, 0, &is_ended); /* of so many cells together */
    }
    if (!failed && !is_ended) {
        held_free(&kept->spilled);
        kept->bag = thin;
        kept->bag.ops = frame_ops((FrameContext *)(uintptr_t)of);
    } else if (thin.n > 0) {
        bag_free(&thin);
    }
    return failed;
}

bool kept_thin(KeptBag *kept, const FrameContext *of, const Memory *memory, char **error) {
    if (of->task->keep == MR_KEEP_ALL || of->chunks == 0) return false;
    if (kept->spilled) {
        FrameContext cut = *of;
        cut.is_cut = true;
        if (kept_spill(kept, of, memory, error) || thin_cells(kept, &cut, error)) return true;
        kept->bag.ops = frame_ops((FrameContext *)(uintptr_t)of);
        return false;
    }
    bool is_ended;
    BagValue *top = kept->bag.commutative ? &kept->bag.value : &kept->bag.nodes[0].value;
    if (!bag_covers(&kept->bag, 0, of->chunks)) return false;
    bool is_part = kept->part.count > 1;
    kept_weigh(kept, of);
    uint64_t budget = is_part ? 0 : FOLLOW_LEAST + FOLLOW_A_BYTE * kept->weight.all;
    if (thin_top(&kept->bag, of, budget, &is_ended) && is_part) frame_of(*top)->is_uneven = true;
    return false;
}
