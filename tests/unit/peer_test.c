/* peer_test.c: the worker's protocol side, event by event: what it asks for, what it tells its compute thread, what it ignores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/peer.h"
#include "runtime/sched/pull.h"

typedef struct Bench {
    Peer *peer;
    PeerActions out; /* of the last event */
    OwnerActions owned;
    uint64_t now; /* milliseconds */
} Bench;

static void clear(Bench *bench) {
    peer_actions_free(&bench->out);
    owner_actions_free(&bench->owned);
}

static void step(Bench *bench, PeerEvent event) {
    clear(bench);
    event.now = bench->now * 1000000;
    peer_step(bench->peer, &event, &bench->out, &bench->owned);
}

static void control(Bench *bench, Message message) {
    step(bench, (PeerEvent){.kind = PEER_CONTROL, .message = &message});
}

static Bench bench_new(void) {
    PeerConfig config = {.data_endpoint = "ipc://me", .name = "host:1", .pid = 42, .wish = 3};
    Bench bench = {.peer = peer_new(&config)};
    step(&bench, (PeerEvent){.kind = PEER_START});
    return bench;
}

static Bench bench_welcome(void) {
    Bench bench = bench_new();
    control(&bench, (Message){.kind = MSG_WELCOME, .as.welcome = {.worker = 3, .workers = 8}});
    return bench;
}

static void bench_free(Bench *bench) {
    clear(bench);
    peer_free(&bench->peer);
}

static const PeerAction *acted(const Bench *bench, PeerActionKind kind, size_t nth) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == kind && nth-- == 0) return &bench->out.items[i];
    return NULL;
}

static const Message *told(const Bench *bench, MessageKind kind) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == PEER_SEND_CONTROL && bench->out.items[i].message.kind == kind)
            return &bench->out.items[i].message;
    return NULL;
}

/* The serial number is the job's: only its first JOB_START counts. */
static void start_job(Bench *bench, uint64_t job, uint32_t lists) {
    Message message = {.kind = MSG_JOB_START, .job = job, .bytes = "captures", .size = 8};
    message.as.start =
        (MsgJobStart){.spec = {.chunks = 100, .blob_size = 8, .lists = lists}, .serial = job, .owner_endpoint = "ipc://root"};
    control(bench, message);
}

static void hand_range(Bench *bench, uint64_t number, uint64_t first, uint64_t count) {
    control(bench, (Message){.kind = MSG_RANGE, .job = 1, .as.range = {.range = number, .first = first, .count = count, .bag = 4}});
}

static void computed(Bench *bench, uint64_t number, uint64_t count) {
    step(bench, (PeerEvent){.kind = PEER_COMPUTED, .job = 1, .range_done = {.range = number, .done = count, .end_chunk = -1}});
}

/* Answers the GET that the last event sent, out of `data`. */
static void answer(Bench *bench, const Message *get, const void *data, uint64_t size) {
    Message asked = *get, piece = pull_answer(&asked, data, size);
    step(bench, (PeerEvent){.kind = PEER_PIECE, .message = &piece});
}

static void merge_from(Bench *bench, uint32_t merge_step) {
    Message message = {.kind = MSG_MERGE,
                       .job = 1,
                       .as.merge = {.step = merge_step, .into = 4, .from = 5, .from_bag = 6, .parts = 1, .endpoint = "ipc://five"}};
    control(bench, message);
}

static void it_says_hello_and_works_after_welcome(void **state) {
    (void)state;
    Bench bench = bench_new();
    const MsgHello *hello = &told(&bench, MSG_HELLO)->as.hello;
    assert_int_equal(hello->role, ROLE_WORKER);
    assert_int_equal(hello->version, PROTOCOL_VERSION);
    assert_string_equal(hello->data_endpoint, "ipc://me");
    assert_int_equal(hello->wish, 3);
    start_job(&bench, 1, 0);
    assert_int_equal(bench.out.len, 0);
    assert_int_equal(peer_number(bench.peer), -1);
    control(&bench, (Message){.kind = MSG_WELCOME, .as.welcome = {.worker = 3}});
    assert_int_equal(peer_number(bench.peer), 3);
    bench_free(&bench);
}

static void a_small_job_is_opened_at_once(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    const PeerAction *open = acted(&bench, PEER_OPEN, 0);
    assert_int_equal(open->job, 1);
    assert_int_equal(open->data.len, 8);
    assert_memory_equal(open->data.data, "captures", 8);
    assert_int_equal(told(&bench, MSG_STATS)->as.stats.captures, 8);
    hand_range(&bench, 1, 10, 5);
    const PeerAction *compute = acted(&bench, PEER_COMPUTE, 0);
    assert_true(compute->first == 10 && compute->count == 5 && compute->bag == 4 && compute->slices == NULL);
    computed(&bench, 1, 5);
    const MsgRangeDone *done = &told(&bench, MSG_RANGE_DONE)->as.range_done;
    assert_true(done->range == 1 && done->first == 10 && done->count == 5 && done->done == 5 && done->end_chunk == -1 &&
                done->credits >= 2);
    control(&bench, (Message){.kind = MSG_JOB_END, .job = 1});
    assert_non_null(acted(&bench, PEER_DROP, 0));
    bench_free(&bench);
}

/* Computes a range that takes so long, and returns how many the worker would hold then. */
static uint32_t credits_after(Bench *bench, uint64_t number, uint64_t nanoseconds) {
    hand_range(bench, number, 0, 5);
    MsgRangeDone done = {.range = number, .done = 5, .end_chunk = -1, .nanoseconds = nanoseconds};
    step(bench, (PeerEvent){.kind = PEER_COMPUTED, .job = 1, .range_done = done});
    return told(bench, MSG_RANGE_DONE)->as.range_done.credits;
}

static void short_ranges_are_asked_for_many_at_a_time(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    assert_int_equal(credits_after(&bench, 1, 1000000), 2);
    uint64_t number = 2;
    while (number < 100) credits_after(&bench, number++, 4000);
    assert_in_range(credits_after(&bench, number++, 4000), 20, 25);
    assert_int_equal(credits_after(&bench, number, 30000000000), 2);
    bench_free(&bench);
}

static void large_captures_are_pulled_once(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    uint64_t size = 3 * MESSAGE_PIECE_SIZE + 10;
    char *blob = xcalloc(1, size);
    blob[size - 1] = 'z';
    Message start = {.kind = MSG_JOB_START, .job = 1};
    start.as.start = (MsgJobStart){.spec = {.chunks = 100, .blob_size = size}, .serial = 1, .owner_endpoint = "ipc://root"};
    control(&bench, start);
    assert_null(acted(&bench, PEER_OPEN, 0));
    assert_string_equal(acted(&bench, PEER_SEND_DATA, 0)->endpoint, "ipc://root");
    Message first = acted(&bench, PEER_SEND_DATA, 0)->message, rest[3];
    assert_int_equal(first.as.get.name.kind, DATA_CAPTURES);
    hand_range(&bench, 1, 0, 1); /* it waits for the captures */
    assert_int_equal(bench.out.len, 0);
    answer(&bench, &first, blob, size);
    for (size_t i = 0; i < 3; i++) rest[i] = acted(&bench, PEER_SEND_DATA, i)->message;
    assert_null(acted(&bench, PEER_SEND_DATA, 3));
    answer(&bench, &first, blob, size); /* a repetition */
    assert_int_equal(peer_ignored(bench.peer), 1);
    answer(&bench, &rest[1], blob, size); /* not the next one: that is lost, and asked for again at once */
    assert_int_equal(acted(&bench, PEER_SEND_DATA, 0)->message.as.get.offset, rest[0].as.get.offset);
    answer(&bench, &rest[0], blob, size);
    answer(&bench, &rest[2], blob, size);
    const PeerAction *open = acted(&bench, PEER_OPEN, 0);
    assert_int_equal(open->data.len, size);
    assert_int_equal(open->data.data[size - 1], 'z');
    assert_non_null(acted(&bench, PEER_COMPUTE, 0));
    free(blob);
    bench_free(&bench);
}

static void slices_come_before_a_range_is_computed(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 2);
    hand_range(&bench, 1, 4, 4);
    Message first = acted(&bench, PEER_SEND_DATA, 0)->message, second = acted(&bench, PEER_SEND_DATA, 1)->message;
    assert_true(second.as.get.name.list == 1 && second.as.get.name.first == 4 && second.as.get.name.count == 4);
    answer(&bench, &second, "two", 3);
    assert_null(acted(&bench, PEER_COMPUTE, 0));
    answer(&bench, &first, NULL, 0); /* an empty slice is complete, too */
    const PeerAction *compute = acted(&bench, PEER_COMPUTE, 0);
    assert_int_equal(compute->slice_count, 2);
    assert_int_equal(compute->slices[0].len, 0);
    assert_memory_equal(compute->slices[1].data, "two", 3);
    computed(&bench, 1, 4);
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.pulled, 3);
    bench_free(&bench);
}

/* Ranges are begun without slices; when the lists turn out not to be here, these, and all later ones, get slices. */
static void lent_lists_are_asked_for_only_where_they_are_not_to_be_had(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    Message start = {.kind = MSG_JOB_START, .job = 1, .bytes = "captures", .size = 8};
    start.as.start = (MsgJobStart){.spec = {.chunks = 100, .blob_size = 8, .lists = 1, .flags = JOB_LENDS}, .serial = 1};
    control(&bench, start);
    hand_range(&bench, 1, 4, 4);
    assert_int_equal(acted(&bench, PEER_COMPUTE, 0)->slice_count, 0);
    assert_null(acted(&bench, PEER_SEND_DATA, 0));
    hand_range(&bench, 2, 8, 2);
    assert_non_null(acted(&bench, PEER_COMPUTE, 0));
    step(&bench, (PeerEvent){.kind = PEER_UNLENT, .job = 1, .range_done = {.range = 1}});
    Message get = acted(&bench, PEER_SEND_DATA, 0)->message;
    assert_true(get.as.get.name.kind == DATA_SLICE && get.as.get.name.first == 4 && get.as.get.name.count == 4);
    assert_null(acted(&bench, PEER_SEND_DATA, 1)); /* the other range is the compute thread's still */
    answer(&bench, &get, "four", 4);
    assert_int_equal(acted(&bench, PEER_COMPUTE, 0)->slice_count, 1);
    step(&bench, (PeerEvent){.kind = PEER_UNLENT, .job = 1, .range_done = {.range = 2}});
    assert_int_equal(acted(&bench, PEER_SEND_DATA, 0)->message.as.get.name.first, 8);
    hand_range(&bench, 3, 10, 1);
    assert_int_equal(acted(&bench, PEER_SEND_DATA, 0)->message.as.get.name.first, 10);
    computed(&bench, 1, 4);
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.pulled, 4);
    step(&bench, (PeerEvent){.kind = PEER_UNLENT, .job = 2}); /* of a job that is gone */
    assert_null(acted(&bench, PEER_SEND_DATA, 0));
    bench_free(&bench);
}

static void cancelled_ranges_are_given_back(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 1);
    hand_range(&bench, 1, 50, 10);
    control(&bench, (Message){.kind = MSG_CANCEL_AFTER, .job = 1, .as.cancel = {.chunk = 20}});
    assert_int_equal(acted(&bench, PEER_LIMIT, 0)->limit, 21);
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.done, 0);
    /* A higher limit does not bring them back. */
    control(&bench, (Message){.kind = MSG_CANCEL_AFTER, .job = 1, .as.cancel = {.chunk = 60}});
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void a_bag_is_pulled_and_merged(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    merge_from(&bench, 7);
    assert_string_equal(acted(&bench, PEER_SEND_DATA, 0)->endpoint, "ipc://five");
    Message get = acted(&bench, PEER_SEND_DATA, 0)->message;
    assert_true(get.as.get.name.kind == DATA_BAG && get.as.get.name.first == 6);
    merge_from(&bench, 7); /* a repetition */
    assert_int_equal(bench.out.len, 0);
    answer(&bench, &get, "bag", 3);
    const PeerAction *merge = acted(&bench, PEER_MERGE, 0);
    assert_true(merge->step == 7 && merge->bag == 4);
    assert_memory_equal(merge->data.data, "bag", 3);
    step(&bench, (PeerEvent){.kind = PEER_MERGED, .job = 1, .merge_done = {.step = 7, .nodes = 2, .end_chunk = -1}});
    const MsgMergeDone *done = &told(&bench, MSG_MERGE_DONE)->as.merge_done;
    assert_true(done->step == 7 && done->merged && done->nodes == 2 && done->size == 3);
    merge_from(&bench, 6); /* older */
    assert_int_equal(bench.out.len, 0);
    merge_from(&bench, 8);
    assert_non_null(acted(&bench, PEER_SEND_DATA, 0));
    bench_free(&bench);
}

static void our_bag_is_encoded_once_and_served(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    hand_range(&bench, 1, 0, 1);
    computed(&bench, 1, 1);
    Message get = {.kind = MSG_GET, .job = 1};
    get.as.get = (MsgGet){.pull = 9, .name = {.kind = DATA_BAG, .first = 4}, .length = 100};
    PeerEvent asked = {.kind = PEER_GET, .message = &get, .route = 77};
    step(&bench, asked);
    assert_int_equal(acted(&bench, PEER_ENCODE, 0)->bag, 4);
    assert_null(acted(&bench, PEER_SEND_ANSWER, 0));
    step(&bench, asked); /* impatient: it hears that we live */
    assert_null(acted(&bench, PEER_ENCODE, 0));
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.as.piece.state, PIECE_LATER);
    Buf data = {0};
    buf_add_text(&data, "everything");
    step(&bench, (PeerEvent){.kind = PEER_ENCODED, .job = 1, .bag = 4, .data = &data});
    assert_int_equal(data.len, 0);
    const PeerAction *piece = acted(&bench, PEER_SEND_ANSWER, 0);
    assert_int_equal(piece->route, 77);
    assert_int_equal(piece->message.as.piece.pull, 9);
    assert_int_equal(piece->message.as.piece.total, 10);
    assert_memory_equal(piece->message.bytes, "everything", 10);
    assert_null(acted(&bench, PEER_SEND_ANSWER, 1));
    step(&bench, asked);
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.size, 10);
    get.as.get.offset = 11; /* past the end */
    step(&bench, asked);
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.as.piece.state, PIECE_GONE);
    get.as.get.offset = 0;
    get.as.get.name.first = 5; /* a bag that we have not */
    step(&bench, asked);
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.as.piece.state, PIECE_GONE);
    hand_range(&bench, 2, 1, 1); /* what was asked for is frozen: the range is given back, for its worker has to be free again */
    assert_null(acted(&bench, PEER_COMPUTE, 0));
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.range, 2);
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.done, 0);
    merge_from(&bench, 1);
    assert_int_equal(bench.out.len, 0);
    get.job = 2;
    step(&bench, asked);
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.as.piece.state, PIECE_GONE);
    bench_free(&bench);
}

static void late_and_repeated_messages_are_ignored(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    start_job(&bench, 1, 0);
    assert_int_equal(bench.out.len, 0);
    hand_range(&bench, 1, 0, 4);
    hand_range(&bench, 1, 0, 4);
    assert_int_equal(bench.out.len, 0);
    hand_range(&bench, 2, 99, 2); /* past the end */
    hand_range(&bench, 3, 5, 0);
    control(&bench, (Message){.kind = MSG_RANGE, .job = 8, .as.range = {.first = 9, .count = 1}});
    control(&bench, (Message){.kind = MSG_JOB_DONE, .job = 1});
    assert_int_equal(bench.out.len, 0);
    assert_int_equal(peer_ignored(bench.peer), 6);
    control(&bench, (Message){.kind = MSG_JOB_END, .job = 1});
    computed(&bench, 1, 4); /* the compute thread was not done yet; the worker is free only now */
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.count, 4);
    computed(&bench, 1, 4);
    assert_int_equal(bench.out.len, 0);
    start_job(&bench, 1, 0); /* the ended job once more */
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void a_pull_that_stalls_is_repeated_and_then_reported(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    merge_from(&bench, 1);
    uint64_t repeats = 0, reports = 0, refusals = 0;
    for (bench.now = 500; bench.now <= 31000; bench.now += 500) {
        control(&bench, (Message){.kind = MSG_HEARTBEAT});
        step(&bench, (PeerEvent){.kind = PEER_TICK});
        repeats += acted(&bench, PEER_SEND_DATA, 0) != NULL;
        const Message *complaint = told(&bench, MSG_UNREACHABLE), *answered = told(&bench, MSG_MERGE_DONE);
        reports += complaint && complaint->as.unreachable.worker == 5 && complaint->as.unreachable.bag == 6;
        refusals += answered && !answered->as.merge_done.merged;
    }
    assert_true(repeats >= 6 && repeats <= 10);
    assert_true(reports == 1 && refusals == 1);
    bench_free(&bench);
}

static void a_holder_that_says_later_is_waited_for(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    merge_from(&bench, 1);
    Message get = acted(&bench, PEER_SEND_DATA, 0)->message, later = pull_refusal(&get, PIECE_LATER);
    for (bench.now = 500; bench.now <= 120000; bench.now += 500) {
        control(&bench, (Message){.kind = MSG_HEARTBEAT});
        step(&bench, (PeerEvent){.kind = PEER_TICK});
        assert_null(told(&bench, MSG_UNREACHABLE));
        step(&bench, (PeerEvent){.kind = PEER_PIECE, .message = &later});
    }
    bench_free(&bench);
}

static void a_job_may_be_dropped_elsewhere_first(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 1);
    hand_range(&bench, 1, 0, 4);
    Message gone = pull_refusal(&acted(&bench, PEER_SEND_DATA, 0)->message, PIECE_GONE);
    step(&bench, (PeerEvent){.kind = PEER_PIECE, .message = &gone});
    assert_int_equal(bench.out.len, 0);
    control(&bench, (Message){.kind = MSG_JOB_END, .job = 1});
    assert_int_equal(told(&bench, MSG_RANGE_DONE)->as.range_done.done, 0); /* what was not begun is given back */
    assert_non_null(acted(&bench, PEER_DROP, 0));
    /* Where it was not cancelled, there is a deadline. */
    start_job(&bench, 2, 1);
    control(&bench, (Message){.kind = MSG_RANGE, .job = 2, .as.range = {.range = 1, .count = 1, .bag = 1}});
    gone = pull_refusal(&acted(&bench, PEER_SEND_DATA, 0)->message, PIECE_GONE);
    bool is_reported = false;
    for (bench.now = 500; bench.now <= 31000; bench.now += 500) {
        step(&bench, (PeerEvent){.kind = PEER_PIECE, .message = &gone});
        control(&bench, (Message){.kind = MSG_HEARTBEAT});
        step(&bench, (PeerEvent){.kind = PEER_TICK});
        is_reported |= told(&bench, MSG_UNREACHABLE) && told(&bench, MSG_UNREACHABLE)->as.unreachable.worker == -1;
    }
    assert_true(is_reported);
    bench_free(&bench);
}

static void a_merge_may_be_taken_back(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 0);
    merge_from(&bench, 1);
    Message get = acted(&bench, PEER_SEND_DATA, 0)->message;
    Message off = {.kind = MSG_MERGE_VOID, .job = 1, .as.merge_void = {.step = 1}};
    control(&bench, off);
    assert_true(told(&bench, MSG_MERGE_DONE)->as.merge_done.step == 1 && !told(&bench, MSG_MERGE_DONE)->as.merge_done.merged);
    answer(&bench, &get, "bag", 3); /* late */
    assert_int_equal(bench.out.len, 0);
    /* Once it has come to the compute thread it is merged; the answer says so. */
    merge_from(&bench, 2);
    get = acted(&bench, PEER_SEND_DATA, 0)->message;
    answer(&bench, &get, "bag", 3);
    off.as.merge_void.step = 2;
    control(&bench, off);
    assert_int_equal(bench.out.len, 0);
    step(&bench, (PeerEvent){.kind = PEER_MERGED, .job = 1, .merge_done = {.step = 2, .nodes = 2, .end_chunk = -1}});
    assert_true(told(&bench, MSG_MERGE_DONE)->as.merge_done.merged);
    /* One whose source is gone is answered, too, after a complaint. */
    merge_from(&bench, 3);
    Message gone = pull_refusal(&acted(&bench, PEER_SEND_DATA, 0)->message, PIECE_GONE);
    step(&bench, (PeerEvent){.kind = PEER_PIECE, .message = &gone});
    assert_int_equal(told(&bench, MSG_UNREACHABLE)->as.unreachable.worker, 5);
    assert_false(told(&bench, MSG_MERGE_DONE)->as.merge_done.merged);
    bench_free(&bench);
}

static void a_range_may_be_revoked(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 1);
    hand_range(&bench, 1, 0, 2);
    Message get = acted(&bench, PEER_SEND_DATA, 0)->message;
    hand_range(&bench, 2, 2, 2);
    answer(&bench, &get, "one", 3); /* the first one is computed, the second waits for its slice */
    assert_non_null(acted(&bench, PEER_COMPUTE, 0));
    control(&bench, (Message){.kind = MSG_REVOKE, .job = 1, .as.revoke = {.range = 1}});
    assert_true(bench.out.len == 1 && acted(&bench, PEER_REVOKE, 0)->range == 1);
    control(&bench, (Message){.kind = MSG_REVOKE, .job = 1, .as.revoke = {.range = 2}});
    assert_true(told(&bench, MSG_RANGE_DONE)->as.range_done.range == 2 && told(&bench, MSG_RANGE_DONE)->as.range_done.done == 0);
    bench_free(&bench);
}

static void ranges_of_a_workers_job_are_told_one_by_one(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    Message start = {.kind = MSG_JOB_START, .job = JOB_NUMBER(8, 1)};
    start.as.start = (MsgJobStart){.spec = {.chunks = 100, .flags = JOB_BY_RANGES}, .serial = 1, .owner_endpoint = "ipc://seven"};
    control(&bench, start);
    for (uint64_t first = 0; first < 4; first += 2) {
        Message range = {.kind = MSG_RANGE, .job = JOB_NUMBER(8, 1), .as.range = {1 + first, first, 2, 7 + (uint32_t)first}};
        control(&bench, range);
        Buf data = {0};
        if (first == 0) buf_add_text(&data, "small");
        while (first && data.len <= MESSAGE_INLINE_BLOB) buf_add_text(&data, "large");
        MsgRangeDone done = {.range = 1 + first, .done = 2, .end_chunk = -1};
        step(&bench, (PeerEvent){.kind = PEER_COMPUTED, .job = JOB_NUMBER(8, 1), .range_done = done, .data = &data});
        assert_int_equal(data.len, 0);
        assert_int_equal(told(&bench, MSG_RANGE_DONE)->size, first ? 0 : 5);
        assert_true(told(&bench, MSG_RANGE_DONE)->as.range_done.bag_size >= 5);
    }
    Message get = {.kind = MSG_GET, .job = JOB_NUMBER(8, 1)};
    get.as.get = (MsgGet){.pull = 1, .name = {.kind = DATA_BAG, .first = 9}, .length = 5};
    step(&bench, (PeerEvent){.kind = PEER_GET, .route = 3, .message = &get});
    assert_memory_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.bytes, "large", 5);
    get.as.get.name.first = 3;
    step(&bench, (PeerEvent){.kind = PEER_GET, .route = 3, .message = &get});
    assert_int_equal(acted(&bench, PEER_SEND_ANSWER, 0)->message.as.piece.state, PIECE_GONE);
    control(&bench, (Message){.kind = MSG_IDLE, .as.idle = {.workers = 4}});
    assert_int_equal(acted(&bench, PEER_IDLE, 0)->count, 4);
    bench_free(&bench);
}

static const OwnerAction *owned(const Bench *bench, OwnerActionKind kind) {
    for (size_t i = 0; i < bench->owned.len; i++)
        if (bench->owned.items[i].kind == kind) return &bench->owned.items[i];
    return NULL;
}

static Owner *owner(Bench *bench) {
    clear(bench);
    owner_begin(peer_owner(bench->peer), bench->now * 1000000, &bench->owned);
    return peer_owner(bench->peer);
}

static void its_own_jobs_are_its_owners(void **state) {
    (void)state;
    Bench bench = bench_welcome(); /* worker 3 */
    uint64_t job = JOB_NUMBER(4, 1);
    Buf captures = {0};
    OwnerLists lists = {0};
    MsgJobSubmit submit = {.spec = {.chunks = 10, .flags = JOB_BY_RANGES}, .mapped = 1, .kept = 2};
    owner_submit(owner(&bench), job, &submit, &captures, &lists);
    assert_int_equal(owned(&bench, OWNER_SEND_CONTROL)->message.as.submit.kept, 2);
    owner_join(owner(&bench), job);
    assert_int_equal(owned(&bench, OWNER_SEND_CONTROL)->message.kind, MSG_JOIN);
    Message range = {.kind = MSG_RANGE, .job = job, .as.range = {1, 5, 2, 0}};
    control(&bench, range);
    assert_true(owned(&bench, OWNER_COMPUTE)->first == 5 && owned(&bench, OWNER_COMPUTE)->count == 2);
    control(&bench, range); /* a repetition */
    assert_int_equal(bench.owned.len, 0);
    Message small = {.kind = MSG_PART, .job = job, .bytes = "bag", .size = 3};
    small.as.part = (MsgPart){.first = 2, .count = 3, .size = 3, .bag = 1};
    control(&bench, small);
    assert_memory_equal(owned(&bench, OWNER_PART)->data.data, "bag", 3);
    Message large = {.kind = MSG_PART, .job = job};
    large.as.part = (MsgPart){.first = 7, .count = 3, .size = 5000, .worker = 9, .bag = 2, .endpoint = "ipc://nine"};
    control(&bench, large);
    assert_string_equal(owned(&bench, OWNER_SEND_DATA)->endpoint, "ipc://nine");
    Message get = owned(&bench, OWNER_SEND_DATA)->message;
    assert_true(get.as.get.name.first == 2 && get.as.get.name.count == 0);
    control(&bench, (Message){.kind = MSG_CANCEL_AFTER, .job = job, .as.cancel = {.chunk = 8}});
    assert_int_equal(owned(&bench, OWNER_LIMIT)->limit, 9);
    char *bag = xcalloc(1, 5000);
    answer(&bench, &get, bag, 5000);
    free(bag);
    assert_int_equal(owned(&bench, OWNER_PART)->data.len, 5000);
    const Message *taken = &owned(&bench, OWNER_SEND_CONTROL)->message;
    assert_true(taken->kind == MSG_PART_TAKEN && taken->as.part_taken.bag == 2 && taken->as.part_taken.taken);
    /* A part whose holder is lost will not come: its chunks are mapped again, by whoever. */
    large.as.part.bag = 3;
    control(&bench, large);
    control(&bench, (Message){.kind = MSG_WORKER_LOST, .as.text = {.worker = 9}});
    taken = &owned(&bench, OWNER_SEND_CONTROL)->message;
    assert_true(taken->kind == MSG_PART_TAKEN && taken->as.part_taken.bag == 3 && !taken->as.part_taken.taken);
    Message done = {.kind = MSG_JOB_DONE, .job = job, .as.job_done = {.holder = -1, .limit = 9}};
    control(&bench, done);
    assert_true(!owned(&bench, OWNER_RESULT)->has_bag && owned(&bench, OWNER_RESULT)->limit == 9);
    owner_received(owner(&bench), job, 1);
    assert_int_equal(owned(&bench, OWNER_SEND_CONTROL)->message.kind, MSG_JOB_END);
    bench_free(&bench);
}

static void it_beats_and_gives_up_on_a_silent_scheduler(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    bench.now = 1000;
    step(&bench, (PeerEvent){.kind = PEER_TICK, .progress = 5, .memory = 6});
    assert_true(told(&bench, MSG_HEARTBEAT)->as.heartbeat.progress == 5 && told(&bench, MSG_HEARTBEAT)->as.heartbeat.memory == 6);
    bench.now = 1500;
    step(&bench, (PeerEvent){.kind = PEER_TICK});
    assert_int_equal(bench.out.len, 0);
    bench.now = 100000; /* we were stopped ourselves: that is no silence of others */
    step(&bench, (PeerEvent){.kind = PEER_TICK});
    assert_null(acted(&bench, PEER_EXIT, 0));
    while (bench.now < 129000) {
        bench.now += 1000;
        step(&bench, (PeerEvent){.kind = PEER_TICK});
        assert_null(acted(&bench, PEER_EXIT, 0));
    }
    bench.now = 130000;
    step(&bench, (PeerEvent){.kind = PEER_TICK});
    assert_int_equal(acted(&bench, PEER_EXIT, 0)->status, 1);
    step(&bench, (PeerEvent){.kind = PEER_TICK});
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void shutdown_ends_it(void **state) {
    (void)state;
    Bench bench = bench_welcome();
    start_job(&bench, 1, 1);
    hand_range(&bench, 1, 0, 10);
    control(&bench, (Message){.kind = MSG_SHUTDOWN, .as.end = {.status = 3}});
    assert_non_null(told(&bench, MSG_BYE));
    assert_int_equal(acted(&bench, PEER_EXIT, 0)->status, 3);
    Buf data = {0};
    buf_add_text(&data, "late");
    step(&bench, (PeerEvent){.kind = PEER_ENCODED, .job = 1, .data = &data});
    assert_int_equal(data.len, 0);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_hello_and_works_after_welcome),
        cmocka_unit_test(a_small_job_is_opened_at_once),
        cmocka_unit_test(short_ranges_are_asked_for_many_at_a_time),
        cmocka_unit_test(large_captures_are_pulled_once),
        cmocka_unit_test(slices_come_before_a_range_is_computed),
        cmocka_unit_test(lent_lists_are_asked_for_only_where_they_are_not_to_be_had),
        cmocka_unit_test(cancelled_ranges_are_given_back),
        cmocka_unit_test(a_bag_is_pulled_and_merged),
        cmocka_unit_test(our_bag_is_encoded_once_and_served),
        cmocka_unit_test(late_and_repeated_messages_are_ignored),
        cmocka_unit_test(a_pull_that_stalls_is_repeated_and_then_reported),
        cmocka_unit_test(a_holder_that_says_later_is_waited_for),
        cmocka_unit_test(a_job_may_be_dropped_elsewhere_first),
        cmocka_unit_test(a_merge_may_be_taken_back),
        cmocka_unit_test(a_range_may_be_revoked),
        cmocka_unit_test(ranges_of_a_workers_job_are_told_one_by_one),
        cmocka_unit_test(its_own_jobs_are_its_owners),
        cmocka_unit_test(it_beats_and_gives_up_on_a_silent_scheduler),
        cmocka_unit_test(shutdown_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
