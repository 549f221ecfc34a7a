/* replace.h: a file that is written: it appears whole, in the place of what was there, or not at all.
 *
 * It is written without a name where the file system can do that, else beside its place, and renamed. Devices and pipes are written
 * to as they are. Belongs to one thread. Failures are noted, and told by the commit. */
#ifndef RUNTIME_IO_REPLACE_H
#define RUNTIME_IO_REPLACE_H

#include "base/buf.h"
#include "runtime/include/abi.h"

typedef struct ReplaceFile {
    char *path;     /* as the program said it */
    char *target;   /* the file that is replaced: what the path leads to through symbolic links */
    char *name;     /* of the file beside it, where it has one */
    int fd, reason; /* reason: the errno of what failed, or 0 */
    bool is_special;
    Buf buf;
} ReplaceFile;

bool replace_open(ReplaceFile *file, MrContext *context, const MrString *path); /* fails as a primitive does */
void replace_add(ReplaceFile *file, const char *bytes, size_t len);
static inline bool replace_has_failed(const ReplaceFile *file) {
    return file->reason != 0;
}

/* The end of the file: it gets its place, unless something failed or `gives_up`. Fails as a primitive does. */
bool replace_close(ReplaceFile *file, MrContext *context, bool gives_up);

#endif
