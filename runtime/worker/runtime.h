/* runtime.h: the role of a thread that runs generated code. Every MrContext points to one; it belongs to the context's thread. */
#ifndef RUNTIME_WORKER_RUNTIME_H
#define RUNTIME_WORKER_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/io/state.h"

struct Cluster;
struct Shares;
struct Nest;
struct Future;

/* What is known of a task's cost, so that small jobs never touch the network. */
typedef struct TaskCost {
    const MrTask *task;
    double per_element; /* seconds, as of the last job */
} TaskCost;

typedef struct MrRuntime {
    IoState io;                     /* first: io/ sees only this */
    int depth;                      /* jobs that this thread is running, one inside the other */
    _Atomic uint64_t futures_ended; /* futures of this role that have a result, an error, or were cancelled */
    struct Shares *shares;          /* the jobs that the workers have; NULL: there are no workers */
    struct Programs *programs;      /* those whose code may travel; NULL: there is none but the executable */

    struct Lender *lender;         /* between the threads of this process; NULL: values that travel are copied */
    struct Neighbours *neighbours; /* where workers are processes: those of this host; NULL: lists that travel are copied */

    /* A worker's side. */
    struct Nest *nests; /* the jobs that this thread is running, the innermost first; all but the one whose range it maps */
    bool is_merging;    /* it combines what others have mapped, outside of any range: nothing is shared now (nest.h) */
    struct {
        struct Future *first, *last;
    } put_off; /* futures that nobody has started, in the order in which they were made */

    /* The root's side; all zero on workers. */
    struct Cluster *cluster; /* the connection to the workers; NULL while there is none */
    bool (*start)(
        MrContext *context); /* makes it, when the first job needs it; fails as a primitive does; NULL: there are no workers */
    void *start_data;
    uint32_t workers;              /* how many there are, or would be */
    uint64_t memory;               /* alone: bytes for each worker's values; 0: no limit */
    int64_t local_nanoseconds;     /* how long a job may run here before it is handed to the workers */
    const _Atomic uint64_t *limit; /* of the jobs that are mapped here: 0 where they are interrupted; NULL: they cannot be */
    bool is_trying;                /* a job is being mapped here that may be given up: those inside of it stay here, too */
    bool local_always;             /* try every job here first, whatever is known of it (a testing option) */
    TaskCost *costs;
    size_t cost_count;

    /* Of a program that checks laws; else NULL. */
    struct Laws *laws;
    struct LawWatch *law_watch; /* the job that kernels show their elements to */

    struct StreamCache *cache; /* what cached streams keep here; NULL: nothing yet */

    char *scratch; /* what the context's scratch is cut from, once text has been mapped */
    size_t scratch_size;

    /* Names of source files in errors that came from elsewhere. */
    char **file_names;
    size_t file_name_count;
} MrRuntime;

static inline MrRuntime *runtime_of(MrContext *context) {
    return context->runtime;
}

/* A context whose stack is the calling thread's; the globals are zero. */
void context_init(MrContext *context, const MrProgram *program, MrRuntime *runtime);
void *context_globals(const MrProgram *program); /* room for the program's globals, all zero */
void context_drop_globals(MrContext *context);   /* gives them up, with their room */
void context_free(MrContext *context);           /* drops the globals, the output, the error and what is held for the thread */
void runtime_free(MrRuntime *runtime);           /* what it holds, except for the cluster */

/* Gives the context room for changed pieces of a chunk of text, unless an outer chunk has done so. Whoever maps the chunk puts
 * context->scratch back afterwards as it was. */
void scratch_open(MrContext *context, size_t size);

/* The same text, kept until the runtime goes. */
const char *runtime_file_name(MrRuntime *runtime, const char *name, size_t len);

/* Threads that run generated code have a stack of this many bytes, mapped but not touched before it is used. */
enum { STACK_SIZE = 64 << 20, STACK_MARGIN = 512 << 10 };

int thread_start(pthread_t *thread, void *(*run)(void *), void *argument); /* such a thread; 0, or an errno */

#endif
