/* store.c: the bags that are wanted, each with its pull. A worker encodes a bag when its compute thread has time for that, which
 * may be long: so all are asked at once for their first pieces. But no more than one of them is fetched to its end at a time. */
#include "runtime/launch/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/pull.h"

#define TICK ((uint64_t)500000000)

/* A bag that the scheduler wants kept. What is known of it was written down when it was asked for: its job may be over before it is
 * here. */
typedef struct Wanted Wanted;
struct Wanted {
    Wanted *next;
    uint64_t job;
    uint32_t number;
    SchedBag bag;
    Pull pull;
    bool has_first; /* its first pieces have come, and the others may be asked for */
    bool is_over;
    uint64_t size;   /* with is_over: bytes that were fetched */
    uint64_t stored; /* with is_over: the journal's number for it plus one; 0: it is not kept */
};

struct Store {
    Journal *journal;
    Link *link;
    Wanted *wanted, **last;
    Wanted *fetched; /* the one that is fetched to its end; NULL: none is */
    uint32_t last_pull;
    uint64_t begun_job; /* the last job that the journal was told of */
    uint64_t next_tick;
    char text[MESSAGE_TEXT_SIZE];
};

Store *store_new(Journal *journal, Link *link) {
    Store *store = xcalloc(1, sizeof *store);
    *store = (Store){.journal = journal, .link = link};
    store->last = &store->wanted;
    return store;
}

static void wanted_free(Wanted *wanted) {
    ranges_free(&wanted->bag.chunks);
    pull_free(&wanted->pull);
    free(wanted);
}

void store_free(Store **store) {
    if (!*store) return;
    for (Wanted *wanted = (*store)->wanted, *next; wanted; wanted = next) {
        next = wanted->next;
        wanted_free(wanted);
    }
    free(*store);
    *store = NULL;
}

/* ---- pulling */

static void store_request(Store *store, Wanted *wanted) {
    Message get;
    while (pull_next_request(&wanted->pull, clock_now(), &get)) link_send_data(store->link, wanted->bag.endpoint, &get);
}

/* Goes on with the next bag of which there is more to be asked for. */
static void store_fetch_next(Store *store) {
    Wanted *wanted = store->wanted;
    while (wanted && (wanted->is_over || !wanted->has_first)) wanted = wanted->next;
    store->fetched = wanted;
    if (!wanted) return;
    pull_forgive(&wanted->pull, clock_now());
    store_request(store, wanted);
}

/* The bag is kept, or will never be. */
static void store_end(Store *store, Wanted *wanted, uint64_t stored) {
    wanted->is_over = true;
    wanted->stored = stored;
    wanted->size = wanted->pull.data.len;
    pull_free(&wanted->pull);
    wanted->pull = (Pull){0};
    if (store->fetched == wanted) store_fetch_next(store);
}

/* ---- writing */

static bool add_entry(Store *store, EntryKind kind, Buf *meta, const Buf *data, int64_t *id) {
    *id = meta->len <= ENTRY_META ? journal_add(store->journal, kind, meta, data) : -1;
    buf_free(meta);
    return *id >= 0;
}

/* Returns the number of the bag's data plus one; 0: it could not be written. */
static uint64_t write_bag(Store *store, const Wanted *wanted, const Buf *data) {
    const SchedBag *bag = &wanted->bag;
    Buf meta = {0};
    int64_t id, other;
    entry_job(&meta, &bag->head);
    if (store->begun_job == wanted->job)
        buf_free(&meta);
    else if (!add_entry(store, ENTRY_JOB, &meta, NULL, &other))
        return 0;
    store->begun_job = wanted->job;
    entry_bag(&meta, bag->head.name.name, bag->limit, bag->end, &bag->chunks);
    if (!add_entry(store, ENTRY_BAG, &meta, data, &id)) return 0;
    if (bag->is_last) {
        entry_done(&meta, bag->head.name.name, bag->limit, bag->end);
        add_entry(store, ENTRY_DONE, &meta, NULL, &other);
    }
    return (uint64_t)id + 1;
}

static void take_more(Store *store, Wanted *wanted) {
    wanted->has_first = wanted->pull.knows_total;
    if (!wanted->has_first)
        store_request(store, wanted); /* it is being encoded still, or its first piece was spoilt: others need not wait for it */
    else if (wanted->pull.total >= ENTRY_DATA)
        store_end(store, wanted, 0);
    else if (!store->fetched)
        store_fetch_next(store);
    else if (store->fetched == wanted)
        store_request(store, wanted);
}

void store_piece(Store *store, const Message *piece) {
    Wanted *wanted = store->wanted;
    while (wanted && (wanted->is_over || wanted->pull.id != piece->as.piece.pull)) wanted = wanted->next;
    if (!wanted) return;
    switch (pull_piece(&wanted->pull, piece, clock_now())) {
    case PULL_IGNORED: break;
    case PULL_MORE: take_more(store, wanted); break;
    case PULL_COMPLETE: store_end(store, wanted, write_bag(store, wanted, &wanted->pull.data)); break;
    case PULL_GONE: store_end(store, wanted, 0); break;
    }
}

uint64_t store_next_tick(const Store *store) {
    const Wanted *wanted = store->wanted;
    while (wanted && wanted->is_over) wanted = wanted->next;
    return wanted ? store->next_tick : UINT64_MAX;
}

void store_tick(Store *store) {
    uint64_t now = clock_now();
    if (now < store->next_tick) return;
    store->next_tick = now + TICK;
    for (Wanted *wanted = store->wanted; wanted; wanted = wanted->next) {
        bool waits_its_turn = wanted->has_first && wanted != store->fetched;
        if (wanted->is_over || waits_its_turn) continue;
        if (pull_tick(&wanted->pull, now))
            store_request(store, wanted);
        else
            store_end(store, wanted, 0);
    }
}

/* ---- the scheduler */

void store_want(Store *store, const Sched *sched, uint64_t job, uint32_t bag) {
    Wanted *wanted = xcalloc(1, sizeof *wanted);
    wanted->job = job;
    wanted->number = bag;
    wanted->is_over = !sched_bag(sched, job, bag, &wanted->bag);
    *store->last = wanted;
    store->last = &wanted->next;
    if (wanted->is_over) return;
    pull_start(&wanted->pull, ++store->last_pull, job, (DataName){.kind = DATA_BAG, .first = bag}, clock_now());
    store_request(store, wanted);
}

void store_drop(Store *store, uint64_t job, uint32_t bag) {
    Wanted *wanted = store->wanted;
    while (wanted && (wanted->is_over || wanted->job != job || wanted->number != bag)) wanted = wanted->next;
    if (wanted) store_end(store, wanted, 0);
}

bool store_news(Store *store, SchedEvent *event) {
    Wanted **link = &store->wanted;
    while (*link && !(*link)->is_over) link = &(*link)->next;
    Wanted *wanted = *link;
    if (!wanted) return false;
    *link = wanted->next;
    if (!*link) store->last = link;
    *event = (SchedEvent){.kind = SCHED_STORED, .job = wanted->job, .bag = wanted->number, .stored = wanted->stored};
    event->size = wanted->size;
    const char *failure = journal_failure(store->journal);
    if (failure) {
        snprintf(store->text, sizeof store->text, "%s", failure);
        event->text = store->text;
    }
    wanted_free(wanted);
    return true;
}

/* ---- giving out */

void store_get(const Store *store, const Sched *sched, uint32_t route, const Message *get) {
    const MsgGet *asked = &get->as.get;
    Message answer = pull_refusal(get, PIECE_GONE);
    char *piece = NULL;
    uint64_t stored = asked->name.kind == DATA_BAG && asked->name.count == 0 && asked->name.first <= UINT32_MAX
                          ? sched_bag_stored(sched, get->job, (uint32_t)asked->name.first)
                          : 0;
    uint64_t size = stored ? journal_size(store->journal, stored - 1) : 0;
    if (stored && asked->offset <= size) {
        size_t count = asked->length < size - asked->offset ? (size_t)asked->length : (size_t)(size - asked->offset);
        piece = xmalloc(count + 1);
        if (journal_read(store->journal, stored - 1, asked->offset, piece, count)) {
            answer.as.piece.state = PIECE_DATA;
            answer.as.piece.total = size;
            answer.bytes = count ? piece : NULL;
            answer.size = count;
        }
    }
    link_send_answer(store->link, route, &answer);
    free(piece);
}
