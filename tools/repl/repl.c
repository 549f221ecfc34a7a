/* repl.c: a session of mri: the program that it was given, then cells until the input ends. */
#include "tools/repl/repl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { SHOWN = 600 /* bytes of a value */, MOST_WORKERS = 4096 };

bool repl_parse_workers(const char *text, unsigned *workers) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno == 0 && *text && !*end && value >= 1 && value <= MOST_WORKERS) {
        *workers = (unsigned)value;
        return true;
    }
    fprintf(stderr, "mri: the number of workers is \"%s\", but must be a whole number from 1 to %d\n", text, MOST_WORKERS);
    return false;
}

char *repl_read_file(const char *path, size_t *len) {
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "rb");
    Buf text = {0};
    char piece[1 << 14];
    size_t count = 0;
    while (file && (count = fread(piece, 1, sizeof piece, file)) > 0) buf_add(&text, piece, count);
    bool failed = !file || ferror(file);
    if (failed) fprintf(stderr, "mri: cannot read %s: %s\n", is_input ? "standard input" : path, strerror(errno));
    if (file && !is_input) fclose(file);
    if (failed) {
        buf_free(&text);
        return NULL;
    }
    *len = text.len;
    buf_text(&text);
    return text.data;
}

/* Ctrl-C: the cell that runs is to fail, the line that is being typed is forgotten. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

bool repl_is_interrupted(void) {
    return interrupted;
}

bool repl_was_interrupted(void) {
    bool was = interrupted;
    interrupted = 0;
    return was;
}

static void take_interrupts(void) {
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
}

/* "it" as its value and type, names that were bound as their types. */
static void show_value(Repl *repl) {
    Buf out = {0};
    CellName known;
    const char *type = "";
    for (size_t i = 0; cells_name(workbench_cells(repl->workbench), i, &known); i++)
        if (strcmp(known.name, "it") == 0) type = known.type;
    if (!workbench_show(repl->workbench, "it", SHOWN, &out)) return;
    const char *dim = repl->is_coloured ? "\033[2m" : "", *plain = repl->is_coloured ? "\033[0m" : "";
    printf("%.*s %s: %s%s\n", (int)out.len, out.data, dim, type, plain);
    fflush(stdout);
    buf_free(&out);
}

/* Processes that are started meanwhile write where the display sees it, for as long as they live. */
static void watch_begins(Repl *repl) {
    if (repl->display) display_begin(repl->display);
}

static void watch_ends(Repl *repl) {
    if (repl->display) display_end(repl->display);
}

bool repl_cell(Repl *repl, const char *name, const char *text, size_t len) {
    char numbered[32];
    Buf messages = {0};
    if (!name) snprintf(numbered, sizeof numbered, "cell %u", ++repl->cells);
    CellOptions options = {.name = name ? name : numbered, .wants_value = !name, .is_coloured = repl->is_coloured};
    options.interrupt = &interrupted;
    interrupted = 0;
    watch_begins(repl);
    CellOutcome outcome = workbench_run(repl->workbench, text, len, &options, &messages);
    watch_ends(repl);
    if (messages.len) fwrite(messages.data, 1, messages.len, stderr);
    buf_free(&messages);
    if (outcome.end == CELL_DONE && outcome.has_value) show_value(repl);
    if (outcome.end == CELL_DONE && len) {
        buf_add(&repl->saved, text, len);
        if (text[len - 1] != '\n') buf_add_char(&repl->saved, '\n');
    }
    return outcome.end == CELL_DONE;
}

static bool run_file(Repl *repl, const char *path) {
    size_t len;
    char *text = repl_read_file(path, &len);
    bool ok = text && repl_cell(repl, strcmp(path, "-") == 0 ? "<input>" : path, text, len);
    free(text);
    return ok;
}

static void read_cells(Repl *repl) {
    Lines *lines = lines_open(repl);
    size_t len;
    for (const char *text; !repl->is_over && (text = lines_next(lines, &len));) {
        if (*text == ':') {
            watch_begins(repl);
            repl_command(repl, text);
            watch_ends(repl);
        } else if (text[strspn(text, " \t\r\n")])
            repl_cell(repl, NULL, text, len);
    }
    lines_close(&lines);
}

static bool wants_colour(void) {
    const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) && !(refused && *refused) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static void take_news(void *data, const News *news, size_t count) {
    display_news(data, news, count);
}

static void leave(void *data) {
    display_end(data);
}

bool repl_start(Repl *repl, unsigned workers) {
    const ReplOptions *options = repl->options;
    WorkbenchProcesses processes = {.options = options->launch->options};
    WorkbenchConfig config = {.library_dir = options->library_dir,
                              .optimise = options->optimise,
                              .workers = workers,
                              .processes = options->has_processes ? &processes : NULL,
                              .argc = options->argc,
                              .argv = options->argv};
    NewsListener listener = {.take = take_news, .leave = leave, .data = repl->display};
    if (repl->display) config.listener = &listener;
    char *error = NULL;
    watch_begins(repl);
    Workbench *workbench = workbench_new(&config, &error);
    watch_ends(repl);
    if (!workbench) {
        fprintf(stderr, "mri: %s\n", error);
        free(error);
        return false;
    }
    workbench_free(&repl->workbench); /* one that a worker does not let go stays until the process ends */
    repl->workbench = workbench;
    repl->saved.len = 0;
    return true;
}

/* Where workers are processes, mrrun knows how far the jobs are, and writes it where the display reads it. */
static void open_display(Repl *repl) {
    const ReplOptions *options = repl->options;
    DisplayConfig config = {.name = "mri", .has_source = options->has_processes};
    if (options->shows_progress) repl->display = display_open(&config);
    if (!repl->display || !options->has_processes) return;
    launch_add(options->launch, &(struct option){.name = "progress"}, display_source(repl->display));
}

int repl_run(const ReplOptions *options) {
    Repl repl = {.options = options, .is_coloured = wants_colour()};
    open_display(&repl);
    if (!repl_start(&repl, options->workers)) {
        display_close(&repl.display);
        return 1;
    }
    bool ok = true;
    if (options->is_interactive) take_interrupts();
    if (options->program) ok = run_file(&repl, options->program);
    if (!options->program && !options->is_interactive) ok = run_file(&repl, "-");
    if (options->is_interactive) read_cells(&repl);
    int status = ok || options->is_interactive ? 0 : 1;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mri: cannot write standard output\n");
        status = 1;
    }
    buf_free(&repl.saved);
    bool is_clean = workbench_free(&repl.workbench);
    if (!is_clean) _exit(status); /* news may still come */
    display_close(&repl.display);
    return status;
}
