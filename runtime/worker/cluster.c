/* cluster.c: the root's two threads: the program's, which submits a job and then serves its lists until the result is there, and
 * the communicating one, which feeds the root's state machine. */
#include "runtime/worker/cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/sched/root.h"
#include "runtime/value/value.h"

#define TICK ((uint64_t)500000000)

/* From one thread to the other: an event for the state machine, or an action that the program's thread has to do. */
typedef struct Note Note;
struct Note {
    Note *next;
    RootEvent event; /* its `data` is `data` below */
    RootAction action;
    Buf data;
};

typedef struct Notes {
    Note *first, **last;
} Notes;

struct Cluster {
    ClusterConfig config;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the two queues and is_opened */
    pthread_cond_t changed;
    Notes events, orders; /* to the communicating thread; to the program's */
    int wake;
    bool is_opened;
    char *error;

    /* The communicating thread's own. */
    Root *root;
    Link *link;
    RootActions actions;
    bool is_finishing, is_over;
};

static void notes_push(Notes *notes, Note *note) {
    *notes->last = note;
    notes->last = &note->next;
}

static Note *notes_pop(Notes *notes) {
    Note *note = notes->first;
    if (note) notes->first = note->next;
    if (!notes->first) notes->last = &notes->first;
    return note;
}

static void note_free(Note *note) {
    buf_free(&note->data);
    buf_free(&note->action.data);
    free(note);
}

static void notes_free(Notes *notes) {
    for (Note *note; (note = notes_pop(notes));) note_free(note);
}

static void wake_up(int wake) {
    uint64_t one = 1;
    while (write(wake, &one, sizeof one) < 0 && errno == EINTR) {}
}

/* ---- the communicating thread */

static void give_order(Cluster *cluster, RootAction *action) {
    Note *note = xcalloc(1, sizeof *note);
    note->action = *action;
    action->data = (Buf){0};
    pthread_mutex_lock(&cluster->mutex);
    notes_push(&cluster->orders, note);
    pthread_cond_signal(&cluster->changed);
    pthread_mutex_unlock(&cluster->mutex);
}

static void do_action(Cluster *cluster, RootAction *action) {
    switch (action->kind) {
    case ROOT_SEND_CONTROL: link_send(cluster->link, &action->message); break;
    case ROOT_SEND_DATA: link_send_data(cluster->link, action->endpoint, &action->message); break;
    case ROOT_SEND_ANSWER: link_send_answer(cluster->link, action->route, &action->message); break;
    case ROOT_SLICE:
    case ROOT_RESULT: give_order(cluster, action); break;
    case ROOT_EXIT:
        cluster->is_over = true;
        if (!cluster->is_finishing) cluster->config.on_end(cluster->config.data_of_end, action->status);
        break;
    }
}

static void step(Cluster *cluster, RootEvent *event) {
    event->now = clock_now();
    root_step(cluster->root, event, &cluster->actions);
    for (size_t i = 0; i < cluster->actions.len; i++) do_action(cluster, &cluster->actions.items[i]);
    cluster->actions.len = 0;
}

static void step_messages(Cluster *cluster) {
    LinkEvent received;
    while (!cluster->is_over && link_receive(cluster->link, &received)) {
        RootEvent event = {.message = &received.message, .route = received.peer};
        event.kind = received.kind == LINK_CONTROL ? ROOT_CONTROL : received.kind == LINK_GET ? ROOT_GET : ROOT_PIECE;
        bool is_expected = (received.message.kind == MSG_GET) == (received.kind == LINK_GET) &&
                           (received.message.kind == MSG_PIECE) == (received.kind == LINK_PIECE);
        if (is_expected) step(cluster, &event);
    }
}

static void step_notes(Cluster *cluster) {
    uint64_t count;
    if (read(cluster->wake, &count, sizeof count) < 0) return;
    for (;;) {
        pthread_mutex_lock(&cluster->mutex);
        Note *note = notes_pop(&cluster->events);
        pthread_mutex_unlock(&cluster->mutex);
        if (!note) return;
        if (note->event.kind == ROOT_FINISH) cluster->is_finishing = true;
        note->event.data = &note->data;
        step(cluster, &note->event);
        note_free(note);
    }
}

/* Tells the thread that started this one whether the connections are there. */
static bool open_link(Cluster *cluster) {
    LinkConfig config = {.control = cluster->config.control, .data = cluster->config.data, .wake = cluster->wake};
    char *error = NULL;
    cluster->link = link_open(cluster->config.net, &config, &error);
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
    RootConfig config = {.data_endpoint = cluster->config.data, .name = "root", .pid = getpid()};
    memcpy(config.program, cluster->config.program->hash, sizeof config.program);
    cluster->root = root_new(&config);
    RootEvent start = {.kind = ROOT_START};
    step(cluster, &start);
    for (uint64_t next_tick = clock_now() + TICK; !cluster->is_over;) {
        uint64_t now = clock_now();
        link_wait(cluster->link, now < next_tick ? (int)((next_tick - now) / 1000000) + 1 : 0);
        step_messages(cluster);
        if (!cluster->is_over) step_notes(cluster);
        if (cluster->is_over || clock_now() < next_tick) continue;
        RootEvent tick = {.kind = ROOT_TICK};
        step(cluster, &tick);
        next_tick = clock_now() + TICK;
    }
    root_free(&cluster->root);
    root_actions_free(&cluster->actions);
    link_close(&cluster->link);
    return NULL;
}

/* ---- the program's thread */

static void post_event(Cluster *cluster, const RootEvent *event, Buf *data) {
    Note *note = xcalloc(1, sizeof *note);
    note->event = *event;
    if (data) {
        note->data = *data;
        *data = (Buf){0};
    }
    pthread_mutex_lock(&cluster->mutex);
    notes_push(&cluster->events, note);
    pthread_mutex_unlock(&cluster->mutex);
    wake_up(cluster->wake);
}

static Note *wait_for_order(Cluster *cluster) {
    pthread_mutex_lock(&cluster->mutex);
    while (!cluster->orders.first) pthread_cond_wait(&cluster->changed, &cluster->mutex);
    Note *note = notes_pop(&cluster->orders);
    pthread_mutex_unlock(&cluster->mutex);
    return note;
}

static void cluster_free(Cluster *cluster) {
    notes_free(&cluster->events);
    notes_free(&cluster->orders);
    pthread_mutex_destroy(&cluster->mutex);
    pthread_cond_destroy(&cluster->changed);
    if (cluster->wake >= 0) close(cluster->wake);
    free(cluster);
}

Cluster *cluster_connect(const ClusterConfig *config, char **error) {
    Cluster *cluster = xcalloc(1, sizeof *cluster);
    cluster->config = *config;
    cluster->events.last = &cluster->events.first;
    cluster->orders.last = &cluster->orders.first;
    pthread_mutex_init(&cluster->mutex, NULL);
    pthread_cond_init(&cluster->changed, NULL);
    cluster->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int reason = cluster->wake < 0 ? errno : pthread_create(&cluster->thread, NULL, cluster_thread, cluster);
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
    if (!*cluster) return;
    RootEvent event = {.kind = ROOT_FINISH, .status = status};
    post_event(*cluster, &event, NULL);
    pthread_join((*cluster)->thread, NULL);
    cluster_free(*cluster);
    *cluster = NULL;
}

static void submit(Cluster *cluster, const Job *job, uint64_t number) {
    const MrTask *task = job->plan.task;
    RootEvent event = {.kind = ROOT_SUBMIT, .job = number};
    event.spec =
        (JobSpec){.chunks = job->plan.chunks, .elements = job->plan.elements, .size = job->plan.size, .lists = job->plan.lists};
    memcpy(event.spec.task, task->hash, sizeof event.spec.task);
    if (task->flags & MR_TASK_EXACT) event.spec.flags |= JOB_EXACT_COMMUTATIVE;
    if (task->flags & MR_TASK_STOPS) event.spec.flags |= JOB_MAY_STOP_EARLY;
    Buf blob = {0};
    job_encode_blob(job, &blob);
    post_event(cluster, &event, &blob);
}

static void serve_slice(Cluster *cluster, const Job *job, const RootAction *action) {
    RootEvent event = {
        .kind = ROOT_SLICED, .job = action->job, .list = action->list, .first = action->first, .count = action->count};
    Buf data = {0};
    if (job_encode_slice(job, action->list, action->first, action->count, &data)) buf_free(&data);
    post_event(cluster, &event, &data);
}

bool cluster_run(Cluster *cluster, Job *job, uint64_t number, uint64_t *limit) {
    submit(cluster, job, number);
    for (;;) {
        Note *note = wait_for_order(cluster);
        RootAction *action = &note->action;
        if (action->job == number && action->kind == ROOT_SLICE) {
            serve_slice(cluster, job, action);
        } else if (action->job == number && action->kind == ROOT_RESULT) {
            RootEvent event = {.kind = ROOT_RECEIVED, .job = number};
            *limit = action->limit;
            bool failed = action->has_bag && job_merge_encoded(job, action->data.data, action->data.len, &event.nodes);
            post_event(cluster, &event, NULL);
            note_free(note);
            return failed && mr_failf(job->of.context, "the result of a job cannot be read");
        }
        note_free(note);
    }
}
