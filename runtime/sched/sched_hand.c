/* sched_hand.c: which worker maps what next.
 *
 * The root's jobs come first, the oldest before the others; everybody gets a first range before anybody gets a second. The jobs of
 * workers (JOB_BY_RANGES) are for those who would have nothing to do. A worker that is handed a range of one is free, and begins at
 * once: so whoever waits for that range waits for a worker that computes. (A worker that is itself waiting holds a range, and is
 * not free.) The owner gets ranges of its own job when it has joined. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

#define REPLACE_TIME ((uint64_t)1000000000) /* nanoseconds: a worker that was asked for is expected within this */

bool job_is_owners(const Sched *sched, const Job *job, const SchedPeer *peer) {
    return job->spec.flags & JOB_BY_RANGES && peer == &sched->peers[job->owner];
}

/* Before its first range a worker is told of the job. */
void job_start_at(Sched *sched, Job *job, SchedPeer *peer) {
    uint32_t worker = peer->worker;
    job_know_worker(job, worker);
    if (job->workers[worker].knows) return;
    job->workers[worker].knows = true;
    Message *message = job_send(sched, job, sched->workers[worker], MSG_JOB_START);
    message->as.start.spec = job->spec;
    message->as.start.serial = ++peer->starts;
    memcpy(message->as.start.owner_endpoint, sched->peers[job->owner].endpoint, MESSAGE_ENDPOINT_SIZE);
    if (job->blob) {
        message->bytes = job->blob;
        message->size = job->spec.blob_size;
    }
}

/* How many ranges of the job one worker may hold. What takes next to no time is handed out many at a time, but not the last of
 * it, which shall be shared evenly. */
static uint64_t job_most_held(const Sched *sched, const Job *job) {
    if (sched->config.shuffle_seed) return SCHED_CREDITS;
    uint64_t most = job->todo.total / job_usual_chunks(sched, job) / job_shares(sched);
    return most < SCHED_CREDITS ? SCHED_CREDITS : most;
}

/* ---- what was handed out */

static void note_place(Job *job, size_t at) {
    table_put(&job->handed_at, job->handed[at].number, (void *)(uintptr_t)(at + 1));
}

static BagRecord *bag_of(const Job *job, const HandedRange *handed) {
    return handed->bag && !(job->spec.flags & JOB_BY_RANGES) ? job_bag(job, handed->bag) : NULL;
}

void job_add_handed(Job *job, HandedRange handed) {
    if (job->handed_len == job->handed_cap) {
        job->handed_cap = job->handed_cap ? 2 * job->handed_cap : 16;
        job->handed = xrealloc(job->handed, job->handed_cap * sizeof *job->handed);
    }
    job->handed[job->handed_len++] = handed;
    note_place(job, job->handed_len - 1);
    BagRecord *bag = bag_of(job, &handed);
    if (bag) bag->handed++;
}

void job_drop_handed(Job *job, size_t at) {
    HandedRange *handed = &job->handed[at], *last = &job->handed[job->handed_len - 1];
    BagRecord *bag = bag_of(job, handed);
    if (bag) bag->handed--;
    job->revoked -= handed->is_revoked;
    table_remove(&job->handed_at, handed->number);
    if (last != handed) {
        table_remove(&job->handed_at, last->number);
        *handed = *last;
        note_place(job, at);
    }
    job->handed_len--;
}

size_t job_find_handed(const Job *job, uint64_t range) {
    size_t place = (size_t)(uintptr_t)table_find(&job->handed_at, range);
    return place ? place - 1 : job->handed_len;
}

void job_hand_range(Sched *sched, Job *job, SchedPeer *peer, HandedRange handed) {
    handed.number = ++job->last_range;
    handed.serial = ++sched->handed;
    handed.at = sched->now;
    handed.worker = peer->worker;
    if (job_is_owners(sched, job, peer)) {
        job->owner_holds++;
    } else {
        job_start_at(sched, job, peer);
        peer->held++;
        worker_requeue(sched, peer);
    }
    job_add_handed(job, handed);
    if (handed.number == 1) news_job(job, NEWS_JOB_STARTED);
    news_range(job, NEWS_RANGE_HANDED, &handed);
    Message *message = job_send(sched, job, sched->workers[peer->worker], MSG_RANGE);
    message->as.range = (MsgRange){.range = handed.number, .bag = handed.bag};
    message->as.range.first = handed.range.first;
    message->as.range.count = handed.range.count;
}

static void job_hand(Sched *sched, Job *job, SchedPeer *peer) {
    job_know_worker(job, peer->worker);
    HandedRange handed = {.range = job_take(sched, job, peer->worker)};
    if (!job_is_owners(sched, job, peer)) handed.bag = bag_for_range(job, peer->worker);
    job_hand_range(sched, job, peer, handed);
}

void sched_revoke(Sched *sched, const Job *job, const HandedRange *handed) {
    news_range(job, sched_live_worker(sched, handed->worker) ? NEWS_RANGE_REVOKED : NEWS_RANGE_DROPPED, handed);
    if (!sched_live_worker(sched, handed->worker)) return;
    job_send(sched, job, sched->workers[handed->worker], MSG_REVOKE)->as.revoke.range = handed->number;
    sched_add_orphan(sched, (Orphan){.job = job->number, .handed = *handed});
}

/* ---- handing out ranges */

static Job *first_with_work(Job *job) {
    while (job && job->todo.total == 0) job = job->next;
    return job;
}

/* Not its own, and of somebody whom it reaches: its owner pulls what was mapped. */
static bool job_is_for(const Sched *sched, const Job *job, const SchedPeer *peer) {
    return !job_is_owners(sched, job, peer) && workers_reach(sched, sched->peers[job->owner].worker, peer->worker);
}

static Job *first_nested_for(const Sched *sched, const SchedPeer *peer) {
    Job *job = first_with_work(sched->nested.first);
    while (job && !job_is_for(sched, job, peer)) job = first_with_work(job->next);
    return job;
}

/* Whoever comes soon in place of a lost worker shall find something to do. Until then nobody is given a range behind the one that
 * it is at: what was lost would wait there, perhaps for long. */
static uint32_t most_held(const Sched *sched) {
    bool is_replaced = sched->coming > 0 && sched->lost_at && sched->now - sched->lost_at < REPLACE_TIME;
    return is_replaced ? 1 : SCHED_MOST_CREDITS;
}

/* A range to each worker that holds `round` of them, as long as there are any that it may have. False: nobody may have more. */
static bool hand_round(Sched *sched, uint32_t round) {
    Job *job = sched->jobs.first;
    for (SchedPeer *peer = workers_first(sched, round), *after; peer; peer = after) {
        after = workers_next(sched, peer);
        job = first_with_work(job);
        if (!job && (round > 0 || !first_with_work(sched->nested.first))) return false;
        Job *next = job ? job : first_nested_for(sched, peer);
        if (!next) continue;
        /* Where chunks are suspected, nothing waits behind something else: who dies next, died of what it held. */
        if (round > 0 && (round >= job_most_held(sched, next) || job_has_suspects(next))) return false;
        job_hand(sched, next, peer);
    }
    return true;
}

void jobs_hand_out(Sched *sched) {
    if (!sched_is_ready(sched)) return;
    uint32_t most = most_held(sched), round = workers_round(sched, 0);
    while (round < most && hand_round(sched, round)) round = workers_round(sched, round + 1);
    for (Job *job = sched->nested.first; job; job = job->next)
        if (job->is_joined && job->owner_holds == 0 && job->todo.total) job_hand(sched, job, &sched->peers[job->owner]);
    jobs_hand_copies(sched);
    jobs_note_idle(sched);
}
