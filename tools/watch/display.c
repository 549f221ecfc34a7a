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

/* Milliseconds: between two looks at what is to be shown; between two drawings because of what the program writes; from one plain
 * line to the next, at first and at most. */
enum { LOOK = 100, REDRAW = 40, PLAIN_FIRST = 5000, PLAIN_MOST = 60000 };
enum { MOST_JOBS = 4, DEFAULT_WIDTH = 80, DEFAULT_ROWS = 24, PIECE = 64 << 10 };

/* Where in the program's output the cursor is. */
typedef enum Cursor { AT_START, IN_LINE, AFTER_ESCAPE, IN_SEQUENCE } Cursor;

struct Display {
    const char *name;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    Progress progress;

    int wake; /* an eventfd: the display is to end */
    /* On a terminal: */
    bool is_terminal, has_output; /* standard output is this terminal, too */
    int terminal, old_output;     /* the real ones */
    int master;                   /* what is written to the other end comes here; -1: everybody has closed it */
    int signals;
    sigset_t old_signals;
    RenderStyle style;
    /* The thread's: */
    Cursor cursor, before; /* before: what it is when the sequence is over */
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

/* Draws over what is there, line by line, so that nothing flickers. */
static void draw(Display *display) {
    Buf lines = {0};
    unsigned count = 0;
    pthread_mutex_lock(&display->mutex);
    if (display->cursor == AT_START && is_in_front(display))
        count = render_lines(&display->progress, now_is(), &display->style, &lines);
    pthread_mutex_unlock(&display->mutex);
    bool is_same = display->is_drawn && lines.len == display->shown.len && memcmp(lines.data, display->shown.data, lines.len) == 0;
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
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) { /* nobody has the other end any more */
            close(display->master);
            display->master = -1;
        }
        return false;
    }
    take_away(display);
    buf_add(&display->out, piece, (size_t)got);
    for (ssize_t i = 0; i < got; i++) display->cursor = cursor_after(display, (unsigned char)piece[i]);
    if (now_is() - display->drawn_at >= REDRAW * (uint64_t)1000000)
        draw(display);
    else
        write_out(display);
    return true;
}

/* ---- the terminal's changes */

static void measure(Display *display) {
    struct winsize size = {0};
    ioctl(display->terminal, TIOCGWINSZ, &size);
    if (display->master >= 0) ioctl(display->master, TIOCSWINSZ, &size);
    unsigned rows = size.ws_row ? size.ws_row : DEFAULT_ROWS;
    display->style.width = size.ws_col ? size.ws_col : DEFAULT_WIDTH;
    display->style.rows = rows - 1 < MOST_JOBS + 1 ? rows - 1 : MOST_JOBS + 1;
}

static void take_signal(Display *display) {
    struct signalfd_siginfo info;
    if (read(display->signals, &info, sizeof info) != (ssize_t)sizeof info) return;
    if (info.ssi_signo == SIGTSTP) {
        take_away(display);
        write_out(display);
        raise(SIGSTOP); /* for this thread, so that it does not get on any further before all stop */
    }
    measure(display);
    draw(display);
}

/* ---- the thread */

static bool is_over(const Display *display, int milliseconds) {
    struct pollfd item = {.fd = display->wake, .events = POLLIN};
    return poll(&item, 1, milliseconds) > 0;
}

static void *plain_thread(void *argument) {
    Display *display = argument;
    for (int wait = PLAIN_FIRST; !is_over(display, wait);) {
        Buf line = {0};
        buf_printf(&line, "%s: ", display->name);
        size_t before = line.len;
        pthread_mutex_lock(&display->mutex);
        render_plain(&display->progress, now_is(), &line);
        uint64_t began = display->progress.began;
        pthread_mutex_unlock(&display->mutex);
        bool is_said = line.len > before;
        buf_add_char(&line, '\n');
        if (is_said) fwrite(line.data, 1, line.len, stderr);
        buf_free(&line);
        /* The longer a run takes, the rarer: a sixth of the time that it has taken. */
        uint64_t sixth = began ? (now_is() - began) / 6000000 : 0;
        wait = sixth < PLAIN_FIRST ? PLAIN_FIRST : sixth > PLAIN_MOST ? PLAIN_MOST : (int)sixth;
    }
    return NULL;
}

static void *terminal_thread(void *argument) {
    Display *display = argument;
    for (bool goes_on = true; goes_on;) {
        struct pollfd items[] = {{.fd = display->wake, .events = POLLIN},
                                 {.fd = display->signals, .events = POLLIN},
                                 {.fd = display->master, .events = POLLIN}};
        if (poll(items, 3, LOOK) < 0 && errno != EINTR) break;
        goes_on = !(items[0].revents & POLLIN);
        if (items[1].revents & POLLIN) take_signal(display);
        if (items[2].revents) pass_on(display);
        if (now_is() - display->drawn_at >= LOOK * (uint64_t)1000000) draw(display);
    }
    while (display->master >= 0 && pass_on(display)) {}
    take_away(display);
    write_out(display);
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

/* The other end of the pseudo-terminal takes the place of what this process writes to. It hands on bytes as they are: the real
 * terminal does with them what it is set to. False: nothing is changed. */
static bool take_over(Display *display) {
    struct termios modes;
    struct winsize size = {0};
    int other;
    if (tcgetattr(STDERR_FILENO, &modes) != 0) return false;
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    cfmakeraw(&modes);
    if (openpty(&display->master, &other, NULL, &modes, &size) != 0) return false;
    fcntl(display->master, F_SETFD, FD_CLOEXEC);
    fcntl(display->master, F_SETFL, O_NONBLOCK);
    display->terminal = duplicate(STDERR_FILENO);
    display->has_output = is_same_terminal();
    display->old_output = display->has_output ? duplicate(STDOUT_FILENO) : -1;
    bool is_good = display->terminal >= 0 && (!display->has_output || display->old_output >= 0);
    if (is_good) {
        fflush(NULL);
        dup2(other, STDERR_FILENO);
        if (display->has_output) dup2(other, STDOUT_FILENO);
    }
    close(other);
    return is_good;
}

static void give_back(Display *display) {
    fflush(NULL);
    dup2(display->terminal, STDERR_FILENO);
    if (display->has_output) dup2(display->old_output, STDOUT_FILENO);
}

static void close_all(Display *display) {
    int files[] = {display->wake, display->terminal, display->old_output, display->master, display->signals};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0) close(files[i]);
    progress_free(&display->progress);
    buf_free(&display->shown);
    buf_free(&display->out);
    free(display);
}

static bool take_signals(Display *display) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    sigaddset(&mask, SIGCONT);
    sigaddset(&mask, SIGWINCH);
    display->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return display->signals >= 0 && sigprocmask(SIG_BLOCK, &mask, &display->old_signals) == 0;
}

static bool start_terminal(Display *display) {
    display->style.has_colour = !is_set("NO_COLOR");
    display->style.has_unicode = is_unicode();
    if (!take_over(display)) return false;
    measure(display);
    if (take_signals(display)) {
        if (pthread_create(&display->thread, NULL, terminal_thread, display) == 0) return true;
        sigprocmask(SIG_SETMASK, &display->old_signals, NULL);
    }
    give_back(display);
    return false;
}

Display *display_open(const char *name) {
    const char *kind = getenv("TERM");
    Display *display = xcalloc(1, sizeof *display);
    *display = (Display){.name = name, .terminal = -1, .old_output = -1, .master = -1, .signals = -1};
    display->wake = eventfd(0, EFD_CLOEXEC);
    display->is_terminal = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    pthread_mutex_init(&display->mutex, NULL);
    bool is_started =
        display->wake >= 0 &&
        (display->is_terminal ? start_terminal(display) : pthread_create(&display->thread, NULL, plain_thread, display) == 0);
    if (is_started) return display;
    close_all(display);
    return NULL;
}

void display_close(Display **display) {
    Display *self = *display;
    uint64_t one = 1;
    if (!self) return;
    *display = NULL;
    if (self->is_terminal) give_back(self);
    while (write(self->wake, &one, sizeof one) < 0 && errno == EINTR) {}
    pthread_join(self->thread, NULL);
    if (self->is_terminal) sigprocmask(SIG_SETMASK, &self->old_signals, NULL);
    pthread_mutex_destroy(&self->mutex);
    close_all(self);
}
