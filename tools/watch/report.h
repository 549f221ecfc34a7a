/* report.h: how far a run is, as a line of JSON ten times a second while jobs are under way: for programs that show it and do not
 * want to keep count by themselves (docs/protocol.md). Both sides of it: what mrrun writes, and what a session reads. */
#ifndef TOOLS_WATCH_REPORT_H
#define TOOLS_WATCH_REPORT_H

#include "tools/watch/progress.h"

/* A file that is written by a thread of its own. A line for which there is no room in a pipe is left out: the next says more. */
typedef struct Report Report;

Report *report_open(const char *path, char **error);              /* NULL: impossible, and *error, malloc'ed, says why */
void report_news(Report *report, const News *news, size_t count); /* on one thread */
void report_close(Report **report);                               /* NULL is allowed */

/* A line, without its newline, and back: what is read takes the place of what `progress` has, but for the pace of jobs that both
 * know. False: it is none. */
void report_line(const Progress *progress, uint64_t now, Buf *out);
bool report_read(Progress *progress, uint64_t now, const char *line, size_t len);

#endif
