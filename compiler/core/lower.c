/* lower.c: the entry of lowering: the top level of all modules, the instances that it asks for, and the passes over the whole. */
#include "compiler/core/lower_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

CoreExpr *lower_refuse(Lower *l, Span span, const char *format, ...) {
    if (!l->has_failed) {
        va_list args;
        Buf text = {0};
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        l->refusal = diag_add(l->diags, E0501, span, "%s is not supported yet", buf_text(&text));
        buf_free(&text);
        l->has_failed = true;
    } else {
        l->refusal = NULL;
    }
    return make_unit(l, span);
}

/* ---- functions */

/* What stands in the library has no position: it would change with every edit there. */
const char *position_name(Lower *l, const char *what, Span span) {
    if (source_file(l->sources, span.file)->is_library) return arena_printf(l->arena, "library.%s", what);
    LineColumn at = source_position(l->sources, span.file, span.from);
    return arena_printf(l->arena, "%s@%" PRIu32 ":%" PRIu32, what, at.line, at.column);
}

CoreFn *fn_new(Lower *l, const char *name, const CoreType *result, Span span) {
    void **taken = map_slot(&l->fn_names, name, strlen(name));
    uintptr_t count = (uintptr_t)*taken + 1;
    *taken = (void *)count;
    if (count > 1) {
        name = arena_printf(l->arena, "%s#%" PRIuPTR, name, count);
        *map_slot(&l->fn_names, name, strlen(name)) = (void *)(uintptr_t)1;
    }
    CoreFn *fn = arena_make(l->arena, CoreFn);
    fn->name = name;
    fn->result = result;
    fn->span = span;
    vec_push(l->arena, &l->program->fns, fn);
    return fn;
}

static const char *instance_name(Lower *l, const Symbol *symbol, const char *types) {
    bool is_main = symbol->module == l->checked->main;
    const char *module = is_main ? "" : symbol->module->mark, *dot = is_main ? "" : ".";
    if (*types == '\0') return arena_printf(l->arena, "%s%s%s", module, dot, symbol->name);
    return arena_printf(l->arena, "%s%s%s[%s]", module, dot, symbol->name, types);
}

CoreFn *fn_instance(Lower *l, const Symbol *symbol, const Subst *subst) {
    const char *types = subst_text(l, subst);
    const char *key = arena_printf(l->arena, "%p %s", (const void *)symbol, types);
    CoreFn **slot = (CoreFn **)map_slot(&l->instances, key, strlen(key));
    if (*slot) return *slot;
    Type *type = type_concrete(l, subst, symbol->scheme->type);
    if (type->kind == TYPE_FN) type = type->args[type->arg_count - 1];
    CoreFn *fn = *slot = fn_new(l, instance_name(l, symbol, types), type_lower_concrete(l, type, symbol->span), symbol->decl->span);
    PendingFn pending = {.fn = fn, .tree = symbol->decl, .env = env_new(l, NULL, subst)};
    vec_push(l->arena, &l->pending, pending);
    return fn;
}

void lower_tree_into(Lower *l, CoreFn *fn, Env *env, Ast *tree) {
    Env *inner = env_new(l, env, env ? env->subst : NULL);
    AstList *params = tree_params(tree);
    CoreExprs args = {0}, statements = {0};
    for (size_t i = 0; i < params->len; i++) {
        Ast *pattern = ast_as(Param, params->items[i])->pattern;
        CoreVar *var = pattern_var(l, pattern, ast_core_type(l, inner, pattern));
        var->is_borrowed = true;
        vec_push(l->arena, &fn->params, var);
        vec_push(l->arena, &args, core_local(l->arena, var, pattern->span));
    }
    bind_params(l, inner, tree, &args, &statements);
    CoreExpr *value = lower_expr(l, inner, tree_body(tree));
    fn->body = make_block(l, &statements, value, tree->span);
    core_give_type(fn->body, fn->result);
    if (fn->result == core_unit_type(l)) fn->body = as_unit(l, fn->body);
}

static void lower_pending(Lower *l) {
    for (size_t i = 0; i < l->pending.len && !l->has_failed; i++) {
        PendingFn pending = l->pending.items[i];
        Body body = {.result = pending.fn->result};
        l->body = &body;
        vec_push(l->arena, &l->inlining, pending.tree); /* a call of itself is a call */
        lower_tree_into(l, pending.fn, pending.env, pending.tree);
        l->inlining.len--;
        l->body = NULL;
    }
}

/* ---- the top level */

static void lower_top_level(Lower *l) {
    CoreFn *top = fn_new(l, "top level", core_unit_type(l), (Span){0});
    l->program->top_level = top;
    Body body = {.result = top->result};
    l->body = &body;
    CoreExprs statements = {0};
    Env *env = env_new(l, NULL, NULL);
    for (size_t m = 0; m < l->checked->modules.len; m++) {
        const AstFile *file = l->checked->modules.items[m]->file;
        if (l->checked->modules.items[m] == l->checked->main) top->span = file->base.span;
        for (size_t i = 0; i < file->items.len && !l->has_failed; i++) {
            Ast *item = file->items.items[i];
            switch (item->kind) {
            case AST_FN:
            case AST_EXTERN:
            case AST_TYPE_DECL:
            case AST_REDUCER:
            case AST_IMPORT:
            case AST_TEST: break;
            case AST_LET: bind_global_let(l, env, ast_as(Let, item), &statements); break;
            default:
                if (item == l->checked->value)
                    lower_wanted(l, env, item, &statements);
                else if (!l->checked->runs_tests || item->kind == AST_VAR)
                    lower_statement(l, env, item, &statements);
                break;
            }
        }
    }
    if (l->checked->runs_tests) lower_tests(l, env, &statements);
    if (l->checked->cell != CELL_NONE) lower_exports(l, env, &statements);
    top->body = as_unit(l, make_block(l, &statements, NULL, top->span));
    l->body = NULL;
}

static bool finish_program(Lower *l) {
    if (l->checked->cell != CELL_NONE) core_close(l->program, &l->next_var);
    core_tidy(l->program);
    core_parts(l->program, &l->next_var);
    core_runs(l->program, &l->next_var);
    core_keep(l->program, &l->next_var);
    core_mark_recursive(l->program);
    core_tail(l->program, &l->next_var);
    core_own(l->program);
    core_lend(l->program);
    core_mark_recursive(l->program);
    core_find_globals(l->program);
    if (!core_travel(l->program, l->diags)) return false;
    const char *problem = core_verify(l->program);
    if (problem) diag_add(l->diags, E0701, (Span){0}, "the compiler made a mistake: %s", problem);
    if (!problem) core_hash(l->program);
    return !problem;
}

CoreProgram *core_lower(Arena *arena, const SourceMap *sources, const CheckedProgram *program, DiagSink *diags) {
    Lower l = {.arena = arena, .sources = sources, .checked = program, .diags = diags};
    map_init(&l.globals, arena);
    map_init(&l.instances, arena);
    map_init(&l.lifted, arena);
    map_init(&l.fn_names, arena);
    l.program = arena_make(arena, CoreProgram);
    l.program->arena = arena;
    l.program->sources = sources;
    l.program->types = core_types_new(arena);
    l.program->checks_laws = program->checks_laws;
    lower_top_level(&l);
    lower_pending(&l);
    return !l.has_failed && finish_program(&l) ? l.program : NULL;
}
