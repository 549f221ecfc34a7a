/* lower_test.c: the program of `mrc test`: each test is tried, and says on a line of its own how it ended; then they are counted,
 * and the exit status is 1 when one failed. */
#include "compiler/core/lower_internal.h"

#include <string.h>

static CoreExpr *text(Lower *l, AstText of, Span span) {
    return make_string(l, of.bytes ? of.bytes : "", of.len, span);
}

static CoreExpr *label(Lower *l, const char *of, Span span) {
    return make_string(l, of, strlen(of), span);
}

static void print(Lower *l, CoreExpr *const *values, size_t count, Span span, CoreExprs *out) {
    CoreExprs all = {0};
    for (size_t i = 0; i < count; i++) vec_push(l->arena, &all, values[i]);
    vec_push(l->arena, out, apply_print(l, "print", all, span));
}

static void count_up(Lower *l, CoreVar *counter, Span span, CoreExprs *out) {
    CoreExpr *sum = make_op(l, CORE_OP_ADD, counter->type, span, core_local(l->arena, counter, span), make_int(l, 1, span));
    CoreExpr *assign = make(l, CORE_ASSIGN, core_unit_type(l), span, 1, &sum);
    assign->place = arena_make(l->arena, CorePlace);
    assign->place->var = counter;
    assign->place->type = counter->type;
    vec_push(l->arena, out, assign);
}

static CoreVar *counter_new(Lower *l, const char *name, Span span, CoreExprs *out) {
    CoreVar *counter = var_new(l, name, core_simple(l, CORE_TYPE_INT), span);
    counter->is_mutable = true;
    vec_push(l->arena, out, make_let(l, counter, make_int(l, 0, span)));
    return counter;
}

static CoreExpr *lower_test(Lower *l, Env *env, AstTest *test, CoreVar *passed, CoreVar *failed) {
    Span span = test->base.span;
    CoreExprs good = {0}, bad = {0};
    const CoreType *string = core_simple(l, CORE_TYPE_STRING);
    CoreVar *error = var_new(l, "e", core_pair_type(l, string, string), span);
    vec_push(l->arena, &good, as_unit(l, lower_expr(l, env, test->body)));
    CoreExpr *const good_words[] = {label(l, "passed:", span), text(l, test->title, span)};
    print(l, good_words, 2, span, &good);
    count_up(l, passed, span, &good);
    CoreExpr *const bad_words[] = {label(l, "FAILED:", span), text(l, test->title, span)};
    CoreExpr *const reasons[] = {label(l, "   ", span), make_field(l, core_local(l->arena, error, span), 0, span)};
    CoreExpr *const places[] = {label(l, "    at", span), make_field(l, core_local(l->arena, error, span), 1, span)};
    print(l, bad_words, 2, span, &bad);
    print(l, reasons, 2, span, &bad);
    print(l, places, 2, span, &bad);
    count_up(l, failed, span, &bad);
    CoreExpr *const parts[] = {make_block(l, &good, make_unit(l, span), span), make_block(l, &bad, make_unit(l, span), span)};
    CoreExpr *attempt = make(l, CORE_TRY, core_unit_type(l), span, 2, parts);
    attempt->var = error;
    return attempt;
}

void lower_tests(Lower *l, Env *env, CoreExprs *out) {
    const AstFile *file = l->checked->main->file;
    Span span = file->base.span;
    CoreVar *passed = counter_new(l, "passed", span, out), *failed = counter_new(l, "failed", span, out);
    for (size_t i = 0; i < file->items.len && !l->has_failed; i++) {
        Ast *item = file->items.items[i];
        if (item->kind == AST_TEST) vec_push(l->arena, out, lower_test(l, env, ast_as(Test, item), passed, failed));
    }
    CoreExpr *const words[] = {core_local(l->arena, passed, span), label(l, "passed,", span), core_local(l->arena, failed, span),
                               label(l, "failed", span)};
    print(l, words, 4, span, out);
    CoreExpr *any =
        make_op(l, CORE_OP_GT, core_simple(l, CORE_TYPE_BOOL), span, core_local(l->arena, failed, span), make_int(l, 0, span));
    CoreExpr *one = make_int(l, 1, span), *leave = make(l, CORE_PRIM, core_unit_type(l), span, 1, &one);
    leave->text = "exit";
    vec_push(l->arena, out, make_if(l, any, leave, make_unit(l, span), core_unit_type(l), span));
}
