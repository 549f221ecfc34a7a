/* world.c: the virtual clock, and the real scheduler in the middle of it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/sim/journal.h"
#include "tests/sim/sim.h"

/* A run that needs more is stuck: the longest chunks take eight seconds, and few are that long. */
enum { MOST_EVENTS = 3000000 };

enum { LEDGER_EVERY = 64 /* events, of which one is followed by a look into the scheduler's books */ };

uint64_t sim_random(Sim *sim, uint64_t below) {
    sim->random = mix(sim->random, 3);
    return below ? sim->random % below : 0;
}

void sim_fail(Sim *sim, const char *format, ...) {
    if (sim->failure) return;
    Buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_text(&text);
    sim->failure = text.data;
}

void sim_trace(Sim *sim, const char *format, ...) {
    if (!sim->is_verbose) return;
    printf("%12.6f ms  ", (double)sim->now / 1e6);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

uint64_t sim_job(const Sim *sim, uint64_t number) {
    for (uint64_t i = 0; i < SIM_ALL_JOBS; i++)
        if (number && sim->numbers[i] == number) return i + 1;
    return 1; /* of an action that belongs to no job */
}

int endpoint_node(const char *endpoint) {
    int node = -1;
    return sscanf(endpoint, "sim:%d", &node) == 1 && node >= 0 && node < SIM_NODES ? node : -1;
}

void sim_post(Sim *sim, Event event, uint64_t time) {
    Event *copy = xmalloc(sizeof *copy);
    *copy = event;
    queue_add(&sim->queue, time, copy);
}

static void event_free(Event *event) {
    free((void *)(uintptr_t)event->message.bytes);
    free(event);
}

/* ---- the scheduler */
/* Every chunk was mapped by somebody, captures went to each worker once, and W bags were merged over exactly W-1 edges; when nobody
 * was lost, nothing more. */
static void sim_check_stats(Sim *sim, const JobStats *stats) {
    uint64_t job = sim_job(sim, stats->job);
    const JobPlan *plan = &sim->plan->jobs[job - 1];
    uint64_t chunks = 0;
    uint32_t holders = 0;
    for (uint32_t worker = 0; worker < stats->worker_count; worker++) {
        const WorkerStats *share = &stats->workers[worker];
        chunks += share->chunks;
        holders += share->chunks > 0;
        bool is_owner = JOB_OWNER(stats->job) == worker + 1;
        if (share->ranges && !is_owner && !sim->losses && !sim->copies && share->captures != plan->blob)
            sim_fail(sim, "worker %u did not get the captures once", worker);
    }
    if (stats->end != END_NONE || sim->is_cancelled[job - 1]) return;
    chunks += stats->stored;
    if (chunks < plan->chunks || (chunks > plan->chunks && !sim->losses && !sim->copies))
        sim_fail(sim, "%llu chunks were run of %llu", (unsigned long long)chunks, (unsigned long long)plan->chunks);
    if (plan->is_keyed && holders > 1) return; /* exchanged: from each holder to each worker */
    if (sim->network.plan.strained[0]) return; /* a third takes in what two cannot exchange */
    if (!sim->losses && !sim->copies && !sim->journal && stats->edge_count != (holders && job <= SIM_JOBS ? holders - 1 : 0))
        sim_fail(sim, "%u edges for %u workers", stats->edge_count, holders);
}

/* One more worker, if there is a node for it. */
static void sim_replace(Sim *sim) {
    if (sim->spares == SIM_SPARES) {
        sim_post(sim, (Event){.kind = EVENT_NOT_STARTED, .node = NODE_SCHED}, sim->now + MILLISECOND);
        return;
    }
    int node = NODE_WORKER + SIM_WORKERS + (int)sim->spares++;
    sim_trace(sim, "node %d replaces somebody", node);
    sim->processes[node] = process_new(sim, node);
    sim_post(sim, (Event){.kind = EVENT_START, .node = node}, sim->now + sim_random(sim, 50 * MILLISECOND));
}

static void sim_kill(Sim *sim, int node, bool is_seen) {
    if (!process_is_alive(sim->processes[node])) return;
    sim_trace(sim, "node %d is killed", node);
    process_kill(sim->processes[node]);
    if (is_seen) sim_post(sim, (Event){.kind = EVENT_EXITED, .node = NODE_SCHED, .from = node}, sim->now + MILLISECOND);
}

/* A crash of the plan: of a worker that lives, whichever. */
static void sim_crash(Sim *sim, const Crash *crash) {
    int living[SIM_NODES], count = 0;
    for (int node = NODE_WORKER; node < SIM_NODES; node++)
        if (process_is_alive(sim->processes[node])) living[count++] = node;
    if (crash->node == NODE_ROOT)
        sim_kill(sim, NODE_ROOT, crash->is_seen);
    else if (count)
        sim_kill(sim, living[sim_random(sim, (uint64_t)count)], crash->is_seen);
    sim->crashed++;
}

static void sim_log(Sim *sim, const char *text) {
    bool is_gone = strstr(text, " was lost: ") || strstr(text, " was ended: ");
    sim->losses += is_gone || strstr(text, "could not be reached"); /* a bag, at least */
    sim->is_unread |= strstr(text, "journal could not be read") != NULL;
    sim_trace(sim, "log: %s", text);
}

static void sched_actions_do(Sim *sim) {
    for (size_t i = 0; i < sim->actions.len; i++) {
        SchedAction *action = &sim->actions.items[i];
        switch (action->kind) {
        case SCHED_SEND: sim_send(sim, NODE_SCHED, (int)action->peer, CHANNEL_CONTROL, &action->message); break;
        case SCHED_LOG: sim_log(sim, action->text); break;
        case SCHED_REPLACE: sim_replace(sim); break;
        case SCHED_KILL:
            if (sim->plan->kills) sim_kill(sim, (int)action->pid - 1000, true);
            break;
        case SCHED_STORE:
        case SCHED_UNSTORE: journal_act(sim->journal, sim, action); break;
        case SCHED_JOB_FINISHED: sim_check_stats(sim, sched_job_stats(sim->sched, action->job)); break;
        case SCHED_END:
            if (sim->is_over) sim_fail(sim, "the run ended twice");
            sim->is_over = true;
            sim->status = action->status;
            sim->ended_at = sim->now;
            memcpy(sim->text, action->text, sizeof sim->text);
            sim_trace(sim, "end, status %d: %s", action->status, action->text);
            break;
        }
    }
    sim->actions.len = 0;
}

static void sched_event(Sim *sim, const Event *event) {
    SchedEvent step = {.now = sim->now, .peer = (uint32_t)event->from};
    char how[] = "killed by the simulator";
    switch (event->kind) {
    case EVENT_MESSAGE:
        step.kind = SCHED_MESSAGE;
        step.message = &event->message;
        break;
    case EVENT_EXITED:
        step.kind = SCHED_PEER_LOST;
        step.peer = SCHED_NO_PEER;
        step.pid = 1000 + event->from;
        step.at_chunk = -1;
        step.role = event->from == NODE_ROOT ? ROLE_ROOT : ROLE_WORKER;
        step.text = how;
        break;
    case EVENT_INTERRUPT: step.kind = SCHED_INTERRUPT; break;
    case EVENT_NOT_STARTED:
        step.kind = SCHED_NOT_STARTED;
        step.text = "there is no room";
        break;
    default: step.kind = SCHED_TICK; break;
    }
    sched_step(sim->sched, &step, &sim->actions);
    if (sim->events % LEDGER_EVERY == 0) ledger_check(sim);
    news_take(sim);
    sim->copies = sched_copies(sim->sched);
    sched_actions_do(sim);
}

/* Asks for the next tick of the scheduler after each event of it; older requests are void. */
static void sched_arm(Sim *sim, uint64_t *armed) {
    uint64_t next = sched_next_tick(sim->sched);
    if (next <= sim->now) next = sim->now + MICROSECOND;
    if (*armed > sim->now && *armed <= next) return;
    *armed = next;
    sim_post(sim, (Event){.kind = EVENT_TICK, .node = NODE_SCHED}, next);
}

/* ---- the run */
/* When the node that an event is for wakes up; 0: it is awake. */
static uint64_t node_sleeps(const Sim *sim, const Event *event) {
    if (event->kind == EVENT_CRASH) return 0;
    for (uint32_t i = 0; i < sim->plan->sleep_count; i++) {
        const Sleep *sleep = &sim->plan->sleeps[i];
        if (event->node == sleep->node && sim->now >= sleep->from && sim->now < sleep->until) return sleep->until;
    }
    return 0;
}

static void sim_begin(Sim *sim) {
    const SimPlan *plan = sim->plan;
    SchedConfig config = {.workers = plan->workers, .shuffle_seed = plan->shuffle_seed, .range_chunks = plan->range_chunks};
    config.may_replace = plan->may_replace;
    config.retries = 1000;
    config.exchange_bags = mix(plan->seed, 54) % 2 ? 2 + mix(plan->seed, 55) % 6 : 0;
    sim->sched = sched_new(&config, 0);
    sched_tell_news(sim->sched, true);
    sim->random = mix(plan->seed, 9);
    if (sim->journal) journal_begin(sim->journal, sim);
    network_init(sim);
    for (uint64_t i = 0; i < SIM_JOBS; i++) sim->numbers[i] = i + 1;
    for (int node = NODE_ROOT; node < NODE_WORKER + (int)plan->workers; node++) {
        sim->processes[node] = process_new(sim, node);
        sim_post(sim, (Event){.kind = EVENT_START, .node = node}, sim_random(sim, plan->late_start));
    }
    for (uint32_t i = 0; i < plan->crash_count; i++)
        sim_post(sim, (Event){.kind = EVENT_CRASH, .node = NODE_WORKER, .from = (int)i}, plan->crashes[i].at);
    if (plan->interrupt_at) sim_post(sim, (Event){.kind = EVENT_INTERRUPT, .node = NODE_SCHED}, plan->interrupt_at);
}

/* What the scheduler's node does for the journal. */
static void journal_event(Sim *sim, const Event *event) {
    if (event->kind == EVENT_MESSAGE && event->lane != CHANNEL_CONTROL)
        journal_message(sim->journal, sim, event);
    else
        sched_event(sim, event);
    journal_tick(sim->journal, sim);
    for (SchedEvent news; !sim->is_over && journal_news(sim->journal, sim, &news);) {
        sched_step(sim->sched, &news, &sim->actions);
        news_take(sim);
        sched_actions_do(sim);
    }
}

static void node_event(Sim *sim, const Event *event) {
    if (event->node == NODE_SCHED && sim->journal)
        journal_event(sim, event);
    else if (event->node == NODE_SCHED)
        sched_event(sim, event);
    else
        process_event(sim, sim->processes[event->node], event);
}

void sim_run(Sim *sim) {
    uint64_t armed = 0;
    sim_begin(sim);
    sched_arm(sim, &armed);
    while (!sim->is_over && !sim->failure) {
        Event *event = ++sim->events > MOST_EVENTS ? NULL : queue_take(&sim->queue, &sim->now);
        if (!event) {
            sim_fail(sim, "the run hangs");
            break;
        }
        if (sim->dies_at && sim->now >= sim->dies_at) {
            sim->is_killed = true;
            event_free(event);
            break;
        }
        uint64_t wakes = node_sleeps(sim, event);
        if (wakes) {
            queue_add(&sim->queue, wakes, event);
            continue;
        }
        if (event->kind == EVENT_CRASH) {
            sim_crash(sim, &sim->plan->crashes[event->from]);
        } else if (event->kind == EVENT_CHANNEL) {
            network_tick(sim, event->node);
        } else if (event->kind == EVENT_MESSAGE && event->lane == CHANNEL_CONTROL) {
            network_receive(sim, event, node_event);
        } else {
            node_event(sim, event);
        }
        if (event->node == NODE_SCHED && !sim->is_over) sched_arm(sim, &armed);
        event_free(event);
    }
}

void sim_free(Sim *sim) {
    for (int node = 0; node < SIM_NODES; node++) process_free(sim, &sim->processes[node]);
    for (Event *left; (left = queue_take(&sim->queue, &sim->now));) event_free(left);
    queue_free(&sim->queue);
    network_free(sim);
    sched_free(&sim->sched);
    sched_actions_free(&sim->actions);
    buf_free(&sim->open);
    for (int job = 0; job < SIM_ALL_JOBS; job++) ranges_free(&sim->mapped[job]);
    free(sim->failure);
}
