/* place.h: a place where processes of a run live: the parent that runs there, and the conversation with it of whoever started it.
 *
 * A place is started by whoever knows how to (local.h: on this machine), who fills in how it is reached: two descriptors, a name
 * and a process of this machine. All that is said there is the same for every kind of place. mrrun never waits for a place: what it
 * cannot take at once is kept until it can. One thread. */
#ifndef RUNTIME_LAUNCH_PLACE_H
#define RUNTIME_LAUNCH_PLACE_H

#include <sys/types.h>

#include "runtime/launch/record.h"

#define PLACE_ROOT UINT32_MAX /* the root's serial */

typedef struct PlaceProcess {
    uint32_t serial;
    int64_t pid; /* 0: not yet known */
    Role role;
} PlaceProcess;

typedef struct Place {
    char name[MESSAGE_NAME_SIZE]; /* for people: "this machine", a host's name */
    uint32_t host;                /* its number, its place in mrrun's list; 0 is this machine, or where the first process runs */
    bool has_root;                /* the root runs here */
    uint32_t first, workers;      /* the workers that it has at the start: their number, and that of the first */
    int in, out;                  /* records come from `in` and go to `out`; the same for a socket; -1: closed */
    pid_t starter;                /* the process of this machine through which it was started: the parent, or ssh; 0: none */
    bool is_started;              /* it said HELLO and was told what to start */
    uint32_t next_serial;
    /* Over a network: where its processes listen, and where they find mrrun ("10.0.0.7", "[2001:db8::7]"); else empty. */
    char address[MESSAGE_NAME_SIZE], hub_address[MESSAGE_NAME_SIZE];
    /* Over a network: asked to let in the key of a process that is about to be started. NULL: no process has a key. */
    void (*let_in)(void *data, const char *public_key);
    void *let_in_data;
    uint32_t given_up;       /* workers there that lived, and had to be ended because nobody could reach them */
    uint64_t heard_at;       /* when it last answered an ALIVE; 0: never */
    PlaceProcess *processes; /* those that live, or shall */
    size_t process_count, process_cap;
    RecordQueue received;
    Buf unsent;
} Place;

/* Says it, as far as the place can take it now. What is left goes out with place_flush. */
void place_send(Place *place, const Record *record);
bool place_flush(Place *place); /* false: something is left */

/* Asks for one more process. */
void place_spawn(Place *place, Role role, int64_t wish);
void place_kill(Place *place, int64_t pid);

/* After HELLO: tells the place what its processes have in common, and asks for the root and the workers that belong there. */
void place_begin(Place *place, const RecordStart *start);

/* What was said: RECORD_NONE for now nothing (more), RECORD_BAD for ever. Calls place_receive before, once for each time that there
 * is something to read. The list of processes is kept up to date here. */
bool place_receive(Place *place); /* false: the place has ended; what it said before that is still to be taken */
RecordState place_next(Place *place, Record *record);

void place_close(Place *place); /* nothing more is said: whoever lives there ends */

/* Ends all processes of these places, all at once: those that end by themselves within `patience` milliseconds, and the others
 * then. Waits for the end, but not for ever, and not the longer the more places are stuck. */
void places_end(Place *places, size_t count, unsigned patience);

/* "killed by signal 9 (Killed), 1.2 GB resident at most" */
const char *place_describe_exit(const RecordExit *end, char *text, size_t size);

#endif
