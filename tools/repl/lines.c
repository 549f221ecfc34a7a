/* lines.c: reading cells by libedit: lines are asked for until the cell is complete. Without a terminal they are read as they are.
 */
#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/arena.h"
#include "tools/repl/repl.h"
#include "tools/workbench/complete.h"

enum { HISTORY = 2000 };

#define NEXT_PROMPT "...  "

struct Lines {
    Repl *repl;
    EditLine *edit; /* NULL: no terminal */
    History *history;
    char *history_path; /* NULL: it is not kept */
    Buf cell;
    Buf pasted; /* lines that follow what was pasted into the one that is edited */
    char *line; /* without a terminal: the line that getline has */
    size_t room;
    bool is_more; /* in the middle of a cell */
    bool has_pasted;
    Library *library; /* NULL: it was not asked for yet */
};

static char *prompt(EditLine *edit) {
    static char first[] = "mr>  ", next[] = NEXT_PROMPT;
    Lines *lines = NULL;
    el_get(edit, EL_CLIENTDATA, &lines);
    return lines->is_more ? next : first;
}

/* Waits until something was typed, or for an interrupt, which counts also where it came before the waiting began. */
static bool wait_for_byte(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    while (!repl_is_interrupted() && ppoll(&input, 1, NULL, &before) < 0 && errno == EINTR) {}
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !repl_is_interrupted();
}

/* Ctrl-D. One that is typed while the terminal edits lines by itself, which it does between two of ours, comes as a NUL. */
enum { END_OF_INPUT = 4 };

/* libedit's own function goes on reading after a signal; this one gives up the line. The terminal drops what was typed before an
 * interrupt: what is there to be read was typed behind it, and is left for the next line. */
static int read_character(EditLine *edit, wchar_t *out) {
    mbstate_t state = {0};
    (void)edit;
    while (wait_for_byte()) {
        char byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got <= 0) return (int)got;
        if (byte == '\0') byte = END_OF_INPUT;
        size_t used = mbrtowc(out, &byte, 1, &state);
        if (used == (size_t)-1) state = (mbstate_t){0}; /* no character: left out */
        if (used < (size_t)-2) return 1;
    }
    return -1;
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

/* ---- pasting

 * A terminal that was asked to says where a pasted text begins and ends. So a paste is text, in which a tab completes nothing and a
 * newline runs nothing: its lines become a part of the cell, which runs when the user ends it. */

static const char ASK_FOR_MARKS[] = "\033[?2004h", NO_MARKS[] = "\033[?2004l";
static const char PASTE_BEGINS[] = "\033[200~", PASTE_ENDS[] = "\033[201~";

/* Programs that cells run get the terminal as they know it. */
static void ask_for_marks(bool wanted) {
    fputs(wanted ? ASK_FOR_MARKS : NO_MARKS, stdout);
    fflush(stdout);
}

/* What is typed up to the mark of the end; false: the input ends, or there was an interrupt. */
static bool read_pasted(EditLine *edit, Buf *text) {
    const size_t mark = sizeof PASTE_ENDS - 1;
    mbstate_t state = {0};
    wchar_t character;
    char bytes[MB_LEN_MAX];
    while (el_wgetc(edit, &character) == 1) {
        size_t len = wcrtomb(bytes, character == L'\r' ? L'\n' : character, &state);
        if (len == (size_t)-1) continue;
        buf_add(text, bytes, len);
        if (text->len < mark || memcmp(text->data + text->len - mark, PASTE_ENDS, mark) != 0) continue;
        text->len -= mark;
        return true;
    }
    return false;
}

static unsigned char paste(EditLine *edit, int key) {
    Lines *lines = NULL;
    Buf text = {0};
    (void)key;
    el_get(edit, EL_CLIENTDATA, &lines);
    bool is_whole = read_pasted(edit, &text);
    buf_text(&text);
    char *first = text.data, *newline = strchr(first, '\n');
    if (is_whole && newline) {
        buf_add(&lines->pasted, newline + 1, strlen(newline + 1));
        buf_text(&lines->pasted);
        lines->has_pasted = true;
        *newline = '\0';
    }
    if (is_whole && *first) el_insertstr(edit, first);
    if (is_whole && newline) el_push(edit, "\n");
    buf_free(&text);
    return is_whole ? CC_REFRESH : CC_EOF;
}

/* The whole lines of what was pasted are shown and become a part of the cell; what follows the last newline is edited next. */
static void take_pasted(Lines *lines) {
    char *line = lines->pasted.data;
    for (char *newline; (newline = strchr(line, '\n')); line = newline + 1) {
        *newline = '\0';
        printf("%s%s\n", NEXT_PROMPT, line);
        buf_add(&lines->cell, line, (size_t)(newline - line));
        buf_add_char(&lines->cell, '\n');
    }
    fflush(stdout);
    if (!*line) return;
    Buf rest = {0};
    buf_printf(&rest, "%s%s%s", PASTE_BEGINS, line, PASTE_ENDS);
    el_push(lines->edit, buf_text(&rest));
    buf_free(&rest);
}

/* Behind a line that was pasted into: the others of the paste. Behind a command they are as if they were typed. */
static void go_on_pasting(Lines *lines, bool is_command) {
    if (is_command)
        el_push(lines->edit, lines->pasted.data);
    else
        take_pasted(lines);
    lines->pasted.len = 0;
    lines->has_pasted = false;
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
    el_set(lines->edit, EL_ADDFN, "mr-paste", "takes a pasted text as it is", paste);
    el_set(lines->edit, EL_BIND, PASTE_BEGINS, "mr-paste", NULL);
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
    buf_free(&self->pasted);
    free(self->history_path);
    free(self->line);
    free(self);
    *lines = NULL;
}

/* The next line, with its newline; NULL at the end of the input. */
static const char *next_line(Lines *lines, size_t *len) {
    int count = 0;
    if (lines->edit) {
        ask_for_marks(true);
        const char *line = el_gets(lines->edit, &count);
        ask_for_marks(false);
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
    repl_was_interrupted(); /* what has ended the cell before is over */
    for (const char *line; (line = next_line(lines, &count)) || (lines->edit && repl_was_interrupted());) {
        if (!line) { /* what was typed is forgotten */
            el_reset(lines->edit);
            fputs("\n", stdout);
            lines->cell.len = 0;
            lines->is_more = false;
            lines->has_pasted = false;
            lines->pasted.len = 0;
            continue;
        }
        bool is_end = lines->is_more && is_blank(line);
        buf_add(&lines->cell, line, count);
        bool is_command = lines->cell.data[0] == ':';
        lines->is_more = !is_end && !is_command && (lines->has_pasted || cells_is_open(lines->cell.data, lines->cell.len));
        if (lines->has_pasted) go_on_pasting(lines, is_command);
        if (lines->is_more) continue;
        while (lines->cell.len && lines->cell.data[lines->cell.len - 1] == '\n') lines->cell.len--;
        remember(lines);
        *len = lines->cell.len;
        return buf_text(&lines->cell);
    }
    *len = lines->cell.len;
    return lines->cell.len ? buf_text(&lines->cell) : NULL;
}
