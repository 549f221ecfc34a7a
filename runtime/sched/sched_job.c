/* sched_job.c: what the scheduler does with a job. Its chunks are handed out in ranges (sched_hand.c), the answers are added up,
 * chunks that have become needless are cancelled; when every chunk that counts is covered, the workers' bags are merged pairwise
 * along a tree of workers, and the root hears who holds the last one. What is mapped of a job of a worker goes to that worker range
 * by range. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

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

Message *job_send(Sched *sched, const Job *job, uint32_t peer, MessageKind kind) {
    Message *message = sched_send(sched, peer, kind);
    message->job = job->number;
    message->epoch = job->epoch;
    return message;
}

void job_know_worker(Job *job, uint32_t worker) {
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

/* ---- the reduction */
static void job_deliver(Sched *sched, Job *job) {
    job->phase = JOB_DELIVERED;
    job->stats.limit = job->limit;
    job->stats.end = job->end;
    Message *message = job_send(sched, job, job->owner, MSG_JOB_DONE);
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

/* ---- progress */
enum { PROGRESS_EVERY = 50000000 }; /* nanoseconds */

static void job_tell_progress(Sched *sched, Job *job) {
    bool is_due = job->spec.flags & JOB_IS_WATCHED && job->phase == JOB_MAPS && job->covered.total > job->told_chunks;
    if (!is_due || (job->told_at && sched->now - job->told_at < PROGRESS_EVERY)) return;
    job->told_at = sched->now;
    job->told_chunks = job->covered.total;
    MsgJobProgress progress = {.done = job->covered.total < job->limit ? job->covered.total : job->limit, .limit = job->limit};
    job_send(sched, job, job->owner, MSG_JOB_PROGRESS)->as.progress = progress;
}

void jobs_tick(Sched *sched) {
    for (Job *job = sched->jobs.first; job; job = job->next) job_tell_progress(sched, job);
    jobs_hand_out(sched);
    jobs_tell_idle(sched);
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
static bool submit_is_sane(const Message *message, bool is_root) {
    const MsgJobSubmit *submit = &message->as.submit;
    const JobSpec *spec = &submit->spec;
    bool is_by_ranges = spec->flags & JOB_BY_RANGES;
    if (spec->chunks > MESSAGE_CHUNKS || spec->lists > MESSAGE_LISTS) return false;
    if (message->size != message_inline_size(spec->blob_size) || is_by_ranges == is_root) return false;
    return submit->mapped <= submit->kept && submit->kept <= spec->chunks && (is_by_ranges || submit->kept == 0);
}

/* What the owner has done and does itself: the first chunks of its job. */
static void job_keep(Job *job, const MsgJobSubmit *submit, uint32_t worker) {
    job_know_worker(job, worker);
    ranges_add(&job->covered, 0, submit->mapped);
    job->stats.workers[worker].chunks += submit->mapped;
    if (submit->kept == submit->mapped) return;
    job_add_handed(job, (HandedRange){worker, {submit->mapped, submit->kept - submit->mapped}});
    job->owner_holds = 1;
}

void jobs_submit(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgJobSubmit *submit = &message->as.submit;
    bool is_root = peer->role == ROLE_ROOT;
    if (message->job <= peer->last_job || JOB_OWNER(message->job) != (is_root ? 0 : (uint64_t)peer->worker + 1)) {
        sched->ignored++;
        return;
    }
    if (!submit_is_sane(message, is_root)) {
        sched_end(sched, 1,
                  "the program submitted a job that makes no sense (%llu chunks, %u lists, %llu of %llu bytes of captures)",
                  (unsigned long long)submit->spec.chunks, submit->spec.lists, (unsigned long long)message->size,
                  (unsigned long long)submit->spec.blob_size);
        return;
    }
    peer->last_job = message->job;
    peer->told_idle = 0; /* as it knows: it waits for news of who else is idle */
    Job *job = xcalloc(1, sizeof *job);
    JobList *list = is_root ? &sched->jobs : &sched->nested;
    *list->last = job;
    list->last = &job->next;
    table_put(&sched->jobs_by_number, message->job, job);
    job->number = message->job;
    job->owner = (uint32_t)(peer - sched->peers);
    job->epoch = sched->epoch;
    job->spec = submit->spec;
    job->limit = job->spec.chunks;
    job->stats = (JobStats){.job = job->number, .spec = job->spec, .started = sched->now, .limit = job->limit};
    ranges_add(&job->todo, submit->kept, job->spec.chunks - submit->kept);
    if (!is_root) job_keep(job, submit, peer->worker);
    if (message->size) {
        job->blob = xmalloc(message->size);
        memcpy(job->blob, message->bytes, message->size);
    }
    job_reduce_if_covered(sched, job); /* a job without chunks is done at once */
    if (job->phase == JOB_MAPS) jobs_hand_out(sched);
}

void jobs_join(Sched *sched, const SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (!job || &sched->peers[job->owner] != peer || !(job->spec.flags & JOB_BY_RANGES)) return;
    job->is_joined = true;
    jobs_hand_out(sched);
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

/* Hands on what a worker mapped of another worker's job. */
static void job_send_part(Sched *sched, const Job *job, const SchedPeer *holder, const Message *range_done) {
    const MsgRangeDone *done = &range_done->as.range_done;
    sched->part.len = 0;
    buf_add(&sched->part, range_done->bytes, range_done->size);
    Message *message = job_send(sched, job, job->owner, MSG_PART);
    message->as.part = (MsgPart){.first = done->first, .count = done->count, .size = done->bag_size};
    memcpy(message->as.part.endpoint, holder->endpoint, sizeof holder->endpoint);
    if (sched->part.len) message->bytes = sched->part.data;
    message->size = sched->part.len;
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
                  (unsigned long long)JOB_COUNT(job->number));
        return;
    }
    job->handed[at] = job->handed[--job->handed_len];
    bool is_owners = job_is_owners(sched, job, peer);
    if (is_owners)
        job->owner_holds--;
    else
        peer_answered(peer, done);

    WorkerStats *stats = &job->stats.workers[peer->worker];
    stats->ranges++;
    stats->chunks += done->done;
    stats->elements += done->elements;
    stats->size += done->size;
    stats->nanoseconds += done->nanoseconds;
    stats->slices += done->pulled;
    if (job->phase == JOB_MAPS) {
        if (!(job->spec.flags & JOB_BY_RANGES))
            ranges_add(&job->holds[peer->worker], done->first, done->done);
        else if (!is_owners && done->done)
            job_send_part(sched, job, peer, message);
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

void jobs_end(Sched *sched, const SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (!job || &sched->peers[job->owner] != peer) return;
    JobList *list = job->spec.flags & JOB_BY_RANGES ? &sched->nested : &sched->jobs;
    Job **link = &list->first;
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    if (!*link) list->last = link;
    table_remove(&sched->jobs_by_number, job->number);
    job->stats.ended = sched->now;
    job->stats.root_nodes = message->as.job_end.nodes;
    job->stats.root_size = message->as.job_end.size;
    /* Ranges that nobody needs any more may still be under way. */
    for (size_t i = 0; i < job->handed_len; i++)
        if (!job_is_owners(sched, job, sched_live_worker(sched, job->handed[i].worker)))
            sched_add_orphan(sched, (Orphan){job->number, job->handed[i]});
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++)
        if (job->knows[worker] && sched_live_worker(sched, worker)) job_send(sched, job, sched->workers[worker], MSG_JOB_END);
    sched_action(sched, SCHED_JOB_FINISHED)->job = job->number;
    sched->finished = job;
    jobs_hand_out(sched);
}
