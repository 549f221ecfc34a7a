/* program.h: the program that mrrun is asked to run. */
#ifndef TOOLS_MRRUN_PROGRAM_H
#define TOOLS_MRRUN_PROGRAM_H

#include <stdbool.h>

/* Finds the executable that `name` means (in PATH when there is no slash in it) and sees that it is an mr program of this version,
 * without running it. Returns its path, malloc'ed, or NULL after a message. */
char *program_find(const char *name);

#endif
