/* check_args.c: the arguments of declared functions: by position and by name, and the defaults of what is left out.
 *
 * A default value is copied for each call that needs it, and bound and checked as if it stood there: so it may have another type at
 * each call (`top(n, key = x => x)`), and lowering finds its types like those of any argument. */
#include "compiler/sema/check.h"

#include <string.h>

#include "base/nearest.h"

typedef struct Args {
    Checker *c;
    const Symbol *symbol;
    const Ast *call;
    const AstList *params;
    Ast **values; /* one a parameter; NULL: left out */
    bool failed;
} Args;

static AstParam *param_at(const Args *a, size_t i) {
    return ast_as(Param, a->params->items[i]);
}

static Name param_name(const Args *a, size_t i) {
    Ast *pattern = param_at(a, i)->pattern;
    return pattern->kind == AST_PAT_NAME ? ast_as(PatName, pattern)->name : NULL;
}

/* "`n` of `take`", or "argument 2 of `take`" for a parameter without a name. */
static const char *param_text(const Args *a, size_t i) {
    Name name = param_name(a, i);
    if (name) return arena_printf(a->c->arena, "the argument `%s` of `%s`", name, a->symbol->name);
    return arena_printf(a->c->arena, "argument %zu of `%s`", i + 1, a->symbol->name);
}

/* ---- which argument belongs to which parameter */

/* `sort(xs, key: f)` and the like, of one who looks for what another function of the library does. */
static void hint_key(Args *a, Diag *diag) {
    const SourceFile *file = source_file(a->c->sema->sources, a->symbol->span.file);
    const char *name = a->symbol->name;
    if (file && file->is_library && embedded_has("lists", arena_printf(a->c->arena, "%s_by", name)))
        diag_hint(diag, "`lists.%s_by(xs, key)`, after `import lists`, goes by a key", name);
}

static void report_count(Args *a, size_t given) {
    size_t count = a->params->len;
    Diag *diag = diag_add(a->c->diags, E0303, a->call->span, "`%s` takes %zu argument%s, but %zu %s given", a->symbol->name, count,
                          count == 1 ? "" : "s", given, given == 1 ? "is" : "are");
    diag_note(diag, a->symbol->span, "`%s` is declared here", a->symbol->name);
    hint_key(a, diag);
    a->failed = true;
}

static void report_label(Args *a, const AstArg *arg) {
    Diag *diag = diag_add(a->c->diags, E0303, arg->base.span, "`%s` has no parameter `%s`", a->symbol->name, arg->label);
    diag_note(diag, a->symbol->span, "`%s` is declared here", a->symbol->name);
    VEC(const char *) names = {0};
    for (size_t i = 0; i < a->params->len; i++)
        if (param_name(a, i)) vec_push(a->c->arena, &names, param_name(a, i));
    hint_key(a, diag);
    const char *near = nearest_name(arg->label, names.items, names.len);
    if (near) {
        diag_hint(diag, "did you mean `%s`?", near);
        diag_fix(diag, (Span){arg->base.span.file, arg->base.span.from, arg->base.span.from + (uint32_t)strlen(arg->label)}, "%s",
                 near);
    }
    a->failed = true;
}

static void place_label(Args *a, AstArg *arg) {
    for (size_t i = 0; i < a->params->len; i++) {
        if (param_name(a, i) != arg->label) continue;
        if (a->values[i]) {
            diag_add(a->c->diags, E0303, arg->base.span, "%s is given twice", param_text(a, i));
            a->failed = true;
        }
        a->values[i] = arg->value;
        return;
    }
    report_label(a, arg);
}

static void place_args(Args *a, Ast *receiver, const AstList *args) {
    size_t next = 0, given = args->len + (receiver ? 1 : 0);
    bool named = false;
    if (given > a->params->len) {
        report_count(a, given);
        return;
    }
    if (receiver) a->values[next++] = receiver;
    for (size_t i = 0; i < args->len; i++) {
        if (args->items[i]->kind != AST_ARG) {
            a->failed = true;
            continue;
        }
        AstArg *arg = ast_as(Arg, args->items[i]);
        if (arg->label) {
            named = true;
            place_label(a, arg);
        } else if (named) {
            diag_add(a->c->diags, E0303, arg->base.span, "an argument without a name cannot follow one with a name");
            a->failed = true;
        } else {
            a->values[next++] = arg->value;
        }
    }
}

/* ---- their types */

static bool is_lambda(const Ast *node) {
    while (node->kind == AST_PAREN) node = ((const AstParen *)node)->value;
    return node->kind == AST_LAMBDA;
}

static void check_arg(Args *a, size_t i, Type *type) {
    Reason reason = {.what = param_text(a, i), .span = param_at(a, i)->base.span, .note = "the parameter is declared here"};
    const SourceFile *file = source_file(a->c->sema->sources, reason.span.file);
    if (file && file->is_library) /* a newcomer is helped by the name alone */
        reason.span = SPAN_NONE;
    if (!check_against(a->c, a->values[i], type, &reason)) a->failed = true;
}

/* The copy of a default value, bound in the module that declares it. */
static Ast *copy_default(Args *a, AstParam *param) {
    Checker *c = a->c;
    bool is_circular = false;
    for (size_t i = 0; i < c->defaults.len; i++) is_circular = is_circular || c->defaults.items[i] == &param->base;
    Ast *copy = is_circular ? NULL : ast_clone(c->arena, param->default_value, &c->default_budget);
    if (is_circular || c->default_budget == 0) {
        diag_add(c->diags, E0303, a->call->span, "the default values of `%s` call one another without an end", a->symbol->name);
        return NULL;
    }
    size_t errors = diag_count(c->diags, SEVERITY_ERROR);
    resolve_default(c->sema, a->symbol->module, a->symbol->decl, param->default_value, copy);
    return diag_count(c->diags, SEVERITY_ERROR) == errors ? copy : NULL;
}

static void check_default(Args *a, size_t i, Type *type) {
    AstParam *param = param_at(a, i);
    UnifyResult ignored;
    if (param->default_value->type && type_is_error(param->default_value->type)) { /* reported at the declaration */
        a->failed = true;
    } else if ((a->values[i] = copy_default(a, param)) != NULL) {
        vec_push(a->c->arena, &a->c->defaults, &param->base);
        Reason reason = {.what =
                             arena_printf(a->c->arena, "the default of `%s`", param_name(a, i) ? param_name(a, i) : "a parameter"),
                         .span = a->call->span,
                         .note = "this call leaves the argument out"};
        check_against(a->c, a->values[i], type, &reason);
        a->c->defaults.len--;
    } else {
        a->failed = true;
    }
    if (a->failed) type_unify(&a->c->infer, type, error_type(a->c), &ignored);
}

static void report_missing(Args *a, size_t i) {
    Name name = param_name(a, i);
    Diag *diag = diag_add(a->c->diags, E0303, a->call->span, "%s is missing", param_text(a, i));
    diag_note(diag, a->symbol->span, "`%s` is declared here", a->symbol->name);
    if (name && param_at(a, i)->default_value == NULL && a->params->len == 1) diag_hint(diag, "it takes one argument");
    a->failed = true;
}

static bool is_left_out(const Args *a, size_t i) {
    return !a->values[i] && !param_at(a, i)->default_value;
}

/* The first argument that is missing, unless a map that stands last has taken all that are. */
static void find_missing(Args *a, const AstList *args) {
    size_t first = 0, missing = 0;
    for (size_t i = a->params->len; i-- > 0;) {
        if (!is_left_out(a, i)) continue;
        first = i;
        missing++;
    }
    if (missing == 0) return;
    Ast *last =
        args->len > 0 && args->items[args->len - 1]->kind == AST_ARG ? ast_as(Arg, args->items[args->len - 1])->value : NULL;
    if (last && open_map_takes_argument(a->c, a->call, last, missing, param_text(a, first)))
        a->failed = true;
    else
        report_missing(a, first);
}

/* What is not checked because of an error still has its own mistakes reported. */
static void check_alone(Args *a, Ast *receiver, const AstList *args) {
    if (receiver) check_expr(a->c, receiver, NULL);
    for (size_t i = 0; i < args->len; i++)
        if (args->items[i]->kind == AST_ARG && !is_lambda(ast_as(Arg, args->items[i])->value))
            check_expr(a->c, ast_as(Arg, args->items[i])->value, NULL);
}

bool check_args(Checker *c, const Ast *call, Use *use, Type *const *params, Ast *receiver, const AstList *args) {
    Args a = {.c = c, .symbol = use->symbol, .call = call, .params = params_of(use->symbol)};
    for (size_t i = 0; i < a.params->len; i++) a.failed = a.failed || a.params->items[i]->kind != AST_PARAM;
    a.values = arena_array(c->arena, Ast *, a.params->len + 1);
    if (!a.failed) place_args(&a, receiver, args);
    if (!a.failed) find_missing(&a, args);
    if (a.failed) {
        check_alone(&a, receiver, args);
        return false;
    }
    /* Function values come last: by then the other arguments have decided what they are called with. */
    for (size_t i = 0; i < a.params->len; i++)
        if (a.values[i] && !is_lambda(a.values[i])) check_arg(&a, i, params[i]);
    pred_solve_pending(&c->infer);
    for (size_t i = 0; i < a.params->len; i++) {
        if (!a.values[i])
            check_default(&a, i, params[i]);
        else if (is_lambda(a.values[i]))
            check_arg(&a, i, params[i]);
        vec_push(c->arena, &use->args, a.values[i]);
    }
    return !a.failed;
}
