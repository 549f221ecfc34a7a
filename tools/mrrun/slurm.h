/* slurm.h: the hosts of a Slurm allocation, and how a process is started on one.
 *
 * mrrun may run in the batch script, in the shell that salloc gives, or as the only task of a step. Nothing is asked of Slurm but
 * through the environment and srun. One thread. */
#ifndef TOOLS_MRRUN_SLURM_H
#define TOOLS_MRRUN_SLURM_H

#include "tools/mrrun/hosts.h"

/* Is mrrun inside of an allocation? */
bool slurm_is_here(void);

/* Adds the allocation's nodes, each with as many slots as it has tasks or, when no number of tasks was asked for, processors.
 * False: its variables make no sense, and *error (malloc'ed) says which. */
bool slurm_add_hosts(HostList *list, char **error);

/* The words of the command that runs `words`, ended by NULL, on that node; to be freed, as one block. It shares the node with
 * whatever runs there, and neither the end of a process nor that of another node ends it. */
char **slurm_command(const char *node, char *const *words);

#endif
