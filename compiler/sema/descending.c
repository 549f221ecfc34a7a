/* descending.c: ranges that are meant to count down (W0107).
 *
 * `10..1` is empty, and so is `step(n..0, -1)` for every n from 1 on: ranges count up, and a negative step walks one from its end.
 * The warning is for ranges that numbers in the source show to be empty; `1..0`, with the end just before the start, is how an
 * empty one is written on purpose. */
#include "compiler/sema/check.h"

#include <string.h>

static const Ast *bare(const Ast *node) {
    while (node->kind == AST_PAREN) node = ((const AstParen *)node)->value;
    return node;
}

/* An int literal, perhaps negative, of a size that can be added to. */
static bool is_number(const Ast *node, int64_t *value) {
    node = bare(node);
    bool is_negative = node->kind == AST_UNARY && ((const AstUnary *)node)->op == OP_NEG;
    if (is_negative) node = bare(((const AstUnary *)node)->operand);
    if (node->kind != AST_INT_LIT || ((const AstIntLit *)node)->value >= INT64_MAX / 2) return false;
    int64_t size = (int64_t)((const AstIntLit *)node)->value;
    *value = is_negative ? -size : size;
    return true;
}

static const char *text_of(Checker *c, const Ast *node) {
    const SourceFile *file = source_file(c->sema->sources, node->span.file);
    return file ? arena_strndup(c->arena, file->text + node->span.from, node->span.to - node->span.from) : "…";
}

static void warn(Checker *c, const AstRange *range, bool has_step) {
    const char *first = text_of(c, range->first), *last = text_of(c, range->last);
    Diag *diag = diag_add(c->diags, W0107, range->base.span, "this range is empty: ranges count up");
    if (range->is_exclusive)
        diag_hint(diag, "`step(a..b, -1)` counts down from b to a");
    else if (has_step)
        diag_hint(diag, "a negative step walks a range from its end: `step(%s..%s, …)` begins with %s", last, first, first);
    else
        diag_hint(diag, "`step(%s..%s, -1)` counts down from %s", last, first, first);
    if (range->is_exclusive || !has_step) return;
    diag_fix(diag, range->first->span, "%s", last);
    diag_fix(diag, range->last->span, "%s", first);
}

static bool is_descending(const AstRange *range) {
    int64_t first, last;
    return range->last && is_number(range->first, &first) && is_number(range->last, &last) && first > last + 1;
}

void warn_descending_range(Checker *c, const AstRange *range) {
    if (is_descending(range)) warn(c, range, false);
}

void warn_descending_step(Checker *c, const Symbol *symbol, const Ast *receiver, const AstList *args) {
    size_t own = receiver ? 0 : 1;
    const SourceFile *file = source_file(c->sema->sources, symbol->span.file);
    if (!file || !file->is_library || strcmp(symbol->name, "step") != 0 || args->len != own + 1) return;
    for (size_t i = 0; i < args->len; i++)
        if (args->items[i]->kind != AST_ARG || ((const AstArg *)args->items[i])->label) return;
    const Ast *walked = bare(receiver ? receiver : ((const AstArg *)args->items[0])->value);
    int64_t last, step, first;
    if (walked->kind != AST_RANGE || !is_number(((const AstArg *)args->items[own])->value, &step) || step >= 0) return;
    const AstRange *range = (const AstRange *)walked;
    bool ends_low = range->last && is_number(range->last, &last) && (last == 0 || last == 1);
    if (ends_low && !is_number(range->first, &first)) warn(c, range, true);
}
