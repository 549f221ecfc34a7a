/* channel.h: one end of a control connection, over which every message arrives exactly once and in order, although datagrams are
 * lost, repeated or overtake each other. Pure: no sockets and no clock; times are nanoseconds. A Channel belongs to one thread.
 *
 * Messages are numbered from 1 up (seq). Each is kept until the other end has acknowledged it; each datagram carries the number of
 * the last message that came without a gap (ack). An acknowledgement that nothing else carries goes alone after CHANNEL_ACK_DELAY.
 * A receiver that sees a gap asks for what it lacks at once; what nobody acknowledges is sent again after CHANNEL_RETRY, then after
 * twice as long, and so on. After CHANNEL_TRIES of these in vain the channel is quiet until it hears from the other end again.
 *
 * HEARTBEATs are not numbered: an old one is worth nothing. Their seq is that of the last message sent, so they show what is
 * missing. At most CHANNEL_WINDOW messages are under way, and no more than that are kept by a receiver to whom an earlier one is
 * missing. `session` is a random number of the sending process: a datagram of another session than the first one heard is dropped,
 * so an end that was started anew is not mistaken for the one before.
 *
 * Use: after channel_receive hand on all that channel_next yields; after that, and after channel_send and channel_tick, send all
 * that channel_datagram yields. */
#ifndef RUNTIME_SCHED_CHANNEL_H
#define RUNTIME_SCHED_CHANNEL_H

#include "runtime/sched/message.h"

enum { CHANNEL_WINDOW = 256, CHANNEL_ACK_EVERY = 64, CHANNEL_TRIES = 20 };
#define CHANNEL_ACK_DELAY   ((uint64_t)100000000)
#define CHANNEL_RETRY       ((uint64_t)300000000)
#define CHANNEL_RETRY_MOST  ((uint64_t)2000000000)
#define CHANNEL_AGAIN_AFTER ((uint64_t)20000000) /* what was sent again less than this ago is not because of a gap */
#define CHANNEL_NEVER       UINT64_MAX

typedef struct Channel Channel;

typedef struct ChannelStats {
    uint64_t sent, again; /* messages sent, and how often one was sent once more */
    uint64_t acks;        /* datagrams that carried nothing but an acknowledgement */
    uint64_t repeated;    /* datagrams dropped because their message had come already */
    uint64_t early;       /* messages that came before one that was missing */
    uint64_t strange;     /* datagrams dropped that the other end of this channel cannot have sent */
} ChannelStats;

/* Both ends of a channel count from the same `start`, which is 0 but in tests. */
Channel *channel_new(uint32_t session, uint32_t start);
void channel_free(Channel **channel);

void channel_send(Channel *channel, const Message *message); /* copied */

/* A datagram has come; its bytes are borrowed until the next channel_receive. */
void channel_receive(Channel *channel, const Message *datagram, uint64_t now);
const Message *channel_next(Channel *channel); /* the next message for the state machine, valid until the next call; NULL: none */

void channel_tick(Channel *channel, uint64_t now);  /* at channel_next_tick; earlier does no harm */
uint64_t channel_next_tick(const Channel *channel); /* CHANNEL_NEVER: nothing is waited for */

/* The next datagram to be sent; its bytes are valid until the next call with this channel. False: none. */
bool channel_datagram(Channel *channel, uint64_t now, Message *out);

bool channel_is_stuck(const Channel *channel);   /* the other end is heard, but for CHANNEL_TRIES has acknowledged nothing */
bool channel_is_settled(const Channel *channel); /* all that was sent has been acknowledged */
ChannelStats channel_stats(const Channel *channel);

/* ---- a set of them: the scheduler's, one for each peer. All-zero but for `session` is empty. */
typedef struct Channels {
    uint32_t session;
    Channel **items; /* by peer; NULL: never used */
    uint32_t len;
    uint64_t sweep_at; /* 0: no channel waits for anything */
} Channels;

Channel *channels_at(Channels *channels, uint32_t peer); /* made when it is not there */
/* To be called after each use of a channel of the set: it may have something to wait for now. */
void channels_touch(Channels *channels, const Channel *channel, uint64_t now);
uint64_t channels_next_tick(const Channels *channels);
void channels_tick(Channels *channels, uint64_t now); /* ticks each channel; then ask each for its datagrams */
void channels_free(Channels *channels);

#endif
