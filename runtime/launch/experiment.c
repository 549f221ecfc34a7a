/* experiment.c: see experiment.h. The thread of the root waits for calls; the workers are those of a program that runs alone, which
 * know the programs by a list of them. */
#include "runtime/launch/experiment.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/alone.h"
#include "runtime/io/state.h"
#include "runtime/value/lender.h"
#include "runtime/worker/cache.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/runtime.h"

enum { LOCAL_MILLISECONDS = 1 };

struct Experiment {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    ExperimentCall *call; /* to be done, NULL: none */
    void *data;
    bool is_stopping;

    /* The root's thread. */
    MrProgram none; /* what the context is in between programs */
    Programs *programs;
    MrContext context;
    MrRuntime runtime;
    _Atomic uint64_t limit; /* MrRuntime.limit */
    Alone *alone;
    bool is_torn;  /* not all workers could be started: those that were go on until the process ends */
    bool is_clean; /* all threads have ended */
};

static Experiment *experiment_of(MrContext *context) {
    return context->runtime->start_data;
}

static bool start_workers(MrContext *context) {
    Experiment *self = experiment_of(context);
    AloneConfig config = {.programs = self->programs,
                          .argc = self->runtime.io.argc,
                          .argv = self->runtime.io.argv,
                          .workers = self->runtime.workers,
                          .shares = self->runtime.shares,
                          .lender = self->runtime.lender};
    char *error = NULL;
    self->alone = alone_start(&config, &self->runtime.cluster, &error);
    self->is_torn = self->is_torn || !self->alone;
    return !self->alone && io_fail_take(context, error);
}

static void disconnect(Experiment *self) {
    cluster_finish(&self->runtime.cluster, 0);
    self->is_clean = alone_finish(&self->alone) && !self->is_torn;
}

/* `exit` in a program ends the experiment. */
static void leave(MrContext *context, int status) {
    context->out_is_direct = true;
    context->runtime->io.leave = NULL;
    io_flush(context);
    disconnect(experiment_of(context));
    fflush(NULL);
    _exit(status);
}

static bool next_call(Experiment *self) {
    pthread_mutex_lock(&self->mutex);
    while (!self->call && !self->is_stopping) pthread_cond_wait(&self->changed, &self->mutex);
    bool is_there = self->call != NULL;
    pthread_mutex_unlock(&self->mutex);
    return is_there;
}

static void *root_thread(void *argument) {
    Experiment *self = argument;
    context_init(&self->context, &self->none, &self->runtime);
    self->context.out_is_direct = true;
    while (next_call(self)) {
        self->call(&self->context, self->data);
        pthread_mutex_lock(&self->mutex);
        self->call = NULL;
        pthread_cond_broadcast(&self->changed);
        pthread_mutex_unlock(&self->mutex);
    }
    disconnect(self);
    context_free(&self->context);
    runtime_free(&self->runtime);
    return NULL;
}

static void do_nothing(MrContext *context, void *data) {
    (void)context, (void)data;
}

Experiment *experiment_start(const ExperimentConfig *config, char **error) {
    Experiment *self = xcalloc(1, sizeof *self);
    const char *local = getenv("MR_LOCAL_MS"); /* for tests, as for programs */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    self->none = (MrProgram){.abi_version = MR_ABI_VERSION, .name = "experiment"};
    self->programs = programs_new(&self->none);
    self->runtime = (MrRuntime){.local_nanoseconds = LOCAL_MILLISECONDS * 1000000, .start = start_workers, .start_data = self};
    if (local && *local) self->runtime.local_nanoseconds = strtol(local, NULL, 10) * 1000000;
    self->runtime.workers = config->workers ? config->workers : cores > 0 ? (uint32_t)cores : 1;
    self->runtime.io = (IoState){.argc = config->argc, .argv = config->argv, .name = "root", .is_root = true, .leave = leave};
    self->runtime.io.has_terminal = config->is_served || isatty(STDOUT_FILENO);
    if (config->is_served) self->runtime.io.leave = NULL;
    atomic_init(&self->limit, UINT64_MAX);
    self->runtime.limit = &self->limit;
    self->runtime.lender = lender_new();
    self->runtime.shares = shares_new(&self->runtime.futures_ended, error);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    int reason = self->runtime.shares ? thread_start(&self->thread, root_thread, self) : 0;
    if (self->runtime.shares && reason == 0) {
        experiment_call(self, do_nothing, NULL); /* from here on the context is there */
        return self;
    }
    if (reason) *error = io_message("cannot start a thread: %s", strerror(reason));
    if (self->runtime.shares) shares_free(&self->runtime.shares);
    lender_free(&self->runtime.lender);
    programs_free(&self->programs);
    free(self);
    return NULL;
}

bool experiment_stop(Experiment **experiment) {
    Experiment *self = *experiment;
    if (!self) return true;
    *experiment = NULL;
    pthread_mutex_lock(&self->mutex);
    self->is_stopping = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->thread, NULL);
    if (!self->is_clean) return false;
    shares_free(&self->runtime.shares);
    lender_free(&self->runtime.lender);
    programs_free(&self->programs);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    free(self);
    return true;
}

uint32_t experiment_workers(const Experiment *experiment) {
    return experiment->runtime.workers;
}

void experiment_call(Experiment *experiment, ExperimentCall *call, void *data) {
    pthread_mutex_lock(&experiment->mutex);
    experiment->call = call;
    experiment->data = data;
    pthread_cond_broadcast(&experiment->changed);
    while (experiment->call) pthread_cond_wait(&experiment->changed, &experiment->mutex);
    pthread_mutex_unlock(&experiment->mutex);
}

typedef struct Change {
    uint32_t workers;
    char *error;
} Change;

static void change_workers(MrContext *context, void *data) {
    Experiment *self = experiment_of(context);
    Change *change = data;
    Shares *shares = shares_new(&self->runtime.futures_ended, &change->error);
    if (!shares) return;
    disconnect(self);
    if (self->is_clean) {
        shares_free(&self->runtime.shares);
        self->runtime.shares = shares;
        self->runtime.workers = change->workers;
    } else {
        change->error = strdup("a worker is still at an element of a job that was given up");
        shares_free(&shares);
    }
}

bool experiment_set_workers(Experiment *experiment, uint32_t workers, char **error) {
    Change change = {.workers = workers};
    experiment_call(experiment, change_workers, &change);
    *error = change.error;
    return !change.error;
}

/* Where nothing happens, whether there was an interrupt is looked at so often (nanoseconds). */
enum { LOOK = 20000000 };

static bool is_done_after_a_while(Experiment *experiment) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (experiment->call) pthread_cond_timedwait(&experiment->changed, &experiment->mutex, &until);
    return !experiment->call;
}

void experiment_run(Experiment *experiment, ExperimentCall *call, void *data, const volatile sig_atomic_t *interrupt) {
    const char *limit = experiment->context.stack_limit;
    bool is_interrupted = false;
    pthread_mutex_lock(&experiment->mutex);
    experiment->call = call;
    experiment->data = data;
    pthread_cond_broadcast(&experiment->changed);
    while (!is_done_after_a_while(experiment)) {
        if (!*interrupt || is_interrupted) continue;
        is_interrupted = true;
        atomic_store(&experiment->limit, 0);
        __atomic_store_n(&experiment->context.stack_limit, MR_INTERRUPTED, __ATOMIC_RELAXED);
        shares_look(experiment->runtime.shares);
    }
    experiment->context.stack_limit = limit;
    atomic_store(&experiment->limit, UINT64_MAX);
    pthread_mutex_unlock(&experiment->mutex);
}

void experiment_enter(MrContext *context, const MrProgram *program) {
    programs_add(experiment_of(context)->programs, program);
    context_drop_globals(context);
    context->program = program;
    context->globals = context_globals(program);
}

void experiment_leave(MrContext *context) {
    Experiment *self = experiment_of(context);
    context_drop_globals(context);
    context->program = &self->none;
    context->globals = context_globals(&self->none);
}

bool experiment_forget(MrContext *context, const MrProgram *program) {
    cost_forget(context->runtime, program);
    stream_cache_free(&context->runtime->cache);
    return programs_remove(experiment_of(context)->programs, program);
}
