/* tree_floor.c: the least that starting N worker processes, giving each a range, adding up what they send and ending can cost.
 *
 *     tree_floor pipe N RANGE     fork, answers through a pipe
 *     tree_floor fork N RANGE     fork, a libzmq DEALER in each, one ROUTER
 *     tree_floor exec N RANGE     the same, but each worker is this program started anew
 *
 * The work is the sum of i · (i + 100) for i = 1 … RANGE. With libzmq the ROUTER is bound before the workers connect: a refused
 * first connect would wait for libzmq's reconnect interval of 100 ms. */
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmq.h>

enum { TIMEOUT_MS = 10000, IDENTITY_SIZE = 64, ENDPOINT_SIZE = 64 };

extern char **environ;

typedef struct Share {
    int64_t number, workers, range;
} Share;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t share_sum(Share share) {
    uint64_t sum = 0;
    int64_t first = share.range * share.number / share.workers + 1, last = share.range * (share.number + 1) / share.workers;
    for (int64_t i = first; i <= last; i++) sum += (uint64_t)i * (uint64_t)(i + 100);
    return sum;
}

static void *socket_new(void *zmq, int type) {
    void *socket = zmq_socket(zmq, type);
    int timeout = TIMEOUT_MS;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    return socket;
}

static void work(const char *endpoint) {
    void *zmq = zmq_ctx_new(), *socket = socket_new(zmq, ZMQ_DEALER);
    zmq_connect(socket, endpoint);
    zmq_send(socket, "R", 1, 0);
    Share share;
    if (zmq_recv(socket, &share, sizeof share, 0) == sizeof share) {
        uint64_t sum = share_sum(share);
        zmq_send(socket, &sum, sizeof sum, 0);
    }
    zmq_close(socket);
    zmq_ctx_term(zmq);
}

static uint64_t run_pipe(int workers, int64_t range) {
    int ends[2];
    if (pipe(ends) != 0) die("pipe");
    for (int i = 0; i < workers; i++) {
        if (fork() != 0) continue;
        uint64_t sum = share_sum((Share){i, workers, range});
        _exit(write(ends[1], &sum, sizeof sum) != sizeof sum);
    }
    uint64_t total = 0;
    for (int i = 0; i < workers; i++) {
        uint64_t sum;
        if (read(ends[0], &sum, sizeof sum) != sizeof sum) die("read");
        total += sum;
    }
    return total;
}

/* Answers each worker's request with its share and adds up what comes back. */
static uint64_t serve(void *socket, int workers, int64_t range) {
    uint64_t total = 0;
    for (int messages = 0, given = 0; messages < 2 * workers; messages++) {
        char identity[IDENTITY_SIZE];
        uint64_t sum;
        int len = zmq_recv(socket, identity, sizeof identity, 0);
        if (len < 0) die("zmq_recv");
        if (zmq_recv(socket, &sum, sizeof sum, 0) == sizeof sum) {
            total += sum;
            continue;
        }
        Share share = {given++, workers, range};
        zmq_send(socket, identity, (size_t)len, ZMQ_SNDMORE);
        zmq_send(socket, &share, sizeof share, 0);
    }
    return total;
}

static uint64_t run_zmq(int workers, int64_t range, bool is_exec) {
    char endpoint[ENDPOINT_SIZE];
    snprintf(endpoint, sizeof endpoint, "ipc:///tmp/tree-floor-%d.sock", (int)getpid());
    int gate[2]; /* closed once the socket is bound; no worker may be forked from a process that has a libzmq context */
    if (pipe(gate) != 0) die("pipe");
    for (int i = 0; !is_exec && i < workers; i++) {
        if (fork() != 0) continue;
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) < 0) _exit(1);
        work(endpoint);
        _exit(0);
    }
    void *zmq = zmq_ctx_new(), *socket = socket_new(zmq, ZMQ_ROUTER);
    if (zmq_bind(socket, endpoint) != 0) die(endpoint);
    close(gate[1]);
    for (int i = 0; is_exec && i < workers; i++) {
        pid_t pid;
        char self[] = "tree_floor", role[] = "worker", *arguments[] = {self, role, endpoint, NULL};
        if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ) != 0) die("posix_spawn");
    }
    uint64_t total = serve(socket, workers, range);
    zmq_close(socket);
    zmq_ctx_term(zmq);
    unlink(endpoint + strlen("ipc://"));
    return total;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "worker") == 0) {
        work(argv[2]);
        return 0;
    }
    int workers = argc == 4 ? atoi(argv[2]) : 0;
    if (workers < 1) {
        fputs("usage: tree_floor pipe|fork|exec N RANGE\n", stderr);
        return 2;
    }
    int64_t range = atoll(argv[3]);
    uint64_t total =
        strcmp(argv[1], "pipe") == 0 ? run_pipe(workers, range) : run_zmq(workers, range, strcmp(argv[1], "exec") == 0);
    while (wait(NULL) > 0) {}
    printf("Sum of the products equals %lu\n", total);
    return 0;
}
