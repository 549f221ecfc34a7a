/* programs.h: the programs whose tasks the workers of a process can run: an executable's own and, in an experiment, those of its
 * cells.
 *
 * A program's code must stay as long as a worker has a job of it: workers enter a program with each job and leave it when the job
 * is dropped. Any thread may call what is here. */
#ifndef RUNTIME_WORKER_PROGRAMS_H
#define RUNTIME_WORKER_PROGRAMS_H

#include "runtime/include/mr.h"

typedef struct Programs Programs;

Programs *programs_new(const MrProgram *own); /* which can always be entered */
void programs_free(Programs **programs);
const MrProgram *programs_own(const Programs *programs);

void programs_add(Programs *programs, const MrProgram *program);
/* From now on nobody enters the program; false: somebody is in it still, and it is to be asked again. */
bool programs_remove(Programs *programs, const MrProgram *program);

/* The task of this hash, of the program that was added last, which is then entered; NULL: there is none. */
const MrTask *programs_enter(Programs *programs, const uint8_t *hash, const MrProgram **program);
void programs_leave(Programs *programs, const MrProgram *program);

#endif
