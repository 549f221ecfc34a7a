/* kernel.c: the thread of the sockets. It waits for nothing but them: cells are run by the desk, so that a client gets its
 * heartbeats and may interrupt and end the kernel at any time. Everything that is published goes through here, which keeps its
 * order: before something is said about a cell's end, what the cell has written by then is read from the streams. */
#include "tools/kernel/kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "tools/kernel/desk.h"
#include "tools/kernel/sockets.h"
#include "tools/kernel/streams.h"

enum {
    PATIENCE = 2,        /* seconds for a cell that runs when the kernel is to end */
    UNREAD = 5,          /* seconds for a client that does not take what is published; then it is left out until the next cell */
    LOOK = 1000,         /* milliseconds: how often it is looked whether the client is still there */
    TRY = 10,            /* milliseconds until what a client had no room for is sent again */
    IN_TURN = 64,        /* messages of a channel, before the others have their turn */
    MOST_COMPLAINTS = 20 /* about what strangers send */
};

typedef struct Unsent {
    struct Unsent *next;
    Frames frames;
} Unsent;

typedef struct Kernel {
    const Connection *connection;
    Sockets *sockets;
    Streams streams;
    Mailbox *requests, *messages;
    Desk *desk;
    Speaker speaker;
    char *parent;                 /* what the streams are about: a header, or NULL */
    Unsent *unsent, **unsent_end; /* published messages that some client has no room for */
    time_t unsent_since;          /* the first of them */
    int signals;                  /* a descriptor of SIGINT and SIGTERM */
    unsigned complaints;
    pid_t client; /* the process that has started this one; 0: unknown */
    bool is_over;
} Kernel;

/* ---- what is sent */

static time_t seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void send_unsent(Kernel *kernel) {
    if (kernel->unsent && seconds_now() - kernel->unsent_since > UNREAD) sockets_leave_out(kernel->sockets, true);
    while (kernel->unsent && sockets_send(kernel->sockets, CHANNEL_IOPUB, &kernel->unsent->frames)) {
        kernel->unsent_since = seconds_now();
        Unsent *sent = kernel->unsent;
        kernel->unsent = sent->next;
        if (!sent->next) kernel->unsent_end = &kernel->unsent;
        frames_free(&sent->frames);
        free(sent);
    }
}

static void send_message(Kernel *kernel, Message *message) {
    Frames frames = {0};
    if (message->is_begin) {
        sockets_leave_out(kernel->sockets, false);
        free(kernel->parent);
        kernel->parent = message->parent ? strdup(message->parent) : NULL;
    }
    message_write(message, &kernel->speaker, kernel->connection->key, &frames);
    if (message->channel == CHANNEL_IOPUB) {
        Unsent *unsent = xcalloc(1, sizeof *unsent);
        unsent->frames = frames;
        if (!kernel->unsent) kernel->unsent_since = seconds_now();
        *kernel->unsent_end = unsent;
        kernel->unsent_end = &unsent->next;
        send_unsent(kernel);
    } else {
        sockets_send(kernel->sockets, message->channel, &frames);
        frames_free(&frames);
    }
    message_free(&message);
}

static void publish_state(Kernel *kernel, const Request *request, const char *state) {
    send_message(kernel, message_new(CHANNEL_IOPUB, "status", request, json_pack("{s:s}", "execution_state", state)));
}

/* What was written. A read takes as much as a pipe holds. */
static void publish_streams(Kernel *kernel) {
    static const char *const names[STREAM_COUNT] = {"stdout", "stderr"};
    for (Stream stream = 0; stream < STREAM_COUNT; stream++) {
        Buf text = {0};
        if (streams_read(&kernel->streams, stream, &text)) {
            json_t *content = json_pack("{s:s, s:o}", "name", names[stream], "text", json_bytes(text.data, text.len));
            Message *message = message_new(CHANNEL_IOPUB, "stream", NULL, content);
            message->parent = kernel->parent ? strdup(kernel->parent) : NULL;
            send_message(kernel, message);
        }
        buf_free(&text);
    }
}

static void publish_messages(Kernel *kernel) {
    for (Message *message; !kernel->unsent && (message = mailbox_take(kernel->messages));) {
        publish_streams(kernel);
        send_message(kernel, message);
    }
}

/* ---- what comes */

/* On what standard error was before the kernel took it over. */
static void complain(Kernel *kernel, const char *why) {
    int log = kernel->streams.before[STREAM_ERROR];
    if (log < 0 || kernel->complaints >= MOST_COMPLAINTS) return;
    dprintf(log, "mr-kernel: dropped a message: %s\n", why);
    if (++kernel->complaints == MOST_COMPLAINTS) dprintf(log, "mr-kernel: further ones are dropped without a word\n");
}

static Request *receive(Kernel *kernel, Channel channel) {
    Frames frames = {0};
    const char *why = NULL;
    Request *request = NULL;
    while (!request && sockets_receive(kernel->sockets, channel, &frames)) {
        request = request_read(&frames, channel, kernel->connection->key, &why);
        if (!request) complain(kernel, why);
        frames_free(&frames);
    }
    return request;
}

static void end(Kernel *kernel, const Request *request) {
    json_t *content = json_pack("{s:s, s:b}", "status", "ok", "restart", request_flag(request, "restart", false));
    send_message(kernel, message_new(CHANNEL_IOPUB, "shutdown_reply", request, json_incref(content)));
    send_message(kernel, message_reply(request, "shutdown_reply", content));
    kernel->is_over = true;
}

/* What is answered at once, whatever runs. False: it is for the desk. */
static bool take_control(Kernel *kernel, const Request *request) {
    bool is_end = strcmp(request->type, "shutdown_request") == 0, is_interrupt = strcmp(request->type, "interrupt_request") == 0;
    if (!is_end && !is_interrupt) return false;
    publish_state(kernel, request, "busy");
    if (is_interrupt) {
        desk_interrupt(kernel->desk);
        send_message(kernel, message_reply(request, "interrupt_reply", json_pack("{s:s}", "status", "ok")));
    } else {
        end(kernel, request);
    }
    publish_state(kernel, request, "idle");
    return true;
}

static void take_requests(Kernel *kernel, Channel channel) {
    Request *request = NULL;
    for (int i = 0; i < IN_TURN && !kernel->is_over && (request = receive(kernel, channel)); i++) {
        if (take_control(kernel, request))
            request_free(&request);
        else
            mailbox_put(kernel->requests, request);
    }
}

/* A heartbeat comes back as it is; replies to what nobody has asked, and who listens, are not looked at. */
static void take_other(Kernel *kernel, Channel channel) {
    Frames frames = {0};
    for (int i = 0; i < IN_TURN && sockets_receive(kernel->sockets, channel, &frames); i++) {
        if (channel == CHANNEL_HEARTBEAT) sockets_send(kernel->sockets, channel, &frames);
        frames_free(&frames);
    }
}

static void take_signals(Kernel *kernel) {
    struct signalfd_siginfo signal;
    while (read(kernel->signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGINT)
            desk_interrupt(kernel->desk);
        else
            kernel->is_over = true;
    }
}

static void serve(Kernel *kernel) {
    while (!kernel->is_over) {
        /* While somebody has no room for what was published, no more of it is taken. */
        int watched[MOST_WATCHED] = {kernel->signals, mailbox_descriptor(kernel->messages), kernel->streams.readers[STREAM_OUT],
                                     kernel->streams.readers[STREAM_ERROR]};
        unsigned ready = sockets_wait(kernel->sockets, watched, kernel->unsent ? 1 : MOST_WATCHED, kernel->unsent ? TRY : LOOK);
        take_signals(kernel);
        take_other(kernel, CHANNEL_HEARTBEAT);
        take_other(kernel, CHANNEL_IOPUB);
        take_other(kernel, CHANNEL_STDIN);
        take_requests(kernel, CHANNEL_CONTROL);
        take_requests(kernel, CHANNEL_SHELL);
        send_unsent(kernel);
        if (!kernel->unsent && ready >> CHANNEL_COUNT) publish_streams(kernel);
        publish_messages(kernel);
        if (kernel->client && getppid() != kernel->client) kernel->is_over = true;
    }
}

/* ---- the beginning and the end */

static int open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* False: impossible, and *error, malloc'ed, says why. */
static bool kernel_open(Kernel *kernel, const WorkbenchConfig *workbench, char **error) {
    const char *client = getenv("JPY_PARENT_PID"); /* its launchers say so who they are */
    kernel->unsent_end = &kernel->unsent;
    kernel->signals = open_signals();
    if (client && strtol(client, NULL, 10) == getppid()) kernel->client = getppid();
    speaker_init(&kernel->speaker);
    kernel->requests = mailbox_new();
    kernel->messages = mailbox_new();
    bool has_streams = kernel->signals >= 0 && kernel->requests && kernel->messages && streams_open(&kernel->streams);
    if (!has_streams) {
        *error = strdup(strerror(errno));
        return false;
    }
    kernel->sockets = sockets_open(kernel->connection, error);
    if (!kernel->sockets) return false;
    DeskConfig desk = {.workbench = *workbench, .requests = kernel->requests, .messages = kernel->messages};
    kernel->desk = desk_start(&desk, error);
    return kernel->desk != NULL;
}

/* False: the desk is still at something. */
static bool kernel_close(Kernel *kernel) {
    bool is_clean = !kernel->desk || desk_stop(&kernel->desk, PATIENCE);
    if (kernel->signals >= 0) close(kernel->signals);
    sockets_close(&kernel->sockets);
    streams_close(&kernel->streams);
    if (!is_clean) return false;
    for (Message *message; kernel->messages && (message = mailbox_take(kernel->messages));) message_free(&message);
    while (kernel->unsent) {
        Unsent *unsent = kernel->unsent;
        kernel->unsent = unsent->next;
        frames_free(&unsent->frames);
        free(unsent);
    }
    mailbox_free(&kernel->requests);
    mailbox_free(&kernel->messages);
    free(kernel->parent);
    return true;
}

int kernel_run(const Connection *connection, const WorkbenchConfig *workbench) {
    Kernel kernel = {.connection = connection, .streams = {.readers = {-1, -1}, .before = {-1, -1}}};
    char *error = NULL;
    bool is_open = kernel_open(&kernel, workbench, &error);
    if (is_open) serve(&kernel);
    bool is_clean = kernel_close(&kernel);
    if (!is_open) fprintf(stderr, "mr-kernel: %s\n", error ? error : "cannot start");
    free(error);
    if (!is_clean) _exit(0);
    return is_open ? 0 : 1;
}
