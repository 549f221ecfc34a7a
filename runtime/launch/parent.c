/* parent.c: the process that mrrun starts: it forks root and workers before any thread or connection exists, and outlives them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/cache.h"
#include "runtime/launch/launch.h"
#include "runtime/launch/oom.h"
#include "runtime/launch/record.h"
#include "runtime/launch/texts.h"
#include "runtime/net/link.h"
#include "runtime/worker/fault.h"

extern const LaunchNote launch_note;
__attribute__((section(".note.mr"), aligned(4), used)) const LaunchNote launch_note = {
    .owner_size = sizeof LAUNCH_NOTE_OWNER,
    .content_size = sizeof(LaunchNote) - offsetof(LaunchNote, protocol),
    .type = LAUNCH_NOTE_TYPE,
    .owner = LAUNCH_NOTE_OWNER,
    .protocol = PROTOCOL_VERSION,
    .version = MR_VERSION,
};

/* A process that was started and has not ended. */
typedef struct Child {
    uint32_t serial;
    Role role;
    pid_t pid;
    BlackBox *box; /* of a worker: a page of its own, shared with it */
} Child;

typedef struct Parent {
    LaunchEnds ends;
    int signals;
    sigset_t old_signals;
    RecordQueue received;
    RecordStart start;
    bool is_started; /* START has come */
    Texts texts;     /* of another host */
    uint64_t heard;  /* when mrrun last said something; 0: its silence means nothing */
    Child *children;
    size_t count, cap;
    uint64_t ran_out; /* see oom_count: what is known of */
} Parent;

void launch_endpoint(char out[MESSAGE_ENDPOINT_SIZE], const char *directory, const char *name) {
    snprintf(out, MESSAGE_ENDPOINT_SIZE, "ipc://%.80s/%.32s", directory, name);
}

void launch_endpoints(const LaunchRole *role, const char *name, char control[MESSAGE_ENDPOINT_SIZE],
                      char data[MESSAGE_ENDPOINT_SIZE]) {
    if (role->control[0]) {
        snprintf(control, MESSAGE_ENDPOINT_SIZE, "%s", role->control);
        snprintf(data, MESSAGE_ENDPOINT_SIZE, "tcp://%s:0", role->address);
    } else {
        launch_endpoint(control, role->directory, "control");
        launch_endpoint(data, role->directory, name);
    }
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

/* Moves a descriptor away from standard input, output and error, and from the programs that this one may start. */
static int move_end(int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return moved < 0 ? fd : moved;
}

static bool is_stream(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode));
}

bool launch_read_ends(const char *text, LaunchEnds *ends) {
    int used = 0, in, out;
    bool is_good = isdigit((unsigned char)*text) && sscanf(text, "%6d,%6d%n", &in, &out, &used) == 2 && !text[used] && out >= 0 &&
                   is_stream(in) && is_stream(out);
    if (!is_good) return false;
    *ends = (LaunchEnds){.in = move_end(in)};
    ends->out = out == in ? ends->in : move_end(out);
    /* Of the descriptors that were theirs, standard input is empty now, and standard output is what standard error is. */
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in == STDIN_FILENO && nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (out == STDOUT_FILENO) dup2(STDERR_FILENO, STDOUT_FILENO);
    if (nothing > STDERR_FILENO) close(nothing);
    if (in > STDERR_FILENO && in != ends->in) close(in);
    if (out > STDERR_FILENO && out != in && out != ends->out) close(out);
    return true;
}

static void report(const Parent *parent, const Record *record) {
    Buf out = {0};
    record_add(&out, record);
    record_write(&out, parent->ends.out); /* when nobody reads it, the input has ended, too */
    buf_free(&out);
}

static void child_forget(Parent *parent, size_t index) {
    if (parent->children[index].box) munmap(parent->children[index].box, sizeof(BlackBox));
    parent->children[index] = parent->children[--parent->count];
}

/* The end of everything that this process started. */
static _Noreturn void parent_end(Parent *parent) {
    for (size_t i = 0; i < parent->count; i++) kill(parent->children[i].pid, SIGKILL);
    for (size_t i = 0; i < parent->count; i++) {
        while (waitpid(parent->children[i].pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    if (parent->start.directory[0]) launch_remove_directory(parent->start.directory);
    _exit(0);
}

/* ---- starting */

/* In the child: dies with the parent, whose descriptors, signals and other children are not its own. Workers have no standard
 * input. */
static void child_start(Parent *parent, const RecordSpawn *spawn, pid_t parent_pid) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent_pid) _exit(1); /* it died before that */
    close(parent->ends.in);
    if (parent->ends.out != parent->ends.in) close(parent->ends.out);
    close(parent->signals);
    record_free(&parent->received);
    while (parent->count > 0) child_forget(parent, parent->count - 1);
    free(parent->children);
    sigprocmask(SIG_SETMASK, &parent->old_signals, NULL);
    char name[MESSAGE_NAME_SIZE] = "mr-root";
    if (spawn->role == ROLE_WORKER) snprintf(name, sizeof name, "mr-worker-%u", spawn->serial);
    prctl(PR_SET_NAME, name); /* what ps and top show */
    if (spawn->role == ROLE_ROOT) return;
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (nothing > STDIN_FILENO) close(nothing);
}

/* A page that the worker and this process share; NULL: there is no memory for it, and nobody will know what the worker was at. */
static BlackBox *make_box(Role role) {
    if (role != ROLE_WORKER) return NULL;
    void *page = mmap(NULL, sizeof(BlackBox), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

static void child_add(Parent *parent, Child child) {
    if (parent->count == parent->cap) {
        parent->cap = parent->cap ? 2 * parent->cap : 16;
        parent->children = xrealloc(parent->children, parent->cap * sizeof *parent->children);
    }
    parent->children[parent->count++] = child;
}

/* Forks a process. True in the child. */
static bool spawn_child(Parent *parent, const RecordSpawn *spawn, LaunchRole *role) {
    BlackBox *box = make_box(spawn->role);
    pid_t parent_pid = getpid(), pid = fork();
    if (pid == 0) {
        *role = (LaunchRole){.is_root = spawn->role == ROLE_ROOT, .serial = spawn->serial, .wish = spawn->wish, .box = box};
        role->host = parent->start.host;
        role->workers = parent->start.workers;
        role->memory = parent->start.memory;
        memcpy(role->directory, parent->start.directory, sizeof role->directory);
        memcpy(role->control, parent->start.control, sizeof role->control);
        memcpy(role->address, parent->start.address, sizeof role->address);
        role->keys = spawn->keys;
        role->texts = parent->texts;
        child_start(parent, spawn, parent_pid);
        return true;
    }
    if (pid < 0) {
        Record failure = {.kind = RECORD_NOT_STARTED, .as.not_started = {.serial = spawn->serial, .reason = errno}};
        if (box) munmap(box, sizeof *box);
        report(parent, &failure);
        return false;
    }
    MR_FAULT("parent.after_fork");
    child_add(parent, (Child){.serial = spawn->serial, .role = spawn->role, .pid = pid, .box = box});
    Record started = {.kind = RECORD_STARTED, .as.started = {.serial = spawn->serial, .pid = pid}};
    report(parent, &started);
    return false;
}

/* ---- watching */

/* What the box says, as far as it makes sense: its process may have gone wild. */
static BlackBoxNote read_box(const BlackBox *box) {
    BlackBoxNote note = blackbox_read(box);
    bool is_good = note.first <= MESSAGE_CHUNKS && note.count <= MESSAGE_CHUNKS;
    return is_good ? note : (BlackBoxNote){.activity = AT_NOTHING};
}

static void report_exit(Parent *parent, size_t index, int status, const struct rusage *usage) {
    const Child *child = &parent->children[index];
    Record record = {.kind = RECORD_EXIT, .as.exit = {.serial = child->serial, .pid = child->pid, .status = status}};
    record.as.exit.role = child->role;
    record.as.exit.peak = (uint64_t)usage->ru_maxrss * 1024;
    record.as.exit.at = read_box(child->box);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        uint64_t ran_out = oom_count();
        record.as.exit.ran_out = ran_out > parent->ran_out;
        parent->ran_out = ran_out;
    }
    child_forget(parent, index);
    MR_FAULT("parent.before_exit");
    report(parent, &record);
}

static void reap(Parent *parent) {
    struct signalfd_siginfo info;
    while (read(parent->signals, &info, sizeof info) > 0) {}
    int status;
    struct rusage usage;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
        size_t i = 0;
        while (i < parent->count && parent->children[i].pid != pid) i++;
        if (i < parent->count) report_exit(parent, i, status, &usage);
    }
}

/* Until all children have ended, or the time is up. */
static void wait_for_children(Parent *parent, int milliseconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int left = milliseconds; parent->count > 0 && left > 0;) {
        struct pollfd item = {.fd = parent->signals, .events = POLLIN};
        poll(&item, 1, left);
        reap(parent);
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = milliseconds - (int)((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
    }
}

/* Only a process that is still ours: its number may be another's by now. */
static void kill_child(const Parent *parent, int64_t pid) {
    MR_FAULT("parent.before_kill");
    for (size_t i = 0; i < parent->count; i++) {
        if (parent->children[i].pid == pid) kill((pid_t)pid, SIGKILL);
    }
}

/* Does what mrrun says. True in a child. */
static bool take_record(Parent *parent, const Record *record, LaunchRole *role) {
    if (record->kind == RECORD_ALIVE) {
        parent->heard = clock_now();
        report(parent, record);
        return false;
    }
    bool is_early = record->kind == RECORD_START || record->kind == RECORD_TEXT;
    if (is_early == parent->is_started) parent_end(parent); /* START comes once, and before all that is to be done */
    switch (record->kind) {
    case RECORD_TEXT:
        if (!texts_add(&parent->texts, &record->as.text)) parent_end(parent);
        return false;
    case RECORD_START:
        if (record->as.start.version != PROTOCOL_VERSION) parent_end(parent);
        parent->start = record->as.start;
        parent->is_started = true;
        if (parent->texts.folder) cache_settle();
        texts_enter_folder(&parent->texts);
        return false;
    case RECORD_SPAWN: return spawn_child(parent, &record->as.spawn, role);
    case RECORD_KILL: kill_child(parent, record->as.kill.pid); return false;
    case RECORD_END: wait_for_children(parent, (int)(record->as.end.patience & INT32_MAX)); parent_end(parent);
    default: parent_end(parent);
    }
}

/* True in a child. */
static bool take_records(Parent *parent, LaunchRole *role) {
    bool goes_on = record_receive(&parent->received, parent->ends.in);
    RecordState state;
    for (Record record; (state = record_next(&parent->received, &record)) == RECORD_GOT;) {
        bool is_child = take_record(parent, &record, role);
        explicit_bzero(&record, sizeof record); /* a secret key is its process's alone */
        if (is_child) return true;
    }
    if (!goes_on || state == RECORD_BAD) parent_end(parent);
    return false;
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

/* libzmq asks for a protocol's number where it starts. The libraries that know it are loaded here, once, and not by each child. */
static void names_load(void) {
    (void)getprotobyname("pgm");
}

void launch_parent(LaunchEnds ends, const MrProgram *program, LaunchRole *role) {
    Parent parent = {.ends = ends, .ran_out = oom_count()};
    prctl(PR_SET_NAME, "mr-parent");
    Record hello = {.kind = RECORD_HELLO, .as.hello = {.version = PROTOCOL_VERSION, .pid = getpid()}};
    memcpy(hello.as.hello.program, program->hash, sizeof hello.as.hello.program);
    MR_FAULT_PROCESS("parent");
    MR_FAULT("parent.before_hello");
    report(&parent, &hello);
    names_load();
    parent_signals(&parent);
    for (;;) {
        struct pollfd items[2] = {{.fd = ends.in, .events = POLLIN}, {.fd = parent.signals, .events = POLLIN}};
        if (poll(items, 2, parent.heard ? 1000 : -1) < 0 && errno != EINTR) parent_end(&parent);
        if (parent.heard && !items[0].revents && clock_now() - parent.heard > RECORD_SILENCE * (uint64_t)1000000)
            parent_end(&parent);
        if (items[1].revents) reap(&parent);
        if (items[0].revents && take_records(&parent, role)) return;
    }
}
