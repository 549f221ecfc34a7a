/* recipe.c: see recipe.h. A recipe's text is that of its expression, cut where a value's name takes the place of what made it. */
#include "compiler/session/recipe.h"
#include "compiler/session/mentions.h"

#include <string.h>

/* A place of the expression that a text with a name in it replaces. */
typedef struct Cut {
    Span span;
    const char *text;
} Cut;

typedef struct Finder {
    Session *cell;
    uint64_t number;
    VEC(Cut) cuts;  /* in the order of the text */
    AstList before; /* statements that keep what function literals mention */
    VEC(CellValue) values;
    VEC(const char *) uses;
    bool is_none; /* it is no recipe */
} Finder;

const char *recipe_name(Arena *arena, uint64_t number, const char *name) {
    return arena_printf(arena, "__%llu_%s", (unsigned long long)number, name);
}

bool recipe_is_name(const char *name) {
    return name[0] == '_' && name[1] == '_' && name[2] >= '0' && name[2] <= '9';
}

static bool holds_code(Type *type) {
    if (!type) return false;
    type = type_prune(type);
    if (type->kind == TYPE_STREAM || type->kind == TYPE_FN) return true;
    if (type->kind == TYPE_DATA || type->kind == TYPE_FUTURE) return false;
    for (size_t i = 0; i < type->arg_count; i++)
        if (holds_code(type->args[i])) return true;
    return false;
}

/* Cuts at the same place stay in the order in which they came. */
static void cut(Finder *f, Span span, const char *text) {
    vec_push(f->cell->arena, &f->cuts, ((Cut){span, text}));
    for (size_t i = f->cuts.len - 1; i > 0 && f->cuts.items[i - 1].span.from > span.from; i--) {
        f->cuts.items[i] = f->cuts.items[i - 1];
        f->cuts.items[i - 1] = (Cut){span, text};
    }
}

static void use(Finder *f, const char *name) {
    for (size_t i = 0; i < f->uses.len; i++)
        if (strcmp(f->uses.items[i], name) == 0) return;
    vec_push(f->cell->arena, &f->uses, name);
}

static void put_name(Finder *f, Span span, const char *name) {
    cut(f, span, name);
    use(f, name);
}

static Ast *keep(Finder *f, Ast *value, const char *name) {
    AstKept *kept = ast_make(f->cell->arena, KEPT, Kept, value->span);
    kept->name = intern_text(f->cell->names, name);
    kept->value = value;
    kept->base.type = value->type;
    vec_push(f->cell->arena, &f->values, ((CellValue){kept->name, value->type}));
    return &kept->base;
}

/* The value is made when the recipe is written, and never again. */
static void keep_value(Finder *f, Ast **place) {
    Arena *arena = f->cell->arena;
    const char *name = recipe_name(arena, f->number, arena_printf(arena, "%zu", f->uses.len + 1));
    put_name(f, (*place)->span, name);
    *place = keep(f, *place, name);
}

/* ---- names */

static const AstLet *let_of(const Symbol *symbol) {
    return symbol->decl && symbol->decl->kind == AST_LET ? (const AstLet *)symbol->decl : NULL;
}

/* The name that the recipe of this let is kept under; NULL: it is none. */
static const char *recipe_of(const Finder *f, const AstLet *let) {
    const AstGiven *given = let->value->kind == AST_GIVEN ? (const AstGiven *)let->value : NULL;
    const Ast *definition = given ? given->definition : NULL;
    while (definition && definition->kind == AST_PAREN) definition = ((const AstParen *)definition)->value;
    if (definition) return definition->kind == AST_NAME_REF ? ((const AstNameRef *)definition)->name : given->name;
    for (size_t i = 0; i < f->cell->recipes.len; i++)
        if (f->cell->recipes.items[i].let == let) return f->cell->recipes.items[i].own;
    return NULL;
}

/* A global of the program itself: its value as it is now, or its recipe, under a name that will go on meaning it. */
static void take_global(Finder *f, Ast *node) {
    const AstLet *let = let_of(node->symbol);
    bool is_declaration = let && mentions_is_function(let->value);
    if (is_declaration) return; /* kept as one */
    const char *recipe = let ? recipe_of(f, let) : NULL;
    const char *name = recipe ? recipe : recipe_name(f->cell->arena, f->number, node->symbol->name);
    bool is_known = recipe != NULL;
    for (size_t i = 0; i < f->uses.len; i++) is_known = is_known || strcmp(f->uses.items[i], name) == 0;
    if (!is_known) vec_push(f->cell->arena, &f->before, keep(f, node, name));
    put_name(f, node->span, name);
}

static void take_name(Finder *f, Ast *node) {
    const Symbol *symbol = node->symbol;
    if (symbol && symbol->kind == SYMBOL_GLOBAL && symbol->module == f->cell->checked.main) take_global(f, node);
    if (!symbol || symbol->kind == SYMBOL_VAR) f->is_none = true;
}

/* Inside of a function literal: whatever is there is made when the function is called. */
static void take_names(Ast *node, void *finder) {
    Finder *f = finder;
    bool calls_value = node->kind == AST_METHOD && node->symbol && node->symbol->kind == SYMBOL_GLOBAL;
    if (node->kind == AST_NAME_REF) {
        bool is_local =
            node->symbol && (node->symbol->kind == SYMBOL_LOCAL || (node->symbol->kind == SYMBOL_VAR && node->symbol->owner));
        if (!is_local) take_name(f, node);
    } else if (calls_value) {
        f->is_none = true;
    } else {
        ast_each_child(node, take_names, f);
    }
}

/* ---- expressions */

static void visit(Finder *f, Ast **place);

static void visit_list(Finder *f, AstList *list) {
    for (size_t i = 0; i < list->len; i++) visit(f, &list->items[i]);
}

static bool is_literal(const Ast *node) {
    switch (node->kind) {
    case AST_INT_LIT:
    case AST_FLOAT_LIT:
    case AST_BOOL_LIT:
    case AST_STRING_LIT:
    case AST_NONE:
    case AST_OPERATOR_REF: return true;
    default: return false;
    }
}

static bool is_module(const Ast *node) {
    return node->kind == AST_NAME_REF && node->symbol && node->symbol->kind == SYMBOL_MODULE;
}

/* Of a call, lowering reads the arguments in the order of the parameters. */
static void visit_argument(Finder *f, Ast *call, Ast **place) {
    Ast **value = (*place)->kind == AST_ARG ? &ast_as(Arg, *place)->value : place;
    Ast *before = *value;
    visit(f, value);
    for (size_t i = 0; call->use && i < call->use->args.len; i++)
        if (call->use->args.items[i] == before) call->use->args.items[i] = *value;
}

/* Arguments that are left out are made once, too, and given from then on: behind the last one, which gets parentheses, as a
 * pipeline would take what follows it for a sequence. */
static void keep_defaults(Finder *f, Ast *call, const AstFn *fn, const AstList *args, size_t given) {
    const SourceFile *source = source_file(f->cell->sources, call->span.file);
    Arena *arena = f->cell->arena;
    Span end = {call->span.file, call->span.to - 1, call->span.to - 1};
    Buf text = {0};
    if (args->len) buf_add_char(&text, ')');
    for (size_t i = given; i < call->use->args.len; i++) {
        const AstParam *param = (const AstParam *)fn->params.items[i];
        Ast **value = &call->use->args.items[i];
        if (is_literal(*value)) continue;
        f->is_none = f->is_none || param->pattern->kind != AST_PAT_NAME;
        if (f->is_none) break;
        const char *name = recipe_name(arena, f->number, arena_printf(arena, "%zu", f->uses.len + 1));
        bool is_first = args->len == 0 && text.len == 0;
        buf_printf(&text, "%s%s: %s", is_first ? "" : ", ", ((const AstPatName *)param->pattern)->name, name);
        *value = keep(f, *value, name);
        use(f, name);
    }
    f->is_none = f->is_none || source->text[end.from] != ')';
    if (text.len > (args->len ? 1 : 0)) {
        Span last = args->len ? args->items[args->len - 1]->span : end;
        if (args->len && args->items[args->len - 1]->kind == AST_ARG) last = ((AstArg *)args->items[args->len - 1])->value->span;
        if (args->len) cut(f, (Span){last.file, last.from, last.from}, "(");
        cut(f, end, arena_strndup(arena, text.data, text.len));
    }
    buf_free(&text);
}

static void visit_call(Finder *f, Ast *call, AstList *args, bool has_receiver) {
    const Symbol *symbol = call->use ? call->use->symbol : NULL;
    size_t given = args->len + has_receiver;
    bool is_fn = symbol && symbol->kind == SYMBOL_FN;
    for (size_t i = 0; i < args->len; i++) visit_argument(f, call, &args->items[i]);
    if (is_fn && call->use->args.len > given) keep_defaults(f, call, (const AstFn *)symbol->decl, args, given);
}

static void visit_pipe(Finder *f, AstPipe *pipe) {
    Ast **parts[] = {&pipe->function, &pipe->where, &pipe->scan, &pipe->from, &pipe->by};
    if (pipe->op == OP_REDUCE) f->is_none = true;
    if (*parts[0]) visit(f, parts[0]);
    visit_list(f, &pipe->sources);
    for (size_t i = 1; i < sizeof parts / sizeof *parts; i++)
        if (*parts[i]) visit(f, parts[i]);
}

static void visit(Finder *f, Ast **place) {
    Ast *node = *place;
    if (is_literal(node) || is_module(node)) return;
    if (node->kind == AST_NAME_REF && !(node->symbol && node->symbol->kind == SYMBOL_VAR)) {
        take_name(f, node);
        return;
    }
    if (node->type && !holds_code(node->type)) {
        keep_value(f, place);
        return;
    }
    switch (node->kind) {
    case AST_LAMBDA: ast_each_child(node, take_names, f); break;
    case AST_PAREN: visit(f, &ast_as(Paren, node)->value); break;
    case AST_TUPLE: visit_list(f, &ast_as(Tuple, node)->items); break;
    case AST_LIST_LIT: visit_list(f, &ast_as(ListLit, node)->items); break;
    case AST_PIPE: visit_pipe(f, ast_as(Pipe, node)); break;
    case AST_DOT: f->is_none = f->is_none || !is_module(ast_as(Dot, node)->value); break;
    case AST_CALL:
        visit(f, &ast_as(Call, node)->callee);
        visit_call(f, node, &ast_as(Call, node)->args, false);
        break;
    case AST_METHOD:
        visit_argument(f, node, &ast_as(Method, node)->receiver);
        visit_call(f, node, &ast_as(Method, node)->args, !is_module(ast_as(Method, node)->receiver));
        f->is_none = f->is_none || (node->symbol && node->symbol->kind == SYMBOL_GLOBAL);
        break;
    default: f->is_none = true; break;
    }
}

/* ---- recipes */

static const char *write_text(const Finder *f, Span span) {
    const SourceFile *source = source_file(f->cell->sources, span.file);
    Buf text = {0};
    uint32_t at = span.from;
    for (size_t i = 0; i < f->cuts.len; i++) {
        const Cut *one = &f->cuts.items[i];
        buf_add(&text, source->text + at, one->span.from - at);
        buf_add_text(&text, one->text);
        at = one->span.to;
    }
    buf_add(&text, source->text + at, span.to - at);
    const char *copy = arena_strndup(f->cell->arena, text.data, text.len);
    buf_free(&text);
    return copy;
}

static bool is_disjoint(const Finder *f) {
    for (size_t i = 1; i < f->cuts.len; i++)
        if (f->cuts.items[i].span.from < f->cuts.items[i - 1].span.to) return false;
    return true;
}

static bool is_general(Type *type) {
    type = type_prune(type);
    for (size_t i = 0; i < type->arg_count; i++)
        if (is_general(type->args[i])) return true;
    return type->kind == TYPE_VAR;
}

static bool can_be_written(const Session *cell, const Type *type) {
    Buf text = {0};
    bool ok = type_write(type, cell->checked.main, &text);
    buf_free(&text);
    return ok;
}

/* What is in the tree already stays there when the expression turns out to be no recipe: a value more is kept until the next one.
 */
static void find(Session *cell, const char *name, const AstLet *let, Ast *value, uint64_t *numbers, AstList *items) {
    if (!value->type || !holds_code(value->type) || !can_be_written(cell, value->type)) return;
    Finder f = {.cell = cell, .number = ++*numbers};
    visit(&f, &value);
    for (size_t i = 0; i < f.before.len; i++) vec_push(cell->arena, items, f.before.items[i]);
    for (size_t i = 0; i < f.values.len; i++) {
        vec_push(cell->arena, &cell->kept, f.values.items[i]);
        f.is_none = f.is_none || !can_be_written(cell, f.values.items[i].type);
    }
    if (f.is_none || !is_disjoint(&f)) return;
    Recipe recipe = {.name = name, .let = let, .type = value->type, .own = recipe_name(cell->arena, f.number, name)};
    recipe.is_general = is_general(value->type);
    recipe.text = write_text(&f, value->span);
    recipe.uses = f.uses.items;
    recipe.use_count = f.uses.len;
    vec_push(cell->arena, &cell->recipes, recipe);
}

void recipes_find(Session *cell, uint64_t *numbers) {
    AstList items = {0};
    size_t given = cell->tree->items.len - cell->own_items.len;
    for (size_t i = 0; i < cell->tree->items.len; i++) {
        Ast *item = cell->tree->items.items[i];
        AstLet *let = item->kind == AST_LET ? ast_as(Let, item) : NULL;
        size_t before = cell->recipes.len;
        if (i >= given && let && let->pattern->kind == AST_PAT_NAME && !mentions_is_function(let->value))
            find(cell, ast_as(PatName, let->pattern)->name, let, let->value, numbers, &items);
        else if (item == cell->checked.value)
            find(cell, "it", NULL, item, numbers, &items);
        if (let && cell->recipes.len > before) let->is_recipe = true;
        vec_push(cell->arena, &items, item);
    }
    cell->tree->items = items;
}
