/* root.h: the root's side of the protocol as a pure state machine: root_step(state, event) → actions.
 *
 * It runs on the root's communicating thread, while the program's own thread runs the top level. All that concerns jobs is its
 * owner's (owner.h); here are the beginning and the end of the run, and its health. No sockets, no clock. */
#ifndef RUNTIME_SCHED_ROOT_H
#define RUNTIME_SCHED_ROOT_H

#include "runtime/sched/owner.h"

typedef struct Root Root;

/* Zero means the default, named beside each. Times in nanoseconds. */
typedef struct RootConfig {
    uint8_t program[MESSAGE_HASH_SIZE];
    const char *data_endpoint, *name; /* copied */
    uint32_t host;                    /* see MsgHello */
    int64_t pid;
    Codes *codes;             /* see owner_new */
    uint64_t heartbeat_every; /* 1 s */
    uint64_t dead_after;      /* silence of the scheduler until the root gives up; 30 s */
} RootConfig;

typedef enum RootEventKind {
    ROOT_START = 1, /* the connections are open: once, first; says HELLO */
    ROOT_TICK,      /* time has passed: at least every heartbeat_every / 2 */
    ROOT_CONTROL,   /* `message` came from the scheduler */
    ROOT_GET,       /* `message` (a GET) came to our data socket from `route` */
    ROOT_PIECE,     /* `message` (a PIECE) came from a worker's data endpoint */
    ROOT_FINISH,    /* the program is over with exit status `status`; says BYE */
    ROOT_FAILED,    /* something of our own went wrong that ends the run: `text` */
} RootEventKind;

typedef struct RootEvent {
    RootEventKind kind;
    uint64_t now;
    const Message *message; /* borrowed during the step */
    uint32_t route;
    int32_t status;
    const char *text;
} RootEvent;

Root *root_new(const RootConfig *config);
void root_free(Root **root);

/* Appends to `out`; the caller does the actions, sets out->len = 0 and calls again. After OWNER_EXIT, which is the answer to
 * ROOT_FINISH or, before that, says that the program must end (a worker was lost, an interrupt), every event is ignored. */
void root_step(Root *root, const RootEvent *event, OwnerActions *out);

Owner *root_owner(Root *root); /* the jobs' side, for what the program wants; not to be used after OWNER_EXIT */

bool root_is_welcome(const Root *root);
bool root_has_journal(const Root *root); /* once it is welcome: jobs need names */
bool root_is_resumed(const Root *root);  /* the same: the journal knows jobs of an earlier run */
uint64_t root_ignored(const Root *root);

#endif
