/* render.c: all diagnostics of a sink, in order, in one of the formats. The short one is here: a line each. */
#include "compiler/source/render.h"

#include <stdlib.h>
#include <string.h>

const char *severity_word(Severity severity) {
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

static void short_render(const SourceMap *sources, const Diag *diag, Buf *out) {
    const SourceFile *file = source_file(sources, diag->span.file);
    LineColumn at = source_position(sources, diag->span.file, diag->span.from);
    if (file) buf_printf(out, "%s:%u:%u: ", file->path, at.line, at.column);
    buf_printf(out, "%s[%s]: %s\n", severity_word(diag->severity), diag_code_name(diag->code), diag->message);
}

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
    for (size_t i = 0; i < count; i++) {
        if (i && diag_repeats(sorted[i - 1], sorted[i])) continue;
        switch (format) {
        case DIAG_FORMAT_TEXT: text_render(sink->sources, sorted[i], colour, out); break;
        case DIAG_FORMAT_SHORT: short_render(sink->sources, sorted[i], out); break;
        case DIAG_FORMAT_JSON: json_render(sink->sources, sorted[i], out); break;
        }
    }
    free(sorted);
}
