/* runs.c: loops over the bytes or characters of a text, which do nothing for most of them.
 *
 *     for i in 0..<len(line) {
 *         if line[i..i] == " " { … }
 *     }
 *
 * Where an iteration comes to an end without having done anything, and the conditions on its way depend on the byte at hand alone,
 * or on nothing that changes, each byte that answers them in the same way does nothing either: the loop goes on behind their run,
 * which is found by vectors (`bytes_run`). Where all that is done is that the character is added to a text, `word += c`, the run is
 * added as a whole. A loop that does nothing but look for the end of a run, `while i < len(line) and line[i..i] != " " { i += 1 }`,
 * begins there.
 *
 * Such `for` loops become `while` loops over a position; nothing else about them changes. Characters are skipped where they are of
 * ASCII. Runs after parts.c, before anything is said of ownership.
 */
#include "compiler/core/runs.h"

#include <string.h>

/* The position behind `from` and the run of bytes there for which nothing is done. */
static CoreExpr *behind_idle(RunLoop *loop, CoreExpr *from) {
    return loop->idle.ranges ? run_end(loop->runs, run_text(loop), from, &loop->idle) : from;
}

/* The loop becomes one over a position, from `first` on while the condition holds. */
static void become_while(RunLoop *loop, CoreExpr *whole, CoreVar *at, CoreExpr *first, CoreExpr *condition, CoreExpr *body) {
    Runs *runs = loop->runs;
    CoreExpr *walk = run_node(runs, CORE_WHILE, CORE_TYPE_TUPLE, loop->expr->span);
    walk->loop = loop->expr->loop;
    run_add(runs, body, loop->expr->args.items[0]);
    run_add(runs, walk, condition);
    run_add(runs, walk, body);
    run_add(runs, whole, run_let(runs, at, behind_idle(loop, first)));
    run_add(runs, whole, walk);
    *loop->expr = *whole;
}

/* ---- `for i in 0..<len(line)` */

/* Is it a range of ints that are not negative, in which the next one can always be computed? */
static bool is_plain_range(const CoreExpr *range) {
    if (range->kind != CORE_RANGE || range->args.len != 2) return false;
    const CoreExpr *first = range->args.items[0], *last = range->args.items[1];
    bool is_less = last->kind == CORE_OP && last->op == CORE_OP_SUB && last->args.items[1]->kind == CORE_INT &&
                   last->args.items[1]->integer > 0; /* so it is not the largest int */
    return first->kind == CORE_INT && first->integer >= 0 && (range->flag || is_less);
}

/* Does it end where the text does? */
static bool ends_with_text(const RunLoop *loop, const CoreExpr *range) {
    const CoreExpr *last = range->args.items[1];
    if (range->flag) return byte_is_length(&loop->bytes, last);
    return last->args.items[1]->integer == 1 && byte_is_length(&loop->bytes, last->args.items[0]);
}

/* A run may go on behind where the loop ends: what is added to a text must not. */
static void drop_grown(RunLoop *loop) {
    size_t kept = 0;
    for (size_t i = 0; i < loop->ends.len; i++)
        if (!loop->ends.items[i].grown) loop->ends.items[kept++] = loop->ends.items[i];
    loop->ends.len = kept;
}

/* Becomes
 *     let end = len(line)
 *     var at = behind_idle(0)
 *     while at < end { let i = at; at = behind_idle(at +% 1); … } */
static void for_range(RunLoop *loop) {
    Runs *runs = loop->runs;
    CoreSource *source = &loop->expr->sources.items[0];
    CoreExpr *range = source->expr;
    CoreVar *i = source->var;
    if (!is_plain_range(range)) return;
    loop->bytes.index = i;
    run_find_ends(loop, loop->expr->args.items[0]);
    if (!ends_with_text(loop, range)) drop_grown(loop);
    if (!run_settle_ends(loop)) return;
    Span span = loop->expr->span;
    CoreVar *end = run_variable(runs, "end", CORE_TYPE_INT, false, span), *at = run_variable(runs, "at", CORE_TYPE_INT, true, span);
    run_change_ends(loop, at, i, true);
    run_change_tests(loop, loop->expr->args.items[0], i);
    i->is_borrowed = i->is_owned = false;
    CoreExpr *body = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span), *whole = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span);
    CoreExpr *next = run_binary(runs, CORE_OP_ADD_WRAP, run_local(runs, at, span), run_number(runs, 1, span));
    run_add(runs, body, run_let(runs, i, run_local(runs, at, span)));
    run_add(runs, body, run_assign(runs, at, behind_idle(loop, next)));
    run_add(runs, whole, run_let(runs, end, range->args.items[1]));
    CoreOp op = range->flag ? CORE_OP_LT : CORE_OP_LE;
    CoreExpr *condition = run_binary(runs, op, run_local(runs, at, span), run_local(runs, end, span));
    become_while(loop, whole, at, range->args.items[0], condition, body);
}

/* ---- `for c in chars(line)` */

/* Becomes
 *     var at = behind_idle(0)
 *     while at < len(line) {
 *         let begin = at
 *         let end = char_end(line, begin)
 *         let c = line[begin..<end]
 *         at = behind_idle(end)
 *         …
 *     } */
static void for_chars(RunLoop *loop) {
    Runs *runs = loop->runs;
    CoreSource *source = &loop->expr->sources.items[0];
    CoreExpr *chars = source->expr;
    CoreVar *c = source->var;
    Span span = loop->expr->span;
    if (strcmp(chars->text, "chars") != 0 || loop->expr->is_input) return;
    CoreExpr *of = chars->args.items[0], *whole = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span);
    bool has_name = of->kind == CORE_LOCAL && !of->var->is_mutable;
    CoreVar *text = has_name ? of->var : run_variable(runs, "text", CORE_TYPE_STRING, false, span);
    if (!has_name) run_add(runs, whole, run_let(runs, text, of));
    loop->bytes.text = text;
    loop->byte_count = RUN_ASCII;
    vec_push(runs->program->arena, &loop->bytes.elements, c);
    run_find_ends(loop, loop->expr->args.items[0]);
    if (!run_settle_ends(loop)) return;
    CoreVar *at = run_variable(runs, "at", CORE_TYPE_INT, true, span), *end = run_variable(runs, "end", CORE_TYPE_INT, false, span);
    CoreVar *begin = run_variable(runs, "begin", CORE_TYPE_INT, false, span);
    run_change_ends(loop, at, begin, true);
    run_change_tests(loop, loop->expr->args.items[0], begin);
    c->is_borrowed = c->is_owned = false;
    CoreExpr *body = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span);
    CoreExpr *char_end = run_prim(runs, "char_end", CORE_TYPE_INT, run_local(runs, text, span));
    run_add(runs, char_end, run_local(runs, begin, span));
    run_add(runs, body, run_let(runs, begin, run_local(runs, at, span)));
    run_add(runs, body, run_let(runs, end, char_end));
    CoreExpr *first = run_local(runs, begin, span), *last = run_local(runs, end, span);
    run_add(runs, body, run_let(runs, c, run_slice(runs, text, first, last, true)));
    run_add(runs, body, run_assign(runs, at, behind_idle(loop, run_local(runs, end, span))));
    CoreExpr *condition = run_binary(runs, CORE_OP_LT, run_local(runs, at, span), run_length(runs, text, span));
    become_while(loop, whole, at, run_number(runs, 0, span), condition, body);
}

/* ---- `while i < len(line) … { … i += 1 }` */

typedef struct Assigned {
    const CoreVar *var;
    size_t count; /* places at which it is assigned or changed, or loops left for their next turn */
    uint32_t loop;
} Assigned;

static void assigned_visit(CoreExpr *expr, void *context) {
    Assigned *assigned = context;
    assigned->count += expr->place && expr->place->var == assigned->var;
    assigned->count += expr->kind == CORE_CONTINUE && expr->loop == assigned->loop;
    core_each_child(expr, assigned_visit, assigned);
}

/* The variable that the last statement of the body counts up, and nothing else assigns; NULL: there is none. */
static CoreVar *counted(const CoreExpr *loop) {
    const CoreExpr *last = loop->args.items[1];
    if (last->kind == CORE_BLOCK && last->args.len > 0) last = vec_last(&last->args);
    if (last->kind != CORE_ASSIGN || !last->place->var || last->place->steps.len > 0) return NULL;
    const CoreExpr *sum = last->args.items[0];
    if (sum->kind != CORE_OP || sum->op != CORE_OP_ADD || sum->args.items[1]->kind != CORE_INT || sum->args.items[1]->integer != 1)
        return NULL;
    if (sum->args.items[0]->kind != CORE_LOCAL || sum->args.items[0]->var != last->place->var) return NULL;
    Assigned assigned = {last->place->var, 0, loop->loop};
    assigned_visit(loop->args.items[1], &assigned);
    return assigned.count == 1 ? last->place->var : NULL;
}

/* The first text that a condition looks into at the index. */
static void find_text(CoreExpr *expr, void *context) {
    ByteLoop *bytes = context;
    byte_is_element(bytes, expr);
    core_each_child(expr, find_text, bytes);
}

/* Does the byte alone say whether the loop goes on, and does it end with the text? */
static bool is_decided(RunLoop *loop, const CoreExpr *condition) {
    const CoreExpr *otherwise = condition->kind == CORE_IF ? condition->args.items[2] : NULL;
    if (!otherwise || otherwise->kind != CORE_BOOL || otherwise->flag) return false;
    Arena *scratch = arena_new();
    bool is_known = byte_is_within(&loop->bytes, condition->args.items[0]);
    for (unsigned byte = 0; byte < RUN_BYTES && is_known; byte++)
        is_known = byte_test(scratch, &loop->bytes, condition, (uint8_t)byte) != BYTE_UNKNOWN;
    arena_free(&scratch);
    return is_known;
}

/* What is left of a loop when it has gone on behind a run: nothing, but where its position is none in the text and it fails. */
static CoreExpr *rest_of_loop(RunLoop *loop, CoreVar *index, CoreExpr *walk) {
    Runs *runs = loop->runs;
    Span span = walk->span;
    CoreExpr *rest = run_node(runs, CORE_IF, CORE_TYPE_TUPLE, span);
    run_add(runs, rest, run_binary(runs, CORE_OP_LT, run_local(runs, index, span), run_number(runs, 0, span)));
    run_add(runs, rest, walk);
    run_add(runs, rest, run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span));
    return rest;
}

/* The bodies of such loops end in the step. Before the loop, and after each step, it goes on behind the idle run. */
static void while_loop(RunLoop *loop) {
    Runs *runs = loop->runs;
    CoreExpr *expr = loop->expr, *body = expr->args.items[1];
    CoreVar *index = counted(expr);
    if (!index) return;
    loop->bytes.index = index;
    find_text(expr, &loop->bytes);
    if (!loop->bytes.text) return;
    loop->way[loop->way_len++] = (RunTurn){expr->args.items[0], true};
    CoreExpr *before = body->kind == CORE_BLOCK && body->args.len > 1 ? body->args.items[body->args.len - 2] : NULL;
    for (size_t i = 0; before && i + 2 < body->args.len; i++)
        if (!run_is_quiet_let(loop, body->args.items[i])) return;
    if (before)
        run_find_ends(loop, before);
    else
        run_find_end(loop, expr, NULL);
    if (!run_settle_ends(loop)) return;
    run_change_ends(loop, index, index, false);
    if (before) run_change_tests(loop, before, index);
    if (!loop->idle.ranges) return;
    Span span = expr->span;
    CoreExpr *block = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, span), *walk = arena_make(runs->program->arena, CoreExpr);
    if (before) run_add(runs, body, run_assign(runs, index, behind_idle(loop, run_local(runs, index, span))));
    *walk = *expr;
    run_add(runs, block, run_assign(runs, index, behind_idle(loop, run_local(runs, index, span))));
    run_add(runs, block, !before && is_decided(loop, walk->args.items[0]) ? rest_of_loop(loop, index, walk) : walk);
    *expr = *block;
}

/* ---- the pass */

static void lets_visit(CoreExpr *expr, void *context) {
    Runs *runs = context;
    if (expr->kind == CORE_LET && !expr->var->is_mutable) *map_slot_pointer(&runs->lets, expr->var) = expr->args.items[0];
    core_each_child(expr, lets_visit, runs);
}

static void loop_visit(Runs *runs, CoreExpr *expr) {
    RunLoop loop = {.runs = runs, .expr = expr, .bytes = {.lets = &runs->lets}, .byte_count = RUN_BYTES};
    if (expr->kind == CORE_WHILE) while_loop(&loop);
    if (expr->kind != CORE_FOR || expr->sources.len != 1 || expr->is_chunk) return;
    CoreSourceKind kind = expr->sources.items[0].kind;
    if (kind == CORE_SOURCE_RANGE) for_range(&loop);
    if (kind == CORE_SOURCE_PARTS) for_chars(&loop);
}

/* Does the text stay the same in a loop around the one that is looked at? */
static bool stays_same(const Runs *runs, const CoreVar *text) {
    for (size_t i = 0; i < runs->loops.len; i++)
        if (!run_binds(runs->loops.items[i], text)) return true;
    return false;
}

/* What has been seen is declared before the loop, from the variable with this number on, unless a loop around it will do that. */
static void declare_seen(Runs *runs, CoreExpr *expr, size_t first) {
    CoreExpr *block = run_node(runs, CORE_BLOCK, CORE_TYPE_TUPLE, expr->span), *inner = arena_make(runs->program->arena, CoreExpr);
    size_t kept = first;
    for (size_t i = first; i < runs->seen.len; i++) {
        RunSeen seen = runs->seen.items[i];
        if (stays_same(runs, seen.text))
            runs->seen.items[kept++] = seen;
        else
            run_add(runs, block, seen.let);
    }
    runs->seen.len = kept;
    if (block->args.len == 0) return;
    *inner = *expr;
    run_add(runs, block, inner);
    *expr = *block;
}

static void visit(CoreExpr *expr, void *context) {
    Runs *runs = context;
    bool is_loop = (expr->kind == CORE_FOR || expr->kind == CORE_WHILE) && !expr->is_chunk;
    size_t first = runs->seen.len;
    if (is_loop) vec_push(runs->program->arena, &runs->loops, expr);
    core_each_child(expr, visit, runs);
    if (!is_loop) return;
    runs->loops.len--;
    loop_visit(runs, expr);
    declare_seen(runs, expr, first);
}

void core_runs(CoreProgram *program, uint32_t *next_var) {
    Runs runs = {.program = program, .next_var = next_var};
    map_init(&runs.lets, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) lets_visit(program->fns.items[i]->body, &runs);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], lets_visit, &runs);
    for (size_t i = 0; i < program->fns.len; i++) visit(program->fns.items[i]->body, &runs);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], visit, &runs);
}
