/* lower_reducer.c: what combines results: functions of two, declared reducers, and the forms that the compiler knows. */
#include "compiler/core/lower_loop.h"

#include <string.h>

bool ast_is_reducer(const Ast *ast) {
    if (ast->use && ast->use->symbol && ast->use->symbol->kind == SYMBOL_REDUCER) return true;
    return ast->symbol && ast->symbol->kind == SYMBOL_REDUCER;
}

Ast *reduced_sequence(Ast *call) {
    if (call->kind == AST_METHOD) {
        Ast *receiver = ast_as(Method, call)->receiver;
        bool is_module = receiver->kind == AST_NAME_REF && receiver->symbol && receiver->symbol->kind == SYMBOL_MODULE;
        if (!is_module) return receiver;
    }
    const AstList *args = call->kind == AST_METHOD ? &ast_as(Method, call)->args : &ast_as(Call, call)->args;
    if (args->len == 0) return NULL;
    Ast *arg = args->items[0];
    return arg->kind == AST_ARG ? ast_as(Arg, arg)->value : arg;
}

/* ---- what stands after reduce */

static ReducerUse declared_reducer(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    const Symbol *symbol = ast->use && ast->use->symbol ? ast->use->symbol : ast->symbol;
    ReducerUse use = {.symbol = symbol, .name = symbol->name};
    use.subst = subst_for_use(l, env, symbol, ast->use, NULL);
    use.env = env_new(l, NULL, use.subst);
    AstList *params = &ast_as(Reducer, symbol->decl)->params;
    CallArgs args = call_args(l, env, ast, symbol, use.subst, params);
    for (size_t i = 0; i < args.len; i++) {
        Ast *pattern = ast_as(Param, params->items[i])->pattern;
        const CallArg *arg = &args.items[i];
        const Ast *otherwise = ast_as(Param, params->items[i])->default_value;
        bool is_default = otherwise && arg->ast->span.file == otherwise->span.file && arg->ast->span.from == otherwise->span.from;
        use.has_default |= is_default; /* what stands there is a copy of it */
        if (pattern->kind == AST_PAT_NAME && ast_is_function_literal(l, arg->env, arg->ast)) {
            env_bind_callable(l, use.env, pattern->symbol, arg->ast, arg->env);
        } else {
            bind_pattern(l, use.env, pattern, lower_expr(l, arg->env, arg->ast), out);
        }
    }
    return use;
}

static const char *function_name(Lower *l, Ast *ast) {
    if (ast->kind == AST_OPERATOR_REF) return arena_printf(l->arena, "(%s)", ast_op_spelling(ast_as(OperatorRef, ast)->op));
    if (ast->kind == AST_NAME_REF) return ast_as(NameRef, ast)->name;
    return position_name(l, ast->kind == AST_LAMBDA ? "lambda" : "function", ast->span);
}

ReducerUse reducer_use_of(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    ReducerUse use = {0};
    ast = ast_strip(ast);
    if (ast_is_reducer(ast)) {
        use = declared_reducer(l, env, ast, out);
    } else if (ast->kind == AST_TUPLE) {
        use = reducer_tuple_use(l, env, ast_as(Tuple, ast), out);
    } else {
        use.name = function_name(l, ast);
        use.function = callable_of(l, env, ast, out);
    }
    use.span = ast->span;
    return use;
}

/* ---- code pieces */

CoreVar *state_var(Lower *l, const char *name, const CoreType *type, bool is_owned, Span span) {
    CoreVar *var = var_new(l, name, type, span);
    var->is_owned = is_owned;
    var->is_borrowed = !is_owned;
    return var;
}

static AstMember *member_find(const Symbol *symbol, const char *name) {
    const AstList *members = &ast_as(Reducer, symbol->decl)->members;
    for (size_t i = 0; i < members->len; i++) {
        AstMember *member = ast_as(Member, members->items[i]);
        if (strcmp(member->name, name) == 0) return member;
    }
    return NULL;
}

bool reducer_takes_one(const ReducerUse *use) {
    AstMember *done = use->symbol ? member_find(use->symbol, "done") : NULL;
    Ast *body = done ? ast_strip(done->body) : NULL;
    return body && body->kind == AST_BOOL_LIT && ast_as(BoolLit, body)->value;
}

/* The member's body with its parameters bound to these values. */
static CoreExpr *member_body(Lower *l, const ReducerUse *use, AstMember *member, const CoreExprs *args, const CoreType *type) {
    Env *env = env_new(l, use->env, use->subst);
    CoreExprs statements = {0};
    for (size_t i = 0; i < member->params.len && i < args->len; i++) {
        bind_pattern(l, env, ast_as(Param, member->params.items[i])->pattern, args->items[i], &statements);
    }
    CoreExpr *value = lower_expr(l, env, member->body);
    CoreExpr *body = make_block(l, &statements, value, member->base.span);
    core_give_type(body, type);
    return body;
}

CoreExpr *reducer_member(Lower *l, const ReducerUse *use, const char *name, const CoreExprs *args, const CoreType *type) {
    AstMember *member = member_find(use->symbol, name);
    return member ? member_body(l, use, member, args, type) : NULL;
}

static void member_code(Lower *l, const ReducerUse *use, const char *name, const CoreType *const *types, bool owns_second,
                        const CoreType *result, CoreCode *code) {
    AstMember *member = member_find(use->symbol, name);
    if (!member) return;
    CoreExprs args = {0};
    for (size_t i = 0; i < member->params.len && i < 2; i++) {
        Ast *pattern = ast_as(Param, member->params.items[i])->pattern;
        const char *var_name = pattern->kind == AST_PAT_NAME ? ast_as(PatName, pattern)->name : NULL;
        code->params[i] = state_var(l, var_name, types[i], i == 0 || owns_second, pattern->span);
        vec_push(l->arena, &args, core_local(l->arena, code->params[i], pattern->span));
    }
    code->body = member_body(l, use, member, &args, result);
}

/* ---- kinds */

bool reducer_is_prelude(const Symbol *symbol, const char *name) {
    return symbol->module && symbol->module->is_library && strcmp(symbol->module->name, "prelude") == 0 &&
           strcmp(symbol->name, name) == 0;
}

/* Equal elements of such a type cannot be told apart, so that it does not matter which of them is kept. */
static bool equality_is_identity(const CoreType *type) {
    switch (type->kind) {
    case CORE_TYPE_INT:
    case CORE_TYPE_FLOAT:
    case CORE_TYPE_BOOL:
    case CORE_TYPE_STRING: return true;
    case CORE_TYPE_TUPLE:
    case CORE_TYPE_OPTIONAL:
        for (size_t i = 0; i < type->arg_count; i++) {
            if (!equality_is_identity(type->args[i])) return false;
        }
        return true;
    default: return false;
    }
}

/* `top` and `bottom` rank by a key; where that is the element itself, those of equal rank cannot be told apart. */
bool reducer_is_exact(const ReducerUse *use, const CoreType *element) {
    static const char *const names[] = {"min", "max", "any", "all", "set"};
    bool is_ranking = reducer_is_prelude(use->symbol, "top") || reducer_is_prelude(use->symbol, "bottom");
    bool is_exact = is_ranking && use->has_default;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) is_exact |= reducer_is_prelude(use->symbol, names[i]);
    return is_exact && equality_is_identity(element);
}

/* Reducers of which one state may take in the elements of many chunks, in order, and be the same as those chunks' states merged
 * along the tree. No sum or product of floats, and nothing that the program defines, is one: there the shape of the tree shows. */
bool reducer_is_associative(const Symbol *symbol) {
    static const char *const names[] = {"min", "max", "any",    "all",    "first",     "last",     "list", "exact_sum",
                                        "set", "top", "bottom", "concat", "histogram", "distinct", "count"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (reducer_is_prelude(symbol, names[i])) return true;
    }
    return false;
}

void reducer_build_sum(Lower *l, CoreJob *job, Span span) {
    const CoreType *type = core_simple(l, CORE_TYPE_INT);
    job->reducer.kind = CORE_REDUCE_SUM_INT;
    job->reducer.is_exact = job->reducer.is_associative = true;
    job->reducer.state = core_pair_type(l, type, type);
    if (!job->key) job->reducer.nothing = make_int(l, 0, span);
}

static void build_lanes(Lower *l, CoreJob *job, CoreOp op, bool has_nothing, Span span) {
    job->reducer.kind = CORE_REDUCE_LANES;
    job->reducer.lane_op = op;
    if (!has_nothing) return;
    job->reducer.nothing = core_node(l->arena, CORE_FLOAT, core_simple(l, CORE_TYPE_FLOAT), span);
    job->reducer.nothing->number = op == CORE_OP_MUL ? 1.0 : 0.0;
}

static bool build_known(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    CoreReducer *reducer = &job->reducer;
    if (use->is_plain) return false;
    bool is_sum = reducer_is_prelude(use->symbol, "sum"), is_product = reducer_is_prelude(use->symbol, "product");
    if (reducer_is_prelude(use->symbol, "count")) {
        reducer->kind = CORE_REDUCE_COUNT;
        reducer->is_exact = reducer->is_associative = true;
        reducer->state = reducer->result = core_simple(l, CORE_TYPE_INT);
        if (!job->key) reducer->nothing = make_int(l, 0, job->span);
        return true;
    }
    if (is_sum && element->kind == CORE_TYPE_INT) {
        reducer_build_sum(l, job, job->span);
        return true;
    }
    if ((is_sum || is_product) && element->kind == CORE_TYPE_FLOAT && !job->key) {
        build_lanes(l, job, is_sum ? CORE_OP_ADD : CORE_OP_MUL, true, job->span);
        return true;
    }
    return false;
}

bool reducer_types(Lower *l, const ReducerUse *use, Span span, const CoreType **state, const CoreType **result) {
    Type *scheme = type_concrete(l, use->subst, use->symbol->scheme->type);
    Type *parts = scheme->kind == TYPE_FN ? type_prune(scheme->args[scheme->arg_count - 1]) : scheme;
    if (parts->kind != TYPE_TUPLE || parts->arg_count != 3) {
        lower_refuse(l, span, "the reducer `%s` here", use->name);
        return false;
    }
    *state = type_lower_concrete(l, parts->args[1], span);
    *result = type_lower_concrete(l, parts->args[2], span);
    return true;
}

static void build_declared(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    CoreReducer *reducer = &job->reducer;
    const CoreType *state, *result;
    if (use->from) lower_refuse(l, use->from->span, "`from` with a reducer");
    if (!reducer_types(l, use, job->span, &state, &result)) return;
    reducer->state = state;
    reducer->result = result;
    if (build_known(l, job, use, element)) return;
    AstMember *init = member_find(use->symbol, "init");
    AstMember *finish = member_find(use->symbol, "finish");
    CoreExprs none = {0};
    const CoreType *const add[] = {state, element}, *const merge[] = {state, state};
    reducer->kind = CORE_REDUCE_GENERAL;
    reducer->is_exact = reducer_is_exact(use, element);
    reducer->is_associative = reducer_is_associative(use->symbol);
    reducer->is_list = reducer_is_prelude(use->symbol, "list");
    if (!init) {
        lower_refuse(l, job->span, "a reducer without `init`");
        return;
    }
    reducer->init = member_body(l, use, init, &none, state);
    member_code(l, use, "add", add, false, state, &reducer->add);
    member_code(l, use, "merge", merge, true, state, &reducer->merge);
    member_code(l, use, "finish", merge, false, result, &reducer->finish);
    member_code(l, use, "done", merge, false, core_simple(l, CORE_TYPE_BOOL), &reducer->done);
    if (reducer->done.body) {
        reducer->done.params[0]->is_owned = false;
        reducer->done.params[0]->is_borrowed = true;
    }
    if (!use->is_plain && reducer_is_extreme(reducer)) reducer->is_exact = reducer->is_associative = true;
    if (job->key) return;
    reducer->nothing = member_body(l, use, init, &none, state);
    if (!finish) return;
    CoreExprs args = {0};
    vec_push(l->arena, &args, reducer->nothing);
    reducer->nothing = member_body(l, use, finish, &args, result);
}

/* g(left, right) as a code piece; `from` stands for the left side. */
static void function_code(Lower *l, const ReducerUse *use, const CoreType *type, bool from, CoreCode *code) {
    CoreExprs args = {0}, statements = {0};
    if (from) vec_push(l->arena, &args, core_copy(l->arena, use->from));
    const char *const names[] = {from ? "whole" : "left", "right"};
    for (size_t i = 0; i < (from ? 1u : 2u); i++) {
        code->params[i] = state_var(l, names[i], type, true, use->function.span);
        vec_push(l->arena, &args, core_local(l->arena, code->params[i], use->function.span));
    }
    CoreExpr *value = callable_apply(l, &use->function, args, use->function.span, &statements);
    code->body = make_block(l, &statements, value, use->function.span);
}

static void build_function(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    CoreReducer *reducer = &job->reducer;
    AstOp op = callable_operator(&use->function);
    bool is_literal = use->function.kind == CALLABLE_OPERATOR;
    reducer->state = reducer->result = element;
    if (op == OP_ADD && element->kind == CORE_TYPE_INT && !(use->from && job->key)) {
        reducer_build_sum(l, job, job->span);
    } else if ((op == OP_ADD || op == OP_MUL) && element->kind == CORE_TYPE_FLOAT && !job->key) {
        build_lanes(l, job, op == OP_ADD ? CORE_OP_ADD : CORE_OP_MUL, is_literal && op == OP_ADD, job->span);
    } else {
        reducer->kind = CORE_REDUCE_FOLD;
        function_code(l, use, element, false, &reducer->merge);
    }
    if (!use->from) return;
    function_code(l, use, element, true, &reducer->from);
    if (!job->key) reducer->nothing = core_copy(l->arena, use->from);
}

void reducer_build(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    job->reducer.name = use->name;
    job->reducer.element = job->reducer.result = element;
    if (use->members.len > 0) {
        reducer_build_tuple(l, job, use, element);
    } else if (use->symbol) {
        build_declared(l, job, use, element);
    } else {
        build_function(l, job, use, element);
    }
}

/* ---- the plain form */

ReducerUse reducer_plain(Lower *l, const ReducerUse *use, const CoreType *element) {
    ReducerUse plain = *use;
    plain.is_plain = true;
    if (element->kind != CORE_TYPE_INT || use->members.len > 0) return plain; /* a tuple's members are plain as they are */
    bool is_sum = use->symbol ? reducer_is_prelude(use->symbol, "sum") : callable_operator(&use->function) == OP_ADD;
    if (!is_sum) return plain;
    plain.symbol = prelude_symbol(l, "exact_sum", AST_REDUCER);
    plain.env = env_new(l, NULL, NULL);
    plain.subst = NULL;
    return plain;
}

Type *reducer_state(Lower *l, const ReducerUse *use, Type *result, const CoreType *element) {
    ReducerUse plain = reducer_plain(l, use, element);
    if (plain.members.len > 0) {
        Type *tuple = type_node(l, TYPE_TUPLE, NULL, NULL);
        tuple->args = arena_array(l->arena, Type *, plain.members.len);
        tuple->arg_count = plain.members.len;
        for (size_t i = 0; i < plain.members.len; i++) tuple->args[i] = reducer_state(l, &plain.members.items[i], result, element);
        return tuple;
    }
    if (!plain.symbol) return result;
    Type *scheme = type_concrete(l, plain.subst, plain.symbol->scheme->type);
    Type *parts = scheme->kind == TYPE_FN ? type_prune(scheme->args[scheme->arg_count - 1]) : scheme;
    return type_prune(parts->args[1]);
}
