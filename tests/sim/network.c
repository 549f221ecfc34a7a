/* network.c: how datagrams travel, and what happens to them on the way. Root and scheduler are always on one host, so nothing is
 * lost between them; all other pairs of processes may be far from each other. */
#include "tests/sim/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/sim/sim.h"

/* ---- the plan */

static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = mix(*state, 5);
    return *state % below;
}

/* A cut is shorter than the silence after which a process counts as dead, but for a few. */
static Cut draw_cut(uint64_t *state, uint32_t workers) {
    Cut cut = {.from = draw(state, draw(state, 2) ? 100 * MILLISECOND : 4 * SECOND)};
    uint64_t longest = draw(state, 8) ? 3 : draw(state, 4) ? 12 : 80; /* seconds; what is not answered for 30 is complained of */
    cut.until = cut.from + draw(state, longest * SECOND);
    if (draw(state, 3) == 0) cut.period = 20 * MILLISECOND + draw(state, SECOND);
    cut.ways = (int)draw(state, 3) == 0 ? CUT_BOTH_WAYS : draw(state, 2) ? CUT_OUTWARD : CUT_INWARD;
    cut.what = draw(state, 2) ? CUT_ALL : draw(state, 2) ? CUT_CONTROL : CUT_DATA;
    uint32_t count = draw(state, 2) ? 1 : 1 + (uint32_t)draw(state, workers);
    while (count--) cut.members |= (uint64_t)1 << (NODE_WORKER + draw(state, workers));
    return cut;
}

/* Two workers that never reach each other, where there are others. */
static void draw_strained(NetworkPlan *plan, uint64_t seed, uint32_t workers) {
    uint64_t state = mix(seed, 4712);
    if (workers < 3 || draw(&state, 5)) return;
    int one = (int)draw(&state, workers), distance = 1 + (int)draw(&state, workers - 1);
    plan->strained[0] = NODE_WORKER + one;
    plan->strained[1] = NODE_WORKER + (one + distance) % (int)workers;
}

NetworkPlan network_draw(uint64_t seed, uint32_t workers) {
    uint64_t state = mix(seed, 4711);
    NetworkPlan plan = {.until = 100 * MILLISECOND + draw(&state, 20 * SECOND)};
    draw_strained(&plan, seed, workers);
    uint64_t kind = draw(&state, 4);
    if (kind == 0) return plan;
    if (kind != 1) plan.loss = (uint32_t)draw(&state, 201);
    if (draw(&state, 2)) plan.reorders = (uint32_t)draw(&state, 300);
    if (draw(&state, 2)) plan.segments = (uint32_t)draw(&state, 300);
    if (kind != 2) plan.cut_count = 1 + (uint32_t)draw(&state, NETWORK_CUTS);
    for (uint32_t i = 0; i < plan.cut_count; i++) plan.cuts[i] = draw_cut(&state, workers);
    return plan;
}

bool network_has_faults(const NetworkPlan *plan) {
    return plan->loss || plan->cut_count || plan->strained[0];
}

void network_print(const NetworkPlan *plan) {
    static const char *const ways[] = {"both ways", "outward", "inward"}, *const what[] = {"all", "control", "data"};
    if (plan->loss || plan->reorders)
        printf("  network: %u/1000 lost, %u/1000 reordered, until %.3f ms\n", plan->loss, plan->reorders,
               (double)plan->until / 1e6);
    if (plan->strained[0]) printf("  nodes %d and %d do not reach each other\n", plan->strained[0], plan->strained[1]);
    for (uint32_t i = 0; i < plan->cut_count; i++) {
        const Cut *cut = &plan->cuts[i];
        printf("  cut: nodes %#llx, %s, %s, from %.3f to %.3f ms", (unsigned long long)cut->members, ways[cut->ways],
               what[cut->what], (double)cut->from / 1e6, (double)cut->until / 1e6);
        if (cut->period) printf(", flapping every %.3f ms", (double)cut->period / 1e6);
        putchar('\n');
    }
}

/* ---- datagrams */

static bool is_far(const Cut *cut, int node) {
    return node < 64 && (cut->members >> node & 1);
}

static bool cut_stops(const Cut *cut, uint64_t now, int from, int to, Lane lane) {
    if (now < cut->from || now >= cut->until || is_far(cut, from) == is_far(cut, to)) return false;
    if (cut->period && (now - cut->from) % cut->period >= cut->period / 2) return false;
    if (cut->what != CUT_ALL && (cut->what == CUT_CONTROL) != (lane == CHANNEL_CONTROL)) return false;
    return cut->ways == CUT_BOTH_WAYS || (cut->ways == CUT_OUTWARD) == is_far(cut, from);
}

static bool is_lost(Sim *sim, int from, int to, Lane lane) {
    const NetworkPlan *plan = &sim->network.plan;
    if ((from == NODE_ROOT && to == NODE_SCHED) || (from == NODE_SCHED && to == NODE_ROOT)) return false;
    bool are_strained =
        (from == plan->strained[0] && to == plan->strained[1]) || (from == plan->strained[1] && to == plan->strained[0]);
    if (are_strained && lane != CHANNEL_CONTROL) {
        sim->network.counts.cut++;
        return true;
    }
    for (uint32_t i = 0; i < plan->cut_count; i++) {
        if (!cut_stops(&plan->cuts[i], sim->now, from, to, lane)) continue;
        sim->network.counts.cut++;
        return true;
    }
    if (plan->loss == 0 || sim->now >= plan->until || sim_random(sim, 1000) >= plan->loss) return false;
    sim->network.counts.lost++;
    return true;
}

static void deliver_at(Sim *sim, int from, int to, Lane lane, const Message *message, uint64_t time) {
    Event event = {.kind = EVENT_MESSAGE, .node = to, .from = from, .lane = lane, .message = *message};
    event.message.bytes = NULL;
    if (message->size) {
        void *bytes = xmalloc(message->size);
        memcpy(bytes, message->bytes, message->size);
        event.message.bytes = bytes;
    }
    sim_post(sim, event, time);
}

static void launch(Sim *sim, int from, int to, Lane lane, const Message *datagram) {
    const NetworkPlan *plan = &sim->network.plan;
    NetworkCounts *counts = &sim->network.counts;
    counts->datagrams++;
    if (is_lost(sim, from, to, lane)) {
        sim_trace(sim, "    %d -> %d %s %u is lost", from, to, message_kind_name(datagram->kind), datagram->seq);
        return;
    }
    uint64_t *last = &sim->last_delivery[from][to][lane], time = sim->now + sim_random(sim, sim->plan->delay);
    bool overtakes = plan->reorders && sim->now < plan->until && sim_random(sim, 1000) < plan->reorders;
    counts->reordered += overtakes;
    if (overtakes)
        time += sim_random(sim, 50 * MILLISECOND); /* those after it do not wait for it */
    else if (time <= *last)
        time = *last + 1;
    if (!overtakes) *last = time;
    deliver_at(sim, from, to, lane, datagram, time);
    if (sim_random(sim, 1000) >= sim->plan->repeats) return;
    counts->repeated++;
    deliver_at(sim, from, to, lane, datagram, time + sim_random(sim, 100 * MILLISECOND));
}

/* A piece that came through shared memory, and is not what was written there. */
static void spoil_piece(Sim *sim, Message *piece) {
    const NetworkPlan *plan = &sim->network.plan;
    if (piece->size == 0 || plan->segments == 0 || sim->now >= plan->until || sim_random(sim, 1000) >= plan->segments) return;
    sim->network.counts.segments++;
    piece->as.piece.state = PIECE_SEGMENT;
    piece->as.piece.segment.checksum = 1;
    if (sim_random(sim, 2)) piece->size = 0;
}

/* ---- channels */

static Channel *network_end(Sim *sim, int node) {
    return sim->network.ends[node];
}

static void arm(Sim *sim, int node, uint64_t next) {
    uint64_t *armed = &sim->network.armed[node];
    if (next == CHANNEL_NEVER || (*armed > sim->now && *armed <= next)) return;
    if (next <= sim->now) next = sim->now + 1;
    *armed = next;
    sim_post(sim, (Event){.kind = EVENT_CHANNEL, .node = node}, next);
}

static void flush(Sim *sim, int from, int to) {
    bool is_hub = from == NODE_SCHED;
    Channel *channel = is_hub ? channels_at(&sim->network.hub, (uint32_t)to) : network_end(sim, from);
    for (Message datagram; channel_datagram(channel, sim->now, &datagram);) launch(sim, from, to, CHANNEL_CONTROL, &datagram);
    if (is_hub) channels_touch(&sim->network.hub, channel, sim->now);
    arm(sim, from, is_hub ? channels_next_tick(&sim->network.hub) : channel_next_tick(channel));
}

void sim_send(Sim *sim, int from, int to, Lane lane, const Message *message) {
    if (to < 0) {
        sim_fail(sim, "node %d sends a %s to an endpoint that does not exist", from, message_kind_name(message->kind));
        return;
    }
    sim_trace(sim, "%d -> %d %s job %llu", from, to, message_kind_name(message->kind), (unsigned long long)message->job);
    if (lane != CHANNEL_CONTROL) {
        Message datagram = *message;
        if (lane == CHANNEL_PIECE) spoil_piece(sim, &datagram);
        launch(sim, from, to, lane, &datagram);
        return;
    }
    channel_send(from == NODE_SCHED ? channels_at(&sim->network.hub, (uint32_t)to) : network_end(sim, from), message);
    flush(sim, from, to);
}

void network_receive(Sim *sim, const Event *event, void (*take)(Sim *sim, const Event *event)) {
    bool is_hub = event->node == NODE_SCHED;
    if (!is_hub && !process_is_alive(sim->processes[event->node])) return;
    Channel *channel = is_hub ? channels_at(&sim->network.hub, (uint32_t)event->from) : network_end(sim, event->node);
    channel_receive(channel, &event->message, sim->now);
    for (const Message *message; (message = channel_next(channel));) {
        Event complete = *event;
        complete.message = *message;
        take(sim, &complete);
    }
    if (is_hub || process_is_alive(sim->processes[event->node])) flush(sim, event->node, event->from);
}

void network_tick(Sim *sim, int node) {
    Network *network = &sim->network;
    if (network->armed[node] <= sim->now) network->armed[node] = 0;
    if (node != NODE_SCHED) {
        if (!process_is_alive(sim->processes[node])) return;
        channel_tick(network_end(sim, node), sim->now);
        flush(sim, node, NODE_SCHED);
        return;
    }
    channels_tick(&network->hub, sim->now);
    for (uint32_t peer = 0; peer < network->hub.len; peer++)
        if (network->hub.items[peer]) flush(sim, NODE_SCHED, (int)peer);
}

void network_init(Sim *sim) {
    Network *network = &sim->network;
    network->plan = network_draw(sim->plan->seed, sim->plan->workers);
    network->hub.session = 1;
    network->ends = xcalloc(SIM_NODES, sizeof *network->ends);
    network->armed = xcalloc(SIM_NODES, sizeof *network->armed);
    for (int node = NODE_ROOT; node < SIM_NODES; node++) network->ends[node] = channel_new((uint32_t)node + 1, 0);
}

void network_free(Sim *sim) {
    Network *network = &sim->network;
    for (int node = NODE_ROOT; node < SIM_NODES; node++) {
        network->counts.sent_again += channel_stats(network->ends[node]).again;
        channel_free(&network->ends[node]);
    }
    for (uint32_t peer = 0; peer < network->hub.len; peer++)
        if (network->hub.items[peer]) network->counts.sent_again += channel_stats(network->hub.items[peer]).again;
    channels_free(&network->hub);
    free(network->ends);
    free(network->armed);
}
