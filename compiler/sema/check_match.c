/* check_match.c: `match`: its arms give one type, cover every value, and each can be reached. */
#include "compiler/sema/check.h"
#include "compiler/sema/cover.h"

void check_subject(Checker *c, AstMatch *match) {
    check_expr(c, match->subject, NULL);
}

void check_arm_head(Checker *c, const AstMatch *match, AstArm *arm) {
    check_case(c, arm->pattern, match->subject->type);
    Reason reason = {.what = "the condition of this arm", .span = SPAN_NONE};
    if (arm->guard) check_against(c, arm->guard, type_basic(&c->infer, TYPE_BOOL), &reason);
}

/* The arms' values have one type; false after an error. */
static bool check_arm_value(Checker *c, AstArm *arm, Type *type, const AstArm *first) {
    c->statement = arm->body;
    Type *own = check_expr(c, arm->body, type);
    UnifyResult result;
    arm->base.type = own;
    if (type_unify(&c->infer, own, type, &result)) return true;
    Reason reason = {.what = "the value of this arm",
                     .span = first ? first->body->span : SPAN_NONE,
                     .note = "all arms of a match give one type: this is an earlier one"};
    report_misfit(c, arm->body->span, &result, own, type, &reason);
    return false;
}

Type *check_match(Checker *c, AstMatch *match, Type *hint) {
    Type *type = hint ? hint : type_var(&c->infer, 0);
    const AstArm *first = NULL;
    bool is_good = true;
    check_subject(c, match);
    for (size_t i = 0; i < match->arms.len; i++) {
        if (match->arms.items[i]->kind != AST_ARM) continue;
        AstArm *arm = ast_as(Arm, match->arms.items[i]);
        check_arm_head(c, match, arm);
        is_good = check_arm_value(c, arm, type, first) && is_good;
        if (!first) first = arm;
    }
    check_covered(c, match);
    return is_good ? type : error_type(c);
}

/* ---- covering */

void check_covered(Checker *c, const AstMatch *match) {
    AstList rows = {0}; /* of arms without a condition, which may fail */
    const char *example = NULL;
    size_t budget = COVER_BUDGET;
    bool is_library = c->module->is_library;
    for (size_t i = 0; i < match->arms.len; i++) {
        if (match->arms.items[i]->kind != AST_ARM) return;
        AstArm *arm = ast_as(Arm, match->arms.items[i]);
        if (type_is_error(arm->pattern->type)) return; /* a wrong pattern was reported */
        budget = COVER_BUDGET;                         /* arms that could not be asked about cost a warning at most */
        CoverAnswer answer = cover_is_useful(c->arena, rows.items, rows.len, arm->pattern, &budget, &example);
        if (answer == COVER_NO && !is_library) {
            Diag *diag =
                diag_add(c->diags, W0103, arm->pattern->span, "this arm is never reached: the arms above cover its values");
            diag_hint(diag, "arms are tried from top to bottom: move it up, or leave it out");
        }
        if (!arm->guard) vec_push(c->arena, &rows, arm->pattern);
    }
    CoverAnswer answer = cover_is_useful(c->arena, rows.items, rows.len, NULL, &budget, &example);
    if (answer == COVER_NO) return;
    Diag *diag;
    if (answer == COVER_TOO_COMPLEX) {
        diag = diag_add(c->diags, E0311, match->subject->span, "this `match` is too complex to see that it covers every value");
    } else {
        bool is_all = example[0] == '_';
        diag = diag_add(c->diags, E0311, match->subject->span, "this `match` has no arm for %s%s%s",
                        is_all ? "all other values" : "`", is_all ? "" : example, is_all ? "" : "`");
    }
    diag_hint(diag, "`_ => …` as the last arm takes all that is left");
}
