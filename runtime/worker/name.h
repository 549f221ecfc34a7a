/* name.h: the full name of a job, by which a journal knows it in another run (JobName in runtime/sched/message.h).
 *
 * It is made of everything that the job's result depends on and that can be known when it is submitted: the kernel, what it
 * captures, the globals that it reads, its plan, the elements of its lists, the files that it walks, how many files the program has
 * written before, and how many jobs there were that were the same in all of this. What a mapped function reads by itself is not
 * seen. On the thread of the job's context. */
#ifndef RUNTIME_WORKER_NAME_H
#define RUNTIME_WORKER_NAME_H

#include "runtime/worker/job.h"

typedef struct JobNames JobNames; /* the names that a run has given */

JobNames *job_names_new(void);
void job_names_free(JobNames **names);

/* `blob` is what job_encode_blob made. Where an input cannot be read the job gets no name. */
void job_names_give(JobNames *names, const Job *job, const Buf *blob, JobName *out);

#endif
