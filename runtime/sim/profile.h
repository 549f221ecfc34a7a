/* profile.h: what a real run cost: how long each range of chunks took, how large partial results are, and when the program
 * submitted its jobs. It is made of the messages that pass the scheduler, and is what a simulated run of another size is computed
 * from.
 *
 * Of jobs inside of jobs nothing is kept: they must have been run by the range that they are in (SchedConfig.keeps_nested).
 * A Profile belongs to one thread. All-zero is empty. */
#ifndef RUNTIME_SIM_PROFILE_H
#define RUNTIME_SIM_PROFILE_H

#include "runtime/sched/message.h"

typedef struct ProfileRange {
    uint64_t first, count; /* chunks */
    uint64_t elements, nanoseconds, pulled;
} ProfileRange;

/* A bag that was pulled: how many chunks had gone into it, and its bytes. */
typedef struct ProfileSample {
    uint64_t chunks, size;
} ProfileSample;

typedef struct ProfileMerge {
    uint32_t step, into, from, parts;
} ProfileMerge;

typedef struct ProfileJob {
    uint64_t number;
    JobSpec spec;
    uint64_t submitted, delivered, ended; /* nanoseconds of the run's clock; 0: that did not happen */
    uint64_t mapped;                      /* the same: when the last range was answered before the result was there */
    bool is_cancelled;                    /* it was ended before its result was there */
    uint64_t limit;                       /* chunks that counted, and why no more */
    EndKind end;
    ProfileRange *ranges; /* after profile_finish in the order of their chunks */
    size_t range_count, range_cap;
    ProfileSample *samples;
    size_t sample_count, sample_cap;
    uint64_t merged_size, merge_nanoseconds, merged; /* of all merges; how many there were */
    bool is_exchanged;
    uint64_t root_size; /* bytes of the bag that the root pulled */
    double *weights;    /* BY_KEY: what bags weighed, by the logarithm of their chunks (profile.c); NULL: nothing is known */

    /* While the run goes: */
    uint32_t *bag_of_range; /* by the number of the range */
    size_t bag_of_cap;
    uint64_t *bag_chunks; /* by the number of the bag */
    size_t bag_cap;
    uint32_t delivered_bag;
    ProfileMerge *merges;
    size_t merge_count, merge_cap;

    /* After profile_finish: */
    uint64_t measured_chunks, elements, nanoseconds, pulled; /* of all ranges */
    double size_at_all, growth; /* a bag with the share x of all chunks has about size_at_all · x^growth bytes */
    double encoded;             /* BY_KEY: bytes that travel for one that a table weighs */
    double encode_cost;         /* nanoseconds for a byte of a bag that goes to another worker, beside those of merging it */
    /* From the news that the result is complete until the owner has it, in nanoseconds: of whoever holds it, all together, where
     * much is left out of it there; of the owner. */
    uint64_t thin_cost, take_cost;
} ProfileJob;

typedef struct Profile {
    ProfileJob *jobs; /* the root's, in the order of their submission */
    size_t len, cap;
    uint32_t workers; /* that the run was to have */
    uint64_t ready;   /* when the last of them was welcomed before any range was answered; 0: none was */
    bool has_answers; /* some range was */
} Profile;

void profile_note(Profile *profile, const Message *message, bool is_sent, uint64_t now); /* by the scheduler, or to it */
void profile_finish(Profile *profile);
void profile_free(Profile *profile);

/* How long after the first job's submission workers were there to begin it. */
uint64_t profile_start_delay(const Profile *profile);

uint64_t profile_cost(const ProfileJob *job, uint64_t first, uint64_t count); /* nanoseconds for these chunks */
uint64_t profile_bag_size(const ProfileJob *job, uint64_t chunks);            /* bytes of a bag with so many, encoded */
uint64_t profile_weight(const ProfileJob *job, uint64_t chunks);              /* BY_KEY: what it weighs (MsgRangeDone) */

#endif
