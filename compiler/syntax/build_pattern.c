/* build_pattern.c: patterns and lambdas. A lambda's parameters have been read as an expression, the cover, because its `=>`
 * comes only after them; here they become patterns. Also the check of the whole tree that finds covers no `=>` followed. */
#include "compiler/syntax/syntax.h"

#include <string.h>

enum { DEPTH_MAX = 1000 }; /* of the tree: later phases recurse */

static bool is_upper(Name name) {
    return name[0] >= 'A' && name[0] <= 'Z';
}

/* ---- patterns */

Ast *build_name_pattern(Syntax *syntax, Name name, Span span) {
    if (strcmp(name, "_") == 0) return &ast_make(syntax->arena, PAT_WILDCARD, PatWildcard, span)->base;
    AstPatName *node = ast_make(syntax->arena, PAT_NAME, PatName, span);
    node->name = name;
    return &node->base;
}

Ast *build_literal_pattern(Syntax *syntax, Ast *literal) {
    if (literal->kind == AST_INTERPOLATION) {
        diag_add(syntax->diags, E0108, literal->span, "a string in a pattern cannot have `{...}` in it");
        return build_error(syntax, literal->span);
    }
    AstPatLiteral *node = ast_make(syntax->arena, PAT_LITERAL, PatLiteral, literal->span);
    node->value = literal;
    return &node->base;
}

Ast *build_range_pattern(Syntax *syntax, Ast *first, Ast *last, bool is_exclusive, Span span) {
    AstPatRange *node = ast_make(syntax->arena, PAT_RANGE, PatRange, span);
    node->first = first;
    node->last = last;
    node->is_exclusive = is_exclusive;
    return &node->base;
}

Ast *build_tuple_pattern(Syntax *syntax, AstList items, Span span) {
    if (items.len == 1) return items.items[0];
    AstPatTuple *node = ast_make(syntax->arena, PAT_TUPLE, PatTuple, span);
    node->items = items;
    return &node->base;
}

Ast *build_list_pattern(Syntax *syntax, AstList items, Span span) {
    AstPatList *node = ast_make(syntax->arena, PAT_LIST, PatList, span);
    node->items = items;
    return &node->base;
}

Ast *build_rest(Syntax *syntax, Name name, Span span) {
    AstPatRest *node = ast_make(syntax->arena, PAT_REST, PatRest, span);
    node->name = name;
    return &node->base;
}

Ast *build_constructor_pattern(Syntax *syntax, Name module, Name name, AstList args, Span span) {
    AstPatConstructor *node = ast_make(syntax->arena, PAT_CONSTRUCTOR, PatConstructor, span);
    node->module = module;
    node->name = name;
    node->args = args;
    return &node->base;
}

Ast *build_pattern_argument(Syntax *syntax, Name label, Ast *pattern, Span span) {
    AstPatArg *node = ast_make(syntax->arena, PAT_ARG, PatArg, span);
    node->label = label;
    node->pattern = pattern;
    return &node->base;
}

Ast *build_alternative(Syntax *syntax, Ast *left, Ast *right) {
    Span span = span_join(left->span, right->span);
    AstPatAlternatives *node = ast_make(syntax->arena, PAT_ALTERNATIVES, PatAlternatives, span);
    bool continues = left->kind == AST_PAT_ALTERNATIVES;
    node->items = list_add(syntax, continues ? ast_as(PatAlternatives, left)->items : list_of(syntax, left), right);
    return &node->base;
}

/* ---- from cover to pattern */

static Ast *pattern_of(Syntax *syntax, Ast *cover);

static AstList patterns_of(Syntax *syntax, AstList covers) {
    AstList patterns = {0};
    for (size_t i = 0; i < covers.len; i++) patterns = list_add(syntax, patterns, pattern_of(syntax, covers.items[i]));
    return patterns;
}

static AstList pattern_arguments_of(Syntax *syntax, AstList args) {
    AstList patterns = {0};
    for (size_t i = 0; i < args.len; i++) {
        AstArg *arg = ast_as(Arg, args.items[i]);
        Ast *pattern = pattern_of(syntax, arg->value);
        patterns = list_add(syntax, patterns, build_pattern_argument(syntax, arg->label, pattern, arg->base.span));
    }
    return patterns;
}

static Ast *not_a_pattern(Syntax *syntax, Ast *cover) {
    if (cover->kind != AST_ERROR) {
        Diag *d = diag_add(syntax->diags, E0108, cover->span, "this is not a parameter");
        diag_hint(d, "before `=>` stand names or patterns: `x => ...`, `(x, y) => ...`, `((a, b), c) => ...`, `(x: int) => ...`");
    }
    return build_error(syntax, cover->span);
}

/* A constructor, from `Name`, `Name(…)`, `module.Name`, `module.Name(…)`; NULL where the cover is none of these. */
static Ast *constructor_of(Syntax *syntax, Ast *cover) {
    Ast *head = cover, *module = NULL;
    AstList args = {0};
    Name name = NULL;
    if (cover->kind == AST_CALL) {
        head = ast_as(Call, cover)->callee;
        args = ast_as(Call, cover)->args;
    }
    if (head->kind == AST_NAME_REF) {
        name = ast_as(NameRef, head)->name;
    } else if (head->kind == AST_DOT) {
        module = ast_as(Dot, head)->value;
        name = ast_as(Dot, head)->name;
    } else if (head->kind == AST_METHOD) {
        module = ast_as(Method, head)->receiver;
        name = ast_as(Method, head)->name;
        args = ast_as(Method, head)->args;
    }
    if (!name || !is_upper(name) || (module && module->kind != AST_NAME_REF)) return NULL;
    Name module_name = module ? ast_as(NameRef, module)->name : NULL;
    return build_constructor_pattern(syntax, module_name, name, pattern_arguments_of(syntax, args), cover->span);
}

static bool is_alternatives(const Ast *cover) {
    return cover->kind == AST_BINARY && ((const AstBinary *)cover)->op == OP_BIT_OR;
}

/* `p | q | r` came as (p | q) | r. */
static Ast *alternatives_of(Syntax *syntax, Ast *cover) {
    AstList last_first = {0};
    for (; is_alternatives(cover); cover = ast_as(Binary, cover)->left)
        last_first = list_add(syntax, last_first, ast_as(Binary, cover)->right);
    Ast *pattern = pattern_of(syntax, cover);
    for (size_t i = last_first.len; i-- > 0;) pattern = build_alternative(syntax, pattern, pattern_of(syntax, last_first.items[i]));
    return pattern;
}

/* Recurses only as deep as brackets are nested, which newline.c bounds. */
static Ast *pattern_of(Syntax *syntax, Ast *cover) {
    Ast *constructor = constructor_of(syntax, cover);
    if (constructor) return constructor;
    if (is_alternatives(cover)) return alternatives_of(syntax, cover);
    switch (cover->kind) {
    case AST_NAME_REF: return build_name_pattern(syntax, ast_as(NameRef, cover)->name, cover->span);
    case AST_INT_LIT:
    case AST_FLOAT_LIT:
    case AST_BOOL_LIT:
    case AST_STRING_LIT: return build_literal_pattern(syntax, cover);
    case AST_PAREN: return pattern_of(syntax, ast_as(Paren, cover)->value);
    case AST_TUPLE: return build_tuple_pattern(syntax, patterns_of(syntax, ast_as(Tuple, cover)->items), cover->span);
    case AST_LIST_LIT: return build_list_pattern(syntax, patterns_of(syntax, ast_as(ListLit, cover)->items), cover->span);
    case AST_PAT_REST: return cover;
    case AST_NONE: return &ast_make(syntax->arena, PAT_NONE, PatNone, cover->span)->base;
    case AST_SOME: {
        AstPatSome *some = ast_make(syntax->arena, PAT_SOME, PatSome, cover->span);
        some->pattern = pattern_of(syntax, ast_as(Some, cover)->value);
        return &some->base;
    }
    default: return not_a_pattern(syntax, cover);
    }
}

Ast *build_cover(Syntax *syntax, Ast *value, Ast *type_expr, Ast *default_value, Span span) {
    AstParam *node = ast_make(syntax->arena, PARAM, Param, span);
    node->pattern = value;
    node->type_expr = type_expr;
    node->default_value = default_value;
    return &node->base;
}

static Ast *parameter_of(Syntax *syntax, Ast *cover) {
    AstParam *param = ast_make(syntax->arena, PARAM, Param, cover->span);
    if (cover->kind != AST_PARAM) {
        param->pattern = pattern_of(syntax, cover);
        return &param->base;
    }
    AstParam *from = ast_as(Param, cover);
    param->pattern = pattern_of(syntax, from->pattern);
    param->type_expr = from->type_expr;
    if (from->default_value) {
        Diag *d = diag_add(syntax->diags, E0108, cover->span, "a parameter of a function value has no default");
        diag_hint(d, "declare the function with `fn` to give its parameters defaults");
    }
    return &param->base;
}

Ast *build_lambda(Syntax *syntax, Ast *cover, Ast *body, Span span) {
    AstLambda *node = ast_make(syntax->arena, LAMBDA, Lambda, span);
    node->body = body;
    AstList covers = cover->kind == AST_TUPLE   ? ast_as(Tuple, cover)->items
                     : cover->kind == AST_PAREN ? list_of(syntax, ast_as(Paren, cover)->value)
                                                : list_of(syntax, cover);
    for (size_t i = 0; i < covers.len; i++) {
        node->params = list_add(syntax, node->params, parameter_of(syntax, covers.items[i]));
    }
    return &node->base;
}

/* ---- the check of the whole tree */

typedef struct Step {
    Ast *node;
    unsigned depth;
} Step;

typedef struct TreeCheck {
    Syntax *syntax;
    VEC(Step) steps; /* nodes still to be looked at */
    Step at;
} TreeCheck;

/* Makes a node an ERROR where it stands; ast_new leaves room for that. */
static void node_cut(Ast *node) {
    node->kind = AST_ERROR;
    ast_as(Error, node)->names = (AstList){0};
}

static void cover_report(Syntax *syntax, Ast *child) {
    if (child->kind == AST_PAT_REST) {
        diag_add(syntax->diags, E0108, child->span, "`...` can stand only in a pattern");
    } else if (ast_as(Param, child)->type_expr) {
        Diag *d =
            diag_add(syntax->diags, E0108, child->span, "a type can stand only behind a parameter or a name that is declared");
        diag_hint(d, "a function value is written `(x: int) => ...`");
    } else {
        Diag *d = diag_add(syntax->diags, E0108, child->span, "an assignment cannot stand inside an expression");
        diag_hint(d, "`==` compares; an argument is given by name as `name: value`");
    }
    node_cut(child);
}

static void check_child(Ast *child, void *context) {
    TreeCheck *check = context;
    AstKind parent = check->at.node->kind;
    bool in_parens = parent == AST_PAREN || parent == AST_TUPLE || parent == AST_LIST_LIT;
    if (in_parens && (child->kind == AST_PARAM || child->kind == AST_PAT_REST)) cover_report(check->syntax, child);
    Step step = {child, check->at.depth + 1};
    vec_push(check->syntax->arena, &check->steps, step);
}

void tree_check(Syntax *syntax, Ast *root) {
    TreeCheck check = {.syntax = syntax};
    bool is_reported = syntax->is_stopped; /* brackets or bison's stack were too deep already */
    vec_push(syntax->arena, &check.steps, ((Step){root, 1}));
    while (check.steps.len) {
        check.at = vec_pop(&check.steps);
        if (check.at.depth < DEPTH_MAX) {
            ast_each_child(check.at.node, check_child, &check);
            continue;
        }
        if (!is_reported) {
            Diag *d = diag_add(syntax->diags, E0109, check.at.node->span, "this is nested more than %d deep", DEPTH_MAX);
            diag_hint(d, "give parts of it names by `let`");
        }
        is_reported = true;
        node_cut(check.at.node);
    }
}
