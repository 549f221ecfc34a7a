/* owner.c: what an owner does with each message about its jobs. A job's life here: it is submitted once we are welcome, its
 * captures and slices are served while workers map, its last bag is pulled, and when that is kept the workers may drop it. */
#include "runtime/sched/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/gather.h"
#include "runtime/sched/pull.h"
#include "runtime/sched/ranges.h"
#include "runtime/sched/table.h"

/* A slice that a worker asked for. It is kept until its last piece has been sent; who asks again gets it encoded again. */
typedef struct Slice Slice;
struct Slice {
    Slice *next;
    uint32_t list;
    uint64_t first, count;
    bool is_encoded;
    Buf data;
    WaitingGets waiting;
};

/* A bag of a range that another worker has mapped, on its way. */
typedef struct Part Part;
struct Part {
    Part *next;
    uint32_t worker, bag;
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    Pull pull;
};

/* PULLS: the last bag, or, BY_RANGES, the last parts. */
typedef enum OwnedPhase { OWNED_HELD_BACK, OWNED_RUNS, OWNED_PULLS, OWNED_DELIVERED } OwnedPhase;

typedef struct OwnedJob OwnedJob;
struct OwnedJob {
    OwnedJob *next;
    uint64_t number;
    OwnedPhase phase;
    MsgJobSubmit submit;
    Buf captures;
    OwnerLists lists;
    Slice *slices; /* where there are no lists encoded beforehand */
    MsgJobDone done;
    uint64_t told; /* chunks that were done when we last heard of it */
    Pull bag;
    Gather gather;        /* BY_KEY: the parts of a large table */
    Part *parts;          /* BY_RANGES */
    uint64_t last_range;  /* the same: the last that we were given; what is not newer is a repetition */
    uint64_t range_first; /* its first chunk; the range of an answer that has another is the one that was kept */
    RangeSet told_parts;  /* the numbers of their bags: what comes twice is a repetition */
};

struct Owner {
    uint64_t now;
    bool is_welcome;
    uint32_t last_pull;
    OwnedJob *jobs, **last_job; /* in the order of submission */
    Table by_number;
    Codes *codes;  /* or NULL */
    Code *told;    /* one of which a piece goes out with this step, as above for slices */
    Slice *served; /* a slice whose last piece goes out with this step: its bytes must stay until the next */
    uint64_t ignored;
    OwnerActions *out;
};

/* ---- actions */

OwnerAction *owner_actions_add(OwnerActions *actions, OwnerActionKind kind) {
    if (actions->len == actions->cap) {
        actions->cap = actions->cap ? 2 * actions->cap : 8;
        actions->items = xrealloc(actions->items, actions->cap * sizeof *actions->items);
    }
    OwnerAction *action = &actions->items[actions->len++];
    *action = (OwnerAction){.kind = kind};
    return action;
}

void owner_parts_free(OwnerAction *action) {
    for (uint32_t i = 0; action->parts && i < action->part_count; i++) buf_free(&action->parts[i]);
    free(action->parts);
    action->parts = NULL;
    action->part_count = 0;
}

void owner_actions_free(OwnerActions *actions) {
    for (size_t i = 0; i < actions->len; i++) {
        buf_free(&actions->items[i].data);
        owner_parts_free(&actions->items[i]);
    }
    free(actions->items);
    *actions = (OwnerActions){0};
}

static Message *owner_say(Owner *owner, const OwnedJob *job, MessageKind kind) {
    Message *message = &owner_actions_add(owner->out, OWNER_SEND_CONTROL)->message;
    message->kind = kind;
    message->job = job->number;
    return message;
}

static void owner_answer(Owner *owner, uint32_t route, Message piece) {
    OwnerAction *action = owner_actions_add(owner->out, OWNER_SEND_ANSWER);
    action->route = route;
    action->message = piece;
}

/* ---- jobs */

void owner_lists_free(OwnerLists *lists) {
    for (uint32_t i = 0; lists->items && i < lists->count; i++) {
        buf_free(&lists->items[i].data);
        free(lists->items[i].ends);
    }
    free(lists->items);
    *lists = (OwnerLists){0};
}

static void slice_free(Slice *slice) {
    if (!slice) return;
    buf_free(&slice->data);
    waiting_gets_free(&slice->waiting);
    free(slice);
}

static void job_free(OwnedJob *job) {
    for (Slice *slice = job->slices, *next; slice; slice = next) {
        next = slice->next;
        slice_free(slice);
    }
    buf_free(&job->captures);
    owner_lists_free(&job->lists);
    pull_free(&job->bag);
    gather_free(&job->gather);
    for (Part *part = job->parts, *next; part; part = next) {
        next = part->next;
        pull_free(&part->pull);
        free(part);
    }
    ranges_free(&job->told_parts);
    free(job);
}

/* Takes a job out of the list and frees it. */
static void owner_forget(Owner *owner, OwnedJob *job) {
    OwnedJob **link = &owner->jobs;
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    if (!*link) owner->last_job = link;
    table_remove(&owner->by_number, job->number);
    job_free(job);
}

static OwnedJob *owner_find_job(Owner *owner, uint64_t number) {
    OwnedJob *job = table_find(&owner->by_number, number);
    if (!job) owner->ignored++;
    return job;
}

static void owner_submit_now(Owner *owner, OwnedJob *job) {
    job->phase = OWNED_RUNS;
    Message *message = owner_say(owner, job, MSG_JOB_SUBMIT);
    message->as.submit = job->submit;
    if (job->submit.spec.blob_size <= MESSAGE_INLINE_BLOB) {
        message->bytes = job->captures.data;
        message->size = job->captures.len;
    }
}

void owner_submit(Owner *owner, uint64_t number, const MsgJobSubmit *submit, Buf *captures, OwnerLists *lists) {
    OwnedJob *job = xcalloc(1, sizeof *job);
    *owner->last_job = job;
    owner->last_job = &job->next;
    table_put(&owner->by_number, number, job);
    job->number = number;
    job->submit = *submit;
    job->captures = *captures;
    job->lists = *lists;
    *captures = (Buf){0};
    *lists = (OwnerLists){0};
    job->submit.spec.blob_size = job->captures.len;
    if (owner->is_welcome) owner_submit_now(owner, job);
}

static void owner_request(Owner *owner, Pull *pull, const char *endpoint) {
    Message get;
    while (pull_next_request(pull, owner->now, &get)) {
        OwnerAction *action = owner_actions_add(owner->out, OWNER_SEND_DATA);
        action->message = get;
        memcpy(action->endpoint, endpoint, sizeof action->endpoint);
    }
}

static void owner_deliver(Owner *owner, OwnedJob *job) {
    job->phase = OWNED_DELIVERED;
    OwnerAction *action = owner_actions_add(owner->out, OWNER_RESULT);
    action->job = job->number;
    action->has_bag = job->done.holder >= 0;
    action->limit = job->done.limit;
    action->nanoseconds = job->done.nanoseconds;
    action->end = job->done.end;
    action->data = job->bag.data;
    job->bag.data = (Buf){0};
    if (job->done.parts == 0) return;
    job->bag.total = job->gather.size;
    action->part_count = job->gather.count;
    action->parts = gather_take(&job->gather);
}

static void owner_pull_parts(Owner *owner, OwnedJob *job) {
    for (GatherPart *part; (part = gather_next(&job->gather));) {
        DataName name = {.kind = DATA_BAG, .first = part->bag};
        pull_start(&part->pull, ++owner->last_pull, job->number, name, owner->now);
        owner_request(owner, &part->pull, part->endpoint);
    }
}

/* A table that comes in parts is pulled, or was told of, when news comes of another way: parts of it were lost. */
static void owner_forget_parts(OwnedJob *job) {
    if (job->phase != OWNED_PULLS || job->done.parts == 0) return;
    gather_free(&job->gather);
    job->phase = OWNED_RUNS;
}

/* The last bag is pulled from its holder. When that is lost, another will be named. */
static void owner_job_done(Owner *owner, const Message *message) {
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job) return;
    const MsgJobDone *told = &message->as.job_done;
    owner_forget_parts(job);
    if (job->phase != OWNED_RUNS || (told->parts && !gather_is_told(&job->gather, told->parts))) {
        owner->ignored++;
        return;
    }
    job->done = *told;
    job->phase = OWNED_PULLS;
    if (told->parts) {
        owner_pull_parts(owner, job);
        return;
    }
    if (job->done.holder < 0) {
        owner_deliver(owner, job);
        return;
    }
    pull_start(&job->bag, ++owner->last_pull, job->number, (DataName){.kind = DATA_BAG, .first = job->done.bag}, owner->now);
    owner_request(owner, &job->bag, job->done.endpoint);
}

/* ---- by ranges */

void owner_join(Owner *owner, uint64_t number) {
    OwnedJob *job = owner_find_job(owner, number);
    if (job && job->phase == OWNED_RUNS) owner_say(owner, job, MSG_JOIN);
}

void owner_computed(Owner *owner, uint64_t number, const MsgRangeDone *done) {
    OwnedJob *job = owner_find_job(owner, number);
    if (!job || job->phase != OWNED_RUNS) return;
    MsgRangeDone *answer = &owner_say(owner, job, MSG_RANGE_DONE)->as.range_done;
    *answer = *done;
    answer->range = job->last_range && done->first == job->range_first ? job->last_range : 0;
}

static bool job_has_range(const OwnedJob *job, uint64_t first, uint64_t count) {
    uint64_t n = job->submit.spec.chunks;
    return job->submit.spec.flags & JOB_BY_RANGES && job->phase == OWNED_RUNS && count > 0 && first < n && count <= n - first;
}

static void owner_range(Owner *owner, const Message *message) {
    const MsgRange *range = &message->as.range;
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job) return;
    if (!job_has_range(job, range->first, range->count) || range->range <= job->last_range) {
        owner->ignored++;
        return;
    }
    job->last_range = range->range;
    job->range_first = range->first;
    OwnerAction *action = owner_actions_add(owner->out, OWNER_COMPUTE);
    action->job = job->number;
    action->first = range->first;
    action->count = range->count;
}

static void owner_limit(Owner *owner, const Message *message) {
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job) return;
    OwnerAction *action = owner_actions_add(owner->out, OWNER_LIMIT);
    action->job = job->number;
    action->limit = message->as.cancel.chunk + 1;
}

static void owner_give_part(Owner *owner, const OwnedJob *job, Buf data) {
    OwnerAction *action = owner_actions_add(owner->out, OWNER_PART);
    action->job = job->number;
    action->data = data;
}

static void owner_part(Owner *owner, const Message *message) {
    const MsgPart *told = &message->as.part;
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job) return;
    if (job->submit.spec.flags & JOB_BY_KEY) {
        owner_forget_parts(job);
        if (job->phase != OWNED_RUNS || !gather_tell(&job->gather, told)) owner->ignored++;
        return;
    }
    if (!job_has_range(job, told->first, told->count) || ranges_has(&job->told_parts, told->bag, 1)) {
        owner->ignored++;
        return;
    }
    ranges_add(&job->told_parts, told->bag, 1);
    if (message_inline_size(told->size) == told->size) {
        Buf data = {0};
        buf_add(&data, message->bytes, message->size);
        owner_give_part(owner, job, data);
        return;
    }
    Part *part = xcalloc(1, sizeof *part);
    *part = (Part){.next = job->parts, .worker = told->worker, .bag = told->bag};
    job->parts = part;
    memcpy(part->endpoint, told->endpoint, sizeof part->endpoint);
    pull_start(&part->pull, ++owner->last_pull, job->number, (DataName){.kind = DATA_BAG, .first = told->bag}, owner->now);
    owner_request(owner, &part->pull, part->endpoint);
}

/* Answers the part: it is here, or it will never be. */
static void owner_part_over(Owner *owner, OwnedJob *job, Part *part, bool taken) {
    Part **link = &job->parts;
    while (*link != part) link = &(*link)->next;
    *link = part->next;
    owner_say(owner, job, MSG_PART_TAKEN)->as.part_taken = (MsgPartTaken){.bag = part->bag, .taken = taken};
    pull_free(&part->pull);
    free(part);
}

static void owner_complain(Owner *owner, const OwnedJob *job, int64_t worker, uint32_t bag) {
    owner_say(owner, job, MSG_UNREACHABLE)->as.unreachable = (MsgUnreachable){.worker = worker, .bag = bag};
}

static void owner_part_gone(Owner *owner, OwnedJob *job, Part *part) {
    owner_complain(owner, job, part->worker, part->bag);
    owner_part_over(owner, job, part, false);
}

static void owner_part_piece(Owner *owner, OwnedJob *job, const Message *piece) {
    Part *part = job->parts;
    while (part && part->pull.id != piece->as.piece.pull) part = part->next;
    switch (part ? pull_piece(&part->pull, piece, owner->now) : PULL_IGNORED) {
    case PULL_IGNORED: owner->ignored++; break;
    case PULL_MORE: owner_request(owner, &part->pull, part->endpoint); break;
    case PULL_GONE: owner_part_gone(owner, job, part); break;
    case PULL_COMPLETE:
        owner_give_part(owner, job, part->pull.data);
        part->pull.data = (Buf){0};
        owner_part_over(owner, job, part, true);
    }
}

/* ---- the ends of jobs */

/* The bag that was told of will not come: another one will be. */
static void owner_bag_lost(OwnedJob *job) {
    pull_free(&job->bag);
    job->bag = (Pull){0};
    job->phase = OWNED_RUNS;
}

static void owner_bag_gone(Owner *owner, OwnedJob *job) {
    owner_complain(owner, job, job->done.holder, job->done.bag);
    owner_bag_lost(job);
}

/* One part is lost: the others are of no use without it. */
static void owner_table_gone(Owner *owner, OwnedJob *job, const GatherPart *part) {
    owner_complain(owner, job, part->worker, part->bag);
    owner_forget_parts(job);
}

static void owner_table_piece(Owner *owner, OwnedJob *job, const Message *piece) {
    GatherPart *part = gather_find(&job->gather, piece->as.piece.pull);
    switch (part ? pull_piece(&part->pull, piece, owner->now) : PULL_IGNORED) {
    case PULL_IGNORED: owner->ignored++; break;
    case PULL_MORE: owner_request(owner, &part->pull, part->endpoint); break;
    case PULL_GONE: owner_table_gone(owner, job, part); break;
    case PULL_COMPLETE:
        part->is_here = true;
        job->gather.size += part->pull.total;
        if (gather_is_complete(&job->gather))
            owner_deliver(owner, job);
        else
            owner_pull_parts(owner, job);
    }
}

static void owner_tick_table(Owner *owner, OwnedJob *job) {
    for (uint32_t i = 0; i < job->gather.count; i++) {
        GatherPart *part = &job->gather.parts[i];
        if (!part->is_pulled || part->is_here) continue;
        if (pull_tick(&part->pull, owner->now)) {
            owner_request(owner, &part->pull, part->endpoint);
        } else {
            owner_table_gone(owner, job, part);
            return;
        }
    }
}

static void owner_bag_piece(Owner *owner, OwnedJob *job, const Message *piece) {
    if (job->phase == OWNED_PULLS && job->done.parts) {
        owner_table_piece(owner, job, piece);
        return;
    }
    switch (job->phase == OWNED_PULLS ? pull_piece(&job->bag, piece, owner->now) : PULL_IGNORED) {
    case PULL_IGNORED: owner->ignored++; break;
    case PULL_MORE: owner_request(owner, &job->bag, job->done.endpoint); break;
    case PULL_COMPLETE: owner_deliver(owner, job); break;
    case PULL_GONE: owner_bag_gone(owner, job); break;
    }
}

void owner_piece(Owner *owner, const Message *piece) {
    OwnedJob *job = owner_find_job(owner, piece->job);
    if (!job) return;
    if (job->submit.spec.flags & JOB_BY_RANGES)
        owner_part_piece(owner, job, piece);
    else
        owner_bag_piece(owner, job, piece);
}

void owner_received(Owner *owner, uint64_t number, uint64_t nodes) {
    OwnedJob *job = owner_find_job(owner, number);
    if (!job || job->phase != OWNED_DELIVERED) return;
    MsgJobEnd end = {.nodes = nodes, .size = job->bag.total};
    owner_say(owner, job, MSG_JOB_END)->as.job_end = end;
    owner_forget(owner, job);
}

void owner_cancel(Owner *owner, uint64_t number) {
    OwnedJob *job = owner_find_job(owner, number);
    if (!job) return;
    if (job->phase != OWNED_HELD_BACK) owner_say(owner, job, MSG_JOB_END);
    owner_forget(owner, job);
}

static void owner_poison(Owner *owner, const Message *message) {
    const MsgPoison *poison = &message->as.poison;
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job || job->phase == OWNED_DELIVERED) return;
    job->phase = OWNED_DELIVERED;
    OwnerAction *action = owner_actions_add(owner->out, OWNER_POISON);
    action->job = job->number;
    action->first = poison->chunk;
    action->count = poison->workers;
    snprintf(action->text, sizeof action->text, "%s", poison->how);
}

static void owner_job_progress(Owner *owner, const Message *message) {
    OwnedJob *job = owner_find_job(owner, message->job);
    if (!job || job->phase != OWNED_RUNS || message->as.progress.done < job->told) return;
    job->told = message->as.progress.done;
    OwnerAction *action = owner_actions_add(owner->out, OWNER_PROGRESS);
    action->job = job->number;
    action->count = message->as.progress.done;
    action->limit = message->as.progress.limit;
}

void owner_worker_lost(Owner *owner, uint32_t worker) {
    for (OwnedJob *job = owner->jobs; job; job = job->next) {
        if (job->phase == OWNED_PULLS && job->done.holder == (int64_t)worker) owner_bag_lost(job);
        if (gather_needs(&job->gather, worker)) owner_forget_parts(job);
        for (Part *part = job->parts, *next; part; part = next) {
            next = part->next;
            if (part->worker == worker) owner_part_over(owner, job, part, false);
        }
    }
}

void owner_welcome(Owner *owner) {
    owner->is_welcome = true;
    for (OwnedJob *job = owner->jobs; job; job = job->next)
        if (job->phase == OWNED_HELD_BACK) owner_submit_now(owner, job);
}

bool owner_control(Owner *owner, const Message *message) {
    switch (message->kind) {
    case MSG_JOB_DONE: owner_job_done(owner, message); return true;
    case MSG_JOB_PROGRESS: owner_job_progress(owner, message); return true;
    case MSG_RANGE: owner_range(owner, message); return true;
    case MSG_CANCEL_AFTER: owner_limit(owner, message); return true;
    case MSG_PART: owner_part(owner, message); return true;
    case MSG_POISON: owner_poison(owner, message); return true;
    default: return false;
    }
}

/* ---- serving */
static Slice *job_find_slice(OwnedJob *job, uint32_t list, uint64_t first, uint64_t count) {
    Slice *slice = job->slices;
    while (slice && (slice->list != list || slice->first != first || slice->count != count)) slice = slice->next;
    return slice;
}

static void owner_serve_slice(Owner *owner, OwnedJob *job, Slice *slice, uint32_t route, const Message *get) {
    Message piece = pull_answer(get, slice->data.data, slice->data.len);
    owner_answer(owner, route, piece);
    if (piece.as.piece.offset + piece.size < slice->data.len) return;
    Slice **link = &job->slices;
    while (*link != slice) link = &(*link)->next;
    *link = slice->next;
    slice->next = owner->served;
    owner->served = slice;
}

static void slice_cut(Slice *slice, const OwnerList *list) {
    OwnerEnd from = list->ends[slice->first], to = list->ends[slice->first + slice->count];
    uint64_t elements = to.elements - from.elements;
    buf_add(&slice->data, &elements, sizeof elements);
    buf_add(&slice->data, list->data.data + from.offset, to.offset - from.offset);
    slice->is_encoded = true;
}

/* A slice that is asked for, with its data if the lists are there already. */
static Slice *owner_new_slice(Owner *owner, OwnedJob *job, DataName name) {
    Slice *slice = xcalloc(1, sizeof *slice);
    *slice = (Slice){.next = job->slices, .list = name.list, .first = name.first, .count = name.count};
    job->slices = slice;
    if (job->lists.items) {
        slice_cut(slice, &job->lists.items[name.list]);
        return slice;
    }
    OwnerAction *action = owner_actions_add(owner->out, OWNER_SLICE);
    action->job = job->number;
    action->list = name.list;
    action->first = name.first;
    action->count = name.count;
    return slice;
}

static void owner_get_slice(Owner *owner, OwnedJob *job, uint32_t route, const Message *get) {
    DataName name = get->as.get.name;
    uint64_t n = job->submit.spec.chunks;
    if (name.list >= job->submit.spec.lists || name.count == 0 || name.first >= n || name.count > n - name.first) {
        owner->ignored++;
        owner_answer(owner, route, pull_refusal(get, PIECE_GONE));
        return;
    }
    Slice *slice = job_find_slice(job, name.list, name.first, name.count);
    if (!slice) slice = owner_new_slice(owner, job, name);
    if (slice->is_encoded) {
        owner_serve_slice(owner, job, slice, route, get);
        return;
    }
    if (!waiting_gets_add(&slice->waiting, route, get)) owner_answer(owner, route, pull_refusal(get, PIECE_LATER));
}

/* Whatever has become of the job: its code is asked for by its content. */
static void owner_get_code(Owner *owner, uint32_t route, const Message *get) {
    const DataName *name = &get->as.get.name;
    uint8_t hash[CODE_HASH_SIZE];
    size_t size;
    memcpy(hash, &name->first, sizeof name->first);
    memcpy(hash + sizeof name->first, &name->count, sizeof name->count);
    owner->told = owner->codes ? codes_find(owner->codes, hash) : NULL;
    if (owner->told) {
        const void *bytes = code_bytes(owner->told, &size);
        owner_answer(owner, route, pull_answer(get, bytes, size));
    } else {
        owner_answer(owner, route, pull_refusal(get, PIECE_GONE));
    }
}

void owner_get(Owner *owner, uint32_t route, const Message *get) {
    if (get->as.get.name.kind == DATA_CODE) {
        owner_get_code(owner, route, get);
        return;
    }
    OwnedJob *job = owner_find_job(owner, get->job);
    DataKind kind = get->as.get.name.kind;
    if (job && kind == DATA_CAPTURES)
        owner_answer(owner, route, pull_answer(get, job->captures.data, job->captures.len));
    else if (job && kind == DATA_SLICE)
        owner_get_slice(owner, job, route, get);
    else
        owner_answer(owner, route, pull_refusal(get, PIECE_GONE));
}

void owner_sliced(Owner *owner, uint64_t number, uint32_t list, uint64_t first, uint64_t count, Buf *data) {
    OwnedJob *job = owner_find_job(owner, number);
    Slice *slice = job ? job_find_slice(job, list, first, count) : NULL;
    if (!slice || slice->is_encoded) {
        buf_free(data); /* the job ended meanwhile */
        return;
    }
    slice->is_encoded = true;
    slice->data = *data;
    *data = (Buf){0};
    WaitingGets waiting = slice->waiting;
    slice->waiting = (WaitingGets){0};
    for (size_t i = 0; i < waiting.len; i++) owner_get_slice(owner, job, waiting.items[i].route, &waiting.items[i].get);
    waiting_gets_free(&waiting);
}

/* ---- time */

void owner_tick(Owner *owner) {
    for (OwnedJob *job = owner->jobs; job; job = job->next) {
        if (job->phase == OWNED_PULLS && job->done.parts) {
            owner_tick_table(owner, job);
        } else if (job->phase == OWNED_PULLS) {
            if (pull_tick(&job->bag, owner->now))
                owner_request(owner, &job->bag, job->done.endpoint);
            else
                owner_bag_gone(owner, job);
        }
        for (Part *part = job->parts, *next; part; part = next) {
            next = part->next;
            if (pull_tick(&part->pull, owner->now))
                owner_request(owner, &part->pull, part->endpoint);
            else
                owner_part_gone(owner, job, part);
        }
    }
}

void owner_forgive(Owner *owner) {
    for (OwnedJob *job = owner->jobs; job; job = job->next) {
        pull_forgive(&job->bag, owner->now);
        for (uint32_t i = 0; i < job->gather.count; i++) pull_forgive(&job->gather.parts[i].pull, owner->now);
        for (Part *part = job->parts; part; part = part->next) pull_forgive(&part->pull, owner->now);
    }
}

/* ---- steps */

static void slices_free(Slice **slices) {
    for (Slice *slice = *slices, *next; slice; slice = next) {
        next = slice->next;
        slice_free(slice);
    }
    *slices = NULL;
}

void owner_begin(Owner *owner, uint64_t now, OwnerActions *out) {
    if (now > owner->now) owner->now = now;
    owner->out = out;
    slices_free(&owner->served);
    code_release(&owner->told);
}

Owner *owner_new(Codes *codes) {
    Owner *owner = xcalloc(1, sizeof *owner);
    owner->codes = codes;
    owner->last_job = &owner->jobs;
    return owner;
}

void owner_free(Owner **owner) {
    if (!*owner) return;
    for (OwnedJob *job = (*owner)->jobs, *next; job; job = next) {
        next = job->next;
        job_free(job);
    }
    slices_free(&(*owner)->served);
    code_release(&(*owner)->told);
    table_free(&(*owner)->by_number);
    free(*owner);
    *owner = NULL;
}

uint64_t owner_ignored(const Owner *owner) {
    return owner->ignored;
}
