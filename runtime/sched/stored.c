/* stored.c: lists of jobs and of their bags. There may be many thousands of either: a job is found in a table, and a bag that
 * overlaps with none, as nearly all do, is not compared with each. */
#include "runtime/sched/stored.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checksum.h"

void stored_clear(Stored *stored) {
    for (size_t i = 0; i < stored->count; i++) {
        StoredJob *job = stored->jobs[i];
        for (size_t k = 0; k < job->count; k++) ranges_free(&job->bags[k].chunks);
        free(job->bags);
        ranges_free(&job->chunks);
        free(job);
    }
    free(stored->jobs);
    table_free(&stored->by_name);
    table_free(&stored->by_work);
    *stored = (Stored){0};
}

static uint64_t number_of(const uint8_t name[MESSAGE_JOB_NAME_SIZE]) {
    return checksum64(name, MESSAGE_JOB_NAME_SIZE, 0);
}

StoredJob *stored_find(const Stored *stored, const uint8_t name[MESSAGE_JOB_NAME_SIZE]) {
    StoredJob *job = table_find(&stored->by_name, number_of(name));
    return job && memcmp(job->head.name.name, name, MESSAGE_JOB_NAME_SIZE) == 0 ? job : NULL;
}

StoredJob *stored_find_work(const Stored *stored, const uint8_t work[MESSAGE_JOB_NAME_SIZE]) {
    StoredJob *job = table_find(&stored->by_work, number_of(work));
    return job && memcmp(job->head.name.work, work, MESSAGE_JOB_NAME_SIZE) == 0 ? job : NULL;
}

static void table_put_last(Table *table, uint64_t number, StoredJob *job) {
    table_remove(table, number);
    table_put(table, number, job);
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
    table_put_last(&stored->by_name, number_of(head->name.name), job);
    table_put_last(&stored->by_work, number_of(head->name.work), job);
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

/* Drops the bags that are contained in the chunks. False: one of them overlaps in part, and none is dropped. */
static bool job_drop_contained(StoredJob *job, const RangeSet *chunks) {
    for (size_t i = 0; i < job->count; i++)
        if (overlaps(chunks, &job->bags[i].chunks) && !contains(chunks, &job->bags[i].chunks)) return false;
    size_t left = 0;
    for (size_t i = 0; i < job->count; i++) {
        if (overlaps(chunks, &job->bags[i].chunks))
            ranges_free(&job->bags[i].chunks);
        else
            job->bags[left++] = job->bags[i];
    }
    job->count = left;
    return true;
}

bool stored_add_bag(StoredJob *job, uint64_t id, uint64_t size, RangeSet *chunks) {
    if (chunks->total == 0 || (overlaps(chunks, &job->chunks) && !job_drop_contained(job, chunks))) {
        ranges_free(chunks);
        return false;
    }
    if (job->count == job->cap) {
        job->cap = job->cap ? 2 * job->cap : 8;
        job->bags = xrealloc(job->bags, job->cap * sizeof *job->bags);
    }
    for (size_t i = 0; i < chunks->len; i++) ranges_add(&job->chunks, chunks->items[i].first, chunks->items[i].count);
    job->bags[job->count++] = (StoredBag){id, size, *chunks};
    *chunks = (RangeSet){0};
    return true;
}

void stored_limit(StoredJob *job, uint64_t limit, EndKind end) {
    if (limit > job->limit || (limit == job->limit && end <= job->end)) return;
    job->limit = limit;
    job->end = end;
}
