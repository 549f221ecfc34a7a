/* cache.h: the elements of streams that `cache` keeps, on the thread that made them.
 *
 * What is kept is the yield of a block of the base, a chunk of a job or a part of it, in encoded form, with what its elements
 * printed. It goes when room is needed, the oldest first, and is made again when it is asked for. A cache belongs to one thread. */
#ifndef RUNTIME_WORKER_CACHE_H
#define RUNTIME_WORKER_CACHE_H

typedef struct StreamCache StreamCache;

void stream_cache_free(StreamCache **cache);

#endif
