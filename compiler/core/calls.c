/* calls.c: who calls whom: recursive functions, and what a job reaches (functions, globals).
 *
 * A call of a function value may reach every function that the program makes a value of the same type of, and so does walking a
 * stream; in looking for recursion, the type is not asked for. */
#include "compiler/core/core_internal.h"

#include <string.h>

/* The type of the function value that the expression itself calls: a stream is one, which whoever walks it calls. NULL: none. */
static const CoreType *called_type(const CoreExpr *expr) {
    if (expr->kind == CORE_CALL_VALUE) return expr->args.items[0]->type;
    const CoreSources *sources = expr->kind == CORE_JOB ? &expr->job->sources : &expr->sources;
    bool walks = (expr->kind == CORE_JOB || expr->kind == CORE_FOR) && sources->items[0].kind == CORE_SOURCE_STREAM;
    return walks ? sources->items[0].expr->type : NULL;
}

const CoreType *core_closure_type(const CoreProgram *program, CoreFn *fn) {
    if (fn->closure_type) return fn->closure_type;
    if (fn->element) return fn->closure_type = core_type(program->types, CORE_TYPE_STREAM, &fn->element, 1);
    const CoreType **types = arena_array(program->arena, const CoreType *, fn->params.len + 1);
    for (size_t i = 0; i < fn->params.len; i++) types[i] = fn->params.items[i]->type;
    types[fn->params.len] = fn->result;
    return fn->closure_type = core_type(program->types, CORE_TYPE_FN, types, fn->params.len + 1);
}

/* ---- reach */

typedef struct ReachWalk {
    Arena *arena;
    CoreReach *reach;
    VEC(const CoreType *) called; /* the types of function values that are called, each once */
} ReachWalk;

static bool reach_is_new(ReachWalk *walk, const void *thing) {
    void **slot = map_slot_pointer(&walk->reach->seen, thing);
    if (*slot) return false;
    *slot = walk;
    return true;
}

static void reach_fn(ReachWalk *walk, CoreFn *fn) {
    if (!reach_is_new(walk, fn)) return;
    vec_push(walk->arena, &walk->reach->fns, fn);
}

static void reach_visit(CoreExpr *expr, void *context) {
    ReachWalk *walk = context;
    if (expr->fn) reach_fn(walk, expr->fn);
    const CoreType *called = called_type(expr);
    if (called) walk->reach->calls_values = true;
    if (called && reach_is_new(walk, called)) vec_push(walk->arena, &walk->called, called);
    if (expr->kind == CORE_TRY) walk->reach->catches = true;
    if (expr->kind == CORE_PRIM && strcmp(expr->text, "print") == 0) walk->reach->prints = true;
    if (expr->kind == CORE_GLOBAL && reach_is_new(walk, expr->global)) vec_push(walk->arena, &walk->reach->globals, expr->global);
    if (expr->kind == CORE_JOB && reach_is_new(walk, expr->job)) core_each_job_code(expr->job, reach_visit, walk);
    core_each_child(expr, reach_visit, walk);
}

/* All functions of which the program makes a value of the type. */
static void reach_values(ReachWalk *walk, const CoreProgram *program, const CoreType *type) {
    for (size_t i = 0; i < program->fns.len; i++) {
        CoreFn *fn = program->fns.items[i];
        if (fn->is_closure && core_closure_type(program, fn) == type) reach_fn(walk, fn);
    }
}

void core_reach_job(const CoreProgram *program, CoreJob *job, Arena *arena, CoreReach *reach) {
    ReachWalk walk = {.arena = arena, .reach = reach};
    map_init(&reach->seen, arena);
    core_each_job_code(job, reach_visit, &walk);
    for (size_t i = 0; i < job->follows.len; i++) core_each_job_code(job->follows.items[i].job, reach_visit, &walk);
    size_t fns = 0, types = 0;
    while (fns < reach->fns.len || types < walk.called.len) {
        if (fns < reach->fns.len)
            reach_visit(reach->fns.items[fns++]->body, &walk);
        else
            reach_values(&walk, program, walk.called.items[types++]);
    }
}

static void sort_globals(CoreJob *job) {
    for (size_t i = 1; i < job->globals.len; i++) {
        CoreGlobal *global = job->globals.items[i];
        size_t at = i;
        for (; at > 0 && job->globals.items[at - 1]->index > global->index; at--)
            job->globals.items[at] = job->globals.items[at - 1];
        job->globals.items[at] = global;
    }
}

void core_find_globals(CoreProgram *program) {
    for (size_t i = 0; i < program->jobs.len; i++) {
        CoreJob *job = program->jobs.items[i];
        CoreReach reach = {0};
        Arena *scratch = arena_new();
        core_reach_job(program, job, scratch, &reach);
        job->globals.len = 0;
        for (size_t g = 0; g < reach.globals.len; g++) vec_push(program->arena, &job->globals, reach.globals.items[g]);
        sort_globals(job);
        bool is_unknown = reach.calls_values && program->given.len > 0; /* code of another cell, which may do anything */
        job->catches = reach.catches || is_unknown;
        job->prints = reach.prints || is_unknown;
        arena_free(&scratch);
    }
}

/* ---- recursion: the strongly connected components of the graph of calls (Tarjan 1972), without C recursion. Node 0 stands for the
 * call of an unknown function value. */

typedef struct CallNode {
    VEC(size_t) callees;
    size_t order, low; /* 0: not visited yet */
    size_t next;       /* the callee to look at next */
    bool on_stack, calls_itself;
} CallNode;

typedef struct CallGraph {
    Arena *arena;
    CallNode *nodes;
    Map numbers; /* CoreFn -> its node */
    size_t caller;
} CallGraph;

static void graph_add(CallGraph *graph, size_t callee) {
    CallNode *node = &graph->nodes[graph->caller];
    if (callee == graph->caller) node->calls_itself = true;
    vec_push(graph->arena, &node->callees, callee);
}

static void graph_visit(CoreExpr *expr, void *context) {
    CallGraph *graph = context;
    if (expr->kind == CORE_CALL) graph_add(graph, (size_t)(uintptr_t)map_get_pointer(&graph->numbers, expr->fn));
    if (called_type(expr)) graph_add(graph, 0);
    if (expr->kind == CORE_JOB) core_each_job_code(expr->job, graph_visit, graph);
    core_each_child(expr, graph_visit, graph);
}

typedef VEC(size_t) Stack;

static void component_pop(CallGraph *graph, CoreProgram *program, Stack *stack, size_t root) {
    size_t size = 0;
    size_t top;
    do {
        top = stack->items[stack->len - 1 - size++];
    } while (top != root);
    for (size_t i = 0; i < size; i++) {
        size_t number = vec_pop(stack);
        graph->nodes[number].on_stack = false;
        if (number == 0) continue;
        CoreFn *fn = program->fns.items[number - 1];
        fn->is_recursive = size > 1 || graph->nodes[number].calls_itself;
        fn->group = fn->is_recursive ? root + 1 : 0;
    }
}

static void components_from(CallGraph *graph, CoreProgram *program, size_t start, size_t *order) {
    Stack path = {0};
    Stack stack = {0};
    vec_push(graph->arena, &path, start);
    while (path.len > 0) {
        size_t number = vec_last(&path);
        CallNode *node = &graph->nodes[number];
        if (node->order == 0) {
            node->order = node->low = ++*order;
            node->on_stack = true;
            vec_push(graph->arena, &stack, number);
        }
        if (node->next < node->callees.len) {
            size_t callee = node->callees.items[node->next++];
            CallNode *other = &graph->nodes[callee];
            if (other->order == 0) {
                vec_push(graph->arena, &path, callee);
            } else if (other->on_stack && other->order < node->low) {
                node->low = other->order;
            }
            continue;
        }
        path.len--;
        if (path.len > 0) {
            CallNode *caller = &graph->nodes[vec_last(&path)];
            if (node->low < caller->low) caller->low = node->low;
        }
        if (node->low == node->order) component_pop(graph, program, &stack, number);
    }
}

void core_mark_recursive(CoreProgram *program) {
    CallGraph graph = {.arena = program->arena, .nodes = arena_array(program->arena, CallNode, program->fns.len + 1)};
    map_init(&graph.numbers, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) {
        *map_slot_pointer(&graph.numbers, program->fns.items[i]) = (void *)(uintptr_t)(i + 1);
        if (program->fns.items[i]->is_closure) graph_add(&graph, i + 1);
    }
    for (size_t i = 0; i < program->fns.len; i++) {
        graph.caller = i + 1;
        graph_visit(program->fns.items[i]->body, &graph);
    }
    size_t order = 0;
    for (size_t i = 0; i <= program->fns.len; i++) {
        if (graph.nodes[i].order == 0) components_from(&graph, program, i, &order);
    }
}
