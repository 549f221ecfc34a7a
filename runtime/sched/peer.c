/* peer.c: what a worker does with each message. A job's life here: its captures are pulled, it is opened on the compute thread, its
 * ranges are computed as soon as their slices are there, bags are merged in and at last given away (peer_bag.c). */
#include "runtime/sched/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/peer_state.h"

#define SECOND ((uint64_t)1000000000)

/* How many ranges we would hold at a time: at least so many; more when they take so little time that they all together take no
 * longer than AHEAD nanoseconds, about what it takes to get new ones. */
enum { PEER_CREDITS = 2, AHEAD = 100000, SMOOTH = 8 /* of the average's weight, one of so many parts is the newest's */ };

/* ---- actions */
static PeerAction *peer_action(Peer *peer, PeerActionKind kind) {
    PeerActions *out = peer->out;
    if (out->len == out->cap) {
        out->cap = out->cap ? 2 * out->cap : 8;
        out->items = xrealloc(out->items, out->cap * sizeof *out->items);
    }
    PeerAction *action = &out->items[out->len++];
    *action = (PeerAction){.kind = kind};
    return action;
}

Message *peer_say(Peer *peer, const PeerJob *job, MessageKind kind) {
    Message *message = &peer_action(peer, PEER_SEND_CONTROL)->message;
    message->kind = kind;
    if (job) message->job = job->number;
    return message;
}

PeerAction *peer_order(Peer *peer, const PeerJob *job, PeerActionKind kind) {
    PeerAction *action = peer_action(peer, kind);
    action->job = job->number;
    return action;
}

void peer_code_order(Peer *peer, PeerActionKind kind, Code *code) {
    peer_action(peer, kind)->code = code_keep(code);
}

void peer_answer(Peer *peer, uint32_t route, Message piece) {
    PeerAction *action = peer_action(peer, PEER_SEND_ANSWER);
    action->route = route;
    action->message = piece;
}

void peer_actions_free(PeerActions *actions) {
    for (size_t i = 0; i < actions->len; i++) {
        PeerAction *action = &actions->items[i];
        buf_free(&action->data);
        code_release(&action->code);
        for (uint32_t s = 0; s < action->slice_count; s++) buf_free(&action->slices[s]);
        free(action->slices);
    }
    free(actions->items);
    *actions = (PeerActions){0};
}

/* The last thing this worker says. Why it ends is told to the scheduler, which tells people. */
static void peer_exit(Peer *peer, int32_t status, const char *why) {
    peer->is_over = true;
    peer_say(peer, NULL, MSG_BYE)->as.end.status = status;
    PeerAction *action = peer_action(peer, PEER_EXIT);
    action->status = status;
    snprintf(action->text, sizeof action->text, "%s", why);
}

/* Something that ends the run: the scheduler is told, and its SHUTDOWN is awaited. */
static void peer_fail(Peer *peer, const char *text) {
    Message *message = peer_say(peer, NULL, MSG_FAIL);
    snprintf(message->as.text.text, sizeof message->as.text.text, "%s", text);
}

/* ---- pulls */
void peer_request(Peer *peer, Pull *pull, const char *endpoint) {
    Message get;
    while (pull_next_request(pull, peer->now, &get)) {
        PeerAction *action = peer_action(peer, PEER_SEND_DATA);
        action->message = get;
        memcpy(action->endpoint, endpoint, sizeof action->endpoint);
    }
}

void peer_pull(Peer *peer, const PeerJob *job, Pull *pull, DataName name, const char *endpoint) {
    pull_start(pull, ++peer->last_pull, job->number, name, peer->now);
    peer_request(peer, pull, endpoint);
}

typedef void PullVisitor(Peer *peer, PeerJob *job, Pull *pull);

static bool pull_is_complete(const Pull *pull) {
    return pull->knows_total && pull->data.len == pull->total;
}

/* Calls `visit` for each pull from the job's owner that is under way. */
static void peer_each_pull(Peer *peer, PeerJob *job, PullVisitor *visit) {
    if (!job->has_captures) visit(peer, job, &job->captures);
    peer_each_fetch(peer, job, visit);
    for (PeerRange *range = job->ranges; range; range = range->next)
        for (uint32_t i = 0; range->slices && !range->is_computing && i < job->lists; i++)
            if (!pull_is_complete(&range->slices[i])) visit(peer, job, &range->slices[i]);
}

void peer_complain(Peer *peer, const PeerJob *job, int64_t worker, uint32_t bag) {
    peer_say(peer, job, MSG_UNREACHABLE)->as.unreachable = (MsgUnreachable){.worker = worker, .bag = bag};
}

static void peer_tick_pull(Peer *peer, PeerJob *job, Pull *pull) {
    if (pull_tick(pull, peer->now)) {
        peer_request(peer, pull, job->owner_endpoint);
        return;
    }
    peer_complain(peer, job, -1, 0);
    pull_forgive(pull, peer->now); /* said once, not at every tick */
}

static void peer_forgive_pull(Peer *peer, PeerJob *job, Pull *pull) {
    (void)job;
    pull_forgive(pull, peer->now);
}

/* ---- jobs */
PeerJob *peer_find_job(Peer *peer, uint64_t number) {
    PeerJob *job = peer->jobs;
    while (job && job->number != number) job = job->next;
    return job;
}

PeerJob *peer_job_of(Peer *peer, const Message *message) {
    PeerJob *job = peer_find_job(peer, message->job);
    peer->ignored += !job;
    return job;
}

static void range_free(PeerJob *job, PeerRange *range) {
    for (uint32_t i = 0; range->slices && i < job->lists; i++) pull_free(&range->slices[i]);
    free(range->slices);
    free(range);
}

static void job_free(PeerJob *job) {
    for (PeerRange *range = job->ranges, *next; range; range = next) {
        next = range->next;
        range_free(job, range);
    }
    pull_free(&job->captures);
    job_free_fetches(job);
    job_free_bags(job);
    free(job);
}

/* Keeps what was mapped of a range for the job's owner, and sends it along when it is small. */
static void peer_tell_part(PeerJob *job, const PeerRange *range, Buf *data, Message *message) {
    message->as.range_done.bag_size = data->len;
    message->size = message_inline_size(data->len);
    if (message->size) message->bytes = data->data;
    peer_keep_part(job, range->bag, data);
}

static uint32_t peer_credits(const Peer *peer) {
    if (peer->range_time == 0) return PEER_CREDITS;
    uint64_t ahead = AHEAD / peer->range_time;
    return ahead < PEER_CREDITS ? PEER_CREDITS : (uint32_t)ahead;
}

static void note_range_time(Peer *peer, uint64_t nanoseconds) {
    uint64_t now = nanoseconds + 1;
    peer->range_time = peer->range_time ? (peer->range_time * (SMOOTH - 1) + now) / SMOOTH + 1 : now;
}

/* Takes a range out of the job's list and answers it; `data` is its bag, if there is one. */
static void peer_answer_range(Peer *peer, PeerJob *job, PeerRange *range, MsgRangeDone done, Buf *data) {
    PeerRange **link = &job->ranges;
    while (*link != range) link = &(*link)->next;
    *link = range->next;
    if (!*link) job->ranges_end = link;
    done.range = range->number;
    done.first = range->first;
    done.count = range->count;
    done.pulled = range->pulled;
    done.credits = peer_credits(peer);
    Message *message = peer_say(peer, job, MSG_RANGE_DONE);
    message->as.range_done = done;
    if (data && job->spec.flags & JOB_BY_RANGES) peer_tell_part(job, range, data, message);
    range_free(job, range);
}

static void peer_compute(Peer *peer, PeerJob *job, PeerRange *range) {
    PeerAction *action = peer_order(peer, job, PEER_COMPUTE);
    action->range = range->number;
    action->bag = range->bag;
    action->first = range->first;
    action->count = range->count;
    range->is_computing = true;
    if (job->lists == 0) return;
    action->slice_count = job->lists;
    action->slices = xcalloc(job->lists, sizeof *action->slices);
    for (uint32_t i = 0; i < job->lists; i++) {
        action->slices[i] = range->slices[i].data;
        range->slices[i].data = (Buf){0};
    }
}

/* Hands the range to the compute thread, of an open job, when all of it is there. */
static void peer_pump_range(Peer *peer, PeerJob *job, PeerRange *range) {
    if (range->is_computing) return;
    if (range->first >= job->limit)
        peer_answer_range(peer, job, range, (MsgRangeDone){.end_chunk = -1}, NULL);
    else if (range->missing == 0)
        peer_compute(peer, job, range);
}

/* Hands to the compute thread whatever has become ready. */
static void peer_pump(Peer *peer, PeerJob *job) {
    if (!job->has_captures || job->fetches) return;
    if (!job->is_open) {
        PeerAction *action = peer_order(peer, job, PEER_OPEN);
        action->spec = job->spec;
        action->data = job->captures.data;
        job->captures.data = (Buf){0};
        job->is_open = true;
        MsgStats stats = {.captures = job->spec.blob_size, .ignored = peer->ignored};
        peer_say(peer, job, MSG_STATS)->as.stats = stats;
    }
    for (PeerRange *range = job->ranges, *next; range; range = next) {
        next = range->next;
        peer_pump_range(peer, job, range);
    }
    peer_pump_merges(peer, job);
}

/* ---- from the scheduler */
static void peer_job_start(Peer *peer, const Message *message) {
    const MsgJobStart *start = &message->as.start;
    bool is_inline = start->spec.blob_size <= MESSAGE_INLINE_BLOB;
    if (start->serial <= peer->last_start || message->size != (is_inline ? start->spec.blob_size : 0) ||
        start->spec.lists > MESSAGE_LISTS) {
        peer->ignored++;
        return;
    }
    peer->last_start = start->serial;
    PeerJob *job = xcalloc(1, sizeof *job);
    job->next = peer->jobs;
    peer->jobs = job;
    job->number = message->job;
    job->ranges_end = &job->ranges;
    job->spec = start->spec;
    job->lists = start->spec.flags & JOB_LENDS ? 0 : start->spec.lists;
    job->limit = start->spec.chunks;
    memcpy(job->owner_endpoint, start->owner_endpoint, sizeof job->owner_endpoint);
    job->has_captures = is_inline;
    if (is_inline)
        buf_add(&job->captures.data, message->bytes, message->size);
    else
        peer_pull(peer, job, &job->captures, (DataName){.kind = DATA_CAPTURES}, job->owner_endpoint);
    peer_want_codes(peer, job);
    peer_pump(peer, job);
}

static void peer_pull_slices(Peer *peer, const PeerJob *job, PeerRange *range) {
    range->missing = job->lists;
    if (job->lists) range->slices = xcalloc(job->lists, sizeof *range->slices);
    for (uint32_t i = 0; i < job->lists; i++) {
        DataName name = {.kind = DATA_SLICE, .list = i, .first = range->first, .count = range->count};
        peer_pull(peer, job, &range->slices[i], name, job->owner_endpoint);
    }
}

/* Says of a range that is not taken that nothing of it is mapped: else its worker would be thought to hold it for ever. */
static void peer_give_back(Peer *peer, const Message *message) {
    const MsgRange *asked = &message->as.range;
    Message *answer = peer_say(peer, NULL, MSG_RANGE_DONE);
    answer->job = message->job;
    answer->as.range_done = (MsgRangeDone){.range = asked->range, .first = asked->first, .count = asked->count};
    answer->as.range_done.end_chunk = -1;
    answer->as.range_done.credits = peer_credits(peer);
}

static void peer_range(Peer *peer, const Message *message) {
    const MsgRange *asked = &message->as.range;
    PeerJob *job = peer_job_of(peer, message);
    if (!job) {
        peer_give_back(peer, message);
        return;
    }
    uint64_t n = job->spec.chunks;
    bool is_new = asked->range > job->last_range && asked->count > 0 && asked->first < n && asked->count <= n - asked->first;
    if (!is_new) {
        peer->ignored++;
        const PeerRange *held = job->ranges;
        while (held && held->number != asked->range) held = held->next;
        if (!held) peer_give_back(peer, message); /* else it will be answered */
        return;
    }
    job->last_range = asked->range;
    /* What was mapped was enough: its bag has been asked for, by a way on which requests may overtake what the scheduler said
     * before. */
    bool is_needless = !(job->spec.flags & JOB_BY_RANGES) && !job_open_bag(job, asked->bag);
    PeerRange *range = xcalloc(1, sizeof *range);
    *job->ranges_end = range;
    job->ranges_end = &range->next;
    range->number = asked->range;
    range->bag = asked->bag;
    range->first = asked->first;
    range->count = asked->count;
    if (is_needless) {
        peer_answer_range(peer, job, range, (MsgRangeDone){.end_chunk = -1}, NULL);
        return;
    }
    peer_pull_slices(peer, job, range);
    if (job->is_open) peer_pump_range(peer, job, range);
}

static void peer_cancel(Peer *peer, const Message *message) {
    PeerJob *job = peer_job_of(peer, message);
    if (!job || message->as.cancel.chunk >= job->limit) return;
    job->limit = message->as.cancel.chunk + 1;
    peer_order(peer, job, PEER_LIMIT)->limit = job->limit;
    peer_pump(peer, job);
}

/* What the compute thread has not got yet is given back at once. */
static void peer_revoke(Peer *peer, const Message *message) {
    PeerJob *job = peer_job_of(peer, message);
    PeerRange *range = job ? job->ranges : NULL;
    while (range && range->number != message->as.revoke.range) range = range->next;
    if (range && range->is_computing)
        peer_order(peer, job, PEER_REVOKE)->range = range->number;
    else if (range)
        peer_answer_range(peer, job, range, (MsgRangeDone){.end_chunk = -1}, NULL);
}

static void peer_drop(Peer *peer, PeerJob *job) {
    PeerJob **link = &peer->jobs;
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    for (PeerRange *range = job->ranges, *next; range; range = next) {
        next = range->next;
        if (!range->is_computing) {
            peer_answer_range(peer, job, range, (MsgRangeDone){.end_chunk = -1}, NULL);
            continue;
        }
        LateRange *late = xcalloc(1, sizeof *late);
        *late = (LateRange){peer->late, job->number, range->number, range->first, range->count};
        peer->late = late;
    }
    if (job->is_open) peer_order(peer, job, PEER_DROP);
    job_free(job);
}

static void peer_job_end(Peer *peer, const Message *message) {
    PeerJob *job = peer_job_of(peer, message);
    if (!job) return;
    peer_refuse_gets(peer, job);
    peer_drop(peer, job);
}

static void peer_welcome(Peer *peer, const MsgWelcome *welcome) {
    peer->number = welcome->worker;
    owner_welcome(peer->owner);
}

/* Is the job ours, rather than one that we help with? */
static bool peer_owns(const Peer *peer, uint64_t job) {
    return peer->number >= 0 && JOB_OWNER(job) == (uint64_t)peer->number + 1;
}

static void peer_control(Peer *peer, const Message *message) {
    peer->heard_at = peer->now;
    if (peer_owns(peer, message->job) && owner_control(peer->owner, message)) return;
    if (peer->number < 0 && message->kind != MSG_WELCOME && message->kind != MSG_SHUTDOWN) {
        peer->ignored++;
        return;
    }
    switch (message->kind) {
    case MSG_WELCOME:
        if (peer->number >= 0)
            peer->ignored++;
        else
            peer_welcome(peer, &message->as.welcome);
        break;
    case MSG_JOB_START: peer_job_start(peer, message); break;
    case MSG_RANGE: peer_range(peer, message); break;
    case MSG_CANCEL_AFTER: peer_cancel(peer, message); break;
    case MSG_REVOKE: peer_revoke(peer, message); break;
    case MSG_MERGE: peer_merge(peer, message); break;
    case MSG_MERGE_VOID: peer_merge_void(peer, message); break;
    case MSG_JOB_END: peer_job_end(peer, message); break;
    case MSG_HEARTBEAT: break;
    case MSG_WORKER_LOST: owner_worker_lost(peer->owner, message->as.text.worker); break;
    case MSG_IDLE: peer_action(peer, PEER_IDLE)->count = message->as.idle.workers; break;
    case MSG_SHUTDOWN: peer_exit(peer, message->as.end.status, ""); break;
    default: peer->ignored++;
    }
}

/* ---- data */
static void peer_get(Peer *peer, uint32_t route, const Message *get) {
    if (peer_owns(peer, get->job)) {
        owner_get(peer->owner, route, get);
        return;
    }
    PeerJob *job = get->as.get.name.kind == DATA_BAG ? peer_find_job(peer, get->job) : NULL;
    if (job) {
        peer_get_bag(peer, job, route, get);
        return;
    }
    peer->ignored++;
    peer_answer(peer, route, pull_refusal(get, PIECE_GONE));
}

/* The pull from the owner that a piece belongs to, and its range when it is a slice. */
static Pull *peer_find_pull(PeerJob *job, uint32_t id, PeerRange **of_range) {
    *of_range = NULL;
    if (!job->has_captures && job->captures.id == id) return &job->captures;
    for (PeerRange *range = job->ranges; range; range = range->next)
        for (uint32_t i = 0; range->slices && !range->is_computing && i < job->lists; i++)
            if (range->slices[i].id == id && !pull_is_complete(&range->slices[i])) {
                *of_range = range;
                return &range->slices[i];
            }
    return NULL;
}

static bool captures_are_sound(const PeerJob *job, const Pull *pull) {
    return pull != &job->captures || pull->total == job->spec.blob_size;
}

static void peer_piece(Peer *peer, const Message *piece) {
    if (peer_owns(peer, piece->job)) {
        owner_piece(peer->owner, piece);
        return;
    }
    PeerRange *range = NULL;
    PeerJob *job = peer_find_job(peer, piece->job);
    if (job && peer_merge_piece(peer, job, piece)) {
        peer_pump(peer, job);
        return;
    }
    CodeCame came = job ? peer_code_piece(peer, job, piece) : CODE_IS_ELSE;
    if (came == CODE_IS_BAD) peer_fail(peer, "the object code of a job came with another content");
    if (came == CODE_COMES) peer_pump(peer, job);
    if (came != CODE_IS_ELSE) return;
    Pull *pull = job ? peer_find_pull(job, piece->as.piece.pull, &range) : NULL;
    PullResult result = pull ? pull_piece(pull, piece, peer->now) : PULL_IGNORED;
    if (result == PULL_IGNORED) {
        peer->ignored++;
        return;
    }
    /* A job that was cancelled is dropped by its owner before we hear of it. If it was not, the pull's deadline is for it. */
    if (result == PULL_GONE) return;
    if (result == PULL_COMPLETE && !captures_are_sound(job, pull)) {
        peer_fail(peer, "the captured values of a job came with another size");
        return;
    }
    if (result == PULL_MORE) {
        peer_request(peer, pull, job->owner_endpoint);
        return;
    }
    if (range) {
        range->missing--;
        range->pulled += pull->total;
    } else {
        job->has_captures = true;
    }
    peer_pump(peer, job);
}

/* ---- from the compute thread */
/* The worker is free again, whatever came of the range. */
static void peer_late_computed(Peer *peer, const PeerEvent *event) {
    LateRange **link = &peer->late;
    while (*link && ((*link)->job != event->job || (*link)->range != event->range_done.range)) link = &(*link)->next;
    LateRange *late = *link;
    if (!late) return;
    Message *message = peer_say(peer, NULL, MSG_RANGE_DONE);
    message->job = late->job;
    message->as.range_done = (MsgRangeDone){.range = late->range, .first = late->first, .count = late->count};
    message->as.range_done.end_chunk = -1;
    message->as.range_done.credits = PEER_CREDITS;
    *link = late->next;
    free(late);
}

static void peer_computed(Peer *peer, const PeerEvent *event) {
    PeerJob *job = peer_find_job(peer, event->job);
    PeerRange *range = job ? job->ranges : NULL;
    while (range && (!range->is_computing || range->number != event->range_done.range)) range = range->next;
    note_range_time(peer, event->range_done.nanoseconds);
    if (range)
        peer_answer_range(peer, job, range, event->range_done, event->data);
    else
        peer_late_computed(peer, event);
    if (event->data) buf_free(event->data);
}

/* The lists of a job are not to be had as a whole: this range, and those that wait for the job, get slices of them. */
static void peer_unlent(Peer *peer, const PeerEvent *event) {
    PeerJob *job = peer_find_job(peer, event->job);
    if (!job) {
        peer_late_computed(peer, event);
        return;
    }
    job->lists = job->spec.lists;
    for (PeerRange *range = job->ranges; range; range = range->next) {
        if (range->number == event->range_done.range) range->is_computing = false;
        if (!range->is_computing && !range->slices) peer_pull_slices(peer, job, range);
    }
    peer_pump(peer, job);
}

/* ---- steps */
static void peer_start(Peer *peer) {
    peer->is_started = true;
    peer->heard_at = peer->last_tick = peer->last_heartbeat = peer->now;
    MsgHello *hello = &peer_say(peer, NULL, MSG_HELLO)->as.hello;
    *hello = (MsgHello){.role = ROLE_WORKER, .version = PROTOCOL_VERSION, .host = peer->config.host, .pid = peer->config.pid};
    hello->wish = peer->config.wish;
    memcpy(hello->program, peer->config.program, sizeof hello->program);
    memcpy(hello->data_endpoint, peer->endpoint, sizeof hello->data_endpoint);
    memcpy(hello->name, peer->name, sizeof hello->name);
}

static void peer_tick(Peer *peer, const PeerEvent *event) {
    uint64_t slept = peer->now - peer->last_tick;
    peer->last_tick = peer->now;
    if (slept > 2 * peer->config.heartbeat_every) { /* this process was stopped: others' silence is our own fault */
        peer->heard_at = peer->now;
        for (PeerJob *job = peer->jobs; job; job = job->next) {
            peer_each_pull(peer, job, peer_forgive_pull);
            peer_forgive_merges(peer, job);
        }
        owner_forgive(peer->owner);
    }
    if (IS_GUARDED && peer->now - peer->heard_at >= peer->config.dead_after) {
        peer_exit(peer, 1, "the scheduler has been silent for too long");
        return;
    }
    for (PeerJob *job = peer->jobs; job; job = job->next) {
        peer_each_pull(peer, job, peer_tick_pull);
        peer_tick_merges(peer, job);
    }
    owner_tick(peer->owner);
    if (!IS_GUARDED || peer->now - peer->last_heartbeat < peer->config.heartbeat_every) return;
    peer->last_heartbeat = peer->now;
    MsgHeartbeat heartbeat = {.progress = event->progress, .memory = event->memory};
    peer_say(peer, NULL, MSG_HEARTBEAT)->as.heartbeat = heartbeat;
}

void peer_step(Peer *peer, const PeerEvent *event, PeerActions *out, OwnerActions *owned) {
    if (peer->is_over || (!peer->is_started && event->kind != PEER_START)) {
        if (event->data) buf_free(event->data);
        return;
    }
    peer->out = out;
    if (event->now > peer->now) peer->now = event->now;
    owner_begin(peer->owner, peer->now, owned);
    switch (event->kind) {
    case PEER_START: peer_start(peer); break;
    case PEER_TICK: peer_tick(peer, event); break;
    case PEER_CONTROL: peer_control(peer, event->message); break;
    case PEER_GET: peer_get(peer, event->route, event->message); break;
    case PEER_PIECE: peer_piece(peer, event->message); break;
    case PEER_COMPUTED: peer_computed(peer, event); break;
    case PEER_UNLENT: peer_unlent(peer, event); break;
    case PEER_MERGED: peer_merged(peer, event); break;
    case PEER_ENCODED: peer_encoded(peer, event); break;
    case PEER_FAILED: peer_fail(peer, event->text); break;
    }
    peer->out = NULL;
}

Peer *peer_new(const PeerConfig *config) {
    Peer *peer = xcalloc(1, sizeof *peer);
    peer->config = *config;
    snprintf(peer->endpoint, sizeof peer->endpoint, "%s", config->data_endpoint);
    snprintf(peer->name, sizeof peer->name, "%s", config->name);
    if (peer->config.heartbeat_every == 0) peer->config.heartbeat_every = SECOND;
    if (peer->config.dead_after == 0) peer->config.dead_after = 30 * SECOND;
    peer->number = -1;
    peer->owner = owner_new(config->codes);
    return peer;
}

void peer_free(Peer **peer) {
    if (!*peer) return;
    for (PeerJob *job = (*peer)->jobs, *next; job; job = next) {
        next = job->next;
        job_free(job);
    }
    for (LateRange *late = (*peer)->late, *next; late; late = next) {
        next = late->next;
        free(late);
    }
    peer_free_codes(*peer);
    owner_free(&(*peer)->owner);
    free(*peer);
    *peer = NULL;
}

uint64_t peer_ignored(const Peer *peer) {
    return peer->ignored + owner_ignored(peer->owner);
}

Owner *peer_owner(Peer *peer) {
    return peer->owner;
}

int64_t peer_number(const Peer *peer) {
    return peer->number;
}
