/* file.h: the files of a text source: who they are, and reading ranges of them.
 *
 * A FileList names files by path, size and modification time, as they were when the list was made. Size and time are compared at
 * each opening: a file that changed meanwhile is an error, because chunks of two versions must never be mixed. What is not a
 * regular file (standard input, a pipe) is first copied to a temporary file without a name, which is read in its place, also by the
 * other processes of this host, for as long as the list lives.
 *
 * A list may come from another host, whose name it has: files are expected to be the same there and here. Where they are not, or a
 * file is missing here, the error says which hosts these are.
 *
 * A FileReader keeps a few files open; it belongs to one thread. Lists are constant once made, and may be shared.
 * Errors are messages for people, malloc'ed, in *error; the caller frees them. */
#ifndef RUNTIME_IO_FILE_H
#define RUNTIME_IO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct FileEntry {
    char *path;      /* as the program names it */
    char *real_path; /* what is opened, where that is something else: a spool; NULL: `path` */
    uint64_t size;
    int64_t modified; /* nanoseconds */
    uint64_t start;   /* where it begins in the concatenation of all files of the list */
} FileEntry;

enum { FILE_HOST_SIZE = 65 };

typedef struct FileList {
    char host[FILE_HOST_SIZE]; /* where the list was made; "": there is no file in it yet */
    FileEntry *files;
    size_t count, cap;
    uint64_t size; /* of all files together */
    int *spools;   /* descriptors that keep spools alive, in the process that made the list */
    size_t spool_count;
} FileList;

bool file_list_add(FileList *list, const char *path, char **error); /* "-" is standard input; true: failed */
/* Adds the file of this name that is among the kept ones, as they were when they were kept; false: there is none. */
bool file_list_add_kept(FileList *list, const FileList *kept, const char *path);
void file_list_keep(FileList *kept, FileList *list);          /* what the list had to copy lives from now on as long as `kept` */
size_t file_list_find(const FileList *list, uint64_t offset); /* the file that holds this byte of the concatenation */
void file_list_encode(const FileList *list, Buf *out);
size_t file_list_decode(FileList *list, const void *bytes, size_t size); /* bytes read; 0: not a list (it is empty then) */
void file_list_free(FileList *list);

typedef struct FileReader FileReader;

FileReader *file_reader_new(const FileList *list); /* the list must outlive it */
void file_reader_free(FileReader **reader);

/* Reads bytes `offset` … offset+count-1 of a file, all of which its size promises. True: failed. */
bool file_read(FileReader *reader, size_t file, uint64_t offset, void *into, size_t count, char **error);

char *io_message(const char *format, ...) __attribute__((format(printf, 1, 2))); /* malloc'ed */

#endif
