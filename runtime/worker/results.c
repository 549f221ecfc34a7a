/* results.c: states as lists within the payload of a whole job's results. */
#include "runtime/worker/results.h"

#include <string.h>

#include "runtime/value/payload.h"
#include "runtime/value/value.h"

static const MrType *element_of(const FrameContext *of) {
    return of->task->state->fields[0];
}

static MrList **state_of(const Frame *frame) {
    return frame->state;
}

void results_begin(const FrameContext *of, MrList **state, MrChunk *chunk) {
    const MrType *element = element_of(of);
    if (of->results) {
        chunk->places = payload_data(of->results) + (size_t)chunk->first * element->size;
        payload_settle(of->results, chunk->places, (size_t)chunk->count * element->size);
    } else {
        chunk->places = list_room(state, chunk->count, element);
    }
}

bool results_end(const FrameContext *of, MrList **state, const MrChunk *chunk, bool failed) {
    if (failed) {
        mr_drop(of->context, state, of->task->state);
        *state = NULL;
    } else if (!of->results) {
        (*state)->len += chunk->count;
    } else if (!*state) {
        *state = list_within(of->results, chunk->places, chunk->count);
    } else {
        MrList *next = list_within(of->results, chunk->places, chunk->count);
        mr_list_extend(of->context, state, next, of->task->state);
        list_free(next);
    }
    return !failed;
}

void results_encode(const Frame *frame, const FrameContext *of, Lending lending, Buf *out) {
    const MrList *list = *state_of(frame);
    bool is_within = of->results && list && list->payload == of->results;
    buf_add_number(out, is_within);
    if (is_within) {
        buf_add_number(out, (uint64_t)(list->data - payload_data(of->results)) / element_of(of)->size);
        buf_add_number(out, (uint64_t)list->len);
    } else {
        codec_encode_lent(out, frame->state, of->task->state, of->context->program, lending);
    }
}

bool results_decode(const Frame *frame, const FrameContext *of, Lending lending, Input *in) {
    uint64_t is_within = input_number(in);
    if (in->is_bad || is_within > 1) return false;
    if (!is_within)
        return codec_decode_lent(&in->at, in->end, frame->state, of->task->state, of->context->program, lending) == NULL;
    uint64_t first = input_number(in), len = input_number(in);
    size_t size = element_of(of)->size;
    uint64_t all = of->results ? payload_size(of->results) / size : 0;
    if (in->is_bad || len == 0 || first > all || len > all - first) return false;
    *state_of(frame) = list_within(of->results, payload_data(of->results) + first * size, (int64_t)len);
    return true;
}
