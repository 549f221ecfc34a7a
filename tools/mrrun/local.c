/* local.c: starting the program on this machine: a fork, and a socket pair for the records. */
#include "tools/mrrun/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/launch/launch.h"

/* In the started process: becomes the program. */
static _Noreturn void become_program(const char *path, char **program, const sigset_t *signals, int socket) {
    char ends[32];
    fcntl(socket, F_SETFD, 0);
    snprintf(ends, sizeof ends, "%d,%d", socket, socket);
    setenv(LAUNCH_VARIABLE, ends, 1);
    sigprocmask(SIG_SETMASK, signals, NULL);
    execv(path, program);
    Record failure = {.kind = RECORD_NOT_STARTED, .as.not_started.reason = errno};
    Buf out = {0};
    record_add(&out, &failure);
    record_write(&out, socket);
    _exit(127);
}

bool local_start(Place *place, const char *path, char **program, const sigset_t *signals) {
    int ends[2];
    pid_t pid = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        pid = fork();
        if (pid == 0) become_program(path, program, signals, ends[1]);
        int reason = errno;
        close(ends[1]);
        if (pid < 0) close(ends[0]);
        errno = reason;
    }
    if (pid < 0) {
        fprintf(stderr, "mrrun: cannot start a process: %s\n", strerror(errno));
        return false;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    place->in = place->out = ends[0];
    place->starter = pid;
    return true;
}
