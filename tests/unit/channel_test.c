/* channel_test.c: two ends of a control connection with a bad network between them: every message arrives once and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/sched/channel.h"

#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

enum { MOST = 4096 };

/* A datagram under way, with bytes of its own. */
typedef struct Flight {
    Message message;
    uint64_t at;
    int to;
} Flight;

typedef struct World {
    Channel *ends[2];
    Flight flights[MOST];
    size_t count;
    uint64_t now, random, delay;
    uint32_t loss, repeats;    /* of a thousand */
    uint64_t cut_until;        /* nothing arrives before that */
    uint64_t sent[2], came[2]; /* messages, by the end that sends or gets them */
    uint64_t datagrams;
} World;

static uint64_t draw(World *world, uint64_t below) {
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (world->random >> 33) % below;
}

static World *world_new(uint64_t seed, uint32_t start) {
    World *world = xcalloc(1, sizeof *world);
    world->random = seed;
    world->delay = MILLISECOND;
    for (int i = 0; i < 2; i++) world->ends[i] = channel_new((uint32_t)i + 7, start);
    return world;
}

static void flight_free(Flight *flight) {
    free((void *)(uintptr_t)flight->message.bytes);
}

static void world_free(World *world) {
    for (size_t i = 0; i < world->count; i++) flight_free(&world->flights[i]);
    for (int i = 0; i < 2; i++) channel_free(&world->ends[i]);
    free(world);
}

static void launch(World *world, int to, const Message *datagram) {
    assert_true(world->count < MOST);
    Flight *flight = &world->flights[world->count++];
    *flight = (Flight){.message = *datagram, .at = world->now + draw(world, world->delay), .to = to};
    if (!datagram->size) return;
    void *bytes = xmalloc(datagram->size);
    memcpy(bytes, datagram->bytes, datagram->size);
    flight->message.bytes = bytes;
}

static void flush(World *world, int end) {
    for (Message datagram; channel_datagram(world->ends[end], world->now, &datagram); world->datagrams++) {
        if (world->now < world->cut_until || draw(world, 1000) < world->loss) continue;
        launch(world, !end, &datagram);
        if (draw(world, 1000) < world->repeats) launch(world, !end, &datagram);
    }
}

static void say(World *world, int end) {
    uint64_t number = ++world->sent[end];
    char bytes[100];
    memset(bytes, (char)number, sizeof bytes);
    Message message = {.kind = MSG_RANGE, .job = number};
    if (number % 3 == 0) message = (Message){.kind = MSG_PART, .job = number, .bytes = bytes, .size = number % sizeof bytes};
    channel_send(world->ends[end], &message);
    flush(world, end);
}

static void check_message(World *world, int end, const Message *message) {
    if (message->kind == MSG_HEARTBEAT) return;
    assert_int_equal(message->job, ++world->came[end]);
    assert_int_equal(message->kind, message->job % 3 == 0 ? MSG_PART : MSG_RANGE);
    for (size_t i = 0; i < message->size; i++) assert_int_equal(((const char *)message->bytes)[i], (char)message->job);
}

static void arrive(World *world, int end, const Message *datagram) {
    channel_receive(world->ends[end], datagram, world->now);
    for (const Message *message; (message = channel_next(world->ends[end]));) check_message(world, end, message);
    flush(world, end);
}

/* The next thing that happens: a datagram arrives, or a deadline passes. False: nothing ever will. */
static bool step(World *world) {
    size_t first = 0;
    uint64_t tick = channel_next_tick(world->ends[0]), other = channel_next_tick(world->ends[1]);
    if (other < tick) tick = other;
    for (size_t i = 1; i < world->count; i++)
        if (world->flights[i].at < world->flights[first].at) first = i;
    if (world->count && world->flights[first].at <= tick) {
        Flight flight = world->flights[first];
        world->flights[first] = world->flights[--world->count];
        if (flight.at > world->now) world->now = flight.at;
        arrive(world, flight.to, &flight.message);
        flight_free(&flight);
        return true;
    }
    if (tick == CHANNEL_NEVER) return false;
    if (tick > world->now) world->now = tick;
    for (int i = 0; i < 2; i++) {
        channel_tick(world->ends[i], world->now);
        flush(world, i);
    }
    return true;
}

static void check_all_came(World *world) {
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world->came[i], world->sent[!i]);
        assert_true(channel_is_settled(world->ends[i]));
    }
}

static void a_good_network_costs_nothing_more(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    for (int i = 0; i < 1000; i++) {
        say(world, 0); /* an order, and when it has come an answer */
        while (world->came[1] < world->sent[0]) assert_true(step(world));
        say(world, 1);
        while (world->came[0] < world->sent[1]) assert_true(step(world));
    }
    while (step(world)) {}
    check_all_came(world);
    assert_int_equal(world->datagrams, 2001); /* the last answer's acknowledgement went alone */
    for (int i = 0; i < 2; i++) assert_int_equal(channel_stats(world->ends[i]).again, 0);
    world_free(world);
}

static void all_arrives_whatever_the_network_does(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        World *world = world_new(seed, seed % 3 ? 0 : UINT32_MAX - 20); /* the numbers wrap around */
        world->loss = (uint32_t)draw(world, 400);
        world->repeats = (uint32_t)draw(world, 300);
        world->delay = 1 + draw(world, 50 * MILLISECOND);
        for (int i = 0; i < 400; i++) {
            say(world, (int)draw(world, 2));
            for (uint64_t steps = draw(world, 5); steps; steps--) step(world);
            if (draw(world, 100) == 0) world->cut_until = world->now + draw(world, SECOND);
        }
        world->loss = 0;
        uint64_t healed = world->now > world->cut_until ? world->now : world->cut_until;
        while (step(world)) {}
        check_all_came(world);
        assert_true(world->now < healed + 8 * SECOND);
        world_free(world);
    }
}

static void a_gap_is_asked_for_at_once(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    say(world, 0);
    while (world->count) step(world);
    world->cut_until = world->now + 1;
    say(world, 0); /* is lost */
    world->cut_until = 0;
    uint64_t lost_at = world->now;
    say(world, 0);
    while (world->came[1] < 3) step(world);
    assert_true(world->now < lost_at + 5 * MILLISECOND);
    assert_int_equal(channel_stats(world->ends[0]).again, 1);

    world->cut_until = world->now + 1;
    say(world, 0); /* the last one: only the heartbeat shows that it is missing */
    world->cut_until = 0;
    lost_at = world->now;
    Message heartbeat = {.kind = MSG_HEARTBEAT};
    channel_send(world->ends[0], &heartbeat);
    flush(world, 0);
    while (world->came[1] < 4) step(world);
    assert_true(world->now < lost_at + 5 * MILLISECOND);
    while (step(world)) {}
    check_all_came(world);
    world_free(world);
}

static void what_is_under_way_is_bounded(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    for (int i = 0; i < 2000; i++) say(world, 0);
    assert_int_equal(world->count, CHANNEL_WINDOW); /* the others wait for acknowledgements */
    flight_free(&world->flights[0]);
    world->flights[0] = world->flights[--world->count]; /* the first is lost: all others are early */
    while (step(world)) {}
    check_all_came(world);
    world_free(world);
}

/* A cut end sends again and again, more and more rarely, and at last not at all; it goes on when it hears something. */
static void who_is_not_answered_becomes_quiet(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    world->cut_until = UINT64_MAX;
    say(world, 0);
    while (step(world)) {}
    assert_int_equal(world->datagrams, 1 + CHANNEL_TRIES + 1);
    assert_true(world->now > 30 * SECOND && world->now < 60 * SECOND);
    world->cut_until = 0;
    Message heartbeat = {.kind = MSG_HEARTBEAT};
    channel_send(world->ends[1], &heartbeat);
    flush(world, 1);
    while (step(world)) {}
    check_all_came(world);
    world_free(world);
}

/* It lives, but what it is sent never gets through to it. */
static void who_lives_and_takes_nothing_is_stuck(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    Message heartbeat = {.kind = MSG_HEARTBEAT};
    say(world, 0);
    for (int i = 0; i < 60; i++) {
        assert_true(!channel_is_stuck(world->ends[0]) || world->now > 30 * SECOND);
        channel_send(world->ends[1], &heartbeat);
        flush(world, 1);
        for (uint64_t until = world->now + SECOND; world->now < until; world->now += 50 * MILLISECOND) {
            for (size_t k = 0; k < world->count; k++) {
                if (world->flights[k].to == 0) arrive(world, 0, &world->flights[k].message);
                flight_free(&world->flights[k]);
            }
            world->count = 0;
            channel_tick(world->ends[0], world->now);
            flush(world, 0);
        }
    }
    assert_true(channel_is_stuck(world->ends[0]));
    assert_false(channel_is_stuck(world->ends[1]));
    world_free(world);
}

static void an_end_that_was_started_anew_is_not_mistaken(void **state) {
    (void)state;
    World *world = world_new(1, 0);
    say(world, 0);
    say(world, 1);
    while (step(world)) {}
    channel_free(&world->ends[0]);
    world->ends[0] = channel_new(99, 0);
    uint64_t came = world->came[1];
    say(world, 0);
    say(world, 0);
    for (int i = 0; i < 200 && step(world); i++) {}
    assert_int_equal(world->came[1], came); /* neither as a new message nor as a repetition */
    assert_true(channel_stats(world->ends[1]).strange >= 2);
    world_free(world);
}

static void nonsense_is_dropped(void **state) {
    (void)state;
    Channel *channel = channel_new(1, 0);
    Message message = {.kind = MSG_RANGE, .session = 2, .seq = 1, .ack = 5}; /* we have sent nothing */
    channel_receive(channel, &message, 0);
    assert_null(channel_next(channel));
    message.ack = 0;
    message.seq = CHANNEL_WINDOW + 1; /* nobody sends so far ahead */
    channel_receive(channel, &message, 0);
    assert_null(channel_next(channel));
    assert_int_equal(channel_stats(channel).strange, 2);
    message.seq = 1;
    channel_receive(channel, &message, 0);
    assert_non_null(channel_next(channel));
    assert_null(channel_next(channel));
    channel_receive(channel, &message, 0);
    assert_null(channel_next(channel));
    assert_int_equal(channel_stats(channel).repeated, 1);
    channel_free(&channel);
}

static void a_set_has_one_timer(void **state) {
    (void)state;
    Channels channels = {.session = 3};
    assert_true(channels_next_tick(&channels) == CHANNEL_NEVER);
    Message message = {.kind = MSG_WELCOME}, out;
    for (uint32_t peer = 0; peer < 100; peer += 30) {
        Channel *channel = channels_at(&channels, peer);
        channel_send(channel, &message);
        while (channel_datagram(channel, SECOND, &out)) {}
        channels_touch(&channels, channel, SECOND);
    }
    uint64_t now = channels_next_tick(&channels);
    assert_true(now < SECOND + 200 * MILLISECOND);
    uint32_t again = 0;
    for (; now < 2 * SECOND; now = channels_next_tick(&channels)) {
        channels_tick(&channels, now);
        for (uint32_t peer = 0; peer < channels.len; peer++)
            while (channels.items[peer] && channel_datagram(channels.items[peer], now, &out)) again++;
    }
    assert_int_equal(again, 8); /* four messages, after 300 and 900 ms */
    channels_free(&channels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_costs_nothing_more),
        cmocka_unit_test(all_arrives_whatever_the_network_does),
        cmocka_unit_test(a_gap_is_asked_for_at_once),
        cmocka_unit_test(what_is_under_way_is_bounded),
        cmocka_unit_test(who_is_not_answered_becomes_quiet),
        cmocka_unit_test(who_lives_and_takes_nothing_is_stuck),
        cmocka_unit_test(an_end_that_was_started_anew_is_not_mistaken),
        cmocka_unit_test(nonsense_is_dropped),
        cmocka_unit_test(a_set_has_one_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
