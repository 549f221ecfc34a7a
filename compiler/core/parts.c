/* parts.c: texts whose parts are walked, and need not lie in a list.
 *
 * What `fields`, `split` and their like give is, in most programs, walked at once. Such a loop goes over the text itself
 * (CORE_SOURCE_PARTS): each part is found when its turn comes, and is a slice of the text. The primitive may stand in a function of
 * the program's own, `fn parts(line) = split(line, " ")`: such a function is put in the place of its call where its value is
 * walked. Only loops are changed: a job over a list is cut into chunks by the list's length. Runs after tidy.c, before anything is
 * said of ownership.
 */
#include "compiler/core/makers.h"

#include <string.h>

enum { INLINED_DEPTH = 8 }; /* functions that do nothing but call each other */

typedef struct Parts {
    CoreProgram *program;
    uint32_t *next_var, next_loop;
    int depth; /* of code that took the place of loops, inside each other */
    Map reads; /* variable -> how often it is read in the program */
} Parts;

static bool is_walked_prim(const CoreExpr *expr) {
    static const char *const names[] = {"fields", "split", "chars", "find_all"};
    if (expr->kind != CORE_PRIM) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], expr->text) == 0) return true;
    return false;
}

/* ---- a function in the place of its call */

/* The function's value, after whatever it evaluates first; NULL: it cannot be had without the call. */
static CoreExpr *copy_body(CoreCopy *copy, const CoreExpr *body, CoreExprs *statements) {
    if (body->kind != CORE_BLOCK) return core_copy_code(copy, body);
    for (size_t i = 0; i + 1 < body->args.len && !copy->has_failed; i++) {
        const CoreExpr *let = body->args.items[i];
        copy->has_failed |= let->kind != CORE_LET || let->var->is_mutable;
        if (!copy->has_failed) vec_push(copy->program->arena, statements, core_copy_code(copy, let));
    }
    return copy->has_failed || body->args.len == 0 ? NULL : core_copy_code(copy, vec_last(&body->args));
}

static const CoreExpr *body_value(const CoreExpr *body) {
    return body->kind == CORE_BLOCK && body->args.len > 0 ? vec_last(&body->args) : body;
}

/* Whether what the call gives are a text's parts in the end. */
static bool gives_parts(const CoreExpr *call) {
    for (int depth = 0; call->kind == CORE_CALL && depth < INLINED_DEPTH; depth++) call = body_value(call->fn->body);
    return is_walked_prim(call);
}

/* The value of the call without the call, NULL where that cannot be; `statements` is what must be evaluated first. */
static CoreExpr *call_replace(Parts *parts, const CoreExpr *call, CoreExprs *statements) {
    CoreCopy copy;
    core_copy_begin(&copy, parts->program, parts->next_var, &parts->next_loop);
    copy.has_span = source_file(parts->program->sources, call->fn->span.file)->is_library;
    copy.span = call->span;
    for (size_t i = 0; i < call->args.len; i++) core_copy_bind(&copy, call->fn->params.items[i], call->args.items[i], statements);
    CoreExpr *value = copy_body(&copy, call->fn->body, statements);
    return copy.has_failed ? NULL : value;
}

/* ---- loops */

static CoreSource *only_list(CoreExpr *expr) {
    bool is_one = expr->kind == CORE_FOR && expr->sources.len == 1 && expr->sources.items[0].kind == CORE_SOURCE_LIST;
    return is_one ? &expr->sources.items[0] : NULL;
}

static void loop_visit(Parts *parts, CoreExpr *loop, CoreSource *source) {
    CoreExprs statements = {0};
    CoreExpr *value = source->expr;
    if (!gives_parts(value)) return;
    while (value && value->kind == CORE_CALL) value = call_replace(parts, value, &statements);
    if (!value) return;
    source->expr = value;
    source->kind = CORE_SOURCE_PARTS;
    if (statements.len == 0) return;
    CoreExpr *inner = arena_make(parts->program->arena, CoreExpr);
    *inner = *loop;
    vec_push(parts->program->arena, &statements, inner);
    *loop = *core_node(parts->program->arena, CORE_BLOCK, inner->type, inner->span);
    loop->args = statements;
}

/* ---- the parts of lines
 *
 * Where a loop over the lines of a text does nothing but walk the parts of each, that is one loop: the ends of lines are white
 * space, and to separators one more; what looks for matches knows of lines. The loops' names become one, that of the outer. */

typedef struct Fusion {
    const CoreVar *line;
    uint32_t outer, inner;
    bool is_possible;
} Fusion;

static void fusion_check(CoreExpr *expr, void *context) {
    Fusion *fusion = context;
    if (expr->kind == CORE_LOCAL && expr->var == fusion->line) fusion->is_possible = false;
    if (expr->kind == CORE_BREAK && expr->loop == fusion->inner) fusion->is_possible = false;
    if (expr->kind == CORE_CONTINUE && expr->loop == fusion->outer) fusion->is_possible = false;
    core_each_child(expr, fusion_check, fusion);
}

static void fusion_rename(CoreExpr *expr, void *context) {
    const Fusion *fusion = context;
    if (expr->kind == CORE_CONTINUE && expr->loop == fusion->inner) expr->loop = fusion->outer;
    core_each_child(expr, fusion_rename, context);
}

/* No separator lies across the end of a line, or is part of one; patterns are matched with each line. */
static bool is_within_lines(const CoreExpr *prim) {
    if (strcmp(prim->text, "fields") == 0) return true;
    if (strcmp(prim->text, "find_all") == 0) return core_is_steady(prim->args.items[1]);
    if (strcmp(prim->text, "split") != 0 || prim->args.items[1]->kind != CORE_STRING) return false;
    const CoreExpr *separator = prim->args.items[1];
    return separator->text_len > 0 && !memchr(separator->text, '\n', separator->text_len) &&
           !memchr(separator->text, '\r', separator->text_len);
}

static void lines_visit(CoreExpr *loop) {
    CoreExpr *inner = loop->args.items[0];
    if (inner->kind == CORE_BLOCK && inner->args.len == 1) inner = inner->args.items[0];
    if (inner->kind != CORE_FOR || inner->sources.items[0].kind != CORE_SOURCE_PARTS) return;
    CoreSource *lines = &loop->sources.items[0], *parts = &inner->sources.items[0];
    const CoreExpr *text = parts->expr->args.items[0];
    bool is_of_line = text->kind == CORE_LOCAL && text->var == lines->var;
    if (!is_of_line || parts->of_lines || !is_within_lines(parts->expr)) return;
    Fusion fusion = {lines->var, loop->loop, inner->loop, true};
    fusion_check(inner->args.items[0], &fusion);
    if (!fusion.is_possible) return;
    fusion_rename(inner->args.items[0], &fusion);
    parts->expr->args.items[0] = lines->expr;
    *lines = *parts;
    lines->of_lines = true;
    loop->args.items[0] = inner->args.items[0];
}

/* ---- lists with a name that are walked once */

/* Whether a walk may begin later than where the list would have been made: nothing of it fails, and it looks at nothing that
 * changes. */
static bool can_wait(const CoreExpr *prim) {
    for (size_t i = 0; i < prim->args.len; i++)
        if (!core_is_steady(prim->args.items[i])) return false;
    return prim->args.len < 2 ||
           (strcmp(prim->text, "split") == 0 && prim->args.items[1]->kind == CORE_STRING && prim->args.items[1]->text_len > 0);
}

static CoreSource *loop_over(CoreExpr *expr, const CoreVar *var) {
    CoreSource *source = only_list(expr);
    return source && source->expr->kind == CORE_LOCAL && source->expr->var == var ? source : NULL;
}

static void block_visit(Parts *parts, CoreExpr *block) {
    for (size_t i = block->args.len; i-- > 1;) {
        const CoreExpr *let = block->args.items[i - 1];
        bool is_parts = let->kind == CORE_LET && !let->var->is_mutable && is_walked_prim(let->args.items[0]);
        if (!is_parts || (uintptr_t)map_get_pointer(&parts->reads, let->var) != 1) continue;
        CoreSource *source = loop_over(block->args.items[i], let->var);
        for (size_t j = i + 1; !source && j < block->args.len && can_wait(let->args.items[0]); j++)
            source = loop_over(block->args.items[j], let->var);
        if (!source) continue;
        source->expr = let->args.items[0];
        memmove(&block->args.items[i - 1], &block->args.items[i], (block->args.len - i) * sizeof *block->args.items);
        block->args.len--;
    }
}

static void count_visit(CoreExpr *expr, void *context) {
    Parts *parts = context;
    const CoreVar *var = expr->kind == CORE_LOCAL ? expr->var : expr->place ? expr->place->var : NULL;
    if (var) {
        void **count = map_slot_pointer(&parts->reads, var);
        *count = (void *)((uintptr_t)*count + 1);
    }
    if (expr->loop >= parts->next_loop) parts->next_loop = expr->loop + 1;
    core_each_child(expr, count_visit, parts);
}

static void visit(CoreExpr *expr, void *context);

/* What took the place of the loop is looked at again. */
static bool unmake(Parts *parts, CoreExpr *loop) {
    CoreMakers makers = {parts->program, parts->next_var, &parts->next_loop, parts->depth, gives_parts};
    if (!core_unmake(&makers, loop)) return false;
    parts->depth++;
    visit(loop, parts);
    parts->depth--;
    return true;
}

static void visit(CoreExpr *expr, void *context) {
    Parts *parts = context;
    if (expr->kind == CORE_BLOCK) block_visit(parts, expr);
    core_each_child(expr, visit, parts);
    CoreSource *source = only_list(expr);
    if (source && unmake(parts, expr)) return;
    if (source) loop_visit(parts, expr, source);
    if (expr->kind == CORE_FOR && expr->sources.items[0].kind == CORE_SOURCE_LINES_IN) lines_visit(expr);
}

void core_parts(CoreProgram *program, uint32_t *next_var) {
    Parts parts = {.program = program, .next_var = next_var};
    map_init(&parts.reads, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) count_visit(program->fns.items[i]->body, &parts);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], count_visit, &parts);
    for (size_t i = 0; i < program->fns.len; i++) visit(program->fns.items[i]->body, &parts);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], visit, &parts);
}
