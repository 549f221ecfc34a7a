/* sched_late.c: ranges that nobody needs any more, and are still under way: their job has ended, or they were revoked. Their worker
 * is not free before it has answered.
 *
 * A worker stops between elements, and in many places inside of one. Who is still at a range some time after its job has ended is
 * in an element that cannot be stopped: where lost workers are replaced, it is ended, and what else it had is mapped again. */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/sched_state.h"

#define STOP_PATIENCE ((uint64_t)600000000) /* nanoseconds from a job's end */

void sched_add_orphan(Sched *sched, Orphan orphan) {
    if (sched->orphan_count == sched->orphan_cap) {
        sched->orphan_cap = sched->orphan_cap ? 2 * sched->orphan_cap : 16;
        sched->orphans = xrealloc(sched->orphans, sched->orphan_cap * sizeof *sched->orphans);
    }
    sched->orphans[sched->orphan_count++] = orphan;
}

bool sched_take_orphan(Sched *sched, uint32_t worker, const Message *range_done) {
    for (size_t i = 0; i < sched->orphan_count; i++) {
        const Orphan *orphan = &sched->orphans[i];
        if (orphan->job != range_done->job || !handed_is(&orphan->handed, worker, &range_done->as.range_done)) continue;
        news_range_done(NULL, sched, &orphan->handed, range_done);
        sched->orphans[i] = sched->orphans[--sched->orphan_count];
        return true;
    }
    return false;
}

void orphans_lose_worker(Sched *sched, uint32_t worker) {
    size_t kept = 0;
    for (size_t i = 0; i < sched->orphan_count; i++) {
        if (sched->orphans[i].handed.worker == worker)
            news_orphan(sched, NEWS_RANGE_DROPPED, &sched->orphans[i]);
        else
            sched->orphans[kept++] = sched->orphans[i];
    }
    sched->orphan_count = kept;
}

void orphans_end_job(Sched *sched, const Job *job) {
    for (size_t i = 0; i < job->handed_len; i++) {
        SchedPeer *worker = sched_live_worker(sched, job->handed[i].worker);
        bool is_owners = worker && worker == &sched->peers[job->owner];
        if (worker && !is_owners)
            sched_add_orphan(sched, (Orphan){.job = job->number, .handed = job->handed[i]});
        else
            news_range(job, NEWS_RANGE_DROPPED, &job->handed[i]);
    }
    for (size_t i = 0; i < sched->orphan_count; i++) {
        Orphan *orphan = &sched->orphans[i];
        if (orphan->job == job->number && orphan->ended_at == 0) orphan->ended_at = sched->now;
    }
}

/* It has nothing older that is needed, which it might be at. */
static bool orphan_comes_first(const Sched *sched, const Orphan *orphan) {
    const JobList *lists[] = {&sched->jobs, &sched->nested};
    for (size_t list = 0; list < 2; list++)
        for (const Job *job = lists[list]->first; job; job = job->next)
            for (size_t i = 0; i < job->handed_len; i++) {
                const HandedRange *handed = &job->handed[i];
                if (handed->worker == orphan->handed.worker && handed->serial < orphan->handed.serial) return false;
            }
    return true;
}

void orphans_tick(Sched *sched) {
    sched->stop_at = 0;
    if (!IS_GUARDED || !sched->config.may_replace) return;
    for (size_t i = 0; i < sched->orphan_count && sched->phase == RUN_GOES; i++) {
        const Orphan *orphan = &sched->orphans[i];
        uint64_t due = orphan->ended_at + STOP_PATIENCE;
        const SchedPeer *peer = sched_live_worker(sched, orphan->handed.worker);
        if (orphan->ended_at == 0 || !peer || peer->is_gone) continue;
        if (due > sched->now) {
            if (!sched->stop_at || due < sched->stop_at) sched->stop_at = due;
        } else if (orphan_comes_first(sched, orphan)) {
            sched_stop_worker(sched, (uint32_t)(peer - sched->peers));
            i = SIZE_MAX; /* the list is another one now */
        }
    }
}
