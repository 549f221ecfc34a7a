/* gather.c: the parts of a table on their way. */
#include "runtime/sched/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void gather_free(Gather *gather) {
    for (uint32_t i = 0; i < gather->count; i++) pull_free(&gather->parts[i].pull);
    free(gather->parts);
    *gather = (Gather){0};
}

bool gather_tell(Gather *gather, const MsgPart *told) {
    if (told->first == 0) gather_free(gather);
    bool is_first = told->first == 0 && told->count >= 1 && told->count <= GATHER_PARTS;
    if (is_first) {
        gather->count = (uint32_t)told->count;
        gather->parts = xcalloc(gather->count, sizeof *gather->parts);
    }
    if (gather->count == 0 || told->count != gather->count || told->first != gather->told || gather->told == gather->count)
        return false;
    GatherPart *part = &gather->parts[gather->told++];
    part->worker = told->worker;
    part->bag = told->bag;
    memcpy(part->endpoint, told->endpoint, sizeof part->endpoint);
    return true;
}

bool gather_is_told(const Gather *gather, uint32_t count) {
    return count > 0 && gather->count == count && gather->told == count;
}

GatherPart *gather_next(Gather *gather) {
    GatherPart *next = NULL;
    uint32_t under_way = 0;
    for (uint32_t i = gather->count; i-- > 0;) {
        GatherPart *part = &gather->parts[i];
        under_way += part->is_pulled && !part->is_here;
        if (!part->is_pulled) next = part;
    }
    if (!next || under_way >= GATHER_WINDOW) return NULL;
    next->is_pulled = true;
    return next;
}

GatherPart *gather_find(Gather *gather, uint32_t pull) {
    for (uint32_t i = 0; i < gather->count; i++) {
        GatherPart *part = &gather->parts[i];
        if (part->is_pulled && !part->is_here && part->pull.id == pull) return part;
    }
    return NULL;
}

bool gather_is_complete(const Gather *gather) {
    for (uint32_t i = 0; i < gather->count; i++)
        if (!gather->parts[i].is_here) return false;
    return gather->count > 0;
}

bool gather_needs(const Gather *gather, uint32_t worker) {
    for (uint32_t i = 0; i < gather->told; i++)
        if (gather->parts[i].worker == worker && !gather->parts[i].is_here) return true;
    return false;
}

Buf *gather_take(Gather *gather) {
    Buf *parts = xcalloc(gather->count, sizeof *parts);
    for (uint32_t i = 0; i < gather->count; i++) {
        parts[i] = gather->parts[i].pull.data;
        gather->parts[i].pull.data = (Buf){0};
    }
    gather_free(gather);
    return parts;
}
