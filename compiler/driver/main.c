/* main.c: mrc: options, a session, the link step. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* Objects on their way to the linker: files in memory without a name, so that nothing of them is left, whatever ends mrc. */
typedef struct Objects {
    int fds[SESSION_OBJECTS]; /* which the linker inherits */
    char names[SESSION_OBJECTS][32];
    const char *paths[SESSION_OBJECTS];
    size_t count;
} Objects;

static bool objects_make(Objects *objects, Session *session) {
    for (size_t i = 0; i < SESSION_OBJECTS; i++) {
        objects->fds[i] = memfd_create("mrc-object", 0);
        snprintf(objects->names[i], sizeof objects->names[i], "/proc/self/fd/%d", objects->fds[i]);
        objects->paths[i] = objects->names[i];
        if (objects->fds[i] >= 0) continue;
        fprintf(stderr, "mrc: cannot make a file in memory: %s\n", strerror(errno));
        return false;
    }
    return session_write_objects(session, objects->paths, &objects->count);
}

static void objects_close(Objects *objects) {
    for (size_t i = 0; i < SESSION_OBJECTS; i++)
        if (objects->fds[i] >= 0) close(objects->fds[i]);
}

static bool link_objects(Session *session, const DriverOptions *options, const Objects *objects, const char *output) {
    double start = seconds_now();
    struct stat about;
    if (!driver_link(session, options, objects->paths, objects->count, output)) return false;
    if (options->session.trace && stat(output, &about) == 0)
        session_trace_link(session, seconds_now() - start, (size_t)about.st_size);
    return true;
}

static bool build(Session *session, const DriverOptions *options) {
    Objects objects = {.fds = {-1, -1}};
    char *output = options->output ? strdup(options->output) : default_output(options->input);
    bool ok = objects_make(&objects, session);
    driver_hold_signals(true);
    ok = ok && link_objects(session, options, &objects, output);
    driver_hold_signals(false);
    objects_close(&objects);
    free(output);
    return ok;
}

/* Links into a folder of its own, and starts what is there; once it runs, it needs no name any more. -1: that did not work, and the
 * reason was given or is in the session's diagnostics. */
static pid_t link_and_start(Session *session, const DriverOptions *options, const Objects *objects) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || !*temporary) temporary = "/tmp";
    pid_t pid = -1;
    Arena *arena = arena_new();
    char *folder = arena_printf(arena, "%s/mrc-run-XXXXXX", temporary);
    if (!mkdtemp(folder)) {
        fprintf(stderr, "mrc: cannot make a temporary folder in %s: %s\n", temporary, strerror(errno));
        arena_free(&arena);
        return pid;
    }
    const char *path = arena_printf(arena, "%s/program", folder);
    bool ok = link_objects(session, options, objects, path);
    report(session, options);
    if (ok) pid = driver_start(path, options->arguments);
    unlink(path);
    rmdir(folder);
    arena_free(&arena);
    return pid;
}

/* The status is that of the program: of tests 0 when all passed. */
static int build_and_run(Session *session, const DriverOptions *options) {
    Objects objects = {.fds = {-1, -1}};
    pid_t pid = -1;
    if (objects_make(&objects, session)) {
        driver_hold_signals(true);
        pid = link_and_start(session, options, &objects);
        driver_hold_signals(false);
    } else {
        report(session, options);
    }
    objects_close(&objects);
    return pid < 0 ? EXIT_ERRORS : driver_wait(pid);
}

/* `mrc run`: becomes the executable that is kept of the program, or of a new one. */
static int become_program(Session *session, const DriverOptions *options) {
    if (!session_check(session)) {
        report(session, options);
        return EXIT_ERRORS;
    }
    char *path = driver_kept_path(session, options);
    if (!path) return EXIT_ERRORS;
    Objects objects = {.fds = {-1, -1}};
    bool is_there = access(path, X_OK) == 0;
    if (is_there)
        utimensat(AT_FDCWD, path, NULL, 0); /* it is used */
    else if (objects_make(&objects, session))
        is_there = link_objects(session, options, &objects, path);
    objects_close(&objects);
    report(session, options);
    if (is_there) driver_kept_tidy(path);
    if (is_there) driver_become(options, path);
    free(path);
    return EXIT_ERRORS;
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
    char *library_dir = session_library_dir();
    if (!library_dir) {
        fprintf(stderr, "mrc: the runtime library is missing: expected ../lib/mr beside the directory of mrc\n");
        return EXIT_ERRORS;
    }
    options->session.library_dir = library_dir;
    Session *session = session_new(&options->session);
    bool is_loaded = session_load_file(session, options->input);
    int status = EXIT_ERRORS;
    if (is_loaded && options->is_run) {
        status = become_program(session, options);
    } else if (is_loaded && options->runs) {
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
    if (status == 0 && fflush(stdout) != 0) { /* --help, --version, --explain */
        fprintf(stderr, "mrc: cannot write standard output: %s\n", strerror(errno));
        status = EXIT_ERRORS;
    }
    return status;
}
