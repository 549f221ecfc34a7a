/* describe.h: what a name is, for whoever asks. */
#ifndef TOOLS_WORKBENCH_DESCRIBE_H
#define TOOLS_WORKBENCH_DESCRIBE_H

#include "compiler/session/library.h"
#include "tools/workbench/workbench.h"

/* Adds the name with its type, in a line, and below that, of what the library has, the comment above it, indented. False: neither
 * the session nor the library has the name. */
bool describe(Workbench *workbench, const Library *library, const char *name, Buf *out);

#endif
