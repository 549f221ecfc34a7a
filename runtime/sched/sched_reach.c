/* sched_reach.c: who cannot get what whom has. Two workers that both talk to the scheduler may not reach each other, because of
 * what lies between their hosts. That is known from a complaint (UNREACHABLE), which takes half a minute; so it is remembered, and
 * no merge, no exchange and no job of a worker is planned between the two any more, as long as there is somebody who reaches both.
 *
 * Each strain costs its holder one of few complaints, so there are never many. */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

static uint32_t host_of(const Sched *sched, uint32_t worker) {
    return sched->peers[sched->workers[worker]].host;
}

/* Between hosts it is the network's fault, and all workers there are in the same position; on one host it is one of the two. */
static bool strain_is(const Sched *sched, const Strain *strain, uint32_t a, uint32_t b) {
    uint32_t from = host_of(sched, strain->a), to = host_of(sched, strain->b), one = host_of(sched, a), other = host_of(sched, b);
    if (from != to) return (from == one && to == other) || (from == other && to == one);
    return (strain->a == a && strain->b == b) || (strain->a == b && strain->b == a);
}

bool workers_reach(const Sched *sched, uint32_t a, uint32_t b) {
    if (a == MESSAGE_JOURNAL || b == MESSAGE_JOURNAL) return true;
    for (uint32_t i = 0; i < sched->strain_count; i++)
        if (strain_is(sched, &sched->strains[i], a, b)) return false;
    return true;
}

bool sched_add_strain(Sched *sched, uint32_t a, uint32_t b) {
    if (a == b || !workers_reach(sched, a, b)) return false;
    sched->strains = xrealloc(sched->strains, (sched->strain_count + 1) * sizeof *sched->strains);
    sched->strains[sched->strain_count++] = (Strain){a, b};
    return true;
}

bool worker_between(Sched *sched, uint32_t a, uint32_t b, uint32_t *between) {
    for (uint32_t i = 0; i < sched->worker_count; i++) {
        uint32_t worker = (uint32_t)((a + (uint64_t)b + i) % sched->worker_count);
        if (worker == a || worker == b || !sched_live_worker(sched, worker)) continue;
        if (!workers_reach(sched, worker, a) || !workers_reach(sched, worker, b)) continue;
        *between = worker;
        return true;
    }
    return false;
}
