/* checkpoint.h: --checkpoint and --resume: the journal of a run, and what tells that run from others. One thread. */
#ifndef TOOLS_MRRUN_CHECKPOINT_H
#define TOOLS_MRRUN_CHECKPOINT_H

#include "runtime/launch/hub.h"
#include "tools/mrrun/options.h"

typedef struct Checkpoint {
    Journal *journal; /* NULL: the run has none */
    Stored stored;    /* what it holds from earlier runs */
    bool is_bound;    /* to this run */
} Checkpoint;

/* Before anything is started: opens and locks the journal that the options name, if they name one. False after a message. */
bool checkpoint_open(Checkpoint *checkpoint, const Options *options);

/* The program's hash is known: only its own journal may be used. False: the run has to end, because of *error, malloc'ed. */
bool checkpoint_bind(Checkpoint *checkpoint, const Options *options, const uint8_t program[MESSAGE_HASH_SIZE], char **error);

/* The journal of a run that has ended well is not needed any more; that of another one is kept, and it is said how to go on. */
void checkpoint_close(Checkpoint *checkpoint, const Options *options, bool is_good);

/* --show-journal DIR; returns the exit status. */
int checkpoint_show(const char *directory);

#endif
