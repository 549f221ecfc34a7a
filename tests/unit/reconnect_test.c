/* reconnect_test.c: a control connection over tcp that is cut again and again: what was under way is lost each time, and still
 * every message arrives once and in order, and who connects again is the same peer. Between the two ends stands a relay, which
 * cuts. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/net/control.h"
#include "runtime/net/tcp.h"

#define MILLISECOND ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000000)

enum { MESSAGES = 3000, CUTS = 8, CUT_EVERY = 40 /* milliseconds */ };

/* ---- the relay */

typedef struct Relay {
    int listener;
    uint16_t port, to;
    _Atomic bool is_over;
    _Atomic unsigned cuts;
    pthread_t thread;
} Relay;

static int connect_to_port(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&place, sizeof place) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static bool pass_on(int from, int to) {
    char bytes[4096];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    return got > 0 && send(to, bytes, (size_t)got, MSG_NOSIGNAL) == got;
}

static void cut(int pair[2]) {
    struct linger at_once = {.l_onoff = 1}; /* what is under way is gone */
    for (int i = 0; i < 2; i++) {
        if (pair[i] < 0) continue;
        setsockopt(pair[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(pair[i]);
        pair[i] = -1;
    }
}

static void *relay_thread(void *argument) {
    Relay *relay = argument;
    int pair[2] = {-1, -1};
    for (uint64_t cut_at = 0; !relay->is_over;) {
        struct pollfd items[3] = {{.fd = pair[0], .events = POLLIN}, {.fd = pair[1], .events = POLLIN}};
        items[2] = (struct pollfd){.fd = relay->listener, .events = POLLIN};
        poll(items, 3, 5);
        if (items[2].revents & POLLIN) {
            cut(pair); /* the other end knows better than we whether the old one is broken */
            pair[0] = accept(relay->listener, NULL, NULL);
            pair[1] = connect_to_port(relay->to);
            cut_at = clock_now() + CUT_EVERY * MILLISECOND;
            continue;
        }
        bool is_good = true;
        for (int i = 0; i < 2 && is_good; i++)
            if (pair[i] >= 0 && items[i].revents) is_good = pass_on(pair[i], pair[!i]);
        bool is_due = relay->cuts < CUTS && clock_now() >= cut_at;
        if (pair[0] < 0 || (is_good && !is_due)) continue;
        cut(pair);
        relay->cuts++;
    }
    cut(pair);
    return NULL;
}

static void relay_start(Relay *relay, uint16_t to) {
    *relay = (Relay){.to = to, .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    assert_int_equal(bind(relay->listener, (struct sockaddr *)&place, size), 0);
    assert_int_equal(listen(relay->listener, 16), 0);
    assert_int_equal(getsockname(relay->listener, (struct sockaddr *)&place, &size), 0);
    relay->port = ntohs(place.sin_port);
    assert_int_equal(pthread_create(&relay->thread, NULL, relay_thread, relay), 0);
}

static void relay_stop(Relay *relay) {
    relay->is_over = true;
    pthread_join(relay->thread, NULL);
    close(relay->listener);
}

/* ---- the two ends */

typedef struct Ends {
    Net *hub_net, *net;
    Link *hub, *one;
    Channels channels;
    Control control;
    uint64_t hub_sent, hub_came, sent, came;
} Ends;

static void hub_flush(Ends *ends) {
    Channel *channel = channels_at(&ends->channels, 0);
    for (Message datagram; channel_datagram(channel, clock_now(), &datagram);) link_send_peer(ends->hub, 0, &datagram);
    link_flush(ends->hub);
    channels_touch(&ends->channels, channel, clock_now());
}

static void hub_turn(Ends *ends) {
    link_wait(ends->hub, 0);
    for (LinkEvent event; link_receive(ends->hub, &event);) {
        assert_int_equal(event.peer, 0); /* it is still the same */
        channel_receive(channels_at(&ends->channels, 0), &event.message, clock_now());
        for (const Message *message; (message = channel_next(channels_at(&ends->channels, 0)));)
            assert_int_equal(message->job, ++ends->hub_came);
    }
    channels_tick(&ends->channels, clock_now());
    if (ends->hub_came > 0 && ends->hub_sent < MESSAGES) { /* it knows the peer from its first message on */
        Message message = {.kind = MSG_RANGE, .job = ++ends->hub_sent, .as.range = {.range = 1, .count = 1}};
        channel_send(channels_at(&ends->channels, 0), &message);
    }
    if (ends->hub_came > 0) hub_flush(ends);
}

static void worker_turn(Ends *ends) {
    if (ends->sent < MESSAGES) {
        Message message = {.kind = MSG_CANCEL_AFTER, .job = ++ends->sent};
        control_send(&ends->control, &message);
    }
    for (LinkEvent event; control_receive(&ends->control, &event);) assert_int_equal(event.message.job, ++ends->came);
    control_wait(&ends->control, clock_now() + MILLISECOND / 10);
}

static Link *open_link(Net *net, const LinkConfig *config) {
    char *error = NULL;
    Link *link = link_open(net, config, &error);
    if (!link) print_message("%s\n", error);
    assert_non_null(link);
    return link;
}

static uint16_t port_of(const char *endpoint) {
    TcpEndpoint place;
    assert_true(tcp_parse(endpoint, &place));
    return (uint16_t)strtoul(strrchr(place.place, ':') + 1, NULL, 10);
}

static void nothing_is_lost_with_a_connection(void **state) {
    (void)state;
    KeyPair keys[2];
    char allowed[2][KEY_SIZE];
    LinkKeys link_keys[2];
    for (int i = 0; i < 2; i++) {
        assert_true(key_pair_make(&keys[i]));
        memcpy(allowed[i], keys[i].public_key, KEY_SIZE);
    }
    for (int i = 0; i < 2; i++)
        link_keys[i] = (LinkKeys){.own = keys[i], .allowed = (const char(*)[KEY_SIZE])allowed, .allowed_count = 2};
    Ends ends = {.hub_net = net_new(false), .net = net_new(false)};
    LinkConfig hub = {.control = "tcp://127.0.0.1:0", .is_hub = true, .keys = &link_keys[0], .wake = -1};
    ends.hub = open_link(ends.hub_net, &hub);
    ends.channels.session = link_session(ends.hub);
    Relay relay;
    relay_start(&relay, port_of(link_control_endpoint(ends.hub)));
    char through[MESSAGE_ENDPOINT_SIZE];
    snprintf(through, sizeof through, "tcp://127.0.0.1:%u#%s", relay.port, keys[0].public_key);
    LinkConfig one = {.control = through, .keys = &link_keys[1], .wake = -1};
    ends.one = open_link(ends.net, &one);
    control_open(&ends.control, ends.one);
    uint64_t give_up = clock_now() + 60 * SECOND;
    while (ends.hub_came < MESSAGES || ends.came < MESSAGES || relay.cuts < CUTS) {
        worker_turn(&ends);
        hub_turn(&ends);
        if (clock_now() > give_up) fail_msg("only %d and %d messages came", (int)ends.hub_came, (int)ends.came);
    }
    ChannelStats stats = channel_stats(ends.control.channel), others = channel_stats(channels_at(&ends.channels, 0));
    print_message("%u cuts; %d and %d messages were sent again\n", relay.cuts, (int)stats.again, (int)others.again);
    assert_true(stats.again + others.again > 0);
    control_close(&ends.control);
    channels_free(&ends.channels);
    link_close(&ends.one);
    link_close(&ends.hub);
    relay_stop(&relay);
    net_free(&ends.net);
    net_free(&ends.hub_net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_with_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
