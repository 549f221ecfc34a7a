/* feed.h: the news of a run as lines of JSON, for programs that watch it (docs/protocol.md). One thread. */
#ifndef TOOLS_WATCH_FEED_H
#define TOOLS_WATCH_FEED_H

#include "runtime/sched/news.h"
#include "tools/watch/sink.h"

enum { FEED_FORMAT = 1 }; /* grows when something that was there means something else, or is gone */

/* The first line, the one for each news, and the last. `began`: when the first one was said, since which times count. */
void feed_begin(Sink *sink, const char *program, uint32_t workers);
void feed_news(Sink *sink, uint64_t began, const News *news);
void feed_end(Sink *sink, uint64_t began, uint64_t now, int status);

#endif
