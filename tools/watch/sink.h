/* sink.h: a file that is written by a thread of its own, so that whoever has something to say never waits for a disk or a reader.
 *
 * What is said is kept until it is written, but not without end: when MOST bytes wait, further lines are left out, and counted.
 * One thread says, the one that opened it. */
#ifndef TOOLS_WATCH_SINK_H
#define TOOLS_WATCH_SINK_H

#include <stdbool.h>

#include "base/buf.h"

typedef struct Sink Sink;

/* Makes the file, or begins it anew; NULL: impossible, and *error, malloc'ed, says why. */
Sink *sink_open(const char *path, char **error);

Buf *sink_line(Sink *sink); /* where the next line is made, without its newline */
void sink_end_line(Sink *sink);
uint64_t sink_left_out(const Sink *sink); /* lines for which there was no room, so far */

/* Writes what is left. False: something could not be written, and *error, malloc'ed, says why. *sink may be NULL. */
bool sink_close(Sink **sink, char **error);

/* Values as JSON. Text that is not UTF-8 is "?". */
void json_add_text(Buf *out, const char *text);
void json_add_seconds(Buf *out, uint64_t nanoseconds);

#endif
