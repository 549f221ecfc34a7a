/* map.c: running a task's kernel over chunks.
 *
 * In an exact-commutative task one state goes through all chunks, and neighbouring chunks of elements are mapped in one call of the
 * kernel; as many as take about half a millisecond, so that limits are seen in time. Else each chunk has a state of its own, which
 * the bag combines along the tree. */
#include "runtime/net/link.h"
#include "runtime/value/value.h"
#include "runtime/worker/job.h"

#define BATCH_TIME ((uint64_t)500000)
enum { BATCH_CHUNKS = 1 << 14 };

static bool is_over(const JobRun *run, uint64_t chunk) {
    if (run->limit && chunk >= atomic_load_explicit(run->limit, memory_order_relaxed)) return true;
    return run->deadline && clock_now() > run->deadline;
}

/* Records in the frame, and in the run, how a call of the kernel ended; `count` chunks from `first` on were given to it. Returns
 * how many chunks of them count as mapped. */
static uint64_t note_end(Job *job, JobRun *run, Frame *frame, const MrChunk *chunk, bool failed, uint64_t first, uint64_t count) {
    if (!failed && !chunk->is_decided) return count;
    uint64_t end_chunk = first;
    if (failed) {
        MrContext *context = job->of.context;
        Buf input = {0};
        if (chunk->slices) {
            if (!plan_is_text(&job->plan) && context->failed_element > 0)
                end_chunk += (uint64_t)context->failed_element >> job->plan.shift;
            if (end_chunk >= first + count) end_chunk = first + count - 1;
            plan_locate(&job->plan, chunk, context->failed_element, &input);
        }
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

/* Maps `count` chunks into a frame; returns how many of them count. */
static uint64_t map_into(Job *job, JobRun *run, Frame *frame, uint64_t first, uint64_t count) {
    MrContext *context = job->of.context;
    size_t printed = context->out_len;
    MrChunk chunk = {0};
    context->failed_element = -1;
    bool failed = plan_read(&job->plan, context, run->lists, first, count, &chunk);
    if (failed)
        chunk.slices = NULL; /* it is the chunk that could not be read, not an element that failed */
    else
        failed = job->plan.task->kernel(context, job->of.captures, &chunk, frame->state, &frame->has_value);
    if (failed) frame->has_value = false;
    frame_take_output(frame, &job->of, printed, first);
    run->elements += (uint64_t)chunk.elements;
    if (chunk.slices && plan_is_text(&job->plan)) run->size += (uint64_t)chunk.slices[0].first;
    return note_end(job, run, frame, &chunk, failed, first, count);
}

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

static void map_exact_range(Job *job, JobRun *run) {
    bool is_single = plan_is_text(&job->plan) || job->plan.task->flags & MR_TASK_STOPS;
    uint64_t batch = 1;
    while (run->done < run->count && run->end == END_NONE && !is_over(run, run->first + run->done)) {
        uint64_t start = clock_now(), left = run->count - run->done;
        uint64_t count = batch < left ? batch : left;
        run->done += map_exact(job, run, run->first + run->done, count);
        if (run->progress) atomic_fetch_add_explicit(run->progress, 1, memory_order_relaxed);
        if (is_single) continue;
        uint64_t took = clock_now() - start;
        if (took < BATCH_TIME && batch < BATCH_CHUNKS)
            batch *= 2;
        else if (took > 4 * BATCH_TIME && batch > 1)
            batch /= 2;
    }
}

static void map_ordered_range(Job *job, JobRun *run) {
    Frame *spare = NULL; /* of a chunk that turned out to be empty */
    while (run->done < run->count && run->end == END_NONE && !is_over(run, run->first + run->done)) {
        uint64_t chunk = run->first + run->done;
        Frame *frame = spare ? spare : frame_new(job->plan.task);
        spare = NULL;
        run->done += map_into(job, run, frame, chunk, 1);
        bool is_empty = frame_is_empty(frame);
        if (is_empty) spare = frame;
        bool is_good = bag_push(&job->bag, chunk, is_empty ? VALUE_NONE : frame_value(frame));
        if (run->progress) atomic_fetch_add_explicit(run->progress, 1, memory_order_relaxed);
        /* A combine's error stands after the last chunk that it covers. If that is a later one, those up to it are still needed. */
        if (!is_good && run->end == END_NONE && job->bag.failed == (int64_t)chunk) {
            run->end = END_FAILED;
            run->end_chunk = job->bag.failed;
        }
    }
    if (spare) frame_free(spare, &job->of);
}

void job_map(Job *job, JobRun *run) {
    run->done = run->elements = run->size = 0;
    run->end = END_NONE;
    run->end_chunk = -1;
    if (job->plan.task->flags & MR_TASK_EXACT)
        map_exact_range(job, run);
    else
        map_ordered_range(job, run);
}
