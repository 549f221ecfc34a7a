/* sched_lost_test.c: the scheduler when workers are lost, event by event: what is run again, by whom, and who is to blame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/sched_bench.h"

static void dies(Bench *bench, uint32_t peer) {
    step(bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100 + peer, .text = "killed by signal 9"});
    tick_at(bench, bench->now + 200);
}

/* Numbers of processes are used again, also by one that dies before anything is heard of it. */
static void a_pid_is_used_again(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .may_replace = true}, 2);
    SchedEvent ends = {
        .kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 102, .role = ROLE_WORKER, .at_chunk = -1, .text = "killed"};
    step(&bench, ends);
    tick_at(&bench, bench.now + 200);
    assert_non_null(acted(&bench, SCHED_REPLACE));
    step(&bench, ends);
    tick_at(&bench, bench.now + 200);
    assert_non_null(acted(&bench, SCHED_REPLACE));
    bench_free(&bench);
}

static void the_work_of_the_dead_is_done_by_others(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 4}, 2);
    submit(&bench, 1, 12); /* worker 0: 0-3, 8-11; worker 1: 4-7 */
    say(&bench, 1, done(1, 0, 4));
    step(&bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 101, .text = "killed by signal 9"});
    assert_int_equal(bench.out.len, 0); /* a last word may be on its way */
    assert_int_equal(sched_next_tick(bench.sched), 200000000);
    tick_at(&bench, 200);
    assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "worker 0 (host1, pid 101) was lost: killed by signal 9; 8 chunks are"));
    assert_null(acted(&bench, SCHED_KILL));
    assert_null(acted(&bench, SCHED_REPLACE));
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0); /* of what somebody died of, nothing waits behind something else */
    say(&bench, 2, done(1, 4, 4));
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0); /* what it had mapped, and then what it was mapping */
    say(&bench, 2, done(1, 0, 4));
    uint64_t first = 8;
    for (; first < 12 && count_sent(&bench, 0, MSG_JOB_DONE) == 0; first++)
        say(&bench, 2, done(1, first, 1)); /* blamed: in pieces */
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 1);
    /* The last one leaves nobody to go on. */
    dies(&bench, 2);
    assert_int_equal(count_sent(&bench, 0, MSG_SHUTDOWN), 1);
    say(&bench, 0, (Message){.kind = MSG_BYE, .as.end = {.status = 1}});
    assert_string_equal(acted(&bench, SCHED_END)->text,
                        "no worker is left: worker 1 (host2, pid 102) was lost: killed by signal 9");
    bench_free(&bench);
}

static void the_dead_are_replaced(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .may_replace = true}, 1);
    submit(&bench, 1, 1);
    dies(&bench, 1);
    assert_non_null(acted(&bench, SCHED_REPLACE));
    hello(&bench, 2, ROLE_WORKER);
    assert_int_equal(sent(&bench, 2, MSG_WELCOME, 0)->as.welcome.worker, 1); /* numbers are never given twice */
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0);
    dies(&bench, 2);
    for (int i = 0; i < 3; i++) { /* where none can be started, that is tried a few times */
        step(&bench, (SchedEvent){.kind = SCHED_NOT_STARTED, .text = "no memory"});
        assert_non_null(acted(&bench, SCHED_REPLACE));
    }
    step(&bench, (SchedEvent){.kind = SCHED_NOT_STARTED, .text = "no memory"});
    assert_null(acted(&bench, SCHED_REPLACE));
    say(&bench, 0, (Message){.kind = MSG_BYE, .as.end = {.status = 1}});
    assert_string_equal(acted(&bench, SCHED_END)->text, "no worker is left: a worker was lost: no memory");
    bench_free(&bench);
}

/* Worker w has chunk w of job 1, of as many chunks as there are workers, and the first merges are under way. */
static Bench bench_that_merges(uint32_t workers) {
    Bench bench = bench_new((SchedConfig){.workers = workers, .range_chunks = 1}, workers);
    submit(&bench, 1, workers);
    for (uint32_t worker = 0; worker < workers; worker++) say(&bench, worker + 1, done(1, worker, 1));
    return bench;
}

static void a_dead_inner_node_costs_its_own_chunks_only(void **state) {
    (void)state;
    Bench bench = bench_that_merges(4);
    uint32_t one = sent(&bench, 1, MSG_MERGE, 0)->as.merge.step, two = sent(&bench, 3, MSG_MERGE, 0)->as.merge.step;
    say(&bench, 1, merged(1, one)); /* worker 0 has 0 and 1 */
    dies(&bench, 1);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.count, 1);
    assert_true(sent(&bench, 2, MSG_RANGE, 0)->as.range.bag > 4); /* its old bag was asked for, and is frozen */
    say(&bench, 3, merged(1, two));
    assert_int_equal(bench.out.len, 0); /* something is missing: nobody merges */
    say(&bench, 2, done(1, 0, 1));
    const MsgMerge *merge = &sent(&bench, 2, MSG_MERGE, 0)->as.merge;
    assert_true(merge->from == 1 && merge->from_bag == 2); /* the new bag takes in the old one */
    say(&bench, 2, merged(1, merge->step));
    merge = &sent(&bench, 2, MSG_MERGE, 0)->as.merge;
    assert_int_equal(merge->from, 2);
    say(&bench, 2, merged(1, merge->step));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 1);
    /* So does one that dies with the result. */
    dies(&bench, 2);
    assert_int_equal(sent(&bench, 0, MSG_WORKER_LOST, 0)->as.text.worker, 1);
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 0);
    assert_int_equal(sent(&bench, 4, MSG_RANGE, 0)->as.range.first, 1);
    bench_free(&bench);
}

static void a_merge_from_the_dead_is_taken_back(void **state) {
    (void)state;
    Bench bench = bench_that_merges(2);
    uint32_t first = sent(&bench, 1, MSG_MERGE, 0)->as.merge.step;
    dies(&bench, 2);
    assert_int_equal(sent(&bench, 1, MSG_MERGE_VOID, 0)->as.merge_void.step, first);
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 0); /* it may have been merged already */
    Message no = merged(1, first);
    no.as.merge_done.merged = false;
    say(&bench, 1, no);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->as.range.first, 1);
    say(&bench, 1, done(1, 1, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.bag, 1);
    bench_free(&bench);

    bench = bench_that_merges(2);
    first = sent(&bench, 1, MSG_MERGE, 0)->as.merge.step;
    dies(&bench, 2);
    say(&bench, 1, merged(1, first));
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 0);
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 0);
    bench_free(&bench);
}

/* A merge whose target dies leaves a bag that was asked for: it is whole, but nothing can go into it. */
static void two_frozen_bags_meet_in_a_new_one(void **state) {
    (void)state;
    Bench bench = bench_that_merges(4);
    uint32_t one = sent(&bench, 1, MSG_MERGE, 0)->as.merge.step;
    dies(&bench, 1);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0);
    dies(&bench, 3);
    say(&bench, 4, done(1, 2, 1));
    say(&bench, 2, done(1, 0, 1));
    (void)one;
    uint32_t merges = 0;
    for (bool is_over = false; !is_over && merges < 9; merges++) {
        uint32_t peer = count_sent(&bench, 2, MSG_MERGE) ? 2 : 4;
        MsgMerge merge = sent(&bench, peer, MSG_MERGE, 0)->as.merge;
        assert_true(merge.into > 4); /* bags 2 and 4 were asked for */
        if (count_sent(&bench, 2, MSG_MERGE) && count_sent(&bench, 4, MSG_MERGE)) {
            MsgMerge other = sent(&bench, 4, MSG_MERGE, 0)->as.merge;
            say(&bench, 4, merged(1, other.step));
        }
        say(&bench, peer, merged(1, merge.step));
        is_over = count_sent(&bench, 0, MSG_JOB_DONE) > 0;
    }
    assert_int_equal(merges, 2);
    bench_free(&bench);
}

static void jobs_of_the_dead_end(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 1}, 3);
    uint64_t nested = JOB_NUMBER(1, 1);
    submit(&bench, 1, 1);
    submit_nested(&bench, 1, 6, 1, 3); /* workers 1 and 2 help */
    dies(&bench, 1);
    assert_int_equal(sent(&bench, 2, MSG_JOB_END, 0)->job, nested);
    assert_int_equal(sent(&bench, 3, MSG_JOB_END, 0)->job, nested);
    assert_true(sent(&bench, 2, MSG_RANGE, 0)->job == 1 && sent(&bench, 2, MSG_RANGE, 0)->as.range.first == 0);
    say(&bench, 2, part_done(nested, 3, 1, "bag")); /* late: it is free for others */
    assert_int_equal(count_sent(&bench, 1, MSG_PART), 0);
    assert_null(sched_job_stats(bench.sched, nested));
    bench_free(&bench);
}

static void parts_of_the_dead_are_mapped_again(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 1}, 3);
    uint64_t nested = JOB_NUMBER(1, 1);
    submit(&bench, 1, 2);
    submit_nested(&bench, 1, 4, 0, 3);
    Message large = part_done(nested, 3, 1, "");
    large.as.range_done.bag_size = 100000;
    say(&bench, 3, large);
    uint32_t bag = sent(&bench, 1, MSG_PART, 0)->as.part.bag;
    dies(&bench, 3);
    assert_int_equal(sent(&bench, 1, MSG_WORKER_LOST, 0)->as.text.worker, 2);
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0); /* the owner may have it */
    Message no = {.kind = MSG_PART_TAKEN, .job = nested, .as.part_taken = {.bag = bag}};
    say(&bench, 1, no);
    say(&bench, 2, done(1, 1, 1));
    assert_true(sent(&bench, 2, MSG_RANGE, 0)->job == nested && sent(&bench, 2, MSG_RANGE, 0)->as.range.first == 3);
    bench_free(&bench);
}

static void who_cannot_be_reached_is_let_go_the_second_time(void **state) {
    (void)state;
    Bench bench = bench_that_merges(2);
    MsgMerge merge = sent(&bench, 1, MSG_MERGE, 0)->as.merge;
    Message complaint = {.kind = MSG_UNREACHABLE, .job = 1, .as.unreachable = {.worker = 1, .bag = merge.from_bag}};
    Message no = merged(1, merge.step);
    no.as.merge_done.merged = false;
    say(&bench, 1, complaint);
    say(&bench, 1, no);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->as.range.first, 1); /* its chunk is mapped again, by whoever */
    complaint.as.unreachable.bag = 77;
    say(&bench, 1, complaint);
    assert_int_equal(acted(&bench, SCHED_KILL)->pid, 102);
    /* Who cannot get what the program has is let go itself. */
    complaint.as.unreachable = (MsgUnreachable){.worker = -1};
    say(&bench, 1, complaint);
    assert_int_equal(acted(&bench, SCHED_KILL)->pid, 101);
    bench_free(&bench);
}

/* Two that do not reach each other are a matter of what lies between them: a third takes in what they have. */
static void a_third_takes_in_what_two_cannot_exchange(void **state) {
    (void)state;
    Bench bench = bench_that_merges(3); /* bags 1 to 3, of workers 0 to 2: 0 pulls from 1 */
    MsgMerge merge = sent(&bench, 1, MSG_MERGE, 0)->as.merge;
    Message complaint = {.kind = MSG_UNREACHABLE, .job = 1, .as.unreachable = {.worker = 1, .bag = 2}};
    Message no = merged(1, merge.step);
    assert_int_equal(merge.from_bag, 2);
    no.as.merge_done.merged = false;
    say(&bench, 1, complaint);
    assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "worker 0 (host1, pid 101) could not reach worker 1 (host2, pid 102)"));
    say(&bench, 1, complaint); /* of another merge, at the same time */
    assert_null(acted(&bench, SCHED_KILL));
    say(&bench, 1, no);
    for (uint32_t peer = 1; peer <= 3; peer++) assert_int_equal(count_sent(&bench, peer, MSG_RANGE), 0); /* the bag is sound */
    for (uint32_t merges = 0; count_sent(&bench, 0, MSG_JOB_DONE) == 0; merges++) {
        uint32_t peer = 1;
        while (peer < 3 && count_sent(&bench, peer, MSG_MERGE) == 0) peer++;
        merge = sent(&bench, peer, MSG_MERGE, 0)->as.merge;
        assert_false(peer - 1 + merge.from == 1 && peer - 1 != merge.from); /* between 0 and 1, either way */
        assert_true(merges < 4);
        say(&bench, peer, merged(1, merge.step));
    }
    /* When the third is lost, it is tried again, and what is complained of then counts. */
    bench_free(&bench);
    bench = bench_that_merges(3);
    merge = sent(&bench, 1, MSG_MERGE, 0)->as.merge;
    say(&bench, 1, complaint);
    dies(&bench, 3);
    no.as.merge_done.step = merge.step;
    say(&bench, 1, no);
    say(&bench, 1, done(1, 2, 1));
    merge = sent(&bench, 1, MSG_MERGE, 0)->as.merge;
    assert_int_equal(merge.from, 1);
    say(&bench, 1, complaint);
    assert_int_equal(acted(&bench, SCHED_KILL)->pid, 102);
    bench_free(&bench);
}

/* Of what somebody has died of nothing waits behind something else; when others have mapped it, that is over. */
static void what_others_have_mapped_is_not_suspected(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 1}, 2);
    submit(&bench, 1, 12); /* worker 0: 0, 2; worker 1: 1, 3 */
    dies(&bench, 1);
    say(&bench, 2, done(1, 1, 1));
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    say(&bench, 2, done(1, 3, 1));
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 1);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0);
    say(&bench, 2, done(1, 0, 1));
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 2);
    bench_free(&bench);
}

static void ends_at(Bench *bench, uint32_t peer, int64_t chunk) {
    SchedEvent event = {.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100 + peer, .text = "killed by signal 9"};
    event.at_job = 1;
    event.at_chunk = chunk;
    event.at_count = 1;
    step(bench, event);
}

static void dies_at(Bench *bench, uint32_t peer, int64_t chunk) {
    ends_at(bench, peer, chunk);
    tick_at(bench, bench->now + 200);
}

static void a_chunk_that_kills_three_fails_the_job(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 8, .may_replace = true}, 1);
    submit(&bench, 1, 8);
    for (uint32_t peer = 1; peer <= 3; peer++) {
        if (peer > 1) hello(&bench, peer, ROLE_WORKER);
        for (uint64_t first = 0; peer > 1 && first < 8; first++) { /* it may be handed out alone */
            if (first == 5) continue;
            say(&bench, peer, done(1, 0, 5));
        }
        dies_at(&bench, peer, 5);
        assert_int_equal(count_sent(&bench, 0, MSG_POISON), peer == 3);
    }
    const MsgPoison *poison = &sent(&bench, 0, MSG_POISON, 0)->as.poison;
    assert_true(poison->chunk == 5 && poison->workers == 3);
    assert_string_equal(poison->how, "killed by signal 9");
    hello(&bench, 4, ROLE_WORKER);
    assert_int_equal(count_sent(&bench, 4, MSG_RANGE), 0); /* nobody else is risked */
    say(&bench, 0, (Message){.kind = MSG_JOB_END, .job = 1});
    assert_non_null(acted(&bench, SCHED_JOB_FINISHED));
    bench_free(&bench);
}

/* What a worker was at need not be known: the range that it had longest is handed out in smaller pieces, down to one chunk. */
static void an_unknown_chunk_is_found_by_narrowing(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 16, .may_replace = true}, 1);
    submit(&bench, 1, 16);
    uint64_t last = 16;
    uint32_t peer = 1;
    for (; peer < 9; peer++) {
        if (peer > 1) hello(&bench, peer, ROLE_WORKER);
        MsgRange range = sent(&bench, peer, MSG_RANGE, 0)->as.range;
        assert_true(range.first == 0 && (peer == 1 || range.count < last || range.count == 1));
        last = range.count;
        dies(&bench, peer);
        if (count_sent(&bench, 0, MSG_POISON)) break;
    }
    assert_int_equal(peer, 3); /* of 16 chunks, of 4, of 1 */
    assert_int_equal(sent(&bench, 0, MSG_POISON, 0)->as.poison.chunk, 0);
    bench_free(&bench);
}

static Message took(uint64_t first, uint64_t count, uint64_t milliseconds) {
    Message message = done(1, first, count);
    message.as.range_done.nanoseconds = milliseconds * 1000000;
    return message;
}

/* Worker 0 has chunks 0-3 and takes long; worker 1 has done 4-7, at 10 ms each, and has nothing to do. */
static Bench bench_with_straggler(uint32_t flags) {
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 4}, 2);
    Message message = {.kind = MSG_JOB_SUBMIT, .job = 1};
    message.as.submit.spec = (JobSpec){.chunks = 8, .flags = flags};
    say(&bench, 0, message);
    bench.now = 40;
    say(&bench, 2, took(4, 4, 40));
    assert_int_equal(bench.out.len, 0);
    tick_at(&bench, 41);                                       /* worker 0 hears who is idle */
    assert_int_equal(sched_next_tick(bench.sched), 180000000); /* twice 40 ms, and 100 */
    tick_at(&bench, 180);
    MsgRange copy = sent(&bench, 2, MSG_RANGE, 0)->as.range;
    assert_true(copy.first == 0 && copy.count == 1 && copy.bag == 3); /* in pieces, in a bag of their own */
    return bench;
}

static void idle_workers_map_what_takes_long(void **state) {
    (void)state;
    Bench bench = bench_with_straggler(JOB_EXACT_COMMUTATIVE);
    for (uint64_t chunk = 0; chunk < 4; chunk++) say(&bench, 2, took(chunk, 1, 10));
    assert_int_equal(sent(&bench, 1, MSG_REVOKE, 0)->as.revoke.range, 1);
    assert_int_equal(count_sent(&bench, 2, MSG_MERGE), 1); /* worker 0 had nothing else: nobody waits for it */
    bench_free(&bench);
}

static void the_slow_one_may_be_first(void **state) {
    (void)state;
    Bench bench = bench_with_straggler(JOB_EXACT_COMMUTATIVE);
    say(&bench, 2, took(0, 1, 10));
    MsgRange copy = sent(&bench, 2, MSG_RANGE, 0)->as.range;
    say(&bench, 1, took(0, 4, 200));
    assert_int_equal(sent(&bench, 2, MSG_REVOKE, 0)->as.revoke.range, copy.range);
    /* What is in the bag of copies is void: chunk 0 counts once. */
    const MsgMerge *merge = &sent(&bench, count_sent(&bench, 1, MSG_MERGE) ? 1 : 2, MSG_MERGE, 0)->as.merge;
    assert_true(merge->into + merge->from_bag == 3);
    uint32_t puller = count_sent(&bench, 1, MSG_MERGE) ? 1 : 2;
    say(&bench, puller, merged(1, merge->step));
    assert_int_equal(count_sent(&bench, 0, MSG_JOB_DONE), 1);
    bench_free(&bench);
}

static void copies_of_the_dead_count(void **state) {
    (void)state;
    Bench bench = bench_with_straggler(JOB_MAY_STOP_EARLY);
    say(&bench, 2, took(0, 1, 10));
    dies(&bench, 1);
    for (uint64_t chunk = 1; chunk < 4; chunk++) say(&bench, 2, took(chunk, 1, 10));
    const MsgMerge *merge = &sent(&bench, 2, MSG_MERGE, 0)->as.merge;
    say(&bench, 2, merged(1, merge->step));
    while (count_sent(&bench, 2, MSG_MERGE)) say(&bench, 2, merged(1, sent(&bench, 2, MSG_MERGE, 0)->as.merge.step));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 1);
    bench_free(&bench);
}

/* What a process had that has ended is handed out when its end counts, not before as something that takes long. */
static void the_dead_are_no_stragglers(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 4}, 2);
    submit(&bench, 1, 8);
    bench.now = 40;
    say(&bench, 2, took(4, 4, 40));
    bench.now = 100;
    ends_at(&bench, 1, 0);
    tick_at(&bench, 190); /* twice 40 ms, and 100, are over */
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    tick_at(&bench, 300);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 0);
    bench_free(&bench);
    /* Nor is more of it handed out when it was something that takes long before. */
    bench = bench_with_straggler(JOB_MAY_STOP_EARLY);
    ends_at(&bench, 1, 1);
    say(&bench, 2, took(0, 1, 10));
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    tick_at(&bench, bench.now + 200);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 1);
    bench_free(&bench);
}

/* Worker 0 is slow, or has died and nobody knows: it may be one of the three. Others die of the first piece of its range. */
static void those_who_may_die_yet_are_counted(void **state) {
    (void)state;
    Bench bench = bench_with_straggler(JOB_MAY_STOP_EARLY);
    hello(&bench, 3, ROLE_WORKER);
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 1);
    dies_at(&bench, 2, 0);
    for (uint32_t peer = 4; peer <= 5; peer++) {
        hello(&bench, peer, ROLE_WORKER);
        say(&bench, peer, took(4, 4, 40)); /* what the last one had mapped */
        /* When one has died, and one holds it, another may be risked; when two have, what is behind it is all that is left. */
        assert_int_equal(sent(&bench, peer, MSG_RANGE, 0)->as.range.first, peer == 4 ? 0 : 2);
        if (peer == 4) dies_at(&bench, peer, 0);
    }
    say(&bench, 3, took(1, 1, 10));
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 3);
    say(&bench, 3, took(3, 1, 10));
    say(&bench, 5, took(2, 1, 10));
    assert_true(count_sent(&bench, 3, MSG_RANGE) == 0 && count_sent(&bench, 5, MSG_RANGE) == 0);
    dies_at(&bench, 1, 0);
    assert_int_equal(sent(&bench, 0, MSG_POISON, 0)->as.poison.workers, 3);
    assert_true(count_sent(&bench, 3, MSG_RANGE) == 0 && count_sent(&bench, 5, MSG_RANGE) == 0); /* nobody else is risked */
    bench_free(&bench);
}

static void dying_in_vain_has_an_end(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .may_replace = true}, 1);
    submit(&bench, 1, 1);
    uint32_t peer = 1;
    for (; peer < 20 && count_sent(&bench, 0, MSG_SHUTDOWN) == 0; peer++) {
        if (peer > 1) hello(&bench, peer, ROLE_WORKER);
        dies_at(&bench, peer, -1); /* not of a chunk */
    }
    assert_int_equal(peer, 5);
    say(&bench, 0, (Message){.kind = MSG_BYE, .as.end = {.status = 1}});
    assert_non_null(strstr(acted(&bench, SCHED_END)->text, "4 workers were lost one after another, and no job got further"));
    bench_free(&bench);
}

/* Each maps a chunk, and dies of what it keeps: that is no progress, however often a chunk is mapped. */
static void dying_of_what_one_keeps_has_an_end(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .may_replace = true, .range_chunks = 1}, 1);
    submit(&bench, 1, 100);
    uint32_t peer = 1;
    for (; peer < 40 && count_sent(&bench, 0, MSG_SHUTDOWN) == 0; peer++) {
        if (peer > 1) hello(&bench, peer, ROLE_WORKER);
        uint64_t chunk = bench.handed[bench.handed_count - 2].range.first;
        say(&bench, peer, done(1, chunk, 1));
        dies_at(&bench, peer, -1);
    }
    assert_true(peer > 2 && peer < 10);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pid_is_used_again),
        cmocka_unit_test(the_work_of_the_dead_is_done_by_others),
        cmocka_unit_test(the_dead_are_replaced),
        cmocka_unit_test(a_dead_inner_node_costs_its_own_chunks_only),
        cmocka_unit_test(a_merge_from_the_dead_is_taken_back),
        cmocka_unit_test(two_frozen_bags_meet_in_a_new_one),
        cmocka_unit_test(jobs_of_the_dead_end),
        cmocka_unit_test(parts_of_the_dead_are_mapped_again),
        cmocka_unit_test(who_cannot_be_reached_is_let_go_the_second_time),
        cmocka_unit_test(a_third_takes_in_what_two_cannot_exchange),
        cmocka_unit_test(what_others_have_mapped_is_not_suspected),
        cmocka_unit_test(a_chunk_that_kills_three_fails_the_job),
        cmocka_unit_test(an_unknown_chunk_is_found_by_narrowing),
        cmocka_unit_test(idle_workers_map_what_takes_long),
        cmocka_unit_test(the_slow_one_may_be_first),
        cmocka_unit_test(copies_of_the_dead_count),
        cmocka_unit_test(the_dead_are_no_stragglers),
        cmocka_unit_test(those_who_may_die_yet_are_counted),
        cmocka_unit_test(dying_in_vain_has_an_end),
        cmocka_unit_test(dying_of_what_one_keeps_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
