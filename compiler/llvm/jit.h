/* jit.h: object code that is loaded into this process and run there.
 *
 * What an object mentions and does not define is looked for among the symbols that the process exports: the runtime, with which it
 * was linked, and C's libraries. Objects know nothing of each other: each may define the names that another does. One thread. */
#ifndef COMPILER_LLVM_JIT_H
#define COMPILER_LLVM_JIT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Jit Jit;
typedef struct JitCode JitCode;

/* NULL: that is impossible, and *error, malloc'ed, says why. */
Jit *jit_new(char **error);
void jit_free(Jit **jit); /* and all that it has loaded, which must not be running; nulls the pointer */

/* Loads an object file, which may be forgotten afterwards. NULL: *error, malloc'ed, says why. */
JitCode *jit_load(Jit *jit, const char *object, size_t len, char **error);
/* The same, of an object that mentions values of another one: those of its functions that are listed, by their names (ways.h). */
typedef struct JitValue {
    const char *name;
    const void *at;
} JitValue;
JitCode *jit_load_better(Jit *jit, const char *object, size_t len, const JitValue *values, size_t count, char **error);
/* The address of what the object defines under the name; NULL: it does not. */
void *jit_find(JitCode *code, const char *name);
/* Of code that was made to be replaced (ways.h): calls of the function lead elsewhere from now on, in all threads. False: it has no
 * such function. */
bool jit_lead(JitCode *code, const void *function, void *elsewhere);
/* The same for all functions that a better version of the code has, too. */
void jit_lead_all(JitCode *code, JitCode *better);
void jit_unload(JitCode **code); /* nothing refers to it any more; nulls the pointer */

#endif
