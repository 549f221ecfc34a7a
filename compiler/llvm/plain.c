/* plain.c: whether a job is plain arithmetic.
 *
 * A kernel of arithmetic on ints, floats and lists of such becomes one loop, with all that it calls in line, and what that takes
 * depends on the processor's registers. Where strings are cut, memory is asked for or keys are looked up, the time goes elsewhere.
 */
#include "compiler/llvm/plain.h"
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/expr.h"

#include <string.h>

/* Functions are put in line wherever they are called. Of code of more expressions than these no quick loop, and no variants, are
 * made. */
enum { STEADY_SIZE = 400, PLAIN_SIZE = 2000 };

typedef struct Question {
    Map asked;   /* CoreFn * -> how many expressions it is with all that it calls, and one more */
    size_t size; /* expressions */
    Plainness answer;
} Question;

static void ask(Question *question, const CoreExpr *expr);

static bool is_plain_type(const CoreType *type) {
    while (type->kind == CORE_TYPE_LIST) type = type->args[0];
    return type->is_flat;
}

/* Primitives that become a few instructions in the loop; others are calls, whose code is the same at all levels. */
static bool is_plain_prim(const char *name) {
    static const char *const plain[] = {"sqrt",          "floor",      "ceil",          "trunc",         "round",      "to_float",
                                        "to_int",        "len",        "compare",       "mix",           "unit_float", "float_bits",
                                        "float_of_bits", "count_ones", "leading_zeros", "trailing_zeros"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(name, plain[i]) == 0) return true;
    }
    return false;
}

static bool is_plain_op(const CoreExpr *expr) {
    bool is_float = expr->args.items[0]->type->kind == CORE_TYPE_FLOAT;
    switch (expr->op) {
    case CORE_OP_IN:
    case CORE_OP_CONCAT_LISTS:
    case CORE_OP_POW: return false;
    case CORE_OP_MOD: return !is_float;
    default: return true;
    }
}

static bool has_index_step(const CorePlace *place) {
    for (size_t i = 0; i < place->steps.len; i++) {
        if (place->steps.items[i].index) return true;
    }
    return false;
}

static bool is_plain_source(const CoreSource *source) {
    return (source->kind == CORE_SOURCE_RANGE || source->kind == CORE_SOURCE_LIST || source->kind == CORE_SOURCE_OPTIONAL) &&
           is_plain_type(source->var->type);
}

static bool is_plain(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_OP: return is_plain_op(expr);
    case CORE_PRIM: return is_plain_prim(expr->text);
    case CORE_ASSIGN: return !has_index_step(expr->place);
    case CORE_FOR:
        for (size_t i = 0; i < expr->sources.len; i++) {
            if (!is_plain_source(&expr->sources.items[i])) return false;
        }
        return true;
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_LOCAL:
    case CORE_GLOBAL:
    case CORE_LET:
    case CORE_BLOCK:
    case CORE_IF:
    case CORE_WHILE:
    case CORE_BREAK:
    case CORE_CONTINUE:
    case CORE_RETURN:
    case CORE_CALL:
    case CORE_TUPLE:
    case CORE_FIELD:
    case CORE_SOME:
    case CORE_NONE:
    case CORE_ZERO:
    case CORE_IS_SOME:
    case CORE_UNWRAP:
    case CORE_RANGE:
    case CORE_INDEX:
    case CORE_CHUNK:
    case CORE_YIELD: return true;
    default: return false;
    }
}

/* NULL: ends after so many steps whatever the values are, and can go on with any value in the place of one that it should fail for.
 */
static const char *why_unsteady(const CoreExpr *expr) {
    bool is_read = expr->kind == CORE_LOCAL || expr->kind == CORE_GLOBAL;
    if (!is_read && !expr->type->is_flat) return "values have memory of their own";
    switch (expr->kind) {
    case CORE_LET: return expr->var->type->is_flat ? NULL : "values have memory of their own";
    case CORE_WHILE:
    case CORE_FOR:
    case CORE_CHUNK: return "an element has a loop of its own";
    case CORE_INDEX:
    case CORE_RANGE: return "something is found by an index";
    case CORE_CALL: return expr->flag || expr->fn->is_tail ? "there are tail calls" : NULL;
    case CORE_PRIM:
        if (strcmp(expr->text, "to_int") != 0 || expr->args.items[0]->type->kind != CORE_TYPE_FLOAT) return NULL;
        return "floats become ints, which may fail";
    default: return NULL;
    }
}

static const char *why_not_plain(const CoreExpr *expr) {
    if (!is_plain_type(expr->type)) return "values have memory of their own";
    if (is_plain(expr)) return NULL;
    switch (expr->kind) {
    case CORE_PRIM:
    case CORE_OP:
    case CORE_CALL_VALUE:
    case CORE_FOREIGN: return "it calls functions that are not put in line";
    case CORE_FOR: return "it walks texts, tables or streams";
    case CORE_TRY: return "it catches errors";
    case CORE_JOB: return "it has a job inside";
    default: return "values have memory of their own";
    }
}

static bool is_checked(const CoreExpr *expr) {
    return expr->kind == CORE_OP && expr->type->kind == CORE_TYPE_INT &&
           (expr->op <= CORE_OP_MUL || expr->op == CORE_OP_FLOOR_DIV || expr->op == CORE_OP_MOD || expr->op == CORE_OP_NEG ||
            expr->op == CORE_OP_SHL || expr->op == CORE_OP_SHR);
}

static void answer_no(bool *answer, Plainness *all, const char *why) {
    if (!why) return;
    *answer = false;
    if (!all->why) all->why = why;
}

static void ask_function(Question *question, const CoreFn *fn) {
    size_t known = (size_t)(uintptr_t)map_get_pointer(&question->asked, fn), before = question->size;
    if (fn->is_recursive) answer_no(&question->answer.is_plain, &question->answer, "it has recursive functions");
    if (!question->answer.is_plain) return;
    if (known) {
        question->size += known - 1;
        return;
    }
    ask(question, fn->body);
    *map_slot_pointer(&question->asked, fn) = (void *)(uintptr_t)(question->size - before + 1);
}

static void ask_one(const CoreExpr *expr, void *context) {
    Question *question = context;
    Plainness *answer = &question->answer;
    if (!answer->is_plain) return;
    question->size++;
    answer_no(&answer->is_plain, answer, why_not_plain(expr));
    answer_no(&answer->is_plain, answer, question->size > PLAIN_SIZE ? "it is too long" : NULL);
    answer_no(&answer->is_steady, answer, why_unsteady(expr));
    answer_no(&answer->is_steady, answer, question->size > STEADY_SIZE ? "it is too long" : NULL);
    answer->is_checked = answer->is_checked || is_checked(expr);
    if (expr->kind == CORE_CALL) ask_function(question, expr->fn);
}

static void ask(Question *question, const CoreExpr *expr) {
    if (expr) expr_each(expr, ask_one, question);
}

/* Few elements, by what the program says. */
static bool is_short_source(const CoreSource *source) {
    enum { SHORT = 4096 };
    const CoreExpr *expr = source->expr;
    if (!expr) return false;
    if (expr->kind == CORE_LIST) return expr->args.len < SHORT;
    if (expr->kind != CORE_RANGE || expr->args.len != 2) return false;
    const CoreExpr *first = expr->args.items[0], *last = expr->args.items[1];
    if (first->kind != CORE_INT || last->kind != CORE_INT) return false;
    return last->integer < first->integer || (uint64_t)last->integer - (uint64_t)first->integer < SHORT;
}

static void find_counted_loop(const CoreExpr *expr, void *found) {
    if (expr->kind == CORE_FOR) *(bool *)found = true;
}

/* Whether the job has little to do, so that more code for it is not worth the time that making it takes: few elements, each without
 * a loop that LLVM could widen. */
static bool is_short(const CoreJob *job) {
    bool is_long = false;
    for (size_t i = 0; i < job->sources.len; i++) {
        if (!is_short_source(&job->sources.items[i])) return false;
    }
    if (job->body) expr_each(job->body, find_counted_loop, &is_long);
    return !is_long;
}

static const char *why_not_job(const CoreJob *job) {
    if (job->key) return "it has a table of keys";
    if (job->laws.len) return "laws are checked";
    if (job->catches) return "it catches errors";
    for (size_t i = 0; i < job->sources.len; i++) {
        if (!is_plain_source(&job->sources.items[i])) return "it walks texts, tables or streams";
    }
    if (job->is_single) return "it is one expression";
    return is_short(job) ? "there are few elements" : NULL;
}

Plainness gen_job_plainness(Gen *gen, const CoreJob *job) {
    Question question = {.answer = {.is_plain = true, .is_steady = true}};
    Plainness *answer = &question.answer;
    map_init(&question.asked, gen->arena);
    answer_no(&answer->is_plain, answer, why_not_job(job));
    ask(&question, job->body);
    bool places = job_places(job);
    if (!places) ask(&question, job->reducer.init);
    if (!places) ask(&question, job->reducer.add.body);
    ask(&question, job->reducer.done.body);
    if (job->reducer.kind == CORE_REDUCE_FOLD) ask(&question, job->reducer.merge.body);
    answer_no(&answer->is_steady, answer, job->reducer.state->is_flat || places ? NULL : "values have memory of their own");
    answer->is_steady = answer->is_steady && answer->is_plain;
    return *answer;
}
