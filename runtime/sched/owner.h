/* owner.h: the side of the protocol that has jobs done, as a pure state machine.
 *
 * An owner submits jobs, serves their captures and the slices of their lists to the workers, hears how far they are, pulls the last
 * bag of each, and gives it to the thread that runs the program. Many jobs may be under way at a time, and each may be cancelled.
 * Of a job BY_RANGES, which a worker owns, that thread maps ranges itself, and the bags of those that others map come one by one.
 * No sockets, no clock: it belongs to a communicating thread. Each of the functions below is a step: after owner_begin they append
 * to its list of actions, which the caller does in order. */
#ifndef RUNTIME_SCHED_OWNER_H
#define RUNTIME_SCHED_OWNER_H

#include "base/buf.h"
#include "runtime/sched/code.h"
#include "runtime/sched/message.h"

typedef enum OwnerActionKind {
    OWNER_SEND_CONTROL = 1, /* `message` to the scheduler */
    OWNER_SEND_DATA,        /* `message` (a GET) to the worker's data socket at `endpoint` */
    OWNER_SEND_ANSWER,      /* `message` (a PIECE) from our data socket to `route` */
    OWNER_SLICE,            /* encode chunks `first` … of list `list` of `job`, `count` of them; answer with owner_sliced */
    OWNER_COMPUTE,          /* BY_RANGES: map chunks `first` … of `job`, `count` of them; answer with owner_computed */
    OWNER_LIMIT,            /* the same, at once: chunks ≥ `limit` of `job` are not needed */
    OWNER_PART,             /* the same: `data` is the encoded bag of a range that somebody else has mapped; the caller owns it */
    OWNER_PROGRESS,         /* `count` of the chunks of `job`, which has `limit` of them, are done */
    OWNER_RESULT, /* `job` is done: `data` is the last bag, encoded (the caller owns it; empty when `has_bag` is false), `limit`,
                     `end` and `nanoseconds` as in JOB_DONE. BY_RANGES: all parts that count have come before. Answer with
                     owner_received. */
    OWNER_POISON, /* in place of OWNER_RESULT: `job` fails, because `count` workers died of chunk `first`, the last as `text` says.
                     Answer with owner_received. */
    OWNER_EXIT,   /* of a root alone, the last action: the run is over with `status`; `text` is empty, or why */
} OwnerActionKind;

typedef struct OwnerAction {
    OwnerActionKind kind;
    Message message; /* its bytes are valid until the next step */
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    uint32_t route;
    uint64_t job;
    uint32_t list;
    uint64_t first, count;
    Buf data;
    Buf *parts; /* RESULT: of a table that comes in parts, part_count of them, malloc'ed: the caller owns them; NULL: it does not */
    uint32_t part_count;
    bool has_bag;
    uint64_t limit, nanoseconds;
    EndKind end;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
} OwnerAction;

typedef struct OwnerActions {
    OwnerAction *items; /* to be done in order */
    size_t len, cap;
} OwnerActions;

OwnerAction *owner_actions_add(OwnerActions *actions, OwnerActionKind kind);
void owner_parts_free(OwnerAction *action);     /* frees the parts of a result, if there are any */
void owner_actions_free(OwnerActions *actions); /* frees the buffers of those not done yet, too */

/* A list of a job, encoded before anybody asks. A slice of it is the number of its elements (8 bytes), and then these. */
typedef struct OwnerEnd {
    uint64_t offset, elements; /* where a chunk ends: in the data, and in the list */
} OwnerEnd;

typedef struct OwnerList {
    Buf data;       /* the elements of all chunks, one after another */
    OwnerEnd *ends; /* malloc'ed, one more than the job has chunks: chunk i lies between ends[i] and ends[i + 1] */
} OwnerList;

typedef struct OwnerLists {
    OwnerList *items; /* malloc'ed; NULL: slices are encoded when they are asked for */
    uint32_t count;
} OwnerLists;

void owner_lists_free(OwnerLists *lists);

typedef struct Owner Owner;

Owner *owner_new(Codes *codes); /* the object code that jobs may lie in, which must stay; NULL: all is in the executable */
void owner_free(Owner **owner);

/* Begins a step: what the functions below have to say is appended to `out`. */
void owner_begin(Owner *owner, uint64_t now, OwnerActions *out);

/* ---- from the thread that runs the program */

/* A job whose number is `number`, greater than all before, and what its owner has done of it and does itself (nothing, of the
 * root's). Takes over `captures` and `lists` (either empty afterwards; spec.lists of them, or none). It is held back until the
 * WELCOME has come. */
void owner_submit(Owner *owner, uint64_t number, const MsgJobSubmit *submit, Buf *captures, OwnerLists *lists);

/* The answer to OWNER_SLICE; `data` is taken over. */
void owner_sliced(Owner *owner, uint64_t number, uint32_t list, uint64_t first, uint64_t count, Buf *data);

/* BY_RANGES: the thread waits for the job, and has time for ranges of it; it has mapped one, or what it kept. */
void owner_join(Owner *owner, uint64_t number);
void owner_computed(Owner *owner, uint64_t number, const MsgRangeDone *done);

void owner_received(Owner *owner, uint64_t number, uint64_t nodes); /* the result is kept: workers may drop the job now */
void owner_cancel(Owner *owner, uint64_t number);                   /* nobody needs the job any more; unknown ones are ignored */

/* ---- messages and time */

void owner_welcome(Owner *owner);                         /* WELCOME has come */
void owner_worker_lost(Owner *owner, uint32_t worker);    /* WORKER_LOST: what it holds will not come */
bool owner_control(Owner *owner, const Message *message); /* false: it is not for owners */
void owner_get(Owner *owner, uint32_t route, const Message *get);
void owner_piece(Owner *owner, const Message *piece);
void owner_tick(Owner *owner);
void owner_forgive(Owner *owner); /* this process was stopped for a while: others' silence is its own fault */

uint64_t owner_ignored(const Owner *owner);

#endif
