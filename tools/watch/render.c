/* render.c: bars and numbers. A line is made of fields of fixed widths, so that nothing jumps when numbers grow; the bar has what
 * is left. Where a terminal is narrow, what is said last in a line is left out first. */
#include "tools/watch/render.h"

#include <stdio.h>
#include <string.h>

/* Nanoseconds that a run, and a job, goes on before it is shown: what is over sooner needs no bar. */
#define RUN_SHOWN ((uint64_t)500000000)
#define JOB_SHOWN ((uint64_t)300000000)

enum { BAR_LEAST = 10, BAR_MOST = 40, FIELD = 24 };

typedef struct Field {
    char text[FIELD];
} Field;

/* ---- numbers */

/* Three digits at least, and a letter for thousands: 4 characters at most, of numbers up to 10^18. */
static Field short_number(double number) {
    static const char letters[] = " kMGTPE";
    Field field;
    size_t letter = 0;
    while (number >= 999.5 && letter + 2 < sizeof letters) number /= 1000, letter++;
    if (letter == 0)
        snprintf(field.text, sizeof field.text, "%.0f", number);
    else
        snprintf(field.text, sizeof field.text, number < 9.995 ? "%.1f%c" : "%.0f%c", number, letters[letter]);
    return field;
}

/* 0:05, 1:02:03, 12 d */
static Field clock_of(double seconds) {
    Field field;
    if (seconds >= 100.0 * 3600) {
        snprintf(field.text, sizeof field.text, "%.0f d", seconds < 1e9 ? seconds / 86400 : 9999);
        return field;
    }
    unsigned all = (unsigned)(seconds + 0.5), hours = all / 3600;
    if (hours)
        snprintf(field.text, sizeof field.text, "%u:%02u:%02u", hours, all / 60 % 60, all % 60);
    else
        snprintf(field.text, sizeof field.text, "%u:%02u", all / 60, all % 60);
    return field;
}

static Field pace_of(double pace, const char *unit) {
    Field field, number = short_number(pace);
    snprintf(field.text, sizeof field.text, "%.8s%.4s/s", number.text, unit);
    return field;
}

/* ---- lines */

/* A job is called by its number; when it runs alone, that is of no use to anybody. */
static Field name_of(const Progress *progress, const ProgressJob *job) {
    Field field;
    bool is_only = progress->count == 1 && progress->finished == 0;
    snprintf(field.text, sizeof field.text, is_only ? "job" : "job %llu", (unsigned long long)JOB_COUNT(job->number));
    return field;
}

static void add_colour(const RenderStyle *style, const char *code, Buf *out) {
    if (style->has_colour) buf_printf(out, "\x1b[%sm", code);
}

/* `width` columns, of which the share is full. */
static void add_bar(double share, unsigned width, const RenderStyle *style, Buf *out) {
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = (unsigned)(share * width * 8), full = eighths / 8, used = full;
    add_colour(style, "32", out);
    for (unsigned i = 0; i < full; i++) buf_add_text(out, style->has_unicode ? "█" : "#");
    if (style->has_unicode && full < width && eighths % 8) {
        buf_add_text(out, parts[eighths % 8]);
        used++;
    }
    add_colour(style, "0", out);
    add_colour(style, "2", out);
    for (unsigned i = used; i < width; i++) buf_add_text(out, style->has_unicode ? "·" : ".");
    add_colour(style, "0", out);
}

static const char *phase_of(const ProgressJob *job) {
    switch (job->phase) {
    case PROGRESS_MERGES: return "merging";
    case PROGRESS_DELIVERS: return "receiving";
    default: return NULL;
    }
}

static void add_job(const Progress *progress, const ProgressJob *job, uint64_t now, const RenderStyle *style, Buf *out) {
    double share = progress_share(job);
    ProgressPace pace = progress_pace(job, now);
    Field name = name_of(progress, job), percent, left = {""}, elements = {""}, size = {""};
    unsigned width = style->width - 1, used = (unsigned)strlen(name.text) + 1;
    const char *phase = phase_of(job);
    snprintf(percent.text, sizeof percent.text, " %3.0f %%", share < 1 && share > 0.994 ? 99 : 100 * share);
    if (phase)
        snprintf(left.text, sizeof left.text, "  %s", phase);
    else if (pace.left >= 0)
        snprintf(left.text, sizeof left.text, "  %.10s left", clock_of(pace.left).text);
    if (!phase && pace.elements > 0) elements = pace_of(pace.elements, "");
    if (!phase && pace.size > 0) size = pace_of(pace.size, "B");
    /* Each has a width of its own, whatever it says now. */
    unsigned columns[] = {6, 14, 9, 10};
    const char *texts[] = {percent.text, left.text, elements.text, size.text};
    unsigned shown = 0;
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++) {
        bool is_there = i < 3 || job->size > 0;
        if (!is_there || used + columns[i] + (i > 0 ? BAR_LEAST : 0) > width) break;
        used += columns[i];
        shown++;
    }
    buf_printf(out, "%s ", name.text);
    unsigned bar = width > used ? width - used : 0;
    add_bar(share, bar < BAR_MOST ? bar : BAR_MOST, style, out);
    for (unsigned i = 0; i < shown; i++) buf_printf(out, i == 1 ? "%-*s" : "%*s", (int)columns[i], texts[i]);
    while (out->len > 0 && out->data[out->len - 1] == ' ') out->len--;
    buf_add_char(out, '\n');
}

/* Says one thing more in a line of at most `width` columns, of which *used are used; false: there is no room. */
static bool add_part(unsigned width, unsigned *used, const char *text, Buf *out) {
    unsigned len = (unsigned)strlen(text), gap = *used ? 2 : 0;
    if (*used + gap + len > width) return false;
    buf_printf(out, "%s%s", *used ? ", " : "", text);
    *used += gap + len;
    return true;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void add_workers(const Progress *progress, uint64_t now, size_t hidden, unsigned width, Buf *out) {
    Field elapsed = clock_of((double)(now - progress->began) / 1e9);
    char text[64];
    unsigned used = 0;
    snprintf(text, sizeof text, "%s", elapsed.text);
    add_part(width, &used, text, out);
    snprintf(text, sizeof text, "%u of %u worker%s busy", progress->busy, progress->here, plural(progress->here));
    add_part(width, &used, text, out);
    if (progress->lost) {
        snprintf(text, sizeof text, "%u lost", progress->lost);
        add_part(width, &used, text, out);
    }
    if (progress->again) {
        snprintf(text, sizeof text, "%s chunk%s again", short_number((double)progress->again).text, plural(progress->again));
        add_part(width, &used, text, out);
    }
    if (hidden) {
        snprintf(text, sizeof text, "%zu more job%s", hidden, plural(hidden));
        add_part(width, &used, text, out);
    }
    if (progress->inner) {
        snprintf(text, sizeof text, "%llu inside of others", (unsigned long long)progress->inner);
        add_part(width, &used, text, out);
    }
}

static bool is_shown(const ProgressJob *job, uint64_t now) {
    return job->started && now >= job->submitted + JOB_SHOWN;
}

unsigned render_lines(const Progress *progress, uint64_t now, const RenderStyle *style, Buf *out) {
    unsigned lines = 0;
    size_t hidden = 0;
    if (!progress->began || now < progress->began + RUN_SHOWN || style->rows == 0 || style->width < 2) return 0;
    for (size_t i = 0; i < progress->count; i++) {
        const ProgressJob *job = &progress->jobs[i];
        if (!is_shown(job, now)) continue;
        if (lines > 0 && lines + 1 >= style->rows) {
            hidden++;
            continue;
        }
        add_job(progress, job, now, style, out);
        lines++;
    }
    if (lines == 0 || lines == style->rows) return lines;
    add_workers(progress, now, hidden, style->width - 1, out);
    buf_add_char(out, '\n');
    return lines + 1;
}

/* ---- for files */

static void add_plain_job(const Progress *progress, const ProgressJob *job, uint64_t now, Buf *out) {
    ProgressPace pace = progress_pace(job, now);
    const char *phase = phase_of(job);
    buf_printf(out, "%s %.0f %%", name_of(progress, job).text, 100 * progress_share(job));
    if (phase) {
        buf_printf(out, ", %s; ", phase);
        return;
    }
    if (pace.elements > 0) buf_printf(out, ", %s elements/s", short_number(pace.elements).text);
    if (job->size > 0 && pace.size > 0) buf_printf(out, ", %sB/s", short_number(pace.size).text);
    if (pace.left >= 0) buf_printf(out, ", %s left", clock_of(pace.left).text);
    buf_add_text(out, "; ");
}

void render_plain(const Progress *progress, uint64_t now, Buf *out) {
    enum { WIDE = 1000 };
    size_t before = out->len;
    for (size_t i = 0; i < progress->count; i++)
        if (is_shown(&progress->jobs[i], now)) add_plain_job(progress, &progress->jobs[i], now, out);
    if (out->len > before) add_workers(progress, now, 0, WIDE, out);
}
