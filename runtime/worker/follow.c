/* follow.c: running tasks over the entries of a table that is not put in order, and answers in place of tables.
 *
 * A kernel is given some entries at a time, as a list of pairs. One that may stop at a deciding element is given each for itself:
 * in another order it might stop before an element that fails. */
#include "runtime/worker/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/codec.h"
#include "runtime/value/front.h"
#include "runtime/value/value.h"
#include "runtime/worker/run.h"

/* Entries that are made pairs of at a time: more and more, as long as such a batch takes less than so many nanoseconds. */
enum { FIRST_BATCH = 1, MOST_BATCH = 4096, BATCH_TIME = 500000 };

/* ---- states */

static FrameContext follow_context(const FrameContext *of, const MrFollow *follow) {
    const MrType *captures = of->task->captures;
    const char *mine = follow->captures == MR_NO_CAPTURES ? NULL : (const char *)of->captures + captures->offsets[follow->captures];
    return (FrameContext){.context = of->context, .task = follow->task, .captures = mine};
}

static void *state_new(const MrTask *task) {
    void *state = xaligned(task->state->align > 16 ? task->state->align : 16, task->state->size);
    memset(state, 0, task->state->size);
    return state;
}

static FollowState *states_new(const MrTask *task) {
    FollowState *states = xcalloc(task->follow_count, sizeof *states);
    for (uint32_t i = 0; i < task->follow_count; i++) states[i].state = state_new(task->follows[i].task);
    return states;
}

void follow_free(Frame *frame, const FrameContext *of) {
    for (uint32_t i = 0; frame->follows && i < of->task->follow_count; i++) {
        FollowState *follow = &frame->follows[i];
        if (follow->has_value) mr_drop(of->context, follow->state, of->task->follows[i].task->state);
        free(follow->state);
    }
    free(frame->follows);
    frame->follows = NULL;
}

/* ---- running */

/* Merges a state into another one. True: failed, and there is none. */
static bool merge_into(FollowState *to, void *state, const FrameContext *of) {
    if (!to->has_value) {
        memcpy(to->state, state, of->task->state->size);
        to->has_value = true;
        return false;
    }
    to->has_value = !of->task->merge(of->context, of->captures, to->state, state);
    return !to->has_value;
}

static bool run_pairs(FollowState *to, const FrameContext *of, const char *pairs, int64_t count) {
    MrContext *context = of->context;
    MrSlice slice = {.data = pairs};
    MrChunk chunk = {.count = count, .slices = &slice};
    context->failed_element = -1;
    bool failed = of->task->kernel(context, of->captures, &chunk, to->state, &to->has_value);
    if (failed) to->has_value = false;
    if (to->has_value && of->task->flags & MR_TASK_KEYED) front_settle(*(MrMap **)to->state);
    return failed;
}

/* One at a time: a state that is decided takes no more elements in, but may be merged. */
static bool run_each(FollowState *to, const FrameContext *of, const char *pairs, int64_t count) {
    size_t size = of->task->sources[0].element->size;
    FollowState one = {.state = state_new(of->task)};
    bool failed = false;
    for (int64_t i = 0; i < count && !failed; i++) {
        failed = run_pairs(&one, of, pairs + (size_t)i * size, 1) || (one.has_value && merge_into(to, one.state, of));
        one.has_value = false;
    }
    free(one.state);
    return failed;
}

/* True: failed. */
static bool run_batch(FollowState *states, const FrameContext *of, const MrMap *map, const int64_t *numbers, int64_t count) {
    MrList *pairs = map_pairs(map, numbers, count);
    bool failed = false;
    for (uint32_t i = 0; i < of->task->follow_count && !failed; i++) {
        FrameContext context = follow_context(of, &of->task->follows[i]);
        bool stops = context.task->flags & MR_TASK_STOPS;
        failed = stops ? run_each(&states[i], &context, pairs->data, count) : run_pairs(&states[i], &context, pairs->data, count);
    }
    mr_drop(of->context, &pairs, of->task->follows[0].task->sources[0].list);
    return failed;
}

void follow_begin(Follower *follower, Frame *frame, const FrameContext *of, int64_t len, uint64_t budget) {
    *follower = (Follower){.frame = frame, .of = of, .budget = budget, .left = len, .batch = FIRST_BATCH};
    follower->is_wanted = !frame->follows && of->task->follow_count > 0;
    follower->start = follower->is_wanted ? clock_now() : 0;
    if (follower->is_wanted) frame->follows = states_new(of->task);
}

bool follow_go_on(Follower *follower, const MrMap *finished) {
    if (!follower->is_wanted) return false;
    const FrameContext *of = follower->of;
    MrContext *context = of->context;
    const MrMapped *around = context->mapped;
    size_t printed = context->out_len;
    int64_t numbers[MOST_BATCH];
    uint64_t now = clock_now();
    bool failed = false, is_late = false;
    context->mapped = NULL;
    for (int64_t first = 0, count; first < finished->len && !failed && !is_late && context->out_len == printed; first += count) {
        count = finished->len - first < follower->batch ? finished->len - first : follower->batch;
        for (int64_t i = 0; i < count; i++) numbers[i] = first + i;
        failed = run_batch(follower->frame->follows, of, finished, numbers, count);
        uint64_t before = now;
        now = clock_now();
        if (now - before < BATCH_TIME && follower->batch < MOST_BATCH) follower->batch *= 2;
        follower->left -= count;
        is_late = follower->budget && now - follower->start > follower->budget && follower->left > 0;
    }
    context->mapped = around;
    bool is_useless = failed || is_late || context->out_len > printed;
    context->out_len = printed;
    if (failed) mr_error_clear(&context->error);
    if (is_useless) follow_free(follower->frame, of);
    follower->is_wanted = !is_useless;
    return is_useless;
}

bool follow_join(Frame *frame, Frame *from, const FrameContext *of) {
    if (!from->follows) return false;
    if (!frame->follows) {
        frame->follows = from->follows;
        from->follows = NULL;
        return false;
    }
    size_t printed = of->context->out_len;
    bool failed = false;
    for (uint32_t i = 0; i < of->task->follow_count && !failed; i++) {
        FrameContext context = follow_context(of, &of->task->follows[i]);
        if (!from->follows[i].has_value) continue;
        from->follows[i].has_value = false;
        failed = merge_into(&frame->follows[i], from->follows[i].state, &context);
    }
    if (failed) mr_error_clear(&of->context->error);
    bool is_useless = failed || of->context->out_len > printed;
    of->context->out_len = printed;
    return is_useless;
}

/* ---- as bytes */

void follow_encode(const Frame *frame, const FrameContext *of, bool is_first, Buf *out) {
    if (of->task->follow_count == 0) return;
    bool is_there = frame->follows && is_first;
    buf_add_number(out, is_there);
    for (uint32_t i = 0; is_there && i < of->task->follow_count; i++) {
        const FollowState *follow = &frame->follows[i];
        buf_add_number(out, follow->has_value);
        if (follow->has_value) codec_encode(out, follow->state, of->task->follows[i].task->state, of->context->program);
    }
}

void follow_decode(Frame *frame, const FrameContext *of, Input *in) {
    if (of->task->follow_count == 0) return;
    uint64_t is_there = input_number(in);
    if (is_there > 1) in->is_bad = true;
    if (is_there != 1 || in->is_bad) return;
    frame->follows = states_new(of->task);
    for (uint32_t i = 0; i < of->task->follow_count && !in->is_bad; i++) {
        FollowState *follow = &frame->follows[i];
        uint64_t has_value = input_number(in);
        if (has_value > 1) in->is_bad = true;
        if (has_value != 1 || in->is_bad) continue;
        const MrType *type = of->task->follows[i].task->state;
        in->is_bad = codec_decode(&in->at, in->end, follow->state, type, of->context->program) != NULL;
        follow->has_value = !in->is_bad;
    }
}

/* ---- answers */

static void answer_states(const FrameContext *of, Frame *frame, char *result) {
    const MrType *answers = of->task->answers;
    for (uint32_t i = 0; i < of->task->follow_count; i++) {
        FollowState *follow = &frame->follows[i];
        char *place = result + answers->offsets[MR_ANSWER_STATES + i];
        const MrType *optional = answers->fields[MR_ANSWER_STATES + i], *state = optional->fields[0];
        if (!follow->has_value) continue;
        *place = 1;
        memcpy(place + optional->offsets[0], follow->state, state->size);
        follow->has_value = false;
    }
}

bool answers_finish(const FrameContext *of, Frame *frame, void *state, bool has_value, void *result) {
    const MrTask *task = of->task;
    const MrType *answers = task->answers;
    if (!answers) return task->finish(of->context, of->captures, state, has_value, result);
    MrMap *map = NULL;
    if (task->finish(of->context, of->captures, state, has_value, &map)) return true;
    int64_t count = mr_map_len(of->context, map) + (frame ? (int64_t)frame->left_out : 0);
    char *to = result;
    memset(to, 0, answers->size);
    memcpy(to + answers->offsets[MR_ANSWER_TABLE], &map, sizeof map);
    memcpy(to + answers->offsets[MR_ANSWER_COUNT], &count, sizeof count);
    to[answers->offsets[MR_ANSWER_IS_FOLLOWED]] = frame && frame->follows;
    if (frame && frame->follows) answer_states(of, frame, to);
    return false;
}

bool mr_job_follow(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, bool is_followed,
                   const void *state, void *result) {
    if (!is_followed) return mr_job_run(context, task, captures, sources, result);
    bool has_value = *(const bool *)state;
    FrameContext of = {.context = context, .task = task, .captures = captures};
    void *copy = state_new(task);
    if (has_value) {
        memcpy(copy, (const char *)state + align_up(1, task->state->align), task->state->size);
        mr_retain(context, copy, task->state);
    }
    RunGuard guard = run_enter(context);
    bool failed = answers_finish(&of, NULL, copy, has_value, result);
    run_leave(context, guard);
    free(copy);
    return failed;
}
