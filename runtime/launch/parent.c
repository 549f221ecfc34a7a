/* parent.c: the process that mrrun starts: it forks root and workers before any thread or connection exists, and outlives them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/launch.h"

extern const LaunchNote launch_note;
__attribute__((section(".note.mr"), aligned(4), used)) const LaunchNote launch_note = {
    .owner_size = sizeof LAUNCH_NOTE_OWNER,
    .content_size = sizeof(LaunchNote) - offsetof(LaunchNote, protocol),
    .type = LAUNCH_NOTE_TYPE,
    .owner = LAUNCH_NOTE_OWNER,
    .protocol = PROTOCOL_VERSION,
    .version = MR_VERSION,
};

typedef struct Parent {
    int socket, signals;
    sigset_t old_signals;
    LaunchStart start;
    pid_t *children;
    size_t child_count, living;
} Parent;

void launch_endpoint(char out[MESSAGE_ENDPOINT_SIZE], const char *directory, const char *name) {
    snprintf(out, MESSAGE_ENDPOINT_SIZE, "ipc://%.80s/%.32s", directory, name);
}

void launch_remove_directory(const char *directory) {
    DIR *folder = opendir(directory);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat status;
        bool is_socket = fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode);
        if (is_socket) unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    rmdir(directory);
}

uint64_t launch_prepare_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* One that was closed stays useless: reading or writing it is an error. */
        if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static void report(const Parent *parent, const ParentRecord *record) {
    send(parent->socket, record, sizeof *record, MSG_NOSIGNAL);
}

/* The end of everything that this process started. */
static _Noreturn void parent_end(Parent *parent) {
    for (size_t i = 0; i < parent->child_count; i++) {
        if (parent->children[i] > 0) kill(parent->children[i], SIGKILL);
    }
    while (wait(NULL) > 0 || errno == EINTR) {}
    if (parent->start.directory[0]) launch_remove_directory(parent->start.directory);
    _exit(0);
}

/* In the child: dies with the parent, whose socket and signals are not its own. Workers have no standard input. */
static void child_start(Parent *parent, uint32_t number, pid_t parent_pid) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent_pid) _exit(1); /* it died before that */
    close(parent->socket);
    close(parent->signals);
    free(parent->children);
    sigprocmask(SIG_SETMASK, &parent->old_signals, NULL);
    char name[MESSAGE_NAME_SIZE] = "mr-root";
    if (number > 0) snprintf(name, sizeof name, "mr-worker-%u", number - 1);
    prctl(PR_SET_NAME, name); /* what ps and top show */
    if (number == 0) return;
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (nothing > STDIN_FILENO) close(nothing);
}

/* Forks child `number` (0: the root). True in the child. */
static bool fork_child(Parent *parent, uint32_t number) {
    pid_t parent_pid = getpid(), pid = fork();
    if (pid == 0) {
        child_start(parent, number, parent_pid);
        return true;
    }
    if (pid < 0) {
        ParentRecord record = {.kind = PARENT_NOT_STARTED, .reason = errno};
        report(parent, &record);
        return false;
    }
    parent->children[number] = pid;
    parent->living++;
    return false;
}

static void reap(Parent *parent) {
    struct signalfd_siginfo info;
    while (read(parent->signals, &info, sizeof info) > 0) {}
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (size_t i = 0; i < parent->child_count; i++) {
            if (parent->children[i] == pid) parent->children[i] = 0;
        }
        parent->living--;
        ParentRecord record = {.kind = PARENT_EXIT, .status = status, .pid = pid};
        report(parent, &record);
    }
}

/* Until all children have ended, or the time is up. */
static void wait_for_children(Parent *parent, int milliseconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int left = milliseconds; parent->living > 0 && left > 0;) {
        struct pollfd item = {.fd = parent->signals, .events = POLLIN};
        poll(&item, 1, left);
        reap(parent);
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = milliseconds - (int)((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
    }
}

static _Noreturn void watch(Parent *parent) {
    prctl(PR_SET_NAME, "mr-parent");
    for (;;) {
        struct pollfd items[2] = {{.fd = parent->socket, .events = POLLIN}, {.fd = parent->signals, .events = POLLIN}};
        if (poll(items, 2, -1) < 0 && errno != EINTR) parent_end(parent);
        if (items[1].revents) reap(parent);
        if (!items[0].revents) continue;
        LaunchEnd end;
        if (recv(parent->socket, &end, sizeof end, MSG_DONTWAIT) == (ssize_t)sizeof end)
            wait_for_children(parent, (int)end.patience);
        parent_end(parent);
    }
}

/* Interrupts from the terminal reach all processes of the run: what happens then is decided by mrrun alone. */
static void parent_signals(Parent *parent) {
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, &parent->old_signals);
    parent->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

void launch_parent(int socket, const MrProgram *program, LaunchRole *role) {
    Parent parent = {.socket = socket};
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    ParentRecord hello = {.kind = PARENT_HELLO, .version = PROTOCOL_VERSION};
    memcpy(hello.program, program->hash, sizeof hello.program);
    report(&parent, &hello);
    if (recv(socket, &parent.start, sizeof parent.start, 0) != (ssize_t)sizeof parent.start) parent_end(&parent);
    if (parent.start.version != PROTOCOL_VERSION || parent.start.workers >= MESSAGE_WORKERS) parent_end(&parent);
    parent.start.directory[sizeof parent.start.directory - 1] = '\0';
    parent_signals(&parent);
    parent.child_count = parent.start.workers + 1;
    parent.children = xcalloc(parent.child_count, sizeof *parent.children);
    for (uint32_t i = 0; i < parent.child_count; i++) {
        if (!fork_child(&parent, i)) continue;
        *role = (LaunchRole){.is_root = i == 0, .worker = i > 0 ? i - 1 : 0, .workers = parent.start.workers};
        memcpy(role->directory, parent.start.directory, sizeof role->directory);
        return;
    }
    watch(&parent);
}
