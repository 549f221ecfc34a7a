/* harness.c: the smallest runtime around a generated program: runs the top level, and jobs chunk by chunk on this thread.
 *
 * It is linked in front of libmrt, so that code generation is tested without scheduler and workers. Chunks have CHUNK elements, and
 * their states are merged as the aligned tree says. After an error it prints the message up to a colon, line, column and element;
 * at the end it says how many bytes the program has not given back. Sources are ranges and lists. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/include/abi.h"
#include "runtime/value/stacks.h"

enum { CHUNK = 5, MOST_SOURCES = 8 };

typedef struct Job {
    MrContext *context;
    const MrTask *task;
    const void *captures;
    const MrSource *sources;
    int64_t len;
    bool is_decided;
} Job;

static int64_t source_len(const MrTask *task, const MrSource *source, size_t i) {
    if (task->sources[i].kind == MR_SOURCE_RANGE) return source->range.count;
    const MrList *list = source->value;
    return list ? list->len : 0;
}

static bool job_chunk(Job *job, int64_t index, void *state, bool *has_value) {
    int64_t from = index * CHUNK, to = from + CHUNK < job->len ? from + CHUNK : job->len;
    MrSlice slices[MOST_SOURCES];
    for (size_t i = 0; i < job->task->source_count; i++) {
        const MrSource *source = &job->sources[i];
        if (job->task->sources[i].kind == MR_SOURCE_RANGE) {
            slices[i] = (MrSlice){.first = source->range.first + from * source->range.step, .step = source->range.step};
        } else {
            const MrList *list = source->value;
            slices[i] = (MrSlice){.data = list ? list->data + from * job->task->sources[i].element->size : NULL};
        }
    }
    MrChunk chunk = {.count = to - from, .first = from, .slices = slices};
    job->context->failed_element = -1;
    const MrTask *task = job->task;
    Stacks stacks = {0};
    if (task->stacks) stacks_init(&stacks, task->stacks, task->merge_value, job->captures);
    stacks.head.ahead = 1; /* what fails does so in its turn */
    if (task->stacks) chunk.stacks = &stacks.head;
    bool failed = task->kernel(job->context, job->captures, &chunk, state, has_value);
    if (task->stacks && failed) stacks_drop(job->context, &stacks);
    if (task->stacks && !failed) {
        stacks_finish(job->context, &stacks, state, task->state);
        *has_value = *(MrMap **)state != NULL;
    }
    if (failed && job->context->failed_element >= 0) job->context->failed_element += from;
    job->is_decided = chunk.is_decided;
    return failed;
}

/* The node of `level` over chunks from `first` on, `chunks` in all. */
static bool job_node(Job *job, int64_t first, int level, int64_t chunks, void *state, bool *has_value) {
    if (first >= chunks || job->is_decided) return false;
    if (level == 0) return job_chunk(job, first, state, has_value);
    if (job_node(job, first, level - 1, chunks, state, has_value)) return true;
    void *right = calloc(1, job->task->state->size);
    bool right_has = false, failed = job_node(job, first + (INT64_C(1) << (level - 1)), level - 1, chunks, right, &right_has);
    if (failed) {
        if (*has_value) mr_drop(job->context, state, job->task->state);
        *has_value = false;
    } else if (right_has && *has_value) {
        failed = job->task->merge(job->context, job->captures, state, right);
        if (failed) *has_value = false;
    } else if (right_has) {
        memcpy(state, right, job->task->state->size);
        *has_value = true;
    }
    free(right);
    return failed;
}

bool mr_job_run(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, void *result) {
    Job job = {context, task, captures, sources, MR_OPEN, false};
    for (size_t i = 0; i < task->source_count; i++) {
        int64_t len = source_len(task, &sources[i], i);
        if (len < job.len) job.len = len;
    }
    int64_t chunks = (job.len + CHUNK - 1) / CHUNK;
    int level = 0;
    while ((INT64_C(1) << level) < chunks) level++;
    void *state = calloc(1, task->state->size + 1);
    bool has_value = false;
    bool failed = job_node(&job, 0, level, chunks, state, &has_value) || task->finish(context, captures, state, has_value, result);
    free(state);
    return failed;
}

/* The primitive that the tests print with: a line of standard output. */
bool mr_prim_test_show(MrContext *context, void *out, const MrString *text);
bool mr_prim_test_show(MrContext *context, void *out, const MrString *text) {
    (void)context, (void)out;
    printf("%.*s\n", (int)text->len, text->data);
    return false;
}

int mr_main(int argc, char **argv, const MrProgram *program) {
    (void)argc, (void)argv;
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    free(malloc(1)); /* the allocator's own first blocks */
    size_t before = mallinfo2().uordblks;
    int here;
    MrContext context = {.stack_limit = (const char *)&here - (4 << 20), .out_is_direct = true, .program = program};
    context.globals = calloc(1, program->globals->size + 1);
    context.failed_element = -1;
    bool failed = program->top_level(&context);
    if (failed) {
        const MrError *error = &context.error;
        printf("error: %.*s at %d:%d, element %d\n", (int)strcspn(error->message, ":"), error->message, (int)error->where.line,
               (int)error->where.column, (int)context.failed_element);
    }
    mr_drop(&context, context.globals, program->globals);
    free(context.globals);
    free(context.error.message);
    free(context.error.input);
    free(context.out);
    if (mallinfo2().uordblks != before) printf("not given back: %zu bytes\n", mallinfo2().uordblks - before);
    return failed;
}
