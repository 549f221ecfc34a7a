/* desk.h: the thread that does what requests of the shell channel ask for, one after the other: it has the workbench. It is given
 * requests by one queue and says everything by another, which the thread of the sockets reads. */
#ifndef TOOLS_KERNEL_DESK_H
#define TOOLS_KERNEL_DESK_H

#include "tools/kernel/message.h"
#include "tools/kernel/mailbox.h"
#include "tools/workbench/workbench.h"

typedef struct Desk Desk;

typedef struct DeskConfig {
    WorkbenchConfig workbench;
    Mailbox *requests; /* Request *, which the desk frees */
    Mailbox *messages; /* Message *, for whoever takes them */
} DeskConfig;

Desk *desk_start(const DeskConfig *config, char **error); /* NULL: impossible, *error (malloc'ed) says why */

/* From any thread: the cell that runs, if one does, is to fail. */
void desk_interrupt(Desk *desk);

/* From the thread that has started it, once: what runs is interrupted, and requests that wait are forgotten. False: it does not end
 * within so many seconds, or a worker does not, and the process must be left as it is. */
bool desk_stop(Desk **desk, int seconds);

#endif
