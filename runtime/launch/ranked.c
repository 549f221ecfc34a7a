/* ranked.c: how a rank begins: it forks its parent while it has neither threads nor connections, and then is rank 0, or another. */
#include "runtime/launch/ranked.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/rank.h"

static _Noreturn void give_up(const Ranks *ranks, const char *what) {
    fprintf(stderr, "error: rank %u %s: %s\n", ranks->rank, what, strerror(errno));
    _exit(1);
}

static void take_over_signals(Rank *rank, sigset_t *old) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (signal(ends[i], SIG_DFL) == SIG_IGN)
            signal(ends[i], SIG_IGN); /* whoever started it wants that */
        else
            sigaddset(&mask, ends[i]);
    }
    sigprocmask(SIG_BLOCK, &mask, old);
    rank->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (rank->signals < 0) give_up(rank->ranks, "cannot take over signals");
}

int rank_take_signal(Rank *rank) {
    struct signalfd_siginfo info;
    if (!rank->interrupt && read(rank->signals, &info, sizeof info) == (ssize_t)sizeof info) rank->interrupt = (int)info.ssi_signo;
    return rank->interrupt;
}

/* The rank has no standard input. srun sends it to all ranks, and stops when one does not read it, or closes it. */
static void close_input(Rank *rank) {
    struct stat status;
    bool is_own = fstat(STDIN_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
    if (is_own && rank->ranks->copies_input) rank->input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (nothing > STDIN_FILENO) close(nothing);
}

void rank_wait(Rank *rank, int fd, int milliseconds) {
    enum { PIECE = 64 << 10 };
    struct pollfd items[] = {
        {.fd = rank->signals, .events = POLLIN}, {.fd = fd, .events = POLLIN}, {.fd = rank->input, .events = POLLIN}};
    if (poll(items, sizeof items / sizeof *items, milliseconds) <= 0 || !items[2].revents) return;
    char *piece = xmalloc(PIECE);
    if (read(rank->input, piece, PIECE) <= 0) {
        close(rank->input);
        rank->input = -1;
    }
    free(piece);
}

/* Forks the parent. True in the processes that it forks in turn. */
static bool start_parent(Rank *rank, const sigset_t *signals, LaunchRole *role) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up(rank->ranks, "cannot start a process");
    pid_t pid = fork();
    if (pid < 0) give_up(rank->ranks, "cannot start a process");
    if (pid == 0) {
        close(ends[0]);
        close(rank->signals);
        if (rank->input >= 0) close(rank->input);
        sigprocmask(SIG_SETMASK, signals, NULL);
        launch_parent((LaunchEnds){ends[1], ends[1]}, rank->program, role);
        return true;
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    rank->place = (Place){.host = rank->ranks->rank, .in = ends[0], .out = ends[0], .starter = pid};
    snprintf(rank->place.name, sizeof rank->place.name, "rank %u", rank->ranks->rank);
    return false;
}

void ranked_run(const Ranks *ranks, const MrProgram *program, uint64_t memory, LaunchRole *role) {
    Rank rank = {.ranks = ranks, .program = program, .memory = memory, .input = -1};
    char *error = NULL;
    sigset_t signals;
    if (!ranks->is_named && !getenv(RENDEZVOUS_VARIABLE)) {
        fprintf(stderr,
                "error: %s does not tell its runs apart: " RENDEZVOUS_VARIABLE
                " must name a directory that all ranks see, and that is "
                "this run's alone\n",
                ranks->engine);
        _exit(1);
    }
    if (!rendezvous_path(rank.path, ranks->name, &error)) {
        fprintf(stderr, "error: %s\n", error ? error : "no memory");
        _exit(1);
    }
    if (ranks->rank > 0) close_input(&rank);
    take_over_signals(&rank, &signals);
    if (start_parent(&rank, &signals, role)) return;
    char name[MESSAGE_NAME_SIZE];
    snprintf(name, sizeof name, "mr-rank-%u", ranks->rank);
    prctl(PR_SET_NAME, name);         /* what ps and top show */
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* an engine that was killed supervises nobody */
    int status = ranks->rank == 0 ? rank_0_run(&rank) : rank_other_run(&rank);
    rendezvous_free(&rank.rendezvous);
    _exit(rank.interrupt ? 128 + rank.interrupt : status);
}
