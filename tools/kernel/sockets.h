/* sockets.h: the five sockets of a kernel. One thread. */
#ifndef TOOLS_KERNEL_SOCKETS_H
#define TOOLS_KERNEL_SOCKETS_H

#include "tools/kernel/message.h"

typedef struct Sockets Sockets;

/* Listening at the connection's addresses. NULL: impossible, and *error, malloc'ed, says why. */
Sockets *sockets_open(const Connection *connection, char **error);
void sockets_close(Sockets **sockets); /* what was sent has a second to be delivered */

enum { MOST_WATCHED = 4 };

/* What is ready: a channel, bit by bit, and of `count` descriptors those that can be read, behind the channels. Waits for at most
 * so many milliseconds; -1: for ever. */
unsigned sockets_wait(Sockets *self, const int *watched, size_t count, int milliseconds);

/* What has come on a channel, frame by frame. False: nothing. */
bool sockets_receive(Sockets *self, Channel channel, Frames *out);

/* False: some client does not read what is published; to be tried again. Whoever cannot be reached by a reply does not get it. */
bool sockets_send(Sockets *self, Channel channel, const Frames *frames);

/* Whether a client that has no room for what is published does not get it, so that the others do. At first: no. */
void sockets_leave_out(Sockets *self, bool leaves_out);

#endif
