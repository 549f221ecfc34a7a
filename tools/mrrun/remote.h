/* remote.h: places on other hosts: the processes of this machine that lead there (ssh), and how a place comes to be.
 *
 * All hosts are contacted at once. A host that fails, for whatever reason, is named with it, and is done without. What processes
 * there write to standard output and standard error appears here line by line, after the host's name. One thread. */
#ifndef TOOLS_MRRUN_REMOTE_H
#define TOOLS_MRRUN_REMOTE_H

#include <sys/types.h>

#include "runtime/launch/place.h"
#include "tools/mrrun/boot.h"

typedef struct Remote {
    char name[MESSAGE_NAME_SIZE];
    uint32_t workers;
    pid_t pid;          /* of the process that leads there; 0: it has ended */
    int in, out, error; /* what is said there, what it is told, and its complaints; -1: closed, or not ours any more */
    Boot boot;
    Buf complaints;    /* the beginning of a line; until it is READY, all */
    uint64_t moved_at; /* when something was last said or heard */
} Remote;

typedef struct Remotes {
    Remote *items;
    size_t count;
    const Shipment *shipment;
    bool is_verbose;
} Remotes;

/* Starts the command that leads to a host, which is to run boot_shell there. Before there is any thread. */
void remotes_add(Remotes *remotes, const char *name, uint32_t workers, char *const *command);

/* Gets the program to all of them. Returns how many are READY; a signal that can be read from `signals`, or that `timer` (-1: there
 * is none) has expired, ends it early. Why others are not was said. */
size_t remotes_boot(Remotes *remotes, int signals, int timer);

/* Hands a READY host to a place: descriptors and process, and what it has already said. */
void remote_become_place(Remote *remote, Place *place);

/* Shows what hosts have complained of since. The descriptors `error` may be watched meanwhile. */
void remotes_relay(Remotes *remotes);

void remotes_free(Remotes *remotes); /* ends what no place has taken over */

#endif
