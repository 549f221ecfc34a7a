/* core_internal.h: what the passes over the core share: making nodes, walking them, and the passes in the order in which they run.
 *
 * Everything lives in the program's arena; one thread. */
#ifndef COMPILER_CORE_CORE_INTERNAL_H
#define COMPILER_CORE_CORE_INTERNAL_H

#include "base/map.h"
#include "compiler/core/core.h"
#include "compiler/source/diag.h"

/* ---- nodes (node.c) */

CoreExpr *core_node(Arena *arena, CoreKind kind, const CoreType *type, Span span);
CoreExpr *core_local(Arena *arena, CoreVar *var, Span span);
CoreExpr *core_copy(Arena *arena,
                    const CoreExpr *expr); /* a shallow copy: for leaves and paths of FIELDs, whose base is copied too */
bool core_diverges(const CoreExpr *expr);  /* never gives a value: always ends in a break, continue or return */
void core_give_type(CoreExpr *expr, const CoreType *type); /* gives a diverging expression the type that its place asks for */

/* The code pieces of a reducer in a fixed order, with labels for people: "add", "merge", "finish", "done", "from". */
enum { CORE_REDUCER_CODES = 5 };
CoreCode *core_reducer_code(CoreReducer *reducer, size_t index, const char **label);
/* All reducers whose code is the job's: its own (number 0), then those of its laws. */
size_t core_reducer_count(const CoreJob *job);
CoreReducer *core_reducer(CoreJob *job, size_t index);

/* ---- walking (node.c): direct children in the order of evaluation. Of a JOB: its sources and captured values, which belong to the
 * enclosing function; the job's own code is visited by core_each_job_code. */

typedef void CoreVisit(CoreExpr *expr, void *context);
void core_each_child(CoreExpr *expr, CoreVisit *visit, void *context);
void core_each_job_code(CoreJob *job, CoreVisit *visit, void *context);

/* ---- passes over the whole program, in this order */

void core_close(CoreProgram *program, uint32_t *next_var); /* close.c: of a cell: values that are code read no globals */
void core_tidy(CoreProgram *program); /* tidy.c: hidden variables that are read once, at once, are replaced by their values */
void core_parts(CoreProgram *program, uint32_t *next_var); /* parts.c: parts of texts that are walked, and need no list */
void core_runs(CoreProgram *program, uint32_t *next_var);  /* runs.c: loops over bytes that go on behind runs of them */
void core_keep(CoreProgram *program, uint32_t *next_var);  /* keep.c: what of a keyed job's table is wanted at all */
void core_tail(CoreProgram *program, uint32_t *next_var);  /* tail.c: calls that a function ends in become loops and jumps */
void core_own(CoreProgram *program);                       /* own.c: marks last uses as moves */
void core_lend(CoreProgram *program);           /* lend.c: lists that are only looked at, and need not be made on the heap */
void core_mark_recursive(CoreProgram *program); /* calls.c: which functions are in a cycle of calls; before and after tail.c */
void core_find_globals(CoreProgram *program);   /* calls.c: which globals a job reads, itself or in what it calls */
bool core_travel(CoreProgram *program,
                 DiagSink *diags);    /* travel.c: reports futures that would have to travel; false: there are some */
void core_hash(CoreProgram *program); /* hash.c: names jobs and the program by their content */

/* ---- calls (calls.c) */

typedef struct CoreReach {
    VEC(CoreFn *) fns; /* in the order in which they are met */
    VEC(CoreGlobal *) globals;
    Map seen;          /* fns, globals and jobs met so far */
    bool catches;      /* there is a TRY among them */
    bool prints;       /* there is a call of `print` among them */
    bool calls_values; /* function values are called, or streams walked, of whatever function */
} CoreReach;

/* The type of the values that a closure's function or a walk function makes: a function or stream. */

/* All functions and globals that the job's code reaches; by a call of a function value all closures of its type.
 * What is found lies in the arena. */
void core_reach_job(const CoreProgram *program, CoreJob *job, Arena *arena, CoreReach *reach);

/* ---- printing (print.c) */

/* The functions that a piece of code mentions, in the order in which it does. */
typedef struct CoreMentions {
    Arena *arena;
    VEC(const CoreFn *) fns;
    Map numbers; /* function -> its place in `fns`, from 1 */
} CoreMentions;

/* The code of a job, or else of a function, without positions; functions go by their numbers in `mentions`, which is empty before.
 */
void core_print_content(CoreJob *job, const CoreFn *fn, CoreMentions *mentions, Buf *out);

const char *core_op_text(CoreOp op);
const char *core_source_text(CoreSourceKind kind);

#endif
