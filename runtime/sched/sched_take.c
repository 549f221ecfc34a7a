/* sched_take.c: which chunks the next range has: how many, and where.
 *
 * Where partial results may be combined in any order, and where a chunk may make later ones needless, chunks are taken from the
 * front. In all other jobs what a worker holds are nodes of the tree, and those of chunks that others map between them cannot be
 * combined: with tables, each of which may be as large as the result, that would take the memory of one for each range. So there
 * each worker goes on behind its last range, and has a handful of nodes. Who cannot, because it has none or somebody was there
 * before, begins in the middle of the largest stretch that is left, at the border of as large a node as there is; whoever is ahead
 * of there stops at it.
 *
 * Where chunks may be remembered, each worker has a home: the part of them that it begins with whenever there are as many. */
#include <string.h>

#include "runtime/sched/sched_state.h"

/* A range has remaining / (GUIDE · workers) chunks: large ones first, single chunks at the end, so that uneven work balances. */
enum { GUIDE = 4, RANGE_MAX = 4096, SHUFFLED_RANGES = 512 };

static uint64_t random_next(uint64_t *state) {
    /* splitmix64 (Steele, Lea and Flood 2014) */
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The largest run of chunks around `chunk` that is still to do and lies in one block of `size` chunks. */
static Range job_block(const Job *job, uint64_t chunk, uint64_t size) {
    uint64_t first = chunk - chunk % size, last = chunk;
    while (!ranges_has(&job->todo, first, chunk - first + 1)) first++;
    while (last + 1 < first - first % size + size && ranges_has(&job->todo, last + 1, 1)) last++;
    return (Range){first, last - first + 1};
}

/* ---- how many */

/* A range shall not take much longer than this, by what chunks took of late: work of a kind that begins, or ends, with what takes
 * long is then shared evenly, too. With very many workers ranges are longer, so that the scheduler is not asked too often. The
 * first ranges are short ones, by which it becomes known what chunks take; no range is much longer than those before it. */
#define RANGE_TIME        ((uint64_t)10000000)
#define RANGE_TIME_WORKER ((uint64_t)10000) /* more for each worker */
enum { FIRST_PARTS = 1024, GROWTH = 4 };

/* Of a task that has been done before, it is known what chunks take as long as this job is like the last one: each worker's first
 * range is such a part of what it is to do, and no more, because it may be unlike it. */
enum { KNOWN_PARTS = 4, KNOWN_GUIDE = 2 };

/* Nor is a range shorter than this, as long as there is one for everybody: it would not be worth its messages. */
#define RANGE_LEAST ((uint64_t)200000)

/* What is left then is shared evenly, but not in pieces that take no longer than their messages: the last of them would be done
 * sooner by one worker. */
#define RANGE_FLOOR ((uint64_t)50000)

static uint64_t job_floor(const Job *job) {
    return job->chunk_time ? RANGE_FLOOR / job->chunk_time : 0;
}

static uint64_t job_known_chunks(const Sched *sched, const Job *job) {
    uint64_t live = sched_live_workers(sched), time = RANGE_TIME + live * RANGE_TIME_WORKER;
    uint64_t first = 1 + job->spec.chunks / ((job->is_known ? KNOWN_PARTS : FIRST_PARTS) * live), most = GROWTH * job->largest;
    if (most < first) most = first;
    uint64_t fitting = job->chunk_time ? time / job->chunk_time : most;
    return fitting < most ? fitting : most;
}

void job_note_time(Job *job, const MsgRangeDone *done) {
    if (done->done == 0) return;
    if (done->count > job->largest) job->largest = done->count;
    job->chunk_time = (job->chunk_time + done->nanoseconds / done->done) / 2 + 1;
}

/* How much work a job is, whatever its chunks are; 0: that is not known. */
static uint64_t job_work(const Job *job) {
    return job->spec.elements ? job->spec.elements : job->spec.size;
}

static TaskPace *pace_of(Sched *sched, const Job *job) {
    for (uint32_t i = 0; i < SCHED_PACES; i++) {
        TaskPace *pace = &sched->paces[i];
        if (pace->work > 0 && memcmp(pace->task, job->spec.task, sizeof pace->task) == 0) return pace;
    }
    return NULL;
}

void job_recall_pace(Sched *sched, Job *job) {
    const TaskPace *pace = pace_of(sched, job);
    bool may_differ = job->spec.flags & (JOB_MAY_STOP_EARLY | JOB_BY_RANGES) || job_work(job) == 0 || job->spec.chunks == 0;
    if (!pace || may_differ) return;
    double time = (double)pace->nanoseconds / (double)pace->work * (double)job_work(job) / (double)job->spec.chunks;
    job->chunk_time = time < (double)RANGE_TIME ? (uint64_t)time + 1 : RANGE_TIME;
    job->is_known = true;
}

void job_note_pace(Sched *sched, const Job *job) {
    uint64_t nanoseconds = 0;
    bool is_whole = job->end == END_NONE && job->phase != JOB_MAPS && job->stats.stored == 0;
    if (job->spec.flags & (JOB_MAY_STOP_EARLY | JOB_BY_RANGES) || job_work(job) == 0 || !is_whole) return;
    for (uint32_t i = 0; i < job->stats.worker_count; i++) nanoseconds += job->stats.workers[i].nanoseconds;
    TaskPace *pace = pace_of(sched, job);
    if (!pace) pace = &sched->paces[sched->next_pace++ % SCHED_PACES];
    *pace = (TaskPace){.work = job_work(job), .nanoseconds = nanoseconds};
    memcpy(pace->task, job->spec.task, sizeof pace->task);
}

uint64_t job_shares(const Sched *sched) {
    return (uint64_t)GUIDE * sched_live_workers(sched);
}

static uint64_t job_wanted_chunks(const Sched *sched, const Job *job) {
    uint64_t size = sched->config.range_chunks;
    if (size) return size;
    uint64_t want = job->todo.total / (job->is_known ? KNOWN_GUIDE * sched_live_workers(sched) : job_shares(sched)),
             most = job_most_chunks(sched, job);
    uint64_t least = job->chunk_time ? RANGE_LEAST / job->chunk_time : 0, each = job->todo.total / (2 * sched_live_workers(sched));
    if (want < least) want = least < each ? least : each;
    if (want < job_floor(job)) want = job_floor(job);
    if (want > most) want = most;
    most = job_known_chunks(sched, job);
    if (want > most) want = most;
    if (sched->config.range_share && want > job->spec.chunks / sched->config.range_share)
        want = job->spec.chunks / sched->config.range_share;
    return want < job->spec.grain ? job->spec.grain : want;
}

/* The size of the largest node that begins at `first` and has no more than `want` chunks. */
static uint64_t node_at(uint64_t first, uint64_t want) {
    uint64_t size = 1;
    while (2 * size <= want && 2 * size <= RANGE_MAX && first % (2 * size) == 0) size *= 2;
    return size;
}

/* The same of several nodes, where one would be too short for a range. */
static uint64_t nodes_at(const Job *job, uint64_t first, uint64_t want) {
    uint64_t size = node_at(first, want), floor = job_floor(job);
    while (size < floor && size < want) size += node_at(first + size, want - size);
    return size;
}

uint64_t job_usual_chunks(const Sched *sched, const Job *job) {
    return sched->config.range_chunks ? sched->config.range_chunks : node_at(0, job_wanted_chunks(sched, job));
}

/* ---- where */

static bool is_reserved(Sched *sched, const Job *job, uint64_t first) {
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++)
        if (job->workers[worker].next == first && first > 0 && sched_live_worker(sched, worker)) return true;
    return false;
}

/* The multiple of the highest power of two about the middle of a stretch of two chunks or more. */
static uint64_t border_in(Range stretch) {
    uint64_t least = stretch.first + (stretch.count + 3) / 4, most = stretch.first + stretch.count - (stretch.count + 3) / 4;
    uint64_t border = most;
    for (uint64_t size = 2; most - most % size >= least && size <= most; size *= 2) border = most - most % size;
    return border;
}

/* What is left of the worker's own stretch, or else of one that it begins. */
static Range job_stretch(Sched *sched, Job *job, uint32_t worker) {
    uint64_t next = job->workers[worker].next;
    bool goes_on = next > 0 && ranges_has(&job->todo, next, 1);
    if (goes_on) return (Range){next, ranges_next_gap(&job->todo, next, job->spec.chunks).first - next};
    Range largest = job->todo.items[0];
    for (size_t i = 1; i < job->todo.len; i++)
        if (job->todo.items[i].count > largest.count) largest = job->todo.items[i];
    if (largest.count < 2 || !is_reserved(sched, job, largest.first)) return largest;
    uint64_t border = border_in(largest);
    return (Range){border, largest.first + largest.count - border};
}

/* What is left to do of the worker's home, from its first chunk on that is; count 0: nothing. */
static Range job_home(const Sched *sched, const Job *job, uint32_t worker) {
    uint64_t workers = sched->config.workers, part = job->spec.chunks / workers, more = job->spec.chunks % workers;
    uint64_t first = worker * part + (worker < more ? worker : more), end = first + part + (worker < more);
    for (size_t i = 0; i < job->todo.len && worker < workers; i++) {
        Range todo = job->todo.items[i];
        uint64_t from = todo.first < first ? first : todo.first, to = todo.first + todo.count < end ? todo.first + todo.count : end;
        if (from < to) return (Range){from, to - from};
    }
    return (Range){0};
}

static Range job_next_stretch(Sched *sched, Job *job, uint32_t worker) {
    bool is_by_order = job->spec.flags & (JOB_MAY_STOP_EARLY | JOB_BY_RANGES);
    Range home = {0};
    if (job->spec.flags & JOB_REMEMBERS && !is_by_order) home = job_home(sched, job, worker);
    if (home.count) return home;
    bool from_front = is_by_order || (job->spec.flags & (JOB_EXACT_COMMUTATIVE | JOB_REMEMBERS)) == JOB_EXACT_COMMUTATIVE;
    return from_front ? job->todo.items[0] : job_stretch(sched, job, worker);
}

Range job_take(Sched *sched, Job *job, uint32_t worker) {
    Range range;
    if (sched->config.shuffle_seed) {
        uint64_t chunk = ranges_select(&job->todo, random_next(&sched->random) % job->todo.total),
                 size = sched->config.range_chunks;
        range = job_block(job, chunk, size ? size : 1 + job->spec.chunks / SHUFFLED_RANGES);
    } else {
        Range stretch = job_next_stretch(sched, job, worker);
        uint64_t size = job_wanted_chunks(sched, job);
        if (!sched->config.range_chunks) size = nodes_at(job, stretch.first, size);
        range = (Range){stretch.first, size < stretch.count ? size : stretch.count};
    }
    range = job_cut_blamed(job, range);
    ranges_remove(&job->todo, range.first, range.count);
    job->workers[worker].next = range.first + range.count;
    return range;
}
