/* run.h: a run, as mrrun sees it: its places, its scheduler, and what ends it. One thread. */
#ifndef TOOLS_MRRUN_RUN_H
#define TOOLS_MRRUN_RUN_H

#include <signal.h>

#include "tools/mrrun/directory.h"
#include "tools/mrrun/options.h"
#include "runtime/launch/place.h"
#include "tools/mrrun/stats.h"

typedef struct Run {
    Options options;
    Stats stats;
    Directory directory;
    char *path;                     /* of the program */
    char listen[MESSAGE_NAME_SIZE]; /* over a network: the address where mrrun listens, as in Place; else empty */
    Place *places;                  /* by host number; the root runs in the first */
    uint32_t place_count;
    sigset_t old_signals; /* as they were when mrrun was started */
    int timer;            /* a descriptor: the run has taken too long; -1: it may take as long as it likes */
    int signals, wake;    /* descriptors: signals that end a run; everything that is looked at beside messages */
    bool is_ended;        /* all processes have taken leave */
    int interrupt;        /* the signal that ended the run, or 0 */
} Run;

/* Signals that end a run come through a descriptor from here on: before there is anything that would be left behind. */
bool run_take_signals(Run *run);

/* Decides where the processes shall live, and starts a parent in each place. False after a message. */
bool run_start(Run *run);

/* Is the program's scheduler until the run is over; returns the exit status. */
int run_program(Run *run);

/* Ends every process of the run, however far it came, and gives back what it has. */
void run_stop(Run *run);

#endif
