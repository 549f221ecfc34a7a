/* fault.h: named points of the runtime at which a test can have something go wrong.
 *
 * In a build with MR_FAULTS the environment variable MR_FAULT says what happens where: faults, separated by blanks, each
 *
 *     NAME[@PROCESS,…][:PASSING][:ACTION]
 *
 * NAME is that of an MR_FAULT below. PROCESS is `root`, `parent` or the number of a worker's process, which starts with its
 * worker's number and is never used again (without it: any). PASSING counts how often the process came by, from 1 (without it: 1);
 * `*` is each time. ACTION is
 *
 *     kill        this process is killed at once (without an ACTION)
 *     stop        it is stopped, until somebody continues it
 *     exit        it ends with status 3
 *     delay=MS    it sleeps so many milliseconds
 *     slow=N      at an MR_FAULT_SLOW: what has just been done takes N times as long
 *
 * `range.middle@2:3` kills worker 2 before the third batch of chunks that it maps. In any other build nothing of this is there. Any
 * thread may pass a point. tests/script/fault_points.sh sees that tests name each point. */
#ifndef RUNTIME_WORKER_FAULT_H
#define RUNTIME_WORKER_FAULT_H

#ifdef MR_FAULTS

#include <stdint.h>

void fault_pass(const char *name);
uint64_t fault_now(void);                            /* nanoseconds */
void fault_slow(const char *name, uint64_t started); /* what began then has just been done */

/* Who this process is: "root", "parent", or a worker's process's number. `name` must stay. */
void fault_process(const char *name);

#define MR_FAULT(name)               fault_pass(name)
#define MR_FAULT_STARTED(started)    uint64_t started = fault_now()
#define MR_FAULT_SLOW(name, started) fault_slow(name, started)
#define MR_FAULT_PROCESS(name)       fault_process(name)

#else

#define MR_FAULT(name)               ((void)0)
#define MR_FAULT_STARTED(started)    ((void)0)
#define MR_FAULT_SLOW(name, started) ((void)0)
#define MR_FAULT_PROCESS(name)       ((void)0)

#endif
#endif
