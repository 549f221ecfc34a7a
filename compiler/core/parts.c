/* parts.c: texts whose parts are walked, and need not lie in a list.
 *
 * What `fields`, `split` and their like give is, in most programs, walked at once. Such a loop goes over the text itself
 * (CORE_SOURCE_PARTS): each part is found when its turn comes, and is a slice of the text. The primitive may stand in a function of
 * the program's own, `fn parts(line) = split(line, " ")`: such a function is put in the place of its call where its value is
 * walked. Only loops are changed: a job over a list is cut into chunks by the list's length. Runs after tidy.c, before anything is
 * said of ownership.
 */
#include "compiler/core/core_internal.h"

#include <string.h>

enum { INLINED_DEPTH = 8 }; /* functions that do nothing but call each other */

typedef struct Parts {
    CoreProgram *program;
    uint32_t *next_var;
    Map reads; /* variable -> how often it is read in the program */
} Parts;

static bool is_walked_prim(const CoreExpr *expr) {
    static const char *const names[] = {"fields", "split", "chars", "find_all"};
    if (expr->kind != CORE_PRIM) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], expr->text) == 0) return true;
    return false;
}

/* Means the same wherever it stands in its scope. */
static bool is_steady(const CoreExpr *expr) {
    return expr->kind == CORE_STRING || expr->kind == CORE_INT || (expr->kind == CORE_LOCAL && !expr->var->is_mutable);
}

/* ---- a function in the place of its call */

typedef struct Copy {
    Parts *parts;
    Map meanings; /* the function's variable -> CoreExpr, what stands for it here */
    CoreExprs statements;
    Span call;
    bool is_library; /* what fails in the library fails at the call */
    bool has_failed; /* the function has what is not copied */
} Copy;

static CoreExpr *copy_expr(Copy *copy, const CoreExpr *expr);

/* Evaluates the value once, in front of the loop. */
static void copy_let(Copy *copy, const CoreVar *of, CoreExpr *value) {
    Arena *arena = copy->parts->program->arena;
    CoreVar *var = arena_make(arena, CoreVar);
    *var = (CoreVar){.name = of->name, .id = (*copy->parts->next_var)++, .type = of->type, .is_hidden = true, .span = of->span};
    CoreExpr *let = core_node(arena, CORE_LET, core_type(copy->parts->program->types, CORE_TYPE_TUPLE, NULL, 0), value->span);
    let->var = var;
    vec_push(arena, &let->args, value);
    vec_push(arena, &copy->statements, let);
    *map_slot_pointer(&copy->meanings, of) = core_local(arena, var, value->span);
}

static bool is_copied(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_STRING:
    case CORE_LOCAL:
    case CORE_GLOBAL:
    case CORE_OP:
    case CORE_CALL:
    case CORE_PRIM:
    case CORE_TUPLE:
    case CORE_FIELD:
    case CORE_INDEX:
    case CORE_SLICE:
    case CORE_CONCAT:
    case CORE_FORMAT: return true;
    default: return false;
    }
}

static CoreExpr *copy_plain(Copy *copy, const CoreExpr *expr) {
    Arena *arena = copy->parts->program->arena;
    CoreExpr *made = arena_make(arena, CoreExpr);
    *made = *expr;
    made->args = (CoreExprs){0};
    if (copy->is_library) made->span = copy->call;
    for (size_t i = 0; i < expr->args.len && !copy->has_failed; i++)
        vec_push(arena, &made->args, copy_expr(copy, expr->args.items[i]));
    return made;
}

static CoreExpr *copy_expr(Copy *copy, const CoreExpr *expr) {
    const CoreExpr *meaning = expr->kind == CORE_LOCAL ? map_get_pointer(&copy->meanings, expr->var) : NULL;
    if (meaning) return core_copy(copy->parts->program->arena, meaning);
    copy->has_failed |= !is_copied(expr) || expr->kind == CORE_LOCAL;
    return copy_plain(copy, expr);
}

/* The function's value, after whatever it evaluates first. */
static CoreExpr *copy_body(Copy *copy, const CoreExpr *body) {
    if (body->kind != CORE_BLOCK) return copy_expr(copy, body);
    for (size_t i = 0; i + 1 < body->args.len && !copy->has_failed; i++) {
        const CoreExpr *let = body->args.items[i];
        copy->has_failed |= let->kind != CORE_LET || let->var->is_mutable;
        if (!copy->has_failed) copy_let(copy, let->var, copy_expr(copy, let->args.items[0]));
    }
    copy->has_failed |= body->args.len == 0;
    return copy->has_failed ? NULL : copy_expr(copy, vec_last(&body->args));
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
    Span span = call->fn->span;
    Copy copy = {.parts = parts, .call = call->span};
    copy.is_library = source_file(parts->program->sources, span.file)->is_library;
    map_init(&copy.meanings, parts->program->arena);
    for (size_t i = 0; i < call->args.len; i++) {
        CoreExpr *arg = call->args.items[i];
        CoreVar *param = call->fn->params.items[i];
        if (is_steady(arg))
            *map_slot_pointer(&copy.meanings, param) = arg;
        else
            copy_let(&copy, param, arg);
    }
    CoreExpr *value = copy_body(&copy, call->fn->body);
    if (copy.has_failed) return NULL;
    for (size_t i = 0; i < copy.statements.len; i++) vec_push(parts->program->arena, statements, copy.statements.items[i]);
    return value;
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
    if (strcmp(prim->text, "find_all") == 0) return is_steady(prim->args.items[1]);
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
        if (!is_steady(prim->args.items[i])) return false;
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
    core_each_child(expr, count_visit, parts);
}

static void visit(CoreExpr *expr, void *context) {
    Parts *parts = context;
    if (expr->kind == CORE_BLOCK) block_visit(parts, expr);
    core_each_child(expr, visit, parts);
    CoreSource *source = only_list(expr);
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
