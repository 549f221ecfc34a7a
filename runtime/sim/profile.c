/* profile.c: listens to a run, and answers what other divisions of the same work would cost. */
#include "runtime/sim/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    LEAST_BAG = 16, /* bytes of an encoded bag, whatever is in it */
    BINS = 2,       /* of weights, for each doubling of chunks */
    WEIGHT_BINS = 41 * BINS,
    WORTH_TIMING = 64 << 10, /* bytes of a bag: what smaller ones take is the network's time */
    THINNED = 64,            /* of a table that weighs so many times what the owner got of it, most was left out */
};

/* What travels of a table is some such part of its weight, where nothing else is known; and encoding it takes some such time for a
 * byte. */
#define ENCODED     0.125
#define ENCODE_COST 0.5

/* ---- listening */

static void *grown(void *items, size_t *cap, size_t need, size_t size) {
    if (need <= *cap) return items;
    size_t old = *cap;
    *cap = need > 2 * old ? need + 16 : 2 * old;
    items = xrealloc(items, *cap * size);
    memset((char *)items + old * size, 0, (*cap - old) * size);
    return items;
}

static ProfileJob *find_job(Profile *profile, uint64_t number) {
    for (size_t i = profile->len; i > 0; i--)
        if (profile->jobs[i - 1].number == number) return &profile->jobs[i - 1];
    return NULL;
}

static void note_submit(Profile *profile, const Message *message, uint64_t now) {
    if (JOB_OWNER(message->job) != 0) return;
    profile->jobs = grown(profile->jobs, &profile->cap, profile->len + 1, sizeof *profile->jobs);
    ProfileJob *job = &profile->jobs[profile->len++];
    *job = (ProfileJob){.number = message->job, .spec = message->as.submit.spec, .submitted = now};
    job->limit = job->spec.chunks;
}

static uint64_t *chunks_of_bag(ProfileJob *job, uint32_t bag) {
    job->bag_chunks = grown(job->bag_chunks, &job->bag_cap, (size_t)bag + 1, sizeof *job->bag_chunks);
    return &job->bag_chunks[bag];
}

static void note_range(ProfileJob *job, const MsgRange *range) {
    job->bag_of_range = grown(job->bag_of_range, &job->bag_of_cap, range->range + 1, sizeof *job->bag_of_range);
    job->bag_of_range[range->range] = range->bag;
}

/* Tables weigh the more the more went into them, but less and less so. Of bags with about as many chunks the largest weight counts.
 */
static uint32_t weight_bin(double chunks) {
    double bin = BINS * log2(chunks);
    return bin < 0 ? 0 : bin >= WEIGHT_BINS ? WEIGHT_BINS - 1 : (uint32_t)bin;
}

static void note_weight(ProfileJob *job, uint64_t chunks, uint64_t weight) {
    if (weight == 0) return;
    if (!job->weights) job->weights = xcalloc(WEIGHT_BINS, sizeof *job->weights);
    double *bin = &job->weights[weight_bin((double)chunks)];
    if ((double)weight > *bin) *bin = (double)weight;
}

static void note_range_done(ProfileJob *job, const MsgRangeDone *done, uint64_t now) {
    if (done->range >= job->bag_of_cap || done->done == 0) return;
    uint64_t *chunks = chunks_of_bag(job, job->bag_of_range[done->range]);
    *chunks += done->done;
    if (!job->delivered) job->mapped = now;
    note_weight(job, *chunks, done->weight);
    job->ranges = grown(job->ranges, &job->range_cap, job->range_count + 1, sizeof *job->ranges);
    job->ranges[job->range_count++] = (ProfileRange){done->first, done->done, done->elements, done->nanoseconds, done->pulled};
}

static void note_sample(ProfileJob *job, uint32_t bag, uint64_t size) {
    uint64_t chunks = *chunks_of_bag(job, bag);
    if (chunks == 0) return;
    job->samples = grown(job->samples, &job->sample_cap, job->sample_count + 1, sizeof *job->samples);
    job->samples[job->sample_count++] = (ProfileSample){chunks, size};
}

static void note_merge(ProfileJob *job, const MsgMerge *merge) {
    job->merges = grown(job->merges, &job->merge_cap, job->merge_count + 1, sizeof *job->merges);
    job->merges[job->merge_count++] =
        (ProfileMerge){.step = merge->step, .into = merge->into, .from = merge->from_bag, .parts = merge->parts};
}

static void note_merge_done(ProfileJob *job, const MsgMergeDone *done) {
    for (size_t i = 0; i < job->merge_count; i++) {
        ProfileMerge merge = job->merges[i];
        if (merge.step != done->step) continue;
        job->merges[i] = job->merges[--job->merge_count];
        if (!done->merged) return;
        note_sample(job, merge.from, done->size * merge.parts);
        uint64_t chunks = *chunks_of_bag(job, merge.from);
        *chunks_of_bag(job, merge.into) += chunks;
        job->merged_size += done->size;
        job->merged++;
        job->is_exchanged |= merge.parts > 1;
        job->merge_nanoseconds += done->nanoseconds;
        return;
    }
}

static void note_end(ProfileJob *job, const MsgJobEnd *end, uint64_t now) {
    job->ended = now;
    job->is_cancelled = job->delivered == 0;
    job->root_size = end->size;
}

static void note_welcome(Profile *profile, const MsgWelcome *welcome, uint64_t now) {
    profile->workers = welcome->workers;
    if (!profile->has_answers) profile->ready = now;
}

void profile_note(Profile *profile, const Message *message, bool is_sent, uint64_t now) {
    if (message->kind == MSG_WELCOME) note_welcome(profile, &message->as.welcome, now);
    if (message->kind == MSG_JOB_SUBMIT && !is_sent) note_submit(profile, message, now);
    ProfileJob *job = message->job ? find_job(profile, message->job) : NULL;
    if (!job || job->ended) return;
    switch (message->kind) {
    case MSG_RANGE: note_range(job, &message->as.range); break;
    case MSG_RANGE_DONE:
        profile->has_answers = true;
        note_range_done(job, &message->as.range_done, now);
        break;
    case MSG_MERGE: note_merge(job, &message->as.merge); break;
    case MSG_MERGE_DONE: note_merge_done(job, &message->as.merge_done); break;
    case MSG_JOB_DONE:
        job->delivered = now;
        job->delivered_bag = message->as.job_done.bag;
        job->limit = message->as.job_done.limit;
        job->end = message->as.job_done.end;
        break;
    case MSG_JOB_END:
        if (!is_sent) note_end(job, &message->as.job_end, now);
        break;
    default: break;
    }
}

/* ---- reckoning */

static int compare_ranges(const void *a, const void *b) {
    const ProfileRange *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The line through the samples, in logarithms: a sum has the growth 0, a list 1, a table of words something between. */
static void fit_growth(ProfileJob *job) {
    double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    for (size_t i = 0; i < job->sample_count; i++) {
        double x = log((double)job->samples[i].chunks), y = log((double)job->samples[i].size + 1);
        count++, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
    }
    job->size_at_all = (double)job->root_size;
    double spread = count * sum_xx - sum_x * sum_x;
    if (spread > 1e-6)
        job->growth = (count * sum_xy - sum_x * sum_y) / spread;
    else
        job->growth =
            job->root_size > MESSAGE_INLINE_BLOB; /* one size alone says nothing; a large one is likely to be a sum of parts */
    if (job->growth < 0.01) job->growth = 0;
    if (job->growth > 1) job->growth = 1;
    if (job->size_at_all == 0 && count > 0)
        job->size_at_all = exp(sum_y / count + job->growth * (log((double)job->spec.chunks) - sum_x / count));
}

/* Was most of the table left out of what the owner got? */
static bool is_thinned(const ProfileJob *job) {
    return job->weights && job->root_size * THINNED < profile_weight(job, job->spec.chunks);
}

/* What tables weigh is known better than how many bytes they make: those that travelled say how much that is of their weight. */
static void fit_encoded(ProfileJob *job) {
    double size = 0, weight = 0;
    for (size_t i = 0; i < job->sample_count; i++) {
        size += (double)job->samples[i].size;
        weight += (double)profile_weight(job, job->samples[i].chunks);
    }
    if (weight == 0 && !is_thinned(job)) size = (double)job->root_size, weight = (double)profile_weight(job, job->spec.chunks);
    job->encoded = weight > 0 ? size / weight : ENCODED;
}

/* From the last answered range until the result was complete, bags were encoded and merged: by all workers at the same time in an
 * exchange, else along the levels of a tree. What it took beside merging, encoding is said to have taken. */
static void fit_costs(const Profile *profile, ProfileJob *job) {
    job->encode_cost = ENCODE_COST;
    bool is_known = job->merged > 0 && job->merged_size / job->merged >= WORTH_TIMING;
    if (is_known && job->mapped && job->delivered > job->mapped) {
        double levels = ceil(log2((double)job->merged + 1)), lanes = (double)job->merged / levels;
        if (job->is_exchanged && profile->workers) lanes = (double)profile->workers;
        double rest = (double)(job->delivered - job->mapped) * lanes - (double)job->merge_nanoseconds;
        job->encode_cost = rest > 0 ? rest / (double)job->merged_size : 0;
    }
    uint64_t took = job->delivered ? job->ended - job->delivered : 0;
    job->take_cost = is_thinned(job) ? 0 : took;
    job->thin_cost = is_thinned(job) ? took * (job->is_exchanged ? profile->workers : 1) : 0;
}

void profile_finish(Profile *profile) {
    for (size_t k = 0; k < profile->len; k++) {
        ProfileJob *job = &profile->jobs[k];
        if (!job->ended) { /* the program was over first */
            job->is_cancelled = true;
            job->ended = job->delivered ? job->delivered : job->submitted;
        }
        if (job->range_count) qsort(job->ranges, job->range_count, sizeof *job->ranges, compare_ranges);
        for (size_t i = 0; i < job->range_count; i++) {
            job->measured_chunks += job->ranges[i].count;
            job->elements += job->ranges[i].elements;
            job->nanoseconds += job->ranges[i].nanoseconds;
            job->pulled += job->ranges[i].pulled;
        }
        if (job->delivered && job->delivered_bag && job->root_size && !is_thinned(job))
            note_sample(job, job->delivered_bag, job->root_size);
        fit_growth(job);
        if (job->weights) fit_encoded(job);
        fit_costs(profile, job);
    }
}

uint64_t profile_start_delay(const Profile *profile) {
    bool is_late = profile->len > 0 && profile->ready > profile->jobs[0].submitted;
    return is_late ? profile->ready - profile->jobs[0].submitted : 0;
}

/* Chunks of which nothing is known cost what the others do on average. */
uint64_t profile_cost(const ProfileJob *job, uint64_t first, uint64_t count) {
    double cost = 0;
    uint64_t known = 0, low = 0, high = job->range_count;
    while (low < high) { /* the first range that ends after `first` */
        uint64_t middle = (low + high) / 2;
        if (job->ranges[middle].first + job->ranges[middle].count <= first)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint64_t i = low; i < job->range_count && job->ranges[i].first < first + count; i++) {
        const ProfileRange *range = &job->ranges[i];
        uint64_t from = range->first > first ? range->first : first, end = range->first + range->count;
        if (end > first + count) end = first + count;
        if (end <= from) continue;
        known += end - from;
        cost += (double)range->nanoseconds * (double)(end - from) / (double)range->count;
    }
    if (known < count && job->measured_chunks)
        cost += (double)job->nanoseconds / (double)job->measured_chunks * (double)(count - known);
    return (uint64_t)cost;
}

/* From what is known of smaller and larger tables, along the line between them in logarithms; beyond them, a table with half of the
 * chunks has half of the weight, and one with twice as many weighs no more. */
uint64_t profile_weight(const ProfileJob *job, uint64_t chunks) {
    if (!job->weights || chunks == 0) return 0;
    uint32_t at = weight_bin((double)chunks), below = at + 1, above = at;
    while (below > 0 && job->weights[below - 1] == 0) below--;
    while (above < WEIGHT_BINS && job->weights[above] == 0) above++;
    if (below == 0 && above == WEIGHT_BINS) return 0;
    double place = BINS * log2((double)chunks);
    if (above == WEIGHT_BINS) return (uint64_t)job->weights[below - 1];
    if (below == 0) return (uint64_t)(job->weights[above] * exp2((place - above) / BINS));
    below--;
    if (below == above) return (uint64_t)job->weights[at];
    double share = (place - below) / (double)(above - below), low = log(job->weights[below]), high = log(job->weights[above]);
    return (uint64_t)exp(low + (high - low) * (share < 0 ? 0 : share > 1 ? 1 : share));
}

uint64_t profile_bag_size(const ProfileJob *job, uint64_t chunks) {
    if (chunks == 0 || job->spec.chunks == 0) return LEAST_BAG;
    double size = job->size_at_all * pow((double)chunks / (double)job->spec.chunks, job->growth);
    if (job->weights) size = job->encoded * (double)profile_weight(job, chunks);
    if (job->weights && chunks >= job->spec.chunks && job->root_size) size = (double)job->root_size;
    return size > LEAST_BAG ? (uint64_t)size : LEAST_BAG;
}

void profile_free(Profile *profile) {
    for (size_t i = 0; i < profile->len; i++) {
        ProfileJob *job = &profile->jobs[i];
        free(job->ranges);
        free(job->weights);
        free(job->samples);
        free(job->bag_of_range);
        free(job->bag_chunks);
        free(job->merges);
    }
    free(profile->jobs);
    *profile = (Profile){0};
}
