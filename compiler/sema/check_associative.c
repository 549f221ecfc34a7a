/* check_associative.c: what cannot be associative, by its looks: `a - b`, `a / b` and their like, and the average of two. A
 * warning, for `reduce`, `scan` and a reducer's `merge`: what it gives would depend on how the elements are grouped. */
#include "compiler/sema/check.h"

typedef enum Suspicion {
    SUSPECT_NOT,
    SUSPECT_SUB,
    SUSPECT_DIV,
    SUSPECT_OTHER, /* another operator that groups to one side */
    SUSPECT_AVERAGE,
} Suspicion;

/* A function of two whose body is known. */
typedef struct Combiner {
    const Symbol *params[2];
    AstOp op; /* that is suspected */
} Combiner;

static const Ast *strip(const Ast *node) {
    for (;;) {
        if (node->kind == AST_PAREN)
            node = ((const AstParen *)node)->value;
        else if (node->kind == AST_BLOCK && ((const AstBlock *)node)->statements.len == 1)
            node = ((const AstBlock *)node)->statements.items[0];
        else
            return node;
    }
}

static const AstBinary *binary_of(const Ast *node) {
    node = strip(node);
    return node->kind == AST_BINARY ? (const AstBinary *)node : NULL;
}

/* Which parameter the node is; 2: none of them. */
static int param_of(const Combiner *combiner, const Ast *node) {
    node = strip(node);
    if (node->kind != AST_NAME_REF || !node->symbol) return 2;
    return node->symbol == combiner->params[0] ? 0 : node->symbol == combiner->params[1] ? 1 : 2;
}

/* Whether each of the two is another one of the parameters. */
static bool are_params(const Combiner *combiner, const Ast *left, const Ast *right) {
    return param_of(combiner, left) + param_of(combiner, right) == 1;
}

static bool is_number(const Ast *node) {
    node = strip(node);
    return node->kind == AST_INT_LIT || node->kind == AST_FLOAT_LIT;
}

static Suspicion suspect_operator(AstOp op) {
    switch (op) {
    case OP_SUB:
    case OP_SUB_WRAP: return SUSPECT_SUB;
    case OP_DIV:
    case OP_FLOOR_DIV: return SUSPECT_DIV;
    case OP_MOD:
    case OP_POW:
    case OP_SHL:
    case OP_SHR: return SUSPECT_OTHER;
    default: return SUSPECT_NOT;
    }
}

static bool is_division(AstOp op) {
    return op == OP_DIV || op == OP_FLOOR_DIV;
}

/* The part that is divided by a number, or multiplied by one; NULL: the node is nothing such. */
static const Ast *scaled(const AstBinary *node) {
    if (!node) return NULL;
    if ((is_division(node->op) || node->op == OP_MUL) && is_number(node->right)) return node->left;
    return node->op == OP_MUL && is_number(node->left) ? node->right : NULL;
}

static bool is_average(const Combiner *combiner, const AstBinary *body) {
    const Ast *whole = scaled(body);
    const AstBinary *sum = whole ? binary_of(whole) : NULL;
    if (sum) return sum->op == OP_ADD && are_params(combiner, sum->left, sum->right);
    if (body->op != OP_ADD) return false;
    const Ast *left = scaled(binary_of(body->left)), *right = scaled(binary_of(body->right));
    return left && right && are_params(combiner, left, right);
}

static Suspicion suspect_body(Combiner *combiner, const Ast *body) {
    const AstBinary *binary = binary_of(body);
    if (!binary) return SUSPECT_NOT;
    combiner->op = binary->op;
    if (is_average(combiner, binary)) return SUSPECT_AVERAGE;
    return are_params(combiner, binary->left, binary->right) ? suspect_operator(binary->op) : SUSPECT_NOT;
}

static bool bind_params(Combiner *combiner, const AstList *params) {
    for (size_t i = 0; i < 2; i++) {
        const Ast *param = params->len == 2 ? params->items[i] : NULL;
        if (!param || param->kind != AST_PARAM || ((const AstParam *)param)->pattern->kind != AST_PAT_NAME) return false;
        combiner->params[i] = ((const AstParam *)param)->pattern->symbol;
    }
    return combiner->params[0] && combiner->params[1];
}

static Suspicion suspect(Combiner *combiner, const Ast *operand) {
    const Ast *node = strip(operand);
    if (node->kind == AST_OPERATOR_REF) {
        combiner->op = ((const AstOperatorRef *)node)->op;
        return suspect_operator(combiner->op);
    }
    const Ast *decl = node->symbol && node->symbol->kind == SYMBOL_FN ? node->symbol->decl : NULL;
    if (decl && decl->kind == AST_FN && bind_params(combiner, &((const AstFn *)decl)->params))
        return suspect_body(combiner, ((const AstFn *)decl)->body);
    if (node->kind == AST_LAMBDA && bind_params(combiner, &((const AstLambda *)node)->params))
        return suspect_body(combiner, ((const AstLambda *)node)->body);
    return SUSPECT_NOT;
}

static void report(Checker *c, Span span, Suspicion suspicion, AstOp op) {
    if (suspicion == SUSPECT_AVERAGE) {
        Diag *diag = diag_add(c->diags, W0104, span, "an average of averages is not the average: this is not associative");
        diag_hint(diag, "`reduce mean` is the average of all elements: it keeps their sum and their number");
        return;
    }
    const char *text = ast_op_spelling(op);
    Diag *diag = diag_add(c->diags, W0104, span, "`%s` is not associative: (a %s b) %s c is not a %s (b %s c)", text, text, text,
                          text, text);
    if (suspicion == SUSPECT_SUB)
        diag_hint(diag, "elements are combined in groups: add them up with `sum`, and subtract the total");
    else if (suspicion == SUSPECT_DIV)
        diag_hint(diag, "elements are combined in groups: multiply them with `product`, and divide by that");
    else
        diag_hint(diag, "elements are combined in groups; `mrc --check-laws` shows with a program's data what that leads to");
}

void check_associative(Checker *c, const Ast *operand) {
    Combiner combiner = {0};
    Suspicion suspicion = suspect(&combiner, operand);
    if (suspicion != SUSPECT_NOT) report(c, operand->span, suspicion, combiner.op);
}

void check_associative_merge(Checker *c, const AstMember *merge) {
    Combiner combiner = {0};
    if (!bind_params(&combiner, &merge->params)) return;
    Suspicion suspicion = suspect_body(&combiner, merge->body);
    if (suspicion != SUSPECT_NOT) report(c, merge->body->span, suspicion, combiner.op);
}
