/* attach.c: see attach.h. To mrrun this process is one more place, where there is nothing but the root. */
#include "runtime/launch/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/launch/record.h"
#include "runtime/net/link.h"

enum { LOOK = 50, ANSWER = 2000, END_PATIENCE = 5000 /* milliseconds */ };

struct Attach {
    int fd;
    pid_t pid; /* of mrrun; 0: it has ended, and was waited for */
    RecordQueue received;
    RecordStart start;
    bool is_started;
};

static void say(const Attach *attach, const Record *record) {
    Buf out = {0};
    record_add(&out, record);
    record_write(&out, attach->fd); /* when nobody reads it, that is seen soon */
    buf_free(&out);
}

/* mrrun --session FD [options] program … */
static int spawn_mrrun(const AttachConfig *config, int fd, pid_t *pid) {
    size_t options = 0, words = 0;
    while (config->options && config->options[options]) options++;
    while (config->program[words]) words++;
    char number[16], name[] = "mrrun", session[] = "--session";
    snprintf(number, sizeof number, "%d", fd);
    char **argv = xcalloc(options + words + 4, sizeof *argv);
    argv[0] = name;
    argv[1] = session;
    argv[2] = number;
    for (size_t i = 0; i < options; i++) argv[3 + i] = config->options[i];
    for (size_t i = 0; i < words; i++) argv[3 + options + i] = config->program[i];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fd, fd); /* which it gets, unlike all others */
    int reason = posix_spawn(pid, config->mrrun, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(argv);
    return reason;
}

Attach *attach_start(const AttachConfig *config, char **error) {
    int ends[2];
    pid_t pid = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        *error = io_message("cannot make a socket: %s", strerror(errno));
        return NULL;
    }
    int reason = spawn_mrrun(config, ends[1], &pid);
    close(ends[1]);
    if (reason != 0) {
        close(ends[0]);
        *error = io_message("cannot start %s: %s", config->mrrun, strerror(reason));
        return NULL;
    }
    Attach *attach = xcalloc(1, sizeof *attach);
    attach->fd = ends[0];
    attach->pid = pid;
    Record hello = {.kind = RECORD_HELLO, .as.hello = {.version = PROTOCOL_VERSION, .pid = getpid()}};
    memcpy(hello.as.hello.program, config->hash, sizeof hello.as.hello.program);
    say(attach, &hello);
    return attach;
}

/* The next record, if one comes within the time. */
static RecordState next_record(Attach *attach, int milliseconds, Record *record) {
    RecordState state = record_next(&attach->received, record);
    struct pollfd item = {.fd = attach->fd, .events = POLLIN};
    if (state != RECORD_NONE || poll(&item, 1, milliseconds) <= 0) return state;
    if (!record_receive(&attach->received, attach->fd)) return RECORD_BAD;
    return record_next(&attach->received, record);
}

static void take_spawn(Attach *attach, const RecordSpawn *spawn, LaunchRole *role) {
    *role = (LaunchRole){.is_root = true, .serial = spawn->serial, .wish = -1, .keys = spawn->keys};
    role->host = attach->start.host;
    role->workers = attach->start.workers;
    role->memory = attach->start.memory;
    memcpy(role->directory, attach->start.directory, sizeof role->directory);
    memcpy(role->control, attach->start.control, sizeof role->control);
    memcpy(role->address, attach->start.address, sizeof role->address);
    Record started = {.kind = RECORD_STARTED, .as.started = {.serial = spawn->serial, .pid = getpid()}};
    say(attach, &started);
}

bool attach_wait(Attach *attach, bool (*is_wanted)(void *data), void *data, LaunchRole *role, char **error) {
    Record record;
    *error = NULL;
    while (is_wanted(data)) {
        RecordState state = next_record(attach, LOOK, &record);
        if (state == RECORD_NONE) continue;
        if (state == RECORD_BAD) break;
        if (record.kind == RECORD_START) attach->start = record.as.start;
        attach->is_started |= record.kind == RECORD_START && record.as.start.version == PROTOCOL_VERSION;
        bool is_root = attach->is_started && record.kind == RECORD_SPAWN && record.as.spawn.role == ROLE_ROOT;
        if (is_root) take_spawn(attach, &record.as.spawn, role);
        explicit_bzero(&record, sizeof record);
        if (is_root) return true;
    }
    *error = strdup(is_wanted(data) ? "the workers could not be started" : "interrupted");
    return false;
}

bool attach_is_gone(const Attach *attach) {
    struct pollfd item = {.fd = attach->fd, .events = POLLRDHUP};
    return poll(&item, 1, 0) > 0;
}

bool attach_workers(Attach *attach, Buf *out) {
    Record record = {.kind = RECORD_WORKERS};
    say(attach, &record);
    for (;;) {
        RecordState state = next_record(attach, ANSWER, &record);
        if (state != RECORD_GOT) return false;
        if (record.kind == RECORD_WORKERS) return true;
        const RecordWorker *worker = &record.as.worker;
        if (record.kind != RECORD_WORKER) continue;
        buf_printf(out, "worker %u: process %lld on %s\n", worker->number, (long long)worker->pid, worker->place);
    }
}

/* Whether it has ended within the time. */
static bool is_over(const Attach *attach, int milliseconds) {
    for (int waited = 0;; waited += LOOK) {
        pid_t ended = waitpid(attach->pid, NULL, WNOHANG);
        if (ended == attach->pid || (ended < 0 && errno == ECHILD)) return true;
        if (waited >= milliseconds) return false;
        struct pollfd item = {.fd = attach->fd, .events = POLLRDHUP};
        if (poll(&item, attach->fd >= 0, LOOK) > 0) poll(NULL, 0, 1); /* it closes its end shortly before it ends */
    }
}

void attach_end(Attach **attach) {
    Attach *self = *attach;
    if (!self) return;
    *attach = NULL;
    bool has_connected = self->is_started; /* then it knows of the root's leave, and ends in peace */
    if (!has_connected) {
        close(self->fd);
        self->fd = -1;
    }
    if (!is_over(self, END_PATIENCE)) {
        kill(self->pid, SIGKILL);
        waitpid(self->pid, NULL, 0);
    }
    if (self->fd >= 0) close(self->fd);
    record_free(&self->received);
    free(self);
}
