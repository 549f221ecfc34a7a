/* secure_test.c: connections over tcp: the run's keys come in, nobody else does, and what others do costs nothing that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/net/tcp.h"
#include "runtime/net/wire.h"

enum { MEMBERS = 3, STRANGER = 2 }; /* hub, one worker, and one whose key is not in the list */

typedef struct Run {
    LinkKeys keys[MEMBERS];
    char allowed[MEMBERS][KEY_SIZE];
    Net *hub_net, *net;
    Link *hub, *one;
} Run;

static LinkConfig config_of(const char *control, bool is_hub, const char *data, const LinkKeys *keys) {
    return (LinkConfig){.control = control, .is_hub = is_hub, .data = data, .wake = -1, .keys = keys};
}

static Link *open_link(Net *net, const LinkConfig *config) {
    char *error = NULL;
    Link *link = link_open(net, config, &error);
    if (!link) print_message("%s\n", error);
    assert_non_null(link);
    return link;
}

static bool receive(Link *link, LinkEvent *event, int milliseconds) {
    uint64_t end = clock_now() + (uint64_t)milliseconds * 1000000;
    while (clock_now() < end) {
        if (link_receive(link, event)) return true;
        link_wait(link, 20);
    }
    return false;
}

/* The hub listens at a free port, and worker `one` has said something. */
static void start(Run *run, const char *host) {
    *run = (Run){.hub_net = net_new(false), .net = net_new(false)};
    char place[64];
    snprintf(place, sizeof place, "tcp://%s:0", host);
    for (int i = 0; i < MEMBERS; i++) {
        assert_true(key_pair_make(&run->keys[i].own));
        memcpy(run->allowed[i], run->keys[i].own.public_key, KEY_SIZE);
        run->keys[i].allowed = run->allowed;
        run->keys[i].allowed_count = STRANGER;
    }
    LinkConfig hub = config_of(place, true, NULL, &run->keys[0]);
    run->hub = open_link(run->hub_net, &hub);
    LinkConfig one = config_of(link_control_endpoint(run->hub), false, place, &run->keys[1]);
    run->one = open_link(run->net, &one);
}

static void stop(Run *run) {
    link_close(&run->one);
    link_close(&run->hub);
    net_free(&run->net);
    net_free(&run->hub_net);
}

static void check_talk(Run *run) {
    LinkEvent event;
    Message bye = {.kind = MSG_BYE, .as.end.status = 7};
    link_send(run->one, &bye);
    link_flush(run->one);
    assert_true(receive(run->hub, &event, 5000));
    assert_int_equal(event.message.as.end.status, 7);
    link_send_peer(run->hub, event.peer, &bye);
    assert_true(link_flush(run->hub));
    assert_true(receive(run->one, &event, 5000));
}

static void members_talk(void **state) {
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "[::1]"};
    for (size_t i = 0; i < 2; i++) {
        int probe = socket(i ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        bool has_it = probe >= 0 && (!i || bind(probe, (struct sockaddr *)&loopback, sizeof loopback) == 0);
        if (probe >= 0) close(probe);
        if (!has_it) continue;
        Run run;
        start(&run, hosts[i]);
        check_talk(&run);
        /* And each asks the other for data, as two workers do. */
        LinkConfig config = config_of(link_control_endpoint(run.hub), false, NULL, &run.keys[0]);
        Link *two = open_link(run.hub_net, &config);
        Message get = {.kind = MSG_GET, .as.get = {.pull = 5, .name.kind = DATA_BAG, .length = MESSAGE_PIECE_SIZE}};
        link_send_data(two, link_data_endpoint(run.one), &get);
        LinkEvent event;
        assert_true(receive(run.one, &event, 5000));
        assert_int_equal(event.kind, LINK_GET);
        char *bytes = xcalloc(MESSAGE_PIECE_SIZE, 1);
        Message piece = {.kind = MSG_PIECE, .bytes = bytes, .size = MESSAGE_PIECE_SIZE};
        piece.as.piece = (MsgPiece){.pull = 5, .name.kind = DATA_BAG, .total = MESSAGE_PIECE_SIZE, .state = PIECE_DATA};
        link_send_answer(run.one, event.peer, &piece);
        assert_true(receive(two, &event, 5000));
        assert_int_equal(event.message.size, MESSAGE_PIECE_SIZE);
        free(bytes);
        link_close(&two);
        stop(&run);
    }
}

/* Who listens everywhere is found by both kinds of addresses. */
static void everywhere_is_everywhere(void **state) {
    (void)state;
    TcpEndpoint everywhere = {.place = "tcp://[::]:0", .is_ipv6 = true};
    int fd = tcp_listen(&everywhere, 8);
    if (fd < 0) skip(); /* there is no IPv6 here */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(strrchr(everywhere.place, ':') + 1));
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    char moved[MESSAGE_ENDPOINT_SIZE], endpoint[MESSAGE_ENDPOINT_SIZE], expected[MESSAGE_ENDPOINT_SIZE];
    KeyPair pair;
    assert_true(key_pair_make(&pair));
    snprintf(endpoint, sizeof endpoint, "%.60s#%s", everywhere.place, pair.public_key);
    snprintf(expected, sizeof expected, "tcp://10.0.0.7%s#%s", strrchr(everywhere.place, ':'), pair.public_key);
    assert_true(tcp_move(moved, endpoint, "10.0.0.7"));
    assert_string_equal(moved, expected);
    assert_false(tcp_move(moved, endpoint, "example.org"));
    char anywhere[MESSAGE_ENDPOINT_SIZE], beside[MESSAGE_ENDPOINT_SIZE];
    assert_true(tcp_move(anywhere, endpoint, "0.0.0.0") && tcp_move(moved, endpoint, "10.0.0.7"));
    assert_true(tcp_beside(beside, anywhere, moved));
    assert_string_equal(beside, moved);
    assert_true(tcp_move(anywhere, endpoint, "[::]") && tcp_move(moved, endpoint, "[fd00::7]"));
    assert_true(tcp_beside(beside, anywhere, moved));
    assert_string_equal(beside, moved);
    assert_false(tcp_beside(beside, moved, anywhere) || tcp_beside(beside, anywhere, "ipc:///tmp/x"));
    close(client);
    close(fd);
}

static void endpoints_are_taken_apart(void **state) {
    (void)state;
    KeyPair pair;
    assert_true(key_pair_make(&pair) && key_pair_is_good(&pair));
    char text[MESSAGE_ENDPOINT_SIZE];
    TcpEndpoint place;
    snprintf(text, sizeof text, "tcp://10.1.2.3:4711#%s", pair.public_key);
    assert_true(tcp_parse(text, &place));
    assert_string_equal(place.place, "tcp://10.1.2.3:4711");
    assert_string_equal(place.key, pair.public_key);
    assert_false(place.is_ipv6);
    snprintf(text, sizeof text, "tcp://[2001:db8::1]:4711#%s", pair.public_key);
    assert_true(tcp_parse(text, &place) && place.is_ipv6);
    assert_true(tcp_parse("tcp://127.0.0.1:0", &place) && !place.key[0]);
    static const char *const wrong[] = {"tcp://",
                                        "tcp://127.0.0.1",
                                        "tcp://127.0.0.1:",
                                        "tcp://:80",
                                        "tcp://localhost:80",
                                        "tcp://*:80",
                                        "tcp://127.0.0.1:65536",
                                        "tcp://127.0.0.1:-1",
                                        "tcp://127.0.0.1: 1",
                                        "tcp://[::1:80",
                                        "tcp://::1:80",
                                        "tcp://[]:80",
                                        "tcp://1.2.3.4;5.6.7.8:80",
                                        "tcp://127.0.0.1:80#",
                                        "tcp://127.0.0.1:80#short",
                                        "ipc:///tmp/x",
                                        ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(tcp_parse(wrong[i], &place));
    snprintf(text, sizeof text, "tcp://127.0.0.1:80#%s0", pair.public_key);
    assert_false(tcp_parse(text, &place));
    char *long_one = xcalloc(1, 100000);
    memset(long_one, '1', 99999);
    memcpy(long_one, "tcp://", 6);
    assert_false(tcp_parse(long_one, &place));
    free(long_one);
    KeyPair other;
    assert_true(key_pair_make(&other));
    memcpy(other.secret_key, pair.secret_key, KEY_SIZE);
    assert_false(key_pair_is_good(&other));
    key_pair_wipe(&pair);
    for (size_t i = 0; i < sizeof pair; i++) assert_int_equal(((char *)&pair)[i], 0);
}

/* ---- strangers */

/* What somebody with these keys gets: does the hub hear what is sent? */
static bool is_heard(Run *run, const char *endpoint, const KeyPair *own, const char *server, int milliseconds) {
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    int none = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    if (own) zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public_key, KEY_SIZE);
    if (own) zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret_key, KEY_SIZE);
    if (own) zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server, KEY_SIZE);
    if (!own && server) zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "root", 4);
    if (!own && server) zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, "root", 4);
    char place[MESSAGE_ENDPOINT_SIZE];
    snprintf(place, sizeof place, "%.*s", (int)strcspn(endpoint, "#"), endpoint);
    assert_int_equal(zmq_connect(socket, place), 0);
    zmq_send(socket, "hello", 5, 0); /* no message; but one that came in would be dropped and counted */
    uint64_t before = link_dropped(run->hub);
    LinkEvent event;
    assert_false(receive(run->hub, &event, milliseconds));
    zmq_close(socket);
    zmq_ctx_term(context);
    return link_dropped(run->hub) > before;
}

static void strangers_are_refused(void **state) {
    (void)state;
    Run run;
    start(&run, "127.0.0.1");
    check_talk(&run);
    const char *endpoint = link_control_endpoint(run.hub), *server = run.keys[0].own.public_key;
    assert_true(is_heard(&run, endpoint, &run.keys[1].own, server, 500)); /* so that the test can fail */
    uint64_t refused = link_refused(run.hub);
    assert_false(is_heard(&run, endpoint, NULL, NULL, 300));                      /* NULL */
    assert_false(is_heard(&run, endpoint, NULL, "", 300));                        /* PLAIN */
    assert_false(is_heard(&run, endpoint, &run.keys[STRANGER].own, server, 300)); /* a key that is not in the list */
    assert_false(is_heard(&run, endpoint, &run.keys[1].own, run.keys[STRANGER].own.public_key, 300)); /* not this server's key */
    KeyPair forged = run.keys[STRANGER].own; /* a member's public key, without its secret one */
    memcpy(forged.public_key, run.keys[1].own.public_key, KEY_SIZE);
    assert_false(is_heard(&run, endpoint, &forged, server, 300));
    assert_true(link_refused(run.hub) >= refused + 5);
    check_talk(&run);
    /* Later the key is let in, and then somebody who had been refused before comes in by himself. */
    LinkConfig config = config_of(endpoint, false, NULL, &run.keys[STRANGER]);
    Link *late = open_link(run.net, &config);
    LinkEvent event;
    Message bye = {.kind = MSG_BYE, .as.end.status = 9};
    link_send(late, &bye);
    link_flush(late);
    assert_false(receive(run.hub, &event, 300));
    assert_true(link_allow(run.hub, run.keys[STRANGER].own.public_key));
    assert_true(receive(run.hub, &event, 5000));
    assert_int_equal(event.message.as.end.status, 9);
    assert_false(link_allow(run.hub, "no key"));
    link_close(&late);
    stop(&run);
}

/* Where a link may go: with keys only to tcp and to members, without keys never to tcp. */
static void endpoints_of_strangers_are_not_used(void **state) {
    (void)state;
    Run run;
    start(&run, "127.0.0.1");
    Message get = {.kind = MSG_GET, .as.get = {.pull = 5, .name.kind = DATA_BAG, .length = 1}};
    char text[MESSAGE_ENDPOINT_SIZE];
    snprintf(text, sizeof text, "tcp://127.0.0.1:9#%s", run.keys[STRANGER].own.public_key);
    uint64_t dropped = link_dropped(run.one);
    const char *const wrong[] = {text, "tcp://127.0.0.1:9", "ipc:///tmp/x", "inproc://x", "tcp://localhost:9",
                                 "",   "udp://1.2.3.4:5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) link_send_data(run.one, wrong[i], &get);
    assert_int_equal(link_dropped(run.one) - dropped, sizeof wrong / sizeof *wrong);
    char *error = NULL;
    LinkConfig open = config_of("tcp://127.0.0.1:0", true, NULL, NULL);
    assert_null(link_open(run.net, &open, &error)); /* nothing listens on a network without keys */
    free(error);
    stop(&run);
}

/* ---- those who speak no ZeroMQ */

static int connect_plain(const char *endpoint) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    connect(fd, (struct sockaddr *)&address, sizeof address);
    return fd;
}

static size_t open_files(void) {
    size_t count = 0;
    for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Many connections that say nothing, or a little: the link holds a bounded number of them, members go on, and when they are gone
 * newcomers come in. */
static void half_open_connections_are_bounded(void **state) {
    (void)state;
    enum { FLOOD = 1500, WAITS = 20 };
    Run run;
    start(&run, "127.0.0.1");
    check_talk(&run);
    size_t before = open_files();
    int *fds = xcalloc(FLOOD, sizeof *fds);
    char address[MESSAGE_ENDPOINT_SIZE];
    snprintf(address, sizeof address, "%.*s", (int)strcspn(link_control_endpoint(run.hub), "#"), link_control_endpoint(run.hub));
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = connect_plain(address);
        if (i % 2) (void)!write(fds[i], "\xff", 1);
        /* Those that the kernel has let in come in, however late the gate is shut: so they do not come faster than they are taken.
         */
        for (uint64_t end = clock_now() + 1000000; i % 10 == 0 && clock_now() < end;) link_wait(run.hub, 1);
    }
    for (int i = 0; i < WAITS; i++) link_wait(run.hub, 10);
    size_t held = open_files() - before - FLOOD;
    print_message("of %d half-open connections %zu are held\n", FLOOD, held);
    assert_in_range(held, 1, 300);
    check_talk(&run);
    for (int i = 0; i < FLOOD; i++) close(fds[i]);
    free(fds);
    LinkConfig config = config_of(link_control_endpoint(run.hub), false, NULL, &run.keys[1]);
    Link *late = open_link(run.net, &config);
    Message bye = {.kind = MSG_BYE, .as.end.status = 9};
    link_send(late, &bye);
    link_flush(late);
    LinkEvent event;
    assert_true(receive(run.hub, &event, 8000));
    link_close(&late);
    stop(&run);
}

static long resident_kilobytes(void) {
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* In a process of its own: asks for so many pieces, and takes none of them. */
static void ask_and_look_away(int from, int asks) {
    char endpoints[2][MESSAGE_ENDPOINT_SIZE];
    LinkKeys keys;
    if (read(from, endpoints, sizeof endpoints) != sizeof endpoints || read(from, &keys.own, sizeof keys.own) != sizeof keys.own)
        _exit(1);
    TcpEndpoint holder;
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_DEALER);
    int one = 1;
    tcp_parse(endpoints[1], &holder);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys.own.public_key, KEY_SIZE);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys.own.secret_key, KEY_SIZE);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, holder.key, KEY_SIZE);
    zmq_connect(socket, holder.place);
    uint8_t head[WIRE_HEAD];
    Message get = {.kind = MSG_GET, .as.get = {.pull = 5, .name.kind = DATA_BAG, .length = MESSAGE_PIECE_SIZE, .is_plain = true}};
    size_t size = wire_encode(&get, head);
    for (int i = 0; i < asks; i++) zmq_send(socket, head, size, 0);
    sleep(60); /* until it is killed */
    _exit(0);
}

static void answers_that_nobody_takes_are_bounded(void **state) {
    (void)state;
    enum { ASKS = 1500 };
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t greedy = fork(); /* before there are threads */
    if (greedy == 0) ask_and_look_away(pipes[0], ASKS);
    Run run;
    start(&run, "127.0.0.1");
    check_talk(&run);
    char endpoints[2][MESSAGE_ENDPOINT_SIZE];
    snprintf(endpoints[0], sizeof *endpoints, "%s", link_control_endpoint(run.hub));
    snprintf(endpoints[1], sizeof *endpoints, "%s", link_data_endpoint(run.one));
    assert_true(write(pipes[1], endpoints, sizeof endpoints) > 0);
    assert_true(write(pipes[1], &run.keys[0].own, sizeof run.keys[0].own) > 0);
    char *bytes = xcalloc(MESSAGE_PIECE_SIZE, 1);
    long before = resident_kilobytes();
    LinkEvent event;
    for (int asked = 0; asked < ASKS && receive(run.one, &event, 5000); asked++) {
        Message piece = {.kind = MSG_PIECE, .bytes = bytes, .size = MESSAGE_PIECE_SIZE};
        piece.as.piece = (MsgPiece){.pull = 5, .name.kind = DATA_BAG, .total = MESSAGE_PIECE_SIZE, .state = PIECE_DATA};
        link_send_answer(run.one, event.peer, &piece);
    }
    long after = resident_kilobytes();
    print_message("%d answers of 512 KiB that nobody takes cost %ld MB\n", ASKS, (after - before) / 1024);
    assert_true(after - before < 200 * 1024);
    kill(greedy, SIGKILL);
    waitpid(greedy, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    free(bytes);
    check_talk(&run);
    stop(&run);
}

static void garbage_is_refused(void **state) {
    (void)state;
    Run run;
    start(&run, "127.0.0.1");
    check_talk(&run);
    char address[MESSAGE_ENDPOINT_SIZE];
    snprintf(address, sizeof address, "%.*s", (int)strcspn(link_control_endpoint(run.hub), "#"), link_control_endpoint(run.hub));
    static const char greeting[] =
        "\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01"
        "CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    srand(4);
    for (int i = 0; i < 300; i++) {
        int fd = connect_plain(address);
        usleep(500);
        char bytes[4096];
        for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (char)rand();
        if (i % 3 == 0) memcpy(bytes, greeting, 64); /* a right greeting, and then anything */
        if (i % 3 == 1) memcpy(bytes, "GET / HTTP/1.1\r\nHost: x\r\n", 26);
        if (i % 6 == 3) memcpy(bytes + 64, "\x06\0\0\0\0\xff\xff\xff\xff", 9); /* a command of four gigabytes */
        (void)!write(fd, bytes, sizeof bytes);
        link_wait(run.hub, 1);
        close(fd);
    }
    check_talk(&run);
    print_message("%d were refused\n", (int)link_refused(run.hub));
    assert_true(link_refused(run.hub) >= 200);
    stop(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_taken_apart),
        cmocka_unit_test(answers_that_nobody_takes_are_bounded),
        cmocka_unit_test(everywhere_is_everywhere),
        cmocka_unit_test(members_talk),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(endpoints_of_strangers_are_not_used),
        cmocka_unit_test(half_open_connections_are_bounded),
        cmocka_unit_test(garbage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
