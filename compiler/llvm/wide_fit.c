/* wide_fit.c: which jobs are worth to be mapped side by side, and can be.
 *
 * What is asked of the code is that each operation can be done for all places of a vector, whether they need it or not; and that it
 * pays: what LLVM can turn into vectors without loops inside is left to it. */
#include "compiler/llvm/variants.h"
#include "compiler/llvm/wide.h"

#include <string.h>

const char *wide_intrinsic(const CoreExpr *expr) {
    static const char *const names[][2] = {{"sqrt", "llvm.sqrt"},   {"floor", "llvm.floor"},     {"ceil", "llvm.ceil"},
                                           {"trunc", "llvm.trunc"}, {"round", "llvm.roundeven"}, {"to_float", ""}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(expr->text, names[i][0]) == 0) return names[i][1];
    }
    return NULL;
}

enum { WIDE_SIZE = 300 }; /* expressions, with all that is called */

typedef struct Fitness {
    size_t size, floats, slow; /* so far: expressions, operations on floats, products and quotients of ints */
    uint32_t loop;             /* the innermost one */
    bool has_loop;
} Fitness;

static bool fits(Fitness *fitness, const CoreExpr *expr);

static bool is_number(const CoreType *type) {
    return type->kind == CORE_TYPE_INT || type->kind == CORE_TYPE_FLOAT || type->kind == CORE_TYPE_BOOL;
}

static bool all_fit(Fitness *fitness, const CoreExpr *expr) {
    for (size_t i = 0; i < expr->args.len; i++) {
        if (!fits(fitness, expr->args.items[i])) return false;
    }
    return true;
}

static bool op_fits(Fitness *fitness, const CoreExpr *expr) {
    const CoreType *type = expr->args.items[0]->type;
    bool is_float = type->kind == CORE_TYPE_FLOAT;
    fitness->floats += is_float;
    bool is_product = expr->op == CORE_OP_MUL || expr->op == CORE_OP_MUL_WRAP,
         is_quotient = expr->op == CORE_OP_FLOOR_DIV || expr->op == CORE_OP_MOD;
    fitness->slow += !is_float && (is_product || is_quotient);
    if (is_float && is_quotient) return false;
    switch (expr->op) {
    case CORE_OP_POW:
    case CORE_OP_SHL:
    case CORE_OP_SHR:
    case CORE_OP_COMPARE_TOTAL:
    case CORE_OP_IN:
    case CORE_OP_CONCAT_LISTS: return false;
    default: return is_number(type) && all_fit(fitness, expr);
    }
}

/* `for` over first .. last. */
static bool range_fits(Fitness *fitness, const CoreExpr *expr) {
    const CoreSource *source = &expr->sources.items[0];
    if (expr->sources.len != 1 || source->kind != CORE_SOURCE_RANGE || source->var->is_mutable) return false;
    return source->expr->kind == CORE_RANGE && source->expr->args.len == 2 && all_fit(fitness, source->expr);
}

/* A loop pays where it computes with floats: products of ints take longer side by side than one after another. */
static bool loop_fits(Fitness *fitness, const CoreExpr *expr) {
    if (expr->kind == CORE_FOR && !range_fits(fitness, expr)) return false;
    Fitness before = *fitness;
    fitness->loop = expr->loop;
    fitness->has_loop = true;
    bool all = all_fit(fitness, expr);
    fitness->loop = before.loop;
    return all && fitness->floats > before.floats && fitness->slow == before.slow;
}

static bool call_fits(Fitness *fitness, const CoreExpr *expr) {
    const CoreFn *fn = expr->fn;
    uint32_t loop = fitness->loop;
    if (expr->flag || fn->is_tail || fn->is_recursive || fn->captures.len || !is_number(fn->result)) return false;
    if (!all_fit(fitness, expr)) return false;
    fitness->loop = 0;
    bool body_fits = fits(fitness, fn->body);
    fitness->loop = loop;
    return body_fits;
}

static bool fits(Fitness *fitness, const CoreExpr *expr) {
    if (++fitness->size > WIDE_SIZE) return false;
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL: return true;
    case CORE_TUPLE: return expr->args.len == 0;
    case CORE_LOCAL: return is_number(expr->type);
    case CORE_GLOBAL: return is_number(expr->type);
    case CORE_LET: return is_number(expr->var->type) && all_fit(fitness, expr);
    case CORE_ASSIGN: return expr->place->var && !expr->place->steps.len && all_fit(fitness, expr);
    case CORE_BLOCK: return all_fit(fitness, expr);
    case CORE_IF: return expr->args.len == 3 && all_fit(fitness, expr);
    case CORE_WHILE:
    case CORE_FOR: return loop_fits(fitness, expr);
    case CORE_BREAK:
    case CORE_CONTINUE: return expr->loop == fitness->loop;
    case CORE_RETURN: return expr->args.len == 1 && is_number(expr->args.items[0]->type) && all_fit(fitness, expr);
    case CORE_OP: return op_fits(fitness, expr);
    case CORE_CALL: return call_fits(fitness, expr);
    case CORE_PRIM:
        return expr->args.len == 1 && is_number(expr->args.items[0]->type) && wide_intrinsic(expr) && all_fit(fitness, expr);
    default: return false;
    }
}

/* The body is a yield, perhaps behind some definitions and conditions. */
static bool body_fits(Fitness *fitness, const CoreExpr *body, const CoreType *element) {
    const CoreExpr *const *args = (const CoreExpr *const *)body->args.items;
    size_t count = body->args.len;
    switch (body->kind) {
    case CORE_BLOCK:
        for (size_t i = 0; i + 1 < count; i++) {
            if (args[i]->kind != CORE_LET || !fits(fitness, args[i])) return false;
        }
        return count > 0 && body_fits(fitness, args[count - 1], element);
    case CORE_IF:
        return count == 3 && fits(fitness, args[0]) && body_fits(fitness, args[1], element) && gen_is_unit(args[2]->type) &&
               fits(fitness, args[2]);
    case CORE_YIELD: return args[0]->type == element && is_number(element) && fits(fitness, args[0]);
    default: return false;
    }
}

unsigned wide_lanes(Gen *gen, const CoreJob *job) {
    enum { MASKED_BITS = 512 };
    Fitness fitness = {0};
    unsigned bits = gen_level_made(gen)->vector_bits;
    CoreReduceKind kind = job->reducer.kind;
    bool is_calm = kind == CORE_REDUCE_SUM_INT || kind == CORE_REDUCE_COUNT || kind == CORE_REDUCE_LANES;
    if (!gen->variant || gen->variant->is_quick || bits < MASKED_BITS || gen->options.level < 2) return 0;
    if (!is_calm || job->key || job->by_chunk || job->laws.len || job->catches) return 0;
    for (size_t i = 0; i < job->sources.len; i++) {
        const CoreSource *source = &job->sources.items[i];
        bool is_list = source->kind == CORE_SOURCE_LIST && source->var->type->kind != CORE_TYPE_BOOL;
        if ((!is_list && source->kind != CORE_SOURCE_RANGE) || !is_number(source->var->type)) return 0;
    }
    return body_fits(&fitness, job->body, job->reducer.element) && fitness.has_loop ? bits / 64 : 0;
}
