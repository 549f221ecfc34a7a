/* linker.h: the command that links a program. Private to this folder. */
#ifndef COMPILER_DRIVER_LINKER_H
#define COMPILER_DRIVER_LINKER_H

#include "base/arena.h"
#include "base/vec.h"
#include "compiler/driver/driver.h"

typedef struct LinkCommand {
    Arena *arena;           /* the caller's; what is added lives in it */
    VEC(const char *) args; /* ended by NULL; the first is the program to call */
} LinkCommand;

/* The command that makes `output` of the program's objects, what it asks for, and the runtime library: the linker's own where it is
 * what mrc was built with, else the C compiler's. */
void link_command_make(LinkCommand *command, const Session *session, const DriverOptions *options, const char *const *objects,
                       size_t count, const char *output);

#endif
