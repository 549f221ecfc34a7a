/* pull.h: fetching one bulk value piece by piece, and answering such requests.
 *
 * The consumer asks (GET) for pieces in order, a few at a time, and appends the answers (PIECE) to a buffer. Memory grows with what
 * has come, never with what a peer promised. A holder that has the value but not yet encoded says so (PIECE_LATER), which counts as
 * a sign of life. Pieces that are repeated or not the next are ignored. When nothing comes for a while the next piece is asked for
 * again, and after PULL_DEADLINE the pull has failed. Pure: no sockets and no clock. A Pull belongs to one thread. */
#ifndef RUNTIME_SCHED_PULL_H
#define RUNTIME_SCHED_PULL_H

#include "base/buf.h"
#include "runtime/sched/message.h"

enum { PULL_WINDOW = 4 }; /* requests under way at a time */
#define PULL_RETRY    ((uint64_t)2000000000)
#define PULL_DEADLINE ((uint64_t)30000000000)

typedef struct Pull {
    uint32_t id; /* chosen by the consumer; PIECE returns it */
    uint64_t job;
    DataName name;
    Buf data;       /* what has come */
    uint64_t asked; /* bytes asked for so far: offset of the next request */
    uint64_t total; /* known from the first piece on */
    bool knows_total;
    uint64_t heard_at; /* when the last piece came, or the first request went out */
    uint64_t asked_at;
} Pull;

typedef enum PullResult { PULL_IGNORED, PULL_MORE, PULL_COMPLETE, PULL_GONE } PullResult;

void pull_start(Pull *pull, uint32_t id, uint64_t job, DataName name, uint64_t now);
bool pull_next_request(Pull *pull, uint64_t now, Message *out);          /* call until false, after start and each piece */
PullResult pull_piece(Pull *pull, const Message *message, uint64_t now); /* PULL_COMPLETE: the value is pull->data */
bool pull_tick(Pull *pull, uint64_t now);                                /* false: past its deadline */
void pull_forgive(Pull *pull, uint64_t now);                             /* the deadline starts anew: this process slept */
void pull_free(Pull *pull);

/* The answer to `get` out of a value of `size` bytes, which must stay as long as the answer's bytes; data NULL with size 0 is an
 * empty value. pull_refusal: the answer without data, PIECE_LATER or PIECE_GONE. */
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
