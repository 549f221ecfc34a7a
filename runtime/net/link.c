/* link.c: ROUTER and DEALER sockets, set up as docs/protocol.md says: MANDATORY, so that a peer that is gone shows as an error and
 * not as silence; DONTWAIT, so that a dead peer cannot block a sender; limits on the size of a message, on how many are taken in
 * before they are looked at, and on how many answers wait for one who does not take them, so that nobody's eagerness costs memory.
 * Over tcp all of them are encrypted, and those that listen let in the run's keys only (docs/security.md). */
#include "runtime/net/link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/net/gate.h"
#include "runtime/net/inlet.h"
#include "runtime/net/peers.h"
#include "runtime/net/segment.h"
#include "runtime/net/tcp.h"
#include "runtime/net/wire.h"
#include "runtime/net/zap.h"

enum { FIRST_CLIENT = 5 }; /* what is waited for: the control and the data socket, the wake, two gates, clients */

enum {
    LINGER = 1000,
    BACKLOG = 4096,
    MAX_SOCKETS = 32768,
    /* Who listens is sent control messages and questions; only who asks for data is sent any. */
    MOST_ASKED = 64 << 10,
    MOST_SENT = MESSAGE_PIECE_SIZE + (64 << 10),
    MOST_TOGETHER = MOST_ASKED / 2, /* of control messages in one datagram, after the first */
    MOST_UNSENT = 256,              /* answers to one who asks for data; if he does not take them, he has to ask again */
    MOST_WAITING = 1024,            /* messages of one peer; what is more stays with it */
    MOST_LOGGED = 16,               /* peers of which it is said that they speak wrongly */
    MOST_BAD = 64,                  /* datagrams that are dropped in a row, before others have their turn */
    HANDSHAKE_TIME = 10000,         /* milliseconds to show a key */
    CONNECT_TIME = 5000,            /* milliseconds; then it is tried again */
    RECONNECT_MOST = 2000,          /* milliseconds between two tries */
    KEEPALIVE_IDLE = 30,            /* seconds of silence after which a connection's other end is asked whether it is there */
    KEEPALIVE_COUNT = 4,
    SHUT_WAIT = 100,         /* milliseconds: how often a gate that is shut is looked at */
    ZAP_ENFORCE_DOMAIN = 93, /* ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h has among its drafts: without an answer nobody comes in */
};

struct Net {
    void *zmq;
    bool is_local;
    int threads;            /* that ZeroMQ starts with the first socket */
    _Atomic bool can_start; /* it was seen that they can be */
    pthread_mutex_t mutex;  /* guards the start of what follows, which then stays */
    KeyList *allowed;       /* keys of the run; NULL: no link has keys */
    Zap *zap;
};

typedef struct Client {
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    Inlet inlet;
    uint64_t used_at; /* when something was sent to it or came from it last */
    bool is_strange;  /* as in PeerId */
} Client;

/* Nanoseconds: a connection that was not used for so long is closed (a question is repeated much sooner than that, and given up);
 * and how often they are looked at. */
#define CLIENT_REST ((uint64_t)60000000000)
#define REST_EVERY  ((uint64_t)5000000000)

struct Link {
    Net *net;
    bool is_hub, has_keys;
    bool control_is_strange; /* the scheduler, as in PeerId */
    KeyPair own;
    Inlet control, data; /* without a socket: it has none */
    char control_endpoint[MESSAGE_ENDPOINT_SIZE], data_endpoint[MESSAGE_ENDPOINT_SIZE];
    Gate *control_gate, *data_gate; /* of those that listen on tcp */
    Peers control_peers, data_peers;
    Client *clients;
    size_t client_count, client_cap;
    uint64_t rested_at;   /* when they were looked at last */
    struct pollfd *items; /* control, data, wake, gates, clients; those that are not there are negative */
    size_t item_cap;
    int wake;
    size_t turn;        /* which socket is asked first, so that none is starved */
    zmq_msg_t datagram; /* what was received last */
    size_t read;        /* how much of it has been looked at: more messages may follow; SIZE_MAX: none can */
    uint32_t read_peer; /* from whom it came */
    Buf out;            /* messages that wait for link_flush, all for one peer */
    uint32_t out_peer;
    uint64_t dropped;
    int logged; /* peers of which it was said that they speak wrongly */
    uint32_t session;
    Segments *segments; /* NULL: all are threads of one process, which have no use for them */
};

uint64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

Net *net_new(bool is_local) {
    Net *net = xcalloc(1, sizeof *net);
    net->is_local = is_local;
    net->zmq = zmq_ctx_new();
    zmq_ctx_set(net->zmq, ZMQ_IO_THREADS, is_local ? 0 : 1);
    net->threads = is_local ? 1 : 2; /* one more closes sockets */
    zmq_ctx_set(net->zmq, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
    pthread_mutex_init(&net->mutex, NULL);
    return net;
}

void net_free(Net **net) {
    if (!*net) return;
    while (zmq_ctx_term((*net)->zmq) != 0 && errno == EINTR) {}
    zap_join(&(*net)->zap);
    key_list_free(&(*net)->allowed);
    pthread_mutex_destroy(&(*net)->mutex);
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

/* The keys of the run are let in from now on, before anything listens. */
static bool net_secure(Net *net, const LinkKeys *keys, char **error) {
    pthread_mutex_lock(&net->mutex);
    if (!net->allowed) net->allowed = key_list_new();
    if (!net->zap) net->zap = zap_start(net->zmq, net->allowed, error);
    bool is_good = net->zap != NULL;
    pthread_mutex_unlock(&net->mutex);
    for (size_t i = 0; is_good && i < keys->allowed_count; i++) {
        is_good = key_list_add(net->allowed, keys->allowed[i]);
        if (!is_good && asprintf(error, "one of the run's keys is no key") < 0) *error = NULL;
    }
    return is_good;
}

/* ---- sockets */

static void random_bytes(void *out, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)out + done, size - done, 0);
        if (got > 0) done += (size_t)got;
    }
}

/* ZeroMQ keeps ids that begin with 0 for itself. */
static void set_own_id(void *socket) {
    uint8_t id[PEER_ID_SIZE];
    random_bytes(id, sizeof id);
    id[0] = 'm';
    zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, sizeof id);
}

static void set_int(void *socket, int option, int value) {
    zmq_setsockopt(socket, option, &value, sizeof value);
}

/* What has been sent still goes out after a close, for LINGER milliseconds: a BYE, an answer. Nobody waits for the scheduler's last
 * words, which were answered, nor for a GET. */
static void *socket_new(Net *net, int type, int64_t most, int linger) {
    void *socket = zmq_socket(net->zmq, type);
    if (!socket) return NULL;
    set_int(socket, ZMQ_SNDHWM, 0);
    set_int(socket, ZMQ_RCVHWM, MOST_WAITING);
    set_int(socket, ZMQ_LINGER, linger);
    set_int(socket, ZMQ_BACKLOG, BACKLOG);
    set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_TIME);
    set_int(socket, ZMQ_CONNECT_TIMEOUT, CONNECT_TIME);
    set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MOST);
    set_int(socket, ZMQ_TCP_KEEPALIVE, 1);
    set_int(socket, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE);
    set_int(socket, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_IDLE);
    set_int(socket, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (type == ZMQ_ROUTER) set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
    /* A connection that is made anew, perhaps before the old one is known to be broken, is the same peer. */
    if (type == ZMQ_ROUTER) set_int(socket, ZMQ_ROUTER_HANDOVER, 1);
    if (type == ZMQ_DEALER) set_own_id(socket);
    return socket;
}

static bool set_keys(void *socket, const KeyPair *own) {
    return zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public_key, KEY_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret_key, KEY_SIZE) == 0;
}

/* Without a key nobody comes in; nor when, against all expectation, there is nobody to ask for keys. */
static bool set_server(void *socket, const KeyPair *own) {
    int yes = 1;
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0 && set_keys(socket, own) &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) == 0 &&
           zmq_setsockopt(socket, ZAP_ENFORCE_DOMAIN, &yes, sizeof yes) == 0;
}

static bool bind_tcp(Link *link, void *socket, TcpEndpoint *place, Gate **gate) {
    int listener = tcp_listen(place, BACKLOG);
    if (listener < 0) return false;
    *gate = gate_new(link->net->zmq, socket, listener, link->net->allowed);
    bool is_good = *gate && set_server(socket, &link->own);
    if (is_good) {
        set_int(socket, ZMQ_USE_FD, listener);
        set_int(socket, ZMQ_IPV6, place->is_ipv6);
        is_good = zmq_bind(socket, place->place) == 0;
    }
    int reason = errno;
    if (!is_good) close(listener); /* otherwise it is the socket's */
    errno = reason;
    return is_good;
}

/* Is this one that the link may use? Over a network only to those who have a key of the run, and otherwise not out of the host. */
static bool is_endpoint(const Link *link, const char *endpoint, TcpEndpoint *place) {
    if (link->has_keys) return tcp_parse(endpoint, place);
    return !tcp_is_endpoint(endpoint);
}

/* Listens; *real is where others find it. */
static void *listen_at(Link *link, const char *endpoint, bool is_data, char real[MESSAGE_ENDPOINT_SIZE], Gate **gate,
                       char **error) {
    TcpEndpoint place;
    bool is_good = is_endpoint(link, endpoint, &place);
    void *socket = is_good ? socket_new(link->net, ZMQ_ROUTER, MOST_ASKED, is_data ? LINGER : 0) : NULL;
    if (socket && is_data) set_int(socket, ZMQ_SNDHWM, MOST_UNSENT);
    if (!is_good) errno = EINVAL;
    if (socket && link->has_keys) {
        is_good = bind_tcp(link, socket, &place, gate);
        snprintf(real, MESSAGE_ENDPOINT_SIZE, "%.*s#%s", MESSAGE_ENDPOINT_SIZE - KEY_SIZE - 1, place.place, link->own.public_key);
    } else if (socket) {
        is_good = zmq_bind(socket, endpoint) == 0;
        snprintf(real, MESSAGE_ENDPOINT_SIZE, "%s", endpoint);
    }
    if (socket && is_good) return socket;
    if (asprintf(error, "cannot open the connection %s: %s", endpoint, zmq_strerror(errno)) < 0) *error = NULL;
    if (socket) zmq_close(socket);
    return NULL;
}

/* The scheduler's endpoint comes from whoever started this process, all others from the scheduler: with a key of the run. */
static void *connect_to(Link *link, const char *endpoint, bool is_data, int linger) {
    TcpEndpoint place;
    bool is_good = is_endpoint(link, endpoint, &place);
    if (is_good && link->has_keys) is_good = is_data ? key_list_has(link->net->allowed, place.key) : place.key[0] != '\0';
    if (!is_good) {
        errno = EACCES;
        return NULL;
    }
    void *socket = socket_new(link->net, ZMQ_DEALER, is_data ? MOST_SENT : MOST_ASKED, linger);
    if (!socket) return NULL;
    if (link->has_keys) {
        set_int(socket, ZMQ_IPV6, place.is_ipv6);
        is_good = zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, place.key, KEY_SIZE) == 0 && set_keys(socket, &link->own);
    }
    if (is_good && zmq_connect(socket, link->has_keys ? place.place : endpoint) == 0) return socket;
    int reason = errno;
    zmq_close(socket);
    errno = reason;
    return NULL;
}

static bool open_sockets(Link *link, const LinkConfig *config, char **error) {
    if (config->data) {
        link->data = inlet_new(listen_at(link, config->data, true, link->data_endpoint, &link->data_gate, error));
        if (!link->data.socket) return false;
    }
    if (config->is_hub) {
        link->control = inlet_new(listen_at(link, config->control, false, link->control_endpoint, &link->control_gate, error));
        return link->control.socket != NULL;
    }
    snprintf(link->control_endpoint, sizeof link->control_endpoint, "%s", config->control);
    link->control = inlet_new(connect_to(link, config->control, false, LINGER));
    if (!link->control.socket && asprintf(error, "cannot open the connection %s: %s", config->control, zmq_strerror(errno)) < 0)
        *error = NULL;
    return link->control.socket != NULL;
}

Link *link_open(Net *net, const LinkConfig *config, char **error) {
    if (!net_can_start(net, error) || (config->keys && !net_secure(net, config->keys, error))) return NULL;
    Link *link = xcalloc(1, sizeof *link);
    *link = (Link){.net = net, .is_hub = config->is_hub, .has_keys = config->keys != NULL, .wake = config->wake};
    if (config->keys) link->own = config->keys->own;
    zmq_msg_init(&link->datagram);
    random_bytes(&link->session, sizeof link->session);
    if (!net->is_local) link->segments = segments_new();
    peers_init(&link->control_peers);
    peers_init(&link->data_peers);
    if (!open_sockets(link, config, error)) link_close(&link);
    return link;
}

void link_close(Link **link) {
    Link *self = *link;
    if (!self) return;
    if (self->control.socket) zmq_close(self->control.socket);
    if (self->data.socket) zmq_close(self->data.socket);
    for (size_t i = 0; i < self->client_count; i++) zmq_close(self->clients[i].inlet.socket);
    gate_free(&self->control_gate);
    gate_free(&self->data_gate);
    key_pair_wipe(&self->own);
    zmq_msg_close(&self->datagram);
    peers_free(&self->control_peers);
    peers_free(&self->data_peers);
    segments_free(&self->segments);
    buf_free(&self->out);
    free(self->clients);
    free(self->items);
    free(self);
    *link = NULL;
}

const char *link_control_endpoint(const Link *link) {
    return link->control_endpoint;
}

const char *link_data_endpoint(const Link *link) {
    return link->data_endpoint;
}

bool link_allow(Link *link, const char *key) {
    return link->has_keys && key_list_add(link->net->allowed, key);
}

void link_allow_all(Link *link, const Message *allow) {
    char key[KEY_SIZE];
    for (size_t at = 0; at + MESSAGE_KEY_SIZE <= allow->size; at += MESSAGE_KEY_SIZE)
        if (key_write(key, (const char *)allow->bytes + at)) link_allow(link, key);
}

/* ---- sending */

/* Where there is nobody to send to nothing is sent. */
static void send_message(Inlet *inlet, const PeerId *peer, const Message *message) {
    uint8_t head[WIRE_HEAD];
    size_t head_size = wire_encode(message, head);
    inlet_doubt(inlet);
    if (peer && zmq_send(inlet->socket, peer->id, peer->size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return;
    zmq_msg_t datagram;
    if (zmq_msg_init_size(&datagram, head_size + message->size) != 0) out_of_memory(head_size + message->size);
    memcpy(zmq_msg_data(&datagram), head, head_size);
    if (message->size) memcpy((char *)zmq_msg_data(&datagram) + head_size, message->bytes, message->size);
    if (zmq_msg_send(&datagram, inlet->socket, ZMQ_DONTWAIT) < 0) zmq_msg_close(&datagram);
}

static bool send_bytes(Inlet *inlet, const PeerId *peer, const Buf *bytes) {
    inlet_doubt(inlet);
    if (peer && zmq_send(inlet->socket, peer->id, peer->size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return false;
    return zmq_send(inlet->socket, bytes->data, bytes->len, ZMQ_DONTWAIT) >= 0;
}

void link_send_peer(Link *link, uint32_t peer, const Message *message) {
    if (link->out.len && (peer != link->out_peer || link->out.len + message->size > MOST_TOGETHER)) link_flush(link);
    link->out_peer = peer;
    buf_reserve(&link->out, WIRE_HEAD + message->size);
    link->out.len += wire_encode(message, (uint8_t *)link->out.data + link->out.len);
    if (message->size) buf_add(&link->out, message->bytes, message->size);
}

void link_send(Link *link, const Message *message) {
    link_send_peer(link, 0, message);
}

bool link_flush(Link *link) {
    if (link->out.len == 0) return true;
    const PeerId *to = link->is_hub ? peers_at(&link->control_peers, link->out_peer) : NULL;
    bool is_sent = (to || !link->is_hub) && send_bytes(&link->control, to, &link->out);
    link->out.len = 0;
    return is_sent;
}

/* The same answer, with its bytes in a segment, where the peer can open it. */
static Message through_segment(Link *link, const PeerId *peer, const Message *message) {
    Message out = *message;
    if (!peer->opens_segments || message->as.piece.state != PIECE_DATA) return out;
    if (!segments_put(link->segments, peer->number, message, clock_now(), &out.as.piece.segment)) return out;
    out.as.piece.state = PIECE_SEGMENT;
    out.bytes = NULL;
    out.size = 0;
    return out;
}

void link_send_answer(Link *link, uint32_t peer, const Message *message) {
    const PeerId *to = peers_at(&link->data_peers, peer);
    if (!to) return;
    Message out = through_segment(link, to, message);
    send_message(&link->data, to, &out);
}

/* Whom we ask once we often ask again, so the connection stays. An endpoint that cannot be connected to gives no answer: the pull's
 * deadline says so. */
void link_send_data(Link *link, const char *endpoint, const Message *message) {
    Message get = *message;
    if (link->segments && !get.as.get.is_plain) get.as.get.host = segments_host(link->segments);
    for (size_t i = 0; i < link->client_count; i++) {
        if (strcmp(link->clients[i].endpoint, endpoint) == 0) {
            link->clients[i].used_at = clock_now();
            send_message(&link->clients[i].inlet, NULL, &get);
            return;
        }
    }
    char moved[MESSAGE_ENDPOINT_SIZE]; /* the scheduler's process listens where it is known, but may not know where that is */
    bool is_moved = !link->is_hub && tcp_beside(moved, endpoint, link->control_endpoint);
    Client client = {.inlet = inlet_new(connect_to(link, is_moved ? moved : endpoint, true, 0)), .used_at = clock_now()};
    if (!client.inlet.socket) {
        link->dropped++;
        return;
    }
    snprintf(client.endpoint, sizeof client.endpoint, "%s", endpoint);
    if (link->client_count == link->client_cap) {
        link->client_cap = link->client_cap ? link->client_cap * 2 : 4;
        link->clients = xrealloc(link->clients, link->client_cap * sizeof *link->clients);
    }
    send_message(&client.inlet, NULL, &get);
    link->clients[link->client_count++] = client;
}

size_t link_rest(Link *link, uint64_t now) {
    link->rested_at = now;
    for (size_t i = 0; i < link->client_count;) {
        Client *client = &link->clients[i];
        if (now - client->used_at < CLIENT_REST || now < client->used_at) {
            i++;
            continue;
        }
        zmq_close(client->inlet.socket);
        *client = link->clients[--link->client_count];
    }
    return link->client_count;
}

/* ---- receiving */

/* The inlet that the item `at` is for; NULL: it is for something else. */
static Inlet *inlet_at(Link *link, size_t at) {
    if (at == 0) return &link->control;
    if (at == 1) return link->data.socket ? &link->data : NULL;
    return at >= FIRST_CLIENT ? &link->clients[at - FIRST_CLIENT].inlet : NULL;
}

static int gate_fd(Gate *gate) {
    return gate ? inlet_new(gate_socket(gate)).fd : -1;
}

/* After a wait that found something: whether it is more than what sockets tell one another without a message. */
static bool has_come(Link *link, size_t count) {
    bool is_any = false;
    for (size_t i = 0; i < count; i++) {
        Inlet *inlet = inlet_at(link, i);
        if (!link->items[i].revents) continue;
        if (inlet) inlet_doubt(inlet);
        if (!inlet || !inlet_settle(inlet)) is_any = true;
    }
    return is_any;
}

void link_wait(Link *link, int timeout) {
    uint64_t now = clock_now();
    if (link->segments) segments_rest(link->segments, now);
    if (link->client_count && now - link->rested_at >= REST_EVERY) link_rest(link, now);
    size_t count = FIRST_CLIENT + link->client_count;
    if (link->item_cap < count) {
        link->items = xrealloc(link->items, count * sizeof *link->items);
        link->item_cap = count;
    }
    Gate *const gates[] = {link->control_gate, link->data_gate};
    const int others[FIRST_CLIENT] = {-1, -1, link->wake, gate_fd(gates[0]), gate_fd(gates[1])};
    for (size_t i = 0; i < 2; i++) {
        if (gates[i] && gate_is_shut(gates[i]) && (timeout < 0 || timeout > SHUT_WAIT)) timeout = SHUT_WAIT;
    }
    for (size_t i = 0; i < count; i++) {
        Inlet *inlet = inlet_at(link, i);
        link->items[i] = (struct pollfd){.fd = inlet ? inlet->fd : i < FIRST_CLIENT ? others[i] : -1, .events = POLLIN};
        if (inlet && !inlet_settle(inlet)) timeout = 0;
    }
    if (link->read < zmq_msg_size(&link->datagram)) timeout = 0;
    uint64_t end = timeout > 0 ? now + (uint64_t)timeout * 1000000 : 0;
    while (poll(link->items, (nfds_t)count, timeout) > 0 && !has_come(link, count)) {
        now = clock_now();
        if (timeout >= 0) timeout = now < end ? (int)((end - now) / 1000000) + 1 : 0;
    }
    for (size_t i = 0; i < 2; i++) {
        if (gates[i]) gate_step(gates[i]);
    }
}

static bool has_more(zmq_msg_t *datagram) {
    return zmq_msg_more(datagram) != 0;
}

/* Told of once for each peer, and not at all when many speak wrongly; counted always. */
static void drop(Link *link, bool *is_strange, const char *who) {
    link->dropped++;
    if (*is_strange) return;
    *is_strange = true;
    if (link->logged >= MOST_LOGGED) return;
    fprintf(stderr, "mr: dropped a datagram that is no message of this version, from %s\n", who);
    if (++link->logged == MOST_LOGGED) fprintf(stderr, "mr: further peers that speak wrongly are only counted\n");
}

/* Takes one datagram with its right number of frames, of which only the last is kept; false: it has another number, or *peer cannot
 * be known. */
static bool take_datagram(Link *link, Inlet *inlet, Peers *peers, PeerId **peer) {
    bool is_good = true;
    if (peers) {
        *peer = peers_find(peers, zmq_msg_data(&link->datagram), zmq_msg_size(&link->datagram));
        is_good = *peer && has_more(&link->datagram) && inlet_receive(inlet, &link->datagram);
    }
    if (is_good && has_more(&link->datagram)) is_good = false;
    while (!is_good && has_more(&link->datagram) && inlet_receive(inlet, &link->datagram)) {}
    return is_good;
}

/* Reads the next message of the datagram. Only on a control connection others may follow it. Behind what is no message nothing is
 * read. */
static bool read_message(Link *link, LinkEvent *event) {
    size_t size = zmq_msg_size(&link->datagram), left = size - link->read;
    size_t used = wire_decode_first((const char *)zmq_msg_data(&link->datagram) + link->read, left, &event->message);
    bool is_good = used > 0 && (used == left || event->kind == LINK_CONTROL);
    link->read = is_good ? link->read + used : size;
    return is_good;
}

/* The next of several messages that came in one datagram. */
static bool receive_next(Link *link, LinkEvent *event) {
    if (link->read >= zmq_msg_size(&link->datagram)) return false;
    event->kind = LINK_CONTROL;
    event->peer = link->read_peer;
    if (read_message(link, event)) return true;
    PeerId *peer = link->is_hub ? peers_at(&link->control_peers, link->read_peer) : NULL;
    drop(link, peer ? &peer->is_strange : &link->control_is_strange, peer ? "a peer" : "the scheduler");
    return false;
}

/* Takes one datagram from a socket and reads it; what is no message is dropped and the next one taken, but not for ever. */
static bool receive_from(Link *link, Inlet *inlet, Peers *peers, Client *client, LinkEvent *event) {
    for (int bad = 0; bad < MOST_BAD && inlet_receive(inlet, &link->datagram); bad++) {
        link->read = 0;
        PeerId *peer = NULL;
        bool unknown = false;
        if (take_datagram(link, inlet, peers, &peer) && read_message(link, event)) {
            event->peer = link->read_peer = peer ? peer->number : 0;
            return true;
        }
        link->read = SIZE_MAX;
        if (peer)
            drop(link, &peer->is_strange, "a peer");
        else if (client)
            drop(link, &client->is_strange, client->endpoint);
        else if (!peers)
            drop(link, &link->control_is_strange, "the scheduler");
        else
            drop(link, &unknown, "somebody unknown");
    }
    return false;
}

/* Who asks says whether it opens our segments; a piece that lies in somebody's gets its bytes from there. */
static void heed_segments(Link *link, LinkEvent *event) {
    Message *message = &event->message;
    if (event->kind == LINK_GET && message->kind == MSG_GET) {
        uint64_t host = message->as.get.host;
        link->data_peers.items[event->peer]->opens_segments = link->segments && host && host == segments_host(link->segments);
    } else if (event->kind == LINK_PIECE && message->kind == MSG_PIECE && message->as.piece.state == PIECE_SEGMENT) {
        const SegmentPlace *place = &message->as.piece.segment;
        if (link->segments) message->bytes = segments_find(link->segments, place, clock_now());
        message->size = message->bytes ? place->length : 0;
    }
}

bool link_receive(Link *link, LinkEvent *event) {
    if (receive_next(link, event)) return true;
    size_t sockets = link->client_count + 2;
    for (size_t i = 0; i < sockets; i++) {
        size_t which = (link->turn + i) % sockets;
        bool found = false;
        if (which == 0) {
            event->kind = LINK_CONTROL;
            found = receive_from(link, &link->control, link->is_hub ? &link->control_peers : NULL, NULL, event);
        } else if (which == 1) {
            event->kind = LINK_GET;
            found = receive_from(link, &link->data, &link->data_peers, NULL, event);
        } else {
            Client *client = &link->clients[which - 2];
            event->kind = LINK_PIECE;
            found = receive_from(link, &client->inlet, NULL, client, event);
            if (found) client->used_at = clock_now();
        }
        if (found) {
            heed_segments(link, event);
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

uint64_t link_refused(const Link *link) {
    return (link->control_gate ? gate_refused(link->control_gate) : 0) + (link->data_gate ? gate_refused(link->data_gate) : 0);
}
