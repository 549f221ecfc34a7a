/* check_data.c: declared types: records and sum types, their fields, `p with (...)`.
 *
 * A type's parameters are variables that are general from the beginning; its constructors are functions over them. What a type can
 * do follows from its fields: one that holds functions is opaque. A type that can hold values of itself is recursive; inside the
 * circle it is applied to parameters only, so that there are finitely many instances of it. */
#include "compiler/sema/check.h"

#include <string.h>

#include "base/nearest.h"

/* A declared type in a field of another. */
typedef struct TypeMention {
    Symbol *in, *of;
    Type *type;
    Span span;
} TypeMention;

typedef VEC(TypeMention) TypeMentions;

/* ---- declarations */

static void declare_params(Checker *c, AstTypeDecl *decl, Map *type_vars) {
    Symbol *symbol = decl->base.symbol;
    for (size_t i = 0; i < decl->params.len; i++) {
        AstTypeName *node = decl->params.items[i]->kind == AST_TYPE_NAME ? ast_as(TypeName, decl->params.items[i]) : NULL;
        Type *type = type_rigid(&c->infer, node ? node->name : "?");
        type->level = LEVEL_GENERIC;
        vec_push(c->arena, &symbol->params, type);
        if (!node) continue;
        Type **slot = (Type **)map_slot_pointer(type_vars, node->name);
        bool is_letter =
            node->name[0] >= 'A' && node->name[0] <= 'Z' && node->name[1] == '\0' && node->args.len == 0 && !node->module;
        if (!is_letter)
            diag_add(c->diags, E0206, node->base.span, "a type's parameter is a single upper-case letter");
        else if (*slot)
            diag_add(c->diags, E0202, node->base.span, "`%s` stands twice among the parameters of `%s`", node->name, symbol->name);
        *slot = type;
    }
}

static void collect_mentions(Checker *c, Symbol *in, Type *type, Span span, TypeMentions *mentions) {
    type = type_prune(type);
    if (type->kind == TYPE_FN || type->kind == TYPE_FUTURE || type->kind == TYPE_STREAM) in->is_opaque = true;
    if (type->kind == TYPE_DATA) {
        TypeMention mention = {.in = in, .of = type->symbol, .type = type, .span = span};
        vec_push(c->arena, mentions, mention);
    }
    for (size_t i = 0; i < type->arg_count; i++) collect_mentions(c, in, type->args[i], span, mentions);
}

static void check_constructor(Checker *c, Symbol *constructor, TypeMentions *mentions) {
    Symbol *symbol = constructor->type;
    TypeList types = {0};
    for (size_t i = 0; i < constructor->fields.len; i++) {
        AstParam *param = ast_as(Param, constructor->fields.items[i]);
        size_t known = c->type_vars->len;
        Type *type = annotate(c, param->type_expr);
        if (c->type_vars->len > known) {
            Diag *diag = diag_add(c->diags, E0206, param->type_expr->span, "`%s` has no such type parameter", symbol->name);
            diag_hint(diag, "type parameters stand after the name: `type %s[T] = …`", symbol->name);
            type = error_type(c);
        }
        collect_mentions(c, symbol, type, param->base.span, mentions);
        param->base.type = param->pattern->type = type;
        vec_push(c->arena, &types, type);
    }
    TypeList *vars = &symbol->params;
    Type *data = type_data(&c->infer, symbol, vars->items, vars->len);
    vec_push(c->arena, &types, data);
    constructor->scheme = arena_make(c->arena, Scheme);
    constructor->scheme->vars = *vars;
    constructor->scheme->type = types.len > 1 ? type_of_kind(&c->infer, TYPE_FN, types.items, types.len) : data;
}

static void check_type(Checker *c, AstTypeDecl *decl, TypeMentions *mentions) {
    Map type_vars;
    map_init(&type_vars, c->arena);
    for (size_t i = 0; i < decl->params.len; i++)
        if (decl->params.items[i]->kind == AST_TYPE_NAME)
            *map_slot_pointer(&type_vars, ast_as(TypeName, decl->params.items[i])->name) = decl->base.symbol->params.items[i];
    c->type_vars = &type_vars;
    for (size_t i = 0; i < decl->constructors.len; i++)
        if (decl->constructors.items[i]->symbol) check_constructor(c, decl->constructors.items[i]->symbol, mentions);
    c->type_vars = NULL;
}

/* ---- circles */

/* A type with its mentions of others, which follow one another in the list of all. */
typedef struct TypeNode {
    size_t first, count;
    size_t mark; /* the search that has seen it last */
} TypeNode;

typedef struct TypeGraph {
    const TypeMentions *mentions;
    Map nodes; /* Symbol -> TypeNode */
    size_t searches;
    VEC(TypeNode *) open;
} TypeGraph;

static void graph_make(Checker *c, TypeGraph *graph, const TypeMentions *mentions) {
    *graph = (TypeGraph){.mentions = mentions};
    map_init(&graph->nodes, c->arena);
    for (size_t i = 0; i < mentions->len; i++) {
        TypeNode **slot = (TypeNode **)map_slot_pointer(&graph->nodes, mentions->items[i].in);
        if (!*slot) {
            *slot = arena_make(c->arena, TypeNode);
            (*slot)->first = i;
        }
        (*slot)->count++;
    }
}

/* Can a value of `from` hold one of `to`? */
static bool reaches(Checker *c, TypeGraph *graph, const Symbol *from, const Symbol *to) {
    TypeNode *start = map_get_pointer(&graph->nodes, from);
    size_t mark = ++graph->searches;
    graph->open.len = 0;
    if (start) vec_push(c->arena, &graph->open, start);
    while (graph->open.len > 0) {
        const TypeNode *node = vec_pop(&graph->open);
        for (size_t i = 0; i < node->count; i++) {
            const Symbol *next = graph->mentions->items[node->first + i].of;
            if (next == to) return true;
            TypeNode *other = map_get_pointer(&graph->nodes, next);
            if (!other || other->mark == mark) continue;
            other->mark = mark;
            vec_push(c->arena, &graph->open, other);
        }
    }
    return false;
}

static void check_circles(Checker *c, const TypeMentions *mentions) {
    TypeGraph graph;
    graph_make(c, &graph, mentions);
    for (size_t i = 0; i < mentions->len; i++) {
        const TypeMention *mention = &mentions->items[i];
        if (mention->of != mention->in && !reaches(c, &graph, mention->of, mention->in)) continue;
        mention->in->is_recursive = true;
        for (size_t a = 0; a < mention->type->arg_count; a++) {
            if (type_prune(mention->type->args[a])->kind == TYPE_VAR || type_is_error(mention->type->args[a])) continue;
            Diag *diag = diag_add(c->diags, E0312, mention->span,
                                  "`%s` is recursive here, and must be applied to type parameters only", mention->of->name);
            diag_hint(diag, "with other types inside itself, a type would have instances without an end");
            break;
        }
    }
    for (bool changes = true; changes;) {
        changes = false;
        for (size_t i = 0; i < mentions->len; i++) {
            const TypeMention *mention = &mentions->items[i];
            if (!mention->of->is_opaque || mention->in->is_opaque) continue;
            mention->in->is_opaque = changes = true;
        }
    }
}

void check_types(Checker *c, const Items *items) {
    TypeMentions mentions = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < items->len; i++) {
            Ast *node = items->items[i]->node;
            if (node->kind != AST_TYPE_DECL || !node->symbol) continue;
            Map names;
            map_init(&names, c->arena);
            if (pass == 0)
                declare_params(c, ast_as(TypeDecl, node), &names);
            else
                check_type(c, ast_as(TypeDecl, node), &mentions);
        }
    }
    check_circles(c, &mentions);
}

/* ---- fields */

const Symbol *record_constructor(const Type *type) {
    const AstTypeDecl *decl = (const AstTypeDecl *)type->symbol->decl;
    return decl->constructors.len == 1 ? decl->constructors.items[0]->symbol : NULL;
}

static size_t field_index(const Symbol *constructor, Name name) {
    for (size_t i = 0; i < constructor->fields.len; i++) {
        const Ast *pattern = ast_as(Param, constructor->fields.items[i])->pattern;
        if (pattern->kind == AST_PAT_NAME && ((const AstPatName *)pattern)->name == name) return i;
    }
    return constructor->fields.len;
}

/* The one record type of the module that has the field; NULL where there is none, or more than one. */
static Symbol *record_with(Checker *c, Name name, size_t *count) {
    Symbol *found = NULL;
    *count = 0;
    for (size_t i = 0; i < c->module->types.len; i++) {
        Symbol *symbol = c->module->types.entries[i].value;
        Type type = {.kind = TYPE_DATA, .symbol = symbol};
        const Symbol *constructor = symbol ? record_constructor(&type) : NULL;
        if (!constructor || field_index(constructor, name) == constructor->fields.len) continue;
        found = symbol;
        ++*count;
    }
    return *count == 1 ? found : NULL;
}

/* Where the type is not known yet, the field decides it. */
static bool decide_by_field(Checker *c, Span span, Type *type, Name name, bool *was_reported) {
    size_t count;
    Symbol *record = record_with(c, name, &count);
    if (!record) {
        Diag *diag = diag_add(c->diags, E0306, span, "the type of this value is not known here, so `.%s` could be a field of %s",
                              name, count == 0 ? "anything" : "several types");
        bool is_future = strcmp(name, "done") == 0 || strcmp(name, "progress") == 0;
        diag_hint(diag,
                  is_future ? "of a future, write its type down: `(p: future[int]) => p.%s`"
                            : "write its type down, as in `(p: Point) => p.%s`",
                  name);
        *was_reported = true;
        return false;
    }
    *map_slot_pointer(&c->module->mentioned, record->name) = record;
    TypeList args = {0};
    for (size_t i = 0; i < record->params.len; i++)
        vec_push(c->arena, &args, type_var(&c->infer, record->params.items[i]->classes));
    Reason reason = {.what = "this value", .span = record->span, .note = "this is the record type that has the field"};
    *was_reported = !check_fits(c, span, type, type_data(&c->infer, record, args.items, args.len), &reason);
    return !*was_reported;
}

/* The constructor's function type at this instance of its type. */
static Type *constructor_at(Checker *c, const Symbol *constructor, Type *data, Span span) {
    TypeList types = {0};
    UnifyResult ignored;
    Type *fn = type_prune(scheme_instantiate(&c->infer, constructor->scheme, span, &types));
    type_unify(&c->infer, type_fn_result(fn), data, &ignored);
    return fn;
}

/* The field that was probably meant, or all that there are. */
static void hint_field(Checker *c, Diag *diag, const Symbol *constructor, Span span, Name name) {
    VEC(const char *) names = {0};
    Buf all = {0};
    for (size_t i = 0; i < constructor->fields.len; i++) {
        const Ast *pattern = ast_as(Param, constructor->fields.items[i])->pattern;
        if (pattern->kind != AST_PAT_NAME) continue;
        vec_push(c->arena, &names, ((const AstPatName *)pattern)->name);
        buf_printf(&all, "%s`%s`", all.len ? ", " : "", ((const AstPatName *)pattern)->name);
    }
    const char *near = nearest_name(name, names.items, names.len);
    if (near) {
        diag_hint(diag, "did you mean `%s`?", near);
        diag_fix(diag, span_of_word(c->sema, span, name), "%s", near);
    } else if (names.len > 0 && names.len <= 8) {
        diag_hint(diag, "its fields are %s", buf_text(&all));
    }
    buf_free(&all);
}

Type *check_field(Checker *c, Span span, Type *type, Name name, bool *was_reported) {
    type = type_prune(type);
    if (type->kind == TYPE_VAR) {
        pred_solve_pending(&c->infer);
        type = type_prune(type);
    }
    if (type->kind == TYPE_VAR && !type->is_rigid) {
        if (!decide_by_field(c, span, type, name, was_reported)) return NULL;
        type = type_prune(type);
    }
    if (type->kind != TYPE_DATA) return NULL;
    const Symbol *constructor = record_constructor(type);
    size_t index = constructor ? field_index(constructor, name) : 0;
    if (constructor && constructor->scheme && index < constructor->fields.len)
        return constructor_at(c, constructor, type, span)->args[index];
    Diag *diag = diag_add(c->diags, E0306, span, "%s has no field `%s`", type_text(&c->infer, type), name);
    diag_note(diag, type->symbol->span, "`%s` is declared here", type->symbol->name);
    if (constructor)
        hint_field(c, diag, constructor, span, name);
    else
        diag_hint(diag, "a type with several constructors is taken apart by `match`");
    *was_reported = true;
    return NULL;
}

Type *check_with(Checker *c, AstWith *with) {
    Type *type = check_expr(c, with->value, NULL);
    for (size_t i = 0; i < with->args.len; i++) {
        if (with->args.items[i]->kind != AST_ARG) continue;
        AstArg *arg = ast_as(Arg, with->args.items[i]);
        for (size_t j = 0; j < i; j++)
            if (with->args.items[j]->kind == AST_ARG && ast_as(Arg, with->args.items[j])->label == arg->label && arg->label)
                diag_add(c->diags, E0303, arg->base.span, "`%s` is given twice", arg->label);
        bool was_reported = false;
        Type *field = NULL;
        if (!arg->label)
            diag_add(c->diags, E0303, arg->base.span, "`with` names the fields that it changes: `p with (x: 3.0)`");
        else if (!type_is_error(type))
            field = check_field(c, arg->base.span, type, arg->label, &was_reported);
        if (!field && arg->label && !was_reported && !type_is_error(type))
            diag_add(c->diags, E0306, arg->base.span, "%s has no field `%s`", type_text(&c->infer, type), arg->label);
        Reason reason = {.what = arena_printf(c->arena, "the field `%s`", arg->label ? arg->label : "?"), .span = SPAN_NONE};
        arg->base.type = field ? field : error_type(c);
        check_against(c, arg->value, arg->base.type, &reason);
    }
    return type;
}
