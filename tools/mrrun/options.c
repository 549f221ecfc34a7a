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
#include "runtime/launch/ranks.h"
#include "runtime/net/tcp.h"
#include "runtime/sim/simulate.h"
#include "runtime/worker/spill.h"
#include "tools/mrrun/slurm.h"

enum { MOST_WORKERS = 4096, MOST_RETRIES = 1000, RETRIES = 3, CHECKPOINT_EVERY = 5 /* seconds */ };
#define MOST_SECONDS 1e8

static const char help[] =
    "usage: mrrun [options] program [arguments of the program]\n"
    "\n"
    "Runs a compiled mr program with several worker processes, on this machine or on others.\n"
    "\n"
    "  -n N              the number of workers (default: the number of cores, or of the hosts' slots)\n"
    "      --host a,b:4  run workers on these hosts, over ssh; b has 4 slots\n"
    "      --hostfile FILE  the same from a file: a host a line, as for SCOOP and MPI\n"
    "      --launcher L  local, ssh or slurm (default: ssh with hosts, slurm inside of an allocation, else local)\n"
    "      --dry-run     show which worker would run where, and what would be sent there\n"
    "      --ssh COMMAND  reach hosts by this command (default: $MR_SSH, or ssh)\n"
    "      --address A   the address by which hosts reach this machine (default: the one that they see)\n"
    "  -v                say what is started, and what each worker's share of each job was\n"
    "  -q                show no warnings, and not how far the jobs are\n"
    "      --memory SIZE  a bound for each worker's values (512M, 2G): what reductions by key need beyond it is\n"
    "                    written to temporary files in $TMPDIR (else /tmp)\n"
    "      --timeout SECONDS  end the run with an error when it takes longer\n"
    "      --retries N   end it when N workers have died of the same part of the input (default: 3)\n"
    "      --no-respawn  do not replace workers that are lost: the others do their work\n"
    "      --checkpoint DIR  keep partial results in a journal in DIR, so that a killed run can be gone on with\n"
    "      --resume      go on with the run whose journal is in DIR; begin when there is none\n"
    "      --fresh       drop the journal that is in DIR, and begin anew\n"
    "      --checkpoint-every SECONDS  how often partial results are kept (default: 5)\n"
    "      --show-journal DIR  show what the journal in DIR holds, and run nothing\n"
    "      --stats       after the run, show for each job what every worker did and sent\n"
    "      --stats=json  the same as JSON, on standard error\n"
    "      --no-progress  do not show how far the jobs are\n"
    "      --trace FILE  write what every worker does when, for Perfetto or chrome://tracing\n"
    "      --progress FILE  write how far the jobs are, ten times a second, as lines of JSON\n"
    "      --events FILE  write what happens as it happens, as lines of JSON\n"
    "      --simulate N  after the run, tell how it would go with N workers (at most 10000)\n"
    "      --shuffle=SEED  hand out small ranges in an order drawn from SEED: the result must not change (for testing)\n"
    "  -h, --help        show this\n"
    "      --version     show the version\n"
    "\n"
    "The exit status is the program's; 1 after an error, 2 for wrong usage, 130 after an interrupt.\n";

enum {
    OPTION_STATS = 256,
    OPTION_SHUFFLE,
    OPTION_SIMULATE,
    OPTION_VERSION,
    OPTION_TIMEOUT,
    OPTION_RETRIES,
    OPTION_RESPAWN,
    OPTION_NO_RESPAWN,
    OPTION_MEMORY,
    OPTION_TCP,
    OPTION_RANGE_CHUNKS,
    OPTION_HOST,
    OPTION_HOSTFILE,
    OPTION_DRY_RUN,
    OPTION_SSH,
    OPTION_ADDRESS,
    OPTION_CHECKPOINT,
    OPTION_RESUME,
    OPTION_FRESH,
    OPTION_CHECKPOINT_EVERY,
    OPTION_SHOW_JOURNAL,
    OPTION_LAUNCHER,
    OPTION_NO_PROGRESS,
    OPTION_TRACE,
    OPTION_EVENTS,
    OPTION_PROGRESS,
    OPTION_SESSION,
};

static const struct option long_options[] = {
    {"n", required_argument, NULL, 'n'}, /* as for mpirun; else it were short for --no-respawn */
    {"stats", optional_argument, NULL, OPTION_STATS},
    {"shuffle", required_argument, NULL, OPTION_SHUFFLE},
    {"simulate", required_argument, NULL, OPTION_SIMULATE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"retries", required_argument, NULL, OPTION_RETRIES},
    {"respawn", no_argument, NULL, OPTION_RESPAWN},
    {"no-respawn", no_argument, NULL, OPTION_NO_RESPAWN},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"tcp", no_argument, NULL, OPTION_TCP},                         /* for testing, and not in the help */
    {"session", required_argument, NULL, OPTION_SESSION},           /* for tools, and not in the help */
    {"range-chunks", required_argument, NULL, OPTION_RANGE_CHUNKS}, /* for measuring, and not in the help */
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"progress", required_argument, NULL, OPTION_PROGRESS},
    {"events", required_argument, NULL, OPTION_EVENTS},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"checkpoint", required_argument, NULL, OPTION_CHECKPOINT},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"fresh", no_argument, NULL, OPTION_FRESH},
    {"checkpoint-every", required_argument, NULL, OPTION_CHECKPOINT_EVERY},
    {"show-journal", required_argument, NULL, OPTION_SHOW_JOURNAL},
    {"help", no_argument, NULL, 'h'},
    {"host", required_argument, NULL, OPTION_HOST},
    {"hostfile", required_argument, NULL, OPTION_HOSTFILE},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"ssh", required_argument, NULL, OPTION_SSH},
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"launcher", required_argument, NULL, OPTION_LAUNCHER},
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

static bool wrong_place(const char *what, int *status) {
    fprintf(stderr, "mrrun: %s\n", what);
    return wrong_usage(status);
}

static bool wrong_hosts(char *error, int *status) {
    fprintf(stderr, "mrrun: %s\n", error);
    free(error);
    return wrong_usage(status);
}

static bool take_launcher(Options *options, int *status) {
    static const char *const names[] = {[LAUNCH_LOCAL] = "local", [LAUNCH_SSH] = "ssh", [LAUNCH_SLURM] = "slurm"};
    for (Launcher i = LAUNCH_LOCAL; i <= LAUNCH_SLURM; i++) {
        if (strcmp(optarg, names[i]) == 0) {
            options->launcher = i;
            return true;
        }
    }
    fprintf(stderr, "mrrun: --launcher takes local, ssh or slurm, not \"%s\"\n", optarg);
    return wrong_usage(status);
}

/* An option that says where workers run. */
static bool take_place(Options *options, int option, int *status) {
    char *error = NULL;
    TcpEndpoint endpoint;
    char text[MESSAGE_ENDPOINT_SIZE];
    switch (option) {
    case OPTION_HOST: return hosts_add_list(&options->hosts, optarg, &error) || wrong_hosts(error, status);
    case OPTION_HOSTFILE:
        if (!*optarg) return wrong_place("--hostfile takes the name of a file", status);
        return hosts_add_file(&options->hosts, optarg, &error) || wrong_hosts(error, status);
    case OPTION_DRY_RUN: options->is_dry_run = true; return true;
    case OPTION_SSH:
        options->ssh = optarg;
        return optarg[strspn(optarg, " \t")] || wrong_place("--ssh takes a command, such as \"ssh -F other_config\"", status);
    case OPTION_LAUNCHER: return take_launcher(options, status);
    default:
        options->address = optarg;
        snprintf(text, sizeof text, strchr(optarg, ':') && *optarg != '[' ? "tcp://[%.90s]:0" : "tcp://%.90s:0", optarg);
        if (tcp_parse(text, &endpoint)) return true;
        fprintf(stderr, "mrrun: --address takes an address of this machine in numbers, such as 10.0.0.7 or fd00::7, not \"%s\"\n",
                optarg);
        return wrong_usage(status);
    }
}

static bool take_seconds(const char *option, double *seconds, int *status) {
    if (parse_seconds(optarg, seconds)) return true;
    fprintf(stderr, "mrrun: %s takes a number of seconds above 0, such as 60 or 0.5, not \"%s\"\n", option, optarg);
    return wrong_usage(status);
}

static bool take_directory(const char *option, const char **directory, int *status) {
    *directory = optarg;
    if (*optarg) return true;
    fprintf(stderr, "mrrun: %s takes the name of a directory\n", option);
    return wrong_usage(status);
}

static bool take_file(const char *option, const char **file, int *status) {
    *file = optarg;
    if (*optarg) return true;
    fprintf(stderr, "mrrun: %s takes the name of a file\n", option);
    return wrong_usage(status);
}

/* What is said of the journal, but not where it is: often because the program stands before it. */
static bool is_journal_named(const Options *options, int *status) {
    const char *said = options->journal_mode == JOURNAL_RESUME   ? "--resume"
                       : options->journal_mode == JOURNAL_AFRESH ? "--fresh"
                       : options->checkpoint_every > 0           ? "--checkpoint-every"
                                                                 : NULL;
    if (options->checkpoint || !said) return true;
    fprintf(stderr, "mrrun: %s needs --checkpoint DIR, too, before the program\n", said);
    return wrong_usage(status);
}

/* Of these two only one can be meant. */
static bool take_journal_mode(Options *options, JournalMode mode, int *status) {
    bool is_good = options->journal_mode == JOURNAL_BEGIN || options->journal_mode == mode;
    options->journal_mode = mode;
    if (is_good) return true;
    fprintf(stderr, "mrrun: --resume goes on with a journal, and --fresh drops it: only one of them can be done\n");
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
    case 'q':
        options->is_quiet = true;
        options->shows_progress = false;
        return true;
    case OPTION_STATS:
        options->stats = STATS_TEXT;
        if (optarg && strcmp(optarg, "json") == 0) options->stats = STATS_JSON;
        if (!optarg || options->stats == STATS_JSON) return true;
        fprintf(stderr, "mrrun: --stats takes nothing or json, not \"%s\"\n", optarg);
        return wrong_usage(status);
    case OPTION_TIMEOUT: return take_seconds("--timeout", &options->timeout, status);
    case OPTION_CHECKPOINT: return take_directory("--checkpoint", &options->checkpoint, status);
    case OPTION_CHECKPOINT_EVERY: return take_seconds("--checkpoint-every", &options->checkpoint_every, status);
    case OPTION_SHOW_JOURNAL: return take_directory("--show-journal", &options->shown_journal, status);
    case OPTION_RESUME: return take_journal_mode(options, JOURNAL_RESUME, status);
    case OPTION_FRESH: return take_journal_mode(options, JOURNAL_AFRESH, status);
    case OPTION_RETRIES:
        if (!parse_number(optarg, MOST_RETRIES, &number)) return wrong_number("--retries", optarg, MOST_RETRIES, status);
        options->retries = (uint32_t)number;
        return true;
    case OPTION_RESPAWN:
    case OPTION_NO_RESPAWN: options->respawns = option == OPTION_RESPAWN; return true;
    case OPTION_MEMORY:
        if (size_parse(optarg, &options->memory) && options->memory >= MEMORY_LEAST) return true;
        fprintf(stderr, "mrrun: --memory takes an amount of memory such as 512M or 2G, of 256K at least, not \"%s\"\n", optarg);
        return wrong_usage(status);
    case OPTION_SIMULATE:
        if (!parse_number(optarg, SIMULATE_MOST_WORKERS, &number))
            return wrong_number("--simulate", optarg, SIMULATE_MOST_WORKERS, status);
        options->simulated = (uint32_t)number;
        return true;
    case OPTION_TRACE: return take_file("--trace", &options->trace, status);
    case OPTION_PROGRESS: return take_file("--progress", &options->progress, status);
    case OPTION_EVENTS: return take_file("--events", &options->events, status);
    case OPTION_NO_PROGRESS: options->shows_progress = false; return true;
    case OPTION_TCP: options->uses_tcp = true; return true;
    case OPTION_SESSION:
        if (!parse_number(optarg, INT32_MAX, &number)) return wrong_number("--session", optarg, INT32_MAX, status);
        options->session = (int)number;
        options->shows_progress = false; /* it is whoever has the terminal who shows it */
        return true;
    case OPTION_SHUFFLE:
        if (!parse_number(optarg, UINT64_MAX, &number)) return wrong_number("--shuffle", optarg, UINT64_MAX, status);
        options->shuffle_seed = number;
        return true;
    case OPTION_RANGE_CHUNKS:
        if (!parse_number(optarg, MESSAGE_CHUNKS, &number)) return wrong_number("--range-chunks", optarg, MESSAGE_CHUNKS, status);
        options->range_chunks = number;
        return true;
    case OPTION_HOST:
    case OPTION_HOSTFILE:
    case OPTION_DRY_RUN:
    case OPTION_SSH:
    case OPTION_LAUNCHER:
    case OPTION_ADDRESS: return take_place(options, option, status);
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

/* An engine that starts mrrun several times would have the program run as often. */
static bool is_started_once(int *status) {
    Ranks ranks;
    char *error = NULL;
    RanksFound found = ranks_of_process(&ranks, &error);
    free(error);
    if (found != RANKS_SEVERAL) return true;
    if (ranks.rank == 0)
        fprintf(stderr, "mrrun: %s has started mrrun %u times: start it once, or let %s start the program itself\n", ranks.engine,
                ranks.size, ranks.engine);
    *status = 2;
    return false;
}

/* Which way leads to the hosts, and which they are. */
static bool choose_launcher(Options *options, int *status) {
    char *error = NULL;
    bool has_hosts = options->hosts.len > 0;
    if (options->launcher == LAUNCH_AUTO)
        options->launcher = has_hosts ? LAUNCH_SSH : slurm_is_here() && !options->uses_tcp ? LAUNCH_SLURM : LAUNCH_LOCAL;
    switch (options->launcher) {
    case LAUNCH_SSH: return has_hosts || wrong_place("--launcher ssh needs --host or --hostfile", status);
    case LAUNCH_SLURM:
        if (has_hosts)
            return wrong_place("--host and --hostfile are for --launcher ssh: Slurm says itself where workers run", status);
        if (!slurm_is_here()) return wrong_place("--launcher slurm needs an allocation: salloc, sbatch", status);
        return slurm_add_hosts(&options->hosts, &error) || wrong_hosts(error, status);
    default:
        return !has_hosts ||
               wrong_place("--launcher local is for this machine alone: leave it out, or --host and --hostfile", status);
    }
}

/* How many workers there are, and where. */
static bool place_workers(Options *options, int *status) {
    if (!is_started_once(status) || !choose_launcher(options, status)) return false;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->hosts.len == 0) {
        if (options->workers == 0) options->workers = cores < 1 ? 1 : cores > MOST_WORKERS ? MOST_WORKERS : (uint32_t)cores;
        return true;
    }
    char *error = NULL;
    bool is_over;
    options->workers = hosts_place(&options->hosts, options->workers, &is_over, &error);
    if (options->workers == 0) return wrong_hosts(error, status);
    if (is_over && !options->is_quiet)
        fprintf(stderr, "mrrun: there are more workers than slots: hosts take further ones in turn\n");
    return true;
}

bool options_parse(Options *options, int argc, char **argv, int *status) {
    *options = (Options){.session = -1, .respawns = true, .shows_progress = true, .retries = RETRIES, .ssh = getenv("MR_SSH")};
    char name[] = "mrrun"; /* with which messages about options begin, wherever mrrun lies */
    char *called = argv[0];
    argv[0] = name;
    bool is_good = true;
    for (int option; is_good && (option = getopt_long(argc, argv, "+n:vqh", long_options, NULL)) != -1;)
        is_good = take_option(options, option, argv, status);
    argv[0] = called;
    if (!is_good) return false;

    if (options->shown_journal) return true;
    if (!is_journal_named(options, status)) return false;
    if (options->checkpoint_every == 0) options->checkpoint_every = CHECKPOINT_EVERY;
    if (optind == argc || !*argv[optind]) {
        fprintf(stderr, "mrrun: which program shall be run?\n");
        return wrong_usage(status);
    }
    options->program = argv + optind;
    return place_workers(options, status);
}

void options_free(Options *options) {
    hosts_free(&options->hosts);
}
