/* simulate.c: the virtual clock and network, the real scheduler, and when the program submits its jobs. */
#include "runtime/sim/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sim/world.h"

#define SECOND       ((uint64_t)1000000000)
#define FIRST_SUBMIT SECOND /* of virtual time */

enum {
    HEAD = 100,            /* bytes of a message, beside those that vary */
    MOST_BYTES = 64 << 20, /* of all workers' first partial results together, as simulated */
    MANY = 200,            /* workers, from which on heartbeats become rarer */
};
#define MOST_EVENTS ((uint64_t)300000000)

/* ---- happenings */

void world_add(World *world, uint64_t time, Happening happening) {
    Happening *copy = xmalloc(sizeof *copy);
    *copy = happening;
    queue_add(&world->queue, time, copy);
}

static void happening_free(Happening *happening) {
    free((void *)(uintptr_t)happening->message.bytes);
    free(happening);
}

void world_fail(World *world, const char *text) {
    if (world->has_failed) return;
    world->has_failed = true;
    snprintf(world->result->text, sizeof world->result->text, "%s", text);
}

size_t world_job(const World *world, uint64_t number) {
    for (size_t i = 0; i < world->profile->len; i++)
        if (world->profile->jobs[i].number == number) return i;
    return world->profile->len;
}

uint64_t world_bytes(const World *world, uint64_t bytes) {
    uint64_t scaled = (uint64_t)((double)bytes / world->scale);
    return scaled < 16 ? 16 : scaled;
}

/* ---- the network */

/* How long so many simulated bytes take. */
static uint64_t duration(const World *world, size_t bytes) {
    return (uint64_t)((double)bytes * world->scale / world->config.bytes_per_second * 1e9);
}

static uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

void world_send(World *world, uint32_t from, uint32_t to, Lane lane, const Message *message) {
    Happening happening = {.kind = HAPPENS_MESSAGE, .lane = lane, .node = to, .from = from, .message = *message};
    happening.message.bytes = NULL;
    if (message->size) {
        void *bytes = xmalloc(message->size);
        memcpy(bytes, message->bytes, message->size);
        happening.message.bytes = bytes;
    }
    uint64_t leaves = world->now, lasts = HEAD / 100 + duration(world, message->size);
    if (from == NODE_SCHED) leaves = world->sched_free = later(world->sched_free, leaves) + world->config.message_cost;
    leaves = world->out_free[from] = later(world->out_free[from], leaves) + lasts;
    /* The first byte arrives a latency after it was sent, the last one when the receiver has room for it. */
    uint64_t arrives = world->in_free[to] = later(world->in_free[to] + lasts, leaves + world->config.latency);
    if (to == NODE_SCHED) arrives = world->sched_free = later(world->sched_free, arrives) + world->config.message_cost;
    if ((from == NODE_SCHED || to == NODE_SCHED) && world->now >= FIRST_SUBMIT) {
        world->result->messages++;
        world->result->sched_busy += world->config.message_cost;
    }
    world_add(world, arrives, happening);
}

/* ---- the scheduler */

static uint32_t edges_depth(const JobStats *stats) {
    uint32_t depth = 0, *of = xcalloc((size_t)stats->worker_count + 1, sizeof *of);
    for (uint32_t i = 0; i < stats->edge_count; i++) {
        EdgeStats edge = stats->edges[i];
        if (edge.from >= stats->worker_count || edge.to >= stats->worker_count) continue;
        uint32_t below = of[edge.from] > of[edge.to] ? of[edge.from] : of[edge.to];
        of[edge.to] = below + 1;
        if (of[edge.to] > depth) depth = of[edge.to];
    }
    free(of);
    return depth;
}

static void take_stats(World *world, const JobStats *stats) {
    size_t at = world_job(world, stats->job);
    if (at == world->profile->len) return;
    SimulatedJob *job = &world->result->jobs[at];
    world->finished++;
    job->edges = stats->edge_count;
    job->depth = edges_depth(stats);
    for (uint32_t i = 0; i < stats->edge_count; i++) {
        uint64_t size = (uint64_t)((double)stats->edges[i].size * world->scale);
        job->edge_bytes += size;
        if (size > job->largest_edge) job->largest_edge = size;
    }
    for (uint32_t i = 0; i < stats->worker_count; i++) {
        const WorkerStats *worker = &stats->workers[i];
        job->workers += worker->ranges > 0;
        job->ranges += worker->ranges;
        job->work += worker->nanoseconds;
        job->capture_bytes += (uint64_t)((double)worker->captures * world->scale);
        job->slice_bytes += (uint64_t)((double)worker->slices * world->scale);
    }
    job->root_bytes = (uint64_t)((double)stats->root_size * world->scale);
}

static void sched_do(World *world) {
    for (size_t i = 0; i < world->actions.len; i++) {
        const SchedAction *action = &world->actions.items[i];
        const JobStats *stats;
        switch (action->kind) {
        case SCHED_SEND: world_send(world, NODE_SCHED, action->peer, LANE_CONTROL, &action->message); break;
        case SCHED_JOB_FINISHED:
            stats = sched_job_stats(world->sched, action->job);
            if (stats) take_stats(world, stats);
            break;
        case SCHED_END: world_fail(world, action->text[0] ? action->text : "the run ended early"); break;
        default: break; /* nobody dies here, and nothing is logged */
        }
    }
    world->actions.len = 0;
}

static void sched_happens(World *world, const Happening *happening) {
    SchedEvent event = {.kind = SCHED_TICK, .now = world->now, .peer = happening->from};
    if (happening->kind == HAPPENS_MESSAGE) {
        event.kind = SCHED_MESSAGE;
        event.message = &happening->message;
    }
    sched_step(world->sched, &event, &world->actions);
    sched_do(world);
    if (happening->kind == HAPPENS_MESSAGE) return;
    uint64_t next = sched_next_tick(world->sched);
    world_add(world, later(next, world->now + SECOND / 1000), (Happening){.kind = HAPPENS_TICK, .node = NODE_SCHED});
}

/* ---- the program */

/* A job is submitted as long after what came before it as in the real run: the end of the job that had ended last, or else the
 * submission of the one before. */
static size_t job_follows(const Profile *profile, size_t job, bool *is_after_end) {
    size_t best = job ? job - 1 : 0;
    uint64_t time = job ? profile->jobs[job - 1].submitted : 0;
    *is_after_end = false;
    for (size_t i = 0; i < job; i++) {
        uint64_t ended = profile->jobs[i].ended;
        if (!ended || ended > profile->jobs[job].submitted || ended < time) continue;
        best = i;
        time = ended;
        *is_after_end = true;
    }
    return best;
}

static void plan_submits(World *world, size_t cause, bool is_end) {
    const Profile *profile = world->profile;
    for (size_t i = cause + 1; i < profile->len; i++) {
        bool is_after_end;
        if (world->submitted[i] || job_follows(profile, i, &is_after_end) != cause || is_after_end != is_end) continue;
        const ProfileJob *before = &profile->jobs[cause];
        uint64_t distance = profile->jobs[i].submitted - (is_end ? before->ended : before->submitted);
        world->submitted[i] = world->now + distance;
        Happening submit = {.kind = HAPPENS_SUBMIT, .node = NODE_ROOT};
        submit.message.job = i;
        world_add(world, world->submitted[i], submit);
    }
}

void world_job_over(World *world, size_t job) {
    SimulatedJob *result = &world->result->jobs[job];
    if (result->is_over) return;
    result->is_over = true;
    result->ended = world->now;
    plan_submits(world, job, true);
}

static void submit(World *world, size_t job) {
    world->result->jobs[job].started = world->now;
    node_submit(world, world->nodes[NODE_ROOT], job);
    plan_submits(world, job, false);
}

/* ---- the run */

static void world_init(World *world) {
    uint32_t workers = world->config.workers;
    world->beat = SECOND * (workers > MANY ? workers / MANY : 1);
    world->scale = 1;
    for (size_t i = 0; i < world->profile->len; i++) {
        const ProfileJob *job = &world->profile->jobs[i];
        double bytes = (double)profile_bag_size(job, job->spec.chunks / workers + 1) * workers;
        if (bytes < (double)job->pulled) bytes = (double)job->pulled;
        if (bytes / MOST_BYTES > world->scale) world->scale = bytes / MOST_BYTES;
    }
    SchedConfig config = {.workers = workers, .heartbeat_every = world->beat, .suspect_after = 300 * world->beat};
    config.dead_after = config.start_deadline = 300 * world->beat;
    config.keeps_nested = true;
    config.exchange = (uint64_t)(SCHED_EXCHANGE_FROM / world->scale) + 1;
    world->sched = sched_new(&config, 0);
    world->node_count = NODE_WORKER + workers;
    world->nodes = xcalloc(world->node_count, sizeof *world->nodes);
    world->out_free = xcalloc(world->node_count, sizeof *world->out_free);
    world->in_free = xcalloc(world->node_count, sizeof *world->in_free);
    world->submitted = xcalloc(world->profile->len, sizeof *world->submitted);
    /* Where the first job had to wait for the workers, it does so here: their first word arrives when it did. */
    uint64_t delay = profile_start_delay(world->profile), starts = delay ? FIRST_SUBMIT + delay - world->config.latency : 0;
    for (uint32_t node = NODE_ROOT; node < world->node_count; node++) {
        world->nodes[node] = node_new(world, node);
        world_add(world, node == NODE_ROOT ? 0 : starts, (Happening){.kind = HAPPENS_START, .node = node});
        world_add(world, world->beat / 2 + node * world->beat / 2 / world->node_count,
                  (Happening){.kind = HAPPENS_TICK, .node = node});
    }
    world_add(world, world->beat / 2, (Happening){.kind = HAPPENS_TICK, .node = NODE_SCHED});
}

static void world_free(World *world) {
    for (uint32_t node = NODE_ROOT; node < world->node_count; node++) node_free(&world->nodes[node]);
    uint64_t time;
    for (Happening *left; (left = queue_take(&world->queue, &time));) happening_free(left);
    queue_free(&world->queue);
    sched_free(&world->sched);
    sched_actions_free(&world->actions);
    free(world->nodes);
    free(world->out_free);
    free(world->in_free);
    free(world->submitted);
}

static void world_run(World *world) {
    world->submitted[0] = FIRST_SUBMIT;
    world_add(world, FIRST_SUBMIT, (Happening){.kind = HAPPENS_SUBMIT, .node = NODE_ROOT});
    uint64_t events = 0;
    while (world->finished < world->profile->len && !world->has_failed) {
        Happening *next = queue_take(&world->queue, &world->now);
        if (!next || ++events > MOST_EVENTS) world_fail(world, "the simulated run does not end");
        if (!next) return;
        if (next->kind == HAPPENS_SUBMIT)
            submit(world, next->message.job);
        else if (next->kind == HAPPENS_CANCEL)
            node_cancel(world, world->nodes[NODE_ROOT], next->message.job);
        else if (next->node == NODE_SCHED)
            sched_happens(world, next);
        else
            node_happens(world, world->nodes[next->node], next);
        happening_free(next);
    }
}

bool simulate(const Profile *profile, const SimulateConfig *config, Simulated *result) {
    *result = (Simulated){.count = profile->len};
    result->jobs = xcalloc(profile->len + 1, sizeof *result->jobs);
    if (profile->len == 0) return true;
    for (size_t i = 0; i < profile->len; i++) result->jobs[i].number = profile->jobs[i].number;
    World world = {.profile = profile, .config = *config, .result = result};
    world_init(&world);
    world_run(&world);
    for (size_t i = 0; i < profile->len; i++)
        if (result->jobs[i].is_over && result->jobs[i].ended - FIRST_SUBMIT > result->time)
            result->time = result->jobs[i].ended - FIRST_SUBMIT;
    bool is_good = !world.has_failed;
    world_free(&world);
    return is_good;
}

void simulated_free(Simulated *result) {
    free(result->jobs);
    *result = (Simulated){0};
}
