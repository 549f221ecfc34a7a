/* zap.c: the thread that answers ZeroMQ's question who may come in. The questions come from this process only, over inproc. */
#include "runtime/net/zap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/arena.h"

/* The frames of a request, in the order of the specification, and the longest that is looked at. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, CREDENTIALS, FRAMES };
enum { FRAME_SIZE = 256, MOST_LOGGED = 16 };

typedef struct Frame {
    size_t size;
    char bytes[FRAME_SIZE]; /* with a NUL after them */
} Frame;

struct Zap {
    pthread_t thread;
    void *socket; /* the thread's, from when that has started */
    KeyList *keys;
    char logged[MOST_LOGGED][FRAME_SIZE]; /* the addresses of which it was said that somebody there was refused */
    size_t logged_count;
};

static bool has_more(void *socket) {
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

/* A whole request; *count: how many frames it had. False: the context ends. */
static bool receive(void *socket, Frame frames[FRAMES], int *count) {
    *count = 0;
    do {
        Frame rest, *frame = *count < FRAMES ? &frames[*count] : &rest;
        int size;
        while ((size = zmq_recv(socket, frame->bytes, FRAME_SIZE - 1, 0)) < 0 && errno == EINTR) {}
        if (size < 0) return false;
        frame->size = size < FRAME_SIZE ? (size_t)size : FRAME_SIZE - 1;
        frame->bytes[frame->size] = '\0';
        (*count)++;
    } while (has_more(socket));
    return true;
}

/* Who is refused is told of once, and not each time that he tries again. */
static void log_refusal(Zap *zap, const char *address) {
    for (size_t i = 0; i < zap->logged_count; i++) {
        if (strcmp(zap->logged[i], address) == 0) return;
    }
    if (zap->logged_count == MOST_LOGGED) return;
    snprintf(zap->logged[zap->logged_count++], FRAME_SIZE, "%s", address);
    fprintf(stderr, "mr: refused a connection from %s, whose key is none of this run\n", address);
    if (zap->logged_count == MOST_LOGGED) fprintf(stderr, "mr: further addresses that are refused are only counted\n");
}

static bool is_let_in(Zap *zap, const Frame frames[FRAMES], char key[KEY_SIZE]) {
    if (strcmp(frames[DOMAIN].bytes, ZAP_DOMAIN) != 0 || strcmp(frames[MECHANISM].bytes, "CURVE") != 0) return false;
    return frames[CREDENTIALS].size == KEY_BYTES && key_write(key, frames[CREDENTIALS].bytes) && key_list_has(zap->keys, key);
}

/* A stranger gets no answer that ZeroMQ would understand, and is disconnected at once. After a 400 a client would never try again,
 * although the message that lets a new worker in may come later than it does; after a 300 both would sit there until the time for
 * showing a key is over. */
static void answer(Zap *zap, const Frame frames[FRAMES]) {
    char key[KEY_SIZE] = "";
    bool is_good = is_let_in(zap, frames, key);
    if (!is_good) log_refusal(zap, frames[ADDRESS].bytes);
    const char *const texts[] = {is_good ? "200" : "none", is_good ? "OK" : "", is_good ? key : "", ""};
    zmq_send(zap->socket, frames[VERSION].bytes, frames[VERSION].size, ZMQ_SNDMORE);
    zmq_send(zap->socket, frames[REQUEST].bytes, frames[REQUEST].size, ZMQ_SNDMORE);
    for (size_t i = 0; i < 4; i++) zmq_send(zap->socket, texts[i], strlen(texts[i]), i < 3 ? ZMQ_SNDMORE : 0);
}

static void *zap_thread(void *argument) {
    Zap *zap = argument;
    Frame *frames = xcalloc(FRAMES, sizeof *frames);
    for (int count; receive(zap->socket, frames, &count);) {
        if (count < FRAMES) frames[DOMAIN].bytes[0] = '\0'; /* no key at all: nobody is let in */
        answer(zap, frames);
    }
    free(frames);
    zmq_close(zap->socket);
    return NULL;
}

Zap *zap_start(void *zmq_context, KeyList *keys, char **error) {
    Zap *zap = xcalloc(1, sizeof *zap);
    zap->keys = keys;
    zap->socket = zmq_socket(zmq_context, ZMQ_REP);
    int none = 0, reason = zap->socket ? 0 : errno;
    if (zap->socket) zmq_setsockopt(zap->socket, ZMQ_LINGER, &none, sizeof none);
    if (zap->socket && zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0) reason = errno;
    if (reason == 0) { /* signals are for the other threads */
        sigset_t all, old;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        reason = pthread_create(&zap->thread, NULL, zap_thread, zap);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    if (reason == 0) return zap;
    if (asprintf(error, "cannot ask who connects: %s", zmq_strerror(reason)) < 0) *error = NULL;
    if (zap->socket) zmq_close(zap->socket);
    free(zap);
    return NULL;
}

void zap_join(Zap **zap) {
    if (!*zap) return;
    pthread_join((*zap)->thread, NULL);
    free(*zap);
    *zap = NULL;
}
