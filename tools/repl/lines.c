/* lines.c: reading cells by libedit: lines are asked for until the cell is complete. Without a terminal they are read as they are.
 */
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/arena.h"
#include "tools/repl/repl.h"
#include "tools/workbench/complete.h"

enum { HISTORY = 2000 };

struct Lines {
    Repl *repl;
    EditLine *edit; /* NULL: no terminal */
    History *history;
    char *history_path; /* NULL: it is not kept */
    Buf cell;
    char *line; /* without a terminal: the line that getline has */
    size_t room;
    bool is_more;  /* in the middle of a cell */
    bool has_byte; /* the byte was typed behind an interrupt: the first of the next line */
    char byte;
    Library *library; /* NULL: it was not asked for yet */
};

static char *prompt(EditLine *edit) {
    static char first[] = "mr>  ", next[] = "...  ";
    Lines *lines = NULL;
    el_get(edit, EL_CLIENTDATA, &lines);
    return lines->is_more ? next : first;
}

/* The next byte that is typed; what `read` says. The terminal drops what was typed before an interrupt, so that a byte that comes
 * with one was typed behind it: it waits until the line is given up. */
static ssize_t read_byte(Lines *lines, char *byte) {
    ssize_t got = 1;
    if (!lines->has_byte) got = read(STDIN_FILENO, &lines->byte, 1);
    *byte = lines->byte;
    lines->has_byte = got == 1 && repl_is_interrupted();
    if (!lines->has_byte) return got;
    errno = EINTR;
    return -1;
}

/* Ctrl-D. One that is typed while the terminal edits lines by itself, which it does between two of ours, comes as a NUL. */
enum { END_OF_INPUT = 4 };

/* libedit's own function goes on reading after a signal; this one gives up the line. */
static int read_character(EditLine *edit, wchar_t *out) {
    mbstate_t state = {0};
    Lines *lines = NULL;
    el_get(edit, EL_CLIENTDATA, &lines);
    for (;;) {
        char byte;
        ssize_t got = read_byte(lines, &byte);
        if (got == 0) return 0;
        if (got < 0 && (errno != EINTR || repl_is_interrupted())) return -1;
        if (got < 0) continue;
        if (byte == '\0') byte = END_OF_INPUT;
        size_t used = mbrtowc(out, &byte, 1, &state);
        if (used == (size_t)-1) state = (mbstate_t){0}; /* no character: left out */
        if (used < (size_t)-2) return 1;
    }
}

/* ---- completion */

enum { SHOWN = 100 /* completions, when there are many */ };

static void show_completions(const Completions *found) {
    size_t widest = 0;
    for (size_t i = 0; i < found->len && i < SHOWN; i++) {
        size_t len = strlen(found->items[i].name);
        widest = len > widest ? len : widest;
    }
    putchar('\n');
    for (size_t i = 0; i < found->len && i < SHOWN; i++) {
        const Completion *item = &found->items[i];
        if (*item->type)
            printf("  %-*s : %s\n", (int)widest, item->name, item->type);
        else
            printf("  %s\n", item->name);
    }
    if (found->len > SHOWN) printf("  and %zu more\n", found->len - SHOWN);
}

static unsigned char complete_word(EditLine *edit, int key) {
    Lines *lines = NULL;
    (void)key;
    el_get(edit, EL_CLIENTDATA, &lines);
    const LineInfo *info = el_line(edit);
    Buf text = {0};
    if (lines->cell.len) buf_add(&text, lines->cell.data, lines->cell.len);
    buf_add(&text, info->buffer, (size_t)(info->cursor - info->buffer));
    if (!lines->library) lines->library = library_new();
    Completions found = complete(lines->repl->workbench, lines->library, buf_text(&text), text.len);
    size_t typed = text.len - found.from, common = completions_common(&found);
    unsigned char what = CC_ERROR;
    if (found.len > 0 && common > typed) {
        char *rest = strndup(found.items[0].name + typed, common - typed);
        el_insertstr(edit, rest);
        free(rest);
        what = CC_REFRESH;
    } else if (found.len > 1) {
        show_completions(&found);
        what = CC_REDISPLAY;
    }
    completions_free(&found);
    buf_free(&text);
    return what;
}

static char *history_path(void) {
    const char *named = getenv("MRI_HISTORY"), *home = getenv("HOME");
    if (named) return *named ? strdup(named) : NULL;
    Buf path = {0};
    if (!home || !*home) return NULL;
    buf_printf(&path, "%s/.mri_history", home);
    buf_text(&path);
    return path.data;
}

static void open_terminal(Lines *lines) {
    HistEvent event;
    setlocale(LC_CTYPE, setlocale(LC_CTYPE, "C.UTF-8") ? "C.UTF-8" : ""); /* programs are UTF-8 */
    lines->edit = el_init("mri", stdin, stdout, stderr);
    lines->history = history_init();
    lines->history_path = history_path();
    history(lines->history, &event, H_SETSIZE, HISTORY);
    history(lines->history, &event, H_SETUNIQUE, 1);
    if (lines->history_path) history(lines->history, &event, H_LOAD, lines->history_path);
    el_set(lines->edit, EL_CLIENTDATA, lines);
    el_set(lines->edit, EL_PROMPT, prompt);
    el_set(lines->edit, EL_EDITOR, "emacs");
    el_set(lines->edit, EL_GETCFN, read_character);
    el_set(lines->edit, EL_HIST, history, lines->history);
    el_set(lines->edit, EL_ADDFN, "mr-complete", "completes a name, or lists how it may go on", complete_word);
    el_set(lines->edit, EL_BIND, "^I", "mr-complete", NULL);
    el_set(lines->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(lines->edit, NULL);
}

Lines *lines_open(Repl *repl) {
    Lines *lines = xcalloc(1, sizeof *lines);
    lines->repl = repl;
    if (isatty(STDIN_FILENO)) open_terminal(lines);
    return lines;
}

void lines_close(Lines **lines) {
    Lines *self = *lines;
    HistEvent event;
    if (self->edit) {
        if (self->history_path) history(self->history, &event, H_SAVE, self->history_path);
        history_end(self->history);
        el_end(self->edit);
    }
    library_free(&self->library);
    buf_free(&self->cell);
    free(self->history_path);
    free(self->line);
    free(self);
    *lines = NULL;
}

/* The next line, with its newline; NULL at the end of the input. */
static const char *next_line(Lines *lines, size_t *len) {
    int count = 0;
    if (lines->edit) {
        const char *line = el_gets(lines->edit, &count);
        *len = line && count > 0 ? (size_t)count : 0;
        return *len ? line : NULL;
    }
    ssize_t got = getline(&lines->line, &lines->room, stdin);
    *len = got > 0 ? (size_t)got : 0;
    return got > 0 ? lines->line : NULL;
}

static void remember(Lines *lines) {
    HistEvent event;
    if (lines->edit && lines->cell.len) history(lines->history, &event, H_ENTER, buf_text(&lines->cell));
}

static bool is_blank(const char *line) {
    return line[strspn(line, " \t\r\n")] == '\0';
}

/* A cell that is open goes on until it is closed, or a line is empty. */
const char *lines_next(Lines *lines, size_t *len) {
    size_t count;
    lines->cell.len = 0;
    lines->is_more = false;
    for (const char *line; (line = next_line(lines, &count)) || (lines->edit && repl_was_interrupted());) {
        if (!line) { /* what was typed is forgotten */
            el_reset(lines->edit);
            fputs("\n", stdout);
            lines->cell.len = 0;
            lines->is_more = false;
            continue;
        }
        bool is_end = lines->is_more && is_blank(line);
        buf_add(&lines->cell, line, count);
        bool is_command = lines->cell.data[0] == ':';
        lines->is_more = !is_end && !is_command && cells_is_open(lines->cell.data, lines->cell.len);
        if (lines->is_more) continue;
        while (lines->cell.len && lines->cell.data[lines->cell.len - 1] == '\n') lines->cell.len--;
        remember(lines);
        *len = lines->cell.len;
        return buf_text(&lines->cell);
    }
    *len = lines->cell.len;
    return lines->cell.len ? buf_text(&lines->cell) : NULL;
}
