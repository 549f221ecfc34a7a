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

static void report_sides(Checker *c, AstOp op, Span span, const Ast *left, const Ast *right) {
    const char *left_text, *right_text;
    type_texts(&c->infer, left->type, right->type, &left_text, &right_text);
    Diag *diag = diag_add(c->diags, E0301, span, "`%s` needs the same type on both sides, but the left is %s and the right is %s",
                          ast_op_spelling(op), left_text, right_text);
    diag_note(diag, left->span, "this is %s", left_text);
    diag_note(diag, right->span, "this is %s", right_text);
    bool has_string = type_is(left->type, TYPE_STRING) || type_is(right->type, TYPE_STRING);
    bool has_float = type_is(left->type, TYPE_FLOAT) || type_is(right->type, TYPE_FLOAT);
    if (type_is(left->type, TYPE_FUTURE) || type_is(right->type, TYPE_FUTURE))
        diag_hint(diag, "`await` gives the result of a future");
    else if (has_string && op == OP_ADD)
        diag_hint(diag, "string(x) turns any value into a string, and \"{x}\" puts it into one");
    else if (has_float)
        diag_hint(diag, "float(x) turns an int into a float");
}

static Type *check_same(Checker *c, AstOp op, Span span, const Ast *left, const Ast *right) {
    if (type_is_error(left->type) || type_is_error(right->type)) return error_type(c);
    UnifyResult result;
    if (!type_unify(&c->infer, left->type, right->type, &result)) {
        report_sides(c, op, span, left, right);
        return error_type(c);
    }
    return check_class(c, span, left->type, op_class(op), op_need(c, op)) ? left->type : error_type(c);
}

static bool check_operand(Checker *c, AstOp op, const Ast *operand, TypeKind kind) {
    UnifyResult result;
    if (type_unify(&c->infer, operand->type, type_basic(&c->infer, kind), &result)) return true;
    const char *text = type_text(&c->infer, operand->type), *spelling = ast_op_spelling(op);
    bool is_number = type_is(operand->type, TYPE_INT) || type_is(operand->type, TYPE_FLOAT);
    Diag *diag = diag_add(c->diags, is_number ? E0302 : E0301, operand->span, "`%s` works on %ss, but this is %s", spelling,
                          kind == TYPE_INT ? "int" : "float", text);
    if (op == OP_DIV && is_number)
        diag_hint(diag, "`//` divides ints, rounding down; float(x) turns an int into a float");
    else if (op == OP_FLOOR_DIV && is_number)
        diag_hint(diag, "`/` divides floats");
    return false;
}

static Type *check_basic(Checker *c, AstOp op, const Ast *left, const Ast *right, TypeKind kind) {
    if (!check_operand(c, op, left, kind)) return error_type(c);
    return check_operand(c, op, right, kind) ? type_basic(&c->infer, kind) : error_type(c);
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
