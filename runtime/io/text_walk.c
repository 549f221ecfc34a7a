/* text_walk.c: a text walked in order on one thread, chunk by chunk, as loops do that are not jobs. */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/io/text.h"
#include "runtime/value/value.h"

typedef struct Walk {
    TextSource source;
    TextReader *reader;
    uint64_t next; /* chunk */
} Walk;

bool mr_text_open(MrContext *context, void **cursor, MrList *paths, bool is_lines) {
    FileList files;
    if (io_flush(context) || io_file_list(context, paths, false, &files)) return true;
    Walk *walk = xcalloc(1, sizeof *walk);
    text_source_init(&walk->source, files, is_lines ? TEXT_LINES : TEXT_WORDS, 0);
    walk->reader = text_reader_new(&walk->source);
    *cursor = walk;
    return false;
}

bool mr_text_next(MrContext *context, void *cursor, MrString *chunk, bool *is_there) {
    Walk *walk = cursor;
    const char *data = NULL;
    size_t size = 0;
    char *error = NULL;
    *is_there = walk->next < walk->source.chunks; /* empty chunks too: a scan counts them */
    if (*is_there && text_reader_chunk(walk->reader, walk->next++, &data, &size, &error)) return io_fail_take(context, error);
    *chunk = (MrString){.data = data, .len = (int64_t)size};
    return false;
}

void mr_text_close(MrContext *context, void *cursor) {
    (void)context;
    Walk *walk = cursor;
    if (!walk) return;
    text_reader_free(&walk->reader);
    text_source_free(&walk->source);
    free(walk);
}
