/* meddle_test.c: somebody sits on the network between a worker and the scheduler, and repeats, changes, cuts, swaps and leaves out
 * what they send. Nothing of that is ever taken for a message: the connection breaks, and a new one goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/net/link.h"
#include "runtime/net/tcp.h"

typedef enum Meddling {
    NOTHING,
    REPLAY,
    REPLAY_LATER,
    CHANGE,
    SHORTEN,
    CUT,
    HUGE_FRAME,
    SWAP,
    LEAVE_OUT,
    INSERT,
    MEDDLINGS
} Meddling;

enum { GREETING = 64, HANDSHAKE_FRAMES = 2, VICTIM = 5 /* which message is meddled with */, MESSAGES = 40 };

/* The connection of one who is between: bytes of the client are taken apart into frames, those of the server only passed on. */
typedef struct Between {
    int listener, client, server;
    struct sockaddr_in hub;
    Meddling meddling;
    Buf unread, kept; /* what is no whole frame yet; a frame that is sent later */
    size_t greeting_left;
    int frames; /* of the client, on this connection */
} Between;

static void say(int fd, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = send(fd, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (count <= 0) return;
        done += (size_t)count;
    }
}

static void hang_up(Between *between) {
    if (between->client >= 0) close(between->client);
    if (between->server >= 0) close(between->server);
    between->client = between->server = -1;
    buf_free(&between->unread);
    buf_free(&between->kept);
}

static void pick_up(Between *between) {
    between->client = accept(between->listener, NULL, NULL);
    between->server = socket(AF_INET, SOCK_STREAM, 0);
    between->greeting_left = GREETING;
    between->frames = 0;
    assert_int_equal(connect(between->server, (struct sockaddr *)&between->hub, sizeof between->hub), 0);
}

/* Meddles with a frame of the client, once. */
static void meddle(Between *between, char *frame, size_t size) {
    int server = between->server;
    Meddling what = between->meddling;
    between->meddling = NOTHING;
    char huge[] = {2, 0, 0, 1, 0, 0, 0, 0, 0};
    switch (what) {
    case REPLAY:
        say(server, frame, size);
        say(server, frame, size);
        break;
    case REPLAY_LATER:
        buf_add(&between->kept, frame, size); /* and said again after the next one */
        say(server, frame, size);
        break;
    case CHANGE:
        frame[size - 3] ^= 4;
        say(server, frame, size);
        break;
    case SHORTEN: /* a frame of its own, but without its end */
        frame[1] = (char)(frame[1] - 5);
        say(server, frame, size - 5);
        break;
    case CUT:
        say(server, frame, size / 2);
        hang_up(between);
        break;
    case HUGE_FRAME:
        say(server, huge, sizeof huge);
        say(server, frame, size);
        break;
    case SWAP: buf_add(&between->kept, frame, size); break;
    case LEAVE_OUT: break;
    case INSERT: /* a message that is not encrypted, as libzmq sends it without CURVE */
        say(server, "\0\5hello", 7);
        say(server, frame, size);
        break;
    default: say(server, frame, size); break;
    }
}

static void pass_frame(Between *between, char *frame, size_t size) {
    bool is_next = between->frames++ == HANDSHAKE_FRAMES + VICTIM;
    if (is_next && between->meddling != NOTHING) {
        meddle(between, frame, size);
        return;
    }
    say(between->server, frame, size);
    if (between->kept.len) say(between->server, between->kept.data, between->kept.len);
    between->kept.len = 0;
}

/* The bytes of the client that are a whole frame: flags, a length of one byte or eight, and so many bytes. 0: there is none yet. */
static size_t frame_size(const Buf *bytes, size_t at) {
    const unsigned char *frame = (const unsigned char *)bytes->data + at;
    size_t there = bytes->len - at, head = there > 0 && frame[0] & 2 ? 9 : 2, size = 0;
    if (there < head) return 0;
    for (size_t i = 1; i < head; i++) size = size << 8 | frame[i];
    return there >= head + size ? head + size : 0;
}

static void pass_client(Between *between) {
    char bytes[65536];
    ssize_t got = recv(between->client, bytes, sizeof bytes, 0);
    if (got <= 0) {
        hang_up(between);
        return;
    }
    buf_add(&between->unread, bytes, (size_t)got);
    size_t at = between->greeting_left < between->unread.len ? between->greeting_left : between->unread.len;
    say(between->server, between->unread.data, at); /* the greeting comes in parts, which wait for the other side's */
    between->greeting_left -= at;
    for (size_t size; between->greeting_left == 0 && between->client >= 0 && (size = frame_size(&between->unread, at)) > 0;
         at += size)
        pass_frame(between, between->unread.data + at, size);
    if (between->client < 0) return;
    memmove(between->unread.data, between->unread.data + at, between->unread.len - at);
    between->unread.len -= at;
}

static void pass_server(Between *between) {
    char bytes[65536];
    ssize_t got = recv(between->server, bytes, sizeof bytes, 0);
    if (got <= 0)
        hang_up(between);
    else
        say(between->client, bytes, (size_t)got);
}

static void pass(Between *between) {
    struct pollfd items[3] = {{between->listener, POLLIN, 0}, {between->client, POLLIN, 0}, {between->server, POLLIN, 0}};
    while (poll(items, 3, 2) > 0) {
        if (items[0].revents && between->client < 0) pick_up(between);
        if (items[1].revents && between->client >= 0) pass_client(between);
        if (items[2].revents && between->server >= 0) pass_server(between);
        if (items[0].revents && between->client >= 0) return;
        items[1].fd = between->client;
        items[2].fd = between->server;
    }
}

static void run_with(Meddling meddling) {
    KeyPair pairs[2];
    char allowed[2][KEY_SIZE];
    for (int i = 0; i < 2; i++) {
        assert_true(key_pair_make(&pairs[i]));
        memcpy(allowed[i], pairs[i].public_key, KEY_SIZE);
    }
    LinkKeys keys[2] = {{pairs[0], allowed, 2}, {pairs[1], allowed, 2}};
    char *error = NULL, proxied[MESSAGE_ENDPOINT_SIZE], place[MESSAGE_NAME_SIZE];
    Net *nets[2] = {net_new(false), net_new(false)};
    LinkConfig config = {.control = "tcp://127.0.0.1:0", .is_hub = true, .wake = -1, .keys = &keys[0]};
    Link *hub = link_open(nets[0], &config, &error);
    assert_non_null(hub);

    TcpEndpoint own = {.place = "tcp://127.0.0.1:0"};
    Between between = {.client = -1, .server = -1, .meddling = meddling, .listener = tcp_listen(&own, 8)};
    between.hub = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    snprintf(place, sizeof place, "%.*s", (int)strcspn(link_control_endpoint(hub), "#"), link_control_endpoint(hub));
    between.hub.sin_port = htons((uint16_t)atoi(strrchr(place, ':') + 1));
    snprintf(proxied, sizeof proxied, "%.60s#%s", own.place, pairs[0].public_key);
    config = (LinkConfig){.control = proxied, .wake = -1, .keys = &keys[1]};
    Link *one = link_open(nets[1], &config, &error);
    assert_non_null(one);

    int last = 0, heard = 0;
    uint64_t end = clock_now() + (uint64_t)8000000000, next = 0;
    for (int sent = 0; last < MESSAGES && clock_now() < end;) {
        Message message = {.kind = MSG_BYE, .as.end.status = sent + 1};
        if (sent < MESSAGES && clock_now() >= next) {
            link_send(one, &message);
            link_flush(one);
            sent++;
            next = clock_now() + 2000000;
        } else if (sent == MESSAGES && clock_now() > next + 300000000) {
            message.as.end.status = MESSAGES; /* until it comes: what went into a connection that broke is lost */
            link_send(one, &message);
            link_flush(one);
            next = clock_now();
        }
        pass(&between);
        link_wait(one, 0);
        for (LinkEvent event; link_receive(hub, &event);) {
            assert_int_equal(event.message.kind, MSG_BYE);
            assert_true(event.message.as.end.status > last || (last == MESSAGES && event.message.as.end.status == last));
            last = event.message.as.end.status;
            heard++;
        }
        link_wait(hub, 0);
    }
    assert_int_equal(last, MESSAGES);
    assert_int_equal(link_dropped(hub), 0); /* what was meddled with did not even come to be read */
    if (meddling == NOTHING) assert_int_equal(heard, MESSAGES);
    if (meddling == LEAVE_OUT) assert_int_equal(heard, MESSAGES - 1); /* the channel above sends it again */
    link_close(&one);
    hang_up(&between);
    close(between.listener);
    link_close(&hub);
    net_free(&nets[1]);
    net_free(&nets[0]);
}

static void meddling_is_noticed(void **state) {
    (void)state;
    for (int meddling = 0; meddling < MEDDLINGS; meddling++) {
        print_message("meddling %d\n", meddling);
        run_with((Meddling)meddling);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(meddling_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
