/* sockets.c: see sockets.h. What is published is kept until all clients have room for it: a program that prints faster than a
 * notebook shows waits for it, as it would for a terminal. */
#include "tools/kernel/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/arena.h"

enum {
    LINGER = 1000 /* milliseconds */,
    LARGEST = 256 << 20, /* bytes of a frame; who sends more is cut off */
    MOST_FRAMES = 1024   /* of a message; more are thrown away */
};

struct Sockets {
    void *context;
    void *sockets[CHANNEL_COUNT];
};

static bool set(void *socket, int option, int value) {
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static void *open_socket(Sockets *self, Channel channel, const char *endpoint) {
    int64_t largest = LARGEST;
    void *socket = zmq_socket(self->context, channel == CHANNEL_IOPUB ? ZMQ_XPUB : ZMQ_ROUTER);
    self->sockets[channel] = socket;
    bool ok = socket && set(socket, ZMQ_LINGER, LINGER) && set(socket, ZMQ_IPV6, strchr(endpoint, '[') != NULL) &&
              zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0 &&
              (channel == CHANNEL_IOPUB ? set(socket, ZMQ_XPUB_NODROP, 1) : set(socket, ZMQ_ROUTER_HANDOVER, 1)) &&
              zmq_bind(socket, endpoint) == 0;
    return ok ? socket : NULL;
}

Sockets *sockets_open(const Connection *connection, char **error) {
    Sockets *self = xcalloc(1, sizeof *self);
    self->context = zmq_ctx_new();
    for (size_t i = 0; i < CHANNEL_COUNT; i++) {
        if (self->context && open_socket(self, i, connection->endpoints[i])) continue;
        Buf text = {0};
        buf_printf(&text, "cannot listen at %s: %s", connection->endpoints[i], zmq_strerror(errno));
        buf_text(&text);
        *error = text.data;
        sockets_close(&self);
        return NULL;
    }
    return self;
}

void sockets_close(Sockets **sockets) {
    Sockets *self = *sockets;
    if (!self) return;
    *sockets = NULL;
    for (size_t i = 0; i < CHANNEL_COUNT; i++)
        if (self->sockets[i]) zmq_close(self->sockets[i]);
    if (self->context) zmq_ctx_term(self->context);
    free(self);
}

unsigned sockets_wait(Sockets *self, const int *watched, size_t count, int milliseconds) {
    zmq_pollitem_t items[CHANNEL_COUNT + MOST_WATCHED] = {0};
    unsigned ready = 0;
    for (size_t i = 0; i < CHANNEL_COUNT; i++) items[i] = (zmq_pollitem_t){.socket = self->sockets[i], .events = ZMQ_POLLIN};
    for (size_t i = 0; i < count; i++) items[CHANNEL_COUNT + i] = (zmq_pollitem_t){.fd = watched[i], .events = ZMQ_POLLIN};
    if (zmq_poll(items, (int)(CHANNEL_COUNT + count), milliseconds) <= 0) return 0;
    for (size_t i = 0; i < CHANNEL_COUNT + count; i++) ready |= items[i].revents ? 1u << i : 0;
    return ready;
}

bool sockets_receive(Sockets *self, Channel channel, Frames *out) {
    zmq_msg_t frame;
    bool has_more = true;
    int flags = ZMQ_DONTWAIT;
    zmq_msg_init(&frame);
    while (has_more && zmq_msg_recv(&frame, self->sockets[channel], flags) >= 0) {
        has_more = zmq_msg_more(&frame);
        if (out->count < MOST_FRAMES) frames_add(out, zmq_msg_data(&frame), zmq_msg_size(&frame));
    }
    zmq_msg_close(&frame);
    return out->count > 0;
}

void sockets_leave_out(Sockets *self, bool leaves_out) {
    set(self->sockets[CHANNEL_IOPUB], ZMQ_XPUB_NODROP, !leaves_out);
}

bool sockets_send(Sockets *self, Channel channel, const Frames *frames) {
    size_t at = 0, len, sent = 0;
    for (const char *frame; frames_next(frames, &at, &frame, &len); sent++) {
        int more = sent + 1 < frames->count ? ZMQ_SNDMORE : 0;
        if (zmq_send(self->sockets[channel], frame, len, more | ZMQ_DONTWAIT) < 0)
            return errno != EAGAIN || channel != CHANNEL_IOPUB;
    }
    return true;
}
