/* slurm.h: the hosts of a Slurm allocation, and how a process is started on one.
 *
 * mrrun may run in the batch script, in the shell that salloc gives, or as the only task of a step. Nothing is asked of Slurm but
 * through the environment and srun. One thread. */
#ifndef TOOLS_MRRUN_SLURM_H
#define TOOLS_MRRUN_SLURM_H

#include "runtime/launch/address.h"
#include "tools/mrrun/hosts.h"

/* Is mrrun inside of an allocation? */
bool slurm_is_here(void);

/* Adds the allocation's nodes, each with as many slots as it has tasks or, when no number of tasks was asked for, processors. The
 * node whose batch script runs mrrun is this machine. False: the variables make no sense, and *error (malloc'ed) says which. */
bool slurm_add_hosts(HostList *list, char **error);

/* The words of the command that runs `text` in a shell on that node, ended by NULL; to be freed, as one block. It shares the node
 * with whatever runs there, and has all of its processors; neither the end of a process nor that of another node ends it. */
char **slurm_command(const char *node, const char *text);

/* The address of a node, which need not have a name that the system knows: asks scontrol. Before there is any thread. */
bool slurm_address(const char *node, char address[ADDRESS_SIZE]);

#endif
