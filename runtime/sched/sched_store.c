/* sched_store.c: a journal as a second place for bags of the root's jobs.
 *
 * Every now and then no more ranges go into the bags that workers have open, and when those that were handed out have been answered
 * the bags are frozen and fetched for the journal. (Whoever pulls a bag freezes it: there is nothing else to be said to a worker.)
 * A bag that is kept is not lost with its holder. The bag of a whole job is kept in the same way, before workers may drop it.
 *
 * A job that the journal knows from an earlier run begins with the bags of that run, held by the journal (MESSAGE_JOURNAL), and
 * their chunks are not mapped again. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

/* Keeping may take this part of the time. What it takes is estimated, because a worker encodes a bag when its compute thread has
 * time for that: so much for each bag and for each byte, for encoding, sending, writing, and merging it later. A job that has taken
 * workers less time than WORTH is not worth a record. */
enum { COST_PART = 50, COST_BAG = 500000, COST_BYTE = 5 /* nanoseconds */, FIRST_RANGES = 64, RANGES_A_ROUND = 4 };
#define WORTH ((uint64_t)50000000)
/* A worker keeps what it was asked for, encoded, until the job's end: each time that it has come to have so many bytes more of a
 * job, that job's rounds become half as frequent. However small a bag is, it counts as BAG_BYTES: all that are kept of a job that
 * runs for days are merged at its end, and looked at until then. */
#define MUCH      ((uint64_t)128 << 20)
#define BAG_BYTES ((uint64_t)1 << 20)
enum { MOST_SHIFT = 8 };

void sched_use_journal(Sched *sched, const SchedJournal *journal) {
    sched->journal = *journal;
    snprintf(sched->journal_endpoint, sizeof sched->journal_endpoint, "%s", journal->endpoint);
    sched->journal.endpoint = sched->journal_endpoint;
    sched->has_journal = sched->keeps = true;
    sched->store_at = sched->now + journal->every;
}

static bool has_name(const JobName *name) {
    static const uint8_t none[MESSAGE_JOB_NAME_SIZE];
    return memcmp(name->name, none, sizeof none) != 0;
}

const char *bag_endpoint(Sched *sched, const BagRecord *bag) {
    if (bag->worker == MESSAGE_JOURNAL) return sched->has_journal ? sched->journal_endpoint : NULL;
    const SchedPeer *holder = sched_live_worker(sched, bag->worker);
    return holder ? holder->endpoint : NULL;
}

/* ---- what an earlier run has left */

static void job_add_stored_bag(Job *job, const StoredBag *stored) {
    uint32_t number = bag_new(job, MESSAGE_JOURNAL);
    BagRecord *bag = job_bag(job, number);
    bag->is_frozen = true;
    bag->stored = stored->id + 1;
    for (size_t i = 0; i < stored->chunks.len; i++) {
        Range range = stored->chunks.items[i];
        ranges_remove(&job->todo, range.first, range.count);
        bag_add_range(job, number, range.first, range.count);
    }
    job->stats.stored += stored->chunks.total;
}

static void refuse_changed(Sched *sched, const Job *job, const StoredJob *old) {
    const char *was = old->head.name.inputs, *is = job->name.inputs;
    bool is_shown = strcmp(was, is) != 0;
    sched_end(
        sched, 1,
        "an input of job %llu has changed since its journal was written: %s%s%s. Drop the journal and begin anew with --fresh, or "
        "name another directory with --checkpoint",
        (unsigned long long)JOB_COUNT(job->number), is, is_shown ? ", and it was " : " (the same size, another time)",
        is_shown ? was : "");
}

/* Where lists lie is nothing that the next run should know. */
static uint32_t kept_flags(const Job *job) {
    return job->spec.flags & ~(uint32_t)JOB_LENDS;
}

void job_find_stored(Sched *sched, Job *job, const JobName *name) {
    job->name = *name;
    if (!sched->has_journal || !has_name(name) || !sched->journal.stored) return;
    const StoredJob *stored = stored_find(sched->journal.stored, name->name);
    if (!stored) {
        const StoredJob *old = stored_find_work(sched->journal.stored, name->work);
        if (old) refuse_changed(sched, job, old);
        return;
    }
    if (stored->head.chunks != job->spec.chunks || stored->head.flags != kept_flags(job)) return;
    if (stored->end != END_NONE && stored->limit > 0) job_end_after(sched, job, (int64_t)stored->limit - 1, stored->end);
    for (size_t i = 0; i < stored->count; i++) job_add_stored_bag(job, &stored->bags[i]);
    sched_log(sched, 1, "job %llu: %llu of %llu chunks are in the journal", (unsigned long long)JOB_COUNT(job->number),
              (unsigned long long)job->stats.stored, (unsigned long long)job->spec.chunks);
}

/* ---- what is kept of this run */

static void bag_store(Sched *sched, const Job *job, uint32_t number) {
    BagRecord *bag = job_bag(job, number);
    bag->is_frozen = true;
    bag->store = STORE_RUNS;
    SchedAction *action = sched_action(sched, SCHED_STORE);
    action->job = job->number;
    action->bag = number;
}

/* Ranges that were handed out still go into it, or another bag does. */
static bool bag_is_awaited(const BagRecord *bag) {
    return bag->step || bag->handed > 0;
}

void job_store_ready(Sched *sched, Job *job) {
    uint32_t waits = 0;
    for (uint32_t i = 0; i < job->store_waits; i++) {
        uint32_t number = job->store_waiting[i];
        BagRecord *bag = job_bag(job, number);
        if (bag->store != STORE_WAITS) continue;
        if (bag_is_awaited(bag)) {
            job->store_waiting[waits++] = number;
            continue;
        }
        bag->store = STORE_NONE;
        if (sched->keeps && bag->is_there && !bag->is_void && bag->own.total > 0) bag_store(sched, job, number);
    }
    job->store_waits = waits;
}

static void bag_wait(Job *job, uint32_t number) {
    if (job->store_waits == job->store_cap) {
        job->store_cap = job->store_cap ? 2 * job->store_cap : 8;
        job->store_waiting = xrealloc(job->store_waiting, job->store_cap * sizeof *job->store_waiting);
    }
    job->store_waiting[job->store_waits++] = number;
    job_bag(job, number)->store = STORE_WAITS;
}

/* When the job's next round may begin. */
static uint64_t job_next_round(const Sched *sched, const Job *job) {
    uint64_t shift = job->store_size / (MUCH * (1 + sched_live_workers(sched)));
    return sched->now + (sched->journal.every << (shift < MOST_SHIFT ? shift : MOST_SHIFT));
}

/* From here on the workers' next ranges go into other bags. */
static void job_begin_round(Sched *sched, Job *job) {
    if (sched->now < job->store_at) return;
    job->store_at = job_next_round(sched, job);
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++) {
        uint32_t number = job->workers[worker].bag;
        if (number == 0) continue;
        BagRecord *bag = job_bag(job, number);
        if (bag->is_frozen || bag->is_void || bag->own.total == 0 || bag->store != STORE_NONE) continue;
        job->workers[worker].bag = 0;
        bag_wait(job, number);
    }
    job_store_ready(sched, job);
}

void jobs_store_tick(Sched *sched) {
    if (!sched->keeps || sched->now < sched->store_at) return;
    sched->store_at = sched->now + sched->journal.every;
    sched->store_round = sched->now;
    sched->store_cost = 0;
    for (Job *job = sched->jobs.first; job; job = job->next)
        if (has_name(&job->name) && job->phase == JOB_MAPS) job_begin_round(sched, job);
}

void job_store_result(Sched *sched, Job *job) {
    uint64_t spent = 0;
    for (uint32_t i = 0; i < job->stats.worker_count; i++) spent += job->stats.workers[i].nanoseconds;
    BagRecord *bag = job_bag(job, job->delivered);
    if (sched->keeps && has_name(&job->name) && !bag->stored && bag->store == STORE_NONE && spent >= WORTH)
        bag_store(sched, job, job->delivered);
}

bool job_result_is_awaited(const Job *job) {
    return job->delivered > 0 && job_bag(job, job->delivered)->store == STORE_RUNS;
}

bool bag_lose_holder(Sched *sched, const Job *job, uint32_t number) {
    BagRecord *bag = job_bag(job, number);
    if (bag->store == STORE_WAITS) bag->store = STORE_NONE;
    if (bag->store == STORE_RUNS) {
        SchedAction *action = sched_action(sched, SCHED_UNSTORE);
        action->job = job->number;
        action->bag = number;
    }
    if (bag->stored) bag->worker = MESSAGE_JOURNAL;
    return bag->stored > 0;
}

static void journal_is_off(Sched *sched, const char *why) {
    sched->keeps = false;
    sched_log(sched, 0, "checkpoints are off from here on: the journal cannot be written: %s", why);
}

void sched_stored(Sched *sched, const SchedEvent *event) {
    Job *job = table_find(&sched->jobs_by_number, event->job);
    sched->store_cost += COST_BAG + event->size * COST_BYTE;
    uint64_t pause = sched->store_cost * COST_PART / (1 + sched_live_workers(sched));
    if (sched->store_round + pause > sched->store_at) sched->store_at = sched->store_round + pause;
    if (event->text && sched->keeps) journal_is_off(sched, event->text);
    if (!job || event->bag == 0 || event->bag > job->bag_count || !job->bags) return;
    BagRecord *bag = job_bag(job, event->bag);
    bag->store = STORE_NONE;
    bag->stored = event->stored;
    job->store_size += event->size + BAG_BYTES;
    if (job->is_received && job->delivered == event->bag) jobs_finish(sched, job);
}

uint64_t job_most_chunks(const Sched *sched, const Job *job) {
    if (!sched->keeps || !has_name(&job->name)) return UINT64_MAX;
    uint64_t chunks = 0, spent = 0;
    for (uint32_t i = 0; i < job->stats.worker_count; i++) {
        chunks += job->stats.workers[i].chunks;
        spent += job->stats.workers[i].nanoseconds;
    }
    if (chunks == 0) return 1 + job->spec.chunks / ((uint64_t)FIRST_RANGES * sched_live_workers(sched));
    uint64_t most = sched->journal.every / RANGES_A_ROUND / (1 + spent / chunks);
    return most ? most : 1;
}

/* ---- for whoever keeps them */

/* The chunks of a bag and of all that it took in. */
static void add_chunks(const Job *job, uint32_t number, RangeSet *chunks) {
    const BagRecord *bag = job_bag(job, number);
    for (size_t i = 0; i < bag->own.len; i++) ranges_add(chunks, bag->own.items[i].first, bag->own.items[i].count);
    for (uint32_t other = 1; other <= job->bag_count; other++)
        if (job_bag(job, other)->into == number) add_chunks(job, other, chunks);
}

bool sched_bag(const Sched *sched, uint64_t number, uint32_t bag, SchedBag *out) {
    Job *job = table_find(&sched->jobs_by_number, number);
    *out = (SchedBag){.limit = 0};
    if (!job || bag == 0 || bag > job->bag_count || !job->bags) return false;
    const char *endpoint = bag_endpoint((Sched *)(uintptr_t)sched, job_bag(job, bag));
    if (!endpoint) return false;
    snprintf(out->endpoint, sizeof out->endpoint, "%s", endpoint);
    out->head = (StoredHead){.name = job->name, .chunks = job->spec.chunks, .flags = kept_flags(job)};
    out->limit = job->end == END_NONE ? job->spec.chunks : job->limit;
    out->end = job->end;
    out->is_last = job->delivered == bag;
    add_chunks(job, bag, &out->chunks);
    return true;
}

uint64_t sched_bag_stored(const Sched *sched, uint64_t number, uint32_t bag) {
    const Job *job = table_find(&sched->jobs_by_number, number);
    return job && job->bags && bag > 0 && bag <= job->bag_count ? job_bag(job, bag)->stored : 0;
}
