/* options.c: the command line of mrc. */
#include "compiler/driver/driver.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"

typedef struct Artifact {
    SessionArtifact artifact;
    const char *name, *what;
} Artifact;

static const Artifact artifacts[] = {
#define PHASE(ARTIFACT, name, what) {SESSION_##ARTIFACT, name, what},
#include "compiler/session/phases.def"
#undef PHASE
};
enum { ARTIFACTS = sizeof artifacts / sizeof *artifacts };

enum {
    OPTION_EMIT = 256,
    OPTION_TARGET,
    OPTION_CPU,
    OPTION_CHECK_LAWS,
    OPTION_DIAGNOSTICS,
    OPTION_COLOUR,
    OPTION_TRACE,
    OPTION_EXPLAIN,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"emit", required_argument, NULL, OPTION_EMIT},
    {"target", required_argument, NULL, OPTION_TARGET},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"check-laws", no_argument, NULL, OPTION_CHECK_LAWS},
    {"diagnostics", required_argument, NULL, OPTION_DIAGNOSTICS},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"trace-phases", no_argument, NULL, OPTION_TRACE},
    {"explain", optional_argument, NULL, OPTION_EXPLAIN},
    {"workers", required_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static void print_help(void) {
    printf("Usage: mrc [options] PROGRAM.mr [OBJECT.o LIBRARY.a LIBRARY.so ...]\n"
           "       mrc run [options] [-n WORKERS] PROGRAM.mr [ARGUMENT ...]\n"
           "       mrc test [options] PROGRAM.mr ...\n"
           "       mrc --check-laws [options] PROGRAM.mr ... [-- ARGUMENTS]\n"
           "Compiles an mr program to an executable; `mrc run` runs it at once, `mrc test` its `test` blocks.\n\n"
           "  -o, --output=FILE         where to write (default: the program's name without .mr)\n"
           "  -O0 -O1 -O2 -O3           how much to optimise (default: -O2)\n"
           "  -lNAME, -L FOLDER         what has the program's C functions, as for a C compiler\n"
           "  -g                        line tables for debuggers\n"
           "      --target=MACHINE      x86_64-linux-gnu or aarch64-linux-gnu (default: this machine's); for another machine,\n"
           "                            with --emit=obj, asm, llvm or plan\n"
           "      --cpu=LEVEL           the least of processors to compile for: x86-64 (x86-64-v2, the default, -v3, -v4) or\n"
           "                            armv8-a\n"
           "      --emit=WHAT           stop after a phase and write what it made to standard output, or to -o:\n");
    for (int i = 0; i < ARTIFACTS; i++) printf("                              %-9s %s\n", artifacts[i].name, artifacts[i].what);
    printf("      --check-laws          run the program, and test on its data that what it reduces by is associative;\n"
           "                            with -o, write a program that does\n"
           "      --diagnostics=FORMAT  text, short or json (default: text)\n"
           "      --color=WHEN          auto (on a terminal; the default), always or never\n"
           "      --trace-phases        show how long each phase took, and how large what it made is\n"
           "      --explain[=CODE]      what the rule behind a diagnostic is, with examples; without a code, all diagnostics\n"
           "  -n, --workers=N           `mrc run`: on so many processes, by mrrun (default: by itself)\n"
           "  -h, --help                this text\n"
           "      --version             the version\n\n"
           "Run the result as it is (all cores of this machine), or on several processes: mrrun -n 8 ./PROGRAM ARGUMENTS\n"
           "Exit status: 0, 1 where the program has errors, 2 for wrong usage.\n");
}

static bool __attribute__((format(printf, 1, 2))) usage_error(const char *format, ...) {
    fputs("mrc: ", stderr);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\nTry `mrc --help`.\n", stderr);
    return false;
}

static bool parse_emit(const char *name, DriverOptions *out) {
    for (int i = 0; i < ARTIFACTS; i++)
        if (strcmp(name, artifacts[i].name) == 0) {
            out->is_emit = true;
            out->emit = artifacts[i].artifact;
            return true;
        }
    fprintf(stderr, "mrc: --emit=%s: there is no such phase; it is one of:", name);
    for (int i = 0; i < ARTIFACTS; i++) fprintf(stderr, " %s", artifacts[i].name);
    fputs("\n", stderr);
    return false;
}

static bool parse_colour(const char *name, DriverOptions *out) {
    static const char *const names[] = {[COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            out->colour = (DriverColour)i;
            return true;
        }
    return usage_error("--color=%s: it is auto, always or never", name);
}

static bool parse_diagnostics(const char *name, DriverOptions *out) {
    static const char *const names[] = {[DIAG_FORMAT_TEXT] = "text", [DIAG_FORMAT_SHORT] = "short", [DIAG_FORMAT_JSON] = "json"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            out->diagnostics = (DiagFormat)i;
            return true;
        }
    return usage_error("--diagnostics=%s: the format is text, short or json", name);
}

static bool parse_target(const char *name, DriverOptions *out) {
    out->session.target = name;
    if (session_target(name) != SESSION_TARGET_UNKNOWN) return true;
    return usage_error("--target=%s: it is x86_64-linux-gnu or aarch64-linux-gnu", name);
}

static bool parse_level(const char *level, DriverOptions *out) {
    if (strlen(level) != 1 || *level < '0' || *level > '3') return usage_error("-O%s: the level is 0, 1, 2 or 3", level);
    out->session.optimise = *level - '0';
    return true;
}

/* The code may be a word of its own. */
static bool parse_explain(char **argv, DriverOptions *out) {
    const char *next = argv[optind];
    out->explain = optarg ? optarg : next && *next != '-' ? next : "";
    out->is_done = true;
    return true;
}

/* What getopt_long has refused: it has said so. */
static bool report_option(char **argv) {
    const char *near = nearest_option(argv[optind - 1], long_options);
    if (near) fprintf(stderr, "Did you mean `--%s`? ", near);
    fputs("Try `mrc --help`.\n", stderr);
    return false;
}

static void add_link_option(DriverOptions *out, const char *option, const char *value) {
    out->link.items[out->link.len++] = option;
    out->link.items[out->link.len++] = value;
}

/* What follows the program's name is for the linker, and comes before what says where to look for more. */
static bool add_objects(char *const *paths, size_t count, DriverOptions *out) {
    LinkInputs *link = &out->link;
    for (size_t i = 0; i < count; i++) {
        const char *dot = strrchr(paths[i], '.');
        bool is_object = dot && (strcmp(dot, ".o") == 0 || strcmp(dot, ".a") == 0 || strstr(paths[i], ".so"));
        if (!is_object)
            return usage_error("one program at a time: what is `%s`? (after it come .o, .a and .so files only)", paths[i]);
        if (access(paths[i], R_OK) != 0) return usage_error("cannot read %s: %s", paths[i], strerror(errno));
    }
    memmove(link->items + count, link->items, link->len * sizeof *link->items);
    for (size_t i = 0; i < count; i++) link->items[i] = paths[i];
    link->len += count;
    return true;
}

static bool parse_option(int option, char **argv, DriverOptions *out) {
    switch (option) {
    case 'o': out->output = optarg; return *optarg ? true : usage_error("-o needs the name of a file");
    case 'O': return parse_level(optarg, out);
    case 'l': add_link_option(out, "-l", optarg); return true;
    case 'L': add_link_option(out, "-L", optarg); return true;
    case 'g': out->session.debug = true; return true;
    case 'n':
        out->workers = optarg;
        return out->is_run ? true
                           : usage_error("-n is for `mrc run`; an executable runs on %s processes by mrrun -n %s", optarg, optarg);
    case OPTION_EMIT: return parse_emit(optarg, out);
    case OPTION_TARGET: return parse_target(optarg, out);
    case OPTION_CPU: out->session.cpu = optarg; return true;
    case OPTION_DIAGNOSTICS: return parse_diagnostics(optarg, out);
    case 'h':
        print_help();
        out->is_done = true;
        return true;
    case OPTION_VERSION:
        printf("mrc %s\n", MR_VERSION);
        out->is_done = true;
        return true;
    case OPTION_CHECK_LAWS: out->session.check_laws = true; return true;
    case OPTION_COLOUR: return parse_colour(optarg, out);
    case OPTION_TRACE: out->session.trace = true; return true;
    case OPTION_EXPLAIN: return parse_explain(argv, out);
    default: return report_option(argv);
    }
}

/* Where a program is checked and run, its own arguments stand behind `--`; gives how many there are before. */
static int cut_arguments(int argc, char **argv, DriverOptions *out) {
    bool is_check = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check-laws") == 0) is_check = true;
        if (strcmp(argv[i], "--") != 0) continue;
        if (is_check) out->arguments = argv + i + 1;
        return is_check ? i : argc;
    }
    return argc;
}

static bool parse_options(int argc, char **argv, DriverOptions *out) {
    for (int option; (option = getopt_long(argc, argv, out->is_run ? "+o:O:gl:L:n:h" : "o:O:gl:L:n:h", long_options, NULL)) >= 0;) {
        if (!parse_option(option, argv, out)) return false;
        if (out->is_done) return true;
    }
    return true;
}

bool driver_options(int argc, char **argv, DriverOptions *out) {
    *out = (DriverOptions){.session = {.optimise = 2}};
    out->link.items = xmalloc(2 * (size_t)argc * sizeof *out->link.items); /* what is given stands for one or two */
    if (argc > 1 && strcmp(argv[1], "test") == 0) {
        out->is_test = out->session.test = true;
        argc--;
        argv++;
    }
    if (argc > 1 && strcmp(argv[1], "run") == 0) {
        out->is_run = true;
        argc--;
        argv++;
    } else {
        argc = cut_arguments(argc, argv, out);
    }
    char name[] = "mrc"; /* with which messages about options begin, wherever mrc lies */
    char *called = argv[0];
    argv[0] = name;
    bool is_good = parse_options(argc, argv, out);
    argv[0] = called;
    if (!is_good || out->is_done) return is_good;
    if (optind == argc || !*argv[optind]) return usage_error("no program given");
    out->input = argv[optind];
    if (out->is_run) {
        out->arguments = argv + optind + 1;
        out->runs = true;
        bool is_else = out->is_emit || out->output || out->session.check_laws || out->session.target;
        return !is_else || usage_error("`mrc run` runs the program: it takes no -o, --emit, --target or --check-laws");
    }
    if (!out->is_emit && session_target(out->session.target) == SESSION_TARGET_ELSEWHERE)
        return usage_error("--target=%s is another machine: --emit=obj writes an object file, to be linked there with the runtime",
                           out->session.target);
    if (!add_objects(argv + optind + 1, (size_t)(argc - optind - 1), out)) return false;
    if (out->is_test && (out->is_emit || out->output))
        return usage_error("`mrc test` runs the tests: it takes no -o and no --emit");
    if (out->is_test && out->session.check_laws)
        return usage_error("`mrc test` runs the tests, --check-laws the program: it is one or the other");
    out->runs = out->is_test || (out->session.check_laws && !out->is_emit && !out->output);
    if (out->arguments && !out->runs)
        return usage_error("what stands behind `--` is for a program that is run, but -o or --emit is given");
    return true;
}
