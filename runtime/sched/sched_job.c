/* sched_job.c: what the scheduler does with a job. Its chunks are handed out in ranges (sched_hand.c), the answers are added up,
 * chunks that have become needless are cancelled; when every chunk that counts is covered, bags are merged (sched_bag.c), and the
 * root hears who holds the last one. What is mapped of a job of a worker goes to that worker range by range. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

void job_free(Job **job) {
    if (!*job) return;
    for (uint32_t number = 1; (*job)->bags && number <= (*job)->bag_count; number++) ranges_free(&job_bag(*job, number)->own);
    ranges_free(&(*job)->todo);
    ranges_free(&(*job)->covered);
    ranges_free(&(*job)->copies);
    free((*job)->workers);
    free((*job)->bags);
    free((*job)->merges);
    exchange_free(&(*job)->exchange);
    free((*job)->parts);
    free((*job)->blames);
    free((*job)->handed);
    table_free(&(*job)->handed_at);
    free((*job)->tops);
    free((*job)->store_waiting);
    free((*job)->stats.workers);
    free((*job)->stats.edges);
    free((*job)->blob);
    free(*job);
    *job = NULL;
}

Job *job_of(Sched *sched, const Message *message) {
    Job *job = table_find(&sched->jobs_by_number, message->job);
    sched->ignored += !job;
    return job;
}

Message *job_send(Sched *sched, const Job *job, uint32_t peer, MessageKind kind) {
    Message *message = sched_send(sched, peer, kind);
    message->job = job->number;
    return message;
}

void job_know_worker(Job *job, uint32_t worker) {
    uint32_t old = job->stats.worker_count, count = worker + 1;
    if (count <= old) return;
    job->workers = xrealloc(job->workers, count * sizeof *job->workers);
    job->stats.workers = xrealloc(job->stats.workers, count * sizeof *job->stats.workers);
    memset(job->workers + old, 0, (count - old) * sizeof *job->workers);
    memset(job->stats.workers + old, 0, (count - old) * sizeof *job->stats.workers);
    job->stats.worker_count = count;
}

/* ---- the result */
static MsgJobDone *job_say_done(Sched *sched, Job *job) {
    job->phase = JOB_DELIVERED;
    job->stats.limit = job->limit;
    job->stats.end = job->end;
    news_job(job, NEWS_JOB_DELIVERED);
    MsgJobDone *done = &job_send(sched, job, job->owner, MSG_JOB_DONE)->as.job_done;
    *done = (MsgJobDone){.holder = -1, .limit = job->limit, .end = job->end};
    for (uint32_t i = 0; i < job->stats.worker_count; i++) done->nanoseconds += job->stats.workers[i].nanoseconds;
    return done;
}

void job_deliver_parts(Sched *sched, Job *job, uint32_t parts) {
    job_say_done(sched, job)->parts = parts;
    job->delivered = 0;
}

void job_deliver(Sched *sched, Job *job, uint32_t bag) {
    MsgJobDone *done = job_say_done(sched, job);
    job->delivered = bag;
    if (bag == 0) return;
    job_bag(job, bag)->is_frozen = true;
    const char *endpoint = bag_endpoint(sched, job_bag(job, bag));
    done->holder = job_bag(job, bag)->worker;
    done->bag = bag;
    snprintf(done->endpoint, sizeof done->endpoint, "%s", endpoint ? endpoint : "");
    job_store_result(sched, job);
}

void job_settle(Sched *sched, Job *job) {
    if (job->phase == JOB_DELIVERED) return;
    job->phase = JOB_MAPS;
    if (!ranges_has(&job->covered, 0, job->limit)) return;
    job->phase = JOB_REDUCES;
    if (job->spec.flags & JOB_BY_RANGES)
        job_deliver(sched, job, 0);
    else
        job_plan_merges(sched, job);
}

/* ---- early ends */
/* Chunk `chunk` stopped or failed: nothing after it is needed, everything before it still is. */
void job_end_after(Sched *sched, Job *job, int64_t chunk, EndKind end) {
    uint64_t limit = (uint64_t)chunk + 1;
    if (limit > job->limit || (limit == job->limit && end <= job->end)) return;
    job->end = end;
    if (limit == job->limit) return;
    job->limit = limit;
    news_job(job, NEWS_JOB_LIMITED);
    ranges_remove(&job->todo, limit, job->spec.chunks - limit);
    ranges_remove(&job->copies, limit, job->spec.chunks - limit);
    for (size_t i = 0; i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        if (handed->range.first + handed->range.count > limit) job->workers[handed->worker].has_needless = true;
    }
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++) {
        if (job->workers[worker].has_needless && sched_live_worker(sched, worker))
            job_send(sched, job, sched->workers[worker], MSG_CANCEL_AFTER)->as.cancel.chunk = (uint64_t)chunk;
        job->workers[worker].has_needless = false;
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
    jobs_store_tick(sched);
    jobs_give_up_bags(sched);
    orphans_tick(sched);
    jobs_hand_out(sched);
    jobs_tell_idle(sched);
}

/* ---- ranges */
bool handed_is(const HandedRange *handed, uint32_t worker, const MsgRangeDone *done) {
    return handed->number == done->range && handed->worker == worker && handed->range.first == done->first &&
           handed->range.count == done->count;
}

static void peer_answered(Sched *sched, SchedPeer *peer, const MsgRangeDone *done) {
    peer->held--;
    peer->answered_at = sched->now;
    peer->credits = done->credits == 0 ? 1 : done->credits < SCHED_MOST_CREDITS ? done->credits : SCHED_MOST_CREDITS;
    worker_requeue(sched, peer);
}

/* A range that was revoked was finished before that was known: its values count elsewhere, but how it ended is so wherever it is
 * mapped, and its worker maps nothing behind that. */
static void job_take_end(Sched *sched, const Message *range_done) {
    Job *job = table_find(&sched->jobs_by_number, range_done->job);
    const MsgRangeDone *done = &range_done->as.range_done;
    if (!job || done->end == END_NONE || (uint64_t)done->end_chunk >= job->spec.chunks) return;
    job_end_after(sched, job, done->end_chunk, done->end);
    job_settle(sched, job);
}

static void jobs_orphan_done(Sched *sched, SchedPeer *peer, const Message *message) {
    if (!sched_take_orphan(sched, peer->worker, message)) {
        sched->ignored++;
        return;
    }
    peer_answered(sched, peer, &message->as.range_done);
    job_take_end(sched, message);
    jobs_hand_out(sched);
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
    job_add_handed(job, (HandedRange){.worker = worker, .range = {submit->mapped, submit->kept - submit->mapped}});
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
    if (!is_root) worker_tells_idle(sched, peer, 0); /* as it knows: it waits for news of who else is idle */
    Job *job = xcalloc(1, sizeof *job);
    JobList *list = is_root ? &sched->jobs : &sched->nested;
    *list->last = job;
    list->last = &job->next;
    table_put(&sched->jobs_by_number, message->job, job);
    job->sched = sched;
    job->number = message->job;
    job->owner = (uint32_t)(peer - sched->peers);
    job->spec = submit->spec;
    job->limit = job->spec.chunks;
    job->stats = (JobStats){.job = job->number, .spec = job->spec, .started = sched->now, .limit = job->limit};
    ranges_add(&job->todo, submit->kept, job->spec.chunks - submit->kept);
    if (!is_root) job_keep(job, submit, peer->worker);
    if (message->size) {
        job->blob = xmalloc(message->size);
        memcpy(job->blob, message->bytes, message->size);
    }
    if (is_root) job_find_stored(sched, job, &submit->name);
    job_recall_pace(sched, job);
    news_job(job, NEWS_JOB_SUBMITTED);
    if (job->handed_len > 0) news_range(job, NEWS_RANGE_HANDED, &job->handed[0]); /* what its owner has kept */
    job_settle(sched, job);                                                       /* a job without chunks is done at once */
    if (job->phase == JOB_MAPS) jobs_hand_out(sched);
}

void jobs_join(Sched *sched, const SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (!job || &sched->peers[job->owner] != peer || !(job->spec.flags & JOB_BY_RANGES)) return;
    job->is_joined = true;
    jobs_hand_out(sched);
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

/* Hands on what a worker mapped of another worker's job. Chunks whose bag goes along are covered; others when the owner has it. */
static void job_send_part(Sched *sched, Job *job, const HandedRange *handed, const SchedPeer *holder, const Message *range_done) {
    const MsgRangeDone *done = &range_done->as.range_done;
    bool is_inline = message_inline_size(done->bag_size) == done->bag_size;
    sched->part.len = 0;
    buf_add(&sched->part, range_done->bytes, range_done->size);
    Message *message = job_send(sched, job, job->owner, MSG_PART);
    message->as.part = (MsgPart){.first = done->first, .count = done->count, .size = done->bag_size};
    message->as.part.worker = holder->worker;
    message->as.part.bag = handed->bag;
    memcpy(message->as.part.endpoint, holder->endpoint, sizeof holder->endpoint);
    if (sched->part.len) message->bytes = sched->part.data;
    message->size = sched->part.len;
    if (is_inline) {
        ranges_add(&job->covered, done->first, done->done);
        return;
    }
    if ((job->part_count & (job->part_count + 1)) == 0)
        job->parts = xrealloc(job->parts, 2 * ((size_t)job->part_count + 1) * sizeof *job->parts);
    job->parts[job->part_count++] = (PartRecord){handed->bag, holder->worker, {done->first, done->done}};
}

static void job_add_mapped(Job *job, uint32_t bag, const MsgRangeDone *done) {
    bag_add_range(job, bag, done->first, done->done);
    if (done->weight > job_bag(job, bag)->weight) job_bag(job, bag)->weight = done->weight;
}

/* What was computed of a range is somewhere now. */
static void job_add_done(Sched *sched, Job *job, const HandedRange *handed, const SchedPeer *peer, const Message *message) {
    const MsgRangeDone *done = &message->as.range_done;
    bool is_by_ranges = job->spec.flags & JOB_BY_RANGES;
    if (!is_by_ranges && job_original_done(sched, job, *handed, done))
        job_add_mapped(job, handed->bag, done);
    else if (is_by_ranges && job_is_owners(sched, job, peer))
        ranges_add(&job->covered, done->first, done->done);
    else if (is_by_ranges && done->done)
        job_send_part(sched, job, handed, peer, message);
    /* How it ended is so wherever it is mapped. */
    if (done->end != END_NONE) job_end_after(sched, job, done->end_chunk, done->end);
    if (handed->copy_of) job_copy_done(sched, job, handed->copy_of);
}

/* More is done than ever before. Chunks that are mapped again and again, because their workers die of what they keep, are no
 * progress. */
static void job_gets_on(Sched *sched, Job *job) {
    if (job->covered.total <= job->most_covered) return;
    job->most_covered = job->covered.total;
    sched->lost_in_vain = 0;
}

void jobs_range_done(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgRangeDone *done = &message->as.range_done;
    Job *job = table_find(&sched->jobs_by_number, message->job);
    if (!job) {
        jobs_orphan_done(sched, peer, message);
        return;
    }
    size_t at = job_find_handed(job, done->range);
    if (at == job->handed_len || !handed_is(&job->handed[at], peer->worker, done)) {
        jobs_orphan_done(sched, peer, message); /* one that was revoked */
        return;
    }
    if (!job->handed[at].is_revoked && !range_done_is_sane(job, done)) {
        sched_end(sched, 1, "worker %u gave a senseless answer for the chunks %llu to %llu of job %llu", peer->worker,
                  (unsigned long long)done->first, (unsigned long long)(done->first + done->count - 1),
                  (unsigned long long)JOB_COUNT(job->number));
        return;
    }
    HandedRange handed = job->handed[at];
    job_drop_handed(job, at);
    if (job_is_owners(sched, job, peer))
        job->owner_holds--;
    else
        peer_answered(sched, peer, done);

    WorkerStats *stats = &job->stats.workers[peer->worker];
    stats->ranges++;
    stats->chunks += done->done;
    stats->elements += done->elements;
    stats->size += done->size;
    stats->nanoseconds += done->nanoseconds;
    if (done->weight > stats->table) stats->table = done->weight;
    stats->slices += done->pulled;
    job_note_time(job, done);
    bool is_wanted = job->phase == JOB_MAPS || handed.is_revoked;
    if (is_wanted) job_add_done(sched, job, &handed, peer, message);
    news_range_done(job, sched, &handed, message);
    if (is_wanted) {
        job_gets_on(sched, job);
        job_store_ready(sched, job);
        job_settle(sched, job);
        job_tell_progress(sched, job);
    }
    jobs_hand_out(sched);
}

void jobs_part_taken(Sched *sched, const SchedPeer *peer, const Message *message) {
    const MsgPartTaken *answer = &message->as.part_taken;
    Job *job = job_of(sched, message);
    if (!job || &sched->peers[job->owner] != peer) return;
    uint32_t at = 0;
    while (at < job->part_count && job->parts[at].bag != answer->bag) at++;
    if (at == job->part_count) {
        sched->ignored++;
        return;
    }
    PartRecord part = job->parts[at];
    job->parts[at] = job->parts[--job->part_count];
    if (answer->taken)
        ranges_add(&job->covered, part.range.first, part.range.count);
    else
        job_todo_again(job, part.range);
    job_gets_on(sched, job);
    job_settle(sched, job);
    jobs_hand_out(sched);
}

void jobs_stats(Sched *sched, SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (job && peer->worker < job->stats.worker_count) job->stats.workers[peer->worker].captures = message->as.stats.captures;
}

/* ---- the end of a job */

void job_over(Sched *sched, Job *job) {
    JobList *list = job->spec.flags & JOB_BY_RANGES ? &sched->nested : &sched->jobs;
    Job **link = &list->first;
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    if (!*link) list->last = link;
    table_remove(&sched->jobs_by_number, job->number);
    job->stats.ended = sched->now;
    job_note_pace(sched, job);
    orphans_end_job(sched, job);
    news_merges_dropped(job);
    news_job(job, NEWS_JOB_FINISHED);
    for (uint32_t worker = 0; worker < job->stats.worker_count; worker++)
        if (job->workers[worker].knows && sched_live_worker(sched, worker))
            job_send(sched, job, sched->workers[worker], MSG_JOB_END);
    job->next = sched->ended;
    sched->ended = job;
}

void jobs_end(Sched *sched, const SchedPeer *peer, const Message *message) {
    Job *job = job_of(sched, message);
    if (!job || &sched->peers[job->owner] != peer) return;
    job->stats.root_nodes = message->as.job_end.nodes;
    job->stats.root_size = message->as.job_end.size;
    job->is_received = true;
    if (!job_result_is_awaited(job)) jobs_finish(sched, job);
}

void jobs_finish(Sched *sched, Job *job) {
    job_over(sched, job);
    sched_action(sched, SCHED_JOB_FINISHED)->job = job->number;
    sched->finished = job;
    jobs_hand_out(sched);
}
