/* rank_other.c: a rank that has nothing but a worker: it finds rank 0, starts the worker, and replaces it when it was killed. It
 * ends when the worker does. A rank without a worker is no failure of the run: engines end all ranks when one fails. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/launch/address.h"
#include "runtime/launch/rank.h"
#include "runtime/net/link.h"
#include "runtime/net/tcp.h"

enum { LOOK_FIRST = 10, LOOK_AT_MOST = 250 /* milliseconds between looks for the file */, MOST_REPLACEMENTS = 16 };

/* Waits for the run's file. False after a message, or a signal. */
static bool find_rank_0(Rank *rank) {
    uint64_t end = clock_now() + (uint64_t)RENDEZVOUS_PATIENCE * 1000000000;
    for (int pause = LOOK_FIRST; !rank_take_signal(rank); pause = pause * 3 / 2 < LOOK_AT_MOST ? pause * 3 / 2 : LOOK_AT_MOST) {
        char *error = NULL;
        RendezvousFound state = rendezvous_read(rank->path, rank->program->hash, &rank->rendezvous, &error);
        if (state == RENDEZVOUS_FOUND) return true;
        if (state == RENDEZVOUS_BAD) {
            fprintf(stderr, "error: rank %u: %s\n", rank->ranks->rank, error ? error : "no memory");
            free(error);
            return false;
        }
        if (clock_now() > end) break;
        rank_wait(rank, -1, pause);
    }
    if (!rank->interrupt) {
        fprintf(stderr,
                "error: rank %u of %u has found no sign of rank 0 after %d seconds: there is no file %s; if rank 0 runs on a host "
                "that does "
                "not share this directory, " RENDEZVOUS_VARIABLE " names one that all do\n",
                rank->ranks->rank, rank->ranks->size, RENDEZVOUS_PATIENCE, rank->path);
    }
    return false;
}

static void spawn_worker(Rank *rank, int64_t wish) {
    Place *place = &rank->place;
    Record record = {.kind = RECORD_SPAWN, .as.spawn = {.serial = place->next_serial++, .role = ROLE_WORKER, .wish = wish}};
    record.as.spawn.keys = rank->rendezvous.pairs[rank->ranks->rank - 1];
    place_send(place, &record);
    key_pair_wipe(&record.as.spawn.keys);
}

/* The address by which this machine speaks to the one in an endpoint. */
static bool find_address(const char *endpoint, char bracketed[ADDRESS_SIZE]) {
    TcpEndpoint there;
    char address[MESSAGE_ENDPOINT_SIZE], own[ADDRESS_SIZE];
    if (!tcp_parse(endpoint, &there)) return false;
    const char *start = strstr(there.place, "//") + 2;
    snprintf(address, sizeof address, "%s", start + there.is_ipv6);
    address[there.is_ipv6 ? strcspn(address, "]") : strcspn(address, ":")] = '\0';
    if (!address_towards(address, own)) return false;
    address_bracket(own, bracketed);
    return true;
}

/* Tells the parent where the run is. False after a message. */
static bool begin(Rank *rank) {
    Record record = {.kind = RECORD_START};
    RecordStart *start = &record.as.start;
    *start =
        (RecordStart){.version = PROTOCOL_VERSION, .workers = rank->ranks->size, .host = rank->ranks->rank, .memory = rank->memory};
    snprintf(start->control, sizeof start->control, "%s", rank->rendezvous.control);
    if (rank->rendezvous.count != rank->ranks->size - 1 || !find_address(start->control, start->address)) {
        fprintf(stderr, "error: rank %u does not find its way to rank 0 at %.*s\n", rank->ranks->rank,
                (int)strcspn(start->control, "#"), start->control);
        return false;
    }
    place_send(&rank->place, &record);
    rank->place.next_serial = rank->ranks->rank;
    spawn_worker(rank, rank->ranks->rank);
    return true;
}

typedef struct Watch {
    Rank *rank;
    uint32_t replaced;
    bool is_over;
    int status;
} Watch;

static void take_exit(Watch *watch, const RecordExit *end) {
    const Ranks *ranks = watch->rank->ranks;
    char how[160];
    watch->is_over = true;
    if (WIFEXITED(end->status)) return;
    place_describe_exit(end, how, sizeof how);
    if (watch->replaced++ == MOST_REPLACEMENTS) {
        fprintf(stderr, "mr: the worker of rank %u was %s; this is one time too many, and the run goes on without it\n",
                ranks->rank, how);
        return;
    }
    fprintf(stderr, "mr: the worker of rank %u was %s; it is replaced\n", ranks->rank, how);
    watch->is_over = false;
    spawn_worker(watch->rank, -1);
}

static void take_record(Watch *watch, const Record *record) {
    const Ranks *ranks = watch->rank->ranks;
    if (record->kind == RECORD_EXIT) take_exit(watch, &record->as.exit);
    if (record->kind != RECORD_NOT_STARTED) return;
    fprintf(stderr, "error: rank %u cannot start a process: %s\n", ranks->rank, strerror(record->as.not_started.reason));
    watch->is_over = true;
    watch->status = 1;
}

static void look_at_place(Watch *watch) {
    Place *place = &watch->rank->place;
    bool goes_on = place_receive(place);
    RecordState state;
    for (Record record; (state = place_next(place, &record)) == RECORD_GOT;) take_record(watch, &record);
    place_flush(place);
    if (watch->is_over || (goes_on && state != RECORD_BAD)) return;
    fprintf(stderr, "mr: the process that watches over the worker of rank %u ended; the run goes on without it\n",
            watch->rank->ranks->rank);
    watch->is_over = true;
}

/* Until the worker is gone for good; returns its status. */
static int watch_worker(Rank *rank) {
    Watch watch = {.rank = rank};
    while (!watch.is_over && !rank_take_signal(rank)) {
        rank_wait(rank, rank->place.in, -1);
        look_at_place(&watch);
    }
    return watch.status;
}

int rank_other_run(Rank *rank) {
    int status = 1;
    if (find_rank_0(rank) && begin(rank)) status = watch_worker(rank);
    places_end(&rank->place, 1, 0);
    return status;
}
