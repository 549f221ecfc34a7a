/* sched.c: who takes part in the run, whether they are alive, and how the run ends. What is done with jobs is in sched_job.c. */
#include "runtime/sched/sched.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/sched_state.h"

enum { RETRIES = 3 };
#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

/* ---- actions */
SchedAction *sched_action(Sched *sched, SchedActionKind kind) {
    SchedActions *out = sched->out;
    if (out->len == out->cap) {
        out->cap = out->cap ? 2 * out->cap : 16;
        out->items = xrealloc(out->items, out->cap * sizeof *out->items);
    }
    SchedAction *action = &out->items[out->len++];
    *action = (SchedAction){.kind = kind, .peer = SCHED_NO_PEER};
    return action;
}

Message *sched_send(Sched *sched, uint32_t peer, MessageKind kind) {
    SchedAction *action = sched_action(sched, SCHED_SEND);
    action->peer = peer;
    action->message.kind = kind;
    return &action->message;
}

void sched_log(Sched *sched, int level, const char *format, ...) {
    SchedAction *action = sched_action(sched, SCHED_LOG);
    action->level = level;
    va_list args;
    va_start(args, format);
    vsnprintf(action->text, sizeof action->text, format, args);
    va_end(args);
}

void sched_actions_free(SchedActions *actions) {
    free(actions->items);
    free(actions->news.items);
    *actions = (SchedActions){0};
}

/* ---- the end of the run */
static bool sched_has_company(const Sched *sched) {
    for (uint32_t i = 0; i < sched->peer_count; i++)
        if (sched->peers[i].is_known && !sched->peers[i].has_left && !sched->peers[i].is_gone) return true;
    return false;
}

static void sched_finish_if_alone(Sched *sched) {
    if (sched->phase != RUN_ENDS || (sched_has_company(sched) && sched->now < sched->ends_at)) return;
    sched->phase = RUN_ENDED;
    SchedAction *action = sched_action(sched, SCHED_END);
    action->status = sched->status;
    memcpy(action->text, sched->text, sizeof action->text);
}

void sched_end(Sched *sched, int32_t status, const char *format, ...) {
    if (sched->phase != RUN_GOES) return; /* the first reason is the one that people need */
    sched->phase = RUN_ENDS;
    sched->status = status;
    sched->ends_at = sched->now + sched->config.end_deadline;
    va_list args;
    va_start(args, format);
    vsnprintf(sched->text, sizeof sched->text, format, args);
    va_end(args);
    for (uint32_t i = 0; i < sched->peer_count; i++)
        if (sched->peers[i].is_known && !sched->peers[i].has_left) sched_send(sched, i, MSG_SHUTDOWN)->as.end.status = status;
    sched_finish_if_alone(sched);
}

/* ---- peers */
static SchedPeer *sched_peer_slot(Sched *sched, uint32_t number) {
    if (number >= sched->peer_count) {
        sched->peers = xrealloc(sched->peers, (number + 1) * sizeof *sched->peers);
        memset(sched->peers + sched->peer_count, 0, (number + 1 - sched->peer_count) * sizeof *sched->peers);
        sched->peer_count = number + 1;
    }
    return &sched->peers[number];
}

SchedPeer *sched_live_worker(Sched *sched, uint32_t worker) {
    if (worker >= sched->worker_count || sched->workers[worker] == SCHED_NO_PEER) return NULL;
    SchedPeer *peer = &sched->peers[sched->workers[worker]];
    return peer->has_left ? NULL : peer;
}

bool sched_is_ready(const Sched *sched) {
    if (sched->phase != RUN_GOES) return false;
    uint32_t here = sched_live_workers(sched);
    return here >= sched->config.workers || (here > 0 && sched->now - sched->first_hello >= sched->config.hello_wait);
}

void peer_describe(const SchedPeer *peer, char *text, size_t size) {
    if (peer->role == ROLE_ROOT)
        snprintf(text, size, "the program's main process (pid %lld)", (long long)peer->pid);
    else
        snprintf(text, size, "worker %u (%s, pid %lld)", peer->worker, peer->name, (long long)peer->pid);
}

/* A number for a new worker, which nobody ever had: the one it wishes where that may be, else the next. */
static uint32_t sched_number_worker(Sched *sched, int64_t wish, uint32_t peer) {
    uint32_t number = sched->worker_count;
    bool may_wish = wish >= 0 && wish < sched->config.workers;
    if (may_wish && (wish >= sched->worker_count || sched->workers[wish] == SCHED_NO_PEER)) number = (uint32_t)wish;
    if (number >= sched->worker_count) {
        sched->workers = xrealloc(sched->workers, (number + 1) * sizeof *sched->workers);
        for (uint32_t i = sched->worker_count; i <= number; i++) sched->workers[i] = SCHED_NO_PEER;
        sched->worker_count = number + 1;
    }
    sched->workers[number] = peer;
    return number;
}

void sched_expect_program(Sched *sched, const uint8_t program[MESSAGE_HASH_SIZE]) {
    memcpy(sched->program, program, sizeof sched->program);
    sched->knows_program = true;
}

/* Whoever is of another version or program has no part in the run, and cannot disturb it. */
static bool hello_is_good(Sched *sched, uint32_t number, const MsgHello *hello) {
    bool is_version = hello->version == PROTOCOL_VERSION;
    if (is_version && (!sched->knows_program || memcmp(sched->program, hello->program, sizeof sched->program) == 0)) return true;
    sched->ignored++;
    if (sched->refused++ == 0)
        sched_log(sched, 0, "%s %s: it was turned away", hello->name,
                  is_version ? "runs another program" : "was built by another version of mr");
    sched_send(sched, number, MSG_SHUTDOWN)->as.end.status = 1;
    return false;
}

static void sched_hello(Sched *sched, uint32_t number, const MsgHello *hello) {
    bool is_root = hello->role == ROLE_ROOT;
    if (!hello_is_good(sched, number, hello)) return;
    if ((is_root && sched->root != SCHED_NO_PEER) || sched->worker_count >= MESSAGE_WORKERS) {
        sched->ignored++;
        return;
    }
    SchedPeer *peer = sched_peer_slot(sched, number);
    *peer = (SchedPeer){.is_known = true, .role = hello->role, .heard_at = sched->now, .credits = SCHED_CREDITS};
    peer->host = hello->host;
    peer->pid = hello->pid;
    memcpy(peer->name, hello->name, sizeof peer->name);
    memcpy(peer->endpoint, hello->data_endpoint, sizeof peer->endpoint);
    if (sched->phase != RUN_GOES) {
        sched_send(sched, number, MSG_SHUTDOWN)->as.end.status = sched->status;
        return;
    }
    sched_expect_program(sched, hello->program);
    if (is_root) {
        sched->root = number;
    } else {
        if (sched_live_workers(sched) == 0 && sched->first_hello == 0) sched->first_hello = sched->now;
        sched->failed_starts = 0;
        if (sched->coming > 0) sched->coming--;
        peer->worker = sched_number_worker(sched, hello->wish, number);
        worker_joins(sched, peer);
        news_worker(sched, NEWS_WORKER_JOINED, peer, peer->name);
    }
    Message *welcome = sched_send(sched, number, MSG_WELCOME);
    welcome->as.welcome =
        (MsgWelcome){.worker = peer->worker, .workers = sched->config.workers, .has_journal = is_root && sched->has_journal};
    welcome->as.welcome.is_resumed = welcome->as.welcome.has_journal && sched->journal.stored && sched->journal.stored->count > 0;
    if (is_root) return;
    sched_log(sched, 1, "worker %u is here: %s, pid %lld", peer->worker, peer->name, (long long)peer->pid);
    for (Job *job = sched->jobs.first; job; job = job->next) job_settle(sched, job); /* there may have been nobody to merge */
    jobs_hand_out(sched);
}

/* ---- health */
/* Marks the peers of a process, or the peer of a connection, that ended. False: there is none. */
static bool peers_mark_lost(Sched *sched, const SchedEvent *event, const char *how) {
    bool is_known = false;
    for (uint32_t i = 0; i < sched->peer_count; i++) {
        SchedPeer *peer = &sched->peers[i];
        if (!peer->is_known || (event->pid ? peer->host != event->host || peer->pid != event->pid : i != event->peer)) continue;
        if (event->pid && peer->is_reaped) continue; /* the number is another process's since */
        peer->is_reaped |= event->pid != 0;
        is_known = true;
        if (peer->has_left || peer->is_gone) continue;
        if (sched->phase != RUN_GOES) {
            peer_leaves(sched, peer);
            continue;
        }
        peer->is_gone = true;
        sched->gone++;
        peer->lost_at = sched->now;
        peer->at_job = event->at_job;
        peer->at_chunk = event->at_chunk;
        peer->at_count = event->at_count;
        snprintf(peer->lost_how, sizeof peer->lost_how, "%s", how);
    }
    return is_known;
}

/* A process or a connection ended. Its last words (BYE, FAIL) may still be on their way, and say more than how it ended; of a
 * process that was over quickly so may its first. */
static void sched_peer_lost(Sched *sched, const SchedEvent *event) {
    const char *how = event->text ? event->text : "its connection was closed";
    if (!peers_mark_lost(sched, event, how) && event->pid && sched->phase == RUN_GOES) {
        sched->strangers = xrealloc(sched->strangers, (sched->stranger_count + 1) * sizeof *sched->strangers);
        Stranger *stranger = &sched->strangers[sched->stranger_count++];
        *stranger = (Stranger){.host = event->host, .pid = event->pid, .role = event->role, .lost_at = sched->now};
        snprintf(stranger->how, sizeof stranger->how, "%s", how);
    }
    sched_finish_if_alone(sched);
}

/* Strangers that have said HELLO since are lost peers. One of whom nothing came was a worker, when the root is known: another may
 * take its place. Else it may have been the root. */
static void sched_check_strangers(Sched *sched) {
    size_t kept = 0;
    for (size_t i = 0; i < sched->stranger_count; i++) {
        Stranger stranger = sched->strangers[i];
        SchedEvent event = {.peer = SCHED_NO_PEER, .host = stranger.host, .pid = stranger.pid, .at_chunk = -1};
        char who[64];
        if (peers_mark_lost(sched, &event, stranger.how)) continue;
        bool is_over = sched->now - stranger.lost_at >= sched->config.lost_grace;
        snprintf(who, sizeof who, "a worker (pid %lld)", (long long)stranger.pid);
        if (is_over && (stranger.role == ROLE_WORKER || sched->root != SCHED_NO_PEER)) {
            sched_start_failed(sched, stranger.host, who, stranger.how);
            continue;
        }
        if (is_over)
            sched_end(sched, 1, "a process of the program ended before it could take part (pid %lld): %s", (long long)stranger.pid,
                      stranger.how);
        sched->strangers[kept++] = stranger;
    }
    sched->stranger_count = kept;
}

static void sched_check_health(Sched *sched) {
    for (uint32_t i = 0; i < sched->peer_count && sched->phase == RUN_GOES; i++) {
        SchedPeer *peer = &sched->peers[i];
        if (!peer->is_known || peer->has_left) continue;
        uint64_t silence = IS_GUARDED ? sched->now - peer->heard_at : 0;
        char who[128], how[64];
        if (peer->is_gone && sched->now - peer->lost_at >= sched->config.lost_grace) {
            sched_lose(sched, i, peer->lost_how);
        } else if (silence >= sched->config.dead_after) {
            snprintf(how, sizeof how, "nothing was heard of it for %.1f s", (double)silence / 1e9);
            sched_lose(sched, i, how);
        } else if (silence >= sched->config.suspect_after && !peer->is_suspect) {
            peer->is_suspect = true;
            peer_describe(peer, who, sizeof who);
            sched_log(sched, 0, "%s has been silent for %.1f s", who, (double)silence / 1e9);
        }
    }
}

static void sched_heartbeat(Sched *sched) {
    if (!IS_GUARDED || sched->now - sched->last_heartbeat < sched->config.heartbeat_every) return;
    sched->last_heartbeat = sched->now;
    for (uint32_t i = 0; i < sched->peer_count; i++)
        if (sched->peers[i].is_known && !sched->peers[i].has_left) sched_send(sched, i, MSG_HEARTBEAT);
}

/* Somebody must be there, or come soon. */
static void sched_check_company(Sched *sched) {
    bool lacks_root = sched->root == SCHED_NO_PEER && !sched->config.root_has_time, lacks_workers = sched_live_workers(sched) == 0;
    uint64_t since = sched->lonely_since && !lacks_root ? sched->lonely_since : sched->started;
    if (!(lacks_root || lacks_workers) || sched->now - since < sched->config.start_deadline) return;
    if (sched->last_loss[0] && !lacks_root)
        sched_end(sched, 1, "no worker is left: %s; and none could be started since", sched->last_loss);
    else
        sched_end(sched, 1, "%s within %.0f s", lacks_root ? "the program did not start" : "no worker started",
                  (double)sched->config.start_deadline / 1e9);
}

static void sched_tick(Sched *sched) {
    /* When the scheduler itself was stopped for a while, everybody's silence is its own fault. */
    uint64_t slept = sched->now - sched->last_tick;
    sched->last_tick = sched->now;
    if (slept > 2 * sched->config.heartbeat_every) {
        for (uint32_t i = 0; i < sched->peer_count; i++) sched->peers[i].heard_at = sched->peers[i].lost_at = sched->now;
        for (size_t i = 0; i < sched->stranger_count; i++) sched->strangers[i].lost_at = sched->now;
        sched->started += slept;
        sched->lonely_since += sched->lonely_since ? slept : 0;
        if (sched->phase == RUN_ENDS) sched->ends_at += slept;
    }
    sched_heartbeat(sched);
    if (sched->phase == RUN_GOES) {
        sched_check_strangers(sched);
        sched_check_health(sched);
        sched_check_company(sched);
        jobs_tick(sched);
    }
    sched_finish_if_alone(sched);
}

uint64_t sched_next_tick(const Sched *sched) {
    const SchedConfig *config = &sched->config;
    uint64_t next = sched->last_tick + config->heartbeat_every / 2;
    if (sched->phase != RUN_GOES) return sched->ends_at < next ? sched->ends_at : next; /* all below is for a run that goes on */
    uint32_t here = sched_live_workers(sched);
    uint64_t waited = sched->first_hello + config->hello_wait;
    if (here > 0 && here < config->workers && waited > sched->last_tick && waited < next) next = waited;
    if (sched->tell_idle_at && sched->tell_idle_at < next) next = sched->tell_idle_at;
    if (sched->copy_at && sched_idle(sched) && sched->copy_at < next) next = sched->copy_at;
    if (sched->give_up_at && sched->give_up_at < next) next = sched->give_up_at;
    if (sched->stop_at && sched->stop_at < next) next = sched->stop_at;
    if (sched->keeps && sched->jobs.first && sched->store_at < next) next = sched->store_at;
    for (uint32_t i = 0; sched->gone && i < sched->peer_count; i++) {
        const SchedPeer *peer = &sched->peers[i];
        if (peer->is_gone && !peer->has_left && peer->lost_at + config->lost_grace < next)
            next = peer->lost_at + config->lost_grace;
    }
    for (size_t i = 0; i < sched->stranger_count; i++) {
        uint64_t counts_at = sched->strangers[i].lost_at + config->lost_grace;
        if (counts_at < next) next = counts_at;
    }
    return next;
}

/* ---- messages */
static void sched_bye(Sched *sched, SchedPeer *peer, const Message *message) {
    if (peer->role == ROLE_WORKER && sched->phase == RUN_GOES) {
        sched_lose(sched, (uint32_t)(peer - sched->peers), "it left before the program was over");
    }
    peer_leaves(sched, peer);
    if (peer->role == ROLE_ROOT) sched_end(sched, message->as.end.status, "%s", "");
    sched_finish_if_alone(sched);
}

/* Who was taken for dead and speaks again is told that it has no part in this any more. */
static void sched_fence(Sched *sched, uint32_t number, const Message *message) {
    SchedPeer *peer = &sched->peers[number];
    sched->ignored++;
    if (peer->is_told || message->kind == MSG_BYE || message->kind == MSG_HELLO) return;
    peer->is_told = true;
    sched_send(sched, number, MSG_SHUTDOWN)->as.end.status = 1;
}

static void sched_from_root(Sched *sched, SchedPeer *peer, const Message *message) {
    switch (message->kind) {
    case MSG_JOB_SUBMIT: jobs_submit(sched, peer, message); break;
    case MSG_JOB_END: jobs_end(sched, peer, message); break;
    case MSG_UNREACHABLE: sched_unreachable(sched, peer, message); break;
    case MSG_FAIL: sched_end(sched, 1, "%s", message->as.text.text); break;
    default: sched->ignored++;
    }
}

static void sched_from_worker(Sched *sched, SchedPeer *peer, const Message *message) {
    switch (message->kind) {
    case MSG_RANGE_DONE: jobs_range_done(sched, peer, message); break;
    case MSG_JOB_SUBMIT: jobs_submit(sched, peer, message); break;
    case MSG_JOIN: jobs_join(sched, peer, message); break;
    case MSG_JOB_END: jobs_end(sched, peer, message); break;
    case MSG_MERGE_DONE: jobs_merge_done(sched, peer, message); break;
    case MSG_PART_TAKEN: jobs_part_taken(sched, peer, message); break;
    case MSG_STATS: jobs_stats(sched, peer, message); break;
    case MSG_UNREACHABLE: sched_unreachable(sched, peer, message); break;
    case MSG_FAIL: sched_end(sched, 1, "worker %u: %s", peer->worker, message->as.text.text); break;
    default: sched->ignored++;
    }
}

static void sched_message(Sched *sched, uint32_t number, const Message *message) {
    bool is_stranger = number >= sched->peer_count || !sched->peers[number].is_known;
    if (!is_stranger && sched->peers[number].has_left) {
        sched_fence(sched, number, message);
        return;
    }
    if (number >= SCHED_PEERS || is_stranger != (message->kind == MSG_HELLO)) {
        sched->ignored++;
        return;
    }
    if (is_stranger) {
        sched_hello(sched, number, &message->as.hello);
        return;
    }
    SchedPeer *peer = &sched->peers[number];
    peer->heard_at = sched->now;
    peer->is_suspect = false;
    if (message->kind == MSG_BYE) {
        sched_bye(sched, peer, message);
    } else if (message->kind == MSG_HEARTBEAT) {
        peer->progress = message->as.heartbeat.progress;
        peer->memory = message->as.heartbeat.memory;
        news_worker(sched, NEWS_WORKER_BEAT, peer, NULL);
    } else if (sched->phase != RUN_GOES) {
        sched->ignored++;
    } else if (peer->role == ROLE_ROOT) {
        sched_from_root(sched, peer, message);
    } else {
        sched_from_worker(sched, peer, message);
    }
}

static void sched_fail(Sched *sched, const SchedEvent *event) {
    for (uint32_t i = 0; event->all_are_gone && i < sched->peer_count; i++) peer_leaves(sched, &sched->peers[i]);
    sched_end(sched, 1, "%s", event->text);
    sched_finish_if_alone(sched);
}

static void sched_interrupt(Sched *sched) {
    if (sched->phase == RUN_ENDS) sched->ends_at = sched->now; /* the second time nobody is waited for */
    sched_end(sched, 130, "%s", "");
    sched_finish_if_alone(sched);
}

static void jobs_free(Job **jobs) {
    for (Job *job = *jobs, *next; job; job = next) {
        next = job->next;
        job_free(&job);
    }
    *jobs = NULL;
}

void sched_step(Sched *sched, const SchedEvent *event, SchedActions *out) {
    if (sched->phase == RUN_ENDED) return;
    sched->out = out;
    if (event->now > sched->now) sched->now = event->now;
    sched->finished = NULL;
    jobs_free(&sched->ended);
    switch (event->kind) {
    case SCHED_TICK: sched_tick(sched); break;
    case SCHED_MESSAGE: sched_message(sched, event->peer, event->message); break;
    case SCHED_PEER_LOST: sched_peer_lost(sched, event); break;
    case SCHED_NOT_STARTED: sched_start_failed(sched, event->host, "a worker", event->text); break;
    case SCHED_FAIL: sched_fail(sched, event); break;
    case SCHED_STORED: sched_stored(sched, event); break;
    case SCHED_INTERRUPT: sched_interrupt(sched); break;
    }
    sched->out = NULL;
}

/* ---- making and reading */
static void set_default(uint64_t *value, uint64_t fallback) {
    if (*value == 0) *value = fallback;
}

Sched *sched_new(const SchedConfig *config, uint64_t now) {
    Sched *sched = xcalloc(1, sizeof *sched);
    sched->config = *config;
    if (sched->config.workers == 0) sched->config.workers = 1;
    if (sched->config.retries == 0) sched->config.retries = RETRIES;
    set_default(&sched->config.exchange, SCHED_EXCHANGE_FROM);
    set_default(&sched->config.exchange_bags, SCHED_EXCHANGE_BAGS);
    set_default(&sched->config.hello_wait, 100 * MILLISECOND);
    set_default(&sched->config.start_deadline, 30 * SECOND);
    set_default(&sched->config.heartbeat_every, SECOND);
    set_default(&sched->config.suspect_after, 3 * SECOND);
    set_default(&sched->config.dead_after, 5 * SECOND);
    set_default(&sched->config.lost_grace, 200 * MILLISECOND);
    set_default(&sched->config.end_deadline, 2 * SECOND);
    if (sched->config.retries == 0) sched->config.retries = 3;
    sched->now = sched->started = sched->last_tick = sched->last_heartbeat = now;
    sched->coming = sched->config.workers;
    sched->jobs.last = &sched->jobs.first;
    sched->nested.last = &sched->nested.first;
    sched->root = SCHED_NO_PEER;
    sched->random = config->shuffle_seed;
    return sched;
}

void sched_free(Sched **sched) {
    if (!*sched) return;
    jobs_free(&(*sched)->jobs.first);
    jobs_free(&(*sched)->nested.first);
    jobs_free(&(*sched)->ended);
    buf_free(&(*sched)->part);
    free((*sched)->peers);
    free((*sched)->workers);
    free((*sched)->strangers);
    free((*sched)->strains);
    free((*sched)->orphans);
    table_free(&(*sched)->jobs_by_number);
    free(*sched);
    *sched = NULL;
}

const JobStats *sched_job_stats(const Sched *sched, uint64_t number) {
    if (sched->finished && sched->finished->number == number) return &sched->finished->stats;
    const Job *job = table_find(&sched->jobs_by_number, number);
    return job ? &job->stats : NULL;
}

uint32_t sched_worker_count(const Sched *sched) {
    return sched->worker_count;
}

WorkerInfo sched_worker(const Sched *sched, uint32_t worker) {
    if (worker >= sched->worker_count || sched->workers[worker] == SCHED_NO_PEER) return (WorkerInfo){.name = ""};
    const SchedPeer *peer = &sched->peers[sched->workers[worker]];
    WorkerInfo info = {.name = peer->name, .host = peer->host, .pid = peer->pid};
    info.has_left = peer->has_left;
    info.progress = peer->progress;
    info.memory = peer->memory;
    return info;
}

uint64_t sched_ignored(const Sched *sched) {
    return sched->ignored;
}
