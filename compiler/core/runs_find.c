/* runs_find.c: for which bytes an iteration does nothing.
 *
 * An iteration has an end of its own behind each branch of the conditions that its body consists of. At one where nothing is done,
 * the same holds for each byte that answers the conditions on the way there in the same way. */
#include "compiler/core/runs.h"

enum { RANGES_MOST = 8 };

/* ---- the bytes of a run */

/* Pairs of the first and the last byte of each range in which the flags are `flag`; how many, or RANGES_MOST + 1 if more. */
static size_t find_ranges(const bool *in, bool flag, unsigned count, char *pairs) {
    size_t ranges = 0;
    for (unsigned byte = 0; byte < count; byte++) {
        if (in[byte] != flag) continue;
        if (ranges == RANGES_MOST) return RANGES_MOST + 1;
        pairs[2 * ranges] = (char)byte;
        while (byte + 1 < count && in[byte + 1] == flag) byte++;
        pairs[2 * ranges++ + 1] = (char)byte;
    }
    return ranges;
}

RunBytes run_bytes(RunLoop *loop, const bool *in) {
    Arena *arena = loop->runs->program->arena;
    char *among = arena_alloc(arena, 2 * RANGES_MOST + 2), *others = arena_alloc(arena, 2 * RANGES_MOST + 2);
    size_t among_count = find_ranges(in, true, RUN_BYTES, among), other_count = find_ranges(in, false, RUN_BYTES, others);
    if (among_count == 0 || (among_count > RANGES_MOST && other_count > RANGES_MOST)) return (RunBytes){0};
    bool is_among = among_count <= other_count;
    CoreExpr *ranges = run_node(loop->runs, CORE_STRING, CORE_TYPE_STRING, loop->expr->span);
    ranges->text = is_among ? among : others;
    ranges->text_len = 2 * (is_among ? among_count : other_count);
    return (RunBytes){ranges, is_among, NULL};
}

typedef struct Binds {
    const CoreVar *var;
    bool is_bound;
} Binds;

static void binds_visit(CoreExpr *expr, void *context) {
    Binds *binds = context;
    binds->is_bound |= (expr->kind == CORE_LET || expr->kind == CORE_TRY) && expr->var == binds->var;
    for (size_t i = 0; i < expr->sources.len; i++) binds->is_bound |= expr->sources.items[i].var == binds->var;
    core_each_child(expr, binds_visit, binds);
}

bool run_binds(CoreExpr *loop, const CoreVar *var) {
    Binds binds = {.var = var};
    binds_visit(loop, &binds);
    return binds.is_bound;
}

/* Which bytes come to this end of the body, whatever else is the case. In *is_sure whether that follows from them alone; false: no
 * condition on the way is about the byte. */
static bool find_bytes(RunLoop *loop, const CoreVar *grown, bool *in, bool *is_sure) {
    Arena *scratch = arena_new();
    bool is_tested = false;
    *is_sure = !grown;
    for (unsigned byte = 0; byte < loop->byte_count; byte++) {
        in[byte] = true;
        bool is_known = true;
        for (size_t i = 0; i < loop->way_len && in[byte]; i++) {
            const RunTurn *turn = &loop->way[i];
            ByteAnswer answer = byte_test(scratch, &loop->bytes, turn->condition, (uint8_t)byte);
            bool is_answered = answer != BYTE_UNKNOWN;
            is_tested |= is_answered;
            is_known &= is_answered;
            in[byte] =
                is_answered ? answer == (turn->outcome ? BYTE_YES : BYTE_NO) : byte_is_steady(&loop->bytes, turn->condition, grown);
        }
        *is_sure &= is_known || !in[byte];
    }
    arena_free(&scratch);
    return is_tested && loop->bytes.text && !run_binds(loop->expr, loop->bytes.text);
}

void run_find_end(RunLoop *loop, CoreExpr *at, CoreVar *grown) {
    Arena *arena = loop->runs->program->arena;
    RunEnd end = {.at = at, .grown = grown, .in = arena_array(arena, bool, RUN_BYTES)};
    if (find_bytes(loop, grown, end.in, &end.is_sure)) vec_push(arena, &loop->ends, end);
}

bool run_settle_ends(RunLoop *loop) {
    bool grows = false, in[RUN_BYTES] = {false};
    for (size_t i = 0; i < loop->ends.len; i++) grows |= loop->ends.items[i].grown != NULL;
    size_t kept = 0;
    for (size_t i = 0; i < loop->ends.len; i++) {
        RunEnd end = loop->ends.items[i];
        bool is_idle = end.is_sure && !grows;
        for (size_t byte = 0; byte < RUN_BYTES && is_idle; byte++) in[byte] |= end.in[byte];
        if (!is_idle) end.bytes = run_bytes(loop, end.in);
        if (end.bytes.ranges) loop->ends.items[kept++] = end;
    }
    loop->ends.len = kept;
    loop->idle = run_bytes(loop, in);
    return kept > 0 || loop->idle.ranges;
}

/* ---- the ends of a body */

static bool is_nothing(const CoreExpr *expr) {
    return (expr->kind == CORE_BLOCK || expr->kind == CORE_TUPLE) && expr->args.len == 0;
}

/* `word = word + c`, of the character at hand. */
static CoreVar *grown_text(RunLoop *loop, const CoreExpr *expr) {
    if (expr->kind != CORE_ASSIGN || !expr->place->var || expr->place->steps.len > 0) return NULL;
    const CoreExpr *value = expr->args.items[0];
    if (value->kind != CORE_CONCAT || value->args.len != 2) return NULL;
    const CoreExpr *left = value->args.items[0];
    bool grows = left->kind == CORE_LOCAL && left->var == expr->place->var && byte_is_element(&loop->bytes, value->args.items[1]);
    return grows ? expr->place->var : NULL;
}

bool run_is_quiet_let(RunLoop *loop, const CoreExpr *expr) {
    if (expr->kind != CORE_LET || expr->var->is_mutable) return false;
    if (byte_is_element(&loop->bytes, expr->args.items[0])) {
        vec_push(loop->runs->program->arena, &loop->bytes.elements, expr->var);
        return true;
    }
    Arena *scratch = arena_new();
    bool is_known = true;
    for (unsigned byte = 0; byte < RUN_BYTES && is_known; byte++)
        is_known = byte >= loop->byte_count || byte_test(scratch, &loop->bytes, expr->args.items[0], (uint8_t)byte) != BYTE_UNKNOWN;
    arena_free(&scratch);
    if (is_known) vec_push(loop->runs->program->arena, &loop->bytes.derived, expr->var);
    return is_known;
}

/* The condition's own conditions are turns of the way. */
void run_find_ends(RunLoop *loop, CoreExpr *expr) {
    while (expr->kind == CORE_BLOCK && expr->args.len > 0) {
        for (size_t i = 0; i + 1 < expr->args.len; i++)
            if (!run_is_quiet_let(loop, expr->args.items[i])) return;
        expr = vec_last(&expr->args);
    }
    CoreVar *grown = grown_text(loop, expr);
    if (grown || is_nothing(expr)) {
        run_find_end(loop, expr, grown);
    } else if (expr->kind == CORE_IF && loop->way_len < RUN_WAY_MOST) {
        for (int i = 0; i < 2; i++) {
            loop->way[loop->way_len++] = (RunTurn){expr->args.items[0], i == 0};
            run_find_ends(loop, expr->args.items[i + 1]);
            loop->way_len--;
        }
    }
}
