/* open_map.c: a comma behind `over` that was meant to end the map.
 *
 * In `take(map f over xs, 3)` the comma belongs to `over`, so that 3 is walked too and an argument of `take` is missing. That is
 * one mistake, mended by one pair of parentheses: it is reported once, and from there on the tree is what was most likely meant. */
#include "compiler/sema/check.h"

/* How many arguments the function takes, as far as the tree says: SIZE_MAX where only its type could. */
static size_t written_arity(const Ast *function) {
    while (function->kind == AST_PAREN) function = ((const AstParen *)function)->value;
    if (function->kind == AST_LAMBDA) return ((const AstLambda *)function)->params.len;
    const Symbol *symbol = function->kind == AST_NAME_REF || function->kind == AST_DOT ? function->symbol : NULL;
    return symbol && params_of(symbol) ? params_of(symbol)->len : SIZE_MAX;
}

/* The node as a map that nothing closes: without parentheses around it and without clauses. */
static AstPipe *as_open_map(Ast *node) {
    if (node->kind != AST_PIPE) return NULL;
    AstPipe *pipe = ast_as(Pipe, node);
    bool is_map = pipe->op == OP_MAP || pipe->op == OP_FLATMAP;
    return is_map && !pipe->where && !pipe->scan && !pipe->reduce && !pipe->from && !pipe->by ? pipe : NULL;
}

static void add_parentheses(Diag *diag, const AstPipe *pipe, size_t kept) {
    Span span = pipe->base.span;
    uint32_t end = pipe->sources.items[kept - 1]->span.to;
    diag_label(diag, pipe->sources.items[kept]->span, "this is walked too: a comma after `over` adds a sequence");
    diag_hint(diag, "in parentheses, the map ends before the comma");
    diag_fix_around(diag, (Span){span.file, span.from, end}, "(", ")");
}

bool open_map_takes_argument(Checker *c, const Ast *call, Ast *argument, size_t missing, const char *what) {
    AstPipe *pipe = as_open_map(argument);
    if (!pipe || pipe->sources.len <= missing) return false;
    size_t kept = pipe->sources.len - missing, arity = written_arity(pipe->function);
    if (arity != SIZE_MAX && arity > kept) return false;
    Diag *diag = diag_add(c->diags, E0303, call->span, "%s is missing", what);
    add_parentheses(diag, pipe, kept);
    pipe->sources.len = kept;
    return true;
}

bool open_map_walks_too_much(Checker *c, AstPipe *pipe) {
    if (!as_open_map(&pipe->base)) return false;
    size_t walked = pipe->sources.len, arity = written_arity(pipe->function);
    if (arity == 0 || arity >= walked) return false;
    Diag *diag =
        diag_add(c->diags, E0303, pipe->function->span, "the function of `%s` takes %zu argument%s, but %zu sequences are walked",
                 pipe->op == OP_FLATMAP ? "flatmap" : "map", arity, arity == 1 ? "" : "s", walked);
    add_parentheses(diag, pipe, arity);
    pipe->sources.len = arity;
    return true;
}
