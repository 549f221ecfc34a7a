/* worker.c: the loop that feeds a worker's state machine with messages, answers of the compute thread and time, and does what it
 * says. */
#include "runtime/worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/net/control.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/peer.h"
#include "runtime/worker/compute.h"
#include "runtime/worker/fault.h"

#define TICK ((uint64_t)500000000)
enum { STOP_PATIENCE = 200 }; /* milliseconds */

typedef struct Worker {
    Peer *peer;
    Link *link;
    Control control;
    Compute *compute;
    Shares *shares;
    PeerActions actions;
    OwnerActions owned;
    Buf piece;    /* the bytes of a piece that were read for it */
    char *unread; /* why the bytes of one could not be */
    bool is_over;
    int status;
} Worker;

static uint64_t memory_in_use(void) {
    unsigned long long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%llu %llu", &total, &resident) != 2) resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void fault_before_get(const MsgGet *get) {
    if (get->name.kind == DATA_CAPTURES) MR_FAULT("captures.before_pull");
    if (get->name.kind == DATA_SLICE) MR_FAULT("slice.before_pull");
    if (get->name.kind == DATA_BAG && get->offset == 0) MR_FAULT("reduce.before_pull");
    if (get->name.kind == DATA_BAG && get->offset > 0) MR_FAULT("reduce.half_pulled");
}

static void fault_after_piece(const Message *message) {
    const MsgPiece *piece = &message->as.piece;
    if (piece->name.kind != DATA_BAG || piece->state != PIECE_DATA) return;
    if (piece->offset + message->size < piece->total)
        MR_FAULT("bag.half_sent");
    else
        MR_FAULT("bag.sent");
}

/* The bytes of a piece that lie in a file, or in several places. False: they cannot be read, and the run ends. */
static bool read_piece(Worker *worker, PeerAction *action) {
    const MsgPiece *piece = &action->message.as.piece;
    worker->piece.len = 0;
    buf_reserve(&worker->piece, action->message.size);
    action->message.bytes = worker->piece.data;
    bool failed = held_read(action->held, piece->name.list, (uint32_t)piece->name.count, piece->offset, worker->piece.data,
                            action->message.size, &worker->unread);
    return !failed;
}

static void do_action(Worker *worker, PeerAction *action) {
    switch (action->kind) {
    case PEER_SEND_CONTROL: control_send(&worker->control, &action->message); break;
    case PEER_SEND_DATA:
        fault_before_get(&action->message.as.get);
        link_send_data(worker->link, action->endpoint, &action->message);
        break;
    case PEER_SEND_ANSWER:
        if (action->held && !read_piece(worker, action)) break;
        link_send_answer(worker->link, action->route, &action->message);
        fault_after_piece(&action->message);
        break;
    case PEER_EXIT:
        worker->is_over = true;
        worker->status = action->status;
        if (action->text[0]) fprintf(stderr, "mr: %s\n", action->text);
        break;
    case PEER_IDLE: shares_set_idle(worker->shares, (uint64_t)peer_number(worker->peer) + 1, (uint32_t)action->count); break;
    default: compute_order(worker->compute, action);
    }
}

/* Of this worker's own jobs. */
static void do_owned(Worker *worker) {
    for (size_t i = 0; i < worker->owned.len; i++) {
        OwnerAction *action = &worker->owned.items[i];
        switch (action->kind) {
        case OWNER_SEND_CONTROL: control_send(&worker->control, &action->message); break;
        case OWNER_SEND_DATA: link_send_data(worker->link, action->endpoint, &action->message); break;
        case OWNER_SEND_ANSWER: link_send_answer(worker->link, action->route, &action->message); break;
        default: shares_act(worker->shares, action);
        }
    }
    worker->owned.len = 0;
}

static void step(Worker *worker, PeerEvent *event) {
    event->now = clock_now();
    peer_step(worker->peer, event, &worker->actions, &worker->owned);
    for (size_t i = 0; i < worker->actions.len; i++) do_action(worker, &worker->actions.items[i]);
    worker->actions.len = 0;
    do_owned(worker);
    if (!worker->unread) return;
    PeerEvent failed = {.kind = PEER_FAILED, .text = worker->unread};
    char *text = worker->unread;
    worker->unread = NULL;
    step(worker, &failed);
    free(text);
}

static void step_messages(Worker *worker) {
    LinkEvent received;
    while (!worker->is_over && control_receive(&worker->control, &received)) {
        PeerEvent event = {.message = &received.message, .route = received.peer};
        event.kind = received.kind == LINK_CONTROL ? PEER_CONTROL : received.kind == LINK_GET ? PEER_GET : PEER_PIECE;
        bool is_expected = (received.message.kind == MSG_GET) == (received.kind == LINK_GET) &&
                           (received.message.kind == MSG_PIECE) == (received.kind == LINK_PIECE);
        if (is_expected) step(worker, &event);
    }
}

static void worker_loop(Worker *worker, const WorkerConfig *config) {
    PeerEvent start = {.kind = PEER_START};
    MR_FAULT("worker.before_hello");
    step(worker, &start);
    MR_FAULT("worker.after_hello");
    for (uint64_t next_tick = clock_now() + TICK; !worker->is_over;) {
        control_wait(&worker->control, next_tick);
        shares_heed(worker->shares);
        step_messages(worker);
        while (!worker->is_over && shares_step(worker->shares, peer_owner(worker->peer), clock_now(), &worker->owned))
            do_owned(worker);
        PeerEvent event;
        while (!worker->is_over && compute_answer(worker->compute, &event)) step(worker, &event);
        if (worker->is_over || clock_now() < next_tick) continue;
        MR_FAULT("worker.before_beat");
        PeerEvent tick = {
            .kind = PEER_TICK, .progress = compute_progress(worker->compute), .memory = IS_GUARDED ? memory_in_use() : 0};
        step(worker, &tick);
        neighbours_rest(config->neighbours);
        next_tick = clock_now() + TICK;
    }
}

int worker_run(const WorkerConfig *config, bool *is_clean, char **error) {
    Worker worker = {.status = 1};
    *is_clean = true;
    *error = NULL;
    ComputeConfig compute = {.programs = config->programs,
                             .loader = config->loader,
                             .box = config->box,
                             .lender = config->lender,
                             .neighbours = config->neighbours,
                             .memory = memory_of(config->memory)};
    compute.io = (IoState){.argc = config->argc, .argv = config->argv, .name = config->name};
    if (config->host > 0) compute.io.host = config->place;
    worker.compute = compute_new(&compute, error);
    LinkConfig link = {.control = config->control, .data = config->data, .wake = -1, .keys = config->keys};
    if (worker.compute) {
        worker.shares = compute_shares(worker.compute);
        link.wake = shares_wake(worker.shares);
        worker.link = link_open(config->net, &link, error);
    }
    if (worker.link) {
        PeerConfig peer = {
            .data_endpoint = link_data_endpoint(worker.link), .name = config->place, .pid = getpid(), .wish = config->wish};
        peer.host = config->host;
        peer.codes = config->codes;
        memcpy(peer.program, programs_own(config->programs)->hash, sizeof peer.program);
        worker.peer = peer_new(&peer);
        control_open(&worker.control, worker.link);
        worker_loop(&worker, config);
        control_close(&worker.control);
        peer_free(&worker.peer);
        peer_actions_free(&worker.actions);
        buf_free(&worker.piece);
        owner_actions_free(&worker.owned);
    } else if (!*error) {
        *error = strdup("it cannot start");
    }
    link_close(&worker.link);
    if (worker.compute) *is_clean = compute_stop(&worker.compute, STOP_PATIENCE);
    return worker.status;
}
