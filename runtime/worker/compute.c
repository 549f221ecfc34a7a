/* compute.c: the queues between a worker's two threads, and what the compute thread does with each order. */
#include "runtime/worker/compute.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/bags.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/thin.h"

typedef struct Order Order;
struct Order {
    Order *next;
    PeerAction action;
};

typedef struct Answer Answer;
struct Answer {
    Answer *next;
    PeerEvent event; /* its `data` and `held` are those below */
    Buf data;
    Held *held;
};

/* A program of which the thread has jobs, with its own copy of the globals. */
typedef struct Stage Stage;
struct Stage {
    Stage *next;
    const MrProgram *program;
    void *globals;
    size_t jobs;
};

/* A job as both threads see it: both lower the limit, all else is the compute thread's. What is mapped and merged goes into
 * numbered bags (compute->bags); `job.bag` is for one range: by ranges, that is all, and where a range may be revoked, it goes into
 * its bag when it is finished. */
typedef struct Entry Entry;
struct Entry {
    Entry *next;
    uint64_t number;
    _Atomic uint64_t limit;
    bool is_open, by_ranges, by_key, is_lent; /* the last: as its owner says */
    Stage *stage;                             /* of the job's program; NULL: it has none */
    Job job;
    /* The range that is being mapped, and its own limit, which is the job's, or 0 when it was revoked. Guarded by the mutex. */
    uint64_t range;
    _Atomic uint64_t range_limit;
    bool is_revoked;
    uint64_t *revoked; /* ranges that were revoked before they were begun */
    size_t revoked_len;
};

/* Object code that came, and is a program now. */
typedef struct Loaded Loaded;
struct Loaded {
    Loaded *next;
    const MrProgram *own;
    MrProgram program; /* joined with those that it needs */
    bool is_joined;
    void *handle; /* the loader's */
    Code *code;
};

struct Compute {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the queues, the list of entries and is_stopping */
    pthread_cond_t has_order;
    Order *orders, **last_order;
    Answer *answers, **last_answer;
    Entry *entries;
    bool is_stopping;
    uint64_t mapped; /* the job of which a range is being mapped, which may be interrupted; 0: none. Guarded by the mutex. */
    _Atomic uint64_t progress;
    Stage *stages; /* the compute thread's, as what follows */
    Loaded *loaded;
    Bags bags;
    Answer *given; /* the answer that compute_answer gave last */
    ComputeConfig config;
    MrContext context;
    MrRuntime runtime;
};

static void lower(_Atomic uint64_t *place, uint64_t limit) {
    uint64_t now = atomic_load_explicit(place, memory_order_relaxed);
    while (limit < now && !atomic_compare_exchange_weak_explicit(place, &now, limit, memory_order_relaxed, memory_order_relaxed)) {}
}

/* Chunks from `limit` on are not needed. */
static void lower_limit(Entry *entry, uint64_t limit) {
    lower(&entry->limit, limit);
    lower(&entry->range_limit, limit);
}

/* By ranges nobody else maps what this worker has; a keyed range goes into its bag at once, because merging tables takes long. */
static bool may_revoke(const Entry *entry) {
    return !entry->by_ranges && !entry->by_key;
}

/* ---- the compute thread */

static Entry *find_entry(Compute *compute, uint64_t number) {
    pthread_mutex_lock(&compute->mutex);
    Entry *entry = compute->entries;
    while (entry && entry->number != number) entry = entry->next;
    pthread_mutex_unlock(&compute->mutex);
    return entry;
}

static void fault_before_answer(PeerEventKind kind) {
    if (kind == PEER_COMPUTED) MR_FAULT("range.before_answer");
    if (kind == PEER_MERGED) MR_FAULT("reduce.after_merge");
    if (kind == PEER_ENCODED) MR_FAULT("reduce.after_encode");
}

static void post_answer(Compute *compute, Answer *answer) {
    fault_before_answer(answer->event.kind);
    pthread_mutex_lock(&compute->mutex);
    bool is_first = !compute->answers; /* else the other thread has been woken, and takes all there are */
    *compute->last_answer = answer;
    compute->last_answer = &answer->next;
    pthread_mutex_unlock(&compute->mutex);
    if (is_first) shares_rouse(compute->runtime.shares);
}

static void answer_free(Answer *answer) {
    if (!answer) return;
    buf_free(&answer->data);
    held_free(&answer->held);
    free(answer);
}

static Answer *answer_new(const PeerAction *action, PeerEventKind kind) {
    Answer *answer = xcalloc(1, sizeof *answer);
    answer->event = (PeerEvent){.kind = kind, .job = action->job, .data = &answer->data, .held = &answer->held};
    return answer;
}

static void post_failure(Compute *compute, const PeerAction *action, const char *text) {
    Answer *answer = answer_new(action, PEER_FAILED);
    answer->event.text = text;
    post_answer(compute, answer);
}

/* The same with a text that is the answer's from here on. */
static void post_failure_take(Compute *compute, const PeerAction *action, char *text) {
    Answer *answer = answer_new(action, PEER_FAILED);
    if (text) buf_add_text(&answer->data, text);
    answer->event.text = buf_text(&answer->data);
    free(text);
    post_answer(compute, answer);
}

/* ---- programs: the thread's own part of each that it has jobs of */

static Stage *stage_of(Compute *compute, const MrProgram *program) {
    Stage *stage = compute->stages;
    while (stage && stage->program != program) stage = stage->next;
    if (stage) return stage;
    stage = xcalloc(1, sizeof *stage);
    *stage = (Stage){.next = compute->stages, .program = program, .globals = context_globals(program)};
    return compute->stages = stage;
}

static void stage_enter(Compute *compute, const Stage *stage) {
    compute->context.program = stage->program;
    compute->context.globals = stage->globals;
}

/* A program is left with its last job; the executable's own stays. */
static void stage_leave(Compute *compute, Stage *stage) {
    const MrProgram *program = stage->program, *own = programs_own(compute->config.programs);
    stage->jobs--;
    if (stage->jobs == 0 && program != own) {
        Stage **link = &compute->stages;
        while (*link != stage) link = &(*link)->next;
        *link = stage->next;
        stage_enter(compute, stage);
        context_drop_globals(&compute->context);
        free(stage);
        stage_enter(compute, stage_of(compute, own));
    }
    programs_leave(compute->config.programs, program);
}

static void do_load(Compute *compute, const PeerAction *action) {
    const ProgramLoader *loader = compute->config.loader;
    char *error = NULL;
    void *handle = NULL;
    size_t size;
    const void *object = code_object(action->code, &size);
    const MrProgram *program = loader ? loader->load(loader->data, object, size, &handle, &error) : NULL;
    if (!program) {
        post_failure_take(compute, action, error ? error : strdup("object code has come, which this program cannot load"));
        return;
    }
    Loaded *loaded = xcalloc(1, sizeof *loaded);
    *loaded = (Loaded){.next = compute->loaded, .own = program, .handle = handle, .code = code_keep(action->code)};
    program_join(&loaded->program, program, NULL, 0);
    compute->loaded = loaded;
    programs_add(compute->config.programs, &loaded->program, action->code);
}

static Loaded **find_loaded(Compute *compute, const uint8_t *hash) {
    Loaded **link = &compute->loaded;
    while (*link && memcmp(code_hash((*link)->code), hash, CODE_HASH_SIZE) != 0) link = &(*link)->next;
    return link;
}

/* All that the code needs was loaded before the first job of it. */
static void join_needs(Compute *compute, Loaded *loaded) {
    const MrProgram *others[CODE_NEEDS];
    uint32_t count = code_need_count(loaded->code), found = 0;
    for (uint32_t i = 0; i < count; i++) {
        const Loaded *other = *find_loaded(compute, code_need(loaded->code, i));
        if (other) others[found++] = other->own;
    }
    program_part(&loaded->program);
    program_join(&loaded->program, loaded->own, others, found);
    loaded->is_joined = found == count;
}

/* False: somebody is in it still. */
static bool unload(Compute *compute, Loaded **link) {
    Loaded *loaded = *link;
    const ProgramLoader *loader = compute->config.loader;
    if (!programs_remove(compute->config.programs, &loaded->program)) return false;
    cost_forget(&compute->runtime, loaded->own);
    *link = loaded->next;
    for (Loaded *other = compute->loaded; other; other = other->next) other->is_joined = false; /* maybe with this one */
    program_part(&loaded->program);
    loader->unload(loader->data, loaded->handle);
    code_release(&loaded->code);
    free(loaded);
    return true;
}

/* All jobs of it have been dropped before. */
static void do_unload(Compute *compute, const PeerAction *action) {
    Loaded **link = find_loaded(compute, code_hash(action->code));
    if (*link) unload(compute, link);
}

static void do_open(Compute *compute, Entry *entry, const PeerAction *action) {
    const MrProgram *program;
    Loaded *loaded = *find_loaded(compute, action->spec.code);
    if (loaded && !loaded->is_joined) join_needs(compute, loaded);
    const MrTask *task = programs_enter(compute->config.programs, action->spec.task, action->spec.code, &program);
    if (!task) { /* of a cell that has ended: the job was cancelled with it, which will be heard soon */
        if (programs_own(compute->config.programs)->top_level || compute->config.loader)
            post_failure(compute, action, "this executable has no such task");
        return;
    }
    entry->stage = stage_of(compute, program);
    entry->stage->jobs++;
    stage_enter(compute, entry->stage);
    bool failed = job_open(&entry->job, &compute->context, task, entry->number, action->data.data, action->data.len);
    if (!failed && entry->job.plan.chunks != action->spec.chunks) {
        job_close(&entry->job);
        failed = true;
    }
    entry->is_open = !failed;
    if (failed) post_failure(compute, action, "the description of a job cannot be read");
}

/* Decodes the elements of the range's lists; true: failed. */
static bool take_slices(Entry *entry, const PeerAction *action, MrList **lists) {
    if (entry->job.is_lent) return action->slice_count != 0;
    if (action->slice_count != entry->job.plan.lists) return true;
    for (uint32_t i = 0; i < action->slice_count; i++) {
        if (job_decode_slice(&entry->job, i, action->first, action->count, &action->slices[i], &lists[i])) return true;
    }
    return false;
}

/* What the tables of the bag weigh when they are combined, wherever they lie: by this it is decided how it comes together with
 * others. In order, each node of a bag weighs about half as much as the next larger one. Where ranges came in disorder there are
 * many small ones, which have keys in common: these are not worth an exchange, which would cut each of them. */
static uint64_t bag_size(const Entry *entry, KeptBag *kept) {
    if (!entry->by_key) return 0;
    kept_weigh(kept, &entry->job.of);
    uint64_t combined = 2 * kept->weight.heaviest;
    if (combined > kept->weight.all) combined = kept->weight.all;
    return combined + (kept->spilled ? held_size(kept->spilled, 0, 0) : 0);
}

/* False: the range was revoked before it was begun. */
static bool range_begin(Compute *compute, Entry *entry, uint64_t range) {
    pthread_mutex_lock(&compute->mutex);
    entry->is_revoked = false;
    for (size_t i = 0; i < entry->revoked_len; i++) entry->is_revoked |= entry->revoked[i] == range;
    entry->range = range;
    atomic_store(&entry->range_limit, atomic_load(&entry->limit));
    bool is_wanted = !entry->is_revoked;
    pthread_mutex_unlock(&compute->mutex);
    return is_wanted;
}

/* What was mapped goes into its bag, or nowhere when the range was revoked meanwhile. */
static void range_finish(Compute *compute, Entry *entry, Bag *into, JobRun *run) {
    pthread_mutex_lock(&compute->mutex);
    bool is_wanted = !entry->is_revoked;
    entry->range = 0;
    pthread_mutex_unlock(&compute->mutex);
    if (!is_wanted) {
        bag_free(&entry->job.bag);
        run->done = run->elements = run->size = 0;
        run->end = END_NONE;
        run->end_chunk = -1;
    } else if (!bag_merge(into, &entry->job.bag) && (run->end == END_NONE || into->failed < run->end_chunk)) {
        run->end = END_FAILED;
        run->end_chunk = into->failed;
    }
}

/* Maps a range into the bag, unless it is revoked before it is finished. */
static void map_revocable(Compute *compute, Entry *entry, uint64_t range, Bag *into, JobRun *run) {
    bool is_wanted = range_begin(compute, entry, range);
    run->limit = &entry->range_limit;
    if (is_wanted) job_map(&entry->job, run);
    range_finish(compute, entry, into, run);
}

static void answer_computed(Compute *compute, Entry *entry, const PeerAction *action, const JobRun *run, uint64_t start) {
    Answer *answer = answer_new(action, PEER_COMPUTED);
    uint64_t now = clock_now();
    answer->event.range_done = (MsgRangeDone){.range = action->range,
                                              .first = run->first,
                                              .count = run->count,
                                              .done = run->done,
                                              .elements = run->elements,
                                              .size = run->size,
                                              .nanoseconds = now - start,
                                              .ended = now,
                                              .end_chunk = run->end_chunk,
                                              .end = run->end};
    if (entry->by_ranges) {
        bag_to_bytes(&entry->job.bag, &entry->job.of, &answer->data);
        bag_free(&entry->job.bag);
    } else {
        answer->event.range_done.weight = bag_size(entry, bags_get(&compute->bags, &entry->job.of, action->bag, (Part){0}));
    }
    post_answer(compute, answer);
}

/* The lists are lent, but are not to be had here: slices of them must be pulled. */
static bool is_unlent(const Entry *entry, const PeerAction *action) {
    return entry->is_lent && !entry->job.is_lent && !entry->job.is_over && action->slice_count == 0;
}

static void answer_unlent(Compute *compute, const PeerAction *action) {
    Answer *answer = answer_new(action, PEER_UNLENT);
    answer->event.range_done.range = action->range;
    post_answer(compute, answer);
}

/* Maps a range that may be interrupted. True: *error says why what was mapped cannot be kept. */
static bool map_range(Compute *compute, Entry *entry, const PeerAction *action, KeptBag *kept, JobRun *run, char **error) {
    const char *limit = compute->context.stack_limit;
    bool failed = false;
    pthread_mutex_lock(&compute->mutex);
    compute->mapped = entry->number;
    pthread_mutex_unlock(&compute->mutex);
    if (entry->by_ranges)
        job_map(&entry->job, run);
    else if (may_revoke(entry))
        map_revocable(compute, entry, action->range, &kept->bag, run);
    else
        failed = bags_map(&compute->bags, kept, &entry->job, run, error);
    pthread_mutex_lock(&compute->mutex);
    compute->mapped = 0;
    compute->context.stack_limit = limit;
    pthread_mutex_unlock(&compute->mutex);
    return failed;
}

static void do_compute(Compute *compute, Entry *entry, const PeerAction *action) {
    if (is_unlent(entry, action)) {
        answer_unlent(compute, action);
        return;
    }
    uint64_t start = clock_now();
    JobRun run = {.first = action->first, .count = action->count, .limit = &entry->limit, .progress = &compute->progress};
    run.box = compute->config.box;
    run.end_chunk = -1;
    MrList **lists = xcalloc(action->slice_count + 1, sizeof *lists);
    PlanLists given = {.lists = lists, .first = action->first};
    if (!entry->job.is_lent) run.lists = &given;
    char *error = NULL;
    bool is_bad = take_slices(entry, action, lists), failed = false;
    KeptBag *kept = entry->by_ranges ? NULL : bags_get(&compute->bags, &entry->job.of, action->bag, (Part){0});
    if (entry->job.is_over)
        is_bad = false; /* as if the range had been revoked */
    else if (!is_bad)
        failed = map_range(compute, entry, action, kept, &run, &error);
    for (uint32_t i = 0; i < action->slice_count; i++) {
        if (lists[i]) job_drop_slice(&entry->job, i, lists[i]);
    }
    free(lists);
    if (is_bad || failed) {
        post_failure_take(compute, action, is_bad ? strdup("the elements of a list cannot be read") : error);
        return;
    }
    /* The next range may lie in the queue already, and it may be a long one. */
    if (run.end != END_NONE) lower_limit(entry, (uint64_t)run.end_chunk + 1);
    answer_computed(compute, entry, action, &run, start);
}

static void do_merge(Compute *compute, Entry *entry, const PeerAction *action) {
    uint64_t start = clock_now(), now, nodes = 0;
    Part part = {action->part, action->parts > 1 ? action->parts : 0};
    KeptBag *kept = bags_get(&compute->bags, &entry->job.of, action->bag, part);
    char *error = NULL;
    compute->runtime.is_merging = true;
    bool is_bad = kept_merge(kept, &entry->job.of, action->data.data, action->data.len, &nodes);
    compute->runtime.is_merging = false;
    if (is_bad || bags_relieve(&compute->bags, kept, &entry->job.of, &error)) {
        post_failure_take(compute, action, is_bad ? strdup("another worker's partial results cannot be read") : error);
        return;
    }
    atomic_fetch_add_explicit(&compute->progress, 1, memory_order_relaxed);
    Answer *answer = answer_new(action, PEER_MERGED);
    now = clock_now();
    answer->event.merge_done = (MsgMergeDone){.step = action->step, .nodes = nodes, .nanoseconds = now - start, .ended = now};
    answer->event.merge_done.weight = bag_size(entry, kept);
    answer->event.merge_done.end_chunk = part.count ? -1 : kept->bag.failed; /* parts do not say what has failed */
    post_answer(compute, answer);
}

/* What is asked for is complete, or others have the rest: a table that is complete need not travel as a whole. */
static void do_encode(Compute *compute, Entry *entry, const PeerAction *action) {
    const FrameContext *of = &entry->job.of;
    const Memory *memory = &compute->bags.memory;
    Answer *answer = answer_new(action, PEER_ENCODED);
    KeptBag *kept = bags_get(&compute->bags, of, action->bag, (Part){0});
    char *error = NULL;
    answer->event.bag = action->bag;
    compute->runtime.is_merging = true;
    bool failed = entry->by_key && action->parts == 0 && kept_thin(kept, of, memory, &error);
    compute->runtime.is_merging = false;
    if (!failed) answer->held = kept_freeze(kept, of, memory, action->parts > 0, &error);
    bags_remove(&compute->bags, of, action->bag);
    if (answer->held) {
        post_answer(compute, answer);
        return;
    }
    answer_free(answer);
    post_failure_take(compute, action, error);
}

static void do_drop(Compute *compute, Entry *entry) {
    if (entry->stage) stage_enter(compute, entry->stage); /* also where all that is left is dropped */
    bags_drop(&compute->bags, &entry->job.of);
    if (entry->is_open) job_close(&entry->job);
    if (entry->stage) stage_leave(compute, entry->stage);
    pthread_mutex_lock(&compute->mutex);
    Entry **link = &compute->entries;
    while (*link != entry) link = &(*link)->next;
    *link = entry->next;
    pthread_mutex_unlock(&compute->mutex);
    free(entry->revoked);
    free(entry);
}

static void order_free(Order *order) {
    buf_free(&order->action.data);
    code_release(&order->action.code);
    for (uint32_t i = 0; i < order->action.slice_count; i++) buf_free(&order->action.slices[i]);
    free(order->action.slices);
    free(order);
}

static void fault_before_order(PeerActionKind kind) {
    if (kind == PEER_OPEN) MR_FAULT("job.before_open");
    if (kind == PEER_COMPUTE) MR_FAULT("worker.before_range");
    if (kind == PEER_MERGE) MR_FAULT("reduce.before_merge");
    if (kind == PEER_ENCODE) MR_FAULT("reduce.before_encode");
    if (kind == PEER_DROP) MR_FAULT("job.before_drop");
}

static Activity activity_of(PeerActionKind kind) {
    switch (kind) {
    case PEER_OPEN:
    case PEER_COMPUTE: return AT_MAPPING;
    case PEER_MERGE: return AT_MERGING;
    case PEER_ENCODE: return AT_ENCODING;
    default: return AT_NOTHING;
    }
}

/* Orders for a job that could not be opened are left undone: the run is about to end. */
static void do_order(Compute *compute, Order *order) {
    const PeerAction *action = &order->action;
    if (action->kind == PEER_LOAD || action->kind == PEER_UNLOAD) {
        (action->kind == PEER_LOAD ? do_load : do_unload)(compute, action);
        return;
    }
    Entry *entry = find_entry(compute, action->job);
    if (!entry) return;
    if (entry->stage) stage_enter(compute, entry->stage);
    if (action->kind == PEER_OPEN)
        do_open(compute, entry, action);
    else if (action->kind == PEER_DROP)
        do_drop(compute, entry);
    else if (!entry->is_open)
        return;
    else if (action->kind == PEER_COMPUTE)
        do_compute(compute, entry, action);
    else if (action->kind == PEER_MERGE)
        do_merge(compute, entry, action);
    else if (action->kind == PEER_ENCODE)
        do_encode(compute, entry, action);
}

static Order *next_order(Compute *compute) {
    pthread_mutex_lock(&compute->mutex);
    while (!compute->orders && !compute->is_stopping) pthread_cond_wait(&compute->has_order, &compute->mutex);
    Order *order = compute->is_stopping ? NULL : compute->orders;
    if (order) compute->orders = order->next;
    if (!compute->orders) compute->last_order = &compute->orders;
    pthread_mutex_unlock(&compute->mutex);
    return order;
}

static void *compute_thread(void *argument) {
    Compute *compute = argument;
    context_init(&compute->context, programs_own(compute->config.programs), &compute->runtime);
    compute->stages = xcalloc(1, sizeof *compute->stages);
    *compute->stages = (Stage){.program = compute->context.program, .globals = compute->context.globals};
    for (Order *order; (order = next_order(compute));) {
        BlackBoxNote note = {.activity = activity_of(order->action.kind), .job = order->action.job};
        blackbox_write(compute->config.box, note);
        fault_before_order(order->action.kind);
        do_order(compute, order);
        blackbox_write(compute->config.box, (BlackBoxNote){.activity = AT_NOTHING});
        order_free(order);
    }
    while (compute->entries) do_drop(compute, compute->entries);
    stage_enter(compute, stage_of(compute, programs_own(compute->config.programs)));
    while (compute->loaded && unload(compute, &compute->loaded)) {}
    free(compute->stages); /* the last one: all others have been left */
    context_free(&compute->context);
    runtime_free(&compute->runtime);
    return NULL;
}

/* ---- the communicating thread */

Compute *compute_new(const ComputeConfig *config, char **error) {
    Compute *compute = xcalloc(1, sizeof *compute);
    compute->config = *config;
    compute->bags.memory = config->memory;
    compute->runtime.io = config->io;
    compute->runtime.lender = config->lender;
    compute->runtime.neighbours = config->neighbours;
    compute->runtime.programs = config->programs;
    compute->runtime.shares = shares_new(&compute->runtime.futures_ended, error);
    if (!compute->runtime.shares) {
        free(compute);
        return NULL;
    }
    compute->last_order = &compute->orders;
    compute->last_answer = &compute->answers;
    pthread_mutex_init(&compute->mutex, NULL);
    pthread_cond_init(&compute->has_order, NULL);
    int reason = thread_start(&compute->thread, compute_thread, compute);
    if (reason == 0) return compute;
    *error = io_message("cannot start a thread: %s", strerror(reason));
    shares_free(&compute->runtime.shares);
    free(compute);
    return NULL;
}

/* Under the mutex. Nobody needs what is being mapped: an element that sleeps, waits or calls itself ends soon. */
static void interrupt(Compute *compute) {
    __atomic_store_n(&compute->context.stack_limit, MR_INTERRUPTED, __ATOMIC_RELAXED);
    shares_look(compute->runtime.shares);
}

static void set_limit(Compute *compute, uint64_t job, uint64_t limit) {
    pthread_mutex_lock(&compute->mutex);
    for (Entry *entry = compute->entries; entry; entry = entry->next) {
        if (entry->number == job) lower_limit(entry, limit);
    }
    if (limit == 0 && compute->mapped == job) interrupt(compute);
    pthread_mutex_unlock(&compute->mutex);
}

static void revoke_range(Compute *compute, uint64_t job, uint64_t range) {
    pthread_mutex_lock(&compute->mutex);
    for (Entry *entry = compute->entries; entry; entry = entry->next) {
        if (entry->number != job || !may_revoke(entry)) continue;
        if (entry->range == range) {
            entry->is_revoked = true;
            lower(&entry->range_limit, 0);
            if (compute->mapped == job) interrupt(compute);
            continue;
        }
        entry->revoked = xrealloc(entry->revoked, (entry->revoked_len + 1) * sizeof *entry->revoked);
        entry->revoked[entry->revoked_len++] = range;
    }
    pthread_mutex_unlock(&compute->mutex);
}

void compute_order(Compute *compute, PeerAction *action) {
    if (action->kind == PEER_REVOKE) {
        revoke_range(compute, action->job, action->range);
        return;
    }
    if (action->kind == PEER_LIMIT) {
        set_limit(compute, action->job, action->limit);
        return;
    }
    if (action->kind == PEER_DROP) set_limit(compute, action->job, 0); /* what is still queued need not be mapped */
    Order *order = xcalloc(1, sizeof *order);
    order->action = *action;
    action->data = (Buf){0};
    action->slices = NULL;
    action->code = NULL;
    action->slice_count = 0;
    Entry *entry = NULL;
    if (action->kind == PEER_OPEN) {
        entry = xcalloc(1, sizeof *entry);
        entry->number = action->job;
        entry->by_ranges = action->spec.flags & JOB_BY_RANGES;
        entry->by_key = action->spec.flags & JOB_BY_KEY;
        entry->is_lent = action->spec.flags & JOB_LENDS;
        atomic_init(&entry->limit, action->spec.chunks);
    }
    pthread_mutex_lock(&compute->mutex);
    if (entry) {
        entry->next = compute->entries;
        compute->entries = entry;
    }
    *compute->last_order = order;
    compute->last_order = &order->next;
    pthread_cond_signal(&compute->has_order);
    pthread_mutex_unlock(&compute->mutex);
}

bool compute_answer(Compute *compute, PeerEvent *event) {
    answer_free(compute->given);
    pthread_mutex_lock(&compute->mutex);
    Answer *answer = compute->given = compute->answers;
    if (answer) compute->answers = answer->next;
    if (!compute->answers) compute->last_answer = &compute->answers;
    pthread_mutex_unlock(&compute->mutex);
    if (!answer) return false;
    *event = answer->event;
    return true;
}

Shares *compute_shares(const Compute *compute) {
    return compute->runtime.shares;
}

uint64_t compute_progress(const Compute *compute) {
    return atomic_load_explicit(&compute->progress, memory_order_relaxed);
}

bool compute_stop(Compute **compute, unsigned milliseconds) {
    Compute *self = *compute;
    pthread_mutex_lock(&self->mutex);
    self->is_stopping = true;
    for (Entry *entry = self->entries; entry; entry = entry->next) lower_limit(entry, 0);
    pthread_cond_signal(&self->has_order);
    pthread_mutex_unlock(&self->mutex);
    shares_stop(self->runtime.shares);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    uint64_t nanoseconds = (uint64_t)until.tv_nsec + milliseconds * (uint64_t)1000000;
    until.tv_sec += (time_t)(nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);
    if (pthread_timedjoin_np(self->thread, NULL, &until) != 0) return false;
    while (self->orders) {
        Order *order = self->orders;
        self->orders = order->next;
        order_free(order);
    }
    answer_free(self->given);
    while (self->answers) {
        Answer *answer = self->answers;
        self->answers = answer->next;
        answer_free(answer);
    }
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->has_order);
    shares_free(&self->runtime.shares);
    free(self);
    *compute = NULL;
    return true;
}
