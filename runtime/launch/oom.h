/* oom.h: has the system killed processes because memory ran out? */
#ifndef RUNTIME_LAUNCH_OOM_H
#define RUNTIME_LAUNCH_OOM_H

#include <stdint.h>

/* How many processes were killed for that so far: of this process's control group where the system says so (version 2 or 1), else
 * of the whole machine. 0 where it cannot be told. Only the difference of two such numbers means something. */
uint64_t oom_count(void);

#endif
