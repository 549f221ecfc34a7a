/* sched_test.c: the scheduler, event by event: the start, jobs, merging, health, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/sched_bench.h"

static void workers_are_welcomed_by_number(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3}, 2);
    const Message *welcome = sent(&bench, 2, MSG_WELCOME, 0);
    assert_int_equal(welcome->as.welcome.worker, 1);
    assert_int_equal(welcome->as.welcome.workers, 3);
    assert_int_equal(sched_worker_count(bench.sched), 2);
    assert_string_equal(sched_worker(bench.sched, 1).name, "host2");
    /* A repeated HELLO changes nothing. */
    hello(&bench, 2, ROLE_WORKER);
    assert_int_equal(bench.out.len, 0);
    assert_int_equal(sched_ignored(bench.sched), 1);
    bench_free(&bench);
}

static Message foreign_hello(uint32_t version, uint8_t program) {
    Message message = {.kind = MSG_HELLO};
    message.as.hello = (MsgHello){.role = ROLE_WORKER, .version = version, .name = "stranger", .program = {program}, .wish = -1};
    return message;
}

static void another_program_is_turned_away(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 1);
    say(&bench, 2, foreign_hello(PROTOCOL_VERSION, 1));
    assert_int_equal(count_sent(&bench, 2, MSG_WELCOME), 0);
    assert_int_equal(sent(&bench, 2, MSG_SHUTDOWN, 0)->as.end.status, 1);
    assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "stranger runs another program"));
    say(&bench, 3, foreign_hello(PROTOCOL_VERSION + 1, 0));
    assert_int_equal(count_sent(&bench, 3, MSG_SHUTDOWN), 1);
    assert_null(acted(&bench, SCHED_LOG)); /* said once */
    assert_int_equal(sched_ignored(bench.sched), 2);
    Message heartbeat = {.kind = MSG_HEARTBEAT};
    say(&bench, 2, heartbeat); /* it is as unknown as before */
    assert_int_equal(sched_ignored(bench.sched), 3);
    hello(&bench, 4, ROLE_WORKER); /* the run goes on */
    assert_int_equal(sent(&bench, 4, MSG_WELCOME, 0)->as.welcome.worker, 1);
    bench_free(&bench);
}

static void the_program_may_be_known_before_anybody_speaks(void **state) {
    (void)state;
    Bench bench = {.sched = sched_new(&(SchedConfig){.workers = 1}, 0)};
    sched_expect_program(bench.sched, (uint8_t[MESSAGE_HASH_SIZE]){0});
    say(&bench, 0, foreign_hello(PROTOCOL_VERSION, 1));
    assert_int_equal(count_sent(&bench, 0, MSG_WELCOME), 0);
    hello(&bench, 1, ROLE_WORKER);
    assert_int_equal(count_sent(&bench, 1, MSG_WELCOME), 1);
    bench_free(&bench);
}

static void ranges_wait_for_all_or_a_while(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 1);
    submit(&bench, 1, 8);
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 0);
    assert_int_equal(sched_next_tick(bench.sched), 100000000);
    tick_at(&bench, 99);
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 0);
    tick_at(&bench, 100);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_START), 1);
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 2);
    /* Who comes late joins in. */
    hello(&bench, 2, ROLE_WORKER);
    assert_int_equal(sent(&bench, 2, MSG_JOB_START, 0)->size, 4);
    assert_memory_equal(sent(&bench, 2, MSG_JOB_START, 0)->bytes, "blob", 4);
    assert_string_equal(sent(&bench, 2, MSG_JOB_START, 0)->as.start.owner_endpoint, "ipc://0");
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 2);
    bench_free(&bench);
}

static void everybody_gets_a_first_range_before_anybody_a_second(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 4}, 4);
    submit(&bench, 1, 5);
    for (uint32_t peer = 1; peer <= 4; peer++) assert_int_equal(sent(&bench, peer, MSG_RANGE, 0)->as.range.first, peer - 1);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 1)->as.range.first, 4);
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 1);
    bench_free(&bench);
}

/* A few short ones come first. Each chunk takes so many nanoseconds. `end` is the least that a range has behind those. Returns how
 * many ranges there were. */
static size_t check_ranges(uint64_t nanoseconds, uint64_t least, uint64_t most, uint64_t end) {
    size_t ranges = 0;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 2);
    submit(&bench, 1, 1000);
    uint64_t next = 0, largest = 0;
    MsgRange open[4];
    for (uint32_t i = 0; i < 4; i++) open[i] = sent(&bench, 1 + i % 2, MSG_RANGE, i / 2)->as.range;
    assert_int_equal(open[0].count, 1);
    for (uint32_t turn = 0; next < 1000; turn = (turn + 1) % 4) {
        MsgRange range = open[turn];
        assert_int_equal(range.first, next);
        if (end == 1) assert_int_equal(range.first % range.count, 0);
        if (range.count > largest) largest = range.count;
        if (largest > 64 && next + range.count < 1000) assert_true(range.count >= end);
        next += range.count;
        ranges++;
        Message message = done(1, range.first, range.count);
        message.as.range_done.nanoseconds = nanoseconds * range.count;
        say(&bench, 1 + turn % 2, message);
        if (count_sent(&bench, 1 + turn % 2, MSG_RANGE)) open[turn] = sent(&bench, 1 + turn % 2, MSG_RANGE, 0)->as.range;
        if (next == 1000 && end == 1) assert_int_equal(range.count, 1);
    }
    assert_int_equal(next, 1000);
    assert_in_range(largest, least, most);
    bench_free(&bench);
    return ranges;
}

static void ranges_shrink_and_are_aligned(void **state) {
    (void)state;
    size_t of_some_time = check_ranges(100000, 32, 64, 1);
    size_t of_little = check_ranges(5000, 64, 128, 10);       /* none is shorter than its messages take */
    size_t of_next_to_none = check_ranges(100, 128, 512, 64); /* short ranges are not worth their messages */
    assert_in_range(of_little, 2, of_some_time - 1);
    assert_in_range(of_next_to_none, 2, 3 * of_some_time / 4);
}

/* Does all of a job of 65,536 chunks, of a microsecond each; returns how many the first range had. */
static uint64_t first_range_of(Bench *bench, uint64_t job) {
    Message message = {.kind = MSG_JOB_SUBMIT, .job = job, .as.submit.spec = {.chunks = 1 << 16, .elements = 1 << 20}};
    size_t begun = bench->handed_count;
    say(bench, 0, message);
    for (size_t at = begun; at < bench->handed_count; at++) {
        MsgRange range = bench->handed[at].range;
        Message answer = done(job, range.first, range.count);
        answer.as.range_done.nanoseconds = 1000 * range.count;
        say(bench, 1, answer);
    }
    Message end = {.kind = MSG_JOB_END, .job = job};
    say(bench, 0, end);
    return bench->handed[begun].range.count;
}

/* What chunks of a task take is known from its last job, and need not be found out. */
static void tasks_are_remembered(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    assert_in_range(first_range_of(&bench, 1), 1, 64);
    assert_int_equal(first_range_of(&bench, 2), 4096);
    bench_free(&bench);
}

/* Says that worker 0 has done the range that it was handed last, whose chunks took so long each; returns the size of the next. */
static uint64_t next_after(Bench *bench, uint64_t nanoseconds) {
    MsgRange last = bench->handed[bench->handed_count - 1].range;
    Message message = done(1, last.first, last.count);
    message.as.range_done.nanoseconds = nanoseconds * last.count;
    message.as.range_done.credits = 1;
    say(bench, 1, message);
    return sent(bench, 1, MSG_RANGE, 0)->as.range.count;
}

static void ranges_take_some_milliseconds(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    submit(&bench, 1, 1000000);
    Message first = done(1, bench.handed[0].range.first, bench.handed[0].range.count);
    first.as.range_done.credits = 1; /* it was given two */
    say(&bench, 1, first);
    uint64_t count = 0;
    for (int i = 0; i < 40; i++) count = next_after(&bench, 1000000);
    assert_int_equal(count, 8); /* of a millisecond each */
    for (int i = 0; i < 40; i++) count = next_after(&bench, 1000);
    assert_int_equal(count, 4096);
    bench_free(&bench);
}

/* The range that a worker was handed last. */
static MsgRange last_of(const Bench *bench, uint32_t peer) {
    size_t i = bench->handed_count;
    while (i > 0 && bench->handed[i - 1].peer != peer) i--;
    assert_true(i > 0);
    return bench->handed[i - 1].range;
}

/* Where nodes are combined in order each worker has a stretch of its own; who comes to its end takes part of the largest one. */
static void workers_go_on_behind_their_last_range(void **state) {
    (void)state;
    enum { CHUNKS = 100, WORKERS = 3 };
    Bench bench = bench_new((SchedConfig){.workers = WORKERS, .range_chunks = 1}, WORKERS);
    submit_flagged(&bench, 1, CHUNKS, 0);
    uint32_t owner[CHUNKS], begun = 0, borders = 0;
    bool is_done[CHUNKS] = {false};
    memset(owner, 0, sizeof owner);
    size_t next = 0;
    for (uint32_t total = 0; total < CHUNKS; next++) {
        /* Worker 0 is three times as fast as the others. */
        uint32_t peer = next % 5 < 3 ? 1 : (uint32_t)(next % 5) - 1;
        for (size_t i = 0; i < bench.handed_count; i++) {
            MsgRange range = bench.handed[i].range;
            if (bench.handed[i].peer != peer || is_done[range.first]) continue;
            is_done[range.first] = true;
            owner[range.first] = peer;
            total++;
            say(&bench, peer, done(1, range.first, range.count));
            break;
        }
        assert_in_range(next, 0, 10 * CHUNKS);
    }
    for (uint32_t i = 1; i < CHUNKS; i++) borders += owner[i] != owner[i - 1];
    for (uint32_t peer = 1; peer <= WORKERS; peer++) begun += last_of(&bench, peer).first != 0;
    assert_in_range(borders, WORKERS - 1, 16);
    assert_int_equal(begun, WORKERS);
    bench_free(&bench);
}

/* A stretch is parted where as large a node as there is begins. */
static void stretches_are_parted_between_large_nodes(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 1}, 3);
    submit_flagged(&bench, 1, 100, 0);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->as.range.first, 0);
    assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 64);
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 32);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 1)->as.range.first, 1);
    bench_free(&bench);
}

/* The same worker has the same chunks first, whoever asks first; who is done at home helps others. */
static void workers_begin_at_home(void **state) {
    (void)state;
    static const uint32_t flags[] = {JOB_REMEMBERS, JOB_REMEMBERS | JOB_EXACT_COMMUTATIVE};
    for (size_t i = 0; i < 2; i++) {
        Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 4}, 3);
        submit_flagged(&bench, 1, 11, flags[i]);
        assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->as.range.first, 0);
        assert_int_equal(sent(&bench, 2, MSG_RANGE, 0)->as.range.first, 4);
        assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 8);
        assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.count, 3);
        bench_free(&bench);
        bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 2}, 2);
        submit_flagged(&bench, 1, 40, flags[i]);
        uint64_t seen = 0;
        for (size_t turn = 0; turn < 10; turn++) { /* the first is at its first range all the time */
            MsgRange range = last_of(&bench, 2);
            for (size_t j = 0; j < bench.handed_count; j++)
                if (bench.handed[j].peer == 2 && bench.handed[j].range.first == 20 + 2 * turn) range = bench.handed[j].range;
            assert_int_equal(range.first, 20 + 2 * turn);
            seen += range.count;
            say(&bench, 2, done(1, range.first, range.count));
        }
        assert_int_equal(seen, 20);
        assert_true(last_of(&bench, 2).first < 20);
        bench_free(&bench);
    }
}

static void shuffled_ranges_cover_everything(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .shuffle_seed = 5, .range_chunks = 3}, 1);
    bool seen[20] = {0}, is_in_order = true;
    submit(&bench, 1, 20);
    MsgRange open[2] = {sent(&bench, 1, MSG_RANGE, 0)->as.range, sent(&bench, 1, MSG_RANGE, 1)->as.range};
    uint64_t total = 0, last = 0;
    for (uint32_t turn = 0; total < 20; turn = !turn) {
        MsgRange range = open[turn];
        for (uint64_t i = range.first; i < range.first + range.count; i++) {
            assert_false(seen[i]);
            seen[i] = true;
        }
        is_in_order &= range.first >= last;
        last = range.first;
        total += range.count;
        say(&bench, 1, done(1, range.first, range.count));
        if (count_sent(&bench, 1, MSG_RANGE)) open[turn] = sent(&bench, 1, MSG_RANGE, 0)->as.range;
    }
    assert_false(is_in_order);
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.limit, 20);
    bench_free(&bench);
}

static void bags_meet_along_a_tree_of_workers(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 5, .range_chunks = 1}, 5);
    submit(&bench, 1, 5);
    for (uint32_t worker = 0; worker < 4; worker++) say(&bench, worker + 1, done(1, worker, 1));
    assert_int_equal(bench.out.len, 0);
    say(&bench, 5, done(1, 4, 1));
    /* 0 ← 1 and 2 ← 3 at once; 4 goes into the one that is ready first. */
    const Message *first = sent(&bench, 1, MSG_MERGE, 0), *second = sent(&bench, 3, MSG_MERGE, 0);
    assert_true(first->as.merge.from == 1 && first->as.merge.into == 1 && first->as.merge.from_bag == 2);
    assert_string_equal(first->as.merge.endpoint, "ipc://2");
    assert_int_equal(second->as.merge.from, 3);
    assert_int_equal(bench.out.len, 2);
    uint32_t first_step = first->as.merge.step, second_step = second->as.merge.step;
    say(&bench, 1, merged(1, first_step));
    assert_int_equal(sent(&bench, 1, MSG_MERGE, 0)->as.merge.from, 4);
    uint32_t third_step = sent(&bench, 1, MSG_MERGE, 0)->as.merge.step;
    say(&bench, 1, merged(1, first_step)); /* a repetition */
    assert_int_equal(bench.out.len, 0);
    say(&bench, 3, merged(1, second_step));
    assert_int_equal(bench.out.len, 0);
    say(&bench, 1, merged(1, third_step));
    assert_int_equal(sent(&bench, 1, MSG_MERGE, 0)->as.merge.from, 2); /* what took in less is pulled */
    say(&bench, 1, merged(1, sent(&bench, 1, MSG_MERGE, 0)->as.merge.step));
    const MsgJobDone *job_done = &sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done;
    assert_int_equal(job_done->holder, 0);
    assert_string_equal(job_done->endpoint, "ipc://1");
    assert_int_equal(job_done->limit, 5);

    Message end = {.kind = MSG_JOB_END, .job = 1, .as.job_end = {.nodes = 1, .size = 99}};
    say(&bench, 0, end);
    for (uint32_t peer = 1; peer <= 5; peer++) assert_int_equal(count_sent(&bench, peer, MSG_JOB_END), 1);
    assert_int_equal(acted(&bench, SCHED_JOB_FINISHED)->job, 1);
    const JobStats *stats = sched_job_stats(bench.sched, 1);
    assert_int_equal(stats->edge_count, 4);
    assert_int_equal(stats->edges[3].from, 2);
    assert_int_equal(stats->edges[2].size, 64);
    assert_int_equal(stats->root_size, 99);
    assert_int_equal(stats->workers[3].elements, 10);
    tick_at(&bench, 1);
    assert_null(sched_job_stats(bench.sched, 1));
    bench_free(&bench);
}

/* Only those who were given something hear of a job, and each JOB_START has a number of its own. */
static void several_jobs_are_under_way(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3}, 3);
    submit(&bench, 1, 1);
    assert_int_equal(sent(&bench, 1, MSG_JOB_START, 0)->as.start.serial, 1);
    assert_int_equal(count_sent(&bench, 2, MSG_JOB_START), 0);
    submit(&bench, 2, 2);
    assert_int_equal(sent(&bench, 2, MSG_JOB_START, 0)->as.start.serial, 1);
    assert_int_equal(sent(&bench, 3, MSG_JOB_START, 0)->as.start.serial, 1);
    submit(&bench, 3, 2); /* everybody has something: these are second ranges */
    assert_int_equal(sent(&bench, 1, MSG_JOB_START, 0)->as.start.serial, 2);
    assert_int_equal(sent(&bench, 2, MSG_JOB_START, 0)->as.start.serial, 2);
    /* The younger job may be done first. */
    say(&bench, 2, done(2, 0, 1));
    say(&bench, 3, done(2, 1, 1));
    assert_int_equal(sent(&bench, 2, MSG_MERGE, 0)->as.merge.from, 2);
    say(&bench, 2, merged(2, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 1);
    Message end = {.kind = MSG_JOB_END, .job = 2};
    say(&bench, 0, end);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_END), 0);
    assert_int_equal(count_sent(&bench, 2, MSG_JOB_END), 1);
    bench_free(&bench);
}

static void a_job_may_be_cancelled(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 1}, 1);
    submit(&bench, 1, 10);
    submit(&bench, 2, 10);
    Message end = {.kind = MSG_JOB_END, .job = 1};
    say(&bench, 0, end);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_END), 1);
    assert_int_equal(acted(&bench, SCHED_JOB_FINISHED)->job, 1);
    /* The worker is free when it has answered, and only for as many ranges as it has answered. */
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 0);
    Message given_back = done(1, 1, 1);
    given_back.as.range_done.done = 0;
    say(&bench, 1, given_back);
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->job, 2);
    say(&bench, 1, given_back);
    assert_int_equal(bench.out.len, 0);
    say(&bench, 1, done(1, 0, 1));
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 1);
    say(&bench, 0, end); /* a repetition */
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void progress_is_told_now_and_then(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 1}, 1);
    Message message = {.kind = MSG_JOB_SUBMIT, .job = 1};
    message.as.submit.spec = (JobSpec){.chunks = 10, .flags = JOB_IS_WATCHED};
    say(&bench, 0, message);
    bench.now = 1;
    say(&bench, 1, done(1, 0, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_PROGRESS, 0)->as.progress.done, 1);
    assert_int_equal(sent(&bench, 0, MSG_JOB_PROGRESS, 0)->as.progress.limit, 10);
    say(&bench, 1, done(1, 1, 1));
    assert_int_equal(count_sent(&bench, 0, MSG_JOB_PROGRESS), 0);
    tick_at(&bench, 500);
    assert_int_equal(sent(&bench, 0, MSG_JOB_PROGRESS, 0)->as.progress.done, 2);
    tick_at(&bench, 600);
    assert_int_equal(count_sent(&bench, 0, MSG_JOB_PROGRESS), 0);
    bench_free(&bench);
}

/* A job of worker 0 (peer 1), which has mapped `mapped` chunks and keeps those up to `kept`. */
static void jobs_of_workers_are_for_the_idle(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 1}, 3);
    uint64_t nested = JOB_NUMBER(1, 1);
    submit(&bench, 1, 2); /* workers 0 and 1 are busy */
    submit_nested(&bench, 1, 6, 1, 3);
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    assert_string_equal(sent(&bench, 3, MSG_JOB_START, 0)->as.start.owner_endpoint, "ipc://1");
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 3);
    assert_int_equal(count_sent(&bench, 3, MSG_RANGE), 1); /* one at a time: it shall compute what it holds */
    say(&bench, 3, part_done(nested, 3, 1, "bag"));
    const Message *part = sent(&bench, 1, MSG_PART, 0);
    assert_true(part->job == nested && part->as.part.first == 3 && part->as.part.count == 1 && part->size == 3);
    assert_memory_equal(part->bytes, "bag", 3);
    assert_string_equal(part->as.part.endpoint, "ipc://3");
    assert_int_equal(sent(&bench, 3, MSG_RANGE, 0)->as.range.first, 4);
    /* The owner maps what it kept, and gets more when it has joined. */
    say(&bench, 1, done(nested, 1, 2));
    assert_int_equal(bench.out.len, 0);
    say(&bench, 1, (Message){.kind = MSG_JOIN, .job = nested});
    assert_int_equal(sent(&bench, 1, MSG_RANGE, 0)->as.range.first, 5);
    say(&bench, 1, done(nested, 5, 1));
    assert_int_equal(count_sent(&bench, 1, MSG_PART), 0);
    Message large = part_done(nested, 4, 1, "");
    large.as.range_done.bag_size = 100000;
    say(&bench, 3, large);
    part = sent(&bench, 1, MSG_PART, 0);
    assert_true(part->as.part.size == 100000 && part->size == 0 && part->as.part.worker == 2);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_DONE), 0); /* it lies with worker 2 alone until the owner has it */
    Message taken = {.kind = MSG_PART_TAKEN, .job = nested, .as.part_taken = {.bag = part->as.part.bag, .taken = true}};
    say(&bench, 1, taken);
    const MsgJobDone *job_done = &sent(&bench, 1, MSG_JOB_DONE, 0)->as.job_done;
    assert_true(job_done->holder == -1 && job_done->limit == 6);
    Message end = {.kind = MSG_JOB_END, .job = nested};
    say(&bench, 2, end); /* it is not its owner's */
    assert_int_equal(bench.out.len, 0);
    say(&bench, 1, end);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_END), 0);
    assert_int_equal(count_sent(&bench, 3, MSG_JOB_END), 1);
    const JobStats *stats = sched_job_stats(bench.sched, nested);
    assert_true(stats->workers[0].chunks == 4 && stats->workers[2].chunks == 2 && stats->edge_count == 0);
    bench_free(&bench);
}

static void a_job_of_a_worker_may_end_early(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 2}, 2);
    uint64_t nested = JOB_NUMBER(1, 1);
    submit(&bench, 1, 1);
    submit_nested(&bench, 1, 10, 0, 4);
    say(&bench, 2, ended(nested, 4, 2, 4, END_FAILED));
    assert_int_equal(sent(&bench, 1, MSG_PART, 0)->as.part.first, 4);
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    assert_int_equal(count_sent(&bench, 1, MSG_JOB_DONE), 0); /* what the owner keeps may fail earlier */
    say(&bench, 1, ended(nested, 0, 4, 1, END_FAILED));
    assert_int_equal(sent(&bench, 1, MSG_JOB_DONE, 0)->as.job_done.limit, 2);
    bench_free(&bench);
}

static void a_senseless_job_of_a_worker_ends_the_run(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 2);
    Message message = {.kind = MSG_JOB_SUBMIT, .job = JOB_NUMBER(2, 1)};
    message.as.submit.spec = (JobSpec){.chunks = 3, .flags = JOB_BY_RANGES};
    say(&bench, 1, message); /* another worker's number */
    assert_int_equal(sched_ignored(bench.sched), 1);
    submit_nested(&bench, 1, 3, 2, 1);
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 1);
    bench_free(&bench);
}

static void the_busy_hear_who_is_idle(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 3, .range_chunks = 1}, 3);
    submit(&bench, 1, 1);
    assert_int_equal(count_sent(&bench, 1, MSG_IDLE), 0);
    assert_int_equal(sched_next_tick(bench.sched), 1000000);
    tick_at(&bench, 1);
    assert_int_equal(sent(&bench, 1, MSG_IDLE, 0)->as.idle.workers, 2);
    assert_int_equal(count_sent(&bench, 2, MSG_IDLE), 0);
    tick_at(&bench, 2);
    assert_int_equal(count_sent(&bench, 1, MSG_IDLE), 0);
    /* Who has submitted counts on nobody before it hears of somebody again. */
    submit_nested(&bench, 1, 2, 0, 1);
    tick_at(&bench, 3);
    assert_int_equal(sent(&bench, 1, MSG_IDLE, 0)->as.idle.workers, 1);
    bench_free(&bench);
}

/* Says that the range is done, by a worker that would hold `credits` of them; how many it is given. */
static size_t done_with(Bench *bench, uint32_t peer, uint64_t first, uint32_t credits) {
    Message message = done(1, first, 1);
    message.as.range_done.credits = credits;
    say(bench, peer, message);
    return count_sent(bench, peer, MSG_RANGE);
}

/* Ranges that take next to no time are handed out many at a time, but the last of them evenly. */
static void short_ranges_are_handed_out_ahead(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 1}, 2);
    submit(&bench, 1, 200); /* worker 0: 0, 2; worker 1: 1, 3 */
    assert_int_equal(done_with(&bench, 1, 0, 10), 9);
    assert_int_equal(done_with(&bench, 1, 2, 10), 1);
    assert_int_equal(done_with(&bench, 1, 4, 1), 0);     /* it would hold fewer from now on */
    assert_int_equal(done_with(&bench, 2, 1, 1000), 19); /* it holds an eighth of what is left then */
    bench_free(&bench);
}

static void an_end_is_waited_for_without_haste(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 1}, 2);
    submit(&bench, 1, 1); /* worker 1 is idle, which worker 0 is to hear soon, and never will */
    step(&bench, (SchedEvent){.kind = SCHED_INTERRUPT});
    tick_at(&bench, 10);
    assert_true(sched_next_tick(bench.sched) > bench.now * 1000000);
    bench_free(&bench);
}

static void only_holders_take_part_in_the_tree(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 4}, 4);
    submit(&bench, 1, 1);
    say(&bench, 1, done(1, 0, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, 0);
    submit(&bench, 2, 0);
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.holder, -1);
    bench_free(&bench);
}

static void an_early_end_cancels_what_is_later_only(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 10}, 2);
    submit(&bench, 1, 100); /* worker 0: 0-9, 20-29; worker 1: 10-19, 30-39 */
    say(&bench, 2, ended(1, 10, 10, 14, END_FAILED));
    assert_int_equal(sent(&bench, 1, MSG_CANCEL_AFTER, 0)->as.cancel.chunk, 14);
    assert_int_equal(sent(&bench, 2, MSG_CANCEL_AFTER, 0)->as.cancel.chunk, 14);
    assert_int_equal(count_sent(&bench, 2, MSG_RANGE), 0);
    /* A later failure does not count any more, an earlier one does. */
    say(&bench, 2, ended(1, 30, 10, 30, END_FAILED));
    assert_int_equal(bench.out.len, 0);
    say(&bench, 1, ended(1, 0, 10, 7, END_STOPPED));
    assert_int_equal(sent(&bench, 1, MSG_CANCEL_AFTER, 0)->as.cancel.chunk, 7);
    /* Chunks 0-7 are all at worker 0: nobody is waited for, nothing is merged. */
    const MsgJobDone *job_done = &sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done;
    assert_int_equal(job_done->limit, 8);
    assert_int_equal(job_done->end, END_STOPPED);
    assert_int_equal(job_done->holder, 0);
    bench_free(&bench);
}

static void the_slow_early_failure_wins(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 1}, 2);
    submit(&bench, 1, 2);
    say(&bench, 2, ended(1, 1, 1, 1, END_FAILED));
    assert_int_equal(count_sent(&bench, 0, MSG_JOB_DONE), 0); /* chunk 0 is still awaited */
    say(&bench, 1, ended(1, 0, 1, 0, END_FAILED));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done.limit, 1);
    bench_free(&bench);
}

static void a_failed_merge_lowers_the_limit(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2, .range_chunks = 4}, 2);
    submit(&bench, 1, 8);
    say(&bench, 1, done(1, 0, 4));
    say(&bench, 2, done(1, 4, 4));
    Message message = merged(1, sent(&bench, 1, MSG_MERGE, 0)->as.merge.step);
    message.as.merge_done.end_chunk = 5;
    say(&bench, 1, message);
    const MsgJobDone *job_done = &sent(&bench, 0, MSG_JOB_DONE, 0)->as.job_done;
    assert_int_equal(job_done->limit, 6);
    assert_int_equal(job_done->end, END_FAILED);
    bench_free(&bench);
}

static void senseless_and_late_messages_do_no_harm(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 4}, 1);
    submit(&bench, 1, 100);
    say(&bench, 9, done(1, 0, 4)); /* from nobody we know */
    say(&bench, 1, done(2, 0, 4)); /* of a job that there is not */
    say(&bench, 1, done(1, 8, 4)); /* of a range that was not handed out */
    say(&bench, 1, merged(1, 1));  /* no merge is under way */
    say(&bench, 0, done(1, 0, 4)); /* the root does not map */
    submit(&bench, 1, 5);          /* a repeated submission */
    assert_int_equal(sched_ignored(bench.sched), 6);
    say(&bench, 1, done(1, 0, 4));
    say(&bench, 1, done(1, 0, 4));
    assert_int_equal(sched_ignored(bench.sched), 7);
    assert_int_equal(sched_job_stats(bench.sched, 1)->workers[0].chunks, 4);
    assert_null(acted(&bench, SCHED_END));
    /* Chunks that are needed cannot be left out. */
    Message partial = done(1, 4, 4);
    partial.as.range_done.done = 2;
    say(&bench, 1, partial);
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 1);
    bench_free(&bench);
}

static void two_jobs_run_side_by_side(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1, .range_chunks = 1}, 1);
    submit(&bench, 1, 1);
    submit(&bench, 2, 2);
    assert_int_equal(count_sent(&bench, 1, MSG_RANGE), 1);
    say(&bench, 1, done(2, 0, 1));
    say(&bench, 1, done(2, 1, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->job, 2);
    say(&bench, 1, done(1, 0, 1));
    assert_int_equal(sent(&bench, 0, MSG_JOB_DONE, 0)->job, 1);
    bench_free(&bench);
}

static void silence_is_noticed(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 2);
    Message heartbeat = {.kind = MSG_HEARTBEAT, .as.heartbeat = {.progress = 7}};
    const uint64_t times[] = {1000, 2000, 3000, 4000};
    for (size_t i = 0; i < 4; i++) {
        tick_at(&bench, times[i]);
        assert_int_equal(count_sent(&bench, 1, MSG_HEARTBEAT), 1);
        if (times[i] == 3000) assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "worker 1"));
        say(&bench, 0, heartbeat);
        say(&bench, 1, heartbeat);
    }
    tick_at(&bench, 5000);
    assert_non_null(strstr(sent(&bench, 0, MSG_WORKER_LOST, 0)->as.text.text, "5.0 s"));
    assert_int_equal(acted(&bench, SCHED_KILL)->pid, 102); /* it may live */
    assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "worker 1 (host2, pid 102) was lost"));
    say(&bench, 2, heartbeat); /* it does: it has no part in this any more, which it is told once */
    assert_int_equal(count_sent(&bench, 2, MSG_SHUTDOWN), 1);
    say(&bench, 2, heartbeat);
    assert_int_equal(bench.out.len, 0);
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 0);
    bench_free(&bench);
}

static void a_scheduler_that_slept_blames_nobody(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    tick_at(&bench, 60000);
    assert_null(acted(&bench, SCHED_END));
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 0);
    for (uint64_t now = 61000; now <= 64000; now += 1000) tick_at(&bench, now);
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 0);
    tick_at(&bench, 65000); /* from then on silence counts again */
    assert_int_equal(count_sent(&bench, 1, MSG_SHUTDOWN), 1);
    bench_free(&bench);
}

static void last_words_count_more_than_the_exit(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    step(&bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100, .text = "exited with status 3"});
    Message bye = {.kind = MSG_BYE, .as.end = {.status = 3}};
    say(&bench, 0, bye);
    assert_int_equal(sent(&bench, 1, MSG_SHUTDOWN, 0)->as.end.status, 3);
    bye.as.end.status = 0;
    say(&bench, 1, bye);
    assert_int_equal(acted(&bench, SCHED_END)->status, 3);
    assert_string_equal(acted(&bench, SCHED_END)->text, "");
    bench_free(&bench);
}

static void a_quick_program_may_end_before_it_is_heard(void **state) {
    (void)state;
    Bench bench = {.sched = sched_new(&(SchedConfig){.workers = 1}, 0)};
    step(&bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100, .text = "exited with status 0"});
    hello(&bench, 0, ROLE_ROOT);
    Message bye = {.kind = MSG_BYE, .as.end = {.status = 0}};
    say(&bench, 0, bye);
    assert_int_equal(acted(&bench, SCHED_END)->status, 0);
    assert_string_equal(acted(&bench, SCHED_END)->text, "");
    bench_free(&bench);
}

static void nobody_waits_for_the_goodbye_of_the_dead(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    step(&bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 101, .text = "killed by signal 9"});
    Message bye = {.kind = MSG_BYE, .as.end = {.status = 0}};
    say(&bench, 0, bye);
    assert_int_equal(acted(&bench, SCHED_END)->status, 0);
    bench_free(&bench);
}

static void what_went_wrong_outside_ends_the_run(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    step(&bench, (SchedEvent){.kind = SCHED_FAIL, .text = "worker 0 cannot start"});
    assert_int_equal(sent(&bench, 0, MSG_SHUTDOWN, 0)->as.end.status, 1);
    assert_null(acted(&bench, SCHED_END)); /* the goodbyes are awaited */
    Message bye = {.kind = MSG_BYE, .as.end = {.status = 1}};
    say(&bench, 0, bye);
    say(&bench, 1, bye);
    assert_int_equal(acted(&bench, SCHED_END)->status, 1);
    assert_string_equal(acted(&bench, SCHED_END)->text, "worker 0 cannot start");
    bench_free(&bench);

    bench = bench_new((SchedConfig){.workers = 1}, 1);
    step(&bench, (SchedEvent){.kind = SCHED_FAIL, .text = "all are dead", .all_are_gone = true});
    assert_int_equal(acted(&bench, SCHED_END)->status, 1);
    bench_free(&bench);
}

static void nobody_starting_ends_the_run(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 2}, 0);
    Message heartbeat = {.kind = MSG_HEARTBEAT};
    for (uint64_t now = 0; now < 30000; now += 500) {
        tick_at(&bench, now);
        say(&bench, 0, heartbeat);
    }
    tick_at(&bench, 30000);
    assert_int_equal(count_sent(&bench, 0, MSG_SHUTDOWN), 1);
    Message bye = {.kind = MSG_BYE};
    say(&bench, 0, bye);
    assert_non_null(strstr(acted(&bench, SCHED_END)->text, "no worker started within 30 s"));
    bench_free(&bench);
}

static void a_process_that_dies_unborn_ends_the_run(void **state) {
    (void)state;
    Bench bench = {.sched = sched_new(&(SchedConfig){.workers = 2}, 0)};
    step(&bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 55, .text = "exited with status 127"});
    assert_int_equal(bench.out.len, 0); /* its first word may be on its way */
    assert_int_equal(sched_next_tick(bench.sched), 200000000);
    tick_at(&bench, 200);
    assert_int_equal(acted(&bench, SCHED_END)->status, 1);
    assert_non_null(strstr(acted(&bench, SCHED_END)->text, "exited with status 127"));
    bench_free(&bench);
}

static void an_interrupt_ends_the_run(void **state) {
    (void)state;
    Bench bench = bench_new((SchedConfig){.workers = 1}, 1);
    submit(&bench, 1, 10);
    step(&bench, (SchedEvent){.kind = SCHED_INTERRUPT});
    assert_int_equal(sent(&bench, 0, MSG_SHUTDOWN, 0)->as.end.status, 130);
    assert_null(acted(&bench, SCHED_END));
    step(&bench, (SchedEvent){.kind = SCHED_INTERRUPT}); /* the second time nobody is waited for */
    assert_int_equal(acted(&bench, SCHED_END)->status, 130);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_welcomed_by_number),
        cmocka_unit_test(another_program_is_turned_away),
        cmocka_unit_test(the_program_may_be_known_before_anybody_speaks),
        cmocka_unit_test(ranges_wait_for_all_or_a_while),
        cmocka_unit_test(everybody_gets_a_first_range_before_anybody_a_second),
        cmocka_unit_test(ranges_shrink_and_are_aligned),
        cmocka_unit_test(tasks_are_remembered),
        cmocka_unit_test(ranges_take_some_milliseconds),
        cmocka_unit_test(workers_go_on_behind_their_last_range),
        cmocka_unit_test(stretches_are_parted_between_large_nodes),
        cmocka_unit_test(workers_begin_at_home),
        cmocka_unit_test(shuffled_ranges_cover_everything),
        cmocka_unit_test(bags_meet_along_a_tree_of_workers),
        cmocka_unit_test(only_holders_take_part_in_the_tree),
        cmocka_unit_test(several_jobs_are_under_way),
        cmocka_unit_test(a_job_may_be_cancelled),
        cmocka_unit_test(progress_is_told_now_and_then),
        cmocka_unit_test(jobs_of_workers_are_for_the_idle),
        cmocka_unit_test(a_job_of_a_worker_may_end_early),
        cmocka_unit_test(a_senseless_job_of_a_worker_ends_the_run),
        cmocka_unit_test(the_busy_hear_who_is_idle),
        cmocka_unit_test(short_ranges_are_handed_out_ahead),
        cmocka_unit_test(an_end_is_waited_for_without_haste),
        cmocka_unit_test(an_early_end_cancels_what_is_later_only),
        cmocka_unit_test(the_slow_early_failure_wins),
        cmocka_unit_test(a_failed_merge_lowers_the_limit),
        cmocka_unit_test(senseless_and_late_messages_do_no_harm),
        cmocka_unit_test(two_jobs_run_side_by_side),
        cmocka_unit_test(silence_is_noticed),
        cmocka_unit_test(a_scheduler_that_slept_blames_nobody),
        cmocka_unit_test(last_words_count_more_than_the_exit),
        cmocka_unit_test(a_quick_program_may_end_before_it_is_heard),
        cmocka_unit_test(nobody_waits_for_the_goodbye_of_the_dead),
        cmocka_unit_test(what_went_wrong_outside_ends_the_run),
        cmocka_unit_test(nobody_starting_ends_the_run),
        cmocka_unit_test(a_process_that_dies_unborn_ends_the_run),
        cmocka_unit_test(an_interrupt_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
