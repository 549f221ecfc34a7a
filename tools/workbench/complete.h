/* complete.h: how the word before the cursor may go on. */
#ifndef TOOLS_WORKBENCH_COMPLETE_H
#define TOOLS_WORKBENCH_COMPLETE_H

#include "compiler/session/library.h"
#include "tools/workbench/workbench.h"

typedef struct Completion {
    char *name; /* the whole word */
    char *type; /* "" where there is none */
} Completion;

typedef struct Completions {
    Completion *items; /* sorted by name, each once */
    size_t len, cap;
    size_t from; /* where the word begins in the text */
} Completions;

/* Names that the session knows, fields of a record that stands before the dot, functions of the library, and words of the language,
 * as they may stand at `cursor`, a place in the text. To be freed by completions_free. */
Completions complete(Workbench *workbench, const Library *library, const char *text, size_t cursor);
void completions_free(Completions *completions);
size_t completions_common(const Completions *completions); /* how many bytes all of them begin with */

#endif
