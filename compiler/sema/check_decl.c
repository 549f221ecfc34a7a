/* check_decl.c: declarations: groups of functions and reducers, generalised together, and primitives.
 *
 * Inside a group each function has one type, so that calls within the group use the same instance as their caller; the types become
 * general when the whole group is done. */
#include "compiler/sema/check.h"

#include <assert.h>
#include <string.h>

/* What is known of a function or reducer while its group is checked. */
typedef struct Signature {
    Symbol *symbol;
    Map type_vars;
    Type *type;     /* FN */
    Type *deciding; /* of a reducer: the element; else NULL */
} Signature;

static Type *annotated_or_new(Checker *c, Ast *type_expr) {
    return type_expr ? annotate(c, type_expr) : type_var(&c->infer, 0);
}

static void check_param_types(Checker *c, const AstList *params, TypeList *types) {
    for (size_t i = 0; i < params->len; i++) {
        Ast *param = params->items[i];
        param->type = param->kind == AST_PARAM ? annotated_or_new(c, ast_as(Param, param)->type_expr) : error_type(c);
        vec_push(c->arena, types, param->type);
    }
}

static void bind_params(Checker *c, const AstList *params) {
    for (size_t i = 0; i < params->len; i++)
        if (params->items[i]->kind == AST_PARAM) check_pattern(c, ast_as(Param, params->items[i])->pattern, params->items[i]->type);
}

/* ---- functions */

static void sign_fn(Checker *c, Signature *signature, AstFn *fn) {
    TypeList types = {0};
    check_param_types(c, &fn->params, &types);
    vec_push(c->arena, &types, annotated_or_new(c, fn->result));
    signature->type = type_of_kind(&c->infer, TYPE_FN, types.items, types.len);
}

static Span last_value(const Ast *body) {
    while (body->kind == AST_BLOCK && ((const AstBlock *)body)->statements.len > 0)
        body = vec_last(&((const AstBlock *)body)->statements);
    return body->span;
}

/* A body whose value must be of the type; `name` is that of the function, for messages. */
static void check_body(Checker *c, Ast *body, Type *result, const char *what, const char *name, const Ast *declared) {
    FnContext context = {.result = result, .name = name}, *outer = c->fn;
    c->fn = &context;
    Type *type = check_expr(c, body, result);
    Reason reason = {.what = what, .span = declared ? declared->span : SPAN_NONE, .note = "its type is declared here"};
    check_fits(c, last_value(body), type, result, &reason);
    c->fn = outer;
}

static void check_fn(Checker *c, const Signature *signature, AstFn *fn) {
    bind_params(c, &fn->params);
    check_body(c, fn->body, type_fn_result(signature->type), arena_printf(c->arena, "the result of `%s`", fn->name), fn->name,
               fn->result);
}

/* ---- reducers */

typedef struct MemberShape {
    const char *name;
    size_t params;
} MemberShape;

/* In the order in which they are checked: what decides the state comes first. */
static const MemberShape member_shapes[] = {{"init", 0}, {"add", 2}, {"merge", 2}, {"finish", 1}, {"done", 1}};
enum { MEMBER_INIT, MEMBER_ADD, MEMBER_MERGE, MEMBER_FINISH, MEMBER_DONE, MEMBER_COUNT };

static void sign_reducer(Checker *c, Signature *signature, AstReducer *reducer) {
    TypeList types = {0};
    check_param_types(c, &reducer->params, &types);
    Type *parts[3] = {type_var(&c->infer, 0), type_var(&c->infer, 0), type_var(&c->infer, 0)};
    vec_push(c->arena, &types, type_of_kind(&c->infer, TYPE_TUPLE, parts, 3));
    signature->type = type_of_kind(&c->infer, TYPE_FN, types.items, types.len);
    signature->deciding = parts[0];
}

/* The reducer's members by their place in member_shapes; false after an error. */
static bool find_members(Checker *c, const AstReducer *reducer, AstMember **found) {
    bool good = true;
    for (size_t i = 0; i < reducer->members.len; i++) {
        if (reducer->members.items[i]->kind != AST_MEMBER) return false;
        AstMember *member = ast_as(Member, reducer->members.items[i]);
        size_t k = 0;
        while (k < MEMBER_COUNT && strcmp(member->name, member_shapes[k].name) != 0) k++;
        if (k == MEMBER_COUNT) {
            Diag *diag = diag_add(c->diags, E0402, member->base.span, "a reducer has no member `%s`", member->name);
            diag_hint(diag, "its members are init, add, merge, and where wanted finish and done");
            good = false;
        } else if (found[k]) {
            diag_add(c->diags, E0202, member->base.span, "`%s` stands twice in this reducer", member->name);
            good = false;
        } else if (member->params.len != member_shapes[k].params) {
            diag_add(c->diags, E0402, member->base.span, "`%s` takes %zu parameter%s, but has %zu here", member->name,
                     member_shapes[k].params, member_shapes[k].params == 1 ? "" : "s", member->params.len);
            good = false;
        } else {
            found[k] = member;
        }
    }
    for (size_t k = 0; k <= MEMBER_MERGE && good; k++) {
        if (found[k]) continue;
        static const char *const needs[] = {"`init = …` is the state before the first element",
                                            "`add(state, x) = …` is the state with one more element",
                                            "`merge(a, b) = …` combines the states of two neighbouring parts"};
        Diag *diag = diag_add(c->diags, E0402, reducer->base.symbol->span, "the reducer `%s` has no `%s`", reducer->name,
                              member_shapes[k].name);
        diag_hint(diag, "%s", needs[k]);
        good = false;
    }
    return good;
}

static void check_member(Checker *c, AstMember *member, Type *first, Type *second, Type *result) {
    if (!member) return;
    Type *const types[2] = {first, second};
    assert(member->params.len <= 2); /* find_members has counted them */
    for (size_t i = 0; i < member->params.len; i++) {
        if (member->params.items[i]->kind != AST_PARAM) continue;
        AstParam *param = ast_as(Param, member->params.items[i]);
        Reason reason = {.what = arena_printf(c->arena, "parameter %zu of `%s`", i + 1, member->name), .span = SPAN_NONE};
        if (param->type_expr) check_fits(c, param->type_expr->span, annotate(c, param->type_expr), types[i], &reason);
        param->base.type = types[i];
        check_pattern(c, param->pattern, types[i]);
    }
    check_body(c, member->body, result, arena_printf(c->arena, "what `%s` gives", member->name), member->name, NULL);
    member->base.type = result;
}

static void check_reducer_members(Checker *c, const Signature *signature, AstReducer *reducer) {
    AstMember *members[MEMBER_COUNT] = {0};
    UnifyResult ignored;
    Type *parts = type_fn_result(signature->type);
    Type *element = parts->args[0], *state = parts->args[1], *result = parts->args[2];
    bind_params(c, &reducer->params);
    if (!find_members(c, reducer, members)) {
        for (size_t i = 0; i < 3; i++) type_unify(&c->infer, parts->args[i], error_type(c), &ignored);
        return;
    }
    check_member(c, members[MEMBER_INIT], NULL, NULL, state);
    check_member(c, members[MEMBER_ADD], state, element, state);
    check_member(c, members[MEMBER_MERGE], state, state, state);
    check_associative_merge(c, members[MEMBER_MERGE]);
    if (members[MEMBER_FINISH])
        check_member(c, members[MEMBER_FINISH], state, NULL, result);
    else
        type_unify(&c->infer, state, result, &ignored);
    check_member(c, members[MEMBER_DONE], state, NULL, type_basic(&c->infer, TYPE_BOOL));
}

/* ---- groups */

/* Inside a function the type variables of the one around it are known. */
static void inherit_type_vars(Checker *c, Map *type_vars, const Map *outer) {
    map_init(type_vars, c->arena);
    for (size_t i = 0; outer && i < outer->len; i++) {
        Type *type = outer->entries[i].value;
        if (type) *map_slot_pointer(type_vars, type->name) = type;
    }
}

static Signature *sign_group(Checker *c, const ItemGroup *group) {
    const Map *outer = c->type_vars;
    Signature *signatures = arena_array(c->arena, Signature, group->items.len);
    for (size_t i = 0; i < group->items.len; i++) {
        Ast *node = group->items.items[i]->node;
        Signature *signature = &signatures[i];
        inherit_type_vars(c, &signature->type_vars, outer);
        c->type_vars = &signature->type_vars;
        signature->symbol = node->symbol;
        if (node->kind == AST_FN)
            sign_fn(c, signature, ast_as(Fn, node));
        else
            sign_reducer(c, signature, ast_as(Reducer, node));
        signature->symbol->scheme = scheme_of(&c->infer, signature->type);
        group->items.items[i]->is_checking = true;
    }
    return signatures;
}

static void generalise_group(Checker *c, const ItemGroup *group, Signature *signatures) {
    TypeList types = {0}, deciding = {0};
    size_t count = group->items.len;
    for (size_t i = 0; i < count; i++) {
        const Signature *signature = &signatures[i];
        if (!type_is_small(signature->type)) {
            diag_add(c->diags, E0305, signature->symbol->span, "`%s` has a type that is too large", signature->symbol->name);
            signatures[i].type = error_type(c);
        }
        vec_push(c->arena, &types, signatures[i].type);
        for (size_t j = 0; signatures[i].type->kind == TYPE_FN && j < type_fn_arity(signatures[i].type); j++)
            vec_push(c->arena, &deciding, signatures[i].type->args[j]);
        if (signature->deciding) vec_push(c->arena, &deciding, signature->deciding);
    }
    Scheme **schemes = arena_array(c->arena, Scheme *, count);
    if (!scheme_generalise(&c->infer, &types, &deciding, schemes))
        diag_add(c->diags, E0305, signatures[0].symbol->span, "`%s` has a type that is too large", signatures[0].symbol->name);
    for (size_t i = 0; i < count; i++) {
        signatures[i].symbol->scheme = schemes[i];
        group->items.items[i]->is_checking = false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < c->group_uses.len; i++) {
        Use *use = c->group_uses.items[i];
        if (use->symbol->item->is_checking) /* of a group around this one */
            c->group_uses.items[kept++] = use;
        else /* the same instance: its types are the variables themselves */
            use->types = schemes[0]->vars;
    }
    c->group_uses.len = kept;
}

/* Each default is checked once where it stands, against a use of its own. */
static void check_defaults(Checker *c, const Symbol *symbol) {
    const AstList *params = params_of(symbol);
    for (size_t i = 0; i < params->len; i++) {
        AstParam *param = params->items[i]->kind == AST_PARAM ? ast_as(Param, params->items[i]) : NULL;
        if (!param || !param->default_value) continue;
        size_t literals = statement_begin(c);
        TypeList types = {0};
        Type *type = type_prune(scheme_instantiate(&c->infer, symbol->scheme, param->base.span, &types));
        const char *name = param->pattern->kind == AST_PAT_NAME ? ast_as(PatName, param->pattern)->name : "this parameter";
        Reason reason = {
            .what = arena_printf(c->arena, "the default of `%s`", name), .span = symbol->span, .note = "its use here decides"};
        if (type->kind == TYPE_FN && !type_is_error(type)) check_against(c, param->default_value, type->args[i], &reason);
        statement_end(c, literals);
    }
}

static void check_functions(Checker *c, const ItemGroup *group) {
    Map *outer = c->type_vars;
    c->infer.level++;
    Signature *signatures = sign_group(c, group);
    for (size_t i = 0; i < group->items.len; i++) {
        Ast *node = group->items.items[i]->node;
        c->type_vars = &signatures[i].type_vars;
        if (node->kind == AST_FN)
            check_fn(c, &signatures[i], ast_as(Fn, node));
        else
            check_reducer_members(c, &signatures[i], ast_as(Reducer, node));
    }
    c->infer.level--;
    generalise_group(c, group, signatures);
    for (size_t i = 0; i < group->items.len; i++) {
        c->type_vars = &signatures[i].type_vars;
        check_defaults(c, signatures[i].symbol);
    }
    c->type_vars = outer;
}

/* ---- functions in a block */

typedef struct Mentions {
    Checker *c;
    const Items *items; /* of the block's neighbours */
    Item *user;
} Mentions;

static void find_mentions(Ast *node, void *context) {
    const Mentions *mentions = context;
    Item *used = node->symbol && node->kind != AST_FN ? node->symbol->item : NULL;
    bool is_neighbour = used && used->position < mentions->items->len && mentions->items->items[used->position] == used;
    if (is_neighbour && used->mark != mentions->user->position + 1) {
        used->mark = mentions->user->position + 1;
        vec_push(mentions->c->arena, &mentions->user->uses, used);
    }
    ast_each_child(node, find_mentions, context);
}

void check_local_functions(Checker *c, Ast *const *fns, size_t count) {
    Items items = {0};
    ItemGroups groups = {0};
    for (size_t i = 0; i < count; i++) {
        fns[i]->type = unit_type(c);
        if (!fns[i]->symbol) continue;
        Item *item = arena_make(c->arena, Item);
        *item = (Item){.node = fns[i], .position = (uint32_t)items.len};
        fns[i]->symbol->item = item;
        vec_push(c->arena, &items, item);
    }
    for (size_t i = 0; i < items.len; i++) {
        Mentions mentions = {.c = c, .items = &items, .user = items.items[i]};
        find_mentions(items.items[i]->node, &mentions);
    }
    order_items(c->sema, &items, &groups);
    for (size_t i = 0; i < groups.len; i++) check_functions(c, &groups.items[i]);
}

/* ---- primitives */

static Type *find_variable(void *context, const char *name) {
    const Map *type_vars = context;
    for (size_t i = 0; i < type_vars->len; i++) {
        Type *type = type_vars->entries[i].value;
        if (strcmp(type->name, name) == 0) return type;
    }
    return NULL;
}

static void check_extern(Checker *c, AstExtern *external) {
    TypeList types = {0}, declared = {0};
    Scheme *scheme;
    Map type_vars;
    map_init(&type_vars, c->arena);
    c->type_vars = &type_vars;
    c->infer.level++;
    check_param_types(c, &external->params, &types);
    bind_params(c, &external->params);
    vec_push(c->arena, &types, external->result ? annotate(c, external->result) : unit_type(c));
    prim_constrain(&c->infer, external->name, find_variable, &type_vars, external->base.span);
    check_foreign(c, external, &types);
    c->infer.level--;
    vec_push(c->arena, &declared, type_of_kind(&c->infer, TYPE_FN, types.items, types.len));
    scheme_generalise(&c->infer, &declared, &types, &scheme);
    external->base.symbol->scheme = scheme;
}

/* ---- items */

static bool is_function(const Ast *node) {
    return (node->kind == AST_FN || node->kind == AST_REDUCER) && node->symbol;
}

/* The last statement of a cell, whose value is wanted. Those that may be compound statements are values only where they have one
 * for every way through them, which the grammar cannot know: of these only `match` and an `if` with an `else` are asked. */
static bool is_wanted(const Checker *c, const Ast *node) {
    if (c->sema->cell != CELL_VALUE || !c->module->is_main || vec_last(&c->module->file->items) != node) return false;
    switch (node->kind) {
    case AST_FN:
    case AST_EXTERN:
    case AST_TYPE_DECL:
    case AST_REDUCER:
    case AST_IMPORT:
    case AST_TEST:
    case AST_ERROR: return false;
    case AST_IF: return ((const AstIf *)node)->else_branch != NULL;
    default: return !ast_is_statement(node);
    }
}

static void check_item(Checker *c, Ast *node) {
    Map type_vars;
    map_init(&type_vars, c->arena);
    c->type_vars = &type_vars;
    if (node->kind == AST_EXTERN)
        check_extern(c, ast_as(Extern, node));
    else if (is_wanted(c, node))
        check_wanted(c, node);
    else
        check_statement(c, node);
    c->type_vars = NULL;
}

void check_group(Checker *c, const ItemGroup *group) {
    ItemGroup functions = {0};
    for (size_t i = 0; i < group->items.len; i++)
        if (is_function(group->items.items[i]->node)) vec_push(c->arena, &functions.items, group->items.items[i]);
    if (functions.items.len > 0) check_functions(c, &functions);
    /* A let in a circle with functions was reported (E0205); its names, without a type while the functions were checked, were
     * errors. */
    for (size_t i = 0; i < group->items.len; i++)
        if (!is_function(group->items.items[i]->node)) check_item(c, group->items.items[i]->node);
}
