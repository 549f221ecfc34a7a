/* control.c: drives the channel of root and workers by what comes over their link and by the clock. */
#include "runtime/net/control.h"

void control_open(Control *control, Link *link) {
    *control = (Control){.link = link, .channel = channel_new(link_session(link), 0)};
}

void control_close(Control *control) {
    control_flush(control);
    channel_free(&control->channel);
}

void control_flush(Control *control) {
    uint64_t now = clock_now();
    for (Message datagram; channel_datagram(control->channel, now, &datagram);) link_send(control->link, &datagram);
    link_flush(control->link);
}

void control_send(Control *control, const Message *message) {
    Message heartbeat = *message;
    if (message->kind == MSG_HEARTBEAT) {
        heartbeat.as.heartbeat.dropped = link_dropped(control->link);
        heartbeat.as.heartbeat.refused = link_refused(control->link);
    }
    channel_send(control->channel, &heartbeat);
}

void control_wait(Control *control, uint64_t until) {
    control_flush(control);
    uint64_t now = clock_now(), wanted = channel_next_tick(control->channel);
    if (wanted < until) until = wanted;
    link_wait(control->link, now < until ? (int)((until - now) / 1000000) + 1 : 0);
    channel_tick(control->channel, clock_now());
    control_flush(control);
}

bool control_receive(Control *control, LinkEvent *event) {
    for (;;) {
        const Message *message = channel_next(control->channel);
        if (message && message->kind == MSG_ALLOW) {
            link_allow_all(control->link, message);
            continue;
        }
        if (message) {
            *event = (LinkEvent){.kind = LINK_CONTROL, .message = *message};
            return true;
        }
        control_flush(control); /* what the last message was answered with has carried its acknowledgement already */
        if (!link_receive(control->link, event)) return false;
        if (event->kind != LINK_CONTROL) return true;
        channel_receive(control->channel, &event->message, clock_now());
    }
}
