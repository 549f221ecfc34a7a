/* lower_pass.c: what a job's chunks have to know of the chunks before them is found by another job, a first pass over the same
 * input.
 *
 * A pass looks at each chunk by itself: what a scan's elements combine to, or how many elements there are. It never fails: of a
 * chunk with an element that does, it says so, and the job proper comes to that element again, with what was printed and mapped
 * before it. The library's functions `prefixes` and `chunk_starts` make of the chunks' parts what each chunk begins with. */
#include "compiler/core/lower_loop.h"

#include <string.h>

/* ---- the library's own functions */

static const char *declared_name(const Ast *item) {
    switch (item->kind) {
    case AST_FN: return ((const AstFn *)item)->name;
    case AST_EXTERN: return ((const AstExtern *)item)->name;
    case AST_REDUCER: return ((const AstReducer *)item)->name;
    default: return "";
    }
}

const Symbol *prelude_symbol(const Lower *l, const char *name, AstKind kind) {
    const AstList *items = &l->checked->modules.items[0]->file->items;
    for (size_t i = 0; i < items->len; i++) {
        const Ast *item = items->items[i];
        if (item->kind == kind && strcmp(declared_name(item), name) == 0) return item->symbol;
    }
    return NULL;
}

Type *type_node(Lower *l, TypeKind kind, Type *first, Type *second) {
    Type *const args[] = {first, second};
    Type *type = arena_make(l->arena, Type);
    type->kind = kind;
    type->arg_count = second ? 2 : first ? 1 : 0;
    type->args = arena_array(l->arena, Type *, 2);
    memcpy(type->args, args, sizeof args);
    return type;
}

static const Subst *subst_of(Lower *l, const Symbol *symbol, Type *type) {
    if (symbol->scheme->vars.len == 0) return NULL;
    Subst *subst = arena_make(l->arena, Subst);
    subst->vars = symbol->scheme->vars;
    for (size_t i = 0; i < subst->vars.len; i++) vec_push(l->arena, &subst->types, type);
    return subst;
}

CoreExpr *call_prelude(Lower *l, const char *name, Type *type, CoreExprs args, Span span) {
    const Symbol *symbol = prelude_symbol(l, name, AST_FN);
    return apply_declared(l, symbol, subst_of(l, symbol, type), args, span);
}

CoreExpr *make_failure(Lower *l, CoreExpr *message, Span span) {
    const Symbol *symbol = prelude_symbol(l, "fail", AST_EXTERN);
    CoreExprs args = {0};
    vec_push(l->arena, &args, message);
    return make_prim(l, symbol, subst_of(l, symbol, type_node(l, TYPE_TUPLE, NULL, NULL)), args, span);
}

ReducerUse reducer_list(Lower *l, Type *element) {
    ReducerUse use = {.symbol = prelude_symbol(l, "list", AST_REDUCER), .name = "list"};
    use.subst = subst_of(l, use.symbol, element);
    use.env = env_new(l, NULL, use.subst);
    return use;
}

/* ---- passes */

/* The pass's code with its failures caught; `part` and `failed` say then how it went. */
static void pass_attempt(Lower *l, Pass *pass, CoreVar *part, CoreVar *failed, CoreExprs loop, Span span, CoreExprs *out) {
    CoreExprs inside = {0};
    CoreExprs *declared = pass->counts_failed ? out : &inside;
    for (size_t i = 0; i < pass->declared.len; i++) vec_push(l->arena, declared, pass->declared.items[i]);
    for (size_t i = 0; i < loop.len; i++) vec_push(l->arena, &inside, loop.items[i]);
    if (!pass->counts_failed) vec_push(l->arena, &inside, make_assign(l, part, pass->content(l, pass, span)));
    CoreExpr *const parts[] = {make_block(l, &inside, NULL, span), make_assign(l, failed, make_bool(l, true, span))};
    CoreExpr *attempt = make(l, CORE_TRY, core_unit_type(l), span, 2, parts);
    const CoreType *text = core_simple(l, CORE_TYPE_STRING);
    attempt->var = var_new(l, NULL, core_pair_type(l, text, text), span);
    vec_push(l->arena, out, attempt);
    if (pass->counts_failed) vec_push(l->arena, out, make_assign(l, part, pass->content(l, pass, span)));
}

CoreExpr *pass_job(Lower *l, Stream *stream, Pass *pass, const Nest *outer_nest, Span span) {
    CoreJob *job = job_new(l, span);
    Body body = {0}, *outer = l->body;
    CoreExprs loop = {0}, statements = {0};
    Nest nest = {.sources = &job->sources, .by_chunk = true, .prepared = outer_nest->prepared};
    l->body = &body;
    stream_emit(l, stream, &pass->base, &nest, &loop);
    if (!l->has_failed) {
        const CoreType *content = type_lower_concrete(l, pass->type, span), *flag = core_simple(l, CORE_TYPE_BOOL);
        CoreVar *part = mutable_new(l, "part", content, span), *failed = mutable_new(l, "failed", flag, span);
        vec_push(l->arena, &statements, make_let(l, part, core_node(l->arena, CORE_ZERO, content, span)));
        vec_push(l->arena, &statements, make_let(l, failed, make_bool(l, false, span)));
        pass_attempt(l, pass, part, failed, loop, span, &statements);
        CoreExpr *const values[] = {core_local(l->arena, part, span), core_local(l->arena, failed, span)};
        CoreExpr *pair = make(l, CORE_TUPLE, core_pair_type(l, content, flag), span, 2, values);
        vec_push(l->arena, &statements, make(l, CORE_YIELD, core_unit_type(l), span, 1, &pair));
        ReducerUse list = reducer_list(l, type_node(l, TYPE_TUPLE, pass->type, type_node(l, TYPE_BOOL, NULL, NULL)));
        reducer_build(l, job, &list, pair->type);
    }
    l->body = outer;
    job->is_silent = true;
    return job_end(l, job, &nest, &statements, span);
}

CoreExpr *nest_find(const Nest *nest, const Stream *stage) {
    for (size_t i = 0; i < nest->prepared.len; i++) {
        if (nest->prepared.items[i].stage == stage) return nest->prepared.items[i].list;
    }
    return NULL;
}

CoreExpr *nest_prepared(Lower *l, const Nest *nest, const Stream *stage) {
    CoreExpr *list = nest_find(nest, stage);
    const char *what = "a stream with `scan`, or with sequences of unknown length walked together, here";
    return list ? list : lower_refuse(l, stage->span, "%s", what);
}

void nest_prepare(Lower *l, Nest *nest, const Stream *stage, CoreExpr *list) {
    Prepared prepared = {.stage = stage, .list = list};
    vec_push(l->arena, &nest->prepared, prepared);
}

void stream_prepare(Lower *l, Stream *stream, Nest *nest, CoreExprs *out) {
    if (l->has_failed || stream->kind == STREAM_BASE) return;
    if (stream->kind == STREAM_PIPE && stream->operands.len > 1) {
        together_prepare(l, stream, nest, out);
        return;
    }
    stream_prepare(l, stream->operands.items[0], nest, out);
    if (stream->kind != STREAM_SCAN || l->has_failed) return;
    nest_prepare(l, nest, stream, scan_prefixes(l, stream, stream->operands.items[0], nest, out));
}
