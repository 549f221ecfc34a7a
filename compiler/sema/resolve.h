/* resolve.h: binding names to symbols, and the order in which a module's top level is checked. Internal to sema.
 *
 * Requires: a module's tree. Changes: `symbol` of declarations, binding patterns and names. Produces: the module's items, one for
 * each declaration or statement at its top level, with what each mentions. What is not bound was reported, and keeps a NULL symbol.
 */
#ifndef COMPILER_SEMA_RESOLVE_H
#define COMPILER_SEMA_RESOLVE_H

#include "compiler/sema/sema.h"

typedef struct Item Item;
typedef VEC(Item *) Items;

typedef struct Mention {
    Symbol *symbol;
    Span span;
} Mention;

/* A declaration or a statement at the top level of a module. */
struct Item {
    Ast *node;
    uint32_t position;      /* in the file */
    Items uses;             /* the items of the module that it mentions, each once */
    VEC(Mention) functions; /* of a let or statement: functions of the module, which must not read lets further down */
    Item *last_let;         /* of a function: the last let of the module that it reads, directly or through others */
    uint32_t mark;          /* position of the item that mentioned it last, plus one */
    uint32_t index, low;    /* Tarjan's numbering, from 1 */
    bool is_open;
    bool is_checking; /* in the group whose types are being inferred: uses inside it are of the same instance */
};

typedef struct ItemGroup {
    Items items; /* functions that call one another, or a single item */
    bool is_cycle;
} ItemGroup;
typedef VEC(ItemGroup) ItemGroups;

/* What all parts of sema share during one compile. */
typedef struct Sema {
    Arena *arena;
    Interner *names;
    SourceMap *sources;
    DiagSink *diags;
    Module *prelude; /* NULL while it is being loaded itself */
    Modules modules; /* those that are loaded and checked, in that order */
    Modules open;    /* those whose imports are being loaded */
    CellKind cell;
    Ast *value; /* CheckedProgram.value */
} Sema;

/* Declares what the top level declares, once its imports are in module->values, then binds all names. */
void resolve_module(Sema *sema, Module *module, Items *items);

/* Binds the names of the copy of a parameter's default value as those of the value itself are bound, which it is a copy of. */
void resolve_default(Sema *sema, Module *module, Ast *owner, Ast *value, Ast *copy);

/* Adds a symbol to the module's values; a second one of the same name is an error. */
void module_declare(Sema *sema, Module *module, Symbol *symbol);

/* Groups the items so that each group only mentions earlier groups and itself; marks recursive functions; reports functions that
 * are mentioned above a let that they read (E0205). */
void order_items(Sema *sema, const Items *items, ItemGroups *groups);

/* Warns about what the module, which is checked, declares or imports and never mentions (unused.c). */
void unused_report(Sema *sema, const Module *module);

/* Warns about statements that nothing comes to (unreachable.c). */
void unreachable_report(Sema *sema, const Module *module);

/* ---- modules.c */
/* The embedded module, loaded, resolved and checked; NULL after an error, which was reported at `span`. */
Module *module_import(Sema *sema, const char *name, Span span);
typedef enum ModuleKind { MODULE_LIBRARY, MODULE_FILE, MODULE_MAIN } ModuleKind;
/* Checks the file as a module; appends it to sema->modules. `path`: its identity, or NULL. */
Module *module_check(Sema *sema, AstFile *file, const char *name, const char *path, ModuleKind kind);

/* ---- import_file.c */
/* The file that `written`, in the importing module, leads to, loaded and checked as a module; NULL after an error, which was
 * reported. */
Module *file_import(Sema *sema, const Module *importer, const AstImport *import, const char *written, const char *name);
const char *file_identity(Sema *sema, const char *path); /* NULL where there is no such file */

/* ---- places and names (names.c) */
/* Where `name` stands as a whole word, at or after `from` inside the node; the node's own span when it does not. */
Span span_of_name(const Sema *sema, const Ast *node, uint32_t from, Name name);
/* The same for any word inside of a span. */
Span span_of_word(const Sema *sema, Span span, const char *word);
/* Where the operator stands between its operands; both of them where it is not found. */
Span span_of_operator(const Sema *sema, const Ast *left, const Ast *right, const char *spelling);
bool is_worth_searching(const Sema *sema); /* for names that may have been meant */
/* The name out of the map's keys, or `also`'s, that is nearest; NULL where none is near. Either may be NULL. */
const char *nearest_in(Sema *sema, const char *name, const Map *values, const Map *also);

/* ---- names that are unknown (idioms.c) */
/* What is meant by a name that other languages, or modules that are not imported, have; NULL where there is no such hint. */
const char *foreign_name_hint(Sema *sema, const char *name);
/* Whether the library has a module of this name that declares the member. */
bool embedded_has(const char *module, const char *member);
const char *foreign_name_fix(const char *name); /* what is written in its place; NULL where that is not known */
const char *foreign_type_hint(const char *name);

/* A deep copy without symbols and types. */
Ast *ast_clone(Arena *arena, const Ast *node, size_t *budget);

#endif
