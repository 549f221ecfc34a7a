/* pull.c: the consumer's and the holder's side of fetching a bulk value in pieces. Between two processes messages keep their order,
 * so pieces are only ever appended; whatever else arrives is a repetition. */
#include "runtime/sched/pull.h"

#include <stdlib.h>

#include "base/arena.h"

void pull_start(Pull *pull, uint32_t id, uint64_t job, DataName name, uint64_t now) {
    *pull = (Pull){.id = id, .job = job, .name = name, .heard_at = now, .asked_at = now};
}

static bool data_name_equal(DataName a, DataName b) {
    return a.kind == b.kind && a.list == b.list && a.first == b.first && a.count == b.count;
}

bool pull_next_request(Pull *pull, uint64_t now, Message *out) {
    /* Before the size is known one request is enough to learn it, and most values end there. */
    uint64_t ahead = pull->asked - pull->data.len;
    if (pull->knows_total ? pull->asked >= pull->total || ahead >= (uint64_t)PULL_WINDOW * MESSAGE_PIECE_SIZE : pull->asked > 0)
        return false;
    uint64_t length = MESSAGE_PIECE_SIZE;
    if (pull->knows_total && pull->total - pull->asked < length) length = pull->total - pull->asked;
    *out = (Message){.kind = MSG_GET, .job = pull->job};
    out->as.get = (MsgGet){.pull = pull->id, .name = pull->name, .offset = pull->asked, .length = length};
    pull->asked += length;
    pull->asked_at = now;
    return true;
}

PullResult pull_piece(Pull *pull, const Message *message, uint64_t now) {
    const MsgPiece *piece = &message->as.piece;
    if (piece->pull != pull->id || message->job != pull->job) return PULL_IGNORED;
    if (!data_name_equal(piece->name, pull->name)) return PULL_IGNORED;
    if (piece->state == PIECE_GONE) return PULL_GONE;
    if (piece->state == PIECE_LATER) {
        pull->heard_at = now;
        return PULL_MORE;
    }
    bool fits = piece->offset == pull->data.len && message->size <= piece->total - piece->offset && piece->offset <= piece->total;
    bool same = !pull->knows_total || piece->total == pull->total;
    bool grows = message->size > 0 || piece->total == 0;
    if (!fits || !same || !grows) return PULL_IGNORED;
    if (!pull->knows_total) pull->asked = message->size;
    pull->knows_total = true;
    pull->total = piece->total;
    pull->heard_at = now;
    buf_add(&pull->data, message->bytes, message->size);
    if (pull->asked < pull->data.len) pull->asked = pull->data.len;
    return pull->data.len == pull->total ? PULL_COMPLETE : PULL_MORE;
}

bool pull_tick(Pull *pull, uint64_t now) {
    if (now - pull->heard_at > PULL_DEADLINE) return false;
    if (now - pull->heard_at > PULL_RETRY && now - pull->asked_at > PULL_RETRY) pull->asked = pull->data.len;
    return true;
}

void pull_forgive(Pull *pull, uint64_t now) {
    pull->heard_at = now;
}

void pull_free(Pull *pull) {
    buf_free(&pull->data);
}

Message pull_answer(const Message *get, const void *data, uint64_t size) {
    const MsgGet *asked = &get->as.get;
    if (asked->offset > size) return pull_refusal(get, PIECE_GONE);
    uint64_t length = size - asked->offset < asked->length ? size - asked->offset : asked->length;
    if (length > MESSAGE_PIECE_SIZE) length = MESSAGE_PIECE_SIZE;
    Message out = {.kind = MSG_PIECE, .job = get->job, .size = length};
    if (length) out.bytes = (const char *)data + asked->offset;
    out.as.piece =
        (MsgPiece){.pull = asked->pull, .name = asked->name, .offset = asked->offset, .total = size, .state = PIECE_DATA};
    return out;
}

Message pull_refusal(const Message *get, PieceState state) {
    Message out = {.kind = MSG_PIECE, .job = get->job};
    out.as.piece = (MsgPiece){.pull = get->as.get.pull, .name = get->as.get.name, .offset = get->as.get.offset, .state = state};
    return out;
}

bool waiting_gets_add(WaitingGets *waiting, uint32_t route, const Message *get) {
    for (size_t i = 0; i < waiting->len; i++) {
        const WaitingGet *old = &waiting->items[i];
        if (old->route == route && old->get.as.get.pull == get->as.get.pull && old->get.as.get.offset == get->as.get.offset)
            return false;
    }
    if (waiting->len == waiting->cap) {
        waiting->cap = waiting->cap ? 2 * waiting->cap : 4;
        waiting->items = xrealloc(waiting->items, waiting->cap * sizeof *waiting->items);
    }
    waiting->items[waiting->len++] = (WaitingGet){route, *get};
    return true;
}

void waiting_gets_free(WaitingGets *waiting) {
    free(waiting->items);
    *waiting = (WaitingGets){0};
}
