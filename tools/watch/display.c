/* display.c: a thread that owns the terminal while a run is shown.
 *
 * The cursor stays where the display begins, so that it can be taken away by clearing what follows the cursor: however a terminal
 * wraps lines when it gets narrower, nothing of what stands above is touched. */
#include "tools/watch/display.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "tools/watch/render.h"
#include "tools/watch/report.h"

/* Milliseconds: between two looks at what is to be shown; between two drawings because of what the program writes; until what has
 * not changed is drawn anew, as something else may have written there; from one plain line to the next, at first and at most. */
enum { LOOK = 100, REDRAW = 40, REFRESH = 1000, PLAIN_FIRST = 5000, PLAIN_MOST = 60000 };
enum { MOST_JOBS = 4, DEFAULT_WIDTH = 80, DEFAULT_ROWS = 24, PIECE = 64 << 10 };

/* Where in the program's output the cursor is. */
typedef enum Cursor { AT_START, IN_LINE, AFTER_ESCAPE, IN_SEQUENCE } Cursor;

/* Of a process that goes on from one time that is shown to the next. */
typedef struct ProgressTotals {
    uint32_t lost;
    uint64_t again, finished;
} ProgressTotals;

struct Display {
    DisplayConfig config;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    Progress progress;
    ProgressTotals totals, before_begin; /* as lines from the source have them: now; when display_begin was called */
    bool is_on, is_closing;
    uint64_t asked, done; /* how often the thread was to look at all this, and has */

    int source, source_end; /* a pipe from which lines come; -1: there is none */
    char source_path[48];
    Buf lines; /* of it; the thread's */
    int wake;  /* an eventfd: it is to look */
    bool is_begun;
    /* On a terminal: */
    bool is_terminal, has_output; /* standard output is this terminal, too */
    int terminal, old_output;     /* the real ones */
    int master, other;            /* what is written to the other end comes out of the first */
    int signals;                  /* -1: the display takes none */
    sigset_t old_signals;
    RenderStyle style;
    /* The thread's: */
    Cursor cursor, before; /* before: what it is when the sequence is over */
    bool is_shown;         /* what it knows of is_on */
    bool is_drawn;
    uint64_t drawn_at;
    Buf shown, out;
};

static uint64_t now_is(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time); /* as the scheduler's, of which the news have their time */
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void display_news(Display *display, const News *news, size_t count) {
    pthread_mutex_lock(&display->mutex);
    progress_take(&display->progress, news, count);
    pthread_mutex_unlock(&display->mutex);
}

const char *display_source(const Display *display) {
    return display->source_path;
}

/* The other process opens the pipe by its path, so that nobody inherits it. */
static bool open_source(Display *display) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    display->source = ends[0];
    display->source_end = ends[1];
    snprintf(display->source_path, sizeof display->source_path, "/proc/%d/fd/%d", (int)getpid(), ends[1]);
    return true;
}

/* What was lost, and done, before what is shown began is not counted. */
static void take_line(Display *display, const char *line, size_t len) {
    Progress *progress = &display->progress;
    pthread_mutex_lock(&display->mutex);
    if (report_read(progress, now_is(), line, len)) {
        ProgressTotals all = {progress->lost, progress->again, progress->finished}, *before = &display->before_begin;
        display->totals = all;
        progress->lost = all.lost > before->lost ? all.lost - before->lost : 0;
        progress->again = all.again > before->again ? all.again - before->again : 0;
        progress->finished = all.finished > before->finished ? all.finished - before->finished : 0;
    }
    pthread_mutex_unlock(&display->mutex);
}

static void read_source(Display *display) {
    char piece[4096];
    for (ssize_t got; (got = read(display->source, piece, sizeof piece)) > 0;) buf_add(&display->lines, piece, (size_t)got);
    size_t at = 0;
    for (const char *end; at < display->lines.len && (end = memchr(display->lines.data + at, '\n', display->lines.len - at));) {
        size_t len = (size_t)(end - ((const char *)display->lines.data + at));
        take_line(display, (const char *)display->lines.data + at, len);
        at += len + 1;
    }
    display->lines.len -= at;
    if (at > 0) memmove(display->lines.data, display->lines.data + at, display->lines.len);
}

/* ---- writing to the terminal */

static void write_out(Display *display) {
    for (size_t done = 0; done < display->out.len;) {
        ssize_t put = write(display->terminal, display->out.data + done, display->out.len - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) break; /* it has gone */
        done += (size_t)put;
    }
    display->out.len = 0;
}

static void take_away(Display *display) {
    if (display->is_drawn) buf_add_text(&display->out, "\r\x1b[J");
    display->is_drawn = false;
    display->shown.len = 0;
}

/* Whoever is in the background does not draw. */
static bool is_in_front(const Display *display) {
    pid_t group = tcgetpgrp(display->terminal);
    return group < 0 || group == getpgrp();
}

static void measure(Display *display) {
    struct winsize size = {0};
    unsigned width = display->style.width;
    ioctl(display->terminal, TIOCGWINSZ, &size);
    unsigned rows = size.ws_row ? size.ws_row : DEFAULT_ROWS;
    display->style.width = size.ws_col ? size.ws_col : DEFAULT_WIDTH;
    display->style.rows = rows - 1 < MOST_JOBS + 1 ? rows - 1 : MOST_JOBS + 1;
    if (display->style.width != width) ioctl(display->master, TIOCSWINSZ, &size);
}

/* Draws over what is there, line by line, so that nothing flickers. */
static void draw(Display *display) {
    Buf lines = {0};
    unsigned count = 0;
    measure(display);
    pthread_mutex_lock(&display->mutex);
    if (display->is_on && display->cursor == AT_START && is_in_front(display))
        count = render_lines(&display->progress, now_is(), &display->style, &lines);
    pthread_mutex_unlock(&display->mutex);
    bool is_fresh = display->is_drawn && now_is() - display->drawn_at < REFRESH * (uint64_t)1000000;
    bool is_same = is_fresh && lines.len == display->shown.len && memcmp(lines.data, display->shown.data, lines.len) == 0;
    if (count == 0) {
        take_away(display);
    } else if (!is_same) {
        for (size_t at = 0; at < lines.len;) {
            const char *end = memchr(lines.data + at, '\n', lines.len - at);
            size_t len = (size_t)(end - ((const char *)lines.data + at));
            buf_add_text(&display->out, at == 0 ? "\r" : "\r\n");
            buf_add(&display->out, lines.data + at, len);
            buf_add_text(&display->out, "\x1b[K");
            at += len + 1;
        }
        buf_add_text(&display->out, "\x1b[J\r");
        if (count > 1) buf_printf(&display->out, "\x1b[%uA", count - 1);
        display->is_drawn = true;
        display->shown.len = 0;
        buf_add(&display->shown, lines.data, lines.len);
        display->drawn_at = now_is();
    }
    buf_free(&lines);
    write_out(display);
}

/* ---- what the program writes */

/* Where the cursor is after that byte. A sequence that sets a colour, or the like, does not move it. */
static Cursor cursor_after(Display *display, unsigned char c) {
    switch (display->cursor) {
    case AFTER_ESCAPE: return c == '[' ? IN_SEQUENCE : display->before;
    case IN_SEQUENCE: return c >= 0x40 && c <= 0x7e ? display->before : IN_SEQUENCE;
    default: break;
    }
    if (c == '\x1b') {
        display->before = display->cursor;
        return AFTER_ESCAPE;
    }
    if (c == '\n') return AT_START;
    return c == '\r' ? display->cursor : IN_LINE;
}

/* False: there is nothing more for now. */
static bool pass_on(Display *display) {
    char piece[PIECE];
    ssize_t got = read(display->master, piece, sizeof piece);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    take_away(display);
    buf_add(&display->out, piece, (size_t)got);
    for (ssize_t i = 0; i < got; i++) display->cursor = cursor_after(display, (unsigned char)piece[i]);
    if (display->is_shown && now_is() - display->drawn_at >= REDRAW * (uint64_t)1000000)
        draw(display);
    else
        write_out(display);
    return true;
}

/* ---- the thread */

/* Ctrl-Z. The signal is for this thread, so that it does not get on any further before all stop. */
static void take_stop(Display *display) {
    struct signalfd_siginfo info;
    if (read(display->signals, &info, sizeof info) != (ssize_t)sizeof info) return;
    take_away(display);
    write_out(display);
    raise(SIGSTOP);
}

/* Does what was asked for: what was written before is on the terminal then. False: that was the end. */
static bool look(Display *display) {
    uint64_t count;
    if (read(display->wake, &count, sizeof count) != (ssize_t)sizeof count) return true;
    pthread_mutex_lock(&display->mutex);
    uint64_t asked = display->asked;
    bool is_on = display->is_on, goes_on = !display->is_closing;
    pthread_mutex_unlock(&display->mutex);
    display->is_shown = is_on;
    while (display->is_terminal && !is_on && pass_on(display)) {}
    if (display->is_terminal && !is_on) {
        take_away(display);
        write_out(display);
        display->cursor = AT_START;
    }
    pthread_mutex_lock(&display->mutex);
    display->done = asked;
    pthread_cond_broadcast(&display->changed);
    pthread_mutex_unlock(&display->mutex);
    return goes_on;
}

static void *terminal_thread(void *argument) {
    Display *display = argument;
    for (bool goes_on = true; goes_on;) {
        struct pollfd items[] = {{.fd = display->wake, .events = POLLIN},
                                 {.fd = display->signals, .events = POLLIN},
                                 {.fd = display->master, .events = POLLIN},
                                 {.fd = display->source, .events = POLLIN}};
        if (poll(items, 4, display->is_shown ? LOOK : -1) < 0) continue;
        if (items[3].revents & POLLIN) read_source(display);
        if (items[1].revents & POLLIN) take_stop(display);
        if (items[2].revents & POLLIN) pass_on(display);
        if (items[0].revents & POLLIN) goes_on = look(display);
        if (display->is_shown && now_is() - display->drawn_at >= LOOK * (uint64_t)1000000) draw(display);
    }
    return NULL;
}

/* A line, if there is something to say; gives the milliseconds until the next. The longer a run takes, the rarer: a sixth of the
 * time that it has taken. */
static int say_plain(Display *display) {
    Buf line = {0};
    buf_printf(&line, "%s: ", display->config.name);
    size_t before = line.len;
    pthread_mutex_lock(&display->mutex);
    uint64_t now = now_is(), sixth = (now - display->progress.began) / 6000000;
    if (display->is_on) render_plain(&display->progress, now, &line);
    pthread_mutex_unlock(&display->mutex);
    bool is_said = line.len > before;
    buf_add_char(&line, '\n');
    if (is_said) fwrite(line.data, 1, line.len, stderr);
    buf_free(&line);
    return sixth < PLAIN_FIRST ? PLAIN_FIRST : sixth > PLAIN_MOST ? PLAIN_MOST : (int)sixth;
}

static int milliseconds_until(uint64_t time) {
    uint64_t now = now_is();
    return now < time ? (int)((time - now) / 1000000) + 1 : 0;
}

static void *plain_thread(void *argument) {
    Display *display = argument;
    uint64_t next = 0; /* when a line is due */
    for (bool goes_on = true; goes_on;) {
        struct pollfd items[] = {{.fd = display->wake, .events = POLLIN}, {.fd = display->source, .events = POLLIN}};
        if (poll(items, 2, display->is_shown ? milliseconds_until(next) : -1) < 0) continue;
        if (items[1].revents & POLLIN) read_source(display);
        if (items[0].revents & POLLIN) {
            goes_on = look(display);
            next = now_is() + PLAIN_FIRST * (uint64_t)1000000;
        }
        if (display->is_shown && now_is() >= next) next = now_is() + (uint64_t)say_plain(display) * 1000000;
    }
    return NULL;
}

/* ---- opening and closing */

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

/* What the environment says of the terminal's characters. */
static bool is_unicode(void) {
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_set(names[i])) return strcasestr(getenv(names[i]), "utf-8") || strcasestr(getenv(names[i]), "utf8");
    return false;
}

/* Standard output is the terminal that standard error is. */
static bool is_same_terminal(void) {
    struct stat output, error;
    return isatty(STDOUT_FILENO) && fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &error) == 0 &&
           output.st_rdev == error.st_rdev;
}

static int duplicate(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* A pseudo-terminal that hands on bytes as they are: the real one does with them what it is set to. */
static bool make_terminal(Display *display) {
    struct termios modes;
    if (tcgetattr(STDERR_FILENO, &modes) != 0) return false;
    cfmakeraw(&modes);
    if (openpty(&display->master, &display->other, NULL, &modes, NULL) != 0) return false;
    fcntl(display->master, F_SETFD, FD_CLOEXEC);
    fcntl(display->other, F_SETFD, FD_CLOEXEC);
    fcntl(display->master, F_SETFL, O_NONBLOCK);
    display->terminal = duplicate(STDERR_FILENO);
    display->has_output = is_same_terminal();
    display->old_output = display->has_output ? duplicate(STDOUT_FILENO) : -1;
    return display->terminal >= 0 && (!display->has_output || display->old_output >= 0);
}

static bool take_signals(Display *display) {
    sigset_t mask;
    if (!display->config.takes_stop) return true;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    display->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return display->signals >= 0 && sigprocmask(SIG_BLOCK, &mask, &display->old_signals) == 0;
}

/* Signals are for the other threads. */
static bool start_thread(Display *display, void *(*body)(void *)) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int reason = pthread_create(&display->thread, NULL, body, display);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return reason == 0;
}

static bool start_terminal(Display *display) {
    display->style.has_colour = !is_set("NO_COLOR");
    display->style.has_unicode = is_unicode();
    if (!make_terminal(display)) return false;
    measure(display);
    if (!take_signals(display)) return false;
    if (start_thread(display, terminal_thread)) return true;
    if (display->signals >= 0) sigprocmask(SIG_SETMASK, &display->old_signals, NULL);
    return false;
}

static void close_all(Display *display) {
    int files[] = {display->wake,  display->terminal, display->old_output, display->master,
                   display->other, display->signals,  display->source,     display->source_end};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0) close(files[i]);
    pthread_mutex_destroy(&display->mutex);
    pthread_cond_destroy(&display->changed);
    progress_free(&display->progress);
    buf_free(&display->lines);
    buf_free(&display->shown);
    buf_free(&display->out);
    free(display);
}

Display *display_open(const DisplayConfig *config) {
    const char *kind = getenv("TERM");
    Display *display = xcalloc(1, sizeof *display);
    *display = (Display){.config = *config, .terminal = -1, .old_output = -1, .master = -1, .other = -1, .signals = -1};
    display->source = display->source_end = -1;
    display->wake = eventfd(0, EFD_CLOEXEC);
    display->is_terminal = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    pthread_mutex_init(&display->mutex, NULL);
    pthread_cond_init(&display->changed, NULL);
    bool is_started = display->wake >= 0 && (!config->has_source || open_source(display)) &&
                      (display->is_terminal ? start_terminal(display) : start_thread(display, plain_thread));
    if (is_started) return display;
    close_all(display);
    return NULL;
}

/* Has the thread look at what has changed; `waits`: until it has. */
static void ask(Display *display, bool waits) {
    uint64_t one = 1, number = ++display->asked;
    while (write(display->wake, &one, sizeof one) < 0 && errno == EINTR) {}
    while (waits && display->done < number) pthread_cond_wait(&display->changed, &display->mutex);
}

void display_begin(Display *display) {
    if (display->is_begun) return;
    display->is_begun = true;
    fflush(NULL);
    if (display->is_terminal) dup2(display->other, STDERR_FILENO);
    if (display->has_output) dup2(display->other, STDOUT_FILENO);
    pthread_mutex_lock(&display->mutex);
    progress_begin(&display->progress, now_is());
    if (display->source >= 0) progress_set_jobs(&display->progress, NULL, 0, 0);
    display->before_begin = display->totals;
    display->is_on = true;
    ask(display, false);
    pthread_mutex_unlock(&display->mutex);
}

void display_end(Display *display) {
    if (!display->is_begun) return;
    display->is_begun = false;
    fflush(NULL);
    if (display->is_terminal) dup2(display->terminal, STDERR_FILENO);
    if (display->has_output) dup2(display->old_output, STDOUT_FILENO);
    pthread_mutex_lock(&display->mutex);
    display->is_on = false;
    ask(display, true);
    pthread_mutex_unlock(&display->mutex);
}

void display_close(Display **display) {
    Display *self = *display;
    if (!self) return;
    *display = NULL;
    display_end(self);
    pthread_mutex_lock(&self->mutex);
    self->is_closing = true;
    ask(self, true);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->thread, NULL);
    if (self->signals >= 0) sigprocmask(SIG_SETMASK, &self->old_signals, NULL);
    close_all(self);
}
