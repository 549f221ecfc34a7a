/* wire_fuzz.c: what comes over the network, from anybody: datagrams, a job's description, a worker's partial results. The first
 * byte chooses which. What is accepted as a message must be what encoding makes of it. */
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "runtime/net/wire.h"
#include "runtime/value/neighbours.h"
#include "runtime/value/value.h"
#include "runtime/worker/cut.h"
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
static const uint32_t table_offsets[] = {8, 8 + sizeof(MrString)};
static const MrType table = {.kind = MR_MAP,
                             .size = 8,
                             .align = 8,
                             .field_count = 2,
                             .stride = 16 + sizeof(MrString),
                             .fields = fields,
                             .offsets = table_offsets,
                             .name = "[string: [string]]"};
static const uint32_t globals[] = {1};
static const MrSourceInfo sources[] = {
    {.kind = MR_SOURCE_RANGE, .element = &type_int},
    {.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list},
};
static const MrSourceInfo shares[] = {
    {.kind = MR_SOURCE_RANGE, .element = &type_int},
    {.kind = MR_SOURCE_BEFORE, .element = &type_int, .list = &type_int_list},
    {.kind = MR_SOURCE_SHARE, .element = &type_string, .list = &type_string_list},
};
static const MrSourceInfo streams[] = {{.kind = MR_SOURCE_STREAM}};
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
    if (job_open(&job, context, task, 1, bytes, size)) return;
    job_close(&job);
}

/* Two chunks' shares of lists that are cut by a first pass, as a worker is sent them and reads them. */
static void try_shares(MrContext *context, const uint8_t *bytes, size_t size, const MrTask *task) {
    enum { CHUNKS = 2 };
    Job job;
    MrList *lists[2] = {NULL};
    Buf blob = {0};
    uint64_t elements = CHUNKS;
    MrRange range = {.count = CHUNKS, .step = 1};
    size_t cut = size ? bytes[0] % size : 0; /* of the first list's bytes and the second's */
    buf_add(&blob, &elements, sizeof elements);
    for (uint32_t i = 0; i < task->source_count; i++) buf_add(&blob, &range, sizeof range);
    for (int i = 0; i < 3; i++) buf_add_char(&blob, 0); /* captures and the global: an empty text and lists */
    check(!job_open(&job, context, task, 1, buf_text(&blob), blob.len));
    Buf first = {.data = (char *)(uintptr_t)bytes, .len = cut};
    Buf second = {.data = (char *)(uintptr_t)bytes + cut, .len = size - cut};
    if (!job_decode_slice(&job, 0, 0, CHUNKS, &first, &lists[0]) && !job_decode_slice(&job, 1, 0, CHUNKS, &second, &lists[1])) {
        PlanLists given = {.lists = lists};
        for (uint64_t chunk = 0; chunk < CHUNKS; chunk++) {
            MrChunk read;
            check(!plan_read(&job.plan, context, &given, chunk, 1, &read));
            const MrList *share = (const MrList *)(const void *)read.slices[2].data;
            int64_t len = 0;
            for (int64_t i = 0; i < share->len; i++) len += ((const MrString *)share->data)[i].len;
            check(len >= 0);
        }
    }
    for (uint32_t i = 0; i < 2; i++)
        if (lists[i]) job_drop_slice(&job, i, lists[i]);
    buf_free(&blob);
    job_close(&job);
}

/* The same bytes as the slice of a list. */
static void try_slice(MrContext *context, const uint8_t *bytes, size_t size, const MrTask *task) {
    MrList *elements = NULL;
    Buf slice = {.data = (char *)(uintptr_t)bytes, .len = size};
    Job job = {.plan = {.task = task, .chunks = 100, .elements = 100, .lists = 1}};
    PlanSource cut[2] = {{.kind = MR_SOURCE_RANGE}, {.kind = MR_SOURCE_LIST}};
    job.plan.sources = cut;
    job.of = (FrameContext){.context = context, .task = task, .chunks = 100};
    if (!job_decode_slice(&job, 0, 0, size % 3 + 1, &slice, &elements) && elements) job_drop_slice(&job, 0, elements);
}

static void try_bag(MrContext *context, const uint8_t *bytes, size_t size, const MrTask *task, Payload *results) {
    Job job = {.plan = {.task = task, .chunks = 100}};
    job.of = (FrameContext){.context = context, .task = task, .chunks = 100, .results = results};
    bag_init(&job.bag, 100, task->flags & MR_TASK_EXACT, frame_ops(&job.of));
    uint64_t nodes;
    if (!job_merge_encoded(&job, bytes, size, &nodes)) {
        Buf again = {0};
        bag_to_bytes(&job.bag, &job.of, &again);
        buf_free(&again);
    }
    bag_free(&job.bag);
}

/* ---- lists that lie in other processes, and results that are stored where they belong */

static const MrType *const int_fields[] = {&type_int};
static const MrType ints = {.kind = MR_LIST, .size = 8, .align = 8, .field_count = 1, .fields = int_fields, .name = "[int]"};
static const MrSourceInfo flat[] = {{.kind = MR_SOURCE_LIST, .element = &type_int, .list = &ints}};

static bool merge_lists(MrContext *context, const void *captures, void *left, void *right) {
    MrList **from = right;
    (void)captures;
    bool failed = mr_list_extend(context, left, *from, &ints);
    mr_drop(context, from, &ints);
    *from = NULL;
    return failed;
}

/* What is lent for a job, behind a description that is right; large enough for the results to have memory of their own. */
static void try_lent(MrContext *context, const uint8_t *bytes, size_t size, uint32_t flags) {
    MrTask task = task_of(flat, 1, flags);
    Buf blob = {0};
    uint64_t elements = PAYLOAD_LEAST / sizeof(int64_t);
    MrRange range = {.count = 0};
    task.state = &ints;
    buf_add(&blob, &elements, sizeof elements);
    buf_add(&blob, &range, sizeof range);
    for (int i = 0; i < 3; i++) buf_add_char(&blob, 0); /* captures and the global: an empty text and lists */
    buf_add(&blob, bytes, size);
    try_job(context, (const uint8_t *)blob.data, blob.len, &task);
    buf_free(&blob);
}

/* A bag of lists that lie within the results of a job. */
static void try_results(MrContext *context, const uint8_t *bytes, size_t size) {
    MrTask task = task_of(NULL, 0, MR_TASK_PLACES | MR_TASK_ASSOCIATIVE);
    task.state = &ints;
    task.merge = merge_lists;
    Payload *results = payload_new(4096);
    try_bag(context, bytes, size, &task, results);
    payload_release(results);
}

static bool merge_tables(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures, (void)left;
    mr_drop(context, right, &table);
    return false;
}

/* The bag of a table, whole or in cells whose checksums are made right, so that what is behind them is met. `is_followed`: two
 * tasks follow, whose states, a text and a table, lie in the first cell. */
static void try_table(MrContext *context, const uint8_t *bytes, size_t size, uint32_t flags, bool is_followed) {
    MrTask task = task_of(NULL, 0, flags | MR_TASK_KEYED), one = task_of(NULL, 0, MR_TASK_EXACT), other = one;
    other.state = &table;
    other.merge = merge_tables;
    const MrFollow follows[] = {{.task = &one, .captures = MR_NO_CAPTURES}, {.task = &other, .captures = MR_NO_CAPTURES}};
    task.follow_count = is_followed ? 2 : 0;
    task.follows = follows;
    Buf copy = {0};
    buf_reserve(&copy, size + 1);
    buf_add(&copy, bytes, size);
    uint64_t form = 0, head[3];
    if (size >= sizeof form) memcpy(&form, copy.data, sizeof form);
    form &= 1;
    if (size >= sizeof form) memcpy(copy.data, &form, sizeof form);
    for (size_t at = sizeof form; form && at < size && size - at >= sizeof head; at += sizeof head + head[1]) {
        memcpy(head, copy.data + at, sizeof head);
        head[1] %= size - at - sizeof head + 1;
        head[2] = checksum64(copy.data + at + sizeof head, head[1], head[0]);
        memcpy(copy.data + at, head, sizeof head);
    }
    task.state = &table;
    task.merge = merge_tables;
    try_bag(context, (const uint8_t *)copy.data, copy.len, &task, NULL);
    buf_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const MrProgram program = {.abi_version = MR_ABI_VERSION, .name = "fuzz", .globals = &pair};
    if (size == 0) return 0;
    MrRuntime runtime = {.neighbours = neighbours_new(1, true)};
    MrContext context;
    context_init(&context, &program, &runtime);
    MrTask walk = task_of(sources, 2, 0), text = task_of(texts, 1, 0), ordered = task_of(NULL, 0, 0);
    MrTask exact = task_of(NULL, 0, MR_TASK_EXACT), stream = task_of(streams, 1, 0), by_chunk = task_of(shares, 3, 0);
    switch (data[0] % 15) {
    case 0: try_message(data + 1, size - 1); break;
    case 1: try_job(&context, data + 1, size - 1, &walk); break;
    case 2: try_job(&context, data + 1, size - 1, &text); break;
    case 3: try_bag(&context, data + 1, size - 1, &ordered, NULL); break;
    case 4: try_job(&context, data + 1, size - 1, &stream); break;
    case 5: try_shares(&context, data + 1, size - 1, &by_chunk); break;
    case 6: try_slice(&context, data + 1, size - 1, &walk); break;
    case 7: try_table(&context, data + 1, size - 1, 0, false); break;
    case 8: try_table(&context, data + 1, size - 1, MR_TASK_EXACT, false); break;
    case 9: try_table(&context, data + 1, size - 1, 0, true); break;
    case 10: try_table(&context, data + 1, size - 1, MR_TASK_EXACT, true); break;
    case 11: try_lent(&context, data + 1, size - 1, 0); break;
    case 12: try_lent(&context, data + 1, size - 1, MR_TASK_PLACES | MR_TASK_ASSOCIATIVE); break;
    case 13: try_results(&context, data + 1, size - 1); break;
    default: try_bag(&context, data + 1, size - 1, &exact, NULL); break;
    }
    context_free(&context);
    neighbours_free(&runtime.neighbours);
    runtime_free(&runtime);
    return 0;
}
