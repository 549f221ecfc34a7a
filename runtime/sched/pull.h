/* pull.h: fetching one bulk value piece by piece, and answering such requests.
 *
 * The consumer asks (GET) for pieces in order, a few at a time, and puts the answers (PIECE) where they belong in a buffer, in
 * whatever order they come. Memory grows with what has come, never with what a peer promised. A holder that has the value but not
 * yet encoded says so (PIECE_LATER), which counts as a sign of life. A piece that does not come is asked for again: at once when a
 * later one came, otherwise after a few times as long as pieces take, and then after twice as long; after PULL_DEADLINE without any
 * sign of life the pull has failed. A piece that came through a shared segment and is not what its checksum says is asked for
 * again, and so is one whose segment cannot be opened; from then on all come by themselves. Pure: no sockets and no clock. A Pull
 * belongs to one thread. */
#ifndef RUNTIME_SCHED_PULL_H
#define RUNTIME_SCHED_PULL_H

#include "base/buf.h"
#include "runtime/sched/message.h"

enum { PULL_WINDOW = 4 };                       /* requests under way at a time */
#define PULL_RETRY       ((uint64_t)1000000000) /* at first; then four times what pieces take, but ... */
#define PULL_RETRY_LEAST ((uint64_t)200000000)
#define PULL_RETRY_MOST  ((uint64_t)4000000000)
#define PULL_DEADLINE    ((uint64_t)30000000000)

typedef struct PullRequest {
    uint64_t offset, length;
    uint64_t asked_at;
    bool has_come, is_due; /* it is to be asked for (again) */
    bool was_again;
} PullRequest;

typedef struct Pull {
    uint32_t id; /* chosen by the consumer; PIECE returns it */
    uint64_t job;
    DataName name;
    Buf data;       /* what has come without a gap; later pieces lie behind it in the same memory */
    uint64_t asked; /* bytes asked for so far: offset of the next new request */
    uint64_t total; /* known from the first piece on */
    bool knows_total;
    uint64_t heard_at;                 /* when the last piece came, or the first request went out */
    PullRequest requests[PULL_WINDOW]; /* `open` of them from `first` on, as a ring, in the order of their offsets */
    uint32_t first, open;
    uint64_t retry, took; /* how long an answer is waited for; how long they take, smoothed, 0: not known */
    bool is_plain;        /* no more shared segments */
} Pull;

typedef enum PullResult { PULL_IGNORED, PULL_MORE, PULL_COMPLETE, PULL_GONE } PullResult;

void pull_start(Pull *pull, uint32_t id, uint64_t job, DataName name, uint64_t now);
bool pull_next_request(Pull *pull, uint64_t now, Message *out);          /* call until false, after start and each piece */
PullResult pull_piece(Pull *pull, const Message *message, uint64_t now); /* PULL_COMPLETE: the value is pull->data */
bool pull_tick(Pull *pull, uint64_t now);                                /* false: past its deadline */
void pull_forgive(Pull *pull, uint64_t now);                             /* the deadline starts anew: this process slept */
void pull_free(Pull *pull);

/* The answer to `get` out of a value of `size` bytes, which must stay as long as the answer's bytes; data NULL with size 0 is an
 * empty value; data NULL
 * with another size one whose bytes the caller fills in. pull_refusal: the answer without data, PIECE_LATER or PIECE_GONE. */
Message pull_answer(const Message *get, const void *data, uint64_t size);
Message pull_refusal(const Message *get, PieceState state);

/* Requests that a holder cannot answer before the value is encoded. All-zero is empty. */
typedef struct WaitingGet {
    uint32_t route; /* whom to answer */
    Message get;
} WaitingGet;

typedef struct WaitingGets {
    WaitingGet *items;
    size_t len, cap;
} WaitingGets;

bool waiting_gets_add(WaitingGets *waiting, uint32_t route, const Message *get); /* false: it is there already */
void waiting_gets_free(WaitingGets *waiting);

#endif
