/* held.h: a value as bytes that its holder keeps and gives away piece by piece: in memory, or in a temporary file.
 *
 * A value is one stretch of bytes, or it is cut: it then consists of runs, written one after another, each of HELD_CELLS cells in
 * order, any of which may be empty. Part p of n of a cut value is, of each run, the cells from 256·p/n up to 256·(p+1)/n, after the
 * number that the value begins with. A value that is not cut has only itself for all its parts.
 *
 * The temporary file has no name, so that nothing is left of it when the process ends, however it ends. Where the file system has
 * no such files, it has a name for an instant; what a process that was killed in that instant has left is removed by the next one.
 *
 * One thread writes a Held and then hands it to the one that reads it. Errors are texts on the heap, for the caller to free. */
#ifndef BASE_HELD_H
#define BASE_HELD_H

#include <stdbool.h>

#include "base/buf.h"

enum { HELD_CELLS = 256 };

typedef struct Held Held;

Held *held_plain(Buf *data);   /* takes over the buffer, which is empty then */
Held *held_cut(uint64_t form); /* without runs yet; `form` is the number that it begins with */
Held *held_spool(uint64_t form, const char *directory, char **error); /* the same, in a temporary file; NULL: failed */
void held_free(Held **held);

/* ---- writing what is cut */

void held_begin(Held *held); /* a run; the cells that are not added are empty */
bool held_add(Held *held, uint32_t cell, const void *bytes, size_t size, char **error); /* in ascending order; true: failed */
bool held_end(Held *held, char **error);                                                /* of a run; true: failed */
uint32_t held_runs(const Held *held);

/* ---- reading; parts 0 or 1: the whole */

uint64_t held_size(const Held *held, uint32_t part, uint32_t parts); /* bytes */
/* All bytes of a value that is not cut; NULL for one that is, which has to be read. */
const void *held_bytes(const Held *held);

/* The bytes of the part from `offset` on, which are all there; true: failed. */
bool held_read(const Held *held, uint32_t part, uint32_t parts, uint64_t offset, void *to, size_t size, char **error);

#endif
