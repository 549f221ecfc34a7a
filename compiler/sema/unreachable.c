/* unreachable.c: warnings about statements that no run of the program comes to (W0105).
 *
 * One walk over the checked tree, which says of each node whether what comes after it can still be reached. Only what the text
 * shows counts: no conditions are evaluated but `while true`. */
#include "compiler/sema/infer.h"
#include "compiler/sema/resolve.h"

#include <string.h>

typedef struct Reach {
    Sema *sema;
    bool has_break; /* of the innermost loop */
} Reach;

static bool leaves(Reach *reach, Ast *node);

static void visit(Ast *node, void *context) {
    leaves(context, node);
}

/* Whether one of the statements always leaves. What stands behind the first of these is reported once. */
static bool list_leaves(Reach *reach, const AstList *statements) {
    const Ast *leaving = NULL;
    bool is_reported = false;
    for (size_t i = 0; i < statements->len; i++) {
        Ast *node = statements->items[i];
        bool is_declaration = node->kind == AST_FN || node->kind == AST_TYPE_DECL || node->kind == AST_REDUCER ||
                              node->kind == AST_EXTERN || node->kind == AST_IMPORT || node->kind == AST_TEST;
        /* A block's value is its last expression's: behind a loop without an end it says what type the block has. */
        bool is_value =
            leaving && leaving->kind == AST_WHILE && i + 1 == statements->len && node->type && !type_is_unit(node->type);
        if (leaving && !is_reported && !is_declaration && !is_value) {
            Diag *diag = diag_add(reach->sema->diags, W0105, node->span, "this statement is never reached");
            diag_label(diag, leaving->span, "nothing goes on after this");
            is_reported = true;
        }
        if (leaves(reach, node) && !leaving) leaving = node;
    }
    return leaving != NULL;
}

/* `fail` and `exit` of the library never return. */
static bool is_final(const Symbol *symbol) {
    return symbol && symbol->module->is_library && (strcmp(symbol->name, "fail") == 0 || strcmp(symbol->name, "exit") == 0);
}

static bool loop_leaves(Reach *reach, Ast *condition, Ast *body) {
    bool outer = reach->has_break;
    if (condition) leaves(reach, condition);
    reach->has_break = false;
    leaves(reach, body);
    const Ast *test = condition;
    while (test && test->kind == AST_PAREN) test = ((const AstParen *)test)->value;
    bool is_endless = test && test->kind == AST_BOOL_LIT && ((const AstBoolLit *)test)->value && !reach->has_break;
    reach->has_break = outer;
    return is_endless;
}

static bool if_leaves(Reach *reach, AstIf *branch) {
    bool before = leaves(reach, branch->condition), then = leaves(reach, branch->then_branch);
    bool otherwise = branch->else_branch && leaves(reach, branch->else_branch);
    return before || (then && otherwise);
}

static bool match_leaves(Reach *reach, AstMatch *match) {
    bool all = match->arms.len > 0;
    leaves(reach, match->subject);
    for (size_t i = 0; i < match->arms.len; i++) {
        AstArm *arm = match->arms.items[i]->kind == AST_ARM ? ast_as(Arm, match->arms.items[i]) : NULL;
        if (arm && arm->guard) leaves(reach, arm->guard);
        all = arm && leaves(reach, arm->body) && all;
    }
    return all;
}

/* A function is a place of its own: what leaves it leaves nothing around it. */
static bool function_leaves(Reach *reach, Ast *node) {
    bool outer = reach->has_break;
    ast_each_child(node, visit, reach);
    reach->has_break = outer;
    return false;
}

static bool leaves(Reach *reach, Ast *node) {
    switch (node->kind) {
    case AST_BREAK: reach->has_break = true; return true;
    case AST_CONTINUE: return true;
    case AST_RETURN: ast_each_child(node, visit, reach); return true;
    case AST_BLOCK: return list_leaves(reach, &ast_as(Block, node)->statements);
    case AST_FILE: return list_leaves(reach, &ast_as(File, node)->items);
    case AST_IF: return if_leaves(reach, ast_as(If, node));
    case AST_MATCH: return match_leaves(reach, ast_as(Match, node));
    case AST_WHILE: return loop_leaves(reach, ast_as(While, node)->condition, ast_as(While, node)->body);
    case AST_FOR:
        leaves(reach, ast_as(For, node)->sequence);
        loop_leaves(reach, NULL, ast_as(For, node)->body);
        return false;
    case AST_TRY: {
        bool body = leaves(reach, ast_as(Try, node)->body), handler = leaves(reach, ast_as(Try, node)->handler);
        return body && handler;
    }
    case AST_LET: return leaves(reach, ast_as(Let, node)->value);
    case AST_VAR: return leaves(reach, ast_as(Var, node)->value);
    case AST_PAREN: return leaves(reach, ast_as(Paren, node)->value);
    case AST_CALL:
    case AST_METHOD: ast_each_child(node, visit, reach); return is_final(node->symbol);
    case AST_FN:
    case AST_LAMBDA:
    case AST_REDUCER:
    case AST_TEST: return function_leaves(reach, node);
    default: ast_each_child(node, visit, reach); return false;
    }
}

void unreachable_report(Sema *sema, const Module *module) {
    if (module->is_library || diag_has_errors(sema->diags)) return;
    Reach reach = {.sema = sema};
    leaves(&reach, &module->file->base);
}
