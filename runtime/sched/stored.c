/* stored.c: lists of jobs and of their bags. A journal has some hundred jobs with some hundred bags each, and what is added last is
 * looked for first. */
#include "runtime/sched/stored.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void stored_clear(Stored *stored) {
    for (size_t i = 0; i < stored->count; i++) {
        StoredJob *job = stored->jobs[i];
        for (size_t k = 0; k < job->count; k++) ranges_free(&job->bags[k].chunks);
        free(job->bags);
        free(job);
    }
    free(stored->jobs);
    *stored = (Stored){0};
}

StoredJob *stored_find(const Stored *stored, const uint8_t name[MESSAGE_JOB_NAME_SIZE]) {
    for (size_t i = stored->count; i-- > 0;)
        if (memcmp(stored->jobs[i]->head.name.name, name, MESSAGE_JOB_NAME_SIZE) == 0) return stored->jobs[i];
    return NULL;
}

StoredJob *stored_find_work(const Stored *stored, const uint8_t work[MESSAGE_JOB_NAME_SIZE]) {
    for (size_t i = stored->count; i-- > 0;)
        if (memcmp(stored->jobs[i]->head.name.work, work, MESSAGE_JOB_NAME_SIZE) == 0) return stored->jobs[i];
    return NULL;
}

StoredJob *stored_add(Stored *stored, const StoredHead *head) {
    StoredJob *job = stored_find(stored, head->name.name);
    if (job) return job;
    if (stored->count == stored->cap) {
        stored->cap = stored->cap ? 2 * stored->cap : 8;
        stored->jobs = xrealloc(stored->jobs, stored->cap * sizeof *stored->jobs);
    }
    job = xcalloc(1, sizeof *job);
    job->head = *head;
    job->limit = head->chunks;
    stored->jobs[stored->count++] = job;
    return job;
}

static bool overlaps(const RangeSet *a, const RangeSet *b) {
    for (size_t i = 0; i < a->len; i++)
        if (ranges_has_any(b, a->items[i].first, a->items[i].count)) return true;
    return false;
}

static bool contains(const RangeSet *all, const RangeSet *part) {
    for (size_t i = 0; i < part->len; i++)
        if (!ranges_has(all, part->items[i].first, part->items[i].count)) return false;
    return true;
}

bool stored_add_bag(StoredJob *job, uint64_t id, uint64_t size, RangeSet *chunks) {
    bool fits = chunks->total > 0;
    for (size_t i = 0; fits && i < job->count; i++)
        fits = !overlaps(chunks, &job->bags[i].chunks) || contains(chunks, &job->bags[i].chunks);
    if (!fits) {
        ranges_free(chunks);
        return false;
    }
    size_t left = 0;
    for (size_t i = 0; i < job->count; i++) {
        if (overlaps(chunks, &job->bags[i].chunks))
            ranges_free(&job->bags[i].chunks);
        else
            job->bags[left++] = job->bags[i];
    }
    job->count = left;
    if (job->count == job->cap) {
        job->cap = job->cap ? 2 * job->cap : 8;
        job->bags = xrealloc(job->bags, job->cap * sizeof *job->bags);
    }
    job->bags[job->count++] = (StoredBag){id, size, *chunks};
    *chunks = (RangeSet){0};
    return true;
}

void stored_limit(StoredJob *job, uint64_t limit, EndKind end) {
    if (limit > job->limit || (limit == job->limit && end <= job->end)) return;
    job->limit = limit;
    job->end = end;
}
