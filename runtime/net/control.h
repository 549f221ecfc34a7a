/* control.h: root's and workers' end of the control connection: a Link with a Channel over it, so that what the scheduler and they
 * say to each other arrives once and in order. What concerns data comes through as the Link has it.
 *
 * A Control belongs to the thread of its Link. */
#ifndef RUNTIME_NET_CONTROL_H
#define RUNTIME_NET_CONTROL_H

#include "runtime/net/link.h"
#include "runtime/sched/channel.h"

typedef struct Control {
    Link *link; /* borrowed; the caller closes it after control_close */
    Channel *channel;
} Control;

void control_open(Control *control, Link *link);
void control_close(Control *control);

/* To the scheduler: goes out when all that has been received has been looked at (control_receive says so), with control_wait,
 * control_flush or control_close, together with what else is to be said by then. */
void control_send(Control *control, const Message *message);
void control_flush(Control *control);

/* Until something may be received, the link's `wake` is readable, or it is `until` by clock_now; and sends again what is due. */
void control_wait(Control *control, uint64_t until);

/* As link_receive: the next message, without waiting, valid until the next call. */
bool control_receive(Control *control, LinkEvent *event);

#endif
