/* diag_private.h: what a message consists of; shared by diag.c, which collects messages, and render*.c, which show them. */
#ifndef COMPILER_SOURCE_DIAG_PRIVATE_H
#define COMPILER_SOURCE_DIAG_PRIVATE_H

#include "compiler/source/diag.h"

typedef struct DiagNote {
    Span span;
    const char *message;
} DiagNote;

/* A range of the source that is to be replaced. */
typedef struct DiagFix {
    Span span;
    const char *text;
} DiagFix;

struct Diag {
    DiagSink *sink;
    Arena *arena; /* the sink's */
    DiagCode code;
    Severity severity;
    Span span;
    size_t order; /* place in the sink: keeps the sorting stable */
    const char *message;
    const char *hint;     /* or NULL */
    VEC(DiagNote) labels; /* in the lines that are shown */
    VEC(DiagNote) notes;
    VEC(DiagFix) fixes; /* in order, not overlapping */
};

struct DiagSink {
    Arena *arena;
    const SourceMap *sources;
    VEC(Diag *) diags;
    size_t counts[2]; /* by severity */
};

#endif
