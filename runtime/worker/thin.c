/* thin.c: leaving out of tables what nobody asks for. */
#include "runtime/worker/thin.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/value.h"
#include "runtime/worker/follow.h"

/* Where one worker has the whole table, tasks that follow may take here about as long as sending the table would: a task that takes
 * longer is better off with many workers. Nanoseconds; a table that was cut is followed by many as it is. */
#define FOLLOW_LEAST  ((uint64_t)10000000)
#define FOLLOW_A_BYTE ((uint64_t)50)

/* ---- one state */

/* A table is finished some entries at a time, which are in the processor's caches while they are looked at, and no second table is
 * needed. */
enum { BLOCK = 4096 };

/* The entries of a table of states that may be among its most common ones, by their numbers. */
typedef struct Thinning {
    Frame *frame;
    const FrameContext *of;
    MrMap *states;
    int64_t wanted; /* so many are */
    int64_t *numbers, count, cap;
} Thinning;

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

/* The number of the entry of states that became this entry of a finished map. */
static int64_t number_of(const Thinning *thinning, const MrMap *finished, int64_t number) {
    const MrMap *states = thinning->states;
    const MrType *type = thinning->of->task->state;
    const char *entry = map_entry(finished, number);
    uint64_t hash;
    memcpy(&hash, entry, sizeof hash);
    MapKey key = map_key_hashed(entry + finished->key_offset, hash, type->fields[0]);
    return (map_lookup(states, &key, type) - states->entries) / states->stride;
}

/* Finishes some entries. True: failed or printed. */
static bool finish_some(const Thinning *thinning, const int64_t *numbers, int64_t count, MrMap **finished) {
    const FrameContext *of = thinning->of;
    MrContext *context = of->context;
    MrMap *some = map_some(thinning->states, numbers, count);
    size_t printed = context->out_len;
    bool failed = of->task->finish(context, of->captures, &some, true, finished), has_printed = context->out_len > printed;
    context->out_len = printed;
    if (failed) mr_error_clear(&context->error);
    if (!failed && has_printed) mr_drop(context, finished, of->task->result);
    return failed || has_printed;
}

static void keep_best(Thinning *thinning, const MrMap *finished) {
    int64_t count, *best = map_most_common(finished, thinning->wanted, &count);
    if (thinning->count + count > thinning->cap) {
        thinning->cap = 2 * (thinning->count + count);
        thinning->numbers = xrealloc(thinning->numbers, (size_t)thinning->cap * sizeof *thinning->numbers);
    }
    for (int64_t i = 0; i < count; i++) thinning->numbers[thinning->count++] = number_of(thinning, finished, best[i]);
    free(best);
}

/* Leaves of those that were kept the best. True: failed or printed. */
static bool keep_fewer(Thinning *thinning) {
    MrMap *finished;
    if (finish_some(thinning, thinning->numbers, thinning->count, &finished)) return true;
    thinning->count = 0;
    keep_best(thinning, finished);
    mr_drop(thinning->of->context, &finished, thinning->of->task->result);
    return false;
}

/* True: finishing or following failed, printed, or took too long. */
static bool look_through(Thinning *thinning, Follower *follower) {
    const FrameContext *of = thinning->of;
    int64_t len = thinning->states->len, numbers[BLOCK];
    bool is_whole = false;
    for (int64_t first = 0, count; first < len && !is_whole; first += count) {
        MrMap *finished;
        count = len - first < BLOCK ? len - first : BLOCK;
        for (int64_t i = 0; i < count; i++) numbers[i] = first + i;
        if (finish_some(thinning, numbers, count, &finished)) return true;
        is_whole = follow_go_on(follower, finished);
        keep_best(thinning, finished);
        mr_drop(of->context, &finished, of->task->result);
        if (thinning->count > BLOCK && thinning->count / 2 > thinning->wanted) is_whole = is_whole || keep_fewer(thinning);
    }
    return is_whole || (thinning->count > thinning->wanted && keep_fewer(thinning));
}

/* Makes a map of the states that were kept. The rest is dropped. */
static void leave_out(const Thinning *thinning) {
    const MrType *type = thinning->of->task->state;
    MrMap *states = thinning->states, *kept = NULL;
    thinning->frame->left_out += (uint64_t)(states->len - thinning->count);
    for (int64_t i = 0; i < thinning->count; i++) {
        char *entry = map_entry(states, thinning->numbers[i]), *value = entry + states->value_offset;
        uint64_t hash;
        memcpy(&hash, entry, sizeof hash);
        memcpy(map_insert(&kept, entry + states->key_offset, hash, type), value, states->value->size);
        memset(value, 0, states->value->size);
    }
    mr_drop(thinning->of->context, &states, type);
    memcpy(thinning->frame->state, &kept, sizeof kept);
}

/* True: finishing or following failed, printed, or (budget: nanoseconds, 0: none) took too long, and the frame is as it was. */
static bool frame_thin(Frame *frame, const FrameContext *of, uint64_t budget) {
    if (!frame->has_value) return false;
    frame_settle(frame, of);
    map_unique((MrMap **)frame->state);
    Thinning thinning = {.frame = frame, .of = of, .states = *(MrMap **)frame->state, .wanted = most_wanted(of)};
    int64_t len = mr_map_len(of->context, thinning.states);
    if (thinning.wanted < 0) thinning.wanted = 0;
    Follower follower;
    bool has_followed = frame->follows != NULL;
    follow_begin(&follower, frame, of, len, budget);
    bool is_whole = len > 0 && look_through(&thinning, &follower);
    if (is_whole && !has_followed) follow_free(frame, of);
    if (!is_whole && len > 0) leave_out(&thinning);
    free(thinning.numbers);
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
