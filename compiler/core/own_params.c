/* own_params.c: which parameters functions own, to a fixed point over the graph of calls, and then the moves in all code.
 *
 * A parameter starts as borrowed and becomes owned at most once, so this ends. A function is looked at again when one that it calls
 * owns more than before. Callees come after callers as a rule, which is why the work begins at the end. */
#include "compiler/core/own_internal.h"

typedef VEC(size_t) Numbers;

typedef struct Callers {
    Arena *arena;
    Map numbers;    /* CoreFn -> its index in the program plus one */
    Numbers *lists; /* by callee */
    size_t caller;
} Callers;

static void callers_visit(CoreExpr *expr, void *context) {
    Callers *callers = context;
    if (expr->kind == CORE_CALL) {
        Numbers *list = &callers->lists[(uintptr_t)map_get_pointer(&callers->numbers, expr->fn) - 1];
        if (list->len == 0 || vec_last(list) != callers->caller) vec_push(callers->arena, list, callers->caller);
    }
    core_each_child(expr, callers_visit, callers);
}

/* Whether there is anything to find out. */
static bool has_borrowed(const CoreFn *fn) {
    for (size_t i = 0; i < fn->params.len; i++)
        if (!fn->params.items[i]->is_owned && !fn->params.items[i]->type->is_flat) return true;
    return false;
}

static void find_owned(CoreProgram *program, Arena *arena) {
    size_t count = program->fns.len;
    Callers callers = {.arena = arena, .lists = arena_array(arena, Numbers, count + 1)};
    bool *is_waiting = arena_array(arena, bool, count + 1);
    Numbers waiting = {0};
    map_init(&callers.numbers, arena);
    for (size_t i = 0; i < count; i++) *map_slot_pointer(&callers.numbers, program->fns.items[i]) = (void *)(uintptr_t)(i + 1);
    for (size_t i = 0; i < count; i++) {
        callers.caller = i;
        callers_visit(program->fns.items[i]->body, &callers);
        vec_push(arena, &waiting, i);
        is_waiting[i] = true;
    }
    while (waiting.len > 0) {
        size_t number = vec_pop(&waiting);
        is_waiting[number] = false;
        CoreFn *fn = program->fns.items[number];
        if (!has_borrowed(fn) || !own_find(arena, fn)) continue;
        for (size_t i = 0; i < callers.lists[number].len; i++) {
            size_t caller = callers.lists[number].items[i];
            if (!is_waiting[caller]) vec_push(arena, &waiting, caller);
            is_waiting[caller] = true;
        }
    }
}

static void own_reducer(Arena *scratch, CoreReducer *reducer) {
    own_mark(scratch, reducer->init, NULL, 0);
    own_mark(scratch, reducer->nothing, NULL, 0);
    for (size_t i = 0; i < CORE_REDUCER_CODES; i++) {
        CoreCode *code = core_reducer_code(reducer, i, NULL);
        own_mark(scratch, code->body, code->params, 2);
    }
}

void core_own(CoreProgram *program) {
    Arena *scratch = arena_new();
    find_owned(program, scratch);
    for (size_t i = 0; i < program->fns.len; i++) {
        CoreFn *fn = program->fns.items[i];
        own_mark(scratch, fn->body, fn->params.items, fn->params.len);
    }
    for (size_t i = 0; i < program->jobs.len; i++) {
        CoreJob *job = program->jobs.items[i];
        own_mark(scratch, job->body, NULL, 0);
        for (size_t r = 0; r < core_reducer_count(job); r++) own_reducer(scratch, core_reducer(job, r));
    }
    arena_free(&scratch);
}
