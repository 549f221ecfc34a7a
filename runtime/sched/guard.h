/* guard.h: a run without what makes it survive, for measuring what that costs.
 *
 * In a build with MR_UNGUARDED (make bench-unguarded) nobody is watched over: there are no heartbeats and no silence that would be
 * noticed, nothing sent is kept until it is acknowledged, no slow range is copied, no checksum is taken of what other processes
 * read, and no worker notes what it is at. Such a run gives the same result when nothing goes wrong, and only then. bench.py's
 * suite `overhead` compares the two. Code asks IS_GUARDED, which is a constant, so both ways are always compiled. */
#ifndef RUNTIME_SCHED_GUARD_H
#define RUNTIME_SCHED_GUARD_H

#ifdef MR_UNGUARDED
enum { IS_GUARDED = 0 };
#else
enum { IS_GUARDED = 1 };
#endif

#endif
