/* ranks.h: has an engine (mpirun, srun) started this process as one of several ranks of a run?
 *
 * An engine says so in environment variables, which every process inherits that a rank starts, and which remain in an allocation's
 * shell. So they are looked at with care, and a rank forgets them. Open MPI, MPICH and its kin, and Slurm are known. */
#ifndef RUNTIME_LAUNCH_RANKS_H
#define RUNTIME_LAUNCH_RANKS_H

#include <stdbool.h>
#include <stdint.h>

enum { RANKS_NAME_SIZE = 160, RANKS_MOST = 4096 };

typedef struct Ranks {
    const char *engine; /* "mpirun", "srun": for people */
    uint32_t rank, size;
    bool copies_input;          /* standard input goes to every rank, and not only to rank 0 */
    bool is_one_host;           /* all of them are on this machine */
    bool is_named;              /* the engine tells this run from others */
    char name[RANKS_NAME_SIZE]; /* the engine's name for this run, the same in all its ranks, fit to be part of a file's name */
} Ranks;

typedef enum RanksFound {
    RANKS_NONE, /* the process is on its own, or the only one of its run */
    RANKS_SEVERAL,
    RANKS_WRONG, /* the variables make no sense */
} RanksFound;

/* What to look at: the environment, and the name of the process of Slurm that watches over this one ("slurmstepd: [12.0]"; NULL:
 * there is none to be seen). */
typedef struct RanksView {
    const char *(*get)(const void *data, const char *variable); /* NULL: not set */
    const void *data;
    const char *watcher;
} RanksView;

RanksFound ranks_find(const RanksView *view, Ranks *ranks, char **error); /* *error: malloc'ed, of RANKS_WRONG */

RanksFound ranks_of_process(Ranks *ranks, char **error); /* the same of this process */
void ranks_forget(void); /* removes the variables, so that no program started from here finds them */

#endif
