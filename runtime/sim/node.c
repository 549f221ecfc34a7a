/* node.c: simulated processes. A worker is the real peer.h, with a compute thread that takes as long as the profile says; the root
 * is the real root.h, with a program that submits what was submitted in the real run. An encoded bag is the number of chunks in it,
 * and as many zeros as make up its size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/held.h"
#include "runtime/sim/world.h"

enum { TASK_COST = 3000 /* nanoseconds of a worker, whatever it is, as measured */, CODE_SPEED = 2 /* bytes a nanosecond */ };

/* What waits for the compute thread; the first is being done. For the root: a slice to be encoded, or a result to be taken in. */
typedef struct Task Task;
struct Task {
    Task *next;
    enum { TASK_OPEN, TASK_COMPUTE, TASK_MERGE, TASK_ENCODE, TASK_SLICE, TASK_RESULT } kind;
    size_t job;
    uint64_t range, first, count, cost;
    uint32_t bag, step, list, parts;
    uint64_t chunks, size; /* of the bag that is merged or was received */
    bool is_revoked;       /* COMPUTE: others were first */
};

typedef struct NodeBag {
    size_t job;
    uint32_t bag, parts; /* parts: it is one of so many parts of a table, by the hashes of keys; 0: it is whole */
    uint64_t chunks;
} NodeBag;

typedef struct NodeLimit {
    size_t job;
    uint64_t limit;
} NodeLimit;

struct Node {
    uint32_t number;
    Peer *peer;
    Root *root;
    Task *first, **last;
    NodeBag *bags;
    size_t bag_count, bag_cap;
    NodeLimit *limits;
    size_t limit_count, limit_cap;
};

/* ---- what a process has */

static NodeBag *find_bag(Node *node, size_t job, uint32_t bag) {
    for (size_t i = 0; i < node->bag_count; i++)
        if (node->bags[i].job == job && node->bags[i].bag == bag) return &node->bags[i];
    if (node->bag_count == node->bag_cap) {
        node->bag_cap = node->bag_cap ? 2 * node->bag_cap : 4;
        node->bags = xrealloc(node->bags, node->bag_cap * sizeof *node->bags);
    }
    node->bags[node->bag_count] = (NodeBag){.job = job, .bag = bag};
    return &node->bags[node->bag_count++];
}

static uint64_t *job_limit(Node *node, size_t job) {
    for (size_t i = 0; i < node->limit_count; i++)
        if (node->limits[i].job == job) return &node->limits[i].limit;
    if (node->limit_count == node->limit_cap) {
        node->limit_cap = node->limit_cap ? 2 * node->limit_cap : 4;
        node->limits = xrealloc(node->limits, node->limit_cap * sizeof *node->limits);
    }
    node->limits[node->limit_count] = (NodeLimit){.job = job, .limit = UINT64_MAX};
    return &node->limits[node->limit_count++].limit;
}

static void drop_job(Node *node, size_t job) {
    size_t kept = 0;
    for (size_t i = 0; i < node->bag_count; i++)
        if (node->bags[i].job != job) node->bags[kept++] = node->bags[i];
    node->bag_count = kept;
    kept = 0;
    for (size_t i = 0; i < node->limit_count; i++)
        if (node->limits[i].job != job) node->limits[kept++] = node->limits[i];
    node->limit_count = kept;
}

static Buf zeros(uint64_t size) {
    Buf data = {.data = xcalloc(1, size), .len = size, .cap = size};
    return data;
}

static uint64_t bag_size(const World *world, size_t job, const NodeBag *bag) {
    return profile_bag_size(&world->profile->jobs[job], bag->chunks) / (bag->parts ? bag->parts : 1);
}

static uint64_t bag_weight(const World *world, size_t job, const NodeBag *bag) {
    return (uint64_t)((double)profile_weight(&world->profile->jobs[job], bag->chunks) / world->scale);
}

static Buf bag_data(const World *world, size_t job, const NodeBag *bag) {
    Buf data = zeros(world_bytes(world, bag_size(world, job, bag)));
    memcpy(data.data, &bag->chunks, sizeof bag->chunks);
    return data;
}

/* The same, of which parts can be had: it begins with the number, and its cells are of one size. */
static Held *bag_cells(const World *world, size_t job, const NodeBag *bag) {
    Held *held = held_cut(bag->chunks);
    Buf cell = zeros(world_bytes(world, bag_size(world, job, bag)) / HELD_CELLS + 1);
    held_begin(held);
    for (uint32_t i = 0; i < HELD_CELLS; i++) held_add(held, i, cell.data, cell.len, NULL);
    held_end(held, NULL);
    buf_free(&cell);
    return held;
}

static uint64_t chunks_of_data(const Buf *data) {
    uint64_t chunks = 0;
    if (data->len >= sizeof chunks) memcpy(&chunks, data->data, sizeof chunks);
    return chunks;
}

/* ---- the compute thread */

static double real_bytes(const World *world, uint64_t bytes) {
    return (double)bytes * world->scale;
}

static uint64_t merge_cost(const World *world, size_t number, uint64_t bytes) {
    const ProfileJob *job = &world->profile->jobs[number];
    double for_each = job->merged_size ? (double)job->merge_nanoseconds / (double)job->merged_size : 1;
    return (uint64_t)(for_each * real_bytes(world, bytes));
}

/* What has all chunks is made ready for the owner; anything else goes to another worker. */
static uint64_t encode_cost(const World *world, size_t number, const NodeBag *bag) {
    const ProfileJob *job = &world->profile->jobs[number];
    if (bag->chunks >= job->spec.chunks) return job->thin_cost / (bag->parts ? bag->parts : 1);
    return (uint64_t)(job->encode_cost * (double)bag_size(world, number, bag));
}

static void task_begin(World *world, const Node *node) {
    if (node->first)
        world_add(world, world->now + TASK_COST + node->first->cost, (Happening){.kind = HAPPENS_TASK, .node = node->number});
}

static void task_add(World *world, Node *node, Task task) {
    Task *copy = xmalloc(sizeof *copy);
    *copy = task;
    bool is_first = !node->first;
    *node->last = copy;
    node->last = &copy->next;
    if (is_first) task_begin(world, node);
}

static void peer_do(World *world, Node *node, PeerEvent event);

static void range_over(World *world, Node *node, const Task *task) {
    const ProfileJob *job = &world->profile->jobs[task->job];
    uint64_t limit = *job_limit(node, task->job), done = task->count;
    if (limit <= task->first || task->is_revoked)
        done = 0;
    else if (limit - task->first < done)
        done = limit - task->first;
    MsgRangeDone answer = {.range = task->range, .first = task->first, .count = task->count, .done = done, .end_chunk = -1};
    bool has_end = done > 0 && job->end != END_NONE && job->limit > task->first && job->limit <= task->first + done;
    if (has_end) {
        answer.done = done = job->limit - task->first;
        answer.end = job->end;
        answer.end_chunk = (int64_t)job->limit - 1;
    }
    if (job->measured_chunks) answer.elements = job->elements * done / job->measured_chunks;
    answer.nanoseconds = task->cost;
    answer.credits = SCHED_CREDITS;
    NodeBag *bag = find_bag(node, task->job, task->bag);
    bag->chunks += done;
    answer.weight = bag_weight(world, task->job, bag);
    Buf none = {0};
    peer_do(world, node, (PeerEvent){.kind = PEER_COMPUTED, .job = job->number, .range_done = answer, .data = &none});
}

static void merge_over(World *world, Node *node, const Task *task) {
    PeerEvent event = {.kind = PEER_MERGED, .job = world->profile->jobs[task->job].number};
    event.merge_done = (MsgMergeDone){.step = task->step, .nodes = 1, .nanoseconds = task->cost, .end_chunk = -1};
    NodeBag *bag = find_bag(node, task->job, task->bag);
    bag->chunks += task->chunks;
    bag->parts = task->parts > 1 ? task->parts : 0;
    event.merge_done.weight = bag_weight(world, task->job, bag);
    peer_do(world, node, event);
}

static void encode_over(World *world, Node *node, const Task *task) {
    const NodeBag *bag = find_bag(node, task->job, task->bag);
    PeerEvent event = {.kind = PEER_ENCODED, .job = world->profile->jobs[task->job].number, .bag = task->bag};
    Held *held = task->parts ? bag_cells(world, task->job, bag) : NULL;
    Buf data = {0};
    if (!held) data = bag_data(world, task->job, bag);
    event.held = &held;
    event.data = &data;
    peer_do(world, node, event);
}

/* ---- the root's program */

static void owner_do(World *world, Node *node, OwnerActions *actions);

static uint64_t slice_size(const World *world, size_t number, uint64_t chunks) {
    const ProfileJob *job = &world->profile->jobs[number];
    if (job->measured_chunks == 0 || job->spec.lists == 0) return 16;
    double each = (double)job->pulled / (double)job->measured_chunks / job->spec.lists;
    return world_bytes(world, (uint64_t)(each * (double)chunks));
}

static void slice_over(World *world, Node *node, const Task *task) {
    Buf data = zeros(slice_size(world, task->job, task->count));
    OwnerActions actions = {0};
    owner_begin(root_owner(node->root), world->now, &actions);
    owner_sliced(root_owner(node->root), world->profile->jobs[task->job].number, task->list, task->first, task->count, &data);
    owner_do(world, node, &actions);
}

static void result_over(World *world, Node *node, const Task *task) {
    OwnerActions actions = {0};
    owner_begin(root_owner(node->root), world->now, &actions);
    owner_received(root_owner(node->root), world->profile->jobs[task->job].number, 1);
    owner_do(world, node, &actions);
    world_job_over(world, task->job);
}

void node_submit(World *world, Node *root, size_t number) {
    const ProfileJob *job = &world->profile->jobs[number];
    MsgJobSubmit submit = {.spec = job->spec};
    submit.spec.flags &= ~(uint32_t)JOB_IS_WATCHED;
    if (job->spec.blob_size > MESSAGE_INLINE_BLOB) submit.spec.blob_size = world_bytes(world, job->spec.blob_size);
    Buf captures = zeros(submit.spec.blob_size + 1);
    captures.len = submit.spec.blob_size;
    OwnerLists lists = {0};
    OwnerActions actions = {0};
    owner_begin(root_owner(root->root), world->now, &actions);
    owner_submit(root_owner(root->root), job->number, &submit, &captures, &lists);
    owner_do(world, root, &actions);
    if (!job->is_cancelled) return;
    Happening cancel = {.kind = HAPPENS_CANCEL, .node = NODE_ROOT};
    cancel.message.job = number;
    world_add(world, world->now + job->ended - job->submitted, cancel);
}

void node_cancel(World *world, Node *root, size_t number) {
    OwnerActions actions = {0};
    owner_begin(root_owner(root->root), world->now, &actions);
    owner_cancel(root_owner(root->root), world->profile->jobs[number].number);
    owner_do(world, root, &actions);
    world_job_over(world, number);
}

/* ---- tasks that are over */

static void task_over(World *world, Node *node) {
    Task *task = node->first;
    node->first = task->next;
    if (!node->first) node->last = &node->first;
    switch (task->kind) {
    case TASK_OPEN: break;
    case TASK_COMPUTE: range_over(world, node, task); break;
    case TASK_MERGE: merge_over(world, node, task); break;
    case TASK_ENCODE: encode_over(world, node, task); break;
    case TASK_SLICE: slice_over(world, node, task); break;
    case TASK_RESULT: result_over(world, node, task); break;
    }
    bool has_begun = node->first && node->first == task->next;
    free(task);
    if (has_begun) task_begin(world, node);
}

/* ---- the protocol's sides */

static uint32_t endpoint_node(const World *world, const char *endpoint) {
    unsigned node = 0;
    return sscanf(endpoint, "node:%u", &node) == 1 && node < world->node_count ? node : NODE_SCHED;
}

static void owner_do(World *world, Node *node, OwnerActions *actions) {
    for (size_t i = 0; i < actions->len; i++) {
        OwnerAction *action = &actions->items[i];
        size_t job = world_job(world, action->job);
        Task task = {.job = job, .first = action->first, .count = action->count, .list = action->list};
        switch (action->kind) {
        case OWNER_SEND_CONTROL: world_send(world, node->number, NODE_SCHED, LANE_CONTROL, &action->message); break;
        case OWNER_SEND_DATA:
            world_send(world, node->number, endpoint_node(world, action->endpoint), LANE_GET, &action->message);
            break;
        case OWNER_SEND_ANSWER: world_send(world, node->number, action->route, LANE_PIECE, &action->message); break;
        case OWNER_SLICE:
            task.kind = TASK_SLICE;
            task.cost = (uint64_t)(real_bytes(world, slice_size(world, job, action->count)) / CODE_SPEED);
            task_add(world, node, task);
            break;
        case OWNER_RESULT:
            task.kind = TASK_RESULT;
            if (job < world->profile->len) task.cost = world->profile->jobs[job].take_cost;
            buf_free(&action->data);
            if (job < world->profile->len) world->result->jobs[job].is_exchanged = action->parts != NULL;
            owner_parts_free(action);
            if (!world->profile->jobs[job].is_cancelled) task_add(world, node, task);
            break;
        case OWNER_EXIT: world_fail(world, action->text[0] ? action->text : "the main process gave up"); break;
        default: buf_free(&action->data);
        }
    }
    owner_actions_free(actions);
}

static void send_answer(World *world, const Node *node, const PeerAction *action) {
    Message message = action->message;
    Buf bytes = {0};
    if (action->held && message.size) {
        DataName name = message.as.piece.name;
        bytes = zeros(message.size);
        held_read(action->held, name.list, (uint32_t)name.count, message.as.piece.offset, bytes.data, message.size, NULL);
        message.bytes = bytes.data;
    }
    world_send(world, node->number, action->route, LANE_PIECE, &message);
    buf_free(&bytes);
}

static void worker_act(World *world, Node *node, PeerAction *action) {
    size_t job = world_job(world, action->job);
    Task task = {.job = job, .range = action->range, .first = action->first, .count = action->count, .bag = action->bag};
    switch (action->kind) {
    case PEER_SEND_CONTROL: world_send(world, node->number, NODE_SCHED, LANE_CONTROL, &action->message); break;
    case PEER_SEND_DATA: world_send(world, node->number, endpoint_node(world, action->endpoint), LANE_GET, &action->message); break;
    case PEER_SEND_ANSWER: send_answer(world, node, action); break;
    case PEER_OPEN:
        task.kind = TASK_OPEN;
        task.cost = (uint64_t)(real_bytes(world, action->data.len) / CODE_SPEED);
        task_add(world, node, task);
        break;
    case PEER_COMPUTE:
        task.kind = TASK_COMPUTE;
        task.cost = profile_cost(&world->profile->jobs[job], action->first, action->count);
        task_add(world, node, task);
        break;
    case PEER_REVOKE:
        for (Task *other = node->first; other; other = other->next)
            other->is_revoked |= other->kind == TASK_COMPUTE && other->job == job && other->range == action->range;
        break;
    case PEER_LIMIT:
        if (action->limit < *job_limit(node, job)) *job_limit(node, job) = action->limit;
        break;
    case PEER_MERGE:
        task.kind = TASK_MERGE;
        task.step = action->step;
        task.parts = action->parts;
        task.chunks = chunks_of_data(&action->data);
        task.cost = merge_cost(world, job, action->data.len);
        task_add(world, node, task);
        break;
    case PEER_ENCODE:
        task.kind = TASK_ENCODE;
        task.parts = action->parts;
        task.cost = encode_cost(world, job, find_bag(node, job, action->bag));
        task_add(world, node, task);
        break;
    case PEER_DROP: drop_job(node, job); break;
    case PEER_IDLE:
    case PEER_LOAD:
    case PEER_UNLOAD: break; /* the code of programs does not travel */
    case PEER_EXIT:
        if (action->text[0]) world_fail(world, action->text);
        break;
    }
    buf_free(&action->data);
    code_release(&action->code);
    for (uint32_t i = 0; i < action->slice_count; i++) buf_free(&action->slices[i]);
    free(action->slices);
    action->slices = NULL;
}

static void peer_do(World *world, Node *node, PeerEvent event) {
    PeerActions actions = {0};
    OwnerActions owned = {0};
    event.now = world->now;
    peer_step(node->peer, &event, &actions, &owned);
    for (size_t i = 0; i < actions.len; i++) worker_act(world, node, &actions.items[i]);
    actions.len = 0;
    peer_actions_free(&actions);
    owner_do(world, node, &owned);
}

static void root_do(World *world, Node *node, RootEvent event) {
    OwnerActions actions = {0};
    event.now = world->now;
    root_step(node->root, &event, &actions);
    owner_do(world, node, &actions);
}

void node_happens(World *world, Node *node, const Happening *happening) {
    static const PeerEventKind peer_kinds[] = {PEER_CONTROL, PEER_GET, PEER_PIECE};
    static const RootEventKind root_kinds[] = {ROOT_CONTROL, ROOT_GET, ROOT_PIECE};
    PeerEvent peer = {.kind = PEER_TICK, .message = &happening->message, .route = happening->from};
    RootEvent root = {.kind = ROOT_TICK, .message = &happening->message, .route = happening->from};
    switch (happening->kind) {
    case HAPPENS_TASK: task_over(world, node); return;
    case HAPPENS_START:
        peer.kind = PEER_START;
        root.kind = ROOT_START;
        break;
    case HAPPENS_MESSAGE:
        peer.kind = peer_kinds[happening->lane];
        root.kind = root_kinds[happening->lane];
        break;
    default: world_add(world, world->now + world->beat / 2, (Happening){.kind = HAPPENS_TICK, .node = node->number});
    }
    if (node->root)
        root_do(world, node, root);
    else
        peer_do(world, node, peer);
}

/* ---- making */

Node *node_new(World *world, uint32_t number) {
    Node *node = xcalloc(1, sizeof *node);
    char endpoint[32], name[32];
    snprintf(endpoint, sizeof endpoint, "node:%u", number);
    snprintf(name, sizeof name, "simulated:%u", number);
    node->number = number;
    node->last = &node->first;
    uint64_t dead_after = 300 * world->beat;
    if (number == NODE_ROOT) {
        RootConfig config = {.data_endpoint = endpoint, .name = name, .pid = number, .heartbeat_every = world->beat};
        config.dead_after = dead_after;
        node->root = root_new(&config);
    } else {
        PeerConfig config = {.data_endpoint = endpoint, .name = name, .pid = number, .wish = (int64_t)number - NODE_WORKER};
        config.heartbeat_every = world->beat;
        config.dead_after = dead_after;
        node->peer = peer_new(&config);
    }
    return node;
}

void node_free(Node **node) {
    Node *self = *node;
    if (!self) return;
    for (Task *task = self->first, *next; task; task = next) {
        next = task->next;
        free(task);
    }
    peer_free(&self->peer);
    root_free(&self->root);
    free(self->bags);
    free(self->limits);
    free(self);
    *node = NULL;
}
