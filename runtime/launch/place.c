/* place.c: mrrun's conversation with the parent of a host. */
#include "runtime/launch/place.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/net/link.h"

/* Milliseconds, for all places together: until the processes that lead there are killed, and a bit more for each of them, because
 * they share this machine; and until what was not said yet is given up. */
enum { KILL_PATIENCE = 1000, PLACE_PATIENCE = 20, FLUSH_PATIENCE = 500 };
#define MILLISECOND ((uint64_t)1000000)

/* ---- saying */

bool place_flush(Place *place) {
    if (place->out < 0 || !record_write(&place->unsent, place->out)) place->unsent.len = 0; /* its end will be seen */
    return place->unsent.len == 0;
}

void place_send(Place *place, const Record *record) {
    record_add(&place->unsent, record);
    place_flush(place);
}

void place_spawn(Place *place, Role role, int64_t wish) {
    if (place->process_count == place->process_cap) {
        place->process_cap = place->process_cap ? 2 * place->process_cap : 16;
        place->processes = xrealloc(place->processes, place->process_cap * sizeof *place->processes);
    }
    PlaceProcess process = {.serial = role == ROLE_ROOT ? PLACE_ROOT : place->next_serial++, .role = role};
    place->processes[place->process_count++] = process;
    Record record = {.kind = RECORD_SPAWN, .as.spawn = {.serial = process.serial, .role = role, .wish = wish}};
    if (place->let_in && key_pair_make(&record.as.spawn.keys)) place->let_in(place->let_in_data, record.as.spawn.keys.public_key);
    place_send(place, &record);
    key_pair_wipe(&record.as.spawn.keys);
}

void place_kill(Place *place, int64_t pid) {
    Record record = {.kind = RECORD_KILL, .as.kill.pid = pid};
    if (pid > 0) place_send(place, &record);
}

void place_begin(Place *place, const RecordStart *start) {
    Record record = {.kind = RECORD_START, .as.start = *start};
    record.as.start.host = place->host;
    place->is_started = true;
    place_send(place, &record);
    /* Serials begin with the workers' numbers, so that names in ps and in the directory are what people expect. */
    place->next_serial = place->first;
    if (place->has_root) place_spawn(place, ROLE_ROOT, -1);
    for (uint32_t i = 0; i < place->workers; i++) place_spawn(place, ROLE_WORKER, place->first + i);
}

/* ---- listening */

bool place_receive(Place *place) {
    return place->in >= 0 && record_receive(&place->received, place->in);
}

static void forget_process(Place *place, uint32_t serial) {
    for (size_t i = 0; i < place->process_count; i++) {
        if (place->processes[i].serial != serial) continue;
        place->processes[i] = place->processes[--place->process_count];
        return;
    }
}

RecordState place_next(Place *place, Record *record) {
    RecordState state = record_next(&place->received, record);
    if (state != RECORD_GOT) return state;
    if (record->kind == RECORD_STARTED) {
        for (size_t i = 0; i < place->process_count; i++) {
            if (place->processes[i].serial == record->as.started.serial) place->processes[i].pid = record->as.started.pid;
        }
    }
    if (record->kind == RECORD_NOT_STARTED) forget_process(place, record->as.not_started.serial);
    if (record->kind == RECORD_EXIT) forget_process(place, record->as.exit.serial);
    return RECORD_GOT;
}

const char *place_describe_exit(const RecordExit *end, char *text, size_t size) {
    int status = end->status;
    if (end->ran_out && WIFSIGNALED(status))
        snprintf(text, size, "killed by the system because memory ran out");
    else if (WIFSIGNALED(status))
        snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "it ended with status %d", WEXITSTATUS(status));
    size_t len = strlen(text);
    double megabytes = (double)end->peak / 1e6;
    if (megabytes >= 1000)
        snprintf(text + len, size - len, ", %.1f GB resident at most", megabytes / 1000);
    else if (megabytes > 0)
        snprintf(text + len, size - len, ", %.0f MB resident at most", megabytes);
    return text;
}

/* ---- the end */

void place_close(Place *place) {
    if (place->out >= 0 && place->out != place->in) close(place->out);
    if (place->in >= 0) close(place->in);
    place->in = place->out = -1;
}

static int milliseconds_until(uint64_t time) {
    uint64_t now = clock_now();
    return now < time ? (int)((time - now) / 1000000) + 1 : 0;
}

/* Waits for the started process, but not for ever: one that was stopped sees nothing. When it is killed its children die too. */
static void wait_for_starter(pid_t starter, uint64_t until) {
    struct pollfd end = {.fd = pidfd_open(starter, 0), .events = POLLIN};
    if (end.fd < 0 || poll(&end, 1, milliseconds_until(until)) <= 0) kill(starter, SIGKILL);
    if (end.fd >= 0) close(end.fd);
    while (waitpid(starter, NULL, 0) < 0 && errno == EINTR) {}
}

/* Closing the descriptors ends every process of the place. After a good end the processes are about to end by themselves. */
static void place_dismiss(Place *place, unsigned patience, uint64_t until) {
    Record record = {.kind = RECORD_END, .as.end.patience = patience};
    if (patience > 0 && place->out >= 0) place_send(place, &record);
    struct pollfd out = {.fd = place->out, .events = POLLOUT};
    if (patience > 0 && !place_flush(place) && poll(&out, 1, milliseconds_until(until)) > 0) place_flush(place);
    place_close(place);
}

void places_end(Place *places, size_t count, unsigned patience) {
    uint64_t start = clock_now(), flushed = start + FLUSH_PATIENCE * MILLISECOND;
    uint64_t ended = start + (patience + KILL_PATIENCE + count * PLACE_PATIENCE) * MILLISECOND;
    for (size_t i = 0; i < count; i++) place_dismiss(&places[i], patience, flushed);
    for (size_t i = 0; i < count; i++) {
        Place *place = &places[i];
        if (place->starter > 0) wait_for_starter(place->starter, ended);
        place->starter = 0;
        free(place->processes);
        record_free(&place->received);
        buf_free(&place->unsent);
    }
}
