/* lower_laws.c: what `mrc --check-laws` tests of a job: its reducer once more, by itself. Of a tuple each member is tested alone,
 * so that a counterexample shows no more than what is wrong. What the compiler knows to be associative (sums and products of
 * numbers, a count) has no laws to be tested, nor have the library's sketches and samples, which promise a distribution or a bound.
 */
#include "compiler/core/lower_internal.h"

static bool is_exempt(const Symbol *symbol) {
    static const char *const names[] = {"sample", "quantiles", "distinct"};
    for (size_t i = 0; symbol && i < sizeof names / sizeof *names; i++) {
        if (reducer_is_prelude(symbol, names[i])) return true;
    }
    return false;
}

static const char *law_name(Lower *l, const ReducerUse *use) {
    if (use->symbol) return arena_printf(l->arena, "the reducer `%s`", use->name);
    if (use->function.kind == CALLABLE_DECLARED || use->function.kind == CALLABLE_OPERATOR)
        return arena_printf(l->arena, "`%s`", use->name);
    return "the function";
}

/* A scan keeps its states in variables of whatever loop it is walked in. Its laws are those of a job over what it scans, whose
 * result, output and errors are nobody's. */
void scan_laws(Lower *l, Stream *below, const ReducerUse *use, CoreExprs *out, Span span) {
    const CoreType *string = core_simple(l, CORE_TYPE_STRING);
    CoreExprs statements = {0};
    CoreExpr *job = job_of_stream(l, below, use, NULL, false, &statements, span);
    if (l->has_failed) return;
    job->job->is_silent = true;
    CoreExpr *const parts[] = {make_block(l, &statements, as_unit(l, job), span), make_unit(l, span)};
    CoreExpr *attempt = make(l, CORE_TRY, core_unit_type(l), span, 2, parts);
    attempt->var = var_new(l, "e", core_pair_type(l, string, string), span);
    vec_push(l->arena, out, attempt);
}

void reducer_laws(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    for (size_t i = 0; i < use->members.len; i++) reducer_laws(l, job, &use->members.items[i], element);
    if (use->members.len > 0 || is_exempt(use->symbol)) return;
    ReducerUse plain = *use;
    CoreJob alone = {.key = job->key, .span = job->span};
    plain.from = NULL;
    reducer_build(l, &alone, &plain, element);
    alone.reducer.nothing = NULL;
    if (alone.reducer.kind != CORE_REDUCE_FOLD && alone.reducer.kind != CORE_REDUCE_GENERAL) return;
    CoreLaw law = {.name = law_name(l, use), .span = job->span, .reducer = alone.reducer};
    if (use->symbol && !use->symbol->module->is_library) law.span = use->symbol->span;
    if (!use->symbol) law.span = use->function.span;
    vec_push(l->arena, &job->laws, law);
}
