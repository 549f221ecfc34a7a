/* peer_bag.c: a worker's bags of partial results: who asks for one gets it, encoded once; others' are pulled and merged in. */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/sched/peer_state.h"

/* ---- bags */

PeerBag *job_find_bag(const PeerJob *job, uint32_t number) {
    PeerBag *bag = job->bags;
    while (bag && bag->number != number) bag = bag->next;
    return bag;
}

static PeerBag *job_new_bag(PeerJob *job, uint32_t number) {
    PeerBag *bag = xcalloc(1, sizeof *bag);
    bag->next = job->bags;
    bag->number = number;
    job->bags = bag;
    return bag;
}

PeerBag *job_open_bag(PeerJob *job, uint32_t number) {
    PeerBag *bag = job_find_bag(job, number);
    if (!bag) bag = job_new_bag(job, number);
    return bag->state == BAG_OPEN ? bag : NULL;
}

void peer_keep_part(PeerJob *job, uint32_t number, Buf *data) {
    PeerBag *bag = job_new_bag(job, number);
    bag->state = BAG_ENCODED;
    bag->data = held_plain(data);
}

/* Answers with a piece of the bag, or of the part of it that is asked for. */
static void peer_give_bag(Peer *peer, const PeerBag *bag, uint32_t route, const Message *get) {
    DataName name = get->as.get.name;
    const void *bytes = held_bytes(bag->data);
    uint64_t size = held_size(bag->data, name.list, (uint32_t)name.count);
    peer_answer(peer, route, pull_answer(get, bytes, size));
    if (!bytes) peer->out->items[peer->out->len - 1].held = bag->data;
}

static bool name_is_sound(DataName name) {
    return name.first <= UINT32_MAX && (name.count == 0 ? name.list == 0 : name.count <= HELD_CELLS && name.list < name.count);
}

void peer_get_bag(Peer *peer, PeerJob *job, uint32_t route, const Message *get) {
    DataName name = get->as.get.name;
    PeerBag *bag = name_is_sound(name) ? job_find_bag(job, (uint32_t)name.first) : NULL;
    if (!bag) {
        peer->ignored++;
        peer_answer(peer, route, pull_refusal(get, PIECE_GONE));
        return;
    }
    if (bag->state == BAG_ENCODED) {
        peer_give_bag(peer, bag, route, get);
        return;
    }
    /* The first request starts the encoding; later ones, sent because it takes long, hear that we live. */
    if (!waiting_gets_add(&bag->waiting, route, get)) peer_answer(peer, route, pull_refusal(get, PIECE_LATER));
    if (bag->state == BAG_OPEN && job->is_open) {
        bag->state = BAG_BEING_ENCODED;
        PeerAction *order = peer_order(peer, job, PEER_ENCODE);
        order->bag = bag->number;
        order->parts = (uint32_t)name.count;
    }
}

void peer_encoded(Peer *peer, const PeerEvent *event) {
    PeerJob *job = peer_find_job(peer, event->job);
    PeerBag *bag = job ? job_find_bag(job, event->bag) : NULL;
    if (!bag || bag->state != BAG_BEING_ENCODED) {
        if (event->data) buf_free(event->data); /* the job ended meanwhile */
        if (event->held) held_free(event->held);
        return;
    }
    bag->state = BAG_ENCODED;
    bag->data = event->held && *event->held ? *event->held : held_plain(event->data);
    if (event->held) *event->held = NULL;
    for (size_t i = 0; i < bag->waiting.len; i++) {
        WaitingGet *waiting = &bag->waiting.items[i];
        peer_give_bag(peer, bag, waiting->route, &waiting->get);
    }
    waiting_gets_free(&bag->waiting);
}

void peer_refuse_gets(Peer *peer, const PeerJob *job) {
    for (const PeerBag *bag = job->bags; bag; bag = bag->next)
        for (size_t i = 0; i < bag->waiting.len; i++)
            peer_answer(peer, bag->waiting.items[i].route, pull_refusal(&bag->waiting.items[i].get, PIECE_GONE));
}

/* ---- merges */

static void merge_free(PeerMerge *merge) {
    pull_free(&merge->pull);
    free(merge);
}

void job_free_bags(PeerJob *job) {
    for (PeerBag *bag = job->bags, *next; bag; bag = next) {
        next = bag->next;
        held_free(&bag->data);
        waiting_gets_free(&bag->waiting);
        free(bag);
    }
    for (PeerMerge *merge = job->merges, *next; merge; merge = next) {
        next = merge->next;
        merge_free(merge);
    }
}

static PeerMerge *job_find_merge(const PeerJob *job, uint32_t step) {
    PeerMerge *merge = job->merges;
    while (merge && merge->order.step != step) merge = merge->next;
    return merge;
}

/* Answers a merge, which is over. */
static void merge_end(Peer *peer, PeerJob *job, PeerMerge *merge, MsgMergeDone done) {
    PeerMerge **link = &job->merges;
    while (*link != merge) link = &(*link)->next;
    *link = merge->next;
    done.step = merge->order.step;
    peer_say(peer, job, MSG_MERGE_DONE)->as.merge_done = done;
    merge_free(merge);
}

void peer_merge(Peer *peer, const Message *message) {
    const MsgMerge *order = &message->as.merge;
    PeerJob *job = peer_job_of(peer, message);
    if (!job) return;
    if (order->step <= job->last_step || order->parts > HELD_CELLS || !job_open_bag(job, order->into)) {
        peer->ignored++;
        return;
    }
    job->last_step = order->step;
    PeerMerge *merge = xcalloc(1, sizeof *merge);
    *merge = (PeerMerge){.next = job->merges, .order = *order};
    job->merges = merge;
    DataName name = {.kind = DATA_BAG, .first = order->from_bag};
    if (order->parts > 1) {
        name.list = order->part;
        name.count = order->parts;
    }
    peer_pull(peer, job, &merge->pull, name, merge->order.endpoint);
}

/* One that has come to the compute thread is merged: the other bag is sound, wherever its holder is. */
void peer_merge_void(Peer *peer, const Message *message) {
    PeerJob *job = peer_job_of(peer, message);
    PeerMerge *merge = job ? job_find_merge(job, message->as.merge_void.step) : NULL;
    if (merge && merge->state != MERGE_RUNS) merge_end(peer, job, merge, (MsgMergeDone){.end_chunk = -1});
}

void peer_pump_merges(Peer *peer, PeerJob *job) {
    for (PeerMerge *merge = job->merges; merge; merge = merge->next) {
        if (merge->state != MERGE_WAITS) continue;
        PeerAction *action = peer_order(peer, job, PEER_MERGE);
        action->step = merge->order.step;
        action->bag = merge->order.into;
        action->part = merge->order.part;
        action->parts = merge->order.parts;
        action->data = merge->pull.data;
        merge->pull.data = (Buf){0};
        merge->state = MERGE_RUNS;
    }
}

/* The other bag cannot be had. */
static void merge_give_up(Peer *peer, PeerJob *job, PeerMerge *merge) {
    peer_complain(peer, job, merge->order.from, merge->order.from_bag);
    merge_end(peer, job, merge, (MsgMergeDone){.end_chunk = -1});
}

bool peer_merge_piece(Peer *peer, PeerJob *job, const Message *piece) {
    PeerMerge *merge = job->merges;
    while (merge && (merge->state != MERGE_IS_PULLED || merge->pull.id != piece->as.piece.pull)) merge = merge->next;
    if (!merge) return false;
    switch (pull_piece(&merge->pull, piece, peer->now)) {
    case PULL_IGNORED: peer->ignored++; break;
    case PULL_MORE: peer_request(peer, &merge->pull, merge->order.endpoint); break;
    case PULL_GONE: merge_give_up(peer, job, merge); break;
    case PULL_COMPLETE: merge->state = MERGE_WAITS; break;
    }
    return true;
}

void peer_tick_merges(Peer *peer, PeerJob *job) {
    for (PeerMerge *merge = job->merges, *next; merge; merge = next) {
        next = merge->next;
        if (merge->state != MERGE_IS_PULLED) continue;
        if (pull_tick(&merge->pull, peer->now))
            peer_request(peer, &merge->pull, merge->order.endpoint);
        else
            merge_give_up(peer, job, merge);
    }
}

void peer_forgive_merges(Peer *peer, PeerJob *job) {
    for (PeerMerge *merge = job->merges; merge; merge = merge->next) pull_forgive(&merge->pull, peer->now);
}

void peer_merged(Peer *peer, const PeerEvent *event) {
    PeerJob *job = peer_find_job(peer, event->job);
    PeerMerge *merge = job ? job_find_merge(job, event->merge_done.step) : NULL;
    if (!merge || merge->state != MERGE_RUNS) return;
    MsgMergeDone done = event->merge_done;
    done.merged = true;
    done.size = merge->pull.total;
    merge_end(peer, job, merge, done);
}
