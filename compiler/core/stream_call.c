/* stream_call.c: functions that take or give streams are put in the place of their calls, where the stream's consumer is seen. */
#include "compiler/core/lower_loop.h"

#include <string.h>

enum {
    INLINE_DEPTH_LIMIT = 100,   /* functions inside each other: a chain of calls written by a program, not by a person */
    INLINE_COUNT_LIMIT = 50000, /* in a whole program: functions that each call the one before twice would double forever */
    EMIT_DEPTH_LIMIT = 200,     /* stages and loops inside each other: likewise where each walks the one before in itself */
};

void inline_enter(Lower *l, const Ast *tree) {
    l->inline_count++;
    vec_push(l->arena, &l->inlining, tree);
}

void inline_leave(Lower *l) {
    l->inlining.len--;
}

/* ---- the sources that the compiler knows: primitives that give a stream */

typedef struct KnownSource {
    const char *name;
    CoreSourceKind kind;
} KnownSource;

static const KnownSource *source_find(const Symbol *symbol) {
    static const KnownSource sources[] = {
        {"words_in", CORE_SOURCE_WORDS_IN},
        {"lines_in", CORE_SOURCE_LINES_IN},
        {"text_words", CORE_SOURCE_TEXT_WORDS},
        {"text_lines", CORE_SOURCE_TEXT_LINES},
    };
    if (!symbol->module || !symbol->module->is_library) return NULL;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (strcmp(sources[i].name, symbol->name) == 0) return &sources[i];
    }
    return NULL;
}

Stream *stream_of_primitive(Lower *l, const Symbol *symbol, CoreExpr *value, Span span, CoreExprs *out) {
    Stream *stream = arena_make(l->arena, Stream);
    stream->kind = STREAM_BASE;
    stream->source = source_find(symbol)->kind;
    stream->value = hold(l, value, NULL, out);
    stream->span = span;
    return stream;
}

/* ---- functions */

/* A function that leaves early or calls itself, or one too many, is called; streams pass as values then. */
bool tree_is_inlined(Lower *l, Ast *tree) {
    if (l->inlining.len >= INLINE_DEPTH_LIMIT || l->inline_count >= INLINE_COUNT_LIMIT) return false;
    if (l->emit_depth >= EMIT_DEPTH_LIMIT) return false;
    for (size_t i = 0; i < l->inlining.len; i++) {
        if (l->inlining.items[i] == tree) return false;
    }
    return !tree_returns(tree);
}

bool fn_is_inlined(Lower *l, const Symbol *symbol, const Subst *subst) {
    if (symbol->kind == SYMBOL_EXTERN) return source_find(symbol) != NULL;
    if (symbol->kind != SYMBOL_FN) return false;
    const Type *type = symbol->scheme ? type_concrete(l, subst, symbol->scheme->type) : NULL;
    bool has_stream = type && type_is_stream(type);
    for (size_t i = 0; type && type->kind == TYPE_FN && i < type->arg_count; i++) {
        if (type_is_stream(type_prune(type->args[i]))) has_stream = true;
    }
    return has_stream && tree_is_inlined(l, symbol->decl);
}

/* The parameters as recipes, known functions and values, in a new environment. */
static Env *bind_call(Lower *l, Env *env, Ast *call, const Symbol *symbol, const Subst *subst, CoreExprs *out) {
    Env *inner = env_new(l, NULL, subst);
    AstList *params = &ast_as(Fn, symbol->decl)->params;
    CallArgs args = call_args(l, env, call, symbol, subst, params);
    for (size_t i = 0; i < args.len; i++) {
        Ast *pattern = ast_as(Param, params->items[i])->pattern;
        const CallArg *arg = &args.items[i];
        if (pattern->kind == AST_PAT_NAME && type_is_stream(arg->type)) {
            env_bind_stream(l, inner, pattern->symbol, stream_of(l, arg->env, arg->ast, out));
        } else if (pattern->kind == AST_PAT_NAME && ast_is_function_literal(l, arg->env, arg->ast)) {
            env_bind_callable(l, inner, pattern->symbol, arg->ast, arg->env);
        } else {
            bind_pattern(l, inner, pattern, lower_expr(l, arg->env, arg->ast), out);
        }
    }
    return inner;
}

CoreExpr *inline_call(Lower *l, Env *env, Ast *call, const Symbol *symbol, const Subst *subst, LowerBody *lower) {
    CoreExprs statements = {0};
    Env *inner = bind_call(l, env, call, symbol, subst, &statements); /* before entering: an argument may call the function too */
    LoopTarget *target = l->body->target;
    l->body->target = NULL;
    inline_enter(l, symbol->decl);
    CoreExpr *value = lower(l, inner, ast_as(Fn, symbol->decl)->body);
    inline_leave(l);
    l->body->target = target;
    return make_block(l, &statements, value, call->span);
}

/* The stream that a function's body gives, in the environment of its parameters. */
static Stream *stream_of_body(Lower *l, Env *env, Ast *tree, CoreExprs *out) {
    LoopTarget *target = l->body->target;
    l->body->target = NULL;
    inline_enter(l, tree);
    Stream *stream = stream_of(l, env, tree_body(tree), out);
    inline_leave(l);
    l->body->target = target;
    return stream;
}

static Stream *stream_of_nothing(Lower *l, Span span) {
    Stream *stream = arena_make(l->arena, Stream);
    stream->value = make_unit(l, span);
    stream->span = span;
    return stream;
}

Stream *stream_of_call(Lower *l, Env *env, Ast *call, CoreExprs *out) {
    const Use *use = call_use(call);
    const Symbol *symbol = use ? use->symbol : NULL;
    bool is_declared = symbol && (symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN) && !env_find(l, env, symbol);
    if (!is_declared) {
        Callable callable = called(l, env, call, out);
        return stream_of_apply(l, &callable, lower_args(l, env, call), call->span, out);
    }
    const Subst *subst = subst_for_use(l, env, symbol, use, NULL);
    if (is_pieces(symbol)) {
        CallArgs args = call_args(l, env, call, symbol, subst, &ast_as(Extern, symbol->decl)->params);
        return stream_of_pieces(l, env, call, &args, out);
    }
    if (!fn_is_inlined(l, symbol, subst)) return stream_of_value(l, call_declared(l, env, call, symbol), out);
    if (symbol->kind == SYMBOL_EXTERN) {
        CallArgs args = call_args(l, env, call, symbol, subst, &ast_as(Extern, symbol->decl)->params);
        if (args.len != 1) return stream_of_nothing(l, call->span);
        CoreExpr *value = lower_expr(l, args.items[0].env, args.items[0].ast);
        return stream_of_primitive(l, symbol, value, call->span, out);
    }
    Env *inner = bind_call(l, env, call, symbol, subst, out);
    return stream_of_body(l, inner, symbol->decl, out);
}

/* Puts a function that gives a stream in the place of its application to an element. */
static Stream *stream_of_tree(Lower *l, Ast *tree, Env *outer, const Subst *subst, CoreExprs args, CoreExprs *out) {
    Env *env = env_new(l, outer, subst);
    bind_params(l, env, tree, &args, out);
    return stream_of_body(l, env, tree, out);
}

Stream *stream_of_apply(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out) {
    const Symbol *symbol = callable->symbol;
    args = callable_args(l, callable, args, span, out);
    if (l->has_failed) return stream_of_nothing(l, span);
    if (callable->kind == CALLABLE_DECLARED && fn_is_inlined(l, symbol, callable->subst)) {
        if (symbol->kind == SYMBOL_EXTERN) return stream_of_primitive(l, symbol, args.items[0], span, out);
        return stream_of_tree(l, symbol->decl, NULL, callable->subst, args, out);
    }
    bool is_tree = callable->kind == CALLABLE_TREE && tree_is_inlined(l, callable->tree);
    if (is_tree && type_is_stream(ast_type(l, callable->env, tree_body(callable->tree)))) {
        const Subst *subst = callable->env ? callable->env->subst : NULL;
        return stream_of_tree(l, callable->tree, callable->env, subst, args, out);
    }
    return stream_of_value(l, callable_apply(l, callable, args, span, out), out);
}
