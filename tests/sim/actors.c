/* actors.c: virtual processes. A worker is a peer.c with a virtual compute thread, which does one thing at a time, in the order in
 * which it was told; the root is a root.c with a program that submits the plan's jobs and checks what comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/sim/journal.h"
#include "tests/sim/process.h"

/* Bytes that a keyed bag is said to take, so that two of them make a table that is exchanged. */
enum { KEYED_WEIGHT = 5 << 20 };

#define LINGER (100 * SECOND) /* by then all is over: what was slow, silent, or cut off */

/* ---- bags */
static void job_drop(WorkerJob *job) {
    for (OtherBag *other = job->others, *next; other; other = next) {
        next = other->next;
        bag_free(&other->bag);
        free(other);
    }
    if (job->is_open) bag_free(&job->bag);
    job->others = NULL;
    job->is_open = false;
}

/* Makes bag `number` the one in use; one that is not there yet is empty. */
static void job_use_bag(WorkerJob *job, uint32_t number) {
    if (job->number == number) return;
    OtherBag *old = xmalloc(sizeof *old), **link = &job->others;
    *old = (OtherBag){NULL, job->number, job->bag};
    while (*link && (*link)->number != number) link = &(*link)->next;
    OtherBag *wanted = *link;
    if (wanted) {
        job->bag = wanted->bag;
        *link = wanted->next;
        free(wanted);
    } else {
        bag_init(&job->bag, old->bag.n, old->bag.commutative, old->bag.ops);
    }
    job->number = number;
    old->next = job->others;
    job->others = old;
}

Process *process_new(Sim *sim, int node) {
    Process *process = xcalloc(1, sizeof *process);
    char endpoint[32], name[32];
    snprintf(endpoint, sizeof endpoint, "sim:%d", node);
    snprintf(name, sizeof name, "host:%d", node);
    process->node = node;
    process->is_alive = true;
    if (node == NODE_ROOT) {
        RootConfig config = {.data_endpoint = endpoint, .name = name, .pid = 1000 + node};
        process->root = root_new(&config);
    } else {
        PeerConfig config = {.data_endpoint = endpoint, .name = name, .pid = 1000 + node, .wish = -1};
        if (node < NODE_WORKER + SIM_WORKERS) config.wish = node - NODE_WORKER;
        process->peer = peer_new(&config);
    }
    for (uint32_t i = 0; i < SIM_ALL_JOBS; i++)
        process->jobs[i].context = (ValueContext){.plan = sim->plan, .job = i + 1, .live = &sim->live_values};
    return process;
}

void process_free(Sim *sim, Process **process) {
    (void)sim;
    if (!*process) return;
    nested_free(*process);
    for (uint32_t i = 0; i < SIM_ALL_JOBS; i++) job_drop(&(*process)->jobs[i]);
    for (Task *task = (*process)->tasks, *next; task; task = next) {
        next = task->next;
        buf_free(&task->data);
        free(task);
    }
    peer_actions_free(&(*process)->peer_actions);
    owner_actions_free(&(*process)->owned);
    peer_free(&(*process)->peer);
    root_free(&(*process)->root);
    free(*process);
    *process = NULL;
}

void process_kill(Process *process) {
    process->is_alive = false;
}

bool process_is_alive(const Process *process) {
    return process && process->is_alive;
}

static void process_exits(Sim *sim, Process *process, int32_t status, const char *text) {
    sim_trace(sim, "node %d exits with status %d %s", process->node, status, text);
    process->is_alive = false;
    bool may_be_cut_off = network_has_faults(&sim->network.plan) || sim->plan->sleep_count || sim->plan->crash_count;
    if (*text && !may_be_cut_off) sim_fail(sim, "node %d gave up: %s", process->node, text);
    Event exited = {.kind = EVENT_EXITED, .node = NODE_SCHED, .from = process->node};
    sim_post(sim, exited, sim->now + sim_random(sim, 20 * MILLISECOND));
}

/* ---- the compute thread */
static uint64_t task_cost(Sim *sim, const Task *task) {
    if (task->kind == PEER_COMPUTE) return chunk_cost(sim->plan, task->job, task->first + task->done);
    return sim_random(sim, task->kind == PEER_MERGE || task->kind == PEER_ENCODE ? 5 * MILLISECOND : 50 * MICROSECOND);
}

/* A thread that runs a job inside of a chunk does nothing else, not even when it has to wait. */
void process_wake(Sim *sim, Process *process) {
    if (process->is_computing || (process->nested ? !nested_has_work(process) : !process->tasks)) return;
    process->is_computing = true;
    uint64_t cost = process->nested ? nested_cost(sim, process) : task_cost(sim, process->tasks);
    sim_post(sim, (Event){.kind = EVENT_COMPUTE, .node = process->node}, sim->now + cost);
}

static void task_add(Sim *sim, Process *process, Task task) {
    Task *copy = xmalloc(sizeof *copy), **last = &process->tasks;
    *copy = task;
    copy->began = sim->now;
    while (*last) last = &(*last)->next;
    *last = copy;
    process_wake(sim, process);
}

static void worker_peer_step(Sim *sim, Process *process, PeerEvent event);

/* The job that is to be run inside of a chunk, once; 0: none. */
static uint64_t find_nested(const Sim *sim, uint64_t job, uint64_t chunk) {
    for (uint64_t i = SIM_JOBS + 1; i <= SIM_ALL_JOBS; i++) {
        const JobPlan *plan = &sim->plan->jobs[i - 1];
        uint64_t first = i > SIM_JOBS + SIM_NESTED ? i - SIM_NESTED : 0;
        bool is_again = first && sim->is_begun[first - 1] && !process_is_alive(sim->processes[sim->owners[first - 1]]);
        if (plan->host == job && plan->host_chunk == chunk && !sim->is_begun[i - 1] && (!first || is_again)) return i;
    }
    return 0;
}

bool map_chunk(Sim *sim, Process *process, uint64_t number, uint64_t chunk, MsgRangeDone *done) {
    uint64_t nested = find_nested(sim, number, chunk);
    if (nested) {
        sim->is_begun[nested - 1] = true;
        sim->owners[nested - 1] = process->node;
        nested_begin(sim, process, nested);
        return false;
    }
    map_plain_chunk(sim, process, number, chunk, done);
    return true;
}

void map_plain_chunk(Sim *sim, Process *process, uint64_t number, uint64_t chunk, MsgRangeDone *done) {
    WorkerJob *job = &process->jobs[number - 1];
    bool is_again = ranges_has(&sim->mapped[number - 1], chunk, 1);
    if (is_again && !sim->losses && !sim->copies) sim_fail(sim, "chunk %llu ran twice", (unsigned long long)chunk);
    if (sim->journal && !sim->is_unread && number <= SIM_JOBS && journal_had(sim->journal, number, chunk))
        sim_fail(sim, "chunk %llu of job %llu was in the journal, and ran again", (unsigned long long)chunk,
                 (unsigned long long)number);
    sim->again += is_again;
    ranges_add(&sim->mapped[number - 1], chunk, 1);
    BagValue value = value_of_chunk(&job->context, chunk);
    const SimValue *content = (const SimValue *)(uintptr_t)value;
    if (content && content->end != END_NONE) {
        done->end = content->end;
        done->end_chunk = content->end_chunk;
    }
    if (!bag_push(&job->bag, chunk, value)) {
        done->end = END_FAILED;
        done->end_chunk = job->bag.failed;
    }
    process->progress++;
    /* Of a range that may be revoked, that is known when it is finished. */
    if (number > SIM_JOBS && done->end_chunk >= 0 && (uint64_t)done->end_chunk < job->limit)
        job->limit = (uint64_t)done->end_chunk + 1;
}

/* One chunk of a range. True when the range is over; *done then says how. */
static bool compute_chunk(Sim *sim, Process *process, Task *task, WorkerJob *job, MsgRangeDone *done) {
    uint64_t chunk = task->first + task->done;
    done->end_chunk = -1;
    job_use_bag(job, RANGE_BAG);
    if (chunk < job->limit && !task->is_revoked) {
        if (!map_chunk(sim, process, task->job, chunk, done)) return false;
        task->done++;
    }
    done->done = task->done;
    done->elements = task->done;
    return task->is_revoked || task->done == task->count || task->first + task->done >= job->limit || done->end != END_NONE;
}

/* The range is finished: what was mapped goes into its bag, or nowhere when it was revoked meanwhile. */
static void range_finish(const Task *task, WorkerJob *job, MsgRangeDone *done) {
    Bag mapped = job->bag;
    bag_init(&job->bag, mapped.n, mapped.commutative, mapped.ops);
    job_use_bag(job, task->bag);
    if (task->is_revoked) {
        bag_free(&mapped);
        *done = (MsgRangeDone){.count = done->count, .end_chunk = -1};
    } else if (!bag_merge(&job->bag, &mapped) && (done->end == END_NONE || job->bag.failed < done->end_chunk)) {
        done->end = END_FAILED;
        done->end_chunk = job->bag.failed;
    }
}

static void merge_bag(Sim *sim, Process *process, Task *task, WorkerJob *job) {
    Bag other;
    PeerEvent event = {
        .kind = PEER_MERGED, .job = sim->numbers[task->job - 1], .merge_done = {.step = task->step, .end_chunk = -1}};
    if (!bag_decode(&job->context, &other, &task->data)) {
        sim_fail(sim, "node %d got a bag that does not decode", process->node);
        return;
    }
    job_use_bag(job, task->bag);
    event.merge_done.nodes = bag_count(&other);
    if (!bag_merge(&job->bag, &other) && task->parts <= 1) event.merge_done.end_chunk = job->bag.failed;
    worker_peer_step(sim, process, event);
}

static void encode_bag(Sim *sim, Process *process, const Task *task, WorkerJob *job) {
    Buf data = {0};
    PeerEvent event = {.kind = PEER_ENCODED, .job = sim->numbers[task->job - 1], .bag = task->bag, .data = &data};
    job_use_bag(job, task->bag);
    bag_encode(&job->bag, &data);
    worker_peer_step(sim, process, event);
}

static void open_job(Sim *sim, const Task *task, WorkerJob *job) {
    const JobPlan *plan = &sim->plan->jobs[task->job - 1];
    Buf captures = {0};
    captures_encode(task->job, plan->blob, &captures);
    if (!buf_equal(&captures, &task->data)) sim_fail(sim, "the captures of job %llu came wrong", (unsigned long long)task->job);
    buf_free(&captures);
    if (job->is_open) sim_fail(sim, "job %llu was opened twice", (unsigned long long)task->job);
    bag_init(&job->bag, plan->chunks, plan->is_commutative, value_ops(&job->context));
    job->number = 0;
    job->is_open = true;
}

static void root_slice(Sim *sim, Process *process, const Task *task);

/* A range is over: what was mapped of it stays in the bag, or goes to the job's owner. */
static void range_over(Sim *sim, Process *process, const Task *task, WorkerJob *job, MsgRangeDone done) {
    Buf data = {0};
    range_finish(task, job, &done);
    if (done.end_chunk >= 0 && (uint64_t)done.end_chunk < job->limit) job->limit = (uint64_t)done.end_chunk + 1;
    PeerEvent event = {.kind = PEER_COMPUTED, .job = sim->numbers[task->job - 1], .range_done = done, .data = &data};
    event.range_done.range = task->range;
    event.range_done.first = task->first;
    event.range_done.nanoseconds = sim->now - task->began;
    if (sim->plan->jobs[task->job - 1].is_keyed) event.range_done.weight = KEYED_WEIGHT;
    if (task->job > SIM_JOBS) {
        bag_encode(&job->bag, &data);
        bag_free(&job->bag);
    }
    worker_peer_step(sim, process, event);
}

/* Can the worker read the lists of the job where they lie? */
static bool reads_lists(const Sim *sim, const Process *process, uint64_t job) {
    return ((uint64_t)process->node * 37 + job * 11) % 100 < sim->plan->jobs[job - 1].lent;
}

static void task_event(Sim *sim, Process *process) {
    Task *task = process->tasks;
    WorkerJob *job = &process->jobs[task->job - 1];
    MsgRangeDone done = {.end = END_NONE};
    if (task->kind == PEER_COMPUTE && task->is_without && !reads_lists(sim, process, task->job)) {
        process->tasks = task->next;
        worker_peer_step(sim, process,
                         (PeerEvent){.kind = PEER_UNLENT, .job = sim->numbers[task->job - 1], .range_done.range = task->range});
        free(task);
        return;
    }
    if (task->kind == PEER_COMPUTE && !compute_chunk(sim, process, task, job, &done)) return;
    process->tasks = task->next;
    switch (task->kind) {
    case PEER_OPEN: open_job(sim, task, job); break;
    case PEER_COMPUTE: range_over(sim, process, task, job, done); break;
    case PEER_MERGE: merge_bag(sim, process, task, job); break;
    case PEER_ENCODE:
        if (process->root)
            root_slice(sim, process, task);
        else
            encode_bag(sim, process, task, job);
        break;
    case PEER_DROP: job_drop(job); break;
    default: sim_fail(sim, "an unknown task"); break;
    }
    buf_free(&task->data);
    free(task);
}

static void compute_event(Sim *sim, Process *process) {
    process->is_computing = false;
    if (process->nested)
        nested_event(sim, process);
    else
        task_event(sim, process);
    process_wake(sim, process);
}

/* ---- a worker's protocol side */
static void check_slices(Sim *sim, uint64_t job, const PeerAction *action) {
    for (uint32_t i = 0; i < action->slice_count; i++) {
        Buf expected = {0};
        slice_encode(job, i, action->first, action->count, &expected);
        if (!buf_equal(&expected, &action->slices[i])) sim_fail(sim, "a slice of job %llu came wrong", (unsigned long long)job);
        buf_free(&expected);
        buf_free(&action->slices[i]);
    }
    bool is_whole = action->slice_count == sim->plan->jobs[job - 1].lists;
    if (!is_whole && (action->slice_count || !sim->plan->jobs[job - 1].lent)) sim_fail(sim, "slices are missing");
    free(action->slices);
}

static void worker_act(Sim *sim, Process *process, PeerAction *action) {
    uint64_t job = sim_job(sim, action->job);
    Task task = {.kind = action->kind, .job = job, .first = action->first, .count = action->count, .range = action->range};
    task.bag = action->bag;
    switch (action->kind) {
    case PEER_SEND_CONTROL: sim_send(sim, process->node, NODE_SCHED, CHANNEL_CONTROL, &action->message); break;
    case PEER_SEND_DATA: sim_send(sim, process->node, endpoint_node(action->endpoint), CHANNEL_GET, &action->message); break;
    case PEER_SEND_ANSWER: sim_send(sim, process->node, (int)action->route, CHANNEL_PIECE, &action->message); break;
    case PEER_OPEN:
        process->jobs[job - 1].limit = action->spec.chunks;
        task.data = action->data;
        task_add(sim, process, task);
        break;
    case PEER_COMPUTE:
        check_slices(sim, job, action);
        task.is_without = action->slice_count != sim->plan->jobs[job - 1].lists;
        task_add(sim, process, task);
        break;
    case PEER_LIMIT:
        if (action->limit < process->jobs[job - 1].limit) process->jobs[job - 1].limit = action->limit;
        break;
    case PEER_REVOKE:
        for (Task *other = process->tasks; other; other = other->next)
            other->is_revoked |= other->kind == PEER_COMPUTE && other->job == job && other->range == action->range;
        break;
    case PEER_MERGE:
        task.data = action->data;
        task.step = action->step;
        task.parts = action->parts;
        task_add(sim, process, task);
        break;
    case PEER_DROP:
        process->jobs[job - 1].limit = 0;
        task_add(sim, process, task);
        break;
    case PEER_ENCODE: task_add(sim, process, task); break;
    case PEER_LOAD:
    case PEER_UNLOAD: code_release(&action->code); break;
    case PEER_IDLE: break; /* here everything is handed over whether somebody is idle or not */
    case PEER_EXIT: process_exits(sim, process, action->status, action->text); break;
    }
}

static void worker_peer_step(Sim *sim, Process *process, PeerEvent event) {
    event.now = sim->now;
    peer_step(process->peer, &event, &process->peer_actions, &process->owned);
    for (size_t i = 0; i < process->peer_actions.len; i++) worker_act(sim, process, &process->peer_actions.items[i]);
    process->peer_actions.len = 0;
    nested_acts(sim, process, &process->owned);
}

static void worker_event(Sim *sim, Process *process, const Event *event) {
    PeerEvent step = {.message = &event->message, .route = (uint32_t)event->from, .progress = process->progress};
    static const PeerEventKind of_channel[CHANNELS] = {PEER_CONTROL, PEER_GET, PEER_PIECE};
    switch (event->kind) {
    case EVENT_START: step.kind = PEER_START; break;
    case EVENT_MESSAGE: step.kind = of_channel[event->lane]; break;
    default: step.kind = PEER_TICK; break;
    }
    worker_peer_step(sim, process, step);
}

/* ---- the root and its program */
static void root_do(Sim *sim, Process *process, RootEvent event);

/* Begins a step of the jobs' side, with a list of actions of its own. */
static OwnerActions *root_begin(Sim *sim, Process *process) {
    OwnerActions *actions = xcalloc(1, sizeof *actions);
    owner_begin(root_owner(process->root), sim->now, actions);
    return actions;
}

static void root_acts(Sim *sim, Process *process, OwnerActions *actions);

static void root_submit_next(Sim *sim, Process *process) {
    while (process->submitted < sim->plan->job_count && (sim->plan->is_concurrent || process->submitted == process->over)) {
        const JobPlan *plan = &sim->plan->jobs[process->submitted++];
        Buf captures = {0};
        captures_encode(process->submitted, plan->blob, &captures);
        MsgJobSubmit submit = {.spec = job_spec(plan)};
        if (sim->journal) submit.name = journal_name(process->submitted);
        OwnerLists lists = {0};
        if (plan->is_watched) lists_encode(process->submitted, plan, &lists);
        OwnerActions *actions = root_begin(sim, process);
        owner_submit(root_owner(process->root), process->submitted, &submit, &captures, &lists);
        root_acts(sim, process, actions);
        if (plan->cancel_after)
            sim_post(sim, (Event){.kind = EVENT_CANCEL, .node = process->node, .from = (int)process->submitted},
                     sim->now + plan->cancel_after);
    }
}

/* The program is done with a job, and with itself when it was the last. */
static void root_job_over(Sim *sim, Process *process, uint64_t job) {
    process->is_over[job - 1] = true;
    process->over++;
    root_submit_next(sim, process);
    if (process->over < sim->plan->job_count) return;
    if (sim->plan->lingers)
        sim_post(sim, (Event){.kind = EVENT_FINISH, .node = process->node}, sim->now + LINGER);
    else
        root_do(sim, process, (RootEvent){.kind = ROOT_FINISH, .status = sim->plan->status});
}

static void root_finish(Sim *sim, Process *process) {
    ledger_check_end(sim);
    root_do(sim, process, (RootEvent){.kind = ROOT_FINISH, .status = sim->plan->status});
}

static bool part_is_right(ValueContext *context, BagValue value) {
    BagValue expected = value_expected(context);
    bool is_right = value_equal(context, value, expected);
    value_free(context, expected);
    return is_right;
}

static void root_check_value(Sim *sim, ValueContext *context, BagValue value, const OwnerAction *action) {
    BagValue expected = value_expected(context);
    if (!value_equal(context, value, expected)) {
        sim_fail(sim, "job %llu has a wrong result", (unsigned long long)action->job);
        printf("got      ");
        value_print(value);
        printf("expected ");
        value_print(expected);
    }
    const SimValue *content = (const SimValue *)(uintptr_t)expected;
    uint64_t limit =
        content && content->end != END_NONE ? (uint64_t)content->end_chunk + 1 : sim->plan->jobs[action->job - 1].chunks;
    if (action->limit != limit) sim_fail(sim, "the scheduler's limit is %llu", (unsigned long long)action->limit);
    value_free(context, expected);
    sim->results++;
}

/* Each part of a table, in which nothing of the whole is missing here. Returns how many nodes they had. */
static uint64_t root_check_parts(Sim *sim, ValueContext *context, OwnerAction *action) {
    const JobPlan *plan = &sim->plan->jobs[action->job - 1];
    uint64_t nodes = 0;
    for (uint32_t i = 0; i < action->part_count; i++) {
        Bag bag;
        BagValue value = VALUE_NONE;
        bag_init(&bag, plan->chunks, plan->is_commutative, value_ops(context));
        if (!bag_decode(context, &bag, &action->parts[i])) sim_fail(sim, "a part does not decode");
        nodes += bag_count(&bag);
        if (!bag_finish(&bag, action->limit, &value))
            sim_fail(sim, "part %u of job %llu lacks chunks", i, (unsigned long long)action->job);
        else if (i == 0)
            root_check_value(sim, context, value, action);
        else if (!part_is_right(context, value))
            sim_fail(sim, "part %u of job %llu is wrong", i, (unsigned long long)action->job);
        value_free(context, value);
        bag_free(&bag);
    }
    owner_parts_free(action);
    sim->exchanged++;
    return nodes;
}

static void root_check(Sim *sim, Process *process, OwnerAction *action) {
    ValueContext *context = &process->jobs[action->job - 1].context;
    const JobPlan *plan = &sim->plan->jobs[action->job - 1];
    Bag bag;
    BagValue value = VALUE_NONE;
    bag_init(&bag, plan->chunks, plan->is_commutative, value_ops(context));
    if (action->has_bag && !bag_decode(context, &bag, &action->data)) sim_fail(sim, "the last bag does not decode");
    uint64_t nodes = bag_count(&bag);
    if (action->limit == plan->chunks && nodes > 1) sim_fail(sim, "the root got %llu nodes", (unsigned long long)nodes);
    if (action->parts)
        nodes = root_check_parts(sim, context, action);
    else if (bag_finish(&bag, action->limit, &value))
        root_check_value(sim, context, value, action);
    else
        sim_fail(sim, "job %llu lacks chunks", (unsigned long long)action->job);
    value_free(context, value);
    bag_free(&bag);
    buf_free(&action->data);
    OwnerActions *actions = root_begin(sim, process);
    owner_received(root_owner(process->root), action->job, nodes);
    root_acts(sim, process, actions);
    root_job_over(sim, process, action->job);
}

/* The program does not want a job's result any more. */
static void root_cancel(Sim *sim, Process *process, uint64_t job) {
    if (process->is_over[job - 1]) return;
    OwnerActions *actions = root_begin(sim, process);
    owner_cancel(root_owner(process->root), job);
    root_acts(sim, process, actions);
    sim->results++;
    sim->is_cancelled[job - 1] = true;
    root_job_over(sim, process, job);
}

static void root_progress(Sim *sim, Process *process, const OwnerAction *action) {
    uint64_t *last = &process->progress_of[action->job - 1];
    if (action->count < *last || action->count > action->limit) sim_fail(sim, "the progress of a job went wrong");
    *last = action->count;
}

static void root_slice(Sim *sim, Process *process, const Task *task) {
    Buf data = {0};
    slice_encode(task->job, task->list, task->first, task->count, &data);
    OwnerActions *actions = root_begin(sim, process);
    owner_sliced(root_owner(process->root), task->job, task->list, task->first, task->count, &data);
    root_acts(sim, process, actions);
}

static void root_act(Sim *sim, Process *process, OwnerAction *action) {
    Task task = {.kind = PEER_ENCODE, .job = action->job, .first = action->first, .count = action->count, .list = action->list};
    switch (action->kind) {
    case OWNER_SEND_CONTROL: sim_send(sim, process->node, NODE_SCHED, CHANNEL_CONTROL, &action->message); break;
    case OWNER_SEND_DATA: sim_send(sim, process->node, endpoint_node(action->endpoint), CHANNEL_GET, &action->message); break;
    case OWNER_SEND_ANSWER: sim_send(sim, process->node, (int)action->route, CHANNEL_PIECE, &action->message); break;
    case OWNER_SLICE: task_add(sim, process, task); break;
    case OWNER_PROGRESS: root_progress(sim, process, action); break;
    case OWNER_RESULT: root_check(sim, process, action); break;
    case OWNER_EXIT: process_exits(sim, process, action->status, action->text); break;
    default: sim_fail(sim, "a strange action for the root");
    }
}

/* The program may submit its next job while the actions of a step are done, so each step has a list of its own. */
static void root_acts(Sim *sim, Process *process, OwnerActions *actions) {
    for (size_t i = 0; i < actions->len; i++) root_act(sim, process, &actions->items[i]);
    actions->len = 0;
    owner_actions_free(actions);
    free(actions);
}

static void root_do(Sim *sim, Process *process, RootEvent event) {
    OwnerActions *actions = xcalloc(1, sizeof *actions);
    event.now = sim->now;
    root_step(process->root, &event, actions);
    root_acts(sim, process, actions);
}

static void root_event(Sim *sim, Process *process, const Event *event) {
    RootEvent step = {.message = &event->message, .route = (uint32_t)event->from};
    static const RootEventKind of_channel[CHANNELS] = {ROOT_CONTROL, ROOT_GET, ROOT_PIECE};
    switch (event->kind) {
    case EVENT_START: step.kind = ROOT_START; break;
    case EVENT_MESSAGE: step.kind = of_channel[event->lane]; break;
    default: step.kind = ROOT_TICK; break;
    }
    root_do(sim, process, step);
    if (event->kind == EVENT_START) root_submit_next(sim, process);
}

void process_event(Sim *sim, Process *process, const Event *event) {
    if (!process || !process->is_alive || (!process->has_started && event->kind != EVENT_START)) return;
    process->has_started = true;
    if (event->kind == EVENT_COMPUTE)
        compute_event(sim, process);
    else if (event->kind == EVENT_CANCEL)
        root_cancel(sim, process, (uint64_t)event->from);
    else if (event->kind == EVENT_FINISH)
        root_finish(sim, process);
    else if (process->root)
        root_event(sim, process, event);
    else
        worker_event(sim, process, event);
    if (event->kind == EVENT_START || event->kind == EVENT_TICK)
        sim_post(sim, (Event){.kind = EVENT_TICK, .node = process->node}, sim->now + SECOND / 2);
}
