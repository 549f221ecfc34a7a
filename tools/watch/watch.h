/* watch.h: all that watches a run: the display, the lines of events, the trace. Each gets the same news.
 *
 * Opened before the run's processes and threads are started, because of what display.h says. All-zero: nobody watches. The news may
 * come on another thread than the rest is called on. */
#ifndef TOOLS_WATCH_WATCH_H
#define TOOLS_WATCH_WATCH_H

#include "tools/watch/display.h"
#include "tools/watch/report.h"
#include "tools/watch/trace.h"

typedef struct WatchConfig {
    const char *tool;                      /* begins messages and plain lines */
    const char *events, *trace, *progress; /* files: feed.h, trace.h, report.h; NULL: not wanted */
    bool shows_progress;
} WatchConfig;

typedef struct Watch {
    WatchConfig config;
    Display *display;
    Report *report;
    Sink *events, *traced;
    Trace trace;
    uint64_t began;
} Watch;

bool watch_open(Watch *watch, const WatchConfig *config); /* false after a message: a file cannot be made */
NewsListener watch_listener(Watch *watch);                /* for who has the news */

/* The run begins: with news from here on, until it ends. */
void watch_begin(Watch *watch, uint64_t now, const char *program, uint32_t workers);
void watch_end(Watch *watch, uint64_t now, int status);

/* When all of the run's processes have ended. False after a message: a file could not be written. */
bool watch_close(Watch *watch);

#endif
