/* ledger.c: whether the scheduler's books are right. While a run goes, what each worker is said to hold are ranges that were handed
 * to it and not answered. When the program has had nothing to do for long, nobody is thought to hold anything: a worker of whom
 * that is thought wrongly gets less to do, or nothing, for the rest of the run, which shows nowhere else as long as others are
 * there. */
#include <stdlib.h>

#include "runtime/sched/sched_state.h"
#include "tests/sim/sim.h"

static void count_job(const Sched *sched, const Job *job, uint32_t *held) {
    for (size_t i = 0; i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        bool is_own = job->spec.flags & JOB_BY_RANGES && sched->workers[handed->worker] == job->owner;
        held[handed->worker] += !is_own;
    }
}

void ledger_check(Sim *sim) {
    const Sched *sched = sim->sched;
    uint32_t *held = calloc(sched->worker_count + 1, sizeof *held), idle = 0;
    if (!held || sched->phase != RUN_GOES) {
        free(held);
        return;
    }
    for (const Job *job = sched->jobs.first; job; job = job->next) count_job(sched, job, held);
    for (const Job *job = sched->nested.first; job; job = job->next) count_job(sched, job, held);
    for (size_t i = 0; i < sched->orphan_count; i++) held[sched->orphans[i].handed.worker]++;
    for (uint32_t worker = 0; worker < sched->worker_count; worker++) {
        if (sched->workers[worker] == SCHED_NO_PEER) continue;
        const SchedPeer *peer = &sched->peers[sched->workers[worker]];
        if (peer->has_left) continue;
        if (peer->held != held[worker])
            sim_fail(sim, "worker %u is said to hold %u ranges, and was handed %u", worker, peer->held, held[worker]);
        idle += peer->held == 0;
    }
    if (idle != sched->idle) sim_fail(sim, "%u workers are said to be idle, and %u are", sched->idle, idle);
    free(held);
}

void ledger_check_end(Sim *sim) {
    const Sched *sched = sim->sched;
    if (sched->phase != RUN_GOES) return;
    sim->audited++;
    ledger_check(sim);
    if (sched->jobs.first || sched->nested.first) sim_fail(sim, "a job is left, long after the program's last");
    for (uint32_t worker = 0; worker < sched->worker_count; worker++) {
        if (sched->workers[worker] == SCHED_NO_PEER) continue;
        const SchedPeer *peer = &sched->peers[sched->workers[worker]];
        bool is_here = !peer->has_left && !peer->is_gone && sim->now - peer->heard_at < 3 * SECOND;
        if (is_here && peer->held) sim_fail(sim, "worker %u is said to hold %u ranges in the end", worker, peer->held);
    }
}
