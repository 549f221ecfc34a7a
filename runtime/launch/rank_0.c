/* rank_0.c: the rank that has the root, and is the scheduler.
 *
 * The run begins without those ranks that have not come yet, as mrrun's does; what they are waited for is their keys, which lie in
 * the file until all have come or half a minute is over. A program may be through before all ranks are there: they are told so, or
 * they would look for it in vain. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/launch/address.h"
#include "runtime/launch/loss.h"
#include "runtime/launch/rank.h"

enum {
    MOST_NAMED = 8,
    LOOK_EVERY = 50, /* milliseconds */
    TURN_AWAY = 200, /* milliseconds, until the last that came too late has surely been told */
};

typedef struct Rank0 {
    Rank *rank;
    Hub *hub;
    int wake, timer;
    uint64_t start;
    bool *came;       /* for each rank: its worker has said HELLO */
    uint32_t missing; /* ranks that have not come */
    uint32_t seen;    /* workers' numbers that were looked at */
    bool has_file;
    bool is_ended;                       /* all that took part have taken leave */
    char control[MESSAGE_ENDPOINT_SIZE]; /* with its port and key */
    char address[MESSAGE_NAME_SIZE];
} Rank0;

/* ---- the file */

static void remove_file(Rank0 *self) {
    if (self->has_file) unlink(self->rank->path);
    self->has_file = false;
}

static bool write_file(Rank0 *self) {
    Rendezvous *rendezvous = &self->rank->rendezvous;
    char *error = NULL;
    memcpy(rendezvous->program, self->rank->program->hash, sizeof rendezvous->program);
    snprintf(rendezvous->control, sizeof rendezvous->control, "%s", self->control);
    self->has_file = rendezvous_write(self->rank->path, rendezvous, &error);
    if (!self->has_file) {
        fprintf(stderr,
                "error: the other ranks cannot be told where rank 0 is: %s; " RENDEZVOUS_VARIABLE " names another directory\n",
                error ? error : "no memory");
    }
    free(error);
    return self->has_file;
}

static void tell_missing(const Rank0 *self, const char *and) {
    Buf text = {0};
    for (uint32_t i = 0, told = 0; i < self->rank->ranks->size && told < MOST_NAMED; i++) {
        if (!self->came[i]) buf_printf(&text, told++ ? ", %u" : "%u", i);
    }
    fprintf(stderr, "mr: %u of %u ranks have not come after %d seconds (%s%s)%s\n", self->missing, self->rank->ranks->size,
            RENDEZVOUS_PATIENCE, buf_text(&text), self->missing > MOST_NAMED ? ", …" : "", and);
    buf_free(&text);
}

/* The first worker of a rank has the rank's number; those that replace it have another. */
static void on_message(void *data, const Message *message, bool is_sent) {
    Rank0 *self = data;
    if (is_sent || message->kind != MSG_HELLO || message->as.hello.role != ROLE_WORKER) return;
    int64_t rank = message->as.hello.wish;
    if (rank < 0 || rank >= self->rank->ranks->size || self->came[rank]) return;
    self->came[rank] = true;
    self->missing--;
}

static bool is_late(const Rank0 *self) {
    return clock_now() - self->start > (uint64_t)RENDEZVOUS_PATIENCE * 1000000000;
}

/* A rank has one worker at a time: who comes from it has taken the place of the one before, which nobody else tells us of. */
static void look_for_replaced(Rank0 *self) {
    const Sched *sched = hub_sched(self->hub);
    for (; self->seen < sched_worker_count(sched); self->seen++) {
        WorkerInfo now = sched_worker(sched, self->seen);
        for (uint32_t i = 0; i < self->seen && now.host > 0; i++) {
            WorkerInfo before = sched_worker(sched, i);
            HubLoss loss = {
                .host = before.host, .pid = before.pid, .role = ROLE_WORKER, .how = "its rank has replaced it", .at_chunk = -1};
            if (before.host == now.host && before.pid && before.pid != now.pid) hub_process_lost(self->hub, &loss);
        }
    }
}

/* The file goes as soon as nobody needs it. */
static void look_for_ranks(Rank0 *self) {
    uint64_t count;
    if (read(self->timer, &count, sizeof count) != (ssize_t)sizeof count) return;
    look_for_replaced(self);
    if (!self->has_file) return;
    if (self->missing > 0 && !is_late(self)) return;
    if (self->missing > 0) tell_missing(self, "; the others go on without them");
    remove_file(self);
}

/* ---- this rank's own processes */

static void let_in(void *data, const char *public_key) {
    hub_allow(data, public_key);
}

static void take_record(Rank0 *self, const Record *record) {
    Place *place = &self->rank->place;
    if (record->kind == RECORD_HELLO && !place->is_started) {
        RecordStart start = {.version = PROTOCOL_VERSION, .workers = self->rank->ranks->size, .memory = self->rank->memory};
        snprintf(start.control, sizeof start.control, "%s", self->control);
        snprintf(start.address, sizeof start.address, "%s", self->address);
        place_begin(place, &start);
    }
    if (record->kind == RECORD_EXIT) loss_tell(self->hub, place, &record->as.exit);
    if (record->kind == RECORD_NOT_STARTED) loss_tell_not_started(self->hub, place, &record->as.not_started);
}

static void look_at_place(Rank0 *self) {
    Place *place = &self->rank->place;
    if (place->in < 0) return;
    bool goes_on = place_receive(place);
    RecordState state;
    for (Record record; (state = place_next(place, &record)) == RECORD_GOT;) take_record(self, &record);
    place_flush(place);
    if (goes_on && state != RECORD_BAD) return;
    hub_fail(self->hub, "the process that watches over the root ended, and with it the run", true);
    place_close(place);
}

static void on_wake(Hub *hub, void *data) {
    Rank0 *self = data;
    if (rank_take_signal(self->rank)) hub_interrupt(hub);
    look_at_place(self);
    look_for_ranks(self);
}

/* Other ranks replace their worker themselves. */
static void on_replace(void *data, uint32_t host) {
    Rank0 *self = data;
    if (host == 0) place_spawn(&self->rank->place, ROLE_WORKER, -1);
}

static void on_kill(void *data, uint32_t host, int64_t pid) {
    Rank0 *self = data;
    if (host == 0) place_kill(&self->rank->place, pid);
}

static void on_log(void *data, int level, const char *text) {
    (void)data;
    if (level == 0) fprintf(stderr, "mr: %s\n", text);
}

static void on_job(void *data, const Sched *sched, const JobStats *stats) {
    (void)data, (void)sched, (void)stats;
}

/* ---- the run */

static bool watch(const Rank0 *self, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(self->wake, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_descriptors(Rank0 *self) {
    struct itimerspec every = {.it_interval.tv_nsec = LOOK_EVERY * 1000000, .it_value.tv_nsec = LOOK_EVERY * 1000000};
    self->wake = epoll_create1(EPOLL_CLOEXEC);
    self->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    bool is_good = self->wake >= 0 && self->timer >= 0 && timerfd_settime(self->timer, 0, &every, NULL) == 0 &&
                   watch(self, self->timer) && watch(self, self->rank->signals) && watch(self, self->rank->place.in);
    if (!is_good) fprintf(stderr, "error: rank 0 cannot watch its processes: %s\n", strerror(errno));
    return is_good;
}

static bool open_hub(Rank0 *self, Net *net) {
    Rendezvous *rendezvous = &self->rank->rendezvous;
    LinkKeys keys = {0};
    char listen[MESSAGE_ENDPOINT_SIZE], own[ADDRESS_SIZE] = "127.0.0.1", *error = NULL;
    if (!self->rank->ranks->is_one_host && !address_of_this_machine(own)) {
        fprintf(stderr, "error: " ADDRESS_VARIABLE " is \"%s\", but must be a numeric address\n", getenv(ADDRESS_VARIABLE));
        return false;
    }
    address_bracket(own, self->address);
    if (!rendezvous_make(rendezvous, self->rank->ranks->size) || !key_pair_make(&keys.own)) {
        fprintf(stderr, "error: this system's libzmq cannot encrypt (no CURVE): ranks cannot talk to each other\n");
        return false;
    }
    snprintf(listen, sizeof listen, "tcp://%s:0", self->address);
    HubConfig config = {.net = net, .control = listen, .keys = &keys, .wake = self->wake, .data = self};
    config.sched = (SchedConfig){.workers = self->rank->ranks->size, .may_replace = true};
    config.on_wake = on_wake;
    config.on_message = on_message;
    config.on_log = on_log;
    config.on_job = on_job;
    config.on_replace = on_replace;
    config.on_kill = on_kill;
    self->hub = hub_open(&config, &error);
    key_pair_wipe(&keys.own);
    if (!self->hub) fprintf(stderr, "error: rank 0 cannot listen: %s\n", error ? error : "unknown");
    free(error);
    if (!self->hub) return false;
    for (uint32_t i = 0; i < rendezvous->count; i++) hub_allow(self->hub, rendezvous->pairs[i].public_key);
    snprintf(self->control, sizeof self->control, "%s", hub_endpoint(self->hub));
    hub_expect_program(self->hub, self->rank->program->hash);
    self->rank->place.let_in = let_in;
    self->rank->place.let_in_data = self->hub;
    self->rank->place.has_root = true;
    self->rank->place.workers = 1;
    return true;
}

/* Those that had not come when the program ended are told that it has, and then need the file no more. */
static void wait_for_late_ranks(Rank0 *self) {
    uint64_t all_told = 0;
    bool is_awaited = self->missing > 0;
    while (is_awaited && self->has_file && !rank_take_signal(self->rank) && !is_late(self)) {
        uint64_t count;
        if (read(self->timer, &count, sizeof count) < 0 && errno != EAGAIN) break;
        if (self->rank->place.in >= 0 && !place_receive(&self->rank->place)) place_close(&self->rank->place);
        for (Record record; place_next(&self->rank->place, &record) == RECORD_GOT;) {}
        if (self->missing == 0) {
            if (!all_told) all_told = clock_now();
            if (clock_now() - all_told > (uint64_t)TURN_AWAY * 1000000) break;
        }
        hub_turn_away(self->hub);
    }
    if (self->missing > 0 && is_late(self)) tell_missing(self, "; the program has ended without them");
}

static int run_hub(Rank0 *self) {
    char text[MESSAGE_TEXT_SIZE] = "";
    int status = hub_run(self->hub, text);
    if (text[0]) fprintf(stderr, "error: %s\n", text);
    self->is_ended = !text[0] && !self->rank->interrupt;
    if (self->is_ended) wait_for_late_ranks(self);
    return status;
}

int rank_0_run(Rank *rank) {
    Rank0 self = {.rank = rank, .wake = -1, .timer = -1, .start = clock_now(), .missing = rank->ranks->size};
    self.came = xcalloc(self.missing, sizeof *self.came);
    Net *net = net_new(false);
    int status = 1;
    if (open_descriptors(&self) && open_hub(&self, net) && write_file(&self)) status = run_hub(&self);
    places_end(&rank->place, 1, self.is_ended ? RANK_END_PATIENCE : 0);
    remove_file(&self);
    hub_close(&self.hub);
    net_free(&net);
    if (self.timer >= 0) close(self.timer);
    if (self.wake >= 0) close(self.wake);
    free(self.came);
    return status;
}
