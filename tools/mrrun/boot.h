/* boot.h: how a program gets to a host on which nothing of it is installed.
 *
 * ssh starts a POSIX shell there with one constant text, boot_shell: nothing that a user or a peer has written is ever pasted into
 * it. The shell and mrrun then talk over standard input and output, in lines:
 *
 *     host   mr: host MACHINE [glibc VERSION]          what it is
 *     host   mr: seen ADDRESS PORT ADDRESS PORT         SSH_CONNECTION: where mrrun is, seen from there; and where it is itself
 *     mrrun  2                                          parcels (shipment.h); for each
 *     mrrun  HASH COUNT, and COUNT lines of sha256sum's
 *     host   mr: have                                   all files lie in its cache and have these sums
 *     host   mr: need                                   then come from mrrun, for each file, a line SIZE NAME and its bytes
 *     host   mr: kept                                   they arrived whole and lie in the cache now
 *     host   mr: ready                                  from now on it is the program, and records (runtime/launch/record.h) follow
 *     host   mr: failed REASON                          at any time, and last
 *
 * The cache is $XDG_CACHE_HOME/mr or ~/.cache/mr, or else one in /tmp, and must belong to the user, whom alone it admits. What lies
 * in it is not believed for its name: its sums are taken each time. Files arrive in a folder with another name, which is renamed.
 *
 * A Boot is mrrun's side of this: a state machine without descriptors. One thread. */
#ifndef TOOLS_MRRUN_BOOT_H
#define TOOLS_MRRUN_BOOT_H

#include "tools/mrrun/shipment.h"

enum { BOOT_TEXT_SIZE = 256, BOOT_MOST_NOISE = 64 << 10 /* bytes that a host may print before it says who it is */ };

extern const char boot_shell[]; /* what ssh is told to run */

typedef enum BootState { BOOT_GREETING, BOOT_ASKING, BOOT_SENDING, BOOT_STARTING, BOOT_READY, BOOT_FAILED } BootState;

typedef struct Boot {
    const Shipment *shipment;
    BootState state;
    char machine[BOOT_TEXT_SIZE];
    GlibcVersion glibc;           /* the host's; 0.0: it could not say */
    char seen[BOOT_TEXT_SIZE];    /* the address of mrrun's machine, seen from the host; "": not known */
    char address[BOOT_TEXT_SIZE]; /* the host's own */
    char error[BOOT_TEXT_SIZE];   /* FAILED: why */
    uint64_t sent;                /* bytes of files */
    Buf said;                     /* what the host has said and was not yet looked at; when it is READY: records */
    Buf out;                      /* what mrrun says, before the bytes of a file */
    size_t parcel, file, at;      /* where the sending is */
    size_t noise;
} Boot;

void boot_init(Boot *boot, const Shipment *shipment);
void boot_free(Boot *boot);

/* The host has said this. */
void boot_take(Boot *boot, const void *bytes, size_t size);

/* What is to be written to the host next, and that so much of it was. Nothing to write: 0. */
size_t boot_unsent(Boot *boot, const char **bytes);
void boot_written(Boot *boot, size_t size);

#endif
