/* bags.h: all bags of a worker's compute thread, of all jobs, under one limit of memory.
 *
 * Belongs to the compute thread. Errors are texts on the heap. */
#ifndef RUNTIME_WORKER_BAGS_H
#define RUNTIME_WORKER_BAGS_H

#include "runtime/worker/job.h"
#include "runtime/worker/spill.h"

typedef struct NumberedBag NumberedBag;

typedef struct Bags {
    Memory memory;
    NumberedBag *first;
} Bags;

/* Bag `number` of the job that `of` belongs to, which stays where it is until bags_drop; one that is not there yet is made, empty,
 * and is this part of the whole. */
KeptBag *bags_get(Bags *bags, const FrameContext *of, uint32_t number, Part part);
void bags_remove(Bags *bags, const FrameContext *of, uint32_t number);
void bags_drop(Bags *bags, const FrameContext *of); /* all of a job */

/* The bag has changed: as long as all of them take more memory than they may, the heaviest is written to a file, if there is one
 * that can be, and for which that pays. True: that failed. */
bool bags_relieve(Bags *bags, KeptBag *changed, const FrameContext *of, char **error);

/* Maps a range into the bag (job_map), and relieves now and then on the way. True: that failed, and the range is not mapped. */
bool bags_map(Bags *bags, KeptBag *kept, Job *job, JobRun *run, char **error);

#endif
