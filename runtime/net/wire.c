/* wire.c: one description of each message's fields, which writes them or reads and checks them, so that the two cannot disagree. */
#include "runtime/net/wire.h"

#include "runtime/net/fields.h"

/* ---- fields of the protocol */

static void wire_bool(Wire *wire, bool *field) {
    *field = wire_choice(wire, *field, 0, 1) == 1;
}

static void wire_chunks(Wire *wire, uint64_t *field) {
    wire_u64(wire, field);
    wire_check(wire, *field <= MESSAGE_CHUNKS);
}

static void wire_range(Wire *wire, uint64_t *first, uint64_t *count, uint64_t least) {
    wire_chunks(wire, first);
    wire_chunks(wire, count);
    wire_check(wire, *count >= least && *first + *count <= MESSAGE_CHUNKS);
}

static void wire_end_chunk(Wire *wire, int64_t *field) {
    wire_i64(wire, field);
    wire_check(wire, *field >= -1 && *field < (int64_t)MESSAGE_CHUNKS);
}

static void wire_worker(Wire *wire, uint32_t *field) {
    wire_u32(wire, field);
    wire_check(wire, *field < MESSAGE_WORKERS);
}

static void wire_worker_or_none(Wire *wire, int64_t *field) {
    wire_i64(wire, field);
    wire_check(wire, *field >= -1 && *field < MESSAGE_WORKERS);
}

/* ---- messages */

static void wire_spec(Wire *wire, JobSpec *spec) {
    wire_bytes(wire, spec->task, sizeof spec->task);
    wire_bytes(wire, spec->code, sizeof spec->code);
    wire_chunks(wire, &spec->chunks);
    wire_u64(wire, &spec->elements);
    wire_u64(wire, &spec->size);
    wire_u64(wire, &spec->blob_size);
    wire_u32(wire, &spec->lists);
    wire_u32(wire, &spec->flags);
    wire_chunks(wire, &spec->grain);
    wire_check(wire, spec->lists <= MESSAGE_LISTS && (spec->flags & ~(uint32_t)JOB_FLAGS) == 0);
    wire_check(wire, spec->lists > 0 || !(spec->flags & JOB_LENDS));
}

static void wire_job_name(Wire *wire, JobName *name) {
    wire_bytes(wire, name->name, sizeof name->name);
    wire_bytes(wire, name->work, sizeof name->work);
    wire_text(wire, name->inputs, sizeof name->inputs);
}

static void wire_name(Wire *wire, DataName *name) {
    name->kind = (DataKind)wire_choice(wire, (int)name->kind, DATA_CAPTURES, DATA_CODE);
    wire_u32(wire, &name->list);
    if (name->kind == DATA_CODE) { /* a hash */
        wire_u64(wire, &name->first);
        wire_u64(wire, &name->count);
        wire_check(wire, name->list == 0);
        return;
    }
    wire_range(wire, &name->first, &name->count, 0);
    wire_check(wire, name->kind == DATA_BAG ? name->list == 0 || name->list < name->count : name->list < MESSAGE_LISTS);
}

static void wire_hello(Wire *wire, MsgHello *hello) {
    hello->role = (Role)wire_choice(wire, (int)hello->role, ROLE_ROOT, ROLE_WORKER);
    wire_u32(wire, &hello->version);
    wire_bytes(wire, hello->program, sizeof hello->program);
    wire_text(wire, hello->data_endpoint, sizeof hello->data_endpoint);
    wire_text(wire, hello->name, sizeof hello->name);
    wire_u32(wire, &hello->host);
    wire_i64(wire, &hello->pid);
    wire_i64(wire, &hello->wish);
    wire_check(wire, hello->pid >= 0 && hello->wish >= -1 && hello->wish < MESSAGE_WORKERS);
}

static void wire_range_done(Wire *wire, MsgRangeDone *done) {
    wire_u64(wire, &done->range);
    wire_range(wire, &done->first, &done->count, 1);
    wire_chunks(wire, &done->done);
    wire_u64(wire, &done->elements);
    wire_u64(wire, &done->size);
    wire_u64(wire, &done->nanoseconds);
    wire_u64(wire, &done->ended);
    wire_u64(wire, &done->pulled);
    wire_end_chunk(wire, &done->end_chunk);
    done->end = (EndKind)wire_choice(wire, (int)done->end, END_NONE, END_FAILED);
    wire_u32(wire, &done->credits);
    wire_u64(wire, &done->weight);
    wire_u64(wire, &done->bag_size);
    wire_check(wire, done->done <= done->count && (done->end == END_NONE) == (done->end_chunk < 0));
}

static void wire_merge(Wire *wire, MsgMerge *merge) {
    wire_u32(wire, &merge->step);
    wire_u32(wire, &merge->into);
    wire_worker(wire, &merge->from);
    wire_u32(wire, &merge->from_bag);
    wire_u32(wire, &merge->part);
    wire_u32(wire, &merge->parts);
    wire_text(wire, merge->endpoint, sizeof merge->endpoint);
    wire_check(wire, merge->part < merge->parts);
}

static void wire_job_done(Wire *wire, MsgJobDone *done) {
    wire_worker_or_none(wire, &done->holder);
    wire_u32(wire, &done->bag);
    wire_u32(wire, &done->parts);
    wire_text(wire, done->endpoint, sizeof done->endpoint);
    wire_chunks(wire, &done->limit);
    wire_u64(wire, &done->nanoseconds);
    done->end = (EndKind)wire_choice(wire, (int)done->end, END_NONE, END_FAILED);
}

static void wire_merge_message(Wire *wire, Message *message) {
    MsgMergeDone *done = &message->as.merge_done;
    switch (message->kind) {
    case MSG_MERGE: wire_merge(wire, &message->as.merge); break;
    case MSG_MERGE_VOID: wire_u32(wire, &message->as.merge_void.step); break;
    default: /* MERGE_DONE */
        wire_u32(wire, &done->step);
        wire_bool(wire, &done->merged);
        wire_u64(wire, &done->nodes);
        wire_u64(wire, &done->size);
        wire_u64(wire, &done->nanoseconds);
        wire_u64(wire, &done->ended);
        wire_u64(wire, &done->weight);
        wire_end_chunk(wire, &done->end_chunk);
        break;
    }
}

static void wire_job_message(Wire *wire, Message *message) {
    switch (message->kind) {
    case MSG_JOB_SUBMIT:
        wire_spec(wire, &message->as.submit.spec);
        wire_job_name(wire, &message->as.submit.name);
        wire_chunks(wire, &message->as.submit.mapped);
        wire_chunks(wire, &message->as.submit.kept);
        break;
    case MSG_JOB_START:
        wire_spec(wire, &message->as.start.spec);
        wire_u64(wire, &message->as.start.serial);
        wire_text(wire, message->as.start.owner_endpoint, sizeof message->as.start.owner_endpoint);
        break;
    case MSG_RANGE:
        wire_u64(wire, &message->as.range.range);
        wire_range(wire, &message->as.range.first, &message->as.range.count, 1);
        wire_u32(wire, &message->as.range.bag);
        break;
    case MSG_RANGE_DONE: wire_range_done(wire, &message->as.range_done); break;
    case MSG_CANCEL_AFTER: wire_chunks(wire, &message->as.cancel.chunk); break;
    case MSG_REVOKE: wire_u64(wire, &message->as.revoke.range); break;
    case MSG_MERGE:
    case MSG_MERGE_VOID:
    case MSG_MERGE_DONE: wire_merge_message(wire, message); break;
    case MSG_JOB_DONE: wire_job_done(wire, &message->as.job_done); break;
    case MSG_JOB_PROGRESS:
        wire_chunks(wire, &message->as.progress.done);
        wire_chunks(wire, &message->as.progress.limit);
        break;
    case MSG_JOIN: break;
    case MSG_PART:
        wire_range(wire, &message->as.part.first, &message->as.part.count, 1);
        wire_u64(wire, &message->as.part.size);
        wire_worker(wire, &message->as.part.worker);
        wire_u32(wire, &message->as.part.bag);
        wire_text(wire, message->as.part.endpoint, sizeof message->as.part.endpoint);
        break;
    case MSG_PART_TAKEN:
        wire_u32(wire, &message->as.part_taken.bag);
        wire_bool(wire, &message->as.part_taken.taken);
        break;
    case MSG_UNREACHABLE:
        wire_worker_or_none(wire, &message->as.unreachable.worker);
        wire_u32(wire, &message->as.unreachable.bag);
        break;
    case MSG_POISON:
        wire_chunks(wire, &message->as.poison.chunk);
        wire_u32(wire, &message->as.poison.workers);
        wire_text(wire, message->as.poison.how, sizeof message->as.poison.how);
        break;
    default: /* JOB_END */
        wire_u64(wire, &message->as.job_end.nodes);
        wire_u64(wire, &message->as.job_end.size);
        break;
    }
}

static void wire_place(Wire *wire, MsgPiece *piece) {
    SegmentPlace *place = &piece->segment;
    wire_u64(wire, &place->pid);
    wire_u64(wire, &place->file);
    wire_u64(wire, &place->inode);
    wire_u64(wire, &place->at);
    wire_u64(wire, &place->length);
    wire_u64(wire, &place->checksum);
    wire_check(wire, place->length >= 1 && place->length <= MESSAGE_PIECE_SIZE && piece->offset <= piece->total &&
                         place->length <= piece->total - piece->offset);
}

static void wire_message(Wire *wire, Message *message) {
    switch (message->kind) {
    case MSG_HELLO: wire_hello(wire, &message->as.hello); break;
    case MSG_WELCOME:
        wire_worker(wire, &message->as.welcome.worker);
        wire_u32(wire, &message->as.welcome.workers);
        wire_bool(wire, &message->as.welcome.has_journal);
        wire_bool(wire, &message->as.welcome.is_resumed);
        wire_check(wire, message->as.welcome.workers <= MESSAGE_WORKERS);
        break;
    case MSG_GET:
        wire_u32(wire, &message->as.get.pull);
        wire_name(wire, &message->as.get.name);
        wire_u64(wire, &message->as.get.host);
        wire_u64(wire, &message->as.get.offset);
        wire_u64(wire, &message->as.get.length);
        wire_check(wire, message->as.get.length >= 1 && message->as.get.length <= MESSAGE_PIECE_SIZE);
        break;
    case MSG_PIECE:
        wire_u32(wire, &message->as.piece.pull);
        wire_name(wire, &message->as.piece.name);
        wire_u64(wire, &message->as.piece.offset);
        wire_u64(wire, &message->as.piece.total);
        message->as.piece.state = (PieceState)wire_choice(wire, (int)message->as.piece.state, PIECE_DATA, PIECE_SEGMENT);
        if (message->as.piece.state == PIECE_SEGMENT) wire_place(wire, &message->as.piece);
        break;
    case MSG_ACK:
        wire_u32(wire, &message->as.ack.wants);
        wire_u64(wire, &message->as.ack.beyond);
        break;
    case MSG_ALLOW:
        wire_u32(wire, &message->as.allow.keys);
        wire_check(wire, message->as.allow.keys >= 1 && message->as.allow.keys <= MESSAGE_KEYS);
        break;
    case MSG_IDLE: wire_u32(wire, &message->as.idle.workers); break;
    case MSG_HEARTBEAT:
        wire_u64(wire, &message->as.heartbeat.progress);
        wire_u64(wire, &message->as.heartbeat.memory);
        wire_u64(wire, &message->as.heartbeat.dropped);
        wire_u64(wire, &message->as.heartbeat.refused);
        break;
    case MSG_STATS:
        wire_u64(wire, &message->as.stats.captures);
        wire_u64(wire, &message->as.stats.ignored);
        break;
    case MSG_WORKER_LOST:
    case MSG_FAIL:
        wire_worker(wire, &message->as.text.worker);
        wire_text(wire, message->as.text.text, sizeof message->as.text.text);
        break;
    case MSG_BYE:
    case MSG_SHUTDOWN: message->as.end.status = (int32_t)wire_number(wire, (uint32_t)message->as.end.status, 4); break;
    default: wire_job_message(wire, message); break;
    }
}

static void wire_start(Wire *wire, Message *message) {
    uint32_t version = PROTOCOL_VERSION;
    version = (uint32_t)wire_number(wire, version, 2);
    wire_check(wire, version == PROTOCOL_VERSION);
    message->kind = (MessageKind)wire_choice(wire, (int)message->kind, MSG_HELLO, MSG_KINDS - 1);
    if (message->kind != MSG_GET && message->kind != MSG_PIECE) { /* these do not travel over a channel */
        wire_u32(wire, &message->session);
        wire_u32(wire, &message->seq);
        wire_u32(wire, &message->ack);
    }
    wire_u64(wire, &message->job);
}

size_t wire_encode(const Message *message, uint8_t head[WIRE_HEAD]) {
    Wire wire = {.writes = true, .out = head};
    Message copy = *message;
    wire_start(&wire, &copy);
    wire_message(&wire, &copy);
    return (size_t)(wire.out - head);
}

/* How many variable bytes the message has, of `left` that follow its head; SIZE_MAX: it is none. */
static size_t bytes_of(const Message *message, size_t left) {
    switch (message->kind) {
    case MSG_ALLOW: return (size_t)message->as.allow.keys * MESSAGE_KEY_SIZE;
    case MSG_JOB_SUBMIT: return message_inline_size(message->as.submit.spec.blob_size);
    case MSG_JOB_START: return message_inline_size(message->as.start.spec.blob_size);
    case MSG_RANGE_DONE: return message_inline_size(message->as.range_done.bag_size);
    case MSG_PART: return message_inline_size(message->as.part.size);
    case MSG_PIECE: { /* all there is */
        const MsgPiece *piece = &message->as.piece;
        if (piece->state == PIECE_SEGMENT) return 0;
        bool is_good = left <= MESSAGE_PIECE_SIZE && piece->offset <= piece->total && left <= piece->total - piece->offset;
        return is_good ? left : SIZE_MAX;
    }
    default: return 0;
    }
}

size_t wire_decode_first(const void *bytes, size_t size, Message *message) {
    Wire wire = {.in = bytes, .end = (const uint8_t *)bytes + size};
    *message = (Message){0};
    wire_start(&wire, message);
    if (!wire.is_bad) wire_message(&wire, message);
    if (wire.is_bad) return 0;
    size_t left = (size_t)(wire.end - wire.in);
    message->size = bytes_of(message, left);
    if (message->size > left) return 0;
    message->bytes = message->size ? wire.in : NULL;
    return size - left + message->size;
}

bool wire_decode(const void *bytes, size_t size, Message *message) {
    return size > 0 && wire_decode_first(bytes, size, message) == size;
}
