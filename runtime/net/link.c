/* link.c: ROUTER and DEALER sockets, set up as docs/protocol.md says: MANDATORY, so that a peer that is gone shows as an error and
 * not as silence; DONTWAIT and no high-water mark, so that a dead peer cannot block a sender; a limit on the size of a message. */
#include "runtime/net/link.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <zmq.h>

#include "base/arena.h"
#include "base/map.h"
#include "runtime/net/wire.h"

enum { LINGER = 1000, BACKLOG = 4096, MAX_MESSAGE = 4 << 20, MAX_SOCKETS = 32768, ID_SIZE = 16 };

struct Net {
    void *zmq;
    int threads;            /* that ZeroMQ starts with the first socket */
    _Atomic bool can_start; /* it was seen that they can be */
};

/* The senders that a ROUTER has heard, numbered in that order. */
typedef struct Peers {
    Arena *arena;
    Map numbers; /* routing id → its PeerId */
    struct PeerId **items;
    size_t len, cap;
} Peers;

typedef struct PeerId {
    uint32_t number;
    size_t size;
    uint8_t id[ID_SIZE];
} PeerId;

typedef struct Client {
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    void *socket;
} Client;

struct Link {
    Net *net;
    bool is_hub;
    void *control, *data;
    Peers control_peers, data_peers;
    Client *clients;
    size_t client_count, client_cap;
    zmq_pollitem_t *items; /* control, data, wake, clients; those that are not there are left out */
    size_t item_cap;
    int wake;
    size_t turn;        /* which socket is asked first, so that none is starved */
    zmq_msg_t datagram; /* what was received last */
    uint64_t dropped;
    uint32_t session;
};

uint64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

Net *net_new(bool is_local) {
    Net *net = xcalloc(1, sizeof *net);
    net->zmq = zmq_ctx_new();
    zmq_ctx_set(net->zmq, ZMQ_IO_THREADS, is_local ? 0 : 1);
    net->threads = is_local ? 1 : 2; /* one more closes sockets */
    zmq_ctx_set(net->zmq, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
    return net;
}

void net_free(Net **net) {
    if (!*net) return;
    while (zmq_ctx_term((*net)->zmq) != 0 && errno == EINTR) {}
    free(*net);
    *net = NULL;
}

/* ---- threads */

static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* ZeroMQ aborts the process when it cannot start its threads. So we see first whether as many can be. */
static bool net_can_start(Net *net, char **error) {
    if (atomic_load(&net->can_start)) return true;
    pthread_t threads[2];
    int started = 0, reason = 0;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&gate);
    while (started < net->threads && reason == 0) {
        reason = pthread_create(&threads[started], NULL, wait_for_gate, &gate);
        started += reason == 0;
    }
    pthread_mutex_unlock(&gate);
    while (started > 0) pthread_join(threads[--started], NULL);
    pthread_mutex_destroy(&gate);
    if (reason != 0 && asprintf(error, "cannot start a thread: %s", strerror(reason)) < 0) *error = NULL;
    atomic_store(&net->can_start, reason == 0);
    return reason == 0;
}

/* ---- sockets */

static void random_bytes(void *out, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)out + done, size - done, 0);
        if (got > 0) done += (size_t)got;
    }
}

/* What has been sent still goes out after a close, for LINGER milliseconds: a BYE, an answer. Nobody waits for the scheduler's last
 * words, which were answered, nor for a GET. */

/* ZeroMQ keeps ids that begin with 0 for itself. */
static void set_own_id(void *socket) {
    uint8_t id[ID_SIZE];
    random_bytes(id, sizeof id);
    id[0] = 'm';
    zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, sizeof id);
}

static void *socket_new(Net *net, int type, const char *listen, const char *connect, int linger, char **error) {
    void *socket = zmq_socket(net->zmq, type);
    if (!socket) goto failed;
    int none = 0, backlog = BACKLOG, yes = 1;
    int64_t most = MAX_MESSAGE;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_BACKLOG, &backlog, sizeof backlog);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (type == ZMQ_ROUTER) zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &yes, sizeof yes);
    /* A connection that is made anew, perhaps before the old one is known to be broken, is the same peer. */
    if (type == ZMQ_ROUTER) zmq_setsockopt(socket, ZMQ_ROUTER_HANDOVER, &yes, sizeof yes);
    if (type == ZMQ_DEALER) set_own_id(socket);
    if (listen && zmq_bind(socket, listen) != 0) goto failed;
    if (connect && zmq_connect(socket, connect) != 0) goto failed;
    return socket;
failed:
    if (error && asprintf(error, "cannot open the connection %s: %s", listen ? listen : connect, zmq_strerror(errno)) < 0)
        *error = NULL;
    if (socket) zmq_close(socket);
    return NULL;
}

static void peers_init(Peers *peers) {
    peers->arena = arena_new();
    map_init(&peers->numbers, peers->arena);
}

static PeerId *peers_find(Peers *peers, const void *id, size_t size) {
    if (size > ID_SIZE) return NULL;
    void **slot = map_slot(&peers->numbers, id, size);
    if (*slot) return *slot;
    PeerId *peer = arena_make(peers->arena, PeerId);
    *slot = peer;
    peer->number = (uint32_t)peers->len;
    peer->size = size;
    memcpy(peer->id, id, size);
    if (peers->len == peers->cap) {
        peers->cap = peers->cap ? peers->cap * 2 : 16;
        peers->items = xrealloc(peers->items, peers->cap * sizeof *peers->items);
    }
    peers->items[peers->len++] = peer;
    return peer;
}

static void peers_free(Peers *peers) {
    if (peers->arena) arena_free(&peers->arena);
    free(peers->items);
}

Link *link_open(Net *net, const LinkConfig *config, char **error) {
    if (!net_can_start(net, error)) return NULL;
    Link *link = xcalloc(1, sizeof *link);
    *link = (Link){.net = net, .is_hub = config->is_hub, .wake = config->wake};
    zmq_msg_init(&link->datagram);
    random_bytes(&link->session, sizeof link->session);
    peers_init(&link->control_peers);
    peers_init(&link->data_peers);
    bool failed = false;
    if (config->data) failed = !(link->data = socket_new(net, ZMQ_ROUTER, config->data, NULL, LINGER, error));
    if (!failed && config->is_hub) link->control = socket_new(net, ZMQ_ROUTER, config->control, NULL, 0, error);
    if (!failed && !config->is_hub) link->control = socket_new(net, ZMQ_DEALER, NULL, config->control, LINGER, error);
    if (failed || !link->control) link_close(&link);
    return link;
}

void link_close(Link **link) {
    Link *self = *link;
    if (!self) return;
    if (self->control) zmq_close(self->control);
    if (self->data) zmq_close(self->data);
    for (size_t i = 0; i < self->client_count; i++) zmq_close(self->clients[i].socket);
    zmq_msg_close(&self->datagram);
    peers_free(&self->control_peers);
    peers_free(&self->data_peers);
    free(self->clients);
    free(self->items);
    free(self);
    *link = NULL;
}

/* ---- sending */

/* False: there is nobody to send to. */
static bool send_message(void *socket, const PeerId *peer, const Message *message) {
    uint8_t head[WIRE_HEAD];
    size_t head_size = wire_encode(message, head);
    if (peer && zmq_send(socket, peer->id, peer->size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return false;
    zmq_msg_t datagram;
    if (zmq_msg_init_size(&datagram, head_size + message->size) != 0) out_of_memory(head_size + message->size);
    memcpy(zmq_msg_data(&datagram), head, head_size);
    if (message->size) memcpy((char *)zmq_msg_data(&datagram) + head_size, message->bytes, message->size);
    if (zmq_msg_send(&datagram, socket, ZMQ_DONTWAIT) >= 0) return true;
    zmq_msg_close(&datagram);
    return false;
}

void link_send(Link *link, const Message *message) {
    send_message(link->control, NULL, message);
}

bool link_send_peer(Link *link, uint32_t peer, const Message *message) {
    return peer < link->control_peers.len && send_message(link->control, link->control_peers.items[peer], message);
}

void link_send_answer(Link *link, uint32_t peer, const Message *message) {
    if (peer < link->data_peers.len) send_message(link->data, link->data_peers.items[peer], message);
}

/* Whom we ask once we often ask again, so the connection stays. An endpoint that cannot be connected to gives no answer: the pull's
 * deadline says so. */
void link_send_data(Link *link, const char *endpoint, const Message *message) {
    for (size_t i = 0; i < link->client_count; i++) {
        if (strcmp(link->clients[i].endpoint, endpoint) == 0) {
            send_message(link->clients[i].socket, NULL, message);
            return;
        }
    }
    Client client = {.socket = socket_new(link->net, ZMQ_DEALER, NULL, endpoint, 0, NULL)};
    if (!client.socket) return;
    snprintf(client.endpoint, sizeof client.endpoint, "%s", endpoint);
    if (link->client_count == link->client_cap) {
        link->client_cap = link->client_cap ? link->client_cap * 2 : 4;
        link->clients = xrealloc(link->clients, link->client_cap * sizeof *link->clients);
    }
    link->clients[link->client_count++] = client;
    send_message(client.socket, NULL, message);
}

/* ---- receiving */

void link_wait(Link *link, int timeout) {
    size_t count = 0, most = link->client_count + 3;
    if (link->item_cap < most) {
        link->items = xrealloc(link->items, most * sizeof *link->items);
        link->item_cap = most;
    }
    link->items[count++] = (zmq_pollitem_t){.socket = link->control, .events = ZMQ_POLLIN};
    if (link->data) link->items[count++] = (zmq_pollitem_t){.socket = link->data, .events = ZMQ_POLLIN};
    if (link->wake >= 0) link->items[count++] = (zmq_pollitem_t){.fd = link->wake, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < link->client_count; i++) {
        link->items[count++] = (zmq_pollitem_t){.socket = link->clients[i].socket, .events = ZMQ_POLLIN};
    }
    zmq_poll(link->items, (int)count, timeout);
}

static bool has_more(zmq_msg_t *datagram) {
    return zmq_msg_more(datagram) != 0;
}

/* Takes one datagram from a socket and reads it; what is no message, or has a wrong number of frames, is dropped and the next one
 * taken. */
static bool receive_from(Link *link, void *socket, Peers *peers, LinkEvent *event) {
    while (zmq_msg_recv(&link->datagram, socket, ZMQ_DONTWAIT) >= 0) {
        PeerId *peer = NULL;
        bool is_good = true;
        if (peers) {
            peer = peers_find(peers, zmq_msg_data(&link->datagram), zmq_msg_size(&link->datagram));
            is_good = peer && has_more(&link->datagram) && zmq_msg_recv(&link->datagram, socket, ZMQ_DONTWAIT) >= 0;
        }
        if (is_good && has_more(&link->datagram)) is_good = false;
        while (!is_good && has_more(&link->datagram) && zmq_msg_recv(&link->datagram, socket, ZMQ_DONTWAIT) >= 0) {}
        if (is_good) is_good = wire_decode(zmq_msg_data(&link->datagram), zmq_msg_size(&link->datagram), &event->message);
        if (is_good) {
            event->peer = peer ? peer->number : 0;
            return true;
        }
        if (link->dropped++ == 0) fprintf(stderr, "mr: dropped a datagram that is no message of this version\n");
    }
    return false;
}

bool link_receive(Link *link, LinkEvent *event) {
    size_t sockets = link->client_count + 2;
    for (size_t i = 0; i < sockets; i++) {
        size_t which = (link->turn + i) % sockets;
        bool found = false;
        if (which == 0) {
            event->kind = LINK_CONTROL;
            found = receive_from(link, link->control, link->is_hub ? &link->control_peers : NULL, event);
        } else if (which == 1) {
            event->kind = LINK_GET;
            found = link->data && receive_from(link, link->data, &link->data_peers, event);
        } else {
            event->kind = LINK_PIECE;
            found = receive_from(link, link->clients[which - 2].socket, NULL, event);
        }
        if (found) {
            link->turn = which + 1;
            return true;
        }
    }
    event->kind = LINK_NOTHING;
    return false;
}

uint32_t link_session(const Link *link) {
    return link->session;
}

uint64_t link_dropped(const Link *link) {
    return link->dropped;
}
