/* driver.h: the parts of mrc: its options and the link step. The compiler itself is behind session.h. */
#ifndef COMPILER_DRIVER_DRIVER_H
#define COMPILER_DRIVER_DRIVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "compiler/session/session.h"

/* What the program is linked with besides the runtime library, for its C functions: objects, archives and shared libraries by their
 * paths, then folders (-L) and libraries (-l), in the order of the command line. */
typedef struct LinkInputs {
    const char **items; /* arguments for the linker, from malloc; what they point to lives as long as the command line */
    size_t len;
} LinkInputs;

typedef enum DriverColour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } DriverColour;

typedef struct DriverOptions {
    SessionOptions session;
    LinkInputs link;
    const char *input;
    const char *output; /* NULL: made from the input's name; "-" for --emit: standard output */
    bool is_emit;
    SessionArtifact emit;
    DiagFormat diagnostics;
    DriverColour colour;
    char *const *arguments; /* of the program where it is run, ended by NULL; NULL: none */
    bool runs;              /* compile to a temporary file, and run that */
    bool is_run;            /* `mrc run` */
    const char *workers;    /* … on so many, by mrrun; NULL: by itself */
    bool is_test;           /* `mrc test`: compile the tests, and run them */
    const char *explain;    /* --explain: the code, "" for a list of all; else NULL */
    bool is_done;           /* --help or --version was answered: exit with 0 */
} DriverOptions;

/* Reads the command line. False for wrong usage, which was explained on standard error. */
bool driver_options(int argc, char **argv, DriverOptions *out);

/* --explain: writes the explanation of a code, or all codes for "", to standard output. The exit status. */
int driver_explain(const char *code);

/* Links objects with the runtime library of options->session.library_dir and what the program asks for into an executable that
 * appears whole or not at all. On failure the reason is on standard error, or in the session's diagnostics where the program's C
 * functions are the reason. */
bool driver_link(Session *session, const DriverOptions *options, const char *const *objects, size_t count, const char *output);

/* keep.c: the path that the executable of a program has among those that `mrc run` keeps, from malloc: it depends on all that the
 * program is made of. NULL: there is no place for it, which was said. */
char *driver_kept_path(Session *session, const DriverOptions *options);
void driver_kept_tidy(const char *path); /* it was made: makes room for it, by those that were not used for the longest time */

/* Becomes the program, or mrrun with it; `path` is the executable. Returns where that fails, with a message. */
void driver_become(const DriverOptions *options, const char *path);

/* blame.c: reports which C functions or libraries of the program or the command line the linker did not find, by its message.
 * False: it is not that. */
bool driver_blame(Session *session, const LinkInputs *inputs, const char *message);

/* Starts an executable with these arguments (ended by NULL; NULL: none). -1, with a message, where it cannot be started. */
pid_t driver_start(const char *path, char *const *arguments);
/* Waits for it: its exit status, or 1 where it was killed. */
int driver_wait(pid_t pid);

/* Holds back the signals that end a program, from here to the call with false, so that nothing is left lying: while there are files
 * that have to be removed. What is started meanwhile gets them, and so a Ctrl-C ends the linker. */
void driver_hold_signals(bool hold);

#endif
