/* render_json.c: diagnostics for programs: an object a line. docs/errors.md has the members. */
#include <string.h>

#include "compiler/source/render.h"
#include "compiler/source/shown.h"

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
    buf_printf(out, ",\"offset\":%u,\"endOffset\":%u", span.from, span.to);
}

/* One member of a list: an object that begins with the text, under its name, and goes on with the place. */
static void json_item(const SourceMap *sources, bool is_first, const char *name, const char *text, Span span, Buf *out) {
    buf_printf(out, "%s{\"%s\":", is_first ? "" : ",", name);
    json_string(out, text);
    json_place(sources, span, out);
    buf_add_char(out, '}');
}

void json_render(const SourceMap *sources, const Diag *diag, Buf *out) {
    buf_printf(out, "{\"severity\":\"%s\",\"code\":\"%s\",\"message\":", severity_word(diag->severity), diag_code_name(diag->code));
    json_string(out, diag->message);
    json_place(sources, diag->span, out);
    buf_add_text(out, ",\"labels\":[");
    for (size_t i = 0; i < diag->labels.len; i++)
        json_item(sources, i == 0, "message", diag->labels.items[i].message, diag->labels.items[i].span, out);
    buf_add_text(out, "],\"notes\":[");
    for (size_t i = 0; i < diag->notes.len; i++)
        json_item(sources, i == 0, "message", diag->notes.items[i].message, diag->notes.items[i].span, out);
    buf_add_text(out, "],\"fixes\":[");
    for (size_t i = 0; i < diag->fixes.len; i++)
        json_item(sources, i == 0, "replacement", diag->fixes.items[i].text, diag->fixes.items[i].span, out);
    buf_add_char(out, ']');
    if (diag->hint) {
        buf_add_text(out, ",\"hint\":");
        json_string(out, diag->hint);
    }
    buf_add_text(out, "}\n");
}
