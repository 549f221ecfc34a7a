/* stats.h: what the workers did, for -v and --stats. Collected while the run goes, shown at its end. */
#ifndef TOOLS_MRRUN_STATS_H
#define TOOLS_MRRUN_STATS_H

#include "runtime/sched/sched.h"

typedef struct Stats {
    JobStats *jobs; /* copies; the arrays are ours */
    size_t count, cap;
    uint64_t dropped, refused; /* as in HubStrange */
} Stats;

void stats_add(Stats *stats, const JobStats *job);
void stats_show_shares(const JobStats *job);                                /* -v: a line for each worker */
void stats_show(const Stats *stats, double seconds);                        /* --stats */
bool stats_show_json(const Stats *stats, uint32_t workers, double seconds); /* --stats=json; false: could not be written */
void stats_free(Stats *stats);

#endif
