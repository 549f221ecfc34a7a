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

static bool run_seed(uint64_t seed, bool is_verbose, uint64_t *events) {
    SimPlan plan = plan_draw(seed);
    Sim *sim = calloc(1, sizeof *sim);
    if (!sim) return false;
    sim->plan = &plan;
    sim->is_verbose = is_verbose;
    if (is_verbose) plan_print(&plan);
    sim_run(sim);
    if (!sim->failure) judge(sim);
    bool is_good = !sim->failure;
    if (!is_good) {
        printf("seed %llu fails: %s (at %.3f ms)\n", (unsigned long long)seed, sim->failure, (double)sim->now / 1e6);
        if (!is_verbose) plan_print(&plan);
    }
    *events += sim->events;
    int64_t *live = &sim->live_values;
    sim_free(sim);
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
    uint64_t first = 1, count = 1000, events = 0, failures = 0;
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
        if (run_seed(seed, is_verbose, &events)) continue;
        failures++;
        printf("  again: %s --seed %llu -v\n", argv[0], (unsigned long long)seed);
    }
    printf("%llu seeds, %llu events, %llu failed\n", (unsigned long long)count, (unsigned long long)events,
           (unsigned long long)failures);
    return failures != 0;
}
