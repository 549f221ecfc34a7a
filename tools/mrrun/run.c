/* run.c: what happens in a run outside of the scheduler's messages: processes start and end, signals come. */
#include "tools/mrrun/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/hub.h"
#include "runtime/launch/launch.h"
#include "runtime/launch/loss.h"
#include "runtime/net/tcp.h"
#include "tools/mrrun/simulated.h"

enum { PROFILE_RANGES = 512, END_PATIENCE = 2000, SILENCE = 4000 /* milliseconds */, MOST_UNSENT = 64 << 10 };

bool run_take_signals(Run *run) {
    sigset_t mask;
    sigemptyset(&mask);
    if (run->options.session < 0)
        sigaddset(&mask, SIGINT);
    else
        signal(SIGINT, SIG_IGN); /* it is the session's, which goes on */
    sigaddset(&mask, SIGTERM);
    if (signal(SIGHUP, SIG_DFL) == SIG_IGN)
        signal(SIGHUP, SIG_IGN); /* nohup's wish */
    else
        sigaddset(&mask, SIGHUP);
    signal(SIGPIPE, SIG_IGN); /* a place that is gone is noticed by its end */
    sigprocmask(SIG_BLOCK, &mask, &run->old_signals);
    run->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run->signals < 0) fprintf(stderr, "mrrun: cannot take over signals: %s\n", strerror(errno));
    return run->signals >= 0;
}

bool run_start_timer(Run *run) {
    if (run->options.timeout == 0) return true;
    run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec end = {.it_value.tv_sec = (time_t)run->options.timeout};
    end.it_value.tv_nsec = (long)((run->options.timeout - (double)end.it_value.tv_sec) * 1e9);
    if (end.it_value.tv_sec == 0 && end.it_value.tv_nsec == 0) end.it_value.tv_nsec = 1;
    bool is_good = run->timer >= 0 && timerfd_settime(run->timer, 0, &end, NULL) == 0;
    if (!is_good) fprintf(stderr, "mrrun: cannot make a timer: %s\n", strerror(errno));
    return is_good;
}

bool run_watch(Run *run) {
    const Options *options = &run->options;
    WatchConfig config = {.tool = "mrrun", .events = options->events, .trace = options->trace};
    config.progress = options->progress;
    config.shows_progress = options->shows_progress && options->session < 0; /* the terminal is the session's */
    return watch_open(&run->watch, &config);
}

void run_stop(Run *run) {
    places_end(&run->session, 1, 0);
    places_end(run->places, run->place_count, run->is_ended ? END_PATIENCE : 0);
    free(run->places);
    remotes_relay(&run->remotes);
    remotes_free(&run->remotes);
    shipment_free(&run->shipment);
    directory_remove(&run->directory);
    checkpoint_close(&run->checkpoint, &run->options, false);
    stats_free(&run->stats);
    profile_free(&run->profile);
    run->is_watched_well = watch_close(&run->watch);
    if (run->wake >= 0) close(run->wake);
    if (run->signals >= 0) close(run->signals);
    if (run->timer >= 0) close(run->timer);
    if (run->pulse >= 0) close(run->pulse);
}

/* ---- what happens */

/* This machine, which has no network in between. */
static bool is_here(const Place *place) {
    return place->host == 0;
}

static void let_in(void *data, const char *public_key) {
    hub_allow(data, public_key);
}

/* Only now it is known which program this is. False: the run ends. */
static bool bind_journal(Run *run, Hub *hub, const uint8_t program[MESSAGE_HASH_SIZE]) {
    char *error = NULL;
    if (!run->checkpoint.journal || run->checkpoint.is_bound) return true;
    bool is_bound = checkpoint_bind(&run->checkpoint, &run->options, program, &error);
    if (is_bound)
        hub_use_journal(hub, run->checkpoint.journal, &run->checkpoint.stored, (uint64_t)(run->options.checkpoint_every * 1e9));
    else
        hub_fail(hub, error ? error : "the journal cannot be used", true);
    free(error);
    return is_bound;
}

static void take_hello(Run *run, Hub *hub, Place *place, const RecordHello *hello) {
    hub_expect_program(hub, hello->program);
    if (!bind_journal(run, hub, hello->program)) return;
    RecordStart start = {.version = PROTOCOL_VERSION, .workers = run->options.workers, .memory = run->options.memory};
    if (is_here(place))
        memcpy(start.directory, run->directory.path, sizeof start.directory); /* it is a directory of this machine */
    if (place->address[0]) {
        place->let_in = let_in;
        place->let_in_data = hub;
        snprintf(start.address, sizeof start.address, "%s", place->address);
        if (!tcp_move(start.control, hub_endpoint(hub), place->hub_address))
            hub_fail(hub, "a host has no address for this machine", true);
    }
    place_begin(place, &start);
}

/* The session wants to know who works for it. */
static void tell_workers(Place *session, const Sched *sched) {
    for (uint32_t i = 0; i < sched_worker_count(sched); i++) {
        WorkerInfo worker = sched_worker(sched, i);
        if (worker.pid <= 0 || worker.has_left) continue;
        Record record = {.kind = RECORD_WORKER, .as.worker = {.number = i, .pid = worker.pid}};
        snprintf(record.as.worker.place, sizeof record.as.worker.place, "%s", worker.name);
        place_send(session, &record);
    }
    place_send(session, &(Record){.kind = RECORD_WORKERS});
}

static void take_record(Run *run, Hub *hub, Place *place, const Record *record) {
    switch (record->kind) {
    case RECORD_HELLO:
        if (!place->is_started) take_hello(run, hub, place, &record->as.hello);
        break;
    case RECORD_EXIT: loss_tell(hub, place, &record->as.exit); break;
    case RECORD_NOT_STARTED: loss_tell_not_started(hub, place, &record->as.not_started); break;
    case RECORD_ALIVE: place->heard_at = clock_now(); break;
    case RECORD_WORKERS:
        if (place == &run->session) tell_workers(place, hub_sched(hub));
        break;
    default: break; /* place_next has kept it */
    }
}

/* Whether the place can take more is looked at only while there is something to say: a pipe whose reader has gone is always ready.
 */
static void watch_for_room(Run *run, const Place *place, bool is_wanted) {
    struct epoll_event event = {.events = EPOLLIN | (is_wanted ? EPOLLOUT : 0u), .data.fd = place->in};
    if (place->out == place->in) {
        epoll_ctl(run->wake, EPOLL_CTL_MOD, place->in, &event);
        return;
    }
    event = (struct epoll_event){.events = EPOLLOUT, .data.fd = place->out};
    epoll_ctl(run->wake, is_wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, place->out, &event);
}

/* The process that watches over the place's others is gone, and with it they are. */
static void lose_place(const Run *run, Hub *hub, Place *place) {
    if (place == &run->session) {
        hub_interrupt(hub); /* and with it all is over */
        return;
    }
    if (is_here(place)) {
        hub_fail(hub, "the process that watches over root and workers ended, and with it the run", true);
        return;
    }
    char how[128];
    snprintf(how, sizeof how, place->is_started ? "the connection to %s was closed" : "the program did not start on %s",
             place->name);
    for (uint32_t i = 0; i < place->workers && !place->is_started; i++) {
        HubLoss loss = {
            .host = place->host, .pid = -1 - (int64_t)(place->first + i), .role = ROLE_WORKER, .how = how, .at_chunk = -1};
        hub_process_lost(hub, &loss);
    }
    for (size_t i = 0; i < place->process_count; i++) {
        const PlaceProcess *process = &place->processes[i];
        HubLoss loss = {.host = place->host, .pid = process->pid, .role = process->role, .how = how, .at_chunk = -1};
        if (loss.pid == 0) loss.pid = -1 - (int64_t)process->serial; /* it was asked for, and nothing was heard of it */
        hub_process_lost(hub, &loss);
    }
    place->process_count = 0;
}

/* When the last node is gone, so is the allocation: it was cancelled, or has run out of time. salloc does not tell. */
static void check_allocation(const Run *run, Hub *hub) {
    for (uint32_t i = 0; i < run->place_count; i++) {
        if (run->places[i].workers > 0 && run->places[i].in >= 0) return;
    }
    hub_fail(hub, "no node of the allocation is left: was it cancelled, or is its time over?", false);
}

/* What the place has said; and what it could not be told before, it may take now. */
static void look_at_place(Run *run, Hub *hub, Place *place) {
    bool goes_on = place_receive(place);
    RecordState state;
    for (Record record; (state = place_next(place, &record)) == RECORD_GOT;) take_record(run, hub, place, &record);
    if (!goes_on || state == RECORD_BAD) {
        lose_place(run, hub, place);
        place_close(place);
        if (run->options.launcher == LAUNCH_SLURM) check_allocation(run, hub);
        return;
    }
    watch_for_room(run, place, !place_flush(place));
}

static void take_signal(Run *run, Hub *hub) {
    struct signalfd_siginfo info;
    if (read(run->signals, &info, sizeof info) != (ssize_t)sizeof info) return;
    if (!run->interrupt) run->interrupt = (int)info.ssi_signo;
    hub_interrupt(hub);
}

static void take_timeout(Run *run, Hub *hub) {
    uint64_t count;
    if (run->timer < 0 || read(run->timer, &count, sizeof count) != (ssize_t)sizeof count) return;
    char text[MESSAGE_TEXT_SIZE], at[MESSAGE_TEXT_SIZE / 2];
    sched_describe(hub_sched(hub), at, sizeof at);
    snprintf(text, sizeof text, "the run took longer than %g s (--timeout): %s", run->options.timeout, at);
    hub_fail(hub, text, false);
}

/* Who is across a network may not see mrrun's end. */
static void take_pulse(Run *run) {
    uint64_t count;
    if (run->pulse < 0 || read(run->pulse, &count, sizeof count) != (ssize_t)sizeof count) return;
    Record alive = {.kind = RECORD_ALIVE};
    for (uint32_t i = 0; i < run->place_count; i++) {
        Place *place = &run->places[i];
        if (is_here(place) || place->out < 0 || place->unsent.len > MOST_UNSENT) continue;
        place_send(place, &alive);
        watch_for_room(run, place, place->unsent.len > 0);
    }
}

static void on_wake(Hub *hub, void *data) {
    Run *run = data;
    take_signal(run, hub);
    take_timeout(run, hub);
    take_pulse(run);
    remotes_relay(&run->remotes);
    if (run->session.in >= 0) look_at_place(run, hub, &run->session);
    for (uint32_t i = 0; i < run->place_count; i++) {
        if (run->places[i].in >= 0) look_at_place(run, hub, &run->places[i]);
    }
}

static void on_log(void *data, int level, const char *text) {
    const Run *run = data;
    if (run->options.is_verbose)
        fprintf(stderr, "mrrun: at %.3f s: %s\n", (double)(clock_now() - run->started) / 1e9, text);
    else if (level == 0 && !run->options.is_quiet)
        fprintf(stderr, "mrrun: %s\n", text);
}

static void on_job(void *data, const Sched *sched, const JobStats *job) {
    Run *run = data;
    (void)sched;
    if (run->options.is_verbose) stats_show_shares(job);
    if (run->options.stats) stats_add(&run->stats, job);
}

/* Has the place answered lately? This machine always has. */
static bool is_heard(const Place *place) {
    return place->in >= 0 && (is_here(place) || !place->heard_at || clock_now() - place->heard_at < SILENCE * (uint64_t)1000000);
}

/* Where a worker is started in place of one that was at `host`: there; or where the fewest are, when nobody is heard from there, or
 * when one there was given up although it lived: others may not reach that host, though mrrun does. This machine takes one that was
 * not meant for it only when no other can, and never in place of a node that Slurm gave. */
static Place *place_for_one_more(const Run *run, uint32_t host) {
    Place *old = host < run->place_count && is_heard(&run->places[host]) ? &run->places[host] : NULL;
    if (old && (old->given_up == 0 || run->place_count == 2)) return old;
    Place *best = NULL;
    for (uint32_t i = run->place_count; i-- > 0;) {
        Place *place = &run->places[i];
        bool is_spare = place->workers == 0 && (best || old || run->options.launcher == LAUNCH_SLURM), is_shunned = place == old;
        if (is_heard(place) && !is_spare && !is_shunned && (!best || place->process_count < best->process_count)) best = place;
    }
    return best ? best : old;
}

static void on_message(void *data, const Message *message, bool is_sent) {
    Run *run = data;
    profile_note(&run->profile, message, is_sent, clock_now());
}

static void on_replace(void *data, uint32_t host) {
    Place *place = place_for_one_more(data, host);
    if (place) place_spawn(place, ROLE_WORKER, -1);
}

static void on_kill(void *data, uint32_t host, int64_t pid) {
    Run *run = data;
    if (host >= run->place_count) return;
    run->places[host].given_up++;
    place_kill(&run->places[host], pid);
}

/* ---- the run */

static bool watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool start_pulse(Run *run) {
    if (run->place_count < 2) return true;
    run->pulse = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec second = {.it_value.tv_nsec = 1, .it_interval.tv_sec = 1};
    return run->pulse >= 0 && timerfd_settime(run->pulse, 0, &second, NULL) == 0 && watch(run->wake, run->pulse);
}

static bool watch_everything(Run *run) {
    run->wake = epoll_create1(EPOLL_CLOEXEC);
    bool is_good =
        run->wake >= 0 && watch(run->wake, run->signals) && (run->timer < 0 || watch(run->wake, run->timer)) && start_pulse(run);
    for (size_t i = 0; i < run->remotes.count && is_good; i++)
        is_good = run->remotes.items[i].error < 0 || watch(run->wake, run->remotes.items[i].error);
    if (run->session.in >= 0 && is_good) is_good = watch(run->wake, run->session.in);
    for (uint32_t i = 0; i < run->place_count && is_good; i++) is_good = watch(run->wake, run->places[i].in);
    if (!is_good) fprintf(stderr, "mrrun: cannot watch the processes: %s\n", strerror(errno));
    return is_good;
}

static Hub *open_hub(Run *run, Net *net) {
    char control[MESSAGE_ENDPOINT_SIZE], bags[MESSAGE_ENDPOINT_SIZE], *error = NULL;
    LinkKeys keys = {.allowed = NULL};
    launch_endpoint(control, run->directory.path, "control");
    launch_endpoint(bags, run->directory.path, "journal");
    if (run->listen[0]) snprintf(control, sizeof control, "tcp://%s:0", run->listen);
    if (run->listen[0]) snprintf(bags, sizeof bags, "tcp://%s:0", run->listen);
    if (run->listen[0] && !key_pair_make(&keys.own)) {
        fprintf(stderr, "mrrun: this libzmq cannot encrypt (it was built without CURVE), so nothing may leave this machine\n");
        return NULL;
    }
    HubConfig config = {.net = net, .control = control, .wake = run->wake, .data = run};
    if (run->listen[0]) config.keys = &keys;
    if (run->checkpoint.journal) config.bags = bags;
    config.sched = (SchedConfig){.workers = run->options.workers, .shuffle_seed = run->options.shuffle_seed};
    if (run->options.simulated) { /* what ranges cost is to be known as finely as may be */
        config.sched.keeps_nested = true;
        config.sched.range_share = PROFILE_RANGES;
        config.on_message = on_message;
    }
    config.sched.retries = run->options.retries;
    config.sched.root_has_time = run->options.session >= 0;
    config.sched.may_replace = run->options.respawns;
    config.sched.range_chunks = run->options.shuffle_seed ? 1 : run->options.range_chunks;
    config.on_wake = on_wake;
    config.on_log = on_log;
    config.on_job = on_job;
    config.listener = watch_listener(&run->watch);
    config.on_replace = on_replace;
    config.on_kill = on_kill;
    Hub *hub = hub_open(&config, &error);
    key_pair_wipe(&keys.own);
    if (!hub) fprintf(stderr, "mrrun: %s\n", error ? error : "cannot listen");
    free(error);
    return hub;
}

static void show_end(Run *run, const Hub *hub, const char *text) {
    HubStrange strange = hub_strange(hub);
    uint64_t now = clock_now();
    double seconds = (double)(now - run->started) / 1e9;
    if (text[0]) fprintf(stderr, "error: %s\n", text);
    run->stats.dropped = strange.dropped;
    run->stats.refused = strange.refused;
    if (run->options.simulated && !text[0]) simulated_show(&run->profile, &run->options, run->started, now);
    if (run->options.stats == STATS_TEXT) stats_show(&run->stats, seconds);
    if (run->options.stats == STATS_JSON) stats_show_json(&run->stats, run->options.workers, seconds);
}

static bool has_said_hello(const Sched *sched, uint32_t host, int64_t pid) {
    for (uint32_t i = 0; i < sched_worker_count(sched); i++) {
        WorkerInfo worker = sched_worker(sched, i);
        if (worker.pid == pid && worker.host == host) return true;
    }
    return false;
}

/* Workers that had not been heard of before the end know nothing of it. */
static bool all_have_heard(const Run *run, const Sched *sched) {
    for (uint32_t i = 0; i < run->place_count; i++) {
        const Place *place = &run->places[i];
        for (size_t k = 0; k < place->process_count; k++) {
            const PlaceProcess *process = &place->processes[k];
            if (process->role == ROLE_WORKER && !has_said_hello(sched, place->host, process->pid)) return false;
        }
    }
    return true;
}

int run_program(Run *run) {
    run->started = clock_now();
    if (!watch_everything(run)) return 1;
    if (run->options.is_verbose) {
        fprintf(stderr, "mrrun: %s with %u worker%s on %s, in %s\n", run->path, run->options.workers,
                run->options.workers == 1 ? "" : "s", run->place_count > 1 ? "several hosts" : "this machine", run->directory.path);
    }
    watch_begin(&run->watch, run->started, run->options.program[0], run->options.workers);
    Net *net = net_new(false);
    Hub *hub = open_hub(run, net);
    int status = 1;
    char text[MESSAGE_TEXT_SIZE] = "";
    if (hub) {
        status = hub_run(hub, text);
        run->is_ended = !text[0] && !run->interrupt && all_have_heard(run, hub_sched(hub));
        show_end(run, hub, text);
    }
    hub_close(&hub);
    net_free(&net);
    watch_end(&run->watch, clock_now(), run->interrupt ? 128 + run->interrupt : status);
    checkpoint_close(&run->checkpoint, &run->options, status == 0 && !run->interrupt);
    return run->interrupt ? 128 + run->interrupt : status;
}
