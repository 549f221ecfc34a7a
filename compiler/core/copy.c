/* copy.c: copies of code with variables and loops of their own. */
#include "compiler/core/copy.h"

void core_copy_begin(CoreCopy *copy, CoreProgram *program, uint32_t *next_var, uint32_t *next_loop) {
    *copy = (CoreCopy){.program = program, .next_var = next_var, .next_loop = next_loop};
    map_init(&copy->meanings, program->arena);
    map_init(&copy->loops, program->arena);
}

bool core_is_steady(const CoreExpr *expr) {
    return expr->kind == CORE_STRING || expr->kind == CORE_INT || (expr->kind == CORE_LOCAL && !expr->var->is_mutable);
}

/* A variable of the copy in the place of one of the code's. */
static CoreVar *copy_var(CoreCopy *copy, const CoreVar *of) {
    CoreVar *var = arena_make(copy->program->arena, CoreVar);
    *var = *of;
    var->id = (*copy->next_var)++;
    *map_slot_pointer(&copy->meanings, of) = core_local(copy->program->arena, var, var->span);
    return var;
}

void core_copy_let(CoreCopy *copy, const CoreVar *of, CoreExpr *value, CoreExprs *statements) {
    Arena *arena = copy->program->arena;
    CoreExpr *let = core_node(arena, CORE_LET, core_type(copy->program->types, CORE_TYPE_TUPLE, NULL, 0), value->span);
    let->var = copy_var(copy, of);
    let->var->is_borrowed = let->var->is_owned = false;
    vec_push(arena, &let->args, value);
    vec_push(arena, statements, let);
}

void core_copy_bind(CoreCopy *copy, const CoreVar *of, CoreExpr *value, CoreExprs *statements) {
    if (core_is_steady(value))
        *map_slot_pointer(&copy->meanings, of) = value;
    else
        core_copy_let(copy, of, value, statements);
}

static CorePlace *copy_place(CoreCopy *copy, const CorePlace *place) {
    Arena *arena = copy->program->arena;
    CorePlace *made = arena_make(arena, CorePlace);
    *made = *place;
    made->steps.items = NULL;
    made->steps.len = made->steps.cap = 0;
    for (size_t i = 0; i < place->steps.len; i++) {
        CoreStep step = place->steps.items[i];
        if (step.index) step.index = core_copy_code(copy, step.index);
        vec_push(arena, &made->steps, step);
    }
    if (!place->var) return made;
    const CoreExpr *meaning = map_get_pointer(&copy->meanings, place->var);
    copy->has_failed |= meaning ? meaning->kind != CORE_LOCAL : !copy->keeps_free;
    if (meaning && meaning->kind == CORE_LOCAL) made->var = meaning->var;
    return made;
}

static uint32_t copy_loop(CoreCopy *copy, uint32_t loop) {
    uintptr_t number = (*copy->next_loop)++;
    *map_slot(&copy->loops, (const char *)&loop, sizeof loop) = (void *)number;
    return (uint32_t)number;
}

static bool is_copied(const CoreCopy *copy, const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_JOB:
    case CORE_CHUNK:
    case CORE_RETURN: return false;
    case CORE_YIELD: return copy->keeps_free;
    default: return !expr->is_chunk;
    }
}

static CoreExpr *copy_local(CoreCopy *copy, const CoreExpr *expr) {
    const CoreExpr *meaning = map_get_pointer(&copy->meanings, expr->var);
    copy->has_failed |= !meaning && !copy->keeps_free;
    return core_copy(copy->program->arena, meaning ? meaning : expr);
}

/* What the copy binds and leaves is the copy's own. */
static void copy_names(CoreCopy *copy, CoreExpr *made) {
    Arena *arena = copy->program->arena;
    CoreSources sources = made->sources;
    made->sources = (CoreSources){0};
    for (size_t i = 0; i < sources.len; i++) {
        CoreSource source = sources.items[i];
        source.expr = core_copy_code(copy, source.expr);
        vec_push(arena, &made->sources, source);
    }
    for (size_t i = 0; i < made->sources.len; i++) made->sources.items[i].var = copy_var(copy, made->sources.items[i].var);
    if (made->kind == CORE_FOR || made->kind == CORE_WHILE) made->loop = copy_loop(copy, made->loop);
    if (made->kind == CORE_BREAK || made->kind == CORE_CONTINUE) {
        void *number = *map_slot(&copy->loops, (const char *)&made->loop, sizeof made->loop);
        if (number) made->loop = (uint32_t)(uintptr_t)number;
        copy->has_failed |= !number && !copy->keeps_free;
    }
    if (made->place) made->place = copy_place(copy, made->place);
}

CoreExpr *core_copy_code(CoreCopy *copy, const CoreExpr *expr) {
    Arena *arena = copy->program->arena;
    CoreExpr *replaced = copy->replace ? copy->replace(copy, expr) : NULL;
    if (replaced || copy->has_failed) return replaced ? replaced : core_copy(arena, expr);
    if (expr->kind == CORE_LOCAL) return copy_local(copy, expr);
    copy->has_failed |= !is_copied(copy, expr);
    CoreExpr *made = arena_make(arena, CoreExpr);
    *made = *expr;
    made->args = (CoreExprs){0};
    if (copy->has_span) made->span = copy->span;
    copy_names(copy, made);
    for (size_t i = 0; i < expr->args.len && !copy->has_failed; i++) {
        if (expr->kind == CORE_TRY && i == 1) made->var = copy_var(copy, expr->var);
        vec_push(arena, &made->args, core_copy_code(copy, expr->args.items[i]));
    }
    if (expr->kind == CORE_LET) made->var = copy_var(copy, expr->var);
    return made;
}
