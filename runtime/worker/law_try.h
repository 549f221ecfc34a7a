/* law_try.h: one law, tried on one case. Internal to what checks laws; everything belongs to one thread. */
#ifndef RUNTIME_WORKER_LAW_TRY_H
#define RUNTIME_WORKER_LAW_TRY_H

#include "base/buf.h"
#include "runtime/include/mr.h"

typedef enum LawKind { LAW_ASSOCIATIVE, LAW_NEUTRAL, LAW_ADD, LAW_KINDS } LawKind;

/* Lists of the elements that a, b and c are made of; owned. LAW_NEUTRAL reads the first, LAW_ADD that and one element of the
 * second.
 */
enum { CASE_PARTS = 3 };
typedef struct Case {
    MrList *parts[CASE_PARTS];
} Case;

typedef struct Trial {
    MrContext *context;
    const MrLaw *law;
    const void *captures;
    LawKind kind;
    uint64_t count; /* cases that could be tried */
} Trial;

size_t law_parts(LawKind kind);                                   /* how many lists it reads */
const char *law_words(LawKind kind, bool is_function, bool left); /* "merge(merge(a, b), c)" */

/* Whether the law does not hold in this case. Where the program's code fails it says nothing. `shown` (may be NULL) gets lines that
 * say what comes out. */
bool law_breaks(Trial *trial, const Case *c, Buf *shown);

/* Makes a case that breaks the law smaller, as long as it still does. */
void law_shrink(Trial *trial, Case *c);

void case_free(const Trial *trial, Case *c);

#endif
