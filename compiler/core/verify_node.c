/* verify_node.c: the part of core_verify that looks at one expression, its operands' types and nothing else. */
#include "compiler/core/verify.h"

/* How many operands a node has. */
bool verify_arity(const CoreExpr *expr) {
    size_t count = expr->args.len;
    switch (expr->kind) {
    case CORE_LET:
    case CORE_ASSIGN:
    case CORE_FOR:
    case CORE_CHUNK:
    case CORE_FIELD:
    case CORE_SOME:
    case CORE_IS_SOME:
    case CORE_UNWRAP:
    case CORE_BOX:
    case CORE_UNBOX:
    case CORE_FORMAT:
    case CORE_YIELD: return count == 1;
    case CORE_IF: return count == 3;
    case CORE_TRY:
    case CORE_WHILE:
    case CORE_INDEX: return count == 2;
    case CORE_RETURN: return count <= 1;
    case CORE_OP: return count == (expr->op == CORE_OP_NEG || expr->op == CORE_OP_NOT ? 1 : 2);
    case CORE_CALL_VALUE: return count >= 1;
    case CORE_MAP: return count % 2 == 0;
    case CORE_RANGE: return count == 1 || count == 2;
    case CORE_SLICE: return count == 2 || count == 3;
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_LOCAL:
    case CORE_GLOBAL:
    case CORE_NONE:
    case CORE_ZERO:
    case CORE_BREAK:
    case CORE_CONTINUE: return count == 0;
    case CORE_JOB: return count == 0 || count == 2;
    default: return true;
    }
}

/* ---- operators */

void verify_op(Verify *v, const CoreExpr *expr) {
    const CoreType *left = expr->args.items[0]->type, *right = expr->args.len > 1 ? expr->args.items[1]->type : left;
    bool compares = expr->op >= CORE_OP_EQ && expr->op <= CORE_OP_IN && expr->op != CORE_OP_COMPARE_TOTAL;
    if (compares && !verify_is_kind(expr->type, CORE_TYPE_BOOL)) verify_fail(v, expr, "a comparison that is no bool");
    if (expr->op == CORE_OP_IN) return;
    if (left != right && !core_diverges(expr->args.items[0]) && !core_diverges(expr->args.items[1])) {
        verify_fail(v, expr, "operands of types %s and %s", left->name, right->name);
    }
    bool is_number = verify_is_kind(left, CORE_TYPE_INT) || verify_is_kind(left, CORE_TYPE_FLOAT);
    if (expr->op <= CORE_OP_NEG && !is_number && !core_diverges(expr->args.items[0]))
        verify_fail(v, expr, "arithmetic on %s", left->name);
    if (!compares && expr->op != CORE_OP_COMPARE_TOTAL && expr->type != left && !core_diverges(expr->args.items[0])) {
        verify_fail(v, expr, "a result of type %s", expr->type->name);
    }
}

/* ---- values and parts of them */

static void check_elements(Verify *v, const CoreExpr *expr, const CoreType *const *types, size_t period) {
    for (size_t i = 0; i < expr->args.len && !v->problem; i++) verify_expect(v, expr, expr->args.items[i], types[i % period]);
}

void verify_node(Verify *v, const CoreExpr *expr) {
    const CoreType *type = expr->type;
    const CoreExpr *first = expr->args.len > 0 ? expr->args.items[0] : NULL;
    switch (expr->kind) {
    case CORE_TUPLE:
        if (!verify_is_kind(type, CORE_TYPE_TUPLE) || type->arg_count != expr->args.len)
            verify_fail(v, expr, "a tuple of type %s", type->name);
        else if (first)
            check_elements(v, expr, type->args, type->arg_count);
        break;
    case CORE_LIST:
    case CORE_SET:
        if (!verify_is_kind(type, expr->kind == CORE_LIST ? CORE_TYPE_LIST : CORE_TYPE_SET))
            verify_fail(v, expr, "a list of type %s", type->name);
        else
            check_elements(v, expr, type->args, 1);
        break;
    case CORE_MAP:
        if (!verify_is_kind(type, CORE_TYPE_MAP))
            verify_fail(v, expr, "a map of type %s", type->name);
        else
            check_elements(v, expr, type->args, 2);
        break;
    case CORE_SOME:
        if (!verify_is_kind(type, CORE_TYPE_OPTIONAL))
            verify_fail(v, expr, "some of type %s", type->name);
        else
            verify_expect(v, expr, first, type->args[0]);
        break;
    case CORE_IS_SOME:
        if (!verify_is_kind(type, CORE_TYPE_BOOL)) verify_fail(v, expr, "a test that is no bool");
        verify_expect_kind(v, expr, first, CORE_TYPE_OPTIONAL);
        break;
    case CORE_UNWRAP:
        if (!verify_is_kind(first->type, CORE_TYPE_OPTIONAL) || first->type->args[0] != type)
            verify_fail(v, expr, "what is no optional");
        break;
    case CORE_BOX:
        if (!verify_is_kind(type, CORE_TYPE_BOX))
            verify_fail(v, expr, "a cell of type %s", type->name);
        else
            verify_expect(v, expr, first, type->args[0]);
        break;
    case CORE_UNBOX:
        if (!verify_is_kind(first->type, CORE_TYPE_BOX) || first->type->args[0] != type) verify_fail(v, expr, "what is in no cell");
        break;
    case CORE_FIELD:
        if (!verify_is_kind(first->type, CORE_TYPE_TUPLE) || (size_t)expr->integer >= first->type->arg_count ||
            first->type->args[expr->integer] != type) {
            verify_fail(v, expr, "no such field");
        }
        break;
    case CORE_CONCAT:
        for (size_t i = 0; i < expr->args.len; i++) verify_expect_kind(v, expr, expr->args.items[i], CORE_TYPE_STRING);
        break;
    case CORE_INDEX:
        if (!verify_is_kind(first->type, CORE_TYPE_LIST) && !verify_is_kind(first->type, CORE_TYPE_MAP))
            verify_fail(v, expr, "what has no elements");
        else if (first->type->args[first->type->arg_count - 1] != type)
            verify_fail(v, expr, "an element of type %s", type->name);
        break;
    case CORE_RANGE:
        for (size_t i = 0; i < expr->args.len; i++) verify_expect_kind(v, expr, expr->args.items[i], CORE_TYPE_INT);
        break;
    case CORE_SLICE:
        if (first->type != type && !core_diverges(first)) verify_fail(v, expr, "a slice of type %s", type->name);
        for (size_t i = 1; i < expr->args.len; i++) verify_expect_kind(v, expr, expr->args.items[i], CORE_TYPE_INT);
        break;
    case CORE_FOREIGN:
        for (size_t i = 0; i < expr->args.len; i++) {
            if (expr->args.items[i]->type->kind > CORE_TYPE_STRING) verify_fail(v, expr, "an operand that C has not");
        }
        break;
    default: break;
    }
}
