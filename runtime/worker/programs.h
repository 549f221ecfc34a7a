/* programs.h: the programs whose tasks the workers of a process can run: an executable's own and, in an experiment, those of its
 * cells.
 *
 * A program's code must stay as long as a worker has a job of it: workers enter a program with each job and leave it when the job
 * is dropped. Any thread may call what is here. */
#ifndef RUNTIME_WORKER_PROGRAMS_H
#define RUNTIME_WORKER_PROGRAMS_H

#include "runtime/include/mr.h"
#include "runtime/sched/code.h"

typedef struct Programs Programs;

Programs *programs_new(const MrProgram *own); /* which can always be entered */
void programs_free(Programs **programs);
const MrProgram *programs_own(const Programs *programs);

/* `code` is where it comes from, for processes that lack it; NULL: they do not, or there are none. It is kept. */
void programs_add(Programs *programs, const MrProgram *program, Code *code);

/* Cells may be given values of earlier ones that are code, and so need their programs: makes *joined the program `own` with the
 * tasks and functions of these others behind its own. All must stay; program_part frees what was made. */
void program_join(MrProgram *joined, const MrProgram *own, const MrProgram *const *others, size_t count);
void program_part(MrProgram *joined); /* only its own are there again */
/* From now on nobody enters the program; false: somebody is in it still, and it is to be asked again. */
bool programs_remove(Programs *programs, const MrProgram *program);

/* The task of this hash in the program that programs_code_of gave that number, which is then entered; NULL: there is none. */
const MrTask *programs_enter(Programs *programs, const uint8_t *hash, const uint8_t *code, const MrProgram **program);
void programs_leave(Programs *programs, const MrProgram *program);

/* What the program is known by here and in other processes: its code's hash; where it has none, a number that no other has; of the
 * own one, all zero. */
void programs_code_of(Programs *programs, const MrProgram *program, uint8_t hash[CODE_HASH_SIZE]);

/* How object code becomes a program, in processes that get it from others. One thread. */
typedef struct ProgramLoader {
    /* NULL: it does not, and *error, malloc'ed, says why. */
    const MrProgram *(*load)(void *data, const void *object, size_t size, void **handle, char **error);
    void (*unload)(void *data, void *handle);
    void *data;
} ProgramLoader;

#endif
