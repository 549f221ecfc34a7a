/* root.h: the root's side of the protocol as a pure state machine: root_step(state, event) → actions.
 *
 * It runs on the root's communicating thread, while the program's own thread runs the top level. The program submits a job and
 * waits; the root serves the captures and the slices of its lists to the workers, pulls the last bag, and gives it to the program.
 * No sockets, no clock. */
#ifndef RUNTIME_SCHED_ROOT_H
#define RUNTIME_SCHED_ROOT_H

#include "base/buf.h"
#include "runtime/sched/message.h"

typedef struct Root Root;

/* Zero means the default, named beside each. Times in nanoseconds. */
typedef struct RootConfig {
    uint8_t program[MESSAGE_HASH_SIZE];
    const char *data_endpoint, *name; /* copied */
    int64_t pid;
    uint64_t heartbeat_every; /* 1 s */
    uint64_t dead_after;      /* silence of the scheduler until the root gives up; 30 s */
} RootConfig;

typedef enum RootEventKind {
    ROOT_START = 1, /* the connections are open: once, first; says HELLO */
    ROOT_TICK,      /* time has passed: at least every heartbeat_every / 2 */
    ROOT_CONTROL,   /* `message` came from the scheduler */
    ROOT_GET,       /* `message` (a GET) came to our data socket from `route` */
    ROOT_PIECE,     /* `message` (a PIECE) came from a worker's data endpoint */
    ROOT_SUBMIT, /* the program has a job: `spec`, `data` the encoded captures (moved). Its number is `job`: greater than all before
                  */
    ROOT_SLICED, /* the answer to ROOT_SLICE: `job`, `list`, `first`, `count`, `data` (moved) */
    ROOT_RECEIVED, /* the program has decoded the result of `job`: `nodes` it had (for the statistics). Workers may drop the job
                      now. */
    ROOT_FINISH,   /* the program is over with exit status `status`; says BYE */
    ROOT_FAILED,   /* something of our own went wrong that ends the run: `text` */
} RootEventKind;

typedef struct RootEvent {
    RootEventKind kind;
    uint64_t now;
    const Message *message; /* borrowed during the step */
    uint32_t route;
    uint64_t job;
    JobSpec spec; /* blob_size is set from `data` */
    uint32_t list;
    uint64_t first, count;
    Buf *data; /* taken over, left empty */
    uint64_t nodes;
    int32_t status;
    const char *text;
} RootEvent;

typedef enum RootActionKind {
    ROOT_SEND_CONTROL = 1, /* `message` to the scheduler */
    ROOT_SEND_DATA,        /* `message` (a GET) to the worker's data socket at `endpoint` */
    ROOT_SEND_ANSWER,      /* `message` (a PIECE) from our data socket to `route` */
    ROOT_SLICE,            /* encode chunks `first` … of list `list` of `job`, `count` of them; answer with ROOT_SLICED */
    ROOT_RESULT, /* `job` is done: `data` is the last bag, encoded (the caller owns it; empty when `has_bag` is false), `limit` and
                    `end` as in JOB_DONE. Answer with ROOT_RECEIVED. */
    ROOT_EXIT,   /* the last action: the run is over with `status`; `text` is empty, or why. After ROOT_FINISH it is the answer to
                    it; before, the program must end (a worker was lost, an interrupt) */
} RootActionKind;

typedef struct RootAction {
    RootActionKind kind;
    Message message; /* its bytes are valid until the next step */
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    uint32_t route;
    uint64_t job;
    uint32_t list;
    uint64_t first, count;
    Buf data;
    bool has_bag;
    uint64_t limit;
    EndKind end;
    int32_t status;
    char text[MESSAGE_TEXT_SIZE];
} RootAction;

typedef struct RootActions {
    RootAction *items; /* to be done in order */
    size_t len, cap;
} RootActions;

Root *root_new(const RootConfig *config);
void root_free(Root **root);

/* Appends to `out`; the caller does the actions, sets out->len = 0 and calls again. After ROOT_EXIT every event is ignored. */
void root_step(Root *root, const RootEvent *event, RootActions *out);
void root_actions_free(RootActions *actions); /* frees the buffers of those not done yet, too */

bool root_is_welcome(const Root *root); /* WELCOME has come; a job submitted earlier is held back until then */
uint64_t root_ignored(const Root *root);

#endif
