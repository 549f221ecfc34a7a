/* diag.c: collecting diagnostics: the sink and the codes' names. How messages look is in render.c. */
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
    diag->sink = sink;
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
    sink->counts[diag->severity]++;
    return diag;
}

static bool is_library(const Diag *diag, Span span) {
    const SourceFile *file = source_file(diag->sink->sources, span.file);
    return file && file->is_library;
}

void diag_label(Diag *diag, Span span, const char *format, ...) {
    if (is_library(diag, span) && !is_library(diag, diag->span)) return;
    DiagNote label = {.span = span};
    va_list args;
    va_start(args, format);
    label.message = message_format(diag->arena, format, args);
    va_end(args);
    vec_push(diag->arena, &diag->labels, label);
}

void diag_note(Diag *diag, Span span, const char *format, ...) {
    if (is_library(diag, span) && !is_library(diag, diag->span)) return;
    DiagNote note = {.span = span};
    va_list args;
    va_start(args, format);
    note.message = message_format(diag->arena, format, args);
    va_end(args);
    vec_push(diag->arena, &diag->notes, note);
}

void diag_fix(Diag *diag, Span span, const char *format, ...) {
    DiagFix fix = {.span = span};
    va_list args;
    va_start(args, format);
    fix.text = message_format(diag->arena, format, args);
    va_end(args);
    size_t i = diag->fixes.len;
    vec_push(diag->arena, &diag->fixes, fix);
    for (; i > 0 && diag->fixes.items[i - 1].span.from > span.from; i--) diag->fixes.items[i] = diag->fixes.items[i - 1];
    diag->fixes.items[i] = fix;
}

void diag_fix_around(Diag *diag, Span span, const char *before, const char *after) {
    diag_fix(diag, (Span){span.file, span.from, span.from}, "%s", before);
    diag_fix(diag, (Span){span.file, span.to, span.to}, "%s", after);
}

void diag_hint(Diag *diag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag->hint = message_format(diag->arena, format, args);
    va_end(args);
}

void diag_copy(const DiagSink *from, DiagSink *to) {
    for (size_t i = 0; i < from->diags.len; i++) {
        const Diag *old = from->diags.items[i];
        Diag *diag = diag_add(to, old->code, old->span, "%s", old->message);
        if (old->hint) diag_hint(diag, "%s", old->hint);
        for (size_t j = 0; j < old->labels.len; j++)
            diag_label(diag, old->labels.items[j].span, "%s", old->labels.items[j].message);
        for (size_t j = 0; j < old->notes.len; j++) diag_note(diag, old->notes.items[j].span, "%s", old->notes.items[j].message);
        for (size_t j = 0; j < old->fixes.len; j++) diag_fix(diag, old->fixes.items[j].span, "%s", old->fixes.items[j].text);
    }
}

void diag_withdraw(DiagSink *sink, DiagCode code, Span within) {
    size_t kept = 0;
    for (size_t i = 0; i < sink->diags.len; i++) {
        Diag *diag = sink->diags.items[i];
        bool is_inside = diag->span.file == within.file && diag->span.from >= within.from && diag->span.to <= within.to;
        if (diag->code != code || !is_inside)
            sink->diags.items[kept++] = diag;
        else
            sink->counts[diag->severity]--;
    }
    sink->diags.len = kept;
}

void diag_withdraw_warnings(DiagSink *sink, uint32_t file) {
    size_t kept = 0;
    for (size_t i = 0; i < sink->diags.len; i++) {
        Diag *diag = sink->diags.items[i];
        if (diag->severity == SEVERITY_WARNING && diag->span.file != file)
            sink->counts[SEVERITY_WARNING]--;
        else
            sink->diags.items[kept++] = diag;
    }
    sink->diags.len = kept;
}

bool diag_error_reaches(const DiagSink *sink, Span place) {
    for (size_t i = 0; i < sink->diags.len; i++) {
        const Diag *diag = sink->diags.items[i];
        if (diag->severity == SEVERITY_ERROR && diag->span.file == place.file && diag->span.to >= place.to &&
            diag->span.from >= place.from)
            return true;
    }
    return false;
}

DiagCode diag_first_error(const DiagSink *sink) {
    for (size_t i = 0; i < sink->diags.len; i++)
        if (sink->diags.items[i]->severity == SEVERITY_ERROR) return sink->diags.items[i]->code;
    return DIAG_CODE_COUNT;
}

size_t diag_count(const DiagSink *sink, Severity severity) {
    return sink->counts[severity];
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
