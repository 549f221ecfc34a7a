/* better.h: a better version of a cell that runs (compiler/llvm/ways.h), made by a thread of its own, since that takes longer than
 * anybody who interrupts the cell would wait. All functions are the workbench's thread's. */
#ifndef TOOLS_WORKBENCH_BETTER_H
#define TOOLS_WORKBENCH_BETTER_H

#include "compiler/llvm/jit.h"
#include "compiler/session/session.h"
#include "runtime/include/mr.h"

typedef struct Better Better;

/* Takes the session, and begins to compile it. */
Better *better_new(Session *session);
bool better_is_done(const Better *better);

/* Of one that is done: loads it, and has the calls of `code`, which is `program`, lead there. To be unloaded after it. NULL: there
 * is none, and everything stays as it is. */
JitCode *better_load(Better *better, Jit *jit, JitCode *code, const MrProgram *program);

/* Nobody wants it any more: it is freed, now or when it is done. */
void better_leave(Better **better, Better **left);
void better_clear(Better **left, bool waits); /* frees those that are done; or all of them */

#endif
