/* frames.c: random frames, as many as wanted, into everything that reads what comes from elsewhere before it is known what it is:
 * the decoder of messages, and that of launchers' records. What is accepted must be what encoding makes of it; nothing else shows,
 * and memory does not grow.
 *
 *     frames COUNT SEED */
#include <stdio.h>
#include <sys/resource.h>

#include "runtime/launch/record.h"
#include "tests/security/strange.h"

static uint64_t state;

/* xorshift: rand() would take longer than what is tried. */
static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void fill(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        uint64_t random = next_random();
        memcpy(bytes + i, &random, size - i < 8 ? size - i : 8);
    }
}

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Noise; noise behind a right head; a message with some bits changed, or of another length. */
static size_t make_frame(uint8_t *frame, size_t most) {
    size_t size = next_random() % 200;
    switch (next_random() % 4) {
    case 0: fill(frame, size); return size;
    case 1:
        fill(frame, size + 3);
        frame[0] = PROTOCOL_VERSION;
        frame[1] = 0;
        frame[2] = (uint8_t)(1 + next_random() % (MSG_KINDS + 2));
        return size + 3;
    default:
        size = make_message(frame);
        for (uint64_t flips = next_random() % 4; flips > 0; flips--)
            frame[next_random() % size] ^= (uint8_t)(1u << next_random() % 8);
        if (next_random() % 2 == 0) return size;
        size_t other = next_random() % (size + 40);
        if (other > size) fill(frame + size, other - size);
        return other < most ? other : most;
    }
}

static bool try_message(const uint8_t *frame, size_t size) {
    Message message;
    uint8_t head[WIRE_HEAD];
    if (!wire_decode(frame, size, &message)) return false;
    size_t head_size = wire_encode(&message, head);
    bool is_same = head_size + message.size == size && memcmp(head, frame, head_size) == 0 &&
                   (message.size == 0 || memcmp(message.bytes, frame + head_size, message.size) == 0);
    if (!is_same) fail("a frame was accepted that encoding does not make");
    return true;
}

static bool try_records(const uint8_t *frame, size_t size) {
    RecordQueue queue = {0};
    uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), 0, 0};
    buf_add(&queue.bytes, length, sizeof length);
    buf_add(&queue.bytes, frame, size);
    Record record;
    bool is_good = record_next(&queue, &record) == RECORD_GOT;
    record_free(&queue);
    return is_good;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    unsigned long count = strtoul(argv[1], NULL, 10), accepted = 0, records = 0;
    state = strtoul(argv[2], NULL, 10) * 2 + 1;
    srand((unsigned)state);
    long before = 0;
    struct rusage usage;
    uint8_t frame[WIRE_HEAD + 64];
    for (unsigned long i = 0; i < count; i++) {
        if (i == count / 10) {
            getrusage(RUSAGE_SELF, &usage);
            before = usage.ru_maxrss;
        }
        size_t size = make_frame(frame, sizeof frame);
        accepted += try_message(frame, size);
        if (i % 8 == 0) {
            frame[0] = RECORD_VERSION;
            frame[1] = (uint8_t)(next_random() % (RECORD_KINDS + 1));
            records += try_records(frame, size);
        }
    }
    getrusage(RUSAGE_SELF, &usage);
    if (usage.ru_maxrss - before > 1024) fail("memory has grown");
    printf("%lu random frames: %lu of them messages, %lu records\n", count, accepted, records);
    return accepted > count / 100 ? 0 : 1; /* otherwise nothing was tried but the first bytes */
}
