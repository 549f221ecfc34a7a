/* link_test.c: connections in one thread: what is sent arrives, from whom it came is known, and what is no message is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/net/link.h"

static Link *open_link(Net *net, const char *control, bool is_hub, const char *data) {
    char *error = NULL;
    LinkConfig config = {.control = control, .is_hub = is_hub, .data = data, .wake = -1};
    Link *link = link_open(net, &config, &error);
    if (!link) print_message("%s\n", error);
    assert_non_null(link);
    return link;
}

static LinkEvent receive(Link *link) {
    LinkEvent event;
    for (int i = 0; i < 100; i++) {
        if (link_receive(link, &event)) return event;
        link_wait(link, 50);
    }
    fail_msg("nothing came");
    return event;
}

static void check_exchange(Net *net, const char *control, const char *data) {
    Link *hub = open_link(net, control, true, NULL), *one = open_link(net, control, false, data);
    Link *two = open_link(net, control, false, NULL);
    Message bye = {.kind = MSG_BYE, .as.end.status = 1};
    link_send(one, &bye);
    link_flush(one);
    LinkEvent event = receive(hub);
    assert_int_equal(event.kind, LINK_CONTROL);
    assert_int_equal(event.peer, 0);
    assert_int_equal(event.message.as.end.status, 1);
    bye.as.end.status = 2;
    link_send(two, &bye);
    link_flush(two);
    assert_int_equal(receive(hub).peer, 1);
    bye.as.end.status = 3;
    link_send_peer(hub, 0, &bye);
    assert_true(link_flush(hub));
    assert_int_equal(receive(one).message.as.end.status, 3);
    link_send_peer(hub, 7, &bye);
    assert_false(link_flush(hub)); /* nobody has this number */

    Message get = {.kind = MSG_GET, .as.get = {.pull = 5, .name.kind = DATA_BAG, .length = MESSAGE_PIECE_SIZE}};
    link_send_data(two, data, &get);
    event = receive(one);
    assert_int_equal(event.kind, LINK_GET);
    char *bytes = xmalloc(MESSAGE_PIECE_SIZE);
    memset(bytes, 'x', MESSAGE_PIECE_SIZE);
    Message piece = {.kind = MSG_PIECE, .bytes = bytes, .size = MESSAGE_PIECE_SIZE};
    piece.as.piece = (MsgPiece){.pull = 5, .name.kind = DATA_BAG, .total = MESSAGE_PIECE_SIZE, .state = PIECE_DATA};
    link_send_answer(one, event.peer, &piece);
    event = receive(two);
    assert_int_equal(event.kind, LINK_PIECE);
    bool is_one_process = strncmp(data, "inproc:", 7) == 0;
    assert_int_equal(event.message.as.piece.state, is_one_process ? PIECE_DATA : PIECE_SEGMENT);
    assert_int_equal(event.message.size, MESSAGE_PIECE_SIZE);
    assert_memory_equal(event.message.bytes, bytes, MESSAGE_PIECE_SIZE);
    free(bytes);

    /* A connection that is not used is closed, and made anew when it is. */
    assert_int_equal(link_rest(two, clock_now() + 50000000000), 1);
    assert_int_equal(link_rest(two, clock_now() + 70000000000), 0);
    get.as.get.pull = 6;
    link_send_data(two, data, &get);
    assert_int_equal(receive(one).message.as.get.pull, 6);

    link_close(&two);
    link_close(&one);
    for (int i = 0; i < 100; i++) {
        link_send_peer(hub, 0, &bye);
        if (!link_flush(hub)) break;
        usleep(10000);
    }
    link_send_peer(hub, 0, &bye);
    assert_false(link_flush(hub)); /* who is gone shows as an error, not as silence */
    link_close(&hub);
}

static void threads_talk(void **state) {
    (void)state;
    Net *net = net_new(true);
    check_exchange(net, "inproc://control", "inproc://data");
    net_free(&net);
}

static void processes_talk(void **state) {
    (void)state;
    char folder[] = "/tmp/mr-link-test-XXXXXX", control[64], data[64];
    assert_non_null(mkdtemp(folder));
    snprintf(control, sizeof control, "ipc://%s/control", folder);
    snprintf(data, sizeof data, "ipc://%s/data", folder);
    Net *net = net_new(false);
    check_exchange(net, control, data);
    net_free(&net);
    unlink(control + strlen("ipc://"));
    unlink(data + strlen("ipc://"));
    assert_int_equal(rmdir(folder), 0);
}

static void what_is_no_message_is_dropped(void **state) {
    (void)state;
    Net *net = net_new(true);
    Link *hub = open_link(net, "inproc://control", true, NULL), *one = open_link(net, "inproc://control", false, NULL);
    Message wrong = {.kind = MSG_KINDS}, right = {.kind = MSG_HEARTBEAT};
    link_send(one, &wrong);
    link_flush(one);
    link_send(one, &wrong);
    link_flush(one);
    link_send(one, &right);
    link_flush(one);
    assert_int_equal(receive(hub).message.kind, MSG_HEARTBEAT);
    assert_int_equal(link_dropped(hub), 2);
    link_close(&one);
    link_close(&hub);
    net_free(&net);
}

/* What is sent before a flush travels together; behind what is no message nothing is read, and what follows is another datagram. */
static void messages_travel_together(void **state) {
    (void)state;
    Net *net = net_new(true);
    Link *hub = open_link(net, "inproc://control", true, NULL), *one = open_link(net, "inproc://control", false, NULL);
    Message range = {.kind = MSG_RANGE, .as.range = {.count = 1, .bag = 1}}, wrong = {.kind = MSG_KINDS};
    for (uint32_t i = 0; i < 3000; i++) { /* more than fit into one datagram */
        range.as.range.range = i;
        link_send(one, &range);
    }
    link_flush(one);
    for (uint32_t i = 0; i < 3000; i++) assert_int_equal(receive(hub).message.as.range.range, i);
    link_send(one, &range);
    link_send(one, &wrong);
    link_send(one, &range);
    link_flush(one);
    range.as.range.range = 7;
    link_send(one, &range);
    link_flush(one);
    assert_int_equal(receive(hub).message.as.range.range, 2999);
    assert_int_equal(receive(hub).message.as.range.range, 7);
    assert_int_equal(link_dropped(hub), 1);
    link_close(&one);
    link_close(&hub);
    net_free(&net);
}

static void places_that_cannot_be_listened_at_are_errors(void **state) {
    (void)state;
    Net *net = net_new(false);
    char *error = NULL;
    LinkConfig config = {.control = "ipc:///none/such/folder/control", .is_hub = true, .wake = -1};
    assert_null(link_open(net, &config, &error));
    assert_non_null(strstr(error, "ipc:///none/such/folder/control"));
    free(error);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_talk),
        cmocka_unit_test(processes_talk),
        cmocka_unit_test(what_is_no_message_is_dropped),
        cmocka_unit_test(messages_travel_together),
        cmocka_unit_test(places_that_cannot_be_listened_at_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
