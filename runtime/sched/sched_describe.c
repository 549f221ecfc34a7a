/* sched_describe.c: what the run is at, in words. */
#include <stdio.h>
#include <string.h>

#include "runtime/sched/sched_state.h"

static void say_job(const Job *job, char *text, size_t size) {
    unsigned long long number = JOB_COUNT(job->number), covered = job->covered.total, limit = job->limit;
    if (covered < limit)
        snprintf(text, size, "in job %llu, %llu of %llu chunks were mapped", number, covered, limit);
    else if (job->phase == JOB_DELIVERED)
        snprintf(text, size, "the program was receiving the result of job %llu", number);
    else
        snprintf(text, size, "partial results of job %llu were being merged", number);
}

void sched_describe(const Sched *sched, char *text, size_t size) {
    uint32_t here = sched_live_workers(sched), jobs = 0;
    if (sched->root == SCHED_NO_PEER || here == 0) {
        snprintf(text, size, "%s had not started", sched->root == SCHED_NO_PEER ? "the program" : "the workers");
        return;
    }
    for (const Job *job = sched->jobs.first; job; job = job->next) jobs++;
    if (jobs == 0) {
        snprintf(text, size, "the program was at something that needs no workers");
        return;
    }
    say_job(sched->jobs.first, text, size);
    size_t len = strlen(text);
    if (jobs > 1) snprintf(text + len, size - len, ", %u more jobs were under way", jobs - 1);
    len = strlen(text);
    snprintf(text + len, size - len, ", with %u worker%s", here, here == 1 ? "" : "s");
}
