/* check_pipe.c: map, flatmap and reduce over sequences (docs/reference.md): sources, the mapped function, `where`. */
#include "compiler/sema/check.h"

/* The type of the elements of a sequence. */
static Type *element_of(Checker *c, Ast *sequence) {
    Type *type = check_expr(c, sequence, NULL);
    Type *element = type_var(&c->infer, 0);
    pred_require(&c->infer, (Pred){.kind = PRED_SEQUENCE, .types = {type, element}, .span = sequence->span, .is_written = true});
    return type_prune(element);
}

static bool is_open_range(const Ast *node) {
    while (node->kind == AST_PAREN) node = ((const AstParen *)node)->value;
    return node->kind == AST_RANGE && !((const AstRange *)node)->last;
}

static void check_ends(Checker *c, const AstPipe *pipe) {
    for (size_t i = 0; i < pipe->sources.len; i++)
        if (!is_open_range(pipe->sources.items[i])) return;
    if (pipe->sources.len == 0 || !pipe->reduce) return;
    Diag *diag = diag_add(c->diags, E0404, pipe->sources.items[0]->span, "this sequence has no end, so it cannot be reduced");
    diag_hint(diag, "`a..b` ends at b; another sequence that ends, walked together with it, ends it too");
}

static const char *function_text(const AstPipe *pipe) {
    return pipe->op == OP_FLATMAP ? "the function of `flatmap`" : "the function of `map`";
}

/* The function is called with one element of each source. A comma after `over` that was meant to end the map makes one source more
 * than the function has parameters. */
static Type *check_function(Checker *c, Ast *function, const AstPipe *pipe, const TypeList *elements, Type *result,
                            const char *what) {
    TypeList types = {0};
    for (size_t i = 0; i < elements->len; i++) vec_push(c->arena, &types, elements->items[i]);
    vec_push(c->arena, &types, result);
    Type *wanted = type_of_kind(&c->infer, TYPE_FN, types.items, types.len);
    Reason reason = {.what = what, .span = SPAN_NONE};
    size_t arity = function->kind == AST_LAMBDA ? ast_as(Lambda, function)->params.len : elements->len;
    if (arity < elements->len) {
        reason.span = pipe->sources.items[arity]->span;
        reason.note = "this is walked too: a comma after `over` adds a sequence, unless the `map` stands in parentheses";
    }
    return check_against(c, function, wanted, &reason) ? result : error_type(c);
}

Type *check_pipe(Checker *c, AstPipe *pipe) {
    bool is_cut = open_map_walks_too_much(c, pipe);
    TypeList elements = {0};
    for (size_t i = 0; i < pipe->sources.len; i++) vec_push(c->arena, &elements, element_of(c, pipe->sources.items[i]));
    check_ends(c, pipe);
    Type *element;
    Span span = pipe->function->span;
    if (pipe->op == OP_REDUCE) {
        element = elements.len > 0 ? elements.items[0] : error_type(c);
        span = pipe->sources.len > 0 ? pipe->sources.items[0]->span : pipe->base.span;
    } else {
        element = check_function(c, pipe->function, pipe, &elements, type_var(&c->infer, 0), function_text(pipe));
    }
    if (pipe->where)
        check_function(c, pipe->where, pipe, &elements, type_basic(&c->infer, TYPE_BOOL), "the condition after `where`");
    if (pipe->op == OP_FLATMAP) {
        Type *inner = type_var(&c->infer, 0);
        pred_require(&c->infer, (Pred){.kind = PRED_SEQUENCE, .types = {element, inner}, .span = span});
        element = type_prune(inner);
    }
    if (type_is_error(element) && !pipe->reduce && !pipe->scan) return element;
    if (is_cut) return error_type(c); /* whoever takes it says nothing more */
    if (pipe->scan) return check_scan(c, pipe, element, span);
    if (!pipe->reduce) return type_one(&c->infer, TYPE_STREAM, element);
    return check_reduce(c, pipe, element, span);
}
