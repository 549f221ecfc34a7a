/* job.c: making jobs from a program's sources and from bytes, and the end of a job. Mapping is map.c. */
#include "runtime/worker/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/codec.h"
#include "runtime/value/neighbours.h"
#include "runtime/value/value.h"
#include "runtime/worker/cut.h"
#include "runtime/worker/follow.h"
#include "runtime/worker/runtime.h"

/* Of the byte behind the values of a blob: what follows there. Where nothing does, it is missing. */
enum { BLOB_LISTS = 1, BLOB_RESULTS = 2 };

static void job_start(Job *job, MrContext *context, const void *captures) {
    job->of = (FrameContext){.context = context, .task = job->plan.task, .captures = captures, .chunks = job->plan.chunks};
    const MrRuntime *runtime = runtime_of(context); /* NULL where there is nothing but the values */
    job->of.lending.lender = runtime ? runtime->lender : NULL;
    job->neighbours = runtime ? runtime->neighbours : NULL;
    bag_init(&job->bag, job->plan.chunks, job->plan.task->flags & MR_TASK_EXACT, frame_ops(&job->of));
}

bool job_init(Job *job, MrContext *context, const MrTask *task, const void *captures, const MrSource *sources) {
    *job = (Job){0};
    if (plan_init(&job->plan, context, task, sources)) return true;
    job_start(job, context, captures);
    return false;
}

static void drop_lists(Job *job) {
    for (uint32_t i = 0; i < job->plan.task->source_count; i++)
        if (plan_is_list(&job->plan, i)) mr_drop(job->of.context, &job->plan.sources[i].list, job->plan.task->sources[i].list);
}

void job_close(Job *job) {
    if (!job->plan.task) return;
    bag_free(&job->bag);
    if (job->is_lent) drop_lists(job);
    if (job->of.results) payload_release(job->of.results);
    if (job->own_captures) mr_drop(job->of.context, job->own_captures, job->plan.task->captures);
    free(job->own_captures);
    plan_free(&job->plan);
    *job = (Job){0};
}

/* The result of the frame, whose state is consumed; the frame may be NULL. */
static bool finish_frame(Job *job, Frame *frame, void *result) {
    if (!frame) return answers_finish(&job->of, NULL, NULL, false, result);
    bool has_value = frame->has_value;
    frame_settle(frame, &job->of);
    return answers_finish(&job->of, frame, has_value ? frame->state : NULL, has_value, result);
}

bool job_finish(Job *job, uint64_t limit, void *result) {
    MrContext *context = job->of.context;
    BagValue value;
    if (!bag_finish(&job->bag, limit, &value)) return mr_failf(context, "a part of the result is missing");
    if (value == VALUE_NONE) return finish_frame(job, NULL, result);
    Frame *frame = frame_of(value);
    frame_cut(frame, limit);
    for (size_t i = 0; i < frame->segment_count; i++) io_out_add(context, frame->segments[i].text, frame->segments[i].len);
    bool failed = frame->end == END_FAILED;
    if (failed) {
        mr_error_clear(&context->error);
        context->error = frame->error;
        frame->error = (MrError){0};
    } else {
        failed = finish_frame(job, frame, result);
        frame->has_value = false;
    }
    frame_free(frame, &job->of);
    return failed;
}

/* ---- jobs as bytes: the plan, the captured values, and the globals that the task reads, in its order */

static void encode_value(Buf *out, const void *value, const MrType *type, const MrProgram *program, Lending lending) {
    if (lending.lender)
        codec_encode_lent(out, value, type, program, lending);
    else
        codec_encode(out, value, type, program);
}

void job_encode_blob(const Job *job, Lending lending, Buf *out) {
    const MrTask *task = job->plan.task;
    const MrContext *context = job->of.context;
    plan_encode(&job->plan, out);
    encode_value(out, job->of.captures, task->captures, context->program, lending);
    for (uint32_t i = 0; i < task->global_count; i++) {
        const MrType *globals = context->program->globals;
        uint32_t global = task->globals[i];
        encode_value(out, (const char *)context->globals + globals->offsets[global], globals->fields[global], context->program,
                     lending);
    }
}

/* Whole lists of flat elements, each in a mapping of its own. */
static bool has_large_lists(const Job *job) {
    if (!job->plan.lists || !job_has_plain_lists(job)) return false;
    for (uint32_t i = 0; i < job->plan.task->source_count; i++) {
        if (!plan_is_list(&job->plan, i)) continue;
        const MrList *list = job->plan.sources[i].list;
        if (!list || !list_payload(list) || !job->plan.task->sources[i].element->is_flat) return false;
    }
    return true;
}

/* Bytes of the elements of list source `source`. */
static size_t source_size(const Job *job, uint32_t source) {
    return (size_t)job->plan.elements * job->plan.task->sources[source].element->size;
}

static void encode_loans(const Job *job, Lending lending, Buf *out) {
    for (uint32_t i = 0; i < job->plan.task->source_count; i++) {
        if (!plan_is_list(&job->plan, i)) continue;
        uint64_t loan = lender_lend(lending.lender, lending.job, job->plan.sources[i].list->payload);
        buf_add(out, &loan, sizeof loan);
    }
}

static bool encode_places(const Job *job, Buf *out) {
    size_t len = out->len;
    for (uint32_t i = 0; i < job->plan.task->source_count; i++) {
        if (!plan_is_list(&job->plan, i)) continue;
        NeighbourPlace place;
        if (!neighbours_tell(job->neighbours, job->plan.sources[i].list->payload, source_size(job, i), &place)) {
            out->len = len;
            return false;
        }
        buf_add(out, &place, sizeof place);
    }
    return true;
}

static JobLists encode_lists(const Job *job, Lending lending, Buf *out) {
    if (!has_large_lists(job)) return LISTS_ASKED_FOR;
    if (lending.lender) {
        encode_loans(job, lending, out);
        return LISTS_LOANS;
    }
    return encode_places(job, out) ? LISTS_PLACES : LISTS_ASKED_FOR;
}

/* Bytes of the results of a task that PLACES; 0: they are not worth memory of their own, or more than there can be. */
static size_t results_size(const Job *job) {
    const MrTask *task = job->plan.task;
    size_t bytes;
    if (!(task->flags & MR_TASK_PLACES)) return 0;
    bool is_too_large = __builtin_mul_overflow((size_t)job->plan.elements, (size_t)task->state->fields[0]->size, &bytes);
    return is_too_large || bytes > PTRDIFF_MAX / 2 || bytes < PAYLOAD_LEAST ? 0 : bytes;
}

static bool encode_results(Job *job, Lending lending, Buf *out) {
    size_t size = results_size(job);
    NeighbourPlace place;
    if (!size || job->of.results) return false;
    job->of.results = lending.lender ? payload_try(size) : neighbours_offer(job->neighbours, size, &place);
    if (!job->of.results) return false;
    if (lending.lender) {
        uint64_t loan = lender_lend(lending.lender, lending.job, job->of.results);
        buf_add(out, &loan, sizeof loan);
    } else {
        buf_add(out, &place, sizeof place);
    }
    return true;
}

JobLists job_encode_lent(Job *job, Lending lending, bool has_results, Buf *out) {
    if (!lending.lender && !job->neighbours) return LISTS_ASKED_FOR;
    size_t head = out->len;
    buf_add_char(out, 0);
    bool offers = has_results && encode_results(job, lending, out);
    JobLists lists = encode_lists(job, lending, out);
    out->data[head] = (char)((offers ? BLOB_RESULTS : 0) | (lists == LISTS_ASKED_FOR ? 0 : BLOB_LISTS));
    if (!out->data[head]) out->len = head;
    return lists;
}

/* Returns what is wrong with the bytes, or NULL. */
static const char *decode_loans(Job *job, const char **at, const char *end) {
    uint64_t loan;
    if (!job_has_plain_lists(job) || (size_t)(end - *at) != job->plan.lists * sizeof loan) return "a loan is malformed";
    job->is_lent = true;
    for (uint32_t i = 0; i < job->plan.task->source_count; i++) {
        if (!plan_is_list(&job->plan, i)) continue;
        memcpy(&loan, *at, sizeof loan);
        *at += sizeof loan;
        Payload *payload = lender_borrow(job->of.lending.lender, loan);
        if (!payload) return codec_is_over;
        job->plan.sources[i].list = list_over(payload, (int64_t)job->plan.elements);
    }
    return NULL;
}

/* The same of places; what is not to be had here will be asked for. */
static const char *decode_places(Job *job, const char **at, const char *end) {
    NeighbourPlace place;
    if ((size_t)(end - *at) != job->plan.lists * sizeof place || !job_has_plain_lists(job))
        return "the place of a list is malformed";
    job->is_lent = true;
    for (uint32_t i = 0; i < job->plan.task->source_count; i++) {
        if (!plan_is_list(&job->plan, i)) continue;
        memcpy(&place, *at, sizeof place);
        *at += sizeof place;
        const MrType *element = job->plan.task->sources[i].element;
        size_t size = 0;
        bool is_sound = element->is_flat && !__builtin_mul_overflow((size_t)job->plan.elements, element->size, &size);
        Payload *payload = is_sound && job->is_lent ? neighbours_find(job->neighbours, &place, size) : NULL;
        if (payload)
            job->plan.sources[i].list = list_over(payload, (int64_t)job->plan.elements);
        else
            job->is_lent = false;
    }
    if (!job->is_lent) drop_lists(job);
    return NULL;
}

/* Where they are not to be had here, the results go into lists of their own. */
static const char *decode_results(Job *job, const char **at, const char *end) {
    NeighbourPlace place;
    uint64_t loan;
    bool is_loan = job->of.lending.lender;
    size_t size = results_size(job), len = is_loan ? sizeof loan : sizeof place;
    if (!size || (size_t)(end - *at) < len) return "the place of the results is malformed";
    memcpy(is_loan ? (void *)&loan : (void *)&place, *at, len);
    *at += len;
    if (is_loan)
        job->of.results = lender_borrow(job->of.lending.lender, loan);
    else
        job->of.results = neighbours_find_offered(job->neighbours, &place, size);
    return is_loan && !job->of.results ? codec_is_over : NULL;
}

static const char *decode_lent(Job *job, const char **at, const char *end) {
    bool is_loan = job->of.lending.lender;
    if (!is_loan && !job->neighbours) return "nothing is lent here";
    unsigned char what = (unsigned char)*(*at)++;
    const char *problem = what == 0 || what > (BLOB_RESULTS | BLOB_LISTS) ? "what is lent is malformed" : NULL;
    if (!problem && what & BLOB_RESULTS) problem = decode_results(job, at, end);
    if (problem || !(what & BLOB_LISTS)) return problem;
    return is_loan ? decode_loans(job, at, end) : decode_places(job, at, end);
}

static const char *decode_values(Job *job, const char **at, const char *end) {
    MrContext *context = job->of.context;
    const MrTask *task = job->plan.task;
    Lending lending = job->of.lending;
    const char *problem = codec_decode_lent(at, end, job->own_captures, task->captures, context->program, lending);
    for (uint32_t i = 0; i < task->global_count && !problem; i++) {
        const MrType *globals = context->program->globals;
        uint32_t global = task->globals[i];
        char *place = (char *)context->globals + globals->offsets[global];
        mr_drop(context, place, globals->fields[global]);
        memset(place, 0, globals->fields[global]->size);
        problem = codec_decode_lent(at, end, place, globals->fields[global], context->program, lending);
    }
    return problem || *at == end ? problem : decode_lent(job, at, end);
}

bool job_open(Job *job, MrContext *context, const MrTask *task, uint64_t number, const void *blob, size_t size) {
    *job = (Job){0};
    size_t used = plan_decode(&job->plan, task, blob, size);
    if (used == 0) return true;
    job->own_captures = xaligned(64, task->captures->size);
    job_start(job, context, job->own_captures);
    job->of.lending.job = number;
    const char *at = (const char *)blob + used, *end = (const char *)blob + size;
    const char *problem = decode_values(job, &at, end);
    job->is_over = problem == codec_is_over;
    if (job->is_over || (!problem && at == end)) return false;
    job_close(job);
    return true;
}

bool job_merge_encoded(Job *job, const void *bytes, size_t size, uint64_t *nodes) {
    *nodes = 0;
    return bag_merge_bytes(&job->bag, &job->of, (Part){0}, bytes, size, nodes);
}

/* ---- slices of lists */

/* The number of the source that is list number `list`, and its type; false: there is none, or the chunks are not of this job. */
static bool find_list(const Job *job, uint32_t list, uint64_t first, uint64_t count, uint32_t *source, const MrType **type) {
    const MrTask *task = job->plan.task;
    if (list >= job->plan.lists || first > job->plan.chunks || count > job->plan.chunks - first) return false;
    for (uint32_t i = 0; i < task->source_count; i++) {
        if (!plan_is_list(&job->plan, i) || job->plan.sources[i].list_rank != list) continue;
        *type = task->sources[i].list;
        *source = i;
        return true;
    }
    return false;
}

bool job_encode_slice(const Job *job, uint32_t list, uint64_t first, uint64_t count, Buf *out) {
    const MrType *type;
    uint32_t source;
    int64_t from, len;
    if (!find_list(job, list, first, count, &source, &type)) return true;
    plan_share(&job->plan, source, first, count, &from, &len);
    uint64_t elements = (uint64_t)len;
    buf_add(out, &elements, sizeof elements);
    codec_encode_elements(out, job->plan.sources[source].list, from, len, type, job->of.context->program);
    return false;
}

bool job_has_plain_lists(const Job *job) {
    const MrTask *task = job->plan.task;
    for (uint32_t i = 0; i < task->source_count; i++)
        if (plan_is_list(&job->plan, i) && task->sources[i].kind != MR_SOURCE_LIST) return false;
    return true;
}

void job_encode_lists(const Job *job, OwnerLists *lists) {
    const MrTask *task = job->plan.task;
    uint64_t chunks = job->plan.chunks;
    if (job->plan.lists == 0) return;
    *lists = (OwnerLists){xcalloc(job->plan.lists, sizeof *lists->items), job->plan.lists};
    for (uint32_t i = 0; i < task->source_count; i++) {
        const PlanSource *source = &job->plan.sources[i];
        if (!plan_is_list(&job->plan, i)) continue;
        OwnerList *list = &lists->items[source->list_rank];
        list->ends = xcalloc(chunks + 1, sizeof *list->ends);
        for (uint64_t chunk = 0; chunk < chunks; chunk++) {
            int64_t from, len;
            plan_share(&job->plan, i, chunk, 1, &from, &len);
            codec_encode_elements(&list->data, source->list, from, len, task->sources[i].list, job->of.context->program);
            list->ends[chunk + 1] = (OwnerEnd){list->data.len, (uint64_t)(from + len)};
        }
    }
}

bool job_decode_slice(const Job *job, uint32_t list, uint64_t first, uint64_t count, const Buf *in, MrList **out) {
    const MrType *type;
    uint32_t source;
    if (!find_list(job, list, first, count, &source, &type)) return true;
    const char *at = in->data, *end = in->data + in->len;
    MrList *slice = NULL;
    uint64_t elements = 0;
    if (in->len < sizeof elements) return true;
    memcpy(&elements, at, sizeof elements);
    at += sizeof elements;
    if (codec_decode_elements(&at, end, elements, &slice, type, job->of.context->program)) return true;
    bool is_good = at == end && plan_share_fits(&job->plan, source, first, count, list_len(slice));
    if (is_good)
        *out = slice;
    else
        mr_drop(job->of.context, &slice, type);
    return !is_good;
}

void job_drop_slice(const Job *job, uint32_t list, MrList *slice) {
    const MrType *type;
    uint32_t source;
    if (find_list(job, list, 0, 0, &source, &type)) mr_drop(job->of.context, &slice, type);
}
