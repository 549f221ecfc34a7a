/* render.h: how far a run is, as text: lines for a terminal of some width, and one line for a file. Pure. */
#ifndef TOOLS_WATCH_RENDER_H
#define TOOLS_WATCH_RENDER_H

#include "tools/watch/progress.h"

typedef struct RenderStyle {
    unsigned width, rows; /* columns of the terminal, and lines that may be used at most */
    bool has_unicode, has_colour;
} RenderStyle;

/* The lines of a display, each ended by a newline and narrower than the terminal: first the jobs that have run for a while, then
 * the workers. Nothing where nothing has run for long enough to be shown. Returns how many lines. */
unsigned render_lines(const Progress *progress, uint64_t now, const RenderStyle *style, Buf *out);

/* The same for people who read a file, in one line without its end; nothing where no job runs. */
void render_plain(const Progress *progress, uint64_t now, Buf *out);

#endif
