/* wire_test.c: every kind of message goes out and comes in again as it was; what is cut short, too long or out of bounds is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/net/wire.h"

static const char blob[2 * MESSAGE_KEY_SIZE] = "captured values";

static JobSpec some_spec(void) {
    return (JobSpec){.task = "task hash",
                     .code = "code hash",
                     .chunks = MESSAGE_CHUNKS,
                     .elements = 12345678901,
                     .size = 1,
                     .blob_size = sizeof blob,
                     .lists = MESSAGE_LISTS,
                     .flags = JOB_FLAGS,
                     .grain = 5};
}

/* One message of each kind, with every field set. */
static size_t all_messages(Message *out) {
    const DataName name = {.kind = DATA_SLICE, .list = 3, .first = 4, .count = 5};
    const Message messages[] = {
        {.kind = MSG_HELLO,
         .as.hello = {.role = ROLE_WORKER,
                      .version = 1,
                      .program = "hash",
                      .data_endpoint = "ipc:///tmp/w",
                      .name = "host:1",
                      .host = 3,
                      .pid = 7,
                      .wish = 2}},
        {.kind = MSG_WELCOME, .as.welcome = {.has_journal = true, .worker = 5, .workers = 8}},
        {.kind = MSG_JOB_SUBMIT,
         .bytes = blob,
         .size = sizeof blob,
         .as.submit =
             {.spec = some_spec(), .name = {.name = {1, 2}, .work = {[15] = 3}, .inputs = "a, 3 bytes"}, .mapped = 3, .kept = 4}},
        {.kind = MSG_JOB_START, .bytes = blob, .size = sizeof blob, .as.start = {some_spec(), 9, "inproc://root"}},
        {.kind = MSG_RANGE, .as.range = {.range = 8, .first = 1, .count = MESSAGE_CHUNKS - 1, .bag = 2}},
        {.kind = MSG_RANGE_DONE,
         .bytes = blob,
         .size = sizeof blob,
         .as.range_done = {7, 1, 5, 4, 100, 200, 300, 350, 400, 4, END_FAILED, .credits = 2, .bag_size = sizeof blob}},
        {.kind = MSG_CANCEL_AFTER, .as.cancel = {.chunk = 9}},
        {.kind = MSG_REVOKE, .as.revoke = {.range = 9}},
        {.kind = MSG_MERGE,
         .as.merge = {.step = 3, .into = 6, .from = 4, .from_bag = 5, .part = 1, .parts = 2, .endpoint = "ipc:///tmp/x"}},
        {.kind = MSG_MERGE_VOID, .as.merge_void = {.step = 3}},
        {.kind = MSG_MERGE_DONE,
         .as.merge_done =
             {.step = 3, .merged = true, .nodes = 2, .size = 1000, .nanoseconds = 5, .ended = 6, .weight = 77, .end_chunk = -1}},
        {.kind = MSG_JOB_DONE,
         .as.job_done = {.holder = -1, .bag = 4, .parts = 5, .endpoint = "", .limit = 7, .nanoseconds = 9, .end = END_STOPPED}},
        {.kind = MSG_JOB_PROGRESS, .as.progress = {.done = 3, .limit = 9}},
        {.kind = MSG_JOB_END, .as.job_end = {.nodes = 1, .size = 2}},
        {.kind = MSG_JOIN},
        {.kind = MSG_PART,
         .as.part = {.first = 3, .count = 4, .size = MESSAGE_INLINE_BLOB + 1, .worker = 5, .bag = 6, .endpoint = "inproc://w"}},
        {.kind = MSG_PART_TAKEN, .as.part_taken = {.bag = 6, .taken = true}},
        {.kind = MSG_IDLE, .as.idle = {.workers = 3}},
        {.kind = MSG_GET, .as.get = {.pull = 1, .name = name, .host = 77, .offset = 10, .length = MESSAGE_PIECE_SIZE}},
        {.kind = MSG_GET,
         .as.get = {.pull = 2, .name = {.kind = DATA_CODE, .first = UINT64_MAX, .count = UINT64_MAX - 1}, .length = 1}},
        {.kind = MSG_PIECE,
         .bytes = blob,
         .size = sizeof blob,
         .as.piece = {.pull = 1, .name = name, .offset = 10, .total = 10 + sizeof blob, .state = PIECE_DATA}},
        {.kind = MSG_PIECE,
         .as.piece = {.pull = 1,
                      .name = name,
                      .offset = 10,
                      .total = 1000,
                      .state = PIECE_SEGMENT,
                      .segment = {.pid = 1, .file = 2, .inode = 3, .at = 4, .length = 990, .checksum = UINT64_MAX}}},
        {.kind = MSG_HEARTBEAT, .as.heartbeat = {.progress = UINT64_MAX, .memory = 1}},
        {.kind = MSG_STATS, .as.stats = {.captures = 3, .ignored = 4}},
        {.kind = MSG_WORKER_LOST, .as.text = {.worker = 3, .text = "killed by signal 9"}},
        {.kind = MSG_UNREACHABLE, .as.unreachable = {.worker = -1, .bag = 3}},
        {.kind = MSG_POISON, .as.poison = {.chunk = 3, .workers = 4, .how = "killed by signal 9"}},
        {.kind = MSG_FAIL, .as.text = {.worker = 0, .text = "caf\xc3\xa9"}},
        {.kind = MSG_BYE, .as.end = {.status = -7}},
        {.kind = MSG_SHUTDOWN, .as.end = {.status = 130}},
        {.kind = MSG_ACK, .as.ack = {.wants = UINT32_MAX, .beyond = UINT64_MAX}},
        {.kind = MSG_ALLOW, .bytes = blob, .size = 2 * MESSAGE_KEY_SIZE, .as.allow.keys = 2},
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        out[i] = messages[i];
        out[i].job = 0x0102030405060708;
        if (out[i].kind == MSG_GET || out[i].kind == MSG_PIECE) continue;
        out[i].session = 0x11121314;
        out[i].seq = 0x21222324;
        out[i].ack = 0x31323334;
    }
    return sizeof messages / sizeof *messages;
}

static size_t datagram_of(const Message *message, uint8_t *out) {
    size_t head = wire_encode(message, out);
    assert_true(head <= WIRE_HEAD);
    if (message->size) memcpy(out + head, message->bytes, message->size);
    return head + message->size;
}

static bool decode_exact(const uint8_t *bytes, size_t size, Message *message) {
    uint8_t *copy = xmalloc(size + 1); /* of exactly this size, so that a sanitizer sees what is read past the end */
    memcpy(copy, bytes, size);
    bool is_good = wire_decode(copy, size, message);
    free(copy);
    return is_good;
}

static void messages_come_back(void **state) {
    (void)state;
    Message messages[MSG_KINDS + 2];
    size_t count = all_messages(messages);
    assert_int_equal(count, MSG_KINDS + 1); /* one PIECE lies in a segment, and one GET asks for code */
    for (size_t i = 0; i < count; i++) {
        uint8_t datagram[WIRE_HEAD + sizeof blob], again[WIRE_HEAD];
        size_t size = datagram_of(&messages[i], datagram);
        Message back;
        assert_true(wire_decode(datagram, size, &back));
        assert_int_equal(back.kind, messages[i].kind);
        assert_int_equal(back.job, messages[i].job);
        assert_int_equal(back.size, messages[i].size);
        if (back.size) assert_memory_equal(back.bytes, blob, back.size);
        assert_memory_equal(&back.as, &messages[i].as, sizeof back.as);
        assert_int_equal(wire_encode(&back, again), size - back.size);
        assert_memory_equal(again, datagram, size - back.size);
    }
}

static void messages_follow_one_another(void **state) {
    (void)state;
    Message messages[MSG_KINDS + 2], back;
    size_t count = all_messages(messages), size = 0, at = 0, found = 0;
    static uint8_t together[(MSG_KINDS + 2) * (WIRE_HEAD + sizeof blob)];
    for (size_t i = 0; i < count; i++)
        if (messages[i].kind != MSG_PIECE) size += datagram_of(&messages[i], together + size);
    for (size_t used; at < size && (used = wire_decode_first(together + at, size - at, &back)) > 0; at += used) {
        while (messages[found].kind == MSG_PIECE) found++; /* of these one datagram has but one */
        assert_int_equal(back.kind, messages[found].kind);
        assert_int_equal(back.size, messages[found].size);
        found++;
    }
    assert_int_equal(at, size);
    assert_false(wire_decode(together, size, &back));
}

static void wrong_lengths_are_refused(void **state) {
    (void)state;
    Message messages[MSG_KINDS + 2], back;
    size_t count = all_messages(messages);
    for (size_t i = 0; i < count; i++) {
        uint8_t datagram[WIRE_HEAD + sizeof blob + 1] = {0};
        size_t size = datagram_of(&messages[i], datagram);
        for (size_t len = 0; len < size; len++) {
            /* The pieces of a value may be of any length. */
            if (messages[i].kind == MSG_PIECE && len >= size - messages[i].size) continue;
            assert_false(decode_exact(datagram, len, &back));
        }
        assert_false(decode_exact(datagram, size + 1, &back));
    }
}

static void refuse(Message message) {
    uint8_t datagram[WIRE_HEAD + MESSAGE_INLINE_BLOB];
    size_t size = datagram_of(&message, datagram);
    Message back;
    assert_false(decode_exact(datagram, size, &back));
}

static void what_is_out_of_bounds_is_refused(void **state) {
    (void)state;
    JobSpec spec = {.chunks = MESSAGE_CHUNKS + 1};
    refuse((Message){.kind = MSG_JOB_SUBMIT, .as.submit.spec = spec});
    spec = (JobSpec){.lists = MESSAGE_LISTS + 1};
    refuse((Message){.kind = MSG_JOB_SUBMIT, .as.submit.spec = spec});
    spec = (JobSpec){.flags = JOB_FLAGS + 1};
    refuse((Message){.kind = MSG_JOB_SUBMIT, .as.submit.spec = spec});
    spec = (JobSpec){.blob_size = 1};
    refuse((Message){.kind = MSG_JOB_SUBMIT, .as.submit.spec = spec}); /* small captures must be there */
    refuse((Message){.kind = MSG_RANGE, .as.range = {.first = 1, .count = 0}});
    refuse((Message){.kind = MSG_RANGE, .as.range = {.first = MESSAGE_CHUNKS, .count = 1}});
    refuse((Message){.kind = MSG_RANGE, .as.range = {.first = UINT64_MAX, .count = 2}});
    refuse((Message){.kind = MSG_RANGE_DONE, .as.range_done = {.count = 1, .done = 2, .end_chunk = -1}});
    refuse((Message){.kind = MSG_RANGE_DONE, .as.range_done = {.count = 1, .done = 1, .end_chunk = 0}});
    refuse((Message){.kind = MSG_RANGE_DONE, .as.range_done = {.count = 1, .done = 1, .end = (EndKind)3, .end_chunk = 0}});
    refuse((Message){.kind = MSG_MERGE, .as.merge = {.from = MESSAGE_WORKERS, .parts = 1}});
    refuse((Message){.kind = MSG_MERGE, .as.merge = {.part = 2, .parts = 2}});
    refuse((Message){.kind = MSG_UNREACHABLE, .as.unreachable = {.worker = MESSAGE_WORKERS}});
    refuse((Message){.kind = MSG_GET, .as.get = {.name.kind = DATA_BAG, .length = 0}});
    refuse((Message){.kind = MSG_GET, .as.get = {.name.kind = DATA_BAG, .length = MESSAGE_PIECE_SIZE + 1}});
    refuse((Message){.kind = MSG_GET, .as.get = {.name.kind = (DataKind)0, .length = 1}});
    refuse((Message){.kind = MSG_GET, .as.get = {.name = {.kind = DATA_BAG, .list = 3, .count = 3}, .length = 1}});
    refuse((Message){.kind = MSG_PIECE, .as.piece = {.name.kind = DATA_BAG, .offset = 2, .total = 1, .state = PIECE_DATA}});
    refuse((Message){.kind = MSG_HELLO, .as.hello = {.role = (Role)9}});
    refuse((Message){.kind = MSG_HEARTBEAT, .bytes = blob, .size = 1});
    refuse((Message){.kind = MSG_KINDS});
    refuse((Message){.kind = (MessageKind)0});
}

static void noise_never_crashes(void **state) {
    (void)state;
    Message messages[MSG_KINDS + 2], back;
    size_t count = all_messages(messages);
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t datagram[WIRE_HEAD + sizeof blob];
        size_t size = datagram_of(&messages[(size_t)round % count], datagram);
        for (int i = 0; i < 3; i++) {
            random = random * 1664525 + 1013904223;
            datagram[(random >> 8) % size] = (uint8_t)(random >> 24);
        }
        if (!decode_exact(datagram, size, &back)) continue;
        uint8_t again[WIRE_HEAD];
        size_t head = wire_encode(&back, again);
        assert_memory_equal(again, datagram, head); /* there is one encoding of each message */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_back),        cmocka_unit_test(messages_follow_one_another),
        cmocka_unit_test(wrong_lengths_are_refused), cmocka_unit_test(what_is_out_of_bounds_is_refused),
        cmocka_unit_test(noise_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
