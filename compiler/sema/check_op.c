/* check_op.c: what operators need of their operands, and what they give (docs/reference.md). */
#include "compiler/sema/check.h"

#include <string.h>

typedef enum OpShape {
    SHAPE_SAME,    /* T op T gives T */
    SHAPE_COMPARE, /* T op T gives bool */
    SHAPE_INTS,    /* int op int gives int */
    SHAPE_FLOATS,  /* float op float gives float */
    SHAPE_IN,
    SHAPE_LOGIC,
    SHAPE_COALESCE,
    SHAPE_NONE,
} OpShape;

static OpShape op_shape(AstOp op) {
    switch (op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_POW: return SHAPE_SAME;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return SHAPE_COMPARE;
    case OP_FLOOR_DIV:
    case OP_MOD:
    case OP_ADD_WRAP:
    case OP_SUB_WRAP:
    case OP_MUL_WRAP:
    case OP_BIT_OR:
    case OP_BIT_XOR:
    case OP_BIT_AND:
    case OP_SHL:
    case OP_SHR: return SHAPE_INTS;
    case OP_DIV: return SHAPE_FLOATS;
    case OP_IN: return SHAPE_IN;
    case OP_AND:
    case OP_OR: return SHAPE_LOGIC;
    case OP_COALESCE: return SHAPE_COALESCE;
    default: return SHAPE_NONE;
    }
}

static uint32_t op_class(AstOp op) {
    switch (op) {
    case OP_ADD: return CLASS_ADD;
    case OP_EQ:
    case OP_NE: return CLASS_EQUAL;
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return CLASS_ORDER;
    default: return CLASS_NUMBER;
    }
}

/* What the class asks for, in words for the beginning of a message. */
static const char *op_need(Checker *c, AstOp op) {
    const char *spelling = ast_op_spelling(op);
    switch (op_class(op)) {
    case CLASS_ADD: return arena_printf(c->arena, "`%s` adds numbers, strings or lists", spelling);
    case CLASS_EQUAL: return arena_printf(c->arena, "`%s` needs values with equality", spelling);
    case CLASS_ORDER: return arena_printf(c->arena, "`%s` needs values with an order", spelling);
    default: return arena_printf(c->arena, "`%s` needs numbers", spelling);
    }
}

static bool is_int(Type *type) {
    type = type_prune(type);
    return type->kind == TYPE_INT || (type->kind == TYPE_VAR && (type->classes & CLASS_LITERAL));
}

/* What was probably meant where two sides have different types. */
static void hint_sides(Diag *diag, AstOp op, const Ast *left, const Ast *right) {
    const Ast *const sides[] = {left, right};
    for (size_t i = 0; i < 2; i++) {
        const Ast *side = sides[i], *other = sides[1 - i];
        if (type_is(side->type, TYPE_FUTURE)) {
            diag_hint(diag, "`await` gives the result of a future");
        } else if (type_is_unit(side->type)) {
            diag_hint(diag, "() is no value to calculate with: a function whose body ends in a statement gives nothing else");
        } else if (type_is(side->type, TYPE_TUPLE) && type_prune(side->type)->arg_count != type_prune(other->type)->arg_count) {
            diag_hint(diag, "a tuple is taken apart by a pattern, as in `for (k, v) in m`, or by its fields, `t.0`");
        } else if (type_is(side->type, TYPE_OPTIONAL)) {
            diag_hint(diag, "`x ?? default` takes the value out of an optional, and `match` tells whether there is one");
        } else if (type_is(side->type, TYPE_STRING) && op == OP_ADD) {
            diag_hint(diag, "string(x) turns any value into a string, and \"{x}\" puts it into one");
            diag_fix_around(diag, other->span, "string(", ")");
        } else if (type_is(side->type, TYPE_STRING) && op == OP_MUL) {
            diag_hint(diag, "repeat(s, n) puts n copies of a string together");
        } else if (type_is(side->type, TYPE_STRING) && (is_int(other->type) || type_is(other->type, TYPE_FLOAT))) {
            diag_hint(diag, "string(x) turns a number into a string; parse_int(s) and parse_float(s) read one, as optionals");
        } else if (type_is(side->type, TYPE_LIST) && op == OP_ADD && !type_is(other->type, TYPE_LIST)) {
            diag_hint(diag, "`xs + [x]` is the list with one more element");
            diag_fix_around(diag, other->span, "[", "]");
        } else if (type_is(side->type, TYPE_LIST) && op == OP_MUL) {
            diag_hint(diag, "`import lists` brings in `lists.fill(n, x)`, a list of n times x, and `lists.cycle(xs, n)`");
        } else if (type_is(side->type, TYPE_STREAM) && type_is(other->type, TYPE_LIST)) {
            diag_hint(diag, "list(s) brings the elements of a stream together");
            diag_fix_around(diag, side->span, "list(", ")");
        } else if (type_is(side->type, TYPE_FLOAT) && type_is(other->type, TYPE_INT)) {
            diag_hint(diag, "float(x) turns an int into a float");
            diag_fix_around(diag, other->span, "float(", ")");
        } else {
            continue;
        }
        return;
    }
}

static void report_sides(Checker *c, AstOp op, const Ast *left, const Ast *right) {
    const char *left_text, *right_text, *spelling = ast_op_spelling(op);
    type_texts(&c->infer, left->type, right->type, &left_text, &right_text);
    Span span = span_of_operator(c->sema, left, right, spelling);
    Diag *diag = diag_add(c->diags, E0301, span, "`%s` needs the same type on both sides, but the left is %s and the right is %s",
                          spelling, left_text, right_text);
    diag_label(diag, left->span, "%s", left_text);
    diag_label(diag, right->span, "%s", right_text);
    bool is_target = c->statement && c->statement->kind == AST_ASSIGN && ((const AstAssign *)c->statement)->target == left;
    if (is_target &&
        (type_is(right->type, TYPE_FLOAT) || type_is(right->type, TYPE_STRING))) /* there the left would be converted */
        diag_hint(diag,
                  "what is changed keeps its type, %s: declare it with a value of the other type, or convert what is on the right",
                  left_text);
    else
        hint_sides(diag, op, left, right);
}

static Type *check_same(Checker *c, AstOp op, Span span, const Ast *left, const Ast *right) {
    if (type_is_error(left->type) || type_is_error(right->type)) return error_type(c);
    UnifyResult result;
    if (!type_unify(&c->infer, left->type, right->type, &result)) {
        report_sides(c, op, left, right);
        return error_type(c);
    }
    return check_class(c, span, left->type, op_class(op), op_need(c, op)) ? left->type : error_type(c);
}

/* Of `/` and `//`: the other one is meant, unless the other operand is what this one should be. */
static void hint_division(Checker *c, AstOp op, Diag *diag, const Ast *operand, const Ast *left, const Ast *right) {
    const Ast *other = operand == left ? right : left;
    Span place = span_of_operator(c->sema, left, right, ast_op_spelling(op));
    bool is_found = place.from >= left->span.to && place.to <= right->span.from;
    if (op == OP_DIV) {
        diag_hint(diag, "`//` divides ints, rounding down; float(x) turns an int into a float");
        if (type_is(other->type, TYPE_FLOAT))
            diag_fix_around(diag, operand->span, "float(", ")");
        else if (is_found)
            diag_fix(diag, place, "//");
    } else {
        diag_hint(diag, "`/` divides floats; int(x) cuts one off towards zero");
        if (is_found && !is_int(other->type)) diag_fix(diag, place, "/");
    }
}

static bool check_operand(Checker *c, AstOp op, const Ast *operand, const Ast *left, const Ast *right, TypeKind kind) {
    UnifyResult result;
    if (type_unify(&c->infer, operand->type, type_basic(&c->infer, kind), &result)) return true;
    const char *text = type_text(&c->infer, operand->type), *spelling = ast_op_spelling(op);
    bool is_number = type_is(operand->type, TYPE_INT) || type_is(operand->type, TYPE_FLOAT);
    Diag *diag = diag_add(c->diags, is_number ? E0302 : E0301, operand->span, "`%s` works on %ss, but this is %s", spelling,
                          kind == TYPE_INT ? "int" : "float", text);
    if (is_number && (op == OP_DIV || op == OP_FLOOR_DIV))
        hint_division(c, op, diag, operand, left, right);
    else if (op == OP_BIT_XOR && is_number)
        diag_hint(diag, "`^` combines the bits of ints; a power is written `x ** y`");
    else if (op == OP_MOD && type_is(operand->type, TYPE_STRING))
        diag_hint(diag, "values are put into a string by \"{x}\", with a format by \"{x:.2f}\"");
    else if (is_number)
        diag_hint(diag, kind == TYPE_INT ? "int(x) cuts a float off towards zero" : "float(x) turns an int into a float");
    return false;
}

/* The literal as it is written; only decimal ones look like powers. */
static bool is_decimal(Checker *c, const Ast *node, uint64_t value) {
    const SourceFile *file = source_file(c->sema->sources, node->span.file);
    bool is_literal = node->kind == AST_INT_LIT && ((const AstIntLit *)node)->value == value;
    return is_literal && file && !file->is_library && file->text[node->span.from] != '0';
}

static void warn_power(Checker *c, AstOp op, const Ast *left, const Ast *right) {
    if (op != OP_BIT_XOR || right->kind != AST_INT_LIT || !(is_decimal(c, left, 2) || is_decimal(c, left, 10))) return;
    Span place = span_of_operator(c->sema, left, right, "^");
    Diag *diag = diag_add(c->diags, W0106, place, "`^` combines bits: this is no power");
    diag_hint(diag, "a power is written `x ** y`");
    diag_fix(diag, place, "**");
}

static Type *check_basic(Checker *c, AstOp op, const Ast *left, const Ast *right, TypeKind kind) {
    warn_power(c, op, left, right);
    if (!check_operand(c, op, left, left, right, kind)) return error_type(c);
    return check_operand(c, op, right, left, right, kind) ? type_basic(&c->infer, kind) : error_type(c);
}

Type *check_operation(Checker *c, AstOp op, Span span, const Ast *left, const Ast *right) {
    switch (op_shape(op)) {
    case SHAPE_SAME: return check_same(c, op, span, left, right);
    case SHAPE_COMPARE:
        return type_is_error(check_same(c, op, span, left, right)) ? error_type(c) : type_basic(&c->infer, TYPE_BOOL);
    case SHAPE_INTS: return check_basic(c, op, left, right, TYPE_INT);
    case SHAPE_FLOATS: return check_basic(c, op, left, right, TYPE_FLOAT);
    case SHAPE_IN:
        pred_require(&c->infer, (Pred){.kind = PRED_IN, .types = {left->type, right->type}, .span = span});
        return type_basic(&c->infer, TYPE_BOOL);
    default: return error_type(c);
    }
}

Type *check_operator_ref(Checker *c, AstOperatorRef *ref) {
    Type *boolean = type_basic(&c->infer, TYPE_BOOL);
    Type *operand = type_var(&c->infer, 0);
    UnifyResult ignored;
    switch (op_shape(ref->op)) {
    case SHAPE_SAME:
        type_constrain(&c->infer, operand, op_class(ref->op), &ignored);
        return type_of_kind(&c->infer, TYPE_FN, (Type *[]){operand, operand, operand}, 3);
    case SHAPE_COMPARE:
        type_constrain(&c->infer, operand, op_class(ref->op), &ignored);
        return type_of_kind(&c->infer, TYPE_FN, (Type *[]){operand, operand, boolean}, 3);
    case SHAPE_INTS:
    case SHAPE_FLOATS:
        operand = type_basic(&c->infer, op_shape(ref->op) == SHAPE_INTS ? TYPE_INT : TYPE_FLOAT);
        return type_of_kind(&c->infer, TYPE_FN, (Type *[]){operand, operand, operand}, 3);
    case SHAPE_LOGIC: return type_of_kind(&c->infer, TYPE_FN, (Type *[]){boolean, boolean, boolean}, 3);
    case SHAPE_COALESCE:
        return type_of_kind(&c->infer, TYPE_FN, (Type *[]){type_one(&c->infer, TYPE_OPTIONAL, operand), operand, operand}, 3);
    case SHAPE_IN: {
        Type *container = type_var(&c->infer, 0);
        pred_require(&c->infer, (Pred){.kind = PRED_IN, .types = {operand, container}, .span = ref->base.span});
        return type_of_kind(&c->infer, TYPE_FN, (Type *[]){operand, container, boolean}, 3);
    }
    case SHAPE_NONE: break;
    }
    if (ref->op == OP_NOT) return type_pair(&c->infer, TYPE_FN, boolean, boolean);
    return error_type(c);
}
