/* experiment.h: a root that runs one program after the other, on workers that stay.
 *
 * All values belong to the root's thread, which has a large stack: what has to do with them is done there, by experiment_call.
 * Programs are code that has been loaded into this process; how, and what passes from one to the next, is the caller's business. */
#ifndef RUNTIME_LAUNCH_EXPERIMENT_H
#define RUNTIME_LAUNCH_EXPERIMENT_H

#include <signal.h>

#include "base/buf.h"
#include "runtime/sched/news.h"
#include "runtime/worker/programs.h"

typedef struct Experiment Experiment;

/* Workers that are processes, on this machine or on others. */
typedef struct ExperimentProcesses {
    const char *mrrun;    /* the path of the program that has them (attach.h) */
    char *const *options; /* for it, ended by NULL; without -n */
    char *const *program; /* what they run, with its arguments, ended by NULL: a program that calls experiment_work */
} ExperimentProcesses;

typedef struct ExperimentConfig {
    uint32_t workers;                     /* threads: 0: one for each processor; processes: 0: what mrrun thinks right */
    const ExperimentProcesses *processes; /* they and their texts must stay; NULL: workers are threads */
    int argc;                             /* what `args` is */
    NewsListener listener;                /* of the jobs' news, on another thread */
    char **argv;
    bool is_served; /* for a client that sees each line when it is printed, and that alone ends the process: `exit` fails */
} ExperimentConfig;

/* NULL: impossible, and *error, malloc'ed, says why. The workers are started when the first job needs them. */
Experiment *experiment_start(const ExperimentConfig *config, char **error);

/* Ends the workers. False: one is still in a long element, and the process must end. */
bool experiment_stop(Experiment **experiment);

uint32_t experiment_workers(const Experiment *experiment); /* 0: processes, and it is not known yet */

/* A line for each worker that is a process; starts them if need be. False: there are none, and *error, malloc'ed, says why; NULL:
 * they are threads. */
bool experiment_show_workers(Experiment *experiment, Buf *out, char **error);

/* In the main function of a program that has experiments with processes: whether this process is to be a worker of one, and then
 * its whole life, which gives its exit status. No thread may have been started. */
bool experiment_is_worker(void);
int experiment_work(const ProgramLoader *loader, int argc, char **argv);

/* So many from the next job on; work that was started and not awaited is over. False: impossible, and *error, malloc'ed, says why.
 */
bool experiment_set_workers(Experiment *experiment, uint32_t workers, char **error);

/* Does it on the root's thread, and waits until it is done. The context is in no program. */
typedef void ExperimentCall(MrContext *context, void *data);
void experiment_call(Experiment *experiment, ExperimentCall *call, void *data);

/* The same, of what runs a program: as soon as *interrupt, which a signal's handler may set, is not 0, what the root is at fails,
 * and with it the jobs that it waits for. */
/* `interrupt` NULL: nothing interrupts it. `meanwhile`, if it is not NULL, is called with the data now and then, on this thread,
 * while it runs. */
typedef void ExperimentMeanwhile(void *data);
void experiment_run(Experiment *experiment, ExperimentCall *call, void *data, const volatile sig_atomic_t *interrupt,
                    ExperimentMeanwhile *meanwhile);

/* In an experiment_call: the context is in the program until it leaves it again, with globals that are all zero at first; workers
 * know its tasks from then on. */
void experiment_enter(MrContext *context, const MrProgram *program, Code *code); /* `code`: where the program is from */
void experiment_leave(MrContext *context);                                       /* drops the globals that are left */

/* In an experiment_call, of a program that was left: whether its code may be unloaded; else some worker is still at it, and it is
 * to be asked again later. */
bool experiment_forget(MrContext *context, const MrProgram *program, Code *code);

#endif
