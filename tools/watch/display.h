/* display.h: shows how far a run is, on standard error, while it goes.
 *
 * On a terminal there are bars below what the program says. So that they never get mixed up with that, standard error, and standard
 * output where it is the same terminal, become a pseudo-terminal from display_open until display_close: for this process, and for
 * those that it starts meanwhile. A thread reads what they write there and writes it to the real one, after it has taken the bars
 * away. They come back when the line is complete. Whoever is asked says that it is a terminal, as before.
 *
 * Where standard error is no terminal there is a line now and then, for runs that take long.
 *
 * A Display is opened and closed by one thread, in a process whose other threads do not take SIGTSTP, SIGCONT and SIGWINCH: open it
 * before they begin. display_news may be called by another one. */
#ifndef TOOLS_WATCH_DISPLAY_H
#define TOOLS_WATCH_DISPLAY_H

#include <stddef.h>

#include "runtime/sched/news.h"

typedef struct Display Display;

/* `name` begins each plain line. NULL: it cannot be, for want of some resource, and nothing is changed. */
Display *display_open(const char *name);

void display_news(Display *display, const News *news, size_t count);

/* All that was written is shown, and the bars are gone. NULL is allowed. */
void display_close(Display **display);

#endif
