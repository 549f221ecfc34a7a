/* hub.c: the scheduler's loop. */
#include "runtime/launch/hub.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/size.h"
#include "base/buf.h"
#include "runtime/launch/store.h"
#include "runtime/sched/channel.h"

/* What the loop knows of a peer. Only of those that have been welcomed it is believed what they tell of strangers. */
typedef struct HubPeer {
    bool is_welcome;
    bool has_news;      /* it is among those that are to be flushed */
    HubStrange strange; /* as its last heartbeat said */
} HubPeer;

enum { MOST_TAKEN = 1024 }; /* messages that are looked at before what they were answered with is sent */

struct Hub {
    HubConfig config;
    Sched *sched;
    Link *link;
    Channels channels; /* one to each peer */
    Buf peers;         /* HubPeer for each peer */
    Buf news;          /* uint32_t: peers to which something may have to be sent */
    Buf keys;          /* public keys of the run, in the order in which they came */
    Buf told;          /* size_t for each peer: how many of their bytes it was sent; 0: it has not been welcomed */
    Store *store;      /* NULL: there is no journal */
    SchedActions actions;
    bool is_over;
    int status;
    char text[MESSAGE_TEXT_SIZE];
};

/* From which size on tables are exchanged: a setting for tests, which do so with the smallest. False: it is none. */
static bool read_exchange(uint64_t *bytes, char **error) {
    const char *text = getenv("MR_EXCHANGE");
    if (!text || !*text || (size_parse(text, bytes) && *bytes > 0)) return true;
    if (asprintf(error, "MR_EXCHANGE is \"%s\", but must be an amount of memory such as 8M", text) < 0) *error = NULL;
    return false;
}

Hub *hub_open(const HubConfig *config, char **error) {
    uint64_t exchange = config->sched.exchange;
    if (!read_exchange(&exchange, error)) return NULL;
    Hub *hub = xcalloc(1, sizeof *hub);
    hub->config = *config;
    hub->config.sched.exchange = exchange;
    LinkConfig link = {
        .control = config->control, .data = config->bags, .is_hub = true, .wake = config->wake, .keys = config->keys};
    hub->link = link_open(config->net, &link, error);
    if (!hub->link) {
        free(hub);
        return NULL;
    }
    hub->channels.session = link_session(hub->link);
    if (config->keys) hub_allow(hub, config->keys->own.public_key);
    for (size_t i = 0; config->keys && i < config->keys->allowed_count; i++) hub_allow(hub, config->keys->allowed[i]);
    hub->sched = sched_new(&hub->config.sched, clock_now());
    sched_tell_news(hub->sched, config->listener.take != NULL);
    return hub;
}

void hub_close(Hub **hub) {
    if (!*hub) return;
    store_free(&(*hub)->store);
    link_close(&(*hub)->link);
    sched_free(&(*hub)->sched);
    channels_free(&(*hub)->channels);
    buf_free(&(*hub)->peers);
    buf_free(&(*hub)->news);
    buf_free(&(*hub)->keys);
    buf_free(&(*hub)->told);
    sched_actions_free(&(*hub)->actions);
    free(*hub);
    *hub = NULL;
}

/* The place of a peer in a table that has `size` bytes for each; what is new in it is zero. */
static void *place_of(Buf *table, uint32_t peer, size_t size) {
    size_t needed = (peer + 1) * size;
    if (table->len < needed) {
        buf_reserve(table, needed - table->len);
        memset(table->data + table->len, 0, needed - table->len);
        table->len = needed;
    }
    return table->data + peer * size;
}

/* ---- sending */

/* Something may have to be sent to the peer, when all that came has been looked at: then it all goes in one datagram. */
static void has_news_for(Hub *hub, uint32_t peer) {
    HubPeer *place = place_of(&hub->peers, peer, sizeof *place);
    if (place->has_news) return;
    place->has_news = true;
    buf_add(&hub->news, &peer, sizeof peer);
}

/* One that cannot be sent to is tried again; silence will show if it is gone. */
static void flush(Hub *hub) {
    uint64_t now = clock_now();
    for (size_t at = 0; at < hub->news.len; at += sizeof(uint32_t)) {
        uint32_t peer;
        memcpy(&peer, hub->news.data + at, sizeof peer);
        Channel *channel = channels_at(&hub->channels, peer);
        for (Message datagram; channel_datagram(channel, now, &datagram);) link_send_peer(hub->link, peer, &datagram);
        channels_touch(&hub->channels, channel, now);
        ((HubPeer *)place_of(&hub->peers, peer, sizeof(HubPeer)))->has_news = false;
    }
    hub->news.len = 0;
    link_flush(hub->link);
}

static void send_to(Hub *hub, uint32_t peer, const Message *message) {
    channel_send(channels_at(&hub->channels, peer), message);
    has_news_for(hub, peer);
}

/* ---- the run's keys */

static size_t *told(Hub *hub, uint32_t peer) {
    return place_of(&hub->told, peer, sizeof(size_t));
}

/* The keys that the peer has not been sent yet. */
static void tell_keys(Hub *hub, uint32_t peer) {
    size_t *done = told(hub, peer);
    while (*done < hub->keys.len) {
        size_t size = hub->keys.len - *done, most = MESSAGE_KEYS * MESSAGE_KEY_SIZE;
        Message allow = {.kind = MSG_ALLOW, .bytes = hub->keys.data + *done, .size = size < most ? size : most};
        allow.as.allow.keys = (uint32_t)(allow.size / MESSAGE_KEY_SIZE);
        *done += allow.size;
        send_to(hub, peer, &allow);
    }
}

static void welcome(Hub *hub, uint32_t peer) {
    HubPeer *place = place_of(&hub->peers, peer, sizeof *place);
    place->is_welcome = true;
    tell_keys(hub, peer);
}

static void tell_keys_to_all(Hub *hub) {
    uint32_t peers = (uint32_t)(hub->told.len / sizeof(size_t));
    for (uint32_t peer = 0; peer < peers; peer++)
        if (*told(hub, peer) > 0) tell_keys(hub, peer);
}

bool hub_allow(Hub *hub, const char *key) {
    uint8_t bytes[KEY_BYTES];
    if (!link_allow(hub->link, key) || !key_read(bytes, key)) return false;
    buf_add(&hub->keys, bytes, sizeof bytes);
    return true;
}

/* ---- what the scheduler says */

static void do_action(Hub *hub, const SchedAction *action) {
    switch (action->kind) {
    case SCHED_SEND:
        if (action->message.kind == MSG_WELCOME) welcome(hub, action->peer);
        if (hub->config.on_message) hub->config.on_message(hub->config.data, &action->message, true);
        send_to(hub, action->peer, &action->message);
        break;
    case SCHED_LOG: hub->config.on_log(hub->config.data, action->level, action->text); break;
    case SCHED_REPLACE:
        if (hub->config.on_replace) hub->config.on_replace(hub->config.data, action->host);
        break;
    case SCHED_KILL:
        if (hub->config.on_kill) hub->config.on_kill(hub->config.data, action->host, action->pid);
        break;
    case SCHED_STORE:
        if (hub->store) store_want(hub->store, hub->sched, action->job, action->bag);
        break;
    case SCHED_UNSTORE:
        if (hub->store) store_drop(hub->store, action->job, action->bag);
        break;
    case SCHED_JOB_FINISHED: {
        const JobStats *stats = sched_job_stats(hub->sched, action->job);
        if (stats) hub->config.on_job(hub->config.data, hub->sched, stats);
        break;
    }
    case SCHED_END:
        hub->is_over = true;
        hub->status = action->status;
        memcpy(hub->text, action->text, sizeof hub->text);
        break;
    }
}

static void step(Hub *hub, SchedEvent *event) {
    event->now = clock_now();
    sched_step(hub->sched, event, &hub->actions);
    const NewsListener *listener = &hub->config.listener;
    if (hub->actions.news.len > 0) listener->take(listener->data, hub->actions.news.items, hub->actions.news.len);
    hub->actions.news.len = 0;
    for (size_t i = 0; i < hub->actions.len; i++) do_action(hub, &hub->actions.items[i]);
    hub->actions.len = 0;
}

/* Takes in a datagram, and hands on what it makes complete. */
static void receive(Hub *hub, const LinkEvent *received, void (*take)(Hub *hub, uint32_t peer, const Message *message)) {
    if (received->peer >= SCHED_PEERS) return;
    Channel *channel = channels_at(&hub->channels, received->peer);
    channel_receive(channel, &received->message, clock_now());
    for (const Message *message; (message = channel_next(channel));) take(hub, received->peer, message);
    has_news_for(hub, received->peer);
}

static void step_message(Hub *hub, uint32_t peer, const Message *message) {
    SchedEvent event = {.kind = SCHED_MESSAGE, .peer = peer, .message = message};
    if (hub->config.on_message) hub->config.on_message(hub->config.data, message, false);
    if (message->kind == MSG_HEARTBEAT) {
        HubPeer *from = place_of(&hub->peers, peer, sizeof *from);
        if (from->is_welcome) from->strange = (HubStrange){message->as.heartbeat.dropped, message->as.heartbeat.refused};
    }
    step(hub, &event);
}

/* A message came: on a control connection, or about bags. */
static void take_event(Hub *hub, const LinkEvent *received) {
    if (received->kind == LINK_CONTROL)
        receive(hub, received, step_message);
    else if (received->kind == LINK_GET && received->message.kind == MSG_GET && hub->store)
        store_get(hub->store, hub->sched, received->peer, &received->message);
    else if (received->kind == LINK_PIECE && received->message.kind == MSG_PIECE && hub->store)
        store_piece(hub->store, &received->message);
}

static void tell_news(Hub *hub) {
    SchedEvent event;
    if (!hub->store) return;
    store_tick(hub->store);
    while (!hub->is_over && store_news(hub->store, &event)) step(hub, &event);
}

static uint64_t next_wish(const Hub *hub) {
    uint64_t next = sched_next_tick(hub->sched), channels = channels_next_tick(&hub->channels);
    uint64_t store = hub->store ? store_next_tick(hub->store) : UINT64_MAX;
    if (channels < next) next = channels;
    return store < next ? store : next;
}

static void tick_channels(Hub *hub) {
    uint64_t now = clock_now();
    if (now < channels_next_tick(&hub->channels)) return;
    channels_tick(&hub->channels, now);
    for (uint32_t peer = 0; peer < hub->channels.len; peer++) {
        const Channel *channel = hub->channels.items[peer];
        if (!channel) continue;
        has_news_for(hub, peer);
        SchedEvent lost = {.kind = SCHED_PEER_LOST, .peer = peer, .at_chunk = -1, .text = "it does not take what it is sent"};
        if (channel_is_stuck(channel)) step(hub, &lost);
    }
}

static int milliseconds_until(uint64_t time) {
    uint64_t now = clock_now();
    return now < time ? (int)((time - now) / 1000000) + 1 : 0;
}

static bool is_readable(int fd) {
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&item, 1, 0) > 0;
}

int hub_run(Hub *hub, char text[MESSAGE_TEXT_SIZE]) {
    while (!hub->is_over) {
        flush(hub);
        link_wait(hub->link, milliseconds_until(next_wish(hub)));
        int taken = 0;
        for (LinkEvent received; !hub->is_over && taken < MOST_TAKEN && link_receive(hub->link, &received); taken++)
            take_event(hub, &received);
        tick_channels(hub);
        if (!hub->is_over && is_readable(hub->config.wake)) hub->config.on_wake(hub, hub->config.data);
        tell_keys_to_all(hub);
        tell_news(hub);
        SchedEvent tick = {.kind = SCHED_TICK};
        if (!hub->is_over && clock_now() >= sched_next_tick(hub->sched)) step(hub, &tick);
    }
    flush(hub);
    memcpy(text, hub->text, MESSAGE_TEXT_SIZE);
    return hub->status;
}

static void turn_away(Hub *hub, uint32_t peer, const Message *message) {
    Message shutdown = {.kind = MSG_SHUTDOWN, .as.end.status = hub->status};
    if (message->kind != MSG_HELLO) return;
    if (hub->config.on_message) hub->config.on_message(hub->config.data, message, false);
    send_to(hub, peer, &shutdown);
}

void hub_turn_away(Hub *hub) {
    while (!is_readable(hub->config.wake)) {
        flush(hub);
        uint64_t wanted = channels_next_tick(&hub->channels);
        link_wait(hub->link, wanted == CHANNEL_NEVER ? -1 : milliseconds_until(wanted));
        for (LinkEvent received; link_receive(hub->link, &received);)
            if (received.kind == LINK_CONTROL) receive(hub, &received, turn_away);
        tick_channels(hub);
    }
    flush(hub);
}

void hub_expect_program(Hub *hub, const uint8_t program[MESSAGE_HASH_SIZE]) {
    sched_expect_program(hub->sched, program);
}

void hub_use_journal(Hub *hub, Journal *journal, const Stored *stored, uint64_t every) {
    SchedJournal use = {.stored = stored, .endpoint = link_data_endpoint(hub->link), .every = every};
    hub->store = store_new(journal, hub->link);
    sched_use_journal(hub->sched, &use);
}

void hub_process_lost(Hub *hub, const HubLoss *loss) {
    SchedEvent event = {.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .host = loss->host, .pid = loss->pid, .text = loss->how};
    event.role = loss->role;
    event.at_job = loss->at_job;
    event.at_chunk = loss->at_chunk;
    event.at_count = loss->at_count;
    step(hub, &event);
}

void hub_not_started(Hub *hub, uint32_t host, const char *text) {
    SchedEvent event = {.kind = SCHED_NOT_STARTED, .host = host, .text = text};
    step(hub, &event);
}

void hub_fail(Hub *hub, const char *text, bool all_are_gone) {
    SchedEvent event = {.kind = SCHED_FAIL, .text = text, .all_are_gone = all_are_gone};
    step(hub, &event);
}

void hub_interrupt(Hub *hub) {
    SchedEvent event = {.kind = SCHED_INTERRUPT};
    step(hub, &event);
}

const char *hub_endpoint(const Hub *hub) {
    return link_control_endpoint(hub->link);
}

HubStrange hub_strange(const Hub *hub) {
    HubStrange all = {link_dropped(hub->link), link_refused(hub->link)};
    const HubPeer *peers = (const HubPeer *)(const void *)hub->peers.data;
    for (size_t i = 0; i < hub->peers.len / sizeof *peers; i++) {
        all.dropped += peers[i].strange.dropped;
        all.refused += peers[i].strange.refused;
    }
    return all;
}

const Sched *hub_sched(const Hub *hub) {
    return hub->sched;
}
