/* driver.h: the parts of mrc: its options and the link step. The compiler itself is behind session.h. */
#ifndef COMPILER_DRIVER_DRIVER_H
#define COMPILER_DRIVER_DRIVER_H

#include <stdbool.h>

#include "compiler/session/session.h"

typedef struct DriverOptions {
    SessionOptions session;
    const char *input;
    const char *output; /* NULL: made from the input's name; "-" for --emit: standard output */
    bool is_emit;
    SessionArtifact emit;
    DiagFormat diagnostics;
    bool is_test;        /* `mrc test`: compile the tests, and run them */
    const char *explain; /* --explain: the code, "" for a list of all; else NULL */
    bool is_done;        /* --help or --version was answered: exit with 0 */
} DriverOptions;

/* Reads the command line. False for wrong usage, which was explained on standard error. */
bool driver_options(int argc, char **argv, DriverOptions *out);

/* --explain: writes the explanation of a code, or all codes for "", to standard output. The exit status. */
int driver_explain(const char *code);

/* Links objects with the runtime library of `library_dir` into an executable that appears whole or not at all. On failure the
 * reason is on standard error. */
bool driver_link(const char *const *objects, size_t count, const char *output, const char *library_dir);

/* Runs an executable and waits for it; its exit status, or 1 where it could not be started or was killed. */
int driver_run(const char *path);

/* The directory that holds libmrt.a and hot.bc, beside the running mrc: BIN/../lib/mr. NULL where it is not there. From malloc. */
char *driver_library_dir(void);

#endif
