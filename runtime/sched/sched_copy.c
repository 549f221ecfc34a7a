/* sched_copy.c: stragglers. When nothing is left to be handed out, workers that have nothing to do map again what somebody else is
 * taking much longer for than others did: copies, in small pieces. Whoever is first wins.
 *
 * A copy goes into a bag that has nothing but copies of that range. When the range itself is answered first, these bags are void,
 * and copies under way are revoked. When all of it is covered by copies first, the range is revoked, and its worker answers that
 * nothing of it is in its bag (or, if the two crossed, that all is). Until then that bag is not merged; when its worker is so long
 * at one element that mapping the bag's other chunks again costs less than waiting, the bag is void, too. No chunk ever counts
 * twice, in no kind of job.
 *
 * Jobs by keys are left alone: a worker maps their ranges into the table of its bag at once, because merging tables takes long, so
 * that a range which was begun cannot be revoked, and the bag that it is in would be lost whenever copies are first. */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/sched_state.h"

/* A range is a straggler when it takes SLOWER times as long as its chunks should, and PATIENCE nanoseconds more. */
enum { SLOWER = 2, PIECES_EACH = 2 };
#define PATIENCE   ((uint64_t)100000000)
#define LOOK_EVERY ((uint64_t)5000000) /* nanoseconds between two looks at who is a straggler, where none is expected */

/* Nanoseconds that a chunk of the job takes on average; 0: nobody knows yet. */
static uint64_t job_chunk_time(const Job *job) {
    uint64_t chunks = 0, spent = 0;
    for (uint32_t i = 0; i < job->stats.worker_count; i++) {
        chunks += job->stats.workers[i].chunks;
        spent += job->stats.workers[i].nanoseconds;
    }
    if (chunks == 0) return 0;
    return spent < chunks ? 1 : spent / chunks;
}

/* ---- who is first */

static bool bag_has_copies_of(const BagRecord *bag, uint64_t range) {
    return bag->copies == range && !bag->is_void;
}

/* Copies of a range are not wanted: what was mapped is void, what is under way is taken back. The range is covered by nobody then,
 * but is not to be handed out. */
static void job_drop_copies(Sched *sched, Job *job, HandedRange original) {
    for (uint32_t number = 1; number <= job->bag_count; number++)
        if (bag_has_copies_of(job_bag(job, number), original.number)) bag_void(job, number);
    for (size_t i = 0; i < job->handed_len;) {
        HandedRange copy = job->handed[i];
        if (copy.copy_of != original.number) {
            i++;
            continue;
        }
        job_drop_handed(job, i);
        sched_revoke(sched, job, &copy);
    }
    ranges_remove(&job->copies, original.range.first, original.range.count);
    ranges_remove(&job->todo, original.range.first, original.range.count);
}

/* Its worker is lost, or was given up: copies are all there is. */
static void job_original_lost(Job *job, HandedRange original) {
    uint64_t first = original.range.first, count = original.range.count;
    if (original.is_revoked) return; /* copies cover it */
    for (size_t i = 0; i < job->copies.len; i++) {
        Range part = range_common(job->copies.items[i], original.range);
        ranges_add(&job->todo, part.first, part.count);
    }
    ranges_remove(&job->copies, first, count);
    for (size_t i = 0; i < job->handed_len; i++)
        if (job->handed[i].copy_of == original.number) job->handed[i].copy_of = 0;
}

void job_take_back(Job *job, size_t at) {
    HandedRange handed = job->handed[at];
    job_drop_handed(job, at);
    if (handed.has_copies)
        job_original_lost(job, handed);
    else
        job_todo_again(job, handed.range);
}

/* A straggler's bag is not to be used: what was to go into it is revoked, and mapped again like what is in it. */
static void job_give_up_bag(Sched *sched, Job *job, uint32_t number) {
    for (size_t i = 0; i < job->handed_len;) {
        HandedRange handed = job->handed[i];
        if (handed.bag != number) {
            i++;
            continue;
        }
        job_take_back(job, i);
        if (handed.is_revoked)
            sched_add_orphan(sched, (Orphan){.job = job->number, .handed = handed});
        else
            sched_revoke(sched, job, &handed);
    }
    if (!job_bag(job, number)->is_void) bag_void(job, number);
}

bool job_original_done(Sched *sched, Job *job, HandedRange original, const MsgRangeDone *done) {
    if (!original.has_copies) return true;
    if (!original.is_revoked) {
        job_drop_copies(sched, job, original);
        return true;
    }
    /* It was finished before it heard that it was not needed: all of it is in two bags now. Where that cannot be told from what
     * else is there, one of them must go. */
    bool is_apart = done->done == 0 || !(job->spec.flags & JOB_EXACT_COMMUTATIVE);
    if (!is_apart) job_give_up_bag(sched, job, original.bag);
    return false;
}

void job_copy_done(Sched *sched, Job *job, uint64_t of) {
    for (size_t i = 0; i < job->handed_len; i++) {
        HandedRange *original = &job->handed[i];
        uint64_t end = original->range.first + original->range.count;
        if (end > job->limit) end = job->limit;
        if (original->number != of || original->is_revoked || original->range.first >= end) continue;
        if (!ranges_has(&job->covered, original->range.first, end - original->range.first)) continue;
        original->is_revoked = true;
        job->revoked++;
        original->at = sched->give_up_at = sched->now; /* whether its bag is waited for is looked at next */
        news_range(job, NEWS_RANGE_REVOKED, original);
        job_send(sched, job, sched->workers[original->worker], MSG_REVOKE)->as.revoke.range = original->number;
    }
}

bool bag_is_held_up(const Job *job, uint32_t number) {
    for (size_t i = 0; job->revoked && i < job->handed_len; i++)
        if (job->handed[i].is_revoked && job->handed[i].bag == number) return true;
    return false;
}

/* ---- making copies */

static uint32_t bag_for_copies(Job *job, uint32_t worker, uint64_t range) {
    for (uint32_t number = 1; number <= job->bag_count; number++) {
        const BagRecord *bag = job_bag(job, number);
        if (bag_has_copies_of(bag, range) && bag->worker == worker && !bag->is_frozen) return number;
    }
    uint32_t number = bag_new(job, worker);
    job_bag(job, number)->copies = range;
    return number;
}

/* Who shares what it does inside of an element gets on, however long that takes. */
static bool worker_shares(const Sched *sched, uint32_t worker) {
    for (const Job *job = sched->nested.first; job; job = job->next)
        if (job->owner == sched->workers[worker]) return true;
    return false;
}

/* The range that each worker is at, of those of the job that it holds: the first that it was given. By worker number, in malloc'ed
 * memory; NULL: none. */
static HandedRange **ranges_begun(const Job *job) {
    HandedRange **begun = xcalloc((size_t)job->stats.worker_count + 1, sizeof *begun);
    for (size_t i = 0; i < job->handed_len; i++) {
        HandedRange *handed = &job->handed[i], **first = &begun[handed->worker];
        if (!*first || handed->serial < (*first)->serial) *first = handed;
    }
    return begun;
}

/* When a worker is a straggler with the range that it is at; UINT64_MAX: never. */
static uint64_t straggler_at(const Sched *sched, const SchedPeer *peer, const HandedRange *begun, uint64_t chunk_time) {
    if (begun->is_revoked || worker_shares(sched, peer->worker)) return UINT64_MAX;
    uint64_t since = begun->at > peer->answered_at ? begun->at : peer->answered_at;
    return since + SLOWER * chunk_time * begun->range.count + PATIENCE;
}

static void job_copy_range(Sched *sched, Job *job, HandedRange *handed) {
    uint64_t first = handed->range.first, end = first + handed->range.count;
    if (end > job->limit) end = job->limit;
    if (handed->has_copies || handed->copy_of || first >= end) return;
    handed->has_copies = true;
    ranges_add(&job->copies, first, end - first);
    sched_log(sched, 1, "worker %u has been at chunks %llu to %llu of job %llu for %.1f s: others map them, too", handed->worker,
              (unsigned long long)first, (unsigned long long)end - 1, (unsigned long long)JOB_COUNT(job->number),
              (double)(sched->now - handed->at) / 1e9);
}

/* What a straggler holds of the job is for others, too: what it is at, and what waits behind that. Not what a process had that has
 * ended: soon it is to be mapped again anyway, and by then it is known what it died of, of which two at once should not. */
static void job_find_stragglers(Sched *sched, Job *job) {
    uint64_t chunk_time = job_chunk_time(job);
    if (chunk_time == 0 || job->handed_len == 0) return;
    HandedRange **begun = ranges_begun(job);
    for (size_t i = 0; i < job->handed_len; i++) {
        HandedRange *handed = &job->handed[i], *first = begun[handed->worker];
        const SchedPeer *peer = sched_live_worker(sched, handed->worker);
        uint64_t at = peer && !peer->is_gone ? straggler_at(sched, peer, first, chunk_time) : UINT64_MAX;
        if (at <= sched->now)
            job_copy_range(sched, job, handed);
        else if (at != UINT64_MAX && (!sched->copy_at || at < sched->copy_at))
            sched->copy_at = at;
    }
    free(begun);
}

/* The straggler that a chunk belongs to. */
static const HandedRange *straggler_of(const Job *job, uint64_t chunk) {
    for (size_t i = 0; i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        if (handed->has_copies && chunk >= handed->range.first && chunk - handed->range.first < handed->range.count) return handed;
    }
    return NULL;
}

/* The first part of what is to be copied that the worker may have; count 0: there is none. */
static Range job_next_copy(const Sched *sched, const Job *job, const SchedPeer *peer, uint64_t *number) {
    uint64_t piece = job->copies.total / (PIECES_EACH * (uint64_t)sched_live_workers(sched));
    if (piece == 0) piece = 1;
    for (size_t i = 0; i < job->copies.len; i++) {
        Range rest = job->copies.items[i];
        while (rest.count) {
            const HandedRange *of = straggler_of(job, rest.first);
            if (!of) break;
            uint64_t left = of->range.first + of->range.count - rest.first;
            Range range = {rest.first, left < rest.count ? left : rest.count};
            bool is_for = of->worker != peer->worker && !sched->peers[sched->workers[of->worker]].is_gone;
            if (is_for) range = job_cut_blamed(job, (Range){range.first, range.count < piece ? range.count : piece});
            *number = of->number;
            if (is_for && job_may_risk(sched, job, range)) return range;
            rest.first += range.count;
            rest.count -= range.count;
        }
    }
    return (Range){0, 0};
}

static void job_hand_copy(Sched *sched, Job *job, SchedPeer *peer) {
    uint64_t number = 0;
    Range range = job_next_copy(sched, job, peer, &number);
    if (range.count == 0) return;
    ranges_remove(&job->copies, range.first, range.count);
    HandedRange copy = {.range = range, .copy_of = number, .bag = bag_for_copies(job, peer->worker, number)};
    job_hand_range(sched, job, peer, copy);
    sched->copied++;
}

void jobs_hand_copies(Sched *sched) {
    if (!IS_GUARDED || sched_idle(sched) == 0) {
        sched->copy_at = sched->looked_at = 0;
        return;
    }
    /* With many workers it takes a while to look at what all of them hold. */
    bool looks = sched->looked_at == 0 || sched->now - sched->looked_at >= LOOK_EVERY || sched->now >= sched->copy_at;
    if (looks) {
        sched->looked_at = sched->now;
        sched->copy_at = 0;
    }
    for (Job *job = sched->jobs.first; job; job = job->next) {
        if (job->phase != JOB_MAPS || job->is_poisoned || job->spec.flags & JOB_BY_KEY) continue;
        if (looks) job_find_stragglers(sched, job);
        for (SchedPeer *peer = workers_first(sched, 0), *after; peer && job->copies.total; peer = after) {
            after = workers_next(sched, peer);
            job_hand_copy(sched, job, peer);
        }
    }
}

/* ---- bags of stragglers */

/* What mapping the bag's own chunks again would take all others together. */
static uint64_t bag_cost(const Sched *sched, const Job *job, uint32_t number) {
    return job_bag(job, number)->own.total * job_chunk_time(job) / (1 + sched_live_workers(sched));
}

/* Bags whose worker does not answer within the time that mapping their chunks again takes. */
static bool job_give_up_bags(Sched *sched, Job *job) {
    bool is_changed = false;
    for (size_t i = 0; job->revoked && i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        if (!handed->is_revoked) continue;
        uint64_t due = handed->at + bag_cost(sched, job, handed->bag);
        if (due > sched->now) {
            if (!sched->give_up_at || due < sched->give_up_at) sched->give_up_at = due;
            continue;
        }
        job_give_up_bag(sched, job, handed->bag);
        is_changed = true;
        i = SIZE_MAX; /* the list is another one now */
    }
    return is_changed;
}

void jobs_give_up_bags(Sched *sched) {
    sched->give_up_at = 0;
    for (Job *job = sched->jobs.first; job; job = job->next)
        if (job_give_up_bags(sched, job)) job_settle(sched, job);
}

uint64_t sched_copies(const Sched *sched) {
    return sched->copied;
}
