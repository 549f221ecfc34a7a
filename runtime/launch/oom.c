/* oom.c: the counters of the system that tell of processes killed for want of memory. */
#include "runtime/launch/oom.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 512, PATH_SIZE = 640 };

/* The number behind `oom_kill` in a file of names and numbers. */
static bool read_count(const char *path, uint64_t *count) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char line[LINE_SIZE];
    bool found = false;
    unsigned long long number;
    while (!found && fgets(line, sizeof line, file)) found = sscanf(line, "oom_kill %llu", &number) == 1;
    fclose(file);
    if (found) *count = number;
    return found;
}

/* A line of /proc/self/cgroup is NUMBER:CONTROLLERS:PATH; version 2 has no controllers there. */
static bool read_group(char *line, uint64_t *count) {
    char path[PATH_SIZE], *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return false;
    *controllers++ = *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (!*controllers) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.events", group);
        return read_count(path, count);
    }
    if (strcmp(controllers, "memory") != 0) return false;
    snprintf(path, sizeof path, "/sys/fs/cgroup/memory%s/memory.oom_control", group);
    /* In a container the path is that of the host, and the group is mounted as the topmost one. */
    return read_count(path, count) || read_count("/sys/fs/cgroup/memory/memory.oom_control", count);
}

uint64_t oom_count(void) {
    char line[LINE_SIZE];
    uint64_t count = 0;
    bool found = false;
    FILE *groups = fopen("/proc/self/cgroup", "re");
    while (groups && !found && fgets(line, sizeof line, groups)) found = read_group(line, &count);
    if (groups) fclose(groups);
    if (!found) read_count("/proc/vmstat", &count);
    return count;
}
