/* main.c: mrc: options, a session, the link step. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compiler/driver/driver.h"

enum { EXIT_ERRORS = 1, EXIT_USAGE = 2 };

/* Colour is for terminals that know it, unless the option or NO_COLOR says otherwise. */
static bool is_coloured(const DriverOptions *options) {
    const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");
    if (options->colour != COLOUR_AUTO) return options->colour == COLOUR_ALWAYS;
    return isatty(STDERR_FILENO) && !(refused && *refused) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static void report(const Session *session, const DriverOptions *options) {
    Buf text = {0};
    session_diagnostics(session, options->diagnostics, is_coloured(options), &text);
    if (options->session.trace) session_trace(session, &text);
    if (text.len) fwrite(text.data, 1, text.len, stderr);
    buf_free(&text);
}

/* The program's name without its folder and `.mr`; for a name that does not end so, with `.out` added. From malloc. */
static char *default_output(const char *input) {
    const char *slash = strrchr(input, '/'), *name = slash ? slash + 1 : input;
    size_t len = strlen(name);
    Buf path = {0};
    if (len > 3 && strcmp(name + len - 3, ".mr") == 0)
        buf_add(&path, name, len - 3);
    else
        buf_printf(&path, "%s.out", name);
    buf_text(&path);
    return path.data;
}

static bool write_all(FILE *file, const Buf *text) {
    return (!text->len || fwrite(text->data, 1, text->len, file) == text->len) && fflush(file) == 0;
}

static bool emit(Session *session, const DriverOptions *options) {
    if (options->emit == SESSION_OBJ) {
        char *path = options->output ? strdup(options->output) : NULL;
        if (!path) {
            char *name = default_output(options->input);
            path = malloc(strlen(name) + 3);
            if (path) sprintf(path, "%s.o", name);
            free(name);
        }
        bool ok = path && session_write_object(session, path);
        free(path);
        return ok;
    }
    Buf text = {0};
    bool ok = session_emit(session, options->emit, &text);
    if (ok || text.len) { /* tokens and trees are there for wrong programs too */
        bool to_file = options->output && strcmp(options->output, "-") != 0;
        FILE *file = to_file ? fopen(options->output, "w") : stdout;
        bool is_written = file && write_all(file, &text);
        if (to_file && file && fclose(file) != 0) is_written = false;
        ok = ok && is_written;
        if (!is_written)
            fprintf(stderr, "mrc: cannot write %s: %s\n", to_file ? options->output : "standard output", strerror(errno));
    }
    buf_free(&text);
    return ok;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The objects lie in a folder of their own while they are linked. */
static bool build(Session *session, const DriverOptions *options) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || !*temporary) temporary = "/tmp";
    Arena *arena = arena_new();
    char *folder = arena_printf(arena, "%s/mrc-XXXXXX", temporary);
    if (!mkdtemp(folder)) {
        fprintf(stderr, "mrc: cannot make a temporary folder in %s: %s\n", temporary, strerror(errno));
        arena_free(&arena);
        return false;
    }
    char *output = options->output ? strdup(options->output) : default_output(options->input);
    const char *objects[SESSION_OBJECTS];
    for (size_t i = 0; i < SESSION_OBJECTS; i++) objects[i] = arena_printf(arena, "%s/%zu.o", folder, i);
    size_t count;
    bool ok = session_write_objects(session, objects, &count);
    double start = seconds_now();
    ok = ok && driver_link(session, options, objects, count, output);
    struct stat about;
    if (ok && options->session.trace && stat(output, &about) == 0)
        session_trace_link(session, seconds_now() - start, (size_t)about.st_size);
    for (size_t i = 0; i < SESSION_OBJECTS; i++) unlink(objects[i]);
    rmdir(folder);
    arena_free(&arena);
    free(output);
    return ok;
}

/* The status is that of the program: of tests 0 when all passed. */
static int build_and_run(Session *session, const DriverOptions *options) {
    char folder[] = "/tmp/mrc-run-XXXXXX";
    if (!mkdtemp(folder)) {
        fprintf(stderr, "mrc: cannot make a temporary folder: %s\n", strerror(errno));
        return EXIT_ERRORS;
    }
    char path[sizeof folder + 10];
    snprintf(path, sizeof path, "%s/program", folder);
    DriverOptions inside = *options;
    inside.output = path;
    bool ok = build(session, &inside);
    report(session, options);
    int status = ok ? driver_run(path, options->arguments) : EXIT_ERRORS;
    unlink(path);
    rmdir(folder);
    return status;
}

/* A program must never be overwritten by what is made of it. */
static bool output_is_input(const DriverOptions *options) {
    struct stat in, out;
    return options->output && stat(options->input, &in) == 0 && stat(options->output, &out) == 0 && in.st_dev == out.st_dev &&
           in.st_ino == out.st_ino;
}

static int compile(DriverOptions *options) {
    if (options->explain) return driver_explain(options->explain);
    if (options->is_done) return 0;
    if (output_is_input(options)) {
        fprintf(stderr, "mrc: -o %s would overwrite the program itself\n", options->output);
        return EXIT_USAGE;
    }
    char *library_dir = driver_library_dir();
    if (!library_dir) {
        fprintf(stderr, "mrc: the runtime library is missing: expected ../lib/mr beside the directory of mrc\n");
        return EXIT_ERRORS;
    }
    options->session.library_dir = library_dir;
    Session *session = session_new(&options->session);
    bool is_loaded = session_load_file(session, options->input);
    int status = EXIT_ERRORS;
    if (is_loaded && options->runs) {
        status = build_and_run(session, options);
    } else {
        bool ok = is_loaded && (options->is_emit ? emit(session, options) : build(session, options));
        report(session, options);
        status = ok ? 0 : EXIT_ERRORS;
    }
    session_free(&session);
    free(library_dir);
    return status;
}

int main(int argc, char **argv) {
    DriverOptions options;
    int status = driver_options(argc, argv, &options) ? compile(&options) : EXIT_USAGE;
    free(options.link.items);
    return status;
}
