/* sim.c: runs seeds and judges them. `sim --seeds 1000` runs seeds 1 … 1000 and prints those that fail; `sim --seed 17 -v` replays
 * one with a line for each message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

/* A run that nothing disturbed must give the right results and the program's status. One that was disturbed may be over before the
 * disturbance takes effect; otherwise it ends soon, and says why. */
static void judge(Sim *sim) {
    const SimPlan *plan = sim->plan;
    bool is_complete = sim->results == plan->job_count && sim->status == plan->status && sim->text[0] == 0;
    if (is_complete) return;
    /* Who was cut off for too long was taken for dead: said, and ended. */
    if (network_has_faults(&sim->network.plan) && sim->status == 1 && strstr(sim->text, "nothing was heard")) return;
    char who[64];
    uint64_t trouble = 0, deadline = 0;
    if (plan->interrupt_at) {
        trouble = plan->interrupt_at;
        deadline = 3 * SECOND;
        if (sim->status != 130) sim_fail(sim, "interrupted, but the status is %d: %s", sim->status, sim->text);
    } else if (plan->crash_node >= 0) {
        trouble = plan->crash_at;
        deadline = plan->crash_is_seen ? 3 * SECOND : 9 * SECOND;
        if (plan->crash_node == NODE_ROOT)
            snprintf(who, sizeof who, "main process (pid %d)", 1000 + NODE_ROOT);
        else
            snprintf(who, sizeof who, "worker %d (", plan->crash_node - NODE_WORKER);
        bool is_unborn = strstr(sim->text, "before it could take part") || strstr(sim->text, "start");
        if (is_unborn) deadline = 31 * SECOND; /* it died before its HELLO, unseen: only the deadline for starting is left */
        if (sim->status != 1) sim_fail(sim, "a crash, but the status is %d", sim->status);
        if (!strstr(sim->text, who) && !is_unborn) sim_fail(sim, "the error does not say who crashed: %s", sim->text);
    } else {
        sim_fail(sim, "undisturbed, but status %d, %u results: %s", sim->status, sim->results, sim->text);
    }
    if (sim->ended_at > trouble + deadline)
        sim_fail(sim, "the end came %.3f s after the trouble", (double)(sim->ended_at - trouble) / 1e9);
}

typedef struct Totals {
    uint64_t events, cut_seeds;
    NetworkCounts network;
} Totals;

static void totals_add(Totals *totals, const Sim *sim) {
    NetworkCounts *sum = &totals->network;
    const NetworkCounts *counts = &sim->network.counts;
    totals->events += sim->events;
    totals->cut_seeds += sim->network.plan.cut_count > 0;
    sum->datagrams += counts->datagrams;
    sum->lost += counts->lost;
    sum->cut += counts->cut;
    sum->repeated += counts->repeated;
    sum->reordered += counts->reordered;
    sum->sent_again += counts->sent_again;
    sum->segments += counts->segments;
}

static void totals_print(const Totals *totals) {
    const NetworkCounts *sum = &totals->network;
    printf("injected: of %llu datagrams %llu lost, %llu stopped by cuts (in %llu seeds), %llu repeated, %llu reordered, "
           "%llu segments spoilt; %llu sent again\n",
           (unsigned long long)sum->datagrams, (unsigned long long)sum->lost, (unsigned long long)sum->cut,
           (unsigned long long)totals->cut_seeds, (unsigned long long)sum->repeated, (unsigned long long)sum->reordered,
           (unsigned long long)sum->segments, (unsigned long long)sum->sent_again);
}

static bool run_seed(uint64_t seed, bool is_verbose, Totals *totals) {
    SimPlan plan = plan_draw(seed);
    Sim *sim = calloc(1, sizeof *sim);
    if (!sim) return false;
    sim->plan = &plan;
    sim->is_verbose = is_verbose;
    NetworkPlan network = network_draw(seed, plan.workers);
    if (is_verbose) {
        plan_print(&plan);
        network_print(&network);
    }
    sim_run(sim);
    if (!sim->failure) judge(sim);
    bool is_good = !sim->failure;
    if (!is_good) {
        printf("seed %llu fails: %s (at %.3f ms)\n", (unsigned long long)seed, sim->failure, (double)sim->now / 1e6);
        if (!is_verbose) plan_print(&plan);
        if (!is_verbose) network_print(&network);
    }
    int64_t *live = &sim->live_values;
    sim_free(sim);
    totals_add(totals, sim);
    if (is_good && *live != 0) {
        printf("seed %llu fails: %lld values were never dropped\n", (unsigned long long)seed, (long long)*live);
        is_good = false;
    }
    free(sim);
    return is_good;
}

static int usage(void) {
    fprintf(stderr, "usage: sim [--seeds COUNT] [--from SEED] | --seed SEED [-v]\n");
    return 2;
}

int main(int argc, char **argv) {
    uint64_t first = 1, count = 1000, failures = 0;
    Totals totals = {0};
    bool is_verbose = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            is_verbose = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--seeds") == 0) {
            count = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--from") == 0) {
            first = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            first = strtoull(argv[++i], NULL, 10);
            count = 1;
        } else {
            return usage();
        }
    }
    for (uint64_t seed = first; seed < first + count; seed++) {
        if (run_seed(seed, is_verbose, &totals)) continue;
        failures++;
        printf("  again: %s --seed %llu -v\n", argv[0], (unsigned long long)seed);
    }
    totals_print(&totals);
    printf("%llu seeds, %llu events, %llu failed\n", (unsigned long long)count, (unsigned long long)totals.events,
           (unsigned long long)failures);
    return failures != 0;
}
