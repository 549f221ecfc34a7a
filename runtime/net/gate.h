/* gate.h: how many connections a socket that listens on tcp may have at a time.
 *
 * ZeroMQ accepts whoever comes, before it knows who it is, and so anybody could use up the process's descriptors. A gate counts the
 * connections that a socket has accepted, as its monitor tells them, and makes the kernel ignore newcomers while there are more
 * than the run can have; those that are there go on. Who does not show a key within ZeroMQ's time for that is disconnected, and so
 * the gate opens again. A gate belongs to its link's thread. */
#ifndef RUNTIME_NET_GATE_H
#define RUNTIME_NET_GATE_H

#include <stdint.h>

#include "runtime/net/keys.h"

typedef struct Gate Gate;

/* Before `socket` is bound to the listening descriptor `listener`, of which the gate keeps a copy. NULL: failed, errno is set. */
Gate *gate_new(void *zmq_context, void *socket, int listener, KeyList *keys);
void gate_free(Gate **gate); /* after the socket was closed */

void *gate_socket(Gate *gate);           /* readable when there is something for gate_step; the link polls it */
void gate_step(Gate *gate);              /* after each wait */
bool gate_is_shut(const Gate *gate);     /* then gate_step wants to be called ten times a second */
uint64_t gate_refused(const Gate *gate); /* connections that have not shown a key of the run (yet) */

#endif
