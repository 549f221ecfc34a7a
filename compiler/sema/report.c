/* report.c: messages about types that do not fit, in words that need no knowledge of inference. */
#include "compiler/sema/check.h"

#include <string.h>

static void add_note(Diag *diag, const Reason *reason) {
    if (reason->note && reason->span.file != UINT32_MAX) diag_note(diag, reason->span, "%s", reason->note);
}

/* What often helps: int and float do not mix by themselves; anything can be made a string. */
static void add_hint(Diag *diag, Type *actual, Type *expected) {
    actual = type_prune(actual);
    expected = type_prune(expected);
    if (expected->kind == TYPE_FLOAT && actual->kind == TYPE_INT)
        diag_hint(diag, "float(x) turns an int into a float");
    else if (expected->kind == TYPE_INT && actual->kind == TYPE_FLOAT)
        diag_hint(diag, "int(x) cuts a float off towards zero");
    else if (actual->kind == TYPE_FUTURE && expected->kind == TYPE_LIST && type_is(expected->args[0], TYPE_FUTURE))
        diag_hint(diag, "a list of one future is written `[f]`");
    else if (actual->kind == TYPE_FUTURE && expected->kind != TYPE_FUTURE)
        diag_hint(diag, "`await` gives the result of a future");
    else if (expected->kind == TYPE_STRING)
        diag_hint(diag, "string(x) turns any value into a string, and \"{x}\" puts it into one");
    else if (actual->kind == TYPE_STREAM && expected->kind == TYPE_LIST)
        diag_hint(diag, "list(s) brings the elements of a stream together");
    else if (actual->kind == TYPE_OPTIONAL && expected->kind != TYPE_OPTIONAL)
        diag_hint(diag, "`x ?? default` takes the value out of an optional");
    else if (expected->kind == TYPE_OPTIONAL && actual->kind != TYPE_OPTIONAL)
        diag_hint(diag, "some(x) makes an optional of a value");
    else if (actual->kind == TYPE_TUPLE && actual->arg_count == 0)
        diag_hint(diag,
                  "the value of a block is that of its last expression; loops, assignments and an `if` without `else` have none");
}

static void report_arity(Checker *c, Span span, const Type *actual, const Type *expected, const Reason *reason) {
    size_t takes = type_fn_arity(actual), given = type_fn_arity(expected);
    Diag *diag = diag_add(c->diags, E0303, span, "%s takes %zu argument%s, but it is called with %zu", reason->what, takes,
                          takes == 1 ? "" : "s", given);
    add_note(diag, reason);
    if (given == 1 && takes > 1)
        diag_hint(diag,
                  "a function value with several parameters that is written in this place takes a tuple apart: (a, b) => f(a, b)");
}

/* Of two function types with as many parameters: which part does not fit. What fitted has been unified, so only that part fails
 * again. */
static void report_function(Checker *c, Span span, const Type *actual, const Type *expected, const Reason *reason) {
    size_t arity = type_fn_arity(actual), i = 0;
    UnifyResult ignored;
    while (i < arity && type_unify(&c->infer, actual->args[i], expected->args[i], &ignored)) i++;
    const char *actual_text, *expected_text;
    type_texts(&c->infer, actual->args[i], expected->args[i], &actual_text, &expected_text);
    const char *verb = i < arity ? "takes" : "gives", *other = i < arity ? "here it gets" : "here it must give";
    Diag *diag = diag_add(c->diags, E0301, span, "%s %s %s, but %s %s", reason->what, verb, actual_text, other, expected_text);
    add_note(diag, reason);
}

void report_misfit(Checker *c, Span span, const UnifyResult *result, Type *actual, Type *expected, const Reason *reason) {
    actual = type_prune(actual);
    expected = type_prune(expected);
    const char *actual_text, *expected_text;
    Diag *diag;
    switch (result->status) {
    case UNIFY_OK: return;
    case UNIFY_CLASS:
        diag = diag_add(c->diags, E0302, span, "%s does not fit: %s %s", reason->what, type_text(&c->infer, result->left),
                        class_complaint(result->class));
        add_note(diag, reason);
        return;
    case UNIFY_INFINITE:
        type_texts(&c->infer, result->left, result->right, &actual_text, &expected_text);
        diag = diag_add(c->diags, E0305, span, "%s would need a type that contains itself: %s = %s", reason->what, actual_text,
                        expected_text);
        add_note(diag, reason);
        return;
    case UNIFY_TOO_LARGE:
        diag = diag_add(c->diags, E0305, span, "%s has a type that is too large", reason->what);
        add_note(diag, reason);
        return;
    case UNIFY_RIGID:
    case UNIFY_MISMATCH: break;
    }
    if (actual->kind == TYPE_FN && expected->kind == TYPE_FN && actual->arg_count != expected->arg_count) {
        report_arity(c, span, actual, expected, reason);
        return;
    }
    if (actual->kind == TYPE_FN && expected->kind == TYPE_FN) {
        report_function(c, span, actual, expected, reason);
        return;
    }
    type_texts(&c->infer, actual, expected, &actual_text, &expected_text);
    diag = diag_add(c->diags, E0301, span, "%s must be %s, but this is %s", reason->what, expected_text, actual_text);
    add_note(diag, reason);
    if (result->status == UNIFY_RIGID && result->left->name)
        diag_hint(diag, "%s is declared to stand for any type, so nothing may be assumed of it", result->left->name);
    else
        add_hint(diag, actual, expected);
}

bool check_fits(Checker *c, Span span, Type *actual, Type *expected, const Reason *reason) {
    UnifyResult result;
    if (type_unify(&c->infer, actual, expected, &result)) return true;
    report_misfit(c, span, &result, actual, expected, reason);
    return false;
}

bool check_class(Checker *c, Span span, Type *type, uint32_t classes, const char *what) {
    UnifyResult result;
    if (type_constrain(&c->infer, type, classes, &result)) return true;
    if (result.status != UNIFY_CLASS) {
        Reason reason = {.what = what, .span = SPAN_NONE};
        report_misfit(c, span, &result, type, type, &reason);
        return false;
    }
    Diag *diag =
        diag_add(c->diags, E0302, span, "%s: %s %s", what, type_text(&c->infer, result.left), class_complaint(result.class));
    if (type_is(result.left, TYPE_STREAM)) diag_hint(diag, "list(s) brings the elements of a stream together");
    if (type_is(result.left, TYPE_FUTURE)) diag_hint(diag, "`await` gives the result of a future");
    return false;
}

Type *not_supported(Checker *c, const Ast *node, const char *what) {
    diag_add(c->diags, E0501, node->span, "%s is not supported yet", what);
    return error_type(c);
}
