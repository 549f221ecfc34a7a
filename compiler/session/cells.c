/* cells.c: what is kept between cells, and the composition of the next one. See cells.h. */
#include "compiler/session/cells.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/session/mentions.h"
#include "compiler/session/recipe.h"

/* The text of a cell, for the declarations in it. */
typedef struct CellText {
    char *name, *text;
    size_t len;
    unsigned users; /* declarations in it that are known */
} CellText;

/* A declaration or a value. */
typedef struct Known {
    CellNameKind kind;
    char **names; /* of a type: its constructors' too; of an import: what it brings in */
    size_t name_count;
    CellText *text;    /* DECLARATION: where it stands ... */
    uint32_t from, to; /* ... in it */
    char *type;        /* as CellName.type */
    char *recipe;      /* VALUE: what makes it (recipe.h), the last of its names being the recipe's own; NULL: it is there itself */
    char **uses;       /* names of values and recipes that the recipe mentions */
    size_t use_count;
    bool is_general; /* the recipe's type is decided where it is used */
} Known;

struct Cells {
    SessionOptions options;
    Known *known;
    size_t count, cap;
    uint64_t recipes; /* that there ever were */
};

Cells *cells_new(const SessionOptions *options) {
    Cells *cells = xcalloc(1, sizeof *cells);
    cells->options = *options;
    return cells;
}

static char *copy_text(const char *text, size_t len) {
    char *copy = xmalloc(len + 1);
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

static void text_release(CellText *text) {
    if (!text || --text->users > 0) return;
    free(text->name);
    free(text->text);
    free(text);
}

static void known_free(Known *known) {
    for (size_t i = 0; i < known->name_count; i++) free(known->names[i]);
    for (size_t i = 0; i < known->use_count; i++) free(known->uses[i]);
    free(known->names);
    free(known->uses);
    free(known->recipe);
    free(known->type);
    text_release(known->text);
}

void cells_free(Cells **cells) {
    if (!*cells) return;
    for (size_t i = 0; i < (*cells)->count; i++) known_free(&(*cells)->known[i]);
    free((*cells)->known);
    free(*cells);
    *cells = NULL;
}

static bool has_name(const Known *known, const char *name) {
    for (size_t i = 0; i < known->name_count; i++)
        if (strcmp(known->names[i], name) == 0) return true;
    return false;
}

static bool names_hold(const Names *names, const char *name) {
    for (size_t i = 0; i < names->len; i++)
        if (strcmp(names->items[i], name) == 0) return true;
    return false;
}

/* ---- composition: the declarations that are needed, as trees */

typedef struct Parsed {
    const CellText *text;
    AstFile *tree;
} Parsed;

typedef struct Composer {
    const Cells *cells;
    Session *session;
    Names wanted, redeclared; /* names: those that are mentioned, and those of declarations in the new cell */
    Names bound;              /* by a let or var in the new cell: an earlier function of the name is not meant any more */
    VEC(Parsed) parsed;
    bool *is_taken; /* of each known one */
    AstList *items; /* of each that was taken */
} Composer;

static AstFile *parse_source(Composer *c, const char *name, const char *text, size_t len, uint32_t *file) {
    ParseInput input = session_parse_input(c->session);
    input.file = source_add(c->session->sources, name, text, len);
    if (file) *file = input.file;
    return parse_file(&input);
}

static Ast *find_item(Composer *c, const Known *known) {
    AstFile *tree = NULL;
    for (size_t i = 0; i < c->parsed.len; i++)
        if (c->parsed.items[i].text == known->text) tree = c->parsed.items[i].tree;
    if (!tree) {
        tree = parse_source(c, known->text->name, known->text->text, known->text->len, NULL);
        vec_push(c->session->arena, &c->parsed, ((Parsed){known->text, tree}));
    }
    for (size_t i = 0; i < tree->items.len; i++)
        if (tree->items.items[i]->span.from == known->from && tree->items.items[i]->span.to == known->to)
            return tree->items.items[i];
    return NULL;
}

/* A let or var of a known type whose value is given, or made by the recipe. It stands in a file of its own, which messages do not
 * show. */
static void add_given(Composer *c, const Known *known, const char *name, const char *recipe, AstList *items) {
    Arena *arena = c->session->arena;
    bool is_var = known->kind == CELL_NAME_VAR;
    const char *type = known->is_general ? "" : arena_printf(arena, ": %s", known->type);
    const char *text = arena_printf(arena, "%s %s%s = (%s)\n", is_var ? "var" : "let", name, type, recipe ? recipe : "");
    const char *path = recipe ? arena_printf(arena, "what makes %s", known->names[0]) : "<values>";
    uint32_t file;
    AstFile *tree = parse_source(c, path, text, strlen(text), &file);
    c->session->sources->files.items[file]->is_library = true;
    Ast *item = tree->items.items[0];
    if (item->kind != (is_var ? AST_VAR : AST_LET)) return; /* its type is none that can be written, see export_type */
    Ast **value = is_var ? &ast_as(Var, item)->value : &ast_as(Let, item)->value;
    AstGiven *given = ast_make(arena, GIVEN, Given, item->span);
    given->name = intern_text(c->session->names, name);
    given->definition = recipe ? *value : NULL;
    *value = &given->base;
    vec_push(arena, items, item);
}

static void add_items(Composer *c, const Known *known, AstList *items) {
    if (known->text) {
        Ast *item = find_item(c, known);
        if (item) vec_push(c->session->arena, items, item);
    } else if (known->recipe) {
        const char *own = known->names[known->name_count - 1];
        add_given(c, known, own, known->recipe, items);
        if (known->name_count > 1) add_given(c, known, known->names[0], own, items);
    } else {
        add_given(c, known, known->names[0], NULL, items);
    }
}

/* The names of a pattern; those of constructors without fields begin with other letters. */
static void collect_bound(Ast *node, void *context) {
    const Mentions *bound = context;
    const char *name = node->kind == AST_PAT_NAME ? ast_as(PatName, node)->name : "";
    if ((*name >= 'a' && *name <= 'z') || *name == '_') vec_push(bound->arena, bound->names, name);
    ast_each_child(node, collect_bound, context);
}

static bool is_redeclared(const Composer *c, const Known *known) {
    for (size_t i = 0; i < known->name_count; i++)
        if (names_hold(&c->redeclared, known->names[i]) || (known->text && names_hold(&c->bound, known->names[i]))) return true;
    return false;
}

/* Takes what is mentioned, and what that mentions in turn. */
static void take_wanted(Composer *c) {
    for (size_t next = 0; next < c->wanted.len; next++) {
        for (size_t i = 0; i < c->cells->count; i++) {
            const Known *known = &c->cells->known[i];
            if (c->is_taken[i] || !has_name(known, c->wanted.items[next]) || is_redeclared(c, known)) continue;
            c->is_taken[i] = true;
            add_items(c, known, &c->items[i]);
            for (size_t j = 0; j < c->items[i].len; j++)
                mentions_add(c->items[i].items[j], &(Mentions){c->session->arena, &c->wanted});
        }
    }
}

typedef bool Choice(const Known *known, const Ast *item);

static bool is_import(const Known *known, const Ast *item) {
    (void)known;
    return item->kind == AST_IMPORT;
}

static bool is_value(const Known *known, const Ast *item) {
    (void)item;
    return !known->text;
}

static bool is_other(const Known *known, const Ast *item) {
    return !is_import(known, item) && !is_value(known, item);
}

static void take_chosen(Composer *c, Choice *choice, AstList *out) {
    for (size_t i = 0; i < c->cells->count; i++)
        for (size_t j = 0; j < c->items[i].len; j++)
            if (choice(&c->cells->known[i], c->items[i].items[j])) vec_push(c->session->arena, out, c->items[i].items[j]);
}

/* The file in the order in which things came: imports, values, declarations; then what the cell says. */
static void compose(Composer *c) {
    AstFile *own = c->session->tree;
    AstList items = {0};
    take_chosen(c, is_import, &items);
    take_chosen(c, is_value, &items);
    take_chosen(c, is_other, &items);
    for (size_t i = 0; i < own->items.len; i++) vec_push(c->session->arena, &items, own->items.items[i]);
    own->items = items;
}

static Session *compile(Cells *cells, const SessionOptions *options, const char *name, const char *text, size_t len,
                        bool wants_value) {
    Session *session = session_new(options);
    Arena *arena = session->arena;
    Composer c = {.cells = cells, .session = session};
    session_load_text(session, name, text, len);
    session->cell = wants_value ? CELL_VALUE : CELL_STATEMENTS;
    ParseInput input = session_parse_input(session);
    session->tree = parse_file(&input);
    session->own_items = session->tree->items;
    for (size_t i = 0; i < session->own_items.len; i++) {
        Ast *item = session->own_items.items[i];
        mentions_declared(&input, item, &c.redeclared);
        mentions_add(item, &(Mentions){arena, &c.wanted});
        if (item->kind == AST_LET) collect_bound(ast_as(Let, item)->pattern, &(Mentions){arena, &c.bound});
        if (item->kind == AST_VAR) vec_push(arena, &c.bound, ast_as(Var, item)->name);
    }
    c.is_taken = arena_array(arena, bool, cells->count + 1);
    c.items = arena_array(arena, AstList, cells->count + 1);
    take_wanted(&c);
    compose(&c);
    if (session_reach_checked(session)) recipes_find(session, &cells->recipes);
    session_reach_core(session);
    diag_withdraw_warnings(session->diags, session->file);
    return session;
}

Session *cells_compile(Cells *cells, const char *name, const char *text, size_t len, bool wants_value) {
    return compile(cells, &cells->options, name, text, len, wants_value);
}

Session *cells_compile_better(Cells *cells, const char *name, const char *text, size_t len, bool wants_value) {
    Session *session = compile(cells, &cells->options, name, text, len, wants_value);
    session->is_better = true;
    return session;
}

Session *cells_compile_once(Cells *cells, const char *name, const char *text, size_t len) {
    SessionOptions options = cells->options;
    options.optimise = 0;
    return compile(cells, &options, name, text, len, true);
}

/* ---- what a cell is given and leaves */

static const Symbol *main_symbol(const Session *cell, const char *name) {
    return map_get_pointer(&cell->checked.main->values, intern_text(cell->names, name));
}

bool cell_given(const Session *cell, size_t index, CellName *out) {
    if (!cell->core || index >= cell->core->given.len) return false;
    const CoreExport *given = &cell->core->given.items[index];
    *out = (CellName){.name = given->name, .type = given->global->type->name, .global = given->global->index};
    return true;
}

static const char *write_type(const Session *cell, const Type *type) {
    Buf text = {0};
    bool ok = type_write(type, cell->checked.main, &text);
    const char *copy = ok ? arena_strndup(cell->arena, text.data, text.len) : NULL;
    buf_free(&text);
    return copy;
}

/* The type as the next cell is to write it; NULL where it cannot. */
static const char *export_type(const Session *cell, const char *name) {
    const Symbol *symbol = main_symbol(cell, name);
    for (size_t i = 0; i < cell->kept.len; i++)
        if (strcmp(cell->kept.items[i].name, name) == 0) return write_type(cell, cell->kept.items[i].type);
    const Type *type = cell->checked.value && strcmp(name, "it") == 0 ? cell->checked.value->type
                       : symbol && symbol->scheme                     ? symbol->scheme->type
                                                                      : NULL;
    return type ? write_type(cell, type) : NULL;
}

bool cell_export(const Session *cell, size_t index, CellName *out) {
    if (!cell->core || index >= cell->core->exports.len) return false;
    const CoreExport *export = &cell->core->exports.items[index];
    const Symbol *symbol = main_symbol(cell, export->name);
    bool is_it = cell->checked.value && strcmp(export->name, "it") == 0, is_remade = false;
    for (size_t i = 0; i < cell->recipes.len; i++) is_remade = is_remade || strcmp(cell->recipes.items[i].name, export->name) == 0;
    *out = (CellName){.name = export->name,
                      .kind = !is_it && symbol && symbol->kind == SYMBOL_VAR ? CELL_NAME_VAR : CELL_NAME_VALUE,
                      .type = export_type(cell, export->name),
                      .global = export->global->index,
                      .is_remade = is_remade};
    return true;
}

/* The field of a record type; NULL: it is none, or there are no more. */
static const AstFieldDecl *field_of(const Type *type, size_t index) {
    const Ast *decl = type && type->kind == TYPE_DATA ? type->symbol->decl : NULL;
    if (!decl || decl->kind != AST_TYPE_DECL || !((const AstTypeDecl *)decl)->is_record) return NULL;
    const Ast *constructor = ((const AstTypeDecl *)decl)->constructors.items[0];
    const AstList *fields = &((const AstConstructor *)constructor)->fields;
    return index < fields->len ? (const AstFieldDecl *)fields->items[index] : NULL;
}

static const Type *value_type(const Session *cell) {
    return cell->checked.value ? type_prune(cell->checked.value->type) : NULL;
}

bool cell_column(const Session *cell, size_t index, const char **name) {
    const Type *type = value_type(cell);
    bool is_sequence = type && (type->kind == TYPE_LIST || type->kind == TYPE_SET || type->kind == TYPE_MAP);
    const AstFieldDecl *field = is_sequence ? field_of(type_prune(type->args[type->arg_count - 1]), index) : NULL;
    if (field) *name = field->name ? field->name : "";
    return field != NULL;
}

bool cell_field(const Session *cell, size_t index, const char **name, const char **type) {
    const AstFieldDecl *field = field_of(value_type(cell), index);
    if (!field) return false;
    Buf text = {0};
    if (field->type_expr->type) type_print(field->type_expr->type, &text);
    *name = field->name ? field->name : "";
    *type = arena_strndup(cell->arena, text.data ? text.data : "", text.len);
    buf_free(&text);
    return true;
}

/* ---- keeping */

static void known_add(Cells *cells, Known known) {
    if (cells->count == cells->cap) {
        cells->cap = cells->cap ? cells->cap * 2 : 16;
        cells->known = xrealloc(cells->known, cells->cap * sizeof *cells->known);
    }
    cells->known[cells->count++] = known;
}

static char **copy_names(const char *const *names, size_t count) {
    char **copies = xcalloc(count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++) copies[i] = copy_text(names[i], strlen(names[i]));
    return copies;
}

static void known_remove(Cells *cells, size_t index) {
    known_free(&cells->known[index]);
    memmove(&cells->known[index], &cells->known[index + 1], (--cells->count - index) * sizeof *cells->known);
}

/* A name that means something else now: what has declared it goes as a whole, with the other names that it had. A recipe stays
 * under its own name for those that mention it. */
static void forget_name(Cells *cells, const char *name) {
    for (size_t i = cells->count; i-- > 0;) {
        Known *known = &cells->known[i];
        if (!has_name(known, name)) continue;
        if (!known->recipe || known->name_count == 1) {
            known_remove(cells, i);
            continue;
        }
        free(known->names[0]);
        known->names[0] = known->names[1];
        known->name_count = 1;
    }
}

static bool is_used(const Cells *cells, const char *name) {
    for (size_t i = 0; i < cells->count; i++)
        for (size_t j = 0; j < cells->known[i].use_count; j++)
            if (strcmp(cells->known[i].uses[j], name) == 0) return true;
    return false;
}

static bool is_there(const Cells *cells, const char *name) {
    for (size_t i = 0; i < cells->count; i++)
        if (has_name(&cells->known[i], name)) return true;
    return false;
}

static bool lacks_something(const Cells *cells, const Known *known) {
    for (size_t i = 0; i < known->use_count; i++)
        if (!is_there(cells, known->uses[i])) return true;
    return false;
}

/* Values and recipes that only recipes mentioned which have gone; recipes that mention what has gone. What uses something stands
 * behind it. */
static void forget_unused(Cells *cells) {
    for (size_t i = 0; i < cells->count;)
        if (lacks_something(cells, &cells->known[i]))
            known_remove(cells, i);
        else
            i++;
    for (size_t i = cells->count; i-- > 0;)
        if (recipe_is_name(cells->known[i].names[0]) && !is_used(cells, cells->known[i].names[0])) known_remove(cells, i);
}

/* The values whose types mention the name go with the type of this name. */
static void forget_values_of(Cells *cells, const char *type) {
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t len = strlen(type);
    for (size_t i = cells->count; i-- > 0;) {
        const Known *known = &cells->known[i];
        bool mentions = false;
        for (const char *at = known->text ? NULL : strstr(known->type, type); at; at = strstr(at + 1, type)) {
            bool begins = at == known->type || !strchr(letters, at[-1]), ends = !at[len] || !strchr(letters, at[len]);
            mentions = mentions || (begins && ends);
        }
        if (mentions) known_remove(cells, i);
    }
}

static void keep_declaration(Cells *cells, const Session *cell, const Ast *item, const Names *names, CellText *text) {
    for (size_t i = 0; i < names->len; i++) forget_name(cells, names->items[i]);
    if (item->kind == AST_TYPE_DECL) forget_values_of(cells, ((const AstTypeDecl *)item)->name);
    text->users++;
    const Symbol *symbol = names->len ? main_symbol(cell, names->items[0]) : NULL;
    Buf type = {0};
    if (symbol && symbol->scheme && symbol->kind == SYMBOL_REDUCER)
        scheme_print_reducer(symbol->scheme, &type);
    else if (symbol && symbol->scheme)
        scheme_print(symbol->scheme, &type);
    known_add(cells, (Known){.kind = CELL_NAME_DECLARATION,
                             .names = copy_names(names->items, names->len),
                             .name_count = names->len,
                             .text = text,
                             .from = item->span.from,
                             .to = item->span.to,
                             .type = copy_text(type.data, type.len)});
    buf_free(&type);
}

static void keep_values(Cells *cells, const Session *cell) {
    CellName export;
    for (size_t i = 0; cell_export(cell, i, &export); i++) {
        forget_name(cells, export.name);
        if (!export.type) continue;
        known_add(cells, (Known){.kind = export.kind,
                                 .names = copy_names(&export.name, 1),
                                 .name_count = 1,
                                 .type = copy_text(export.type, strlen(export.type))});
    }
}

static void keep_recipes(Cells *cells, const Session *cell) {
    for (size_t i = 0; i < cell->recipes.len; i++) {
        const Recipe *recipe = &cell->recipes.items[i];
        const char *const names[] = {recipe->name, recipe->own};
        forget_name(cells, recipe->name);
        known_add(cells, (Known){.kind = CELL_NAME_VALUE,
                                 .names = copy_names(names, 2),
                                 .name_count = 2,
                                 .type = copy_text(write_type(cell, recipe->type), strlen(write_type(cell, recipe->type))),
                                 .recipe = copy_text(recipe->text, strlen(recipe->text)),
                                 .uses = copy_names(recipe->uses, recipe->use_count),
                                 .use_count = recipe->use_count,
                                 .is_general = recipe->is_general});
    }
}

void cells_keep(Cells *cells, Session *cell) {
    const SourceFile *source = source_file(cell->sources, cell->file);
    ParseInput input = session_parse_input(cell);
    CellText *text = xcalloc(1, sizeof *text);
    text->name = copy_text(source->path, strlen(source->path));
    text->text = copy_text(source->text, source->len);
    text->len = source->len;
    text->users = 1;
    for (size_t i = 0; i < cell->own_items.len; i++) {
        Names names = {0};
        if (mentions_declared(&input, cell->own_items.items[i], &names))
            keep_declaration(cells, cell, cell->own_items.items[i], &names, text);
    }
    text_release(text);
    keep_values(cells, cell);
    keep_recipes(cells, cell);
    forget_unused(cells);
}

bool cells_name(const Cells *cells, size_t index, CellName *out) {
    for (size_t i = 0; i < cells->count; i++) {
        const Known *known = &cells->known[i];
        if (recipe_is_name(known->names[0]) || index-- > 0) continue;
        *out = (CellName){.name = known->names[0], .kind = known->kind, .type = known->type};
        return true;
    }
    return false;
}

bool cells_has_value(const Cells *cells, const char *name) {
    for (size_t i = 0; i < cells->count; i++)
        if (!cells->known[i].text && has_name(&cells->known[i], name)) return true;
    return false;
}

/* ---- input in several lines */

CellShape cells_shape(const char *text, size_t len) {
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n' || text[len - 1] == '\t' || text[len - 1] == '\r')) len--;
    Session *session = session_new(&(SessionOptions){0});
    session_load_text(session, "cell", text, len);
    ParseInput input = session_parse_input(session);
    AstFile *tree = parse_file(&input);
    bool is_open = tree->is_open || diag_error_reaches(session->diags, (Span){session->file, (uint32_t)len, (uint32_t)len});
    bool is_wrong = session_has_errors(session);
    session_free(&session);
    return is_open ? CELL_OPEN : is_wrong ? CELL_WRONG : CELL_WHOLE;
}

bool cells_is_open(const char *text, size_t len) {
    return cells_shape(text, len) == CELL_OPEN;
}
