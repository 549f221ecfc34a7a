/* main.c: mrrun: starts a program's processes, is their scheduler, and ends with the program's exit status.
 *
 * The program is started once and forks its own workers (runtime/launch/launch.h). Meanwhile the scheduler's socket is bound, so
 * that nobody connects in vain. However mrrun ends, the started process sees its socket closed, ends all others and removes the
 * directory. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/launch/hub.h"
#include "runtime/launch/launch.h"
#include "tools/mrrun/options.h"
#include "tools/mrrun/program.h"
#include "tools/mrrun/stats.h"

enum { END_PATIENCE = 2000, KILL_PATIENCE = 1000 /* milliseconds */, SPARE_FILES = 48 /* beside one for each worker */ };

typedef struct Run {
    Options options;
    Stats stats;
    char directory[MESSAGE_ENDPOINT_SIZE];
    char *path;              /* of the program */
    pid_t parent;            /* the process that was started */
    int socket;              /* to it; -1: closed */
    sigset_t old_signals;    /* as they were when mrrun was started */
    int signals, wake, lock; /* lock: on the directory, as long as mrrun lives */
    bool is_ended;           /* all processes have taken leave */
    bool is_started;         /* it was told to start root and workers */
    int interrupt;           /* the signal that ended the run, or 0 */
} Run;

/* ---- the run's directory */

/* A socket's path may have about a hundred bytes. */
static bool is_good_folder(const char *folder) {
    struct stat status;
    return folder && *folder == '/' && strlen(folder) < 60 && stat(folder, &status) == 0 && S_ISDIR(status.st_mode) &&
           access(folder, W_OK | X_OK) == 0;
}

/* Is this the directory of a run of ours that is over? A run that goes on holds a lock on it; mrrun's number is in its name. */
static bool is_left_behind(int folder, const char *name) {
    long pid;
    int end = 0;
    struct stat status;
    if (sscanf(name, "mr-%ld-%n", &pid, &end) != 1 || end == 0 || strlen(name + end) != 6 || pid <= 0) return false;
    if (kill((pid_t)pid, 0) == 0 || errno != ESRCH) return false;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool is_ours = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) close(fd);
    return is_ours;
}

/* Removes what runs have left whose processes were all killed at once. */
static void sweep_directories(const char *folder) {
    DIR *entries = opendir(folder);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[512];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (len < (int)sizeof path && is_left_behind(dirfd(entries), entry->d_name)) launch_remove_directory(path);
    }
    closedir(entries);
}

static bool make_directory_in(Run *run, const char *folder) {
    if (!is_good_folder(folder)) return false;
    sweep_directories(folder);
    snprintf(run->directory, sizeof run->directory, "%s/mr-%ld-XXXXXX", folder, (long)getpid());
    bool is_made = mkdtemp(run->directory) != NULL;
    if (!is_made) run->directory[0] = '\0';
    if (is_made) run->lock = open(run->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return is_made && run->lock >= 0 && flock(run->lock, LOCK_EX) == 0;
}

static bool make_directory(Run *run) {
    const char *const folders[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (make_directory_in(run, folders[i])) return true;
    }
    fprintf(stderr, "mrrun: cannot make a directory in /tmp, nor where XDG_RUNTIME_DIR and TMPDIR say: %s\n", strerror(errno));
    return false;
}

/* ---- starting */

static bool report_start(int reason) {
    if (reason) fprintf(stderr, "mrrun: cannot start a process: %s\n", strerror(reason));
    return reason == 0;
}

/* In the started process: becomes the program. */
static _Noreturn void become_program(const Run *run, int socket) {
    char number[16];
    snprintf(number, sizeof number, "%d", socket);
    setenv(LAUNCH_VARIABLE, number, 1);
    sigprocmask(SIG_SETMASK, &run->old_signals, NULL);
    execv(run->path, run->options.program);
    ParentRecord record = {.kind = PARENT_NOT_STARTED, .reason = errno};
    send(socket, &record, sizeof record, MSG_NOSIGNAL);
    _exit(127);
}

/* Signals that end a run come through a descriptor from here on: before there is anything that would be left behind. */
static bool take_over_signals(Run *run) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    if (signal(SIGHUP, SIG_DFL) == SIG_IGN)
        signal(SIGHUP, SIG_IGN); /* nohup's wish */
    else
        sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, &run->old_signals);
    run->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return report_start(run->signals < 0 ? errno : 0);
}

/* Before there is any thread or connection. */
static bool start_program(Run *run) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return report_start(errno);
    run->parent = fork();
    if (run->parent == 0) {
        fcntl(ends[1], F_SETFD, 0);
        become_program(run, ends[1]);
    }
    close(ends[1]);
    run->socket = ends[0];
    return report_start(run->parent < 0 ? errno : 0);
}

/* Waits for the started process, but not for ever: one that was stopped sees nothing. When it is killed its children die too. */
static void wait_for_parent(pid_t parent, int milliseconds) {
    struct pollfd end = {.fd = pidfd_open(parent, 0), .events = POLLIN};
    if (end.fd < 0 || poll(&end, 1, milliseconds) <= 0) kill(parent, SIGKILL);
    if (end.fd >= 0) close(end.fd);
    while (waitpid(parent, NULL, 0) < 0 && errno == EINTR) {}
}

/* Closing the socket ends every process of the run. After a good end the processes are about to end by themselves. */
static void stop_program(Run *run) {
    LaunchEnd end = {.patience = run->is_ended ? END_PATIENCE : 0};
    if (run->socket >= 0 && run->is_ended) send(run->socket, &end, sizeof end, MSG_NOSIGNAL);
    if (run->socket >= 0) close(run->socket);
    run->socket = -1;
    if (run->parent > 0) wait_for_parent(run->parent, (int)end.patience + KILL_PATIENCE);
    if (run->directory[0]) launch_remove_directory(run->directory);
}

/* ---- what happens */

static const char *describe_exit(int status, char *text, size_t size) {
    if (WIFSIGNALED(status))
        snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "it ended with status %d", WEXITSTATUS(status));
    return text;
}

static void take_hello(Run *run, Hub *hub, const ParentRecord *hello) {
    hub_expect_program(hub, hello->program);
    LaunchStart start = {.version = PROTOCOL_VERSION, .workers = run->options.workers};
    memcpy(start.directory, run->directory, sizeof start.directory);
    run->is_started = send(run->socket, &start, sizeof start, MSG_NOSIGNAL) == (ssize_t)sizeof start;
    if (!run->is_started) hub_fail(hub, "the program could not be told what to start", true);
}

static void take_record(Run *run, Hub *hub) {
    ParentRecord record;
    char text[128];
    ssize_t got = recv(run->socket, &record, sizeof record, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got != (ssize_t)sizeof record) { /* the process that watches the others is gone, and with it they are */
        epoll_ctl(run->wake, EPOLL_CTL_DEL, run->socket, NULL);
        hub_fail(hub, "the process that watches over root and workers ended, and with it the run", true);
        return;
    }
    if (record.kind == PARENT_HELLO && !run->is_started) take_hello(run, hub, &record);
    if (record.kind == PARENT_EXIT) {
        HubLoss loss = {.pid = record.pid, .how = describe_exit(record.status, text, sizeof text), .at_chunk = -1};
        hub_process_lost(hub, &loss);
    }
    if (record.kind == PARENT_NOT_STARTED) {
        snprintf(text, sizeof text, "a process of the program could not be started: %s", strerror(record.reason));
        hub_fail(hub, text, true); /* those that were are ended with it */
    }
}

static void take_signal(Run *run, Hub *hub) {
    struct signalfd_siginfo info;
    if (read(run->signals, &info, sizeof info) != (ssize_t)sizeof info) return;
    if (!run->interrupt) run->interrupt = (int)info.ssi_signo;
    hub_interrupt(hub);
}

static void on_wake(Hub *hub, void *data) {
    Run *run = data;
    take_signal(run, hub);
    take_record(run, hub);
}

static void on_log(void *data, int level, const char *text) {
    const Run *run = data;
    if (run->options.is_verbose || (level == 0 && !run->options.is_quiet)) fprintf(stderr, "mrrun: %s\n", text);
}

static void on_job(void *data, const Sched *sched, const JobStats *job) {
    Run *run = data;
    (void)sched;
    if (run->options.is_verbose) stats_show_shares(job);
    if (run->options.stats) stats_add(&run->stats, job);
}

/* ---- the run */

static bool watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static Hub *open_hub(Run *run, Net *net) {
    char control[MESSAGE_ENDPOINT_SIZE], *error = NULL;
    launch_endpoint(control, run->directory, "control");
    HubConfig config = {.net = net, .control = control, .wake = run->wake, .data = run};
    config.sched = (SchedConfig){.workers = run->options.workers, .shuffle_seed = run->options.shuffle_seed};
    if (run->options.shuffle_seed) config.sched.range_chunks = 1;
    config.on_wake = on_wake;
    config.on_log = on_log;
    config.on_job = on_job;
    Hub *hub = hub_open(&config, &error);
    if (!hub) fprintf(stderr, "mrrun: %s\n", error ? error : "cannot listen");
    free(error);
    return hub;
}

static void show_end(Run *run, const char *text, uint64_t start) {
    double seconds = (double)(clock_now() - start) / 1e9;
    if (text[0]) fprintf(stderr, "error: %s\n", text);
    if (run->options.stats == STATS_TEXT) stats_show(&run->stats, seconds);
    if (run->options.stats == STATS_JSON) stats_show_json(&run->stats, run->options.workers, seconds);
}

static bool all_were_here(const Run *run, const Sched *sched) {
    uint32_t here = 0;
    for (uint32_t i = 0; i < sched_worker_count(sched); i++) here += sched_worker(sched, i).pid != 0;
    return here == run->options.workers;
}

static int run_program(Run *run) {
    uint64_t start = clock_now();
    run->wake = epoll_create1(EPOLL_CLOEXEC);
    if (run->wake < 0 || !watch(run->wake, run->socket) || !watch(run->wake, run->signals)) {
        fprintf(stderr, "mrrun: cannot watch the processes: %s\n", strerror(errno));
        return 1;
    }
    if (run->options.is_verbose) {
        fprintf(stderr, "mrrun: %s with %u workers, processes of this machine, in %s\n", run->path, run->options.workers,
                run->directory);
    }
    Net *net = net_new(false);
    Hub *hub = open_hub(run, net);
    int status = 1;
    char text[MESSAGE_TEXT_SIZE] = "";
    if (hub) {
        status = hub_run(hub, text);
        /* Workers that had not been heard of before the end know nothing of it. */
        run->is_ended = !text[0] && !run->interrupt && all_were_here(run, hub_sched(hub));
        show_end(run, text, start);
    }
    hub_close(&hub);
    net_free(&net);
    return run->interrupt ? 128 + run->interrupt : status;
}

int main(int argc, char **argv) {
    Run run = {.socket = -1, .signals = -1, .wake = -1, .lock = -1};
    int status = 1;
    uint64_t files = launch_prepare_files();
    if (!options_parse(&run.options, argc, argv, &status)) return status;
    if (files < run.options.workers + SPARE_FILES) {
        fprintf(stderr, "mrrun: %u workers need %u open files, but only %llu are allowed here (ulimit -n)\n", run.options.workers,
                run.options.workers + SPARE_FILES, (unsigned long long)files);
        return 1;
    }
    run.path = program_find(run.options.program[0]);
    if (!run.path) return 1;
    if (take_over_signals(&run) && make_directory(&run) && start_program(&run)) status = run_program(&run);
    stop_program(&run);
    stats_free(&run.stats);
    if (run.wake >= 0) close(run.wake);
    if (run.signals >= 0) close(run.signals);
    if (run.lock >= 0) close(run.lock);
    free(run.path);
    return status;
}
