/* record.c: records as frames, and frames out of a stream that comes in pieces of any size. */
#include "runtime/launch/record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/net/fields.h"

enum { LENGTH_SIZE = 4, READ_SIZE = 16 * 1024 };

static bool wire_bool(Wire *wire, bool value) {
    return wire_choice(wire, value, false, true);
}

static void wire_exit(Wire *wire, RecordExit *end) {
    wire_u32(wire, &end->serial);
    end->role = (Role)wire_choice(wire, (int)end->role, ROLE_ROOT, ROLE_WORKER);
    wire_i64(wire, &end->pid);
    end->status = (int32_t)wire_number(wire, (uint32_t)end->status, 4);
    wire_u64(wire, &end->peak);
    end->ran_out = wire_bool(wire, end->ran_out);
    end->at.activity = (Activity)wire_choice(wire, (int)end->at.activity, AT_NOTHING, ACTIVITIES - 1);
    wire_u64(wire, &end->at.job);
    wire_u64(wire, &end->at.first);
    wire_u64(wire, &end->at.count);
    wire_check(wire, end->pid > 0 && end->at.first <= MESSAGE_CHUNKS && end->at.count <= MESSAGE_CHUNKS);
}

static void wire_start(Wire *wire, RecordStart *start) {
    wire_u32(wire, &start->version);
    wire_u32(wire, &start->host);
    wire_u32(wire, &start->workers);
    wire_u64(wire, &start->memory);
    wire_text(wire, start->directory, sizeof start->directory);
    wire_text(wire, start->control, sizeof start->control);
    wire_text(wire, start->address, sizeof start->address);
    wire_check(wire, start->workers >= 1 && start->workers < MESSAGE_WORKERS);
}

static void wire_spawn(Wire *wire, RecordSpawn *spawn) {
    wire_u32(wire, &spawn->serial);
    spawn->role = (Role)wire_choice(wire, (int)spawn->role, ROLE_ROOT, ROLE_WORKER);
    wire_i64(wire, &spawn->wish);
    wire_text(wire, spawn->keys.public_key, sizeof spawn->keys.public_key);
    wire_text(wire, spawn->keys.secret_key, sizeof spawn->keys.secret_key);
    wire_check(wire, spawn->wish >= -1 && spawn->wish < MESSAGE_WORKERS);
    if (!wire->writes && !wire->is_bad && spawn->keys.public_key[0]) wire_check(wire, key_pair_is_good(&spawn->keys));
}

static void wire_record(Wire *wire, Record *record) {
    switch (record->kind) {
    case RECORD_HELLO:
        wire_u32(wire, &record->as.hello.version);
        wire_bytes(wire, record->as.hello.program, sizeof record->as.hello.program);
        wire_i64(wire, &record->as.hello.pid);
        break;
    case RECORD_STARTED:
        wire_u32(wire, &record->as.started.serial);
        wire_i64(wire, &record->as.started.pid);
        wire_check(wire, record->as.started.pid > 0);
        break;
    case RECORD_NOT_STARTED:
        wire_u32(wire, &record->as.not_started.serial);
        record->as.not_started.reason = (int32_t)wire_number(wire, (uint32_t)record->as.not_started.reason, 4);
        break;
    case RECORD_EXIT: wire_exit(wire, &record->as.exit); break;
    case RECORD_START: wire_start(wire, &record->as.start); break;
    case RECORD_SPAWN: wire_spawn(wire, &record->as.spawn); break;
    case RECORD_KILL:
        wire_i64(wire, &record->as.kill.pid);
        wire_check(wire, record->as.kill.pid > 0);
        break;
    case RECORD_END: wire_u32(wire, &record->as.end.patience); break;
    case RECORD_TEXT:
        record->as.text.kind = (TextKind)wire_choice(wire, (int)record->as.text.kind, TEXT_ARGUMENT, TEXT_KINDS - 1);
        record->as.text.is_last = wire_bool(wire, record->as.text.is_last);
        wire_text(wire, record->as.text.piece, sizeof record->as.text.piece);
        break;
    case RECORD_WORKER:
        wire_u32(wire, &record->as.worker.number);
        wire_i64(wire, &record->as.worker.pid);
        wire_text(wire, record->as.worker.place, sizeof record->as.worker.place);
        wire_check(wire, record->as.worker.pid > 0 && record->as.worker.number < MESSAGE_WORKERS);
        break;
    case RECORD_WORKERS:
    case RECORD_ALIVE:
    case RECORD_KINDS: break;
    }
}

static void wire_head(Wire *wire, Record *record) {
    wire_check(wire, wire_number(wire, RECORD_VERSION, 1) == RECORD_VERSION);
    record->kind = (RecordKind)wire_choice(wire, (int)record->kind, RECORD_HELLO, RECORD_KINDS - 1);
}

/* Of every record: srun passes on what a process writes by whole lines. */
static void wire_tail(Wire *wire) {
    wire_check(wire, wire_number(wire, '\n', 1) == '\n');
}

void record_add(Buf *out, const Record *record) {
    uint8_t frame[RECORD_SIZE];
    Wire wire = {.writes = true, .out = frame + LENGTH_SIZE};
    Record copy = *record;
    wire_head(&wire, &copy);
    wire_record(&wire, &copy);
    wire_tail(&wire);
    size_t size = (size_t)(wire.out - frame);
    wire.out = frame;
    wire_number(&wire, size - LENGTH_SIZE, LENGTH_SIZE);
    buf_add(out, frame, size);
    if (record->kind == RECORD_SPAWN) { /* which has a secret key */
        explicit_bzero(frame, sizeof frame);
        key_pair_wipe(&copy.as.spawn.keys);
    }
}

RecordState record_next(RecordQueue *queue, Record *record) {
    *record = (Record){0};
    if (queue->taken == queue->bytes.len) queue->taken = queue->bytes.len = 0;
    size_t there = queue->bytes.len - queue->taken;
    if (there < LENGTH_SIZE) return RECORD_NONE;
    const uint8_t *frame = (const uint8_t *)queue->bytes.data + queue->taken;
    Wire wire = {.in = frame, .end = frame + LENGTH_SIZE};
    uint64_t size = wire_number(&wire, 0, LENGTH_SIZE);
    if (size > RECORD_SIZE - LENGTH_SIZE) return RECORD_BAD;
    if (there < LENGTH_SIZE + size) return RECORD_NONE;
    wire.end += size;
    wire_head(&wire, record);
    if (!wire.is_bad) wire_record(&wire, record);
    if (!wire.is_bad) wire_tail(&wire);
    if (wire.is_bad || wire.in != wire.end) return RECORD_BAD;
    queue->taken += LENGTH_SIZE + size;
    if (record->kind == RECORD_SPAWN) explicit_bzero(queue->bytes.data + queue->taken - size, size);
    return RECORD_GOT;
}

/* What was given out makes room for what comes. */
static void forget_taken(RecordQueue *queue) {
    if (queue->taken == 0) return;
    memmove(queue->bytes.data, queue->bytes.data + queue->taken, queue->bytes.len - queue->taken);
    queue->bytes.len -= queue->taken;
    queue->taken = 0;
}

bool record_receive(RecordQueue *queue, int fd) {
    forget_taken(queue);
    buf_reserve(&queue->bytes, READ_SIZE);
    ssize_t got;
    while ((got = read(fd, queue->bytes.data + queue->bytes.len, READ_SIZE)) < 0 && errno == EINTR) {}
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    queue->bytes.len += (size_t)got;
    return got > 0;
}

void record_free(RecordQueue *queue) {
    if (queue->bytes.data) explicit_bzero(queue->bytes.data, queue->bytes.cap); /* others' secret keys may still be in it */
    buf_free(&queue->bytes);
    queue->taken = 0;
}

bool record_write(Buf *out, int fd) {
    size_t done = 0;
    bool is_read = true;
    while (done < out->len && is_read) {
        ssize_t count = write(fd, out->data + done, out->len - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            is_read = errno == EAGAIN || errno == EWOULDBLOCK;
            break;
        }
    }
    if (done > 0) {
        memmove(out->data, out->data + done, out->len - done);
        explicit_bzero(out->data + out->len - done, done); /* there may be a secret key in it */
    }
    out->len -= done;
    return is_read;
}
