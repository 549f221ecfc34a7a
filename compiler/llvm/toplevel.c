/* The top level: code that runs once, and may be long. It is cut into functions of some dozen statements, so that LLVM's time grows
 * with the length of the program and not with its square; those without a busy loop in them are not optimised at all, which would
 * cost more than it could ever bring. What reads or changes a `var` of the top level stays in one function with it. */
#include "compiler/llvm/expr.h"

enum { PART_STATEMENTS = 50 };

typedef struct TopLevel {
    Gen *gen;
    const CoreFn *fn;
    CoreExpr *body; /* what is left of it, with calls of the parts */
    CoreFn *part;   /* being filled, or NULL */
    bool has_loop;  /* the statements of the part are busy loops */
    unsigned count;
} TopLevel;

static CoreExpr *node(const TopLevel *top, CoreKind kind) {
    CoreExpr *expr = arena_make(top->gen->arena, CoreExpr);
    expr->kind = kind;
    expr->type = top->fn->result;
    expr->span = top->fn->span;
    return expr;
}

static void part_end(TopLevel *top) {
    if (!top->part) return;
    Gen *gen = top->gen;
    gen_function_body(gen, top->part, true);
    LLVMValueRef function = gen_function(gen, top->part)->function;
    gen_attribute(gen, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "noinline");
    if (!top->has_loop) gen_cold(gen, function);
    top->part = NULL;
}

static void part_add(TopLevel *top, CoreExpr *statement) {
    Gen *gen = top->gen;
    bool has_loop = expr_has_busy_loop(statement);
    bool is_full = top->part && top->part->body->args.len >= PART_STATEMENTS;
    if (top->part && (is_full || has_loop != top->has_loop)) part_end(top);
    if (!top->part) {
        top->part = arena_make(gen->arena, CoreFn);
        *top->part = *top->fn;
        top->part->name = arena_printf(gen->arena, "top level part %u", ++top->count);
        top->part->span = statement->span;
        top->part->body = node(top, CORE_BLOCK);
        top->has_loop = has_loop;
        CoreExpr *call = node(top, CORE_CALL);
        call->fn = top->part;
        vec_push(gen->arena, &top->body->args, call);
    }
    vec_push(gen->arena, &top->part->body->args, statement);
}

void gen_top_level_body(Gen *gen, const CoreFn *fn) {
    TopLevel top = {.gen = gen, .fn = fn};
    if (fn->body->kind != CORE_BLOCK || gen->options.level == 0) {
        gen_function_body(gen, fn, true);
        return;
    }
    Map locals; /* the block's own variables */
    map_init(&locals, gen->arena);
    CoreExpr *const *statements = fn->body->args.items;
    size_t count = fn->body->args.len;
    for (size_t i = 0; i < count; i++) {
        if (statements[i]->kind == CORE_LET) *map_slot_pointer(&locals, statements[i]->var) = statements[i]->var;
    }
    top.body = node(&top, CORE_BLOCK);
    for (size_t i = 0; i < count; i++) {
        /* The block's value is the last statement's, whatever type that has. */
        bool is_value = i + 1 == count && statements[i]->type != fn->result;
        if (statements[i]->kind != CORE_LET && !is_value && expr_stands_alone(statements[i], &locals)) {
            part_add(&top, statements[i]);
        } else {
            part_end(&top);
            vec_push(gen->arena, &top.body->args, statements[i]);
        }
    }
    part_end(&top);
    CoreFn *rest = arena_make(gen->arena, CoreFn);
    *rest = *fn;
    rest->body = top.body;
    Callee *callee = gen_function(gen, fn);
    *map_slot_pointer(&gen->functions, rest) = callee; /* the same function with another body */
    gen_function_body(gen, rest, true);
}
