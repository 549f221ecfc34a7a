/* options.c: parsing mrrun's command line. Options end at the program's name: what follows is the program's. */
#include "tools/mrrun/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/size.h"
#include "runtime/worker/spill.h"

enum { MOST_WORKERS = 4096, MOST_RETRIES = 1000, RETRIES = 3 };
#define MOST_SECONDS 1e8

static const char help[] =
    "usage: mrrun [options] program [arguments of the program]\n"
    "\n"
    "Runs a compiled mr program with several worker processes on this machine.\n"
    "\n"
    "  -n N              the number of workers (default: the number of cores)\n"
    "  -v                say what is started, and what each worker's share of each job was\n"
    "  -q                show no warnings\n"
    "      --timeout SECONDS  end the run with an error when it takes longer\n"
    "      --retries N   end it when N workers have died of the same part of the input (default: 3)\n"
    "      --no-respawn  do not replace workers that are lost: the others do their work\n"
    "      --stats       after the run, show for each job what every worker did and sent\n"
    "      --stats=json  the same as JSON, on standard error\n"
    "      --shuffle=SEED  hand out small ranges in an order drawn from SEED: the result must not change (for testing)\n"
    "  -h, --help        show this\n"
    "      --version     show the version\n"
    "\n"
    "The exit status is the program's; 1 after an error, 2 for wrong usage, 130 after an interrupt.\n";

enum {
    OPTION_STATS = 256,
    OPTION_SHUFFLE,
    OPTION_VERSION,
    OPTION_TIMEOUT,
    OPTION_RETRIES,
    OPTION_RESPAWN,
    OPTION_NO_RESPAWN,
    OPTION_MEMORY,
    OPTION_TCP,
};

static const struct option long_options[] = {
    {"stats", optional_argument, NULL, OPTION_STATS},
    {"shuffle", required_argument, NULL, OPTION_SHUFFLE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"retries", required_argument, NULL, OPTION_RETRIES},
    {"respawn", no_argument, NULL, OPTION_RESPAWN},
    {"no-respawn", no_argument, NULL, OPTION_NO_RESPAWN},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"tcp", no_argument, NULL, OPTION_TCP}, /* for testing, and not in the help */
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* A whole number from 1 to `most`. */
static bool parse_number(const char *text, unsigned long long most, unsigned long long *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && !*end && errno == 0 && *number >= 1 && *number <= most;
}

/* Seconds, with or without a fraction. */
static bool parse_seconds(const char *text, double *seconds) {
    char *end;
    *seconds = strtod(text, &end);
    bool is_plain = *text && strspn(text, "0123456789.") == strlen(text); /* no nan, inf, hexadecimal or signed number */
    return is_plain && !*end && *seconds > 0 && *seconds <= MOST_SECONDS;
}

static bool wrong_usage(int *status) {
    fprintf(stderr, "mrrun --help shows how it is used\n");
    *status = 2;
    return false;
}

/* getopt_long has said what is wrong. */
static bool wrong_option(char **argv, int *status) {
    const char *near = nearest_option(argv[optind - 1], long_options);
    if (near) fprintf(stderr, "did you mean --%s?\n", near);
    return wrong_usage(status);
}

static bool wrong_number(const char *option, const char *text, unsigned long long most, int *status) {
    fprintf(stderr, "mrrun: %s takes a whole number from 1 to %llu, not \"%s\"\n", option, most, text);
    return wrong_usage(status);
}

/* One option; false: the command line is wrong, or there is nothing more to do. */
static bool take_option(Options *options, int option, char **argv, int *status) {
    unsigned long long number;
    switch (option) {
    case 'n':
        if (!parse_number(optarg, MOST_WORKERS, &number)) return wrong_number("-n", optarg, MOST_WORKERS, status);
        options->workers = (uint32_t)number;
        return true;
    case 'v': options->is_verbose = true; return true;
    case 'q': options->is_quiet = true; return true;
    case OPTION_STATS:
        options->stats = STATS_TEXT;
        if (optarg && strcmp(optarg, "json") == 0) options->stats = STATS_JSON;
        if (!optarg || options->stats == STATS_JSON) return true;
        fprintf(stderr, "mrrun: --stats takes nothing or json, not \"%s\"\n", optarg);
        return wrong_usage(status);
    case OPTION_TIMEOUT:
        if (parse_seconds(optarg, &options->timeout)) return true;
        fprintf(stderr, "mrrun: --timeout takes a number of seconds above 0, such as 60 or 0.5, not \"%s\"\n", optarg);
        return wrong_usage(status);
    case OPTION_RETRIES:
        if (!parse_number(optarg, MOST_RETRIES, &number)) return wrong_number("--retries", optarg, MOST_RETRIES, status);
        options->retries = (uint32_t)number;
        return true;
    case OPTION_RESPAWN:
    case OPTION_NO_RESPAWN: options->respawns = option == OPTION_RESPAWN; return true;
    case OPTION_MEMORY:
        if (size_parse(optarg, &options->memory) && options->memory >= MEMORY_LEAST) return true;
        fprintf(stderr, "mrrun: --memory takes an amount of memory such as 512M or 2G, of 64K at least, not \"%s\"\n", optarg);
        return wrong_usage(status);
    case OPTION_TCP: options->uses_tcp = true; return true;
    case OPTION_SHUFFLE:
        if (!parse_number(optarg, UINT64_MAX, &number)) return wrong_number("--shuffle", optarg, UINT64_MAX, status);
        options->shuffle_seed = number;
        return true;
    case 'h':
        fputs(help, stdout);
        *status = 0;
        return false;
    case OPTION_VERSION:
        puts("mrrun " MR_VERSION);
        *status = 0;
        return false;
    default: return wrong_option(argv, status);
    }
}

bool options_parse(Options *options, int argc, char **argv, int *status) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *options = (Options){.respawns = true,
                         .retries = RETRIES,
                         .workers = cores < 1              ? 1
                                    : cores > MOST_WORKERS ? MOST_WORKERS
                                                           : (uint32_t)cores};
    char name[] = "mrrun"; /* with which messages about options begin, wherever mrrun lies */
    char *called = argv[0];
    argv[0] = name;
    bool is_good = true;
    for (int option; is_good && (option = getopt_long(argc, argv, "+n:vqh", long_options, NULL)) != -1;)
        is_good = take_option(options, option, argv, status);
    argv[0] = called;
    if (!is_good) return false;

    if (optind == argc || !*argv[optind]) {
        fprintf(stderr, "mrrun: which program shall be run?\n");
        return wrong_usage(status);
    }
    options->program = argv + optind;
    return true;
}
