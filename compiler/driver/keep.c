/* keep.c: the executables that `mrc run` keeps, so that a program that has not changed starts at once, and becoming one of them.
 *
 * A name is made of all that goes into an executable: the texts of the program and of what it imports, the options, and the
 * compiler itself with its runtime library, by size and time. So nothing is ever out of date, and what is not used goes some time.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "compiler/driver/driver.h"

enum { KEPT = 32 /* executables */ };

/* ---- the folder */

/* Makes the folder and those around it; false: there is none. */
static bool make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) *slash = '\0';
        bool failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        if (slash) *slash = '/';
        if (failed || !slash) return !failed;
    }
}

/* `base`/`name`, made where it is not there. What is in it will be run: it must be nobody else's. NULL: there is none such. */
static char *own_folder(const char *base, const char *name) {
    struct stat about;
    Buf path = {0};
    if (!base || *base != '/') return NULL;
    buf_printf(&path, "%s/%s", base, name);
    buf_text(&path);
    bool is_own = make_folders(path.data) && lstat(path.data, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid() &&
                  !(about.st_mode & (S_IWGRP | S_IWOTH)) && access(path.data, W_OK) == 0;
    if (is_own) return path.data;
    buf_free(&path);
    return NULL;
}

static char *kept_folder(void) {
    const char *temporary = getenv("TMPDIR");
    char name[32];
    snprintf(name, sizeof name, "mr-%u", (unsigned)geteuid());
    char *folder = own_folder(getenv("XDG_CACHE_HOME"), "mr");
    if (!folder) folder = own_folder(getenv("HOME"), ".cache/mr");
    if (!folder) folder = own_folder(temporary && *temporary ? temporary : "/tmp", name);
    if (!folder)
        fprintf(stderr, "mrc: there is no folder to keep the executable in: set XDG_CACHE_HOME to one that can be written\n");
    return folder;
}

static void remove_oldest(const char *folder, size_t most) {
    DIR *dir = opendir(folder);
    Buf oldest = {0}, path = {0};
    struct timespec when = {0};
    size_t count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat about;
        path.len = 0;
        buf_printf(&path, "%s/%s", folder, entry->d_name);
        if (stat(buf_text(&path), &about) != 0 || !S_ISREG(about.st_mode)) continue;
        struct timespec used = about.st_mtim;
        bool is_older = count == 0 || used.tv_sec < when.tv_sec || (used.tv_sec == when.tv_sec && used.tv_nsec < when.tv_nsec);
        count++;
        if (!is_older) continue;
        when = used;
        oldest.len = 0;
        buf_add_text(&oldest, buf_text(&path));
    }
    if (count > most) unlink(buf_text(&oldest));
    if (dir) closedir(dir);
    buf_free(&oldest);
    buf_free(&path);
}

void driver_kept_tidy(const char *path) {
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
    remove_oldest(folder, KEPT);
    free(folder);
}

/* ---- the name */

static void add_file(Digest *digest, const char *path) {
    struct stat about;
    if (stat(path, &about) != 0) return;
    int64_t facts[] = {about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
    digest_add(digest, facts, sizeof facts);
}

static void add_text(Digest *digest, const char *text) {
    digest_add(digest, text ? text : "", text ? strlen(text) + 1 : 1);
}

char *driver_kept_path(Session *session, const DriverOptions *options) {
    char *folder = kept_folder();
    if (!folder) return NULL;
    Digest *digest = digest_new();
    Buf path = {0};
    const char *name, *text;
    size_t len;
    uint8_t sum[CHECKSUM_NAME_SIZE];
    buf_printf(&path, "%s/libmrt.a", options->session.library_dir);
    add_file(digest, buf_text(&path));
    add_file(digest, "/proc/self/exe");
    add_text(digest, options->session.cpu);
    digest_add(digest, &options->session.optimise, sizeof options->session.optimise);
    digest_add(digest, &options->session.debug, sizeof options->session.debug);
    for (size_t i = 0; session_source(session, i, &name, &text, &len); i++) {
        add_text(digest, name);
        digest_add(digest, &len, sizeof len);
        digest_add(digest, text, len);
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (options->link.len > 0) digest_add(digest, &now, sizeof now); /* what C libraries hold is not known here: always a new one */
    digest_end(&digest, sum);
    path.len = 0;
    buf_printf(&path, "%s/", folder);
    for (size_t i = 0; i < sizeof sum; i++) buf_printf(&path, "%02x", sum[i]);
    buf_text(&path);
    free(folder);
    return path.data;
}

/* ---- running it */

void driver_become(const DriverOptions *options, const char *path) {
    size_t count = 0;
    while (options->arguments[count]) count++;
    const char **argv = xcalloc(count + 5, sizeof *argv), **next = argv;
    Buf mrrun = {0};
    buf_printf(&mrrun, "%s/../../bin/mrrun", options->session.library_dir);
    if (options->workers) {
        *next++ = "mrrun";
        *next++ = "-n";
        *next++ = options->workers;
    }
    *next++ = options->workers ? path : options->input;
    for (size_t i = 0; i < count; i++) *next++ = options->arguments[i];
    const char *program = options->workers ? buf_text(&mrrun) : path;
    execv(program, (char *const *)argv);
    fprintf(stderr, "mrc: cannot start %s: %s\n", program, strerror(errno));
    buf_free(&mrrun);
    free(argv);
}
