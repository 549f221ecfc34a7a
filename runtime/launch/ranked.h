/* ranked.h: the life of a process that an engine (mpirun, srun) has started as one of the ranks of a run.
 *
 * Each rank has a parent, as a host of mrrun's has, with one worker. Rank 0's parent has the root too, and rank 0 itself is what
 * mrrun is otherwise: it is the scheduler, and ends with the program's exit status. The other ranks find it by a file
 * (rendezvous.h). The engine starts, places and supervises the ranks; a rank replaces a worker that was killed. */
#ifndef RUNTIME_LAUNCH_RANKED_H
#define RUNTIME_LAUNCH_RANKED_H

#include "runtime/launch/launch.h"
#include "runtime/launch/ranks.h"

/* `memory`: bytes for each worker's values, 0: no limit. Returns in the root and in workers only, which are forked and whose role
 * is then in *role; the rank's own process ends here. Before there is any thread. */
void ranked_run(const Ranks *ranks, const MrProgram *program, uint64_t memory, LaunchRole *role);

#endif
