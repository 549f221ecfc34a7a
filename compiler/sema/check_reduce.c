/* check_reduce.c: `reduce`: by a function or a reducer, of everything or by key, and reducers called as functions. */
#include "compiler/sema/check.h"

#include <string.h>

static Ast *without_parens(Ast *node) {
    while (node->kind == AST_PAREN) node = ast_as(Paren, node)->value;
    return node;
}

static Symbol *reducer_symbol(Symbol *symbol) {
    return symbol && symbol->kind == SYMBOL_REDUCER ? symbol : NULL;
}

Symbol *reducer_of(const Ast *operand) {
    while (operand->kind == AST_PAREN) operand = ((const AstParen *)operand)->value;
    switch (operand->kind) {
    case AST_NAME_REF:
    case AST_DOT: return reducer_symbol(operand->symbol);
    case AST_CALL: return reducer_of(((const AstCall *)operand)->callee);
    case AST_METHOD: {
        const Ast *receiver = ((const AstMethod *)operand)->receiver;
        return receiver->symbol && receiver->symbol->kind == SYMBOL_MODULE ? reducer_symbol(operand->symbol) : NULL;
    }
    default: return NULL;
    }
}

/* ---- reducers */

typedef struct Instance {
    Use *use;
    Type *type; /* a function from the parameters to `parts` */
    Type *element, *result;
} Instance;

static bool instance_new(Checker *c, Symbol *symbol, Span span, Instance *instance) {
    Type *type;
    instance->use = use_new(c, symbol, span, &type);
    type = type_prune(type);
    if (type->kind != TYPE_FN) return false;
    const Type *parts = type_prune(type_fn_result(type));
    *instance = (Instance){.use = instance->use, .type = type, .element = parts->args[0], .result = parts->args[2]};
    return true;
}

static const AstList no_args = {0};

static Diag *report_element(Checker *c, const Ast *node, const Symbol *symbol, Type *element, Type *wanted,
                            const UnifyResult *result) {
    const char *element_text, *wanted_text;
    type_texts(&c->infer, element, wanted, &element_text, &wanted_text);
    if (result->status == UNIFY_CLASS)
        return diag_add(c->diags, E0402, node->span, "`%s` cannot reduce elements of type %s: %s %s", symbol->name, element_text,
                        type_text(&c->infer, result->left), class_complaint(result->class));
    return diag_add(c->diags, E0402, node->span, "`%s` reduces elements of type %s, but here they are %s", symbol->name,
                    wanted_text, element_text);
}

/* Pairs are mostly meant to be reduced by their keys. */
static void hint_by_key(Diag *diag, const Ast *operand, const char *name) {
    diag_hint(diag, "of pairs (key, value), `reduce %s by key` reduces the values of each key", name);
    diag_fix(diag, (Span){operand->span.file, operand->span.to, operand->span.to}, " by key");
}

/* The operand of `reduce`: `mean`, `top(10)`, `stats.median`. What it is reduced to; its element is the one given. */
static Type *check_reducer(Checker *c, Ast *operand, Symbol *symbol, Type *element, Span element_span) {
    Instance instance;
    Ast *node = without_parens(operand);
    if (!instance_new(c, symbol, node->span, &instance)) return error_type(c);
    UnifyResult result;
    c->infer.place = node->span;
    bool fits = type_unify(&c->infer, element, instance.element, &result);
    c->infer.place = SPAN_NONE;
    if (!fits) {
        Diag *diag = report_element(c, node, symbol, element, instance.element, &result);
        diag_label(diag, element_span, "the elements come from here");
        if (type_is_unit(element)) diag_hint(diag, "the mapped function gives no value: that of a block is its last expression");
        if (result.status == UNIFY_CLASS) demand_labels(diag, node->span, result.demand, class_demand(result.class));
        const Type *pair = type_prune(element);
        if (pair->kind == TYPE_TUPLE && pair->arg_count == 2) hint_by_key(diag, operand, symbol->name);
        return error_type(c);
    }
    const AstList *args = &no_args;
    if (node->kind == AST_CALL)
        args = &ast_as(Call, node)->args;
    else if (node->kind == AST_METHOD)
        args = &ast_as(Method, node)->args;
    if (!check_args(c, node, instance.use, instance.type->args, NULL, args)) return error_type(c);
    node->use = instance.use;
    node->symbol = symbol;
    node->type = type_fn_result(instance.type);
    operand->type = node->type;
    return instance.result;
}

Type *check_reducer_call(Checker *c, Ast *node, Symbol *symbol, Ast *receiver, const AstList *args) {
    Ast *sequence = receiver;
    AstList own = *args; /* the reducer's own arguments: those after the sequence */
    if (!sequence && args->len > 0 && !(args->items[0]->kind == AST_ARG && ast_as(Arg, args->items[0])->label)) {
        sequence = args->items[0]->kind == AST_ARG ? ast_as(Arg, args->items[0])->value : args->items[0];
        own = (AstList){.items = args->items + 1, .len = args->len - 1};
    }
    bool has_params = params_of(symbol)->len > 0;
    if (!sequence || (own.len > 0 && !has_params)) {
        const char *takes = has_params ? "it takes a sequence first, then its own arguments" : "it takes one sequence";
        Diag *diag = diag_add(c->diags, E0303, node->span, "`%s` is a reducer: called as a function, %s", symbol->name, takes);
        diag_note(diag, symbol->span, "`%s` is declared here", symbol->name);
        if (symbol->module->is_library && strcmp(symbol->name, "set") == 0)
            diag_hint(diag, "`empty_set()` is the set without elements");
        return error_type(c);
    }
    Type *type = check_expr(c, sequence, NULL);
    Instance instance;
    if (!instance_new(c, symbol, node->span, &instance)) return error_type(c);
    pred_require(&c->infer, (Pred){.kind = PRED_SEQUENCE, .types = {type, instance.element}, .span = sequence->span});
    if (!check_args(c, node, instance.use, instance.type->args, NULL, &own)) return error_type(c);
    vec_push(c->arena, &instance.use->args, sequence);
    node->use = instance.use;
    return instance.result;
}

/* A tuple of reducers: each gets the whole element; the results are a tuple. */
static Type *check_reducers(Checker *c, Ast *operand, AstTuple *tuple, Type *element, Span element_span) {
    TypeList results = {0};
    bool good = true;
    for (size_t i = 0; i < tuple->items.len; i++) {
        Ast *item = tuple->items.items[i], *inner = without_parens(item);
        Symbol *reducer = reducer_of(item);
        Type *result = error_type(c);
        if (inner->kind == AST_TUPLE) {
            result = check_reducers(c, item, ast_as(Tuple, inner), element, element_span);
        } else if (reducer) {
            result = check_reducer(c, item, reducer, element, element_span);
        } else {
            Diag *diag = diag_add(c->diags, E0402, item->span, "in a tuple of reducers this is no reducer");
            diag_hint(diag, "each of them must be a reducer: `sum` for `(+)`, or one of your own, declared by `reducer`");
        }
        good = good && !type_is_error(type_prune(result));
        vec_push(c->arena, &results, result);
    }
    Type *type = good ? type_of_kind(&c->infer, TYPE_TUPLE, results.items, results.len) : error_type(c);
    operand->type = tuple->base.type = type;
    return type;
}

/* ---- functions */

/* What combines: the operand of `reduce` or `scan`. */
static Ast **combined(AstPipe *pipe) {
    return pipe->scan ? &pipe->scan : &pipe->reduce;
}

static Type *check_fold(Checker *c, AstPipe *pipe, Type *element) {
    Type *wanted = type_of_kind(&c->infer, TYPE_FN, (Type *[]){element, element, element}, 3);
    Reason reason = {.what = pipe->scan ? "the function of `scan`" : "the function of `reduce`", .span = SPAN_NONE};
    if (!check_against(c, *combined(pipe), wanted, &reason)) element = error_type(c);
    check_associative(c, *combined(pipe));
    if (pipe->from) {
        Reason from = {
            .what = "the value after `from`", .span = pipe->reduce->span, .note = "this function combines it with the result"};
        check_against(c, pipe->from, element, &from);
    }
    return element;
}

static bool is_reducer_tuple(Ast *operand) {
    operand = without_parens(operand);
    if (operand->kind != AST_TUPLE) return false;
    const AstList *items = &ast_as(Tuple, operand)->items;
    for (size_t i = 0; i < items->len; i++)
        if (reducer_of(items->items[i]) || is_reducer_tuple(items->items[i])) return true;
    return false;
}

/* `map f over a reduce sum / 2`: an operator at the end belongs to the operand of `reduce`, which is hardly ever meant. */
static Type *refuse_operator(Checker *c, AstPipe *pipe, const AstBinary *operand) {
    Symbol *reducer = reducer_of(operand->left);
    const char *clause = pipe->scan ? "scan" : "reduce", *op = ast_op_spelling(operand->op);
    Diag *diag = diag_add(c->diags, E0402, operand->base.span, "`%s` takes in the operator that follows: `%s %s …` is no reducer",
                          clause, reducer->name, op);
    if (pipe->scan) {
        diag_hint(diag, "a scan is a stream: map over it to change its values: `map x => x %s … over (map … scan %s)`", op,
                  reducer->name);
        return error_type(c);
    }
    diag_hint(diag, "put the map in parentheses: `(map … reduce %s) %s …`", reducer->name, op);
    Span reduced = {pipe->base.span.file, pipe->base.span.from, operand->left->span.to};
    diag_fix_around(diag, reduced, "(", ")");
    return error_type(c);
}

static Type *check_combined(Checker *c, AstPipe *pipe, Type *element, Span element_span) {
    Ast *operand = *combined(pipe);
    Symbol *reducer = reducer_of(operand);
    if (operand->kind == AST_BINARY && reducer_of(ast_as(Binary, operand)->left))
        return refuse_operator(c, pipe, ast_as(Binary, operand));
    bool is_tuple = is_reducer_tuple(operand);
    if (!reducer && !is_tuple) return check_fold(c, pipe, element);
    if (pipe->from) {
        const char *what = reducer ? arena_printf(c->arena, "`%s` is a reducer", reducer->name) : "this is a tuple of reducers";
        Diag *diag = diag_add(c->diags, E0402, pipe->from->span, "`from` goes with a function, and %s", what);
        diag_hint(diag, "a reducer has its own beginning, its `init`: leave `from` out");
        Span clause = {pipe->reduce->span.file, pipe->reduce->span.to, pipe->from->span.to};
        if (clause.from < clause.to && !pipe->by && !pipe->by_key) diag_fix(diag, clause, "%s", "");
        check_expr(c, pipe->from, NULL);
    }
    if (is_tuple) return check_reducers(c, operand, ast_as(Tuple, without_parens(operand)), element, element_span);
    return check_reducer(c, operand, reducer, element, element_span);
}

/* ---- by key */

static Type *map_by(Checker *c, Type *key, Span span, Type *value) {
    if (!check_class(c, span, key, CLASS_ORDER | CLASS_EQUAL, "keys need an order")) return error_type(c);
    return type_is_error(value) ? value : type_pair(&c->infer, TYPE_MAP, key, value);
}

Type *check_scan(Checker *c, AstPipe *pipe, Type *element, Span element_span) {
    Type *value = check_combined(c, pipe, element, element_span);
    return type_is_error(type_prune(value)) ? value : type_one(&c->infer, TYPE_STREAM, value);
}

Type *check_reduce(Checker *c, AstPipe *pipe, Type *element, Span element_span) {
    if (pipe->by_key) {
        Type *key = type_var(&c->infer, 0), *value = type_var(&c->infer, 0);
        UnifyResult result;
        if (!type_unify(&c->infer, element, type_pair(&c->infer, TYPE_TUPLE, key, value), &result)) {
            Diag *diag = diag_add(c->diags, E0403, element_span, "`by key` needs pairs (key, value), but the elements are %s",
                                  type_text(&c->infer, element));
            diag_hint(diag, "`by k` takes a function that gives each element's key");
            return error_type(c);
        }
        return map_by(c, key, element_span, check_combined(c, pipe, value, element_span));
    }
    if (pipe->by) {
        Type *key = type_var(&c->infer, 0);
        Reason reason = {.what = "the function after `by`", .span = SPAN_NONE};
        if (!check_against(c, pipe->by, type_pair(&c->infer, TYPE_FN, element, key), &reason)) return error_type(c);
        if (type_is_error(type_prune(pipe->by->type))) return error_type(c); /* what is reduced by is not known */
        return map_by(c, key, pipe->by->span, check_combined(c, pipe, element, element_span));
    }
    return check_combined(c, pipe, element, element_span);
}
