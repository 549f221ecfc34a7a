/* channel.c: numbers, acknowledgements and repetitions. Numbers are compared by their distance, so they may wrap around.
 *
 * What was sent lies in a ring: `held` messages from number `acked` + 1 on, of which the first `flying` have been sent at least
 * once. What came too early lies in `early` at its number modulo the window. */
#include "runtime/sched/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"

typedef struct Held {
    Message message;            /* its bytes are the channel's */
    uint64_t sent_at, again_at; /* for the last time; 0: it was not sent again */
    bool is_there;              /* the other end has it, although something before it is missing there */
    bool is_due;                /* it is to be sent again */
} Held;

struct Channel {
    uint32_t session;

    /* sending */
    Held *ring;
    uint32_t cap, head, held, flying, due; /* cap is a power of two; `due` of those flying are to be sent again */
    uint32_t acked;
    uint64_t retry_at, retry; /* when something flies: the time for sending it again, and how long is waited */
    uint32_t tries;
    bool is_heard; /* something came since the last progress */
    Message heartbeat;
    bool has_heartbeat;

    /* receiving */
    bool knows_other;
    uint32_t other;          /* its session */
    uint32_t heard, highest; /* the last message that came without a gap; the last of whose existence we know */
    Message *early[CHANNEL_WINDOW];
    const Message *direct; /* the datagram that just came, when it is the next message; borrowed */
    Message *delivered;    /* handed on by channel_next; ours */
    uint32_t unacked;      /* messages that came since we last told */
    uint64_t ack_at;       /* when that is to be told; 0: nothing is */
    bool asks;             /* something is missing and is to be asked for */

    ChannelStats stats;
};

static int32_t distance(uint32_t from, uint32_t to) {
    return (int32_t)(to - from);
}

static bool is_numbered(MessageKind kind) {
    return kind != MSG_HEARTBEAT && kind != MSG_ACK;
}

static void message_free(Message *message) {
    free((void *)(uintptr_t)message->bytes);
    message->bytes = NULL;
}

static Message message_copy(const Message *message) {
    Message copy = *message;
    copy.bytes = NULL;
    if (copy.size == 0) return copy;
    void *bytes = xmalloc(copy.size);
    memcpy(bytes, message->bytes, copy.size);
    copy.bytes = bytes;
    return copy;
}

Channel *channel_new(uint32_t session, uint32_t start) {
    Channel *channel = xcalloc(1, sizeof *channel);
    channel->session = session;
    channel->acked = channel->heard = channel->highest = start;
    channel->retry = CHANNEL_RETRY;
    return channel;
}

static Held *held_at(const Channel *channel, uint32_t index) {
    return &channel->ring[(channel->head + index) & (channel->cap - 1)];
}

void channel_free(Channel **channel) {
    Channel *self = *channel;
    if (!self) return;
    for (uint32_t i = 0; i < self->held; i++) message_free(&held_at(self, i)->message);
    for (uint32_t i = 0; i < CHANNEL_WINDOW; i++) {
        if (self->early[i]) message_free(self->early[i]);
        free(self->early[i]);
    }
    if (self->delivered) message_free(self->delivered);
    free(self->delivered);
    free(self->ring);
    free(self);
    *channel = NULL;
}

/* ---- sending */

static void ring_grow(Channel *channel) {
    uint32_t cap = channel->cap ? 2 * channel->cap : 2; /* most have next to nothing under way */
    Held *ring = xmalloc(cap * sizeof *ring);
    for (uint32_t i = 0; i < channel->held; i++) ring[i] = *held_at(channel, i);
    free(channel->ring);
    channel->ring = ring;
    channel->cap = cap;
    channel->head = 0;
}

void channel_send(Channel *channel, const Message *message) {
    if (!is_numbered(message->kind)) {
        channel->heartbeat = *message;
        channel->has_heartbeat = true;
        return;
    }
    if (channel->held == channel->cap) ring_grow(channel);
    Held *held = held_at(channel, channel->held++);
    *held = (Held){.message = message_copy(message)};
    held->message.seq = channel->acked + channel->held;
    channel->stats.sent++;
}

static void held_make_due(Channel *channel, Held *held) {
    if (held->is_there || held->is_due) return;
    held->is_due = true;
    channel->due++;
}

static void start_retrying(Channel *channel, uint64_t now) {
    channel->tries = 0;
    channel->is_heard = false;
    channel->retry = CHANNEL_RETRY;
    channel->retry_at = now + channel->retry;
}

/* The other end has all up to `ack`. False: we never sent that. */
static bool take_ack(Channel *channel, uint32_t ack, uint64_t now) {
    int32_t count = distance(channel->acked, ack);
    if (count > (int32_t)channel->flying) return false;
    if (count <= 0) return true; /* an old one */
    for (int32_t i = 0; i < count; i++) {
        Held *held = held_at(channel, (uint32_t)i);
        channel->due -= held->is_due;
        message_free(&held->message);
    }
    channel->head = (channel->head + (uint32_t)count) & (channel->cap - 1);
    channel->held -= (uint32_t)count;
    channel->flying -= (uint32_t)count;
    channel->acked = ack;
    start_retrying(channel, now);
    if (channel->held == 0 && channel->cap > CHANNEL_WINDOW) { /* after a burst */
        free(channel->ring);
        channel->ring = NULL;
        channel->cap = channel->head = 0;
    }
    return true;
}

/* The other end misses something before number `wants`: what of it flies, and has not just been sent again, is sent again. */
static void take_request(Channel *channel, const Message *datagram, uint64_t now) {
    uint32_t ack = datagram->ack;
    if (ack != channel->acked) return; /* an old one: what it asks for may have come since */
    for (uint32_t i = 0; i < channel->flying; i++) {
        Held *held = held_at(channel, i);
        if (i >= 1 && i <= 64 && (datagram->as.ack.beyond >> (i - 1) & 1)) {
            channel->due -= held->is_due;
            held->is_due = false;
            held->is_there = true;
        } else if (distance(held->message.seq, datagram->as.ack.wants) >= 0 &&
                   (held->again_at == 0 || now - held->again_at >= CHANNEL_AGAIN_AFTER)) {
            held_make_due(channel, held);
        }
    }
}

/* ---- receiving */

static void note_arrival(Channel *channel, uint64_t now) {
    if (!IS_GUARDED) return;
    if (++channel->unacked >= CHANNEL_ACK_EVERY)
        channel->ack_at = now;
    else if (channel->ack_at == 0)
        channel->ack_at = now + CHANNEL_ACK_DELAY;
}

/* Something exists up to number `seq`. When that is news, and not just the next message, something is missing. */
static void note_existence(Channel *channel, uint32_t seq, bool is_message) {
    if (distance(channel->highest, seq) <= 0) return;
    bool is_next = is_message && seq == channel->highest + 1;
    channel->highest = seq;
    if (!is_next) channel->asks = true;
}

static void take_early(Channel *channel, const Message *datagram) {
    Message **slot = &channel->early[datagram->seq % CHANNEL_WINDOW];
    if (*slot) {
        channel->stats.repeated++;
        return;
    }
    channel->stats.early++;
    *slot = xmalloc(sizeof **slot);
    **slot = message_copy(datagram);
}

static void take_message(Channel *channel, const Message *datagram, uint64_t now) {
    int32_t ahead = distance(channel->heard, datagram->seq);
    if (ahead <= 0) {
        channel->stats.repeated++;
        channel->ack_at = now; /* our acknowledgement was lost */
        return;
    }
    note_existence(channel, datagram->seq, true);
    note_arrival(channel, now);
    if (ahead == 1)
        channel->direct = datagram;
    else
        take_early(channel, datagram);
}

/* Can the other end of this channel have sent this? Nobody sends more than a window ahead of what we have acknowledged. */
static bool is_plausible(const Channel *channel, const Message *datagram) {
    if (channel->knows_other && datagram->session != channel->other) return false;
    int32_t ahead = distance(channel->heard, datagram->seq);
    return ahead <= CHANNEL_WINDOW;
}

void channel_receive(Channel *channel, const Message *datagram, uint64_t now) {
    channel->direct = NULL;
    if (!is_plausible(channel, datagram) || !take_ack(channel, datagram->ack, now)) {
        channel->stats.strange++;
        return;
    }
    channel->knows_other = true;
    channel->other = datagram->session;
    if (channel->tries > CHANNEL_TRIES && !channel->is_heard) { /* it was quiet, and is to be heard again */
        start_retrying(channel, now);
        for (uint32_t i = 0; i < channel->flying; i++) held_make_due(channel, held_at(channel, i));
    }
    channel->is_heard = true;
    if (datagram->kind == MSG_ACK) take_request(channel, datagram, now);
    if (is_numbered(datagram->kind)) {
        take_message(channel, datagram, now);
        return;
    }
    note_existence(channel, datagram->seq, false);
    if (datagram->kind != MSG_ACK) channel->direct = datagram;
}

const Message *channel_next(Channel *channel) {
    if (channel->delivered) message_free(channel->delivered);
    free(channel->delivered);
    channel->delivered = NULL;
    const Message *direct = channel->direct;
    if (direct) {
        channel->direct = NULL;
        channel->heard += is_numbered(direct->kind);
        return direct;
    }
    Message **slot = &channel->early[(channel->heard + 1) % CHANNEL_WINDOW];
    if (!*slot) return NULL;
    channel->delivered = *slot;
    *slot = NULL;
    channel->heard++;
    return channel->delivered;
}

/* ---- time */

void channel_tick(Channel *channel, uint64_t now) {
    if (channel->flying == 0 || now < channel->retry_at || channel->tries > CHANNEL_TRIES) return;
    channel->tries++;
    channel->retry = 2 * channel->retry < CHANNEL_RETRY_MOST ? 2 * channel->retry : CHANNEL_RETRY_MOST;
    channel->retry_at = now + channel->retry;
    for (uint32_t i = 0; i < channel->flying; i++)
        if (now - held_at(channel, i)->sent_at >= CHANNEL_RETRY) held_make_due(channel, held_at(channel, i));
}

uint64_t channel_next_tick(const Channel *channel) {
    uint64_t next = CHANNEL_NEVER;
    if (channel->flying && channel->tries <= CHANNEL_TRIES) next = channel->retry_at;
    if (channel->ack_at && channel->ack_at < next) next = channel->ack_at;
    return next;
}

/* ---- datagrams */

/* With what every datagram carries. */
static void dispatch(Channel *channel, Message *out) {
    out->session = channel->session;
    out->ack = channel->heard;
    channel->ack_at = 0;
    channel->unacked = 0;
}

static uint32_t last_sent(const Channel *channel) {
    return channel->acked + channel->flying;
}

static Held *find_due(Channel *channel, uint64_t now) {
    for (uint32_t i = 0; channel->due && i < channel->flying; i++) {
        Held *held = held_at(channel, i);
        if (!held->is_due) continue;
        held->is_due = false;
        held->again_at = now;
        channel->due--;
        channel->stats.again++;
        return held;
    }
    return NULL;
}

static void make_ack(Channel *channel, Message *out) {
    *out = (Message){.kind = MSG_ACK, .seq = last_sent(channel)};
    out->as.ack.wants = channel->asks ? channel->highest : channel->heard;
    for (uint32_t i = 0; i < 64; i++)
        if (channel->early[(channel->heard + 2 + i) % CHANNEL_WINDOW]) out->as.ack.beyond |= (uint64_t)1 << i;
    channel->asks = false;
    channel->stats.acks++;
}

bool channel_datagram(Channel *channel, uint64_t now, Message *out) {
    if (!IS_GUARDED) take_ack(channel, last_sent(channel), now); /* what was sent came, it is hoped */
    Held *held = find_due(channel, now);
    if (!held && channel->flying < channel->held && channel->flying < CHANNEL_WINDOW) {
        if (channel->flying == 0) start_retrying(channel, now);
        held = held_at(channel, channel->flying++);
    }
    if (held) {
        held->sent_at = now;
        *out = held->message;
    } else if (channel->has_heartbeat) {
        channel->has_heartbeat = false;
        *out = channel->heartbeat;
        out->seq = last_sent(channel);
    } else if (channel->asks || (channel->ack_at && now >= channel->ack_at)) {
        make_ack(channel, out);
    } else {
        return false;
    }
    dispatch(channel, out);
    return true;
}

bool channel_is_stuck(const Channel *channel) {
    return channel->tries > CHANNEL_TRIES && channel->is_heard;
}

bool channel_is_settled(const Channel *channel) {
    return channel->held == 0;
}

ChannelStats channel_stats(const Channel *channel) {
    return channel->stats;
}

/* ---- sets */

/* Deadlines of a set are looked at this often, together: thousands of channels share one timer. */
#define SWEEP_EVERY ((uint64_t)50000000)

Channel *channels_at(Channels *channels, uint32_t peer) {
    if (peer >= channels->len) {
        uint32_t len = channels->len ? channels->len : 8;
        while (len <= peer) len *= 2;
        channels->items = xrealloc(channels->items, len * sizeof(Channel *));
        memset(channels->items + channels->len, 0, (len - channels->len) * sizeof(Channel *));
        channels->len = len;
    }
    if (!channels->items[peer]) channels->items[peer] = channel_new(channels->session, 0);
    return channels->items[peer];
}

void channels_touch(Channels *channels, const Channel *channel, uint64_t now) {
    if (channels->sweep_at == 0 && channel_next_tick(channel) != CHANNEL_NEVER) channels->sweep_at = now + SWEEP_EVERY;
}

uint64_t channels_next_tick(const Channels *channels) {
    return channels->sweep_at ? channels->sweep_at : CHANNEL_NEVER;
}

void channels_tick(Channels *channels, uint64_t now) {
    if (channels->sweep_at == 0 || now < channels->sweep_at) return;
    channels->sweep_at = 0;
    for (uint32_t i = 0; i < channels->len; i++) {
        if (!channels->items[i]) continue;
        channel_tick(channels->items[i], now);
        channels_touch(channels, channels->items[i], now);
    }
}

void channels_free(Channels *channels) {
    for (uint32_t i = 0; i < channels->len; i++) channel_free(&channels->items[i]);
    free(channels->items);
    *channels = (Channels){0};
}
