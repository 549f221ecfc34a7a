/* main.c: mri: cells from a terminal, a file or a pipe, run at once. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "compiler/session/session.h"
#include "tools/repl/repl.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
    "Usage: mri [options] [PROGRAM.mr [ARGUMENT ...]]\n"
    "Runs mr cell by cell: what is typed is compiled and run at once, and what it declares is there for what follows. With a "
    "program, runs\n"
    "that first; without a terminal, standard input is one program.\n"
    "\n" LAUNCH_HELP "  -i, --interactive    go on reading after the program, and show values, also without a terminal\n"
    "  -O0 -O1 -O2 -O3      how much to optimise cells with loops over data (default: -O2)\n"
    "  -h, --help           this text\n"
    "      --version        the version\n"
    "\n"
    "In a session, `:help` lists its commands. Exit status: 0, 1 where a program has failed, 2 for wrong usage.\n";

/* What getopt_long has refused: it has said so. */
static bool report_option(char **argv, const struct option *longs) {
    const char *near = nearest_option(argv[optind - 1], longs);
    if (near) fprintf(stderr, "Did you mean `--%s`? ", near);
    fputs("Try `mri --help`.\n", stderr);
    return false;
}

/* False: the process is to end with *status. */
static bool parse_options(int argc, char **argv, ReplOptions *options, int *status) {
    static const struct option longs[] = {LAUNCH_OPTIONS,
                                          {"workers", required_argument, NULL, 'n'},
                                          {"interactive", no_argument, NULL, 'i'},
                                          {"no-progress", no_argument, NULL, 'P'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {0}};
    char name[] = "mri"; /* with which messages about options begin, wherever mri lies */
    *options = (ReplOptions){.optimise = 2, .shows_progress = true, .launch = options->launch};
    *status = EXIT_USAGE;
    argv[0] = name;
    for (int option, which = 0; (option = getopt_long(argc, argv, "+n:iO:h", longs, &which)) != -1;) {
        switch (option) {
        case 'n':
            if (!repl_parse_workers(optarg, &options->workers)) return false;
            options->has_processes = true;
            break;
        case LAUNCH_OPTION:
        case LAUNCH_FLAG:
            launch_add(options->launch, &longs[which], option == LAUNCH_OPTION ? optarg : NULL);
            options->has_processes = true;
            break;
        case 'i': options->is_interactive = true; break;
        case 'O':
            if (strlen(optarg) != 1 || *optarg < '0' || *optarg > '3') {
                fprintf(stderr, "mri: -O is followed by 0, 1, 2 or 3\n");
                return false;
            }
            options->optimise = *optarg - '0';
            break;
        case 'P': options->shows_progress = false; break;
        case 'h':
        case 'V':
            fputs(option == 'h' ? help : "mri " MR_VERSION "\n", stdout);
            *status = 0;
            return false;
        default: return report_option(argv, longs);
        }
    }
    if (optind < argc) options->program = argv[optind++];
    options->argc = argc - optind;
    options->argv = argv + optind;
    return true;
}

int main(int argc, char **argv) {
    Launch launch = {0};
    ReplOptions options = {.launch = &launch};
    int status;
    if (workbench_work(argc, argv, &status)) return status;
    if (!parse_options(argc, argv, &options, &status)) {
        launch_free(&launch);
        return fflush(stdout) == 0 ? status : 1;
    }
    char *library_dir = session_library_dir();
    if (!library_dir) {
        fprintf(stderr, "mri: the runtime library is missing: expected ../lib/mr beside the directory of mri\n");
        return 1;
    }
    options.library_dir = library_dir;
    bool has_terminal = isatty(STDIN_FILENO);
    if (has_terminal && !options.program) options.is_interactive = true;
    status = repl_run(&options);
    launch_free(&launch);
    free(library_dir);
    return status;
}
