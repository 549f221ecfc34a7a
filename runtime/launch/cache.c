/* cache.c: leaves a host's cache in order. The cache was checked to be the user's own when the program was put there. */
#include "runtime/launch/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MONTH = 30 * 24 * 3600, DAY = 24 * 3600 /* seconds */, HASH_LENGTH = 64 };

#define LIBRARIES "LD_LIBRARY_PATH"

/* The folder that has this executable's folder in it; false: this is not a cache. */
static bool find_cache(char cache[PATH_MAX]) {
    ssize_t len = readlink("/proc/self/exe", cache, PATH_MAX - 1);
    if (len <= 0) return false;
    cache[len] = '\0';
    char *name = strrchr(cache, '/');
    if (!name || strcmp(name, "/program") != 0) return false;
    *name = '\0';
    char *hash = strrchr(cache, '/');
    if (!hash || strspn(hash + 1, "0123456789abcdef") != HASH_LENGTH || hash[1 + HASH_LENGTH]) return false;
    *hash = '\0';
    return true;
}

/* Entries are folders of files: one of the cache's own making, or one that was to become such. */
static void remove_entry(int cache, const char *name) {
    int fd = openat(cache, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(fd, entry->d_name, 0) != 0 && strlen(entry->d_name) == HASH_LENGTH) remove_entry(fd, entry->d_name);
    }
    if (folder) closedir(folder);
    unlinkat(cache, name, AT_REMOVEDIR);
}

static void sweep(const char *path) {
    DIR *cache = opendir(path);
    if (!cache) return;
    time_t now = time(NULL);
    for (struct dirent *entry; (entry = readdir(cache));) {
        struct stat status;
        bool is_part = strncmp(entry->d_name, "new.", 4) == 0;
        bool is_entry = is_part || strspn(entry->d_name, "0123456789abcdef") == HASH_LENGTH;
        if (!is_entry || fstatat(dirfd(cache), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
            continue;
        if (now - status.st_mtime > (is_part ? DAY : MONTH)) remove_entry(dirfd(cache), entry->d_name);
    }
    closedir(cache);
}

void cache_settle(void) {
    char cache[PATH_MAX];
    if (!find_cache(cache)) return;
    const char *libraries = getenv(LIBRARIES), *rest = libraries ? strchr(libraries, ':') : NULL;
    size_t len = strlen(cache);
    if (libraries && strncmp(libraries, cache, len) == 0 && libraries[len] == '/') {
        char *others = rest ? strdup(rest + 1) : NULL;
        unsetenv(LIBRARIES);
        if (others) setenv(LIBRARIES, others, 1);
        free(others);
    }
    sweep(cache);
}
