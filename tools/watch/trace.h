/* trace.h: the news of a run as a trace in Chrome's Trace Event Format (JSON), which Perfetto and chrome://tracing show.
 *
 * Each worker has two tracks: what it computes, and what it says and is told. A span of the first is a range that was mapped or a
 * merge; it is where it was by the worker's own clock. Clocks of other machines are moved so that the first answer from there was
 * ready when it came: their spans are late by as long as that took, and right among each other. The program's jobs are spans of
 * their own. It is written while the run goes, so its size does not matter; what it needs in memory is a note for each worker. */
#ifndef TOOLS_WATCH_TRACE_H
#define TOOLS_WATCH_TRACE_H

#include "runtime/sched/news.h"
#include "tools/watch/sink.h"

typedef struct Trace {
    Sink *sink; /* the caller's */
    uint64_t began;
    bool is_continued; /* there is an event, and a comma is due */
    Buf workers, hosts;
} Trace;

void trace_begin(Trace *trace, Sink *sink, uint64_t began, const char *program);
void trace_news(Trace *trace, const News *news);
void trace_end(Trace *trace, uint64_t now);
void trace_free(Trace *trace);

#endif
