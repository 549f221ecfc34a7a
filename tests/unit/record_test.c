/* record_test.c: what launchers say to each other: every kind there and back, in pieces of any size, and no noise is believed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/launch/texts.h"

static const Record samples[] = {
    {.kind = RECORD_HELLO, .as.hello = {.version = PROTOCOL_VERSION, .program = "hash", .pid = 77}},
    {.kind = RECORD_STARTED, .as.started = {.serial = 3, .pid = 78}},
    {.kind = RECORD_NOT_STARTED, .as.not_started = {.serial = 4, .reason = 11}},
    {.kind = RECORD_EXIT,
     .as.exit = {.serial = 3,
                 .role = ROLE_WORKER,
                 .pid = 78,
                 .status = 9,
                 .peak = (uint64_t)1 << 33,
                 .ran_out = true,
                 .at = {.activity = AT_MAPPING, .job = 5, .first = 6, .count = 7}}},
    {.kind = RECORD_START,
     .as.start = {.version = PROTOCOL_VERSION,
                  .host = 2,
                  .workers = 8,
                  .directory = "/tmp/mr-1-abcdef",
                  .control = "tcp://127.0.0.1:4711#KEY",
                  .address = "127.0.0.1"}},
    {.kind = RECORD_SPAWN, .as.spawn = {.serial = 9, .role = ROLE_WORKER, .wish = -1}},
    {.kind = RECORD_KILL, .as.kill = {.pid = 78}},
    {.kind = RECORD_END, .as.end = {.patience = 2000}},
    {.kind = RECORD_TEXT, .as.text = {.kind = TEXT_FOLDER, .is_last = true, .piece = "/home/carol"}},
    {.kind = RECORD_ALIVE},
    {.kind = RECORD_WORKERS},
    {.kind = RECORD_WORKER, .as.worker = {.number = 7, .pid = 79, .place = "host-b"}},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* Encoding says everything about a record that matters. */
static void check_same(const Record *left, const Record *right) {
    Buf a = {0}, b = {0};
    record_add(&a, left);
    record_add(&b, right);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buf_free(&a);
    buf_free(&b);
}

static void every_kind_comes_back(void **state) {
    (void)state;
    assert_int_equal(SAMPLES, RECORD_KINDS - 1);
    RecordQueue queue = {0};
    for (int i = 0; i < SAMPLES; i++) record_add(&queue.bytes, &samples[i]);
    Record record;
    for (int i = 0; i < SAMPLES; i++) {
        assert_int_equal(record_next(&queue, &record), RECORD_GOT);
        assert_int_equal(record.kind, samples[i].kind);
        check_same(&record, &samples[i]);
    }
    assert_int_equal(record_next(&queue, &record), RECORD_NONE);
    record_free(&queue);
}

/* A text of any length, in as many pieces as it takes. */
static void texts_come_back(void **state) {
    (void)state;
    char *text = calloc(1, 5000);
    for (size_t len = 0; len < 2000; len += len < 500 ? 100 : 1) {
        memset(text, 'x', len);
        RecordQueue queue = {0};
        Texts texts = {0};
        Record record;
        texts_say(&queue.bytes, TEXT_ARGUMENT, text);
        texts_say(&queue.bytes, TEXT_ARGUMENT, "");
        texts_say(&queue.bytes, TEXT_FOLDER, "/");
        while (record_next(&queue, &record) == RECORD_GOT) assert_true(texts_add(&texts, &record.as.text));
        assert_int_equal(texts.count, 2);
        assert_string_equal(texts.arguments[0], text);
        assert_string_equal(texts.arguments[1], "");
        assert_null(texts.arguments[2]);
        assert_string_equal(texts.folder, "/");
        free(texts.arguments[0]);
        free(texts.arguments[1]);
        free(texts.arguments);
        free(texts.folder);
        record_free(&queue);
    }
    free(text);
}

/* A key that does not belong to the other is a mistake of whoever sent them: better here than as a worker that is never let in. */
static void keys_come_as_pairs(void **state) {
    (void)state;
    RecordQueue queue = {0};
    Record record, spawn = {.kind = RECORD_SPAWN, .as.spawn = {.serial = 9, .role = ROLE_WORKER, .wish = -1}};
    KeyPair other;
    assert_true(key_pair_make(&spawn.as.spawn.keys) && key_pair_make(&other));
    record_add(&queue.bytes, &spawn);
    assert_int_equal(record_next(&queue, &record), RECORD_GOT);
    assert_memory_equal(&record.as.spawn.keys, &spawn.as.spawn.keys, sizeof record.as.spawn.keys);
    for (size_t i = 0; i + KEY_LENGTH <= queue.bytes.len; i++) /* it does not stay in the buffer */
        assert_memory_not_equal(queue.bytes.data + i, spawn.as.spawn.keys.secret_key, KEY_LENGTH);
    record_free(&queue);
    memcpy(spawn.as.spawn.keys.public_key, other.public_key, KEY_SIZE);
    record_add(&queue.bytes, &spawn);
    assert_int_equal(record_next(&queue, &record), RECORD_BAD);
    record_free(&queue);
}

static void fields_come_back(void **state) {
    (void)state;
    RecordQueue queue = {0};
    Record record;
    record_add(&queue.bytes, &samples[3]);
    assert_int_equal(record_next(&queue, &record), RECORD_GOT);
    assert_int_equal(record.as.exit.pid, 78);
    assert_int_equal(record.as.exit.status, 9);
    assert_true(record.as.exit.peak == (uint64_t)1 << 33);
    assert_true(record.as.exit.ran_out);
    assert_int_equal(record.as.exit.at.activity, AT_MAPPING);
    assert_int_equal(record.as.exit.at.count, 7);
    record_free(&queue);
}

/* Over a pipe, byte by byte and all at once. */
static void pieces_are_put_together(void **state) {
    (void)state;
    for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
        int ends[2], got = 0;
        assert_int_equal(pipe(ends), 0);
        Buf all = {0};
        for (int i = 0; i < SAMPLES; i++) record_add(&all, &samples[i]);
        RecordQueue queue = {0};
        Record record;
        for (size_t at = 0; at < all.len; at += piece) {
            Buf some = {0};
            buf_add(&some, all.data + at, all.len - at < piece ? all.len - at : piece);
            assert_true(record_write(&some, ends[1]));
            assert_int_equal(some.len, 0);
            buf_free(&some);
            assert_true(record_receive(&queue, ends[0]));
            while (record_next(&queue, &record) == RECORD_GOT) check_same(&record, &samples[got++]);
        }
        assert_int_equal(got, SAMPLES);
        close(ends[1]);
        assert_false(record_receive(&queue, ends[0])); /* the end */
        close(ends[0]);
        record_free(&queue);
        buf_free(&all);
    }
}

/* What a full pipe does not take stays, and goes later. */
static void what_is_left_is_sent_later(void **state) {
    (void)state;
    int ends[2], sent = 0, got = 0;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    Buf out = {0};
    for (; out.len == 0; sent++) {
        record_add(&out, &samples[3]);
        assert_true(record_write(&out, ends[1]));
    }
    RecordQueue queue = {0};
    Record record;
    for (int rounds = 0; got < sent && rounds < 1000; rounds++) {
        assert_true(record_receive(&queue, ends[0]));
        while (record_next(&queue, &record) == RECORD_GOT) got++;
        assert_true(record_write(&out, ends[1]));
    }
    assert_int_equal(got, sent);
    close(ends[0]);
    close(ends[1]);
    record_free(&queue);
    buf_free(&out);
}

/* Whatever is changed in a frame: it is refused, or it is another frame that is a record. */
static void noise_is_refused(void **state) {
    (void)state;
    srand(1);
    int refused = 0;
    for (int round = 0; round < 20000; round++) {
        Buf frame = {0};
        record_add(&frame, &samples[rand() % SAMPLES]);
        int changes = 1 + rand() % 3;
        for (int i = 0; i < changes; i++) frame.data[(size_t)rand() % frame.len] ^= (char)(1 << rand() % 8);
        RecordQueue queue = {0};
        buf_add(&queue.bytes, frame.data, frame.len); /* taking a record may wipe it */
        Record record;
        RecordState got = record_next(&queue, &record);
        refused += got == RECORD_BAD;
        if (got == RECORD_GOT) {
            Buf again = {0};
            record_add(&again, &record);
            assert_true(again.len <= frame.len);
            assert_memory_equal(again.data, frame.data, again.len);
            buf_free(&again);
        }
        buf_free(&frame);
        record_free(&queue);
    }
    assert_true(refused > 1000);
}

static void a_bad_length_is_refused(void **state) {
    (void)state;
    const uint8_t lengths[][4] = {{0xff, 0xff, 0xff, 0xff}, {0, 0, 1, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        RecordQueue queue = {0};
        Record record;
        buf_add(&queue.bytes, lengths[i], 4);
        buf_add(&queue.bytes, "\1\1\1\1", 4);
        assert_int_equal(record_next(&queue, &record), RECORD_BAD);
        record_free(&queue);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),   cmocka_unit_test(texts_come_back),
        cmocka_unit_test(keys_come_as_pairs),      cmocka_unit_test(fields_come_back),
        cmocka_unit_test(pieces_are_put_together), cmocka_unit_test(what_is_left_is_sent_later),
        cmocka_unit_test(noise_is_refused),        cmocka_unit_test(a_bad_length_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
