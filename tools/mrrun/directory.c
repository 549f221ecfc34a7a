/* directory.c: making the private directory of a run, and sweeping those that were left behind. */
#include "tools/mrrun/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/launch/launch.h"

/* Nobody else may rename what we make there: the folder is ours or the system's, and who may write to it besides owns what is his
 * (the sticky bit, as /tmp has it). */
static bool is_safe(const struct stat *status) {
    bool is_trusted = status->st_uid == 0 || status->st_uid == geteuid();
    return is_trusted && ((status->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (status->st_mode & S_ISVTX) != 0);
}

/* A socket's path may have about a hundred bytes. */
static bool is_good_folder(const char *folder) {
    struct stat status;
    return folder && *folder == '/' && strlen(folder) < 60 && stat(folder, &status) == 0 && S_ISDIR(status.st_mode) &&
           is_safe(&status) && access(folder, W_OK | X_OK) == 0;
}

/* Is this the directory of a run of ours that is over? A run that goes on holds a lock on it; mrrun's number is in its name. */
static bool is_left_behind(int folder, const char *name) {
    long pid;
    int end = 0;
    struct stat status;
    if (sscanf(name, "mr-%ld-%n", &pid, &end) != 1 || end == 0 || strlen(name + end) != 6 || pid <= 0) return false;
    if (kill((pid_t)pid, 0) == 0 || errno != ESRCH) return false;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool is_ours = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) close(fd);
    return is_ours;
}

/* Removes what runs have left whose processes were all killed at once. */
static void sweep_directories(const char *folder) {
    DIR *entries = opendir(folder);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[512];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (len < (int)sizeof path && is_left_behind(dirfd(entries), entry->d_name)) launch_remove_directory(path);
    }
    closedir(entries);
}

static bool make_in(Directory *directory, const char *folder) {
    if (!is_good_folder(folder)) return false;
    sweep_directories(folder);
    snprintf(directory->path, sizeof directory->path, "%s/mr-%ld-XXXXXX", folder, (long)getpid());
    bool is_made = mkdtemp(directory->path) != NULL;
    if (!is_made) directory->path[0] = '\0';
    if (is_made) directory->lock = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return is_made && directory->lock >= 0 && flock(directory->lock, LOCK_EX) == 0;
}

bool directory_make(Directory *directory) {
    const char *const folders[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    *directory = (Directory){.lock = -1};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (make_in(directory, folders[i])) return true;
    }
    fprintf(stderr, "mrrun: cannot make a directory in /tmp, nor where XDG_RUNTIME_DIR and TMPDIR say: %s\n", strerror(errno));
    return false;
}

void directory_remove(Directory *directory) {
    if (directory->path[0]) launch_remove_directory(directory->path);
    directory->path[0] = '\0';
    if (directory->lock >= 0) close(directory->lock);
    directory->lock = -1;
}
