/* shown.h: source text as it may be shown on a terminal: no file can upset one, and columns are known. Any thread. */
#ifndef COMPILER_SOURCE_SHOWN_H
#define COMPILER_SOURCE_SHOWN_H

#include "base/buf.h"

/* The length of the UTF-8 sequence at `p`, which is before `end`; 0 where there is none that is well formed. */
size_t utf8_length(const char *p, const char *end);

/* Adds the character at `p` as it may be shown: control characters and bytes that are not UTF-8 become U+FFFD, a tab four spaces.
 * Returns the number of bytes it took in the source, and its width in columns: two for wide characters, none for combining ones.
 * `out` may be NULL. */
size_t shown_add(Buf *out, const char *p, const char *end, unsigned *width);

#endif
