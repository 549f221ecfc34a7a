/* sched_bench.h: a scheduler on its own, event by event, for tests: what is said to it, and what it does. Peer 0 is the root, peers
 * 1 … are workers 0 …; time is in milliseconds. Included once, after cmocka.h. */
#ifndef TESTS_UNIT_SCHED_BENCH_H
#define TESTS_UNIT_SCHED_BENCH_H

#include <stdio.h>
#include <string.h>

#include "runtime/sched/sched.h"

typedef struct Bench {
    Sched *sched;
    SchedActions out; /* of the last event */
    uint64_t now;     /* milliseconds */
    struct {
        uint32_t peer;
        uint64_t job;
        MsgRange range;
    } handed[256]; /* the last is the newest */
    size_t handed_count;
} Bench;

static inline void step(Bench *bench, SchedEvent event) {
    bench->out.len = 0;
    event.now = bench->now * 1000000;
    sched_step(bench->sched, &event, &bench->out);
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        if (action->kind != SCHED_SEND || action->message.kind != MSG_RANGE || bench->handed_count == 256) continue;
        bench->handed[bench->handed_count].peer = action->peer;
        bench->handed[bench->handed_count].job = action->message.job;
        bench->handed[bench->handed_count++].range = action->message.as.range;
    }
}

/* Answers get the name of the range that they answer. */
static inline void say(Bench *bench, uint32_t peer, Message message) {
    for (size_t i = 0; message.kind == MSG_RANGE_DONE && i < bench->handed_count; i++)
        if (bench->handed[i].peer == peer && bench->handed[i].job == message.job &&
            bench->handed[i].range.first == message.as.range_done.first)
            message.as.range_done.range = bench->handed[i].range.range;
    step(bench, (SchedEvent){.kind = SCHED_MESSAGE, .peer = peer, .message = &message});
}

static inline void tick_at(Bench *bench, uint64_t now) {
    bench->now = now;
    step(bench, (SchedEvent){.kind = SCHED_TICK});
}

static inline void hello(Bench *bench, uint32_t peer, Role role) {
    Message message = {.kind = MSG_HELLO};
    message.as.hello = (MsgHello){.role = role, .version = PROTOCOL_VERSION, .pid = 100 + peer, .wish = -1};
    snprintf(message.as.hello.name, sizeof message.as.hello.name, "host%u", peer);
    snprintf(message.as.hello.data_endpoint, sizeof message.as.hello.data_endpoint, "ipc://%u", peer);
    say(bench, peer, message);
}

static inline Bench bench_new(SchedConfig config, uint32_t workers) {
    Bench bench = {.sched = sched_new(&config, 0)};
    hello(&bench, 0, ROLE_ROOT);
    for (uint32_t worker = 0; worker < workers; worker++) hello(&bench, worker + 1, ROLE_WORKER);
    return bench;
}

static inline void bench_free(Bench *bench) {
    sched_free(&bench->sched);
    sched_actions_free(&bench->out);
}

static inline void submit_flagged(Bench *bench, uint64_t job, uint64_t chunks, uint32_t flags) {
    Message message = {.kind = MSG_JOB_SUBMIT, .job = job, .bytes = "blob", .size = 4};
    message.as.submit.spec = (JobSpec){.chunks = chunks, .blob_size = 4, .flags = flags};
    say(bench, 0, message);
}

/* A job that may end early: its chunks are handed out from the front. */
static inline void submit(Bench *bench, uint64_t job, uint64_t chunks) {
    submit_flagged(bench, job, chunks, JOB_MAY_STOP_EARLY);
}

static inline size_t count_sent(const Bench *bench, uint32_t peer, MessageKind kind) {
    size_t count = 0;
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        count += action->kind == SCHED_SEND && action->peer == peer && action->message.kind == kind;
    }
    return count;
}

/* The nth message of a kind that the last event sent to the peer. */
static inline const Message *sent(const Bench *bench, uint32_t peer, MessageKind kind, size_t nth) {
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        if (action->kind == SCHED_SEND && action->peer == peer && action->message.kind == kind && nth-- == 0)
            return &action->message;
    }
    fail_msg("peer %u was not sent a %s", peer, message_kind_name(kind));
    return NULL;
}

static inline const SchedAction *acted(const Bench *bench, SchedActionKind kind) {
    for (size_t i = 0; i < bench->out.len; i++)
        if (bench->out.items[i].kind == kind) return &bench->out.items[i];
    return NULL;
}

static inline Message done(uint64_t job, uint64_t first, uint64_t count) {
    Message message = {.kind = MSG_RANGE_DONE, .job = job};
    message.as.range_done =
        (MsgRangeDone){.first = first, .count = count, .done = count, .elements = 10 * count, .end_chunk = -1, .credits = 2};
    return message;
}

static inline Message ended(uint64_t job, uint64_t first, uint64_t count, uint64_t chunk, EndKind end) {
    Message message = done(job, first, count);
    message.as.range_done.done = chunk - first + 1;
    message.as.range_done.end = end;
    message.as.range_done.end_chunk = (int64_t)chunk;
    return message;
}

static inline Message merged(uint64_t job, uint32_t merge_step) {
    Message message = {.kind = MSG_MERGE_DONE, .job = job};
    message.as.merge_done = (MsgMergeDone){.step = merge_step, .merged = true, .nodes = 1, .size = 64, .end_chunk = -1};
    return message;
}

static inline void submit_nested(Bench *bench, uint64_t count, uint64_t chunks, uint64_t mapped, uint64_t kept) {
    Message message = {.kind = MSG_JOB_SUBMIT, .job = JOB_NUMBER(1, count), .bytes = "blob", .size = 4};
    message.as.submit = (MsgJobSubmit){.mapped = mapped, .kept = kept};
    message.as.submit.spec = (JobSpec){.chunks = chunks, .blob_size = 4, .flags = JOB_BY_RANGES};
    say(bench, 1, message);
}

static inline Message part_done(uint64_t job, uint64_t first, uint64_t count, const char *bag) {
    Message message = done(job, first, count);
    message.as.range_done.bag_size = message.size = strlen(bag);
    message.bytes = bag;
    return message;
}

#endif
