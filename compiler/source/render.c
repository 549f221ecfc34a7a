/* render.c: how diagnostics look: for people (with the source line and a caret), in one line each, and as JSON lines.
 *
 * Source text is shown so that no file can upset a terminal: control characters and bytes that are not UTF-8 become U+FFFD,
 * tabs become four spaces, and of a long line only the part around the caret is shown. */
#include "compiler/source/diag.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/source/diag_private.h"

enum {
    TAB_WIDTH = 4,
    SHOWN_MAX = 140,  /* code points of a source line that are shown */
    SHOWN_BEFORE = 70 /* of these, before the caret of a longer line */
};

/* ---- text */

/* The length of the UTF-8 sequence at `p`, 0 where there is none that is well formed. */
static size_t utf8_length(const char *p, const char *end) {
    unsigned char c = (unsigned char)p[0];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (len == 0 || (size_t)(end - p) < len) return 0;
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80) return 0;
    }
    unsigned char d = len > 1 ? (unsigned char)p[1] : 0;
    bool overlong = (c == 0xe0 && d < 0xa0) || (c == 0xf0 && d < 0x90);
    bool surrogate = c == 0xed && d >= 0xa0, beyond = c == 0xf4 && d >= 0x90;
    return overlong || surrogate || beyond ? 0 : len;
}

/* Adds the character at `p` as it may be shown; returns the number of bytes it took, and its width in columns. */
static size_t shown_add(Buf *out, const char *p, const char *end, unsigned *width) {
    size_t len = utf8_length(p, end);
    *width = 1;
    if (*p == '\t') {
        *width = TAB_WIDTH;
        buf_add(out, "    ", TAB_WIDTH);
        return 1;
    }
    bool control = len == 1 && ((unsigned char)*p < 0x20 || *p == 0x7f);
    control |= len == 2 && (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
    if (len == 0 || control) {
        buf_add_text(out, "\xef\xbf\xbd");
        return len ? len : 1;
    }
    buf_add(out, p, len);
    return len;
}

static void trim_end(Buf *out) {
    while (out->len && out->data[out->len - 1] == ' ') out->len--;
}

typedef struct Style {
    const char *error, *warning, *gutter, *bold, *off;
} Style;

static const Style plain_style = {"", "", "", "", ""};
static const Style colour_style = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"};

typedef struct Excerpt {
    const char *line, *end; /* the source line without its end */
    const char *from, *to;  /* what is underlined, within the line */
    uint32_t number;
} Excerpt;

static Excerpt excerpt_of(const SourceFile *file, Span span, LineColumn at) {
    const char *line = file->text + file->lines[at.line - 1];
    const char *file_end = file->text + file->len;
    const char *end = memchr(line, '\n', (size_t)(file_end - line));
    if (!end) end = file_end;
    if (end > line && end[-1] == '\r') end--;
    const char *from = file->text + (span.from < file->len ? span.from : file->len);
    const char *to = file->text + (span.to < file->len ? span.to : file->len);
    if (from > end) from = end;
    if (to > end) to = end;
    if (to < from) to = from;
    return (Excerpt){line, end, from, to, at.line};
}

/* The start of the shown part of the line: the line's own start unless the line is too long. */
static const char *shown_start(const Excerpt *e) {
    if (e->end - e->line <= SHOWN_MAX) return e->line;
    const char *start = e->from;
    for (int n = 0; start > e->line && n < SHOWN_BEFORE; n++) {
        do {
            start--;
        } while (start > e->line && ((unsigned char)*start & 0xc0) == 0x80);
    }
    return start;
}

/* The source line with its number, and below it the underline. */
static void excerpt_render(const Excerpt *e, int digits, const Style *style, const char *mark_style, Buf *out) {
    Buf marks = {0};
    const char *p = shown_start(e);
    buf_printf(out, " %s%*u |%s ", style->gutter, digits, e->number, style->off);
    if (p > e->line) {
        buf_add_text(out, "...");
        buf_add_text(&marks, "   ");
    }
    bool marked = false;
    for (int n = 0; p < e->end && n < SHOWN_MAX; n++) {
        bool inside = p >= e->from && p < e->to;
        unsigned width;
        p += shown_add(out, p, e->end, &width);
        for (unsigned i = 0; i < width; i++) buf_add_char(&marks, inside ? '^' : p <= e->from ? ' ' : '\0');
        marked |= inside;
    }
    if (p < e->end) buf_add_text(out, "...");
    trim_end(out);
    while (marks.len && marks.data[marks.len - 1] == '\0') marks.len--;
    if (!marked) buf_add_char(&marks, '^'); /* a place between two bytes, or the end of the line */
    buf_printf(out, "\n %*s %s|%s %s%s%s\n", digits, "", style->gutter, style->off, mark_style, buf_text(&marks), style->off);
    buf_free(&marks);
}

static int decimal_digits(uint32_t n) {
    int digits = 1;
    while (n >= 10) n /= 10, digits++;
    return digits;
}

static LineColumn diag_place(const SourceMap *sources, Span span) {
    return source_position(sources, span.file, span.from);
}

/* The place in words, and the source line. */
static void place_render(const SourceMap *sources, Span span, int digits, const Style *style, const char *mark_style, Buf *out) {
    const SourceFile *file = source_file(sources, span.file);
    if (!file) return;
    LineColumn at = diag_place(sources, span);
    Excerpt excerpt = excerpt_of(file, span, at);
    buf_printf(out, " %*s%s-->%s %s:%u:%u\n", digits, "", style->gutter, style->off, file->path, at.line, at.column);
    buf_printf(out, " %*s %s|%s\n", digits, "", style->gutter, style->off);
    excerpt_render(&excerpt, digits, style, mark_style, out);
}

/* The width of the widest line number, so that a message and its notes share one gutter. */
static int gutter_width(const SourceMap *sources, const Diag *diag) {
    uint32_t widest = diag_place(sources, diag->span).line;
    for (size_t i = 0; i < diag->notes.len; i++) {
        uint32_t line = diag_place(sources, diag->notes.items[i].span).line;
        if (line > widest) widest = line;
    }
    return decimal_digits(widest);
}

static const char *severity_word(Severity severity) {
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

static void text_render(const SourceMap *sources, const Diag *diag, const Style *style, Buf *out) {
    const char *mark = diag->severity == SEVERITY_ERROR ? style->error : style->warning;
    int digits = gutter_width(sources, diag);
    buf_printf(out, "%s%s[%s]%s%s: %s%s\n", mark, severity_word(diag->severity), diag_code_name(diag->code), style->off,
               style->bold, diag->message, style->off);
    place_render(sources, diag->span, digits, style, mark, out);
    for (size_t i = 0; i < diag->notes.len; i++) {
        const DiagNote *note = &diag->notes.items[i];
        buf_printf(out, "%snote%s: %s\n", style->gutter, style->off, note->message);
        place_render(sources, note->span, digits, style, style->gutter, out);
    }
    if (diag->hint) buf_printf(out, " %*s %s=%s hint: %s\n", digits, "", style->gutter, style->off, diag->hint);
}

static void short_render(const SourceMap *sources, const Diag *diag, Buf *out) {
    const SourceFile *file = source_file(sources, diag->span.file);
    LineColumn at = diag_place(sources, diag->span);
    if (file) buf_printf(out, "%s:%u:%u: ", file->path, at.line, at.column);
    buf_printf(out, "%s[%s]: %s\n", severity_word(diag->severity), diag_code_name(diag->code), diag->message);
}

/* ---- JSON */

static void json_string(Buf *out, const char *text) {
    const char *end = text + strlen(text);
    buf_add_char(out, '"');
    while (text < end) {
        size_t len = utf8_length(text, end);
        if (len == 0) {
            buf_add_text(out, "\\ufffd");
            text++;
        } else if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\') {
            buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*text++);
        } else {
            buf_add(out, text, len);
            text += len;
        }
    }
    buf_add_char(out, '"');
}

/* The members that say where something is; none for what stands in no file. */
static void json_place(const SourceMap *sources, Span span, Buf *out) {
    const SourceFile *file = source_file(sources, span.file);
    if (!file) return;
    LineColumn from = source_position(sources, span.file, span.from), to = source_position(sources, span.file, span.to);
    buf_add_text(out, ",\"file\":");
    json_string(out, file->path);
    buf_printf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u", from.line, from.column, to.line, to.column);
}

static void json_render(const SourceMap *sources, const Diag *diag, Buf *out) {
    buf_printf(out, "{\"severity\":\"%s\",\"code\":\"%s\",\"message\":", severity_word(diag->severity), diag_code_name(diag->code));
    json_string(out, diag->message);
    json_place(sources, diag->span, out);
    buf_add_text(out, ",\"notes\":[");
    for (size_t i = 0; i < diag->notes.len; i++) {
        buf_add_text(out, i ? ",{\"message\":" : "{\"message\":");
        json_string(out, diag->notes.items[i].message);
        json_place(sources, diag->notes.items[i].span, out);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
    if (diag->hint) {
        buf_add_text(out, ",\"hint\":");
        json_string(out, diag->hint);
    }
    buf_add_text(out, "}\n");
}

/* ---- order */

static int diag_compare(const void *left, const void *right) {
    const Diag *a = *(Diag *const *)left, *b = *(Diag *const *)right;
    if (a->span.file != b->span.file) return a->span.file < b->span.file ? -1 : 1;
    if (a->span.from != b->span.from) return a->span.from < b->span.from ? -1 : 1;
    if (a->span.to != b->span.to) return a->span.to < b->span.to ? -1 : 1;
    if (a->code != b->code) return a->code < b->code ? -1 : 1;
    int text = strcmp(a->message, b->message);
    return text ? text : a->order < b->order ? -1 : 1;
}

static bool diag_repeats(const Diag *a, const Diag *b) {
    return a->code == b->code && memcmp(&a->span, &b->span, sizeof(Span)) == 0 && strcmp(a->message, b->message) == 0;
}

void diag_render(const DiagSink *sink, DiagFormat format, bool colour, Buf *out) {
    size_t count = sink->diags.len;
    if (!count) return;
    Diag **sorted = xcalloc(count, sizeof(Diag *));
    memcpy(sorted, sink->diags.items, count * sizeof(Diag *));
    qsort(sorted, count, sizeof(Diag *), diag_compare);
    const Style *style = colour ? &colour_style : &plain_style;
    for (size_t i = 0; i < count; i++) {
        if (i && diag_repeats(sorted[i - 1], sorted[i])) continue;
        switch (format) {
        case DIAG_FORMAT_TEXT: text_render(sink->sources, sorted[i], style, out); break;
        case DIAG_FORMAT_SHORT: short_render(sink->sources, sorted[i], out); break;
        case DIAG_FORMAT_JSON: json_render(sink->sources, sorted[i], out); break;
        }
    }
    free(sorted);
}
