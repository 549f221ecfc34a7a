/* trace.h: what `mrc --trace-phases` shows: how long each phase took, how much memory it asked for, and how large what it made is.
 *
 * Private to the session. A phase is one line, or two where one phase does two things. One thread. */
#ifndef COMPILER_SESSION_TRACE_H
#define COMPILER_SESSION_TRACE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

typedef struct TraceRow {
    const char *phase, *what; /* "core", "functions, fused" */
    double seconds;
    size_t memory; /* bytes of the session's arena; 0: elsewhere, and not shown */
    const char *size;
} TraceRow;

typedef struct Trace {
    VEC(TraceRow) rows;
} Trace;

/* When a phase begins. */
typedef struct TraceStart {
    double at;
    size_t memory;
} TraceStart;

TraceStart trace_start(const Arena *arena);
/* Adds a line for what began at `start` and ends now. `size` says how large the result is: "41 nodes". */
void trace_end(Trace *trace, Arena *arena, TraceStart start, const char *phase, const char *what, const char *size, ...)
    __attribute__((format(printf, 6, 7)));
void trace_render(const Trace *trace, Buf *out);

#endif
