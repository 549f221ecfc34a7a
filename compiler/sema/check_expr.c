/* check_expr.c: the types of expressions: literals, collections, indexing, branches; what is larger has a file of its own. */
#include "compiler/sema/check.h"

#include <string.h>

static Type *hint_arg(Type *hint, TypeKind kind, size_t i) {
    hint = hint ? type_prune(hint) : NULL;
    return hint && hint->kind == kind && i < hint->arg_count ? hint->args[i] : NULL;
}

/* ---- literals and collections */

static Type *check_int(Checker *c, AstIntLit *literal, bool is_negated) {
    if (literal->value > (uint64_t)INT64_MAX + (is_negated ? 1 : 0))
        diag_add(c->diags, E0308, literal->base.span, "an int lies between -9223372036854775808 and 9223372036854775807");
    return literal->base.type = type_literal(&c->infer);
}

Type *check_unary(Checker *c, AstUnary *unary) {
    if (unary->op == OP_NOT) {
        Reason reason = {.what = "the operand of `not`", .span = SPAN_NONE};
        check_against(c, unary->operand, type_basic(&c->infer, TYPE_BOOL), &reason);
        return type_basic(&c->infer, TYPE_BOOL);
    }
    Type *type = unary->operand->kind == AST_INT_LIT ? check_int(c, ast_as(IntLit, unary->operand), true)
                                                     : check_expr(c, unary->operand, NULL);
    return check_class(c, unary->operand->span, type, CLASS_NUMBER, "`-` needs a number") ? type : error_type(c);
}

static Type *check_tuple(Checker *c, AstTuple *tuple, Type *hint) {
    TypeList types = {0};
    for (size_t i = 0; i < tuple->items.len; i++)
        vec_push(c->arena, &types, check_expr(c, tuple->items.items[i], hint_arg(hint, TYPE_TUPLE, i)));
    return type_of_kind(&c->infer, TYPE_TUPLE, types.items, types.len);
}

static Type *check_list(Checker *c, AstListLit *list, Type *hint) {
    Type *element = hint_arg(hint, TYPE_LIST, 0);
    if (list->items.len == 0) return type_one(&c->infer, TYPE_LIST, type_var(&c->infer, 0));
    Type *first = check_expr(c, list->items.items[0], element);
    Reason reason = {
        .what = "an element of this list", .span = list->items.items[0]->span, .note = "the first element decides the type of all"};
    for (size_t i = 1; i < list->items.len; i++) check_against(c, list->items.items[i], first, &reason);
    return type_one(&c->infer, TYPE_LIST, first);
}

static Type *check_map(Checker *c, AstMapLit *map, Type *hint) {
    Type *key = type_var(&c->infer, CLASS_ORDER | CLASS_EQUAL), *value = hint_arg(hint, TYPE_MAP, 1);
    value = value ? value : type_var(&c->infer, 0);
    Reason key_reason = {
        .what = "a key of this map", .span = map->base.span, .note = "all keys have one type, and so have all values"};
    Reason value_reason = {.what = "a value of this map", .span = key_reason.span, .note = key_reason.note};
    for (size_t i = 0; i < map->entries.len; i++) {
        if (map->entries.items[i]->kind != AST_ENTRY) continue;
        AstEntry *entry = ast_as(Entry, map->entries.items[i]);
        check_against(c, entry->key, key, &key_reason);
        check_against(c, entry->value, value, &value_reason);
        entry->base.type = type_pair(&c->infer, TYPE_TUPLE, key, value);
    }
    return type_pair(&c->infer, TYPE_MAP, key, value);
}

static Type *check_range(Checker *c, AstRange *range) {
    Reason reason = {.what = "an end of a range", .span = SPAN_NONE};
    check_against(c, range->first, type_basic(&c->infer, TYPE_INT), &reason);
    if (range->last) check_against(c, range->last, type_basic(&c->infer, TYPE_INT), &reason);
    warn_descending_range(c, range);
    return type_basic(&c->infer, TYPE_RANGE);
}

/* ---- parts of values */

static Type *check_index(Checker *c, AstIndex *index) {
    Type *sequence = check_expr(c, index->sequence, NULL);
    Type *position = check_expr(c, index->index, NULL);
    if (index->index->kind == AST_RANGE)
        return check_class(c, index->sequence->span, sequence, CLASS_SLICE, "only strings and lists have slices") ? sequence
                                                                                                                  : error_type(c);
    Type *element = type_var(&c->infer, 0);
    pred_require(&c->infer, (Pred){.kind = PRED_INDEX, .types = {sequence, position, element}, .span = index->base.span});
    return element;
}

static Type *check_tuple_dot(Checker *c, AstTupleDot *dot) {
    Type *tuple = check_expr(c, dot->value, NULL);
    Type *field = type_var(&c->infer, 0);
    pred_require(&c->infer, (Pred){.kind = PRED_FIELD, .types = {tuple, field}, .index = dot->index, .span = dot->base.span});
    return field;
}

/* The parts of the error that a `catch` names. */
static Type *check_error_part(Checker *c, AstDot *dot, Ast *error) {
    Type *string = type_basic(&c->infer, TYPE_STRING);
    for (Ast *node = dot->value; node != error; node = ast_as(Paren, node)->value)
        node->type = type_pair(&c->infer, TYPE_TUPLE, string, string);
    error->type = type_pair(&c->infer, TYPE_TUPLE, string, string);
    if (strcmp(dot->name, "message") == 0 || strcmp(dot->name, "where") == 0) return string;
    Diag *diag = diag_add(c->diags, E0306, dot->base.span, "an error has no field `%s`", dot->name);
    diag_hint(diag, "its fields are `message`, what happened, and `where`, the place; both are strings");
    return error_type(c);
}

static Type *check_dot(Checker *c, AstDot *dot, Type *hint) {
    if (dot->base.symbol) return check_name(c, &dot->base, hint);
    Ast *value = dot->value;
    while (value->kind == AST_PAREN) value = ast_as(Paren, value)->value;
    if (value->kind == AST_NAME_REF && value->symbol && value->symbol->decl && value->symbol->decl->kind == AST_TRY)
        return check_error_part(c, dot, value);
    if (dot->value->symbol && dot->value->symbol->kind == SYMBOL_MODULE) /* what it has not was reported */
        return error_type(c);
    Type *type = check_expr(c, dot->value, NULL);
    if (type_is_error(type)) return type;
    if (type_is(type, TYPE_FUTURE)) return check_future_field(c, dot, type);
    bool was_reported = false;
    Type *field = check_field(c, dot->base.span, type, dot->name, &was_reported);
    if (field) return field;
    if (was_reported) return error_type(c);
    Diag *diag = diag_add(c->diags, E0306, dot->base.span, "%s has no field `%s`", type_text(&c->infer, type), dot->name);
    const char *foreign = foreign_name_hint(c->sema, dot->name);
    if (type_is(type, TYPE_TUPLE))
        diag_hint(diag, "the fields of a tuple are .0, .1 and so on; `let (a, b) = t` gives them names");
    else if (type_is(type, TYPE_MAP))
        diag_hint(diag, "a map's value is read by its key: `m[\"%s\"]`", dot->name);
    else if (foreign)
        diag_hint(diag, "%s", foreign);
    else
        diag_hint(diag, "a function is called with parentheses: x.%s()", dot->name);
    return error_type(c);
}

/* ---- branches */

static Type *check_if(Checker *c, AstIf *branch, Type *hint) {
    Reason condition = {.what = "the condition of `if`", .span = SPAN_NONE};
    check_against(c, branch->condition, type_basic(&c->infer, TYPE_BOOL), &condition);
    Type *type = check_expr(c, branch->then_branch, hint);
    if (!branch->else_branch) {
        UnifyResult result;
        if (!type_unify(&c->infer, type, unit_type(c), &result)) {
            Diag *diag = diag_add(c->diags, E0310, branch->base.span, "this `if` has no value when its condition is false");
            diag_hint(diag, "give it an `else { … }`");
            return error_type(c);
        }
        return unit_type(c);
    }
    Type *other = check_expr(c, branch->else_branch, hint ? hint : type);
    UnifyResult result;
    if (type_unify(&c->infer, type, other, &result)) return type;
    if (result.status != UNIFY_MISMATCH) {
        Reason reason = {.what = "the value of this `else`", .span = branch->then_branch->span, .note = "the other branch is here"};
        report_misfit(c, branch->else_branch->span, &result, other, type, &reason);
        return error_type(c);
    }
    const char *then_text, *else_text;
    type_texts(&c->infer, type, other, &then_text, &else_text);
    Diag *diag = diag_add(c->diags, E0301, branch->else_branch->span,
                          "the branches of this `if` give different types: %s, and here %s", then_text, else_text);
    diag_label(diag, branch->else_branch->span, "%s", else_text);
    diag_label(diag, branch->then_branch->span, "%s", then_text);
    if (type_is_unit(other) || type_is_unit(type))
        diag_hint(diag,
                  "the value of a block is that of its last expression; loops, assignments and an `if` without `else` have none");
    return error_type(c);
}

/* `e?`: what is in the optional, or an early return of none. */
static Type *check_question(Checker *c, AstQuestion *question) {
    Type *optional = check_expr(c, question->value, NULL), *value = type_var(&c->infer, 0);
    UnifyResult result;
    if (!type_unify(&c->infer, optional, type_one(&c->infer, TYPE_OPTIONAL, value), &result)) {
        Diag *diag = diag_add(c->diags, E0301, question->value->span, "`?` looks into an optional, but this is %s",
                              type_text(&c->infer, optional));
        diag_hint(diag, "it always has a value, so the `?` can go");
        return error_type(c);
    }
    if (!c->fn) return value; /* outside of any function, which was reported */
    if (!type_unify(&c->infer, c->fn->result, type_one(&c->infer, TYPE_OPTIONAL, type_var(&c->infer, 0)), &result)) {
        Diag *diag = diag_add(c->diags, E0301, question->base.span, "`?` may return `none`, but the function around it gives %s",
                              type_text(&c->infer, c->fn->result));
        diag_hint(diag, "let the function give an optional, or write `?? default` in place of `?`");
    }
    return value;
}

static Type *check_try(Checker *c, AstTry *try, Type *hint) {
    Type *type = check_expr(c, try->body, hint);
    Type *other = check_expr(c, try->handler, hint ? hint : type);
    Reason reason = {.what = "the value of this `catch`", .span = try->body->span, .note = "the `try` decides the type"};
    return check_fits(c, try->handler->span, other, type, &reason) ? type : error_type(c);
}

/* `m[k] ?? 0`, of one who thinks that indexing gives an optional. */
static void hint_no_optional(Diag *diag, const Ast *left) {
    if (left->kind != AST_INDEX || ((const AstIndex *)left)->index->kind == AST_RANGE) {
        diag_hint(diag, "it always has a value, so the `??` can go");
        return;
    }
    const AstIndex *index = (const AstIndex *)left;
    uint32_t file = left->span.file;
    diag_hint(diag, "indexing ends in an error where there is nothing: `get(m, k)` gives an optional");
    diag_fix(diag, (Span){file, left->span.from, left->span.from}, "get(");
    diag_fix(diag, (Span){file, index->sequence->span.to, index->index->span.from}, ", ");
    diag_fix(diag, (Span){file, index->index->span.to, left->span.to}, ")");
}

static Type *check_coalesce(Checker *c, AstBinary *binary) {
    Type *optional = check_expr(c, binary->left, NULL);
    Type *value = type_var(&c->infer, 0);
    UnifyResult result;
    if (!type_unify(&c->infer, optional, type_one(&c->infer, TYPE_OPTIONAL, value), &result)) {
        Diag *diag = diag_add(c->diags, E0301, binary->left->span, "`??` gives a default for an optional, but this is %s",
                              type_text(&c->infer, optional));
        hint_no_optional(diag, binary->left);
        value = error_type(c);
    }
    Reason reason = {.what = "the default after `??`", .span = binary->left->span, .note = "the optional is here"};
    check_against(c, binary->right, value, &reason);
    return value;
}

static Type *check_logic(Checker *c, AstBinary *binary) {
    Reason reason = {.what = binary->op == OP_AND ? "an operand of `and`" : "an operand of `or`", .span = SPAN_NONE};
    bool is_bool = check_against(c, binary->left, type_basic(&c->infer, TYPE_BOOL), &reason);
    if (is_bool)
        check_against(c, binary->right, type_basic(&c->infer, TYPE_BOOL), &reason);
    else
        check_expr(c, binary->right, NULL);
    return type_basic(&c->infer, TYPE_BOOL);
}

Type *check_binary(Checker *c, AstBinary *binary) {
    if (binary->op == OP_COALESCE) return check_coalesce(c, binary);
    if (binary->op == OP_AND || binary->op == OP_OR) return check_logic(c, binary);
    check_expr(c, binary->left, NULL);
    check_expr(c, binary->right, NULL);
    return check_operation(c, binary->op, binary->base.span, binary->left, binary->right);
}

/* ---- all of them */

static Type *check_other(Checker *c, Ast *node) {
    switch (node->kind) {
    case AST_ASYNC: return check_async(c, ast_as(Async, node));
    case AST_AWAIT: return check_await(c, ast_as(Await, node));
    case AST_RETURN:
    case AST_BREAK:
    case AST_CONTINUE: check_statement(c, node); return type_var(&c->infer, 0); /* goes elsewhere, so it may stand for any value */
    default:
        if (ast_is_statement(node)) check_statement(c, node);
        return ast_is_statement(node) ? unit_type(c) : error_type(c);
    }
}

static Type *check_kind(Checker *c, Ast *node, Type *hint) {
    switch (node->kind) {
    case AST_INT_LIT: return check_int(c, ast_as(IntLit, node), false);
    case AST_FLOAT_LIT: return type_basic(&c->infer, TYPE_FLOAT);
    case AST_BOOL_LIT: return type_basic(&c->infer, TYPE_BOOL);
    case AST_STRING_LIT: return type_basic(&c->infer, TYPE_STRING);
    case AST_INTERPOLATION: return check_interpolation(c, ast_as(Interpolation, node));
    case AST_NAME_REF: return check_name(c, node, hint);
    case AST_OPERATOR_REF: return check_operator_ref(c, ast_as(OperatorRef, node));
    case AST_PAREN: return check_expr(c, ast_as(Paren, node)->value, hint);
    case AST_TUPLE: return check_tuple(c, ast_as(Tuple, node), hint);
    case AST_LIST_LIT: return check_list(c, ast_as(ListLit, node), hint);
    case AST_MAP_LIT: return check_map(c, ast_as(MapLit, node), hint);
    case AST_SOME:
        return type_one(&c->infer, TYPE_OPTIONAL, check_expr(c, ast_as(Some, node)->value, hint_arg(hint, TYPE_OPTIONAL, 0)));
    case AST_GIVEN: /* its let says what it is */
        if (ast_as(Given, node)->definition) return check_expr(c, ast_as(Given, node)->definition, hint);
        return hint ? hint : error_type(c);
    case AST_NONE: return type_one(&c->infer, TYPE_OPTIONAL, type_var(&c->infer, 0));
    case AST_LAMBDA: return check_lambda(c, ast_as(Lambda, node), hint);
    case AST_UNARY: return check_unary(c, ast_as(Unary, node));
    case AST_BINARY: return check_binary(c, ast_as(Binary, node));
    case AST_RANGE: return check_range(c, ast_as(Range, node));
    case AST_CALL: return check_call(c, ast_as(Call, node));
    case AST_METHOD: return check_method(c, ast_as(Method, node));
    case AST_INDEX: return check_index(c, ast_as(Index, node));
    case AST_DOT: return check_dot(c, ast_as(Dot, node), hint);
    case AST_TUPLE_DOT: return check_tuple_dot(c, ast_as(TupleDot, node));
    case AST_IF: return check_if(c, ast_as(If, node), hint);
    case AST_MATCH: return check_match(c, ast_as(Match, node), hint);
    case AST_WITH: return check_with(c, ast_as(With, node));
    case AST_BLOCK: return check_block(c, ast_as(Block, node), hint);
    case AST_PIPE: return check_pipe(c, ast_as(Pipe, node));
    case AST_QUESTION: return check_question(c, ast_as(Question, node));
    case AST_TRY: return check_try(c, ast_as(Try, node), hint);
    default: return check_other(c, node);
    }
}

Type *check_expr(Checker *c, Ast *node, Type *hint) {
    return node->type = check_kind(c, node, hint);
}

bool check_against(Checker *c, Ast *node, Type *expected, const Reason *reason) {
    Type *type = check_expr(c, node, expected);
    if (check_fits(c, node->span, type, expected, reason)) return true;
    node->type = error_type(c);
    return false;
}
