/* cache.h: what a program does about the cache in which mrrun has put it on another host (tools/mrrun/boot.h): it lies there as
 * CACHE/HASH/program, and was started with LD_LIBRARY_PATH beginning in CACHE. One thread, before there is any other. */
#ifndef RUNTIME_LAUNCH_CACHE_H
#define RUNTIME_LAUNCH_CACHE_H

/* Takes the cache's folder out of LD_LIBRARY_PATH again: programs that this one starts have libraries of their own. And removes
 * what nobody has used for a month, and what was never finished. */
void cache_settle(void);

#endif
