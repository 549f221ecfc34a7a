/* display.h: shows how far a run is, on standard error, while it goes.
 *
 * On a terminal there are bars below what the program says. So that they never get mixed up with that, standard error, and standard
 * output where it is the same terminal, become a pseudo-terminal from display_begin until display_end: for this process, and for
 * those that it starts meanwhile. A thread reads what they write there and writes it to the real one, after it has taken the bars
 * away. They come back when the line is complete. Whoever is asked says that it is a terminal, as before.
 *
 * Where standard error is no terminal there is a line now and then, for runs that take long.
 *
 * A Display belongs to one thread; display_news may be called by another one. */
#ifndef TOOLS_WATCH_DISPLAY_H
#define TOOLS_WATCH_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/sched/news.h"

typedef struct Display Display;

typedef struct DisplayConfig {
    const char *name; /* begins each plain line */
    /* The bars are to go before the process is stopped (Ctrl-Z). No thread takes SIGTSTP then but the display's: open it before
     * others are started. */
    bool takes_stop;
    bool has_source; /* instead of news, lines of another process come (report.h), through a pipe */
} DisplayConfig;

/* NULL: it cannot be, for want of some resource, and nothing is changed. */
Display *display_open(const DisplayConfig *config);

/* What is shown is shown between these two; when the second one returns, all that was written meanwhile is on the terminal, and the
 * bars are gone. Times and losses count from the first one on. */
void display_begin(Display *display);
void display_end(Display *display);

/* With has_source: where that process is to write. */
const char *display_source(const Display *display);

void display_news(Display *display, const News *news, size_t count);

/* Ends it, if that has not been done. What others write to the pseudo-terminal later is lost. NULL is allowed. */
void display_close(Display **display);

#endif
