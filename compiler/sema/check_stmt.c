/* check_stmt.c: blocks and statements.
 *
 * Each statement has a level of its own, so that at its end an int literal that nothing decided becomes an int, while one that met
 * a parameter's type waits for the end of the function. What a statement drops is typed unit: its block, and the branches of an
 * `if`. */
#include "compiler/sema/check.h"

size_t statement_begin(Checker *c) {
    c->infer.level++;
    return c->infer.literals.len;
}

void statement_end(Checker *c, size_t literals) {
    c->infer.level--;
    pred_solve_pending(&c->infer);
    literals_default(&c->infer, literals < c->infer.literals.len ? literals : c->infer.literals.len);
    pred_solve_pending(&c->infer);
}

/* ---- let and var */

static bool is_function_value(const Ast *node) {
    while (node->kind == AST_PAREN) node = ((const AstParen *)node)->value;
    if (node->kind == AST_LAMBDA || node->kind == AST_OPERATOR_REF) return true;
    const Symbol *symbol = node->kind == AST_NAME_REF || node->kind == AST_DOT ? node->symbol : NULL;
    if (symbol && symbol->kind == SYMBOL_CONSTRUCTOR) return symbol->fields.len > 0;
    return symbol && (symbol->kind == SYMBOL_FN || symbol->kind == SYMBOL_EXTERN);
}

static Type *check_bound(Checker *c, Ast *value, Ast *type_expr) {
    if (!type_expr) return check_expr(c, value, NULL);
    Type *type = annotate(c, type_expr);
    Reason reason = {.what = "the value", .span = type_expr->span, .note = "its type is declared here"};
    check_against(c, value, type, &reason);
    return type;
}

/* What is bound can be seen by the statements that follow, so its variables belong to them. */
static Type *keep(Checker *c, Type *type, Span span) {
    if (type_lower(type, c->infer.level)) return type;
    diag_add(c->diags, E0305, span, "this value has a type that is too large");
    return error_type(c);
}

static void generalise_let(Checker *c, AstLet *let, Type *type) {
    c->infer.level--;
    TypeList types = {0}, deciding = {0};
    vec_push(c->arena, &types, type);
    Type *fn = type_prune(type);
    for (size_t i = 0; fn->kind == TYPE_FN && i < type_fn_arity(fn); i++) vec_push(c->arena, &deciding, fn->args[i]);
    let->pattern->type = type;
    if (let->pattern->symbol && !scheme_generalise(&c->infer, &types, &deciding, &let->pattern->symbol->scheme))
        diag_add(c->diags, E0305, let->pattern->span, "`%s` has a type that is too large", let->pattern->symbol->name);
}

void check_let(Checker *c, AstLet *let) {
    size_t literals = statement_begin(c);
    Type *type = check_bound(c, let->value, let->type_expr);
    let->base.type = unit_type(c);
    if (let->pattern->kind == AST_PAT_NAME && is_function_value(let->value)) {
        generalise_let(c, let, type);
        return;
    }
    statement_end(c, literals);
    check_pattern(c, let->pattern, keep(c, type, let->value->span));
}

static void check_var(Checker *c, AstVar *var) {
    size_t literals = statement_begin(c);
    Type *type = check_bound(c, var->value, var->type_expr);
    statement_end(c, literals);
    type = keep(c, type, var->value->span);
    if (var->base.symbol) var->base.symbol->scheme = scheme_of(&c->infer, type);
    var->base.type = unit_type(c);
}

/* ---- loops and jumps */

static void check_for(Checker *c, AstFor *loop) {
    size_t literals = statement_begin(c);
    Type *sequence = check_expr(c, loop->sequence, NULL);
    Type *element = type_var(&c->infer, 0);
    pred_require(&c->infer,
                 (Pred){.kind = PRED_SEQUENCE, .types = {sequence, element}, .span = loop->sequence->span, .is_written = true});
    statement_end(c, literals);
    check_pattern(c, loop->pattern, keep(c, element, loop->sequence->span));
    check_statement(c, loop->body);
}

static void check_while(Checker *c, AstWhile *loop) {
    size_t literals = statement_begin(c);
    Reason reason = {.what = "the condition of `while`", .span = SPAN_NONE};
    check_against(c, loop->condition, type_basic(&c->infer, TYPE_BOOL), &reason);
    statement_end(c, literals);
    check_statement(c, loop->body);
}

static void check_return(Checker *c, AstReturn *node) {
    if (!c->fn) { /* outside of any function, which was reported */
        if (node->value) check_expr(c, node->value, NULL);
        return;
    }
    const char *what = c->fn->name ? arena_printf(c->arena, "the result of `%s`", c->fn->name) : "the result of this function";
    Reason reason = {.what = what, .span = SPAN_NONE};
    if (node->value)
        check_against(c, node->value, c->fn->result, &reason);
    else
        check_fits(c, node->base.span, unit_type(c), c->fn->result, &reason);
}

/* ---- expressions whose value is dropped */

/* `xs.sort()`, of one who thinks that it changes xs. */
static void hint_new_value(Diag *diag, const AstMethod *method) {
    const Ast *receiver = method->receiver;
    const char *name = receiver->kind == AST_NAME_REF ? ((const AstNameRef *)receiver)->name : NULL;
    bool is_var = name && receiver->symbol && receiver->symbol->kind == SYMBOL_VAR;
    if (is_var) {
        diag_hint(diag, "values do not change: `.%s` gives a new one, which has to be assigned", method->name);
        diag_fix(diag, (Span){receiver->span.file, receiver->span.from, receiver->span.from}, "%s = ", name);
    } else {
        diag_hint(diag, "values do not change: `.%s` gives a new one, to be bound by `let` or assigned to a var", method->name);
    }
}

static void warn_dropped(Checker *c, const Ast *node, Type *type) {
    const SourceFile *file = source_file(c->sema->sources, node->span.file);
    if (file && file->is_library) return;
    Diag *diag = diag_add(c->diags, W0101, node->span, "the value of this statement, %s, is dropped", type_text(&c->infer, type));
    if (type_is(type, TYPE_STREAM))
        diag_hint(diag, "nothing walks this stream, so nothing is computed: `for`, `reduce` and `list(…)` do");
    else if (type_is(type, TYPE_FUTURE))
        diag_hint(diag, "work that nobody awaits is cancelled: bind the future by `let`, and `await` it");
    else if (node->kind == AST_METHOD)
        hint_new_value(diag, (const AstMethod *)node);
    else if (node->kind == AST_BINARY && ((const AstBinary *)node)->op == OP_EQ)
        diag_hint(diag, "`==` compares: `=` assigns, and `assert(a == b)` checks");
    else if (node->kind == AST_UNARY && ((const AstUnary *)node)->op == OP_NEG)
        diag_hint(diag, "a line that begins with `-` is a statement: put the `-` at the end of the line before to go on with that");
    else if (c->fn)
        diag_hint(diag, "`return …` leaves the function with it; `let _ = …` drops it on purpose");
    else
        diag_hint(diag, "`let _ = …` drops it on purpose");
}

static void check_dropped_if(Checker *c, AstIf *branch) {
    size_t literals = statement_begin(c);
    Reason condition = {.what = "the condition of `if`", .span = SPAN_NONE};
    check_against(c, branch->condition, type_basic(&c->infer, TYPE_BOOL), &condition);
    statement_end(c, literals);
    check_statement(c, branch->then_branch);
    if (branch->else_branch) check_statement(c, branch->else_branch);
    branch->base.type = unit_type(c);
}

/* The statements up to `count`; functions that are neighbours together. */
static void check_statements(Checker *c, const AstList *statements, size_t count) {
    for (size_t i = 0; i < count;) {
        size_t fns = ast_run_of_fns(statements->items + i, count - i);
        if (fns == 0)
            check_statement(c, statements->items[i]);
        else
            check_local_functions(c, statements->items + i, fns);
        i += fns > 0 ? fns : 1;
    }
}

static void check_dropped_block(Checker *c, AstBlock *block) {
    check_statements(c, &block->statements, block->statements.len);
    block->base.type = unit_type(c);
}

static void check_dropped_try(Checker *c, AstTry *try) {
    check_statement(c, try->body);
    check_statement(c, try->handler);
    try->base.type = unit_type(c);
}

static void check_dropped(Checker *c, Ast *node) {
    size_t literals = statement_begin(c);
    c->statement = node;
    Type *type = type_prune(check_expr(c, node, NULL));
    statement_end(c, literals);
    type = type_prune(type);
    UnifyResult ignored;
    if (type->kind == TYPE_VAR && !type->is_rigid && type->level > c->infer.level)
        type_unify(&c->infer, type, unit_type(c), &ignored); /* `fail("…")`: any type will do */
    else if (type->kind != TYPE_ERROR && !type_is_unit(type))
        warn_dropped(c, node, type);
}

void check_wanted(Checker *c, Ast *node) {
    size_t literals = statement_begin(c);
    c->statement = node;
    Type *type = check_expr(c, node, NULL);
    statement_end(c, literals);
    type = keep(c, type, node->span);
    UnifyResult ignored;
    if (type_prune(type)->kind == TYPE_VAR) type_unify(&c->infer, type, unit_type(c), &ignored); /* `fail("…")` */
    if (!type_is_unit(type_prune(type))) c->sema->value = node;
}

static void check_dropped_match(Checker *c, AstMatch *match) {
    size_t literals = statement_begin(c);
    check_subject(c, match);
    statement_end(c, literals);
    for (size_t i = 0; i < match->arms.len; i++) {
        if (match->arms.items[i]->kind != AST_ARM) continue;
        AstArm *arm = ast_as(Arm, match->arms.items[i]);
        check_arm_head(c, match, arm);
        check_statement(c, arm->body);
        arm->base.type = unit_type(c);
    }
    check_covered(c, match);
    match->base.type = unit_type(c);
}

void check_statement(Checker *c, Ast *node) {
    switch (node->kind) {
    case AST_LET: check_let(c, ast_as(Let, node)); break;
    case AST_VAR: check_var(c, ast_as(Var, node)); break;
    case AST_ASSIGN: check_assign(c, ast_as(Assign, node)); break;
    case AST_FOR: check_for(c, ast_as(For, node)); break;
    case AST_WHILE: check_while(c, ast_as(While, node)); break;
    case AST_RETURN: check_return(c, ast_as(Return, node)); break;
    case AST_BREAK:
    case AST_CONTINUE: break;
    case AST_IF: check_dropped_if(c, ast_as(If, node)); return;
    case AST_MATCH: check_dropped_match(c, ast_as(Match, node)); return;
    case AST_BLOCK: check_dropped_block(c, ast_as(Block, node)); return;
    case AST_TRY: check_dropped_try(c, ast_as(Try, node)); return;
    case AST_TEST: check_statement(c, ast_as(Test, node)->body); break;
    case AST_FN: /* with its neighbours */
    case AST_TYPE_DECL:
    case AST_EXTERN:
    case AST_REDUCER:
    case AST_IMPORT:
    case AST_ERROR: break;
    default: check_dropped(c, node); return;
    }
    node->type = unit_type(c);
}

Type *check_block(Checker *c, AstBlock *block, Type *hint) {
    if (block->statements.len == 0) return unit_type(c);
    Ast *last = vec_last(&block->statements);
    bool ends_in_fn = last->kind == AST_FN;
    check_statements(c, &block->statements, block->statements.len - (ends_in_fn ? 0 : 1));
    if (ends_in_fn) return unit_type(c);
    c->statement = last;
    return check_expr(c, last, hint);
}
