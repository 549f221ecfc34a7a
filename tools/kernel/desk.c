/* desk.c: see desk.h. Around each request the kernel says that it is busy, and idle again. */
#include "tools/kernel/desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "tools/kernel/answers.h"

struct Desk {
    pthread_t thread;
    Seat seat;
    bool is_clean; /* the workbench could be put away; valid once the thread has ended */
};

/* A request that only this process can make: the end. */
static const char end_of_work[] = "end";

void seat_say(Seat *seat, Message *message) {
    mailbox_put(seat->messages, message);
}

const Library *seat_library(Seat *seat) {
    if (!seat->library) seat->library = library_new();
    return seat->library;
}

static void say_state(Seat *seat, const Request *request, const char *state) {
    Message *message = message_new(CHANNEL_IOPUB, "status", request, json_pack("{s:s}", "execution_state", state));
    message->is_begin = strcmp(state, "busy") == 0;
    seat_say(seat, message);
}

static json_t *answer_info(Seat *seat, const Request *request) {
    (void)seat, (void)request;
    json_t *language = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", "mr", "version", MR_VERSION, "mimetype", "text/x-mr",
                                 "file_extension", ".mr", "pygments_lexer", "python", "codemirror_mode", "python");
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:[]}", "status", "ok", "protocol_version", "5.3", "implementation", "mr",
                     "implementation_version", MR_VERSION, "language_info", language, "banner", "mr " MR_VERSION, "help_links");
}

static json_t *answer_history(Seat *seat, const Request *request) {
    return history_answer(&seat->history, request);
}

static json_t *answer_comms(Seat *seat, const Request *request) {
    (void)seat, (void)request;
    return json_pack("{s:s, s:{}}", "status", "ok", "comms");
}

typedef struct Answer {
    const char *request, *reply;
    json_t *(*make)(Seat *seat, const Request *request);
} Answer;

static const Answer answers[] = {
    {"execute_request", "execute_reply", answer_execute},
    {"kernel_info_request", "kernel_info_reply", answer_info},
    {"complete_request", "complete_reply", answer_complete},
    {"inspect_request", "inspect_reply", answer_inspect},
    {"is_complete_request", "is_complete_reply", answer_is_complete},
    {"history_request", "history_reply", answer_history},
    {"comm_info_request", "comm_info_reply", answer_comms},
};

/* Requests of a kind that the kernel does not know get no reply, as the protocol has it. */
static void answer(Seat *seat, const Request *request) {
    say_state(seat, request, "busy");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].request, request->type) == 0)
            seat_say(seat, message_reply(request, answers[i].reply, answers[i].make(seat, request)));
    say_state(seat, request, "idle");
}

static void *desk_thread(void *argument) {
    Desk *desk = argument;
    Seat *seat = &desk->seat;
    for (bool is_over = false; !is_over;) {
        Request *request = mailbox_wait(seat->requests);
        is_over = request->type == end_of_work;
        if (!is_over) answer(seat, request);
        request_free(&request);
    }
    history_free(&seat->history);
    library_free(&seat->library);
    desk->is_clean = workbench_free(&seat->workbench);
    return NULL;
}

Desk *desk_start(const DeskConfig *config, char **error) {
    Desk *desk = xcalloc(1, sizeof *desk);
    desk->seat.requests = config->requests;
    desk->seat.messages = config->messages;
    desk->seat.workbench = workbench_new(&config->workbench, error);
    int reason = desk->seat.workbench ? pthread_create(&desk->thread, NULL, desk_thread, desk) : 0;
    if (desk->seat.workbench && reason == 0) return desk;
    if (reason) *error = strdup(strerror(reason));
    workbench_free(&desk->seat.workbench);
    free(desk);
    return NULL;
}

void desk_interrupt(Desk *desk) {
    desk->seat.interrupt = 1;
}

bool desk_stop(Desk **desk, int seconds) {
    Desk *self = *desk;
    struct timespec until;
    *desk = NULL;
    for (Request *request; (request = mailbox_take(self->seat.requests));) request_free(&request);
    Request *end = xcalloc(1, sizeof *end);
    end->type = end_of_work;
    mailbox_put(self->seat.requests, end);
    desk_interrupt(self);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    if (pthread_timedjoin_np(self->thread, NULL, &until) != 0) return false;
    bool is_clean = self->is_clean;
    if (is_clean) free(self);
    return is_clean;
}
