/* pull_test.c: a value comes whole whatever happens to its pieces: lost, repeated, in another order, through segments or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "runtime/sched/pull.h"

#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

enum { SIZE = 9 * MESSAGE_PIECE_SIZE + 77, JOB = 5 };

typedef struct Bench {
    Pull pull;
    char *value;
    uint64_t now;
} Bench;

static Bench bench_new(void) {
    Bench bench = {.value = xmalloc(SIZE), .now = SECOND};
    for (size_t i = 0; i < SIZE; i++) bench.value[i] = (char)(i * 31 + i / 4099);
    pull_start(&bench.pull, 3, JOB, (DataName){.kind = DATA_BAG}, bench.now);
    return bench;
}

static void bench_free(Bench *bench) {
    pull_free(&bench->pull);
    free(bench->value);
}

static size_t asks(Bench *bench, Message gets[PULL_WINDOW]) {
    size_t count = 0;
    for (Message get; pull_next_request(&bench->pull, bench->now, &get); count++) {
        assert_true(count < PULL_WINDOW);
        gets[count] = get;
    }
    return count;
}

static PullResult answer(Bench *bench, const Message *get) {
    Message piece = pull_answer(get, bench->value, SIZE);
    bench->now += MILLISECOND;
    return pull_piece(&bench->pull, &piece, bench->now);
}

static void check_value(const Bench *bench) {
    assert_int_equal(bench->pull.data.len, SIZE);
    assert_memory_equal(bench->pull.data.data, bench->value, SIZE);
}

static void pieces_may_come_in_any_order(void **state) {
    (void)state;
    Bench bench = bench_new();
    Message gets[PULL_WINDOW];
    assert_int_equal(asks(&bench, gets), 1); /* its size is not known yet */
    PullResult result = answer(&bench, &gets[0]);
    while (result != PULL_COMPLETE) {
        size_t count = asks(&bench, gets);
        assert_true(count > 0);
        while (count) result = answer(&bench, &gets[--count]);
        size_t again = asks(&bench, gets); /* those that others overtook: they have come by now */
        for (size_t i = 0; i < again; i++)
            if (result != PULL_COMPLETE) result = answer(&bench, &gets[i]);
    }
    check_value(&bench);
    bench_free(&bench);
}

static void what_is_overtaken_is_asked_for_at_once(void **state) {
    (void)state;
    Bench bench = bench_new();
    Message gets[PULL_WINDOW], again[PULL_WINDOW];
    asks(&bench, gets);
    answer(&bench, &gets[0]);
    assert_int_equal(asks(&bench, gets), PULL_WINDOW);
    answer(&bench, &gets[1]);
    assert_int_equal(asks(&bench, again), 1);
    assert_int_equal(again[0].as.get.offset, gets[0].as.get.offset);
    answer(&bench, &gets[2]);
    assert_int_equal(asks(&bench, again), 0); /* it was asked for again already */
    bench_free(&bench);
}

static void what_does_not_come_is_asked_for_again(void **state) {
    (void)state;
    Bench bench = bench_new();
    Message gets[PULL_WINDOW], again[PULL_WINDOW];
    uint64_t random = 1;
    PullResult result = PULL_MORE;
    size_t tries = 0;
    for (; result != PULL_COMPLETE; bench.now += 100 * MILLISECOND) {
        assert_true(bench.now < 100 * SECOND && pull_tick(&bench.pull, bench.now));
        size_t count = asks(&bench, gets);
        tries += count;
        for (size_t i = 0; i < count && result != PULL_COMPLETE; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            if (random >> 62 != 0) result = answer(&bench, &gets[i]); /* a quarter is lost */
            if (random >> 62 == 3 && result != PULL_COMPLETE) assert_int_equal(answer(&bench, &gets[i]), PULL_IGNORED);
        }
    }
    assert_true(tries > 10 && tries < 40);
    check_value(&bench);
    bench_free(&bench);

    bench = bench_new(); /* nobody ever answers: more and more rarely */
    asks(&bench, gets);
    for (tries = 0; pull_tick(&bench.pull, bench.now); bench.now += 50 * MILLISECOND) tries += asks(&bench, again);
    assert_true(tries >= 6 && tries <= 10);
    assert_true(bench.now > PULL_DEADLINE);
    bench_free(&bench);
}

static void segments_are_checked_and_done_without(void **state) {
    (void)state;
    Bench bench = bench_new();
    Message gets[PULL_WINDOW];
    asks(&bench, gets);
    assert_false(gets[0].as.get.is_plain);
    Message piece = pull_answer(&gets[0], bench.value, SIZE);
    piece.as.piece.state = PIECE_SEGMENT;
    piece.as.piece.segment.checksum = checksum64(piece.bytes, piece.size, 0);
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_MORE);
    assert_int_equal(bench.pull.data.len, MESSAGE_PIECE_SIZE);
    assert_int_equal(asks(&bench, gets), PULL_WINDOW);

    piece = pull_answer(&gets[0], bench.value, SIZE); /* written to while it was read */
    piece.as.piece.state = PIECE_SEGMENT;
    piece.as.piece.segment.checksum = checksum64(piece.bytes, piece.size, 0) + 1;
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_MORE);
    assert_int_equal(bench.pull.data.len, MESSAGE_PIECE_SIZE);
    piece = pull_answer(&gets[1], bench.value, SIZE); /* could not be opened */
    piece.as.piece.state = PIECE_SEGMENT;
    piece.size = 0;
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_MORE);
    assert_int_equal(asks(&bench, gets), 2);
    for (size_t i = 0; i < 2; i++) assert_true(gets[i].as.get.is_plain);
    for (PullResult result = PULL_MORE; result != PULL_COMPLETE;) {
        for (size_t i = 0, count = asks(&bench, gets); i < count; i++) result = answer(&bench, &gets[i]);
        bench.now += 5 * SECOND;
        assert_true(pull_tick(&bench.pull, bench.now));
    }
    check_value(&bench);
    bench_free(&bench);
}

static void strange_pieces_are_ignored(void **state) {
    (void)state;
    Bench bench = bench_new();
    Message gets[PULL_WINDOW];
    asks(&bench, gets);
    answer(&bench, &gets[0]);
    asks(&bench, gets);
    Message good = pull_answer(&gets[0], bench.value, SIZE), piece = good;
    piece.as.piece.total++; /* another size than before */
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_IGNORED);
    piece = good;
    piece.size--; /* less than was asked for */
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_IGNORED);
    piece = good;
    piece.as.piece.offset = 8 * MESSAGE_PIECE_SIZE; /* not asked for yet */
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_IGNORED);
    piece = good;
    piece.as.piece.pull++;
    assert_int_equal(pull_piece(&bench.pull, &piece, bench.now), PULL_IGNORED);
    assert_int_equal(pull_piece(&bench.pull, &good, bench.now), PULL_MORE);
    bench_free(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_may_come_in_any_order),
        cmocka_unit_test(what_is_overtaken_is_asked_for_at_once),
        cmocka_unit_test(what_does_not_come_is_asked_for_again),
        cmocka_unit_test(segments_are_checked_and_done_without),
        cmocka_unit_test(strange_pieces_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
