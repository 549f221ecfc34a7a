/* hub.c: the scheduler's loop. */
#include "runtime/launch/hub.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct Hub {
    HubConfig config;
    Sched *sched;
    Link *link;
    SchedActions actions;
    bool is_over;
    int status;
    char text[MESSAGE_TEXT_SIZE];
};

Hub *hub_open(const HubConfig *config, char **error) {
    Hub *hub = xcalloc(1, sizeof *hub);
    hub->config = *config;
    LinkConfig link = {.control = config->control, .is_hub = true, .wake = config->wake};
    hub->link = link_open(config->net, &link, error);
    if (!hub->link) {
        free(hub);
        return NULL;
    }
    hub->sched = sched_new(&config->sched, clock_now());
    return hub;
}

void hub_close(Hub **hub) {
    if (!*hub) return;
    link_close(&(*hub)->link);
    sched_free(&(*hub)->sched);
    sched_actions_free(&(*hub)->actions);
    free(*hub);
    *hub = NULL;
}

static void do_action(Hub *hub, const SchedAction *action) {
    switch (action->kind) {
    case SCHED_SEND: link_send_peer(hub->link, action->peer, &action->message); break; /* silence will show if it is gone */
    case SCHED_LOG: hub->config.on_log(hub->config.data, action->level, action->text); break;
    case SCHED_REPLACE:
        if (hub->config.on_replace) hub->config.on_replace(hub->config.data, action->host);
        break;
    case SCHED_KILL:
        if (hub->config.on_kill) hub->config.on_kill(hub->config.data, action->host, action->pid);
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
    for (size_t i = 0; i < hub->actions.len; i++) do_action(hub, &hub->actions.items[i]);
    hub->actions.len = 0;
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
        link_wait(hub->link, milliseconds_until(sched_next_tick(hub->sched)));
        LinkEvent received;
        while (!hub->is_over && link_receive(hub->link, &received)) {
            SchedEvent event = {.kind = SCHED_MESSAGE, .peer = received.peer, .message = &received.message};
            step(hub, &event);
        }
        if (!hub->is_over && is_readable(hub->config.wake)) hub->config.on_wake(hub, hub->config.data);
        SchedEvent tick = {.kind = SCHED_TICK};
        if (!hub->is_over && clock_now() >= sched_next_tick(hub->sched)) step(hub, &tick);
    }
    memcpy(text, hub->text, MESSAGE_TEXT_SIZE);
    return hub->status;
}

void hub_turn_away(Hub *hub) {
    while (!is_readable(hub->config.wake)) {
        link_wait(hub->link, -1);
        for (LinkEvent received; link_receive(hub->link, &received);) {
            Message shutdown = {.kind = MSG_SHUTDOWN, .as.end.status = hub->status};
            if (received.message.kind == MSG_HELLO) link_send_peer(hub->link, received.peer, &shutdown);
        }
    }
}

void hub_expect_program(Hub *hub, const uint8_t program[MESSAGE_HASH_SIZE]) {
    sched_expect_program(hub->sched, program);
}

void hub_process_lost(Hub *hub, const HubLoss *loss) {
    SchedEvent event = {.kind = SCHED_PEER_LOST, .peer = SCHED_NO_PEER, .host = loss->host, .pid = loss->pid, .text = loss->how};
    event.at_job = loss->at_job;
    event.at_chunk = loss->at_chunk;
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

const Sched *hub_sched(const Hub *hub) {
    return hub->sched;
}
