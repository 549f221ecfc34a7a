/* nested.c: a job that a virtual compute thread runs inside of a chunk of another, as runtime/worker/nest.c does: it has mapped
 * some chunks, hands the job over, maps those that it kept, joins, maps what it is handed and takes in what others have mapped.
 * Some are given up instead. */
#include <stdlib.h>

#include "base/arena.h"
#include "tests/sim/process.h"

typedef struct Work Work;
struct Work {
    Work *next;
    bool is_part;
    uint64_t first, count;
    Buf data;
};

struct Nested {
    Nested *outer;
    uint64_t job;
    uint64_t first, count, done; /* the range that is being mapped; count 0: none */
    uint64_t began;
    MsgRangeDone told; /* how it ended */
    bool is_joined, has_result;
    uint64_t limit; /* of the result */
    Work *work;
};

static const JobPlan *plan_of(const Sim *sim, const Nested *nested) {
    return &sim->plan->jobs[nested->job - 1];
}

static uint64_t number_of(const Sim *sim, const Nested *nested) {
    return sim->numbers[nested->job - 1];
}

static OwnerActions *owner_actions_begin(Sim *sim, Process *process) {
    OwnerActions *actions = xcalloc(1, sizeof *actions);
    owner_begin(peer_owner(process->peer), sim->now, actions);
    return actions;
}

static void owner_actions_end(Sim *sim, Process *process, OwnerActions *actions) {
    nested_acts(sim, process, actions);
    owner_actions_free(actions);
    free(actions);
}

static void nested_pop(Process *process) {
    Nested *nested = process->nested;
    WorkerJob *job = &process->jobs[nested->job - 1];
    for (Work *work = nested->work, *next; work; work = next) {
        next = work->next;
        buf_free(&work->data);
        free(work);
    }
    bag_free(&job->bag);
    job->is_open = false;
    process->nested = nested->outer;
    free(nested);
}

void nested_free(Process *process) {
    while (process->nested) nested_pop(process);
}

/* The bag has all that counts: is it right? */
static void nested_check(Sim *sim, Process *process, uint64_t limit) {
    WorkerJob *job = &process->jobs[process->nested->job - 1];
    BagValue value = VALUE_NONE, expected = value_expected(&job->context);
    if (!bag_finish(&job->bag, limit, &value))
        sim_fail(sim, "nested job %llu lacks chunks", (unsigned long long)process->nested->job);
    else if (!value_equal(&job->context, value, expected))
        sim_fail(sim, "nested job %llu has a wrong result", (unsigned long long)process->nested->job);
    value_free(&job->context, value);
    value_free(&job->context, expected);
}

static void nested_submit(Sim *sim, Process *process, const Nested *nested, uint64_t mapped, uint64_t kept) {
    const JobPlan *plan = plan_of(sim, nested);
    MsgJobSubmit submit = {.spec = job_spec(plan), .mapped = mapped, .kept = kept};
    Buf captures = {0};
    OwnerLists lists = {0};
    submit.spec.flags = (submit.spec.flags | JOB_BY_RANGES) & ~(uint32_t)(JOB_IS_WATCHED | JOB_BY_KEY);
    submit.spec.grain = plan->grain;
    captures_encode(nested->job, plan->blob, &captures);
    lists_encode(nested->job, plan, &lists);
    OwnerActions *actions = owner_actions_begin(sim, process);
    owner_submit(peer_owner(process->peer), number_of(sim, nested), &submit, &captures, &lists);
    owner_actions_end(sim, process, actions);
}

void nested_begin(Sim *sim, Process *process, uint64_t number) {
    const JobPlan *plan = &sim->plan->jobs[number - 1];
    WorkerJob *job = &process->jobs[number - 1];
    Nested *nested = xcalloc(1, sizeof *nested);
    *nested = (Nested){.outer = process->nested, .job = number, .began = sim->now, .told = {.end_chunk = -1}};
    process->nested = nested;
    sim->numbers[number - 1] = JOB_NUMBER((uint64_t)peer_number(process->peer) + 1, ++process->own_jobs);
    bag_init(&job->bag, plan->chunks, plan->is_commutative, value_ops(&job->context));
    job->is_open = true;
    job->limit = plan->chunks;
    for (uint64_t chunk = 0; chunk < plan->mapped && nested->told.end == END_NONE; chunk++)
        map_plain_chunk(sim, process, number, chunk, &nested->told);
    if (nested->told.end != END_NONE) { /* over before anybody else had to know */
        nested_check(sim, process, (uint64_t)nested->told.end_chunk + 1);
        nested_pop(process);
        return;
    }
    nested->first = plan->mapped;
    nested->count = plan->kept - plan->mapped;
    nested_submit(sim, process, nested, plan->mapped, plan->kept);
}

bool nested_has_work(const Process *process) {
    const Nested *nested = process->nested;
    return !nested->is_joined || nested->count || nested->work || nested->has_result;
}

uint64_t nested_cost(Sim *sim, const Process *process) {
    const Nested *nested = process->nested;
    return nested->count ? chunk_cost(sim->plan, nested->job, nested->first + nested->done) : sim_random(sim, 100 * MICROSECOND);
}

static void tell_range(Sim *sim, Process *process, Nested *nested) {
    MsgRangeDone done = nested->told;
    done.first = nested->first;
    done.count = nested->count;
    done.done = done.elements = nested->done;
    done.nanoseconds = sim->now - nested->began;
    nested->count = nested->done = 0;
    nested->told = (MsgRangeDone){.end_chunk = -1};
    OwnerActions *actions = owner_actions_begin(sim, process);
    owner_computed(peer_owner(process->peer), number_of(sim, nested), &done);
    owner_actions_end(sim, process, actions);
}

/* One chunk of the range that is being mapped. */
static void map_one(Sim *sim, Process *process, Nested *nested) {
    WorkerJob *job = &process->jobs[nested->job - 1];
    uint64_t chunk = nested->first + nested->done;
    if (chunk < job->limit) {
        if (!map_chunk(sim, process, nested->job, chunk, &nested->told)) return;
        nested->done++;
    }
    if (nested->done == nested->count || nested->first + nested->done >= job->limit || nested->told.end != END_NONE)
        tell_range(sim, process, nested);
}

static void take_in(Sim *sim, Process *process, Nested *nested, const Buf *data) {
    WorkerJob *job = &process->jobs[nested->job - 1];
    Bag other;
    if (!bag_decode(&job->context, &other, data))
        sim_fail(sim, "a part of a nested job does not decode");
    else
        bag_merge(&job->bag, &other);
}

static void next_work(Sim *sim, Process *process, Nested *nested) {
    Work *work = nested->work;
    nested->work = work->next;
    if (work->is_part) {
        take_in(sim, process, nested, &work->data);
    } else {
        nested->first = work->first;
        nested->count = work->count;
        nested->began = sim->now;
    }
    buf_free(&work->data);
    free(work);
}

void nested_event(Sim *sim, Process *process) {
    Nested *nested = process->nested;
    if (nested->count) {
        map_one(sim, process, nested);
        return;
    }
    if (nested->work) {
        next_work(sim, process, nested);
        return;
    }
    bool is_given_up = !nested->is_joined && plan_of(sim, nested)->cancel_after;
    OwnerActions *actions = owner_actions_begin(sim, process);
    if (is_given_up) {
        sim->is_cancelled[nested->job - 1] = true;
        owner_cancel(peer_owner(process->peer), number_of(sim, nested));
    } else if (nested->has_result) {
        nested_check(sim, process, nested->limit);
        owner_received(peer_owner(process->peer), number_of(sim, nested), 1);
    } else {
        owner_join(peer_owner(process->peer), number_of(sim, nested));
    }
    bool is_over = is_given_up || nested->has_result;
    nested->is_joined = true;
    owner_actions_end(sim, process, actions);
    if (is_over) nested_pop(process);
}

static void add_work(Nested *nested, OwnerAction *action) {
    Work *work = xcalloc(1, sizeof *work), **last = &nested->work;
    *work = (Work){.is_part = action->kind == OWNER_PART, .first = action->first, .count = action->count, .data = action->data};
    while (*last) last = &(*last)->next;
    *last = work;
}

static void nested_act(Sim *sim, Process *process, Nested *nested, OwnerAction *action) {
    WorkerJob *job = &process->jobs[nested->job - 1];
    switch (action->kind) {
    case OWNER_COMPUTE:
        if (!nested->is_joined) sim_fail(sim, "an owner that has not joined is handed a range");
        add_work(nested, action);
        break;
    case OWNER_PART: add_work(nested, action); break;
    case OWNER_LIMIT:
        if (action->limit < job->limit) job->limit = action->limit;
        break;
    case OWNER_RESULT:
        if (nested->has_result || action->has_bag) sim_fail(sim, "a strange result of a nested job");
        nested->has_result = true;
        nested->limit = action->limit;
        break;
    default: sim_fail(sim, "a strange action for a nested job");
    }
}

void nested_acts(Sim *sim, Process *process, OwnerActions *actions) {
    for (size_t i = 0; i < actions->len; i++) {
        OwnerAction *action = &actions->items[i];
        switch (action->kind) {
        case OWNER_SEND_CONTROL: sim_send(sim, process->node, NODE_SCHED, CHANNEL_CONTROL, &action->message); break;
        case OWNER_SEND_DATA: sim_send(sim, process->node, endpoint_node(action->endpoint), CHANNEL_GET, &action->message); break;
        case OWNER_SEND_ANSWER: sim_send(sim, process->node, (int)action->route, CHANNEL_PIECE, &action->message); break;
        default: {
            Nested *nested = process->nested;
            while (nested && number_of(sim, nested) != action->job) nested = nested->outer;
            if (nested)
                nested_act(sim, process, nested, action);
            else
                buf_free(&action->data);
        }
        }
    }
    actions->len = 0;
    process_wake(sim, process);
}
