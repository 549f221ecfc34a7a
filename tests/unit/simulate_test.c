/* simulate_test.c: runs of other sizes than the one that was profiled: work that divides goes faster with more workers, results
 * that grow cost what they weigh, and the same question has the same answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/sim/queue.h"
#include "runtime/sim/simulate.h"

#define MICROSECOND ((uint64_t)1000)
#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

static void things_happen_in_the_order_of_time(void **state) {
    (void)state;
    Queue queue = {0};
    static const uint64_t times[] = {5, 3, 9, 3, 1, 7, 3};
    char things[7];
    for (size_t i = 0; i < 7; i++) queue_add(&queue, times[i], &things[i]);
    static const size_t expected[] = {4, 1, 3, 6, 0, 5, 2}; /* what was added first comes first */
    uint64_t time = 0, before = 0;
    for (size_t i = 0; i < 7; i++) {
        assert_ptr_equal(queue_take(&queue, &time), &things[expected[i]]);
        assert_true(time >= before && time == times[expected[i]]);
        before = time;
    }
    assert_null(queue_take(&queue, &time));
    queue_free(&queue);
}

/* A real run of two workers: half of a job's chunks each, a merge, and the result; `size` are the bytes of a half and of all. */
static void run_job(Profile *profile, uint64_t number, uint64_t begin, uint64_t chunks, uint64_t each, uint64_t half,
                    uint64_t all) {
    Message submit = {.kind = MSG_JOB_SUBMIT, .job = number, .as.submit.spec = {.chunks = chunks, .blob_size = 10, .grain = 1}};
    profile_note(profile, &submit, false, begin);
    for (uint64_t i = 0; i < 8; i++) {
        uint64_t first = chunks * i / 8, count = chunks * (i + 1) / 8 - first;
        Message range = {.kind = MSG_RANGE, .job = number, .as.range = {.range = i + 1, .first = first, .count = count}};
        range.as.range.bag = 1 + i / 4;
        profile_note(profile, &range, true, begin + 1);
        Message done = {.kind = MSG_RANGE_DONE, .job = number, .as.range_done = {.range = i + 1, .first = first, .count = count}};
        done.as.range_done.done = done.as.range_done.elements = count;
        done.as.range_done.nanoseconds = count * each;
        profile_note(profile, &done, false, begin + 2);
    }
    Message merge = {.kind = MSG_MERGE, .job = number, .as.merge = {.step = 1, .into = 1, .from = 1, .from_bag = 2, .parts = 1}};
    profile_note(profile, &merge, true, begin + 3);
    Message merged = {.kind = MSG_MERGE_DONE, .job = number, .as.merge_done = {.step = 1, .merged = true, .size = half}};
    merged.as.merge_done.nanoseconds = half;
    profile_note(profile, &merged, false, begin + 4);
    Message finished = {.kind = MSG_JOB_DONE, .job = number, .as.job_done = {.bag = 1, .limit = chunks}};
    profile_note(profile, &finished, true, begin + SECOND);
    Message end = {.kind = MSG_JOB_END, .job = number, .as.job_end = {.size = all}};
    profile_note(profile, &end, false, begin + SECOND + MILLISECOND);
}

static Simulated run_with(const Profile *profile, uint32_t workers) {
    SimulateConfig config = {.workers = workers, .latency = 50 * MICROSECOND, .bytes_per_second = 1e9, .message_cost = MICROSECOND};
    Simulated result;
    if (!simulate(profile, &config, &result)) fail_msg("%s", result.text);
    return result;
}

static void sizes_follow_what_was_seen(void **state) {
    (void)state;
    Profile profile = {0};
    run_job(&profile, 1, SECOND, 1000, 1000, 88, 88);
    run_job(&profile, 2, 3 * SECOND, 1000, 1000, 500000, 1000000);
    run_job(&profile, 3, 5 * SECOND, 1000, 1000, 707107, 1000000);
    profile_finish(&profile);
    assert_int_equal(profile_bag_size(&profile.jobs[0], 1), 88);             /* a sum */
    assert_in_range(profile_bag_size(&profile.jobs[1], 100), 99000, 101000); /* a list */
    assert_in_range(profile_bag_size(&profile.jobs[2], 10), 99000, 101000);  /* a table: with the root of what went in */
    assert_int_equal(profile_cost(&profile.jobs[0], 100, 50), 50000);
    assert_int_equal(profile_cost(&profile.jobs[0], 0, 1000), 1000000);
    profile_free(&profile);
}

static void more_workers_are_faster(void **state) {
    (void)state;
    Profile profile = {0};
    run_job(&profile, 1, SECOND, 4000, MILLISECOND, 88, 88); /* 4 s of work */
    profile_finish(&profile);
    uint64_t before = UINT64_MAX;
    for (uint32_t workers = 1; workers <= 64; workers *= 4) {
        Simulated result = run_with(&profile, workers), again = run_with(&profile, workers);
        uint64_t took = result.jobs[0].ended - result.jobs[0].started;
        assert_true(took >= 4 * SECOND / workers);
        assert_true(took < 4 * SECOND / workers * 5 / 4 + 5 * MILLISECOND);
        assert_true(took < before);
        assert_int_equal(result.jobs[0].workers, workers);
        assert_int_equal(result.jobs[0].edges, workers - 1);
        assert_true((1u << result.jobs[0].depth) >= workers && result.jobs[0].depth <= 7);
        assert_memory_equal(result.jobs, again.jobs, sizeof *result.jobs);
        before = took;
        simulated_free(&result);
        simulated_free(&again);
    }
    profile_free(&profile);
}

static void large_results_weigh_on_the_edges(void **state) {
    (void)state;
    Profile profile = {0};
    run_job(&profile, 1, SECOND, 4000, 1000, 500000000, 1000000000); /* a list of a gigabyte */
    profile_finish(&profile);
    Simulated result = run_with(&profile, 16);
    const SimulatedJob *job = &result.jobs[0];
    assert_in_range(job->root_bytes, 990000000, 1010000000);
    assert_in_range(job->largest_edge, 400000000, 600000000);
    assert_in_range(job->edge_bytes, 1900000000, 2100000000u); /* four levels, half of all on each */
    assert_true(job->ended - job->started > 2 * SECOND);       /* a gigabyte to the root, and nearly another one up the tree */
    simulated_free(&result);
    profile_free(&profile);
}

static void jobs_keep_their_distance(void **state) {
    (void)state;
    Profile profile = {0};
    run_job(&profile, 1, SECOND, 100, MILLISECOND, 88, 88);
    run_job(&profile, 2, 4 * SECOND, 100, MILLISECOND, 88, 88); /* about two seconds after the end of the first */
    Message cancelled = {.kind = MSG_JOB_SUBMIT, .job = 3, .as.submit.spec = {.chunks = 100000, .grain = 1}};
    profile_note(&profile, &cancelled, false, 6 * SECOND);
    cancelled = (Message){.kind = MSG_JOB_END, .job = 3};
    profile_note(&profile, &cancelled, false, 6 * SECOND + 7 * MILLISECOND);
    profile_finish(&profile);
    Simulated result = run_with(&profile, 10);
    uint64_t first = result.jobs[0].ended - result.jobs[0].started;
    assert_true(first < 30 * MILLISECOND);
    assert_int_equal(result.jobs[1].started - result.jobs[0].ended, 4 * SECOND - 2 * SECOND - MILLISECOND);
    assert_int_equal(result.jobs[2].ended - result.jobs[2].started, 7 * MILLISECOND);
    assert_int_equal(result.count, 3);
    simulated_free(&result);
    profile_free(&profile);
}

static void thousands_of_workers_are_no_problem(void **state) {
    (void)state;
    Profile profile = {0};
    run_job(&profile, 1, SECOND, 65536, MILLISECOND, 88, 88);
    profile_finish(&profile);
    Simulated result = run_with(&profile, 3000);
    assert_int_equal(result.jobs[0].workers, 3000);
    assert_in_range(result.jobs[0].depth, 12, 13);
    assert_true(result.jobs[0].ended - result.jobs[0].started < SECOND / 5);
    simulated_free(&result);
    profile_free(&profile);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_happen_in_the_order_of_time),
        cmocka_unit_test(sizes_follow_what_was_seen),
        cmocka_unit_test(more_workers_are_faster),
        cmocka_unit_test(large_results_weigh_on_the_edges),
        cmocka_unit_test(jobs_keep_their_distance),
        cmocka_unit_test(thousands_of_workers_are_no_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
