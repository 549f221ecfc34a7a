/* import_file.c: modules that are files: where an import's path leads, and what was probably meant where it leads nowhere.
 *
 * A path is relative to the file that imports. A file is one module however it is reached: its real path is its identity. */
#include "compiler/sema/resolve.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

enum { OPEN_LIMIT = 500 }; /* files that import each other in a chain: checking one recurses into the next */

/* The part of the path up to its last slash, and that with it; "" where there is none. */
static const char *folder_of(Sema *sema, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(sema->arena, path, (size_t)(slash + 1 - path)) : "";
}

static const char *path_from(Sema *sema, const Module *importer, const char *path) {
    const SourceFile *source = source_file(sema->sources, importer->file->base.span.file);
    if (path[0] == '/') return path;
    while (strncmp(path, "./", 2) == 0) path += 2;
    return arena_printf(sema->arena, "%s%s", source ? folder_of(sema, source->path) : "", path);
}

const char *file_identity(Sema *sema, const char *path) {
    char *real = realpath(path, NULL);
    const char *copy = real ? arena_strndup(sema->arena, real, strlen(real)) : NULL;
    free(real);
    return copy;
}

/* The name in the folder of `path` that is nearest to the one that was asked for. */
static const char *nearest_file(Sema *sema, const char *path) {
    const char *folder = folder_of(sema, path), *name = path + strlen(folder);
    DIR *directory = opendir(*folder ? folder : ".");
    VEC(const char *) names = {0};
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        size_t len = strlen(entry->d_name);
        if (len > 3 && strcmp(entry->d_name + len - 3, ".mr") == 0)
            vec_push(sema->arena, &names, arena_strndup(sema->arena, entry->d_name, len));
    }
    if (directory) closedir(directory);
    for (size_t i = 0; i < names.len; i++) {
        size_t len = strlen(names.items[i]) - 3;
        if (strlen(name) == len && strncmp(name, names.items[i], len) == 0) return names.items[i];
    }
    return nearest_name(name, names.items, names.len);
}

static void report_missing(Sema *sema, const AstImport *import, const char *written, const char *path, const char *reason) {
    Diag *diag = diag_add(sema->diags, E0601, import->base.span, "cannot read %s: %s", path, reason);
    const char *near = nearest_file(sema, path);
    if (near)
        diag_hint(diag, "did you mean `import \"%s%s\"`?", folder_of(sema, written), near);
    else
        diag_hint(diag, "the path is relative to the file that imports");
}

Module *file_import(Sema *sema, const Module *importer, const AstImport *import, const char *written, const char *name) {
    const char *path = path_from(sema, importer, written), *identity = file_identity(sema, path);
    for (size_t i = 0; identity && i < sema->modules.len; i++) {
        Module *module = sema->modules.items[i];
        if (module->path && strcmp(module->path, identity) == 0) return module;
    }
    for (size_t i = 0; identity && i < sema->open.len; i++) {
        const Module *module = sema->open.items[i];
        if (!module->path || strcmp(module->path, identity) != 0) continue;
        Diag *diag = diag_add(sema->diags, E0603, import->base.span, "%s imports itself, directly or through others", path);
        diag_hint(diag, "put what both need into a module of its own");
        return NULL;
    }
    if (sema->open.len > OPEN_LIMIT) {
        diag_add(sema->diags, E0603, import->base.span, "more than %d files import each other in a chain", OPEN_LIMIT);
        return NULL;
    }
    uint32_t file;
    const char *reason = NULL;
    if (!source_read(sema->sources, path, &file, &reason)) {
        report_missing(sema, import, written, path, reason);
        return NULL;
    }
    ParseInput input = {.arena = sema->arena, .names = sema->names, .sources = sema->sources, .diags = sema->diags, .file = file};
    AstFile *tree = parse_file(&input);
    return tree->is_torn ? NULL : module_check(sema, tree, name, identity, MODULE_FILE);
}
