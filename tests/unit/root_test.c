/* root_test.c: the root's protocol side, event by event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/sched/pull.h"
#include "runtime/sched/root.h"

typedef struct Bench {
    Root *root;
    OwnerActions out; /* of the last event */
    uint64_t now;     /* milliseconds */
} Bench;

static Owner *owner(Bench *bench) {
    owner_actions_free(&bench->out);
    owner_begin(root_owner(bench->root), bench->now * 1000000, &bench->out);
    return root_owner(bench->root);
}

static void step(Bench *bench, RootEvent event) {
    owner_actions_free(&bench->out);
    event.now = bench->now * 1000000;
    root_step(bench->root, &event, &bench->out);
}

static void control(Bench *bench, Message message) {
    step(bench, (RootEvent){.kind = ROOT_CONTROL, .message = &message});
}

static Bench bench_new(void) {
    RootConfig config = {.data_endpoint = "ipc://root", .name = "host:1", .pid = 42};
    Bench bench = {.root = root_new(&config)};
    step(&bench, (RootEvent){.kind = ROOT_START});
    return bench;
}

static void bench_free(Bench *bench) {
    owner_actions_free(&bench->out);
    root_free(&bench->root);
}

static const OwnerAction *acted(const Bench *bench, OwnerActionKind kind) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == kind) return &bench->out.items[i];
    return NULL;
}

static const Message *told(const Bench *bench, MessageKind kind) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == OWNER_SEND_CONTROL && bench->out.items[i].message.kind == kind)
            return &bench->out.items[i].message;
    return NULL;
}

static void submit(Bench *bench, uint64_t job, const char *captures, uint32_t lists) {
    Buf data = {0};
    buf_add_text(&data, captures);
    OwnerLists none = {0};
    owner_submit(owner(bench), job, &(MsgJobSubmit){.spec = {.chunks = 10, .lists = lists}}, &data, &none);
    assert_int_equal(data.len, 0);
}

static Bench bench_with_job(uint32_t lists) {
    Bench bench = bench_new();
    control(&bench, (Message){.kind = MSG_WELCOME});
    submit(&bench, 1, "captures", lists);
    return bench;
}

static Message get_of(DataKind kind, uint64_t first, uint64_t offset, uint64_t length) {
    Message get = {.kind = MSG_GET, .job = 1};
    get.as.get = (MsgGet){.pull = 5, .name = {.kind = kind, .first = first}, .offset = offset, .length = length};
    if (kind == DATA_SLICE) get.as.get.name.count = 2;
    return get;
}

static void ask(Bench *bench, Message get) {
    step(bench, (RootEvent){.kind = ROOT_GET, .route = 8, .message = &get});
}

static void job_done(Bench *bench, int64_t holder) {
    Message message = {.kind = MSG_JOB_DONE, .job = 1};
    message.as.job_done = (MsgJobDone){.holder = holder, .bag = 6, .endpoint = "ipc://w4", .limit = 7, .end = END_FAILED};
    control(bench, message);
}

static void a_job_waits_for_the_welcome(void **state) {
    (void)state;
    Bench bench = bench_new();
    assert_int_equal(told(&bench, MSG_HELLO)->as.hello.role, ROLE_ROOT);
    submit(&bench, 1, "captures", 0);
    assert_int_equal(bench.out.len, 0);
    assert_false(root_is_welcome(bench.root));
    control(&bench, (Message){.kind = MSG_WELCOME});
    const Message *message = told(&bench, MSG_JOB_SUBMIT);
    assert_int_equal(message->job, 1);
    assert_int_equal(message->as.submit.spec.blob_size, 8);
    assert_memory_equal(message->bytes, "captures", 8);
    control(&bench, (Message){.kind = MSG_WELCOME}); /* a repetition */
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void captures_are_served(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    ask(&bench, get_of(DATA_CAPTURES, 0, 3, 100));
    const OwnerAction *answer = acted(&bench, OWNER_SEND_ANSWER);
    assert_int_equal(answer->route, 8);
    assert_int_equal(answer->message.as.piece.total, 8);
    assert_memory_equal(answer->message.bytes, "tures", 5);
    ask(&bench, get_of(DATA_BAG, 0, 0, 100));
    assert_int_equal(acted(&bench, OWNER_SEND_ANSWER)->message.as.piece.state, PIECE_GONE);
    bench_free(&bench);
}

static void slices_are_encoded_when_asked_for(void **state) {
    (void)state;
    Bench bench = bench_with_job(1);
    ask(&bench, get_of(DATA_SLICE, 4, 0, 3));
    const OwnerAction *slice = acted(&bench, OWNER_SLICE);
    assert_true(slice->list == 0 && slice->first == 4 && slice->count == 2);
    ask(&bench, get_of(DATA_SLICE, 4, 0, 3)); /* impatient: it hears that we live */
    assert_int_equal(acted(&bench, OWNER_SEND_ANSWER)->message.as.piece.state, PIECE_LATER);
    Buf data = {0};
    buf_add_text(&data, "abcde");
    owner_sliced(owner(&bench), 1, 0, 4, 2, &data);
    assert_memory_equal(acted(&bench, OWNER_SEND_ANSWER)->message.bytes, "abc", 3);
    ask(&bench, get_of(DATA_SLICE, 4, 3, 3));
    assert_memory_equal(acted(&bench, OWNER_SEND_ANSWER)->message.bytes, "de", 2);
    ask(&bench, get_of(DATA_SLICE, 4, 0, 3)); /* it was given up after its last piece, and is made again */
    assert_non_null(acted(&bench, OWNER_SLICE));
    ask(&bench, get_of(DATA_SLICE, 9, 0, 3)); /* past the end */
    assert_int_equal(acted(&bench, OWNER_SEND_ANSWER)->message.as.piece.state, PIECE_GONE);
    bench_free(&bench);
}

static void the_last_bag_is_pulled_and_acknowledged(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    job_done(&bench, 4);
    assert_string_equal(acted(&bench, OWNER_SEND_DATA)->endpoint, "ipc://w4");
    Message get = acted(&bench, OWNER_SEND_DATA)->message, piece = pull_answer(&get, "result", 6);
    assert_int_equal(get.as.get.name.first, 6);
    job_done(&bench, 4); /* a repetition */
    assert_int_equal(bench.out.len, 0);
    step(&bench, (RootEvent){.kind = ROOT_PIECE, .message = &piece});
    const OwnerAction *result = acted(&bench, OWNER_RESULT);
    assert_true(result->has_bag && result->limit == 7 && result->end == END_FAILED);
    assert_memory_equal(result->data.data, "result", 6);
    owner_received(owner(&bench), 1, 2);
    const MsgJobEnd *end = &told(&bench, MSG_JOB_END)->as.job_end;
    assert_true(end->nodes == 2 && end->size == 6);
    step(&bench, (RootEvent){.kind = ROOT_FINISH, .status = 9});
    assert_int_equal(told(&bench, MSG_BYE)->as.end.status, 9);
    assert_int_equal(acted(&bench, OWNER_EXIT)->status, 9);
    bench_free(&bench);
}

static void a_job_without_chunks_has_no_bag(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    job_done(&bench, -1);
    assert_false(acted(&bench, OWNER_RESULT)->has_bag);
    bench_free(&bench);
}

static void a_job_may_be_cancelled(void **state) {
    (void)state;
    Bench bench = bench_new();
    submit(&bench, 1, "captures", 0); /* before anybody knew of it */
    owner_cancel(owner(&bench), 1);
    assert_int_equal(bench.out.len, 0);
    control(&bench, (Message){.kind = MSG_WELCOME, .as.welcome = {.worker = 0}});
    assert_int_equal(bench.out.len, 0);
    submit(&bench, 2, "captures", 0);
    submit(&bench, 3, "captures", 0);
    owner_cancel(owner(&bench), 2);
    assert_true(told(&bench, MSG_JOB_END)->job == 2);
    Message done = {.kind = MSG_JOB_DONE, .job = 2, .as.job_done = {.holder = 4}};
    control(&bench, done); /* it crossed the cancellation */
    assert_int_equal(bench.out.len, 0);
    done.job = 3;
    control(&bench, done);
    assert_non_null(acted(&bench, OWNER_SEND_DATA));
    Message piece = pull_answer(&acted(&bench, OWNER_SEND_DATA)->message, "result", 6);
    owner_cancel(owner(&bench), 3);
    assert_int_equal(told(&bench, MSG_JOB_END)->job, 3);
    step(&bench, (RootEvent){.kind = ROOT_PIECE, .message = &piece});
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void progress_is_told(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    Message message = {.kind = MSG_JOB_PROGRESS, .job = 1, .as.progress = {.done = 3, .limit = 10}};
    control(&bench, message);
    const OwnerAction *action = acted(&bench, OWNER_PROGRESS);
    assert_true(action->job == 1 && action->count == 3 && action->limit == 10);
    job_done(&bench, -1);
    control(&bench, message); /* late */
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
}

static void lists_may_be_there_already(void **state) {
    (void)state;
    Bench bench = bench_new();
    control(&bench, (Message){.kind = MSG_WELCOME});
    Buf captures = {0};
    OwnerLists lists = {calloc(1, sizeof *lists.items), 1};
    buf_add_text(&lists.items[0].data, "abcdefghij");
    lists.items[0].ends = calloc(11, sizeof *lists.items[0].ends);
    for (uint64_t i = 0; i <= 10; i++) lists.items[0].ends[i] = (OwnerEnd){.offset = i, .elements = 3 * i};
    owner_submit(owner(&bench), 1, &(MsgJobSubmit){.spec = {.chunks = 10, .lists = 1}}, &captures, &lists);
    assert_null(lists.items);
    ask(&bench, get_of(DATA_SLICE, 4, 0, 100));
    const OwnerAction *answer = acted(&bench, OWNER_SEND_ANSWER);
    assert_int_equal(answer->message.as.piece.total, 10);
    assert_memory_equal(answer->message.bytes, "\6\0\0\0\0\0\0\0ef", 10);
    assert_null(acted(&bench, OWNER_SLICE));
    bench_free(&bench);
}

static void a_result_that_does_not_come_is_reported(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    job_done(&bench, 4);
    Message gone = pull_refusal(&acted(&bench, OWNER_SEND_DATA)->message, PIECE_GONE);
    uint64_t reports = 0;
    for (bench.now = 500; bench.now <= 31000; bench.now += 500) {
        control(&bench, (Message){.kind = MSG_HEARTBEAT});
        step(&bench, (RootEvent){.kind = ROOT_TICK});
        if (!told(&bench, MSG_UNREACHABLE)) continue;
        assert_true(told(&bench, MSG_UNREACHABLE)->as.unreachable.worker == 4 &&
                    told(&bench, MSG_UNREACHABLE)->as.unreachable.bag == 6);
        reports++;
    }
    assert_int_equal(reports, 1);
    job_done(&bench, 4); /* another one is told of */
    gone.as.piece.pull = acted(&bench, OWNER_SEND_DATA)->message.as.get.pull;
    step(&bench, (RootEvent){.kind = ROOT_PIECE, .message = &gone});
    assert_non_null(told(&bench, MSG_UNREACHABLE));
    bench_free(&bench);
}

static void a_holder_that_is_lost_is_followed_by_another(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    job_done(&bench, 4);
    Message get = acted(&bench, OWNER_SEND_DATA)->message, piece = pull_answer(&get, "result", 6);
    control(&bench, (Message){.kind = MSG_WORKER_LOST, .as.text = {.worker = 3}}); /* of no concern */
    control(&bench, (Message){.kind = MSG_WORKER_LOST, .as.text = {.worker = 4}});
    step(&bench, (RootEvent){.kind = ROOT_PIECE, .message = &piece}); /* late */
    assert_int_equal(bench.out.len, 0);
    job_done(&bench, 5);
    get = acted(&bench, OWNER_SEND_DATA)->message;
    piece = pull_answer(&get, "result", 6);
    step(&bench, (RootEvent){.kind = ROOT_PIECE, .message = &piece});
    assert_memory_equal(acted(&bench, OWNER_RESULT)->data.data, "result", 6);
    control(&bench, (Message){.kind = MSG_WORKER_LOST, .as.text = {.worker = 5}}); /* it has all it needs */
    owner_received(owner(&bench), 1, 1);
    assert_non_null(told(&bench, MSG_JOB_END));
    bench_free(&bench);
}

static void the_scheduler_may_end_it(void **state) {
    (void)state;
    Bench bench = bench_with_job(0);
    control(&bench, (Message){.kind = MSG_SHUTDOWN, .as.end = {.status = 130}});
    assert_int_equal(acted(&bench, OWNER_EXIT)->status, 130);
    control(&bench, (Message){.kind = MSG_HEARTBEAT});
    step(&bench, (RootEvent){.kind = ROOT_TICK});
    assert_int_equal(bench.out.len, 0);
    bench_free(&bench);
    bench = bench_new();
    for (bench.now = 1000; bench.now < 30000; bench.now += 1000) {
        step(&bench, (RootEvent){.kind = ROOT_TICK});
        assert_null(acted(&bench, OWNER_EXIT));
    }
    step(&bench, (RootEvent){.kind = ROOT_TICK});
    assert_int_equal(acted(&bench, OWNER_EXIT)->status, 1);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_waits_for_the_welcome),
        cmocka_unit_test(captures_are_served),
        cmocka_unit_test(slices_are_encoded_when_asked_for),
        cmocka_unit_test(the_last_bag_is_pulled_and_acknowledged),
        cmocka_unit_test(a_job_without_chunks_has_no_bag),
        cmocka_unit_test(a_result_that_does_not_come_is_reported),
        cmocka_unit_test(a_holder_that_is_lost_is_followed_by_another),
        cmocka_unit_test(the_scheduler_may_end_it),
        cmocka_unit_test(a_job_may_be_cancelled),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(lists_may_be_there_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
