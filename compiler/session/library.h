/* library.h: what the library declares, for those who look something up or complete a name: names, types and the comments above
 * them.
 *
 * Made once, by checking all modules of the library; all texts live as long as it does. One thread. */
#ifndef COMPILER_SESSION_LIBRARY_H
#define COMPILER_SESSION_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Library Library;

typedef struct LibraryName {
    const char *name;   /* as a program mentions it: "most_common", "stats.median" */
    const char *type;   /* "[T] -> float", "reducer of A giving int"; of a type "" */
    const char *doc;    /* what stands above it, without the marks; "" where there is nothing */
    const char *module; /* "prelude", "stats" */
} LibraryName;

Library *library_new(void);
void library_free(Library **library);

size_t library_count(const Library *library);
LibraryName library_name(const Library *library, size_t index); /* in the order of modules, and in them of declaration */

/* The name, or the only one of this name in any module: "median" finds "stats.median". False: there is none, or there are several.
 */
bool library_find(const Library *library, const char *name, LibraryName *out);

#endif
