/* hosts.h: the hosts that a run is to use, as --host and --hostfile name them, and which of them has how many workers.
 *
 *     --host a,b:4,carol@c,[fe80::1%eth0]:2
 *     --hostfile FILE, whose lines are     b             # one slot, as MPI has it
 *                                          b 4           # SCOOP
 *                                          b:4           # MPICH
 *                                          b slots=4 max_slots=8 user=carol     # Open MPI
 *
 * A slot is room for a worker. Hosts that are named again add up. Nothing here asks the network: a list is text. A HostList is
 * plain data of one thread and owns its texts. */
#ifndef TOOLS_MRRUN_HOSTS_H
#define TOOLS_MRRUN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOSTS_MOST_SLOTS = 4096, HOST_NAME_SIZE = 256 /* of a name or a user, with its NUL */ };

typedef struct Host {
    char name[HOST_NAME_SIZE]; /* a name or an address, without brackets */
    char user[HOST_NAME_SIZE]; /* "": whom ssh takes */
    uint32_t slots;
    uint32_t most; /* workers that it takes at most (max_slots); 0: any number */
    bool is_local; /* this machine, without ssh: localhost or a loopback address, and no user */
    /* Set by hosts_place: */
    uint32_t first, workers;
} Host;

typedef struct HostList {
    Host *items;
    size_t len, cap;
} HostList;

/* Each adds to the list; false: the text is wrong, and *error (malloc'ed) says where and what: "FILE:3:8: …". What was added before
 * the mistake stays. */
bool hosts_add_list(HostList *list, const char *text, char **error);                                /* --host */
bool hosts_add_file(HostList *list, const char *path, char **error);                                /* --hostfile */
bool hosts_add_text(HostList *list, const char *path, const char *text, size_t size, char **error); /* what is in that file */

/* Shares `workers` out, 0: one for each slot. Slots are filled in the order of the list; what goes beyond them is dealt out one by
 * one to the hosts that take more (*is_over: it was). Workers of one host have numbers that follow each other. Returns how many
 * there are; 0: the hosts do not take so many, and *error says so. */
uint32_t hosts_place(HostList *list, uint32_t workers, bool *is_over, char **error);

/* How ssh and messages call it: "user@name". */
const char *host_text(const Host *host, char text[2 * HOST_NAME_SIZE]);

void hosts_free(HostList *list);

#endif
