/* check_format.c: interpolated strings: that what is shown can be printed, and that format specifications make sense for it.
 *
 * [[fill]align][sign][0][width][,][.precision][type] as in Python's format mini-language; the lexer has checked the form. */
#include "compiler/sema/check.h"

#include <string.h>

typedef struct Spec {
    bool has_sign, has_zero, has_comma, has_precision;
    char type; /* 0: none */
} Spec;

static bool is_align(char c) {
    return c == '<' || c == '>' || c == '^' || c == '=';
}

/* The bytes of the code point that begins here. */
static size_t code_point_size(const char *text, size_t len) {
    size_t size = 1;
    while (size < len && ((unsigned char)text[size] & 0xC0) == 0x80) size++;
    return size;
}

static size_t skip_digits(const char *text, size_t len, size_t at) {
    while (at < len && text[at] >= '0' && text[at] <= '9') at++;
    return at;
}

/* What the specification asks for. False when it is malformed, which the lexer reported. */
static bool read_spec(const char *text, size_t len, Spec *spec) {
    size_t at = 0;
    size_t fill = len > 0 ? code_point_size(text, len) : 0;
    if (fill < len && is_align(text[fill]))
        at = fill + 1;
    else if (len > 0 && is_align(text[0]))
        at = 1;
    if (at < len && text[at] && strchr("+- ", text[at])) spec->has_sign = ++at > 0;
    if (at < len && text[at] == '0') spec->has_zero = ++at > 0;
    at = skip_digits(text, len, at);
    if (at < len && text[at] == ',') spec->has_comma = ++at > 0;
    if (at < len && text[at] == '.') {
        spec->has_precision = true;
        at = skip_digits(text, len, at + 1);
    }
    if (at < len && text[at] && strchr("bcdeEfFgGnosxX%", text[at])) spec->type = text[at++];
    return at == len;
}

/* The types that the specification is for must be what the value has. */
static const char *fit_spec(Checker *c, const Spec *spec, Type *type) {
    UnifyResult result;
    if (spec->type && strchr("bcdoxX", spec->type)) {
        if (!type_unify(&c->infer, type, type_basic(&c->infer, TYPE_INT), &result)) return "this form is for ints";
        return spec->has_precision ? "ints have no precision" : NULL;
    }
    if (spec->type == 's')
        return type_unify(&c->infer, type, type_basic(&c->infer, TYPE_STRING), &result) ? NULL : "this form is for strings";
    bool is_number = spec->type || spec->has_sign || spec->has_zero || spec->has_comma;
    if (is_number && !type_constrain(&c->infer, type, CLASS_NUMBER, &result)) return "this form is for numbers";
    if (spec->has_precision && !spec->type && (type_is(type, TYPE_INT) || (type_prune(type)->classes & CLASS_LITERAL)))
        return "ints have no precision; the type `f` shows them as floats";
    if (spec->has_precision && type_is(type, TYPE_BOOL)) return "a bool has no precision";
    return NULL;
}

static void check_hole(Checker *c, AstHole *hole) {
    Type *type = check_expr(c, hole->value, NULL);
    hole->base.type = type;
    if (!check_class(c, hole->value->span, type, CLASS_PRINT, "a string shows the values in it") || type_is_error(type) ||
        hole->spec.len == 0)
        return;
    pred_solve_pending(&c->infer);
    Spec spec = {0};
    const char *trouble = read_spec(hole->spec.bytes, hole->spec.len, &spec) ? fit_spec(c, &spec, hole->value->type) : NULL;
    if (!trouble) return;
    const char *text = arena_strndup(c->arena, hole->spec.bytes, hole->spec.len);
    Diag *diag = diag_add(c->diags, E0111, hole->base.span, "the format `%s` does not fit %s: %s", text, type_text(&c->infer, type),
                          trouble);
    diag_hint(diag, "for example {n:>8} {x:.2f} {n:,} {share:.1%%}");
}

Type *check_interpolation(Checker *c, AstInterpolation *interpolation) {
    for (size_t i = 0; i < interpolation->parts.len; i++) {
        Ast *part = interpolation->parts.items[i];
        if (part->kind == AST_HOLE)
            check_hole(c, ast_as(Hole, part));
        else
            part->type = type_basic(&c->infer, TYPE_STRING);
    }
    return type_basic(&c->infer, TYPE_STRING);
}
