/* modules.c: loading modules: the prelude, what a program imports, and the program itself.
 *
 * A module is parsed, its imports are loaded, its names bound, and its groups of items checked, before whoever imports it goes on;
 * so the order in which modules are finished is the order in which they are initialised. */
#include "compiler/sema/check.h"
#include "compiler/sema/resolve.h"

#include <string.h>

#include "base/nearest.h"

static const EmbeddedModule *find_embedded(const char *name) {
    for (const EmbeddedModule *module = mr_embedded_modules; module->name; module++)
        if (strcmp(module->name, name) == 0) return module;
    return NULL;
}

static void report_unknown_module(Sema *sema, const char *name, Span span) {
    VEC(const char *) names = {0};
    for (const EmbeddedModule *module = mr_embedded_modules; module->name; module++) vec_push(sema->arena, &names, module->name);
    Diag *diag = diag_add(sema->diags, E0601, span, "the library has no module `%s`", name);
    const char *near = nearest_name(name, names.items, names.len);
    if (near) {
        diag_hint(diag, "did you mean `%s`?", near);
        diag_fix(diag, span_of_word(sema, span, name), "%s", near);
        return;
    }
    const char *all = "";
    for (size_t i = 0; i < names.len; i++)
        if (strcmp(names.items[i], "prelude") != 0)
            all = arena_printf(sema->arena, "%s%s%s", all, *all ? ", " : "", names.items[i]);
    diag_hint(diag, "it has %s", all);
}

static Module *find_library(const Modules *modules, const char *name) {
    for (size_t i = 0; i < modules->len; i++)
        if (modules->items[i]->is_library && strcmp(modules->items[i]->name, name) == 0) return modules->items[i];
    return NULL;
}

Module *module_import(Sema *sema, const char *name, Span span) {
    Module *known = find_library(&sema->modules, name);
    if (known) return known;
    const EmbeddedModule *embedded = find_embedded(name);
    if (!embedded) {
        report_unknown_module(sema, name, span);
        return NULL;
    }
    if (find_library(&sema->open, name)) {
        diag_add(sema->diags, E0603, span, "the module `%s` imports itself, directly or through others", name);
        return NULL;
    }
    uint32_t file = source_add(sema->sources, arena_printf(sema->arena, "<%s>", name), embedded->text, embedded->len);
    sema->sources->files.items[file]->is_library = true;
    ParseInput input = {.arena = sema->arena, .names = sema->names, .sources = sema->sources, .diags = sema->diags, .file = file};
    return module_check(sema, parse_file(&input), arena_strndup(sema->arena, name, strlen(name)), NULL, MODULE_LIBRARY);
}

/* `import stats` and `import stats as s`: a name for the module. */
static void import_whole(Sema *sema, Module *module, AstImport *import, Module *imported) {
    Symbol *symbol = arena_make(sema->arena, Symbol);
    Name name = import->alias ? import->alias : intern_text(sema->names, imported->name);
    *symbol = (Symbol){.kind = SYMBOL_MODULE, .name = name, .span = import->base.span, .decl = &import->base, .module = imported};
    import->base.symbol = symbol;
    module_declare(sema, module, symbol);
}

/* "./my/util.mr" names the module util. */
static const char *path_stem(Sema *sema, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strchr(name, '.');
    return arena_strndup(sema->arena, name, dot ? (size_t)(dot - name) : strlen(name));
}

static void note_missing(Module *module, Name name) {
    *map_slot_pointer(&module->skipped, name) = (void *)(uintptr_t)name;
}

/* `import stats: median, mode`: names of the module as this one's own. */
static void import_names(Sema *sema, Module *module, AstImport *import, Module *imported) {
    for (size_t i = 0; i < import->names.len; i++) {
        Ast *node = import->names.items[i];
        Name name = node->kind == AST_NAME_REF ? ast_as(NameRef, node)->name : NULL;
        if (!name) continue;
        Symbol *symbol = map_get_pointer(&imported->values, name), *type = map_get_pointer(&imported->types, name);
        bool is_value = symbol && symbol->module == imported && symbol->kind != SYMBOL_MODULE;
        bool is_type = type && type->module == imported; /* a record's constructor has the same name */
        if (is_value) module_declare(sema, module, symbol);
        if (is_type) module_declare(sema, module, type);
        if (is_value || is_type) continue;
        note_missing(module, name);
        Diag *diag = diag_add(sema->diags, E0602, node->span, "the module `%s` has nothing called `%s`", imported->name, name);
        const char *near = nearest_in(sema, name, &imported->values, NULL);
        if (near) {
            diag_hint(diag, "did you mean `%s`?", near);
            diag_fix(diag, node->span, "%s", near);
        }
    }
}

/* After an import that failed, its names are known to be missing: what uses them says nothing more. */
static void import_nothing(Sema *sema, Module *module, AstImport *import, const char *path) {
    for (size_t i = 0; i < import->names.len; i++)
        if (import->names.items[i]->kind == AST_NAME_REF) note_missing(module, ast_as(NameRef, import->names.items[i])->name);
    if (import->names.len > 0) return;
    Module *empty = arena_make(sema->arena, Module);
    empty->name = path_stem(sema, path);
    empty->is_missing = true;
    map_init(&empty->values, sema->arena);
    map_init(&empty->types, sema->arena);
    map_init(&empty->skipped, sema->arena);
    map_init(&empty->mentioned, sema->arena);
    import_whole(sema, module, import, empty);
}

/* What a file is called where it is imported whole. */
static bool is_name(const char *text) {
    if (!(*text >= 'a' && *text <= 'z') && *text != '_') return false;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0' && !parse_is_keyword(text);
}

static Module *load_file(Sema *sema, const Module *module, const AstImport *import, const char *path) {
    const char *name = path_stem(sema, path);
    bool needs_name = !import->alias && import->names.len == 0;
    if (needs_name && !is_name(name)) {
        Diag *diag = diag_add(sema->diags, E0601, import->base.span, "the file's name, `%s`, cannot be the module's", name);
        diag_hint(diag, "give it one: `import \"%s\" as name`", path);
        return NULL;
    }
    return file_import(sema, module, import, path, name);
}

static void load_import(Sema *sema, Module *module, AstImport *import) {
    const char *path = arena_strndup(sema->arena, import->path.bytes ? import->path.bytes : "", import->path.len);
    Module *imported = NULL;
    if (import->is_file)
        imported = load_file(sema, module, import, path);
    else
        imported = module_import(sema, path, import->base.span);
    if (!imported)
        import_nothing(sema, module, import, path);
    else if (import->names.len > 0)
        import_names(sema, module, import, imported);
    else
        import_whole(sema, module, import, imported);
}

static const char *module_mark(Sema *sema, Name name) {
    size_t same = 0;
    for (size_t i = 0; i < sema->modules.len; i++) same += sema->modules.items[i]->name == name;
    for (size_t i = 0; i < sema->open.len; i++) same += sema->open.items[i]->name == name;
    return same == 0 ? name : arena_printf(sema->arena, "%s-%zu", name, same + 1);
}

Module *module_check(Sema *sema, AstFile *file, const char *name, const char *path, ModuleKind kind) {
    Module *module = arena_make(sema->arena, Module);
    *module = (Module){.name = intern_text(sema->names, name), .file = file, .path = path};
    module->mark = module_mark(sema, module->name);
    module->is_library = kind == MODULE_LIBRARY;
    module->is_main = kind == MODULE_MAIN;
    map_init(&module->values, sema->arena);
    map_init(&module->types, sema->arena);
    map_init(&module->skipped, sema->arena);
    map_init(&module->mentioned, sema->arena);
    vec_push(sema->arena, &sema->open, module);
    for (size_t i = 0; i < file->items.len; i++)
        if (file->items.items[i]->kind == AST_IMPORT) load_import(sema, module, ast_as(Import, file->items.items[i]));
    Items items = {0};
    ItemGroups groups = {0};
    resolve_module(sema, module, &items);
    order_items(sema, &items, &groups);
    check_module(sema, module, &items, &groups);
    unused_report(sema, module);
    unreachable_report(sema, module);
    sema->open.len--;
    vec_push(sema->arena, &sema->modules, module);
    return module;
}
