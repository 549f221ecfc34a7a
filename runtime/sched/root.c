/* root.c: what the root's communicating thread does with each message. A job's life here: it is submitted once we are welcome, its
 * captures and slices are served while workers map, its last bag is pulled, and when the program has decoded that the workers may
 * drop it. */
#include "runtime/sched/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/pull.h"

#define SECOND ((uint64_t)1000000000)

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

typedef enum RootPhase { ROOT_HELD_BACK, ROOT_RUNS, ROOT_PULLS, ROOT_DELIVERED } RootPhase;

typedef struct RootJob RootJob;
struct RootJob {
    RootJob *next;
    uint64_t number;
    RootPhase phase;
    JobSpec spec;
    Buf captures;
    Slice *slices;
    MsgJobDone done;
    Pull bag;
    uint32_t epoch; /* of JOB_DONE */
};

struct Root {
    RootConfig config;
    char endpoint[MESSAGE_ENDPOINT_SIZE], name[MESSAGE_NAME_SIZE];
    uint64_t now, heard_at, last_tick, last_heartbeat;
    bool is_started, is_welcome, is_over;
    uint32_t last_pull;
    RootJob *jobs;
    Slice *served; /* a slice whose last piece goes out with this step: its bytes must stay until the next */
    uint64_t ignored;
    RootActions *out;
};

/* ---- actions */
static RootAction *root_action(Root *root, RootActionKind kind) {
    RootActions *out = root->out;
    if (out->len == out->cap) {
        out->cap = out->cap ? 2 * out->cap : 8;
        out->items = xrealloc(out->items, out->cap * sizeof *out->items);
    }
    RootAction *action = &out->items[out->len++];
    *action = (RootAction){.kind = kind};
    return action;
}

static Message *root_say(Root *root, MessageKind kind) {
    Message *message = &root_action(root, ROOT_SEND_CONTROL)->message;
    message->kind = kind;
    return message;
}

static void root_answer(Root *root, uint32_t route, Message piece) {
    RootAction *action = root_action(root, ROOT_SEND_ANSWER);
    action->route = route;
    action->message = piece;
}

void root_actions_free(RootActions *actions) {
    for (size_t i = 0; i < actions->len; i++) buf_free(&actions->items[i].data);
    free(actions->items);
    *actions = (RootActions){0};
}

static void root_exit(Root *root, int32_t status, const char *why) {
    root->is_over = true;
    root_say(root, MSG_BYE)->as.end.status = status;
    RootAction *action = root_action(root, ROOT_EXIT);
    action->status = status;
    snprintf(action->text, sizeof action->text, "%s", why);
}

/* Something that ends the run: the scheduler is told, and its SHUTDOWN is awaited. */
static void root_fail(Root *root, const char *text) {
    Message *message = root_say(root, MSG_FAIL);
    snprintf(message->as.text.text, sizeof message->as.text.text, "%s", text);
}

/* ---- jobs */
static void slice_free(Slice *slice) {
    if (!slice) return;
    buf_free(&slice->data);
    waiting_gets_free(&slice->waiting);
    free(slice);
}

static void job_free(RootJob *job) {
    for (Slice *slice = job->slices, *next; slice; slice = next) {
        next = slice->next;
        slice_free(slice);
    }
    buf_free(&job->captures);
    pull_free(&job->bag);
    free(job);
}

static RootJob *root_find_job(Root *root, uint64_t number) {
    RootJob *job = root->jobs;
    while (job && job->number != number) job = job->next;
    if (!job) root->ignored++;
    return job;
}

static void root_submit_now(Root *root, RootJob *job) {
    job->phase = ROOT_RUNS;
    Message *message = root_say(root, MSG_JOB_SUBMIT);
    message->job = job->number;
    message->as.submit.spec = job->spec;
    if (job->spec.blob_size <= MESSAGE_INLINE_BLOB) {
        message->bytes = job->captures.data;
        message->size = job->captures.len;
    }
}

static void root_submit(Root *root, const RootEvent *event) {
    RootJob *job = xcalloc(1, sizeof *job), **last = &root->jobs;
    while (*last) last = &(*last)->next;
    *last = job;
    job->number = event->job;
    job->spec = event->spec;
    job->captures = *event->data;
    *event->data = (Buf){0};
    job->spec.blob_size = job->captures.len;
    if (root->is_welcome) root_submit_now(root, job);
}

static void root_request(Root *root, RootJob *job) {
    Message get;
    while (pull_next_request(&job->bag, root->now, &get)) {
        RootAction *action = root_action(root, ROOT_SEND_DATA);
        action->message = get;
        memcpy(action->endpoint, job->done.endpoint, sizeof action->endpoint);
    }
}

static void root_deliver(Root *root, RootJob *job) {
    job->phase = ROOT_DELIVERED;
    RootAction *action = root_action(root, ROOT_RESULT);
    action->job = job->number;
    action->has_bag = job->done.holder >= 0;
    action->limit = job->done.limit;
    action->end = job->done.end;
    action->data = job->bag.data;
    job->bag.data = (Buf){0};
}

static void root_job_done(Root *root, const Message *message) {
    RootJob *job = root_find_job(root, message->job);
    if (!job) return;
    if (job->phase != ROOT_RUNS) {
        root->ignored++;
        return;
    }
    job->done = message->as.job_done;
    job->epoch = message->epoch;
    if (job->done.holder < 0) {
        root_deliver(root, job);
        return;
    }
    job->phase = ROOT_PULLS;
    pull_start(&job->bag, ++root->last_pull, job->number, job->epoch, (DataName){.kind = DATA_BAG}, root->now);
    root_request(root, job);
}

static void root_received(Root *root, const RootEvent *event) {
    RootJob *job = root_find_job(root, event->job), **link = &root->jobs;
    if (!job || job->phase != ROOT_DELIVERED) return;
    Message *message = root_say(root, MSG_JOB_END);
    message->job = job->number;
    message->epoch = job->epoch;
    message->as.job_end = (MsgJobEnd){.nodes = event->nodes, .size = job->bag.total};
    while (*link != job) link = &(*link)->next;
    *link = job->next;
    job_free(job);
}

static void root_piece(Root *root, const Message *piece) {
    RootJob *job = root_find_job(root, piece->job);
    if (!job) return;
    switch (job->phase == ROOT_PULLS ? pull_piece(&job->bag, piece, root->now) : PULL_IGNORED) {
    case PULL_IGNORED: root->ignored++; break;
    case PULL_MORE: root_request(root, job); break;
    case PULL_COMPLETE: root_deliver(root, job); break;
    case PULL_GONE: root_fail(root, "the worker that had the result no longer has it"); break;
    }
}

/* ---- serving */
static Slice *job_find_slice(RootJob *job, uint32_t list, uint64_t first, uint64_t count) {
    Slice *slice = job->slices;
    while (slice && (slice->list != list || slice->first != first || slice->count != count)) slice = slice->next;
    return slice;
}

static void root_serve_slice(Root *root, RootJob *job, Slice *slice, uint32_t route, const Message *get) {
    Message piece = pull_answer(get, slice->data.data, slice->data.len);
    root_answer(root, route, piece);
    if (piece.as.piece.offset + piece.size < slice->data.len) return;
    Slice **link = &job->slices;
    while (*link != slice) link = &(*link)->next;
    *link = slice->next;
    slice->next = root->served;
    root->served = slice;
}

static void root_get_slice(Root *root, RootJob *job, uint32_t route, const Message *get) {
    DataName name = get->as.get.name;
    uint64_t n = job->spec.chunks;
    if (name.list >= job->spec.lists || name.count == 0 || name.first >= n || name.count > n - name.first) {
        root->ignored++;
        root_answer(root, route, pull_refusal(get, PIECE_GONE));
        return;
    }
    Slice *slice = job_find_slice(job, name.list, name.first, name.count);
    if (slice && slice->is_encoded) {
        root_serve_slice(root, job, slice, route, get);
        return;
    }
    if (!slice) {
        slice = xcalloc(1, sizeof *slice);
        *slice = (Slice){.next = job->slices, .list = name.list, .first = name.first, .count = name.count};
        job->slices = slice;
        RootAction *action = root_action(root, ROOT_SLICE);
        action->job = job->number;
        action->list = name.list;
        action->first = name.first;
        action->count = name.count;
    }
    if (!waiting_gets_add(&slice->waiting, route, get)) root_answer(root, route, pull_refusal(get, PIECE_LATER));
}

static void root_get(Root *root, uint32_t route, const Message *get) {
    RootJob *job = root_find_job(root, get->job);
    DataKind kind = get->as.get.name.kind;
    if (job && kind == DATA_CAPTURES)
        root_answer(root, route, pull_answer(get, job->captures.data, job->captures.len));
    else if (job && kind == DATA_SLICE)
        root_get_slice(root, job, route, get);
    else
        root_answer(root, route, pull_refusal(get, PIECE_GONE));
}

static void root_sliced(Root *root, const RootEvent *event) {
    RootJob *job = root_find_job(root, event->job);
    Slice *slice = job ? job_find_slice(job, event->list, event->first, event->count) : NULL;
    if (!slice || slice->is_encoded) {
        buf_free(event->data); /* the job ended meanwhile */
        return;
    }
    slice->is_encoded = true;
    slice->data = *event->data;
    *event->data = (Buf){0};
    WaitingGets waiting = slice->waiting;
    slice->waiting = (WaitingGets){0};
    for (size_t i = 0; i < waiting.len; i++) root_get_slice(root, job, waiting.items[i].route, &waiting.items[i].get);
    waiting_gets_free(&waiting);
}

/* ---- steps */
static void root_control(Root *root, const Message *message) {
    root->heard_at = root->now;
    switch (message->kind) {
    case MSG_WELCOME:
        if (root->is_welcome) root->ignored++;
        root->is_welcome = true;
        for (RootJob *job = root->jobs; job; job = job->next)
            if (job->phase == ROOT_HELD_BACK) root_submit_now(root, job);
        break;
    case MSG_JOB_DONE: root_job_done(root, message); break;
    case MSG_HEARTBEAT: break;
    case MSG_WORKER_LOST: break; /* the scheduler ends the run, and says why */
    case MSG_SHUTDOWN: root_exit(root, message->as.end.status, ""); break;
    default: root->ignored++;
    }
}

static void root_start(Root *root) {
    root->is_started = true;
    root->heard_at = root->last_tick = root->last_heartbeat = root->now;
    MsgHello *hello = &root_say(root, MSG_HELLO)->as.hello;
    *hello = (MsgHello){.role = ROLE_ROOT, .version = PROTOCOL_VERSION, .pid = root->config.pid, .wish = -1};
    memcpy(hello->program, root->config.program, sizeof hello->program);
    memcpy(hello->data_endpoint, root->endpoint, sizeof hello->data_endpoint);
    memcpy(hello->name, root->name, sizeof hello->name);
}

static void root_tick_pull(Root *root, RootJob *job) {
    if (job->phase != ROOT_PULLS) return;
    if (pull_tick(&job->bag, root->now)) {
        root_request(root, job);
        return;
    }
    char text[MESSAGE_TEXT_SIZE];
    snprintf(text, sizeof text, "worker %lld did not send the result of job %llu within %.0f s", (long long)job->done.holder,
             (unsigned long long)job->number, (double)PULL_DEADLINE / 1e9);
    root_fail(root, text);
    pull_forgive(&job->bag, root->now); /* said once, not at every tick */
}

static void root_tick(Root *root) {
    uint64_t slept = root->now - root->last_tick;
    root->last_tick = root->now;
    if (slept > 2 * root->config.heartbeat_every) { /* this process was stopped: others' silence is our own fault */
        root->heard_at = root->now;
        for (RootJob *job = root->jobs; job; job = job->next) pull_forgive(&job->bag, root->now);
    }
    if (root->now - root->heard_at >= root->config.dead_after) {
        root_exit(root, 1, "the scheduler has been silent for too long");
        return;
    }
    for (RootJob *job = root->jobs; job; job = job->next) root_tick_pull(root, job);
    if (root->now - root->last_heartbeat < root->config.heartbeat_every) return;
    root->last_heartbeat = root->now;
    root_say(root, MSG_HEARTBEAT);
}

void root_step(Root *root, const RootEvent *event, RootActions *out) {
    if (root->is_over || (!root->is_started && event->kind != ROOT_START)) {
        if (event->kind == ROOT_SUBMIT || event->kind == ROOT_SLICED) buf_free(event->data);
        return;
    }
    root->out = out;
    if (event->now > root->now) root->now = event->now;
    for (Slice *slice = root->served, *next; slice; slice = next) {
        next = slice->next;
        slice_free(slice);
    }
    root->served = NULL;
    switch (event->kind) {
    case ROOT_START: root_start(root); break;
    case ROOT_TICK: root_tick(root); break;
    case ROOT_CONTROL: root_control(root, event->message); break;
    case ROOT_GET: root_get(root, event->route, event->message); break;
    case ROOT_PIECE: root_piece(root, event->message); break;
    case ROOT_SUBMIT: root_submit(root, event); break;
    case ROOT_SLICED: root_sliced(root, event); break;
    case ROOT_RECEIVED: root_received(root, event); break;
    case ROOT_FINISH: root_exit(root, event->status, ""); break;
    case ROOT_FAILED: root_fail(root, event->text); break;
    }
    root->out = NULL;
}

Root *root_new(const RootConfig *config) {
    Root *root = xcalloc(1, sizeof *root);
    root->config = *config;
    snprintf(root->endpoint, sizeof root->endpoint, "%s", config->data_endpoint);
    snprintf(root->name, sizeof root->name, "%s", config->name);
    if (root->config.heartbeat_every == 0) root->config.heartbeat_every = SECOND;
    if (root->config.dead_after == 0) root->config.dead_after = 30 * SECOND;
    return root;
}

void root_free(Root **root) {
    if (!*root) return;
    for (RootJob *job = (*root)->jobs, *next; job; job = next) {
        next = job->next;
        job_free(job);
    }
    for (Slice *slice = (*root)->served, *next; slice; slice = next) {
        next = slice->next;
        slice_free(slice);
    }
    free(*root);
    *root = NULL;
}

bool root_is_welcome(const Root *root) {
    return root->is_welcome;
}

uint64_t root_ignored(const Root *root) {
    return root->ignored;
}
