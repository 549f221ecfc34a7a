/* sim.c: runs seeds and judges them. `sim --seeds 1000` runs seeds 1 … 1000 and prints those that fail; `sim --seed 17 -v` replays
 * one with a line for each message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/journal.h"
#include "tests/sim/sim.h"

/* Is the root in trouble, by the plan? */
static bool root_is_disturbed(const SimPlan *plan) {
    for (uint32_t i = 0; i < plan->crash_count; i++)
        if (plan->crashes[i].node == NODE_ROOT) return true;
    /* It sleeps for less than it takes until somebody counts as lost; twice may be longer. */
    uint32_t sleeps = 0;
    for (uint32_t i = 0; i < plan->sleep_count; i++) sleeps += plan->sleeps[i].node == NODE_ROOT;
    return sleeps > 1;
}

static bool is_one_left(const Sim *sim) {
    for (int node = NODE_WORKER; node < SIM_NODES; node++)
        if (process_is_alive(sim->processes[node])) return true;
    return false;
}

/* A run must give the right results and the program's status, whatever happens to workers, as long as one is left. Else it ends
 * soon, and says why. */
static void judge(Sim *sim) {
    const SimPlan *plan = sim->plan;
    bool is_complete = sim->results == plan->job_count && sim->status == plan->status && sim->text[0] == 0;
    if (is_complete) return;
    if (plan->interrupt_at && sim->status == 130) {
        if (sim->ended_at > plan->interrupt_at + 3 * SECOND) sim_fail(sim, "interrupted, but it ended later");
        return;
    }
    bool is_disturbed = plan->crash_count || plan->sleep_count || network_has_faults(&sim->network.plan);
    bool is_alone = strstr(sim->text, "no worker is left") || strstr(sim->text, "no worker started");
    if (root_is_disturbed(plan) && sim->status == 1 && strstr(sim->text, "main process")) return;
    if (root_is_disturbed(plan) && sim->status == 1 && strstr(sim->text, "the program did not start")) return;
    if (root_is_disturbed(plan) && sim->status == 1 && strstr(sim->text, "before it could take part")) return;
    /* Those that live may be cut off, or have been so for a while: all that counts is that nobody was there to do the work. */
    bool may_live = plan->sleep_count || sim->network.plan.cut_count || sim->network.plan.loss || sim->spares == SIM_SPARES;
    if (is_disturbed && sim->status == 1 && is_alone && (may_live || !is_one_left(sim))) return;
    sim_fail(sim, "%s, but status %d, %u results: %s", is_disturbed ? "recoverable" : "undisturbed", sim->status, sim->results,
             sim->text);
}

typedef struct Totals {
    uint64_t told;    /* ranges and merges whose ends were told */
    uint64_t audited; /* runs in whose end the scheduler's books were looked at */
    uint64_t events, cut_seeds, crashes, losses, replaced, again, exchanged, copies;
    uint64_t deaths, bags, known; /* of whole runs; bags in journals; chunks that a run found there */
    NetworkCounts network;
} Totals;

static void totals_add(Totals *totals, const Sim *sim) {
    NetworkCounts *sum = &totals->network;
    const NetworkCounts *counts = &sim->network.counts;
    totals->events += sim->events;
    totals->audited += sim->audited;
    totals->told += sim->told;
    totals->crashes += sim->crashed;
    totals->losses += sim->losses;
    totals->replaced += sim->spares;
    totals->exchanged += sim->exchanged;
    totals->again += sim->again;
    totals->copies += sim->copies;
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
    printf("          %llu crashes; %llu workers lost, %llu replaced, %llu chunks run again; %llu copies of slow ranges, %llu "
           "tables exchanged in parts\n",
           (unsigned long long)totals->crashes, (unsigned long long)totals->losses, (unsigned long long)totals->replaced,
           (unsigned long long)totals->again, (unsigned long long)totals->copies, (unsigned long long)totals->exchanged);
    printf("          %llu runs in whose end nobody was thought to hold anything; %llu ranges and merges in the news\n",
           (unsigned long long)totals->audited, (unsigned long long)totals->told);
    printf("          %llu times everything at once; %llu bags in journals, %llu chunks found there and not run again\n",
           (unsigned long long)totals->deaths, (unsigned long long)totals->bags, (unsigned long long)totals->known);
}

/* One run of the seed's plan. `dies_at`: everything ends then, which is no failure. */
static bool run_plan(const SimPlan *plan, bool is_verbose, SimJournal *journal, uint64_t dies_at, Totals *totals, bool *is_killed) {
    Sim *sim = calloc(1, sizeof *sim);
    if (!sim) return false;
    *sim = (Sim){.plan = plan, .is_verbose = is_verbose, .journal = journal, .dies_at = dies_at};
    sim_run(sim);
    *is_killed = sim->is_killed;
    if (journal) totals->known += journal_known(journal);
    if (!sim->failure && !sim->is_killed) judge(sim);
    bool is_good = !sim->failure;
    if (!is_good) {
        NetworkPlan network = network_draw(plan->seed, plan->workers);
        printf("seed %llu fails: %s (at %.3f ms)\n", (unsigned long long)plan->seed, sim->failure, (double)sim->now / 1e6);
        if (!is_verbose) plan_print(plan);
        if (!is_verbose) network_print(&network);
    }
    int64_t *live = &sim->live_values;
    sim_free(sim);
    totals_add(totals, sim);
    if (is_good && *live != 0) {
        printf("seed %llu fails: %lld values were never dropped\n", (unsigned long long)plan->seed, (long long)*live);
        is_good = false;
    }
    free(sim);
    return is_good;
}

/* Some seeds have a journal: everything is killed at once, some times, and the run begins again with what was kept. */
static bool run_seed(uint64_t seed, bool is_verbose, Totals *totals) {
    enum { MOST_DEATHS = 3 };
    SimPlan plan = plan_draw(seed);
    if (is_verbose) {
        NetworkPlan network = network_draw(seed, plan.workers);
        plan_print(&plan);
        network_print(&network);
    }
    SimJournal *journal = mix(seed, 51) % 3 == 0 ? journal_new((1 + mix(seed, 52) % 200) * MILLISECOND) : NULL;
    bool is_killed = true, is_good = true;
    for (uint64_t death = 0; is_good && is_killed; death++) {
        uint64_t bits = mix(seed, 53 + death), dies_at = journal && death < MOST_DEATHS ? MILLISECOND << bits % 13 : 0;
        if (dies_at) dies_at += (bits >> 8) % dies_at;
        if (is_verbose && journal) printf("a run with a journal that has %llu bags\n", (unsigned long long)journal_bags(journal));
        is_good = run_plan(&plan, is_verbose, journal, dies_at, totals, &is_killed);
        totals->deaths += is_killed;
    }
    if (journal) totals->bags += journal_bags(journal);
    journal_free(&journal);
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
