/* pull.c: the consumer's and the holder's side of fetching a bulk value in pieces. */
#include "runtime/sched/pull.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "runtime/sched/guard.h"

void pull_start(Pull *pull, uint32_t id, uint64_t job, DataName name, uint64_t now) {
    *pull = (Pull){.id = id, .job = job, .name = name, .heard_at = now, .retry = PULL_RETRY};
}

static bool data_name_equal(DataName a, DataName b) {
    return a.kind == b.kind && a.list == b.list && a.first == b.first && a.count == b.count;
}

static PullRequest *request_at(Pull *pull, uint32_t index) {
    return &pull->requests[(pull->first + index) % PULL_WINDOW];
}

/* The next request to be sent again, or a new one; NULL: none. Before the size is known one is enough to learn it, and most values
 * end there. */
static PullRequest *next_request(Pull *pull) {
    for (uint32_t i = 0; i < pull->open; i++)
        if (request_at(pull, i)->is_due) return request_at(pull, i);
    if (pull->knows_total ? pull->asked >= pull->total || pull->open == PULL_WINDOW : pull->open > 0) return NULL;
    PullRequest *request = request_at(pull, pull->open++);
    *request = (PullRequest){.offset = pull->asked, .length = MESSAGE_PIECE_SIZE};
    if (pull->knows_total && pull->total - pull->asked < request->length) request->length = pull->total - pull->asked;
    pull->asked += request->length;
    return request;
}

bool pull_next_request(Pull *pull, uint64_t now, Message *out) {
    PullRequest *request = next_request(pull);
    if (!request) return false;
    request->was_again = request->is_due;
    request->is_due = false;
    request->asked_at = now;
    *out = (Message){.kind = MSG_GET, .job = pull->job};
    out->as.get = (MsgGet){.pull = pull->id, .name = pull->name, .offset = request->offset, .length = request->length};
    out->as.get.is_plain = pull->is_plain;
    return true;
}

/* Puts a piece where it belongs. False: it is not what its checksum says, because its memory was written to meanwhile. */
static bool take_bytes(Pull *pull, const Message *message) {
    const MsgPiece *piece = &message->as.piece;
    if (message->size == 0) return true;
    buf_reserve(&pull->data, piece->offset + message->size - pull->data.len);
    char *place = pull->data.data + piece->offset;
    memcpy(place, message->bytes, message->size);
    return !IS_GUARDED || piece->state != PIECE_SEGMENT || checksum64(place, message->size, 0) == piece->segment.checksum;
}

/* Connections keep their order, so what was asked for before this one and has not come is lost. */
static void hasten_earlier(Pull *pull, const PullRequest *come) {
    for (uint32_t i = 0; i < pull->open; i++) {
        PullRequest *request = request_at(pull, i);
        if (request == come) return;
        if (!request->has_come && !request->was_again) request->is_due = true;
    }
}

static void note_duration(Pull *pull, const PullRequest *request, uint64_t now) {
    pull->heard_at = now;
    if (request->was_again) return; /* which of the two was answered? */
    uint64_t took = now - request->asked_at;
    pull->took = took > pull->took ? took : (7 * pull->took + took) / 8;
    pull->retry = 4 * pull->took;
    if (pull->retry < PULL_RETRY_LEAST) pull->retry = PULL_RETRY_LEAST;
    if (pull->retry > PULL_RETRY_MOST) pull->retry = PULL_RETRY_MOST;
}

/* The request that a piece answers; NULL: none that is open. */
static PullRequest *find_request(Pull *pull, const Message *message) {
    const MsgPiece *piece = &message->as.piece;
    if (pull->knows_total && piece->total != pull->total) return NULL;
    for (uint32_t i = 0; i < pull->open; i++) {
        PullRequest *request = request_at(pull, i);
        if (request->offset != piece->offset || request->has_come) continue;
        uint64_t left = piece->total - request->offset;
        bool is_whole = piece->offset <= piece->total && message->size == (left < request->length ? left : request->length);
        bool is_missing = piece->state == PIECE_SEGMENT && message->size == 0;
        return is_whole || is_missing ? request : NULL;
    }
    return NULL;
}

PullResult pull_piece(Pull *pull, const Message *message, uint64_t now) {
    const MsgPiece *piece = &message->as.piece;
    if (piece->pull != pull->id || message->job != pull->job) return PULL_IGNORED;
    if (!data_name_equal(piece->name, pull->name)) return PULL_IGNORED;
    if (piece->state == PIECE_GONE) return PULL_GONE;
    if (piece->state == PIECE_LATER) {
        pull->heard_at = now;
        pull->retry = PULL_RETRY;
        return PULL_MORE;
    }
    PullRequest *request = find_request(pull, message);
    if (!request) return PULL_IGNORED;
    bool is_missing = piece->state == PIECE_SEGMENT && message->size == 0;
    if (is_missing || !take_bytes(pull, message)) {
        pull->is_plain = request->is_due = true;
        return PULL_MORE;
    }
    note_duration(pull, request, now);
    if (!pull->knows_total) pull->asked = request->length = message->size;
    pull->knows_total = true;
    pull->total = piece->total;
    request->has_come = true;
    request->is_due = false;
    hasten_earlier(pull, request);
    for (; pull->open && request_at(pull, 0)->has_come; pull->open--) {
        pull->data.len += request_at(pull, 0)->length;
        pull->first = (pull->first + 1) % PULL_WINDOW;
    }
    return pull->data.len == pull->total ? PULL_COMPLETE : PULL_MORE;
}

bool pull_tick(Pull *pull, uint64_t now) {
    if (now - pull->heard_at > PULL_DEADLINE) return false;
    bool is_late = false;
    for (uint32_t i = 0; i < pull->open; i++) {
        PullRequest *request = request_at(pull, i);
        if (request->has_come || now - request->asked_at <= pull->retry) continue;
        is_late = request->is_due = true;
    }
    if (is_late) pull->retry = 2 * pull->retry < PULL_RETRY_MOST ? 2 * pull->retry : PULL_RETRY_MOST;
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
    if (length && data) out.bytes = (const char *)data + asked->offset;
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
