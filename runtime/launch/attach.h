/* attach.h: a root that has its workers from mrrun, which it starts itself: for sessions, which no run outlives and which outlive
 * their runs.
 *
 * mrrun does for it all that it does for programs (hosts, replacements, limits), but for starting the root: that is this process,
 * which gets to know by records (record.h) where the scheduler is. When either end closes, the workers go. One thread. */
#ifndef RUNTIME_LAUNCH_ATTACH_H
#define RUNTIME_LAUNCH_ATTACH_H

#include "base/buf.h"
#include "runtime/launch/launch.h"

typedef struct Attach Attach;

typedef struct AttachConfig {
    const char *mrrun;    /* its path */
    char *const *options; /* for it, ended by NULL */
    char *const *program; /* what the workers run, with its arguments, ended by NULL */
    const uint8_t *hash;  /* of MESSAGE_HASH_SIZE: as workers' HELLO has it */
} AttachConfig;

/* Starts mrrun, and waits for nothing. NULL: impossible, *error (malloc'ed) says why. */
Attach *attach_start(const AttachConfig *config, char **error);

/* Waits until the root may connect, which *role says how; as long as `is_wanted` says yes, which is asked several times a second.
 * False: it will not be, and *error (malloc'ed) says why, unless mrrun has said so itself on standard error. */
bool attach_wait(Attach *attach, bool (*is_wanted)(void *data), void *data, LaunchRole *role, char **error);

bool attach_is_gone(const Attach *attach); /* mrrun has ended. Any thread. */

/* A line for each worker: its number, its process and where it runs. False: mrrun does not answer. */
bool attach_workers(Attach *attach, Buf *out);

/* After the root has taken leave, if it had come so far: waits until mrrun has ended, or ends it. Nulls the pointer. */
void attach_end(Attach **attach);

#endif
