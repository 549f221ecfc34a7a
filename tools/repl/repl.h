/* repl.h: the parts of mri. */
#ifndef TOOLS_REPL_REPL_H
#define TOOLS_REPL_REPL_H

#include "tools/watch/display.h"
#include "tools/workbench/launch.h"
#include "tools/workbench/workbench.h"

typedef struct ReplOptions {
    const char *library_dir;
    const char *program; /* to be run first; NULL: none */
    int argc;            /* its arguments */
    char **argv;
    unsigned workers;   /* 0: one for each processor, or slot of the hosts */
    bool has_processes; /* which work; else threads do */
    Launch *launch;     /* options of mrrun for them; more may be added */
    int optimise;
    bool shows_progress; /* of cells that take long */
    bool is_interactive; /* reads cells after the program, and shows their values */
} ReplOptions;

typedef struct Repl {
    const ReplOptions *options;
    Workbench *workbench;
    Buf saved;        /* the cells that have ended well */
    unsigned cells;   /* that were read: their numbers are their names in messages */
    Display *display; /* NULL: how far jobs are is not shown */
    bool is_coloured;
    bool is_over;
} Repl;

/* The whole of mri; returns the exit status. */
int repl_run(const ReplOptions *options);

/* A new experiment in the place of the one that there was, if any. False: impossible, which was said. */
bool repl_start(Repl *repl, unsigned workers);

bool repl_parse_workers(const char *text, unsigned *workers); /* false, with a message: it is no such number */

/* Runs a cell, and shows what there is to say of it; `name` NULL: it is numbered. False: it did not end well. */
bool repl_cell(Repl *repl, const char *name, const char *text, size_t len);

/* Whether there was a Ctrl-C since the last cell began, and since it was forgotten last. */
bool repl_is_interrupted(void);
bool repl_was_interrupted(void); /* the same, and forgets it */

/* Reads a file whole, from malloc; NULL, with a message: it cannot be read. "-" is standard input. */
char *repl_read_file(const char *path, size_t *len);

/* commands.c: a line that begins with a colon. */
void repl_command(Repl *repl, const char *line);

/* lines.c: cells as they are typed, with editing and a history on a terminal. */
typedef struct Lines Lines;
Lines *lines_open(Repl *repl);
void lines_close(Lines **lines);
/* The next cell, or a command, without its last newline, valid until the next call; NULL: the input is over. */
const char *lines_next(Lines *lines, size_t *len);

#endif
