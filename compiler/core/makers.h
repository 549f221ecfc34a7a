/* makers.h: loops over lists that are made for them alone (makers.c); for core_parts. */
#ifndef COMPILER_CORE_MAKERS_H
#define COMPILER_CORE_MAKERS_H

#include "compiler/core/copy.h"

typedef struct CoreMakers {
    CoreProgram *program;
    uint32_t *next_var, *next_loop;
    int depth;                                  /* of what was put in the place of a loop and is looked at again */
    bool (*gives_parts)(const CoreExpr *value); /* whether it is a text's parts, or a call that gives such */
} CoreMakers;

/* Puts the code that makes the list in the place of the FOR over it; false: nothing was changed. */
bool core_unmake(const CoreMakers *makers, CoreExpr *loop);

#endif
