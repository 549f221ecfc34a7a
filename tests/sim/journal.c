/* journal.c: bags are pulled over the virtual network and kept in memory. */
#include "tests/sim/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/pull.h"

/* A record: what a real journal writes for a bag. */
typedef struct Kept {
    SchedBag bag;
    Buf data;
} Kept;

typedef struct Wanted Wanted;
struct Wanted {
    Wanted *next;
    uint64_t job;
    uint32_t number;
    SchedBag bag;
    Pull pull;
    bool is_over;
    uint64_t stored;
};

struct SimJournal {
    uint64_t every;
    Kept *kept; /* by number */
    size_t count, cap;
    Stored stored; /* those of earlier runs, as this one was told */
    Wanted *wanted;
    uint32_t last_pull;
};

SimJournal *journal_new(uint64_t every) {
    SimJournal *journal = xcalloc(1, sizeof *journal);
    journal->every = every;
    return journal;
}

static void wanted_free(Wanted *wanted) {
    ranges_free(&wanted->bag.chunks);
    pull_free(&wanted->pull);
    free(wanted);
}

static void forget_wanted(SimJournal *journal) {
    for (Wanted *wanted = journal->wanted, *next; wanted; wanted = next) {
        next = wanted->next;
        wanted_free(wanted);
    }
    journal->wanted = NULL;
}

void journal_free(SimJournal **journal) {
    if (!*journal) return;
    forget_wanted(*journal);
    for (size_t i = 0; i < (*journal)->count; i++) {
        ranges_free(&(*journal)->kept[i].bag.chunks);
        buf_free(&(*journal)->kept[i].data);
    }
    stored_clear(&(*journal)->stored);
    free((*journal)->kept);
    free(*journal);
    *journal = NULL;
}

/* ---- from run to run */

static void copy_ranges(RangeSet *to, const RangeSet *from) {
    for (size_t i = 0; i < from->len; i++) ranges_add(to, from->items[i].first, from->items[i].count);
}

void journal_begin(SimJournal *journal, Sim *sim) {
    forget_wanted(journal);
    stored_clear(&journal->stored);
    for (size_t i = 0; i < journal->count; i++) {
        const SchedBag *bag = &journal->kept[i].bag;
        StoredJob *job = stored_add(&journal->stored, &bag->head);
        RangeSet chunks = {0};
        copy_ranges(&chunks, &bag->chunks);
        stored_limit(job, bag->limit, bag->end);
        stored_add_bag(job, i, journal->kept[i].data.len, &chunks);
    }
    SchedJournal use = {.stored = &journal->stored, .endpoint = "sim:0", .every = journal->every};
    sched_use_journal(sim->sched, &use);
}

JobName journal_name(uint64_t job) {
    return (JobName){.name = {(uint8_t)job}, .work = {(uint8_t)job}};
}

bool journal_had(const SimJournal *journal, uint64_t job, uint64_t chunk) {
    JobName name = journal_name(job);
    const StoredJob *stored = stored_find(&journal->stored, name.name);
    for (size_t i = 0; stored && i < stored->count; i++)
        if (ranges_has(&stored->bags[i].chunks, chunk, 1)) return true;
    return false;
}

uint64_t journal_bags(const SimJournal *journal) {
    return journal->count;
}

uint64_t journal_known(const SimJournal *journal) {
    uint64_t chunks = 0;
    for (size_t i = 0; i < journal->stored.count; i++)
        for (size_t k = 0; k < journal->stored.jobs[i]->count; k++) chunks += journal->stored.jobs[i]->bags[k].chunks.total;
    return chunks;
}

/* ---- pulling */

static void request(Sim *sim, Wanted *wanted) {
    Message get;
    while (pull_next_request(&wanted->pull, sim->now, &get))
        sim_send(sim, NODE_SCHED, endpoint_node(wanted->bag.endpoint), CHANNEL_GET, &get);
}

void journal_act(SimJournal *journal, Sim *sim, const SchedAction *action) {
    Wanted *wanted = journal->wanted;
    if (action->kind == SCHED_UNSTORE) {
        while (wanted && (wanted->is_over || wanted->job != action->job || wanted->number != action->bag)) wanted = wanted->next;
        if (wanted) wanted->is_over = true;
        return;
    }
    wanted = xcalloc(1, sizeof *wanted);
    *wanted = (Wanted){.next = journal->wanted, .job = action->job, .number = action->bag};
    journal->wanted = wanted;
    wanted->is_over = !sched_bag(sim->sched, action->job, action->bag, &wanted->bag);
    DataName name = {.kind = DATA_BAG, .first = action->bag};
    pull_start(&wanted->pull, ++journal->last_pull, action->job, name, sim->now);
    if (!wanted->is_over) request(sim, wanted);
}

static void keep(SimJournal *journal, Wanted *wanted) {
    if (journal->count == journal->cap) {
        journal->cap = journal->cap ? 2 * journal->cap : 16;
        journal->kept = xrealloc(journal->kept, journal->cap * sizeof *journal->kept);
    }
    journal->kept[journal->count++] = (Kept){wanted->bag, wanted->pull.data};
    wanted->bag.chunks = (RangeSet){0};
    wanted->pull.data = (Buf){0};
    wanted->stored = journal->count;
    wanted->is_over = true;
}

static void take_piece(SimJournal *journal, Sim *sim, const Message *piece) {
    Wanted *wanted = journal->wanted;
    while (wanted && (wanted->is_over || wanted->pull.id != piece->as.piece.pull)) wanted = wanted->next;
    switch (wanted ? pull_piece(&wanted->pull, piece, sim->now) : PULL_IGNORED) {
    case PULL_MORE: request(sim, wanted); break;
    case PULL_COMPLETE: keep(journal, wanted); break;
    case PULL_GONE: wanted->is_over = true; break;
    default: break;
    }
}

static void give(SimJournal *journal, Sim *sim, const Event *event) {
    const Message *get = &event->message;
    uint64_t stored = sched_bag_stored(sim->sched, get->job, (uint32_t)get->as.get.name.first);
    Message answer = pull_refusal(get, PIECE_GONE);
    if (stored) answer = pull_answer(get, journal->kept[stored - 1].data.data, journal->kept[stored - 1].data.len);
    sim_send(sim, NODE_SCHED, event->from, CHANNEL_PIECE, &answer);
}

void journal_message(SimJournal *journal, Sim *sim, const Event *event) {
    if (event->message.kind == MSG_PIECE)
        take_piece(journal, sim, &event->message);
    else
        give(journal, sim, event);
}

void journal_tick(SimJournal *journal, Sim *sim) {
    for (Wanted *wanted = journal->wanted; wanted; wanted = wanted->next) {
        if (wanted->is_over) continue;
        if (pull_tick(&wanted->pull, sim->now))
            request(sim, wanted);
        else
            wanted->is_over = true;
    }
}

bool journal_news(SimJournal *journal, Sim *sim, SchedEvent *event) {
    Wanted **link = &journal->wanted;
    while (*link && !(*link)->is_over) link = &(*link)->next;
    Wanted *wanted = *link;
    if (!wanted) return false;
    *link = wanted->next;
    *event =
        (SchedEvent){.kind = SCHED_STORED, .now = sim->now, .job = wanted->job, .bag = wanted->number, .stored = wanted->stored};
    event->size = wanted->stored ? journal->kept[wanted->stored - 1].data.len : 0;
    wanted_free(wanted);
    return true;
}
