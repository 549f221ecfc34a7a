/* lower_cell.c: what a cell takes from those before it, and what it leaves to those that follow.
 *
 * Both go through globals: a given one has its value before the top level starts, and is never assigned; one that is exported is
 * assigned at the end, once everything has gone well. So a cell that fails changes nothing. */
#include "compiler/core/lower_internal.h"

CoreExpr *lower_given(Lower *l, Env *env, AstGiven *given) {
    CoreExpr *read = core_node(l->arena, CORE_GLOBAL, ast_core_type(l, env, &given->base), given->base.span);
    CoreGlobal *global = read->global = arena_make(l->arena, CoreGlobal);
    *global = (CoreGlobal){given->name, (uint32_t)l->program->globals.len, read->type, read->span};
    vec_push(l->arena, &l->program->globals, global);
    vec_push(l->arena, &l->program->given, ((CoreExport){given->name, global}));
    return read;
}

void bind_given(Lower *l, Env *env, AstLet *let, CoreExprs *out) {
    const Symbol *symbol = let->pattern->symbol;
    CoreExpr *value = lower_given(l, env, ast_as(Given, let->value));
    if (type_is_stream(ast_type(l, env, let->value)))
        env_bind_stream(l, NULL, symbol, stream_of_value(l, value, out));
    else
        env_bind_value(l, NULL, symbol, value);
}

static CoreExpr *export_value(Lower *l, const char *name, CoreExpr *value, Span span, CoreExprs *out) {
    CoreExpr *read = make_global(l, name, value, span, out);
    vec_push(l->arena, &l->program->exports, ((CoreExport){name, read->global}));
    return read;
}

CoreExpr *lower_kept(Lower *l, Env *env, AstKept *kept) {
    CoreExprs statements = {0};
    CoreExpr *value = lower_expr(l, env, kept->value);
    CoreExpr *read = export_value(l, kept->name, value, kept->base.span, &statements);
    return make_block(l, &statements, read, kept->base.span);
}

void lower_wanted(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    bool is_stream = type_is_stream(ast_type(l, env, ast));
    CoreExpr *value = is_stream ? stream_value(l, stream_of(l, env, ast, out)) : lower_expr(l, env, ast);
    export_value(l, "it", value, ast->span, out);
}

/* A let that was given is there already, and so is a var that nothing has touched. */
static bool is_changed(const Symbol *symbol) {
    const Ast *decl = symbol->decl;
    if (decl->kind == AST_LET && ((const AstLet *)decl)->is_recipe) return false;
    if (symbol->kind == SYMBOL_VAR)
        return ((const AstVar *)decl)->value->kind != AST_GIVEN || symbol->is_used || symbol->is_assigned;
    return symbol->kind == SYMBOL_GLOBAL && !(decl->kind == AST_LET && ((const AstLet *)decl)->value->kind == AST_GIVEN);
}

void lower_exports(Lower *l, Env *env, CoreExprs *out) {
    const Module *main = l->checked->main;
    for (size_t i = 0; i < main->values.len && !l->has_failed; i++) {
        const Symbol *symbol = main->values.entries[i].value;
        if (!symbol || symbol->module != main || !is_changed(symbol)) continue;
        const Binding *binding = env_find(l, env, symbol);
        if (!binding || binding->kind == BINDING_CALLABLE) continue; /* a function is a declaration, which the cells keep as one */
        CoreExpr *value = binding->kind == BINDING_STREAM ? stream_value(l, binding->stream) : core_copy(l->arena, binding->value);
        export_value(l, symbol->name, value, symbol->span, out);
    }
}

static void find_loop(CoreExpr *expr, void *found) {
    if (expr->kind == CORE_FOR || expr->kind == CORE_WHILE) *(bool *)found = true;
    core_each_child(expr, find_loop, found);
}

typedef struct OwnLoops {
    const SourceMap *sources;
    bool are_there;
} OwnLoops;

static void find_own_loop(CoreExpr *expr, void *context) {
    OwnLoops *loops = context;
    bool is_loop = expr->kind == CORE_FOR || expr->kind == CORE_WHILE;
    if (is_loop && !source_file(loops->sources, expr->span.file)->is_library) loops->are_there = true;
    core_each_child(expr, find_own_loop, loops);
}

/* Loops of the program's own must not wait for a better version of the code that they are in: it comes with the next call. Those of
 * the library are in functions that are called often, or over soon, and kernels and what walks streams are called for each chunk.
 */
bool core_may_be_replaced(const CoreProgram *program) {
    OwnLoops loops = {.sources = program->sources};
    find_own_loop(program->top_level->body, &loops);
    for (size_t i = 0; i < program->fns.len; i++)
        if (!program->fns.items[i]->element) find_own_loop(program->fns.items[i]->body, &loops);
    return !loops.are_there;
}

bool core_runs_once(const CoreProgram *program) {
    bool has_loop = program->jobs.len > 0 || program->fns.len > 1;
    if (!has_loop) find_loop(program->top_level->body, &has_loop);
    return !has_loop;
}
