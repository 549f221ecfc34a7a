/* report.c: messages about types that do not fit, in words that need no knowledge of inference. */
#include "compiler/sema/check.h"

#include <string.h>

static void add_note(Diag *diag, const Reason *reason) {
    if (reason->note && reason->span.file != UINT32_MAX) diag_label(diag, reason->span, "%s", reason->note);
}

/* Conversions between basic types: int and float do not mix by themselves; anything can be made a string. */
typedef struct Conversion {
    TypeKind from, to;
    const char *hint;
    const char *call; /* that is put around the value, up to its `(`, where that is all; else NULL */
} Conversion;

#define NO_VALUE  "the value of a block is that of its last expression; loops, assignments and an `if` without `else` have none"
#define TO_STRING "string(x) turns any value into a string, and \"{x}\" puts it into one"
#define COMPARED  "compare it, `x != 0`: only bools are true or false"
#define MEASURED  "compare its length, `len(x) > 0`: only bools are true or false"
static const Conversion conversions[] = {
    {TYPE_INT, TYPE_FLOAT, "float(x) turns an int into a float", "float("},
    {TYPE_FLOAT, TYPE_INT, "int(x) cuts a float off towards zero", "int("},
    {TYPE_INT, TYPE_STRING, TO_STRING, "string("},
    {TYPE_FLOAT, TYPE_STRING, TO_STRING, "string("},
    {TYPE_BOOL, TYPE_STRING, TO_STRING, "string("},
    {TYPE_STRING, TYPE_INT, "parse_int(s) reads an int from a string, as an optional", NULL},
    {TYPE_STRING, TYPE_FLOAT, "parse_float(s) reads a float from a string, as an optional", NULL},
    {TYPE_STREAM, TYPE_LIST, "list(s) brings the elements of a stream together", "list("},
    {TYPE_INT, TYPE_BOOL, COMPARED, NULL},
    {TYPE_FLOAT, TYPE_BOOL, COMPARED, NULL},
    {TYPE_STRING, TYPE_BOOL, MEASURED, NULL},
    {TYPE_LIST, TYPE_BOOL, MEASURED, NULL},
    {TYPE_MAP, TYPE_BOOL, MEASURED, NULL},
    {TYPE_OPTIONAL, TYPE_BOOL, "`match x { some(v) => …, none => … }` tells the two cases apart", NULL},
};

/* What often helps where a value has another type. */
static void add_hint(Diag *diag, Span span, Type *actual, Type *expected) {
    actual = type_prune(actual);
    expected = type_prune(expected);
    TypeKind kind = actual->kind == TYPE_VAR && (actual->classes & CLASS_LITERAL) ? TYPE_INT : actual->kind;
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        const Conversion *conversion = &conversions[i];
        if (conversion->from != kind || conversion->to != expected->kind) continue;
        diag_hint(diag, "%s", conversion->hint);
        if (conversion->call) diag_fix_around(diag, span, conversion->call, ")");
        return;
    }
    if (actual->kind == TYPE_FUTURE && expected->kind == TYPE_LIST && type_is(expected->args[0], TYPE_FUTURE))
        diag_hint(diag, "a list of one future is written `[f]`");
    else if (actual->kind == TYPE_FUTURE && expected->kind != TYPE_FUTURE)
        diag_hint(diag, "`await` gives the result of a future");
    else if (actual->kind == TYPE_TUPLE && actual->arg_count == 0)
        diag_hint(diag, NO_VALUE);
    else if (expected->kind == TYPE_STRING)
        diag_hint(diag, TO_STRING);
    else if (actual->kind == TYPE_OPTIONAL && expected->kind != TYPE_OPTIONAL)
        diag_hint(diag, "`x ?? default` takes the value out of an optional");
    else if (expected->kind == TYPE_OPTIONAL && actual->kind != TYPE_OPTIONAL)
        diag_hint(diag, "some(x) makes an optional of a value");
    else if (expected->kind == TYPE_FN)
        diag_hint(diag, "a function value is written `x => …`");
}

static void report_arity(Checker *c, Span span, const Type *actual, const Type *expected, const Reason *reason) {
    size_t takes = type_fn_arity(actual), given = type_fn_arity(expected);
    Diag *diag = diag_add(c->diags, E0303, span, "%s takes %zu argument%s, but it is called with %zu", reason->what, takes,
                          takes == 1 ? "" : "s", given);
    add_note(diag, reason);
    if (given > takes && strstr(reason->what, "map`"))
        diag_hint(diag, "each sequence behind `over` gives one argument; in parentheses, the map ends before a comma");
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
    bool is_apart = i < arity && type_is(actual->args[i], TYPE_TUPLE) && !type_is(expected->args[i], TYPE_TUPLE);
    const char *verb = i < arity ? "takes" : "gives", *other = i < arity ? "here it gets" : "here it must give";
    Diag *diag = diag_add(c->diags, E0301, span, "%s %s %s, but %s %s", reason->what, verb, actual_text, other, expected_text);
    add_note(diag, reason);
    if (is_apart && arity == 1)
        diag_hint(diag, "a function of several arguments walks as many sequences, `over a, b`, or one sequence of tuples");
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
        demand_labels(diag, span, result->demand, class_demand(result->class));
        if (result->class == CLASS_LENGTH && type_is(result->left, TYPE_STREAM))
            diag_hint(diag, "`count(s)` walks a stream and counts; `list(s)` brings its elements together");
        if (result->class == CLASS_CONVERT && type_is(result->left, TYPE_STRING))
            diag_hint(diag, "parse_int(s) and parse_float(s) read a number from a string, as an optional");
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
    if (reason->note) diag_label(diag, span, "%s", actual_text);
    add_note(diag, reason);
    if (result->status == UNIFY_RIGID && result->left->name)
        diag_hint(diag, "%s is declared to stand for any type, so nothing may be assumed of it", result->left->name);
    else
        add_hint(diag, span, actual, expected);
}

bool check_fits(Checker *c, Span span, Type *actual, Type *expected, const Reason *reason) {
    UnifyResult result;
    c->infer.place = span;
    bool fits = type_unify(&c->infer, actual, expected, &result);
    c->infer.place = SPAN_NONE;
    if (fits) return true;
    report_misfit(c, span, &result, actual, expected, reason);
    return false;
}

bool check_class(Checker *c, Span span, Type *type, uint32_t classes, const char *what) {
    UnifyResult result;
    c->infer.place = span;
    bool fits = type_constrain(&c->infer, type, classes, &result);
    c->infer.place = SPAN_NONE;
    if (fits) return true;
    if (result.status != UNIFY_CLASS) {
        Reason reason = {.what = what, .span = SPAN_NONE};
        report_misfit(c, span, &result, type, type, &reason);
        return false;
    }
    Diag *diag =
        diag_add(c->diags, E0302, span, "%s: %s %s", what, type_text(&c->infer, result.left), class_complaint(result.class));
    if (type_is(result.left, TYPE_STREAM)) {
        diag_hint(diag, "list(s) brings the elements of a stream together");
        if (classes == CLASS_PRINT && type_prune(type)->kind == TYPE_STREAM) diag_fix_around(diag, span, "list(", ")");
    }
    if (type_is(result.left, TYPE_FUTURE)) diag_hint(diag, "`await` gives the result of a future");
    return false;
}

Type *not_supported(Checker *c, const Ast *node, const char *what) {
    diag_add(c->diags, E0501, node->span, "%s is not supported yet", what);
    return error_type(c);
}
