/* source.h: the texts that are compiled, and places in them.
 *
 * A Span is a range of bytes in one file of a SourceMap; lines and columns are computed only when somebody looks.
 * The map and its files live in the arena of the compile. One thread. */
#ifndef COMPILER_SOURCE_SOURCE_H
#define COMPILER_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

typedef struct Span {
    uint32_t file;     /* index in the SourceMap */
    uint32_t from, to; /* bytes; `to` is exclusive; from == to is a place between two bytes */
} Span;

/* The place of what stands in no file: a message about an option or the linker. */
#define SPAN_NONE ((Span){UINT32_MAX, 0, 0})

typedef struct SourceFile {
    const char *path; /* as it is shown: "wordcount.mr", "<prelude>" */
    const char *text; /* `len` bytes and two NULs (flex scans in place) */
    uint32_t len;
    uint32_t *lines; /* the offset at which each line starts */
    uint32_t line_count;
    bool is_library; /* a module of the embedded library: errors at run time are placed at its callers */
} SourceFile;

typedef struct SourceMap {
    Arena *arena;
    VEC(SourceFile *) files;
} SourceMap;

typedef struct LineColumn {
    uint32_t line, column; /* both from 1; the column counts code points */
} LineColumn;

SourceMap *source_map_new(Arena *arena);

/* Adds a text under a path; returns its index. The text is copied. */
uint32_t source_add(SourceMap *map, const char *path, const char *text, size_t len);

/* Reads a file and adds it. On failure returns false and puts the reason ("No such file or directory") into *reason. */
bool source_read(SourceMap *map, const char *path, uint32_t *file, const char **reason);

const SourceFile *source_file(const SourceMap *map, uint32_t file); /* NULL where there is none, as for SPAN_NONE */
LineColumn source_position(const SourceMap *map, uint32_t file, uint32_t offset);
Span span_join(Span a, Span b); /* from the beginning of the one to the end of the other; both of one file */

#endif
