/* runs.h: what the files of runs.c share: loops over the bytes of a text, and the nodes that they become. One thread; everything
 * lives in the program's arena. */
#ifndef COMPILER_CORE_RUNS_H
#define COMPILER_CORE_RUNS_H

#include "compiler/core/byte_test.h"

enum { RUN_WAY_MOST = 8, RUN_BYTES = 256, RUN_ASCII = 128 };

/* What has been seen of a text in looking for the ends of runs: a variable that is to be declared. */
typedef struct RunSeen {
    const CoreVar *text;
    CoreExpr *let;
} RunSeen;

typedef struct Runs {
    CoreProgram *program;
    uint32_t *next_var;
    Map lets; /* variable that is never assigned -> its value */
    VEC(RunSeen) seen;
    VEC(CoreExpr *) loops; /* those around what is looked at */
} Runs;

/* A condition on the way to an end of the body, and what it said. */
typedef struct RunTurn {
    const CoreExpr *condition;
    bool outcome;
} RunTurn;

/* Bytes as a text of ranges: pairs of the first and the last. */
typedef struct RunBytes {
    CoreExpr *ranges; /* NULL: there are none, or they cannot be said in few ranges */
    bool is_among;    /* those in the ranges; else all others */
    CoreVar *seen;    /* what has been seen of them; NULL: nothing has been looked for */
} RunBytes;

/* An end of the body at which, for a run of bytes, nothing was done, or the character was added to a text. */
typedef struct RunEnd {
    CoreExpr *at;
    CoreVar *grown; /* what the character is added to, or NULL */
    bool *in;       /* for each byte whether it comes here */
    bool is_sure;   /* whatever else is the case */
    RunBytes bytes;
} RunEnd;

/* A loop that is looked at. */
typedef struct RunLoop {
    Runs *runs;
    CoreExpr *expr;
    ByteLoop bytes;
    unsigned byte_count; /* of those that may be in a run: all, or ASCII's */
    RunTurn way[RUN_WAY_MOST];
    size_t way_len;
    RunBytes idle;    /* the bytes for which nothing is done, whatever else is the case */
    VEC(RunEnd) ends; /* settled: the others */
} RunLoop;

/* ---- what there is to skip (runs_find.c) */

/* The ends of a body; the loop's way is that to its beginning. */
void run_find_ends(RunLoop *loop, CoreExpr *expr);
void run_find_end(RunLoop *loop, CoreExpr *at, CoreVar *grown); /* the same of one end */

/* When all are found: those for whose bytes nothing is done whatever else is the case become the loop's `idle`, unless a text grows
 * at some other end, from the byte at hand on. False: there is nothing to skip. */
bool run_settle_ends(RunLoop *loop);

bool run_is_quiet_let(RunLoop *loop, const CoreExpr *expr); /* a `let` for the byte at hand, or for a condition about it */
RunBytes run_bytes(RunLoop *loop, const bool *in);

/* ---- what becomes of a body (runs_change.c) */

/* Each end goes on behind its run. `at` is the position that the loop assigns: it stands behind the byte at hand, or else (not
 * `is_behind`) on it, and the loop counts it up. `element_at` is where the byte is. */
void run_change_ends(RunLoop *loop, CoreVar *at, CoreVar *element_at, bool is_behind);

/* Conditions that depend on the byte alone ask for no slice. */
void run_change_tests(RunLoop *loop, CoreExpr *body, CoreVar *at);

CoreVar *run_text(const RunLoop *loop);

bool run_binds(CoreExpr *loop, const CoreVar *var); /* is it another one in each iteration? */

/* ---- making nodes (runs_make.c): of types without parameters */

CoreExpr *run_node(Runs *runs, CoreKind kind, CoreTypeKind type, Span span);
void run_add(Runs *runs, CoreExpr *to, CoreExpr *arg);
CoreExpr *run_local(Runs *runs, CoreVar *var, Span span);
CoreExpr *run_number(Runs *runs, int64_t value, Span span);
CoreExpr *run_flag(Runs *runs, bool value, Span span);
CoreExpr *run_binary(Runs *runs, CoreOp op, CoreExpr *left, CoreExpr *right);
CoreVar *run_variable(Runs *runs, const char *name, CoreTypeKind type, bool is_mutable, Span span);
CoreExpr *run_let(Runs *runs, CoreVar *var, CoreExpr *value);
CoreExpr *run_assign(Runs *runs, CoreVar *var, CoreExpr *value);
CoreExpr *run_prim(Runs *runs, const char *name, CoreTypeKind type, CoreExpr *text);
CoreExpr *run_length(Runs *runs, CoreVar *text, Span span);
CoreExpr *run_slice(Runs *runs, CoreVar *text, CoreExpr *first, CoreExpr *last, bool is_exclusive);
/* Where the run ends that begins at `from`; adds to `seen`. */
CoreExpr *run_end(Runs *runs, CoreVar *text, CoreExpr *from, RunBytes *bytes);

#endif
