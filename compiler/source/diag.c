/* diag.c: collecting diagnostics: the sink, the codes' names, and the search for a name that may have been meant.
 * How messages look is in render.c. */
#include "compiler/source/diag.h"

#include <stdarg.h>
#include <string.h>

#include "compiler/source/diag_private.h"

static const struct {
    const char *name, *title;
    Severity severity;
} codes[] = {
#define DIAG(code, severity, title) {#code, title, severity},
#include "compiler/source/diag.def"
#undef DIAG
};

DiagSink *diag_sink_new(Arena *arena, const SourceMap *sources) {
    DiagSink *sink = arena_make(arena, DiagSink);
    sink->arena = arena;
    sink->sources = sources;
    return sink;
}

static const char *message_format(Arena *arena, const char *format, va_list args) {
    Buf text = {0};
    buf_vprintf(&text, format, args);
    const char *copy = arena_strndup(arena, text.data, text.len);
    buf_free(&text);
    return copy;
}

Diag *diag_add(DiagSink *sink, DiagCode code, Span span, const char *format, ...) {
    Diag *diag = arena_make(sink->arena, Diag);
    diag->arena = sink->arena;
    diag->code = code;
    diag->severity = codes[code].severity;
    diag->span = span;
    diag->order = sink->diags.len;
    va_list args;
    va_start(args, format);
    diag->message = message_format(sink->arena, format, args);
    va_end(args);
    vec_push(sink->arena, &sink->diags, diag);
    return diag;
}

void diag_note(Diag *diag, Span span, const char *format, ...) {
    DiagNote note = {.span = span};
    va_list args;
    va_start(args, format);
    note.message = message_format(diag->arena, format, args);
    va_end(args);
    vec_push(diag->arena, &diag->notes, note);
}

void diag_hint(Diag *diag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag->hint = message_format(diag->arena, format, args);
    va_end(args);
}

size_t diag_count(const DiagSink *sink, Severity severity) {
    size_t count = 0;
    for (size_t i = 0; i < sink->diags.len; i++) count += sink->diags.items[i]->severity == severity;
    return count;
}

bool diag_has_errors(const DiagSink *sink) {
    return diag_count(sink, SEVERITY_ERROR) > 0;
}

const char *diag_code_name(DiagCode code) {
    return codes[code].name;
}

const char *diag_code_title(DiagCode code) {
    return codes[code].title;
}

/* ---- near names */

enum { NEAREST_MAX = 48 }; /* longer names are not compared */

static char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned smaller(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* The number of insertions, deletions, replacements and swaps of neighbours that make `b` of `a`, letters' case aside. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    unsigned rows[3][NEAREST_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) last[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            char ca = lower_ascii(a[i - 1]), cb = lower_ascii(b[j - 1]);
            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, last[j - 1] + (ca != cb));
            bool swapped = i > 1 && j > 1 && ca == lower_ascii(b[j - 2]) && lower_ascii(a[i - 2]) == cb;
            if (swapped) row[j] = smaller(row[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

const char *diag_nearest(const char *name, const char *const *candidates, size_t count) {
    size_t len = strlen(name);
    if (len == 0 || len > NEAREST_MAX) return NULL;
    unsigned best = 4;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other_len = strlen(candidates[i]);
        if (other_len > NEAREST_MAX || strcmp(name, candidates[i]) == 0) continue;
        /* One slip in three letters of the shorter, three at most. */
        unsigned limit = smaller((unsigned)((len < other_len ? len : other_len) + 1) / 3, 3);
        unsigned distance = edit_distance(name, len, candidates[i], other_len);
        if (distance <= limit && distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
