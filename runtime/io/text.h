/* text.h: the text of files, cut into chunks of whole lines or whole words.
 *
 * The files are taken one after another as one text, where a file's end also ends a line and a word. Chunk i is what begins in
 * bytes [i·C, (i+1)·C) of it: a line or word belongs to the chunk of its first byte, whatever its length. C is 256 KiB, doubled
 * until there are at most 65,536 chunks: it depends on the files' sizes alone. Chunk limits take no notice of file limits, so a
 * chunk may hold many small files; each is followed by a newline in the chunk if it does not end with one.
 *
 * A TextSource is constant once made, and may be shared. A TextReader holds one chunk at a time (and no more of any file), and
 * belongs to one thread. Errors are messages for people, malloc'ed, in *error; the caller frees them. */
#ifndef RUNTIME_IO_TEXT_H
#define RUNTIME_IO_TEXT_H

#include "runtime/io/file.h"

enum { TEXT_CHUNK = 256 * 1024, TEXT_CHUNKS = 65536, TEXT_WIDE_CHUNK = 4 << 20, TEXT_WIDE_CHUNKS = 512 };

typedef enum TextUnit { TEXT_LINES, TEXT_WORDS } TextUnit;

typedef struct TextSource {
    FileList files;
    TextUnit unit;
    uint64_t chunk_size; /* bytes */
    uint64_t chunks;
} TextSource;

/* The size of chunks for a reduction by key whose states meet chunk by chunk, which is the less work the fewer chunks there are:
 * 256 KiB, doubled until there are at most 512 or they have 4 MiB, and then as said above. */
uint64_t text_wide_size(const FileList *files);

/* Takes the files over. `chunk_size` 0: as said above; else the size to use. */
void text_source_init(TextSource *source, FileList files, TextUnit unit, uint64_t chunk_size);
void text_source_encode(const TextSource *source, Buf *out);
size_t text_source_decode(TextSource *source, const void *bytes, size_t size); /* bytes read; 0: not a source */
void text_source_free(TextSource *source);

/* Where chunk `chunk` lies, without reading it: "plays/hamlet.txt, bytes 4096–8192"; of several files the first and the last. */
void text_source_locate(const TextSource *source, uint64_t chunk, Buf *out);

typedef struct TextReader TextReader;

TextReader *text_reader_new(const TextSource *source); /* the source must outlive it */
void text_reader_free(TextReader **reader);

/* Reads chunk `chunk` < chunks: *data and *size are valid until the next call; a few bytes after them may be read. True: failed. */
bool text_reader_chunk(TextReader *reader, uint64_t chunk, const char **data, size_t *size, char **error);

/* Where byte `offset` of the chunk that was read last comes from: "plays/hamlet.txt, byte 4096". */
void text_reader_locate(const TextReader *reader, size_t offset, Buf *out);

#endif
