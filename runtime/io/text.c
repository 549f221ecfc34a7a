/* text.c: cutting files into chunks of whole lines or words.
 *
 * For a limit x inside a file both neighbours decide alike who has what spans it, from the bytes around x alone: a line from the
 * byte before x, a word from a few bytes before and after it (value/words.h). The chunk that ends at x reads on to the end of what
 * spans it; the chunk that begins there looks for that end only within itself, and has nothing of this file if it does not find it:
 * so a line of any length is searched once by each chunk that it covers. */
#include "runtime/io/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/words.h"

enum { LINE_AHEAD = 4096, SLACK = 64 };

typedef struct Piece {
    size_t at; /* in the chunk */
    size_t file;
    uint64_t offset; /* in the file */
} Piece;

struct TextReader {
    const TextSource *source;
    FileReader *files;
    Buf buf;     /* what was read, with the look-back of the first piece in front */
    size_t base; /* where the chunk begins in it */
    Piece *pieces;
    size_t piece_count, piece_cap;
};

/* ---- sources */

uint64_t text_wide_size(const FileList *files) {
    uint64_t size = TEXT_CHUNK;
    while (size < TEXT_WIDE_CHUNK && files->size / TEXT_WIDE_CHUNKS >= size) size *= 2;
    while (files->size / TEXT_CHUNKS >= size) size *= 2;
    return size;
}

void text_source_init(TextSource *source, FileList files, TextUnit unit, uint64_t chunk_size) {
    *source = (TextSource){.files = files, .unit = unit, .chunk_size = chunk_size ? chunk_size : TEXT_CHUNK};
    uint64_t most = chunk_size ? UINT64_MAX : TEXT_CHUNKS;
    while (files.size / source->chunk_size >= most && files.size > most * source->chunk_size) source->chunk_size *= 2;
    source->chunks = files.size / source->chunk_size + (files.size % source->chunk_size != 0);
}

void text_source_encode(const TextSource *source, Buf *out) {
    uint64_t head[] = {source->unit, source->chunk_size};
    buf_add(out, head, sizeof head);
    file_list_encode(&source->files, out);
}

size_t text_source_decode(TextSource *source, const void *bytes, size_t size) {
    *source = (TextSource){0};
    uint64_t head[2];
    if (size < sizeof head) return 0;
    memcpy(head, bytes, sizeof head);
    if (head[0] > TEXT_WORDS || head[1] == 0 || head[1] > UINT64_MAX >> 2) return 0;
    FileList files;
    size_t used = file_list_decode(&files, (const char *)bytes + sizeof head, size - sizeof head);
    if (used == 0) return 0;
    text_source_init(source, files, (TextUnit)head[0], head[1]);
    return sizeof head + used;
}

void text_source_free(TextSource *source) {
    file_list_free(&source->files);
    *source = (TextSource){0};
}

void text_source_locate(const TextSource *source, uint64_t chunk, Buf *out) {
    uint64_t from = chunk * source->chunk_size, to = from + source->chunk_size;
    if (to > source->files.size) to = source->files.size;
    if (from >= to) return;
    const FileEntry *first = &source->files.files[file_list_find(&source->files, from)];
    const FileEntry *last = &source->files.files[file_list_find(&source->files, to - 1)];
    unsigned long long begin = from - first->start, end = to - last->start;
    if (first == last)
        buf_printf(out, "%s, bytes %llu–%llu", first->path, begin, end);
    else
        buf_printf(out, "%s, from byte %llu on, to %s, byte %llu", first->path, begin, last->path, end);
}

/* ---- reading */

TextReader *text_reader_new(const TextSource *source) {
    TextReader *reader = xcalloc(1, sizeof *reader);
    reader->source = source;
    reader->files = file_reader_new(&source->files);
    return reader;
}

void text_reader_free(TextReader **reader) {
    if (!*reader) return;
    file_reader_free(&(*reader)->files);
    buf_free(&(*reader)->buf);
    free((*reader)->pieces);
    free(*reader);
    *reader = NULL;
}

/* A stretch of a file that is being put at the end of reader->buf: bytes [low, high) of the file lie from `at` on. */
typedef struct Window {
    TextReader *reader;
    size_t file;
    uint64_t size; /* of the file */
    uint64_t low, high;
    size_t at;
} Window;

static const char *window_byte(const Window *window, uint64_t offset) {
    return window->reader->buf.data + window->at + (offset - window->low);
}

/* Reads on to `high` at least, or to the file's end. */
static bool window_extend(Window *window, uint64_t high, char **error) {
    if (high > window->size) high = window->size;
    if (high <= window->high) return false;
    size_t more = (size_t)(high - window->high);
    Buf *buf = &window->reader->buf;
    buf_reserve(buf, more + SLACK);
    if (file_read(window->reader->files, window->file, window->high, buf->data + buf->len, more, error)) return true;
    buf->len += more;
    memset(buf->data + buf->len, 0, SLACK);
    window->high = high;
    return false;
}

/* Reads on by as much again as lies behind `from`, so that long lines are read in few steps and searched once. */
static bool window_grow(Window *window, uint64_t from, char **error) {
    uint64_t have = window->high - from;
    return window_extend(window, window->high + (have < LINE_AHEAD ? LINE_AHEAD : have), error);
}

/* The end of the word that begins before x and goes on after it, as far as the window shows; x itself where there is no such word.
 */
static uint64_t word_end(const Window *window, uint64_t x) {
    const char *at = window_byte(window, x);
    return x + (uint64_t)(words_cut(window_byte(window, window->low), at, window_byte(window, window->high)) - at);
}

/* Where the first line or word that begins at a or later begins; b when none does before b. */
static uint64_t window_start(const Window *window, TextUnit unit, uint64_t a, uint64_t b) {
    if (a == 0) return 0;
    uint64_t start = a;
    if (unit == TEXT_WORDS) {
        start = word_end(window, a);
    } else if (*window_byte(window, a - 1) != '\n') {
        const char *from = window_byte(window, a);
        const char *newline = memchr(from, '\n', (size_t)(b - a));
        start = newline ? a + (uint64_t)(newline - from) + 1 : b;
    }
    return start < b ? start : b;
}

/* Where the last line or word that begins before b ends; reads on as far as needed. */
static bool window_end(Window *window, TextUnit unit, uint64_t b, uint64_t *end, char **error) {
    *end = b;
    if (b == window->size) return false;
    if (unit == TEXT_LINES) {
        if (*window_byte(window, b - 1) == '\n') return false;
        for (uint64_t from = b;;) {
            const char *newline = memchr(window_byte(window, from), '\n', (size_t)(window->high - from));
            *end = newline ? b + (uint64_t)(newline - window_byte(window, b)) + 1 : window->high;
            if (newline || window->high == window->size) return false;
            from = window->high;
            if (window_grow(window, b, error)) return true;
        }
    }
    while ((*end = word_end(window, b)) + WORDS_LOOK_AHEAD > window->high && window->high < window->size) {
        if (*end == b && window->high >= b + WORDS_LOOK_AHEAD) break;
        if (window_grow(window, b, error)) return true;
    }
    return false;
}

static void piece_add(TextReader *reader, Piece piece) {
    if (reader->piece_count == reader->piece_cap) {
        reader->piece_cap = reader->piece_cap ? reader->piece_cap * 2 : 4;
        reader->pieces = xrealloc(reader->pieces, reader->piece_cap * sizeof *reader->pieces);
    }
    reader->pieces[reader->piece_count++] = piece;
}

/* A file's end ends a line, of which a last CR is part. */
static void end_piece(Buf *buf) {
    char last = buf->data[buf->len - 1];
    if (last == '\r') buf_add_char(buf, '\r');
    if (last != '\n') buf_add_char(buf, '\n');
}

/* Appends what begins in bytes [a, b) of a file. Only the chunk's first piece begins inside a file, so that what it skips lies in
 * front of the chunk. */
static bool piece_read(TextReader *reader, size_t file, uint64_t a, uint64_t b, char **error) {
    TextUnit unit = reader->source->unit;
    uint64_t margin = unit == TEXT_LINES ? 1 : WORDS_LOOK_BACK;
    Buf *buf = &reader->buf;
    size_t before = buf->len;
    if (before > reader->base) end_piece(buf);
    uint64_t low = a - (a < margin ? a : margin);
    Window window = {.reader = reader, .file = file, .size = reader->source->files.files[file].size, .low = low, .high = low};
    window.at = buf->len;
    if (window_extend(&window, b + (b < window.size ? LINE_AHEAD : 0), error)) return true;
    uint64_t start = window_start(&window, unit, a, b), end = b;
    if (start == b) {
        buf->len = before;
        return false;
    }
    if (window_end(&window, unit, b, &end, error)) return true;
    buf->len = window.at + (size_t)(end - low);
    if (start > low) reader->base = window.at + (size_t)(start - low);
    piece_add(reader, (Piece){window.at + (size_t)(start - low) - reader->base, file, start});
    return false;
}

bool text_reader_chunk(TextReader *reader, uint64_t chunk, const char **data, size_t *size, char **error) {
    const TextSource *source = reader->source;
    if (reader->buf.cap > 4 * source->chunk_size + 16 * LINE_AHEAD) buf_free(&reader->buf); /* a long line is over */
    reader->buf.len = reader->base = reader->piece_count = 0;
    buf_reserve(&reader->buf, (size_t)source->chunk_size + 2 * LINE_AHEAD);
    uint64_t from = chunk * source->chunk_size, left = source->files.size - from;
    uint64_t to = from + (left < source->chunk_size ? left : source->chunk_size);
    for (size_t i = file_list_find(&source->files, from); i < source->files.count; i++) {
        const FileEntry *file = &source->files.files[i];
        if (file->start >= to) break;
        if (file->size == 0) continue;
        uint64_t a = from > file->start ? from - file->start : 0, b = to - file->start < file->size ? to - file->start : file->size;
        if (piece_read(reader, i, a, b, error)) return true;
    }
    *data = reader->buf.data + reader->base;
    *size = reader->buf.len - reader->base;
    return false;
}

void text_reader_locate(const TextReader *reader, size_t offset, Buf *out) {
    if (reader->piece_count == 0) return;
    const Piece *piece = &reader->pieces[0];
    for (size_t i = 1; i < reader->piece_count && reader->pieces[i].at <= offset; i++) piece = &reader->pieces[i];
    buf_printf(out, "%s, byte %llu", reader->source->files.files[piece->file].path,
               (unsigned long long)(piece->offset + (offset - piece->at)));
}
