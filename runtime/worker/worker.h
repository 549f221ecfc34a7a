/* worker.h: a worker's communicating thread: it owns the worker's sockets and its side of the protocol. */
#ifndef RUNTIME_WORKER_WORKER_H
#define RUNTIME_WORKER_WORKER_H

#include "runtime/include/mr.h"
#include "runtime/net/link.h"
#include "runtime/value/lender.h"
#include "runtime/value/neighbours.h"
#include "runtime/worker/blackbox.h"
#include "runtime/worker/programs.h"

typedef struct WorkerConfig {
    Net *net;
    Programs *programs;
    const ProgramLoader *loader; /* of object code that comes; NULL: all is in the executable */
    Codes *codes;                /* where it is kept for others; the same */
    int argc;                    /* the program's arguments, without its name */
    char **argv;
    int64_t wish;           /* the worker number that it asks for, -1: any */
    uint32_t host;          /* where it runs, for the launcher: see MsgHello */
    uint64_t memory;        /* bytes for its values (spill.h); 0: no limit */
    BlackBox *box;          /* where it notes what it is at; NULL: nowhere */
    Lender *lender;         /* of the process, where the root and other workers are threads of it; else NULL */
    Neighbours *neighbours; /* where they are not, the other processes of this host; else NULL */
    const char *control;    /* the scheduler's endpoint */
    const LinkKeys *keys;   /* over a network; else NULL */
    const char *data;       /* where this worker's data socket shall listen */
    const char *name;       /* in what it logs, "worker 3"; must stay */
    const char *place;      /* where it runs, for people: a host, "thread 3" */
} WorkerConfig;

/* Works on the calling thread until the run is over. *is_clean: everything was given back; else the compute thread is still in a
 * long element, and the process must end. *error: NULL, or why it could not start (malloc'ed). Returns the exit status. */
int worker_run(const WorkerConfig *config, bool *is_clean, char **error);

#endif
