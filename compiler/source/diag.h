/* diag.h: diagnostics: collected in a sink while the phases run, rendered afterwards for people, as JSON or short.
 *
 * Every diagnostic has a code of diag.def. Phases go on after an error; nodes and types of kind ERROR suppress what would
 * only follow from the first. Messages live in the sink's arena. One thread. */
#ifndef COMPILER_SOURCE_DIAG_H
#define COMPILER_SOURCE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "compiler/source/source.h"

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef enum DiagCode {
#define DIAG(code, severity, title) code,
#include "compiler/source/diag.def"
#undef DIAG
    DIAG_CODE_COUNT
} DiagCode;

typedef struct Diag Diag;         /* one message with its notes and hint */
typedef struct DiagSink DiagSink; /* all messages of a compile, in the order in which they came */

DiagSink *diag_sink_new(Arena *arena, const SourceMap *sources);

/* Adds a message at `span` (SPAN_NONE: about no file). The text is one line without a final period: what is wrong, with the names
 * and types involved. */
Diag *diag_add(DiagSink *sink, DiagCode code, Span span, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A few words at a place that matters, shown in the same lines as the message's own place: "string", "int". One at the message's
 * own place is written there. For both these and notes: places in the library's source are left out, as whoever uses it is helped
 * by names alone. */
void diag_label(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A second place that matters, with what it has to do with it ("declared here"), shown by itself. Places in the library's source
 * are left out: whoever uses it is helped by names alone. */
void diag_note(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* How to mend it, in a sentence. The last one given counts. */
void diag_hint(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A change of the source that mends it: the range is replaced by the text; an empty range is an insertion. Several belong together,
 * and do not overlap. Only what is very likely meant: editors offer it at a key. */
void diag_fix(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_fix_around(Diag *diag, Span span, const char *before, const char *after); /* puts these in front and behind */

/* Takes back the messages of this code inside of the range: a cause of theirs is about to be reported. */
void diag_withdraw(DiagSink *sink, DiagCode code, Span within);

/* Takes back the warnings about places in other files than this one. */
void diag_withdraw_warnings(DiagSink *sink, uint32_t file);

/* Whether the place of some error is this one, or ends behind it. */
bool diag_error_reaches(const DiagSink *sink, Span place);

/* Adds copies of all messages, as an own thread's sink is emptied into the common one. */
void diag_copy(const DiagSink *from, DiagSink *to);

/* The code of the first error, or DIAG_CODE_COUNT. */
DiagCode diag_first_error(const DiagSink *sink);

size_t diag_count(const DiagSink *sink, Severity severity);
bool diag_has_errors(const DiagSink *sink);

typedef enum DiagFormat { DIAG_FORMAT_TEXT, DIAG_FORMAT_SHORT, DIAG_FORMAT_JSON } DiagFormat;

/* Renders all messages, sorted by file and place, exact repetitions dropped. `colour` applies to the text format only. */
void diag_render(const DiagSink *sink, DiagFormat format, bool colour, Buf *out);

const char *diag_code_name(DiagCode code);  /* "E0203" */
const char *diag_code_title(DiagCode code); /* the one-line title of diag.def */

#endif
