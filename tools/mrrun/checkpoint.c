/* checkpoint.c: opening the journal, saying which run it belongs to, and what becomes of it at the end. */
#include "tools/mrrun/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

static void say(const char *text) {
    fprintf(stderr, "mrrun: %s\n", text);
}

bool checkpoint_open(Checkpoint *checkpoint, const Options *options) {
    char *error = NULL;
    if (!options->checkpoint) return true;
    checkpoint->journal = journal_open(options->checkpoint, options->journal_mode, &error);
    if (!checkpoint->journal) say(error ? error : "cannot open the journal");
    free(error);
    return checkpoint->journal != NULL;
}

/* ---- which run it is */

typedef struct Facts {
    JournalFact *items; /* labels and texts are ours */
    size_t count, cap;
} Facts;

static void add_fact(Facts *facts, char *label, char *text) {
    if (!label || !text) out_of_memory(1);
    if (facts->count == facts->cap) {
        facts->cap = facts->cap ? 2 * facts->cap : 8;
        facts->items = xrealloc(facts->items, facts->cap * sizeof *facts->items);
    }
    facts->items[facts->count++] = (JournalFact){label, text};
}

static void facts_free(Facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        free((char *)(uintptr_t)facts->items[i].label);
        free((char *)(uintptr_t)facts->items[i].text);
    }
    free(facts->items);
}

static char *hash_text(const uint8_t program[MESSAGE_HASH_SIZE]) {
    Buf text = {0};
    for (size_t i = 0; i < MESSAGE_HASH_SIZE; i++) buf_printf(&text, "%02x", program[i]);
    buf_text(&text);
    return text.data;
}

/* The journal's format comes first: of another one nothing more can be said. Relative paths mean other files elsewhere. */
static Facts gather_facts(const Options *options, const uint8_t program[MESSAGE_HASH_SIZE]) {
    Facts facts = {0};
    char *folder = getcwd(NULL, 0);
    add_fact(&facts, strdup("format of the journal"), strdup("1, of mr " MR_VERSION));
    add_fact(&facts, strdup("program's code"), hash_text(program));
    add_fact(&facts, strdup("working directory"), folder ? folder : strdup("unknown"));
    for (char **argument = options->program + 1; *argument; argument++) {
        char *label = NULL;
        if (asprintf(&label, "argument %td", argument - options->program) < 0) label = NULL;
        add_fact(&facts, label, strdup(*argument));
    }
    return facts;
}

bool checkpoint_bind(Checkpoint *checkpoint, const Options *options, const uint8_t program[MESSAGE_HASH_SIZE], char **error) {
    char *note = NULL;
    *error = NULL;
    if (!checkpoint->journal || checkpoint->is_bound) return true;
    Facts facts = gather_facts(options, program);
    checkpoint->is_bound = journal_bind(checkpoint->journal, facts.items, facts.count, &checkpoint->stored, &note, error);
    facts_free(&facts);
    if (note && !options->is_quiet) say(note);
    free(note);
    return checkpoint->is_bound;
}

/* ---- the end */

void checkpoint_close(Checkpoint *checkpoint, const Options *options, bool is_good) {
    if (!checkpoint->journal) return;
    if (checkpoint->is_bound && is_good) journal_remove(checkpoint->journal);
    if (checkpoint->is_bound && !is_good && !options->is_quiet)
        fprintf(stderr, "mrrun: what was computed is kept in %s: the same command with --resume goes on from there\n",
                options->checkpoint);
    journal_close(&checkpoint->journal);
    stored_clear(&checkpoint->stored);
}

int checkpoint_show(const char *directory) {
    Buf text = {0};
    char *error = NULL;
    bool is_good = journal_show(directory, &text, &error);
    if (is_good) fwrite(text.data, 1, text.len, stdout);
    if (!is_good) say(error);
    free(error);
    buf_free(&text);
    return is_good ? 0 : 1;
}
