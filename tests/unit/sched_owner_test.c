/* sched_owner_test.c: what the scheduler says when a job of a worker ends in the very step in which it was handed out, because its
 * owner is lost then: what was said stays whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/sched/sched.h"

#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

enum { ROOT = 0, WORKERS = 4 }; /* workers are the peers 1 to 4 */

static const char captures[] = "what the job's functions have captured, in some forty bytes";

typedef struct Bench {
    Sched *sched;
    SchedActions out;
    uint64_t now;
} Bench;

static void step(Bench *bench, SchedEvent event) {
    bench->out.len = 0;
    event.now = bench->now;
    sched_step(bench->sched, &event, &bench->out);
}

static void say(Bench *bench, uint32_t peer, Message message) {
    step(bench, (SchedEvent){.kind = SCHED_MESSAGE, .peer = peer, .message = &message});
}

static const Message *told(const Bench *bench, uint32_t peer, MessageKind kind) {
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        if (action->kind == SCHED_SEND && action->peer == peer && action->message.kind == kind) return &action->message;
    }
    return NULL;
}

static void hello(Bench *bench, uint32_t peer) {
    Message message = {.kind = MSG_HELLO,
                       .as.hello = {.role = peer == ROOT ? ROLE_ROOT : ROLE_WORKER, .version = PROTOCOL_VERSION}};
    message.as.hello.pid = 100 + peer;
    message.as.hello.wish = peer == ROOT ? -1 : (int64_t)peer - 1;
    snprintf(message.as.hello.data_endpoint, sizeof message.as.hello.data_endpoint, "ipc://%u", peer);
    say(bench, peer, message);
}

static void beat(Bench *bench, uint32_t peer) {
    say(bench, peer, (Message){.kind = MSG_HEARTBEAT});
}

static void a_job_that_ends_as_it_is_handed_out_is_told_whole(void **state) {
    (void)state;
    Bench bench = {.now = SECOND};
    SchedConfig config = {.workers = WORKERS, .may_replace = true};
    bench.sched = sched_new(&config, bench.now);
    /* The root's job has one chunk. The worker with the highest peer number maps it, and submits a job of its own there. */
    uint32_t owner = WORKERS, free_one = 0;
    hello(&bench, ROOT);
    hello(&bench, owner);
    say(&bench, ROOT, (Message){.kind = MSG_JOB_SUBMIT, .job = 1, .as.submit.spec = {.chunks = 1, .grain = 1}});
    bench.now += SECOND / 2;
    step(&bench, (SchedEvent){.kind = SCHED_TICK});
    assert_non_null(told(&bench, owner, MSG_RANGE));
    for (uint32_t peer = 1; peer < owner; peer++) hello(&bench, peer);
    Message submit = {.kind = MSG_JOB_SUBMIT, .job = JOB_NUMBER(owner, 1), .bytes = captures, .size = sizeof captures};
    submit.as.submit.spec = (JobSpec){.chunks = 2, .blob_size = sizeof captures, .flags = JOB_BY_RANGES, .grain = 1};
    say(&bench, owner, submit);
    for (uint32_t peer = 1; peer < owner; peer++)
        if (!told(&bench, peer, MSG_RANGE)) free_one = peer;
    assert_int_equal(free_one, 3);
    /* Worker 1 and the owner fall silent, so 3 is given what 1 had, and in the same step the job ends. */
    uint32_t starts = 0, ends = 0;
    for (int i = 0; i < 8; i++) {
        bench.now += 900 * MILLISECOND;
        beat(&bench, ROOT);
        beat(&bench, 2);
        beat(&bench, 3);
        step(&bench, (SchedEvent){.kind = SCHED_TICK});
        const Message *start = told(&bench, free_one, MSG_JOB_START);
        ends += told(&bench, free_one, MSG_JOB_END) != NULL;
        if (!start || start->size == 0) continue;
        starts++;
        assert_int_equal(start->size, sizeof captures);
        assert_memory_equal(start->bytes, captures, sizeof captures);
    }
    assert_true(starts == 1 && ends == 1);
    sched_actions_free(&bench.out);
    sched_free(&bench.sched);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_ends_as_it_is_handed_out_is_told_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
