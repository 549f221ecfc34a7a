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

static const char help[] = "Usage: mr-kernel [options] CONNECTION.json\n"
                           "Runs cells of mr for Jupyter, which starts it, and says in the connection file where to listen.\n"
                           "\n"
                           "  -n, --workers=N      how many workers (default: one for each processor)\n"
                           "  -O0 -O1 -O2 -O3      how much to optimise cells with loops over data (default: -O2)\n"
                           "  -h, --help           this text\n"
                           "      --version        the version\n"
                           "\n"
                           "`make install-kernel` makes it known to Jupyter.\n";

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
static bool parse_options(int argc, char **argv, WorkbenchConfig *config, const char **connection, int *status) {
    static const struct option longs[] = {
        {"workers", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
    *config = (WorkbenchConfig){.optimise = 2, .is_served = true};
    *status = EXIT_USAGE;
    for (int option; (option = getopt_long(argc, argv, "n:O:h", longs, NULL)) != -1;) {
        switch (option) {
        case 'n':
            if (!parse_workers(optarg, &config->workers)) return false;
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
    if (optind + 1 == argc) {
        *connection = argv[optind];
        return true;
    }
    fprintf(stderr, "mr-kernel: one connection file is expected\nTry `mr-kernel --help`.\n");
    return false;
}

int main(int argc, char **argv) {
    WorkbenchConfig config;
    Connection connection;
    const char *path;
    char *error = NULL;
    int status;
    if (!parse_options(argc, argv, &config, &path, &status)) return status;
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
