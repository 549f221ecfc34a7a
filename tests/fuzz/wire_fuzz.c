/* wire_fuzz.c: what comes over the network, from anybody: datagrams, a job's description, a worker's partial results. The first
 * byte chooses which. What is accepted as a message must be what encoding makes of it. */
#include <stdlib.h>
#include <string.h>

#include "runtime/net/wire.h"
#include "runtime/value/value.h"
#include "runtime/worker/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

static void try_message(const uint8_t *bytes, size_t size) {
    Message message;
    if (!wire_decode(bytes, size, &message)) return;
    uint8_t head[WIRE_HEAD];
    size_t head_size = wire_encode(&message, head);
    check(head_size + message.size == size);
    check(memcmp(head, bytes, head_size) == 0);
    check(message.size == 0 || memcmp(message.bytes, bytes + head_size, message.size) == 0);
}

/* ---- a task that does nothing, with captures, a global and a string as state */

static bool kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)context, (void)captures, (void)chunk, (void)state, (void)has_value;
    return false;
}

static bool merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures, (void)left;
    mr_drop(context, right, &type_string);
    return false;
}

static bool finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)context, (void)captures, (void)state, (void)has_value, (void)result;
    return false;
}

static const MrType *const fields[] = {&type_string, &type_string_list};
static const uint32_t offsets[] = {0, 24};
static const MrType pair = {
    .kind = MR_TUPLE, .size = 32, .align = 8, .field_count = 2, .fields = fields, .offsets = offsets, .name = "(string, [string])"};
static const uint32_t globals[] = {1};
static const MrSourceInfo sources[] = {
    {.kind = MR_SOURCE_RANGE, .element = &type_int},
    {.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list},
};
static const MrSourceInfo texts[] = {{.kind = MR_SOURCE_TEXT_WORDS, .element = &type_string, .list = &type_string_list}};

static MrTask task_of(const MrSourceInfo *infos, uint32_t count, uint32_t flags) {
    return (MrTask){.name = "nothing",
                    .captures = &pair,
                    .global_count = 1,
                    .globals = globals,
                    .source_count = count,
                    .sources = infos,
                    .state = &type_string,
                    .result = &type_string,
                    .flags = flags,
                    .kernel = kernel,
                    .merge = merge,
                    .finish = finish};
}

static void try_job(MrContext *context, const uint8_t *bytes, size_t size, const MrTask *task) {
    Job job;
    if (job_open(&job, context, task, bytes, size)) return;
    Buf slice = {.data = (char *)(uintptr_t)bytes, .len = size};
    MrList *elements = NULL;
    if (!job_decode_slice(&job, 0, 0, 1, &slice, &elements) && elements) job_drop_slice(&job, 0, elements);
    job_close(&job);
}

static void try_bag(MrContext *context, const uint8_t *bytes, size_t size, const MrTask *task) {
    Job job = {.plan = {.task = task, .chunks = 100}};
    job.of = (FrameContext){.context = context, .task = task, .chunks = 100};
    bag_init(&job.bag, 100, task->flags & MR_TASK_EXACT, frame_ops(&job.of));
    uint64_t nodes;
    if (!job_merge_encoded(&job, bytes, size, &nodes)) {
        Buf again = {0};
        bag_encode(&job.bag, &job.of, &again);
        buf_free(&again);
    }
    bag_free(&job.bag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const MrProgram program = {.abi_version = MR_ABI_VERSION, .name = "fuzz", .globals = &pair};
    if (size == 0) return 0;
    MrRuntime runtime = {0};
    MrContext context;
    context_init(&context, &program, &runtime);
    MrTask walk = task_of(sources, 2, 0), text = task_of(texts, 1, 0), ordered = task_of(NULL, 0, 0);
    MrTask exact = task_of(NULL, 0, MR_TASK_EXACT);
    switch (data[0] % 5) {
    case 0: try_message(data + 1, size - 1); break;
    case 1: try_job(&context, data + 1, size - 1, &walk); break;
    case 2: try_job(&context, data + 1, size - 1, &text); break;
    case 3: try_bag(&context, data + 1, size - 1, &ordered); break;
    default: try_bag(&context, data + 1, size - 1, &exact); break;
    }
    context_free(&context);
    runtime_free(&runtime);
    return 0;
}
