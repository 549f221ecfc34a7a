/* stranger.c: says to each socket of a run's directory whatever a stranger might: bytes that are no greeting, half greetings,
 * messages of any size and number of frames, and well-formed messages of another program, of unknown jobs, or out of place.
 *
 *     stranger DIRECTORY SEED */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "tests/security/strange.h"

enum { ROUNDS = 40, HUGE_SIZE = 5 << 20 };

/* Without ZeroMQ: noise, or the first bytes of its greeting and then nothing more. */
static void say_raw(const char *path, int keep) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror(path);
        exit(1);
    }
    char bytes[4096] = {(char)0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f};
    size_t size = (size_t)rand() % sizeof bytes;
    if (rand() % 2)
        fill_random(bytes, size);
    else
        size = (size_t)rand() % 12;
    if (send(fd, bytes, size, MSG_NOSIGNAL) < 0) perror("send");
    if (!keep) close(fd);
}

static void say_messages(void *zmq, const char *endpoint) {
    void *socket = zmq_socket(zmq, ZMQ_DEALER);
    int linger = 500;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket, endpoint) != 0) exit(1);
    static char bytes[HUGE_SIZE];
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = (size_t)rand() % 600;
        switch (rand() % 5) {
        case 0: fill_random(bytes, size); break;
        case 1: size = make_message((uint8_t *)bytes); break;
        case 2: size = make_message((uint8_t *)bytes) - 1; break; /* cut short */
        case 3: size = 0; break;
        case 4: size = make_message((uint8_t *)bytes), bytes[(size_t)rand() % size] ^= (char)(1 << rand() % 8); break;
        }
        for (int frames = rand() % 3; frames > 0; frames--) zmq_send(socket, bytes, size, ZMQ_DONTWAIT | ZMQ_SNDMORE);
        zmq_send(socket, bytes, size, ZMQ_DONTWAIT);
    }
    zmq_send(socket, bytes, HUGE_SIZE, ZMQ_DONTWAIT);
    zmq_close(socket);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    srand((unsigned)atoi(argv[2]));
    void *zmq = zmq_ctx_new();
    DIR *folder = opendir(argv[1]);
    if (!folder) return 1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char path[108], endpoint[120];
        if (snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name) >= (int)sizeof path) return 1;
        snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
        for (int i = 0; i < 4; i++) say_raw(path, i % 2);
        say_messages(zmq, endpoint);
        count++;
    }
    closedir(folder);
    zmq_ctx_term(zmq);
    printf("%d sockets\n", count);
    return 0;
}
