/* gate.c: counts connections, and closes the door while there are too many. */
#include "runtime/net/gate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/arena.h"

enum {
    STRANGERS = 64,     /* connections beside two for each key of the run: one, and one that is not known to be gone */
    FILES_PART = 4,     /* but this part of the descriptors that the process may have, ... */
    FEW_STRANGERS = 16, /* ... or one connection for each key, and these */
    LOOK_AGAIN = 100,   /* milliseconds, while it is shut */
    EVENT_SIZE = 6,     /* the first frame of a monitor's message: the event, and a value */
};

struct Gate {
    void *monitor;
    int listener;
    KeyList *keys;
    size_t accepted;       /* connections that there are; some that ended without a word are among them until it is counted again */
    uint64_t came, let_in; /* since the start */
    uint64_t next_look;    /* milliseconds */
    bool is_shut;
};

static uint64_t milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

Gate *gate_new(void *zmq_context, void *socket, int listener, KeyList *keys) {
    static atomic_uint number;
    char name[64];
    snprintf(name, sizeof name, "inproc://gate-%u", atomic_fetch_add(&number, 1));
    int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    Gate *gate = xcalloc(1, sizeof *gate);
    *gate = (Gate){.keys = keys, .listener = fcntl(listener, F_DUPFD_CLOEXEC, 0)};
    int none = 0;
    if (gate->listener >= 0 && zmq_socket_monitor(socket, name, events) == 0) gate->monitor = zmq_socket(zmq_context, ZMQ_PAIR);
    if (gate->monitor) zmq_setsockopt(gate->monitor, ZMQ_LINGER, &none, sizeof none);
    if (gate->monitor && zmq_connect(gate->monitor, name) == 0) return gate;
    int reason = errno;
    gate_free(&gate);
    errno = reason;
    return NULL;
}

void gate_free(Gate **gate) {
    if (!*gate) return;
    if ((*gate)->monitor) zmq_close((*gate)->monitor);
    if ((*gate)->listener >= 0) close((*gate)->listener);
    free(*gate);
    *gate = NULL;
}

/* ---- counting */

static size_t most_connections(const Gate *gate) {
    struct rlimit files;
    size_t most = 2 * key_list_count(gate->keys) + STRANGERS;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / FILES_PART >= most) return most;
    size_t least = key_list_count(gate->keys) + FEW_STRANGERS; /* everybody who may come can, whatever is left of files then */
    return files.rlim_cur / FILES_PART > least ? files.rlim_cur / FILES_PART : least;
}

/* The port at which a tcp socket of ours has its end; 0: it is none, or it only listens. */
static in_port_t port_of(int fd, bool with_listeners) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address, number = sizeof(int);
    int listens = 0;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &number) != 0 || (listens && !with_listeners)) return 0;
    if (address.ss_family == AF_INET) return ((struct sockaddr_in *)(void *)&address)->sin_port;
    return address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port : 0;
}

/* The monitor does not tell of every end: a connection that another of the same peer has replaced goes silently. So before anybody
 * is kept out, we look which connections there are. */
static size_t count_connections(const Gate *gate) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return gate->accepted;
    in_port_t port = port_of(gate->listener, true);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        int fd = atoi(entry->d_name); /* "." and ".." are 0, which is no socket of ours */
        count += fd > 0 && port_of(fd, false) == port;
    }
    closedir(folder);
    return count;
}

/* ---- the door */

/* A filter that lets nothing through makes the kernel ignore who knocks, who will knock again. Connections are not affected. */
static void shut(Gate *gate) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog filter = {.len = 1, .filter = &nothing};
    gate->is_shut = setsockopt(gate->listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

static void open_again(Gate *gate) {
    int nothing = 0;
    gate->is_shut = setsockopt(gate->listener, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof nothing) != 0;
}

/* One message of the monitor: the event and a value, then the endpoint. */
static bool take_event(Gate *gate) {
    unsigned char bytes[EVENT_SIZE], endpoint[1];
    int size = zmq_recv(gate->monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);
    if (size < 0) return false;
    zmq_recv(gate->monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    uint16_t event;
    if (size != EVENT_SIZE) return true;
    memcpy(&event, bytes, sizeof event);
    switch (event) {
    case ZMQ_EVENT_ACCEPTED:
        gate->accepted++;
        gate->came++;
        break;
    case ZMQ_EVENT_DISCONNECTED: gate->accepted -= gate->accepted > 0; break;
    default: gate->let_in++;
    }
    return true;
}

void gate_step(Gate *gate) {
    while (take_event(gate)) {}
    size_t most = most_connections(gate);
    if (!gate->is_shut && gate->accepted <= most) return;
    uint64_t now = milliseconds_now();
    if (now < gate->next_look) return;
    gate->accepted = count_connections(gate);
    gate->next_look = now + LOOK_AGAIN;
    if (!gate->is_shut && gate->accepted > most) shut(gate);
    if (gate->is_shut && gate->accepted <= most - most / 4) open_again(gate);
}

void *gate_socket(Gate *gate) {
    return gate->monitor;
}

bool gate_is_shut(const Gate *gate) {
    return gate->is_shut;
}

uint64_t gate_refused(const Gate *gate) {
    return gate->came - gate->let_in;
}
