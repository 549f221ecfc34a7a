/* main.c: mr_main: which role does this process play?
 *
 * Started by mrrun, it is the parent of the run's processes, and then, forked, the root or a worker. By itself it is the root, and
 * starts scheduler and workers as threads when the first job needs them. The program's top level runs on a thread with a large
 * stack. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "runtime/launch/alone.h"
#include "runtime/launch/launch.h"
#include "runtime/launch/ranked.h"
#include "runtime/net/segment.h"
#include "runtime/value/neighbours.h"
#include "runtime/value/value.h"
#include "runtime/worker/cluster.h"
#include "runtime/worker/cpu.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/laws.h"
#include "runtime/worker/runtime.h"
#include "runtime/worker/spill.h"

/* A worker's thread needs open files for its connections, its wake-up call and what it reads. */
enum { LOCAL_MILLISECONDS = 1, MOST_WORKERS = 4096, FILES_OF_WORKER = 10, SPARE_FILES = 32 };

/* The root of a run; it lives in mr_main's frame. */
typedef struct RootRun {
    const MrProgram *program;
    Programs *programs; /* alone */
    MrContext context;
    MrRuntime runtime;
    Alone *alone;
    Net *net; /* under mrrun */
    char control[MESSAGE_ENDPOINT_SIZE], data[MESSAGE_ENDPOINT_SIZE];
    int status;
    bool is_torn;  /* not all workers could be started: those that were go on until the process ends */
    bool is_clean; /* all threads have ended, and given back what they had */
} RootRun;

static RootRun *run_of(MrContext *context) {
    return context->runtime->start_data;
}

/* ---- errors and the end */

static void show_error(const MrError *error) {
    fprintf(stderr, "error: %s\n", error->message ? error->message : "unknown");
    if (error->where.file) fprintf(stderr, " --> %s:%d:%d\n", error->where.file, error->where.line, error->where.column);
    if (error->input) fprintf(stderr, " while mapping %s\n", error->input);
}

/* Shows what was printed, then the error if there is one; returns the exit status. */
static int conclude(MrContext *context, bool failed, int status) {
    IoState *io = &context->runtime->io;
    MrError error = context->error;
    context->error = (MrError){0};
    context->out_is_direct = true;
    io->leave = NULL;
    if (io_flush(context)) {
        if (!io->reader_is_gone) show_error(&context->error);
        status = io->reader_is_gone ? STATUS_READER_GONE : 1;
    }
    if (failed) {
        show_error(&error);
        status = 1;
    }
    mr_error_clear(&error);
    if (context->runtime->laws && laws_conclude(context->runtime->laws)) status = 1;
    laws_free(&context->runtime->laws);
    return status;
}

static void disconnect(RootRun *run, int status) {
    cluster_finish(&run->runtime.cluster, status);
    run->is_clean = alone_finish(&run->alone) && !run->is_torn;
    net_free(&run->net);
}

/* exit(code), on the program's thread. */
static void leave(MrContext *context, int status) {
    RootRun *run = run_of(context);
    status = conclude(context, false, status);
    disconnect(run, status);
    fflush(NULL); /* what C functions of the program have written */
    _exit(status);
}

/* ---- the root */

static void *root_thread(void *argument) {
    RootRun *run = argument;
    MrContext *context = &run->context;
    context_init(context, run->program, &run->runtime);
    context->out_is_direct = true;
    bool failed = run->program->top_level(context);
    run->status = conclude(context, failed, 0);
    disconnect(run, run->status);
    context_free(context); /* futures that nobody has awaited end here, and with them what was lent for their jobs */
    runtime_free(&run->runtime);
    shares_free(&run->runtime.shares);
    neighbours_free(&run->runtime.neighbours);
    if (run->is_clean) programs_free(&run->programs);
    if (run->is_clean) lender_free(&run->runtime.lender); /* else a worker that is still at an element may end a loan yet */
    return NULL;
}

/* A whole number in the environment, or `fallback`; false: it is something else. */
static bool read_setting(const char *name, long most, long fallback, long *value) {
    const char *text = getenv(name);
    *value = fallback;
    if (!text || !*text) return true;
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (isdigit((unsigned char)*text) && !*end && errno == 0 && *value <= most) return true;
    fprintf(stderr, "error: %s is \"%s\", but must be a whole number up to %ld\n", name, text, most);
    return false;
}

/* The limit of memory for each worker; false: it is none. */
static bool read_memory(uint64_t *limit) {
    const char *text = getenv("MR_MEMORY");
    *limit = 0;
    if (!text || !*text || (size_parse(text, limit) && *limit >= MEMORY_LEAST)) return true;
    fprintf(stderr, "error: MR_MEMORY is \"%s\", but must be an amount of memory such as 512M or 2G, of 256K at least\n", text);
    return false;
}

/* The root's jobs that workers have; NULL after a message. */
static Shares *make_shares(RootRun *run) {
    char *error = NULL;
    run->runtime.shares = shares_new(&run->runtime.futures_ended, &error);
    if (error) fprintf(stderr, "error: %s\n", error);
    free(error);
    return run->runtime.shares;
}

static int run_root(RootRun *run, const MrProgram *program, int argc, char **argv) {
    run->program = program;
    long local;
    if (!read_setting("MR_LOCAL_MS", 1000000, LOCAL_MILLISECONDS, &local)) return 2;
    run->runtime.local_nanoseconds = local * 1000000;
    const char *setting = getenv("MR_LOCAL_MS");
    run->runtime.local_always = local > 0 && setting && *setting;
    run->runtime.start_data = run;
    if (program->checks_laws) run->runtime.laws = laws_new();
    IoState *io = &run->runtime.io;
    *io = (IoState){.argc = argc - 1, .argv = argv + 1, .name = "root", .is_root = true, .leave = leave};
    io->has_terminal = isatty(STDOUT_FILENO);
    pthread_t thread;
    int reason = thread_start(&thread, root_thread, run);
    if (reason != 0) {
        fprintf(stderr, "error: cannot start a thread: %s\n", strerror(reason));
        return 1;
    }
    pthread_join(thread, NULL);
    return run->is_clean ? launch_check_values(run->status) : run->status;
}

/* ---- alone */

static bool start_alone(MrContext *context) {
    RootRun *run = run_of(context);
    run->programs = programs_new(run->program);
    AloneConfig config = {.programs = run->programs, .argc = run->runtime.io.argc, .argv = run->runtime.io.argv};
    config.workers = run->runtime.workers;
    config.shares = run->runtime.shares;
    config.memory = run->runtime.memory;
    config.lender = run->runtime.lender;
    char *error = NULL;
    run->alone = alone_start(&config, &run->runtime.cluster, &error);
    run->is_torn = !run->alone;
    return !run->alone && io_fail_take(context, error);
}

static int main_alone(const MrProgram *program, uint64_t files, int argc, char **argv) {
    RootRun run = {0};
    long workers, cores = sysconf(_SC_NPROCESSORS_ONLN), most = MOST_WORKERS;
    if (files < SPARE_FILES + (uint64_t)most * FILES_OF_WORKER)
        most = files > SPARE_FILES + FILES_OF_WORKER ? ((long)files - SPARE_FILES) / FILES_OF_WORKER : 1;
    if (cores > most) cores = most;
    if (!read_setting("MR_WORKERS", MOST_WORKERS, cores > 0 ? cores : 1, &workers)) return 2;
    if (workers == 0) {
        fprintf(stderr, "error: MR_WORKERS is 0: there must be a worker\n");
        return 2;
    }
    if (workers > most) {
        fprintf(stderr, "error: MR_WORKERS is %ld, but with %llu open files (ulimit -n) there can be %ld at most\n", workers,
                (unsigned long long)files, most);
        return 1;
    }
    run.runtime.workers = (uint32_t)workers;
    if (!read_memory(&run.runtime.memory)) return 2;
    if (!run.runtime.memory) run.runtime.lender = lender_new(); /* what is lent cannot be spilled */
    if (!program->checks_laws) run.runtime.start = start_alone;
    if (!make_shares(&run)) return 1;
    return run_root(&run, program, argc, argv);
}

/* ---- under mrrun */

static void on_end(void *data, int status) {
    (void)data;
    _exit(status);
}

static int main_root(const LaunchRole *role, const MrProgram *program, int argc, char **argv) {
    RootRun run = {.net = net_new(false)};
    MR_FAULT_PROCESS("root");
    run.runtime.workers = role->workers;
    if (!role->memory) run.runtime.neighbours = neighbours_new(segments_this_host(), !role->control[0]);
    launch_endpoints(role, "root", run.control, run.data);
    ClusterConfig config = {.net = run.net, .program = program, .control = run.control, .data = run.data, .on_end = on_end};
    char *error = NULL;
    if (!make_shares(&run)) return 1;
    config.shares = run.runtime.shares;
    config.host = role->host;
    LinkKeys keys = {.own = role->keys};
    if (role->control[0]) config.keys = &keys;
    run.runtime.cluster = cluster_connect(&config, &error);
    if (run.runtime.cluster) return run_root(&run, program, argc, argv);
    fprintf(stderr, "error: %s\n", error);
    free(error);
    return 1;
}

static int main_role(const LaunchRole *role, const MrProgram *program, int argc, char **argv) {
    if (role->texts.count > 0) { /* they could not be inherited */
        argc = (int)role->texts.count;
        argv = role->texts.arguments;
    }
    return role->is_root ? main_root(role, program, argc, argv) : launch_worker(role, program, NULL, argc, argv);
}

static int main_under_mrrun(const char *launch, const MrProgram *program, int argc, char **argv) {
    LaunchRole role;
    LaunchEnds ends;
    if (!launch_read_ends(launch, &ends)) {
        fprintf(stderr, "error: " LAUNCH_VARIABLE " is \"%s\", but mrrun did not start this program: do not set it\n", launch);
        return 2;
    }
    unsetenv(LAUNCH_VARIABLE);
    launch_parent(ends, program, &role);
    return main_role(&role, program, argc, argv);
}

/* ---- as one of the ranks that an engine has started */

static int main_ranked(const Ranks *ranks, const MrProgram *program, int argc, char **argv) {
    LaunchRole role;
    uint64_t memory;
    if (!read_memory(&memory)) return 2;
    ranks_forget();
    ranked_run(ranks, program, memory, &role);
    return main_role(&role, program, argc, argv);
}

int mr_main(int argc, char **argv, const MrProgram *program) {
    if (program->abi_version != MR_ABI_VERSION) {
        fprintf(stderr, "error: this program was compiled for version %u of the runtime, which is version %d\n",
                program->abi_version, MR_ABI_VERSION);
        return 1;
    }
    char *error = cpu_objection(program);
    if (error) {
        fprintf(stderr, "error: %s\n", error);
        free(error);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* print sees that nobody reads, and no other descriptor shall end a process */
    uint64_t files = launch_prepare_files();
    const char *launch = getenv(LAUNCH_VARIABLE);
    if (launch && program->checks_laws) {
        fputs("error: a program that checks laws runs by itself, not under mrrun\n", stderr);
        return 2;
    }
    if (launch) return main_under_mrrun(launch, program, argc, argv);
    Ranks ranks;
    RanksFound found = program->checks_laws ? RANKS_NONE : ranks_of_process(&ranks, &error);
    if (found == RANKS_SEVERAL) return main_ranked(&ranks, program, argc, argv);
    if (found == RANKS_NONE) return main_alone(program, files, argc, argv);
    fprintf(stderr, "error: %s\n", error ? error : "no memory");
    free(error);
    return 2;
}
