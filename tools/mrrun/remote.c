/* remote.c: the processes that lead to other hosts: they are started, fed and listened to side by side until each host is ready or
 * has failed. */
#include "tools/mrrun/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "tools/mrrun/ssh.h"

enum {
    PATIENCE = 30 /* seconds in which nothing moves */,
    READ_SIZE = 4096,
    MOST_COMPLAINTS = 64 << 10,
    ENDS = 3,
    MOST_READS = 32,
    LAST_WORDS = 1000 /* milliseconds */
};

/* ---- starting */

/* In the started process. A session of its own: an interrupt at the terminal is for mrrun, which decides what becomes of it. */
static _Noreturn void become_command(char *const *command, const int ends[ENDS]) {
    setsid();
    sigset_t none;
    sigemptyset(&none);
    for (int i = 0; i < ENDS; i++) dup2(ends[i], i);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(command[0], command);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

static void close_end(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void make_unblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void remotes_add(Remotes *remotes, const char *name, uint32_t workers, char *const *command) {
    remotes->items = xrealloc(remotes->items, (remotes->count + 1) * sizeof *remotes->items);
    Remote *remote = &remotes->items[remotes->count++];
    *remote = (Remote){.workers = workers, .in = -1, .out = -1, .error = -1, .moved_at = clock_now()};
    snprintf(remote->name, sizeof remote->name, "%s", name);
    boot_init(&remote->boot, remotes->shipment);
    int in[2] = {-1, -1}, out[2] = {-1, -1}, error[2] = {-1, -1};
    bool is_good = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(error, O_CLOEXEC) == 0;
    if (is_good) remote->pid = fork();
    if (is_good && remote->pid == 0) become_command(command, (int[ENDS]){in[0], out[1], error[1]});
    if (!is_good || remote->pid < 0) {
        buf_printf(&remote->complaints, "cannot start a process: %s\n", strerror(errno));
        remote->pid = 0;
        for (int i = 0; i < 2; i++) close_end(&in[i]), close_end(&out[i]), close_end(&error[i]);
        return;
    }
    close(in[0]);
    close(out[1]);
    close(error[1]);
    remote->out = in[1];
    remote->in = out[0];
    remote->error = error[0];
    make_unblocking(remote->out);
    make_unblocking(remote->in);
    make_unblocking(remote->error);
}

/* ---- complaints */

/* Shows whole lines, after the host's name; with is_all the last one, too, though it has no end. */
static void show_complaints(Remote *remote, bool is_all) {
    size_t start = 0;
    Buf *lines = &remote->complaints;
    for (size_t i = 0; i < lines->len; i++) {
        bool is_end = lines->data[i] == '\n', is_last = i + 1 == lines->len && (is_all || lines->len > READ_SIZE);
        if (!is_end && !is_last) continue;
        fprintf(stderr, "%s: %.*s\n", remote->name, (int)(i - start + !is_end), lines->data + start);
        start = i + 1;
    }
    memmove(lines->data, lines->data + start, lines->len - start);
    lines->len -= start;
}

/* Reads what is there; false: nothing for now, or never again. */
static bool read_complaints(Remote *remote) {
    char bytes[READ_SIZE];
    ssize_t got = remote->error >= 0 ? read(remote->error, bytes, sizeof bytes) : -1;
    if (got == 0) close_end(&remote->error);
    if (got <= 0) return false;
    for (ssize_t i = 0; i < got; i++) {
        bool is_shown = (unsigned char)bytes[i] >= ' ' || bytes[i] == '\n' || bytes[i] == '\t';
        if (is_shown && remote->complaints.len < MOST_COMPLAINTS) buf_add_char(&remote->complaints, bytes[i]);
    }
    return true;
}

void remotes_relay(Remotes *remotes) {
    for (size_t i = 0; i < remotes->count; i++) {
        Remote *remote = &remotes->items[i];
        if (remote->error < 0) continue;
        /* As much as a pipe holds, and the rest the next time: a host that never stops must not keep mrrun from all others. */
        for (int k = 0; k < MOST_READS && read_complaints(remote); k++) show_complaints(remote, false);
        if (remote->error < 0) show_complaints(remote, true);
    }
}

/* The last line that is not empty. */
static const char *last_line(Buf *lines) {
    while (lines->len > 0 && (lines->data[lines->len - 1] == '\n' || lines->data[lines->len - 1] == ' ')) lines->len--;
    const char *text = buf_text(lines), *newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

/* ---- booting */

static bool is_settled(const Remote *remote) {
    return remote->boot.state == BOOT_READY || remote->boot.state == BOOT_FAILED;
}

static void __attribute__((format(printf, 2, 3))) give_up(Remote *remote, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(remote->boot.error, sizeof remote->boot.error, format, args);
    va_end(args);
    remote->boot.state = BOOT_FAILED;
}

/* How the command ended, as waitpid has it, when it does so within `milliseconds`; -1: it does not. */
static int wait_for_status(Remote *remote, int milliseconds) {
    int status = -1;
    struct pollfd end = {.fd = remote->pid > 0 ? pidfd_open(remote->pid, 0) : -1, .events = POLLIN};
    if (end.fd < 0) return -1;
    if (poll(&end, 1, milliseconds) > 0 && waitpid(remote->pid, &status, WNOHANG) == remote->pid) remote->pid = 0;
    close(end.fd);
    return remote->pid == 0 ? status : -1;
}

/* The command has ended before the host was ready: why? Its last words are waited for, but not for ever. */
static void explain_end(Remote *remote) {
    struct pollfd rest = {.fd = remote->error, .events = POLLIN};
    uint64_t end = clock_now() + LAST_WORDS * (uint64_t)1000000;
    while (remote->error >= 0 && clock_now() < end && poll(&rest, 1, LAST_WORDS) > 0 && read_complaints(remote)) {}
    int status = wait_for_status(remote, LAST_WORDS);
    const char *meaning = ssh_explain(buf_text(&remote->complaints)), *line = last_line(&remote->complaints);
    if (meaning)
        give_up(remote, "%s", meaning);
    else if (*line)
        give_up(remote, "%.200s", line);
    else if (status >= 0 && WIFEXITED(status))
        give_up(remote, "the connection ended with status %d and without a word", WEXITSTATUS(status));
    else
        give_up(remote, "the connection was closed");
}

static void hear(Remote *remote) {
    char bytes[READ_SIZE];
    ssize_t got = read(remote->in, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        explain_end(remote);
        return;
    }
    boot_take(&remote->boot, bytes, (size_t)got);
    remote->moved_at = clock_now();
}

static void say(Remote *remote) {
    const char *bytes;
    for (size_t size; !is_settled(remote) && (size = boot_unsent(&remote->boot, &bytes)) > 0;) {
        ssize_t done = write(remote->out, bytes, size);
        if (done <= 0) return; /* later; or nobody reads it, and then what is heard has an end */
        boot_written(&remote->boot, (size_t)done);
        remote->moved_at = clock_now();
    }
}

static void end_remote(Remote *remote) {
    close_end(&remote->in);
    close_end(&remote->out);
    close_end(&remote->error);
    if (remote->pid > 0) {
        kill(remote->pid, SIGKILL);
        while (waitpid(remote->pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    remote->pid = 0;
}

/* Says how it came out. */
static void settle(const Remotes *remotes, Remote *remote) {
    if (remote->boot.state == BOOT_FAILED) {
        fprintf(stderr, "mrrun: %s: %s\n", remote->name, remote->boot.error);
        end_remote(remote);
        return;
    }
    show_complaints(remote, false);
    if (!remotes->is_verbose) return;
    if (remote->boot.sent > 0)
        fprintf(stderr, "mrrun: %s: ready; %.1f MB were sent there\n", remote->name, (double)remote->boot.sent / 1e6);
    else
        fprintf(stderr, "mrrun: %s: ready; it had the program\n", remote->name);
}

static void attend(const Remotes *remotes, Remote *remote, const struct pollfd *items) {
    if (items[0].revents) hear(remote);
    if (items[1].revents) say(remote);
    if (items[2].revents) read_complaints(remote);
    if (!is_settled(remote) && clock_now() - remote->moved_at > PATIENCE * (uint64_t)1000000000)
        give_up(remote, "no answer for %d seconds", PATIENCE);
    if (is_settled(remote)) settle(remotes, remote);
}

size_t remotes_boot(Remotes *remotes, int signals, int timer) {
    struct pollfd *items = xcalloc(remotes->count * ENDS + 2, sizeof *items), *ends = items + remotes->count * ENDS;
    for (size_t i = 0; i < remotes->count; i++) {
        Remote *remote = &remotes->items[i];
        if (remote->pid > 0) continue;
        explain_end(remote);
        settle(remotes, remote);
    }
    for (size_t left = 1; left > 0;) {
        left = 0;
        ends[0] = (struct pollfd){.fd = signals, .events = POLLIN};
        ends[1] = (struct pollfd){.fd = timer, .events = POLLIN};
        for (size_t i = 0; i < remotes->count; i++) {
            Remote *remote = &remotes->items[i];
            const char *bytes;
            bool is_open = !is_settled(remote), has_more = is_open && boot_unsent(&remote->boot, &bytes) > 0;
            items[i * ENDS] = (struct pollfd){.fd = is_open ? remote->in : -1, .events = POLLIN};
            items[i * ENDS + 1] = (struct pollfd){.fd = has_more ? remote->out : -1, .events = POLLOUT};
            items[i * ENDS + 2] = (struct pollfd){.fd = is_open ? remote->error : -1, .events = POLLIN};
            left += is_open;
        }
        if (left == 0 || (poll(items, remotes->count * ENDS + 2, 1000) > 0 && (ends[0].revents || ends[1].revents))) break;
        for (size_t i = 0; i < remotes->count; i++) {
            if (!is_settled(&remotes->items[i])) attend(remotes, &remotes->items[i], &items[i * ENDS]);
        }
    }
    free(items);
    size_t ready = 0;
    for (size_t i = 0; i < remotes->count; i++) ready += remotes->items[i].boot.state == BOOT_READY;
    return ready;
}

void remote_become_place(Remote *remote, Place *place) {
    place->in = remote->in;
    place->out = remote->out;
    place->starter = remote->pid;
    buf_add(&place->received.bytes, remote->boot.said.data, remote->boot.said.len);
    remote->in = remote->out = -1;
    remote->pid = 0;
}

void remotes_free(Remotes *remotes) {
    for (size_t i = 0; i < remotes->count; i++) {
        Remote *remote = &remotes->items[i];
        end_remote(remote);
        boot_free(&remote->boot);
        buf_free(&remote->complaints);
    }
    free(remotes->items);
    *remotes = (Remotes){0};
}
