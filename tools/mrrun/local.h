/* local.h: the place that is this machine. */
#ifndef TOOLS_MRRUN_LOCAL_H
#define TOOLS_MRRUN_LOCAL_H

#include <signal.h>

#include "runtime/launch/place.h"

/* Starts the program `path` with the arguments `program`, as the parent of its processes: sets in, out and starter of the place.
 * `signals` is the program's mask of blocked signals. Before there is any thread. False after a message. */
bool local_start(Place *place, const char *path, char **program, const sigset_t *signals);

#endif
