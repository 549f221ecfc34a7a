/* sched_queue.c: workers by how many ranges they hold, so that whoever may be given one is found without looking at all of them:
 * with ten thousand workers each message would otherwise cost ten thousand looks. Who holds as much as it may is in no list. Also
 * who has nothing to do, and who has not heard of that. */
#include "runtime/sched/sched_state.h"

#define IDLE_DELAY ((uint64_t)1000000) /* nanoseconds: who has nothing to do for a shorter while is nobody's news */

static SchedPeer *peer_at(Sched *sched, uint32_t number) {
    return number == SCHED_NO_PEER ? NULL : &sched->peers[number];
}

/* ---- lists */

static void list_add(Sched *sched, SchedPeer *peer) {
    WorkerList *list = &sched->hungry[peer->held];
    uint32_t number = (uint32_t)(peer - sched->peers);
    SchedPeer *last = sched->hungry_rounds >> peer->held & 1 ? peer_at(sched, list->last) : NULL;
    peer->before = last ? list->last : SCHED_NO_PEER;
    peer->after = SCHED_NO_PEER;
    if (last)
        last->after = number;
    else
        list->first = number;
    list->last = number;
    sched->hungry_rounds |= (uint64_t)1 << peer->held;
    peer->is_queued = true;
    peer->queued_at = peer->held;
}

static void list_remove(Sched *sched, SchedPeer *peer) {
    WorkerList *list = &sched->hungry[peer->queued_at];
    SchedPeer *before = peer_at(sched, peer->before), *after = peer_at(sched, peer->after);
    if (before)
        before->after = peer->after;
    else
        list->first = peer->after;
    if (after)
        after->before = peer->before;
    else
        list->last = peer->before;
    if (!before && !after) sched->hungry_rounds &= ~((uint64_t)1 << peer->queued_at);
    peer->is_queued = false;
}

/* ---- who has nothing to do */

/* Counts the worker among those that are idle, or among those that are busy and know another number than the last one told. */
static void worker_recount(Sched *sched, SchedPeer *peer, bool is_live) {
    bool is_idle = is_live && peer->held == 0, is_stale = is_live && peer->held > 0 && peer->told_idle != sched->idle_told;
    sched->idle = sched->idle - peer->is_idle + is_idle;
    sched->stale = sched->stale - peer->is_stale + is_stale;
    peer->is_idle = is_idle;
    peer->is_stale = is_stale;
}

uint32_t sched_idle(const Sched *sched) {
    return sched->config.keeps_nested ? 0 : sched->idle;
}

void worker_tells_idle(Sched *sched, SchedPeer *peer, uint32_t idle) {
    peer->told_idle = idle;
    worker_recount(sched, peer, !peer->has_left);
}

void jobs_note_idle(Sched *sched) {
    bool is_busy = sched->live > sched->idle;
    bool is_news = !sched->config.keeps_nested && (sched->stale > 0 || (is_busy && sched->idle != sched->idle_told));
    if (!is_news) sched->tell_idle_at = 0;
    if (is_news && !sched->tell_idle_at) sched->tell_idle_at = sched->now + IDLE_DELAY;
}

void jobs_tell_idle(Sched *sched) {
    if (!sched->tell_idle_at || sched->now < sched->tell_idle_at) return;
    sched->tell_idle_at = 0;
    sched->idle_told = sched->idle;
    for (uint32_t worker = 0; worker < sched->worker_count; worker++) {
        SchedPeer *peer = sched_live_worker(sched, worker);
        if (!peer) continue;
        bool is_told = peer->held > 0 && peer->told_idle != sched->idle;
        if (is_told) sched_send(sched, sched->workers[worker], MSG_IDLE)->as.idle.workers = sched->idle;
        worker_tells_idle(sched, peer, is_told ? sched->idle : peer->told_idle);
    }
}

/* ---- changes */

void worker_requeue(Sched *sched, SchedPeer *peer) {
    bool may_have = !peer->has_left && peer->held < peer->credits;
    if (peer->is_queued && may_have && peer->queued_at == peer->held) return;
    if (peer->is_queued) list_remove(sched, peer);
    if (may_have) list_add(sched, peer);
    worker_recount(sched, peer, !peer->has_left);
}

void worker_joins(Sched *sched, SchedPeer *peer) {
    peer->has_joined = true;
    sched->live++;
    worker_requeue(sched, peer);
}

void peer_leaves(Sched *sched, SchedPeer *peer) {
    if (peer->has_left) return;
    peer->has_left = true;
    sched->gone -= peer->is_gone;
    if (!peer->is_known || peer->role != ROLE_WORKER || !peer->has_joined) return;
    sched->live--;
    worker_requeue(sched, peer);
    news_worker(sched, NEWS_WORKER_LEFT, peer, NULL);
}

/* ---- looking */

uint32_t sched_live_workers(const Sched *sched) {
    return sched->live;
}

uint32_t workers_round(const Sched *sched, uint32_t from) {
    uint64_t rounds = from < SCHED_MOST_CREDITS ? sched->hungry_rounds >> from << from : 0;
    return rounds ? (uint32_t)__builtin_ctzll(rounds) : SCHED_MOST_CREDITS;
}

SchedPeer *workers_first(Sched *sched, uint32_t round) {
    return sched->hungry_rounds >> round & 1 ? peer_at(sched, sched->hungry[round].first) : NULL;
}

SchedPeer *workers_next(Sched *sched, const SchedPeer *peer) {
    return peer_at(sched, peer->after);
}
