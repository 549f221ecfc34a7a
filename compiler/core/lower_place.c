/* lower_place.c: what is changed in place: assignments and updating statements. */
#include "compiler/core/lower_internal.h"

#include <string.h>

/* The place that a tree names. With `held`, indices are evaluated into `out` once, because the place is read and then changed. */
static CorePlace *place_of(Lower *l, Env *env, Ast *ast, bool held, CoreExprs *out) {
    ast = ast_strip(ast);
    if (ast->kind == AST_NAME_REF) {
        Binding *binding = env_find(l, env, ast->symbol);
        if (!binding || binding->kind != BINDING_VALUE || binding->value->kind != CORE_LOCAL) return NULL;
        CorePlace *place = arena_make(l->arena, CorePlace);
        place->var = binding->value->var;
        place->type = place->var->type;
        return place->var->is_mutable ? place : NULL;
    }
    CoreStep step = {0};
    CorePlace *place = NULL;
    if (ast->kind == AST_INDEX) {
        place = place_of(l, env, ast_as(Index, ast)->sequence, held, out);
        if (!place) return NULL;
        step.index = lower_expr(l, env, ast_as(Index, ast)->index);
        if (held) step.index = hold(l, step.index, NULL, out);
    } else if (ast->kind == AST_TUPLE_DOT) {
        place = place_of(l, env, ast_as(TupleDot, ast)->value, held, out);
        if (!place) return NULL;
        step.field = (uint32_t)ast_as(TupleDot, ast)->index;
    } else if (ast->kind == AST_DOT && !ast->symbol) {
        place = place_of(l, env, ast_as(Dot, ast)->value, held, out);
        return place && data_steps(l, place, ast_as(Dot, ast)->name) ? place : NULL;
    } else {
        return NULL;
    }
    step.container = place->type;
    vec_push(l->arena, &place->steps, step);
    if (!step.index && (place->type->kind != CORE_TYPE_TUPLE || step.field >= place->type->arg_count)) return NULL;
    if (step.index && place->type->kind != CORE_TYPE_LIST && place->type->kind != CORE_TYPE_MAP) return NULL;
    place->type = step.index ? place->type->args[place->type->arg_count - 1] : place->type->args[step.field];
    return place;
}

/* Reads the place. Its indices are atoms. */
static CoreExpr *place_read(Lower *l, const CorePlace *place, Span span) {
    CoreExpr *expr = core_local(l->arena, place->var, span);
    for (size_t i = 0; i < place->steps.len; i++) {
        const CoreStep *step = &place->steps.items[i];
        if (step->container->kind == CORE_TYPE_BOX) {
            expr = make(l, CORE_UNBOX, step->container->args[0], span, 1, &expr);
            continue;
        }
        if (!step->index) {
            expr = make_field(l, expr, step->field, span);
            continue;
        }
        CoreExpr *const args[] = {expr, core_copy(l->arena, step->index)};
        expr = make(l, CORE_INDEX, step->container->args[step->container->arg_count - 1], span, 2, args);
    }
    return expr;
}

static void push_assign(Lower *l, CorePlace *place, CoreExpr *value, Span span, CoreExprs *out) {
    core_give_type(value, place->type);
    CoreExpr *assign = make(l, CORE_ASSIGN, core_unit_type(l), span, 1, &value);
    assign->place = place;
    vec_push(l->arena, out, assign);
}

void lower_assign(Lower *l, Env *env, AstAssign *ast, CoreExprs *out) {
    CoreExprs statements = {0};
    bool is_compound = ast->op != OP_NONE;
    CorePlace *place = place_of(l, env, ast->target, is_compound, &statements);
    if (!place) {
        lower_refuse(l, ast->target->span, "assigning to this");
        return;
    }
    CoreExpr *value = lower_expr(l, env, ast->value);
    if (is_compound)
        value = apply_operator(l, ast->op, place_read(l, place, ast->target->span), value, place->type, ast->base.span);
    push_assign(l, place, value, ast->base.span, &statements);
    vec_push(l->arena, out, statements.len == 1 ? statements.items[0] : make_block(l, &statements, NULL, ast->base.span));
}

/* ---- xs.push(v) and its like: UPDATE(name) of abi.def */

static bool is_update_name(const char *name) {
    static const char *const names[] = {
#define ABI(name, result, parameters)
#define PRIM(name)
#define UPDATE(name) #name,
#include "runtime/include/abi.def"
#undef ABI
#undef PRIM
#undef UPDATE
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) return true;
    }
    return false;
}

bool ast_is_update(const Ast *ast) {
    if (ast->kind != AST_METHOD || !ast->use || !ast->use->symbol) return false;
    const Symbol *symbol = ast->use->symbol;
    return symbol->kind == SYMBOL_EXTERN && symbol->module && symbol->module->is_library && is_update_name(symbol->name);
}

void lower_update(Lower *l, Env *env, AstMethod *ast, CoreExprs *out) {
    const Symbol *symbol = ast->base.use->symbol;
    CoreExprs unused = {0};
    CorePlace *place = place_of(l, env, ast->receiver, false, &unused);
    if (!place) {
        lower_refuse(l, ast->receiver->span, "changing this in place");
        return;
    }
    CoreExprs args = {0};
    for (size_t i = 0; i < ast->args.len; i++) {
        vec_push(l->arena, &args, lower_expr(l, env, ast_as(Arg, ast->args.items[i])->value));
    }
    const Subst *subst = subst_for_use(l, env, symbol, ast->base.use, NULL);
    CoreExpr *update = make_prim(l, symbol, subst, args, ast->base.span);
    update->kind = CORE_UPDATE;
    update->generic_args >>= 1; /* the first parameter is the place */
    update->place = place;
    vec_push(l->arena, out, update);
}
