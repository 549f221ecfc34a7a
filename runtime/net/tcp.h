/* tcp.h: endpoints of sockets that others reach over a network, and the listening socket behind one.
 *
 * An endpoint is "tcp://ADDRESS:PORT#KEY": a numeric address (IPv6 in brackets), and the public key of who listens there. Names are
 * not accepted: nothing that a peer sends is ever looked up. Pure, but for tcp_listen. */
#ifndef RUNTIME_NET_TCP_H
#define RUNTIME_NET_TCP_H

#include "runtime/net/keys.h"
#include "runtime/sched/message.h"

typedef struct TcpEndpoint {
    char place[MESSAGE_ENDPOINT_SIZE]; /* as ZeroMQ wants it: "tcp://ADDRESS:PORT" */
    char key[KEY_SIZE];                /* empty where none was given */
    bool is_ipv6;
} TcpEndpoint;

bool tcp_is_endpoint(const char *text); /* does it begin as one? */

/* False: it is none. The port may be 0, to listen at any that is free; who connects needs another, and a key. */
bool tcp_parse(const char *text, TcpEndpoint *endpoint);

/* The same endpoint at another address of its machine, which is written as in an endpoint. False: that is none, or there is no
 * room. */
bool tcp_move(char out[MESSAGE_ENDPOINT_SIZE], const char *endpoint, const char *address);

/* Of somebody who listens on all addresses of his machine: the same endpoint at the address at which `other`, of the same machine,
 * is known. False: it is no such endpoint. */
bool tcp_beside(char out[MESSAGE_ENDPOINT_SIZE], const char *endpoint, const char *other);

/* Listens there; a port of 0 becomes the real one in endpoint->place. Returns the descriptor, or -1 with errno set. */
int tcp_listen(TcpEndpoint *endpoint, int backlog);

#endif
