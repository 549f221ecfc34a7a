/* sched_bag.c: where the partial results of a job lie, and who merges with whom. When all chunks that count are covered, bags that
 * are ready meet in pairs, until one has everything, which the owner is then told of. What is lost with a holder, or given up,
 * becomes chunks to be mapped again, as few as possible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

BagRecord *job_bag(const Job *job, uint32_t number) {
    return &job->bags[number - 1];
}

uint32_t bag_new(Job *job, uint32_t worker) {
    uint32_t number = ++job->bag_count;
    if ((number & (number - 1)) == 0) job->bags = xrealloc(job->bags, 2 * (size_t)number * sizeof *job->bags);
    *job_bag(job, number) = (BagRecord){.worker = worker, .is_there = true, .first = UINT64_MAX};
    bag_list(job, number);
    return number;
}

void bag_list(Job *job, uint32_t number) {
    BagRecord *bag = job_bag(job, number);
    if (bag->is_listed) return;
    if (job->top_count == job->top_cap) {
        job->top_cap = job->top_cap ? 2 * job->top_cap : 8;
        job->tops = xrealloc(job->tops, job->top_cap * sizeof *job->tops);
    }
    job->tops[job->top_count++] = number;
    bag->is_listed = true;
}

uint32_t bag_for_range(Job *job, uint32_t worker) {
    if (job->spec.flags & JOB_BY_RANGES) return ++job->bag_count; /* each part is a bag of its own, of which nothing is kept here */
    JobWorker *at = &job->workers[worker];
    if (at->bag == 0 || job_bag(job, at->bag)->is_frozen || job_bag(job, at->bag)->is_void) at->bag = bag_new(job, worker);
    return at->bag;
}

void bag_add_range(Job *job, uint32_t number, uint64_t first, uint64_t count) {
    BagRecord *bag = job_bag(job, number);
    if (count == 0 || bag->is_void) return;
    ranges_add(&bag->own, first, count);
    if (first < bag->first) bag->first = first;
    ranges_add(&job->covered, first, count);
}

/* ---- merging */

static bool bag_is_ready(const Job *job, const BagRecord *bag) {
    return bag->is_there && !bag->is_void && bag->into == 0 && bag->step == 0 && bag->first < job->limit;
}

/* Is a bag that counts held up by a straggler? */
static bool job_is_held_up(const Job *job) {
    for (size_t i = 0; job->revoked && i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        if (handed->is_revoked && bag_is_ready(job, job_bag(job, handed->bag))) return true;
    }
    return false;
}

/* Bag `from` is pulled and merged into bag `into`, which is open. */
static void merge_begin(Sched *sched, Job *job, uint32_t from, uint32_t into) {
    BagRecord *source = job_bag(job, from), *target = job_bag(job, into);
    const char *endpoint = bag_endpoint(sched, source);
    SchedPeer *puller = sched_live_worker(sched, target->worker);
    if (!endpoint || !puller) return; /* lost in this very step: what it had is about to be given up */
    uint32_t step = ++job->last_step;
    if ((job->merge_count & (job->merge_count + 1)) == 0)
        job->merges = xrealloc(job->merges, 2 * ((size_t)job->merge_count + 1) * sizeof *job->merges);
    job->merges[job->merge_count++] = (Merge){.step = step, .from = from, .into = into};
    source->step = target->step = step;
    source->is_frozen = true;
    job_start_at(sched, job, puller);
    Message *message = job_send(sched, job, sched->workers[target->worker], MSG_MERGE);
    message->as.merge = (MsgMerge){.step = step, .into = into, .from = source->worker, .from_bag = from, .parts = 1};
    snprintf(message->as.merge.endpoint, sizeof message->as.merge.endpoint, "%s", endpoint);
    news_merge(job, target->worker, &message->as.merge);
}

/* The worker that merges two frozen bags: the holder of one of them, or, of bags that the journal has, workers in turn. */
static uint32_t worker_for_merge(Sched *sched, const Job *job, const BagRecord *one, const BagRecord *other) {
    if (one->worker != MESSAGE_JOURNAL) return one->worker;
    if (other->worker != MESSAGE_JOURNAL) return other->worker;
    uint32_t count = sched->worker_count, worker = 0;
    for (uint32_t i = 0; i < count && !sched_live_worker(sched, worker = (job->last_step + i) % count); i++) {}
    return worker;
}

/* Merges two ready bags: the one that took in less goes into the other, when that is open. When neither is, a new one takes in the
 * first now, and will find the second again. */
static void bags_meet(Sched *sched, Job *job, uint32_t a, uint32_t b) {
    const BagRecord *one = job_bag(job, a), *other = job_bag(job, b);
    if (one->is_frozen && other->is_frozen)
        merge_begin(sched, job, a, bag_new(job, worker_for_merge(sched, job, one, other)));
    else if (one->is_frozen || (!other->is_frozen && other->took > one->took))
        merge_begin(sched, job, a, b);
    else
        merge_begin(sched, job, b, a);
}

typedef struct ReadyBag {
    uint32_t number, took;
    uint64_t first;
} ReadyBag;

/* Few merges before many, so that the tree of workers stays shallow; neighbours in chunk order, so that bags stay small. */
static int compare_ready(const void *a, const void *b) {
    const ReadyBag *x = a, *y = b;
    if (x->took != y->took) return x->took < y->took ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Neighbours meet, but for those whose holders do not reach each other; `most` pairs. False: no two do. */
static bool neighbours_meet(Sched *sched, Job *job, ReadyBag *ready, uint32_t count, uint32_t most) {
    bool meet = false;
    for (uint32_t i = 0; i < count && most > 0; i++) {
        if (ready[i].number == 0) continue;
        uint32_t worker = job_bag(job, ready[i].number)->worker, next = i + 1;
        while (next < count && (ready[next].number == 0 || !workers_reach(sched, worker, job_bag(job, ready[next].number)->worker)))
            next++;
        if (next == count) continue;
        bags_meet(sched, job, ready[i].number, ready[next].number);
        ready[next].number = 0;
        most--;
        meet = true;
    }
    return meet;
}

/* Holders that do not reach each other: somebody who reaches both takes in the first now, and will find the second again. Where
 * there is nobody, it is tried once more. */
static void strangers_meet(Sched *sched, Job *job, uint32_t a, uint32_t b) {
    uint32_t between;
    if (worker_between(sched, job_bag(job, a)->worker, job_bag(job, b)->worker, &between))
        merge_begin(sched, job, a, bag_new(job, between));
    else
        bags_meet(sched, job, a, b);
}

/* The bags that are ready, *count of them, in malloc'ed memory. Those that are parts of merges, or of other bags, are not listed
 * any more until that changes: so each is looked at once for each of its merges. */
static ReadyBag *bags_ready(Job *job, uint32_t *count) {
    ReadyBag *ready = xcalloc((size_t)job->top_count + 1, sizeof *ready);
    uint32_t kept = 0;
    *count = 0;
    for (uint32_t i = 0; i < job->top_count; i++) {
        uint32_t number = job->tops[i];
        BagRecord *bag = job_bag(job, number);
        bag->is_listed = bag->is_there && !bag->is_void && bag->into == 0 && bag->step == 0;
        if (!bag->is_listed) continue;
        job->tops[kept++] = number;
        if (bag_is_ready(job, bag) && !bag_is_held_up(job, number)) ready[(*count)++] = (ReadyBag){number, bag->took, bag->first};
    }
    job->top_count = kept;
    return ready;
}

void job_plan_merges(Sched *sched, Job *job) {
    uint32_t count, most;
    if (job_exchanges(sched, job, &most)) return;
    ReadyBag *ready = bags_ready(job, &count);
    qsort(ready, count, sizeof *ready, compare_ready);
    if (!neighbours_meet(sched, job, ready, count, most) && count > 1 && job->merge_count == 0)
        strangers_meet(sched, job, ready[0].number, ready[1].number);
    uint32_t last = count == 1 ? ready[0].number : 0;
    free(ready);
    if (count <= 1 && job->merge_count == 0 && !job_is_held_up(job)) job_deliver(sched, job, last);
}

/* ---- the answers */

/* The merge is over: its two bags are free for others. */
static Merge job_take_merge(Job *job, uint32_t at) {
    Merge merge = job->merges[at];
    job->merges[at] = job->merges[--job->merge_count];
    job_bag(job, merge.from)->step = job_bag(job, merge.into)->step = 0;
    bag_list(job, merge.from);
    bag_list(job, merge.into);
    return merge;
}

void job_add_edge(Job *job, EdgeStats edge) {
    JobStats *stats = &job->stats;
    if ((stats->edge_count & (stats->edge_count + 1)) == 0)
        stats->edges = xrealloc(stats->edges, 2 * ((size_t)stats->edge_count + 1) * sizeof *stats->edges);
    stats->edges[stats->edge_count++] = edge;
}

static void bag_takes_in(Sched *sched, Job *job, const Merge *merge, const MsgMergeDone *done) {
    BagRecord *into = job_bag(job, merge->into), *from = job_bag(job, merge->from);
    job_add_edge(job, (EdgeStats){.from = from->worker, .to = into->worker, .nodes = done->nodes, .size = done->size});
    job->stats.workers[into->worker].merge_nanoseconds += done->nanoseconds;
    into->weight = done->weight ? done->weight : into->weight + from->weight;
    from->into = merge->into;
    if (from->first < into->first) into->first = from->first;
    into->took = (from->took > into->took ? from->took : into->took) + 1;
    if (done->end_chunk >= 0 && (uint64_t)done->end_chunk < job->limit) job_end_after(sched, job, done->end_chunk, END_FAILED);
}

void jobs_merge_done(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgMergeDone *done = &message->as.merge_done;
    Job *job = job_of(sched, message);
    if (!job) return;
    if (exchange_merge_done(job, peer->worker, done)) {
        job_settle(sched, job);
        return;
    }
    uint32_t at = 0;
    while (at < job->merge_count && job->merges[at].step != done->step) at++;
    if (at == job->merge_count || job_bag(job, job->merges[at].into)->worker != peer->worker) {
        sched->ignored++;
        return;
    }
    Merge merge = job_take_merge(job, at);
    news_merge_over(job, peer->worker, job_bag(job, merge.from)->worker, merge.step, done);
    if (done->merged && !job_bag(job, merge.into)->is_void) /* else its source is as it was */
        bag_takes_in(sched, job, &merge, done);
    else if (!job_bag(job, merge.from)->is_there)
        bag_void(job, merge.from);
    job_settle(sched, job);
    jobs_hand_out(sched);
}

/* ---- losses */

/* Parts of stragglers are given to others as copies, as long as the straggler itself may be first. */
static void job_copy_again(Job *job, Range range) {
    for (size_t i = 0; i < job->handed_len; i++) {
        const HandedRange *handed = &job->handed[i];
        if (!handed->has_copies || handed->is_revoked) continue;
        Range part = range_common(handed->range, range);
        ranges_remove(&job->todo, part.first, part.count);
        ranges_add(&job->copies, part.first, part.count);
    }
}

void job_todo_again(Job *job, Range range) {
    uint64_t end = range.first + range.count < job->limit ? range.first + range.count : job->limit;
    ranges_remove(&job->covered, range.first, range.count);
    if (range.first >= end || job->is_poisoned) return;
    range.count = end - range.first;
    ranges_add(&job->todo, range.first, range.count);
    news_again(job, range);
    job_copy_again(job, range);
}

uint64_t bag_void(Job *job, uint32_t number) {
    BagRecord *bag = job_bag(job, number);
    uint64_t before = job->todo.total;
    exchange_lose_bag(job, number);
    bag->is_void = true;
    bag->is_there = false;
    for (size_t i = 0; i < bag->own.len; i++) job_todo_again(job, bag->own.items[i]);
    for (uint32_t other = 1; other <= job->bag_count; other++) {
        BagRecord *inner = job_bag(job, other);
        if (inner->into != number) continue;
        inner->into = 0;
        bag_list(job, other);
        if (!inner->is_there) bag_void(job, other);
    }
    if (job->delivered == number) {
        job->delivered = 0;
        job->phase = JOB_MAPS;
    }
    return job->todo.total - before;
}

/* Merges that the worker was to do are off; those that pull from it are to be taken back, if that is still possible. */
static void merges_lose_worker(Sched *sched, Job *job, uint32_t worker) {
    for (uint32_t i = 0; i < job->merge_count;) {
        Merge *merge = &job->merges[i];
        if (job_bag(job, merge->into)->worker == worker) {
            Merge lost = job_take_merge(job, i);
            news_merge_over(job, worker, job_bag(job, lost.from)->worker, lost.step, NULL);
            continue;
        }
        if (job_bag(job, merge->from)->worker == worker && !merge->is_void) {
            merge->is_void = true;
            uint32_t puller = sched->workers[job_bag(job, merge->into)->worker];
            job_send(sched, job, puller, MSG_MERGE_VOID)->as.merge_void.step = merge->step;
        }
        i++;
    }
}

uint64_t job_bags_lose_worker(Sched *sched, Job *job, uint32_t worker) {
    uint64_t again = 0;
    if (job->spec.flags & JOB_BY_RANGES) return 0;                          /* the owner will say which parts it did not get */
    if (job->delivered && job_bag(job, job->delivered)->worker == worker) { /* the owner shall hear of another holder */
        job->delivered = 0;
        job->phase = JOB_MAPS;
    }
    merges_lose_worker(sched, job, worker);
    for (uint32_t number = 1; number <= job->bag_count; number++)
        if (job_bag(job, number)->worker == worker && !bag_lose_holder(sched, job, number)) job_bag(job, number)->is_there = false;
    /* A top that is the source of a merge waits for what has become of that. Its holder may be one that was lost before. */
    for (uint32_t number = 1; number <= job->bag_count; number++) {
        const BagRecord *bag = job_bag(job, number);
        if (!bag->is_there && !bag->is_void && bag->into == 0 && bag->step == 0) again += bag_void(job, number);
    }
    return again;
}
