/* plan.c: what one seed stands for: how many workers and chunks, what fails, who dies. Most seeds are undisturbed runs of odd
 * sizes; each kind of trouble comes in a part of them, so that every thousand seeds has hundreds of each. */
#include <stdio.h>

#include "tests/sim/sim.h"

uint64_t mix(uint64_t a, uint64_t b) {
    /* splitmix64's finaliser over both numbers */
    uint64_t z = a * 0x9e3779b97f4a7c15u + (b ^ 0xd1b54a32d192ed03u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

typedef struct Draw {
    uint64_t state;
} Draw;

static uint64_t draw(Draw *random, uint64_t below) {
    random->state = mix(random->state, 1);
    return random->state % below;
}

static uint64_t draw_chunks(Draw *random) {
    static const uint64_t edges[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17};
    switch (draw(random, 4)) {
    case 0: return edges[draw(random, sizeof edges / sizeof *edges)];
    case 1: return draw(random, 40);
    case 2: return draw(random, 400);
    default: return draw(random, draw(random, 8) == 0 ? 6000 : 800);
    }
}

static JobPlan draw_job(Draw *random) {
    JobPlan job = {.chunks = draw_chunks(random), .costs = (uint32_t)draw(random, 3)};
    job.is_commutative = draw(random, 3) == 0;
    job.may_stop = draw(random, 4) == 0;
    job.remembers = draw(random, 4) == 0;
    job.lists = draw(random, 2) ? 0 : 1 + (uint32_t)draw(random, 3);
    if (draw(random, 2)) job.ends = 1000000 / (uint32_t)(1 + draw(random, 2 * job.chunks + 1));
    if (draw(random, 50) == 0) job.ends = 1000000;
    if (draw(random, 3) == 0) job.empty = (uint32_t)draw(random, 101);
    if (draw(random, 4) == 0 && !job.is_commutative) job.bad_combines = 1000000 / (uint32_t)(1 + draw(random, job.chunks + 1));
    job.blob = draw(random, 2) ? draw(random, 200) : draw(random, 40) ? draw(random, 20000) : draw(random, 6 * MESSAGE_PIECE_SIZE);
    job.is_watched = draw(random, 3) == 0;
    job.is_keyed = draw(random, 2) && !job.bad_combines;
    if (job.lists && draw(random, 2)) job.lent = draw(random, 2) ? 100 : 1 + (uint32_t)draw(random, 100);
    if (draw(random, 6) == 0) job.cancel_after = 1 + draw(random, draw(random, 2) ? 20 * MILLISECOND : SECOND);
    return job;
}

JobSpec job_spec(const JobPlan *plan) {
    JobSpec spec = {.chunks = plan->chunks, .lists = plan->lists};
    if (plan->is_commutative) spec.flags |= JOB_EXACT_COMMUTATIVE;
    if (plan->may_stop) spec.flags |= JOB_MAY_STOP_EARLY;
    if (plan->remembers) spec.flags |= JOB_REMEMBERS;
    if (plan->is_watched) spec.flags |= JOB_IS_WATCHED;
    if (plan->is_keyed) spec.flags |= JOB_BY_KEY;
    if (plan->lent) spec.flags |= JOB_LENDS;
    return spec;
}

/* Jobs inside of chunks of the root's jobs, and of each other. */
static void draw_nested(Draw *random, SimPlan *plan) {
    uint32_t count = draw(random, 2) ? 0 : 1 + (uint32_t)draw(random, SIM_NESTED);
    for (uint32_t i = 0; i < count; i++) {
        JobPlan *job = &plan->jobs[SIM_JOBS + i];
        uint64_t host = draw(random, plan->job_count + i);
        if (host >= plan->job_count) host += SIM_JOBS - plan->job_count;
        if (plan->jobs[host].chunks == 0) continue;
        *job = draw_job(random);
        job->host = host + 1;
        job->host_chunk = draw(random, plan->jobs[host].chunks);
        job->mapped = draw(random, 2) ? 0 : draw(random, job->chunks + 1);
        job->kept = job->mapped + (draw(random, 3) ? draw(random, job->chunks - job->mapped + 1) : 0);
        job->grain = draw(random, 10);
        plan->jobs[SIM_JOBS + SIM_NESTED + i] = *job;
    }
}

/* Workers die: one, several, all but one at once, or again and again. */
static void draw_crashes(Draw *random, SimPlan *plan, uint64_t soon) {
    uint32_t count = 1;
    plan->may_replace = draw(random, 2);
    switch (draw(random, 4)) {
    case 0: count = 1; break;
    case 1: count = plan->workers > 1 ? plan->workers - 1 : 1; break;
    default: count = 1 + (uint32_t)draw(random, plan->may_replace ? 2 * plan->workers : plan->workers); break;
    }
    if (count > SIM_CRASHES) count = SIM_CRASHES;
    bool is_sudden = draw(random, 3) == 0;
    uint64_t at = draw(random, soon);
    for (uint32_t i = 0; i < count; i++) {
        if (!is_sudden) at = draw(random, soon);
        plan->crashes[plan->crash_count++] = (Crash){.node = -1, .at = at, .is_seen = draw(random, 3) != 0};
    }
    if (draw(random, 12) == 0) plan->crashes[0].node = NODE_ROOT;
}

static void draw_sleeps(Draw *random, SimPlan *plan, uint64_t soon) {
    uint32_t count = 1 + (uint32_t)draw(random, SIM_SLEEPS);
    plan->may_replace = draw(random, 2);
    plan->kills = draw(random, 2);
    for (uint32_t i = 0; i < count; i++) {
        Sleep sleep = {.node = (int)draw(random, NODE_WORKER + plan->workers), .from = draw(random, soon)};
        uint64_t longest = sleep.node == NODE_SCHED ? 25 * SECOND : sleep.node == NODE_ROOT ? 3 * SECOND : 20 * SECOND;
        sleep.until = sleep.from + draw(random, longest);
        plan->sleeps[plan->sleep_count++] = sleep;
    }
}

SimPlan plan_draw(uint64_t seed) {
    Draw random = {mix(seed, 77)};
    SimPlan plan = {.seed = seed};
    plan.workers = 1 + (uint32_t)(draw(&random, 3) ? draw(&random, 9) : draw(&random, SIM_WORKERS));
    plan.job_count = 1 + (uint32_t)(draw(&random, 2) ? 0 : draw(&random, SIM_JOBS));
    for (uint32_t i = 0; i < plan.job_count; i++) plan.jobs[i] = draw_job(&random);
    plan.is_concurrent = draw(&random, 3) == 0;
    draw_nested(&random, &plan);
    if (draw(&random, 3) == 0) {
        plan.shuffle_seed = 1 + draw(&random, 1000);
        plan.range_chunks = draw(&random, 5);
    }
    plan.delay = draw(&random, 3) ? 1 + draw(&random, MILLISECOND) : draw(&random, 30 * MILLISECOND);
    if (draw(&random, 3) == 0) plan.repeats = (uint32_t)draw(&random, 200);
    plan.late_start = draw(&random, 2) ? 5 * MILLISECOND : draw(&random, 400 * MILLISECOND) + 1;
    if (draw(&random, 8) == 0) plan.status = (int32_t)draw(&random, 4);
    uint64_t soon = draw(&random, 2) ? 50 * MILLISECOND : 3 * SECOND; /* many runs are over within milliseconds of virtual time */
    switch (draw(&random, 6)) {
    case 0:
    case 3: draw_crashes(&random, &plan, soon); break;
    case 1: draw_sleeps(&random, &plan, soon); break;
    case 4:
        draw_crashes(&random, &plan, soon);
        draw_sleeps(&random, &plan, soon);
        break;
    case 2: plan.interrupt_at = 1 + draw(&random, soon); break;
    default: break;
    }
    plan.lingers = mix(seed, 57) % 2;
    return plan;
}

static void job_print(const JobPlan *job, uint32_t number) {
    printf("  job %u: %llu chunks%s%s%s%s, %u lists%s, lent to %u%%, captures %llu, ends %u/million, empty %u%%, bad combines "
           "%u/million, costs %u\n",
           number, (unsigned long long)job->chunks, job->is_commutative ? ", commutative" : "", job->is_keyed ? ", keyed" : "",
           job->may_stop ? ", may stop" : "", job->remembers ? ", remembers" : "", job->lists, job->is_watched ? ", watched" : "",
           job->lent, (unsigned long long)job->blob, job->ends, job->empty, job->bad_combines, job->costs);
    if (job->host)
        printf("    inside of chunk %llu of job %llu, mapped %llu, kept %llu, grain %llu\n", (unsigned long long)job->host_chunk,
               (unsigned long long)job->host, (unsigned long long)job->mapped, (unsigned long long)job->kept,
               (unsigned long long)job->grain);
    if (job->cancel_after) printf("    cancelled after %.3f ms\n", (double)job->cancel_after / 1e6);
}

void plan_print(const SimPlan *plan) {
    printf("seed %llu: %u workers, delay %.3f ms, %u/1000 repeated, shuffle %llu, ranges of %llu\n", (unsigned long long)plan->seed,
           plan->workers, (double)plan->delay / 1e6, plan->repeats, (unsigned long long)plan->shuffle_seed,
           (unsigned long long)plan->range_chunks);
    for (uint32_t i = 0; i < SIM_ALL_JOBS; i++)
        if (i < plan->job_count || plan->jobs[i].host) job_print(&plan->jobs[i], i + 1);
    for (uint32_t i = 0; i < plan->crash_count; i++) {
        const Crash *crash = &plan->crashes[i];
        printf("  %s crashes at %.3f ms, %s\n", crash->node == NODE_ROOT ? "the root" : "a worker", (double)crash->at / 1e6,
               crash->is_seen ? "seen by the supervisor" : "unseen");
    }
    for (uint32_t i = 0; i < plan->sleep_count; i++)
        printf("  node %d sleeps from %.3f to %.3f ms\n", plan->sleeps[i].node, (double)plan->sleeps[i].from / 1e6,
               (double)plan->sleeps[i].until / 1e6);
    if (plan->lingers) printf("  the program ends long after its last job\n");
    if (plan->may_replace) printf("  the lost are replaced\n");
    if (plan->kills) printf("  the silent are killed\n");
    if (plan->interrupt_at) printf("  interrupt at %.3f ms\n", (double)plan->interrupt_at / 1e6);
}

uint64_t chunk_cost(const SimPlan *plan, uint64_t job, uint64_t chunk) {
    uint64_t noise = mix(mix(plan->seed, job), chunk + 1000000);
    switch (plan->jobs[job - 1].costs) {
    case 0: return 20 * MICROSECOND + noise % (20 * MICROSECOND);
    case 1: return (chunk + 1) * MICROSECOND;
    default: return noise % 200 == 0 ? (noise >> 20) % (8 * SECOND) : noise % (300 * MICROSECOND);
    }
}
