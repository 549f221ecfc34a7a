/* start.c: where the processes of a run live, and how their places come to be: this machine, where the root is in any case, and the
 * hosts that --host and --hostfile name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/texts.h"
#include "runtime/launch/address.h"
#include "tools/mrrun/local.h"
#include "tools/mrrun/run.h"
#include "tools/mrrun/slurm.h"
#include "tools/mrrun/ssh.h"

#define LOOPBACK "127.0.0.1"

static Place *add_place(Run *run, const char *name) {
    run->places = xrealloc(run->places, (run->place_count + 1) * sizeof *run->places);
    Place *place = &run->places[run->place_count];
    *place = (Place){.host = run->place_count++, .in = -1, .out = -1};
    snprintf(place->name, sizeof place->name, "%s", name);
    return place;
}

/* ---- other hosts */

char **host_command(const Options *options, const Host *host, const char *text) {
    return options->launcher == LAUNCH_SLURM ? slurm_command(host->name, text) : ssh_command(options->ssh, host, text);
}

/* Looks for the program's libraries and starts the commands that lead to the hosts. */
static bool contact_hosts(Run *run) {
    char *error = NULL;
    if (!shipment_make(&run->shipment, run->path, &error)) {
        fprintf(stderr, "mrrun: %s\n", error);
        free(error);
        return false;
    }
    run->remotes.shipment = &run->shipment;
    run->remotes.is_verbose = run->options.is_verbose;
    for (size_t i = 0; i < run->options.hosts.len; i++) {
        const Host *host = &run->options.hosts.items[i];
        if (host->is_local || host->workers == 0) continue;
        char name[2 * HOST_NAME_SIZE], **command = host_command(&run->options, host, boot_shell);
        remotes_add(&run->remotes, host_text(host, name), host->workers, command);
        free(command);
    }
    return true;
}

/* What a parent there does not inherit. */
static void say_texts(Place *place, char *const *program) {
    for (size_t i = 0; program[i]; i++) texts_say(&place->unsent, TEXT_ARGUMENT, program[i]);
    for (char **setting = environ; *setting; setting++) {
        if (!texts_is_hosts(*setting) && strchr(*setting, '=')) texts_say(&place->unsent, TEXT_SETTING, *setting);
    }
    char *folder = getcwd(NULL, 0);
    texts_say(&place->unsent, TEXT_FOLDER, folder ? folder : "/");
    free(folder);
    place_flush(place);
}

/* The addresses of a host and of this machine, as they see each other: as ssh's connection has them, or as the system knows. */
static bool find_addresses(const Run *run, const Remote *remote, Place *place) {
    char own[ADDRESS_SIZE] = "", theirs[ADDRESS_SIZE] = "";
    snprintf(own, sizeof own, "%.63s", remote->boot.seen);
    snprintf(theirs, sizeof theirs, "%.63s", remote->boot.address);
    bool is_slurm = run->options.launcher == LAUNCH_SLURM;
    const char *user = strrchr(remote->name, '@'), *name = user ? user + 1 : remote->name;
    if (!theirs[0] && !(is_slurm ? slurm_address(name, theirs) : address_of(name, theirs))) {
        fprintf(stderr, "mrrun: %s: its address is not known\n", remote->name);
        return false;
    }
    if (!own[0] && !address_towards(theirs, own)) own[0] = '\0';
    if (run->options.address) snprintf(own, sizeof own, "%.63s", run->options.address);
    if (!address_is_ours(own)) {
        fprintf(stderr,
                "mrrun: %s sees this machine as %s, which is none of its addresses (something between them translates): "
                "say --address, by which hosts can reach it\n",
                remote->name, own[0] ? own : "nothing");
        return false;
    }
    address_bracket(own, place->hub_address);
    address_bracket(theirs, place->address);
    return true;
}

/* As address_bracket writes it. */
static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "[::1]") == 0;
}

/* A host that is reached over loopback is this machine, whatever it was called: a hostfile names it, and /etc/hosts has 127.0.1.1
 * for that. Others find neither it nor mrrun there, but where they find mrrun. */
static void leave_loopback(Run *run) {
    const Place *outer = NULL;
    for (uint32_t i = 1; i < run->place_count && !outer; i++)
        if (!is_loopback(run->places[i].hub_address)) outer = &run->places[i];
    for (uint32_t i = 1; i < run->place_count && outer; i++) {
        Place *place = &run->places[i];
        if (is_loopback(place->address)) memcpy(place->address, outer->hub_address, sizeof place->address);
        if (is_loopback(place->hub_address)) memcpy(place->hub_address, outer->hub_address, sizeof place->hub_address);
    }
}

/* Where this machine listens: where all hosts see it, or on all its addresses when they do not agree. */
static void choose_listening(Run *run) {
    Place *home = &run->places[0];
    leave_loopback(run);
    for (uint32_t i = 1; i < run->place_count; i++) {
        const Place *place = &run->places[i];
        if (i == 1) {
            memcpy(home->address, place->hub_address, sizeof home->address);
            memcpy(home->hub_address, place->hub_address, sizeof home->hub_address);
            memcpy(run->listen, place->hub_address, sizeof run->listen);
        } else if (strcmp(run->listen, place->hub_address) != 0) {
            snprintf(run->listen, sizeof run->listen,
                     strchr(run->listen, '[') || place->hub_address[0] == '[' ? "[::]" : "0.0.0.0");
        }
    }
}

static bool is_interrupted(Run *run) {
    struct signalfd_siginfo info;
    if (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) run->interrupt = (int)info.ssi_signo;
    return run->interrupt != 0;
}

/* Is the time over that --timeout gives? Then it is said which hosts were waited for. */
static bool is_late(const Run *run) {
    uint64_t count;
    if (run->timer < 0 || read(run->timer, &count, sizeof count) != (ssize_t)sizeof count) return false;
    Buf names = {0};
    for (size_t i = 0; i < run->remotes.count; i++) {
        const Remote *remote = &run->remotes.items[i];
        bool is_awaited = remote->boot.state != BOOT_READY && remote->boot.state != BOOT_FAILED;
        if (is_awaited) buf_printf(&names, "%s%s", names.len ? ", " : ": no answer yet from ", remote->name);
    }
    fprintf(stderr, "error: the run took longer than %g s (--timeout)%s\n", run->options.timeout, buf_text(&names));
    buf_free(&names);
    return true;
}

/* Waits for the hosts; those that answered become places. */
static bool gather_hosts(Run *run) {
    remotes_boot(&run->remotes, run->signals, run->timer);
    if (is_interrupted(run) || is_late(run)) return false;
    for (size_t i = 0; i < run->remotes.count; i++) {
        Remote *remote = &run->remotes.items[i];
        if (remote->boot.state != BOOT_READY) continue;
        Place *place = add_place(run, remote->name);
        place->workers = remote->workers;
        if (!find_addresses(run, remote, place)) {
            run->place_count--;
            if (is_interrupted(run)) return false; /* which may be why */
            continue;
        }
        remote_become_place(remote, place);
        say_texts(place, run->options.program);
    }
    choose_listening(run);
    return true;
}

/* ---- this machine */

static uint32_t local_workers(const Options *options) {
    uint32_t workers = options->hosts.len > 0 ? 0 : options->workers;
    for (size_t i = 0; i < options->hosts.len; i++)
        workers += options->hosts.items[i].is_local ? options->hosts.items[i].workers : 0;
    return workers;
}

/* Numbers the workers that there are now, place by place. */
static bool number_workers(Run *run) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->place_count; i++) {
        run->places[i].first = count;
        count += run->places[i].workers;
    }
    uint32_t wanted = run->options.workers;
    run->options.workers = count;
    if (count == 0) fprintf(stderr, "mrrun: there is no host that could work\n");
    if (count > 0 && count < wanted) fprintf(stderr, "mrrun: goes on with %u of %u workers\n", count, wanted);
    return count > 0;
}

/* The root that has started mrrun. */
static bool session_open(Place *session, int fd) {
    *session = (Place){.name = "the session", .has_root = true, .in = fd, .out = fd};
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return true;
    fprintf(stderr, "mrrun: --session is for tools that start mrrun: descriptor %d is not open\n", fd);
    session->in = session->out = -1;
    return false;
}

bool run_start(Run *run) {
    Place *home = add_place(run, "this machine");
    home->has_root = run->options.session < 0;
    home->workers = local_workers(&run->options);
    if (!home->has_root && !session_open(&run->session, run->options.session)) return false;
    if (run->options.uses_tcp) {
        snprintf(run->listen, sizeof run->listen, LOOPBACK);
        snprintf(home->address, sizeof home->address, LOOPBACK);
        snprintf(home->hub_address, sizeof home->hub_address, LOOPBACK);
    }
    if (home->workers < run->options.workers && (!contact_hosts(run) || !gather_hosts(run))) return false;
    home = &run->places[0];
    memcpy(run->session.address, home->address, sizeof home->address);
    memcpy(run->session.hub_address, home->hub_address, sizeof home->hub_address);
    return number_workers(run) && local_start(&run->places[0], run->path, run->options.program, &run->old_signals);
}
