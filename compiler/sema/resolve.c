/* resolve.c: binds the names inside declarations, statements and expressions.
 *
 * One walk over the tree in source order, with the scopes of local names on the way. Only nodes that bind names, mention them or
 * jump need a case of their own; of all others the children are resolved. */
#include "compiler/sema/scope.h"

static void resolve_child(Ast *child, void *context) {
    resolve_node(context, child);
}

static void resolve_children(Resolver *r, Ast *node) {
    ast_each_child(node, resolve_child, r);
}

static void resolve_list(Resolver *r, const AstList *list) {
    for (size_t i = 0; i < list->len; i++) resolve_node(r, list->items[i]);
}

static void resolve_maybe(Resolver *r, Ast *node) {
    if (node) resolve_node(r, node);
}

/* ---- patterns */

/* A constructor in a pattern is looked up; it names nothing new. */
static void resolve_constructor(Resolver *r, AstPatConstructor *pattern) {
    Symbol *symbol = pattern->module ? scope_qualified(r, pattern->module, pattern->name, pattern->base.span)
                                     : scope_lookup(r, pattern->name, pattern->base.span);
    if (symbol && symbol->kind == SYMBOL_CONSTRUCTOR)
        pattern->base.symbol = symbol;
    else if (symbol)
        diag_add(r->sema->diags, E0201, pattern->base.span, "`%s` is not a constructor", pattern->name);
}

static void resolve_constructors(Ast *pattern, void *context) {
    if (pattern->kind == AST_PAT_CONSTRUCTOR) resolve_constructor(context, ast_as(PatConstructor, pattern));
    if (ast_is_pattern(pattern)) ast_each_child(pattern, resolve_constructors, context);
}

static void bind_pattern(Resolver *r, Ast *pattern, Ast *decl);

static void bind_child(Ast *child, void *context) {
    if (ast_is_pattern(child)) bind_pattern(context, child, child);
}

static void bind_alternatives(Resolver *r, AstPatAlternatives *pattern) {
    bind_pattern(r, pattern->items.items[0], pattern->items.items[0]);
    for (size_t i = 1; i < pattern->items.len; i++) resolve_constructors(pattern->items.items[i], r);
    alternatives_share(r, pattern);
}

/* Declares the names of a pattern in the innermost scope. `decl` is what declares a pattern that is just a name. */
static void bind_pattern(Resolver *r, Ast *pattern, Ast *decl) {
    if (pattern->kind == AST_PAT_NAME)
        pattern->symbol = scope_declare(r, SYMBOL_LOCAL, ast_as(PatName, pattern)->name, pattern->span, decl);
    else if (pattern->kind == AST_PAT_REST && ast_as(PatRest, pattern)->name)
        pattern->symbol = scope_declare(r, SYMBOL_LOCAL, ast_as(PatRest, pattern)->name, pattern->span, pattern);
    else if (pattern->kind == AST_PAT_ALTERNATIVES)
        bind_alternatives(r, ast_as(PatAlternatives, pattern));
    else
        ast_each_child(pattern, bind_child, r);
    if (pattern->kind == AST_PAT_CONSTRUCTOR) resolve_constructor(r, ast_as(PatConstructor, pattern));
}

/* ---- functions */

typedef struct Place {
    Scope scope;
    Scope *outer;
    Ast *owner;
    unsigned loops;
    const char *clause;
} Place;

/* Enters a function's own scope; what is inside belongs to `owner`. */
static void function_enter(Resolver *r, Place *place, Ast *owner) {
    *place = (Place){.scope = {.outer = r->scope}, .outer = r->scope, .owner = r->owner, .loops = r->loops, .clause = r->clause};
    r->scope = &place->scope;
    r->owner = owner;
    r->loops = 0;
    r->clause = NULL;
}

static void function_leave(Resolver *r, const Place *place) {
    r->scope = place->outer;
    r->owner = place->owner;
    r->loops = place->loops;
    r->clause = place->clause;
}

/* Default values see what stands around the function, and nothing of the function. */
static void resolve_default_value(Resolver *r, Ast *owner, Ast *value) {
    Scope *scope = r->scope, *around = r->around_default;
    Ast *outer = r->owner;
    r->scope = scope->outer;
    r->around_default = scope;
    r->owner = owner;
    resolve_node(r, value);
    r->scope = scope;
    r->around_default = around;
    r->owner = outer;
}

static void resolve_params(Resolver *r, const AstList *params, Ast *owner) {
    for (size_t i = 0; i < params->len; i++) {
        if (params->items[i]->kind != AST_PARAM) continue;
        AstParam *param = ast_as(Param, params->items[i]);
        bind_pattern(r, param->pattern, param->pattern->kind == AST_PAT_NAME ? &param->base : param->pattern);
        param->base.symbol = param->pattern->symbol;
        if (param->default_value) resolve_default_value(r, owner, param->default_value);
    }
}

static void resolve_function(Resolver *r, Ast *node, const AstList *params, Ast *body) {
    Place place;
    function_enter(r, &place, node);
    resolve_params(r, params, node);
    resolve_node(r, body);
    function_leave(r, &place);
}

static void resolve_reducer(Resolver *r, AstReducer *reducer) {
    Place outer;
    function_enter(r, &outer, &reducer->base);
    resolve_params(r, &reducer->params, &reducer->base);
    for (size_t i = 0; i < reducer->members.len; i++) {
        if (reducer->members.items[i]->kind != AST_MEMBER) continue;
        AstMember *member = ast_as(Member, reducer->members.items[i]);
        Place inner;
        function_enter(r, &inner, &member->base);
        resolve_params(r, &member->params, &member->base);
        resolve_node(r, member->body);
        function_leave(r, &inner);
    }
    function_leave(r, &outer);
}

/* ---- statements */

/* Functions that stand next to one another in a block may mention each other: their names are declared first. Returns how many they
 * are. */
static size_t resolve_neighbours(Resolver *r, Ast *const *statements, size_t count) {
    size_t fns = ast_run_of_fns(statements, count);
    for (size_t i = 0; i < fns; i++) {
        AstFn *fn = ast_as(Fn, statements[i]);
        Span span = span_of_name(r->sema, &fn->base, fn->base.span.from, fn->name);
        fn->base.symbol = scope_declare(r, SYMBOL_FN, fn->name, span, &fn->base);
    }
    for (size_t i = 0; i < fns; i++) {
        AstFn *fn = ast_as(Fn, statements[i]);
        resolve_function(r, &fn->base, &fn->params, fn->body);
    }
    return fns;
}

static void resolve_statements(Resolver *r, const AstList *statements) {
    for (size_t i = 0; i < statements->len; i++)
        if (statements->items[i]->kind == AST_ERROR) scope_skipped(r->module, ast_as(Error, statements->items[i]));
    for (size_t i = 0; i < statements->len;) {
        size_t fns = resolve_neighbours(r, statements->items + i, statements->len - i);
        if (fns == 0) resolve_node(r, statements->items[i]);
        i += fns > 0 ? fns : 1;
    }
}

static void resolve_block(Resolver *r, AstBlock *block) {
    Scope scope = {.outer = r->scope};
    r->scope = &scope;
    resolve_statements(r, &block->statements);
    unused_collect(r, &scope);
    r->scope = scope.outer;
}

static void resolve_let(Resolver *r, AstLet *let) {
    resolve_node(r, let->value);
    if (let->pattern->kind == AST_PAT_NAME && let->pattern->symbol)
        let->base.symbol = let->pattern->symbol; /* at the top level, declared already */
    if (!r->scope) {
        resolve_constructors(let->pattern, r);
        return;
    }
    bind_pattern(r, let->pattern, let->pattern->kind == AST_PAT_NAME ? &let->base : let->pattern);
    let->base.symbol = let->pattern->symbol;
}

static void resolve_var(Resolver *r, AstVar *var) {
    resolve_node(r, var->value);
    if (r->scope)
        var->base.symbol =
            scope_declare(r, SYMBOL_VAR, var->name, span_of_name(r->sema, &var->base, var->base.span.from, var->name), &var->base);
}

static void resolve_for(Resolver *r, AstFor *loop) {
    resolve_node(r, loop->sequence);
    Scope scope = {.outer = r->scope};
    r->scope = &scope;
    bind_pattern(r, loop->pattern, loop->pattern);
    r->loops++;
    resolve_node(r, loop->body);
    r->loops--;
    r->scope = scope.outer;
}

static void resolve_while(Resolver *r, AstWhile *loop) {
    resolve_node(r, loop->condition);
    r->loops++;
    resolve_node(r, loop->body);
    r->loops--;
}

/* The name at the bottom of `x`, `x[i]`, `x.0`, `x.a[i]`; NULL where there is none. */
static Ast *root_of_place(Ast *place) {
    for (;;) {
        switch (place->kind) {
        case AST_INDEX: place = ast_as(Index, place)->sequence; break;
        case AST_TUPLE_DOT: place = ast_as(TupleDot, place)->value; break;
        case AST_DOT: place = ast_as(Dot, place)->value; break;
        case AST_PAREN: place = ast_as(Paren, place)->value; break;
        default: return place->kind == AST_NAME_REF ? place : NULL;
        }
    }
}

static void resolve_assign(Resolver *r, AstAssign *assign) {
    r->target = root_of_place(assign->target);
    r->is_first_value = assign->op == OP_NONE && r->target == assign->target;
    resolve_node(r, assign->target);
    r->target = NULL;
    resolve_node(r, assign->value);
    Ast *root = root_of_place(assign->target);
    const Symbol *symbol = root ? root->symbol : NULL;
    if (!symbol || symbol->kind == SYMBOL_VAR) return;
    Diag *diag = diag_add(r->sema->diags, E0204, root->span, "`%s` cannot be changed: it is not a var", symbol->name);
    if (symbol->module->is_library && r->is_first_value) {
        diag_hint(diag, "it is the library's; a name of your own is declared by `let %s = …` or `var %s = …`", symbol->name,
                  symbol->name);
        root->symbol = NULL;
        return;
    }
    if (symbol->module == r->module) diag_label(diag, symbol->span, "it is declared here");
    if (symbol->decl && symbol->decl->kind == AST_LET) {
        Span keyword = symbol->decl->span;
        keyword.to = keyword.from + 3;
        diag_hint(diag, "a name whose value changes is declared by `var %s = …`", symbol->name);
        diag_fix(diag, keyword, "var");
    } else
        diag_hint(diag, "copy it to a var first: `var changed = %s`", symbol->name);
    root->symbol = NULL;
}

/* What would leave the work that an `async` starts: that runs elsewhere. */
static void report_leaving_async(Resolver *r, const Ast *node) {
    const char *what = node->kind == AST_RETURN     ? "`return`"
                       : node->kind == AST_QUESTION ? "`?`, which may leave a function early,"
                       : node->kind == AST_BREAK    ? "`break`"
                                                    : "`continue`";
    Diag *diag = diag_add(r->sema->diags, E0207, node->span, "%s cannot leave the work that `async` starts", what);
    if (node->kind == AST_RETURN || node->kind == AST_QUESTION)
        diag_hint(diag, "let a function do the work, and start its call: `async f(x)`");
    else
        diag_hint(diag, "the work runs elsewhere, while this loop goes on: decide here, after `await`");
}

static void check_jump(Resolver *r, const Ast *node) {
    bool is_return = node->kind == AST_RETURN || node->kind == AST_QUESTION;
    if (r->owner && r->owner->kind == AST_ASYNC && (is_return || r->loops == 0)) {
        report_leaving_async(r, node);
    } else if (is_return && (!r->owner || r->owner->kind == AST_TEST)) {
        Diag *diag = diag_add(r->sema->diags, E0207, node->span, "%s stands outside of any function",
                              node->kind == AST_RETURN ? "`return`" : "`?`, which may leave a function early,");
        if (node->kind == AST_QUESTION) diag_hint(diag, "`x ?? default` gives a default for an optional");
    } else if (!is_return && r->loops == 0) {
        diag_add(r->sema->diags, E0207, node->span, "`%s` stands outside of any loop",
                 node->kind == AST_BREAK ? "break" : "continue");
    }
}

/* ---- expressions */

/* `stats.median(xs)` calls a module's function; `xs.f(y)` the function `f` that is in scope here. */
static void resolve_method(Resolver *r, AstMethod *method) {
    Span span = span_of_name(r->sema, &method->base, method->receiver->span.to, method->name);
    Module *module = scope_module(r, method->receiver);
    if (module) {
        method->receiver->symbol = scope_lookup(r, ast_as(NameRef, method->receiver)->name, method->receiver->span);
        method->base.symbol = scope_member(r, module, method->name, span);
    } else if (!scope_lacks_import(r, method->receiver, method->name)) {
        resolve_node(r, method->receiver);
        method->base.symbol = scope_lookup(r, method->name, span);
    }
    resolve_list(r, &method->args);
}

static void resolve_dot(Resolver *r, AstDot *dot) {
    Module *module = scope_module(r, dot->value);
    if (!module) {
        if (!scope_lacks_import(r, dot->value, dot->name)) resolve_node(r, dot->value);
        return;
    }
    dot->value->symbol = scope_lookup(r, ast_as(NameRef, dot->value)->name, dot->value->span);
    dot->base.symbol = scope_member(r, module, dot->name, span_of_name(r->sema, &dot->base, dot->value->span.to, dot->name));
}

/* What should be a function, for a hint where it is written as an expression of names that nobody declares: `where x > 2`. */
static void resolve_operand(Resolver *r, Ast *operand, const char *clause) {
    const char *around = r->clause;
    r->clause = operand && operand->kind != AST_NAME_REF ? clause : NULL;
    r->is_clause_reported = false;
    resolve_maybe(r, operand);
    r->clause = around;
}

static void resolve_pipe(Resolver *r, AstPipe *pipe) {
    resolve_list(r, &pipe->sources);
    if (pipe->op != OP_REDUCE) resolve_operand(r, pipe->function, pipe->op == OP_FLATMAP ? "flatmap" : "map");
    resolve_operand(r, pipe->where, "where");
    r->is_by = true;
    if (!pipe->by_key) resolve_operand(r, pipe->by, "by");
    r->is_by = false;
    resolve_maybe(r, pipe->scan);
    resolve_operand(r, pipe->reduce, "reduce");
    resolve_maybe(r, pipe->from);
}

/* The work may travel, as a function may: it mentions no var, and nothing in it leaves what stands around. */
static void resolve_async(Resolver *r, AstAsync *async) {
    Place place;
    function_enter(r, &place, &async->base);
    resolve_node(r, async->value);
    function_leave(r, &place);
}

static void resolve_arm(Resolver *r, AstArm *arm) {
    Scope scope = {.outer = r->scope};
    r->scope = &scope;
    bind_pattern(r, arm->pattern, arm->pattern);
    resolve_maybe(r, arm->guard);
    resolve_node(r, arm->body);
    unused_collect(r, &scope);
    r->scope = scope.outer;
}

static void resolve_try(Resolver *r, AstTry *try) {
    resolve_node(r, try->body);
    Scope scope = {.outer = r->scope};
    r->scope = &scope;
    if (try->name)
        try->base.symbol =
            scope_declare(r, SYMBOL_LOCAL, try->name, span_of_name(r->sema, &try->base, try->body->span.to, try->name), &try->base);
    resolve_node(r, try->handler);
    r->scope = scope.outer;
}

void resolve_node(Resolver *r, Ast *node) {
    switch (node->kind) {
    case AST_FN:
        if (r->item && r->item->node == node) /* others are resolved with their neighbours */
            resolve_function(r, node, &ast_as(Fn, node)->params, ast_as(Fn, node)->body);
        break;
    case AST_EXTERN: break;
    case AST_REDUCER: resolve_reducer(r, ast_as(Reducer, node)); break;
    case AST_LAMBDA: resolve_function(r, node, &ast_as(Lambda, node)->params, ast_as(Lambda, node)->body); break;
    case AST_LET: resolve_let(r, ast_as(Let, node)); break;
    case AST_VAR: resolve_var(r, ast_as(Var, node)); break;
    case AST_ASSIGN: resolve_assign(r, ast_as(Assign, node)); break;
    case AST_FOR: resolve_for(r, ast_as(For, node)); break;
    case AST_WHILE: resolve_while(r, ast_as(While, node)); break;
    case AST_BLOCK: resolve_block(r, ast_as(Block, node)); break;
    case AST_BREAK:
    case AST_CONTINUE: check_jump(r, node); break;
    case AST_RETURN:
    case AST_QUESTION:
        check_jump(r, node);
        resolve_children(r, node);
        break;
    case AST_NAME_REF: node->symbol = scope_lookup(r, ast_as(NameRef, node)->name, node->span); break;
    case AST_METHOD: resolve_method(r, ast_as(Method, node)); break;
    case AST_DOT: resolve_dot(r, ast_as(Dot, node)); break;
    case AST_PIPE: resolve_pipe(r, ast_as(Pipe, node)); break;
    case AST_ASYNC: resolve_async(r, ast_as(Async, node)); break;
    case AST_ARM: resolve_arm(r, ast_as(Arm, node)); break;
    case AST_TRY: resolve_try(r, ast_as(Try, node)); break;
    case AST_TEST: resolve_function(r, node, &(AstList){0}, ast_as(Test, node)->body); break;
    case AST_TYPE_DECL:
    case AST_IMPORT: break;
    default:
        if (!ast_is_pattern(node) && !ast_is_type(node)) resolve_children(r, node);
    }
}

/* ---- entry points */

typedef struct Borrowed {
    Arena *arena;
    const Module *module;
    const Ast *value; /* the default */
    Scope scope;
} Borrowed;

/* The names of a block that a default mentions, as they were bound where it stands: not those that it declares itself. */
static void borrow_name(Ast *node, void *context) {
    Borrowed *borrowed = context;
    Symbol *symbol = node->symbol;
    bool is_local = symbol && symbol->module == borrowed->module && symbol->kind != SYMBOL_MODULE && symbol->kind != SYMBOL_TYPE &&
                    symbol->kind != SYMBOL_CONSTRUCTOR && map_get_pointer(&symbol->module->values, symbol->name) != symbol;
    bool is_inside = is_local && symbol->span.from >= borrowed->value->span.from && symbol->span.to <= borrowed->value->span.to;
    if (is_local && !is_inside) vec_push(borrowed->arena, &borrowed->scope.symbols, symbol);
    ast_each_child(node, borrow_name, context);
}

void resolve_default(Sema *sema, Module *module, Ast *owner, Ast *value, Ast *copy) {
    Borrowed borrowed = {.arena = sema->arena, .module = module, .value = value};
    borrow_name(value, &borrowed);
    Resolver r = {.sema = sema, .module = module, .scope = &borrowed.scope, .owner = owner};
    resolve_node(&r, copy);
}
