/* source.c: the source map. Each file's line table is made when the file is added, so that looking up a place is a binary
 * search and no state changes afterwards. */
#include "compiler/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Offsets are 32 bits wide; what is longer is refused before it is read to its end. */
static const size_t SOURCE_MAX = UINT32_MAX - 16;

SourceMap *source_map_new(Arena *arena) {
    SourceMap *map = arena_make(arena, SourceMap);
    map->arena = arena;
    return map;
}

static void line_table_make(Arena *arena, SourceFile *file) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < file->len; i++) count += file->text[i] == '\n';
    file->lines = arena_array(arena, uint32_t, count);
    file->line_count = count;
    uint32_t line = 0;
    for (uint32_t i = 0; i < file->len; i++) {
        if (file->text[i] == '\n') file->lines[++line] = i + 1;
    }
}

uint32_t source_add(SourceMap *map, const char *path, const char *text, size_t len) {
    if (len > SOURCE_MAX) len = SOURCE_MAX;
    SourceFile *file = arena_make(map->arena, SourceFile);
    char *copy = arena_alloc(map->arena, len + 2);
    if (len) memcpy(copy, text, len);
    file->path = arena_strndup(map->arena, path, strlen(path));
    file->text = copy;
    file->len = (uint32_t)len;
    line_table_make(map->arena, file);
    vec_push(map->arena, &map->files, file);
    return (uint32_t)(map->files.len - 1);
}

/* Reads the whole stream; returns what went wrong, or NULL. */
static const char *stream_read(FILE *stream, Buf *content) {
    for (;;) {
        buf_reserve(content, 64 << 10);
        size_t got = fread(content->data + content->len, 1, content->cap - content->len, stream);
        content->len += got;
        if (content->len > SOURCE_MAX) return "the file is too large";
        if (ferror(stream)) return strerror(errno);
        if (got == 0) return NULL;
    }
}

bool source_read(SourceMap *map, const char *path, uint32_t *file, const char **reason) {
    FILE *stream = fopen(path, "rb");
    const char *trouble = NULL;
    Buf content = {0};
    if (!stream) {
        trouble = strerror(errno);
    } else {
        trouble = stream_read(stream, &content);
        fclose(stream);
    }
    if (trouble) {
        *reason = arena_strndup(map->arena, trouble, strlen(trouble));
    } else {
        *file = source_add(map, path, content.data, content.len);
    }
    buf_free(&content);
    return trouble == NULL;
}

const SourceFile *source_file(const SourceMap *map, uint32_t file) {
    return file < map->files.len ? map->files.items[file] : NULL;
}

LineColumn source_position(const SourceMap *map, uint32_t file, uint32_t offset) {
    const SourceFile *f = source_file(map, file);
    if (!f) return (LineColumn){1, 1};
    if (offset > f->len) offset = f->len;
    uint32_t low = 0, high = f->line_count; /* the line is in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (f->lines[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    uint32_t column = 1;
    for (uint32_t i = f->lines[low]; i < offset; i++) {
        bool continues = ((unsigned char)f->text[i] & 0xc0) == 0x80;
        column += !continues;
    }
    return (LineColumn){low + 1, column};
}

Span span_join(Span a, Span b) {
    return (Span){a.file, a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}
