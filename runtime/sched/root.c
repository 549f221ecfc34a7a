/* root.c: how the root takes part in the run: HELLO, heartbeats, BYE. What comes about its jobs is handed on to its owner. */
#include "runtime/sched/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"

#define SECOND ((uint64_t)1000000000)

struct Root {
    RootConfig config;
    char endpoint[MESSAGE_ENDPOINT_SIZE], name[MESSAGE_NAME_SIZE];
    uint64_t now, heard_at, last_tick, last_heartbeat;
    bool is_started, is_welcome, has_journal, is_resumed, is_over;
    Owner *owner;
    uint64_t ignored;
    OwnerActions *out;
};

static Message *root_say(Root *root, MessageKind kind) {
    Message *message = &owner_actions_add(root->out, OWNER_SEND_CONTROL)->message;
    message->kind = kind;
    return message;
}

static void root_exit(Root *root, int32_t status, const char *why) {
    root->is_over = true;
    root_say(root, MSG_BYE)->as.end.status = status;
    OwnerAction *action = owner_actions_add(root->out, OWNER_EXIT);
    action->status = status;
    snprintf(action->text, sizeof action->text, "%s", why);
}

/* Something that ends the run: the scheduler is told, and its SHUTDOWN is awaited. */
static void root_fail(Root *root, const char *text) {
    Message *message = root_say(root, MSG_FAIL);
    snprintf(message->as.text.text, sizeof message->as.text.text, "%s", text);
}

static void root_control(Root *root, const Message *message) {
    root->heard_at = root->now;
    switch (message->kind) {
    case MSG_WELCOME:
        if (root->is_welcome) {
            root->ignored++;
            break;
        }
        root->is_welcome = true;
        root->has_journal = message->as.welcome.has_journal;
        root->is_resumed = message->as.welcome.is_resumed;
        owner_welcome(root->owner);
        break;
    case MSG_HEARTBEAT: break;
    case MSG_WORKER_LOST: owner_worker_lost(root->owner, message->as.text.worker); break;
    case MSG_SHUTDOWN: root_exit(root, message->as.end.status, ""); break;
    default:
        if (!owner_control(root->owner, message)) root->ignored++;
    }
}

static void root_start(Root *root) {
    root->is_started = true;
    root->heard_at = root->last_tick = root->last_heartbeat = root->now;
    MsgHello *hello = &root_say(root, MSG_HELLO)->as.hello;
    *hello = (MsgHello){.role = ROLE_ROOT, .version = PROTOCOL_VERSION, .host = root->config.host, .pid = root->config.pid};
    hello->wish = -1;
    memcpy(hello->program, root->config.program, sizeof hello->program);
    memcpy(hello->data_endpoint, root->endpoint, sizeof hello->data_endpoint);
    memcpy(hello->name, root->name, sizeof hello->name);
}

static void root_tick(Root *root) {
    uint64_t slept = root->now - root->last_tick;
    root->last_tick = root->now;
    if (slept > 2 * root->config.heartbeat_every) { /* this process was stopped: others' silence is our own fault */
        root->heard_at = root->now;
        owner_forgive(root->owner);
    }
    if (IS_GUARDED && root->now - root->heard_at >= root->config.dead_after) {
        root_exit(root, 1, "the scheduler has been silent for too long");
        return;
    }
    owner_tick(root->owner);
    if (!IS_GUARDED || root->now - root->last_heartbeat < root->config.heartbeat_every) return;
    root->last_heartbeat = root->now;
    root_say(root, MSG_HEARTBEAT);
}

void root_step(Root *root, const RootEvent *event, OwnerActions *out) {
    if (root->is_over || (!root->is_started && event->kind != ROOT_START)) return;
    root->out = out;
    if (event->now > root->now) root->now = event->now;
    owner_begin(root->owner, root->now, out);
    switch (event->kind) {
    case ROOT_START: root_start(root); break;
    case ROOT_TICK: root_tick(root); break;
    case ROOT_CONTROL: root_control(root, event->message); break;
    case ROOT_GET: owner_get(root->owner, event->route, event->message); break;
    case ROOT_PIECE: owner_piece(root->owner, event->message); break;
    case ROOT_FINISH: root_exit(root, event->status, ""); break;
    case ROOT_FAILED: root_fail(root, event->text); break;
    }
    root->out = NULL;
}

Root *root_new(const RootConfig *config) {
    Root *root = xcalloc(1, sizeof *root);
    root->config = *config;
    snprintf(root->endpoint, sizeof root->endpoint, "%s", config->data_endpoint);
    snprintf(root->name, sizeof root->name, "%s", config->name);
    if (root->config.heartbeat_every == 0) root->config.heartbeat_every = SECOND;
    if (root->config.dead_after == 0) root->config.dead_after = 30 * SECOND;
    root->owner = owner_new(config->codes);
    return root;
}

void root_free(Root **root) {
    if (!*root) return;
    owner_free(&(*root)->owner);
    free(*root);
    *root = NULL;
}

Owner *root_owner(Root *root) {
    return root->owner;
}

bool root_is_welcome(const Root *root) {
    return root->is_welcome;
}

bool root_has_journal(const Root *root) {
    return root->has_journal;
}

bool root_is_resumed(const Root *root) {
    return root->is_resumed;
}

uint64_t root_ignored(const Root *root) {
    return root->ignored + owner_ignored(root->owner);
}
