/* inlet.h: a socket of ZeroMQ, and whether something may have come for it.
 *
 * ZeroMQ asks the system twice whenever it is asked for a message, or whether there is one, and zmq_poll asks it so for every
 * socket, before and after it waits. Where messages are short and many, that takes longer than all else. So a link waits for the
 * sockets' descriptors itself, and receives from those only that have become readable. What ZeroMQ promises of a descriptor is
 * that it becomes readable when something comes after a receive that found nothing; sending may take that sign away, and then the
 * socket must be asked. An inlet belongs to its socket's thread. */
#ifndef RUNTIME_NET_INLET_H
#define RUNTIME_NET_INLET_H

#include <stdbool.h>
#include <zmq.h>

typedef enum InletState {
    INLET_UNSURE, /* ZeroMQ must be asked: something was sent, or the descriptor became readable */
    INLET_EMPTY,  /* nothing is there; what comes makes the descriptor readable */
    INLET_READY,  /* there is something, unless all of it has been received */
} InletState;

typedef struct Inlet {
    void *socket;
    int fd;
    InletState state;
} Inlet;

Inlet inlet_new(void *socket);                        /* of a socket, which stays the caller's; NULL: there is none */
void inlet_doubt(Inlet *inlet);                       /* after sending, and when the descriptor is readable */
bool inlet_settle(Inlet *inlet);                      /* asks if need be. True: nothing is there, so that one may wait */
bool inlet_receive(Inlet *inlet, zmq_msg_t *message); /* a message's next part; false: there is none */

#endif
