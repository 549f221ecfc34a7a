/* map.c: running a task's kernel over chunks.
 *
 * In an exact-commutative task one state goes through all chunks. In an associative one a state goes through the chunks of a node
 * of the tree, in order. In both, neighbouring chunks of elements are mapped in one call of the kernel. How many chunks are taken
 * at a time follows the clock, so that limits and deadlines are seen in time; where there are none, all are taken at once. In a
 * keyed task the chunks of a node share a table (stacks.h), if its merging cannot be told from that of tables. States that are flat
 * and small wait for their siblings on a stack. In any other task each chunk has a frame of its own. The bag combines the states
 * along the tree. */
#include "runtime/net/link.h"
#include "runtime/value/stacks.h"
#include "runtime/worker/cpu.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/job.h"
#include "runtime/worker/results.h"

/* How long a batch of chunks may take, in nanoseconds: of elements, of text (whose limit is looked at between chunks), and where it
 * is no matter how late the clock is seen, as long as somebody who gets idle meanwhile does not wait for long. */
#define BATCH_TIME   ((uint64_t)500000)
#define TEXT_TIME    ((uint64_t)16000000)
#define PATIENT_TIME ((uint64_t)8000000)
#define RELIEF_TIME  ((uint64_t)1000000)
enum { BATCH_CHUNKS = STACKS_CHUNKS, STACKED_CHUNKS = 64, RELIEVED_CHUNKS = 8, TRIAL_PARTS = 32 };
/* Nodes whose flat states are merged on a stack: levels and chunks, and bytes of a state. */
enum { FLAT_LEVELS = 8, FLAT_CHUNKS = 1 << FLAT_LEVELS, FLAT_SIZE = 64 };

static bool is_past_limit(const JobRun *run, uint64_t chunk) {
    return run->limit && chunk >= atomic_load_explicit(run->limit, memory_order_relaxed);
}

static bool is_over(const JobRun *run, uint64_t chunk) {
    return is_past_limit(run, chunk) || (run->deadline && clock_now() > run->deadline);
}

/* One chunk more. Nobody else writes there, so that it need not be one step, which would wait for all loads and stores before it.
 */
static void progress_note(const JobRun *run) {
    if (!run->progress) return;
    uint64_t before = atomic_load_explicit(run->progress, memory_order_relaxed);
    atomic_store_explicit(run->progress, before + 1, memory_order_relaxed);
}

/* Records in the frame, and in the run, how a call of the kernel ended; `count` chunks from `first` on were given to it. Returns
 * how many chunks of them count as mapped. */
static uint64_t note_end(Job *job, JobRun *run, Frame *frame, const MrChunk *chunk, bool failed, uint64_t first, uint64_t count) {
    if (!failed && !chunk->is_decided) return count;
    uint64_t end_chunk = first + count - 1;
    if (failed) {
        MrContext *context = job->of.context;
        Buf input = {0};
        if (!chunk->slices || plan_is_text(&job->plan) || context->failed_element < 0)
            end_chunk = first;
        else if ((uint64_t)context->failed_element >> job->plan.shift < count)
            end_chunk = first + ((uint64_t)context->failed_element >> job->plan.shift);
        if (chunk->slices && !(job->plan.task->flags & MR_TASK_ONE))
            plan_locate(&job->plan, chunk, context->failed_element, &input);
        frame_fail(frame, context, end_chunk, input.len ? buf_text(&input) : NULL);
        buf_free(&input);
    } else {
        frame->end = END_STOPPED;
        frame->end_chunk = end_chunk;
    }
    run->end = frame->end;
    run->end_chunk = (int64_t)end_chunk;
    return end_chunk - first + 1;
}

/* What is being mapped, as an error names it that is caught there. */
typedef struct Mapped {
    MrMapped head;
    const Plan *plan;
    const MrChunk *chunk;
} Mapped;

static MrString mapped_locate(const MrMapped *head) {
    const Mapped *mapped = (const Mapped *)head;
    Buf text = {0};
    if (mapped->chunk->position) plan_locate(mapped->plan, mapped->chunk, *mapped->chunk->position, &text);
    MrString place = string_from_buf(&text);
    buf_free(&text);
    return place;
}

/* The kernel over a chunk, with its place known meanwhile. */
static bool kernel_run(const Job *job, MrChunk *chunk, void *state, bool *has_value) {
    MrContext *context = job->of.context;
    const MrTask *task = job->plan.task;
    Mapped mapped = {.head.locate = mapped_locate, .plan = &job->plan, .chunk = chunk};
    if (!(task->flags & MR_TASK_ONE)) context->mapped = &mapped.head;
    MrKernel *kernel = cpu_kernel(task);
    bool places = task->flags & MR_TASK_PLACES;
    if (places) results_begin(&job->of, state, chunk);
    bool failed = kernel(context, job->of.captures, chunk, state, has_value);
    if (places) *has_value = results_end(&job->of, state, chunk, failed);
    context->mapped = NULL;
    return failed;
}

/* One call of the kernel for `count` chunks; returns how many of them count. */
static uint64_t map_once(Job *job, JobRun *run, Frame *frame, uint64_t first, uint64_t count) {
    MrContext *context = job->of.context;
    size_t printed = context->out_len;
    MrChunk chunk = {0};
    context->failed_element = -1;
    blackbox_chunks(run->box, first, count);
    MR_FAULT_STARTED(started);
    bool failed = plan_read(&job->plan, context, run->lists, first, count, &chunk);
    if (run->stacks) chunk.stacks = &run->stacks->head;
    MrScratch scratch = context->scratch;
    if (!failed && plan_is_text(&job->plan)) scratch_open(context, (size_t)chunk.slices[0].first);
    if (failed && frame->has_value) mr_drop(context, frame->state, job->plan.task->state);
    if (failed)
        chunk.slices = NULL; /* it is the chunk that could not be read, not an element that failed */
    else
        failed = kernel_run(job, &chunk, frame->state, &frame->has_value);
    context->scratch = scratch;
    if (run->progress) {
        MR_FAULT_SLOW("range.slow", started);
        MR_FAULT("range.middle");
    }
    if (failed) frame->has_value = false;
    if (job->plan.task->flags & MR_TASK_SILENT) context->out_len = printed;
    frame_take_output(frame, &job->of, printed, first);
    run->elements += (uint64_t)chunk.elements;
    if (chunk.slices && plan_is_text(&job->plan)) run->size += (uint64_t)chunk.slices[0].first;
    progress_note(run);
    return note_end(job, run, frame, &chunk, failed, first, count);
}

/* Maps `count` chunks into a frame, up to an end or the limit; returns how many of them count. */
static uint64_t map_into(Job *job, JobRun *run, Frame *frame, uint64_t first, uint64_t count) {
    bool is_plain = !plan_is_text(&job->plan) && !(job->plan.task->flags & MR_TASK_BY_CHUNK) && !run->stacks;
    if (is_plain) return map_once(job, run, frame, first, count);
    uint64_t done = 0;
    while (done < count && run->end == END_NONE && !is_past_limit(run, first + done)) {
        if (run->stacks) run->stacks->chunk = (uint16_t)(STACKS_FIRST + done);
        done += map_once(job, run, frame, first + done, 1);
    }
    return done;
}

/* The same by one table for all. False: something failed, and it is not known whether that comes first, because elements wait for
 * their turn, and the states of a key are merged when it is seen again. Then nothing counts. */
static bool map_stacked(Job *job, JobRun *run, Frame *frame, uint64_t first, uint64_t count, uint64_t *done) {
    const MrTask *task = job->plan.task;
    Stacks stacks;
    MrMap *map = NULL;
    uint64_t elements = run->elements, size = run->size;
    stacks_init(&stacks, task->stacks, task->merge_value, job->of.captures);
    if (run->is_single) stacks.head.ahead = 1;
    run->stacks = &stacks;
    *done = map_into(job, run, frame, first, count);
    run->stacks = NULL;
    bool failed = run->end != END_NONE;
    if (failed)
        stacks_drop(job->of.context, &stacks);
    else
        failed = stacks_finish(job->of.context, &stacks, &map, task->state);
    memcpy(frame->state, &map, sizeof map);
    frame->has_value = map != NULL;
    if (!failed || run->is_single) return true;
    run->elements = elements;
    run->size = size;
    run->end = END_NONE;
    run->end_chunk = -1;
    return false;
}

/* ---- flat states */

/* The states of a node's chunks that wait for their siblings: no two of nodes of one size, so that there are as many as the node
 * has levels, and the one that is being made. */
typedef struct FlatStates {
    _Alignas(FLAT_SIZE) char states[FLAT_LEVELS + 1][FLAT_SIZE];
    bool have[FLAT_LEVELS + 1]; /* whether each has a value */
    unsigned count;
} FlatStates;

static bool has_flat_state(const Plan *plan) {
    const MrTask *task = plan->task;
    uint32_t others = MR_TASK_EXACT | MR_TASK_ASSOCIATIVE | MR_TASK_ONE | MR_TASK_BY_CHUNK;
    if (task->flags & others || plan_is_text(plan) || task->sources[0].kind == MR_SOURCE_STREAM) return false;
    return task->state->is_flat && task->state->size <= FLAT_SIZE && task->state->align <= FLAT_SIZE;
}

/* Merges the last two states. True: it has failed. */
static bool flat_fold(const Job *job, FlatStates *flat) {
    const MrTask *task = job->plan.task;
    unsigned right = --flat->count, left = right - 1;
    if (!flat->have[right]) return false;
    if (flat->have[left]) return task->merge(job->of.context, job->of.captures, flat->states[left], flat->states[right]);
    memcpy(flat->states[left], flat->states[right], task->state->size);
    flat->have[left] = true;
    return false;
}

/* The chunk of a node that is mapped into a state of its own, and what is the same for all of them. */
typedef struct FlatChunk {
    MrChunk chunk;
    Mapped mapped;
    MrKernel *kernel;
} FlatChunk;

/* Chunks are short: whatever is done for each of them shows. True: it has failed, or there is something to tell of it besides the
 * state. */
static bool flat_map(Job *job, JobRun *run, FlatStates *flat, FlatChunk *at, uint64_t number) {
    MrContext *context = job->of.context;
    blackbox_chunks(run->box, number, 1);
    context->failed_element = -1;
    flat->have[flat->count] = false;
    context->mapped = &at->mapped.head;
    bool failed = at->kernel(context, job->of.captures, &at->chunk, flat->states[flat->count], &flat->have[flat->count]);
    context->mapped = NULL;
    flat->count++;
    run->elements += (uint64_t)at->chunk.elements;
    progress_note(run);
    return failed || at->chunk.is_decided;
}

/* Maps the chunks of a node into a frame. False: something failed, ended or was printed, which belongs to its chunk. Then nothing
 * counts. */
static bool map_flat(Job *job, JobRun *run, Frame *frame, uint64_t first, uint64_t count, uint64_t *done) {
    MrContext *context = job->of.context;
    size_t printed = context->out_len;
    uint64_t elements = run->elements;
    FlatStates flat;
    FlatChunk at = {.mapped = {.head.locate = mapped_locate, .plan = &job->plan, .chunk = &at.chunk}};
    at.kernel = cpu_kernel(job->plan.task);
    flat.count = 0;
    bool is_odd = plan_read(&job->plan, context, run->lists, first, 1, &at.chunk);
    MR_FAULT_STARTED(started);
    for (*done = 0; *done < count && !is_odd && !is_past_limit(run, first + *done);) {
        if (*done > 0) plan_next(&job->plan, &at.chunk);
        is_odd = flat_map(job, run, &flat, &at, first + *done);
        ++*done;
        for (uint64_t node = *done; node % 2 == 0 && !is_odd; node /= 2) is_odd = flat_fold(job, &flat);
    }
    while (flat.count > 1 && !is_odd) is_odd = flat_fold(job, &flat); /* right halves that lie past the end, or the limit */
    if (run->progress) {
        MR_FAULT_SLOW("range.slow", started);
        MR_FAULT("range.middle");
    }
    if (!is_odd && context->out_len == printed) {
        frame->has_value = flat.count > 0 && flat.have[0];
        if (frame->has_value) memcpy(frame->state, flat.states[0], job->plan.task->state->size);
        return true;
    }
    context->out_len = printed;
    mr_error_clear(&context->error);
    run->elements = elements;
    return false;
}

/* ---- nodes */

/* The frame that is in the bag takes in more chunks, unless it has ended (or the chunks are there already). */
static uint64_t map_exact(Job *job, JobRun *run, uint64_t first, uint64_t count) {
    Bag *bag = &job->bag;
    Frame *frame = frame_of(bag->value);
    bool is_fresh = !frame || frame->end != END_NONE || bag_covers(bag, first, count);
    if (is_fresh) frame = frame_new(job->plan.task);
    uint64_t done = map_into(job, run, frame, first, count);
    if (frame->end != END_NONE) frame_cut(frame, frame->end_chunk + 1);
    if (!is_fresh) {
        bag_cover(bag, first, done, VALUE_NONE);
    } else if (frame_is_empty(frame)) {
        frame_free(frame, &job->of);
        bag_cover(bag, first, done, VALUE_NONE);
    } else {
        bag_cover(bag, first, done, frame_value(frame));
    }
    return done;
}

/* The frame in the bag that the node's chunks may be folded into: its left sibling's, where merging is adding in order. */
static Frame *frame_to_go_on(const Job *job, BagValue *left) {
    if (!left || !(job->plan.task->flags & MR_TASK_ASSOCIATIVE)) return NULL;
    Frame *frame = frame_of(*left);
    return frame->end == END_NONE ? frame : NULL;
}

/* Maps the first whole node of `count` chunks, as one value, up to an end or the limit: what comes after either counts as empty. */
static uint64_t map_node(Job *job, JobRun *run, uint64_t first, uint64_t count) {
    TreeNode node = tree_first((Range){first, count}, job->plan.chunks);
    Range span = tree_span(node, job->plan.chunks);
    Frame *left = frame_to_go_on(job, bag_left_of(&job->bag, node)), *frame = left ? left : frame_new(job->plan.task);
    uint64_t done;
    bool is_good = true;
    if (job->plan.task->stacks)
        is_good = map_stacked(job, run, frame, first, span.count, &done);
    else if (span.count > 1 && has_flat_state(&job->plan))
        is_good = map_flat(job, run, frame, first, span.count, &done);
    else
        done = map_into(job, run, frame, first, span.count);
    if (!is_good) {
        frame_free(frame, &job->of);
        run->is_single = true;
        return map_node(job, run, first, 1);
    }
    bool is_empty = !left && frame_is_empty(frame);
    is_good = left ? bag_grow(&job->bag, node) : bag_insert(&job->bag, node, is_empty ? VALUE_NONE : frame_value(frame));
    if (is_empty) frame_free(frame, &job->of);
    /* A combine's error stands after the last chunk that it covers. If that is a later one, those up to it are still needed. */
    if (!is_good && run->end == END_NONE && job->bag.failed == (int64_t)(first + done - 1)) {
        run->end = END_FAILED;
        run->end_chunk = job->bag.failed;
    }
    return done;
}

/* The size of the next batch, after one of `batch` chunks that took so long. It stops
 * doubling where it has all chunks of the run: smaller ones may be taken, as often as one likes. */
static uint64_t next_batch(const JobRun *run, uint64_t batch, uint64_t took, uint64_t wanted) {
    if (run->is_patient && took < PATIENT_TIME) return batch < run->count ? batch * 2 : batch;
    if (took < wanted && batch < BATCH_CHUNKS) return batch * 2;
    return took > 4 * wanted && batch > 1 ? batch / 2 : batch;
}

/* How many chunks are taken at a time in the beginning. */
static uint64_t first_batch(const Job *job, const JobRun *run) {
    const MrTask *task = job->plan.task;
    bool folds = task->flags & (MR_TASK_EXACT | MR_TASK_ASSOCIATIVE), is_stoppable = run->limit || run->deadline;
    if (task->stacks && run->relief) return RELIEVED_CHUNKS;
    if (task->stacks && !is_stoppable) return STACKS_CHUNKS;
    if (folds && !is_stoppable) return run->count;
    if (has_flat_state(&job->plan) && !is_stoppable) return FLAT_CHUNKS;
    if (run->batch) return run->batch;
    return task->stacks && plan_is_text(&job->plan) && !run->deadline ? STACKED_CHUNKS : 1;
}

/* Looks at the size of the bag, not too often. True: it is too large, and nothing can be done. */
static bool is_unrelieved(JobRun *run, uint64_t *looked_at) {
    if (!run->relief) return false;
    uint64_t now = clock_now();
    if (now - *looked_at < RELIEF_TIME) return false;
    *looked_at = now;
    run->is_unrelieved = run->relief->relieve(run->relief);
    return run->is_unrelieved;
}

void job_map(Job *job, JobRun *run) {
    const MrMapped *around = job->of.context->mapped;
    job->of.context->mapped = NULL;
    uint32_t flags = job->plan.task->flags;
    bool is_stoppable = run->limit || run->deadline, is_flat = has_flat_state(&job->plan),
         shares = flags & (MR_TASK_EXACT | MR_TASK_ASSOCIATIVE) || job->plan.task->stacks || is_flat;
    uint64_t batch = first_batch(job, run);
    uint64_t wanted = plan_is_text(&job->plan) && !run->deadline ? TEXT_TIME : BATCH_TIME;
    run->done = run->elements = run->size = 0;
    run->end = END_NONE;
    run->end_chunk = -1;
    bool is_timed = shares && is_stoppable && !(job->plan.task->stacks && run->relief);
    uint64_t looked_at = 0;
    run->is_unrelieved = false;
    while (run->done < run->count && run->end == END_NONE && !is_over(run, run->first + run->done) &&
           !is_unrelieved(run, &looked_at)) {
        uint64_t start = is_timed ? clock_now() : 0, first = run->first + run->done, left = run->count - run->done;
        uint64_t count = run->is_single ? 1 : batch < left ? batch : left;
        if (run->deadline && count > left / TRIAL_PARTS + 1) count = left / TRIAL_PARTS + 1; /* the last ones may be slow */
        if (is_flat && count > FLAT_CHUNKS) count = FLAT_CHUNKS;
        run->reached = first + count;
        run->done += flags & MR_TASK_EXACT ? map_exact(job, run, first, count) : map_node(job, run, first, count);
        uint64_t took = is_timed ? clock_now() - start : 0;
        if (is_timed) batch = next_batch(run, batch, took, wanted);
    }
    run->batch = batch;
    job->of.context->mapped = around;
}
