/* run.h: a run, as mrrun sees it: its places, its scheduler, and what ends it. One thread. */
#ifndef TOOLS_MRRUN_RUN_H
#define TOOLS_MRRUN_RUN_H

#include <signal.h>

#include "tools/mrrun/checkpoint.h"
#include "tools/mrrun/directory.h"
#include "tools/mrrun/options.h"
#include "runtime/launch/place.h"
#include "runtime/sim/profile.h"
#include "tools/mrrun/remote.h"
#include "tools/mrrun/stats.h"
#include "tools/watch/watch.h"

typedef struct Run {
    Options options;
    Stats stats;
    Watch watch;
    bool is_watched_well; /* after run_stop: what --events and --trace ask for was written */
    Profile profile;      /* of a run that is to be simulated with other workers */
    Directory directory;
    Checkpoint checkpoint;
    char *path;                     /* of the program */
    char listen[MESSAGE_NAME_SIZE]; /* over a network: the address where mrrun listens, as in Place; else empty */
    Place *places;                  /* by host number; the root runs in the first */
    uint32_t place_count;
    Place session;        /* where the root is, if that has started mrrun: it counts to the first place; else closed */
    Shipment shipment;    /* what other hosts need */
    Remotes remotes;      /* the processes that lead to them */
    int pulse;            /* a descriptor: it is time to say ALIVE to other hosts; -1: there are none */
    sigset_t old_signals; /* as they were when mrrun was started */
    int timer;            /* a descriptor: the run has taken too long; -1: it may take as long as it likes */
    uint64_t started;     /* when the scheduler began, by clock_now */
    int signals, wake;    /* descriptors: signals that end a run; everything that is looked at beside messages */
    bool is_ended;        /* all processes have taken leave */
    int interrupt;        /* the signal that ended the run, or 0 */
} Run;

/* Signals that end a run come through a descriptor from here on: before there is anything that would be left behind. */
bool run_take_signals(Run *run);

/* The time that --timeout gives begins here. False after a message. */
bool run_start_timer(Run *run);

/* Who watches the run does so from here on: standard error may be another one than before. False after a message. */
bool run_watch(Run *run);

/* Starts a parent in each place where processes shall live (start.c). False after a message. */
bool run_start(Run *run);

/* The words of the command that runs `text` in a shell on a host, ended by NULL; to be freed, as one block (start.c). */
char **host_command(const Options *options, const Host *host, const char *text);

/* --dry-run: shows what run_start would do (dry.c). */
bool run_show(Run *run);

/* Is the program's scheduler until the run is over; returns the exit status. */
int run_program(Run *run);

/* Ends every process of the run, however far it came, and gives back what it has. */
void run_stop(Run *run);

#endif
