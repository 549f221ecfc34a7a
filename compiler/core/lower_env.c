/* lower_env.c: environments (what symbols mean where code is being made) and types under the substitution of an instance. */
#include "compiler/core/lower_internal.h"

#include <string.h>

Env *env_new(Lower *l, Env *parent, const Subst *subst) {
    Env *env = arena_make(l->arena, Env);
    env->parent = parent;
    env->subst = subst;
    map_init(&env->bindings, l->arena);
    return env;
}

Binding *env_find(Lower *l, Env *env, const Symbol *symbol) {
    for (; env; env = env->parent) {
        Binding *binding = map_get_pointer(&env->bindings, symbol);
        if (binding) return binding;
    }
    return map_get_pointer(&l->globals, symbol);
}

/* Without an environment the symbol is one of the top level. */
static Binding *bind(Lower *l, Env *env, const Symbol *symbol, BindingKind kind) {
    Binding *binding = arena_make(l->arena, Binding);
    binding->kind = kind;
    *map_slot_pointer(env ? &env->bindings : &l->globals, symbol) = binding;
    return binding;
}

void env_bind_value(Lower *l, Env *env, const Symbol *symbol, CoreExpr *value) {
    bind(l, env, symbol, BINDING_VALUE)->value = value;
}

void env_bind_stream(Lower *l, Env *env, const Symbol *symbol, Stream *stream) {
    bind(l, env, symbol, BINDING_STREAM)->stream = stream;
}

void env_bind_callable(Lower *l, Env *env, const Symbol *symbol, Ast *ast, Env *ast_env) {
    Binding *binding = bind(l, env, symbol, BINDING_CALLABLE);
    binding->ast = ast;
    binding->env = ast_env;
}

/* ---- types */

static Type *subst_find(const Subst *subst, const Type *var) {
    for (; subst; subst = subst->parent) {
        for (size_t i = 0; i < subst->types.len; i++) {
            if (type_prune(subst->vars.items[i]) == var) return subst->types.items[i];
        }
    }
    return NULL;
}

static Type *type_make(Lower *l, const Type *like, Type **args) {
    Type *type = arena_make(l->arena, Type);
    *type = *like;
    type->args = args;
    return type;
}

static Type *type_unit(Lower *l) {
    Type *unit = arena_make(l->arena, Type);
    unit->kind = TYPE_TUPLE;
    return unit;
}

/* Types without variables are shared, not copied. */
Type *type_concrete(Lower *l, const Subst *subst, Type *type) {
    if (!type) return type_unit(l);
    type = type_prune(type);
    if (type->kind == TYPE_VAR) {
        Type *found = subst_find(subst, type);
        return found ? found : type_unit(l);
    }
    Type **args = NULL;
    for (size_t i = 0; i < type->arg_count; i++) {
        Type *arg = type_concrete(l, subst, type->args[i]);
        if (arg != type->args[i] && !args) {
            args = arena_array(l->arena, Type *, type->arg_count);
            memcpy(args, type->args, type->arg_count * sizeof *args);
        }
        if (args) args[i] = arg;
    }
    return args ? type_make(l, type, args) : type;
}

const CoreType *type_lower_concrete(Lower *l, Type *type, Span span) {
    static const struct {
        TypeKind from;
        CoreTypeKind to;
    } kinds[] = {
        {TYPE_INT, CORE_TYPE_INT},           {TYPE_FLOAT, CORE_TYPE_FLOAT}, {TYPE_BOOL, CORE_TYPE_BOOL},
        {TYPE_STRING, CORE_TYPE_STRING},     {TYPE_RANGE, CORE_TYPE_RANGE}, {TYPE_TUPLE, CORE_TYPE_TUPLE},
        {TYPE_OPTIONAL, CORE_TYPE_OPTIONAL}, {TYPE_LIST, CORE_TYPE_LIST},   {TYPE_MAP, CORE_TYPE_MAP},
        {TYPE_SET, CORE_TYPE_SET},           {TYPE_FN, CORE_TYPE_FN},       {TYPE_FUTURE, CORE_TYPE_FUTURE},
        {TYPE_STREAM, CORE_TYPE_STREAM},
    };
    type = type_prune(type);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].from != type->kind) continue;
        const CoreType **args = arena_array(l->arena, const CoreType *, type->arg_count + 1);
        for (size_t a = 0; a < type->arg_count; a++) args[a] = type_lower_concrete(l, type->args[a], span);
        return core_type(l->program->types, kinds[i].to, args, type->arg_count);
    }
    if (type->kind == TYPE_DATA) return data_type(l, type, span);
    lower_refuse(l, span, "a value of this type");
    return core_unit_type(l);
}

Type *ast_type(Lower *l, Env *env, const Ast *ast) {
    return type_concrete(l, env ? env->subst : NULL, ast->type);
}

const CoreType *ast_core_type(Lower *l, Env *env, const Ast *ast) {
    return type_lower_concrete(l, ast_type(l, env, ast), ast->span);
}

const Subst *subst_for_use(Lower *l, Env *env, const Symbol *symbol, const Use *use, const Subst *parent) {
    if (!symbol->scheme || symbol->scheme->vars.len == 0) return parent;
    const Subst *own = env ? env->subst : NULL;
    Subst *subst = arena_make(l->arena, Subst);
    subst->parent = parent;
    subst->vars = symbol->scheme->vars;
    for (size_t i = 0; i < subst->vars.len; i++) {
        Type *type = use && i < use->types.len ? use->types.items[i] : subst->vars.items[i];
        vec_push(l->arena, &subst->types, type_concrete(l, own, type));
    }
    return subst;
}

bool type_is_stream(const Type *type) {
    return type->kind == TYPE_STREAM;
}

const char *subst_text(Lower *l, const Subst *subst) {
    Buf text = {0};
    for (size_t i = 0; subst && i < subst->types.len; i++) {
        if (i > 0) buf_add_text(&text, ", ");
        type_print_marked(subst->types.items[i], &text);
    }
    const char *copy = arena_strndup(l->arena, text.data ? text.data : "", text.len);
    buf_free(&text);
    return copy;
}
