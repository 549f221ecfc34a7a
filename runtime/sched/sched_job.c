/* sched_job.c: what the scheduler does with a job. Its chunks are handed out in ranges, the answers are added up, chunks that have
 * become needless are cancelled; when every chunk that counts is covered, the workers' bags are merged pairwise along a tree of
 * workers, and the root hears who holds the last one. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

/* A range has remaining / (GUIDE · workers) chunks: large ones first, single chunks at the end, so that uneven work balances. */
enum { GUIDE = 4, RANGE_MAX = 4096, SHUFFLED_RANGES = 512 };

void job_free(Job **job) {
    if (!*job) return;
    for (uint32_t i = 0; i < (*job)->stats.worker_count; i++) ranges_free(&(*job)->holds[i]);
    ranges_free(&(*job)->todo);
    ranges_free(&(*job)->covered);
    free((*job)->holds);
    free((*job)->knows);
    free((*job)->handed);
    free((*job)->slots);
    free((*job)->stats.workers);
    free((*job)->stats.edges);
    free((*job)->blob);
    free(*job);
    *job = NULL;
}

/* The job that a message speaks of; NULL when it is unknown or the message is from another epoch. */
static Job *find_job(Sched *sched, const Message *message) {
    Job *job = table_find(&sched->jobs_by_number, message->job);
    return job && job->epoch == message->epoch ? job : NULL;
}

/* The same; NULL is counted. */
static Job *job_of(Sched *sched, const Message *message) {
    Job *job = find_job(sched, message);
    sched->ignored += !job;
    return job;
}

static Message *job_send(Sched *sched, const Job *job, uint32_t peer, MessageKind kind) {
    Message *message = sched_send(sched, peer, kind);
    message->job = job->number;
    message->epoch = job->epoch;
    return message;
}

/* Makes room for what is kept for each worker, up to number `worker`. */
static void job_know_worker(Job *job, uint32_t worker) {
    uint32_t old = job->stats.worker_count, count = worker + 1;
    if (count <= old) return;
    job->holds = xrealloc(job->holds, count * sizeof *job->holds);
    job->knows = xrealloc(job->knows, count * sizeof *job->knows);
    job->stats.workers = xrealloc(job->stats.workers, count * sizeof *job->stats.workers);
    memset(job->holds + old, 0, (count - old) * sizeof *job->holds);
    memset(job->knows + old, 0, (count - old) * sizeof *job->knows);
    memset(job->stats.workers + old, 0, (count - old) * sizeof *job->stats.workers);
    job->stats.worker_count = count;
}

/* Before its first range a worker is told of the job. */
static void job_start_at(Sched *sched, Job *job, SchedPeer *peer) {
    uint32_t worker = peer->worker;
    job_know_worker(job, worker);
    if (job->knows[worker]) return;
    job->knows[worker] = true;
    Message *message = job_send(sched, job, sched->workers[worker], MSG_JOB_START);
    message->as.start.spec = job->spec;
    message->as.start.serial = ++peer->starts;
    memcpy(message->as.start.owner_endpoint, sched->peers[sched->root].endpoint, MESSAGE_ENDPOINT_SIZE);
    if (job->blob) {
        message->bytes = job->blob;
        message->size = job->spec.blob_size;
    }
}

/* ---- the reduction */
static void job_deliver(Sched *sched, Job *job) {
    job->phase = JOB_DELIVERED;
    job->stats.limit = job->limit;
    job->stats.end = job->end;
    Message *message = job_send(sched, job, sched->root, MSG_JOB_DONE);
    MsgJobDone *done = &message->as.job_done;
    *done = (MsgJobDone){.holder = -1, .limit = job->limit, .end = job->end};
    for (uint32_t i = 0; i < job->stats.worker_count; i++) done->nanoseconds += job->stats.workers[i].nanoseconds;
    if (job->slot_count == 0) return;
    SchedPeer *holder = sched_live_worker(sched, job->slots[0].worker);
    if (!holder) return; /* lost just now: the run ends anyway */
    done->holder = holder->worker;
    memcpy(done->endpoint, holder->endpoint, sizeof done->endpoint);
}

/* Does what can be done at one place of the tree of workers, then at its parent's when it has become ready. */
static void job_advance(Sched *sched, Job *job, uint32_t at) {
    for (;;) {
        MergeSlot *slot = &job->slots[at];
        if (slot->is_busy || slot->is_ready) return;
        while (!(at & slot->stride) && slot->stride < job->slot_count && at + slot->stride >= job->slot_count) slot->stride *= 2;
        if (!(at & slot->stride) && slot->stride < job->slot_count) {
            const MergeSlot *other = &job->slots[at + slot->stride];
            if (!other->is_ready) return;
            SchedPeer *from = sched_live_worker(sched, other->worker);
            if (!from) return;
            slot->is_busy = true;
            slot->step = ++job->last_step;
            Message *message = job_send(sched, job, sched->workers[slot->worker], MSG_MERGE);
            message->as.merge = (MsgMerge){.step = slot->step, .from = other->worker};
            memcpy(message->as.merge.endpoint, from->endpoint, sizeof from->endpoint);
            return;
        }
        slot->is_ready = true;
        if (at == 0) {
            job_deliver(sched, job);
            return;
        }
        at -= slot->stride;
    }
}

static void job_reduce_if_covered(Sched *sched, Job *job) {
    if (job->phase != JOB_MAPS || !ranges_has(&job->covered, 0, job->limit)) return;
    job->phase = JOB_REDUCES;
    job->slots = xcalloc(job->stats.worker_count, sizeof *job->slots);
    for (uint32_t i = 0; i < job->stats.worker_count; i++)
        if (ranges_has_any(&job->holds[i], 0, job->limit)) job->slots[job->slot_count++] = (MergeSlot){.worker = i, .stride = 1};
    if (job->slot_count == 0) job_deliver(sched, job);
    for (uint32_t i = 0; i < job->slot_count; i++) job_advance(sched, job, i);
}

/* ---- early ends */
/* Chunk `chunk` stopped or failed: nothing after it is needed, everything before it still is. */
static void job_end_after(Sched *sched, Job *job, int64_t chunk, EndKind end) {
    uint64_t limit = (uint64_t)chunk + 1;
    if (limit > job->limit || (limit == job->limit && end <= job->end)) return;
    job->end = end;
    if (limit == job->limit) return;
    job->limit = limit;
    ranges_remove(&job->todo, limit, job->spec.chunks - limit);
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++) {
        bool has_needless = false;
        for (size_t i = 0; i < job->handed_len; i++) {
            const HandedRange *handed = &job->handed[i];
            has_needless |= handed->worker == worker && handed->range.first + handed->range.count > limit;
        }
        if (has_needless && sched_live_worker(sched, worker))
            job_send(sched, job, sched->workers[worker], MSG_CANCEL_AFTER)->as.cancel.chunk = (uint64_t)chunk;
    }
}

/* ---- handing out */
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

/* Takes the next range out of what is to do. In the usual order each is one aligned node of the tree, which keeps bags small. */
static Range job_take(Sched *sched, Job *job) {
    Range range;
    uint64_t size = sched->config.range_chunks;
    if (sched->config.shuffle_seed) {
        uint64_t chunk = ranges_select(&job->todo, random_next(&sched->random) % job->todo.total);
        range = job_block(job, chunk, size ? size : 1 + job->spec.chunks / SHUFFLED_RANGES);
    } else {
        Range front = job->todo.items[0];
        if (size == 0) {
            uint64_t want = job->todo.total / ((uint64_t)GUIDE * sched_live_workers(sched));
            for (size = 1; 2 * size <= want && 2 * size <= RANGE_MAX && front.first % (2 * size) == 0;) size *= 2;
        }
        range = (Range){front.first, size < front.count ? size : front.count};
    }
    ranges_remove(&job->todo, range.first, range.count);
    return range;
}

static void job_hand(Sched *sched, Job *job, SchedPeer *peer) {
    job_start_at(sched, job, peer);
    HandedRange handed = {.worker = peer->worker, .range = job_take(sched, job)};
    if (job->handed_len == job->handed_cap) {
        job->handed_cap = job->handed_cap ? 2 * job->handed_cap : 16;
        job->handed = xrealloc(job->handed, job->handed_cap * sizeof *job->handed);
    }
    job->handed[job->handed_len++] = handed;
    peer->held++;
    Message *message = job_send(sched, job, sched->workers[peer->worker], MSG_RANGE);
    message->as.range = (MsgRange){.first = handed.range.first, .count = handed.range.count};
}

void jobs_hand_out(Sched *sched) {
    if (!sched_is_ready(sched)) return;
    Job *job = sched->jobs;
    /* Everybody gets a first range before anybody gets a second. */
    /* The oldest job comes first: who awaits several hears of it earliest. */
    for (uint32_t round = 0; round < SCHED_CREDITS; round++) {
        for (uint32_t worker = 0; worker < sched->worker_count; worker++) {
            while (job && job->todo.total == 0) job = job->next;
            if (!job) return;
            SchedPeer *peer = sched_live_worker(sched, worker);
            if (peer && peer->held == round && peer->held < peer->credits) job_hand(sched, job, peer);
        }
    }
}

/* ---- progress */
enum { PROGRESS_EVERY = 50000000 }; /* nanoseconds */

static void job_tell_progress(Sched *sched, Job *job) {
    bool is_due = job->spec.flags & JOB_IS_WATCHED && job->phase == JOB_MAPS && job->covered.total > job->told_chunks;
    if (!is_due || (job->told_at && sched->now - job->told_at < PROGRESS_EVERY)) return;
    job->told_at = sched->now;
    job->told_chunks = job->covered.total;
    MsgJobProgress progress = {.done = job->covered.total < job->limit ? job->covered.total : job->limit, .limit = job->limit};
    job_send(sched, job, sched->root, MSG_JOB_PROGRESS)->as.progress = progress;
}

void jobs_tick(Sched *sched) {
    for (Job *job = sched->jobs; job; job = job->next) job_tell_progress(sched, job);
    jobs_hand_out(sched);
}

/* ---- ranges of jobs that have ended */
static void sched_add_orphan(Sched *sched, Orphan orphan) {
    if (sched->orphan_count == sched->orphan_cap) {
        sched->orphan_cap = sched->orphan_cap ? 2 * sched->orphan_cap : 16;
        sched->orphans = xrealloc(sched->orphans, sched->orphan_cap * sizeof *sched->orphans);
    }
    sched->orphans[sched->orphan_count++] = orphan;
}

static bool handed_is(const HandedRange *handed, uint32_t worker, const MsgRangeDone *done) {
    return handed->worker == worker && handed->range.first == done->first && handed->range.count == done->count;
}

static void peer_answered(SchedPeer *peer, const MsgRangeDone *done) {
    peer->held--;
    peer->credits = done->credits == 0 ? 1 : done->credits < SCHED_CREDITS ? done->credits : SCHED_CREDITS;
}

static void jobs_orphan_done(Sched *sched, SchedPeer *peer, const Message *message) {
    for (size_t i = 0; i < sched->orphan_count; i++) {
        const Orphan *orphan = &sched->orphans[i];
        if (orphan->job != message->job || !handed_is(&orphan->handed, peer->worker, &message->as.range_done)) continue;
        sched->orphans[i] = sched->orphans[--sched->orphan_count];
        peer_answered(peer, &message->as.range_done);
        jobs_hand_out(sched);
        return;
    }
    sched->ignored++;
}

/* ---- messages */
void jobs_submit(Sched *sched, const Message *message) {
    const JobSpec *spec = &message->as.submit.spec;
    if (message->job <= sched->last_job) {
        sched->ignored++;
        return;
    }
    bool is_inline = spec->blob_size <= MESSAGE_INLINE_BLOB;
    if (spec->chunks > MESSAGE_CHUNKS || spec->lists > MESSAGE_LISTS || message->size != (is_inline ? spec->blob_size : 0)) {
        sched_end(
            sched, 1, "the program submitted a job that makes no sense (%llu chunks, %u lists, %llu of %llu bytes of captures)",
            (unsigned long long)spec->chunks, spec->lists, (unsigned long long)message->size, (unsigned long long)spec->blob_size);
        return;
    }
    sched->last_job = message->job;
    Job *job = xcalloc(1, sizeof *job);
    *sched->last_link = job;
    sched->last_link = &job->next;
    table_put(&sched->jobs_by_number, message->job, job);
    job->number = message->job;
    job->epoch = sched->epoch;
    job->spec = *spec;
    job->limit = spec->chunks;
    job->stats = (JobStats){.job = job->number, .spec = *spec, .started = sched->now, .limit = job->limit};
    ranges_add(&job->todo, 0, spec->chunks);
    if (message->size) {
        job->blob = xmalloc(message->size);
        memcpy(job->blob, message->bytes, message->size);
    }
    job_reduce_if_covered(sched, job); /* a job without chunks is done at once */
    if (job->phase == JOB_MAPS) jobs_hand_out(sched);
}

/* The number of the handed range that the message answers; handed_len when there is none. */
static size_t job_find_handed(const Job *job, uint32_t worker, const MsgRangeDone *done) {
    size_t at = 0;
    while (at < job->handed_len && !handed_is(&job->handed[at], worker, done)) at++;
    return at;
}

/* All chunks of the range that count must have been computed. A combine that fails may end at a chunk outside the range. */
static bool range_done_is_sane(const Job *job, const MsgRangeDone *done) {
    uint64_t limit = job->limit, end = done->first + done->done;
    if (done->done > done->count || done->end > END_FAILED) return false;
    if (done->end != END_NONE) {
        if (done->end_chunk < 0 || (uint64_t)done->end_chunk >= job->spec.chunks) return false;
        if ((uint64_t)done->end_chunk < limit) limit = (uint64_t)done->end_chunk + 1;
    }
    return done->done == done->count || end >= limit;
}

void jobs_range_done(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgRangeDone *done = &message->as.range_done;
    Job *job = find_job(sched, message);
    if (!job) {
        jobs_orphan_done(sched, peer, message);
        return;
    }
    size_t at = job_find_handed(job, peer->worker, done);
    if (at == job->handed_len) {
        sched->ignored++;
        return;
    }
    if (!range_done_is_sane(job, done)) {
        sched_end(sched, 1, "worker %u gave a senseless answer for the chunks %llu to %llu of job %llu", peer->worker,
                  (unsigned long long)done->first, (unsigned long long)(done->first + done->count - 1),
                  (unsigned long long)job->number);
        return;
    }
    job->handed[at] = job->handed[--job->handed_len];
    peer_answered(peer, done);

    WorkerStats *stats = &job->stats.workers[peer->worker];
    stats->ranges++;
    stats->chunks += done->done;
    stats->elements += done->elements;
    stats->size += done->size;
    stats->nanoseconds += done->nanoseconds;
    stats->slices += done->pulled;
    if (job->phase == JOB_MAPS) {
        ranges_add(&job->holds[peer->worker], done->first, done->done);
        ranges_add(&job->covered, done->first, done->done);
        if (done->end != END_NONE) job_end_after(sched, job, done->end_chunk, done->end);
        job_reduce_if_covered(sched, job);
        job_tell_progress(sched, job);
    }
    jobs_hand_out(sched);
}

void jobs_merge_done(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgMergeDone *done = &message->as.merge_done;
    Job *job = job_of(sched, message);
    if (!job) return;
    uint32_t at = 0;
    while (at < job->slot_count && job->slots[at].worker != peer->worker) at++;
    if (at == job->slot_count || !job->slots[at].is_busy || job->slots[at].step != done->step) {
        sched->ignored++;
        return;
    }
    MergeSlot *slot = &job->slots[at];
    uint32_t from = job->slots[at + slot->stride].worker;
    JobStats *stats = &job->stats;
    stats->edges = xrealloc(stats->edges, (stats->edge_count + 1) * sizeof *stats->edges);
    stats->edges[stats->edge_count++] = (EdgeStats){.from = from, .to = peer->worker, .nodes = done->nodes, .size = done->size};
    stats->workers[peer->worker].merge_nanoseconds += done->nanoseconds;

    RangeSet *moved = &job->holds[from];
    for (size_t i = 0; i < moved->len; i++) ranges_add(&job->holds[peer->worker], moved->items[i].first, moved->items[i].count);
    ranges_clear(moved);
    if (done->end_chunk >= 0 && (uint64_t)done->end_chunk < job->limit) job_end_after(sched, job, done->end_chunk, END_FAILED);
    slot->is_busy = false;
    slot->stride *= 2;
    job_advance(sched, job, at);
}

void jobs_stats(Sched *sched, SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (job && peer->worker < job->stats.worker_count) job->stats.workers[peer->worker].captures = message->as.stats.captures;
}

void jobs_end(Sched *sched, const Message *message) {
    Job *job = job_of(sched, message);
    if (!job) return;
    Job **link = &sched->jobs;
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    if (!*link) sched->last_link = link;
    table_remove(&sched->jobs_by_number, job->number);
    job->stats.ended = sched->now;
    job->stats.root_nodes = message->as.job_end.nodes;
    job->stats.root_size = message->as.job_end.size;
    /* Ranges that nobody needs any more may still be under way. */
    for (size_t i = 0; i < job->handed_len; i++) sched_add_orphan(sched, (Orphan){job->number, job->handed[i]});
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++)
        if (job->knows[worker] && sched_live_worker(sched, worker)) job_send(sched, job, sched->workers[worker], MSG_JOB_END);
    sched_action(sched, SCHED_JOB_FINISHED)->job = job->number;
    sched->finished = job;
    jobs_hand_out(sched);
}
