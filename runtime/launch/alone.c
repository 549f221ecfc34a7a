/* alone.c: the threads of a program that runs by itself. */
#include "runtime/launch/alone.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/hub.h"
#include "runtime/worker/worker.h"

#define CONTROL   "inproc://control"
#define ROOT_DATA "inproc://root"

typedef struct AloneWorker {
    Alone *alone;
    pthread_t thread;
    uint32_t number;
    char name[MESSAGE_NAME_SIZE], place[MESSAGE_NAME_SIZE], data[MESSAGE_ENDPOINT_SIZE];
    bool is_clean;
} AloneWorker;

struct Alone {
    AloneConfig config;
    Net *net;
    pthread_t hub_thread;
    AloneWorker *workers;
    uint32_t started;      /* workers */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool is_listening, is_failed; /* the scheduler */
    bool is_over;                 /* it has said its last word, and only turns away those who come late */
    char *error;                  /* why it, or else a worker, could not start */
    int wake;                     /* an eventfd: there is an error of a worker; or, when the run is over, all workers have ended */
};

static void on_log(void *data, int level, const char *text) {
    (void)data;
    if (level == 0) fprintf(stderr, "mr: %s\n", text);
}

static void on_job(void *data, const Sched *sched, const JobStats *stats) {
    (void)data, (void)sched, (void)stats;
}

static void wake_up(Alone *alone) {
    uint64_t one = 1;
    while (write(alone->wake, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void sleep_on(Alone *alone) {
    uint64_t count;
    while (read(alone->wake, &count, sizeof count) < 0 && errno == EINTR) {}
}

/* A worker could not start. */
static void on_wake(Hub *hub, void *data) {
    Alone *alone = data;
    sleep_on(alone);
    pthread_mutex_lock(&alone->mutex);
    const char *error = alone->error;
    pthread_mutex_unlock(&alone->mutex);
    if (error) hub_fail(hub, error, false);
}

static void end_run(Alone *alone) {
    pthread_mutex_lock(&alone->mutex);
    alone->is_over = true;
    sleep_on(alone);
    pthread_cond_broadcast(&alone->changed);
    pthread_mutex_unlock(&alone->mutex);
}

static void wait_for_end(Alone *alone) {
    pthread_mutex_lock(&alone->mutex);
    while (!alone->is_over) pthread_cond_wait(&alone->changed, &alone->mutex);
    pthread_mutex_unlock(&alone->mutex);
}

static void *hub_thread(void *argument) {
    Alone *alone = argument;
    char *error = NULL, text[MESSAGE_TEXT_SIZE];
    HubConfig config = {.net = alone->net, .control = CONTROL, .sched = {.workers = alone->config.workers}, .data = alone};
    config.wake = alone->wake;
    config.on_wake = on_wake;
    config.on_log = on_log;
    config.on_job = on_job;
    config.listener = alone->config.listener;
    Hub *hub = hub_open(&config, &error);
    pthread_mutex_lock(&alone->mutex);
    alone->is_listening = hub != NULL;
    alone->is_failed = hub == NULL;
    alone->error = error;
    pthread_cond_signal(&alone->changed);
    pthread_mutex_unlock(&alone->mutex);
    if (!hub) return NULL;
    hub_run(hub, text);
    if (text[0]) fprintf(stderr, "error: %s\n", text);
    end_run(alone);
    hub_turn_away(hub);
    hub_close(&hub);
    return NULL;
}

static void report_worker(AloneWorker *worker, const char *error) {
    Alone *alone = worker->alone;
    pthread_mutex_lock(&alone->mutex);
    if (!alone->error && asprintf(&alone->error, "%s: %s", worker->name, error) < 0) alone->error = NULL;
    if (!alone->is_over) wake_up(alone);
    pthread_mutex_unlock(&alone->mutex);
}

static void *worker_thread(void *argument) {
    AloneWorker *worker = argument;
    const AloneConfig *alone = &worker->alone->config;
    WorkerConfig config = {.net = worker->alone->net,
                           .programs = alone->programs,
                           .argc = alone->argc,
                           .argv = alone->argv,
                           .wish = worker->number,
                           .memory = alone->memory,
                           .lender = alone->lender,
                           .control = CONTROL,
                           .data = worker->data,
                           .name = worker->name,
                           .place = worker->place};
    char *error;
    worker_run(&config, &worker->is_clean, &error);
    if (error) report_worker(worker, error);
    free(error);
    return NULL;
}

/* The run ends before the program does; the scheduler's thread says why, and is waited for. */
static void on_end(void *data, int status) {
    const Alone *alone = data;
    wait_for_end(data);
    if (alone->config.listener.leave) alone->config.listener.leave(alone->config.listener.data);
    _exit(status);
}

static bool start_workers(Alone *alone) {
    for (uint32_t i = 0; i < alone->config.workers; i++) {
        AloneWorker *worker = &alone->workers[i];
        worker->alone = alone;
        worker->number = i;
        snprintf(worker->name, sizeof worker->name, "worker %u", i);
        snprintf(worker->place, sizeof worker->place, "thread %u", i);
        snprintf(worker->data, sizeof worker->data, "inproc://worker-%u", i);
        if (pthread_create(&worker->thread, NULL, worker_thread, worker) != 0) break;
        alone->started++;
    }
    return alone->started == alone->config.workers;
}

Alone *alone_start(const AloneConfig *config, Cluster **cluster, char **error) {
    Alone *alone = xcalloc(1, sizeof *alone);
    alone->config = *config;
    alone->workers = xcalloc(config->workers, sizeof *alone->workers);
    alone->net = net_new(true);
    alone->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&alone->mutex, NULL);
    pthread_cond_init(&alone->changed, NULL);
    bool failed = alone->wake < 0 || pthread_create(&alone->hub_thread, NULL, hub_thread, alone) != 0;
    pthread_mutex_lock(&alone->mutex);
    while (!failed && !alone->is_listening && !alone->is_failed) pthread_cond_wait(&alone->changed, &alone->mutex);
    pthread_mutex_unlock(&alone->mutex);
    if (!failed && alone->is_failed) {
        pthread_join(alone->hub_thread, NULL);
        failed = true;
    }
    *error = alone->error;
    if (failed && !*error) *error = strdup("cannot start a thread");
    if (failed) return NULL; /* the program ends with this error */
    ClusterConfig connection = {.net = alone->net, .program = programs_own(config->programs), .shares = config->shares};
    connection.control = CONTROL;
    connection.data = ROOT_DATA;
    connection.on_end = on_end;
    connection.data_of_end = alone;
    *cluster = cluster_connect(&connection, error);
    if (!*cluster) return NULL;
    if (start_workers(alone)) return alone;
    *error = strdup("cannot start a worker's thread");
    return NULL;
}

bool alone_finish(Alone **alone) {
    Alone *self = *alone;
    if (!self) return true;
    bool is_clean = true;
    for (uint32_t i = 0; i < self->started; i++) {
        pthread_join(self->workers[i].thread, NULL);
        is_clean = is_clean && self->workers[i].is_clean;
    }
    wait_for_end(self);
    wake_up(self);
    pthread_join(self->hub_thread, NULL);
    *alone = NULL;
    if (!is_clean) return false;
    net_free(&self->net);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    close(self->wake);
    free(self->error);
    free(self->workers);
    free(self);
    return true;
}
