/* commands.c: what begins with a colon: each looks at the session or at what an expression becomes in the compiler. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/repl/repl.h"
#include "tools/workbench/describe.h"

typedef struct Command {
    const char *name, *argument, *what;
    void (*run)(Repl *repl, const char *argument);
} Command;

static Session *compile(Repl *repl, const char *text) {
    return cells_compile(workbench_cells(repl->workbench), "cell", text, strlen(text), true);
}

/* Its diagnostics, on standard error; false: there are errors. */
static bool report(const Repl *repl, const Session *cell) {
    Buf messages = {0};
    session_diagnostics(cell, DIAG_FORMAT_TEXT, repl->is_coloured, &messages);
    if (messages.len) fwrite(messages.data, 1, messages.len, stderr);
    buf_free(&messages);
    return !session_has_errors(cell);
}

static void run_type(Repl *repl, const char *argument) {
    Session *cell = compile(repl, argument);
    CellName name;
    bool ok = report(repl, cell), is_shown = false;
    for (size_t i = 0; ok && cell_export(cell, i, &name); i++) {
        is_shown = true;
        if (strcmp(name.name, "it") == 0)
            printf("%s\n", name.type ? name.type : "a type of a module that is not imported");
        else
            printf("%s : %s\n", name.name, name.type ? name.type : "?");
    }
    if (ok && !is_shown) printf("()\n");
    session_free(&cell);
}

static void emit(Repl *repl, const char *argument, SessionArtifact artifact) {
    Session *cell = compile(repl, argument);
    Buf out = {0};
    session_emit(cell, artifact, &out);
    if (out.len) fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    report(repl, cell);
    session_free(&cell);
}

static void run_tokens(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_TOKENS);
}

static void run_ast(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_AST);
}

static void run_core(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_CORE);
}

static void run_plan(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_PLAN);
}

static void run_llvm(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_LLVM);
}

static void run_asm(Repl *repl, const char *argument) {
    emit(repl, argument, SESSION_ASM);
}

static void run_time(Repl *repl, const char *argument) {
    Buf messages = {0};
    CellOptions options = {.name = "cell", .wants_value = true, .is_coloured = repl->is_coloured};
    CellOutcome outcome = workbench_run(repl->workbench, argument, strlen(argument), &options, &messages);
    if (messages.len) fwrite(messages.data, 1, messages.len, stderr);
    if (outcome.end == CELL_DONE) printf("%.3f ms to compile, %.3f ms to run\n", outcome.compiled * 1e3, outcome.ran * 1e3);
    buf_free(&messages);
}

static void run_names(Repl *repl, const char *argument) {
    CellName known;
    for (size_t i = 0; cells_name(workbench_cells(repl->workbench), i, &known); i++)
        if (!*argument || strstr(known.name, argument)) printf("%s%s%s\n", known.name, *known.type ? " : " : "", known.type);
}

static void show_workers(Repl *repl) {
    Buf lines = {0};
    char *error = NULL;
    if (workbench_show_workers(repl->workbench, &lines, &error))
        fwrite(lines.data, 1, lines.len, stdout);
    else if (error)
        fprintf(stderr, "mri: %s\n", error);
    else
        printf("%u\n", workbench_workers(repl->workbench));
    free(error);
    buf_free(&lines);
}

static void run_workers(Repl *repl, const char *argument) {
    char *error = NULL;
    unsigned workers;
    if (!*argument)
        show_workers(repl);
    else if (repl_parse_workers(argument, &workers) && !workbench_set_workers(repl->workbench, workers, &error))
        fprintf(stderr, "mri: the number of workers cannot be changed: %s\n", error);
    free(error);
}

static void run_load(Repl *repl, const char *argument) {
    size_t len;
    char *text = repl_read_file(argument, &len);
    if (text) repl_cell(repl, argument, text, len);
    free(text);
}

/* The text of all cells that have ended well, in their order. */
static void run_save(Repl *repl, const char *argument) {
    FILE *file = *argument ? fopen(argument, "wx") : NULL;
    bool is_written = file && (!repl->saved.len || fwrite(repl->saved.data, 1, repl->saved.len, file) == repl->saved.len);
    int reason = errno;
    if (file && fclose(file) != 0) is_written = false;
    if (!*argument)
        fprintf(stderr, "mri: `:save FILE` needs the name of a file\n");
    else if (!is_written)
        fprintf(stderr, "mri: cannot write %s: %s\n", argument, strerror(reason));
}

static void run_reset(Repl *repl, const char *argument) {
    (void)argument;
    if (!repl_start(repl, workbench_workers(repl->workbench))) repl->is_over = true;
}

static void run_quit(Repl *repl, const char *argument) {
    (void)argument;
    repl->is_over = true;
}

static void run_help(Repl *repl, const char *argument); /* which shows the table */

static const Command commands[] = {
    {"type", "E", "the type of an expression, without computing it", run_type},
    {"names", "[PART]", "what the session knows, with types", run_names},
    {"tokens", "E", "what becomes of it in the compiler: tokens,", run_tokens},
    {"ast", "E", "... the tree,", run_ast},
    {"core", "E", "... the core,", run_core},
    {"plan", "E", "... the plan of its jobs,", run_plan},
    {"llvm", "E", "... LLVM's intermediate code,", run_llvm},
    {"asm", "E", "... assembly", run_asm},
    {"time", "E", "how long it takes to compile and to run", run_time},
    {"workers", "[N]", "how many workers there are, or are to be", run_workers},
    {"load", "FILE", "runs a file", run_load},
    {"save", "FILE", "writes all that was typed and has run into a new file", run_save},
    {"reset", "", "forgets everything", run_reset},
    {"help", "[NAME]", "what the session or the library has under the name, or this list", run_help},
    {"quit", "", "ends the session, as the end of the input does", run_quit},
};

/* What a name is: the session's, or the library's with its comment. */
static void explain(Repl *repl, const char *name) {
    Library *library = library_new();
    Buf out = {0};
    if (describe(repl->workbench, library, name, &out))
        fwrite(out.data, 1, out.len, stdout);
    else
        fprintf(stderr, "mri: nothing is called `%s`, here or in the library\n", name);
    buf_free(&out);
    library_free(&library);
}

static void run_help(Repl *repl, const char *argument) {
    if (*argument) {
        explain(repl, argument);
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  :%-7s %-7s %s\n", commands[i].name, commands[i].argument, commands[i].what);
}

/* Any beginning of a command's name will do that is no other's. */
void repl_command(Repl *repl, const char *line) {
    const char *name = line + 1 + strspn(line + 1, " \t");
    size_t len = strcspn(name, " \t\n");
    const char *argument = name + len + strspn(name + len, " \t\n");
    const Command *found = NULL;
    unsigned matches = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (len == 0 || strncmp(commands[i].name, name, len) != 0) continue;
        bool is_exact = commands[i].name[len] == '\0';
        if (is_exact || matches == 0) found = &commands[i];
        matches = is_exact ? 1 : matches + 1;
        if (is_exact) break;
    }
    if (matches == 1)
        found->run(repl, argument);
    else
        fprintf(stderr, "mri: %s `:%.*s`: `:help` lists the commands\n",
                matches ? "several commands begin with" : "there is no command", (int)len, name);
    fflush(stdout);
}
