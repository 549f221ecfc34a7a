/* keep.c: what is wanted of the results of keyed jobs.
 *
 * A table may be large, and what the program makes of it small. Where all that is asked of a job's table are its most common
 * entries, its length, and reductions of it, the job says so: whoever holds a part of the table then answers for the part, and
 * passes on the answers with those entries that can matter; no one gets the whole. The most common n of all are among the most
 * common n of each part, so that the table that comes is as good as the whole one for every such question with an n that is not
 * larger. A length is the sum of the parts'. A reduction is a job that follows (keep_follow.c).
 *
 * That is seen where the table is the operand itself, or a variable, or a top-level `let`, that is used for nothing else in the
 * program, and where each n is known before the table is made. */
#include "compiler/core/keep.h"

#include <string.h>

static Uses *uses_of(Keep *keep, const void *name) {
    void **slot = map_slot_pointer(&keep->uses, name);
    if (!*slot) *slot = arena_make(keep->program->arena, Uses);
    return *slot;
}

static const void *name_read(const CoreExpr *expr) {
    return expr->kind == CORE_LOCAL ? (void *)expr->var : expr->kind == CORE_GLOBAL ? (void *)expr->global : NULL;
}

static CoreJob *keyed_job(const CoreExpr *expr) {
    return expr->kind == CORE_JOB && expr->job->key && !expr->flag ? expr->job : NULL;
}

static bool is_prim(const CoreExpr *expr, const char *name) {
    return expr->kind == CORE_PRIM && strcmp(expr->text, name) == 0;
}

/* ---- looking for uses */

/* The table that the expression asks for something which parts of it can answer; NULL: it does not. */
static CoreExpr **table_asked(CoreExpr *expr) {
    if (is_prim(expr, "most_common")) return &expr->args.items[0];
    if (is_prim(expr, "len") && expr->args.items[0]->type->kind == CORE_TYPE_MAP) return &expr->args.items[0];
    return expr->kind == CORE_JOB ? follow_table(expr) : NULL;
}

static void note_job(Keep *keep, Uses *uses, const CoreExpr *expr) {
    uses->job = keyed_job(expr);
    uses->at = ++keep->clock;
    uses->region = keep->region;
    uses->piece = keep->piece;
    uses->is_top = keep->is_top;
}

/* The uses of the table: of its name, or of this one place where a job is the operand itself. NULL: it is something else. */
static Uses *uses_of_table(Keep *keep, CoreExpr *table) {
    if (name_read(table)) return uses_of(keep, name_read(table));
    if (!keyed_job(table)) return NULL;
    Uses *uses = uses_of(keep, table);
    note_job(keep, uses, table);
    return uses;
}

static void note_question(Keep *keep, Uses *uses, CoreExpr *question) {
    if (is_prim(question, "most_common")) {
        const CoreExpr *n = question->args.items[1];
        if (n->kind != CORE_INT && keep->piece != uses->piece) uses->is_other = true; /* it is not there where the table is made */
        if (n->kind == CORE_INT && n->integer > uses->most) uses->most = n->integer;
        vec_push(keep->program->arena, &uses->ranks, question);
    } else if (question->kind == CORE_PRIM) {
        vec_push(keep->program->arena, &uses->counts, question);
    } else {
        FollowUse use = {question, keep->region};
        vec_push(keep->program->arena, &uses->follows, use);
    }
}

static void visit(CoreExpr *expr, void *context);

/* The operands of a question, but for a table that goes by a name. */
static void visit_operands(Keep *keep, CoreExpr *expr, CoreExpr *const *table) {
    if (!name_read(*table)) visit(*table, keep);
    for (size_t i = 1; i < expr->args.len; i++) visit(expr->args.items[i], keep);
    if (expr->kind != CORE_JOB) return;
    for (size_t i = 0; i < expr->job->captured.len; i++) visit(expr->job->captured.items[i], keep);
}

/* What is in there is not always evaluated when what stands around it is. */
static void visit_apart(Keep *keep, CoreExpr *expr) {
    uint32_t outer = keep->region;
    keep->region = ++keep->regions;
    visit(expr, keep);
    keep->region = outer;
}

static void visit_children(Keep *keep, CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_FOR:
    case CORE_CHUNK:
        for (size_t i = 0; i < expr->sources.len; i++) {
            visit(expr->sources.items[i].expr, keep);
            keep_bound(keep, expr->sources.items[i].var, NULL);
        }
        visit_apart(keep, expr->args.items[0]);
        break;
    case CORE_IF:
        visit(expr->args.items[0], keep);
        visit_apart(keep, expr->args.items[1]);
        visit_apart(keep, expr->args.items[2]);
        break;
    case CORE_WHILE:
    case CORE_TRY:
        visit_apart(keep, expr->args.items[0]);
        if (expr->kind == CORE_TRY) keep_bound(keep, expr->var, NULL);
        visit_apart(keep, expr->args.items[1]);
        break;
    default: core_each_child(expr, visit, keep); break;
    }
}

static void note_bind(Keep *keep, Uses *uses, CoreExpr *bind) {
    uses->bind = bind;
    note_job(keep, uses, bind->args.items[0]);
}

static void note_let(Keep *keep, CoreExpr *let) {
    keep_bound(keep, let->var, let->args.items[0]);
    if (!keyed_job(let->args.items[0])) return;
    Uses *uses = uses_of(keep, let->var);
    note_bind(keep, uses, let);
    uses->is_other |= let->var->is_mutable;
}

static void note_change(Keep *keep, CoreExpr *expr) {
    const CorePlace *place = expr->place;
    Uses *uses = uses_of(keep, place->var ? (void *)place->var : (void *)place->global);
    bool is_let = expr->kind == CORE_ASSIGN && place->global && place->steps.len == 0;
    if (is_let) keep_bound(keep, place->global, NULL);
    if (is_let && !uses->bind)
        note_bind(keep, uses, expr);
    else
        uses->is_other = true;
}

static void visit(CoreExpr *expr, void *context) {
    Keep *keep = context;
    CoreExpr **table = table_asked(expr);
    if (table && (name_read(*table) || keyed_job(*table))) {
        visit_operands(keep, expr, table);
        note_question(keep, uses_of_table(keep, *table), expr);
        return;
    }
    visit_children(keep, expr);
    if (name_read(expr)) uses_of(keep, name_read(expr))->is_other = true;
    if (expr->kind == CORE_LET) note_let(keep, expr);
    if (expr->place) note_change(keep, expr);
}

/* Code that is evaluated for itself: nothing in it is evaluated together with what is in another piece. */
static void visit_piece(CoreExpr *code, void *context) {
    Keep *keep = context;
    keep->piece++;
    visit_apart(keep, code);
}

/* ---- what follows from them */

static void give_type(CoreExpr *expr, const CoreType *type) {
    expr->type = type;
    if (expr->kind == CORE_BLOCK) give_type(vec_last(&expr->args), type);
}

/* The answer of this number, of the answers that the expression reads. */
static CoreExpr *answer_of(Keep *keep, CoreExpr *answers, size_t number) {
    CoreExpr *field = core_node(keep->program->arena, CORE_FIELD, answers->type->args[number], answers->span);
    field->integer = (int64_t)number;
    vec_push(keep->program->arena, &field->args, answers);
    return field;
}

static CoreExpr *read_answers(Keep *keep, const CoreExpr *table, const CoreType *answers) {
    CoreExpr *read = core_copy(keep->program->arena, table);
    give_type(read, answers);
    return read;
}

static const CoreType *answers_type(Keep *keep, const Uses *uses) {
    CoreTypes *types = keep->program->types;
    size_t count = CORE_ANSWER_STATES + uses->follows.len;
    const CoreType **fields = arena_array(keep->program->arena, const CoreType *, count);
    fields[CORE_ANSWER_TABLE] = uses->job->result;
    fields[CORE_ANSWER_COUNT] = core_type(types, CORE_TYPE_INT, NULL, 0);
    fields[CORE_ANSWER_IS_FOLLOWED] = core_type(types, CORE_TYPE_BOOL, NULL, 0);
    for (size_t i = 0; i < uses->follows.len; i++) {
        const CoreType *state = core_job_state(keep->program, uses->follows.items[i].use->job);
        fields[CORE_ANSWER_STATES + i] = core_type(types, CORE_TYPE_OPTIONAL, &state, 1);
    }
    return core_type(types, CORE_TYPE_TUPLE, fields, count);
}

/* The use of a job's table that stands in it gets a block around it, in which the answers have a name: they are read more than
 * once. Returns where the use is now. */
static CoreExpr *name_answers(Keep *keep, CoreExpr *use, CoreExpr *job, CoreExpr **name) {
    Arena *arena = keep->program->arena;
    CoreVar *var = keep_new_var(keep, "answers", job->type, job->span);
    CoreExpr *let = core_node(arena, CORE_LET, core_type(keep->program->types, CORE_TYPE_TUPLE, NULL, 0), job->span);
    let->var = var;
    vec_push(arena, &let->args, job);
    CoreExpr *inner = arena_make(arena, CoreExpr);
    *inner = *use;
    CoreExpr *block = core_node(arena, CORE_BLOCK, use->type, use->span);
    vec_push(arena, &block->args, let);
    vec_push(arena, &block->args, inner);
    *use = *block;
    *name = core_local(arena, var, job->span);
    return inner;
}

static void ask_follow(Keep *keep, CoreExpr *use, size_t number, const CoreType *answers) {
    Arena *arena = keep->program->arena;
    CoreExpr *table = use->job->sources.items[0].expr, *name = table;
    give_type(table, answers);
    if (!name_read(table)) use = name_answers(keep, use, table, &name);
    use->job->sources.items[0].expr = answer_of(keep, name, CORE_ANSWER_TABLE);
    vec_push(arena, &use->args, answer_of(keep, core_copy(arena, name), CORE_ANSWER_IS_FOLLOWED));
    vec_push(arena, &use->args, answer_of(keep, core_copy(arena, name), CORE_ANSWER_STATES + number));
}

/* The name is that of the answers from here on. */
static void ask_parts(Keep *keep, const Uses *uses) {
    const CoreType *answers = answers_type(keep, uses);
    CoreExpr *bind = uses->bind;
    uses->job->answers = answers;
    if (bind) give_type(bind->args.items[0], answers);
    if (bind && bind->place)
        bind->place->type = bind->place->global->type = answers;
    else if (bind)
        bind->var->type = answers;
    for (size_t i = 0; i < uses->ranks.len; i++) {
        CoreExpr **table = &uses->ranks.items[i]->args.items[0];
        *table = answer_of(keep, read_answers(keep, *table, answers), CORE_ANSWER_TABLE);
    }
    for (size_t i = 0; i < uses->counts.len; i++) {
        CoreExpr *call = uses->counts.items[i];
        *call = *answer_of(keep, read_answers(keep, call->args.items[0], answers), CORE_ANSWER_COUNT);
    }
    for (size_t i = 0; i < uses->follows.len; i++) ask_follow(keep, uses->follows.items[i].use, i, answers);
}

/* Has the table's job take along those n that are not written as numbers. False: some are not known then. */
static bool capture_ranks(Keep *keep, const Uses *uses) {
    Arena *arena = keep->program->arena;
    CoreExprs numbers = {0};
    for (size_t i = 0; i < uses->ranks.len; i++) {
        const CoreExpr *n = uses->ranks.items[i]->args.items[1];
        CoreExpr *early = n->kind == CORE_INT ? NULL : evaluate_early(keep, uses, n);
        if (n->kind != CORE_INT && !early) return false;
        if (early) vec_push(arena, &numbers, early);
    }
    if (numbers.len == 0) return true;
    const CoreType **types = arena_array(arena, const CoreType *, numbers.len);
    for (size_t i = 0; i < numbers.len; i++) types[i] = numbers.items[i]->type;
    const CoreType *type = core_type(keep->program->types, CORE_TYPE_TUPLE, types, numbers.len);
    CoreExpr *tuple = core_node(arena, CORE_TUPLE, type, uses->job->span);
    for (size_t i = 0; i < numbers.len; i++) vec_push(arena, &tuple->args, numbers.items[i]);
    uses->job->keep_also = keep_capture(keep, uses->job, tuple);
    return true;
}

static void decide(Keep *keep, const Uses *uses) {
    size_t questions = uses->ranks.len + uses->counts.len + uses->follows.len;
    if (!uses->job || uses->is_other || questions == 0) return;
    for (size_t i = 0; i < uses->follows.len; i++)
        if (!follow_is_possible(keep, uses, &uses->follows.items[i])) return;
    if (!capture_ranks(keep, uses)) return;
    uses->job->keep = CORE_KEEP_MOST_COMMON;
    uses->job->keep_most = uses->most;
    if (uses->ranks.len == questions) return;
    for (size_t i = 0; i < uses->follows.len; i++) follow_add(keep, uses, uses->follows.items[i].use->job);
    ask_parts(keep, uses);
}

/* Jobs that were evaluated later are decided about first: what follows them is captured by them, before others capture that. */
void core_keep(CoreProgram *program, uint32_t *next_var) {
    Keep keep = {.program = program, .next_var = next_var};
    if (program->checks_laws) return;
    map_init(&keep.uses, program->arena);
    map_init(&keep.bounds, program->arena);
    for (size_t i = 0; i < program->fns.len; i++) {
        keep.is_top = program->fns.items[i] == program->top_level;
        visit_piece(program->fns.items[i]->body, &keep);
    }
    keep.is_top = false;
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], visit_piece, &keep);
    const Uses **by_time = arena_array(program->arena, const Uses *, keep.clock + 1);
    for (size_t i = 0; i < keep.uses.len; i++) {
        const Uses *uses = keep.uses.entries[i].value;
        by_time[uses->at] = uses;
    }
    for (size_t at = keep.clock; at > 0; at--)
        if (by_time[at]) decide(&keep, by_time[at]);
}
