/* rank.h: what the processes of all ranks have in common: signals, and a parent of their own. Within ranked.c and rank_*.c only. */
#ifndef RUNTIME_LAUNCH_RANK_H
#define RUNTIME_LAUNCH_RANK_H

#include <signal.h>

#include "runtime/launch/place.h"
#include "runtime/launch/ranked.h"
#include "runtime/launch/rendezvous.h"

enum { RANK_END_PATIENCE = 2000 /* milliseconds */ };

typedef struct Rank {
    const Ranks *ranks;
    const MrProgram *program;
    uint64_t memory; /* see RecordStart */
    Place place;     /* this process's own: its parent is a process that was forked from it */
    int signals;     /* a descriptor: those that end a run */
    int input;       /* standard input, where nobody else reads it; -1: it is not to be read */
    char path[RENDEZVOUS_PATH_SIZE];
    Rendezvous rendezvous;
    int interrupt; /* the signal that ended the run, or 0 */
} Rank;

/* The signal that has come, or 0: it is in rank->interrupt then, too. */
int rank_take_signal(Rank *rank);

/* Waits until there is a signal, or something to read from `fd`, or the time is up; meanwhile, what comes in is thrown away. */
void rank_wait(Rank *rank, int fd, int milliseconds);

int rank_0_run(Rank *rank); /* both return the exit status, once the place is ready to talk */
int rank_other_run(Rank *rank);

#endif
