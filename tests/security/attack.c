/* attack.c: strangers at the sockets of a run that goes over tcp, for some seconds each:
 *
 *     attack plain PLACE SECONDS            bytes that are no greeting, half greetings, requests of browsers
 *     attack open PLACE COUNT SECONDS       connections that say nothing, or a byte
 *     attack keys ENDPOINT SECONDS          ZeroMQ without keys, with a password, with a key of another run
 *     attack member ENDPOINT PAIR SECONDS   with a key of the run: random frames, changed, cut and huge messages, messages out of
 * place attack steal PID                      prints "ENDPOINT PAIR" of a process of the run, from its memory: who may look into
 * the processes of the run's user has its keys, and then nothing helps (docs/security.md)
 *
 * PLACE is ADDRESS:PORT, an ENDPOINT tcp://ADDRESS:PORT#KEY, a PAIR a public and a secret key with a space between. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "runtime/net/tcp.h"
#include "tests/security/strange.h"

enum { HUGE_SIZE = 5 << 20 };

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- without ZeroMQ */

static int connect_plain(const char *place) {
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int)strcspn(place, ":"), place);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strchr(place, ':') + 1))};
    inet_pton(AF_INET, host, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd >= 0) connect(fd, (struct sockaddr *)&address, sizeof address);
    return fd;
}

static void attack_plain(const char *place, double seconds) {
    static const unsigned char greeting[12] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1};
    unsigned long count = 0;
    for (double end = seconds_now() + seconds; seconds_now() < end; count++) {
        char bytes[4096];
        size_t size = (size_t)rand() % sizeof bytes;
        int fd = connect_plain(place);
        fill_random(bytes, sizeof bytes);
        if (count % 4 == 1) memcpy(bytes, greeting, sizeof greeting), memcpy(bytes + 12, "CURVE\0", 6);
        if (count % 4 == 2) memcpy(bytes, "GET / HTTP/1.1\r\nHost: here\r\n\r\n", 30);
        if (count % 4 == 3) memcpy(bytes, greeting, sizeof greeting), size %= 64;
        usleep(200);
        (void)!write(fd, bytes, size);
        close(fd);
    }
    printf("%lu\n", count);
}

/* One after the other, so that who is attacked has the time to look in between, on a busy machine too. */
static void attack_open(const char *place, int count, double seconds) {
    int *fds = calloc((size_t)count, sizeof *fds);
    for (int i = 0; i < count; i++) {
        fds[i] = connect_plain(place);
        usleep(3000);
    }
    usleep(200000);
    for (int i = 0; i < count; i += 2) (void)!write(fds[i], "\xff", 1);
    usleep((useconds_t)(seconds * 1e6));
    printf("%d\n", count);
}

/* ---- with it */

static void *connect_zmq(void *zmq, const char *endpoint, const KeyPair *own) {
    TcpEndpoint place;
    void *socket = zmq_socket(zmq, ZMQ_DEALER);
    int linger = 200, most = 1000;
    if (!tcp_parse(endpoint, &place)) exit(2);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &most, sizeof most);
    if (own) {
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public_key, KEY_SIZE);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret_key, KEY_SIZE);
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, place.key, KEY_SIZE);
    }
    zmq_connect(socket, place.place);
    return socket;
}

static void attack_keys(void *zmq, const char *endpoint, double seconds) {
    unsigned long count = 0;
    for (double end = seconds_now() + seconds; seconds_now() < end; count++) {
        KeyPair own;
        key_pair_make(&own);
        void *socket = connect_zmq(zmq, endpoint, count % 3 == 0 ? &own : NULL);
        if (count % 3 == 1) zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "root", 4);
        uint8_t message[WIRE_HEAD];
        zmq_send(socket, message, make_message(message), ZMQ_DONTWAIT);
        usleep(20000);
        zmq_close(socket);
    }
    printf("%lu\n", count);
}

/* Everything but a right HELLO: with one, this would be a member of the run that lies, which nobody is protected against. */
static void attack_member(void *zmq, const char *endpoint, const KeyPair *own, double seconds) {
    static char bytes[HUGE_SIZE];
    unsigned long count = 0;
    void *socket = connect_zmq(zmq, endpoint, own);
    for (double end = seconds_now() + seconds; seconds_now() < end; count++) {
        size_t size = (size_t)rand() % 600;
        if (count % 5000 == 4999) { /* refused for its size: the connection breaks, and is made anew */
            zmq_send(socket, bytes, HUGE_SIZE, ZMQ_DONTWAIT);
            zmq_close(socket);
            socket = connect_zmq(zmq, endpoint, own);
        }
        fill_random(bytes, size);
        if (count % 4 == 1) size = make_message((uint8_t *)bytes);
        if (count % 4 == 2) size = (size_t)rand() % make_message((uint8_t *)bytes);
        if (count % 4 == 3) bytes[(size_t)rand() % (size = make_message((uint8_t *)bytes))] ^= (char)(1 << rand() % 8);
        for (int frames = rand() % 8 ? 0 : rand() % 4; frames > 0; frames--)
            zmq_send(socket, bytes, size, ZMQ_DONTWAIT | ZMQ_SNDMORE);
        if (zmq_send(socket, bytes, size, ZMQ_DONTWAIT) < 0) usleep(1000);
    }
    zmq_close(socket);
    printf("%lu\n", count);
}

/* ---- memory of others */

/* Looks for a pair of keys and for an endpoint in what the process can read and write. */
static void look(const char *bytes, size_t size, char endpoint[MESSAGE_ENDPOINT_SIZE], KeyPair *pair) {
    TcpEndpoint place;
    for (size_t i = 0; i + sizeof *pair < size; i++) {
        if (!endpoint[0] && memcmp(bytes + i, "tcp://", 6) == 0 && tcp_parse(bytes + i, &place) && place.key[0])
            snprintf(endpoint, MESSAGE_ENDPOINT_SIZE, "%.86s#%s", place.place, place.key);
        if (pair->secret_key[0] || bytes[i + KEY_LENGTH] || bytes[i + KEY_SIZE + KEY_LENGTH] || !bytes[i]) continue;
        KeyPair found;
        memcpy(&found, bytes + i, sizeof found);
        if (key_pair_is_good(&found)) *pair = found;
    }
}

static int steal(const char *pid) {
    char path[64], line[512], endpoint[MESSAGE_ENDPOINT_SIZE] = "";
    KeyPair pair = {0};
    snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY);
    if (!maps || memory < 0) return 77;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0 || to - from > 64 << 20) continue;
        char *bytes = malloc(to - from + 1);
        ssize_t got = pread(memory, bytes, to - from, (off_t)from);
        if (got > 0) bytes[got] = '\0';
        if (got > 0) look(bytes, (size_t)got, endpoint, &pair);
        free(bytes);
    }
    if (!pair.secret_key[0] || !endpoint[0]) return 1;
    printf("%s %s %s\n", endpoint, pair.public_key, pair.secret_key);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    srand((unsigned)getpid());
    double seconds = atof(argv[argc - 1]);
    if (strcmp(argv[1], "steal") == 0) return steal(argv[2]);
    if (strcmp(argv[1], "plain") == 0) attack_plain(argv[2], seconds);
    if (strcmp(argv[1], "open") == 0) attack_open(argv[2], atoi(argv[3]), seconds);
    void *zmq = zmq_ctx_new();
    if (strcmp(argv[1], "keys") == 0) attack_keys(zmq, argv[2], seconds);
    if (strcmp(argv[1], "member") == 0) {
        KeyPair own;
        snprintf(own.public_key, KEY_SIZE, "%s", argv[3]);
        snprintf(own.secret_key, KEY_SIZE, "%s", argv[4]);
        attack_member(zmq, argv[2], &own, seconds);
    }
    zmq_ctx_term(zmq);
    return 0;
}
