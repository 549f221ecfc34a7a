/* plan.c: cutting a job's input into chunks, and reading chunks. */
#include "runtime/worker/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/value/value.h"
#include "runtime/worker/stream.h"

static bool is_text_kind(uint32_t kind) {
    return kind == MR_SOURCE_TEXT_LINES || kind == MR_SOURCE_TEXT_WORDS;
}

static bool is_by_chunk(uint32_t kind) {
    return kind == MR_SOURCE_BEFORE || kind == MR_SOURCE_SHARE;
}

static bool is_list_kind(uint32_t kind) {
    return kind == MR_SOURCE_LIST || is_by_chunk(kind);
}

bool plan_is_list(const Plan *plan, uint32_t source) {
    return is_list_kind(plan->sources[source].kind);
}

bool plan_is_text(const Plan *plan) {
    return plan->task->source_count > 0 && is_text_kind(plan->sources[0].kind);
}

static void plan_new(Plan *plan, const MrTask *task) {
    *plan = (Plan){.task = task};
    plan->sources = xcalloc(task->source_count + 1, sizeof *plan->sources);
    plan->slices = xcalloc(task->source_count + 1, sizeof *plan->slices);
    for (uint32_t i = 0, before = 0; i < task->source_count; i++) {
        PlanSource *source = &plan->sources[i];
        source->kind = (MrSourceKind)task->sources[i].kind;
        source->limit = UINT64_MAX;
        if (source->kind == MR_SOURCE_BEFORE) before = i;
        source->before = before;
        if (is_list_kind(source->kind)) source->list_rank = plan->lists++;
    }
}

/* Chunks of a text are its own; else they follow from the number of elements. */
static void plan_cut(Plan *plan) {
    if (plan_is_text(plan)) {
        const PlanSource *source = &plan->sources[0];
        uint64_t end = source->limit < source->text.chunks ? source->limit : source->text.chunks;
        plan->elements = plan->chunks = end > source->first ? end - source->first : 0;
        plan->size = plan->chunks < source->text.chunks ? plan->chunks * source->text.chunk_size : source->text.files.size;
        return;
    }
    plan->shift = chunk_shift(plan->elements);
    plan->chunks = plan->elements ? ((plan->elements - 1) >> plan->shift) + 1 : 0;
}

static int64_t source_len(const PlanSource *source) {
    return source->kind == MR_SOURCE_RANGE ? source->range.count : list_len(source->list);
}

/* Sequences that are walked together have one length; open ranges are as long as they have to be. */
static bool plan_measure(Plan *plan, MrContext *context) {
    int64_t len = MR_OPEN;
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        if (is_by_chunk(plan->sources[i].kind)) continue;
        int64_t other = source_len(&plan->sources[i]);
        if (other == MR_OPEN) continue;
        if (len != MR_OPEN && other != len) return mr_fail_lengths(context, len, other);
        len = other;
    }
    if (len == MR_OPEN) return mr_failf(context, "every sequence is open-ended: nothing says how many elements to map");
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        const MrRange *range = &plan->sources[i].range;
        if (plan->sources[i].kind == MR_SOURCE_RANGE && mr_range_room(context, range->first, range->count, range->step) < len)
            return mr_fail_overflow(context, '+', INT64_MAX, 1);
    }
    plan->elements = (uint64_t)len;
    return false;
}

/* A stream's elements are counted here, and walked by its own code. */
static bool source_of_stream(PlanSource *source, MrContext *context, const MrClosure *stream, MrList **paths) {
    StreamBase base;
    if (stream_base(context, stream, &base) || stream_find_cuts(context, stream, &base, &source->cuts, &source->limit)) return true;
    source->kind = base.kind == MR_WALK_LINES   ? MR_SOURCE_TEXT_LINES
                   : base.kind == MR_WALK_WORDS ? MR_SOURCE_TEXT_WORDS
                                                : MR_SOURCE_RANGE;
    source->is_straight = base.is_straight;
    source->cut_count = base.cuts;
    source->first = base.first;
    source->is_kept = base.is_kept;
    source->is_cached = base.is_cached;
    source->origin = base.origin;
    *paths = base.paths;
    if (source->kind != MR_SOURCE_RANGE) return false;
    int64_t end = source->limit < (uint64_t)base.elements ? (int64_t)source->limit : base.elements;
    int64_t first = base.first < (uint64_t)end ? (int64_t)base.first : end;
    source->range = (MrRange){.first = first, .count = end == MR_OPEN ? MR_OPEN : end - first, .step = 1};
    return end != MR_OPEN && base.room < end && mr_fail_overflow(context, '+', INT64_MAX, 1);
}

static void encode_stream(const PlanSource *source, Buf *out) {
    uint64_t head[] = {source->kind,      source->is_straight, source->limit,
                       source->cut_count, source->first,       (uint64_t)source->origin};
    buf_add(out, head, sizeof head);
    if (source->cut_count) buf_add(out, source->cuts, source->cut_count * sizeof *source->cuts);
}

/* The bytes read; 0: not a stream's source. */
static size_t decode_stream(PlanSource *source, const char *at, size_t size) {
    uint64_t head[6];
    if (size < sizeof head) return 0;
    memcpy(head, at, sizeof head);
    bool is_good = head[0] == MR_SOURCE_RANGE || (head[0] <= MR_SOURCE_STREAM && is_text_kind((uint32_t)head[0]));
    if (!is_good || head[3] > (size - sizeof head) / sizeof *source->cuts || head[3] > UINT32_MAX) return 0;
    source->kind = (MrSourceKind)head[0];
    source->is_straight = head[1] != 0;
    source->limit = head[2];
    source->cut_count = (uint32_t)head[3];
    source->first = head[4];
    source->origin = (int64_t)head[5];
    size_t bytes = source->cut_count * sizeof *source->cuts;
    if (bytes) source->cuts = memcpy(xmalloc(bytes), at + sizeof head, bytes);
    return sizeof head + bytes;
}

/* What the chunks have as a whole was found when the input was walked for the first time. */
static bool plan_is_as_before(const Plan *plan) {
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        if (plan->task->sources[i].kind != MR_SOURCE_BEFORE) continue;
        if ((uint64_t)list_len(plan->sources[i].list) != plan->chunks + 1) return false;
    }
    return true;
}

/* A keyed reduction whose order shows: each key that a chunk has gets a state there, which then meets those of other chunks. Of
 * jobs by chunks, several have the same chunks. */
static bool has_wide_chunks(const MrTask *task) {
    uint32_t others = MR_TASK_EXACT | MR_TASK_ASSOCIATIVE | MR_TASK_BY_CHUNK;
    return task->flags & MR_TASK_KEYED && !(task->flags & others);
}

bool plan_init(Plan *plan, MrContext *context, const MrTask *task, const MrSource *sources) {
    plan_new(plan, task);
    bool failed = false;
    for (uint32_t i = 0; i < task->source_count && !failed; i++) {
        PlanSource *source = &plan->sources[i];
        MrList *list = (MrList *)(uintptr_t)sources[i].value;
        if (source->kind == MR_SOURCE_RANGE) source->range = sources[i].range;
        if (is_list_kind(source->kind)) source->list = list;
        if (source->kind == MR_SOURCE_STREAM) failed = source_of_stream(source, context, sources[i].value, &list);
        plan->remembers = plan->remembers || source->is_cached;
        if (failed || !is_text_kind(source->kind)) continue;
        FileList files;
        failed = io_file_list(context, list, source->is_kept, &files);
        if (failed) break;
        uint64_t size = has_wide_chunks(task) ? text_wide_size(&files) : 0;
        text_source_init(&source->text, files, source->kind == MR_SOURCE_TEXT_LINES ? TEXT_LINES : TEXT_WORDS, size);
        source->has_text = true;
    }
    failed = failed || (!plan_is_text(plan) && plan_measure(plan, context));
    if (!failed) plan_cut(plan);
    if (!failed && !plan_is_as_before(plan))
        failed = mr_failf(context, "the input changed between the two times that it was walked");
    if (failed) plan_free(plan);
    return failed;
}

void plan_free(Plan *plan) {
    for (uint32_t i = 0; plan->task && i < plan->task->source_count; i++) {
        text_reader_free(&plan->sources[i].reader);
        free(plan->sources[i].cuts);
        if (plan->sources[i].has_text) text_source_free(&plan->sources[i].text);
    }
    free(plan->sources);
    free(plan->slices);
    *plan = (Plan){0};
}

void plan_encode(const Plan *plan, Buf *out) {
    buf_add(out, &plan->elements, sizeof plan->elements);
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        const PlanSource *source = &plan->sources[i];
        if (plan->task->sources[i].kind == MR_SOURCE_STREAM) encode_stream(source, out);
        if (source->has_text)
            text_source_encode(&source->text, out);
        else
            buf_add(out, &source->range, sizeof source->range);
    }
}

/* As plan_measure leaves it: as many elements as there are to be, none of them past the end of the ints. */
static bool range_fits(const MrRange *range, uint64_t elements) {
    if (!range_is_sound(range) || (range->count != MR_OPEN && (uint64_t)range->count != elements)) return false;
    return elements <= (uint64_t)mr_range_room(NULL, range->first, range->count, range->step);
}

size_t plan_decode(Plan *plan, const MrTask *task, const void *bytes, size_t size) {
    plan_new(plan, task);
    size_t used = sizeof plan->elements;
    bool is_good = size >= used;
    if (is_good) memcpy(&plan->elements, bytes, sizeof plan->elements);
    for (uint32_t i = 0; i < task->source_count && is_good; i++) {
        PlanSource *source = &plan->sources[i];
        const char *at = (const char *)bytes + used;
        if (source->kind == MR_SOURCE_STREAM) {
            size_t took = decode_stream(source, at, size - used);
            is_good = took > 0;
            if (!is_good) break;
            used += took;
            at += took;
        }
        if (is_text_kind(source->kind)) {
            size_t took = text_source_decode(&source->text, at, size - used);
            source->has_text = is_good = took > 0;
            used += took;
            continue;
        }
        is_good = size - used >= sizeof source->range;
        if (is_good) memcpy(&source->range, at, sizeof source->range);
        is_good = is_good && (source->kind != MR_SOURCE_RANGE || range_fits(&source->range, plan->elements));
        used += sizeof source->range;
    }
    if (!is_good || plan->elements > INT64_MAX) {
        plan_free(plan);
        return 0;
    }
    plan_cut(plan);
    return used;
}

uint64_t plan_first_element(const Plan *plan, uint64_t chunk) {
    uint64_t first = chunk << plan->shift;
    return first < plan->elements ? first : plan->elements;
}

uint64_t plan_element_count(const Plan *plan, uint64_t first, uint64_t count) {
    return plan_first_element(plan, first + count) - plan_first_element(plan, first);
}

/* The elements at which the chunk's share begins and ends: `at` points to the chunk's element of the BEFORE. */
static void cut_share(const int64_t *first, const int64_t *at, uint64_t count, int64_t list_len, int64_t *from, int64_t *len) {
    *from = (int64_t)((uint64_t)at[0] - (uint64_t)first[0]);
    if (*from < 0 || *from > list_len) *from = list_len;
    *len = (int64_t)((uint64_t)at[count] - (uint64_t)at[0]);
    if (*len < 0 || *len > list_len - *from) *len = list_len - *from;
}

void plan_share(const Plan *plan, uint32_t source, uint64_t first, uint64_t count, int64_t *from, int64_t *len) {
    switch (plan->task->sources[source].kind) {
    case MR_SOURCE_BEFORE:
        *from = (int64_t)first;
        *len = (int64_t)count + 1;
        break;
    case MR_SOURCE_SHARE: {
        const int64_t *starts = (const int64_t *)(const void *)plan->sources[plan->sources[source].before].list->data;
        cut_share(starts, starts + first, count, list_len(plan->sources[source].list), from, len);
        break;
    }
    default:
        *from = (int64_t)plan_first_element(plan, first);
        *len = (int64_t)plan_element_count(plan, first, count);
        break;
    }
}

bool plan_share_fits(const Plan *plan, uint32_t source, uint64_t first, uint64_t count, int64_t len) {
    switch (plan->task->sources[source].kind) {
    case MR_SOURCE_BEFORE: return len == (int64_t)count + 1;
    case MR_SOURCE_SHARE: return true; /* the kernel looks at the length of what it is lent */
    default: return len == (int64_t)plan_element_count(plan, first, count);
    }
}

/* The slice of a source that chunks have as a whole. */
static MrSlice read_share(Plan *plan, const PlanLists *given, uint32_t number, uint64_t first) {
    PlanSource *source = &plan->sources[number];
    const MrSourceInfo *info = &plan->task->sources[number];
    const MrList *list = given ? given->lists[source->list_rank] : source->list;
    uint64_t chunk = first - (given ? given->first : 0);
    if (info->kind == MR_SOURCE_BEFORE) return (MrSlice){.data = list->data + chunk * info->element->size};
    const PlanSource *before = &plan->sources[source->before];
    const MrList *cuts = given ? given->lists[before->list_rank] : before->list;
    const int64_t *starts = (const int64_t *)(const void *)cuts->data;
    int64_t from, len;
    cut_share(starts, starts + chunk, 1, list_len(list), &from, &len);
    char *data = list ? list->data + (uint64_t)from * info->element->size : NULL;
    source->share = (MrList){.cell = {-1}, .len = len, .cap = len, .data = data};
    return (MrSlice){.data = (const char *)&source->share};
}

static bool read_text(Plan *plan, MrContext *context, uint64_t chunk_number, MrChunk *chunk) {
    PlanSource *source = &plan->sources[0];
    if (!source->reader) source->reader = text_reader_new(&source->text);
    size_t size = 0;
    char *error = NULL;
    chunk_number += source->first;
    if (text_reader_chunk(source->reader, chunk_number, &plan->slices[0].data, &size, &error)) return io_fail_take(context, error);
    plan->slices[0].first = (int64_t)size;
    plan->slices[0].step = 0;
    *chunk = (MrChunk){.count = 1, .first = (int64_t)chunk_number, .slices = plan->slices, .cuts = source->cuts};
    chunk->walk = source->kind == MR_SOURCE_TEXT_LINES ? MR_WALK_LINES : MR_WALK_WORDS;
    chunk->cut_count = source->cut_count;
    return false;
}

bool plan_read(Plan *plan, MrContext *context, const PlanLists *given, uint64_t first, uint64_t count, MrChunk *chunk) {
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        if (is_by_chunk(plan->task->sources[i].kind)) plan->slices[i] = read_share(plan, given, i, first);
    }
    if (plan_is_text(plan)) return read_text(plan, context, first, chunk);
    uint64_t from = plan_first_element(plan, first);
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        const PlanSource *source = &plan->sources[i];
        MrSlice *slice = &plan->slices[i];
        if (is_by_chunk(source->kind)) continue;
        if (plan->task->sources[i].kind == MR_SOURCE_STREAM) {
            *slice = (MrSlice){.first = source->range.first + (int64_t)from, .step = source->is_straight};
        } else if (source->kind == MR_SOURCE_RANGE) {
            *slice = (MrSlice){.first = source->range.first + (int64_t)from * source->range.step, .step = source->range.step};
        } else {
            const MrList *list = given ? given->lists[source->list_rank] : source->list;
            uint64_t skipped = from - (given ? plan_first_element(plan, given->first) : 0);
            *slice = (MrSlice){.data = list ? list->data + skipped * plan->task->sources[i].element->size : NULL};
        }
    }
    *chunk = (MrChunk){.count = (int64_t)plan_element_count(plan, first, count), .first = (int64_t)from, .slices = plan->slices};
    if (plan->task->sources[0].kind == MR_SOURCE_STREAM) {
        chunk->first = plan->slices[0].first;
        chunk->cuts = plan->sources[0].cuts;
        chunk->walk = MR_WALK_ELEMENTS;
        chunk->cut_count = plan->sources[0].cut_count;
        chunk->block = (int64_t)1 << plan->shift;
    }
    return false;
}

void plan_next(const Plan *plan, MrChunk *chunk) {
    uint64_t size = (uint64_t)1 << plan->shift, first = (uint64_t)chunk->first + size, left = plan->elements - first;
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        MrSlice *slice = &plan->slices[i];
        slice->first = (int64_t)((uint64_t)slice->first + size * (uint64_t)slice->step);
        if (slice->data) slice->data += size * plan->task->sources[i].element->size;
    }
    chunk->first = (int64_t)first;
    chunk->count = (int64_t)(size < left ? size : left);
    chunk->elements = 0;
    chunk->is_decided = false;
}

/* A job that walks parts of lines may have been within a line. */
static int64_t line_begin(const char *text, int64_t at) {
    while (at > 0 && text[at - 1] != '\n') at--;
    return at;
}

void plan_locate(const Plan *plan, const MrChunk *chunk, int64_t failed, Buf *out) {
    if (failed < 0) failed = 0;
    if (plan->sources[0].kind == MR_SOURCE_TEXT_LINES && chunk->slices) failed = line_begin(chunk->slices[0].data, failed);
    if (plan_is_text(plan))
        text_reader_locate(plan->sources[0].reader, (size_t)failed, out);
    else
        buf_printf(out, "element %lld", (long long)(plan->sources[0].origin + chunk->first + failed));
}

void plan_locate_chunk(const Plan *plan, uint64_t chunk, Buf *out) {
    if (plan_is_text(plan)) {
        text_source_locate(&plan->sources[0].text, chunk + plan->sources[0].first, out);
        return;
    }
    uint64_t count = plan_element_count(plan, chunk, 1);
    long long first = (long long)plan->sources[0].origin + (long long)plan_first_element(plan, chunk);
    if (count == 1)
        buf_printf(out, "element %lld", first);
    else
        buf_printf(out, "elements %lld–%lld", first, first + (long long)count - 1);
}
