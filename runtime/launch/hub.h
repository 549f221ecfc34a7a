/* hub.h: the scheduler's loop: it feeds runtime/sched/sched.h with messages, exits of processes and time, and does what it says.
 *
 * It runs in mrrun, or on a thread of a program that runs by itself. A Hub belongs to the thread that opened it; the callbacks are
 * called on that thread, while it runs. */
#ifndef RUNTIME_LAUNCH_HUB_H
#define RUNTIME_LAUNCH_HUB_H

#include "runtime/journal/journal.h"
#include "runtime/net/link.h"
#include "runtime/sched/sched.h"

typedef struct Hub Hub;

typedef struct HubConfig {
    Net *net;
    const char *control;  /* where to listen */
    const LinkKeys *keys; /* over a network; else NULL. Only looked at by hub_open. */
    const char *bags;     /* where to listen for who wants bags out of a journal; NULL: there will be none */
    SchedConfig sched;
    int wake;                              /* a descriptor to look at beside the messages; -1: none */
    void (*on_wake)(Hub *hub, void *data); /* it is readable */
    void (*on_log)(void *data, int level, const char *text);
    void (*on_replace)(void *data, uint32_t host);           /* start one more worker there; NULL: there is nobody who could */
    void (*on_kill)(void *data, uint32_t host, int64_t pid); /* end that process, which counts as lost; NULL: it has none */
    void (*on_job)(void *data, const Sched *sched, const JobStats *stats); /* a job is over */
    void (*on_message)(void *data, const Message *message, bool is_sent);  /* passes the scheduler; NULL: nobody wants to know */
    NewsListener listener;                                                 /* of the scheduler's news */
    void *data;
} HubConfig;

/* A process of the run that has ended: which, how ("killed by signal 9 (Killed)"), and what it was at, as in SchedEvent. */
typedef struct HubLoss {
    uint32_t host;
    int64_t pid;
    Role role; /* what it was started for */
    const char *how;
    uint64_t at_job;
    int64_t at_chunk;
    uint64_t at_count;
} HubLoss;

Hub *hub_open(const HubConfig *config, char **error); /* NULL: failed, *error malloc'ed */

/* Until the run is over; returns its exit status, and in `text` why it ended, or nothing. */
int hub_run(Hub *hub, char text[MESSAGE_TEXT_SIZE]);

/* After hub_run: tells whoever comes late that the run is over, until `wake` is readable. */
void hub_turn_away(Hub *hub);

void hub_close(Hub **hub);

/* For on_wake: the program that is to take part; a process of the run has ended; something else went wrong (all_are_gone: and no
 * process of the run is left); the user wants the run to end. */
void hub_expect_program(Hub *hub, const uint8_t program[MESSAGE_HASH_SIZE]);
/* Before the program's processes are told what to start: bags are kept in a journal, of which `stored` is there already; both are
 * borrowed. */
void hub_use_journal(Hub *hub, Journal *journal, const Stored *stored, uint64_t every);
void hub_process_lost(Hub *hub, const HubLoss *loss);
void hub_not_started(Hub *hub, uint32_t host, const char *text); /* the answer to on_replace, when there will be no such worker */
void hub_fail(Hub *hub, const char *text, bool all_are_gone);
void hub_interrupt(Hub *hub);

/* Over a network: one more process may come in, and all others hear of it; to be called before it is started. */
bool hub_allow(Hub *hub, const char *key);
const char *hub_endpoint(const Hub *hub); /* where others find it; over a network with the real port, and the key */

/* What was not listened to, in all processes of the run as far as they have told: datagrams that were no messages, and connections
 * of those who have no key of the run. */
typedef struct HubStrange {
    uint64_t dropped, refused;
} HubStrange;

HubStrange hub_strange(const Hub *hub);

const Sched *hub_sched(const Hub *hub);

#endif
