/* alone.c: the threads of a program that runs by itself. */
#include "runtime/launch/alone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    uint32_t started; /* workers */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_listening, is_failed; /* the scheduler */
    char *error;
    int status;
};

static void on_log(void *data, int level, const char *text) {
    (void)data;
    if (level == 0) fprintf(stderr, "mr: %s\n", text);
}

static void on_job(void *data, const Sched *sched, const JobStats *stats) {
    (void)data, (void)sched, (void)stats;
}

static void *hub_thread(void *argument) {
    Alone *alone = argument;
    char *error = NULL, text[MESSAGE_TEXT_SIZE];
    HubConfig config = {.net = alone->net, .control = CONTROL, .sched = {.workers = alone->config.workers}, .wake = -1};
    config.on_log = on_log;
    config.on_job = on_job;
    Hub *hub = hub_open(&config, &error);
    pthread_mutex_lock(&alone->mutex);
    alone->is_listening = hub != NULL;
    alone->is_failed = hub == NULL;
    alone->error = error;
    pthread_cond_signal(&alone->changed);
    pthread_mutex_unlock(&alone->mutex);
    if (!hub) return NULL;
    alone->status = hub_run(hub, text);
    if (text[0]) fprintf(stderr, "error: %s\n", text);
    hub_close(&hub);
    return NULL;
}

static void *worker_thread(void *argument) {
    AloneWorker *worker = argument;
    const AloneConfig *alone = &worker->alone->config;
    WorkerConfig config = {.net = worker->alone->net,
                           .program = alone->program,
                           .argc = alone->argc,
                           .argv = alone->argv,
                           .number = worker->number,
                           .control = CONTROL,
                           .data = worker->data,
                           .name = worker->name,
                           .place = worker->place};
    worker_run(&config, &worker->is_clean);
    return NULL;
}

/* The run ends before the program does; the scheduler's thread says why, and is waited for. */
static void on_end(void *data, int status) {
    Alone *alone = data;
    pthread_join(alone->hub_thread, NULL);
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
    return alone->started > 0;
}

Alone *alone_start(const AloneConfig *config, Cluster **cluster, char **error) {
    Alone *alone = xcalloc(1, sizeof *alone);
    alone->config = *config;
    alone->workers = xcalloc(config->workers, sizeof *alone->workers);
    alone->net = net_new(true);
    pthread_mutex_init(&alone->mutex, NULL);
    pthread_cond_init(&alone->changed, NULL);
    bool failed = pthread_create(&alone->hub_thread, NULL, hub_thread, alone) != 0;
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
    ClusterConfig connection = {.net = alone->net, .program = config->program, .control = CONTROL, .data = ROOT_DATA};
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
    pthread_join(self->hub_thread, NULL);
    *alone = NULL;
    if (!is_clean) return false;
    net_free(&self->net);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    free(self->workers);
    free(self);
    return true;
}
