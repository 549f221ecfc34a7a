/* explain.h: what `mrc --explain CODE` says: the rule behind each diagnostic, with a wrong and a right program.
 *
 * The texts are the files explain/CODE.md, embedded in the compiler. A text is paragraphs, and blocks of code between fences:
 * "```mr wrong", "```mr right", and "```mr NAME.mr" for a second file of the wrong program. tools/errors makes docs/errors.md of
 * them. */
#ifndef COMPILER_SOURCE_EXPLAIN_H
#define COMPILER_SOURCE_EXPLAIN_H

#include "compiler/source/diag.h"

/* Adds the code's title and text, made for a terminal: code is indented, and what it is stands above it. False: there is no text.
 */
bool explain_code(DiagCode code, Buf *out);

/* Adds a line for each code, with its title. */
void explain_list(Buf *out);

/* The code of this name ("E0203", in capitals or not), or DIAG_CODE_COUNT. */
DiagCode explain_find(const char *name);

/* Adds codes that may have been meant by `name`, which is none, or nothing: "E0203, E0204". */
void explain_near(const char *name, Buf *out);

#endif
