/* values.h: what the cells of an experiment have left: values by name, and the code that they need.
 *
 * A value's descriptors lie in the code of the cell that left it, so that this code stays as long as the value has its name. All
 * else in it is its own: a value is copied when its cell ends, unless nothing in it leads to the cell's code. What holds functions
 * cannot be copied: its cell's code, and that of the cells whose functions may be among them, stay as long as any value that may
 * have them, but where later cells do not get the value. Values belong to the thread of the context. */
#ifndef TOOLS_WORKBENCH_VALUES_H
#define TOOLS_WORKBENCH_VALUES_H

#include "base/buf.h"
#include "compiler/llvm/jit.h"
#include "compiler/session/cells.h"
#include "runtime/include/mr.h"
#include "runtime/sched/code.h"

/* A cell that was loaded. */
typedef struct Loaded {
    struct Loaded *next;
    JitCode *code;
    JitCode *better; /* what replaces its functions; NULL: nothing does */
    const MrProgram *own;
    MrProgram program;     /* joined with those of `needs` */
    struct Loaded **needs; /* cells in whose code values lie that it was given, with those that they need */
    uint32_t need_count;
    Code *object;    /* for workers that lack it; NULL: there are none */
    unsigned values; /* that have descriptors there */
    unsigned users;  /* cells that need it */
} Loaded;

/* A value by its name. */
typedef struct Value {
    char *name;
    void *bytes;
    const MrType *type;
    Loaded *loaded;
} Value;

typedef struct Values {
    Value *items;
    size_t len, cap;
} Values;

const Value *values_find(const Values *values, const char *name); /* NULL: there is none */

bool value_holds_code(const Value *value); /* functions, streams, futures */

/* Gives the program's global the value: both have it then. */
void values_give(MrContext *context, const Value *value, uint32_t global);

/* Takes the value of the program's global that the cell leaves under a name: an earlier one goes. */
void values_take(Values *values, MrContext *context, const CellName *known, Loaded *loaded);

/* Adds the bytes of the program's global. False: it is no string. */
bool values_text(const MrContext *context, uint32_t global, Buf *out);

void values_drop(Values *values, MrContext *context, const char *name);
void values_free(Values *values, MrContext *context);

#endif
