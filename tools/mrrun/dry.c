/* dry.c: --dry-run: which worker would run where, the commands that lead there, and what would travel. Nobody is contacted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mrrun/boot.h"
#include "tools/mrrun/run.h"

static void show_workers(uint32_t first, uint32_t count, const char *where) {
    if (count == 0) return;
    if (count == 1)
        printf("worker %u: %s\n", first, where);
    else
        printf("workers %u to %u: %s\n", first, first + count - 1, where);
}

/* The shell's text is always the same, and left out. */
static void show_command(const Options *options, const Host *host) {
    char **command = host_command(options, host, "…");
    printf("   ");
    for (size_t i = 0; command[i]; i++) printf(" %s", command[i]);
    printf("\n");
    free(command);
}

static bool show_shipment(const char *path) {
    Shipment shipment;
    char *error = NULL;
    bool is_good = shipment_make(&shipment, path, &error);
    if (is_good) {
        const Parcel *program = &shipment.parcels[PARCEL_PROGRAM], *libraries = &shipment.parcels[PARCEL_LIBRARIES];
        printf("sent to each host that does not have it: the program (%.1f MB) and %zu libraries (%.1f MB):\n",
               (double)program->size / 1e6, libraries->count, (double)libraries->size / 1e6);
        for (size_t i = 0; i < libraries->count; i++) printf("    %s\n", libraries->files[i].path);
        printf("kept there in ~/.cache/mr/%.12s… and %.12s…\n", program->hash, libraries->hash);
        printf("hosts must be %s machines with glibc %u.%u or newer\n", shipment.machine, shipment.glibc.major,
               shipment.glibc.minor);
    } else {
        fprintf(stderr, "mrrun: %s\n", error);
    }
    free(error);
    shipment_free(&shipment);
    return is_good;
}

bool run_show(Run *run) {
    const Options *options = &run->options;
    bool has_remote = false;
    printf("root, scheduler: this machine\n");
    if (options->hosts.len == 0) show_workers(0, options->workers, "this machine");
    for (size_t i = 0; i < options->hosts.len; i++) {
        const Host *host = &options->hosts.items[i];
        char text[2 * HOST_NAME_SIZE];
        show_workers(host->first, host->workers, host->is_local ? "this machine" : host_text(host, text));
        if (host->workers == 0) printf("no worker: %s\n", host_text(host, text));
        if (host->is_local || host->workers == 0) continue;
        show_command(options, host);
        has_remote = true;
    }
    return !has_remote || show_shipment(run->path);
}
