/* link.c: from an object file to an executable, and running one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "compiler/driver/linker.h"

static const int ending_signals[] = {SIGHUP, SIGINT, SIGTERM};

/* What mrc starts can be interrupted, also while mrc itself holds the signals back. */
static int spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, char *const argv[]) {
    posix_spawnattr_t attributes;
    sigset_t mask;
    posix_spawnattr_init(&attributes);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++) sigdelset(&mask, ending_signals[i]);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawnp(pid, path, actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

void driver_hold_signals(bool hold) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++) sigaddset(&set, ending_signals[i]);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

pid_t driver_start(const char *path, char *const *arguments) {
    size_t count = 0;
    while (arguments && arguments[count]) count++;
    const char **argv = xcalloc(count + 2, sizeof *argv);
    argv[0] = path;
    for (size_t i = 0; i < count; i++) argv[i + 1] = arguments[i];
    pid_t pid;
    int error = spawn(&pid, path, NULL, (char *const *)argv);
    free(argv);
    if (error == 0) return pid;
    fprintf(stderr, "mrc: cannot start %s: %s\n", path, strerror(error));
    return -1;
}

int driver_wait(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Runs the linker. What it says goes to `message`. */
static bool run(char *const argv[], Buf *message) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        buf_printf(message, "mrc: cannot start the linker: %s\n", strerror(errno));
        return false;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t pid;
    int error = spawn(&pid, argv[0], &actions, argv), status = 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    char piece[4096];
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) != 0;) {
        if (got > 0) buf_add(message, piece, (size_t)got);
        if (got < 0 && errno != EINTR) break;
    }
    close(ends[0]);
    if (error) {
        buf_printf(message, "mrc: cannot start the linker `%s`: %s\n", argv[0], strerror(error));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether an executable can appear there: a device is not replaced by one, and the linker's word for a folder that is missing would
 * name a file of its own. */
static bool can_write(const char *output) {
    struct stat there;
    const char *slash = strrchr(output, '/');
    char *folder = !slash ? strdup(".") : strndup(output, slash > output ? (size_t)(slash - output) : 1);
    const char *trouble = NULL;
    if (stat(output, &there) == 0)
        trouble = S_ISDIR(there.st_mode) ? strerror(EISDIR) : S_ISREG(there.st_mode) ? NULL : "it is not a file";
    if (!trouble && access(folder ? folder : "", W_OK | X_OK) != 0) trouble = strerror(errno);
    if (trouble) fprintf(stderr, "mrc: cannot write %s: %s\n", output, trouble);
    free(folder);
    return !trouble;
}

bool driver_link(Session *session, const DriverOptions *options, const char *const *objects, size_t count, const char *output) {
    if (!can_write(output)) return false;
    LinkCommand command = {.arena = arena_new()};
    Buf message = {0};
    const char *out = arena_printf(command.arena, "%s.%ld.tmp", output, (long)getpid());
    link_command_make(&command, session, options, objects, count, out);
    bool ok = run((char *const *)command.args.items, &message); /* posix_spawn does not write to its arguments */
    if (!ok && !driver_blame(session, &options->link, buf_text(&message)))
        fprintf(stderr, "%smrc: the linker failed; its message is above\n", buf_text(&message));
    if (ok && rename(out, output) != 0) {
        fprintf(stderr, "mrc: cannot write %s: %s\n", output, strerror(errno));
        ok = false;
    }
    if (!ok) unlink(out);
    buf_free(&message);
    arena_free(&command.arena);
    return ok;
}
