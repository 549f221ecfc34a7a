/* inlet.c: what is known of a socket that messages come by. */
#include "runtime/net/inlet.h"

Inlet inlet_new(void *socket) {
    Inlet inlet = {.socket = socket, .fd = -1};
    size_t size = sizeof inlet.fd;
    if (socket) zmq_getsockopt(socket, ZMQ_FD, &inlet.fd, &size);
    return inlet;
}

bool inlet_receive(Inlet *inlet, zmq_msg_t *message) {
    if (inlet->state != INLET_READY) return false;
    if (zmq_msg_recv(message, inlet->socket, ZMQ_DONTWAIT) >= 0) return true;
    inlet->state = INLET_EMPTY;
    return false;
}

void inlet_doubt(Inlet *inlet) {
    if (inlet->state == INLET_EMPTY) inlet->state = INLET_UNSURE;
}

bool inlet_settle(Inlet *inlet) {
    int events = 0;
    size_t size = sizeof events;
    if (inlet->state == INLET_UNSURE) {
        zmq_getsockopt(inlet->socket, ZMQ_EVENTS, &events, &size);
        inlet->state = events & ZMQ_POLLIN ? INLET_READY : INLET_EMPTY;
    }
    return inlet->state == INLET_EMPTY;
}
