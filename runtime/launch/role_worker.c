/* role_worker.c: what a forked process does that is a worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/launch/launch.h"
#include "runtime/net/segment.h"
#include "runtime/value/neighbours.h"
#include "runtime/value/value.h"
#include "runtime/worker/fault.h"
#include "runtime/worker/worker.h"

/* In a debug build every value has been given back by now. */
int launch_check_values(int status) {
    int64_t count = mr_live_values();
    if (count == 0) return status;
    fprintf(stderr, "mr: %lld values were not given back\n", (long long)count);
    return 70;
}

/* A search for leaks that the compiler adds takes place in exit. */
#if defined(__SANITIZE_ADDRESS__)
enum { LOOKS_FOR_LEAKS = 1 };
#else
enum { LOOKS_FOR_LEAKS = 0 };
#endif

/* The end of a process that has given back all it had: what libraries have for their end would cost it its own copy of a page or
 * two of each of them. */
static void leave_worker(int status) {
    fflush(NULL);
    _exit(status);
}

int launch_worker(const LaunchRole *role, const MrProgram *program, const ProgramLoader *loader, int argc, char **argv) {
    Net *net = net_new(false);
    char control[MESSAGE_ENDPOINT_SIZE], data[MESSAGE_ENDPOINT_SIZE], name[MESSAGE_NAME_SIZE], file[MESSAGE_NAME_SIZE],
        host[MESSAGE_NAME_SIZE];
    snprintf(name, sizeof name, "worker %u", role->serial);
    snprintf(file, sizeof file, "worker-%u", role->serial);
    if (gethostname(host, sizeof host) != 0) snprintf(host, sizeof host, "this host");
    host[sizeof host - 1] = '\0';
    launch_endpoints(role, file, control, data);
    MR_FAULT_PROCESS(file + strlen("worker-"));
    MR_FAULT("worker.at_start");
    Programs *programs = programs_new(program);
    WorkerConfig config = {.net = net, .programs = programs, .argc = argc - 1, .argv = argv + 1, .wish = role->wish};
    config.loader = loader;
    if (loader) config.codes = codes_new();
    config.control = control;
    config.data = data;
    config.name = name;
    config.place = host;
    config.host = role->host;
    config.memory = role->memory;
    config.box = role->box;
    LinkKeys keys = {.own = role->keys};
    if (role->control[0]) config.keys = &keys;
    bool is_clean;
    char *error;
    if (!role->memory) config.neighbours = neighbours_new(segments_this_host(), !role->control[0]);
    int status = worker_run(&config, &is_clean, &error);
    if (error) fprintf(stderr, "mr: %s: %s\n", name, error);
    free(error);
    net_free(&net);
    if (is_clean) neighbours_free(&config.neighbours);
    if (!is_clean) _exit(status); /* the compute thread is in a long element that nobody needs any more */
    programs_free(&programs);
    codes_free(&config.codes);
    status = launch_check_values(status);
    if (!LOOKS_FOR_LEAKS) leave_worker(status);
    return status;
}
