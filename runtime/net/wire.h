/* wire.h: messages as bytes, the same on every machine of a run.
 *
 * A datagram is a head (protocol version, kind, on control connections the channel's session, seq and ack, job, then the
 * kind's fields one after another, little-endian, texts with their length in front) and the message's variable bytes. Decoding
 * accepts nothing but what encoding can produce: each length, number and kind is checked against the limits of message.h, and
 * nothing may be left over. A datagram of a control connection may have several messages, one after another. All is pure, and may
 * be called from any thread. */
#ifndef RUNTIME_NET_WIRE_H
#define RUNTIME_NET_WIRE_H

#include "runtime/sched/message.h"

enum { WIRE_HEAD = 1024 }; /* no head is longer */

/* Writes the head of `message`, and returns its length; the datagram is the head and then message->bytes. */
size_t wire_encode(const Message *message, uint8_t head[WIRE_HEAD]);

/* False: not a message. message->bytes then points into `bytes`, whose owner keeps them while the message is used. */
bool wire_decode(const void *bytes, size_t size, Message *message);

/* The same for the first message of several: how many bytes it takes; 0: not a message. */
size_t wire_decode_first(const void *bytes, size_t size, Message *message);

#endif
