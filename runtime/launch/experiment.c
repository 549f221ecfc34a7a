/* experiment.c: see experiment.h. The thread of the root waits for calls; the workers are those of a program that runs alone, which
 * know the programs by a list of them. */
#include "runtime/launch/experiment.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "runtime/launch/alone.h"
#include "runtime/launch/attach.h"
#include "runtime/io/state.h"
#include "runtime/net/segment.h"
#include "runtime/value/lender.h"
#include "runtime/value/neighbours.h"
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
    Codes *codes;
    ExperimentConfig config;
    Alone *alone;   /* threads */
    Attach *attach; /* processes: whoever has them; guarded by the mutex, too */
    Net *net;
    atomic_bool is_lost; /* the run has ended, without the experiment */
    bool is_torn;        /* not all workers could be started: those that were go on until the process ends */
    bool is_clean;       /* all threads have ended */
};

static Experiment *experiment_of(MrContext *context) {
    return context->runtime->start_data;
}

/* ---- workers that are threads */

static bool start_threads(MrContext *context) {
    Experiment *self = experiment_of(context);
    AloneConfig config = {.programs = self->programs,
                          .argc = self->runtime.io.argc,
                          .argv = self->runtime.io.argv,
                          .workers = self->runtime.workers,
                          .shares = self->runtime.shares,
                          .listener = self->config.listener,
                          .lender = self->runtime.lender};
    char *error = NULL;
    self->alone = alone_start(&config, &self->runtime.cluster, &error);
    self->is_torn = self->is_torn || !self->alone;
    return !self->alone && io_fail_take(context, error);
}

/* ---- workers that are processes */

static void set_attach(Experiment *self, Attach *attach) {
    pthread_mutex_lock(&self->mutex);
    self->attach = attach;
    pthread_mutex_unlock(&self->mutex);
}

/* Has them started, and waits for nothing. */
static bool call_processes(Experiment *self, char **error) {
    const ExperimentProcesses *processes = self->config.processes;
    size_t count = 0;
    while (processes->options && processes->options[count]) count++;
    char **options = xcalloc(count + 3, sizeof *options), flag[] = "-n", number[16];
    for (size_t i = 0; i < count; i++) options[i] = processes->options[i];
    if (self->runtime.workers) {
        snprintf(number, sizeof number, "%u", self->runtime.workers);
        options[count] = flag;
        options[count + 1] = number;
    }
    AttachConfig config = {.mrrun = processes->mrrun, .options = options, .program = processes->program, .hash = self->none.hash};
    set_attach(self, attach_start(&config, error));
    free(options);
    return self->attach != NULL;
}

/* On any thread. Whoever waits for a job fails. */
static void lose(Experiment *self) {
    atomic_store(&self->is_lost, true);
    shares_stop(self->runtime.shares);
}

static void on_end(void *data, int status) {
    (void)status;
    lose(data);
}

static bool is_wanted(void *data) {
    const Experiment *self = data;
    return __atomic_load_n(&self->context.stack_limit, __ATOMIC_RELAXED) != MR_INTERRUPTED;
}

static bool join_processes(Experiment *self, char **error) {
    LaunchRole role;
    char control[MESSAGE_ENDPOINT_SIZE], data[MESSAGE_ENDPOINT_SIZE];
    if (!self->attach && !call_processes(self, error)) return false;
    if (!attach_wait(self->attach, is_wanted, self, &role, error)) {
        Attach *attach = self->attach;
        set_attach(self, NULL);
        attach_end(&attach);
        return false;
    }
    launch_endpoints(&role, "root", control, data);
    self->net = net_new(false);
    self->runtime.workers = role.workers;
    if (!role.memory && !self->runtime.neighbours)
        self->runtime.neighbours = neighbours_new(segments_this_host(), !role.control[0]);
    LinkKeys keys = {.own = role.keys};
    ClusterConfig config = {.net = self->net, .program = &self->none, .shares = self->runtime.shares, .codes = self->codes};
    config.control = control;
    config.data = data;
    config.host = role.host;
    config.on_end = on_end;
    config.data_of_end = self;
    if (role.control[0]) config.keys = &keys;
    self->runtime.cluster = cluster_connect(&config, error);
    key_pair_wipe(&role.keys);
    return self->runtime.cluster != NULL;
}

static bool start_processes(MrContext *context) {
    char *error = NULL;
    return !join_processes(experiment_of(context), &error) && io_fail_take(context, error);
}

static void disconnect(Experiment *self) {
    cluster_finish(&self->runtime.cluster, 0);
    net_free(&self->net);
    Attach *attach = self->attach;
    set_attach(self, NULL);
    attach_end(&attach);
    self->is_clean = alone_finish(&self->alone) && !self->is_torn;
}

/* The workers are gone; the next job gets new ones. Work that was started and not awaited is over. */
static void recover(Experiment *self) {
    char *error = NULL;
    disconnect(self);
    Shares *shares = shares_new(&self->runtime.futures_ended, &error);
    free(error);
    if (!shares) return; /* and waiting fails for ever */
    pthread_mutex_lock(&self->mutex);
    shares_free(&self->runtime.shares);
    self->runtime.shares = shares;
    pthread_mutex_unlock(&self->mutex);
    atomic_store(&self->is_lost, false);
}

/* `exit` in a program ends the experiment. */
static void leave(MrContext *context, int status) {
    context->out_is_direct = true;
    context->runtime->io.leave = NULL;
    io_flush(context);
    disconnect(experiment_of(context));
    fflush(NULL);
    const NewsListener *listener = &experiment_of(context)->config.listener;
    if (listener->leave) listener->leave(listener->data);
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
        if (atomic_load(&self->is_lost)) recover(self);
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

static void experiment_free(Experiment *self) {
    lender_free(&self->runtime.lender);
    neighbours_free(&self->runtime.neighbours);
    programs_free(&self->programs);
    codes_free(&self->codes);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->changed);
    free(self);
}

static void do_nothing(MrContext *context, void *data) {
    (void)context, (void)data;
}

/* What root and workers are in between programs. */
static MrProgram no_program(void) {
    MrProgram none = {.abi_version = MR_ABI_VERSION, .name = "experiment"};
    checksum128(none.hash, MR_VERSION, sizeof MR_VERSION);
    return none;
}

Experiment *experiment_start(const ExperimentConfig *config, char **error) {
    Experiment *self = xcalloc(1, sizeof *self);
    const char *local = getenv("MR_LOCAL_MS"); /* for tests, as for programs */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    self->none = no_program();
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->config = *config;
    self->programs = programs_new(&self->none);
    self->codes = codes_new();
    self->runtime = (MrRuntime){.local_nanoseconds = LOCAL_MILLISECONDS * 1000000, .start_data = self, .programs = self->programs};
    self->runtime.start = config->processes ? start_processes : start_threads;
    if (local && *local) self->runtime.local_nanoseconds = strtol(local, NULL, 10) * 1000000;
    self->runtime.workers = config->workers || config->processes ? config->workers : cores > 0 ? (uint32_t)cores : 1;
    self->runtime.io = (IoState){.argc = config->argc, .argv = config->argv, .name = "root", .is_root = true, .leave = leave};
    self->runtime.io.has_terminal = config->is_served || isatty(STDOUT_FILENO);
    if (config->is_served) self->runtime.io.leave = NULL;
    atomic_init(&self->limit, UINT64_MAX);
    self->runtime.limit = &self->limit;
    if (!config->processes) self->runtime.lender = lender_new();
    self->runtime.shares = shares_new(&self->runtime.futures_ended, error);
    bool is_good = self->runtime.shares && (!config->processes || call_processes(self, error));
    sigset_t interrupt, before; /* is for the thread that this is called on, and not for the experiment's */
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    int reason = is_good ? thread_start(&self->thread, root_thread, self) : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_good && reason == 0) {
        experiment_call(self, do_nothing, NULL); /* from here on the context is there */
        return self;
    }
    if (reason) *error = io_message("cannot start a thread: %s", strerror(reason));
    if (self->runtime.shares) shares_free(&self->runtime.shares);
    attach_end(&self->attach);
    experiment_free(self);
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
    experiment_free(self);
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
        if (self->config.processes) call_processes(self, &change->error);
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

void experiment_run(Experiment *experiment, ExperimentCall *call, void *data, const volatile sig_atomic_t *interrupt,
                    ExperimentMeanwhile *meanwhile) {
    const char *limit = experiment->context.stack_limit;
    bool is_interrupted = false;
    pthread_mutex_lock(&experiment->mutex);
    experiment->call = call;
    experiment->data = data;
    pthread_cond_broadcast(&experiment->changed);
    while (!is_done_after_a_while(experiment)) {
        if (experiment->attach && !atomic_load(&experiment->is_lost) && attach_is_gone(experiment->attach)) lose(experiment);
        if (meanwhile) {
            pthread_mutex_unlock(&experiment->mutex);
            meanwhile(data);
            pthread_mutex_lock(&experiment->mutex);
        }
        if (!interrupt || !*interrupt || is_interrupted) continue;
        is_interrupted = true;
        atomic_store(&experiment->limit, 0);
        __atomic_store_n(&experiment->context.stack_limit, MR_INTERRUPTED, __ATOMIC_RELAXED);
        shares_look(experiment->runtime.shares);
    }
    experiment->context.stack_limit = limit;
    atomic_store(&experiment->limit, UINT64_MAX);
    pthread_mutex_unlock(&experiment->mutex);
}

void experiment_enter(MrContext *context, const MrProgram *program, Code *code) {
    Experiment *self = experiment_of(context);
    bool travels = self->config.processes && code;
    programs_add(self->programs, program, travels ? code : NULL);
    if (travels) codes_add(self->codes, code);
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

bool experiment_forget(MrContext *context, const MrProgram *program, Code *code) {
    cost_forget(context->runtime, program);
    Experiment *self = experiment_of(context);
    bool is_free = programs_remove(self->programs, program);
    if (is_free && self->config.processes && code) codes_remove(self->codes, code_hash(code));
    return is_free;
}

typedef struct Shown {
    Buf *out;
    char *error;
} Shown;

/* Those that are being started have not all been heard of: so often it is asked again. */
enum { ASKED = 20, PAUSE = 50 /* milliseconds */ };

static void show_workers(MrContext *context, void *data) {
    Experiment *self = experiment_of(context);
    Shown *shown = data;
    bool is_there = self->runtime.cluster || join_processes(self, &shown->error);
    for (int i = 0; is_there && i < ASKED; i++) {
        shown->out->len = 0;
        uint32_t lines = 0;
        if (!attach_workers(self->attach, shown->out)) break;
        for (size_t k = 0; k < shown->out->len; k++) lines += shown->out->data[k] == '\n';
        if (lines >= self->runtime.workers) return;
        poll(NULL, 0, PAUSE);
    }
    if (!shown->error && shown->out->len == 0) shown->error = strdup("there are no workers");
}

bool experiment_show_workers(Experiment *experiment, Buf *out, char **error) {
    Shown shown = {.out = out};
    if (experiment->config.processes) experiment_call(experiment, show_workers, &shown);
    *error = shown.error;
    return experiment->config.processes && !shown.error;
}

/* ---- in a worker's process */

bool experiment_is_worker(void) {
    return getenv(LAUNCH_VARIABLE) != NULL;
}

int experiment_work(const ProgramLoader *loader, int argc, char **argv) {
    LaunchEnds ends;
    LaunchRole role;
    MrProgram none = no_program();
    const char *launch = getenv(LAUNCH_VARIABLE);
    if (!launch_read_ends(launch, &ends)) {
        fprintf(stderr, "error: " LAUNCH_VARIABLE " is \"%s\", but mrrun did not start this program: do not set it\n", launch);
        return 2;
    }
    unsetenv(LAUNCH_VARIABLE);
    signal(SIGPIPE, SIG_IGN);
    launch_prepare_files();
    launch_parent(ends, &none, &role);
    if (role.is_root) {
        fprintf(stderr, "error: this program is not started by mrrun, but takes its options itself\n");
        return 2;
    }
    if (role.texts.count > 0) { /* they could not be inherited */
        argc = (int)role.texts.count;
        argv = role.texts.arguments;
    }
    return launch_worker(&role, &none, loader, argc, argv);
}
