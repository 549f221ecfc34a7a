/* library_dir.c: where what every program needs lies, beside the running executable. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "compiler/session/session.h"

char *session_library_dir(void) {
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0) return NULL;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash) return NULL;
    *slash = '\0';
    Buf path = {0};
    buf_printf(&path, "%s/../lib/mr", self);
    char *dir = realpath(buf_text(&path), NULL);
    buf_free(&path);
    return dir;
}
