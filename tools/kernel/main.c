/* main.c: mr-kernel: what Jupyter starts for notebooks in mr. */
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/session/session.h"
#include "tools/kernel/kernel.h"

enum { EXIT_USAGE = 2, MOST_WORKERS = 4096 };

static const char help[] = "Usage: mr-kernel [options] CONNECTION.json [-- --host=A,B:4 ...]\n"
                           "Runs cells of mr for Jupyter, which starts it, and says in the connection file where to listen.\n"
                           "\n"
                           "  -n, --workers=N      N workers that are processes (default: a thread for each processor)\n"
                           "  -O0 -O1 -O2 -O3      how much to optimise cells with loops over data (default: -O2)\n"
                           "  -h, --help           this text\n"
                           "      --version        the version\n"
                           "\n"
                           "What follows `--` is for mrrun, which then has the workers: hosts, memory and so on (mrrun --help).\n"
                           "`make install-kernel` makes the kernel known to Jupyter.\n";

static bool parse_workers(const char *text, unsigned *workers) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno == 0 && *text && !*end && value >= 1 && value <= MOST_WORKERS) {
        *workers = (unsigned)value;
        return true;
    }
    fprintf(stderr, "mr-kernel: the number of workers is \"%s\", but must be a whole number from 1 to %d\n", text, MOST_WORKERS);
    return false;
}

/* False: the process is to end with *status. */
static bool parse_options(int argc, char **argv, WorkbenchConfig *config, WorkbenchProcesses *processes, const char **connection,
                          int *status) {
    static const struct option longs[] = {
        {"workers", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
    *config = (WorkbenchConfig){.optimise = 2, .is_served = true};
    *status = EXIT_USAGE;
    for (int option; (option = getopt_long(argc, argv, "n:O:h", longs, NULL)) != -1;) {
        switch (option) {
        case 'n':
            if (!parse_workers(optarg, &config->workers)) return false;
            config->processes = processes;
            break;
        case 'O':
            if (strlen(optarg) != 1 || *optarg < '0' || *optarg > '3') {
                fprintf(stderr, "mr-kernel: -O is followed by 0, 1, 2 or 3\n");
                return false;
            }
            config->optimise = *optarg - '0';
            break;
        case 'h':
        case 'V':
            fputs(option == 'h' ? help : "mr-kernel " MR_VERSION "\n", stdout);
            *status = fflush(stdout) == 0 ? 0 : 1;
            return false;
        default: fprintf(stderr, "Try `mr-kernel --help`.\n"); return false;
        }
    }
    bool has_launch = optind + 1 < argc && strcmp(argv[optind - 1], "--") == 0; /* getopt has put the file behind it */
    processes->options = argv + (has_launch ? optind + 1 : argc);
    if (has_launch) config->processes = processes;
    if (optind + 1 == argc || has_launch) {
        *connection = argv[optind];
        return true;
    }
    fprintf(stderr, "mr-kernel: one connection file is expected\nTry `mr-kernel --help`.\n");
    return false;
}

int main(int argc, char **argv) {
    WorkbenchConfig config;
    WorkbenchProcesses processes = {0};
    Connection connection;
    const char *path;
    char *error = NULL;
    int status;
    if (workbench_work(argc, argv, &status)) return status;
    if (!parse_options(argc, argv, &config, &processes, &path, &status)) return status;
    char *library_dir = session_library_dir();
    config.library_dir = library_dir;
    bool ok = library_dir && sodium_init() >= 0 && connection_read(path, &connection, &error);
    if (!library_dir)
        fprintf(stderr, "mr-kernel: the runtime library is missing: expected ../lib/mr beside the directory of mr-kernel\n");
    else if (!ok)
        fprintf(stderr, "mr-kernel: %s\n", error ? error : "no random numbers can be had");
    free(error);
    status = 1;
    if (ok) {
        status = kernel_run(&connection, &config);
        connection_free(&connection);
    }
    free(library_dir);
    return status;
}
