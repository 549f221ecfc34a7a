/* simulated.c: runs the simulation of a profile, and prints what came of it. */
#include "tools/mrrun/simulated.h"

#include <stdio.h>

#include "runtime/sim/simulate.h"

#define MICROSECOND ((uint64_t)1000)

/* A network as clusters have it, and what the scheduler was measured to need: 131,000 messages take 0.1 s of it, when many come
 * at a time. */
#define LATENCY      (50 * MICROSECOND)
#define BANDWIDTH    1.25e9
#define MESSAGE_COST (1 * MICROSECOND)

static double seconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e9;
}

static void show_job(const ProfileJob *real, const SimulatedJob *job, uint32_t workers) {
    double took = seconds(job->ended - job->started), work = seconds(real->nanoseconds);
    fprintf(stderr, "\njob %llu: %llu chunks, %llu elements; %.3f s of mapping, as measured here\n",
            (unsigned long long)JOB_COUNT(job->number), (unsigned long long)real->spec.chunks, (unsigned long long)real->elements,
            work);
    fprintf(stderr, "  makespan   %.3f s", took);
    if (real->is_cancelled)
        fprintf(stderr, "; it was cancelled");
    else if (took > 0)
        fprintf(stderr, ", %.1f times as fast as one worker's mapping; %.0f %% of all workers' time is mapping", work / took,
                100 * seconds(job->work) / took / workers);
    fprintf(stderr, "\n  ranges     %llu, on %u workers\n", (unsigned long long)job->ranges, job->workers);
    if (job->is_exchanged)
        fprintf(stderr, "  exchange   of a large table by its keys: %u merges of parts\n", job->edges);
    else
        fprintf(stderr, "  tree       %u levels of workers, %u edges\n", job->depth, job->edges);
    fprintf(stderr, "  bytes      %llu over all edges, %llu over the largest; %llu to the root",
            (unsigned long long)job->edge_bytes, (unsigned long long)job->largest_edge, (unsigned long long)job->root_bytes);
    if (job->capture_bytes + job->slice_bytes)
        fprintf(stderr, "; from the root %llu of captured values, %llu of lists", (unsigned long long)job->capture_bytes,
                (unsigned long long)job->slice_bytes);
    fprintf(stderr, "\n");
}

/* The run from start to end: what was before the first job and after the last one is as it was here. */
static void show_whole(const Profile *profile, const Simulated *result, uint64_t began, uint64_t ended) {
    uint64_t last = 0;
    for (size_t i = 0; i < profile->len; i++)
        if (profile->jobs[i].ended > last) last = profile->jobs[i].ended;
    uint64_t before = profile->jobs[0].submitted - began, after = ended - last;
    fprintf(
        stderr,
        "\nin all: %.3f s from start to end: as here, %.3f s before the first job and %.3f s after the last one; %.3f s from the "
        "first job to the last, with what the program does between; %llu messages keep the scheduler busy for %.3f s of it\n",
        seconds(before + result->time + after), seconds(before), seconds(after), seconds(result->time),
        (unsigned long long)result->messages, seconds(result->sched_busy));
}

void simulated_show(Profile *profile, const Options *options, uint64_t began, uint64_t ended) {
    profile_finish(profile);
    SimulateConfig config = {
        .workers = options->simulated, .latency = LATENCY, .bytes_per_second = BANDWIDTH, .message_cost = MESSAGE_COST};
    Simulated result;
    bool is_good = simulate(profile, &config, &result);
    fprintf(stderr,
            "\nsimulated with %u workers, one to a machine; %.0f us and %.0f Gbit/s between any two, %.0f us for a message at the "
            "scheduler\n",
            config.workers, (double)config.latency / 1e3, config.bytes_per_second * 8 / 1e9, (double)config.message_cost / 1e3);
    if (result.count == 0) fprintf(stderr, "nothing was handed to workers: a larger cluster would not help\n");
    for (size_t i = 0; i < result.count; i++)
        if (result.jobs[i].is_over) show_job(&profile->jobs[i], &result.jobs[i], config.workers);
    if (!is_good) fprintf(stderr, "\nthe simulated run fails: %s\n", result.text);
    if (is_good && result.count) show_whole(profile, &result, began, ended);
    simulated_free(&result);
}
