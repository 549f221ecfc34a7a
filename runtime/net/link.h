/* link.h: the connections of one role (scheduler, root or worker) over ZeroMQ: messages in, messages out.
 *
 * A Net is the ZeroMQ context of a process; it is made after the last fork and may be used by all threads. A Link and everything
 * about it belongs to the thread that opened it.
 *
 *     scheduler   a control ROUTER that listens; its peers get small numbers in the order in which they are heard
 *     root, worker a control DEALER to the scheduler, which knows it again when the connection is made anew; a data ROUTER that
 * listens, and a DEALER to each data endpoint asked
 *
 * No send ever blocks. What is under way is bounded by the protocol, which pulls; of one who asks for more than he takes, answers
 * are dropped when there are many, and he has to ask again. A datagram that is not a message is counted and dropped. Times are
 * milliseconds. */
#ifndef RUNTIME_NET_LINK_H
#define RUNTIME_NET_LINK_H

#include "runtime/net/keys.h"
#include "runtime/sched/message.h"

typedef struct Net Net;

Net *net_new(bool is_local); /* is_local: only threads of this process talk (inproc) */
void net_free(Net **net);    /* waits for links that other threads still close, and for what they have sent */

typedef struct Link Link;

/* Endpoints are "inproc://NAME" and "ipc://PATH"; or, with keys, "tcp://ADDRESS:PORT#KEY" (tcp.h). Who listens at one of these says
 * no key, and may say port 0. */
typedef struct LinkConfig {
    const char *control;  /* the scheduler's endpoint */
    bool is_hub;          /* this is the scheduler: listen there */
    const char *data;     /* where to listen for GETs; NULL: nowhere */
    int wake;             /* a descriptor whose readability ends link_wait; -1: none. It is only looked at. */
    const LinkKeys *keys; /* NULL: nobody but processes of this host, by inproc and ipc. Copied; the keys allowed are let in by all
                             links of the Net. */
} LinkConfig;

Link *link_open(Net *net, const LinkConfig *config, char **error); /* NULL: failed, *error malloc'ed */
const char *link_control_endpoint(const Link *link);   /* where the scheduler is reached: with the real port, and the key */
const char *link_data_endpoint(const Link *link);      /* the same of the data socket; to be told in HELLO */
void link_allow_all(Link *link, const Message *allow); /* those that an ALLOW brings */
bool link_allow(Link *link, const char *key); /* one more public key that is let in; false: it is none, or nobody needs one */
/* What root and workers have sent still goes out, for a second at most; the scheduler's last words, which were answered, do not. */
void link_close(Link **link);

typedef enum LinkKind {
    LINK_NOTHING,
    LINK_CONTROL, /* from the scheduler; at the scheduler from `peer` */
    LINK_GET,     /* to our data endpoint; answer to `peer` */
    LINK_PIECE,   /* from a data endpoint that we asked */
} LinkKind;

typedef struct LinkEvent {
    LinkKind kind;
    uint32_t peer;
    Message message; /* its bytes are valid until the next link_receive */
} LinkEvent;

void link_wait(Link *link, int timeout); /* milliseconds; until something may be received, or `wake` is readable */
/* The next message, without waiting. False: there is none more of those that had come when link_wait returned. */
bool link_receive(Link *link, LinkEvent *event);
/* Messages to one peer that follow one another travel in one datagram, which goes out with link_flush at the latest. */
void link_send(Link *link, const Message *message);                       /* to the scheduler */
void link_send_peer(Link *link, uint32_t peer, const Message *message);   /* the scheduler's: to that peer */
bool link_flush(Link *link);                                              /* false: the last datagram was for a peer that is gone */
void link_send_answer(Link *link, uint32_t peer, const Message *message); /* from the data endpoint */
void link_send_data(Link *link, const char *endpoint, const Message *message);
/* Closes connections to data endpoints that nothing has gone over for a minute: those of workers that are lost are among them. One
 * that is needed again is made anew. link_wait does so by itself. Returns how many are left. */
size_t link_rest(Link *link, uint64_t now);

uint32_t link_session(const Link *link); /* a random number, for the channels over this link's control connections */
uint64_t link_dropped(const Link *link); /* datagrams that were no messages, and those from or to endpoints that may not be */
uint64_t link_refused(const Link *link); /* connections that have not shown a key of the run (yet) */

uint64_t clock_now(void); /* nanoseconds, monotonic */

#endif
