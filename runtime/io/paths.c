/* paths.c: from what a program names to the files that are meant.
 *
 * A name that exists is that file, whatever characters are in it; else a name with wildcards means what matches it. A directory
 * means the regular files in it, in the order of their names, without hidden ones: nobody means its pipes and sockets, at which
 * reading may never end. Every file is checked, so that a
 * missing one is reported before any work starts. */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/io/state.h"
#include "runtime/value/value.h"

static void path_push(MrList **list, const char *path) {
    MrString string = string_of(path);
    list_push_take(list, &string, &type_string);
}

static int is_listed(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_file(MrContext *context, MrList **list, const char *path);

static bool add_directory(MrContext *context, MrList **list, const char *path) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_listed, compare_names);
    if (count < 0) return io_fail_read(context, path);
    bool failed = false;
    size_t len = strlen(path);
    const char *slash = len > 0 && path[len - 1] == '/' ? "" : "/";
    for (int i = 0; i < count; i++) {
        char *file = io_message("%s%s%s", path, slash, entries[i]->d_name);
        struct stat status;
        bool is_other = stat(file, &status) == 0 && !S_ISREG(status.st_mode);
        if (!failed && !is_other) failed = add_file(context, list, file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

/* One path that is there, or is claimed to be. */
static bool add_file(MrContext *context, MrList **list, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return io_fail_read(context, path);
    if (S_ISDIR(status.st_mode)) return add_directory(context, list, path);
    if (access(path, R_OK) != 0) return io_fail_read(context, path);
    path_push(list, path);
    return false;
}

static bool add_glob(MrContext *context, MrList **list, const char *pattern) {
    glob_t found = {0};
    int result = glob(pattern, 0, NULL, &found);
    bool failed = false;
    if (result == GLOB_NOMATCH)
        failed = mr_failf(context, "cannot read %s: no file matches", pattern);
    else if (result != 0)
        failed = io_fail_read(context, pattern);
    for (size_t i = 0; i < found.gl_pathc && !failed; i++) failed = add_file(context, list, found.gl_pathv[i]);
    globfree(&found);
    return failed;
}

static bool add_path(MrContext *context, MrList **list, const MrString *path) {
    if (path->len == 0) return mr_failf(context, "a path cannot be empty");
    if (memchr(path->data, 0, (size_t)path->len)) return mr_failf(context, "a path cannot contain a NUL byte");
    char *name = strndup(path->data, (size_t)path->len);
    struct stat status;
    bool failed = false;
    if (strcmp(name, "-") == 0)
        path_push(list, name);
    else if (stat(name, &status) != 0 && strpbrk(name, "*?["))
        failed = add_glob(context, list, name);
    else
        failed = add_file(context, list, name);
    free(name);
    return failed;
}

bool mr_prim_paths_of(MrContext *context, MrList **out, const void *paths, const MrType *type) {
    MrList *list = NULL;
    bool failed = false;
    if (type->kind == MR_STRING) {
        failed = add_path(context, &list, paths);
    } else if (type->kind == MR_LIST && type->fields[0]->kind == MR_STRING) {
        const MrList *names = *(MrList *const *)paths;
        for (int64_t i = 0; i < list_len(names) && !failed; i++)
            failed = add_path(context, &list, (const MrString *)names->data + i);
    } else {
        failed = mr_failf(context, "paths are a string or a list of strings, not %s", type->name);
    }
    if (failed)
        mr_drop(context, &list, &type_string_list);
    else
        *out = list;
    return failed;
}

/* Of a list that is made on another host than the root's, errors do not say so by themselves. */
static bool fail_list(MrContext *context, char *error) {
    const char *host = io_state(context)->host;
    if (!host) return io_fail_take(context, error);
    bool failed = io_fail_take(context, io_message("host %s: %s", host, error));
    free(error);
    return failed;
}

bool io_file_list(MrContext *context, MrList *paths, bool is_kept, FileList *list) {
    *list = (FileList){0};
    IoState *state = io_state(context);
    for (int64_t i = 0; i < list_len(paths); i++) {
        const MrString *path = (const MrString *)paths->data + i;
        char *name = strndup(path->data, (size_t)path->len), *error = NULL;
        bool failed = false;
        bool is_input = strcmp(name, "-") == 0;
        if (is_kept && file_list_add_kept(list, &state->kept, is_input ? "standard input" : name)) {
            free(name);
            continue;
        }
        if (is_input) {
            if (!state->is_root || state->in_job)
                failed = mr_failf(context, "standard input can be walked at the top level only");
            else if (state->input_taken)
                failed = mr_failf(context, "standard input can be walked once only, and is needed again here: keep it, as "
                                           "`let kept = list(lines(\"-\"))`, and walk that");
            state->input_taken = true;
        }
        if (!failed && file_list_add(list, name, &error)) failed = fail_list(context, error);
        free(name);
        if (failed) {
            file_list_free(list);
            return true;
        }
    }
    if (is_kept) file_list_keep(&state->kept, list);
    return false;
}
