/* check_async.c: the types of futures: `async e`, `await e`, and what can be asked of a future by name. */
#include "compiler/sema/check.h"

#include <string.h>

/* The part of the type that is of the kind, as far as it is known; NULL: there is none. */
static Type *find_kind(Type *type, TypeKind kind) {
    type = type_prune(type);
    if (type->kind == kind) return type;
    for (size_t i = 0; i < type->arg_count && type->kind != TYPE_FN; i++) {
        Type *found = find_kind(type->args[i], kind);
        if (found) return found;
    }
    return NULL;
}

Type *check_async(Checker *c, AstAsync *async) {
    FnContext *fn = c->fn;
    c->fn = NULL; /* the work is nobody's body: a `return` or `?` in it was reported */
    Type *type = check_expr(c, async->value, NULL);
    c->fn = fn;
    if (find_kind(type, TYPE_STREAM)) {
        Diag *diag = diag_add(c->diags, E0405, async->value->span, "`async` starts work that gives a value, but this is %s",
                              type_text(&c->infer, type));
        diag_hint(diag, "a stream is only walked where it is consumed: `reduce` it, or bring its elements together by `list(…)`");
        return error_type(c);
    }
    if (find_kind(type, TYPE_FUTURE)) {
        Diag *diag = diag_add(c->diags, E0405, async->value->span,
                              "the work that `async` starts cannot give a future, but this is %s", type_text(&c->infer, type));
        diag_hint(diag, "futures do not travel: `await` it inside, so that the result is a value");
        return error_type(c);
    }
    return type_one(&c->infer, TYPE_FUTURE, type);
}

Type *check_await(Checker *c, AstAwait *await) {
    Type *future = check_expr(c, await->value, NULL), *value = type_var(&c->infer, 0);
    UnifyResult result;
    if (type_unify(&c->infer, future, type_one(&c->infer, TYPE_FUTURE, value), &result)) return value;
    Diag *diag =
        diag_add(c->diags, E0301, await->value->span, "`await` takes a future, but this is %s", type_text(&c->infer, future));
    Type *list = type_prune(future);
    if (list->kind == TYPE_LIST && type_is(list->args[0], TYPE_FUTURE))
        diag_hint(diag, "await each of them: `for f in completed(futures) { … await f … }`");
    else
        diag_hint(diag, "it is a value already, so the `await` can go; `async f(x)` gives a future");
    return error_type(c);
}

Type *check_future_field(Checker *c, const AstDot *dot, Type *future) {
    if (strcmp(dot->name, "done") == 0) return type_basic(&c->infer, TYPE_BOOL);
    if (strcmp(dot->name, "progress") == 0) return type_basic(&c->infer, TYPE_FLOAT);
    Diag *diag = diag_add(c->diags, E0306, dot->base.span, "%s has no field `%s`", type_text(&c->infer, future), dot->name);
    if (strcmp(dot->name, "cancel") == 0)
        diag_hint(diag, "a function is called with parentheses: `.cancel()`");
    else
        diag_hint(diag, "a future has `.done`, `.progress` and `.cancel()`; `await` gives its result");
    return error_type(c);
}
