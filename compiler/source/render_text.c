/* render_text.c: a diagnostic for people: the message, the source lines with what is marked in them, notes, hint, and the line as
 * it would be mended.
 *
 *     error[E0301]: `+` needs the same type on both sides, but the left is string and the right is int
 *       --> ages.mr:2:17
 *        |
 *      2 | print("age: " + age)
 *        |       ------- ^ --- int
 *        |       |
 *        |       string
 *        = hint: ...
 *      2 + print("age: " + string(age))
 *        |                 +++++++   +
 *
 * Of a long line only the part around what is marked is shown. */
#include <stdlib.h>
#include <string.h>

#include "compiler/source/render.h"
#include "compiler/source/shown.h"

enum {
    SHOWN_MAX = 140,   /* code points of a source line that are shown */
    SHOWN_BEFORE = 70, /* of these, before the caret of a longer line */
    MARKS_MAX = 8      /* of a message: what is beyond is not marked */
};

typedef struct Style {
    const char *error, *warning, *gutter, *added, *bold, *off;
} Style;

static const Style plain_style = {"", "", "", "", "", ""};
static const Style colour_style = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1;32m", "\x1b[1m", "\x1b[0m"};

/* Part of a line that is underlined. */
typedef struct Mark {
    const char *from, *to; /* in the text */
    const char *label;     /* or NULL */
    const char *style;
    char sign; /* what it is underlined with */
    uint32_t line;
    unsigned column, end; /* on the terminal, from 0; set when its line is shown */
} Mark;

typedef struct Text {
    const SourceMap *sources;
    const Style *style;
    int digits; /* of the widest line number: one gutter for the message and its notes */
    Buf *out;
} Text;

/* ---- one line */

typedef struct Line {
    const char *text, *end; /* without the newline */
    const char *start;      /* of what is shown */
} Line;

static Line line_of(const SourceFile *file, uint32_t number) {
    Line line = {.text = file->text + file->lines[number - 1]};
    const char *file_end = file->text + file->len;
    line.end = memchr(line.text, '\n', (size_t)(file_end - line.text));
    if (!line.end) line.end = file_end;
    if (line.end > line.text && line.end[-1] == '\r') line.end--;
    line.start = line.text;
    return line;
}

/* A long line is shown from a little before `from` on. */
static void line_cut(Line *line, const char *from) {
    if (line->end - line->text <= SHOWN_MAX) return;
    line->start = from < line->end ? from : line->end;
    for (int n = 0; line->start > line->text && n < SHOWN_BEFORE; n++) {
        do {
            line->start--;
        } while (line->start > line->text && ((unsigned char)*line->start & 0xc0) == 0x80);
    }
}

/* The column of a place in the line; adds what is shown before it to `out`, unless that is NULL. */
static unsigned line_walk(const Line *line, const char *to, Buf *out) {
    unsigned column = 0;
    const char *p = line->start;
    if (p > line->text) {
        column = 3;
        if (out) buf_add_text(out, "...");
    }
    for (int n = 0; p < to && p < line->end && n < SHOWN_MAX; n++) {
        unsigned width;
        p += shown_add(out, p, line->end, &width);
        column += width;
    }
    if (out && p < line->end) buf_add_text(out, "...");
    return column;
}

static void trim_end(Buf *out) {
    while (out->len && out->data[out->len - 1] == ' ') out->len--;
}

static void gutter(const Text *t, uint32_t number, char sign) {
    if (number)
        buf_printf(t->out, " %s%*u %c%s ", t->style->gutter, t->digits, number, sign, t->style->off);
    else
        buf_printf(t->out, " %*s %s%c%s ", t->digits, "", t->style->gutter, sign, t->style->off);
}

/* A line of the source, or of what it would become. */
static void line_render(const Text *t, const Line *line, uint32_t number, char sign) {
    gutter(t, number, sign);
    line_walk(line, line->end, t->out);
    trim_end(t->out);
    buf_add_char(t->out, '\n');
}

/* ---- what is marked in a line */

static int mark_compare(const void *left, const void *right) {
    const Mark *a = left, *b = right;
    if (a->column != b->column) return a->column < b->column ? -1 : 1;
    return a->sign == b->sign ? 0 : a->sign == '^' ? -1 : 1;
}

/* The mark that is seen in a column: the caret goes before the others. */
static const Mark *mark_at(const Mark *marks, size_t count, unsigned column) {
    const Mark *seen = NULL;
    for (size_t i = 0; i < count; i++) {
        bool is_inside = column >= marks[i].column && column < marks[i].end;
        if (is_inside && (!seen || marks[i].sign == '^')) seen = &marks[i];
    }
    return seen;
}

/* The underline; the label of the last mark stands behind it where nothing is in its way. Returns whether it does. */
static bool underline_render(const Text *t, const Mark *marks, size_t count) {
    unsigned end = 0;
    for (size_t i = 0; i < count; i++)
        if (marks[i].end > end) end = marks[i].end;
    gutter(t, 0, '|');
    const Mark *current = NULL;
    for (unsigned column = 0; column < end; column++) {
        const Mark *mark = mark_at(marks, count, column);
        if (mark != current && current) buf_add_text(t->out, t->style->off);
        if (mark != current && mark) buf_add_text(t->out, mark->style);
        buf_add_char(t->out, mark ? mark->sign : ' ');
        current = mark;
    }
    const Mark *last = &marks[count - 1];
    bool is_labelled = last->label && last->end == end;
    if (is_labelled) buf_printf(t->out, " %s", last->label);
    buf_printf(t->out, "%s\n", t->style->off);
    return is_labelled;
}

/* Lines from the marks of the first `count` labels down to where these stand; the text of the last of them, or none. */
static void connectors_render(const Text *t, const Mark *marks, size_t count, bool with_text) {
    gutter(t, 0, '|');
    unsigned column = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_text = with_text && i + 1 == count, is_covered = i + 1 < count && marks[i + 1].column == marks[i].column;
        if (!marks[i].label || is_covered) continue;
        buf_printf(t->out, "%*s%s%s%s", (int)(marks[i].column - column), "", marks[i].style, is_text ? marks[i].label : "|",
                   t->style->off);
        column = marks[i].column + 1;
    }
    buf_add_char(t->out, '\n');
}

/* The marks of one line, with their labels below. */
static void marks_render(const Text *t, const Line *line, Mark *marks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        marks[i].column = line_walk(line, marks[i].from, NULL);
        marks[i].end = line_walk(line, marks[i].to, NULL);
        if (marks[i].end <= marks[i].column) marks[i].end = marks[i].column + 1; /* a place between two bytes, or the line's end */
    }
    qsort(marks, count, sizeof *marks, mark_compare);
    size_t left = count;
    if (underline_render(t, marks, count)) left--;
    bool is_first = true;
    for (; left > 0; left--) {
        if (!marks[left - 1].label) continue;
        if (is_first) connectors_render(t, marks, left, false);
        connectors_render(t, marks, left, true);
        is_first = false;
    }
}

/* ---- places */

static Mark mark_of(const Text *t, const SourceFile *file, Span span, const char *label, char sign, const char *style) {
    uint32_t number = source_position(t->sources, span.file, span.from).line;
    Line line = line_of(file, number);
    Mark mark = {.label = label, .sign = sign, .style = style, .line = number};
    mark.from = file->text + (span.from < file->len ? span.from : file->len);
    mark.to = file->text + (span.to < file->len ? span.to : file->len);
    if (mark.from > line.end) mark.from = line.end;
    if (mark.to > line.end) mark.to = line.end;
    if (mark.to < mark.from) mark.to = mark.from;
    return mark;
}

static int line_compare(const void *left, const void *right) {
    const Mark *a = left, *b = right;
    if (a->line != b->line) return a->line < b->line ? -1 : 1;
    return a->from == b->from ? 0 : a->from < b->from ? -1 : 1;
}

/* The source lines with marks in them, each once; of a line too long to be shown whole, once for each mark. */
static void excerpt_render(const Text *t, const SourceFile *file, Mark *marks, size_t count) {
    qsort(marks, count, sizeof *marks, line_compare);
    uint32_t before = 0;
    for (size_t i = 0; i < count;) {
        Line line = line_of(file, marks[i].line);
        line_cut(&line, marks[i].from);
        size_t here = 1;
        while (line.start == line.text && i + here < count && marks[i + here].line == marks[i].line) here++;
        if (before && marks[i].line > before + 1) buf_add_text(t->out, " ...\n");
        before = marks[i].line;
        line_render(t, &line, marks[i].line, '|');
        marks_render(t, &line, marks + i, here);
        i += here;
    }
}

static void heading_render(const Text *t, const SourceFile *file, Span span) {
    LineColumn at = source_position(t->sources, span.file, span.from);
    buf_printf(t->out, " %*s%s-->%s %s:%u:%u\n", t->digits, "", t->style->gutter, t->style->off, file->path, at.line, at.column);
    buf_printf(t->out, " %*s %s|%s\n", t->digits, "", t->style->gutter, t->style->off);
}

static void note_render(const Text *t, const DiagNote *note) {
    buf_printf(t->out, "%snote%s: %s\n", t->style->gutter, t->style->off, note->message);
    const SourceFile *file = source_file(t->sources, note->span.file);
    if (!file) return;
    heading_render(t, file, note->span);
    Mark mark = mark_of(t, file, note->span, NULL, '^', t->style->gutter);
    excerpt_render(t, file, &mark, 1);
}

/* ---- the line as it would be mended */

/* Applies the fixes, which are in order and all in the line, and marks what is new. Returns the number of marks. */
static size_t fixes_apply(const Text *t, const SourceFile *file, const Diag *diag, const Line *line, Buf *mended, Mark *marks) {
    const char *p = line->text;
    size_t count = 0, places[MARKS_MAX][2];
    for (size_t i = 0; i < diag->fixes.len; i++) {
        const DiagFix *fix = &diag->fixes.items[i];
        if (file->text + fix->span.from < p) continue; /* they should not overlap */
        buf_add(mended, p, (size_t)(file->text + fix->span.from - p));
        size_t from = mended->len;
        buf_add_text(mended, fix->text);
        p = file->text + fix->span.to;
        if (count == MARKS_MAX || mended->len == from) continue;
        bool is_new = fix->span.from == fix->span.to;
        marks[count] = (Mark){.sign = is_new ? '+' : '~', .style = t->style->added};
        places[count][0] = from, places[count][1] = mended->len;
        count++;
    }
    buf_add(mended, p, (size_t)(line->end - p));
    const char *text = buf_text(mended); /* the last time that it may move */
    for (size_t i = 0; i < count; i++) marks[i].from = text + places[i][0], marks[i].to = text + places[i][1];
    return count;
}

static void fixes_render(const Text *t, const Diag *diag) {
    const SourceFile *file = diag->fixes.len ? source_file(t->sources, diag->fixes.items[0].span.file) : NULL;
    if (!file) return;
    uint32_t number = source_position(t->sources, diag->fixes.items[0].span.file, diag->fixes.items[0].span.from).line;
    Line line = line_of(file, number);
    for (size_t i = 0; i < diag->fixes.len; i++) { /* more than one line is for editors, which read JSON */
        Span span = diag->fixes.items[i].span;
        bool is_here = file->text + span.from >= line.text && file->text + span.to <= line.end;
        if (!is_here || strchr(diag->fixes.items[i].text, '\n')) return;
    }
    Buf mended = {0};
    Mark marks[MARKS_MAX];
    size_t count = fixes_apply(t, file, diag, &line, &mended, marks);
    Line shown = {.text = mended.data, .end = mended.data + mended.len, .start = mended.data};
    line_cut(&shown, count ? marks[0].from : shown.text);
    line_render(t, &shown, number, '+');
    if (count) marks_render(t, &shown, marks, count);
    buf_free(&mended);
}

/* ---- the whole */

/* The width of the widest line number, so that a message and its notes share one gutter. */
static int gutter_width(const SourceMap *sources, const Diag *diag) {
    uint32_t widest = source_position(sources, diag->span.file, diag->span.from).line;
    for (size_t i = 0; i < diag->notes.len + diag->labels.len; i++) {
        Span span = i < diag->notes.len ? diag->notes.items[i].span : diag->labels.items[i - diag->notes.len].span;
        uint32_t line = source_position(sources, span.file, span.from).line;
        if (line > widest) widest = line;
    }
    int digits = 1;
    for (; widest >= 10; widest /= 10) digits++;
    return digits;
}

void text_render(const SourceMap *sources, const Diag *diag, bool colour, Buf *out) {
    const Style *style = colour ? &colour_style : &plain_style;
    Text t = {.sources = sources, .style = style, .digits = gutter_width(sources, diag), .out = out};
    const char *mark_style = diag->severity == SEVERITY_ERROR ? style->error : style->warning;
    buf_printf(out, "%s%s[%s]%s%s: %s%s\n", mark_style, severity_word(diag->severity), diag_code_name(diag->code), style->off,
               style->bold, diag->message, style->off);
    const SourceFile *file = source_file(sources, diag->span.file);
    Mark marks[MARKS_MAX];
    size_t count = 0;
    if (file) {
        heading_render(&t, file, diag->span);
        marks[count++] = mark_of(&t, file, diag->span, NULL, '^', mark_style);
    }
    for (size_t i = 0; i < diag->labels.len; i++) {
        const DiagNote *label = &diag->labels.items[i];
        if (!file || label->span.file != diag->span.file || count == MARKS_MAX) continue;
        bool is_own = label->span.from == diag->span.from && label->span.to == diag->span.to;
        if (is_own)
            marks[0].label = label->message;
        else
            marks[count++] = mark_of(&t, file, label->span, label->message, '-', style->gutter);
    }
    if (file) excerpt_render(&t, file, marks, count);
    for (size_t i = 0; i < diag->labels.len; i++)
        if (diag->labels.items[i].span.file != diag->span.file) note_render(&t, &diag->labels.items[i]);
    for (size_t i = 0; i < diag->notes.len; i++) note_render(&t, &diag->notes.items[i]);
    if (diag->hint) buf_printf(out, " %*s %s=%s hint: %s\n", t.digits, "", style->gutter, style->off, diag->hint);
    fixes_render(&t, diag);
}
