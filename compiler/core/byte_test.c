/* byte_test.c: an evaluator of conditions for a byte that is given.
 *
 * It knows strings, ints and bools, comparisons, `in` and `not`, conditions, and calls of the program's functions. Whatever else
 * there is makes the answer unknown, which is always right. */
#include "compiler/core/byte_test.h"

#include <string.h>

enum { CALLS_MOST = 6, BOUND_MOST = 16, STEPS_MOST = 500 }; /* functions that call each other; their variables; nodes */

typedef enum KnownKind { KNOWN_NOT, KNOWN_BOOL, KNOWN_INT, KNOWN_STRING } KnownKind;

typedef struct Known {
    KnownKind kind;
    int64_t number; /* BOOL, INT */
    const char *text;
    size_t len;
} Known;

typedef struct Bound {
    const CoreVar *var;
    Known value;
} Bound;

typedef struct Eval {
    Arena *arena;
    ByteLoop *loop;
    char byte;
    int depth, steps;                /* of calls; nodes that were looked at */
    size_t first_bound, bound_count; /* those of the function that is evaluated; none before it is seen */
    Bound bound[BOUND_MOST];
} Eval;

static Known eval(Eval *e, const CoreExpr *expr);

static Known known_bool(bool flag) {
    return (Known){.kind = KNOWN_BOOL, .number = flag};
}

static Known known_string(const char *text, size_t len) {
    return (Known){.kind = KNOWN_STRING, .text = text, .len = len};
}

static bool is_element(Eval *e, const CoreExpr *expr) {
    return e->depth == 0 && byte_is_element(e->loop, expr);
}

/* ---- comparisons */

static int known_compare(const Known *a, const Known *b) {
    if (a->kind != KNOWN_STRING) return (a->number > b->number) - (a->number < b->number);
    size_t common = a->len < b->len ? a->len : b->len;
    int order = common > 0 ? memcmp(a->text, b->text, common) : 0;
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static bool is_part(const Known *part, const Known *whole) {
    for (size_t i = 0; i + part->len <= whole->len; i++)
        if (part->len == 0 || memcmp(whole->text + i, part->text, part->len) == 0) return true;
    return false;
}

static Known eval_in(Eval *e, const CoreExpr *expr) {
    const CoreExpr *where = expr->args.items[1];
    Known sought = eval(e, expr->args.items[0]);
    if (sought.kind == KNOWN_NOT) return sought;
    if (where->kind != CORE_LIST && where->kind != CORE_SET) {
        Known whole = eval(e, where);
        return whole.kind == KNOWN_STRING ? known_bool(is_part(&sought, &whole)) : (Known){0};
    }
    bool is_there = false;
    for (size_t i = 0; i < where->args.len; i++) {
        Known one = eval(e, where->args.items[i]);
        if (one.kind != sought.kind) return (Known){0};
        is_there |= known_compare(&one, &sought) == 0;
    }
    return known_bool(is_there);
}

static Known eval_op(Eval *e, const CoreExpr *expr) {
    if (expr->op == CORE_OP_IN) return eval_in(e, expr);
    if (expr->op == CORE_OP_NOT) {
        Known operand = eval(e, expr->args.items[0]);
        return operand.kind == KNOWN_BOOL ? known_bool(!operand.number) : (Known){0};
    }
    if (expr->op < CORE_OP_EQ || expr->op > CORE_OP_GE) return (Known){0};
    if (e->depth == 0 && byte_is_within(e->loop, expr)) {
        e->loop->is_assumed = true;
        return known_bool(true);
    }
    Known a = eval(e, expr->args.items[0]), b = eval(e, expr->args.items[1]);
    if (a.kind == KNOWN_NOT || a.kind != b.kind) return (Known){0};
    int order = known_compare(&a, &b);
    switch (expr->op) {
    case CORE_OP_EQ: return known_bool(order == 0);
    case CORE_OP_NE: return known_bool(order != 0);
    case CORE_OP_LT: return known_bool(order < 0);
    case CORE_OP_LE: return known_bool(order <= 0);
    case CORE_OP_GT: return known_bool(order > 0);
    default: return known_bool(order >= 0);
    }
}

/* ---- the library */

/* Of ASCII alone: other letters in small or large may have several bytes. */
static Known eval_case(Eval *e, const Known *text, char first, char last) {
    char *made = arena_alloc(e->arena, text->len + 1);
    for (size_t i = 0; i < text->len; i++) {
        char c = text->text[i];
        if (c & 0x80) return (Known){0};
        made[i] = c >= first && c <= last ? (char)(c ^ ' ') : c;
    }
    return known_string(made, text->len);
}

static Known eval_prim(Eval *e, const CoreExpr *expr) {
    if (expr->args.len != 1) return (Known){0};
    Known text = eval(e, expr->args.items[0]);
    if (text.kind != KNOWN_STRING) return (Known){0};
    if (strcmp(expr->text, "len") == 0) return (Known){.kind = KNOWN_INT, .number = (int64_t)text.len};
    if (strcmp(expr->text, "lower") == 0) return eval_case(e, &text, 'A', 'Z');
    if (strcmp(expr->text, "upper") == 0) return eval_case(e, &text, 'a', 'z');
    return (Known){0};
}

/* ---- variables and functions */

static bool bind(Eval *e, const CoreVar *var, Known value) {
    if (e->bound_count == BOUND_MOST || var->is_mutable) return false;
    e->bound[e->bound_count++] = (Bound){var, value};
    return true;
}

static Known eval_local(Eval *e, const CoreExpr *expr) {
    for (size_t i = e->bound_count; i-- > e->first_bound;)
        if (e->bound[i].var == expr->var) return e->bound[i].value;
    const CoreExpr *let = e->depth < CALLS_MOST ? map_get_pointer(e->loop->lets, expr->var) : NULL;
    return let ? eval(e, let) : (Known){0};
}

static Known eval_block(Eval *e, const CoreExpr *block) {
    size_t outer = e->bound_count;
    Known value = {0};
    for (size_t i = 0; i < block->args.len; i++) {
        const CoreExpr *part = block->args.items[i];
        if (i + 1 == block->args.len) {
            value = eval(e, part);
            break;
        }
        Known bound = part->kind == CORE_LET ? eval(e, part->args.items[0]) : (Known){0};
        if (bound.kind == KNOWN_NOT || !bind(e, part->var, bound)) break;
    }
    e->bound_count = outer;
    return value;
}

static Known eval_call(Eval *e, const CoreExpr *call) {
    if (e->depth == CALLS_MOST) return (Known){0};
    size_t outer_first = e->first_bound, outer_count = e->bound_count;
    Known value = {0};
    bool is_known = true;
    for (size_t i = 0; is_known && i < call->args.len; i++) {
        Known arg = eval(e, call->args.items[i]);
        is_known = arg.kind != KNOWN_NOT && bind(e, call->fn->params.items[i], arg);
    }
    if (is_known) {
        e->first_bound = outer_count;
        e->depth++;
        value = eval(e, call->fn->body);
        e->depth--;
    }
    e->first_bound = outer_first;
    e->bound_count = outer_count;
    return value;
}

static Known eval(Eval *e, const CoreExpr *expr) {
    if (++e->steps > STEPS_MOST) return (Known){0};
    if (is_element(e, expr)) return known_string(&e->byte, 1);
    switch (expr->kind) {
    case CORE_BOOL: return known_bool(expr->flag);
    case CORE_INT: return (Known){.kind = KNOWN_INT, .number = expr->integer};
    case CORE_STRING: return known_string(expr->text, expr->text_len);
    case CORE_LOCAL: return eval_local(e, expr);
    case CORE_OP: return eval_op(e, expr);
    case CORE_PRIM: return eval_prim(e, expr);
    case CORE_BLOCK: return eval_block(e, expr);
    case CORE_CALL: return eval_call(e, expr);
    case CORE_IF: {
        Known condition = eval(e, expr->args.items[0]);
        return condition.kind == KNOWN_BOOL ? eval(e, expr->args.items[condition.number ? 1 : 2]) : (Known){0};
    }
    default: return (Known){0};
    }
}

ByteAnswer byte_test(Arena *arena, ByteLoop *loop, const CoreExpr *condition, uint8_t byte) {
    Eval e = {.arena = arena, .loop = loop, .byte = (char)byte};
    Known known = eval(&e, condition);
    if (known.kind != KNOWN_BOOL) return BYTE_UNKNOWN;
    return known.number ? BYTE_YES : BYTE_NO;
}

/* ---- elements */

static bool is_among(CoreVar *const *vars, size_t count, const CoreVar *var) {
    for (size_t i = 0; i < count; i++)
        if (vars[i] == var) return true;
    return false;
}

static bool is_one_more(const ByteLoop *loop, const CoreExpr *expr) {
    if (expr->kind != CORE_OP || (expr->op != CORE_OP_ADD && expr->op != CORE_OP_ADD_WRAP)) return false;
    const CoreExpr *left = expr->args.items[0], *right = expr->args.items[1];
    return left->kind == CORE_LOCAL && left->var == loop->index && right->kind == CORE_INT && right->integer == 1;
}

bool byte_is_element(ByteLoop *loop, const CoreExpr *expr) {
    if (expr->kind == CORE_LOCAL) {
        return is_among(loop->elements.items, loop->elements.len, expr->var);
    }
    if (!loop->index || expr->kind != CORE_SLICE || expr->args.len != 3) return false;
    const CoreExpr *text = expr->args.items[0], *first = expr->args.items[1], *last = expr->args.items[2];
    if (text->kind != CORE_LOCAL || text->type->kind != CORE_TYPE_STRING || text->var->is_mutable) return false;
    if (loop->text && text->var != loop->text) return false;
    if (first->kind != CORE_LOCAL || first->var != loop->index) return false;
    bool is_one = expr->flag ? is_one_more(loop, last) : last->kind == CORE_LOCAL && last->var == loop->index;
    if (is_one) loop->text = text->var;
    return is_one;
}

bool byte_is_length(const ByteLoop *loop, const CoreExpr *expr) {
    if (expr->kind == CORE_LOCAL) {
        const CoreExpr *let = map_get_pointer(loop->lets, expr->var);
        return let && let->kind == CORE_PRIM && byte_is_length(loop, let);
    }
    if (expr->kind != CORE_PRIM || strcmp(expr->text, "len") != 0 || !loop->text) return false;
    return expr->args.items[0]->kind == CORE_LOCAL && expr->args.items[0]->var == loop->text;
}

static bool is_index(const ByteLoop *loop, const CoreExpr *expr) {
    return expr->kind == CORE_LOCAL && expr->var == loop->index;
}

bool byte_is_within(const ByteLoop *loop, const CoreExpr *expr) {
    if (expr->kind != CORE_OP || (expr->op != CORE_OP_LT && expr->op != CORE_OP_GT)) return false;
    const CoreExpr *left = expr->args.items[0], *right = expr->args.items[1];
    if (expr->op == CORE_OP_LT) return is_index(loop, left) && byte_is_length(loop, right);
    return is_index(loop, right) && byte_is_length(loop, left);
}

/* ---- what stays as it is */

typedef struct Steady {
    const ByteLoop *loop;
    const CoreVar *but;
    bool is_steady;
} Steady;

static bool changes(const Steady *steady, const CoreVar *var) {
    const ByteLoop *loop = steady->loop;
    return var == steady->but || var == loop->index || is_among(loop->elements.items, loop->elements.len, var) ||
           is_among(loop->derived.items, loop->derived.len, var);
}

static void steady_visit(CoreExpr *expr, void *context) {
    Steady *steady = context;
    bool may_stand = false;
    switch (expr->kind) {
    case CORE_BOOL:
    case CORE_INT:
    case CORE_STRING:
    case CORE_IF: may_stand = true; break;
    case CORE_LOCAL: may_stand = !changes(steady, expr->var); break;
    case CORE_OP: may_stand = expr->op == CORE_OP_NOT || (expr->op >= CORE_OP_EQ && expr->op <= CORE_OP_GE); break;
    case CORE_PRIM: may_stand = strcmp(expr->text, "len") == 0; break;
    default: break;
    }
    steady->is_steady &= may_stand;
    if (steady->is_steady) core_each_child(expr, steady_visit, steady);
}

bool byte_is_steady(const ByteLoop *loop, const CoreExpr *expr, const CoreVar *but) {
    Steady steady = {loop, but, true};
    steady_visit((CoreExpr *)(uintptr_t)expr, &steady);
    return steady.is_steady;
}
