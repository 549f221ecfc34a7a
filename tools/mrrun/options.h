/* options.h: mrrun's command line. */
#ifndef TOOLS_MRRUN_OPTIONS_H
#define TOOLS_MRRUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/journal/journal.h"
#include "tools/mrrun/hosts.h"

typedef enum StatsKind { STATS_NONE, STATS_TEXT, STATS_JSON } StatsKind;

typedef enum Launcher {
    LAUNCH_AUTO,  /* by ssh where hosts are named, by Slurm inside of an allocation, else on this machine */
    LAUNCH_LOCAL, /* on this machine, whatever is around */
    LAUNCH_SSH,
    LAUNCH_SLURM,
} Launcher;

typedef struct Options {
    uint32_t workers;
    Launcher launcher;   /* once the command line has been read, none is AUTO */
    HostList hosts;      /* where they run, each with its share; empty: on this machine */
    const char *ssh;     /* another command than ssh; NULL: ssh */
    const char *address; /* of this machine, as hosts see it; NULL: what they say */
    bool is_dry_run;     /* only show what would be done */
    bool is_verbose, is_quiet;
    int session;   /* the descriptor of a root that has started mrrun (runtime/launch/attach.h); -1: there is none */
    bool uses_tcp; /* processes of this machine talk as those of several do */
    StatsKind stats;
    double timeout;                        /* seconds that the run may take; 0: as long as it likes */
    uint32_t retries;                      /* workers that may die of one chunk before the run ends */
    const char *trace, *events, *progress; /* files for these; NULL: they are not wanted */
    bool shows_progress;                   /* how far the jobs are, on standard error */
    bool respawns;                         /* lost workers are replaced */
    uint64_t memory;                       /* bytes for each worker's values; 0: no limit */
    const char *checkpoint;                /* the journal's directory; NULL: there is none */
    JournalMode journal_mode;
    double checkpoint_every;   /* seconds; 0: not said (while options are read) */
    const char *shown_journal; /* only this is to be done: its directory */
    uint32_t simulated;        /* 0, or: tell how the run would go with so many workers */
    uint64_t shuffle_seed;     /* 0: ranges are handed out in order */
    uint64_t range_chunks;     /* chunks of each range; 0: as many as is good */
    char **program;            /* its path and arguments, ended by NULL */
} Options;

/* True: mrrun is to go on. False: it ends with *status (help was shown, or the command line is wrong and the reason was shown). */
bool options_parse(Options *options, int argc, char **argv, int *status);
void options_free(Options *options);

#endif
