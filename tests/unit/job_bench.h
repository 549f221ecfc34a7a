/* job_bench.h: places where a job is mapped, as the processes of a run would, on one thread and without messages, for tests that
 * compare what comes of it with the same job mapped in order. Its `random_state` seeds what a test draws. Included once, after
 * cmocka.h and a constant MrProgram `program`. */
#ifndef TESTS_UNIT_JOB_BENCH_H
#define TESTS_UNIT_JOB_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "runtime/worker/job.h"
#include "runtime/worker/spill.h"

static uint64_t random_state;

static inline uint64_t draw(uint64_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

typedef struct Place {
    MrContext context;
    MrRuntime runtime;
    Job job;
    KeptBag kept; /* where bags are written to files: instead of the job's bag, between two ranges; else empty */
} Place;

static inline void place_open(Place *place) {
    *place = (Place){.runtime.io.name = "test"};
    context_init(&place->context, &program, &place->runtime);
}

static inline void place_close(Place *place) {
    kept_free(&place->kept);
    job_close(&place->job);
    context_free(&place->context);
    runtime_free(&place->runtime);
}

/* What the program would see: the output, then the result or the error. */
static inline char *describe(Place *place, uint64_t limit) {
    MrContext *context = &place->context;
    MrString result = {0};
    Buf text = {0};
    bool failed = job_finish(&place->job, limit, &result);
    buf_add(&text, context->out, context->out_len);
    if (failed) {
        buf_printf(&text, "error: %s", context->error.message);
        if (context->error.input) buf_printf(&text, " at %s", context->error.input);
    } else {
        buf_add(&text, result.data, (size_t)result.len);
    }
    mr_string_drop(context, &result);
    char *copy = strdup(buf_text(&text));
    buf_free(&text);
    return copy;
}

static inline uint64_t limit_of(const JobRun *run, uint64_t otherwise) {
    return run->end == END_NONE || (uint64_t)run->end_chunk + 1 > otherwise ? otherwise : (uint64_t)run->end_chunk + 1;
}

static inline char *run_in_order(const MrTask *task, MrList *list) {
    Place root;
    place_open(&root);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, task, NULL, &source));
    JobRun run = {.count = root.job.plan.chunks};
    root.job.of.in_order = true;
    job_map(&root.job, &run);
    char *text = describe(&root, limit_of(&run, run.count));
    place_close(&root);
    return text;
}

#endif
