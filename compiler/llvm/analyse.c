/* Questions about core expressions that decide how they are generated. */
#include "compiler/llvm/expr.h"

#include <string.h>

typedef bool Predicate(const CoreExpr *expr, const void *data);

/* Whether the predicate holds for the expression or anything in it; a job's own code is not looked into. */
static bool expr_any(const CoreExpr *expr, Predicate *predicate, const void *data) {
    if (!expr) return false;
    if (predicate(expr, data)) return true;
    for (size_t i = 0; i < expr->args.len; i++) {
        if (expr_any(expr->args.items[i], predicate, data)) return true;
    }
    for (size_t i = 0; i < expr->sources.len; i++) {
        if (expr_any(expr->sources.items[i].expr, predicate, data)) return true;
    }
    if (expr->place) {
        for (size_t i = 0; i < expr->place->steps.len; i++) {
            if (expr_any(expr->place->steps.items[i].index, predicate, data)) return true;
        }
    }
    if (expr->kind == CORE_JOB) {
        for (size_t i = 0; i < expr->job->captured.len; i++) {
            if (expr_any(expr->job->captured.items[i], predicate, data)) return true;
        }
        for (size_t i = 0; i < expr->job->sources.len; i++) {
            if (expr_any(expr->job->sources.items[i].expr, predicate, data)) return true;
        }
    }
    return false;
}

typedef struct Each {
    void (*visit)(const CoreExpr *, void *);
    void *context;
} Each;

static bool each_visit(const CoreExpr *expr, const void *data) {
    const Each *each = data;
    each->visit(expr, each->context);
    return false;
}

void expr_each(const CoreExpr *expr, void (*visit)(const CoreExpr *, void *), void *context) {
    expr_any(expr, each_visit, &(Each){visit, context});
}

bool expr_is_simple(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_LOCAL:
    case CORE_GLOBAL:
    case CORE_ZERO:
    case CORE_NONE: return true;
    case CORE_FIELD: return expr_is_simple(expr->args.items[0]);
    default: return false;
    }
}

static bool reads_var(const CoreExpr *expr, const void *var) {
    return expr->kind == CORE_LOCAL && expr->var == var;
}

static bool reads_global(const CoreExpr *expr, const void *global) {
    return expr->kind == CORE_GLOBAL && expr->global == global;
}

static bool changes_what(const CoreExpr *expr, const void *earlier) {
    if (expr->is_move) {
        const CoreVar *root = expr_root(expr);
        return root && expr_any(earlier, reads_var, root);
    }
    if (expr->kind == CORE_ASSIGN || expr->kind == CORE_UPDATE) {
        if (expr->place->var) return expr_any(earlier, reads_var, expr->place->var);
        return expr_any(earlier, reads_global, expr->place->global);
    }
    return false;
}

bool expr_disturbs(const CoreExpr *later, const CoreExpr *earlier) {
    return expr_any(later, changes_what, earlier);
}

static bool is_yield(const CoreExpr *expr, const void *data) {
    (void)data;
    return expr->kind == CORE_YIELD;
}

static bool is_loop_with_yield(const CoreExpr *expr, const void *data) {
    if ((expr->kind != CORE_FOR && expr->kind != CORE_WHILE) || expr->is_chunk) return false;
    return expr_any(expr->args.items[expr->args.len - 1], is_yield, data);
}

bool expr_has_yield_in_loop(const CoreExpr *expr) {
    return expr_any(expr, is_loop_with_yield, NULL);
}

static bool leaves(const CoreExpr *expr, const void *data) {
    (void)data;
    return expr->kind == CORE_RETURN || expr->kind == CORE_BREAK || expr->kind == CORE_CONTINUE;
}

bool expr_yields_once(const CoreExpr *expr) {
    if (expr_any(expr, leaves, NULL)) return false;
    if (expr->kind == CORE_YIELD) return !expr_any(expr->args.items[0], is_yield, NULL);
    if (expr->kind == CORE_IF && expr->args.len == 3)
        return !expr_any(expr->args.items[0], is_yield, NULL) && expr_yields_once(expr->args.items[1]) &&
               expr_yields_once(expr->args.items[2]);
    if (expr->kind != CORE_BLOCK || expr->args.len == 0) return false;
    for (size_t i = 0; i + 1 < expr->args.len; i++)
        if (expr_any(expr->args.items[i], is_yield, NULL)) return false;
    return expr_yields_once(expr->args.items[expr->args.len - 1]);
}

static bool is_loop(const CoreExpr *expr, const void *data) {
    (void)data;
    return expr->kind == CORE_FOR || expr->kind == CORE_WHILE || expr->kind == CORE_CHUNK;
}

static bool is_print(const CoreExpr *expr) {
    return expr->kind == CORE_PRIM && (strcmp(expr->text, "print") == 0 || strcmp(expr->text, "log") == 0);
}

/* Whether each turn of the loop prints, and does nothing that has loops of its own. */
static bool is_printing(const CoreExpr *loop) {
    if (loop->kind != CORE_FOR) return false;
    const CoreExpr *body = loop->args.items[0];
    if (expr_any(body, is_loop, NULL)) return false;
    if (body->kind != CORE_BLOCK) return is_print(body);
    for (size_t i = 0; i < body->args.len; i++) {
        if (is_print(body->args.items[i])) return true;
    }
    return false;
}

static bool is_busy_loop(const CoreExpr *expr, const void *data) {
    return is_loop(expr, data) && !is_printing(expr);
}

bool expr_has_busy_loop(const CoreExpr *expr) {
    return expr_any(expr, is_busy_loop, NULL);
}

static bool is_stream_loop(const CoreExpr *expr, const void *data) {
    (void)data;
    return expr->kind == CORE_FOR && expr->sources.items[0].kind == CORE_SOURCE_STREAM;
}

bool expr_walks_stream(const CoreExpr *expr) {
    return expr_any(expr, is_stream_loop, NULL);
}

static bool depends(const CoreExpr *expr, const void *locals) {
    if (expr->kind == CORE_RETURN) return true;
    if (expr->kind == CORE_LOCAL && map_get_pointer(locals, expr->var)) return true;
    return expr->place && expr->place->var && map_get_pointer(locals, expr->place->var);
}

bool expr_stands_alone(const CoreExpr *expr, const Map *locals) {
    return !expr_any(expr, depends, locals);
}

const CoreVar *expr_root(const CoreExpr *expr) {
    while (expr->kind == CORE_FIELD || expr->kind == CORE_UNWRAP || expr->kind == CORE_UNBOX || expr->kind == CORE_INDEX)
        expr = expr->args.items[0];
    return expr->kind == CORE_LOCAL ? expr->var : NULL;
}

bool expr_is_element(const CoreExpr *expr) {
    while (expr->kind == CORE_FIELD || expr->kind == CORE_UNWRAP || expr->kind == CORE_UNBOX) expr = expr->args.items[0];
    return expr->kind == CORE_INDEX;
}
