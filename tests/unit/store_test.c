/* store_test.c: the scheduler and a journal, event by event: what is kept, what is lost with a worker then, and how a job of an
 * earlier run goes on. Peer 0 is the root, peers 1 … are workers 0 …; time is in milliseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "runtime/sched/sched.h"

#define MILLISECOND ((uint64_t)1000000)
enum { EVERY = 1000, CHUNKS = 8, WORKERS = 2 };

typedef struct Bench {
    Sched *sched;
    SchedActions out;
    Stored stored;
    uint64_t now;
    struct {
        uint32_t peer;
        MsgRange range;
    } handed[64]; /* ranges that were not answered */
    size_t handed_count;
} Bench;

static void step(Bench *bench, SchedEvent event) {
    bench->out.len = 0;
    event.now = bench->now * MILLISECOND;
    sched_step(bench->sched, &event, &bench->out);
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        if (action->kind != SCHED_SEND || action->message.kind != MSG_RANGE) continue;
        assert_true(bench->handed_count < 64);
        bench->handed[bench->handed_count].peer = action->peer;
        bench->handed[bench->handed_count++].range = action->message.as.range;
    }
}

static void say(Bench *bench, uint32_t peer, Message message) {
    step(bench, (SchedEvent){.kind = SCHED_MESSAGE, .peer = peer, .message = &message});
}

static void tick_at(Bench *bench, uint64_t now) {
    for (; bench->now < now; bench->now += 500) { /* so that nobody is taken for asleep, or dead */
        for (uint32_t peer = 0; peer <= WORKERS; peer++) say(bench, peer, (Message){.kind = MSG_HEARTBEAT});
        if (bench->now + 500 < now) step(bench, (SchedEvent){.kind = SCHED_TICK});
    }
    bench->now = now;
    step(bench, (SchedEvent){.kind = SCHED_TICK});
}

static void hello(Bench *bench, uint32_t peer, Role role) {
    Message message = {.kind = MSG_HELLO};
    message.as.hello = (MsgHello){.role = role, .version = PROTOCOL_VERSION, .pid = 100 + peer, .wish = -1};
    snprintf(message.as.hello.data_endpoint, sizeof message.as.hello.data_endpoint, "ipc://%u", peer);
    say(bench, peer, message);
}

static void bench_start(Bench *bench) {
    SchedConfig config = {.workers = WORKERS, .range_chunks = 1};
    SchedJournal journal = {.stored = &bench->stored, .endpoint = "ipc://journal", .every = EVERY * MILLISECOND};
    bench->sched = sched_new(&config, 0);
    sched_use_journal(bench->sched, &journal);
    for (uint32_t peer = 0; peer <= WORKERS; peer++) hello(bench, peer, peer ? ROLE_WORKER : ROLE_ROOT);
}

static void bench_free(Bench *bench) {
    sched_actions_free(&bench->out);
    sched_free(&bench->sched);
    stored_clear(&bench->stored);
}

static JobName name_of(uint8_t name, uint8_t work) {
    return (JobName){.name = {name}, .work = {work}, .inputs = "a.txt, 9 bytes"};
}

static void submit_chunks(Bench *bench, uint64_t job, JobName name, uint64_t chunks) {
    Message message = {.kind = MSG_JOB_SUBMIT, .job = job};
    message.as.submit = (MsgJobSubmit){.spec = {.chunks = chunks}, .name = name};
    say(bench, 0, message);
}

static void submit(Bench *bench, uint64_t job, JobName name) {
    submit_chunks(bench, job, name, CHUNKS);
}

static size_t count_of(const Bench *bench, SchedActionKind kind) {
    size_t count = 0;
    for (size_t i = 0; i < bench->out.len; i++) count += bench->out.items[i].kind == kind;
    return count;
}

static const SchedAction *acted(const Bench *bench, SchedActionKind kind) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == kind) return &bench->out.items[i];
    return NULL;
}

static const Message *sent(const Bench *bench, uint32_t peer, MessageKind kind) {
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        if (action->kind == SCHED_SEND && action->peer == peer && action->message.kind == kind) return &action->message;
    }
    return NULL;
}

/* The worker answers the range that it was handed first; false: it has none. */
static bool answer(Bench *bench, uint32_t peer, uint64_t milliseconds) {
    size_t at = 0;
    while (at < bench->handed_count && bench->handed[at].peer != peer) at++;
    if (at == bench->handed_count) return false;
    Message message = {.kind = MSG_RANGE_DONE, .job = 1};
    MsgRange range = bench->handed[at].range;
    message.as.range_done = (MsgRangeDone){.range = range.range, .first = range.first, .count = range.count, .done = range.count};
    message.as.range_done.end_chunk = -1;
    message.as.range_done.credits = SCHED_CREDITS;
    message.as.range_done.nanoseconds = milliseconds * MILLISECOND;
    memmove(&bench->handed[at], &bench->handed[at + 1], (--bench->handed_count - at) * sizeof *bench->handed);
    say(bench, peer, message);
    return true;
}

static void forget_ranges_of(Bench *bench, uint32_t peer) {
    size_t left = 0;
    for (size_t i = 0; i < bench->handed_count; i++)
        if (bench->handed[i].peer != peer) bench->handed[left++] = bench->handed[i];
    bench->handed_count = left;
}

static void stored_as(Bench *bench, uint64_t job, uint32_t bag, uint64_t number) {
    step(bench, (SchedEvent){.kind = SCHED_STORED, .job = job, .bag = bag, .stored = number, .size = 100});
}

static void kill(Bench *bench, uint32_t peer) {
    step(bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100 + peer, .text = "killed", .at_chunk = -1});
    forget_ranges_of(bench, peer);
    bench->now += 300;
    step(bench, (SchedEvent){.kind = SCHED_TICK});
}

/* ---- what is kept */

static void a_bag_is_kept_when_its_ranges_are_answered(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    assert_int_equal(bench.handed_count, 4);
    assert_true(answer(&bench, 1, 10));
    uint32_t open = bench.handed[0].range.bag;
    tick_at(&bench, EVERY);
    assert_null(acted(&bench, SCHED_STORE)); /* two ranges more will go into it */
    assert_true(answer(&bench, 1, 10));
    assert_null(acted(&bench, SCHED_STORE));
    assert_true(bench.handed[bench.handed_count - 1].range.bag != open);
    assert_true(answer(&bench, 1, 10));
    const SchedAction *store = acted(&bench, SCHED_STORE);
    assert_non_null(store);
    assert_int_equal(store->job, 1);
    SchedBag bag;
    assert_true(sched_bag(bench.sched, 1, store->bag, &bag));
    assert_int_equal(bag.chunks.total, 3);
    assert_string_equal(bag.endpoint, "ipc://1");
    assert_int_equal(bag.limit, CHUNKS);
    assert_int_equal(bag.head.name.name[0], 1);
    assert_false(bag.is_last);
    ranges_free(&bag.chunks);
    assert_int_equal(sched_bag_stored(bench.sched, 1, store->bag), 0);
    stored_as(&bench, 1, store->bag, 5);
    assert_int_equal(sched_bag_stored(bench.sched, 1, 1), 5);
    assert_false(sched_bag(bench.sched, 1, 99, &bag) || sched_bag(bench.sched, 7, 1, &bag));
    bench_free(&bench);
}

/* How long it takes until a job is kept again of which so many bags, of such a size, were fetched. */
static uint64_t time_to_next_round(int bags, uint64_t size) {
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit_chunks(&bench, 1, name_of(1, 2), 2000);
    answer(&bench, 1, 10);
    tick_at(&bench, EVERY);
    answer(&bench, 1, 10);
    answer(&bench, 1, 10);
    uint32_t bag = acted(&bench, SCHED_STORE)->bag;
    for (int i = 0; i < bags; i++)
        step(&bench, (SchedEvent){.kind = SCHED_STORED, .job = 1, .bag = bag, .stored = 1, .size = size});
    tick_at(&bench, bench.now + 320 * EVERY);
    answer(&bench, 2, 10);
    uint64_t began = bench.now;
    while (!acted(&bench, SCHED_STORE) && bench.now < 1000 * EVERY) {
        tick_at(&bench, bench.now + EVERY);
        if (!acted(&bench, SCHED_STORE)) answer(&bench, 2, 10);
    }
    assert_true(bench.now < 1000 * EVERY);
    bench_free(&bench);
    return bench.now - began;
}

/* Workers hold what was fetched until the end of the job: much of it makes rounds rarer, and so do many bags, however small. */
static void much_is_kept_more_rarely(void **state) {
    (void)state;
    assert_true(time_to_next_round(1, 100) <= 3 * EVERY);
    assert_true(time_to_next_round(8, (uint64_t)400 << 20) > 60 * EVERY);
    assert_true(time_to_next_round(3000, 100) > 60 * EVERY);
}

static void jobs_without_a_name_are_not_kept(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, (JobName){.inputs = ""});
    answer(&bench, 1, 100);
    tick_at(&bench, 3 * EVERY);
    while (answer(&bench, 1, 100) || answer(&bench, 2, 100)) assert_null(acted(&bench, SCHED_STORE));
    bench_free(&bench);
}

/* What worker 0 had is in the journal: only what it was handed is handed out again, and the merge pulls from the journal. */
static void what_is_kept_is_not_lost(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    answer(&bench, 1, 10);
    tick_at(&bench, EVERY);
    answer(&bench, 1, 10);
    answer(&bench, 1, 10);
    uint32_t kept = acted(&bench, SCHED_STORE)->bag;
    SchedBag bag;
    assert_true(sched_bag(bench.sched, 1, kept, &bag));
    stored_as(&bench, 1, kept, 1);
    kill(&bench, 1);
    while (answer(&bench, 2, 10))
        for (size_t i = 0; i < bench.handed_count; i++)
            assert_false(ranges_has_any(&bag.chunks, bench.handed[i].range.first, bench.handed[i].range.count));
    const Message *merge = sent(&bench, 2, MSG_MERGE);
    assert_non_null(merge);
    assert_int_equal(merge->as.merge.from, MESSAGE_JOURNAL);
    assert_int_equal(merge->as.merge.from_bag, kept);
    assert_string_equal(merge->as.merge.endpoint, "ipc://journal");
    ranges_free(&bag.chunks);
    bench_free(&bench);
}

static void a_bag_that_is_lost_on_its_way_is_not_waited_for(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    answer(&bench, 1, 10);
    tick_at(&bench, EVERY);
    answer(&bench, 1, 10);
    answer(&bench, 1, 10);
    uint32_t wanted = acted(&bench, SCHED_STORE)->bag;
    kill(&bench, 1);
    const SchedAction *unstore = acted(&bench, SCHED_UNSTORE);
    assert_non_null(unstore);
    assert_int_equal(unstore->bag, wanted);
    stored_as(&bench, 1, wanted, 0);
    assert_int_equal(sched_bag_stored(bench.sched, 1, wanted), 0);
    bench_free(&bench);
}

/* The workers may drop a result only when the journal has it. */
static void results_are_kept_before_they_are_dropped(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    while (answer(&bench, 1, 100)) {}
    const SchedAction *store = acted(&bench, SCHED_STORE);
    if (!store) { /* the other one had ranges, too */
        while (answer(&bench, 2, 100)) {}
        const Message *merge = sent(&bench, 1, MSG_MERGE) ? sent(&bench, 1, MSG_MERGE) : sent(&bench, 2, MSG_MERGE);
        uint32_t puller = sent(&bench, 1, MSG_MERGE) ? 1 : 2;
        assert_non_null(merge);
        Message done = {.kind = MSG_MERGE_DONE, .job = 1};
        done.as.merge_done = (MsgMergeDone){.step = merge->as.merge.step, .merged = true, .end_chunk = -1};
        say(&bench, puller, done);
        store = acted(&bench, SCHED_STORE);
    }
    assert_non_null(sent(&bench, 0, MSG_JOB_DONE));
    assert_non_null(store);
    SchedBag bag;
    assert_true(sched_bag(bench.sched, 1, store->bag, &bag));
    assert_true(bag.is_last);
    assert_int_equal(bag.chunks.total, CHUNKS);
    ranges_free(&bag.chunks);
    uint32_t last = store->bag;
    say(&bench, 0, (Message){.kind = MSG_JOB_END, .job = 1});
    assert_null(sent(&bench, 1, MSG_JOB_END));
    assert_null(acted(&bench, SCHED_JOB_FINISHED));
    stored_as(&bench, 1, last, 1);
    assert_non_null(sent(&bench, 1, MSG_JOB_END));
    assert_non_null(acted(&bench, SCHED_JOB_FINISHED));
    bench_free(&bench);
}

static void a_journal_that_cannot_be_written_is_given_up(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    answer(&bench, 1, 10);
    tick_at(&bench, EVERY);
    answer(&bench, 1, 10);
    answer(&bench, 1, 10);
    uint32_t wanted = acted(&bench, SCHED_STORE)->bag;
    step(&bench, (SchedEvent){.kind = SCHED_STORED, .job = 1, .bag = wanted, .text = "No space left"});
    assert_int_equal(count_of(&bench, SCHED_LOG), 1);
    assert_int_equal(acted(&bench, SCHED_LOG)->level, 0);
    assert_non_null(strstr(acted(&bench, SCHED_LOG)->text, "No space left"));
    tick_at(&bench, 5 * EVERY);
    while (answer(&bench, 1, 100) || answer(&bench, 2, 100)) assert_null(acted(&bench, SCHED_STORE));
    bench_free(&bench);
}

/* ---- a job of an earlier run */

static StoredJob *know(Bench *bench, JobName name) {
    StoredHead head = {.name = name, .chunks = CHUNKS};
    return stored_add(&bench->stored, &head);
}

static void know_bag(StoredJob *job, uint64_t id, uint64_t first, uint64_t count) {
    RangeSet chunks = {0};
    ranges_add(&chunks, first, count);
    assert_true(stored_add_bag(job, id, 10, &chunks));
}

static void known_chunks_are_not_mapped(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    StoredJob *known = know(&bench, name_of(1, 2));
    know_bag(known, 40, 0, 3);
    know_bag(known, 41, 5, 2);
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    assert_int_equal(bench.handed_count, 3);
    for (size_t i = 0; i < bench.handed_count; i++) {
        uint64_t chunk = bench.handed[i].range.first;
        assert_true(chunk == 3 || chunk == 4 || chunk == 7);
    }
    assert_int_equal(sched_bag_stored(bench.sched, 1, 1), 41);
    assert_int_equal(sched_bag_stored(bench.sched, 1, 2), 42);
    assert_int_equal(sched_job_stats(bench.sched, 1)->stored, 5);
    bench_free(&bench);
}

static void a_job_that_was_done_is_delivered_at_once(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    StoredJob *known = know(&bench, name_of(1, 2));
    know_bag(known, 7, 0, 5);
    stored_limit(known, 5, END_FAILED);
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    assert_int_equal(bench.handed_count, 0);
    const Message *done = sent(&bench, 0, MSG_JOB_DONE);
    assert_non_null(done);
    assert_int_equal(done->as.job_done.holder, MESSAGE_JOURNAL);
    assert_string_equal(done->as.job_done.endpoint, "ipc://journal");
    assert_int_equal(done->as.job_done.limit, 5);
    assert_int_equal(done->as.job_done.end, END_FAILED);
    say(&bench, 0, (Message){.kind = MSG_JOB_END, .job = 1});
    assert_non_null(acted(&bench, SCHED_JOB_FINISHED));
    bench_free(&bench);
}

/* Neither has a worker: one of them opens a bag. */
static void two_bags_of_the_journal_meet_at_a_worker(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    StoredJob *known = know(&bench, name_of(1, 2));
    know_bag(known, 7, 0, 5);
    know_bag(known, 8, 5, 3);
    bench_start(&bench);
    submit(&bench, 1, name_of(1, 2));
    uint32_t worker = sent(&bench, 1, MSG_MERGE) ? 1 : 2;
    const Message *merge = sent(&bench, worker, MSG_MERGE);
    assert_non_null(merge);
    assert_non_null(sent(&bench, worker, MSG_JOB_START));
    assert_int_equal(merge->as.merge.from, MESSAGE_JOURNAL);
    assert_true(merge->as.merge.into > 2);
    bench_free(&bench);
}

static void other_jobs_are_not_known(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    know_bag(know(&bench, name_of(1, 2)), 7, 0, CHUNKS);
    bench_start(&bench);
    submit(&bench, 1, name_of(3, 4));
    assert_int_equal(bench.handed_count, 4);
    bench_free(&bench);
}

static void changed_inputs_end_the_run(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    know_bag(know(&bench, name_of(1, 2)), 7, 0, CHUNKS);
    bench_start(&bench);
    JobName name = name_of(3, 2);
    snprintf(name.inputs, sizeof name.inputs, "a.txt, 10 bytes");
    submit(&bench, 1, name);
    assert_non_null(sent(&bench, 0, MSG_SHUTDOWN));
    for (uint32_t peer = 0; peer <= WORKERS; peer++) say(&bench, peer, (Message){.kind = MSG_BYE});
    const SchedAction *end = acted(&bench, SCHED_END);
    assert_non_null(end);
    assert_int_equal(end->status, 1);
    assert_non_null(strstr(end->text, "a.txt, 10 bytes, and it was a.txt, 9 bytes"));
    assert_non_null(strstr(end->text, "--fresh"));
    bench_free(&bench);
}

/* Ranges are kept so short that they can be kept soon. */
static void ranges_are_short_enough_to_be_kept(void **state) {
    (void)state;
    Bench bench = {.now = 0};
    bench_start(&bench);
    sched_free(&bench.sched);
    SchedConfig config = {.workers = 1};
    SchedJournal journal = {.endpoint = "ipc://journal", .every = EVERY * MILLISECOND};
    bench.sched = sched_new(&config, 0);
    sched_use_journal(bench.sched, &journal);
    hello(&bench, 0, ROLE_ROOT);
    hello(&bench, 1, ROLE_WORKER);
    Message message = {.kind = MSG_JOB_SUBMIT, .job = 1};
    message.as.submit = (MsgJobSubmit){.spec = {.chunks = 4096}, .name = name_of(1, 2)};
    say(&bench, 0, message);
    for (int i = 0; i < 8; i++) { /* each chunk takes 50 milliseconds */
        uint64_t count = bench.handed[0].range.count;
        assert_true(count <= 64);
        assert_true(i < 3 || count * 50 <= EVERY / 2);
        assert_true(answer(&bench, 1, count * 50));
    }
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bag_is_kept_when_its_ranges_are_answered),
        cmocka_unit_test(much_is_kept_more_rarely),
        cmocka_unit_test(jobs_without_a_name_are_not_kept),
        cmocka_unit_test(what_is_kept_is_not_lost),
        cmocka_unit_test(a_bag_that_is_lost_on_its_way_is_not_waited_for),
        cmocka_unit_test(results_are_kept_before_they_are_dropped),
        cmocka_unit_test(a_journal_that_cannot_be_written_is_given_up),
        cmocka_unit_test(known_chunks_are_not_mapped),
        cmocka_unit_test(a_job_that_was_done_is_delivered_at_once),
        cmocka_unit_test(two_bags_of_the_journal_meet_at_a_worker),
        cmocka_unit_test(other_jobs_are_not_known),
        cmocka_unit_test(changed_inputs_end_the_run),
        cmocka_unit_test(ranges_are_short_enough_to_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
