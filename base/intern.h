/* intern.h: one copy of each name, so that names compare by pointer.
 *
 * A table lives as long as its arena and belongs to one thread. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/arena.h"

typedef const char *Name; /* interned text, ended by a NUL; two Names of one table are equal exactly when their pointers are */

typedef struct Interner Interner;

Interner *interner_new(Arena *arena);
Name intern(Interner *interner, const char *text, size_t len);
Name intern_text(Interner *interner, const char *text);

#endif
