/* check_update.c: what changes a var: assignments, and the statements `xs.push(v)`, `m.remove(k)` and their like. */
#include "compiler/sema/check.h"

/* ---- assignment */

static bool is_slice(const Ast *target) {
    return target->kind == AST_INDEX && ((const AstIndex *)target)->index->kind == AST_RANGE;
}

void check_assign(Checker *c, AstAssign *assign) {
    size_t literals = statement_begin(c);
    Type *target = check_expr(c, assign->target, NULL);
    if (is_slice(assign->target)) {
        not_supported(c, assign->target, "assigning to a slice");
        target = error_type(c);
    }
    Reason reason = {.what = "the value that is assigned",
                     .span = assign->target->span,
                     .note = arena_printf(c->arena, "this is %s", type_text(&c->infer, target))};
    if (assign->op == OP_NONE) {
        check_against(c, assign->value, target, &reason);
    } else {
        check_expr(c, assign->value, NULL);
        c->statement = &assign->base;
        Type *result = check_operation(c, assign->op, assign->base.span, assign->target, assign->value);
        check_fits(c, assign->value->span, result, target, &reason);
    }
    statement_end(c, literals);
}

/* ---- updates */

/* The var at the bottom of a place, or NULL. */
static Symbol *root_var(const Ast *place) {
    for (;;) {
        switch (place->kind) {
        case AST_PAREN: place = ((const AstParen *)place)->value; break;
        case AST_INDEX:
            if (is_slice(place)) return NULL;
            place = ((const AstIndex *)place)->sequence;
            break;
        case AST_DOT: place = ((const AstDot *)place)->value; break;
        case AST_TUPLE_DOT: place = ((const AstTupleDot *)place)->value; break;
        case AST_NAME_REF: return place->symbol && place->symbol->kind == SYMBOL_VAR ? place->symbol : NULL;
        default: return NULL;
        }
    }
}

static void report_place(Checker *c, const AstMethod *method) {
    const Ast *receiver = method->receiver;
    const Symbol *symbol = receiver->kind == AST_NAME_REF ? receiver->symbol : NULL;
    if (!symbol) {
        Diag *diag = diag_add(c->diags, E0204, receiver->span, "`%s` changes a variable, and this is none", method->name);
        diag_hint(diag, "bind it first: `var xs = …`, then `xs.%s(…)`", method->name);
        return;
    }
    Diag *diag = diag_add(c->diags, E0204, receiver->span, "`%s` cannot be changed: it is not a var", symbol->name);
    diag_label(diag, symbol->span, "it is declared here");
    if (symbol->decl && symbol->decl->kind == AST_LET) {
        Span let = symbol->decl->span;
        diag_hint(diag, "a name whose value changes is declared by `var %s = …`", symbol->name);
        diag_fix(diag, (Span){let.file, let.from, let.from + 3}, "var");
    } else
        diag_hint(diag, "copy it to a var first: `var changed = %s`", symbol->name);
}

Type *check_update(Checker *c, AstMethod *method) {
    bool is_alone = c->statement == &method->base;
    bool was_reported = method->receiver->kind == AST_NAME_REF && !method->receiver->symbol;
    Type *type;
    Use *use = use_new(c, method->base.symbol, method->base.span, &type);
    type = type_prune(type);
    if (type->kind != TYPE_FN) return error_type(c);
    method->base.use = use;
    check_args(c, &method->base, use, type->args, method->receiver, &method->args);
    if (!is_alone) {
        Diag *diag = diag_add(c->diags, E0301, method->base.span, "`.%s` changes a variable and has no value", method->name);
        diag_hint(diag, "write it as a statement of its own");
        return error_type(c);
    }
    if (!was_reported && !root_var(method->receiver)) report_place(c, method);
    return unit_type(c);
}
