/* exchange_test.c: the scheduler exchanges large tables, and an owner gathers their parts. Peer 0 is the root, peers 1 … are
 * workers 0 …. What the scheduler orders is noted in a queue and answered one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/sched/gather.h"
#include "runtime/sched/sched.h"

enum { CHUNKS = 4, MOST_PARTS = 64, MOST_BAGS = 256, QUEUE = 4096 };

typedef struct Order {
    uint32_t peer;
    Message message;
} Order;

typedef struct Bench {
    Sched *sched;
    SchedActions out;
    Order orders[QUEUE]; /* RANGE and MERGE, from `next` on unanswered */
    size_t next, count;
    uint32_t pulled[MOST_BAGS][16]; /* merges done into a part's bag from each worker's bags */
    uint32_t owner[MOST_BAGS];      /* of a part's bag: a peer */
    MsgPart told[MOST_PARTS];
    uint32_t told_count, lost_told;
    MsgJobDone done;
    bool is_done, is_dead[16];
    uint64_t weight, merged_weight, now;
} Bench;

static void step(Bench *bench, SchedEvent event) {
    bench->out.len = 0;
    event.now = bench->now;
    sched_step(bench->sched, &event, &bench->out);
    for (size_t i = 0; i < bench->out.len; i++) {
        const SchedAction *action = &bench->out.items[i];
        const Message *message = &action->message;
        if (action->kind != SCHED_SEND) continue;
        if (message->kind == MSG_RANGE || message->kind == MSG_MERGE) {
            assert_true(bench->count < QUEUE);
            bench->orders[bench->count++] = (Order){action->peer, *message};
        }
        if (message->kind == MSG_PART) {
            if (message->as.part.first == 0) bench->told_count = 0;
            bench->told[bench->told_count++] = message->as.part;
        }
        bench->lost_told += message->kind == MSG_WORKER_LOST;
        if (message->kind == MSG_JOB_DONE) {
            bench->done = message->as.job_done;
            bench->is_done = true;
        }
    }
}

static void say(Bench *bench, uint32_t peer, Message message) {
    step(bench, (SchedEvent){.kind = SCHED_MESSAGE, .peer = peer, .message = &message});
}

static void hello(Bench *bench, uint32_t peer, Role role) {
    Message message = {.kind = MSG_HELLO};
    message.as.hello = (MsgHello){.role = role, .version = PROTOCOL_VERSION, .pid = 100 + peer, .wish = -1};
    snprintf(message.as.hello.data_endpoint, sizeof message.as.hello.data_endpoint, "ipc://%u", peer);
    say(bench, peer, message);
}

static void bench_open_with(Bench *bench, SchedConfig config, uint64_t weight, uint32_t flags) {
    uint32_t workers = config.workers;
    *bench = (Bench){.sched = sched_new(&config, 0), .weight = weight};
    hello(bench, 0, ROLE_ROOT);
    for (uint32_t worker = 0; worker < workers; worker++) hello(bench, worker + 1, ROLE_WORKER);
    Message message = {.kind = MSG_JOB_SUBMIT, .job = 1};
    message.as.submit.spec = (JobSpec){.chunks = CHUNKS, .flags = flags};
    say(bench, 0, message);
}

static void bench_open(Bench *bench, uint32_t workers, uint64_t weight, uint32_t flags) {
    bench_open_with(bench, (SchedConfig){.workers = workers, .range_chunks = 1}, weight, flags);
}

static void bench_close(Bench *bench) {
    sched_free(&bench->sched);
    sched_actions_free(&bench->out);
}

static void answer_range(Bench *bench, const Order *order) {
    const MsgRange *range = &order->message.as.range;
    Message message = {.kind = MSG_RANGE_DONE, .job = 1};
    message.as.range_done =
        (MsgRangeDone){.range = range->range, .first = range->first, .count = range->count, .done = range->count};
    message.as.range_done.end_chunk = -1;
    message.as.range_done.credits = 1;
    message.as.range_done.weight = bench->weight;
    say(bench, order->peer, message);
}

static void answer_merge(Bench *bench, const Order *order) {
    const MsgMerge *merge = &order->message.as.merge;
    if (merge->parts > 1) {
        assert_true(merge->part < merge->parts && merge->parts <= MOST_PARTS && merge->into < MOST_BAGS);
        if (bench->is_dead[merge->from + 1]) { /* it was ordered before the death */
            Message failed = {.kind = MSG_MERGE_DONE, .job = 1, .as.merge_done = {.step = merge->step, .end_chunk = -1}};
            say(bench, order->peer, failed);
            return;
        }
        bench->pulled[merge->into][merge->from]++;
        bench->owner[merge->into] = order->peer;
    }
    Message message = {.kind = MSG_MERGE_DONE, .job = 1};
    message.as.merge_done = (MsgMergeDone){.step = merge->step, .merged = true, .nodes = 1, .size = 64, .end_chunk = -1};
    message.as.merge_done.weight = bench->merged_weight;
    say(bench, order->peer, message);
}

/* Answers the next `count` orders, as far as there are any; the dead do not answer. */
static void answer(Bench *bench, size_t count) {
    for (; count > 0 && bench->next < bench->count; count--) {
        Order order = bench->orders[bench->next++];
        if (bench->is_dead[order.peer]) continue;
        if (order.message.kind == MSG_RANGE)
            answer_range(bench, &order);
        else
            answer_merge(bench, &order);
    }
}

static void answer_until_merges(Bench *bench) {
    while (bench->next < bench->count && bench->orders[bench->next].message.kind == MSG_RANGE) answer(bench, 1);
}

static void dies(Bench *bench, uint32_t peer) {
    bench->is_dead[peer] = true;
    bench->is_done = false;
    step(bench, (SchedEvent){.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .pid = 100 + peer, .text = "killed"});
    bench->now += 200000000;
    step(bench, (SchedEvent){.kind = SCHED_TICK});
}

/* Every part was put together at its owner, of what each of `holders` workers has, once. */
static void check_parts(const Bench *bench, uint32_t holders) {
    assert_true(bench->is_done);
    assert_int_equal(bench->done.holder, -1);
    assert_int_equal(bench->done.parts, bench->told_count);
    assert_int_equal(bench->done.limit, CHUNKS);
    for (uint32_t part = 0; part < bench->told_count; part++) {
        uint32_t from = 0, bag = bench->told[part].bag;
        for (uint32_t worker = 0; worker < 16; worker++) {
            assert_true(bench->pulled[bag][worker] <= 2); /* the new bag of a worker, and an old one */
            from += bench->pulled[bag][worker] > 0;
        }
        assert_int_equal(from, holders);
        const MsgPart *told = &bench->told[part];
        assert_true(told->first == part && told->count == bench->told_count && told->worker + 1 == bench->owner[bag]);
        assert_false(bench->is_dead[told->worker + 1]);
    }
}

static Bench bench;

static void heavy_bags_are_exchanged(void **state) {
    (void)state;
    bench_open(&bench, 2, 5 << 20, JOB_BY_KEY);
    answer(&bench, QUEUE);
    assert_int_equal(bench.told_count, 6); /* of 10 MiB */
    check_parts(&bench, 2);
    const Message end = {.kind = MSG_JOB_END, .job = 1};
    say(&bench, 0, end);
    assert_int_equal(sched_job_stats(bench.sched, 1)->edge_count, 4); /* each from each */
    assert_int_equal(sched_job_stats(bench.sched, 1)->edges[0].size, 64 * 3);
    bench_close(&bench);
}

static void everybody_owns_parts_and_merges_two_at_a_time(void **state) {
    (void)state;
    bench_open(&bench, 4, 100 << 20, JOB_BY_KEY);
    answer_until_merges(&bench);
    uint32_t merges[5] = {0};
    for (size_t i = bench.next; i < bench.count; i++) merges[bench.orders[i].peer]++;
    for (uint32_t peer = 1; peer <= 4; peer++) assert_int_equal(merges[peer], 2);
    bench_close(&bench);
}

/* Four bags are too many: two pairs meet first, and are told to weigh less than both did. */
static void many_bags_meet_in_pairs_before(void **state) {
    (void)state;
    bench_open_with(&bench, (SchedConfig){.workers = 4, .range_chunks = 1, .exchange_bags = 2}, 5 << 20, JOB_BY_KEY);
    answer_until_merges(&bench);
    assert_int_equal(bench.count - bench.next, 2);
    for (size_t i = bench.next; i < bench.count; i++) assert_int_equal(bench.orders[i].message.as.merge.parts, 1);
    bench.merged_weight = 6 << 20;
    answer(&bench, 1);
    assert_int_equal(bench.count - bench.next, 1); /* not before both have */
    answer(&bench, QUEUE);
    assert_int_equal(bench.told_count, 7); /* of 12 MiB */
    check_parts(&bench, 2);
    bench_close(&bench);
}

static void light_and_other_bags_are_not(void **state) {
    (void)state;
    static const struct {
        uint64_t weight;
        uint32_t flags;
    } cases[] = {{1 << 20, JOB_BY_KEY}, {5 << 20, 0}, {0, JOB_BY_KEY}};
    for (size_t i = 0; i < 3; i++) {
        bench_open(&bench, 2, cases[i].weight, cases[i].flags);
        answer(&bench, QUEUE);
        assert_true(bench.is_done && bench.done.holder >= 0 && bench.done.parts == 0 && bench.told_count == 0);
        bench_close(&bench);
    }
}

/* The work of the dead is mapped again, and the exchange begins anew, whenever the death comes. */
static void a_death_begins_it_anew(void **state) {
    (void)state;
    for (size_t when = 0; when < 20; when++) {
        bench_open(&bench, 3, 5 << 20, JOB_BY_KEY);
        answer_until_merges(&bench);
        answer(&bench, when);
        dies(&bench, 2);
        answer(&bench, QUEUE);
        assert_int_equal(bench.lost_told, 1);
        assert_true(bench.is_done);
        check_parts(&bench, 2);
        bench_close(&bench);
    }
}

static void a_death_after_it_is_told_begins_it_anew(void **state) {
    (void)state;
    bench_open(&bench, 3, 5 << 20, JOB_BY_KEY);
    answer(&bench, QUEUE);
    check_parts(&bench, 3);
    dies(&bench, 1);
    assert_false(bench.is_done);
    answer(&bench, QUEUE);
    check_parts(&bench, 2);
    bench_close(&bench);
}

/* The root could not get a part. */
static void a_complaint_begins_it_anew(void **state) {
    (void)state;
    bench_open(&bench, 3, 5 << 20, JOB_BY_KEY);
    answer(&bench, QUEUE);
    Message complaint = {.kind = MSG_UNREACHABLE, .job = 1};
    complaint.as.unreachable = (MsgUnreachable){.worker = bench.told[1].worker, .bag = bench.told[1].bag};
    bench.is_done = false;
    say(&bench, 0, complaint);
    answer(&bench, QUEUE);
    check_parts(&bench, 3);
    assert_true(bench.told[1].bag != complaint.as.unreachable.bag);
    bench_close(&bench);
}

/* Two owners do not reach each other: parts are for those only who reach all. */
static void who_does_not_reach_all_owns_no_parts(void **state) {
    (void)state;
    bench_open(&bench, 3, 5 << 20, JOB_BY_KEY);
    answer_until_merges(&bench);
    Order order;
    do {
        order = bench.orders[bench.next++];
    } while (order.peer != 1 || order.message.as.merge.from != 1);
    Message complaint = {.kind = MSG_UNREACHABLE, .job = 1};
    complaint.as.unreachable = (MsgUnreachable){.worker = 1, .bag = order.message.as.merge.from_bag};
    say(&bench, 1, complaint);
    say(&bench, 1, complaint); /* of another part, at the same time */
    bench.next = 0;
    answer(&bench, QUEUE);
    check_parts(&bench, 3);
    for (uint32_t part = 0; part < bench.told_count; part++) assert_int_equal(bench.told[part].worker, 2);
    bench_close(&bench);
}

/* ---- the owner's side */

static void parts_are_told_in_order(void **state) {
    (void)state;
    Gather gather = {0};
    MsgPart part = {.first = 1, .count = 3, .worker = 5};
    assert_false(gather_tell(&gather, &part)); /* not the first */
    part.first = 0;
    assert_true(gather_tell(&gather, &part));
    assert_false(gather_is_told(&gather, 3));
    part.first = 2;
    assert_false(gather_tell(&gather, &part));
    for (part.first = 1; part.first < 3; part.first++) assert_true(gather_tell(&gather, &part));
    assert_false(gather_tell(&gather, &part));
    assert_true(gather_is_told(&gather, 3) && !gather_is_told(&gather, 2) && !gather_is_complete(&gather));
    assert_true(gather_needs(&gather, 5) && !gather_needs(&gather, 4));
    part.count = GATHER_PARTS + 1;
    part.first = 0;
    assert_false(gather_tell(&gather, &part)); /* too many; what was known is forgotten */
    assert_false(gather_is_told(&gather, 3));
    gather_free(&gather);
}

static void a_few_are_pulled_at_a_time(void **state) {
    (void)state;
    Gather gather = {0};
    for (MsgPart part = {.count = 6}; part.first < 6; part.first++) assert_true(gather_tell(&gather, &part));
    uint32_t begun = 0;
    for (GatherPart *part; (part = gather_next(&gather)); begun++) part->pull.id = begun + 1;
    assert_int_equal(begun, GATHER_WINDOW);
    assert_null(gather_find(&gather, 99));
    for (uint32_t i = 1; i <= 6; i++) {
        GatherPart *part = gather_find(&gather, i);
        buf_add(&part->pull.data, &i, sizeof i);
        part->is_here = true;
        part = gather_next(&gather);
        if (part) part->pull.id = ++begun;
    }
    assert_true(gather_is_complete(&gather));
    Buf *parts = gather_take(&gather);
    for (uint32_t i = 0; i < 6; i++) {
        assert_memory_equal(parts[i].data, &(uint32_t){i + 1}, sizeof i);
        buf_free(&parts[i]);
    }
    free(parts);
    assert_int_equal(gather.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavy_bags_are_exchanged),       cmocka_unit_test(everybody_owns_parts_and_merges_two_at_a_time),
        cmocka_unit_test(many_bags_meet_in_pairs_before), cmocka_unit_test(light_and_other_bags_are_not),
        cmocka_unit_test(a_death_begins_it_anew),         cmocka_unit_test(a_death_after_it_is_told_begins_it_anew),
        cmocka_unit_test(a_complaint_begins_it_anew),     cmocka_unit_test(who_does_not_reach_all_owns_no_parts),
        cmocka_unit_test(parts_are_told_in_order),        cmocka_unit_test(a_few_are_pulled_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
