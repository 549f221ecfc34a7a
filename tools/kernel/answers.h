/* answers.h: what the desk answers requests with. Each function gives the content of the reply, and may say more before by
 * desk_say. The desk's thread only. */
#ifndef TOOLS_KERNEL_ANSWERS_H
#define TOOLS_KERNEL_ANSWERS_H

#include <signal.h>

#include "compiler/session/library.h"
#include "tools/kernel/desk.h"
#include "tools/kernel/history.h"

typedef struct Seat {
    Workbench *workbench;
    Library *library; /* made when something is looked up first */
    History history;
    int64_t count; /* cells that were run and stored */
    volatile sig_atomic_t interrupt;
    Mailbox *requests, *messages;
} Seat;

void seat_say(Seat *seat, Message *message);
const Library *seat_library(Seat *seat);

/* execute.c */
json_t *answer_execute(Seat *seat, const Request *request);

/* lookup.c */
json_t *answer_complete(Seat *seat, const Request *request);
json_t *answer_inspect(Seat *seat, const Request *request);
json_t *answer_is_complete(Seat *seat, const Request *request);

#endif
