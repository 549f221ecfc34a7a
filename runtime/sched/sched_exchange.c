/* sched_exchange.c: tables that are too large to pass one worker.
 *
 * When the bags of a job by keys weigh much, they are not merged along a tree of workers, with all of the table at its top. The
 * table is cut into parts by the hashes of keys, each worker owns some of them, and of each part all bags are merged at its owner,
 * one after another; the job's owner then pulls the parts. Where there are very many bags, they first meet in pairs until they are
 * fewer: messages are the product of bags and parts, and a part's owner pulls from one bag after another. Bags of parts are
 * numbered like all others, but hold no chunks of their own. When the exchange is complete, the bags that it was made of count as
 * taken in by the first part. When anything is lost that it needs, parts or what they are made of, all parts are void, and it
 * begins anew once all chunks are covered again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

/* Merges that a worker has at a time, so that one is pulled while another is merged; about how heavy a part may be, how many
 * there are at most (a table has that many cells), and which part of the least table that is exchanged is worth a message. */
enum { EXCHANGE_MERGES = 2, EXCHANGE_PART = 2 << 20, EXCHANGE_PARTS = 256, EXCHANGE_PIECES = 512 };

typedef struct ExchangePart {
    uint32_t bag, step; /* `step`: the merge under way; 0: none */
    uint32_t done;      /* sources that are in it */
    uint32_t owner;     /* in `owners` */
} ExchangePart;

struct Exchange {
    uint32_t *sources, source_count; /* bags */
    uint32_t *owners, owner_count;   /* workers */
    ExchangePart *parts;
    uint32_t part_count;
    bool is_complete;
};

void exchange_free(Exchange **exchange) {
    if (!*exchange) return;
    free((*exchange)->sources);
    free((*exchange)->owners);
    free((*exchange)->parts);
    free(*exchange);
    *exchange = NULL;
}

/* ---- beginning */

static bool bag_takes_part(const Job *job, const BagRecord *bag) {
    return bag->is_there && !bag->is_void && bag->into == 0 && bag->first < job->limit;
}

/* What the bags weigh together; *count of them. */
static uint64_t bags_weight(const Job *job, uint32_t *count) {
    uint64_t weight = 0;
    *count = 0;
    for (uint32_t number = 1; number <= job->bag_count; number++) {
        const BagRecord *bag = job_bag(job, number);
        if (!bag_takes_part(job, bag)) continue;
        weight += bag->weight;
        ++*count;
    }
    return weight;
}

/* What failed gives no table, and a journal keeps whole bags. */
static bool job_may_exchange(const Sched *sched, const Job *job) {
    return job->spec.flags & JOB_BY_KEY && job->end != END_FAILED && !sched->has_journal && sched_live_workers(sched) > 0;
}

/* Each worker has its share, unless there are so many that what each source sends to each of them is hardly worth a message:
 * messages are the product of the two. */
static uint32_t part_count(const Sched *sched, uint64_t weight, uint32_t sources, uint32_t workers) {
    uint64_t parts = weight / EXCHANGE_PART + 1, piece = sched->config.exchange / EXCHANGE_PIECES + 1;
    uint64_t worthwhile = weight / sources / piece + 1;
    if (worthwhile > workers) worthwhile = workers;
    if (parts < worthwhile) parts = worthwhile;
    return parts < 2 ? 2 : parts > EXCHANGE_PARTS ? EXCHANGE_PARTS : (uint32_t)parts;
}

/* Whoever owns a part pulls from all sources. */
static bool worker_may_own(Sched *sched, const Job *job, const Exchange *exchange, uint32_t worker) {
    if (!sched_live_worker(sched, worker)) return false;
    if (sched->strain_count == 0) return true;
    for (uint32_t i = 0; i < exchange->source_count; i++)
        if (!workers_reach(sched, worker, job_bag(job, exchange->sources[i])->worker)) return false;
    return true;
}

static Exchange *exchange_new(Sched *sched, Job *job, uint64_t weight, uint32_t sources) {
    Exchange *exchange = xcalloc(1, sizeof *exchange);
    exchange->sources = xcalloc(sources, sizeof *exchange->sources);
    exchange->owners = xcalloc(sched->worker_count + 1, sizeof *exchange->owners);
    for (uint32_t number = 1; number <= job->bag_count; number++)
        if (bag_takes_part(job, job_bag(job, number))) exchange->sources[exchange->source_count++] = number;
    for (uint32_t worker = 0; worker < sched->worker_count; worker++)
        if (worker_may_own(sched, job, exchange, worker)) exchange->owners[exchange->owner_count++] = worker;
    exchange->part_count = part_count(sched, weight, sources, exchange->owner_count);
    exchange->parts = xcalloc(exchange->part_count, sizeof *exchange->parts);
    for (uint32_t i = 0; i < exchange->part_count && exchange->owner_count; i++) {
        ExchangePart *part = &exchange->parts[i];
        part->owner = (uint32_t)((uint64_t)i * exchange->owner_count / exchange->part_count);
        part->bag = bag_new(job, exchange->owners[part->owner]);
    }
    return exchange;
}

/* ---- merging */

/* The next source of a part. Parts begin at different ones, so that not all ask the same worker. */
static bool part_begin(Sched *sched, Job *job, uint32_t number) {
    Exchange *exchange = job->exchange;
    ExchangePart *part = &exchange->parts[number];
    uint32_t from = exchange->sources[(number + part->done) % exchange->source_count];
    BagRecord *source = job_bag(job, from);
    const char *endpoint = bag_endpoint(sched, source);
    SchedPeer *puller = sched_live_worker(sched, exchange->owners[part->owner]);
    if (!endpoint || !puller) return false; /* lost in this very step */
    part->step = ++job->last_step;
    source->is_frozen = true;
    job_start_at(sched, job, puller);
    Message *message = job_send(sched, job, sched->workers[puller->worker], MSG_MERGE);
    message->as.merge = (MsgMerge){.step = part->step, .into = part->bag, .from = source->worker, .from_bag = from};
    message->as.merge.part = number;
    message->as.merge.parts = exchange->part_count;
    snprintf(message->as.merge.endpoint, sizeof message->as.merge.endpoint, "%s", endpoint);
    news_merge(job, puller->worker, &message->as.merge);
    return true;
}

static void exchange_deliver(Sched *sched, Job *job) {
    Exchange *exchange = job->exchange;
    exchange->is_complete = true;
    for (uint32_t i = 0; i < exchange->source_count; i++) job_bag(job, exchange->sources[i])->into = exchange->parts[0].bag;
    for (uint32_t i = 0; i < exchange->part_count; i++) {
        uint32_t worker = exchange->owners[exchange->parts[i].owner];
        MsgPart *told = &job_send(sched, job, job->owner, MSG_PART)->as.part;
        *told = (MsgPart){.first = i, .count = exchange->part_count, .worker = worker, .bag = exchange->parts[i].bag};
        snprintf(told->endpoint, sizeof told->endpoint, "%s", sched->peers[sched->workers[worker]].endpoint);
        job_bag(job, exchange->parts[i].bag)->is_frozen = true;
    }
    job_deliver_parts(sched, job, exchange->part_count);
}

/* Every owner has as many merges as it may have, of its first parts that are not complete. */
static void exchange_go_on(Sched *sched, Job *job) {
    Exchange *exchange = job->exchange;
    bool is_complete = true;
    uint32_t owner = 0, merges = 0;
    for (uint32_t i = 0; i < exchange->part_count; i++) {
        ExchangePart *part = &exchange->parts[i];
        if (part->owner != owner) merges = 0;
        owner = part->owner;
        is_complete = is_complete && part->step == 0 && part->done == exchange->source_count;
        merges += part->step != 0;
        if (part->step != 0 || part->done == exchange->source_count || merges >= EXCHANGE_MERGES) continue;
        merges += part_begin(sched, job, i);
    }
    if (is_complete && !exchange->is_complete) exchange_deliver(sched, job);
}

bool job_exchanges(Sched *sched, Job *job, uint32_t *most) {
    uint32_t sources;
    *most = UINT32_MAX;
    if (!job->exchange) {
        if (!job_may_exchange(sched, job)) return false;
        uint64_t weight = bags_weight(job, &sources);
        if (sources < 2 || weight < sched->config.exchange) return false;
        uint32_t left = sources - job->merge_count; /* when all merges are done */
        *most = left > sched->config.exchange_bags ? left - (uint32_t)sched->config.exchange_bags : 0;
        if (*most > 0 || job->merge_count > 0) return false;
        job->exchange = exchange_new(sched, job, weight, sources);
        if (job->exchange->owner_count == 0) exchange_free(&job->exchange); /* nobody reaches all */
        if (!job->exchange) *most = UINT32_MAX;
        if (!job->exchange) return false;
    }
    exchange_go_on(sched, job);
    return true;
}

/* ---- the answers */

static ExchangePart *part_of_step(const Job *job, uint32_t worker, uint32_t step) {
    for (uint32_t i = 0; job->exchange && i < job->exchange->part_count; i++) {
        ExchangePart *part = &job->exchange->parts[i];
        if (part->step == step && job->exchange->owners[part->owner] == worker) return part;
    }
    return NULL;
}

/* What goes from one worker to another in many parts is told as one. */
static void add_to_edge(Job *job, EdgeStats edge) {
    for (size_t i = 0; i < job->stats.edge_count && i < EXCHANGE_PARTS; i++) {
        EdgeStats *same = &job->stats.edges[i];
        if (same->from != edge.from || same->to != edge.to) continue;
        same->nodes += edge.nodes;
        same->size += edge.size;
        return;
    }
    job_add_edge(job, edge);
}

/* Who has what the part takes in next, or is taking in. */
static uint32_t part_source(const Job *job, const ExchangePart *part) {
    const Exchange *exchange = job->exchange;
    uint32_t number = (uint32_t)(part - exchange->parts);
    return job_bag(job, exchange->sources[(number + part->done) % exchange->source_count])->worker;
}

/* A merge that came to nothing is ordered again, unless its source was given up, with the exchange. */
bool exchange_merge_done(Job *job, uint32_t worker, const MsgMergeDone *done) {
    ExchangePart *part = done->step ? part_of_step(job, worker, done->step) : NULL;
    if (!part) return false;
    uint32_t from = part_source(job, part);
    news_merge_over(job, worker, from, part->step, done);
    part->step = 0;
    if (done->merged) {
        part->done++;
        add_to_edge(job, (EdgeStats){.from = from, .to = worker, .nodes = done->nodes, .size = done->size});
        job->stats.workers[worker].merge_nanoseconds += done->nanoseconds;
    }
    return true;
}

/* ---- losses */

void exchange_news_dropped(const Job *job) {
    const Exchange *exchange = job->exchange;
    for (uint32_t i = 0; exchange && i < exchange->part_count; i++) {
        const ExchangePart *part = &exchange->parts[i];
        if (part->step) news_merge_over(job, exchange->owners[part->owner], part_source(job, part), part->step, NULL);
    }
}

bool exchange_is_owned_by(const Job *job, uint32_t worker) {
    bool is_owner = false;
    for (uint32_t i = 0; job->exchange && i < job->exchange->owner_count; i++) is_owner |= job->exchange->owners[i] == worker;
    return is_owner;
}

static bool exchange_has(const Exchange *exchange, uint32_t number) {
    bool has = false;
    for (uint32_t i = 0; i < exchange->part_count; i++) has |= exchange->parts[i].bag == number;
    for (uint32_t i = 0; i < exchange->source_count; i++) has |= exchange->sources[i] == number;
    return has;
}

void exchange_lose_bag(Job *job, uint32_t number) {
    Exchange *exchange = job->exchange;
    if (!exchange || !exchange_has(exchange, number)) return;
    exchange_news_dropped(job);
    job->exchange = NULL;
    for (uint32_t i = 0; i < exchange->part_count; i++) {
        BagRecord *bag = job_bag(job, exchange->parts[i].bag);
        bag->is_void = true;
        bag->is_there = false;
    }
    if (job->phase == JOB_DELIVERED) job->phase = JOB_MAPS;
    for (uint32_t i = 0; i < exchange->source_count && exchange->is_complete; i++) {
        BagRecord *source = job_bag(job, exchange->sources[i]);
        source->into = 0;
        bag_list(job, exchange->sources[i]);
        if (!source->is_there && !source->is_void) bag_void(job, exchange->sources[i]);
    }
    exchange_free(&exchange);
}
