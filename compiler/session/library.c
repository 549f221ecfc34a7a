/* library.c: a program that imports all modules of the library, checked; its symbols with their comments. */
#include "compiler/session/library.h"

#include <string.h>

#include "compiler/session/session_internal.h"

struct Library {
    Session *session;
    VEC(LibraryName) names;
};

static const char *doc_of(const Ast *decl) {
    switch (decl->kind) {
    case AST_FN: return ((const AstFn *)decl)->doc;
    case AST_EXTERN: return ((const AstExtern *)decl)->doc;
    case AST_TYPE_DECL: return ((const AstTypeDecl *)decl)->doc;
    case AST_REDUCER: return ((const AstReducer *)decl)->doc;
    case AST_LET: return ((const AstLet *)decl)->doc;
    default: return NULL;
    }
}

static const char *type_of(Arena *arena, const Symbol *symbol) {
    Buf text = {0};
    if (symbol->scheme && symbol->kind == SYMBOL_REDUCER)
        scheme_print_reducer(symbol->scheme, &text);
    else if (symbol->scheme)
        scheme_print(symbol->scheme, &text);
    const char *type = arena_strndup(arena, text.data ? text.data : "", text.len);
    buf_free(&text);
    return type;
}

static void add_symbol(Library *library, const Module *module, const Symbol *symbol) {
    Arena *arena = library->session->arena;
    bool is_own = symbol && symbol->module == module && symbol->kind != SYMBOL_MODULE && symbol->decl;
    const char *doc = is_own ? doc_of(symbol->decl) : NULL;
    bool is_prelude = strcmp(module->name, "prelude") == 0;
    if (!is_own || (!doc && symbol->kind != SYMBOL_CONSTRUCTOR)) return; /* without a comment it is for the library alone */
    LibraryName name = {.name = is_prelude ? symbol->name : arena_printf(arena, "%s.%s", module->name, symbol->name),
                        .type = type_of(arena, symbol),
                        .doc = doc ? doc : "",
                        .module = module->name};
    vec_push(arena, &library->names, name);
    if (symbol->also) add_symbol(library, module, symbol->also);
}

Library *library_new(void) {
    Session *session = session_new(&(SessionOptions){0});
    Library *library = arena_make(session->arena, Library);
    library->session = session;
    Buf text = {0};
    for (const EmbeddedModule *module = mr_embedded_modules; module->name; module++)
        if (strcmp(module->name, "prelude") != 0) buf_printf(&text, "import %s\n", module->name);
    session_load_text(session, "library", text.data, text.len);
    buf_free(&text);
    session_check(session);
    for (size_t m = 0; m < session->checked.modules.len; m++) {
        const Module *module = session->checked.modules.items[m];
        if (!module->is_library) continue;
        for (size_t i = 0; i < module->types.len; i++) add_symbol(library, module, module->types.entries[i].value);
        for (size_t i = 0; i < module->values.len; i++) add_symbol(library, module, module->values.entries[i].value);
    }
    return library;
}

void library_free(Library **library) {
    if (!*library) return;
    Session *session = (*library)->session; /* whose arena it lies in */
    session_free(&session);
    *library = NULL;
}

size_t library_count(const Library *library) {
    return library->names.len;
}

LibraryName library_name(const Library *library, size_t index) {
    return library->names.items[index];
}

bool library_find(const Library *library, const char *name, LibraryName *out) {
    size_t found = 0;
    for (size_t i = 0; i < library->names.len; i++) {
        const LibraryName *known = &library->names.items[i];
        const char *dot = strchr(known->name, '.');
        if (strcmp(known->name, name) == 0) {
            *out = *known;
            return true;
        }
        if (!dot || strcmp(dot + 1, name) != 0) continue;
        *out = *known;
        found++;
    }
    return found == 1;
}
