/* link.c: from an object file to an executable, through the system's C compiler as linker; and running one. */
#include "compiler/driver/driver.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#ifndef MR_LINK_FLAGS
#define MR_LINK_FLAGS /* a sanitised build gives its programs the sanitiser's run-time library: "-fsanitize=address", */
#endif

char *driver_library_dir(void) {
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

int driver_run(const char *path) {
    const char *const argv[] = {path, NULL};
    pid_t pid;
    int status, error = posix_spawn(&pid, path, NULL, NULL, (char *const *)argv, environ);
    if (error) {
        fprintf(stderr, "mrc: cannot start %s: %s\n", path, strerror(error));
        return 1;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool run(char *const argv[]) {
    pid_t pid;
    int error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (error) {
        fprintf(stderr, "mrc: cannot start the linker `%s`: %s\n", argv[0], strerror(error));
        return false;
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fprintf(stderr, "mrc: the linker failed; its message is above\n");
    return false;
}

bool driver_link(const char *const *objects, size_t count, const char *output, const char *library_dir) {
    Buf temporary = {0}, library = {0};
    buf_printf(&temporary, "%s.%ld.tmp", output, (long)getpid());
    buf_printf(&library, "%s/libmrt.a", library_dir);
    const char *out = buf_text(&temporary), *lib = buf_text(&library);
    /* mold links in a sixth of the time of the default linker; -s is not given: line tables and names are for debuggers. */
    const char *const command[] = {"cc",
                                   MR_LINK_FLAGS "-fuse-ld=mold",
                                   "-pthread",
                                   "-o",
                                   out,
                                    objects[0],
                                    count > 1 ? objects[1] : lib,
                                    lib,
                                    "-lzmq",
                                    "-l:libutf8proc.a",
                                    "-l:libpcre2-8.a",
                                   "-lsleef",
                                   "-lm",
                                   NULL};
    bool ok = run((char *const *)command); /* posix_spawn does not write to its arguments */
    if (ok && rename(out, output) != 0) {
        fprintf(stderr, "mrc: cannot write %s: %s\n", output, strerror(errno));
        ok = false;
    }
    if (!ok) unlink(out);
    buf_free(&temporary);
    buf_free(&library);
    return ok;
}
