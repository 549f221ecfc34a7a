/* cluster.c: the root's communicating thread, which feeds the root's state machine with messages, the program's wishes and time. */
#include "runtime/worker/cluster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/net/control.h"
#include "runtime/sched/root.h"
#include "runtime/value/value.h"
#include "runtime/worker/fault.h"

#define TICK ((uint64_t)500000000)

struct Cluster {
    ClusterConfig config;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards is_opened, error and the two that finish */
    pthread_cond_t changed;
    bool is_opened, is_finishing;
    int status;
    char *error;

    /* The communicating thread's own. */
    Root *root;
    Link *link;
    Control control;
    OwnerActions actions;
    bool is_over, is_welcome;
};

/* ---- the communicating thread */

/* Has the program taken leave? */
static bool is_finishing(Cluster *cluster, int *status) {
    pthread_mutex_lock(&cluster->mutex);
    bool is_so = cluster->is_finishing;
    *status = cluster->status;
    pthread_mutex_unlock(&cluster->mutex);
    return is_so;
}

static void do_action(Cluster *cluster, OwnerAction *action) {
    int status;
    switch (action->kind) {
    case OWNER_SEND_CONTROL: control_send(&cluster->control, &action->message); break;
    case OWNER_SEND_DATA:
        MR_FAULT("root.before_pull");
        link_send_data(cluster->link, action->endpoint, &action->message);
        break;
    case OWNER_SEND_ANSWER: link_send_answer(cluster->link, action->route, &action->message); break;
    case OWNER_EXIT:
        cluster->is_over = true;
        control_flush(&cluster->control); /* the program may end with what follows */
        if (!is_finishing(cluster, &status)) cluster->config.on_end(cluster->config.data_of_end, action->status);
        break;
    default:
        if (action->kind == OWNER_RESULT) MR_FAULT("root.after_pull");
        shares_act(cluster->config.shares, action);
    }
}

static void do_actions(Cluster *cluster) {
    for (size_t i = 0; i < cluster->actions.len; i++) do_action(cluster, &cluster->actions.items[i]);
    cluster->actions.len = 0;
}

static void step(Cluster *cluster, RootEvent event) {
    event.now = clock_now();
    root_step(cluster->root, &event, &cluster->actions);
    do_actions(cluster);
    if (cluster->is_welcome || cluster->is_over || !root_is_welcome(cluster->root)) return;
    cluster->is_welcome = true;
    shares_set_journal(cluster->config.shares, root_has_journal(cluster->root), root_is_resumed(cluster->root));
}

static void step_messages(Cluster *cluster) {
    LinkEvent received;
    while (!cluster->is_over && control_receive(&cluster->control, &received)) {
        RootEvent event = {.message = &received.message, .route = received.peer};
        event.kind = received.kind == LINK_CONTROL ? ROOT_CONTROL : received.kind == LINK_GET ? ROOT_GET : ROOT_PIECE;
        bool is_expected = (received.message.kind == MSG_GET) == (received.kind == LINK_GET) &&
                           (received.message.kind == MSG_PIECE) == (received.kind == LINK_PIECE);
        if (is_expected) step(cluster, event);
    }
}

static void step_wishes(Cluster *cluster) {
    Shares *shares = cluster->config.shares;
    int status;
    shares_heed(shares);
    while (!cluster->is_over && shares_step(shares, root_owner(cluster->root), clock_now(), &cluster->actions)) do_actions(cluster);
    if (!cluster->is_over && is_finishing(cluster, &status)) step(cluster, (RootEvent){.kind = ROOT_FINISH, .status = status});
}

/* Tells the thread that started this one whether the connections are there. */
static bool open_link(Cluster *cluster) {
    const ClusterConfig *own = &cluster->config;
    LinkConfig config = {.control = own->control, .data = own->data, .wake = shares_wake(own->shares), .keys = own->keys};
    char *error = NULL;
    cluster->link = link_open(own->net, &config, &error);
    pthread_mutex_lock(&cluster->mutex);
    cluster->is_opened = true;
    if (!cluster->link) cluster->error = error ? error : io_message("cannot connect");
    pthread_cond_signal(&cluster->changed);
    pthread_mutex_unlock(&cluster->mutex);
    return cluster->link != NULL;
}

static void *cluster_thread(void *argument) {
    Cluster *cluster = argument;
    if (!open_link(cluster)) return NULL;
    RootConfig config = {
        .data_endpoint = link_data_endpoint(cluster->link), .name = "root", .host = cluster->config.host, .pid = getpid()};
    config.codes = cluster->config.codes;
    memcpy(config.program, cluster->config.program->hash, sizeof config.program);
    cluster->root = root_new(&config);
    control_open(&cluster->control, cluster->link);
    step(cluster, (RootEvent){.kind = ROOT_START});
    for (uint64_t next_tick = clock_now() + TICK; !cluster->is_over;) {
        control_wait(&cluster->control, next_tick);
        step_messages(cluster);
        if (!cluster->is_over) step_wishes(cluster);
        if (cluster->is_over || clock_now() < next_tick) continue;
        step(cluster, (RootEvent){.kind = ROOT_TICK});
        next_tick = clock_now() + TICK;
    }
    root_free(&cluster->root);
    owner_actions_free(&cluster->actions);
    control_close(&cluster->control);
    link_close(&cluster->link);
    return NULL;
}

/* ---- the program's thread */

static void cluster_free(Cluster *cluster) {
    pthread_mutex_destroy(&cluster->mutex);
    pthread_cond_destroy(&cluster->changed);
    free(cluster);
}

Cluster *cluster_connect(const ClusterConfig *config, char **error) {
    Cluster *cluster = xcalloc(1, sizeof *cluster);
    cluster->config = *config;
    pthread_mutex_init(&cluster->mutex, NULL);
    pthread_cond_init(&cluster->changed, NULL);
    int reason = pthread_create(&cluster->thread, NULL, cluster_thread, cluster);
    if (reason != 0) {
        *error = io_message("cannot start a thread: %s", strerror(reason));
        cluster_free(cluster);
        return NULL;
    }
    pthread_mutex_lock(&cluster->mutex);
    while (!cluster->is_opened) pthread_cond_wait(&cluster->changed, &cluster->mutex);
    *error = cluster->error;
    pthread_mutex_unlock(&cluster->mutex);
    if (!*error) return cluster;
    pthread_join(cluster->thread, NULL);
    cluster_free(cluster);
    return NULL;
}

void cluster_finish(Cluster **cluster, int status) {
    Cluster *self = *cluster;
    if (!self) return;
    pthread_mutex_lock(&self->mutex);
    self->is_finishing = true;
    self->status = status;
    pthread_mutex_unlock(&self->mutex);
    shares_rouse(self->config.shares);
    pthread_join(self->thread, NULL);
    cluster_free(self);
    *cluster = NULL;
}
