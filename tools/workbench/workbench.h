/* workbench.h: an experiment as its users see it: cells of text are compiled, loaded and run one after the other, and what they
 * leave is there for the next. The terminal's mri and the notebook's kernel stand on it. One thread. */
#ifndef TOOLS_WORKBENCH_WORKBENCH_H
#define TOOLS_WORKBENCH_WORKBENCH_H

#include <signal.h>

#include "compiler/session/cells.h"

typedef struct Workbench Workbench;

/* Workers that are processes of this very program, which must call workbench_work first of all. */
typedef struct WorkbenchProcesses {
    char *const *options; /* as of mrrun, ended by NULL: hosts, memory and so on; without -n */
} WorkbenchProcesses;

/* First of all in a program's main function: is this process to be a worker? Then *status is its exit status. */
bool workbench_work(int argc, char **argv, int *status);

typedef struct WorkbenchConfig {
    const char *library_dir; /* as of mrc (session.h) */
    int optimise;            /* of cells with loops that may be worth it; others are compiled as quickly as possible */
    unsigned workers;        /* threads: 0: one for each processor; processes: 0: one for each processor, or slot of the hosts */
    const WorkbenchProcesses *processes; /* that work; its texts must stay; NULL: threads do */
    const struct NewsListener *listener; /* of the jobs' news (sched/news.h), on another thread; copied; NULL: nobody */
    int argc;                            /* what `args` is */
    char **argv;
    bool is_served; /* as in experiment.h: lines are shown as they are printed, and `exit` fails */
} WorkbenchConfig;

typedef struct CellOptions {
    const char *name; /* in messages: "cell 3", "program.mr" */
    bool wants_value; /* the last statement's value becomes `it` */
    bool is_coloured;
    DiagFormat format;
    const volatile sig_atomic_t *interrupt; /* not 0 any more: the cell is to fail; NULL: nothing interrupts it */
} CellOptions;

/* How a cell ended; `messages` holds what the compiler said, warnings too, or else the error with which it ended. */
typedef enum CellEnd { CELL_DONE, CELL_REFUSED, CELL_FAILED } CellEnd;

typedef struct CellOutcome {
    CellEnd end;
    bool has_value;       /* `it` was set */
    double compiled, ran; /* seconds */
} CellOutcome;

Workbench *workbench_new(const WorkbenchConfig *config, char **error); /* NULL: impossible, *error (malloc'ed) says why */
bool workbench_free(Workbench **workbench); /* false: a worker is still in a long element, and the process must end */

CellOutcome workbench_run(Workbench *self, const char *text, size_t len, const CellOptions *options, Buf *messages);

/* What is known (cells.h), and the cells themselves, for what a cell compiles to. */
Cells *workbench_cells(Workbench *workbench);

/* Adds the value of the name as a literal of about `size` bytes at most. False: there is none. */
bool workbench_show(Workbench *workbench, const char *name, size_t size, Buf *out);

/* Adds the value of an expression that is a string, which leaves nothing. False: it has errors, is no string, or fails. `interrupt`
 * as for a cell. */
bool workbench_text(Workbench *self, const char *expression, const volatile sig_atomic_t *interrupt, Buf *out);

/* The value of the name as the runtime has it (values.h), until the next cell; NULL: there is none. */
const struct Value *workbench_value(const Workbench *workbench, const char *name);

unsigned workbench_workers(const Workbench *workbench); /* 0: processes, and it is not known yet */
/* Adds a line for each worker that is a process; starts them if need be. False: there are none, and *error, malloc'ed, says why;
 * NULL: they are threads. */
bool workbench_show_workers(Workbench *workbench, Buf *out, char **error);
/* False: impossible, and *error, malloc'ed, says why. */
bool workbench_set_workers(Workbench *workbench, unsigned workers, char **error);
size_t workbench_loaded(const Workbench *workbench); /* cells whose code is still there */

#endif
