/* code_test.c: object code that travels: as bytes, and from the root to a worker, which asks for each once, with what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "runtime/sched/peer.h"
#include "runtime/sched/pull.h"
#include "runtime/sched/root.h"

/* A root and a worker, which hear each other at once. */
typedef struct Bench {
    Codes *at_root, *at_worker;
    Root *root;
    Peer *peer;
    OwnerActions served, owned;
    PeerActions out;
    unsigned loads, unloads, opens, gets, failures;
    uint64_t serial;
} Bench;

static void worker_step(Bench *bench, Message *message, PeerEventKind kind);

/* What the root answers. */
static void ask(Bench *bench, Message *get) {
    bench->gets++;
    root_step(bench->root, &(RootEvent){.kind = ROOT_GET, .message = get}, &bench->served);
    assert_int_equal(bench->served.len, 1);
    Message piece = bench->served.items[0].message;
    bench->served.len = 0;
    worker_step(bench, &piece, PEER_PIECE);
}

static void worker_step(Bench *bench, Message *message, PeerEventKind kind) {
    Message asked[8];
    size_t count = 0;
    peer_step(bench->peer, &(PeerEvent){.kind = kind, .message = message}, &bench->out, &bench->owned);
    for (size_t i = 0; i < bench->out.len; i++) {
        PeerAction *action = &bench->out.items[i];
        bench->loads += action->kind == PEER_LOAD;
        bench->unloads += action->kind == PEER_UNLOAD;
        bench->opens += action->kind == PEER_OPEN;
        bench->failures += action->kind == PEER_SEND_CONTROL && action->message.kind == MSG_FAIL;
        if (action->kind == PEER_SEND_DATA) asked[count++] = action->message;
    }
    peer_actions_free(&bench->out);
    for (size_t i = 0; i < count; i++) ask(bench, &asked[i]);
}

static Bench bench_new(void) {
    Bench bench = {.at_root = codes_new(), .at_worker = codes_new()};
    bench.root = root_new(&(RootConfig){.data_endpoint = "ipc://root", .name = "root", .codes = bench.at_root});
    bench.peer = peer_new(&(PeerConfig){.data_endpoint = "ipc://w", .name = "w", .wish = -1, .codes = bench.at_worker});
    root_step(bench.root, &(RootEvent){.kind = ROOT_START}, &bench.served);
    bench.served.len = 0;
    worker_step(&bench, NULL, PEER_START);
    worker_step(&bench, &(Message){.kind = MSG_WELCOME}, PEER_CONTROL);
    return bench;
}

static void bench_free(Bench *bench) {
    root_free(&bench->root);
    peer_free(&bench->peer);
    owner_actions_free(&bench->served);
    owner_actions_free(&bench->owned);
    codes_free(&bench->at_root);
    codes_free(&bench->at_worker);
}

static Code *code_of(const char *object, Code *need) {
    return code_new(object, strlen(object), &need, need ? 1 : 0);
}

static void start_job(Bench *bench, uint64_t job, const uint8_t *code) {
    Message start = {.kind = MSG_JOB_START, .job = job};
    start.as.start = (MsgJobStart){.spec = {.chunks = 10}, .serial = ++bench->serial, .owner_endpoint = "ipc://root"};
    memcpy(start.as.start.spec.code, code, CODE_HASH_SIZE);
    worker_step(bench, &start, PEER_CONTROL);
}

static void end_job(Bench *bench, uint64_t job) {
    worker_step(bench, &(Message){.kind = MSG_JOB_END, .job = job}, PEER_CONTROL);
}

static void bytes_come_back(void **state) {
    (void)state;
    Code *first = code_of("first", NULL), *second = code_of("second", first);
    size_t size;
    const uint8_t *bytes = code_bytes(second, &size);
    Code *back = code_read(bytes, size, code_hash(second));
    assert_int_equal(code_need_count(back), 1);
    assert_memory_equal(code_need(back, 0), code_hash(first), CODE_HASH_SIZE);
    size_t len;
    assert_memory_equal(code_object(back, &len), "second", 6);
    assert_int_equal(len, 6);
    assert_null(code_read(bytes, size, code_hash(first)));
    for (size_t cut = 0; cut < size; cut++) assert_null(code_read(bytes, cut, code_hash(second)));
    code_release(&first);
    code_release(&second);
    code_release(&back);
    assert_null(back);
}

static void code_is_pulled_once(void **state) {
    (void)state;
    Bench bench = bench_new();
    Code *first = code_of("first", NULL), *second = code_of("second", first);
    codes_add(bench.at_root, first);
    codes_add(bench.at_root, second);
    start_job(&bench, 1, code_hash(second));
    assert_true(bench.gets == 2 && bench.loads == 2 && bench.opens == 1); /* with the one that it needs */
    start_job(&bench, 2, code_hash(second));
    start_job(&bench, 3, code_hash(first));
    assert_true(bench.gets == 2 && bench.loads == 2 && bench.opens == 3);
    Code *there = codes_find(bench.at_worker, code_hash(first)); /* for those who help this worker */
    assert_non_null(there);
    code_release(&there);
    const uint8_t none[CODE_HASH_SIZE] = {0};
    start_job(&bench, 4, none);
    assert_true(bench.gets == 2 && bench.opens == 4);
    code_release(&first);
    code_release(&second);
    bench_free(&bench);
}

static void code_that_is_gone_is_waited_for(void **state) {
    (void)state;
    Bench bench = bench_new();
    Code *code = code_of("code", NULL);
    start_job(&bench, 1, code_hash(code)); /* the root has given it up, and with it the job, as will be heard */
    assert_true(bench.gets == 1 && bench.loads == 0 && bench.opens == 0 && bench.failures == 0);
    end_job(&bench, 1);
    assert_true(bench.opens == 0);
    code_release(&code);
    bench_free(&bench);
}

static void few_are_kept(void **state) {
    (void)state;
    Bench bench = bench_new();
    char text[16];
    Code *needed = code_of("needed", NULL);
    codes_add(bench.at_root, needed);
    start_job(&bench, 1000, code_hash(needed)); /* which goes on all the time */
    for (unsigned i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "code %u", i);
        Code *code = code_of(text, NULL);
        codes_add(bench.at_root, code);
        start_job(&bench, i + 1, code_hash(code));
        end_job(&bench, i + 1);
        codes_remove(bench.at_root, code_hash(code));
        code_release(&code);
    }
    assert_int_equal(bench.loads, 201);
    assert_true(bench.loads - bench.unloads < 40);
    Code *there = codes_find(bench.at_worker, code_hash(needed));
    assert_non_null(there);
    code_release(&there);
    code_release(&needed);
    bench_free(&bench);
}

static void other_bytes_are_an_error(void **state) {
    (void)state;
    Bench bench = bench_new();
    Code *code = code_of("code", NULL);
    Message start = {.kind = MSG_JOB_START, .job = 1};
    start.as.start = (MsgJobStart){.spec = {.chunks = 10}, .serial = 1, .owner_endpoint = "ipc://root"};
    memcpy(start.as.start.spec.code, code_hash(code), CODE_HASH_SIZE);
    peer_step(bench.peer, &(PeerEvent){.kind = PEER_CONTROL, .message = &start}, &bench.out, &bench.owned);
    Message get = bench.out.items[0].message;
    peer_actions_free(&bench.out);
    Message piece = pull_answer(&get, "something else", 14);
    worker_step(&bench, &piece, PEER_PIECE);
    assert_true(bench.failures == 1 && bench.loads == 0 && bench.opens == 0);
    code_release(&code);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(code_is_pulled_once),
        cmocka_unit_test(code_that_is_gone_is_waited_for),
        cmocka_unit_test(few_are_kept),
        cmocka_unit_test(other_bytes_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
